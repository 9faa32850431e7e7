/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ASM_CPUTYPE_H
#define SHIM_ASM_CPUTYPE_H

#include <linux/types.h>

/* The test says which CPU this is. */
u32 read_cpuid_id(void);

#endif /* SHIM_ASM_CPUTYPE_H */
