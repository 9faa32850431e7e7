// SPDX-License-Identifier: GPL-2.0-only
/* Making a GIC, joining vCPUs, input lines, SGIs, reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <asm/page.h>

#include "vgic_sim.h"

/* ---- memory that runs out ---------------------------------------------------- */

/* The Makefile makes calloc() of everything this one. */
static int allocs_left = -1;

void *vgic_test_calloc(size_t n, size_t size)
{
	void *p;

	if (allocs_left == 0)
		return NULL;
	if (allocs_left > 0)
		allocs_left--;
	p = malloc(n * size);
	if (p)
		memset(p, 0, n * size);
	return p;
}

/* ---- arguments ------------------------------------------------------------------ */

static struct armvcpu_create_gic good(void)
{
	return (struct armvcpu_create_gic) {
		.size = sizeof(struct armvcpu_create_gic),
		.model = ARMVCPU_GIC_V3,
		.nr_irqs = 256,
		.dist_ipa = SIM_DIST,
		.redist_ipa = SIM_REDIST,
		.redist_count = 8,
	};
}

static void config_fields(void **state)
{
	struct armvcpu_create_gic c;
	u32 n;

	c = good();
	assert_int_equal(vgic_check_config(&c, 40), 0);
	for (n = 0; n < 64; n++) {
		c = good();
		c.model = n;
		assert_int_equal(vgic_check_config(&c, 40), n == 3 ? 0 : -EINVAL);
	}
	for (n = 0; n < 32; n++) {
		c = good();
		c.flags = BIT(n);
		assert_int_equal(vgic_check_config(&c, 40), n ? -EINVAL : 0);
		c = good();
		c.pad = BIT(n);
		assert_int_equal(vgic_check_config(&c, 40), -EINVAL);
	}
	for (n = 0; n < 3000; n++) {
		c = good();
		c.nr_irqs = n;
		assert_int_equal(vgic_check_config(&c, 40),
				 n < 64 || n % 32 || n > 1024 ? -EINVAL : 0);
	}
	c.nr_irqs = 0xffffffe0;
	assert_int_equal(vgic_check_config(&c, 40), -EINVAL);
	for (n = 0; n < 600; n++) {
		c = good();
		c.redist_count = n;
		assert_int_equal(vgic_check_config(&c, 40),
				 !n || n > 256 ? -EINVAL : 0);
	}
	c.redist_count = ~0U;
	assert_int_equal(vgic_check_config(&c, 40), -EINVAL);
}

/* Alignment, overlap and the end of the IPA space, against plain arithmetic. */
static void config_addresses(void **state)
{
	static const u64 at[] = {
		0, 1, 0x1000, 0xffff, 0x10000, 0x20000, 0x30000, 0x40000, 0x50000,
		0xfffe0000, 0xffff0000, 0x100000000, 0x100010000,
		(1ULL << 36) - 0x10000, 1ULL << 36, (1ULL << 48) - 0x10000,
		1ULL << 48, 1ULL << 63, ~0ULL, ~0ULL - 0xffff, ~0ULL - 0x1ffff,
	};
	static const u32 counts[] = { 1, 2, 256 };
	static const u32 bits[] = { 32, 36, 40, 48, 52, 63 };
	u32 d, r, k, b;

	for (d = 0; d < ARRAY_SIZE(at); d++)
		for (r = 0; r < ARRAY_SIZE(at); r++)
			for (k = 0; k < ARRAY_SIZE(counts); k++)
				for (b = 0; b < ARRAY_SIZE(bits); b++) {
					unsigned __int128 end = (unsigned __int128)1 << bits[b];
					unsigned __int128 d0 = at[d], d1 = d0 + 0x10000;
					unsigned __int128 r0 = at[r];
					unsigned __int128 r1 = r0 + 0x20000ULL * counts[k];
					struct armvcpu_create_gic c = good();
					int want = 0;

					c.dist_ipa = at[d];
					c.redist_ipa = at[r];
					c.redist_count = counts[k];
					if (at[d] % 0x10000 || at[r] % 0x10000 ||
					    d1 > end || r1 > end || !(d1 <= r0 || r1 <= d0))
						want = -EINVAL;
					assert_int_equal(vgic_check_config(&c, bits[b]), want);
				}
}

/* A GICv2: no redistributors, frames of its own sizes, aligned to pages. */
static void config_v2(void **state)
{
	static const u64 at[] = {
		0, 0x1000, 0x2000, PAGE_SIZE - 1, PAGE_SIZE, 2 * PAGE_SIZE, 3 * PAGE_SIZE,
		0x10000, (1ULL << 36) - PAGE_SIZE, (1ULL << 36) - 0x2000, 1ULL << 36,
		1ULL << 63, ~0ULL, ~0ULL - PAGE_SIZE + 1,
	};
	struct armvcpu_create_gic c;
	u32 d, k, n;

	for (n = 0; n < 600; n++) {
		c = good();
		c.model = ARMVCPU_GIC_V2;
		c.redist_count = n;
		assert_int_equal(vgic_check_config(&c, 40), n ? -EINVAL : 0);
		c.redist_count = 0;
		c.nr_irqs = n * 8;
		assert_int_equal(vgic_check_config(&c, 40),
				 n < 8 || n % 4 || n > 128 ? -EINVAL : 0);
	}
	for (n = 0; n < 32; n++) {
		c = good();
		c.model = ARMVCPU_GIC_V2;
		c.redist_count = 0;
		c.flags = BIT(n);
		assert_int_equal(vgic_check_config(&c, 40), n ? -EINVAL : 0);
		c.flags = 0;
		c.pad = BIT(n);
		assert_int_equal(vgic_check_config(&c, 40), -EINVAL);
	}
	for (d = 0; d < ARRAY_SIZE(at); d++)
		for (k = 0; k < ARRAY_SIZE(at); k++) {
			unsigned __int128 end = (unsigned __int128)1 << 36;
			unsigned __int128 d0 = at[d], d1 = d0 + 0x1000;
			unsigned __int128 c0 = at[k], c1 = c0 + 0x2000;

			c = good();
			c.model = ARMVCPU_GIC_V2;
			c.redist_count = 0;
			c.dist_ipa = at[d];
			c.cpu_ipa = at[k];
			assert_int_equal(vgic_check_config(&c, 36),
					 at[d] % PAGE_SIZE || at[k] % PAGE_SIZE || d1 > end ||
					 c1 > end || !(d1 <= c0 || c1 <= d0) ? -EINVAL : 0);
		}
}

/* ---- life ------------------------------------------------------------------------- */

static void create_fails(void **state)
{
	struct vgic_config cfg = sim_config(1024);
	struct vgic_shared shared = { };
	struct vgic *g;
	int n;

	cfg.max_cpus = 256;
	cfg.shared = &shared;

	for (n = 0; ; n++) {
		allocs_left = n;
		g = vgic_create(&cfg, &sim_ops);
		allocs_left = -1;
		if (!IS_ERR(g))
			break;
		assert_int_equal(PTR_ERR(g), -ENOMEM);
	}
	assert_int_equal(n, 2);
	vgic_destroy(g);
	vgic_destroy(NULL);
}

static void add_vcpus(void **state)
{
	static struct vgic_cpu c[5];
	struct vgic_config cfg = sim_config(64);
	struct vgic_shared shared = { };
	struct vgic *g;
	u32 n;

	cfg.max_cpus = 4;
	cfg.shared = &shared;
	g = vgic_create(&cfg, &sim_ops);

	assert_false(IS_ERR(g));
	for (n = 0; n < 5; n++)
		vgic_cpu_init(&c[n], NULL, n == 3 ? 1 : n, n);
	assert_int_equal(vgic_add_cpu(g, &c[0]), 0);
	assert_int_equal(vgic_add_cpu(g, &c[1]), 0);
	assert_int_equal(vgic_add_cpu(g, &c[3]), -EEXIST);
	assert_null(c[3].gic);
	assert_int_equal(vgic_add_cpu(g, &c[4]), -EINVAL);
	assert_null(c[4].gic);
	vgic_start(g);
	vgic_start(g);
	assert_int_equal(vgic_add_cpu(g, &c[2]), -EBUSY);
	assert_null(c[2].gic);
	assert_ptr_equal(c[0].gic, g);
	vgic_destroy(g);
	assert_null(c[0].gic);
	assert_null(c[1].gic);
	/* and they can join another one */
	g = vgic_create(&cfg, &sim_ops);
	assert_int_equal(vgic_add_cpu(g, &c[0]), 0);
	vgic_destroy(g);
}

/* An SPI that came before the vCPU that it is for. */
static void early_line(void **state)
{
	struct sim *s = sim_new(0, 4, 64, 5, true, false);
	struct sim_cpu *p = &s->cpu[0];

	s->g->started = false;
	s->nr_cpus = 1;
	vgic_cpu_init(&p->c, &p->h, 2, 0);
	assert_int_equal(vgic_set_line(s->g, NULL, 40, true), 0);
	assert_ptr_equal(s->g->spis[8].owner, &s->g->nobody);
	assert_int_equal(vgic_add_cpu(s->g, &p->c), 0);
	vgic_reset_cpu(&p->c, &p->h);
	assert_ptr_equal(s->g->spis[8].owner, &p->c);
	sim_guest_setup(s);
	sim_bit(s, p, p, 0x100, 40);
	sim_enter(s, p);
	assert_int_equal(sim_iar(s, p, 0), 40);
	sim_free(s);
}

/* ---- input lines -------------------------------------------------------------------- */

static void line_arguments(void **state)
{
	struct sim *s = sim_new(2, 4, 96, 5, true, false), *big;
	static struct vgic_cpu stranger;
	u32 n;

	vgic_cpu_init(&stranger, NULL, 0, 0);
	for (n = 0; n < 2000; n++) {
		assert_int_equal(vgic_set_line(s->g, NULL, n, true),
				 n >= 32 && n < 96 ? 0 : -EINVAL);
		assert_int_equal(vgic_set_line(s->g, &s->cpu[1].c, n, true),
				 n >= 16 && n < 32 ? 0 : -EINVAL);
		assert_int_equal(vgic_set_line(s->g, &stranger, n, true), -EINVAL);
	}
	assert_int_equal(vgic_set_line(s->g, NULL, ~0U, true), -EINVAL);
	assert_int_equal(vgic_set_line(s->g, NULL, 1U << 31, true), -EINVAL);
	for (n = 16; n < 32; n++)
		assert_true(s->cpu[1].c.private[n].line && !s->cpu[0].c.private[n].line);
	sim_free(s);

	/* the special INTIDs are no lines of the largest GIC either */
	big = sim_new(1, 4, 1024, 5, true, false);
	for (n = 1000; n < 1100; n++)
		assert_int_equal(vgic_set_line(big->g, NULL, n, true),
				 n < 1020 ? 0 : -EINVAL);
	sim_free(big);
}

/* Kicks are for changes that matter. */
static void line_kicks(void **state)
{
	struct sim *s = sim_new(2, 4, 64, 5, true, false);
	struct sim_cpu *p = &s->cpu[0];

	vgic_set_line(s->g, NULL, 40, true);		/* disabled */
	assert_int_equal(p->kicks, 0);
	sim_bit(s, &s->cpu[1], p, 0x100, 40);		/* group not forwarded */
	assert_int_equal(p->kicks, 0);
	sim_write(s, &s->cpu[1], SIM_DIST, 1);
	assert_int_equal(p->kicks, 1);
	assert_int_equal(s->cpu[1].kicks, 0);
	vgic_set_line(s->g, NULL, 40, true);		/* no change */
	assert_int_equal(p->kicks, 1);
	vgic_set_line(s->g, NULL, 40, false);		/* not in the guest */
	assert_int_equal(p->kicks, 1);
	vgic_set_line(s->g, NULL, 40, true);
	assert_int_equal(p->kicks, 2);
	sim_enter(s, p);
	vgic_set_line(s->g, NULL, 40, false);		/* to be withdrawn */
	assert_int_equal(p->kicks, 3);
	sim_exit(s, p);
	/* what a vCPU does itself needs no kick */
	vgic_set_line(s->g, NULL, 40, false);
	sim_bit(s, p, p, 0x200, 40);
	assert_int_equal(p->kicks, 3);
	vgic_send_sgi(s->g, &p->c, 1, VGIC_ICC_SGI0R);
	assert_int_equal(p->kicks, 3);
	sim_free(s);
}

/* ---- SGIs ------------------------------------------------------------------------------ */

static const u64 sgi_mpidr[SIM_MAX_CPUS] = {
	0x0000000000ULL, 0x0000000001ULL, 0x000000000fULL, 0x0000000100ULL,
	0x0000010000ULL, 0x0100000000ULL, 0xff00ffff0fULL, 0x0000000040ULL,
};

static bool sgi_hits(u64 val, u32 src, u32 cpu)
{
	u64 m = sgi_mpidr[cpu];
	u32 aff0 = m & 0xff, rs = val >> 44 & 15;

	if (val >> 40 & 1)
		return cpu != src;
	return (val >> 48 & 0xff) == (m >> 32 & 0xff) &&
	       (val >> 32 & 0xff) == (m >> 16 & 0xff) &&
	       (val >> 16 & 0xff) == (m >> 8 & 0xff) &&
	       aff0 / 16 == rs && val >> aff0 % 16 & 1;
}

static void sgi_once(struct sim *s, u32 src, u64 val, enum vgic_sgi_reg reg, u32 groups)
{
	u32 intid = val >> 24 & 15, n, k;

	vgic_send_sgi(s->g, &s->cpu[src].c, val, reg);
	for (n = 0; n < SIM_MAX_CPUS; n++)
		for (k = 0; k < 32; k++) {
			struct vgic_irq *irq = &s->cpu[n].c.private[k];
			bool want = k == intid && sgi_hits(val, src, n) &&
				    (groups >> n & 1) == (reg == VGIC_ICC_SGI1R);

			if (irq->latch != want)
				fail_msg("SGI %#llx from %u by register %d at vCPU %u: INTID %u",
					 val, src, reg, n, k);
			irq->latch = false;
		}
}

static void sgi_targets(void **state)
{
	static const u32 aff[] = { 0, 1, 0xff };
	struct sim *s = sim_new(0, 4, 64, 5, true, false);
	u32 n, reg, groups, code, bit, src;
	u64 seed = 1;

	s->g->started = false;
	for (n = 0; n < SIM_MAX_CPUS; n++) {
		vgic_cpu_init(&s->cpu[n].c, &s->cpu[n].h, n, sgi_mpidr[n]);
		assert_int_equal(vgic_add_cpu(s->g, &s->cpu[n].c), 0);
	}
	for (groups = 0; groups < 256; groups += 0x55) {
		for (n = 0; n < SIM_MAX_CPUS; n++) {
			u32 k;

			for (k = 0; k < 16; k++)
				s->cpu[n].c.private[k].group = groups >> n & 1;
		}
		for (reg = 0; reg < 3; reg++)
			for (code = 0; code < 27 * 16 * 2; code++) {
				u64 val = (u64)aff[code % 3] << 48 |
					  (u64)aff[code / 3 % 3] << 32 |
					  aff[code / 9 % 3] << 16 |
					  (u64)(code / 27 % 16) << 44 |
					  (u64)(code / 432) << 40;

				src = code % SIM_MAX_CPUS;
				for (bit = 0; bit < 16; bit++)
					sgi_once(s, src, val | 1 << bit | bit << 24, reg, groups);
				sgi_once(s, src, val | 0xffff, reg, groups);
				sgi_once(s, src, val, reg, groups);
			}
		/* and with reserved bits set */
		for (n = 0; n < 100000; n++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			sgi_once(s, n % SIM_MAX_CPUS, seed ^ seed >> 29, n % 3, groups);
		}
	}
	sim_free(s);
}

/* ---- reset -------------------------------------------------------------------------------- */

static void reset_vcpu(void **state)
{
	struct sim *s = sim_new(1, 4, 64, 7, true, false);
	struct sim_cpu *p = &s->cpu[0];
	u32 n;

	memset(&p->h, 0xff, sizeof(p->h));
	vgic_set_line(s->g, &p->c, 20, true);
	sim_write(s, p, SIM_REDIST + 0x14, 0);
	for (n = 0; n < 32; n++) {
		sim_set_prio(s, p, p, n, 0x40);
		sim_set_group(s, p, p, n, 1);
		sim_bit(s, p, p, 0x100, n);
		sim_bit(s, p, p, 0x200, n);
		if (n & 1)
			sim_bit(s, p, p, 0x300, n);
	}
	sim_bit(s, p, p, 0x300, 40);
	assert_int_equal(p->c.nr_queued, 33);
	vgic_reset_cpu(&p->c, &p->h);
	/* the SPI is the distributor's */
	assert_int_equal(p->c.nr_queued, 1);
	assert_true(s->g->spis[8].active);
	for (n = 0; n < 32; n++) {
		struct vgic_irq *irq = &p->c.private[n];

		assert_false(irq->enabled || irq->latch || irq->active || irq->group ||
			     irq->priority);
		assert_int_equal(irq->edge, n < 16);
		assert_int_equal(irq->line, n == 20);
	}
	assert_true(p->c.sleep);
	/* PMR 0, groups off, BPR0 0 and BPR1 1 with seven bits of preemption */
	assert_int_equal(p->h.vmcr, BIT(3) | 1 << 18);
	assert_int_equal(p->h.used_lrs, 0);
	assert_int_equal(p->h.hcr, BIT(0) | BIT(14));
	for (n = 0; n < HYP_NR_APR; n++)
		assert_int_equal(p->h.ap0r[n] | p->h.ap1r[n], 0);
	for (n = 0; n < HYP_NR_LR; n++)
		assert_true(p->h.lr[n] == 0);
	sim_free(s);
}

/* Arguments that make no sense do nothing. */
static void map_arguments(void **state)
{
	static struct vgic_cpu c;
	u32 n;

	vgic_cpu_init(&c, NULL, 0, 0);
	for (n = 0; n < 16; n++)
		vgic_map_hw(&c, n, 100);
	vgic_map_hw(&c, 32, 100);
	vgic_map_hw(&c, ~0U, 100);
	assert_int_equal(c.hw_map, 0);
	vgic_map_hw(&c, 16, 100);
	vgic_map_hw(&c, 31, 101);
	assert_int_equal(c.hw_map, BIT(16) | BIT(31));
}

/* What is level-sensitive for good, and what the guest may choose. */
static void level_for_good(void **state)
{
	static struct vgic_cpu c;
	struct vgic_irq *irq;
	unsigned long flags;
	u32 n;

	vgic_cpu_init(&c, NULL, 0, 0);
	vgic_irq_set_config(&c, &c.private[20], 2);
	assert_true(c.private[20].edge);
	vgic_fix_level(&c, 20);
	assert_false(c.private[20].edge);
	vgic_map_hw(&c, 27, 100);
	for (n = 0; n < 16; n++)
		vgic_fix_level(&c, n);
	vgic_fix_level(&c, 32);
	vgic_fix_level(&c, ~0U);
	for (n = 0; n < VGIC_NR_PRIVATE; n++) {
		irq = &c.private[n];
		vgic_irq_set_config(&c, irq, n < 16 ? 0 : 2);
		assert_int_equal(irq->edge, n != 20 && n != 27);
	}
	/* a reset does not forget it */
	raw_spin_lock_irqsave(&c.lock, flags);
	vgic_irq_reset(&c, &c.private[20]);
	raw_spin_unlock_irqrestore(&c.lock, flags);
	assert_false(vgic_irq_set_config(&c, &c.private[20], 2));
}

/* ---- CPUs that differ --------------------------------------------------------------- */

/* ICH_VTR_EL2, its fields as they are there. */
static u32 vtr(u32 pri, u32 pre, u32 id, u32 flags, u32 lrs)
{
	return pri << 29 | pre << 26 | id << 23 | flags | lrs;
}

static void join_interfaces(void **state)
{
	const u32 tds = BIT(19), nv4 = BIT(20), a3v = BIT(21), seis = BIT(22), dvim = BIT(18);
	u32 all = vtr(7, 6, 1, tds | a3v | seis, 31), a, b, lrs;

	/* fields that are smaller, each in one of the two */
	assert_int_equal(vgic_join_vtr(vtr(4, 6, 1, 0, 3), vtr(7, 4, 0, 0, 15)),
			 vtr(4, 4, 0, 0, 3));
	for (lrs = 0; lrs < 32; lrs++) {
		a = vtr(4, 4, 0, 0, lrs);
		b = vtr(4, 4, 0, 0, 31 - lrs);
		assert_int_equal(vgic_join_vtr(a, b) & 31, min(lrs, 31 - lrs));
		assert_int_equal(vgic_join_vtr(a, b), vgic_join_vtr(b, a));
		assert_int_equal(vgic_join_vtr(a, a), a);
	}
	/* what both have to have */
	for (a = 0; a < 8; a++)
		for (b = 0; b < 8; b++)
			assert_int_equal(vgic_join_vtr(vtr(4, 4, 0, (a & 1 ? tds : 0) |
							   (a & 2 ? a3v : 0) |
							   (a & 4 ? seis : 0), 3),
						       vtr(4, 4, 0, (b & 1 ? tds : 0) |
							   (b & 2 ? a3v : 0) |
							   (b & 4 ? seis : 0), 3)),
					 vtr(4, 4, 0, (a & b & 1 ? tds : 0) |
					     (a & b & 2 ? a3v : 0) | (a & b & 4 ? seis : 0), 3));
	/* what no guest sees makes no difference */
	assert_int_equal(vgic_join_vtr(all | nv4 | dvim, all), all);
	assert_int_equal(vgic_join_vtr(all, all | nv4), all);
	assert_int_equal(vgic_join_vtr(~0U, ~0U), vtr(7, 7, 7, tds | a3v | seis, 31));
	/* as GICH_VTR has it */
	assert_int_equal(vgic_join_vtr(0x90000003, 0x90000001), 0x90000001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_fields),
		cmocka_unit_test(config_addresses),
		cmocka_unit_test(config_v2),
		cmocka_unit_test(create_fails),
		cmocka_unit_test(add_vcpus),
		cmocka_unit_test(early_line),
		cmocka_unit_test(line_arguments),
		cmocka_unit_test(line_kicks),
		cmocka_unit_test(sgi_targets),
		cmocka_unit_test(reset_vcpu),
		cmocka_unit_test(map_arguments),
		cmocka_unit_test(level_for_good),
		cmocka_unit_test(join_interfaces),
	};

	return cmocka_run_group_tests_name("vgic_setup", tests, NULL, NULL);
}
