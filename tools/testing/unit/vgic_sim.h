/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine around the vGIC for its unit tests: the virtual CPU interface of a
 * GICv3 or a GICv2 as hardware would do it (IHI0069 4.8, 12.2, 12.4; IHI0048 5.3,
 * 5.5), or none, and vCPUs that leave and enter the guest.
 */
#ifndef VGIC_SIM_H
#define VGIC_SIM_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "hyp/hyp.h"
#include "uapi.h"
#include "vgic/internal.h"
#include "vgic/lr_v2.h"

#define SIM_DIST	0x08000000ULL
#define SIM_REDIST	0x080a0000ULL
#define SIM_GICC	0x08010000ULL
#define SIM_MAX_CPUS	8
#define SIM_SPURIOUS	1023

/* ICH_MISR_EL2 */
#define SIM_MISR_EOI	BIT(0)
#define SIM_MISR_LRENP	BIT(2)
#define SIM_MISR_NP	BIT(3)

struct sim;

struct sim_cpu {
	struct vgic_cpu c;
	struct hyp_gic h;
	struct sim *s;
	bool in_guest;
	bool kicked;
	u32 pins;		/* since the last entry */
	u32 exits;
	u32 kicks;
	/* the physical interrupt behind PPI 27 */
	bool phys_line;
	bool phys_active;
	bool phys_known;	/* what it was made or seen to become */
};

struct sim {
	struct vgic *g;
	struct vgic_shared shared;
	bool v2;		/* the guest's model */
	bool soft;
	bool counts_drops;	/* an EOI without a list register, also with EOImode 1 */
	struct sim_cpu cpu[SIM_MAX_CPUS];
	u32 nr_cpus;
	u32 nr_lr;
	u32 prebits;
	bool tds;
	bool hw;		/* PPI 27 is mapped */
	bool lazy;		/* kicks are not acted on at once */
	u32 syncs;
	u32 told;		/* calls of vgic_ops.resampled */
};

#define SIM_HW_PPI	27
#define SIM_HW_PINTID	1000

/* What a test has to say before it dies. */
static void (*sim_last_words)(void);

static inline void sim_die(const char *what)
{
	if (sim_last_words)
		sim_last_words();
	fprintf(stderr, "simulated machine: %s\n", what);
	abort();
}

static inline struct sim_cpu *to_sim_cpu(struct vgic_cpu *c)
{
	return container_of(c, struct sim_cpu, c);
}

/* ---- entering and leaving -------------------------------------------------- */

/* GICH_LR<n> as an ICH_LR<n>_EL2: IHI0048 table 5-17. */
static inline u64 sim_decode_lr_v2(u32 val)
{
	u64 lr = val & 0x3ff;

	lr |= (u64)(val >> 10 & 0x3ff) << 32;
	lr |= (u64)(val >> 23 & 0x1f) << 51;
	lr |= (u64)(val >> 30 & 1) << 60;
	lr |= (u64)(val >> 31) << 61;
	lr |= (u64)(val >> 28 & 3) << 62;
	return lr;
}

/* It goes to a GICH_LR and back, and an SGI is pending or active, not both. */
static inline void sim_check_lr_v2(u64 lr)
{
	if (sim_decode_lr_v2(vgic_v2_encode_lr(lr)) != lr)
		sim_die("a list register that GICH does not have");
	if ((u32)lr < 16 && lr >> 62 == 3)
		sim_die("an SGI that is active and pending");
}

static inline void sim_enter(struct sim *s, struct sim_cpu *p)
{
	bool active;
	u32 n;

	if (p->in_guest)
		return;
	if (s->hw) {
		vgic_set_line(s->g, &p->c, SIM_HW_PPI, p->phys_line);
		active = p->phys_line || vgic_irq_active(&p->c, SIM_HW_PPI);
		if (p->phys_known != active)
			p->phys_active = active;
		p->phys_known = active;
		if (p->phys_active != active)
			sim_die("the physical interrupt's state is not known");
	}
	vgic_flush(&p->c, &p->h, s->nr_lr);
	if (p->h.used_lrs > s->nr_lr)
		sim_die("more list registers than there are");
	for (n = 0; n < p->h.used_lrs; n++) {
		u32 m, state = p->h.lr[n] >> 62;

		if (!state)
			sim_die("an invalid list register");
		if (s->v2)
			sim_check_lr_v2(p->h.lr[n]);
		if (p->h.lr[n] & VGIC_LR_HW && state == 3)
			sim_die("HW=1 with active and pending");
		for (m = 0; m < n; m++)
			if ((u32)p->h.lr[n] == (u32)p->h.lr[m])
				sim_die("one interrupt in two list registers");
	}
	for (; n < HYP_NR_LR; n++)
		if (p->h.lr[n])
			sim_die("an unused list register is not clear");
	p->kicked = false;
	p->in_guest = true;
	p->pins = vgic_pins(&p->c);
	if (s->soft && (p->h.used_lrs || p->h.hcr))
		sim_die("list registers of an interface that has none");
}

static inline void sim_exit(struct sim *s, struct sim_cpu *p)
{
	if (!p->in_guest)
		return;
	p->in_guest = false;
	p->exits++;
	vgic_fold(&p->c, &p->h);
	if (!s->hw)
		return;
	if (vgic_take_hw_deactivated(&p->c) & BIT(SIM_HW_PPI))
		p->phys_known = false;
	vgic_set_line(s->g, &p->c, SIM_HW_PPI, p->phys_line);
}

static void sim_kick(struct vgic_cpu *c)
{
	struct sim_cpu *p = to_sim_cpu(c);

	if (c->lock.held)
		sim_die("kick under the lock");
	if (c->id == VGIC_NOBODY)
		sim_die("kick of nobody");
	p->kicked = true;
	p->kicks++;
}

static void sim_sync(struct vgic_cpu *c)
{
	struct sim_cpu *p = to_sim_cpu(c);
	u32 ticket = vgic_sync_begin(c);

	if (c->lock.held)
		sim_die("sync under the lock");
	p->s->syncs++;
	if (!p->in_guest)
		sim_die("sync of a vCPU that is outside");
	sim_exit(p->s, p);
	if (!vgic_sync_done(c, ticket))
		sim_die("sync not done");
	sim_enter(p->s, p);
	if (!vgic_sync_done(c, ticket))
		sim_die("sync not done after entry");
}

static inline void sim_resampled(struct vgic_cpu *c)
{
	if (!to_sim_cpu(c)->c.gic)
		sim_die("told by nobody's vCPU");
	to_sim_cpu(c)->s->told++;
}

static const struct vgic_ops sim_ops = {
	.kick = sim_kick, .sync = sim_sync, .resampled = sim_resampled,
};

/* ---- the virtual CPU interface --------------------------------------------- */

static inline u32 sim_state(u64 lr)
{
	return lr >> 62;
}

static inline u32 sim_prio(u64 lr)
{
	return lr >> 48 & 0xff;
}

static inline u32 sim_group(u64 lr)
{
	return lr >> 60 & 1;
}

/* Running priority from the active priority registers. */
static inline u32 sim_running(const struct sim *s, const struct sim_cpu *p)
{
	u32 n;

	for (n = 0; n < 1U << s->prebits; n++)
		if ((p->h.ap0r[n / 32] | p->h.ap1r[n / 32]) >> n % 32 & 1)
			return n << (8 - s->prebits);
	return 0xff;
}

/* Group priority of a priority: what BPR leaves (IHI0069 table 4-6, 4-7). */
static inline u32 sim_group_prio(const struct sim_cpu *p, u32 prio, u32 group)
{
	u32 bpr0 = p->h.vmcr >> 21 & 7, bpr1 = p->h.vmcr >> 18 & 7;
	u32 sub;	/* bits of subpriority */

	if (group == 0 || p->h.vmcr & BIT(4))
		sub = bpr0 + 1;
	else
		sub = bpr1;
	return sub >= 8 ? 0 : prio >> sub << sub;
}

/* The list register with the highest pending interrupt of the enabled groups. */
static inline int sim_hppi(const struct sim_cpu *p)
{
	int best = -1;
	u32 n;

	for (n = 0; n < p->h.used_lrs; n++) {
		u64 lr = p->h.lr[n];

		if (sim_state(lr) != 1 || (!p->s->v2 && !(p->h.vmcr >> sim_group(lr) & 1)))
			continue;
		if (best < 0 || sim_prio(lr) < sim_prio(p->h.lr[best]))
			best = n;
	}
	/* a GICv2 as unhelpful as it may be looks at the best of all only */
	if (best >= 0 && !(p->h.vmcr >> sim_group(p->h.lr[best]) & 1))
		return -1;
	return best;
}

/* What an IAR says of it: the INTID, and the source of a GICv2's SGI. */
static inline u32 sim_lr_id(u64 lr)
{
	u32 intid = lr;

	return intid < 16 && !(lr & VGIC_LR_HW) ? intid | (lr >> 32 & 7) << 10 : intid;
}

/* Is it signalled? */
static inline bool sim_signalled(const struct sim *s, const struct sim_cpu *p)
{
	int n = sim_hppi(p);
	u32 prio, group, running;

	if (s->soft)
		return p->pins;
	if (n < 0 || !(p->h.hcr & 1))
		return false;
	prio = sim_prio(p->h.lr[n]);
	group = sim_group(p->h.lr[n]);
	if (prio >= (p->h.vmcr >> 24 & 0xff))
		return false;
	running = sim_running(s, p);
	return running == 0xff || sim_group_prio(p, prio, group) <
				  sim_group_prio(p, running, group);
}

/* ICC_IAR0_EL1, ICC_IAR1_EL1 */
static inline u32 sim_iar(struct sim *s, struct sim_cpu *p, u32 group)
{
	int n = sim_hppi(p);
	u32 bit;
	u64 lr;

	if (!sim_signalled(s, p) || sim_group(p->h.lr[n]) != group)
		return SIM_SPURIOUS;
	lr = p->h.lr[n];
	p->h.lr[n] = (lr & ~(3ULL << 62)) | 2ULL << 62;
	bit = sim_group_prio(p, sim_prio(lr), group) >> (8 - s->prebits);
	if (group && !s->v2)
		p->h.ap1r[bit / 32] |= BIT(bit % 32);
	else
		p->h.ap0r[bit / 32] |= BIT(bit % 32);
	return sim_lr_id(lr);
}

static inline void sim_count_eoi(struct sim_cpu *p)
{
	if ((p->h.hcr & VGIC_HCR_EOICOUNT) != VGIC_HCR_EOICOUNT)
		p->h.hcr += BIT(VGIC_HCR_EOICOUNT_SHIFT);
}

/*
 * Deactivate by list register. An EOI does that only where it dropped the very
 * priority of the interrupt in its group; a DIR, with @group 2, always.
 */
static inline void sim_lr_deactivate(struct sim *s, struct sim_cpu *p, u32 intid,
				     u32 dropped, u32 group)
{
	u32 n;

	for (n = 0; n < p->h.used_lrs; n++) {
		u64 lr = p->h.lr[n];

		if (sim_lr_id(lr) != intid || !(sim_state(lr) & 2))
			continue;
		if (group < 2 && (sim_group(lr) != group ||
				  sim_group_prio(p, sim_prio(lr), group) != dropped))
			return;
		p->h.lr[n] &= ~(1ULL << 63);
		if (lr & VGIC_LR_HW) {
			if ((lr >> 32 & 0x1fff) != SIM_HW_PINTID || !p->phys_active)
				sim_die("deactivates a physical interrupt that is not active");
			p->phys_active = false;
		}
		return;
	}
	sim_count_eoi(p);
}

/* ICC_EOIR0_EL1, ICC_EOIR1_EL1 */
static inline void sim_eoir(struct sim *s, struct sim_cpu *p, u32 intid, u32 group)
{
	u32 dropped = sim_running(s, p), n;

	if (dropped == 0xff)
		return;

	for (n = 0; n < HYP_NR_APR; n++) {
		u32 map = p->h.ap0r[n] | p->h.ap1r[n];

		if (!map)
			continue;
		map &= -map;
		if (p->h.ap0r[n] & map)
			p->h.ap0r[n] &= ~map;
		else
			p->h.ap1r[n] &= ~map;
		break;
	}
	if (!(p->h.vmcr & VGIC_VMCR_VEOIM)) {
		sim_lr_deactivate(s, p, intid, dropped, group);
		return;
	}
	/* only drops a priority, but is counted by some */
	if (!s->counts_drops)
		return;
	for (n = 0; n < p->h.used_lrs; n++)
		if (sim_lr_id(p->h.lr[n]) == intid && sim_state(p->h.lr[n]) & 2)
			return;
	sim_count_eoi(p);
}

/* vgic_mmio_quick() in the form of vgic_mmio() */
static inline bool sim_mmio_quick(struct vgic *g, struct vgic_cpu *c, u64 ipa,
				  unsigned int len, bool write, u64 *data)
{
	struct vgic_answer answer = vgic_mmio_quick(g, c, ipa, len, write, *data);

	if (answer.done)
		*data = answer.data;
	return answer.done;
}

/* ICC_DIR_EL1 or GICV_DIR: traps, or acts on the list registers */
static inline void sim_dir(struct sim *s, struct sim_cpu *p, u32 intid)
{
	u64 val = intid;

	if (s->v2 && s->g->dir_traps) {
		sim_exit(s, p);
		if (sim_mmio_quick(s->g, &p->c, SIM_GICC + 0x1000, 4, true, &val))
			sim_die("GICV_DIR is taken while GICH has the mode");
		if (!vgic_mmio(s->g, &p->c, SIM_GICC + 0x1000, 4, true, &val))
			sim_die("GICV_DIR cannot be written");
		sim_enter(s, p);
	} else if (p->h.hcr & (VGIC_HCR_TDIR | VGIC_HCR_TC)) {
		sim_exit(s, p);
		if (!vgic_icc_write(&p->c, &p->h, VGIC_ICC_DIR, intid))
			sim_die("ICC_DIR is undefined");
		sim_enter(s, p);
	} else if (p->h.vmcr & VGIC_VMCR_VEOIM) {
		sim_lr_deactivate(s, p, intid, 0, 2);
	}
}

/* ---- any CPU interface --------------------------------------------------------- */

/* A system register or a register of GICC, with a software interface. */
static inline u64 sim_soft_read(struct sim *s, struct sim_cpu *p, enum vgic_icc_reg reg,
				u32 gicc)
{
	bool in = p->in_guest;
	u64 val = 0;

	sim_exit(s, p);
	if (s->v2 ? !sim_mmio_quick(s->g, &p->c, SIM_GICC + gicc, 4, false, &val) :
		    !vgic_icc_read(&p->c, &p->h, reg, &val))
		sim_die("a register cannot be read");
	if (in)
		sim_enter(s, p);
	return val;
}

static inline void sim_soft_write(struct sim *s, struct sim_cpu *p, enum vgic_icc_reg reg,
				  u32 gicc, u64 val)
{
	bool in = p->in_guest;

	sim_exit(s, p);
	if (s->v2 ? !sim_mmio_quick(s->g, &p->c, SIM_GICC + gicc, 4, true, &val) :
		    !vgic_icc_write(&p->c, &p->h, reg, val))
		sim_die("a register cannot be written");
	if (in)
		sim_enter(s, p);
}

/* Take what is signalled; its group goes to @group. */
static inline u32 sim_take(struct sim *s, struct sim_cpu *p, u32 *group)
{
	u32 id;

	if (!p->in_guest || !sim_signalled(s, p))
		return SIM_SPURIOUS;
	if (!s->soft) {
		*group = sim_group(p->h.lr[sim_hppi(p)]);
		return sim_iar(s, p, *group);
	}
	if (!s->v2) {
		*group = p->pins == VGIC_PIN_IRQ;
		return *group ? sim_soft_read(s, p, VGIC_ICC_IAR1, 0) :
				sim_soft_read(s, p, VGIC_ICC_IAR0, 0);
	}
	*group = 0;
	id = sim_soft_read(s, p, 0, 0x0c);
	if (id != 1022)
		return id;
	*group = 1;
	return sim_soft_read(s, p, 0, 0x20);
}

/* End what sim_take() has returned. */
static inline void sim_end(struct sim *s, struct sim_cpu *p, u32 id, u32 group)
{
	if (s->soft)
		sim_soft_write(s, p, group ? VGIC_ICC_EOIR1 : VGIC_ICC_EOIR0,
			       group ? 0x24 : 0x10, id);
	else
		sim_eoir(s, p, id, group);
}

/* Deactivate it, with EOImode 1. */
static inline void sim_deactivate(struct sim *s, struct sim_cpu *p, u32 id)
{
	if (s->soft)
		sim_soft_write(s, p, VGIC_ICC_DIR, 0x1000, id);
	else
		sim_dir(s, p, id);
}

/* ICH_MISR_EL2: is there a maintenance interrupt, and why? */
static inline u32 sim_misr(const struct sim_cpu *p)
{
	u32 hcr = p->h.hcr, veng = p->h.vmcr, misr = 0, n, valid = 0, pending = 0;

	for (n = 0; n < p->h.used_lrs; n++) {
		u64 lr = p->h.lr[n];

		if (!sim_state(lr) && !(lr & VGIC_LR_HW) && lr & VGIC_LR_EOI)
			misr |= SIM_MISR_EOI;
		valid += sim_state(lr) != 0;
		pending += sim_state(lr) == 1;
	}
	if (hcr & BIT(1) && valid <= 1)
		misr |= BIT(1);
	if (hcr & VGIC_HCR_LRENPIE && hcr & VGIC_HCR_EOICOUNT)
		misr |= SIM_MISR_LRENP;
	if (hcr & VGIC_HCR_NPIE && !pending)
		misr |= SIM_MISR_NP;
	if (hcr & VGIC_HCR_VGRP0EIE && veng & 1)
		misr |= BIT(4);
	if (hcr & VGIC_HCR_VGRP0DIE && !(veng & 1))
		misr |= BIT(5);
	if (hcr & VGIC_HCR_VGRP1EIE && veng & 2)
		misr |= BIT(6);
	if (hcr & VGIC_HCR_VGRP1DIE && !(veng & 2))
		misr |= BIT(7);
	return hcr & 1 ? misr : 0;
}

/*
 * Let everything happen that happens by itself: maintenance interrupts, the
 * physical interrupt, kicks. A maintenance interrupt right after an entry would
 * keep the guest from running.
 */
static inline void sim_settle(struct sim *s)
{
	u32 n, rounds;
	bool again;

	for (rounds = 0, again = true; again; rounds++) {
		again = false;
		if (rounds > 4 * s->nr_cpus)
			sim_die("the guests do not get on");
		for (n = 0; n < s->nr_cpus; n++) {
			struct sim_cpu *p = &s->cpu[n];
			bool phys = s->hw && p->phys_line && !p->phys_active;

			if (!p->in_guest || (!sim_misr(p) && !phys &&
					     (s->lazy || !p->kicked)))
				continue;
			sim_exit(s, p);
			sim_enter(s, p);
			if (sim_misr(p))
				sim_die("maintenance interrupt at entry");
			again = true;
		}
	}
}

/* ---- what the guest does ------------------------------------------------------ */

/* A load or store: the vCPU leaves the guest for it. */
static inline u64 sim_mmio(struct sim *s, struct sim_cpu *p, u64 ipa, u32 len,
			   bool write, u64 data)
{
	bool in = p->in_guest;

	sim_exit(s, p);
	if (!sim_mmio_quick(s->g, &p->c, ipa, len, write, &data) &&
	    !vgic_mmio(s->g, &p->c, ipa, len, write, &data))
		sim_die("not a register of the GIC");
	if (in)
		sim_enter(s, p);
	return data;
}

/*
 * An access that the GIC takes, by the quick way if that does it, and nothing has
 * happened if not; what can be read without it agrees. Nothing settles.
 */
static inline void sim_access(struct sim *s, struct sim_cpu *p, u64 ipa, u32 len, bool write,
			      u64 *data)
{
	const u64 *word = NULL;
	u64 fast = 0, constant;

	if (!write && len == 4 && !(ipa & 3))
		word = vgic_fast_word(s->g, &p->c, ipa, &constant);
	if (word)
		fast = *word;
	if (ipa & (len - 1) || !sim_mmio_quick(s->g, &p->c, ipa, len, write, data))
		assert_true(vgic_mmio(s->g, &p->c, ipa, len, write, data));
	if (word && !(fast >> 32))
		assert_true(*data == fast);
}

/* In the right queue of the right owner, or in none. @pending: it is. */
static inline void sim_expect_queued(const struct vgic_irq *irq, bool pending)
{
	if (irq->active) {
		assert_ptr_equal(irq->queue, &irq->owner->active);
		return;
	}
	if (irq->enabled && pending)
		assert_ptr_equal(irq->queue, &irq->owner->pending[irq->group]);
	else
		assert_null(irq->queue);
	assert_ptr_equal(irq->owner, irq->target);
}

static inline void sim_write(struct sim *s, struct sim_cpu *p, u64 ipa, u32 data)
{
	sim_mmio(s, p, ipa, 4, true, data);
}

static inline u32 sim_read(struct sim *s, struct sim_cpu *p, u64 ipa)
{
	return sim_mmio(s, p, ipa, 4, false, 0);
}

/* Where the register of an interrupt is; private ones are the vCPU's own. */
static inline u64 sim_reg(const struct sim_cpu *p, u32 base, u32 intid, u32 bits)
{
	if (intid < 32 && p->c.gic->model == ARMVCPU_GIC_V3)
		return SIM_REDIST + p->c.id * 0x20000ULL + 0x10000 + base +
		       intid * bits / 32 * 4;
	return SIM_DIST + base + intid * bits / 32 * 4;
}

/* Banked registers of a GICv2 are written by whose they are. */
static inline struct sim_cpu *sim_by(struct sim *s, struct sim_cpu *by,
				     struct sim_cpu *whose, u32 intid)
{
	return s->v2 && intid < 32 ? whose : by;
}

static inline void sim_bit(struct sim *s, struct sim_cpu *by, struct sim_cpu *whose,
			   u32 base, u32 intid)
{
	sim_write(s, sim_by(s, by, whose, intid), sim_reg(whose, base, intid, 1),
		  BIT(intid % 32));
}

static inline bool sim_get_bit(struct sim *s, struct sim_cpu *by,
			       struct sim_cpu *whose, u32 base, u32 intid)
{
	return sim_read(s, sim_by(s, by, whose, intid),
			sim_reg(whose, base, intid, 1)) >> intid % 32 & 1;
}

static inline void sim_set_group(struct sim *s, struct sim_cpu *by,
				 struct sim_cpu *whose, u32 intid, u32 group)
{
	u64 reg = sim_reg(whose, 0x80, intid, 1);
	u32 val;

	by = sim_by(s, by, whose, intid);
	val = sim_read(s, by, reg);

	val &= ~BIT(intid % 32);
	sim_write(s, by, reg, val | group << intid % 32);
}

static inline void sim_set_edge(struct sim *s, struct sim_cpu *by,
				struct sim_cpu *whose, u32 intid, bool edge)
{
	u64 reg = sim_reg(whose, 0xc00, intid, 2);
	u32 val;

	by = sim_by(s, by, whose, intid);
	val = sim_read(s, by, reg);

	val &= ~(3U << intid % 16 * 2);
	sim_write(s, by, reg, val | (edge ? 2U : 0) << intid % 16 * 2);
}

static inline void sim_set_prio(struct sim *s, struct sim_cpu *by,
				struct sim_cpu *whose, u32 intid, u32 prio)
{
	sim_mmio(s, sim_by(s, by, whose, intid), sim_reg(whose, 0x400, intid, 8) + intid % 4,
		 1, true, prio);
}

static inline void sim_route(struct sim *s, struct sim_cpu *by, u32 intid, u64 irouter)
{
	sim_mmio(s, by, SIM_DIST + 0x6000 + 8 * intid, 8, true, irouter);
}

static inline u64 sim_mpidr(u32 id)
{
	return id / 2 << 8 | id % 2;	/* two cores a cluster */
}

static inline u64 sim_irouter(u32 id)
{
	return sim_mpidr(id);
}

/* As Linux leaves it: all of group 1, mask open, both groups forwarded. */
static inline void sim_guest_setup(struct sim *s)
{
	u32 n;

	sim_write(s, &s->cpu[0], SIM_DIST, 3);
	for (n = 0; n < s->nr_cpus; n++)
		s->cpu[n].h.vmcr |= 0xf8U << 24 | 3;
}

/* ---- the state, as a VMM has it ------------------------------------------------- */

#define SIM_MAX_SPIS	32	/* of those whose state is read */

struct sim_state {
	struct armvcpu_gic_dist dist;
	struct armvcpu_gic_cpu cpu[SIM_MAX_CPUS];
	struct armvcpu_gic_irq private[SIM_MAX_CPUS][32];
	struct armvcpu_gic_irq spi[SIM_MAX_SPIS];
};

static inline u32 sim_nr_spis(const struct sim *s)
{
	u32 nr = min(s->g->nr_irqs, 1020U) - 32;

	if (nr > SIM_MAX_SPIS)
		sim_die("more SPIs than there is room for");
	return nr;
}

static inline void sim_get_state(struct sim *s, struct sim_state *m)
{
	u32 n;

	memset(m, 0, sizeof(*m));
	vgic_get_dist(s->g, &m->dist);
	for (n = 0; n < s->nr_cpus; n++) {
		if (s->cpu[n].in_guest)
			sim_die("the state of a vCPU in the guest");
		vgic_get_cpu(&s->cpu[n].c, &s->cpu[n].h, &m->cpu[n]);
		vgic_get_irqs(s->g, &s->cpu[n].c, 0, 32, m->private[n]);
	}
	vgic_get_irqs(s->g, NULL, 32, sim_nr_spis(s), m->spi);
}

static inline void sim_set_state(struct sim *s, const struct sim_state *m)
{
	u32 n;

	if (vgic_set_dist(s->g, &m->dist) ||
	    vgic_set_irqs(s->g, NULL, 32, sim_nr_spis(s), m->spi))
		sim_die("the state of a distributor is refused");
	for (n = 0; n < s->nr_cpus; n++)
		if (vgic_set_irqs(s->g, &s->cpu[n].c, 0, 32, m->private[n]) ||
		    vgic_set_cpu(&s->cpu[n].c, &s->cpu[n].h, &m->cpu[n]))
			sim_die("the state of a vCPU is refused");
}

/* ---- setting one up --------------------------------------------------------------- */

/* A GICv3 on one. */
static inline struct vgic_config sim_config(u32 nr_irqs)
{
	return (struct vgic_config) {
		.model = ARMVCPU_GIC_V3,
		.iface = VGIC_IFACE_V3,
		.vtr = VGIC_SOFT_VTR,
		.dir_traps = true,
		.nr_irqs = nr_irqs,
		.dist_ipa = SIM_DIST,
		.cpu_ipa = SIM_REDIST,
		.max_cpus = SIM_MAX_CPUS,
	};
}

/* A GICv2 on one, with pages of 4 KiB so that GICV_DIR is not mapped, or in software. */
static inline struct vgic_config sim_config_v2(u32 nr_irqs, bool soft)
{
	return (struct vgic_config) {
		.model = ARMVCPU_GIC_V2,
		.iface = soft ? VGIC_IFACE_SOFT : VGIC_IFACE_V2,
		.vtr = soft ? VGIC_SOFT_VTR : 4U << 29 | 4U << 26,
		.dir_traps = true,
		.nr_irqs = nr_irqs,
		.dist_ipa = SIM_DIST,
		.cpu_ipa = SIM_GICC,
		.max_cpus = 8,
	};
}

static inline struct sim *sim_new_config(const struct vgic_config *cfg, u32 nr_cpus,
					 u32 nr_lr, bool hw)
{
	struct sim *s = calloc(1, sizeof(*s));
	struct vgic_config own;
	u32 n;

	if (!s)
		sim_die("memory");
	s->nr_cpus = nr_cpus;
	s->nr_lr = nr_lr;
	s->prebits = (cfg->vtr >> 26 & 7) + 1;
	s->tds = cfg->vtr & BIT(19);
	s->hw = hw;
	s->v2 = cfg->model == ARMVCPU_GIC_V2;
	s->soft = cfg->iface == VGIC_IFACE_SOFT;
	/* of QEMU's GICs the GICv3 does, the GICv2 does not */
	s->counts_drops = cfg->iface == VGIC_IFACE_V3;
	own = *cfg;
	own.shared = &s->shared;
	s->g = vgic_create(&own, &sim_ops);
	if (IS_ERR(s->g))
		sim_die("vgic_create");
	for (n = 0; n < nr_cpus; n++) {
		vgic_cpu_init(&s->cpu[n].c, &s->cpu[n].h, n, sim_mpidr(n));
		if (vgic_add_cpu(s->g, &s->cpu[n].c))
			sim_die("vgic_add_cpu");
		if (hw)
			vgic_map_hw(&s->cpu[n].c, SIM_HW_PPI, SIM_HW_PINTID);
		vgic_reset_cpu(&s->cpu[n].c, &s->cpu[n].h);
	}
	for (n = 0; n < SIM_MAX_CPUS; n++)
		s->cpu[n].s = s;
	vgic_start(s->g);
	return s;
}

static inline struct sim *sim_new(u32 nr_cpus, u32 nr_lr, u32 nr_irqs, u32 prebits,
				  bool tds, bool hw)
{
	struct vgic_config cfg = sim_config(nr_irqs);

	cfg.vtr = (prebits - 1) << 29 | (prebits - 1) << 26 | (tds ? BIT(19) : 0);
	return sim_new_config(&cfg, nr_cpus, nr_lr, hw);
}

static inline void sim_free(struct sim *s)
{
	vgic_destroy(s->g);
	free(s);
}

#endif /* VGIC_SIM_H */
