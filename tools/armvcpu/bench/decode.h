/* SPDX-License-Identifier: GPL-2.0-only */
/* What instructions are that silicon charges more for. */
#ifndef BENCH_DECODE_H
#define BENCH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

/* X(enumerator, name) */
#define CLASSES(X)			\
	X(MSR, "msr")			\
	X(MRS, "mrs")			\
	X(PSTATE, "pstate")		\
	X(ISB, "isb")			\
	X(DSB, "dsb")			\
	X(DMB, "dmb")			\
	X(TLBI, "tlbi")			\
	X(AT, "at")			\
	X(CACHE, "cache")		\
	X(ATOMIC, "atomic")		\
	X(ERET, "eret")			\
	X(EXCEPTION, "exc")

enum insn_class {
#define X(e, name) CLASS_##e,
	CLASSES(X)
#undef X
	CLASS_NONE,
};

extern const char *const class_names[CLASS_NONE];

enum insn_class classify(uint32_t opcode);
bool may_go_on_at(uint64_t pc, uint32_t opcode, uint64_t next);

#endif
