/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_MUTEX_H
#define SHIM_LINUX_MUTEX_H

#include <linux/spinlock.h>

struct mutex { int held; };

#define DEFINE_MUTEX(name)	struct mutex name = { 0 }

#define mutex_init(m)		((void)((m)->held = 0))
#define mutex_lock(m)		shim_lock(&(m)->held)
#define mutex_unlock(m)		shim_unlock(&(m)->held)
#define mutex_is_locked(m)	((m)->held != 0)

#endif /* SHIM_LINUX_MUTEX_H */
