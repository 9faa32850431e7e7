// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLB maintenance for guests. An nVHE host has it done at EL2, see nvhe.c; here
 * is how a VHE host does it.
 *
 * An instruction for the EL1&0 regime acts on that of the host while
 * HCR_EL2.TGE is set. So TGE is cleared around it, with VTTBR_EL2 naming the
 * guest and interrupts off: no user access of the host happens in between.
 */
#include <linux/irqflags.h>

#include <asm/barrier.h>
#include <asm/daifflags.h>

#include "../memslot.h"
#include "../pcpu.h"
#include "../uapi.h"
#include "../el2.h"
#include "../host.h"
#include "el2.h"
#include "hyp.h"
#include "nvhe.h"
#include "tlb.h"

#define EL12_SCTLR	sys_reg(3, 5, 1, 0, 0)
#define EL12_TCR	sys_reg(3, 5, 2, 0, 2)
#define SCTLR_M		BIT(0)
#define TCR_EPD0	BIT(7)
#define TCR_EPD1	BIT(23)

struct borrowed {
	bool walks_off;
	u64 hcr;
	u64 vttbr;
	u64 vtcr;
	u64 tcr;
	u64 sctlr;
};

/*
 * The EL1 registers are those of a vCPU that runs here again, perhaps of another
 * VM. Against speculative AT (errata 1165522, 1530923) walks by its TTBRs are off
 * for as long as the stage 2 is not its own.
 */
static void regime_borrow(struct borrowed *b, struct vm_memory *m)
{
	b->hcr = el2_read(EL2_HCR);
	b->vttbr = el2_read(EL2_VTTBR);
	b->vtcr = el2_read(EL2_VTCR);
	/* Looked at once: a CPU that comes online may add to it. */
	b->walks_off = READ_ONCE(armvcpu_host.features) & HYP_WA_SPECULATIVE_AT;
	if (b->walks_off) {
		b->tcr = el2_read(EL12_TCR);
		el2_write(EL12_TCR, b->tcr | TCR_EPD0 | TCR_EPD1);
		isb();
		b->sctlr = el2_read(EL12_SCTLR);
		el2_write(EL12_SCTLR, b->sctlr | SCTLR_M);
		isb();
	}
	el2_write(EL2_VTCR, vm_memory_vtcr(m));
	el2_write(EL2_VTTBR, vm_memory_vttbr(m));
	isb();
	el2_write(EL2_HCR, b->hcr & ~HYP_HCR_TGE);
	isb();
}

static void regime_return(const struct borrowed *b)
{
	el2_write(EL2_HCR, b->hcr);
	isb();
	el2_write(EL2_VTTBR, b->vttbr);
	el2_write(EL2_VTCR, b->vtcr);
	isb();
	if (b->walks_off) {
		el2_write(EL12_SCTLR, b->sctlr);
		isb();
		el2_write(EL12_TCR, b->tcr);
		isb();
	}
}

static void vhe_flush_ipa(struct vm_memory *m, u64 ipa)
{
	struct borrowed b;
	unsigned long flags;

	/* The cleared descriptor is seen by all walkers before the TLBI. */
	dsb(ishst);
	flags = local_daif_save();
	regime_borrow(&b, m);
	tlbi_is("ipas2e1is, %0", ipa >> 12);
	tlbi_is("vmalle1is", 0);
	regime_return(&b);
	local_daif_restore(flags);
}

static void vhe_flush_vmid(struct vm_memory *m)
{
	struct borrowed b;
	unsigned long flags;

	dsb(ishst);
	flags = local_daif_save();
	regime_borrow(&b, m);
	tlbi_is("vmalls12e1is", 0);
	regime_return(&b);
	local_daif_restore(flags);
}

static void vhe_flush_all(void)
{
	dsb(ishst);
	tlbi_is("alle1is", 0);
	/* A new owner of a VMID must not run what the old one left (VPIPT). */
	asm volatile("ic ialluis");
	dsb(ish);
	isb();
}

struct nvhe_flush {
	u64 fn;
	u64 vttbr;
	u64 vtcr;
	u64 ipa;
};

static bool nvhe_flush_call(void *arg)
{
	const struct nvhe_flush *f = arg;

	return el2_call(f->fn, f->vttbr, f->vtcr, f->ipa) != NVHE_UNKNOWN_CALL;
}

static void nvhe_flush(u64 fn, struct vm_memory *m, u64 ipa)
{
	struct nvhe_flush f = {
		.fn = fn,
		.vttbr = m ? vm_memory_vttbr(m) : 0,
		.vtcr = m ? vm_memory_vtcr(m) : 0,
		.ipa = ipa,
	};

	pcpu_call(nvhe_flush_call, &f);
}

void armvcpu_tlb_flush_ipa(struct vm_memory *m, u64 ipa)
{
	if (armvcpu_host.mode == ARMVCPU_MODE_VHE)
		vhe_flush_ipa(m, ipa);
	else
		nvhe_flush(NVHE_CALL_TLB_IPA, m, ipa);
}

void armvcpu_tlb_flush_vmid(struct vm_memory *m)
{
	if (armvcpu_host.mode == ARMVCPU_MODE_VHE)
		vhe_flush_vmid(m);
	else
		nvhe_flush(NVHE_CALL_TLB_VMID, m, 0);
}

void armvcpu_tlb_flush_all(void)
{
	if (armvcpu_host.mode == ARMVCPU_MODE_VHE)
		vhe_flush_all();
	else
		nvhe_flush(NVHE_CALL_TLB_ALL, NULL, 0);
}
