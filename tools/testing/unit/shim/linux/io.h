/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_IO_H
#define SHIM_LINUX_IO_H

#include <linux/types.h>

static inline u64 virt_to_phys(const volatile void *address)
{
	return (u64)address;
}

static inline void *phys_to_virt(u64 address)
{
	return (void *)address;
}

#endif /* SHIM_LINUX_IO_H */
