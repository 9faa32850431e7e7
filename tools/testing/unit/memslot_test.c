// SPDX-License-Identifier: GPL-2.0-only
/* Slot arithmetic and the loop over cache lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/errno.h>
#include <linux/kernel.h>

#include "cache.h"
#include "slots.h"

#define MAX_SLOTS	512

static const struct slot_limits limits_4k = {
	.page_size = 4096,
	.ipa_bits = 40,
	.max_slots = MAX_SLOTS,
	.user_end = 1ULL << 48,
};

static u64 seed = 1;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % n;
}

static struct memslots *no_slots(void)
{
	struct memslots *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	return s;
}

/* Room for exactly what is needed: the sanitizer sees a step beyond. */
static int set(struct memslots **slots, const struct slot_limits *limits,
	       struct armvcpu_memory arg)
{
	struct memslots *old = *slots, *new;
	int ret = slots_check(old, limits, &arg);

	if (ret)
		return ret;
	new = malloc(sizeof(*new) + (old->nr + (arg.length ? 1 : -1)) * sizeof(new->slot[0]));
	assert_non_null(new);
	if (arg.length)
		slots_add(new, old, &arg);
	else
		slots_delete(new, old, arg.slot);
	free(old);
	*slots = new;
	return 0;
}

/* What a slot may be, in 128 bits, where nothing wraps. */
static int expect_fit(const struct slot_limits *l, const struct armvcpu_memory *a)
{
	if (a->slot >= l->max_slots || (a->flags & ~ARMVCPU_MEM_READONLY))
		return -EINVAL;
	if (!a->length)
		return a->hva ? -EINVAL : -ENOENT;
	if (a->ipa % l->page_size || a->length % l->page_size || a->hva % l->page_size)
		return -EINVAL;
	if ((unsigned __int128)a->ipa + a->length > 1ULL << l->ipa_bits ||
	    (unsigned __int128)a->hva + a->length > l->user_end)
		return -EINVAL;
	return 0;
}

/* Returns whether it is a slot. */
static bool check_triple(const struct slot_limits *l, u64 ipa, u64 length, u64 hva)
{
	struct armvcpu_memory a = { .slot = 3, .ipa = ipa, .length = length, .hva = hva };
	struct memslots *s = no_slots();
	int expected = expect_fit(l, &a);
	u64 first, last;

	assert_int_equal(set(&s, l, a), expected);
	if (!expected) {
		assert_int_equal(s->nr, 1);
		assert_ptr_equal(slots_by_ipa(s, ipa), &s->slot[0]);
		assert_ptr_equal(slots_by_ipa(s, ipa + length - 1), &s->slot[0]);
		assert_null(slots_by_ipa(s, ipa + length));
		assert_null(slots_by_ipa(s, ipa - 1));
		assert_true(slot_hva_to_ipa(&s->slot[0], 0, ~0ULL, &first, &last));
		assert_int_equal(first, ipa);
		assert_int_equal(last, ipa + length);
		/* The same once more, under another number. */
		a.slot = 4;
		assert_int_equal(slots_check(s, l, &a), -EEXIST);
	}
	free(s);
	return !expected;
}

static unsigned int check_triples(const struct slot_limits *l)
{
	u64 page = l->page_size, ipa_end = 1ULL << l->ipa_bits;
	u64 edge[] = {
		0, 1, page - 1, page, page + 1, 1ULL << 31, 1ULL << 32,
		ipa_end - page, ipa_end, ipa_end + page,
		l->user_end - page, l->user_end, l->user_end + page,
		1ULL << 55, 1ULL << 56, 1ULL << 63, (1ULL << 63) - page,
		-page, ~0ULL - page, ~0ULL, -page - page,
	};
	unsigned int i, j, k, fits = 0;

	for (i = 0; i < ARRAY_SIZE(edge); i++)
		for (j = 0; j < ARRAY_SIZE(edge); j++)
			for (k = 0; k < ARRAY_SIZE(edge); k++)
				fits += check_triple(l, edge[i], edge[j], edge[k]);
	return fits;
}

static void boundaries(void **state)
{
	static const u64 page_sizes[] = { 4096, 16384, 65536 };
	static const u32 ipa_bits[] = { 32, 33, 36, 40, 48 };
	static const u64 user_ends[] = { 1ULL << 39, 1ULL << 48, 1ULL << 52 };
	unsigned int n, fits = 0;

	for (n = 0; n < 45; n++) {
		struct slot_limits l = {
			page_sizes[n % 3], ipa_bits[n / 3 % 5], MAX_SLOTS, user_ends[n / 15],
		};

		fits += check_triples(&l);
	}
	assert_true(fits > 1000);
}

static void numbers_and_flags(void **state)
{
	struct armvcpu_memory a = { .slot = 0, .ipa = 0, .length = 4096, .hva = 4096 };
	struct memslots *s = no_slots();
	unsigned int bit;

	a.slot = MAX_SLOTS;
	assert_int_equal(set(&s, &limits_4k, a), -EINVAL);
	a.slot = ~0U;
	assert_int_equal(set(&s, &limits_4k, a), -EINVAL);
	a.slot = MAX_SLOTS - 1;
	for (bit = 1; bit < 32; bit++) {
		a.flags = 1U << bit;
		assert_int_equal(set(&s, &limits_4k, a), -EINVAL);
		a.flags |= ARMVCPU_MEM_READONLY;
		assert_int_equal(set(&s, &limits_4k, a), -EINVAL);
	}
	a.flags = ARMVCPU_MEM_READONLY;
	assert_int_equal(set(&s, &limits_4k, a), 0);
	assert_int_equal(s->slot[0].flags, ARMVCPU_MEM_READONLY);
	assert_int_equal(s->slot[0].slot, MAX_SLOTS - 1);
	/* An unknown flag is one when deleting, too. */
	a.length = 0;
	a.flags = 2;
	a.hva = 0;
	assert_int_equal(set(&s, &limits_4k, a), -EINVAL);
	free(s);
}

static void deleting(void **state)
{
	struct armvcpu_memory a = { .slot = 7, .ipa = 4096, .length = 8192, .hva = 4096 };
	struct armvcpu_memory del = { .slot = 7 };
	struct memslots *s = no_slots();

	assert_int_equal(set(&s, &limits_4k, del), -ENOENT);
	assert_int_equal(set(&s, &limits_4k, a), 0);
	assert_int_equal(set(&s, &limits_4k, a), -EEXIST);
	/* In use, although there would be room for it. */
	a.ipa = 1 << 20;
	assert_int_equal(set(&s, &limits_4k, a), -EEXIST);
	del.slot = 6;
	assert_int_equal(set(&s, &limits_4k, del), -ENOENT);
	del.slot = 7;
	del.hva = 4096;
	assert_int_equal(set(&s, &limits_4k, del), -EINVAL);
	del.hva = 0;
	assert_int_equal(set(&s, &limits_4k, del), 0);
	assert_int_equal(s->nr, 0);
	assert_null(slots_by_ipa(s, 4096));
	assert_int_equal(set(&s, &limits_4k, del), -ENOENT);
	assert_int_equal(set(&s, &limits_4k, a), 0);
	free(s);
}

/*
 * Allen's thirteen relations between two intervals, at the start, the middle
 * and the very end of the IPA space. The first interval is pages 8 to 16 of a
 * window of 24 pages.
 */
static const struct { const char *name; int from, to, ret; } relations[] = {
	{ "before",		 2,  6, 0 },
	{ "meets",		 2,  8, 0 },
	{ "overlaps",		 6, 10, -EEXIST },
	{ "finished by",	 6, 16, -EEXIST },
	{ "contains",		 6, 18, -EEXIST },
	{ "starts",		 8, 12, -EEXIST },
	{ "equals",		 8, 16, -EEXIST },
	{ "started by",		 8, 18, -EEXIST },
	{ "during",		10, 14, -EEXIST },
	{ "finishes",		12, 16, -EEXIST },
	{ "overlapped by",	14, 20, -EEXIST },
	{ "met by",		16, 20, 0 },
	{ "after",		18, 22, 0 },
	/* by one page, to both ends of the window */
	{ "meets",		 0,  8, 0 },
	{ "overlaps",		 0,  9, -EEXIST },
	{ "met by",		16, 24, 0 },
	{ "overlapped by",	15, 24, -EEXIST },
	{ "contains",		 0, 24, -EEXIST },
	{ "during",		15, 16, -EEXIST },
	{ "during",		 8,  9, -EEXIST },
};

static void check_relation(const struct slot_limits *l, u64 base, unsigned int i,
			   bool neighbours)
{
	struct armvcpu_memory a = {
		.slot = 1, .ipa = base + 8 * l->page_size, .length = 8 * l->page_size,
		.hva = 1 << 20,
	};
	struct memslots *s = no_slots();

	assert_int_equal(set(&s, l, a), 0);
	if (neighbours) {
		/* They have nothing to do with it. */
		a = (struct armvcpu_memory) {
			.slot = 5, .ipa = 1ULL << 38, .length = l->page_size, .hva = 1 << 20,
		};
		assert_int_equal(set(&s, l, a), 0);
		a.slot = 6;
		a.ipa = 1 << 30;
		assert_int_equal(set(&s, l, a), 0);
	}
	a = (struct armvcpu_memory) {
		.slot = 2, .ipa = base + relations[i].from * l->page_size,
		.length = (relations[i].to - relations[i].from) * l->page_size,
		.hva = 1 << 24,
	};
	if (set(&s, l, a) != relations[i].ret)
		fail_msg("%s, pages %d to %d at %#llx", relations[i].name,
			 relations[i].from, relations[i].to, base);
	free(s);
}

/* One page more does not fit below the end, whatever is there. */
static void check_end(const struct slot_limits *l, u64 end)
{
	unsigned int i;

	for (i = 1; i < 24; i++) {
		struct memslots *s = no_slots();
		struct armvcpu_memory a = {
			.slot = 1, .ipa = end - i * l->page_size,
			.length = (i + 1) * l->page_size, .hva = 1 << 20,
		};

		assert_int_equal(set(&s, l, a), -EINVAL);
		a.length = i * l->page_size;
		assert_int_equal(set(&s, l, a), 0);
		free(s);
	}
}

static void allens_relations(void **state)
{
	static const u64 page_sizes[] = { 4096, 16384, 65536 };
	unsigned int p, i, w;

	for (p = 0; p < ARRAY_SIZE(page_sizes); p++) {
		struct slot_limits l = { page_sizes[p], 40, MAX_SLOTS, 1ULL << 48 };
		u64 end = 1ULL << 40;
		u64 windows[] = {
			0, 1ULL << 31, (1ULL << 32) - 12 * l.page_size,
			end - 24 * l.page_size,
		};

		for (w = 0; w < ARRAY_SIZE(windows); w++) {
			for (i = 0; i < ARRAY_SIZE(relations); i++) {
				check_relation(&l, windows[w], i, false);
				check_relation(&l, windows[w], i, true);
			}
		}
		check_end(&l, end);
	}
}

/* Slots come and go at random; the model is an array of pages. */
static void random_slots(void **state)
{
	enum { PAGES = 64, NUMBERS = 12 };
	struct slot_limits l = { 4096, 40, NUMBERS, 1ULL << 48 };
	struct memslots *s = no_slots();
	struct armvcpu_memory model[NUMBERS] = { 0 };
	int page_of[PAGES], i, round, adds = 0;

	l.ipa_bits = 18;	/* exactly PAGES pages */
	for (i = 0; i < PAGES; i++)
		page_of[i] = -1;

	for (round = 0; round < 50000; round++) {
		struct armvcpu_memory a = { .slot = rnd(NUMBERS) };
		int expected = 0, ret;

		if (rnd(3)) {
			u32 first = rnd(PAGES), n = 1 + rnd(rnd(4) ? 6 : PAGES);

			a.ipa = first * 4096ULL;
			a.length = n * 4096ULL;
			a.hva = (1 + rnd(1000)) * 4096ULL;
			if (first + n > PAGES)
				expected = -EINVAL;
			else if (model[a.slot].length)
				expected = -EEXIST;
			else
				for (i = first; i < (int)(first + n); i++)
					if (page_of[i] >= 0)
						expected = -EEXIST;
		} else {
			expected = model[a.slot].length ? 0 : -ENOENT;
		}

		ret = set(&s, &l, a);
		assert_int_equal(ret, expected);
		if (!ret) {
			for (i = 0; i < PAGES; i++) {
				if (a.length && i * 4096ULL >= a.ipa &&
				    i * 4096ULL < a.ipa + a.length)
					page_of[i] = a.slot;
				else if (!a.length && page_of[i] == (int)a.slot)
					page_of[i] = -1;
			}
			model[a.slot] = a;
			adds += !!a.length;
		}

		for (i = 0; i < PAGES; i++) {
			u64 ipa = i * 4096ULL + rnd(4096);
			const struct memslot *found = slots_by_ipa(s, ipa);

			if (page_of[i] < 0) {
				assert_null(found);
				continue;
			}
			assert_non_null(found);
			assert_int_equal(found->slot, page_of[i]);
			assert_int_equal(found->hva, model[page_of[i]].hva);
			assert_int_equal(found->ipa, model[page_of[i]].ipa);
			assert_ptr_equal(slots_by_number(s, page_of[i]), found);
		}
		for (i = 1; i < (int)s->nr; i++)
			assert_true(s->slot[i - 1].ipa + s->slot[i - 1].length <=
				    s->slot[i].ipa);
		assert_null(slots_by_ipa(s, PAGES * 4096ULL));
		assert_null(slots_by_ipa(s, ~0ULL));
	}
	assert_true(adds > 1000);
	free(s);
}

static void all_slots_in_use(void **state)
{
	struct memslots *s = no_slots();
	struct armvcpu_memory a = { .length = 4096, .hva = 4096 };
	u32 i;

	for (i = 0; i < MAX_SLOTS; i++) {
		a.slot = (i * 37) % MAX_SLOTS;
		a.ipa = ((i * 101) % MAX_SLOTS) * 8192ULL;
		assert_int_equal(set(&s, &limits_4k, a), 0);
	}
	assert_int_equal(s->nr, MAX_SLOTS);
	for (i = 0; i < MAX_SLOTS; i++) {
		assert_non_null(slots_by_ipa(s, i * 8192ULL + 4095));
		assert_null(slots_by_ipa(s, i * 8192ULL + 4096));
	}
	a.length = 0;
	a.hva = 0;
	for (i = 0; i < MAX_SLOTS; i++) {
		a.slot = (i * 11) % MAX_SLOTS;
		assert_int_equal(set(&s, &limits_4k, a), 0);
	}
	assert_int_equal(s->nr, 0);
	free(s);
}

static void check_notifier_range(const struct memslot *slot, u64 start, u64 end)
{
	u64 page, first, last, n = 0;
	bool some = slot_hva_to_ipa(slot, start << 12, end << 12, &first, &last);

	for (page = 0; page < 16; page++) {
		u64 hva = 100 + page;

		if (hva < start || hva >= end)
			continue;
		n++;
		assert_true(some);
		assert_in_range(slot->ipa + (page << 12), first, last - 1);
	}
	assert_int_equal(some, n > 0);
	if (some)
		assert_int_equal(last - first, n << 12);
}

/* What a notifier's range means for a slot: page by page. */
static void notifier_ranges(void **state)
{
	struct memslot slot = { .ipa = 1ULL << 30, .length = 16 << 12, .hva = 100 << 12 };
	u64 start, end, first, last;

	for (start = 90; start < 130; start++)
		for (end = 90; end < 130; end++)
			check_notifier_range(&slot, start, end);
	/* The whole of an address space. */
	assert_true(slot_hva_to_ipa(&slot, 0, ~0ULL & ~4095ULL, &first, &last));
	assert_int_equal(first, slot.ipa);
	assert_int_equal(last, slot.ipa + slot.length);
}

/* Whether each page of the block is the slot's, and where the VMM's block has it. */
static bool expect_block(const struct memslot *s, u64 ipa, u64 size)
{
	u64 base = ipa / size * size, at;

	for (at = base; at < base + size; at += 4096) {
		if (at < s->ipa || at - s->ipa >= s->length)
			return false;
		if ((s->hva + (at - s->ipa)) % size != at % size)
			return false;
	}
	return true;
}

static void blocks_in_slots(void **state)
{
	unsigned int round, yes = 0;

	for (round = 0; round < 200000; round++) {
		u64 size = 4096ULL << rnd(5);
		struct memslot slot = {
			.ipa = rnd(64) * 4096ULL,
			.length = (1 + rnd(64)) * 4096ULL,
			.hva = (100 + rnd(64)) * 4096ULL,
		};
		u64 ipa = slot.ipa + rnd(slot.length);
		bool expected;

		/* As often as not what fits but for the ends. */
		if (rnd(2))
			slot.hva = slot.ipa + (32 << 12);
		expected = expect_block(&slot, ipa, size);
		assert_int_equal(slot_holds_block(&slot, ipa, size), expected);
		yes += expected && size > 4096;
	}
	assert_true(yes > 10000);
	/* At the ends of all that there is. */
	assert_true(slot_holds_block(&(struct memslot){ 0, 1ULL << 30, 1ULL << 30 }, 5, 1 << 30));
	assert_false(slot_holds_block(&(struct memslot){ 0, 1ULL << 30, 0 }, 5, 1ULL << 31));
	assert_true(slot_holds_block(&(struct memslot){ (1ULL << 48) - (2 << 20), 2 << 20,
							2 << 20 }, (1ULL << 48) - 1, 2 << 20));
}

static void cache_line_loops(void **state)
{
	static const u64 lines[] = { 16, 32, 64, 128, 256, 2048 };
	unsigned int i;
	u64 first;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		u64 line = lines[i], at;

		assert_int_equal(cache_lines(0x10000, 4096, line, &first), 4096 / line);
		assert_int_equal(first, 0x10000);
		/* The last page there is: the address after it is 0. */
		assert_int_equal(cache_lines(-4096ULL, 4096, line, &first), 4096 / line);
		assert_int_equal(first, -4096ULL);
		assert_int_equal(cache_lines(~0ULL, 1, line, &first), 1);
		assert_int_equal(first, -line);
		assert_int_equal(cache_lines(0x10001, 1, line, &first), 1);
		assert_int_equal(first, 0x10000);
		/* Each byte's line is visited, and no more. */
		for (at = 0; at < 2 * line; at += 7) {
			u64 size;

			for (size = 1; size < 3 * line; size += 5) {
				u64 n = cache_lines(0x10000 + at, size, line, &first);

				assert_true(first <= 0x10000 + at);
				assert_true(first + line > 0x10000 + at);
				assert_true(first + n * line >= 0x10000 + at + size);
				assert_true(first + (n - 1) * line < 0x10000 + at + size);
			}
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(boundaries),
		cmocka_unit_test(numbers_and_flags),
		cmocka_unit_test(deleting),
		cmocka_unit_test(allens_relations),
		cmocka_unit_test(random_slots),
		cmocka_unit_test(all_slots_in_use),
		cmocka_unit_test(notifier_ranges),
		cmocka_unit_test(blocks_in_slots),
		cmocka_unit_test(cache_line_loops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
