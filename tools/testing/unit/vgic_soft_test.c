// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CPU interface in software: its registers, its pins, and that a guest cannot tell it
 * from list registers, whatever happens to the two, and if it moves from one to the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vgic_sim.h"

/* ---- the two beside each other --------------------------------------------------- */

/* Those that take part. No two of them have the same priority: equals have no order. */
static const u32 cast[] = { 0, 5, 9, 20, 25, 32, 33, 40, 63 };
#define NR_CAST	ARRAY_SIZE(cast)

#define HW	0
#define SOFT	1

struct pair {
	struct sim *s[2];
	u32 nr_cpus;
	u32 nr_lr;
	u64 seed;
	bool v2;
	bool dir_mapped;	/* HW's GICV_DIR does not trap */
	bool counts_drops;	/* see struct sim */
	bool split;
	bool full;		/* a list register for each */
	bool moves;		/* one takes the other's state */
	u32 rank[NR_CAST];	/* of their priorities */
	u32 depth[SIM_MAX_CPUS];
	u32 id[SIM_MAX_CPUS][64], group[SIM_MAX_CPUS][64];
	u32 nr_waiting[SIM_MAX_CPUS];
	u32 waiting[SIM_MAX_CPUS][64];	/* ended, not deactivated */
	bool line[SIM_MAX_CPUS][64];
};

/* So that a run in which nothing happens is no success. */
static struct {
	u32 taken, nested, deactivated, foreign, ended, moved;
} seen;

static u32 rnd(struct pair *t, u32 below)
{
	t->seed = t->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(t->seed >> 33) % below;
}

static u32 prio_of(const struct pair *t, u32 n)
{
	return t->rank[n] * 16 + (t->rank[n] & 1 ? 8 : 0);
}

static void set_prio(struct pair *t, u32 by, u32 n)
{
	u32 k, c;

	for (k = 0; k < 2; k++)
		for (c = 0; c < (cast[n] < 32 ? t->nr_cpus : 1); c++)
			sim_set_prio(t->s[k], &t->s[k]->cpu[by], &t->s[k]->cpu[c], cast[n],
				     prio_of(t, n));
}

/* Nothing is between them: what is offered, what runs, what wakes. */
static void alike(struct pair *t)
{
	u32 c, k;

	for (k = 0; k < 2; k++)
		sim_settle(t->s[k]);
	for (c = 0; c < t->nr_cpus; c++) {
		struct sim_cpu *hw = &t->s[HW]->cpu[c], *soft = &t->s[SOFT]->cpu[c];
		u32 id = SIM_SPURIOUS;

		assert_int_equal(hw->h.vmcr, soft->h.vmcr);
		assert_int_equal(hw->h.ap0r[0], soft->h.ap0r[0]);
		assert_int_equal(hw->h.ap1r[0], soft->h.ap1r[0]);
		assert_int_equal(hw->in_guest, soft->in_guest);
		if (!hw->in_guest) {
			assert_int_equal(vgic_has_pending(&hw->c, &hw->h),
					 vgic_has_pending(&soft->c, &soft->h));
			continue;
		}
		if (sim_hppi(hw) >= 0)
			id = sim_lr_id(hw->h.lr[sim_hppi(hw)]);
		assert_int_equal(vgic_soft_hppi(&soft->c, VGIC_GROUPS, 0), id);
		assert_int_equal(sim_signalled(t->s[HW], hw), soft->pins != 0);
		if (soft->pins) {
			u32 group = sim_group(hw->h.lr[sim_hppi(hw)]);

			assert_int_equal(soft->pins, group == 0 && hw->h.vmcr & BIT(3) ?
						     VGIC_PIN_FIQ : VGIC_PIN_IRQ);
		}
	}
}

static void alike_registers(struct pair *t, u32 by)
{
	static const u32 base[] = { 0x80, 0x100, 0x200, 0x300 };
	u32 c, n, k, b, val[2];

	for (c = 0; c < t->nr_cpus; c++)
		for (n = 0; n < 64; n += 32)
			for (b = 0; b < ARRAY_SIZE(base); b++) {
				for (k = 0; k < 2; k++) {
					struct sim *s = t->s[k];
					struct sim_cpu *p = &s->cpu[c];

					val[k] = sim_read(s, sim_by(s, &s->cpu[by], p, n),
							  sim_reg(p, base[b], n, 1));
				}
				assert_int_equal(val[HW], val[SOFT]);
			}
	for (c = 0; c < t->nr_cpus && t->v2; c++)
		for (n = 0; n < 16; n += 4) {
			for (k = 0; k < 2; k++)
				val[k] = sim_read(t->s[k], &t->s[k]->cpu[c],
						  SIM_DIST + 0xf20 + n);
			assert_int_equal(val[HW], val[SOFT]);
		}
}

/* ---- what happens to both ------------------------------------------------------------- */

static bool do_take(struct pair *t, u32 c)
{
	u32 k, id[2], group[2] = {};
	bool nested = t->s[HW]->cpu[c].h.ap0r[0] || t->s[HW]->cpu[c].h.ap1r[0];

	if (!t->s[HW]->cpu[c].in_guest || t->depth[c] == 64)
		return false;
	for (k = 0; k < 2; k++)
		id[k] = sim_take(t->s[k], &t->s[k]->cpu[c], &group[k]);
	assert_int_equal(id[HW], id[SOFT]);
	if (id[HW] == SIM_SPURIOUS)
		return false;
	assert_int_equal(group[HW], group[SOFT]);
	t->id[c][t->depth[c]] = id[HW];
	t->group[c][t->depth[c]++] = group[HW];
	seen.taken++;
	seen.nested += nested;
	return true;
}

static bool do_end(struct pair *t, u32 c)
{
	u32 k;

	if (!t->s[HW]->cpu[c].in_guest || !t->depth[c])
		return false;
	t->depth[c]--;
	for (k = 0; k < 2; k++)
		sim_end(t->s[k], &t->s[k]->cpu[c], t->id[c][t->depth[c]],
			t->group[c][t->depth[c]]);
	if (t->split && t->nr_waiting[c] < 64)
		t->waiting[c][t->nr_waiting[c]++] = t->id[c][t->depth[c]];
	seen.ended++;
	return true;
}

static bool do_dir(struct pair *t, u32 c)
{
	u32 k, n, by = c;

	if (!t->nr_waiting[c])
		return false;
	/* where it does not trap nothing says which one it was, see flush.c */
	if (t->dir_mapped && !t->full)
		return false;
	n = rnd(t, t->nr_waiting[c]);
	/* an SPI by another vCPU, too, where it has a name */
	if (!t->dir_mapped && (t->waiting[c][n] & 0x3ff) >= 32)
		by = rnd(t, t->nr_cpus);
	if (!t->s[HW]->cpu[by].in_guest)
		return false;
	for (k = 0; k < 2; k++)
		sim_deactivate(t->s[k], &t->s[k]->cpu[by], t->waiting[c][n]);
	t->waiting[c][n] = t->waiting[c][--t->nr_waiting[c]];
	seen.deactivated++;
	seen.foreign += by != c;
	return true;
}

static void do_line(struct pair *t, u32 c, u32 intid, bool level)
{
	u32 k;

	t->line[intid < 32 ? c : 0][intid] = level;
	for (k = 0; k < 2; k++)
		assert_int_equal(vgic_set_line(t->s[k]->g,
					       intid < 32 ? &t->s[k]->cpu[c].c : NULL,
					       intid, level), 0);
}

static void do_bit(struct pair *t, u32 by, u32 c, u32 base, u32 intid)
{
	u32 k;

	for (k = 0; k < 2; k++)
		sim_bit(t->s[k], &t->s[k]->cpu[by], &t->s[k]->cpu[c], base, intid);
}

static void do_write(struct pair *t, u32 by, u64 ipa, u32 len, u64 val)
{
	u32 k;

	for (k = 0; k < 2; k++)
		sim_mmio(t->s[k], &t->s[k]->cpu[by], ipa, len, true, val);
}

static void do_group(struct pair *t, u32 by, u32 c, u32 intid, u32 group)
{
	u32 k;

	for (k = 0; k < 2; k++)
		sim_set_group(t->s[k], &t->s[k]->cpu[by], &t->s[k]->cpu[c], intid, group);
}

static void do_edge(struct pair *t, u32 by, u32 c, u32 intid, bool edge)
{
	u32 k;

	for (k = 0; k < 2; k++)
		sim_set_edge(t->s[k], &t->s[k]->cpu[by], &t->s[k]->cpu[c], intid, edge);
}

static void do_route(struct pair *t, u32 by, u32 intid, u32 to)
{
	if (t->v2)
		do_write(t, by, SIM_DIST + 0x800 + intid, 1, BIT(to));
	else
		do_write(t, by, SIM_DIST + 0x6000 + 8 * intid, 8,
			 to < t->nr_cpus ? sim_irouter(to) : 0x10203);
}

static void do_sgi(struct pair *t, u32 by, u32 to, u32 intid)
{
	u64 mpidr = sim_mpidr(to);
	u32 k;

	if (t->v2) {
		do_write(t, by, SIM_DIST + 0xf00, 4, BIT(16 + to) | intid);
		return;
	}
	for (k = 0; k < 2; k++) {
		struct sim_cpu *p = &t->s[k]->cpu[by];
		bool in = p->in_guest;

		sim_exit(t->s[k], p);
		vgic_send_sgi(t->s[k]->g, &p->c, (mpidr >> 8 & 0xff) << 16 |
			      (u64)intid << 24 | 1 << (mpidr & 0xff),
			      t->seed & 0x100000 ? VGIC_ICC_SGI1R : VGIC_ICC_SGI0R);
		if (in)
			sim_enter(t->s[k], p);
	}
}

/* A field of the CPU interface, from the guest, by register or in hardware. */
static void do_vmcr(struct pair *t, u32 c, u32 clear, u32 set)
{
	u32 k;

	for (k = 0; k < 2; k++) {
		struct sim_cpu *p = &t->s[k]->cpu[c];
		bool in = p->in_guest;

		if (k == SOFT)
			sim_exit(t->s[k], p);
		p->h.vmcr = (p->h.vmcr & ~(u64)clear) | set;
		if (k == SOFT && in)
			sim_enter(t->s[k], p);
	}
}

static void do_reset(struct pair *t, u32 c)
{
	u32 k, n;

	for (k = 0; k < 2; k++) {
		struct sim_cpu *p = &t->s[k]->cpu[c];

		sim_exit(t->s[k], p);
		vgic_reset_cpu(&p->c, &p->h);
	}
	do_vmcr(t, c, 0, (t->split ? VGIC_VMCR_VEOIM : 0) | 0xf8U << 24 | 3);
	for (n = 0; n < NR_CAST; n++)
		if (cast[n] < 32)
			set_prio(t, c, n);
	t->depth[c] = 0;
	t->nr_waiting[c] = 0;
}

static struct sim *new_sim(struct pair *t, u32 k)
{
	struct vgic_config cfg = t->v2 ? sim_config_v2(64, k == SOFT) : sim_config(64);
	struct sim *s;

	if (k == SOFT)
		cfg.iface = VGIC_IFACE_SOFT;
	else
		cfg.dir_traps = !t->dir_mapped;
	s = sim_new_config(&cfg, t->nr_cpus, t->nr_lr, false);
	s->counts_drops |= t->counts_drops;
	return s;
}

/* Both are saved, and each goes on where there was nothing, with what the other was. */
static void do_move(struct pair *t)
{
	static struct sim_state m[2], after;
	bool in[SIM_MAX_CPUS];
	u32 k, c;

	for (c = 0; c < t->nr_cpus; c++)
		in[c] = t->s[HW]->cpu[c].in_guest;
	for (k = 0; k < 2; k++) {
		for (c = 0; c < t->nr_cpus; c++)
			sim_exit(t->s[k], &t->s[k]->cpu[c]);
		sim_get_state(t->s[k], &m[k]);
	}
	assert_memory_equal(&m[HW], &m[SOFT], sizeof(m[HW]));
	for (k = 0; k < 2; k++) {
		struct sim *s = new_sim(t, k);

		sim_set_state(s, &m[!k]);
		sim_get_state(s, &after);
		assert_memory_equal(&m[k], &after, sizeof(after));
		sim_free(t->s[k]);
		t->s[k] = s;
		for (c = 0; c < t->nr_cpus; c++)
			if (in[c])
				sim_enter(s, &s->cpu[c]);
	}
	seen.moved++;
}

static bool unended(const struct pair *t, u32 intid)
{
	u32 c, n;

	for (c = 0; c < t->nr_cpus; c++) {
		for (n = 0; n < t->depth[c]; n++)
			if ((t->id[c][n] & 0x3ff) == intid)
				return true;
		for (n = 0; n < t->nr_waiting[c]; n++)
			if ((t->waiting[c][n] & 0x3ff) == intid)
				return true;
	}
	return false;
}

static void random_step(struct pair *t)
{
	u32 by = rnd(t, t->nr_cpus), c = rnd(t, t->nr_cpus), n = rnd(t, NR_CAST), m, k;
	u32 intid = cast[n];

	switch (rnd(t, 32)) {
	case 0 ... 3:
		if (intid >= 16)
			do_line(t, c, intid, rnd(t, 2));
		break;
	case 4 ... 5:
		do_bit(t, by, c, rnd(t, 4) ? 0x100 : 0x180, intid);
		break;
	case 6 ... 7:
		do_bit(t, by, c, rnd(t, 3) ? 0x200 : 0x280, intid);
		break;
	case 8:
		if (t->full && !unended(t, intid))
			do_bit(t, by, c, 0x300, intid);
		break;
	case 9:
		/* nor is a DIR of what another vCPU has taken since known there */
		if (t->full && !(t->dir_mapped && t->split && unended(t, intid)))
			do_bit(t, by, c, 0x380, intid);
		break;
	case 10:
		m = rnd(t, NR_CAST);
		k = t->rank[n];
		t->rank[n] = t->rank[m];
		t->rank[m] = k;
		set_prio(t, by, n);
		set_prio(t, by, m);
		break;
	case 11:
		do_group(t, by, c, intid, rnd(t, 2));
		break;
	case 12:
		do_edge(t, by, c, intid, rnd(t, 2));
		break;
	case 13:
		if (intid >= 32)
			do_route(t, by, intid, rnd(t, t->nr_cpus + 1));
		break;
	case 14:
		do_write(t, by, SIM_DIST, 4, rnd(t, 4) ? 3 : rnd(t, 4));
		break;
	case 15 ... 17:
		if (intid < 16)
			do_sgi(t, by, c, intid);
		break;
	case 18 ... 21:
		do_take(t, c);
		break;
	case 22 ... 24:
		do_end(t, c);
		break;
	case 25 ... 26:
		do_dir(t, c);
		break;
	case 27:
		do_vmcr(t, c, 0xff000000, (rnd(t, 3) ? 0xf8U : prio_of(t, n)) << 24);
		break;
	case 28:
		do_vmcr(t, c, 3, rnd(t, 3) ? 3 : rnd(t, 4));
		break;
	case 29:
		/* an EOI drops what the same binary point raised */
		if (t->depth[c])
			break;
		do_vmcr(t, c, VGIC_VMCR_VBPR0 | VGIC_VMCR_VBPR1 | VGIC_VMCR_VCBPR |
			(t->v2 ? VGIC_VMCR_VFIQEN : 0),
			(2 + rnd(t, 6)) << 21 | (3 + rnd(t, 5)) << 18 |
			(rnd(t, 4) ? 0 : VGIC_VMCR_VCBPR) |
			(t->v2 && rnd(t, 2) ? VGIC_VMCR_VFIQEN : 0));
		break;
	case 30:
		if (t->v2 && intid < 16)
			do_write(t, c, SIM_DIST + (rnd(t, 2) ? 0xf10 : 0xf20) + intid, 1,
				 1 << rnd(t, t->nr_cpus));
		else if (t->full && !rnd(t, 8))
			do_reset(t, c);
		break;
	default:
		for (k = 0; k < 2; k++) {
			struct sim_cpu *p = &t->s[k]->cpu[c];

			if (p->in_guest)
				sim_exit(t->s[k], p);
			else
				sim_enter(t->s[k], p);
		}
		break;
	}
	alike(t);
	if (t->moves && !rnd(t, 20)) {
		do_move(t);
		alike(t);
	}
	if (!rnd(t, 40))
		alike_registers(t, by);
}

static void pair_run(const struct pair *like, u32 nr_cpus, u32 nr_lr, bool split, u32 seed)
{
	struct pair t = *like;
	u32 k, c, n;

	t.nr_cpus = nr_cpus;
	t.nr_lr = nr_lr;
	t.split = split;
	/* some do; where DIRs are counted as well nobody could tell one from the other */
	t.counts_drops = !t.dir_mapped && seed & 1;
	t.seed = seed * 7919 + nr_lr * 31 + nr_cpus;
	t.full = nr_lr >= NR_CAST;
	for (k = 0; k < 2; k++) {
		t.s[k] = new_sim(&t, k);
		sim_guest_setup(t.s[k]);
	}
	for (n = 0; n < NR_CAST; n++) {
		t.rank[n] = n + 1;
		set_prio(&t, 0, n);
		for (c = 0; c < nr_cpus; c++)
			do_bit(&t, c, c, 0x100, cast[n]);
		if (cast[n] >= 32)
			do_route(&t, 0, cast[n], 0);
	}
	for (c = 0; c < nr_cpus; c++) {
		do_vmcr(&t, c, 0, split ? VGIC_VMCR_VEOIM : 0);
		for (k = 0; k < 2; k++)
			sim_enter(t.s[k], &t.s[k]->cpu[c]);
	}
	for (n = 0; n < 2000; n++)
		random_step(&t);
	alike_registers(&t, 0);
	for (k = 0; k < 2; k++)
		sim_free(t.s[k]);
}

#ifndef PAIR_SEEDS
#define PAIR_SEEDS	24
#endif

static void pairs(const struct pair *like)
{
	/* half of the runs, and where one deactivates nothing it soon stands still */
	u32 nr_lr, seed, split, part = like->dir_mapped ? 4 : 1;

	memset(&seen, 0, sizeof(seen));
	for (seed = 1; seed <= PAIR_SEEDS; seed++)
		/* without the split nobody deactivates */
		for (split = like->dir_mapped; split < 2; split++) {
			for (nr_lr = 1; nr_lr <= 4; nr_lr++)
				pair_run(like, 2, nr_lr, split, seed);
			pair_run(like, 1, 16, split, seed);
			pair_run(like, 3, 16, split, seed);
		}
	if (getenv("VGIC_TRACE"))
		fprintf(stderr, "# taken %u nested %u ended %u deactivated %u foreign %u moved %u\n",
			seen.taken, seen.nested, seen.ended, seen.deactivated, seen.foreign,
			seen.moved);
	assert_true(seen.taken > 5000 / part && seen.nested > 500 / part &&
		    seen.ended > 5000 / part && seen.deactivated > 500 &&
		    (seen.foreign > 200) == !like->dir_mapped &&
		    (seen.moved > 5000) == like->moves);
}

static void v3_alike(void **state)
{
	pairs(&(struct pair) { });
}

static void v2_alike(void **state)
{
	pairs(&(struct pair) { .v2 = true });
}

static void v2_alike_dir_mapped(void **state)
{
	pairs(&(struct pair) { .v2 = true, .dir_mapped = true });
}

static void v3_moved(void **state)
{
	pairs(&(struct pair) { .moves = true });
}

static void v2_moved(void **state)
{
	pairs(&(struct pair) { .v2 = true, .moves = true });
}

/* ---- system registers ---------------------------------------------------------------------- */

static struct sim *soft_v3(void)
{
	struct vgic_config cfg = sim_config(64);

	cfg.iface = VGIC_IFACE_SOFT;
	return sim_new_config(&cfg, 2, 4, false);
}

static u64 icc(struct sim *s, enum vgic_icc_reg reg)
{
	return sim_soft_read(s, &s->cpu[0], reg, 0);
}

static void set_icc(struct sim *s, enum vgic_icc_reg reg, u64 val)
{
	sim_soft_write(s, &s->cpu[0], reg, 0, val);
}

/* Fields of all registers, as IHI0069 12.2 has them for 32 priorities. */
static void icc_fields(void **state)
{
	struct sim *s = soft_v3();
	struct sim_cpu *p = &s->cpu[0];
	u64 val;
	u32 n;

	assert_int_equal(icc(s, VGIC_ICC_CTLR), 1 << 15 | 4 << 8);	/* A3V */
	assert_int_equal(icc(s, VGIC_ICC_PMR), 0);
	assert_int_equal(icc(s, VGIC_ICC_BPR0), 2);
	assert_int_equal(icc(s, VGIC_ICC_BPR1), 3);
	assert_int_equal(icc(s, VGIC_ICC_IGRPEN0), 0);
	assert_int_equal(icc(s, VGIC_ICC_IGRPEN1), 0);
	assert_int_equal(icc(s, VGIC_ICC_RPR), 0xff);
	for (n = 0; n < 16; n++) {
		set_icc(s, VGIC_ICC_BPR0, n);
		assert_int_equal(icc(s, VGIC_ICC_BPR0), max(n & 7, 2U));
		set_icc(s, VGIC_ICC_BPR1, n ^ 5);
		assert_int_equal(icc(s, VGIC_ICC_BPR1), max((n ^ 5) & 7, 3U));
		/* one binary point for both: BPR1 follows and is not written */
		set_icc(s, VGIC_ICC_CTLR, 1);
		assert_int_equal(icc(s, VGIC_ICC_BPR1), min(max(n & 7, 2U) + 1, 7U));
		set_icc(s, VGIC_ICC_BPR1, 4);
		set_icc(s, VGIC_ICC_CTLR, 0);
		assert_int_equal(icc(s, VGIC_ICC_BPR1), max((n ^ 5) & 7, 3U));
		set_icc(s, VGIC_ICC_IGRPEN0, n);
		set_icc(s, VGIC_ICC_IGRPEN1, ~(u64)n);
		assert_int_equal(icc(s, VGIC_ICC_IGRPEN0), n & 1);
		assert_int_equal(icc(s, VGIC_ICC_IGRPEN1), ~n & 1);
	}
	set_icc(s, VGIC_ICC_PMR, ~0ULL);
	assert_int_equal(icc(s, VGIC_ICC_PMR), 0xf8);
	set_icc(s, VGIC_ICC_AP0R0, 1ULL << 40 | 1 << 20);
	set_icc(s, VGIC_ICC_AP1R0, 1 << 18);
	assert_int_equal(icc(s, VGIC_ICC_AP0R0), 1 << 20);
	assert_int_equal(icc(s, VGIC_ICC_AP1R0), 1 << 18);
	assert_int_equal(icc(s, VGIC_ICC_RPR), 18 * 8);

	/* direction */
	assert_false(vgic_icc_read(&p->c, &p->h, VGIC_ICC_EOIR0, &val));
	assert_false(vgic_icc_read(&p->c, &p->h, VGIC_ICC_EOIR1, &val));
	assert_false(vgic_icc_read(&p->c, &p->h, VGIC_ICC_DIR, &val));
	assert_false(vgic_icc_write(&p->c, &p->h, VGIC_ICC_IAR0, 0));
	assert_false(vgic_icc_write(&p->c, &p->h, VGIC_ICC_IAR1, 0));
	assert_false(vgic_icc_write(&p->c, &p->h, VGIC_ICC_HPPIR0, 0));
	assert_false(vgic_icc_write(&p->c, &p->h, VGIC_ICC_HPPIR1, 0));
	assert_false(vgic_icc_write(&p->c, &p->h, VGIC_ICC_RPR, 0));
	sim_free(s);

	/* what does not trap with list registers is nobody's here */
	s = sim_new(1, 4, 64, 5, true, false);
	p = &s->cpu[0];
	for (n = VGIC_ICC_IAR0; n <= VGIC_ICC_AP1R0; n++) {
		assert_false(vgic_icc_read(&p->c, &p->h, n, &val));
		assert_false(vgic_icc_write(&p->c, &p->h, n, 0));
	}
	sim_free(s);
}

/* Each group has its registers; the other group's say 1023. */
static void icc_groups(void **state)
{
	struct sim *s = soft_v3();
	struct sim_cpu *p = &s->cpu[0];
	u32 group;

	sim_guest_setup(s);
	for (group = 0; group < 2; group++) {
		enum vgic_icc_reg iar[] = { VGIC_ICC_IAR0, VGIC_ICC_IAR1 };
		enum vgic_icc_reg eoir[] = { VGIC_ICC_EOIR0, VGIC_ICC_EOIR1 };
		enum vgic_icc_reg hppir[] = { VGIC_ICC_HPPIR0, VGIC_ICC_HPPIR1 };
		enum vgic_icc_reg apr[] = { VGIC_ICC_AP0R0, VGIC_ICC_AP1R0 };

		sim_set_group(s, p, p, 40, group);
		sim_set_edge(s, p, p, 40, true);
		sim_set_prio(s, p, p, 40, 0x48);
		sim_bit(s, p, p, 0x100, 40);
		sim_bit(s, p, p, 0x200, 40);
		assert_int_equal(vgic_pins(&p->c), group ? VGIC_PIN_IRQ : VGIC_PIN_FIQ);
		assert_int_equal(icc(s, hppir[group]), 40);
		assert_int_equal(icc(s, hppir[!group]), 1023);
		assert_int_equal(icc(s, iar[!group]), 1023);
		/* masked: still the highest */
		set_icc(s, VGIC_ICC_PMR, 0x48);
		assert_int_equal(vgic_pins(&p->c), 0);
		assert_int_equal(icc(s, hppir[group]), 40);
		assert_int_equal(icc(s, iar[group]), 1023);
		set_icc(s, VGIC_ICC_PMR, 0x50);
		assert_int_equal(icc(s, iar[group]), 40);
		assert_int_equal(icc(s, apr[group]), 1 << 9);
		assert_int_equal(icc(s, apr[!group]), 0);
		assert_int_equal(icc(s, VGIC_ICC_RPR), 0x48);
		assert_int_equal(vgic_pins(&p->c), 0);
		/* special numbers end nothing */
		for (u32 n = 1020; n < 1024; n++)
			set_icc(s, eoir[group], n);
		assert_int_equal(icc(s, VGIC_ICC_RPR), 0x48);
		set_icc(s, eoir[group], 40);
		assert_int_equal(icc(s, VGIC_ICC_RPR), 0xff);
		assert_int_equal(p->c.nr_queued, 0);
		/* nothing runs: nothing to end */
		sim_bit(s, p, p, 0x300, 40);
		set_icc(s, eoir[group], 40);
		assert_true(s->g->spis[8].active);
		sim_bit(s, p, p, 0x380, 40);
		/* by the other group's register the priority drops, no more */
		sim_bit(s, p, p, 0x200, 40);
		assert_int_equal(icc(s, iar[group]), 40);
		set_icc(s, eoir[!group], 40);
		assert_int_equal(icc(s, VGIC_ICC_RPR), 0xff);
		assert_true(s->g->spis[8].active);
		sim_bit(s, p, p, 0x380, 40);
	}
	sim_free(s);
}

/* Numbers that no interrupt has, and those of others. */
static void strange_numbers(void **state)
{
	struct sim *s = soft_v3();
	struct sim_cpu *p = &s->cpu[0], *other = &s->cpu[1];
	u64 n;

	sim_guest_setup(s);
	sim_set_edge(s, p, p, 40, true);
	sim_bit(s, p, p, 0x100, 40);
	sim_bit(s, p, p, 0x200, 40);
	assert_int_equal(icc(s, VGIC_ICC_IAR0), 40);
	for (n = 0; n < 0x20000; n++) {
		other->h.ap0r[0] = 1;
		sim_soft_write(s, other, VGIC_ICC_EOIR0, 0, n);
		sim_soft_write(s, other, VGIC_ICC_DIR, 0, n);
	}
	assert_true(s->g->spis[8].active);
	/* a DIR may be of what another vCPU has taken, an EOI not */
	other->h.vmcr |= VGIC_VMCR_VEOIM;
	sim_soft_write(s, other, VGIC_ICC_DIR, 0, 41);
	sim_soft_write(s, other, VGIC_ICC_DIR, 0, 0xff000028);
	assert_false(s->g->spis[8].active);
	sim_free(s);
}

/* ---- pins, kicks, lines ---------------------------------------------------------- */

/* Pins that are to fall need a kick as those that are to rise. */
static void withdrawn(void **state)
{
	struct sim *s = soft_v3();
	struct sim_cpu *p = &s->cpu[0], *other = &s->cpu[1];
	u32 kicks;

	sim_guest_setup(s);
	assert_int_equal(vgic_pins(&p->c), 0);
	sim_bit(s, p, p, 0x100, 40);
	sim_enter(s, p);
	kicks = p->kicks;
	vgic_set_line(s->g, NULL, 40, true);
	assert_int_equal(p->kicks, ++kicks);
	sim_settle(s);
	assert_int_equal(p->pins, VGIC_PIN_FIQ);
	vgic_set_line(s->g, NULL, 40, false);
	assert_int_equal(p->kicks, ++kicks);
	/* late: what the pin was high for is not there */
	assert_int_equal(icc(s, VGIC_ICC_IAR0), 1023);
	assert_int_equal(p->pins, 0);
	vgic_set_line(s->g, NULL, 40, true);
	sim_settle(s);
	kicks = p->kicks;
	/* goes to another vCPU */
	sim_route(s, other, 40, sim_irouter(1));
	assert_int_equal(p->kicks, ++kicks);
	sim_settle(s);
	assert_int_equal(p->pins, 0);
	assert_int_equal(vgic_pins(&other->c), VGIC_PIN_FIQ);
	/* nothing changes for what is active */
	sim_route(s, other, 40, sim_irouter(0));
	sim_settle(s);
	assert_int_equal(icc(s, VGIC_ICC_IAR0), 40);
	kicks = p->kicks;
	vgic_set_line(s->g, NULL, 40, false);
	vgic_set_line(s->g, NULL, 40, true);
	assert_int_equal(p->kicks, kicks);
	sim_free(s);
}

/* The EOI, and the DIR, lower a line and tell of it, at once. */
static void resampled(void **state)
{
	u32 v2, split;

	for (v2 = 0; v2 < 2; v2++)
		for (split = 0; split < 2; split++) {
			struct vgic_config cfg = v2 ? sim_config_v2(64, true) : sim_config(64);
			struct sim_cpu *p;
			struct sim *s;
			u32 group;

			cfg.iface = VGIC_IFACE_SOFT;
			s = sim_new_config(&cfg, 1, 4, false);
			p = &s->cpu[0];
			sim_guest_setup(s);
			p->h.vmcr |= split ? VGIC_VMCR_VEOIM : 0;
			vgic_set_resample(s->g, 40, true);
			sim_bit(s, p, p, 0x100, 40);
			sim_enter(s, p);
			vgic_raise_spi(s->g, 40);
			sim_settle(s);
			assert_int_equal(sim_take(s, p, &group), 40);
			assert_int_equal(s->told, 0);
			sim_end(s, p, 40, group);
			if (split) {
				assert_int_equal(s->told, 0);
				sim_deactivate(s, p, 40);
			}
			assert_int_equal(s->told, 1);
			assert_true(vgic_take_resampled(s->g, 40));
			assert_false(vgic_take_resampled(s->g, 40));
			assert_int_equal(p->pins, 0);
			sim_free(s);
		}
}

/* An SPI that was routed elsewhere while active goes there at its end. */
static void moved_while_active(void **state)
{
	struct sim *s = soft_v3();
	struct sim_cpu *p = &s->cpu[0], *other = &s->cpu[1];

	sim_guest_setup(s);
	sim_bit(s, p, p, 0x100, 40);
	vgic_set_line(s->g, NULL, 40, true);
	assert_int_equal(icc(s, VGIC_ICC_IAR0), 40);
	sim_route(s, p, 40, sim_irouter(1));
	assert_int_equal(vgic_pins(&other->c), 0);
	assert_int_equal(other->kicks, 0);
	set_icc(s, VGIC_ICC_EOIR0, 40);
	assert_int_equal(vgic_pins(&p->c), 0);
	assert_int_equal(vgic_pins(&other->c), VGIC_PIN_FIQ);
	assert_int_equal(other->kicks, 1);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v3_alike),
		cmocka_unit_test(v2_alike),
		cmocka_unit_test(v2_alike_dir_mapped),
		cmocka_unit_test(v3_moved),
		cmocka_unit_test(v2_moved),
		cmocka_unit_test(icc_fields),
		cmocka_unit_test(icc_groups),
		cmocka_unit_test(strange_numbers),
		cmocka_unit_test(withdrawn),
		cmocka_unit_test(resampled),
		cmocka_unit_test(moved_while_active),
	};

	return cmocka_run_group_tests_name("vgic_soft", tests, NULL, NULL);
}
