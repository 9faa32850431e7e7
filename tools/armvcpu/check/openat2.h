/* SPDX-License-Identifier: GPL-2.0-only */
/* openat2() also with headers before 5.6: the kernel may be a newer one. */
#ifndef ARMVCPU_CHECK_OPENAT2_H
#define ARMVCPU_CHECK_OPENAT2_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>

#if __has_include("linux/openat2.h")
#include <linux/openat2.h>
#endif

#ifndef RESOLVE_IN_ROOT
struct open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};

#define RESOLVE_IN_ROOT	0x10
#endif

#ifndef SYS_openat2
#define SYS_openat2	437
#endif

#endif /* ARMVCPU_CHECK_OPENAT2_H */
