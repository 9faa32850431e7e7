/* SPDX-License-Identifier: GPL-2.0-only */
/* System registers: traps, reset, and the VMM's view of them. */
#ifndef ARMVCPU_SYSREG_H
#define ARMVCPU_SYSREG_H

#include <linux/types.h>

#include "exit.h"
#include "idregs.h"

struct armvcpu_vcpu;

/**
 * sysreg_init - check the table and read the host's identification
 *
 * Called once when the module is loaded, before there is a vCPU.
 *
 * Return: 0, or -EINVAL if the table is not in order.
 */
int sysreg_init(void);

/**
 * sysreg_trap - handle a trapped MRS, MSR or DC by set and way
 * @vcpu: its running thread is the caller; ESR_EL2 in @vcpu->hyp->esr has
 *	EC 0x18 (Arm ARM D19.2.40, ISS of trapped MSR, MRS or System instruction)
 *
 * May sleep.
 *
 * Return: EXIT_HANDLED with the general register written; EXIT_INJECT if the
 * register is UNDEFINED for the guest; EXIT_TO_VMM if the kernel has no such
 * register and the VM wants to be told (ARMVCPU_VM_SYSREG_EXITS).
 */
enum exit_action sysreg_trap(struct armvcpu_vcpu *vcpu);

/**
 * sysreg_fill_fast() - give the vector the identification registers
 * @vcpu: its VM has started, so they do not change any more
 */
void sysreg_fill_fast(struct armvcpu_vcpu *vcpu);

/**
 * sysreg_trap_quick() - sysreg_trap() with IRQs off, if that can be
 * @vcpu: as for exit_handle_quick() in run.c
 *
 * Only for registers that need no others of the guest's and do not sleep.
 *
 * Return: as for exit_handle_quick() in run.c; the caller moves the PC.
 */
bool sysreg_trap_quick(struct armvcpu_vcpu *vcpu);

/**
 * sysreg_complete - end an ARMVCPU_EXIT_SYSREG that the VMM has handled
 * @vcpu: its running thread is the caller; @vcpu->pending is that exit
 * @value: what an MRS reads; not looked at for an MSR
 *
 * The caller moves the PC.
 */
void sysreg_complete(struct armvcpu_vcpu *vcpu, u64 value);

/**
 * sysreg_get - read a register for the VMM
 * @vcpu: whose; the caller holds its mutex
 * @encoding: ARMVCPU_SYSREG()
 * @value: out: what the guest would read
 *
 * Return: 0, or -ENOENT if the vCPU has no such register.
 */
int sysreg_get(struct armvcpu_vcpu *vcpu, u32 encoding, u64 *value);

/**
 * sysreg_check - would sysreg_set() succeed?
 * @vcpu: whose; the caller holds its mutex
 * @encoding: ARMVCPU_SYSREG()
 * @value: the new value
 *
 * Return: as of sysreg_set(). The answer for a register does not depend on what
 * other registers hold.
 */
int sysreg_check(struct armvcpu_vcpu *vcpu, u32 encoding, u64 value);

/**
 * sysreg_set - write a register for the VMM
 * @vcpu: whose; the caller holds its mutex
 * @encoding: ARMVCPU_SYSREG()
 * @value: the new value
 *
 * May sleep.
 *
 * Return: 0; -ENOENT if the vCPU has no such register; -EINVAL if the register
 * cannot hold the value: bits that are RES0 or that the VMM cannot change.
 */
int sysreg_set(struct armvcpu_vcpu *vcpu, u32 encoding, u64 value);

/**
 * sysreg_list - what sysreg_get() can read
 * @vcpu: whose; the caller holds its mutex
 * @entries: out: encodings in ascending order, and values; may be NULL
 * @max: entries there is room for
 *
 * Return: how many registers there are, which may be more than @max.
 */
u32 sysreg_list(struct armvcpu_vcpu *vcpu, struct armvcpu_sysreg *entries, u32 max);

/**
 * sysreg_reset - give all registers their reset values
 * @vcpu: whose; the caller holds its mutex
 *
 * Registers whose reset value is architecturally UNKNOWN become zero.
 */
void sysreg_reset(struct armvcpu_vcpu *vcpu);

/**
 * sysreg_idregs_config - what shows in the ID registers of a vCPU
 * @vcpu: whose
 *
 * Return: the argument for idregs_read().
 */
struct idregs_config sysreg_idregs_config(const struct armvcpu_vcpu *vcpu);

#endif /* ARMVCPU_SYSREG_H */
