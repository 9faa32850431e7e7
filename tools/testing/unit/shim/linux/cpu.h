/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_CPU_H
#define SHIM_LINUX_CPU_H

#include <linux/types.h>

/* The test says what the command line says. */
bool cpu_mitigations_off(void);

#endif /* SHIM_LINUX_CPU_H */
