// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TCG plugin: writes down which instructions an operation of bench executes.
 *
 *   qemu-system-aarch64 -plugin trace.so,out=FILE
 *
 * Hints that no CPU knows say where rounds begin and end (layout.h). Of each
 * operation one round goes to FILE, the one with the median of lengths:
 *
 *   op NUMBER rounds N shortest N longest N
 *   CPU PC OPCODE
 *   ...
 *
 * where NUMBER is how many HINT_OPs came in a row. An instruction that faults is
 * there, and again when it is executed once more.
 *
 * Until the first hint nothing but hints is looked at, so that the boot takes no
 * longer than without. CPUs have to take turns (-icount sees to that): there are
 * no locks.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "qemu_plugin.h"

#define HINT(n)		(0xd503201fU | (n) << 5)

/* Once per address and opcode, however often it is translated. */
struct insn {
	struct insn *next;
	uint64_t pc;
	uint32_t opcode;
};

struct step {
	const struct insn *insn;
	unsigned int cpu;
};

/* Where a round's steps are in @steps. */
struct round {
	size_t begin, end;
};

#define BUCKETS		(1 << 16)
#define MAX_ROUNDS	1024
#define MAX_STEPS	(64U << 20)

__attribute__((visibility("default"))) int qemu_plugin_version = QEMU_PLUGIN_VERSION;
__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

static qemu_plugin_id_t plugin;
static FILE *out;
static struct insn *bucket[BUCKETS];
static struct step *steps;
static size_t nr_steps, room;
static struct round rounds[MAX_ROUNDS];
static unsigned int nr_rounds, number;
static bool awake, in_op, in_round;

static struct insn *find_insn(uint64_t pc, uint32_t opcode)
{
	struct insn **p = &bucket[(pc >> 2 ^ pc >> 18) % BUCKETS], *insn;

	for (insn = *p; insn; insn = insn->next)
		if (insn->pc == pc && insn->opcode == opcode)
			return insn;
	insn = malloc(sizeof(*insn));
	if (!insn)
		abort();
	*insn = (struct insn){ .next = *p, .pc = pc, .opcode = opcode };
	*p = insn;
	return insn;
}

static void end_round(void)
{
	if (!in_round)
		return;
	in_round = false;
	rounds[nr_rounds++].end = nr_steps;
}

static void begin_round(void)
{
	end_round();
	if (!in_op || nr_rounds == MAX_ROUNDS)
		return;
	in_round = true;
	rounds[nr_rounds].begin = nr_steps;
}

static int compare(const void *a, const void *b)
{
	const struct round *x = a, *y = b;
	size_t m = x->end - x->begin, n = y->end - y->begin;

	return (m > n) - (m < n);
}

static void end_op(void)
{
	const struct round *median, *longest;
	size_t i;

	end_round();
	in_op = false;
	if (nr_rounds) {
		qsort(rounds, nr_rounds, sizeof(rounds[0]), compare);
		median = &rounds[(nr_rounds - 1) / 2];
		longest = &rounds[nr_rounds - 1];
		fprintf(out, "op %u rounds %u shortest %zu longest %zu\n", number, nr_rounds,
			rounds[0].end - rounds[0].begin, longest->end - longest->begin);
		for (i = median->begin; i < median->end; i++)
			fprintf(out, "%u %" PRIx64 " %08" PRIx32 "\n", steps[i].cpu,
				steps[i].insn->pc, steps[i].insn->opcode);
		fflush(out);
	}
	nr_rounds = 0;
	nr_steps = 0;
	number = 0;
}

static void step(unsigned int cpu, void *data)
{
	const struct insn *insn = data;

	switch (insn->opcode) {
	case HINT(HINT_AGAIN):
		if (in_round)
			nr_steps = rounds[nr_rounds].begin;
		in_round = false;
		begin_round();
		break;
	case HINT(HINT_BEGIN):
		begin_round();
		break;
	case HINT(HINT_END):
		end_round();
		break;
	case HINT(HINT_OP):
		number++;
		break;
	case HINT(HINT_START):
		in_op = true;
		break;
	case HINT(HINT_STOP):
		end_op();
		break;
	}
	if (!in_round)
		return;
	if (nr_steps == room) {
		room = room ? 2 * room : 1 << 20;
		steps = room > MAX_STEPS ? NULL : realloc(steps, room * sizeof(*steps));
		if (!steps) {
			fprintf(stderr, "trace: a round of more than %u instructions\n", MAX_STEPS);
			abort();
		}
	}
	steps[nr_steps++] = (struct step){ insn, cpu };
}

static void translate_all(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t opcode;

		memcpy(&opcode, qemu_plugin_insn_data(insn), sizeof(opcode));
		qemu_plugin_register_vcpu_insn_exec_cb(insn, step, QEMU_PLUGIN_CB_NO_REGS,
			find_insn(qemu_plugin_insn_vaddr(insn), opcode));
	}
}

static void all_from_here(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate_all);
}

static void wake_up(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	if (awake)
		return;
	awake = true;
	qemu_plugin_reset(plugin, all_from_here);
}

static void translate_hints(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t opcode;

		memcpy(&opcode, qemu_plugin_insn_data(insn), sizeof(opcode));
		if (opcode == HINT(HINT_STOP))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, wake_up,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	plugin = id;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "trace: needs out=FILE\n");
		return -1;
	}
	out = fopen(argv[0] + 4, "w");
	if (!out) {
		perror(argv[0] + 4);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate_hints);
	return 0;
}
