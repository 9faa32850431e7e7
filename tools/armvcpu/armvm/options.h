/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARMVM_OPTIONS_H
#define ARMVM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_DISKS	32	/* virtio-mmio transports of the board */
#define MAX_CPUS	123	/* redistributors that fit into the board's map */
#define MAX_RAM		(255ULL << 30)

/**
 * struct gic_options - --gic
 * @model: ARMVCPU_GIC_*; 0: what the host does best
 * @software: no CPU interface of the host's, whatever it has
 */
struct gic_options {
	uint32_t model;
	bool software;
};

/**
 * struct disk_options - one -d
 * @path: image file or block device
 * @readonly: the guest must not write
 */
struct disk_options {
	char *path;
	bool readonly;
};

/**
 * struct options - the command line
 * @kernel: -k, image to run
 * @initrd: -i, or NULL
 * @append: -a, kernel command line, or NULL
 * @dtb_dump: --dtb-dump, file to write the DTB to, or NULL
 * @cpus: -c
 * @ram_size: -m, bytes
 * @gic: --gic
 * @disks: -d
 * @nr_disks: entries in @disks
 * @no_reboot: --no-reboot
 * @plain_io: --plain-io
 * @verbose: --verbose
 */
struct options {
	const char *kernel;
	const char *initrd;
	const char *append;
	const char *dtb_dump;
	unsigned int cpus;
	uint64_t ram_size;
	struct gic_options gic;
	struct disk_options disks[MAX_DISKS];
	unsigned int nr_disks;
	bool no_reboot;
	bool plain_io;
	bool verbose;
};

/**
 * enum options_result - what options_parse() found
 * @OPTIONS_RUN: @options says what to do
 * @OPTIONS_DONE: help or version was printed, nothing is left to do
 * @OPTIONS_BAD: an error was printed
 */
enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE,
	OPTIONS_BAD,
};

enum options_result options_parse(struct options *options, int argc,
				  char **argv);
void options_free(struct options *options);

#endif
