/* SPDX-License-Identifier: GPL-2.0-only */
/* Data and instruction aborts that a guest takes to EL2. */
#ifndef ARMVCPU_ABORT_H
#define ARMVCPU_ABORT_H

#include "exit.h"
#include "hyp/el2.h"
#include "hyp/hyp.h"

/**
 * abort_ipa() - the intermediate physical address of the last abort
 * @v: the vCPU
 *
 * Return: the address of the byte, or of the 4 KiB that hold the descriptor if
 * it was a table walk of the guest's: FAR_EL2 is about something else then.
 */
static inline u64 abort_ipa(const struct hyp_vcpu *v)
{
	u64 ipa = HPFAR_TO_IPA(v->hpfar);

	return v->esr & ESR_S1PTW ? ipa : ipa | (v->far & 0xfff);
}

void abort_fill_fast(struct armvcpu_vcpu *vcpu);
bool abort_handle_quick(struct armvcpu_vcpu *vcpu, u64 ipa);
enum exit_action abort_handle(struct armvcpu_vcpu *vcpu);

#endif /* ARMVCPU_ABORT_H */
