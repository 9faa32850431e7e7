/* SPDX-License-Identifier: GPL-2.0-only */
/* PL011 UART (Arm DDI 0183). */
#ifndef ARMVM_PL011_H
#define ARMVM_PL011_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "irq.h"

#define PL011_FIFO_SIZE	16

/* Where characters are written to: nothing the driver reads at once depends on it. */
#define PL011_DATA	0x000
#define PL011_DATA_SIZE	4

/**
 * struct pl011 - a UART
 * @lock: protects all that follows
 * @line: interrupt wire
 * @transmit: takes a character that the guest sent; called without @lock
 * @drained: tells that the receive FIFO has room again; called without @lock
 * @owner: for @transmit and @drained
 * @fifo: received characters, @count of them from @head on
 * @head: index of the oldest
 * @count: how many
 * @starved: pl011_receive() found the FIFO full
 * @rsr: receive status, only OE is ever set
 * @ilpr: UARTILPR
 * @ibrd: UARTIBRD
 * @fbrd: UARTFBRD
 * @lcr: UARTLCR_H
 * @cr: UARTCR
 * @ifls: UARTIFLS
 * @imsc: UARTIMSC
 * @ris: UARTRIS
 * @dmacr: UARTDMACR, kept but without effect
 */
struct pl011 {
	pthread_mutex_t lock;
	struct irq_line line;
	void (*transmit)(void *owner, uint8_t c);
	void (*drained)(void *owner);
	void *owner;

	uint8_t fifo[PL011_FIFO_SIZE];
	unsigned int head;
	unsigned int count;
	bool starved;

	uint32_t rsr;
	uint32_t ilpr;
	uint32_t ibrd;
	uint32_t fbrd;
	uint32_t lcr;
	uint32_t cr;
	uint32_t ifls;
	uint32_t imsc;
	uint32_t ris;
	uint32_t dmacr;
};

void pl011_init(struct pl011 *uart);
void pl011_reset(struct pl011 *uart);
uint64_t pl011_read(void *device, uint64_t offset, unsigned int len);
void pl011_write(void *device, uint64_t offset, unsigned int len,
		 uint64_t value);
size_t pl011_receive(struct pl011 *uart, const uint8_t *data, size_t length);

#endif
