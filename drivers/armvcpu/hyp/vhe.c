// SPDX-License-Identifier: GPL-2.0-only
/* The world switch of a host that runs at EL2 (HCR_EL2.E2H = 1, TGE = 1). */
#include <linux/kprobes.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include <asm/current.h>

#include "el2.h"
#include "hyp.h"
#include "lost.h"
#include "vhe.h"

#define HYP(name)		vhe_##name
#define HYP_EL1_OP1		5
#define HYP_EL0_TIMER_OP1	5

/*
 * CPTR_EL2 has the layout of CPACR_EL1 here. Trace, SVE, SME and the activity
 * monitors are never the guest's.
 */
static __always_inline u64 vhe_guest_cptr(const struct hyp_vcpu *v)
{
	return CPTR_E2H_TTA | CPTR_E2H_TAM |
	       (v->flags & HYP_VCPU_FP ? CPTR_E2H_FPEN : 0);
}

/* The host's EL1 registers are those of EL2: there is nothing to exchange. */
static __always_inline void vhe_host_el1_save(struct hyp_cpu *c) { }
static __always_inline void vhe_host_el1_restore(struct hyp_cpu *c) { }

/* The kernel has reasons to change these. */
static __always_inline void vhe_prepare_host(struct hyp_cpu *c) { }

/* Speculative AT: the host's regime is current before anything else of the guest's goes. */
static __always_inline void vhe_regime_left(const struct hyp_cpu *c)
{
	if (c->features & HYP_WA_SPECULATIVE_AT)
		isb();
}

static __always_inline void vhe_host_vbar_save(struct hyp_cpu *c)
{
	c->host.vbar = el2_read(EL2_VBAR);
}

static __always_inline void vhe_host_cptr_save(struct hyp_cpu *c)
{
	c->host.cptr = el2_read(EL2_CPTR);
}

/* SCTLR_EL1: mmio_swap() wants to know the byte order. */
static __always_inline void vhe_byte_order_save(struct hyp_vcpu *v)
{
	v->sysreg[HYP_SCTLR_EL1] = el2_read(sys_reg(3, HYP_EL1_OP1, 1, 0, 0));
}

/* ICC_SRE_EL2.Enable is 0 for good (pcpu.c): the host does without EL1's. */
static __always_inline void vhe_sre_guest(struct hyp_cpu *c) { }
static __always_inline void vhe_sre_host(struct hyp_cpu *c) { }

/*
 * The host runs with HCR_EL2.TGE set and takes no virtual interrupt. What could
 * reach it is the maintenance interrupt.
 */
static __always_inline bool vhe_gic_may_stay(const struct hyp_gic *g)
{
	return !(g->hcr & HYP_ICH_HCR_MAINTENANCE);
}

/* What stays is loaded by vhe_load(), and the host has lent the rest in vhe_borrow(). */
static __always_inline void vhe_enter_host(struct hyp_vcpu *v, struct hyp_cpu *c) { }
static __always_inline void vhe_stay_start(const struct hyp_vcpu *v, const struct hyp_cpu *c) { }
static __always_inline void vhe_leave_regime(struct hyp_vcpu *v, struct hyp_cpu *c) { }

static __always_inline void vhe_leave_host(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	isb();
}

static __always_inline void stage1_load(const struct hyp_vcpu *v);

/* Stage 1 may be complete at once: the regime is not current before stage 2 is. */
static __always_inline void vhe_stage1_load(const struct hyp_vcpu *v, struct hyp_cpu *c)
{
	stage1_load(v);
}

static __always_inline void vhe_stage1_start(const struct hyp_vcpu *v,
					     const struct hyp_cpu *c) { }
static __always_inline void vhe_stage1_stop(struct hyp_cpu *c) { }

#include "switch.c"
NOKPROBE_SYMBOL(vhe_run);

/**
 * vhe_load() - give a CPU a vCPU's registers that stay on it between exits
 * @v: the vCPU
 * @c: this CPU, which holds nobody's that are worth anything
 *
 * Context: IRQs off.
 */
void vhe_load(const struct hyp_vcpu *v, struct hyp_cpu *c)
{
	stay_load(v, c);
	isb();
	timer_start(v);
}

/**
 * vhe_save() - the reverse: @v has it all in memory then, and its timer is off
 * @v: the vCPU that vhe_load() was called for last
 * @c: this CPU
 *
 * Context: IRQs off.
 */
void vhe_save(struct hyp_vcpu *v, const struct hyp_cpu *c)
{
	stay_save(v, c);
}

/**
 * vhe_borrow() - before vhe_run(), once for several of them
 * @v: the vCPU; HYP_VCPU_FP says whether its FP registers go with it
 * @c: this CPU
 *
 * Until vhe_give_back() the host has no thread pointers, no debug, no FP and no PMU
 * registers in user space: no user space runs, and nobody uses FP.
 *
 * Context: IRQs off until then.
 */
void vhe_borrow(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	borrow(v, c);
}

/**
 * vhe_give_back() - the reverse
 * @v: the vCPU
 * @c: this CPU
 */
void vhe_give_back(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	give_back(v, c);
	/* FP may be used at once. */
	isb();
}

/**
 * vhe_timer_fires() - is the virtual timer that vhe_load() has loaded asserted?
 *
 * Context: IRQs off, after an exception.
 */
bool vhe_timer_fires(void)
{
	return (el2_read(CNTV_CTL) & (CNT_CTL_ENABLE | CNT_CTL_IMASK | CNT_CTL_ISTATUS)) ==
	       (CNT_CTL_ENABLE | CNT_CTL_ISTATUS);
}

/* ---- an exception that nobody expects ------------------------------------- */

DEFINE_PER_CPU(struct vhe_lost_context, vhe_lost_context);

/**
 * vhe_note_context() - before vhe_run(): what a fatal exception in it will need
 * @c: this CPU
 * @cpu: its number
 *
 * Holds for as long as the thread stays on the CPU. Context: IRQs off.
 */
void vhe_note_context(struct hyp_cpu *c, unsigned int cpu)
{
	struct vhe_lost_context *l = per_cpu_ptr(&vhe_lost_context, cpu);

	l->task = (u64)current;
#ifdef CONFIG_SHADOW_CALL_STACK
	asm volatile("str x18, %0" : "=m" (l->scs));
#endif
	l->cpu = c;
}

asmlinkage void __noreturn vhe_lost(u64 spsr, u64 elr, u64 esr, u64 far);

/* Called by the vectors with SP_EL0 restored: give the host its CPU, then stop. */
asmlinkage void __noreturn vhe_lost(u64 spsr, u64 elr, u64 esr, u64 far)
{
	struct hyp_cpu *c = this_cpu_ptr(&vhe_lost_context)->cpu;

	note_lost(c, spsr, elr, esr, far);
	host_recover(c);
	lost_bound();
	panic("armvcpu: unexpected exception at EL2: ESR %016llx ELR %016llx (%pS) FAR %016llx SPSR %016llx",
	      c->lost.esr, c->lost.elr, (void *)c->lost.elr, c->lost.far, c->lost.spsr);
}
NOKPROBE_SYMBOL(vhe_lost);
