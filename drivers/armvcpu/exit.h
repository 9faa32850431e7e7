/* SPDX-License-Identifier: GPL-2.0-only */
/* Exits: what handlers say to the run loop, and what waits for the VMM. */
#ifndef ARMVCPU_EXIT_H
#define ARMVCPU_EXIT_H

#include <linux/types.h>

#include "uapi.h"

struct armvcpu_vcpu;

/**
 * enum exit_action - what the run loop does after a handler
 * @EXIT_HANDLED: the instruction is done; PC goes on after it
 * @EXIT_RETRY: enter the guest at the same PC
 * @EXIT_INJECT: the guest takes an exception at PC: an external abort for an
 *	abort, else UNDEFINED
 * @EXIT_TO_VMM: the run page is filled in, RUN returns; the next RUN completes
 *
 * At every exit the PC is the address of the instruction that exited, for HVC
 * too. Only the run loop moves it.
 */
enum exit_action {
	EXIT_HANDLED,
	EXIT_RETRY,
	EXIT_INJECT,
	EXIT_TO_VMM,
};

/**
 * struct mmio_access - a data abort's syndrome, decoded (Arm ARM ISS of a Data
 *	Abort, D19.2.40)
 * @len: bytes: 1, 2, 4, 8
 * @reg: general register, 31 is XZR
 * @write: a store
 * @sign: the load extends the sign
 * @reg64: the register is 64 bits wide
 * @acqrel: load-acquire or store-release
 */
struct mmio_access {
	u8 len;
	u8 reg;
	bool write;
	bool sign;
	bool reg64;
	bool acqrel;
};

/**
 * struct pending_exit - an exit that RUN has reported and has not completed
 * @reason: ARMVCPU_EXIT_*; ARMVCPU_EXIT_UNKNOWN: nothing is pending
 * @esr: ESR_EL2 of it, so that INJECT knows what to inject
 * @far: FAR_EL2 of it
 * @mmio: for ARMVCPU_EXIT_MMIO
 * @reg: general register of ARMVCPU_EXIT_SYSREG
 * @write: ARMVCPU_EXIT_SYSREG was an MSR
 *
 * A private copy: the run page is the VMM's to scribble over.
 */
struct pending_exit {
	u32 reason;
	u64 esr;
	u64 far;
	struct mmio_access mmio;
	u8 reg;
	bool write;
};

/**
 * struct run_inputs - the run page's inputs, read once when RUN begins
 * @immediate_exit: as there
 * @answer: as there
 * @mmio_data: of a pending ARMVCPU_EXIT_MMIO
 * @sysreg_value: of a pending ARMVCPU_EXIT_SYSREG
 * @hypercall_ret: of a pending ARMVCPU_EXIT_HYPERCALL or SMC
 * @psci_ret: of a pending ARMVCPU_EXIT_CPU_ON
 */
struct run_inputs {
	u8 immediate_exit;
	u8 answer;
	union {
		u64 mmio_data;
		u64 sysreg_value;
		u64 hypercall_ret[4];
		s64 psci_ret;
	};
};

/**
 * exit_handle() - deal with the exit that just happened
 * @vcpu: its own thread, mutex held, interrupts on
 *
 * Return: see enum exit_action
 */
enum exit_action exit_handle(struct armvcpu_vcpu *vcpu);

/**
 * exit_report() - report what no exception of the guest led to; nothing becomes
 *	pending
 * @vcpu: whose run page
 * @reason: ARMVCPU_EXIT_*
 */
void exit_report(struct armvcpu_vcpu *vcpu, u32 reason);

/**
 * exit_fail_entry() - report ARMVCPU_EXIT_FAIL_ENTRY; nothing becomes pending
 * @vcpu: whose run page; its @cpu is the CPU on which it could not be entered
 * @reason: ARMVCPU_FAIL_*
 */
void exit_fail_entry(struct armvcpu_vcpu *vcpu, u32 reason);

/**
 * exit_to_vmm() - report the exit that just happened; the next RUN completes it
 * @vcpu: whose run page and pending exit
 * @reason: ARMVCPU_EXIT_*
 *
 * The handler fills in the exit's own fields and returns EXIT_TO_VMM.
 */
void exit_to_vmm(struct armvcpu_vcpu *vcpu, u32 reason);

/**
 * exit_to_vmm_for_good() - report the exit that just happened; the instruction
 *	never completes, so nothing becomes pending
 * @vcpu: whose run page
 * @reason: ARMVCPU_EXIT_*
 */
void exit_to_vmm_for_good(struct armvcpu_vcpu *vcpu, u32 reason);

/**
 * exit_to_vmm_error() - report ARMVCPU_EXIT_INTERNAL_ERROR
 * @vcpu: whose run page
 * @suberror: ARMVCPU_ERROR_*
 * @data: first of its data words
 */
enum exit_action exit_to_vmm_error(struct armvcpu_vcpu *vcpu, u32 suberror, u64 data);

#endif /* ARMVCPU_EXIT_H */
