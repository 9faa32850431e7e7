/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic on measurements. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct estimate - what batches say
 * @value: ticks a round
 * @spread: half of the batches are within so much of each other, as a part of
 *	@value
 */
struct estimate {
	double value;
	double spread;
};

double quantile(uint64_t *sample, size_t n, double q);
struct estimate estimate_single(uint64_t *sample, size_t n, unsigned int divide);
struct estimate estimate(uint64_t *shorter, uint64_t *longer, size_t n,
			 unsigned int rounds, unsigned int divide);

#endif
