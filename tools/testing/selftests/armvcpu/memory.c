// SPDX-License-Identifier: GPL-2.0-only
/* Guest memory: it is the VMM's own, and follows what the VMM does with it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/capability.h>
#include <linux/userfaultfd.h>

#include "server.h"

#define IPA	0x80000000ULL

static void expect_mmio(struct vcpu *v, enum server_cmd cmd, u64 addr)
{
	put_command(v, cmd, addr, 0x77);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(addr, v->run->u.mmio.ipa);
	EXPECT_EQ(cmd == CMD_STORE, v->run->u.mmio.flags & ARMVCPU_MMIO_WRITE);
}

/*
 * Without MMU notifiers the guest's pages are pinned: what it has touched stays
 * its own whatever the VMM does, until the slot is deleted.
 */
static bool is_pinned(struct vm *vm)
{
	return vm->info.features & ARMVCPU_FEAT_PINNED_MEMORY;
}

/* The slot goes and comes back: the guest has what the VMM has. */
static void again(struct vm *vm, u64 length, void *hva)
{
	vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
	vm_memory(vm, SLOT_TEST, 0, IPA, length, hva);
}

/* ---- the VMM's mapping changes ---------------------------------------------------------- */

TEST(guest_and_vmm_see_the_same)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 *p = mem_alloc(16 * page_size(vm));

	vm_memory(vm, SLOT_TEST, 0, IPA, 16 * page_size(vm), p);
	p[3] = 0x1234;
	EXPECT_EQ(0x1234ULL, guest_load(v, IPA + 24));
	guest_store(v, IPA + 24, 0x5678);
	EXPECT_EQ(0x5678ULL, p[3]);
	/* pages that nobody has touched are zero */
	EXPECT_EQ(0ULL, guest_load(v, IPA + 5 * page_size(vm)));
	/* each page is its own, to the last */
	guest_store(v, IPA + 15 * page_size(vm) + 24, 0x9abc);
	EXPECT_EQ(0x9abcULL, p[15 * page_size(vm) / 8 + 3]);
	EXPECT_EQ(0x5678ULL, p[3]);
}

TEST(munmap_under_the_guest)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm);
	u8 *p = mem_alloc(16 * page);

	vm_memory(vm, SLOT_TEST, 0, IPA, 16 * page, p);
	guest_store(v, IPA + page, 1);
	guest_store(v, IPA + 2 * page, 2);
	ASSERT_EQ(0, munmap(p + page, page));
	if (is_pinned(vm)) {
		/* the guest keeps its page; one that it never had is missing */
		EXPECT_EQ(1ULL, guest_load(v, IPA + page));
		guest_store(v, IPA + page, 11);
		ASSERT_EQ(0, munmap(p + 5 * page, page));
		expect_fault(v, CMD_LOAD, IPA + 5 * page, 0, EFAULT);
		server_restart(v);
	} else {
		expect_fault(v, CMD_LOAD, IPA + page, 0, EFAULT);
		server_restart(v);
		expect_fault(v, CMD_STORE, IPA + page, ARMVCPU_FAULT_WRITE, EFAULT);
		server_restart(v);
	}
	EXPECT_EQ(2ULL, guest_load(v, IPA + 2 * page));
	/* something else at the same address is the guest's again */
	ASSERT_EQ(p + page, mmap(p + page, page, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	if (is_pinned(vm)) {
		EXPECT_EQ(11ULL, guest_load(v, IPA + page));
		EXPECT_EQ(0ULL, *(u64 *)(p + page));
		again(vm, 16 * page, p);
	}
	EXPECT_EQ(0ULL, guest_load(v, IPA + page));
}

TEST(mprotect_under_the_guest)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(page);

	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	guest_store(v, IPA, 0x11);
	ASSERT_EQ(0, mprotect(p, page, PROT_READ));
	if (is_pinned(vm)) {
		/* no matter to a page that it has */
		guest_store(v, IPA, 0x12);
		EXPECT_EQ(0x12ULL, *p);
		guest_store(v, IPA, 0x11);
		again(vm, page, p);
	}
	EXPECT_EQ(0x11ULL, guest_load(v, IPA));
	expect_fault(v, CMD_STORE, IPA, ARMVCPU_FAULT_WRITE, EFAULT);
	EXPECT_EQ(0x11ULL, *p);
	ASSERT_EQ(0, mprotect(p, page, PROT_READ | PROT_WRITE));
	vcpu_sync(v);			/* the store again */
	EXPECT_EQ(0x77ULL, *p);
	ASSERT_EQ(0, mprotect(p, page, PROT_NONE));
	if (is_pinned(vm)) {
		EXPECT_EQ(0x77ULL, guest_load(v, IPA));
		again(vm, page, p);
	}
	expect_fault(v, CMD_LOAD, IPA, 0, EFAULT);
	ASSERT_EQ(0, mprotect(p, page, PROT_READ));
	EXPECT_EQ(0x77ULL, vcpu_sync(v));
}

TEST(madvise_dontneed_under_the_guest)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(page);
	unsigned int i;

	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	for (i = 1; i < 200; i++) {
		guest_store(v, IPA, i);
		EXPECT_EQ(i, *p);
		ASSERT_EQ(0, madvise(p, page, MADV_DONTNEED));
		if (is_pinned(vm)) {
			EXPECT_EQ(0ULL, *p);
			*p = i + 1000;
			EXPECT_EQ(i, guest_load(v, IPA));
			ASSERT_EQ(0, madvise(p, page, MADV_DONTNEED));
			again(vm, page, p);
		}
		EXPECT_EQ(0ULL, i & 1 ? guest_load(v, IPA) : *p);
		EXPECT_EQ(0ULL, i & 1 ? *p : guest_load(v, IPA));
	}
}

/*
 * What the VMM has said it can do without, the host may take until somebody writes to it,
 * be it the guest and nobody else. Pages that the host knows of already (@drained), and
 * pages that it will find out about later.
 */
static void store_to_a_free_page(bool drained, bool load_first)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(page), *other = mem_alloc(page);
	unsigned int i;

	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	*p = 0x11;
	*other = 0x11;
	ASSERT_EQ(0, madvise(p, page, MADV_FREE));
	/* Others' turn makes the host look at what it has put off. */
	if (drained)
		ASSERT_EQ(0, madvise(other, page, MADV_FREE));
	if (load_first)
		guest_load(v, IPA);
	guest_store(v, IPA, 0x12);
	/* The first times it only looks for who uses it. */
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, madvise(p, page, MADV_PAGEOUT));
	EXPECT_EQ(0x12ULL, *p);
	vm_close(vm);
}

TEST(store_to_a_page_that_may_be_freed)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		store_to_a_free_page(i & 1, i & 2);
}

TEST(mremap_under_the_guest)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm);
	u64 *p = mem_alloc(page), *q = mem_alloc(page);

	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	guest_store(v, IPA, 0x11);
	/* the page moves away: the slot's address has nothing */
	ASSERT_EQ((void *)q, mremap(p, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, q));
	if (is_pinned(vm)) {
		/* but the guest still has it */
		EXPECT_EQ(0x11ULL, guest_load(v, IPA));
		guest_store(v, IPA, 0x12);
		EXPECT_EQ(0x12ULL, *q);
		guest_store(v, IPA, 0x11);
		again(vm, page, p);
	}
	expect_fault(v, CMD_LOAD, IPA, 0, EFAULT);
	EXPECT_EQ(0x11ULL, *q);
	/* and back */
	ASSERT_EQ((void *)p, mremap(q, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, p));
	EXPECT_EQ(0x11ULL, vcpu_sync(v));
}

TEST(private_file_is_copied_for_a_write)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p, buf = 0;
	char name[] = "/tmp/armvcpu-test-XXXXXX";
	int fd = mkstemp(name);

	ASSERT_LE(0, fd);
	unlink(name);
	ASSERT_EQ(0, ftruncate(fd, page));
	ASSERT_EQ(8, pwrite(fd, "original", 8, 0));
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	EXPECT_EQ(0, memcmp(p, "original", 8));
	buf = guest_load(v, IPA);
	EXPECT_EQ(0, memcmp(&buf, "original", 8));
	guest_store(v, IPA, 0x4141414141414141);
	EXPECT_EQ(0x4141414141414141ULL, guest_load(v, IPA));
	EXPECT_EQ(0x4141414141414141ULL, *p);
	/* the file is as it was */
	ASSERT_EQ(8, pread(fd, &buf, 8, 0));
	EXPECT_EQ(0, memcmp(&buf, "original", 8));
	close(fd);
}

TEST(read_only_mapping_of_a_file_is_not_written)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p, buf;
	char name[] = "/tmp/armvcpu-test-XXXXXX";
	int fd = mkstemp(name);

	ASSERT_LE(0, fd);
	unlink(name);
	ASSERT_EQ(0, ftruncate(fd, page));
	ASSERT_EQ(8, pwrite(fd, "original", 8, 0));
	p = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	buf = guest_load(v, IPA);
	EXPECT_EQ(0, memcmp(&buf, "original", 8));
	expect_fault(v, CMD_STORE, IPA, ARMVCPU_FAULT_WRITE, EFAULT);
	ASSERT_EQ(8, pread(fd, &buf, 8, 0));
	EXPECT_EQ(0, memcmp(&buf, "original", 8));
	EXPECT_EQ(0, memcmp(p, "original", 8));
	close(fd);
}

TEST(shared_file_is_written)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p, buf;
	int fd = memfd_create("armvcpu-test", 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 2 * page));
	p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	vm_memory(vm, SLOT_TEST, 0, IPA, 2 * page, p);
	guest_store(v, IPA, 0x4242);
	ASSERT_EQ(8, pread(fd, &buf, 8, 0));
	EXPECT_EQ(0x4242ULL, buf);
	/* cut off under the guest: SIGBUS for the VMM, a fault for the guest */
	guest_store(v, IPA + page, 1);
	ASSERT_EQ(0, ftruncate(fd, page));
	if (is_pinned(vm)) {
		EXPECT_EQ(1ULL, guest_load(v, IPA + page));
		guest_store(v, IPA + page, 2);
		again(vm, 2 * page, p);
	}
	put_command(v, CMD_LOAD, IPA + page, 0);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MEMORY_FAULT);
	EXPECT_EQ(EFAULT, v->run->u.memory_fault.error);
	close(fd);
}

/* A file of @length on a file system whose pages are no memory of tmpfs. */
static int file_system_file(u64 length)
{
	char dir[] = "/tmp/armvcpu-test-XXXXXX", name[64];
	int fd;

	ASSERT_TRUE(mkdtemp(dir));
	ASSERT_EQ(0, mount("none", dir, "ramfs", 0, NULL));
	snprintf(name, sizeof(name), "%s/file", dir);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, length));
	return fd;
}

/* What the guest only read so far is the file's; what it writes is not. */
TEST(private_file_on_a_file_system)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p, buf;
	int fd = file_system_file(page);

	ASSERT_EQ(8, pwrite(fd, "original", 8, 0));
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	buf = guest_load(v, IPA);
	EXPECT_EQ(0, memcmp(&buf, "original", 8));
	guest_store(v, IPA, 0x4141414141414141);
	EXPECT_EQ(0x4141414141414141ULL, *p);
	ASSERT_EQ(8, pread(fd, &buf, 8, 0));
	EXPECT_EQ(0, memcmp(&buf, "original", 8));
	close(fd);
}

/* A file system that has to know who writes: not where the kernel could not tell. */
TEST(shared_file_on_a_file_system)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p, buf;
	int fd = file_system_file(page);

	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	*p = 0x11;
	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	EXPECT_EQ(0x11ULL, guest_load(v, IPA));
	*p = 0x12;
	EXPECT_EQ(0x12ULL, guest_load(v, IPA));
	if (is_pinned(vm)) {
		expect_fault(v, CMD_STORE, IPA, ARMVCPU_FAULT_WRITE, EFAULT);
		EXPECT_EQ(0x12ULL, *p);
	} else {
		guest_store(v, IPA, 0x13);
		ASSERT_EQ(8, pread(fd, &buf, 8, 0));
		EXPECT_EQ(0x13ULL, buf);
	}
	close(fd);
}

/* Pages that were only read share the zero page: a write must not reach it. */
TEST(zero_page_is_never_written)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), i;
	volatile u64 *p = mem_alloc(64 * page), *q = mem_alloc(64 * page), sum = 0;

	vm_memory(vm, SLOT_TEST, 0, IPA, 64 * page, (void *)p);
	/* the VMM and the guest read first, each its half */
	for (i = 0; i < 32; i++)
		sum += p[i * page / 8];
	sum += do_command(v, CMD_SUM, IPA + 32 * page, 32 * page);
	EXPECT_EQ(0ULL, sum);
	for (i = 0; i < 64; i++)
		guest_store(v, IPA + i * page, 0xbadULL + i);
	for (i = 0; i < 64; i++) {
		EXPECT_EQ(0xbadULL + i, p[i * page / 8]);
		EXPECT_EQ(0ULL, q[i * page / 8]);
	}
}

TEST(fork_copies_on_the_guests_write)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm);
	volatile u64 *p = mem_alloc(page);
	int to_child[2], status;
	pid_t pid;
	char c;

	vm_memory(vm, SLOT_TEST, 0, IPA, page, (void *)p);
	guest_store(v, IPA, 0x11);
	ASSERT_EQ(0, pipe(to_child));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* the child has the page as it was at the fork */
		if (read(to_child[0], &c, 1) != 1)
			_exit(2);
		_exit(*p == 0x11 ? 0 : 1);
	}
	guest_store(v, IPA, 0x22);
	EXPECT_EQ(0x22ULL, *p);
	*p = 0x33;
	EXPECT_EQ(0x33ULL, guest_load(v, IPA));
	ASSERT_EQ(1, write(to_child[1], "x", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0x33ULL, guest_load(v, IPA));
}

static void *sync_once(void *v)
{
	return (void *)vcpu_sync(v);
}

TEST(userfaultfd_gives_the_page)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(page), *from = mem_alloc(page);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (u64)p, page }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_copy copy = { .dst = (u64)p, .src = (u64)from, .len = page };
	struct uffd_msg msg;
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, ioctl(fd, UFFDIO_REGISTER, &reg));
	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	put_command(v, CMD_LOAD, IPA, 0);
	vcpu_thread(v, sync_once);
	/* RUN waits until somebody brings the page */
	ASSERT_EQ(sizeof(msg), read(fd, &msg, sizeof(msg)));
	EXPECT_EQ(UFFD_EVENT_PAGEFAULT, msg.event);
	EXPECT_EQ((u64)p, msg.arg.pagefault.address & ~(page - 1));
	*from = 0x5555;
	ASSERT_EQ(0, ioctl(fd, UFFDIO_COPY, &copy));
	EXPECT_EQ(0x5555ULL, (u64)vcpu_join(v));
	close(fd);
}

TEST(ksm_shares_and_copies)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), i;
	u8 *p = mem_alloc(64 * page);
	char run[16] = "", buf[64];

	if (read_file("/sys/kernel/mm/ksm/run", run, sizeof(run)) <= 0 ||
	    write_file("/sys/kernel/mm/ksm/run", "1"))
		SKIP(return, "no KSM");
	write_file("/sys/kernel/mm/ksm/sleep_millisecs", "1");
	write_file("/sys/kernel/mm/ksm/pages_to_scan", "10000");
	memset(p, 0x5a, 64 * page);
	ASSERT_EQ(0, madvise(p, 64 * page, MADV_MERGEABLE));
	vm_memory(vm, SLOT_TEST, 0, IPA, 64 * page, p);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(0x5a5a5a5a5a5a5a5aULL, guest_load(v, IPA + i * page));
	if (is_pinned(vm)) {
		/* they are not merged, however often KSM looks at them */
		ASSERT_LT(0, read_file("/sys/kernel/mm/ksm/full_scans", buf, sizeof(buf)));
		i = atoi(buf) + 4;
		EXPECT_TRUE(WAIT_FOR(read_file("/sys/kernel/mm/ksm/full_scans", buf,
					       sizeof(buf)) > 0 && (u64)atoi(buf) >= i));
		ASSERT_LT(0, read_file("/sys/kernel/mm/ksm/pages_sharing", buf, sizeof(buf)));
		EXPECT_EQ(0, atoi(buf));
	} else if (!WAIT_FOR(read_file("/sys/kernel/mm/ksm/pages_sharing", buf, sizeof(buf)) > 0 &&
		      atoi(buf) >= 60)) {
		write_file("/sys/kernel/mm/ksm/run", run);
		SKIP(return, "KSM does not merge");
	}
	for (i = 0; i < 64; i++)
		guest_store(v, IPA + i * page, i);
	write_file("/sys/kernel/mm/ksm/run", run);
	for (i = 0; i < 64; i++) {
		EXPECT_EQ(i, *(u64 *)(p + i * page));
		EXPECT_EQ(0x5a, p[i * page + 8]);
		EXPECT_EQ(i, guest_load(v, IPA + i * page));
	}
}

/* ---- slots -------------------------------------------------------------------------------- */

TEST(read_only_slot_gives_stores_to_the_vmm)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(page);

	*p = 0x99;
	vm_memory(vm, SLOT_TEST, ARMVCPU_MEM_READONLY, IPA, page, p);
	EXPECT_EQ(0x99ULL, guest_load(v, IPA));
	expect_mmio(v, CMD_STORE, IPA);
	EXPECT_EQ(0x77ULL, v->run->u.mmio.data);
	EXPECT_EQ(8, v->run->u.mmio.len);
	vcpu_sync(v);
	EXPECT_EQ(0x99ULL, *p);
	EXPECT_EQ(0x99ULL, guest_load(v, IPA));
	/* a store first, before anything was read */
	vm_memory(vm, SLOT_TEST + 1, ARMVCPU_MEM_READONLY, IPA + page, page, mem_alloc(page));
	expect_mmio(v, CMD_STORE, IPA + page);
	/* the VMM may write, and the guest sees it */
	vcpu_sync(v);
	*p = 0xaa;
	EXPECT_EQ(0xaaULL, guest_load(v, IPA));
}

TEST(deleted_slot_is_gone_and_can_come_back)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(page), *q = mem_alloc(page);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		u64 *m = i & 1 ? p : q;

		*m = 0x100 + i;
		vm_memory(vm, SLOT_TEST, 0, IPA, page, m);
		EXPECT_EQ(0x100ULL + i, guest_load(v, IPA));
		guest_store(v, IPA, 0x200 + i);
		EXPECT_EQ(0x200ULL + i, *m);
		vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
		expect_mmio(v, CMD_LOAD, IPA);
		v->run->u.mmio.data = 0x300 + i;
		EXPECT_EQ(0x300ULL + i, vcpu_sync(v));
		expect_mmio(v, CMD_STORE, IPA);
		vcpu_sync(v);
		EXPECT_EQ(0x200ULL + i, *m);
	}
}

/* All thirteen relations of two intervals, in both orders. */
TEST(overlapping_slots_are_refused)
{
	struct vm *vm = vm_create_bare(0);
	u64 page = page_size(vm);
	u8 *p = mem_alloc(64 * page);
	/* the first is pages 20 to 30 */
	static const struct {
		const char *name;
		unsigned int from, to;
		bool ok;
	} r[] = {
		{ "before", 2, 10, true },
		{ "meets", 10, 20, true },
		{ "overlaps", 15, 25, false },
		{ "starts", 20, 25, false },
		{ "during", 22, 28, false },
		{ "finishes", 25, 30, false },
		{ "equal", 20, 30, false },
		{ "finished by", 15, 30, false },
		{ "contains", 15, 35, false },
		{ "started by", 20, 35, false },
		{ "overlapped by", 25, 35, false },
		{ "met by", 30, 40, true },
		{ "after", 40, 50, true },
		{ "overlaps by a page", 12, 21, false },
		{ "overlapped by a page", 29, 40, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(r); i++) {
		u64 length = (r[i].to - r[i].from) * page;
		int ret;

		vm_memory(vm, 1, 0, IPA + 20 * page, 10 * page, p);
		ret = vm_memory_raw(vm, 2, 0, IPA + r[i].from * page, length, p);
		if (ret != (r[i].ok ? 0 : -EEXIST))
			th_fail(__FILE__, __LINE__, false, "%s: %d", r[i].name, ret);
		if (!ret)
			vm_memory(vm, 2, 0, 0, 0, NULL);
		vm_memory(vm, 1, 0, 0, 0, NULL);

		vm_memory(vm, 2, 0, IPA + r[i].from * page, length, p);
		ret = vm_memory_raw(vm, 1, 0, IPA + 20 * page, 10 * page, p);
		if (ret != (r[i].ok ? 0 : -EEXIST))
			th_fail(__FILE__, __LINE__, false, "%s, the other way: %d", r[i].name, ret);
		if (!ret)
			vm_memory(vm, 1, 0, 0, 0, NULL);
		vm_memory(vm, 2, 0, 0, 0, NULL);
	}
}

TEST(slot_arguments_at_the_edges)
{
	struct vm *vm = vm_create_bare(0);
	u64 page = page_size(vm), limit;
	u8 *p = mem_alloc(16 * page);
	u32 max = vm->info.max_slots;
	static const u64 edges[] = {
		0, 1, 0x7ff, 0xfff, 0x80000000, 0x100000000, 1ULL << 63, ~0xfffULL, ~0ULL,
	};
	unsigned int i, j, k;

	/* what is right */
	ASSERT_EQ(0, vm_memory_raw(vm, max - 1, 0, IPA, page, p));
	ASSERT_EQ(0, vm_memory_raw(vm, max - 1, 0, 0, 0, NULL));
	/* each field wrong alone */
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, max, 0, IPA, page, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, ~0U, 0, IPA, page, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 2, IPA, page, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 1U << 31, IPA, page, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 0, IPA + 1, page, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 0, IPA + page / 2, page, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 0, IPA, page - 1, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 0, IPA, 1, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 0, IPA, page, p + 8));
	/* the end of guest memory and of the VMM's */
	limit = 1ULL << (vm->info.ipa_bits < 40 ? vm->info.ipa_bits : 40);
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 0, limit, page, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 0, limit - page, 2 * page, p));
	EXPECT_EQ(0, vm_memory_raw(vm, 0, 0, limit - page, page, p));
	EXPECT_EQ(0, vm_memory_raw(vm, 0, 0, 0, 0, NULL));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 0, IPA, page, (void *)(~0ULL << 12)));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 0, IPA, page, (void *)(1ULL << 63)));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 0, 0, IPA, page, (void *)0xffff000000000000));
	/* sums that wrap: none is accepted, none does harm */
	for (i = 0; i < ARRAY_SIZE(edges); i++)
		for (j = 0; j < ARRAY_SIZE(edges); j++)
			for (k = 0; k < ARRAY_SIZE(edges); k++) {
				u64 ipa = edges[i], len = edges[j], hva = edges[k];
				int ret = vm_memory_raw(vm, 0, 0, ipa, len, (void *)hva);

				if (!ret) {
					/* only what fits, and is page aligned */
					ASSERT_EQ(0ULL, (ipa | len | hva) & (page - 1));
					ASSERT_LE(ipa + len, limit);
					ASSERT_LE(ipa, ipa + len);
					ASSERT_EQ(0, vm_memory_raw(vm, 0, 0, 0, 0, NULL));
				}
			}
	/* deleting what is not there; what goes with deleting */
	EXPECT_EQ(-ENOENT, vm_memory_raw(vm, 3, 0, 0, 0, NULL));
	vm_memory(vm, 3, 0, IPA, page, p);
	EXPECT_EQ(-EEXIST, vm_memory_raw(vm, 3, 0, IPA, page, p));
	EXPECT_EQ(-EEXIST, vm_memory_raw(vm, 3, 0, IPA + 16 * page, page, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 3, 0, 0, 0, p));
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, 3, 2, 0, 0, NULL));
	EXPECT_EQ(0, vm_memory_raw(vm, 3, 0, 0, 0, NULL));
	EXPECT_EQ(-ENOENT, vm_memory_raw(vm, 3, 0, 0, 0, NULL));
}

TEST(every_slot_can_be_used)
{
	struct vm *vm = vm_create_bare(0);
	u64 page = page_size(vm);
	u8 *p = mem_alloc(page);
	u32 i;

	for (i = 0; i < vm->info.max_slots; i++)
		vm_memory(vm, i, 0, IPA + 2 * i * page, page, p);
	EXPECT_EQ(-EINVAL, vm_memory_raw(vm, i, 0, IPA + 2 * i * page, page, p));
	for (i = 0; i < vm->info.max_slots; i += 2)
		vm_memory(vm, i, 0, 0, 0, NULL);
	for (i = 0; i < vm->info.max_slots; i += 2)
		vm_memory(vm, i, 0, IPA + 2 * i * page, page, p);
}

/* Two slots, one memory: both show it, and both lose it. */
TEST(one_page_at_two_addresses)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(page);

	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	vm_memory(vm, SLOT_TEST + 1, 0, IPA + page, page, p);
	guest_store(v, IPA, 0x11);
	EXPECT_EQ(0x11ULL, guest_load(v, IPA + page));
	ASSERT_EQ(0, madvise(p, page, MADV_DONTNEED));
	if (is_pinned(vm)) {
		/* pinned for each: they stay one page */
		guest_store(v, IPA, 0x12);
		EXPECT_EQ(0x12ULL, guest_load(v, IPA + page));
		again(vm, page, p);
		EXPECT_EQ(0x12ULL, guest_load(v, IPA + page));
		vm_memory(vm, SLOT_TEST + 1, 0, 0, 0, NULL);
		vm_memory(vm, SLOT_TEST + 1, 0, IPA + page, page, p);
	}
	EXPECT_EQ(0ULL, guest_load(v, IPA));
	EXPECT_EQ(0ULL, guest_load(v, IPA + page));
	guest_store(v, IPA + page, 0x22);
	vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
	EXPECT_EQ(0x22ULL, guest_load(v, IPA + page));
}

/*
 * A device's pages are not to be given to a guest: VM_IO, VM_PFNMAP. What is mapped
 * at @p is taken as a slot, and the guest's accesses are faults.
 */
static void expect_refused(void *p)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);

	vm_memory(vm, SLOT_TEST, 0, IPA, page_size(vm), p);
	expect_fault(v, CMD_LOAD, IPA, 0, EFAULT);
	server_restart(v);
	expect_fault(v, CMD_STORE, IPA, ARMVCPU_FAULT_WRITE, EFAULT);
	server_restart(v);
	expect_fault(v, CMD_JUMP, IPA, ARMVCPU_FAULT_EXEC, EFAULT);
}

/*
 * VM_IO and VM_PFNMAP, writable: the registers of QEMU's PCI test device, which
 * the test bed's host has. (Nothing is known of other machines' devices.)
 */
TEST(io_mapping_is_refused)
{
	char dir[] = "/sys/bus/pci/devices", path[512], id[16];
	struct dirent *d;
	void *p = MAP_FAILED;
	DIR *devices = opendir(dir);
	int fd;

	while (devices && (d = readdir(devices))) {
		snprintf(path, sizeof(path), "%s/%s/vendor", dir, d->d_name);
		if (read_file(path, id, sizeof(id)) <= 0 || strtol(id, NULL, 16) != 0x1b36)
			continue;
		snprintf(path, sizeof(path), "%s/%s/device", dir, d->d_name);
		if (read_file(path, id, sizeof(id)) <= 0 || strtol(id, NULL, 16) != 0x0005)
			continue;
		/* so that a guest that gets there after all reads something */
		snprintf(path, sizeof(path), "%s/%s/enable", dir, d->d_name);
		ASSERT_EQ(0, write_file(path, "1"));
		snprintf(path, sizeof(path), "%s/%s/resource0", dir, d->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		p = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ASSERT_TRUE(p != MAP_FAILED);
		break;
	}
	if (p == MAP_FAILED)
		SKIP(return, "there is no PCI device 1b36:0005");
	expect_refused(p);
}

/* VM_PFNMAP, of pages that are RAM: the data page of the vDSO. */
TEST(pfn_mapping_is_refused)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start = 0;
	char line[512];

	ASSERT_TRUE(maps != NULL);
	while (!start && fgets(line, sizeof(line), maps))
		if (strstr(line, "[vvar]"))
			start = strtoul(line, NULL, 16);
	fclose(maps);
	ASSERT_NE(0UL, start);
	expect_refused((void *)start);
}

#ifndef SYS_memfd_secret
#define SYS_memfd_secret	447
#endif

/* Memory that the kernel itself cannot reach any more. */
TEST(secret_memory_is_refused)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p;
	int fd = (int)syscall(SYS_memfd_secret, 0);

	if (fd < 0)
		SKIP(return, "memfd_secret: %s", strerror(errno));
	ASSERT_EQ(0, ftruncate(fd, page));
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	/* not there yet, and there */
	expect_fault(v, CMD_LOAD, IPA, 0, EFAULT);
	server_restart(v);
	*p = 0x1234;
	expect_fault(v, CMD_LOAD, IPA, 0, EFAULT);
	server_restart(v);
	expect_fault(v, CMD_STORE, IPA, ARMVCPU_FAULT_WRITE, EFAULT);
	EXPECT_EQ(0x1234ULL, *p);
	close(fd);
}

/* The run page is the kernel's: not memory for a guest, either. */
TEST(run_page_is_no_guest_memory)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm);
	void *run = mmap(NULL, vm->info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	int ret;

	/* a mapping that nobody has touched yet: the fault comes in RUN */
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)run);
	ret = vm_memory_raw(vm, SLOT_TEST, 0, IPA, page, run);
	if (ret) {
		EXPECT_TRUE(ret == -EINVAL || ret == -EFAULT);
		return;
	}
	/* if it is taken as memory, then as what it is, and nothing breaks */
	put_command(v, CMD_LOAD, IPA, 0);
	vcpu_run(v);
	EXPECT_TRUE(v->run->exit_reason == ARMVCPU_EXIT_MEMORY_FAULT ||
		    (v->run->exit_reason == ARMVCPU_EXIT_MMIO &&
		     v->run->u.mmio.ipa == PORT_SYNC));
}

/* ---- code --------------------------------------------------------------------------------- */

TEST(code_that_the_vmm_changes)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm);
	u32 *p = mem_alloc(page);
	unsigned int i;

	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	for (i = 0; i < 50; i++) {
		p[0] = 0xd2800000 | i << 5;	/* mov x0, #i */
		p[1] = 0xd65f03c0;		/* ret */
		__builtin___clear_cache((char *)p, (char *)(p + 2));
		EXPECT_EQ(i, do_command(v, CMD_JUMP, IPA, 0));
	}
	/* a fresh page at the same address */
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, madvise(p, page, MADV_DONTNEED));
		if (is_pinned(vm))
			again(vm, page, p);
		/* not the page that was just freed */
		*(u32 *)mem_alloc(page) = 0;
		p[0] = 0xd2800000 | (1000 + i) << 5;
		p[1] = 0xd65f03c0;
		__builtin___clear_cache((char *)p, (char *)(p + 2));
		EXPECT_EQ(1000 + i, do_command(v, CMD_JUMP, IPA, 0));
	}
}

static u64 g_jit(u64 n)
{
	u32 *code = (u32 *)(IPA + 64);

	code[0] = 0xd2800000 | (u32)n << 5;
	code[1] = 0xd65f03c0;
	__builtin___clear_cache((char *)code, (char *)(code + 2));
	return ((u64 (*)(void))code)();
}

static void g_jits(u64 arg)
{
	u32 i;

	(void)arg;
	for (i = 0; i < 1000; i++)
		GUEST_ASSERT_EQ(i, g_jit(i));
}

TEST(code_that_the_guest_changes)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = page_size(vm);

	vm_memory(vm, SLOT_TEST, 0, IPA, page, mem_alloc(page));
	vcpu_start_c(v, g_jits, 0);
	vcpu_finish(v);
}

/* ---- stale translations ---------------------------------------------------------------------- */

/*
 * Two vCPUs of one VM on one CPU, with the same ASID and different tables: a
 * translation of one must not serve the other. Each maps the same virtual
 * address, in the fourth GiB, to its own page.
 */
#define PRIVATE_VA	(3ULL << 30)

static void g_private(u64 count)
{
	u32 cpu = guest_cpu();
	u64 i;

	write_sysreg(ttbr0_el1, RAM_BASE + 0x4000 + 0x1000 * cpu);
	isb();
	__asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
	for (i = 0; i < count; i++) {
		u64 v = *(volatile u64 *)PRIVATE_VA;

		GUEST_ASSERT_EQ(0x1000 + cpu, v);
		if (i % 64 == 0)
			GUEST_SYNC(v);
	}
}

TEST(vcpus_that_share_a_cpu_and_an_asid)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v[2];
	unsigned int i, n;

	pin_cpu(0);
	for (i = 0; i < 2; i++) {
		u64 *l1 = vm_ram(vm, RAM_BASE + 0x4000 + 0x1000 * i);
		u64 *l2 = vm_ram(vm, RAM_BASE + 0x6000 + 0x1000 * i);
		u64 *l3 = vm_ram(vm, RAM_BASE + 0x8000 + 0x1000 * i);

		/* the usual map; one more table for the private page, not global */
		memcpy(l1, vm_ram(vm, RAM_BASE), 4096);
		l1[3] = (RAM_BASE + 0x6000 + 0x1000 * i) | 3;
		l2[0] = (RAM_BASE + 0x8000 + 0x1000 * i) | 3;
		l3[0] = (TEST_BASE + 0x1000 * i) | 3 | 1 << 10 | 3 << 8 | 1 << 11;
		*(u64 *)vm_ram(vm, TEST_BASE + 0x1000 * i) = 0x1000 + i;
		v[i] = vcpu_create(vm, i);
		vcpu_start_c(v[i], g_private, 64 * 500);
	}
	for (n = 0; n < 500; n++)
		for (i = 0; i < 2; i++)
			EXPECT_EQ(0x1000ULL + i, vcpu_sync(v[i]));
}

/* A vCPU that spins on a page sees another's invalidation, or the VMM's. */
static volatile u64 reader_stop;

static volatile u64 reader_last;

static void g_reader(u64 addr)
{
	volatile u64 *p = (volatile u64 *)addr;
	u64 last = 0, v;

	while (!reader_stop) {
		v = *p;
		GUEST_ASSERT(v == 0 || v >= last);
		if (v)
			reader_last = last = v;
	}
}

/*
 * The VMM replaces the page under a vCPU that reads it all the time: the old
 * page has a smaller number than the new one, so an old translation shows.
 */
TEST(invalidation_reaches_a_running_vcpu)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(page), i, last = th_many(3000, 1000);
	u64 *others = mem_alloc((last + 1) * page);

	ASSERT_EQ(0, madvise(others, (last + 1) * page, MADV_NOHUGEPAGE));
	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	vcpu_start_c(v, g_reader, IPA);
	vcpu_thread(v, NULL);
	if (is_pinned(vm)) {
		/* it has the first page, and reads nothing else */
		*p = 7;
		ASSERT_TRUE(WAIT_FOR(vm_var(vm, reader_last) == 7));
	}
	for (i = 8; i <= last; i++) {
		*p = i;
		if (i % 2)
			ASSERT_EQ(0, madvise(p, page, MADV_DONTNEED));
		else
			ASSERT_EQ((void *)p, mmap(p, page, PROT_READ | PROT_WRITE,
						  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
						  -1, 0));
		/* the page that was just freed gets another use, and a small number */
		others[i * page / 8] = 1;
	}
	if (!is_pinned(vm)) {
		/* and it reads the page that is there now */
		*p = i;
		EXPECT_TRUE(WAIT_FOR(vm_var(vm, reader_last) == i));
	}
	vm_var(vm, reader_stop) = 1;
	vcpu_join(v);
	if (is_pinned(vm))
		EXPECT_EQ(8ULL, vm_var(vm, reader_last));
}

static volatile u64 stamp;

static void g_writer(u64 addr)
{
	volatile u64 *p = (volatile u64 *)addr;

	while (!reader_stop)
		p[0] = ++stamp;
}

/*
 * Pages taken from under a vCPU that writes all the time do not change any
 * more: each is kept by a second mapping and looked at twice.
 */
TEST(no_write_to_a_page_that_was_taken_away)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = page_size(vm), i, pages = th_many(1000, 400);
	int fd = memfd_create("armvcpu-test", 0);
	volatile u64 *p, *all;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, pages * page));
	all = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)all);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	vm_memory(vm, SLOT_TEST, 0, IPA, page, (void *)p);
	vcpu_start_c(v, g_writer, IPA);
	vcpu_thread(v, NULL);
	if (is_pinned(vm)) {
		u64 then;

		/* the page stays the guest's, and what comes there is not */
		ASSERT_TRUE(WAIT_FOR(*all));
		ASSERT_EQ((void *)p, mmap((void *)p, page, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_FIXED, fd, page));
		then = *all;
		EXPECT_TRUE(WAIT_FOR(*all > then + 1000));
		EXPECT_EQ(0ULL, *p);
		vm_var(vm, reader_stop) = 1;
		vcpu_join(v);
		/* not so when the slot comes back */
		then = *all;
		again(vm, page, (void *)p);
		vm_var(vm, reader_stop) = 0;
		vcpu_start_c(v, g_writer, IPA);
		vcpu_thread(v, NULL);
		EXPECT_TRUE(WAIT_FOR(*p));
		EXPECT_EQ(then, *all);
		vm_var(vm, reader_stop) = 1;
		vcpu_join(v);
		return;
	}
	for (i = 1; i < pages; i++) {
		volatile u64 *old = all + (i - 1) * page / 8;
		u64 then, end, k;

		/* the next page of the file at the same address */
		ASSERT_EQ((void *)p, mmap((void *)p, page, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_FIXED, fd, i * page));
		then = *old;
		/* longer where the guest was on it for sure */
		end = now_ns() + (i % 10 == 1 ? 1000000 : 0);
		do {
			for (k = 0; k < 200; k++)
				ASSERT_EQ(then, *old);
		} while (now_ns() < end);
		/* wait for the guest to be on the new page, now and then */
		if (i % 10 == 0)
			ASSERT_TRUE(WAIT_FOR(*p));
	}
	vm_var(vm, reader_stop) = 1;
	vcpu_join(v);
}

static void *run_once(void *v)
{
	vcpu_run(v);
	return NULL;
}

/* A slot deleted under a running vCPU: it reads nothing of it afterwards. */
TEST(slot_deleted_under_a_running_vcpu)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(page);
	unsigned int i;

	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	for (i = 0; i < 50; i++) {
		vm_var(vm, reader_stop) = 0;
		vcpu_start_c(v, g_writer, IPA);
		vcpu_thread(v, run_once);
		ASSERT_TRUE(WAIT_FOR(*(volatile u64 *)p));
		vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
		*p = 0;
		vcpu_join(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		EXPECT_EQ(IPA, v->run->u.mmio.ipa);
		EXPECT_EQ(0ULL, *p);
		vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	}
}

static volatile u64 watch_page, watch_rounds;

/* Reads all pages up to the last one, and that one for ever. */
static void g_watch(u64 last)
{
	u64 addr;

	for (addr = IPA; addr < last; addr += watch_page)
		(void)*(volatile u64 *)addr;
	for (;; watch_rounds++)
		(void)*(volatile u64 *)last;
}

static void *delete_slot(void *arg)
{
	struct sched_param none = { };

	/* Who wakes up on this CPU gets it, as soon as the kernel gives it away. */
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_IDLE, &none));
	vm_memory(arg, SLOT_TEST, 0, 0, 0, NULL);
	return NULL;
}

static void run_on(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(0, sched_setaffinity(tid, sizeof(set), &set));
}

static void spin_for(u64 ns)
{
	u64 end = now_ns() + ns;

	while (now_ns() < end)
		;
}

/*
 * A slot of many pages is unmapped in pieces. What is mapped yet goes at once when the VMM
 * drops it: nobody may have it any more afterwards.
 */
TEST(memory_dropped_while_its_slot_is_deleted)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = page_size(vm), pages = 4 * 4096, chunk = 64 * page, i, full, left, rounds;
	int fd = memfd_create("armvcpu-test", 0), met = 0, attempt;
	u8 *p, *last;
	pthread_t t;

	if (is_pinned(vm))
		th_skip("the guest keeps what is pinned");
	if (cpu_count() < 2)
		th_skip("needs two CPUs");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, chunk));
	p = mmap(NULL, pages * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	/* The same few pages again and again, and one of its own at the end. */
	for (i = 0; i < pages * page; i += chunk)
		ASSERT_TRUE(mmap(p + i, chunk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				 fd, 0) != MAP_FAILED);
	last = p + (pages - 1) * page;
	ASSERT_TRUE(mmap(last, page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
	run_on(0, 0);

	for (attempt = 0; attempt < 40 && met < 3; attempt++) {
		*(volatile u8 *)last = 1;
		vm_var(vm, watch_page) = page;
		vm_var(vm, watch_rounds) = 0;
		vm_memory(vm, SLOT_TEST, 0, IPA, pages * page, p);
		vcpu_start_c(v, g_watch, IPA + (pages - 1) * page);
		vcpu_thread(v, run_once);
		run_on(v->tid, 1);
		ASSERT_TRUE(WAIT_FOR(vm_var(vm, watch_rounds)));
		full = debugfs_counter("vm pages ");

		ASSERT_EQ(0, pthread_create(&t, NULL, delete_slot, vm));
		do {
			usleep(50);
			left = debugfs_counter("vm pages ");
			/* more than what the kernel may take by itself */
		} while (left + pages / 16 > full);
		/* It goes on when this thread sleeps the next time. */
		if (left + pages - 1 > full) {
			met++;
			ASSERT_EQ(0, madvise(last, page, MADV_DONTNEED));
			/* what was under way */
			spin_for(1000000);
			rounds = vm_var(vm, watch_rounds);
			spin_for(20000000);
			EXPECT_EQ(rounds, vm_var(vm, watch_rounds));
		}
		pthread_join(t, NULL);
		vcpu_join(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	}
	ASSERT_TRUE(met);
	munmap(p, pages * page);
	close(fd);
}

/* ---- the guest's own tables ------------------------------------------------------------------- */

/* In read-only memory: a walk is a read, so they work. */
TEST(tables_in_read_only_memory)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v;
	u64 length = 2 * page_size(vm), *p = mem_alloc(length);
	u64 *l1 = vm_ram(vm, RAM_BASE);

	/* fourth GiB: tables in a read-only slot; the guest's granule is 4 KiB */
	l1[3] = IPA | 3;
	p[0] = (IPA + 4096) | 3;
	p[4096 / 8] = TEST_BASE | 3 | 1 << 10 | 3 << 8;
	vm_memory(vm, SLOT_TEST, ARMVCPU_MEM_READONLY, IPA, length, p);
	v = server(vm, 0);
	*(u64 *)vm_ram(vm, TEST_BASE) = 0x600d;
	EXPECT_EQ(0x600dULL, guest_load(v, 3ULL << 30));
	guest_store(v, 3ULL << 30, 0x600e);
	EXPECT_EQ(0x600eULL, *(u64 *)vm_ram(vm, TEST_BASE));
}

/* Tables that the VMM drops and that come back as zeros: a fault of stage 1. */
static void g_walk(u64 addr)
{
	u64 esr, v = 0;

	for (;;) {
		esr = GUEST_TRY("ldr %0, [%1]", : "+r"(v) : "r"(addr) : "memory");
		GUEST_SYNC(esr);
	}
}

TEST(tables_that_became_zero)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(page);
	u64 *l1 = vm_ram(vm, RAM_BASE), esr;

	l1[3] = IPA | 3;
	p[0] = TEST_BASE | 1 | 1 << 10 | 3 << 8;
	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	vcpu_start_c(v, g_walk, 3ULL << 30);
	EXPECT_EQ(0ULL, vcpu_sync(v));
	ASSERT_EQ(0, madvise(p, page, MADV_DONTNEED));
	if (is_pinned(vm)) {
		/* the guest still has them */
		EXPECT_EQ(0ULL, vcpu_sync(v));
		again(vm, page, p);
	}
	esr = vcpu_sync(v);
	EXPECT_EQ(EC_DABT_SAME, ESR_EC(esr));
	EXPECT_EQ(6ULL, ESR_FSC(esr));		/* translation fault, level 2 */
}

/* Beyond the VM's address space: an address size fault, as a CPU gives it. */
TEST(address_beyond_the_vms_space)
{
	struct armvcpu_create_vm arg = { .size = sizeof(arg), .ipa_bits = 36 };
	struct vm *vm = vm_create(0);
	struct vcpu *v;
	u64 *l1 = vm_ram(vm, RAM_BASE), esr;
	int fd;

	/* the same machine with 36 bits */
	fd = ioctl_raw(vm->dev, ARMVCPU_CREATE_VM, &arg);
	ASSERT_LE(0, fd);
	close(vm->fd);
	vm->fd = fd;
	vm_memory(vm, SLOT_IMAGE, 0, (u64)__executable_start & ~(page_size(vm) - 1),
		  vm->image_len, vm->image);
	vm_memory(vm, SLOT_RAM, 0, RAM_BASE, RAM_SIZE, vm->ram);
	v = vcpu_create(vm, 0);
	l1[3] = 1ULL << 36 | 1 | 1 << 10 | 3 << 8;	/* a block at 64 GiB */
	vcpu_start_c(v, g_walk, 3ULL << 30);
	esr = vcpu_sync(v);
	EXPECT_EQ(EC_DABT_SAME, ESR_EC(esr));
	EXPECT_GE(3ULL, ESR_FSC(esr));			/* address size fault, level 0 to 3 */
}

TEST(ipa_bits_at_the_edges)
{
	struct vm *vm = vm_create_bare(0);
	u64 page = page_size(vm);
	void *p = mem_alloc(page);
	u32 bits;

	for (bits = 0; bits < 70; bits++) {
		struct armvcpu_create_vm arg = { .size = sizeof(arg), .ipa_bits = bits };
		int fd = ioctl_raw(vm->dev, ARMVCPU_CREATE_VM, &arg);
		struct vm other = *vm;

		if (bits && (bits < 32 || bits > vm->info.ipa_bits)) {
			EXPECT_EQ(-EINVAL, fd);
			continue;
		}
		ASSERT_LE(0, fd);
		other.fd = fd;
		if (bits) {
			EXPECT_EQ(0, vm_memory_raw(&other, 0, 0, (1ULL << bits) - page, page, p));
			EXPECT_EQ(-EINVAL, vm_memory_raw(&other, 1, 0, 1ULL << bits, page, p));
		}
		close(fd);
	}
}

/* Memory at the very top of the guest's space, reached by the guest. */
TEST(memory_at_the_end_of_the_space)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v;
	u64 page = page_size(vm), *p = mem_alloc(page);
	u64 *l1 = vm_ram(vm, RAM_BASE);
	u32 bits = vm->info.ipa_bits < 40 ? vm->info.ipa_bits : 40;
	u64 top = (1ULL << bits) - page;

	vm_memory(vm, SLOT_TEST, 0, top, page, p);
	l1[3] = (top & ~((1ULL << 30) - 1)) | 1 | 1 << 10 | 3 << 8;
	v = server(vm, 0);
	guest_store(v, (3ULL << 30) + (1ULL << 30) - 8, 0x1234);
	EXPECT_EQ(0x1234ULL, p[page / 8 - 1]);
}

/* ---- much memory ---------------------------------------------------------------------------- */

TEST(sparse_memory_over_a_large_slot)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 size = 1ULL << 30, *p = mem_alloc(size), i;

	ASSERT_EQ(0, madvise(p, size, MADV_NOHUGEPAGE));
	vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
	/* one page in each 2 MiB */
	for (i = 0; i < size; i += 2 << 20)
		guest_store(v, IPA + i, i + 1);
	for (i = 0; i < size; i += 2 << 20)
		ASSERT_EQ(i + 1, p[i / 8]);
	ASSERT_EQ(0, madvise(p, size, MADV_DONTNEED));
	for (i = 0; i < size; i += 64 << 20)
		ASSERT_EQ(is_pinned(vm) ? i + 1 : 0, guest_load(v, IPA + i));
}

TEST(dense_memory)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 size = 32 << 20, *p = mem_alloc(size), i;

	vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
	do_command(v, CMD_FILL, IPA, size);
	for (i = 0; i < size; i += 4096)
		ASSERT_EQ(IPA + i, p[i / 8]);
	/* half of it goes and comes back as zeros; the other half stays */
	ASSERT_EQ(0, madvise(p, size / 2, MADV_DONTNEED));
	if (is_pinned(vm)) {
		EXPECT_NE(0ULL, do_command(v, CMD_SUM, IPA, size / 2));
		again(vm, size, p);
	}
	EXPECT_EQ(0ULL, do_command(v, CMD_SUM, IPA, size / 2));
	EXPECT_NE(0ULL, do_command(v, CMD_SUM, IPA + size / 2, size / 2));
}

TEST(huge_pages_that_come_and_go)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 huge = 2 << 20, page = page_size(vm), i;
	u8 *raw = mem_alloc(4 * huge), *p;

	p = (u8 *)(((u64)raw + huge - 1) & ~(huge - 1));
	if (madvise(p, 2 * huge, MADV_HUGEPAGE))
		SKIP(return, "no transparent huge pages");
	vm_memory(vm, SLOT_TEST, 0, IPA, 2 * huge, p);
	memset(p, 0x11, 2 * huge);
	EXPECT_EQ(0x1111111111111111ULL, guest_load(v, IPA + huge / 2));
	/* split: one page of it becomes read-only, another goes */
	ASSERT_EQ(0, mprotect(p + 8 * page, page, PROT_READ));
	ASSERT_EQ(0, madvise(p + 16 * page, page, MADV_DONTNEED));
	expect_fault(v, CMD_STORE, IPA + 8 * page, ARMVCPU_FAULT_WRITE, EFAULT);
	server_restart(v);
	EXPECT_EQ(0ULL, guest_load(v, IPA + 16 * page));
	for (i = 0; i < 32; i++) {
		if (i == 8 || i == 16)
			continue;
		EXPECT_EQ(0x1111111111111111ULL, guest_load(v, IPA + i * page));
		guest_store(v, IPA + i * page, i);
		EXPECT_EQ(i, *(u64 *)(p + i * page));
	}
}

TEST(pages_that_are_moved)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), i, round;
	u64 *p = mem_alloc(256 * page);

	if (access("/proc/sys/vm/compact_memory", W_OK))
		SKIP(return, "cannot compact memory");
	vm_memory(vm, SLOT_TEST, 0, IPA, 256 * page, p);
	for (i = 0; i < 256; i++)
		guest_store(v, IPA + i * page, i * 3 + 1);
	for (round = 0; round < 5; round++) {
		write_file("/proc/sys/vm/compact_memory", "1");
		for (i = 0; i < 256; i += 5) {
			ASSERT_EQ(i * 3 + 1 + round, guest_load(v, IPA + i * page));
			guest_store(v, IPA + i * page, i * 3 + 2 + round);
			ASSERT_EQ(i * 3 + 2 + round, p[i * page / 8]);
		}
	}
}

/* ---- pinned memory -------------------------------------------------------------------------- */

static void drop_ipc_lock(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	ASSERT_EQ(0, syscall(SYS_capget, &head, data));
	data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &= ~CAP_TO_MASK(CAP_IPC_LOCK);
	ASSERT_EQ(0, syscall(SYS_capset, &head, data));
}

static u64 status_kb(const char *key)
{
	char buf[4096], *line;

	ASSERT_LT(0, read_file("/proc/self/status", buf, sizeof(buf)));
	line = strstr(buf, key);
	ASSERT_TRUE(line);
	return strtoull(line + strlen(key), NULL, 10);
}

/* A slot is paid for as a whole, when it is added, by who has no CAP_IPC_LOCK. */
TEST(pinned_memory_counts_against_the_limit)
{
	struct vm *vm = vm_create_bare(0), *other;
	u64 page = page_size(vm);
	struct rlimit limit = { .rlim_cur = 16 * page, .rlim_max = RLIM_INFINITY };
	u8 *p = mem_alloc(64 * page);
	int ret = is_pinned(vm) ? -ENOMEM : 0;

	/* to the capable there is no limit */
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	EXPECT_EQ(0, vm_memory_raw(vm, 0, 0, IPA, 64 * page, p));
	EXPECT_EQ(is_pinned(vm) ? 64 * page >> 10 : 0, status_kb("VmPin:"));
	vm_close(vm);
	EXPECT_EQ(0ULL, status_kb("VmPin:"));

	drop_ipc_lock();
	vm = vm_create_bare(0);
	EXPECT_EQ(ret, vm_memory_raw(vm, 0, 0, IPA, 17 * page, p));
	EXPECT_EQ(0ULL, is_pinned(vm) ? status_kb("VmPin:") : 0);
	if (!ret)
		vm_memory(vm, 0, 0, 0, 0, NULL);
	EXPECT_EQ(ret, vm_memory_raw(vm, 0, 0, IPA, 1ULL << 38, (void *)(1ULL << 32)));
	if (!ret)
		vm_memory(vm, 0, 0, 0, 0, NULL);
	EXPECT_EQ(0, vm_memory_raw(vm, 0, 0, IPA, 10 * page, p));
	EXPECT_EQ(0, vm_memory_raw(vm, 1, ARMVCPU_MEM_READONLY, IPA + 32 * page, 6 * page, p));
	EXPECT_EQ(ret, vm_memory_raw(vm, 2, 0, IPA + 64 * page, page, p));
	/* the limit is the user's, not the VM's */
	other = vm_create_bare(0);
	EXPECT_EQ(ret, vm_memory_raw(other, 0, 0, IPA, page, p));
	/* what is given back can be had again */
	vm_memory(vm, 1, 0, 0, 0, NULL);
	EXPECT_EQ(0, vm_memory_raw(other, 1, 0, IPA + 16 * page, 6 * page, p));
	EXPECT_EQ(ret, vm_memory_raw(vm, 1, 0, IPA + 32 * page, page, p));
	vm_close(vm);
	EXPECT_EQ(0, vm_memory_raw(other, 2, 0, IPA + 32 * page, 10 * page, p));
	vm_close(other);
	EXPECT_EQ(0ULL, status_kb("VmPin:"));
}

/* A limit that sinks below what is charged: for what comes, not for what is there. */
TEST(pinned_memory_and_a_limit_that_sinks)
{
	struct rlimit limit = { .rlim_cur = 256 << 20, .rlim_max = RLIM_INFINITY };
	struct vm *vm, *other;
	struct vcpu *v;
	u64 page, charged;
	int ret;
	u8 *p;

	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	drop_ipc_lock();
	vm = vm_create(0);
	page = page_size(vm);
	p = mem_alloc(16 * page);
	ret = is_pinned(vm) ? -ENOMEM : 0;
	v = server(vm, 0);
	vm_memory(vm, SLOT_TEST, 0, IPA, 8 * page, p);
	guest_store(v, IPA, 1);
	charged = status_kb("VmPin:");

	limit.rlim_cur = page;
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	/* pages that the guest has not touched yet are paid for */
	guest_store(v, IPA + page, 2);
	EXPECT_EQ(0ULL, guest_load(v, IPA + 2 * page));
	EXPECT_EQ(2ULL, *(u64 *)(p + page));
	EXPECT_EQ(charged, status_kb("VmPin:"));
	/* nothing can be added, by this VM or another one of the user's */
	EXPECT_EQ(ret, vm_memory_raw(vm, SLOT_TEST + 1, 0, IPA + 8 * page, page, p + 8 * page));
	other = vm_create_bare(0);
	EXPECT_EQ(ret, vm_memory_raw(other, 0, 0, IPA, page, p));
	vm_close(other);
	/* what is there can be deleted, and is given back, but is too much still */
	if (!ret)
		vm_memory(vm, SLOT_TEST + 1, 0, 0, 0, NULL);
	EXPECT_EQ(0, vm_memory_raw(vm, SLOT_TEST, 0, 0, 0, NULL));
	EXPECT_EQ(is_pinned(vm) ? charged - (8 * page >> 10) : 0, status_kb("VmPin:"));
	EXPECT_EQ(ret, vm_memory_raw(vm, SLOT_TEST, 0, IPA, page, p));
	vm_close(vm);
	vcpu_close(v);
	other = vm_create_bare(0);
	EXPECT_EQ(0, vm_memory_raw(other, 0, 0, IPA, page, p));
	vm_close(other);
	EXPECT_EQ(0ULL, status_kb("VmPin:"));
}

/*
 * What the VMM may not write to is pinned for reading. When it may, its first write
 * can make a copy, which the guest has from its own first write on.
 */
TEST(page_that_becomes_a_copy)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p, buf[2] = { 0x11, 0x12 }, seen;
	int fd = memfd_create("armvcpu-test", 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, page));
	ASSERT_EQ(16, pwrite(fd, buf, 16, 0));
	p = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	vm_memory(vm, SLOT_TEST, 0, IPA, page, p);
	EXPECT_EQ(0x11ULL, guest_load(v, IPA));
	ASSERT_EQ(0, mprotect(p, page, PROT_READ | PROT_WRITE));
	p[1] = 0x22;
	seen = guest_load(v, IPA + 8);
	if (!is_pinned(vm) || seen != 0x12)
		EXPECT_EQ(0x22ULL, seen);
	guest_store(v, IPA, 0x33);
	EXPECT_EQ(0x22ULL, guest_load(v, IPA + 8));
	EXPECT_EQ(0x33ULL, p[0]);
	p[1] = 0x44;
	EXPECT_EQ(0x44ULL, guest_load(v, IPA + 8));
	/* the file's is nobody's to write to */
	ASSERT_EQ(16, pread(fd, buf, 16, 0));
	EXPECT_EQ(0x11ULL, buf[0]);
	EXPECT_EQ(0x12ULL, buf[1]);
	close(fd);
}

/* What the VMM may not write to is pinned for reading, and becomes more later. */
TEST(page_that_becomes_writable)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = server(vm, 0);
	u64 page = page_size(vm), *p = mem_alloc(2 * page), i;

	p[0] = 0x11;
	ASSERT_EQ(0, mprotect(p, 2 * page, PROT_READ));
	vm_memory(vm, SLOT_TEST, 0, IPA, 2 * page, p);
	/* the first page is the VMM's, the second nobody's yet: the zero page */
	for (i = 0; i < 2; i++) {
		u64 ipa = IPA + i * page;

		EXPECT_EQ(i ? 0ULL : 0x11ULL, guest_load(v, ipa));
		expect_fault(v, CMD_STORE, ipa, ARMVCPU_FAULT_WRITE, EFAULT);
		ASSERT_EQ(0, mprotect(p, 2 * page, PROT_READ | PROT_WRITE));
		vcpu_sync(v);			/* the store again */
		EXPECT_EQ(0x77ULL, p[i * page / 8]);
		p[i * page / 8] = 0x88;
		EXPECT_EQ(0x88ULL, guest_load(v, ipa));
		ASSERT_EQ(0, mprotect(p, 2 * page, PROT_READ));
	}
}

/* Vcpus that fault on the same pages at once get the same pages. */
static void g_touch_all(u64 size)
{
	u64 i;

	for (i = 0; i < size; i += 4096)
		__atomic_fetch_add((u64 *)(IPA + i), 1, __ATOMIC_RELAXED);
}

TEST(faults_of_two_vcpus_at_once)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v[2];
	u64 size = 512 * page_size(vm), *p = mem_alloc(size), round, i;

	v[0] = vcpu_create(vm, 0);
	v[1] = vcpu_create(vm, 1);
	for (round = 1; round <= 10; round++) {
		vm_memory(vm, SLOT_TEST, 0, IPA, size, p);
		for (i = 0; i < 2; i++) {
			vcpu_start_c(v[i], g_touch_all, size);
			vcpu_thread(v[i], NULL);
		}
		for (i = 0; i < 2; i++)
			vcpu_join(v[i]);
		for (i = 0; i < size; i += 4096)
			ASSERT_EQ(2 * round, p[i / 8]);
		vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
	}
}

TEST_HARNESS_MAIN
