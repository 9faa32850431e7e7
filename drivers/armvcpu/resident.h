/* SPDX-License-Identifier: GPL-2.0-only */
/* The registers of a vCPU that stay on a CPU between its exits. */
#ifndef ARMVCPU_RESIDENT_H
#define ARMVCPU_RESIDENT_H

#include <linux/types.h>

struct armvcpu_vcpu;
struct pcpu;

#define RESIDENT_NOWHERE	(-1)	/* armvcpu_vcpu.resident_cpu: all is in memory */

/**
 * resident_claim() - before an entry: have a vCPU's registers on this CPU
 * @vcpu: the vCPU, its own thread
 * @p: this CPU, enabled
 *
 * Whose registers were there has them in memory then.
 *
 * Context: IRQs off.
 * Return: true; false: another CPU has them, call resident_sync() with IRQs on and
 * try again.
 */
bool resident_claim(struct armvcpu_vcpu *vcpu, struct pcpu *p);

/**
 * resident_sync() - have all of a vCPU's registers in memory until it runs again
 * @vcpu: the vCPU; the caller holds its mutex or is the last to know it
 *
 * Needed before anything of struct hyp_vcpu is looked at or changed but what is
 * saved at each exit: general registers, PC, PSTATE, SP_EL0, syndromes, list
 * registers, ICH_VMCR_EL2 (not GICH_VMCR), thread pointers of EL0, PAR_EL1, and SCTLR_EL1
 * at an abort. Costs a look where it is done already.
 *
 * Context: IRQs on.
 */
void resident_sync(struct armvcpu_vcpu *vcpu);

/**
 * resident_evict() - have what this CPU holds in memory
 * @p: this CPU
 *
 * Context: IRQs off, the CPU's EL2 is ours.
 */
void resident_evict(struct pcpu *p);

#endif /* ARMVCPU_RESIDENT_H */
