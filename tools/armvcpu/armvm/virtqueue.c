// SPDX-License-Identifier: GPL-2.0-only
/*
 * Split virtqueues (virtio 1.2, section 2.7), the device's side.
 *
 * The rings and descriptors are the guest's and change under our hands: what
 * is looked at is read once, checked, and never read again. Every chain ends
 * after VIRTQUEUE_MAX descriptors, whatever it is linked to.
 */
#include "virtqueue.h"

#include <endian.h>
#include <string.h>

#include "util.h"

#define DESC_F_NEXT		1
#define DESC_F_WRITE		2
#define DESC_F_INDIRECT		4

#define AVAIL_F_NO_INTERRUPT	1

struct descriptor {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

/* struct avail { le16 flags, idx, ring[num]; } */
#define AVAIL_FLAGS	0
#define AVAIL_IDX	2
#define AVAIL_RING	4

/* struct used { le16 flags, idx; struct { le32 id, len; } ring[num]; } */
#define USED_IDX	2
#define USED_RING	4

static uint16_t load16(const void *p)
{
	return le16toh(__atomic_load_n((const uint16_t *)p, __ATOMIC_ACQUIRE));
}

static void store16(void *p, uint16_t value)
{
	__atomic_store_n((uint16_t *)p, htole16(value), __ATOMIC_RELEASE);
}

/**
 * virtqueue_is_valid() - can the queue be used?
 * @vq: the queue as the driver set it up
 * @ram: guest memory
 *
 * Return: false when its size or an address is not what the specification
 * asks for, or a part of it is not in RAM.
 */
bool virtqueue_is_valid(const struct virtqueue *vq, const struct ram *ram)
{
	uint64_t num = vq->num;

	if (!num || num > VIRTQUEUE_MAX || (num & (num - 1)))
		return false;
	if (vq->desc % 16 || vq->avail % 2 || vq->used % 4)
		return false;
	return ram_at(ram, vq->desc, num * sizeof(struct descriptor)) &&
	       ram_at(ram, vq->avail, AVAIL_RING + num * 2) &&
	       ram_at(ram, vq->used, USED_RING + num * 8);
}

/* Reads descriptor @index of a table of @num at @table. */
static bool read_descriptor(const struct ram *ram, uint64_t table,
			    uint32_t num, uint32_t index,
			    struct descriptor *desc)
{
	struct descriptor raw;
	const void *from;

	if (index >= num)
		return false;
	from = ram_at(ram, table + index * sizeof(raw), sizeof(raw));
	if (!from)
		return false;
	memcpy(&raw, from, sizeof(raw));
	desc->addr = le64toh(raw.addr);
	desc->len = le32toh(raw.len);
	desc->flags = le16toh(raw.flags);
	desc->next = le16toh(raw.next);
	return true;
}

static bool add_part(struct chain *chain, const struct ram *ram,
		     const struct descriptor *desc)
{
	void *host = ram_at(ram, desc->addr, desc->len);
	struct iovec part = { .iov_base = host, .iov_len = desc->len };

	if (!host)
		return false;
	if (desc->flags & DESC_F_WRITE) {
		if (desc->len)
			chain->in[chain->nr_in++] = part;
		return true;
	}
	/* What the device reads comes first (2.7.4.2). */
	if (chain->nr_in)
		return false;
	if (desc->len)
		chain->out[chain->nr_out++] = part;
	return true;
}

static bool read_chain(const struct virtqueue *vq, const struct ram *ram,
		       struct chain *chain)
{
	struct descriptor desc;
	uint64_t table = vq->desc;
	uint32_t num = vq->num, index = chain->head, seen;

	if (!read_descriptor(ram, table, num, index, &desc))
		return false;

	if (desc.flags & DESC_F_INDIRECT) {
		if (!vq->indirect || (desc.flags & DESC_F_NEXT) ||
		    !desc.len || desc.len % sizeof(desc))
			return false;
		table = desc.addr;
		num = desc.len / sizeof(desc);
		if (!ram_at(ram, table, desc.len) ||
		    !read_descriptor(ram, table, num, 0, &desc))
			return false;
	}

	for (seen = 0; seen < VIRTQUEUE_MAX; seen++) {
		/* Neither in a table nor after other parts (2.7.5.3.1). */
		if (desc.flags & DESC_F_INDIRECT)
			return false;
		if (!add_part(chain, ram, &desc))
			return false;
		if (!(desc.flags & DESC_F_NEXT))
			return true;
		if (!read_descriptor(ram, table, num, desc.next, &desc))
			return false;
	}
	return false;
}

/**
 * virtqueue_pop() - take the next request
 * @vq: a valid queue
 * @ram: guest memory
 * @chain: filled in
 *
 * Return: 1 when there is one, 0 when there is none, -1 when the driver broke
 * the rules and the device needs a reset.
 */
int virtqueue_pop(struct virtqueue *vq, const struct ram *ram,
		  struct chain *chain)
{
	const uint8_t *avail;
	uint16_t idx;

	avail = ram_at(ram, vq->avail, AVAIL_RING + vq->num * 2ULL);
	if (!avail)
		return -1;

	idx = load16(avail + AVAIL_IDX);
	if (idx == vq->last_avail)
		return 0;
	if ((uint16_t)(idx - vq->last_avail) > vq->num)
		return -1;

	chain->head = load16(avail + AVAIL_RING +
			     vq->last_avail % vq->num * 2ULL);
	chain->nr_out = 0;
	chain->nr_in = 0;
	if (!read_chain(vq, ram, chain))
		return -1;
	vq->last_avail++;
	return 1;
}

/**
 * virtqueue_push() - give a request back
 * @vq: the queue that virtqueue_pop() took it from
 * @ram: guest memory
 * @head: of its chain
 * @written: bytes that were written to its parts, from the first on
 *
 * Return: true when the driver wants an interrupt.
 */
bool virtqueue_push(struct virtqueue *vq, const struct ram *ram,
		    uint16_t head, uint32_t written)
{
	uint32_t element[2] = { htole32(head), htole32(written) };
	uint8_t *used = ram_at(ram, vq->used, USED_RING + vq->num * 8ULL);
	uint8_t *avail = ram_at(ram, vq->avail, AVAIL_RING);

	if (!used || !avail)
		return false;
	memcpy(used + USED_RING + vq->used_idx % vq->num * 8ULL, element,
	       sizeof(element));
	/* The element is there before the index says so. */
	store16(used + USED_IDX, ++vq->used_idx);
	/* The index is out before the driver's wish is read (2.7.7.2). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !(load16(avail + AVAIL_FLAGS) & AVAIL_F_NO_INTERRUPT);
}
