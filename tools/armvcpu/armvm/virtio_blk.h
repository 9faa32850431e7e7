/* SPDX-License-Identifier: GPL-2.0-only */
/* virtio block device (virtio 1.2, section 5.2) on a raw image. */
#ifndef ARMVM_VIRTIO_BLK_H
#define ARMVM_VIRTIO_BLK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "virtio_mmio.h"

/* Configuration space (5.2.4), up to the last field that is offered. */
struct virtio_blk_config {
	uint64_t capacity;	/* in sectors of 512 bytes */
	uint32_t size_max;
	uint32_t seg_max;
	uint8_t geometry[4];
	uint32_t blk_size;
};

/**
 * struct virtio_blk - a disk
 * @dev: its transport
 * @path: of the image
 * @fd: the image
 * @readonly: refuse writes
 * @size: bytes
 * @config: what the guest reads
 * @index: number of the disk, makes up its serial number
 * @thread: does the requests, so that vCPUs do not wait for them
 * @started: @thread exists
 * @idle: @busy was cleared; used with @dev->lock
 * @kick_fd: eventfd, written when there may be requests; by the kernel, too
 * @busy: @thread uses the queue
 * @stopping: @thread is to begin no further request
 * @quit: @thread is to end
 * @chain: the request under way, too large for a stack
 */
struct virtio_blk {
	struct virtio_mmio *dev;
	const char *path;
	int fd;
	bool readonly;
	uint64_t size;
	struct virtio_blk_config config;
	unsigned int index;

	pthread_t thread;
	bool started;
	pthread_cond_t idle;
	int kick_fd;
	bool busy;
	bool stopping;
	bool quit;
	struct chain chain;
};

int virtio_blk_create(struct virtio_blk *blk, struct virtio_mmio *dev,
		      const char *path, bool readonly, unsigned int index);
int virtio_blk_start(struct virtio_blk *blk);
void virtio_blk_destroy(struct virtio_blk *blk);

#endif
