// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GICv2 of the host (IHI0048 5.3): list registers, and the state of the virtual CPU
 * interface that the guest sees as GICV. They are plain memory for the host in both
 * modes, banked for each CPU, so all of this is done around the world switch.
 *
 * Each access goes out on a bus and takes as long as a hundred instructions. An entry
 * with nothing pending makes none; one interrupt costs three. On an nVHE host, where
 * nothing stays, a stay in the guest costs four more, however many entries it has.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/minmax.h>

#include "gicframes.h"
#include "gich.h"
#include "vgic/lr_v2.h"
#include "vgic/vgic.h"

#define GICH_HCR	0x000
#define GICH_VTR	0x004
#define GICH_VMCR	0x008
#define GICH_ELRSR0	0x030
#define GICH_APR	0x0f0
#define GICH_LR(n)	(0x100 + 4 * (n))

#define GICH_VTR_LISTREGS	GENMASK(5, 0)
/* The rest of it is the same for each GICv2: five bits of priority, of preemption. */
#define GICH_VTR_FIXED		(4U << 29 | 4U << 26)

/* How long an interrupt may take from the register to the distributor, in us. */
#define RAISE_US		100

/* Above as many in use it pays to ask which of them are empty. */
#define FEW_LRS		2

static void __iomem *gich;
static u32 gich_nr_lr;

static u32 gich_read(u32 reg)
{
	return readl_relaxed(gich + reg);
}

static void gich_write(u32 reg, u32 val)
{
	writel_relaxed(val, gich + reg);
}

const char *gich_map(phys_addr_t base)
{
	u32 vtr;

	gich = ioremap(base, GICH_SIZE);
	if (!gich)
		return "its list registers cannot be mapped";
	vtr = gich_read(GICH_VTR);
	if ((vtr & ~GICH_VTR_LISTREGS) != GICH_VTR_FIXED) {
		gich_unmap();
		return "there are no list registers where the firmware says";
	}
	gich_nr_lr = min_t(u32, (vtr & GICH_VTR_LISTREGS) + 1, HYP_NR_LR);
	return NULL;
}

void gich_unmap(void)
{
	if (gich)
		iounmap(gich);
	gich = NULL;
}

u64 gich_prepare(struct gich_cpu *g)
{
	u32 vtr = gich_read(GICH_VTR);
	u32 n;

	g->found.hcr = gich_read(GICH_HCR);
	gich_write(GICH_HCR, 0);
	g->hcr = 0;
	g->found.vmcr = gich_read(GICH_VMCR);
	g->found.apr = gich_read(GICH_APR);
	for (n = 0; n < gich_nr_lr; n++) {
		g->found.lr[n] = gich_read(GICH_LR(n));
		gich_write(GICH_LR(n), 0);
	}
	/* A number that the layout of ICH_VTR_EL2 has room for. */
	return (vtr & ~GICH_VTR_LISTREGS) | (gich_nr_lr - 1);
}

void gich_finish(struct gich_cpu *g)
{
	u32 n;

	for (n = 0; n < gich_nr_lr; n++)
		gich_write(GICH_LR(n), g->found.lr[n]);
	gich_write(GICH_APR, g->found.apr);
	gich_write(GICH_VMCR, g->found.vmcr);
	gich_write(GICH_HCR, g->found.hcr);
	g->hcr = g->found.hcr;
}

static bool pending_becomes(unsigned int irq, bool want)
{
	unsigned int us;
	bool is;

	for (us = 0; us < RAISE_US; us++) {
		/* A chip that cannot tell is believed. */
		if (irq_get_irqchip_state(irq, IRQCHIP_STATE_PENDING, &is) || is == want)
			return true;
		udelay(1);
	}
	return false;
}

/* Nothing raises it. What was taken for an edge stays until it is told to go. */
static bool is_quiet(unsigned int irq)
{
	irq_set_irqchip_state(irq, IRQCHIP_STATE_PENDING, false);
	return pending_becomes(irq, false);
}

bool gich_raises(unsigned int irq)
{
	struct gich_cpu g;
	unsigned long flags;
	bool raises;

	local_irq_save(flags);
	gich_prepare(&g);
	raises = is_quiet(irq);
	/* An underflow: no list register is in use. */
	gich_set_hcr(&g, HYP_ICH_HCR_EN | HYP_ICH_HCR_UIE);
	raises = raises && pending_becomes(irq, true);
	gich_set_hcr(&g, 0);
	raises = raises && is_quiet(irq);
	gich_finish(&g);
	local_irq_restore(flags);
	return raises;
}

void gich_load(const struct hyp_gic *h)
{
	gich_write(GICH_VMCR, h->vmcr);
	gich_write(GICH_APR, h->ap0r[0]);
}

void gich_save(struct hyp_gic *h)
{
	h->vmcr = gich_read(GICH_VMCR);
	h->ap0r[0] = gich_read(GICH_APR);
}

u32 gich_read_vmcr(void)
{
	return gich_read(GICH_VMCR);
}

/**
 * gich_set_hcr() - write GICH_HCR
 * @g: of this CPU
 * @hcr: the value
 */
void gich_set_hcr(struct gich_cpu *g, u32 hcr)
{
	gich_write(GICH_HCR, hcr);
	g->hcr = hcr;
}

/**
 * gich_write_lrs() - fill the list registers that are in use
 * @g: of this CPU; all of its list registers are empty
 * @h: the interface
 */
void gich_write_lrs(struct gich_cpu *g, const struct hyp_gic *h)
{
	u32 n;

	for (n = 0; n < h->used_lrs; n++)
		gich_write(GICH_LR(n), vgic_v2_encode_lr(h->lr[n]));
}

/**
 * gich_read_lrs() - empty them
 * @g: of this CPU
 * @h: the interface; EOICount is taken over, too, and where it is not 0 the active
 *	priorities: the fold asks whose the EOIs were
 */
void gich_read_lrs(struct gich_cpu *g, struct hyp_gic *h)
{
	u32 n, empty = 0;

	/* EOICount means something only with LRENPIE, and what it does VMCR says. */
	if (h->hcr & HYP_ICH_HCR_LRENPIE) {
		h->hcr = gich_read(GICH_HCR);
		h->vmcr = gich_read(GICH_VMCR);
		if (h->hcr & HYP_ICH_HCR_EOICOUNT)
			h->ap0r[0] = gich_read(GICH_APR);
	}
	/* No maintenance interrupt reaches the host for what is dealt with. */
	if (h->hcr & HYP_ICH_HCR_MAINTENANCE)
		gich_set_hcr(g, 0);
	if (h->used_lrs > FEW_LRS)
		empty = gich_read(GICH_ELRSR0);
	for (n = 0; n < h->used_lrs; n++) {
		if (empty & BIT(n))
			h->lr[n] &= ~HYP_ICH_LR_STATE;
		else
			h->lr[n] = vgic_v2_update_lr(h->lr[n], gich_read(GICH_LR(n)));
		gich_write(GICH_LR(n), 0);
	}
}
