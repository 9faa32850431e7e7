/* SPDX-License-Identifier: GPL-2.0-only */
/* HVC and SMC from guests: the SMC Calling Convention, Arm DEN0028. */
#ifndef ARMVCPU_SMCCC_H
#define ARMVCPU_SMCCC_H

#include <linux/types.h>

#include "exit.h"

enum exit_action hvc_handle(struct armvcpu_vcpu *vcpu);
enum exit_action smc_handle(struct armvcpu_vcpu *vcpu);
void smccc_complete(struct armvcpu_vcpu *vcpu, const u64 ret[4]);
void smccc_probe_cpu(void);
s32 smccc_firmware_state(u32 fn);

void smccc_fill_fast(struct armvcpu_vcpu *vcpu);

#endif /* ARMVCPU_SMCCC_H */
