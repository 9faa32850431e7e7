// SPDX-License-Identifier: GPL-2.0-only
/*
 * A redistributor, GICR (IHI0069 12.10, 12.11): the frame RD_base and the frame
 * SGI_base, without LPIs.
 */
#include <linux/bits.h>
#include <linux/kernel.h>

#include "internal.h"

#define GICR_CTLR_RWP			BIT(3)
#define GICR_TYPER_LAST			BIT(4)
#define GICR_WAKER_PROCESSOR_SLEEP	BIT(1)
#define GICR_WAKER_CHILDREN_ASLEEP	BIT(2)

static u64 read_ctlr(const struct vgic_access *a)
{
	return READ_ONCE(a->cpu->rwp_redist) ? GICR_CTLR_RWP : 0;
}

static u64 read_typer(const struct vgic_access *a)
{
	u64 val = (u64)a->cpu->aff << 32 | a->cpu->id << 8;

	if (a->cpu->id + 1 == READ_ONCE(a->g->nr_slots))
		val |= GICR_TYPER_LAST;
	return val;
}

/* A frame between those of two vCPUs: an affinity that none has (Aff0 <= 15). */
static u64 read_hole_typer(const struct vgic_access *a)
{
	return 0xffffffffULL << 32;
}

/* It goes to sleep and wakes at once; deliveries do not depend on it. */
static u64 read_waker(const struct vgic_access *a)
{
	return READ_ONCE(a->cpu->sleep) ?
	       GICR_WAKER_PROCESSOR_SLEEP | GICR_WAKER_CHILDREN_ASLEEP : 0;
}

static void write_waker(const struct vgic_access *a, u64 val, u64 mask)
{
	WRITE_ONCE(a->cpu->sleep, val & GICR_WAKER_PROCESSOR_SLEEP);
}

/* Everything for LPIs is RAZ/WI, and so is STATUSR. */
static const struct vgic_reg vgic_redist_regs[] = {
	{ 0x0000, 0x0004, 4, .read = read_ctlr },
	{ 0x0004, 0x0008, 4, .quick = true, .fast = VGIC_FAST_CONSTANT, .read = vgic_read_iidr },
	{ 0x0008, 0x0010, 4 | 8, .quick = true, .fast = VGIC_FAST_CONSTANT, .read = read_typer },
	{ 0x0014, 0x0018, 4, .read = read_waker, .write = write_waker },
	{ 0xffe8, 0xffec, 4, .quick = true, .read = vgic_read_pidr2 },
};

/* With DS=1 IGRPMODR0 and NSACR are RAZ/WI. */
static const struct vgic_reg vgic_sgi_regs[] = {
	{ 0x0080, 0x0084, 4, &vgic_field_group },
	{ 0x0100, 0x0104, 4, &vgic_field_isenable },
	{ 0x0180, 0x0184, 4, &vgic_field_icenable },
	{ 0x0200, 0x0204, 4, &vgic_field_ispend },
	{ 0x0280, 0x0284, 4, &vgic_field_icpend },
	{ 0x0300, 0x0304, 4, &vgic_field_isactive },
	{ 0x0380, 0x0384, 4, &vgic_field_icactive },
	{ 0x0400, 0x0420, 1 | 4, &vgic_field_priority },
	{ 0x0c00, 0x0c08, 4, &vgic_field_config },
};

static const struct vgic_reg vgic_hole_regs[] = {
	{ 0x0008, 0x0010, 4 | 8, .quick = true, .read = read_hole_typer },
	{ 0xffe8, 0xffec, 4, .quick = true, .read = vgic_read_pidr2 },
};

const struct vgic_frame vgic_redist_frame = {
	.regs = vgic_redist_regs,
	.nr = ARRAY_SIZE(vgic_redist_regs),
};

const struct vgic_frame vgic_sgi_frame = {
	.regs = vgic_sgi_regs,
	.nr = ARRAY_SIZE(vgic_sgi_regs),
	.from = {
		[2] = 1, [3] = 2, [4] = 3, [5] = 4, [6] = 5, [7] = 6,
		[8 ... 15] = 7,		/* IPRIORITYR */
		[16 ... 31] = 8,
	},
};

const struct vgic_frame vgic_hole_redist_frame = {
	.regs = vgic_hole_regs,
	.nr = ARRAY_SIZE(vgic_hole_regs),
};

const struct vgic_frame vgic_hole_sgi_frame = { .nr = 0 };
