/* SPDX-License-Identifier: GPL-2.0-only */
/* Cache maintenance for pages that a guest gets. */
#ifndef ARMVCPU_CACHE_H
#define ARMVCPU_CACHE_H

#include <linux/types.h>

/**
 * struct cache_info - the caches of all CPUs, as the smallest common denominator
 * @dline: bytes of the smallest data cache line, a power of two
 * @dic: instruction caches see what is written, without invalidation
 *	(CTR_EL0.DIC)
 * @pipt: instruction caches are physically indexed and tagged, so that a line
 *	is found at any virtual address of its page
 */
struct cache_info {
	u32 dline;
	bool dic;
	bool pipt;
};

/**
 * cache_lines() - the lines that hold a range
 * @addr: first address
 * @size: bytes, at least 1; the range may end at the top of the address space
 * @line: bytes of a line, a power of two
 * @first: set to the address of the first line
 *
 * Return: how many lines. A loop over them has to count, for the address after
 * the last one may be 0.
 */
static inline u64 cache_lines(u64 addr, u64 size, u64 line, u64 *first)
{
	*first = addr & ~(line - 1);
	return (((addr + size - 1) & ~(line - 1)) - *first) / line + 1;
}

void cache_probe(struct cache_info *info);
void cache_clean_inval_poc(const struct cache_info *info, const void *addr, size_t size);
void cache_sync_exec(const struct cache_info *info, const void *addr, size_t size);

#endif /* ARMVCPU_CACHE_H */
