/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic of memory slots: plain computation. */
#ifndef ARMVCPU_SLOTS_H
#define ARMVCPU_SLOTS_H

#include <linux/types.h>

#include "uapi.h"

/**
 * struct memslot - guest memory that the VMM provides
 * @ipa: first guest physical address
 * @length: bytes
 * @hva: address in the VMM
 * @slot: the VMM's number for it
 * @flags: ARMVCPU_MEM_*
 *
 * All page aligned; neither range wraps.
 */
struct memslot {
	u64 ipa;
	u64 length;
	u64 hva;
	u32 slot;
	u32 flags;
};

/**
 * struct memslots - all slots of a VM
 * @nr: how many
 * @slot: by ascending @ipa, without overlap
 *
 * Never changed once it is published.
 */
struct memslots {
	u32 nr;
	struct memslot slot[];
};

/**
 * struct slot_limits - what a slot has to respect
 * @page_size: in bytes
 * @ipa_bits: size of the IPA space, at most 63
 * @max_slots: slot numbers are below it
 * @user_end: the VMM's addresses are below it
 */
struct slot_limits {
	u64 page_size;
	u32 ipa_bits;
	u32 max_slots;
	u64 user_end;
};

int slots_check(const struct memslots *slots, const struct slot_limits *limits,
		const struct armvcpu_memory *arg);
const struct memslot *slots_by_number(const struct memslots *slots, u32 number);
const struct memslot *slots_by_ipa(const struct memslots *slots, u64 ipa);
bool slots_overlap(const struct memslots *slots, u64 ipa, u64 length);
void slots_add(struct memslots *to, const struct memslots *from,
	       const struct armvcpu_memory *arg);
void slots_delete(struct memslots *to, const struct memslots *from, u32 number);
bool slot_holds_block(const struct memslot *slot, u64 ipa, u64 size);
bool slot_hva_to_ipa(const struct memslot *slot, u64 start, u64 end, u64 *ipa_start,
		     u64 *ipa_end);

#endif /* ARMVCPU_SLOTS_H */
