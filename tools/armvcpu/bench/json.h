/* SPDX-License-Identifier: GPL-2.0-only */
/* Results for programs. */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "stats.h"

void json_row(FILE *out, const char *op, const struct estimate *e, bool first);
void json_end(FILE *out);

#endif
