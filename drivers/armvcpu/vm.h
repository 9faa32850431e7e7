/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual machines: life and ioctls. */
#ifndef ARMVCPU_VM_H
#define ARMVCPU_VM_H

#include "uapi.h"

struct armvcpu_vm;

/**
 * vm_create() - ARMVCPU_CREATE_VM
 * @arg: checked here
 *
 * Return: a new file descriptor or a negative errno
 */
int vm_create(const struct armvcpu_create_vm *arg);

/** vm_get(), vm_put() - the VM and all its vCPUs go with the last reference */
void vm_get(struct armvcpu_vm *vm);
void vm_put(struct armvcpu_vm *vm);

/**
 * vm_start() - a vCPU is about to run for the first time
 * @vm: whose topology is frozen now; takes vm->lock
 */
int vm_start(struct armvcpu_vm *vm);

/**
 * vm_hold_vcpus() - no vCPU runs, nor is in another call, until vm_release_vcpus()
 * @vm: the machine; its lock is taken
 *
 * Waits for none of them: RUN may take forever.
 *
 * Return: 0; -EBUSY: one of them is busy; -EINTR: a fatal signal came first
 */
int vm_hold_vcpus(struct armvcpu_vm *vm);

/** vm_release_vcpus() - after vm_hold_vcpus() */
void vm_release_vcpus(struct armvcpu_vm *vm);

/** vm_start_locked() - the same, with vm->lock held */
void vm_start_locked(struct armvcpu_vm *vm);

#endif /* ARMVCPU_VM_H */
