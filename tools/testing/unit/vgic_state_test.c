// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a GIC as a VMM reads and sets it: what is refused, that nothing it sets
 * breaks the vGIC, and what the two other tests do not move: see vgic_soft_test.c and
 * vgic_model_test.c for the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vgic_sim.h"

static u64 seed;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % below;
}

static u64 rnd64(void)
{
	return (u64)rnd(1U << 31) << 33 ^ (u64)rnd(1U << 31) << 11 ^ rnd(1U << 31);
}

/* All three kinds of a GIC, with three vCPUs; PPI 27 is a timer's. */
enum kind { V3, V2, SOFT_V3, SOFT_V2, NR_KINDS };

static struct sim *sim_of_kind(enum kind kind)
{
	bool soft = kind == SOFT_V3 || kind == SOFT_V2;
	struct vgic_config cfg = kind == V2 || kind == SOFT_V2 ? sim_config_v2(64, soft) :
								  sim_config(64);
	struct sim *s;
	u32 n;

	if (soft)
		cfg.iface = VGIC_IFACE_SOFT;
	s = sim_new_config(&cfg, 3, 2, !soft);
	for (n = 0; n < s->nr_cpus; n++)
		vgic_fix_level(&s->cpu[n].c, SIM_HW_PPI);
	return s;
}

/* ---- what is refused --------------------------------------------------------------- */

/* The state of everything, before and after a call that fails. */
static void unchanged(struct sim *s, const struct sim_state *before)
{
	static struct sim_state after;

	sim_get_state(s, &after);
	assert_memory_equal(before, &after, sizeof(after));
}

/* The last of four interrupts is wrong, and the first ones are none the worse. */
static void refuses(struct sim *s, u32 intid, const struct armvcpu_gic_irq *bad, int err)
{
	struct vgic_cpu *c = intid < 32 ? &s->cpu[1].c : NULL;
	struct armvcpu_gic_irq v[4];
	static struct sim_state before;
	u32 n;

	sim_get_state(s, &before);
	vgic_get_irqs(s->g, c, intid - 3, 4, v);
	for (n = 0; n < 3; n++)
		v[n].priority ^= 0x80;
	v[3] = *bad;
	assert_int_equal(vgic_set_irqs(s->g, c, intid - 3, 4, v), err);
	unchanged(s, &before);
}

static struct armvcpu_gic_irq get(struct sim *s, u32 intid)
{
	struct armvcpu_gic_irq v;

	vgic_get_irqs(s->g, intid < 32 ? &s->cpu[1].c : NULL, intid, 1, &v);
	return v;
}

static void accepts(struct sim *s, const struct armvcpu_gic_irq *v)
{
	struct armvcpu_gic_irq after, old = get(s, v->intid);
	struct vgic_cpu *c = v->intid < 32 ? &s->cpu[1].c : NULL;

	assert_int_equal(vgic_set_irqs(s->g, c, v->intid, 1, v), 0);
	after = get(s, v->intid);
	assert_memory_equal(&after, v, sizeof(after));
	assert_int_equal(vgic_set_irqs(s->g, c, v->intid, 1, &old), 0);
}

#define REFUSES(err, ...) do {						\
	struct armvcpu_gic_irq b = get(s, intid);			\
	__VA_ARGS__;							\
	refuses(s, intid, &b, err);					\
} while (0)

#define ACCEPTS(...) do {						\
	struct armvcpu_gic_irq b = get(s, intid);			\
	__VA_ARGS__;							\
	accepts(s, &b);							\
} while (0)

static void any_irq(struct sim *s, u32 intid)
{
	u32 n;

	for (n = 8; n < 32; n++)
		REFUSES(-EINVAL, b.flags |= BIT(n));
	for (n = 0; n < 64; n++)
		REFUSES(-EINVAL, b.pad = BIT_ULL(n));
	for (n = 0; n < 3; n++) {
		REFUSES(-EINVAL, b.priority |= 1 << n);
		REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.active_priority |= 1 << n);
	}
	REFUSES(-EINVAL, b.intid++);
	REFUSES(-EINVAL, b.intid--);
	REFUSES(-EINVAL, b.intid = ~0U);
	/* of one that is not active */
	REFUSES(-EINVAL, b.active_priority = 8);
	REFUSES(-EINVAL, b.active_vcpu = 1);
	REFUSES(-EINVAL, b.active_vcpu = ARMVCPU_GIC_NO_VCPU);
	REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE_GROUP1);
	ACCEPTS(b.priority = 0xf8);
	ACCEPTS(b.flags |= ARMVCPU_GIC_IRQ_GROUP1);
	ACCEPTS(b.flags |= ARMVCPU_GIC_IRQ_ENABLED);
}

static void values_of_irqs(void **state)
{
	enum kind kind;

	for (kind = 0; kind < NR_KINDS; kind++) {
		struct sim *s = sim_of_kind(kind);
		u32 intid, n;

		/* an SGI */
		intid = 5;
		any_irq(s, intid);
		REFUSES(-EINVAL, b.flags &= ~ARMVCPU_GIC_IRQ_EDGE);
		REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_LINE);
		REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_MESSAGE);
		REFUSES(-EINVAL, b.route = 1);
		REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.active_vcpu = 1);
		REFUSES(-EINVAL, b.source = 1);
		ACCEPTS(b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.active_priority = 0x40);
		if (s->v2) {
			REFUSES(-EINVAL, b.flags &= ~ARMVCPU_GIC_IRQ_ENABLED);
			REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_PENDING);
			for (n = 3; n < 8; n++) {
				REFUSES(-EINVAL, b.sources = 1 << n);
				REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.source = n);
			}
			ACCEPTS(b.sources = 7);
			ACCEPTS(b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.source = 2);
		} else {
			REFUSES(-EINVAL, b.sources = 1);
			REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.source = 1);
			ACCEPTS(b.flags |= ARMVCPU_GIC_IRQ_PENDING);
		}

		/* a PPI, and that of a timer */
		for (intid = 20; intid <= SIM_HW_PPI; intid += SIM_HW_PPI - 20) {
			any_irq(s, intid);
			REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_MESSAGE);
			REFUSES(-EINVAL, b.route = 1);
			REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.active_vcpu = 1);
			REFUSES(-EINVAL, b.sources = 1);
			REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.source = 1);
			ACCEPTS(b.flags |= ARMVCPU_GIC_IRQ_PENDING | ARMVCPU_GIC_IRQ_ACTIVE |
				ARMVCPU_GIC_IRQ_ACTIVE_GROUP1);
		}
		intid = 20;
		ACCEPTS(b.flags |= ARMVCPU_GIC_IRQ_LINE | ARMVCPU_GIC_IRQ_EDGE);
		intid = SIM_HW_PPI;
		REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_EDGE);

		/* an SPI */
		intid = 40;
		any_irq(s, intid);
		REFUSES(-EINVAL, b.sources = 1);
		REFUSES(-EINVAL, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.source = 1);
		REFUSES(-ENOENT, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.active_vcpu = 3);
		REFUSES(-ENOENT, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.active_vcpu = 8);
		REFUSES(-ENOENT, b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.active_vcpu = ~0U - 1);
		for (n = 0; n < 3; n++)
			ACCEPTS(b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.active_vcpu = n);
		ACCEPTS(b.flags |= ARMVCPU_GIC_IRQ_ACTIVE; b.active_vcpu = ARMVCPU_GIC_NO_VCPU);
		ACCEPTS(b.flags |= ARMVCPU_GIC_IRQ_MESSAGE | ARMVCPU_GIC_IRQ_EDGE |
			ARMVCPU_GIC_IRQ_LINE | ARMVCPU_GIC_IRQ_PENDING);
		for (n = 0; n < 64; n++) {
			u64 holds = s->v2 ? 7 : 0xff80ffffffULL;

			if (holds >> n & 1)
				ACCEPTS(b.route = BIT_ULL(n));
			else
				REFUSES(-EINVAL, b.route = BIT_ULL(n));
		}
		sim_free(s);
	}
}

/* GICD_ITARGETSR<n> of a single vCPU is RAZ/WI. */
static void route_of_one_vcpu(void **state)
{
	struct vgic_config cfg = sim_config_v2(64, false);
	struct sim *s = sim_new_config(&cfg, 1, 4, false);
	struct armvcpu_gic_irq v;

	vgic_get_irqs(s->g, NULL, 40, 1, &v);
	assert_int_equal(v.route, 0);
	v.route = 1;
	assert_int_equal(vgic_set_irqs(s->g, NULL, 40, 1, &v), -EINVAL);
	v.route = 0;
	assert_int_equal(vgic_set_irqs(s->g, NULL, 40, 1, &v), 0);
	assert_ptr_equal(s->g->spis[8].owner, &s->cpu[0].c);
	sim_free(s);
}

static void ranges(void **state)
{
	struct vgic_config cfg = sim_config(1024);
	struct sim *s = sim_new(1, 4, 64, 5, true, false);

	assert_int_equal(vgic_check_range(s->g, 0, 32), 0);
	assert_int_equal(vgic_check_range(s->g, 31, 1), 0);
	assert_int_equal(vgic_check_range(s->g, 31, 2), -EINVAL);
	assert_int_equal(vgic_check_range(s->g, 0, 33), -EINVAL);
	assert_int_equal(vgic_check_range(s->g, 0, ~0U), -EINVAL);
	assert_int_equal(vgic_check_range(s->g, 31, ~0U), -EINVAL);
	assert_int_equal(vgic_check_range(s->g, 32, 32), 0);
	assert_int_equal(vgic_check_range(s->g, 32, 33), -EINVAL);
	assert_int_equal(vgic_check_range(s->g, 63, 1), 0);
	assert_int_equal(vgic_check_range(s->g, 64, 0), 0);
	assert_int_equal(vgic_check_range(s->g, 64, 1), -EINVAL);
	assert_int_equal(vgic_check_range(s->g, 65, 0), -EINVAL);
	assert_int_equal(vgic_check_range(s->g, ~0U, 2), -EINVAL);
	sim_free(s);
	/* 1020 to 1023 are no interrupts */
	s = sim_new_config(&cfg, 1, 4, false);
	assert_int_equal(vgic_check_range(s->g, 32, 988), 0);
	assert_int_equal(vgic_check_range(s->g, 32, 989), -EINVAL);
	sim_free(s);
}

static void values_of_the_distributor(void **state)
{
	struct sim *s = sim_of_kind(V3);
	struct armvcpu_gic_dist d = {};
	u32 n;

	vgic_get_dist(s->g, &d);
	assert_int_equal(d.model, 3);
	assert_int_equal(d.nr_irqs, 64);
	assert_int_equal(d.flags, 0);
	for (n = 0; n < 4; n++) {
		d.flags = n;
		assert_int_equal(vgic_set_dist(s->g, &d), 0);
		assert_int_equal(sim_read(s, &s->cpu[0], SIM_DIST) & 3, n);
	}
	for (n = 2; n < 32; n++) {
		d.flags = BIT(n);
		assert_int_equal(vgic_set_dist(s->g, &d), -EINVAL);
	}
	d.flags = 0;
	d.model = 2;
	assert_int_equal(vgic_set_dist(s->g, &d), -EINVAL);
	d.model = 3;
	d.nr_irqs = 96;
	assert_int_equal(vgic_set_dist(s->g, &d), -EINVAL);
	assert_int_equal(sim_read(s, &s->cpu[0], SIM_DIST) & 3, 3);
	sim_free(s);
}

/* ---- CPU interfaces of each width ------------------------------------------------------ */

#define BAD_CPU(err, ...) do {						\
	struct armvcpu_gic_cpu b = good;				\
	struct hyp_gic h = p->h;					\
	__VA_ARGS__;							\
	assert_int_equal(vgic_set_cpu(&p->c, &p->h, &b), err);		\
	assert_memory_equal(&h, &p->h, sizeof(h));			\
	assert_false(p->c.sleep);					\
} while (0)

static void values_of_cpu(struct sim *s, u32 bits)
{
	u32 nr = 1U << (bits - 5), own, other, n, m;
	struct armvcpu_gic_cpu good = {}, after;
	struct sim_cpu *p = &s->cpu[1];

	vgic_get_cpu(&p->c, &p->h, &good);
	assert_int_equal(good.priority_bits, bits);
	assert_int_equal(good.preemption_bits, bits);
	assert_int_equal(good.pmr, 0);
	assert_int_equal(good.bpr0, 7 - bits);
	assert_int_equal(good.bpr1, 8 - bits);
	assert_int_equal(good.flags, s->v2 ? 0 : ARMVCPU_GIC_CPU_SLEEP);

	own = s->v2 ? 0x3f : 0x73;
	other = 0x7f & ~own;
	for (n = 0; n < 7; n++) {
		good.flags = BIT(n) & own;
		good.pmr = 0xff << (8 - bits);
		good.bpr0 = n & 1 ? 7 : 7 - bits;
		good.bpr1 = n & 1 ? 8 - bits : 7;
		for (m = 0; m < HYP_NR_APR; m++) {
			good.ap0r[m] = m < nr ? 0x80000001 << n : 0;
			good.ap1r[m] = m < nr && !s->v2 ? 0x10 << n : 0;
		}
		assert_int_equal(vgic_set_cpu(&p->c, &p->h, &good), 0);
		memset(&after, 0, sizeof(after));
		vgic_get_cpu(&p->c, &p->h, &after);
		assert_memory_equal(&good, &after, sizeof(good));
		assert_int_equal(p->h.vmcr >> 24, good.pmr);
		assert_int_equal(p->h.vmcr >> 21 & 7, good.bpr0);
		assert_int_equal(p->h.vmcr >> 18 & 7, good.bpr1);
		assert_int_equal(p->h.vmcr & 0x21f,
				 (good.flags & 0x1f) | (good.flags & 0x20) << 4 | (s->v2 ? 0 : 8));
		assert_int_equal(p->c.sleep, n == 6 && !s->v2);
	}
	good.flags = 0;
	assert_int_equal(vgic_set_cpu(&p->c, &p->h, &good), 0);

	for (n = 0; n < 32; n++)
		if (!(own >> n & 1))
			BAD_CPU(-EINVAL, b.flags = BIT(n));
	assert_int_not_equal(other, 0);
	for (n = 0; n < sizeof(good.pad); n++)
		BAD_CPU(-EINVAL, b.pad[n] = 1);
	for (n = 0; n < 8; n++) {
		if (n < 8 - bits)
			BAD_CPU(-EINVAL, b.pmr = BIT(n));
		if (n < 7 - bits)
			BAD_CPU(-EINVAL, b.bpr0 = n);
		if (n < 8 - bits)
			BAD_CPU(-EINVAL, b.bpr1 = n);
	}
	BAD_CPU(-EINVAL, b.bpr0 = 8);
	BAD_CPU(-EINVAL, b.bpr1 = 0xff);
	for (n = nr; n < HYP_NR_APR; n++)
		BAD_CPU(-EINVAL, b.ap0r[n] = 1);
	for (n = s->v2 ? 0 : nr; n < HYP_NR_APR; n++)
		BAD_CPU(-EINVAL, b.ap1r[n] = 1);
	/* what another interface holds is something else, so that comes first */
	BAD_CPU(-EOPNOTSUPP, b.preemption_bits--; b.pmr = 1);
	BAD_CPU(-EOPNOTSUPP, b.preemption_bits++);
	BAD_CPU(-EOPNOTSUPP, b.priority_bits--);
	BAD_CPU(-EOPNOTSUPP, b.priority_bits++);
	BAD_CPU(-EOPNOTSUPP, b.priority_bits = 0);

	/* what a register holds beyond what it can be written is not told */
	p->h.vmcr = 0xff000000;
	memset(p->h.ap0r, 0xff, sizeof(p->h.ap0r));
	memset(p->h.ap1r, 0xff, sizeof(p->h.ap1r));
	vgic_get_cpu(&p->c, &p->h, &good);
	assert_int_equal(vgic_set_cpu(&p->c, &p->h, &good), 0);
}

static void values_of_cpus(void **state)
{
	enum kind kind;
	struct sim *s;
	u32 bits;

	for (kind = 0; kind < NR_KINDS; kind++) {
		s = sim_of_kind(kind);
		values_of_cpu(s, 5);
		sim_free(s);
	}
	for (bits = 5; bits <= 7; bits++) {
		s = sim_new(2, 4, 64, bits, true, false);
		values_of_cpu(s, bits);
		sim_free(s);
	}
}

/* ---- what no other test moves ------------------------------------------------------------ */

/* A new machine with the state of an old one, which ends. */
static struct sim *moved(struct sim *old, enum kind kind)
{
	static struct sim_state m;
	struct sim *s = sim_of_kind(kind);
	u32 n;

	for (n = 0; n < old->nr_cpus; n++)
		sim_exit(old, &old->cpu[n]);
	sim_get_state(old, &m);
	sim_set_state(s, &m);
	/* the physical line is the timer's, which moves with the registers */
	for (n = 0; n < old->nr_cpus; n++)
		s->cpu[n].phys_line = old->cpu[n].phys_line;
	sim_free(old);
	return s;
}

/* An SPI is active on one vCPU, routed to another one, and pending for that. */
static void active_elsewhere(void **state)
{
	enum kind kind;
	u32 group, id;

	for (kind = 0; kind < NR_KINDS; kind++) {
		struct sim *s = sim_of_kind(kind);
		struct sim_cpu *p, *other;

		sim_guest_setup(s);
		sim_set_edge(s, &s->cpu[0], &s->cpu[0], 40, true);
		sim_bit(s, &s->cpu[0], &s->cpu[0], 0x100, 40);
		if (s->v2)
			sim_mmio(s, &s->cpu[0], SIM_DIST + 0x800 + 40, 1, true, 2);
		else
			sim_route(s, &s->cpu[0], 40, sim_irouter(1));
		vgic_set_line(s->g, NULL, 40, true);
		sim_enter(s, &s->cpu[1]);
		assert_int_equal(sim_take(s, &s->cpu[1], &group), 40);
		if (s->v2)
			sim_mmio(s, &s->cpu[0], SIM_DIST + 0x800 + 40, 1, true, 4);
		else
			sim_route(s, &s->cpu[0], 40, sim_irouter(2));
		sim_bit(s, &s->cpu[0], &s->cpu[0], 0x200, 40);

		s = moved(s, kind ^ 2);
		p = &s->cpu[1];
		other = &s->cpu[2];
		sim_enter(s, p);
		sim_enter(s, other);
		assert_int_equal(sim_take(s, other, &group), SIM_SPURIOUS);
		assert_ptr_equal(s->g->spis[8].owner, &p->c);
		sim_end(s, p, 40, group);
		sim_exit(s, p);
		sim_settle(s);
		id = sim_take(s, other, &group);
		assert_int_equal(id, 40);
		assert_int_equal(sim_take(s, p, &group), SIM_SPURIOUS);
		sim_free(s);
	}
}

/* The timer's PPI, which the guest is handling: the physical one is active with it. */
static void mapped(void **state)
{
	u32 from, to, high, group;

	for (from = 0; from < 2; from++)
		for (to = 0; to < 2; to++)
			for (high = 0; high < 2; high++) {
				struct sim *s = sim_of_kind(from ? SOFT_V3 : V3);
				struct sim_cpu *p = &s->cpu[0];

				sim_guest_setup(s);
				sim_bit(s, p, p, 0x100, SIM_HW_PPI);
				p->phys_line = true;
				if (from)
					vgic_set_line(s->g, &p->c, SIM_HW_PPI, true);
				sim_enter(s, p);
				assert_int_equal(sim_take(s, p, &group), SIM_HW_PPI);
				p->phys_line = high;
				if (from)
					vgic_set_line(s->g, &p->c, SIM_HW_PPI, high);

				s = moved(s, to ? SOFT_V3 : V3);
				p = &s->cpu[0];
				/* SET leaves the line to whoever looks at it */
				assert_false(p->c.private[SIM_HW_PPI].line);
				assert_int_equal(vgic_irq_active(&p->c, SIM_HW_PPI), !to);
				if (to)
					vgic_set_line(s->g, &p->c, SIM_HW_PPI, high);
				sim_enter(s, p);
				assert_int_equal(p->phys_active, !to);
				assert_int_equal(sim_take(s, p, &group), SIM_SPURIOUS);
				sim_end(s, p, SIM_HW_PPI, group);
				assert_false(p->phys_active);
				sim_exit(s, p);
				assert_false(p->c.private[SIM_HW_PPI].active);
				sim_enter(s, p);
				assert_int_equal(sim_take(s, p, &group),
						 high ? SIM_HW_PPI : SIM_SPURIOUS);
				sim_free(s);
			}
}

/* A line that is set is no edge; a deactivation that is set tells nobody. */
static void no_events(void **state)
{
	struct sim *s = sim_of_kind(V3);
	struct sim_cpu *p = &s->cpu[0];
	struct armvcpu_gic_irq v;
	u32 group;

	sim_guest_setup(s);
	vgic_set_resample(s->g, 40, true);
	vgic_get_irqs(s->g, NULL, 40, 1, &v);
	v.flags = ARMVCPU_GIC_IRQ_ENABLED | ARMVCPU_GIC_IRQ_LINE | ARMVCPU_GIC_IRQ_EDGE;
	assert_int_equal(vgic_set_irqs(s->g, NULL, 40, 1, &v), 0);
	sim_enter(s, p);
	assert_int_equal(sim_take(s, p, &group), SIM_SPURIOUS);
	sim_exit(s, p);
	/* as a level it counts, and its deactivation by the guest is told */
	v.flags &= ~ARMVCPU_GIC_IRQ_EDGE;
	assert_int_equal(vgic_set_irqs(s->g, NULL, 40, 1, &v), 0);
	sim_enter(s, p);
	assert_int_equal(sim_take(s, p, &group), 40);
	sim_exit(s, p);
	v.flags &= ~ARMVCPU_GIC_IRQ_LINE;
	assert_int_equal(vgic_set_irqs(s->g, NULL, 40, 1, &v), 0);
	assert_false(vgic_take_resampled(s->g, 40));
	assert_int_equal(s->told, 0);
	v.flags |= ARMVCPU_GIC_IRQ_LINE | ARMVCPU_GIC_IRQ_ACTIVE;
	assert_int_equal(vgic_set_irqs(s->g, NULL, 40, 1, &v), 0);
	sim_enter(s, p);
	sim_end(s, p, 40, group);
	sim_exit(s, p);
	assert_true(vgic_take_resampled(s->g, 40));
	assert_int_equal(s->told, 1);
	sim_free(s);
}

/* Of equals the first that is set comes first, also where it was before. */
static void equals_in_order(void **state)
{
	static const u32 order[] = { 42, 40, 41 };
	struct sim *s = sim_of_kind(SOFT_V3);
	struct sim_cpu *p = &s->cpu[0];
	struct armvcpu_gic_irq v;
	u32 round, n, group;

	sim_guest_setup(s);
	for (round = 0; round < 2; round++)
		for (n = 0; n < 3; n++) {
			/* first in their own order, then in another one */
			u32 intid = round ? order[n] : 40 + n;

			vgic_get_irqs(s->g, NULL, intid, 1, &v);
			v.flags = ARMVCPU_GIC_IRQ_ENABLED | ARMVCPU_GIC_IRQ_PENDING;
			assert_int_equal(vgic_set_irqs(s->g, NULL, intid, 1, &v), 0);
		}
	sim_enter(s, p);
	for (n = 0; n < 3; n++) {
		assert_int_equal(sim_take(s, p, &group), order[n]);
		sim_end(s, p, order[n], group);
	}
	sim_free(s);
}

/* ---- a VMM that means harm ----------------------------------------------------------------- */

static u32 check_queue(struct vgic_cpu *c, struct vgic_queue *q)
{
	struct vgic_irq *irq;
	u32 n, count = 0;

	for (n = 0; n < VGIC_NR_LEVELS; n++) {
		assert_int_equal(q->map >> n & 1, !list_empty(&q->level[n]));
		list_for_each_entry(irq, &q->level[n], node) {
			assert_ptr_equal(irq->owner, c);
			assert_ptr_equal(irq->queue, q);
			assert_int_equal(irq->level, n);
			if (q == &c->active)
				assert_true(irq->active);
			else
				assert_true(!irq->active && irq->enabled &&
					    vgic_irq_pending(irq) && q == &c->pending[irq->group]);
			count++;
		}
	}
	assert_int_equal(q->count, count);
	return count;
}

static u32 check_cpu(struct vgic_cpu *c)
{
	u32 count = check_queue(c, &c->active) + check_queue(c, &c->pending[0]) +
		    check_queue(c, &c->pending[1]);

	assert_int_equal(c->nr_queued, count);
	assert_int_equal(c->nr_loaded, 0);
	return count;
}

/* Every interrupt that belongs into a queue is in one. */
static void check_all(struct sim *s)
{
	u32 n, k, queued = 0, want = 0;
	struct vgic_irq *irq;

	for (n = 0; n < s->nr_cpus; n++)
		queued += check_cpu(&s->cpu[n].c);
	queued += check_cpu(&s->g->nobody);
	for (n = 0; n < s->nr_cpus; n++)
		for (k = 0; k < 64; k++) {
			irq = vgic_cpu_irq(&s->cpu[n].c, k);
			if (n && k >= 32)
				break;
			want += irq->active || (irq->enabled && vgic_irq_pending(irq));
			assert_false(irq->loaded || irq->lr_latch || irq->lr_pending);
			assert_false(irq->level_only && irq->edge);
			assert_false(irq->hw_active && !(irq->hw && irq->active));
			assert_true(irq->active || irq->owner == irq->target);
		}
	assert_int_equal(queued, want);
}

static struct armvcpu_gic_irq random_irq(u32 intid)
{
	struct armvcpu_gic_irq v = { .intid = intid };

	v.flags = rnd64() & ARMVCPU_GIC_IRQ_FLAGS_MASK;
	if (intid < 16)
		v.flags |= ARMVCPU_GIC_IRQ_EDGE | ARMVCPU_GIC_IRQ_ENABLED;
	if (intid < 32)
		v.flags &= ~ARMVCPU_GIC_IRQ_MESSAGE;
	v.priority = rnd(32) * 8;
	if (rnd(2))
		v.flags &= ~(ARMVCPU_GIC_IRQ_ACTIVE | ARMVCPU_GIC_IRQ_ACTIVE_GROUP1);
	if (v.flags & ARMVCPU_GIC_IRQ_ACTIVE) {
		v.active_priority = rnd(32) * 8;
		if (intid >= 32)
			v.active_vcpu = rnd(4) ? rnd(4) : ~0U;
	}
	if (intid < 16 && rnd(2)) {
		v.flags &= ~(ARMVCPU_GIC_IRQ_PENDING | ARMVCPU_GIC_IRQ_LINE);
		v.sources = rnd(8);
		if (v.flags & ARMVCPU_GIC_IRQ_ACTIVE)
			v.source = rnd(3);
	}
	if (intid >= 32)
		v.route = rnd(2) ? rnd(8) : rnd64() & rnd64();
	/* now and then something is quite wrong */
	if (!rnd(8))
		((u8 *)&v)[rnd(sizeof(v))] ^= BIT(rnd(8));
	return v;
}

/* Some of them, of vCPU @n or SPIs; what was accepted is there. */
static bool random_set(struct sim *s, u32 n)
{
	static struct sim_state before;
	struct vgic_cpu *c = rnd(2) ? &s->cpu[n].c : NULL;
	u32 first = (c ? 0 : 32) + rnd(32), count = 1, k;
	struct armvcpu_gic_irq v[3], after[3];
	int ret;

	while (first % 32 + count < 32 && count < 3 && rnd(2))
		count++;
	for (k = 0; k < count; k++)
		v[k] = random_irq(first + k);
	sim_get_state(s, &before);
	ret = vgic_set_irqs(s->g, c, first, count, v);
	if (ret) {
		assert_true(ret == -EINVAL || ret == -ENOENT);
		unchanged(s, &before);
		return false;
	}
	vgic_get_irqs(s->g, c, first, count, after);
	for (k = 0; k < count; k++)
		if (vgic_cpu_irq(&s->cpu[n].c, first + k)->level_only)
			v[k].flags = (v[k].flags & ~ARMVCPU_GIC_IRQ_LINE) |
				     (after[k].flags & ARMVCPU_GIC_IRQ_LINE);
	assert_memory_equal(v, after, count * sizeof(*v));
	return true;
}

static bool random_cpu(struct sim *s, u32 n)
{
	struct sim_cpu *p = &s->cpu[n];
	struct armvcpu_gic_cpu cpu = {}, after = {};
	u32 k;

	vgic_get_cpu(&p->c, &p->h, &cpu);
	cpu.flags = rnd64() & (s->v2 ? 0x3f : 0x73);
	cpu.pmr = rnd(32) * 8;
	cpu.bpr0 = rnd(9);
	cpu.bpr1 = rnd(9);
	cpu.ap0r[0] = rnd64() & rnd64() & rnd64();
	cpu.ap1r[0] = s->v2 ? 0 : rnd64() & rnd64() & rnd64();
	for (k = rnd(3); k; k--)
		if (!rnd(4))
			((u8 *)&cpu)[8 + rnd(sizeof(cpu) - 8)] ^= BIT(rnd(8));
	if (vgic_set_cpu(&p->c, &p->h, &cpu))
		return false;
	vgic_get_cpu(&p->c, &p->h, &after);
	assert_memory_equal(&cpu, &after, sizeof(cpu));
	return true;
}

static void hostile(void **state)
{
	u32 steps = 20000, n, c, k, group, taken = 0, set = 0, refused = 0, id;
	enum kind kind;

	for (kind = 0; kind < NR_KINDS; kind++) {
		struct sim *s = sim_of_kind(kind);

		seed = kind + 1;
		sim_guest_setup(s);
		for (n = 0; n < steps; n++) {
			c = rnd(s->nr_cpus);
			for (k = 0; k < s->nr_cpus; k++)
				sim_exit(s, &s->cpu[k]);
			if (rnd(8) ? random_set(s, c) : random_cpu(s, c))
				set++;
			else
				refused++;
			if (!rnd(32))
				vgic_set_dist(s->g, &(struct armvcpu_gic_dist) {
					.model = s->g->model, .nr_irqs = 64, .flags = rnd(4),
				});
			check_all(s);
			/* the guest lives with it */
			vgic_set_line(s->g, NULL, 32 + rnd(32), rnd(2));
			s->cpu[c].phys_line = rnd(2);
			sim_enter(s, &s->cpu[c]);
			sim_settle(s);
			for (k = rnd(4); k; k--) {
				id = sim_take(s, &s->cpu[c], &group);
				if (id == SIM_SPURIOUS)
					break;
				taken++;
				if (rnd(2))
					sim_end(s, &s->cpu[c], id, group);
			}
			sim_exit(s, &s->cpu[c]);
			if (!rnd(16))
				vgic_reset_interface(&s->cpu[c].c, &s->cpu[c].h);
			if (!rnd(16))
				s->cpu[c].h.vmcr |= 0xf8U << 24 | 3;
			check_all(s);
		}
		sim_free(s);
	}
	if (getenv("VGIC_TRACE"))
		fprintf(stderr, "# set %u refused %u taken %u\n", set, refused, taken);
	assert_true(set > steps && refused > steps / 4 && taken > steps / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_irqs),
		cmocka_unit_test(route_of_one_vcpu),
		cmocka_unit_test(ranges),
		cmocka_unit_test(values_of_the_distributor),
		cmocka_unit_test(values_of_cpus),
		cmocka_unit_test(active_elsewhere),
		cmocka_unit_test(mapped),
		cmocka_unit_test(no_events),
		cmocka_unit_test(equals_in_order),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests_name("vgic_state", tests, NULL, NULL);
}
