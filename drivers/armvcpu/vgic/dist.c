// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distributor, GICD (IHI0069 12.9): one security state (DS=1), affinity
 * routing on for good (ARE=1), no LPIs, no extended SPIs.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/kernel.h>

#include "internal.h"

#define GICD_CTLR_ARE		BIT(4)
#define GICD_CTLR_DS		BIT(6)
#define GICD_CTLR_RWP		BIT(31)

#define GICD_TYPER_MBIS		BIT(16)	/* SPIs by message */
#define GICD_TYPER_IDBITS_SHIFT	19
#define GICD_TYPER_A3V		BIT(24)
#define VGIC_ID_BITS		10

#define GICD_IROUTER_IRM	BIT_ULL(31)
#define GICD_IROUTER_MASK	(0xff00ffffffULL | GICD_IROUTER_IRM)

/**
 * vgic_route - where does GICD_IROUTER<n> send an interrupt?
 * @g: the GIC
 * @irouter: its value, of a GICv2 that of GICD_ITARGETSR<n>
 *
 * "Any" (IRM) is the first vCPU there is.
 *
 * Return: a vCPU or &g->nobody.
 */
struct vgic_cpu *vgic_route(struct vgic *g, u64 irouter)
{
	struct vgic_cpu *c;
	u32 id;

	if (g->model == ARMVCPU_GIC_V2)
		return vgic_route_v2(g, irouter);
	if (!(irouter & GICD_IROUTER_IRM))
		return vgic_cpu_by_aff(g, (irouter >> 32 & 0xff) << 24 |
					  (irouter & 0xffffff));
	for (id = 0; id < READ_ONCE(g->nr_slots); id++) {
		c = vgic_slot_cpu(g, id);
		if (c)
			return c;
	}
	return &g->nobody;
}

/* The bits that can be 1 in GICD_IROUTER<n>, or in a GICv2's GICD_ITARGETSR<n>. */
u64 vgic_route_mask(struct vgic *g)
{
	u32 cpus;

	if (g->model == ARMVCPU_GIC_V3)
		return GICD_IROUTER_MASK;
	/* RAZ/WI with one vCPU */
	cpus = vgic_cpu_mask(g);
	return cpus == 1 ? 0 : cpus;
}

static u64 read_ctlr(const struct vgic_access *a)
{
	const struct vgic_shared *s = a->g->shared;

	return READ_ONCE(s->ctlr) | (atomic_read(&s->nr_rwp) ? GICD_CTLR_RWP : 0);
}

/* GICD_CTLR with these groups enabled, but for RWP. */
u32 vgic_ctlr(const struct vgic *g, u32 groups)
{
	return groups | (g->model == ARMVCPU_GIC_V3 ? GICD_CTLR_ARE | GICD_CTLR_DS : 0);
}

void vgic_dist_write_ctlr(const struct vgic_access *a, u64 val, u64 mask)
{
	struct vgic *g = a->g;
	struct vgic_cpu *c;
	unsigned long flags;
	bool notice;
	u32 id, old;

	/* One after the other, each writer finds what it takes away. */
	val = vgic_ctlr(g, val & VGIC_GROUPS);
	old = xchg(&g->shared->ctlr, (u32)val);
	if (val == old)
		return;

	/* With the lock, a flush has seen the new value or its result is here. */
	for (id = 0; id < READ_ONCE(g->nr_slots); id++) {
		c = vgic_slot_cpu(g, id);
		if (!c)
			continue;
		raw_spin_lock_irqsave(&c->lock, flags);
		notice = c->nr_loaded || c->nr_queued;
		if (c->nr_loaded && old & ~val)
			vgic_wait_for_write(c);
		raw_spin_unlock_irqrestore(&c->lock, flags);
		if (notice)
			vgic_kick(g, c, a->self);
	}
}

static u64 read_typer(const struct vgic_access *a)
{
	u64 val = a->g->nr_irqs / 32 - 1;

	val |= GICD_TYPER_MBIS | (VGIC_ID_BITS - 1) << GICD_TYPER_IDBITS_SHIFT;
	if (a->g->vtr & VGIC_VTR_A3V)
		val |= GICD_TYPER_A3V;
	return val;
}

u64 vgic_read_iidr(const struct vgic_access *a)
{
	return VGIC_IIDR;
}

u64 vgic_read_pidr2(const struct vgic_access *a)
{
	return VGIC_PIDR2;
}

static void write_message(const struct vgic_access *a, u64 val, bool set)
{
	struct vgic_irq *irq = vgic_spi(a->g, val & 0x1fff);

	if (irq)
		vgic_change(a->g, irq, vgic_irq_set_message, set, a->self);
}

static void write_setspi(const struct vgic_access *a, u64 val, u64 mask)
{
	write_message(a, val, true);
}

static void write_clrspi(const struct vgic_access *a, u64 val, u64 mask)
{
	write_message(a, val, false);
}

u64 vgic_get_irouter(struct vgic_irq *irq)
{
	struct vgic_cpu *owner;
	unsigned long flags;
	u64 val;

	owner = vgic_lock_irq(irq, &flags);
	val = irq->irouter;
	vgic_unlock_irq(owner, flags);
	return val;
}

static u64 read_irouter(const struct vgic_access *a)
{
	struct vgic_irq *irq = vgic_spi(a->g, a->off / 8 + VGIC_NR_PRIVATE);

	return irq ? vgic_get_irouter(irq) : 0;
}

static void write_irouter(const struct vgic_access *a, u64 val, u64 mask)
{
	struct vgic_irq *irq = vgic_spi(a->g, a->off / 8 + VGIC_NR_PRIVATE);
	struct vgic_cpu *owner, *target;
	unsigned long flags;

	if (!irq)
		return;
	owner = vgic_lock_irq(irq, &flags);
	val = ((irq->irouter & ~mask) | val) & GICD_IROUTER_MASK;
	irq->irouter = val;
	vgic_unlock_irq(owner, flags);

	/* This looks at all vCPUs: not with interrupts off. */
	target = vgic_route(a->g, val);

	owner = vgic_lock_irq(irq, &flags);
	/* Otherwise a later write is about to do it. */
	if (irq->irouter == val)
		WRITE_ONCE(irq->target, target);
	vgic_unlock_irq(owner, flags);
	vgic_settle(a->g, irq, a->self);
}

/*
 * RAZ/WI for want of a row, with DS=1 and ARE=1: STATUSR, SETSPI_SR, CLRSPI_SR,
 * ITARGETSR, IGRPMODR, NSACR, SGIR, CPENDSGIR, SPENDSGIR; TYPER2 is 0.
 */
static const struct vgic_reg vgic_dist_regs[] = {
	{ 0x0000, 0x0004, 4, .fast = VGIC_FAST_CTLR,
	  .read = read_ctlr, .write = vgic_dist_write_ctlr },
	{ 0x0004, 0x0008, 4, .quick = true, .fast = VGIC_FAST_CONSTANT, .read = read_typer },
	{ 0x0008, 0x000c, 4, .quick = true, .fast = VGIC_FAST_CONSTANT, .read = vgic_read_iidr },
	{ 0x0040, 0x0044, 2 | 4, .write = write_setspi },
	{ 0x0048, 0x004c, 2 | 4, .write = write_clrspi },
	{ 0x0080, 0x0100, 4, &vgic_field_group },
	{ 0x0100, 0x0180, 4, &vgic_field_isenable },
	{ 0x0180, 0x0200, 4, &vgic_field_icenable },
	{ 0x0200, 0x0280, 4, &vgic_field_ispend },
	{ 0x0280, 0x0300, 4, &vgic_field_icpend },
	{ 0x0300, 0x0380, 4, &vgic_field_isactive },
	{ 0x0380, 0x0400, 4, &vgic_field_icactive },
	{ 0x0400, 0x0800, 1 | 4, &vgic_field_priority },
	{ 0x0c00, 0x0d00, 4, &vgic_field_config },
	{ 0x6100, 0x7fe0, 4 | 8, .read = read_irouter, .write = write_irouter },
	{ 0xffe8, 0xffec, 4, .quick = true, .read = vgic_read_pidr2 },
};

const struct vgic_frame vgic_dist_frame = {
	.regs = vgic_dist_regs,
	.nr = ARRAY_SIZE(vgic_dist_regs),
	.from = {
		[0] = 0,	/* CTLR to CLRSPI_NSR */
		[1] = 5, [2] = 6, [3] = 7, [4] = 8, [5] = 9, [6] = 10, [7] = 11,
		[8 ... 15] = 12,	/* IPRIORITYR */
		[16 ... 31] = 13,
	},
};
