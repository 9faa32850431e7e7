/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine: all devices and vCPUs, and how it starts and ends. */
#ifndef ARMVM_MACHINE_H
#define ARMVM_MACHINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <libarmvcpu.h>

#include "board.h"
#include "bus.h"
#include "console.h"
#include "loader.h"
#include "options.h"
#include "pl011.h"
#include "pl031.h"
#include "posted.h"
#include "ram.h"
#include "stat_server.h"
#include "vcpu.h"
#include "virtio_blk.h"
#include "virtio_mmio.h"

/**
 * enum machine_end - why the machine stops
 * @END_NONE: it does not
 * @END_OFF: the guest powered it off
 * @END_RESET: the guest reset it
 * @END_CPUS_OFF: the guest turned off all of its CPUs
 * @END_QUIT: the user typed Ctrl-A X
 * @END_SIGNAL: a signal asks armvm to end
 * @END_ERROR: something failed, and was reported
 */
enum machine_end {
	END_NONE,
	END_OFF,
	END_RESET,
	END_CPUS_OFF,
	END_QUIT,
	END_SIGNAL,
	END_ERROR,
};

/**
 * struct machine - the machine
 * @options: the command line
 * @images: kernel and initrd
 * @ram: guest memory
 * @bus: finds @uart, @rtc and @transports
 * @uart: its console is @console
 * @rtc: its alarm is @alarm_fd
 * @transports: of virtio; the first ones have @disks
 * @disks: as many as @options says
 * @posted: stores to @uart that wait for nobody
 * @stat_server: for "armvm stat"
 * @console: stdin and stdout
 * @dev_fd: /dev/armvcpu
 * @info: what the host can do
 * @gic_model: ARMVCPU_GIC_*, what --gic comes to on this host
 * @event_fd: eventfd, written when @end is set
 * @alarm_fd: timerfd of @rtc
 * @signal_fd: signalfd of the signals that end or stop armvm
 * @signal: the one that ended it
 * @irq_lock: protects @vm_is_up and @levels; innermost of all locks
 * @vm_is_up: @vm takes interrupts
 * @levels: of the shared peripheral interrupts
 * @line_fds: by shared peripheral interrupt: eventfd that makes it pending, or -1
 * @events: the kernel listens to those of @vm; does not change while it is up
 * @vm: the kernel's part
 * @lock: protects @end, and of each vCPU what its description says
 * @cond: one of these changed
 * @end: why the machine stops
 * @quit: why armvm ends, if a user asked for that; outlives a reset
 * @vcpus: all vCPUs
 * @nr_vcpus: entries in @vcpus
 */
struct machine {
	const struct options *options;
	struct images images;
	struct ram ram;
	struct bus bus;
	struct pl011 uart;
	struct pl031 rtc;
	struct virtio_mmio transports[BOARD_VIRTIO_COUNT];
	struct virtio_blk disks[MAX_DISKS];
	struct posted posted;
	struct stat_server stat_server;
	struct console console;
	int dev_fd;
	struct armvcpu_info info;
	uint32_t gic_model;
	int event_fd;
	int alarm_fd;
	int signal_fd;
	int signal;

	pthread_mutex_t irq_lock;
	bool vm_is_up;
	bool levels[BOARD_IRQS];
	int line_fds[BOARD_IRQS];
	bool events;
	struct armvcpu_vm vm;

	pthread_mutex_t lock;
	pthread_cond_t cond;
	enum machine_end end;
	enum machine_end quit;
	struct vcpu vcpus[MAX_CPUS];
	unsigned int nr_vcpus;
};

int machine_create(struct machine *m, const struct options *options);
void machine_destroy(struct machine *m);
int machine_dump_dtb(struct machine *m);
int machine_power_on(struct machine *m);
enum machine_end machine_wait(struct machine *m);
void machine_power_off(struct machine *m);

void machine_end(struct machine *m, enum machine_end reason);
bool machine_is_ending(struct machine *m);

#endif
