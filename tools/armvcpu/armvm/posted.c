// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores that the guest need not wait for: the kernel's ring of posted writes.
 *
 * A thread empties the ring when the kernel says that something came into an empty
 * one; so does each vCPU before an access to the device, and before an exit that may
 * be its last. The device may block, as the console does when nobody reads it: then
 * all who want to empty the ring wait, as they would for the device.
 */
#include "posted.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"
#include "util.h"

/**
 * posted_drain() - do what is in the ring
 * @posted: the ring, or none
 */
void posted_drain(struct posted *posted)
{
	struct armvcpu_posted_write w;

	if (!posted->ring)
		return;
	pthread_mutex_lock(&posted->lock);
	while (!__atomic_load_n(&posted->stopping, __ATOMIC_ACQUIRE) &&
	       armvcpu_ring_take(posted->ring, &w)) {
		if (!bus_write(&posted->machine->bus, w.ipa, w.len, w.data))
			note("posted write of %u bytes at %#llx, where nothing is",
			     w.len, (unsigned long long)w.ipa);
	}
	pthread_mutex_unlock(&posted->lock);
}

static void *posted_thread(void *arg)
{
	struct posted *posted = arg;
	struct machine *m = posted->machine;
	uint64_t count;
	sigset_t kick;

	sigemptyset(&kick);
	sigaddset(&kick, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &kick, NULL);

	while (!__atomic_load_n(&posted->stopping, __ATOMIC_ACQUIRE)) {
		if (read(posted->event_fd, &count, sizeof(count)) > 0)
			posted_drain(posted);
	}

	pthread_mutex_lock(&m->lock);
	posted->done = true;
	pthread_cond_broadcast(&m->cond);
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

/**
 * posted_start() - let stores be posted, and begin to do them
 * @posted: @machine, @base, @size, @lock and @event_fd are set; the VM exists
 * @offset: of the register
 * @length: its bytes
 *
 * Return: 0; a negative errno: nothing is posted, and nothing else is wrong.
 */
int posted_start(struct posted *posted, uint64_t offset, uint64_t length)
{
	struct armvcpu_vm *vm = &posted->machine->vm;
	uint64_t base = posted->base + offset;
	int ret;

	ret = armvcpu_vm_ring_map(vm, &posted->ring);
	if (ret)
		return ret;
	posted->stopping = false;
	posted->done = false;
	ret = -pthread_create(&posted->thread, NULL, posted_thread, posted);
	if (!ret) {
		pthread_setname_np(posted->thread, "posted writes");
		posted->started = true;
		ret = armvcpu_vm_posted_writes(vm, base, length, posted->event_fd);
	}
	/* A thread that has nothing to do ends with the machine. */
	if (ret && !posted->started) {
		armvcpu_vm_ring_unmap(vm, posted->ring);
		posted->ring = NULL;
	}
	return ret;
}

/**
 * posted_kick() - make the thread leave whatever it sleeps in, and end
 * @posted: @started, and not yet @done
 */
void posted_kick(struct posted *posted)
{
	uint64_t one = 1;

	__atomic_store_n(&posted->stopping, true, __ATOMIC_RELEASE);
	if (write(posted->event_fd, &one, sizeof(one)) < 0)
		note("eventfd: %s", strerror(errno));
	pthread_kill(posted->thread, SIGUSR1);
}

/**
 * posted_stop() - the machine is off: forget the ring
 * @posted: the thread is @done or was never started
 */
void posted_stop(struct posted *posted)
{
	uint64_t count, one = 1;

	if (posted->started)
		pthread_join(posted->thread, NULL);
	posted->started = false;
	armvcpu_vm_ring_unmap(&posted->machine->vm, posted->ring);
	posted->ring = NULL;
	/* Nothing of the old machine is left in there; it blocks when empty. */
	if (write(posted->event_fd, &one, sizeof(one)) < 0 ||
	    read(posted->event_fd, &count, sizeof(count)) < 0)
		note("eventfd: %s", strerror(errno));
}
