// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSCI 1.1 for guests (Arm DEN0022).
 *
 * What asks is answered here always. What changes the power state of a CPU or
 * the machine is the VMM's to do, and is reported to it; with
 * ARMVCPU_VM_PSCI_IN_KERNEL, CPU_ON and CPU_OFF are done here as well. The
 * power state is kept in &armvcpu_vcpu.power in both cases, because
 * AFFINITY_INFO tells it.
 *
 * Results go to X0 and no other register changes, which is what SMCCC allows
 * at the most (DEN0028).
 *
 * Lock order: vcpu->mutex, system_end_lock, vcpu->power_lock.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/processor.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include <uapi/linux/psci.h>

#include "armvcpu.h"
#include "psci.h"
#include "regs.h"
#include "run.h"
#include "wfx.h"

#define SMCCC_VERSION_FN	0x80000000U	/* of DEN0028 */

/* One end of a machine at a time, so that all its vCPUs tell of the same. */
static DEFINE_MUTEX(system_end_lock);

/**
 * struct psci_call - a call as the guest made it
 * @fn: function ID
 * @arg: arguments, cut to 32 bits where the function takes no more
 */
struct psci_call {
	u32 fn;
	u64 arg[3];
};

/**
 * enum psci_verb - what a call comes to
 * @PSCI_ANSWER: a result that is known already
 * @PSCI_STANDBY: CPU_SUSPEND
 * @PSCI_OFF: CPU_OFF
 * @PSCI_ON: CPU_ON
 * @PSCI_AFFINITY: AFFINITY_INFO
 * @PSCI_END: SYSTEM_OFF, SYSTEM_RESET, SYSTEM_RESET2
 */
enum psci_verb {
	PSCI_ANSWER,
	PSCI_STANDBY,
	PSCI_OFF,
	PSCI_ON,
	PSCI_AFFINITY,
	PSCI_END,
};

/* ---- pure ---------------------------------------------------------------- */

/**
 * psci_is_call() - is a function ID of PSCI?
 * @fn: SMCCC function ID
 *
 * Return: true for the range that SMCCC gives to PSCI, 32 and 64-bit calls
 * 0 to 0x1f of the standard secure services (DEN0028), defined or not.
 */
bool psci_is_call(u32 fn)
{
	return (fn & ~(PSCI_0_2_64BIT | 0x1fU)) == PSCI_0_2_FN_BASE;
}

/* A 32-bit call is made with W registers: the upper halves are anything. */
static void psci_read_call(const struct hyp_vcpu *v, u32 fn, struct psci_call *c)
{
	unsigned int i;

	c->fn = fn;
	for (i = 0; i < ARRAY_SIZE(c->arg); i++) {
		c->arg[i] = hyp_get_x(v, 1 + i);
		if (!(fn & PSCI_0_2_64BIT))
			c->arg[i] = lower_32_bits(c->arg[i]);
	}
}

/* PSCI_FEATURES: flags of a function, or that there is none. */
static s64 psci_features(u32 fn)
{
	switch (fn) {
	case PSCI_0_2_FN_PSCI_VERSION:
	case PSCI_0_2_FN_CPU_SUSPEND:	/* original format, platform-coordinated */
	case PSCI_0_2_FN64_CPU_SUSPEND:
	case PSCI_0_2_FN_CPU_OFF:
	case PSCI_0_2_FN_CPU_ON:
	case PSCI_0_2_FN64_CPU_ON:
	case PSCI_0_2_FN_AFFINITY_INFO:
	case PSCI_0_2_FN64_AFFINITY_INFO:
	case PSCI_0_2_FN_MIGRATE_INFO_TYPE:
	case PSCI_0_2_FN_SYSTEM_OFF:
	case PSCI_0_2_FN_SYSTEM_RESET:
	case PSCI_1_0_FN_PSCI_FEATURES:
	case PSCI_1_1_FN_SYSTEM_RESET2:
	case PSCI_1_1_FN64_SYSTEM_RESET2:
	case SMCCC_VERSION_FN:
		return PSCI_RET_SUCCESS;
	default:
		return PSCI_RET_NOT_SUPPORTED;
	}
}

/* What a call comes to; for PSCI_ANSWER also with which result. */
static enum psci_verb psci_decode(const struct psci_call *c, s64 *ret)
{
	u32 type;

	*ret = PSCI_RET_NOT_SUPPORTED;
	switch (c->fn) {
	case PSCI_0_2_FN_PSCI_VERSION:
		*ret = PSCI_VERSION(1, 1);
		return PSCI_ANSWER;
	case PSCI_1_0_FN_PSCI_FEATURES:
		*ret = psci_features(c->arg[0]);
		return PSCI_ANSWER;
	case PSCI_0_2_FN_MIGRATE_INFO_TYPE:
		*ret = PSCI_0_2_TOS_MP;	/* no Trusted OS that has to move */
		return PSCI_ANSWER;
	case PSCI_0_2_FN_AFFINITY_INFO:
	case PSCI_0_2_FN64_AFFINITY_INFO:
		return PSCI_AFFINITY;
	case PSCI_0_2_FN_CPU_SUSPEND:
	case PSCI_0_2_FN64_CPU_SUSPEND:
		return PSCI_STANDBY;
	case PSCI_0_2_FN_CPU_OFF:
		return PSCI_OFF;
	case PSCI_0_2_FN_CPU_ON:
	case PSCI_0_2_FN64_CPU_ON:
		return PSCI_ON;
	case PSCI_0_2_FN_SYSTEM_OFF:
	case PSCI_0_2_FN_SYSTEM_RESET:
		return PSCI_END;
	case PSCI_1_1_FN_SYSTEM_RESET2:
	case PSCI_1_1_FN64_SYSTEM_RESET2:
		/* the architectural warm reset, or one of the vendor's */
		type = c->arg[0];
		if (type == PSCI_1_1_RESET_TYPE_SYSTEM_WARM_RESET ||
		    type >= PSCI_1_1_RESET_TYPE_VENDOR_START)
			return PSCI_END;
		*ret = PSCI_RET_INVALID_PARAMS;
		return PSCI_ANSWER;
	default:
		return PSCI_ANSWER;
	}
}

/*
 * The affinity fields of MPIDR_EL1 that name a node of @level: those of the
 * levels below do not count. 0: there is no such level.
 */
static u64 affinity_mask(u64 level)
{
	switch (level) {
	case 0:
		return ARMVCPU_MPIDR_AFF_MASK;
	case 1:
		return ARMVCPU_MPIDR_AFF_MASK & ~GENMASK_ULL(7, 0);
	case 2:
		return ARMVCPU_MPIDR_AFF_MASK & ~GENMASK_ULL(15, 0);
	case 3:
		return ARMVCPU_MPIDR_AFF_MASK & ~GENMASK_ULL(23, 0);
	default:
		return 0;
	}
}

/* ---- with the VM --------------------------------------------------------- */

/* A node is on if one of its CPUs is, else about to be on if one is. */
static s64 affinity_info(struct armvcpu_vm *vm, const struct psci_call *c)
{
	u64 mask = affinity_mask(c->arg[1]);
	s64 ret = PSCI_RET_INVALID_PARAMS;
	struct armvcpu_vcpu *t;
	unsigned long id;

	if (!mask || (c->arg[0] & ~ARMVCPU_MPIDR_AFF_MASK))
		return PSCI_RET_INVALID_PARAMS;

	xa_for_each(&vm->vcpus, id, t) {
		if ((t->mpidr ^ c->arg[0]) & mask)
			continue;
		switch (READ_ONCE(t->power)) {
		case VCPU_ON:
			return PSCI_0_2_AFFINITY_LEVEL_ON;
		case VCPU_ON_PENDING:
			ret = PSCI_0_2_AFFINITY_LEVEL_ON_PENDING;
			break;
		case VCPU_OFF:
			if (ret != PSCI_0_2_AFFINITY_LEVEL_ON_PENDING)
				ret = PSCI_0_2_AFFINITY_LEVEL_OFF;
			break;
		}
	}
	return ret;
}

/* CPU_ON done here. Of two calls for one target, one finds it off. */
static s64 cpu_on(struct armvcpu_vm *vm, const struct psci_call *c)
{
	struct armvcpu_vcpu *t, *target = NULL;
	unsigned long id;
	s64 ret;

	xa_for_each(&vm->vcpus, id, t) {
		if (t->mpidr == c->arg[0]) {
			target = t;
			break;
		}
	}
	if (!target)
		return PSCI_RET_INVALID_PARAMS;
	if (c->arg[1] & 3)
		return PSCI_RET_INVALID_ADDRESS;

	spin_lock(&target->power_lock);
	switch (target->power) {
	case VCPU_ON:
		ret = PSCI_RET_ALREADY_ON;
		break;
	case VCPU_ON_PENDING:
		ret = PSCI_RET_ON_PENDING;
		break;
	default:
		/* A machine that has ended starts no CPU. */
		if (target->system_event) {
			ret = PSCI_RET_DENIED;
			break;
		}
		target->cpu_on.entry = c->arg[1];
		target->cpu_on.context = c->arg[2];
		WRITE_ONCE(target->power, VCPU_ON_PENDING);
		vcpu_request(target, VCPU_REQ_RESET);
		ret = PSCI_RET_SUCCESS;
		break;
	}
	spin_unlock(&target->power_lock);
	return ret;
}

static enum exit_action exit_cpu_on(struct armvcpu_vcpu *vcpu,
				    const struct psci_call *c)
{
	exit_to_vmm(vcpu, ARMVCPU_EXIT_CPU_ON);
	vcpu->run->u.psci = (struct armvcpu_exit_psci) {
		.function = c->fn,
		.target = c->arg[0],
		.entry = c->arg[1],
		.context = c->arg[2],
		/* for a VMM that does not know this exit */
		.ret = PSCI_RET_INTERNAL_FAILURE,
	};
	return EXIT_TO_VMM;
}

/*
 * CPU_OFF: does not return to the caller. Done here, the run loop finds
 * the vCPU off and sleeps till a CPU_ON sets VCPU_REQ_RESET.
 */
static enum exit_action cpu_off(struct armvcpu_vcpu *vcpu,
				const struct psci_call *c)
{
	bool in_kernel = vcpu->vm->flags & ARMVCPU_VM_PSCI_IN_KERNEL;

	/* The call does not return: nothing is to be completed. */
	if (!in_kernel) {
		exit_to_vmm_for_good(vcpu, ARMVCPU_EXIT_CPU_OFF);
		vcpu->run->u.psci = (struct armvcpu_exit_psci) {
			.function = c->fn,
		};
	}

	/*
	 * Who sees it off, by AFFINITY_INFO, and has the VMM switch it on again
	 * finds the exit in the run page.
	 */
	spin_lock(&vcpu->power_lock);
	/* behind the exit in the run page, for whom the above is about */
	smp_store_release(&vcpu->power, VCPU_OFF);
	spin_unlock(&vcpu->power_lock);
	return in_kernel ? EXIT_RETRY : EXIT_TO_VMM;
}

/*
 * CPU_SUSPEND: every state is a standby until an interrupt, as an implementation
 * may always sleep less deeply than it was asked to.
 */
static enum exit_action cpu_suspend(struct armvcpu_vcpu *vcpu)
{
	enum exit_action action = wfx_wait(vcpu);

	if (action == EXIT_HANDLED)
		psci_complete(vcpu, PSCI_RET_SUCCESS);
	return action;
}

static void exit_system(struct armvcpu_vcpu *vcpu, u32 fn, u32 flags,
			u64 type, u64 cookie)
{
	u32 reason = fn == PSCI_0_2_FN_SYSTEM_OFF ?
		     ARMVCPU_EXIT_SYSTEM_OFF : ARMVCPU_EXIT_SYSTEM_RESET;

	/* What another vCPU did is no exception of this one. */
	if (flags & ARMVCPU_PSCI_BY_OTHER)
		exit_report(vcpu, reason);
	else
		exit_to_vmm_for_good(vcpu, reason);
	vcpu->run->u.psci = (struct armvcpu_exit_psci) {
		.function = fn,
		.flags = flags,
		.args = { type, cookie },
	};
}

/*
 * The VMM may load the next guest at once, and none of this one's stores may come after
 * that. Who has been kicked leaves, and with a request does not enter again, unless the
 * VMM resets it: then it is no concern of this end any more.
 */
static void wait_outside(const struct armvcpu_vcpu *t)
{
	/* Pairs with the release in enter_guest(). */
	while (smp_load_acquire(&t->mode) == VCPU_IN_GUEST && READ_ONCE(t->system_event))
		cpu_relax();
}

/*
 * SYSTEM_OFF and the resets: no vCPU of the VM goes on. A vCPU
 * that lost the race for the machine's end finds that of the other in its
 * requests.
 */
static enum exit_action system_end(struct armvcpu_vcpu *vcpu,
				   const struct psci_call *c)
{
	struct armvcpu_vcpu *t;
	unsigned long id;
	bool mine;
	u32 fn = c->fn;

	mutex_lock(&system_end_lock);
	mine = !vcpu->system_event;
	if (mine) {
		xa_for_each(&vcpu->vm->vcpus, id, t) {
			spin_lock(&t->power_lock);
			if (!t->system_event) {
				WRITE_ONCE(t->system_event, fn);
				WRITE_ONCE(t->power, VCPU_OFF);
				if (t != vcpu)
					vcpu_request(t, VCPU_REQ_SYSTEM_EVENT);
			}
			spin_unlock(&t->power_lock);
		}
	}
	mutex_unlock(&system_end_lock);
	if (!mine)
		return EXIT_RETRY;

	xa_for_each(&vcpu->vm->vcpus, id, t)
		wait_outside(t);

	if (fn == PSCI_0_2_FN_SYSTEM_OFF || fn == PSCI_0_2_FN_SYSTEM_RESET)
		exit_system(vcpu, fn, 0, 0, 0);
	else
		exit_system(vcpu, fn, 0, lower_32_bits(c->arg[0]), c->arg[1]);
	return EXIT_TO_VMM;
}

/**
 * psci_call() - a guest calls PSCI
 * @vcpu: the vCPU; its thread calls and holds its mutex
 * @fn: function ID, psci_is_call()
 *
 * Context: process context, may sleep.
 * Return: EXIT_HANDLED with the result in X0; EXIT_TO_VMM; EXIT_RETRY where
 * the run loop has to look at the vCPU's power state and requests first.
 */
enum exit_action psci_call(struct armvcpu_vcpu *vcpu, u32 fn)
{
	struct psci_call call;
	s64 ret;

	psci_read_call(vcpu->hyp, fn, &call);
	switch (psci_decode(&call, &ret)) {
	case PSCI_ANSWER:
		break;
	case PSCI_AFFINITY:
		ret = affinity_info(vcpu->vm, &call);
		break;
	case PSCI_ON:
		if (!(vcpu->vm->flags & ARMVCPU_VM_PSCI_IN_KERNEL))
			return exit_cpu_on(vcpu, &call);
		ret = cpu_on(vcpu->vm, &call);
		break;
	case PSCI_OFF:
		return cpu_off(vcpu, &call);
	case PSCI_STANDBY:
		return cpu_suspend(vcpu);
	case PSCI_END:
		return system_end(vcpu, &call);
	}
	psci_complete(vcpu, ret);
	return EXIT_HANDLED;
}

/**
 * psci_complete() - give a call its result
 * @vcpu: the caller
 * @ret: a PSCI error or what the function returns; X0 gets it sign extended,
 *	as X0 and as W0 the same number
 */
void psci_complete(struct armvcpu_vcpu *vcpu, s64 ret)
{
	hyp_set_x(vcpu->hyp, 0, ret);
}

/**
 * psci_take_cpu_on() - take up what CPU_ON said
 * @vcpu: the target, which took VCPU_REQ_RESET from its requests; its thread
 *	calls and holds its mutex
 *
 * Till the vCPU is on, a second CPU_ON finds it ON_PENDING. The machine may
 * end meanwhile; then it stays off.
 */
void psci_take_cpu_on(struct armvcpu_vcpu *vcpu)
{
	u64 entry, context;
	bool pending;

	spin_lock(&vcpu->power_lock);
	pending = vcpu->power == VCPU_ON_PENDING;
	entry = vcpu->cpu_on.entry;
	context = vcpu->cpu_on.context;
	spin_unlock(&vcpu->power_lock);
	if (!pending)
		return;

	/* Fails for an unaligned entry only, and cpu_on() lets none pass. */
	vcpu_reset(vcpu, entry, context);

	spin_lock(&vcpu->power_lock);
	if (vcpu->power == VCPU_ON_PENDING)
		WRITE_ONCE(vcpu->power, VCPU_ON);
	spin_unlock(&vcpu->power_lock);
}

/**
 * psci_report_system_event() - fill in the exit of a vCPU whose VM has ended
 * @vcpu: the vCPU, which took VCPU_REQ_SYSTEM_EVENT from its requests; its
 *	thread calls and holds its mutex
 *
 * For those that did not make the call. What SYSTEM_RESET2 was given is in the
 * exit of the vCPU that did. The request is set under power_lock together with
 * &armvcpu_vcpu.system_event, so VCPU_RESET takes both away under it.
 */
void psci_report_system_event(struct armvcpu_vcpu *vcpu)
{
	exit_system(vcpu, READ_ONCE(vcpu->system_event), ARMVCPU_PSCI_BY_OTHER,
		    0, 0);
}
