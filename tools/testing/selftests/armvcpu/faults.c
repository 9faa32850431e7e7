// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation and each copy from and to user space fails once, by the kernel's
 * fault injection (fail-nth): the call fails as a whole or does without, nothing is
 * left of it, and the same call works right after. (Not insmod: the kernel itself
 * warns when some of its own allocations for a module fail.)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>

#include "testlib.h"

#define DEBUGFS	"/sys/kernel/debug/"
#define MOST	3000	/* failures of one step */

static int nth_fd;

/* The Nth thing that can fail of this thread fails, if it comes to it. */
static void arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	ASSERT_EQ(len, pwrite(nth_fd, text, len, 0));
}

/*
 * Has it? What tells that can be what fails, and then it had not; so can what turns
 * it off.
 */
static bool disarm(void)
{
	char text[16] = "";
	bool injected = pread(nth_fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;

	while (pwrite(nth_fd, "0", 1, 0) != 1)
		;
	return injected;
}

/* Without this only what could not wait anyway would fail. */
static void set_up(void)
{
	if (access("/proc/thread-self/fail-nth", W_OK))
		SKIP(return, "the kernel has no fault injection");
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, nth_fd);
	ASSERT_EQ(0, write_file(DEBUGFS "failslab/ignore-gfp-wait", "N"));
	ASSERT_EQ(0, write_file(DEBUGFS "failslab/verbose", "0"));
	ASSERT_EQ(0, write_file(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N"));
	ASSERT_EQ(0, write_file(DEBUGFS "fail_page_alloc/min-order", "0"));
	ASSERT_EQ(0, write_file(DEBUGFS "fail_page_alloc/verbose", "0"));
	write_file(DEBUGFS "fail_usercopy/verbose", "0");
}

/*
 * @step is done again and again, each time with another failure, until it gets
 * through with none. It gives 0, or the errno with which it left everything as it
 * was; @undo undoes a success.
 */
static void each_failure(const char *what, int (*step)(void), void (*undo)(void))
{
	unsigned int n, failed = 0;
	int ret;

	for (n = 1; n < MOST; n++) {
		bool injected;

		arm(n);
		ret = step();
		injected = disarm();
		if (ret) {
			EXPECT_TRUE(injected);
			if (ret != -ENOMEM && ret != -EFAULT && ret != -EINTR)
				FAIL("%s: failure %u gives %d", what, n, ret);
			failed++;
			/* the same, now that nothing fails */
			ASSERT_EQ(0, step());
		}
		if (undo)
			undo();
		if (!injected)
			break;
	}
	ASSERT_GT(MOST, n);
	TH_LOG("%s: %u of %u failures made it fail", what, failed, n - 1);
	EXPECT_LT(0U, failed);
}

static struct vm *vm;
static struct vcpu *v;
static int fd;
static void *memory;

static int step_open(void)
{
	fd = open("/dev/armvcpu", O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : 0;
}

static int step_vm(void)
{
	struct armvcpu_create_vm arg = { .size = sizeof(arg) };

	fd = ioctl_raw(vm->dev, ARMVCPU_CREATE_VM, &arg);
	return fd < 0 ? fd : 0;
}

static void undo_fd(void)
{
	close(fd);
}

static int step_memory(void)
{
	return vm_memory_raw(vm, SLOT_TEST, 0, 1ULL << 32, 1 << 20, memory);
}

static void undo_memory(void)
{
	vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
}

static int step_delete(void)
{
	return vm_memory_raw(vm, SLOT_TEST, 0, 0, 0, NULL);
}

static void undo_delete(void)
{
	vm_memory(vm, SLOT_TEST, 0, 1ULL << 32, 1 << 20, memory);
}

/* A vCPU stays taken as long as the VM lives: each has a VM of its own. */
static void new_vm(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
	vm_close(vm);
	vm = vm_create_bare(0);
}

static int step_vcpu(void)
{
	fd = vcpu_create_raw(vm, 0, 0, 0);
	return fd < 0 ? fd : 0;
}

static int step_gic(void)
{
	struct armvcpu_create_gic arg = gic_config(&vm->info, 256, 4);

	return ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &arg);
}

TEST_TIMEOUT(objects, 60)
{
	set_up();
	vm = vm_create_bare(0);
	memory = mem_alloc(1 << 20);
	each_failure("open", step_open, undo_fd);
	each_failure("CREATE_VM", step_vm, undo_fd);
	each_failure("SET_MEMORY", step_memory, undo_memory);
	undo_delete();
	each_failure("SET_MEMORY to delete", step_delete, undo_delete);
	fd = -1;
	each_failure("CREATE_VCPU", step_vcpu, new_vm);
	each_failure("CREATE_GIC", step_gic, new_vm);
}

static struct armvcpu_regs regs;

static int step_get_regs(void)
{
	return ioctl_raw(v->fd, ARMVCPU_GET_REGS, &regs);
}

static int step_set_regs(void)
{
	return ioctl_raw(v->fd, ARMVCPU_SET_REGS, &regs);
}

static int step_reset(void)
{
	return vcpu_reset_raw(v, 0, RAM_BASE, 0);
}

static int step_irq(void)
{
	int ret = irq_line_raw(vm, ARMVCPU_IRQ_SPI, 40, 0, 1);

	return ret ? ret : irq_line_raw(vm, ARMVCPU_IRQ_SPI, 40, 0, 0);
}

TEST(calls)
{
	set_up();
	vm = vm_create_gic(0, 256, 1);
	v = vcpu_create(vm, 0);
	each_failure("GET_REGS", step_get_regs, NULL);
	each_failure("SET_REGS", step_set_regs, NULL);
	each_failure("VCPU_RESET", step_reset, NULL);
	each_failure("IRQ_LINE", step_irq, NULL);
}

#define IPA	0x80000000ULL
#define PAGES	8

/* Bytes of a page of the host, as the guest knows it. */
static volatile u64 page_bytes;

static void g_touch(u64 arg)
{
	u64 i;

	(void)arg;
	for (;;) {
		for (i = 0; i < PAGES; i++)
			write64(IPA + i * page_bytes, read64(IPA + i * page_bytes) + 1);
		GUEST_SYNC(1);
	}
}

/* A guest that touches what is not there yet; a failure is an exit, and it goes on. */
TEST_TIMEOUT(memory_that_a_guest_touches, 60)
{
	u64 page = sysconf(_SC_PAGESIZE), i;
	unsigned int n, faults = 0;

	set_up();
	vm = vm_create(0);
	vm_var(vm, page_bytes) = page;
	v = vcpu_create(vm, 0);
	vcpu_start_c(v, g_touch, 0);
	memory = mem_alloc(PAGES * page);
	for (n = 1; n < MOST; n++) {
		bool injected;
		int ret;

		vm_memory(vm, SLOT_TEST, 0, IPA, PAGES * page, memory);
		arm(n);
		ret = vcpu_run_raw(v);
		injected = disarm();
		while (ret == -EINTR || (!ret && v->run->exit_reason == ARMVCPU_EXIT_MEMORY_FAULT)) {
			EXPECT_TRUE(injected);
			if (!ret) {
				u32 error = v->run->u.memory_fault.error;

				EXPECT_TRUE(error == ENOMEM || error == EFAULT);
				faults++;
			}
			ret = vcpu_run_raw(v);
		}
		ASSERT_EQ(0, ret);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		EXPECT_TRUE(v->run->u.mmio.flags & ARMVCPU_MMIO_WRITE);
		for (i = 0; i < PAGES; i++)
			ASSERT_EQ((u64)n, ((u64 *)memory)[i * page / 8]);
		vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
		if (!injected)
			break;
		/* The VMM's pages are to be there or to be missing, by turns. */
		if (n % 2) {
			void *copy = mem_alloc(PAGES * page);

			memcpy(copy, memory, PAGES * page);
			munmap(memory, PAGES * page);
			memory = copy;
		}
	}
	ASSERT_GT(MOST, n);
	TH_LOG("%u of %u failures were exits", faults, n - 1);
	EXPECT_LT(0U, faults);
}

TEST_HARNESS_MAIN
