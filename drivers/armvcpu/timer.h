/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic timers of a vCPU. */
#ifndef ARMVCPU_TIMER_H
#define ARMVCPU_TIMER_H

#include <linux/types.h>

struct armvcpu_vcpu;
struct pcpu;

/* The three views of a timer (Arm ARM D11.2.4). */
enum timer_reg {
	TIMER_CTL,	/* CNTP_CTL_EL0 */
	TIMER_CVAL,	/* CNTP_CVAL_EL0 */
	TIMER_TVAL,	/* CNTP_TVAL_EL0 */
};

/**
 * timer_read_cntp - read a register of the physical timer
 * @vcpu: whose
 * @reg: which
 *
 * The caller holds the vCPU's mutex.
 *
 * Return: what an MRS returns: CTL with ISTATUS as of now, TVAL as 32 bits
 * (Arm ARM D19.12.16 to D19.12.18).
 */
u64 timer_read_cntp(struct armvcpu_vcpu *vcpu, enum timer_reg reg);

/**
 * timer_write_cntp - write a register of the physical timer
 * @vcpu: whose
 * @reg: which
 * @value: what an MSR writes: of CTL only ENABLE and IMASK count, of TVAL the
 *	low 32 bits, signed, added to the counter
 *
 * The interrupt line and the wakeup follow. The caller holds the vCPU's mutex.
 */
void timer_write_cntp(struct armvcpu_vcpu *vcpu, enum timer_reg reg, u64 value);

/* PPIs of the timers, as the guest's device tree names them (BSA 5). */
#define TIMER_PPI_VIRT	27
#define TIMER_PPI_PHYS	30

/** timer_vcpu_init() - once, when the vCPU is created */
void timer_vcpu_init(struct armvcpu_vcpu *vcpu);
/** timer_vcpu_reset() - both timers off, the forwarded PPI tied; mutex held */
void timer_vcpu_reset(struct armvcpu_vcpu *vcpu);
/** timer_attach_gic() - tie the forwarded PPI, if the vCPU's GIC can deactivate it */
void timer_attach_gic(struct armvcpu_vcpu *vcpu);
/** timer_vcpu_destroy() - nothing fires any more on return */
void timer_vcpu_destroy(struct armvcpu_vcpu *vcpu);

/**
 * timer_update_levels() - tell the vGIC which timers have fired as of now
 * @vcpu: outside of the guest, by its own thread, behind resident_sync()
 */
void timer_update_levels(struct armvcpu_vcpu *vcpu);

/**
 * timer_sample() - has the virtual timer's line fallen since the guest was entered?
 * @vcpu: folded, by its own thread; on its CPU with IRQs off, or behind resident_sync()
 *
 * The guest lowers it without an exit. Before it acknowledges an interrupt in software.
 */
void timer_sample(struct armvcpu_vcpu *vcpu);

/** timer_flush() - before each entry, IRQs off, ahead of vgic_flush() */
void timer_flush(struct armvcpu_vcpu *vcpu, struct pcpu *p);
/** timer_fold() - after each exit, IRQs off, behind vgic_fold() */
void timer_fold(struct armvcpu_vcpu *vcpu, struct pcpu *p);

/**
 * timer_exit_irq() - after an exit for an interrupt: was it the virtual timer's?
 * @vcpu: folded, IRQs still off
 * @p: this CPU
 *
 * Return: true if it fired and the guest has not been told yet: the next
 * timer_flush() does, and makes the PPI active before the host would take it.
 */
bool timer_exit_irq(struct armvcpu_vcpu *vcpu, const struct pcpu *p);

/** timer_has_fired() - the host took the PPI of a vCPU's timer; IRQs off, its CPU */
void timer_has_fired(struct armvcpu_vcpu *vcpu);

/** timer_block() - before the thread sleeps: kick it when its next timer fires */
void timer_block(struct armvcpu_vcpu *vcpu);
/** timer_block_on() - before it sleeps on: the kick may have come before the timer */
void timer_block_on(struct armvcpu_vcpu *vcpu);
/** timer_unblock() - the thread is awake */
void timer_unblock(struct armvcpu_vcpu *vcpu);

#endif /* ARMVCPU_TIMER_H */
