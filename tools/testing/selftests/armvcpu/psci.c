// SPDX-License-Identifier: GPL-2.0-only
/* PSCI 1.1, call by call (Arm DEN0022). */
#define _GNU_SOURCE
#include <signal.h>

#include "testlib.h"

#define CANARY(n)	(0xcafe000000000000ULL | (n))

GUEST(g_call_hvc,
	"hvc	#0\n"
	"str	x0, [x28]\n"
	"b	g_call_hvc");
GUEST(g_call_smc,
	"smc	#0\n"
	"str	x0, [x28]\n"
	"b	g_call_smc");

FIXTURE(psci) {
	struct vm *vm;
	struct vcpu *v, *off;
};
FIXTURE_VARIANT(psci) { const u32 *entry; };
FIXTURE_VARIANT_ADD(psci, hvc) { g_call_hvc };
FIXTURE_VARIANT_ADD(psci, smc) { g_call_smc };
FIXTURE_SETUP(psci)
{
	self->vm = vm_create(0);
	self->v = vcpu_create(self->vm, 0);
	self->off = vcpu_create_off(self->vm, 1);
	vcpu_start(self->v, variant->entry);
}
FIXTURE_TEARDOWN(psci) { }

/* Make a call; canaries in x4 to x27. True: the kernel answered, x0 is *ret. */
static bool call(struct vcpu *v, const u32 *entry, u64 fn, u64 a, u64 b, u64 c, u64 *ret)
{
	struct armvcpu_regs r, after;
	unsigned int i;

	get_regs(v, &r);
	r.pc = (u64)entry;
	r.x[0] = fn;
	r.x[1] = a;
	r.x[2] = b;
	r.x[3] = c;
	for (i = 4; i < 31; i++)
		if (i != 28)
			r.x[i] = CANARY(i);
	r.pstate = PSTATE_EL1H | PSTATE_NZCV;
	set_regs(v, &r);
	vcpu_run(v);
	get_regs(v, &after);
	for (i = 4; i < 31; i++)
		if (after.x[i] != r.x[i])
			th_fail(__FILE__, __LINE__, false, "call 0x%llx: x%u is 0x%llx",
				(unsigned long long)fn, i, after.x[i]);
	EXPECT_EQ(r.pstate, after.pstate);
	EXPECT_EQ(r.sp_el1, after.sp_el1);
	if (v->run->exit_reason != ARMVCPU_EXIT_MMIO)
		return false;
	EXPECT_EQ((u64)entry + 4, after.pc);
	*ret = after.x[0];
	return true;
}

static u64 answer(struct psci_data *self, const struct psci_variant *variant, u64 fn,
		  u64 a, u64 b)
{
	u64 ret = 0;

	if (!call(self->v, variant->entry, fn, a, b, 0, &ret)) {
		TH_LOG("call 0x%llx", (unsigned long long)fn);
		vcpu_unexpected(self->v);
	}
	return ret;
}

#define ANSWER(fn, a, b)	answer(self, variant, fn, a, b)
#define ERR(e)			((u64)(s64)(e))

TEST_F(psci, version_is_1_1)
{
	EXPECT_EQ(0x10001ULL, ANSWER(PSCI_VERSION, 0, 0));
	/* the upper half of x0 is not part of the function's number */
	EXPECT_EQ(0x10001ULL, ANSWER(0xdeadbeef00000000ULL | PSCI_VERSION, 1, 2));
}

TEST_F(psci, features)
{
	static const u32 there[] = {
		PSCI_VERSION, PSCI_CPU_SUSPEND, PSCI_CPU_SUSPEND | PSCI_64, PSCI_CPU_OFF,
		PSCI_CPU_ON, PSCI_CPU_ON | PSCI_64, PSCI_AFFINITY_INFO,
		PSCI_AFFINITY_INFO | PSCI_64, PSCI_MIGRATE_INFO_TYPE, PSCI_SYSTEM_OFF,
		PSCI_SYSTEM_RESET, PSCI_FEATURES, PSCI_SYSTEM_RESET2,
		PSCI_SYSTEM_RESET2 | PSCI_64, SMCCC_VERSION,
	};
	static const u32 missing[] = {
		PSCI_VERSION | PSCI_64, PSCI_CPU_OFF | PSCI_64, PSCI_MIGRATE,
		PSCI_MIGRATE | PSCI_64, PSCI_MIGRATE_INFO_UP, PSCI_SYSTEM_OFF | PSCI_64,
		PSCI_FEATURES | PSCI_64, 0x8400000b, 0x8400000c, 0x8400000d, 0x84000010,
		0x84000013, 0x8400001f, 0xc4000014, 0, 1, 0xffffffff, 0x80000001,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(there); i++)
		EXPECT_EQ(0ULL, ANSWER(PSCI_FEATURES, there[i], 0));
	for (i = 0; i < ARRAY_SIZE(missing); i++)
		if (ANSWER(PSCI_FEATURES, missing[i], 0) != ERR(PSCI_NOT_SUPPORTED))
			th_fail(__FILE__, __LINE__, false, "0x%x is a feature", missing[i]);
	EXPECT_EQ(0ULL, ANSWER(PSCI_FEATURES, 0x1234500000000000ULL | PSCI_CPU_ON, 0));
}

TEST_F(psci, migrate_is_not_needed)
{
	EXPECT_EQ(2ULL, ANSWER(PSCI_MIGRATE_INFO_TYPE, 0, 0));
	EXPECT_EQ(ERR(PSCI_NOT_SUPPORTED), ANSWER(PSCI_MIGRATE, 0, 0));
	EXPECT_EQ(ERR(PSCI_NOT_SUPPORTED), ANSWER(PSCI_MIGRATE_INFO_UP, 0, 0));
}

TEST_F(psci, affinity_info)
{
	const u64 fns[] = { PSCI_AFFINITY_INFO, PSCI_AFFINITY_INFO | PSCI_64 };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0ULL, ANSWER(fns[i], 0, 0));
		EXPECT_EQ(1ULL, ANSWER(fns[i], 1, 0));
		EXPECT_EQ(ERR(PSCI_INVALID_PARAMETERS), ANSWER(fns[i], 2, 0));
		EXPECT_EQ(ERR(PSCI_INVALID_PARAMETERS), ANSWER(fns[i], 0x100, 0));
		EXPECT_EQ(ERR(PSCI_INVALID_PARAMETERS), ANSWER(fns[i], 0x1000000, 0));
		EXPECT_EQ(ERR(PSCI_INVALID_PARAMETERS), ANSWER(fns[i], 0x80000000, 0));
		EXPECT_EQ(ERR(PSCI_INVALID_PARAMETERS), ANSWER(fns[i], 0, 4));
		EXPECT_EQ(ERR(PSCI_INVALID_PARAMETERS), ANSWER(fns[i], 0, ~0ULL));
		/* the cluster is on while one of its CPUs is */
		EXPECT_EQ(0ULL, ANSWER(fns[i], 0, 1));
	}
	/* 32 bits: upper halves are not looked at; 64 bits: they are */
	EXPECT_EQ(1ULL, ANSWER(PSCI_AFFINITY_INFO, 0xffffffff00000001ULL, 0xff00000000ULL));
	EXPECT_EQ(ERR(PSCI_INVALID_PARAMETERS),
		  ANSWER(PSCI_AFFINITY_INFO | PSCI_64, 0x100000001ULL, 0));
}

/* Every function of the range, by 32 and 64-bit number: an answer or an exit. */
TEST_F(psci, every_number)
{
	u64 fn, ret, n;

	for (n = 0; n < 0x40; n++) {
		struct vm *vm = vm_create(0);
		struct vcpu *v = vcpu_create(vm, 0);

		fn = 0x84000000 + (n & 0x1f) + (n & 0x20 ? PSCI_64 : 0);
		if ((fn & ~(u64)PSCI_64) == PSCI_CPU_SUSPEND)
			continue;	/* sleeps: tested below */
		vcpu_create_off(vm, 1);
		vcpu_start(v, variant->entry);
		ret = 0;
		if (call(v, variant->entry, fn, 1, TEST_BASE, 3, &ret)) {
			switch (fn) {
			case PSCI_VERSION:
			case PSCI_AFFINITY_INFO:
			case PSCI_AFFINITY_INFO | PSCI_64:
			case PSCI_MIGRATE_INFO_TYPE:
			case PSCI_FEATURES:
				break;
			case PSCI_SYSTEM_RESET2:
			case PSCI_SYSTEM_RESET2 | PSCI_64:
				EXPECT_EQ(ERR(PSCI_INVALID_PARAMETERS), ret);
				break;
			default:
				if (ret != ERR(PSCI_NOT_SUPPORTED))
					th_fail(__FILE__, __LINE__, false, "0x%llx: 0x%llx",
						(unsigned long long)fn,
						(unsigned long long)ret);
			}
		} else {
			u32 want = fn == PSCI_CPU_OFF ? ARMVCPU_EXIT_CPU_OFF :
				   (fn & ~(u64)PSCI_64) == PSCI_CPU_ON ? ARMVCPU_EXIT_CPU_ON :
				   fn == PSCI_SYSTEM_OFF ? ARMVCPU_EXIT_SYSTEM_OFF :
				   fn == PSCI_SYSTEM_RESET ? ARMVCPU_EXIT_SYSTEM_RESET : ~0U;

			if (v->run->exit_reason != want) {
				TH_LOG("call 0x%llx", (unsigned long long)fn);
				vcpu_unexpected(v);
			}
			EXPECT_EQ(fn, v->run->u.psci.function);
		}
		munmap(v->run, vm->info.run_size);
		close(v->fd);
		vm_close(vm);
	}
}

TEST_F(psci, reset2_types)
{
	u64 ret;

	/* 0: warm; from 0x80000000: the vendor's; others do not exist */
	EXPECT_EQ(ERR(PSCI_INVALID_PARAMETERS), ANSWER(PSCI_SYSTEM_RESET2, 1, 0));
	EXPECT_EQ(ERR(PSCI_INVALID_PARAMETERS), ANSWER(PSCI_SYSTEM_RESET2, 0x7fffffff, 0));
	EXPECT_FALSE(call(self->v, variant->entry, PSCI_SYSTEM_RESET2, 0x1200000000ULL,
			  0xff00000009ULL, 0, &ret));
	EXPECT_EQ(ARMVCPU_EXIT_SYSTEM_RESET, self->v->run->exit_reason);
	EXPECT_EQ(0ULL, self->v->run->u.psci.args[0]);
	EXPECT_EQ(9ULL, self->v->run->u.psci.args[1]);
}

/* ---- CPU_ON and CPU_OFF by the VMM -------------------------------------------------- */

TEST_F(psci, cpu_on_by_the_vmm)
{
	struct armvcpu_exit_psci *p = &self->v->run->u.psci;
	u64 ret;

	EXPECT_FALSE(call(self->v, variant->entry, PSCI_CPU_ON | PSCI_64, 1,
			  (u64)g_call_hvc, 0x5eed, &ret));
	EXPECT_EXIT(self->v, ARMVCPU_EXIT_CPU_ON);
	ASSERT_EQ(0, vcpu_reset_raw(self->off, 0, p->entry, p->context));
	p->ret = PSCI_SUCCESS;
	EXPECT_EQ(0ULL, vcpu_sync(self->v));
	EXPECT_EQ((u64)g_call_hvc, get_pc(self->off));
	EXPECT_EQ(0x5eedULL, get_x(self->off, 0));
	EXPECT_EQ(0ULL, ANSWER(PSCI_AFFINITY_INFO, 1, 0));
}

TEST_F(psci, cpu_off_by_the_vmm)
{
	u64 ret;

	EXPECT_FALSE(call(self->v, variant->entry, PSCI_CPU_OFF, 0, 0, 0, &ret));
	EXPECT_EXIT(self->v, ARMVCPU_EXIT_CPU_OFF);
	EXPECT_EQ(-EHOSTDOWN, vcpu_run_raw(self->v));
	EXPECT_EQ(-EHOSTDOWN, vcpu_run_raw(self->v));
	/* registers can be looked at; a reset starts it again */
	get_x(self->v, 0);
	ASSERT_EQ(0, vcpu_reset_raw(self->v, 0, (u64)variant->entry, PSCI_VERSION));
	vcpu_start(self->v, variant->entry);
	EXPECT_EQ(0x10001ULL, ANSWER(PSCI_VERSION, 0, 0));
}

TEST(run_of_a_vcpu_that_is_off)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create_off(vm, 0);

	EXPECT_EQ(-EHOSTDOWN, vcpu_run_raw(v));
	vcpu_start(v, g_call_hvc);
	EXPECT_EQ(-EHOSTDOWN, vcpu_run_raw(v));
	ASSERT_EQ(0, vcpu_reset_raw(v, ARMVCPU_VCPU_POWERED_OFF, (u64)g_call_hvc, 0));
	EXPECT_EQ(-EHOSTDOWN, vcpu_run_raw(v));
	ASSERT_EQ(0, vcpu_reset_raw(v, 0, (u64)g_call_hvc, 0));
	vcpu_start(v, g_call_hvc);
	vcpu_sync(v);
}

/* ---- SYSTEM_OFF and the resets --------------------------------------------------------- */

GUEST(g_spin, "1: b 1b");

static void *run_once(void *arg)
{
	struct vcpu *v = arg;

	return (void *)(long)vcpu_run_raw(v);
}

static void check_end(u32 fn, u32 reason, const u32 *entry)
{
	struct vm *vm = vm_create_gic(0, 64, 4);
	struct vcpu *v[4];
	unsigned int i;
	u64 ret;

	/* one calls, one runs, one is in WFI by way of CPU_SUSPEND, one is off */
	v[0] = vcpu_create(vm, 0);
	v[1] = vcpu_create(vm, 1);
	v[2] = vcpu_create(vm, 2);
	v[3] = vcpu_create_off(vm, 3);
	vcpu_start(v[0], entry);
	vcpu_start(v[1], g_spin);
	vcpu_start(v[2], g_call_hvc);
	{
		struct armvcpu_regs r;

		get_regs(v[2], &r);
		r.x[0] = PSCI_CPU_SUSPEND | PSCI_64;
		set_regs(v[2], &r);
	}
	vcpu_thread(v[1], run_once);
	vcpu_thread(v[2], run_once);
	ASSERT_TRUE(wait_asleep(v[2]->tid));

	EXPECT_FALSE(call(v[0], entry, fn, 0, 0, 0, &ret));
	EXPECT_EXIT(v[0], reason);
	EXPECT_EQ(fn, v[0]->run->u.psci.function);
	EXPECT_EQ(0, v[0]->run->u.psci.flags);
	for (i = 1; i < 3; i++) {
		EXPECT_EQ(0L, (long)vcpu_join(v[i]));
		EXPECT_EXIT(v[i], reason);
		EXPECT_EQ(fn, v[i]->run->u.psci.function);
		EXPECT_EQ(ARMVCPU_PSCI_BY_OTHER, v[i]->run->u.psci.flags);
		EXPECT_EQ(0ULL, v[i]->run->esr);
	}
	/* it is over for all of them, till they are reset */
	for (i = 0; i < 3; i++)
		EXPECT_EQ(-EHOSTDOWN, vcpu_run_raw(v[i]));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, vcpu_reset_raw(v[i], 0, (u64)g_call_hvc, 0));
		vcpu_start(v[i], g_call_hvc);
		EXPECT_TRUE(call(v[i], g_call_hvc, PSCI_VERSION, 0, 0, 0, &ret));
	}
}

TEST(system_off_ends_all_vcpus)
{
	check_end(PSCI_SYSTEM_OFF, ARMVCPU_EXIT_SYSTEM_OFF, g_call_hvc);
}

TEST(system_reset_ends_all_vcpus)
{
	check_end(PSCI_SYSTEM_RESET, ARMVCPU_EXIT_SYSTEM_RESET, g_call_smc);
}

TEST(system_reset2_ends_all_vcpus)
{
	check_end(PSCI_SYSTEM_RESET2, ARMVCPU_EXIT_SYSTEM_RESET, g_call_hvc);
}

/* All at once: one of them is the caller, the others are told, all once. */
TEST(system_off_by_all_at_once)
{
	unsigned int round, i;

	for (round = 0; round < 20; round++) {
		struct vm *vm = vm_create(0);
		struct vcpu *v[4];
		unsigned int callers = 0;

		for (i = 0; i < 4; i++) {
			struct armvcpu_regs r;

			v[i] = vcpu_create(vm, i);
			vcpu_start(v[i], g_call_hvc);
			get_regs(v[i], &r);
			r.x[0] = PSCI_SYSTEM_OFF;
			set_regs(v[i], &r);
		}
		for (i = 0; i < 4; i++)
			vcpu_thread(v[i], run_once);
		for (i = 0; i < 4; i++) {
			EXPECT_EQ(0L, (long)vcpu_join(v[i]));
			EXPECT_EXIT(v[i], ARMVCPU_EXIT_SYSTEM_OFF);
			callers += !(v[i]->run->u.psci.flags & ARMVCPU_PSCI_BY_OTHER);
		}
		EXPECT_EQ(1, callers);
		for (i = 0; i < 4; i++) {
			EXPECT_EQ(-EHOSTDOWN, vcpu_run_raw(v[i]));
			vcpu_close(v[i]);
		}
		vm_close(vm);
	}
}

/* ---- PSCI in the kernel ------------------------------------------------------------------ */

static volatile u32 on_count, cpu_results[MAX_TEST_VCPUS][8];
static volatile u32 seen_on[MAX_TEST_VCPUS];
static volatile u64 seen_mpidr[MAX_TEST_VCPUS], seen_sctlr[MAX_TEST_VCPUS];

static u64 cpu_on(u64 target)
{
	return hvc4(PSCI_CPU_ON | PSCI_64, target, (u64)guest_secondary, target);
}

static u64 affinity(u64 target)
{
	return hvc4(PSCI_AFFINITY_INFO | PSCI_64, target, 0, 0);
}

static void g_off(u64 cpu)
{
	seen_mpidr[cpu] = read_sysreg(mpidr_el1);
	guest_add(seen_on[cpu], 1);
	GUEST_ASSERT_EQ(0, affinity(cpu));
	hvc4(PSCI_CPU_OFF, 0, 0, 0);
	GUEST_ASSERT(!"CPU_OFF returned");
}

static void g_on_off(u64 cpus)
{
	u64 cpu;
	u32 round;

	guest_secondary_fn = g_off;
	dsb(sy);
	GUEST_ASSERT_EQ(ERR(PSCI_ALREADY_ON), cpu_on(0));
	GUEST_ASSERT_EQ(ERR(PSCI_INVALID_PARAMETERS), cpu_on(cpus));
	GUEST_ASSERT_EQ(ERR(PSCI_INVALID_PARAMETERS), cpu_on(1ULL << 31 | 1));
	GUEST_ASSERT_EQ(ERR(PSCI_INVALID_PARAMETERS), cpu_on(1ULL << 24 | 1));
	GUEST_ASSERT_EQ(ERR(PSCI_INVALID_ADDRESS),
			hvc4(PSCI_CPU_ON | PSCI_64, 1, (u64)guest_secondary + 2, 0));
	for (round = 1; round <= 20; round++) {
		for (cpu = 1; cpu < cpus; cpu++) {
			GUEST_ASSERT_EQ(1, affinity(cpu));
			GUEST_ASSERT_EQ(0, cpu_on(cpu));
		}
		for (cpu = 1; cpu < cpus; cpu++) {
			GUEST_WAIT(seen_on[cpu] == round);
			GUEST_WAIT(affinity(cpu) == 1);
			GUEST_ASSERT_EQ(cpu | 1ULL << 31, seen_mpidr[cpu]);
		}
	}
	hvc4(PSCI_SYSTEM_OFF, 0, 0, 0);
}

/* Runs till the end of the machine; messages are taken up. */
static void *run_to_system_off(void *arg)
{
	struct vcpu *v = arg;

	for (;;) {
		vcpu_run(v);
		if (v->run->exit_reason == ARMVCPU_EXIT_SYSTEM_OFF)
			return NULL;
		if (!vcpu_message(v))
			vcpu_unexpected(v);
	}
}

static void run_kernel_psci(unsigned int cpus, void (*fn)(u64 arg), u64 arg)
{
	struct vm *vm = vm_create_gic(ARMVCPU_VM_PSCI_IN_KERNEL, 64, cpus);
	struct vcpu *v[MAX_TEST_VCPUS];
	unsigned int i;

	v[0] = vcpu_create(vm, 0);
	for (i = 1; i < cpus; i++)
		v[i] = vcpu_create_off(vm, i);
	vcpu_start_c(v[0], fn, arg);
	for (i = 0; i < cpus; i++)
		vcpu_thread(v[i], run_to_system_off);
	for (i = 0; i < cpus; i++)
		vcpu_join(v[i]);
}

TEST(kernel_psci_on_and_off)
{
	run_kernel_psci(4, g_on_off, 4);
}

/* Three vCPUs start the fourth at once: one succeeds. */
#define RACERS	3

static volatile u32 gate, won, done;

static void g_race_target(u64 cpu)
{
	GUEST_ASSERT_EQ(RACERS, cpu);
	guest_add(on_count, 1);
	hvc4(PSCI_CPU_OFF, 0, 0, 0);
	GUEST_ASSERT(!"CPU_OFF returned");
}

static void g_racer_rounds(u64 me, u32 rounds)
{
	u32 i;

	for (i = 1; i <= rounds; i++) {
		u64 ret;

		/* the target is off, all racers are here */
		GUEST_WAIT(gate == i);
		ret = cpu_on(RACERS);
		if (ret == PSCI_SUCCESS)
			guest_add(won, 1);
		else
			GUEST_ASSERT(ret == ERR(PSCI_ALREADY_ON) ||
				     ret == ERR(PSCI_ON_PENDING) || ret == 0);
		guest_add(done, 1);
		if (me == 0) {
			GUEST_WAIT(done == i * RACERS);
			GUEST_WAIT(affinity(RACERS) == 1);
			GUEST_WAIT(on_count == won);
			gate = i + 1;
		}
	}
}

static void g_racer(u64 cpu)
{
	if (cpu == RACERS) {
		g_race_target(cpu);
		return;
	}
	g_racer_rounds(cpu, 200);
	hvc4(PSCI_CPU_OFF, 0, 0, 0);
}

static void g_race(u64 arg)
{
	u64 cpu;

	(void)arg;
	guest_secondary_fn = g_racer;
	dsb(sy);
	for (cpu = 1; cpu < RACERS; cpu++)
		GUEST_ASSERT_EQ(0, cpu_on(cpu));
	gate = 1;
	g_racer_rounds(0, 200);
	for (cpu = 1; cpu <= RACERS; cpu++)
		GUEST_WAIT(affinity(cpu) == 1);
	/* each success is one start, and there was at least one a round */
	GUEST_ASSERT_EQ(won, on_count);
	GUEST_ASSERT(won >= 200);
	hvc4(PSCI_SYSTEM_OFF, 0, 0, 0);
}

TEST(kernel_psci_race_for_one_target)
{
	run_kernel_psci(RACERS + 1, g_race, 0);
}

/* A target that is on, for good: exactly one success. */
static void g_stay(u64 cpu)
{
	guest_add(on_count, 1);
	(void)cpu;
	for (;;)
		wfi();
}

static volatile u32 arrived;

static void g_one_winner(u64 cpu)
{
	if (cpu == RACERS) {
		g_stay(cpu);
		return;
	}
	guest_add(arrived, 1);
	GUEST_WAIT(arrived == RACERS);
	if (cpu_on(RACERS) == 0)
		guest_add(won, 1);
	guest_add(done, 1);
	if (cpu)
		for (;;)
			wfi();
	GUEST_WAIT(done == RACERS);
	GUEST_WAIT(on_count == 1);
	GUEST_ASSERT_EQ(1, won);
	GUEST_ASSERT_EQ(ERR(PSCI_ALREADY_ON), cpu_on(RACERS));
	hvc4(PSCI_SYSTEM_OFF, 0, 0, 0);
}

static void g_winner(u64 arg)
{
	u64 cpu;

	(void)arg;
	guest_secondary_fn = g_one_winner;
	dsb(sy);
	for (cpu = 1; cpu < RACERS; cpu++)
		GUEST_ASSERT_EQ(0, cpu_on(cpu));
	g_one_winner(0);
}

TEST(kernel_psci_exactly_one_success)
{
	unsigned int i;

	for (i = 0; i < 10; i++)
		run_kernel_psci(RACERS + 1, g_winner, 0);
}

/* A vCPU that is off sleeps in RUN, and signals reach it. */
static void on_signal(int sig)
{
	(void)sig;
}

TEST(kernel_psci_off_sleeps_in_run)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct vm *vm = vm_create(ARMVCPU_VM_PSCI_IN_KERNEL);
	struct vcpu *v0 = vcpu_create(vm, 0), *v = vcpu_create_off(vm, 1);
	unsigned int i;
	u64 ret, cpu;

	sigaction(SIGUSR1, &sa, NULL);
	for (i = 0; i < 3; i++) {
		vcpu_thread(v, run_once);
		ASSERT_TRUE(wait_asleep(v->tid));
		cpu = thread_cpu_ns(v->thread);
		usleep(50000);
		EXPECT_GT(20000000ULL, thread_cpu_ns(v->thread) - cpu);
		pthread_kill(v->thread, SIGUSR1);
		EXPECT_EQ((long)-EINTR, (long)vcpu_join(v));
		EXPECT_EQ(ARMVCPU_EXIT_INTR, v->run->exit_reason);
	}
	/* CPU_ON wakes it */
	vcpu_thread(v, run_once);
	ASSERT_TRUE(wait_asleep(v->tid));
	vcpu_start(v0, g_call_hvc);
	ASSERT_TRUE(call(v0, g_call_hvc, PSCI_CPU_ON | PSCI_64, 1, (u64)g_call_hvc + 4, 0x1234,
			 &ret));
	EXPECT_EQ(0ULL, ret);
	EXPECT_EQ(0L, (long)vcpu_join(v));
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);	/* a store of x0 to [x28], which is 0 */
	EXPECT_EQ(0x1234ULL, v->run->u.mmio.data);
	EXPECT_EQ((u64)g_call_hvc + 4, v->run->pc);
}

/* CPU_SUSPEND sleeps as a WFI does. */
static volatile u32 ticks;

static void g_tick(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	ticks++;
	gic_eoi(intid);
}

static void g_suspend(u64 fn)
{
	guest_irq_handler = g_tick;
	gic_dist_init();
	gic_cpu_init();
	gic_edge(40, true);
	gic_enable(40);
	GUEST_SYNC(0);
	/* masked: it returns, with the interrupt pending */
	do {
		GUEST_ASSERT_EQ(0, hvc4(fn, 0, 0, 0));
	} while (!irq_pending());
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(1, ticks);
}

TEST(cpu_suspend_sleeps_until_an_interrupt)
{
	u64 fns[] = { PSCI_CPU_SUSPEND, PSCI_CPU_SUSPEND | PSCI_64 };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct vcpu *v = vcpu_create(vm_create_gic(0, 64, 1), 0);

		vcpu_start_c(v, g_suspend, fns[i]);
		vcpu_sync(v);
		vcpu_thread(v, NULL);
		ASSERT_TRUE(wait_asleep(v->tid));
		irq_line(v->vm, ARMVCPU_IRQ_SPI, 40, 0, 1);
		vcpu_join(v);
	}
}

TEST_HARNESS_MAIN
