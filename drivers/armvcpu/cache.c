// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cache maintenance for guests.
 *
 * A guest with its MMU off, or one that maps memory as non-cacheable, reads and
 * writes past the caches. A page that still has dirty lines when the guest gets
 * it would show what was in memory before the host zeroed it.
 */
#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "cache.h"

/* CTR_EL0, Arm ARM D19.2.33 */
#define CTR_FIELD_DIC(ctr)	((ctr) >> 29 & 1)
#define CTR_FIELD_DMINLINE(ctr)	((ctr) >> 16 & 0xf)	/* log2 of words */
#define CTR_FIELD_L1IP(ctr)	((ctr) >> 14 & 3)
#define L1IP_PIPT		3

/**
 * cache_probe() - what all CPUs' caches have in common
 * @info: filled in
 */
void cache_probe(struct cache_info *info)
{
	u64 ctr = read_sanitised_ftr_reg(SYS_CTR_EL0);

	info->dline = 4U << CTR_FIELD_DMINLINE(ctr);
	info->dic = CTR_FIELD_DIC(ctr);
	info->pipt = CTR_FIELD_L1IP(ctr) == L1IP_PIPT;
}

/**
 * cache_clean_inval_poc() - memory and data caches agree on a range
 * @info: from cache_probe()
 * @addr: first address, of the kernel
 * @size: bytes, at least 1
 *
 * Any context.
 */
void cache_clean_inval_poc(const struct cache_info *info, const void *addr, size_t size)
{
	u64 step = info->dline;
	u64 line, n = cache_lines((u64)addr, size, step, &line);

	/*
	 * Invalidated, too: A53 errata want it of each clean (819472 and others).
	 * A page has some 64 lines: most of what its first access costs is here.
	 */
	for (; n >= 8; n -= 8)
		asm volatile(".rept 8\n"
			     "dc civac, %0\n"
			     "add %0, %0, %1\n"
			     ".endr" : "+r" (line) : "r" (step) : "memory");
	for (; n; n--, line += step)
		asm volatile("dc civac, %0" : : "r" (line) : "memory");
	dsb(ish);
}

/**
 * cache_sync_exec() - a page is about to become executable for a guest
 * @info: from cache_probe()
 * @addr: first address, of the kernel
 * @size: bytes
 *
 * Instructions of the page's last owner must not be found in an instruction
 * cache. Nothing to do where @info->dic. Any context.
 */
void cache_sync_exec(const struct cache_info *info, const void *addr, size_t size)
{
	if (info->dic)
		return;
	if (info->pipt) {
		caches_clean_inval_pou((unsigned long)addr, (unsigned long)addr + size);
		return;
	}
	/*
	 * The guest's virtual address selects other lines than the kernel's
	 * (VIPT), or its VMID does (VPIPT): only all of it will do.
	 */
	asm volatile("ic ialluis" : : : "memory");
	dsb(ish);
}
