/* SPDX-License-Identifier: GPL-2.0-only */
/* "armvm stat": what a running machine does. */
#ifndef ARMVM_STAT_H
#define ARMVM_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/**
 * struct stat_value - a value, or the buckets of a histogram
 * @name: its name
 * @flags: ARMVCPU_STATS_*
 * @exponent: of its unit
 * @size: values
 * @offset: in the file
 */
struct stat_value {
	char *name;
	uint32_t flags;
	int exponent;
	uint32_t size;
	uint64_t offset;
};

/**
 * struct stat_file - an open file of statistics
 * @fd: the file
 * @id: its name
 * @values: what is in it
 * @nr_values: how many
 */
struct stat_file {
	int fd;
	char *id;
	struct stat_value *values;
	uint32_t nr_values;
};

int stat_file_open(struct stat_file *file, int fd);
void stat_file_close(struct stat_file *file);
int stat_file_get(const struct stat_file *file, const char *name, uint64_t *value);
int stat_file_json(const struct stat_file *file, FILE *out);
int stat_main(int argc, char **argv);

#endif
