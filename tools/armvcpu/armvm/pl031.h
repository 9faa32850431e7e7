/* SPDX-License-Identifier: GPL-2.0-only */
/* PL031 real-time clock (Arm DDI 0224). */
#ifndef ARMVM_PL031_H
#define ARMVM_PL031_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "irq.h"

/**
 * struct pl031 - a real-time clock
 * @lock: protects all that follows
 * @line: interrupt wire
 * @now: the host's clock in seconds since 1970
 * @arm_alarm: asks for pl031_alarm() when @now is @when, or never when @when < 0;
 *	called with @lock held
 * @owner: for @arm_alarm
 * @offset: what the guest's clock is ahead of the host's, modulo 2^32
 * @load: RTCLR
 * @match: RTCMR
 * @imsc: RTCIMSC
 * @ris: RTCRIS
 * @deadline: the host's time at which the guest's clock gets to @match; -1: it has
 *	been there since @match or the clock was set, or neither ever was
 */
struct pl031 {
	pthread_mutex_t lock;
	struct irq_line line;
	time_t (*now)(void *owner);
	void (*arm_alarm)(void *owner, int64_t when);
	void *owner;

	uint32_t offset;
	uint32_t load;
	uint32_t match;
	uint32_t imsc;
	uint32_t ris;
	int64_t deadline;
};

void pl031_init(struct pl031 *rtc);
void pl031_reset(struct pl031 *rtc);
void pl031_alarm(struct pl031 *rtc);
uint64_t pl031_read(void *device, uint64_t offset, unsigned int len);
void pl031_write(void *device, uint64_t offset, unsigned int len,
		 uint64_t value);

#endif
