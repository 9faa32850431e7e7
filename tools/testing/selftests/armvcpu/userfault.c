// SPDX-License-Identifier: GPL-2.0-only
/* Guest memory that the VMM supplies when the guest asks for it: userfaultfd. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <linux/userfaultfd.h>

#include "testlib.h"

#define IPA	0x80000000ULL
#define PAGES	16

/* Bytes of a page of the host, as the guest knows it. */
static volatile u64 page_bytes;

static void g_sum(u64 pages)
{
	u64 i, sum = 0;

	for (i = 0; i < pages; i++)
		sum += read64(IPA + i * page_bytes);
	GUEST_SYNC(sum);
}

static void g_fill(u64 pages)
{
	u64 i;

	for (i = 0; i < pages; i++)
		write64(IPA + i * page_bytes, i + 1);
	GUEST_SYNC(pages);
}

/* PAGES pages of nothing at IPA, that a userfaultfd is told of when missed. */
static int missing_memory(struct vm *vm, u8 **memory)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	u64 page = sysconf(_SC_PAGESIZE);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, UFFDIO_API, &api));
	page_bytes = page;
	vm_var(vm, page_bytes) = page;
	*memory = mem_alloc(PAGES * page);
	range.range.start = (uintptr_t)*memory;
	range.range.len = PAGES * page;
	ASSERT_EQ(0, ioctl(fd, UFFDIO_REGISTER, &range));
	vm_memory(vm, SLOT_TEST, 0, IPA, PAGES * page, *memory);
	return fd;
}

/* The page that is asked for next; -1: none is. */
static s64 asked_for(int fd, const u8 *memory, int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct uffd_msg msg;

	if (poll(&p, 1, timeout) != 1 || read(fd, &msg, sizeof(msg)) != sizeof(msg))
		return -1;
	EXPECT_EQ((u64)UFFD_EVENT_PAGEFAULT, (u64)msg.event);
	return (s64)(msg.arg.pagefault.address - (uintptr_t)memory) / (s64)page_bytes;
}

static void supply(int fd, u8 *memory, u64 page, u64 value)
{
	u64 *buffer = mem_alloc(page_bytes);
	struct uffdio_copy copy = {
		.dst = (uintptr_t)memory + page * page_bytes,
		.src = (uintptr_t)buffer,
		.len = page_bytes,
	};

	buffer[0] = value;
	ASSERT_EQ(0, ioctl(fd, UFFDIO_COPY, &copy));
	munmap(buffer, page_bytes);
}

static void *to_sync(void *arg)
{
	return (void *)(uintptr_t)vcpu_sync(arg);
}

/* The guest asks for each page once, in turn, and gets one with @value, @value + 1, ... */
static u64 supply_all(void (*guest)(u64 pages), u64 value, u8 **memory)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	int fd = missing_memory(vm, memory);
	u64 i, answer;

	vcpu_start_c(v, guest, PAGES);
	vcpu_thread(v, to_sync);
	for (i = 0; i < PAGES; i++) {
		ASSERT_EQ((s64)i, asked_for(fd, *memory, 10000));
		supply(fd, *memory, i, value + i);
	}
	answer = (uintptr_t)vcpu_join(v);
	EXPECT_EQ(-1LL, asked_for(fd, *memory, 0));
	return answer;
}

TEST(pages_are_supplied_when_the_guest_reads)
{
	u8 *memory;

	EXPECT_EQ(PAGES * 100ULL + PAGES * (PAGES - 1) / 2, supply_all(g_sum, 100, &memory));
}

TEST(pages_are_supplied_when_the_guest_writes)
{
	u8 *memory;
	u64 i;

	EXPECT_EQ((u64)PAGES, supply_all(g_fill, 200, &memory));
	for (i = 0; i < PAGES; i++)
		EXPECT_EQ(i + 1, *(u64 *)(memory + i * page_bytes));
}

static void on_signal(int signo)
{
	(void)signo;
}

/* Asleep, by whichever kind of wait the kernel has. */
static bool waits(struct vcpu *v)
{
	return WAIT_FOR(thread_state(v->tid) == 'S' || thread_state(v->tid) == 'D');
}

static volatile int run_status;

static void *run_once(void *arg)
{
	run_status = vcpu_run_raw(arg);
	return NULL;
}

/* Before 6.2 the kernel has no wait for a page that any signal could end. */
static bool signals_end_waits(struct vm *vm)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	ASSERT_EQ(0, uname(&name));
	ASSERT_EQ(2, sscanf(name.release, "%u.%u", &major, &minor));
	return (vm->info.features & ARMVCPU_FEAT_MMU_NOTIFIER) &&
	       (major > 6 || (major == 6 && minor >= 2));
}

TEST(a_signal_while_a_page_is_missing)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u8 *memory;
	int fd = missing_memory(vm, &memory);

	sigaction(SIGUSR1, &sa, NULL);
	vcpu_start_c(v, g_sum, 1);
	vcpu_thread(v, run_once);
	ASSERT_EQ(0LL, asked_for(fd, memory, 10000));
	ASSERT_TRUE(waits(v));
	pthread_kill(v->thread, SIGUSR1);
	if (signals_end_waits(vm)) {
		vcpu_join(v);
		ASSERT_EQ(-EINTR, run_status);
		EXPECT_EXIT(v, ARMVCPU_EXIT_INTR);
		/* the guest asks again, and nothing was lost */
		vcpu_thread(v, to_sync);
		ASSERT_EQ(0LL, asked_for(fd, memory, 10000));
		supply(fd, memory, 0, 42);
		EXPECT_EQ(42ULL, (u64)(uintptr_t)vcpu_join(v));
		return;
	}
	usleep(100000);
	ASSERT_TRUE(waits(v));
	supply(fd, memory, 0, 42);
	vcpu_join(v);
	/* the signal may have been seen with or after the page */
	if (run_status) {
		ASSERT_EQ(-EINTR, run_status);
		EXPECT_EQ(42ULL, vcpu_sync(v));
	}
}

TEST(a_kill_while_a_page_is_missing)
{
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		struct vm *vm = vm_create(0);
		struct vcpu *v = vcpu_create(vm, 0);
		u8 *memory;
		int fd = missing_memory(vm, &memory);

		vcpu_start_c(v, g_sum, 1);
		vcpu_thread(v, run_once);
		if (asked_for(fd, memory, 10000) || !waits(v))
			_exit(1);
		kill(getpid(), SIGKILL);
		_exit(2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static u8 *late_regs;

static void *set_late_regs(void *arg)
{
	struct vcpu *v = arg;

	return (void *)(intptr_t)ioctl_raw(v->fd, ARMVCPU_SET_REGS, late_regs);
}

/* What a VMM holds up on purpose holds up nobody who could not be killed. */
TEST(a_gic_is_not_made_while_a_call_waits_for_its_argument)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	struct armvcpu_create_gic gic = gic_config(&vm->info, 64, 1);
	int fd = missing_memory(vm, &late_regs);

	vcpu_create(vm, 1);
	gic.redist_count = gic.model == ARMVCPU_GIC_V3 ? 2 : 0;
	vcpu_thread(v, set_late_regs);
	ASSERT_EQ(0LL, asked_for(fd, late_regs, 10000));
	EXPECT_EQ(-EBUSY, ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &gic));
	supply(fd, late_regs, 0, 0);
	EXPECT_EQ(0, (int)(intptr_t)vcpu_join(v));
	EXPECT_EQ(0, ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &gic));
}

TEST_HARNESS_MAIN
