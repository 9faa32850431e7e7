// SPDX-License-Identifier: GPL-2.0-only
/* The operations. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define GUEST(name)	extern const char guest_##name[]
GUEST(mmio_read);
GUEST(mmio_write);
GUEST(bell);
GUEST(hvc_unknown);
GUEST(smccc_version);
GUEST(psci_version);
GUEST(sysreg_read_kernel);
GUEST(sysreg_read_user);
GUEST(gicd_read);
GUEST(gicd_read_state);
GUEST(gicd_write);
GUEST(sgi_self);
GUEST(ipi);
GUEST(ipi_receiver);
GUEST(ipi_roundtrip);
GUEST(ipi_echo);
GUEST(wfi_ping);
GUEST(wfi_pong);
GUEST(irq_receiver);
GUEST(timer_latency);
GUEST(touch);
GUEST(touch_all);
GUEST(exits);

#define PAGE		4096
#define HUGE_PAGE	0x200000
#define FRESH_SIZE	(2 * HUGE_PAGE)

static uint64_t guest_ipa(const char *guest)
{
	return RAM_BASE + (guest - guest_begin);
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	check(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
}

/* An exit that is no part of an operation. */
static void unexpected(struct bench *b, enum exit_kind kind, const struct vm_exit *exit)
{
	if (kind == EXIT_ERROR)
		die("%s: RUN: %s", b->op->name, strerror(errno));
	if (kind == EXIT_WRITE && exit->addr == PORT_BASE + PORT_STUCK)
		die("%s: exception in the guest, %#llx", b->op->name,
		    (unsigned long long)exit->data);
	die("%s: exit %d, address %#llx", b->op->name, kind, (unsigned long long)exit->addr);
}

/* The guest does a batch; this is the VMM's part of what is measured. */
uint64_t guest_batch(struct bench *b, unsigned int rounds)
{
	const struct backend *be = b->be;
	struct vm_exit exit;

	b->shared->rounds = rounds;
	while (true) {
		enum exit_kind kind = be->run(&b->vm, 0, &exit);

		if (kind == EXIT_WRITE && exit.addr == PORT_BASE + PORT_DATA)
			continue;
		if ((kind == EXIT_READ && exit.addr == PORT_BASE + PORT_DATA) ||
		    kind == EXIT_SYSREG)
			be->read_data(&b->vm, 0, 0);
		else if (kind == EXIT_WRITE && exit.addr == PORT_BASE + PORT_DONE)
			return b->shared->ticks;
		else if (kind != EXIT_NONE)
			unexpected(b, kind, &exit);
	}
}

/* ---- the other vCPU ------------------------------------------------------- */

static pthread_t other_thread;

static unsigned int other_vcpu(const struct bench *b)
{
	return b->op->flags & OP_TWO ? 1 : 0;
}

static void *other_main(void *data)
{
	struct bench *b = data;
	struct vm_exit exit;
	enum exit_kind kind;

	on_cpu(b->op->flags & OP_ONE_CPU ? 0 : 1);
	while (!b->stop) {
		kind = b->be->run(&b->vm, other_vcpu(b), &exit);
		if (kind != EXIT_NONE)
			unexpected(b, kind, &exit);
	}
	return NULL;
}

static void on_signal(int signal)
{
	(void)signal;
}

static void start_other(struct bench *b)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sched_param first_come = { .sched_priority = 1 };
	int ret;

	check(sigaction(SIGUSR1, &action, NULL), "sigaction");
	if (b->op->flags & OP_ONE_CPU)
		check(sched_setscheduler(0, SCHED_FIFO, &first_come), "sched_setscheduler");
	ret = pthread_create(&other_thread, NULL, other_main, b);
	if (ret)
		die("pthread_create: %s", strerror(ret));
	while (!b->shared->ready)
		usleep(1000);
	usleep(1000);
}

static void stop_other(struct bench *b)
{
	b->stop = true;
	b->be->immediate(&b->vm, other_vcpu(b), true);
	pthread_kill(other_thread, SIGUSR1);
	pthread_join(other_thread, NULL);
}

/* ---- start and stop ------------------------------------------------------- */

static void *memory(size_t size, size_t align)
{
	char *p = mmap(NULL, size + align, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p == MAP_FAILED ? -1 : 0, "mmap");
	return (void *)(((uintptr_t)p + align - 1) & -align);
}

void bench_start(struct bench *b, const struct backend *be, const struct op *op)
{
	memset(b, 0, sizeof(*b));
	b->be = be;
	b->op = op;
	b->event_fd = -1;
	on_cpu(0);
	/* Where these pages are, and how big, is not to be by chance. */
	b->ram = memory(RAM_SIZE, HUGE_PAGE);
	madvise(b->ram, RAM_SIZE, MADV_NOHUGEPAGE);
	memset(b->ram, 0, RAM_SIZE);
	memcpy(b->ram, guest_begin, guest_end - guest_begin);
	b->shared = (void *)((char *)b->ram + (SHARED_BASE - RAM_BASE));
	b->config.cpus = op->flags & OP_TWO ? 2 : 1;
	b->config.gic = true;
	b->config.sysreg_exits = op->caps & CAP_SYSREG_EXITS;
	b->config.region[0] = (struct region){ RAM_BASE, b->ram, RAM_SIZE };
	if (op->flags & OP_FRESH) {
		b->fresh = memory(FRESH_SIZE, HUGE_PAGE);
		check(madvise(b->fresh, FRESH_SIZE,
			      op->flags & OP_HUGE ? MADV_HUGEPAGE : MADV_NOHUGEPAGE), "madvise");
		b->config.region[1] = (struct region){ FRESH_BASE, b->fresh, FRESH_SIZE };
	}
	if (op->flags & OP_OWN_VM)
		return;
	be->vm_create(&b->vm, &b->config);
	if (op->guest)
		be->start(&b->vm, 0, guest_ipa(op->guest), 0);
	if (op->setup)
		op->setup(b);
	if (op->other) {
		be->start(&b->vm, other_vcpu(b), guest_ipa(op->other), other_vcpu(b));
		start_other(b);
	}
}

void bench_stop(struct bench *b)
{
	if (b->op->flags & OP_OWN_VM)
		return;
	if (b->op->other)
		stop_other(b);
	b->be->vm_destroy(&b->vm);
	if (b->event_fd >= 0)
		close(b->event_fd);
}

/* ---- what the VMM does rounds of ------------------------------------------- */

static void immediate_setup(struct bench *b)
{
	guest_batch(b, 1);
	b->be->immediate(&b->vm, 0, true);
}

static uint64_t immediate_batch(struct bench *b, unsigned int rounds)
{
	struct vm_exit exit;
	uint64_t begin = counter();

	while (rounds--) {
		hint(HINT_BEGIN);
		if (b->be->run(&b->vm, 0, &exit) != EXIT_NONE)
			die("%s: it did not return at once", b->op->name);
	}
	hint(HINT_END);
	return counter() - begin;
}

/*
 * From before the call to when the guest's handler is seen to run. Each 48th system
 * call is longer (see the table below); with five of them in a round it is the
 * measured one's turn in each 48th round, with two in each 24th or never.
 */
static uint64_t inject_batch(struct bench *b, unsigned int rounds)
{
	uint64_t ticks = 0;
	int i;

	while (rounds--) {
		uint64_t seq = b->shared->seq, begin = counter();

		hint(HINT_BEGIN);
		b->be->irq_line(&b->vm, SPI, true);
		while (b->shared->seq == seq)
			relax();
		ticks += counter() - begin;
		b->be->irq_line(&b->vm, SPI, false);
		for (i = 0; i < 3; i++)
			getppid();
	}
	return ticks;
}

static void irqfd_setup(struct bench *b)
{
	b->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	check(b->event_fd, "eventfd");
	b->be->irqfd(&b->vm, b->event_fd, SPI);
}

static uint64_t irqfd_batch(struct bench *b, unsigned int rounds)
{
	uint64_t ticks = 0;

	while (rounds--) {
		uint64_t seq = b->shared->seq, begin = counter();

		hint(HINT_BEGIN);
		eventfd_write(b->event_fd, 1);
		while (b->shared->seq == seq)
			relax();
		ticks += counter() - begin;
	}
	return ticks;
}

static void ioeventfd_setup(struct bench *b)
{
	b->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	check(b->event_fd, "eventfd");
	b->be->ioeventfd(&b->vm, b->event_fd, PORT_BASE + PORT_BELL, 4);
}

/* Nothing of this memory is mapped, or nothing in the guest. */
static uint64_t fault_batch(struct bench *b, unsigned int rounds)
{
	check(madvise(b->fresh, FRESH_SIZE, MADV_DONTNEED), "madvise");
	if (b->op->flags & OP_POPULATED)
		memset(b->fresh, 1, FRESH_SIZE);
	return guest_batch(b, rounds);
}

static void switch_setup(struct bench *b)
{
	b->be->start(&b->vm, 1, guest_ipa(guest_exits), 1);
}

static void run_to_exit(struct bench *b, unsigned int cpu)
{
	struct vm_exit exit;
	enum exit_kind kind;

	do
		kind = b->be->run(&b->vm, cpu, &exit);
	while (kind == EXIT_NONE);
	if (kind != EXIT_WRITE || exit.addr != PORT_BASE + PORT_DATA)
		unexpected(b, kind, &exit);
}

static uint64_t switch_batch(struct bench *b, unsigned int rounds)
{
	uint64_t begin = counter();

	while (rounds--) {
		hint(HINT_BEGIN);
		run_to_exit(b, 0);
		run_to_exit(b, 1);
	}
	hint(HINT_END);
	return counter() - begin;
}

static uint64_t vm_batch(struct bench *b, unsigned int rounds, bool whole)
{
	uint64_t ticks = 0;

	while (rounds--) {
		uint64_t begin = counter();

		hint(HINT_BEGIN);
		b->be->vm_create(&b->vm, &b->config);
		b->be->start(&b->vm, 0, guest_ipa(guest_exits), 0);
		run_to_exit(b, 0);
		if (!whole) {
			hint(HINT_END);
			ticks += counter() - begin;
		}
		b->be->vm_destroy(&b->vm);
		if (whole) {
			hint(HINT_END);
			ticks += counter() - begin;
		}
	}
	return ticks;
}

static uint64_t first_insn_batch(struct bench *b, unsigned int rounds)
{
	return vm_batch(b, rounds, false);
}

static uint64_t lifecycle_batch(struct bench *b, unsigned int rounds)
{
	return vm_batch(b, rounds, true);
}

/* ---- the table --------------------------------------------------------------- */

/*
 * Rounds: a batch ought to be shorter than the host's tick, 4 million instructions.
 * Where the VMM makes system calls they are a multiple of 48, since the kernel
 * draws random numbers for the stacks of so many calls at a time.
 */
const struct op ops[] = {
	{ .name = "run_immediate", .text = "RUN that returns at once",
	  .rounds = 96, .guest = guest_mmio_write,
	  .setup = immediate_setup, .batch = immediate_batch },
	{ .name = "mmio_read_user", .text = "load from a device of the VMM's",
	  .rounds = 96, .guest = guest_mmio_read },
	{ .name = "mmio_write_user", .text = "store to a device of the VMM's",
	  .rounds = 96, .guest = guest_mmio_write },
	{ .name = "hvc_unknown", .text = "HVC that nobody knows, -1 from the kernel",
	  .rounds = 400, .guest = guest_hvc_unknown },
	{ .name = "smccc_version", .text = "SMCCC_VERSION",
	  .rounds = 400, .guest = guest_smccc_version },
	{ .name = "psci_version", .text = "PSCI_VERSION",
	  .rounds = 400, .guest = guest_psci_version },
	{ .name = "sysreg_read_kernel", .text = "read of an ID register that traps",
	  .rounds = 300, .guest = guest_sysreg_read_kernel },
	{ .name = "sysreg_read_user", .text = "read of a register that the VMM answers",
	  .rounds = 96, .caps = CAP_SYSREG_EXITS, .guest = guest_sysreg_read_user },
	{ .name = "gicd_read", .text = "load of GICD_IIDR",
	  .rounds = 200, .guest = guest_gicd_read },
	{ .name = "gicd_read_state", .text = "load of GICD_ISENABLER",
	  .rounds = 200, .guest = guest_gicd_read_state },
	{ .name = "gicd_write", .text = "store to GICD_ISENABLER",
	  .rounds = 200, .guest = guest_gicd_write },
	{ .name = "sgi_self", .text = "SGI to itself, until its handler is through",
	  .rounds = 100, .guest = guest_sgi_self },
	{ .name = "ipi", .text = "SGI to another vCPU, to its handler",
	  .rounds = 50, .flags = OP_TWO, .guest = guest_ipi, .other = guest_ipi_receiver },
	{ .name = "ipi_roundtrip", .text = "SGI to another vCPU, to the handler of its answer",
	  .rounds = 40, .flags = OP_TWO, .guest = guest_ipi_roundtrip,
	  .other = guest_ipi_echo },
	{ .name = "irq_inject", .text = "line raised by the VMM, to the guest's handler",
	  .rounds = 48, .other = guest_irq_receiver,
	  .batch = inject_batch },
	{ .name = "irqfd", .text = "eventfd written by the VMM, to the guest's handler",
	  .rounds = 48, .caps = CAP_IRQFD,
	  .other = guest_irq_receiver, .setup = irqfd_setup, .batch = irqfd_batch },
	{ .name = "ioeventfd", .text = "store that signals an eventfd",
	  .rounds = 100, .caps = CAP_IOEVENTFD, .guest = guest_bell,
	  .setup = ioeventfd_setup },
	{ .name = "timer_latency", .text = "virtual timer's time to its handler",
	  .rounds = 50, .guest = guest_timer_latency },
	{ .name = "wfi_wake", .text = "vCPU woken by an SGI that sends one and sleeps",
	  .rounds = 25, .divide = 2, .flags = OP_TWO | OP_ONE_CPU,
	  .guest = guest_wfi_ping, .other = guest_wfi_pong },
	{ .name = "fault_4k_anon", .text = "first touch of a 4K page by anybody",
	  .rounds = 64, .flags = OP_FRESH, .guest = guest_touch, .batch = fault_batch },
	{ .name = "fault_4k_prepopulated", .text = "by the guest, of one that the VMM touched",
	  .rounds = 64, .flags = OP_FRESH | OP_POPULATED, .guest = guest_touch,
	  .batch = fault_batch },
	{ .name = "fault_thp", .text = "of 4K in a huge page, by anybody",
	  .rounds = 512, .flags = OP_FRESH | OP_HUGE | OP_SINGLE, .guest = guest_touch_all,
	  .batch = fault_batch },
	{ .name = "fault_thp_prepopulated", .text = "of 4K in one that the VMM touched",
	  .rounds = 512, .flags = OP_FRESH | OP_HUGE | OP_POPULATED | OP_SINGLE,
	  .guest = guest_touch_all, .batch = fault_batch },
	{ .name = "vcpu_switch", .text = "store to the VMM by two vCPUs in turn, each",
	  .rounds = 48, .divide = 2, .flags = OP_TWO, .guest = guest_exits,
	  .setup = switch_setup, .batch = switch_batch },
	{ .name = "vm_first_insn", .text = "VM with GIC, created, to its first exit",
	  .rounds = 1, .flags = OP_OWN_VM | OP_SINGLE, .batch = first_insn_batch },
	{ .name = "vm_lifecycle", .text = "the same until it is gone",
	  .rounds = 1, .flags = OP_OWN_VM | OP_SINGLE, .batch = lifecycle_batch },
	{ .name = "linux_boot", .text = "Linux guest of armvm, to user space and off",
	  .caps = CAP_LINUX },
};

const unsigned int nr_ops = ARRAY_SIZE(ops);
