/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions into the guest. */
#ifndef ARMVCPU_INJECT_H
#define ARMVCPU_INJECT_H

#include <linux/types.h>

struct hyp_vcpu;

void inject_undef(struct hyp_vcpu *v);
void inject_abort(struct hyp_vcpu *v, bool instruction, u64 far, u32 iss);
void inject_for_exit(struct hyp_vcpu *v, u64 esr, u64 far);
void skip_instruction(struct hyp_vcpu *v);

#endif /* ARMVCPU_INJECT_H */
