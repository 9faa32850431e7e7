/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions into the guest. */
#ifndef ARMVCPU_INJECT_H
#define ARMVCPU_INJECT_H

#include <linux/types.h>

#include "hyp/el2.h"
#include "hyp/hyp.h"

void inject_undef(struct hyp_vcpu *v);
void inject_abort(struct hyp_vcpu *v, bool instruction, u64 far, u32 iss);
void inject_for_exit(struct hyp_vcpu *v, u64 esr, u64 far);

/**
 * skip_instruction() - the instruction at PC has been done for the guest
 * @v: the vCPU
 *
 * What an instruction does to PSTATE when it completes: BTYPE becomes 0, and a
 * single step that is active goes on to pending (D2.12.3).
 */
static inline void skip_instruction(struct hyp_vcpu *v)
{
	v->pc += 4;
	v->pstate &= ~(u64)(PSTATE_BTYPE | PSTATE_SS);
}

#endif /* ARMVCPU_INJECT_H */
