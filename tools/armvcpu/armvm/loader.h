/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts kernel, initrd and device tree into guest memory. */
#ifndef ARMVM_LOADER_H
#define ARMVM_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ram.h"

/**
 * struct images - the files; kept open, as a reset loads them again
 * @kernel: descriptor of the kernel, -1 when there is none
 * @kernel_name: its name, for messages
 * @initrd: descriptor of the initrd, -1 when there is none
 * @initrd_name: its name, for messages
 */
struct images {
	int kernel;
	const char *kernel_name;
	int initrd;
	const char *initrd_name;
};

/**
 * struct layout - where things came to lie, guest physical addresses
 * @entry: first instruction
 * @low: lowest byte of the kernel
 * @high: first byte after the kernel, its zeroed data included
 * @elf: the kernel is an ELF file
 * @initrd_start: first byte of the initrd
 * @initrd_end: first byte after it; equal to @initrd_start without an initrd
 * @dtb: the device tree
 */
struct layout {
	uint64_t entry;
	uint64_t low;
	uint64_t high;
	bool elf;
	uint64_t initrd_start;
	uint64_t initrd_end;
	uint64_t dtb;
};

int images_open(struct images *images, const char *kernel, const char *initrd);
void images_close(struct images *images);
int images_load(const struct images *images, const struct ram *ram,
		struct layout *layout);
int dtb_load(const void *dtb, size_t size, const struct ram *ram,
	     struct layout *layout);

#endif
