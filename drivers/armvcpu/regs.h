/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMM's view of a vCPU's registers, and their reset. */
#ifndef ARMVCPU_REGS_H
#define ARMVCPU_REGS_H

#include <linux/types.h>

#include "uapi.h"

struct armvcpu_vcpu;

/*
 * All functions are called with the vCPU's mutex held. Structures are kernel
 * memory; the vectors of system registers are read from and written to the
 * calling process.
 */

/**
 * regs_get - ARMVCPU_GET_REGS
 * @vcpu: whose
 * @regs: out: all of it
 *
 * Bits of PSTATE that belong to features which the guest is not offered read as
 * zero, so that regs_set() takes what this returned.
 *
 * Return: 0.
 */
int regs_get(struct armvcpu_vcpu *vcpu, struct armvcpu_regs *regs);

/**
 * regs_set - ARMVCPU_SET_REGS
 * @vcpu: whose
 * @regs: in: all of it
 *
 * An exit that has not been completed is forgotten: the new PC counts.
 *
 * Return: 0, or -EINVAL if PSTATE does not name EL0t, EL1t or EL1h, or has bits
 * that the guest's PSTATE does not have.
 */
int regs_set(struct armvcpu_vcpu *vcpu, const struct armvcpu_regs *regs);

/**
 * regs_get_fp - ARMVCPU_GET_FPREGS
 * @vcpu: whose
 * @regs: out: all of it
 *
 * Return: 0.
 */
int regs_get_fp(struct armvcpu_vcpu *vcpu, struct armvcpu_fpregs *regs);

/**
 * regs_set_fp - ARMVCPU_SET_FPREGS
 * @vcpu: whose
 * @regs: in: all of it
 *
 * Return: 0. Any value is one the guest could have written itself.
 */
int regs_set_fp(struct armvcpu_vcpu *vcpu, const struct armvcpu_fpregs *regs);

/**
 * regs_get_sysregs - ARMVCPU_GET_SYSREGS
 * @vcpu: whose
 * @arg: in: the vector; values are filled in if all of them can be
 *
 * Return: 0; -EINVAL for padding or too large a count; -ENOENT if an encoding
 * names no register; -EFAULT; -ENOMEM.
 */
int regs_get_sysregs(struct armvcpu_vcpu *vcpu, const struct armvcpu_sysregs *arg);

/**
 * regs_set_sysregs - ARMVCPU_SET_SYSREGS
 * @vcpu: whose
 * @arg: in: the vector; written in its order, all of it or nothing
 *
 * Return: as regs_get_sysregs(), and -EINVAL if a register cannot hold its
 * value.
 */
int regs_set_sysregs(struct armvcpu_vcpu *vcpu, const struct armvcpu_sysregs *arg);

/**
 * regs_list_sysregs - ARMVCPU_LIST_SYSREGS
 * @vcpu: whose
 * @arg: in: the vector; out: count is the number of registers there are. The
 *	caller copies it to the VMM for 0 and for -E2BIG
 *
 * Return: 0; -E2BIG if the vector is too short, and nothing is filled in;
 * -EINVAL for padding or too large a count, -EFAULT, -ENOMEM.
 */
int regs_list_sysregs(struct armvcpu_vcpu *vcpu, struct armvcpu_sysregs *arg);

/**
 * vcpu_reset - give a vCPU its reset state
 * @vcpu: whose; @vcpu->hyp->vttbr, vtcr, vpidr and vmpidr stay
 * @pc: first instruction, a multiple of 4
 * @x0: X0 there
 *
 * For ARMVCPU_VCPU_RESET and for CPU_ON by the kernel's PSCI. EL1h with all
 * interrupts masked, MMU and caches off, and all that is architecturally
 * UNKNOWN zero (Arm ARM D1.3.6). Power state and interrupt pins stay.
 *
 * Return: 0, or -EINVAL if @pc is not a multiple of 4.
 */
int vcpu_reset(struct armvcpu_vcpu *vcpu, u64 pc, u64 x0);

/**
 * vcpu_reset_traps - what a vCPU traps after reset
 * @vcpu: whose; HCR_EL2 and MDCR_EL2 in @vcpu->hyp are made anew
 */
void vcpu_reset_traps(struct armvcpu_vcpu *vcpu);

#endif /* ARMVCPU_REGS_H */
