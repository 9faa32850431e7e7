// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of posted stores that a VM shares with its VMM.
 *
 * One page, mapped writable by the VMM, so hostile. The kernel writes entries and
 * the producer's number, of which it keeps its own copy, and reads nothing but the
 * consumer's number, which decides about nothing but whether there is room: one
 * that cannot be says that there is none.
 */
#include <linux/build_bug.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <asm/barrier.h>

#include "posted.h"
#include "uapi.h"

#define ENTRIES	rounddown_pow_of_two((PAGE_SIZE - sizeof(struct armvcpu_ring)) / \
				     sizeof(struct armvcpu_posted_write))

/**
 * struct posted_ring - the kernel's side
 * @lock: one vCPU at a time puts into it
 * @produced: stores put in; armvcpu_ring.producer is a copy of it
 * @shared: the page
 */
struct posted_ring {
	spinlock_t lock;	/* over all the rest */
	u32 produced;
	struct armvcpu_ring *shared;
};

void posted_ring_free(struct posted_ring *ring)
{
	if (!ring)
		return;
	free_page((unsigned long)ring->shared);
	kfree(ring);
}

struct posted_ring *posted_ring_of(struct posted_ring **where)
{
	/* pairs with the cmpxchg() */
	struct posted_ring *ring = smp_load_acquire(where), *other;

	static_assert(sizeof(struct armvcpu_ring) == 128);
	static_assert(sizeof(struct armvcpu_posted_write) == 24);
	if (ring)
		return ring;
	ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return NULL;
	spin_lock_init(&ring->lock);
	ring->shared = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!ring->shared) {
		kfree(ring);
		return NULL;
	}
	ring->shared->count = ENTRIES;
	other = cmpxchg(where, NULL, ring);
	if (!other)
		return ring;
	posted_ring_free(ring);
	return other;
}

struct page *posted_ring_page(struct posted_ring *ring)
{
	return virt_to_page(ring->shared);
}

enum posted_result posted_ring_put(struct posted_ring *ring, u32 vcpu_id, u64 ipa,
				   unsigned int len, u64 data)
{
	struct armvcpu_ring *r = ring->shared;
	struct armvcpu_posted_write *e;
	u32 n;
	bool first;

	spin_lock(&ring->lock);
	n = ring->produced;
	/*
	 * Acquire: an entry is not written before the VMM has read it. A number
	 * ahead of the producer's wraps and is as good as far behind.
	 */
	if (n - smp_load_acquire(&r->consumer) >= ENTRIES) {
		spin_unlock(&ring->lock);
		return POSTED_FULL;
	}
	e = &r->entries[n & (ENTRIES - 1)];
	WRITE_ONCE(e->ipa, ipa);
	WRITE_ONCE(e->data, data);
	WRITE_ONCE(e->vcpu_id, vcpu_id);
	WRITE_ONCE(e->len, len);
	WRITE_ONCE(e->pad[0], 0);
	WRITE_ONCE(e->pad[1], 0);
	WRITE_ONCE(e->pad[2], 0);
	ring->produced = n + 1;
	/* Who sees the number sees the entry. */
	smp_store_release(&r->producer, n + 1);
	/*
	 * The VMM stores the consumer's number, then looks at the producer's
	 * before it sleeps: one of the two sees the other.
	 */
	smp_mb();
	first = READ_ONCE(r->consumer) == n;
	spin_unlock(&ring->lock);
	return first ? POSTED_FIRST : POSTED;
}
