/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_LOCKDEP_H
#define SHIM_LINUX_LOCKDEP_H

#include <linux/bug.h>

/* For all of the shim's locks. */
#define lockdep_assert_held(l)		BUG_ON(!(l)->held)
#define lockdep_assert_irqs_disabled()	((void)0)

#endif /* SHIM_LINUX_LOCKDEP_H */
