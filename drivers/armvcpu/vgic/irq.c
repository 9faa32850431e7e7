// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of interrupts.
 *
 * An interrupt outside of list registers is in at most one queue of its owner:
 * among the active ones, or, if it is enabled and pending, among the pending
 * ones of its group. Whatever changes a state calls vgic_changed(), which finds
 * the queue again. An interrupt in a list register is in no queue: what changes
 * meanwhile is noted here, the owner is kicked, and its fold puts both together.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/lockdep.h>
#include <linux/nospec.h>

#include <asm/barrier.h>

#include "internal.h"

/* ---- queues -------------------------------------------------------------- */

void vgic_queue_init(struct vgic_queue *q)
{
	unsigned int n;

	for (n = 0; n < VGIC_NR_LEVELS; n++)
		INIT_LIST_HEAD(&q->level[n]);
	q->map = 0;
	q->count = 0;
}

static void vgic_enqueue(struct vgic_cpu *c, struct vgic_irq *irq,
			 struct vgic_queue *q, u8 level, bool head)
{
	irq->level = level;
	irq->queue = q;
	if (head)
		list_add(&irq->node, &q->level[irq->level]);
	else
		list_add_tail(&irq->node, &q->level[irq->level]);
	q->map |= BIT(irq->level);
	q->count++;
	WRITE_ONCE(c->nr_queued, c->nr_queued + 1);
}

void vgic_dequeue(struct vgic_cpu *c, struct vgic_irq *irq)
{
	struct vgic_queue *q = irq->queue;

	lockdep_assert_held(&c->lock);
	if (!q)
		return;
	list_del(&irq->node);
	if (list_empty(&q->level[irq->level]))
		q->map &= ~BIT(irq->level);
	q->count--;
	irq->queue = NULL;
	WRITE_ONCE(c->nr_queued, c->nr_queued - 1);
}

/* Put the interrupt where its state says; true: it came into a queue. */
bool vgic_requeue(struct vgic_cpu *c, struct vgic_irq *irq, bool head)
{
	struct vgic_queue *home = NULL;
	u8 level = irq->priority >> 3;

	lockdep_assert_held(&c->lock);
	if (irq->active) {
		home = &c->active;
		level = irq->ack_priority >> 3;
		/* vgic_find_ended() looks at the first ones only */
		head = irq->taken;
	} else if (irq->enabled && vgic_irq_pending(irq)) {
		home = &c->pending[irq->group];
	}

	if (irq->queue == home && (!home || irq->level == level))
		return false;
	if (irq->queue)
		vgic_dequeue(c, irq);
	if (home)
		vgic_enqueue(c, irq, home, level, head);
	return home;
}

/* Draw the conclusions from a change of state; true: the owner must notice. */
bool vgic_changed(struct vgic_cpu *owner, struct vgic_irq *irq)
{
	/* the pins of a software interface may be high for what waits no more */
	bool lower = owner->soft && irq->queue && irq->queue != &owner->active;

	if (irq->loaded)
		return true;
	if (!vgic_requeue(owner, irq, false))
		return lower && !irq->queue;
	if (!owner->gic)
		return false;
	if (lower)
		return true;
	return irq->active || vgic_forwarded(owner->gic) & BIT(irq->group);
}

/* ---- changes of one interrupt's state ------------------------------------ */

bool vgic_irq_set_group(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool change = irq->group != val;

	irq->group = val;
	return change;
}

bool vgic_irq_set_priority(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool change;

	val &= 0xf8;
	change = irq->priority != val;
	irq->priority = val;
	return change;
}

/* SGIs are edges always (IHI0069 12.9.9), and some PPIs levels. */
bool vgic_irq_set_config(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool edge = val & 2;

	if (irq->intid < VGIC_NR_SGIS || irq->level_only || irq->edge == edge)
		return false;
	irq->edge = edge;
	return true;
}

bool vgic_irq_enable(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool change = !irq->enabled;

	irq->enabled = true;
	return change;
}

bool vgic_irq_disable(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool change = irq->enabled;

	irq->enabled = false;
	if (change && irq->loaded) {
		if (irq->intid < VGIC_NR_PRIVATE)
			WRITE_ONCE(owner->rwp_redist, true);
		else
			vgic_wait_for_write(owner);
	}
	return change;
}

bool vgic_irq_pend(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool change = !irq->latch;

	irq->latch = true;
	return change;
}

bool vgic_irq_unpend(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool change = irq->latch || irq->lr_latch;

	irq->latch = false;
	irq->lr_latch = false;
	return change;
}

/*
 * SGIs of a GICv2, @val has a bit for each source. To clear them is for their own vCPU
 * only, which is folded then.
 */
bool vgic_irq_pend_sources(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool change = val & ~irq->sources;

	irq->sources |= val;
	return change;
}

bool vgic_irq_unpend_sources(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool change = irq->sources & val;

	irq->sources &= ~val;
	return change;
}

bool vgic_irq_activate(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	/* while loaded, what is known of the active state can be old */
	bool change = irq->loaded || !irq->active;

	if (irq->loaded) {
		irq->active_write = VGIC_ACTIVE_SET;
	} else if (change) {
		irq->ack_priority = irq->priority;
		irq->ack_group = irq->group;
		/* nobody has sent it */
		irq->source = 0;
	}
	irq->active = true;
	return change;
}

bool vgic_irq_deactivate(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool change = irq->loaded || irq->active;

	/* of a loaded one the list register has the last word */
	if (irq->active && !irq->loaded)
		vgic_deactivated(owner, irq);
	irq->active = false;
	irq->taken = false;
	if (irq->loaded)
		irq->active_write = VGIC_ACTIVE_CLEAR;
	else
		irq->hw_active = false;
	return change;
}

/* GICD_SETSPI_NSR, GICD_CLRSPI_NSR (IHI0069 12.9.27): edge or level. */
bool vgic_irq_set_message(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	if (irq->edge)
		return val ? vgic_irq_pend(owner, irq, 1) :
			     vgic_irq_unpend(owner, irq, 1);
	if (irq->message == !!val)
		return false;
	irq->message = val;
	return true;
}

static bool vgic_irq_set_line(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	if (irq->line == !!val)
		return false;
	WRITE_ONCE(irq->line, val);
	if (irq->edge)
		return val && vgic_irq_pend(owner, irq, 1);
	/*
	 * A falling line takes the pending state out of a list register; where
	 * the guest has acknowledged it already nothing changes before the
	 * deactivation, and that one exits.
	 */
	if (!val && irq->loaded)
		return irq->lr_pending;
	return true;
}

/* To the state after reset, but for the input line. */
void vgic_irq_reset(struct vgic_cpu *owner, struct vgic_irq *irq)
{
	irq->group = 0;
	irq->priority = 0;
	irq->enabled = vgic_is_sgi_v2(owner, irq);
	irq->edge = irq->intid < VGIC_NR_SGIS;
	irq->message = false;
	irq->latch = false;
	irq->sources = 0;
	irq->source = 0;
	vgic_irq_deactivate(owner, irq, 1);
	vgic_requeue(owner, irq, false);
}

/* ---- whose interrupt is it ------------------------------------------------ */

/* The SPI of this number or NULL. */
struct vgic_irq *vgic_spi(struct vgic *g, u32 intid)
{
	u32 nr = min_t(u32, g->nr_irqs, VGIC_FIRST_SPECIAL) - VGIC_NR_PRIVATE;
	u32 n = intid - VGIC_NR_PRIVATE;

	if (intid < VGIC_NR_PRIVATE || n >= nr)
		return NULL;
	return &g->spis[array_index_nospec(n, nr)];
}

/* The interrupt that a vCPU calls by this number, or NULL. */
struct vgic_irq *vgic_cpu_irq(struct vgic_cpu *c, u32 intid)
{
	if (intid < VGIC_NR_PRIVATE)
		return &c->private[array_index_nospec(intid, VGIC_NR_PRIVATE)];
	return vgic_spi(c->gic, intid);
}

/* The vCPU of this affinity, else vgic.nobody. */
struct vgic_cpu *vgic_cpu_by_aff(struct vgic *g, u32 aff)
{
	struct vgic_cpu *c;
	u32 id, nr = READ_ONCE(g->nr_slots);

	for (id = 0; id < nr; id++) {
		/* pairs with the release in vgic_add_cpu() */
		c = smp_load_acquire(&g->slot[id].cpu);
		if (c && g->slot[id].aff == aff)
			return c;
	}
	return &g->nobody;
}

/* Lock the owner, who may change until that has succeeded. */
struct vgic_cpu *vgic_lock_irq(struct vgic_irq *irq, unsigned long *flags)
	__acquires(vgic_cpu_lock)
{
	struct vgic_cpu *owner;

	for (;;) {
		owner = READ_ONCE(irq->owner);
		raw_spin_lock_irqsave(&owner->lock, *flags);
		if (likely(owner == READ_ONCE(irq->owner)))
			return owner;
		raw_spin_unlock_irqrestore(&owner->lock, *flags);
	}
}

void vgic_unlock_irq(struct vgic_cpu *owner, unsigned long flags)
	__releases(vgic_cpu_lock)
{
	raw_spin_unlock_irqrestore(&owner->lock, flags);
}

/* vgic.nobody belongs to no GIC and so never has anything to notice. */
void vgic_kick(struct vgic *g, struct vgic_cpu *c, struct vgic_cpu *self)
{
	if (c != self)
		g->ops->kick(c);
}

/*
 * Hand an SPI to the vCPU that it is routed to, unless it is active, or in a
 * list register: then the owner does this when that has ended.
 */
void vgic_settle(struct vgic *g, struct vgic_irq *irq, struct vgic_cpu *self)
{
	struct vgic_cpu *from, *to, *first, *second, *notice = NULL;
	unsigned long flags;
	bool lower = false;

	for (;;) {
		from = READ_ONCE(irq->owner);
		to = READ_ONCE(irq->target);
		if (from == to)
			return;
		first = from->id < to->id ? from : to;
		second = from->id < to->id ? to : from;
		raw_spin_lock_irqsave(&first->lock, flags);
		raw_spin_lock_nested(&second->lock, SINGLE_DEPTH_NESTING);
		if (READ_ONCE(irq->owner) == from && READ_ONCE(irq->target) == to)
			break;
		raw_spin_unlock(&second->lock);
		raw_spin_unlock_irqrestore(&first->lock, flags);
	}

	if (irq->loaded) {
		notice = from;
	} else if (!irq->active) {
		/* as in vgic_changed() */
		lower = from->soft && irq->queue;
		vgic_dequeue(from, irq);
		WRITE_ONCE(irq->owner, to);
		if (vgic_changed(to, irq))
			notice = to;
	}
	raw_spin_unlock(&second->lock);
	raw_spin_unlock_irqrestore(&first->lock, flags);

	if (notice)
		vgic_kick(g, notice, self);
	if (lower)
		vgic_kick(g, from, self);
}

void vgic_change(struct vgic *g, struct vgic_irq *irq,
		 bool (*set)(struct vgic_cpu *, struct vgic_irq *, u32),
		 u32 val, struct vgic_cpu *self)
{
	struct vgic_cpu *owner;
	unsigned long flags;
	bool notice;

	owner = vgic_lock_irq(irq, &flags);
	notice = set(owner, irq, val) && vgic_changed(owner, irq);
	vgic_unlock_irq(owner, flags);

	if (notice)
		vgic_kick(g, owner, self);
	vgic_tell_resampled(g, owner, self);
	if (READ_ONCE(irq->target) != owner)
		vgic_settle(g, irq, self);
}

/* ---- input lines ----------------------------------------------------------- */

/**
 * vgic_set_line - drive an interrupt's input line
 * @g: the GIC
 * @c: the vCPU of a PPI, NULL for an SPI
 * @intid: 16 to 31, or 32 and up
 * @level: high or low
 *
 * A level-sensitive interrupt is pending while its line is high, an
 * edge-triggered one gets pending when it rises. Driving a line to where it is
 * costs no lock and changes nothing.
 *
 * The line of a mapped interrupt (vgic_map_hw()) has to be brought up to date
 * after each vgic_fold() and before the next vgic_flush(), since the guest may
 * have deactivated it without an exit.
 *
 * Context: any; no vGIC lock held. May call vgic_ops.kick.
 * Return: 0, or -EINVAL when there is no such line.
 */
int vgic_set_line(struct vgic *g, struct vgic_cpu *c, u32 intid, bool level)
{
	struct vgic_irq *irq;

	if (c) {
		if (c->gic != g || intid < VGIC_NR_SGIS || intid >= VGIC_NR_PRIVATE)
			return -EINVAL;
		irq = &c->private[array_index_nospec(intid, VGIC_NR_PRIVATE)];
	} else {
		irq = vgic_spi(g, intid);
		if (!irq)
			return -EINVAL;
	}
	if (READ_ONCE(irq->line) != level)
		vgic_change(g, irq, vgic_irq_set_line, level, NULL);
	return 0;
}

/* ---- interrupts that are told of by eventfds ---------------------------------- */

/**
 * vgic_has_spi - is there such an SPI?
 * @g: the GIC
 * @intid: any number
 */
bool vgic_has_spi(struct vgic *g, u32 intid)
{
	return vgic_spi(g, intid);
}

/**
 * vgic_pend_spi - an interrupt comes, once
 * @g: the GIC
 * @intid: of an SPI that it has
 *
 * The SPI is pending until it is acknowledged, whether it is edge-triggered or
 * level-sensitive, as by a write to GICD_ISPENDR.
 *
 * Context: any; no vGIC lock held. May call vgic_ops.kick.
 */
void vgic_pend_spi(struct vgic *g, u32 intid)
{
	struct vgic_irq *irq = vgic_spi(g, intid);

	if (irq)
		vgic_change(g, irq, vgic_irq_pend, 1, NULL);
}

static bool vgic_irq_raise(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	if (irq->edge)
		return vgic_irq_pend(owner, irq, 1);
	if (irq->line)
		return false;
	WRITE_ONCE(irq->line, true);
	return true;
}

/**
 * vgic_raise_spi - raise a line that the guest's deactivation lowers
 * @g: the GIC
 * @intid: of an SPI that it has, with vgic_set_resample()
 *
 * Nothing would lower the line of one that is edge-triggered now: that gets
 * pending, once, and nothing is told.
 *
 * Context: any; no vGIC lock held. May call vgic_ops.kick.
 */
void vgic_raise_spi(struct vgic *g, u32 intid)
{
	struct vgic_irq *irq = vgic_spi(g, intid);

	if (irq)
		vgic_change(g, irq, vgic_irq_raise, 1, NULL);
}

/* The line was for this one interrupt: down, before it could fire again. */
void vgic_lower_resampled(struct vgic_cpu *owner, struct vgic_irq *irq)
{
	lockdep_assert_held(&owner->lock);
	if (irq->edge || !irq->line)
		return;
	WRITE_ONCE(irq->line, false);
	WRITE_ONCE(irq->resampled, true);
	/* pairs with the xchg() in vgic_tell_resampled() */
	smp_store_release(&owner->resampled, true);
}

static bool vgic_irq_set_resample(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	bool change = !val && irq->resample && irq->line;

	irq->resample = val;
	if (!val)
		WRITE_ONCE(irq->resampled, false);
	if (change)
		WRITE_ONCE(irq->line, false);
	return change;
}

/**
 * vgic_set_resample - let the guest's deactivation lower an SPI's line
 * @g: the GIC
 * @intid: of an SPI that it has
 * @on: begin or end; at the end the line is low
 *
 * A device that interrupts by level and is told of by events raises the line; when
 * the guest has deactivated the interrupt the line falls, and the device, which
 * vgic_ops.resampled tells, raises it again if it still has a reason.
 *
 * Context: any; no vGIC lock held. May call vgic_ops.kick.
 */
void vgic_set_resample(struct vgic *g, u32 intid, bool on)
{
	struct vgic_irq *irq = vgic_spi(g, intid);

	if (irq)
		vgic_change(g, irq, vgic_irq_set_resample, on, NULL);
}

/**
 * vgic_take_resampled - has an SPI's line been lowered by its deactivation?
 * @g: the GIC
 * @intid: of an SPI that it has
 *
 * Context: any.
 * Return: true if so, since the last call.
 */
bool vgic_take_resampled(struct vgic *g, u32 intid)
{
	struct vgic_irq *irq = vgic_spi(g, intid);

	return irq && READ_ONCE(irq->resampled) && xchg(&irq->resampled, false);
}

/* ---- interrupts that a physical one stands behind -------------------------- */

static void vgic_make_level(struct vgic_cpu *c, struct vgic_irq *irq)
{
	irq->level_only = true;
	irq->edge = false;
	vgic_changed(c, irq);
}

/**
 * vgic_fix_level - a PPI is level-sensitive, whatever the guest writes to GICD_ICFGR1
 * @c: the vCPU
 * @ppi: INTID of the guest's PPI, 16 to 31; others are ignored
 *
 * For a line that is looked at now and then only: that it was low for a moment, and so
 * has an edge, need not be noticed.
 *
 * Context: any, the vCPU outside of the guest.
 */
void vgic_fix_level(struct vgic_cpu *c, u32 ppi)
{
	unsigned long flags;

	if (ppi < VGIC_NR_SGIS || ppi >= VGIC_NR_PRIVATE)
		return;
	raw_spin_lock_irqsave(&c->lock, flags);
	vgic_make_level(c, &c->private[array_index_nospec(ppi, VGIC_NR_PRIVATE)]);
	raw_spin_unlock_irqrestore(&c->lock, flags);
}

/**
 * vgic_map_hw - let the deactivation of a PPI reach a physical interrupt
 * @c: the vCPU
 * @ppi: INTID of the guest's PPI, 16 to 31; others are ignored
 * @pintid: INTID of the physical interrupt
 *
 * The PPI is level-sensitive from now on. When it is delivered because of its
 * line, the list register carries HW=1, so the caller makes the physical
 * interrupt active beforehand: at each entry where the line is high or
 * vgic_irq_active() says so, and inactive where neither is the case.
 *
 * Context: any, the vCPU outside of the guest.
 */
void vgic_map_hw(struct vgic_cpu *c, u32 ppi, u32 pintid)
{
	struct vgic_irq *irq;
	unsigned long flags;

	if (ppi < VGIC_NR_SGIS || ppi >= VGIC_NR_PRIVATE)
		return;
	irq = &c->private[array_index_nospec(ppi, VGIC_NR_PRIVATE)];

	raw_spin_lock_irqsave(&c->lock, flags);
	irq->hw = true;
	irq->pintid = pintid;
	c->hw_map |= BIT(ppi);
	vgic_make_level(c, irq);
	raw_spin_unlock_irqrestore(&c->lock, flags);
}

/**
 * vgic_take_hw_deactivated - which physical interrupts has the guest deactivated?
 * @c: the vCPU
 *
 * Those whose EOI or DIR found a list register with HW=1. Where a mapped
 * interrupt ends otherwise (ICACTIVER, a trapped DIR, an EOI without a list
 * register) the physical one stays active until the caller sees that
 * vgic_irq_active() has gone.
 *
 * Context: the vCPU's thread, the only one that writes to it.
 * Return: bit n: PPI n, since the last call.
 */
u32 vgic_take_hw_deactivated(struct vgic_cpu *c)
{
	u32 map = c->hw_deactivated;

	c->hw_deactivated = 0;
	return map;
}
