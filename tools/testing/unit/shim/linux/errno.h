/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_ERRNO_H
#define SHIM_LINUX_ERRNO_H

/* The C library's errno.h comes here for the numbers. */
#include <asm/errno.h>
#include <errno.h>

#define ENOTSUPP	524

#endif /* SHIM_LINUX_ERRNO_H */
