// SPDX-License-Identifier: GPL-2.0-only
/*
 * EL2 of a host whose kernel runs at EL1 (nVHE), as the kernel sees it.
 *
 * Our code there (hyp/nvhe.c) sees the identity map of exactly the pages that
 * are ours: its text, read-only and executable; its stacks, struct hyp_cpu and
 * struct hyp_vcpu, read-write. The tables are made here, by plain stores: EL2
 * walks them through the caches.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/gfp.h>
#include <linux/linkage.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/panic.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include <asm/barrier.h>
#include <asm/cacheflush.h>

#include "cache.h"
#include "el2.h"
#include "host.h"
#include "hyp/el2.h"
#include "hyp/hyp.h"
#include "hyp/nvhe.h"
#include "lost.h"
#include "pcpu.h"
#include "uapi.h"

extern const char armvcpu_nvhe_blob[], armvcpu_nvhe_blob_end[];
asmlinkage void __noreturn nvhe_panic(u64 spsr, u64 elr, u64 esr, u64 far);

/* The map covers all that 48 bits of physical address can name. */
#define EL2_VA_BITS		48
#define BITS_PER_LEVEL		(PAGE_SHIFT - 3)
#define NR_LEVELS		DIV_ROUND_UP(EL2_VA_BITS - PAGE_SHIFT, BITS_PER_LEVEL)

/* Stage 1 descriptors of the EL2 regime, D8.3 */
#define DESC_VALID		BIT_ULL(0)
#define DESC_TABLE		BIT_ULL(1)	/* at the last level: a page */
#define DESC_AP1		BIT_ULL(6)	/* RES1 in a regime of one EL */
#define DESC_RO			BIT_ULL(7)
#define DESC_SH_INNER		(3ULL << 8)
#define DESC_AF			BIT_ULL(10)
#define DESC_XN			BIT_ULL(54)
#define DESC_ADDRESS		GENMASK_ULL(47, PAGE_SHIFT)
#define PAGE_RX			(DESC_RO)
#define PAGE_RW			(DESC_XN)

/* MAIR_EL2: attribute 0 is Normal, write-back, read and write allocate */
#define MAIR			0xffULL

/* TCR_EL2 with E2H = 0, D19.2.141 */
#define TCR_RES1		(BIT_ULL(31) | BIT_ULL(23))
#define TCR_WALK_WB		((1ULL << 8) | (1ULL << 10) | (3ULL << 12)) /* IRGN0, ORGN0, SH0 */
#define TCR_TG0			(PAGE_SHIFT == 12 ? 0ULL : PAGE_SHIFT == 14 ? 2ULL << 14 : 1ULL << 14)
#define TCR_PS(range)		((u64)(range) << 16)

/* SCTLR_EL2 with E2H = 0, D19.2.119 */
#define SCTLR_RES1		(BIT_ULL(4) | BIT_ULL(5) | BIT_ULL(11) | BIT_ULL(16) | \
				 BIT_ULL(18) | BIT_ULL(22) | BIT_ULL(23) | BIT_ULL(28) | \
				 BIT_ULL(29))
#define SCTLR_ON		(SCTLR_RES1 | BIT_ULL(0) | BIT_ULL(2) | BIT_ULL(3) | \
				 BIT_ULL(12) | BIT_ULL(19)) /* M, C, SA, I, WXN */

static DEFINE_MUTEX(map_lock);
static u64 *root;
static void *blob;
static unsigned int blob_order;
static struct cache_info caches;

/* ---- tables ------------------------------------------------------------------ */

static unsigned int index_at(u64 address, int level)
{
	return (address >> (PAGE_SHIFT + (NR_LEVELS - 1 - level) * BITS_PER_LEVEL)) &
	       (BIT(BITS_PER_LEVEL) - 1);
}

/* The descriptor of an address; NULL: no table, and @alloc is false or failed. */
static u64 *map_walk(u64 address, bool alloc)
{
	u64 *table = root;
	int level;

	for (level = 0; level < NR_LEVELS - 1; level++) {
		u64 *desc = &table[index_at(address, level)];

		if (!(*desc & DESC_VALID)) {
			u64 *next = alloc ? (u64 *)get_zeroed_page(GFP_KERNEL) : NULL;

			if (!next)
				return NULL;
			/* Zeroes are seen before what leads to them. */
			dsb(ishst);
			WRITE_ONCE(*desc, __pa(next) | DESC_TABLE | DESC_VALID);
		}
		table = __va(*desc & DESC_ADDRESS);
	}
	return &table[index_at(address, NR_LEVELS - 1)];
}

static int map_page(void *page, u64 prot)
{
	u64 pa = __pa(page);
	u64 *desc;

	if (pa >> EL2_VA_BITS)
		return -ENOMEM;
	mutex_lock(&map_lock);
	desc = map_walk(pa, true);
	if (desc) {
		WRITE_ONCE(*desc, pa | prot | DESC_AF | DESC_SH_INNER | DESC_AP1 |
				  DESC_TABLE | DESC_VALID);
		/* For EL2's walkers. Nothing was there, so no TLB knows better. */
		dsb(ishst);
		isb();
	}
	mutex_unlock(&map_lock);
	return desc ? 0 : -ENOMEM;
}

static void free_tables(u64 *table, int level)
{
	int i;

	for (i = 0; level < NR_LEVELS - 1 && i < PTRS_PER_PTE; i++)
		if (table[i] & DESC_VALID)
			free_tables(__va(table[i] & DESC_ADDRESS), level + 1);
	free_page((unsigned long)table);
}

u64 el2_address(const void *p)
{
	return armvcpu_host.mode == ARMVCPU_MODE_NVHE ? __pa(p) : (u64)p;
}

static bool tlb_own(void *address)
{
	return el2_call(NVHE_CALL_TLB_OWN, (u64)address, 0, 0) != NVHE_UNKNOWN_CALL;
}

/* On all CPUs: it may be freed then. */
static void unmap_page(void *page)
{
	u64 pa = __pa(page);
	u64 *desc;

	mutex_lock(&map_lock);
	desc = map_walk(pa, false);
	if (desc) {
		WRITE_ONCE(*desc, 0);
		/* Inner shareable: one CPU's TLBI is for all that have EL2 ours. */
		pcpu_call(tlb_own, (void *)pa);
	}
	mutex_unlock(&map_lock);
}

void *el2_page_alloc(gfp_t gfp)
{
	void *page = (void *)get_zeroed_page(gfp);

	if (page && armvcpu_host.mode == ARMVCPU_MODE_NVHE && map_page(page, PAGE_RW)) {
		free_page((unsigned long)page);
		return NULL;
	}
	return page;
}

void el2_page_free(void *page)
{
	if (page && armvcpu_host.mode == ARMVCPU_MODE_NVHE)
		unmap_page(page);
	free_page((unsigned long)page);
}

/* ---- calls --------------------------------------------------------------------- */

noinstr void el2_run(struct hyp_vcpu *v)
{
	if (el2_call(NVHE_CALL_RUN, __pa(v), 0, 0))
		v->exit = HYP_EXIT_NONE;
}

bool el2_stub_answers(void)
{
	return el2_call(STUB_RESET_VECTORS, 0, 0, 0) == 0;
}

int el2_take_cpu(struct hyp_cpu *c)
{
	/* Read with the MMU off. */
	cache_clean_inval_poc(&caches, c, sizeof(*c));
	if (el2_call(STUB_SOFT_RESTART, __pa(blob), __pa(c), 0))
		return -EBUSY;
	return 0;
}

void el2_give_back_cpu(void)
{
	el2_call(STUB_RESET_VECTORS, 0, 0, 0);
}

/* EL2 has put the host's state back and returned here. */
asmlinkage void __noreturn nvhe_panic(u64 spsr, u64 elr, u64 esr, u64 far)
{
	lost_bound();
	panic("armvcpu: unexpected exception at EL2: ESR %016llx ELR %016llx (code at %016llx) FAR %016llx SPSR %016llx",
	      esr, elr, (u64)__pa(blob), far, spsr);
}

/* ---- init -------------------------------------------------------------------- */

void el2_prepare_cpu(struct hyp_cpu *c, void *stack)
{
	u64 range = min(read_sysreg_s(SYS_ID_AA64MMFR0_EL1) & 0xf, 5ULL);

	c->el2.ttbr0 = __pa(root);
	c->el2.tcr = TCR_RES1 | TCR_PS(range) | TCR_TG0 | TCR_WALK_WB | (64 - EL2_VA_BITS);
	c->el2.mair = MAIR;
	c->el2.sctlr = SCTLR_ON;
	c->el2.stack_top = __pa(stack) + PAGE_SIZE;
	c->el2.panic = (u64)nvhe_panic;
	/* A shadow call stack grows up; of EL2's stack next to nothing is in use then. */
	c->el2.shadow_stack = (u64)stack;
	c->el2.task = (u64)&init_task;
}

int el2_init(void)
{
	size_t size = armvcpu_nvhe_blob_end - armvcpu_nvhe_blob;
	size_t offset;
	int ret;

	if (armvcpu_host.mode != ARMVCPU_MODE_NVHE)
		return 0;
	cache_probe(&caches);
	blob_order = get_order(size);
	blob = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, blob_order);
	root = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!blob || !root) {
		ret = -ENOMEM;
		goto fail;
	}
	memcpy(blob, armvcpu_nvhe_blob, size);
	/* Fetched with the MMU off at first, and by instruction caches always. */
	cache_clean_inval_poc(&caches, blob, PAGE_SIZE << blob_order);
	caches_clean_inval_pou((unsigned long)blob, (unsigned long)blob + size);
	for (offset = 0; offset < size; offset += PAGE_SIZE) {
		ret = map_page(blob + offset, PAGE_RX);
		if (ret)
			goto fail;
	}
	return 0;

fail:
	el2_exit();
	return ret;
}

void el2_exit(void)
{
	if (root)
		free_tables(root, 0);
	free_pages((unsigned long)blob, blob_order);
	root = NULL;
	blob = NULL;
}
