// SPDX-License-Identifier: GPL-2.0-only
/* One round of an operation, as trace.c writes it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "steps.h"

static void add(struct steps *s, struct step step)
{
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 4096;
		s->list = realloc(s->list, s->room * sizeof(*s->list));
		if (!s->list)
			abort();
	}
	s->list[s->n++] = step;
}

/**
 * steps_read() - read the next operation's round
 * @s: filled in; what it has is used again, so begin with zeroes
 * @file: the trace; whatever is not understood ends a round
 *
 * Return: whether there was one.
 */
bool steps_read(struct steps *s, FILE *file)
{
	struct step step;
	char line[128];
	unsigned int cpu;
	long here;

	do {
		if (!fgets(line, sizeof(line), file))
			return false;
	} while (sscanf(line, "op %u rounds %u shortest %zu longest %zu", &s->number, &s->rounds,
			&s->shortest, &s->longest) != 4);
	s->n = 0;
	while (here = ftell(file), fgets(line, sizeof(line), file)) {
		memset(&step, 0, sizeof(step));
		if (sscanf(line, "%u %" SCNx64 " %" SCNx32, &cpu, &step.pc, &step.opcode) != 3 ||
		    cpu >= MAX_TRACED_CPUS) {
			fseek(file, here, SEEK_SET);
			break;
		}
		step.cpu = cpu;
		add(s, step);
	}
	steps_exceptions(s);
	return true;
}

/* Vectors are 128 bytes, tables of them 2 KiB (D19.2.155). */
#define MAX_TABLES	16

static bool is_table(const uint64_t *tables, size_t n, uint64_t pc)
{
	while (n--)
		if (tables[n] == (pc & ~0x7ffULL))
			return true;
	return false;
}

/**
 * steps_exceptions() - find where exceptions were taken
 * @s: the round
 *
 * An instruction that does not lead to the next one of its CPU was followed by an
 * exception. Where it could lead anywhere, it was when what comes next is a vector
 * of a table that another exception went to.
 */
void steps_exceptions(struct steps *s)
{
	uint64_t tables[MAX_TABLES];
	size_t nr_tables = 0, i;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		const struct step *last[MAX_TRACED_CPUS] = { NULL };

		for (i = 0; i < s->n; i++) {
			struct step *step = &s->list[i];
			const struct step *prev = last[step->cpu];
			bool known = is_table(tables, nr_tables, step->pc);

			last[step->cpu] = step;
			if (!prev || step->pc & 0x7f)
				continue;
			step->exception = !may_go_on_at(prev->pc, prev->opcode, step->pc) ||
				(known && step->pc != prev->pc + 4 &&
				 (prev->opcode & 0xfe000000) == 0xd6000000);
			if (step->exception && !known && nr_tables < MAX_TABLES)
				tables[nr_tables++] = step->pc & ~0x7ffULL;
		}
	}
}

/**
 * steps_count() - count what silicon charges for
 * @s: the round
 * @counts: set
 */
void steps_count(const struct steps *s, size_t counts[CLASS_NONE])
{
	size_t i;

	memset(counts, 0, CLASS_NONE * sizeof(*counts));
	for (i = 0; i < s->n; i++) {
		enum insn_class class = classify(s->list[i].opcode);

		if (class != CLASS_NONE)
			counts[class]++;
		counts[CLASS_EXCEPTION] += s->list[i].exception;
	}
}
