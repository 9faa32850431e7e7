// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shim itself: a test against a wrong list_for_each or GENMASK proves
 * nothing, so what is not a plain rename is looked at here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/bsearch.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/rcuwait.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include <linux/armvcpu.h>

static void bit_fields(void **state)
{
	assert_int_equal(GENMASK(7, 4), 0xf0);
	assert_true(GENMASK_ULL(63, 0) == ~0ULL);
	assert_true(GENMASK_ULL(63, 63) == 1ULL << 63);
	assert_int_equal(FIELD_GET(GENMASK(31, 26), 0x93c08006u), 0x24);
	assert_int_equal(FIELD_PREP(GENMASK(7, 4), 0xa), 0xa0);
	assert_true(FIELD_FIT(GENMASK(7, 4), 15));
	assert_false(FIELD_FIT(GENMASK(7, 4), 16));
	assert_int_equal(u32_get_bits(0xabcd, 0xf00), 0xb);
	assert_true(u64_replace_bits(~0ULL, 0, GENMASK_ULL(63, 32)) == 0xffffffff);
}

static void bit_operations(void **state)
{
	assert_int_equal(fls64(0), 0);
	assert_int_equal(fls64(1ULL << 63), 64);
	assert_int_equal(fls(1), 1);
	assert_int_equal(__ffs(8), 3);
	assert_int_equal(__fls(9), 3);
	assert_int_equal(ilog2(4096), 12);
	assert_true(sign_extend64(0x80, 7) == -128);
	assert_true(sign_extend64(0x7f, 7) == 127);
	assert_int_equal(sign_extend32(0x8000, 15), -32768);
}

static void bitmaps(void **state)
{
	DECLARE_BITMAP(map, 130);
	unsigned int n, sum = 0;

	assert_int_equal(sizeof(map), 24);
	bitmap_zero(map, 130);
	assert_true(bitmap_empty(map, 130));
	__set_bit(0, map);
	__set_bit(64, map);
	__set_bit(129, map);
	for_each_set_bit(n, map, 130)
		sum += n;
	assert_int_equal(sum, 193);
	assert_int_equal(bitmap_weight(map, 130), 3);
	assert_int_equal(find_first_zero_bit(map, 130), 1);
	assert_true(test_and_clear_bit(64, map));
	assert_false(test_and_clear_bit(64, map));
	assert_int_equal(find_next_bit(map, 130, 1), 129);
	assert_int_equal(find_next_bit(map, 129, 1), 129);
	bitmap_set(map, 0, 130);
	assert_true(bitmap_full(map, 130));
}

struct item {
	int key;
	int serial;
	struct list_head node;
};

static int by_key(void *priv, const struct list_head *a, const struct list_head *b)
{
	return list_entry(a, struct item, node)->key - list_entry(b, struct item, node)->key;
}

static void lists(void **state)
{
	struct item item[] = { { 3, 0 }, { 1, 1 }, { 3, 2 }, { 2, 3 } };
	static const int sorted[] = { 1, 3, 0, 2 };
	struct item *i, *next;
	LIST_HEAD(head);
	int n = 0;

	assert_true(list_empty(&head));
	for (n = 0; n < 4; n++)
		list_add_tail(&item[n].node, &head);
	list_sort(NULL, &head, by_key);
	n = 0;
	list_for_each_entry(i, &head, node)
		assert_int_equal(i->serial, sorted[n++]);
	assert_int_equal(n, 4);
	list_for_each_entry_reverse(i, &head, node)
		assert_int_equal(i->serial, sorted[--n]);
	list_move(&item[2].node, &head);
	assert_ptr_equal(list_first_entry(&head, struct item, node), &item[2]);
	list_for_each_entry_safe(i, next, &head, node)
		list_del(&i->node);
	assert_true(list_empty(&head));
	assert_null(list_first_entry_or_null(&head, struct item, node));
}

static void arithmetic(void **state)
{
	u64 sum;

	assert_int_equal(ALIGN(4097, 4096), 8192);
	assert_int_equal(round_down(4097, 4096), 4096);
	assert_true(IS_ALIGNED(8192, 4096));
	assert_int_equal(DIV_ROUND_UP(5, 4), 2);
	assert_int_equal(min_t(u32, 3, 4), 3);
	assert_int_equal(clamp(9, 1, 5), 5);
	assert_true(check_add_overflow(~0ULL, 1ULL, &sum));
	assert_false(check_add_overflow(~0ULL - 1, 1ULL, &sum));
	assert_true(mul_u64_u32_div(~0ULL, 1000, 1000) == ~0ULL);
	assert_true(size_mul(SIZE_MAX, 2) == SIZE_MAX);
	assert_true(memchr_inv("\0\0\1", 0, 3) != NULL);
	assert_null(memchr_inv("\0\0\1", 0, 2));
}

static void locks(void **state)
{
	raw_spinlock_t lock;
	struct mutex mutex;
	unsigned long flags;

	raw_spin_lock_init(&lock);
	raw_spin_lock_irqsave(&lock, flags);
	lockdep_assert_held(&lock);
	raw_spin_unlock_irqrestore(&lock, flags);
	assert_false(lock.held);
	mutex_init(&mutex);
	mutex_lock(&mutex);
	lockdep_assert_held(&mutex);
	mutex_unlock(&mutex);
	assert_false(mutex_is_locked(&mutex));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bit_fields),
		cmocka_unit_test(bit_operations),
		cmocka_unit_test(bitmaps),
		cmocka_unit_test(lists),
		cmocka_unit_test(arithmetic),
		cmocka_unit_test(locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
