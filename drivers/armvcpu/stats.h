/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters, in debugfs under armvcpu/. */
#ifndef ARMVCPU_STATS_H
#define ARMVCPU_STATS_H

#include <linux/types.h>

struct armvcpu_vm;

/**
 * struct vcpu_stats - what happened to a vCPU, written by its own thread
 * @exits: returns from the world switch
 * @irqs: exits for an interrupt of the host
 * @vmm_exits: RUNs that ended with an exit for the VMM
 * @signals: RUNs that ended for a signal or immediate_exit
 * @wfi: sleeps
 * @wfe: times that it let others run
 * @fp_traps: first uses of FP since RUN began
 * @serrors: SErrors handed back to it
 * @by_ec: synchronous exits by ESR_EL2.EC
 */
struct vcpu_stats {
	u64 exits;
	u64 irqs;
	u64 vmm_exits;
	u64 signals;
	u64 wfi;
	u64 wfe;
	u64 fp_traps;
	u64 serrors;
	u64 by_ec[64];
};

void stats_init(void);
void stats_exit(void);
/** stats_vm_add(), stats_vm_remove() - a VM's file in debugfs */
void stats_vm_add(struct armvcpu_vm *vm);
void stats_vm_remove(struct armvcpu_vm *vm);

#endif /* ARMVCPU_STATS_H */
