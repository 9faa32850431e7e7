// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code at EL2 of a host that runs at EL1: world switch, TLB maintenance,
 * and the dispatch of the host's calls. It is linked by itself to a position
 * independent blob without data, see nvhe.lds; all addresses are physical.
 */
#include <asm/barrier.h>

#include "el2.h"
#include "hyp.h"
#include "nvhe.h"

#define HYP(name)		nvhe_##name
#define HYP_EL1_OP1		0
#define HYP_EL0_TIMER_OP1	3

#define EL1_SCTLR	sys_reg(3, 0, 1, 0, 0)
#define EL1_TCR		sys_reg(3, 0, 2, 0, 2)
#define EL1_TTBR1	sys_reg(3, 0, 2, 0, 1)
#define EL1_VBAR	sys_reg(3, 0, 12, 0, 0)
#define SCTLR_M		BIT(0)
#define TCR_EPD0	BIT(7)
#define TCR_EPD1	BIT(23)

/* CPTR_EL2 with HCR_EL2.E2H = 0, D19.2.34 */
#define CPTR_RES1	0x32ff
#define CPTR_TZ		BIT(8)
#define CPTR_TFP	BIT(10)
#define CPTR_TSM	BIT(12)
#define CPTR_TTA	BIT(20)
#define CPTR_TAM	BIT(30)

static __always_inline u64 nvhe_guest_cptr(const struct hyp_vcpu *v)
{
	return CPTR_RES1 | CPTR_TZ | CPTR_TSM | CPTR_TTA | CPTR_TAM |
	       (v->flags & HYP_VCPU_FP ? 0 : CPTR_TFP);
}

/* CNTHCTL_EL2 with HCR_EL2.E2H = 0: EL1PCTEN, EL1PCEN */
#define CNTHCTL_EL1PCTEN	BIT(0)
#define CNTHCTL_EL1PCEN		BIT(1)

/*
 * The host at EL1 may access ICC_SRE_EL1, a guest may not. SRE itself stays set, so
 * that the list registers are there all the time.
 */
static __always_inline void nvhe_sre_guest(struct hyp_cpu *c)
{
	el2_write(EL2_ICC_SRE, c->found.sre & ~HYP_ICC_SRE_ENABLE);
}

static __always_inline void nvhe_sre_host(struct hyp_cpu *c)
{
	el2_write(EL2_ICC_SRE, c->found.sre);
}

/*
 * Registers of EL2 that are the same whenever no guest runs: the host at EL1 cannot
 * change them, and EL2 has nobody else.
 */
static __always_inline void nvhe_prepare_host(struct hyp_cpu *c)
{
	c->found.cnthctl = el2_read(EL2_CNTHCTL);
	if (c->features & HYP_HAS_GICV3)
		c->found.sre = el2_read(EL2_ICC_SRE);
	c->host.vbar = el2_read(EL2_VBAR);
	c->host.cptr = el2_read(EL2_CPTR);
	/* The kernel's own, see host_enter_kernel(). */
	c->host.sysreg[HYP_TTBR1_EL1] = el2_read(EL1_TTBR1);
	c->host.sysreg[HYP_VBAR_EL1] = el2_read(EL1_VBAR);
}

/* Walks are off until the host's stage 1 is complete (see nvhe_stage1_stop()). */
static __always_inline void nvhe_regime_left(const struct hyp_cpu *c) { }

static __always_inline void nvhe_host_vbar_save(struct hyp_cpu *c) { }
static __always_inline void nvhe_host_cptr_save(struct hyp_cpu *c) { }

/* All of stage 1 is saved on the way out. */
static __always_inline void nvhe_byte_order_save(struct hyp_vcpu *v) { }

static __always_inline void nvhe_host_el1_save(struct hyp_cpu *c);
static __always_inline void nvhe_host_el1_restore(struct hyp_cpu *c);
static __always_inline void nvhe_stage1_load(const struct hyp_vcpu *v, struct hyp_cpu *c);
static __always_inline void nvhe_stage1_start(const struct hyp_vcpu *v, const struct hyp_cpu *c);
static __always_inline void nvhe_stage1_stop(struct hyp_cpu *c);
static __always_inline void nvhe_enter_host(struct hyp_vcpu *v, struct hyp_cpu *c);
static __always_inline void nvhe_stay_start(const struct hyp_vcpu *v, const struct hyp_cpu *c);
static __always_inline void nvhe_leave_regime(struct hyp_vcpu *v, struct hyp_cpu *c);
static __always_inline void nvhe_leave_host(struct hyp_vcpu *v, struct hyp_cpu *c);

/* ICH_HCR_EL2 has traps for the host's accesses, too. */
static __always_inline bool nvhe_gic_may_stay(const struct hyp_gic *g)
{
	return false;
}

#include "switch.c"

/* ---- the host's EL1 ------------------------------------------------------- */

/*
 * Statistical profiling and trace of the host write to its buffers by its own
 * translation, which is about to go: stop and drain them (D16.4, D6.2). Where
 * somebody above owns a buffer (P) its registers would trap to them.
 */
hyp_fn void host_buffers_stop(struct hyp_cpu *c)
{
	c->host.pmscr = 0;
	if ((c->features & HYP_HAS_SPE) && !(el2_read(EL1_PMBIDR) & PMBIDR_P) &&
	    (el2_read(EL1_PMBLIMITR) & PMBLIMITR_E)) {
		c->host.pmscr = el2_read(EL1_PMSCR);
		if (c->host.pmscr) {
			el2_write(EL1_PMSCR, 0);
			isb();
			asm volatile("hint #17" : : : "memory");	/* PSB CSYNC */
			dsb(nsh);
		}
	}
	c->host.trfcr = 0;
	if ((c->features & HYP_HAS_TRBE) && !(el2_read(EL1_TRBIDR) & TRBIDR_P) &&
	    (el2_read(EL1_TRBLIMITR) & TRBLIMITR_E)) {
		c->host.trfcr = el2_read(EL1_TRFCR);
		if (c->host.trfcr) {
			el2_write(EL1_TRFCR, 0);
			isb();
			asm volatile("hint #18" : : : "memory");	/* TSB CSYNC */
			dsb(nsh);
		}
	}
}

hyp_fn void host_buffers_start(struct hyp_cpu *c)
{
	if (c->host.pmscr)
		el2_write(EL1_PMSCR, c->host.pmscr);
	if (c->host.trfcr)
		el2_write(EL1_TRFCR, c->host.trfcr);
}

static __always_inline void nvhe_host_el1_save(struct hyp_cpu *c)
{
	host_buffers_stop(c);
#define X(name, op0, op1, crn, crm, op2) \
	c->host.sysreg[HYP_##name] = el2_read(sys_reg(op0, op1, crn, crm, op2));
	HYP_GUEST_REGS(X)
	HYP_PAR_REG(X)
#undef X
#define X(name, crn, crm, op2) \
	c->host.sysreg[HYP_##name##_EL1] = el2_read(sys_reg(3, 0, crn, crm, op2));
	HYP_STAGE1_REGS(X)
	HYP_EL1_REGS(X)
#undef X
	c->host.sp_el0 = read_sysreg(sp_el0);
	c->el2.loaded = 1;
}

/*
 * Stage 2 is off by now (HCR_EL2). The VMID still counts: it tags the host's own
 * entries. Registers of EL2 are as they were found: the host at EL1 cannot change
 * them.
 */
static __always_inline void nvhe_host_el1_restore(struct hyp_cpu *c)
{
	/* User space of the host reads the virtual counter. */
	el2_write(EL2_CNTHCTL, c->found.cnthctl);
	el2_write(EL2_CNTVOFF, c->found.cntvoff);
	el2_write(EL2_VTTBR, c->found.vttbr);
	set_vpidr(c, c->found.vpidr);
	el2_write(EL2_VMPIDR, c->found.vmpidr);
#define X(name, crn, crm, op2) \
	el2_write(sys_reg(3, 0, crn, crm, op2), c->host.sysreg[HYP_##name##_EL1]);
	HYP_EL1_REGS(X)
#undef X
#define X(name, op0, op1, crn, crm, op2) \
	el2_write(sys_reg(op0, op1, crn, crm, op2), c->host.sysreg[HYP_##name]);
	HYP_GUEST_REGS(X)
	HYP_PAR_REG(X)
#undef X
	/* Walks go on last, with the MMU on before them (see stage1_stop). */
	isb();
	el2_write(EL1_SCTLR, c->host.sysreg[HYP_SCTLR_EL1]);
	if (c->features & HYP_WA_SPECULATIVE_AT)
		isb();
	el2_write(EL1_TCR, c->host.sysreg[HYP_TCR_EL1]);
	host_buffers_start(c);
}

/*
 * Errata 1319367, 1319537 and 1530923: an AT that is executed speculatively must
 * not walk with a stage 1 and a stage 2 that do not belong together. While they
 * change, TCR_EL1.EPD0 and EPD1 forbid walks, and the MMU stays on so that they
 * count.
 */
static __always_inline void nvhe_stage1_load(const struct hyp_vcpu *v, struct hyp_cpu *c)
{
	if (!(c->features & HYP_WA_SPECULATIVE_AT)) {
		stage1_load(v);
		return;
	}
	/* The host's SCTLR_EL1.M is set. */
	el2_write(EL1_TCR, v->sysreg[HYP_TCR_EL1] | TCR_EPD0 | TCR_EPD1);
	isb();
}

static __always_inline void nvhe_stage1_start(const struct hyp_vcpu *v, const struct hyp_cpu *c)
{
	if (!(c->features & HYP_WA_SPECULATIVE_AT))
		return;
	isb();
	el2_write(EL1_SCTLR, v->sysreg[HYP_SCTLR_EL1]);
	isb();
	el2_write(EL1_TCR, v->sysreg[HYP_TCR_EL1]);
}

static __always_inline void nvhe_stage1_stop(struct hyp_cpu *c)
{
	if (!(c->features & HYP_WA_SPECULATIVE_AT))
		return;
	el2_write(EL1_TCR, el2_read(EL1_TCR) | TCR_EPD0 | TCR_EPD1);
	isb();
	el2_write(EL1_SCTLR, el2_read(EL1_SCTLR) | SCTLR_M);
	isb();
}

static __always_inline void nvhe_enter_host(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	borrow(v, c);
	/* The guest reads the physical counter and traps on the physical timer. */
	el2_write(EL2_CNTHCTL, (c->found.cnthctl | CNTHCTL_EL1PCTEN) & ~CNTHCTL_EL1PCEN);
	stay_load(v, c);
}

static __always_inline void nvhe_stay_start(const struct hyp_vcpu *v, const struct hyp_cpu *c)
{
	/* Else stage2_load() had one. */
	if (!(c->features & HYP_WA_SPECULATIVE_AT))
		isb();
	timer_start(v);
}

static __always_inline void nvhe_leave_regime(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	stay_save(v, c);
	nvhe_stage1_stop(c);
}

/* The ERET to the host synchronizes all of it (D1.3.5). */
static __always_inline void nvhe_leave_host(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	give_back(v, c);
	c->el2.loaded = 0;
}

/* ---- TLB maintenance ------------------------------------------------------- */

struct borrowed {
	u64 vttbr;
	u64 vtcr;
	u64 tcr;
	u64 sctlr;
};

hyp_fn void vmid_borrow(struct borrowed *b, const struct hyp_cpu *c, u64 vttbr, u64 vtcr)
{
	b->vttbr = el2_read(EL2_VTTBR);
	b->vtcr = el2_read(EL2_VTCR);
	if (c->features & HYP_WA_SPECULATIVE_AT) {
		b->tcr = el2_read(EL1_TCR);
		el2_write(EL1_TCR, b->tcr | TCR_EPD0 | TCR_EPD1);
		isb();
		b->sctlr = el2_read(EL1_SCTLR);
		el2_write(EL1_SCTLR, b->sctlr | SCTLR_M);
		isb();
	}
	el2_write(EL2_VTCR, vtcr);
	el2_write(EL2_VTTBR, vttbr);
	isb();
}

hyp_fn void vmid_return(const struct borrowed *b, const struct hyp_cpu *c)
{
	el2_write(EL2_VTTBR, b->vttbr);
	el2_write(EL2_VTCR, b->vtcr);
	isb();
	if (c->features & HYP_WA_SPECULATIVE_AT) {
		el2_write(EL1_SCTLR, b->sctlr);
		isb();
		el2_write(EL1_TCR, b->tcr);
		isb();
	}
}

hyp_fn void tlb_ipa(const struct hyp_cpu *c, u64 vttbr, u64 vtcr, u64 ipa)
{
	struct borrowed b;

	dsb(ishst);
	vmid_borrow(&b, c, vttbr, vtcr);
	tlbi_is("ipas2e1is, %0", ipa >> 12);
	tlbi_is("vmalle1is", 0);
	vmid_return(&b, c);
}

hyp_fn void tlb_vmid(const struct hyp_cpu *c, u64 vttbr, u64 vtcr)
{
	struct borrowed b;

	dsb(ishst);
	vmid_borrow(&b, c, vttbr, vtcr);
	tlbi_is("vmalls12e1is", 0);
	vmid_return(&b, c);
}

hyp_fn void tlb_all(const struct hyp_cpu *c)
{
	dsb(ishst);
	tlbi_is("alle1is", 0);
	asm volatile("ic ialluis");
	dsb(ish);
	isb();
}

hyp_fn void tlb_own(const struct hyp_cpu *c, u64 address)
{
	dsb(ishst);
	tlbi_is("vae2is, %0", address >> 12);
	isb();
}

hyp_fn u64 prepare_cpu(struct hyp_cpu *c)
{
	u64 vtr = nvhe_prepare(c);

	asm volatile("tlbi alle1" : : : "memory");
	asm volatile("ic iallu" : : : "memory");
	dsb(nsh);
	isb();
	return vtr;
}

/* ---- the host's calls --------------------------------------------------------- */

u64 nvhe_call(u64 fn, u64 a1, u64 a2, u64 a3, struct hyp_cpu *c);
void nvhe_abandon(struct hyp_cpu *c);

/**
 * nvhe_call() - do what the host asked for by HVC
 * @fn: NVHE_CALL_*
 * @a1: its X1, and so on
 * @a2: X2
 * @a3: X3
 * @c: this CPU
 *
 * The host kernel is trusted: it owned EL2 before.
 *
 * Return: the host's X0
 */
u64 nvhe_call(u64 fn, u64 a1, u64 a2, u64 a3, struct hyp_cpu *c)
{
	if (fn == NVHE_CALL_RUN)
		nvhe_run((struct hyp_vcpu *)a1, c);
	else if (fn == NVHE_CALL_TLB_IPA)
		tlb_ipa(c, a1, a2, a3);
	else if (fn == NVHE_CALL_TLB_VMID)
		tlb_vmid(c, a1, a2);
	else if (fn == NVHE_CALL_TLB_ALL)
		tlb_all(c);
	else if (fn == NVHE_CALL_TLB_OWN)
		tlb_own(c, a1);
	else if (fn == NVHE_CALL_PREPARE)
		return prepare_cpu(c);
	else if (fn == NVHE_CALL_FINISH)
		nvhe_finish(c);
	else
		return NVHE_UNKNOWN_CALL;
	return 0;
}

/*
 * The host's user space was interrupted. What its kernel changes on the way in by its
 * vectors: "current", and with KPTI the tables that map the kernel, and the vectors.
 */
hyp_fn void host_enter_kernel(const struct hyp_cpu *c)
{
	write_sysreg(c->el2.task, sp_el0);
	el2_write(EL1_TTBR1, c->host.sysreg[HYP_TTBR1_EL1]);
	el2_write(EL1_VBAR, c->host.sysreg[HYP_VBAR_EL1]);
	isb();
}

/**
 * nvhe_abandon() - give a CPU back to the host in the middle of anything
 * @c: the CPU, of which nothing but @c itself is to be relied on
 *
 * After an exception that nobody expects: the host is about to panic, and tells of
 * @c->lost.
 */
void nvhe_abandon(struct hyp_cpu *c)
{
	note_lost(c, el2_read(EL2_SPSR), el2_read(EL2_ELR), el2_read(EL2_ESR),
		  el2_read(EL2_FAR));
	/* Not in a switch, or not for the first time. */
	if (c->recovery ? c->recovery == HYP_RECOVERED : !c->el2.loaded) {
		if ((c->lost.spsr & PSTATE_M) == PSTATE_EL0t)
			host_enter_kernel(c);
		return;
	}
	write_sysreg(c->host.sp_el0, sp_el0);
	host_recover(c);
}
