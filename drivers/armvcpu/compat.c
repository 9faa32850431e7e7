// SPDX-License-Identifier: GPL-2.0-only
/* What differs between kernels and does not fit into compat.h. */
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "compat.h"

#ifdef CONFIG_KVM_XFER_TO_GUEST_WORK
#include <linux/entry-kvm.h>
#include <linux/kvm_host.h>

/*
 * The kernel's helper for hypervisors wants one of KVM's vCPUs, to note in it
 * that a signal came. This one is for that and is never looked at.
 */
static struct kvm_run signal_note;
static struct kvm_vcpu signal_vcpu = { .run = &signal_note };

int compat_handle_notify_resume(void)
{
	return xfer_to_guest_mode_handle_work(&signal_vcpu);
}
#else
/*
 * The work is done on the way to user mode and nowhere else, so that is where
 * the thread has to go. It comes back at once: the system call is restarted,
 * for which the kernel looks where it looks for signals. One that has a handler
 * makes it EINTR, as it should be.
 */
int compat_handle_notify_resume(void)
{
	if (signal_pending(current))
		return -EINTR;
	if (!test_thread_flag(TIF_NOTIFY_RESUME))
		return 0;
	set_thread_flag(TIF_NOTIFY_SIGNAL);
	return -ERESTARTNOHAND;
}
#endif
