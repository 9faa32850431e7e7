// SPDX-License-Identifier: GPL-2.0-only
/* The VMM's view of a vCPU's registers, and their reset. */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "armvcpu.h"
#include "hyp/el2.h"
#include "idregs.h"
#include "regs.h"
#include "sysreg.h"
#include "timer.h"

/* EL1h, D, A, I and F masked (Arm ARM D1.3.6) */
#define PSTATE_RESET	(PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F | PSTATE_EL1h)

static u64 pstate_mask(const struct armvcpu_vcpu *vcpu)
{
	struct idregs_config cfg = sysreg_idregs_config(vcpu);

	return idregs_pstate_mask(&cfg);
}

/* Could the guest be in this state? @mask: bits that exist for it */
static bool pstate_valid(u64 pstate, u64 mask)
{
	if (pstate & ~mask || pstate & PSTATE_nRW)
		return false;

	switch (pstate & PSTATE_M) {
	case PSTATE_EL0t:
	case PSTATE_EL1t:
	case PSTATE_EL1h:
		return true;
	default:
		return false;
	}
}

int regs_get(struct armvcpu_vcpu *vcpu, struct armvcpu_regs *regs)
{
	const struct hyp_vcpu *hyp = vcpu->hyp;

	BUILD_BUG_ON(sizeof(regs->x) != sizeof(hyp->x));

	memset(regs, 0, sizeof(*regs));
	memcpy(regs->x, hyp->x, sizeof(regs->x));
	regs->pc = hyp->pc;
	regs->pstate = hyp->pstate & pstate_mask(vcpu);
	regs->sp_el0 = hyp->sp_el0;
	regs->sp_el1 = hyp_read_sysreg(hyp, HYP_SP_EL1);
	regs->elr_el1 = hyp_read_sysreg(hyp, HYP_ELR_EL1);
	regs->spsr_el1 = hyp_read_sysreg(hyp, HYP_SPSR_EL1);
	return 0;
}

int regs_set(struct armvcpu_vcpu *vcpu, const struct armvcpu_regs *regs)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	if (!pstate_valid(regs->pstate, pstate_mask(vcpu)))
		return -EINVAL;

	memcpy(hyp->x, regs->x, sizeof(hyp->x));
	hyp->pc = regs->pc;
	hyp->pstate = regs->pstate;
	hyp->sp_el0 = regs->sp_el0;
	hyp_write_sysreg(hyp, HYP_SP_EL1, regs->sp_el1);
	hyp_write_sysreg(hyp, HYP_ELR_EL1, regs->elr_el1);
	hyp_write_sysreg(hyp, HYP_SPSR_EL1, regs->spsr_el1);
	vcpu->pending.reason = ARMVCPU_EXIT_UNKNOWN;
	return 0;
}

int regs_get_fp(struct armvcpu_vcpu *vcpu, struct armvcpu_fpregs *regs)
{
	const struct hyp_fpsimd *fp = &vcpu->hyp->fp;

	BUILD_BUG_ON(sizeof(regs->v) != sizeof(fp->v));

	memset(regs, 0, sizeof(*regs));
	memcpy(regs->v, fp->v, sizeof(regs->v));
	regs->fpsr = fp->fpsr;
	regs->fpcr = fp->fpcr;
	return 0;
}

int regs_set_fp(struct armvcpu_vcpu *vcpu, const struct armvcpu_fpregs *regs)
{
	struct hyp_fpsimd *fp = &vcpu->hyp->fp;

	memcpy(fp->v, regs->v, sizeof(fp->v));
	fp->fpsr = regs->fpsr;
	fp->fpcr = regs->fpcr;
	return 0;
}

static int sysregs_check_arg(const struct armvcpu_sysregs *arg)
{
	return arg->pad || arg->count > ARMVCPU_MAX_SYSREGS ? -EINVAL : 0;
}

static void __user *sysregs_user(const struct armvcpu_sysregs *arg)
{
	return u64_to_user_ptr(arg->entries);
}

/* The vector, read once. NULL if it is empty. To be freed with kvfree(). */
static struct armvcpu_sysreg *sysregs_read(const struct armvcpu_sysregs *arg)
{
	struct armvcpu_sysreg *vec;
	int ret;
	u32 i;

	ret = sysregs_check_arg(arg);
	if (ret)
		return ERR_PTR(ret);
	if (!arg->count)
		return NULL;

	vec = kvmalloc_array(arg->count, sizeof(*vec), GFP_KERNEL_ACCOUNT);
	if (!vec)
		return ERR_PTR(-ENOMEM);

	ret = -EFAULT;
	if (copy_from_user(vec, sysregs_user(arg), arg->count * sizeof(*vec)))
		goto fail;

	ret = -EINVAL;
	for (i = 0; i < arg->count; i++)
		if (vec[i].pad)
			goto fail;
	return vec;

fail:
	kvfree(vec);
	return ERR_PTR(ret);
}

int regs_get_sysregs(struct armvcpu_vcpu *vcpu, const struct armvcpu_sysregs *arg)
{
	struct armvcpu_sysreg *vec = sysregs_read(arg);
	int ret = 0;
	u32 i;

	if (IS_ERR_OR_NULL(vec))
		return PTR_ERR(vec);

	for (i = 0; i < arg->count && !ret; i++)
		ret = sysreg_get(vcpu, vec[i].encoding, &vec[i].value);
	if (!ret && copy_to_user(sysregs_user(arg), vec, arg->count * sizeof(*vec)))
		ret = -EFAULT;

	kvfree(vec);
	return ret;
}

int regs_set_sysregs(struct armvcpu_vcpu *vcpu, const struct armvcpu_sysregs *arg)
{
	struct armvcpu_sysreg *vec = sysregs_read(arg);
	int ret = 0;
	u32 i;

	if (IS_ERR_OR_NULL(vec))
		return PTR_ERR(vec);

	for (i = 0; i < arg->count && !ret; i++)
		ret = sysreg_check(vcpu, vec[i].encoding, vec[i].value);
	for (i = 0; i < arg->count && !ret; i++)
		ret = sysreg_set(vcpu, vec[i].encoding, vec[i].value);

	kvfree(vec);
	return ret;
}

int regs_list_sysregs(struct armvcpu_vcpu *vcpu, struct armvcpu_sysregs *arg)
{
	struct armvcpu_sysreg *vec;
	u32 room = arg->count;
	int ret;

	ret = sysregs_check_arg(arg);
	if (ret)
		return ret;

	arg->count = sysreg_list(vcpu, NULL, 0);
	if (arg->count > room)
		return -E2BIG;

	vec = kvmalloc_array(arg->count, sizeof(*vec), GFP_KERNEL_ACCOUNT);
	if (!vec)
		return -ENOMEM;

	sysreg_list(vcpu, vec, arg->count);
	if (copy_to_user(sysregs_user(arg), vec, arg->count * sizeof(*vec)))
		ret = -EFAULT;

	kvfree(vec);
	return ret;
}

int vcpu_reset(struct armvcpu_vcpu *vcpu, u64 pc, u64 x0)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	if (pc & 3)
		return -EINVAL;

	memset(hyp->x, 0, sizeof(hyp->x));
	memset(&hyp->fp, 0, sizeof(hyp->fp));
	hyp->x[0] = x0;
	hyp->pc = pc;
	hyp->pstate = PSTATE_RESET;
	hyp->vdisr = 0;
	sysreg_reset(vcpu);
	if (vcpu->gic.gic)
		vgic_reset_cpu(&vcpu->gic, &hyp->gic);
	timer_vcpu_reset(vcpu);	/* after the GIC, which learns of its PPIs */

	memset(&vcpu->pending, 0, sizeof(vcpu->pending));
	vcpu_reset_traps(vcpu);
	return 0;
}
