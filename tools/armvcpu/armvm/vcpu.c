// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread of one vCPU: run, look at the exit, answer it, run again.
 */
#include "vcpu.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "psci.h"
#include "util.h"

/**
 * enum next - what the thread does after an exit
 * @NEXT_RUN: runs the vCPU
 * @NEXT_WAIT: the vCPU is off, waits for it to be turned on
 * @NEXT_END: ends
 */
enum next {
	NEXT_RUN,
	NEXT_WAIT,
	NEXT_END,
};

/* Nothing is there: on hardware the bus answers with an error. */
static void no_device(struct armvcpu_run *run)
{
	const struct armvcpu_exit_mmio *mmio = &run->u.mmio;

	note("%s of %u bytes at %#llx, where nothing is, pc %#llx",
	     armvcpu_mmio_is_write(run) ? "write" : "read", mmio->len,
	     (unsigned long long)mmio->ipa, (unsigned long long)run->pc);
	armvcpu_inject(run);
}

static void handle_mmio(struct machine *m, struct armvcpu_run *run)
{
	const struct armvcpu_exit_mmio *mmio = &run->u.mmio;
	uint64_t value = 0;
	bool found;

	if (posted_is_for(&m->posted, mmio->ipa))
		posted_drain(&m->posted);
	if (armvcpu_mmio_is_write(run))
		found = bus_write(&m->bus, mmio->ipa, mmio->len,
				  armvcpu_mmio_write_data(run));
	else
		found = bus_read(&m->bus, mmio->ipa, mmio->len, &value);

	if (found)
		armvcpu_mmio_complete(run, value);
	else
		no_device(run);
}

static void dump(struct vcpu *vcpu)
{
	struct armvcpu_regs regs;

	armvcpu_dump_exit(stderr, vcpu->cpu.run);
	if (!armvcpu_get_regs(&vcpu->cpu, &regs))
		armvcpu_dump_regs(stderr, &regs);
}

static enum next fail(struct vcpu *vcpu, const char *why)
{
	report("vCPU %#llx: %s", (unsigned long long)vcpu->mpidr, why);
	dump(vcpu);
	machine_end(vcpu->machine, END_ERROR);
	return NEXT_END;
}

static enum next handle_memory_fault(struct vcpu *vcpu)
{
	struct armvcpu_run *run = vcpu->cpu.run;

	/* The host has no memory left, or lost ours: not the guest's fault. */
	if (run->u.memory_fault.error != ENXIO)
		return fail(vcpu, "guest memory cannot be provided");

	note("jump or page table walk to %#llx, where no memory is, pc %#llx",
	     (unsigned long long)run->u.memory_fault.ipa,
	     (unsigned long long)run->pc);
	armvcpu_inject(run);
	return NEXT_RUN;
}

/* SYSTEM_OFF and SYSTEM_RESET. */
static enum next handle_system(struct vcpu *vcpu, enum machine_end reason)
{
	/* Every vCPU gets this exit; the one that asked for it acts on it. */
	if (!(vcpu->cpu.run->u.psci.flags & ARMVCPU_PSCI_BY_OTHER))
		machine_end(vcpu->machine, reason);
	return NEXT_END;
}

static enum next handle_exit(struct vcpu *vcpu)
{
	struct armvcpu_run *run = vcpu->cpu.run;
	struct armvcpu_exit_psci *psci = &run->u.psci;

	/* What it wrote before it ended is to be seen. */
	if (run->exit_reason != ARMVCPU_EXIT_MMIO)
		posted_drain(&vcpu->machine->posted);
	switch (run->exit_reason) {
	case ARMVCPU_EXIT_MMIO:
		handle_mmio(vcpu->machine, run);
		return NEXT_RUN;
	case ARMVCPU_EXIT_MMIO_NISV:
		/* A load or store of many registers: no device wants these. */
		no_device(run);
		return NEXT_RUN;
	case ARMVCPU_EXIT_MEMORY_FAULT:
		return handle_memory_fault(vcpu);
	case ARMVCPU_EXIT_CPU_ON:
		psci->ret = psci_cpu_on(vcpu->machine, psci->target,
					psci->entry, psci->context);
		return NEXT_RUN;
	case ARMVCPU_EXIT_CPU_OFF:
		psci_cpu_off(vcpu);
		return NEXT_WAIT;
	case ARMVCPU_EXIT_SYSTEM_OFF:
		return handle_system(vcpu, END_OFF);
	case ARMVCPU_EXIT_SYSTEM_RESET:
		return handle_system(vcpu, END_RESET);
	case ARMVCPU_EXIT_FAIL_ENTRY:
		return fail(vcpu, "cannot be entered");
	case ARMVCPU_EXIT_INTERNAL_ERROR:
		return fail(vcpu, "cannot go on");
	default:
		/* The VM was not created with the flags for the others. */
		return fail(vcpu, "unexpected exit");
	}
}

/* Runs the vCPU until it is turned off or the machine ends. */
static enum next run(struct vcpu *vcpu)
{
	enum next next = NEXT_RUN;
	int ret;

	while (next == NEXT_RUN) {
		ret = armvcpu_vcpu_run(&vcpu->cpu);
		if (!ret)
			next = handle_exit(vcpu);
		else if (ret == -EINTR)
			next = machine_is_ending(vcpu->machine) ? NEXT_END :
								  NEXT_RUN;
		else
			next = fail(vcpu, strerror(-ret));
	}
	return next;
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	struct machine *m = vcpu->machine;
	sigset_t kick;

	sigemptyset(&kick);
	sigaddset(&kick, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &kick, NULL);

	while (psci_wait_for_power(vcpu) && run(vcpu) == NEXT_WAIT)
		;

	pthread_mutex_lock(&m->lock);
	vcpu->done = true;
	pthread_cond_broadcast(&m->cond);
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

/**
 * vcpu_start() - start the thread
 * @vcpu: the vCPU, created and reset
 *
 * Return: 0, or -1 after an error message.
 */
int vcpu_start(struct vcpu *vcpu)
{
	char name[16];
	int err;

	err = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);
	if (err)
		return error("cannot start a thread: %s", strerror(err));
	vcpu->started = true;
	snprintf(name, sizeof(name), "vcpu %u",
		 (unsigned int)(vcpu - vcpu->machine->vcpus));
	pthread_setname_np(vcpu->thread, name);
	return 0;
}

/**
 * vcpu_kick() - make the thread leave the guest, and whatever it sleeps in
 * @vcpu: the vCPU; its thread has not been joined
 *
 * The signal ends a RUN that is under way. One that is about to begin sees
 * immediate_exit, so the kick is not lost between the two.
 */
void vcpu_kick(struct vcpu *vcpu)
{
	__atomic_store_n(&vcpu->cpu.run->immediate_exit, 1, __ATOMIC_RELEASE);
	pthread_kill(vcpu->thread, SIGUSR1);
}
