/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_HRTIMER_H
#define SHIM_LINUX_HRTIMER_H

/* Enough to be a member; whoever calls it provides the functions. */
#include <linux/ktime.h>

struct hrtimer {
	ktime_t expires;
};

#endif /* SHIM_LINUX_HRTIMER_H */
