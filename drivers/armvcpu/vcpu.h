/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual CPUs: life and ioctls. */
#ifndef ARMVCPU_VCPU_H
#define ARMVCPU_VCPU_H

#include "uapi.h"

struct armvcpu_vm;
struct armvcpu_vcpu;

/**
 * vcpu_create() - ARMVCPU_CREATE_VCPU
 * @vm: whose lock is held
 * @arg: checked here
 *
 * Return: a new file descriptor or a negative errno
 */
long vcpu_create(struct armvcpu_vm *vm, const struct armvcpu_create_vcpu *arg);

/** vcpu_destroy() - with the VM; nobody knows of the vCPU any more */
void vcpu_destroy(struct armvcpu_vcpu *vcpu);

/**
 * vcpu_find() - a vCPU by its number
 * @vm: the machine; no lock is needed, vCPUs stay until it goes
 * @id: any number
 *
 * Return: the vCPU or NULL
 */
struct armvcpu_vcpu *vcpu_find(struct armvcpu_vm *vm, u32 id);

/** vcpu_attach_gic() - the vCPU has a GIC from now on; mutex held */
void vcpu_attach_gic(struct armvcpu_vcpu *vcpu);

#endif /* ARMVCPU_VCPU_H */
