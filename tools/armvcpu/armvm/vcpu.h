/* SPDX-License-Identifier: GPL-2.0-only */
/* The thread of one vCPU. */
#ifndef ARMVM_VCPU_H
#define ARMVM_VCPU_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <libarmvcpu.h>

struct machine;

/**
 * enum power - power state of a vCPU as PSCI knows it (DEN0022 5.7)
 * @POWER_OFF: its thread waits for CPU_ON
 * @POWER_ON_PENDING: CPU_ON succeeded, its thread is about to run it
 * @POWER_ON: it runs
 */
enum power {
	POWER_OFF,
	POWER_ON_PENDING,
	POWER_ON,
};

/**
 * struct vcpu - one vCPU and its thread
 * @machine: where it belongs to
 * @cpu: the kernel's part
 * @mpidr: its affinity
 * @power: protected by machine->lock
 * @done: the thread is at its end; protected by machine->lock
 * @thread: runs @cpu
 * @started: @thread exists
 */
struct vcpu {
	struct machine *machine;
	struct armvcpu_vcpu cpu;
	uint64_t mpidr;
	enum power power;
	bool done;
	pthread_t thread;
	bool started;
};

int vcpu_start(struct vcpu *vcpu);
void vcpu_kick(struct vcpu *vcpu);

#endif
