/* SPDX-License-Identifier: GPL-2.0-only */
/* How guests begin, and their exception vectors. */
#include "guest.h"

#define TCR	(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32)
#define SCTLR	0x30d01805	/* RES1, I, C, M (Arm ARM D19.2.118) */

	.section .text.guest, "ax"

/* A vCPU that PSCI started: MMU off, x0 its number. */
	.globl	guest_secondary
guest_secondary:
	mov	x3, x0
	mov	x1, x0
	add	x4, x0, #1
	mov	x5, #STACK_SIZE
	ldr	x6, =STACK_BASE
	madd	x6, x4, x5, x6
	mov	sp, x6
	mov	x2, #RAM_BASE
	mov	x0, #0
	/* fall through */

/*
 * x0: function, 0 for guest_secondary_fn; x1: its argument; x2: TTBR0_EL1,
 * 0 to leave the MMU off; x3: number of the vCPU. SP is set.
 */
	.globl	guest_start
guest_start:
	msr	tpidr_el1, x3
	ldr	x4, =guest_vectors_c
	msr	vbar_el1, x4
	mov	x4, #3 << 20		/* CPACR_EL1.FPEN */
	msr	cpacr_el1, x4
	isb
	cbz	x2, 1f
	mov	x4, #0xff		/* attribute 0: normal, write back; 1: device */
	msr	mair_el1, x4
	ldr	x4, =TCR
	msr	tcr_el1, x4
	msr	ttbr0_el1, x2
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	ldr	x4, =SCTLR
	msr	sctlr_el1, x4
	isb
1:	cbnz	x0, 2f
	ldr	x0, =guest_secondary_fn
	ldr	x0, [x0]
2:	mov	x9, x0
	mov	x0, x1
	mov	x29, #0
	blr	x9
	bl	guest_done
	.ltorg

/* Vectors that say which one it was and stop; they change x17. */
	.balign	2048
	.globl	guest_vectors_plain
guest_vectors_plain:
	.set	n, 0
	.rept	16
	.balign	128
	mov	x17, #PORT_BASE
	str	x17, [x17, #(PORT_VECTOR - PORT_BASE) + 8 * n]
	b	.
	.set	n, n + 1
	.endr

/* Vectors of C guests. */
	.macro	vector	n
	.balign	128
	sub	sp, sp, #272
	stp	x0, x1, [sp]
	mov	x1, #\n
	b	save
	.endm

	.balign	2048
	.globl	guest_vectors_c
guest_vectors_c:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vector	\n
	.endr

save:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x2, elr_el1
	stp	x30, x2, [sp, #240]
	mrs	x2, spsr_el1
	str	x2, [sp, #256]
	mov	x0, sp
	bl	guest_exception
	ldr	x2, [sp, #256]
	msr	spsr_el1, x2
	ldp	x30, x2, [sp, #240]
	msr	elr_el1, x2
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	ldp	x0, x1, [sp], #272
	eret

	.section .note.GNU-stack, "", %progbits
