/* SPDX-License-Identifier: GPL-2.0-only */
/* TLB maintenance for guests. */
#ifndef ARMVCPU_HYP_TLB_H
#define ARMVCPU_HYP_TLB_H

#include <linux/types.h>

struct vm_memory;

/**
 * armvcpu_tlb_flush_ipa() - forget one page of a guest on all CPUs
 * @m: the guest's memory, whose table no longer holds the translation
 * @ipa: guest physical address
 *
 * Combined stage 1 and 2 entries cannot be found by IPA, so all of the VMID's
 * go after the stage 2 entry (Arm ARM D8.13.5). Complete on return. Any context
 * in which the caller may hold a spinlock.
 */
void armvcpu_tlb_flush_ipa(struct vm_memory *m, u64 ipa);

/**
 * armvcpu_tlb_flush_vmid() - forget all of a guest on all CPUs
 * @m: the guest's memory
 */
void armvcpu_tlb_flush_vmid(struct vm_memory *m);

/**
 * armvcpu_tlb_flush_all() - forget all guests, and the instruction caches, on
 *	all CPUs: VMIDs are about to be given out anew
 */
void armvcpu_tlb_flush_all(void);

#endif /* ARMVCPU_HYP_TLB_H */
