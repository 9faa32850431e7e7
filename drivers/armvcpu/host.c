// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is this host usable? What it has, and one clear line when it is not.
 *
 * The order matters: nothing here executes an instruction that could hang or
 * kill a machine on which the answer turns out to be no.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/acpi.h>
#include <linux/arm-smccc.h>
#include <linux/interrupt.h>
#include <linux/of.h>
#include <linux/of_irq.h>

#include <asm/arch_timer.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/hypervisor.h>
#include <asm/sysreg.h>

#include "el2.h"
#include "host.h"
#include "hyp/el2.h"
#include "hyp/hyp.h"
#include "testhook.h"
#include "uapi.h"

struct armvcpu_host armvcpu_host;

/*
 * Errata that matter to a hypervisor, by MIDR_EL1. What the kernel knows of them
 * depends on its configuration, and one without KVM may have been built without.
 */
static const struct midr_range speculative_at_cpus[] = {
	MIDR_RANGE(MIDR_CORTEX_A76, 0, 0, 2, 0),		/* 1165522 */
	MIDR_ALL_VERSIONS(MIDR_CORTEX_A57),			/* 1319537 */
	MIDR_ALL_VERSIONS(MIDR_CORTEX_A72),			/* 1319367 */
	MIDR_RANGE(MIDR_CORTEX_A55, 0, 0, 2, 0),		/* 1530923 */
	MIDR_REV(MIDR_QCOM_KRYO_4XX_SILVER, 0xd, 0xe),
	{}
};

static const struct midr_range hpfar_cpus[] = {
	MIDR_RANGE(MIDR_CORTEX_A57, 0, 0, 1, 2),		/* 834220 */
	{}
};

static const struct midr_range par_cpus[] = {
	MIDR_RANGE(MIDR_CORTEX_A77, 0, 0, 1, 0),		/* 1508412 */
	{}
};

u64 host_cpu_features(void)
{
	u64 pfr0 = read_sysreg_s(ID_PFR0);
	u64 pfr1 = read_sysreg_s(ID_PFR1);
	u64 dfr0 = read_sysreg_s(ID_DFR0);
	u64 mmfr0 = read_sysreg_s(ID_MMFR0);
	u64 mmfr1 = read_sysreg_s(ID_MMFR1);
	u64 f = 0;

	if (id_field(pfr0, 28))
		f |= HYP_HAS_RAS;
	/* A kernel that does not use it never clears it. */
	if (id_field(mmfr1, 20))
		f |= system_uses_hw_pan() ? HYP_HAS_PAN : HYP_CLEARS_PAN;
	if (id_field(pfr0, 48))
		f |= HYP_HAS_DIT;
	if (id_field(mmfr0, 56))
		f |= HYP_HAS_FGT;
	if (id_field(mmfr1, 40))
		f |= HYP_HAS_HCX;
	if (id_field(dfr0, 32))
		f |= HYP_HAS_SPE;
	if (id_field(dfr0, 44))
		f |= HYP_HAS_TRBE;
	if (id_field(pfr1, 8) >= 2)
		f |= HYP_HAS_MTE;
	/* The interface may be there and switched off, under a GICv2. */
	if (id_field(pfr0, 24) && (el2_read(EL1_ICC_SRE) & HYP_ICC_SRE_SRE))
		f |= HYP_HAS_GICV3;
	if (is_midr_in_range_list(read_cpuid_id(), speculative_at_cpus))
		f |= HYP_WA_SPECULATIVE_AT;
	if (is_midr_in_range_list(read_cpuid_id(), hpfar_cpus))
		f |= HYP_WA_834220;
	if (is_midr_in_range_list(read_cpuid_id(), par_cpus))
		f |= HYP_WA_1508412;
	return f;
}

void armvcpu_host_add_workarounds(u64 features)
{
	static DEFINE_RAW_SPINLOCK(lock);
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	armvcpu_host.features |= features;
	raw_spin_unlock_irqrestore(&lock, flags);
}

/* ---- where the virtual timer is --------------------------------------------- */

static const struct of_device_id timer_nodes[] __initconst = {
	{ .compatible = "arm,armv8-timer" },
	{ .compatible = "arm,armv7-timer" },
	{}
};

/* Index of the virtual timer in an arm,armv8-timer node without names. */
#define TIMER_NODE_VIRT	2

static unsigned int __init dt_vtimer_irq(void)
{
	struct device_node *np = of_find_matching_node(NULL, timer_nodes);
	int irq;

	if (!np)
		return 0;
	/* Some firmware leaves CNTFRQ_EL0 unset; the tree says it then. */
	of_property_read_u32(np, "clock-frequency", &armvcpu_host.timer_freq);
	if (of_property_read_bool(np, "interrupt-names"))
		irq = of_irq_get_byname(np, "virt");
	else
		irq = irq_of_parse_and_map(np, TIMER_NODE_VIRT);
	of_node_put(np);
	return irq > 0 ? irq : 0;
}

#ifdef CONFIG_ACPI
static unsigned int __init acpi_vtimer_irq(void)
{
	struct acpi_table_header *hdr;
	struct acpi_table_gtdt *gtdt;
	unsigned int irq = 0;
	int ret;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_GTDT, 0, &hdr)))
		return 0;
	if (hdr->length >= sizeof(*gtdt)) {
		gtdt = (struct acpi_table_gtdt *)hdr;
		ret = acpi_register_gsi(NULL, gtdt->virtual_timer_interrupt,
					gtdt->virtual_timer_flags & ACPI_GTDT_INTERRUPT_MODE ?
					ACPI_EDGE_SENSITIVE : ACPI_LEVEL_SENSITIVE,
					gtdt->virtual_timer_flags & ACPI_GTDT_INTERRUPT_POLARITY ?
					ACPI_ACTIVE_LOW : ACPI_ACTIVE_HIGH);
		if (ret > 0)
			irq = ret;
	}
	acpi_put_table(hdr);
	return irq;
}
#else
static unsigned int __init acpi_vtimer_irq(void) { return 0; }
#endif

/* ---- the checks ------------------------------------------------------------ */

/*
 * Who is at EL2 when the kernel is not, for the refusal: by what the device tree says
 * and what the kernel asked for at boot. Nobody is called here.
 */
static const char * __init el2_owner(void)
{
	static char text[80] __initdata;
	struct device_node *np = of_find_node_by_path("/hypervisor");
	const char *name = NULL;

	if (np && !of_property_read_string(np, "compatible", &name))
		snprintf(text, sizeof(text), ", EL2 belongs to %s", name);
	else if (kvm_arm_hyp_service_available(ARM_SMCCC_KVM_FUNC_FEATURES))
		strscpy(text, ", EL2 belongs to the KVM that this is a guest of", sizeof(text));
	of_node_put(np);
	return text;
}

static int __init no_vtimer(void)
{
	pr_err("neither device tree nor ACPI names the interrupt of the virtual timer\n");
	return -ENODEV;
}

/* Which of VHE, EL1 above a stub, and EL1 alone is this? */
static int __init probe_mode(void)
{
	u64 pfr0 = read_sysreg_s(ID_PFR0);

	if (id_field(pfr0, 16) == 0xf) {
		pr_err("these CPUs have no floating point, which guests are promised\n");
		return -ENODEV;
	}
	if (read_sysreg(CurrentEL) == CurrentEL_EL2) {
		armvcpu_host.mode = ARMVCPU_MODE_VHE;
		return 0;
	}

	if (!id_field(pfr0, 8)) {
		pr_err("the kernel was entered at EL1%s: start it at EL2 (firmware option, or \"virtualization=on\" for a virtual machine)\n",
		       el2_owner());
		return -ENODEV;
	}
	/* Without it nothing tells whether somebody would listen to an HVC. */
	if (!armvcpu_host.vtimer_irq)
		return no_vtimer();
	if (irq_has_action(armvcpu_host.vtimer_irq)) {
		pr_err("the kernel runs at EL1 and EL2 is not its own%s: start it at EL2, with \"kvm-arm.mode=none\" if KVM holds EL2\n",
		       el2_owner());
		return -EBUSY;
	}
	/* The kernel was entered at EL2: its stub is there, or somebody whom it let in. */
	if (!el2_stub_answers()) {
		pr_err("EL2 is held by somebody who does not answer as the kernel's stub does\n");
		return -EBUSY;
	}
	armvcpu_host.mode = ARMVCPU_MODE_NVHE;
	return 0;
}

/* Does stage 2 have the kernel's granule? */
static bool granule_ok(u64 mmfr0)
{
	unsigned int gran, gran2;

	/* TGran_2 = 0: as stage 1. The encodings of stage 1 differ by granule. */
	switch (PAGE_SHIFT) {
	case 12:
		gran2 = id_field(mmfr0, 40);
		gran = id_field(mmfr0, 28);
		return gran2 ? gran2 >= 2 : gran != 0xf;
	case 14:
		gran2 = id_field(mmfr0, 32);
		gran = id_field(mmfr0, 20);
		return gran2 ? gran2 >= 2 : gran != 0;
	default:
		gran2 = id_field(mmfr0, 36);
		gran = id_field(mmfr0, 24);
		return gran2 ? gran2 >= 2 : gran != 0xf;
	}
}

/* 52-bit addresses need other descriptor formats; 48 is what we walk. */
static u32 ipa_bits_of(u64 mmfr0)
{
	static const u8 pa_bits[] = { 32, 36, 40, 42, 44, 48, 52 };

	return min_t(u32, pa_bits[min_t(u32, id_field(mmfr0, 0), 6)], 48);
}

static u32 vmid_bits_of(u64 mmfr1)
{
	return id_field(mmfr1, 4) == 2 ? 16 : 8;
}

static int __init probe_stage2(void)
{
	u64 mmfr0 = read_sanitised_ftr_reg(ID_MMFR0);

	if (!granule_ok(mmfr0)) {
		pr_err("the CPUs have no stage 2 translation with pages of %lu KiB: use a kernel with another page size\n",
		       PAGE_SIZE >> 10);
		return -ENODEV;
	}
	armvcpu_host.ipa_bits = ipa_bits_of(mmfr0);
	armvcpu_host.vmid_bits = vmid_bits_of(read_sanitised_ftr_reg(ID_MMFR1));
	return 0;
}

/*
 * The kernel makes sure of this, or of some of it, with KVM only. VMIDs with more bits
 * than a CPU has would be those of other VMs there.
 */
bool host_cpu_has_stage2(void)
{
	u64 mmfr0 = testhook_mmfr0(read_sysreg_s(ID_MMFR0));
	u64 mmfr1 = testhook_mmfr1(read_sysreg_s(ID_MMFR1));

	return granule_ok(mmfr0) && ipa_bits_of(mmfr0) >= armvcpu_host.ipa_bits &&
	       vmid_bits_of(mmfr1) >= armvcpu_host.vmid_bits;
}

static int __init probe_timer(void)
{
	if (!armvcpu_host.vtimer_irq)
		return no_vtimer();
	if (irq_has_action(armvcpu_host.vtimer_irq)) {
		pr_err("KVM is in charge of this machine: start the kernel with \"kvm-arm.mode=none\"\n");
		return -EBUSY;
	}
	armvcpu_host.vtimer_intid = host_intid_of(armvcpu_host.vtimer_irq);
	if (!armvcpu_host.timer_freq)
		armvcpu_host.timer_freq = arch_timer_get_cntfrq();
	if (!armvcpu_host.timer_freq) {
		pr_err("neither CNTFRQ_EL0 nor the device tree gives the timer's frequency\n");
		return -ENODEV;
	}
	return 0;
}

int __init host_probe(void)
{
	int ret;

	armvcpu_host.vtimer_irq = acpi_disabled ? dt_vtimer_irq() : acpi_vtimer_irq();

	ret = probe_mode();
	if (!ret)
		ret = probe_timer();
	if (!ret)
		ret = probe_stage2();
	if (!ret)
		host_probe_gic();
	return ret;
}
