/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_PROCESSOR_H
#define SHIM_LINUX_PROCESSOR_H

/* Nobody else runs. */
#define cpu_relax()	do { } while (0)

#endif
