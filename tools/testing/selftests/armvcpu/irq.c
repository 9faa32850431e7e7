// SPDX-License-Identifier: GPL-2.0-only
/*
 * The in-kernel GIC, whichever it is, and the interrupt pins of VMs without one.
 * What is of one model only says so.
 */
#include "testlib.h"

#define NR_IRQS		256
#define SPI		40	/* the SPI of tests that need one */
#define PPI		22

/* ---- running guests ------------------------------------------------------------ */

static struct vm *irq_vm(unsigned int cpus)
{
	return vm_create_gic(0, NR_IRQS, cpus);
}

/* One vCPU with a GIC that is set up, in this thread. */
static void run_one(void (*fn)(u64 arg), u64 arg)
{
	struct vcpu *v = vcpu_create(irq_vm(1), 0);

	vcpu_start_c(v, fn, arg);
	vcpu_finish(v);
}

/* The same function on @cpus vCPUs, each in its thread. */
static struct vm *run_many(unsigned int cpus, void (*fn)(u64 arg), u64 arg)
{
	struct vm *vm = irq_vm(cpus);
	struct vcpu *v[MAX_TEST_VCPUS];
	unsigned int i;

	for (i = 0; i < cpus; i++)
		v[i] = vcpu_create(vm, i);
	for (i = 0; i < cpus; i++) {
		vcpu_start_c(v[i], fn, arg);
		vcpu_thread(v[i], NULL);
	}
	for (i = 0; i < cpus; i++)
		vcpu_join(v[i]);
	return vm;
}

static bool is_software(void)
{
	struct armvcpu_info info;

	host_info(&info);
	return test_gic_is_software(&info);
}

/* Each vCPU comes here; vCPU 0 sets up the distributor first. */
static volatile u32 guest_ready;

static void g_init(void)
{
	if (guest_cpu() == 0) {
		gic_dist_init();
		gic_cpu_init();
		guest_add(guest_ready, 1);
	} else {
		GUEST_WAIT(guest_ready);
		gic_cpu_init();
		guest_add(guest_ready, 1);
	}
}

static void g_barrier(u32 cpus)
{
	static volatile u32 count;
	u32 n = guest_add(count, 1);
	u32 want = (n + cpus - 1) / cpus * cpus;

	GUEST_WAIT(count >= want);
}

/* ---- level and edge ------------------------------------------------------------- */

static void g_level(u64 arg)
{
	unsigned int i;

	(void)arg;
	g_init();
	gic_edge(SPI, false);
	gic_enable(SPI);
	g_expect_none();
	guest_spi(SPI, 1);
	/* held: again after each EOI */
	for (i = 0; i < 5; i++) {
		g_expect(SPI);
		GUEST_ASSERT(!irq_pending());
		GUEST_ASSERT(gic_test(GICD_ISACTIVER, SPI));
		gic_eoi(SPI);
	}
	g_expect(SPI);
	guest_spi(SPI, 0);
	gic_eoi(SPI);
	g_expect_none();
	GUEST_ASSERT(!gic_test(GICD_ISACTIVER, SPI));
	GUEST_ASSERT(!gic_test(GICD_ISPENDR, SPI));
}

TEST(level_fires_as_long_as_it_is_held)
{
	run_one(g_level, 0);
}

/* The host's tick, in microseconds: no exit is later than that. */
static u64 tick_us(void)
{
	struct timespec tick;

	ASSERT_EQ(0, clock_getres(CLOCK_MONOTONIC_COARSE, &tick));
	return tick.tv_nsec / 1000;
}

#define BATCH	10

/* Not with the next exit that there happens to be, which would be a tick. */
static void g_level_at_once(u64 tick)
{
	u64 best = ~0ULL, began;
	unsigned int i, k;

	g_init();
	gic_edge(SPI, false);
	gic_enable(SPI);
	guest_spi(SPI, 1);
	for (i = 0; i < 10; i++) {
		began = guest_counter();
		for (k = 0; k < BATCH; k++) {
			g_expect(SPI);
			gic_eoi(SPI);
		}
		if (guest_counter() - began < best)
			best = guest_counter() - began;
	}
	GUEST_ASSERT(best < (BATCH - 3) * guest_ticks(tick));
}

TEST(held_level_fires_again_at_once)
{
	run_one(g_level_at_once, tick_us());
}

static void g_level_dropped(u64 arg)
{
	(void)arg;
	g_init();
	gic_edge(SPI, false);
	gic_enable(SPI);
	guest_spi(SPI, 1);
	GUEST_ASSERT(irq_wait());
	guest_spi(SPI, 0);
	g_expect_none();
	guest_spi(SPI, 1);
	g_expect(SPI);
	guest_spi(SPI, 0);
	gic_eoi(SPI);
	g_expect_none();
}

TEST(level_dropped_before_the_ack_is_gone)
{
	run_one(g_level_dropped, 0);
}

static void g_edge(u64 arg)
{
	(void)arg;
	g_init();
	gic_edge(SPI, true);
	gic_enable(SPI);
	guest_spi(SPI, 1);
	g_expect(SPI);
	gic_eoi(SPI);
	g_expect_none();	/* held, but that was one edge */
	guest_spi(SPI, 0);
	g_expect_none();

	/* two edges before the ack are one interrupt, lowered or not */
	guest_spi(SPI, 1);
	guest_spi(SPI, 0);
	guest_spi(SPI, 1);
	guest_spi(SPI, 0);
	g_expect(SPI);
	gic_eoi(SPI);
	g_expect_none();

	/* an edge while it is active comes after the EOI */
	guest_spi(SPI, 1);
	g_expect(SPI);
	guest_spi(SPI, 0);
	guest_spi(SPI, 1);
	GUEST_ASSERT(!irq_pending());
	gic_eoi(SPI);
	g_expect(SPI);
	guest_spi(SPI, 0);
	gic_eoi(SPI);
	g_expect_none();
}

TEST(edge_fires_once_for_each_edge)
{
	run_one(g_edge, 0);
}

static void g_ppi(u64 arg)
{
	(void)arg;
	g_init();
	gic_enable(PPI);
	guest_ppi(PPI, 1);
	g_expect(PPI);
	gic_eoi(PPI);
	g_expect(PPI);
	guest_ppi(PPI, 0);
	gic_eoi(PPI);
	g_expect_none();
}

TEST(ppi_is_a_level_of_its_vcpu)
{
	run_one(g_ppi, 0);
}

/* ---- what keeps an interrupt away -------------------------------------------------- */

static void g_masked(u64 arg)
{
	(void)arg;
	g_init();
	gic_edge(SPI, false);
	guest_spi(SPI, 1);
	g_expect_none();			/* not enabled */
	GUEST_ASSERT(gic_test(GICD_ISPENDR, SPI));
	gic_enable(SPI);
	GUEST_ASSERT(irq_wait());
	gic_disable(SPI);
	g_expect_none();
	gic_enable(SPI);
	GUEST_ASSERT(irq_wait());

	gic_mask(0xa0);				/* not lower than the mask's value */
	g_expect_none();
	gic_mask(0xa8);
	GUEST_ASSERT(irq_wait());
	gic_mask(0);
	g_expect_none();
	gic_mask(0xff);
	GUEST_ASSERT(irq_wait());

	gic_cpu_enable(false);
	g_expect_none();
	gic_cpu_enable(true);
	GUEST_ASSERT(irq_wait());

	gic_dist_enable(false);
	g_expect_none();
	gic_dist_enable(true);
	g_expect(SPI);
	guest_spi(SPI, 0);
	gic_eoi(SPI);
	g_expect_none();
}

TEST(masked_by_enable_priority_and_group)
{
	run_one(g_masked, 0);
}

static volatile u32 taken[1024], order[1024], nr_taken;

static void g_count_handler(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	GUEST_ASSERT(intid < 1020);
	taken[intid]++;
	order[nr_taken++ % 1024] = intid;
	gic_eoi(intid);
}

static void g_daif(u64 arg)
{
	(void)arg;
	guest_irq_handler = g_count_handler;
	g_init();
	gic_edge(SPI, true);
	gic_enable(SPI);
	guest_spi(SPI, 1);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(0, taken[SPI]);
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(1, taken[SPI]);
	guest_spi(SPI, 0);
	guest_spi(SPI, 1);
	GUEST_WAIT(taken[SPI] == 2);
	irq_disable();
	guest_spi(SPI, 0);
	guest_spi(SPI, 1);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(2, taken[SPI]);
}

TEST(masked_by_pstate)
{
	run_one(g_daif, 0);
}

static void g_soft_pending(u64 arg)
{
	(void)arg;
	g_init();
	gic_edge(SPI, true);
	gic_enable(SPI);
	gic_bit(GICD_ISPENDR, SPI, true);
	GUEST_ASSERT(gic_test(GICD_ISPENDR, SPI));
	GUEST_ASSERT(irq_wait());
	gic_bit(GICD_ICPENDR, SPI, true);
	g_expect_none();
	gic_bit(GICD_ISPENDR, SPI, true);
	g_expect(SPI);
	gic_eoi(SPI);
	g_expect_none();

	/* of a level: what software sets stays without a line */
	gic_disable(SPI);
	gic_edge(SPI, false);
	gic_enable(SPI);
	gic_bit(GICD_ISPENDR, SPI, true);
	g_expect(SPI);
	gic_eoi(SPI);
	g_expect_none();
	/* and what the line says stays when software clears it */
	guest_spi(SPI, 1);
	GUEST_ASSERT(irq_wait());
	gic_bit(GICD_ICPENDR, SPI, true);
	GUEST_ASSERT(irq_wait());
	guest_spi(SPI, 0);
	g_expect_none();
}

TEST(pending_set_and_cleared_by_software)
{
	run_one(g_soft_pending, 0);
}

/* ---- priorities -------------------------------------------------------------------- */

static u32 prio_of(u32 i)
{
	/* 32 priorities in a scattered order; 8 apart, as 5 bits have it */
	return (i * 11 + 3) % 31 * 8;
}

static void g_priority(u64 count)
{
	u32 i, n, last = 0;

	g_init();
	for (i = 0; i < count; i++) {
		gic_edge(SPI + i, true);
		gic_priority(SPI + i, prio_of(i));
		gic_enable(SPI + i);
		GUEST_ASSERT_EQ(prio_of(i), read8(GICD_BASE + GICD_IPRIORITYR + SPI + i));
	}
	gic_mask(0);
	for (i = 0; i < count; i++)
		guest_spi(SPI + i, 1);
	gic_mask(0xff);
	for (n = 0; n < count; n++) {
		u32 intid, prio;

		GUEST_ASSERT(irq_wait());
		intid = gic_ack();
		GUEST_ASSERT(intid >= SPI && intid < SPI + count);
		taken[intid]++;
		GUEST_ASSERT_EQ(1, taken[intid]);
		prio = prio_of(intid - SPI);
		GUEST_ASSERT_EQ(prio, gic_running());
		GUEST_ASSERT(prio >= last);
		last = prio;
		gic_eoi(intid);
	}
	g_expect_none();
	GUEST_ASSERT_EQ(0xff, gic_running());
}

/* All of a word's at once; list registers that are empty are filled at once. */
static void g_refill(u64 tick)
{
	u64 best = ~0ULL, began;
	unsigned int i, n;

	g_init();
	for (n = 64; n < 96; n++) {
		gic_edge(n, true);
		gic_enable(n);
	}
	for (i = 0; i < 10; i++) {
		write32(GICD_BASE + GICD_ISPENDR + 64 / 8, ~0U);
		began = guest_counter();
		for (n = 0; n < 32; n++) {
			GUEST_ASSERT(irq_wait());
			gic_eoi(gic_ack());
		}
		if (guest_counter() - began < best)
			best = guest_counter() - began;
		g_expect_none();
	}
	/* with 4 list registers seven times, with 16 once */
	GUEST_ASSERT(best < guest_ticks(tick) / 2 * 3);
}

TEST(list_registers_are_refilled_at_once)
{
	need_list_registers();
	run_one(g_refill, tick_us());
}

TEST(priority_order)
{
	run_one(g_priority, 4);
}

TEST(more_pending_than_list_registers)
{
	run_one(g_priority, 30);
}

TEST(many_more_pending_than_list_registers)
{
	run_one(g_priority, 200);
}

/* All of them by an interrupt handler, levels that the host drops on the way. */
static void g_levels_handler(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	GUEST_ASSERT(intid >= SPI && intid < SPI + 64);
	taken[intid]++;
	order[nr_taken++ % 1024] = intid;
	guest_spi(intid, 0);
	gic_eoi(intid);
}

static void g_levels(u64 arg)
{
	u32 i;

	(void)arg;
	guest_irq_handler = g_levels_handler;
	g_init();
	for (i = 0; i < 64; i++) {
		gic_edge(SPI + i, false);
		gic_priority(SPI + i, prio_of(i));
		gic_enable(SPI + i);
	}
	for (i = 0; i < 64; i++)
		guest_spi(SPI + i, 1);
	irq_enable();
	GUEST_WAIT(nr_taken == 64);
	irq_disable();
	g_expect_none();
	for (i = 0; i < 64; i++)
		GUEST_ASSERT_EQ(1, taken[SPI + i]);
	for (i = 1; i < 64; i++)
		GUEST_ASSERT(prio_of(order[i - 1] - SPI) <= prio_of(order[i] - SPI));
}

TEST(many_levels_each_taken_once)
{
	run_one(g_levels, 0);
}

/* A better one preempts, an equal or worse one waits. */
static volatile u32 depth, max_depth;

static void g_nested_handler(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	taken[intid]++;
	order[nr_taken++] = intid;
	if (++depth > max_depth)
		max_depth = depth;
	if (intid < SPI + 8) {
		/* the next better one, and one that is no better */
		guest_spi(intid + 1, 1);
		guest_spi(intid + 100, 1);
		irq_enable();
		GUEST_WAIT(taken[intid + 1]);
		GUEST_ASSERT_EQ(0, taken[intid + 100]);
		irq_disable();
	}
	depth--;
	gic_eoi(intid);
}

static void g_nested(u64 arg)
{
	u32 i;

	(void)arg;
	guest_irq_handler = g_nested_handler;
	g_init();
	for (i = 0; i <= 8; i++) {
		gic_priority(SPI + i, 0xa0 - 0x10 * i);
		gic_priority(SPI + 100 + i, 0xa0 - 0x10 * i);
		gic_edge(SPI + i, true);
		gic_edge(SPI + 100 + i, true);
		gic_enable(SPI + i);
		gic_enable(SPI + 100 + i);
	}
	guest_spi(SPI, 1);
	irq_enable();
	GUEST_WAIT(nr_taken == 17);
	irq_disable();
	GUEST_ASSERT_EQ(9, max_depth);
	for (i = 0; i <= 8; i++)
		GUEST_ASSERT_EQ(SPI + i, order[i]);
	/* the others afterwards, each once, the best first */
	for (i = 0; i < 8; i++)
		GUEST_ASSERT_EQ(SPI + 107 - i, order[9 + i]);
	g_expect_none();
}

TEST(nested_preemption)
{
	run_one(g_nested, 0);
}

/* The same, while another VM has the CPU's list registers in between. */
TEST(nested_preemption_beside_another_vm)
{
	struct vcpu *v[2];
	bool done[2] = { false, false };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		v[i] = vcpu_create(irq_vm(1), 0);
		vcpu_start_c(v[i], g_nested, 0);
	}
	while (!done[0] || !done[1]) {
		for (i = 0; i < 2; i++) {
			if (done[i])
				continue;
			vcpu_run(v[i]);
			if (v[i]->run->exit_reason == ARMVCPU_EXIT_MMIO &&
			    v[i]->run->u.mmio.ipa == PORT_DONE)
				done[i] = true;
			else if (!vcpu_message(v[i]))
				vcpu_unexpected(v[i]);
		}
	}
}

static void g_binary_point(u64 arg)
{
	(void)arg;
	g_init();
	gic_edge(SPI, true);
	gic_edge(SPI + 1, true);
	gic_priority(SPI, 0x98);
	gic_priority(SPI + 1, 0x90);
	gic_enable(SPI);
	gic_enable(SPI + 1);
	/* group priority is bits 7 to 5: both are in one, no preemption */
	gic_group_bits(5);
	guest_spi(SPI, 1);
	g_expect(SPI);
	guest_spi(SPI + 1, 1);
	GUEST_ASSERT(!irq_pending());
	gic_eoi(SPI);
	g_expect(SPI + 1);
	gic_eoi(SPI + 1);

	gic_group_bits(0);
	guest_spi(SPI, 0);
	guest_spi(SPI, 1);
	g_expect(SPI);
	guest_spi(SPI + 1, 0);
	guest_spi(SPI + 1, 1);
	g_expect(SPI + 1);
	gic_eoi(SPI + 1);
	gic_eoi(SPI);
	g_expect_none();
}

TEST(binary_point_decides_about_preemption)
{
	run_one(g_binary_point, 0);
}

/* ---- active state ------------------------------------------------------------------ */

FIXTURE(eoi) { int unused; };
FIXTURE_VARIANT(eoi) { bool mode; };
FIXTURE_VARIANT_ADD(eoi, mode0) { false };
FIXTURE_VARIANT_ADD(eoi, mode1) { true };
FIXTURE_SETUP(eoi) { }
FIXTURE_TEARDOWN(eoi) { }

static void g_eoi_mode(u64 mode1)
{
	g_init();
	gic_eoi_mode(mode1);
	GUEST_ASSERT_EQ(mode1, gic_is_eoi_mode());
	gic_edge(SPI, false);
	gic_enable(SPI);
	guest_spi(SPI, 1);
	g_expect(SPI);
	GUEST_ASSERT_EQ(0xa0, gic_running());
	GUEST_ASSERT(gic_test(GICD_ISACTIVER, SPI));
	gic_eoi(SPI);
	GUEST_ASSERT_EQ(0xff, gic_running());
	if (mode1) {
		/* priority dropped, still active: does not fire */
		g_expect_none();
		GUEST_ASSERT(gic_test(GICD_ISACTIVER, SPI));
		gic_dir(SPI);
	}
	g_expect(SPI);
	guest_spi(SPI, 0);
	gic_eoi(SPI);
	if (mode1)
		gic_dir(SPI);
	GUEST_ASSERT(!gic_test(GICD_ISACTIVER, SPI));
	g_expect_none();
}

TEST_F(eoi, active_until_deactivated)
{
	run_one(g_eoi_mode, variant->mode);
}

/* @n edges, each of which preempts the one before. */
static void g_take_many(u64 mode1, u32 n)
{
	u32 i;

	g_init();
	gic_eoi_mode(mode1);
	for (i = 0; i < n; i++) {
		gic_edge(SPI + i, true);
		gic_priority(SPI + i, 0xf0 - 8 * i);
		gic_enable(SPI + i);
		guest_spi(SPI + i, 1);
		guest_spi(SPI + i, 0);
		g_expect(SPI + i);
	}
}

/*
 * Does the host know of a deactivation which one it was? Not with a GICv2 whose GICC_DIR
 * is in the page that the guest has: only how many there were.
 */
static bool dir_has_a_name(void)
{
	struct armvcpu_info info;

	host_info(&info);
	return test_gic(&info) != ARMVCPU_GIC_V2 || test_gic_is_software(&info) ||
	       info.page_size <= GICC_DIR;
}

#define MODE1		1
#define NAMELESS	2

/*
 * More active ones than list registers, deactivated in another order. Without names it
 * may be others, until it has been all.
 */
static void g_many_active(u64 arg)
{
	u64 mode1 = arg & MODE1;
	u32 i, n = 24;

	g_take_many(mode1, n);
	for (i = 0; i < n; i++)
		GUEST_ASSERT(gic_test(GICD_ISACTIVER, SPI + i));
	for (i = n; i-- > 0; ) {
		GUEST_ASSERT_EQ(0xf0 - 8 * i, gic_running());
		gic_eoi(SPI + i);
		GUEST_ASSERT_EQ(mode1, gic_test(GICD_ISACTIVER, SPI + i));
	}
	GUEST_ASSERT_EQ(0xff, gic_running());
	for (i = 0; mode1 && i < n; i++) {
		gic_dir(SPI + i);
		GUEST_ASSERT(arg & NAMELESS || !gic_test(GICD_ISACTIVER, SPI + i));
	}
	for (i = 0; i < n; i++)
		GUEST_ASSERT(!gic_test(GICD_ISACTIVER, SPI + i));
	/* all can fire again */
	for (i = 0; i < n; i++) {
		guest_spi(SPI + i, 1);
		g_expect(SPI + i);
		gic_eoi(SPI + i);
		if (mode1)
			gic_dir(SPI + i);
	}
	g_expect_none();
}

TEST_F(eoi, more_active_than_list_registers)
{
	run_one(g_many_active, variant->mode | (dir_has_a_name() ? 0 : NAMELESS));
}

/* The same with no other exit between what ends them. */
static void g_many_active_in_a_row(u64 mode1)
{
	u32 i, n = 24;

	g_take_many(mode1, n);
	for (i = n; i-- > 0; )
		gic_eoi(SPI + i);
	for (i = n; mode1 && i-- > 0; )
		gic_dir(SPI + i);
	for (i = 0; i < n; i++)
		GUEST_ASSERT(!gic_test(GICD_ISACTIVER, SPI + i));
	g_expect_none();
}

TEST_F(eoi, more_active_than_list_registers_in_a_row)
{
	run_one(g_many_active_in_a_row, variant->mode);
}

/*
 * Some of the active ones are so by GICD_ISACTIVER, above and among those that the guest has
 * acknowledged; some of the latter are not any more, by GICD_ICACTIVER. An EOI ends none
 * but its own.
 */
#define NR_SET		8
#define SET		(SPI + 32)

static bool is_cleared(u32 i)
{
	return i % 5 == 2;
}

static void g_active_by_register(u64 looks)
{
	u32 i, k, n = 16;

	g_take_many(false, n);
	for (i = 0; i < NR_SET; i++) {
		gic_priority(SET + i, i < 6 ? 0x20 : 0xf0 - 8 * i);
		gic_bit(GICD_ISACTIVER, SET + i, true);
	}
	for (i = 0; i < n; i++)
		if (is_cleared(i))
			gic_bit(GICD_ICACTIVER, SPI + i, true);
	for (i = n; i-- > 0; ) {
		gic_eoi(SPI + i);
		for (k = 0; looks && k < n; k++)
			GUEST_ASSERT_EQ(k < i && !is_cleared(k), gic_test(GICD_ISACTIVER, SPI + k));
	}
	GUEST_ASSERT_EQ(0xff, gic_running());
	for (i = 0; i < n; i++)
		GUEST_ASSERT(!gic_test(GICD_ISACTIVER, SPI + i));
	for (i = 0; i < NR_SET; i++) {
		GUEST_ASSERT(gic_test(GICD_ISACTIVER, SET + i));
		gic_bit(GICD_ICACTIVER, SET + i, true);
	}
	g_expect_none();
}

TEST(more_active_than_list_registers_by_register)
{
	run_one(g_active_by_register, false);
	run_one(g_active_by_register, true);
}

static void g_strange_eoi(u64 mode1)
{
	u32 i;

	g_init();
	gic_eoi_mode(mode1);
	/* nothing is active: none of these does anything */
	for (i = 0; i < 1024; i += 13) {
		gic_eoi(i);
		gic_dir(i);
	}
	gic_eoi(0xffffff);
	gic_dir(0xffffff);
	gic_edge(SPI, true);
	gic_enable(SPI);
	guest_spi(SPI, 1);
	g_expect(SPI);
	gic_eoi(SPI);
	if (mode1)
		gic_dir(SPI);
	GUEST_ASSERT(!gic_test(GICD_ISACTIVER, SPI));
	g_expect_none();
}

TEST_F(eoi, eoi_of_what_is_not_active)
{
	run_one(g_strange_eoi, variant->mode);
}

static void g_soft_active(u64 arg)
{
	(void)arg;
	g_init();
	gic_edge(SPI, false);
	gic_enable(SPI);
	gic_bit(GICD_ISACTIVER, SPI, true);
	GUEST_ASSERT(gic_test(GICD_ISACTIVER, SPI));
	guest_spi(SPI, 1);
	g_expect_none();	/* active: it does not fire */
	GUEST_ASSERT(gic_test(GICD_ISPENDR, SPI));
	gic_bit(GICD_ICACTIVER, SPI, true);
	GUEST_ASSERT(!gic_test(GICD_ISACTIVER, SPI));
	g_expect(SPI);
	guest_spi(SPI, 0);
	gic_eoi(SPI);
	g_expect_none();
}

TEST(active_set_and_cleared_by_software)
{
	run_one(g_soft_active, 0);
}

/* ---- groups ------------------------------------------------------------------------ */

static void g_group0(u64 arg)
{
	u32 v;

	(void)arg;
	g_init();
	write_sysreg(ICC_IGRPEN0_EL1, 1);
	gic_edge(SPI, true);
	gic_group(SPI, 0);
	GUEST_ASSERT(!gic_test(GICD_IGROUPR, SPI));
	gic_enable(SPI);
	guest_spi(SPI, 1);
	isb();
	/* group 0 is an FIQ: ISR_EL1.F, and no IRQ */
	GUEST_WAIT(read_sysreg(isr_el1) & 0x40);
	GUEST_ASSERT(!(read_sysreg(isr_el1) & 0x80));
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_ack());
	v = read_sysreg(ICC_IAR0_EL1);
	dsb(sy);
	GUEST_ASSERT_EQ(SPI, v);
	write_sysreg(ICC_EOIR0_EL1, SPI);
	isb();
	GUEST_ASSERT(!gic_test(GICD_ISACTIVER, SPI));
	GUEST_ASSERT_EQ(0, read_sysreg(isr_el1) & 0xc0);
}

TEST(group_0_is_an_fiq)
{
	need_gic(ARMVCPU_GIC_V3);
	run_one(g_group0, 0);
}

static bool g_pin(u32 bit)
{
	isb();
	return read_sysreg(isr_el1) & bit;
}

#define PIN_IRQ	0x80
#define PIN_FIQ	0x40

static u32 g_cpu_read(u32 reg)
{
	u32 v = read32(GICC_BASE + reg);

	dsb(sy);
	return v;
}

static void g_cpu_write(u32 reg, u32 v)
{
	dsb(sy);
	write32(GICC_BASE + reg, v);
	dsb(sy);
	isb();
}

/*
 * The registers of group 1. Some emulators' GICV lack them, which software may not
 * (@soft); then those of group 0 do with AckCtl.
 */
static bool g_group1_regs(bool soft)
{
	bool there = g_cpu_read(GICC_AHPPIR) == INTID_SPURIOUS;

	GUEST_ASSERT(there || !soft);
	return there;
}

static void g_v2_take_group1(bool regs, u32 intid)
{
	u32 ctlr = g_cpu_read(GICC_CTLR);

	if (regs) {
		GUEST_ASSERT_EQ(intid, g_cpu_read(GICC_AHPPIR));
		GUEST_ASSERT_EQ(intid, g_cpu_read(GICC_AIAR));
	} else {
		g_cpu_write(GICC_CTLR, ctlr | GICC_CTLR_ACKCTL);
		GUEST_ASSERT_EQ(intid, g_cpu_read(GICC_IAR));
	}
	GUEST_ASSERT(gic_test(GICD_ISACTIVER, intid));
	GUEST_ASSERT_EQ(0xa0, gic_running());
	GUEST_ASSERT(!irq_pending());
	g_cpu_write(regs ? GICC_AEOIR : GICC_EOIR, intid);
	GUEST_ASSERT(!gic_test(GICD_ISACTIVER, intid));
	GUEST_ASSERT_EQ(0xff, gic_running());
	g_cpu_write(GICC_CTLR, ctlr);
}

static void g_v2_fiq(u64 soft)
{
	bool regs;

	g_init();
	regs = g_group1_regs(soft);
	gic_edge(SPI, true);
	gic_edge(SPI + 1, true);
	gic_group(SPI + 1, 1);
	GUEST_ASSERT(gic_test(GICD_IGROUPR, SPI + 1));
	gic_enable(SPI);
	gic_enable(SPI + 1);

	/* group 0 is an IRQ, too, unless it is told to be an FIQ */
	guest_spi(SPI, 1);
	GUEST_WAIT(g_pin(PIN_IRQ));
	GUEST_ASSERT(!g_pin(PIN_FIQ));
	g_cpu_write(GICC_CTLR, GICC_CTLR_GRP0 | GICC_CTLR_GRP1 | GICC_CTLR_FIQEN);
	GUEST_WAIT(g_pin(PIN_FIQ));
	GUEST_ASSERT(!g_pin(PIN_IRQ));
	GUEST_ASSERT_EQ(SPI, gic_ack());
	gic_eoi(SPI);
	GUEST_ASSERT(!g_pin(PIN_IRQ | PIN_FIQ));

	/* group 1 is an IRQ whatever that says */
	guest_spi(SPI + 1, 1);
	GUEST_WAIT(g_pin(PIN_IRQ));
	GUEST_ASSERT(!g_pin(PIN_FIQ));
	g_v2_take_group1(regs, SPI + 1);
	GUEST_ASSERT(!g_pin(PIN_IRQ | PIN_FIQ));
}

TEST(v2_group_0_is_an_fiq_when_told_so)
{
	need_gic(ARMVCPU_GIC_V2);
	run_one(g_v2_fiq, is_software());
}

static void g_v2_group1(u64 soft)
{
	bool regs;
	u32 i;

	g_init();
	regs = g_group1_regs(soft);
	gic_edge(SPI, true);
	gic_group(SPI, 1);
	gic_enable(SPI);
	guest_spi(SPI, 1);
	(void)read32(GICD_BASE + GICD_TYPER);
	GUEST_ASSERT(!irq_pending());		/* the interface has group 0 only */
	g_cpu_write(GICC_CTLR, GICC_CTLR_GRP0 | GICC_CTLR_GRP1);
	GUEST_ASSERT(irq_wait());
	/* there is one, but not for these */
	GUEST_ASSERT_EQ(INTID_OTHER_GROUP, g_cpu_read(GICC_HPPIR));
	GUEST_ASSERT_EQ(INTID_OTHER_GROUP, g_cpu_read(GICC_IAR));
	GUEST_ASSERT(irq_pending());
	g_v2_take_group1(regs, SPI);

	/* with AckCtl it is */
	g_cpu_write(GICC_CTLR, GICC_CTLR_GRP0 | GICC_CTLR_GRP1 | GICC_CTLR_ACKCTL);
	guest_spi(SPI, 0);
	guest_spi(SPI, 1);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(SPI, g_cpu_read(GICC_HPPIR));
	g_v2_take_group1(false, SPI);

	/* and each group can be off in the distributor */
	for (i = 0; i < 4; i++) {
		write32(GICD_BASE + GICD_CTLR, i);
		GUEST_ASSERT_EQ(i, read32(GICD_BASE + GICD_CTLR));
		guest_spi(SPI, 0);
		guest_spi(SPI, 1);
		if (!(i & 2)) {
			g_expect_none();
			write32(GICD_BASE + GICD_CTLR, 2);
		}
		GUEST_ASSERT(irq_wait());
		g_v2_take_group1(regs, SPI);
	}
}

TEST(v2_group_1_has_registers_of_its_own)
{
	need_gic(ARMVCPU_GIC_V2);
	run_one(g_v2_group1, is_software());
}

/* ---- SGIs --------------------------------------------------------------------------- */

static void g_sgi_self(u64 arg)
{
	u32 i;

	(void)arg;
	g_init();
	for (i = 0; i < 16; i++) {
		gic_sgi(i, 1);
		g_expect(i);
		gic_eoi(i);
		g_expect_none();
	}
	/* twice before the ack is once; while active is once more */
	gic_sgi(3, 1);
	gic_sgi(3, 1);
	g_expect(3);
	gic_sgi(3, 1);
	gic_eoi(3);
	g_expect(3);
	gic_eoi(3);
	g_expect_none();
	/* a disabled SGI waits; those of a GICv2 cannot be disabled */
	gic_disable(4);
	GUEST_ASSERT_EQ(guest_gic == ARMVCPU_GIC_V2, gic_test(GICD_ISENABLER, 4));
	gic_sgi(4, 1);
	if (guest_gic != ARMVCPU_GIC_V2)
		g_expect_none();
	gic_enable(4);
	g_expect(4);
	gic_eoi(4);
}

TEST(sgi_to_self)
{
	run_one(g_sgi_self, 0);
}

#define SGI_CPUS	4

static volatile u32 sgi_count[SGI_CPUS][16];

static void g_sgi_handler(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	GUEST_ASSERT(intid < 16);
	guest_add(sgi_count[guest_cpu()][intid], 1);
	gic_eoi(intid);
}

static u32 sgi_total(u32 sgi)
{
	u32 i, n = 0;

	for (i = 0; i < SGI_CPUS; i++)
		n += sgi_count[i][sgi];
	return n;
}

static void g_sgi_targets(u64 arg)
{
	u32 cpu, mask, i;

	(void)arg;
	guest_irq_handler = g_sgi_handler;
	g_init();
	cpu = guest_cpu();
	irq_enable();
	g_barrier(SGI_CPUS);

	/* vCPU 0 sends to each set of vCPUs */
	for (mask = 1; mask < 1 << SGI_CPUS; mask++) {
		if (cpu == 0) {
			u32 before[SGI_CPUS];

			for (i = 0; i < SGI_CPUS; i++)
				before[i] = sgi_count[i][5];
			gic_sgi(5, mask);
			GUEST_WAIT(sgi_total(5) >= before[0] + before[1] + before[2] +
				   before[3] + __builtin_popcount(mask));
			for (i = 0; i < SGI_CPUS; i++)
				GUEST_ASSERT_EQ(before[i] + (mask >> i & 1), sgi_count[i][5]);
		}
	}
	g_barrier(SGI_CPUS);

	/* each in turn to all others */
	for (i = 0; i < SGI_CPUS; i++) {
		if (cpu == i) {
			u32 mine = sgi_count[cpu][6];

			gic_sgi_others(6);
			GUEST_WAIT(sgi_total(6) == (i + 1) * (SGI_CPUS - 1));
			GUEST_ASSERT_EQ(mine, sgi_count[cpu][6]);
		}
		g_barrier(SGI_CPUS);
	}
	for (i = 0; i < SGI_CPUS; i++)
		GUEST_ASSERT_EQ(SGI_CPUS - 1, sgi_count[i][6]);
}

TEST(sgi_to_each_set_of_vcpus)
{
	run_many(SGI_CPUS, g_sgi_targets, 0);
}

static void g_sgi_nobody(u64 arg)
{
	u64 aff, seed = 88172645463325252ULL;
	u32 i;

	(void)arg;
	g_init();
	/* to vCPUs that are not there */
	for (aff = 0; aff < 8; aff++) {
		u64 v = (aff & 1) << 16 | (aff & 2) << 31 | (aff & 4) << 46;

		write_sysreg(ICC_SGI1R_EL1, v | 9 << 24 | (aff ? 0xffff : 0xfffe));
	}
	for (i = 1; i < 16; i++)		/* range selector */
		write_sysreg(ICC_SGI1R_EL1, (u64)i << 44 | 9 << 24 | 0xffff);
	isb();
	g_expect_none();
	/* anything at all: only this vCPU may get any */
	for (i = 0; i < 2000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		write_sysreg(ICC_SGI1R_EL1, seed);
		write_sysreg(ICC_ASGI1R_EL1, seed);
		write_sysreg(ICC_SGI0R_EL1, seed);
	}
	isb();
	for (i = 0; i < 64; i++) {
		u32 intid = gic_ack();

		if (intid == INTID_SPURIOUS)
			break;
		GUEST_ASSERT(intid < 16);
		gic_eoi(intid);
	}
	g_expect_none();
}

TEST(sgi_to_vcpus_that_are_not_there)
{
	need_gic(ARMVCPU_GIC_V3);
	run_one(g_sgi_nobody, 0);
}

/* Of a GICv2: an SGI is as many interrupts as there are vCPUs that send it. */
static volatile u32 sgi_sent;

static void g_v2_sources(u64 arg)
{
	u32 left[2] = { 0x0e, 0x0b };
	u32 cpu, v;

	(void)arg;
	g_init();
	cpu = guest_cpu();
	g_barrier(SGI_CPUS);
	/* the last one first, each two of them: once more is no more */
	if (cpu) {
		GUEST_WAIT(sgi_sent == SGI_CPUS - 1 - cpu);
		gic_sgi(7, 1);
		gic_sgi(7, 1);
		gic_sgi(9, 1);
		sgi_sent++;
		g_barrier(SGI_CPUS);
		return;
	}
	GUEST_WAIT(sgi_sent == SGI_CPUS - 1);
	GUEST_ASSERT_EQ(0x0e, read8(GICD_BASE + GICD_SPENDSGIR + 7));
	GUEST_ASSERT_EQ(0x0e, read8(GICD_BASE + GICD_CPENDSGIR + 7));
	GUEST_ASSERT(gic_test(GICD_ISPENDR, 7));
	/* one of them cleared, one of this vCPU's own set */
	write8(GICD_BASE + GICD_CPENDSGIR + 9, 1 << 2);
	write8(GICD_BASE + GICD_SPENDSGIR + 9, 1 << 0);
	GUEST_ASSERT_EQ(0x0b, read8(GICD_BASE + GICD_SPENDSGIR + 9));
	/* each once, of one number the lowest sender first */
	while (left[0] | left[1]) {
		u32 *l, intid;

		GUEST_ASSERT(irq_wait());
		v = g_cpu_read(GICC_IAR);
		intid = v & 0x3ff;
		GUEST_ASSERT(intid == 7 || intid == 9);
		l = &left[intid == 9];
		GUEST_ASSERT_EQ(__builtin_ctz(*l), v >> 10);
		*l &= *l - 1;
		GUEST_ASSERT(gic_test(GICD_ISACTIVER, intid));
		GUEST_ASSERT_EQ(*l, read8(GICD_BASE + GICD_SPENDSGIR + intid));
		g_cpu_write(GICC_EOIR, v);
	}
	g_expect_none();
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_SPENDSGIR + 4));
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_SPENDSGIR + 8));
	GUEST_ASSERT(!gic_test(GICD_ISACTIVER, 7));

	/* while it is active: the next one comes after the EOI, with its sender */
	gic_sgi(7, 1);
	GUEST_ASSERT(irq_wait());
	v = g_cpu_read(GICC_IAR);
	GUEST_ASSERT_EQ(7, v);
	gic_sgi(7, 1);
	GUEST_ASSERT(!irq_pending());
	GUEST_ASSERT_EQ(1, read8(GICD_BASE + GICD_SPENDSGIR + 7));
	g_cpu_write(GICC_EOIR, v);
	g_expect(7);
	gic_eoi(7);
	g_expect_none();
	g_barrier(SGI_CPUS);
}

TEST(v2_sgi_is_pending_for_each_sender)
{
	need_gic(ARMVCPU_GIC_V2);
	run_many(SGI_CPUS, g_v2_sources, 0);
}

static void g_v2_sgi_nobody(u64 arg)
{
	u64 seed = 88172645463325252ULL;
	u32 i;

	(void)arg;
	g_init();
	write32(GICD_BASE + GICD_SGIR, 0xfe << 16 | 9);		/* to vCPUs that are not there */
	write32(GICD_BASE + GICD_SGIR, 9);			/* to none */
	write32(GICD_BASE + GICD_SGIR, 1U << 24 | 0xff << 16 | 9);	/* to all the others */
	write32(GICD_BASE + GICD_SGIR, 3U << 24 | 0xff << 16 | 9);	/* reserved */
	g_expect_none();
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_SGIR));
	/* filter 2: to itself, whatever the list says */
	write32(GICD_BASE + GICD_SGIR, 2U << 24 | 0xfe << 16 | 9);
	g_expect(9);
	gic_eoi(9);
	g_expect_none();
	for (i = 0; i < 2000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		write32(GICD_BASE + GICD_SGIR, seed);
		write32(GICD_BASE + GICD_SPENDSGIR + (seed >> 40 & 12), seed >> 8);
	}
	/* what they are, senders that are not there among them, can be taken */
	for (i = 0; i < 16 * 8; i++) {
		u32 intid = gic_ack();

		if (intid == INTID_SPURIOUS)
			break;
		GUEST_ASSERT(intid < 16);
		gic_eoi(intid);
	}
	g_expect_none();
}

TEST(v2_sgi_to_vcpus_that_are_not_there)
{
	need_gic(ARMVCPU_GIC_V2);
	run_one(g_v2_sgi_nobody, 0);
}

/* Two vCPUs send each other SGIs while both take theirs: none lost. */
static volatile u32 sent[2];

static void g_sgi_cross(u64 count)
{
	u32 cpu, other, i;

	guest_irq_handler = g_sgi_handler;
	g_init();
	cpu = guest_cpu();
	other = 1 - cpu;
	irq_enable();
	g_barrier(2);
	for (i = 0; i < count; i++) {
		gic_sgi(1, 1 << other);
		sent[cpu] = i + 1;
		/* two that meet become one: wait for this one */
		GUEST_WAIT(sgi_count[other][1] == i + 1);
	}
	g_barrier(2);
	GUEST_ASSERT_EQ(count, sgi_count[cpu][1]);
}

TEST(sgis_that_cross)
{
	run_many(2, g_sgi_cross, th_many(300, 100));
}

/* ---- routing ------------------------------------------------------------------------ */

static volatile u32 got[2];

static void g_route_handler(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	GUEST_ASSERT_EQ(SPI, intid);
	guest_add(got[guest_cpu()], 1);
	gic_eoi(intid);
}

/* As often as that, or as there is time for. */
static void g_route(u64 count)
{
	u64 end = guest_counter() + guest_ticks(8000000);
	u32 i;

	guest_irq_handler = g_route_handler;
	g_init();
	irq_enable();
	g_barrier(2);
	if (guest_cpu() == 0) {
		u32 want[2] = { 0, 0 };

		gic_edge(SPI, true);
		gic_enable(SPI);
		for (i = 0; i < count && (i < 20 || guest_counter() < end); i++) {
			u32 to = i & 1;

			gic_route(SPI, to);
			GUEST_ASSERT_EQ(to, gic_routed_to(SPI));
			want[to]++;
			guest_spi(SPI, 1);
			GUEST_WAIT(got[0] + got[1] == i + 1);
			GUEST_ASSERT_EQ(want[0], got[0]);
			GUEST_ASSERT_EQ(want[1], got[1]);
			guest_spi(SPI, 0);
		}
	}
	g_barrier(2);
}

TEST(spi_goes_where_it_is_routed)
{
	run_many(2, g_route, th_many(500, 100));
}

/* Pending and not taken: it moves along with its route, and is taken once. */
static void g_reroute(u64 arg)
{
	u64 end = guest_counter() + guest_ticks(5000000);
	u32 i;

	(void)arg;
	guest_irq_handler = g_route_handler;
	g_init();
	if (guest_cpu() == 1)
		irq_enable();
	g_barrier(2);
	if (guest_cpu() == 0) {
		gic_edge(SPI, true);
		gic_enable(SPI);
		for (i = 0; i < 200 && (i < 20 || guest_counter() < end); i++) {
			gic_route(SPI, 0);
			guest_spi(SPI, 1);
			guest_spi(SPI, 0);
			GUEST_ASSERT(irq_wait());
			gic_route(SPI, 1);
			GUEST_WAIT(got[1] == i + 1);
			GUEST_ASSERT(!irq_pending());
			GUEST_ASSERT_EQ(0, got[0]);
		}
	}
	g_barrier(2);
}

TEST(pending_spi_moves_with_its_route)
{
	run_many(2, g_reroute, 0);
}

/* The route flips as fast as it can while edges come: each is taken once. */
static volatile bool flip_stop;

static void g_flip(u64 count)
{
	u32 i;

	guest_irq_handler = g_route_handler;
	g_init();
	irq_enable();
	g_barrier(2);
	if (guest_cpu() == 0) {
		gic_edge(SPI, true);
		gic_enable(SPI);
		for (i = 0; i < count; i++) {
			guest_spi(SPI, 1);
			GUEST_WAIT(got[0] + got[1] >= i + 1);
			guest_spi(SPI, 0);
		}
		flip_stop = true;
		GUEST_ASSERT_EQ(count, got[0] + got[1]);
	} else {
		for (i = 0; !flip_stop; i++)
			gic_route(SPI, i & 1);
	}
	g_barrier(2);
	GUEST_ASSERT_EQ(count, got[0] + got[1]);
}

TEST(route_that_flips_loses_and_doubles_nothing)
{
	run_many(2, g_flip, th_many(3000, 1000));
}

/* Any vCPU, exactly one of them: IRM, or targets that are more than one. */
static void g_any(u64 count)
{
	u32 i;

	guest_irq_handler = g_route_handler;
	g_init();
	irq_enable();
	g_barrier(2);
	if (guest_cpu() == 0) {
		gic_edge(SPI, true);
		if (guest_gic == ARMVCPU_GIC_V2)
			write8(GICD_BASE + GICD_ITARGETSR + SPI, 3);
		else
			write64(GICD_BASE + GICD_IROUTER + 8 * SPI, 1ULL << 31);
		gic_enable(SPI);
		for (i = 0; i < count; i++) {
			guest_spi(SPI, 1);
			GUEST_WAIT(got[0] + got[1] == i + 1);
			guest_spi(SPI, 0);
		}
	}
	g_barrier(2);
	GUEST_ASSERT_EQ(count, got[0] + got[1]);
}

TEST(spi_for_any_vcpu_goes_to_one)
{
	run_many(2, g_any, th_many(200, 80));
}

/*
 * vCPU 0 looks at the active state while vCPU 1 acknowledges. Each look waits for
 * the other CPU, which can take a time slice of what runs the host: at least a
 * few rounds, and more in the time there is.
 */
static void g_look(u64 count)
{
	u64 end = guest_counter() + guest_ticks(5000000);
	u32 i;

	guest_irq_handler = g_route_handler;
	g_init();
	if (guest_cpu() == 1)
		irq_enable();
	g_barrier(2);
	if (guest_cpu() == 0) {
		gic_edge(SPI, true);
		gic_route(SPI, 1);
		gic_enable(SPI);
		for (i = 0; i < count && (i < 20 || guest_counter() < end); i++) {
			guest_spi(SPI, 1);
			while (got[1] != i + 1) {
				(void)gic_test(GICD_ISACTIVER, SPI);
				(void)gic_test(GICD_ISPENDR, SPI);
			}
			guest_spi(SPI, 0);
			GUEST_WAIT(!gic_test(GICD_ISACTIVER, SPI));
			GUEST_ASSERT(!gic_test(GICD_ISPENDR, SPI));
		}
		flip_stop = true;
	} else {
		while (!flip_stop)
			(void)gic_test(GICD_ICACTIVER, SPI);
	}
	g_barrier(2);
}

TEST(state_read_while_another_vcpu_acknowledges)
{
	run_many(2, g_look, th_many(500, 100));
}

/* vCPU 1 has the SPI in a list register, does not take it, and does not exit. */
static void g_hold(void)
{
	g_init();
	g_barrier(2);
	guest_add(guest_ready, 1);
	while (!flip_stop)
		;
	g_barrier(2);
}

static void g_look_often(u64 count)
{
	u64 began, i;

	g_init();
	gic_edge(SPI, true);
	gic_route(SPI, 1);
	gic_enable(SPI);
	g_barrier(2);
	GUEST_WAIT(guest_ready == 3);
	guest_spi(SPI, 1);
	for (i = 0; i < count; i++) {
		/* by then it is in the guest again */
		for (began = guest_counter(); guest_counter() - began < guest_ticks(200); )
			;
		GUEST_ASSERT(gic_test(GICD_ISPENDR, SPI));
	}
	flip_stop = true;
	g_barrier(2);
}

static void g_hold_or_look(u64 count)
{
	if (guest_cpu() == 1)
		g_hold();
	else
		g_look_often(count);
}

/*
 * What another vCPU has in its list registers is fetched, not waited for: else it
 * would be the host's tick that ends its stay in the guest, for each look.
 */
TEST(state_read_while_another_vcpu_does_not_exit)
{
	long before = interrupt_count("Rescheduling");

	need_list_registers();
	if (cpu_count() < 2)
		SKIP(return, "needs two CPUs");
	run_many(2, g_hold_or_look, 400);
	if (before >= 0)
		EXPECT_LE(before + 20, interrupt_count("Rescheduling"));
}

/* ---- a guest that does not exit ---------------------------------------------------- */

static volatile u64 spins;

static void g_spin_for_irq(u64 arg)
{
	(void)arg;
	guest_irq_handler = g_count_handler;
	g_init();
	gic_edge(SPI, true);
	gic_enable(SPI);
	irq_enable();
	GUEST_SYNC(0);
	while (taken[SPI] < 100)
		spins++;
}

static void *run_to_done(void *v)
{
	pin_cpu(cpu_count() - 1);
	vcpu_finish(v);
	return NULL;
}

/*
 * From another CPU: the guest is interrupted, not waited for. Without an IPI it
 * would be the host's tick that ends the guest each time. That takes longer, but
 * on a busy machine so do IPIs, which is why they are counted.
 */
TEST(guest_that_never_exits_is_interrupted)
{
	bool alone = cpu_count() < 2;	/* of this thread, which is pinned below */
	struct vm *vm = irq_vm(1);
	struct vcpu *v = vcpu_create(vm, 0);
	volatile u32 *t;
	volatile u64 *s;
	unsigned int i;
	s64 before;

	vcpu_start_c(v, g_spin_for_irq, 0);
	vcpu_sync(v);
	t = &vm_var(vm, taken[SPI]);
	s = &vm_var(vm, spins);
	vcpu_thread(v, run_to_done);
	pin_cpu(0);
	before = interrupt_count("Rescheduling");
	for (i = 0; i < 100; i++) {
		u64 start = now_ns(), seen = *s;

		ASSERT_EQ(i, *t);

		/* in its loop: not in the handler, whose accesses may exit by themselves */
		while (*s == seen)
			ASSERT_GT(5000000000ULL, now_ns() - start);
		irq_line(vm, ARMVCPU_IRQ_SPI, SPI, 0, 1);
		while (*t != i + 1)
			ASSERT_GT(5000000000ULL, now_ns() - start);
		irq_line(vm, ARMVCPU_IRQ_SPI, SPI, 0, 0);
	}
	vcpu_join(v);
	if (!alone && before >= 0)
		EXPECT_LE(before + 50, interrupt_count("Rescheduling"));
}

/* Four threads at one line and at four lines: every edge arrives. */
static struct vm *storm_vm;

static void *storm(void *arg)
{
	u32 irq = SPI + (long)arg;
	volatile u32 *t = &vm_var(storm_vm, taken[irq]);
	unsigned int i;

	for (i = 0; i < 200; i++) {
		irq_line(storm_vm, ARMVCPU_IRQ_SPI, irq, 0, 1);
		irq_line(storm_vm, ARMVCPU_IRQ_SPI, irq, 0, 0);
		ASSERT_TRUE(WAIT_FOR(*t == i + 1));
	}
	return NULL;
}

static void g_storm(u64 arg)
{
	u32 i;

	(void)arg;
	guest_irq_handler = g_count_handler;
	g_init();
	for (i = 0; i < 4; i++) {
		gic_edge(SPI + i, true);
		gic_enable(SPI + i);
	}
	irq_enable();
	GUEST_SYNC(0);
	GUEST_WAIT(taken[SPI] + taken[SPI + 1] + taken[SPI + 2] + taken[SPI + 3] == 800);
}

TEST(lines_raised_by_four_threads)
{
	struct vcpu *v;
	pthread_t t[4];
	long i;

	storm_vm = irq_vm(1);
	v = vcpu_create(storm_vm, 0);
	vcpu_start_c(v, g_storm, 0);
	vcpu_sync(v);
	vcpu_thread(v, run_to_done);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, storm, (void *)i));
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	vcpu_join(v);
}

/* ---- registers ----------------------------------------------------------------------- */

static void g_check_spi_bits(void)
{
	u32 i;

	for (i = 32; i < NR_IRQS; i += 32) {
		u64 o = GICD_BASE + i / 8;

		write32(o + GICD_IGROUPR, 0x5a5a1234);
		GUEST_ASSERT_EQ(0x5a5a1234, read32(o + GICD_IGROUPR));
		write32(o + GICD_ISENABLER, 0x0f0f0000);
		write32(o + GICD_ISENABLER, 0x00000f0f);
		GUEST_ASSERT_EQ(0x0f0f0f0f, read32(o + GICD_ISENABLER));
		GUEST_ASSERT_EQ(0x0f0f0f0f, read32(o + GICD_ICENABLER));
		write32(o + GICD_ICENABLER, 0x0000ffff);
		GUEST_ASSERT_EQ(0x0f0f0000, read32(o + GICD_ISENABLER));
		write32(o + GICD_ICENABLER, ~0U);
		GUEST_ASSERT_EQ(0, read32(o + GICD_ISENABLER));
		write32(o + GICD_ISPENDR, 0x11);
		GUEST_ASSERT_EQ(0x11, read32(o + GICD_ICPENDR));
		write32(o + GICD_ICPENDR, 0x10);
		GUEST_ASSERT_EQ(0x01, read32(o + GICD_ISPENDR));
		write32(o + GICD_ICPENDR, 1);
		write32(o + GICD_ISACTIVER, 0x22);
		GUEST_ASSERT_EQ(0x22, read32(o + GICD_ICACTIVER));
		write32(o + GICD_ICACTIVER, ~0U);
		GUEST_ASSERT_EQ(0, read32(o + GICD_ISACTIVER));
	}
}

static void g_check_spi_fields(void)
{
	/* priorities by the byte and by the word; at least 5 bits each */
	write32(GICD_BASE + GICD_IPRIORITYR + 64, 0x40302010);
	write8(GICD_BASE + GICD_IPRIORITYR + 66, 0x88);
	GUEST_ASSERT_EQ(0x40882010, read32(GICD_BASE + GICD_IPRIORITYR + 64));
	GUEST_ASSERT_EQ(0x20, read8(GICD_BASE + GICD_IPRIORITYR + 65));
	write8(GICD_BASE + GICD_IPRIORITYR + 64, 0xff);
	GUEST_ASSERT_EQ(0xf8, read8(GICD_BASE + GICD_IPRIORITYR + 64) & 0xf8);

	/* configuration: bit 1 of each pair */
	write32(GICD_BASE + GICD_ICFGR + 16, 0xaaaaaaaa);
	GUEST_ASSERT_EQ(0xaaaaaaaa, read32(GICD_BASE + GICD_ICFGR + 16) & 0xaaaaaaaa);
	write32(GICD_BASE + GICD_ICFGR + 16, 0);
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_ICFGR + 16) & 0xaaaaaaaa);
}

static void g_dist_regs(u64 arg)
{
	u32 v;

	(void)arg;
	v = read32(GICD_BASE + GICD_TYPER);
	GUEST_ASSERT_EQ(NR_IRQS / 32 - 1, v & 31);
	GUEST_ASSERT_EQ(0, v & 1 << 10);			/* one security state */
	GUEST_ASSERT_EQ(3, read32(GICD_BASE + GICD_PIDR2) >> 4 & 15);
	GUEST_ASSERT_EQ(0x50, read32(GICD_BASE + GICD_CTLR) & 0x50);	/* DS, ARE */
	write32(GICD_BASE + GICD_TYPER, ~0U);
	GUEST_ASSERT_EQ(v, read32(GICD_BASE + GICD_TYPER));
	v = read32(GICD_BASE + GICD_IIDR);
	write32(GICD_BASE + GICD_IIDR, ~v);
	GUEST_ASSERT_EQ(v, read32(GICD_BASE + GICD_IIDR));

	/* SGIs and PPIs are not the distributor's with ARE: RAZ/WI */
	write32(GICD_BASE + GICD_ISENABLER, ~0U);
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_ISENABLER));
	write32(GICD_BASE + GICD_IPRIORITYR, ~0U);
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_IPRIORITYR));

	g_check_spi_bits();
	/* beyond the last interrupt: RAZ/WI */
	write32(GICD_BASE + GICD_ISENABLER + NR_IRQS / 8, ~0U);
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_ISENABLER + NR_IRQS / 8));
	write32(GICD_BASE + GICD_IPRIORITYR + NR_IRQS, ~0U);
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_IPRIORITYR + NR_IRQS));
	write64(GICD_BASE + GICD_IROUTER + 8 * NR_IRQS, 1);
	GUEST_ASSERT_EQ(0, read64(GICD_BASE + GICD_IROUTER + 8 * NR_IRQS));

	g_check_spi_fields();

	/* routes by halves */
	write64(GICD_BASE + GICD_IROUTER + 8 * SPI, 0x0000000500040302ULL & 0xff00ffffffULL);
	write32(GICD_BASE + GICD_IROUTER + 8 * SPI, 0x00000001);
	GUEST_ASSERT_EQ(5, read32(GICD_BASE + GICD_IROUTER + 8 * SPI + 4));
	GUEST_ASSERT_EQ(1, read32(GICD_BASE + GICD_IROUTER + 8 * SPI));
}

TEST(distributor_registers)
{
	need_gic(ARMVCPU_GIC_V3);
	run_one(g_dist_regs, 0);
}

static void g_redist_regs(u64 cpus)
{
	u32 cpu;

	for (cpu = 0; cpu < cpus; cpu++) {
		u64 r = GICR_BASE + cpu * GICR_SIZE;
		u64 typer = read64(r + GICR_TYPER);

		GUEST_ASSERT_EQ(cpu, typer >> 32);		/* affinity */
		GUEST_ASSERT_EQ(cpu, typer >> 8 & 0xffff);	/* processor number */
		GUEST_ASSERT_EQ(cpu == cpus - 1, typer >> 4 & 1);	/* last */
		GUEST_ASSERT_EQ((u32)typer, read32(r + GICR_TYPER));
		GUEST_ASSERT_EQ(typer >> 32, read32(r + GICR_TYPER + 4));
		GUEST_ASSERT_EQ(3, read32(r + GICD_PIDR2) >> 4 & 15);
		write32(r + GICR_SGI + GICD_ISENABLER, 0x00400002);
		GUEST_ASSERT_EQ(0x00400002, read32(r + GICR_SGI + GICD_ISENABLER) & 0x00400002);
		write32(r + GICR_SGI + GICD_ICENABLER, ~0U);
		GUEST_ASSERT_EQ(0, read32(r + GICR_SGI + GICD_ICENABLER));
		write32(r + GICR_SGI + GICD_IPRIORITYR + 20, 0x80604020);
		GUEST_ASSERT_EQ(0x80604020, read32(r + GICR_SGI + GICD_IPRIORITYR + 20));
		/* SGIs are edges for ever */
		write32(r + GICR_SGI + GICD_ICFGR, 0);
		GUEST_ASSERT_EQ(0xaaaaaaaa, read32(r + GICR_SGI + GICD_ICFGR) & 0xaaaaaaaa);
		/* sleep and wake */
		write32(r + GICR_WAKER, 2);
		GUEST_WAIT(read32(r + GICR_WAKER) & 4);
		write32(r + GICR_WAKER, 0);
		GUEST_WAIT(!(read32(r + GICR_WAKER) & 4));
	}
}

TEST(redistributor_registers)
{
	struct vm *vm;
	struct vcpu *v;

	need_gic(ARMVCPU_GIC_V3);
	vm = irq_vm(3);
	v = vcpu_create(vm, 0);
	vcpu_create(vm, 1);
	vcpu_create(vm, 2);
	vcpu_start_c(v, g_redist_regs, 3);
	vcpu_finish(v);
}

static void g_frame_sweep(u64 base, u64 size)
{
	u64 a;

	for (a = 0; a < size; a += 4)
		(void)read32(base + a);
	for (a = 0; a < size; a += 8) {
		(void)read64(base + a);
		(void)read16(base + a + 2);
		(void)read8(base + a + 3);
	}
}

/* Each vCPU's own of what is banked, and what the targets say. */
static void g_v2_banked(u64 arg)
{
	u32 cpu, i, own;

	(void)arg;
	g_init();
	cpu = guest_cpu();
	own = 0x01010101U << cpu;
	gic_priority(PPI, 0x10 + 0x20 * cpu);
	gic_group(PPI + cpu, 1);
	gic_enable(PPI + 2 + cpu);
	gic_bit(GICD_ISACTIVER, PPI + cpu, true);
	g_barrier(2);
	GUEST_ASSERT_EQ(0x10 + 0x20 * cpu, read8(GICD_BASE + GICD_IPRIORITYR + PPI));
	GUEST_ASSERT_EQ(1U << (PPI + cpu), read32(GICD_BASE + GICD_IGROUPR));
	GUEST_ASSERT_EQ(1U << (PPI + 2 + cpu), read32(GICD_BASE + GICD_ISENABLER) & ~0xffffU);
	GUEST_ASSERT_EQ(1U << (PPI + cpu), read32(GICD_BASE + GICD_ICACTIVER));
	gic_bit(GICD_ICACTIVER, PPI + cpu, true);

	/* the targets of private ones are the vCPU that looks, and stay so */
	for (i = 0; i < 32; i += 4) {
		write32(GICD_BASE + GICD_ITARGETSR + i, ~own);
		GUEST_ASSERT_EQ(own, read32(GICD_BASE + GICD_ITARGETSR + i));
	}
	g_barrier(2);
	if (cpu)
		return;
	write8(GICD_BASE + GICD_ITARGETSR + SPI, 2);
	GUEST_ASSERT_EQ(2, read8(GICD_BASE + GICD_ITARGETSR + SPI));
	write32(GICD_BASE + GICD_ITARGETSR + SPI, 0x01020300);
	GUEST_ASSERT_EQ(0x01020300, read32(GICD_BASE + GICD_ITARGETSR + SPI));
	/* of none: it waits */
	gic_edge(SPI, true);
	gic_enable(SPI);
	guest_spi(SPI, 1);
	g_expect_none();
	GUEST_ASSERT(gic_test(GICD_ISPENDR, SPI));
	write8(GICD_BASE + GICD_ITARGETSR + SPI, 1);
	g_expect(SPI);
	gic_eoi(SPI);
}

TEST(v2_banked_registers_and_targets)
{
	need_gic(ARMVCPU_GIC_V2);
	run_many(2, g_v2_banked, 0);
}

static void g_v2_dist_regs(u64 arg)
{
	u32 i, v;

	(void)arg;
	v = read32(GICD_BASE + GICD_TYPER);
	GUEST_ASSERT_EQ(NR_IRQS / 32 - 1, v & 31);
	GUEST_ASSERT_EQ(0, v & 1 << 10);			/* no Security Extensions */
	GUEST_ASSERT_EQ(2, read32(GICD_BASE + GICD_V2_PIDR2) >> 4 & 15);
	write32(GICD_BASE + GICD_TYPER, ~0U);
	GUEST_ASSERT_EQ(v, read32(GICD_BASE + GICD_TYPER));
	v = read32(GICD_BASE + GICD_IIDR);
	write32(GICD_BASE + GICD_IIDR, ~v);
	GUEST_ASSERT_EQ(v, read32(GICD_BASE + GICD_IIDR));
	for (i = 4; i-- > 0; ) {
		write32(GICD_BASE + GICD_CTLR, ~3U | i);
		GUEST_ASSERT_EQ(i, read32(GICD_BASE + GICD_CTLR));
	}
	g_check_spi_bits();
	/* beyond the last interrupt: RAZ/WI */
	write32(GICD_BASE + GICD_ISENABLER + NR_IRQS / 8, ~0U);
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_ISENABLER + NR_IRQS / 8));
	write32(GICD_BASE + GICD_IPRIORITYR + NR_IRQS, ~0U);
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_IPRIORITYR + NR_IRQS));
	write32(GICD_BASE + GICD_ITARGETSR + NR_IRQS, ~0U);
	GUEST_ASSERT_EQ(0, read32(GICD_BASE + GICD_ITARGETSR + NR_IRQS));
	g_check_spi_fields();
	/* SGIs are edges for ever */
	write32(GICD_BASE + GICD_ICFGR, 0);
	GUEST_ASSERT_EQ(0xaaaaaaaa, read32(GICD_BASE + GICD_ICFGR) & 0xaaaaaaaa);
}

TEST(v2_distributor_registers)
{
	need_gic(ARMVCPU_GIC_V2);
	run_one(g_v2_dist_regs, 0);
}

/*
 * The CPU interface's: as the virtual CPU interface of the architecture has them
 * (IHI0048 5.5), wherever it comes from.
 */
static void g_v2_cpu_regs(u64 soft)
{
	static const u32 read_only[] = { GICC_RPR, GICC_HPPIR, GICC_AHPPIR, GICC_IIDR };
	bool regs;
	u32 i, v;

	GUEST_ASSERT_EQ(0, g_cpu_read(GICC_CTLR));
	GUEST_ASSERT_EQ(0, g_cpu_read(GICC_PMR));
	GUEST_ASSERT_EQ(2, g_cpu_read(GICC_IIDR) >> 16 & 15);	/* architecture */
	g_init();
	regs = g_group1_regs(soft);
	for (i = 0; i < ARRAY_SIZE(read_only); i++) {
		v = g_cpu_read(read_only[i]);
		g_cpu_write(read_only[i], ~v);
		GUEST_ASSERT_EQ(v, g_cpu_read(read_only[i]));
	}
	GUEST_ASSERT_EQ(0xff, g_cpu_read(GICC_RPR));
	GUEST_ASSERT_EQ(INTID_SPURIOUS, g_cpu_read(GICC_HPPIR));
	GUEST_ASSERT_EQ(INTID_SPURIOUS, g_cpu_read(GICC_IAR));
	if (regs)
		GUEST_ASSERT_EQ(INTID_SPURIOUS, g_cpu_read(GICC_AIAR));
	for (i = 0; i < 0x100; i += 8) {	/* 32 levels */
		g_cpu_write(GICC_PMR, i | 7);
		GUEST_ASSERT_EQ(i, g_cpu_read(GICC_PMR) & 0xf8);
	}
	for (i = 0; i < 8; i++) {
		g_cpu_write(GICC_BPR, i);
		GUEST_ASSERT_EQ(i < 2 ? 2 : i, g_cpu_read(GICC_BPR));
		g_cpu_write(GICC_ABPR, i);
		v = g_cpu_read(GICC_ABPR);	/* some emulators have 1 as its least */
		GUEST_ASSERT(v == (i < 3 ? 3 : i) || (!soft && v == (i < 1 ? 1 : i)));
	}
	g_cpu_write(GICC_BPR, 0);
	/* EnableGrp0 and 1, AckCtl, FIQEn, CBPR, EOImode */
	for (i = 0; i < 0x400; i += 7) {
		g_cpu_write(GICC_CTLR, i);
		GUEST_ASSERT_EQ(i & 0x21f, g_cpu_read(GICC_CTLR));
	}
	g_cpu_write(GICC_CTLR, ~0U);
	GUEST_ASSERT_EQ(0x21f, g_cpu_read(GICC_CTLR));
	g_cpu_write(GICC_CTLR, GICC_CTLR_GRP0);

	/* the active priority of what is taken, and what may be pending next */
	gic_sgi(7, 1);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(7, g_cpu_read(GICC_HPPIR));
	GUEST_ASSERT_EQ(0, g_cpu_read(GICC_APR));
	g_expect(7);
	GUEST_ASSERT_EQ(1U << (0xa0 >> 3), g_cpu_read(GICC_APR));
	gic_eoi(7);
	GUEST_ASSERT_EQ(0, g_cpu_read(GICC_APR));
}

TEST(v2_cpu_interface_registers)
{
	need_gic(ARMVCPU_GIC_V2);
	run_one(g_v2_cpu_regs, is_software());
}

#define BEHIND		0x10000
#define BEHIND_STEP	0xffc

static u64 g_try_load(u64 addr)
{
	u64 value = 0;

	return GUEST_TRY("ldr %w0, [%1]", : "+r" (value) : "r" (addr) : "memory");
}

static u64 g_try_store(u64 addr)
{
	return GUEST_TRY("str wzr, [%0]", :: "r" (addr) : "memory");
}

/* Up to @end there are pages that GICV is in, and more than it may be. */
static void g_behind(u64 end)
{
	u64 addr;

	g_init();
	for (addr = GICC_BASE + GICC_SIZE; addr < GICC_BASE + BEHIND; addr += BEHIND_STEP) {
		u64 esr[2] = { g_try_load(addr), g_try_store(addr) };
		unsigned int i;

		for (i = 0; i < 2; i++)		/* a synchronous external abort, or nothing */
			GUEST_ASSERT(!esr[i] || (addr < end && ESR_EC(esr[i]) == EC_DABT_SAME &&
						 ESR_FSC(esr[i]) == 0x10));
	}
	GUEST_ASSERT_EQ(0, g_try_load(GICD_BASE + GICD_V2_SIZE));
	/* all is as it was */
	g_cpu_write(GICC_PMR, 0xf8);
	GUEST_ASSERT_EQ(0xf8, g_cpu_read(GICC_PMR));
	gic_enable(3);
	gic_sgi(3, 1);
	g_expect(3);
	gic_eoi(3);
}

/*
 * Behind the frames are the VMM's devices; but in the pages of the host that GICV is in
 * nothing is, and nothing of the host's: no exit, no value that matters.
 */
TEST(v2_what_is_behind_the_frames)
{
	u64 page = getpagesize(), end = GICC_BASE + GICC_SIZE, addr;
	struct vcpu *v;
	int i;

	need_gic(ARMVCPU_GIC_V2);
	v = vcpu_create(irq_vm(1), 0);
	if (!is_software())
		end = (end + page - 1) & ~(page - 1);
	vcpu_start_c(v, g_behind, end);
	for (addr = GICC_BASE + GICC_SIZE; addr < GICC_BASE + BEHIND; addr += BEHIND_STEP) {
		for (i = 0; i < 2 && addr >= end; i++) {
			vcpu_run(v);
			EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
			EXPECT_EQ(addr, v->run->u.mmio.ipa);
		}
	}
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ((u64)GICD_BASE + GICD_V2_SIZE, v->run->u.mmio.ipa);
	vcpu_finish(v);
}

/* Every word of all frames, then odd sizes: a value each, and no exit. */
static void g_gic_sweep(u64 arg)
{
	u64 a;

	(void)arg;
	if (guest_gic == ARMVCPU_GIC_V2) {
		g_frame_sweep(GICD_BASE, GICD_V2_SIZE);
		g_frame_sweep(GICC_BASE, GICC_SIZE);
		return;
	}
	for (a = 0; a < 0x10000; a += 4)
		(void)read32(GICD_BASE + a);
	for (a = 0; a < GICR_SIZE; a += 4)
		(void)read32(GICR_BASE + a);
	for (a = 0; a < 0x10000; a += 0x38) {
		(void)read64(GICD_BASE + a);
		(void)read16(GICD_BASE + a + 2);
		(void)read8(GICD_BASE + a + 3);
		(void)read64(GICR_BASE + 2 * a);
		(void)read16(GICR_BASE + 2 * a + 6);
		(void)read8(GICR_BASE + 2 * a + 5);
	}
}

TEST_TIMEOUT(every_word_of_the_frames_can_be_read, 60)
{
	run_one(g_gic_sweep, 0);
}

/* An address in the frames, by a random number. */
static u64 g_anywhere(u64 seed)
{
	u64 a = seed & 0x2fff8;

	if (guest_gic != ARMVCPU_GIC_V2)
		return a < 0x10000 ? GICD_BASE + a : GICR_BASE + a - 0x10000;
	a &= 0x3ff8;
	return a < GICC_SIZE ? GICC_BASE + a : GICD_BASE + (a & (GICD_V2_SIZE - 1));
}

static void g_gic_write_sweep(u64 arg)
{
	u64 a, seed = 88172645463325252ULL;
	u32 i;

	(void)arg;
	for (i = 0; i < 4000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		a = g_anywhere(seed);
		switch (seed >> 60 & 3) {
		case 0:
			write8(a + (seed >> 32 & 7), seed >> 8);
			break;
		case 1:
			write16(a + (seed >> 32 & 6), seed >> 8);
			break;
		case 2:
			write32(a + (seed >> 32 & 4), seed >> 8);
			break;
		case 3:
			write64(a, seed);
			break;
		}
	}
	/* and it still works */
	gic_dist_init();
	gic_cpu_init();
	for (i = 0; guest_gic == ARMVCPU_GIC_V2 && i < 16; i += 4) {
		write32(GICC_BASE + GICC_APR + i, 0);
		write32(GICC_BASE + GICC_NSAPR + i, 0);
	}
	write32(GICD_BASE + GICD_ICPENDR + 4, ~0U);
	write32(GICD_BASE + GICD_ICACTIVER + 4, ~0U);
	for (i = 0; i < NR_IRQS; i++) {
		u32 intid = gic_ack();

		if (intid == INTID_SPURIOUS)
			break;
		gic_eoi(intid);
	}
	gic_edge(SPI, true);
	gic_enable(SPI);
	guest_spi(SPI, 0);
	guest_spi(SPI, 1);
	g_expect(SPI);
	gic_eoi(SPI);
}

TEST(garbage_in_every_register_of_the_frames)
{
	run_one(g_gic_write_sweep, 0);
}

static void g_icc_regs(u64 arg)
{
	(void)arg;
	g_init();
	GUEST_ASSERT_EQ(7, read_sysreg(ICC_SRE_EL1) & 7);
	write_sysreg(ICC_SRE_EL1, 0);
	isb();
	GUEST_ASSERT_EQ(1, read_sysreg(ICC_SRE_EL1) & 1);
	GUEST_ASSERT_EQ(0xff, gic_running());
	GUEST_ASSERT_EQ(INTID_SPURIOUS, read_sysreg(ICC_HPPIR1_EL1));
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_ack());
	write_sysreg(ICC_PMR_EL1, 0x80);
	isb();
	GUEST_ASSERT_EQ(0x80, read_sysreg(ICC_PMR_EL1));
	write_sysreg(ICC_PMR_EL1, 0xff);
	isb();
	gic_sgi(7, 1);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(7, read_sysreg(ICC_HPPIR1_EL1));
	g_expect(7);
	gic_eoi(7);
	/* the CPU says it has the interface */
	GUEST_ASSERT_EQ(1, read_sysreg(id_aa64pfr0_el1) >> 24 & 15);
}

TEST(cpu_interface_registers)
{
	need_gic(ARMVCPU_GIC_V3);
	run_one(g_icc_regs, 0);
}

/* ---- reset ---------------------------------------------------------------------------- */

static void g_leave_pending(u64 arg)
{
	(void)arg;
	g_init();
	gic_sgi(1, 1);
	gic_sgi(2, 1);
	g_expect(1);
	gic_enable(PPI);
	GUEST_SYNC(0);
}

static void g_after_reset(u64 arg)
{
	u64 r = gic_frame(0);

	(void)arg;
	GUEST_ASSERT_EQ(0, read32(r + GICD_ISPENDR) & 0xffff);
	GUEST_ASSERT_EQ(0, read32(r + GICD_ISACTIVER));
	gic_cpu_init();
	g_expect_none();
	GUEST_ASSERT_EQ(0xff, gic_running());
	gic_sgi(3, 1);
	g_expect(3);
	gic_eoi(3);
}

TEST(reset_drops_private_interrupts)
{
	struct vcpu *v = vcpu_create(irq_vm(1), 0);

	vcpu_start_c(v, g_leave_pending, 0);
	vcpu_sync(v);
	ASSERT_EQ(0, vcpu_reset_raw(v, 0, 0, 0));
	vcpu_start_c(v, g_after_reset, 0);
	vcpu_finish(v);
}

/* ---- no GIC ----------------------------------------------------------------------------- */

GUEST(g_pins,
	"msr	daifclr, #3\n"
	"str	x0, [x28]\n"
	"1: add	x0, x0, #1\n"
	"b	1b");

FIXTURE(pin) { struct vcpu *v; };
FIXTURE_VARIANT(pin) { u32 type; u32 vector; u64 mask; };
FIXTURE_VARIANT_ADD(pin, irq) { ARMVCPU_IRQ_CPU_IRQ, VECTOR_IRQ, 0x80 };
FIXTURE_VARIANT_ADD(pin, fiq) { ARMVCPU_IRQ_CPU_FIQ, VECTOR_FIQ, 0x40 };
FIXTURE_SETUP(pin)
{
	self->v = vcpu_create(vm_create(0), 0);
	vcpu_start(self->v, g_pins);
	vcpu_sync(self->v);
}
FIXTURE_TEARDOWN(pin) { }

TEST_F(pin, interrupts_the_guest)
{
	struct vcpu *v = self->v;
	struct armvcpu_regs r;

	irq_line(v->vm, variant->type, 0, 0, 1);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * variant->vector, v->run->u.mmio.ipa);

	/* a level: again when the guest goes back */
	get_regs(v, &r);
	r.pc = r.elr_el1;
	r.pstate = 5;
	set_regs(v, &r);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * variant->vector, v->run->u.mmio.ipa);

	/* lowered: the guest runs on */
	irq_line(v->vm, variant->type, 0, 0, 0);
	vcpu_start(v, g_pins);
	vcpu_sync(v);
}

TEST_F(pin, masked_by_pstate_stays)
{
	struct vcpu *v = self->v;
	struct armvcpu_regs r;

	vcpu_start(v, g_pins + 1);		/* DAIF stays set */
	irq_line(v->vm, variant->type, 0, 0, 1);
	EXPECT_EQ(0ULL, vcpu_sync(v));
	vcpu_complete(v);
	get_regs(v, &r);
	r.pstate &= ~variant->mask;
	set_regs(v, &r);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * variant->vector, v->run->u.mmio.ipa);
	EXPECT_EQ((u64)(g_pins + 2), ({ get_regs(v, &r); r.elr_el1; }));
}

static void *run_once(void *arg)
{
	struct vcpu *v = arg;

	vcpu_run(v);
	return NULL;
}

TEST(pin_raised_by_another_thread)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	u64 cpu;

	vcpu_start(v, g_pins);
	vcpu_sync(v);
	vcpu_thread(v, run_once);
	cpu = thread_cpu_ns(v->thread);
	ASSERT_TRUE(WAIT_FOR(thread_cpu_ns(v->thread) > cpu + 20000000));
	irq_line(v->vm, ARMVCPU_IRQ_CPU_IRQ, 0, 0, 1);
	vcpu_join(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_IRQ, v->run->u.mmio.ipa);
}

static void g_no_gic(u64 arg)
{
	u64 v;

	(void)arg;
	GUEST_ASSERT_EQ(0, read_sysreg(id_aa64pfr0_el1) >> 24 & 15);
	GUEST_ASSERT_EQ(EC_UNKNOWN, ESR_EC(GUEST_TRY("mrs %0, S3_0_C12_C12_0", : "=r"(v))));
	GUEST_ASSERT_EQ(0x2000000, GUEST_TRY("msr S3_0_C12_C12_1, xzr", :: "r"(0)));
	GUEST_ASSERT_EQ(0x2000000, GUEST_TRY("msr S3_0_C12_C11_5, xzr", :: "r"(0)));
	GUEST_ASSERT_EQ(0x2000000, GUEST_TRY("msr S3_0_C4_C6_0, xzr", :: "r"(0)));
	/* Where ICC_SRE_EL2.Enable is RAO/WI (IHI0069 12.2.25) this cannot trap. */
	if (GUEST_TRY("mrs %0, S3_0_C12_C12_5", : "=r"(v)) != 0x2000000)
		GUEST_ASSERT_EQ(7, v & 7);
}

TEST(without_a_gic_its_registers_are_undefined)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);

	vcpu_start_c(v, g_no_gic, 0);
	vcpu_finish(v);
}

/* Those of a GICv3 are no part of a GICv2. */
TEST(v2_guest_has_no_interface_in_system_registers)
{
	need_gic(ARMVCPU_GIC_V2);
	run_one(g_no_gic, 0);
}

TEST_HARNESS_MAIN
