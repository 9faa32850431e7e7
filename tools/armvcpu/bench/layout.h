/* SPDX-License-Identifier: GPL-2.0-only */
/* What is where in the guests' address space. Included by assembly, too. */
#ifndef BENCH_LAYOUT_H
#define BENCH_LAYOUT_H

/* The model that guests have. */
#ifndef BENCH_GIC
#define BENCH_GIC	3
#endif

#define GICD_BASE	0x08000000
#define GICC_BASE	0x08010000
#define GICR_BASE	0x080a0000
#define GICR_STRIDE	0x20000

/* Nothing is there: accesses exit to the VMM. */
#define PORT_BASE	0x10000000
#define PORT_DATA	0x00	/* read and written by the measured loops */
#define PORT_DONE	0x08	/* the batch is through */
#define PORT_BELL	0x10	/* an ioeventfd, where there is one */
#define PORT_STUCK	0x18	/* an exception that nobody expects */

/*
 * Above the 1 GiB of memory that the emulated host has, so that a trace tells a
 * guest's program counter from a physical address at EL2.
 */
#define RAM_BASE	0x80000000
#define RAM_SIZE	0x20000
#define SHARED_BASE	0x80010000

/* Fresh memory, to be touched first. */
#define FRESH_BASE	0x100000000

/* struct shared */
#define SHARED_ROUNDS	0
#define SHARED_TICKS	8
#define SHARED_SEQ	16
#define SHARED_STAMP	24
#define SHARED_READY	32

#define SPI		32
#define SGI		1
#define VTIMER		27

/*
 * Hints that mean nothing to any CPU: the trace looks for them. BEGIN starts a
 * round and ends the one before, AGAIN starts one and forgets the one before, END
 * ends it. Rounds are between START and STOP;
 * OP, so many times in a row as the operation's number says, comes before START.
 * A STOP at the very beginning wakes up the trace.
 */
#define HINT_BEGIN	0x70
#define HINT_END	0x71
#define HINT_OP		0x72
#define HINT_START	0x73
#define HINT_STOP	0x74
#define HINT_AGAIN	0x75

#endif
