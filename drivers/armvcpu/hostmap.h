/* SPDX-License-Identifier: GPL-2.0-only */
/* What the VMM's page table has for an address. */
#ifndef ARMVCPU_HOSTMAP_H
#define ARMVCPU_HOSTMAP_H

#include <linux/types.h>

/**
 * struct hostmap - an address of the VMM's, as its page table has it
 * @pa: physical address of its page
 * @shift: the table maps that many bits of address space by this one entry
 * @write: the VMM may write to it, now and without a fault
 * @dirty: the entry says that it was written to
 * @young: the entry says that it was accessed
 * @zero: it is the zero page
 */
struct hostmap {
	u64 pa;
	u8 shift;
	bool write;
	bool dirty;
	bool young;
	bool zero;
};

/**
 * hostmap_lookup() - look into the page table of the calling process
 * @addr: an address of the VMM's
 * @map: filled in
 *
 * Takes no reference. Only for who keeps the entry from being taken away
 * meanwhile: vm_memory.lock is held, nothing that includes @addr is being
 * invalidated, and all that changes entries tells of it first. Context: any.
 *
 * Return: whether there is something, and it is memory of a kind that needs
 * nobody's consent: anonymous, of tmpfs or memfd, of hugetlbfs. What else there
 * may be get_user_pages() knows.
 */
bool hostmap_lookup(unsigned long addr, struct hostmap *map);

#endif /* ARMVCPU_HOSTMAP_H */
