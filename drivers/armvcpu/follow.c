// SPDX-License-Identifier: GPL-2.0-only
/* Guest memory that follows the VMM's mappings by an MMU notifier. */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/srcu.h>
#include <linux/swap.h>

#include "backing.h"
#include "compat.h"
#include "hostmap.h"

/* Descriptors to look at before others may have the lock. */
#define CHUNK	4096

/* The end of the last page; "up to the end of all" (~0) does not wrap. */
static u64 page_end(unsigned long end)
{
	return PAGE_ALIGN(min_t(unsigned long, end, TASK_SIZE_MAX));
}

static struct vm_memory *notifier_to_memory(struct mmu_notifier *n)
{
	return container_of(n, struct vm_memory, notifier);
}

/*
 * Every invalidation is counted, whether or not a slot is concerned: a slot may
 * be added before it ends.
 */
static int notify_start(struct mmu_notifier *n, const struct mmu_notifier_range *range)
{
	struct vm_memory *m = notifier_to_memory(n);
	u64 start = range->start & PAGE_MASK;
	u64 end = page_end(range->end);
	const struct memslots *slots;
	struct memslot leaving;
	u64 ipa, last;
	int idx;
	u32 i;

	spin_lock(&m->lock);
	if (!m->invalidations++) {
		m->inval_start = start;
		m->inval_end = end;
	} else {
		m->inval_start = min(m->inval_start, start);
		m->inval_end = max(m->inval_end, end);
	}
	spin_unlock(&m->lock);

	idx = srcu_read_lock(&m->slots_srcu);
	slots = srcu_dereference(m->slots, &m->slots_srcu);
	for (i = 0; i < slots->nr; i++)
		if (slot_hva_to_ipa(&slots->slot[i], start, end, &ipa, &last))
			vm_memory_unmap(m, ipa, last, 0, mmu_notifier_range_blockable(range));
	srcu_read_unlock(&m->slots_srcu, idx);

	/* After the slots: what was not among them any more is here, or not mapped. */
	spin_lock(&m->lock);
	leaving = m->leaving;
	spin_unlock(&m->lock);
	if (slot_hva_to_ipa(&leaving, start, end, &ipa, &last))
		vm_memory_unmap(m, ipa, last, 0, mmu_notifier_range_blockable(range));
	return 0;
}

static void notify_end(struct mmu_notifier *n, const struct mmu_notifier_range *range)
{
	struct vm_memory *m = notifier_to_memory(n);

	spin_lock(&m->lock);
	/* After all that was done to the page tables, for vm_memory_seq(). */
	smp_store_release(&m->seq, m->seq + 1);
	m->invalidations--;
	spin_unlock(&m->lock);
}

/* Takes the access flags; the host may hold a page table's lock. */
static int age(struct vm_memory *m, u64 start, u64 end, bool flush)
{
	const struct memslots *slots;
	bool young = false;
	u64 ipa, last;
	int idx;
	u32 i;

	start &= PAGE_MASK;
	end = page_end(end);
	idx = srcu_read_lock(&m->slots_srcu);
	slots = srcu_dereference(m->slots, &m->slots_srcu);
	for (i = 0; i < slots->nr; i++) {
		if (!slot_hva_to_ipa(&slots->slot[i], start, end, &ipa, &last))
			continue;
		while (ipa < last) {
			spin_lock(&m->lock);
			ipa = stage2_age(&m->s2, ipa, last, flush, CHUNK, &young);
			spin_unlock(&m->lock);
		}
	}
	srcu_read_unlock(&m->slots_srcu, idx);
	return young;
}

static int notify_clear_flush_young(struct mmu_notifier *n, struct mm_struct *mm,
				    unsigned long start, unsigned long end)
{
	return age(notifier_to_memory(n), start, end, true);
}

static int notify_clear_young(struct mmu_notifier *n, struct mm_struct *mm,
			      unsigned long start, unsigned long end)
{
	return age(notifier_to_memory(n), start, end, false);
}

static int notify_test_young(struct mmu_notifier *n, struct mm_struct *mm,
			     unsigned long address)
{
	struct vm_memory *m = notifier_to_memory(n);
	u64 start = address & PAGE_MASK;
	const struct memslots *slots;
	struct stage2_leaf leaf;
	bool young = false;
	u64 ipa, last;
	int idx;
	u32 i;

	idx = srcu_read_lock(&m->slots_srcu);
	slots = srcu_dereference(m->slots, &m->slots_srcu);
	for (i = 0; i < slots->nr && !young; i++) {
		if (!slot_hva_to_ipa(&slots->slot[i], start, start + PAGE_SIZE, &ipa, &last))
			continue;
		spin_lock(&m->lock);
		young = stage2_lookup(&m->s2, ipa, &leaf) && leaf.young;
		spin_unlock(&m->lock);
	}
	srcu_read_unlock(&m->slots_srcu, idx);
	return young;
}

/* The address space ends. Nobody can fault any more, but others hold the VM. */
static void notify_release(struct mmu_notifier *n, struct mm_struct *mm)
{
	struct vm_memory *m = notifier_to_memory(n);

	spin_lock(&m->lock);
	m->gone = true;
	spin_unlock(&m->lock);
	vm_memory_unmap(m, 0, vm_memory_end(m), STAGE2_FREE_TABLES, true);
}

/* change_pte is left out: the host brackets it with start and end. */
static const struct mmu_notifier_ops notifier_ops = {
	.release = notify_release,
	.invalidate_range_start = notify_start,
	.invalidate_range_end = notify_end,
	.clear_flush_young = notify_clear_flush_young,
	.clear_young = notify_clear_young,
	.test_young = notify_test_young,
};

int backing_init(struct vm_memory *m)
{
	m->notifier.ops = &notifier_ops;
	return mmu_notifier_register(&m->notifier, m->mm);
}

void backing_stop(struct vm_memory *m)
{
	mmu_notifier_unregister(&m->notifier, m->mm);
}

void backing_destroy(struct vm_memory *m)
{
}

/* The VMM's memory is charged as it always is. */
int backing_charge(struct vm_memory *m, u64 length)
{
	return 0;
}

void backing_drop(struct vm_memory *m, u64 ipa, u64 length, u64 charged)
{
}

/* The VMM's tables are always asked. */
bool backing_find(struct vm_memory *m, struct mem_fault *f)
{
	return false;
}

/*
 * The largest leaf that slot, guest and VMM have in common. The VMM has all of it
 * by one entry of its page table: when any part of that changes, an invalidation
 * of it begins first, and unmaps the block.
 */
static int common_level(struct vm_memory *m, const struct mem_fault *f,
			const struct hostmap *map)
{
	int level;

	if (map->shift == PAGE_SHIFT)
		return STAGE2_LEVEL_PAGE;
	for (level = f->largest; level < STAGE2_LEVEL_PAGE; level++) {
		u64 size = stage2_leaf_size(&m->s2, level);

		if (stage2_level_ok(&m->s2, level) && size <= 1ULL << map->shift &&
		    slot_holds_block(&f->view->slot, f->ipa, size) &&
		    !vm_memory_invalidating(m, ALIGN_DOWN(f->hva, size), size))
			break;
	}
	return level;
}

bool backing_look(struct vm_memory *m, struct mem_fault *f)
{
	struct hostmap map;

	lockdep_assert_held(&m->lock);
	if (!hostmap_lookup(f->hva, &map) || (f->write && !map.write))
		return false;
	f->seq = m->seq;
	f->writable = f->ask && map.write;
	f->dirty = map.dirty || map.zero;
	f->young = map.young || map.zero;
	f->level = common_level(m, f, &map);
	f->pa = ALIGN_DOWN(map.pa, stage2_leaf_size(&m->s2, f->level));
	if (f->level < STAGE2_LEVEL_PAGE) {
		f->page = pfn_to_page(PHYS_PFN(f->pa));
		get_page(f->page);
	}
	return true;
}

/*
 * As the VMM's own access would, without waiting for a lock, userfaultfd or a
 * disk: most of what a guest touches first needs none of these. Where this fails
 * get_user_pages() is asked, which waits, and says what is wrong.
 */
bool backing_fault_in(struct vm_memory *m, const struct mem_fault *f)
{
	vm_flags_t want = f->write ? VM_WRITE : VM_READ;
	vm_fault_t ret = VM_FAULT_ERROR;
	struct vm_area_struct *vma;

	if (!mmap_read_trylock(m->mm))
		return false;
	vma = vma_lookup(m->mm, f->hva);
	if (vma && (vma->vm_flags & (want | VM_IO | VM_PFNMAP | VM_MTE)) == want)
		ret = handle_mm_fault(vma, f->hva,
				      FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT |
				      (f->write ? FAULT_FLAG_WRITE : 0), NULL);
	/* Nobody who must not wait gives up the lock. */
	mmap_read_unlock(m->mm);
	return !(ret & (VM_FAULT_ERROR | VM_FAULT_RETRY));
}

/*
 * The page can be the zero page or one shared until it is written to, unless it
 * is writable. Mappings that are no plain memory (VM_IO, VM_PFNMAP) give an
 * error.
 */
int backing_hold(struct vm_memory *m, struct mem_fault *f)
{
	struct page *better;
	long ret;

	f->seq = vm_memory_seq(m);
	f->dirty = false;
	f->young = false;
	f->writable = f->ask;
	if (get_user_pages_fast_only(f->hva, 1, f->ask ? FOLL_WRITE : 0, &f->page) == 1)
		goto held;

	f->writable = f->write;
	ret = get_user_pages_unlocked(f->hva, 1, &f->page,
				      FOLL_HWPOISON | COMPAT_FOLL_INTERRUPTIBLE |
				      (f->write ? FOLL_WRITE : 0));
	if (ret != 1)
		return ret < 0 ? ret : -EFAULT;

	/* What was read for may turn out to be writable: saves a second fault. */
	if (f->ask && !f->write &&
	    get_user_pages_fast_only(f->hva, 1, FOLL_WRITE, &better) == 1) {
		put_page(f->page);
		f->page = better;
		f->writable = true;
	}
held:
	f->level = STAGE2_LEVEL_PAGE;
	f->pa = page_to_phys(f->page);
	return 0;
}

bool backing_is_large(const struct mem_fault *f)
{
	return PageCompound(f->page);
}

int backing_keep(struct vm_memory *m, struct mem_fault *f)
{
	return 0;
}

bool backing_reserve(struct vm_memory *m, struct mem_fault *f)
{
	return true;
}

/*
 * Dirty before anybody can clean it again: to do that they have to invalidate
 * it, for which they need the lock. It stands for the lock of the VMM's page
 * table, which keeps a file's pages from being truncated. What the VMM's entry
 * says already the host learns when it takes the entry away.
 */
void backing_mapped(struct vm_memory *m, struct mem_fault *f)
{
	struct folio *folio;

	if ((f->dirty || !f->writable) && (f->young || f->page))
		return;
	folio = page_folio(pfn_to_page(PHYS_PFN(f->pa)));
	if (f->writable && !f->dirty)
		folio_mark_dirty(folio);
	/* What is held can wait for it until the lock is dropped. */
	if (!f->young && !f->page)
		folio_mark_accessed(folio);
}

void backing_release(struct vm_memory *m, struct mem_fault *f)
{
	if (!f->young)
		folio_mark_accessed(page_folio(f->page));
	put_page(f->page);
}
