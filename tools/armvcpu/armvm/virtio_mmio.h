/* SPDX-License-Identifier: GPL-2.0-only */
/* virtio over MMIO (virtio 1.2, section 4.2). */
#ifndef ARMVM_VIRTIO_MMIO_H
#define ARMVM_VIRTIO_MMIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irq.h"
#include "ram.h"
#include "virtqueue.h"

#define VIRTIO_MMIO_QUEUE_NOTIFY	0x050	/* offset; the number of the queue is written */

#define VIRTIO_F_INDIRECT_DESC	(1ULL << 28)
#define VIRTIO_F_VERSION_1	(1ULL << 32)

/**
 * struct virtio_ops - what a kind of device adds to the transport
 * @id: device ID (virtio 1.2, section 5)
 * @notify: there may be requests in the queue
 * @stop: return when no request is under way, and start none before the next
 *	@notify; requests that were begun may be dropped
 */
struct virtio_ops {
	uint32_t id;
	void (*notify)(void *owner);
	void (*stop)(void *owner);
};

/**
 * struct virtio_mmio - a transport with at most one device of one queue
 * @register_lock: held during each access of the guest; protects what is not
 *	under @lock
 * @lock: taken inside @register_lock; protects @status and @isr, @ready together
 *	with @register_lock, and is the device's for what it shares with its worker
 * @line: interrupt wire
 * @ram: guest memory
 * @ops: NULL when nothing is plugged in
 * @owner: for @ops
 * @kick_fd: eventfd: writing it is ops->notify, see virtio_mmio_is_live(); -1
 * @features: offered
 * @config: device configuration space
 * @config_size: its bytes
 * @features_sel: DeviceFeaturesSel
 * @driver_sel: DriverFeaturesSel
 * @driver_features: accepted
 * @queue_sel: QueueSel
 * @queue: the queue; the worker's alone from notify to stop
 * @ready: QueueReady
 * @status: Status
 * @isr: InterruptStatus
 */
struct virtio_mmio {
	pthread_mutex_t register_lock;
	pthread_mutex_t lock;
	struct irq_line line;
	const struct ram *ram;
	const struct virtio_ops *ops;
	void *owner;
	int kick_fd;
	uint64_t features;
	const void *config;
	size_t config_size;

	uint32_t features_sel;
	uint32_t driver_sel;
	uint64_t driver_features;
	uint32_t queue_sel;
	struct virtqueue queue;
	bool ready;
	uint32_t status;
	uint32_t isr;
};

void virtio_mmio_init(struct virtio_mmio *dev);
void virtio_mmio_reset(struct virtio_mmio *dev);
uint64_t virtio_mmio_read(void *device, uint64_t offset, unsigned int len);
void virtio_mmio_write(void *device, uint64_t offset, unsigned int len,
		       uint64_t value);
void virtio_mmio_interrupt(struct virtio_mmio *dev);
bool virtio_mmio_is_live(const struct virtio_mmio *dev);
void virtio_mmio_broken(struct virtio_mmio *dev);

#endif
