// SPDX-License-Identifier: GPL-2.0-only
/* A guest that does one thing at a time, and the host's part of it. */
#include "server.h"

static volatile struct command {
	u64 cmd, addr, value;
} command;

static void g_server(u64 arg)
{
	(void)arg;
	for (;;) {
		u64 addr, end, n = 0;

		GUEST_SYNC(command.value);
		addr = command.addr;
		end = addr + command.value;
		switch (command.cmd) {
		case CMD_LOAD:
			command.value = read64(addr);
			break;
		case CMD_STORE:
			write64(addr, command.value);
			break;
		case CMD_JUMP:
			command.value = ((u64 (*)(void))addr)();
			break;
		case CMD_FILL:
			for (; addr < end; addr += 4096)
				write64(addr, addr);
			break;
		case CMD_CHECK:
			for (; addr < end; addr += 4096)
				n += read64(addr) != addr;
			command.value = n;
			break;
		case CMD_SUM:
			for (; addr < end; addr += 4096)
				n += read64(addr);
			command.value = n;
			break;
		case CMD_SET_WAY:
			__asm__ volatile("dc cisw, %0" : : "r" (0UL) : "memory");
			dsb(sy);
			break;
		}
	}
}

struct vcpu *server(struct vm *vm, u32 id)
{
	struct vcpu *v = vcpu_create(vm, id);

	server_restart(v);
	return v;
}

void server_restart(struct vcpu *v)
{
	vcpu_start_c(v, g_server, 0);
	vcpu_sync(v);
}

void put_command(struct vcpu *v, enum server_cmd cmd, u64 addr, u64 value)
{
	volatile struct command *c = &vm_var(v->vm, command);

	c->cmd = cmd;
	c->addr = addr;
	c->value = value;
}

u64 do_command(struct vcpu *v, enum server_cmd cmd, u64 addr, u64 value)
{
	put_command(v, cmd, addr, value);
	return vcpu_sync(v);
}

u64 guest_load(struct vcpu *v, u64 addr)
{
	return do_command(v, CMD_LOAD, addr, 0);
}

void guest_store(struct vcpu *v, u64 addr, u64 value)
{
	do_command(v, CMD_STORE, addr, value);
}

void expect_fault(struct vcpu *v, enum server_cmd cmd, u64 addr, u32 flags, u32 error)
{
	put_command(v, cmd, addr, 0x77);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MEMORY_FAULT);
	EXPECT_EQ(addr, v->run->u.memory_fault.ipa);
	EXPECT_EQ(flags, v->run->u.memory_fault.flags);
	EXPECT_EQ(error, v->run->u.memory_fault.error);
}
