/* SPDX-License-Identifier: GPL-2.0-only */
/* The run loop and what may be asked of a vCPU from outside of it. */
#ifndef ARMVCPU_RUN_H
#define ARMVCPU_RUN_H

struct armvcpu_vcpu;

/**
 * vcpu_run() - ARMVCPU_RUN
 * @vcpu: whose mutex the caller holds; the caller is its thread for now
 *
 * Return: 0 with the run page filled in, or a negative errno: -EINTR a signal
 * or immediate_exit, -EINVAL an answer that does not exist, -EHOSTDOWN the vCPU
 * is powered off and nobody but the VMM can change that.
 */
long vcpu_run(struct armvcpu_vcpu *vcpu);

/**
 * vcpu_kick() - make a vCPU look at its requests and interrupts
 * @vcpu: wakes it where it sleeps, fetches it out of the guest where it runs
 *
 * What it is to see must be written before. Any context.
 */
void vcpu_kick(struct armvcpu_vcpu *vcpu);

/**
 * vcpu_request() - leave a request with a vCPU and kick it
 * @vcpu: the vCPU
 * @req: VCPU_REQ_*
 *
 * Any context.
 */
void vcpu_request(struct armvcpu_vcpu *vcpu, int req);

#endif /* ARMVCPU_RUN_H */
