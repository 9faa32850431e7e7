/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters: in debugfs under armvcpu/, and in files of statistics. */
#ifndef ARMVCPU_STATS_H
#define ARMVCPU_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>

struct armvcpu_vcpu;
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
 * @mmio: loads and stores for the VMM
 * @gic: loads and stores that the vGIC took
 * @ioeventfds: stores that were events
 * @posted: stores that went into the ring
 * @ring_full: stores that found it full
 * @faults: stage 2 faults on memory
 * @halt_ticks: time asleep in WFI, in ticks of the counter
 * @guest_ticks: time in the guest
 * @host_ticks: time out of it, from the creation to the last entry
 * @mark: counter at the last entry or exit, or at the creation
 * @kicks: IPIs that fetched it out of the guest; by anybody
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
	u64 mmio;
	u64 gic;
	u64 ioeventfds;
	u64 posted;
	u64 ring_full;
	u64 faults;
	u64 halt_ticks;
	u64 guest_ticks;
	u64 host_ticks;
	u64 mark;
	atomic64_t kicks;
	u64 by_ec[64];
};

void stats_init(void);
void stats_exit(void);

/**
 * stats_vm_fd() - ARMVCPU_VM_STATS_FD
 * @vm: the file keeps it
 *
 * Return: a new file descriptor or a negative errno
 */
int stats_vm_fd(struct armvcpu_vm *vm);

/**
 * stats_vcpu_fd() - ARMVCPU_VCPU_STATS_FD
 * @vcpu: the file keeps its VM
 *
 * Return: a new file descriptor or a negative errno
 */
int stats_vcpu_fd(struct armvcpu_vcpu *vcpu);

/** stats_vm_add(), stats_vm_remove() - a VM's file in debugfs */
void stats_vm_add(struct armvcpu_vm *vm);
void stats_vm_remove(struct armvcpu_vm *vm);

#endif /* ARMVCPU_STATS_H */
