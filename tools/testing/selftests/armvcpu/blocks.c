// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory that the VMM has in large pages: the guest gets it as blocks, and
 * loses a block with any part of it.
 *
 * What the tables have is seen in debugfs: "blocks", of all the VM's memory, of
 * which the image and the RAM that each VM has may be a part.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>

#include "server.h"

#define IPA		0x80000000ULL
#define ALIAS		0xc0000000ULL
#define THP		"/sys/kernel/mm/transparent_hugepage/"
#define HUGETLB		"/sys/kernel/mm/hugepages/"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

/* ---- large pages ---------------------------------------------------------------------- */

static u64 blocks(void)
{
	return debugfs_counter("vm blocks ");
}

static u64 number_in(const char *path)
{
	char buf[64];

	if (read_file(path, buf, sizeof(buf)) <= 0)
		return 0;
	return strtoull(buf, NULL, 10);
}

/* Bytes of a block of level 2. */
static u64 level2(void)
{
	u64 page = getpagesize();

	return page * page / 8;
}

/* Bytes of a transparent huge page. */
static u64 thp_size(void)
{
	u64 size = number_in(THP "hpage_pmd_size");

	if (!size)
		th_skip("no transparent huge pages");
	return size;
}

/* Whether [p, p + size) is all huge pages, by /proc/self/smaps. */
static bool is_huge(const void *p, u64 size)
{
	char line[512];
	bool here = false, huge = false;
	unsigned long first, last, kb;
	FILE *f = fopen("/proc/self/smaps", "r");

	ASSERT_TRUE(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
			here = first <= (uintptr_t)p && (uintptr_t)p + size <= last;
		else if (here && sscanf(line, "AnonHugePages: %lu kB", &kb) == 1)
			huge = kb * 1024 >= size;
	}
	fclose(f);
	return huge;
}

/*
 * Ends the case where @size bytes of memory, and as much as one more huge page, cannot
 * be had: with pages of 64 KiB a huge page is 512 MiB.
 */
static void need_memory(u64 size)
{
	unsigned long long need = (size + thp_size()) >> 20, kb = 0;
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];

	ASSERT_TRUE(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kb) == 1)
			break;
	fclose(f);
	if (kb >> 10 < need)
		th_skip("%llu MiB of memory are needed, %llu are there", need, kb >> 10);
}

/* @n huge pages, each byte 0x11; no neighbours that could be merged with them. */
static u8 *huge_alloc(u64 n)
{
	u64 size = thp_size();
	u8 *raw, *p;

	need_memory(n * size);
	raw = mmap(NULL, (n + 2) * size, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)raw);
	p = (u8 *)(((uintptr_t)raw + size) & ~(size - 1));
	ASSERT_EQ(0, mprotect(p, n * size, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, madvise(p, n * size, MADV_HUGEPAGE));
	memset(p, 0x11, n * size);
	if (!is_huge(p, n * size))
		th_skip("no huge page to be had");
	return p;
}

#define ONES	0x1111111111111111ULL

static bool is_pinned(struct vm *vm)
{
	return vm->info.features & ARMVCPU_FEAT_PINNED_MEMORY;
}

/* A VM with blocks, or none. */
static struct vm *vm_with_blocks(void)
{
	struct vm *vm = vm_create(0);

	if (is_pinned(vm))
		th_skip("no blocks where memory is pinned");
	return vm;
}

/* ---- what is one ------------------------------------------------------------------------ */

TEST(huge_page_is_one_block)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size(), pages, page = page_size(vm), i, n;
	u8 *p = huge_alloc(2);

	/* a block of level 2: 2 MiB, 32 MiB or 512 MiB */
	EXPECT_EQ(level2(), size);
	vm_memory(vm, SLOT_TEST, 0, IPA, 2 * size, p);
	/* the guest's own code and data are there */
	do_command(v, CMD_FILL, TEST_BASE, 4096);
	guest_store(v, TEST_BASE, guest_load(v, TEST_BASE));
	n = blocks();
	pages = debugfs_counter("vm pages ");
	EXPECT_EQ(ONES, guest_load(v, IPA + 5 * page));
	EXPECT_EQ(n + 1, blocks());
	EXPECT_EQ(pages + size / page, debugfs_counter("vm pages "));
	guest_store(v, IPA + 2 * size - 8, 0x1234);
	EXPECT_EQ(n + 2, blocks());
	EXPECT_EQ(pages + 2 * size / page, debugfs_counter("vm pages "));
	/* each page is its own, for both */
	do_command(v, CMD_FILL, IPA, 2 * size);
	for (i = 0; i < 2 * size; i += page)
		ASSERT_EQ(IPA + i, *(u64 *)(p + i));
	for (i = 0; i < 2 * size; i += page)
		ASSERT_EQ(ONES, *(u64 *)(p + i + 8));
	EXPECT_EQ(n + 2, blocks());
	EXPECT_EQ(pages + 2 * size / page, debugfs_counter("vm pages "));
	/* they go with their slot */
	vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
	EXPECT_EQ(n, blocks());
	EXPECT_EQ(pages, debugfs_counter("vm pages "));
}

/* Memory that is pinned is mapped by the page, and works the same. */
TEST(pinned_memory_has_no_blocks)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size();
	u8 *p = huge_alloc(1);

	if (!is_pinned(vm))
		SKIP(return, "memory is not pinned");
	vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
	do_command(v, CMD_FILL, IPA, size);
	EXPECT_EQ(0ULL, do_command(v, CMD_CHECK, IPA, size));
	EXPECT_EQ(IPA + size / 2, *(u64 *)(p + size / 2));
	EXPECT_EQ(0ULL, blocks());
}

/* A slot has to hold all of it, and have it at the same place as the VMM. */
TEST(slots_that_cut_a_huge_page)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size(), page = page_size(vm), n;
	u8 *p = huge_alloc(3);
	const struct {
		u64 ipa, first, length;	/* of the slot, @first in @p */
		u64 expected;
	} cases[] = {
		{ IPA, 0, 3 * size, 3 },
		{ IPA, 0, 3 * size - page, 2 },
		{ IPA + page, page, 3 * size - page, 2 },
		{ IPA + page, page, 3 * size - 2 * page, 1 },
		{ IPA + page, page, 2 * size - 2 * page, 0 },
		{ IPA, page, 2 * size, 0 },
		{ IPA + page, 0, 2 * size, 0 },
		{ IPA + size / 2, 0, 2 * size, 0 },
		{ IPA + size, 0, size, 1 },
		{ IPA, size, size, 1 },
		{ IPA, 0, size - page, 0 },
	};
	unsigned int i;

	n = blocks();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 at;

		vm_memory(vm, SLOT_TEST, 0, cases[i].ipa, cases[i].length,
			  p + cases[i].first);
		do_command(v, CMD_FILL, cases[i].ipa, cases[i].length);
		EXPECT_EQ(n + cases[i].expected, blocks());
		for (at = 0; at < cases[i].length; at += page)
			ASSERT_EQ(cases[i].ipa + at, *(u64 *)(p + cases[i].first + at));
		vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
		EXPECT_EQ(n, blocks());
	}
}

/* One huge page in two slots, whole in both; then one half of it in each. */
TEST(two_slots_share_a_huge_page)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size(), page = page_size(vm), n = blocks();
	u8 *p = huge_alloc(1);

	vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
	vm_memory(vm, SLOT_TEST + 1, 0, ALIAS, size, p);
	guest_store(v, IPA + 3 * page, 1);
	EXPECT_EQ(1ULL, guest_load(v, ALIAS + 3 * page));
	EXPECT_EQ(n + 2, blocks());
	/* both lose it with one page of it */
	ASSERT_EQ(0, madvise(p + 7 * page, page, MADV_DONTNEED));
	EXPECT_EQ(n, blocks());
	EXPECT_EQ(0ULL, guest_load(v, IPA + 7 * page));
	guest_store(v, ALIAS + 7 * page, 2);
	EXPECT_EQ(2ULL, guest_load(v, IPA + 7 * page));
	EXPECT_EQ(1ULL, guest_load(v, ALIAS + 3 * page));
	vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
	vm_memory(vm, SLOT_TEST + 1, 0, 0, 0, NULL);

	p = huge_alloc(1);
	vm_memory(vm, SLOT_TEST, 0, IPA, size / 2, p);
	vm_memory(vm, SLOT_TEST + 1, 0, IPA + size / 2, size / 2, p + size / 2);
	do_command(v, CMD_FILL, IPA, size);
	EXPECT_EQ(0ULL, do_command(v, CMD_CHECK, IPA, size));
	EXPECT_EQ(n, blocks());
	/* one of them goes, and what is beside it stays */
	vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
	EXPECT_EQ(IPA + size / 2, guest_load(v, IPA + size / 2));
	put_command(v, CMD_LOAD, IPA + size / 2 - 8, 0);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
}

TEST(read_only_slot_has_read_only_blocks)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size(), n = blocks();
	u8 *p = huge_alloc(1);

	vm_memory(vm, SLOT_TEST, ARMVCPU_MEM_READONLY, IPA, size, p);
	EXPECT_EQ(ONES, guest_load(v, IPA));
	EXPECT_EQ(n + 1, blocks());
	put_command(v, CMD_STORE, IPA + size - 8, 0x77);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(IPA + size - 8, v->run->u.mmio.ipa);
	EXPECT_EQ(ONES, *(u64 *)(p + size - 8));
	vcpu_sync(v);
	EXPECT_EQ(ONES, guest_load(v, IPA + size - 8));
}

/* ---- a part of it ------------------------------------------------------------------------ */

enum part { PART_MUNMAP, PART_PROTECT, PART_NONE, PART_DONTNEED, PART_MREMAP, PART_REPLACE };

static volatile u64 reader_stop, rounds;

/* Writes to the first and the last page, all the time. */
static void g_busy(u64 size)
{
	while (!reader_stop) {
		write64(IPA, rounds);
		write64(IPA + size - 8, ++rounds);
	}
}

FIXTURE(part)
{
	int unused;
};

FIXTURE_VARIANT(part)
{
	enum part what;
};

FIXTURE_VARIANT_ADD(part, munmap) { .what = PART_MUNMAP };
FIXTURE_VARIANT_ADD(part, mprotect_read) { .what = PART_PROTECT };
FIXTURE_VARIANT_ADD(part, mprotect_none) { .what = PART_NONE };
FIXTURE_VARIANT_ADD(part, madvise_dontneed) { .what = PART_DONTNEED };
FIXTURE_VARIANT_ADD(part, mremap) { .what = PART_MREMAP };
FIXTURE_VARIANT_ADD(part, mmap_over) { .what = PART_REPLACE };

FIXTURE_SETUP(part)
{
	self->unused = 0;
}

FIXTURE_TEARDOWN(part)
{
	self->unused = 1;
}

/* What is to become of one page of a block; @away: where mremap puts it. */
static void change_page(enum part what, u8 *page, u64 size, u8 *away)
{
	switch (what) {
	case PART_MUNMAP:
		ASSERT_EQ(0, munmap(page, size));
		break;
	case PART_PROTECT:
		ASSERT_EQ(0, mprotect(page, size, PROT_READ));
		break;
	case PART_NONE:
		ASSERT_EQ(0, mprotect(page, size, PROT_NONE));
		break;
	case PART_DONTNEED:
		ASSERT_EQ(0, madvise(page, size, MADV_DONTNEED));
		break;
	case PART_MREMAP:
		ASSERT_EQ((uintptr_t)away, (uintptr_t)mremap(page, size, size,
						MREMAP_MAYMOVE | MREMAP_FIXED, away));
		break;
	case PART_REPLACE:
		ASSERT_EQ((uintptr_t)page, (uintptr_t)mmap(page, size, PROT_READ | PROT_WRITE,
						MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		break;
	}
}

/*
 * One page in the middle of a block changes, while another vCPU writes to both
 * ends of it: the guest sees the change at once, and the rest as it was.
 */
TEST_F(part, changes_under_the_guest)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0), *busy = vcpu_create(vm, 1);
	u64 size = thp_size(), page = page_size(vm), n = blocks(), then;
	u8 *p = huge_alloc(1), *away = mem_alloc(page), *at = p + 9 * page;
	u64 ipa = IPA + 9 * page;

	vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
	guest_store(v, ipa, 0x99);
	EXPECT_EQ(n + 1, blocks());
	vcpu_start_c(busy, g_busy, size);
	vcpu_thread(busy, NULL);
	ASSERT_TRUE(WAIT_FOR(vm_var(vm, rounds) > 100));

	change_page(variant->what, at, page, away);
	switch (variant->what) {
	case PART_MUNMAP:
	case PART_NONE:
	case PART_MREMAP:
		expect_fault(v, CMD_LOAD, ipa, 0, EFAULT);
		break;
	case PART_PROTECT:
		EXPECT_EQ(0x99ULL, guest_load(v, ipa));
		expect_fault(v, CMD_STORE, ipa, ARMVCPU_FAULT_WRITE, EFAULT);
		EXPECT_EQ(0x99ULL, *(u64 *)at);
		break;
	case PART_DONTNEED:
	case PART_REPLACE:
		EXPECT_EQ(0ULL, guest_load(v, ipa));
		guest_store(v, ipa, 0x98);
		EXPECT_EQ(0x98ULL, *(u64 *)at);
		break;
	}
	EXPECT_EQ(n, blocks());
	if (variant->what == PART_MREMAP)
		EXPECT_EQ(0x99ULL, *(u64 *)away);

	/* the rest goes on, in the same memory */
	then = vm_var(vm, rounds);
	EXPECT_TRUE(WAIT_FOR(vm_var(vm, rounds) > then + 100));
	vm_var(vm, reader_stop) = 1;
	vcpu_join(busy);
	EXPECT_EQ(vm_var(vm, rounds), *(u64 *)(p + size - 8));
	server_restart(v);
	EXPECT_EQ(ONES, guest_load(v, ipa - 8));
	EXPECT_EQ(ONES, guest_load(v, ipa + page));
}

static volatile u64 stamp;

static void g_stamper(u64 addr)
{
	while (!reader_stop)
		write64(addr, ++stamp);
}

/*
 * The page that a vCPU writes to all the time is taken out of its block, again
 * and again: once it is away nothing writes to it any more.
 */
TEST_TIMEOUT(no_write_to_a_page_that_left_its_block, 120)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = vcpu_create(vm, 0);
	u64 size = thp_size(), page = page_size(vm), n = blocks(), round, seen = 0;
	/* each copies all of it */
	u64 times = size > 64 << 20 ? 6 : 30;
	u8 *p = huge_alloc(1), *at = p + 5 * page;
	volatile u64 *away = mem_alloc(page);

	vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
	vcpu_start_c(v, g_stamper, IPA + 5 * page);
	vcpu_thread(v, NULL);
	for (round = 0; round < times; round++) {
		u64 then = *(volatile u64 *)at, stamped;

		ASSERT_TRUE(WAIT_FOR(*(volatile u64 *)at != then));
		seen += blocks() > n;
		/* with MREMAP_DONTUNMAP the guest finds a new page there */
		ASSERT_EQ((uintptr_t)away, (uintptr_t)mremap(at, page, page,
				MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, away));
		then = *away;
		stamped = vm_var(vm, stamp);
		ASSERT_TRUE(WAIT_FOR(vm_var(vm, stamp) > stamped + 1000));
		ASSERT_EQ(then, *away);
		/* all of it is there again, and becomes one huge page again */
		ASSERT_TRUE(WAIT_FOR(*(volatile u64 *)at));
		if (madvise(p, size, MADV_COLLAPSE)) {
			vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
			SKIP(break, "MADV_COLLAPSE: %s", strerror(errno));
		}
	}
	vm_var(vm, reader_stop) = 1;
	if (round == times) {
		vcpu_join(v);
		EXPECT_LT(times * 2 / 3, seen);
	}
}

/* Pages that the guest has one by one become a huge page: a block in their place. */
TEST(pages_that_become_a_huge_page)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size(), page = page_size(vm), n, breaks, pages, i;
	u8 *p = huge_alloc(1);

	ASSERT_EQ(0, madvise(p, size, MADV_DONTNEED));
	ASSERT_EQ(0, madvise(p, size, MADV_NOHUGEPAGE));
	vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
	n = blocks();
	pages = debugfs_counter("vm pages ");
	do_command(v, CMD_FILL, IPA, size);
	EXPECT_EQ(n, blocks());
	EXPECT_EQ(pages + size / page, debugfs_counter("vm pages "));
	ASSERT_EQ(0, madvise(p, size, MADV_HUGEPAGE));
	if (madvise(p, size, MADV_COLLAPSE))
		SKIP(return, "MADV_COLLAPSE: %s", strerror(errno));
	ASSERT_TRUE(is_huge(p, size));
	breaks = debugfs_counter("vm breaks ");
	EXPECT_EQ(IPA + page, guest_load(v, IPA + page));
	EXPECT_EQ(n + 1, blocks());
	EXPECT_EQ(pages + size / page, debugfs_counter("vm pages "));
	EXPECT_EQ(breaks + 1, debugfs_counter("vm breaks "));
	EXPECT_EQ(0ULL, do_command(v, CMD_CHECK, IPA, size));
	for (i = 0; i < size; i += page)
		ASSERT_EQ(IPA + i, *(u64 *)(p + i));
	/* and pages again */
	ASSERT_EQ(0, mprotect(p + page, page, PROT_READ));
	EXPECT_EQ(n, blocks());
	EXPECT_EQ(0ULL, do_command(v, CMD_CHECK, IPA, size));
	EXPECT_EQ(n, blocks());
	EXPECT_EQ(pages + size / page, debugfs_counter("vm pages "));
}

/* What the guest writes after fork() the child does not see, in any page. */
TEST(fork_copies_of_a_block)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size(), page = page_size(vm), i;
	u8 *p = huge_alloc(1);
	int go[2], status;
	pid_t child;

	vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
	do_command(v, CMD_FILL, IPA, size);
	ASSERT_EQ(0, pipe(go));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		char c;

		if (read(go[0], &c, 1) != 1)
			_exit(2);
		for (i = 0; i < size; i += page)
			if (*(u64 *)(p + i) != IPA + i)
				_exit(1);
		_exit(0);
	}
	/* a block that is there to be read only, at first */
	EXPECT_EQ(IPA + 4 * page, guest_load(v, IPA + 4 * page));
	guest_store(v, IPA + 3 * page, 0x33);
	guest_store(v, IPA + size - page, 0x44);
	EXPECT_EQ(0x33ULL, *(u64 *)(p + 3 * page));
	EXPECT_EQ(IPA + 4 * page, guest_load(v, IPA + 4 * page));
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0x44ULL, guest_load(v, IPA + size - page));
}

TEST_TIMEOUT(ksm_takes_pages_of_a_block, 120)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size(), page = page_size(vm), i;
	u8 *p = huge_alloc(1);
	char run[16] = "";

	if (read_file("/sys/kernel/mm/ksm/run", run, sizeof(run)) <= 0 ||
	    write_file("/sys/kernel/mm/ksm/run", "1"))
		SKIP(return, "no KSM");
	write_file("/sys/kernel/mm/ksm/sleep_millisecs", "1");
	write_file("/sys/kernel/mm/ksm/pages_to_scan", "10000");
	vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
	for (i = 0; i < 128; i++)
		EXPECT_EQ(ONES, guest_load(v, IPA + i * page));
	/* some of the pages only */
	ASSERT_EQ(0, madvise(p, 64 * page, MADV_MERGEABLE));
	if (!WAIT_FOR(number_in("/sys/kernel/mm/ksm/pages_sharing") >= 60)) {
		write_file("/sys/kernel/mm/ksm/run", run);
		SKIP(return, "KSM does not merge");
	}
	for (i = 0; i < 128; i++)
		guest_store(v, IPA + i * page, i);
	write_file("/sys/kernel/mm/ksm/run", run);
	for (i = 0; i < 128; i++) {
		EXPECT_EQ(i, *(u64 *)(p + i * page));
		EXPECT_EQ(0x11, p[i * page + 8]);
		EXPECT_EQ(i, guest_load(v, IPA + i * page));
	}
}

/* The host moves memory about, and splits huge pages, under a guest that works. */
TEST_TIMEOUT(huge_pages_that_are_moved, 120)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0), *busy = vcpu_create(vm, 1);
	u64 size = thp_size(), page = page_size(vm), round, n = blocks();
	u8 *p = huge_alloc(4);

	if (access("/proc/sys/vm/compact_memory", W_OK))
		SKIP(return, "cannot compact memory");
	vm_memory(vm, SLOT_TEST, 0, IPA, 4 * size, p);
	do_command(v, CMD_FILL, IPA, 4 * size);
	EXPECT_EQ(n + 4, blocks());
	vcpu_start_c(busy, g_busy, size);
	vcpu_thread(busy, NULL);
	for (round = 0; round < 6; round++) {
		write_file("/proc/sys/vm/compact_memory", "1");
		/* a huge page that is cold in part is split */
		ASSERT_EQ(0, madvise(p + (1 + round % 3) * size + 8 * page, page, MADV_COLD));
		EXPECT_EQ(0ULL, do_command(v, CMD_CHECK, IPA + size, 3 * size));
		do_command(v, CMD_FILL, IPA + size, 3 * size);
	}
	vm_var(vm, reader_stop) = 1;
	vcpu_join(busy);
	EXPECT_EQ(vm_var(vm, rounds), *(u64 *)(p + size - 8));
}

/* ---- rights and caches ------------------------------------------------------------------- */

/* Read first, executed and written later: the block stays one. */
TEST(block_that_gets_more_rights)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size(), page = page_size(vm), n = blocks(), i;
	u8 *p = huge_alloc(1);
	u32 *code = (u32 *)(p + 20 * page);

	vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
	EXPECT_EQ(ONES, guest_load(v, IPA));
	for (i = 0; i < 20; i++) {
		code[0] = 0xd2800000 | i << 5;	/* mov x0, #i */
		code[1] = 0xd65f03c0;		/* ret */
		__builtin___clear_cache((char *)code, (char *)(code + 2));
		EXPECT_EQ(i, do_command(v, CMD_JUMP, IPA + 20 * page, 0));
		EXPECT_EQ(n + 1, blocks());
	}
	guest_store(v, IPA + page, 3);
	EXPECT_EQ(3ULL, *(u64 *)(p + page));
	EXPECT_EQ(n + 1, blocks());
}

/* Maintenance by set and way goes through all that the guest has. */
TEST(cache_maintenance_with_blocks)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size();
	u8 *p = huge_alloc(2);

	vm_memory(vm, SLOT_TEST, 0, IPA, 2 * size, p);
	do_command(v, CMD_FILL, IPA, 2 * size);
	do_command(v, CMD_SET_WAY, 0, 0);
	EXPECT_EQ(0ULL, do_command(v, CMD_CHECK, IPA, 2 * size));
}

/* ---- at once ----------------------------------------------------------------------------- */

static void g_add_to_all(u64 size)
{
	u64 i;

	for (i = 0; i < size; i += 4096)
		__atomic_fetch_add((u64 *)(IPA + i), 1, __ATOMIC_RELAXED);
}

/* Two vCPUs fault on the same blocks, while the VMM takes pages of them. */
TEST_TIMEOUT(faults_of_two_vcpus_on_a_block, 120)
{
	struct vm *vm = vm_with_blocks();
	u64 size = thp_size(), page = page_size(vm), round, i;
	u8 *p = huge_alloc(2);
	struct vcpu *v[2];

	memset(p, 0, 2 * size);
	v[0] = vcpu_create(vm, 0);
	v[1] = vcpu_create(vm, 1);
	for (round = 1; round <= 8; round++) {
		vm_memory(vm, SLOT_TEST, 0, IPA, 2 * size, p);
		for (i = 0; i < 2; i++) {
			vcpu_start_c(v[i], g_add_to_all, 2 * size);
			vcpu_thread(v[i], NULL);
		}
		for (i = 0; i < 40; i++) {
			u8 *at = p + ((i * 37 + round * 11) % (2 * size / page)) * page;

			/* no right is lost, yet the page is taken away and given back */
			ASSERT_EQ(0, mprotect(at, page, PROT_READ | PROT_WRITE | PROT_EXEC));
			ASSERT_EQ(0, mprotect(at, page, PROT_READ | PROT_WRITE));
		}
		for (i = 0; i < 2; i++)
			vcpu_join(v[i]);
		for (i = 0; i < 2 * size; i += 4096)
			ASSERT_EQ(2 * round, *(u64 *)(p + i));
		vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
		madvise(p, 2 * size, MADV_COLLAPSE);
	}
}

/* A vCPU on a block whose slot is deleted reads nothing of it afterwards. */
TEST(slot_of_a_block_is_deleted)
{
	struct vm *vm = vm_with_blocks();
	struct vcpu *v = server(vm, 0);
	u64 size = thp_size(), n = blocks(), i;
	u8 *p = huge_alloc(1);

	for (i = 0; i < 20; i++) {
		vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
		guest_store(v, IPA + size / 2, i);
		EXPECT_EQ(n + 1, blocks());
		vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
		EXPECT_EQ(n, blocks());
		put_command(v, CMD_LOAD, IPA + size / 2 + 64, 0);
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		vcpu_sync(v);
	}
}

/* ---- hugetlbfs ---------------------------------------------------------------------------- */

static bool nr_hugetlb(u64 huge, s64 change)
{
	char path[256], number[32];
	u64 had;

	snprintf(path, sizeof(path), HUGETLB "hugepages-%lukB/nr_hugepages",
		 (unsigned long)(huge >> 10));
	had = number_in(path);
	snprintf(number, sizeof(number), "%lu", (unsigned long)(had + change));
	return !write_file(path, number) && number_in(path) == had + change;
}

/*
 * What the guest has, with all of its own: the kernel may still be moving pages to make room,
 * and then it has less until it touches them again.
 */
static u64 pages_with_own(struct vcpu *v)
{
	do_command(v, CMD_FILL, TEST_BASE, 4096);
	guest_store(v, TEST_BASE, guest_load(v, TEST_BASE));
	return debugfs_counter("vm pages ");
}

/*
 * A page of @huge bytes, that the host has by entries of @entry bytes each: with such
 * entries the guest gets it, as far as it touches it. An entry of one page is no block.
 */
static void hugetlb(u64 huge, u64 entry)
{
	const u64 at[] = { 0, huge / 2, huge - entry };
	u64 page = getpagesize(), n, pages, i;
	u64 one = entry > page, all = huge > entry ? 3 : 1;
	struct vcpu *v;
	struct vm *vm;
	u8 *p;

	if (!nr_hugetlb(huge, 1))
		SKIP(return, "no huge page of %lu KiB", (unsigned long)(huge >> 10));
	/* Now, for to make room the kernel may move what a guest has. */
	vm = vm_with_blocks();
	v = server(vm, 0);
	p = mmap(NULL, huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
		 __builtin_ctzll(huge) << 26, -1, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	vm_memory(vm, SLOT_TEST, 0, IPA, huge, p);
	n = blocks();
	pages = pages_with_own(v);
	/* never touched, and touched */
	for (i = 0; i < 2; i++) {
		guest_store(v, IPA + huge / 2, 5 + i);
		EXPECT_EQ(5 + i, *(u64 *)(p + huge / 2));
		EXPECT_EQ(n + one, blocks());
		EXPECT_EQ(pages + entry / page, pages_with_own(v));
		*(u64 *)(p + huge - 8) = 7 + i;
		EXPECT_EQ(7 + i, guest_load(v, IPA + huge - 8));
		EXPECT_EQ(0ULL, guest_load(v, IPA));
		EXPECT_EQ(n + one * all, blocks());
		EXPECT_EQ(pages + all * (entry / page), pages_with_own(v));
		if (!i) {
			ASSERT_EQ(0, madvise(p, huge, MADV_DONTNEED));
			EXPECT_EQ(n, blocks());
			EXPECT_EQ(pages, pages_with_own(v));
			EXPECT_EQ(0ULL, guest_load(v, IPA + huge / 2));
			*p = 0;
		}
	}
	/* rights are taken from all of it at once */
	ASSERT_EQ(0, mprotect(p, huge, PROT_READ));
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		guest_load(v, IPA + at[i]);
		expect_fault(v, CMD_STORE, IPA + at[i], ARMVCPU_FAULT_WRITE, EFAULT);
		server_restart(v);
	}
	EXPECT_EQ(pages + all * (entry / page), pages_with_own(v));
	ASSERT_EQ(0, munmap(p, huge));
	EXPECT_EQ(n, blocks());
	EXPECT_EQ(pages, pages_with_own(v));
	expect_fault(v, CMD_LOAD, IPA, 0, EFAULT);
	nr_hugetlb(huge, -1);
}

TEST(hugetlb_pages)
{
	hugetlb(level2(), level2());
}

/* One block, but where the granule has none of that size. */
TEST(hugetlb_pages_of_1_gib)
{
	if (getpagesize() != 4096)
		SKIP(return, "no blocks of 1 GiB with such pages");
	hugetlb(1ULL << 30, 1ULL << 30);
}

/*
 * Pages of several entries that are marked as contiguous, which is nothing to stage 2.
 * With pages of 4, 16 and 64 KiB these are 64 KiB, 2 MiB, and 2 MiB.
 */
TEST(hugetlb_pages_of_contiguous_pages)
{
	u64 page = getpagesize();

	hugetlb(page == 4096 ? 64 << 10 : 2 << 20, page);
}

/* And 32 MiB, 1 GiB, and 16 GiB. */
TEST(hugetlb_pages_of_contiguous_blocks)
{
	u64 page = getpagesize();

	hugetlb(page == 4096 ? 32ULL << 20 : page == 16384 ? 1ULL << 30 : 16ULL << 30, level2());
}

TEST_HARNESS_MAIN
