/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_BITMAP_H
#define SHIM_LINUX_BITMAP_H

#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/string.h>

#define BITS_TO_LONGS(n)		DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits)	unsigned long name[BITS_TO_LONGS(bits)]

static inline void bitmap_zero(unsigned long *p, unsigned int bits)
{
	memset(p, 0, BITS_TO_LONGS(bits) * sizeof(*p));
}

static inline void bitmap_set(unsigned long *p, unsigned int start, unsigned int n)
{
	while (n--)
		__set_bit(start++, p);
}

static inline void bitmap_clear(unsigned long *p, unsigned int start, unsigned int n)
{
	while (n--)
		__clear_bit(start++, p);
}

static inline bool bitmap_empty(const unsigned long *p, unsigned int bits)
{
	return find_first_bit(p, bits) == bits;
}

static inline bool bitmap_full(const unsigned long *p, unsigned int bits)
{
	return find_first_zero_bit(p, bits) == bits;
}

static inline unsigned int bitmap_weight(const unsigned long *p, unsigned int bits)
{
	unsigned int n, w = 0;

	for_each_set_bit(n, p, bits)
		w++;
	return w;
}

#endif /* SHIM_LINUX_BITMAP_H */
