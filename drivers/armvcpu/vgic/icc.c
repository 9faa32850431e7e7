// SPDX-License-Identifier: GPL-2.0-only
/*
 * System registers of the CPU interface that trap: ICC_DIR_EL1 by
 * ICH_HCR_EL2.TDIR, and the others of both groups by TC (IHI0069 12.4.5). Their
 * state is that of the virtual CPU interface.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/nospec.h>

#include "../hyp/hyp.h"
#include "internal.h"

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

static void vgic_write_icc_pmr(const struct vgic *g, struct hyp_gic *h, u64 val)
{
	u32 unused = 7 - (g->vtr >> VGIC_VTR_PRIBITS_SHIFT & 7);

	h->vmcr &= ~(u64)VGIC_VMCR_VPMR;
	h->vmcr |= (val & 0xff & (0xff << unused)) << VGIC_VMCR_VPMR_SHIFT;
}

/*
 * Deactivate an interrupt, whichever vCPU has acknowledged an SPI. Without the
 * split of priority drop and deactivation the write has no effect.
 */
static void vgic_write_icc_dir(struct vgic_cpu *c, const struct hyp_gic *h, u64 val)
{
	u32 intid = val & 0xffffff;
	struct vgic_irq *irq;

	if (!(h->vmcr & VGIC_VMCR_VEOIM))
		return;
	if (intid < VGIC_NR_PRIVATE)
		irq = &c->private[array_index_nospec(intid, VGIC_NR_PRIVATE)];
	else
		irq = vgic_spi(c->gic, intid);
	if (irq)
		vgic_change(c->gic, irq, vgic_irq_deactivate, 1, c);
}

/**
 * vgic_icc_read - a trapped MRS of the CPU interface
 * @c: the vCPU
 * @h: its virtual CPU interface
 * @reg: which register
 * @val: gets its value
 *
 * Context: the vCPU's thread, folded.
 * Return: true; false without a GIC or for a register that cannot be read: the
 * instruction is UNDEFINED.
 */
bool vgic_icc_read(struct vgic_cpu *c, struct hyp_gic *h,
		   enum vgic_icc_reg reg, u64 *val)
{
	if (!c->gic)
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
		break;
	}
	return false;
}

/**
 * vgic_icc_write - a trapped MSR of the CPU interface
 * @c: the vCPU
 * @h: its virtual CPU interface
 * @reg: which register
 * @val: what is written
 *
 * Context: the vCPU's thread, folded, no vGIC lock held. May call
 * vgic_ops.kick.
 * Return: true; false without a GIC or for a register that cannot be written:
 * the instruction is UNDEFINED.
 */
bool vgic_icc_write(struct vgic_cpu *c, struct hyp_gic *h,
		    enum vgic_icc_reg reg, u64 val)
{
	if (!c->gic)
		return false;
	switch (reg) {
	case VGIC_ICC_DIR:
		vgic_write_icc_dir(c, h, val);
		return true;
	case VGIC_ICC_CTLR:
		vgic_write_icc_ctlr(h, val);
		return true;
	case VGIC_ICC_PMR:
		vgic_write_icc_pmr(c->gic, h, val);
		return true;
	default:
		break;
	}
	return false;
}
