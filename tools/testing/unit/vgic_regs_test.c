// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every offset of GICD and of the GICRs, with every width, read and written,
 * beside a model that was written from the register descriptions in IHI0069
 * chapter 12 and shares nothing with the tables of the vGIC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "random.h"
#include "vgic_sim.h"

enum frame { GICD, RD, SGI, HOLE_RD, HOLE_SGI };

struct model_irq {
	u8 group, enabled, latch, active, prio, edge, message;
	u64 router;
};

struct model {
	u32 nr_irqs;
	u32 ctlr;
	u32 sleep[2];
	struct model_irq priv[2][32];
	struct model_irq spi[1024];	/* by INTID */
};

/* The interrupt of a bit or byte, if it is implemented and in this frame. */
static struct model_irq *m_irq(struct model *m, enum frame f, u32 cpu, u32 intid)
{
	if (f == SGI)
		return intid < 32 ? &m->priv[cpu][intid] : NULL;
	if (f == GICD && intid >= 32 && intid < m->nr_irqs && intid < 1020)
		return &m->spi[intid];
	return NULL;
}

static bool m_pending(const struct model_irq *i)
{
	return i->latch || (!i->edge && i->message);
}

/* Offsets of the arrays with n bits an interrupt; SGI_base has the same ones. */
static bool m_in(u32 off, u32 base, u32 bits, enum frame f)
{
	u32 size = (f == SGI ? 32 : 1024) * bits / 8;

	return off >= base && off < base + size;
}

/* Is there a register that can be accessed like this? */
static bool m_allowed(enum frame f, u32 off, u32 len)
{
	if (off % len)
		return false;
	if (f == HOLE_SGI)
		return false;
	switch (len) {
	case 1:
		return (f == GICD || f == SGI) && m_in(off, 0x400, 8, f);
	case 2:
		return f == GICD && (off == 0x40 || off == 0x48);
	case 4:
		return true;
	default:
		if (f == GICD)
			return off >= 0x6100 && off <= 0x7fd8;
		return off == 8 && (f == RD || f == HOLE_RD);
	}
}

static u32 m_router_word(struct model *m, u32 off)
{
	struct model_irq *i = m_irq(m, GICD, 0, (off - 0x6000) / 8);

	if (!i)
		return 0;
	return off & 4 ? i->router >> 32 : (u32)i->router;
}

/* The aligned 32-bit word at an offset. */
static u32 m_read32(struct model *m, enum frame f, u32 cpu, u32 off)
{
	static const struct {
		u32 base;
		u32 bits;
		char what;
	} array[] = {
		{ 0x080, 1, 'g' }, { 0x100, 1, 'e' }, { 0x180, 1, 'e' },
		{ 0x200, 1, 'p' }, { 0x280, 1, 'p' }, { 0x300, 1, 'a' },
		{ 0x380, 1, 'a' }, { 0x400, 8, 'q' }, { 0xc00, 2, 'c' },
	};
	u32 n, k, val = 0;

	if (f == RD) {
		switch (off) {
		case 0x0004:
			return 0x56000000;
		case 0x0008:
			return cpu << 8 | (cpu == 1 ? 0x10 : 0);
		case 0x000c:
			return sim_mpidr(cpu);
		case 0x0014:
			return m->sleep[cpu] ? 6 : 0;
		case 0xffe8:
			return 0x30;
		}
		return 0;
	}
	if (f == HOLE_RD)
		return off == 0x000c ? ~0U : off == 0xffe8 ? 0x30 : 0;
	if (f == HOLE_SGI)
		return 0;
	if (f == GICD) {
		switch (off) {
		case 0x0000:
			return m->ctlr | 0x50;		/* DS, ARE */
		case 0x0004:
			return (m->nr_irqs / 32 - 1) | 9 << 19 | 1 << 16;
		case 0x0008:
			return 0x56000000;
		case 0xffe8:
			return 0x30;
		}
		if (off >= 0x6100 && off <= 0x7fdc)
			return m_router_word(m, off);
	}
	for (n = 0; n < ARRAY_SIZE(array); n++) {
		if (!m_in(off, array[n].base, array[n].bits, f))
			continue;
		for (k = 0; k < 32 / array[n].bits; k++) {
			u32 intid = (off - array[n].base) * 8 / array[n].bits + k;
			struct model_irq *i = m_irq(m, f, cpu, intid);
			u32 v = 0;

			if (!i)
				continue;
			switch (array[n].what) {
			case 'g':
				v = i->group;
				break;
			case 'e':
				v = i->enabled;
				break;
			case 'p':
				v = m_pending(i);
				break;
			case 'a':
				v = i->active;
				break;
			case 'q':
				v = i->prio;
				break;
			case 'c':
				v = i->edge ? 2 : 0;
				break;
			}
			val |= v << (k * array[n].bits);
		}
	}
	return val;
}

/* Bits of a word that are written. */
static void m_write32(struct model *m, enum frame f, u32 cpu, u32 off, u32 val, u32 mask)
{
	u32 n, intid;

	if (f == RD && off == 0x14)
		m->sleep[cpu] = val >> 1 & 1;
	if (f != GICD && f != SGI)
		return;
	if (f == GICD && off == 0)
		m->ctlr = val & 3;
	if (f == GICD && (off == 0x40 || off == 0x48)) {
		struct model_irq *i = m_irq(m, f, cpu, val & mask & 0x1fff);

		if (i && i->edge)
			i->latch = off == 0x40;
		else if (i)
			i->message = off == 0x40;
	}
	if (f == GICD && off >= 0x6100 && off <= 0x7fdc) {
		struct model_irq *i = m_irq(m, f, cpu, (off - 0x6000) / 8);

		if (i && off & 4)
			i->router = (i->router & 0xffffffff) | (u64)(val & 0xff) << 32;
		else if (i)
			i->router = (i->router >> 32 << 32) | (val & 0x80ffffff);
	}
	for (n = 0; n < 32; n++) {
		struct model_irq *i;
		u32 bit = val >> n & 1;

		intid = (off & 0x7f) * 8 + n;
		i = m_irq(m, f, cpu, intid);
		if (!i || off < 0x80 || off >= 0x400 || (f == SGI && off & 0x7f))
			continue;
		switch (off & ~0x7fU) {
		case 0x080:
			i->group = bit;
			break;
		case 0x100:
			i->enabled |= bit;
			break;
		case 0x180:
			i->enabled &= !bit;
			break;
		case 0x200:
			i->latch |= bit;
			break;
		case 0x280:
			i->latch &= !bit;
			break;
		case 0x300:
			i->active |= bit;
			break;
		case 0x380:
			i->active &= !bit;
			break;
		}
	}
	if (m_in(off, 0x400, 8, f))
		for (n = 0; n < 4; n++) {
			struct model_irq *i = m_irq(m, f, cpu, off - 0x400 + n);

			if (i && mask >> (8 * n) & 0xff)
				i->prio = val >> (8 * n) & 0xf8;
		}
	if (m_in(off, 0xc00, 2, f))
		for (n = 0; n < 16; n++) {
			intid = (off - 0xc00) * 4 + n;
			if (intid >= 16 && m_irq(m, f, cpu, intid))
				m_irq(m, f, cpu, intid)->edge = val >> (2 * n + 1) & 1;
		}
}

static u64 m_access(struct model *m, enum frame f, u32 cpu, u32 off, u32 len,
		    bool write, u64 data)
{
	u32 word = off & ~3U, shift = (off & 3) * 8;
	u64 val;

	if (!m_allowed(f, off, len))
		return 0;
	if (len == 8) {
		if (write) {
			m_write32(m, f, cpu, off, data, ~0U);
			m_write32(m, f, cpu, off + 4, data >> 32, ~0U);
			return 0;
		}
		val = m_read32(m, f, cpu, off + 4);
		return val << 32 | m_read32(m, f, cpu, off);
	}
	if (write) {
		u32 mask = len == 4 ? ~0U : (1U << (len * 8)) - 1;

		m_write32(m, f, cpu, word, (u32)(data & mask) << shift, mask << shift);
		return 0;
	}
	val = m_read32(m, f, cpu, word) >> shift;
	return len == 4 ? val : val & ((1U << (len * 8)) - 1);
}

static void m_init(struct model *m, u32 nr_irqs)
{
	u32 n;

	memset(m, 0, sizeof(*m));
	m->nr_irqs = nr_irqs;
	m->sleep[0] = m->sleep[1] = 1;
	for (n = 0; n < 16; n++)
		m->priv[0][n].edge = m->priv[1][n].edge = 1;
}

static void same_irq(const struct model_irq *i, const struct vgic_irq *v)
{
	assert_int_equal(v->group, i->group);
	assert_int_equal(v->enabled, i->enabled);
	assert_int_equal(v->latch, i->latch);
	assert_int_equal(v->active, i->active);
	assert_int_equal(v->priority, i->prio);
	assert_int_equal(v->edge, i->edge);
	assert_int_equal(v->message, i->message);
	assert_true(v->irouter == i->router);
	sim_expect_queued(v, m_pending(i));
}

static void same(struct model *m, struct sim *s)
{
	u32 n;

	for (n = 0; n < 32; n++) {
		same_irq(&m->priv[0][n], &s->cpu[0].c.private[n]);
		same_irq(&m->priv[1][n], &s->cpu[1].c.private[n]);
	}
	for (n = 32; n < m->nr_irqs && n < 1020; n++)
		same_irq(&m->spi[n], &s->g->spis[n - 32]);
}

static const struct {
	enum frame f;
	u32 cpu;
	u64 ipa;
} frames[] = {
	{ GICD, 0, SIM_DIST },
	{ RD, 0, SIM_REDIST },
	{ SGI, 0, SIM_REDIST + 0x10000 },
	{ RD, 1, SIM_REDIST + 0x20000 },
	{ SGI, 1, SIM_REDIST + 0x30000 },
	{ HOLE_RD, 0, SIM_REDIST + 0x40000 },
	{ HOLE_SGI, 0, SIM_REDIST + 0x50000 },
	{ HOLE_RD, 0, SIM_REDIST + 0x20000 * (SIM_MAX_CPUS - 1) },
};

/* Both at once; by turns the accessing vCPU is the one and the other. */
static void access(struct model *m, struct sim *s, u32 n, u32 off, u32 len, bool write,
		   u64 data)
{
	struct sim_cpu *by = &s->cpu[off / 4 & 1];
	u64 got = data, want;

	/* what is in the register beyond the access must not matter */
	sim_access(s, by, frames[n].ipa + off, len, write, &got);
	want = m_access(m, frames[n].f, frames[n].cpu, off, len, write, data);
	if (!write && got != want)
		fail_msg("frame %u offset %#x len %u: %#llx, not %#llx", n, off, len,
			 got, want);
	if (write)
		assert_true(got == data);
}

static void sweep(u32 nr_irqs, u32 stride)
{
	struct sim *s = sim_new(2, 4, nr_irqs, 5, true, false);
	static struct model m;
	u32 n, off, len, step = 0;

	m_init(&m, nr_irqs);
	same(&m, s);
	for (n = 0; n < ARRAY_SIZE(frames); n++)
		for (off = 0; off < 0x10000; off++)
			for (len = 1; len <= 8; len *= 2) {
				if (off + len > 0x10000)
					continue;
				access(&m, s, n, off, len, false, rnd64());
				access(&m, s, n, off, len, true, rnd64());
				if (++step % stride == 0)
					same(&m, s);
				access(&m, s, n, off, len, false, 0);
				/* all bits once */
				if (m_allowed(frames[n].f, off, len)) {
					access(&m, s, n, off, len, true, ~0ULL);
					access(&m, s, n, off, len, false, 0);
					access(&m, s, n, off, len, true, 0);
					access(&m, s, n, off, len, false, 0);
				}
			}
	same(&m, s);
	sim_free(s);
}

static void every_offset(void **state)
{
	seed = 1;
	sweep(96, 31);
	sweep(1024, 2053);
}

/* Of these, and no others, whoever has the value once needs not ask again. */
static void fast_words(void **state)
{
	struct sim *s = sim_new(2, 4, 64, 5, true, false);
	const u64 *word;
	u64 constant;
	u32 n, off;

	for (n = 0; n < ARRAY_SIZE(frames); n++)
		for (off = 0; off < 0x10000; off += 4) {
			word = vgic_fast_word(s->g, &s->cpu[1].c, frames[n].ipa + off, &constant);
			if (frames[n].f == GICD && !off)
				assert_ptr_equal(word, &s->shared);
			else if ((frames[n].f == GICD && (off == 4 || off == 8)) ||
				 (frames[n].f == RD && (off == 4 || off == 8 || off == 12)))
				assert_ptr_equal(word, &constant);
			else
				assert_null(word);
		}
	assert_null(vgic_fast_word(s->g, &s->cpu[1].c, SIM_DIST - 4, &constant));
	sim_free(s);
}

/* The registers that matter in any order; messages to interrupts that exist. */
static void random_accesses(void **state)
{
	struct sim *s = sim_new(2, 4, 128, 5, true, false);
	static struct model m;
	u32 n;

	seed = 2;
	m_init(&m, 128);
	for (n = 0; n < 400000; n++) {
		u32 f = rnd64() % 5, len = 1U << rnd64() % 4, off;
		u64 data = rnd64();

		switch (rnd64() % 4) {
		case 0:
			off = 0x40 + rnd64() % 2 * 8;
			data = rnd64() % 140;
			len = 2 << rnd64() % 2;
			f = 0;
			break;
		case 1:
			off = 0x6000 + rnd64() % (130 * 8) / len * len;
			data &= rnd64() % 2 ? 0xffff : ~0ULL;
			f = 0;
			break;
		case 2:
			off = rnd64() % 0x100 / 4 * 4;
			break;
		default:
			off = rnd64() % 0x1000 / len * len;
			break;
		}
		access(&m, s, f, off, len, rnd64() % 3, data);
		if (n % 16 == 0)
			same(&m, s);
	}
	sim_free(s);
}

/* What is not inside of one frame is not the GIC's. */
static void outside(void **state)
{
	static const u64 base[] = { SIM_DIST, SIM_REDIST, SIM_REDIST + 0x10000 };
	u64 end = SIM_REDIST + 0x20000 * SIM_MAX_CPUS;
	struct sim *s = sim_new(2, 4, 64, 5, true, false);
	struct vgic_cpu *c = &s->cpu[0].c;
	u64 data, ipa;
	u32 n, len;

	for (len = 0; len <= 64; len++) {
		data = 0x1234;
		if (len == 1 || len == 2 || len == 4 || len == 8) {
			for (n = 0; n < ARRAY_SIZE(base); n++)
				for (ipa = base[n] + 0xffc0; ipa < base[n] + 0x10000; ipa++)
					assert_int_equal(vgic_mmio(s->g, c, ipa, len, true, &data),
							 ipa + len <= base[n] + 0x10000);
			for (ipa = SIM_DIST - 64; ipa < SIM_DIST; ipa++)
				assert_false(vgic_mmio(s->g, c, ipa, len, false, &data));
			for (ipa = SIM_REDIST - 64; ipa < SIM_REDIST; ipa++)
				assert_false(vgic_mmio(s->g, c, ipa, len, false, &data));
			for (ipa = end - 7; ipa < end; ipa++)
				assert_int_equal(vgic_mmio(s->g, c, ipa, len, true, &data),
						 ipa + len <= end);
			assert_false(vgic_mmio(s->g, c, end, len, false, &data));
			assert_false(vgic_mmio(s->g, c, 0, len, false, &data));
			assert_false(vgic_mmio(s->g, c, ~0ULL, len, false, &data));
			assert_false(vgic_mmio(s->g, c, ~0ULL - 7, len, false, &data));
		} else {
			assert_false(vgic_mmio(s->g, c, SIM_DIST, len, false, &data));
		}
		assert_true(data == 0x1234);
	}
	sim_free(s);
}

/* GICD_TYPER.A3V is what the host's CPU interface has. */
static void affinity_3(void **state)
{
	struct sim *s = sim_new(1, 4, 64, 5, true, false);

	assert_int_equal(sim_read(s, &s->cpu[0], SIM_DIST + 4) >> 24 & 1, 0);
	s->g->vtr = 4U << 29 | 4U << 26 | BIT(21);
	assert_int_equal(sim_read(s, &s->cpu[0], SIM_DIST + 4) >> 24 & 1, 1);
	sim_free(s);
}

/* GICR_TYPER of vCPUs with gaps between them and all affinity fields. */
static void redistributors(void **state)
{
	static const struct {
		u32 id;
		u64 mpidr;
	} who[] = { { 1, 0x0100020304ULL }, { 3, 0x8000ff000fULL }, { 6, 0 } };
	struct sim *s = sim_new(0, 4, 64, 5, true, false);
	u64 data;
	u32 n, k;

	s->g->started = false;
	for (n = 0; n < 3; n++) {
		vgic_cpu_init(&s->cpu[n].c, &s->cpu[n].h, who[n].id, who[n].mpidr);
		assert_int_equal(vgic_add_cpu(s->g, &s->cpu[n].c), 0);
	}
	vgic_start(s->g);
	for (k = 0; k < SIM_MAX_CPUS; k++) {
		u64 want = 0xffffffffULL << 32;

		for (n = 0; n < 3; n++)
			if (who[n].id == k)
				want = (who[n].mpidr >> 32) << 56 |
				       (who[n].mpidr & 0xffffff) << 32 | k << 8 |
				       (k == 6 ? 0x10 : 0);
		assert_true(vgic_mmio(s->g, &s->cpu[0].c, SIM_REDIST + k * 0x20000 + 8, 8,
				      false, &data));
		assert_true(data == want);
	}
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_offset),
		cmocka_unit_test(fast_words),
		cmocka_unit_test(random_accesses),
		cmocka_unit_test(outside),
		cmocka_unit_test(affinity_3),
		cmocka_unit_test(redistributors),
	};

	return cmocka_run_group_tests_name("vgic_regs", tests, NULL, NULL);
}
