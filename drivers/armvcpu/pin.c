// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory that is pinned, on kernels without MMU notifiers.
 *
 * A page is pinned when the guest first touches it, and recorded by its guest
 * physical address. The record, not stage 2, owns the pin: what is unmapped to
 * be cleaned comes back as the same page. Pins end with their slot.
 *
 * The VMM pays for a slot as a whole when it adds it, so that a guest never
 * fails for want of a limit. As io_uring does, it is the user who pays, since a
 * VM may outlive the process that made it.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/xarray.h>

#include "backing.h"
#include "compat.h"

/* mem_fault.hold */
enum {
	HOLD_NOT,	/* nothing to release: the zero page, or the record's pin */
	HOLD_REF,	/* a reference to a recorded page */
	HOLD_PIN,	/* a pin of its own */
};

/* Tags of recorded pages; an XArray allows 0, 1 and 3. */
#define PIN_READ	0UL
#define PIN_WRITE	1UL	/* pinned for writing: the page stays the VMM's, too */
#define PIN_DIRTY	3UL	/* and the guest may write to it */

static unsigned long pin_index(u64 ipa)
{
	return ipa >> PAGE_SHIFT;
}

static void unpin(void *entry)
{
	struct page *page = xa_untag_pointer(entry);

	unpin_user_pages_dirty_lock(&page, 1, xa_pointer_tag(entry) == PIN_DIRTY);
}

int backing_init(struct vm_memory *m)
{
	xa_init_flags(&m->pins, XA_FLAGS_ACCOUNT);
	if (!capable(CAP_IPC_LOCK))
		m->payer = get_uid(current_user());
	return 0;
}

void backing_stop(struct vm_memory *m)
{
}

int backing_charge(struct vm_memory *m, u64 length)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	unsigned long pages = length >> PAGE_SHIFT;

	/* A slot can be deleted whatever the limit is by now. */
	if (!pages)
		return 0;
	if (m->payer) {
		long now = atomic_long_read(&m->payer->locked_vm);

		do {
			if (pages > limit || now > limit - pages)
				return -ENOMEM;
		} while (!atomic_long_try_cmpxchg(&m->payer->locked_vm, &now, now + pages));
	}
	atomic64_add(pages, &m->mm->pinned_vm);
	m->charged += length;
	return 0;
}

/* What is @charged ends; what is pinned from @ipa on is let go. */
void backing_drop(struct vm_memory *m, u64 ipa, u64 length, u64 charged)
{
	unsigned long index;
	void *entry;

	if (length) {
		xa_for_each_range(&m->pins, index, entry, pin_index(ipa),
				  pin_index(ipa + length - 1)) {
			xa_erase(&m->pins, index);
			unpin(entry);
			cond_resched();
		}
	}
	if (m->payer)
		atomic_long_sub(charged >> PAGE_SHIFT, &m->payer->locked_vm);
	atomic64_sub(charged >> PAGE_SHIFT, &m->mm->pinned_vm);
	m->charged -= charged;
}

void backing_destroy(struct vm_memory *m)
{
	backing_drop(m, 0, vm_memory_end(m), m->charged);
	xa_destroy(&m->pins);
	if (m->payer)
		free_uid(m->payer);
}

bool backing_find(struct vm_memory *m, struct mem_fault *f)
{
	void *entry = xa_load(&m->pins, pin_index(f->ipa));
	bool writable = entry && xa_pointer_tag(entry) == PIN_DIRTY;

	if (!entry || (f->write && !writable))
		return false;
	f->page = xa_untag_pointer(entry);
	f->pa = page_to_phys(f->page);
	f->level = STAGE2_LEVEL_PAGE;
	f->writable = writable;
	f->hold = HOLD_REF;
	get_page(f->page);
	return true;
}

/* A page that nothing holds could become another one. */
bool backing_look(struct vm_memory *m, struct mem_fault *f)
{
	return false;
}

bool backing_fault_in(struct vm_memory *m, const struct mem_fault *f)
{
	return false;
}

/*
 * A file system has to know who writes to its pages, and cannot know of a guest
 * that has one pinned. Memory of nobody else's and files in memory are fine.
 */
static bool may_be_written(struct page *page)
{
	return PageAnon(page) || PageSwapBacked(page) || PageHuge(page);
}

static int pin(u64 hva, unsigned int write, struct page **page)
{
	/* This one can wait for userfaultfd and tells of broken pages. */
	long ret = get_user_pages_unlocked(hva, 1, NULL, write | FOLL_HWPOISON |
					   COMPAT_FOLL_INTERRUPTIBLE);

	if (ret == 1)
		ret = pin_user_pages_fast(hva, 1, write | FOLL_LONGTERM, page);
	if (ret != 1)
		return ret < 0 ? ret : -EFAULT;
	if (write && !may_be_written(*page)) {
		unpin_user_page(*page);
		return -EFAULT;
	}
	return 0;
}

/*
 * Pinned for writing wherever the VMM may write, also when the guest only
 * reads: a page that is shared until it is written to would become another one
 * for the VMM when it writes, and stay the old one for the guest.
 */
int backing_hold(struct vm_memory *m, struct mem_fault *f)
{
	int ret;

	f->level = STAGE2_LEVEL_PAGE;
	f->hold = HOLD_PIN;
	f->writable = f->ask;
	f->tag = f->ask ? PIN_DIRTY : PIN_WRITE;
	ret = pin(f->hva, FOLL_WRITE, &f->page);
	if (ret == -EFAULT && !f->write) {
		f->writable = false;
		f->tag = PIN_READ;
		ret = pin(f->hva, 0, &f->page);
	}
	/* One for all, and always there: pins would only add up. */
	if (!ret && f->page == ZERO_PAGE(0)) {
		unpin_user_page(f->page);
		f->hold = HOLD_NOT;
	}
	if (!ret)
		f->pa = page_to_phys(f->page);
	return ret;
}

bool backing_is_large(const struct mem_fault *f)
{
	return false;
}

int backing_keep(struct vm_memory *m, struct mem_fault *f)
{
	unsigned long index = pin_index(f->ipa);
	void *entry;

	entry = xa_load(&m->pins, index);
	if (f->hold != HOLD_PIN) {
		/*
		 * Found, or kept, before the lock was dropped: only what is still
		 * recorded is still pinned.
		 */
		struct page *now = entry ? xa_untag_pointer(entry) : ZERO_PAGE(0);

		return now == f->page ? 0 : -EAGAIN;
	}
	if (entry && (xa_pointer_tag(entry) || !f->tag)) {
		/* Another vCPU was faster. What it has goes. */
		return xa_untag_pointer(entry) == f->page ? 0 : -EAGAIN;
	}
	/* What is replaced has its place already, so that cannot fail. */
	entry = xa_store(&m->pins, index, xa_tag_pointer(f->page, f->tag),
			 GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);
	if (xa_is_err(entry))
		return xa_err(entry);
	f->drop = entry;
	f->hold = HOLD_NOT;
	return 0;
}

bool backing_reserve(struct vm_memory *m, struct mem_fault *f)
{
	if (f->hold != HOLD_PIN)
		return true;
	f->reserved = !xa_reserve(&m->pins, pin_index(f->ipa), GFP_KERNEL_ACCOUNT);
	return f->reserved;
}

/* A pinned page is made dirty when it is let go. */
void backing_mapped(struct vm_memory *m, struct mem_fault *f)
{
}

void backing_release(struct vm_memory *m, struct mem_fault *f)
{
	if (f->hold == HOLD_PIN)
		unpin_user_page(f->page);
	else if (f->hold == HOLD_REF)
		put_page(f->page);
	/* Nothing maps it any more: the new page was mapped in its place. */
	if (f->drop)
		unpin(f->drop);
	if (f->reserved)
		xa_release(&m->pins, pin_index(f->ipa));
}
