/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time in the guest and out of it: one read of the counter each way.
 *
 * There is no barrier, so the CPU may read it some instructions early or late; what
 * comes of that is small and does not add up. A few CPUs have counters with errata;
 * then a sum may be off by a jump.
 */
#ifndef ARMVCPU_STOPWATCH_H
#define ARMVCPU_STOPWATCH_H

#include <asm/sysreg.h>

#include "stats.h"

static inline u64 stopwatch_now(void)
{
	return read_sysreg(cntvct_el0);
}

/* The guest begins. */
static inline void stopwatch_enter(struct vcpu_stats *s)
{
	u64 now = stopwatch_now();

	s->host_ticks += now - s->mark;
	s->mark = now;
}

/* It has ended. */
static inline void stopwatch_leave(struct vcpu_stats *s)
{
	u64 now = stopwatch_now();

	s->guest_ticks += now - s->mark;
	s->mark = now;
}

#endif /* ARMVCPU_STOPWATCH_H */
