// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power states of vCPUs (PSCI, Arm DEN0022).
 *
 * The kernel answers the calls that only ask. CPU_ON and CPU_OFF come here,
 * each on the thread of the vCPU that made it; machine->lock puts them into an
 * order, so of two calls that turn on the same vCPU one succeeds.
 */
#include "psci.h"

#include "machine.h"
#include "util.h"

static struct vcpu *find_vcpu(struct machine *m, uint64_t mpidr)
{
	unsigned int i;

	for (i = 0; i < m->nr_vcpus; i++) {
		if (m->vcpus[i].mpidr == mpidr)
			return &m->vcpus[i];
	}
	return NULL;
}

/*
 * The vCPU has called CPU_OFF, which other vCPUs can see through
 * AFFINITY_INFO, but its thread has not got the lock yet.
 */
static bool about_to_be_off(const struct vcpu *vcpu)
{
	return vcpu->power == POWER_ON &&
	       __atomic_load_n(&vcpu->cpu.run->exit_reason,
			       __ATOMIC_ACQUIRE) == ARMVCPU_EXIT_CPU_OFF;
}

static int64_t turn_on(struct machine *m, struct vcpu *vcpu, uint64_t entry,
		       uint64_t context)
{
	int ret;

	while (about_to_be_off(vcpu) && !m->end)
		pthread_cond_wait(&m->cond, &m->lock);

	/* The machine ends: whoever asks is stopped, too, and gets no answer. */
	if (m->end)
		return PSCI_INTERNAL_FAILURE;
	if (vcpu->power == POWER_ON)
		return PSCI_ALREADY_ON;
	if (vcpu->power == POWER_ON_PENDING)
		return PSCI_ON_PENDING;

	/*
	 * Here and not on the vCPU's own thread: from the moment this call
	 * succeeds AFFINITY_INFO must not say that the vCPU is off.
	 */
	ret = armvcpu_vcpu_reset(&vcpu->cpu, entry, context, 0);
	if (ret)
		return PSCI_INTERNAL_FAILURE;

	vcpu->power = POWER_ON_PENDING;
	pthread_cond_broadcast(&m->cond);
	return PSCI_SUCCESS;
}

/**
 * psci_cpu_on() - CPU_ON, DEN0022 5.6
 * @m: the machine
 * @target: MPIDR of the vCPU to turn on, only affinity bits
 * @entry: its first instruction
 * @context: its X0
 *
 * Return: what the caller gets in X0.
 */
int64_t psci_cpu_on(struct machine *m, uint64_t target, uint64_t entry,
		    uint64_t context)
{
	struct vcpu *vcpu = find_vcpu(m, target);
	int64_t ret;

	if (!vcpu)
		return PSCI_INVALID_PARAMETERS;
	if (entry % 4 || !ram_at(&m->ram, entry, 4))
		return PSCI_INVALID_ADDRESS;

	pthread_mutex_lock(&m->lock);
	ret = turn_on(m, vcpu, entry, context);
	pthread_mutex_unlock(&m->lock);
	return ret;
}

/**
 * psci_cpu_off() - CPU_OFF, DEN0022 5.5
 * @vcpu: the vCPU that called it
 *
 * When no vCPU is left, none can ever be turned on again: the machine ends.
 */
void psci_cpu_off(struct vcpu *vcpu)
{
	struct machine *m = vcpu->machine;
	bool all_off = true;
	unsigned int i;

	pthread_mutex_lock(&m->lock);
	vcpu->power = POWER_OFF;
	for (i = 0; i < m->nr_vcpus; i++)
		all_off &= m->vcpus[i].power == POWER_OFF;
	pthread_cond_broadcast(&m->cond);
	pthread_mutex_unlock(&m->lock);

	if (all_off)
		machine_end(m, END_CPUS_OFF);
}

/**
 * psci_wait_for_power() - sleep while the vCPU is off
 * @vcpu: the calling thread's vCPU
 *
 * Return: true when it is to run, false when the machine ends.
 */
bool psci_wait_for_power(struct vcpu *vcpu)
{
	struct machine *m = vcpu->machine;
	bool run;

	pthread_mutex_lock(&m->lock);
	while (vcpu->power == POWER_OFF && !m->end)
		pthread_cond_wait(&m->cond, &m->lock);
	run = !m->end;
	if (run)
		vcpu->power = POWER_ON;
	/* Left over from before, see about_to_be_off(). */
	vcpu->cpu.run->exit_reason = ARMVCPU_EXIT_UNKNOWN;
	pthread_mutex_unlock(&m->lock);
	return run;
}
