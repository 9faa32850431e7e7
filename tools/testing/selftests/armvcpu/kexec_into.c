// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_into [--on-panic|--at-el1] IMAGE INITRD: start another kernel with this one's
 * device tree and command line, at once or when this one panics. What kexec-tools do,
 * for the test bed's machine: an Image as it is, one range of RAM.
 *
 * --at-el1: as by a loader that leaves EL2 behind with nobody there: an exception to
 * EL2 is the end. For a kernel that is at EL1 itself, above its stub.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/kexec.h>
#include <linux/reboot.h>

#define ALIGN_2M(x)	(((x) + 0x1fffff) & ~0x1fffffULL)
#define ALIGN_64K(x)	(((x) + 0xffff) & ~0xffffULL)

/* Documentation/arm64/booting.rst of the kernel */
struct image_header {
	uint32_t code[2];
	uint64_t text_offset, image_size;
	uint64_t flags, res[3];
	uint32_t magic, res5;
};

/* What the new kernel is entered by: X0 is the device tree, X1 to X3 are zero. */
static struct {
	uint32_t code[12];
	uint64_t kernel, dtb;
} trampoline = {
	.code = {
		0x58000191,	/* ldr x17, kernel */
		0x580001a0,	/* ldr x0, dtb */
		0xaa1f03e1,	/* mov x1, xzr */
		0xaa1f03e2,
		0xaa1f03e3,
		0xd61f0220,	/* br x17 */
	},
};

static const uint32_t enter_at_el1[12] = {
	0x58000191,	/* ldr x17, kernel */
	0x580001a0,	/* ldr x0, dtb */
	0xd28078a1,	/* mov x1, #0x3c5: EL1h, all masked */
	0xd51c4001,	/* msr spsr_el2, x1 */
	0xd51c4031,	/* msr elr_el2, x17 */
	0xd51cc01f,	/* msr vbar_el2, xzr */
	0xaa1f03e1,	/* mov x1, xzr */
	0xaa1f03e2,
	0xaa1f03e3,
	0xd5033fdf,	/* isb */
	0xd69f03e0,	/* eret */
};

static void die(const char *what)
{
	fprintf(stderr, "kexec_into: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *read_all(const char *path, size_t *size)
{
	size_t room = 1 << 20, n = 0;
	char *buf = NULL;
	ssize_t got = 1;
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		die(path);
	if (st.st_size > (off_t)room)
		room = st.st_size;
	buf = malloc(room);
	while (buf && got > 0 && n < room) {
		got = read(fd, buf + n, room - n);
		if (got < 0)
			die(path);
		n += got;
	}
	close(fd);
	*size = n;
	return buf;
}

/* Where the new kernel may be: all RAM, or what is reserved for after a panic. */
static void find_ram(const char *name, uint64_t *start, uint64_t *end)
{
	FILE *f = fopen("/proc/iomem", "r");
	unsigned long long a, b;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, name) && sscanf(line, "%llx-%llx", &a, &b) == 2 && b) {
			*start = a;
			*end = b + 1;
			fclose(f);
			return;
		}
	errno = ENOENT;
	die(name);
}

/* ---- the flattened device tree: properties are overwritten in place ---------------- */

static uint32_t fdt32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

/* Write @value over a number of 4 or 8 bytes. */
static void put(uint8_t *p, uint32_t size, uint64_t value)
{
	uint64_t be = htobe64(value);

	memcpy(p, (uint8_t *)&be + (size == 4 ? 4 : 0), size == 4 ? 4 : 8);
}

static int patch(uint8_t *fdt, uint64_t initrd, uint64_t initrd_end, uint64_t ram,
		 uint64_t ram_end)
{
	const uint8_t *strings = fdt + fdt32(fdt + 12);
	uint8_t *p = fdt + fdt32(fdt + 8);
	const char *node = "";
	int found = 0;

	for (;;) {
		uint32_t token = fdt32(p), size;
		const char *name;

		p += 4;
		if (token == 1) {		/* node */
			node = (char *)p;
			p += (strlen(node) + 4) & ~3;
		} else if (token == 3) {	/* property */
			size = fdt32(p);
			name = (char *)strings + fdt32(p + 4);
			p += 8;
			if (!strcmp(name, "linux,initrd-start")) {
				put(p, size, initrd);
				found++;
			} else if (!strcmp(name, "linux,initrd-end")) {
				put(p, size, initrd_end);
				found++;
			} else if (ram && !strcmp(name, "reg") && size == 16 &&
				   !strncmp(node, "memory", 6)) {
				put(p, 8, ram);
				put(p + 8, 8, ram_end - ram);
				found++;
			}
			p += (size + 3) & ~3;
		} else if (token == 9) {	/* end */
			return found == (ram ? 3 : 2);
		} else if (token != 2 && token != 4) {
			return 0;
		}
	}
}

int main(int argc, char **argv)
{
	int on_panic = argc > 1 && !strcmp(argv[1], "--on-panic");
	int at_el1 = argc > 1 && !strcmp(argv[1], "--at-el1");
	struct image_header *h;
	struct kexec_segment seg[4];
	size_t kernel_size, initrd_size, dtb_size;
	uint64_t start, end, at;
	void *initrd, *dtb;

	argv += on_panic + at_el1;
	argc -= on_panic + at_el1;
	if (argc != 3) {
		fprintf(stderr, "usage: kexec_into [--on-panic|--at-el1] IMAGE INITRD\n");
		return 1;
	}
	if (at_el1)
		memcpy(trampoline.code, enter_at_el1, sizeof(enter_at_el1));
	h = read_all(argv[1], &kernel_size);
	initrd = read_all(argv[2], &initrd_size);
	dtb = read_all("/sys/firmware/fdt", &dtb_size);
	find_ram(on_panic ? "Crash kernel" : "System RAM", &start, &end);
	if (kernel_size < sizeof(*h) || le32toh(h->magic) != 0x644d5241) {
		fprintf(stderr, "kexec_into: %s is no Image\n", argv[1]);
		return 1;
	}

	at = ALIGN_2M(start) + le64toh(h->text_offset);
	trampoline.kernel = at;
	seg[0] = (struct kexec_segment){ h, kernel_size, (void *)at,
					 ALIGN_64K(le64toh(h->image_size)) };
	at = ALIGN_2M(at + le64toh(h->image_size));
	trampoline.dtb = at;
	seg[1] = (struct kexec_segment){ dtb, dtb_size, (void *)at, ALIGN_64K(dtb_size) };
	/* Well away from the kernel, as boot loaders place it: nearer, it was seen to break. */
	at = ALIGN_2M(start + (end - start) / 4);
	seg[2] = (struct kexec_segment){ initrd, initrd_size, (void *)at, ALIGN_64K(initrd_size) };
	if (!patch(dtb, at, at + initrd_size, on_panic ? start : 0, end)) {
		fprintf(stderr, "kexec_into: the device tree is not as expected\n");
		return 1;
	}
	at = ALIGN_2M(at + initrd_size);
	seg[3] = (struct kexec_segment){ &trampoline, sizeof(trampoline), (void *)at, 0x10000 };
	if (at + 0x10000 > end) {
		errno = ENOMEM;
		die("all of it");
	}

	if (syscall(SYS_kexec_load, at, 4, seg,
		    KEXEC_ARCH_AARCH64 | (on_panic ? KEXEC_ON_CRASH : 0)))
		die("kexec_load");
	if (on_panic)
		return 0;
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC,
		NULL);
	die("reboot");
}
