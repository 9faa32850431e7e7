// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CPU interface that nothing of the host's stands behind: acknowledge, priority
 * drop and deactivation work on the state of the interrupts itself, as IHI0069 4.8 and
 * IHI0048 3.2 and 3.3 describe them. icc.c and gicc.c are its registers.
 *
 * No interrupt is ever loaded, so the state is what the guest would read, always. Mask,
 * binary points and active priorities are in @c->h as a list register interface has
 * them; only the vCPU's own thread touches those. There are 32 priorities with a bit in
 * one active priorities register each, %VGIC_SOFT_VTR says so.
 */
#include <linux/bitops.h>
#include <linux/nospec.h>
#include <linux/spinlock.h>

#include "../hyp/hyp.h"
#include "internal.h"

/* The highest pending interrupt of the groups that both sides enable; or NULL. */
static struct vgic_irq *vgic_soft_best(struct vgic_cpu *c)
{
	return vgic_top_pending(c, vgic_forwarded(c->gic) & c->h->vmcr);
}

/* The same, if it gets past the mask and what runs. */
static struct vgic_irq *vgic_soft_signalled(struct vgic_cpu *c)
{
	struct vgic_irq *irq = vgic_soft_best(c);

	return irq && vgic_can_take(c->gic, c->h, irq) ? irq : NULL;
}

/**
 * vgic_pins - what a software interface signals to its vCPU
 * @c: the vCPU
 *
 * Group 0 is signalled as FIQ, but for a GICv2 whose guest has not asked for that
 * (GICC_CTLR.FIQEn). What gets pending after this comes with a kick after it.
 *
 * Context: the vCPU's thread, outside of the guest; takes its lock if anything is
 * queued.
 * Return: VGIC_PIN_*; 0 without a GIC and with another interface.
 */
u32 vgic_pins(struct vgic_cpu *c)
{
	const struct vgic_irq *irq;
	unsigned long flags;
	u32 pins = 0;

	if (!c->soft || !READ_ONCE(c->nr_queued))
		return 0;

	raw_spin_lock_irqsave(&c->lock, flags);
	irq = vgic_soft_signalled(c);
	if (irq)
		pins = irq->group == 0 && c->h->vmcr & VGIC_VMCR_VFIQEN ?
		       VGIC_PIN_FIQ : VGIC_PIN_IRQ;
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return pins;
}

/* INTID, and the source of a GICv2's SGI, as an IAR has them. */
static u32 vgic_soft_id(const struct vgic_irq *irq, u32 source)
{
	return irq->intid | source << VGIC_SOURCE_SHIFT;
}

/* A GICv2 has one register for both groups. */
static u32 *vgic_soft_apr(struct vgic_cpu *c, u32 group)
{
	if (group == 0 || c->gic->model == ARMVCPU_GIC_V2)
		return &c->h->ap0r[0];
	return &c->h->ap1r[0];
}

static u32 vgic_soft_take(struct vgic_cpu *c, struct vgic_irq *irq)
{
	u32 level = (irq->priority & vgic_group_mask(c->h->vmcr, irq->group)) >> 3;

	*vgic_soft_apr(c, irq->group) |= BIT(level);
	irq->active = true;
	irq->ack_priority = irq->priority;
	irq->ack_group = irq->group;
	irq->latch = false;
	if (irq->sources) {
		irq->source = __ffs(irq->sources);
		irq->sources &= ~BIT(irq->source);
	}
	c->injected++;
	vgic_requeue(c, irq, false);
	return vgic_soft_id(irq, irq->source);
}

/**
 * vgic_soft_ack - acknowledge what is signalled
 * @c: the vCPU
 * @groups: those that the register reads
 * @other: what it says of an interrupt of the other group
 *
 * Context: the vCPU's thread, no vGIC lock held.
 * Return: INTID and source, @other, or %VGIC_SPURIOUS.
 */
u32 vgic_soft_ack(struct vgic_cpu *c, u32 groups, u32 other)
{
	u32 id = VGIC_SPURIOUS;
	struct vgic_irq *irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&c->lock, flags);
	irq = vgic_soft_signalled(c);
	if (irq)
		id = groups & BIT(irq->group) ? vgic_soft_take(c, irq) : other;
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return id;
}

/**
 * vgic_soft_hppi - the highest pending interrupt, whatever the mask and what runs
 * @c: the vCPU
 * @groups: those that the register reads
 * @other: what it says of an interrupt of the other group
 *
 * Context: the vCPU's thread, no vGIC lock held.
 * Return: INTID and source, @other, or %VGIC_SPURIOUS.
 */
u32 vgic_soft_hppi(struct vgic_cpu *c, u32 groups, u32 other)
{
	const struct vgic_irq *irq;
	u32 id = VGIC_SPURIOUS;
	unsigned long flags;

	raw_spin_lock_irqsave(&c->lock, flags);
	irq = vgic_soft_best(c);
	if (irq && groups & BIT(irq->group))
		id = vgic_soft_id(irq, irq->sources ? __ffs(irq->sources) : 0);
	else if (irq)
		id = other;
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return id;
}

/* Clear the highest active priority, which is the lowest bit; group 0 first. */
static void vgic_soft_drop(struct hyp_gic *h)
{
	u32 map = h->ap0r[0] | h->ap1r[0];

	map &= -map;
	if (h->ap0r[0] & map)
		h->ap0r[0] &= ~map;
	else
		h->ap1r[0] &= ~map;
}

/* Is this active interrupt the one whose EOI has dropped a priority? */
static bool vgic_soft_ends(const struct vgic_cpu *c, const struct vgic_irq *irq,
			   u32 source, u32 groups, u32 dropped)
{
	return READ_ONCE(irq->owner) == c && irq->active && irq->source == source &&
	       groups & BIT(irq->ack_group) &&
	       (irq->ack_priority & vgic_group_mask(c->h->vmcr, irq->ack_group)) == dropped;
}

/**
 * vgic_soft_eoi - end of an interrupt
 * @c: the vCPU
 * @intid: what the guest wrote, any number
 * @source: of a GICv2's SGI, else 0
 * @groups: those that the register ends
 *
 * The running priority drops whatever @intid says, unless that is special. What is
 * deactivated then, with EOImode 0, has to be active here and of that very priority,
 * as in a list register.
 *
 * Context: the vCPU's thread, no vGIC lock held. May call vgic_ops.kick and
 * vgic_ops.resampled.
 */
void vgic_soft_eoi(struct vgic_cpu *c, u32 intid, u32 source, u32 groups)
{
	u32 dropped = vgic_running_priority(c->gic, c->h);
	struct vgic_irq *irq;
	unsigned long flags;
	bool ends;

	if (intid >= VGIC_FIRST_SPECIAL && intid <= VGIC_SPURIOUS)
		return;
	if (dropped == 0xff)
		return;
	vgic_soft_drop(c->h);
	if (c->h->vmcr & VGIC_VMCR_VEOIM)
		return;
	irq = vgic_cpu_irq(c, intid);
	if (!irq)
		return;

	raw_spin_lock_irqsave(&c->lock, flags);
	ends = vgic_soft_ends(c, irq, source, groups, dropped);
	if (ends) {
		vgic_irq_deactivate(c, irq, 1);
		vgic_changed(c, irq);
	}
	raw_spin_unlock_irqrestore(&c->lock, flags);
	if (!ends)
		return;
	vgic_tell_resampled(c->gic, c, c);
	if (READ_ONCE(irq->target) != c)
		vgic_settle(c->gic, irq, c);
}

static bool vgic_irq_dir(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	return irq->source == val && vgic_irq_deactivate(owner, irq, 1);
}

/**
 * vgic_dir - deactivate an interrupt, whichever vCPU has acknowledged an SPI
 * @c: the vCPU that writes ICC_DIR_EL1 or GICC_DIR
 * @intid: what it wrote, any number
 * @source: of a GICv2's SGI, else 0
 *
 * Without the split of priority drop and deactivation the write has no effect.
 *
 * Context: the vCPU's thread, folded, no vGIC lock held. May call vgic_ops.kick and
 * vgic_ops.resampled.
 */
void vgic_dir(struct vgic_cpu *c, u32 intid, u32 source)
{
	struct vgic_irq *irq;

	if (!(c->h->vmcr & VGIC_VMCR_VEOIM))
		return;
	irq = vgic_cpu_irq(c, intid);
	if (irq)
		vgic_change(c->gic, irq, vgic_irq_dir, source, c);
}
