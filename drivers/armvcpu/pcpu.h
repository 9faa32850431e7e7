/* SPDX-License-Identifier: GPL-2.0-only */
/* Each CPU of the host: enabled for guests, or not. */
#ifndef ARMVCPU_PCPU_H
#define ARMVCPU_PCPU_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "gich.h"
#include "hyp/hyp.h"

struct armvcpu_vcpu;

/**
 * struct pcpu - what the module keeps for a CPU
 * @hyp: the part that the world switch sees
 * @cpu: its number, where @enabled
 * @enabled: guests may be entered here; written on the CPU itself
 * @stack: nVHE: page that is the stack of EL2
 * @sre_el2: VHE: ICC_SRE_EL2 as it was found
 * @pmscr: VHE: PMSCR_EL1 as it was found, where @has_pmscr
 * @has_pmscr: PMSCR_EL1 is there and ours to write
 * @cnthctl: VHE: CNTHCTL_EL2 as it was found
 * @resident: VHE: the vCPU whose registers this CPU holds, see resident.c
 * @vtimer_active: the virtual timer's PPI is active in the physical GIC, or disabled
 *	there for want of such a state: it does not fire
 * @gich: the banked registers of a GICv2
 */
struct pcpu {
	struct hyp_cpu *hyp;
	unsigned int cpu;
	void *stack;
	bool enabled;
	u64 sre_el2;
	u64 pmscr;
	bool has_pmscr;
	u64 cnthctl;
	struct armvcpu_vcpu *resident;
	bool vtimer_active;
	struct gich_cpu gich;
};

DECLARE_PER_CPU(struct pcpu, armvcpu_pcpu);

/**
 * pcpu_init() - enable all CPUs, and those that come online later
 *
 * A transaction: where one CPU cannot be enabled, those that were are disabled
 * again and the first error is returned.
 */
int pcpu_init(void);

/** pcpu_exit() - disable all CPUs; each is left as it was found */
void pcpu_exit(void);

/**
 * pcpu_quiet_vtimer() - let the virtual timer's PPI fire no more, or again
 * @p: this CPU
 * @quiet: which
 *
 * Context: IRQs off.
 */
void pcpu_quiet_vtimer(struct pcpu *p, bool quiet);

/**
 * pcpu_call() - call a function on a CPU that is enabled: this one, if it is
 * @fn: what to call, with preemption off; false: EL2 was not there to do it
 * @arg: its argument
 *
 * A CPU on its way up or down may have work to do that needs EL2, and has not
 * got it. Context: IRQs on, or this CPU is enabled.
 */
void pcpu_call(bool (*fn)(void *arg), void *arg);

#endif /* ARMVCPU_PCPU_H */
