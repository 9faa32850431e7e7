// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts kernel, initrd and device tree into guest memory, at the places where
 * QEMU's -kernel and -initrd put them on its "virt" board:
 *
 *  - a Linux Image (Documentation/arm64/booting.rst of Linux) at its
 *    text_offset; when that is below 4 KiB, where QEMU has code of its own,
 *    2 MiB higher. A gzip-compressed one is unpacked first;
 *  - an ELF file's segments at their physical addresses;
 *  - anything else 512 KiB into RAM;
 *  - the initrd in the middle of RAM, but at most 128 MiB into it and not in
 *    the kernel;
 *  - the device tree after that, 2 MiB aligned; with an ELF file at the start
 *    of RAM, if there is room.
 */
#include "loader.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "util.h"

#define RAW_OFFSET		0x80000ULL
#define IMAGE_MIN_OFFSET	0x1000ULL
#define IMAGE_MAGIC		0x644d5241	/* "ARM\x64" */

struct image_header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags;
	uint64_t reserved[3];
	uint32_t magic;
	uint32_t pe_offset;
};

/**
 * struct source - a file that is read from its start to its end
 * @name: for messages
 * @fd: descriptor, or -1 when @gz is used
 * @gz: unpacks
 */
struct source {
	const char *name;
	int fd;
#ifdef HAVE_ZLIB
	gzFile gz;
#endif
};

static int open_file(const char *name, const char *what)
{
	struct stat st;
	int fd;

	/* Asked first, not to wait for the other end of a pipe. */
	if (!stat(name, &st) && !S_ISREG(st.st_mode))
		return error("%s %s: not a regular file", what, name);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error("%s %s: %s", what, name, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return error("%s %s: not a regular file", what, name);
	}
	return fd;
}

/**
 * images_open() - open the files
 * @images: filled in; the names are not copied
 * @kernel: file name, or NULL
 * @initrd: file name, or NULL
 *
 * Return: 0, or -1 after an error message.
 */
int images_open(struct images *images, const char *kernel, const char *initrd)
{
	images->kernel = -1;
	images->kernel_name = kernel;
	images->initrd = -1;
	images->initrd_name = initrd;

	if (kernel) {
		images->kernel = open_file(kernel, "kernel");
		if (images->kernel < 0)
			return -1;
	}
	if (initrd) {
		images->initrd = open_file(initrd, "initrd");
		if (images->initrd < 0) {
			images_close(images);
			return -1;
		}
	}
	return 0;
}

/**
 * images_close() - close the files
 * @images: the files
 */
void images_close(struct images *images)
{
	if (images->kernel >= 0)
		close(images->kernel);
	if (images->initrd >= 0)
		close(images->initrd);
	images->kernel = -1;
	images->initrd = -1;
}

/* Reads all of @length unless the file ends; returns the bytes or -1. */
static int64_t read_fd(int fd, void *buffer, uint64_t length)
{
	uint64_t done = 0;
	ssize_t n;

	while (done < length) {
		n = read(fd, (char *)buffer + done,
			 MIN(length - done, SZ_1G));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		done += (uint64_t)n;
	}
	return (int64_t)done;
}

#ifdef HAVE_ZLIB
static int64_t read_gz(gzFile gz, void *buffer, uint64_t length)
{
	uint64_t done = 0;
	int n;

	while (done < length) {
		n = gzread(gz, (char *)buffer + done,
			   (unsigned int)MIN(length - done, SZ_128M));
		if (n < 0)
			return -1;
		if (!n)
			break;
		done += (uint64_t)n;
	}
	/* A file that is cut off ends early without an error from gzread(). */
	gzerror(gz, &n);
	return n == Z_OK || n == Z_STREAM_END ? (int64_t)done : -1;
}
#endif

static int64_t source_read(struct source *source, void *buffer,
			   uint64_t length)
{
	int64_t n;

#ifdef HAVE_ZLIB
	if (source->gz) {
		n = read_gz(source->gz, buffer, length);
		if (n < 0)
			report("%s: damaged gzip file", source->name);
		return n;
	}
#endif
	n = read_fd(source->fd, buffer, length);
	if (n < 0)
		report("%s: %s", source->name, strerror(errno));
	return n;
}

static int source_open(struct source *source, int fd, const char *name,
		       bool unpack)
{
	uint8_t magic[2] = { 0 };

	memset(source, 0, sizeof(*source));
	source->name = name;
	source->fd = fd;
	if (lseek(fd, 0, SEEK_SET) < 0 ||
	    (unpack && pread(fd, magic, sizeof(magic), 0) < 0))
		return error("%s: %s", name, strerror(errno));

	if (magic[0] != 0x1f || magic[1] != 0x8b)
		return 0;
#ifdef HAVE_ZLIB
	/* gzclose() closes what it reads from. */
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	source->gz = fd < 0 ? NULL : gzdopen(fd, "rb");
	if (!source->gz) {
		if (fd >= 0)
			close(fd);
		return error("%s: cannot unpack", name);
	}
	return 0;
#else
	return error("%s: compressed with gzip, which this armvm was built without; unpack it first",
		     name);
#endif
}

static void source_close(struct source *source)
{
#ifdef HAVE_ZLIB
	if (source->gz)
		gzclose(source->gz);
#else
	(void)source;
#endif
}

static uint64_t ram_end(const struct ram *ram)
{
	return ram->base + ram->size;
}

static int too_large(const char *name, const struct ram *ram)
{
	return error("%s: too large for %llu MiB of memory", name,
		     (unsigned long long)(ram->size / SZ_1M));
}

/* All that is left of @source to @addr; @end is the first byte after it. */
static int read_to_ram(struct source *source, const struct ram *ram,
		       uint64_t addr, uint64_t *end)
{
	int64_t n, more;
	uint8_t byte;

	if (addr < ram->base || addr >= ram_end(ram))
		return too_large(source->name, ram);
	n = source_read(source, ram_at(ram, addr, 0), ram_end(ram) - addr);
	if (n < 0)
		return -1;
	*end = addr + (uint64_t)n;
	if (*end < ram_end(ram))
		return 0;

	more = source_read(source, &byte, 1);
	if (more > 0)
		return too_large(source->name, ram);
	return more < 0 ? -1 : 0;
}

/* Where the image wants to be, from its header; a raw binary has none. */
static int place_image(const struct image_header *header, uint64_t length,
		       const struct ram *ram, struct layout *layout,
		       const char *name)
{
	uint64_t offset = RAW_OFFSET, size = 0;

	if (length == sizeof(*header) &&
	    le32toh(header->magic) == IMAGE_MAGIC) {
		size = le64toh(header->image_size);
		/* Without a size the offset is not valid either (before 3.17). */
		if (size)
			offset = le64toh(header->text_offset);
		if (offset < IMAGE_MIN_OFFSET)
			offset += SZ_2M;
	}
	if (offset % 4)
		return error("%s: the header's text_offset 0x%llx is no multiple of 4",
			     name, (unsigned long long)offset);
	if (offset >= ram->size || size > ram->size - offset)
		return too_large(name, ram);

	layout->low = ram->base + offset;
	layout->high = layout->low + size;
	layout->entry = layout->low;
	return 0;
}

static int load_image(int fd, const char *name, const struct ram *ram,
		      struct layout *layout)
{
	struct image_header header = { 0 };
	struct source source;
	uint64_t end = 0;
	int64_t n;
	int ret;

	if (source_open(&source, fd, name, true))
		return -1;

	n = source_read(&source, &header, sizeof(header));
	if (!n)
		report("%s: the file is empty", name);
	ret = n > 0 ? 0 : -1;
	if (!ret)
		ret = place_image(&header, (uint64_t)n, ram, layout, name);
	if (!ret && !ram_at(ram, layout->low, (uint64_t)n))
		ret = too_large(name, ram);
	if (!ret) {
		memcpy(ram_at(ram, layout->low, (uint64_t)n), &header,
		       (size_t)n);
		end = layout->low + (uint64_t)n;
		if (n == sizeof(header))
			ret = read_to_ram(&source, ram, end, &end);
	}
	source_close(&source);

	layout->high = MAX(layout->high, end);
	return ret;
}

static int read_at(int fd, const char *name, void *buffer, size_t length,
		   uint64_t offset)
{
	if (offset > INT64_MAX || lseek(fd, (off_t)offset, SEEK_SET) < 0)
		return error("%s: damaged ELF file", name);
	if (read_fd(fd, buffer, length) != (int64_t)length)
		return error("%s: the ELF file is cut off", name);
	return 0;
}

/* @room: bytes that may still be read, of all segments */
static int load_segment(int fd, const char *name, const Elf64_Phdr *segment,
			const struct ram *ram, uint64_t *room,
			struct layout *layout)
{
	uint64_t addr = le64toh(segment->p_paddr);
	uint64_t in_file = le64toh(segment->p_filesz);
	uint64_t in_memory = le64toh(segment->p_memsz);
	void *to;

	if (in_file > in_memory)
		return error("%s: damaged ELF file", name);
	if (!in_memory)
		return 0;
	to = ram_at(ram, addr, in_memory);
	if (!to)
		return error("%s: the segment at %#llx with %#llx bytes is not in memory, which is %#llx to %#llx",
			     name, (unsigned long long)addr,
			     (unsigned long long)in_memory,
			     (unsigned long long)ram->base,
			     (unsigned long long)ram_end(ram) - 1);
	/* Thousands of large ones would keep armvm busy for days. */
	if (in_file > *room)
		return error("%s: the segments overlap", name);
	*room -= in_file;

	layout->low = MIN(layout->low, addr);
	layout->high = MAX(layout->high, addr + in_memory);
	return read_at(fd, name, to, in_file, le64toh(segment->p_offset));
}

/* The entry point is a virtual address, and the MMU is off. */
static void set_entry(const Elf64_Ehdr *header, const Elf64_Phdr *segment,
		      struct layout *layout)
{
	uint64_t entry = le64toh(header->e_entry);
	uint64_t vaddr = le64toh(segment->p_vaddr);

	if ((le32toh(segment->p_flags) & PF_X) && entry >= vaddr &&
	    entry - vaddr < le64toh(segment->p_filesz))
		layout->entry = entry - vaddr + le64toh(segment->p_paddr);
}

static int load_elf(int fd, const char *name, const Elf64_Ehdr *header,
		    const struct ram *ram, struct layout *layout)
{
	uint64_t offset = le64toh(header->e_phoff);
	uint64_t room = ram->size;
	unsigned int i, loaded = 0;
	Elf64_Phdr segment;

	if (header->e_ident[EI_CLASS] != ELFCLASS64 ||
	    header->e_ident[EI_DATA] != ELFDATA2LSB ||
	    le16toh(header->e_machine) != EM_AARCH64)
		return error("%s: an ELF file for another machine", name);
	if (le16toh(header->e_phentsize) != sizeof(segment))
		return error("%s: an ELF file without segments", name);

	layout->elf = true;
	layout->entry = le64toh(header->e_entry);
	layout->low = UINT64_MAX;
	layout->high = 0;
	for (i = 0; i < le16toh(header->e_phnum); i++) {
		if (read_at(fd, name, &segment, sizeof(segment), offset))
			return -1;
		offset += sizeof(segment);
		if (le32toh(segment.p_type) != PT_LOAD)
			continue;
		if (load_segment(fd, name, &segment, ram, &room, layout))
			return -1;
		set_entry(header, &segment, layout);
		loaded++;
	}
	if (!loaded || !layout->high)
		return error("%s: an ELF file without segments", name);
	if (layout->entry % 4)
		return error("%s: the entry point %#llx is not aligned", name,
			     (unsigned long long)layout->entry);
	return 0;
}

static int load_kernel(int fd, const char *name, const struct ram *ram,
		       struct layout *layout)
{
	Elf64_Ehdr header;

	if (pread(fd, &header, sizeof(header), 0) == sizeof(header) &&
	    !memcmp(header.e_ident, ELFMAG, SELFMAG))
		return load_elf(fd, name, &header, ram, layout);
	return load_image(fd, name, ram, layout);
}

static int load_initrd(int fd, const char *name, const struct ram *ram,
		       struct layout *layout)
{
	struct source source;

	/* What is packed in an initrd is the guest's to unpack. */
	if (source_open(&source, fd, name, false))
		return -1;
	if (read_to_ram(&source, ram, layout->initrd_start,
			&layout->initrd_end))
		return -1;
	if (layout->initrd_end == layout->initrd_start)
		return error("%s: the file is empty", name);
	return 0;
}

/**
 * images_load() - put kernel and initrd into guest memory
 * @images: the files
 * @ram: guest memory, all zero
 * @layout: filled in but for @layout->dtb
 *
 * Return: 0, or -1 after an error message.
 */
int images_load(const struct images *images, const struct ram *ram,
		struct layout *layout)
{
	uint64_t start;

	memset(layout, 0, sizeof(*layout));
	layout->low = ram->base;
	layout->high = ram->base;
	if (images->kernel >= 0 &&
	    load_kernel(images->kernel, images->kernel_name, ram, layout))
		return -1;

	start = ram->base + MIN(ram->size / 2, SZ_128M);
	start = align_up(MAX(start, layout->high), SZ_4K);
	layout->initrd_start = start;
	layout->initrd_end = start;
	if (images->initrd >= 0)
		return load_initrd(images->initrd, images->initrd_name, ram,
				   layout);
	return 0;
}

/**
 * dtb_load() - put the device tree into guest memory
 * @dtb: the tree
 * @size: its bytes
 * @ram: guest memory after images_load()
 * @layout: in: from images_load(); out: @layout->dtb
 *
 * Return: 0, or -1 after an error message.
 */
int dtb_load(const void *dtb, size_t size, const struct ram *ram,
	     struct layout *layout)
{
	void *to = NULL;

	if (layout->elf && size <= layout->low - ram->base) {
		layout->dtb = ram->base;
		to = ram_at(ram, layout->dtb, size);
	}
	/* Old kernels map the 2 MiB around it and nothing else. */
	if (!to) {
		layout->dtb = align_up(layout->initrd_end, SZ_2M);
		to = ram_at(ram, layout->dtb, size);
	}
	if (!to) {
		layout->dtb = align_up(layout->initrd_end, SZ_4K);
		to = ram_at(ram, layout->dtb, size);
	}
	if (!to)
		return error("no room for the device tree after kernel and initrd, give the guest more memory");

	memcpy(to, dtb, size);
	return 0;
}
