// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs that sleep in WFI, and all that may and may not wake them. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "testlib.h"

#define SPI	40

static volatile u32 taken[MAX_TEST_VCPUS];

static void g_handler(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	taken[guest_cpu()]++;
	gic_eoi(intid);
}

static void g_setup(void)
{
	guest_irq_handler = g_handler;
	gic_dist_init();
	gic_cpu_init();
	gic_edge(SPI, true);
	gic_enable(SPI);
	gic_edge(SPI + 1, true);
	gic_enable(SPI + 1);
}

static void sleep_until_taken(u32 n)
{
	u32 cpu = guest_cpu();

	irq_disable();
	while (taken[cpu] < n) {
		wfi();
		irq_enable();
		isb();
		irq_disable();
	}
	irq_enable();
}

static void *run_to_done(void *v)
{
	vcpu_finish(v);
	return NULL;
}

static void g_one(u64 arg)
{
	(void)arg;
	g_setup();
	GUEST_SYNC(0);
	sleep_until_taken(1);
}

/* A vCPU asleep in @fn's WFI. */
static struct vcpu *asleep(void (*fn)(u64 arg))
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, 64, 2), 0);

	vcpu_start_c(v, fn, 0);
	vcpu_sync(v);
	vcpu_thread(v, run_to_done);
	ASSERT_TRUE(wait_asleep(v->tid));
	return v;
}

TEST(sleeps_without_using_the_cpu)
{
	struct vcpu *v = asleep(g_one);
	u64 cpu = thread_cpu_ns(v->thread);

	usleep(500000);
	EXPECT_GT(50000000ULL, thread_cpu_ns(v->thread) - cpu);
	EXPECT_EQ('S', thread_state(v->tid));
}

TEST(spi_wakes)
{
	struct vcpu *v = asleep(g_one);

	irq_line(v->vm, ARMVCPU_IRQ_SPI, SPI, 0, 1);
	vcpu_join(v);
	EXPECT_EQ(1, vm_var(v->vm, taken[0]));
}

static void g_ppi_handler(struct guest_frame *f)
{
	(void)f;
	GUEST_ASSERT_EQ(20, gic_ack());
	guest_ppi(20, 0);
	taken[0]++;
	gic_eoi(20);
}

static void g_ppi(u64 arg)
{
	(void)arg;
	g_setup();
	guest_irq_handler = g_ppi_handler;
	gic_enable(20);
	GUEST_SYNC(0);
	sleep_until_taken(1);
	GUEST_ASSERT_EQ(1, taken[0]);
}

TEST(ppi_wakes)
{
	struct vcpu *v = asleep(g_ppi);

	irq_line(v->vm, ARMVCPU_IRQ_PPI, 20, 0, 1);
	vcpu_join(v);
}

/* With PSTATE.I set it is not taken, and wakes all the same. */
static void g_pstate_masked(u64 arg)
{
	(void)arg;
	g_setup();
	irq_disable();
	GUEST_SYNC(0);
	while (!irq_pending())
		wfi();
	GUEST_ASSERT_EQ(0, taken[0]);
}

TEST(interrupt_masked_by_pstate_wakes)
{
	struct vcpu *v = asleep(g_pstate_masked);

	irq_line(v->vm, ARMVCPU_IRQ_SPI, SPI, 0, 1);
	vcpu_join(v);
}

/* What the GIC holds back does not wake. The next one is not held back. */
static volatile u32 woken;

static void g_held_back(void)
{
	irq_disable();
	GUEST_SYNC(0);
	do {
		wfi();
		woken++;
	} while (!irq_pending());
	GUEST_ASSERT_EQ(SPI + 1, gic_ack());
}

static void g_pmr(u64 arg)
{
	(void)arg;
	g_setup();
	gic_priority(SPI + 1, 0x40);
	gic_mask(0x80);
	g_held_back();
}

static void g_not_enabled(u64 arg)
{
	(void)arg;
	g_setup();
	gic_disable(SPI);
	g_held_back();
}

static void g_active_priority(u64 arg)
{
	(void)arg;
	g_setup();
	/* an SGI of priority 0x80 stays active: SPI is no better, SPI + 1 is */
	gic_priority(2, 0x80);
	gic_priority(SPI, 0x80);
	gic_priority(SPI + 1, 0x40);
	gic_sgi(2, 1);
	g_expect(2);
	g_held_back();
}

static void check_held_back(void (*fn)(u64 arg))
{
	struct vcpu *v = asleep(fn);
	u32 before = vm_var(v->vm, woken);

	irq_line(v->vm, ARMVCPU_IRQ_SPI, SPI, 0, 1);
	usleep(100000);
	ASSERT_TRUE(wait_asleep(v->tid));
	/* WFI may end for no reason, but not again and again */
	EXPECT_GE(before + 2, vm_var(v->vm, woken));
	irq_line(v->vm, ARMVCPU_IRQ_SPI, SPI + 1, 0, 1);
	vcpu_join(v);
}

TEST(interrupt_below_the_priority_mask_does_not_wake)
{
	check_held_back(g_pmr);
}

TEST(interrupt_not_enabled_does_not_wake)
{
	check_held_back(g_not_enabled);
}

TEST(interrupt_that_does_not_preempt_does_not_wake)
{
	check_held_back(g_active_priority);
}

/*
 * Pending already: WFI is passed at once, and so is CPU_SUSPEND, which comes to
 * the kernel also where the CPU itself finds that there is nothing to wait for.
 */
static void g_pending(u64 arg)
{
	u32 i;

	(void)arg;
	g_setup();
	irq_disable();
	gic_sgi(1, 1);
	for (i = 0; i < 100; i++) {
		wfi();
		GUEST_ASSERT_EQ(0, hvc4(PSCI_CPU_SUSPEND | PSCI_64, 0, 0, 0));
	}
	GUEST_ASSERT_EQ(1, gic_ack());
}

TEST(pending_interrupt_does_not_let_it_sleep)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, 64, 1), 0);

	vcpu_start_c(v, g_pending, 0);
	vcpu_finish(v);
}

static void on_signal(int sig)
{
	(void)sig;
}

static volatile int run_result[4];

static void *run_raw(void *arg)
{
	struct vcpu *v = arg;

	run_result[0] = vcpu_run_raw(v);
	return NULL;
}

TEST(signal_wakes_the_vmm)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct vcpu *v = vcpu_create(vm_create_gic(0, 64, 1), 0);

	sigaction(SIGUSR1, &sa, NULL);
	vcpu_start_c(v, g_one, 0);
	vcpu_sync(v);
	vcpu_thread(v, run_raw);
	ASSERT_TRUE(wait_asleep(v->tid));
	pthread_kill(v->thread, SIGUSR1);
	vcpu_join(v);
	EXPECT_EQ(-EINTR, run_result[0]);
	EXPECT_EQ(ARMVCPU_EXIT_INTR, v->run->exit_reason);
	EXPECT_EQ(0, vm_var(v->vm, taken[0]));
	/* and the guest sleeps again, and wakes */
	vcpu_thread(v, run_to_done);
	ASSERT_TRUE(wait_asleep(v->tid));
	irq_line(v->vm, ARMVCPU_IRQ_SPI, SPI, 0, 1);
	vcpu_join(v);
}

GUEST(g_pin,
	"wfi\n"
	"str	x0, [x28]\n"
	"b	.");

TEST(pin_wakes_without_a_gic)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);

	vcpu_start(v, g_pin);
	vcpu_thread(v, run_raw);
	ASSERT_TRUE(wait_asleep(v->tid));
	irq_line(v->vm, ARMVCPU_IRQ_CPU_IRQ, 0, 0, 1);
	vcpu_join(v);
	EXPECT_EQ(0, run_result[0]);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ((u64)PORT_SYNC, v->run->u.mmio.ipa);
}

/* SIGKILL ends a VMM whose guest this is, and soon. */
static void sigkill_ends(const u32 *entry)
{
	pid_t pid = fork();
	int status;
	u64 start;

	ASSERT_LE(0, pid);
	if (!pid) {
		struct vcpu *v = vcpu_create(vm_create(0), 0);

		vcpu_start(v, entry);
		vcpu_run_raw(v);
		_exit(1);
	}
	usleep(300000);
	start = now_ns();
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_GT(5000000000ULL * th_scale, now_ns() - start);
}

TEST(sigkill_ends_a_sleeping_vmm)
{
	sigkill_ends(g_pin);
}

/* ---- no wake-up gets lost ------------------------------------------------------------- */

/* An edge as soon as the last one was taken, at any moment around the WFI. */
static void g_many(u64 count)
{
	g_setup();
	GUEST_SYNC(0);
	sleep_until_taken(count);
}

TEST(edges_at_any_moment)
{
	struct vm *vm = vm_create_gic(0, 64, 1);
	struct vcpu *v = vcpu_create(vm, 0);
	volatile u32 *t = &vm_var(vm, taken[0]);
	unsigned int i, edges = th_many(3000, 1000);

	vcpu_start_c(v, g_many, edges);
	vcpu_sync(v);
	vcpu_thread(v, run_to_done);
	for (i = 0; i < edges; i++) {
		u64 end = now_ns() + 10000000000ULL;

		irq_line(vm, ARMVCPU_IRQ_SPI, SPI, 0, 1);
		irq_line(vm, ARMVCPU_IRQ_SPI, SPI, 0, 0);
		while (*t != i + 1) {
			if (now_ns() > end)
				FAIL("edge %u is lost", i);
			sched_yield();
		}
	}
	vcpu_join(v);
}

static void g_ping_pong(u64 count)
{
	u32 cpu = guest_cpu(), i;

	if (cpu == 0) {
		gic_dist_init();
		guest_irq_handler = g_handler;
	}
	GUEST_WAIT(guest_irq_handler);
	gic_cpu_init();
	GUEST_SYNC(0);
	irq_enable();
	for (i = 0; i < count; i++) {
		if (cpu == 0)
			gic_sgi(1, 2);
		sleep_until_taken(i + 1);
		if (cpu == 1)
			gic_sgi(1, 1);
	}
}

static void *ping_pong(void *v)
{
	pin_cpu(0);
	vcpu_finish(v);
	return NULL;
}

static void check_ping_pong(u32 count, void *(*fn)(void *))
{
	struct vm *vm = vm_create_gic(0, 64, 2);
	struct vcpu *v[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		v[i] = vcpu_create(vm, i);
		vcpu_start_c(v[i], g_ping_pong, count);
	}
	/* both are set up before either sends */
	vcpu_sync(v[0]);
	vcpu_sync(v[1]);
	for (i = 0; i < 2; i++)
		vcpu_thread(v[i], fn);
	for (i = 0; i < 2; i++)
		vcpu_join(v[i]);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(count, vm_var(vm, taken[i]));
}

TEST_TIMEOUT(ping_pong_on_one_cpu, 60)
{
	check_ping_pong(th_many(5000, 1500), ping_pong);
}

TEST_TIMEOUT(ping_pong_on_two_cpus, 60)
{
	if (cpu_count() < 2)
		SKIP(return, "one CPU");
	check_ping_pong(th_many(5000, 1500), run_to_done);
}

/* ---- WFE ------------------------------------------------------------------------------- */

static volatile u32 turn;

static void g_wfe(u64 count)
{
	u32 cpu = guest_cpu(), i;

	for (i = 0; i < count; i++) {
		while (turn % 2 != cpu)
			wfe();
		turn++;
		sev();
	}
}

/*
 * Two vCPUs spin for each other on one CPU: WFE lets the other one run. QEMU does
 * not trap WFE, there a turn takes a time slice.
 */
TEST(wfe_on_one_cpu)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v[2];
	unsigned int i;
	u64 start;

	for (i = 0; i < 2; i++) {
		v[i] = vcpu_create(vm, i);
		vcpu_start_c(v[i], g_wfe, 50);
	}
	start = now_ns();
	for (i = 0; i < 2; i++)
		vcpu_thread(v[i], ping_pong);
	for (i = 0; i < 2; i++)
		vcpu_join(v[i]);
	EXPECT_EQ(100, vm_var(vm, turn));
	EXPECT_GT(10000000000ULL * th_scale, now_ns() - start);
}

/* A guest that does nothing but WFI with a timer that has expired, or WFE. */
GUEST(g_busy,
	"1: wfe\n"
	"movz	x0, #0x8400, lsl #16\n"
	"hvc	#0\n"				/* answered at EL2 */
	CALL_OF_THE_HOST
	"yield\n"
	"b	1b");

TEST(sigkill_ends_a_busy_vmm)
{
	sigkill_ends(g_busy);
}

TEST_HARNESS_MAIN
