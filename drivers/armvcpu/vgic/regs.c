// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the register frames have in common: which frame, which
 * register, which width, and the registers that are a few bits an interrupt.
 *
 * An access of a width or alignment that a register does not have is RAZ/WI,
 * as is one to an offset without a register (IHI0069 12.1.3, 12.1.4).
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/stddef.h>

#include "internal.h"

/* ---- a few bits for each interrupt ---------------------------------------- */

static u32 vgic_get_group(const struct vgic_irq *irq)
{
	return READ_ONCE(irq->group);
}

u32 vgic_get_enabled(const struct vgic_irq *irq)
{
	return READ_ONCE(irq->enabled);
}

u32 vgic_get_pending(const struct vgic_irq *irq)
{
	return vgic_irq_pending(irq);
}

static u32 vgic_get_active(const struct vgic_irq *irq)
{
	return irq->active;
}

static u32 vgic_get_priority(const struct vgic_irq *irq)
{
	return READ_ONCE(irq->priority);
}

static u32 vgic_get_config(const struct vgic_irq *irq)
{
	return READ_ONCE(irq->edge) ? 2 : 0;
}

const struct vgic_field vgic_field_group = {
	.bits = 1, .get = vgic_get_group, .set = vgic_irq_set_group,
};

const struct vgic_field vgic_field_isenable = {
	.bits = 1, .strobe = true, .get = vgic_get_enabled, .set = vgic_irq_enable,
};

const struct vgic_field vgic_field_icenable = {
	.bits = 1, .strobe = true, .get = vgic_get_enabled, .set = vgic_irq_disable,
};

const struct vgic_field vgic_field_ispend = {
	.bits = 1, .strobe = true, .live = true,
	.get = vgic_get_pending, .set = vgic_irq_pend,
};

const struct vgic_field vgic_field_icpend = {
	.bits = 1, .strobe = true, .live = true,
	.get = vgic_get_pending, .set = vgic_irq_unpend,
};

const struct vgic_field vgic_field_isactive = {
	.bits = 1, .strobe = true, .live = true,
	.get = vgic_get_active, .set = vgic_irq_activate,
};

const struct vgic_field vgic_field_icactive = {
	.bits = 1, .strobe = true, .live = true,
	.get = vgic_get_active, .set = vgic_irq_deactivate,
};

const struct vgic_field vgic_field_priority = {
	.bits = 8, .get = vgic_get_priority, .set = vgic_irq_set_priority,
};

const struct vgic_field vgic_field_config = {
	.bits = 2, .get = vgic_get_config, .set = vgic_irq_set_config,
};

/*
 * The interrupt of a bit. Private ones are the redistributor's: in the distributor of
 * a GICv3 their bits are RAZ/WI, as affinity routing is on for good, in that of a GICv2
 * they are banked. A redistributor has no bits of others.
 */
static struct vgic_irq *vgic_find_irq(const struct vgic_access *a, u32 intid)
{
	if (intid >= VGIC_NR_PRIVATE)
		return vgic_spi(a->g, intid);
	if (!a->cpu)
		return NULL;
	return &a->cpu->private[array_index_nospec(intid, VGIC_NR_PRIVATE)];
}

/*
 * While another vCPU runs with the interrupt in a list register, only that
 * register knows its state. Get that vCPU out once for each access.
 */
static void vgic_catch_up(const struct vgic_access *a, struct vgic_irq *irq,
			  unsigned long *done)
{
	struct vgic_cpu *owner = READ_ONCE(irq->owner);

	/* it may have come from nobody to somebody since */
	if (!READ_ONCE(irq->loaded) || owner == &a->g->nobody)
		return;
	if (__test_and_set_bit(owner->id, done))
		return;
	if (a->g->ops->sync)
		a->g->ops->sync(owner);
	else
		a->g->ops->kick(owner);
}

/* @irq: of the first bit; @nr: how many there are. */
static u64 vgic_read_live(const struct vgic_access *a, const struct vgic_field *f,
			  struct vgic_irq *irq, u32 nr)
{
	DECLARE_BITMAP(done, VGIC_MAX_CPUS);
	struct vgic_cpu *owner;
	unsigned long flags;
	u64 val = 0;
	u32 n;

	bitmap_zero(done, VGIC_MAX_CPUS);
	for (n = 0; n < nr; n++, irq++) {
		vgic_catch_up(a, irq, done);
		owner = vgic_lock_irq(irq, &flags);
		val |= (u64)f->get(irq) << (n * f->bits);
		vgic_unlock_irq(owner, flags);
	}
	return val;
}

static u64 vgic_read_field(const struct vgic_access *a, const struct vgic_field *f)
{
	u32 nr = a->len * 8 / f->bits, first = a->off * 8 / f->bits;
	u32 end = min_t(u32, a->g->nr_irqs, VGIC_FIRST_SPECIAL);
	struct vgic_irq *irq = vgic_find_irq(a, first);
	u32 n, shift = 0;
	u64 val = 0;

	if (!irq)
		return 0;
	/* No access has private interrupts and others: those that follow are neighbours. */
	if (first >= VGIC_NR_PRIVATE)
		nr = min(nr, end - first);
	if (f->live)
		return vgic_read_live(a, f, irq, nr);
	/* One byte of each, and nothing says which of two accesses at a time is first. */
	for (n = 0; n < nr; n++, irq++, shift += f->bits)
		val |= (u64)f->get(irq) << shift;
	return val;
}

static void vgic_write_field(const struct vgic_access *a, const struct vgic_field *f,
			     u64 val)
{
	u32 nr = a->len * 8 / f->bits;
	u32 first = a->off * 8 / f->bits;
	struct vgic_irq *irq;
	u32 n, bits;

	for (n = 0; n < nr; n++) {
		/* Most often one of many bits is set. */
		if (f->strobe) {
			val &= GENMASK_ULL(a->len * 8 - 1, n * f->bits);
			if (!val)
				break;
			n = __ffs(val) / f->bits;
		}
		bits = val >> (n * f->bits) & GENMASK(f->bits - 1, 0);
		irq = vgic_find_irq(a, first + n);
		if (irq)
			vgic_change(a->g, irq, f->set, bits, a->self);
	}
}

/* ---- frames ----------------------------------------------------------------- */

static __always_inline const struct vgic_reg *vgic_find_reg(const struct vgic_frame *f, u32 off)
{
	const struct vgic_reg *r = f->regs + f->from[min_t(u32, off / 128, ARRAY_SIZE(f->from) - 1)];
	const struct vgic_reg *end = f->regs + f->nr;

	for (; r < end; r++)
		if (off < r->end)
			return off >= r->start ? r : NULL;
	return NULL;
}

/* Aligned. @a->off is that in the frame, and then what the register's functions see. */
static __always_inline void vgic_access_reg(const struct vgic_reg *r, struct vgic_access *a,
					    bool write, u64 *data)
{
	u32 off = a->off;
	u64 mask = GENMASK_ULL(a->len * 8 - 1, 0);
	u32 shift = 0;

	if (!write)
		*data = 0;
	if (!(r->widths & a->len))
		return;

	a->off = off - r->start;
	if (r->field) {
		if (write)
			vgic_write_field(a, r->field, *data & mask);
		else
			*data = vgic_read_field(a, r->field);
		return;
	}

	/* the functions see whole registers */
	if (r->widths & 8) {
		shift = (off & 7) * 8;
		a->off &= ~7U;
	}
	if (!write)
		*data = r->read ? r->read(a) >> shift & mask : 0;
	else if (r->write)
		r->write(a, (*data & mask) << shift, mask << shift);
}

#define GICV_DIR_PAGE	0x1000

/*
 * vgic_find_frame() of a GICv2. GICC is the host's GICV unless it is software; then at
 * most the page of DIR is here.
 */
static const struct vgic_frame *vgic_find_frame_v2(struct vgic_access *a, u64 ipa)
{
	struct vgic *g = a->g;
	const struct vgic_frame *f;
	u64 off, size;

	if (ipa >= g->dist_ipa && ipa - g->dist_ipa < ARMVCPU_GICV2_DIST_SIZE) {
		off = ipa - g->dist_ipa;
		size = ARMVCPU_GICV2_DIST_SIZE;
		f = &vgic_dist_v2_frame;
	} else if (ipa >= g->cpu_ipa && ipa - g->cpu_ipa < ARMVCPU_GICV2_CPU_SIZE) {
		off = ipa - g->cpu_ipa;
		size = ARMVCPU_GICV2_CPU_SIZE;
		f = &vgic_gicc_frame;
		if (g->iface == VGIC_IFACE_V2) {
			if (!g->dir_traps || off < GICV_DIR_PAGE)
				return NULL;
			f = &vgic_gicv_frame;
		}
	} else {
		return NULL;
	}
	a->cpu = a->self;
	a->off = off;
	return off + a->len > size ? NULL : f;
}

/* The frame that an address is in, and @a->off in it; NULL: none of the GIC's. */
static __always_inline const struct vgic_frame *vgic_find_frame(struct vgic_access *a, u64 ipa)
{
	struct vgic *g = a->g;
	const struct vgic_frame *f;
	u64 off;

	if (g->model == ARMVCPU_GIC_V2)
		return vgic_find_frame_v2(a, ipa);

	off = ipa - g->dist_ipa;
	if (ipa >= g->dist_ipa && off < ARMVCPU_GICV3_DIST_SIZE) {
		f = &vgic_dist_frame;
	} else {
		off = ipa - g->cpu_ipa;
		if (ipa < g->cpu_ipa ||
		    off >= g->max_cpus * ARMVCPU_GICV3_REDIST_SIZE)
			return NULL;
		a->cpu = vgic_slot_cpu(g, off / ARMVCPU_GICV3_REDIST_SIZE);
		if (off & ARMVCPU_GICV3_DIST_SIZE)
			f = a->cpu ? &vgic_sgi_frame : &vgic_hole_sgi_frame;
		else
			f = a->cpu ? &vgic_redist_frame : &vgic_hole_redist_frame;
	}
	a->off = off & (ARMVCPU_GICV3_DIST_SIZE - 1);
	return a->off + a->len > ARMVCPU_GICV3_DIST_SIZE ? NULL : f;
}

/**
 * vgic_mmio - a load or store of the guest, if it is for the GIC
 * @g: the GIC
 * @c: the vCPU that accesses
 * @ipa: address of the first byte
 * @len: bytes: 1, 2, 4 or 8
 * @write: a store
 * @data: store: what is written; load: gets what is read, zero extended
 *
 * All of GICD and of vgic_config.max_cpus GICRs is the GIC's, also the frames of vCPUs
 * that were not made (RAZ/WI but for what lets software skip them). An access
 * that is not inside of one 64 KiB frame as a whole is not. Of a GICv2 all of GICD is
 * the GIC's, and of GICC if its interface is software; else the second half of GICC if
 * vgic_config.dir_traps.
 *
 * Context: the thread of @c, folded, no locks of the vGIC held; may sleep if
 * vgic_ops.sync does. May call vgic_ops.kick.
 * Return: true if the access is complete, false if it is not the GIC's.
 */
bool vgic_mmio(struct vgic *g, struct vgic_cpu *c, u64 ipa, unsigned int len,
	       bool write, u64 *data)
{
	struct vgic_access a = { .g = g, .self = c, .len = len };
	const struct vgic_frame *f;
	const struct vgic_reg *r;

	if (len != 1 && len != 2 && len != 4 && len != 8)
		return false;
	f = vgic_find_frame(&a, ipa);
	if (!f)
		return false;
	r = vgic_find_reg(f, a.off);
	if (r && !(a.off & (len - 1)))
		vgic_access_reg(r, &a, write, data);
	else if (!write)
		*data = 0;
	return true;
}

/**
 * vgic_mmio_quick - the same, if it is done with a few locks taken and left
 * @g: the GIC
 * @c: the vCPU that accesses
 * @ipa: address of the first byte, a multiple of @len
 * @len: bytes: 1, 2, 4 or 8
 * @write: a store
 * @data: store: what is written
 *
 * Not so are reads that want to know what list registers hold, and registers
 * that look at all vCPUs of a GICv3.
 *
 * Context: the thread of @c, folded, no locks of the vGIC held; IRQs may be off.
 * May call vgic_ops.kick.
 * Return: is the access complete, and what is read; if not, nothing has happened. By
 * value: a word whose address is given away costs each of its functions a stack canary.
 */
struct vgic_answer vgic_mmio_quick(struct vgic *g, struct vgic_cpu *c, u64 ipa,
				   unsigned int len, bool write, u64 data)
{
	struct vgic_access a = { .g = g, .self = c, .len = len };
	const struct vgic_frame *f;
	const struct vgic_reg *r;

	f = vgic_find_frame(&a, ipa);
	if (!f)
		return (struct vgic_answer) { };
	r = vgic_find_reg(f, a.off);
	if (!r || !(r->field ? write || !r->field->live : r->quick))
		return (struct vgic_answer) { };
	vgic_access_reg(r, &a, write, &data);
	return (struct vgic_answer) { .done = 1, .data = data };
}

/**
 * vgic_fast_word - where a register can be read without the GIC
 * @g: the GIC, started
 * @c: the vCPU that loads
 * @ipa: address of 32 bits
 * @constant: written if the register does not change any more
 *
 * Context: any.
 * Return: the address of 64 bits, of which a load by @c gets the lower half whenever the
 * upper one is 0, and else has to ask; @constant, vgic_config.shared, or NULL if there
 * is none.
 */
const u64 *vgic_fast_word(struct vgic *g, struct vgic_cpu *c, u64 ipa, u64 *constant)
{
	struct vgic_access a = { .g = g, .self = c, .len = 4 };
	const struct vgic_frame *f;
	const struct vgic_reg *r;

	BUILD_BUG_ON(offsetof(struct vgic_shared, ctlr) != 0 || sizeof(struct vgic_shared) != 8);
	f = vgic_find_frame(&a, ipa);
	if (!f)
		return NULL;
	r = vgic_find_reg(f, a.off);
	switch (r ? r->fast : VGIC_FAST_NOT) {
	case VGIC_FAST_CONSTANT:
		vgic_access_reg(r, &a, false, constant);
		return constant;
	case VGIC_FAST_CTLR:
		return (const u64 *)g->shared;
	default:
		return NULL;
	}
}
