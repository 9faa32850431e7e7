// SPDX-License-Identifier: GPL-2.0-only
/* Stores that are no exits: ioeventfds, and posted writes in their ring. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "testlib.h"

#define MAX_EVENTS	1024
#define MAX_RANGES	64
#define DEASSIGN	ARMVCPU_IOEVENTFD_DEASSIGN
#define DATAMATCH	ARMVCPU_IOEVENTFD_DATAMATCH
#define REMOVE		ARMVCPU_POSTED_REMOVE

#define BELL		HOLE_BASE

static struct vcpu *guest(void (*fn)(u64 arg), u64 arg)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);

	vcpu_start_c(v, fn, arg);
	return v;
}

/* ---- ioeventfds ----------------------------------------------------------------------- */

static void g_store(u64 addr, u32 len, u64 data)
{
	switch (len) {
	case 1:
		write8(addr, data);
		break;
	case 2:
		write16(addr, data);
		break;
	case 4:
		write32(addr, data);
		break;
	default:
		write64(addr, data);
	}
}

#define VALUE	0xfedcba9876543210ULL

/* Each width at the address and beside it, and a load. */
static void g_widths(u64 addr)
{
	u32 len;

	for (len = 1; len <= 8; len *= 2) {
		g_store(addr, len, VALUE);
		GUEST_SYNC(len);
		g_store(addr - 8, len, VALUE);
		g_store(addr + 8, len, VALUE);
	}
	(void)read32(addr);
	guest_done();
}

FIXTURE(width) { int unused; };
FIXTURE_VARIANT(width) { u32 len; };
FIXTURE_VARIANT_ADD(width, any) { 0 };
FIXTURE_VARIANT_ADD(width, 1) { 1 };
FIXTURE_VARIANT_ADD(width, 2) { 2 };
FIXTURE_VARIANT_ADD(width, 4) { 4 };
FIXTURE_VARIANT_ADD(width, 8) { 8 };
FIXTURE_SETUP(width) { }
FIXTURE_TEARDOWN(width) { }

static void expect_mmio(struct vcpu *v, u64 ipa, u32 len, bool write)
{
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	ASSERT_EQ(ipa, v->run->u.mmio.ipa);
	ASSERT_EQ(len, v->run->u.mmio.len);
	ASSERT_EQ(write, v->run->u.mmio.flags & ARMVCPU_MMIO_WRITE);
}

static u64 truncated(u64 value, u32 len)
{
	return len < 8 ? value & ((1ULL << len * 8) - 1) : value;
}

TEST_F(width, only_such_a_store_is_an_event)
{
	u64 addr = BELL + 0x100;
	struct vcpu *v = guest(g_widths, addr);
	int fd = event_fd();
	u32 len;

	ASSERT_EQ(0, ioeventfd_raw(v->vm, 0, addr, variant->len, 0, fd));
	for (len = 1; len <= 8; len *= 2) {
		bool event = !variant->len || variant->len == len;

		if (!event) {
			vcpu_run(v);
			expect_mmio(v, addr, len, true);
			EXPECT_EQ(truncated(VALUE, len), v->run->u.mmio.data);
		}
		ASSERT_EQ((u64)len, vcpu_sync(v));
		EXPECT_EQ((u64)event, event_read(fd));
		vcpu_run(v);
		expect_mmio(v, addr - 8, len, true);
		vcpu_run(v);
		expect_mmio(v, addr + 8, len, true);
	}
	vcpu_run(v);
	expect_mmio(v, addr, 4, false);
	vcpu_finish(v);
	EXPECT_EQ(0ULL, event_read(fd));
}

static void g_match(u64 len)
{
	/* the value, one bit less, what is above the width */
	g_store(BELL, len, VALUE);
	GUEST_SYNC(1);
	g_store(BELL, len, VALUE ^ 0x10);
	GUEST_SYNC(2);
	if (len < 8) {
		g_store(BELL, len, VALUE ^ 1ULL << (len * 8));
		GUEST_SYNC(3);
		g_store(BELL, len, VALUE ^ 1ULL << 63);
		GUEST_SYNC(4);
	}
	g_store(BELL, len, VALUE ^ 1ULL << (len * 8 - 1));
	GUEST_SYNC(5);
	g_store(BELL, len == 8 ? 4 : len * 2, VALUE);
	guest_done();
}

TEST_F(width, datamatch_is_of_the_bytes_stored)
{
	u32 len = variant->len;
	struct vcpu *v = guest(g_match, len);
	u64 data = truncated(VALUE, len);
	int fd = event_fd();

	if (!len) {
		EXPECT_EQ(-EINVAL, ioeventfd_raw(v->vm, DATAMATCH, BELL, 0, 0, fd));
		return;
	}
	if (len < 8)
		EXPECT_EQ(-EINVAL, ioeventfd_raw(v->vm, DATAMATCH, BELL, len,
						 data | 1ULL << len * 8, fd));
	ASSERT_EQ(0, ioeventfd_raw(v->vm, DATAMATCH, BELL, len, data, fd));
	ASSERT_EQ(1ULL, vcpu_sync(v));
	EXPECT_EQ(1ULL, event_read(fd));
	vcpu_run(v);
	expect_mmio(v, BELL, len, true);
	EXPECT_EQ(data ^ 0x10, v->run->u.mmio.data);
	ASSERT_EQ(2ULL, vcpu_sync(v));
	EXPECT_EQ(0ULL, event_read(fd));
	if (len < 8) {
		ASSERT_EQ(3ULL, vcpu_sync(v));
		EXPECT_EQ(1ULL, event_read(fd));
		ASSERT_EQ(4ULL, vcpu_sync(v));
		EXPECT_EQ(1ULL, event_read(fd));
	}
	vcpu_run(v);
	expect_mmio(v, BELL, len, true);
	ASSERT_EQ(5ULL, vcpu_sync(v));
	vcpu_run(v);
	expect_mmio(v, BELL, len == 8 ? 4 : len * 2, true);
	vcpu_finish(v);
	EXPECT_EQ(0ULL, event_read(fd));
}

static void g_values(u64 n)
{
	u64 i;

	for (i = 0; i < n; i++)
		write32(BELL, i);
	guest_done();
}

TEST(each_value_its_own_event)
{
	struct vcpu *v = guest(g_values, 16);
	int fd[16];
	unsigned int i;

	for (i = 0; i < 16; i++) {
		fd[i] = event_fd();
		ASSERT_EQ(0, ioeventfd_raw(v->vm, DATAMATCH, BELL, 4, (i * 7) % 16, fd[i]));
	}
	vcpu_finish(v);
	for (i = 0; i < 16; i++)
		EXPECT_EQ(1ULL, event_read(fd[i]));
}

/* What one store would be for both of is refused. */
TEST(collisions)
{
	struct vm *vm = vm_create(0);
	int a = event_fd(), b = event_fd();
	static const struct {
		u32 flags, len;
		u64 data;
		int with_any, with_4, with_4_is_5;	/* what was there before */
	} t[] = {
		{ 0, 0, 0, EEXIST, EEXIST, EEXIST },
		{ 0, 4, 0, EEXIST, EEXIST, EEXIST },
		{ 0, 2, 0, EEXIST, 0, 0 },
		{ DATAMATCH, 4, 5, EEXIST, EEXIST, EEXIST },
		{ DATAMATCH, 4, 6, EEXIST, EEXIST, 0 },
		{ DATAMATCH, 2, 5, EEXIST, 0, 0 },
	}, before[] = {
		{ 0, 0, 0 }, { 0, 4, 0 }, { DATAMATCH, 4, 5 },
	};
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(before); k++) {
		ASSERT_EQ(0, ioeventfd_raw(vm, before[k].flags, BELL, before[k].len,
					   before[k].data, a));
		for (i = 0; i < ARRAY_SIZE(t); i++) {
			int want = k == 0 ? t[i].with_any : k == 1 ? t[i].with_4 : t[i].with_4_is_5;

			EXPECT_EQ(-want, ioeventfd_raw(vm, t[i].flags, BELL, t[i].len,
						       t[i].data, b));
			if (!want)
				EXPECT_EQ(0, ioeventfd_raw(vm, t[i].flags | DEASSIGN, BELL,
							   t[i].len, t[i].data, b));
			/* another address is no matter */
			EXPECT_EQ(0, ioeventfd_raw(vm, t[i].flags, BELL + 8, t[i].len,
						   t[i].data, b));
			EXPECT_EQ(0, ioeventfd_raw(vm, t[i].flags | DEASSIGN, BELL + 8,
						   t[i].len, t[i].data, b));
		}
		ASSERT_EQ(0, ioeventfd_raw(vm, before[k].flags | DEASSIGN, BELL, before[k].len,
					   before[k].data, a));
	}
}

static void g_twice(u64 arg)
{
	(void)arg;
	write32(BELL, 1);
	GUEST_SYNC(1);
	write32(BELL, 2);
	guest_done();
}

TEST(undone_is_an_exit_again)
{
	struct vcpu *v = guest(g_twice, 0);
	int fd = event_fd(), other = event_fd();

	ASSERT_EQ(0, ioeventfd_raw(v->vm, 0, BELL, 4, 0, fd));
	ASSERT_EQ(1ULL, vcpu_sync(v));
	EXPECT_EQ(-ENOENT, ioeventfd_raw(v->vm, DEASSIGN, BELL, 4, 0, other));
	EXPECT_EQ(-ENOENT, ioeventfd_raw(v->vm, DEASSIGN, BELL, 2, 0, fd));
	EXPECT_EQ(-ENOENT, ioeventfd_raw(v->vm, DEASSIGN, BELL + 4, 4, 0, fd));
	EXPECT_EQ(-ENOENT, ioeventfd_raw(v->vm, DEASSIGN | DATAMATCH, BELL, 4, 0, fd));
	EXPECT_EQ(0, ioeventfd_raw(v->vm, DEASSIGN, BELL, 4, 0, fd));
	EXPECT_EQ(-ENOENT, ioeventfd_raw(v->vm, DEASSIGN, BELL, 4, 0, fd));
	EXPECT_EQ(1ULL, event_read(fd));
	vcpu_run(v);
	expect_mmio(v, BELL, 4, true);
	EXPECT_EQ(2ULL, v->run->u.mmio.data);
	vcpu_finish(v);
	EXPECT_EQ(0ULL, event_read(fd));
}

/* Memory that the guest may only read: its stores are MMIO, so they can be events. */
TEST(a_store_to_readonly_memory)
{
	struct vcpu *v = guest(g_twice, 0);
	u64 page = v->vm->info.page_size;
	int fd = event_fd();
	u32 *p = mem_alloc(page);

	vm_memory(v->vm, SLOT_TEST, ARMVCPU_MEM_READONLY, BELL, page, p);
	ASSERT_EQ(0, ioeventfd_raw(v->vm, 0, BELL, 4, 0, fd));
	ASSERT_EQ(1ULL, vcpu_sync(v));
	vcpu_finish(v);
	EXPECT_EQ(2ULL, event_read(fd));
	EXPECT_EQ(0U, *p);
}

/* And where there is memory it is memory's. */
TEST(memory_comes_first)
{
	struct vcpu *v = guest(g_twice, 0);
	u64 page = v->vm->info.page_size;
	int fd = event_fd();
	u32 *p = mem_alloc(page);

	ASSERT_EQ(0, ioeventfd_raw(v->vm, 0, BELL, 4, 0, fd));
	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL, page, -1));
	vm_memory(v->vm, SLOT_TEST, 0, BELL, page, p);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	vcpu_finish(v);
	EXPECT_EQ(0ULL, event_read(fd));
	EXPECT_EQ(2U, *p);
	EXPECT_EQ(0U, vm_ring(v->vm)->producer);
}

static void g_gic(u64 arg)
{
	(void)arg;
	write32(GICD_BASE + GICD_ISENABLER + 4, 0x100);
	GUEST_ASSERT_EQ(0x100, read32(GICD_BASE + GICD_ISENABLER + 4));
	guest_done();
}

TEST(the_gic_comes_first)
{
	struct vm *vm = vm_create_gic(0, 64, 1);
	struct vcpu *v = vcpu_create(vm, 0);
	int fd = event_fd();

	ASSERT_EQ(0, ioeventfd_raw(vm, 0, GICD_BASE + GICD_ISENABLER + 4, 4, 0, fd));
	ASSERT_EQ(0, posted_raw(vm, 0, GICD_BASE, 0x10000, -1));
	vcpu_start_c(v, g_gic, 0);
	vcpu_finish(v);
	EXPECT_EQ(0ULL, event_read(fd));
	EXPECT_EQ(0U, vm_ring(vm)->producer);
}

static void g_many(u64 n)
{
	u64 i;

	for (i = 0; i < n; i++)
		write32(BELL + 16 * i, i);
	guest_done();
}

TEST(many_and_no_more)
{
	struct rlimit limit = { 4096, 4096 };
	struct vcpu *v = guest(g_many, MAX_EVENTS + 1);
	int fd[MAX_EVENTS];
	unsigned int i, at;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		SKIP(return, "not so many files");
	for (i = 0; i < MAX_EVENTS; i++) {
		at = i * 389 % MAX_EVENTS;
		fd[at] = event_fd();
		ASSERT_EQ(0, ioeventfd_raw(v->vm, 0, BELL + 16 * at, 4, 0, fd[at]));
	}
	EXPECT_EQ(-ENOSPC, ioeventfd_raw(v->vm, 0, BELL + 16 * i, 4, 0, event_fd()));
	vcpu_run(v);
	expect_mmio(v, BELL + 16 * MAX_EVENTS, 4, true);
	vcpu_finish(v);
	for (i = 0; i < MAX_EVENTS; i++)
		EXPECT_EQ(1ULL, event_read(fd[i]));
}

static volatile u64 g_stores;

static void g_storm(u64 arg)
{
	(void)arg;
	while (!*(volatile u64 *)TEST_BASE) {
		write32(BELL, g_stores);
		g_stores++;
	}
	guest_done();
}

static void *count_exits(void *arg)
{
	struct vcpu *v = arg;
	u64 *exits = v->arg;

	for (;;) {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		if (v->run->u.mmio.ipa != BELL)
			break;
		++*exits;
	}
	ASSERT_EQ(PORT_DONE, v->run->u.mmio.ipa);
	return NULL;
}

/* Each store is an exit or an event, never both, never none. */
TEST(undone_while_stores_come)
{
	struct vcpu *v = guest(g_storm, 0);
	u64 end = now_ns() + th_many(3000, 1000) * 1000000, exits = 0, events = 0;
	int fd = event_fd();

	v->arg = &exits;
	vcpu_thread(v, count_exits);
	while (now_ns() < end) {
		u64 n;

		ASSERT_EQ(0, ioeventfd_raw(v->vm, 0, BELL, 4, 0, fd));
		n = vm_var(v->vm, g_stores);
		WAIT_FOR(vm_var(v->vm, g_stores) != n);
		ASSERT_EQ(0, ioeventfd_raw(v->vm, DEASSIGN, BELL, 4, 0, fd));
		events += event_read(fd);
		/* when it is undone it is undone */
		usleep(1000);
		ASSERT_EQ(0ULL, event_read(fd));
	}
	*(volatile u64 *)vm_ram(v->vm, TEST_BASE) = 1;
	vcpu_join(v);
	EXPECT_LT(0ULL, exits);
	EXPECT_LT(0ULL, events);
	EXPECT_EQ(vm_var(v->vm, g_stores), exits + events);
}

/* The VMM may close it: the stores are nobody's then. */
TEST(closed_eventfd)
{
	struct vcpu *v = guest(g_twice, 0);
	int fd = event_fd();

	ASSERT_EQ(0, ioeventfd_raw(v->vm, 0, BELL, 4, 0, fd));
	close(fd);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	vcpu_finish(v);
}

/* ---- posted writes --------------------------------------------------------------------- */

/* Takes what there is; the number of the first one and of what came is checked. */
static unsigned int drain(struct armvcpu_ring *r, struct armvcpu_posted_write *out)
{
	u32 end = __atomic_load_n(&r->producer, __ATOMIC_ACQUIRE), n = r->consumer, i;

	ASSERT_LE(end - n, r->count);
	for (i = 0; n + i != end; i++)
		out[i] = r->entries[(n + i) & (r->count - 1)];
	__atomic_store_n(&r->consumer, end, __ATOMIC_RELEASE);
	return i;
}

static void expect_posted(const struct armvcpu_posted_write *w, u64 ipa, u32 len, u64 data)
{
	EXPECT_EQ(ipa, w->ipa);
	EXPECT_EQ(len, w->len);
	EXPECT_EQ(data, w->data);
	EXPECT_EQ(0, w->pad[0] | w->pad[1] | w->pad[2]);
}

static void g_posts(u64 arg)
{
	u32 len;

	(void)arg;
	for (len = 1; len <= 8; len *= 2)
		g_store(BELL + 8 * len, len, VALUE);
	GUEST_SYNC(1);
	/* the last bytes of the range, over its end, before it */
	write8(BELL + 0xfff, 1);
	write32(BELL + 0xffc, 2);
	write64(BELL + 0xff8, 3);
	GUEST_SYNC(2);
	write8(BELL + 0x1000, 4);
	write8(BELL - 1, 5);
	(void)read32(BELL);
	guest_done();
}

TEST(a_post_has_what_an_exit_has)
{
	struct armvcpu_posted_write w[16];
	struct vcpu *v = guest(g_posts, 0);
	struct armvcpu_ring *r = vm_ring(v->vm);
	u32 len, n;

	EXPECT_EQ(0U, r->producer);
	EXPECT_EQ(0U, r->count & (r->count - 1));
	EXPECT_LE(64U, r->count);
	EXPECT_LE(sizeof(*r) + r->count * sizeof(w[0]), v->vm->info.ring_size);
	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL, 0x1000, -1));
	ASSERT_EQ(1ULL, vcpu_sync(v));
	ASSERT_EQ(4U, drain(r, w));
	for (len = 1, n = 0; len <= 8; len *= 2, n++)
		expect_posted(&w[n], BELL + 8 * len, len, truncated(VALUE, len));
	ASSERT_EQ(2ULL, vcpu_sync(v));
	ASSERT_EQ(3U, drain(r, w));
	expect_posted(&w[0], BELL + 0xfff, 1, 1);
	expect_posted(&w[1], BELL + 0xffc, 4, 2);
	expect_posted(&w[2], BELL + 0xff8, 8, 3);
	vcpu_run(v);
	expect_mmio(v, BELL + 0x1000, 1, true);
	vcpu_run(v);
	expect_mmio(v, BELL - 1, 1, true);
	vcpu_run(v);
	expect_mmio(v, BELL, 4, false);
	vcpu_finish(v);
	EXPECT_EQ(0U, drain(r, w));
}

/* MMU off, Normal or not: a store that reaches over the end is for the VMM. */
GUEST(g_over_the_end,
	"mov	w1, #7\n"
	"str	w1, [x26, #12]\n"
	"str	x1, [x26, #16]\n"
	"str	w1, [x26, #16]\n"
	"b	.");

TEST(a_store_over_the_end_of_a_range)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);

	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL, 20, -1));
	vcpu_start(v, g_over_the_end);
	vcpu_run(v);
	expect_mmio(v, BELL + 16, 8, true);
	EXPECT_EQ(1U, vm_ring(v->vm)->producer);
}

static void g_sequence(u64 n)
{
	u64 i;

	for (i = 0; i < n; i++)
		write64(BELL + 8 * (i % 8), i);
	guest_done();
}

/* Full: an exit; drained: on again, round and round. */
TEST(a_full_ring_is_an_exit)
{
	struct armvcpu_posted_write w[4096];
	struct vcpu *v = guest(g_sequence, 20000);
	struct armvcpu_ring *r = vm_ring(v->vm);
	u64 next = 0;
	unsigned int n, i;

	ASSERT_LE(r->count, ARRAY_SIZE(w));
	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL, 64, -1));
	for (;;) {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		n = drain(r, w);
		for (i = 0; i < n; i++, next++) {
			expect_posted(&w[i], BELL + 8 * (next % 8), 8, next);
			EXPECT_EQ(0U, w[i].vcpu_id);
		}
		if (v->run->u.mmio.ipa == PORT_DONE)
			break;
		ASSERT_EQ(r->count, n);
		expect_mmio(v, BELL + 8 * (next % 8), 8, true);
		ASSERT_EQ(next, v->run->u.mmio.data);
		next++;
	}
	EXPECT_EQ(20000ULL, next);
}

/* Whatever the VMM writes into the ring, the kernel does what it does without. */
TEST(hostile_ring)
{
	struct vcpu *v = guest(g_storm, 0);
	struct armvcpu_ring *r = vm_ring(v->vm);
	u64 seed = 88172645463325252ULL, end, latest, exits = 0, posted;
	s64 surely_posted = 0;
	u32 count = r->count;

	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL, 64, -1));
	v->arg = &exits;
	vcpu_thread(v, count_exits);
	end = now_ns() + th_many(2000, 700) * 1000000;
	/* on a busy machine until some stores have gone either way */
	latest = now_ns() + 10000000000ULL * th_scale;
	while (now_ns() < end || (now_ns() < latest && (surely_posted <= 0 ||
				  !__atomic_load_n(&exits, __ATOMIC_RELAXED)))) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		switch (seed & 7) {
		case 0:
			r->consumer = seed >> 32;
			break;
		case 1:
			r->producer = seed >> 32;
			break;
		case 2:
			r->count = seed >> 32;
			break;
		case 3:
			r->consumer = r->producer + 1;
			break;
		case 4:
			r->consumer = r->producer - (seed >> 40);
			break;
		case 5:
			/* about right */
			r->consumer = vm_var(v->vm, g_stores) -
				      __atomic_load_n(&exits, __ATOMIC_RELAXED);
			break;
		default:
			((u32 *)r)[(seed >> 8) % (v->vm->info.ring_size / 4)] = seed >> 32;
		}
		/* in this order it is too few, if anything */
		surely_posted = vm_var(v->vm, g_stores);
		surely_posted -= __atomic_load_n(&exits, __ATOMIC_RELAXED);
	}
	*(volatile u64 *)vm_ram(v->vm, TEST_BASE) = 1;
	vcpu_join(v);
	posted = vm_var(v->vm, g_stores) - exits;
	TH_LOG("%llu posted, %llu exits", (unsigned long long)posted, (unsigned long long)exits);
	EXPECT_LT(0ULL, exits);
	EXPECT_LT(0ULL, posted);

	/* The kernel's numbers are its own, and right. */
	r->consumer = posted;
	r->producer = 0x12345678;
	vcpu_start_c(v, g_sequence, count);
	vcpu_finish(v);
	EXPECT_EQ((u32)posted + count, r->producer);
	EXPECT_EQ(0ULL, r->entries[posted & (count - 1)].data);
}

TEST(consumer_that_cannot_be)
{
	struct vcpu *v = guest(g_sequence, 10000);
	struct armvcpu_ring *r = vm_ring(v->vm);
	u32 count = r->count, i;
	/* ahead of the producer, which is 0, and too far behind it */
	const u32 lies[] = { 1, 2, 0x7fffffff, 0x80000000, 0 - count, 0 - count - 1 };

	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL, 64, -1));
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		r->consumer = lies[i];
		vcpu_run(v);
		expect_mmio(v, BELL + 8 * (i % 8), 8, true);
		ASSERT_EQ((u64)i, v->run->u.mmio.data);
		ASSERT_EQ(0U, r->producer);
	}
	/* room for one */
	r->consumer = 1 - count;
	vcpu_run(v);
	expect_mmio(v, BELL + 8 * ((i + 1) % 8), 8, true);
	ASSERT_EQ(1U, r->producer);
	ASSERT_EQ((u64)i, r->entries[0].data);
	/* for all */
	r->consumer = 1;
	r->producer = 77;
	vcpu_run(v);
	ASSERT_EQ(1 + count, r->producer);
	ASSERT_EQ((u64)i + 2 + count, v->run->u.mmio.data);
	ASSERT_EQ((u64)i + 2, r->entries[1].data);
	ASSERT_EQ((u64)i + 1 + count, r->entries[0].data);
}

TEST(first_post_is_told)
{
	struct armvcpu_posted_write w[16];
	struct vcpu *v = guest(g_posts, 0);
	struct armvcpu_ring *r = vm_ring(v->vm);
	int fd = event_fd();

	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL, 0x1000, fd));
	ASSERT_EQ(1ULL, vcpu_sync(v));
	EXPECT_EQ(1ULL, event_read(fd));
	ASSERT_EQ(2ULL, vcpu_sync(v));
	EXPECT_EQ(0ULL, event_read(fd));
	EXPECT_EQ(7U, drain(r, w));
	ASSERT_EQ(0, posted_raw(v->vm, REMOVE, BELL, 0x1000, -1));
	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL + 0x1000, 1, fd));
	vcpu_run(v);
	expect_mmio(v, BELL - 1, 1, true);
	EXPECT_EQ(1ULL, event_read(fd));
	EXPECT_EQ(1U, drain(r, w));
	expect_posted(&w[0], BELL + 0x1000, 1, 4);
}

struct reader {
	struct armvcpu_ring *ring;
	int fd;
	u64 next, sleeps, end;
};

/* Sleeps whenever the ring is empty. */
static void *read_posts(void *arg)
{
	struct reader *d = arg;
	struct armvcpu_posted_write w[4096];
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	unsigned int n, i;

	while (d->next < d->end) {
		n = drain(d->ring, w);
		for (i = 0; i < n; i++, d->next++)
			ASSERT_EQ(d->next, w[i].data);
		/* drain()'s store before this load; QEMU needs a fence for that, see lib */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n(&d->ring->producer, __ATOMIC_ACQUIRE) != d->ring->consumer ||
		    d->next == d->end)
			continue;
		d->sleeps++;
		ASSERT_EQ(1, poll(&p, 1, 20000 * th_scale));
		event_read(d->fd);
	}
	return NULL;
}

/* Slower than its reader, so that the ring is empty at nearly each store. */
static void g_slowly(u64 n)
{
	u64 i, k;

	for (i = 0; i < n; i++) {
		write64(BELL, i);
		for (k = 0; k < (i * 37 & 0xfff); k++)
			__asm__ volatile("nop");
	}
	guest_done();
}

TEST_TIMEOUT(no_wakeup_is_lost, 120)
{
	struct vcpu *v = guest(g_slowly, 30000);
	struct reader d = { .ring = vm_ring(v->vm), .fd = event_fd(), .end = 30000 };
	pthread_t t;

	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL, 8, d.fd));
	ASSERT_EQ(0, pthread_create(&t, NULL, read_posts, &d));
	for (;;) {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		if (v->run->u.mmio.ipa == PORT_DONE)
			break;
		/* full: behind all the others this is the next one */
		ASSERT_TRUE(WAIT_FOR(d.ring->consumer == d.ring->producer));
		ASSERT_TRUE(WAIT_FOR(__atomic_load_n(&d.next, __ATOMIC_SEQ_CST) ==
				     v->run->u.mmio.data));
		__atomic_add_fetch(&d.next, 1, __ATOMIC_SEQ_CST);
		event_write(d.fd, 1);
	}
	pthread_join(t, NULL);
	EXPECT_EQ(30000ULL, d.next);
	EXPECT_LT(10ULL, d.sleeps);
}

static void g_cpu_sequence(u64 n)
{
	u64 i;

	for (i = 0; i < n; i++)
		write64(BELL + 8 * guest_cpu(), i);
	guest_done();
}

/* All of each vCPU, in its order. */
TEST(two_vcpus_one_ring)
{
	struct armvcpu_posted_write w[4096];
	struct vm *vm = vm_create(0);
	struct armvcpu_ring *r = vm_ring(vm);
	struct vcpu *v[2];
	u64 next[2] = { 0, 0 }, end = r->count / 2;
	unsigned int i, n, rounds;

	ASSERT_EQ(0, posted_raw(vm, 0, BELL, 16, -1));
	for (i = 0; i < 2; i++)
		v[i] = vcpu_create(vm, i);
	for (rounds = 0; rounds < 50; rounds++) {
		for (i = 0; i < 2; i++) {
			vcpu_start_c(v[i], g_cpu_sequence, end);
			vcpu_thread(v[i], NULL);
		}
		for (i = 0; i < 2; i++)
			vcpu_join(v[i]);
		n = drain(r, w);
		ASSERT_EQ(2 * end, n);
		next[0] = next[1] = 0;
		for (i = 0; i < n; i++) {
			u32 cpu = w[i].vcpu_id;

			ASSERT_LE(cpu, 1U);
			expect_posted(&w[i], BELL + 8 * cpu, 8, next[cpu]++);
		}
		ASSERT_EQ(end, next[0]);
		ASSERT_EQ(end, next[1]);
	}
}

TEST(an_event_in_a_posted_range)
{
	struct vcpu *v = guest(g_twice, 0);
	int fd = event_fd();

	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL, 8, -1));
	ASSERT_EQ(0, ioeventfd_raw(v->vm, DATAMATCH, BELL, 4, 2, fd));
	ASSERT_EQ(1ULL, vcpu_sync(v));
	vcpu_finish(v);
	EXPECT_EQ(1ULL, event_read(fd));
	EXPECT_EQ(1U, vm_ring(v->vm)->producer);
	EXPECT_EQ(1ULL, vm_ring(v->vm)->entries[0].data);
}

TEST(ranges_do_not_overlap)
{
	struct vm *vm = vm_create(0);
	u64 top = 1ULL << 32;
	static const struct {
		u64 at, length;
		int want;
	} t[] = {
		{ 0x1000, 0x1000, EEXIST }, { 0x1fff, 1, EEXIST }, { 0x1000, 1, EEXIST },
		{ 0xfff, 2, EEXIST }, { 0, 0x10000, EEXIST }, { 0x1800, 0x1000, EEXIST },
		{ 0xfff, 1, 0 }, { 0x2000, 1, 0 }, { 0x800, 0x800, 0 },
	};
	unsigned int i;

	ASSERT_EQ(0, posted_raw(vm, 0, BELL + 0x1000, 0x1000, -1));
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		EXPECT_EQ(-t[i].want, posted_raw(vm, 0, BELL + t[i].at, t[i].length, -1));
		EXPECT_EQ(t[i].want ? -ENOENT : 0,
			  i ? posted_raw(vm, REMOVE, BELL + t[i].at, t[i].length, -1) :
			  posted_raw(vm, REMOVE, BELL + t[i].at + 1, t[i].length, -1));
	}
	EXPECT_EQ(-ENOENT, posted_raw(vm, REMOVE, BELL + 0x1000, 0xfff, -1));
	EXPECT_EQ(0, posted_raw(vm, REMOVE, BELL + 0x1000, 0x1000, -1));
	/* the last bytes that there are, and one beyond */
	top = 1ULL << (vm->info.ipa_bits < 40 ? vm->info.ipa_bits : 40);
	EXPECT_EQ(0, posted_raw(vm, 0, top - 8, 8, -1));
	EXPECT_EQ(-EINVAL, posted_raw(vm, 0, top - 16, 17, -1));
	for (i = 1; i < MAX_RANGES; i++)
		ASSERT_EQ(0, posted_raw(vm, 0, BELL + 8 * i, 8, -1));
	EXPECT_EQ(-ENOSPC, posted_raw(vm, 0, BELL + 8 * i, 8, -1));
}

/* The ring outlives the VM's descriptor, and a child has no access. */
TEST(ring_lifetime)
{
	struct vcpu *v = guest(g_sequence, 10);
	struct armvcpu_ring *r = vm_ring(v->vm);
	int status;
	pid_t pid;

	ASSERT_EQ(0, posted_raw(v->vm, 0, BELL, 64, -1));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (mmap(NULL, v->vm->info.ring_size, PROT_READ, MAP_SHARED, v->vm->fd, 0) !=
		    MAP_FAILED || errno != EIO || posted_raw(v->vm, 0, BELL + 64, 8, -1) != -EIO)
			_exit(1);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	close(v->vm->fd);
	vcpu_finish(v);
	EXPECT_EQ(10U, r->producer);
	vcpu_close(v);
	/* nothing but the mapping keeps it now */
	EXPECT_EQ(10U, r->producer);
	EXPECT_EQ(9ULL, r->entries[9].data);
}

TEST_HARNESS_MAIN
