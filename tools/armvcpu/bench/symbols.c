// SPDX-License-Identifier: GPL-2.0-only
/* Names of addresses, from /proc/kallsyms or nm. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

/**
 * symbols_add() - add a function
 * @s: where to
 * @line: "ADDRESS TYPE NAME [MODULE]", which is not kept
 * @offset: to be added to the address
 *
 * Data and what the assembler marks are left out.
 */
void symbols_add(struct symbols *s, char *line, uint64_t offset)
{
	char *save, *addr, *type, *name, *module;

	addr = strtok_r(line, " \t\n", &save);
	type = strtok_r(NULL, " \t\n", &save);
	name = strtok_r(NULL, " \t\n", &save);
	module = strtok_r(NULL, " \t\n", &save);
	if (!name || !strchr("tTwW", *type) || *name == '$' || *name == '.')
		return;
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 1024;
		s->list = realloc(s->list, s->room * sizeof(*s->list));
		if (!s->list)
			abort();
	}
	s->list[s->n] = (struct symbol){
		.addr = strtoull(addr, NULL, 16) + offset,
		.name = strdup(name),
		.module = module ? strdup(module) : NULL,
		.order = s->n,
	};
	s->n++;
}

/**
 * symbols_read() - add all functions of a file
 * @s: where to
 * @file: a line for each
 * @offset: to be added to the addresses
 */
void symbols_read(struct symbols *s, FILE *file, uint64_t offset)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) > 0)
		symbols_add(s, line, offset);
	free(line);
}

static int compare(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/**
 * symbols_sort() - make ready for symbols_find()
 * @s: the symbols
 */
void symbols_sort(struct symbols *s)
{
	if (s->n)
		qsort(s->list, s->n, sizeof(*s->list), compare);
}

/**
 * symbols_find() - the function that an address is in
 * @s: sorted
 * @addr: the address
 *
 * Return: the last that begins at or before @addr, of several there the first that
 * was added; NULL before all.
 */
const struct symbol *symbols_find(const struct symbols *s, uint64_t addr)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->list[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	for (low--; low && s->list[low - 1].addr == s->list[low].addr; low--)
		;
	return &s->list[low];
}
