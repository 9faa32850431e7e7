// SPDX-License-Identifier: GPL-2.0-only
/* Arithmetic on measurements. */
#include <stdlib.h>

#include "stats.h"

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/**
 * quantile() - the value below which a part of a sample is
 * @sample: sorted on return
 * @n: values in it
 * @q: the part, 0 to 1; 0.5 is the median
 *
 * Between two values of the sample it is interpolated.
 *
 * Return: the value, or 0 of an empty sample.
 */
double quantile(uint64_t *sample, size_t n, double q)
{
	double position;
	size_t below;

	if (!n)
		return 0;
	qsort(sample, n, sizeof(*sample), compare);
	position = q * (n - 1);
	below = position;
	if (below + 1 >= n)
		return sample[n - 1];
	return sample[below] + (position - below) * ((double)sample[below + 1] - sample[below]);
}

/**
 * estimate_single() - ticks of an operation, measured by itself
 * @sample: ticks of a round each; sorted on return
 * @n: rounds
 * @divide: operations in a round; 0 is 1
 *
 * Return: the estimate.
 */
struct estimate estimate_single(uint64_t *sample, size_t n, unsigned int divide)
{
	double operations = divide ? divide : 1;
	struct estimate e = { .value = quantile(sample, n, 0.5) / operations };

	if (e.value > 0)
		e.spread = (quantile(sample, n, 0.75) - quantile(sample, n, 0.25)) /
			   operations / e.value;
	return e;
}

/**
 * estimate() - ticks of one operation
 * @shorter: ticks of batches of @rounds rounds; sorted on return
 * @longer: the same of twice as many
 * @n: batches of each
 * @rounds: rounds of a short batch
 * @divide: operations in a round; 0 is 1
 *
 * What a batch costs beside its rounds is in both medians and falls out. So does
 * whatever happens in less than half of the batches, such as the host's tick.
 *
 * Return: the estimate.
 */
struct estimate estimate(uint64_t *shorter, uint64_t *longer, size_t n,
			 unsigned int rounds, unsigned int divide)
{
	double operations = (double)rounds * (divide ? divide : 1);
	double median = quantile(longer, n, 0.5);
	struct estimate e = { .value = (median - quantile(shorter, n, 0.5)) / operations };

	if (e.value > 0)
		e.spread = (quantile(longer, n, 0.75) - quantile(longer, n, 0.25)) /
			   operations / e.value;
	return e;
}
