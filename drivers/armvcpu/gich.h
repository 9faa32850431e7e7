/* SPDX-License-Identifier: GPL-2.0-only */
/* A GICv2 of the host: its virtual interface control registers, GICH (IHI0048 5.3). */
#ifndef ARMVCPU_GICH_H
#define ARMVCPU_GICH_H

#include <linux/types.h>

#include "hyp/hyp.h"

/**
 * struct gich_cpu - what a CPU's banked registers hold and held
 * @hcr: what GICH_HCR holds, but for EOICount
 * @found: as they were when the CPU was enabled, and will be when it is disabled
 */
struct gich_cpu {
	u32 hcr;
	struct {
		u32 hcr;
		u32 vmcr;
		u32 apr;
		u32 lr[HYP_NR_LR];
	} found;
};

/**
 * gich_map() - find the registers
 * @base: the physical address of GICH_SIZE bytes that are no memory
 *
 * Return: NULL, or why they are of no use, as the end of a sentence.
 */
const char *gich_map(phys_addr_t base);

/** gich_unmap() - undo gich_map(), also where that has failed or was not called */
void gich_unmap(void);

/**
 * gich_prepare() - note what is in this CPU's registers, and quiet them
 * @g: of this CPU
 *
 * Context: IRQs off.
 * Return: GICH_VTR, in the layout of ICH_VTR_EL2.
 */
u64 gich_prepare(struct gich_cpu *g);

/** gich_finish() - put back what gich_prepare() found; IRQs off */
void gich_finish(struct gich_cpu *g);

/**
 * gich_raises() - is that the maintenance interrupt?
 * @irq: a PPI, disabled on this CPU
 *
 * Has this CPU's interface raise and withdraw it, and leaves the registers as they were.
 *
 * Return: false if @irq is pending by itself, or does not become and cease to be.
 */
bool gich_raises(unsigned int irq);

/**
 * gich_load() - give this CPU a vCPU's interface, in which nothing is pending
 * @h: the interface
 *
 * Context: IRQs off.
 */
void gich_load(const struct hyp_gic *h);

/** gich_save() - the reverse: @h has it all in memory then */
void gich_save(struct hyp_gic *h);

/**
 * gich_read_vmcr() - GICH_VMCR, in the layout of ICH_VMCR_EL2
 *
 * Between gich_load() and gich_save() hyp_gic.vmcr is as old as the former.
 */
u32 gich_read_vmcr(void);

void gich_write_lrs(struct gich_cpu *g, const struct hyp_gic *h);
void gich_read_lrs(struct gich_cpu *g, struct hyp_gic *h);
void gich_set_hcr(struct gich_cpu *g, u32 hcr);

/**
 * gich_enter() - before the switch: list registers and GICH_HCR
 * @g: of this CPU
 * @h: the interface, flushed
 *
 * Context: IRQs off.
 */
static inline void gich_enter(struct gich_cpu *g, const struct hyp_gic *h)
{
	if (h->used_lrs)
		gich_write_lrs(g, h);
	if (unlikely(g->hcr != (u32)h->hcr))
		gich_set_hcr(g, h->hcr);
}

/**
 * gich_leave() - after the switch: take them back
 * @g: of this CPU
 * @h: the interface; to be folded
 *
 * With no list register in use, and no maintenance interrupt on, the interface stays
 * enabled: the host takes no virtual interrupt (HCR_EL2.TGE, or IMO and FMO).
 *
 * Context: IRQs off.
 */
static inline void gich_leave(struct gich_cpu *g, struct hyp_gic *h)
{
	if (h->used_lrs || h->hcr & HYP_ICH_HCR_MAINTENANCE)
		gich_read_lrs(g, h);
}

#endif /* ARMVCPU_GICH_H */
