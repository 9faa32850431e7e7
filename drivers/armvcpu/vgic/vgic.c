// SPDX-License-Identifier: GPL-2.0-only
/* Making an interrupt controller, joining vCPUs to it, reset. */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include <asm/barrier.h>
#include <asm/page.h>

#include "../uapi.h"
#include "../hyp/hyp.h"
#include "internal.h"

/* Does [ipa, ipa + size) end at or below the end of the IPA space? */
static bool vgic_in_ipa_space(u64 ipa, u64 size, u32 ipa_bits)
{
	u64 space = 1ULL << ipa_bits;

	return size <= space && ipa <= space - size;
}

/**
 * vgic_check_config - are these the arguments of a GIC that can be built?
 * @cfg: what the VMM wants; @cfg->size is not looked at
 * @ipa_bits: the VM's IPA space, below 64
 *
 * What the host can do for it is another question.
 *
 * Return: 0, or -EINVAL for an unknown model or flag, padding, a number of
 * interrupts that is not %VGIC_MIN_IRQS to %VGIC_MAX_IRQS or no multiple of 32, a
 * number of redistributors that is not 1 to %VGIC_MAX_CPUS (model 3) or not 0
 * (model 2), a frame that is not aligned to 64 KiB (model 3) or to a page (model 2) or
 * ends beyond the IPA space, frames that overlap.
 */
int vgic_check_config(const struct armvcpu_create_gic *cfg, u32 ipa_bits)
{
	u64 dist_size, cpu_size, align;

	if (cfg->flags & ~ARMVCPU_GIC_FLAGS_MASK || cfg->pad)
		return -EINVAL;
	if (cfg->nr_irqs < VGIC_MIN_IRQS || cfg->nr_irqs > VGIC_MAX_IRQS || cfg->nr_irqs % 32)
		return -EINVAL;
	switch (cfg->model) {
	case ARMVCPU_GIC_V2:
		if (cfg->redist_count)
			return -EINVAL;
		dist_size = ARMVCPU_GICV2_DIST_SIZE;
		cpu_size = ARMVCPU_GICV2_CPU_SIZE;
		/* the host's GICV can be mapped there */
		align = PAGE_SIZE;
		break;
	case ARMVCPU_GIC_V3:
		if (!cfg->redist_count || cfg->redist_count > VGIC_MAX_CPUS)
			return -EINVAL;
		dist_size = ARMVCPU_GICV3_DIST_SIZE;
		cpu_size = cfg->redist_count * ARMVCPU_GICV3_REDIST_SIZE;
		align = ARMVCPU_GICV3_DIST_SIZE;
		break;
	default:
		return -EINVAL;
	}

	/* @redist_ipa is @cpu_ipa, too */
	if ((cfg->dist_ipa | cfg->cpu_ipa) & (align - 1))
		return -EINVAL;
	if (!vgic_in_ipa_space(cfg->dist_ipa, dist_size, ipa_bits) ||
	    !vgic_in_ipa_space(cfg->cpu_ipa, cpu_size, ipa_bits))
		return -EINVAL;
	/* neither sum wraps now */
	if (cfg->dist_ipa < cfg->cpu_ipa + cpu_size &&
	    cfg->cpu_ipa < cfg->dist_ipa + dist_size)
		return -EINVAL;
	return 0;
}

static void vgic_irq_init(struct vgic_irq *irq, u32 intid, struct vgic_cpu *owner)
{
	irq->intid = intid;
	irq->owner = owner;
	irq->target = owner;
	irq->edge = intid < VGIC_NR_SGIS;
}

/**
 * vgic_create - make an interrupt controller without vCPUs
 * @cfg: what vgic_check_config() has found right, and an interface for it
 * @ops: see struct vgic_ops; must outlive the GIC
 *
 * Context: may sleep; memory is charged to the caller's cgroup.
 * Return: the GIC, or ERR_PTR(-ENOMEM).
 */
struct vgic *vgic_create(const struct vgic_config *cfg, const struct vgic_ops *ops)
{
	struct vgic *g;
	u32 n;

	g = kvzalloc(struct_size(g, slot, cfg->max_cpus), GFP_KERNEL_ACCOUNT);
	if (!g)
		return ERR_PTR(-ENOMEM);
	g->spis = kvcalloc(cfg->nr_irqs - VGIC_NR_PRIVATE, sizeof(*g->spis),
			   GFP_KERNEL_ACCOUNT);
	if (!g->spis) {
		kvfree(g);
		return ERR_PTR(-ENOMEM);
	}

	g->ops = ops;
	g->dist_ipa = cfg->dist_ipa;
	g->cpu_ipa = cfg->cpu_ipa;
	g->model = cfg->model;
	g->iface = cfg->iface;
	g->vtr = cfg->vtr;
	g->dir_traps = cfg->dir_traps;
	g->max_cpus = cfg->max_cpus;
	g->shared = cfg->shared;
	g->shared->ctlr = vgic_ctlr(g, 0);
	g->nr_irqs = cfg->nr_irqs;
	vgic_cpu_init(&g->nobody, NULL, VGIC_NOBODY, 0);
	for (n = VGIC_NR_PRIVATE; n < g->nr_irqs; n++)
		vgic_irq_init(&g->spis[n - VGIC_NR_PRIVATE], n, &g->nobody);
	return g;
}

/**
 * vgic_destroy - free an interrupt controller
 * @g: the GIC or NULL
 *
 * Its vCPUs are without one afterwards, and have to exist still. This also is
 * the way back when vgic_add_cpu() fails for one of several vCPUs.
 *
 * Context: nobody uses @g any more, no vCPU is between flush and fold.
 */
void vgic_destroy(struct vgic *g)
{
	u32 id;

	if (!g)
		return;
	for (id = 0; id < g->nr_slots; id++) {
		if (!g->slot[id].cpu)
			continue;
		g->slot[id].cpu->gic = NULL;
		g->slot[id].cpu->soft = false;
		g->slot[id].cpu->base_hcr = 0;
		g->slot[id].cpu->split_hcr = 0;
	}
	kvfree(g->spis);
	kvfree(g);
}

/**
 * vgic_cpu_init - make a vCPU's part, which belongs to no GIC yet
 * @c: memory that is all zero
 * @h: its virtual CPU interface, which stays where it is
 * @id: number of the vCPU
 * @mpidr: affinity fields as in MPIDR_EL1
 *
 * Context: any; nobody else knows @c.
 */
void vgic_cpu_init(struct vgic_cpu *c, struct hyp_gic *h, u32 id, u64 mpidr)
{
	u32 n;

	raw_spin_lock_init(&c->lock);
	c->h = h;
	c->id = id;
	c->aff = (mpidr >> 32 & 0xff) << 24 | (mpidr & 0xffffff);
	c->sleep = true;
	vgic_queue_init(&c->active);
	vgic_queue_init(&c->pending[0]);
	vgic_queue_init(&c->pending[1]);
	for (n = 0; n < VGIC_NR_PRIVATE; n++)
		vgic_irq_init(&c->private[n], n, c);
}

/**
 * vgic_add_cpu - join a vCPU to an interrupt controller
 * @g: the GIC
 * @c: the vCPU, initialised, without a GIC
 *
 * There is no way back but vgic_destroy(), so this comes last when a vCPU is
 * made. vgic_reset_cpu() sets up its CPU interface.
 *
 * Context: calls for one GIC one after the other, before vgic_start(). Other
 * vCPUs' lines may be driven meanwhile.
 * Return: 0; -EINVAL if the id is not below vgic_config.max_cpus;
 * -EEXIST if it is taken; -EBUSY after vgic_start(). Nothing has changed then.
 */
int vgic_add_cpu(struct vgic *g, struct vgic_cpu *c)
{
	struct vgic_cpu *before, *after;
	struct vgic_irq *irq;
	unsigned long flags;
	u32 n;

	if (c->id >= g->max_cpus)
		return -EINVAL;
	if (g->slot[c->id].cpu)
		return -EEXIST;
	if (READ_ONCE(g->started))
		return -EBUSY;

	before = vgic_route(g, 0);
	c->gic = g;
	c->soft = g->iface == VGIC_IFACE_SOFT;
	g->slot[c->id].aff = c->aff;
	/* pairs with the acquire in vgic_slot_cpu() */
	smp_store_release(&g->slot[c->id].cpu, c);
	WRITE_ONCE(g->nr_slots, max(g->nr_slots, c->id + 1));

	/*
	 * No guest has run yet: SPIs are routed to 0.0.0.0 from reset on; of a GICv2
	 * to a single vCPU, but to none of several.
	 */
	after = vgic_route(g, 0);
	if (after == before)
		return 0;
	for (n = VGIC_NR_PRIVATE; n < g->nr_irqs; n++) {
		struct vgic_cpu *owner;

		irq = vgic_spi(g, n);
		if (!irq)
			break;
		owner = vgic_lock_irq(irq, &flags);
		WRITE_ONCE(irq->target, after);
		vgic_unlock_irq(owner, flags);
		vgic_settle(g, irq, NULL);
	}
	return 0;
}

/**
 * vgic_start - no vCPU is added any more
 * @g: the GIC
 *
 * From now on GICR_TYPER.Last, that of the highest vCPU id, and the routes of
 * SPIs cannot change under the guest. Calling this again does no harm.
 *
 * Context: any, before the first vCPU enters the guest.
 */
void vgic_start(struct vgic *g)
{
	WRITE_ONCE(g->started, true);
}

/**
 * vgic_reset_interface - CPU interface to its state after reset
 * @c: the vCPU
 * @h: its virtual CPU interface: priority mask 0, groups disabled, nothing
 *	active
 *
 * The active state of interrupts is the distributor's and stays.
 *
 * Context: the vCPU is outside of the guest and folded.
 */
void vgic_reset_interface(struct vgic_cpu *c, struct hyp_gic *h)
{
	u32 n;

	h->vmcr = c->gic ? vgic_reset_vmcr(c->gic) : 0;
	c->base_hcr = c->gic ? vgic_base_hcr(c->gic) : 0;
	c->split_hcr = c->gic ? vgic_split_hcr(c->gic) : 0;
	h->hcr = c->base_hcr;
	h->used_lrs = 0;
	for (n = 0; n < HYP_NR_APR; n++) {
		h->ap0r[n] = 0;
		h->ap1r[n] = 0;
	}
	for (n = 0; n < HYP_NR_LR; n++)
		h->lr[n] = 0;
}

/**
 * vgic_reset_cpu - CPU interface, redistributor and private interrupts to their
 *	state after reset
 * @c: the vCPU
 * @h: its virtual CPU interface
 *
 * Input lines and mappings to physical interrupts stay: they are not the
 * guest's. SPIs stay: they are the distributor's.
 *
 * Context: the vCPU is outside of the guest and folded; takes its lock.
 */
void vgic_reset_cpu(struct vgic_cpu *c, struct hyp_gic *h)
{
	unsigned long flags;
	u32 n;

	vgic_reset_interface(c, h);
	raw_spin_lock_irqsave(&c->lock, flags);
	for (n = 0; n < VGIC_NR_PRIVATE; n++)
		vgic_irq_reset(c, &c->private[n]);
	c->sleep = true;
	raw_spin_unlock_irqrestore(&c->lock, flags);
}
