/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host does at an exit against branch prediction that a guest trained. */
#ifndef ARMVCPU_SPECTRE_H
#define ARMVCPU_SPECTRE_H

#include <linux/types.h>

/**
 * struct spectre_cpu - what is known of a CPU
 * @midr: MIDR_EL1
 * @pfr0: ID_AA64PFR0_EL1
 * @mmfr1: ID_AA64MMFR1_EL1
 * @isar2: ID_AA64ISAR2_EL1
 * @v2: it needs help against Spectre-v2, as the kernel sees it
 * @wa1: SMCCC_ARCH_FEATURES of ARCH_WORKAROUND_1 there (DEN0028 7.5)
 * @wa3: the same of ARCH_WORKAROUND_3 (DEN0028 7.7)
 */
struct spectre_cpu {
	u32 midr;
	u64 pfr0;
	u64 mmfr1;
	u64 isar2;
	bool v2;
	s32 wa1;
	s32 wa3;
};

u64 spectre_exit_action(const struct spectre_cpu *c);
u64 spectre_probe_cpu(void);

#endif /* ARMVCPU_SPECTRE_H */
