// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2 tables against a model of what the hardware makes of them.
 *
 * The hardware here is as unpleasant as the architecture allows: it takes its
 * geometry from VTCR_EL2 alone, keeps every translation and every table address
 * it has come across until it is told to forget it, and tells on descriptors
 * that change under it. The flat model is an array of the pages that a test is
 * about. After each operation both must agree on each page.
 *
 * STAGE2_TEST_OPS in the environment sets the number of random operations for
 * each geometry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stage2.c"

#define MAX_PAGES	256	/* pages that a test looks at */
#define MAX_WALKS	4096	/* table addresses that the hardware remembers */
#define MAX_TABLES	8192

static u64 seed;

static u64 rnd64(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 32) ^ (seed << 20);
}

static u32 rnd(u32 n)
{
	return (rnd64() >> 8) % n;
}

/* ---- the world ------------------------------------------------------------ */

/* A page; one that is in a block has the block's rights and flag. */
struct page_model {
	u64 ipa;
	bool mapped;
	int level;		/* of the leaf */
	u64 pa;
	u32 prot;
	bool young;
};

struct tlb_entry {
	bool valid;
	unsigned int lsb;	/* of the leaf's size */
	u64 pa;
	u32 prot;
};

struct walk_entry {
	u64 ipa;		/* first address that the table is for */
	int level;		/* of the table */
	u64 *table;
};

static struct stage2 s2;
static struct stage2_config config;
static struct page_model pages[MAX_PAGES];
static struct tlb_entry tlb[MAX_PAGES];
static unsigned int nr_pages;
static struct walk_entry walks[MAX_WALKS];
static unsigned int nr_walks;

static void *live_tables[MAX_TABLES];
static unsigned int nr_tables, nr_roots;
static unsigned int fail_alloc_in;	/* 0: never */
static bool unpublished;		/* a write that walkers may not see yet */
static bool table_unpublished;		/* the same of a table's first contents */
static u64 *broken;			/* must be invalid when all is flushed */
static unsigned int ipa_flushes, all_flushes, writes;
static u64 making, making_end;		/* what stage2_map() is about */

static void *test_alloc_table(struct stage2 *s, void *cache)
{
	size_t size = 1UL << s->page_shift;
	void *table;

	assert_ptr_equal(cache, &config);
	if (fail_alloc_in && !--fail_alloc_in)
		return NULL;
	table = aligned_alloc(size, size);
	assert_non_null(table);
	memset(table, 0, size);
	table_unpublished = true;
	assert_true(nr_tables < MAX_TABLES);
	live_tables[nr_tables++] = table;
	return table;
}

static void test_free_table(struct stage2 *s, void *table)
{
	unsigned int i;

	/* Whoever still knows of it would walk freed memory. */
	for (i = 0; i < nr_walks; i++)
		assert_ptr_not_equal(walks[i].table, table);
	for (i = 0; i < nr_tables; i++)
		if (live_tables[i] == table)
			break;
	assert_true(i < nr_tables);
	live_tables[i] = live_tables[--nr_tables];
	free(table);
}

static void *test_alloc_root(struct stage2 *s, size_t size)
{
	void *root;

	assert_true(size >= 1UL << s->page_shift && size <= 16UL << s->page_shift);
	if (fail_alloc_in && !--fail_alloc_in)
		return NULL;
	root = aligned_alloc(size, size);
	assert_non_null(root);
	memset(root, 0, size);
	nr_roots++;
	return root;
}

static void test_free_root(struct stage2 *s, void *root, size_t size)
{
	assert_int_equal(size, s->root_size);
	nr_roots--;
	free(root);
}

static void test_publish(void)
{
	unpublished = false;
	table_unpublished = false;
}

static void test_flush_ipa(struct stage2 *s, u64 ipa)
{
	unsigned int i;

	assert_false(unpublished);
	assert_int_equal(ipa & ((1UL << s->page_shift) - 1), 0);
	ipa_flushes++;
	/* The table addresses stay: an implementation may keep them. */
	for (i = 0; i < nr_pages; i++)
		if (tlb[i].valid && pages[i].ipa >> tlb[i].lsb == ipa >> tlb[i].lsb)
			tlb[i].valid = false;
}

static void forget_all(void)
{
	memset(tlb, 0, sizeof(tlb));
	nr_walks = 0;
}

static void test_flush_all(struct stage2 *s)
{
	assert_false(unpublished);
	if (broken)
		assert_int_equal(*broken, 0);
	all_flushes++;
	forget_all();
}

static void test_written(struct stage2 *s, u64 *descp, u64 old, u64 new, int level)
{
	unsigned int i;

	writes++;
	unpublished = true;
	assert_int_equal(*descp, new);
	if ((old & 1) && (new & 1)) {
		assert_int_equal((old ^ new) & ~(3ULL << 6 | 1ULL << 10 | 1ULL << 54), 0);
		/* Access to read is never taken away without unmapping. */
		assert_true(new & 1ULL << 6);
	}
	if ((new & 3) == 3 && level < 3)
		assert_false(table_unpublished);
	/* Two translations of one address, of different sizes: a TLB conflict. */
	if (!(old & 1) && (new & 1))
		for (i = 0; i < nr_pages; i++)
			if (pages[i].ipa >= making && pages[i].ipa < making_end)
				assert_false(tlb[i].valid);
}

static const struct stage2_ops ops = {
	.alloc_table = test_alloc_table,
	.free_table = test_free_table,
	.alloc_root = test_alloc_root,
	.free_root = test_free_root,
	.publish = test_publish,
	.flush_ipa = test_flush_ipa,
	.flush_all = test_flush_all,
	.written = test_written,
};

/* ---- the hardware --------------------------------------------------------- */

enum hw_result { HW_OK, HW_TRANSLATION, HW_ACCESS_FLAG, HW_PERMISSION };

static unsigned int hw_page_shift(u64 vtcr)
{
	static const unsigned int shift[] = { 12, 16, 14, 0 };

	return shift[vtcr >> 14 & 3];
}

static int hw_start_level(u64 vtcr)
{
	int sl0 = vtcr >> 6 & 3;

	return hw_page_shift(vtcr) == 12 ? 2 - sl0 : 3 - sl0;
}

/* Arm ARM D8.2.8 and the pseudocode's AArch64.S2InconsistentSL. */
static void hw_check_vtcr(u64 vtcr)
{
	static const unsigned int pa_sizes[] = { 32, 36, 40, 42, 44, 48 };
	unsigned int shift = hw_page_shift(vtcr), stride = shift - 3;
	unsigned int ia = 64 - (vtcr & 0x3f);
	unsigned int ps = vtcr >> 16 & 7;
	int level = hw_start_level(vtcr);
	int top = ia - ((3 - level) * stride + shift);

	assert_true(ps < ARRAY_SIZE(pa_sizes));
	assert_true(ia <= pa_sizes[ps]);
	assert_true(shift && level >= 0);
	assert_true(top >= 1 && top <= (int)stride + 4);
	/* Levels that exist for large physical address spaces only. */
	if (shift == 12 && level == 0)
		assert_true(pa_sizes[ps] > 42);
	if (shift == 14)
		assert_true(level > 1 || (level == 1 && pa_sizes[ps] > 40));
	if (shift == 16)
		assert_true(level > 1 || (level == 1 && pa_sizes[ps] > 42));
	assert_int_equal(vtcr >> 8 & 0x3f, 0x35);	/* SH0, ORGN0, IRGN0 */
	assert_int_equal(vtcr >> 31, 1);		/* RES1, and nothing above */
}

static void remember_walk(u64 ipa, int level, u64 *table)
{
	unsigned int i;

	for (i = 0; i < nr_walks; i++)
		if (walks[i].ipa == ipa && walks[i].level == level)
			return;
	assert_true(nr_walks < MAX_WALKS);
	walks[nr_walks++] = (struct walk_entry) { ipa, level, table };
}

static enum hw_result hw_translate(unsigned int n, u32 want, u64 *pa)
{
	u64 vtcr = s2.vtcr, ipa = pages[n].ipa, desc;
	unsigned int shift = hw_page_shift(vtcr), stride = shift - 3;
	unsigned int ia = 64 - (vtcr & 0x3f), lsb;
	int level = hw_start_level(vtcr);
	u64 *table = (u64 *)stage2_baddr(&s2);
	struct tlb_entry *t = &tlb[n];
	unsigned int i;

	if (!t->valid) {
		bool first = true;

		/* The deepest table that it knows of, wherever that came from. */
		for (i = 0; i < nr_walks; i++) {
			lsb = shift + (4 - walks[i].level) * stride;
			if (walks[i].level > level && walks[i].ipa == ipa >> lsb << lsb) {
				level = walks[i].level;
				table = walks[i].table;
				first = false;
			}
		}
		for (;; level++) {
			u64 index;

			lsb = shift + (3 - level) * stride;
			index = ipa >> lsb;
			if (first)
				assert_true(index < 1ULL << (ia - lsb));
			else
				index &= (1ULL << stride) - 1;
			first = false;
			desc = table[index];
			if (!(desc & 1))
				return HW_TRANSLATION;
			if (level == 3) {
				assert_true(desc & 2);
				break;
			}
			if (!(desc & 2)) {
				/* D8.3.1: where there are blocks, and their RES0 bits */
				assert_true(level >= (shift == 12 ? 1 : 2));
				assert_int_equal(desc & ((1ULL << lsb) - 1) >> 12 << 12, 0);
				break;
			}
			/* A table's descriptor has nothing but its address. */
			table = (u64 *)(desc & ~3ULL);
			assert_int_equal((u64)table & ((1ULL << shift) - 1), 0);
			remember_walk(ipa >> lsb << lsb, level + 1, table);
		}
		if (!(desc & 1ULL << 10))
			return HW_ACCESS_FLAG;
		assert_int_equal(desc >> 2 & 0xf, config.fwb ? 6 : 0xf);
		assert_int_equal(desc >> 8 & 3, 3);
		assert_true(desc & 1ULL << 6);
		assert_int_equal(desc >> 55 | (desc >> 50 & 0xf) | (desc >> 11 & 1), 0);
		t->valid = true;
		t->lsb = lsb;
		t->pa = desc & 0x0003fffffffff000ULL;
		t->pa |= ipa & ((1ULL << lsb) - 1);
		t->prot = (desc & 1ULL << 7 ? STAGE2_WRITE : 0) |
			  (desc & 1ULL << 54 ? 0 : STAGE2_EXEC);
	}
	if ((t->prot & want) != want)
		return HW_PERMISSION;
	*pa = t->pa;
	return HW_OK;
}

static u64 size_of(int level)
{
	return 1ULL << (config.page_shift + (3 - level) * (config.page_shift - 3));
}

/* The leaf that a mapped page is in. */
static u64 leaf_base(const struct page_model *p)
{
	return p->ipa & ~(size_of(p->level) - 1);
}

static bool leaf_in(const struct page_model *p, u64 start, u64 end)
{
	return p->mapped && leaf_base(p) < end && leaf_base(p) + size_of(p->level) > start;
}

static bool same_leaf(const struct page_model *a, const struct page_model *b)
{
	return a->mapped && b->mapped && leaf_base(a) == leaf_base(b);
}

/* What hardware and tables say of each page is what the model says. */
static void check_all(void)
{
	unsigned int i;
	u64 mapped = 0, blocks = 0;

	assert_false(unpublished);
	assert_int_equal(s2.violations, 0);
	assert_int_equal(s2.tables, nr_tables);
	for (i = 0; i < nr_pages; i++) {
		const struct page_model *p = &pages[i];
		struct stage2_leaf leaf;
		bool stale = tlb[i].valid;
		enum hw_result result;
		u64 pa = 0;
		u32 want;

		if (p->mapped && !(i && same_leaf(p, &pages[i - 1]))) {
			mapped += size_of(p->level) >> config.page_shift;
			blocks += p->level < 3;
		}
		assert_int_equal(stage2_lookup(&s2, p->ipa, &leaf), p->mapped);
		if (p->mapped) {
			assert_int_equal(leaf.pa, p->pa);
			assert_int_equal(leaf.prot, p->prot);
			assert_int_equal(leaf.level, p->level);
			assert_int_equal(leaf.young, p->young);
		}
		for (want = 0; want < 4; want++) {
			result = hw_translate(i, want, &pa);
			if (!p->mapped) {
				assert_int_equal(result, HW_TRANSLATION);
			} else if (!p->young && !stale) {
				assert_int_equal(result, HW_ACCESS_FLAG);
			} else if ((p->prot & want) != want) {
				assert_int_equal(result, HW_PERMISSION);
			} else {
				assert_int_equal(result, HW_OK);
				assert_int_equal(pa, p->pa);
			}
		}
	}
	assert_int_equal(s2.pages, mapped);
	assert_int_equal(s2.blocks, blocks);
}

static void add_page(u64 ipa)
{
	unsigned int i;

	ipa = ipa >> config.page_shift << config.page_shift;
	if (ipa >> config.ipa_bits || nr_pages == MAX_PAGES)
		return;
	for (i = nr_pages; i > 0 && pages[i - 1].ipa >= ipa; i--)
		if (pages[i - 1].ipa == ipa)
			return;
	memmove(&pages[i + 1], &pages[i], (nr_pages - i) * sizeof(pages[0]));
	pages[i] = (struct page_model) { .ipa = ipa };
	nr_pages++;
}

/* Around the first and last entries of tables of each level, and anywhere. */
static void choose_pages(void)
{
	u64 page = 1ULL << config.page_shift;
	int level, i;

	nr_pages = 0;
	for (i = 0; i < 12; i++) {
		add_page(i * page);
		add_page((1ULL << config.ipa_bits) - (i + 1) * page);
	}
	for (level = 0; level < 3; level++) {
		u64 size = 1ULL << (config.page_shift + (3 - level) * (config.page_shift - 3));

		if (size >> config.ipa_bits)
			continue;
		for (i = 0; i < 8; i++) {
			u64 at = (rnd64() % (1ULL << config.ipa_bits)) / size * size;

			add_page(at);
			add_page(at - page);
			add_page(at + size / 2);
			add_page(size * i);
			add_page(size * (i + 1) - page);
		}
	}
	while (nr_pages < 180)
		add_page(rnd64() % (1ULL << config.ipa_bits));
	memset(tlb, 0, sizeof(tlb));
}

static void begin(unsigned int page_shift, unsigned int ipa_bits, unsigned int pa_bits)
{
	config = (struct stage2_config) {
		.page_shift = page_shift,
		.ipa_bits = ipa_bits,
		.pa_bits = pa_bits,
		.vmid16 = ipa_bits & 1,
		.fwb = ipa_bits & 2,
	};
	seed = page_shift * 1000 + ipa_bits;
	nr_walks = nr_tables = 0;
	fail_alloc_in = 0;
	unpublished = table_unpublished = false;
	ipa_flushes = all_flushes = writes = 0;
	assert_int_equal(stage2_init(&s2, &config, &ops), 0);
	choose_pages();
}

static void unmap_all(void)
{
	u64 end = 1ULL << config.ipa_bits, ipa = 0;
	unsigned int i;

	while (ipa < end)
		ipa = stage2_unmap(&s2, ipa, end, STAGE2_FREE_TABLES, 1000);
	for (i = 0; i < nr_pages; i++)
		pages[i].mapped = false;
}

static void end(void)
{
	unmap_all();
	check_all();
	assert_int_equal(s2.pages, 0);
	assert_int_equal(nr_tables, 0);
	assert_int_equal(nr_roots, 1);
	stage2_destroy(&s2);
	assert_int_equal(nr_roots, 0);
}

/* ---- operations on both, tables and model --------------------------------- */

static u64 random_pa(int level)
{
	unsigned int bits = min_t(unsigned int, config.pa_bits, 48);

	return (rnd64() % (1ULL << bits)) & ~(size_of(level) - 1);
}

static void forget_leaf(struct page_model *leaf)
{
	struct page_model l = *leaf;
	unsigned int i;

	for (i = 0; i < nr_pages; i++)
		if (same_leaf(&l, &pages[i]))
			pages[i].mapped = false;
}

/* The leaf of @level with page @n becomes @pa with @prot. */
static void do_map_leaf(unsigned int n, u64 pa, u32 prot, int level)
{
	u64 base = pages[n].ipa & ~(size_of(level) - 1);
	struct page_model *p = &pages[n];
	u64 offset = p->ipa - base;
	bool stays = false;
	unsigned int i;
	int ret;

	making = base;
	making_end = base + size_of(level);
	do {
		ret = stage2_map(&s2, base, pa, prot, level, &config);
	} while (ret == -ENOMEM);
	making_end = 0;
	assert_int_equal(ret, 0);

	if (p->mapped && p->pa == pa + offset) {
		if (p->level == level)
			prot |= p->prot;
		/* A larger leaf says it all already. */
		if (p->level < level && !(prot & ~p->prot))
			stays = true;
	}
	if (stays) {
		for (i = 0; i < nr_pages; i++)
			if (same_leaf(p, &pages[i]))
				pages[i].young = true;
		return;
	}
	if (p->mapped && p->level < level)
		forget_leaf(p);
	for (i = 0; i < nr_pages; i++) {
		if (pages[i].ipa < base || pages[i].ipa >= base + size_of(level))
			continue;
		pages[i] = (struct page_model) {
			.ipa = pages[i].ipa,
			.mapped = true,
			.level = level,
			.pa = pa + (pages[i].ipa - base),
			.prot = prot,
			.young = true,
		};
	}
}

static void do_map(unsigned int n, u64 pa, u32 prot)
{
	do_map_leaf(n, pa, prot, 3);
}

/* The size of blocks that there is, or none. */
static int random_level(void)
{
	int level = 1 + rnd(2);

	if (config.page_shift != 12)
		level = 2;
	return level < s2.start_level ? 3 : level;
}

static void do_map_block(unsigned int n)
{
	const struct page_model *p = &pages[n];
	int level = random_level();
	u64 pa = random_pa(level);

	/* Often what is there already, in another size, or with other rights. */
	if (p->mapped && rnd(2) && !((p->pa ^ p->ipa) & (size_of(level) - 1)))
		pa = p->pa & ~(size_of(level) - 1);
	do_map_leaf(n, pa, rnd(4), level);
}

static void random_range(u64 *start, u64 *end_, unsigned int *first, unsigned int *after)
{
	unsigned int a = rnd(nr_pages), b = min(a + 1 + (rnd(4) ? rnd(8) : rnd(nr_pages)), nr_pages);

	*first = a;
	*after = b;
	*start = pages[a].ipa;
	/* Up to the next page of interest, or not a page further than needed. */
	if (b == nr_pages)
		*end_ = 1ULL << config.ipa_bits;
	else
		*end_ = rnd(2) ? pages[b].ipa : pages[b - 1].ipa + (1ULL << config.page_shift);
}

static u32 random_budget(void)
{
	return rnd(3) ? 1000000 : 1 + rnd(40);
}

static void do_unmap(void)
{
	u32 flags = rnd(2) ? STAGE2_FREE_TABLES : 0, budget = random_budget();
	unsigned int i, first, after;
	u64 ipa, last, next;

	random_range(&ipa, &last, &first, &after);
	while (ipa < last) {
		next = stage2_unmap(&s2, ipa, last, flags, budget);
		assert_true(next > ipa && next <= last);
		for (i = 0; i < nr_pages; i++)
			if (leaf_in(&pages[i], ipa, next))
				pages[i].mapped = false;
		ipa = next;
		/* A part that is done is done: others may look between two calls. */
		if (rnd(50) == 0)
			check_all();
	}
}

static void do_protect(void)
{
	u32 take = 1 + rnd(3), budget = random_budget();
	unsigned int i, first, after;
	u64 ipa, last, next;

	random_range(&ipa, &last, &first, &after);
	while (ipa < last) {
		next = stage2_protect(&s2, ipa, last, take, budget);
		assert_true(next > ipa && next <= last);
		for (i = 0; i < nr_pages; i++) {
			if (!leaf_in(&pages[i], ipa, next) || !(pages[i].prot & take))
				continue;
			if (leaf_base(&pages[i]) < ipa ||
			    leaf_base(&pages[i]) + size_of(pages[i].level) > last)
				pages[i].mapped = false;
			pages[i].prot &= ~take;
		}
		ipa = next;
	}
}

static void do_age(void)
{
	bool flush = rnd(2), young, expected;
	unsigned int i, first, after;
	u32 budget = random_budget();
	u64 ipa, last, next;

	random_range(&ipa, &last, &first, &after);
	while (ipa < last) {
		young = false;
		expected = false;
		next = stage2_age(&s2, ipa, last, flush, budget, &young);
		assert_true(next > ipa && next <= last);
		for (i = 0; i < nr_pages; i++) {
			if (!leaf_in(&pages[i], ipa, next))
				continue;
			expected |= pages[i].young;
			if (flush && pages[i].young)
				assert_false(tlb[i].valid);
			pages[i].young = false;
		}
		assert_int_equal(young, expected);
		ipa = next;
	}
	if (!flush) {
		/* Stale entries would hide the flag: that is allowed, but not tested. */
		test_publish();
		forget_all();
	}
}

/* Where the next mapped page is, as the model has it. */
static const struct page_model *next_of(u64 *ipa, u64 last)
{
	const struct page_model *best = NULL;
	u64 best_at = last;
	unsigned int i;

	for (i = 0; i < nr_pages; i++) {
		u64 at;

		if (!leaf_in(&pages[i], *ipa, last))
			continue;
		at = max(leaf_base(&pages[i]), *ipa);
		if (at < best_at) {
			best_at = at;
			best = &pages[i];
		}
	}
	*ipa = best_at;
	return best;
}

static void do_next(void)
{
	const struct page_model *p;
	unsigned int first, after;
	struct stage2_leaf leaf;
	u64 ipa, last, at;
	u32 budget;

	random_range(&ipa, &last, &first, &after);
	for (;;) {
		at = ipa;
		p = next_of(&at, last);
		if (!p)
			break;
		budget = 1000000;
		assert_true(stage2_next(&s2, &ipa, last, &budget, &leaf));
		assert_int_equal(ipa, at);
		assert_int_equal(leaf.level, p->level);
		assert_int_equal(leaf.pa - ipa, p->pa - p->ipa);
		/* The next page, often that of the next leaf. */
		ipa += 1ULL << config.page_shift;
		if (rnd(4))
			ipa = leaf_base(p) + size_of(p->level);
	}
	while (ipa < last) {
		budget = 5;
		assert_false(stage2_next(&s2, &ipa, last, &budget, &leaf));
	}
	assert_true(ipa >= last);
}

static void random_op(void)
{
	unsigned int n = rnd(nr_pages), i;

	fail_alloc_in = rnd(10) ? 0 : 1 + rnd(3);
	switch (rnd(14)) {
	case 0 ... 4:
		do_map(n, random_pa(3), rnd(4));
		break;
	case 5:
		do_map(n, pages[n].mapped ? pages[n].pa : random_pa(3), rnd(4));
		break;
	case 12: case 13:
		do_map_block(n);
		break;
	case 6: case 7:
		do_unmap();
		break;
	case 8:
		do_protect();
		break;
	case 9:
		do_age();
		break;
	case 10:
		do_next();
		break;
	case 11:
		assert_int_equal(stage2_touch(&s2, pages[n].ipa), pages[n].mapped);
		for (i = 0; i < nr_pages; i++)
			if (same_leaf(&pages[n], &pages[i]))
				pages[i].young = true;
		break;
	}
	fail_alloc_in = 0;
}

static const struct { u8 ipa, pa; } sizes[] = {
	{ 32, 32 }, { 32, 48 }, { 33, 36 }, { 34, 40 }, { 36, 36 }, { 38, 40 },
	{ 39, 40 }, { 40, 40 }, { 40, 52 }, { 41, 42 }, { 42, 42 }, { 43, 44 },
	{ 44, 44 }, { 46, 48 }, { 47, 52 }, { 48, 48 }, { 48, 52 },
};

static void random_operations(unsigned int page_shift)
{
	const char *env = getenv("STAGE2_TEST_OPS");
	unsigned long n, ops_each = env ? strtoul(env, NULL, 0) : 150;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin(page_shift, sizes[i].ipa, sizes[i].pa);
		for (n = 0; n < ops_each; n++) {
			random_op();
			check_all();
		}
		end();
	}
}

static void random_4k(void **state)
{
	random_operations(12);
}

static void random_16k(void **state)
{
	random_operations(14);
}

static void random_64k(void **state)
{
	random_operations(16);
}

/* ---- single behaviours ---------------------------------------------------- */

static void geometry(void **state)
{
	static const u8 shifts[] = { 12, 14, 16 };
	unsigned int i, ipa;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		for (ipa = 32; ipa <= 48; ipa++) {
			unsigned int pa;

			for (pa = 0; pa < ARRAY_SIZE(sizes); pa++) {
				if (sizes[pa].pa < ipa)
					continue;
				begin(shifts[i], ipa, sizes[pa].pa);
				hw_check_vtcr(s2.vtcr);
				assert_int_equal(hw_page_shift(s2.vtcr), shifts[i]);
				assert_int_equal(64 - (s2.vtcr & 0x3f), ipa);
				assert_int_equal(s2.vtcr >> 19 & 1, config.vmid16);
				assert_int_equal(stage2_baddr(&s2) & (s2.root_size - 1), 0);
				/* All of the IPA space has its entry in the root. */
				do_map(nr_pages - 1, 0, 0);
				check_all();
				end();
			}
		}
	}
}

/* Worked out by hand from D19.2.160. */
static void vtcr_values(void **state)
{
	static const struct {
		struct stage2_config c;
		u64 vtcr;
		size_t root_size;
	} cases[] = {
		{ { 12, 40, 40 }, 0x80023558, 2 << 12 },
		{ { 12, 40, 44, true }, 0x800c3558, 2 << 12 },
		{ { 12, 32, 40 }, 0x80023520, 4 << 12 },
		{ { 12, 48, 48 }, 0x80053590, 1 << 12 },
		{ { 12, 48, 52 }, 0x80053590, 1 << 12 },
		{ { 12, 44, 44 }, 0x80043594, 1 << 12 },
		{ { 12, 43, 44 }, 0x80043555, 16 << 12 },
		{ { 14, 40, 40 }, 0x8002b558, 16 << 14 },
		{ { 14, 48, 48 }, 0x8005b590, 2 << 14 },
		{ { 16, 40, 40 }, 0x80027558, 1 << 16 },
		{ { 16, 32, 40 }, 0x80027520, 8 << 16 },
		{ { 16, 46, 48 }, 0x80057552, 16 << 16 },
		{ { 16, 47, 48 }, 0x80057591, 1 << 16 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		config = cases[i].c;
		assert_int_equal(stage2_init(&s2, &config, &ops), 0);
		assert_int_equal(s2.vtcr, cases[i].vtcr);
		assert_int_equal(s2.root_size, cases[i].root_size);
		stage2_destroy(&s2);
	}
}

static void bad_geometry(void **state)
{
	static const struct stage2_config bad[] = {
		{ 12, 31, 48 }, { 12, 49, 52 }, { 12, 41, 40 }, { 12, 40, 41 },
		{ 13, 40, 48 }, { 0, 40, 48 }, { 16, 48, 44 }, { 12, 0, 0 },
		{ 12, 40, 0 }, { 12, 255, 255 }, { 12, 52, 52 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(stage2_init(&s2, &bad[i], &ops), -EINVAL);
		assert_int_equal(nr_roots, 0);
	}
	config = (struct stage2_config) { 12, 40, 48 };
	fail_alloc_in = 1;
	assert_int_equal(stage2_init(&s2, &config, &ops), -ENOMEM);
	fail_alloc_in = 0;
}

static void bad_mappings(void **state)
{
	u64 page = 1 << 14;

	begin(14, 42, 44);
	assert_int_equal(stage2_map(&s2, page + 4096, 0, 0, 3, &config), -EINVAL);
	assert_int_equal(stage2_map(&s2, page, 4096, 0, 3, &config), -EINVAL);
	assert_int_equal(stage2_map(&s2, 1ULL << 42, 0, 0, 3, &config), -EINVAL);
	assert_int_equal(stage2_map(&s2, ~0ULL << 14, 0, 0, 3, &config), -EINVAL);
	assert_int_equal(stage2_map(&s2, 0, 1ULL << 44, 0, 3, &config), -ERANGE);
	assert_int_equal(stage2_map(&s2, 0, ~0ULL << 14, 0, 3, &config), -ERANGE);
	assert_int_equal(stage2_map(&s2, 0, 0, 0, 4, &config), -EINVAL);
	assert_int_equal(stage2_map(&s2, 0, 0, 0, 1, &config), -EINVAL);
	assert_int_equal(stage2_map(&s2, 0, 0, 0, 0, &config), -EINVAL);
	assert_int_equal(stage2_map(&s2, page, 0, 0, 2, &config), -EINVAL);
	assert_int_equal(stage2_map(&s2, 0, page, 0, 2, &config), -EINVAL);
	assert_int_equal(stage2_map(&s2, 0, 1ULL << 44, 0, 2, &config), -ERANGE);
	assert_int_equal(stage2_map(&s2, 0, 0, 0, -1, &config), -EINVAL);
	assert_int_equal(writes, 0);
	assert_int_equal(nr_tables, 0);
	check_all();
	end();

	/* A small space begins below blocks of 1 GiB. */
	begin(12, 33, 40);
	assert_false(stage2_level_ok(&s2, 1));
	assert_true(stage2_level_ok(&s2, 2));
	assert_int_equal(stage2_map(&s2, 0, 0, 0, 1, &config), -EINVAL);
	end();

	/* A 52-bit host: what a 48-bit descriptor has no room for. */
	begin(16, 40, 52);
	assert_int_equal(stage2_map(&s2, 0, 1ULL << 48, 0, 3, &config), -ERANGE);
	assert_int_equal(stage2_map(&s2, 0, (1ULL << 48) - 65536, 0, 3, &config), 0);
	unmap_all();
	end();
}

static void beyond_the_space(void **state)
{
	struct stage2_leaf leaf;
	bool young = false;
	u64 ipa = 1ULL << 36;
	u32 budget = 10;

	begin(12, 36, 40);
	assert_false(stage2_lookup(&s2, ipa, &leaf));
	assert_false(stage2_lookup(&s2, ~0ULL, &leaf));
	assert_false(stage2_touch(&s2, ipa));
	assert_false(stage2_next(&s2, &ipa, ~0ULL, &budget, &leaf));
	assert_int_equal(stage2_unmap(&s2, ipa, ~0ULL, 0, 10), ~0ULL);
	assert_int_equal(stage2_protect(&s2, ipa, ipa + 4096, STAGE2_WRITE, 10), ipa + 4096);
	assert_int_equal(stage2_age(&s2, ipa, ~0ULL, true, 10, &young), ~0ULL);
	assert_int_equal(stage2_unmap(&s2, 0, ~0ULL, 0, 100000), ~0ULL);
	assert_int_equal(stage2_unmap(&s2, 4096, 4096, 0, 10), 4096);
	assert_false(young);
	check_all();
	end();
}

/* The writer itself: what must not be done is done the long way, and counted. */
static void checked_writer(void **state)
{
	u64 table[512] = { 0 };
	u64 a = 0x40000000, b = 0x50000000, leaf;
	static const struct { u64 flip; bool allowed; } bits[] = {
		{ 1ULL << 6, true }, { 1ULL << 7, true }, { 1ULL << 10, true },
		{ 1ULL << 54, true }, { 1ULL << 2, false }, { 1ULL << 5, false },
		{ 1ULL << 8, false }, { 1ULL << 12, false }, { 1ULL << 47, false },
		{ 1ULL << 52, false }, { 2, false },
	};
	struct stage2_ops quiet = ops;
	unsigned int i;

	begin(12, 40, 40);
	quiet.written = NULL;
	s2.ops = &quiet;
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		u64 before = s2.violations;
		unsigned int flushed = all_flushes;

		leaf = leaf_desc(&s2, a, STAGE2_WRITE, 3);
		write_desc(&s2, &table[i], leaf, 3);
		broken = &table[i];
		write_desc(&s2, &table[i], leaf ^ bits[i].flip, 3);
		broken = NULL;
		assert_int_equal(table[i], leaf ^ bits[i].flip);
		assert_int_equal(s2.violations - before, !bits[i].allowed);
		assert_int_equal(all_flushes - flushed, !bits[i].allowed);
		write_desc(&s2, &table[i], 0, 3);
	}
	assert_int_equal(s2.pages, 0);

	s2.violations = 0;
	write_desc(&s2, &table[20], leaf_desc(&s2, a, 0, 3), 3);
	write_desc(&s2, &table[20], leaf_desc(&s2, b, 0, 3), 3);
	assert_int_equal(s2.violations, 1);
	write_desc(&s2, &table[20], 0, 3);
	write_desc(&s2, &table[20], leaf_desc(&s2, b, 0, 3), 3);
	write_desc(&s2, &table[20], 0, 3);
	assert_int_equal(s2.violations, 1);
	/* A table in the place of a block, and the reverse. */
	write_desc(&s2, &table[21], (u64)table | 3, 2);
	write_desc(&s2, &table[21], leaf_desc(&s2, a, 0, 2), 2);
	assert_int_equal(s2.violations, 2);
	write_desc(&s2, &table[21], 0, 2);
	assert_int_equal(s2.pages, 0);
	assert_int_equal(s2.breaks, 0);
	s2.violations = 0;
	s2.ops = &ops;
	test_publish();
	end();
}

/* Another page in its place: broken, flushed, made; only then. */
static void remap_breaks_before_it_makes(void **state)
{
	u64 made;

	begin(12, 40, 40);
	do_map(0, 0x1000, STAGE2_WRITE);
	check_all();
	made = s2.made;
	writes = ipa_flushes = 0;
	do_map(0, 0x2000, 0);
	assert_int_equal(s2.breaks, 1);
	assert_int_equal(s2.made, made + 1);
	assert_int_equal(writes, 2);
	assert_int_equal(ipa_flushes, 1);
	check_all();
	end();
}

/* Registers of the host: never executable, no memory that is counted or cleaned. */
static void devices(void **state)
{
	struct stage2_leaf leaf;
	unsigned int fwb;
	int level;
	u64 *descp, page;

	for (fwb = 0; fwb < 2; fwb++) {
		begin(12, 40, 40);
		end();
		config.fwb = fwb;
		assert_int_equal(stage2_init(&s2, &config, &ops), 0);
		page = 1ULL << config.page_shift;
		assert_int_equal(stage2_map(&s2, 0, 7 * page, STAGE2_DEVICE | STAGE2_WRITE, 3,
					    &config), 0);
		descp = descend(&s2, 0, &level, NULL);
		assert_int_equal(level, 3);
		/* XN, AF, non-shareable, S2AP, Device-nGnRE, a valid page */
		assert_int_equal(*descp, 1ULL << 54 | 7 * page | 1 << 10 | 3 << 6 | 1 << 2 | 3);
		assert_true(stage2_lookup(&s2, 0, &leaf));
		assert_int_equal(leaf.pa, 7 * page);
		assert_int_equal(leaf.prot, STAGE2_DEVICE | STAGE2_WRITE);
		assert_int_equal(s2.pages, 0);
		assert_int_equal(s2.made, 0);
		/* again: all is there */
		writes = 0;
		assert_int_equal(stage2_map(&s2, 0, 7 * page, STAGE2_DEVICE | STAGE2_WRITE, 3,
					    &config), 0);
		assert_int_equal(writes, 0);
		assert_int_equal(s2.breaks, 0);
		/* of another type at the same address, and back */
		assert_int_equal(stage2_map(&s2, 0, 7 * page, STAGE2_WRITE, 3, &config), 0);
		assert_int_equal(s2.breaks, 1);
		assert_int_equal(s2.pages, 1);
		assert_int_equal(s2.made, 1);
		assert_true(stage2_lookup(&s2, 0, &leaf));
		assert_int_equal(leaf.prot, STAGE2_WRITE);
		assert_int_equal(stage2_map(&s2, 0, 7 * page, STAGE2_DEVICE | STAGE2_WRITE, 3,
					    &config), 0);
		assert_int_equal(s2.breaks, 2);
		assert_int_equal(s2.pages, 0);
		/* under a block, and gone with all else */
		assert_int_equal(stage2_map(&s2, 0, 0, STAGE2_WRITE, 2, &config), 0);
		assert_int_equal(s2.pages, 512);
		assert_int_equal(stage2_map(&s2, page, 9 * page, STAGE2_DEVICE, 3, &config), 0);
		assert_int_equal(s2.pages, 0);
		assert_int_equal(stage2_unmap(&s2, 0, 1ULL << 40, STAGE2_FREE_TABLES, ~0U),
				 1ULL << 40);
		assert_int_equal(s2.tables, 0);
		assert_int_equal(s2.violations, 0);
		stage2_destroy(&s2);
		forget_all();
	}
}

static void rights_are_added(void **state)
{
	begin(12, 40, 40);
	do_map(3, 0x7000, 0);
	check_all();
	ipa_flushes = all_flushes = writes = 0;
	do_map(3, 0x7000, STAGE2_EXEC);
	check_all();
	do_map(3, 0x7000, STAGE2_WRITE);
	check_all();
	assert_int_equal(pages[3].prot, STAGE2_WRITE | STAGE2_EXEC);
	assert_int_equal(ipa_flushes, 2);
	assert_int_equal(s2.made, 1);
	assert_int_equal(s2.breaks, 0);
	/* Nothing new: nothing is written, nothing flushed. */
	do_map(3, 0x7000, STAGE2_WRITE);
	assert_int_equal(writes, 2);
	assert_int_equal(ipa_flushes, 2);
	assert_int_equal(all_flushes, 0);
	end();
}

/*
 * The access flag was taken without a flush, so the TLB may still have the
 * entry with the old rights when more rights come.
 */
static void rights_after_ageing(void **state)
{
	bool young = false;

	begin(12, 40, 40);
	do_map(0, 0x7000, 0);
	check_all();
	stage2_age(&s2, pages[0].ipa, pages[0].ipa + 4096, false, 10, &young);
	test_publish();
	assert_true(young);
	assert_true(tlb[0].valid);
	do_map(0, 0x7000, STAGE2_WRITE);
	check_all();
	end();
}

/* One of 2 MiB in the place of a table, with all that the table mapped. */
static void table_becomes_a_block(void **state)
{
	u64 page = 4096, block = 512 * page, i;

	begin(12, 40, 40);
	for (i = 0; i < 512; i += 3)
		assert_int_equal(stage2_map(&s2, block + i * page, 5 * block + i * page,
					    0, 3, &config), 0);
	assert_int_equal(nr_tables, 2);
	all_flushes = ipa_flushes = 0;
	assert_int_equal(stage2_map(&s2, block, 5 * block, STAGE2_WRITE, 2, &config), 0);
	assert_int_equal(all_flushes, 1);
	assert_int_equal(ipa_flushes, 0);
	assert_int_equal(nr_tables, 1);
	assert_int_equal(s2.pages, 512);
	assert_int_equal(s2.blocks, 1);
	assert_int_equal(s2.breaks, 1);
	/* One of 1 GiB over it and its neighbours. */
	assert_int_equal(stage2_map(&s2, 5 * block, 0, 0, 3, &config), 0);
	assert_int_equal(nr_tables, 2);
	assert_int_equal(stage2_map(&s2, 0, 1ULL << 30, 0, 1, &config), 0);
	assert_int_equal(nr_tables, 0);
	assert_int_equal(s2.pages, 512 * 512);
	assert_int_equal(s2.blocks, 1);
	/* And a page in the place of that: the rest of it is gone. */
	ipa_flushes = 0;
	assert_int_equal(stage2_map(&s2, 7 * page, 0, 0, 3, &config), 0);
	assert_int_equal(ipa_flushes, 1);
	assert_int_equal(nr_tables, 2);
	assert_int_equal(s2.pages, 1);
	assert_int_equal(s2.blocks, 0);
	stage2_unmap(&s2, 0, 1ULL << 40, STAGE2_FREE_TABLES, 100000);
	end();
}

/* What cannot be done for want of a table has changed nothing. */
static void block_stays_without_memory(void **state)
{
	struct stage2_leaf leaf;

	begin(12, 40, 40);
	assert_int_equal(stage2_map(&s2, 0, 0, 0, 2, &config), 0);
	fail_alloc_in = 1;
	assert_int_equal(stage2_map(&s2, 4096, 0, 0, 3, &config), -ENOMEM);
	assert_true(stage2_lookup(&s2, 8192, &leaf));
	assert_int_equal(leaf.level, 2);
	assert_int_equal(leaf.pa, 8192);
	stage2_unmap(&s2, 0, 4096, STAGE2_FREE_TABLES, 10);
	assert_false(stage2_lookup(&s2, 8192, &leaf));
	end();
}

static void flush_batches(void **state)
{
	u64 page = 4096;
	unsigned int n, i;

	for (n = 1; n <= 20; n++) {
		begin(12, 40, 40);
		for (i = 0; i < n; i++)
			assert_int_equal(stage2_map(&s2, i * page, i * page, 0, 3, &config), 0);
		ipa_flushes = all_flushes = 0;
		assert_int_equal(stage2_unmap(&s2, 0, n * page, 0, 1000), n * page);
		assert_int_equal(ipa_flushes, n <= FLUSH_IPAS ? n : 0);
		assert_int_equal(all_flushes, n <= FLUSH_IPAS ? 0 : 1);
		assert_int_equal(nr_tables, 2);
		/* Nothing there: nothing to flush, but the tables. */
		assert_int_equal(stage2_unmap(&s2, 0, n * page, 0, 1000), n * page);
		assert_int_equal(ipa_flushes + all_flushes, n <= FLUSH_IPAS ? n : 1);
		stage2_unmap(&s2, 0, n * page, STAGE2_FREE_TABLES, 1000);
		assert_int_equal(nr_tables, 0);
		end();
	}
}

/* A table that a neighbour needs stays, and goes with the neighbour. */
static void shared_tables(void **state)
{
	u64 page = 4096, table = 512 * page;

	begin(12, 40, 40);
	assert_int_equal(stage2_map(&s2, table - page, 0, 0, 3, &config), 0);
	assert_int_equal(stage2_map(&s2, table - 2 * page, 0, 0, 3, &config), 0);
	assert_int_equal(stage2_map(&s2, table, 0, 0, 3, &config), 0);
	assert_int_equal(nr_tables, 3);
	stage2_unmap(&s2, table - page, table + page, STAGE2_FREE_TABLES, 1000);
	assert_int_equal(nr_tables, 2);
	stage2_unmap(&s2, 0, table - page, STAGE2_FREE_TABLES, 1000);
	assert_int_equal(nr_tables, 0);
	assert_int_equal(s2.tables, 0);
	end();
}

/* More tables than wait for one flush. */
static void many_tables(void **state)
{
	u64 size = 1ULL << 21, end_ = 100 * size, ipa;

	begin(12, 40, 40);
	for (ipa = 0; ipa < end_; ipa += size)
		assert_int_equal(stage2_map(&s2, ipa, ipa, 0, 3, &config), 0);
	assert_int_equal(nr_tables, 101);
	all_flushes = 0;
	assert_int_equal(stage2_unmap(&s2, 0, end_, STAGE2_FREE_TABLES, 1000000), end_);
	assert_int_equal(nr_tables, 0);
	assert_in_range(all_flushes, 1, 5);
	end();
}

/* Tables that a failed attempt left are freed although nothing is mapped. */
static void tables_of_a_failed_map(void **state)
{
	unsigned int fail;

	for (fail = 1; fail <= 3; fail++) {
		begin(12, 48, 48);
		fail_alloc_in = fail;
		assert_int_equal(stage2_map(&s2, 0x40000000, 0, 0, 3, &config), -ENOMEM);
		assert_int_equal(nr_tables, fail - 1);
		assert_int_equal(s2.tables, fail - 1);
		assert_int_equal(s2.pages, 0);
		stage2_unmap(&s2, 0x40000000, 0x40001000, STAGE2_FREE_TABLES, 10);
		assert_int_equal(nr_tables, 0);
		end();
	}
}

/* An empty space of 256 TiB is done in a few steps, not one for each page. */
static void empty_space_is_cheap(void **state)
{
	begin(12, 48, 48);
	assert_int_equal(stage2_unmap(&s2, 0, 1ULL << 48, STAGE2_FREE_TABLES, 512), 1ULL << 48);
	assert_int_equal(stage2_map(&s2, 1ULL << 47, 0, 0, 3, &config), 0);
	assert_int_equal(stage2_unmap(&s2, 0, 1ULL << 48, STAGE2_FREE_TABLES, 512 * 4 + 4),
			 1ULL << 48);
	assert_int_equal(nr_tables, 0);
	end();
}

static void budget_is_kept(void **state)
{
	u64 page = 4096, i;

	begin(12, 40, 40);
	for (i = 0; i < 600; i++)
		assert_int_equal(stage2_map(&s2, i * page, 0, 0, 3, &config), 0);
	assert_int_equal(stage2_unmap(&s2, 0, 600 * page, STAGE2_FREE_TABLES, 100), 100 * page);
	assert_int_equal(s2.pages, 500);
	assert_int_equal(stage2_unmap(&s2, 100 * page, 600 * page, STAGE2_FREE_TABLES, 1),
			 101 * page);
	assert_int_equal(s2.pages, 499);
	assert_int_equal(stage2_unmap(&s2, 101 * page, 600 * page, STAGE2_FREE_TABLES, 499),
			 600 * page);
	assert_int_equal(nr_tables, 0);
	end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(geometry),
		cmocka_unit_test(vtcr_values),
		cmocka_unit_test(bad_geometry),
		cmocka_unit_test(bad_mappings),
		cmocka_unit_test(beyond_the_space),
		cmocka_unit_test(checked_writer),
		cmocka_unit_test(remap_breaks_before_it_makes),
		cmocka_unit_test(devices),
		cmocka_unit_test(rights_are_added),
		cmocka_unit_test(rights_after_ageing),
		cmocka_unit_test(table_becomes_a_block),
		cmocka_unit_test(block_stays_without_memory),
		cmocka_unit_test(flush_batches),
		cmocka_unit_test(shared_tables),
		cmocka_unit_test(many_tables),
		cmocka_unit_test(tables_of_a_failed_map),
		cmocka_unit_test(empty_space_is_cheap),
		cmocka_unit_test(budget_is_kept),
		cmocka_unit_test(random_4k),
		cmocka_unit_test(random_16k),
		cmocka_unit_test(random_64k),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
