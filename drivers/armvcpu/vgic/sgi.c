// SPDX-License-Identifier: GPL-2.0-only
/* Software generated interrupts by system register (IHI0069 12.2.15 to 12.2.17). */
#include <linux/bits.h>
#include <linux/kernel.h>

#include "internal.h"

static bool vgic_irq_pend_group0(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	return irq->group == 0 && vgic_irq_pend(owner, irq, val);
}

static bool vgic_irq_pend_group1(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val)
{
	return irq->group == 1 && vgic_irq_pend(owner, irq, val);
}

/**
 * vgic_send_sgi - the guest wrote ICC_SGI0R_EL1, ICC_SGI1R_EL1 or ICC_ASGI1R_EL1
 * @g: the GIC
 * @src: the vCPU that wrote
 * @val: what it wrote
 * @reg: which register
 *
 * An SGI gets pending at those targets where it is in the register's group: 1
 * for SGI1R, 0 for SGI0R, and also for ASGI1R, whose interrupts of the other
 * security state are group 0 where there is one state only. Targets that do not
 * exist are ignored. Range selector n means Aff0 16n to 16n + 15, which no vCPU
 * has for n > 0.
 *
 * Context: the thread of @src, folded, no vGIC lock held. May call
 * vgic_ops.kick.
 */
void vgic_send_sgi(struct vgic *g, struct vgic_cpu *src, u64 val,
		   enum vgic_sgi_reg reg)
{
	u32 cluster = (val >> 48 & 0xff) << 16 | (val >> 32 & 0xff) << 8 |
		      (val >> 16 & 0xff);
	u32 first = (val >> 44 & 0xf) * 16;
	u32 intid = val >> 24 & 0xf;
	u32 targets = val & 0xffff;
	struct vgic_cpu *c;
	u32 id, aff0;

	/* a GICv2 has none of these registers */
	if (g->model != ARMVCPU_GIC_V3)
		return;

	for (id = 0; id < READ_ONCE(g->nr_slots); id++) {
		c = vgic_slot_cpu(g, id);
		if (!c)
			continue;
		if (val & VGIC_SGI_IRM) {
			if (c == src)
				continue;
		} else {
			aff0 = c->aff & 0xff;
			if (c->aff >> 8 != cluster || aff0 < first || aff0 > first + 15 ||
			    !(targets & BIT(aff0 - first)))
				continue;
		}
		vgic_change(g, &c->private[intid],
			    reg == VGIC_ICC_SGI1R ? vgic_irq_pend_group1 :
						    vgic_irq_pend_group0,
			    1, src);
	}
}
