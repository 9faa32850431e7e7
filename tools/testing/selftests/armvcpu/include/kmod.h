/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel modules, and EL2's registers by way of one (el2regs/). */
#ifndef KMOD_H
#define KMOD_H

#include "testlib.h"

/* armvcpu.ko: what ARMVCPU_MODULE in the environment names, or /lib/armvcpu.ko. */
const char *kmod_armvcpu(void);
/* The same with failures on demand, beside the tests. */
#define KMOD_ARMVCPU_TEST	"/tests/armvcpu-test.ko"
#define KMOD_EL2REGS		"/tests/el2regs.ko"

int kmod_load(const char *path, const char *params);	/* 0 or -errno */
int kmod_try_unload(const char *name);			/* the same; -EWOULDBLOCK: it is in use */
/* A moment later, if it must be: who looked at it has a reference for as long. */
int kmod_unload(const char *name);
/* The plain armvcpu.ko is loaded, or it is not loaded at all; else the case fails. */
void kmod_must_have_armvcpu(bool loaded);

#define EL2REGS		"/sys/kernel/debug/armvcpu-el2regs/"
#define MAX_EL2REGS	512

/**
 * struct el2regs - registers of EL2, of all CPUs online
 * @nr: how many
 */
struct el2regs {
	unsigned int nr;
	struct {
		unsigned int cpu;
		char name[20];
		u64 value;
	} reg[MAX_EL2REGS];
};

void el2regs_load(void);				/* skips where it is not built */
void el2regs_read(struct el2regs *r);
void el2regs_write(unsigned int cpu, const char *name, u64 value);
/* Fails the case, register by register, where @seen is not @want. */
void el2regs_expect(const struct el2regs *want, const struct el2regs *seen);

/* ---- the kernel's log ------------------------------------------------------- */

int log_open(void);				/* a descriptor that begins at its end */
/*
 * The next line since then, there until the one after; NULL: no more. @priority, if
 * it is wanted, is as syslog has it: the facility times 8, plus the level.
 */
const char *log_line(int fd, unsigned int *priority);

#endif /* KMOD_H */
