/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest that does one thing at a time, as the host tells it. */
#ifndef SERVER_H
#define SERVER_H

#include "testlib.h"

/**
 * enum server_cmd - what the guest can do
 * @CMD_LOAD: load 8 bytes
 * @CMD_STORE: store 8 bytes
 * @CMD_JUMP: call a function, and tell what it returns
 * @CMD_FILL: store its own address at each 4 KiB, for so many bytes
 * @CMD_CHECK: tell how many of these have something else
 * @CMD_SUM: add up what is at each 4 KiB, for so many bytes
 * @CMD_SET_WAY: clean and invalidate a cache line by set and way
 */
enum server_cmd {
	CMD_LOAD, CMD_STORE, CMD_JUMP, CMD_FILL, CMD_CHECK, CMD_SUM, CMD_SET_WAY,
};

/* A vCPU with this guest, ready for the first command. */
struct vcpu *server(struct vm *vm, u32 id);
/* Make it ready again, wherever the guest was. */
void server_restart(struct vcpu *v);

/* For the next entry; @value: what to store, or how many bytes. */
void put_command(struct vcpu *v, enum server_cmd cmd, u64 addr, u64 value);
/* Run it; returns the guest's answer. */
u64 do_command(struct vcpu *v, enum server_cmd cmd, u64 addr, u64 value);
u64 guest_load(struct vcpu *v, u64 addr);
void guest_store(struct vcpu *v, u64 addr, u64 value);
/* A command that ends in a memory fault, with these flags and this errno. */
void expect_fault(struct vcpu *v, enum server_cmd cmd, u64 addr, u32 flags, u32 error);

static inline u64 page_size(struct vm *vm)
{
	return vm->info.page_size;
}

#endif /* SERVER_H */
