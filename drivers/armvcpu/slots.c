// SPDX-License-Identifier: GPL-2.0-only
/* Memory slots: what may be one, and how to find it. */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "slots.h"

/* Whether [start, start + length) lies below @end; it does not wrap then. */
static bool range_fits(u64 start, u64 length, u64 end)
{
	return length <= end && start <= end - length;
}

/**
 * slots_by_number() - the slot that a VMM calls @number
 * @slots: the VM's
 * @number: armvcpu_memory.slot
 *
 * Return: the slot, or NULL.
 */
const struct memslot *slots_by_number(const struct memslots *slots, u32 number)
{
	u32 i;

	for (i = 0; i < slots->nr; i++)
		if (slots->slot[i].slot == number)
			return &slots->slot[i];
	return NULL;
}

/* How many slots begin at or below @ipa. */
static u32 count_upto(const struct memslots *slots, u64 ipa)
{
	u32 lo = 0, hi = slots->nr;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (slots->slot[mid].ipa <= ipa)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/**
 * slots_by_ipa() - the slot that holds a guest physical address
 * @slots: the VM's
 * @ipa: any address
 *
 * Return: the slot, or NULL.
 */
const struct memslot *slots_by_ipa(const struct memslots *slots, u64 ipa)
{
	u32 n = count_upto(slots, ipa);

	if (!n || ipa - slots->slot[n - 1].ipa >= slots->slot[n - 1].length)
		return NULL;
	return &slots->slot[n - 1];
}

/**
 * slots_overlap() - whether a slot has any address of a range
 * @slots: the VM's
 * @ipa: the first
 * @length: bytes, at least 1; the end does not wrap
 */
bool slots_overlap(const struct memslots *slots, u64 ipa, u64 length)
{
	/* Slots are disjoint: only the last that begins before the new end matters. */
	u32 n = count_upto(slots, ipa + length - 1);

	return n && slots->slot[n - 1].ipa + slots->slot[n - 1].length > ipa;
}

/**
 * slots_check() - whether SET_MEMORY can be done
 * @slots: the VM's
 * @limits: what has to be respected
 * @arg: the VMM's wish; @length 0: delete
 *
 * Return: 0; -EINVAL: an unknown flag, a slot number that is too large,
 * misaligned addresses or length, a range that wraps or leaves the IPA space or
 * the VMM's addresses, deleting with an hva; -EEXIST: the slot is in use or the
 * range overlaps another slot; -ENOENT: there is no such slot to delete.
 */
int slots_check(const struct memslots *slots, const struct slot_limits *limits,
		const struct armvcpu_memory *arg)
{
	if (arg->slot >= limits->max_slots || (arg->flags & ~ARMVCPU_MEM_FLAGS_MASK))
		return -EINVAL;

	if (!arg->length) {
		if (arg->hva)
			return -EINVAL;
		return slots_by_number(slots, arg->slot) ? 0 : -ENOENT;
	}

	if (!IS_ALIGNED(arg->ipa | arg->length | arg->hva, limits->page_size) ||
	    !range_fits(arg->ipa, arg->length, 1ULL << limits->ipa_bits) ||
	    !range_fits(arg->hva, arg->length, limits->user_end))
		return -EINVAL;

	if (slots_by_number(slots, arg->slot) ||
	    slots_overlap(slots, arg->ipa, arg->length))
		return -EEXIST;
	return 0;
}

/**
 * slots_add() - a copy with one slot more
 * @to: has room for @from->nr + 1 slots
 * @from: the VM's
 * @arg: passed slots_check()
 */
void slots_add(struct memslots *to, const struct memslots *from,
	       const struct armvcpu_memory *arg)
{
	u32 i, n = count_upto(from, arg->ipa);

	for (i = 0; i < n; i++)
		to->slot[i] = from->slot[i];
	to->slot[n] = (struct memslot) {
		.ipa = arg->ipa,
		.length = arg->length,
		.hva = arg->hva,
		.slot = arg->slot,
		.flags = arg->flags,
	};
	for (i = n; i < from->nr; i++)
		to->slot[i + 1] = from->slot[i];
	to->nr = from->nr + 1;
}

/**
 * slots_delete() - a copy with one slot less
 * @to: has room for @from->nr - 1 slots
 * @from: the VM's
 * @number: of a slot that is there
 */
void slots_delete(struct memslots *to, const struct memslots *from, u32 number)
{
	u32 i, n = 0;

	for (i = 0; i < from->nr; i++)
		if (from->slot[i].slot != number)
			to->slot[n++] = from->slot[i];
	to->nr = n;
}

/**
 * slot_holds_block() - whether a block of the VMM's memory can be one of the guest's
 * @slot: the slot
 * @ipa: any guest physical address in it
 * @size: bytes of the block, a power of two
 *
 * Return: whether the aligned @size bytes around @ipa belong to the slot, and
 * are aligned in the VMM as well.
 */
bool slot_holds_block(const struct memslot *slot, u64 ipa, u64 size)
{
	u64 base = ALIGN_DOWN(ipa, size);

	return base >= slot->ipa && size <= slot->length &&
	       base - slot->ipa <= slot->length - size &&
	       IS_ALIGNED(slot->ipa ^ slot->hva, size);
}

/**
 * slot_hva_to_ipa() - the part of a slot that lies at some of the VMM's addresses
 * @slot: the slot
 * @start: first address in the VMM, page aligned
 * @end: first address after the range, page aligned
 * @ipa_start: its first guest physical address
 * @ipa_end: the first after it
 *
 * Return: whether there is such a part.
 */
bool slot_hva_to_ipa(const struct memslot *slot, u64 start, u64 end, u64 *ipa_start,
		     u64 *ipa_end)
{
	start = max(start, slot->hva);
	end = min(end, slot->hva + slot->length);
	if (start >= end)
		return false;
	*ipa_start = slot->ipa + (start - slot->hva);
	*ipa_end = slot->ipa + (end - slot->hva);
	return true;
}
