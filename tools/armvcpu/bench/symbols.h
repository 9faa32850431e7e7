/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of addresses. */
#ifndef BENCH_SYMBOLS_H
#define BENCH_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct symbol - a function
 * @addr: where it begins
 * @module: in @line, or NULL
 * @name: in @line
 */
struct symbol {
	uint64_t addr;
	const char *name;
	const char *module;
	size_t order;
};

/**
 * struct symbols - functions by their addresses
 * @list: sorted by symbols_sort()
 */
struct symbols {
	struct symbol *list;
	size_t n, room;
};

void symbols_add(struct symbols *s, char *line, uint64_t offset);
void symbols_read(struct symbols *s, FILE *file, uint64_t offset);
void symbols_sort(struct symbols *s);
const struct symbol *symbols_find(const struct symbols *s, uint64_t addr);

#endif
