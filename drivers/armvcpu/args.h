/* SPDX-License-Identifier: GPL-2.0-only */
/* Arguments of ioctls. */
#ifndef ARMVCPU_ARGS_H
#define ARMVCPU_ARGS_H

#include <linux/errno.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

/**
 * copy_sized_struct() - copy in a structure that begins with its u32 size
 * @dst: pointer to the kernel's structure
 * @last: its last member in version 1 of the ABI; what was added later is zero
 *	for a caller that does not know of it
 * @src: the caller's
 *
 * Return: 0, -EFAULT, -EINVAL a size that ends before @last, -E2BIG one above
 * the kernel's with a tail that is not zero: it asks for what this version does
 * not know
 */
#define copy_sized_struct(dst, last, src)				\
	__copy_sized_struct(dst, sizeof(*(dst)), offsetofend(typeof(*(dst)), last), src)

static inline int __copy_sized_struct(void *dst, size_t ksize, size_t min,
				      const void __user *src)
{
	u32 usize;

	if (get_user(usize, (const u32 __user *)src))
		return -EFAULT;
	if (usize < min)
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(dst, ksize, src, usize);
}

#endif /* ARMVCPU_ARGS_H */
