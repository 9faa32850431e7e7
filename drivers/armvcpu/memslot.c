// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory.
 *
 * The guest's memory is the VMM's: a fault looks up the slot, has the host
 * fault in the page as the VMM's own access would, and maps it. What keeps the
 * page there while the guest has it is said in backing.h.
 *
 * What the VMM has mapped already is mapped for the guest under one hold of the
 * lock, which no invalidation passes. What takes longer than that, because it has
 * to be brought in, or because it is a block with many cache lines to clean, is
 * done without the lock. It finds out by vm_memory.seq and vm_memory.generation
 * whether something has changed meanwhile, and starts over.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "armvcpu.h"
#include "backing.h"
#include "host.h"
#include "hyp/tlb.h"
#include "memslot.h"

/* Descriptors to look at before others may have the lock and the CPU. */
#define CHUNK		4096
/* The same in bytes, where each cache line is visited. */
#define CHUNK_CLEAN	SZ_1M

static void publish(void)
{
	dsb(ishst);
}

/* ---- tables ------------------------------------------------------------- */

/**
 * struct table_cache - tables allocated before the lock is taken
 * @table: zeroed pages
 * @nr: how many
 */
struct table_cache {
	void *table[STAGE2_LEVEL_PAGE];
	unsigned int nr;
};

static struct vm_memory *s2_to_memory(struct stage2 *s2)
{
	return container_of(s2, struct vm_memory, s2);
}

static bool table_cache_fill(struct table_cache *c, const struct stage2 *s2)
{
	while (c->nr < stage2_max_tables(s2)) {
		void *table = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);

		if (!table)
			return false;
		if (virt_to_phys(table) >> s2->out_bits) {
			free_page((unsigned long)table);
			return false;
		}
		c->table[c->nr++] = table;
	}
	return true;
}

static void table_cache_drain(struct table_cache *c)
{
	while (c->nr)
		free_page((unsigned long)c->table[--c->nr]);
}

static void *op_alloc_table(struct stage2 *s2, void *cache)
{
	struct table_cache *c = cache;

	return c->nr ? c->table[--c->nr] : NULL;
}

static void op_free_table(struct stage2 *s2, void *table)
{
	free_page((unsigned long)table);
}

static void *op_alloc_root(struct stage2 *s2, size_t size)
{
	void *root = alloc_pages_exact(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);

	if (root && virt_to_phys(root) >> s2->out_bits) {
		free_pages_exact(root, size);
		return NULL;
	}
	return root;
}

static void op_free_root(struct stage2 *s2, void *root, size_t size)
{
	free_pages_exact(root, size);
}

static void op_flush_ipa(struct stage2 *s2, u64 ipa)
{
	armvcpu_tlb_flush_ipa(s2_to_memory(s2), ipa);
}

static void op_flush_all(struct stage2 *s2)
{
	armvcpu_tlb_flush_vmid(s2_to_memory(s2));
}

static const struct stage2_ops stage2_ops = {
	.alloc_table = op_alloc_table,
	.free_table = op_free_table,
	.alloc_root = op_alloc_root,
	.free_root = op_free_root,
	.publish = publish,
	.flush_ipa = op_flush_ipa,
	.flush_all = op_flush_all,
};

/**
 * vm_memory_unmap() - unmap a range
 * @m: the guest's memory
 * @start: first guest physical address
 * @end: the first after the range
 * @flags: STAGE2_FREE_TABLES
 * @resched: the caller may sleep
 *
 * Others get the lock between two chunks; what is unmapped then is out of the
 * TLBs, too.
 */
void vm_memory_unmap(struct vm_memory *m, u64 start, u64 end, u32 flags, bool resched)
{
	while (start < end) {
		spin_lock(&m->lock);
		start = stage2_unmap(&m->s2, start, end, flags, CHUNK);
		spin_unlock(&m->lock);
		if (resched)
			cond_resched();
	}
}

/* ---- the VMM's mappings ------------------------------------------------- */

/*
 * Whether the slots have changed, or any of what is going to be mapped was or is
 * being invalidated, since it was looked at.
 */
static bool fault_is_stale(const struct vm_memory *m, const struct mem_fault *f)
{
	u64 size = stage2_leaf_size(&m->s2, f->level);

	lockdep_assert_held(&m->lock);
	return m->generation != f->view->generation || m->seq != f->seq ||
	       vm_memory_invalidating(m, ALIGN_DOWN(f->hva, size), size);
}

/*
 * Memory with tags is refused: the guest has no access to them, and the VMM's
 * own tag checks would find what the guest wrote past them.
 */
static bool vma_is_fit(struct mm_struct *mm, u64 hva)
{
	struct vm_area_struct *vma;
	bool fit;

	if (!system_supports_mte())
		return true;
	mmap_read_lock(mm);
	vma = vma_lookup(mm, hva);
	fit = vma && !(vma->vm_flags & VM_MTE);
	mmap_read_unlock(mm);
	return fit;
}

/* ---- faults ------------------------------------------------------------- */

/* What follows from the slot. Returns whether that is all. */
static bool fault_in_slot(struct mem_fault *f, enum mem_result *result)
{
	const struct memslot *slot = &f->view->slot;
	u64 page;

	f->ask = !(slot->flags & ARMVCPU_MEM_READONLY);
	if (f->write && !f->ask) {
		*result = MEM_READONLY;
		return true;
	}
	/* Speculation, too, stays in the slot. */
	page = array_index_nospec((f->ipa - slot->ipa) >> PAGE_SHIFT,
				  slot->length >> PAGE_SHIFT);
	f->hva = slot->hva + (page << PAGE_SHIFT);
	return false;
}

/* The slots have changed. Returns whether that is all, as fault_in_slot(). */
static bool fault_find_slot(struct vm_memory *m, struct mem_fault *f, enum mem_result *result)
{
	const struct memslot *slot;

	slot = slots_by_ipa(rcu_dereference_protected(m->slots, lockdep_is_held(&m->lock)),
			    f->ipa);
	if (!slot) {
		*result = MEM_NONE;
		return true;
	}
	f->view->slot = *slot;
	f->view->generation = m->generation;
	return fault_in_slot(f, result);
}

/*
 * What can be said without looking at the VMM's mappings. Returns whether that
 * is all; then *@result says how the fault ended.
 */
static bool fault_begin(struct vm_memory *m, struct mem_fault *f, enum mem_result *result)
{
	u32 want = (f->write ? STAGE2_WRITE : 0) | (f->exec ? STAGE2_EXEC : 0);

	lockdep_assert_held(&m->lock);
	f->seq = m->seq;
	if (unlikely(f->view->generation != m->generation) && fault_find_slot(m, f, result))
		return true;

	/*
	 * Mapped by another vCPU meanwhile, or only the access flag is missing.
	 * Whoever added rights has flushed the TLBs. Where nothing was mapped
	 * there is most likely nothing yet, and if there is it does no harm.
	 */
	if (f->why != MEM_UNMAPPED) {
		f->mapped = stage2_lookup(&m->s2, f->ipa, &f->leaf);
		if (f->mapped && (f->leaf.prot & want) == want) {
			stage2_touch(&m->s2, f->ipa);
			return true;
		}
	}
	if (backing_find(m, f))
		return false;

	/* No use in looking now: the guest tries again. */
	return m->gone || vm_memory_invalidating(m, f->hva, PAGE_SIZE);
}

/*
 * Cache maintenance comes before the descriptor is written. What is mapped
 * already and only gets more rights has had it. Returns whether it was done to
 * the end: that of a block, for which the lock is not held, is given up when
 * what it is for has changed or the thread is being killed.
 */
static bool fault_prepare(struct vm_memory *m, struct mem_fault *f, u32 *prot)
{
	u64 size = stage2_leaf_size(&m->s2, f->level), done, n;
	u64 pa = f->pa | (f->ipa & (size - 1));
	bool clean, sync;

	f->fresh = !f->mapped || f->leaf.pa != pa || f->leaf.level > f->level;
	clean = f->fresh && !(m->hcr & STAGE2_HCR_FWB);
	/*
	 * Most pages are never executed. Those that are fault once more, and
	 * only then pay for the instruction cache. FEAT_S2FWB implies
	 * CTR_EL0.IDC, so nothing is missing where the clean was left out.
	 */
	sync = f->exec && !m->cache.dic;
	*prot = (f->writable ? STAGE2_WRITE : 0) | (f->exec || m->cache.dic ? STAGE2_EXEC : 0);

	for (done = 0; (clean || sync) && done < size; done += n) {
		void *addr = phys_to_virt(f->pa + done);

		n = min_t(u64, size, CHUNK_CLEAN);
		if (done) {
			cond_resched();
			if (vm_memory_seq(m) != f->seq || fatal_signal_pending(current))
				return false;
		}
		if (clean)
			cache_clean_inval_poc(&m->cache, addr, n);
		if (sync)
			cache_sync_exec(&m->cache, addr, n);
	}
	if (clean)
		atomic64_add(size >> PAGE_SHIFT, &m->cleaned);
	if (sync)
		atomic64_add(size >> PAGE_SHIFT, &m->synced);
	return true;
}

/* The page is prepared, and nothing has changed under the lock since it was found. */
static int fault_map_locked(struct vm_memory *m, struct mem_fault *f, u32 prot,
			    struct table_cache *tables)
{
	u64 size = stage2_leaf_size(&m->s2, f->level);
	int ret;

	lockdep_assert_held(&m->lock);
	/* What can never be mapped is not kept either. */
	if (f->pa >> m->s2.out_bits)
		return -ERANGE;
	ret = backing_keep(m, f);
	if (!ret)
		ret = stage2_map(&m->s2, ALIGN_DOWN(f->ipa, size), f->pa, prot, f->level, tables);
	if (!ret)
		backing_mapped(m, f);
	return ret;
}

/* Whether what fault_begin() and fault_prepare() found still is so. */
static bool fault_is_good(struct vm_memory *m, const struct mem_fault *f)
{
	struct stage2_leaf leaf;

	if (m->gone || fault_is_stale(m, f))
		return false;
	/* Unmapped by another vCPU's maintenance, so not clean any more? */
	return f->fresh || (stage2_lookup(&m->s2, f->ipa, &leaf) &&
			    leaf.pa == f->leaf.pa && leaf.level <= f->level);
}

/*
 * Map what is held and was prepared without the lock. Returns a negative errno;
 * -EAGAIN: it is not so any more.
 */
static int fault_map_held(struct vm_memory *m, struct mem_fault *f, u32 prot,
			  struct table_cache *tables)
{
	int ret;

	for (;;) {
		spin_lock(&m->lock);
		ret = -EAGAIN;
		if (fault_is_good(m, f))
			ret = fault_map_locked(m, f, prot, tables);
		spin_unlock(&m->lock);

		/* Most faults find their tables: they are allocated when missed. */
		if (ret != -ENOMEM || !table_cache_fill(tables, &m->s2) ||
		    !backing_reserve(m, f))
			return ret;
	}
}

/* The same for what is found and held until here. */
static int fault_finish_held(struct vm_memory *m, struct mem_fault *f,
			     struct table_cache *tables)
{
	int ret = -EAGAIN;
	u32 prot;

	if (fault_prepare(m, f, &prot))
		ret = fault_map_held(m, f, prot, tables);
	backing_release(m, f);
	f->page = NULL;
	return ret;
}

/* values of fault_try() */
enum fault_step {
	FAULT_OVER,	/* *@result says how */
	FAULT_HELD,	/* there is something, it is held and has to be prepared */
	FAULT_TABLES,	/* tables are missing */
	FAULT_BEYOND,	/* it is out of reach of stage 2 */
	FAULT_MISSING,	/* the VMM has nothing there, or nothing simple */
};

/* What can be done in one hold of the lock. */
static enum fault_step fault_try(struct vm_memory *m, struct mem_fault *f,
				 struct table_cache *tables, enum mem_result *result)
{
	u32 prot;
	int ret;

	if (fault_begin(m, f, result))
		return FAULT_OVER;
	if (f->page)
		return FAULT_HELD;
	if (!backing_look(m, f))
		return FAULT_MISSING;
	if (f->page)
		return FAULT_HELD;
	fault_prepare(m, f, &prot);
	ret = fault_map_locked(m, f, prot, tables);
	if (ret == -ENOMEM)
		return FAULT_TABLES;
	return ret ? FAULT_BEYOND : FAULT_OVER;
}

/* Returns 0 when the guest is to go on, with *@result, or a negative errno. */
static int fault_resolve(struct vm_memory *m, struct mem_fault *f,
			 struct table_cache *tables, enum mem_result *result)
{
	bool faulted_in = false, held = false;
	enum fault_step step;
	int ret;

	for (;;) {
		spin_lock(&m->lock);
		step = fault_try(m, f, tables, result);
		spin_unlock(&m->lock);

		switch (step) {
		case FAULT_OVER:
			return 0;
		case FAULT_HELD:
			ret = fault_finish_held(m, f, tables);
			if (ret != -EAGAIN || f->level == STAGE2_LEVEL_PAGE)
				return ret;
			/* Smaller ones are prepared sooner. */
			f->largest = f->level + 1;
			break;
		case FAULT_TABLES:
			if (!table_cache_fill(tables, &m->s2))
				return -ENOMEM;
			break;
		case FAULT_BEYOND:
			return -ERANGE;
		case FAULT_MISSING:
			if (!faulted_in && backing_fault_in(m, f)) {
				faulted_in = true;
				break;
			}
			ret = backing_hold(m, f);
			if (ret)
				return ret;
			/* Now: where memory is not pinned a change from here on is noticed. */
			if (!vma_is_fit(m->mm, f->hva)) {
				backing_release(m, f);
				f->page = NULL;
				return -EFAULT;
			}
			if (held || !backing_is_large(f))
				return fault_finish_held(m, f, tables);
			/* It was worth waiting for: look at all of it. */
			held = true;
			backing_release(m, f);
			f->page = NULL;
			break;
		}
	}
}

/**
 * vm_memory_find() - look for a slot
 * @m: the guest's memory
 * @ipa: guest physical address
 * @view: set to the slot
 *
 * Takes no lock. By the time it returns the slot may be gone.
 *
 * Return: whether there is one.
 */
bool vm_memory_find(struct vm_memory *m, u64 ipa, struct slot_view *view)
{
	const struct memslot *slot;
	int idx;

	/* Before the slots: with an older number they are looked up again. */
	view->generation = smp_load_acquire(&m->generation);
	idx = srcu_read_lock(&m->slots_srcu);
	slot = slots_by_ipa(srcu_dereference(m->slots, &m->slots_srcu), ipa);
	if (slot)
		view->slot = *slot;
	srcu_read_unlock(&m->slots_srcu, idx);
	return slot;
}

/**
 * vm_memory_fault() - a stage 2 abort of the guest
 * @m: the guest's memory
 * @view: what vm_memory_find() said; changed
 * @ipa: guest physical address
 * @fault_flags: ARMVCPU_FAULT_*
 * @why: what stage 2 had there
 * @error: with MEM_ERROR set to a positive errno: EFAULT: the VMM has no such
 *	mapping, may not write to it, it is no plain memory or out of reach of
 *	stage 2; EHWPOISON: a broken page; ENOMEM
 *
 * Translation, access flag and permission faults all come here. A fault of the
 * guest's own table walk is one for reading, or, if a permission is missing,
 * for writing (hardware updates of the access flag); never for executing.
 *
 * Context: the vCPU's thread, which belongs to the VMM. May sleep.
 * Return: enum mem_result.
 */
enum mem_result vm_memory_fault(struct vm_memory *m, struct slot_view *view, u64 ipa,
				u32 fault_flags, enum mem_abort why, u32 *error)
{
	bool walk = fault_flags & ARMVCPU_FAULT_PTW;
	struct mem_fault f = {
		.ipa = ipa & PAGE_MASK,
		.why = why,
		.view = view,
		.write = walk ? why == MEM_PERMISSION : fault_flags & ARMVCPU_FAULT_WRITE,
		.exec = !walk && (fault_flags & ARMVCPU_FAULT_EXEC),
	};
	enum mem_result result = MEM_MAPPED;
	struct table_cache tables;
	int ret;

	if (current->mm != m->mm) {
		*error = EFAULT;
		return MEM_ERROR;
	}
	if (fault_in_slot(&f, &result))
		return result;
	tables.nr = 0;
	ret = fault_resolve(m, &f, &tables, &result);
	table_cache_drain(&tables);

	switch (ret) {
	case 0:
		return result;
	case -EAGAIN:
		return MEM_MAPPED;
	case -EINTR:
	case -ERESTARTSYS:
		return MEM_INTR;
	case -ENOMEM:
	case -EHWPOISON:
		*error = -ret;
		return MEM_ERROR;
	default:
		*error = EFAULT;
		return MEM_ERROR;
	}
}

/**
 * vm_memory_map_device() - map a page of registers, for reading and writing
 * @m: the guest's memory; there is and will be no slot at @ipa
 * @ipa: guest physical address of the page
 * @pa: physical address of the registers, which are the guest's to use
 *
 * It stays until all is unmapped: by vm_memory_forget(), then it faults again, or
 * with the VM.
 *
 * Context: the vCPU's thread, which belongs to the VMM. May sleep.
 * Return: 0, also where nobody will enter the guest any more; -ENOMEM: for the tables;
 * -ERANGE: stage 2 does not reach so far.
 */
int vm_memory_map_device(struct vm_memory *m, u64 ipa, u64 pa)
{
	struct table_cache tables = { .nr = 0 };
	int ret;

	do {
		spin_lock(&m->lock);
		ret = m->gone ? 0 : stage2_map(&m->s2, ipa, pa, STAGE2_DEVICE | STAGE2_WRITE,
					       STAGE2_LEVEL_PAGE, &tables);
		spin_unlock(&m->lock);
	} while (ret == -ENOMEM && table_cache_fill(&tables, &m->s2));
	table_cache_drain(&tables);
	return ret;
}

/**
 * vm_memory_forget() - unmap everything, so that it is cleaned when next touched
 * @m: the guest's memory
 *
 * What is cleaned goes to the point of coherency. Does nothing where all
 * accesses of a guest are cacheable (FEAT_S2FWB).
 *
 * Context: may sleep.
 */
void vm_memory_forget(struct vm_memory *m)
{
	if (!(m->hcr & STAGE2_HCR_FWB))
		vm_memory_unmap(m, 0, vm_memory_end(m), 0, true);
}

/**
 * vm_memory_flush_dcache() - clean and invalidate all that the guest has mapped
 * @m: the guest's memory
 *
 * To the point of coherency: what a guest means by set/way maintenance, and
 * what it needs when it switches its MMU or its caches on or off. Pages that it
 * gets later are clean. Stops early when the thread is being killed.
 *
 * Context: may sleep.
 */
void vm_memory_flush_dcache(struct vm_memory *m)
{
	u64 ipa = 0, end = vm_memory_end(m);
	struct stage2_leaf leaf;

	/* All accesses of the guest are cacheable, then. */
	if (m->hcr & STAGE2_HCR_FWB)
		return;

	while (ipa < end && !fatal_signal_pending(current)) {
		u64 left = CHUNK_CLEAN;
		u32 budget = CHUNK;

		/* The lock keeps the pages from being freed. A block takes many turns. */
		spin_lock(&m->lock);
		while (left && stage2_next(&m->s2, &ipa, end, &budget, &leaf)) {
			u64 size = stage2_leaf_size(&m->s2, leaf.level);

			size = min(size - (ipa & (size - 1)), left);
			if (!(leaf.prot & STAGE2_DEVICE))
				cache_clean_inval_poc(&m->cache, phys_to_virt(leaf.pa), size);
			ipa += size;
			left -= size;
		}
		spin_unlock(&m->lock);
		cond_resched();
	}
}

/* ---- slots -------------------------------------------------------------- */

static struct memslots *alloc_slots(u32 nr)
{
	struct memslots *slots;

	return kvzalloc(struct_size(slots, slot, nr), GFP_KERNEL_ACCOUNT);
}

static bool user_range_ok(const struct armvcpu_memory *arg)
{
	/* The notifier speaks of addresses without tags. */
	return arg->hva == untagged_addr(arg->hva) &&
	       access_ok((void __user *)arg->hva, arg->length);
}

/**
 * vm_memory_check_slot() - whether ARMVCPU_SET_MEMORY would be refused
 * @m: the guest's memory
 * @arg: a private copy of what the VMM passed
 *
 * Context: the VM's lock is held.
 * Return: 0; -EINVAL, -EEXIST, -ENOENT: see slots_check().
 */
int vm_memory_check_slot(struct vm_memory *m, const struct armvcpu_memory *arg)
{
	const struct slot_limits limits = {
		.page_size = PAGE_SIZE,
		.ipa_bits = m->s2.ipa_bits,
		.max_slots = ARMVCPU_MAX_SLOTS,
		.user_end = TASK_SIZE_MAX,
	};
	int ret = slots_check(rcu_dereference_protected(m->slots, true), &limits, arg);

	if (!ret && arg->length && !user_range_ok(arg))
		ret = -EINVAL;
	return ret;
}

/**
 * vm_memory_overlaps() - whether a slot has any of these addresses
 * @m: the guest's memory
 * @ipa: the first
 * @length: bytes; their end does not wrap
 *
 * Context: the VM's lock is held.
 */
bool vm_memory_overlaps(struct vm_memory *m, u64 ipa, u64 length)
{
	return slots_overlap(rcu_dereference_protected(m->slots, true), ipa, length);
}

/**
 * vm_memory_set_slot() - ARMVCPU_SET_MEMORY
 * @m: the guest's memory
 * @arg: a private copy of what the VMM passed
 *
 * After a slot was deleted nothing of it is mapped any more and no TLB knows of
 * it; the tables that only it needed are freed.
 *
 * Context: the VM's lock is held. May sleep.
 * Return: 0; -EINVAL, -EEXIST, -ENOENT: see slots_check(); -ENOMEM: no memory, or
 * more than may be pinned.
 */
int vm_memory_set_slot(struct vm_memory *m, const struct armvcpu_memory *arg)
{
	struct memslots *old = rcu_dereference_protected(m->slots, true);
	struct memslot gone = { };
	struct memslots *new;
	int ret;

	ret = vm_memory_check_slot(m, arg);
	if (ret)
		return ret;

	ret = backing_charge(m, arg->length);
	if (ret)
		return ret;
	new = alloc_slots(arg->length ? old->nr + 1 : old->nr - 1);
	if (!new) {
		backing_drop(m, 0, 0, arg->length);
		return -ENOMEM;
	}
	if (arg->length) {
		slots_add(new, old, arg);
	} else {
		gone = *slots_by_number(old, arg->slot);
		slots_delete(new, old, arg->slot);
	}

	/*
	 * A fault on its way has looked its slot up under the lock with the
	 * generation of before. So from here nothing more is mapped there. What is
	 * mapped still follows the VMM's mappings: who finds the new slots finds
	 * @leaving, too, until the last of it is out of the TLBs.
	 */
	spin_lock(&m->lock);
	m->leaving = gone;
	rcu_assign_pointer(m->slots, new);
	/* After @new, for vm_memory_find(). */
	smp_store_release(&m->generation, m->generation + 1);
	spin_unlock(&m->lock);

	vm_memory_unmap(m, gone.ipa, gone.ipa + gone.length, STAGE2_FREE_TABLES, true);
	spin_lock(&m->lock);
	m->leaving = (struct memslot) { };
	spin_unlock(&m->lock);
	synchronize_srcu_expedited(&m->slots_srcu);
	kvfree(old);
	backing_drop(m, gone.ipa, gone.length, gone.length);
	return 0;
}

/**
 * vm_memory_init() - guest memory without slots
 * @m: zeroed
 * @mm: the VMM's address space, that of the caller
 * @ipa_bits: size of the guest's physical address space, STAGE2_MIN_IPA_BITS to
 *	armvcpu_host.ipa_bits
 *
 * Return: 0; -EINVAL for @ipa_bits; -ENOMEM; -EINTR.
 */
int vm_memory_init(struct vm_memory *m, struct mm_struct *mm, u32 ipa_bits)
{
	u64 mmfr2 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR2_EL1);
	struct stage2_config config = {
		.page_shift = PAGE_SHIFT,
		.ipa_bits = ipa_bits,
		.pa_bits = armvcpu_host.ipa_bits,
		.vmid16 = armvcpu_host.vmid_bits == 16,
		.fwb = mmfr2 >> 40 & 0xf,	/* ID_AA64MMFR2_EL1.FWB */
	};
	struct memslots *slots;
	int ret;

	if (ipa_bits > armvcpu_host.ipa_bits)
		return -EINVAL;
	m->mm = mm;
	spin_lock_init(&m->lock);
	m->hcr = config.fwb ? STAGE2_HCR_FWB : 0;
	cache_probe(&m->cache);

	slots = alloc_slots(0);
	if (!slots)
		return -ENOMEM;
	RCU_INIT_POINTER(m->slots, slots);

	ret = init_srcu_struct(&m->slots_srcu);
	if (ret)
		goto free_slots;
	ret = stage2_init(&m->s2, &config, &stage2_ops);
	if (ret)
		goto cleanup_srcu;
	ret = backing_init(m);
	if (ret)
		goto destroy_stage2;
	return 0;

destroy_stage2:
	stage2_destroy(&m->s2);
cleanup_srcu:
	cleanup_srcu_struct(&m->slots_srcu);
free_slots:
	kvfree(slots);
	return ret;
}

/**
 * vm_memory_destroy() - undo vm_memory_init()
 * @m: memory of a VM that nobody runs or can reach any more
 *
 * Context: any process, also one that is not the VMM. May sleep.
 */
void vm_memory_destroy(struct vm_memory *m)
{
	backing_stop(m);
	vm_memory_unmap(m, 0, vm_memory_end(m), STAGE2_FREE_TABLES, true);
	backing_destroy(m);
	/* White-box checks of what no guest can see; never true. */
	if (m->s2.violations)
		pr_err_once("stage 2: %llu entries changed without break-before-make\n",
			    m->s2.violations);
	if (m->s2.tables)
		pr_err_once("stage 2: %llu tables left\n", m->s2.tables);
	if (!(m->hcr & STAGE2_HCR_FWB) && (u64)atomic64_read(&m->cleaned) < m->s2.made)
		pr_err_once("stage 2: pages mapped without being cleaned\n");
	stage2_destroy(&m->s2);
	cleanup_srcu_struct(&m->slots_srcu);
	kvfree(rcu_dereference_protected(m->slots, true));
}
