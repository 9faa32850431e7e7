// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual CPU interface: how its registers are encoded (IHI0069 12.4) and what
 * their values mean for delivery (IHI0069 4.8, IHI0048 3.3). A GICv2 has the same
 * with five bits of priority; lr_v2.h has its list registers.
 */
#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "../hyp/hyp.h"
#include "internal.h"

/* Implemented preemption bits, 5 to 7 (IHI0069: at least 32 levels; a GICv2 has 5). */
u32 vgic_prebits(const struct vgic *g)
{
	u32 bits = (g->vtr >> VGIC_VTR_PREBITS_SHIFT & 7) + 1;

	return clamp_t(u32, bits, 5, 7);
}

static u32 vgic_join_field(u32 a, u32 b, u32 mask)
{
	return min(a & mask, b & mask);
}

/**
 * vgic_join_vtr - what two CPU interfaces can do both
 * @a: ICH_VTR_EL2 or GICH_VTR of one, or what this function has returned
 * @b: of the other
 *
 * Only what matters to a guest is in it: vLPIs do not.
 *
 * Return: in the form of ICH_VTR_EL2
 */
u32 vgic_join_vtr(u32 a, u32 b)
{
	return vgic_join_field(a, b, VGIC_VTR_LISTREGS) |
	       vgic_join_field(a, b, VGIC_VTR_IDBITS) |
	       vgic_join_field(a, b, VGIC_VTR_PREBITS) |
	       vgic_join_field(a, b, VGIC_VTR_PRIBITS) |
	       (a & b & (VGIC_VTR_TDS | VGIC_VTR_A3V | VGIC_VTR_SEIS));
}

/*
 * Mask 0, groups disabled, and the smallest binary points, which are what
 * reset leaves there (IHI0069 12.2.5, 12.2.6; IHI0048 5.5). VFIQEn is RES1 with
 * SRE=1, and GICV_CTLR.FIQEn of a GICv2, which resets to 0.
 */
u32 vgic_reset_vmcr(const struct vgic *g)
{
	u32 bits = vgic_prebits(g);

	return (g->model == ARMVCPU_GIC_V3 ? VGIC_VMCR_VFIQEN : 0) |
	       (7 - bits) << VGIC_VMCR_VBPR0_SHIFT |
	       (8 - bits) << VGIC_VMCR_VBPR1_SHIFT;
}

/*
 * ICC_DIR_EL1 is trapped always, because it may name an interrupt that is in
 * no list register of this vCPU: one that found no room, or an SPI that another
 * vCPU has acknowledged. ICH_HCR_EL2.EOIcount would not say which one. Guests
 * that do not split priority drop and deactivation never write it; where it does not
 * trap alone, it does so with those that split only, see vgic_note_split().
 *
 * GICV_DIR traps only where it can be left unmapped; vgic_fold_loaded() says what follows
 * elsewhere.
 */
u32 vgic_base_hcr(const struct vgic *g)
{
	switch (g->iface) {
	case VGIC_IFACE_V3:
		return VGIC_HCR_EN | (g->vtr & VGIC_VTR_TDS ? VGIC_HCR_TDIR : 0);
	case VGIC_IFACE_V2:
		return VGIC_HCR_EN;
	case VGIC_IFACE_SOFT:
		break;
	}
	return 0;
}

/*
 * What traps ICC_DIR_EL1 in a CPU interface without TDIR, and with it ICC_CTLR, ICC_PMR
 * and ICC_RPR: too much for a guest that never writes it.
 */
u32 vgic_split_hcr(const struct vgic *g)
{
	return g->iface == VGIC_IFACE_V3 && !(g->vtr & VGIC_VTR_TDS) ? VGIC_HCR_TC : 0;
}

/*
 * While active interrupts are in no list register. The guest may change to EOImode 1 then,
 * which is no exit otherwise.
 */
u32 vgic_spill_hcr(const struct vgic *g)
{
	return VGIC_HCR_LRENPIE | vgic_split_hcr(g);
}

/*
 * Group priority of the highest active interrupt, 0xff when idle: what
 * ICC_RPR_EL1 reads (IHI0069 4.8.6). The active priorities have a bit for each
 * group priority; with more preemption bits there are more registers.
 */
u32 vgic_running_priority(const struct vgic *g, const struct hyp_gic *h)
{
	u32 bits = vgic_prebits(g);
	u32 n, map;

	for (n = 0; n < 1U << (bits - 5); n++) {
		map = h->ap0r[n] | h->ap1r[n];
		if (map)
			return (n * 32 + __ffs(map)) << (8 - bits);
	}
	return 0xff;
}

/* The bits of a priority that decide on preemption (IHI0069 4.8.5). */
u32 vgic_group_mask(u32 vmcr, u32 group)
{
	u32 bpr;

	if (group == 0 || vmcr & VGIC_VMCR_VCBPR)
		bpr = ((vmcr & VGIC_VMCR_VBPR0) >> VGIC_VMCR_VBPR0_SHIFT) + 1;
	else
		bpr = (vmcr & VGIC_VMCR_VBPR1) >> VGIC_VMCR_VBPR1_SHIFT;
	return 0xff << bpr & 0xff;
}

/* Would the CPU interface signal this pending interrupt (IHI0069 4.8)? */
bool vgic_can_take(const struct vgic *g, const struct hyp_gic *h,
		   const struct vgic_irq *irq)
{
	u32 vmcr = h->vmcr;
	u32 running, mask;

	if (!(vmcr & BIT(irq->group)))
		return false;
	if (irq->priority >= (vmcr & VGIC_VMCR_VPMR) >> VGIC_VMCR_VPMR_SHIFT)
		return false;
	running = vgic_running_priority(g, h);
	if (running == 0xff)
		return true;
	mask = vgic_group_mask(vmcr, irq->group);
	return (irq->priority & mask) < (running & mask);
}

void vgic_set_pmr(const struct vgic *g, struct hyp_gic *h, u64 val)
{
	u32 unused = 7 - (g->vtr >> VGIC_VTR_PRIBITS_SHIFT & 7);

	h->vmcr &= ~(u64)VGIC_VMCR_VPMR;
	h->vmcr |= (val & 0xff & (0xff << unused)) << VGIC_VMCR_VPMR_SHIFT;
}

/* Binary points below the smallest one become that. */
void vgic_set_bpr(const struct vgic *g, struct hyp_gic *h, u32 group, u64 val)
{
	u64 least = 7 - vgic_prebits(g) + group;
	u64 bpr = max(val & 7, least);

	if (group) {
		h->vmcr &= ~(u64)VGIC_VMCR_VBPR1;
		h->vmcr |= bpr << VGIC_VMCR_VBPR1_SHIFT;
	} else {
		h->vmcr &= ~(u64)VGIC_VMCR_VBPR0;
		h->vmcr |= bpr << VGIC_VMCR_VBPR0_SHIFT;
	}
}
