// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic timers of a vCPU.
 *
 * The virtual timer is the CPU's own while the guest runs, and on a VHE host until
 * the vCPU's registers leave the CPU (resident.c). When it fires, its physical PPI
 * ends the run. The level of the guest's interrupt is looked up then, and at each
 * entry while it is high, for the guest lowers it without an exit. The list
 * register is tied to the PPI, which is made active in the physical GIC: that keeps
 * it from firing again until the guest deactivates both with one write, with no
 * exit, and the host from taking it at all.
 *
 * A CPU interface in software has no list register to tie: the PPI is active, or is
 * disabled where it cannot be, for as long as the level is high. That is found to have
 * fallen at the exits that such a guest makes to end its interrupt.
 *
 * The physical timer is emulated: its registers trap, an hrtimer stands in.
 */
#include <linux/hrtimer.h>
#include <linux/math64.h>

#include <clocksource/arm_arch_timer.h>

#include "armvcpu.h"
#include "host.h"
#include "hyp/el2.h"
#include "hyp/switch.h"
#include "pcpu.h"
#include "resident.h"
#include "run.h"
#include "timer.h"

/* Longest sleep of the hrtimer, so that no arithmetic on it overflows. */
#define MAX_SLEEP_SEC	3600

static u64 physical_count(void)
{
	return arch_timer_read_counter();
}

static bool has_gic(const struct armvcpu_vcpu *vcpu)
{
	return vcpu->gic.gic;
}

static bool timer_enabled(u64 ctl)
{
	return (ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK)) == CNT_CTL_ENABLE;
}

/*
 * CNTV and CNTP compare unsigned: the condition is count >= CVAL (D11.2.4). For a
 * virtual timer whose registers are in memory.
 */
static bool vtimer_asserted(const struct armvcpu_vcpu *vcpu, u64 now)
{
	const struct hyp_timer *t = &vcpu->hyp->timer;

	return timer_enabled(t->cntv_ctl) && now - t->cntvoff >= t->cntv_cval;
}

static bool ptimer_asserted(const struct armvcpu_vcpu *vcpu, u64 now)
{
	return timer_enabled(vcpu->timer.cntp_ctl) && now >= vcpu->timer.cntp_cval;
}

u64 timer_read_cntp(struct armvcpu_vcpu *vcpu, enum timer_reg reg)
{
	u64 now = physical_count();

	switch (reg) {
	case TIMER_CTL:
		return vcpu->timer.cntp_ctl |
		       ((vcpu->timer.cntp_ctl & CNT_CTL_ENABLE) &&
			now >= vcpu->timer.cntp_cval ? CNT_CTL_ISTATUS : 0);
	case TIMER_CVAL:
		return vcpu->timer.cntp_cval;
	case TIMER_TVAL:
		return (u32)(vcpu->timer.cntp_cval - now);
	}
	return 0;
}

void timer_write_cntp(struct armvcpu_vcpu *vcpu, enum timer_reg reg, u64 value)
{
	switch (reg) {
	case TIMER_CTL:
		vcpu->timer.cntp_ctl = value & (CNT_CTL_ENABLE | CNT_CTL_IMASK);
		break;
	case TIMER_CVAL:
		vcpu->timer.cntp_cval = value;
		break;
	case TIMER_TVAL:
		vcpu->timer.cntp_cval = physical_count() + (s64)(s32)value;
		break;
	}
	/* The next entry sets it anew. */
	hrtimer_try_to_cancel(&vcpu->timer.wakeup);
}

/* ---- the hrtimer ----------------------------------------------------------- */

static enum hrtimer_restart timer_wakeup(struct hrtimer *h)
{
	/* Whether anything fires is worked out by the vCPU's thread. */
	vcpu_kick(container_of(h, struct armvcpu_vcpu, timer.wakeup));
	return HRTIMER_NORESTART;
}

static void wakeup_in(struct armvcpu_vcpu *vcpu, u64 ticks)
{
	u64 limit = (u64)armvcpu_host.timer_freq * MAX_SLEEP_SEC;
	u64 ns = mul_u64_u64_div_u64(min(ticks, limit), NSEC_PER_SEC,
				     armvcpu_host.timer_freq);

	/* Round up: a wakeup before the time is one too many. */
	hrtimer_start(&vcpu->timer.wakeup, ktime_add_ns(ktime_get(), ns + 1),
		      HRTIMER_MODE_ABS_HARD);
}

/* ---- levels ----------------------------------------------------------------- */

static void set_level(struct armvcpu_vcpu *vcpu, u32 intid, bool *last, bool level)
{
	if (*last == level)
		return;
	*last = level;
	vgic_set_line(vcpu->gic.gic, &vcpu->gic, intid, level);
}

void timer_update_levels(struct armvcpu_vcpu *vcpu)
{
	u64 now;

	if (!has_gic(vcpu))
		return;
	now = physical_count();
	set_level(vcpu, TIMER_PPI_VIRT, &vcpu->timer.virt_level, vtimer_asserted(vcpu, now));
	set_level(vcpu, TIMER_PPI_PHYS, &vcpu->timer.phys_level, ptimer_asserted(vcpu, now));
}

/*
 * The virtual timer as the guest left it, IRQs off. In memory its ISTATUS is that of
 * the last exit: set, it is still true, for the comparator is as old.
 */
static bool vtimer_fires(const struct armvcpu_vcpu *vcpu)
{
	u64 ctl = vcpu->hyp->timer.cntv_ctl;

	if (vcpu->resident_cpu != RESIDENT_NOWHERE)
		return vhe_timer_fires();
	return timer_enabled(ctl) &&
	       ((ctl & CNT_CTL_ISTATUS) || vtimer_asserted(vcpu, physical_count()));
}

/*
 * The physical PPI is quiet while the guest is owed or is handling its virtual
 * one; for a VM without a GIC always, which has nobody to tell.
 */
static void forward_vtimer(struct armvcpu_vcpu *vcpu, struct pcpu *p)
{
	bool active = !has_gic(vcpu) || vcpu->timer.virt_level ||
		      vgic_irq_active(&vcpu->gic, TIMER_PPI_VIRT);

	if (likely(p->vtimer_active == active))
		return;
	pcpu_quiet_vtimer(p, active);
}

/* The CPU watches the virtual timer; the physical one is ours to watch. */
static void flush_ptimer(struct armvcpu_vcpu *vcpu)
{
	struct vcpu_timer *t = &vcpu->timer;
	u64 now = physical_count();

	set_level(vcpu, TIMER_PPI_PHYS, &t->phys_level, ptimer_asserted(vcpu, now));
	if (timer_enabled(t->cntp_ctl) && !t->phys_level && !hrtimer_is_queued(&t->wakeup))
		wakeup_in(vcpu, t->cntp_cval - now);
}

void timer_sample(struct armvcpu_vcpu *vcpu)
{
	struct vcpu_timer *t = &vcpu->timer;

	if (t->virt_level)
		set_level(vcpu, TIMER_PPI_VIRT, &t->virt_level, vtimer_fires(vcpu));
}

void timer_flush(struct armvcpu_vcpu *vcpu, struct pcpu *p)
{
	struct vcpu_timer *t = &vcpu->timer;

	if (has_gic(vcpu)) {
		if (t->virt_level || t->fired) {
			t->fired = false;
			set_level(vcpu, TIMER_PPI_VIRT, &t->virt_level, vtimer_fires(vcpu));
		}
		if (timer_enabled(t->cntp_ctl) || t->phys_level)
			flush_ptimer(vcpu);
	}
	forward_vtimer(vcpu, p);
}

void timer_fold(struct armvcpu_vcpu *vcpu, struct pcpu *p)
{
	if (vgic_take_hw_deactivated(&vcpu->gic) & BIT(TIMER_PPI_VIRT))
		p->vtimer_active = false;
}

bool timer_exit_irq(struct armvcpu_vcpu *vcpu, const struct pcpu *p)
{
	/* An active PPI does not end a run. */
	if (!has_gic(vcpu) || p->vtimer_active || !vtimer_fires(vcpu))
		return false;
	vcpu->timer.fired = true;
	return true;
}

void timer_has_fired(struct armvcpu_vcpu *vcpu)
{
	vcpu->timer.fired = true;
}

void timer_block(struct armvcpu_vcpu *vcpu)
{
	const struct hyp_timer *v = &vcpu->hyp->timer;
	u64 now = physical_count(), ticks = ~0ULL;

	if (!has_gic(vcpu))
		return;
	if (timer_enabled(v->cntv_ctl) && !vtimer_asserted(vcpu, now))
		ticks = v->cntv_cval - (now - v->cntvoff);
	if (timer_enabled(vcpu->timer.cntp_ctl) && !ptimer_asserted(vcpu, now))
		ticks = min(ticks, vcpu->timer.cntp_cval - now);
	if (ticks != ~0ULL)
		wakeup_in(vcpu, ticks);
}

/*
 * The hrtimer comes early where NTP makes the host's clock run faster than the counter,
 * and after MAX_SLEEP_SEC.
 */
void timer_block_on(struct armvcpu_vcpu *vcpu)
{
	if (!hrtimer_is_queued(&vcpu->timer.wakeup))
		timer_block(vcpu);
}

void timer_unblock(struct armvcpu_vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->timer.wakeup);
}

/* ---- life -------------------------------------------------------------------- */

void timer_vcpu_init(struct armvcpu_vcpu *vcpu)
{
	hrtimer_init(&vcpu->timer.wakeup, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	vcpu->timer.wakeup.function = timer_wakeup;
	vcpu->hyp->timer.cntvoff = vcpu->vm->cntvoff;
}

void timer_attach_gic(struct armvcpu_vcpu *vcpu)
{
	vgic_fix_level(&vcpu->gic, TIMER_PPI_PHYS);
	if (vcpu->gic.soft)
		vgic_fix_level(&vcpu->gic, TIMER_PPI_VIRT);
	else
		vgic_map_hw(&vcpu->gic, TIMER_PPI_VIRT, armvcpu_host.vtimer_intid);
}

void timer_vcpu_reset(struct armvcpu_vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->timer.wakeup);
	vcpu->hyp->timer.cntv_ctl = 0;
	vcpu->hyp->timer.cntv_cval = 0;
	vcpu->hyp->timer.cntvoff = vcpu->vm->cntvoff;
	vcpu->timer.cntp_ctl = 0;
	vcpu->timer.cntp_cval = 0;
	if (!has_gic(vcpu))
		return;
	timer_attach_gic(vcpu);
	/* Both lines fall, whatever they were. */
	vcpu->timer.virt_level = true;
	vcpu->timer.phys_level = true;
	timer_update_levels(vcpu);
}

void timer_vcpu_destroy(struct armvcpu_vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->timer.wakeup);
}
