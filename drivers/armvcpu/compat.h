/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernel versions, and how one and the same thing is done without
 * what KVM selects: here and in compat.c, nowhere else. Parts that a configuration lacks
 * (CONFIG_ACPI, CONFIG_EVENTFD, CONFIG_MMU_NOTIFIER) are left out where they are, and
 * two choices of one (CONFIG_PREEMPT_RT, CONFIG_SHADOW_CALL_STACK) are met there.
 */
#ifndef ARMVCPU_COMPAT_H
#define ARMVCPU_COMPAT_H

#include <linux/context_tracking.h>
#include <linux/eventfd.h>
#include <linux/ftrace.h>
#include <linux/instrumentation.h>
#include <linux/irqflags.h>
#include <linux/mutex.h>
#include <linux/rcutree.h>
#include <linux/version.h>
#include <linux/vtime.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || \
	LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#error "armvcpu is for kernels from 6.1 to 6.12"
#endif

#ifdef CONFIG_CPU_BIG_ENDIAN
#error "armvcpu is for little-endian kernels"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define compat_rcu_note_guest()	rcu_virt_note_context_switch(smp_processor_id())
#else
#define compat_rcu_note_guest()	rcu_virt_note_context_switch()
#endif

/* What waits for a guest's page may be ended by any signal, not only a fatal one. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define COMPAT_FOLL_INTERRUPTIBLE	0
#else
#define COMPAT_FOLL_INTERRUPTIBLE	FOLL_INTERRUPTIBLE
#endif

/*
 * The driver of the GICv3 makes sure that an interrupt is active before it goes on. It has
 * learned that at the end of 2024; for what is older, or not listed here, we do it.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) || \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 80) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)) || \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 130) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))
#define COMPAT_GIC_READS_BACK	1
#else
#define COMPAT_GIC_READS_BACK	0
#endif

static inline void compat_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

/*
 * mutex_trylock() of one of many alike, under a mutex that makes it harmless, as the
 * mutex_trylock_nest_lock() of newer kernels does it. Lockdep has room for 48 locks of a
 * thread, and counts these as one.
 */
static inline bool compat_mutex_trylock_nest(struct mutex *lock, struct mutex *nest)
{
	if (!mutex_trylock(lock))
		return false;
	mutex_release(&lock->dep_map, _THIS_IP_);
	mutex_acquire_nest(&lock->dep_map, 0, 1, &nest->dep_map, _THIS_IP_);
	return true;
}

/**
 * compat_handle_notify_resume() - do what the kernel does for a thread on its
 *	way to user mode: task work, rseq, memory pressure
 *
 * Return: 0; -EINTR: a signal came; -ERESTARTNOHAND: leave RUN with that, the way
 * out does it and user space, without noticing, calls RUN again
 */
int compat_handle_notify_resume(void);

/* Time from here on is the guest's. IRQs off. */
static __always_inline void compat_guest_timing_enter_irqoff(void)
{
	instrumentation_begin();
	vtime_account_guest_enter();
	instrumentation_end();
}

static __always_inline void compat_guest_timing_exit_irqoff(void)
{
	instrumentation_begin();
	vtime_account_guest_exit();
	instrumentation_end();
}

/*
 * The guest runs with interrupts on, as lockdep and tracing are told, and is a
 * quiescent state to RCU, like user mode. IRQs off; nothing that is
 * instrumented runs between the two. @noted: RCU was told shortly before.
 */
static __always_inline void compat_guest_state_enter_irqoff(bool noted)
{
	instrumentation_begin();
	trace_hardirqs_on_prepare();
	lockdep_hardirqs_on_prepare();
	instrumentation_end();

	if (!context_tracking_guest_enter() && !noted) {
		instrumentation_begin();
		compat_rcu_note_guest();
		instrumentation_end();
	}
	lockdep_hardirqs_on(CALLER_ADDR0);
}

static __always_inline void compat_guest_state_exit_irqoff(void)
{
	lockdep_hardirqs_off(CALLER_ADDR0);
	context_tracking_guest_exit();

	instrumentation_begin();
	trace_hardirqs_off_finish();
	instrumentation_end();
}

#endif /* ARMVCPU_COMPAT_H */
