/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What keeps a page there while the guest has it. One of two does, by the
 * kernel's configuration:
 *
 * follow.c, with MMU notifiers: there is no reference on a mapped page. Before
 * the host takes a page from the VMM's tables, it is taken from the guest's.
 *
 * pin.c, without: each page is pinned when the guest first touches it, and
 * stays the guest's until its slot is deleted, whatever becomes of the VMM's
 * mapping.
 */
#ifndef ARMVCPU_BACKING_H
#define ARMVCPU_BACKING_H

#include <linux/types.h>

#include "memslot.h"
#include "stage2.h"

struct page;

/**
 * struct mem_fault - a fault on its way
 * @ipa: page that is missing
 * @hva: the VMM's address for it
 * @write: the guest writes
 * @exec: the guest executes
 * @ask: the slot allows writing
 * @seq: vm_memory.seq before the page was looked up
 * @leaf: what is mapped there; valid when @mapped
 * @mapped: something is mapped there, without the rights
 * @fresh: it is another page, or nothing: the page was cleaned
 * @page: the page, held by backing_find() or backing_hold()
 * @writable: it may be mapped for writing
 * @hold: how @page is held; this and what follows is pin.c's
 * @tag: what it is pinned for
 * @reserved: there is room for the record of it
 * @drop: the pin that it replaces
 */
struct mem_fault {
	u64 ipa;
	u64 hva;
	bool write;
	bool exec;
	bool ask;
	u64 seq;
	struct stage2_leaf leaf;
	bool mapped;
	bool fresh;
	struct page *page;
	bool writable;
	u8 hold;
	u8 tag;
	bool reserved;
	void *drop;
};

/* ---- what memslot.c has for them ------------------------------------------- */

void vm_memory_unmap(struct vm_memory *m, u64 start, u64 end, u32 flags, bool resched);

/* The end of the guest's physical address space. */
static inline u64 vm_memory_end(const struct vm_memory *m)
{
	return 1ULL << m->s2.ipa_bits;
}

/* ---- what they have for memslot.c ------------------------------------------ */

/*
 * backing_init() and backing_destroy() frame the life of the memory;
 * backing_stop(): nobody is told of the VMM's mappings from here on.
 * Returns 0, -ENOMEM or -EINTR.
 */
int backing_init(struct vm_memory *m);
void backing_stop(struct vm_memory *m);
void backing_destroy(struct vm_memory *m);

/*
 * backing_charge() when a slot of @length bytes is to be added: 0 or -ENOMEM;
 * backing_drop() when the slot at @ipa is gone and unmapped, or was not added
 * after all (@length 0). The VM's lock is held. May sleep.
 */
int backing_charge(struct vm_memory *m, u64 length);
void backing_drop(struct vm_memory *m, u64 ipa, u64 length, u64 charged);

/*
 * The page of a fault is found (vm_memory.lock held; there is one already), or
 * held (may sleep; 0, -EFAULT, -EHWPOISON, -ENOMEM, -EINTR, -EAGAIN). Just
 * before it is mapped it is kept, and right after that backing_mapped() is
 * called (vm_memory.lock held). When backing_keep() says -ENOMEM,
 * backing_reserve() allocates what it needs (may sleep). In the end comes
 * backing_release() (may sleep).
 */
bool backing_find(struct vm_memory *m, struct mem_fault *f);
int backing_hold(struct mem_fault *f);
int backing_keep(struct vm_memory *m, struct mem_fault *f);
bool backing_reserve(struct vm_memory *m, struct mem_fault *f);
void backing_mapped(struct vm_memory *m, struct mem_fault *f);
void backing_release(struct vm_memory *m, struct mem_fault *f);

#endif /* ARMVCPU_BACKING_H */
