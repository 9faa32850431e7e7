/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages and small arithmetic that all files of armvm use. */
#ifndef ARMVM_UTIL_H
#define ARMVM_UTIL_H

#include <stdbool.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define SZ_4K		0x1000ULL
#define SZ_1M		0x100000ULL
#define SZ_2M		0x200000ULL
#define SZ_128M		0x8000000ULL
#define SZ_1G		0x40000000ULL

#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))

static inline uint64_t align_up(uint64_t value, uint64_t power_of_two)
{
	return (value + power_of_two - 1) & ~(power_of_two - 1);
}

extern bool verbose;

/* Takes those of 0 to 2 that are free, so that no other file gets these numbers. */
int open_standard_files(void);

/* "armvm: ", the message and a newline to stderr; the value is -1. */
#define error(...)	(report(__VA_ARGS__), -1)
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* With --verbose only, and at most ten lines a second: guests can cause it. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
