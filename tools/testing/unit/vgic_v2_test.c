// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GICv2: every offset of GICD and of GICC in software, with every width, read and
 * written, beside a model that was written from the register descriptions in IHI0048
 * chapters 4 and 5 and shares nothing with the tables of the vGIC. Then the sources of
 * SGIs, and list registers as GICH has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "random.h"
#include "vgic_sim.h"

enum frame { GICD, GICC };

struct model_irq {
	bool enabled, latch, active, edge, line;
	u8 group, prio, targets, sources;
	/* while active, and by whom; an SGI's source stays known */
	u8 active_prio, active_group, active_source;
	int active_cpu;
};

struct model_cpu {
	struct model_irq priv[32];
	u32 ctlr, pmr, bpr, abpr, apr;
};

struct model {
	u32 nr_irqs;
	u32 nr_cpus;
	u32 ctlr;
	struct model_cpu cpu[8];
	struct model_irq spi[1024];	/* by INTID */
};

/* So that a run in which nothing happens is no success. */
static struct {
	u32 taken, sgis, nested, other, ended, deactivated;
} seen;

/* ---- the model: interrupts ------------------------------------------------------- */

static struct model_irq *m_irq(struct model *m, u32 cpu, u32 intid)
{
	if (intid < 32)
		return &m->cpu[cpu].priv[intid];
	return intid < m->nr_irqs && intid < 1020 ? &m->spi[intid] : NULL;
}

static bool m_pending(const struct model_irq *i)
{
	return i->latch || i->sources || (!i->edge && i->line);
}

/* The vCPU that an SPI goes to, -1: none. */
static int m_target(const struct model *m, const struct model_irq *i)
{
	u32 n;

	if (m->nr_cpus == 1)
		return 0;
	for (n = 0; n < m->nr_cpus; n++)
		if (i->targets & 1U << n)
			return n;
	return -1;
}

static u32 m_lowest(u32 bits)
{
	u32 n;

	for (n = 0; !(bits & 1); n++)
		bits >>= 1;
	return n;
}

/* ---- the model: a CPU interface ---------------------------------------------------- */

static u32 m_running(const struct model_cpu *c)
{
	return c->apr ? m_lowest(c->apr) * 8 : 0xff;
}

/* Table 3-2: BPR n leaves [7:n+1]; for group 1 by ABPR [7:n]. */
static u32 m_group_prio(const struct model_cpu *c, u32 prio, u32 group)
{
	u32 low = group && !(c->ctlr & 0x10) ? c->abpr : c->bpr + 1;

	return low > 7 ? 0 : prio & ~((1U << low) - 1);
}

static bool m_candidate(struct model *m, u32 cpu, u32 intid)
{
	struct model_irq *i = m_irq(m, cpu, intid);

	return i && i->enabled && m_pending(i) && !i->active &&
	       (m->ctlr & m->cpu[cpu].ctlr) >> i->group & 1 &&
	       (intid < 32 || m_target(m, i) == (int)cpu);
}

static u32 m_best(struct model *m, u32 cpu)
{
	u32 n, best = 256;

	for (n = 0; n < m->nr_irqs; n++)
		if (m_candidate(m, cpu, n) && m_irq(m, cpu, n)->prio < best)
			best = m_irq(m, cpu, n)->prio;
	return best;
}

static bool m_signalled(struct model *m, u32 cpu, u32 prio, u32 group)
{
	struct model_cpu *c = &m->cpu[cpu];
	u32 running = m_running(c);

	return prio < c->pmr && (running == 0xff || m_group_prio(c, prio, group) <
						    m_group_prio(c, running, group));
}

/* Is this what IAR, AIAR (@take) or HPPIR, AHPPIR may read? Equals may be in any order. */
static bool m_id_ok(struct model *m, u32 cpu, bool alias, bool take, u32 got)
{
	bool ack_ctl = m->cpu[cpu].ctlr & 4;
	u32 best = m_best(m, cpu), n;
	struct model_irq *i;

	if (best == 256)
		return got == 1023;
	for (n = 0; n < m->nr_irqs; n++) {
		u32 want = n;

		i = m_irq(m, cpu, n);
		if (!m_candidate(m, cpu, n) || i->prio != best)
			continue;
		if (take && !m_signalled(m, cpu, best, i->group))
			want = 1023;
		else if (alias && i->group == 0)
			want = 1023;
		else if (!alias && i->group == 1 && !ack_ctl)
			want = 1022;
		else if (n < 16)
			want = n | m_lowest(i->sources) << 10;
		if (got == want)
			return true;
	}
	return false;
}

static void m_take(struct model *m, u32 cpu, u32 id)
{
	struct model_irq *i;

	seen.other += id == 1022;
	if ((id & 0x3ff) >= 1020)
		return;
	i = m_irq(m, cpu, id & 0x3ff);
	seen.taken++;
	seen.sgis += (id & 0x3ff) < 16;
	seen.nested += m->cpu[cpu].apr != 0;
	i->active = true;
	i->active_prio = i->prio;
	i->active_group = i->group;
	i->active_cpu = cpu;
	i->active_source = id >> 10;
	i->sources &= ~(1U << (id >> 10));
	i->latch = false;
	m->cpu[cpu].apr |= 1U << m_group_prio(&m->cpu[cpu], i->prio, i->group) / 8;
}

static void m_eoi(struct model *m, u32 cpu, bool alias, u32 val)
{
	struct model_cpu *c = &m->cpu[cpu];
	u32 intid = val & 0x3ff, dropped = m_running(c);
	struct model_irq *i = m_irq(m, cpu, intid);

	if (intid >= 1020 || !c->apr)
		return;
	c->apr &= c->apr - 1;
	if (c->ctlr & 0x200 || !i || !i->active || i->active_cpu != (int)cpu)
		return;
	if (i->active_source != (val >> 10 & 7) || (alias && !i->active_group))
		return;
	if (m_group_prio(c, i->active_prio, i->active_group) == dropped) {
		seen.ended++;
		i->active = false;
	}
}

static void m_dir(struct model *m, u32 cpu, u32 val)
{
	struct model_irq *i = m_irq(m, cpu, val & 0x3ff);

	if (i && m->cpu[cpu].ctlr & 0x200 && i->active_source == (val >> 10 & 7)) {
		seen.deactivated += i->active;
		i->active = false;
	}
}

/* ---- the model: registers ------------------------------------------------------------ */

/* Can a register at this offset be accessed with this width? */
static bool m_allowed(enum frame f, u32 off, u32 len)
{
	if (off % len)
		return false;
	if (len == 4)
		return true;
	if (len != 1 || f != GICD)
		return false;
	return (off >= 0x400 && off < 0xc00) || (off >= 0xf10 && off < 0xf30);
}

static u32 m_read_gicc(struct model *m, u32 cpu, u32 off)
{
	struct model_cpu *c = &m->cpu[cpu];

	switch (off) {
	case 0x00:
		return c->ctlr;
	case 0x04:
		return c->pmr;
	case 0x08:
		return c->bpr;
	case 0x14:
		return m_running(c);
	case 0x1c:
		return c->abpr;
	case 0xd0:
		return c->apr;
	case 0xfc:
		return 0x56020000;
	}
	return 0;
}

static void m_write_gicc(struct model *m, u32 cpu, u32 off, u32 val)
{
	struct model_cpu *c = &m->cpu[cpu];

	switch (off) {
	case 0x00:
		c->ctlr = val & 0x21f;
		break;
	case 0x04:
		c->pmr = val & 0xf8;
		break;
	case 0x08:
		c->bpr = (val & 7) < 2 ? 2 : val & 7;
		break;
	case 0x10:
		m_eoi(m, cpu, false, val);
		break;
	case 0x1c:
		c->abpr = (val & 7) < 3 ? 3 : val & 7;
		break;
	case 0x24:
		m_eoi(m, cpu, true, val);
		break;
	case 0xd0:
		c->apr = val;
		break;
	case 0x1000:
		m_dir(m, cpu, val);
		break;
	}
}

/* One byte of GICD. */
static u8 m_read_gicd(struct model *m, u32 cpu, u32 off)
{
	u32 word = 0, n, bit, intid, shift = (off & 3) * 8;
	struct model_irq *i;
	u8 val = 0;

	switch (off & ~3U) {
	case 0x000:
		word = m->ctlr;
		break;
	case 0x004:
		word = (m->nr_irqs / 32 - 1) | (m->nr_cpus - 1) << 5;
		break;
	case 0x008:
		word = 0x56000000;
		break;
	case 0xfe8:
		word = 0x2b;
		break;
	}
	if (word)
		return word >> shift;
	for (n = 0; n < 8 && off >= 0x80 && off < 0x400; n++) {
		i = m_irq(m, cpu, (off & 0x7f) * 8 + n);
		if (!i)
			break;
		switch (off >> 7) {
		case 1:
			bit = i->group;
			break;
		case 2:
		case 3:
			bit = i->enabled;
			break;
		case 4:
		case 5:
			bit = m_pending(i);
			break;
		default:
			bit = i->active;
			break;
		}
		val |= bit << n;
	}
	if (off >= 0x400 && off < 0x800) {
		i = m_irq(m, cpu, off - 0x400);
		return i ? i->prio : 0;
	}
	if (off >= 0x800 && off < 0xc00) {
		intid = off - 0x800;
		i = m_irq(m, cpu, intid);
		if (!i || m->nr_cpus == 1)
			return 0;
		return intid < 32 ? 1U << cpu : i->targets;
	}
	for (n = 0; n < 4 && off >= 0xc00 && off < 0xd00; n++) {
		i = m_irq(m, cpu, (off - 0xc00) * 4 + n);
		val |= i && i->edge ? 2U << (n * 2) : 0;
	}
	if (off >= 0xf10 && off < 0xf30)
		return m->cpu[cpu].priv[off & 15].sources;
	return val;
}

static void m_sgir(struct model *m, u32 cpu, u32 val)
{
	u32 filter = val >> 24 & 3, n;

	for (n = 0; n < m->nr_cpus; n++)
		if ((filter == 0 && val >> (16 + n) & 1) || (filter == 1 && n != cpu) ||
		    (filter == 2 && n == cpu))
			m->cpu[n].priv[val & 15].sources |= 1U << cpu;
}

static void m_write_gicd(struct model *m, u32 cpu, u32 off, u8 val)
{
	struct model_irq *i;
	u32 n, intid;

	if (off == 0)
		m->ctlr = val & 3;
	for (n = 0; n < 8 && off >= 0x80 && off < 0x400; n++) {
		bool one = val >> n & 1;

		intid = (off & 0x7f) * 8 + n;
		i = m_irq(m, cpu, intid);
		if (!i)
			break;
		if (off < 0x100)
			i->group = one;
		if (off < 0x100 || !one)
			continue;
		switch (off >> 7) {
		case 2:
			i->enabled = true;
			break;
		case 3:
			i->enabled = intid < 16;
			break;
		case 4:
			i->latch = intid >= 16;
			break;
		case 5:
			i->latch = false;
			break;
		case 6:
			if (!i->active) {
				i->active_prio = i->prio;
				i->active_source = 0;
				i->active_group = i->group;
				i->active_cpu = intid < 32 ? (int)cpu : m_target(m, i);
			}
			i->active = true;
			break;
		case 7:
			i->active = false;
			break;
		}
	}
	if (off >= 0x400 && off < 0x800) {
		i = m_irq(m, cpu, off - 0x400);
		if (i)
			i->prio = val & 0xf8;
	}
	if (off >= 0x820 && off < 0xc00 && m->nr_cpus > 1) {
		i = m_irq(m, cpu, off - 0x800);
		if (i)
			i->targets = val & ((1U << m->nr_cpus) - 1);
	}
	for (n = 0; n < 4 && off >= 0xc04 && off < 0xd00; n++) {
		i = m_irq(m, cpu, (off - 0xc00) * 4 + n);
		if (i)
			i->edge = val >> (n * 2 + 1) & 1;
	}
	if (off >= 0xf10 && off < 0xf20)
		m->cpu[cpu].priv[off & 15].sources &= ~val;
	if (off >= 0xf20 && off < 0xf30)
		m->cpu[cpu].priv[off & 15].sources |= val & ((1U << m->nr_cpus) - 1);
}

static void m_init(struct model *m, u32 nr_irqs, u32 nr_cpus)
{
	u32 c, n;

	memset(m, 0, sizeof(*m));
	m->nr_irqs = nr_irqs;
	m->nr_cpus = nr_cpus;
	for (c = 0; c < nr_cpus; c++) {
		m->cpu[c].bpr = 2;
		m->cpu[c].abpr = 3;
		for (n = 0; n < 16; n++)
			m->cpu[c].priv[n].edge = m->cpu[c].priv[n].enabled = true;
	}
}

/* ---- agreement -------------------------------------------------------------------------- */

static void same_irq(const struct model *m, const struct model_irq *i,
		     const struct vgic_irq *v)
{
	assert_int_equal(v->group, i->group);
	assert_int_equal(v->enabled, i->enabled);
	assert_int_equal(v->latch, i->latch);
	assert_int_equal(v->active, i->active);
	assert_int_equal(v->priority, i->prio);
	assert_int_equal(v->edge, i->edge);
	assert_int_equal(v->line, i->line);
	assert_int_equal(v->sources, i->sources);
	assert_int_equal(v->irouter, i->targets);
	sim_expect_queued(v, m_pending(i));
}

static void same(struct model *m, struct sim *s)
{
	u32 n, c;

	for (c = 0; c < m->nr_cpus; c++)
		for (n = 0; n < 32; n++)
			same_irq(m, &m->cpu[c].priv[n], &s->cpu[c].c.private[n]);
	for (n = 32; n < m->nr_irqs && n < 1020; n++) {
		int to = m_target(m, &m->spi[n]);

		same_irq(m, &m->spi[n], &s->g->spis[n - 32]);
		assert_ptr_equal(s->g->spis[n - 32].target,
				 to < 0 ? &s->g->nobody : &s->cpu[to].c);
	}
}

/* What is signalled, and how. */
static void same_pins(struct model *m, struct sim *s, u32 cpu)
{
	struct model_cpu *c = &m->cpu[cpu];
	u32 best = m_best(m, cpu), n, allowed = 0, pins;
	bool none = best == 256;

	for (n = 0; n < m->nr_irqs && best < 256; n++) {
		struct model_irq *i = m_irq(m, cpu, n);

		if (!m_candidate(m, cpu, n) || i->prio != best)
			continue;
		if (!m_signalled(m, cpu, best, i->group))
			none = true;
		else if (i->group == 0 && c->ctlr & 8)
			allowed |= VGIC_PIN_FIQ;
		else
			allowed |= VGIC_PIN_IRQ;
	}
	pins = vgic_pins(&s->cpu[cpu].c);
	assert_true(pins ? pins == (pins & allowed) && pins != 3 : none);
	assert_int_equal(vgic_has_pending(&s->cpu[cpu].c, &s->cpu[cpu].h), pins != 0);
}

static const u64 frame_ipa[] = { SIM_DIST, SIM_GICC };

static void access(struct model *m, struct sim *s, enum frame f, u32 cpu, u32 off, u32 len,
		   bool write, u64 data)
{
	u64 got = data, want = 0;
	u32 n;

	sim_access(s, &s->cpu[cpu], frame_ipa[f] + off, len, write, &got);
	if (write)
		assert_true(got == data);
	if (!m_allowed(f, off, len)) {
		assert_true(write || got == 0);
		return;
	}
	if (f == GICC) {
		bool alias = off == 0x20 || off == 0x28;

		if (write) {
			m_write_gicc(m, cpu, off, data);
		} else if (off == 0x0c || off == 0x20 || off == 0x18 || off == 0x28) {
			bool take = off == 0x0c || off == 0x20;

			if (!m_id_ok(m, cpu, alias, take, got))
				fail_msg("vCPU %u GICC offset %#x: %#llx", cpu, off, got);
			if (take)
				m_take(m, cpu, got);
		} else {
			want = m_read_gicc(m, cpu, off);
			if (got != want)
				fail_msg("vCPU %u GICC offset %#x: %#llx, not %#llx", cpu, off,
					 got, want);
		}
	} else if (write) {
		if (off == 0xf00)
			m_sgir(m, cpu, data);
		for (n = 0; n < len; n++)
			m_write_gicd(m, cpu, off + n, data >> (8 * n));
	} else {
		for (n = 0; n < len; n++)
			want |= (u64)m_read_gicd(m, cpu, off + n) << (8 * n);
		if (got != want)
			fail_msg("vCPU %u GICD offset %#x len %u: %#llx, not %#llx", cpu, off,
				 len, got, want);
	}
}

static struct sim *v2_new(u32 nr_cpus, u32 nr_irqs, bool soft)
{
	struct vgic_config cfg = sim_config_v2(nr_irqs, soft);

	return sim_new_config(&cfg, nr_cpus, 4, false);
}

static struct sim *soft_new(u32 nr_cpus, u32 nr_irqs)
{
	return v2_new(nr_cpus, nr_irqs, true);
}

/* ---- every offset -------------------------------------------------------------------------- */

/* Where the CPU interface is the host's, it is not ours to be right. */
static void sweep(u32 nr_irqs, u32 nr_cpus, u32 stride, bool soft)
{
	static const u32 size[] = { 0x1000, 0x2000 };
	struct sim *s = v2_new(nr_cpus, nr_irqs, soft);
	u32 off, len, cpu, step = 0;
	static struct model m;
	int f;

	m_init(&m, nr_irqs, nr_cpus);
	same(&m, s);
	for (f = GICD; f <= (soft ? GICC : GICD); f++)
		for (off = 0; off < size[f]; off++)
			for (len = 1; len <= 8; len *= 2) {
				if (off + len > size[f])
					continue;
				cpu = rnd64() % nr_cpus;
				access(&m, s, f, cpu, off, len, false, rnd64());
				access(&m, s, f, cpu, off, len, true, rnd64());
				if (++step % stride == 0)
					same(&m, s);
				access(&m, s, f, cpu, off, len, false, 0);
				if (soft)
					same_pins(&m, s, cpu);
				cpu = rnd64() % nr_cpus;
				access(&m, s, f, cpu, off, len, true, ~0ULL);
				access(&m, s, f, cpu, off, len, false, 0);
				access(&m, s, f, cpu, off, len, true, 0);
				access(&m, s, f, cpu, off, len, false, 0);
			}
	same(&m, s);
	sim_free(s);
}

static void every_offset(void **state)
{
	seed = 1;
	sweep(96, 1, 31, true);
	sweep(96, 2, 31, true);
	sweep(128, 8, 31, true);
	sweep(1024, 3, 2053, true);
	sweep(96, 1, 31, false);
	sweep(128, 8, 31, false);
}

/* ---- in any order --------------------------------------------------------------------------- */

static void random_line(struct model *m, struct sim *s, u32 cpu)
{
	u32 intid = rnd64() % 2 ? 16 + rnd64() % 16 : 32 + rnd64() % 16;
	struct model_irq *i = m_irq(m, cpu, intid);
	bool level = rnd64() % 2;

	if (i->edge && level && !i->line)
		i->latch = true;
	i->line = level;
	assert_int_equal(vgic_set_line(s->g, intid < 32 ? &s->cpu[cpu].c : NULL, intid, level),
			 0);
}

/* What is acknowledged gets ended, most often. */
static void random_interface(struct model *m, struct sim *s, u32 cpu)
{
	static const u32 regs[] = {
		0x00, 0x04, 0x08, 0x0c, 0x0c, 0x0c, 0x14, 0x18, 0x1c, 0x20, 0x20, 0x28, 0x28,
		0xd0, 0xfc,
	};
	u32 n, intid, off;

	switch (rnd64() % 4) {
	case 0:
		off = regs[rnd64() % ARRAY_SIZE(regs)];
		access(m, s, GICC, cpu, off, 4, false, 0);
		break;
	case 1:
		/* IAR and the like are not written here; APR not often */
		off = regs[rnd64() % 3];
		if (rnd64() % 16 == 0)
			off = rnd64() % 2 ? 0x1c : 0xd0;
		if (off == 0 && rnd64() % 8)
			access(m, s, GICC, cpu, 0, 4, true, rnd64() | 3);
		else if (off == 4)
			access(m, s, GICC, cpu, 4, 4, true, rnd64() % 6 ? 0xff : rnd64());
		else if (off == 0xd0)
			access(m, s, GICC, cpu, off, 4, true, rnd64() & rnd64() & rnd64());
		else
			access(m, s, GICC, cpu, off, 4, true, rnd64());
		break;
	default:
		intid = rnd64() % 48;
		for (n = 0; n < 48; n++, intid = (intid + 1) % 48) {
			struct model_irq *i = m_irq(m, cpu, intid);

			if (i->active && i->active_cpu == (int)cpu)
				break;
		}
		off = m->cpu[cpu].ctlr & 0x200 && rnd64() % 2 ? 0x1000 :
		      rnd64() % 2 ? 0x10 : 0x24;
		n = m_irq(m, cpu, intid)->active_source;
		if (rnd64() % 8 == 0)
			n = rnd64() % 8;
		access(m, s, GICC, cpu, off, 4, true, intid | n << 10);
		break;
	}
}

static void random_accesses(u32 nr_cpus, u32 steps)
{
	struct sim *s = soft_new(nr_cpus, 64);
	static struct model m;
	u32 n, off, len, cpu;
	u64 data;

	m_init(&m, 64, nr_cpus);
	for (n = 0; n < steps; n++) {
		cpu = rnd64() % nr_cpus;
		data = rnd64();
		switch (rnd64() % 16) {
		case 0:
			random_line(&m, s, cpu);
			break;
		case 1:
			if (rnd64() % 2)
				access(&m, s, GICD, cpu, 0xf00, 4, true, data);
			else
				access(&m, s, GICD, cpu, 0x100 + rnd64() % 2 * 4, 4, true, data);
			break;
		case 2:
			off = 0x400 + rnd64() % 48;
			access(&m, s, GICD, cpu, off, 1, true, data & 0xf0);
			break;
		case 3:
			off = 0x800 + rnd64() % 48;
			access(&m, s, GICD, cpu, off, 1, true, data);
			break;
		case 4:
			access(&m, s, GICD, cpu, 0, 4, true, rnd64() % 8 ? 3 : data);
			break;
		case 5:
			len = 1U << rnd64() % 4;
			off = rnd64() % 0x1000 / len * len;
			if (rnd64() % 2)
				off = (off & 0xf84) | (len == 8 ? 0 : off & 3 & ~(len - 1));
			access(&m, s, GICD, cpu, off, len, rnd64() % 2, data & rnd64());
			break;
		default:
			random_interface(&m, s, cpu);
			break;
		}
		if (n % 16 == 0)
			same(&m, s);
		same_pins(&m, s, cpu);
	}
	sim_free(s);
}

static void any_order(void **state)
{
	seed = 3;
	random_accesses(1, 100000);
	random_accesses(2, 100000);
	random_accesses(8, 100000);
	if (getenv("VGIC_TRACE"))
		fprintf(stderr, "# taken %u sgis %u nested %u other %u ended %u deactivated %u\n",
			seen.taken, seen.sgis, seen.nested, seen.other, seen.ended,
			seen.deactivated);
	assert_true(seen.taken > 5000 && seen.sgis > 500 && seen.nested > 300 &&
		    seen.other > 300 && seen.ended > 500 && seen.deactivated > 500);
}

/* ---- what is the GIC's ------------------------------------------------------------------------ */

static void outside(void **state)
{
	struct vgic_config hw_cfg = sim_config_v2(64, false), dir_cfg = hw_cfg;
	struct sim *s = soft_new(2, 64), *hw, *dir;
	struct vgic_cpu *c = &s->cpu[0].c;
	u32 len;
	u64 ipa, data = 0;

	hw_cfg.dir_traps = false;
	hw = sim_new_config(&hw_cfg, 2, 4, false);
	dir = sim_new_config(&dir_cfg, 2, 4, false);
	for (len = 1; len <= 8; len *= 2) {
		for (ipa = SIM_DIST - 16; ipa < SIM_DIST + 0x1010; ipa++) {
			bool is = ipa >= SIM_DIST && ipa + len <= SIM_DIST + 0x1000;

			assert_int_equal(vgic_mmio(s->g, c, ipa, len, false, &data), is);
			assert_int_equal(vgic_mmio(hw->g, &hw->cpu[0].c, ipa, len, false, &data),
					 is);
		}
		for (ipa = SIM_GICC - 16; ipa < SIM_GICC + 0x2010; ipa++) {
			bool is = ipa >= SIM_GICC && ipa + len <= SIM_GICC + 0x2000;

			assert_int_equal(vgic_mmio(s->g, c, ipa, len, true, &data), is);
			/* the host's GICV */
			assert_false(vgic_mmio(hw->g, &hw->cpu[0].c, ipa, len, true, &data));
			/* but for the half that is DIR's */
			data = ~0ULL;
			assert_int_equal(vgic_mmio(dir->g, &dir->cpu[0].c, ipa, len, false,
						   &data), is && ipa >= SIM_GICC + 0x1000);
			assert_true(data == (is && ipa >= SIM_GICC + 0x1000 ? 0 : ~0ULL));
		}
	}
	/* no system registers */
	assert_false(vgic_icc_read(c, &s->cpu[0].h, VGIC_ICC_PMR, &data));
	assert_false(vgic_icc_read(c, &s->cpu[0].h, VGIC_ICC_IAR1, &data));
	assert_false(vgic_icc_write(c, &s->cpu[0].h, VGIC_ICC_EOIR1, 0));
	vgic_send_sgi(s->g, c, 3, VGIC_ICC_SGI0R);
	assert_int_equal(s->cpu[0].c.nr_queued, 0);
	assert_int_equal(vgic_pins(&hw->cpu[0].c), 0);
	sim_free(s);
	sim_free(hw);
	sim_free(dir);
}

/* SPIs before, while and after the vCPUs come; a single one gets all of them. */
static void joining(void **state)
{
	struct sim *s = soft_new(0, 64);
	u32 n;

	s->g->started = false;
	vgic_set_line(s->g, NULL, 40, true);
	for (n = 0; n < 3; n++) {
		vgic_cpu_init(&s->cpu[n].c, &s->cpu[n].h, n, n);
		assert_int_equal(vgic_add_cpu(s->g, &s->cpu[n].c), 0);
		vgic_reset_cpu(&s->cpu[n].c, &s->cpu[n].h);
		assert_true(s->cpu[n].c.soft);
		assert_ptr_equal(s->g->spis[8].owner, n ? &s->g->nobody : &s->cpu[0].c);
	}
	assert_int_equal(sim_read(s, &s->cpu[0], SIM_DIST + 4), 1 | 2 << 5);
	vgic_cpu_init(&s->cpu[3].c, &s->cpu[3].h, 8, 8);
	assert_int_equal(vgic_add_cpu(s->g, &s->cpu[3].c), -EINVAL);
	vgic_destroy(s->g);
	assert_false(s->cpu[0].c.soft);
	free(s);
}

/* State after reset, of both interfaces. */
static void reset(void **state)
{
	u32 soft, n;

	for (soft = 0; soft < 2; soft++) {
		struct vgic_config cfg = sim_config_v2(64, soft);
		struct sim *s = sim_new_config(&cfg, 2, 4, false);
		struct sim_cpu *p = &s->cpu[0];

		sim_write(s, &s->cpu[1], SIM_DIST + 0xf00, 0xff << 16 | 3);
		assert_int_equal(p->c.private[3].sources, 2);
		memset(&p->h, 0xff, sizeof(p->h));
		vgic_reset_cpu(&p->c, &p->h);
		assert_int_equal(p->c.private[3].sources, 0);
		assert_int_equal(s->cpu[1].c.private[3].sources, 2);
		assert_int_equal(p->c.nr_queued, 0);
		assert_int_equal(p->h.vmcr, 2 << 21 | 3 << 18);
		assert_int_equal(p->h.hcr, soft ? 0 : 1);
		for (n = 0; n < 32; n++)
			assert_int_equal(p->c.private[n].enabled, n < 16);
		sim_free(s);
	}
}

/* ---- SGIs -------------------------------------------------------------------------------------- */

static void v2_setup(struct sim *s)
{
	sim_guest_setup(s);
}

/* All sources at once at one target: each once, the lowest first. */
static void sgi_sources(void **state)
{
	u32 soft, sources, n, src, id, group;

	for (soft = 0; soft < 2; soft++) {
		struct vgic_config cfg = sim_config_v2(64, soft);
		struct sim *s = sim_new_config(&cfg, 8, 1, false);
		struct sim_cpu *p = &s->cpu[4];

		v2_setup(s);
		sim_enter(s, p);
		for (sources = 0; sources < 256; sources++) {
			for (n = 8; n-- > 0; )
				if (sources >> n & 1)
					sim_write(s, &s->cpu[n], SIM_DIST + 0xf00,
						  1 << 20 | 9);
			sim_settle(s);
			for (src = 0; src < 8; src++) {
				if (!(sources >> src & 1))
					continue;
				/* sent twice is pending once */
				sim_mmio(s, &s->cpu[src], SIM_DIST + 0xf00, 4, true,
					 1 << 20 | 9);
				sim_settle(s);
				id = sim_take(s, p, &group);
				assert_int_equal(id, 9 | src << 10);
				assert_int_equal(sim_take(s, p, &group), SIM_SPURIOUS);
				sim_end(s, p, id, 0);
				sim_settle(s);
			}
			assert_int_equal(sim_take(s, p, &group), SIM_SPURIOUS);
			assert_int_equal(sim_read(s, p, SIM_DIST + 0xf18), 0);
		}
		sim_free(s);
	}
}

/* SPENDSGIR and CPENDSGIR of what is in a list register, and of what is behind it. */
static void sgi_pending_registers(void **state)
{
	u32 soft, group, id;

	for (soft = 0; soft < 2; soft++) {
		struct vgic_config cfg = sim_config_v2(64, soft);
		struct sim *s = sim_new_config(&cfg, 3, 2, false);
		struct sim_cpu *p = &s->cpu[0];

		v2_setup(s);
		sim_enter(s, p);
		sim_mmio(s, p, SIM_DIST + 0xf20 + 5, 1, true, 0xff);
		sim_settle(s);
		assert_int_equal(sim_read(s, p, SIM_DIST + 0xf24), 7 << 8);
		assert_int_equal(sim_read(s, p, SIM_DIST + 0x200), 1 << 5);
		/* neither of these is for SGIs */
		sim_write(s, p, SIM_DIST + 0x280, 1 << 5);
		sim_write(s, p, SIM_DIST + 0x180, 1 << 5);
		sim_write(s, p, SIM_DIST + 0x200, 1 << 6);
		assert_int_equal(sim_read(s, p, SIM_DIST + 0x200), 1 << 5);
		sim_mmio(s, p, SIM_DIST + 0xf10 + 5, 1, true, 1);
		id = sim_take(s, p, &group);
		assert_int_equal(id, 5 | 1 << 10);
		/* what is active is pending of others only */
		assert_int_equal(sim_read(s, p, SIM_DIST + 0xf14), 4 << 8);
		assert_int_equal(sim_read(s, p, SIM_DIST + 0x300), 1 << 5);
		sim_mmio(s, p, SIM_DIST + 0xf10 + 5, 1, true, 0xff);
		sim_settle(s);
		assert_int_equal(sim_read(s, p, SIM_DIST + 0x200), 0);
		/* the source of an EOI matters */
		sim_end(s, p, 5, 0);
		sim_settle(s);
		assert_int_equal(sim_read(s, p, SIM_DIST + 0x300), 1 << 5);
		sim_write(s, p, SIM_DIST + 0x380, 1 << 5);
		assert_int_equal(sim_take(s, p, &group), SIM_SPURIOUS);
		sim_free(s);
	}
}

/* ---- GICH ----------------------------------------------------------------------------------------- */

/* Field by field; of what comes back only the state counts. */
static void list_registers(void **state)
{
	u32 n, val, after;
	u64 lr;

	seed = 5;
	for (n = 0; n < 1000000; n++) {
		val = rnd64() & ~0x00700000U;	/* 22:20 are reserved */
		lr = sim_decode_lr_v2(val);
		assert_int_equal(vgic_v2_encode_lr(lr), val);
		after = (val & ~(3U << 28)) | (rnd64() & 3) << 28;
		assert_int_equal(vgic_v2_update_lr(lr, after), sim_decode_lr_v2(after));
		assert_int_equal(vgic_v2_update_lr(lr, val ^ 0xcfffffff),
				 sim_decode_lr_v2(val));
	}
}

/* Edges 32 to 34, each above the one before, taken with EOImode 1. */
static void take_three(struct sim *s, struct sim_cpu *p)
{
	u32 group, n;

	v2_setup(s);
	p->h.vmcr |= VGIC_VMCR_VEOIM;
	for (n = 0; n < 3; n++) {
		sim_set_edge(s, p, p, 32 + n, true);
		sim_set_prio(s, p, p, 32 + n, 0x80 - 0x10 * n);
		sim_mmio(s, p, SIM_DIST + 0x820 + n, 1, true, 1);
		sim_bit(s, p, p, 0x100, 32 + n);
	}
	sim_enter(s, p);
	for (n = 0; n < 3; n++) {
		sim_bit(s, p, p, 0x200, 32 + n);
		sim_settle(s);
		assert_int_equal(sim_take(s, p, &group), 32 + n);
	}
}

/* With EOImode 1, DIRs of what has no list register are counted, and end something. */
static void dir_without_list_register(void **state)
{
	struct vgic_config cfg = sim_config_v2(64, false);
	struct sim_cpu *p;
	struct sim *s;
	u32 n;

	cfg.dir_traps = false;
	s = sim_new_config(&cfg, 1, 1, false);
	p = &s->cpu[0];
	take_three(s, p);
	for (n = 3; n-- > 0; ) {
		sim_end(s, p, 32 + n, 0);
		sim_settle(s);
		assert_int_equal(sim_read(s, p, SIM_DIST + 0x304), 7);
	}
	/* the one that has the list register, and one that has none */
	sim_deactivate(s, p, 34);
	sim_settle(s);
	assert_int_equal(p->h.hcr & VGIC_HCR_EOICOUNT, 0);
	sim_deactivate(s, p, 33);
	assert_int_equal(p->h.hcr & VGIC_HCR_EOICOUNT, BIT(VGIC_HCR_EOICOUNT_SHIFT));
	sim_settle(s);
	assert_int_equal(sim_read(s, p, SIM_DIST + 0x304), 1);
	sim_deactivate(s, p, 32);
	sim_settle(s);
	assert_int_equal(sim_read(s, p, SIM_DIST + 0x304), 0);
	sim_free(s);
}

/* Where it traps it ends what it names, in any order, and of any vCPU. */
static void dir_that_traps(void **state)
{
	struct vgic_config cfg = sim_config_v2(64, false);
	struct sim_cpu *p, *q;
	u32 group, n, active = 7;
	struct sim *s;

	s = sim_new_config(&cfg, 2, 1, false);
	p = &s->cpu[0];
	q = &s->cpu[1];
	take_three(s, p);
	q->h.vmcr |= VGIC_VMCR_VEOIM;
	for (n = 3; n-- > 0; ) {
		sim_end(s, p, 32 + n, 0);
		/* some count it all the same */
		sim_count_eoi(p);
		sim_settle(s);
		assert_int_equal(sim_read(s, p, SIM_DIST + 0x304), active);
	}
	for (n = 0; n < 3; n++) {
		sim_enter(s, q);
		sim_deactivate(s, n == 1 ? q : p, 32 + n);
		sim_settle(s);
		active &= ~BIT(n);
		assert_int_equal(sim_read(s, p, SIM_DIST + 0x304), active);
	}
	/* not with EOImode 0 */
	sim_bit(s, p, p, 0x200, 32);
	sim_settle(s);
	assert_int_equal(sim_take(s, p, &group), 32);
	p->h.vmcr &= ~VGIC_VMCR_VEOIM;
	sim_deactivate(s, p, 32);
	assert_int_equal(sim_read(s, p, SIM_DIST + 0x304), 1);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_offset),
		cmocka_unit_test(any_order),
		cmocka_unit_test(outside),
		cmocka_unit_test(joining),
		cmocka_unit_test(reset),
		cmocka_unit_test(sgi_sources),
		cmocka_unit_test(sgi_pending_registers),
		cmocka_unit_test(list_registers),
		cmocka_unit_test(dir_without_list_register),
		cmocka_unit_test(dir_that_traps),
	};

	return cmocka_run_group_tests_name("vgic_v2", tests, NULL, NULL);
}
