// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts from their source to the guest and back: the vGIC beside a plain
 * model of what the architecture says. Where kicks are acted on at once, the two
 * have to agree after each step about the interrupt that each vCPU is offered,
 * whatever the number of list registers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vgic_sim.h"

/* ---- the model ------------------------------------------------------------- */

#define NR_SPIS		32
#define NOWHERE		UINT32_MAX

struct ref_irq {
	bool enabled, edge, line, message, latch, active;
	u32 group, prio;
	u32 target;		/* vCPU, or NOWHERE */
	u32 acker;		/* while active: whose EOI ends it */
};

struct ref {
	struct ref_irq priv[SIM_MAX_CPUS][32];
	struct ref_irq spi[NR_SPIS];
	u32 ctlr;
	/* acknowledged and not ended, the last on top */
	u32 stack[SIM_MAX_CPUS][64];
	u32 group[SIM_MAX_CPUS][64];	/* it was acknowledged in */
	u32 depth[SIM_MAX_CPUS];
};

/* Everything that a run needs; the backing memory of a snapshot, too. */
struct run {
	struct sim *s;
	struct ref r;
	u64 seed;
	bool split;		/* EOImode 1 */
	bool full;		/* no overflow: all operations make sense */
};

static u32 rnd(struct run *t, u32 below)
{
	t->seed = t->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(t->seed >> 33) % below;
}

static struct ref_irq *ref_irq(struct ref *r, u32 cpu, u32 intid)
{
	return intid < 32 ? &r->priv[cpu][intid] : &r->spi[intid - 32];
}

static bool ref_pending(const struct ref_irq *i)
{
	return i->latch || (!i->edge && (i->line || i->message));
}

static void ref_init(struct ref *r, const struct sim *s)
{
	u32 c, n;

	memset(r, 0, sizeof(*r));
	for (c = 0; c < s->nr_cpus; c++)
		for (n = 0; n < 32; n++) {
			r->priv[c][n].edge = n < 16;
			r->priv[c][n].target = c;
		}
}

/* Is it among those that the CPU interface has to choose from? */
static bool ref_candidate(const struct run *t, u32 cpu, const struct ref_irq *i)
{
	return i->enabled && !i->active && i->target == cpu && ref_pending(i) &&
	       ((t->r.ctlr & t->s->cpu[cpu].h.vmcr) >> i->group & 1);
}

/* The highest priority of all candidates, 256 when there are none. */
static u32 ref_best(struct run *t, u32 cpu)
{
	u32 n, best = 256;

	for (n = 0; n < 32; n++)
		if (ref_candidate(t, cpu, &t->r.priv[cpu][n]))
			best = min_t(u32, best, t->r.priv[cpu][n].prio);
	for (n = 0; n < NR_SPIS; n++)
		if (ref_candidate(t, cpu, &t->r.spi[n]))
			best = min_t(u32, best, t->r.spi[n].prio);
	return best;
}

static bool ref_can_take(struct run *t, u32 cpu, u32 prio, u32 group)
{
	struct sim_cpu *p = &t->s->cpu[cpu];
	u32 running = sim_running(t->s, p);

	return prio < (p->h.vmcr >> 24 & 0xff) &&
	       (running == 0xff || sim_group_prio(p, prio, group) <
				   sim_group_prio(p, running, group));
}

static bool ref_wakes(struct run *t, u32 cpu)
{
	u32 best = ref_best(t, cpu), n;

	for (n = 0; n < 32 + NR_SPIS; n++) {
		struct ref_irq *i = ref_irq(&t->r, cpu, n);

		if (i->prio == best && ref_candidate(t, cpu, i) &&
		    ref_can_take(t, cpu, i->prio, i->group))
			return true;
	}
	return false;
}

/* ---- agreement --------------------------------------------------------------- */

static void check(struct run *t)
{
	u32 c;

	for (c = 0; c < t->s->nr_cpus; c++) {
		struct sim_cpu *p = &t->s->cpu[c];
		u32 best = ref_best(t, c);
		int n;

		if (!p->in_guest) {
			assert_int_equal(vgic_has_pending(&p->c, &p->h), ref_wakes(t, c));
			continue;
		}
		n = sim_hppi(p);
		if (best == 256) {
			assert_int_equal(n, -1);
		} else {
			struct ref_irq *i;

			assert_true(n >= 0);
			i = ref_irq(&t->r, c, (u32)p->h.lr[n]);
			assert_true(ref_candidate(t, c, i));
			assert_int_equal(i->prio, best);
			assert_int_equal(sim_prio(p->h.lr[n]), best);
			assert_int_equal(sim_group(p->h.lr[n]), i->group);
		}
	}
}

/* What the guest reads about all interrupts. */
static void check_registers(struct run *t, u32 by)
{
	struct sim *s = t->s;
	u32 c, n;

	for (c = 0; c < s->nr_cpus; c++) {
		for (n = 0; n < 32 + NR_SPIS; n += 32) {
			u32 pend = 0, act = 0, en = 0, group = 0, k;
			struct sim_cpu *p = &s->cpu[c];

			for (k = 0; k < 32; k++) {
				struct ref_irq *i = ref_irq(&t->r, c, n + k);

				pend |= (u32)ref_pending(i) << k;
				act |= (u32)i->active << k;
				en |= (u32)i->enabled << k;
				group |= (u32)i->group << k;
			}
			assert_int_equal(sim_read(s, &s->cpu[by], sim_reg(p, 0x200, n, 1)), pend);
			assert_int_equal(sim_read(s, &s->cpu[by], sim_reg(p, 0x280, n, 1)), pend);
			assert_int_equal(sim_read(s, &s->cpu[by], sim_reg(p, 0x300, n, 1)), act);
			assert_int_equal(sim_read(s, &s->cpu[by], sim_reg(p, 0x380, n, 1)), act);
			assert_int_equal(sim_read(s, &s->cpu[by], sim_reg(p, 0x100, n, 1)), en);
			assert_int_equal(sim_read(s, &s->cpu[by], sim_reg(p, 0x080, n, 1)), group);
		}
	}
}

/* VGIC_TRACE=1 in the environment shows what led to a failure. */
static void tell(const char *what, u32 a, u32 b, u32 c)
{
	static int trace = -1;

	if (trace < 0)
		trace = !!getenv("VGIC_TRACE");
	if (trace)
		fprintf(stderr, "# %s %u %u %u\n", what, a, b, c);
}

/* ---- what can happen, to both ------------------------------------------------- */

static void do_line(struct run *t, u32 cpu, u32 intid, bool level)
{
	struct ref_irq *i = ref_irq(&t->r, cpu, intid);
	struct sim_cpu *p = &t->s->cpu[cpu];

	tell("line", cpu, intid, level);
	if (intid == SIM_HW_PPI && t->s->hw) {
		/*
		 * A timer that is cancelled before its interrupt is taken is
		 * seen at the next exit only; so is one whose active state is
		 * in no list register.
		 */
		if (!(i->active && p->phys_active && p->c.private[intid].loaded))
			sim_exit(t->s, p);
		p->phys_line = level;
		if (!p->in_guest)
			sim_enter(t->s, p);
		i->line = level;
		return;
	}
	if (i->edge && level && !i->line)
		i->latch = true;
	i->line = level;
	assert_int_equal(vgic_set_line(t->s->g, intid < 32 ? &p->c : NULL, intid, level), 0);
}

static void do_enable(struct run *t, u32 by, u32 cpu, u32 intid, bool on)
{
	tell(on ? "enable" : "disable", by, cpu, intid);
	ref_irq(&t->r, cpu, intid)->enabled = on;
	sim_bit(t->s, &t->s->cpu[by], &t->s->cpu[cpu], on ? 0x100 : 0x180, intid);
}

static void do_pend(struct run *t, u32 by, u32 cpu, u32 intid, bool on)
{
	tell(on ? "pend" : "unpend", by, cpu, intid);
	ref_irq(&t->r, cpu, intid)->latch = on;
	sim_bit(t->s, &t->s->cpu[by], &t->s->cpu[cpu], on ? 0x200 : 0x280, intid);
}

static void do_activate(struct run *t, u32 by, u32 cpu, u32 intid, bool on)
{
	struct ref_irq *i = ref_irq(&t->r, cpu, intid);

	tell(on ? "activate" : "deactivate", by, cpu, intid);
	if (on && !i->active)
		i->acker = i->target;
	i->active = on;
	sim_bit(t->s, &t->s->cpu[by], &t->s->cpu[cpu], on ? 0x300 : 0x380, intid);
}

static void do_prio(struct run *t, u32 by, u32 cpu, u32 intid, u32 prio)
{
	tell("priority of", cpu, intid, prio);
	ref_irq(&t->r, cpu, intid)->prio = prio & 0xf8;
	sim_set_prio(t->s, &t->s->cpu[by], &t->s->cpu[cpu], intid, prio);
}

static void do_group(struct run *t, u32 by, u32 cpu, u32 intid, u32 group)
{
	tell("group of", cpu, intid, group);
	ref_irq(&t->r, cpu, intid)->group = group;
	sim_set_group(t->s, &t->s->cpu[by], &t->s->cpu[cpu], intid, group);
}

static void do_config(struct run *t, u32 by, u32 cpu, u32 intid, bool edge)
{
	tell("edge of", cpu, intid, edge);
	if (intid >= 16 && !(intid == SIM_HW_PPI && t->s->hw))
		ref_irq(&t->r, cpu, intid)->edge = edge;
	sim_set_edge(t->s, &t->s->cpu[by], &t->s->cpu[cpu], intid, edge);
}

static void do_route(struct run *t, u32 by, u32 intid, u32 to)
{
	struct ref_irq *i = ref_irq(&t->r, 0, intid);
	u64 irouter;

	tell("route", by, intid, to);
	if (to < t->s->nr_cpus)
		irouter = sim_irouter(to);
	else if (to == t->s->nr_cpus)
		irouter = BIT_ULL(31) | 0x0500000000ULL;	/* any */
	else
		irouter = 0x010203;				/* nobody */
	i->target = to < t->s->nr_cpus ? to : to == t->s->nr_cpus ? 0 : NOWHERE;
	sim_route(t->s, &t->s->cpu[by], intid, irouter);
}

static void do_message(struct run *t, u32 by, u32 intid, bool set)
{
	struct ref_irq *i = ref_irq(&t->r, 0, intid);

	tell("message", by, intid, set);
	if (i->edge)
		i->latch = set;
	else
		i->message = set;
	sim_write(t->s, &t->s->cpu[by], SIM_DIST + (set ? 0x40 : 0x48), intid);
}

static void do_ctlr(struct run *t, u32 by, u32 ctlr)
{
	tell("ctlr", by, ctlr, 0);
	t->r.ctlr = ctlr;
	sim_write(t->s, &t->s->cpu[by], SIM_DIST, ctlr);
}

static void do_sgi(struct run *t, u32 by, u32 cpu, u32 intid, bool group1)
{
	struct ref_irq *i = ref_irq(&t->r, cpu, intid);
	struct sim_cpu *p = &t->s->cpu[by];
	u64 mpidr = sim_mpidr(cpu);
	bool in = p->in_guest;

	tell(group1 ? "sgi1r" : "sgi0r", by, cpu, intid);
	if (i->group == group1)
		i->latch = true;
	sim_exit(t->s, p);
	vgic_send_sgi(t->s->g, &p->c,
		      (mpidr >> 8 & 0xff) << 16 | (u64)intid << 24 | 1 << (mpidr & 0xff),
		      group1 ? VGIC_ICC_SGI1R : VGIC_ICC_SGI0R);
	if (in)
		sim_enter(t->s, p);
}

/* Acknowledge what is signalled; false if there is nothing. */
static bool do_ack(struct run *t, u32 cpu)
{
	struct sim_cpu *p = &t->s->cpu[cpu];
	struct ref_irq *i;
	u32 intid, group;

	if (!p->in_guest || !sim_signalled(t->s, p) || t->r.depth[cpu] == 64)
		return false;
	group = sim_group(p->h.lr[sim_hppi(p)]);
	intid = sim_iar(t->s, p, group);
	assert_true(intid < 32 + NR_SPIS);
	i = ref_irq(&t->r, cpu, intid);
	assert_true(ref_candidate(t, cpu, i));
	i->latch = false;
	i->active = true;
	i->acker = cpu;
	t->r.group[cpu][t->r.depth[cpu]] = group;
	t->r.stack[cpu][t->r.depth[cpu]++] = intid;
	tell("ack", cpu, intid, 0);
	return true;
}

/* End the interrupt that was taken last. */
static bool do_eoi(struct run *t, u32 cpu)
{
	struct sim_cpu *p = &t->s->cpu[cpu];
	struct ref_irq *i;
	u32 intid;

	if (!p->in_guest || !t->r.depth[cpu])
		return false;
	intid = t->r.stack[cpu][--t->r.depth[cpu]];
	tell("eoi", cpu, intid, 0);
	i = ref_irq(&t->r, cpu, intid);
	if (!t->split && i->active && i->acker == cpu)
		i->active = false;
	sim_eoir(t->s, p, intid, t->r.group[cpu][t->r.depth[cpu]]);
	return true;
}

static bool do_dir(struct run *t, u32 cpu, u32 intid)
{
	struct ref_irq *i = ref_irq(&t->r, cpu, intid);

	tell("dir", cpu, intid, 0);
	if (!t->s->cpu[cpu].in_guest)
		return false;
	if (t->split)
		i->active = false;
	else if (!t->s->tds)
		return false;
	sim_dir(t->s, &t->s->cpu[cpu], intid);
	return true;
}

static void do_vmcr(struct run *t, u32 cpu, u32 clear, u32 set)
{
	struct sim_cpu *p = &t->s->cpu[cpu];

	tell("vmcr without and with", cpu, clear, set);
	p->h.vmcr = (p->h.vmcr & ~(u64)clear) | set;
}

static void do_reset(struct run *t, u32 cpu)
{
	struct sim_cpu *p = &t->s->cpu[cpu];
	u32 n;

	tell("reset", cpu, 0, 0);
	sim_exit(t->s, p);
	vgic_reset_cpu(&p->c, &p->h);
	do_vmcr(t, cpu, 0, t->split ? VGIC_VMCR_VEOIM : 0);
	for (n = 0; n < 32; n++) {
		bool line = t->r.priv[cpu][n].line;

		memset(&t->r.priv[cpu][n], 0, sizeof(struct ref_irq));
		t->r.priv[cpu][n].edge = n < 16;
		t->r.priv[cpu][n].target = cpu;
		t->r.priv[cpu][n].line = line;
	}
	t->r.depth[cpu] = 0;
	if (t->s->hw)
		sim_enter(t->s, p);
}

static struct run *run_new(u32 nr_cpus, u32 nr_lr, u32 prebits, bool split, bool tds,
			   bool hw)
{
	struct run *t = calloc(1, sizeof(*t));
	u32 c;

	t->s = sim_new(nr_cpus, nr_lr, 32 + NR_SPIS, prebits, tds, hw);
	t->split = split;
	ref_init(&t->r, t->s);
	t->r.ctlr = 3;
	sim_guest_setup(t->s);
	for (c = 0; c < nr_cpus; c++) {
		do_vmcr(t, c, 0, split ? VGIC_VMCR_VEOIM : 0);
		sim_enter(t->s, &t->s->cpu[c]);
	}
	return t;
}

static void run_free(struct run *t)
{
	sim_free(t->s);
	free(t);
}

static void step(struct run *t)
{
	sim_settle(t->s);
	check(t);
}

/* ---- everything at random ------------------------------------------------------ */

/* The interrupts that take part: a few, so that they meet. */
static const u32 cast[] = { 0, 5, 20, SIM_HW_PPI, 32, 33, 40, 63 };

static u32 some_prio(struct run *t)
{
	static const u8 prio[] = { 0, 0x08, 0x20, 0x28, 0x40, 0x80, 0x98, 0xa0, 0xf0 };

	return prio[rnd(t, ARRAY_SIZE(prio))];
}

/* Will somebody still end it? An EOI of an older instance means nothing defined. */
static bool unended(const struct run *t, u32 intid)
{
	u32 c, n;

	for (c = 0; c < t->s->nr_cpus; c++)
		for (n = 0; n < t->r.depth[c]; n++)
			if (t->r.stack[c][n] == intid)
				return true;
	return false;
}

static void random_step(struct run *t)
{
	u32 nr = t->s->nr_cpus;
	u32 by = rnd(t, nr), cpu = rnd(t, nr), intid = cast[rnd(t, ARRAY_SIZE(cast))];
	struct ref_irq *i = ref_irq(&t->r, cpu, intid);
	struct sim_cpu *p = &t->s->cpu[cpu];
	u32 min0 = 7 - t->s->prebits, n;

	switch (rnd(t, 32)) {
	case 0 ... 3:
		if (intid >= 16)
			do_line(t, cpu, intid, rnd(t, 2));
		break;
	case 4 ... 5:
		do_enable(t, by, cpu, intid, rnd(t, 4));
		break;
	case 6:
		do_pend(t, by, cpu, intid, true);
		break;
	case 7:
		do_pend(t, by, cpu, intid, rnd(t, 3) == 0);
		break;
	case 8:
		do_activate(t, by, cpu, intid, rnd(t, 3) == 0 && !unended(t, intid));
		break;
	case 9:
		do_prio(t, by, cpu, intid, some_prio(t) | rnd(t, 8));
		break;
	case 10:
		do_group(t, by, cpu, intid, rnd(t, 2));
		break;
	case 11:
		do_config(t, by, cpu, intid, rnd(t, 2));
		break;
	case 12:
		if (intid >= 32)
			do_route(t, by, intid, rnd(t, nr + 2));
		break;
	case 13:
		if (intid >= 32)
			do_message(t, by, intid, rnd(t, 2));
		break;
	case 14:
		do_ctlr(t, by, rnd(t, 3) ? 3 : rnd(t, 4));
		break;
	case 15 ... 17:
		if (intid < 16)
			do_sgi(t, by, cpu, intid, rnd(t, 2));
		break;
	case 18 ... 21:
		do_ack(t, cpu);
		break;
	case 22 ... 24:
		do_eoi(t, cpu);
		break;
	case 25:
		n = rnd(t, 32);
		for (; t->split && n < 32; n++) {
			intid = cast[n % ARRAY_SIZE(cast)];
			i = ref_irq(&t->r, cpu, intid);
			if (i->active) {
				do_dir(t, cpu, intid);
				break;
			}
		}
		if (!t->split)
			do_dir(t, cpu, intid);
		break;
	case 26:
		do_vmcr(t, cpu, 0xff000000, (rnd(t, 3) ? 0xf8U : some_prio(t)) << 24);
		break;
	case 27:
		do_vmcr(t, cpu, 3, rnd(t, 3) ? 3 : rnd(t, 4));
		break;
	case 28:
		/* an EOI drops what the same binary point raised */
		if (t->r.depth[cpu])
			break;
		do_vmcr(t, cpu, VGIC_VMCR_VBPR0 | VGIC_VMCR_VBPR1 | VGIC_VMCR_VCBPR,
			(min0 + rnd(t, 8 - min0)) << 21 |
			(min0 + 1 + rnd(t, 7 - min0)) << 18 |
			(rnd(t, 4) ? 0 : VGIC_VMCR_VCBPR));
		break;
	case 29:
		if (t->full && !rnd(t, 8))
			do_reset(t, cpu);
		break;
	default:
		/* a timer without a vCPU that runs is another matter */
		if (p->in_guest && !t->s->hw)
			sim_exit(t->s, p);
		else
			sim_enter(t->s, p);
		break;
	}
	step(t);
	if (!rnd(t, 50))
		check_registers(t, by);
}

#ifndef RANDOM_SEEDS
#define RANDOM_SEEDS	12
#endif

static void random_runs(u32 nr_cpus, u32 nr_lr, u32 prebits, bool split, bool tds,
			bool hw)
{
	u32 seed, n;

	for (seed = 1; seed <= RANDOM_SEEDS; seed++) {
		struct run *t = run_new(nr_cpus, nr_lr, prebits, split, tds, hw);

		t->full = nr_lr >= ARRAY_SIZE(cast) || split;
		t->seed = seed * 7919 + nr_lr * 31 + prebits;
		for (n = 0; n < 1500; n++)
			random_step(t);
		run_free(t);
	}
}

static void random_without_overflow(void **state)
{
	random_runs(1, 16, 5, false, true, false);
	random_runs(3, 16, 5, false, true, false);
	random_runs(3, 8, 7, false, true, false);
	random_runs(3, 16, 5, true, true, false);
	random_runs(4, 8, 6, true, true, false);
}

static void random_with_overflow(void **state)
{
	u32 nr_lr;

	for (nr_lr = 1; nr_lr <= 4; nr_lr++) {
		random_runs(1, nr_lr, 5, false, true, false);
		random_runs(3, nr_lr, 5, false, true, false);
		random_runs(2, nr_lr, 7, true, true, false);
		random_runs(2, nr_lr, 5, false, false, false);
		random_runs(2, nr_lr, 5, true, false, false);
	}
}

static void random_with_hardware(void **state)
{
	u32 nr_lr;

	random_runs(2, 16, 5, false, true, true);
	random_runs(2, 16, 5, true, true, true);
	for (nr_lr = 1; nr_lr <= 4; nr_lr++) {
		random_runs(2, nr_lr, 5, false, true, true);
		random_runs(2, nr_lr, 5, true, true, true);
	}
}

/* ---- every sequence of a few steps ------------------------------------------------ */

struct snapshot {
	struct sim s;
	struct ref r;
	struct vgic g;
	struct vgic_slot slot[SIM_MAX_CPUS];
	struct vgic_irq spis[NR_SPIS];
};

static void save(struct run *t, struct snapshot *m)
{
	m->s = *t->s;
	m->r = t->r;
	memcpy(&m->g, t->s->g, sizeof(m->g));
	memcpy(m->spis, t->s->g->spis, sizeof(m->spis));
}

static void restore(struct run *t, const struct snapshot *m)
{
	*t->s = m->s;
	t->r = m->r;
	memcpy(t->s->g, &m->g, sizeof(m->g));
	memcpy(t->s->g->spis, m->spis, sizeof(m->spis));
}

/* A level and an edge, two priorities, two vCPUs. */
static bool small_step(struct run *t, u32 what)
{
	struct sim_cpu *p = &t->s->cpu[0];

	switch (what) {
	case 0:
	case 1:
		if (t->r.spi[0].line == what)
			return false;
		do_line(t, 0, 32, what);
		break;
	case 2:
		do_line(t, 0, 33, true);
		do_line(t, 0, 33, false);
		break;
	case 3:
		return do_ack(t, 0);
	case 4:
		return do_eoi(t, 0);
	case 5:
	case 6:
		if (t->r.spi[0].enabled == what - 5)
			return false;
		do_enable(t, 1, 0, 32, what - 5);
		break;
	case 7:
		do_pend(t, 1, 0, 32, true);
		break;
	case 8:
		do_pend(t, 1, 0, 33, false);
		break;
	case 9:
		do_pend(t, 1, 0, 32, false);
		break;
	case 10:
	case 11:
		if (t->r.spi[1].target == what - 10)
			return false;
		do_route(t, 0, 33, what - 10);
		break;
	case 12:
		if (p->in_guest)
			sim_exit(t->s, p);
		else
			sim_enter(t->s, p);
		break;
	case 13:
		return do_ack(t, 1);
	case 14:
		return do_eoi(t, 1);
	case 15:
		if (!t->split || !t->r.spi[1].active)
			return false;
		return do_dir(t, 1, 33);
	}
	return true;
}

#ifndef SMALL_DEPTH
#define SMALL_DEPTH	5
#endif

static u64 small_nodes;

static void small_tree(struct run *t, u32 depth)
{
	struct snapshot *m;
	u32 what;

	if (!depth)
		return;
	m = malloc(sizeof(*m));
	save(t, m);
	for (what = 0; what < 16; what++) {
		if (small_step(t, what)) {
			small_nodes++;
			step(t);
			small_tree(t, depth - 1);
		}
		restore(t, m);
	}
	free(m);
}

static void small_exhaustive(void **state)
{
	u32 mode;

	for (mode = 0; mode < 4; mode++) {
		/* one list register for two interrupts, and enough of them */
		struct run *t = run_new(2, mode & 1 ? 1 : 4, 5, mode & 2, true, false);

		do_prio(t, 0, 0, 32, 0x80);
		do_prio(t, 0, 0, 33, mode & 1 ? 0x40 : 0x80);
		do_config(t, 0, 0, 33, true);
		do_group(t, 0, 0, 32, 1);
		do_group(t, 0, 0, 33, 1);
		do_enable(t, 0, 0, 32, true);
		do_enable(t, 0, 0, 33, true);
		step(t);
		small_tree(t, SMALL_DEPTH);
		run_free(t);
	}
	assert_true(small_nodes > 1000);
}

/* ---- each once, in order of priority ------------------------------------------------ */

static void drain(struct run *t, u32 cpu, u32 expected)
{
	u32 n, last = 0;

	for (n = 0; n < expected; n++) {
		u32 prio;

		assert_true(do_ack(t, cpu));
		prio = ref_irq(&t->r, cpu, t->r.stack[cpu][t->r.depth[cpu] - 1])->prio;
		assert_true(prio >= last);
		last = prio;
		step(t);
		assert_true(do_eoi(t, cpu));
		step(t);
	}
	assert_false(do_ack(t, cpu));
}

static void order_of_priority(void **state)
{
	u32 nr_lr, code, n, c;

	for (nr_lr = 1; nr_lr <= 4; nr_lr++) {
		struct run *t = run_new(1, nr_lr, 5, false, true, false);

		for (n = 0; n < 6; n++) {
			do_enable(t, 0, 0, 32 + n, true);
			do_config(t, 0, 0, 32 + n, true);
		}
		for (code = 0; code < 729 * 4; code++) {
			c = code / 4;
			for (n = 0; n < 6; n++, c /= 3) {
				do_prio(t, 0, 0, 32 + n, 0x20 + c % 3 * 0x20);
				do_group(t, 0, 0, 32 + n, code % 4 >> (n & 1) & 1);
			}
			for (n = 0; n < 6; n++) {
				do_line(t, 0, 32 + n, true);
				do_line(t, 0, 32 + n, false);
			}
			step(t);
			drain(t, 0, 6);
		}
		run_free(t);
	}
}

/* As many levels of preemption as there are, ended in the opposite order. */
static void nesting(void **state)
{
	u32 nr_lr, n;

	for (nr_lr = 1; nr_lr <= 16; nr_lr++) {
		struct run *t = run_new(1, nr_lr, 5, false, true, false);

		for (n = 0; n < 31; n++) {
			do_enable(t, 0, 0, 32 + n, true);
			do_prio(t, 0, 0, 32 + n, 0xf0 - 8 * n);
		}
		for (n = 0; n < 31; n++) {
			do_line(t, 0, 32 + n, true);
			step(t);
			assert_true(do_ack(t, 0));
			step(t);
			assert_int_equal(t->r.stack[0][n], 32 + n);
			assert_false(do_ack(t, 0));
		}
		check_registers(t, 0);
		for (n = 31; n-- > 0; ) {
			if (n & 1)
				do_line(t, 0, 32 + n, false);
			assert_true(do_eoi(t, 0));
			step(t);
			/* a line that is still high is back at once */
			if (!(n & 1)) {
				assert_true(do_ack(t, 0));
				assert_int_equal(t->r.stack[0][n], 32 + n);
				do_line(t, 0, 32 + n, false);
				assert_true(do_eoi(t, 0));
				step(t);
			}
		}
		check_registers(t, 0);
		assert_false(do_ack(t, 0));
		run_free(t);
	}
}

/* The largest GIC, everything pending at once, each delivered once. */
static void all_spis(void **state)
{
	u32 nr_lr, n, k, last;
	static u8 seen[1024];

	for (nr_lr = 1; nr_lr <= 16; nr_lr = nr_lr * 2 + 1) {
		struct sim *s = sim_new(1, nr_lr, 1024, 5, true, false);
		struct sim_cpu *p = &s->cpu[0];
		u32 seed = nr_lr;

		memset(seen, 0, sizeof(seen));
		sim_guest_setup(s);
		for (n = 32; n < 1020; n++) {
			seed = seed * 1103515245 + 12345;
			sim_set_prio(s, p, p, n, seed >> 16 & 0xf8 & 0xf0);
			sim_set_edge(s, p, p, n, true);
			sim_bit(s, p, p, 0x100, n);
			assert_int_equal(vgic_set_line(s->g, NULL, n, true), 0);
		}
		sim_enter(s, p);
		for (n = 32, last = 0; n < 1020; n++) {
			sim_settle(s);
			k = sim_iar(s, p, 0);
			assert_true(k >= 32 && k < 1020);
			assert_false(seen[k]);
			seen[k] = 1;
			assert_true(s->g->spis[k - 32].priority >= last);
			last = s->g->spis[k - 32].priority;
			sim_settle(s);
			sim_eoir(s, p, k, 0);
		}
		sim_settle(s);
		assert_int_equal(sim_iar(s, p, 0), SIM_SPURIOUS);
		/* about one exit for each filling of the list registers */
		assert_true(p->exits <= 988 / nr_lr + 2 + (nr_lr == 1 ? 988 : 988 / (nr_lr - 1)));
		sim_free(s);
	}
}

/* ---- levels ---------------------------------------------------------------------------- */

static struct run *one_level(u32 nr_lr)
{
	struct run *t = run_new(2, nr_lr, 5, false, true, false);

	do_enable(t, 0, 0, 32, true);
	do_prio(t, 0, 0, 32, 0x80);
	step(t);
	return t;
}

/* Held: again after the EOI. Dropped before the EOI: not again, and no exit for it. */
static void level_resample(void **state)
{
	struct run *t = one_level(4);
	struct sim_cpu *p = &t->s->cpu[0];
	u32 n, exits;

	do_line(t, 0, 32, true);
	step(t);
	for (n = 0; n < 3; n++) {
		assert_true(do_ack(t, 0));
		step(t);
		assert_true(do_eoi(t, 0));
		step(t);
	}
	assert_true(do_ack(t, 0));
	/* the driver quiets its device by MMIO, which exits */
	sim_exit(t->s, p);
	do_line(t, 0, 32, false);
	sim_enter(t->s, p);
	step(t);
	exits = p->exits;
	assert_true(do_eoi(t, 0));
	step(t);
	assert_int_equal(p->exits, exits);
	assert_false(do_ack(t, 0));
	/* up while active: the EOI must not lose it */
	do_line(t, 0, 32, true);
	step(t);
	assert_true(do_ack(t, 0));
	do_line(t, 0, 32, false);
	step(t);
	do_line(t, 0, 32, true);
	step(t);
	do_eoi(t, 0);
	step(t);
	assert_true(do_ack(t, 0));
	run_free(t);
}

static u32 ack(struct sim *s, struct sim_cpu *p)
{
	u32 intid = sim_iar(s, p, 0);

	return intid != SIM_SPURIOUS ? intid : sim_iar(s, p, 1);
}

/*
 * A line that is lowered by the deactivation, whichever way that comes: down at once,
 * so that it is not taken again; told of once; and not before.
 */
static void line_lowered_by_deactivation(void **state)
{
	enum { EOI, EOI_DISABLED, EOI_SPILLED, ICACTIVER, ICACTIVER_BY_OTHER, NR } how;
	struct run *t;
	struct sim *s;
	struct sim_cpu *p;
	u32 n, group;

	for (how = 0; how < NR; how++) {
		t = one_level(how == EOI_SPILLED ? 1 : 4);
		s = t->s;
		p = &s->cpu[0];
		group = s->g->spis[0].group;
		vgic_set_resample(s->g, 32, true);
		for (n = 0; n < 3; n++) {
			s->told = 0;
			vgic_raise_spi(s->g, 32);
			vgic_raise_spi(s->g, 32);
			sim_settle(s);
			assert_int_equal(ack(s, p), 32);
			sim_settle(s);
			/* acknowledged, disabled: the line is as it was */
			if (how == EOI_DISABLED)
				sim_bit(s, p, p, 0x180, 32);
			assert_true(s->g->spis[0].line);
			assert_int_equal(s->told, 0);
			assert_false(vgic_take_resampled(s->g, 32));

			switch (how) {
			case EOI_SPILLED:
				/* pushed out of the only list register */
				sim_bit(s, p, p, 0x100, 33);
				sim_set_prio(s, p, p, 33, 0x10);
				sim_bit(s, p, p, 0x200, 33);
				assert_int_equal(ack(s, p), 33);
				sim_settle(s);
				sim_eoir(s, p, 33, s->g->spis[1].group);
				sim_settle(s);
				assert_int_equal(s->told, 0);
				/* fall through */
			case EOI:
			case EOI_DISABLED:
				sim_eoir(s, p, 32, group);
				sim_settle(s);
				break;
			default:
				sim_bit(s, how == ICACTIVER ? p : &s->cpu[1], p, 0x380, 32);
				sim_settle(s);
				break;
			}
			/* no exit of its own is needed, this was one */
			assert_int_equal(s->told, 1);
			assert_false(s->g->spis[0].line);
			assert_true(vgic_take_resampled(s->g, 32));
			assert_false(vgic_take_resampled(s->g, 32));
			if (how == EOI_DISABLED)
				sim_bit(s, p, p, 0x100, 32);
			if (how == ICACTIVER || how == ICACTIVER_BY_OTHER)
				sim_eoir(s, p, 32, group);
			sim_settle(s);
			assert_int_equal(ack(s, p), SIM_SPURIOUS);
		}
		/* the end lowers it and tells nobody */
		vgic_raise_spi(s->g, 32);
		vgic_set_resample(s->g, 32, false);
		sim_settle(s);
		assert_int_equal(ack(s, p), SIM_SPURIOUS);
		assert_int_equal(s->told, 1);
		assert_false(vgic_take_resampled(s->g, 32));
		run_free(t);
	}
}

/* Without that flag a line is its driver's; an edge has none; an event is one. */
static void events_and_lines(void **state)
{
	struct run *t = one_level(4);
	struct sim *s = t->s;
	struct sim_cpu *p = &s->cpu[0];
	u32 n, edge, group = s->g->spis[0].group;

	for (edge = 0; edge < 2; edge++) {
		sim_bit(s, p, p, 0x180, 32);
		sim_set_edge(s, p, p, 32, edge);
		sim_bit(s, p, p, 0x100, 32);
		for (n = 0; n < 3; n++) {
			vgic_pend_spi(s->g, 32);
			vgic_pend_spi(s->g, 32);
			sim_settle(s);
			assert_int_equal(ack(s, p), 32);
			assert_false(s->g->spis[0].line);
			sim_eoir(s, p, 32, group);
			sim_settle(s);
			assert_int_equal(ack(s, p), SIM_SPURIOUS);
		}
	}
	/* edge-triggered now */
	vgic_set_resample(s->g, 32, true);
	for (n = 0; n < 3; n++) {
		vgic_raise_spi(s->g, 32);
		sim_settle(s);
		assert_int_equal(ack(s, p), 32);
		sim_eoir(s, p, 32, group);
		sim_settle(s);
		assert_int_equal(ack(s, p), SIM_SPURIOUS);
	}
	assert_int_equal(s->told, 0);
	assert_false(vgic_has_spi(s->g, 31));
	assert_true(vgic_has_spi(s->g, 32));
	assert_false(vgic_has_spi(s->g, 32 + NR_SPIS));
	vgic_pend_spi(s->g, 31);
	vgic_raise_spi(s->g, 1023);
	vgic_set_resample(s->g, 5, true);
	assert_false(vgic_take_resampled(s->g, ~0U));
	run_free(t);
}

/* A line that drops before the acknowledge leaves nothing in the list register. */
static void level_dropped(void **state)
{
	struct run *t = one_level(4);

	do_line(t, 0, 32, true);
	step(t);
	assert_true(sim_signalled(t->s, &t->s->cpu[0]));
	do_line(t, 0, 32, false);
	assert_true(t->s->cpu[0].kicked);
	step(t);
	assert_false(sim_signalled(t->s, &t->s->cpu[0]));
	assert_int_equal(t->s->cpu[0].h.used_lrs, 0);
	run_free(t);
}

/* ISPENDR on a level: until the acknowledge, whatever the line. */
static void level_soft_pending(void **state)
{
	struct run *t = one_level(4);

	do_pend(t, 1, 0, 32, true);
	do_line(t, 0, 32, true);
	do_line(t, 0, 32, false);
	step(t);
	assert_true(do_ack(t, 0));
	step(t);
	do_eoi(t, 0);
	step(t);
	assert_false(do_ack(t, 0));
	/* and again while active */
	do_pend(t, 1, 0, 32, true);
	step(t);
	assert_true(do_ack(t, 0));
	do_pend(t, 1, 0, 32, true);
	step(t);
	do_eoi(t, 0);
	step(t);
	assert_true(do_ack(t, 0));
	do_eoi(t, 0);
	step(t);
	assert_false(do_ack(t, 0));
	/* ICPENDR does not bring a line down */
	do_line(t, 0, 32, true);
	do_pend(t, 1, 0, 32, false);
	step(t);
	assert_true(do_ack(t, 0));
	run_free(t);
}

/* ---- edges ------------------------------------------------------------------------------- */

static void edge_active_pending(void **state)
{
	struct run *t = one_level(4);

	do_config(t, 0, 0, 32, true);
	do_line(t, 0, 32, true);
	step(t);
	assert_true(do_ack(t, 0));
	do_line(t, 0, 32, false);
	do_line(t, 0, 32, true);
	assert_true(t->s->cpu[0].kicked);
	step(t);
	/* both in one list register: no exit is needed to get it */
	assert_int_equal(sim_state(t->s->cpu[0].h.lr[0]), 3);
	do_eoi(t, 0);
	assert_true(do_ack(t, 0));
	do_eoi(t, 0);
	step(t);
	assert_false(do_ack(t, 0));
	/* a line that stays up is no second edge */
	do_line(t, 0, 32, true);
	step(t);
	assert_false(do_ack(t, 0));
	run_free(t);
}

/* ICPENDR by another vCPU takes an edge out of a list register. */
static void edge_unpend_loaded(void **state)
{
	struct run *t = one_level(4);

	do_config(t, 0, 0, 32, true);
	do_line(t, 0, 32, true);
	step(t);
	assert_true(sim_signalled(t->s, &t->s->cpu[0]));
	do_pend(t, 1, 0, 32, false);
	step(t);
	assert_false(sim_signalled(t->s, &t->s->cpu[0]));
	/* an edge between the ICPENDR and the fold is not taken with it */
	do_pend(t, 1, 0, 32, true);
	step(t);
	do_pend(t, 1, 0, 32, false);
	do_line(t, 0, 32, false);
	do_line(t, 0, 32, true);
	step(t);
	assert_true(do_ack(t, 0));
	run_free(t);
}

/* ---- between vCPUs -------------------------------------------------------------------------- */

/* GICD_CTLR.RWP and GICR_CTLR.RWP while a disabled interrupt is still out there. */
static void rwp(void **state)
{
	struct run *t = one_level(4);
	struct sim *s = t->s;

	s->lazy = true;
	do_line(t, 0, 32, true);
	sim_exit(s, &s->cpu[0]);
	sim_enter(s, &s->cpu[0]);
	do_enable(t, 1, 0, 32, false);
	assert_true(sim_read(s, &s->cpu[1], SIM_DIST) >> 31);
	assert_true(sim_signalled(s, &s->cpu[0]));
	/* counted once, however often it is disabled */
	do_enable(t, 1, 0, 32, true);
	do_enable(t, 1, 0, 32, false);
	assert_int_equal(atomic_read(&s->shared.nr_rwp), 1);
	s->lazy = false;
	step(t);
	assert_int_equal(atomic_read(&s->shared.nr_rwp), 0);
	assert_false(sim_read(s, &s->cpu[1], SIM_DIST) >> 31);

	s->lazy = true;
	do_enable(t, 1, 0, 32, true);
	sim_exit(s, &s->cpu[0]);
	sim_enter(s, &s->cpu[0]);
	do_ctlr(t, 1, 2);
	assert_true(sim_read(s, &s->cpu[1], SIM_DIST) >> 31);
	s->lazy = false;
	step(t);
	assert_false(sim_read(s, &s->cpu[1], SIM_DIST) >> 31);
	do_ctlr(t, 1, 3);
	step(t);

	do_enable(t, 0, 0, 3, true);
	do_sgi(t, 1, 0, 3, false);
	step(t);
	s->lazy = true;
	do_enable(t, 1, 0, 3, false);
	assert_true(sim_read(s, &s->cpu[1], SIM_REDIST) & 8);
	assert_false(sim_read(s, &s->cpu[1], SIM_DIST) >> 31);
	assert_false(sim_read(s, &s->cpu[1], SIM_REDIST + 0x20000) & 8);
	s->lazy = false;
	step(t);
	assert_false(sim_read(s, &s->cpu[1], SIM_REDIST) & 8);
	run_free(t);
}

/* ISACTIVER tells what another running vCPU has acknowledged a moment ago. */
static void active_read_of_running(void **state)
{
	struct run *t = one_level(4);
	u32 syncs;

	do_enable(t, 0, 0, 33, true);
	do_prio(t, 0, 0, 33, 0x90);
	do_line(t, 0, 33, true);
	do_line(t, 0, 32, true);
	step(t);
	assert_int_equal(t->s->cpu[0].h.used_lrs, 2);
	syncs = t->s->syncs;
	assert_false(sim_get_bit(t->s, &t->s->cpu[1], &t->s->cpu[0], 0x300, 32));
	assert_int_equal(t->s->syncs, syncs + 1);
	assert_true(do_ack(t, 0));
	assert_true(sim_get_bit(t->s, &t->s->cpu[1], &t->s->cpu[0], 0x300, 32));
	assert_true(do_eoi(t, 0));
	step(t);
	assert_true(do_ack(t, 0));
	assert_true(do_eoi(t, 0));
	assert_false(sim_get_bit(t->s, &t->s->cpu[1], &t->s->cpu[0], 0x300, 32));
	/* one's own need nobody else */
	syncs = t->s->syncs;
	sim_get_bit(t->s, &t->s->cpu[0], &t->s->cpu[0], 0x300, 32);
	assert_int_equal(t->s->syncs, syncs);
	run_free(t);
}

/* Without vgic_ops.sync the reader gets what is known and the owner is kicked. */
static void active_read_without_sync(void **state)
{
	static const struct vgic_ops ops = { .kick = sim_kick };
	struct run *t = one_level(4);

	t->s->g->ops = &ops;
	t->s->lazy = true;
	do_line(t, 0, 32, true);
	sim_exit(t->s, &t->s->cpu[0]);
	sim_enter(t->s, &t->s->cpu[0]);
	assert_true(do_ack(t, 0));
	assert_false(sim_get_bit(t->s, &t->s->cpu[1], &t->s->cpu[0], 0x300, 32));
	assert_true(t->s->cpu[0].kicked);
	t->s->lazy = false;
	step(t);
	assert_true(sim_get_bit(t->s, &t->s->cpu[1], &t->s->cpu[0], 0x300, 32));
	run_free(t);
}

/* How often each SPI was raised and taken, and when for the last time. */
struct late {
	u32 now;
	u32 pends[NR_SPIS], acks[NR_SPIS];
	u32 last_pend[NR_SPIS], last_ack[NR_SPIS];
};

static void late_disturb(struct run *t, struct late *l)
{
	struct sim *s = t->s;
	struct sim_cpu *by = &s->cpu[rnd(t, 4)];
	u32 n = rnd(t, 12), intid = 32 + n;

	switch (rnd(t, 8)) {
	case 0 ... 2:
		vgic_set_line(s->g, NULL, intid, true);
		vgic_set_line(s->g, NULL, intid, false);
		l->pends[n]++;
		l->last_pend[n] = l->now;
		break;
	case 3 ... 4:
		sim_route(s, by, intid, sim_irouter(rnd(t, 4)));
		break;
	case 5:
		sim_bit(s, by, &s->cpu[0], 0x180, intid);
		sim_bit(s, by, &s->cpu[0], 0x100, intid);
		break;
	case 6:
		sim_set_prio(s, by, &s->cpu[0], intid, rnd(t, 256) & 0x70);
		break;
	default:
		sim_exit(s, by);
		sim_enter(s, by);
		break;
	}
}

static void late_guest(struct run *t, struct late *l)
{
	u32 c = rnd(t, 4), intid, group;
	struct sim *s = t->s;
	struct sim_cpu *p = &s->cpu[c];

	if (rnd(t, 2) && t->r.depth[c] < 60 && sim_signalled(s, p)) {
		group = sim_group(p->h.lr[sim_hppi(p)]);
		intid = sim_iar(s, p, group);
		assert_true(intid >= 32 && intid < 32 + NR_SPIS);
		t->r.stack[c][t->r.depth[c]++] = intid;
		l->acks[intid - 32]++;
		l->last_ack[intid - 32] = l->now;
	} else if (t->r.depth[c]) {
		intid = t->r.stack[c][--t->r.depth[c]];
		sim_eoir(s, p, intid, 0);
		if (t->split)	/* by any vCPU */
			sim_dir(s, &s->cpu[rnd(t, 4)], intid);
	}
}

static void late_run(u32 nr_lr, u32 seed)
{
	struct run *t = run_new(4, nr_lr, 5, seed & 1, true, false);
	struct sim *s = t->s;
	struct late l = {};
	u32 n, c;

	t->seed = seed * 101 + nr_lr;
	for (n = 0; n < NR_SPIS; n++) {
		do_config(t, 0, 0, 32 + n, true);
		do_enable(t, 0, 0, 32 + n, true);
	}
	s->lazy = true;
	for (l.now = 1; l.now < 3000; l.now++) {
		late_disturb(t, &l);
		sim_settle(s);
		late_guest(t, &l);
	}
	/* nothing new comes: all that is left gets done */
	s->lazy = false;
	for (; l.now < 6000; l.now++) {
		sim_settle(s);
		late_guest(t, &l);
	}
	sim_settle(s);
	for (c = 0; c < 4; c++) {
		assert_false(sim_signalled(s, &s->cpu[c]));
		assert_int_equal(t->r.depth[c], 0);
		sim_exit(s, &s->cpu[c]);
	}
	for (n = 0; n < NR_SPIS; n++) {
		assert_true(l.acks[n] <= l.pends[n]);
		assert_true(!l.pends[n] || l.last_ack[n] >= l.last_pend[n]);
		assert_false(s->g->spis[n].active);
		assert_ptr_equal(s->g->spis[n].owner, s->g->spis[n].target);
	}
	run_free(t);
}

/*
 * Routes, enables and priorities change all the time and vCPUs are late: each
 * edge is taken, and none twice.
 */
static void late_kicks(void **state)
{
	u32 nr_lr, seed;

	for (nr_lr = 1; nr_lr <= 4; nr_lr++)
		for (seed = 1; seed <= 20; seed++)
			late_run(nr_lr, seed);
}

/* ---- the CPU interface registers that trap ----------------------------------------------- */

static void icc_registers(void **state)
{
	struct run *t = run_new(1, 4, 6, false, false, false);
	struct sim_cpu *p = &t->s->cpu[0];
	u64 val;

	sim_exit(t->s, p);
	assert_true(vgic_icc_write(&p->c, &p->h, VGIC_ICC_PMR, 0x1ff));
	assert_true(vgic_icc_read(&p->c, &p->h, VGIC_ICC_PMR, &val));
	assert_int_equal(val, 0xfc);			/* six bits */
	assert_true(vgic_icc_write(&p->c, &p->h, VGIC_ICC_CTLR, 3));
	assert_int_equal(p->h.vmcr & (VGIC_VMCR_VCBPR | VGIC_VMCR_VEOIM),
			 VGIC_VMCR_VCBPR | VGIC_VMCR_VEOIM);
	assert_true(vgic_icc_read(&p->c, &p->h, VGIC_ICC_CTLR, &val));
	assert_int_equal(val, 5 << 8 | 3);
	assert_true(vgic_icc_write(&p->c, &p->h, VGIC_ICC_CTLR, 0xfffc));
	assert_true(vgic_icc_read(&p->c, &p->h, VGIC_ICC_CTLR, &val));
	assert_int_equal(val, 5 << 8);
	assert_true(vgic_icc_read(&p->c, &p->h, VGIC_ICC_RPR, &val));
	assert_int_equal(val, 0xff);
	p->h.ap1r[1] = 2;
	assert_true(vgic_icc_read(&p->c, &p->h, VGIC_ICC_RPR, &val));
	assert_int_equal(val, 33 * 4);
	p->h.ap0r[0] = 0x80000000;
	assert_true(vgic_icc_read(&p->c, &p->h, VGIC_ICC_RPR, &val));
	assert_int_equal(val, 31 * 4);
	assert_false(vgic_icc_read(&p->c, &p->h, VGIC_ICC_DIR, &val));
	assert_false(vgic_icc_write(&p->c, &p->h, VGIC_ICC_RPR, 0));
	/* a DIR of anything harms nothing */
	p->h.vmcr |= VGIC_VMCR_VEOIM;
	for (val = 0; val < 0x20000; val++)
		assert_true(vgic_icc_write(&p->c, &p->h, VGIC_ICC_DIR, val));
	assert_true(vgic_icc_write(&p->c, &p->h, VGIC_ICC_DIR, ~0ULL));
	run_free(t);
}

/* All masks, binary points and running priorities for what pends right now. */
static void wake_masks(struct run *t)
{
	struct sim_cpu *p = &t->s->cpu[0];
	u32 bits = t->s->prebits, n, pmr, bpr, bit;

	sim_settle(t->s);
	sim_exit(t->s, p);
	for (n = 0; n < 5 * 2 * 4; n++)
		for (bpr = 7 - bits; bpr < 7; bpr++) {
			pmr = n % 5 * 0x38;
			do_vmcr(t, 0, ~0U, pmr << 24 | bpr << 21 | (bpr + 1) << 18 |
				(n / 5 % 2) << 4 | 3);
			bit = n / 10 * 0x48 >> (8 - bits);
			memset(p->h.ap1r, 0, sizeof(p->h.ap1r));
			if (n >= 10)
				p->h.ap1r[bit / 32] = BIT(bit % 32);
			check(t);
		}
	sim_enter(t->s, p);
}

/* PMR x BPR x group: what wakes is what the CPU interface signals. */
static void wake_matrix(void **state)
{
	u32 bits, group, prio;

	for (bits = 5; bits <= 7; bits++) {
		struct run *t = run_new(1, 4, bits, false, true, false);

		do_enable(t, 0, 0, 32, true);
		do_line(t, 0, 32, true);
		for (group = 0; group < 2; group++)
			for (prio = 0; prio < 256; prio += 8) {
				do_group(t, 0, 0, 32, group);
				do_prio(t, 0, 0, 32, prio);
				wake_masks(t);
			}
		run_free(t);
	}
}

/* Only the highest priority counts, even if a lower one could preempt. */
static void wake_by_highest_only(void **state)
{
	struct run *t = run_new(1, 4, 5, false, true, false);
	struct sim_cpu *p = &t->s->cpu[0];

	do_enable(t, 0, 0, 32, true);
	do_enable(t, 0, 0, 33, true);
	do_group(t, 0, 0, 33, 1);
	do_prio(t, 0, 0, 32, 0x40);
	do_prio(t, 0, 0, 33, 0x80);
	do_line(t, 0, 32, true);
	do_line(t, 0, 33, true);
	sim_exit(t->s, p);
	/* group 0 does not preempt at all, group 1 at each level; 0xa0 runs */
	do_vmcr(t, 0, VGIC_VMCR_VBPR0 | VGIC_VMCR_VBPR1, 7 << 21 | 3 << 18);
	p->h.ap1r[0] = BIT(0xa0 >> 3);
	assert_false(vgic_has_pending(&p->c, &p->h));
	sim_enter(t->s, p);
	assert_false(sim_signalled(t->s, p));
	sim_exit(t->s, p);
	do_prio(t, 0, 0, 32, 0x80);
	assert_true(vgic_has_pending(&p->c, &p->h));
	do_prio(t, 0, 0, 32, 0x88);
	assert_true(vgic_has_pending(&p->c, &p->h));
	run_free(t);
}

/* ---- list registers and what they do not tell ------------------------------------------- */

/* An edge that waits for its own deactivation does not overtake its betters. */
static void pending_again_in_overflow(void **state)
{
	struct run *t = run_new(1, 2, 5, false, true, false);
	static const u8 prio[] = { 0xa0, 0x40, 0x60 };
	u32 n;

	for (n = 0; n < 3; n++) {
		do_enable(t, 0, 0, 32 + n, true);
		do_config(t, 0, 0, 32 + n, true);
		do_prio(t, 0, 0, 32 + n, prio[n]);
	}
	do_pend(t, 0, 0, 32, true);
	step(t);
	assert_true(do_ack(t, 0));
	for (n = 0; n < 3; n++)
		do_pend(t, 0, 0, 32 + n, true);
	step(t);
	assert_true(do_eoi(t, 0));
	step(t);
	drain(t, 0, 3);
	run_free(t);
}

/* Of equals the first stays the first over exits. */
static void order_among_equals(void **state)
{
	struct run *t = run_new(1, 2, 5, false, true, false);
	struct sim_cpu *p = &t->s->cpu[0];
	u32 n;

	for (n = 0; n < 5; n++) {
		do_enable(t, 0, 0, 40 - n, true);
		do_config(t, 0, 0, 40 - n, true);
		do_pend(t, 0, 0, 40 - n, true);
	}
	step(t);
	for (n = 0; n < 5; n++) {
		sim_exit(t->s, p);
		sim_enter(t->s, p);
		assert_true(do_ack(t, 0));
		assert_int_equal(t->r.stack[0][0], 40 - n);
		step(t);
		assert_true(do_eoi(t, 0));
		/* again, behind the others */
		do_pend(t, 0, 0, 40 - n, true);
		step(t);
	}
	run_free(t);
}

/* What a mapped interrupt needs most is its list register. */
static void mapped_goes_first(void **state)
{
	struct run *t = run_new(1, 2, 5, false, true, true);
	struct sim_cpu *p = &t->s->cpu[0];
	u32 n;

	do_enable(t, 0, 0, SIM_HW_PPI, true);
	do_prio(t, 0, 0, SIM_HW_PPI, 0xa0);
	do_line(t, 0, SIM_HW_PPI, true);
	step(t);
	assert_true(do_ack(t, 0));
	for (n = 0; n < 3; n++) {
		do_enable(t, 0, 0, 32 + n, true);
		do_config(t, 0, 0, 32 + n, true);
		do_prio(t, 0, 0, 32 + n, 0x80 - 0x10 * n);
		do_pend(t, 0, 0, 32 + n, true);
		step(t);
		assert_true(do_ack(t, 0));
		step(t);
		assert_true(p->h.lr[0] & VGIC_LR_HW);
	}
	for (n = 0; n < 4; n++) {
		assert_true(p->phys_active);
		assert_true(do_eoi(t, 0));
		step(t);
		if (n == 2)
			do_line(t, 0, SIM_HW_PPI, false);
	}
	assert_false(p->phys_active);
	run_free(t);
}

/* An EOI of what is not active is counted, and ends nothing else. */
static void stray_eoi(void **state)
{
	struct run *t = run_new(2, 2, 5, false, true, false);
	struct sim_cpu *p = &t->s->cpu[0];

	do_enable(t, 0, 0, 32, true);
	do_line(t, 0, 32, true);
	step(t);
	assert_true(do_ack(t, 0));
	do_line(t, 0, 32, false);
	do_activate(t, 1, 0, 32, false);
	step(t);
	t->s->lazy = true;
	assert_true(do_eoi(t, 0));
	assert_true(p->h.hcr & VGIC_HCR_EOICOUNT);
	p->kicked = false;
	do_ctlr(t, 1, 0);
	do_activate(t, 1, 0, 33, true);
	assert_true(p->kicked);
	t->s->lazy = false;
	step(t);
	check_registers(t, 0);
	run_free(t);
}

/* Take edges 32, 33, ... of these priorities, each above the one before. */
static void take_nested(struct run *t, const u8 *prio, u32 nr)
{
	u32 n;

	for (n = 0; n < nr; n++) {
		do_enable(t, 0, 0, 32 + n, true);
		do_config(t, 0, 0, 32 + n, true);
		do_prio(t, 0, 0, 32 + n, prio[n]);
		do_pend(t, 0, 0, 32 + n, true);
		step(t);
		assert_true(do_ack(t, 0));
		step(t);
	}
}

/* Of those in no list register an EOI ends what was acknowledged, not what ISACTIVER set. */
static void spilled_eoi_and_isactiver(void **state)
{
	static const u8 prio[] = { 0xa0, 0x60 };
	struct run *t = run_new(2, 1, 5, false, true, false);
	struct sim_cpu *p = &t->s->cpu[0];

	take_nested(t, prio, 2);
	/* above what is ended; and of its priority, before it and behind it in the queue */
	do_prio(t, 1, 0, 40, 0x80);
	do_activate(t, 1, 0, 40, true);
	do_prio(t, 1, 0, 41, 0xa0);
	do_activate(t, 1, 0, 41, true);
	step(t);
	do_activate(t, 1, 0, 5, true);
	do_prio(t, 1, 0, 6, 0xa0);
	do_activate(t, 1, 0, 6, true);
	step(t);
	t->s->lazy = true;
	assert_true(do_eoi(t, 0));
	assert_true(do_eoi(t, 0));
	assert_true(p->h.hcr & VGIC_HCR_EOICOUNT);
	t->s->lazy = false;
	step(t);
	check_registers(t, 1);
	run_free(t);
}

/* Nor does one of what ICACTIVER has ended meanwhile end what still runs. */
static void spilled_eoi_and_icactiver(void **state)
{
	static const u8 prio[] = { 0xc0, 0xb0, 0xa0, 0x80, 0x60 };
	struct run *t = run_new(2, 1, 5, false, true, false);
	u32 n;

	take_nested(t, prio, 5);
	do_activate(t, 1, 0, 35, false);
	do_activate(t, 0, 0, 34, false);
	step(t);
	for (n = 0; n < 3; n++) {
		assert_true(do_eoi(t, 0));
		step(t);
		check_registers(t, 1);
	}
	assert_true(ref_irq(&t->r, 0, 32)->active && ref_irq(&t->r, 0, 33)->active);
	for (n = 0; n < 2; n++) {
		assert_true(do_eoi(t, 0));
		step(t);
		check_registers(t, 1);
	}
	run_free(t);
}

/* One of the same priority is taken before the EOI is folded: both groups have their own. */
static void spilled_eoi_and_an_equal(void **state)
{
	struct run *t = run_new(1, 1, 7, false, true, false);
	static const u8 prio[] = { 0xa0 };
	u32 group;

	for (group = 0; group < 2; group++) {
		do_group(t, 0, 0, 32, group);
		do_group(t, 0, 0, 40, group);
		take_nested(t, prio, 1);
		do_enable(t, 0, 0, 40, true);
		do_config(t, 0, 0, 40, true);
		do_prio(t, 0, 0, 40, 0xa0);
		do_pend(t, 0, 0, 40, true);
		step(t);
		t->s->lazy = true;
		assert_true(do_eoi(t, 0));
		assert_true(do_ack(t, 0));
		t->s->lazy = false;
		step(t);
		check_registers(t, 0);
		assert_true(do_eoi(t, 0));
		step(t);
		check_registers(t, 0);
	}
	run_free(t);
}

/* A VMM that sets the state has what was acknowledged ended by EOIs, too. */
static void spilled_eoi_after_a_move(void **state)
{
	static const u8 prio[] = { 0xc0, 0xa0, 0x80, 0x60 };
	struct run *t = run_new(1, 1, 5, false, true, false);
	struct sim_cpu *p = &t->s->cpu[0];
	static struct sim_state m;

	take_nested(t, prio, 4);
	sim_exit(t->s, p);
	sim_get_state(t->s, &m);
	sim_set_state(t->s, &m);
	sim_enter(t->s, p);
	while (t->r.depth[0]) {
		assert_true(do_eoi(t, 0));
		step(t);
		check_registers(t, 0);
	}
	run_free(t);
}

/*
 * Where ICC_DIR_EL1 does not trap alone. A vCPU has gone to EOImode 1 without an exit; it
 * traps from when another one was seen to be there.
 */
static void split_by_one_vcpu(void **state)
{
	struct run *t = run_new(3, 4, 5, false, false, false);
	struct sim_cpu *p;
	u32 n;

	for (n = 0; n < 3; n++) {
		p = &t->s->cpu[n];
		assert_false(p->h.hcr & (VGIC_HCR_TC | VGIC_HCR_TDIR));
		p->kicked = false;
	}
	/* as without: nobody is kicked for it */
	do_vmcr(t, 0, 0, VGIC_VMCR_VEOIM);
	do_vmcr(t, 1, 0, VGIC_VMCR_VEOIM);
	t->split = true;
	do_enable(t, 1, 1, 5, true);
	step(t);
	assert_true(t->s->cpu[0].h.hcr & VGIC_HCR_TC);
	assert_true(t->s->cpu[1].h.hcr & VGIC_HCR_TC);
	assert_true(t->s->cpu[2].h.hcr & VGIC_HCR_TC);

	do_enable(t, 2, 0, 32, true);
	do_config(t, 2, 0, 32, true);
	do_pend(t, 2, 0, 32, true);
	step(t);
	assert_true(do_ack(t, 0));
	assert_true(do_eoi(t, 0));
	assert_true(do_dir(t, 1, 32));
	step(t);
	check_registers(t, 2);

	/* said once, also to who comes after a reset */
	t->s->cpu[0].kicks = 0;
	sim_exit(t->s, &t->s->cpu[1]);
	vgic_reset_interface(&t->s->cpu[1].c, &t->s->cpu[1].h);
	sim_enter(t->s, &t->s->cpu[1]);
	assert_true(t->s->cpu[1].h.hcr & VGIC_HCR_TC);
	assert_int_equal(t->s->cpu[0].kicks, 0);
	run_free(t);

	/* nothing of that where it does trap alone */
	t = run_new(2, 4, 5, true, true, false);
	step(t);
	assert_int_equal(t->s->cpu[1].h.hcr, VGIC_HCR_EN | VGIC_HCR_TDIR);
	run_free(t);
}

/* ISACTIVER and ICACTIVER of what another vCPU has in a list register. */
static void active_writes_of_running(void **state)
{
	struct run *t = run_new(2, 4, 5, false, true, false);

	do_enable(t, 0, 0, 32, true);
	do_config(t, 0, 0, 32, true);
	do_pend(t, 1, 0, 32, true);
	step(t);
	assert_true(do_ack(t, 0));
	sim_exit(t->s, &t->s->cpu[0]);
	sim_enter(t->s, &t->s->cpu[0]);
	/* ended in the guest; what is known here is old */
	assert_true(do_eoi(t, 0));
	do_activate(t, 1, 0, 32, true);
	step(t);
	check_registers(t, 1);
	do_activate(t, 1, 0, 32, false);
	step(t);
	check_registers(t, 1);
	/* taken in the guest; what is known here is old */
	do_pend(t, 1, 0, 32, true);
	step(t);
	assert_true(do_ack(t, 0));
	do_activate(t, 1, 0, 32, false);
	step(t);
	check_registers(t, 1);
	/* the last write counts */
	do_pend(t, 1, 0, 32, true);
	step(t);
	t->s->lazy = true;
	do_activate(t, 1, 0, 32, true);
	do_activate(t, 1, 0, 32, false);
	t->s->lazy = false;
	step(t);
	check_registers(t, 1);
	run_free(t);
}

/* ---- a vCPU without a GIC -------------------------------------------------------------------- */

static void without_gic(void **state)
{
	struct vgic_cpu c = {};
	struct hyp_gic h;
	u64 val;

	memset(&h, 0x5a, sizeof(h));
	vgic_cpu_init(&c, &h, 3, 3);
	vgic_reset_cpu(&c, &h);
	vgic_flush(&c, &h, 4);
	assert_int_equal(h.used_lrs, 0);
	assert_int_equal(h.hcr, 0);
	vgic_fold(&c, &h);
	assert_false(vgic_has_pending(&c, &h));
	assert_false(vgic_icc_write(&c, &h, VGIC_ICC_DIR, 0));
	assert_false(vgic_icc_read(&c, &h, VGIC_ICC_PMR, &val));
	assert_false(vgic_irq_active(&c, 27));
	assert_int_equal(vgic_take_hw_deactivated(&c), 0);
}

/* ---- the mapped interrupt ------------------------------------------------------------------ */

static void hw_deactivation(void **state)
{
	struct run *t = run_new(1, 4, 5, false, true, true);
	struct sim_cpu *p = &t->s->cpu[0];
	struct sim *s = t->s;

	do_enable(t, 0, 0, SIM_HW_PPI, true);
	do_prio(t, 0, 0, SIM_HW_PPI, 0x80);
	do_line(t, 0, SIM_HW_PPI, true);
	step(t);
	assert_true(p->h.lr[0] & VGIC_LR_HW);
	assert_int_equal(p->h.lr[0] >> 32 & 0x3ff, SIM_HW_PINTID);
	assert_true(p->phys_active);
	assert_true(do_ack(t, 0));
	sim_exit(s, p);
	assert_true(vgic_irq_active(&p->c, SIM_HW_PPI));
	assert_true(p->phys_known);
	sim_enter(s, p);
	do_line(t, 0, SIM_HW_PPI, false);
	assert_true(do_eoi(t, 0));
	assert_false(p->phys_active);
	p->in_guest = false;
	vgic_fold(&p->c, &p->h);
	assert_int_equal(vgic_take_hw_deactivated(&p->c), BIT(SIM_HW_PPI));
	assert_int_equal(vgic_take_hw_deactivated(&p->c), 0);
	assert_false(vgic_irq_active(&p->c, SIM_HW_PPI));
	p->phys_known = false;
	sim_enter(s, p);

	/* by ICACTIVER */
	do_line(t, 0, SIM_HW_PPI, true);
	step(t);
	assert_true(do_ack(t, 0));
	sim_exit(s, p);
	do_activate(t, 0, 0, SIM_HW_PPI, false);
	assert_int_equal(vgic_take_hw_deactivated(&p->c), 0);
	assert_true(p->phys_active);
	assert_false(vgic_irq_active(&p->c, SIM_HW_PPI));
	sim_enter(s, p);

	/* a guest that writes ISACTIVER does not keep the hardware busy */
	do_line(t, 0, SIM_HW_PPI, false);
	step(t);
	t->r.depth[0] = 0;
	memset(p->h.ap0r, 0, sizeof(p->h.ap0r));
	do_activate(t, 0, 0, SIM_HW_PPI, true);
	step(t);
	assert_false(p->h.lr[0] & VGIC_LR_HW);
	sim_exit(s, p);
	assert_false(vgic_irq_active(&p->c, SIM_HW_PPI));
	run_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_priority),
		cmocka_unit_test(nesting),
		cmocka_unit_test(all_spis),
		cmocka_unit_test(level_resample),
		cmocka_unit_test(line_lowered_by_deactivation),
		cmocka_unit_test(events_and_lines),
		cmocka_unit_test(level_dropped),
		cmocka_unit_test(level_soft_pending),
		cmocka_unit_test(edge_active_pending),
		cmocka_unit_test(edge_unpend_loaded),
		cmocka_unit_test(rwp),
		cmocka_unit_test(active_read_of_running),
		cmocka_unit_test(active_read_without_sync),
		cmocka_unit_test(late_kicks),
		cmocka_unit_test(icc_registers),
		cmocka_unit_test(wake_matrix),
		cmocka_unit_test(wake_by_highest_only),
		cmocka_unit_test(pending_again_in_overflow),
		cmocka_unit_test(order_among_equals),
		cmocka_unit_test(mapped_goes_first),
		cmocka_unit_test(stray_eoi),
		cmocka_unit_test(spilled_eoi_and_isactiver),
		cmocka_unit_test(spilled_eoi_and_icactiver),
		cmocka_unit_test(spilled_eoi_and_an_equal),
		cmocka_unit_test(spilled_eoi_after_a_move),
		cmocka_unit_test(split_by_one_vcpu),
		cmocka_unit_test(active_writes_of_running),
		cmocka_unit_test(without_gic),
		cmocka_unit_test(hw_deactivation),
		cmocka_unit_test(small_exhaustive),
		cmocka_unit_test(random_without_overflow),
		cmocka_unit_test(random_with_overflow),
		cmocka_unit_test(random_with_hardware),
	};

	return cmocka_run_group_tests_name("vgic_flow", tests, NULL, NULL);
}
