/* SPDX-License-Identifier: GPL-2.0-only */
/* One round of an operation, as trace.c writes it. */
#ifndef BENCH_STEPS_H
#define BENCH_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "decode.h"

/**
 * struct step - an instruction that was executed
 * @pc: its address
 * @opcode: its encoding
 * @cpu: on which CPU
 * @exception: the CPU came to it by an exception
 */
struct step {
	uint64_t pc;
	uint32_t opcode;
	uint16_t cpu;
	bool exception;
};

/**
 * struct steps - a round
 * @number: the operation's
 * @rounds: of how many it is the median
 * @shortest: instructions of the shortest of these
 * @longest: and of the longest
 */
struct steps {
	unsigned int number, rounds;
	size_t shortest, longest;
	struct step *list;
	size_t n, room;
};

#define MAX_TRACED_CPUS	8

bool steps_read(struct steps *s, FILE *file);
void steps_exceptions(struct steps *s);
void steps_count(const struct steps *s, size_t counts[CLASS_NONE]);

#endif
