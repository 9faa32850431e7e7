/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets that entry.S uses; switch.c asserts each against the structure. */
#ifndef ARMVCPU_HYP_OFFSETS_H
#define ARMVCPU_HYP_OFFSETS_H

#define VCPU_X(n)		((n) * 8)
#define VCPU_SP_EL0		248
#define VCPU_DISR		272
#define HYP_CPU_FEATURES	0

#define FEATURE_BIT_RAS		0
#define FEATURE_BIT_PAN		1

#endif /* ARMVCPU_HYP_OFFSETS_H */
