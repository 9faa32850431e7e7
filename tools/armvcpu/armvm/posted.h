/* SPDX-License-Identifier: GPL-2.0-only */
/* Stores that the guest need not wait for: the kernel's ring of posted writes. */
#ifndef ARMVM_POSTED_H
#define ARMVM_POSTED_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <libarmvcpu.h>

struct machine;

/**
 * struct posted - the ring and who empties it
 * @machine: where the stores go
 * @base: guest physical address of the device whose stores are posted
 * @size: bytes of its registers
 * @ring: NULL: nothing is posted
 * @lock: whoever empties the ring holds it
 * @event_fd: eventfd, written by the kernel at the first store; by posted_kick()
 * @thread: empties the ring when no vCPU comes by
 * @started: @thread exists
 * @stopping: ends it
 * @done: it is at its end; protected by machine->lock
 */
struct posted {
	struct machine *machine;
	uint64_t base;
	uint64_t size;
	struct armvcpu_ring *ring;
	pthread_mutex_t lock;
	int event_fd;
	pthread_t thread;
	bool started;
	bool stopping;
	bool done;
};

int posted_start(struct posted *posted, uint64_t offset, uint64_t length);
void posted_drain(struct posted *posted);
void posted_kick(struct posted *posted);
void posted_stop(struct posted *posted);

/**
 * posted_is_for() - may stores to this address wait in the ring?
 * @posted: the ring
 * @addr: guest physical address
 *
 * Whoever accesses such a device empties the ring first, so that it sees all accesses
 * of a vCPU in their order. Others need not wait for it.
 */
static inline bool posted_is_for(const struct posted *posted, uint64_t addr)
{
	return posted->ring && addr - posted->base < posted->size;
}

#endif
