/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_SPINLOCK_H
#define SHIM_LINUX_SPINLOCK_H

/*
 * Locks count, so that a test sees an unbalanced or doubly taken one and
 * lockdep_assert_held() has a meaning.
 */
#include <linux/bug.h>
#include <linux/types.h>

typedef struct raw_spinlock { int held; } raw_spinlock_t;
typedef raw_spinlock_t spinlock_t;

#define DEFINE_SPINLOCK(name)		spinlock_t name = { 0 }
#define DEFINE_RAW_SPINLOCK(name)	raw_spinlock_t name = { 0 }

static inline void shim_lock(int *held)
{
	BUG_ON(*held);
	*held = 1;
}

static inline void shim_unlock(int *held)
{
	BUG_ON(!*held);
	*held = 0;
}

#define raw_spin_lock_init(l)			((void)((l)->held = 0))
#define raw_spin_lock(l)			shim_lock(&(l)->held)
#define raw_spin_lock_nested(l, class)		shim_lock(&(l)->held)
#define raw_spin_unlock(l)			shim_unlock(&(l)->held)
#define raw_spin_lock_irq(l)			shim_lock(&(l)->held)
#define raw_spin_unlock_irq(l)			shim_unlock(&(l)->held)
#define raw_spin_lock_irqsave(l, flags)		((void)((flags) = 0), shim_lock(&(l)->held))
#define raw_spin_unlock_irqrestore(l, flags)	((void)(flags), shim_unlock(&(l)->held))

#define spin_lock_init(l)			raw_spin_lock_init(l)
#define spin_lock(l)				raw_spin_lock(l)
#define spin_unlock(l)				raw_spin_unlock(l)
#define spin_lock_irqsave(l, flags)		raw_spin_lock_irqsave(l, flags)
#define spin_unlock_irqrestore(l, flags)	raw_spin_unlock_irqrestore(l, flags)

#define SINGLE_DEPTH_NESTING	1
#define local_irq_save(flags)	((void)((flags) = 0))
#define local_irq_restore(flags) ((void)(flags))

#endif /* SHIM_LINUX_SPINLOCK_H */
