/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What keeps a page there while the guest has it. One of two does, by the
 * kernel's configuration:
 *
 * follow.c, with MMU notifiers: there is no reference on a mapped page. Before
 * the host takes a page from the VMM's tables, it is taken from the guest's.
 * What the VMM has as one large page the guest gets as a block.
 *
 * pin.c, without: each page is pinned when the guest first touches it, and
 * stays the guest's until its slot is deleted, whatever becomes of the VMM's
 * mapping. There are no blocks: to pin one would keep from the VMM memory that
 * the guest never touched, and that the VMM may mean to replace yet.
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
 * @why: what stage 2 had there
 * @ask: the slot allows writing
 * @view: the slot
 * @seq: vm_memory.seq before the page was looked up
 * @leaf: what is mapped there; valid when @mapped
 * @mapped: something is mapped there, without the rights
 * @fresh: it is another page or a larger block, or nothing: it was cleaned
 * @largest: level of the largest leaf to try
 * @level: of what is going to be mapped
 * @pa: its physical address
 * @page: the page, or the first one of the block, held by backing_find(),
 *	backing_look() or backing_hold(); NULL: nothing is held
 * @writable: it may be mapped for writing
 * @dirty: the host knows that it was written to
 * @young: the host knows that it was accessed
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
	u8 why;
	bool ask;
	struct slot_view *view;
	u64 seq;
	struct stage2_leaf leaf;
	bool mapped;
	bool fresh;
	u8 largest;
	u8 level;
	u64 pa;
	struct page *page;
	bool writable;
	bool dirty;
	bool young;
	u8 hold;
	u8 tag;
	bool reserved;
	void *drop;
};

/* ---- what memslot.c has for them ------------------------------------------- */

void vm_memory_unmap(struct vm_memory *m, u64 start, u64 end, u32 flags, bool resched);

/* Whether any of the VMM's addresses is being invalidated; vm_memory.lock is held. */
static inline bool vm_memory_invalidating(const struct vm_memory *m, u64 start, u64 length)
{
	return m->invalidations && start < m->inval_end && start + length > m->inval_start;
}

/* The end of the guest's physical address space. */
static inline u64 vm_memory_end(const struct vm_memory *m)
{
	return 1ULL << m->s2.ipa_bits;
}

/* ---- what they have for memslot.c ------------------------------------------ */

/**
 * backing_init() - begin with the memory of a VM
 * @m: its @mm and locks are there
 *
 * Return: 0; -ENOMEM; -EINTR.
 */
int backing_init(struct vm_memory *m);

/**
 * backing_stop() - be told of the VMM's mappings no more
 * @m: memory of a VM that nobody runs any more
 */
void backing_stop(struct vm_memory *m);

/**
 * backing_destroy() - undo backing_init()
 * @m: after backing_stop(), with nothing mapped any more
 */
void backing_destroy(struct vm_memory *m);

/**
 * backing_charge() - a slot is to be added
 * @m: the guest's memory
 * @length: bytes of the slot
 *
 * Context: the VM's lock is held.
 * Return: 0; -ENOMEM: more than may be pinned.
 */
int backing_charge(struct vm_memory *m, u64 length);

/**
 * backing_drop() - a slot is gone
 * @m: the guest's memory
 * @ipa: where it was
 * @length: bytes of it, of which nothing is mapped any more; 0: it was not
 *	added after all
 * @charged: bytes that were charged
 *
 * Context: the VM's lock is held. May sleep.
 */
void backing_drop(struct vm_memory *m, u64 ipa, u64 length, u64 charged);

/**
 * backing_find() - look for a page that is there already
 * @m: the guest's memory
 * @f: the fault; its page and what goes with it are set
 *
 * Context: vm_memory.lock is held.
 * Return: whether there is one.
 */
bool backing_find(struct vm_memory *m, struct mem_fault *f);

/**
 * backing_look() - look at what the VMM has there now
 * @m: the guest's memory
 * @f: the fault; @level, @pa and what goes with them are set
 *
 * The address is not being invalidated. A page is not held; it stays the VMM's
 * until the lock is dropped. A block is held, for it has to be cleaned without
 * the lock.
 *
 * Context: the VMM's thread; vm_memory.lock is held.
 * Return: whether there is something that can be mapped as it is.
 */
bool backing_look(struct vm_memory *m, struct mem_fault *f);

/**
 * backing_fault_in() - have the VMM's page made, where that is simple
 * @m: the guest's memory
 * @f: the fault
 *
 * Context: the VMM's thread. May sleep, but waits for nothing but memory.
 * Return: whether there may be something for backing_look() now.
 */
bool backing_fault_in(struct vm_memory *m, const struct mem_fault *f);

/**
 * backing_hold() - get the page from the VMM, whatever it takes
 * @m: the guest's memory
 * @f: the fault; its page and what goes with it are set
 *
 * Context: the VMM's thread. May sleep.
 * Return: 0; -EFAULT, -EHWPOISON, -ENOMEM, -EINTR, -EAGAIN.
 */
int backing_hold(struct vm_memory *m, struct mem_fault *f);

/**
 * backing_is_large() - whether the page that is held is part of a larger one
 * @f: the fault
 *
 * Return: whether backing_look() may find a block where it found nothing before.
 */
bool backing_is_large(const struct mem_fault *f);

/**
 * backing_keep() - the page is going to be mapped
 * @m: the guest's memory
 * @f: the fault
 *
 * Context: vm_memory.lock is held.
 * Return: 0; -ENOMEM: try again after backing_reserve(); -EAGAIN: the fault has
 * to begin anew.
 */
int backing_keep(struct vm_memory *m, struct mem_fault *f);

/**
 * backing_reserve() - allocate what backing_keep() needs
 * @m: the guest's memory
 * @f: the fault
 *
 * Context: may sleep.
 * Return: whether there is memory.
 */
bool backing_reserve(struct vm_memory *m, struct mem_fault *f);

/**
 * backing_mapped() - the page or block was mapped
 * @m: the guest's memory
 * @f: the fault
 *
 * Context: vm_memory.lock is held since backing_keep().
 */
void backing_mapped(struct vm_memory *m, struct mem_fault *f);

/**
 * backing_release() - the end of a fault whose page or block was found or held
 * @m: the guest's memory
 * @f: the fault
 *
 * Context: may sleep.
 */
void backing_release(struct vm_memory *m, struct mem_fault *f);

#endif /* ARMVCPU_BACKING_H */
