/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ASM_ARCH_TIMER_H
#define SHIM_ASM_ARCH_TIMER_H

#include <linux/types.h>

/* The test provides it. */
u64 __arch_counter_get_cntpct(void);

#endif /* SHIM_ASM_ARCH_TIMER_H */
