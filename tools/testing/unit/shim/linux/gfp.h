/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_GFP_H
#define SHIM_LINUX_GFP_H

#include <linux/types.h>

#define GFP_KERNEL		0U
#define GFP_ATOMIC		0U
#define GFP_KERNEL_ACCOUNT	0U
#define __GFP_ZERO		0U
#define __GFP_ACCOUNT		0U
#define __GFP_NOWARN		0U

#endif /* SHIM_LINUX_GFP_H */
