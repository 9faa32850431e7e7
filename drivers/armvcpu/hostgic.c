// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the host's interrupt controller can stand behind a guest's: the system
 * registers of a GICv3; list registers and the virtual CPU interface of a GICv2; or
 * nothing, then guests get theirs in software.
 *
 * What device tree and ACPI say is not believed where it would hurt: many describe
 * these parts wrongly, for nothing in Linux but a hypervisor looks at them.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/acpi.h>
#include <linux/bitfield.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>
#include <linux/preempt.h>
#include <linux/sizes.h>

#include "gicframes.h"
#include "gich.h"
#include "host.h"
#include "hyp/el2.h"
#include "hyp/hyp.h"
#include "testhook.h"
#include "uapi.h"

/**
 * struct host_gic - the host's interrupt controller
 * @gic: it is one
 * @version: 2 or 3, as the firmware calls it; 0: it does not say
 * @maint_irq: Linux number of the maintenance interrupt or 0
 * @frame: of a GICv2
 */
struct host_gic {
	bool gic;
	unsigned int version;
	unsigned int maint_irq;
	struct gic_frame frame[NR_GIC_FRAMES];
};

static struct irq_data *root_of(unsigned int irq)
{
	struct irq_data *d = irq_get_irq_data(irq);

	while (d && d->parent_data)
		d = d->parent_data;
	return d;
}

unsigned int host_intid_of(unsigned int irq)
{
	struct irq_data *d = root_of(irq);

	return d ? irqd_to_hwirq(d) : 0;
}

/* ---- what the firmware says -------------------------------------------------- */

static const struct of_device_id gicv3_nodes[] __initconst = {
	{ .compatible = "arm,gic-v3" },
	{}
};

/* All that the kernel's driver knows; which of them have GICH and GICV, their nodes say. */
static const struct of_device_id gicv2_nodes[] __initconst = {
	{ .compatible = "arm,gic-400" },
	{ .compatible = "arm,cortex-a15-gic" },
	{ .compatible = "arm,cortex-a7-gic" },
	{ .compatible = "arm,cortex-a9-gic" },
	{ .compatible = "arm,arm11mp-gic" },
	{ .compatible = "arm,arm1176jzf-devchip-gic" },
	{ .compatible = "arm,eb11mp-gic" },
	{ .compatible = "arm,tc11mp-gic" },
	{ .compatible = "arm,pl390" },
	{ .compatible = "qcom,msm-8660-qgic" },
	{ .compatible = "qcom,msm-qgic2" },
	{}
};

/* The controller that the timer is wired to: there may be others behind it. */
static void __init dt_find_gic(struct host_gic *g)
{
	struct irq_data *root = root_of(armvcpu_host.vtimer_irq);
	struct device_node *np;
	struct resource res;
	int i;

	np = root && root->domain ? to_of_node(root->domain->fwnode) : NULL;
	if (!np)
		return;
	if (of_match_node(gicv2_nodes, np)) {
		for (i = 0; i < NR_GIC_FRAMES; i++)
			if (!of_address_to_resource(np, i, &res))
				g->frame[i] = gic_frame_at(res.start, resource_size(&res));
		g->version = 2;
	} else if (of_match_node(gicv3_nodes, np)) {
		g->version = 3;
	} else {
		return;
	}
	g->gic = true;
	g->maint_irq = irq_of_parse_and_map(np, 0);
}

#ifdef CONFIG_ACPI
static unsigned int __init acpi_irq(const struct acpi_madt_generic_interrupt *gicc)
{
	int ret;

	if (!gicc->vgic_interrupt)
		return 0;
	ret = acpi_register_gsi(NULL, gicc->vgic_interrupt,
				gicc->flags & ACPI_MADT_VGIC_IRQ_MODE ?
				ACPI_EDGE_SENSITIVE : ACPI_LEVEL_SENSITIVE,
				ACPI_ACTIVE_HIGH);
	return ret > 0 ? ret : 0;
}

/* ACPI gives no sizes: those of the architecture. */
static void __init acpi_gicc(struct host_gic *g, const struct acpi_madt_generic_interrupt *gicc)
{
	if (g->gic || !(gicc->flags & ACPI_MADT_ENABLED))
		return;
	g->gic = true;
	g->maint_irq = acpi_irq(gicc);
	g->frame[GICC] = gic_frame_at(gicc->base_address, SZ_8K);
	g->frame[GICH] = gic_frame_at(gicc->gich_base_address, SZ_4K);
	g->frame[GICV] = gic_frame_at(gicc->gicv_base_address, SZ_8K);
}

static void __init acpi_gicd(struct host_gic *g, const struct acpi_madt_generic_distributor *gicd)
{
	g->frame[GICD] = gic_frame_at(gicd->base_address, SZ_4K);
	if (gicd->version == ACPI_MADT_GIC_VERSION_NONE)
		return;
	g->version = gicd->version >= ACPI_MADT_GIC_VERSION_V3 ? 3 : 2;
}

/* The first enabled GICC of the MADT speaks for all. */
static void __init acpi_find_gic(struct host_gic *g)
{
	struct acpi_table_header *hdr;
	u8 *p, *end;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_MADT, 0, &hdr)))
		return;
	p = (u8 *)hdr + sizeof(struct acpi_table_madt);
	end = (u8 *)hdr + hdr->length;
	while (p + sizeof(struct acpi_subtable_header) <= end) {
		struct acpi_subtable_header *sub = (void *)p;

		if (sub->length < sizeof(*sub) || p + sub->length > end)
			break;
		if (sub->type == ACPI_MADT_TYPE_GENERIC_INTERRUPT &&
		    sub->length >= offsetofend(struct acpi_madt_generic_interrupt,
					       vgic_interrupt))
			acpi_gicc(g, (void *)p);
		else if (sub->type == ACPI_MADT_TYPE_GENERIC_DISTRIBUTOR &&
			 sub->length >= offsetofend(struct acpi_madt_generic_distributor,
						    version))
			acpi_gicd(g, (void *)p);
		p += sub->length;
	}
	acpi_put_table(hdr);
}
#else
static void __init acpi_find_gic(struct host_gic *g) { }
#endif

/* ---- a GICv2 ------------------------------------------------------------------- */

#define GICV_IIDR		0xfc
#define IIDR_ARCH_VERSION	GENMASK(19, 16)

/*
 * Of GICV's first registers, or of the same ones over again. 0: that is no GICV. Not
 * all have the implementer's number of their GICC, or any.
 */
static u32 __init gicv_iidr(u64 base)
{
	void __iomem *p = ioremap(base, SZ_4K);
	u32 iidr;

	if (!p)
		return 0;
	iidr = readl_relaxed(p + GICV_IIDR);
	iounmap(p);
	return FIELD_GET(IIDR_ARCH_VERSION, iidr) == 2 ? iidr : 0;
}

static bool __init is_memory(const struct gic_frame *f)
{
	return region_intersects(f->base, f->size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	       REGION_DISJOINT;
}

static const char * __init probe_gicv2(const struct gic_frame *f)
{
	struct gic_frames_host host = {
		.page_size = PAGE_SIZE,
		.pa_bits = armvcpu_host.ipa_bits,
		.is_memory = is_memory,
		.gicv_iidr = gicv_iidr,
	};
	const char *why = gic_frames_wrong(f, &host);

	why = why ?: gich_map(f[GICH].base);
	return why ?: gicv_find(&f[GICV], &host, &armvcpu_host.gicv);
}

/* ---- the choice ------------------------------------------------------------------ */

/* For hosts whose GIC is not to be trusted with what guests do to it. */
static bool soft_gic;
module_param(soft_gic, bool, 0444);
MODULE_PARM_DESC(soft_gic, "Interrupt controllers of guests are software: none of the host's GIC is used for them");

void host_use_soft_gic(const char *why)
{
	pr_info("interrupt controllers of guests are software: %s\n", why);
	gich_unmap();
	armvcpu_host.gic_iface = VGIC_IFACE_SOFT;
	armvcpu_host.gic_hw_models = 0;
	armvcpu_host.maint_irq = 0;
}

void __init host_probe_gic(void)
{
	struct host_gic g = { };
	const char *why = NULL;
	bool gicv3;

	/* All CPUs have to be alike; which is this one is looked at when it is enabled. */
	preempt_disable();
	gicv3 = host_cpu_features() & HYP_HAS_GICV3;
	preempt_enable();

	if (testhook_no_gic())
		g.gic = false;
	else if (acpi_disabled)
		dt_find_gic(&g);
	else
		acpi_find_gic(&g);

	/*
	 * Without system registers to trap, a guest's accesses to those of a GICv3 are
	 * UNDEFINED at its own level.
	 */
	armvcpu_host.gic_models = BIT(ARMVCPU_GIC_V2) | (gicv3 ? BIT(ARMVCPU_GIC_V3) : 0);
	armvcpu_host.maint_irq = g.maint_irq;
	if (soft_gic)
		why = "the parameter soft_gic says so";
	else if (!g.gic)
		why = "the host's is no GIC";
	else if (g.version && g.version != (gicv3 ? 3 : 2))
		why = "the CPUs have the registers of another GIC than the host's";
	else if (!g.maint_irq)
		why = "the host's GIC has no maintenance interrupt";
	else if (!gicv3)
		why = probe_gicv2(g.frame);
	if (why) {
		host_use_soft_gic(why);
		return;
	}
	armvcpu_host.gic_iface = gicv3 ? VGIC_IFACE_V3 : VGIC_IFACE_V2;
	armvcpu_host.gic_hw_models = BIT(gicv3 ? ARMVCPU_GIC_V3 : ARMVCPU_GIC_V2);
	armvcpu_host.maint_intid = host_intid_of(g.maint_irq);
}

void host_exit_gic(void)
{
	gich_unmap();
}

/*
 * A vCPU takes its active priorities along, so each has to be the same bit everywhere: the
 * CPUs agree about the bits of preemption.
 */
int host_add_gic(u64 vtr, bool loading)
{
	static DEFINE_RAW_SPINLOCK(lock);
	u32 nr_apr = hyp_nr_apr(vtr), joined;
	bool first;
	unsigned long flags;
	int ret = 0;

	if (armvcpu_host.gic_iface == VGIC_IFACE_SOFT)
		return 0;
	raw_spin_lock_irqsave(&lock, flags);
	first = !armvcpu_host.nr_lr;
	joined = vgic_join_vtr(first ? vtr : armvcpu_host.gic_vtr, vtr);
	if (!first && nr_apr != armvcpu_host.nr_apr) {
		ret = -ENODEV;
	} else if (loading) {
		armvcpu_host.nr_apr = nr_apr;
		armvcpu_host.gic_vtr = joined;
		armvcpu_host.nr_lr = hyp_nr_lr(joined);
	} else if (joined != armvcpu_host.gic_vtr) {
		ret = -ENODEV;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return ret;
}
