/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ASM_BARRIER_H
#define SHIM_ASM_BARRIER_H

#include <linux/atomic.h>	/* smp_*() */

#endif /* SHIM_ASM_BARRIER_H */
