/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests. All of this is copied to RAM_BASE; a guest is entered at EL1 with
 * the MMU off and X0 the number of its vCPU. Most of them do rounds of one thing,
 * as many as the VMM says, between two looks at the counter, and say so.
 *
 * X19 interrupts taken; X20 rounds left; X21 counter before; X22 sum of ticks;
 * X23 to X25 the guest's own; X26 vCPU; X27 PORT_BASE; X28 SHARED_BASE; X15 GICD_SGIR
 * and X29 GICC_BASE with a GICv2.
 *
 * Assembled once for each model, BENCH_GIC.
 */
#include "layout.h"

#define ICC_PMR_EL1	S3_0_C4_C6_0
#define ICC_SGI1R_EL1	S3_0_C12_C11_5
#define ICC_IAR1_EL1	S3_0_C12_C12_0
#define ICC_EOIR1_EL1	S3_0_C12_C12_1
#define ICC_SRE_EL1	S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1	S3_0_C12_C12_7

	/* Acknowledge an interrupt; end it; its number without an SGI's source. */
	.macro	ack reg
#if BENCH_GIC == 2
	ldr	w\reg, [x29, #0xc]	/* GICC_IAR */
#else
	mrs	x\reg, ICC_IAR1_EL1
#endif
	.endm

	.macro	eoi reg
#if BENCH_GIC == 2
	str	w\reg, [x29, #0x10]	/* GICC_EOIR */
#else
	msr	ICC_EOIR1_EL1, x\reg
#endif
	.endm

	.macro	intid to, from
	and	w\to, w\from, #0x3ff
	.endm

	/* X24: what sends an SGI to a vCPU of this mask. */
	.macro	sgi_to mask
#if BENCH_GIC == 2
	ldr	w24, =(\mask << 16 | SGI)
#else
	ldr	x24, =(SGI << 24 | \mask)
#endif
	.endm

	.macro	send_sgi
#if BENCH_GIC == 2
	str	w24, [x15]
#else
	msr	ICC_SGI1R_EL1, x24
	isb
#endif
	.endm

	.section .text.guest, "ax"
	.balign	4096
	.globl	guest_begin
guest_begin:

	.macro	guest name
	.balign	64
	.globl	guest_\name
guest_\name:
	bl	setup
	.endm


	/* What is between these two is done by rounds, and the whole batch timed. */
	.macro	timed
701:	ldr	x20, [x28, #SHARED_ROUNDS]
	isb
	mrs	x21, cntvct_el0
702:	hint	#HINT_BEGIN
	.endm

	.macro	endtimed
	subs	x20, x20, #1
	b.ne	702b
	hint	#HINT_END
	isb
	mrs	x22, cntvct_el0
	sub	x22, x22, x21
	str	x22, [x28, #SHARED_TICKS]
	str	wzr, [x27, #PORT_DONE]
	b	701b
	.endm

	/* The same, but each round adds to X22 what it has measured itself. */
	.macro	summed
701:	ldr	x20, [x28, #SHARED_ROUNDS]
	mov	x22, #0
702:
	.endm

	.macro	endsummed
	subs	x20, x20, #1
	b.ne	702b
	str	x22, [x28, #SHARED_TICKS]
	str	wzr, [x27, #PORT_DONE]
	b	701b
	.endm

	/* What every guest begins with; X0 is kept. */
setup:
	mov	x26, x0
	mov	x27, #PORT_BASE
	ldr	x28, =SHARED_BASE
	mov	x19, #0
	adr	x1, vectors
	msr	vbar_el1, x1
	isb
	ret
	.ltorg

	/*
	 * The GIC: distributor on by vCPU 0, SPI edge-triggered, enabled and for vCPU 0;
	 * this vCPU's SGIs and timer enabled; interrupts taken. All are in one group, 0
	 * as they come with a GICv2, 1 with a GICv3, and ARE is on there.
	 */
gic:
#if BENCH_GIC == 2
	mov	x1, #GICD_BASE
	ldr	x29, =GICC_BASE
	add	x15, x1, #0xf00
	cbnz	x26, 1f
	mov	w2, #2
	str	w2, [x1, #0xc08]	/* GICD_ICFGR2 */
	mov	w2, #1
	strb	w2, [x1, #0x820]	/* GICD_ITARGETSR8 */
	str	w2, [x1, #0x104]	/* GICD_ISENABLER1 */
	str	w2, [x1]		/* GICD_CTLR */
1:	ldr	w2, =(1 << VTIMER | 0xffff)
	str	w2, [x1, #0x100]	/* GICD_ISENABLER0 */
	mov	w2, #0xf0
	str	w2, [x29, #4]		/* GICC_PMR */
	mov	w2, #1
	str	w2, [x29]		/* GICC_CTLR */
#else
	cbnz	x26, 1f
	mov	x1, #GICD_BASE
	mov	w2, #0x12
	str	w2, [x1]		/* GICD_CTLR */
	mov	w2, #-1
	str	w2, [x1, #0x84]		/* GICD_IGROUPR1 */
	mov	w2, #2
	str	w2, [x1, #0xc08]	/* GICD_ICFGR2 */
	mov	w2, #1
	str	w2, [x1, #0x104]	/* GICD_ISENABLER1 */
	mov	x2, #0x6100
	add	x2, x2, x1
	str	xzr, [x2]		/* GICD_IROUTER32 */
1:	ldr	x1, =GICR_BASE
	mov	x2, #GICR_STRIDE
	madd	x1, x26, x2, x1
	str	wzr, [x1, #0x14]	/* GICR_WAKER */
	add	x1, x1, #0x10000
	mov	w2, #-1
	str	w2, [x1, #0x80]		/* GICR_IGROUPR0 */
	ldr	w2, =(1 << VTIMER | 0xffff)
	str	w2, [x1, #0x100]	/* GICR_ISENABLER0 */
	mov	x2, #7
	msr	ICC_SRE_EL1, x2
	isb
	mov	x2, #0xf0
	msr	ICC_PMR_EL1, x2
	mov	x2, #1
	msr	ICC_IGRPEN1_EL1, x2
	isb
#endif
	msr	daifclr, #2
	ret
	.ltorg

	/*
	 * Exceptions: interrupts go to the guest's own handler, X25; X16 to X18 are
	 * the handler's. All others are for the VMM to report.
	 */
	.balign	2048
vectors:
	.set	n, 0
	.rept	16
	.balign	128
	.if	n == 5
	br	x25
	.else
	mrs	x0, esr_el1
	str	x0, [x27, #PORT_STUCK]
	b	.
	.endif
	.set	n, n + 1
	.endr

	/* ---- exits ------------------------------------------------------- */

	guest	mmio_read
	timed
	ldr	w0, [x27, #PORT_DATA]
	endtimed

	guest	mmio_write
	timed
	str	w0, [x27, #PORT_DATA]
	endtimed

	guest	bell
	timed
	str	w0, [x27, #PORT_BELL]
	endtimed

	guest	hvc_unknown
	ldr	x23, =0xc7000000	/* trusted OS calls: nobody's */
	timed
	mov	x0, x23
	hvc	#0
	endtimed

	guest	smccc_version
	ldr	x23, =0x80000000
	timed
	mov	x0, x23
	hvc	#0
	endtimed

	guest	psci_version
	ldr	x23, =0x84000000
	timed
	mov	x0, x23
	hvc	#0
	endtimed

	guest	sysreg_read_kernel
	timed
	mrs	x0, id_aa64pfr0_el1
	endtimed

	guest	sysreg_read_user
	timed
	mrs	x0, pmccntr_el0
	endtimed
	.ltorg

	/* ---- the GIC ------------------------------------------------------ */

	guest	gicd_read
	mov	x23, #GICD_BASE
	timed
	ldr	w0, [x23, #8]		/* GICD_IIDR */
	endtimed

	guest	gicd_read_state
	mov	x23, #GICD_BASE
	timed
	ldr	w0, [x23, #0x104]		/* GICD_ISENABLER1 */
	endtimed

	guest	gicd_write
	bl	gic
	mov	x23, #GICD_BASE
	mov	w24, #1
	timed
	str	w24, [x23, #0x104]		/* GICD_ISENABLER1: it is enabled */
	endtimed

	/* To itself, until the handler is through. */
	guest	sgi_self
	adr	x25, count_irq
	bl	gic
	sgi_to	1
	timed
	add	x23, x19, #1
	send_sgi
1:	cmp	x19, x23
	b.ne	1b
	endtimed

	/* X19 counts. */
count_irq:
	ack	16
	eoi	16
	add	x19, x19, #1
	eret

	/* From vCPU 0 to vCPU 1, to the first instruction of its handler. */
	guest	ipi
	adr	x25, stray_irq
	bl	gic
	sgi_to	2
	summed
	ldr	x23, [x28, #SHARED_SEQ]
	hint	#HINT_BEGIN
	isb
	mrs	x21, cntvct_el0
	send_sgi
1:	yield
	ldr	x0, [x28, #SHARED_SEQ]
	cmp	x0, x23
	b.eq	1b
	ldr	x0, [x28, #SHARED_STAMP]
	sub	x0, x0, x21
	add	x22, x22, x0
	endsummed

	guest	ipi_receiver
	adr	x25, stamp_irq
	bl	gic
	mov	x0, #1
	str	x0, [x28, #SHARED_READY]
1:	yield
	b	1b

stamp_irq:
	isb
	mrs	x17, cntvct_el0
	hint	#HINT_END
	ack	16
	eoi	16
	str	x17, [x28, #SHARED_STAMP]
	ldr	x16, [x28, #SHARED_SEQ]
	add	x16, x16, #1
	str	x16, [x28, #SHARED_SEQ]
	eret

	/* There and back. */
	guest	ipi_roundtrip
	adr	x25, count_irq
	bl	gic
	sgi_to	2
	timed
	add	x23, x19, #1
	send_sgi
1:	yield
	cmp	x19, x23
	b.ne	1b
	endtimed

	guest	ipi_echo
	adr	x25, echo_irq
	sgi_to	1
	bl	gic
	mov	x0, #1
	str	x0, [x28, #SHARED_READY]
1:	yield
	b	1b

echo_irq:
	ack	16
	eoi	16
	send_sgi
	eret

	/*
	 * The same with both asleep until the other's comes. IRQs are masked, so that
	 * none is lost between the look and the WFI.
	 */
	guest	wfi_ping
	adr	x25, stray_irq
	bl	gic
	msr	daifset, #2
	sgi_to	2
	timed
	send_sgi
1:	wfi
	ack	0
	intid	1, 0
	cmp	w1, #SGI
	b.ne	1b
	eoi	0
	endtimed

	guest	wfi_pong
	adr	x25, stray_irq
	bl	gic
	msr	daifset, #2
	sgi_to	1
	mov	x0, #1
	str	x0, [x28, #SHARED_READY]
1:	wfi
	ack	0
	intid	1, 0
	cmp	w1, #SGI
	b.ne	1b
	eoi	0
	send_sgi
	b	1b

stray_irq:
	ack	0
	str	x0, [x27, #PORT_STUCK]
	b	.

	/* Interrupts by the VMM: say that they came. */
	guest	irq_receiver
	adr	x25, seen_irq
	bl	gic
	mov	x0, #1
	str	x0, [x28, #SHARED_READY]
1:	yield
	b	1b

seen_irq:
	hint	#HINT_END
	ack	16
	/* Not before: the next edge would be lost in this one, while that is pending. */
	ldr	x17, [x28, #SHARED_SEQ]
	add	x17, x17, #1
	str	x17, [x28, #SHARED_SEQ]
	eoi	16
	eret

	/* From the time in CNTV_CVAL to the first instruction of the handler. */
	guest	timer_latency
	adr	x25, timer_irq
	bl	gic
	summed
	isb
	mrs	x21, cntvct_el0
	add	x21, x21, #500
	msr	cntv_cval_el0, x21
	add	x23, x19, #1
	mov	x0, #1
	msr	cntv_ctl_el0, x0
	isb
1:	hint	#HINT_AGAIN
	cmp	x19, x23
	b.ne	1b
	sub	x0, x24, x21
	add	x22, x22, x0
	endsummed

timer_irq:
	isb
	mrs	x24, cntvct_el0
	hint	#HINT_END
	msr	cntv_ctl_el0, xzr
	isb
	ack	16
	eoi	16
	add	x19, x19, #1
	eret

	/* ---- memory -------------------------------------------------------- */

	/* A store to each page of 4K, from the first on. */
	guest	touch
1:	mov	x23, #FRESH_BASE
	ldr	x20, [x28, #SHARED_ROUNDS]
	isb
	mrs	x21, cntvct_el0
2:	hint	#HINT_BEGIN
	str	x20, [x23]
	add	x23, x23, #4096
	subs	x20, x20, #1
	b.ne	2b
	hint	#HINT_END
	isb
	mrs	x22, cntvct_el0
	sub	x22, x22, x21
	str	x22, [x28, #SHARED_TICKS]
	str	wzr, [x27, #PORT_DONE]
	b	1b

	/* The same; the batch is one round, since few of the stores fault. */
	guest	touch_all
1:	mov	x23, #FRESH_BASE
	ldr	x20, [x28, #SHARED_ROUNDS]
	isb
	mrs	x21, cntvct_el0
	hint	#HINT_BEGIN
2:	str	x20, [x23]
	add	x23, x23, #4096
	subs	x20, x20, #1
	b.ne	2b
	hint	#HINT_END
	isb
	mrs	x22, cntvct_el0
	sub	x22, x22, x21
	str	x22, [x28, #SHARED_TICKS]
	str	wzr, [x27, #PORT_DONE]
	b	1b

	/* ---- exits for the VMM to count -------------------------------------- */

	guest	exits
1:	str	w0, [x27, #PORT_DATA]
	b	1b

	.ltorg
	.globl	guest_end
guest_end:

	.section .note.GNU-stack, "", %progbits
