/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_BUG_H
#define SHIM_LINUX_BUG_H

/* A warning is a failed test, as it is a dead host with panic_on_warn. */
#include <stdio.h>
#include <stdlib.h>

#include <linux/build_bug.h>
#include <linux/compiler.h>

#define WARN_ON(cond)						\
({								\
	bool __warn = !!(cond);					\
	if (__warn) {						\
		fprintf(stderr, "%s:%d: WARN_ON(%s)\n",		\
			__FILE__, __LINE__, #cond);		\
		abort();					\
	}							\
	__warn;							\
})
#define WARN_ON_ONCE(cond)		WARN_ON(cond)
#define WARN(cond, fmt, ...)		WARN_ON(cond)
#define WARN_ONCE(cond, fmt, ...)	WARN_ON(cond)
#define BUG_ON(cond)			((void)WARN_ON(cond))
#define BUG()				BUG_ON(1)

#endif /* SHIM_LINUX_BUG_H */
