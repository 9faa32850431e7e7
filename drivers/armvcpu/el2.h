/* SPDX-License-Identifier: GPL-2.0-only */
/* EL2 of a host whose kernel runs at EL1 (nVHE), as the kernel sees it. */
#ifndef ARMVCPU_EL2_H
#define ARMVCPU_EL2_H

#include <linux/types.h>

struct hyp_cpu;
struct hyp_vcpu;

/**
 * el2_init() - put the code for EL2 into pages of its own, with tables for it
 *
 * Return: 0 or -ENOMEM. On VHE hosts there is nothing to do.
 */
int el2_init(void);

/** el2_exit() - free all of that; no CPU has it at EL2 any more */
void el2_exit(void);

/**
 * el2_page_alloc() - a page that EL2 reads and writes, too
 * @gfp: how it is allocated; it may sleep
 *
 * Return: the page, of zeroes, or NULL
 */
void *el2_page_alloc(gfp_t gfp);

/**
 * el2_page_free() - take it from EL2 of all CPUs, and free it
 * @page: from el2_page_alloc(), or NULL
 */
void el2_page_free(void *page);

/**
 * el2_address() - where EL2 finds what is in a page that it shares
 * @p: in a page of el2_page_alloc()
 *
 * Return: the physical address if EL2 is not the kernel's, else that of the linear map
 */
u64 el2_address(const void *p);

/**
 * el2_prepare_cpu() - say what EL2 of a CPU is to be like
 * @c: the CPU's, shared with EL2
 * @stack: a page, shared with EL2
 */
void el2_prepare_cpu(struct hyp_cpu *c, void *stack);

/**
 * el2_take_cpu() - take EL2 of this CPU from the kernel's stub
 * @c: this CPU's, filled in
 *
 * Context: IRQs off.
 * Return: 0; -EBUSY: whoever is at EL2 is not the stub
 */
int el2_take_cpu(struct hyp_cpu *c);

/** el2_give_back_cpu() - leave EL2 of this CPU as it was found */
void el2_give_back_cpu(void);

/**
 * el2_call() - ask the code at EL2 of this CPU for something
 * @fn: NVHE_CALL_*
 * @a1: arguments as there
 * @a2: second
 * @a3: third
 *
 * By the conventions of SMCCC 1.0: X4 to X17 are lost.
 *
 * Context: preemption off.
 * Return: what it answers; NVHE_UNKNOWN_CALL from the stub
 */
static __always_inline u64 el2_call(u64 fn, u64 a1, u64 a2, u64 a3)
{
	register u64 x0 asm("x0") = fn;
	register u64 x1 asm("x1") = a1;
	register u64 x2 asm("x2") = a2;
	register u64 x3 asm("x3") = a3;

	asm volatile("hvc #0"
		     : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3)
		     : : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
			 "x13", "x14", "x15", "x16", "x17", "memory", "cc");
	return x0;
}

/**
 * el2_run() - run a guest, see nvhe_run()
 * @v: the vCPU, shared with EL2
 */
void el2_run(struct hyp_vcpu *v);

/** el2_stub_answers() - whether the kernel's stub is at EL2: only if somebody is */
bool el2_stub_answers(void);

#endif /* ARMVCPU_EL2_H */
