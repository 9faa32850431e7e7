/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EL2 of a host that runs at EL1: how its code gets there and leaves, and the
 * vectors for the host's own exceptions.
 *
 * The kernel's stub answers HVC_SOFT_RESTART by a branch to a physical address at
 * EL2 with the MMU off; it does not return and changes no register of EL2. So it
 * is a subroutine call: nvhe_take saves what it finds, turns the MMU on with our
 * tables, and returns to the caller of HVC by ERET.
 */
#include "nvhe.h"
#include "offsets.h"

#define HYP(name)	nvhe_##name
#define HYP_GUEST_SCTLR	sctlr_el1

.macro	hyp_text
	.text
.endm

/* In TPIDR_EL2: struct hyp_cpu of this CPU. X0, X1 are on the stack, and lost. */
.macro	hyp_lost
	b	nvhe_lost
.endm

#include "entry.S"

/* The first instruction of the blob: the host knows no other address in it. */
	.section .head.text, "ax"
	b	nvhe_take
	.text

/*
 * x0: struct hyp_cpu, clean to the point of coherency. MMU off, so no stores
 * before it is on: they would pass by what the caches hold.
 */
SYM_CODE_START(nvhe_take)
	/* What the instruction cache holds of these addresses may be old. */
	ic	iallu
	dsb	nsh
	isb
	mrs	x3, vbar_el2
	mrs	x4, hcr_el2
	mrs	x5, sctlr_el2
	mrs	x6, tcr_el2
	mrs	x7, ttbr0_el2
	mrs	x8, mair_el2
	mrs	x9, tpidr_el2

	ldr	x10, [x0, #CPU_EL2_MAIR]
	msr	mair_el2, x10
	ldr	x10, [x0, #CPU_EL2_TCR]
	msr	tcr_el2, x10
	ldr	x10, [x0, #CPU_EL2_TTBR0]
	msr	ttbr0_el2, x10
	ldr	x10, [x0, #CPU_EL2_SCTLR]
	isb
	tlbi	alle2
	tlbi	alle1			// guests' of a former life
	dsb	nsh
	isb
	msr	sctlr_el2, x10
	isb

	stp	x3, x4, [x0, #CPU_EL2_FOUND_VBAR]
	stp	x5, x6, [x0, #CPU_EL2_FOUND_SCTLR]
	stp	x7, x8, [x0, #CPU_EL2_FOUND_TTBR0]
	str	x9, [x0, #CPU_EL2_FOUND_TPIDR]
	msr	tpidr_el2, x0
	ldr	x10, [x0, #CPU_EL2_STACK_TOP]
	mov	sp, x10
	adr_l	x10, nvhe_host_vectors
	msr	vbar_el2, x10
	mov	x0, xzr
	eret_and_stop
SYM_CODE_END(nvhe_take)

/*
 * Put back all that nvhe_take found. Clobbers x9 to x16. The MMU is off then,
 * and execution goes on because virtual addresses are physical ones.
 */
SYM_CODE_START_LOCAL(nvhe_give_back)
	mrs	x9, tpidr_el2
	ldp	x10, x11, [x9, #CPU_EL2_FOUND_VBAR]
	ldp	x12, x13, [x9, #CPU_EL2_FOUND_SCTLR]
	ldp	x14, x15, [x9, #CPU_EL2_FOUND_TTBR0]
	ldr	x16, [x9, #CPU_EL2_FOUND_TPIDR]
	msr	vbar_el2, x10
	msr	hcr_el2, x11
	msr	tpidr_el2, x16
	dsb	sy
	msr	sctlr_el2, x12
	isb
	msr	tcr_el2, x13
	msr	ttbr0_el2, x14
	msr	mair_el2, x15
	tlbi	alle2
	dsb	nsh
	isb
	ret
SYM_CODE_END(nvhe_give_back)

/*
 * The stub's own calls, which kexec, hibernation and whoever wants EL2 next use.
 * Each of them first gives EL2 back, but FINALISE_EL2, which the kernel is done with.
 */
SYM_CODE_START_LOCAL(nvhe_stub_call)
	mov	x17, x30
	cmp	x0, #STUB_FINALISE_EL2
	b.eq	2f
	cmp	x0, #STUB_SOFT_RESTART
	b.eq	1f
	cmp	x0, #STUB_RESET_VECTORS
	b.eq	3f
	/* STUB_SET_VECTORS */
	bl	nvhe_give_back
	msr	vbar_el2, x1
	b	2f
3:	bl	nvhe_give_back
2:	mov	x0, xzr
	mov	x30, x17
	eret_and_stop
1:	bl	nvhe_give_back
	mov	x0, x2
	mov	x2, x4
	mov	x4, x1
	mov	x1, x3
	br	x4
SYM_CODE_END(nvhe_stub_call)

SYM_CODE_START_LOCAL(nvhe_host_sync)
	/* The caller of HVC expects X0 to X17 to change, nothing else. */
	mrs	x16, esr_el2
	ubfx	x16, x16, #26, #6
	cmp	x16, #0x16		// HVC from AArch64
	b.ne	nvhe_host_lost
	cmp	x0, #NVHE_STUB_CALLS
	b.lo	nvhe_stub_call
	stp	x29, x30, [sp, #-48]!
	mrs	x16, elr_el2
	mrs	x17, spsr_el2
	stp	x16, x17, [sp, #16]
	str	x18, [sp, #32]
	mrs	x4, tpidr_el2
	bl	nvhe_call
	ldr	x18, [sp, #32]
	ldp	x16, x17, [sp, #16]
	msr	elr_el2, x16
	msr	spsr_el2, x17
	ldp	x29, x30, [sp], #48
	eret_and_stop
SYM_CODE_END(nvhe_host_sync)

/*
 * An exception that nobody expects, of the host, of a guest, of EL2 itself: the
 * host gets its CPU back and panics, with the registers as arguments.
 */
SYM_CODE_START_LOCAL(nvhe_host_lost)
SYM_INNER_LABEL(nvhe_lost, SYM_L_LOCAL)
	mrs	x19, tpidr_el2
	ldr	x20, [x19, #CPU_EL2_STACK_TOP]
	mov	sp, x20
	mov	x0, x19
	bl	nvhe_abandon
	adr_l	x10, nvhe_host_vectors
	msr	vbar_el2, x10
	ldr	x10, [x19, #CPU_EL2_PANIC]
	msr	elr_el2, x10
	mov	x10, #0x3c5		// EL1h, D, A, I and F set
	msr	spsr_el2, x10
	/* X18 may be a guest's or user space's. */
	ldr	x18, [x19, #CPU_EL2_SHADOW_STACK]
	ldp	x0, x1, [x19, #CPU_LOST_SPSR]
	ldp	x2, x3, [x19, #CPU_LOST_ESR]
	eret_and_stop
SYM_CODE_END(nvhe_host_lost)

.macro	host_vector target
	.align	7
	b	\target
.endm

	.align	11
SYM_CODE_START(nvhe_host_vectors)
	host_vector	nvhe_host_lost		// EL2t
	host_vector	nvhe_host_lost
	host_vector	nvhe_host_lost
	host_vector	nvhe_host_lost

	host_vector	nvhe_host_lost		// EL2h
	host_vector	nvhe_host_lost
	host_vector	nvhe_host_lost
	host_vector	nvhe_host_lost

	host_vector	nvhe_host_sync		// AArch64 EL1 and EL0
	host_vector	nvhe_host_lost
	host_vector	nvhe_host_lost
	host_vector	nvhe_host_lost

	host_vector	nvhe_host_lost		// AArch32 EL0
	host_vector	nvhe_host_lost
	host_vector	nvhe_host_lost
	host_vector	nvhe_host_lost
SYM_CODE_END(nvhe_host_vectors)
