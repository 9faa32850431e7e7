// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions into the guest.
 *
 * Pure: works on struct hyp_vcpu only and compiles in user space, too. Section
 * numbers are those of the Arm ARM, DDI 0487.
 */
#include <linux/bits.h>

#include "hyp/el2.h"
#include "hyp/hyp.h"
#include "inject.h"

/* More of PSTATE as in SPSR_EL2, C5.2.19 */
#define SPSR_SSBS		BIT(12)
#define SPSR_PAN		BIT(22)
#define SPSR_DIT		BIT(24)
#define SPSR_NZCV		GENMASK(31, 28)

/* SCTLR_EL1, D19.2.118 */
#define SCTLR_SPAN		BIT(23)
#define SCTLR_DSSBS		BIT(44)

/* ESR_EL1 */
#define EC_SHIFT		26
#define EC_FROM_EL1		1	/* an abort's EC: taken without a change of EL */
#define ISS_WNR			BIT(6)
#define ISS_CM			BIT(8)
#define FSC_EXTERNAL		0x10
#define FSC_EXTERNAL_WALK	0x14	/* and the level in the two lowest bits */
#define FSC_LEVEL		GENMASK(1, 0)

/* VBAR_EL1 and the synchronous vectors, D1.3.1.5 */
#define VBAR_BASE		GENMASK_ULL(63, 11)
#define VECTOR_EL1_SP0		0x000
#define VECTOR_EL1_SPX		0x200
#define VECTOR_EL0_A64		0x400
#define VECTOR_EL0_A32		0x600

/* EL1 is AArch64 always, so AArch32 is EL0. */
static bool from_el0(const struct hyp_vcpu *v)
{
	return v->pstate & PSTATE_nRW || (v->pstate & PSTATE_M) == PSTATE_EL0t;
}

/*
 * A synchronous exception to EL1, as the pseudocode AArch64.TakeException() has
 * it. No guest is told of a 32-bit EL0, and the run loop stops a vCPU that gets
 * there; an exception is its VMM's way to get it back. SPSR_EL1.BTYPE may keep
 * what it was for all exceptions, and has to for some.
 */
static void take_exception(struct hyp_vcpu *v, u64 esr)
{
	u64 sctlr = hyp_read_sysreg(v, HYP_SCTLR_EL1);
	u64 old = v->pstate, new, vector;

	if (old & PSTATE_nRW)
		vector = VECTOR_EL0_A32;
	else if (from_el0(v))
		vector = VECTOR_EL0_A64;
	else if ((old & PSTATE_M) == PSTATE_EL1t)
		vector = VECTOR_EL1_SP0;
	else
		vector = VECTOR_EL1_SPX;

	/*
	 * UAO, SS, IL and BTYPE become 0. So do the bits of features that no
	 * guest has.
	 */
	new = old & (SPSR_NZCV | SPSR_DIT | SPSR_PAN);
	new |= PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F | PSTATE_EL1h;
	if (!(sctlr & SCTLR_SPAN))
		new |= SPSR_PAN;
	if (sctlr & SCTLR_DSSBS)
		new |= SPSR_SSBS;

	hyp_write_sysreg(v, HYP_ESR_EL1, esr);
	hyp_write_sysreg(v, HYP_SPSR_EL1, old);
	hyp_write_sysreg(v, HYP_ELR_EL1, v->pc);
	v->pstate = new;
	v->pc = (hyp_read_sysreg(v, HYP_VBAR_EL1) & VBAR_BASE) + vector;
}

/**
 * inject_undef() - the instruction at PC is UNDEFINED
 * @v: the vCPU
 */
void inject_undef(struct hyp_vcpu *v)
{
	take_exception(v, ((u64)EC_UNKNOWN << EC_SHIFT) | ESR_IL);
}

/**
 * inject_abort() - the instruction at PC takes a synchronous abort
 * @v: the vCPU
 * @instruction: its fetch did, else its access to data
 * @far: the virtual address; with FnV in @iss it goes unused
 * @iss: the fault status code (0x10: external abort), for data with WnR and CM
 *	if they apply, and FnV (D19.2.39)
 *
 * The instruction's syndrome is never valid at EL1, so IL is 1.
 */
void inject_abort(struct hyp_vcpu *v, bool instruction, u64 far, u32 iss)
{
	u64 ec = instruction ? EC_IABT_LOW : EC_DABT_LOW;

	if (!from_el0(v))
		ec |= EC_FROM_EL1;

	/* FAR_EL1 is UNKNOWN with FnV: no address of something else in it. */
	hyp_write_sysreg(v, HYP_FAR_EL1, iss & ESR_FNV ? 0 : far);
	take_exception(v, (ec << EC_SHIFT) | ESR_IL | iss);
}

/**
 * inject_for_exit() - the exception that answers an exit with "inject"
 * @v: the vCPU, its PC at the instruction that exited
 * @esr: ESR_EL2 of the exit
 * @far: FAR_EL2 of the exit
 *
 * An abort comes back as an external abort at the same address. If it was the
 * guest's own table walk that failed, the abort says so; the level it tells is
 * that of the stage 2 walk, for EL2 does not learn the level of stage 1.
 * Anything else is UNDEFINED.
 */
void inject_for_exit(struct hyp_vcpu *v, u64 esr, u64 far)
{
	bool instruction = ESR_EC(esr) == EC_IABT_LOW;
	u32 iss = FSC_EXTERNAL;

	if (!instruction && ESR_EC(esr) != EC_DABT_LOW) {
		inject_undef(v);
		return;
	}

	if ((esr & ESR_S1PTW) || FSC_CLASS(ESR_FSC(esr)) == FSC_EXTERNAL_WALK)
		iss = FSC_EXTERNAL_WALK | (esr & FSC_LEVEL);
	if (!instruction)
		iss |= esr & (ISS_WNR | ISS_CM);
	/* FnV has a meaning with an external abort only. */
	if (ESR_FSC(esr) == FSC_EXTERNAL)
		iss |= esr & ESR_FNV;
	inject_abort(v, instruction, far, iss);
}
