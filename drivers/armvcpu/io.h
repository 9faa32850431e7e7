/* SPDX-License-Identifier: GPL-2.0-only */
/* Stores of a guest that go on without an exit: ioeventfds, posted writes. */
#ifndef ARMVCPU_IO_H
#define ARMVCPU_IO_H

#include <linux/types.h>

#include "uapi.h"

struct armvcpu_vcpu;
struct armvcpu_vm;

/**
 * io_config_event() - ARMVCPU_IOEVENTFD
 * io_config_posted() - ARMVCPU_POSTED_WRITES
 * @vm: whose lock is held
 * @arg: checked here
 *
 * Return: 0 or a negative errno
 */
int io_config_event(struct armvcpu_vm *vm, const struct armvcpu_ioeventfd *arg);
int io_config_posted(struct armvcpu_vm *vm, const struct armvcpu_posted_writes *arg);

/**
 * io_write() - is a store none for the VMM?
 * @vcpu: the vCPU, in a VM whose @io is not NULL
 * @ipa: where
 * @len: bytes: 1, 2, 4 or 8
 * @data: them, zero extended
 *
 * Context: the vCPU's thread.
 * Return: true if it is done with
 */
bool io_write(struct armvcpu_vcpu *vcpu, u64 ipa, unsigned int len, u64 data);

/** io_count() - how many ioeventfds and posted ranges there are now */
void io_count(struct armvcpu_vm *vm, u32 *events, u32 *ranges);

/** io_destroy() - with the VM; nobody uses it any more */
void io_destroy(struct armvcpu_vm *vm);

#endif /* ARMVCPU_IO_H */
