/* SPDX-License-Identifier: GPL-2.0-only */
/* The world switch of VHE hosts. */
#ifndef ARMVCPU_HYP_VHE_H
#define ARMVCPU_HYP_VHE_H

/* offsets in struct vhe_lost_context */
#define VHE_LOST_TASK	0
#define VHE_LOST_SCS	8

#ifndef __ASSEMBLY__
#include <linux/percpu.h>

#include "hyp.h"

/**
 * struct vhe_lost_context - what a CPU needs to report a fatal exception of EL2
 * @task: "current" of the thread that runs a guest here
 * @scs: its shadow call stack, where the kernel has them
 * @cpu: state of the host to restore
 */
struct vhe_lost_context {
	u64 task;
	u64 scs;
	struct hyp_cpu *cpu;
};

DECLARE_PER_CPU(struct vhe_lost_context, vhe_lost_context);

void vhe_note_context(struct hyp_cpu *c, unsigned int cpu);
#endif

#endif /* ARMVCPU_HYP_VHE_H */
