// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs that wait: WFI, WFE, PSCI standby, powered off. */
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "armvcpu.h"
#include "hyp/el2.h"
#include "resident.h"
#include "stopwatch.h"
#include "timer.h"
#include "wfx.h"

/* ISS.TI: 0 WFI, 1 WFE, 2 WFIT, 3 WFET (D19.2.40) */
#define ISS_TI(esr)	((esr) & 3)
#define TI_WFI		0

static bool may_go_on(struct armvcpu_vcpu *vcpu)
{
	if (READ_ONCE(vcpu->requests) || (vcpu->hyp->hcr & HYP_HCR_VSE))
		return true;
	if (!vcpu->vm->gic)
		return READ_ONCE(vcpu->irq_pins);
	/* Ahead of the levels: what fires behind this look is a wakeup. */
	timer_block_on(vcpu);
	timer_update_levels(vcpu);
	return vgic_has_pending(&vcpu->gic, &vcpu->hyp->gic);
}

enum exit_action wfx_wait(struct armvcpu_vcpu *vcpu)
{
	u64 began = stopwatch_now();

	vcpu->stats.wfi++;
	resident_sync(vcpu);
	timer_block(vcpu);
	/* A signal ends the sleep too: a WFI may end for no reason at all. */
	rcuwait_wait_event(&vcpu->wait, may_go_on(vcpu), TASK_INTERRUPTIBLE);
	timer_unblock(vcpu);
	vcpu->stats.halt_ticks += stopwatch_now() - began;
	return EXIT_HANDLED;
}

enum exit_action wfx_handle(struct armvcpu_vcpu *vcpu)
{
	/*
	 * WFE, and the forms with a time limit, which the guest does not have,
	 * only let others run: the event may be there already.
	 */
	if (ISS_TI(vcpu->hyp->esr) != TI_WFI) {
		vcpu->stats.wfe++;
		yield();
		return EXIT_HANDLED;
	}
	return wfx_wait(vcpu);
}

int wfx_wait_for_power(struct armvcpu_vcpu *vcpu)
{
	return rcuwait_wait_event(&vcpu->wait, READ_ONCE(vcpu->requests) ||
				  READ_ONCE(vcpu->power) == VCPU_ON, TASK_INTERRUPTIBLE);
}
