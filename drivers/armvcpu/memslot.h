/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest memory: slots, stage 2 and the VMM's mappings behind them. */
#ifndef ARMVCPU_MEMSLOT_H
#define ARMVCPU_MEMSLOT_H

#include <linux/atomic.h>
#include <linux/mmu_notifier.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "cache.h"
#include "slots.h"
#include "stage2.h"
#include "vmid.h"

struct mm_struct;
struct user_struct;

/**
 * enum mem_result - how a fault of the guest ended
 * @MEM_MAPPED: run the instruction again
 * @MEM_NONE: no slot there
 * @MEM_READONLY: a write to a read-only slot
 * @MEM_ERROR: the VMM's mapping cannot give the page
 * @MEM_INTR: a signal is pending; the same fault may be tried again after it
 */
enum mem_result {
	MEM_MAPPED,
	MEM_NONE,
	MEM_READONLY,
	MEM_ERROR,
	MEM_INTR,
};

/**
 * enum mem_abort - why stage 2 refused
 * @MEM_UNMAPPED: it had nothing there
 * @MEM_OLD: the access flag is missing
 * @MEM_PERMISSION: it did not allow this access
 */
enum mem_abort {
	MEM_UNMAPPED,
	MEM_OLD,
	MEM_PERMISSION,
};

/**
 * struct slot_view - a slot, as it was
 * @slot: a copy
 * @generation: vm_memory.generation then, or before
 */
struct slot_view {
	struct memslot slot;
	u64 generation;
};

/**
 * struct vm_memory - the memory of a VM
 * @mm: the VMM's address space, whose pages the guest gets
 * @slots: published under @lock, changed under the VM's lock; read under
 *	@slots_srcu or @lock
 * @slots_srcu: for readers of @slots
 * @leaving: the slot that is in @slots no more, and parts of which may be mapped yet; of
 *	length 0: there is none. Changed under the VM's lock and @lock
 * @lock: spinlock: @s2 and all below that is not atomic
 * @s2: the translation tables
 * @hcr: bits that HCR_EL2 has to have
 * @cache: the host's caches
 * @vmid: of this VM
 * @notifier: tells what happens to the VMM's mappings; or, where the kernel has
 *	no MMU notifiers:
 * @pins: pages pinned for the slots, by IPA, see pin.c
 * @payer: whose RLIMIT_MEMLOCK counts; NULL for who had CAP_IPC_LOCK
 * @charged: bytes of all slots, under the VM's lock
 * @generation: counts changes of @slots
 * @seq: counts invalidations that have ended; for who reads it without @lock, see
 *	vm_memory_seq()
 * @invalidations: those that have begun and not ended
 * @inval_start: first of the VMM's addresses that they are about
 * @inval_end: the first after them
 * @gone: the VMM's address space is at its end, nothing is mapped any more
 * @cleaned: pages cleaned to the PoC because they were to be mapped; never less
 *	than @s2.made unless HCR_EL2.FWB is set
 * @synced: pages made executable with instruction cache maintenance
 */
struct vm_memory {
	struct mm_struct *mm;
	struct memslots __rcu *slots;
	struct srcu_struct slots_srcu;
	struct memslot leaving;
	spinlock_t lock;
	struct stage2 s2;
	u64 hcr;
	struct cache_info cache;
	struct vmid vmid;
#if IS_ENABLED(CONFIG_MMU_NOTIFIER)
	struct mmu_notifier notifier;
#else
	struct xarray pins;
	struct user_struct *payer;
	u64 charged;
#endif
	u64 generation;
	u64 seq;
	u32 invalidations;
	u64 inval_start;
	u64 inval_end;
	bool gone;
	atomic64_t cleaned;
	atomic64_t synced;
};

int vm_memory_init(struct vm_memory *m, struct mm_struct *mm, u32 ipa_bits);
void vm_memory_destroy(struct vm_memory *m);
int vm_memory_check_slot(struct vm_memory *m, const struct armvcpu_memory *arg);
bool vm_memory_overlaps(struct vm_memory *m, u64 ipa, u64 length);
int vm_memory_set_slot(struct vm_memory *m, const struct armvcpu_memory *arg);
bool vm_memory_find(struct vm_memory *m, u64 ipa, struct slot_view *view);
enum mem_result vm_memory_fault(struct vm_memory *m, struct slot_view *view, u64 ipa,
				u32 fault_flags, enum mem_abort why, u32 *error);
int vm_memory_map_device(struct vm_memory *m, u64 ipa, u64 pa);
void vm_memory_forget(struct vm_memory *m);
void vm_memory_flush_dcache(struct vm_memory *m);

/*
 * Before looking at the VMM's mappings. Who finds the same number under the lock
 * later, and nothing being invalidated, has looked at what is there still.
 */
static inline u64 vm_memory_seq(const struct vm_memory *m)
{
	/* Before the looking; pairs with notify_end(). */
	return smp_load_acquire(&m->seq);
}

/* VTCR_EL2 of the VM. */
static inline u64 vm_memory_vtcr(const struct vm_memory *m)
{
	return m->s2.vtcr;
}

/* VTTBR_EL2.BADDR of the VM. */
static inline u64 vm_memory_baddr(const struct vm_memory *m)
{
	return stage2_baddr(&m->s2);
}

/*
 * VTTBR_EL2 of the VM. Its VMID can change at any time but between
 * vmid_update() on a CPU and the end of that CPU's run of the VM.
 */
static inline u64 vm_memory_vttbr(const struct vm_memory *m)
{
	return vm_memory_baddr(m) | (u64)vmid_current(&m->vmid) << 48;
}

/* Bits that HCR_EL2 has to have while the guest runs: FWB or none. */
static inline u64 vm_memory_hcr(const struct vm_memory *m)
{
	return m->hcr;
}

#endif /* ARMVCPU_MEMSLOT_H */
