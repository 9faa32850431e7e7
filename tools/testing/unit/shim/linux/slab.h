/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

/* The sanitizer is the leak and overflow check. */
#include <stdlib.h>

#include <linux/gfp.h>
#include <linux/overflow.h>

#define kmalloc(size, gfp)		malloc(size)
#define kzalloc(size, gfp)		calloc(1, size)
#define kcalloc(n, size, gfp)		calloc(n, size)
#define kmalloc_array(n, size, gfp)	malloc(size_mul(n, size))
#define kvmalloc_array(n, size, gfp)	malloc(size_mul(n, size))
#define kvzalloc(size, gfp)		calloc(1, size)
#define kvcalloc(n, size, gfp)		calloc(n, size)
#define kfree(p)			free((void *)(p))
#define kvfree(p)			free((void *)(p))

#endif /* SHIM_LINUX_SLAB_H */
