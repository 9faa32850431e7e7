/* SPDX-License-Identifier: GPL-2.0-only */
/* What all unit tests include: cmocka, and an interrupt line to look at. */
#ifndef ARMVM_TEST_H
#define ARMVM_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "irq.h"

/**
 * struct test_line - an interrupt line that is not connected
 * @level: what it was last set to
 * @edges: how often it rose
 */
struct test_line {
	bool level;
	unsigned int edges;
};

static inline void test_line_set(struct irq_line *line, bool level)
{
	struct test_line *test = line->owner;

	if (level && !test->level)
		test->edges++;
	__atomic_store_n(&test->level, level, __ATOMIC_RELEASE);
}

#define TEST_LINE(test)	((struct irq_line){ .set = test_line_set, .owner = (test) })

#endif
