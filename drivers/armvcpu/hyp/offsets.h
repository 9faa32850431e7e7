/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets that entry.S uses; switch.c asserts each against the structure. */
#ifndef ARMVCPU_HYP_OFFSETS_H
#define ARMVCPU_HYP_OFFSETS_H

#define VCPU_X(n)		((n) * 8)
#define VCPU_SP_EL0		248
#define VCPU_DISR		272
#define VCPU_FLAGS		288
#define VCPU_FAST_CALL		296	/* and after the last of them fast_unknown */
#define VCPU_FAST_COUNT		328
#define VCPU_FAST_IDREGS	336
#define VCPU_FAST_PAGE		344
#define VCPU_FAST_WORD		360
#define VCPU_IDREG		424
#define VCPU_FAST_CTR		936
#define NR_FAST_CALLS		3
#define NR_FAST_WORDS		4
#define VCPU_FLAG_BIT_FAST	2
#define HYP_CPU_FEATURES	0
#define HYP_CPU_SPECTRE		16
#define HYP_CPU_EL2		32	/* struct hyp_cpu.el2 */
#define CPU_EL2_TTBR0		(HYP_CPU_EL2 + 0)
#define CPU_EL2_TCR			(HYP_CPU_EL2 + 8)
#define CPU_EL2_MAIR		(HYP_CPU_EL2 + 16)
#define CPU_EL2_SCTLR		(HYP_CPU_EL2 + 24)
#define CPU_EL2_STACK_TOP		(HYP_CPU_EL2 + 32)
#define CPU_EL2_PANIC		(HYP_CPU_EL2 + 40)
#define CPU_EL2_FOUND_VBAR		(HYP_CPU_EL2 + 48)
#define CPU_EL2_FOUND_HCR		(HYP_CPU_EL2 + 56)
#define CPU_EL2_FOUND_SCTLR		(HYP_CPU_EL2 + 64)
#define CPU_EL2_FOUND_TCR		(HYP_CPU_EL2 + 72)
#define CPU_EL2_FOUND_TTBR0		(HYP_CPU_EL2 + 80)
#define CPU_EL2_FOUND_MAIR		(HYP_CPU_EL2 + 88)
#define CPU_EL2_FOUND_TPIDR		(HYP_CPU_EL2 + 96)
#define CPU_EL2_SHADOW_STACK		(HYP_CPU_EL2 + 112)
#define CPU_LOST_SPSR			(HYP_CPU_EL2 + 128)
#define CPU_LOST_ESR			(HYP_CPU_EL2 + 144)

#define SPECTRE_BIT_CLRBHB	63
#define SPECTRE_LOOP_SHIFT	32

#define FEATURE_BIT_RAS		0
#define FEATURE_BIT_PAN		1
#define FEATURE_BIT_834220	9
#define FEATURE_BIT_CLEARS_PAN	13

#endif /* ARMVCPU_HYP_OFFSETS_H */
