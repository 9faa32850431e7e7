// SPDX-License-Identifier: GPL-2.0-only
/*
 * hardware_enable and hardware_disable, for each CPU: at load and unload, when
 * it comes online and goes offline, around low-power states, at reboot.
 *
 * A VHE host lends its CPU to a guest for the time between entry and exit, and
 * only then: VBAR_EL2, HCR_EL2 and all else are exchanged by the world switch.
 * What enabling changes until the CPU is disabled only matters to EL1: the bit
 * ICC_SRE_EL2.Enable, guests' access to the physical counter and timer in CNTHCTL_EL2,
 * and PMSCR_EL1 where there is SPE. Registers that the host has no use for, those of a
 * GICv2's GICH among them, stay a guest's between its exits (resident.c), and are put
 * back when a CPU is disabled.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpu_pm.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/reboot.h>
#include <linux/slab.h>

#include <asm/barrier.h>
#include <asm/sysreg.h>

#include "compat.h"
#include "el2.h"
#include "host.h"
#include "hyp/el2.h"
#include "hyp/nvhe.h"
#include "hyp/switch.h"
#include "pcpu.h"
#include "resident.h"
#include "smccc.h"
#include "spectre.h"
#include "testhook.h"
#include "timer.h"
#include "vmid.h"

DEFINE_PER_CPU(struct pcpu, armvcpu_pcpu);

static enum cpuhp_state cpuhp_state;
/*
 * The module is loaded: a CPU that cannot be enabled is none for guests. Written
 * with CPU hotplug held off.
 */
static bool initialized;
static bool rebooting;

/*
 * Guests' access to ICC_SRE_EL1 traps while Enable is 0, so that none of them
 * switches the system-register interface off under the host.
 */
static void sre_take(struct pcpu *p)
{
	if (!(p->hyp->features & HYP_HAS_GICV3))
		return;
	p->sre_el2 = el2_read(EL2_ICC_SRE);
	el2_write(EL2_ICC_SRE, p->sre_el2 & ~HYP_ICC_SRE_ENABLE);
	isb();
}

static void sre_give_back(struct pcpu *p)
{
	if (!(p->hyp->features & HYP_HAS_GICV3))
		return;
	el2_write(EL2_ICC_SRE, p->sre_el2);
	isb();
}

/*
 * Out of reset it is UNKNOWN whether EL1 is sampled (Arm ARM, PMSCR_EL1.E1SPE). The host's
 * own is PMSCR_EL2; this one is the guests', and no guest of ours writes it.
 */
static void pmscr_take(struct pcpu *p)
{
	p->has_pmscr = (p->hyp->features & HYP_HAS_SPE) && !(el2_read(EL1_PMBIDR) & PMBIDR_P);
	if (!p->has_pmscr)
		return;
	p->pmscr = el2_read(EL12_PMSCR);
	el2_write(EL12_PMSCR, 0);
}

static void pmscr_give_back(struct pcpu *p)
{
	if (p->has_pmscr)
		el2_write(EL12_PMSCR, p->pmscr);
}

/* Guests read the physical counter, and trap on the physical timer. */
static void counter_take(struct pcpu *p)
{
	el2_write(EL2_CNTHCTL, (el2_read(EL2_CNTHCTL) | CNTHCTL_E2H_EL1PCTEN) &
			       ~CNTHCTL_E2H_EL1PTEN);
}

/*
 * The other bits are the kernel's, which may have changed them. It also saves and
 * restores the register around low-power states, with ours as they were then: what
 * was found is what hardware_enable() found.
 */
static void counter_give_back(struct pcpu *p)
{
	u64 mask = CNTHCTL_E2H_EL1PCTEN | CNTHCTL_E2H_EL1PTEN;

	el2_write(EL2_CNTHCTL, (el2_read(EL2_CNTHCTL) & ~mask) | (p->cnthctl & mask));
}

/*
 * Who had the CPU before may have left the virtual timer on, as a kernel that died does
 * with that of a guest. Its interrupt would come again and again: nobody ends its cause.
 */
static void vtimer_stop(void)
{
	if (armvcpu_host.mode == ARMVCPU_MODE_VHE)
		el2_write(EL12_CNTV_CTL, 0);
	else
		el2_write(EL1_CNTV_CTL, 0);
	isb();
}

/*
 * What the TLB of a CPU holds when it comes up is UNKNOWN, and while it was down
 * it may have missed the maintenance of others (Arm ARM D8.13.4). The kernel
 * cleans the entries of its own regime only. Returns ICH_VTR_EL2 or 0.
 */
static u64 vhe_take_cpu(struct pcpu *p)
{
	u64 vtr;

	sre_take(p);
	counter_take(p);
	vtr = vhe_prepare(p->hyp);
	pmscr_take(p);
	asm volatile("tlbi alle1" : : : "memory");
	asm volatile("ic iallu" : : : "memory");
	dsb(nsh);
	isb();
	return vtr;
}

/* Leave EL2 as it was found. */
static void el2_disable(struct pcpu *p)
{
	if (armvcpu_host.mode == ARMVCPU_MODE_VHE) {
		resident_evict(p);
		vhe_finish(p->hyp);
		pmscr_give_back(p);
		counter_give_back(p);
		sre_give_back(p);
	} else {
		el2_call(NVHE_CALL_FINISH, 0, 0, 0);
		el2_give_back_cpu();
	}
	if (armvcpu_host.gic_iface == VGIC_IFACE_V2)
		gich_finish(&p->gich);
}

/* Guests would find another interrupt controller here than there. */
static bool gic_differs(const struct pcpu *p)
{
	bool v3 = p->hyp->features & HYP_HAS_GICV3;

	return v3 != !!(armvcpu_host.gic_models & BIT(ARMVCPU_GIC_V3));
}

static int el2_take(struct pcpu *p)
{
	u64 vtr, hcr;
	int ret;

	if (gic_differs(p) || !host_cpu_has_stage2())
		return -ENODEV;
	if (armvcpu_host.mode == ARMVCPU_MODE_VHE) {
		if (read_sysreg(CurrentEL) != CurrentEL_EL2)
			return -ENODEV;
		hcr = el2_read(EL2_HCR);
		if (!(hcr & HYP_HCR_E2H) || !(hcr & HYP_HCR_TGE))
			return -ENODEV;
		p->hyp->hcr = hcr;
		vtr = vhe_take_cpu(p);
	} else {
		if (read_sysreg(CurrentEL) == CurrentEL_EL2)
			return -ENODEV;
		ret = el2_take_cpu(p->hyp);
		if (ret)
			return ret;
		p->hyp->hcr = p->hyp->el2.found_hcr;
		vtr = el2_call(NVHE_CALL_PREPARE, 0, 0, 0);
	}
	vtimer_stop();
	if (armvcpu_host.gic_iface == VGIC_IFACE_V2)
		vtr = gich_prepare(&p->gich);
	ret = host_add_gic(testhook_vtr(vtr), !initialized);
	if (!ret)
		ret = testhook_enable();
	if (ret)
		el2_disable(p);
	return ret;
}

/* Make EL2 ours. 0 or a negative errno. */
static int el2_enable(struct pcpu *p)
{
	int ret = el2_take(p);

	if (ret)
		pr_err("cannot enable CPU %u: error %d\n", smp_processor_id(), ret);
	return ret;
}

/* On the CPU itself, which stays it. 0 or a negative errno. */
static int hardware_enable(void)
{
	struct pcpu *p = this_cpu_ptr(&armvcpu_pcpu);
	int ret;

	if (p->enabled)
		return 0;

	p->cpu = smp_processor_id();
	p->hyp->features = host_cpu_features();
	/* TLB maintenance on one CPU is for all of them. */
	armvcpu_host_add_workarounds(p->hyp->features);
	p->hyp->nr_apr = armvcpu_host.nr_apr;
	if (armvcpu_host.mode == ARMVCPU_MODE_VHE)
		p->cnthctl = el2_read(EL2_CNTHCTL);
	ret = el2_enable(p);
	if (ret)
		return ret;
	p->hyp->nr_apr = armvcpu_host.nr_apr;
	smccc_probe_cpu();
	p->hyp->spectre = spectre_probe_cpu();
	/* Who had the CPU before may have left it active. */
	pcpu_quiet_vtimer(p, false);
	enable_percpu_irq(armvcpu_host.vtimer_irq, IRQ_TYPE_NONE);
	if (armvcpu_host.maint_irq)
		enable_percpu_irq(armvcpu_host.maint_irq, IRQ_TYPE_NONE);
	p->enabled = true;
	return 0;
}

/* All but EL2 itself. */
static void stop_guests(struct pcpu *p)
{
	p->enabled = false;
	/* Whatever the copy says: the next who has it would wait for an end. */
	pcpu_quiet_vtimer(p, false);
	if (armvcpu_host.maint_irq)
		disable_percpu_irq(armvcpu_host.maint_irq);
	disable_percpu_irq(armvcpu_host.vtimer_irq);
	vmid_clear_active(smp_processor_id());
}

static void hardware_disable(void)
{
	struct pcpu *p = this_cpu_ptr(&armvcpu_pcpu);

	if (!p->enabled)
		return;
	stop_guests(p);
	el2_disable(p);
}

/* ---- hotplug, idle, reboot ------------------------------------------------- */

/*
 * While the module is loaded, one CPU that fails is a failure. Later the CPU is the
 * host's all the same: guests do not run there, and it is not kept from coming up.
 */
static int pcpu_online(unsigned int cpu)
{
	unsigned long flags;
	int ret = 0;

	local_irq_save(flags);
	if (!READ_ONCE(rebooting))
		ret = hardware_enable();
	local_irq_restore(flags);
	return initialized ? 0 : ret;
}

static int pcpu_offline(unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	hardware_disable();
	local_irq_restore(flags);
	return 0;
}

/* Interrupts are off; a CPU that lost power comes back as firmware leaves it. */
static int pcpu_pm_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	struct pcpu *p = this_cpu_ptr(&armvcpu_pcpu);

	if (!p->enabled)
		return NOTIFY_OK;

	switch (action) {
	case CPU_PM_ENTER:
		el2_disable(p);
		break;
	case CPU_PM_ENTER_FAILED:
	case CPU_PM_EXIT:
		/* What could be enabled once can be again; if not, no guest runs. */
		if (el2_enable(p)) {
			stop_guests(p);
			break;
		}
		/* Which interrupts are active may be lost; do not trust the copy. */
		pcpu_quiet_vtimer(p, false);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block pcpu_pm_nb = {
	.notifier_call = pcpu_pm_notify,
};

static void pcpu_disable_this(void *unused)
{
	hardware_disable();
}

/*
 * No guest outlives this: each entry looks at pcpu.enabled with IRQs off. A CPU that
 * comes online has looked at @rebooting with IRQs off, too, or is called.
 */
static int pcpu_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	WRITE_ONCE(rebooting, true);
	on_each_cpu(pcpu_disable_this, NULL, 1);
	return NOTIFY_OK;
}

static struct notifier_block pcpu_reboot_nb = {
	.notifier_call = pcpu_reboot,
};

/* ---- interrupts ------------------------------------------------------------ */

/* The virtual timer's interrupt where its controller knows of an active state, or NULL. */
static struct irq_data *vtimer_data;

/*
 * What irq_set_irqchip_state() looks up each time. Its locks are for interrupts that
 * change and for controllers behind a bus that sleeps; this one is ours until
 * free_irqs().
 */
static void find_vtimer_data(void)
{
	struct irq_data *d = irq_get_irq_data(armvcpu_host.vtimer_irq);

	while (d && !irq_data_get_irq_chip(d)->irq_set_irqchip_state)
		d = d->parent_data;
	vtimer_data = d && !irq_data_get_irq_chip(d)->irq_bus_lock ? d : NULL;
}

/*
 * A store to the redistributor of a GICv3, which an EOI by a system register could
 * overtake: the PPI would stay active, and nobody know. A load makes sure of it. With a
 * GICv2 both are accesses of one device, which stay in order.
 */
static void set_active(struct irq_data *d, bool active)
{
	struct irq_chip *chip = irq_data_get_irq_chip(d);

	chip->irq_set_irqchip_state(d, IRQCHIP_STATE_ACTIVE, active);
	if (!COMPAT_GIC_READS_BACK && active && chip->irq_get_irqchip_state &&
	    armvcpu_host.gic_models & BIT(ARMVCPU_GIC_V3))
		chip->irq_get_irqchip_state(d, IRQCHIP_STATE_ACTIVE, &active);
}

void pcpu_quiet_vtimer(struct pcpu *p, bool quiet)
{
	unsigned int irq = armvcpu_host.vtimer_irq;
	struct irq_data *d = vtimer_data;

	if (likely(d))
		set_active(d, quiet);
	else if (!armvcpu_host.vtimer_masked)
		irq_set_irqchip_state(irq, IRQCHIP_STATE_ACTIVE, quiet);
	else if (quiet)
		disable_percpu_irq(irq);
	else
		enable_percpu_irq(irq, IRQ_TYPE_NONE);
	p->vtimer_active = quiet;
}

/*
 * The timer of the vCPU whose registers are on this CPU fired outside of the guest.
 * Where the PPI is forwarded the kernel's end of interrupt leaves it active, and that
 * is all there is to know. Else it would fire again at once: the timer is taken off the
 * CPU with the rest of the vCPU. On an nVHE host the switch turns the timer off, so
 * there it is for an edge that the interrupt controller had taken over before.
 */
static irqreturn_t vtimer_interrupt(int irq, void *dev)
{
	struct pcpu *p = this_cpu_ptr(&armvcpu_pcpu);

	/* What could be taken was not quiet. */
	if (!armvcpu_host.vtimer_masked)
		p->vtimer_active = armvcpu_host.vtimer_forwarded;
	if (!p->resident)
		return IRQ_HANDLED;
	timer_has_fired(p->resident);
	if (!armvcpu_host.vtimer_forwarded)
		resident_evict(p);
	return IRQ_HANDLED;
}

/* The exit that it caused has done all; the GIC was quieted with it. */
static irqreturn_t maint_interrupt(int irq, void *dev)
{
	return IRQ_HANDLED;
}

/*
 * What a GIC of the host's needs to be of use to guests. NULL, or why there is no
 * more to it.
 */
static const char *request_gic(void)
{
	const char *why;

	/* A forwarded interrupt is deactivated by the guest through its list register. */
	if (irq_set_vcpu_affinity(armvcpu_host.vtimer_irq, &armvcpu_host))
		return "the host's GIC leaves no interrupt active for a guest (GICC_DIR)";
	why = "the maintenance interrupt of the host's GIC is no PPI, or somebody else's";
	if (request_percpu_irq(armvcpu_host.maint_irq, maint_interrupt,
			       "armvcpu maintenance", &armvcpu_pcpu))
		goto keep;
	why = "the maintenance interrupt of the host's GIC is not the one that the firmware says";
	if (armvcpu_host.gic_iface == VGIC_IFACE_V2 && !gich_raises(armvcpu_host.maint_irq))
		goto free_maint;
	armvcpu_host.vtimer_forwarded = true;
	return NULL;

free_maint:
	free_percpu_irq(armvcpu_host.maint_irq, &armvcpu_pcpu);
keep:
	irq_set_vcpu_affinity(armvcpu_host.vtimer_irq, NULL);
	return why;
}

static int request_irqs(void)
{
	unsigned int vtimer = armvcpu_host.vtimer_irq;
	const char *why;
	int ret;

	ret = request_percpu_irq(vtimer, vtimer_interrupt, "armvcpu vtimer", &armvcpu_pcpu);
	if (ret) {
		pr_err("cannot get the virtual timer's interrupt: error %d\n", ret);
		return ret;
	}
	if (armvcpu_host.gic_iface != VGIC_IFACE_SOFT) {
		why = request_gic();
		if (why)
			host_use_soft_gic(why);
	}
	/* It is not active; that it can be told so is what counts. */
	armvcpu_host.vtimer_masked = testhook_no_gic() ||
		irq_set_irqchip_state(vtimer, IRQCHIP_STATE_ACTIVE, false);
	if (!armvcpu_host.vtimer_masked)
		find_vtimer_data();
	return 0;
}

static void free_irqs(void)
{
	if (armvcpu_host.vtimer_forwarded) {
		free_percpu_irq(armvcpu_host.maint_irq, &armvcpu_pcpu);
		irq_set_vcpu_affinity(armvcpu_host.vtimer_irq, NULL);
	}
	free_percpu_irq(armvcpu_host.vtimer_irq, &armvcpu_pcpu);
}

struct pcpu_call {
	bool (*fn)(void *arg);
	void *arg;
	bool done;
};

static void pcpu_call_here(void *info)
{
	struct pcpu_call *call = info;

	if (this_cpu_read(armvcpu_pcpu.enabled))
		call->done = call->fn(call->arg);
}

void pcpu_call(bool (*fn)(void *arg), void *arg)
{
	struct pcpu_call call = { .fn = fn, .arg = arg };
	int cpu;

	preempt_disable();
	pcpu_call_here(&call);
	/*
	 * Where no CPU at all is enabled there is nothing to do: enabling one
	 * empties its TLB.
	 */
	if (unlikely(!call.done))
		for_each_online_cpu(cpu)
			if (!smp_call_function_single(cpu, pcpu_call_here, &call, 1) && call.done)
				break;
	preempt_enable();
}

/* ---- all CPUs -------------------------------------------------------------- */

static void free_hyp_cpus(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct pcpu *p = &per_cpu(armvcpu_pcpu, cpu);

		el2_page_free(p->stack);
		el2_page_free(p->hyp);
		p->stack = NULL;
		p->hyp = NULL;
	}
}

static int alloc_hyp_cpus(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct pcpu *p = &per_cpu(armvcpu_pcpu, cpu);

		p->hyp = el2_page_alloc(GFP_KERNEL);
		p->stack = el2_page_alloc(GFP_KERNEL);
		if (!p->hyp || !p->stack) {
			free_hyp_cpus();
			return -ENOMEM;
		}
		if (armvcpu_host.mode == ARMVCPU_MODE_NVHE)
			el2_prepare_cpu(p->hyp, p->stack);
	}
	return 0;
}

int pcpu_init(void)
{
	int ret;

	ret = el2_init();
	if (ret)
		return ret;
	ret = alloc_hyp_cpus();
	if (ret)
		goto free_el2;
	ret = request_irqs();
	if (ret)
		goto free_hyp;
	/* Before a CPU is enabled: it does nothing for one that is not. */
	ret = cpu_pm_register_notifier(&pcpu_pm_nb);
	if (ret)
		goto free_irq;
	/* No CPU comes online between the last one here and @initialized. */
	cpus_read_lock();
	ret = cpuhp_setup_state_cpuslocked(CPUHP_AP_ONLINE_DYN, "virt/armvcpu:online",
					   pcpu_online, pcpu_offline);
	initialized = ret >= 0;
	cpus_read_unlock();
	if (ret < 0)
		goto unregister_pm;
	cpuhp_state = ret;
	ret = register_reboot_notifier(&pcpu_reboot_nb);
	if (ret)
		goto remove_state;
	return 0;

remove_state:
	cpuhp_remove_state(cpuhp_state);
unregister_pm:
	cpu_pm_unregister_notifier(&pcpu_pm_nb);
free_irq:
	free_irqs();
free_hyp:
	free_hyp_cpus();
free_el2:
	el2_exit();
	return ret;
}

void pcpu_exit(void)
{
	unregister_reboot_notifier(&pcpu_reboot_nb);
	cpuhp_remove_state(cpuhp_state);
	cpu_pm_unregister_notifier(&pcpu_pm_nb);
	free_irqs();
	free_hyp_cpus();
	el2_exit();
}
