/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_COMPILER_H
#define SHIM_LINUX_COMPILER_H

#include <stddef.h>

#define __user
#define __iomem
#define __percpu
#define __force
#define __rcu
#define __init
#define __exit
#define __read_mostly
#define __ro_after_init
#define __must_hold(x)
#define __acquires(x)
#define __releases(x)
#undef __always_inline			/* the C library has one, too */
#define __always_inline		inline __attribute__((__always_inline__))
#define __must_check		__attribute__((__warn_unused_result__))
#define __maybe_unused		__attribute__((__unused__))
#define __always_unused		__attribute__((__unused__))
#define __packed		__attribute__((__packed__))
#define __aligned(x)		__attribute__((__aligned__(x)))
#define __printf(a, b)		__attribute__((__format__(__printf__, a, b)))
#ifndef __cold
#define __cold			__attribute__((__cold__))
#endif
#define noinline		__attribute__((__noinline__))
#define fallthrough		__attribute__((__fallthrough__))

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define barrier()		__asm__ __volatile__("" : : : "memory")
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))

/* Of linux/kconfig.h: CONFIG_ options are set by defining them as 1. */
#define __ARG_PLACEHOLDER_1			0,
#define __take_second_arg(ignored, value, ...)	value
#define ____is_defined(arg1_or_junk)		__take_second_arg(arg1_or_junk 1, 0, 0)
#define ___is_defined(value)			____is_defined(__ARG_PLACEHOLDER_##value)
#define __is_defined(option)			___is_defined(option)
#define IS_ENABLED(option)			__is_defined(option)

#endif /* SHIM_LINUX_COMPILER_H */
