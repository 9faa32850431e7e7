/* SPDX-License-Identifier: GPL-2.0-only */
/* The ring of posted stores that a VM shares with its VMM. */
#ifndef ARMVCPU_POSTED_H
#define ARMVCPU_POSTED_H

#include <linux/mm_types.h>
#include <linux/types.h>

struct posted_ring;

/** enum posted_result - what became of a store */
enum posted_result {
	POSTED_FULL,	/* nothing: there is no room */
	POSTED,		/* it is in the ring, behind others */
	POSTED_FIRST,	/* it is in the ring, which was empty: the VMM may sleep */
};

/**
 * posted_ring_of() - the ring at *@where, made if there is none
 * @where: NULL or a ring; no lock is needed
 *
 * Return: the ring, NULL without memory
 */
struct posted_ring *posted_ring_of(struct posted_ring **where);

/** posted_ring_free() - @ring may be NULL; mappings keep the page */
void posted_ring_free(struct posted_ring *ring);

/** posted_ring_page() - the page to map */
struct page *posted_ring_page(struct posted_ring *ring);

/**
 * posted_ring_put() - put a store into the ring
 * @ring: the ring
 * @vcpu_id: whose store
 * @ipa: where
 * @len: bytes
 * @data: them
 */
enum posted_result posted_ring_put(struct posted_ring *ring, u32 vcpu_id, u64 ipa,
				   unsigned int len, u64 data);

#endif /* ARMVCPU_POSTED_H */
