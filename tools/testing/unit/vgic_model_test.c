// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model checker: three interrupts, two priorities, one vCPU. Every state is visited
 * that any order of events, of what the guest does and of exits leads to, with each CPU
 * interface, with GICV_DIR that traps and that does not, and with one to four list
 * registers. In each of them
 *
 *   the guest is offered what is pending with the highest priority, nothing else;
 *   what it takes was pending, and is not any more;
 *   if nothing new comes, it gets all that is pending, each once, in order of
 *   priority, in a bounded number of steps, and then rests.
 *
 * The same where kicks are late, with what can be said of the order then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vgic_sim.h"

#define LEVEL	0	/* SPI 32, priority 0x80, group 0 */
#define EDGE	1	/* SPI 33, 0x40, group 1; the guest disables and enables it */
#define LAST	2	/* SPI 34, an edge, or SGI 9 from two sources: 0x80, group 1 */
#define NR	3
#define SGI	9

enum op {
	RAISE, LOWER, PULSE_EDGE, PULSE_LAST, PULSE_SECOND, TAKE, END, DIR_FIRST, DIR_LAST,
	LEAVE, KICK, MOVE, MASK, GROUP, ENABLE, NR_OPS
};

static const char *const op_name[] = {
	"raise", "lower", "pulse edge", "pulse last", "pulse second source", "take", "end",
	"deactivate the oldest", "deactivate the newest", "leave or enter", "kick",
	"move", "mask", "group", "enable",
};

/* One way to run. */
struct way {
	u32 model;
	enum vgic_iface iface;
	u32 nr_lr;
	bool no_tdir;
	bool dir_mapped;	/* GICV_DIR is, and does not trap */
	bool counts_drops;	/* see struct sim */
	bool split;		/* EOImode 1 */
	bool late;		/* kicks */
	bool resample;		/* the deactivation lowers the line */
};

/* What must be, as far as the world outside of the vGIC knows. */
struct ghost {
	u8 line;
	u8 disabled;
	/* edges, those of an SGI by source: [LAST] and behind it */
	u8 owed[NR + 1];	/* at most so often it is taken */
	u8 must[NR + 1];	/* and at least once */
	u8 active[NR];
	u8 depth, stack[NR + 1], source[NR + 1];	/* taken, not ended */
	u8 dropped, waiting[NR + 1], waiting_source[NR + 1];	/* not deactivated */
};

static const u8 prio_of[NR] = { 0x80, 0x40, 0x80 };
static const u8 group_of[NR] = { 0, 1, 1 };

static struct {
	const struct way *way;
	struct sim *s;
	struct sim_cpu *p;
	struct vgic_irq *irq[NR];
	struct ghost g;
	struct sim_state none;	/* as it was made */
} world;

/* ---- states: saved, compared, found again ------------------------------------------ */

struct snapshot {
	struct ghost g;
	struct vgic_irq irq[NR];
	struct hyp_gic h;
	bool in_guest, kicked;
	u32 pins;
	u8 before[offsetof(struct vgic_cpu, private)];
	u8 after[sizeof(struct vgic_cpu) - offsetof(struct vgic_cpu, active)];
};

static void save(struct snapshot *m)
{
	struct sim_cpu *p = world.p;
	u32 n;

	m->g = world.g;
	for (n = 0; n < NR; n++)
		m->irq[n] = *world.irq[n];
	m->h = p->h;
	m->in_guest = p->in_guest;
	m->kicked = p->kicked;
	m->pins = p->pins;
	memcpy(m->before, &p->c, sizeof(m->before));
	memcpy(m->after, (u8 *)&p->c + offsetof(struct vgic_cpu, active), sizeof(m->after));
}

static void restore(const struct snapshot *m)
{
	struct sim_cpu *p = world.p;
	u32 n;

	world.g = m->g;
	for (n = 0; n < NR; n++)
		*world.irq[n] = m->irq[n];
	p->h = m->h;
	p->in_guest = m->in_guest;
	p->kicked = m->kicked;
	p->pins = m->pins;
	memcpy(&p->c, m->before, sizeof(m->before));
	memcpy((u8 *)&p->c + offsetof(struct vgic_cpu, active), m->after, sizeof(m->after));
}

static u64 mix(u64 hash, u64 val)
{
	hash = (hash ^ val) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static u64 mix_queue(u64 hash, const struct vgic_queue *q)
{
	struct vgic_irq *irq;
	u32 n;

	for (n = 0; n < VGIC_NR_LEVELS; n++) {
		if (!(q->map >> n & 1))
			continue;
		hash = mix(hash, n + 1);
		list_for_each_entry(irq, &q->level[n], node)
			hash = mix(hash, 1000 + irq->intid);
	}
	return mix(hash, q->count);
}

/* All that matters to what comes, and nothing that only counts. */
static u64 state_hash(void)
{
	struct sim_cpu *p = world.p;
	const u8 *g = (const u8 *)&world.g;
	u64 hash = 1;
	u32 n;

	for (n = 0; n < sizeof(world.g); n++)
		hash = mix(hash, g[n]);
	for (n = 0; n < NR; n++) {
		const struct vgic_irq *i = world.irq[n];

		hash = mix(hash, i->enabled | i->line << 1 | i->latch << 2 | i->active << 3 |
				 i->loaded << 4 | i->resampled << 5 | i->taken << 6 |
				 i->sources << 8);
		if (i->active || i->loaded)
			hash = mix(hash, i->ack_priority | i->ack_group << 8 | i->source << 16);
		if (i->loaded)
			hash = mix(hash, i->lr_pending | i->lr_latch << 1 | i->active_write << 2);
	}
	hash = mix_queue(hash, &p->c.active);
	hash = mix_queue(hash, &p->c.pending[0]);
	hash = mix_queue(hash, &p->c.pending[1]);
	for (n = 0; n < p->c.nr_loaded; n++)
		hash = mix(mix(hash, p->c.loaded[n]->intid), p->h.lr[n]);
	hash = mix(hash, p->c.nr_loaded | p->c.nr_spilled << 8 | (u64)p->h.used_lrs << 16);
	hash = mix(hash, p->h.vmcr);
	hash = mix(hash, p->h.hcr);
	hash = mix(hash, p->h.ap0r[0] | (u64)p->h.ap1r[0] << 32);
	return mix(hash, p->in_guest | p->kicked << 1 | p->pins << 2);
}

/*
 * MODEL_FULL (in make check-all): all that can happen also with late kicks, and where a
 * GICv2 splits, with each number of list registers that makes a difference, which takes
 * almost two minutes and a gigabyte. Otherwise the guest leaves its masks alone where
 * kicks are late.
 */
#ifdef MODEL_FULL
#define TABLE_BITS	23
#define LATE_OPS	NR_OPS
#define LATE_LR		4
#define SPLIT_V2	1
#define VARIANT_LR	3
#else
#define TABLE_BITS	18
#define LATE_OPS	MASK
#define LATE_LR		2
#define SPLIT_V2	0
#define VARIANT_LR	1
#endif
#define MAX_STATES	(1U << (TABLE_BITS - 1))

static struct {
	u64 hash;
	u32 parent;
	u32 op;
} states[MAX_STATES];
static u32 table[1U << TABLE_BITS];	/* index into states[] + 1 */
static u32 nr_states, here;
static u64 nr_steps, nr_drained;

/* Is this state new? */
static bool remember(u64 hash, u32 parent, u32 op)
{
	u32 n = hash >> (64 - TABLE_BITS);

	for (; table[n]; n = (n + 1) & ((1U << TABLE_BITS) - 1))
		if (states[table[n] - 1].hash == hash)
			return false;
	if (nr_states == MAX_STATES)
		sim_die("more states than there is room for");
	states[nr_states].hash = hash;
	states[nr_states].parent = parent;
	states[nr_states].op = op;
	table[n] = ++nr_states;
	return true;
}

static void tell_way(const struct way *w)
{
	fprintf(stderr, "# model %u interface %u list registers %u%s%s%s%s%s%s", w->model,
		w->iface, w->nr_lr, w->no_tdir ? " no-tdir" : "",
		w->dir_mapped ? " dir-mapped" : "", w->split ? " split" : "",
		w->counts_drops ? " counts-drops" : "", w->late ? " late" : "",
		w->resample ? " resample" : "");
}

/* What led here, after what is wrong. */
static void tell_path(void)
{
	u32 path[200], n, len = 0;

	for (n = here; n && len < 200; n = states[n].parent)
		path[len++] = states[n].op;
	tell_way(world.way);
	fputc('\n', stderr);
	while (len--)
		fprintf(stderr, "#   %s\n", op_name[path[len]]);
}

static void must(bool ok, const char *what, const char *op)
{
	if (ok)
		return;
	tell_path();
	fail_msg("%s: %s", op, what);
}

/* ---- what must be -------------------------------------------------------------------- */

static bool is_sgi(void)
{
	return world.way->model == ARMVCPU_GIC_V2;
}

static bool ghost_pending(u32 n)
{
	const struct ghost *g = &world.g;

	if (n == LEVEL)
		return g->line;
	return g->must[n] || (n == LAST && g->must[NR]);
}

static bool ghost_candidate(u32 n)
{
	return ghost_pending(n) && !world.g.active[n] && !(n == EDGE && world.g.disabled) &&
	       world.p->h.vmcr >> group_of[n] & 1;
}

static u32 ghost_best(void)
{
	u32 n, best = 256;

	for (n = 0; n < NR; n++)
		if (ghost_candidate(n) && prio_of[n] < best)
			best = prio_of[n];
	return best;
}

/* With the smallest binary points all five bits decide. */
static bool ghost_signalled(void)
{
	u32 best = ghost_best();

	return best < (world.p->h.vmcr >> 24 & 0xff) && best < sim_running(world.s, world.p);
}

/* Where both sides know all, they agree, and "owed" is what is pending. */
static void agree(const char *op)
{
	struct sim_cpu *p = world.p;
	struct ghost *g = &world.g;
	u32 n;

	if (p->in_guest) {
		if (!world.way->late)
			must(sim_signalled(world.s, p) == ghost_signalled(),
			     "what is signalled", op);
		return;
	}
	for (n = EDGE; n <= NR; n++) {
		const struct vgic_irq *i = world.irq[n < NR ? n : LAST];
		bool pending = i->latch;

		if (n >= LAST && is_sgi())
			pending = i->sources >> (n - LAST) & 1;
		else if (n == NR)
			break;
		must(pending || !g->must[n], "an edge is lost", op);
		must(!pending || g->owed[n], "an edge out of nothing", op);
		g->must[n] = g->owed[n] = pending;
	}
	for (n = 0; n < NR; n++)
		must(world.irq[n]->active == g->active[n], "active", op);
	must(vgic_has_pending(&p->c, &p->h) == ghost_signalled(), "what wakes", op);
}

/* ---- what can happen -------------------------------------------------------------------- */

static void pulse(u32 n)
{
	struct ghost *g = &world.g;

	g->must[n] = 1;
	g->owed[n] = world.way->late ? min(g->owed[n] + 1, 2) : 1;
	if (n >= LAST && is_sgi()) {
		/* from this vCPU, which leaves for it, or from the other one */
		struct sim_cpu *by = &world.s->cpu[n - LAST];

		sim_write(world.s, by, SIM_DIST + 0xf00, 1 << 16 | SGI);
		return;
	}
	vgic_set_line(world.s->g, NULL, 32 + n, true);
	vgic_set_line(world.s->g, NULL, 32 + n, false);
}

static void ghost_deactivate(u32 n)
{
	world.g.active[n] = 0;
	if (n == LEVEL && world.way->resample)
		world.g.line = 0;
}

static void took(u32 id, u32 group, const char *op)
{
	struct ghost *g = &world.g;
	u32 intid = id & 0x3ff, source = id >> 10, n, k;

	n = intid == SGI && is_sgi() ? LAST : intid - 32;
	must(n < NR && (source == 0 || intid == SGI), "an interrupt that is not there", op);
	k = n == LAST ? LAST + source : n;
	must(!g->active[n], "it is active already", op);
	must(group == group_of[n], "its group", op);
	if (n != LEVEL) {
		must(g->owed[k], "it is taken twice", op);
		g->owed[k]--;
		g->must[k] = 0;
		if (k == NR && !world.way->late)
			must(!g->must[LAST], "the lower source first", op);
	} else if (!world.way->late) {
		must(g->line, "its line is low", op);
	}
	must(g->depth < NR, "nested deeper than there are priorities", op);
	g->active[n] = 1;
	g->stack[g->depth] = n;
	g->source[g->depth++] = source;
}

static bool take(const char *op)
{
	u32 best = ghost_best(), group, id;
	struct ghost before = world.g;

	id = sim_take(world.s, world.p, &group);
	if (id == SIM_SPURIOUS)
		return false;
	took(id, group, op);
	if (!world.way->late) {
		u32 n = world.g.stack[world.g.depth - 1];

		must(prio_of[n] == best, "not the highest priority", op);
		must(!(n == EDGE && before.disabled), "it is disabled", op);
	}
	return true;
}

static u32 id_of(u32 n, u32 source)
{
	return n == LAST && is_sgi() ? SGI | source << 10 : 32 + n;
}

static void told(const char *op, bool high)
{
	bool is = vgic_take_resampled(world.s->g, 32);

	if (world.way->resample && !world.way->late)
		must(is == high, "who tells of the line", op);
}

static void end(const char *op)
{
	struct ghost *g = &world.g;
	u32 n = g->stack[--g->depth], source = g->source[g->depth];
	bool high = g->line && n == LEVEL;

	if (world.way->split) {
		g->waiting[g->dropped] = n;
		g->waiting_source[g->dropped++] = source;
	} else {
		ghost_deactivate(n);
	}
	sim_end(world.s, world.p, id_of(n, source), group_of[n]);
	sim_settle(world.s);
	if (!world.way->split)
		told(op, high);
}

/* Can the guest deactivate it? GICV_DIR that is mapped does not say which, see flush.c. */
static bool knows(u32 n)
{
	struct vgic_irq *irq = world.irq[n];

	return !world.way->dir_mapped || irq->loaded ||
	       irq == vgic_queue_top(&world.p->c.active);
}

static bool deactivate(u32 at, const char *op)
{
	struct ghost *g = &world.g;
	u32 n = g->waiting[at], source = g->waiting_source[at];
	bool high = g->line && n == LEVEL;

	if (!knows(n))
		return false;
	g->dropped--;
	memmove(g->waiting + at, g->waiting + at + 1, g->dropped - at);
	memmove(g->waiting_source + at, g->waiting_source + at + 1, g->dropped - at);
	/* what is behind the end must not make two states of one */
	g->waiting[g->dropped] = g->waiting_source[g->dropped] = 0;
	ghost_deactivate(n);
	sim_deactivate(world.s, world.p, id_of(n, source));
	sim_settle(world.s);
	told(op, high);
	return true;
}

static void set_line(bool high)
{
	world.g.line = high;
	if (world.way->resample)
		vgic_raise_spi(world.s->g, 32);
	else
		vgic_set_line(world.s->g, NULL, 32, high);
}

/* The guest writes to its CPU interface. */
static void write_mask(u32 pmr)
{
	struct sim_cpu *p = world.p;

	if (world.s->soft)
		sim_soft_write(world.s, p, VGIC_ICC_PMR, 4, pmr);
	else
		p->h.vmcr = (p->h.vmcr & 0xffffff) | pmr << 24;
}

static void write_group1(bool on)
{
	struct sim_cpu *p = world.p;
	u32 ctlr = (p->h.vmcr & 0x21d) | (on ? 2 : 0);

	if (world.s->soft)
		sim_soft_write(world.s, p, VGIC_ICC_IGRPEN1, 0, world.s->v2 ? ctlr : on);
	else
		p->h.vmcr = (p->h.vmcr & ~2ULL) | (on ? 2 : 0);
}

/* The VM goes on elsewhere, by what its VMM can read of it. */
static void move(const char *op)
{
	static struct sim_state m, after;

	sim_get_state(world.s, &m);
	sim_set_state(world.s, &world.none);
	must(world.p->c.nr_queued == 0, "something is queued in a new GIC", op);
	sim_set_state(world.s, &m);
	sim_get_state(world.s, &after);
	must(!memcmp(&m, &after, sizeof(m)), "what was set is not what is read", op);
}

/* One event; false: it cannot happen now. */
static bool happens(enum op op)
{
	struct sim_cpu *p = world.p;
	struct ghost *g = &world.g;
	const char *name = op_name[op];

	switch (op) {
	case RAISE:
	case LOWER:
		if (g->line == (op == RAISE) || (op == LOWER && world.way->resample))
			return false;
		set_line(op == RAISE);
		break;
	case PULSE_EDGE:
	case PULSE_LAST:
		pulse(op - PULSE_EDGE + EDGE);
		break;
	case PULSE_SECOND:
		if (!is_sgi())
			return false;
		pulse(NR);
		break;
	case TAKE:
		if (!p->in_guest || !take(name))
			return false;
		break;
	case END:
		if (!p->in_guest || !g->depth)
			return false;
		end(name);
		g->stack[g->depth] = g->source[g->depth] = 0;
		break;
	case DIR_FIRST:
	case DIR_LAST:
		if (!p->in_guest || !g->dropped || (op == DIR_LAST && g->dropped == 1))
			return false;
		if (!deactivate(op == DIR_FIRST ? 0 : g->dropped - 1, name))
			return false;
		break;
	case LEAVE:
		if (p->in_guest)
			sim_exit(world.s, p);
		else
			sim_enter(world.s, p);
		break;
	case MOVE:
		if (p->in_guest)
			return false;
		move(name);
		break;
	case MASK:
		if (!p->in_guest)
			return false;
		write_mask(p->h.vmcr >> 24 == 0x80 ? 0xf8 : 0x80);
		break;
	case GROUP:
		if (!p->in_guest)
			return false;
		write_group1(!(p->h.vmcr & 2));
		break;
	case ENABLE:
		if (!p->in_guest)
			return false;
		sim_bit(world.s, p, p, g->disabled ? 0x100 : 0x180, 33);
		g->disabled = !g->disabled;
		break;
	case KICK:
		if (!world.way->late || !p->in_guest || !p->kicked)
			return false;
		sim_exit(world.s, p);
		agree(name);
		sim_enter(world.s, p);
		break;
	default:
		return false;
	}
	sim_settle(world.s);
	agree(name);
	return true;
}

/* ---- nothing new comes --------------------------------------------------------------------- */

/* The guest takes, ends and deactivates until it rests. */
static void drain(void)
{
	struct sim_cpu *p = world.p;
	struct ghost *g = &world.g;
	u32 steps, n, last;

	if (p->in_guest)
		sim_exit(world.s, p);
	agree("drain");
	sim_enter(world.s, p);
	world.s->lazy = false;
	write_mask(0xf8);
	write_group1(true);
	if (g->disabled) {
		g->disabled = false;
		sim_bit(world.s, p, p, 0x100, 33);
	}
	sim_settle(world.s);
	/* from here on all is known, kicks are prompt, and the order is strict */
	for (steps = 0; steps < 40; steps++) {
		u32 best = ghost_best();

		must(sim_signalled(world.s, p) == ghost_signalled(), "what is signalled",
		     "drain");
		if (take("drain")) {
			n = g->stack[g->depth - 1];
			must(prio_of[n] == best, "not the highest priority", "drain");
			/* the driver quiets its device */
			if (n == LEVEL && g->line && !world.way->resample)
				set_line(false);
		} else if (g->depth) {
			end("drain");
		} else if (g->dropped) {
			for (last = g->dropped; last-- > 0; )
				if (deactivate(last, "drain"))
					break;
		} else {
			break;
		}
		sim_settle(world.s);
	}
	must(steps < 40, "the guest does not rest", "drain");
	sim_exit(world.s, p);
	agree("drain");
	for (n = 0; n < NR; n++)
		must(!g->active[n] && !ghost_pending(n), "something is left", "drain");
	must(p->c.nr_queued == 0, "something is queued", "drain");
	world.s->lazy = world.way->late;
}

/* ---- everything ----------------------------------------------------------------------------- */

static void world_new(const struct way *w)
{
	struct vgic_config cfg = w->model == ARMVCPU_GIC_V2 ?
				 sim_config_v2(64, w->iface == VGIC_IFACE_SOFT) : sim_config(64);
	struct sim_cpu *p;
	struct sim *s;
	u32 n;

	memset(&world, 0, sizeof(world));
	cfg.iface = w->iface;
	if (w->no_tdir)
		cfg.vtr &= ~BIT(19);
	cfg.dir_traps = !w->dir_mapped;
	s = sim_new_config(&cfg, 2, w->nr_lr, false);
	s->counts_drops |= w->counts_drops;
	p = &s->cpu[0];
	world.way = w;
	world.s = s;
	world.p = p;
	sim_get_state(s, &world.none);
	sim_guest_setup(s);
	p->h.vmcr |= w->split ? VGIC_VMCR_VEOIM : 0;
	for (n = 0; n < NR; n++) {
		u32 intid = n == LAST && is_sgi() ? SGI : 32 + n;

		world.irq[n] = vgic_cpu_irq(&p->c, intid);
		sim_set_edge(s, p, p, intid, n != LEVEL);
		sim_set_prio(s, p, p, intid, prio_of[n]);
		sim_set_group(s, p, p, intid, group_of[n]);
		if (s->v2 && n != LAST)
			sim_mmio(s, p, SIM_DIST + 0x800 + intid, 1, true, 1);
		sim_bit(s, p, p, 0x100, intid);
	}
	if (w->resample)
		vgic_set_resample(s->g, 32, true);
	s->lazy = w->late;
	sim_enter(s, p);
}

static void explore(const struct way *w)
{
	struct snapshot **queue = calloc(MAX_STATES, sizeof(*queue)), *next;
	u32 op, nr_ops = w->late ? LATE_OPS : NR_OPS;

	sim_last_words = tell_path;
	world_new(w);
	memset(table, 0, sizeof(table));
	nr_states = 0;
	remember(state_hash(), 0, 0);
	queue[0] = malloc(sizeof(**queue));
	save(queue[0]);
	next = malloc(sizeof(*next));
	for (here = 0; here < nr_states; here++) {
		for (op = 0; op < nr_ops; op++) {
			restore(queue[here]);
			if (!happens(op))
				continue;
			nr_steps++;
			if (!remember(state_hash(), here, op))
				continue;
			save(next);
			queue[nr_states - 1] = next;
			next = malloc(sizeof(*next));
		}
		restore(queue[here]);
		drain();
		nr_drained++;
		free(queue[here]);
	}
	if (getenv("VGIC_TRACE")) {
		tell_way(w);
		fprintf(stderr, ": %u states\n", nr_states);
	}
	free(next);
	free(queue);
	sim_free(world.s);
}

static void explore_all(const struct way *base, u32 max_lr)
{
	u32 nr_lr, mode;

	for (nr_lr = 1; nr_lr <= max_lr; nr_lr++)
		for (mode = 0; mode < 4; mode++) {
			struct way w = *base;

			w.nr_lr = nr_lr;
			w.split = mode & 1;
			w.late = mode & 2;
			if (w.late && nr_lr > LATE_LR)
				continue;
			if (w.split && w.model == ARMVCPU_GIC_V2 && (w.late || nr_lr > 2) &&
			    !SPLIT_V2)
				continue;
			/* they make a difference only to a guest that splits */
			if (!w.split && (w.counts_drops || (w.dir_mapped && w.late)))
				continue;
			explore(&w);
		}
}

static void v3_on_v3(void **state)
{
	explore_all(&(struct way) { ARMVCPU_GIC_V3, VGIC_IFACE_V3 }, 4);
}

/* GICV_DIR traps: the host's pages have 4 KiB. */
static void v2_on_v2(void **state)
{
	explore_all(&(struct way) { ARMVCPU_GIC_V2, VGIC_IFACE_V2 }, 4);
}

/*
 * GICH_HCR.EOICount is of EOIs that have no list register (IHI0048 5.3.1), by the letter
 * also of those that only drop a priority. With one for each interrupt nothing is counted.
 */
static void v2_on_v2_counts_drops(void **state)
{
	explore_all(&(struct way) { ARMVCPU_GIC_V2, VGIC_IFACE_V2, .counts_drops = true },
		    min(VARIANT_LR, NR - 1));
}

/* GICV_DIR is in a larger page with the rest, and does not trap. */
static void v2_on_v2_dir_mapped(void **state)
{
	explore_all(&(struct way) { ARMVCPU_GIC_V2, VGIC_IFACE_V2, .dir_mapped = true },
		    VARIANT_LR);
}

static void v3_in_software(void **state)
{
	explore_all(&(struct way) { ARMVCPU_GIC_V3, VGIC_IFACE_SOFT }, 1);
}

static void v2_in_software(void **state)
{
	explore_all(&(struct way) { ARMVCPU_GIC_V2, VGIC_IFACE_SOFT }, 1);
}

/* A CPU interface that cannot trap ICC_DIR_EL1 alone. */
static void v3_without_tdir(void **state)
{
	struct way w = {
		.model = ARMVCPU_GIC_V3, .iface = VGIC_IFACE_V3, .no_tdir = true,
	};

	for (w.nr_lr = 1; w.nr_lr <= 2; w.nr_lr++) {
		w.split = false;
		explore(&w);
		w.split = true;
		explore(&w);
	}
}

/* The deactivation lowers the line, whoever the interface is. */
static void line_lowered(void **state)
{
	static const struct way ways[] = {
		{ ARMVCPU_GIC_V3, VGIC_IFACE_V3, 1 },
		{ ARMVCPU_GIC_V3, VGIC_IFACE_V3, 3 },
		{ ARMVCPU_GIC_V2, VGIC_IFACE_V2, 1 },
		{ ARMVCPU_GIC_V2, VGIC_IFACE_SOFT, 1 },
		{ ARMVCPU_GIC_V3, VGIC_IFACE_SOFT, 1 },
		{ ARMVCPU_GIC_V3, VGIC_IFACE_V3, 1, .split = true },
		{ ARMVCPU_GIC_V3, VGIC_IFACE_SOFT, 1, .split = true },
#ifdef MODEL_FULL
		{ ARMVCPU_GIC_V2, VGIC_IFACE_V2, 1, .split = true },
		{ ARMVCPU_GIC_V2, VGIC_IFACE_V2, 1, .dir_mapped = true, .split = true },
		{ ARMVCPU_GIC_V2, VGIC_IFACE_SOFT, 1, .split = true },
#endif
	};
	u32 n;

	for (n = 0; n < ARRAY_SIZE(ways); n++) {
		struct way w = ways[n];

		w.resample = true;
		explore(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v3_on_v3),
		cmocka_unit_test(v2_on_v2),
		cmocka_unit_test(v2_on_v2_counts_drops),
		cmocka_unit_test(v2_on_v2_dir_mapped),
		cmocka_unit_test(v3_in_software),
		cmocka_unit_test(v2_in_software),
		cmocka_unit_test(v3_without_tdir),
		cmocka_unit_test(line_lowered),
	};

	return cmocka_run_group_tests_name("vgic_model", tests, NULL, NULL);
}
