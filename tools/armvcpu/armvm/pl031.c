// SPDX-License-Identifier: GPL-2.0-only
/*
 * PL031 real-time clock (Arm DDI 0224): seconds in 32 bits, one alarm.
 */
#include "pl031.h"

#define RTCDR		0x000
#define RTCMR		0x004
#define RTCLR		0x008
#define RTCCR		0x00c
#define RTCIMSC		0x010
#define RTCRIS		0x014
#define RTCMIS		0x018
#define RTCICR		0x01c
#define RTCPERIPHID0	0xfe0

static const uint8_t ids[] = {
	0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1,
};

static uint32_t count_at(const struct pl031 *rtc, int64_t now)
{
	return (uint32_t)now + rtc->offset;
}

static uint32_t count(const struct pl031 *rtc)
{
	return count_at(rtc, rtc->now(rtc->owner));
}

static void update_line(struct pl031 *rtc)
{
	irq_set(&rtc->line, rtc->ris & rtc->imsc);
}

/*
 * The clock wraps at 2^32, so the match always lies ahead, and by how much is more
 * than a sign can tell: the host's time of it has all the bits.
 */
static void set_alarm(struct pl031 *rtc)
{
	int64_t now = rtc->now(rtc->owner);
	uint32_t ahead = rtc->match - count_at(rtc, now);

	if (!ahead)
		rtc->ris = 1;
	rtc->deadline = ahead ? now + ahead : -1;
	rtc->arm_alarm(rtc->owner, rtc->deadline);
}

/**
 * pl031_init() - first initialisation
 * @rtc: @line, @now, @arm_alarm and @owner are set, the rest is not
 */
void pl031_init(struct pl031 *rtc)
{
	pthread_mutex_init(&rtc->lock, NULL);
	pl031_reset(rtc);
}

/**
 * pl031_reset() - all registers as after reset, the clock as the host's
 * @rtc: the clock
 */
void pl031_reset(struct pl031 *rtc)
{
	pthread_mutex_lock(&rtc->lock);
	rtc->offset = 0;
	rtc->load = 0;
	rtc->match = 0;
	rtc->imsc = 0;
	rtc->ris = 0;
	rtc->deadline = -1;
	rtc->arm_alarm(rtc->owner, -1);
	update_line(rtc);
	pthread_mutex_unlock(&rtc->lock);
}

/**
 * pl031_alarm() - the time that @arm_alarm was given has passed
 * @rtc: the clock
 *
 * Or it had, and the host's clock was set back before anybody looked.
 */
void pl031_alarm(struct pl031 *rtc)
{
	pthread_mutex_lock(&rtc->lock);
	if (rtc->deadline >= 0 && rtc->now(rtc->owner) >= rtc->deadline) {
		rtc->deadline = -1;
		rtc->ris = 1;
		update_line(rtc);
	} else if (rtc->deadline >= 0) {
		rtc->arm_alarm(rtc->owner, rtc->deadline);
	}
	pthread_mutex_unlock(&rtc->lock);
}

/**
 * pl031_read() - a guest's load from the registers
 * @device: the struct pl031
 * @offset: byte offset into the frame
 * @len: bytes; the register is 32 bits whatever is asked for
 */
uint64_t pl031_read(void *device, uint64_t offset, unsigned int len)
{
	struct pl031 *rtc = device;
	uint32_t value = 0;

	(void)len;
	pthread_mutex_lock(&rtc->lock);
	switch (offset) {
	case RTCDR:
		value = count(rtc);
		break;
	case RTCMR:
		value = rtc->match;
		break;
	case RTCLR:
		value = rtc->load;
		break;
	case RTCCR:
		value = 1;	/* it always runs */
		break;
	case RTCIMSC:
		value = rtc->imsc;
		break;
	case RTCRIS:
		value = rtc->ris;
		break;
	case RTCMIS:
		value = rtc->ris & rtc->imsc;
		break;
	default:
		if (offset >= RTCPERIPHID0 && offset < RTCPERIPHID0 + 32)
			value = ids[(offset - RTCPERIPHID0) / 4];
	}
	pthread_mutex_unlock(&rtc->lock);
	return value;
}

/**
 * pl031_write() - a guest's store to the registers
 * @device: the struct pl031
 * @offset: byte offset into the frame
 * @len: bytes
 * @value: zero extended
 */
void pl031_write(void *device, uint64_t offset, unsigned int len,
		 uint64_t value)
{
	struct pl031 *rtc = device;

	(void)len;
	pthread_mutex_lock(&rtc->lock);
	switch (offset) {
	case RTCMR:
		rtc->match = (uint32_t)value;
		set_alarm(rtc);
		break;
	case RTCLR:
		rtc->load = (uint32_t)value;
		rtc->offset += rtc->load - count(rtc);
		set_alarm(rtc);
		break;
	case RTCIMSC:
		rtc->imsc = value & 1;
		break;
	case RTCICR:
		rtc->ris &= ~(uint32_t)value;
		break;
	}
	update_line(rtc);
	pthread_mutex_unlock(&rtc->lock);
}
