// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU interface of a GICv2 in memory, GICC, without anything of the host's behind
 * it. It is what the guest would find there if the host's GICV were mapped (IHI0048
 * 5.5): no Security Extensions, 32 priorities. soft.c does the work.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "../hyp/hyp.h"
#include "internal.h"

/* Bits of GICV_CTLR, which are where GICH_VMCR has them, and so struct hyp_gic. */
#define GICC_CTLR_MASK	(VGIC_GROUPS | VGIC_VMCR_VACKCTL | VGIC_VMCR_VFIQEN | \
			 VGIC_VMCR_VCBPR | VGIC_VMCR_VEOIM)

#define GICC_IIDR	0x56020000	/* ProductID 'V', GICv2, no JEP106 code */

#define GICC_ID(val)		((val) & GENMASK(9, 0))
#define GICC_CPUID(val)		((val) >> VGIC_SOURCE_SHIFT & 7)

/* IAR and HPPIR tell of group 1 only with AckCtl (IHI0048 4.4.4). */
static u32 common_groups(const struct vgic_cpu *c)
{
	return c->h->vmcr & VGIC_VMCR_VACKCTL ? VGIC_GROUPS : VGIC_GROUP0;
}

static u64 read_ctlr(const struct vgic_access *a)
{
	return a->cpu->h->vmcr & GICC_CTLR_MASK;
}

static void write_ctlr(const struct vgic_access *a, u64 val, u64 mask)
{
	struct hyp_gic *h = a->cpu->h;

	h->vmcr = (h->vmcr & ~(u64)GICC_CTLR_MASK) | (val & GICC_CTLR_MASK);
}

static u64 read_pmr(const struct vgic_access *a)
{
	return (a->cpu->h->vmcr & VGIC_VMCR_VPMR) >> VGIC_VMCR_VPMR_SHIFT;
}

static void write_pmr(const struct vgic_access *a, u64 val, u64 mask)
{
	vgic_set_pmr(a->g, a->cpu->h, val);
}

static u64 read_bpr(const struct vgic_access *a)
{
	return (a->cpu->h->vmcr & VGIC_VMCR_VBPR0) >> VGIC_VMCR_VBPR0_SHIFT;
}

static void write_bpr(const struct vgic_access *a, u64 val, u64 mask)
{
	vgic_set_bpr(a->g, a->cpu->h, 0, val);
}

static u64 read_abpr(const struct vgic_access *a)
{
	return (a->cpu->h->vmcr & VGIC_VMCR_VBPR1) >> VGIC_VMCR_VBPR1_SHIFT;
}

static void write_abpr(const struct vgic_access *a, u64 val, u64 mask)
{
	vgic_set_bpr(a->g, a->cpu->h, 1, val);
}

static u64 read_iar(const struct vgic_access *a)
{
	return vgic_soft_ack(a->cpu, common_groups(a->cpu), VGIC_OTHER_GROUP);
}

static u64 read_aiar(const struct vgic_access *a)
{
	return vgic_soft_ack(a->cpu, VGIC_GROUP1, VGIC_SPURIOUS);
}

/* UNPREDICTABLE for group 1 without AckCtl (IHI0048 4.4.5): it is ended all the same. */
static void write_eoir(const struct vgic_access *a, u64 val, u64 mask)
{
	vgic_soft_eoi(a->cpu, GICC_ID(val), GICC_CPUID(val), VGIC_GROUPS);
}

static void write_aeoir(const struct vgic_access *a, u64 val, u64 mask)
{
	vgic_soft_eoi(a->cpu, GICC_ID(val), GICC_CPUID(val), VGIC_GROUP1);
}

static u64 read_rpr(const struct vgic_access *a)
{
	return vgic_running_priority(a->g, a->cpu->h);
}

static u64 read_hppir(const struct vgic_access *a)
{
	return vgic_soft_hppi(a->cpu, common_groups(a->cpu), VGIC_OTHER_GROUP);
}

static u64 read_ahppir(const struct vgic_access *a)
{
	return vgic_soft_hppi(a->cpu, VGIC_GROUP1, VGIC_SPURIOUS);
}

static u64 read_apr(const struct vgic_access *a)
{
	return a->cpu->h->ap0r[0];
}

static void write_apr(const struct vgic_access *a, u64 val, u64 mask)
{
	a->cpu->h->ap0r[0] = val;
}

static u64 read_iidr(const struct vgic_access *a)
{
	return GICC_IIDR;
}

static void write_dir(const struct vgic_access *a, u64 val, u64 mask)
{
	vgic_dir(a->cpu, GICC_ID(val), GICC_CPUID(val));
}

/* RAZ/WI for want of a row: APR1 to APR3, and NSAPR0 to NSAPR3, which GICV has not. */
static const struct vgic_reg vgic_gicc_regs[] = {
	{ 0x0000, 0x0004, 4, .quick = true, .read = read_ctlr, .write = write_ctlr },
	{ 0x0004, 0x0008, 4, .quick = true, .read = read_pmr, .write = write_pmr },
	{ 0x0008, 0x000c, 4, .quick = true, .read = read_bpr, .write = write_bpr },
	{ 0x000c, 0x0010, 4, .quick = true, .read = read_iar },
	{ 0x0010, 0x0014, 4, .quick = true, .write = write_eoir },
	{ 0x0014, 0x0018, 4, .quick = true, .read = read_rpr },
	{ 0x0018, 0x001c, 4, .quick = true, .read = read_hppir },
	{ 0x001c, 0x0020, 4, .quick = true, .read = read_abpr, .write = write_abpr },
	{ 0x0020, 0x0024, 4, .quick = true, .read = read_aiar },
	{ 0x0024, 0x0028, 4, .quick = true, .write = write_aeoir },
	{ 0x0028, 0x002c, 4, .quick = true, .read = read_ahppir },
	{ 0x00d0, 0x00d4, 4, .quick = true, .read = read_apr, .write = write_apr },
	{ 0x00fc, 0x0100, 4, .quick = true, .read = read_iidr },
	{ 0x1000, 0x1004, 4, .quick = true, .write = write_dir },
};

/*
 * What of a host's GICV is not mapped. Not quick: the mode of the interface is in the
 * host's registers as long as the vCPU stays.
 */
static const struct vgic_reg vgic_gicv_regs[] = {
	{ 0x1000, 0x1004, 4, .write = write_dir },
};

const struct vgic_frame vgic_gicv_frame = {
	.regs = vgic_gicv_regs,
	.nr = ARRAY_SIZE(vgic_gicv_regs),
};

const struct vgic_frame vgic_gicc_frame = {
	.regs = vgic_gicc_regs,
	.nr = ARRAY_SIZE(vgic_gicc_regs),
	.from = {
		[0] = 0,	/* CTLR to AHPPIR */
		[1] = 11,	/* APR0, IIDR */
		[2 ... 31] = 13,
	},
};
