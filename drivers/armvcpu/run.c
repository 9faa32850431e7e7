// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run loop.
 *
 *	RUN: snapshot the inputs -> complete what is pending ->
 *	  loop { work pending? leave | flush timer, vGIC | enter | fold | handle }
 *
 * All of a vCPU's state is in memory outside of the switch, or where resident_sync()
 * fetches it from, so the loop may be preempted and may go on on another CPU wherever
 * interrupts are on.
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>

#include <asm/daifflags.h>
#include <asm/neon.h>

#include "abort.h"
#include "armvcpu.h"
#include "compat.h"
#include "exit.h"
#include "el2.h"
#include "host.h"
#include "hyp/el2.h"
#include "hyp/switch.h"
#include "hyp/vhe.h"
#include "inject.h"
#include "mmio.h"
#include "pcpu.h"
#include "psci.h"
#include "regs.h"
#include "resident.h"
#include "run.h"
#include "smccc.h"
#include "stopwatch.h"
#include "sysreg.h"
#include "testhook.h"
#include "timer.h"
#include "trace.h"
#include "wfx.h"

/* ---- kick ------------------------------------------------------------------- */

void vcpu_kick(struct armvcpu_vcpu *vcpu)
{
	struct task_struct *task;

	rcuwait_wake_up(&vcpu->wait);

	/* Pairs with the barrier behind "mode = VCPU_IN_GUEST" in enter_guest(). */
	smp_mb();
	/* A thread that is in the guest now stays a thread until the end of this. */
	rcu_read_lock();
	/* Pairs with the release in enter_guest(): @task is of this RUN, or of a later one. */
	if (smp_load_acquire(&vcpu->mode) == VCPU_IN_GUEST) {
		task = READ_ONCE(vcpu->task);
		/* The caller may be what interrupted it. */
		if (task != current) {
			atomic64_inc(&vcpu->stats.kicks);
			kick_process(task);
		}
	}
	rcu_read_unlock();
}

void vcpu_request(struct armvcpu_vcpu *vcpu, int req)
{
	set_bit(req, &vcpu->requests);
	vcpu_kick(vcpu);
}

/* ---- one entry ---------------------------------------------------------------- */

/* @vcpu's task is the caller. */
static __always_inline bool exit_work_pending(const struct armvcpu_vcpu *vcpu)
{
	return read_ti_thread_flags(task_thread_info(vcpu->task)) &
	       (_TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL | _TIF_NEED_RESCHED | _TIF_NOTIFY_RESUME);
}

/*
 * Before the switch: VMID, TLB, pins. Interrupts are off, the CPU stays.
 */
static void prepare_memory(struct armvcpu_vcpu *vcpu, unsigned int cpu)
{
	struct armvcpu_vm *vm = vcpu->vm;
	u32 *last = per_cpu_ptr(vm->last_vcpu, cpu);

	vcpu->hyp->vttbr = vm_memory_baddr(&vm->mem) |
			   (u64)vmid_update(&vm->mem.vmid, cpu) << 48;
	if (*last != vcpu->id + 1) {
		/* The first one here finds nothing of this VM in the TLB. */
		if (*last)
			vcpu->hyp->flags |= HYP_VCPU_FLUSH_TLB;
		*last = vcpu->id + 1;
	}
}

static void prepare_traps(struct armvcpu_vcpu *vcpu)
{
	/* Pins raised before there was a GIC are nobody's any more. */
	unsigned long pins = vcpu->vm->gic ? 0 : READ_ONCE(vcpu->irq_pins);
	u64 hcr = vcpu->hyp->hcr & ~(HYP_HCR_VI | HYP_HCR_VF | HYP_HCR_TWE);

	if (pins & VCPU_PIN_IRQ)
		hcr |= HYP_HCR_VI;
	if (pins & VCPU_PIN_FIQ)
		hcr |= HYP_HCR_VF;
	/* A guest that waits for an event lets others run, if there are others. */
	if (!single_task_running())
		hcr |= HYP_HCR_TWE;
	vcpu->hyp->hcr = hcr;
}

/*
 * In the guest the kernel's timekeeping and RCU see a thread in user mode. @again:
 * this is so since the last tick or less, which ends the stay with interrupts off.
 */
static noinstr void switch_to_guest(struct hyp_vcpu *v, struct hyp_cpu *c, bool again)
{
	compat_guest_state_enter_irqoff(again);
	local_daif_mask();
	/* With pseudo-NMIs: host interrupts reach the CPU again from here. */
	pmr_sync();
	if (armvcpu_host.mode == ARMVCPU_MODE_VHE)
		vhe_run(v, c);
	else
		el2_run(v);
	local_daif_restore(DAIF_PROCCTX_NOIRQ);
	compat_guest_state_exit_irqoff();
}

/* The pins of a CPU interface in software, as they are now. */
static void flush_pins(struct armvcpu_vcpu *vcpu)
{
	u64 hcr = vcpu->hyp->hcr & ~(HYP_HCR_VI | HYP_HCR_VF);
	u32 pins = vgic_pins(&vcpu->gic);

	if (pins & VGIC_PIN_IRQ)
		hcr |= HYP_HCR_VI;
	if (pins & VGIC_PIN_FIQ)
		hcr |= HYP_HCR_VF;
	vcpu->hyp->hcr = hcr;
}

/* For all but a GICv3 of the host's, of which the switch loads and saves the rest. */
static noinline void flush_other_gic(struct armvcpu_vcpu *vcpu, struct pcpu *p)
{
	struct hyp_gic *h = &vcpu->hyp->gic;

	if (vcpu->gic.soft)
		flush_pins(vcpu);
	if (!vcpu->gich)
		return;
	/*
	 * Which groups the guest has enabled matters only where there is a choice. Who
	 * queues a second interrupt behind this look sends a kick, and it is made anew.
	 */
	if (READ_ONCE(vcpu->gic.nr_queued) > 1)
		h->vmcr = gich_read_vmcr();
	vgic_flush(&vcpu->gic, h, armvcpu_host.nr_lr);
	gich_enter(&p->gich, h);
}

static __always_inline void gic_flush(struct armvcpu_vcpu *vcpu, struct pcpu *p)
{
	if (likely(vcpu->hyp->gic.enabled))
		vgic_flush(&vcpu->gic, &vcpu->hyp->gic, armvcpu_host.nr_lr);
	else
		flush_other_gic(vcpu, p);
}

static __always_inline void gic_fold(struct armvcpu_vcpu *vcpu, struct pcpu *p)
{
	struct hyp_gic *h = &vcpu->hyp->gic;

	if (unlikely(!h->enabled)) {
		if (!vcpu->gich)
			return;
		gich_leave(&p->gich, h);
	}
	vgic_fold(&vcpu->gic, h);
	if (READ_ONCE(vcpu->gic.hw_deactivated))
		timer_fold(vcpu, p);
}

/* Has timer_flush() anything to do? */
static __always_inline bool timer_is_busy(const struct armvcpu_vcpu *vcpu, const struct pcpu *p)
{
	const struct vcpu_timer *t = &vcpu->timer;

	return t->virt_level || t->fired || t->phys_level || t->cntp_ctl || p->vtimer_active ||
	       !vcpu->gic.gic || vgic_irq_active(&vcpu->gic, TIMER_PPI_VIRT);
}

/**
 * exit_handle_quick() - deal with the exit that just happened, if a few lines do
 * @vcpu: its own thread, folded, IRQs still off
 * @p: this CPU
 *
 * Return: true: done, the guest can be entered again; false: nothing has changed,
 * and exit_handle() is to be called with IRQs on.
 */
static __always_inline bool exit_handle_quick(struct armvcpu_vcpu *vcpu, const struct pcpu *p)
{
	struct hyp_vcpu *v = vcpu->hyp;
	u64 ipa;
	u32 ec;

	if (v->pstate & PSTATE_nRW)
		return false;
	if (v->exit == HYP_EXIT_IRQ) {
		if (!timer_exit_irq(vcpu, p))
			return false;
		vcpu->stats.irqs++;
		return true;
	}
	/* Without an SError that came with it. */
	if (v->exit != HYP_EXIT_SYNC)
		return false;

	ec = ESR_EC(v->esr);
	switch (ec) {
	case EC_SYS64:
		if (!sysreg_trap_quick(vcpu))
			return false;
		break;
	case EC_DABT_LOW:
		ipa = abort_ipa(v);
		if (!vm_is_gic(vcpu->vm, ipa) || !abort_handle_quick(vcpu, ipa))
			return false;
		break;
	default:
		return false;
	}
	vcpu->stats.by_ec[ec]++;
	skip_instruction(v);
	return true;
}

/*
 * Run the guest until an exit that needs more than a few lines with IRQs off.
 *
 * Return: 1 an exit is to be handled, 0 there is other work to do before it can be
 * entered, -EIO this CPU is not enabled, -EXDEV another CPU has its registers
 */
static int enter_guest(struct armvcpu_vcpu *vcpu)
{
	struct hyp_vcpu *v = vcpu->hyp;
	struct pcpu *p;
	bool fp = vcpu->fp_wanted, again = false;
	int ret = 0;

	if (fp)
		/* The host's registers are saved; softirqs that want them wait. */
		kernel_neon_begin();

restart:
	v->flags = fp ? HYP_VCPU_FP : 0;
	/* What the vector answers leaves no trace. */
	if (!trace_armvcpu_exit_enabled() && !trace_armvcpu_sysreg_enabled() &&
	    !trace_armvcpu_mmio_enabled())
		v->flags |= HYP_VCPU_FAST;
	local_irq_disable();
	p = this_cpu_ptr(&armvcpu_pcpu);
	if (unlikely(!p->enabled)) {
		WRITE_ONCE(vcpu->cpu, smp_processor_id());
		ret = -EIO;
		goto out;
	}
	/* From memory, here and below: a system register costs more. */
	WRITE_ONCE(vcpu->cpu, p->cpu);
	if (unlikely(!resident_claim(vcpu, p))) {
		ret = -EXDEV;
		goto out;
	}

	/* With @mode a kicker sees @task, which is that of this RUN. */
	smp_store_release(&vcpu->mode, VCPU_IN_GUEST);
	/*
	 * From here whoever adds a request, an interrupt or a signal sends an
	 * IPI; what was added before is seen by the checks and flushes below.
	 */
	smp_mb();
	if (READ_ONCE(vcpu->requests) || exit_work_pending(vcpu)) {
		WRITE_ONCE(vcpu->mode, VCPU_OUTSIDE);
		goto out;
	}

	prepare_memory(vcpu, p->cpu);
	prepare_traps(vcpu);
	compat_guest_timing_enter_irqoff();
	stopwatch_enter(&vcpu->stats);
	if (armvcpu_host.mode == ARMVCPU_MODE_VHE) {
		vhe_note_context(p->hyp, p->cpu);
		vhe_borrow(v, p->hyp);
	} else if (vcpu->gich) {
		/* On a VHE host this stays with the rest, see resident.c. */
		gich_load(&v->gic);
	}
	for (;;) {
		if (timer_is_busy(vcpu, p))
			timer_flush(vcpu, p);
		gic_flush(vcpu, p);

		v->flags |= testhook_flags();
		trace_armvcpu_entry(vcpu->id, v->pc);
		switch_to_guest(v, p->hyp, again);
		again = true;

		gic_fold(vcpu, p);
		vcpu->stats.exits++;
		trace_armvcpu_exit(vcpu->id, v->exit, v->esr, v->pc, v->far);
		if (!exit_handle_quick(vcpu, p)) {
			ret = 1;
			break;
		}
		/* Interrupts that are pending end the next entry at once. */
		if (READ_ONCE(vcpu->requests) || exit_work_pending(vcpu))
			break;
	}
	/* What the guest did comes before it, for wait_outside(). */
	smp_store_release(&vcpu->mode, VCPU_OUTSIDE);
	if (armvcpu_host.mode == ARMVCPU_MODE_VHE)
		vhe_give_back(v, p->hyp);
	else if (vcpu->gich)
		gich_save(&v->gic);
	stopwatch_leave(&vcpu->stats);

	/*
	 * The interrupt that ended the run is taken here, while the time is
	 * still the guest's: the tick is charged to whom it interrupted.
	 */
	if ((v->exit & HYP_EXIT_KIND_MASK) == HYP_EXIT_IRQ) {
		local_irq_enable();
		isb();
		local_irq_disable();
	}
	compat_guest_timing_exit_irqoff();
	/* It is dealt with; most often the guest goes on. */
	if (v->exit == HYP_EXIT_IRQ && ret && !fp && !(v->pstate & PSTATE_nRW) &&
	    !READ_ONCE(vcpu->requests) && !exit_work_pending(vcpu)) {
		vcpu->stats.irqs++;
		local_irq_enable();
		again = false;
		ret = 0;
		goto restart;
	}
out:
	local_irq_enable();
	if (fp)
		kernel_neon_end();
	return ret;
}

/* ---- completion ------------------------------------------------------------------ */

static void snapshot(const struct armvcpu_vcpu *vcpu, struct run_inputs *in)
{
	const struct armvcpu_run *run = vcpu->run;
	int i;

	in->immediate_exit = READ_ONCE(run->immediate_exit);
	in->answer = READ_ONCE(run->answer);
	switch (vcpu->pending.reason) {
	case ARMVCPU_EXIT_MMIO:
		in->mmio_data = READ_ONCE(run->u.mmio.data);
		break;
	case ARMVCPU_EXIT_SYSREG:
		in->sysreg_value = READ_ONCE(run->u.sysreg.value);
		break;
	case ARMVCPU_EXIT_HYPERCALL:
	case ARMVCPU_EXIT_SMC:
		for (i = 0; i < 4; i++)
			in->hypercall_ret[i] = READ_ONCE(run->u.hypercall.ret[i]);
		break;
	case ARMVCPU_EXIT_CPU_ON:
		in->psci_ret = READ_ONCE(run->u.psci.ret);
		break;
	}
}

/* The instruction that exited is done, tried again or refused. */
static void complete_pending(struct armvcpu_vcpu *vcpu, const struct run_inputs *in)
{
	struct pending_exit *p = &vcpu->pending;
	u32 reason = p->reason;

	p->reason = ARMVCPU_EXIT_UNKNOWN;
	if (reason == ARMVCPU_EXIT_UNKNOWN || in->answer == ARMVCPU_ANSWER_RETRY)
		return;
	if (in->answer == ARMVCPU_ANSWER_INJECT) {
		resident_sync(vcpu);
		inject_for_exit(vcpu->hyp, p->esr, p->far);
		return;
	}

	switch (reason) {
	case ARMVCPU_EXIT_MMIO:
		mmio_complete(vcpu, in->mmio_data);
		break;
	case ARMVCPU_EXIT_MMIO_NISV:
		break;
	case ARMVCPU_EXIT_SYSREG:
		sysreg_complete(vcpu, in->sysreg_value);
		break;
	case ARMVCPU_EXIT_HYPERCALL:
	case ARMVCPU_EXIT_SMC:
		smccc_complete(vcpu, in->hypercall_ret);
		break;
	case ARMVCPU_EXIT_CPU_ON:
		psci_complete(vcpu, in->psci_ret);
		break;
	default:
		/* Nothing was accessed: what was in the way is gone, or it recurs. */
		return;
	}
	skip_instruction(vcpu->hyp);
}

/* ---- the loop ------------------------------------------------------------------- */

/*
 * Requests, power state. 0: go on; 1: the run page is filled in; else an errno.
 */
static int before_entry(struct armvcpu_vcpu *vcpu)
{
	if (unlikely(READ_ONCE(vcpu->requests))) {
		if (test_and_clear_bit(VCPU_REQ_SYSTEM_EVENT, &vcpu->requests)) {
			psci_report_system_event(vcpu);
			return 1;
		}
		if (test_and_clear_bit(VCPU_REQ_RESET, &vcpu->requests)) {
			resident_sync(vcpu);
			psci_take_cpu_on(vcpu);
		}
	}
	if (likely(READ_ONCE(vcpu->power) == VCPU_ON))
		return 0;
	if (!(vcpu->vm->flags & ARMVCPU_VM_PSCI_IN_KERNEL) || vcpu->system_event)
		return -EHOSTDOWN;
	return wfx_wait_for_power(vcpu);
}

static int do_exit_work(struct armvcpu_vcpu *vcpu)
{
	if (signal_pending(current))
		return -EINTR;
	if (need_resched())
		schedule();
	return compat_handle_notify_resume();
}

static void report_intr(struct armvcpu_vcpu *vcpu)
{
	exit_report(vcpu, ARMVCPU_EXIT_INTR);
	vcpu->stats.signals++;
}

/* Defence in depth: SET_REGS and resets let no such PSTATE in. */
static bool pstate_is_enterable(u64 pstate)
{
	u64 m = pstate & PSTATE_M;

	return !(pstate & PSTATE_nRW) &&
	       (m == PSTATE_EL0t || m == PSTATE_EL1t || m == PSTATE_EL1h);
}

/* A CPU that goes offline pushes its threads away soon; ticks to wait for it. */
#define MAX_DISABLED_TICKS	1000

long vcpu_run(struct armvcpu_vcpu *vcpu)
{
	struct run_inputs in;
	int ret;

	snapshot(vcpu, &in);
	if (in.answer > ARMVCPU_ANSWER_INJECT)
		return -EINVAL;
	complete_pending(vcpu, &in);
	if (in.immediate_exit) {
		report_intr(vcpu);
		return -EINTR;
	}
	vcpu->fp_wanted = false;
	WRITE_ONCE(vcpu->task, current);
	if (unlikely(!vcpu->hyp->fast_idregs)) {
		sysreg_fill_fast(vcpu);
		smccc_fill_fast(vcpu);
		abort_fill_fast(vcpu);
	}

	for (;;) {
		ret = before_entry(vcpu);
		if (ret > 0)
			return 0;
		if (!ret && exit_work_pending(vcpu))
			ret = do_exit_work(vcpu);
		if (ret == -EINTR) {
			report_intr(vcpu);
		} else if (ret == -ERESTARTNOHAND) {
			/*
			 * Not for a signal: RUN is called again and nobody knows.
			 * If one comes with a handler yet it is EINTR.
			 */
			exit_report(vcpu, ARMVCPU_EXIT_INTR);
		}
		if (ret)
			return ret;

		if (unlikely(!pstate_is_enterable(vcpu->hyp->pstate))) {
			exit_fail_entry(vcpu, ARMVCPU_FAIL_PSTATE);
			return 0;
		}

		ret = enter_guest(vcpu);
		if (unlikely(ret == -EXDEV)) {
			resident_sync(vcpu);
			continue;
		}
		if (unlikely(ret < 0)) {
			/* RUN may end and be called again between two of them. */
			if (++vcpu->disabled_ticks > MAX_DISABLED_TICKS) {
				vcpu->disabled_ticks = 0;
				exit_fail_entry(vcpu, ARMVCPU_FAIL_CPU);
				return 0;
			}
			schedule_timeout_interruptible(1);
			continue;
		}
		vcpu->disabled_ticks = 0;
		if (!ret)
			continue;

		switch (exit_handle(vcpu)) {
		case EXIT_HANDLED:
			skip_instruction(vcpu->hyp);
			break;
		case EXIT_RETRY:
			break;
		case EXIT_INJECT:
			resident_sync(vcpu);
			inject_for_exit(vcpu->hyp, vcpu->hyp->esr, vcpu->hyp->far);
			break;
		case EXIT_TO_VMM:
			vcpu->stats.vmm_exits++;
			return 0;
		}
	}
}
