// SPDX-License-Identifier: GPL-2.0-only
/*
 * System registers of the CPU interface that trap: ICC_DIR_EL1 by
 * ICH_HCR_EL2.TDIR, and the others of both groups by TC (IHI0069 12.4.5); all of
 * them with a software interface. Their state is that of the virtual CPU interface.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "../hyp/hyp.h"
#include "internal.h"

#define ICC_INTID		GENMASK(23, 0)

#define ICC_CTLR_CBPR		BIT(0)
#define ICC_CTLR_EOIMODE	BIT(1)
#define ICC_CTLR_PRIBITS_SHIFT	8
#define ICC_CTLR_IDBITS_SHIFT	11
#define ICC_CTLR_SEIS		BIT(14)
#define ICC_CTLR_A3V		BIT(15)

static u64 vgic_read_icc_ctlr(const struct vgic *g, const struct hyp_gic *h)
{
	u32 vtr = g->vtr;
	u64 val = 0;

	if (h->vmcr & VGIC_VMCR_VCBPR)
		val |= ICC_CTLR_CBPR;
	if (h->vmcr & VGIC_VMCR_VEOIM)
		val |= ICC_CTLR_EOIMODE;
	val |= (vtr >> VGIC_VTR_PRIBITS_SHIFT & 7) << ICC_CTLR_PRIBITS_SHIFT;
	val |= (vtr >> VGIC_VTR_IDBITS_SHIFT & 7) << ICC_CTLR_IDBITS_SHIFT;
	if (vtr & VGIC_VTR_SEIS)
		val |= ICC_CTLR_SEIS;
	if (vtr & VGIC_VTR_A3V)
		val |= ICC_CTLR_A3V;
	return val;
}

static void vgic_write_icc_ctlr(struct hyp_gic *h, u64 val)
{
	h->vmcr &= ~(u64)(VGIC_VMCR_VCBPR | VGIC_VMCR_VEOIM);
	if (val & ICC_CTLR_CBPR)
		h->vmcr |= VGIC_VMCR_VCBPR;
	if (val & ICC_CTLR_EOIMODE)
		h->vmcr |= VGIC_VMCR_VEOIM;
}

/* With one binary point for both groups, BPR1 reads one more and is not written. */
static u64 vgic_read_icc_bpr1(const struct hyp_gic *h)
{
	u32 bpr0 = (h->vmcr & VGIC_VMCR_VBPR0) >> VGIC_VMCR_VBPR0_SHIFT;

	if (h->vmcr & VGIC_VMCR_VCBPR)
		return min_t(u32, bpr0 + 1, 7);
	return (h->vmcr & VGIC_VMCR_VBPR1) >> VGIC_VMCR_VBPR1_SHIFT;
}

static void vgic_write_icc_igrpen(struct hyp_gic *h, u32 group, u64 val)
{
	h->vmcr &= ~(u64)group;
	if (val & 1)
		h->vmcr |= group;
}

/* What traps with a software interface only. */
static bool vgic_soft_icc_read(struct vgic_cpu *c, struct hyp_gic *h,
			       enum vgic_icc_reg reg, u64 *val)
{
	switch (reg) {
	case VGIC_ICC_IAR0:
		*val = vgic_soft_ack(c, VGIC_GROUP0, VGIC_SPURIOUS);
		return true;
	case VGIC_ICC_IAR1:
		*val = vgic_soft_ack(c, VGIC_GROUP1, VGIC_SPURIOUS);
		return true;
	case VGIC_ICC_HPPIR0:
		*val = vgic_soft_hppi(c, VGIC_GROUP0, VGIC_SPURIOUS);
		return true;
	case VGIC_ICC_HPPIR1:
		*val = vgic_soft_hppi(c, VGIC_GROUP1, VGIC_SPURIOUS);
		return true;
	case VGIC_ICC_BPR0:
		*val = (h->vmcr & VGIC_VMCR_VBPR0) >> VGIC_VMCR_VBPR0_SHIFT;
		return true;
	case VGIC_ICC_BPR1:
		*val = vgic_read_icc_bpr1(h);
		return true;
	case VGIC_ICC_IGRPEN0:
		*val = !!(h->vmcr & VGIC_GROUP0);
		return true;
	case VGIC_ICC_IGRPEN1:
		*val = !!(h->vmcr & VGIC_GROUP1);
		return true;
	case VGIC_ICC_AP0R0:
		*val = h->ap0r[0];
		return true;
	case VGIC_ICC_AP1R0:
		*val = h->ap1r[0];
		return true;
	default:
		return false;
	}
}

static bool vgic_soft_icc_write(struct vgic_cpu *c, struct hyp_gic *h,
				enum vgic_icc_reg reg, u64 val)
{
	switch (reg) {
	case VGIC_ICC_EOIR0:
		vgic_soft_eoi(c, val & ICC_INTID, 0, VGIC_GROUP0);
		return true;
	case VGIC_ICC_EOIR1:
		vgic_soft_eoi(c, val & ICC_INTID, 0, VGIC_GROUP1);
		return true;
	case VGIC_ICC_BPR0:
		vgic_set_bpr(c->gic, h, 0, val);
		return true;
	case VGIC_ICC_BPR1:
		if (!(h->vmcr & VGIC_VMCR_VCBPR))
			vgic_set_bpr(c->gic, h, 1, val);
		return true;
	case VGIC_ICC_IGRPEN0:
		vgic_write_icc_igrpen(h, VGIC_GROUP0, val);
		return true;
	case VGIC_ICC_IGRPEN1:
		vgic_write_icc_igrpen(h, VGIC_GROUP1, val);
		return true;
	case VGIC_ICC_AP0R0:
		h->ap0r[0] = val;
		return true;
	case VGIC_ICC_AP1R0:
		h->ap1r[0] = val;
		return true;
	default:
		return false;
	}
}

/**
 * vgic_icc_read - a trapped MRS of the CPU interface
 * @c: the vCPU
 * @h: its virtual CPU interface, @c->h
 * @reg: which register
 * @val: gets its value
 *
 * Context: the vCPU's thread, folded.
 * Return: true; false without a GICv3 or for a register that cannot be read, or does
 * not trap with this interface: the instruction is UNDEFINED.
 */
bool vgic_icc_read(struct vgic_cpu *c, struct hyp_gic *h,
		   enum vgic_icc_reg reg, u64 *val)
{
	if (!c->gic || c->gic->model != ARMVCPU_GIC_V3)
		return false;
	switch (reg) {
	case VGIC_ICC_RPR:
		*val = vgic_running_priority(c->gic, h);
		return true;
	case VGIC_ICC_CTLR:
		*val = vgic_read_icc_ctlr(c->gic, h);
		return true;
	case VGIC_ICC_PMR:
		*val = (h->vmcr & VGIC_VMCR_VPMR) >> VGIC_VMCR_VPMR_SHIFT;
		return true;
	default:
		return c->soft && vgic_soft_icc_read(c, h, reg, val);
	}
}

/**
 * vgic_icc_write - a trapped MSR of the CPU interface
 * @c: the vCPU
 * @h: its virtual CPU interface, @c->h
 * @reg: which register
 * @val: what is written
 *
 * Context: the vCPU's thread, folded, no vGIC lock held. May call
 * vgic_ops.kick.
 * Return: true; false without a GICv3 or for a register that cannot be written, or
 * does not trap with this interface: the instruction is UNDEFINED.
 */
bool vgic_icc_write(struct vgic_cpu *c, struct hyp_gic *h,
		    enum vgic_icc_reg reg, u64 val)
{
	if (!c->gic || c->gic->model != ARMVCPU_GIC_V3)
		return false;
	switch (reg) {
	case VGIC_ICC_DIR:
		vgic_dir(c, val & ICC_INTID, 0);
		return true;
	case VGIC_ICC_CTLR:
		vgic_write_icc_ctlr(h, val);
		return true;
	case VGIC_ICC_PMR:
		vgic_set_pmr(c->gic, h, val);
		return true;
	default:
		return c->soft && vgic_soft_icc_write(c, h, reg, val);
	}
}
