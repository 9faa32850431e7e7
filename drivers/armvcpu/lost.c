// SPDX-License-Identifier: GPL-2.0-only
/* After an exception at EL2 that nobody expects: an end to panics. */
#include <linux/arm-smccc.h>
#include <linux/kprobes.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/reboot.h>

#include <asm/processor.h>

#include <uapi/linux/psci.h>

#include "lost.h"

#define LOST_LIMIT	3

static DEFINE_PER_CPU(unsigned int, lost);

void lost_bound(void)
{
	unsigned int n = this_cpu_inc_return(lost);
	struct arm_smccc_res res;

	if (n <= LOST_LIMIT)
		return;
	/* Which stops the other CPUs first, and so may end here again. */
	if (n == LOST_LIMIT + 1 && panic_timeout)
		emergency_restart();
	/* PSCI, if there is any, is below EL2 (DEN0022 5.11). */
	if (n == LOST_LIMIT + 2 && panic_timeout)
		arm_smccc_smc(PSCI_0_2_FN_SYSTEM_RESET, 0, 0, 0, 0, 0, 0, 0, &res);
	while (true)
		cpu_relax();
}
NOKPROBE_SYMBOL(lost_bound);
