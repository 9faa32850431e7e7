// SPDX-License-Identifier: GPL-2.0-only
/* The world switch of a host that runs at EL2 (HCR_EL2.E2H = 1, TGE = 1). */
#include <linux/kprobes.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include <asm/current.h>

#include "el2.h"
#include "hyp.h"
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

/* The guest reads the physical counter and traps on the physical timer. */
static __always_inline void vhe_counter_set(struct hyp_cpu *c)
{
	c->host.cnthctl = el2_read(EL2_CNTHCTL);
	el2_write(EL2_CNTHCTL, (c->host.cnthctl | CNTHCTL_E2H_EL1PCTEN) &
			       ~CNTHCTL_E2H_EL1PTEN);
}

static __always_inline void vhe_counter_restore(struct hyp_cpu *c)
{
	el2_write(EL2_CNTHCTL, c->host.cnthctl);
}

/* The host's EL1 registers are those of EL2: there is nothing to exchange. */
static __always_inline void vhe_host_el1_save(struct hyp_cpu *c) { }
static __always_inline void vhe_host_el1_restore(struct hyp_cpu *c) { }

/* ICC_SRE_EL2.Enable is 0 for good (pcpu.c): the host does without EL1's. */
static __always_inline void vhe_sre_guest(struct hyp_cpu *c) { }
static __always_inline void vhe_sre_host(struct hyp_cpu *c) { }

static void stage1_load(const struct hyp_vcpu *v);

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

/* ---- an exception that nobody expects ------------------------------------- */

DEFINE_PER_CPU(struct vhe_lost_context, vhe_lost_context);

/**
 * vhe_enter_guest() - vhe_run() with what a fatal exception will need on record
 * @v: the vCPU
 * @c: this CPU
 */
void vhe_enter_guest(struct hyp_vcpu *v, struct hyp_cpu *c)
{
	struct vhe_lost_context *l = this_cpu_ptr(&vhe_lost_context);

	l->task = (u64)current;
#ifdef CONFIG_SHADOW_CALL_STACK
	asm volatile("str x18, %0" : "=m" (l->scs));
#endif
	l->cpu = c;
	vhe_run(v, c);
	l->cpu = NULL;
}
NOKPROBE_SYMBOL(vhe_enter_guest);

asmlinkage void __noreturn vhe_lost(u64 spsr, u64 elr, u64 esr, u64 far);

/* Called by the vectors with SP_EL0 restored: give the host its CPU, then stop. */
asmlinkage void __noreturn vhe_lost(u64 spsr, u64 elr, u64 esr, u64 far)
{
	struct hyp_cpu *c = this_cpu_ptr(&vhe_lost_context)->cpu;

	if (c)
		host_recover(c);
	panic("armvcpu: unexpected exception at EL2: ESR %016llx ELR %016llx (%pS) FAR %016llx SPSR %016llx",
	      esr, elr, (void *)elr, far, spsr);
}
NOKPROBE_SYMBOL(vhe_lost);
