// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distributor of a GICv2, GICD (IHI0048 4.3), without Security Extensions. The
 * registers of SGIs and PPIs are banked: each vCPU finds its own there.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>

#include "internal.h"

#define GICD_TYPER_CPU_NUMBER_SHIFT	5
#define GICD_PIDR2			0x2b	/* ArchRev 2: GICv2 */

#define GICD_SGIR_FILTER(val)		((val) >> 24 & 3)
#define GICD_SGIR_TARGETS(val)		((val) >> 16 & 0xff)
#define GICD_SGIR_INTID(val)		((val) & 0xf)
#define FILTER_LIST			0
#define FILTER_OTHERS			1
#define FILTER_SELF			2

/* One bit each for the CPU interfaces that there are. */
u32 vgic_cpu_mask(struct vgic *g)
{
	u32 nr = READ_ONCE(g->nr_slots);

	return nr ? GENMASK(nr - 1, 0) : 0;
}

/**
 * vgic_route_v2 - where does GICD_ITARGETSR<n> send an interrupt?
 * @g: the GIC
 * @targets: its byte
 *
 * Of several targets it is the first one that there is, and a single vCPU gets
 * everything: its ITARGETSRs are RAZ/WI.
 *
 * Return: a vCPU or &g->nobody.
 */
struct vgic_cpu *vgic_route_v2(struct vgic *g, u32 targets)
{
	u32 id, nr = READ_ONCE(g->nr_slots);
	struct vgic_cpu *c;

	for (id = 0; id < nr; id++) {
		c = vgic_slot_cpu(g, id);
		if (c && (nr == 1 || targets & BIT(id)))
			return c;
	}
	return &g->nobody;
}

/* ---- what is different with SGIs -------------------------------------------- */

/* SGIs are enabled always: the implementation defines that (IHI0048 4.3.5). */
static bool set_icenable(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	return irq->intid >= VGIC_NR_SGIS && vgic_irq_disable(owner, irq, val);
}

/* They get pending by SGIR and SPENDSGIR only. */
static bool set_ispend(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	return irq->intid >= VGIC_NR_SGIS && vgic_irq_pend(owner, irq, val);
}

static bool set_icpend(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	return irq->intid >= VGIC_NR_SGIS && vgic_irq_unpend(owner, irq, val);
}

static u32 get_sources(const struct vgic_irq *irq)
{
	return READ_ONCE(irq->sources);
}

/* @val: bits of vCPUs, whether they are there or not */
static bool set_sources(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	return vgic_irq_pend_sources(owner, irq, val & vgic_cpu_mask(owner->gic));
}

static const struct vgic_field field_icenable = {
	.bits = 1, .strobe = true, .get = vgic_get_enabled, .set = set_icenable,
};

static const struct vgic_field field_ispend = {
	.bits = 1, .strobe = true, .live = true,
	.get = vgic_get_pending, .set = set_ispend,
};

static const struct vgic_field field_icpend = {
	.bits = 1, .strobe = true, .live = true,
	.get = vgic_get_pending, .set = set_icpend,
};

static const struct vgic_field field_spendsgi = {
	.bits = 8, .strobe = true, .get = get_sources, .set = set_sources,
};

static const struct vgic_field field_cpendsgi = {
	.bits = 8, .strobe = true, .get = get_sources, .set = vgic_irq_unpend_sources,
};

/* ---- registers ------------------------------------------------------------------ */

static u64 read_ctlr(const struct vgic_access *a)
{
	return READ_ONCE(a->g->shared->ctlr);
}

static u64 read_typer(const struct vgic_access *a)
{
	return (a->g->nr_irqs / 32 - 1) |
	       (READ_ONCE(a->g->nr_slots) - 1) << GICD_TYPER_CPU_NUMBER_SHIFT;
}

static u64 read_pidr2(const struct vgic_access *a)
{
	return GICD_PIDR2;
}

static u32 vgic_get_targets(const struct vgic_access *a, u32 intid)
{
	struct vgic_irq *irq;

	if (vgic_cpu_mask(a->g) == 1)
		return 0;
	if (intid < VGIC_NR_PRIVATE)
		return BIT(a->cpu->id);
	irq = vgic_spi(a->g, intid);
	return irq ? vgic_get_irouter(irq) : 0;
}

static void vgic_set_targets(const struct vgic_access *a, u32 intid, u32 val)
{
	u32 present = vgic_cpu_mask(a->g);
	struct vgic_cpu *owner;
	struct vgic_irq *irq;
	unsigned long flags;

	/* NULL for private ones, too */
	irq = vgic_spi(a->g, intid);
	if (!irq || present == 1)
		return;
	owner = vgic_lock_irq(irq, &flags);
	irq->irouter = val & present;
	WRITE_ONCE(irq->target, vgic_route_v2(a->g, irq->irouter));
	vgic_unlock_irq(owner, flags);
	vgic_settle(a->g, irq, a->self);
}

static u64 read_itargets(const struct vgic_access *a)
{
	u64 val = 0;
	u32 n;

	for (n = 0; n < a->len; n++)
		val |= (u64)vgic_get_targets(a, a->off + n) << (n * 8);
	return val;
}

static void write_itargets(const struct vgic_access *a, u64 val, u64 mask)
{
	u32 n;

	for (n = 0; n < a->len; n++)
		vgic_set_targets(a, a->off + n, val >> (n * 8) & 0xff);
}

/* NSATT (bit 15) is for the Security Extensions, so the group does not matter. */
static void write_sgir(const struct vgic_access *a, u64 val, u64 mask)
{
	u32 self = BIT(a->self->id);
	struct vgic *g = a->g;
	struct vgic_cpu *c;
	u32 targets;

	switch (GICD_SGIR_FILTER(val)) {
	case FILTER_LIST:
		targets = GICD_SGIR_TARGETS(val);
		break;
	case FILTER_OTHERS:
		targets = ~self;
		break;
	case FILTER_SELF:
		targets = self;
		break;
	default:
		return;
	}
	for (targets &= vgic_cpu_mask(g); targets; targets &= targets - 1) {
		c = vgic_slot_cpu(g, __ffs(targets));
		if (c)
			vgic_change(g, &c->private[GICD_SGIR_INTID(val)],
				    vgic_irq_pend_sources, self, a->self);
	}
}

/* RAZ/WI for want of a row: NSACR. To look at eight vCPUs at most is quick. */
static const struct vgic_reg vgic_dist_v2_regs[] = {
	{ 0x000, 0x004, 4, .fast = VGIC_FAST_CTLR,
	  .read = read_ctlr, .write = vgic_dist_write_ctlr },
	{ 0x004, 0x008, 4, .quick = true, .fast = VGIC_FAST_CONSTANT, .read = read_typer },
	{ 0x008, 0x00c, 4, .quick = true, .fast = VGIC_FAST_CONSTANT, .read = vgic_read_iidr },
	{ 0x080, 0x100, 4, &vgic_field_group },
	{ 0x100, 0x180, 4, &vgic_field_isenable },
	{ 0x180, 0x200, 4, &field_icenable },
	{ 0x200, 0x280, 4, &field_ispend },
	{ 0x280, 0x300, 4, &field_icpend },
	{ 0x300, 0x380, 4, &vgic_field_isactive },
	{ 0x380, 0x400, 4, &vgic_field_icactive },
	{ 0x400, 0x800, 1 | 4, &vgic_field_priority },
	{ 0x800, 0xc00, 1 | 4, .quick = true, .read = read_itargets, .write = write_itargets },
	{ 0xc00, 0xd00, 4, &vgic_field_config },
	{ 0xf00, 0xf04, 4, .quick = true, .write = write_sgir },
	{ 0xf10, 0xf20, 1 | 4, &field_cpendsgi },
	{ 0xf20, 0xf30, 1 | 4, &field_spendsgi },
	{ 0xfe8, 0xfec, 4, .quick = true, .read = read_pidr2 },
};

const struct vgic_frame vgic_dist_v2_frame = {
	.regs = vgic_dist_v2_regs,
	.nr = ARRAY_SIZE(vgic_dist_v2_regs),
	.from = {
		[0] = 0,		/* CTLR, TYPER, IIDR */
		[1] = 3, [2] = 4, [3] = 5, [4] = 6, [5] = 7, [6] = 8, [7] = 9,
		[8 ... 15] = 10,	/* IPRIORITYR */
		[16 ... 23] = 11,	/* ITARGETSR */
		[24 ... 25] = 12,	/* ICFGR */
		[26 ... 30] = 13,
		[31] = 16,
	},
};
