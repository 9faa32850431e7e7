// SPDX-License-Identifier: GPL-2.0-only
/* Virtqueues, the MMIO transport and the disk, mostly under hostile drivers. */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"
#include "util.h"
#include "virtio_blk.h"
#include "virtio_mmio.h"
#include "virtqueue.h"

#define BASE		0x40000000ULL
#define RAM_SIZE	0x40000ULL
#define DESC		(BASE + 0x1000)
#define AVAIL		(BASE + 0x2000)
#define USED		(BASE + 0x3000)
#define TABLE		(BASE + 0x4000)
#define HEADER		(BASE + 0x8000)
#define STATUS_BYTE	(BASE + 0x8100)
#define DATA		(BASE + 0x9000)

#define F_NEXT		1
#define F_WRITE		2
#define F_INDIRECT	4

#define NUM		8

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

static char memory[RAM_SIZE] __attribute__((aligned(4096)));
static struct ram ram = { memory, BASE, RAM_SIZE };

static void *at(uint64_t addr)
{
	void *p = ram_at(&ram, addr, 1);

	assert_non_null(p);
	return p;
}

static void set_desc(uint64_t table, unsigned int i, uint64_t addr,
		     uint32_t len, uint16_t flags, uint16_t next)
{
	((struct desc *)at(table))[i] =
		(struct desc){ addr, len, flags, next };
}

/* Makes @head available as the next entry. */
static void offer(uint16_t head)
{
	uint16_t *avail = at(AVAIL);

	avail[2 + avail[1] % NUM] = head;
	__atomic_store_n(&avail[1], avail[1] + 1, __ATOMIC_RELEASE);
}

static struct virtqueue queue(void)
{
	memset(memory, 0, sizeof(memory));
	return (struct virtqueue){
		.num = NUM, .desc = DESC, .avail = AVAIL, .used = USED,
		.indirect = true,
	};
}

static struct chain chain;

static void queue_validity(void **state)
{
	struct virtqueue vq = queue();
	struct virtqueue bad;
	uint32_t num;

	(void)state;
	assert_true(virtqueue_is_valid(&vq, &ram));
	for (num = 0; num < 600; num++) {
		bad = vq;
		bad.num = num;
		assert_int_equal(virtqueue_is_valid(&bad, &ram),
				 num && num <= 256 && !(num & (num - 1)));
	}
	bad = vq;
	bad.num = 0x80000000;
	assert_false(virtqueue_is_valid(&bad, &ram));
#define BAD(field, value) do {						\
		bad = vq;						\
		bad.field = value;					\
		assert_false(virtqueue_is_valid(&bad, &ram));		\
	} while (0)
	BAD(desc, DESC + 8);
	BAD(avail, AVAIL + 1);
	BAD(used, USED + 2);
	BAD(desc, 0);
	BAD(desc, BASE - 16);
	BAD(desc, BASE + RAM_SIZE - 16 * NUM + 16);
	BAD(avail, BASE + RAM_SIZE - 4);
	BAD(used, BASE + RAM_SIZE - 8 * NUM);
	BAD(desc, UINT64_MAX - 15);
	BAD(avail, UINT64_MAX - 1);
	BAD(used, UINT64_MAX - 3);
}

static void queue_takes_and_gives(void **state)
{
	struct virtqueue vq = queue();
	uint32_t *used;
	int i;

	(void)state;
	assert_int_equal(virtqueue_pop(&vq, &ram, &chain), 0);
	for (i = 0; i < 70000; i++) {
		set_desc(DESC, 5, HEADER, 16, F_NEXT, 2);
		set_desc(DESC, 2, DATA, 512, F_NEXT | F_WRITE, 7);
		set_desc(DESC, 7, STATUS_BYTE, 1, F_WRITE, 0);
		offer(5);
		assert_int_equal(virtqueue_pop(&vq, &ram, &chain), 1);
		assert_int_equal(chain.head, 5);
		assert_int_equal(chain.nr_out, 1);
		assert_int_equal(chain.nr_in, 2);
		assert_ptr_equal(chain.in[0].iov_base, at(DATA));
		assert_true(virtqueue_push(&vq, &ram, 5, 513));
		used = (uint32_t *)at(USED + 4) + i % NUM * 2;
		assert_int_equal(used[0], 5);
		assert_int_equal(used[1], 513);
		assert_int_equal(((uint16_t *)at(USED))[1], (uint16_t)(i + 1));
		assert_int_equal(virtqueue_pop(&vq, &ram, &chain), 0);
	}
	((uint16_t *)at(AVAIL))[0] = 1;
	assert_false(virtqueue_push(&vq, &ram, 5, 0));
}

/* Pops what is offered at descriptor 0; it must be refused. */
static void refused(struct virtqueue vq)
{
	offer(0);
	assert_int_equal(virtqueue_pop(&vq, &ram, &chain), -1);
}

static void queue_bad_index(void **state)
{
	struct virtqueue vq = queue();

	(void)state;
	set_desc(DESC, 0, DATA, 1, 0, 0);
	((uint16_t *)at(AVAIL))[1] = NUM + 1;
	assert_int_equal(virtqueue_pop(&vq, &ram, &chain), -1);
	((uint16_t *)at(AVAIL))[1] = 0xffff;
	assert_int_equal(virtqueue_pop(&vq, &ram, &chain), -1);

	vq = queue();
	offer(NUM);
	assert_int_equal(virtqueue_pop(&vq, &ram, &chain), -1);
	vq = queue();
	offer(0xffff);
	assert_int_equal(virtqueue_pop(&vq, &ram, &chain), -1);
}

static void queue_bad_descriptors(void **state)
{
	static const struct desc bad[] = {
		{ 0, 1, 0, 0 },
		{ BASE - 1, 2, 0, 0 },
		{ BASE + RAM_SIZE - 1, 2, 0, 0 },
		{ BASE, UINT32_MAX, F_WRITE, 0 },
		{ UINT64_MAX, 1, 0, 0 },
		{ UINT64_MAX, UINT32_MAX, F_WRITE, 0 },
		{ DATA, 1, F_NEXT, NUM },
		{ DATA, 1, F_NEXT, 0xffff },
		{ DATA, 1, F_NEXT, 0 },		/* to itself */
		{ DATA, 0, F_NEXT, 0 },		/* the same, empty */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct virtqueue vq = queue();

		set_desc(DESC, 0, bad[i].addr, bad[i].len, bad[i].flags,
			 bad[i].next);
		refused(vq);
	}
}

static void queue_loops_and_order(void **state)
{
	struct virtqueue vq = queue();

	(void)state;
	set_desc(DESC, 0, DATA, 1, F_NEXT, 1);
	set_desc(DESC, 1, DATA, 1, F_NEXT, 0);
	refused(vq);

	vq = queue();
	set_desc(DESC, 0, DATA, 1, F_NEXT | F_WRITE, 1);
	set_desc(DESC, 1, DATA, 1, 0, 0);
	refused(vq);
}

static void queue_indirect(void **state)
{
	struct virtqueue vq = queue();
	unsigned int i;

	(void)state;
	set_desc(DESC, 0, TABLE, 16 * 256, F_INDIRECT, 0);
	for (i = 0; i < 256; i++)
		set_desc(TABLE, i, DATA + i, 1, F_NEXT, i + 1);
	set_desc(TABLE, 255, DATA, 1, F_WRITE, 0);
	offer(0);
	assert_int_equal(virtqueue_pop(&vq, &ram, &chain), 1);
	assert_int_equal(chain.nr_out, 255);
	assert_int_equal(chain.nr_in, 1);

	/* one more than may be */
	vq = queue();
	set_desc(DESC, 0, TABLE, 16 * 257, F_INDIRECT, 0);
	for (i = 0; i < 256; i++)
		set_desc(TABLE, i, DATA, 1, F_NEXT, i + 1);
	set_desc(TABLE, 256, DATA, 1, 0, 0);
	refused(vq);
}

static void queue_bad_indirect(void **state)
{
	static const struct desc bad[] = {
		{ TABLE, 0, F_INDIRECT, 0 },
		{ TABLE, 15, F_INDIRECT, 0 },
		{ TABLE, 17, F_INDIRECT, 0 },
		{ TABLE, 16, F_INDIRECT | F_NEXT, 1 },
		{ BASE - 16, 16, F_INDIRECT, 0 },
		{ BASE + RAM_SIZE, 16, F_INDIRECT, 0 },
		{ BASE + RAM_SIZE - 16, 32, F_INDIRECT, 0 },
		{ UINT64_MAX - 15, 16, F_INDIRECT, 0 },
		{ UINT64_MAX - 15, 0xfffffff0, F_INDIRECT, 0 },
		{ TABLE, 0xfffffff0, F_INDIRECT, 0 },
	};
	struct virtqueue vq;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		vq = queue();
		set_desc(DESC, 0, bad[i].addr, bad[i].len, bad[i].flags,
			 bad[i].next);
		set_desc(TABLE, 0, DATA, 1, 0, 0);
		refused(vq);
	}

	/* a table in a table; after another part; not negotiated */
	vq = queue();
	set_desc(DESC, 0, TABLE, 16, F_INDIRECT, 0);
	set_desc(TABLE, 0, TABLE, 16, F_INDIRECT, 0);
	refused(vq);
	vq = queue();
	set_desc(DESC, 0, DATA, 1, F_NEXT, 1);
	set_desc(DESC, 1, TABLE, 16, F_INDIRECT, 0);
	set_desc(TABLE, 0, DATA, 1, 0, 0);
	refused(vq);
	vq = queue();
	vq.indirect = false;
	set_desc(DESC, 0, TABLE, 16, F_INDIRECT, 0);
	set_desc(TABLE, 0, DATA, 1, 0, 0);
	refused(vq);
}

/* Whatever is in memory, what is popped lies in memory. */
static void queue_random(void **state)
{
	unsigned int i, j, popped = 0;
	struct virtqueue vq;

	(void)state;
	srand(1);
	for (i = 0; i < 50000; i++) {
		vq = queue();
		for (j = 0; j < NUM; j++)
			set_desc(DESC, j,
				 BASE - 0x100 + (uint64_t)rand() %
					(RAM_SIZE + 0x200),
				 (uint32_t)(rand() % 4 ? rand() % 0x400 : rand()),
				 rand() % 8, rand() % (NUM + 1));
		memcpy(at(TABLE), at(DESC), 16 * NUM);
		if (rand() % 2)
			set_desc(DESC, 0, TABLE, 16 * (1 + rand() % NUM),
				 F_INDIRECT, 0);
		offer(rand() % NUM);
		if (virtqueue_pop(&vq, &ram, &chain) != 1)
			continue;
		popped++;
		for (j = 0; j < chain.nr_in; j++)
			memset(chain.in[j].iov_base, 0, chain.in[j].iov_len);
		for (j = 0; j < chain.nr_out; j++)
			memset(chain.out[j].iov_base, 0, chain.out[j].iov_len);
	}
	assert_true(popped > 1000);
}

/* ---- the disk behind the transport ---- */

#define R_MAGIC		0x000
#define R_VERSION	0x004
#define R_ID		0x008
#define R_FEATURES	0x010
#define R_FEATURES_SEL	0x014
#define R_DRIVER	0x020
#define R_DRIVER_SEL	0x024
#define R_QUEUE_SEL	0x030
#define R_NUM_MAX	0x034
#define R_NUM		0x038
#define R_READY		0x044
#define R_NOTIFY	0x050
#define R_ISR		0x060
#define R_ACK		0x064
#define R_STATUS	0x070
#define R_DESC		0x080
#define R_AVAIL		0x090
#define R_USED		0x0a0
#define R_SHM_LEN	0x0b0
#define R_CONFIG	0x100

#define S_OK		0
#define S_IOERR		1
#define S_UNSUPP	2

#define SECTORS		64

struct disk {
	struct scratch_file image;
	struct virtio_mmio dev;
	struct virtio_blk blk;
	struct test_line line;
	bool readonly;
};

static uint32_t rd(struct disk *d, uint64_t offset)
{
	return (uint32_t)virtio_mmio_read(&d->dev, offset, 4);
}

static void wr(struct disk *d, uint64_t offset, uint32_t value)
{
	virtio_mmio_write(&d->dev, offset, 4, value);
}

static int plug(struct disk *d, bool readonly)
{
	char sector[512];
	int i;

	memset(d, 0, sizeof(*d));
	if (scratch_file(&d->image))
		return -1;
	for (i = 0; i < SECTORS; i++) {
		memset(sector, 'A' + i, sizeof(sector));
		if (write(d->image.fd, sector, sizeof(sector)) < 0)
			return -1;
	}

	d->dev.line = TEST_LINE(&d->line);
	d->dev.ram = &ram;
	d->readonly = readonly;
	if (virtio_blk_create(&d->blk, &d->dev, d->image.path, readonly, 3))
		return -1;
	virtio_mmio_init(&d->dev);
	return virtio_blk_start(&d->blk);
}

static int plug_disk(void **state)
{
	static struct disk d;

	*state = &d;
	return plug(&d, false);
}

static int plug_readonly(void **state)
{
	static struct disk d;

	*state = &d;
	return plug(&d, true);
}

static int unplug(void **state)
{
	struct disk *d = *state;

	virtio_mmio_reset(&d->dev);
	virtio_blk_destroy(&d->blk);
	return close(d->image.fd);
}

/* What a good driver does; @low: accepted features below 32. */
static void negotiate(struct disk *d, uint32_t low)
{
	queue();
	wr(d, R_STATUS, 0);
	wr(d, R_STATUS, 1);
	wr(d, R_STATUS, 3);
	wr(d, R_DRIVER_SEL, 0);
	wr(d, R_DRIVER, low);
	wr(d, R_DRIVER_SEL, 1);
	wr(d, R_DRIVER, 1);
	wr(d, R_STATUS, 11);
	assert_int_equal(rd(d, R_STATUS), 11);
	wr(d, R_QUEUE_SEL, 0);
	wr(d, R_NUM, NUM);
	wr(d, R_DESC, (uint32_t)DESC);
	wr(d, R_DESC + 4, 0);
	wr(d, R_AVAIL, (uint32_t)AVAIL);
	wr(d, R_AVAIL + 4, 0);
	wr(d, R_USED, (uint32_t)USED);
	wr(d, R_USED + 4, 0);
	wr(d, R_READY, 1);
	assert_int_equal(rd(d, R_READY), 1);
	wr(d, R_STATUS, 15);
}

static bool wait_for(bool *what)
{
	struct timespec ms = { 0, 1000000 };
	int i;

	for (i = 0; i < 5000; i++) {
		if (__atomic_load_n(what, __ATOMIC_ACQUIRE))
			return true;
		nanosleep(&ms, NULL);
	}
	return false;
}

static void header(uint32_t type, uint64_t sector)
{
	uint32_t *h = at(HEADER);

	h[0] = type;
	h[1] = 0;
	memcpy(&h[2], &sector, 8);
	*(uint8_t *)at(STATUS_BYTE) = 0xee;
}

/* Notifies, waits for the interrupt, acknowledges. */
static void kick(struct disk *d)
{
	wr(d, R_NOTIFY, 0);
	assert_true(wait_for(&d->line.level));
	wr(d, R_ACK, rd(d, R_ISR));
	assert_false(d->line.level);
}

/* One request with @len bytes of data; returns its status byte. */
static uint8_t request(struct disk *d, uint32_t type, uint64_t sector,
		       uint32_t len, bool in)
{
	header(type, sector);
	set_desc(DESC, 0, HEADER, 16, F_NEXT, len ? 1 : 2);
	set_desc(DESC, 1, DATA, len, F_NEXT | (in ? F_WRITE : 0), 2);
	set_desc(DESC, 2, STATUS_BYTE, 1, F_WRITE, 0);
	offer(0);
	kick(d);
	return *(uint8_t *)at(STATUS_BYTE);
}

static void disk_registers(void **state)
{
	struct disk *d = *state;
	uint64_t capacity;

	assert_int_equal(rd(d, R_MAGIC), 0x74726976);
	assert_int_equal(rd(d, R_VERSION), 2);
	assert_int_equal(rd(d, R_ID), 2);
	assert_int_equal(rd(d, R_NUM_MAX), 256);
	wr(d, R_QUEUE_SEL, 1);
	assert_int_equal(rd(d, R_NUM_MAX), 0);
	wr(d, R_FEATURES_SEL, 1);
	assert_int_equal(rd(d, R_FEATURES), 1);
	wr(d, R_FEATURES_SEL, 2);
	assert_int_equal(rd(d, R_FEATURES), 0);
	wr(d, R_FEATURES_SEL, 0);
	assert_int_equal(rd(d, R_FEATURES),
			 1 << 28 | 1 << 9 | 1 << 6 | 1 << 2 |
			 (d->readonly ? 1 << 5 : 0));
	assert_int_equal(rd(d, R_SHM_LEN), UINT32_MAX);
	capacity = rd(d, R_CONFIG) | (uint64_t)rd(d, R_CONFIG + 4) << 32;
	assert_int_equal(capacity, SECTORS);
	assert_int_equal(rd(d, R_CONFIG + 12), 254);
	assert_int_equal(rd(d, R_CONFIG + 20), 512);
	assert_int_equal(virtio_mmio_read(&d->dev, R_CONFIG, 1), SECTORS);
	assert_int_equal(virtio_mmio_read(&d->dev, R_CONFIG + 0xff, 1), 0);
	assert_int_equal(virtio_mmio_read(&d->dev, R_CONFIG + 22, 4), 0);
	assert_int_equal(virtio_mmio_read(&d->dev, R_MAGIC, 1), 0);
}

static void disk_negotiates(void **state)
{
	struct disk *d = *state;

	/* without VERSION_1 */
	wr(d, R_STATUS, 3);
	wr(d, R_STATUS, 11);
	assert_int_equal(rd(d, R_STATUS), 3);
	/* what was not offered */
	wr(d, R_DRIVER_SEL, 1);
	wr(d, R_DRIVER, 3);
	wr(d, R_STATUS, 11);
	assert_int_equal(rd(d, R_STATUS), 3);
	wr(d, R_DRIVER, 1);
	wr(d, R_DRIVER_SEL, 0xffffffff);
	wr(d, R_DRIVER, 0xffffffff);
	wr(d, R_STATUS, 11);
	assert_int_equal(rd(d, R_STATUS), 11);
	/* too late to change one's mind */
	wr(d, R_DRIVER_SEL, 0);
	wr(d, R_DRIVER, 0xffffffff);
	wr(d, R_STATUS, 11);
	assert_int_equal(rd(d, R_STATUS), 11);
	wr(d, R_STATUS, 0);
	assert_int_equal(rd(d, R_STATUS), 0);
}

static void disk_reads_and_writes(void **state)
{
	struct disk *d = *state;
	char *data = at(DATA);
	uint32_t *used = at(USED + 4);
	struct stat st;
	char check[512];
	int fd;

	negotiate(d, 1 << 9 | 1 << 28);
	assert_int_equal(request(d, 0, 5, 1024, true), S_OK);
	assert_int_equal(data[0], 'A' + 5);
	assert_int_equal(data[511], 'A' + 5);
	assert_int_equal(data[512], 'A' + 6);
	assert_int_equal(data[1024], 0);
	assert_int_equal(used[1], 1025);

	memset(data, '!', 512);
	assert_int_equal(request(d, 1, SECTORS - 1, 512, false), S_OK);
	assert_int_equal(used[3], 1);
	assert_int_equal(request(d, 4, 0, 0, false), S_OK);
	fd = open(d->image.path, O_RDONLY);
	assert_int_equal(pread(fd, check, 512, (SECTORS - 1) * 512), 512);
	assert_memory_equal(check, data, 512);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, SECTORS * 512);
	close(fd);
}

static void disk_without_flush(void **state)
{
	struct disk *d = *state;

	negotiate(d, 0);
	assert_int_equal(request(d, 1, 0, 512, false), S_OK);
}

static void disk_gives_its_id(void **state)
{
	struct disk *d = *state;

	negotiate(d, 0);
	memset(at(DATA), 'x', 64);
	assert_int_equal(request(d, 8, 0, 20, true), S_OK);
	assert_string_equal(at(DATA), "armvm-3");
	assert_int_equal(((char *)at(DATA))[20], 'x');
	memset(at(DATA), 'x', 64);
	assert_int_equal(request(d, 8, 0, 3, true), S_OK);
	assert_memory_equal(at(DATA), "armx", 4);
}

static void disk_out_of_range(void **state)
{
	static const struct {
		uint64_t sector;
		uint32_t len;
	} cases[] = {
		{ SECTORS, 512 }, { SECTORS - 1, 1024 }, { UINT64_MAX, 512 },
		{ UINT64_MAX / 512, 512 }, { UINT64_MAX / 512 + 1, 512 },
		{ 1ULL << 55, 512 }, { 0, 511 }, { 0, 513 }, { 0, 1 },
		{ 0, (SECTORS + 1) * 512 },
	};
	struct disk *d = *state;
	struct stat st;
	size_t i;

	negotiate(d, 1 << 9);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(request(d, 0, cases[i].sector, cases[i].len,
					 true), S_IOERR);
		assert_int_equal(request(d, 1, cases[i].sector, cases[i].len,
					 false), S_IOERR);
	}
	assert_int_equal(stat(d->image.path, &st), 0);
	assert_int_equal(st.st_size, SECTORS * 512);
	assert_int_equal(request(d, 0, SECTORS, 0, true), S_OK);
}

static void disk_unknown_requests(void **state)
{
	struct disk *d = *state;

	negotiate(d, 0);
	assert_int_equal(request(d, 11, 0, 512, false), S_UNSUPP);
	assert_int_equal(request(d, 0xffffffff, 0, 512, true), S_UNSUPP);
}

static void disk_readonly(void **state)
{
	struct disk *d = *state;
	char check[512];
	int fd;

	negotiate(d, 1 << 5);
	memset(at(DATA), '!', 512);
	assert_int_equal(request(d, 1, 0, 512, false), S_IOERR);
	assert_int_equal(request(d, 0, 0, 512, true), S_OK);
	assert_int_equal(request(d, 4, 0, 0, false), S_OK);
	fd = open(d->image.path, O_RDONLY);
	assert_int_equal(read(fd, check, 512), 512);
	assert_int_equal(check[0], 'A');
	close(fd);
}

/* Header and status cut up as no sane driver does, but may. */
static void disk_odd_layout(void **state)
{
	struct disk *d = *state;

	negotiate(d, 0);
	header(0, 2);
	set_desc(DESC, 0, HEADER, 3, F_NEXT, 1);
	set_desc(DESC, 1, HEADER + 3, 0, F_NEXT, 2);
	set_desc(DESC, 2, HEADER + 3, 13, F_NEXT, 3);
	set_desc(DESC, 3, DATA, 100, F_NEXT | F_WRITE, 4);
	set_desc(DESC, 4, DATA + 100, 413, F_WRITE, 0);
	((char *)at(DATA))[512] = 1;
	offer(0);
	kick(d);
	assert_int_equal(((char *)at(DATA))[0], 'A' + 2);
	assert_int_equal(((char *)at(DATA))[511], 'A' + 2);
	assert_int_equal(((char *)at(DATA))[512], S_OK);
}

static void breaks(struct disk *d)
{
	offer(0);
	kick(d);
	assert_int_equal(rd(d, R_STATUS), 15 | 64);
	/* stays so until reset */
	wr(d, R_STATUS, 15);
	assert_int_equal(rd(d, R_STATUS), 15 | 64);
	wr(d, R_NOTIFY, 0);
	negotiate(d, 0);
	assert_int_equal(request(d, 0, 1, 512, true), S_OK);
}

static void disk_no_request_at_all(void **state)
{
	struct disk *d = *state;

	negotiate(d, 0);
	set_desc(DESC, 0, HEADER, 15, F_NEXT, 1);
	set_desc(DESC, 1, STATUS_BYTE, 1, F_WRITE, 0);
	breaks(d);
	negotiate(d, 0);
	set_desc(DESC, 0, HEADER, 16, 0, 0);
	breaks(d);
	negotiate(d, 0);
	set_desc(DESC, 0, HEADER, 16, F_NEXT, 1);
	set_desc(DESC, 1, STATUS_BYTE, 0, F_WRITE, 0);
	breaks(d);
	negotiate(d, 0);
	set_desc(DESC, 0, HEADER, 16, F_NEXT, 0);
	breaks(d);
}

static void disk_bad_queue(void **state)
{
	static const struct {
		uint64_t offset;
		uint32_t value;
	} cases[] = {
		{ R_NUM, 0 }, { R_NUM, 3 }, { R_NUM, 512 },
		{ R_NUM, 0xffffffff }, { R_DESC, 0 }, { R_DESC + 4, 1 },
		{ R_AVAIL + 4, 0xffffffff }, { R_USED, 0x3fffffff },
	};
	struct disk *d = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		negotiate(d, 0);
		wr(d, R_READY, 0);
		assert_int_equal(rd(d, R_READY), 0);
		wr(d, cases[i].offset, cases[i].value);
		wr(d, R_READY, 1);
		assert_int_equal(rd(d, R_READY), 0);
		assert_int_equal(rd(d, R_STATUS) & 64, 64);
		wr(d, R_NOTIFY, 0);
	}
}

static void disk_queue_is_fixed_while_ready(void **state)
{
	struct disk *d = *state;

	negotiate(d, 0);
	wr(d, R_NUM, 0xffffffff);
	wr(d, R_DESC, 0);
	wr(d, R_AVAIL + 4, 0xffffffff);
	wr(d, R_USED, 1);
	assert_int_equal(request(d, 0, 1, 512, true), S_OK);
}

/* Waits some microseconds, without going to sleep. */
static void spin(unsigned int us)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000000000LL +
		 now.tv_nsec - start.tv_nsec < us * 1000LL);
}

/* Resets while requests are under way; none may write after that. */
static void disk_reset_under_load(void **state)
{
	static char expected[RAM_SIZE];
	struct disk *d = *state;
	unsigned int i, j;

	memset(expected, 0x5a, sizeof(expected));
	for (i = 0; i < 2000; i++) {
		bool out = i % 2;

		negotiate(d, 1 << 9);
		header(out, 0);
		set_desc(DESC, 0, HEADER, 16, F_NEXT, 1);
		for (j = 1; j < NUM - 1; j++)
			set_desc(DESC, j, DATA, SECTORS / 8 * 512,
				 F_NEXT | (out ? 0 : F_WRITE),
				 (uint16_t)(j + 1));
		set_desc(DESC, NUM - 1, STATUS_BYTE, 1, F_WRITE, 0);
		for (j = 0; j < NUM; j++)
			offer(0);
		wr(d, R_NOTIFY, 0);
		spin(i % 100);
		if (i % 3 == 0)
			wr(d, R_READY, 0);
		wr(d, R_STATUS, 0);
		assert_int_equal(rd(d, R_ISR), 0);
		assert_false(d->line.level);
		memset(memory, 0x5a, sizeof(memory));
		spin(50);
		assert_memory_equal(memory, expected, sizeof(memory));
	}
}

static void disk_any_register(void **state)
{
	struct disk *d = *state;
	unsigned int i;

	negotiate(d, 0);
	srand(2);
	for (i = 0; i < 100000; i++) {
		uint64_t offset = (uint64_t)rand() % 0x200;
		unsigned int len = 1U << rand() % 3;

		if (rand() % 2)
			offset &= ~3ULL;
		virtio_mmio_write(&d->dev, offset, len,
				  rand() % 3 ? (uint32_t)rand() % 16 :
					       (uint32_t)rand() * 2U);
		virtio_mmio_read(&d->dev, (uint64_t)rand() % 0x200, len);
		if (i % 1000 == 0)
			negotiate(d, 0);
	}
	negotiate(d, 0);
	assert_int_equal(request(d, 0, 1, 512, true), S_OK);
}

static void disk_is_locked(void **state)
{
	struct disk *d = *state;
	struct virtio_mmio other = { 0 };
	struct virtio_blk blk = { 0 };

	assert_int_equal(virtio_blk_create(&blk, &other, d->image.path, false, 0),
			 -1);
	memset(&blk, 0, sizeof(blk));
	assert_int_equal(virtio_blk_create(&blk, &other, d->image.path, true, 0),
			 d->readonly ? 0 : -1);
	virtio_blk_destroy(&blk);
}

static void disk_bad_images(void **state)
{
	struct virtio_mmio dev = { 0 };
	struct virtio_blk blk = { 0 };
	struct scratch_file bad;
	struct scratch_dir dir;
	char path[64];

	(void)state;
	assert_int_equal(scratch_file(&bad), 0);
	assert_int_equal(virtio_blk_create(&blk, &dev, bad.path, false, 0), -1);
	assert_int_equal(write(bad.fd, "x", 1), 1);
	assert_int_equal(virtio_blk_create(&blk, &dev, bad.path, false, 0), -1);
	assert_int_equal(virtio_blk_create(&blk, &dev, "/nonexistent", true,
					   0), -1);
	assert_int_equal(virtio_blk_create(&blk, &dev, "/", true, 0), -1);
	assert_int_equal(virtio_blk_create(&blk, &dev, "/dev/null", true, 0),
			 -1);
	/* nobody waits for the other end */
	assert_int_equal(scratch_dir(&dir), 0);
	snprintf(path, sizeof(path), "%s/pipe", dir.path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(virtio_blk_create(&blk, &dev, path, true, 0), -1);
	assert_null(dev.ops);
	close(bad.fd);
}

static void empty_transport(void **state)
{
	struct virtio_mmio dev = { 0 };
	struct test_line line = { 0 };
	uint64_t offset;

	(void)state;
	dev.line = TEST_LINE(&line);
	dev.ram = &ram;
	virtio_mmio_init(&dev);
	assert_int_equal(virtio_mmio_read(&dev, R_MAGIC, 4), 0x74726976);
	assert_int_equal(virtio_mmio_read(&dev, R_ID, 4), 0);
	for (offset = 0; offset < 0x200; offset += 4) {
		virtio_mmio_write(&dev, offset, 4, 0);
		virtio_mmio_write(&dev, offset, 4, UINT32_MAX);
		virtio_mmio_read(&dev, offset, 4);
	}
	assert_false(line.level);
}

#define DISK_TEST(f)	cmocka_unit_test_setup_teardown(f, plug_disk, unplug)
#define RO_TEST(f)	cmocka_unit_test_setup_teardown(f, plug_readonly, unplug)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queue_validity),
		cmocka_unit_test(queue_takes_and_gives),
		cmocka_unit_test(queue_bad_index),
		cmocka_unit_test(queue_bad_descriptors),
		cmocka_unit_test(queue_loops_and_order),
		cmocka_unit_test(queue_indirect),
		cmocka_unit_test(queue_bad_indirect),
		cmocka_unit_test(queue_random),
		DISK_TEST(disk_registers),
		DISK_TEST(disk_negotiates),
		DISK_TEST(disk_reads_and_writes),
		DISK_TEST(disk_without_flush),
		DISK_TEST(disk_gives_its_id),
		DISK_TEST(disk_out_of_range),
		DISK_TEST(disk_unknown_requests),
		RO_TEST(disk_readonly),
		DISK_TEST(disk_odd_layout),
		DISK_TEST(disk_no_request_at_all),
		DISK_TEST(disk_bad_queue),
		DISK_TEST(disk_queue_is_fixed_while_ready),
		DISK_TEST(disk_reset_under_load),
		DISK_TEST(disk_any_register),
		DISK_TEST(disk_is_locked),
		RO_TEST(disk_is_locked),
		cmocka_unit_test(disk_bad_images),
		cmocka_unit_test(empty_transport),
	};

	/* A test that hangs has failed. */
	alarm(120);
	return cmocka_run_group_tests_name("virtio", tests, NULL, NULL);
}
