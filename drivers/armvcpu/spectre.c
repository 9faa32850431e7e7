// SPDX-License-Identifier: GPL-2.0-only
/*
 * Branch prediction at exits from a guest: Spectre-v2 (CVE-2017-5715) and
 * Spectre-BHB (CVE-2022-23960).
 *
 * A guest must not choose where the host's branches are predicted to go. What the
 * CPU needs for that is done by hyp/entry.S before the first indirect branch of an
 * exit; here it is chosen, per CPU: big and LITTLE ones need different things.
 */
#include <linux/arm-smccc.h>
#include <linux/bits.h>
#include <linux/cpu.h>
#include <linux/kernel.h>

#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>

#include "host.h"
#include "hyp/hyp.h"
#include "smccc.h"
#include "spectre.h"

/* Fields of ID registers (Arm ARM D19.2) */
#define PFR0_CSV2_SHIFT		56
#define CSV2_3			3	/* FEAT_CSV2_3: no history from elsewhere */
#define MMFR1_ECBHB_SHIFT	60	/* FEAT_ECBHB: exceptions clear the history */
#define ISAR2_CLRBHB_SHIFT	28	/* FEAT_CLRBHB */

/*
 * Implementer and part number of MIDR_EL1 (D19.2.92), by number: the
 * headers of early 6.1 kernels lack the names of some of these CPUs.
 */
#define MIDR_CPU(imp, part)	((imp) << 24 | (part) << 4)
#define MIDR_CPU_MASK		0xff00fff0U
#define ARM(part)		MIDR_CPU(0x41U, part)
#define BROADCOM(part)		MIDR_CPU(0x42U, part)
#define HISILICON(part)		MIDR_CPU(0x48U, part)
#define QUALCOMM(part)		MIDR_CPU(0x51U, part)
#define AMPERE(part)		MIDR_CPU(0xc0U, part)

/*
 * How many taken branches fill the branch history (Arm, "Spectre-BHB"
 * whitepaper, and the vendors' own statements). 0: the CPU is safe.
 */
static const struct {
	u32 cpu;
	u32 branches;
} bhb_cpus[] = {
	{ ARM(0xd03), 0 },		/* Cortex-A53 */
	{ ARM(0xd04), 0 },		/* Cortex-A35 */
	{ ARM(0xd05), 0 },		/* Cortex-A55 */
	{ ARM(0xd46), 0 },		/* Cortex-A510 */
	{ ARM(0xd80), 0 },		/* Cortex-A520 */
	{ BROADCOM(0x100), 0 },		/* Brahma-B53 */
	{ QUALCOMM(0x801), 0 },		/* Kryo 2xx Silver */
	{ QUALCOMM(0x803), 0 },		/* Kryo 3xx Silver */
	{ QUALCOMM(0x805), 0 },		/* Kryo 4xx Silver */
	{ ARM(0xd07), 8 },		/* Cortex-A57 */
	{ ARM(0xd08), 8 },		/* Cortex-A72 */
	{ AMPERE(0xac3), 11 },		/* AmpereOne */
	{ ARM(0xd0b), 24 },		/* Cortex-A76 */
	{ ARM(0xd0c), 24 },		/* Neoverse N1 */
	{ ARM(0xd0d), 24 },		/* Cortex-A77 */
	{ ARM(0xd0e), 24 },		/* Cortex-A76AE */
	{ QUALCOMM(0x804), 24 },	/* Kryo 4xx Gold */
	{ HISILICON(0xd02), 24 },	/* HIP09 */
	{ ARM(0xd40), 32 },		/* Neoverse V1 */
	{ ARM(0xd41), 32 },		/* Cortex-A78 */
	{ ARM(0xd42), 32 },		/* Cortex-A78AE */
	{ ARM(0xd44), 32 },		/* Cortex-X1 */
	{ ARM(0xd47), 32 },		/* Cortex-A710 */
	{ ARM(0xd48), 32 },		/* Cortex-X2 */
	{ ARM(0xd49), 32 },		/* Neoverse N2 */
	{ ARM(0xd4b), 32 },		/* Cortex-A78C */
	{ ARM(0xd4c), 32 },		/* Cortex-X1C */
	{ HISILICON(0xd01), 32 },	/* TaiShan V110 */
	{ ARM(0xd4d), 38 },		/* Cortex-A715 */
	{ ARM(0xd81), 38 },		/* Cortex-A720 */
	{ ARM(0xd4e), 132 },		/* Cortex-X3 */
	{ ARM(0xd4f), 132 },		/* Neoverse V2 */
};

/* What clears the branch history. */
static u64 history_action(const struct spectre_cpu *c)
{
	unsigned int i;

	if (id_field(c->pfr0, PFR0_CSV2_SHIFT) >= CSV2_3 ||
	    id_field(c->mmfr1, MMFR1_ECBHB_SHIFT))
		return 0;
	if (id_field(c->isar2, ISAR2_CLRBHB_SHIFT))
		return HYP_SPECTRE_CLRBHB;
	for (i = 0; i < ARRAY_SIZE(bhb_cpus); i++)
		if (bhb_cpus[i].cpu == (c->midr & MIDR_CPU_MASK))
			return (u64)bhb_cpus[i].branches << HYP_SPECTRE_LOOP_SHIFT;
	/* A CPU that we do not know: its firmware may. */
	if (c->wa3 == SMCCC_RET_SUCCESS)
		return ARM_SMCCC_ARCH_WORKAROUND_3;
	return 0;
}

/**
 * spectre_exit_action() - what a CPU has to do at each exit from a guest
 * @c: the CPU
 *
 * Of several things the one that includes the others: ARCH_WORKAROUND_3 is
 * also good against Spectre-v2, and ARCH_WORKAROUND_1, on the CPUs that have it
 * for v2, also clears the history.
 *
 * Return: hyp_cpu.spectre.
 */
u64 spectre_exit_action(const struct spectre_cpu *c)
{
	u64 action = history_action(c);

	if (c->v2 && c->wa1 == SMCCC_RET_SUCCESS &&
	    action != ARM_SMCCC_ARCH_WORKAROUND_3)
		return ARM_SMCCC_ARCH_WORKAROUND_1;
	return action;
}

/**
 * spectre_probe_cpu() - find that out for this CPU
 *
 * With mitigations=off on the kernel's command line there is nothing to do, as
 * the kernel itself does nothing.
 *
 * Context: a thread bound to its CPU, or atomic.
 * Return: hyp_cpu.spectre.
 */
u64 spectre_probe_cpu(void)
{
	struct spectre_cpu c = {
		.midr = read_cpuid_id(),
		.pfr0 = read_sysreg_s(ID_PFR0),
		.mmfr1 = read_sysreg_s(ID_MMFR1),
		.isar2 = read_sysreg_s(ID_ISAR2),
		.v2 = this_cpu_has_cap(ARM64_SPECTRE_V2),
		.wa1 = smccc_firmware_state(ARM_SMCCC_ARCH_WORKAROUND_1),
		.wa3 = smccc_firmware_state(ARM_SMCCC_ARCH_WORKAROUND_3),
	};

	return cpu_mitigations_off() ? 0 : spectre_exit_action(&c);
}
