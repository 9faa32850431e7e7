/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_BITOPS_H
#define SHIM_LINUX_BITOPS_H

#include <linux/bits.h>

/* Atomicity is no matter here: the tests have one thread. */

static inline void __set_bit(unsigned long n, volatile unsigned long *p)
{
	p[BIT_WORD(n)] |= BIT_MASK(n);
}

static inline void __clear_bit(unsigned long n, volatile unsigned long *p)
{
	p[BIT_WORD(n)] &= ~BIT_MASK(n);
}

static inline void __change_bit(unsigned long n, volatile unsigned long *p)
{
	p[BIT_WORD(n)] ^= BIT_MASK(n);
}

static inline void __assign_bit(unsigned long n, volatile unsigned long *p, bool v)
{
	if (v)
		__set_bit(n, p);
	else
		__clear_bit(n, p);
}

static inline bool test_bit(unsigned long n, const volatile unsigned long *p)
{
	return p[BIT_WORD(n)] & BIT_MASK(n);
}

static inline bool __test_and_set_bit(unsigned long n, volatile unsigned long *p)
{
	bool old = test_bit(n, p);

	__set_bit(n, p);
	return old;
}

static inline bool __test_and_clear_bit(unsigned long n, volatile unsigned long *p)
{
	bool old = test_bit(n, p);

	__clear_bit(n, p);
	return old;
}

#define set_bit(n, p)			__set_bit(n, p)
#define clear_bit(n, p)			__clear_bit(n, p)
#define change_bit(n, p)		__change_bit(n, p)
#define assign_bit(n, p, v)		__assign_bit(n, p, v)
#define test_and_set_bit(n, p)		__test_and_set_bit(n, p)
#define test_and_clear_bit(n, p)	__test_and_clear_bit(n, p)

static inline unsigned long __ffs(unsigned long x)
{
	return __builtin_ctzl(x);
}

static inline unsigned long __fls(unsigned long x)
{
	return 63 - __builtin_clzl(x);
}

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline unsigned int hweight32(u32 x)
{
	return __builtin_popcount(x);
}

static inline unsigned int hweight64(u64 x)
{
	return __builtin_popcountll(x);
}

#define hweight8(x)	hweight32((u8)(x))
#define hweight16(x)	hweight32((u16)(x))
#define hweight_long(x)	hweight64(x)

static inline s64 sign_extend64(u64 value, int index)
{
	u8 shift = 63 - index;

	return (s64)(value << shift) >> shift;
}

static inline s32 sign_extend32(u32 value, int index)
{
	u8 shift = 31 - index;

	return (s32)(value << shift) >> shift;
}

static inline unsigned long find_next_bit(const unsigned long *p, unsigned long size,
					  unsigned long n)
{
	while (n < size && !test_bit(n, p))
		n++;
	return n < size ? n : size;
}

static inline unsigned long find_next_zero_bit(const unsigned long *p,
					       unsigned long size, unsigned long n)
{
	while (n < size && test_bit(n, p))
		n++;
	return n < size ? n : size;
}

#define find_first_bit(p, size)		find_next_bit(p, size, 0)
#define find_first_zero_bit(p, size)	find_next_zero_bit(p, size, 0)
#define for_each_set_bit(n, p, size)				\
	for ((n) = find_first_bit(p, size); (n) < (size);	\
	     (n) = find_next_bit(p, size, (n) + 1))
#define for_each_clear_bit(n, p, size)				\
	for ((n) = find_first_zero_bit(p, size); (n) < (size);	\
	     (n) = find_next_zero_bit(p, size, (n) + 1))

#endif /* SHIM_LINUX_BITOPS_H */
