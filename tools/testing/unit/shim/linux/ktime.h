/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_KTIME_H
#define SHIM_LINUX_KTIME_H

#include <linux/time64.h>
#include <linux/types.h>

typedef s64 ktime_t;

#define KTIME_MAX		((s64)~(1ULL << 63))
#define ktime_to_ns(t)		(t)
#define ns_to_ktime(ns)		(ns)
#define ktime_add_ns(t, ns)	((t) + (s64)(ns))

#endif /* SHIM_LINUX_KTIME_H */
