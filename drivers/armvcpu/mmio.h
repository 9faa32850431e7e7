/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads and stores that trapped: what they were, and how they end. */
#ifndef ARMVCPU_MMIO_H
#define ARMVCPU_MMIO_H

#include <linux/types.h>

#include "exit.h"

struct armvcpu_vcpu;
struct hyp_vcpu;

bool mmio_decode(u64 esr, struct mmio_access *a);
bool mmio_crosses_page(const struct mmio_access *a, u64 ipa);
u64 mmio_load_value(const struct mmio_access *a, u64 data);
u64 mmio_store_data(const struct mmio_access *a, u64 value);
u64 mmio_swap(const struct hyp_vcpu *v, const struct mmio_access *a, u64 data);

/* In abort.c, as it needs the whole vCPU. */
void mmio_complete(struct armvcpu_vcpu *vcpu, u64 data);

#endif /* ARMVCPU_MMIO_H */
