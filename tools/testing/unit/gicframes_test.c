// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where firmware says that the registers of a host's GICv2 are: tables of what boards
 * and broken ones say, and any frames at all against what must never be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/kernel.h>
#include <linux/sizes.h>

#include "gicframes.h"
#include "uapi.h"

#define MEMORY		0x40000000ULL
#define MEMORY_SIZE	0x80000000ULL
#define IIDR		0x0202143bU

#define NOWHERE		"the firmware does not say where its list registers are"
#define NO_GICV		"the firmware does not say where GICV is"
#define SMALL		"the firmware gives its list registers less room than they take"
#define SMALL_GICV	"the firmware gives GICV less room than it takes"
#define ONE_PLACE	"the firmware says that different registers of its GIC are in one place"
#define NONE_CAN_BE	"the firmware says that its list registers are where none can be"
#define IN_MEMORY	"the firmware says that its list registers are in memory"
#define GICV_IN_MEMORY	"the firmware says that GICV is in memory"
#define OUT_OF_REACH	"GICV is where guests cannot reach it"
#define NO_PAGE		"GICV does not begin and end with a page"
#define NO_ADDRESS	"the firmware says that registers of its GIC are where no address is"
#define NO_IIDR		"there is no GICV where the firmware says"

/* Where its first half is, which has GICV_IIDR: by 4 KiB page of the physical address. */
static u64 gicv_from, gicv_to;
static u64 reads;

static bool is_memory(const struct gic_frame *f)
{
	return f->base < MEMORY + MEMORY_SIZE && f->base + f->size > MEMORY;
}

static u32 gicv_iidr(u64 base)
{
	assert_true(base % SZ_4K == 0);
	reads++;
	return base >= gicv_from && base < gicv_to ? IIDR : 0;
}

static struct gic_frames_host host = {
	.page_size = SZ_4K,
	.pa_bits = 40,
	.is_memory = is_memory,
	.gicv_iidr = gicv_iidr,
};

/* ---- by addresses alone --------------------------------------------------------- */

static const struct {
	const char *name;
	struct gic_frame frame[NR_GIC_FRAMES];
	const char *why;
} wrong[] = {
	/* Right ones. */
	{ "QEMU's virt", { { 0x8000000, 0x10000 }, { 0x8010000, 0x10000 },
			   { 0x8030000, 0x10000 }, { 0x8040000, 0x10000 } }, NULL },
	{ "GIC-400", { { 0xff841000, 0x1000 }, { 0xff842000, 0x2000 },
		       { 0xff844000, 0x2000 }, { 0xff846000, 0x2000 } }, NULL },
	{ "for pages of 64 KiB", { { 0xe1110000, 0x1000 }, { 0xe1120000, 0x20000 },
				   { 0xe1140000, 0x10000 }, { 0xe1160000, 0x20000 } }, NULL },
	{ "GICH of this CPU alone", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				      { 0x5200, 0x200 }, { 0x6000, 0x2000 } }, NULL },
	{ "GICC half", { { 0x1000, 0x1000 }, { 0x2000, 0x100 },
			 { 0x4000, 0x2000 }, { 0x6000, 0x2000 } }, NULL },
	{ "below memory", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			    { MEMORY - 0x200, 0x200 }, { MEMORY - 0x3000, 0x2000 } }, NULL },
	{ "above memory", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			    { MEMORY + MEMORY_SIZE, 0x200 },
			    { MEMORY + MEMORY_SIZE + 0x1000, 0x2000 } }, NULL },
	{ "last in reach", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			     { 0x4000, 0x2000 }, { (1ULL << 40) - 0x2000, 0x2000 } }, NULL },
	{ "nothing of GICD and GICC", { { 0 }, { 0 }, { 0x4000, 0x2000 }, { 0x6000, 0x2000 } },
	  NULL },
	/* Nothing is there. */
	{ "neither", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 } }, NOWHERE },
	{ "no GICH", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 }, { 0 }, { 0x6000, 0x2000 } },
	  NOWHERE },
	{ "no GICV", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 }, { 0x4000, 0x2000 } }, NO_GICV },
	{ "GICH of no size", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			       { 0x2000, 0 }, { 0x6000, 0x2000 } }, NOWHERE },
	/* Too little. */
	{ "GICH, a word short", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				  { 0x4000, 0x1fc }, { 0x6000, 0x2000 } }, SMALL },
	{ "GICV, a page", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			    { 0x4000, 0x2000 }, { 0x6000, 0x1000 } }, SMALL_GICV },
	{ "GICV, a word short", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				  { 0x4000, 0x2000 }, { 0x6000, 0x1ffc } }, SMALL_GICV },
	/* One over another. */
	{ "GICH is GICD", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			    { 0x1000, 0x1000 }, { 0x6000, 0x2000 } }, ONE_PLACE },
	{ "GICH in GICD's end", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				  { 0x1e00, 0x200 }, { 0x6000, 0x2000 } }, ONE_PLACE },
	{ "GICH over GICD's begin", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				      { 0xe00, 0x400 }, { 0x6000, 0x2000 } }, ONE_PLACE },
	{ "GICH is GICC", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			    { 0x2000, 0x1000 }, { 0x6000, 0x2000 } }, ONE_PLACE },
	{ "GICV is GICD", { { 0x1000, 0x2000 }, { 0x8000, 0x2000 },
			    { 0x4000, 0x2000 }, { 0x1000, 0x2000 } }, ONE_PLACE },
	{ "GICV is GICC", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			    { 0x4000, 0x2000 }, { 0x2000, 0x2000 } }, ONE_PLACE },
	{ "GICV is GICH", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			    { 0x4000, 0x2000 }, { 0x4000, 0x2000 } }, ONE_PLACE },
	{ "GICV begins in GICH", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				   { 0x4000, 0x2001 }, { 0x6000, 0x2000 } }, ONE_PLACE },
	{ "all in one", { { 0x1000, 0x2000 }, { 0x1000, 0x2000 },
			  { 0x1000, 0x2000 }, { 0x1000, 0x2000 } }, ONE_PLACE },
	/* In the middle of something. */
	{ "GICH at a halfword", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				  { 0x4002, 0x1000 }, { 0x6000, 0x2000 } }, NONE_CAN_BE },
	{ "GICH at a word", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			      { 0x4004, 0x1000 }, { 0x6000, 0x2000 } }, NONE_CAN_BE },
	{ "GICV at a halfword", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				  { 0x4000, 0x1000 }, { 0x6002, 0x2000 } }, NO_PAGE },
	{ "GICV in a page", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			      { 0x4000, 0x1000 }, { 0x6800, 0x2000 } }, NO_PAGE },
	/* In memory. */
	{ "GICH in memory", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			      { MEMORY, 0x1000 }, { 0x6000, 0x2000 } }, IN_MEMORY },
	{ "GICH into memory", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				{ MEMORY - 0x200, 0x400 }, { 0x6000, 0x2000 } }, IN_MEMORY },
	{ "GICV in memory", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			      { 0x4000, 0x1000 }, { MEMORY + 0x2000, 0x2000 } }, GICV_IN_MEMORY },
	{ "GICV into memory", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				{ 0x4000, 0x1000 }, { MEMORY - 0x2000, 0x3000 } },
	  GICV_IN_MEMORY },
	/* Too far away. */
	{ "GICV half in reach", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				  { 0x4000, 0x1000 }, { (1ULL << 40) - 0x1000, 0x2000 } },
	  OUT_OF_REACH },
	{ "GICV out of reach", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				 { 0x4000, 0x1000 }, { 1ULL << 40, 0x2000 } }, OUT_OF_REACH },
	{ "GICV at the end", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
			       { 0x4000, 0x1000 }, { -0x2000ULL, 0x2000 } }, OUT_OF_REACH },
	{ "GICV over the end", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				 { 0x4000, 0x1000 }, { -0x1000ULL, 0x2000 } }, NO_ADDRESS },
	{ "GICH over the end", { { 0x1000, 0x1000 }, { 0x2000, 0x2000 },
				 { -0x200ULL, 0x1000 }, { 0x6000, 0x2000 } }, NO_ADDRESS },
	{ "GICD is all", { { 0x1000, -1ULL }, { 0x2000, 0x2000 },
			   { 0x4000, 0x1000 }, { 0x6000, 0x2000 } }, NO_ADDRESS },
};

static void frames_that_cannot_be_are_named(void **state)
{
	size_t i;

	reads = 0;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *why = gic_frames_wrong(wrong[i].frame, &host);

		if (!why != !wrong[i].why || (why && strcmp(why, wrong[i].why)))
			fail_msg("%s: %s", wrong[i].name, why ?: "nothing wrong");
	}
	assert_int_equal(reads, 0);
}

/* ACPI has no sizes, and 0 for what is not there. */
static void frames_that_acpi_leaves_out_are_absent(void **state)
{
	struct gic_frame f[NR_GIC_FRAMES] = {
		[GICD] = gic_frame_at(0x1000, SZ_4K),
		[GICC] = gic_frame_at(0x2000, SZ_8K),
		[GICH] = gic_frame_at(0, SZ_4K),
		[GICV] = gic_frame_at(0, SZ_8K),
	};

	assert_string_equal(gic_frames_wrong(f, &host), NOWHERE);
	f[GICH] = gic_frame_at(0x4000, SZ_4K);
	assert_string_equal(gic_frames_wrong(f, &host), NO_GICV);
	f[GICV] = gic_frame_at(0x6000, SZ_8K);
	assert_null(gic_frames_wrong(f, &host));
	f[GICC] = gic_frame_at(0, SZ_8K);
	f[GICD] = gic_frame_at(0, SZ_4K);
	assert_null(gic_frames_wrong(f, &host));
}

static u64 seed = 1;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % n;
}

/* A few places and sizes, and what is a little beside them. */
static struct gic_frame any_frame(void)
{
	static const u64 bases[] = {
		0, 0x1000, 0x2000, 0x4000, 0x6000, 0x8000, MEMORY - 0x2000, MEMORY,
		MEMORY + MEMORY_SIZE, (1ULL << 40) - 0x2000, 1ULL << 40, -0x2000ULL,
	};
	static const u64 sizes[] = { 0, 0x200, 0x1000, 0x2000, 0x4000, 0x10000, 0x20000 };
	static const int beside[] = { 0, 0, 0, 0, 0, 0, 1, -1, 4, -4, 0x200, -0x200, 0x1000 };
	struct gic_frame f = {
		bases[rnd(ARRAY_SIZE(bases))] + beside[rnd(ARRAY_SIZE(beside))],
		sizes[rnd(ARRAY_SIZE(sizes))] + beside[rnd(ARRAY_SIZE(beside))],
	};

	return f;
}

/* Does the frame have this byte? No sum that could overflow. */
static bool has(const struct gic_frame *f, u64 byte)
{
	return byte - f->base < f->size && byte >= f->base;
}

static void what_is_let_through_is_harmless(void **state)
{
	unsigned int n, i, j, good = 0;

	reads = 0;
	for (n = 0; n < 3000000; n++) {
		struct gic_frame f[NR_GIC_FRAMES], *h = &f[GICH], *v = &f[GICV];

		for (i = 0; i < NR_GIC_FRAMES; i++)
			f[i] = any_frame();
		if (gic_frames_wrong(f, &host))
			continue;
		good++;
		for (i = 0; i < NR_GIC_FRAMES; i++)
			for (j = 0; j < NR_GIC_FRAMES; j++)
				assert_false(i != j && f[i].size && has(&f[j], f[i].base));
		assert_true(h->size >= GICH_SIZE && h->base % GICH_SIZE == 0);
		assert_true(h->base + GICH_SIZE - 1 > h->base);
		assert_true(v->size >= ARMVCPU_GICV2_CPU_SIZE && v->base % SZ_4K == 0);
		assert_true(v->base < 1ULL << 40 && v->size <= (1ULL << 40) - v->base);
		for (i = GICH; i <= GICV; i++) {
			assert_false(has(&f[i], MEMORY));
			assert_false(has(&(struct gic_frame){ MEMORY, MEMORY_SIZE }, f[i].base));
		}
	}
	assert_int_equal(reads, 0);
	/* The draws are good for something. */
	assert_in_range(good, 10000, 1000000);
}

/* ---- GICV, which answers --------------------------------------------------------- */

static const struct {
	const char *name;
	u64 page_size;
	struct gic_frame v;
	u64 from, to;		/* addresses where there is the first half of a GICV */
	const char *why;
	u64 base;
} found[] = {
	{ "GIC-400", SZ_4K, { 0x6000, 0x2000 }, 0x6000, 0x7000, NULL, 0x6000 },
	{ "QEMU's virt", SZ_4K, { 0x8040000, 0x10000 }, 0x8040000, 0x8041000, NULL, 0x8040000 },
	{ "the same, 16 KiB", SZ_16K, { 0x8040000, 0x10000 }, 0x8040000, 0x8041000, NULL,
	  0x8040000 },
	{ "the same, 64 KiB", SZ_64K, { 0x8040000, 0x10000 }, 0x8040000, 0x8041000, NULL,
	  0x8040000 },
	{ "over and over", SZ_4K, { 0x60000, 0x20000 }, 0x60000, 0x80000, NULL, 0x6f000 },
	{ "over and over, 64 KiB", SZ_64K, { 0x60000, 0x20000 }, 0x60000, 0x80000, NO_PAGE, 0 },
	{ "room of 128 KiB", SZ_4K, { 0x60000, 0x20000 }, 0x60000, 0x61000, NULL, 0x60000 },
	{ "room of 128 KiB, 64 KiB", SZ_64K, { 0x60000, 0x20000 }, 0x60000, 0x61000, NULL,
	  0x60000 },
	{ "room of 64 KiB over and over", SZ_4K, { 0x60000, 0x10000 }, 0x60000, 0x70000, NULL,
	  0x60000 },
	{ "the same, 16 KiB", SZ_16K, { 0x60000, 0x10000 }, 0x60000, 0x70000, NO_PAGE, 0 },
	{ "the same, 64 KiB", SZ_64K, { 0x60000, 0x10000 }, 0x60000, 0x70000, NO_PAGE, 0 },
	{ "nothing", SZ_4K, { 0x6000, 0x2000 }, 0, 0, NO_IIDR, 0 },
	{ "a page before", SZ_4K, { 0x6000, 0x2000 }, 0x5000, 0x6000, NO_IIDR, 0 },
	{ "GIC-400, 16 KiB", SZ_16K, { 0x6000, 0x2000 }, 0x6000, 0x7000, NO_PAGE, 0 },
	{ "GIC-400, 64 KiB", SZ_64K, { 0x6000, 0x2000 }, 0x6000, 0x7000, NO_PAGE, 0 },
	{ "begins with 64 KiB", SZ_64K, { 0x60000, 0x2000 }, 0x60000, 0x61000, NO_PAGE, 0 },
	{ "begins with 16 KiB", SZ_16K, { 0x8000, 0x2000 }, 0x8000, 0x9000, NO_PAGE, 0 },
	{ "16 KiB between", SZ_16K, { 0x6000, 0x4000 }, 0x6000, 0x7000, NO_PAGE, 0 },
	{ "more than its pages", SZ_4K, { 0x6000, 0x2800 }, 0x6000, 0x7000, NO_PAGE, 0 },
};

static void gicv_is_whole_pages(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(found); i++) {
		struct gic_frames_host h = host;
		const char *why;
		u64 base = 0;

		h.page_size = found[i].page_size;
		gicv_from = found[i].from;
		gicv_to = found[i].to;
		why = gicv_find(&found[i].v, &h, &base);
		if (!why != !found[i].why || (why && strcmp(why, found[i].why)))
			fail_msg("%s: %s", found[i].name, why ?: "nothing wrong");
		if (base != found[i].base)
			fail_msg("%s: at %#llx", found[i].name, (unsigned long long)base);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_that_cannot_be_are_named),
		cmocka_unit_test(frames_that_acpi_leaves_out_are_absent),
		cmocka_unit_test(what_is_let_through_is_harmless),
		cmocka_unit_test(gicv_is_whole_pages),
	};

	return cmocka_run_group_tests_name("gicframes", tests, NULL, NULL);
}
