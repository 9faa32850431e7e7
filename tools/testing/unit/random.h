/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers at random, the same ones after each @seed. */
#ifndef UNIT_RANDOM_H
#define UNIT_RANDOM_H

#include <linux/types.h>

static u64 seed;

static inline u64 rnd64(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return seed >> 32 | (seed * 0x9e3779b97f4a7c15ULL >> 32 << 32);
}

#endif
