/* SPDX-License-Identifier: GPL-2.0-only */
/* Entry points of the world switch; see switch.c. */
#ifndef ARMVCPU_HYP_SWITCH_H
#define ARMVCPU_HYP_SWITCH_H

#include "hyp.h"

void vhe_run(struct hyp_vcpu *v, struct hyp_cpu *c);
void nvhe_run(struct hyp_vcpu *v, struct hyp_cpu *c);
void vhe_load(const struct hyp_vcpu *v, struct hyp_cpu *c);
void vhe_save(struct hyp_vcpu *v, const struct hyp_cpu *c);
void vhe_borrow(struct hyp_vcpu *v, struct hyp_cpu *c);
void vhe_give_back(struct hyp_vcpu *v, struct hyp_cpu *c);
bool vhe_timer_fires(void);
u64 vhe_prepare(struct hyp_cpu *c);
u64 nvhe_prepare(struct hyp_cpu *c);
void vhe_finish(const struct hyp_cpu *c);
void nvhe_finish(const struct hyp_cpu *c);

#endif /* ARMVCPU_HYP_SWITCH_H */
