// SPDX-License-Identifier: GPL-2.0-only
/* The virtual and the physical timer, in guests that run and that sleep. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/timex.h>
#include <sys/wait.h>

#include "testlib.h"

#define CTL_ENABLE	1
#define CTL_IMASK	2
#define CTL_ISTATUS	4

/* ---- one timer, whichever it is --------------------------------------------------- */

static bool g_physical;		/* of this guest: CNTP, else CNTV */

static u64 t_intid(void)
{
	return g_physical ? INTID_PTIMER : INTID_VTIMER;
}

static u64 t_count(void)
{
	isb();
	return g_physical ? read_sysreg(cntpct_el0) : read_sysreg(cntvct_el0);
}

static void t_ctl(u64 v)
{
	if (g_physical)
		write_sysreg(cntp_ctl_el0, v);
	else
		write_sysreg(cntv_ctl_el0, v);
	isb();
}

static u64 t_read_ctl(void)
{
	isb();
	return g_physical ? read_sysreg(cntp_ctl_el0) : read_sysreg(cntv_ctl_el0);
}

static void t_cval(u64 v)
{
	if (g_physical)
		write_sysreg(cntp_cval_el0, v);
	else
		write_sysreg(cntv_cval_el0, v);
	isb();
}

static u64 t_read_cval(void)
{
	return g_physical ? read_sysreg(cntp_cval_el0) : read_sysreg(cntv_cval_el0);
}

static void t_tval(u64 v)
{
	if (g_physical)
		write_sysreg(cntp_tval_el0, v);
	else
		write_sysreg(cntv_tval_el0, v);
	isb();
}

static u64 t_read_tval(void)
{
	isb();
	return g_physical ? read_sysreg(cntp_tval_el0) : read_sysreg(cntv_tval_el0);
}

static volatile u32 fired[MAX_TEST_VCPUS];
static volatile u64 fired_at[MAX_TEST_VCPUS];

static void t_handler(struct guest_frame *f)
{
	u32 intid = gic_ack(), cpu = guest_cpu();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	if (intid != t_intid()) {
		gic_eoi(intid);
		return;
	}
	fired_at[cpu] = t_count();
	GUEST_ASSERT(t_read_ctl() & CTL_ISTATUS);
	t_ctl(0);
	gic_eoi(intid);
	fired[cpu]++;
}

static void t_init(void)
{
	guest_irq_handler = t_handler;
	gic_dist_init();
	gic_cpu_init();
	t_ctl(0);
	gic_enable(t_intid());
}

/* IRQs off around the check: a WFI wakes for what is masked, too. */
static void wfi_until_fired(u32 n)
{
	u32 cpu = guest_cpu();

	irq_disable();
	while (fired[cpu] < n) {
		wfi();
		irq_enable();
		isb();
		irq_disable();
	}
	irq_enable();
}

FIXTURE(timer) { struct vm *vm; struct vcpu *v; };
FIXTURE_VARIANT(timer) { bool physical; };
FIXTURE_VARIANT_ADD(timer, virtual) { false };
FIXTURE_VARIANT_ADD(timer, physical) { true };
FIXTURE_SETUP(timer)
{
	self->vm = vm_create_gic(0, 64, 2);
	self->v = vcpu_create(self->vm, 0);
	vm_var(self->vm, g_physical) = variant->physical;
}
FIXTURE_TEARDOWN(timer) { }

static void g_running(u64 arg)
{
	u32 i;

	(void)arg;
	t_init();
	irq_enable();
	for (i = 0; i < 20; i++) {
		u64 cval = t_count() + guest_ticks(2000);

		t_cval(cval);
		GUEST_ASSERT_EQ(cval, t_read_cval());
		t_ctl(CTL_ENABLE);
		GUEST_WAIT(fired[0] == i + 1);
		GUEST_ASSERT(fired_at[0] >= cval);
	}
	/* switched off: no more */
	GUEST_ASSERT_EQ(0, t_read_ctl() & CTL_ENABLE);
	GUEST_ASSERT(!irq_pending());
	GUEST_ASSERT_EQ(20, fired[0]);
}

TEST_F(timer, fires_while_the_guest_runs)
{
	vcpu_start_c(self->v, g_running, 0);
	vcpu_finish(self->v);
}

static void g_sleeping(u64 arg)
{
	u32 i;

	(void)arg;
	t_init();
	irq_enable();
	for (i = 0; i < 20; i++) {
		u64 cval = t_count() + guest_ticks(1000 + 2000 * (i % 5));

		t_cval(cval);
		t_ctl(CTL_ENABLE);
		wfi_until_fired(i + 1);
		GUEST_ASSERT(fired_at[0] >= cval);
	}
	GUEST_ASSERT_EQ(20, fired[0]);
}

TEST_F(timer, wakes_from_wfi)
{
	vcpu_start_c(self->v, g_sleeping, 0);
	vcpu_finish(self->v);
}

/* It sleeps meanwhile: half a second of WFI costs little CPU time. */
static void g_long_sleep(u64 arg)
{
	u64 start;

	(void)arg;
	t_init();
	irq_enable();
	GUEST_SYNC(0);
	start = t_count();
	t_tval(guest_ticks(500000));
	t_ctl(CTL_ENABLE);
	wfi_until_fired(1);
	GUEST_ASSERT(fired_at[0] - start >= guest_ticks(500000));
	GUEST_SYNC(1);
}

static u64 my_cpu_ns(void)
{
	return thread_cpu_ns(pthread_self());
}

TEST_F(timer, wfi_uses_no_cpu_time)
{
	u64 cpu, wall;

	vcpu_start_c(self->v, g_long_sleep, 0);
	vcpu_sync(self->v);
	cpu = my_cpu_ns();
	wall = now_ns();
	vcpu_sync(self->v);
	cpu = my_cpu_ns() - cpu;
	wall = now_ns() - wall;
	EXPECT_LE(490000000ULL, wall);
	EXPECT_GT(250000000ULL, cpu);
}

#define TICK		10000	/* microseconds of CLOCK_MONOTONIC between two of NTP's ticks */
#define FAST_TICK	11000

static int set_tick(long us)
{
	struct timex t = { .modes = ADJ_TICK, .tick = us };

	return adjtimex(&t) < 0 ? -errno : 0;
}

/* Does it gain more than 5 % on the counter? */
static bool clock_is_fast(void)
{
	u64 count = guest_counter(), ns = now_ns();

	usleep(10000);
	ns = now_ns() - ns;
	count = guest_counter() - count;
	return ns > count * 1050000000 / read_sysreg(cntfrq_el0);
}

static volatile bool slept;

static void *sleep_long(void *arg)
{
	struct vcpu *v = arg;

	vcpu_sync(v);
	vcpu_sync(v);
	slept = true;
	return NULL;
}

/*
 * NTP makes the host's clock run faster than the counter, here by a tenth: what wakes
 * the thread comes before the guest's timer has fired.
 */
TEST_F(timer, wakes_from_wfi_while_the_clock_is_fast)
{
	bool fast, done;

	if (set_tick(FAST_TICK))
		SKIP(return, "the clock cannot be made to run faster");
	fast = WAIT_FOR(clock_is_fast());
	vcpu_start_c(self->v, g_long_sleep, 0);
	vcpu_thread(self->v, sleep_long);
	done = WAIT_FOR(slept);
	EXPECT_EQ(0, set_tick(TICK));
	EXPECT_TRUE(fast);
	ASSERT_TRUE(done);
	vcpu_join(self->v);
}

/* Values of CVAL at the edges: the condition is count >= CVAL, unsigned. */
static void g_edges(u64 arg)
{
	static const u64 past[] = { 0, 1, 0x1000 };
	u64 future[] = { ~0ULL, ~0ULL - 1, 1ULL << 63, (1ULL << 63) - 1, 1ULL << 62 };
	u32 i, n = 0;

	/*
	 * QEMU before 8.2 never comes back from a virtual timer whose compare
	 * value and counter offset sum up to more than 64 bits: stay below.
	 */
	if (!g_physical) {
		u64 v = read_sysreg(cntvct_el0);

		isb();
		future[0] -= read_sysreg(cntpct_el0) - v;
		future[1] -= read_sysreg(cntpct_el0) - v;
	}

	(void)arg;
	t_init();
	irq_enable();
	for (i = 0; i < ARRAY_SIZE(past); i++) {
		t_cval(past[i]);
		t_ctl(CTL_ENABLE);
		n++;
		GUEST_WAIT(fired[0] == n);
	}
	t_cval(t_count());
	t_ctl(CTL_ENABLE);
	n++;
	GUEST_WAIT(fired[0] == n);

	for (i = 0; i < ARRAY_SIZE(future); i++) {
		u64 end;

		t_cval(future[i]);
		t_ctl(CTL_ENABLE);
		GUEST_ASSERT_EQ(future[i], t_read_cval());
		end = t_count() + guest_ticks(3000);
		while (t_count() < end)
			;
		GUEST_ASSERT_EQ(CTL_ENABLE, t_read_ctl());
		GUEST_ASSERT_EQ(n, fired[0]);
		/* and asleep with it: something else wakes */
		irq_disable();
		gic_sgi(1, 1);
		wfi();
		irq_enable();
		isb();
		GUEST_ASSERT_EQ(n, fired[0]);
		t_ctl(0);
	}
}

TEST_F(timer, compare_values_at_the_edges)
{
	vcpu_start_c(self->v, g_edges, 0);
	vcpu_finish(self->v);
}

static void g_tval(u64 arg)
{
	u64 before, after, cval;
	s64 tval;

	(void)arg;
	t_init();
	irq_enable();

	/* signed, 32 bits: in the past by any amount */
	t_tval((u32)-1);
	t_ctl(CTL_ENABLE);
	GUEST_WAIT(fired[0] == 1);
	GUEST_WAIT(t_count() > 100000);
	t_tval((u32)-100000);
	t_ctl(CTL_ENABLE);
	GUEST_WAIT(fired[0] == 2);
	t_tval(0);
	t_ctl(CTL_ENABLE);
	GUEST_WAIT(fired[0] == 3);

	/* CVAL is count + TVAL, sign extended */
	before = t_count();
	t_tval(0x7fffffff);
	after = t_count();
	cval = t_read_cval();
	GUEST_ASSERT(cval >= before + 0x7fffffff && cval <= after + 0x7fffffff);
	before = t_count();
	t_tval(0x80000000);
	after = t_count();
	cval = t_read_cval();
	GUEST_ASSERT(cval - before + (1ULL << 31) <= after - before);
	before = t_count();
	t_tval((u32)-5000);
	after = t_count();
	cval = t_read_cval();
	GUEST_ASSERT(cval >= before - 5000 && cval <= after - 5000);
	tval = (s64)(int)t_read_tval();
	GUEST_ASSERT(tval <= -5000);
	/* the upper half of what is written does not count */
	before = t_count();
	t_tval(0xabcdef0100001000ULL);
	after = t_count();
	cval = t_read_cval();
	GUEST_ASSERT(cval >= before + 0x1000 && cval <= after + 0x1000);
	GUEST_ASSERT_EQ(0, t_read_tval() >> 32);
}

TEST_F(timer, relative_values_have_a_sign)
{
	vcpu_start_c(self->v, g_tval, 0);
	vcpu_finish(self->v);
}

static void g_masked(u64 arg)
{
	u64 end;

	(void)arg;
	t_init();
	irq_enable();
	t_cval(0);
	t_ctl(CTL_ENABLE | CTL_IMASK);
	end = t_count() + guest_ticks(5000);
	while (t_count() < end)
		;
	GUEST_ASSERT_EQ(0, fired[0]);
	GUEST_ASSERT_EQ(CTL_ENABLE | CTL_IMASK | CTL_ISTATUS, t_read_ctl());
	GUEST_ASSERT(!gic_test(GICD_ISPENDR, t_intid()));
	t_ctl(CTL_ENABLE);
	GUEST_WAIT(fired[0] == 1);

	/* disabled: ISTATUS says nothing, nothing fires */
	t_ctl(0);
	GUEST_ASSERT_EQ(0, t_read_ctl() & ~CTL_ISTATUS);
	end = t_count() + guest_ticks(5000);
	while (t_count() < end)
		;
	GUEST_ASSERT_EQ(1, fired[0]);
}

TEST_F(timer, masked_and_disabled)
{
	vcpu_start_c(self->v, g_masked, 0);
	vcpu_finish(self->v);
}

/* The guest cannot make an edge of it: one of those could be missed. */
static void g_no_edge(u64 arg)
{
	u32 i;

	(void)arg;
	t_init();
	gic_edge(t_intid(), true);
	t_cval(0);
	t_ctl(CTL_ENABLE);
	for (i = 0; i < 5; i++) {
		g_expect(t_intid());
		/* up again before anybody could have seen it down */
		t_cval(1ULL << 62);
		t_cval(0);
		gic_eoi(t_intid());
	}
}

TEST_F(timer, line_is_no_edge)
{
	vcpu_start_c(self->v, g_no_edge, 0);
	vcpu_finish(self->v);
}

/* The line is a level: it stays pending until the guest moves the timer. */
static void g_level(u64 arg)
{
	u32 i;

	(void)arg;
	t_init();
	t_cval(0);
	t_ctl(CTL_ENABLE);
	for (i = 0; i < 5; i++) {
		g_expect(t_intid());
		gic_eoi(t_intid());
	}
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT(gic_test(GICD_ISPENDR, t_intid()));
	/* moved away before the ack: gone */
	t_ctl(0);
	GUEST_ASSERT(!gic_test(GICD_ISPENDR, t_intid()));
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_ack());
	t_ctl(CTL_ENABLE);
	g_expect(t_intid());
	t_cval(1ULL << 62);
	gic_eoi(t_intid());
	GUEST_ASSERT(!irq_pending());
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_ack());
}

TEST_F(timer, line_is_a_level)
{
	vcpu_start_c(self->v, g_level, 0);
	vcpu_finish(self->v);
}

/* Two vCPUs with a timer each, one at a time on the same CPU. */
static void g_both(u64 arg)
{
	u32 cpu = guest_cpu(), i;

	(void)arg;
	if (cpu == 0) {
		gic_dist_init();
		guest_irq_handler = t_handler;
	}
	GUEST_WAIT(guest_irq_handler);
	gic_cpu_init();
	gic_enable(t_intid());
	irq_enable();
	for (i = 0; i < 50; i++) {
		u64 cval = t_count() + guest_ticks(cpu ? 3000 : 5000);

		t_cval(cval);
		t_ctl(CTL_ENABLE);
		wfi_until_fired(i + 1);
		GUEST_ASSERT(fired_at[cpu] >= cval);
	}
	GUEST_ASSERT_EQ(50, fired[cpu]);
}

static void *finish_on_cpu0(void *arg)
{
	pin_cpu(0);
	vcpu_finish(arg);
	return NULL;
}

TEST_F(timer, two_vcpus_on_one_cpu)
{
	struct vcpu *w = vcpu_create(self->vm, 1);

	vcpu_start_c(self->v, g_both, 0);
	vcpu_start_c(w, g_both, 0);
	vcpu_thread(self->v, finish_on_cpu0);
	vcpu_thread(w, finish_on_cpu0);
	vcpu_join(self->v);
	vcpu_join(w);
}

/* The thread hops between CPUs all the while. */
static volatile bool hop_stop;

static void *hopper(void *arg)
{
	struct vcpu *v = arg;
	cpu_set_t set;
	unsigned int i;

	for (i = 0; !hop_stop; i++) {
		CPU_ZERO(&set);
		CPU_SET(i % cpu_count(), &set);
		sched_setaffinity(v->tid, sizeof(set), &set);
		usleep(700);
	}
	return NULL;
}

static void g_hop(u64 arg)
{
	u32 i;

	(void)arg;
	t_init();
	irq_enable();
	for (i = 0; i < 100; i++) {
		u64 cval = t_count() + guest_ticks(500 + 100 * (i % 20));

		t_cval(cval);
		t_ctl(CTL_ENABLE);
		if (i & 1)
			wfi_until_fired(i + 1);
		else
			GUEST_WAIT(fired[0] == i + 1);
		GUEST_ASSERT(fired_at[0] >= cval);
	}
	GUEST_ASSERT_EQ(100, fired[0]);
}

TEST_F(timer, fires_while_the_thread_hops_between_cpus)
{
	pthread_t t;

	if (cpu_count() < 2)
		SKIP(return, "one CPU");
	vcpu_start_c(self->v, g_hop, 0);
	vcpu_thread(self->v, NULL);
	ASSERT_TRUE(WAIT_FOR(self->v->tid));
	ASSERT_EQ(0, pthread_create(&t, NULL, hopper, self->v));
	vcpu_join(self->v);
	hop_stop = true;
	pthread_join(t, NULL);
}

/* It fired while the VMM had the vCPU: seen at the next entry. */
static void g_between(u64 arg)
{
	(void)arg;
	t_init();
	irq_enable();
	t_cval(t_count() + guest_ticks(10000));
	t_ctl(CTL_ENABLE);
	GUEST_SYNC(0);
	GUEST_WAIT(fired[0] == 1);
}

TEST_F(timer, expires_outside_of_run)
{
	vcpu_start_c(self->v, g_between, 0);
	vcpu_sync(self->v);
	usleep(50000);
	vcpu_finish(self->v);
}

/* An expired timer that nobody takes costs the host nothing. */
GUEST(g_storm,
	"msr	cntv_cval_el0, xzr\n"
	"mov	x0, #1\n"
	"msr	cntv_ctl_el0, x0\n"
	"isb\n"
	"str	x0, [x28]\n"
	"1:	subs	x1, x1, #1\n"
	"b.ne	1b\n"
	"str	x0, [x28]\n"
	"b	.");

static void storm(struct vm *vm)
{
	struct vcpu *v = vcpu_create(vm, 0);
	struct armvcpu_regs r;
	s64 before, after;
	u64 start;

	vcpu_start(v, g_storm);
	get_regs(v, &r);
	r.x[1] = 100000000;		/* some hundred milliseconds */
	set_regs(v, &r);
	vcpu_sync(v);
	start = now_ns();
	before = interrupt_count("armvcpu");
	if (before < 0)
		before = interrupt_count("timer");
	vcpu_sync(v);
	after = interrupt_count("armvcpu");
	if (after < 0)
		after = interrupt_count("timer");
	if (before < 0 || after < 0)
		SKIP(return, "nothing about the timer in /proc/interrupts");
	TH_LOG("%lld interrupts in %llu us", (long long)(after - before),
	       (unsigned long long)(now_ns() - start) / 1000);
	/* ticks of the host, a few thousand a second at most: not one per entry */
	EXPECT_GT((now_ns() - start) / 1000000 * 4 + 1000, (u64)(after - before));
}

TEST(expired_timer_is_no_storm)
{
	storm(vm_create_gic(0, 64, 1));
}

TEST(expired_timer_without_a_gic_is_no_storm)
{
	storm(vm_create(0));
}

/* The same, and the physical timer is to fire in 268 ms. */
GUEST(g_dies,
	"mov	x0, #1\n"
	"mov	x1, #0x1000000\n"
	"msr	cntp_tval_el0, x1\n"
	"msr	cntp_ctl_el0, x0\n"
	"msr	cntv_cval_el0, xzr\n"
	"msr	cntv_ctl_el0, x0\n"
	"isb\n"
	"str	x0, [x28]\n"
	"b	.");

/*
 * A VMM that dies with an expired timer, and with one that would fire later,
 * leaves a host whose timers work.
 */
TEST(vmm_killed_with_an_expired_timer)
{
	volatile int *running = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int i;
	u64 start;

	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)running);
	for (i = 0; i < 10; i++) {
		pid_t pid;
		int status;

		*running = 0;
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			struct vcpu *v = vcpu_create(vm_create_gic(0, 64, 1), 0);

			vcpu_start(v, g_dies);
			vcpu_sync(v);
			*running = 1;
			vcpu_run(v);
			_exit(1);
		}
		ASSERT_TRUE(WAIT_FOR(*running));
		usleep(5000);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	start = now_ns();
	for (i = 0; i < 400; i++)
		usleep(1000);
	EXPECT_LE(400000000ULL, now_ns() - start);
}

/* ---- counters -------------------------------------------------------------------------- */

static volatile u64 last_seen;
static volatile u32 turn;

/* Each in turn: never less than what the other one saw. */
static void g_monotonic(u64 count)
{
	u32 cpu = guest_cpu(), i;

	for (i = 0; i < count; i++) {
		u64 now;

		GUEST_WAIT(turn % 2 == cpu);
		now = guest_counter();
		GUEST_ASSERT(now >= last_seen);
		last_seen = now;
		dsb(sy);
		turn++;
		dsb(sy);
	}
}

TEST(counter_is_one_for_all_vcpus)
{
	struct vm *vm = vm_create_gic(0, 64, 2);
	struct vcpu *v[2];
	unsigned int i;

	if (cpu_count() < 2)
		SKIP(return, "one CPU");
	for (i = 0; i < 2; i++) {
		v[i] = vcpu_create(vm, i);
		vcpu_start_c(v[i], g_monotonic, 5000);
	}
	for (i = 0; i < 2; i++)
		vcpu_thread(v[i], NULL);
	for (i = 0; i < 2; i++)
		vcpu_join(v[i]);
}

static void g_counters(u64 arg)
{
	u64 v, p, v2;

	(void)arg;
	GUEST_ASSERT(read_sysreg(cntfrq_el0));
	v = guest_counter();
	isb();
	p = read_sysreg(cntpct_el0);
	v2 = guest_counter();
	GUEST_ASSERT(v2 >= v);
	/* physical less virtual is the offset: not negative, and lasting */
	GUEST_ASSERT(p >= v);
	GUEST_SYNC(p - v);
	v = guest_counter();
	isb();
	p = read_sysreg(cntpct_el0);
	GUEST_SYNC(p - v);
	GUEST_SYNC(read_sysreg(cntfrq_el0));
	GUEST_SYNC(v);
}

/* A VM's virtual counter starts at zero when it is made, and does not stop. */
TEST(virtual_counter_starts_with_the_vm)
{
	u64 begin = guest_counter(), a, b, count;	/* the host's own counter, here */
	struct vm *vm = vm_create_gic(0, 64, 1);
	struct vcpu *v = vcpu_create(vm, 0);

	usleep(100000);
	vcpu_start_c(v, g_counters, 0);
	a = vcpu_sync(v);
	b = vcpu_sync(v);
	/* the same offset, but for the time between the two reads */
	EXPECT_GT(vm->info.timer_freq, a > b ? a - b : b - a);
	EXPECT_EQ(vm->info.timer_freq, vcpu_sync(v));
	count = vcpu_sync(v);
	EXPECT_LE(vm->info.timer_freq / 10, count);
	EXPECT_GE(guest_counter() - begin, count);
}

TEST_HARNESS_MAIN
