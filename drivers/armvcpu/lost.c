// SPDX-License-Identifier: GPL-2.0-only
/* After an exception at EL2 that nobody expects: an end to panics. */
#include <linux/kprobes.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/reboot.h>

#include <asm/processor.h>

#include "lost.h"

#define LOST_LIMIT	3

static DEFINE_PER_CPU(unsigned int, lost);

void lost_bound(void)
{
	unsigned int n = this_cpu_inc_return(lost);

	if (n <= LOST_LIMIT)
		return;
	/* Which may end here again. */
	if (n == LOST_LIMIT + 1 && panic_timeout)
		emergency_restart();
	while (true)
		cpu_relax();
}
NOKPROBE_SYMBOL(lost_bound);
