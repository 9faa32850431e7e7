/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into the guest and out of it: general registers, SP_EL0 and the vectors.
 *
 * Included by a wrapper for each host mode, which defines
 *   HYP(name)		the name with the mode's prefix
 *   HYP_GUEST_SCTLR	SCTLR_EL1 of the guest, as EL2 reaches it
 *   hyp_lost		what to do with an exception that nobody expects
 *   hyp_text		the section that all of this goes to
 *
 * SP_EL0 is "current" to the kernel and the base of its stack canary, so no C
 * runs between the two places where it changes hands.
 *
 * The stack of EL2 while a guest runs, from SP up:
 *
 *	  0	struct hyp_vcpu *, struct hyp_cpu *
 *	 16	host's SP_EL0, host's X18
 *	 32	host's X19 to X28
 *	112	host's X29, X30
 */
#include <linux/linkage.h>
#include <asm/assembler.h>
#include <asm/sysreg.h>

#include "el2.h"
#include "offsets.h"

#define FRAME		128
#define FRAME_VCPU	0
#define FRAME_CPU	8
#define FRAME_SP_EL0	16

#define ESR_EC_SHIFT	26
/* ISS of a trapped MRS: op0, CRn, the top of CRm, direction (D19.2.40) */
#define ISS_SYS_ID_MASK	0x303c11
#define ISS_SYS_ID	0x300001
#define ISS_SYS_OP1	0x1c000
#define ISS_SYS_RT	0x3e0
#define ISS_SYS_RT_SHIFT 5
/* ESR_EL2 of MRS CTR_EL0 but for Rt: EC, IL, op0 = 3, op2 = 1, op1 = 3 */
#define ESR_CTR		0x6232c001
/*
 * ISS of a data abort (D19.2.40): ISV, a word, a load, not sign extended, no acquire,
 * no walk, no cache maintenance; a translation fault of any level
 */
#define ISS_LOAD_MASK	0x1e07ffc
#define ISS_LOAD	0x1800004
#define ISS_BIT_WNR	6
#define ISS_SRT_SHIFT	16
/* SPSR_EL2, C5.2.19 */
#define SPSR_BTYPE	0xc00
#define SPSR_BIT_SS	21
/* SCTLR_EL1.E0E and EE, D19.2.118 */
#define SCTLR_BIG_ENDIAN	0x3000000

#define EXIT_IRQ	0
#define EXIT_SYNC	1
#define EXIT_SERROR	2
#define EXIT_ILLEGAL	3
#define EXIT_SERROR_BIT	0x100

/* No instruction after an ERET may be speculated into (straight-line). */
.macro	eret_and_stop
	eret
	dsb	nsh
	isb
.endm

/*
 * Xt = X1, where Rt is in the syndrome in X0; then on at 5. By direct branches, one for
 * each bit of Rt. X0 and X1 are on the stack; 31 is XZR.
 */
.macro set_rt bit=4, rt=0
	.if	\bit >= 0
	tbnz	x0, #ISS_SYS_RT_SHIFT + \bit, .Lone\@
	set_rt	%(\bit - 1), \rt
.Lone\@:
	set_rt	%(\bit - 1), %(\rt + (1 << \bit))
	.else
	.if	\rt < 2
	str	x1, [sp, #8 * \rt]
	.elseif	\rt < 31
	mov	x\rt, x1
	.endif
	b	5f
	.endif
.endm

/*
 * On at \slow where the vector may not answer in place of the host, or where an
 * instruction that is done changes BTYPE or SS. X\vcpu: struct hyp_vcpu; X\tmp is
 * SPSR_EL2 after it.
 */
.macro unless_plain vcpu, tmp, slow
	ldr	w\tmp, [x\vcpu, #VCPU_FLAGS]
	tbz	w\tmp, #VCPU_FLAG_BIT_FAST, \slow
	mrs	x\tmp, spsr_el2
	tst	x\tmp, #SPSR_BTYPE
	b.ne	\slow
	tbnz	x\tmp, #SPSR_BIT_SS, \slow
.endm

	hyp_text

/*
 * u32 enter(struct hyp_vcpu *v, struct hyp_cpu *c)
 *
 * ELR_EL2 and SPSR_EL2 are the guest's, all exceptions are masked. Returns
 * HYP_EXIT_*; a context synchronization event has happened on each way out.
 */
SYM_FUNC_START(HYP(enter))
	sub	sp, sp, #FRAME
	stp	x29, x30, [sp, #112]
	stp	x19, x20, [sp, #32]
	stp	x21, x22, [sp, #48]
	stp	x23, x24, [sp, #64]
	stp	x25, x26, [sp, #80]
	stp	x27, x28, [sp, #96]
	mrs	x2, sp_el0
	stp	x0, x1, [sp, #FRAME_VCPU]
	stp	x2, x18, [sp, #FRAME_SP_EL0]

	/*
	 * An error that is pending now is the host's: with RAS a barrier makes
	 * it show in ISR_EL1. Any pending interrupt spares us the round trip.
	 */
	ldr	x3, [x1, #HYP_CPU_FEATURES]
	tbz	x3, #FEATURE_BIT_RAS, 1f
	dsb	nshst
	isb
1:	mrs	x3, isr_el1
	cbz	x3, 2f
	isb
	mov	w0, #EXIT_IRQ
	ldp	x29, x30, [sp, #112]
	add	sp, sp, #FRAME
	ret

2:	ldr	x3, [x0, #VCPU_SP_EL0]
	msr	sp_el0, x3
	ldp	x2, x3, [x0, #VCPU_X(2)]
	ldp	x4, x5, [x0, #VCPU_X(4)]
	ldp	x6, x7, [x0, #VCPU_X(6)]
	ldp	x8, x9, [x0, #VCPU_X(8)]
	ldp	x10, x11, [x0, #VCPU_X(10)]
	ldp	x12, x13, [x0, #VCPU_X(12)]
	ldp	x14, x15, [x0, #VCPU_X(14)]
	ldp	x16, x17, [x0, #VCPU_X(16)]
	ldp	x18, x19, [x0, #VCPU_X(18)]
	ldp	x20, x21, [x0, #VCPU_X(20)]
	ldp	x22, x23, [x0, #VCPU_X(22)]
	ldp	x24, x25, [x0, #VCPU_X(24)]
	ldp	x26, x27, [x0, #VCPU_X(26)]
	ldp	x28, x29, [x0, #VCPU_X(28)]
	ldr	x30, [x0, #VCPU_X(30)]
	ldp	x0, x1, [x0, #VCPU_X(0)]
	eret_and_stop
SYM_FUNC_END(HYP(enter))

/*
 * A synchronous exception of the guest, X0 and X1 on the stack. What can be answered
 * from struct hyp_vcpu, or from a word that it has the address of, is, and the guest
 * goes on:
 *
 * - no function of C, and no indirect branch, so that nothing the guest has taught
 *   the branch predictors is made use of (hyp-lint.sh looks);
 * - no barrier and no look at interrupts: one that is pending is taken at the ERET;
 * - no ESB: an error of the guest's stays pending, and is taken at the ERET, too.
 */
SYM_CODE_START_LOCAL(HYP(guest_sync))
	mrs	x0, esr_el2
	ubfx	x1, x0, #ESR_EC_SHIFT, #6
	cmp	x1, #EC_HVC64
	b.eq	HYP(fast_call)
	cmp	x1, #EC_SYS64
	b.eq	HYP(fast_idreg)
	cmp	x1, #EC_DABT_LOW
	b.eq	HYP(fast_load)
HYP(not_fast):
	hint	#16			// ESB, whatever the kernel's configuration
	ldr	x0, [sp, #16 + FRAME_VCPU]
	mov	w1, #EXIT_SYNC
	b	HYP(leave)

	/*
	 * HVC #0 of a function whose result does not change; ELR_EL2 is behind it.
	 */
HYP(fast_call):
	tst	x0, #0xffff
	b.ne	HYP(not_fast)
	ldr	x0, [sp, #16 + FRAME_VCPU]
	unless_plain 0, 1, HYP(not_fast)
	ldr	w1, [sp]
	stp	x2, x3, [sp, #-16]!
	add	x0, x0, #VCPU_FAST_CALL
	.rept	NR_FAST_CALLS
	ldp	w2, w3, [x0], #8
	cmp	w1, w2
	b.eq	1f
	.endr
	/* x0: fast_unknown. Owners 0, 4, 6 of SMCCC have calls that are known. */
	ldr	w3, [x0]
	cbz	w3, 2f
	ubfx	w2, w1, #24, #6
	mov	w1, #0x51
	lsr	w1, w1, w2
	tbnz	w1, #0, 2f
1:	ldr	x0, [sp, #32 + FRAME_VCPU]
	ldr	x1, [x0, #VCPU_FAST_COUNT]
	add	x1, x1, #1
	str	x1, [x0, #VCPU_FAST_COUNT]
	sxtw	x0, w3
	ldp	x2, x3, [sp], #16
	ldr	x1, [sp, #8]
	add	sp, sp, #16
	eret_and_stop
2:	ldp	x2, x3, [sp], #16
	b	HYP(not_fast)

	/*
	 * Load of one of the GIC's registers whose value is a word in memory. Its pages
	 * are never mapped, so this is the fault of stage 2 for which HPFAR_EL2 is valid.
	 */
HYP(fast_load):
	tbnz	w0, #ISS_BIT_WNR, HYP(not_fast)
	stp	x2, x3, [sp, #-16]!
	ldr	x3, [sp, #32 + FRAME_VCPU]
	mrs	x0, hpfar_el2
	ldp	x1, x2, [x3, #VCPU_FAST_PAGE]
	cmp	x0, x1
	ccmp	x0, x2, #4, ne		// Z where it was the first
	b.ne	2b
	cmp	x0, x1
	add	x1, x3, #VCPU_FAST_WORD
	add	x2, x3, #VCPU_FAST_WORD + NR_FAST_WORDS * 8
	csel	x1, x1, x2, eq
	mrs	x0, esr_el2
	mov	w2, #(ISS_LOAD_MASK & 0xffff)
	movk	w2, #(ISS_LOAD_MASK >> 16), lsl #16
	and	w2, w0, w2
	mov	w3, #(ISS_LOAD & 0xffff)
	movk	w3, #(ISS_LOAD >> 16), lsl #16
	cmp	w2, w3
	b.ne	2b
	ldr	x2, [sp, #32 + FRAME_CPU]
	ldr	x2, [x2, #HYP_CPU_FEATURES]
	tbnz	x2, #FEATURE_BIT_834220, 2b
	ldr	x3, [sp, #32 + FRAME_VCPU]
	unless_plain 3, 2, 2b
	mrs	x2, HYP_GUEST_SCTLR
	tst	x2, #SCTLR_BIG_ENDIAN
	b.ne	2b
	mrs	x2, far_el2
	and	x2, x2, #0xfff
	tst	x2, #3
	b.ne	2b
	cmp	x2, #4 * (NR_FAST_WORDS - 1)
	b.hi	2b
	/* Within the table also where a branch above is predicted wrongly. */
	and	x2, x2, #4 * (NR_FAST_WORDS - 1)
	add	x1, x1, x2, lsl #1
	ldr	x2, [x1]
	cbz	x2, 2b
	ldr	x1, [x2]
	lsr	x2, x1, #32
	cbnz	x2, 2b
	lsr	x0, x0, #(ISS_SRT_SHIFT - ISS_SYS_RT_SHIFT)
	b	HYP(fast_result)

	/*
	 * MRS of op0 = 3, op1 = 0, CRn = 0, CRm below 8: identification, trapped by
	 * HCR_EL2.TID1 and TID3. And of CTR_EL0, trapped by TID2, which is read for each
	 * range of cache lines that is cleaned.
	 */
HYP(fast_idreg):
	stp	x2, x3, [sp, #-16]!
	mov	w1, #(ISS_SYS_ID_MASK & 0xffff)
	movk	w1, #(ISS_SYS_ID_MASK >> 16), lsl #16
	and	w1, w0, w1
	mov	w2, #(ISS_SYS_ID & 0xffff)
	movk	w2, #(ISS_SYS_ID >> 16), lsl #16
	cmp	w1, w2
	b.ne	2b
	ldr	x3, [sp, #32 + FRAME_VCPU]
	unless_plain 3, 1, 2b
	tst	w0, #ISS_SYS_OP1
	b.ne	4f
	tbz	x1, #2, 2b		// EL0 has none of these
	ubfx	x1, x0, #1, #3		// CRm
	ubfx	x2, x0, #17, #3		// op2
	add	x1, x2, x1, lsl #3
	ldr	x2, [x3, #VCPU_FAST_IDREGS]
	lsr	x2, x2, x1
	tbz	x2, #0, 2b
	add	x2, x3, #VCPU_IDREG
	ldr	x1, [x2, x1, lsl #3]

	/* x1 is for Rt, whose number is in x0; x3: struct hyp_vcpu */
HYP(fast_result):
	ldr	x2, [x3, #VCPU_FAST_COUNT]
	add	x2, x2, #1
	str	x2, [x3, #VCPU_FAST_COUNT]
	mrs	x2, elr_el2
	add	x2, x2, #4
	msr	elr_el2, x2
	ldp	x2, x3, [sp], #16
	.altmacro
	set_rt
	.noaltmacro
5:	ldp	x0, x1, [sp], #16
	eret_and_stop

	/* Whether EL0 may read it EL1 says, to which it traps first. */
4:	and	w1, w0, #~ISS_SYS_RT
	mov	w2, #(ESR_CTR & 0xffff)
	movk	w2, #(ESR_CTR >> 16), lsl #16
	cmp	w1, w2
	b.ne	2b
	ldr	x1, [x3, #VCPU_FAST_CTR]
	b	HYP(fast_result)
SYM_CODE_END(HYP(guest_sync))

/* x0: struct hyp_vcpu, w1: HYP_EXIT_*, the guest's X0 and X1 on the stack */
SYM_CODE_START_LOCAL(HYP(leave))
	stp	x2, x3, [x0, #VCPU_X(2)]
	ldp	x2, x3, [sp], #16
	stp	x2, x3, [x0, #VCPU_X(0)]
	stp	x4, x5, [x0, #VCPU_X(4)]
	stp	x6, x7, [x0, #VCPU_X(6)]
	stp	x8, x9, [x0, #VCPU_X(8)]
	stp	x10, x11, [x0, #VCPU_X(10)]
	stp	x12, x13, [x0, #VCPU_X(12)]
	stp	x14, x15, [x0, #VCPU_X(14)]
	stp	x16, x17, [x0, #VCPU_X(16)]
	stp	x18, x19, [x0, #VCPU_X(18)]
	stp	x20, x21, [x0, #VCPU_X(20)]
	stp	x22, x23, [x0, #VCPU_X(22)]
	stp	x24, x25, [x0, #VCPU_X(24)]
	stp	x26, x27, [x0, #VCPU_X(26)]
	stp	x28, x29, [x0, #VCPU_X(28)]
	str	x30, [x0, #VCPU_X(30)]
	mrs	x2, sp_el0
	str	x2, [x0, #VCPU_SP_EL0]

	ldp	x2, x18, [sp, #FRAME_SP_EL0]
	msr	sp_el0, x2
	ldp	x19, x20, [sp, #32]
	ldp	x21, x22, [sp, #48]
	ldp	x23, x24, [sp, #64]
	ldp	x25, x26, [sp, #80]
	ldp	x27, x28, [sp, #96]
	ldp	x29, x30, [sp, #112]
	ldr	x2, [sp, #FRAME_CPU]
	ldr	x8, [x2, #HYP_CPU_SPECTRE]
	ldr	x2, [x2, #HYP_CPU_FEATURES]
	add	sp, sp, #FRAME

	/* An exception from EL1 to EL2 leaves PSTATE.PAN as the guest had it. */
	tbz	x2, #FEATURE_BIT_PAN, 1f
	SET_PSTATE_PAN(1)
1:	tbz	x2, #FEATURE_BIT_CLEARS_PAN, 2f
	SET_PSTATE_PAN(0)
2:
	/*
	 * The RET is the first indirect branch since the guest, which may not say
	 * where it is predicted to go, nor any later one. Nobody uses x8 to x11.
	 */
	cbz	x8, 8f
	tbnz	x8, #SPECTRE_BIT_CLRBHB, 6f
	cbnz	w8, 7f
	lsr	x8, x8, #SPECTRE_LOOP_SHIFT
5:	b	. + 4
	subs	x8, x8, #1
	b.ne	5b
	b	8f
6:	hint	#22			// CLRBHB
	b	8f
7:	mov	x9, x0			// SMCCC 1.1 leaves x4 to x17
	mov	w10, w1
	mov	x11, x2
	mov	w0, w8
	smc	#0
	mov	x0, x9
	mov	w1, w10
	mov	x2, x11
	/*
	 * The branches above are predicted, too: no way round them to the RET, for
	 * each of the two ways from here begins with DSB and ISB.
	 *
	 * Whose is a pending SError? With RAS the ESB at the head of the vector
	 * has deferred the guest's into DISR_EL1. Without, what is pending by
	 * now is taken here, in a window of one instruction.
	 */
8:	tbz	x2, #FEATURE_BIT_RAS, 2f
	dsb	nsh
	isb
	mrs_s	x3, SYS_DISR_EL1
	cbz	x3, 4f
	msr_s	SYS_DISR_EL1, xzr
	str	x3, [x0, #VCPU_DISR]
	orr	w1, w1, #EXIT_SERROR_BIT
	b	4f

2:	dsb	sy
	isb
	mrs	x3, isr_el1
	tbz	x3, #8, 4f		// ISR_EL1.A
	mrs	x4, elr_el2
	mrs	x5, spsr_el2
	mrs	x6, esr_el2
	mov	x7, xzr
	msr	daifclr, #4
HYP(serror_window):
	isb
HYP(serror_window_end):
	msr	daifset, #4
	msr	elr_el2, x4
	msr	spsr_el2, x5
	msr	esr_el2, x6
	str	x7, [x0, #VCPU_DISR]
	orr	w1, w1, #EXIT_SERROR_BIT
4:	mov	w0, w1
	ret
SYM_CODE_END(HYP(leave))

/* An exception of EL2 itself, X0 and X1 on the stack. */
SYM_CODE_START_LOCAL(HYP(el2_sync))
	mrs	x0, spsr_el2
	tbz	x0, #20, 1f		// SPSR_EL2.IL
	/* The ERET was illegal; the guest's registers are all there. */
	ldr	x0, [sp, #16 + FRAME_VCPU]
	mov	w1, #EXIT_ILLEGAL
	b	HYP(leave)
1:	mrs	x0, elr_el2
	adr	x1, HYP(translate_at)
	cmp	x0, x1
	b.ne	2f
	/* The guest's tables are where walking them is an external abort. */
	adr	x0, HYP(translate_failed)
	msr	elr_el2, x0
	ldp	x0, x1, [sp], #16
	eret_and_stop
2:	hyp_lost
SYM_CODE_END(HYP(el2_sync))

SYM_CODE_START_LOCAL(HYP(el2_serror))
	mrs	x0, elr_el2
	adr	x1, HYP(serror_window)
	cmp	x0, x1
	b.lo	1f
	adr	x1, HYP(serror_window_end)
	cmp	x0, x1
	b.hi	1f
	/* Expected: hand its syndrome to the window in X7 and go back there. */
	mrs	x7, esr_el2
	ldp	x0, x1, [sp], #16
	eret_and_stop
1:	hyp_lost
SYM_CODE_END(HYP(el2_serror))

SYM_CODE_START_LOCAL(HYP(el2_invalid))
	hyp_lost
SYM_CODE_END(HYP(el2_invalid))

.macro	el2_vector target
	.align	7
	stp	x0, x1, [sp, #-16]!
	b	HYP(\target)
.endm

.macro	guest_vector kind
	.align	7
	hint	#16			// ESB, whatever the kernel's configuration
	stp	x0, x1, [sp, #-16]!
	ldr	x0, [sp, #16 + FRAME_VCPU]
	mov	w1, #\kind
	b	HYP(leave)
.endm

.macro	guest_vector_sync
	.align	7
	stp	x0, x1, [sp, #-16]!
	b	HYP(guest_sync)
.endm

	.align	11
SYM_CODE_START(HYP(vectors))
	el2_vector	el2_invalid		// EL2t
	el2_vector	el2_invalid
	el2_vector	el2_invalid
	el2_vector	el2_invalid

	el2_vector	el2_sync		// EL2h
	el2_vector	el2_invalid
	el2_vector	el2_invalid
	el2_vector	el2_serror

	guest_vector_sync			// AArch64 EL1 and EL0
	guest_vector	EXIT_IRQ
	guest_vector	EXIT_IRQ
	guest_vector	EXIT_SERROR

	guest_vector	EXIT_SYNC		// AArch32 EL0
	guest_vector	EXIT_IRQ
	guest_vector	EXIT_IRQ
	guest_vector	EXIT_SERROR
SYM_CODE_END(HYP(vectors))

/*
 * u64 translate(u64 va)
 *
 * What PAR_EL1 says of an address by the guest's stage 1, which is loaded. The walk
 * is the guest's to fool, and may take an exception here. PAR_EL1 is lost.
 */
SYM_FUNC_START(HYP(translate))
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
HYP(translate_at):
	at	s1e1r, x0
	isb
	dmb	sy			// erratum 1508412, around a read of PAR_EL1
	mrs	x0, par_el1
	dmb	sy
	ret
HYP(translate_failed):
	msr	elr_el2, x2
	msr	spsr_el2, x3
	mov	x0, #1			// PAR_EL1.F
	ret
SYM_FUNC_END(HYP(translate))

/* void fp_load(const struct hyp_fpsimd *fp) */
SYM_FUNC_START(HYP(fp_load))
	ldp	q0, q1, [x0, #32 * 0]
	ldp	q2, q3, [x0, #32 * 1]
	ldp	q4, q5, [x0, #32 * 2]
	ldp	q6, q7, [x0, #32 * 3]
	ldp	q8, q9, [x0, #32 * 4]
	ldp	q10, q11, [x0, #32 * 5]
	ldp	q12, q13, [x0, #32 * 6]
	ldp	q14, q15, [x0, #32 * 7]
	ldp	q16, q17, [x0, #32 * 8]
	ldp	q18, q19, [x0, #32 * 9]
	ldp	q20, q21, [x0, #32 * 10]
	ldp	q22, q23, [x0, #32 * 11]
	ldp	q24, q25, [x0, #32 * 12]
	ldp	q26, q27, [x0, #32 * 13]
	ldp	q28, q29, [x0, #32 * 14]
	ldp	q30, q31, [x0, #32 * 15]
	ldr	w1, [x0, #512]
	ldr	w2, [x0, #516]
	msr	fpsr, x1
	msr	fpcr, x2
	ret
SYM_FUNC_END(HYP(fp_load))

/* void fp_save(struct hyp_fpsimd *fp) */
SYM_FUNC_START(HYP(fp_save))
	stp	q0, q1, [x0, #32 * 0]
	stp	q2, q3, [x0, #32 * 1]
	stp	q4, q5, [x0, #32 * 2]
	stp	q6, q7, [x0, #32 * 3]
	stp	q8, q9, [x0, #32 * 4]
	stp	q10, q11, [x0, #32 * 5]
	stp	q12, q13, [x0, #32 * 6]
	stp	q14, q15, [x0, #32 * 7]
	stp	q16, q17, [x0, #32 * 8]
	stp	q18, q19, [x0, #32 * 9]
	stp	q20, q21, [x0, #32 * 10]
	stp	q22, q23, [x0, #32 * 11]
	stp	q24, q25, [x0, #32 * 12]
	stp	q26, q27, [x0, #32 * 13]
	stp	q28, q29, [x0, #32 * 14]
	stp	q30, q31, [x0, #32 * 15]
	mrs	x1, fpsr
	mrs	x2, fpcr
	str	w1, [x0, #512]
	str	w2, [x0, #516]
	ret
SYM_FUNC_END(HYP(fp_save))
