/* SPDX-License-Identifier: GPL-2.0-only */
/* What this machine is and whether guests can run on it. */
#ifndef ARMVCPU_HOST_H
#define ARMVCPU_HOST_H

#include <linux/types.h>

#include "vgic/vgic.h"

/* ID registers by encoding (Arm ARM D19.2); asm/sysreg.h has sys_reg() */
#define ID_PFR0		sys_reg(3, 0, 0, 4, 0)
#define ID_PFR1		sys_reg(3, 0, 0, 4, 1)
#define ID_DFR0		sys_reg(3, 0, 0, 5, 0)
#define ID_ISAR2	sys_reg(3, 0, 0, 6, 2)
#define ID_MMFR0	sys_reg(3, 0, 0, 7, 0)
#define ID_MMFR1	sys_reg(3, 0, 0, 7, 1)

/* A field of them: all have 4 bits. */
static inline unsigned int id_field(u64 reg, unsigned int shift)
{
	return (reg >> shift) & 0xf;
}

/**
 * struct armvcpu_host - the host, found out once when the module is loaded
 * @mode: ARMVCPU_MODE_*
 * @ipa_bits: bits of guest physical address that stage 2 can translate
 * @vmid_bits: 8 or 16
 * @features: HYP_HAS_* and HYP_WA_* of any CPU
 * @gic_iface: what of the host's GIC guests can use; VGIC_IFACE_SOFT: nothing
 * @gic_models: bit N: a VM can have a GIC of model N
 * @gic_hw_models: bit N: with @gic_iface
 * @nr_lr: list registers of each CPU; 0 with VGIC_IFACE_SOFT, like the next two
 * @nr_apr: active priority registers of each group
 * @gic_vtr: ICH_VTR_EL2 or GICH_VTR: what the virtual CPU interfaces of all CPUs have,
 *	see vgic_join_vtr()
 * @gicv: VGIC_IFACE_V2: physical address of GICV, whole pages
 * @vtimer_irq: Linux number of the virtual timer's PPI
 * @vtimer_intid: its INTID
 * @vtimer_forwarded: the guest deactivates it, not the host
 * @vtimer_masked: it is kept quiet by disabling it, since its active state cannot be set
 * @maint_irq: Linux number of the GIC's maintenance interrupt; 0 with VGIC_IFACE_SOFT
 * @maint_intid: its INTID
 * @timer_freq: CNTFRQ_EL0 in Hz
 */
struct armvcpu_host {
	u32 mode;
	u32 ipa_bits;
	u32 vmid_bits;
	u64 features;
	enum vgic_iface gic_iface;
	u32 gic_models;
	u32 gic_hw_models;
	u32 nr_lr;
	u32 nr_apr;
	u32 gic_vtr;
	u64 gicv;
	unsigned int vtimer_irq;
	unsigned int vtimer_intid;
	bool vtimer_forwarded;
	bool vtimer_masked;
	unsigned int maint_irq;
	unsigned int maint_intid;
	u32 timer_freq;
};

extern struct armvcpu_host armvcpu_host;

/**
 * armvcpu_host_add_workarounds() - a CPU that came late has errata of its own
 * @features: its HYP_WA_*; TLB maintenance on a VHE host heeds them on all CPUs
 */
void armvcpu_host_add_workarounds(u64 features);

/**
 * host_add_gic() - a CPU tells what its virtual CPU interface can do
 * @vtr: its ICH_VTR_EL2 or GICH_VTR; not looked at with VGIC_IFACE_SOFT
 * @loading: there is no VM yet: guests get what all CPUs can do. Later one that can do
 *	less would not do for those that are there
 *
 * Return: 0, -ENODEV
 */
int host_add_gic(u64 vtr, bool loading);

/**
 * host_probe() - find out whether and how this host can run guests
 *
 * Prints one line that says why not and what to do where it cannot.
 *
 * Return: 0, -ENODEV where the machine or its boot lacks something, -EBUSY
 * where somebody else has what is needed.
 */
int host_probe(void);

/**
 * host_cpu_has_stage2() - has this CPU what VMs were promised of stage 2?
 *
 * One that comes online late may have smaller addresses, fewer VMIDs, or no such pages.
 *
 * Context: on the CPU in question, which cannot change meanwhile.
 * Return: whether it has.
 */
bool host_cpu_has_stage2(void);

/**
 * host_probe_gic() - find out what of the host's GIC guests can use
 *
 * Prints one line that says why where it is nothing. @armvcpu_host.vtimer_irq is there.
 */
void host_probe_gic(void);

/**
 * host_use_soft_gic() - nothing of the host's GIC can be used after all
 * @why: the line about it, the rest of a sentence
 *
 * Context: before a CPU is enabled.
 */
void host_use_soft_gic(const char *why);

/** host_exit_gic() - undo host_probe_gic() */
void host_exit_gic(void);

/** host_intid_of() - the number by which the root interrupt controller knows an IRQ */
unsigned int host_intid_of(unsigned int irq);

/**
 * host_cpu_features() - HYP_HAS_* and HYP_WA_* of the CPU that asks
 *
 * Context: on the CPU in question, which cannot change meanwhile.
 */
u64 host_cpu_features(void);

#endif /* ARMVCPU_HOST_H */
