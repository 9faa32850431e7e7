/* SPDX-License-Identifier: GPL-2.0-only */
/* The Power State Coordination Interface, Arm DEN0022, version 1.1. */
#ifndef ARMVCPU_PSCI_H
#define ARMVCPU_PSCI_H

#include <linux/types.h>

#include "exit.h"

bool psci_is_call(u32 fn);
enum exit_action psci_call(struct armvcpu_vcpu *vcpu, u32 fn);
void psci_complete(struct armvcpu_vcpu *vcpu, s64 ret);
void psci_take_cpu_on(struct armvcpu_vcpu *vcpu);
void psci_report_system_event(struct armvcpu_vcpu *vcpu);

#endif /* ARMVCPU_PSCI_H */
