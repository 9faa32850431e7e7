// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMID allocator with 3-bit VMIDs: a hundred VMs want one of seven.
 *
 * The model has for each VMID the VM whose entries the TLBs hold. Who enters
 * with a VMID whose entries are another VM's has read its memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/atomic.h>
#include <linux/bug.h>

/*
 * Between any two atomic accesses of one CPU the others may run. What they do
 * there is up to the test.
 */
static void interleave(void);

static s64 hooked_read(const atomic64_t *v)
{
	s64 value;

	interleave();
	value = v->counter;
	interleave();
	return value;
}

static s64 hooked_cmpxchg(atomic64_t *v, s64 old, s64 new)
{
	s64 was;

	interleave();
	was = atomic64_cmpxchg(v, old, new);
	interleave();
	return was;
}

#define atomic64_cmpxchg(v, old, new)	hooked_cmpxchg(v, old, new)
#undef atomic64_read
#define atomic64_read(v)		hooked_read(v)

#include "vmid.c"

#define BITS	3
#define NR_VMIDS (1 << BITS)
#define CPUS	4
#define NR_VMS	100
#define NOBODY	-1

static struct vmid vms[NR_VMS];
static int running[CPUS];		/* VM in the CPU */
static u16 running_as[CPUS];
static bool busy[CPUS];		/* in the middle of an allocator call */
static int tlb[NR_VMIDS];		/* VM whose entries there are */
static unsigned int flushes;
static unsigned int interleave_one_in;	/* 0: never */
static unsigned int depth;
static u64 seed;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % n;
}

static void flush_all(void)
{
	int i;

	flushes++;
	for (i = 0; i < (int)ARRAY_SIZE(tlb); i++)
		tlb[i] = NOBODY;
	/* Who runs fills them again at once. */
	for (i = 0; i < CPUS; i++)
		if (running[i] != NOBODY)
			tlb[running_as[i]] = running[i];
}

static const struct vmid_ops ops = {
	.flush_all = flush_all,
};

static void enter(unsigned int cpu, int vm)
{
	u16 vmid;
	int i;

	busy[cpu] = true;
	running[cpu] = NOBODY;
	vmid = vmid_update(&vms[vm], cpu);
	busy[cpu] = false;

	assert_int_not_equal(vmid, 0);
	assert_true(vmid < 1U << va.bits);
	if (tlb[vmid] != NOBODY)
		assert_int_equal(tlb[vmid], vm);
	tlb[vmid] = vm;
	running[cpu] = vm;
	running_as[cpu] = vmid;

	for (i = 0; i < CPUS; i++) {
		if (running[i] == NOBODY || i == (int)cpu)
			continue;
		/* One VM has one VMID everywhere, two have two. */
		assert_int_equal(running[i] == vm, running_as[i] == vmid);
	}
}

static void leave(unsigned int cpu)
{
	busy[cpu] = true;
	running[cpu] = NOBODY;
	vmid_clear_active(cpu);
	busy[cpu] = false;
}

/* A CPU that is in no call of the allocator does something. */
static void step(void)
{
	unsigned int cpu = rnd(CPUS);

	if (busy[cpu])
		return;
	if (rnd(8) == 0)
		leave(cpu);
	else
		enter(cpu, rnd(4) ? rnd(5) : rnd(NR_VMS));
}

static void interleave(void)
{
	if (!interleave_one_in || va.lock.held || depth >= 3)
		return;
	depth++;
	while (rnd(interleave_one_in) == 0)
		step();
	depth--;
}

static void begin(u64 s)
{
	int i;

	seed = s;
	depth = 0;
	flushes = 0;
	memset(vms, 0, sizeof(vms));
	for (i = 0; i < CPUS; i++) {
		running[i] = NOBODY;
		busy[i] = false;
	}
	for (i = 0; i < (int)ARRAY_SIZE(tlb); i++)
		tlb[i] = NOBODY;
	assert_int_equal(vmid_init(BITS, CPUS, &ops), 0);
}

/* No two VMs have the same VMID in the current generation. */
static void check_unique(void)
{
	int owner[NR_VMIDS];
	int i;

	for (i = 0; i < NR_VMIDS; i++)
		owner[i] = NOBODY;
	for (i = 0; i < NR_VMS; i++) {
		u64 id = vms[i].id.counter;

		if (id >> VMID_MAX_BITS != va.generation.counter >> VMID_MAX_BITS)
			continue;
		assert_int_not_equal(id_to_vmid(id), 0);
		assert_int_equal(owner[id_to_vmid(id)], NOBODY);
		owner[id_to_vmid(id)] = i;
	}
}

static void a_hundred_vms(void **state)
{
	unsigned int i;

	interleave_one_in = 0;
	begin(1);
	for (i = 0; i < 20000; i++) {
		step();
		check_unique();
	}
	assert_true(flushes > 100);
	vmid_exit();
}

static void interleaved(void **state)
{
	unsigned int round, i;

	for (round = 0; round < 200; round++) {
		begin(round + 7);
		interleave_one_in = 2 + round % 5;
		for (i = 0; i < 500; i++) {
			step();
			check_unique();
		}
		interleave_one_in = 0;
		vmid_exit();
	}
}

/* Each VM of seven keeps its VMID; the eighth costs one flush. */
static void exhaustion(void **state)
{
	int i, round;

	interleave_one_in = 0;
	begin(3);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < NR_VMIDS - 1; i++) {
			enter(0, i);
			leave(0);
			assert_int_equal(vmid_current(&vms[i]), i + 1);
		}
	}
	assert_int_equal(flushes, 0);
	enter(0, NR_VMIDS);
	assert_int_equal(flushes, 1);
	vmid_exit();
}

/* VMs that run over two rollovers, and are not heard of between, keep theirs. */
static void running_vms_stay(void **state)
{
	int i, first, vm = 10;

	interleave_one_in = 0;
	begin(4);
	enter(0, 0);
	enter(1, 1);
	enter(2, 1);
	first = running_as[1];
	while (flushes < 3) {
		enter(3, vm);
		vm = vm == 99 ? 10 : vm + 1;
	}
	enter(2, 1);
	assert_int_equal(running_as[2], first);
	enter(0, 0);
	for (i = 10; i < 40; i++)
		enter(3, i);
	enter(1, 1);
	assert_int_equal(running_as[1], first);
	vmid_exit();
}

/* A VM that left its CPU holds nothing over a rollover. */
static void left_vms_hold_nothing(void **state)
{
	unsigned int cpu;
	int i;

	interleave_one_in = 0;
	begin(5);
	for (cpu = 0; cpu < CPUS; cpu++) {
		enter(cpu, cpu);
		leave(cpu);
	}
	for (i = 10; !flushes; i++) {
		enter(0, i);
		leave(0);
	}
	/* All seven of the new generation are to be had; one is. */
	for (i = 50; i < 50 + NR_VMIDS - 2; i++) {
		enter(0, i);
		leave(0);
	}
	assert_int_equal(flushes, 1);
	vmid_exit();
}

static void a_vm_dies_and_another_is_born(void **state)
{
	unsigned int i;

	interleave_one_in = 0;
	begin(6);
	for (i = 0; i < 5000; i++) {
		int vm = rnd(NR_VMS), cpu;

		for (cpu = 0; cpu < CPUS; cpu++)
			if (running[cpu] == vm)
				break;
		if (cpu < CPUS)
			continue;
		/* Its entries stay in the TLBs: they are nobody's to read now. */
		for (cpu = 1; cpu < NR_VMIDS; cpu++)
			if (tlb[cpu] == vm)
				tlb[cpu] = NR_VMS;
		memset(&vms[vm], 0, sizeof(vms[vm]));
		enter(rnd(CPUS), vm);
		check_unique();
	}
	vmid_exit();
}

static void sizes(void **state)
{
	static const struct { unsigned int bits, cpus; int ret; } cases[] = {
		{ 0, 1, -EINVAL }, { 1, 1, -EINVAL }, { 2, 1, 0 }, { 2, 2, 0 },
		{ 2, 3, -EINVAL }, { 3, 6, 0 }, { 3, 7, -EINVAL },
		{ 8, 254, 0 }, { 8, 255, -EINVAL }, { 8, 256, -EINVAL },
		{ 16, 4096, 0 }, { 17, 1, -EINVAL }, { 16, 65535, -EINVAL },
	};
	unsigned int i;

	interleave_one_in = 0;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(vmid_init(cases[i].bits, cases[i].cpus, &ops),
				 cases[i].ret);
		if (!cases[i].ret)
			vmid_exit();
	}
}

/* With as many CPUs as can be, each holding one, there still is one. */
static void all_cpus_hold_one(void **state)
{
	unsigned int i;

	interleave_one_in = 0;
	begin(8);
	vmid_exit();
	assert_int_equal(vmid_init(3, 6, &ops), 0);
	for (i = 0; i < 1000; i++) {
		/* Not by enter(): the model knows four CPUs. */
		u16 vmid = vmid_update(&vms[i % NR_VMS], i % 6);

		assert_in_range(vmid, 1, 7);
	}
	vmid_exit();
}

static void sixteen_bits(void **state)
{
	struct vmid v = { };
	unsigned int i;

	interleave_one_in = 0;
	begin(9);
	vmid_exit();
	assert_int_equal(vmid_init(16, CPUS, &ops), 0);
	for (i = 1; i < 1U << 16; i++) {
		memset(&v, 0, sizeof(v));
		assert_int_equal(vmid_update(&v, 0), i);
	}
	assert_int_equal(flushes, 0);
	memset(&v, 0, sizeof(v));
	/* CPU 0 ran the last one, which is kept; the first is free. */
	assert_int_equal(vmid_update(&v, 0), 1);
	assert_int_equal(flushes, 1);
	vmid_exit();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(exhaustion),
		cmocka_unit_test(a_hundred_vms),
		cmocka_unit_test(interleaved),
		cmocka_unit_test(running_vms_stay),
		cmocka_unit_test(left_vms_hold_nothing),
		cmocka_unit_test(a_vm_dies_and_another_is_born),
		cmocka_unit_test(all_cpus_hold_one),
		cmocka_unit_test(sixteen_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
