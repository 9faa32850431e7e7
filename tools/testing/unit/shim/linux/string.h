/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_STRING_H
#define SHIM_LINUX_STRING_H

#include <string.h>

#define memzero_explicit(p, n)	memset(p, 0, n)
#define memset64(p, v, n) \
	do { for (size_t __i = 0; __i < (n); __i++) (p)[__i] = (v); } while (0)

static inline void *memchr_inv(const void *p, int c, size_t n)
{
	const unsigned char *s = p;

	for (; n; s++, n--)
		if (*s != (unsigned char)c)
			return (void *)s;
	return NULL;
}

#endif /* SHIM_LINUX_STRING_H */
