// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <unistd.h>

#include "bus.h"
#include "ram.h"
#include "util.h"

/* A device that remembers its last accesses. */
struct probe {
	uint64_t offset[2];
	unsigned int len[2];
	uint64_t value[2];
	unsigned int count;
};

static uint64_t probe_read(void *device, uint64_t offset, unsigned int len)
{
	struct probe *p = device;

	p->offset[p->count % 2] = offset;
	p->len[p->count++ % 2] = len;
	return 0x1122334455667788 + offset;
}

static void probe_write(void *device, uint64_t offset, unsigned int len,
			uint64_t value)
{
	struct probe *p = device;

	p->offset[p->count % 2] = offset;
	p->len[p->count % 2] = len;
	p->value[p->count++ % 2] = value;
}

static struct bus_device at(uint64_t base, uint64_t size, struct probe *p)
{
	return (struct bus_device){ base, size, p, probe_read, probe_write };
}

static void finds_the_device(void **state)
{
	struct probe a = { 0 }, b = { 0 };
	struct bus_device da = at(0x1000, 0x100, &a);
	struct bus_device db = at(0x1100, 0x100, &b);
	struct bus bus = { 0 };
	uint64_t value;

	(void)state;
	assert_int_equal(bus_add(&bus, &da), 0);
	assert_int_equal(bus_add(&bus, &db), 0);
	assert_true(bus_read(&bus, 0x10fc, 4, &value));
	assert_int_equal(a.offset[0], 0xfc);
	assert_true(bus_write(&bus, 0x1100, 1, 0xabcd));
	assert_int_equal(b.offset[0], 0);
	assert_int_equal(b.value[0], 0xcd);
}

static void narrows_values(void **state)
{
	static const struct {
		unsigned int len;
		uint64_t value;
	} cases[] = {
		{ 1, 0x88 }, { 2, 0x7788 }, { 4, 0x55667788 },
		{ 8, 0x5566778c55667788 },
	};
	struct probe p = { 0 };
	struct bus_device d = at(0x1000, 0x100, &p);
	struct bus bus = { 0 };
	uint64_t value;
	size_t i;

	(void)state;
	bus_add(&bus, &d);
	for (i = 0; i < 4; i++) {
		assert_true(bus_read(&bus, 0x1000, cases[i].len, &value));
		assert_true(value == cases[i].value);
	}
}

static void splits_eight_bytes(void **state)
{
	struct probe p = { 0 };
	struct bus_device d = at(0x1000, 0x100, &p);
	struct bus bus = { 0 };

	(void)state;
	bus_add(&bus, &d);
	assert_true(bus_write(&bus, 0x1008, 8, 0xaaaaaaaa55555555));
	assert_int_equal(p.count, 2);
	assert_int_equal(p.offset[0], 8);
	assert_int_equal(p.value[0], 0x55555555);
	assert_int_equal(p.offset[1], 12);
	assert_int_equal(p.value[1], 0xaaaaaaaa);
}

static void refuses_odd_accesses(void **state)
{
	static const struct {
		uint64_t addr;
		unsigned int len;
	} cases[] = {
		{ 0xfff, 1 }, { 0x1100, 1 }, { 0x1001, 2 }, { 0x1002, 4 },
		{ 0x1004, 8 }, { 0x10fe, 4 }, { 0x1000, 0 }, { 0x1000, 3 },
		{ 0x1000, 16 }, { UINT64_MAX, 1 }, { UINT64_MAX - 7, 8 },
		{ 0, 8 },
	};
	struct probe p = { 0 };
	struct bus_device d = at(0x1000, 0x100, &p);
	struct bus bus = { 0 };
	uint64_t value;
	size_t i;

	(void)state;
	bus_add(&bus, &d);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_false(bus_read(&bus, cases[i].addr, cases[i].len,
				      &value));
		assert_false(bus_write(&bus, cases[i].addr, cases[i].len, 0));
	}
	assert_int_equal(p.count, 0);
}

static void refuses_overlap(void **state)
{
	struct probe p = { 0 };
	struct bus_device a = at(0x1000, 0x100, &p);
	struct bus_device b = at(0x10ff, 0x100, &p);
	struct bus_device c = at(0xff0, 0x11, &p);
	struct bus bus = { 0 };

	(void)state;
	assert_int_equal(bus_add(&bus, &a), 0);
	assert_int_equal(bus_add(&bus, &b), -1);
	assert_int_equal(bus_add(&bus, &c), -1);
}

static void ram_is_bounded(void **state)
{
	static char memory[0x2000];
	struct ram ram = { memory, 0x40000000, sizeof(memory) };

	(void)state;
	assert_ptr_equal(ram_at(&ram, 0x40000000, 0x2000), memory);
	assert_ptr_equal(ram_at(&ram, 0x40001fff, 1), memory + 0x1fff);
	assert_ptr_equal(ram_at(&ram, 0x40002000, 0), memory + 0x2000);
	assert_null(ram_at(&ram, 0x40002000, 1));
	assert_null(ram_at(&ram, 0x40001fff, 2));
	assert_null(ram_at(&ram, 0x3fffffff, 1));
	assert_null(ram_at(&ram, 0x3fffffff, 2));
	assert_null(ram_at(&ram, 0x40000000, UINT64_MAX));
	assert_null(ram_at(&ram, 0x40001000, UINT64_MAX - 0x40000fff));
	assert_null(ram_at(&ram, UINT64_MAX, 1));
	assert_null(ram_at(&ram, UINT64_MAX, UINT64_MAX));
	assert_null(ram_at(&ram, 0, 0x2000));
}

static void ram_clears(void **state)
{
	struct ram ram;

	(void)state;
	assert_int_equal(ram_create(&ram, 0x40000000, 4 << 20), 0);
	assert_int_equal((uintptr_t)ram.host % ram_alignment(sysconf(_SC_PAGESIZE)), 0);
	memset(ram.host, 0x5a, ram.size);
	assert_int_equal(ram_clear(&ram), 0);
	assert_int_equal(((char *)ram.host)[0], 0);
	assert_int_equal(((char *)ram.host)[ram.size - 1], 0);
	ram_destroy(&ram);
}

/* Nobody's luck: several are there at once, of odd sizes. */
static void ram_is_aligned(void **state)
{
	static const uint64_t pages[] = { 4 << 10, 16 << 10, 64 << 10 };
	struct ram ram[3][3];
	unsigned int i, n;

	(void)state;
	assert_true(ram_alignment(4 << 10) == 2 << 20);
	assert_true(ram_alignment(16 << 10) == 32 << 20);
	assert_true(ram_alignment(64 << 10) == 512 << 20);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		uint64_t align = ram_alignment(pages[i]);

		for (n = 0; n < 3; n++) {
			uint64_t size = (2 * n + 1) << 20;
			char *p;

			assert_int_equal(ram_create_aligned(&ram[i][n], 0x40000000, size, align), 0);
			p = ram[i][n].host;
			assert_int_equal((uintptr_t)p % align, 0);
			p[0] = p[size - 1] = 1;
		}
	}
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		for (n = 0; n < 3; n++)
			ram_destroy(&ram[i][n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_device),
		cmocka_unit_test(narrows_values),
		cmocka_unit_test(splits_eight_bytes),
		cmocka_unit_test(refuses_odd_accesses),
		cmocka_unit_test(refuses_overlap),
		cmocka_unit_test(ram_is_bounded),
		cmocka_unit_test(ram_is_aligned),
		cmocka_unit_test(ram_clears),
	};

	return cmocka_run_group_tests_name("bus", tests, NULL, NULL);
}
