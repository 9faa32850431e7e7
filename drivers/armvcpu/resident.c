// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a VHE host the kernel does not use the registers of EL1, the virtual timer
 * and the virtual CPU interface: they may stay a vCPU's from one exit to the next
 * entry, until another vCPU runs on the CPU, the vCPU runs on another CPU,
 * somebody wants to see them, or the CPU goes.
 *
 * Two words say where they are, pcpu.resident and armvcpu_vcpu.resident_cpu. Both
 * are only changed on that CPU with IRQs off, and together. Who finds a vCPU's
 * registers on another CPU asks that one to save them.
 *
 * The code that reads struct hyp_vcpu does not know of this: it runs after
 * resident_sync(), or looks only at what each exit saves.
 */
#include <linux/irqflags.h>
#include <linux/smp.h>

#include "armvcpu.h"
#include "host.h"
#include "hyp/switch.h"
#include "pcpu.h"
#include "resident.h"

void resident_evict(struct pcpu *p)
{
	struct armvcpu_vcpu *vcpu = p->resident;

	if (!vcpu)
		return;
	vhe_save(vcpu->hyp, p->hyp);
	if (vcpu->gich)
		gich_save(&vcpu->hyp->gic);
	p->resident = NULL;
	/* Whoever sees this sees the registers, and may free the vCPU. */
	smp_store_release(&vcpu->resident_cpu, RESIDENT_NOWHERE);
}

bool resident_claim(struct armvcpu_vcpu *vcpu, struct pcpu *p)
{
	if (likely(p->resident == vcpu) || armvcpu_host.mode != ARMVCPU_MODE_VHE)
		return true;
	if (smp_load_acquire(&vcpu->resident_cpu) != RESIDENT_NOWHERE)
		return false;
	resident_evict(p);
	vhe_load(vcpu->hyp, p->hyp);
	if (vcpu->gich)
		gich_load(&vcpu->hyp->gic);
	p->resident = vcpu;
	WRITE_ONCE(vcpu->resident_cpu, smp_processor_id());
	return true;
}

static void evict_here(void *vcpu)
{
	struct pcpu *p = this_cpu_ptr(&armvcpu_pcpu);

	if (p->resident == vcpu)
		resident_evict(p);
}

void resident_sync(struct armvcpu_vcpu *vcpu)
{
	unsigned long flags;
	int cpu;

	for (;;) {
		cpu = smp_load_acquire(&vcpu->resident_cpu);
		if (cpu == RESIDENT_NOWHERE)
			return;
		local_irq_save(flags);
		if (cpu == smp_processor_id())
			evict_here(vcpu);
		local_irq_restore(flags);
		/* A CPU that is offline by now has saved them on its way. */
		if (cpu != raw_smp_processor_id())
			smp_call_function_single(cpu, evict_here, vcpu, 1);
	}
}
