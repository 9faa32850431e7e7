// SPDX-License-Identifier: GPL-2.0-only
/* Image loaders, placement and the device tree. */
#include "test.h"

#include <elf.h>
#include <libarmvcpu.h>
#include <libfdt.h>
#include <unistd.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "board.h"
#include "dtb.h"
#include "loader.h"
#include "options.h"
#include "scratch.h"
#include "util.h"

#define RAM_BASE	0x40000000ULL

struct image_header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags;
	uint64_t reserved[3];
	uint32_t magic;
	uint32_t pe_offset;
};

static struct scratch_file kernel_file, initrd_file;

static int make_files(void **state)
{
	(void)state;
	return scratch_file(&kernel_file) || scratch_file(&initrd_file);
}

static void write_file(const char *name, const void *data, size_t size)
{
	FILE *f = fopen(name, "wb");

	assert_non_null(f);
	if (size)
		assert_int_equal(fwrite(data, size, 1, f), 1);
	fclose(f);
}

static int load_with(uint64_t ram_size, const void *kernel, size_t size,
		     size_t initrd_size, struct ram *ram, struct layout *layout)
{
	struct images images;
	char *initrd;
	int ret;

	write_file(kernel_file.path, kernel, size);
	if (initrd_size) {
		initrd = malloc(initrd_size);
		memset(initrd, 'i', initrd_size);
		write_file(initrd_file.path, initrd, initrd_size);
		free(initrd);
	}
	assert_int_equal(ram_create(ram, RAM_BASE, ram_size), 0);
	assert_int_equal(images_open(&images, kernel_file.path,
				     initrd_size ? initrd_file.path : NULL), 0);
	ret = images_load(&images, ram, layout);
	images_close(&images);
	return ret;
}

static int load(uint64_t ram_size, const void *kernel, size_t size,
		size_t initrd_size, struct layout *layout)
{
	struct ram ram;
	int ret;

	ret = load_with(ram_size, kernel, size, initrd_size, &ram, layout);
	ram_destroy(&ram);
	return ret;
}

static void raw_at_512k(void **state)
{
	struct layout layout;
	struct ram ram;
	char raw[100];

	(void)state;
	memset(raw, 'r', sizeof(raw));
	assert_int_equal(load_with(16 * SZ_1M, raw, sizeof(raw), 0, &ram,
				   &layout), 0);
	assert_true(layout.entry == RAM_BASE + 0x80000);
	assert_true(layout.high == layout.entry + sizeof(raw));
	assert_memory_equal(ram_at(&ram, layout.entry, 100), raw, 100);
	assert_true(layout.initrd_start == RAM_BASE + 8 * SZ_1M);
	assert_true(layout.initrd_end == layout.initrd_start);
	ram_destroy(&ram);

	/* shorter than an Image header */
	assert_int_equal(load(16 * SZ_1M, raw, 4, 0, &layout), 0);
	assert_true(layout.high == layout.entry + 4);
}

static struct image_header image(uint64_t text_offset, uint64_t size)
{
	return (struct image_header){
		.text_offset = text_offset,
		.image_size = size,
		.magic = 0x644d5241,
	};
}

static void image_at_text_offset(void **state)
{
	static const struct {
		uint64_t text_offset, size, at;
	} cases[] = {
		{ 0, 0x10000, 0x200000 },
		{ 0xffc, 0x10000, 0x200ffc },
		{ 0x1000, 0x10000, 0x1000 },
		{ 0x80000, 0x10000, 0x80000 },
		{ 0x300000, 0, 0x80000 },	/* before 3.17 */
	};
	struct layout layout;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image_header h = image(cases[i].text_offset,
					      cases[i].size);

		assert_int_equal(load(16 * SZ_1M, &h, sizeof(h), 0, &layout),
				 0);
		assert_true(layout.entry == RAM_BASE + cases[i].at);
		assert_true(layout.high == layout.entry +
			    MAX(cases[i].size, sizeof(h)));
	}
}

static void image_too_large(void **state)
{
	static const struct {
		uint64_t text_offset, size;
	} cases[] = {
		{ 0, 15 * SZ_1M }, { 0, UINT64_MAX }, { UINT64_MAX, 1 },
		{ UINT64_MAX - 0xfff, 0x1000 }, { 16 * SZ_1M, 1 },
		{ 16 * SZ_1M - 1, 1 }, { 1ULL << 63, 1ULL << 63 },
	};
	struct layout layout;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image_header h = image(cases[i].text_offset,
					      cases[i].size);

		assert_int_equal(load(16 * SZ_1M, &h, sizeof(h), 0, &layout),
				 -1);
	}
}

static void image_not_aligned(void **state)
{
	struct layout layout;
	unsigned int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		struct image_header h = image(0x80000 + i, 0x1000);

		assert_int_equal(load(16 * SZ_1M, &h, sizeof(h), 0, &layout),
				 i % 4 ? -1 : 0);
	}
}

static void file_too_large(void **state)
{
	size_t fits = SZ_1M - 0x80000;
	struct layout layout;
	char *raw;

	(void)state;
	if (!scratch_may_have(fits + 1))
		skip();
	raw = calloc(1, fits + 1);
	assert_int_equal(load(SZ_1M, raw, fits, 0, &layout), 0);
	assert_int_equal(load(SZ_1M, raw, fits + 1, 0, &layout), -1);
	free(raw);
}

static void empty_file(void **state)
{
	struct layout layout;

	(void)state;
	assert_int_equal(load(SZ_1M, "", 0, 0, &layout), -1);
}

static void initrd_in_the_middle(void **state)
{
	struct image_header h = image(0, 0x10000);
	struct layout layout;
	struct ram ram;

	(void)state;
	if (!scratch_may_have(2 * SZ_1M))
		skip();
	assert_int_equal(load_with(16 * SZ_1M, &h, sizeof(h), 12345, &ram,
				   &layout), 0);
	assert_true(layout.initrd_start == RAM_BASE + 8 * SZ_1M);
	assert_true(layout.initrd_end == layout.initrd_start + 12345);
	assert_memory_equal(ram_at(&ram, layout.initrd_start, 4), "iiii", 4);
	assert_int_equal(*(char *)ram_at(&ram, layout.initrd_end, 1), 0);
	ram_destroy(&ram);

	/* at most 128 MiB into RAM */
	assert_int_equal(load(1024 * SZ_1M, &h, sizeof(h), 1, &layout), 0);
	assert_true(layout.initrd_start == RAM_BASE + SZ_128M);

	/* not in the kernel */
	h = image(0, 12 * SZ_1M + 1);
	assert_int_equal(load(16 * SZ_1M, &h, sizeof(h), 1, &layout), 0);
	assert_true(layout.initrd_start == RAM_BASE + 14 * SZ_1M + SZ_4K);

	/* not beyond the end */
	assert_int_equal(load(16 * SZ_1M, &h, sizeof(h), 2 * SZ_1M, &layout),
			 -1);
}

#ifdef HAVE_ZLIB
static void gzip_image(void **state)
{
	struct image_header h = image(0, 0x10000);
	struct layout layout;
	struct ram ram;
	char packed[256];
	long size;
	FILE *f;
	gzFile gz;

	(void)state;
	gz = gzopen(kernel_file.path, "wb");
	gzwrite(gz, &h, sizeof(h));
	gzwrite(gz, "tail", 4);
	gzclose(gz);
	f = fopen(kernel_file.path, "rb");
	size = (long)fread(packed, 1, sizeof(packed), f);
	fclose(f);

	assert_int_equal(load_with(16 * SZ_1M, packed, (size_t)size, 0, &ram,
				   &layout), 0);
	assert_true(layout.entry == RAM_BASE + 2 * SZ_1M);
	assert_memory_equal(ram_at(&ram, layout.entry + 64, 4), "tail", 4);
	ram_destroy(&ram);

	/* cut off, and damaged */
	assert_int_equal(load(16 * SZ_1M, packed, (size_t)size - 9, 0, &layout),
			 -1);
	packed[size - 6] ^= 1;
	assert_int_equal(load(16 * SZ_1M, packed, (size_t)size, 0, &layout),
			 -1);
	assert_int_equal(load(16 * SZ_1M, packed, 3, 0, &layout), -1);
}

static void gzip_bomb(void **state)
{
	struct layout layout;
	struct images images;
	struct ram ram;
	char zeros[4096] = { 0 };
	gzFile gz;
	int i;

	(void)state;
	gz = gzopen(kernel_file.path, "wb");
	for (i = 0; i < 1024; i++)
		gzwrite(gz, zeros, sizeof(zeros));
	gzclose(gz);
	ram_create(&ram, RAM_BASE, SZ_1M);
	assert_int_equal(images_open(&images, kernel_file.path, NULL), 0);
	assert_int_equal(images_load(&images, &ram, &layout), -1);
	images_close(&images);
	ram_destroy(&ram);
}
#endif

/* ---- ELF ---- */

struct elf {
	Elf64_Ehdr e;
	Elf64_Phdr p[2];
	char data[64];
};

static struct elf elf(void)
{
	return (struct elf){
		.e = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_AARCH64,
			.e_entry = 0xffff000000100010,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 2,
		},
		.p = { {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_offset = offsetof(struct elf, data),
			.p_vaddr = 0xffff000000100000,
			.p_paddr = RAM_BASE + 0x100000,
			.p_filesz = 64,
			.p_memsz = 0x1000,
		}, {
			.p_type = PT_NOTE,
			.p_paddr = 0,
			.p_filesz = UINT64_MAX,
		} },
		.data = "the data of the segment",
	};
}

static void elf_segments(void **state)
{
	struct elf file = elf();
	struct layout layout;
	struct ram ram;

	(void)state;
	assert_int_equal(load_with(16 * SZ_1M, &file, sizeof(file), 0, &ram,
				   &layout), 0);
	assert_true(layout.elf);
	assert_true(layout.entry == RAM_BASE + 0x100010);
	assert_true(layout.low == RAM_BASE + 0x100000);
	assert_true(layout.high == RAM_BASE + 0x101000);
	assert_memory_equal(ram_at(&ram, layout.low, 64), file.data, 64);
	ram_destroy(&ram);
}

/* What is changed in a good file, each time one field. */
static void elf_hostile(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		size_t size;
	} changes[] = {
#define CHANGE(field, v) \
	{ offsetof(struct elf, field), v, sizeof(((struct elf *)0)->field) }
		CHANGE(e.e_machine, EM_X86_64),
		CHANGE(e.e_ident[EI_CLASS], ELFCLASS32),
		CHANGE(e.e_ident[EI_DATA], ELFDATA2MSB),
		CHANGE(e.e_phoff, UINT64_MAX),
		CHANGE(e.e_phoff, 1ULL << 62),
		CHANGE(e.e_phoff, sizeof(struct elf) - 8),
		CHANGE(e.e_phentsize, 0),
		CHANGE(e.e_phentsize, 32),
		CHANGE(e.e_phnum, 0),
		CHANGE(e.e_phnum, 0xffff),
		CHANGE(e.e_entry, 0xffff000000100011),
		CHANGE(p[0].p_type, PT_NULL),
		CHANGE(p[0].p_offset, UINT64_MAX),
		CHANGE(p[0].p_offset, sizeof(struct elf) - 63),
		CHANGE(p[0].p_paddr, 0),
		CHANGE(p[0].p_paddr, UINT64_MAX),
		CHANGE(p[0].p_paddr, RAM_BASE - 1),
		CHANGE(p[0].p_paddr, RAM_BASE + 16 * SZ_1M - 0xfff),
		CHANGE(p[0].p_filesz, 0x1001),
		CHANGE(p[0].p_filesz, UINT64_MAX),
		CHANGE(p[0].p_memsz, 63),
		CHANGE(p[0].p_memsz, UINT64_MAX),
		CHANGE(p[0].p_memsz, 16 * SZ_1M),
	};
	struct layout layout;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		struct elf file = elf();

		memcpy((char *)&file + changes[i].offset, &changes[i].value,
		       changes[i].size);
		if (load(16 * SZ_1M, &file, sizeof(file), 0, &layout) != -1)
			fail_msg("change %zu was accepted", i);
	}
}

/* The same again and again, which would take its time with more of them. */
static void elf_overlapping(void **state)
{
	const size_t data = 2 * SZ_1M, size = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr) + data;
	struct elf one = elf();
	struct layout layout;
	Elf64_Phdr *p;
	unsigned int i;
	char *file;

	(void)state;
	if (!scratch_may_have(size))
		skip();
	file = calloc(1, size);
	one.e.e_phnum = 3;
	one.p[0].p_offset = size - data;
	one.p[0].p_filesz = data;
	one.p[0].p_memsz = data;
	memcpy(file, &one.e, sizeof(one.e));
	p = (Elf64_Phdr *)(file + sizeof(one.e));
	for (i = 0; i < 3; i++)
		p[i] = one.p[0];
	assert_int_equal(load(8 * SZ_1M, file, size, 0, &layout), 0);
	assert_int_equal(load(6 * SZ_1M, file, size, 0, &layout), 0);
	assert_int_equal(load(5 * SZ_1M, file, size, 0, &layout), -1);
	free(file);
}

static void elf_cut_off(void **state)
{
	struct elf file = elf();
	struct layout layout;
	size_t size;

	(void)state;
	/* Shorter than its header it is a raw binary, as for QEMU. */
	for (size = sizeof(file.e); size < sizeof(file); size += 8)
		assert_int_equal(load(16 * SZ_1M, &file, size, 0, &layout),
				 -1);
}

static void files_that_are_none(void **state)
{
	struct images images;

	(void)state;
	assert_int_equal(images_open(&images, "/nonexistent/kernel", NULL), -1);
	assert_int_equal(images_open(&images, "/", NULL), -1);
	assert_int_equal(images_open(&images, "/dev/null", NULL), -1);
	assert_int_equal(images_open(&images, kernel_file.path, "/nonexistent"),
			 -1);
	assert_int_equal(images.kernel, -1);
}

/* Nobody waits for the other end. */
static void pipe_as_a_file(void **state)
{
	struct images images;
	struct scratch_dir dir;
	char path[64];

	(void)state;
	assert_int_equal(scratch_dir(&dir), 0);
	snprintf(path, sizeof(path), "%s/pipe", dir.path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(images_open(&images, path, NULL), -1);
	assert_int_equal(images_open(&images, kernel_file.path, path), -1);
}

/* ---- device tree ---- */

static void dtb_placement(void **state)
{
	struct layout layout = { .low = RAM_BASE + 0x1000, .elf = true };
	struct ram ram;
	char dtb[0x1001] = "dtb";

	(void)state;
	ram_create(&ram, RAM_BASE, 16 * SZ_1M);
	layout.initrd_end = RAM_BASE + 8 * SZ_1M + 5;

	assert_int_equal(dtb_load(dtb, 0x1000, &ram, &layout), 0);
	assert_true(layout.dtb == RAM_BASE);
	assert_memory_equal(ram.host, "dtb", 3);
	assert_int_equal(dtb_load(dtb, 0x1001, &ram, &layout), 0);
	assert_true(layout.dtb == RAM_BASE + 10 * SZ_1M);
	layout.elf = false;
	assert_int_equal(dtb_load(dtb, 0x1000, &ram, &layout), 0);
	assert_true(layout.dtb == RAM_BASE + 10 * SZ_1M);
	layout.initrd_end = RAM_BASE + 15 * SZ_1M + 1;
	assert_int_equal(dtb_load(dtb, 0x1000, &ram, &layout), 0);
	assert_true(layout.dtb == RAM_BASE + 15 * SZ_1M + SZ_4K);
	layout.initrd_end = RAM_BASE + 16 * SZ_1M - SZ_4K;
	assert_int_equal(dtb_load(dtb, 0x1000, &ram, &layout), 0);
	assert_int_equal(dtb_load(dtb, 0x1001, &ram, &layout), -1);
	layout.initrd_end = RAM_BASE + 16 * SZ_1M;
	assert_int_equal(dtb_load(dtb, 4, &ram, &layout), -1);
	ram_destroy(&ram);
}

static int node(const void *dtb, const char *path)
{
	int offset = fdt_path_offset(dtb, path);

	if (offset < 0)
		fail_msg("no node %s", path);
	return offset;
}

static void cell_is(const void *dtb, const char *path, const char *name,
		    int index, uint32_t value)
{
	const fdt32_t *cells;
	int length;

	cells = fdt_getprop(dtb, node(dtb, path), name, &length);
	assert_non_null(cells);
	assert_true(length >= (index + 1) * 4);
	assert_int_equal(fdt32_to_cpu(cells[index]), value);
}

static const char *text(const void *dtb, const char *path, const char *name)
{
	const char *value = fdt_getprop(dtb, node(dtb, path), name, NULL);

	assert_non_null(value);
	return value;
}

static void dtb_describes_the_board(void **state)
{
	struct dtb_config config = {
		.ram_size = 5ULL << 30,
		.cpus = 18,
		.gic = ARMVCPU_GIC_V3,
		.append = "console=ttyAMA0 quiet",
		.initrd_start = 0x48000000,
		.initrd_end = 0x48012345,
	};
	static const char psci[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";
	size_t size;
	void *dtb;
	int length;

	(void)state;
	dtb = dtb_build(&config, &size);
	assert_non_null(dtb);
	assert_int_equal(fdt_check_full(dtb, size), 0);

	assert_string_equal(text(dtb, "/chosen", "bootargs"), config.append);
	assert_string_equal(text(dtb, "/chosen", "stdout-path"),
			    "/pl011@9000000");
	cell_is(dtb, "/chosen", "linux,initrd-start", 1, 0x48000000);
	cell_is(dtb, "/chosen", "linux,initrd-end", 1, 0x48012345);
	assert_non_null(fdt_getprop(dtb, node(dtb, "/chosen"), "rng-seed",
				    &length));
	assert_int_equal(length, 32);
	assert_non_null(fdt_getprop(dtb, node(dtb, "/chosen"), "kaslr-seed",
				    &length));
	assert_int_equal(length, 8);

	cell_is(dtb, "/memory@40000000", "reg", 1, 0x40000000);
	cell_is(dtb, "/memory@40000000", "reg", 2, 1);
	cell_is(dtb, "/memory@40000000", "reg", 3, 0x40000000);

	assert_string_equal(text(dtb, "/psci", "method"), "hvc");
	assert_memory_equal(text(dtb, "/psci", "compatible"), psci,
			    sizeof(psci));
	cell_is(dtb, "/cpus/cpu@0", "reg", 0, 0);
	cell_is(dtb, "/cpus/cpu@f", "reg", 0, 15);
	cell_is(dtb, "/cpus/cpu@100", "reg", 0, 0x100);
	cell_is(dtb, "/cpus/cpu@101", "reg", 0, 0x101);
	assert_true(fdt_path_offset(dtb, "/cpus/cpu@102") < 0);
	assert_string_equal(text(dtb, "/cpus/cpu@101", "enable-method"),
			    "psci");

	cell_is(dtb, "/intc@8000000", "reg", 1, 0x08000000);
	cell_is(dtb, "/intc@8000000", "reg", 5, 0x080a0000);
	assert_string_equal(text(dtb, "/intc@8000000", "compatible"),
			    "arm,gic-v3");
	cell_is(dtb, "/timer", "interrupts", 1, 13);
	cell_is(dtb, "/timer", "interrupts", 2, 4);
	cell_is(dtb, "/timer", "interrupts", 4, 14);
	cell_is(dtb, "/timer", "interrupts", 7, 11);
	cell_is(dtb, "/timer", "interrupts", 10, 10);
	cell_is(dtb, "/pl011@9000000", "interrupts", 1, 1);
	cell_is(dtb, "/pl011@9000000", "interrupts", 2, 4);
	cell_is(dtb, "/pl031@9010000", "interrupts", 1, 2);
	cell_is(dtb, "/virtio_mmio@a000000", "interrupts", 1, 16);
	cell_is(dtb, "/virtio_mmio@a000000", "interrupts", 2, 1);
	cell_is(dtb, "/virtio_mmio@a003e00", "interrupts", 1, 47);
	/* Where the first disk is comes first. */
	assert_true(fdt_path_offset(dtb, "/virtio_mmio@a003e00") <
		    fdt_path_offset(dtb, "/virtio_mmio@a003c00"));
	free(dtb);
}

static void dtb_with_a_gicv2(void **state)
{
	struct dtb_config config = {
		.ram_size = 1 << 30,
		.cpus = 5,
		.gic = ARMVCPU_GIC_V2,
	};
	size_t size;
	void *dtb;
	int length;

	(void)state;
	dtb = dtb_build(&config, &size);
	assert_non_null(dtb);
	assert_int_equal(fdt_check_full(dtb, size), 0);
	assert_string_equal(text(dtb, "/intc@8000000", "compatible"),
			    "arm,cortex-a15-gic");
	cell_is(dtb, "/intc@8000000", "reg", 1, 0x08000000);
	cell_is(dtb, "/intc@8000000", "reg", 3, 0x1000);
	cell_is(dtb, "/intc@8000000", "reg", 5, 0x08010000);
	cell_is(dtb, "/intc@8000000", "reg", 7, 0x2000);
	fdt_getprop(dtb, node(dtb, "/intc@8000000"), "reg", &length);
	assert_int_equal(length, 8 * 4);
	assert_null(fdt_getprop(dtb, node(dtb, "/intc@8000000"),
				"#redistributor-regions", NULL));
	/* the CPUs that have each PPI are in its flags; SPIs have none */
	cell_is(dtb, "/timer", "interrupts", 1, 13);
	cell_is(dtb, "/timer", "interrupts", 2, 0x1f04);
	cell_is(dtb, "/timer", "interrupts", 8, 0x1f04);
	cell_is(dtb, "/timer", "interrupts", 11, 0x1f04);
	cell_is(dtb, "/pl011@9000000", "interrupts", 2, 4);
	free(dtb);
}

static uint32_t cell(const void *dtb, const char *path, const char *name, int index)
{
	const fdt32_t *cells = fdt_getprop(dtb, node(dtb, path), name, NULL);

	assert_non_null(cells);
	return fdt32_to_cpu(cells[index]);
}

static void length_is(const void *dtb, const char *path, const char *name, int want)
{
	int length = -1;

	fdt_getprop(dtb, node(dtb, path), name, &length);
	assert_int_equal(length, want);
}

/* What the bindings ask of both models, and what no guest of ours has: EL2, MSIs. */
static void dtb_with_any_gic(void **state)
{
	static const char intc[] = "/intc@8000000";
	static const uint32_t ppis[] = { 13, 14, 11, 10 };
	struct dtb_config config = { .ram_size = 1 << 30 };
	unsigned int model, i, mask;
	int child;

	(void)state;
	for (model = ARMVCPU_GIC_V2; model <= ARMVCPU_GIC_V3; model++) {
		for (config.cpus = 1; config.cpus <= 8; config.cpus++) {
			size_t size;
			void *dtb;

			config.gic = model;
			dtb = dtb_build(&config, &size);
			assert_non_null(dtb);
			assert_int_equal(fdt_check_full(dtb, size), 0);

			length_is(dtb, intc, "interrupt-controller", 0);
			cell_is(dtb, intc, "#interrupt-cells", 0, 3);
			assert_int_equal(cell(dtb, intc, "phandle", 0),
					 cell(dtb, "/", "interrupt-parent", 0));
			/* the maintenance interrupt */
			length_is(dtb, intc, "interrupts", -FDT_ERR_NOTFOUND);
			/* ITS, v2m */
			child = fdt_first_subnode(dtb, node(dtb, intc));
			assert_int_equal(child, -FDT_ERR_NOTFOUND);
			length_is(dtb, intc, "reg", 2 * 16);
			if (model == ARMVCPU_GIC_V3) {
				cell_is(dtb, intc, "#redistributor-regions", 0, 1);
				cell_is(dtb, intc, "reg", 3, ARMVCPU_GICV3_DIST_SIZE);
				assert_true(cell(dtb, intc, "reg", 7) >=
					    config.cpus * ARMVCPU_GICV3_REDIST_SIZE);
				assert_true(cell(dtb, intc, "reg", 5) +
					    cell(dtb, intc, "reg", 7) <= BOARD_UART_BASE);
			}

			length_is(dtb, "/timer", "interrupts", 4 * 12);
			mask = model == ARMVCPU_GIC_V2 ? (1U << config.cpus) - 1 : 0;
			for (i = 0; i < 4; i++) {
				cell_is(dtb, "/timer", "interrupts", 3 * i, 1);
				cell_is(dtb, "/timer", "interrupts", 3 * i + 1, ppis[i]);
				cell_is(dtb, "/timer", "interrupts", 3 * i + 2, mask << 8 | 4);
			}
			cell_is(dtb, "/psci", "cpu_on", 0, 0xc4000003);
			free(dtb);
		}
	}
}

static void dtb_of_the_largest_board(void **state)
{
	struct dtb_config config = {
		.ram_size = MAX_RAM,
		.cpus = MAX_CPUS,
		.initrd_start = 1,
		.initrd_end = 1,
	};
	char *append = malloc(100001);
	size_t size;
	void *dtb;

	(void)state;
	memset(append, 'x', 100000);
	append[100000] = 0;
	config.append = append;
	dtb = dtb_build(&config, &size);
	assert_non_null(dtb);
	assert_int_equal(fdt_check_full(dtb, size), 0);
	assert_null(fdt_getprop(dtb, node(dtb, "/chosen"),
				"linux,initrd-start", NULL));
	free(dtb);
	free(append);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_at_512k),
		cmocka_unit_test(image_at_text_offset),
		cmocka_unit_test(image_too_large),
		cmocka_unit_test(image_not_aligned),
		cmocka_unit_test(file_too_large),
		cmocka_unit_test(empty_file),
		cmocka_unit_test(initrd_in_the_middle),
#ifdef HAVE_ZLIB
		cmocka_unit_test(gzip_image),
		cmocka_unit_test(gzip_bomb),
#endif
		cmocka_unit_test(elf_segments),
		cmocka_unit_test(elf_hostile),
		cmocka_unit_test(elf_overlapping),
		cmocka_unit_test(elf_cut_off),
		cmocka_unit_test(files_that_are_none),
		cmocka_unit_test(pipe_as_a_file),
		cmocka_unit_test(dtb_placement),
		cmocka_unit_test(dtb_describes_the_board),
		cmocka_unit_test(dtb_with_a_gicv2),
		cmocka_unit_test(dtb_with_any_gic),
		cmocka_unit_test(dtb_of_the_largest_board),
	};

	/* A test that hangs has failed. */
	alarm(120);
	return cmocka_run_group_tests_name("loader", tests, make_files, NULL);
}
