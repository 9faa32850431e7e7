/* SPDX-License-Identifier: GPL-2.0-only */
/* vCPUs that wait: WFI, WFE, PSCI standby, powered off. */
#ifndef ARMVCPU_WFX_H
#define ARMVCPU_WFX_H

#include "exit.h"

/** wfx_handle() - exit handler of WFI, WFE, WFIT and WFET */
enum exit_action wfx_handle(struct armvcpu_vcpu *vcpu);

/**
 * wfx_wait() - sleep until the vCPU has something to do
 * @vcpu: its own thread, mutex held
 *
 * An interrupt that it could take were PSTATE's masks clear, a timer, a request
 * or a signal ends the sleep (Arm ARM D1.6.2). The instruction is done then.
 *
 * Return: EXIT_HANDLED
 */
enum exit_action wfx_wait(struct armvcpu_vcpu *vcpu);

/**
 * wfx_wait_for_power() - sleep until CPU_ON or the VM's end
 * @vcpu: its own thread, mutex held; powered off, with PSCI in the kernel
 *
 * Return: 0 look again, -EINTR a signal
 */
int wfx_wait_for_power(struct armvcpu_vcpu *vcpu);

#endif /* ARMVCPU_WFX_H */
