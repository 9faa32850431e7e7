// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSCI: each function of each convention with canaries in all registers, power
 * states against a model of their own, and races with real threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include <linux/mutex.h>
#include <linux/processor.h>
#include <linux/spinlock.h>

/*
 * Locks that work between threads. Before one is taken, others may run: another
 * call from beginning to end at the nth lock that the first one takes with no
 * other in hand, if a test wants so, or another thread.
 */
static __thread unsigned int locks_held;
static int lock_countdown;
static void (*at_lock)(void);

static void real_lock(int *held)
{
	if (at_lock && !locks_held && !lock_countdown--)
		at_lock();
	sched_yield();
	while (__atomic_exchange_n(held, 1, __ATOMIC_ACQUIRE))
		sched_yield();
	locks_held++;
}

static void real_unlock(int *held)
{
	if (!__atomic_exchange_n(held, 0, __ATOMIC_RELEASE))
		abort();
	locks_held--;
}

#undef spin_lock
#undef spin_unlock
#undef mutex_lock
#undef mutex_unlock
#define spin_lock(l)	real_lock(&(l)->held)
#define spin_unlock(l)	real_unlock(&(l)->held)
#define mutex_lock(m)	real_lock(&(m)->held)
#define mutex_unlock(m)	real_unlock(&(m)->held)

/* Somebody waits: others go on. */
static void relax(void);

#undef cpu_relax
#define cpu_relax()	relax()

struct xarray;
static void *test_vcpu(const struct xarray *xa, unsigned long id);
#define xa_for_each(xa, id, entry) \
	for ((id) = 0; ((entry) = test_vcpu(xa, id)); (id)++)

#include "psci.c"

/* Nested without indentation: all combinations. */
#define EACH(var, n)	for ((var) = 0; (var) < (n); (var)++)

#define NR_VCPUS	6
#define CALLER		1

/* Two clusters of Aff1, one CPU of another Aff2, one of another Aff3. */
static const u64 mpidrs[NR_VCPUS] = {
	0x0, 0x1, 0x100, 0x101, 0x10000, 0x100000000,
};

static struct armvcpu_vm vm;
static struct armvcpu_vcpu vcpus[NR_VCPUS];
static struct hyp_vcpu hyps[NR_VCPUS], saved;
static struct armvcpu_run runs[NR_VCPUS];
static unsigned int requests[NR_VCPUS][2];
static unsigned int waits, resets, reports, to_vmms;
static enum exit_action wait_result;
static void (*during_reset)(struct armvcpu_vcpu *vcpu);

static void *test_vcpu(const struct xarray *xa, unsigned long id)
{
	assert_ptr_equal(xa, &vm.vcpus);
	return id < NR_VCPUS ? &vcpus[id] : NULL;
}

void vcpu_request(struct armvcpu_vcpu *vcpu, int req)
{
	/* With what it is about, or VCPU_RESET could come between. */
	if (!__atomic_load_n(&vcpu->power_lock.held, __ATOMIC_RELAXED))
		abort();
	__atomic_or_fetch(&vcpu->requests, 1UL << req, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&requests[vcpu->id][req], 1, __ATOMIC_SEQ_CST);
}

void exit_report(struct armvcpu_vcpu *vcpu, u32 reason)
{
	__atomic_add_fetch(&reports, 1, __ATOMIC_SEQ_CST);
	memset(vcpu->run, 0, sizeof(*vcpu->run));
	vcpu->run->exit_reason = reason;
}

void exit_to_vmm(struct armvcpu_vcpu *vcpu, u32 reason)
{
	exit_report(vcpu, reason);
	vcpu->run->esr = 0xe5;
	vcpu->run->far = 0xfa;
	vcpu->run->ipa = 0x1a;
	to_vmms++;
	vcpu->pending.reason = reason;
}

void exit_to_vmm_for_good(struct armvcpu_vcpu *vcpu, u32 reason)
{
	exit_report(vcpu, reason);
	vcpu->run->esr = 0xe5;
	vcpu->run->far = 0xfa;
	vcpu->run->ipa = 0x1a;
}

enum exit_action wfx_wait(struct armvcpu_vcpu *vcpu)
{
	waits++;
	return wait_result;
}

int vcpu_reset(struct armvcpu_vcpu *vcpu, u64 pc, u64 x0)
{
	resets++;
	assert_int_equal(vcpu->power_lock.held, 0);
	vcpu->hyp->pc = pc;
	vcpu->hyp->x[0] = x0;
	if (during_reset)
		during_reset(vcpu);
	return 0;
}

static void fresh(u32 flags)
{
	unsigned int i, r;

	memset(&vm, 0, sizeof(vm));
	memset(vcpus, 0, sizeof(vcpus));
	memset(runs, 0, sizeof(runs));
	memset(requests, 0, sizeof(requests));
	waits = resets = reports = to_vmms = 0;
	wait_result = EXIT_HANDLED;
	during_reset = NULL;
	vm.flags = flags;
	for (i = 0; i < NR_VCPUS; i++) {
		vcpus[i].vm = &vm;
		vcpus[i].id = i;
		vcpus[i].mpidr = mpidrs[i];
		vcpus[i].hyp = &hyps[i];
		vcpus[i].run = &runs[i];
		vcpus[i].power = i == CALLER ? VCPU_ON : VCPU_OFF;
		memset(&hyps[i], 0, sizeof(hyps[i]));
		for (r = 0; r < 31; r++)
			hyps[i].x[r] = 0xc0ffee0000000000ULL | i << 8 | r;
		hyps[i].pc = 0x80000;
		hyps[i].pstate = 0x3c5;
	}
}

/* W1 to W3 of 32-bit calls come with garbage above them. */
static enum exit_action call(u32 fn, u64 x1, u64 x2, u64 x3)
{
	struct hyp_vcpu *v = &hyps[CALLER];
	u64 junk = fn & 0x40000000 ? 0 : 0xdeadbeef00000000ULL;
	enum exit_action action;

	v->x[0] = fn;
	v->x[1] = x1 | junk;
	v->x[2] = x2 | junk;
	v->x[3] = x3 | junk;
	saved = *v;
	action = psci_call(&vcpus[CALLER], fn);
	/* X0 apart, nothing of the caller has changed. */
	saved.x[0] = v->x[0];
	assert_memory_equal(v, &saved, sizeof(saved));
	return action;
}

static void expect_answer(u32 fn, u64 x1, u64 x2, u64 x3, s64 want)
{
	assert_int_equal(call(fn, x1, x2, x3), EXIT_HANDLED);
	assert_true((s64)hyps[CALLER].x[0] == want);
	assert_int_equal(reports, 0);
}

static void range(void **state)
{
	static const u32 middle[] = { 0, 0x1, 0x80, 0xff };
	unsigned int top, low, i;

	for (top = 0; top < 256; top++)
		for (i = 0; i < 4; i++)
			for (low = 0; low < 0x10000; low++) {
				u32 fn = top << 24 | middle[i] << 16 | low;
				bool is = (top == 0x84 || top == 0xc4) &&
					  !middle[i] && low <= 0x1f;

				if (psci_is_call(fn) != is)
					fail_msg("%08x", fn);
			}
}

enum what { NO, ANSWER, SUSPEND, OFF, ON, AFFINITY, END, RESET2 };

/* DEN0022: functions by number, as a 32-bit and as a 64-bit call. */
static const struct {
	enum what what32, what64;
	s64 answer;
} functions[32] = {
	[0] = { ANSWER, NO, 0x10001 },		/* PSCI_VERSION */
	[1] = { SUSPEND, SUSPEND },
	[2] = { OFF, NO },
	[3] = { ON, ON },
	[4] = { AFFINITY, AFFINITY },
	[6] = { ANSWER, NO, 2 },		/* MIGRATE_INFO_TYPE */
	[8] = { END, NO },
	[9] = { END, NO },
	[10] = { ANSWER, NO, -1 },		/* PSCI_FEATURES of garbage */
	[18] = { RESET2, RESET2 },
};

static void every_function(void **state)
{
	unsigned int n, wide, mode;

	EACH(mode, 2)
	EACH(n, 32)
	EACH(wide, 2) {
		u32 fn = (wide ? 0xc4000000 : 0x84000000) + n;
		enum what what = wide ? functions[n].what64 : functions[n].what32;
		enum exit_action action;
		s64 x0;

		fresh(mode ? ARMVCPU_VM_PSCI_IN_KERNEL : 0);
		action = call(fn, 0xdead, 0x4000, 0xcafe);
		x0 = hyps[CALLER].x[0];

		switch (what) {
		case NO:
			assert_int_equal(action, EXIT_HANDLED);
			assert_true(x0 == -1);
			break;
		case ANSWER:
			assert_int_equal(action, EXIT_HANDLED);
			assert_true(x0 == functions[n].answer);
			break;
		case SUSPEND:
			assert_int_equal(action, EXIT_HANDLED);
			assert_true(x0 == 0);
			assert_int_equal(waits, 1);
			break;
		case AFFINITY:			/* no level 0x4000 */
			assert_int_equal(action, EXIT_HANDLED);
			assert_true(x0 == -2);
			break;
		case RESET2:			/* no type 0xdead */
			assert_int_equal(action, EXIT_HANDLED);
			assert_true(x0 == -2);
			break;
		case ON:			/* no CPU 0xdead */
			assert_int_equal(action, mode ? EXIT_HANDLED : EXIT_TO_VMM);
			assert_true(x0 == (mode ? -2 : (s64)fn));
			break;
		case OFF:
			assert_int_equal(action, mode ? EXIT_RETRY : EXIT_TO_VMM);
			break;
		case END:
			assert_int_equal(action, EXIT_TO_VMM);
			break;
		}
		assert_int_equal(reports, action == EXIT_TO_VMM);
		assert_int_equal(waits, what == SUSPEND);
		assert_int_equal(vcpus[CALLER].power,
				 what == OFF || what == END ? VCPU_OFF : VCPU_ON);
		assert_int_equal(vcpus[CALLER].system_event, what == END ? fn : 0);
	}
}

static void features(void **state)
{
	unsigned int n, wide;

	fresh(0);
	for (n = 0; n < 0x200; n++)
		for (wide = 0; wide < 2; wide++) {
			u32 fn = (wide ? 0xc4000000 : 0x84000000) + n;
			enum what what = n > 31 ? NO : wide ? functions[n].what64 :
							      functions[n].what32;

			expect_answer(0x8400000a, fn, 0, 0, what == NO ? -1 : 0);
		}
	expect_answer(0x8400000a, 0x80000000, 0, 0, 0);	/* SMCCC_VERSION */
	expect_answer(0x8400000a, 0x80000001, 0, 0, -1);
	expect_answer(0x8400000a, 0, 0, 0, -1);
	expect_answer(0x8400000a, 0xffffffff, 0, 0, -1);
}

/* DEN0022 5.7.1, written down as sets of CPUs. */
static s64 model_affinity(u64 target, u64 level)
{
	bool on = false, pending = false, any = false;
	unsigned int i;

	if (level > 3 || (target & 0xffffff00ff000000ULL))
		return -2;
	for (i = 0; i < NR_VCPUS; i++) {
		u8 aff[4] = {
			mpidrs[i], mpidrs[i] >> 8, mpidrs[i] >> 16, mpidrs[i] >> 32,
		};
		u8 want[4] = { target, target >> 8, target >> 16, target >> 32 };
		bool in = true;
		unsigned int l;

		for (l = level; l < 4; l++)
			in = in && aff[l] == want[l];
		any |= in;
		on |= in && vcpus[i].power == VCPU_ON;
		pending |= in && vcpus[i].power == VCPU_ON_PENDING;
	}
	return !any ? -2 : on ? 0 : pending ? 2 : 1;
}

static void affinity_info_all(void **state)
{
	static const u64 targets[] = {
		0, 1, 2, 0xff, 0x100, 0x101, 0x1ff, 0x200, 0x10000, 0x10001,
		0x1ffff, 0x20000, 0x100000000, 0x1ffffffff, 0x100ffffff, 0x200000000,
		0x80000000, 0x1000000, 0x10000000000, 0x8000000000000000,
	};
	unsigned int power, i, t, level;

	for (power = 0; power < 729; power++) {		/* 3 to the 6th */
		unsigned int p = power;

		fresh(power & 1 ? ARMVCPU_VM_PSCI_IN_KERNEL : 0);
		for (i = 0; i < NR_VCPUS; i++, p /= 3)
			vcpus[i].power = p % 3;
		for (t = 0; t < ARRAY_SIZE(targets); t++)
			for (level = 0; level < 6; level++) {
				expect_answer(0xc4000004, targets[t], level, 0,
					      model_affinity(targets[t], level));
				expect_answer(0x84000004, (u32)targets[t], level, 0,
					      model_affinity((u32)targets[t], level));
			}
	}
	/* No level hides in the upper half of a 64-bit argument. */
	expect_answer(0xc4000004, 0, 0x100000000, 0, -2);
	expect_answer(0xc4000004, 0, ~0ULL, 0, -2);
}

static void cpu_on_in_kernel(void **state)
{
	unsigned int i, p, wide;

	EACH(wide, 2)
	EACH(i, NR_VCPUS)
	EACH(p, VCPU_ON_PENDING + 1) {
		static const s64 want[] = {
			[VCPU_ON] = -4, [VCPU_OFF] = 0, [VCPU_ON_PENDING] = -5,
		};
		u32 fn = wide ? 0xc4000003 : 0x84000003;
		u64 entry = wide ? 0xffff800040200000ULL : 0x40200000;
		u64 context = wide ? 0x1122334455667788ULL : 0x55667788;

		if (!wide && mpidrs[i] >> 32)
			continue;
		fresh(ARMVCPU_VM_PSCI_IN_KERNEL);
		vcpus[i].power = p;
		vcpus[i].cpu_on.entry = vcpus[i].cpu_on.context = 7;
		expect_answer(fn, mpidrs[i], entry, context, want[p]);
		assert_int_equal(requests[i][VCPU_REQ_RESET], p == VCPU_OFF);
		assert_int_equal(requests[i][VCPU_REQ_SYSTEM_EVENT], 0);
		assert_int_equal(vcpus[i].power, p == VCPU_OFF ? VCPU_ON_PENDING : p);
		assert_true(vcpus[i].cpu_on.entry == (p == VCPU_OFF ? entry : 7));
		assert_true(vcpus[i].cpu_on.context == (p == VCPU_OFF ? context : 7));
		/* And a second time. */
		expect_answer(fn, mpidrs[i], entry, 1, p == VCPU_ON ? -4 : -5);
		assert_true(vcpus[i].cpu_on.context == (p == VCPU_OFF ? context : 7));
		assert_int_equal(requests[i][VCPU_REQ_RESET], p == VCPU_OFF);
	}
}

static void cpu_on_refused(void **state)
{
	static const u64 nobody[] = {
		2, 0x200, 0x20000, 0x200000000, 0x80000000, 0x80000001,
		0x40000000, 0x1000000, 0x8000000000000000, ~0ULL,
	};
	unsigned int i, low;

	fresh(ARMVCPU_VM_PSCI_IN_KERNEL);
	for (i = 0; i < ARRAY_SIZE(nobody); i++)
		expect_answer(0xc4000003, nobody[i], 0x1000, 0, -2);
	for (low = 1; low < 4; low++)
		expect_answer(0xc4000003, 0, 0x1000 + low, 0, -9);
	/* An error of the target comes before one of the address. */
	expect_answer(0xc4000003, 2, 0x1001, 0, -2);
	for (i = 0; i < NR_VCPUS; i++) {
		assert_int_equal(vcpus[i].power, i == CALLER ? VCPU_ON : VCPU_OFF);
		assert_int_equal(requests[i][VCPU_REQ_RESET], 0);
	}
	vcpus[0].system_event = 0x84000008;
	expect_answer(0xc4000003, 0, 0x1000, 0, -3);
	assert_int_equal(vcpus[0].power, VCPU_OFF);
}

static void cpu_on_exit(void **state)
{
	struct armvcpu_run *run = &runs[CALLER];

	/* Whether there is such a CPU is the VMM's to know. */
	fresh(0);
	assert_int_equal(call(0xc4000003, 0x8000000000000077, 0x1003, 0x99aabbccddeeff00),
			 EXIT_TO_VMM);
	assert_int_equal(run->exit_reason, ARMVCPU_EXIT_CPU_ON);
	assert_int_equal(run->u.psci.function, 0xc4000003);
	assert_int_equal(run->u.psci.flags, 0);
	assert_true(run->u.psci.target == 0x8000000000000077);
	assert_true(run->u.psci.entry == 0x1003);
	assert_true(run->u.psci.context == 0x99aabbccddeeff00);
	assert_true(run->u.psci.args[0] == 0 && run->u.psci.args[1] == 0);
	assert_int_equal(vcpus[CALLER].pending.reason, ARMVCPU_EXIT_CPU_ON);
	assert_true(hyps[CALLER].x[0] == 0xc4000003);
	psci_complete(&vcpus[CALLER], -4);
	assert_true(hyps[CALLER].x[0] == 0xfffffffffffffffcULL);

	fresh(0);
	assert_int_equal(call(0x84000003, 0x100, 0x40080000, 0xf0000000), EXIT_TO_VMM);
	assert_int_equal(run->u.psci.function, 0x84000003);
	assert_true(run->u.psci.target == 0x100);
	assert_true(run->u.psci.entry == 0x40080000);
	assert_true(run->u.psci.context == 0xf0000000);
	psci_complete(&vcpus[CALLER], 0);
	assert_true(hyps[CALLER].x[0] == 0);
}

static void cpu_off_both(void **state)
{
	fresh(0);
	assert_int_equal(call(0x84000002, 0, 0, 0), EXIT_TO_VMM);
	assert_int_equal(runs[CALLER].exit_reason, ARMVCPU_EXIT_CPU_OFF);
	assert_int_equal(runs[CALLER].u.psci.function, 0x84000002);
	assert_int_equal(vcpus[CALLER].power, VCPU_OFF);
	assert_int_equal(to_vmms, 0);

	fresh(ARMVCPU_VM_PSCI_IN_KERNEL);
	assert_int_equal(call(0x84000002, 0, 0, 0), EXIT_RETRY);
	assert_int_equal(reports, 0);
	assert_int_equal(vcpus[CALLER].power, VCPU_OFF);
	/* Off, and to be started again. */
	expect_answer(0xc4000003, mpidrs[CALLER], 0x1000, 5, 0);
	psci_take_cpu_on(&vcpus[CALLER]);
	assert_int_equal(vcpus[CALLER].power, VCPU_ON);
}

static void suspend(void **state)
{
	fresh(0);
	wait_result = EXIT_RETRY;
	assert_int_equal(call(0xc4000001, 0, 0x1000, 0), EXIT_RETRY);
	assert_true(hyps[CALLER].x[0] == 0xc4000001);	/* to be called again */
	wait_result = EXIT_HANDLED;
	assert_int_equal(call(0x84000001, 0x10000, 0x1000, 0), EXIT_HANDLED);
	assert_true(hyps[CALLER].x[0] == 0);
	assert_int_equal(waits, 2);
}

static void end_one(u32 fn, u64 x1, u64 x2, u32 reason, u64 arg0, u64 arg1, u32 flags)
{
	unsigned int i;

	fresh(flags);
	vcpus[3].power = VCPU_ON;
	vcpus[4].power = VCPU_ON_PENDING;
	assert_int_equal(call(fn, x1, x2, 0), EXIT_TO_VMM);
	assert_int_equal(runs[CALLER].exit_reason, reason);
	assert_int_equal(runs[CALLER].u.psci.function, fn);
	assert_int_equal(runs[CALLER].u.psci.flags, 0);
	assert_true(runs[CALLER].u.psci.args[0] == arg0);
	assert_true(runs[CALLER].u.psci.args[1] == arg1);
	for (i = 0; i < NR_VCPUS; i++) {
		assert_int_equal(vcpus[i].system_event, fn);
		assert_int_equal(vcpus[i].power, VCPU_OFF);
		assert_int_equal(requests[i][VCPU_REQ_SYSTEM_EVENT], i != CALLER);
		assert_int_equal(requests[i][VCPU_REQ_RESET], 0);
		if (i == CALLER)
			continue;
		psci_report_system_event(&vcpus[i]);
		assert_int_equal(runs[i].exit_reason, reason);
		assert_int_equal(runs[i].u.psci.function, fn);
		assert_int_equal(runs[i].u.psci.flags, ARMVCPU_PSCI_BY_OTHER);
		/* No syndrome of an exit that had other reasons. */
		assert_true(!runs[i].esr && !runs[i].far && !runs[i].ipa);
	}
	/* Nothing is left to be completed by the next RUN. */
	assert_int_equal(to_vmms, 0);
	assert_int_equal(vcpus[CALLER].pending.reason, ARMVCPU_EXIT_UNKNOWN);
}

static void system_ends(void **state)
{
	unsigned int mode;

	for (mode = 0; mode < 2; mode++) {
		u32 flags = mode ? ARMVCPU_VM_PSCI_IN_KERNEL : 0;

		end_one(0x84000008, 9, 9, ARMVCPU_EXIT_SYSTEM_OFF, 0, 0, flags);
		end_one(0x84000009, 9, 9, ARMVCPU_EXIT_SYSTEM_RESET, 0, 0, flags);
		end_one(0x84000012, 0, 0x33, ARMVCPU_EXIT_SYSTEM_RESET, 0, 0x33, flags);
		end_one(0xc4000012, 0, 0x8877665544332211, ARMVCPU_EXIT_SYSTEM_RESET,
			0, 0x8877665544332211, flags);
		end_one(0x84000012, 0x80000000, 1, ARMVCPU_EXIT_SYSTEM_RESET,
			0x80000000, 1, flags);
		end_one(0xc4000012, 0xffffffff, 2, ARMVCPU_EXIT_SYSTEM_RESET,
			0xffffffff, 2, flags);
		/* The type has 32 bits in both. */
		end_one(0xc4000012, 0xabcd000000000000, 2, ARMVCPU_EXIT_SYSTEM_RESET,
			0, 2, flags);
	}
}

/* Of those who are in the guest one leaves at each third look; one is reset there. */
#define RESET_MEANWHILE	4

static unsigned int looks;

static void relax(void)
{
	unsigned int i;

	assert_int_equal(locks_held, 0);
	assert_int_equal(reports, 0);
	looks++;
	assert_true(looks < 100);
	for (i = 0; i < NR_VCPUS && looks % 3 == 0; i++) {
		if (vcpus[i].mode != VCPU_IN_GUEST || !vcpus[i].system_event)
			continue;
		assert_int_equal(requests[i][VCPU_REQ_SYSTEM_EVENT], 1);
		if (i == RESET_MEANWHILE)
			vcpus[i].system_event = 0;
		else
			vcpus[i].mode = VCPU_OUTSIDE;
		break;
	}
}

/* What the VMM does next no store of the guest may overtake. */
static void end_waits_for_guests(void **state)
{
	static const u32 ends[] = { 0x84000008, 0x84000009, 0x84000012, 0xc4000012 };
	unsigned int i, end;

	EACH(end, ARRAY_SIZE(ends)) {
		fresh(0);
		looks = 0;
		EACH(i, NR_VCPUS)
			vcpus[i].mode = i == CALLER || i == 2 ? VCPU_OUTSIDE : VCPU_IN_GUEST;
		assert_int_equal(call(ends[end], 0, 0, 0), EXIT_TO_VMM);
		assert_int_equal(looks, 3 * 4);
		EACH(i, NR_VCPUS)
			assert_int_equal(vcpus[i].mode, i == RESET_MEANWHILE ?
					 VCPU_IN_GUEST : VCPU_OUTSIDE);
	}
}

static void reset2_refused(void **state)
{
	static const u32 types[] = { 1, 2, 0x7fffffff, 0x40000000 };
	unsigned int i;

	fresh(0);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		expect_answer(0x84000012, types[i], 0, 0, -2);
		expect_answer(0xc4000012, types[i], 0, 0, -2);
		expect_answer(0xc4000012, 0x8000000000000000 | types[i], 0, 0, -2);
	}
	for (i = 0; i < NR_VCPUS; i++)
		assert_int_equal(vcpus[i].system_event, 0);
}

/* The machine has ended while this vCPU was on its way here with another end. */
static void end_after_end(void **state)
{
	fresh(0);
	vcpus[CALLER].system_event = 0x84000008;
	vcpus[CALLER].power = VCPU_OFF;
	assert_int_equal(call(0x84000009, 0, 0, 0), EXIT_RETRY);
	assert_int_equal(vcpus[CALLER].system_event, 0x84000008);
	assert_int_equal(vcpus[0].system_event, 0);
	assert_int_equal(reports, 0);

	/* One that has not been reset since an earlier end keeps that one. */
	fresh(0);
	vcpus[0].system_event = 0x84000009;
	assert_int_equal(call(0x84000008, 0, 0, 0), EXIT_TO_VMM);
	assert_int_equal(vcpus[0].system_event, 0x84000009);
	assert_int_equal(requests[0][VCPU_REQ_SYSTEM_EVENT], 0);
	assert_int_equal(vcpus[2].system_event, 0x84000008);
}

static void end_meanwhile(struct armvcpu_vcpu *vcpu)
{
	assert_int_equal(call(0x84000008, 0, 0, 0), EXIT_TO_VMM);
}

static void on_again(struct armvcpu_vcpu *vcpu)
{
	expect_answer(0xc4000003, vcpu->mpidr, 0x2000, 6, -5);
}

static void take_cpu_on(void **state)
{
	struct armvcpu_vcpu *t = &vcpus[2];

	fresh(ARMVCPU_VM_PSCI_IN_KERNEL);
	expect_answer(0xc4000003, t->mpidr, 0x1000, 5, 0);
	during_reset = on_again;
	psci_take_cpu_on(t);
	assert_int_equal(resets, 1);
	assert_int_equal(t->power, VCPU_ON);
	assert_true(t->hyp->pc == 0x1000 && t->hyp->x[0] == 5);

	/* A request that is old news resets nothing. */
	psci_take_cpu_on(t);
	assert_int_equal(resets, 1);
	t->power = VCPU_OFF;
	psci_take_cpu_on(t);
	assert_int_equal(resets, 1);
	assert_int_equal(t->power, VCPU_OFF);

	fresh(ARMVCPU_VM_PSCI_IN_KERNEL);
	expect_answer(0xc4000003, t->mpidr, 0x1000, 5, 0);
	during_reset = end_meanwhile;
	psci_take_cpu_on(t);
	assert_int_equal(t->power, VCPU_OFF);
	assert_int_equal(t->system_event, 0x84000008);
}

/* ---- races ----------------------------------------------------------------- */

#define ROUNDS		5000
#define MAX_LOCKS	20	/* more than any call takes */

static pthread_barrier_t barrier;
static enum exit_action race_action[2];
static u32 race_fn[2];

static void *racer(void *arg)
{
	unsigned int n = (uintptr_t)arg, i;

	for (i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		race_action[n] = psci_call(&vcpus[n], race_fn[n]);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void other_call(void)
{
	at_lock = NULL;
	race_action[1] = psci_call(&vcpus[1], race_fn[1]);
}

static void race(void (*before)(void), void (*after)(void))
{
	pthread_t threads[2];
	unsigned int i;

	/* One call at each lock of the other, and behind it. */
	for (i = 0; i <= MAX_LOCKS; i++) {
		before();
		lock_countdown = i;
		at_lock = other_call;
		race_action[0] = psci_call(&vcpus[0], race_fn[0]);
		if (at_lock)
			other_call();
		after();
	}

	pthread_barrier_init(&barrier, NULL, 3);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, racer,
						(void *)(uintptr_t)i), 0);
	for (i = 0; i < ROUNDS; i++) {
		before();
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		after();
	}
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
}

static void on_before(void)
{
	unsigned int i;

	vcpus[2].power = VCPU_OFF;
	requests[2][VCPU_REQ_RESET] = 0;
	for (i = 0; i < 2; i++) {
		race_fn[i] = 0xc4000003;
		hyps[i].x[1] = mpidrs[2];
		hyps[i].x[2] = 0x1000 * (i + 1);
		hyps[i].x[3] = i + 1;
	}
}

static void on_after(void)
{
	s64 a = hyps[0].x[0], b = hyps[1].x[0];
	unsigned int winner = a ? 1 : 0;

	if (!((a == 0 && b == -5) || (a == -5 && b == 0)))
		fail_msg("%lld %lld", a, b);
	assert_int_equal(requests[2][VCPU_REQ_RESET], 1);
	assert_int_equal(vcpus[2].power, VCPU_ON_PENDING);
	/* All of one call, nothing of the other. */
	assert_true(vcpus[2].cpu_on.entry == 0x1000 * (winner + 1));
	assert_true(vcpus[2].cpu_on.context == winner + 1);
}

static void race_of_cpu_on(void **state)
{
	fresh(ARMVCPU_VM_PSCI_IN_KERNEL);
	race(on_before, on_after);
}

static void end_before(void)
{
	unsigned int i;

	for (i = 0; i < NR_VCPUS; i++) {
		vcpus[i].system_event = 0;
		vcpus[i].power = VCPU_ON;
		vcpus[i].requests = 0;
		requests[i][VCPU_REQ_SYSTEM_EVENT] = 0;
	}
	race_fn[0] = 0x84000008;
	race_fn[1] = 0x84000009;
}

static void end_after(void)
{
	unsigned int winner = race_action[0] == EXIT_TO_VMM ? 0 : 1, i;

	assert_int_equal(race_action[winner], EXIT_TO_VMM);
	assert_int_equal(race_action[!winner], EXIT_RETRY);
	for (i = 0; i < NR_VCPUS; i++) {
		assert_int_equal(vcpus[i].system_event, race_fn[winner]);
		assert_int_equal(vcpus[i].power, VCPU_OFF);
		assert_int_equal(requests[i][VCPU_REQ_SYSTEM_EVENT], i != winner);
	}
}

static void race_of_ends(void **state)
{
	fresh(0);
	race(end_before, end_after);
}

/* One starts a CPU while the other ends the machine. */
static void on_end_before(void)
{
	end_before();
	on_before();
	vcpus[2].cpu_on.entry = 0;
	race_fn[1] = 0x84000008;
}

static void on_end_after(void)
{
	unsigned int i;

	assert_int_equal(race_action[0], EXIT_HANDLED);
	assert_int_equal(race_action[1], EXIT_TO_VMM);
	for (i = 0; i < NR_VCPUS; i++) {
		assert_int_equal(vcpus[i].system_event, 0x84000008);
		assert_int_equal(vcpus[i].power, VCPU_OFF);
	}
	/* The request that is left over starts nothing. */
	psci_take_cpu_on(&vcpus[2]);
	assert_int_equal(vcpus[2].power, VCPU_OFF);
}

static void race_of_start_and_end(void **state)
{
	fresh(ARMVCPU_VM_PSCI_IN_KERNEL);
	race(on_end_before, on_end_after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(range),
		cmocka_unit_test(every_function),
		cmocka_unit_test(features),
		cmocka_unit_test(affinity_info_all),
		cmocka_unit_test(cpu_on_in_kernel),
		cmocka_unit_test(cpu_on_refused),
		cmocka_unit_test(cpu_on_exit),
		cmocka_unit_test(cpu_off_both),
		cmocka_unit_test(suspend),
		cmocka_unit_test(system_ends),
		cmocka_unit_test(end_waits_for_guests),
		cmocka_unit_test(reset2_refused),
		cmocka_unit_test(end_after_end),
		cmocka_unit_test(take_cpu_on),
		cmocka_unit_test(race_of_cpu_on),
		cmocka_unit_test(race_of_ends),
		cmocka_unit_test(race_of_start_and_end),
	};

	return cmocka_run_group_tests_name("psci", tests, NULL, NULL);
}
