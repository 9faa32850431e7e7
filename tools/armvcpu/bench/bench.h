/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench: what operations of a virtual machine cost, by KVM and by armvcpu.
 *
 * An operation (ops.c) makes a VM through one of the two backends and does
 * batches of rounds. Each backend is the bare ioctls of its ABI, behind a handful
 * of functions that add next to nothing.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

/* What a guest and the VMM share, at SHARED_BASE. */
struct shared {
	volatile uint64_t rounds;
	volatile uint64_t ticks;
	volatile uint64_t seq;
	volatile uint64_t stamp;
	volatile uint64_t ready;
};

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MAX_CPUS	2

enum exit_kind {
	EXIT_NONE,	/* a signal, or immediate_exit */
	EXIT_READ,	/* of a device */
	EXIT_WRITE,
	EXIT_SYSREG,
	EXIT_OTHER,	/* nothing that a guest here should do */
	EXIT_ERROR,	/* the call failed, see errno */
};

/**
 * struct vm_exit - an exit
 * @addr: of the device's register
 * @data: what is written
 */
struct vm_exit {
	uint64_t addr;
	uint64_t data;
};

struct region {
	uint64_t ipa;
	void *host;
	uint64_t size;
};

/**
 * struct vm_config - a VM to be made
 * @cpus: vCPUs
 * @gic: with a GICv3
 * @sysreg_exits: registers that the kernel does not know exit
 * @region: memory; those of size 0 are none
 */
struct vm_config {
	unsigned int cpus;
	bool gic;
	bool sysreg_exits;
	struct region region[2];
};

struct vm_cpu {
	int fd;
	void *run;
};

struct vm {
	int fd;
	int gic_fd;
	unsigned int cpus;
	struct vm_cpu cpu[MAX_CPUS];
};

/* What only some backends can do. */
#define CAP_SYSREG_EXITS	1
#define CAP_IRQFD		2
#define CAP_IOEVENTFD		4
/* Not the backend's: a Linux guest is at hand. */
#define CAP_LINUX		8

/**
 * struct backend - a hypervisor's ABI
 * @name: its name
 * @open: look whether it is there; 0 or a negative errno
 * @caps: CAP_*, after @open
 * @vm_create: make a VM; dies when that fails
 * @vm_destroy: until nothing is left of it
 * @start: set a vCPU's PC and X0; before its first run
 * @run: run a vCPU until it exits
 * @read_data: the answer to EXIT_READ or EXIT_SYSREG
 * @immediate: the next runs return at once, or no longer
 * @irq_line: level of a shared interrupt
 * @irqfd: an eventfd that makes an interrupt pending
 * @ioeventfd: a store to an address is a signal to an eventfd
 */
struct backend {
	const char *name;
	int (*open)(void);
	unsigned int (*caps)(void);
	void (*vm_create)(struct vm *vm, const struct vm_config *config);
	void (*vm_destroy)(struct vm *vm);
	void (*start)(struct vm *vm, unsigned int cpu, uint64_t pc, uint64_t x0);
	enum exit_kind (*run)(struct vm *vm, unsigned int cpu, struct vm_exit *exit);
	void (*read_data)(struct vm *vm, unsigned int cpu, uint64_t data);
	void (*immediate)(struct vm *vm, unsigned int cpu, bool on);
	void (*irq_line)(struct vm *vm, uint32_t intid, bool level);
	void (*irqfd)(struct vm *vm, int eventfd, uint32_t intid);
	void (*ioeventfd)(struct vm *vm, int eventfd, uint64_t addr, uint32_t size);
};

extern const struct backend kvm_backend, armvcpu_backend;

/* How an operation's VM is made. */
#define OP_FRESH	1	/* with memory to be touched first */
#define OP_POPULATED	2	/* which the VMM has touched before */
#define OP_HUGE		4	/* in huge pages */
#define OP_TWO		8	/* with two vCPUs */
#define OP_ONE_CPU	16	/* both vCPUs on one CPU, first come, first served */
#define OP_OWN_VM	32	/* it makes its VMs itself */
#define OP_SINGLE	64	/* so long that what comes with a batch is nothing */

struct bench;

/**
 * struct op - an operation
 * @name: its name
 * @text: what a round is
 * @rounds: rounds of a short batch; a long one has twice as many. With OP_SINGLE all
 *	are the same
 * @divide: how often a round does it
 * @caps: CAP_* that the backend needs
 * @flags: OP_*
 * @guest: what vCPU 0 runs
 * @other: what the last vCPU runs, in a thread of its own
 * @setup: after the VM is made
 * @batch: do rounds, give the ticks that they took; NULL: the guest does them
 */
struct op {
	const char *name;
	const char *text;
	unsigned int rounds;
	unsigned int divide;
	unsigned int caps;
	unsigned int flags;
	const char *guest;
	const char *other;
	void (*setup)(struct bench *b);
	uint64_t (*batch)(struct bench *b, unsigned int rounds);
};

/**
 * struct bench - an operation being measured
 * @be: by whom
 * @op: what
 * @vm: its VM
 * @config: how that was made
 * @ram: the guest's memory
 * @shared: in there
 * @fresh: memory to be touched
 * @event_fd: see irqfd and ioeventfd
 * @stop: the other thread shall end
 */
struct bench {
	const struct backend *be;
	const struct op *op;
	struct vm vm;
	struct vm_config config;
	void *ram;
	struct shared *shared;
	void *fresh;
	int event_fd;
	volatile bool stop;
};

void bench_start(struct bench *b, const struct backend *be, const struct op *op);
void bench_stop(struct bench *b);
uint64_t guest_batch(struct bench *b, unsigned int rounds);

extern const struct op ops[];
extern const unsigned int nr_ops;

uint64_t linux_boot(const struct backend *be);

extern const char guest_begin[], guest_end[];

void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void check(int ret, const char *what);

/* The bare system call: libc's own would be measured, too. */
static inline long fast_ioctl(int fd, unsigned long request, void *arg)
{
#ifdef __aarch64__
	register long x0 __asm__("x0") = fd;
	register long x1 __asm__("x1") = request;
	register long x2 __asm__("x2") = (long)arg;
	register long x8 __asm__("x8") = 29;	/* ioctl */

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x8) : "memory");
	return x0;
#else
	(void)fd;
	(void)request;
	(void)arg;
	return -38;
#endif
}

static inline uint64_t counter(void)
{
	uint64_t now;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(now) :: "memory");
	return now;
}

static inline uint64_t counter_frequency(void)
{
	uint64_t hz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz;
}

#define hint(n)	__asm__ volatile("hint %0" :: "i"(n) : "memory")

/* An emulated machine goes on with another CPU. */
static inline void relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

#endif
