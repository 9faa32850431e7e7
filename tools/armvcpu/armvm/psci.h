/* SPDX-License-Identifier: GPL-2.0-only */
/* Power states of vCPUs (PSCI, Arm DEN0022). */
#ifndef ARMVM_PSCI_H
#define ARMVM_PSCI_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu.h"

/* DEN0022 5.2.2 */
#define PSCI_SUCCESS		0
#define PSCI_INVALID_PARAMETERS	(-2)
#define PSCI_ALREADY_ON		(-4)
#define PSCI_ON_PENDING		(-5)
#define PSCI_INTERNAL_FAILURE	(-6)
#define PSCI_INVALID_ADDRESS	(-9)

int64_t psci_cpu_on(struct machine *m, uint64_t target, uint64_t entry,
		    uint64_t context);
void psci_cpu_off(struct vcpu *vcpu);
bool psci_wait_for_power(struct vcpu *vcpu);

#endif
