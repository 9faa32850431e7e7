// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio block device (virtio 1.2, section 5.2) on a raw image.
 */
#include "virtio_blk.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util.h"

#define VIRTIO_ID_BLOCK		2

#define BLK_F_SEG_MAX		(1ULL << 2)
#define BLK_F_RO		(1ULL << 5)
#define BLK_F_BLK_SIZE		(1ULL << 6)
#define BLK_F_FLUSH		(1ULL << 9)

#define BLK_T_IN		0
#define BLK_T_OUT		1
#define BLK_T_FLUSH		4
#define BLK_T_GET_ID		8

#define BLK_S_OK		0
#define BLK_S_IOERR		1
#define BLK_S_UNSUPP		2

#define BLK_ID_BYTES		20
#define SECTOR			512ULL

struct request_header {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};

static uint64_t iov_length(const struct iovec *iov, unsigned int count)
{
	uint64_t length = 0;

	while (count--)
		length += iov[count].iov_len;
	return length;
}

/* Drops @length bytes, not more than there are, from the front. */
static void iov_skip(struct iovec **iov, unsigned int *count, size_t length)
{
	while (*count && length >= (*iov)->iov_len) {
		length -= (*iov)->iov_len;
		(*iov)++;
		(*count)--;
	}
	if (*count) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + length;
		(*iov)->iov_len -= length;
	}
}

/* Copies @length bytes, not more than there are, from the front. */
static void iov_read(const struct iovec *iov, void *to, size_t length)
{
	for (; length; iov++) {
		size_t part = MIN(length, iov->iov_len);

		memcpy(to, iov->iov_base, part);
		to = (char *)to + part;
		length -= part;
	}
}

static void iov_write(const struct iovec *iov, const void *from,
		      size_t length)
{
	for (; length; iov++) {
		size_t part = MIN(length, iov->iov_len);

		memcpy(iov->iov_base, from, part);
		from = (const char *)from + part;
		length -= part;
	}
}

static bool is_stopping(struct virtio_blk *blk)
{
	return __atomic_load_n(&blk->stopping, __ATOMIC_ACQUIRE);
}

/* Moves data between image and guest, straight; true when all of it moved. */
static bool transfer(struct virtio_blk *blk, struct iovec *iov,
		     unsigned int count, uint64_t offset, bool write)
{
	ssize_t n;

	while (count) {
		if (is_stopping(blk))
			return false;
		n = write ? pwritev(blk->fd, iov, (int)count, (off_t)offset) :
			    preadv(blk->fd, iov, (int)count, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			note("%s: %s at byte %llu: %s", blk->path,
			     write ? "write" : "read",
			     (unsigned long long)offset,
			     n ? strerror(errno) : "end of file");
			return false;
		}
		offset += (uint64_t)n;
		iov_skip(&iov, &count, (size_t)n);
	}
	return true;
}

static bool in_range(const struct virtio_blk *blk, uint64_t sector,
		     uint64_t length)
{
	uint64_t sectors = blk->size / SECTOR;

	return length % SECTOR == 0 && sector <= sectors &&
	       length / SECTOR <= sectors - sector;
}

static bool flush(const struct virtio_blk *blk)
{
	return blk->readonly || !fdatasync(blk->fd);
}

static uint8_t do_write(struct virtio_blk *blk, uint64_t sector,
			struct iovec *iov, unsigned int count)
{
	if (blk->readonly || !in_range(blk, sector, iov_length(iov, count)) ||
	    !transfer(blk, iov, count, sector * SECTOR, true))
		return BLK_S_IOERR;

	/* A driver that cannot flush takes it that writes are lasting. */
	if (!(blk->dev->driver_features & BLK_F_FLUSH) && !flush(blk))
		return BLK_S_IOERR;
	return BLK_S_OK;
}

static uint8_t do_read(struct virtio_blk *blk, uint64_t sector,
		       struct iovec *iov, unsigned int count)
{
	if (!in_range(blk, sector, iov_length(iov, count)) ||
	    !transfer(blk, iov, count, sector * SECTOR, false))
		return BLK_S_IOERR;
	return BLK_S_OK;
}

static uint8_t do_get_id(const struct virtio_blk *blk,
			 const struct iovec *iov, unsigned int count)
{
	char id[BLK_ID_BYTES] = { 0 };

	snprintf(id, sizeof(id), "armvm-%u", blk->index);
	iov_write(iov, id, MIN(sizeof(id), iov_length(iov, count)));
	return BLK_S_OK;
}

/*
 * A request is a header to read, data, and a status byte to write. How they
 * are cut into descriptors is the driver's choice (5.2.6).
 *
 * Returns the bytes written, or -1 when it is no request at all.
 */
static int64_t do_request(struct virtio_blk *blk)
{
	struct chain *chain = &blk->chain;
	struct iovec *out = chain->out, *in = chain->in, *last;
	unsigned int nr_out = chain->nr_out, nr_in = chain->nr_in;
	uint64_t in_bytes = iov_length(in, nr_in);
	struct request_header header;
	uint8_t *status;
	uint8_t result;

	if (iov_length(out, nr_out) < sizeof(header) || !nr_in)
		return -1;

	iov_read(out, &header, sizeof(header));
	iov_skip(&out, &nr_out, sizeof(header));
	last = &in[nr_in - 1];
	status = (uint8_t *)last->iov_base + --last->iov_len;
	if (!last->iov_len)
		nr_in--;

	switch (le32toh(header.type)) {
	case BLK_T_IN:
		result = do_read(blk, le64toh(header.sector), in, nr_in);
		break;
	case BLK_T_OUT:
		result = do_write(blk, le64toh(header.sector), out, nr_out);
		break;
	case BLK_T_FLUSH:
		result = flush(blk) ? BLK_S_OK : BLK_S_IOERR;
		break;
	case BLK_T_GET_ID:
		result = do_get_id(blk, in, nr_in);
		break;
	default:
		result = BLK_S_UNSUPP;
		break;
	}

	*status = result;
	return (int64_t)in_bytes;
}

static void do_queue(struct virtio_blk *blk)
{
	struct virtio_mmio *dev = blk->dev;
	int64_t written;
	int ret;

	while (!is_stopping(blk)) {
		ret = virtqueue_pop(&dev->queue, dev->ram, &blk->chain);
		if (!ret)
			return;
		written = ret < 0 ? -1 : do_request(blk);
		if (written < 0) {
			virtio_mmio_broken(dev);
			return;
		}
		if (virtqueue_push(&dev->queue, dev->ram, blk->chain.head,
				   (uint32_t)MIN(written, UINT32_MAX)))
			virtio_mmio_interrupt(dev);
	}
}

static void *blk_thread(void *arg)
{
	struct virtio_blk *blk = arg;
	pthread_mutex_t *lock = &blk->dev->lock;

	uint64_t kicks;

	pthread_mutex_lock(lock);
	while (!blk->quit) {
		pthread_mutex_unlock(lock);
		if (read(blk->kick_fd, &kicks, sizeof(kicks)) < 0)
			note("%s: eventfd: %s", blk->path, strerror(errno));
		pthread_mutex_lock(lock);
		/* What comes while the queue is stopped is of the past. */
		if (blk->quit || blk->stopping || !virtio_mmio_is_live(blk->dev))
			continue;
		blk->busy = true;
		pthread_mutex_unlock(lock);
		do_queue(blk);
		pthread_mutex_lock(lock);
		blk->busy = false;
		pthread_cond_broadcast(&blk->idle);
	}
	pthread_mutex_unlock(lock);
	return NULL;
}

static void blk_notify(void *owner)
{
	struct virtio_blk *blk = owner;
	uint64_t one = 1;

	if (write(blk->kick_fd, &one, sizeof(one)) < 0)
		note("%s: eventfd: %s", blk->path, strerror(errno));
}

static void blk_stop(void *owner)
{
	struct virtio_blk *blk = owner;

	pthread_mutex_lock(&blk->dev->lock);
	__atomic_store_n(&blk->stopping, true, __ATOMIC_RELEASE);
	while (blk->busy)
		pthread_cond_wait(&blk->idle, &blk->dev->lock);
	__atomic_store_n(&blk->stopping, false, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&blk->dev->lock);
}

static const struct virtio_ops blk_ops = {
	.id = VIRTIO_ID_BLOCK,
	.notify = blk_notify,
	.stop = blk_stop,
};

static int open_image(struct virtio_blk *blk)
{
	struct stat st;
	off_t size;

	/*
	 * Asked first, not to wait for the other end of a pipe. O_NONBLOCK would open a
	 * drive without a medium.
	 */
	if (!stat(blk->path, &st) && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error("disk %s: neither a file nor a block device",
			     blk->path);
	blk->fd = open(blk->path, (blk->readonly ? O_RDONLY : O_RDWR) |
		       O_CLOEXEC | O_NOCTTY);
	if (blk->fd < 0)
		return error("disk %s: %s", blk->path, strerror(errno));

	if (fstat(blk->fd, &st) ||
	    (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		return error("disk %s: neither a file nor a block device",
			     blk->path);

	/* Two writers, or a reader under a writer, would ruin a file system. */
	if (flock(blk->fd, (blk->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			return error("disk %s: in use by another machine, or given twice",
				     blk->path);
		return error("disk %s: cannot lock: %s", blk->path,
			     strerror(errno));
	}

	size = lseek(blk->fd, 0, SEEK_END);
	if (size < 0)
		return error("disk %s: %s", blk->path, strerror(errno));
	if (!size)
		return error("disk %s: the image is empty", blk->path);
	if ((uint64_t)size % SECTOR)
		return error("disk %s: the size of a raw image must be a multiple of 512 bytes",
			     blk->path);
	blk->size = (uint64_t)size;
	return 0;
}

/**
 * virtio_blk_create() - plug a disk into a transport
 * @blk: all zero
 * @dev: the transport, before virtio_mmio_init()
 * @path: raw image or block device; not copied
 * @readonly: the guest must not write
 * @index: number of the disk
 *
 * Return: 0, or -1 after an error message.
 */
int virtio_blk_create(struct virtio_blk *blk, struct virtio_mmio *dev,
		      const char *path, bool readonly, unsigned int index)
{
	blk->path = path;
	blk->readonly = readonly;
	blk->index = index;
	blk->dev = dev;
	blk->kick_fd = -1;
	if (open_image(blk)) {
		virtio_blk_destroy(blk);
		return -1;
	}

	blk->config.capacity = htole64(blk->size / SECTOR);
	/* A chain also holds the header and the status. */
	blk->config.seg_max = htole32(VIRTQUEUE_MAX - 2);
	blk->config.blk_size = htole32(SECTOR);
	pthread_cond_init(&blk->idle, NULL);
	blk->kick_fd = eventfd(0, EFD_CLOEXEC);
	if (blk->kick_fd < 0) {
		virtio_blk_destroy(blk);
		return error("eventfd: %s", strerror(errno));
	}

	dev->ops = &blk_ops;
	dev->owner = blk;
	dev->kick_fd = blk->kick_fd;
	dev->config = &blk->config;
	dev->config_size = sizeof(blk->config);
	dev->features = VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC |
			BLK_F_SEG_MAX | BLK_F_BLK_SIZE | BLK_F_FLUSH;
	if (readonly)
		dev->features |= BLK_F_RO;
	return 0;
}

/**
 * virtio_blk_start() - start the worker
 * @blk: the disk, its transport initialised
 *
 * Return: 0, or -1 after an error message.
 */
int virtio_blk_start(struct virtio_blk *blk)
{
	char name[16];
	int err;

	err = pthread_create(&blk->thread, NULL, blk_thread, blk);
	if (err)
		return error("cannot start a thread: %s", strerror(err));
	blk->started = true;
	snprintf(name, sizeof(name), "disk %u", blk->index);
	pthread_setname_np(blk->thread, name);
	return 0;
}

/**
 * virtio_blk_destroy() - end the worker and close the image
 * @blk: the disk; no guest runs
 */
void virtio_blk_destroy(struct virtio_blk *blk)
{
	if (blk->started) {
		blk_stop(blk);
		pthread_mutex_lock(&blk->dev->lock);
		blk->quit = true;
		pthread_mutex_unlock(&blk->dev->lock);
		blk_notify(blk);
		pthread_join(blk->thread, NULL);
		blk->started = false;
	}
	if (blk->fd >= 0)
		close(blk->fd);
	blk->fd = -1;
	if (blk->kick_fd >= 0)
		close(blk->kick_fd);
	blk->kick_fd = -1;
}
