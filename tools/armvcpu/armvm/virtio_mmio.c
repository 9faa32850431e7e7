// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio over MMIO (virtio 1.2, section 4.2), version 2 only.
 */
#include "virtio_mmio.h"

#include <string.h>

#include "util.h"

#define MAGIC_VALUE		0x000
#define VERSION			0x004
#define DEVICE_ID		0x008
#define VENDOR_ID		0x00c
#define DEVICE_FEATURES		0x010
#define DEVICE_FEATURES_SEL	0x014
#define DRIVER_FEATURES		0x020
#define DRIVER_FEATURES_SEL	0x024
#define QUEUE_SEL		0x030
#define QUEUE_NUM_MAX		0x034
#define QUEUE_NUM		0x038
#define QUEUE_READY		0x044
#define QUEUE_NOTIFY		VIRTIO_MMIO_QUEUE_NOTIFY
#define INTERRUPT_STATUS	0x060
#define INTERRUPT_ACK		0x064
#define STATUS			0x070
#define QUEUE_DESC_LOW		0x080
#define QUEUE_DESC_HIGH		0x084
#define QUEUE_DRIVER_LOW	0x090
#define QUEUE_DRIVER_HIGH	0x094
#define QUEUE_DEVICE_LOW	0x0a0
#define QUEUE_DEVICE_HIGH	0x0a4
#define SHM_LEN_LOW		0x0b0
#define SHM_BASE_HIGH		0x0bc
#define CONFIG_GENERATION	0x0fc
#define CONFIG			0x100

#define MAGIC			0x74726976	/* "virt" */
#define VENDOR			0x4d564341	/* "ACVM" */

#define STATUS_DRIVER_OK	4
#define STATUS_FEATURES_OK	8
#define STATUS_NEEDS_RESET	64

#define ISR_USED_BUFFER		1
#define ISR_CONFIG_CHANGE	2

/* With @lock held. The wire is high as long as a bit is not acknowledged. */
static void update_line(struct virtio_mmio *dev)
{
	irq_set(&dev->line, dev->isr);
}

/**
 * virtio_mmio_interrupt() - tell the driver about used buffers
 * @dev: the device; @dev->lock is not held
 */
void virtio_mmio_interrupt(struct virtio_mmio *dev)
{
	pthread_mutex_lock(&dev->lock);
	dev->isr |= ISR_USED_BUFFER;
	update_line(dev);
	pthread_mutex_unlock(&dev->lock);
}

/**
 * virtio_mmio_broken() - the driver broke the rules; only a reset helps
 * @dev: the device; @dev->lock is not held
 */
void virtio_mmio_broken(struct virtio_mmio *dev)
{
	note("a virtio driver broke the rules of its queue");
	pthread_mutex_lock(&dev->lock);
	dev->status |= STATUS_NEEDS_RESET;
	if (dev->status & STATUS_DRIVER_OK) {
		dev->isr |= ISR_CONFIG_CHANGE;
		update_line(dev);
	}
	pthread_mutex_unlock(&dev->lock);
}

static void set_ready(struct virtio_mmio *dev, bool ready)
{
	pthread_mutex_lock(&dev->lock);
	dev->ready = ready;
	pthread_mutex_unlock(&dev->lock);
}

static void stop_queue(struct virtio_mmio *dev)
{
	bool ready = dev->ready;

	/* First, so that a kick that comes by itself begins nothing any more. */
	set_ready(dev, false);
	if (ready)
		dev->ops->stop(dev->owner);
}

/**
 * virtio_mmio_is_live() - may the device look into its queue?
 * @dev: the device; @dev->lock is held
 *
 * A worker that is kicked by an eventfd, past the registers, asks for itself.
 */
bool virtio_mmio_is_live(const struct virtio_mmio *dev)
{
	return dev->ready && (dev->status & STATUS_DRIVER_OK) &&
	       (dev->status & STATUS_FEATURES_OK) &&
	       !(dev->status & STATUS_NEEDS_RESET);
}

static void reset(struct virtio_mmio *dev)
{
	stop_queue(dev);
	dev->features_sel = 0;
	dev->driver_sel = 0;
	dev->driver_features = 0;
	dev->queue_sel = 0;
	memset(&dev->queue, 0, sizeof(dev->queue));

	pthread_mutex_lock(&dev->lock);
	dev->status = 0;
	dev->isr = 0;
	update_line(dev);
	pthread_mutex_unlock(&dev->lock);
}

/**
 * virtio_mmio_init() - first initialisation
 * @dev: all zero, but for @line, @ram and what describes the device
 */
void virtio_mmio_init(struct virtio_mmio *dev)
{
	pthread_mutex_init(&dev->register_lock, NULL);
	pthread_mutex_init(&dev->lock, NULL);
}

/**
 * virtio_mmio_reset() - as the driver's reset; returns when the device is idle
 * @dev: the device
 */
void virtio_mmio_reset(struct virtio_mmio *dev)
{
	pthread_mutex_lock(&dev->register_lock);
	reset(dev);
	pthread_mutex_unlock(&dev->register_lock);
}

static uint32_t get_status(struct virtio_mmio *dev)
{
	uint32_t status;

	pthread_mutex_lock(&dev->lock);
	status = dev->status;
	pthread_mutex_unlock(&dev->lock);
	return status;
}

static uint32_t get_isr(struct virtio_mmio *dev)
{
	uint32_t isr;

	pthread_mutex_lock(&dev->lock);
	isr = dev->isr;
	pthread_mutex_unlock(&dev->lock);
	return isr;
}

static uint64_t read_config(struct virtio_mmio *dev, uint64_t offset,
			    unsigned int len)
{
	uint64_t value = 0;

	if (offset < dev->config_size && len <= dev->config_size - offset)
		memcpy(&value, (const uint8_t *)dev->config + offset, len);
	return value;
}

static uint32_t read_register(struct virtio_mmio *dev, uint64_t offset)
{
	switch (offset) {
	case MAGIC_VALUE:
		return MAGIC;
	case VERSION:
		return 2;
	case DEVICE_ID:
		return dev->ops ? dev->ops->id : 0;
	case VENDOR_ID:
		return VENDOR;
	}
	if (!dev->ops)
		return 0;

	switch (offset) {
	case DEVICE_FEATURES:
		if (dev->features_sel > 1)
			return 0;
		return (uint32_t)(dev->features >> (32 * dev->features_sel));
	case QUEUE_NUM_MAX:
		return dev->queue_sel ? 0 : VIRTQUEUE_MAX;
	case QUEUE_READY:
		return !dev->queue_sel && dev->ready;
	case INTERRUPT_STATUS:
		return get_isr(dev);
	case STATUS:
		return get_status(dev);
	}
	/* All ones: there is no shared memory (4.2.2). */
	if (offset >= SHM_LEN_LOW && offset <= SHM_BASE_HIGH)
		return UINT32_MAX;
	return 0;
}

/**
 * virtio_mmio_read() - a guest's load from the registers
 * @device: the struct virtio_mmio
 * @offset: byte offset into the frame
 * @len: bytes; registers below the configuration space are read as a whole
 */
uint64_t virtio_mmio_read(void *device, uint64_t offset, unsigned int len)
{
	struct virtio_mmio *dev = device;
	uint64_t value = 0;

	pthread_mutex_lock(&dev->register_lock);
	if (offset >= CONFIG)
		value = read_config(dev, offset - CONFIG, len);
	else if (len == 4)
		value = read_register(dev, offset);
	pthread_mutex_unlock(&dev->register_lock);
	return value;
}

static void write_status(struct virtio_mmio *dev, uint32_t value)
{
	if (!value) {
		reset(dev);
		return;
	}

	/* What the driver accepted must be offered, and be modern (6.1). */
	if ((dev->driver_features & ~dev->features) ||
	    !(dev->driver_features & VIRTIO_F_VERSION_1))
		value &= ~STATUS_FEATURES_OK;

	pthread_mutex_lock(&dev->lock);
	dev->status = (value & 0xff) | (dev->status & STATUS_NEEDS_RESET);
	pthread_mutex_unlock(&dev->lock);
}

static void write_driver_features(struct virtio_mmio *dev, uint32_t value)
{
	unsigned int shift = 32 * dev->driver_sel;

	/* Agreed is agreed; and once there is a queue the worker reads them. */
	if ((get_status(dev) & STATUS_FEATURES_OK) || dev->ready)
		return;
	if (dev->driver_sel > 1)
		return;
	dev->driver_features &= ~((uint64_t)UINT32_MAX << shift);
	dev->driver_features |= (uint64_t)value << shift;
}

static void write_ready(struct virtio_mmio *dev, bool ready)
{
	struct virtqueue *vq = &dev->queue;

	if (!ready) {
		stop_queue(dev);
		return;
	}
	if (dev->ready)
		return;

	vq->indirect = dev->driver_features & VIRTIO_F_INDIRECT_DESC;
	vq->last_avail = 0;
	vq->used_idx = 0;
	if (virtqueue_is_valid(vq, dev->ram))
		set_ready(dev, true);
	else
		virtio_mmio_broken(dev);
}

static void set_low(uint64_t *addr, uint32_t value)
{
	*addr = (*addr & ~(uint64_t)UINT32_MAX) | value;
}

static void set_high(uint64_t *addr, uint32_t value)
{
	*addr = (*addr & UINT32_MAX) | (uint64_t)value << 32;
}

/* Registers of the selected queue, which is ours only while it is not ready. */
static void write_queue(struct virtio_mmio *dev, uint64_t offset,
			uint32_t value)
{
	struct virtqueue *vq = &dev->queue;

	if (dev->queue_sel)
		return;
	if (offset == QUEUE_READY)
		write_ready(dev, value & 1);
	if (dev->ready)
		return;

	switch (offset) {
	case QUEUE_NUM:
		vq->num = value;
		break;
	case QUEUE_DESC_LOW:
		set_low(&vq->desc, value);
		break;
	case QUEUE_DESC_HIGH:
		set_high(&vq->desc, value);
		break;
	case QUEUE_DRIVER_LOW:
		set_low(&vq->avail, value);
		break;
	case QUEUE_DRIVER_HIGH:
		set_high(&vq->avail, value);
		break;
	case QUEUE_DEVICE_LOW:
		set_low(&vq->used, value);
		break;
	case QUEUE_DEVICE_HIGH:
		set_high(&vq->used, value);
		break;
	}
}

static void notify(struct virtio_mmio *dev, uint32_t queue)
{
	bool live;

	pthread_mutex_lock(&dev->lock);
	live = virtio_mmio_is_live(dev);
	pthread_mutex_unlock(&dev->lock);
	if (!queue && live)
		dev->ops->notify(dev->owner);
}

static void acknowledge(struct virtio_mmio *dev, uint32_t value)
{
	pthread_mutex_lock(&dev->lock);
	dev->isr &= ~value;
	update_line(dev);
	pthread_mutex_unlock(&dev->lock);
}

static void write_register(struct virtio_mmio *dev, uint64_t offset,
			   uint32_t value)
{
	switch (offset) {
	case DEVICE_FEATURES_SEL:
		dev->features_sel = value;
		break;
	case DRIVER_FEATURES_SEL:
		dev->driver_sel = value;
		break;
	case DRIVER_FEATURES:
		write_driver_features(dev, value);
		break;
	case QUEUE_SEL:
		dev->queue_sel = value;
		break;
	case QUEUE_NOTIFY:
		notify(dev, value);
		break;
	case INTERRUPT_ACK:
		acknowledge(dev, value);
		break;
	case STATUS:
		write_status(dev, value);
		break;
	default:
		write_queue(dev, offset, value);
		break;
	}
}

/**
 * virtio_mmio_write() - a guest's store to the registers
 * @device: the struct virtio_mmio
 * @offset: byte offset into the frame
 * @len: bytes; all that can be written is 32 bits wide
 * @value: zero extended
 */
void virtio_mmio_write(void *device, uint64_t offset, unsigned int len,
		       uint64_t value)
{
	struct virtio_mmio *dev = device;

	pthread_mutex_lock(&dev->register_lock);
	if (dev->ops && len == 4)
		write_register(dev, offset, (uint32_t)value);
	pthread_mutex_unlock(&dev->register_lock);
}
