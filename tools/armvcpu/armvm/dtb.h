/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the device tree of the board. */
#ifndef ARMVM_DTB_H
#define ARMVM_DTB_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct dtb_config - what differs from one machine to the next
 * @ram_size: bytes of RAM
 * @cpus: number of CPUs
 * @gic: model of the interrupt controller, ARMVCPU_GIC_*
 * @append: kernel command line, NULL for none
 * @initrd_start: guest physical address
 * @initrd_end: first byte after it; equal to @initrd_start without an initrd
 */
struct dtb_config {
	uint64_t ram_size;
	unsigned int cpus;
	uint32_t gic;
	const char *append;
	uint64_t initrd_start;
	uint64_t initrd_end;
};

void *dtb_build(const struct dtb_config *config, size_t *size);

#endif
