/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest entry, exit and vectors of VHE hosts. */
#include "vhe.h"

#define HYP(name)	vhe_##name
#define HYP_GUEST_SCTLR	s3_5_c1_c0_0	/* SCTLR_EL12 */

/* No probe may be set where SP_EL0 is the guest's. */
.macro	hyp_text
	.section .kprobes.text, "ax"
.endm

/* TPIDR_EL2 holds the kernel's per-CPU offset and is never the guest's. */
.macro	hyp_lost
	adr_this_cpu x0, vhe_lost_context, x1
#ifdef CONFIG_SHADOW_CALL_STACK
	ldr	x18, [x0, #VHE_LOST_SCS]
#endif
	ldr	x0, [x0, #VHE_LOST_TASK]
	msr	sp_el0, x0
	mrs	x0, spsr_el2
	mrs	x1, elr_el2
	mrs	x2, esr_el2
	mrs	x3, far_el2
	b	vhe_lost
.endm

#include "entry.S"
