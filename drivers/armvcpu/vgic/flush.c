// SPDX-License-Identifier: GPL-2.0-only
/*
 * List registers: filled before the guest runs, emptied after it.
 *
 * When there are more interrupts than list registers, those of the highest
 * priority go in, and maintenance interrupts bring the vCPU out when that
 * choice no longer holds:
 *
 *   NPIE	all pending ones that went in are taken, others wait;
 *   VGrp<n>DIE	the guest disables a group whose interrupts went in, others of
 *		the other group wait;
 *   VGrp<n>EIE	the guest enables a group whose interrupts wait;
 *   LRENPIE	the guest ends an interrupt whose active state waits here.
 *
 * A host's GICv2 may let a pending interrupt of a disabled group hide those of the
 * other one behind it, so there such interrupts stay outside, and VGrp<n>EIE and
 * VGrp<n>DIE tell of the guest's changes.
 *
 * Each is set only where the state at entry does not raise it at once, so a
 * guest always gets on before it exits for one.
 */
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/minmax.h>

#include "../hyp/hyp.h"
#include "internal.h"

static_assert(VGIC_MAX_LR == HYP_NR_LR);

/**
 * struct vgic_fill - a flush under way
 * @c: the vCPU
 * @h: its virtual CPU interface
 * @forwarded: groups that GICD_CTLR lets through
 * @again: groups of which an active interrupt may go in as pending, too
 * @overflow: there are more interrupts than list registers
 */
struct vgic_fill {
	struct vgic_cpu *c;
	struct hyp_gic *h;
	u32 forwarded;
	u32 again;
	bool overflow;
};

/**
 * struct vgic_lr - what a list register says, in nobody's encoding
 * @intid: virtual interrupt
 * @pintid: physical interrupt, if @hw
 * @priority: 8 bits
 * @group: 0 or 1
 * @pending: state
 * @active: state
 * @hw: deactivation goes to the physical interrupt
 * @source: of a GICv2's SGI; not with @hw
 * @eoi: maintenance interrupt at deactivation; not with @hw
 */
struct vgic_lr {
	u32 intid;
	u32 pintid;
	u8 priority;
	u8 group;
	u8 source;
	bool pending;
	bool active;
	bool hw;
	bool eoi;
};

static u64 vgic_encode_lr(const struct vgic_lr *lr)
{
	u64 val = FIELD_PREP(VGIC_LR_VINTID, lr->intid) |
		  FIELD_PREP(VGIC_LR_PRIORITY, lr->priority) |
		  FIELD_PREP(VGIC_LR_GROUP1, lr->group) |
		  FIELD_PREP(VGIC_LR_HW, lr->hw) |
		  FIELD_PREP(VGIC_LR_PENDING, lr->pending) |
		  FIELD_PREP(VGIC_LR_ACTIVE, lr->active);

	/* pINTID shares bits with EOI, and with the source of a GICv2's SGI */
	if (lr->hw)
		return val | FIELD_PREP(VGIC_LR_PINTID, lr->pintid);
	return val | FIELD_PREP(VGIC_LR_PINTID, lr->source) | FIELD_PREP(VGIC_LR_EOI, lr->eoi);
}

/* Move an interrupt from its queue to the next list register. */
static void vgic_load(const struct vgic_fill *f, struct vgic_irq *irq)
{
	struct vgic_cpu *c = f->c;
	bool pending = irq->enabled && vgic_irq_pending(irq) &&
		       f->forwarded & BIT(irq->group);
	struct vgic_lr lr = {
		.intid = irq->intid,
		.priority = irq->active ? irq->ack_priority : irq->priority,
		.group = irq->active ? irq->ack_group : irq->group,
		.active = irq->active,
	};

	if (!irq->active) {
		lr.pending = true;
		lr.hw = irq->hw && irq->line;
		/*
		 * Is the line still high at the deactivation? If it is low
		 * already there is nothing to ask.
		 */
		lr.eoi = !lr.hw && !irq->edge && (irq->line || irq->message);
		if (irq->sources) {
			lr.source = __ffs(irq->sources);
			/* the next source's turn comes when this one's has ended */
			lr.eoi = irq->sources & (irq->sources - 1);
		}
	} else {
		lr.source = irq->source;
		/* a physical deactivation would not bring the latch back */
		lr.hw = irq->hw_active && !irq->latch;
		/*
		 * A level does not go in as active and pending, for the line may
		 * fall, nor does what is pending for another vCPU by now, nor
		 * what would get before its betters that wait, nor what would
		 * hide others, nor an SGI of another source. An exit at the
		 * deactivation then shows what is to be done.
		 */
		lr.pending = pending && irq->edge && irq->target == c &&
			     irq->ack_priority == irq->priority &&
			     irq->ack_group == irq->group && !f->overflow &&
			     f->again & BIT(irq->group) && !irq->sources;
		lr.eoi = !lr.hw && !lr.pending && (pending || irq->resample);
	}
	if (lr.hw)
		lr.pintid = irq->pintid;

	vgic_dequeue(c, irq);
	WRITE_ONCE(irq->loaded, true);
	irq->active_write = VGIC_ACTIVE_KEEP;
	irq->lr_pending = lr.pending;
	if (lr.pending) {
		c->injected++;
		irq->lr_latch = irq->latch;
		irq->latch = false;
		if (irq->sources) {
			irq->source = lr.source;
			irq->sources &= ~BIT(lr.source);
			irq->lr_latch = true;
		}
	}
	c->loaded[c->nr_loaded] = irq;
	f->h->lr[c->nr_loaded] = vgic_encode_lr(&lr);
	WRITE_ONCE(c->nr_loaded, c->nr_loaded + 1);
}

/* Active interrupts: mapped ones first, so that their EOI reaches the hardware. */
static void vgic_load_active(const struct vgic_fill *f, u32 room)
{
	struct vgic_cpu *c = f->c;
	struct vgic_irq *irq;
	u32 map = c->hw_map;

	while (map && c->nr_loaded < room) {
		irq = &c->private[__ffs(map)];
		map &= map - 1;
		if (irq->queue == &c->active)
			vgic_load(f, irq);
	}
	while (c->nr_loaded < room) {
		irq = vgic_queue_top(&c->active);
		if (!irq)
			break;
		vgic_load(f, irq);
	}
}

/* Pending interrupts of some groups by priority. Returns the groups that went in. */
static u32 vgic_load_pending(const struct vgic_fill *f, u32 room, u32 groups)
{
	struct vgic_irq *irq;
	u32 loaded = 0;

	while (f->c->nr_loaded < room) {
		irq = vgic_top_pending(f->c, groups);
		if (!irq)
			break;
		loaded |= BIT(irq->group);
		vgic_load(f, irq);
	}
	return loaded;
}

/* Of @groups, those with interrupts in the pending queues. */
static u32 vgic_waiting(const struct vgic_cpu *c, u32 groups)
{
	return groups & ((c->pending[0].count ? VGIC_GROUP0 : 0) |
			 (c->pending[1].count ? VGIC_GROUP1 : 0));
}

/* The groups of what is pending, or pending again, in list registers. */
static u32 vgic_loaded_groups(const struct vgic_cpu *c, const struct hyp_gic *h)
{
	u32 n, groups = 0;

	for (n = 0; n < c->nr_loaded; n++)
		if (h->lr[n] & VGIC_LR_PENDING)
			groups |= h->lr[n] & VGIC_LR_GROUP1 ? VGIC_GROUP1 : VGIC_GROUP0;
	return groups;
}

/*
 * vgic_flush(), where ICC_DIR_EL1 does not trap alone. A guest that splits priority drop
 * and deactivation may deactivate an SPI on another vCPU than the one that has
 * acknowledged it, so it traps on all of them from the first one on that is seen to do so.
 * Who is in the guest meanwhile is kicked, and looks at @split on the way back.
 */
void vgic_note_split(struct vgic_cpu *c, struct hyp_gic *h)
{
	struct vgic *g = c->gic;
	struct vgic_cpu *other;
	u32 id;

	if (!READ_ONCE(g->split) && !(h->vmcr & VGIC_VMCR_VEOIM))
		return;
	h->hcr |= c->split_hcr;
	/* Once for a VM, this is long with interrupts off. */
	if (READ_ONCE(g->split) || xchg(&g->split, true))
		return;
	for (id = 0; id < READ_ONCE(g->nr_slots); id++) {
		other = vgic_slot_cpu(g, id);
		if (other)
			vgic_kick(g, other, c);
	}
}

/* vgic_flush(), with interrupts in the queues. */
void vgic_flush_queued(struct vgic_cpu *c, struct hyp_gic *h, unsigned int nr_lr)
{
	struct vgic_fill f = { .c = c, .h = h, .again = VGIC_GROUPS };
	u32 ready, asleep, waiting, loaded, room, total, hcr;
	bool hides;

	if (!c->gic || c->soft)
		return;
	nr_lr = min_t(unsigned int, nr_lr, VGIC_MAX_LR);

	raw_spin_lock(&c->lock);
	f.forwarded = vgic_forwarded(c->gic);
	/* Most often there is one, and nothing to choose; h->vmcr may be old then. */
	if (c->nr_queued == 1) {
		struct vgic_irq *irq = vgic_queue_top(&c->active);

		if (!irq)
			irq = vgic_top_pending(c, f.forwarded);
		if (irq)
			vgic_load(&f, irq);
		h->used_lrs = c->nr_loaded;
		raw_spin_unlock(&c->lock);
		return;
	}
	/*
	 * A GICv2 may look at the best of all only, so that an interrupt of a disabled
	 * group hides those of the other behind it: it stays out, and the vCPU comes out
	 * when a group is disabled.
	 */
	hides = c->gic->iface == VGIC_IFACE_V2;
	if (hides)
		f.again = h->vmcr & VGIC_GROUPS;
	ready = f.forwarded & h->vmcr;
	asleep = f.forwarded & ~h->vmcr;
	total = c->active.count;
	if (f.forwarded & VGIC_GROUP0)
		total += c->pending[0].count;
	if (f.forwarded & VGIC_GROUP1)
		total += c->pending[1].count;
	f.overflow = total > nr_lr;

	/* One register at least for what is to be delivered. */
	room = nr_lr;
	if (room && vgic_waiting(c, ready))
		room--;
	vgic_load_active(&f, room);
	loaded = vgic_load_pending(&f, nr_lr, ready);
	if (!hides)
		vgic_load_pending(&f, nr_lr, asleep);

	hcr = 0;
	if (hides && vgic_loaded_groups(c, h) == VGIC_GROUPS)
		hcr |= VGIC_HCR_VGRP0DIE | VGIC_HCR_VGRP1DIE;
	c->nr_spilled = c->active.count;
	if (c->nr_spilled)
		hcr |= vgic_spill_hcr(c->gic);
	waiting = vgic_waiting(c, ready);
	if (waiting && loaded) {
		hcr |= VGIC_HCR_NPIE;
		if (loaded & VGIC_GROUP0 && waiting & VGIC_GROUP1)
			hcr |= VGIC_HCR_VGRP0DIE;
		if (loaded & VGIC_GROUP1 && waiting & VGIC_GROUP0)
			hcr |= VGIC_HCR_VGRP1DIE;
	}
	waiting = vgic_waiting(c, asleep);
	if (waiting & VGIC_GROUP0)
		hcr |= VGIC_HCR_VGRP0EIE;
	if (waiting & VGIC_GROUP1)
		hcr |= VGIC_HCR_VGRP1EIE;

	h->hcr |= hcr;
	h->used_lrs = c->nr_loaded;
	raw_spin_unlock(&c->lock);
}

/* Take over what the guest made of a list register. */
static void vgic_unload(struct vgic_cpu *c, struct vgic_irq *irq, u64 lr)
{
	bool pending = lr & VGIC_LR_PENDING;
	bool active = lr & VGIC_LR_ACTIVE;
	bool hw = lr & VGIC_LR_HW;

	/* HW: from inactive and not pending follows that it was deactivated */
	if (hw && !pending && !active)
		c->hw_deactivated |= BIT(irq->intid);

	irq->ack_priority = irq->priority;
	irq->ack_group = irq->group;
	if (active) {
		irq->ack_priority = FIELD_GET(VGIC_LR_PRIORITY, lr);
		irq->ack_group = lr & VGIC_LR_GROUP1 ? 1 : 0;
	}
	irq->hw_active = active && (hw || irq->hw_active);
	if (irq->active_write == VGIC_ACTIVE_KEEP)
		irq->active = active;
	else if (irq->active_write == VGIC_ACTIVE_CLEAR)
		irq->hw_active = false;
	irq->taken = active && irq->active && (irq->taken || (irq->lr_pending && !pending));

	if (pending && irq->lr_latch) {
		if (vgic_is_sgi_v2(c, irq))
			irq->sources |= BIT(irq->source);
		else
			irq->latch = true;
	}
	irq->lr_latch = false;
	irq->lr_pending = false;
	WRITE_ONCE(irq->loaded, false);
	if (!pending && !irq->active)
		vgic_deactivated(c, irq);
	/* one that was not taken keeps its place before its equals */
	vgic_requeue(c, irq, pending);
}

/* What is not the vCPU's any more goes to whom it is routed. */
static void vgic_settle_all(struct vgic_cpu *c, u32 moved)
{
	u32 n;

	for (n = 0; moved; n++, moved >>= 1)
		if (moved & 1)
			vgic_settle(c->gic, c->loaded[n], c);
}

/* The bit of a priority in the active priorities. */
static u32 vgic_apr_bit(const struct vgic *g, const struct hyp_gic *h, u32 priority, u32 group)
{
	return (priority & vgic_group_mask(h->vmcr, group)) >> (8 - vgic_prebits(g));
}

/* A GICv2 has one active priorities register for both groups. */
static u32 vgic_apr_of(const struct vgic *g, u32 group)
{
	return g->model == ARMVCPU_GIC_V2 ? 0 : group;
}

/*
 * The active priorities of what was acknowledged before the flush. What was acknowledged
 * since has its own from the guest, and no two have the same at a time: one that waits
 * here and had it before has lost it.
 */
static void vgic_get_aprs(const struct vgic_cpu *c, const struct hyp_gic *h,
			  u32 apr[2][HYP_NR_APR])
{
	u32 n, bit, group;

	for (n = 0; n < HYP_NR_APR; n++) {
		apr[0][n] = h->ap0r[n];
		apr[1][n] = h->ap1r[n];
	}
	for (n = 0; n < c->nr_loaded; n++) {
		u64 lr = h->lr[n];

		if (!c->loaded[n]->lr_pending || lr & VGIC_LR_PENDING || !(lr & VGIC_LR_ACTIVE))
			continue;
		group = lr & VGIC_LR_GROUP1 ? 1 : 0;
		bit = vgic_apr_bit(c->gic, h, FIELD_GET(VGIC_LR_PRIORITY, lr), group);
		apr[vgic_apr_of(c->gic, group)][bit / 32] &= ~BIT(bit % 32);
	}
}

/* Has the guest dropped the priority of this active interrupt? */
static bool vgic_dropped(const struct vgic_cpu *c, const struct hyp_gic *h,
			 const struct vgic_irq *irq, u32 apr[2][HYP_NR_APR])
{
	u32 bit = vgic_apr_bit(c->gic, h, irq->ack_priority, irq->ack_group);

	return !(apr[vgic_apr_of(c->gic, irq->ack_group)][bit / 32] & BIT(bit % 32));
}

/*
 * Which of those that wait has the guest's EOI ended? One that it has acknowledged, and
 * whose priority it has dropped: the first of its queue, if any there is, since only one of
 * a priority is between the two at a time.
 */
static struct vgic_irq *vgic_find_ended(struct vgic_cpu *c, const struct hyp_gic *h,
					u32 apr[2][HYP_NR_APR])
{
	struct vgic_irq *irq;
	u32 map;

	for (map = c->active.map; map; map &= map - 1) {
		irq = list_first_entry(&c->active.level[__ffs(map)], struct vgic_irq, node);
		if (irq->taken && vgic_dropped(c, h, irq, apr))
			return irq;
	}
	return NULL;
}

/*
 * The guest's EOIs, or with EOImode 1 its DIRs, of interrupts that were in no list register.
 * Apart, so that a fold without any has no array to watch the stack for.
 */
static noinline void vgic_end_spilled(struct vgic_cpu *c, const struct hyp_gic *h, u32 ended)
{
	u32 apr[2][HYP_NR_APR];
	struct vgic_irq *irq;

	vgic_get_aprs(c, h, apr);
	for (; ended; ended--) {
		raw_spin_lock(&c->lock);
		if (h->vmcr & VGIC_VMCR_VEOIM)
			irq = vgic_queue_top(&c->active);
		else
			irq = vgic_find_ended(c, h, apr);
		if (irq) {
			vgic_irq_deactivate(c, irq, 1);
			vgic_requeue(c, irq, false);
		}
		raw_spin_unlock(&c->lock);
		if (!irq)
			break;
		vgic_settle(c->gic, irq, c);
	}
}

/* Bit n: what was in list register n is for somebody else. */
static u32 vgic_unload_all(struct vgic_cpu *c, struct hyp_gic *h)
{
	struct vgic_irq *irq;
	u32 n, moved = 0;

	raw_spin_lock(&c->lock);
	/* backwards, so that those at the head of their queues keep their order */
	for (n = c->nr_loaded; n-- > 0; ) {
		irq = c->loaded[n];
		vgic_unload(c, irq, h->lr[n]);
		h->lr[n] = 0;
		if (irq->target != c && !irq->active)
			moved |= BIT(n);
	}
	WRITE_ONCE(c->nr_loaded, 0);
	/* after nr_loaded; pairs with vgic_sync_begin() */
	smp_store_release(&c->folds, c->folds + 1);
	if (unlikely(c->rwp_dist)) {
		c->rwp_dist = false;
		atomic_dec(&c->gic->shared->nr_rwp);
	}
	WRITE_ONCE(c->rwp_redist, false);
	raw_spin_unlock(&c->lock);
	return moved;
}

/*
 * vgic_fold(), with something to do.
 *
 * EOIs of interrupts that were in no list register are counted, without a name, and
 * drop the highest active priority. They are of those that wait here, were acknowledged
 * and have lost their priority, in the order of priority: while EOI and deactivation
 * are one, what the guest ends is what it took last, and that had the highest one. An EOI
 * of what it, or another vCPU, has deactivated by ICACTIVER counts, too, and ends nothing;
 * nor does any EOI end what is active by ISACTIVER only.
 *
 * With EOImode 1 an EOI ends nothing, though some count it, and DIR traps and has a name
 * (IHI0069 4.8.4). Where GICV_DIR does not, it is counted when it finds no list register,
 * as EOIs are with EOImode 0 (IHI0048 5.3.1), and again without a name: it ends the
 * highest of those that wait, but no more than waited at the flush. That is the wrong one
 * if the guest deactivates them in another order: until it has deactivated all of them,
 * what it has not deactivated may come again, and what it has may not. The same becomes of
 * a DIR of an SPI that another vCPU has acknowledged, which a GICv2's guest has no use for.
 * Guests with no more active interrupts than there are list registers see nothing of this.
 */
void vgic_fold_loaded(struct vgic_cpu *c, struct hyp_gic *h)
{
	u32 ended = (h->hcr & VGIC_HCR_EOICOUNT) >> VGIC_HCR_EOICOUNT_SHIFT;
	u32 moved = 0;

	if (h->vmcr & VGIC_VMCR_VEOIM && c->gic->dir_traps)
		ended = 0;
	ended = min(ended, c->nr_spilled);
	h->hcr &= ~VGIC_HCR_EOICOUNT;
	h->used_lrs = 0;
	/* before what was loaded joins those that wait */
	if (ended)
		vgic_end_spilled(c, h, ended);
	if (c->nr_loaded)
		moved = vgic_unload_all(c, h);
	vgic_tell_resampled(c->gic, c, c);
	vgic_settle_all(c, moved);
}

/**
 * vgic_has_pending - would the vCPU take an interrupt if it entered the guest?
 * @c: the vCPU
 * @h: its virtual CPU interface; the vCPU is outside of the guest
 *
 * Enabled, its group enabled in GICD_CTLR and by the guest's CPU interface, its
 * priority above the mask and the running one. PSTATE does not matter to WFI.
 *
 * Context: any in which @h is stable, after fold and before flush; takes the
 * vCPU's lock.
 * Return: true if so; false without a GIC.
 */
bool vgic_has_pending(struct vgic_cpu *c, const struct hyp_gic *h)
{
	const struct vgic_irq *best, *irq;
	unsigned long flags;
	bool found = false;
	u32 group, ready;

	if (c->soft)
		return vgic_pins(c);
	if (!c->gic || !READ_ONCE(c->nr_queued))
		return false;

	raw_spin_lock_irqsave(&c->lock, flags);
	ready = vgic_forwarded(c->gic) & h->vmcr;
	best = vgic_top_pending(c, ready);
	/*
	 * Only the highest priority counts, but the two groups can have it, and
	 * their binary points can differ.
	 */
	for (group = 0; best && group < 2 && !found; group++) {
		if (!(ready & BIT(group)))
			continue;
		irq = vgic_queue_top(&c->pending[group]);
		found = irq && irq->priority == best->priority &&
			vgic_can_take(c->gic, h, irq);
	}
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return found;
}
