/* SPDX-License-Identifier: GPL-2.0-only */
/* Arguments of ioctls. */
#ifndef ARMVCPU_ARGS_H
#define ARMVCPU_ARGS_H

#include <linux/errno.h>
#include <linux/uaccess.h>

/**
 * copy_sized_struct() - copy in a structure that begins with its u32 size
 * @dst: kernel's structure
 * @ksize: its size
 * @src: the caller's
 *
 * Return: 0, -EFAULT, -EINVAL a size below @ksize, -E2BIG a larger one whose
 * tail is not zero: it asks for what this version does not know
 */
static inline int copy_sized_struct(void *dst, size_t ksize, const void __user *src)
{
	u32 usize;

	if (get_user(usize, (const u32 __user *)src))
		return -EFAULT;
	if (usize < ksize)
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(dst, ksize, src, usize);
}

#endif /* ARMVCPU_ARGS_H */
