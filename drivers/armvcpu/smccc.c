// SPDX-License-Identifier: GPL-2.0-only
/*
 * HVC and SMC from guests: the SMC Calling Convention 1.1 (Arm DEN0028).
 *
 * Both instructions reach the same services. An SMC is trapped and never goes
 * on to EL3. Exactly two calls are made to the host's firmware on behalf of a
 * guest, ARCH_WORKAROUND_1 and 3: without arguments, and only where the
 * firmware of every CPU that needs them has them.
 *
 * The immediate of SMCCC is 0, all others are reserved: they take the way of an
 * unknown function, to the VMM or back with -1.
 */
#include <linux/arm-smccc.h>
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/preempt.h>

#include <asm/cpufeature.h>
#include <uapi/linux/psci.h>

#include "armvcpu.h"
#include "psci.h"
#include "smccc.h"

/* General service queries of the vendor's hypervisor services */
#define VENDOR_HYP_CALL_COUNT	0x8600ff00U
#define VENDOR_HYP_CALL_UID	0x8600ff01U
#define VENDOR_HYP_REVISION	0x8600ff03U
#define VENDOR_HYP_CALLS	3

/* The UUID of armvcpu, 372c8af7-4cc7-483b-8abb-7cd9aec98371, as in W0 to W3 */
#define UID_0			0xf78a2c37U
#define UID_1			0x3b48c74cU
#define UID_2			0xd97cbb8aU
#define UID_3			0x7183c9aeU

/* Interface of the vendor's services: major, minor */
#define REVISION_MAJOR		1
#define REVISION_MINOR		0

#define HVC_IMMEDIATE		GENMASK(15, 0)

/*
 * What the host's CPUs need. A CPU that comes online later can make the answer
 * worse, never better.
 */
#define HOST_PROBED		BIT(0)	/* anything is known at all */
#define HOST_WA1_FIRMWARE	BIT(1)	/* Spectre-v2: some CPU needs the call */
#define HOST_WA1_VULNERABLE	BIT(2)	/* and some CPU's firmware lacks it */
#define HOST_WA2_AFFECTED	BIT(3)	/* Spectre-v4 */
#define HOST_WA3_FIRMWARE	BIT(4)	/* Spectre-BHB */
#define HOST_WA3_VULNERABLE	BIT(5)

static atomic_t host_state = ATOMIC_INIT(0);

/* ---- pure ---------------------------------------------------------------- */

/*
 * SMCCC_ARCH_FEATURES of a workaround, by HOST_* of the host.
 *
 * 1 and 3: 0 means "call it", 1 "it is harmless, you need not". Where a CPU is
 * affected and its firmware has no help the answer is NOT_SUPPORTED; a guest
 * can still help itself by what it knows about the CPU (branch loop, CLRBHB).
 *
 * 2: NOT_REQUIRED on a CPU that is safe, else NOT_SUPPORTED. The guest has
 * PSTATE.SSBS where the CPU does. The firmware's switch is the host's, so there
 * is nothing to offer where it does not.
 */
static s32 workaround_state(u32 host, u32 fn)
{
	u32 firmware = HOST_WA1_FIRMWARE, vulnerable = HOST_WA1_VULNERABLE;

	if (!(host & HOST_PROBED))
		return SMCCC_RET_NOT_SUPPORTED;

	switch (fn) {
	case ARM_SMCCC_ARCH_WORKAROUND_2:
		return host & HOST_WA2_AFFECTED ? SMCCC_RET_NOT_SUPPORTED :
						  SMCCC_RET_NOT_REQUIRED;
	case ARM_SMCCC_ARCH_WORKAROUND_3:
		firmware = HOST_WA3_FIRMWARE;
		vulnerable = HOST_WA3_VULNERABLE;
		fallthrough;
	case ARM_SMCCC_ARCH_WORKAROUND_1:
		if (host & vulnerable)
			return SMCCC_RET_NOT_SUPPORTED;
		return host & firmware ? SMCCC_RET_SUCCESS :
					 SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED;
	default:
		return SMCCC_RET_NOT_SUPPORTED;
	}
}

/* SMCCC_ARCH_FEATURES */
static s32 arch_features(u32 host, u32 fn)
{
	switch (fn) {
	case ARM_SMCCC_VERSION_FUNC_ID:
	case ARM_SMCCC_ARCH_FEATURES_FUNC_ID:
		return SMCCC_RET_SUCCESS;
	default:
		return workaround_state(host, fn);
	}
}

/*
 * A result is sign extended, so that X0 and W0 are the same number; registers
 * that hold no result stay as they were.
 */
static void set_result(struct hyp_vcpu *v, s64 ret)
{
	hyp_set_x(v, 0, ret);
}

/* ---- with the host ------------------------------------------------------- */

/* On this CPU or, as after any call, on that which the vCPU moves to. */
static void call_firmware(u32 fn)
{
	if (fn == ARM_SMCCC_ARCH_WORKAROUND_1)
		arm_smccc_1_1_smc(ARM_SMCCC_ARCH_WORKAROUND_1, NULL);
	else
		arm_smccc_1_1_smc(ARM_SMCCC_ARCH_WORKAROUND_3, NULL);
}

/**
 * smccc_firmware_state() - does this CPU's firmware have a workaround, and want
 *	it called?
 * @fn: ARM_SMCCC_ARCH_WORKAROUND_*
 *
 * Context: any; the caller stays on its CPU.
 * Return: what SMCCC_ARCH_FEATURES says (DEN0028 7.3), SMCCC_RET_NOT_SUPPORTED
 * where there is no firmware to ask.
 */
s32 smccc_firmware_state(u32 fn)
{
	struct arm_smccc_res res;

	/* At EL2 an HVC goes nowhere but to ourselves. */
	if (arm_smccc_1_1_get_conduit() != SMCCC_CONDUIT_SMC)
		return SMCCC_RET_NOT_SUPPORTED;
	arm_smccc_1_1_smc(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, fn, &res);
	return res.a0;
}

static u32 cpu_state(u32 fn, u32 firmware, u32 vulnerable)
{
	switch (smccc_firmware_state(fn)) {
	case SMCCC_RET_SUCCESS:
		return firmware;
	case SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED:
		return 0;
	default:
		return vulnerable;
	}
}

/**
 * smccc_probe_cpu() - learn which speculation workarounds this CPU needs
 *
 * To be called on each CPU when it is enabled for guests, at load and at
 * hotplug, so that what guests are told is true of all CPUs they can run on.
 *
 * Context: a thread bound to its CPU, or atomic.
 */
void smccc_probe_cpu(void)
{
	u32 state = HOST_PROBED;

	preempt_disable();
	if (this_cpu_has_cap(ARM64_SPECTRE_V2))
		state |= cpu_state(ARM_SMCCC_ARCH_WORKAROUND_1,
				   HOST_WA1_FIRMWARE, HOST_WA1_VULNERABLE);
	if (this_cpu_has_cap(ARM64_SPECTRE_V4))
		state |= HOST_WA2_AFFECTED;
	if (this_cpu_has_cap(ARM64_SPECTRE_BHB))
		state |= cpu_state(ARM_SMCCC_ARCH_WORKAROUND_3,
				   HOST_WA3_FIRMWARE, HOST_WA3_VULNERABLE);
	preempt_enable();
	atomic_or(state, &host_state);
}

/* What is answered without the VMM. False: an unknown function. */
static bool smccc_answer(struct hyp_vcpu *v, u32 fn)
{
	u32 host = atomic_read(&host_state);

	switch (fn) {
	case ARM_SMCCC_VERSION_FUNC_ID:
		set_result(v, ARM_SMCCC_VERSION_1_1);
		return true;
	case ARM_SMCCC_ARCH_FEATURES_FUNC_ID:
		set_result(v, arch_features(host, lower_32_bits(hyp_get_x(v, 1))));
		return true;
	case ARM_SMCCC_ARCH_WORKAROUND_1:
	case ARM_SMCCC_ARCH_WORKAROUND_2:
	case ARM_SMCCC_ARCH_WORKAROUND_3:
		switch (workaround_state(host, fn)) {
		case SMCCC_RET_SUCCESS:
			call_firmware(fn);
			fallthrough;
		case SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED:
			set_result(v, SMCCC_RET_SUCCESS);
			break;
		default:
			set_result(v, SMCCC_RET_NOT_SUPPORTED);
			break;
		}
		return true;
	case VENDOR_HYP_CALL_COUNT:
		set_result(v, VENDOR_HYP_CALLS);
		return true;
	case VENDOR_HYP_CALL_UID:
		hyp_set_x(v, 0, UID_0);
		hyp_set_x(v, 1, UID_1);
		hyp_set_x(v, 2, UID_2);
		hyp_set_x(v, 3, UID_3);
		return true;
	case VENDOR_HYP_REVISION:
		hyp_set_x(v, 0, REVISION_MAJOR);
		hyp_set_x(v, 1, REVISION_MINOR);
		return true;
	default:
		return false;
	}
}

static enum exit_action exit_call(struct armvcpu_vcpu *vcpu, u32 reason, u16 imm)
{
	const struct hyp_vcpu *v = vcpu->hyp;

	exit_to_vmm(vcpu, reason);
	vcpu->run->u.hypercall = (struct armvcpu_exit_hypercall) {
		.args = {
			v->x[0], v->x[1], v->x[2], v->x[3],
			v->x[4], v->x[5], v->x[6], v->x[7],
		},
		.ret = { v->x[0], v->x[1], v->x[2], v->x[3] },
		.imm = imm,
	};
	return EXIT_TO_VMM;
}

static enum exit_action smccc_handle(struct armvcpu_vcpu *vcpu, u32 reason)
{
	struct hyp_vcpu *v = vcpu->hyp;
	u16 imm = v->esr & HVC_IMMEDIATE;
	u32 fn = lower_32_bits(hyp_get_x(v, 0));

	if (!imm) {
		if (psci_is_call(fn))
			return psci_call(vcpu, fn);
		if (smccc_answer(v, fn))
			return EXIT_HANDLED;
	}
	if (vcpu->vm->flags & ARMVCPU_VM_HYPERCALL_EXITS)
		return exit_call(vcpu, reason, imm);

	set_result(v, SMCCC_RET_NOT_SUPPORTED);
	return EXIT_HANDLED;
}

/**
 * smccc_fill_fast() - give the vector the calls whose results do not change
 * @vcpu: its VM has started
 *
 * The vector must not give another answer than smccc_handle() does.
 */
void smccc_fill_fast(struct armvcpu_vcpu *vcpu)
{
	struct hyp_vcpu *v = vcpu->hyp;

	v->fast_call[0] = (struct hyp_fast_call){
		.fn = ARM_SMCCC_VERSION_FUNC_ID, .result = ARM_SMCCC_VERSION_1_1,
	};
	v->fast_call[1] = (struct hyp_fast_call){
		.fn = PSCI_0_2_FN_PSCI_VERSION, .result = PSCI_VERSION(1, 1),
	};
	v->fast_call[2] = (struct hyp_fast_call){
		.fn = PSCI_0_2_FN_MIGRATE_INFO_TYPE, .result = PSCI_0_2_TOS_MP,
	};
	if (!(vcpu->vm->flags & ARMVCPU_VM_HYPERCALL_EXITS))
		v->fast_unknown = SMCCC_RET_NOT_SUPPORTED;
}

/**
 * hvc_handle() - handle EC_HVC64
 * @vcpu: the vCPU, its PC at the HVC; its thread calls and holds its mutex
 *
 * Context: process context, may sleep (PSCI).
 * Return: what the run loop does next.
 */
enum exit_action hvc_handle(struct armvcpu_vcpu *vcpu)
{
	return smccc_handle(vcpu, ARMVCPU_EXIT_HYPERCALL);
}

/**
 * smc_handle() - handle EC_SMC64
 * @vcpu: the vCPU; its thread calls and holds its mutex
 *
 * Context: process context, may sleep (PSCI).
 * Return: what the run loop does next.
 */
enum exit_action smc_handle(struct armvcpu_vcpu *vcpu)
{
	return smccc_handle(vcpu, ARMVCPU_EXIT_SMC);
}

/**
 * smccc_complete() - give an HVC or SMC that exited its results
 * @vcpu: the caller
 * @ret: X0 to X3, as the VMM left them
 */
void smccc_complete(struct armvcpu_vcpu *vcpu, const u64 ret[4])
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		hyp_set_x(vcpu->hyp, i, ret[i]);
}
