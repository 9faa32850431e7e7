/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ASM_CPUFEATURE_H
#define SHIM_ASM_CPUFEATURE_H

#include <linux/types.h>

#define ARM64_SPECTRE_V2	1
#define ARM64_SPECTRE_V4	2
#define ARM64_SPECTRE_BHB	3

/* The test says what its CPU is like. */
bool this_cpu_has_cap(unsigned int cap);

/* The test provides it; @id is a sys_reg(). */
u64 read_sanitised_ftr_reg(u32 id);

#endif /* SHIM_ASM_CPUFEATURE_H */
