// SPDX-License-Identifier: GPL-2.0-only
/*
 * The world switch: from the host to a guest and back.
 *
 * Included by a wrapper for each host mode, which defines
 *   HYP(name)		the name with the mode's prefix
 *   HYP_EL1_OP1	op1 that reaches the guest's EL1 registers from EL2: 5 with
 *			E2H (SCTLR_EL12 and so on), else 0
 *   HYP_EL0_TIMER_OP1	the same for the EL0 timers: 5 (CNTV_CTL_EL02) or 3
 * and a dozen small functions, HYP(name)(), for what is not alike: layouts that
 * E2H changes, and the EL1 registers, which an nVHE host uses itself.
 *
 * No globals, no calls out, nothing that instruments or patches: on an nVHE
 * host this very text runs at EL2, where only its own pages are mapped.
 */
#include <linux/build_bug.h>
#include <linux/stddef.h>

#include <asm/barrier.h>

#include "el2.h"
#include "hyp.h"
#include "offsets.h"
#include "switch.h"

#define hyp_fn static __always_inline __nocfi

/* What entry.S believes. */
static_assert(offsetof(struct hyp_vcpu, x) == VCPU_X(0));
static_assert(offsetof(struct hyp_vcpu, sp_el0) == VCPU_SP_EL0);
static_assert(offsetof(struct hyp_vcpu, disr) == VCPU_DISR);
static_assert(offsetof(struct hyp_vcpu, flags) == VCPU_FLAGS);
static_assert(offsetof(struct hyp_vcpu, fast_call) == VCPU_FAST_CALL);
static_assert(offsetof(struct hyp_vcpu, fast_unknown) ==
	      VCPU_FAST_CALL + NR_FAST_CALLS * sizeof(struct hyp_fast_call));
static_assert(HYP_NR_FAST_CALLS == NR_FAST_CALLS);
static_assert(offsetof(struct hyp_vcpu, fast_count) == VCPU_FAST_COUNT);
static_assert(offsetof(struct hyp_vcpu, fast_idregs) == VCPU_FAST_IDREGS);
static_assert(offsetof(struct hyp_vcpu, fast_page) == VCPU_FAST_PAGE);
static_assert(offsetof(struct hyp_vcpu, fast_word) == VCPU_FAST_WORD);
static_assert(HYP_NR_FAST_PAGES == 2 && HYP_NR_FAST_WORDS == NR_FAST_WORDS);
static_assert(offsetof(struct hyp_vcpu, idreg) == VCPU_IDREG);
static_assert(offsetof(struct hyp_vcpu, fast_ctr) == VCPU_FAST_CTR);
static_assert(BIT(VCPU_FLAG_BIT_FAST) == HYP_VCPU_FAST);
static_assert(offsetof(struct hyp_cpu, features) == HYP_CPU_FEATURES);
static_assert(offsetof(struct hyp_cpu, spectre) == HYP_CPU_SPECTRE);
static_assert(offsetof(struct hyp_cpu, el2) == HYP_CPU_EL2);
static_assert(offsetof(struct hyp_cpu, el2.found_tpidr) == CPU_EL2_FOUND_TPIDR);
static_assert(offsetof(struct hyp_cpu, el2.shadow_stack) == CPU_EL2_SHADOW_STACK);
static_assert(offsetof(struct hyp_cpu, lost.spsr) == CPU_LOST_SPSR);
static_assert(offsetof(struct hyp_cpu, lost.esr) == CPU_LOST_ESR);
static_assert(offsetof(struct hyp_fpsimd, fpsr) == 512);
static_assert(offsetof(struct hyp_fpsimd, fpcr) == 516);
static_assert(BIT(FEATURE_BIT_RAS) == HYP_HAS_RAS);
static_assert(BIT(FEATURE_BIT_PAN) == HYP_HAS_PAN);
static_assert(BIT(FEATURE_BIT_834220) == HYP_WA_834220);
static_assert(BIT(FEATURE_BIT_CLEARS_PAN) == HYP_CLEARS_PAN);
static_assert(BIT_ULL(SPECTRE_BIT_CLRBHB) == HYP_SPECTRE_CLRBHB);
static_assert(HYP_SPECTRE_LOOP_SHIFT == SPECTRE_LOOP_SHIFT);
static_assert(sizeof(struct hyp_vcpu) <= 4096 && sizeof(struct hyp_cpu) <= 4096);

extern const char HYP(vectors)[];
u32 HYP(enter)(struct hyp_vcpu *v, struct hyp_cpu *c);
void HYP(fp_load)(const struct hyp_fpsimd *fp);
void HYP(fp_save)(struct hyp_fpsimd *fp);
u64 HYP(translate)(u64 va);

#define CNTV_CTL	sys_reg(3, HYP_EL0_TIMER_OP1, 14, 3, 1)
#define CNTV_CVAL	sys_reg(3, HYP_EL0_TIMER_OP1, 14, 3, 2)

/* ---- registers of EL1 and EL0 ------------------------------------------- */

/*
 * SCTLR_EL1 and TCR_EL1 are apart: on CPUs that execute AT speculatively an nVHE
 * host has to keep walks off while the two stages do not belong together.
 */
hyp_fn void stage1_load(const struct hyp_vcpu *v)
{
#define X(name, crn, crm, op2) \
	el2_write(sys_reg(3, HYP_EL1_OP1, crn, crm, op2), v->sysreg[HYP_##name##_EL1]);
	HYP_STAGE1_REGS(X)
#undef X
}

hyp_fn void stage1_save(struct hyp_vcpu *v)
{
#define X(name, crn, crm, op2) \
	v->sysreg[HYP_##name##_EL1] = el2_read(sys_reg(3, HYP_EL1_OP1, crn, crm, op2));
	HYP_STAGE1_REGS(X)
#undef X
}

/* VPIDR_EL2 is written where it changes: most guests' CPUs are the host's. */
hyp_fn void set_vpidr(struct hyp_cpu *c, u64 vpidr)
{
	if (c->vpidr == vpidr)
		return;
	el2_write(EL2_VPIDR, vpidr);
	c->vpidr = vpidr;
}

hyp_fn void el1_load(const struct hyp_vcpu *v, struct hyp_cpu *c)
{
#define X(name, crn, crm, op2) \
	el2_write(sys_reg(3, HYP_EL1_OP1, crn, crm, op2), v->sysreg[HYP_##name##_EL1]);
	HYP_EL1_REGS(X)
#undef X
#define X(name, op0, op1, crn, crm, op2) \
	el2_write(sys_reg(op0, op1, crn, crm, op2), v->sysreg[HYP_##name]);
	HYP_GUEST_REGS(X)
#undef X
	set_vpidr(c, v->vpidr);
	el2_write(EL2_VMPIDR, v->vmpidr);
	/* With HCR_EL2.AMO this is what the guest has as DISR_EL1, untrapped. */
	if (c->features & HYP_HAS_RAS)
		el2_write(EL2_VDISR, v->vdisr);
}

hyp_fn void el1_save(struct hyp_vcpu *v, const struct hyp_cpu *c)
{
	if (c->features & HYP_HAS_RAS)
		v->vdisr = el2_read(EL2_VDISR);
#define X(name, op0, op1, crn, crm, op2) \
	v->sysreg[HYP_##name] = el2_read(sys_reg(op0, op1, crn, crm, op2));
	HYP_GUEST_REGS(X)
#undef X
#define X(name, crn, crm, op2) \
	v->sysreg[HYP_##name##_EL1] = el2_read(sys_reg(3, HYP_EL1_OP1, crn, crm, op2));
	HYP_EL1_REGS(X)
#undef X
}

/* What the host may use between any two exits. */
hyp_fn void shared_load(const struct hyp_vcpu *v)
{
#define X(name, op0, op1, crn, crm, op2) \
	el2_write(sys_reg(op0, op1, crn, crm, op2), v->sysreg[HYP_##name]);
	HYP_SHARED_REGS(X)
#undef X
}

hyp_fn void shared_save(struct hyp_vcpu *v)
{
#define X(name, op0, op1, crn, crm, op2) \
	v->sysreg[HYP_##name] = el2_read(sys_reg(op0, op1, crn, crm, op2));
	HYP_SHARED_REGS(X)
#undef X
}

#define EL1_PAR		sys_reg(3, 0, 7, 4, 0)

hyp_fn u64 par_read(const struct hyp_cpu *c)
{
	u64 par;

	if (c->features & HYP_WA_1508412)
		dmb(sy);
	par = el2_read(EL1_PAR);
	if (c->features & HYP_WA_1508412)
		dmb(sy);
	return par;
}

/*
 * What the guest uses under the same name as the host. MDSCR_EL1 is zero for
 * the guest, so that no breakpoint, watchpoint or single step of the host
 * fires in it; its own accesses trap (MDCR_EL2.TDA).
 */
hyp_fn void host_save(struct hyp_cpu *c)
{
	c->host.tpidr_el0 = el2_read(sys_reg(3, 3, 13, 0, 2));
	c->host.tpidrro_el0 = el2_read(sys_reg(3, 3, 13, 0, 3));
	c->host.mdscr = el2_read(EL1_MDSCR);
	if (c->host.mdscr)
		el2_write(EL1_MDSCR, 0);
	HYP(host_cptr_save)(c);
	/* PSTATE bits that an exception from EL1 does not set (D1.3.1). */
	if (c->features & HYP_HAS_DIT)
		c->host.dit = el2_read(PSR_DIT);
	if (c->features & HYP_HAS_MTE)
		c->host.tco = el2_read(PSR_TCO);
	HYP(host_el1_save)(c);
}

hyp_fn void host_restore(struct hyp_cpu *c)
{
	HYP(host_el1_restore)(c);
	if (c->features & HYP_HAS_MTE)
		el2_write(PSR_TCO, c->host.tco);
	if (c->features & HYP_HAS_DIT)
		el2_write(PSR_DIT, c->host.dit);
	el2_write(EL2_CPTR, c->host.cptr);
	el2_write(EL2_MDCR, c->mdcr);
	if (c->host.mdscr)
		el2_write(EL1_MDSCR, c->host.mdscr);
	el2_write(sys_reg(3, 3, 13, 0, 3), c->host.tpidrro_el0);
	el2_write(sys_reg(3, 3, 13, 0, 2), c->host.tpidr_el0);
}

/* ---- traps --------------------------------------------------------------- */

/*
 * Fine-grained traps: a zero bit means no trap where the field's name has no
 * "n", and trap where it has one. So zero traps just the features that are
 * newer than this file, and none of them is the guest's. HCRX_EL2 the same.
 */
hyp_fn void traps_set(const struct hyp_vcpu *v, struct hyp_cpu *c)
{
	if (c->features & HYP_HAS_FGT) {
		c->host.hfgrtr = el2_read(EL2_HFGRTR);
		c->host.hfgwtr = el2_read(EL2_HFGWTR);
		c->host.hfgitr = el2_read(EL2_HFGITR);
		c->host.hdfgrtr = el2_read(EL2_HDFGRTR);
		c->host.hdfgwtr = el2_read(EL2_HDFGWTR);
		el2_write(EL2_HFGRTR, 0);
		el2_write(EL2_HFGWTR, 0);
		el2_write(EL2_HFGITR, 0);
		el2_write(EL2_HDFGRTR, 0);
		el2_write(EL2_HDFGWTR, 0);
	}
	if (c->features & HYP_HAS_HCX) {
		c->host.hcrx = el2_read(EL2_HCRX);
		el2_write(EL2_HCRX, 0);
	}

	HYP(host_vbar_save)(c);
	el2_write(EL2_VBAR, (u64)HYP(vectors));
	c->trapped = 1;
}

hyp_fn void traps_clear(struct hyp_cpu *c)
{
	el2_write(EL2_VBAR, c->host.vbar);
	if (c->features & HYP_HAS_HCX)
		el2_write(EL2_HCRX, c->host.hcrx);
	if (c->features & HYP_HAS_FGT) {
		el2_write(EL2_HFGRTR, c->host.hfgrtr);
		el2_write(EL2_HFGWTR, c->host.hfgwtr);
		el2_write(EL2_HFGITR, c->host.hfgitr);
		el2_write(EL2_HDFGRTR, c->host.hdfgrtr);
		el2_write(EL2_HDFGWTR, c->host.hdfgwtr);
	}
	c->trapped = 0;
}

/* ---- stage 2 and HCR_EL2 -------------------------------------------------- */

hyp_fn void stage2_load(const struct hyp_vcpu *v, const struct hyp_cpu *c)
{
	el2_write(EL2_VTTBR, v->vttbr);
	/*
	 * Speculative AT (errata 1165522 and kin): stage 1 and stage 2 of the
	 * guest are complete before HCR_EL2 makes its regime the current one.
	 */
	if (c->features & HYP_WA_SPECULATIVE_AT)
		isb();
}

hyp_fn void regime_enter(struct hyp_vcpu *v, const struct hyp_cpu *c)
{
	/* An SError for the guest says nothing about the host's (D19.2.131). */
	if ((v->hcr & HYP_HCR_VSE) && (c->features & HYP_HAS_RAS))
		el2_write(EL2_VSESR, 0);
	el2_write(EL2_HCR, v->hcr | (c->hcr & HYP_HCR_E2H));
	HYP(stage1_start)(v, c);
	/*
	 * Another vCPU of the VM ran here: what it left in the TLB under the
	 * same VMID and perhaps the same ASIDs may be private to it (D8.13).
	 */
	if (v->flags & HYP_VCPU_FLUSH_TLB) {
		isb();
		asm volatile("tlbi vmalle1" : : : "memory");
		asm volatile("ic iallu" : : : "memory");
		dsb(nsh);
		isb();
		v->flags &= ~HYP_VCPU_FLUSH_TLB;
	}
}

hyp_fn void regime_leave(const struct hyp_cpu *c)
{
	el2_write(EL2_HCR, c->hcr);
	HYP(regime_left)(c);
}

/* ---- timer ---------------------------------------------------------------- */

/* An ISB is between the two: the comparator is right before the timer may fire by it. */
hyp_fn void timer_load(const struct hyp_vcpu *v)
{
	el2_write(EL2_CNTVOFF, v->timer.cntvoff);
	el2_write(CNTV_CVAL, v->timer.cntv_cval);
}

hyp_fn void timer_start(const struct hyp_vcpu *v)
{
	el2_write(CNTV_CTL, v->timer.cntv_ctl);
}

hyp_fn void timer_save(struct hyp_vcpu *v)
{
	v->timer.cntv_ctl = el2_read(CNTV_CTL);
	v->timer.cntv_cval = el2_read(CNTV_CVAL);
	/* Off, so that its line falls and the host sees no interrupt of it. */
	el2_write(CNTV_CTL, 0);
}

/* ---- GIC ------------------------------------------------------------------ */

/* Most often the first one is all there is: it comes first, and then a look at the next. */
#define LR_CASES(X) \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) \
	X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

/* Without a GIC there is no CPU interface: each access to it traps. */
#define NO_GIC_HCR	(HYP_ICH_HCR_TC | HYP_ICH_HCR_TALL0 | HYP_ICH_HCR_TALL1 | HYP_ICH_HCR_TSEI)

/* The virtual CPU interface, in which nothing is pending. */
hyp_fn void gic_load(const struct hyp_vcpu *v, const struct hyp_cpu *c)
{
	const struct hyp_gic *g = &v->gic;

	if (!g->enabled)
		return;
	el2_write(EL2_ICH_VMCR, g->vmcr);
	el2_write(EL2_ICH_AP0R(0), g->ap0r[0]);
	el2_write(EL2_ICH_AP1R(0), g->ap1r[0]);
	if (c->nr_apr > 1) {
		el2_write(EL2_ICH_AP0R(1), g->ap0r[1]);
		el2_write(EL2_ICH_AP1R(1), g->ap1r[1]);
	}
	if (c->nr_apr > 2) {
		el2_write(EL2_ICH_AP0R(2), g->ap0r[2]);
		el2_write(EL2_ICH_AP1R(2), g->ap1r[2]);
		el2_write(EL2_ICH_AP0R(3), g->ap0r[3]);
		el2_write(EL2_ICH_AP1R(3), g->ap1r[3]);
	}
}

hyp_fn void gic_save(struct hyp_vcpu *v, const struct hyp_cpu *c)
{
	struct hyp_gic *g = &v->gic;

	/* ICH_VMCR_EL2 is saved at each exit. */
	if (!g->enabled)
		return;
	g->ap0r[0] = el2_read(EL2_ICH_AP0R(0));
	g->ap1r[0] = el2_read(EL2_ICH_AP1R(0));
	if (c->nr_apr > 1) {
		g->ap0r[1] = el2_read(EL2_ICH_AP0R(1));
		g->ap1r[1] = el2_read(EL2_ICH_AP1R(1));
	}
	if (c->nr_apr > 2) {
		g->ap0r[2] = el2_read(EL2_ICH_AP0R(2));
		g->ap1r[2] = el2_read(EL2_ICH_AP1R(2));
		g->ap0r[3] = el2_read(EL2_ICH_AP0R(3));
		g->ap1r[3] = el2_read(EL2_ICH_AP1R(3));
	}
}

/* ICH_HCR_EL2 is written where it changes; 0 is what the host wants of it. */
hyp_fn void gic_set_hcr(struct hyp_cpu *c, u64 hcr)
{
	if (c->ich_hcr == hcr)
		return;
	el2_write(EL2_ICH_HCR, hcr);
	c->ich_hcr = hcr;
}

hyp_fn void gic_enter(const struct hyp_vcpu *v, struct hyp_cpu *c)
{
	const struct hyp_gic *g = &v->gic;

	/* Without these registers nothing of a guest's is in them, and it has none. */
	if (!(c->features & HYP_HAS_GICV3))
		return;
	HYP(sre_guest)(c);
#define X(n)	if (g->used_lrs > (n)) el2_write(EL2_ICH_LR(n), g->lr[n]);
	if (g->used_lrs) {
		LR_CASES(X)
	}
#undef X
	gic_set_hcr(c, g->enabled ? g->hcr : NO_GIC_HCR);
}

hyp_fn void gic_leave(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	struct hyp_gic *g = &v->gic;

	if (!(c->features & HYP_HAS_GICV3))
		return;
	HYP(sre_host)(c);
	/* The next flush wants to know the groups that are enabled. */
	if (g->enabled)
		g->vmcr = el2_read(EL2_ICH_VMCR);
	if (!g->used_lrs && HYP(gic_may_stay)(g))
		return;

	/* EOIcount; it means something only with LRENPIE. The fold asks whose they were. */
	if (g->hcr & HYP_ICH_HCR_LRENPIE) {
		g->hcr = el2_read(EL2_ICH_HCR);
		if (g->hcr & HYP_ICH_HCR_EOICOUNT)
			gic_save(v, c);
	}
	/* Off: no maintenance interrupt reaches the host for what is dealt with. */
	gic_set_hcr(c, 0);
	/* All list registers are empty whenever no guest runs. */
#define X(n)						\
	if (g->used_lrs > (n)) {			\
		g->lr[n] = el2_read(EL2_ICH_LR(n));	\
		el2_write(EL2_ICH_LR(n), 0);		\
	}
	if (g->used_lrs) {
		LR_CASES(X)
	}
#undef X
}

/* ---- what stays --------------------------------------------------------------- */

/*
 * What the host has no use for while no guest runs: on a VHE host it stays on the
 * CPU from one entry to the next, see resident.c. A host at EL1 uses the same EL1
 * registers and counter, so there it goes in and out each time. The timer is left to be
 * started.
 */
hyp_fn void stay_load(const struct hyp_vcpu *v, struct hyp_cpu *c)
{
	HYP(stage1_load)(v, c);
	el1_load(v, c);
	el2_write(EL2_VTCR, v->vtcr);
	timer_load(v);
	gic_load(v, c);
}

hyp_fn void stay_save(struct hyp_vcpu *v, const struct hyp_cpu *c)
{
	gic_save(v, c);
	timer_save(v);
	el1_save(v, c);
	stage1_save(v);
}

/* ---- taking a CPU and leaving it --------------------------------------------- */

/*
 * Quiet the GIC: out of reset its list registers are UNKNOWN, and a guest would take
 * what they hold. Returns ICH_VTR_EL2.
 */
hyp_fn u64 gic_prepare(struct hyp_cpu *c)
{
	u64 vtr = el2_read(EL2_ICH_VTR);
	u32 aprs = hyp_nr_apr(vtr), lrs = hyp_nr_lr(vtr);

	c->found.ich_hcr = el2_read(EL2_ICH_HCR);
	el2_write(EL2_ICH_HCR, 0);
	c->ich_hcr = 0;
	c->found.ich_vmcr = el2_read(EL2_ICH_VMCR);
#define X(n)							\
	if (aprs > (n)) {					\
		c->found.ich_ap0r[n] = el2_read(EL2_ICH_AP0R(n)); \
		c->found.ich_ap1r[n] = el2_read(EL2_ICH_AP1R(n)); \
	}
	X(0) X(1) X(2) X(3)
#undef X
#define X(n)							\
	if (lrs > (n)) {					\
		c->found.ich_lr[n] = el2_read(EL2_ICH_LR(n));	\
		el2_write(EL2_ICH_LR(n), 0);			\
	}
	LR_CASES(X)
#undef X
	return vtr;
}

hyp_fn void gic_finish(const struct hyp_cpu *c)
{
	u64 vtr = el2_read(EL2_ICH_VTR);
	u32 aprs = hyp_nr_apr(vtr), lrs = hyp_nr_lr(vtr);

#define X(n)	if (lrs > (n)) el2_write(EL2_ICH_LR(n), c->found.ich_lr[n]);
	LR_CASES(X)
#undef X
#define X(n)							\
	if (aprs > (n)) {					\
		el2_write(EL2_ICH_AP0R(n), c->found.ich_ap0r[n]); \
		el2_write(EL2_ICH_AP1R(n), c->found.ich_ap1r[n]); \
	}
	X(0) X(1) X(2) X(3)
#undef X
	el2_write(EL2_ICH_VMCR, c->found.ich_vmcr);
	el2_write(EL2_ICH_HCR, c->found.ich_hcr);
}

/* Note what is in a guest's registers. Returns ICH_VTR_EL2, 0 where there is none. */
u64 HYP(prepare)(struct hyp_cpu *c)
{
	u64 vtr = 0;

	c->found.vtcr = el2_read(EL2_VTCR);
	c->found.vttbr = el2_read(EL2_VTTBR);
	c->found.vpidr = el2_read(EL2_VPIDR);
	c->vpidr = c->found.vpidr;
	c->found.vmpidr = el2_read(EL2_VMPIDR);
	c->found.cntvoff = el2_read(EL2_CNTVOFF);
	if (c->features & HYP_HAS_RAS) {
		c->found.vsesr = el2_read(EL2_VSESR);
		c->found.vdisr = el2_read(EL2_VDISR);
	}

	HYP(prepare_host)(c);
	c->mdcr = el2_read(EL2_MDCR);
	if (c->features & HYP_HAS_GICV3)
		vtr = gic_prepare(c);
	isb();
	return vtr;
}

/* The mirror image. */
void HYP(finish)(const struct hyp_cpu *c)
{
	if (c->features & HYP_HAS_GICV3)
		gic_finish(c);

	if (c->features & HYP_HAS_RAS) {
		el2_write(EL2_VDISR, c->found.vdisr);
		el2_write(EL2_VSESR, c->found.vsesr);
	}
	el2_write(EL2_CNTVOFF, c->found.cntvoff);
	el2_write(EL2_VMPIDR, c->found.vmpidr);
	el2_write(EL2_VPIDR, c->found.vpidr);
	el2_write(EL2_VTTBR, c->found.vttbr);
	el2_write(EL2_VTCR, c->found.vtcr);
	isb();
}

/* ---- the guest's exit ------------------------------------------------------ */

/*
 * HPFAR_EL2 is UNKNOWN for a permission fault that is not of a table walk
 * (D19.2.54); then stage 1 of the guest, which is still current, is asked.
 * False: the guest has changed its tables since; it takes the fault again.
 */
hyp_fn bool fault_address(struct hyp_vcpu *v, const struct hyp_cpu *c)
{
	u64 esr = v->esr, par, result;

	v->far = el2_read(EL2_FAR);
	HYP(byte_order_save)(v);
	if ((esr & ESR_S1PTW) ||
	    (FSC_CLASS(ESR_FSC(esr)) != FSC_PERMISSION &&
	     !(c->features & HYP_WA_834220))) {
		v->hpfar = el2_read(EL2_HPFAR);
		return true;
	}

	par = par_read(c);
	result = HYP(translate)(v->far);
	el2_write(EL1_PAR, par);
	if (result & PAR_F)
		return false;
	v->hpfar = IPA_TO_HPFAR(result & PAR_PA);
	return true;
}

/*
 * Exits that are dealt with here, with the guest still loaded.
 * True: go straight back.
 */
hyp_fn bool fast_exit(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	if ((v->exit & HYP_EXIT_KIND_MASK) != HYP_EXIT_SYNC)
		return false;

	v->esr = el2_read(EL2_ESR);
	switch (ESR_EC(v->esr)) {
	case EC_DABT_LOW:
	case EC_IABT_LOW:
		return !fault_address(v, c) && !(v->exit & HYP_EXIT_SERROR_BIT);
	}
	return false;
}

/* A bug at EL2, in the middle of a switch; only modules for the tests have any. */
hyp_fn void test_crash(const struct hyp_vcpu *v, struct hyp_cpu *c)
{
#ifdef ARMVCPU_TEST
	c->test = v->flags & (HYP_VCPU_TEST_AGAIN | HYP_VCPU_TEST_STUCK);
	if (v->flags & HYP_VCPU_TEST_UDF)
		asm volatile(".inst 0");
	if (v->flags & HYP_VCPU_TEST_BRK)
		asm volatile("brk #0x7e57");
	if (v->flags & HYP_VCPU_TEST_LOAD)
		READ_ONCE(*(u64 *)0x00007e5700000000);
#endif
}

/* Is this step of host_recover() still to be done? Not when one after it was begun. */
hyp_fn bool not_yet(struct hyp_cpu *c, u64 step)
{
	if (c->recovery >= step)
		return false;
	c->recovery = step;
	barrier();
	return true;
}

/* For tests: an exception here, too; and the host traps with each use of its GIC. */
hyp_fn void test_recovery(const struct hyp_cpu *c, u64 what)
{
#ifdef ARMVCPU_TEST
	if (c->test & what & HYP_VCPU_TEST_AGAIN)
		asm volatile("brk #0x7e58");
	if (c->test & what & HYP_VCPU_TEST_STUCK)
		el2_write(EL2_ICH_HCR, NO_GIC_HCR);
#endif
}

/* Of several exceptions the host is told of the first: the others came of it. */
hyp_fn void note_lost(struct hyp_cpu *c, u64 spsr, u64 elr, u64 esr, u64 far)
{
	if (c->recovery && c->recovery != HYP_RECOVERED)
		return;
	c->lost.spsr = spsr;
	c->lost.elr = elr;
	c->lost.esr = esr;
	c->lost.far = far;
}

/*
 * After an exception that nobody expects: what of the host is not in place is put
 * back, what traps first. A step that takes an exception, which gets here again, is
 * not tried again; those after it are done.
 */
hyp_fn void host_recover(struct hyp_cpu *c)
{
	if (not_yet(c, 1))
		HYP(stage1_stop)(c);
	if (not_yet(c, 2))
		test_recovery(c, HYP_VCPU_TEST_AGAIN);
	if (not_yet(c, 3))
		regime_leave(c);
	if (not_yet(c, 4) && (c->features & HYP_HAS_GICV3))
		el2_write(EL2_ICH_HCR, 0);
	if (not_yet(c, 5) && (c->features & HYP_HAS_GICV3))
		HYP(sre_host)(c);
	if (not_yet(c, 6))
		el2_write(CNTV_CTL, 0);
	if (not_yet(c, 7) && c->trapped)
		traps_clear(c);
	if (not_yet(c, 8)) {
		host_restore(c);
		test_recovery(c, HYP_VCPU_TEST_STUCK);
		c->recovery = HYP_RECOVERED;
	}
	/* Then without what not every CPU has. */
	if (not_yet(c, HYP_RECOVERED)) {
		c->features = 0;
		host_restore(c);
	}
	isb();
}

/*
 * What the host has to do without while it deals with exits with IRQs off: thread
 * pointers, debug, floating point, PMU.
 */
hyp_fn void borrow(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	host_save(c);
	el2_write(EL2_MDCR, (c->mdcr & HYP_MDCR_HPMN) | v->mdcr);
	el2_write(EL2_CPTR, HYP(guest_cptr)(v));
	shared_load(v);
	if (v->flags & HYP_VCPU_FP) {
		isb();		/* CPTR_EL2 lets us at the registers */
		HYP(fp_load)(&v->fp);
	}
}

hyp_fn void give_back(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	if (v->flags & HYP_VCPU_FP)
		HYP(fp_save)(&v->fp);
	shared_save(v);
	host_restore(c);
}

/*
 * Run a guest until something needs the host.
 *
 * @v: the vCPU; its state is in here before and after
 * @c: this CPU
 *
 * All exceptions are masked and stay so. Why the guest stopped is in @v->exit
 * and below it. Each step on the way in has its mirror image on the way out.
 */
void HYP(run)(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	HYP(enter_host)(v, c);
	el2_write(EL1_PAR, v->sysreg[HYP_PAR_EL1]);
	stage2_load(v, c);
	HYP(stay_start)(v, c);
	gic_enter(v, c);
	traps_set(v, c);
	regime_enter(v, c);
	el2_write(EL2_ELR, v->pc);
	el2_write(EL2_SPSR, v->pstate);
	test_crash(v, c);

	do {
		/* The ERET in there synchronizes all of the above (D1.3.5). */
		v->exit = HYP(enter)(v, c);
	} while (fast_exit(v, c));

	if ((v->exit & HYP_EXIT_KIND_MASK) == HYP_EXIT_SERROR)
		v->esr = el2_read(EL2_ESR);
	if ((v->exit & HYP_EXIT_KIND_MASK) != HYP_EXIT_ILLEGAL) {
		v->pc = el2_read(EL2_ELR);
		v->pstate = el2_read(EL2_SPSR);
	}
	/* Taken by the guest: the hardware has cleared it. */
	if (v->hcr & HYP_HCR_VSE)
		v->hcr = (v->hcr & ~HYP_HCR_VSE) | (el2_read(EL2_HCR) & HYP_HCR_VSE);
	gic_leave(v, c);
	v->sysreg[HYP_PAR_EL1] = par_read(c);
	HYP(leave_regime)(v, c);
	regime_leave(c);
	traps_clear(c);
	HYP(leave_host)(v, c);
}
