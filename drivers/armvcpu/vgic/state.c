// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a GIC as a VMM reads and sets it: one form for both models, whoever
 * stands behind the CPU interface.
 *
 * No vCPU is between flush and fold, so nothing is in a list register and all there is
 * to know is in struct vgic_irq and struct hyp_gic. What is set is a state that the guest
 * could have brought about itself; it is checked as a whole before anything changes.
 * Lines may be driven meanwhile: each interrupt is read and set under its lock.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include "../hyp/hyp.h"
#include "internal.h"

static_assert(ARMVCPU_GIC_NO_VCPU == VGIC_NOBODY);
static_assert(ARRAY_SIZE(((struct armvcpu_gic_cpu *)0)->ap0r) == HYP_NR_APR);

/* ---- the distributor ------------------------------------------------------------ */

static_assert(ARMVCPU_GIC_DIST_FLAGS_MASK == VGIC_GROUPS);

/**
 * vgic_get_dist - read the distributor, but for its interrupts
 * @g: the GIC
 * @dist: filled in but for its size
 *
 * Context: no vCPU runs.
 */
void vgic_get_dist(struct vgic *g, struct armvcpu_gic_dist *dist)
{
	dist->model = g->model;
	dist->nr_irqs = g->nr_irqs;
	dist->flags = vgic_forwarded(g);
}

/**
 * vgic_set_dist - set the same
 * @g: the GIC
 * @dist: the new state; its size is not looked at
 *
 * Context: no vCPU runs, so there is none to tell.
 * Return: 0, or -EINVAL for unknown flags and what is not of this GIC.
 */
int vgic_set_dist(struct vgic *g, const struct armvcpu_gic_dist *dist)
{
	if (dist->flags & ~ARMVCPU_GIC_DIST_FLAGS_MASK || dist->model != g->model ||
	    dist->nr_irqs != g->nr_irqs)
		return -EINVAL;
	WRITE_ONCE(g->shared->ctlr, vgic_ctlr(g, dist->flags));
	return 0;
}

/* ---- a CPU interface -------------------------------------------------------------- */

/* What is a bit in both. */
static const struct {
	u32 vmcr;
	u32 flag;
} vgic_cpu_flags[] = {
	{ VGIC_GROUP0,		ARMVCPU_GIC_CPU_GROUP0 },
	{ VGIC_GROUP1,		ARMVCPU_GIC_CPU_GROUP1 },
	{ VGIC_VMCR_VACKCTL,	ARMVCPU_GIC_CPU_ACKCTL },
	{ VGIC_VMCR_VFIQEN,	ARMVCPU_GIC_CPU_FIQEN },
	{ VGIC_VMCR_VCBPR,	ARMVCPU_GIC_CPU_CBPR },
	{ VGIC_VMCR_VEOIM,	ARMVCPU_GIC_CPU_EOIMODE },
};

/* Those that a CPU interface of the model has. */
static u32 vgic_flags_of_model(const struct vgic *g)
{
	if (g->model == ARMVCPU_GIC_V2)
		return ARMVCPU_GIC_CPU_FLAGS_MASK & ~ARMVCPU_GIC_CPU_SLEEP;
	return ARMVCPU_GIC_CPU_FLAGS_MASK &
	       ~(ARMVCPU_GIC_CPU_ACKCTL | ARMVCPU_GIC_CPU_FIQEN);
}

static u32 vgic_pribits(const struct vgic *g)
{
	return (g->vtr >> VGIC_VTR_PRIBITS_SHIFT & 7) + 1;
}

/* Bits of a priority that are there. */
static u32 vgic_pri_mask(const struct vgic *g)
{
	return 0xff << (8 - vgic_pribits(g)) & 0xff;
}

static u32 vgic_least_bpr(const struct vgic *g, u32 group)
{
	return 7 - vgic_prebits(g) + group;
}

/* A GICv2 has one active priorities register for both groups. */
static u32 vgic_nr_apr(const struct vgic *g, u32 group)
{
	if (g->model == ARMVCPU_GIC_V2 && group)
		return 0;
	return 1U << (vgic_prebits(g) - 5);
}

/**
 * vgic_get_cpu - read the CPU interface of a vCPU
 * @c: the vCPU, with a GIC
 * @h: its virtual CPU interface, all of it in memory
 * @cpu: filled in but for its size and the vCPU's id
 *
 * What a register of the host's holds beyond what it can be written is left out.
 *
 * Context: the vCPU does not run.
 */
void vgic_get_cpu(const struct vgic_cpu *c, const struct hyp_gic *h,
		  struct armvcpu_gic_cpu *cpu)
{
	const struct vgic *g = c->gic;
	u32 vmcr = h->vmcr, n;

	cpu->flags = c->sleep ? ARMVCPU_GIC_CPU_SLEEP : 0;
	for (n = 0; n < ARRAY_SIZE(vgic_cpu_flags); n++)
		if (vmcr & vgic_cpu_flags[n].vmcr)
			cpu->flags |= vgic_cpu_flags[n].flag;
	cpu->flags &= vgic_flags_of_model(g);
	cpu->priority_bits = vgic_pribits(g);
	cpu->preemption_bits = vgic_prebits(g);
	cpu->pmr = (vmcr & VGIC_VMCR_VPMR) >> VGIC_VMCR_VPMR_SHIFT & vgic_pri_mask(g);
	cpu->bpr0 = max_t(u32, (vmcr & VGIC_VMCR_VBPR0) >> VGIC_VMCR_VBPR0_SHIFT,
			  vgic_least_bpr(g, 0));
	cpu->bpr1 = max_t(u32, (vmcr & VGIC_VMCR_VBPR1) >> VGIC_VMCR_VBPR1_SHIFT,
			  vgic_least_bpr(g, 1));
	memset(cpu->pad, 0, sizeof(cpu->pad));
	for (n = 0; n < HYP_NR_APR; n++) {
		cpu->ap0r[n] = n < vgic_nr_apr(g, 0) ? h->ap0r[n] : 0;
		cpu->ap1r[n] = n < vgic_nr_apr(g, 1) ? h->ap1r[n] : 0;
	}
}

static bool vgic_can_bpr(const struct vgic *g, u32 group, u32 bpr)
{
	return bpr >= vgic_least_bpr(g, group) && bpr <= 7;
}

static int vgic_check_cpu(const struct vgic *g, const struct armvcpu_gic_cpu *cpu)
{
	u32 n;

	if (cpu->flags & ~vgic_flags_of_model(g) || memchr_inv(cpu->pad, 0, sizeof(cpu->pad)))
		return -EINVAL;
	if (cpu->priority_bits != vgic_pribits(g) || cpu->preemption_bits != vgic_prebits(g))
		return -EOPNOTSUPP;
	if (cpu->pmr & ~vgic_pri_mask(g) || !vgic_can_bpr(g, 0, cpu->bpr0) ||
	    !vgic_can_bpr(g, 1, cpu->bpr1))
		return -EINVAL;
	for (n = 0; n < HYP_NR_APR; n++)
		if ((n >= vgic_nr_apr(g, 0) && cpu->ap0r[n]) ||
		    (n >= vgic_nr_apr(g, 1) && cpu->ap1r[n]))
			return -EINVAL;
	return 0;
}

/**
 * vgic_set_cpu - set the CPU interface of a vCPU
 * @c: the vCPU, with a GIC
 * @h: its virtual CPU interface, all of it in memory
 * @cpu: the new state; its size and the vCPU's id are not looked at
 *
 * Context: the vCPU does not run.
 * Return: 0; -EINVAL for unknown flags, those of the other model, padding and values that a
 * register cannot hold; -EOPNOTSUPP for another number of bits. Nothing has changed then.
 */
int vgic_set_cpu(struct vgic_cpu *c, struct hyp_gic *h, const struct armvcpu_gic_cpu *cpu)
{
	u32 n;
	int ret;

	ret = vgic_check_cpu(c->gic, cpu);
	if (ret)
		return ret;

	/* what the model has no bit for is as after reset */
	h->vmcr = vgic_reset_vmcr(c->gic) & ~(VGIC_VMCR_VBPR0 | VGIC_VMCR_VBPR1);
	for (n = 0; n < ARRAY_SIZE(vgic_cpu_flags); n++)
		if (cpu->flags & vgic_cpu_flags[n].flag)
			h->vmcr |= vgic_cpu_flags[n].vmcr;
	h->vmcr |= (u32)cpu->pmr << VGIC_VMCR_VPMR_SHIFT |
		   (u32)cpu->bpr0 << VGIC_VMCR_VBPR0_SHIFT |
		   (u32)cpu->bpr1 << VGIC_VMCR_VBPR1_SHIFT;
	memcpy(h->ap0r, cpu->ap0r, sizeof(h->ap0r));
	memcpy(h->ap1r, cpu->ap1r, sizeof(h->ap1r));
	WRITE_ONCE(c->sleep, cpu->flags & ARMVCPU_GIC_CPU_SLEEP);
	return 0;
}

/* ---- interrupts ---------------------------------------------------------------------- */

/* The interrupt of a number that is in range. @c: whose private ones, NULL for SPIs */
static struct vgic_irq *vgic_state_irq(struct vgic *g, struct vgic_cpu *c, u32 intid)
{
	if (c)
		return &c->private[array_index_nospec(intid, VGIC_NR_PRIVATE)];
	return vgic_spi(g, intid);
}

static bool vgic_is_sgi_of_v2(const struct vgic *g, u32 intid)
{
	return intid < VGIC_NR_SGIS && g->model == ARMVCPU_GIC_V2;
}

/**
 * vgic_check_range - are these interrupts of a vCPU, or SPIs?
 * @g: the GIC
 * @first: INTID of the first
 * @count: how many
 *
 * Return: 0, or -EINVAL: there are not so many, or both are among them.
 */
int vgic_check_range(const struct vgic *g, u32 first, u32 count)
{
	u32 end = VGIC_NR_PRIVATE;

	if (first >= VGIC_NR_PRIVATE)
		end = min_t(u32, g->nr_irqs, VGIC_FIRST_SPECIAL);
	return first > end || count > end - first ? -EINVAL : 0;
}

static void vgic_get_irq(struct vgic *g, struct vgic_irq *irq, struct armvcpu_gic_irq *s)
{
	struct vgic_cpu *owner;
	unsigned long flags;

	*s = (struct armvcpu_gic_irq) { .intid = irq->intid };
	owner = vgic_lock_irq(irq, &flags);
	if (irq->enabled)
		s->flags |= ARMVCPU_GIC_IRQ_ENABLED;
	if (irq->group)
		s->flags |= ARMVCPU_GIC_IRQ_GROUP1;
	if (irq->edge)
		s->flags |= ARMVCPU_GIC_IRQ_EDGE;
	if (irq->line)
		s->flags |= ARMVCPU_GIC_IRQ_LINE;
	if (irq->latch)
		s->flags |= ARMVCPU_GIC_IRQ_PENDING;
	if (irq->message)
		s->flags |= ARMVCPU_GIC_IRQ_MESSAGE;
	s->priority = irq->priority;
	s->route = irq->irouter;
	if (irq->active) {
		s->flags |= ARMVCPU_GIC_IRQ_ACTIVE;
		if (irq->ack_group)
			s->flags |= ARMVCPU_GIC_IRQ_ACTIVE_GROUP1;
		s->active_priority = irq->ack_priority;
		if (irq->intid >= VGIC_NR_PRIVATE)
			s->active_vcpu = owner->id;
		if (vgic_is_sgi_of_v2(g, irq->intid))
			s->source = irq->source;
	}
	s->sources = irq->sources;
	vgic_unlock_irq(owner, flags);
}

/**
 * vgic_get_irqs - read interrupts
 * @g: the GIC
 * @c: the vCPU of private ones, NULL for SPIs
 * @first: INTID of the first
 * @count: how many, see vgic_check_range()
 * @s: filled in
 *
 * Context: no vCPU runs; no vGIC lock held.
 */
void vgic_get_irqs(struct vgic *g, struct vgic_cpu *c, u32 first, u32 count,
		   struct armvcpu_gic_irq *s)
{
	u32 n;

	for (n = 0; n < count; n++)
		vgic_get_irq(g, vgic_state_irq(g, c, first + n), &s[n]);
}

/* The flags that an interrupt has to have; @may: and those that it may have. */
static u32 vgic_irq_flags(const struct vgic *g, const struct vgic_irq *irq, u32 *may)
{
	u32 must = 0;

	*may = ARMVCPU_GIC_IRQ_FLAGS_MASK;
	if (irq->intid < VGIC_NR_PRIVATE)
		*may &= ~ARMVCPU_GIC_IRQ_MESSAGE;
	if (irq->intid < VGIC_NR_SGIS) {
		*may &= ~ARMVCPU_GIC_IRQ_LINE;
		must |= ARMVCPU_GIC_IRQ_EDGE;
	}
	if (vgic_is_sgi_of_v2(g, irq->intid)) {
		*may &= ~ARMVCPU_GIC_IRQ_PENDING;
		must |= ARMVCPU_GIC_IRQ_ENABLED;
	}
	if (irq->level_only)
		*may &= ~ARMVCPU_GIC_IRQ_EDGE;
	return must;
}

/* The low three bits of a priority are not there. */
#define LOW_PRIORITY_BITS	7

static int vgic_check_irq(struct vgic *g, const struct vgic_irq *irq,
			  const struct armvcpu_gic_irq *s)
{
	bool active = s->flags & ARMVCPU_GIC_IRQ_ACTIVE;
	u32 may, must = vgic_irq_flags(g, irq, &may);

	if (s->intid != irq->intid || s->pad || s->flags & ~may || ~s->flags & must)
		return -EINVAL;
	if ((s->priority | s->active_priority) & LOW_PRIORITY_BITS)
		return -EINVAL;
	if (!active && (s->flags & ARMVCPU_GIC_IRQ_ACTIVE_GROUP1 || s->active_priority ||
			s->active_vcpu || s->source))
		return -EINVAL;
	if (vgic_is_sgi_of_v2(g, irq->intid)) {
		if (s->sources & ~vgic_cpu_mask(g) || s->source >= READ_ONCE(g->nr_slots))
			return -EINVAL;
	} else if (s->sources || s->source) {
		return -EINVAL;
	}
	if (irq->intid < VGIC_NR_PRIVATE)
		return s->route || s->active_vcpu ? -EINVAL : 0;
	if (s->route & ~vgic_route_mask(g))
		return -EINVAL;
	if (active && s->active_vcpu != ARMVCPU_GIC_NO_VCPU && !vgic_slot_cpu(g, s->active_vcpu))
		return -ENOENT;
	return 0;
}

/* The owner's lock is held. */
static void vgic_put_irq(struct vgic_cpu *owner, struct vgic_irq *irq,
			 const struct armvcpu_gic_irq *s)
{
	lockdep_assert_held(&owner->lock);
	vgic_dequeue(owner, irq);
	irq->enabled = s->flags & ARMVCPU_GIC_IRQ_ENABLED;
	irq->group = s->flags & ARMVCPU_GIC_IRQ_GROUP1 ? 1 : 0;
	irq->priority = s->priority;
	irq->edge = s->flags & ARMVCPU_GIC_IRQ_EDGE;
	irq->latch = s->flags & ARMVCPU_GIC_IRQ_PENDING;
	irq->message = s->flags & ARMVCPU_GIC_IRQ_MESSAGE;
	irq->sources = s->sources;
	irq->source = s->source;
	/* Of a line that is looked at now and then the looker keeps a copy. */
	if (!irq->level_only)
		WRITE_ONCE(irq->line, s->flags & ARMVCPU_GIC_IRQ_LINE);

	irq->active = s->flags & ARMVCPU_GIC_IRQ_ACTIVE;
	/* most often it was */
	irq->taken = irq->active;
	irq->ack_priority = irq->active ? s->active_priority : s->priority;
	irq->ack_group = irq->group;
	if (irq->active)
		irq->ack_group = s->flags & ARMVCPU_GIC_IRQ_ACTIVE_GROUP1 ? 1 : 0;
	/*
	 * A mapped one is made active in the hardware at the next entry, and its
	 * deactivation reaches both.
	 */
	irq->hw_active = irq->active && irq->hw;
	vgic_requeue(owner, irq, false);
}

static void vgic_set_private(struct vgic_cpu *c, struct vgic_irq *irq,
			     const struct armvcpu_gic_irq *s)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&c->lock, flags);
	vgic_put_irq(c, irq, s);
	raw_spin_unlock_irqrestore(&c->lock, flags);
}

/* An active SPI is who has it active's, wherever it is routed to. */
static void vgic_set_spi(struct vgic *g, struct vgic_irq *irq,
			 const struct armvcpu_gic_irq *s)
{
	struct vgic_cpu *target = vgic_route(g, s->route), *home = target, *owner;
	unsigned long flags;

	if (s->flags & ARMVCPU_GIC_IRQ_ACTIVE)
		home = s->active_vcpu == ARMVCPU_GIC_NO_VCPU ? &g->nobody :
							       vgic_slot_cpu(g, s->active_vcpu);

	/* Nothing keeps it where it is: it goes to whose lock is to cover it. */
	owner = vgic_lock_irq(irq, &flags);
	vgic_dequeue(owner, irq);
	irq->active = false;
	irq->taken = false;
	WRITE_ONCE(irq->target, home);
	vgic_unlock_irq(owner, flags);
	vgic_settle(g, irq, NULL);

	owner = vgic_lock_irq(irq, &flags);
	irq->irouter = s->route;
	WRITE_ONCE(irq->target, target);
	vgic_put_irq(owner, irq, s);
	vgic_unlock_irq(owner, flags);
}

/**
 * vgic_set_irqs - set interrupts
 * @g: the GIC
 * @c: the vCPU of private ones, NULL for SPIs
 * @first: INTID of the first
 * @count: how many, see vgic_check_range()
 * @s: their state
 *
 * It is no event: a line that it raises is no edge, what it deactivates is told to nobody.
 * Who drives a line meanwhile does so before or after.
 *
 * Context: no vCPU runs, none is added, and no other thread sets; no vGIC lock held. May
 * call vgic_ops.kick.
 * Return: 0; -EINVAL for what no interrupt of this number can be; -ENOENT if one is active on a
 * vCPU that is not there. Nothing has changed then.
 */
int vgic_set_irqs(struct vgic *g, struct vgic_cpu *c, u32 first, u32 count,
		  const struct armvcpu_gic_irq *s)
{
	u32 n;
	int ret;

	for (n = 0; n < count; n++) {
		ret = vgic_check_irq(g, vgic_state_irq(g, c, first + n), &s[n]);
		if (ret)
			return ret;
	}
	for (n = 0; n < count; n++) {
		struct vgic_irq *irq = vgic_state_irq(g, c, first + n);

		if (c)
			vgic_set_private(c, irq, &s[n]);
		else
			vgic_set_spi(g, irq, &s[n]);
	}
	return 0;
}
