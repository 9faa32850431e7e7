// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several VMs at once: what is at the same address, in the same register or
 * has the same number in two of them are two things.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "testlib.h"

static volatile bool stop;

/* Two threads, on one CPU or on two. */
FIXTURE(cpus) {
	int cpu[2];
};

FIXTURE_VARIANT(cpus) {
	bool same;
};

FIXTURE_VARIANT_ADD(cpus, one) { .same = true };
FIXTURE_VARIANT_ADD(cpus, two) { .same = false };

FIXTURE_SETUP(cpus)
{
	if (!variant->same && cpu_count() < 2)
		SKIP(return, "there is one CPU only");
	self->cpu[0] = 0;
	self->cpu[1] = !variant->same;
}

FIXTURE_TEARDOWN(cpus)
{
}

struct job {
	struct vcpu *v;
	int cpu;
	u64 seed;
	volatile u64 rounds;
	pthread_t thread;
};

/* Run it until "stop"; each PORT_SYNC is a round, with the value @want. */
static void run_rounds(struct job *j, u64 want)
{
	struct armvcpu_run *run = j->v->run;

	pin_cpu(j->cpu);
	while (!stop) {
		vcpu_run(j->v);
		if (run->exit_reason != ARMVCPU_EXIT_MMIO)
			vcpu_unexpected(j->v);
		if (run->u.mmio.ipa != PORT_SYNC) {
			ASSERT_TRUE(vcpu_message(j->v));
			continue;
		}
		ASSERT_EQ(want, run->u.mmio.data);
		j->rounds++;
	}
}

static void start_job(struct job *j, void *(*fn)(void *))
{
	ASSERT_EQ(0, pthread_create(&j->thread, NULL, fn, j));
}

static u64 fewest_rounds(const struct job *j, unsigned int n)
{
	u64 fewest = j->rounds;

	while (--n)
		if (fewest > j[n].rounds)
			fewest = j[n].rounds;
	return fewest;
}

/* After @us, or when each has done enough for "make check". */
static void join_jobs(struct job *j, unsigned int n, unsigned int us)
{
	u64 begin = now_ns(), enough = th_many(~0UL, 150);
	unsigned int i;

	usleep(us / 4);
	while (fewest_rounds(j, n) < enough && now_ns() < begin + us * 1000ULL)
		usleep(20000);
	stop = true;
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, pthread_join(j[i].thread, NULL));
}

/* ---- memory -------------------------------------------------------------------- */

#define NR_PAGES	64
#define PAGE_STRIDE	4096

/*
 * x19: what each word of TEST_BASE begins with, in all pages. Checks them all,
 * writes them anew with what it has read, and tells.
 */
GUEST(g_memory,
	"1: mov	x1, #64\n"
	"mov	x2, x27\n"
	"2: ldr	x3, [x2]\n"
	"cmp	x3, x19\n"
	"b.ne	3f\n"
	"str	x3, [x2, #8]\n"
	"ldr	x4, [x2, #8]\n"
	"cmp	x4, x19\n"
	"b.ne	3f\n"
	"add	x2, x2, #4096\n"
	"subs	x1, x1, #1\n"
	"b.ne	2b\n"
	"str	x19, [x28]\n"
	"b	1b\n"
	"3: str	x3, [x28]\n"
	"b	3b");

static struct vcpu *memory_guest(u64 seed)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	struct armvcpu_regs r;
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++)
		*(u64 *)vm_ram(v->vm, TEST_BASE + i * PAGE_STRIDE) = seed;
	vcpu_start(v, g_memory);
	get_regs(v, &r);
	r.x[19] = seed;
	set_regs(v, &r);
	return v;
}

#define SEED_A	0x1111aaaa00000001ULL
#define SEED_B	0xeeee555500000002ULL

static void *memory_thread(void *arg)
{
	struct job *j = arg;

	run_rounds(j, j->seed);
	return NULL;
}

TEST_F(cpus, equal_addresses_are_different_memory)
{
	struct job j[2] = {
		{ .v = memory_guest(SEED_A), .cpu = self->cpu[0], .seed = SEED_A },
		{ .v = memory_guest(SEED_B), .cpu = self->cpu[1], .seed = SEED_B },
	};
	unsigned int i;

	start_job(&j[0], memory_thread);
	start_job(&j[1], memory_thread);
	join_jobs(j, 2, 1500000);
	for (i = 0; i < 2; i++)
		EXPECT_LT(50ULL, j[i].rounds);
	for (i = 0; i < NR_PAGES; i++) {
		EXPECT_EQ(SEED_A, *(u64 *)vm_ram(j[0].v->vm, TEST_BASE + i * PAGE_STRIDE + 8));
		EXPECT_EQ(SEED_B, *(u64 *)vm_ram(j[1].v->vm, TEST_BASE + i * PAGE_STRIDE + 8));
	}
}

/* In turns in one thread: each switch of VM is one between two address spaces. */
TEST(equal_addresses_in_turns)
{
	struct vcpu *v[3] = { memory_guest(1), memory_guest(2), memory_guest(3) };
	unsigned int i;

	pin_cpu(0);
	for (i = 0; i < 1500; i++)
		ASSERT_EQ(1ULL + i % 3, vcpu_sync(v[i % 3]));
}

/* What one VM's memory changes to is not the other's business. */
TEST(unmapping_in_one_leaves_the_other)
{
	struct vcpu *a = memory_guest(SEED_A), *b = memory_guest(SEED_B);
	unsigned int i;

	pin_cpu(0);
	for (i = 0; i < 50; i++) {
		u8 *page = vm_ram(a->vm, TEST_BASE + i % NR_PAGES * PAGE_STRIDE);
		volatile u64 *word = (u64 *)(page + 8);
		u64 length = a->vm->info.page_size;

		ASSERT_EQ(SEED_A, vcpu_sync(a));
		ASSERT_EQ(SEED_B, vcpu_sync(b));
		page = (u8 *)((u64)page & ~(length - 1));
		ASSERT_EQ(0, madvise(page, length, MADV_DONTNEED));
		ASSERT_EQ(SEED_B, vcpu_sync(b));
		for (; length; length -= PAGE_STRIDE, page += PAGE_STRIDE)
			*(u64 *)page = SEED_A;
		/* and its own is the one that is there now */
		ASSERT_EQ(SEED_A, vcpu_sync(a));
		if (!(a->vm->info.features & ARMVCPU_FEAT_PINNED_MEMORY))
			ASSERT_EQ(SEED_A, *word);
	}
}

/*
 * Memory that both have, at different addresses and shared: what one writes,
 * the other one reads.
 */
GUEST(g_writer,
	"mov	x1, #1\n"
	"1: str	x1, [x0]\n"
	"str	x1, [x28]\n"
	"add	x1, x1, #1\n"
	"b	1b");
GUEST(g_reader,
	"1: ldr	x1, [x0]\n"
	"str	x1, [x28]\n"
	"b	1b");

TEST(shared_memory_is_shared)
{
	struct vcpu *v[2];
	struct armvcpu_regs r;
	unsigned int i;
	u64 page;
	void *p;

	for (i = 0; i < 2; i++) {
		v[i] = vcpu_create(vm_create(0), 0);
		page = v[i]->vm->info.page_size;
	}
	p = mem_alloc(page);
	for (i = 0; i < 2; i++) {
		u64 ipa = 0x80000000 + i * 16 * page;

		vm_memory(v[i]->vm, SLOT_TEST, 0, ipa, page, p);
		vcpu_start(v[i], i ? g_reader : g_writer);
		get_regs(v[i], &r);
		r.x[0] = ipa;
		set_regs(v[i], &r);
	}
	for (i = 1; i < 100; i++) {
		ASSERT_EQ((u64)i, vcpu_sync(v[0]));
		ASSERT_EQ((u64)i, vcpu_sync(v[1]));
	}
}

/* ---- registers ---------------------------------------------------------------------- */

/*
 * x19: a seed, from which all that the guest has in registers is made; it spins,
 * with no exit, and then checks. x20: 0 or what was found elsewhere.
 */
#define GPRS	"0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 22, 23"
#define VS	"0, 1, 7, 8, 15, 16, 23, 24, 30, 31"
#define SYSTEM	"sp_el0, tpidr_el0, tpidrro_el0, tpidr_el1, elr_el1, far_el1"

GUEST(g_registers,
	"mov	x24, #3 << 20\n"
	"msr	cpacr_el1, x24\n"
	"isb\n"
	".irp	n, " GPRS "\n"
	"add	x\\n, x19, #\\n\n"
	".endr\n"
	".irp	n, " VS "\n"
	"add	x24, x19, #(64 + \\n)\n"
	"dup	v\\n\\().2d, x24\n"
	".endr\n"
	".irp	r, " SYSTEM "\n"
	"msr	\\r, x19\n"
	".endr\n"
	"1: mov	x25, #20000\n"
	"2: subs	x25, x25, #1\n"
	"b.ne	2b\n"
	"mov	x20, #0\n"
	".irp	n, " GPRS "\n"
	"sub	x24, x\\n, x19\n"
	"sub	x24, x24, #\\n\n"
	"orr	x20, x20, x24\n"
	".endr\n"
	".irp	n, " VS "\n"
	"umov	x24, v\\n\\().d[1]\n"
	"sub	x24, x24, x19\n"
	"sub	x24, x24, #(64 + \\n)\n"
	"orr	x20, x20, x24\n"
	".endr\n"
	".irp	r, " SYSTEM "\n"
	"mrs	x24, \\r\n"
	"eor	x24, x24, x19\n"
	"orr	x20, x20, x24\n"
	".endr\n"
	"str	x20, [x28]\n"
	"b	1b");

static struct vcpu *register_guest(u64 seed)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	struct armvcpu_regs r;

	vcpu_start(v, g_registers);
	get_regs(v, &r);
	r.x[19] = seed;
	set_regs(v, &r);
	return v;
}

static void *register_thread(void *arg)
{
	run_rounds(arg, 0);
	return NULL;
}

TEST_F(cpus, registers_do_not_mix)
{
	struct job j[4] = { 0 };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		j[i].v = register_guest(i & 1 ? ~0x1234567812345ULL * i : 0x5555123400ULL + i);
		j[i].cpu = self->cpu[i / 2];
		start_job(&j[i], register_thread);
	}
	join_jobs(j, 4, 1500000);
	for (i = 0; i < 4; i++)
		EXPECT_LT(10ULL, j[i].rounds);
}

/* ---- interrupts --------------------------------------------------------------------- */

static volatile u64 irqs[64];
static volatile u64 sgis;

static void count_irq(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid >= 64)
		return;
	irqs[intid]++;
	if (intid >= 32)
		guest_spi(intid, 0);
	gic_eoi(intid);
}

/* @arg: the only SPI that this VM gets; SGI @arg - 32 goes to all vCPUs of it */
static void g_interrupts(u64 arg)
{
	u64 i, mine;

	guest_irq_handler = count_irq;
	gic_dist_init();
	gic_cpu_init();
	for (i = 32; i < 64; i++)
		gic_enable(i);
	irq_enable();
	GUEST_SYNC(arg);
	for (mine = 1; ; mine++) {
		gic_sgi(arg - 32, 1);
		GUEST_WAIT(irqs[arg - 32] == mine);
		GUEST_WAIT(irqs[arg] >= mine);
		for (i = 0; i < 64; i++)
			if (i != arg && i != arg - 32)
				GUEST_ASSERT_EQ(0, irqs[i]);
		GUEST_SYNC(mine);
	}
}

static void *interrupt_thread(void *arg)
{
	struct job *j = arg;
	u32 intid = j->v->id + (u64)j->v->arg;

	pin_cpu(j->cpu);
	vcpu_start_c(j->v, g_interrupts, intid);
	ASSERT_EQ((u64)intid, vcpu_sync(j->v));
	while (!stop) {
		irq_line(j->v->vm, ARMVCPU_IRQ_SPI, intid, 0, 1);
		ASSERT_EQ(j->rounds + 1, vcpu_sync(j->v));
		j->rounds++;
	}
	return NULL;
}

TEST_F(cpus, interrupts_stay_in_their_vm)
{
	struct job j[3] = { 0 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		j[i].v = vcpu_create(vm_create_gic(0, 64, 1), 0);
		j[i].v->arg = (void *)(33ULL + 5 * i);
		j[i].cpu = self->cpu[i % 2];
		start_job(&j[i], interrupt_thread);
	}
	join_jobs(j, 3, 1500000);
	for (i = 0; i < 3; i++)
		EXPECT_LT(10ULL, j[i].rounds);
}

/* The same CPU timer serves both: each has its own compare value and its own line. */
static void count_timer(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_VTIMER) {
		write_sysreg(cntv_ctl_el0, 0);
		isb();
		irqs[INTID_VTIMER]++;
	}
	if (intid < 1020)
		gic_eoi(intid);
}

/* @arg: microseconds */
static void g_timer(u64 arg)
{
	u64 n;

	guest_irq_handler = count_timer;
	gic_dist_init();
	gic_cpu_init();
	gic_enable(INTID_VTIMER);
	irq_enable();
	for (n = 1; ; n++) {
		u64 begin = guest_counter(), end = begin + guest_ticks(arg);

		write_sysreg(cntv_cval_el0, end);
		write_sysreg(cntv_ctl_el0, 1);
		isb();
		while (irqs[INTID_VTIMER] < n) {
			/* WFI only with the interrupt masked: it cannot slip by */
			irq_disable();
			if (n & 1 && irqs[INTID_VTIMER] < n)
				wfi();
			irq_enable();
			isb();
		}
		GUEST_ASSERT(guest_counter() >= end);
		GUEST_ASSERT_EQ(n, irqs[INTID_VTIMER]);
		GUEST_SYNC(arg);
	}
}

static void *timer_thread(void *arg)
{
	struct job *j = arg;

	vcpu_start_c(j->v, g_timer, (u64)j->v->arg);
	run_rounds(j, (u64)j->v->arg);
	return NULL;
}

TEST_F(cpus, timers_stay_in_their_vm)
{
	struct job j[3] = { 0 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		j[i].v = vcpu_create(vm_create_gic(0, 64, 1), 0);
		/* The oldest waits longest: what is another one's is early for it. */
		j[i].v->arg = (void *)(300ULL + 1700 * (2 - i));
		j[i].cpu = self->cpu[i % 2];
		start_job(&j[i], timer_thread);
	}
	join_jobs(j, 3, 1500000);
	for (i = 0; i < 3; i++)
		EXPECT_LT(5ULL, j[i].rounds);
}

/* The end of one VM is not that of the other, and PSCI does not see across. */
GUEST(g_psci,
	"movz	x0, #0xc400, lsl #16\n"	/* AFFINITY_INFO of vCPU 1 */
	"movk	x0, #4\n"
	"mov	x1, #1\n"
	"mov	x2, #0\n"
	"hvc	#0\n"
	"str	x0, [x28]\n"
	"movz	x0, #0x8400, lsl #16\n"	/* SYSTEM_OFF */
	"movk	x0, #8\n"
	"hvc	#0\n"
	"b	.");

TEST(one_ends_and_the_other_goes_on)
{
	struct vcpu *a = vcpu_create(vm_create(0), 0), *a1 = vcpu_create(a->vm, 1);
	struct vcpu *b = vcpu_create(vm_create(0), 0), *c = memory_guest(SEED_A);

	vcpu_start(a, g_psci);
	vcpu_start(b, g_psci);
	EXPECT_EQ(SEED_A, vcpu_sync(c));
	EXPECT_EQ(0ULL, vcpu_sync(a));		/* on */
	EXPECT_EQ((u64)PSCI_INVALID_PARAMETERS, vcpu_sync(b));
	vcpu_run(a);
	EXPECT_EXIT(a, ARMVCPU_EXIT_SYSTEM_OFF);
	EXPECT_EQ(-EHOSTDOWN, vcpu_run_raw(a));
	EXPECT_EQ(SEED_A, vcpu_sync(c));
	vcpu_run(b);
	EXPECT_EXIT(b, ARMVCPU_EXIT_SYSTEM_OFF);
	EXPECT_EQ(0, b->run->u.psci.flags);
	vcpu_run(a1);
	EXPECT_EXIT(a1, ARMVCPU_EXIT_SYSTEM_OFF);
	EXPECT_EQ(ARMVCPU_PSCI_BY_OTHER, a1->run->u.psci.flags);
	EXPECT_EQ(SEED_A, vcpu_sync(c));
}

/* ---- many --------------------------------------------------------------------------- */

/* Create, run, destroy; each process its own seed. */
static void churn(u64 seed)
{
	unsigned int n;

	for (n = 0; n < 10; n++) {
		struct vcpu *v = memory_guest(seed + n);

		ASSERT_EQ(seed + n, vcpu_sync(v));
		ASSERT_EQ(seed + n, vcpu_sync(v));
		/* in any order */
		if (n & 1)
			close(v->vm->fd);
		munmap(v->run, v->vm->info.run_size);
		close(v->fd);
		if (!(n & 1))
			close(v->vm->fd);
		close(v->vm->dev);
		munmap(v->vm->image, v->vm->image_len);
		munmap(v->vm->ram, RAM_SIZE);
		free(v->vm);
		free(v);
	}
}

TEST_TIMEOUT(created_and_destroyed_by_several_processes, 60)
{
	struct vcpu *v = memory_guest(SEED_B);
	unsigned int i, ended = 0;
	int status;

	for (i = 0; i < 4; i++) {
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			churn((u64)(i + 1) << 32);
			th_exit();
		}
	}
	while (ended < 4) {
		ASSERT_EQ(SEED_B, vcpu_sync(v));
		if (waitpid(-1, &status, WNOHANG) > 0) {
			EXPECT_EQ(0, status);
			ended++;
		}
	}
}

/* More than fit into 8 bits, one after the other: each has a VMID of its own. */
TEST_TIMEOUT(three_hundred_vms_one_after_the_other, 180)
{
	struct vcpu *v = memory_guest(SEED_B);
	unsigned int i;

	pin_cpu(0);
	for (i = 0; i < 300; i++) {
		struct vcpu *w = memory_guest(i);

		ASSERT_EQ((u64)i, vcpu_sync(w));
		ASSERT_EQ(SEED_B, vcpu_sync(v));
		vm_close(w->vm);
		munmap(w->run, 1);
		close(w->fd);
	}
}

TEST_TIMEOUT(sixty_four_vms_alive, 60)
{
	unsigned int i, round, cpus = cpu_count();
	struct vcpu *v[64];

	for (i = 0; i < 64; i++)
		v[i] = memory_guest(SEED_A + i);
	for (round = 0; round < 4; round++)
		for (i = 0; i < 64; i++) {
			pin_cpu((i + round) % cpus);
			ASSERT_EQ(SEED_A + i, vcpu_sync(v[i]));
		}
	/* some of them go, the others stay */
	for (i = 0; i < 64; i += 3) {
		vm_close(v[i]->vm);
		munmap(v[i]->run, 1);
		close(v[i]->fd);
	}
	for (i = 0; i < 64; i++)
		if (i % 3)
			ASSERT_EQ(SEED_A + i, vcpu_sync(v[i]));
}

TEST_TIMEOUT(sixty_four_vms_at_once, 60)
{
	static struct job j[64];
	unsigned int i;

	for (i = 0; i < 64; i++) {
		j[i].seed = SEED_A + i;
		j[i].v = memory_guest(j[i].seed);
		j[i].cpu = i % cpu_count();
	}
	for (i = 0; i < 64; i++)
		start_job(&j[i], memory_thread);
	join_jobs(j, 64, 2500000);
	for (i = 0; i < 64; i++)
		EXPECT_LT(0ULL, j[i].rounds);
}

/* x0: the vCPU's own word. Half of them never exit by themselves. */
GUEST(g_progress,
	"1: ldr	x1, [x0]\n"
	"add	x1, x1, #1\n"
	"str	x1, [x0]\n"
	"cbz	x2, 1b\n"
	"str	x2, [x28]\n"
	"b	1b");

#define NR_VCPUS	64

static void on_signal(int sig)
{
	(void)sig;
}

static void *progress_thread(void *arg)
{
	struct job *j = arg;

	pin_cpu(j->cpu);
	while (!stop) {
		int ret = ioctl_raw(j->v->fd, ARMVCPU_RUN, NULL);

		if (ret && ret != -EINTR)
			FAIL("RUN: %s", strerror(-ret));
		if (!ret && (j->v->run->exit_reason != ARMVCPU_EXIT_MMIO ||
			     j->v->run->u.mmio.ipa != PORT_SYNC))
			vcpu_unexpected(j->v);
	}
	return NULL;
}

TEST_TIMEOUT(sixty_four_vcpus_make_progress, 60)
{
	struct sigaction sa = { .sa_handler = on_signal };
	static struct job j[NR_VCPUS];
	static u64 last[NR_VCPUS];
	struct vm *vm = vm_create(0);
	unsigned int i, round;

	sigaction(SIGUSR1, &sa, NULL);
	ASSERT_LE(NR_VCPUS, vm->info.max_vcpus);
	for (i = 0; i < NR_VCPUS; i++) {
		struct armvcpu_regs r;
		struct vcpu *v = calloc(1, sizeof(*v));

		ASSERT_TRUE(v);
		v->vm = vm;
		v->id = i;
		v->fd = vcpu_create_raw(vm, i, i / 16 << 8 | i % 16, 0);
		ASSERT_LE(0, v->fd);
		v->run = mmap(NULL, vm->info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			      v->fd, 0);
		ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)v->run);
		vcpu_start(v, g_progress);
		get_regs(v, &r);
		r.x[0] = TEST_BASE + i * 64;
		r.x[2] = i & 1;
		set_regs(v, &r);
		j[i].v = v;
		j[i].cpu = i / 2 % cpu_count();
	}
	for (i = 0; i < NR_VCPUS; i++)
		start_job(&j[i], progress_thread);
	for (round = 0; round < 3; round++)
		for (i = 0; i < NR_VCPUS; i++) {
			volatile u64 *word = vm_ram(vm, TEST_BASE + i * 64);

			if (!WAIT_FOR(*word > last[i]))
				FAIL("vCPU %u stands still", i);
			last[i] = *word;
		}
	stop = true;
	for (i = 0; i < NR_VCPUS; i++) {
		j[i].v->run->immediate_exit = 1;
		pthread_kill(j[i].thread, SIGUSR1);
	}
	for (i = 0; i < NR_VCPUS; i++)
		ASSERT_EQ(0, pthread_join(j[i].thread, NULL));
	/* nobody has written into another one's word */
	for (i = 0; i < NR_VCPUS; i++) {
		u64 word = *(u64 *)vm_ram(vm, TEST_BASE + i * 64), x1 = get_x(j[i].v, 1);

		/* it may have added one and not stored it yet */
		EXPECT_LE(word, x1);
		EXPECT_GE(word + 1, x1);
	}
}

TEST_HARNESS_MAIN
