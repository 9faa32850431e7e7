/* SPDX-License-Identifier: GPL-2.0-only */
/* Split virtqueues (virtio 1.2, section 2.7), the device's side. */
#ifndef ARMVM_VIRTQUEUE_H
#define ARMVM_VIRTQUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "ram.h"

#define VIRTQUEUE_MAX	256	/* entries, and descriptors of one chain */

/**
 * struct virtqueue - a queue
 * @num: entries, a power of two up to VIRTQUEUE_MAX
 * @desc: guest physical address of the descriptor table
 * @avail: of the available ring
 * @used: of the used ring
 * @indirect: the driver may use indirect descriptors
 * @last_avail: next entry of the available ring to look at
 * @used_idx: next entry of the used ring to fill in
 */
struct virtqueue {
	uint32_t num;
	uint64_t desc;
	uint64_t avail;
	uint64_t used;
	bool indirect;
	uint16_t last_avail;
	uint16_t used_idx;
};

/**
 * struct chain - one request: what the driver put together in descriptors
 * @head: index of the first descriptor, names the chain to the driver
 * @out: parts that the device reads
 * @nr_out: entries in @out
 * @in: parts that the device writes
 * @nr_in: entries in @in
 */
struct chain {
	uint16_t head;
	struct iovec out[VIRTQUEUE_MAX];
	unsigned int nr_out;
	struct iovec in[VIRTQUEUE_MAX];
	unsigned int nr_in;
};

bool virtqueue_is_valid(const struct virtqueue *vq, const struct ram *ram);
int virtqueue_pop(struct virtqueue *vq, const struct ram *ram,
		  struct chain *chain);
bool virtqueue_push(struct virtqueue *vq, const struct ram *ram,
		    uint16_t head, uint32_t written);

#endif
