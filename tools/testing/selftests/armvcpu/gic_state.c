// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a GIC is read and given to another VM, which goes on with it: whichever
 * model, and from the host's CPU interface to software and back.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "testlib.h"

#define NR_IRQS		96
#define NR_SPIS		(NR_IRQS - 32)
#define CPUS		2

/* ---- a VM that moves ----------------------------------------------------------------- */

struct machine {
	struct vm *vm;
	struct vcpu *v[CPUS];
	bool soft;
};

struct saved {
	struct armvcpu_gic_dist dist;
	struct armvcpu_gic_cpu cpu[CPUS];
	struct armvcpu_gic_irq private[CPUS][32];
	struct armvcpu_gic_irq spi[NR_SPIS];
};

static int do_dist(struct vm *vm, bool set, struct armvcpu_gic_dist *d)
{
	d->size = sizeof(*d);
	return ioctl_raw(vm->fd, set ? ARMVCPU_SET_GIC_DIST : ARMVCPU_GET_GIC_DIST, d);
}

static int do_cpu(struct vm *vm, bool set, u32 id, struct armvcpu_gic_cpu *c)
{
	c->size = sizeof(*c);
	c->vcpu_id = id;
	return ioctl_raw(vm->fd, set ? ARMVCPU_SET_GIC_CPU : ARMVCPU_GET_GIC_CPU, c);
}

static int do_irqs(struct vm *vm, bool set, u32 id, u32 first, u32 count,
		   struct armvcpu_gic_irq *irqs)
{
	struct armvcpu_gic_irqs arg = {
		.size = sizeof(arg), .vcpu_id = id, .first = first, .count = count,
		.entries = (u64)irqs,
	};

	return ioctl_raw(vm->fd, set ? ARMVCPU_SET_GIC_IRQS : ARMVCPU_GET_GIC_IRQS, &arg);
}

static void do_gic(struct vm *vm, bool set, struct saved *s)
{
	u32 i;

	if (!set)
		memset(s, 0xa5, sizeof(*s));
	ASSERT_EQ(0, do_dist(vm, set, &s->dist));
	ASSERT_EQ(0, do_irqs(vm, set, 0, 32, NR_SPIS, s->spi));
	for (i = 0; i < CPUS; i++) {
		ASSERT_EQ(0, do_irqs(vm, set, i, 0, 32, s->private[i]));
		ASSERT_EQ(0, do_cpu(vm, set, i, &s->cpu[i]));
	}
}

static struct machine make(bool soft)
{
	struct machine m = { .vm = vm_create(0), .soft = soft };
	struct armvcpu_create_gic arg = gic_config(&m.vm->info, NR_IRQS, CPUS);
	u32 i;

	if (soft)
		arg.flags |= ARMVCPU_GIC_SOFTWARE;
	if (!(m.vm->info.gic_models & 1U << arg.model))
		th_skip("this host offers no GICv%u", arg.model);
	ASSERT_EQ(0, ioctl_raw(m.vm->fd, ARMVCPU_CREATE_GIC, &arg));
	m.vm->gic = arg.model;
	vm_var(m.vm, guest_gic) = arg.model;
	for (i = 0; i < CPUS; i++)
		m.v[i] = vcpu_create(m.vm, i);
	return m;
}

static void move_registers(struct vcpu *from, struct vcpu *to)
{
	static struct armvcpu_sysreg regs[ARMVCPU_MAX_SYSREGS];
	struct armvcpu_sysregs arg = { .count = ARMVCPU_MAX_SYSREGS, .entries = (u64)regs };
	struct armvcpu_regs core;

	get_regs(from, &core);
	ASSERT_EQ(0, ioctl_raw(from->fd, ARMVCPU_LIST_SYSREGS, &arg));
	set_regs(to, &core);
	ASSERT_EQ(0, ioctl_raw(to->fd, ARMVCPU_SET_SYSREGS, &arg));
}

/* Registers, memory and GIC go to a new VM, and the old one goes. */
static void move(struct machine *m, bool soft)
{
	struct machine to = make(soft);
	static struct saved s, after;
	u32 i;

	for (i = 0; i < CPUS; i++)
		vcpu_complete(m->v[i]);
	memcpy(to.vm->image, m->vm->image, m->vm->image_len);
	memcpy(to.vm->ram, m->vm->ram, STACK_BASE - RAM_BASE + (CPUS + 1) * STACK_SIZE);
	do_gic(m->vm, false, &s);
	do_gic(to.vm, true, &s);
	for (i = 0; i < CPUS; i++)
		move_registers(m->v[i], to.v[i]);
	do_gic(to.vm, false, &after);
	/* the timers' lines are not set: they follow from their registers */
	for (i = 0; i < CPUS; i++) {
		s.private[i][INTID_VTIMER].flags &= ~ARMVCPU_GIC_IRQ_LINE;
		s.private[i][INTID_PTIMER].flags &= ~ARMVCPU_GIC_IRQ_LINE;
	}
	ASSERT_EQ(0, memcmp(&s, &after, sizeof(s)));
	for (i = 0; i < CPUS; i++)
		vcpu_close(m->v[i]);
	vm_close(m->vm);
	*m = to;
}

/* ---- guests ---------------------------------------------------------------------------- */

static void g_init(void)
{
	if (guest_cpu() == 0)
		gic_dist_init();
	gic_cpu_init();
}

/* Here it may be moved. */
static void g_here(void)
{
	GUEST_SYNC(0);
}

static void g_take(u32 intid)
{
	g_here();
	g_expect(intid);
	g_here();
}

static void g_end(u32 intid)
{
	gic_eoi(intid);
	g_here();
}

/* ---- hosts ------------------------------------------------------------------------------- */

FIXTURE(state) { int unused; };
FIXTURE_VARIANT(state) { bool soft, turns; };
/* with the CPU interface that there is; the other one at each second move */
FIXTURE_VARIANT_ADD(state, moves) { false, false };
FIXTURE_VARIANT_ADD(state, moves_to_software_and_back) { false, true };
FIXTURE_SETUP(state) { }
FIXTURE_TEARDOWN(state) { }

/* Run a vCPU to where it may be moved, true, or to its end. */
static bool run_on(struct vcpu *v)
{
	do {
		vcpu_run(v);
		if (v->run->exit_reason != ARMVCPU_EXIT_MMIO ||
		    !(v->run->u.mmio.flags & ARMVCPU_MMIO_WRITE))
			break;
		if (v->run->u.mmio.ipa == PORT_SYNC)
			return true;
		if (v->run->u.mmio.ipa == PORT_DONE)
			return false;
	} while (vcpu_message(v));
	vcpu_unexpected(v);
}

/* vCPU 0 as far as its first message, then vCPU 1. */
static struct machine start_both(bool soft, void (*first)(u64 arg), void (*second)(u64 arg))
{
	struct machine m = make(soft);

	vcpu_start_c(m.v[0], first, 0);
	ASSERT_EQ(1ULL, vcpu_sync(m.v[0]));
	vcpu_start_c(m.v[1], second, 0);
	ASSERT_EQ(1ULL, vcpu_sync(m.v[1]));
	return m;
}

/* To the end of vCPU @n's guest, with a move wherever it says so. */
static void finish(struct machine *m, u32 n, bool turns)
{
	u32 moves = 0;

	while (run_on(m->v[n])) {
		move(m, turns ? !m->soft : m->soft);
		moves++;
	}
	EXPECT_LT(2, moves);
}

/* ---- everything at once ---------------------------------------------------------------------- */

#define OUTER		40	/* active, and pending again */
#define INNER		41	/* active, has preempted it */
#define HELD		42	/* a level, high */
#define EDGE		43	/* latched, its line is low again */
#define SET_PENDING	44	/* a level with a low line, by ISPENDR */
#define DISABLED	45	/* a level, high */
#define MASKED		46	/* an edge, below the mask */
#define SGI		3	/* from both vCPUs */
#define PPI		22

static void g_sender(u64 arg)
{
	(void)arg;
	g_init();
	gic_sgi(SGI, 1 << 0);
	GUEST_SYNC(1);
}

static void g_set_up(u32 intid, bool edge, u8 priority)
{
	if (intid >= 16)
		gic_edge(intid, edge);
	gic_priority(intid, priority);
	if (intid != DISABLED)
		gic_enable(intid);
}

static void g_everything(u64 arg)
{
	u32 i;

	(void)arg;
	g_init();
	gic_mask(0xa0);
	g_set_up(OUTER, true, 0x50);
	g_set_up(INNER, true, 0x30);
	g_set_up(HELD, false, 0x60);
	g_set_up(EDGE, true, 0x70);
	g_set_up(SET_PENDING, false, 0x68);
	g_set_up(DISABLED, false, 0x20);
	g_set_up(MASKED, true, 0xa0);
	g_set_up(SGI, true, 0x58);
	g_set_up(PPI, false, 0x80);
	g_set_up(INTID_VTIMER, false, 0x90);
	GUEST_SYNC(1);

	guest_spi(OUTER, 1);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(OUTER, gic_ack());
	guest_spi(OUTER, 0);
	guest_spi(OUTER, 1);
	guest_spi(INNER, 1);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(INNER, gic_ack());
	guest_spi(HELD, 1);
	guest_spi(EDGE, 1);
	guest_spi(EDGE, 0);
	gic_bit(GICD_ISPENDR, SET_PENDING, true);
	guest_spi(DISABLED, 1);
	guest_spi(MASKED, 1);
	gic_sgi(SGI, 1 << 0);
	guest_ppi(PPI, 1);
	write_sysreg(cntv_cval_el0, 0);
	write_sysreg(cntv_ctl_el0, 1);
	isb();
	GUEST_SYNC(2);

	GUEST_ASSERT_EQ(0x30, gic_running());
	GUEST_ASSERT_EQ(0xa0, gic_get_mask());
	GUEST_ASSERT(gic_test(GICD_ISACTIVER, OUTER) && gic_test(GICD_ISPENDR, OUTER));
	GUEST_ASSERT(gic_test(GICD_ISACTIVER, INNER) && !gic_test(GICD_ISPENDR, INNER));
	GUEST_ASSERT(gic_test(GICD_ISPENDR, DISABLED) && !gic_test(GICD_ISENABLER, DISABLED));
	GUEST_ASSERT(!irq_pending());
	g_end(INNER);
	GUEST_ASSERT_EQ(0x50, gic_running());
	GUEST_ASSERT(!irq_pending());
	g_end(OUTER);
	/* again, for the second edge; lowered and raised by nobody since */
	g_take(OUTER);
	g_end(OUTER);
	for (i = 0; i < (guest_gic == ARMVCPU_GIC_V2 ? 2 : 1); i++) {
		g_take(SGI);
		g_end(SGI);
	}
	/* held: once more after the EOI, until it is lowered */
	g_take(HELD);
	g_end(HELD);
	g_take(HELD);
	guest_spi(HELD, 0);
	g_end(HELD);
	g_take(SET_PENDING);
	g_end(SET_PENDING);
	g_take(EDGE);
	g_end(EDGE);
	g_take(PPI);
	guest_ppi(PPI, 0);
	g_end(PPI);
	g_take(INTID_VTIMER);
	write_sysreg(cntv_ctl_el0, 0);
	isb();
	g_end(INTID_VTIMER);
	g_expect_none();
	gic_mask(0xa8);
	g_take(MASKED);
	g_end(MASKED);
	g_expect_none();
	gic_enable(DISABLED);
	g_take(DISABLED);
	guest_spi(DISABLED, 0);
	g_end(DISABLED);
	g_expect_none();
	/* edges that were there are none any more: the lines are still high */
	guest_spi(OUTER, 1);
	guest_spi(INNER, 1);
	guest_spi(MASKED, 1);
	g_expect_none();
	guest_spi(INNER, 0);
	guest_spi(INNER, 1);
	g_take(INNER);
	g_end(INNER);
	g_expect_none();
}

TEST_F_TIMEOUT(state, with_everything_at_once, 240)
{
	struct machine m = start_both(variant->soft, g_everything, g_sender);

	ASSERT_EQ(2ULL, vcpu_sync(m.v[0]));
	move(&m, variant->turns);
	finish(&m, 0, variant->turns);
}

/* ---- the timer ------------------------------------------------------------------------------- */

static void g_timer(u64 high)
{
	g_init();
	gic_enable(INTID_VTIMER);
	write_sysreg(cntv_cval_el0, 0);
	write_sysreg(cntv_ctl_el0, 1);
	isb();
	g_take(INTID_VTIMER);
	if (!high) {
		write_sysreg(cntv_ctl_el0, 0);
		isb();
	}
	g_here();
	GUEST_ASSERT(gic_test(GICD_ISACTIVER, INTID_VTIMER));
	GUEST_ASSERT(!irq_pending());
	gic_eoi(INTID_VTIMER);
	if (high) {
		GUEST_ASSERT(irq_wait());
		GUEST_ASSERT_EQ(INTID_VTIMER, gic_ack());
		write_sysreg(cntv_ctl_el0, 0);
		isb();
		gic_eoi(INTID_VTIMER);
	}
	g_expect_none();
	GUEST_ASSERT(!gic_test(GICD_ISACTIVER, INTID_VTIMER));
	/* the physical interrupt is as it should be: it fires */
	write_sysreg(cntv_cval_el0, guest_counter() + guest_ticks(1000));
	write_sysreg(cntv_ctl_el0, 1);
	isb();
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(INTID_VTIMER, gic_ack());
	write_sysreg(cntv_ctl_el0, 0);
	isb();
	gic_eoi(INTID_VTIMER);
	g_expect_none();
}

TEST_F_TIMEOUT(state, with_the_timer_active, 120)
{
	u64 high;

	for (high = 0; high < 2; high++) {
		struct machine m = make(variant->soft);

		vcpu_start_c(m.v[0], g_timer, high);
		finish(&m, 0, variant->turns);
	}
}

/* ---- two vCPUs ------------------------------------------------------------------------------- */

/* vCPU 1 has it active when it is sent elsewhere, and pending for there. */
static void g_taker(u64 arg)
{
	(void)arg;
	g_init();
	gic_edge(OUTER, true);
	gic_route(OUTER, 1);
	gic_enable(OUTER);
	guest_spi(OUTER, 1);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(OUTER, gic_ack());
	gic_route(OUTER, 0);
	guest_spi(OUTER, 0);
	guest_spi(OUTER, 1);
	GUEST_SYNC(1);
	GUEST_ASSERT_EQ(0, gic_routed_to(OUTER));
	GUEST_ASSERT(gic_test(GICD_ISACTIVER, OUTER));
	gic_eoi(OUTER);
	GUEST_ASSERT(!irq_pending());
	GUEST_SYNC(2);
}

static void g_heir(u64 arg)
{
	(void)arg;
	g_init();
	GUEST_SYNC(1);
	GUEST_ASSERT(gic_test(GICD_ISACTIVER, OUTER));
	GUEST_ASSERT(!irq_pending());
	GUEST_SYNC(2);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(OUTER, gic_ack());
	gic_eoi(OUTER);
	g_expect_none();
}

TEST_F_TIMEOUT(state, with_an_spi_active_elsewhere, 120)
{
	struct machine m = start_both(variant->soft, g_heir, g_taker);

	move(&m, variant->turns);
	ASSERT_EQ(2ULL, vcpu_sync(m.v[0]));
	ASSERT_EQ(2ULL, vcpu_sync(m.v[1]));
	move(&m, variant->soft);
	vcpu_finish(m.v[0]);
}

/* ---- the CPU interface ----------------------------------------------------------------------- */

static void g_interface(u64 arg)
{
	u32 bits;

	(void)arg;
	g_init();
	gic_mask(0xc8);
	gic_group_bits(6);
	bits = gic_get_group_bits();
	gic_eoi_mode(true);
	gic_edge(EDGE, true);
	gic_priority(EDGE, 0x58);
	gic_enable(EDGE);
	guest_spi(EDGE, 1);
	g_take(EDGE);
	GUEST_ASSERT_EQ(0xc8, gic_get_mask());
	GUEST_ASSERT_EQ(bits, gic_get_group_bits());
	GUEST_ASSERT(gic_is_eoi_mode());
	/* of its priority only bits 7 and 6 count */
	GUEST_ASSERT_EQ(0x40, gic_running());
	g_end(EDGE);
	GUEST_ASSERT_EQ(0xff, gic_running());
	GUEST_ASSERT(gic_test(GICD_ISACTIVER, EDGE));
	guest_spi(EDGE, 0);
	guest_spi(EDGE, 1);
	g_here();
	GUEST_ASSERT(!irq_pending());
	gic_dir(EDGE);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(EDGE, gic_ack());
	g_end(EDGE);
	gic_dir(EDGE);
	g_here();
	g_expect_none();
	gic_cpu_enable(false);
	guest_spi(EDGE, 0);
	guest_spi(EDGE, 1);
	g_here();
	GUEST_ASSERT(!irq_pending());
	gic_cpu_enable(true);
	g_take(EDGE);
	gic_eoi(EDGE);
	gic_dir(EDGE);
	gic_dist_enable(false);
	guest_spi(EDGE, 0);
	guest_spi(EDGE, 1);
	g_here();
	GUEST_ASSERT(!irq_pending());
	gic_dist_enable(true);
	g_take(EDGE);
}

TEST_F_TIMEOUT(state, with_the_cpu_interface, 120)
{
	struct machine m = make(variant->soft);

	vcpu_start_c(m.v[0], g_interface, 0);
	finish(&m, 0, variant->turns);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* What a GIC is made with, and is again when that is set. */
TEST(state_of_a_new_gic)
{
	struct machine m = make(false);
	static struct saved new, s;
	bool v2 = m.vm->gic == ARMVCPU_GIC_V2;
	u32 i, n;

	do_gic(m.vm, false, &new);
	EXPECT_EQ(m.vm->gic, new.dist.model);
	EXPECT_EQ(NR_IRQS, new.dist.nr_irqs);
	EXPECT_EQ(0U, new.dist.flags);
	for (n = 0; n < CPUS; n++) {
		EXPECT_EQ(v2 ? 0 : ARMVCPU_GIC_CPU_SLEEP, new.cpu[n].flags);
		EXPECT_EQ(0, new.cpu[n].pmr);
		EXPECT_EQ(7 - new.cpu[n].preemption_bits, new.cpu[n].bpr0);
		EXPECT_EQ(8 - new.cpu[n].preemption_bits, new.cpu[n].bpr1);
		for (i = 0; i < 4; i++)
			EXPECT_EQ(0U, new.cpu[n].ap0r[i] | new.cpu[n].ap1r[i]);
		for (i = 0; i < 32; i++) {
			struct armvcpu_gic_irq want = { .intid = i };

			if (i < 16)
				want.flags = ARMVCPU_GIC_IRQ_EDGE |
					     (v2 ? ARMVCPU_GIC_IRQ_ENABLED : 0);
			EXPECT_EQ(0, memcmp(&want, &new.private[n][i], sizeof(want)));
		}
	}
	for (i = 0; i < NR_SPIS; i++) {
		struct armvcpu_gic_irq want = { .intid = 32 + i };

		EXPECT_EQ(0, memcmp(&want, &new.spi[i], sizeof(want)));
	}

	vcpu_start_c(m.v[0], g_everything, 0);
	ASSERT_EQ(1ULL, vcpu_sync(m.v[0]));
	ASSERT_EQ(2ULL, vcpu_sync(m.v[0]));
	do_gic(m.vm, false, &s);
	EXPECT_EQ(ARMVCPU_GIC_IRQ_ENABLED | ARMVCPU_GIC_IRQ_LINE | ARMVCPU_GIC_IRQ_EDGE |
		  ARMVCPU_GIC_IRQ_PENDING | ARMVCPU_GIC_IRQ_ACTIVE |
		  (v2 ? 0 : ARMVCPU_GIC_IRQ_GROUP1 | ARMVCPU_GIC_IRQ_ACTIVE_GROUP1),
		  s.spi[OUTER - 32].flags);
	EXPECT_EQ(0x50, s.spi[OUTER - 32].active_priority);
	if (s.cpu[0].preemption_bits == 5)
		EXPECT_EQ(1 << 0x50 / 8 | 1 << 0x30 / 8, s.cpu[0].ap0r[0] | s.cpu[0].ap1r[0]);
	EXPECT_EQ(0xa0, s.cpu[0].pmr);
	EXPECT_EQ(v2, s.private[0][SGI].sources);
	vcpu_complete(m.v[0]);
	for (i = 0; i < CPUS; i++)
		ASSERT_EQ(0, vcpu_reset_raw(m.v[i], 0, 0, 0));
	do_gic(m.vm, true, &new);
	do_gic(m.vm, false, &s);
	EXPECT_EQ(0, memcmp(&new, &s, sizeof(s)));
}

/* ---- when it can be -------------------------------------------------------------------------- */

static void expect_all(struct vm *vm, int ret)
{
	static struct saved s;
	static bool known;

	if (!known && !ret) {
		do_gic(vm, false, &s);
		known = true;
	}
	EXPECT_EQ(ret, do_dist(vm, false, &s.dist));
	EXPECT_EQ(ret, do_dist(vm, true, &s.dist));
	EXPECT_EQ(ret, do_cpu(vm, false, 0, &s.cpu[0]));
	EXPECT_EQ(ret, do_cpu(vm, true, 0, &s.cpu[0]));
	EXPECT_EQ(ret, do_irqs(vm, false, 0, 0, 32, s.private[0]));
	EXPECT_EQ(ret, do_irqs(vm, true, 0, 0, 32, s.private[0]));
	EXPECT_EQ(ret, do_irqs(vm, false, 0, 32, NR_SPIS, s.spi));
	EXPECT_EQ(ret, do_irqs(vm, true, 0, 32, NR_SPIS, s.spi));
}

static void g_sleeper(u64 arg)
{
	(void)arg;
	g_init();
	gic_edge(EDGE, true);
	gic_enable(EDGE);
	GUEST_SYNC(1);
	wfi();
	GUEST_ASSERT_EQ(EDGE, gic_ack());
	gic_eoi(EDGE);
}

TEST(not_while_a_vcpu_runs)
{
	struct machine m = make(false);

	vcpu_start_c(m.v[0], g_sleeper, 0);
	ASSERT_EQ(1ULL, vcpu_sync(m.v[0]));
	expect_all(m.vm, 0);
	vcpu_thread(m.v[0], NULL);
	ASSERT_TRUE(wait_asleep(m.v[0]->tid));
	expect_all(m.vm, -EBUSY);
	/* nor was anything kept: the other one can still be asked */
	(void)get_pc(m.v[1]);
	irq_line(m.vm, ARMVCPU_IRQ_SPI, EDGE, 0, 1);
	vcpu_join(m.v[0]);
	expect_all(m.vm, 0);
	(void)get_pc(m.v[0]);
}

GUEST(g_wait,
	"1: wfi\n"
	"b	1b");

static void on_signal(int sig)
{
	(void)sig;
}

static void *run_once(void *v)
{
	return (void *)(long)vcpu_run_raw(v);
}

/* vCPUs with numbers that vcpu_create() has no affinity for. */
static struct vcpu *many_vcpu(struct vm *vm, u32 id)
{
	struct vcpu *v = calloc(1, sizeof(*v));

	ASSERT_TRUE(v);
	v->vm = vm;
	v->id = id;
	v->fd = vcpu_create_raw(vm, id, id / 16 << 8 | id % 16, 0);
	ASSERT_LE(0, v->fd);
	v->run = mmap(NULL, vm->info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)v->run);
	return v;
}

/* Whichever of them runs, and all that were found idle before it are let go. */
TEST_TIMEOUT(of_a_vm_with_many_vcpus, 120)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct vm *vm = vm_create_gic(0, 64, 100);
	u32 nr = vm->gic == ARMVCPU_GIC_V2 ? 8 : 100, i;
	u32 runs[] = { 0, nr / 2, nr - 1 };
	struct armvcpu_gic_cpu cpu;
	struct vcpu *v[100];

	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	for (i = 0; i < nr; i++)
		v[i] = many_vcpu(vm, i);
	for (i = 0; i < nr; i++)
		ASSERT_EQ(0, do_cpu(vm, false, i, &cpu));
	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		struct vcpu *r = v[runs[i]];
		u32 n;

		vcpu_start(r, g_wait);
		vcpu_thread(r, run_once);
		ASSERT_TRUE(wait_asleep(r->tid));
		ASSERT_EQ(-EBUSY, do_cpu(vm, false, nr - 1, &cpu));
		ASSERT_EQ(-EBUSY, do_cpu(vm, false, 0, &cpu));
		for (n = 0; n < nr; n++)
			if (n != runs[i])
				(void)get_pc(v[n]);
		ASSERT_EQ(0, pthread_kill(r->thread, SIGUSR1));
		ASSERT_EQ(-EINTR, (long)vcpu_join(r));
		ASSERT_EQ(0, do_cpu(vm, false, nr - 1, &cpu));
	}
}

/* ---- a VMM that means harm ------------------------------------------------------------------- */

static u32 rnd(u32 below)
{
	static u64 seed = 4711;

	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % below;
}

static u8 garbage(void)
{
	return rnd(2) ? 0 : rnd(4) ? 1U << rnd(8) : rnd(256);
}

static void spoil(void *p, size_t size)
{
	size_t i;

	for (i = rnd(4) ? rnd(size) : 0; i < size; i++) {
		((u8 *)p)[i] = garbage();
		if (rnd(2))
			break;
	}
}

/* It takes what there is, and sees that nothing is so for ever. */
static void g_victim(u64 arg)
{
	u32 i, intid;

	(void)arg;
	g_init();
	for (i = 32; i < NR_IRQS; i++)
		gic_enable(i);
	for (;;) {
		for (i = 0; i < 10; i++) {
			(void)irq_pending();
			intid = gic_ack();
			if (intid < 1020)
				gic_eoi(intid);
			gic_bit(GICD_ISPENDR, 32 + i, true);
		}
		GUEST_SYNC(0);
	}
}

TEST_TIMEOUT(garbage_harms_nobody_else, 240)
{
	struct machine m = make(false);
	static struct saved good, s;
	u32 round, i, n, set = 0, refused = 0;
	int ret[4];

	vcpu_start_c(m.v[0], g_victim, 0);
	vcpu_sync(m.v[0]);
	for (round = 0; round < 300; round++) {
		do_gic(m.vm, false, &good);
		s = good;
		n = rnd(CPUS);
		spoil(&s.cpu[n].flags, sizeof(s.cpu[n]) - 8);
		for (i = 0; i < 4; i++) {
			struct armvcpu_gic_irq *v = &s.private[n][rnd(32)];

			if (rnd(2))
				v = &s.spi[rnd(NR_SPIS)];
			spoil(&v->flags, rnd(2) ? 2 : sizeof(*v) - 4);
			if (rnd(2)) {
				v->priority &= ~7;
				v->active_priority &= ~7;
			}
		}
		if (!rnd(8))
			spoil(&s.dist.model, 12);
		ret[0] = do_cpu(m.vm, true, n, &s.cpu[n]);
		ret[1] = do_irqs(m.vm, true, n, 0, 32, s.private[n]);
		ret[2] = do_irqs(m.vm, true, 0, 32, NR_SPIS, s.spi);
		ret[3] = do_dist(m.vm, true, &s.dist);
		for (i = 0; i < 4; i++) {
			set += !ret[i];
			refused += !!ret[i];
			ASSERT_TRUE(!ret[i] || ret[i] == -EINVAL || ret[i] == -ENOENT ||
				    ret[i] == -EOPNOTSUPP);
		}
		/* what is read can be set, whatever it was made of */
		do_gic(m.vm, false, &s);
		do_gic(m.vm, true, &s);
		irq_line(m.vm, ARMVCPU_IRQ_SPI, 32 + rnd(NR_SPIS), 0, rnd(2));
		vcpu_sync(m.v[0]);
	}
	EXPECT_LT(100, set);
	EXPECT_LT(100, refused);
}

TEST_HARNESS_MAIN
