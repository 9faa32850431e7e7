// SPDX-License-Identifier: GPL-2.0-only
/* Exits by their kind and by ESR_EL2.EC. */
#include <linux/kernel.h>
#include <linux/panic.h>

#include "abort.h"
#include "armvcpu.h"
#include "exit.h"
#include "host.h"
#include "hyp/el2.h"
#include "smccc.h"
#include "sysreg.h"
#include "trace.h"
#include "wfx.h"

/* The syndrome is that of an exception, 0 for what is none. */
static __always_inline void report(struct armvcpu_vcpu *vcpu, u32 reason, u64 esr)
{
	const struct hyp_vcpu *v = vcpu->hyp;
	struct armvcpu_run *run = vcpu->run;
	bool abort = ESR_EC(esr) == EC_DABT_LOW || ESR_EC(esr) == EC_IABT_LOW;
	unsigned int i;

	BUILD_BUG_ON(sizeof(run->u) % sizeof(u64));
	/* Shorter than the way to memset() and back. */
#pragma GCC unroll 32
	for (i = 0; i < sizeof(run->u) / sizeof(u64); i++)
		WRITE_ONCE(((u64 *)&run->u)[i], 0);
	WRITE_ONCE(run->answer, ARMVCPU_ANSWER_HANDLED);
	WRITE_ONCE(run->exit_reason, reason);
	WRITE_ONCE(run->pad1, 0);
	WRITE_ONCE(run->pc, v->pc);
	WRITE_ONCE(run->pstate, v->pstate);
	WRITE_ONCE(run->esr, esr);
	WRITE_ONCE(run->far, abort ? v->far : 0);
	WRITE_ONCE(run->ipa, abort ? abort_ipa(v) : 0);
}

void exit_report(struct armvcpu_vcpu *vcpu, u32 reason)
{
	report(vcpu, reason, 0);
}

void exit_to_vmm(struct armvcpu_vcpu *vcpu, u32 reason)
{
	const struct hyp_vcpu *v = vcpu->hyp;
	u64 esr = (v->exit & HYP_EXIT_KIND_MASK) == HYP_EXIT_SYNC ? v->esr : 0;

	report(vcpu, reason, esr);
	vcpu->pending.reason = reason;
	vcpu->pending.esr = esr;
	vcpu->pending.far = v->far;
}

void exit_to_vmm_for_good(struct armvcpu_vcpu *vcpu, u32 reason)
{
	exit_to_vmm(vcpu, reason);
	vcpu->pending.reason = ARMVCPU_EXIT_UNKNOWN;
}

void exit_fail_entry(struct armvcpu_vcpu *vcpu, u32 reason)
{
	exit_report(vcpu, ARMVCPU_EXIT_FAIL_ENTRY);
	WRITE_ONCE(vcpu->run->u.fail_entry.reason, reason);
	WRITE_ONCE(vcpu->run->u.fail_entry.cpu, vcpu->cpu);
}

enum exit_action exit_to_vmm_error(struct armvcpu_vcpu *vcpu, u32 suberror, u64 data)
{
	exit_to_vmm(vcpu, ARMVCPU_EXIT_INTERNAL_ERROR);
	WRITE_ONCE(vcpu->run->u.internal_error.suberror, suberror);
	WRITE_ONCE(vcpu->run->u.internal_error.data[0], data);
	return EXIT_TO_VMM;
}

/* ---- handlers of few lines ------------------------------------------------ */

/* Features that the guest does not have: SVE, SME, pointer authentication. */
static enum exit_action undefined(struct armvcpu_vcpu *vcpu)
{
	return EXIT_INJECT;
}

/* From now on its FP registers go with it at each entry of this RUN. */
static enum exit_action fp_access(struct armvcpu_vcpu *vcpu)
{
	vcpu->fp_wanted = true;
	vcpu->stats.fp_traps++;
	return EXIT_RETRY;
}

static enum exit_action unexpected(struct armvcpu_vcpu *vcpu)
{
	return exit_to_vmm_error(vcpu, ARMVCPU_ERROR_UNEXPECTED_EC, vcpu->hyp->esr);
}

typedef enum exit_action (*exit_handler)(struct armvcpu_vcpu *vcpu);

static const exit_handler handlers[64] = {
	[EC_UNKNOWN]		= undefined,
	[EC_WFX]		= wfx_handle,
	[EC_FP]			= fp_access,
	[EC_PAC]		= undefined,
	[EC_LS64]		= undefined,
	[EC_SYS128]		= undefined,
	[EC_TSTART]		= undefined,
	[EC_HVC64]		= hvc_handle,
	[EC_SMC64]		= smc_handle,
	[EC_SYS64]		= sysreg_trap,
	[EC_SVE]		= undefined,
	[EC_ERET]		= undefined,
	[EC_SME]		= undefined,
	[EC_IABT_LOW]		= abort_handle,
	[EC_DABT_LOW]		= abort_handle,
};

/*
 * An SError that came with or as the exit is the guest's own: it gets it back
 * as a virtual one, and what else the exit was for happens again. Where the CPU
 * tells how bad it is (FEAT_RAS), what is corrected or can be restarted is
 * nobody's, and what could not be contained may have spoilt the host: then it
 * does what the kernel does with its own.
 */
static enum exit_action serror(struct armvcpu_vcpu *vcpu)
{
	const struct hyp_vcpu *v = vcpu->hyp;
	u64 syndrome = v->exit & HYP_EXIT_SERROR_BIT ? v->disr : v->esr;

	vcpu->stats.serrors++;
	if ((armvcpu_host.features & HYP_HAS_RAS) && !(syndrome & SERROR_IDS) &&
	    ESR_FSC(syndrome) == SERROR_DFSC) {
		switch (SERROR_AET(syndrome)) {
		case SERROR_AET_CE:
		case SERROR_AET_UEO:
			return EXIT_RETRY;
		case SERROR_AET_UC:
			panic("armvcpu: uncontainable SError in a guest, syndrome %016llx",
			      syndrome);
		}
	}
	vcpu->hyp->hcr |= HYP_HCR_VSE;
	return EXIT_RETRY;
}

enum exit_action exit_handle(struct armvcpu_vcpu *vcpu)
{
	struct hyp_vcpu *v = vcpu->hyp;
	unsigned int kind = v->exit & HYP_EXIT_KIND_MASK;
	exit_handler handler;

	if (unlikely(kind == HYP_EXIT_NONE)) {
		exit_fail_entry(vcpu, ARMVCPU_FAIL_CPU);
		return EXIT_TO_VMM;
	}

	/* EL0 went to AArch32, which the ID registers deny. */
	if (unlikely(v->pstate & PSTATE_nRW))
		return exit_to_vmm_error(vcpu, ARMVCPU_ERROR_AARCH32, v->pstate);

	/*
	 * The preferred return address of an HVC is behind it. Handlers see the
	 * instruction that exited, whichever it is.
	 */
	if (kind == HYP_EXIT_SYNC && ESR_EC(v->esr) == EC_HVC64)
		v->pc -= 4;

	if (unlikely((v->exit & HYP_EXIT_SERROR_BIT) || kind == HYP_EXIT_SERROR))
		return serror(vcpu);

	switch (kind) {
	case HYP_EXIT_IRQ:
		vcpu->stats.irqs++;
		return EXIT_RETRY;
	case HYP_EXIT_SYNC:
		vcpu->stats.by_ec[ESR_EC(v->esr)]++;
		handler = handlers[ESR_EC(v->esr)];
		return handler ? handler(vcpu) : unexpected(vcpu);
	default:
		return exit_to_vmm_error(vcpu, ARMVCPU_ERROR_EL2_EXCEPTION, v->pstate);
	}
}
