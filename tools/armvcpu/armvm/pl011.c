// SPDX-License-Identifier: GPL-2.0-only
/*
 * PL011 UART (Arm DDI 0183, r1p1: FIFOs of 16).
 *
 * Time is left out: a character that is sent is gone at once, so the transmit
 * FIFO is always empty; one that waits in the receive FIFO counts as having
 * waited for the receive timeout. Baud rate and parity are kept and ignored,
 * and the UART works also when it is not enabled in UARTCR, as small guests
 * expect that were only ever run on emulated boards.
 */
#include "pl011.h"

#include <string.h>

#define UARTDR		PL011_DATA
#define UARTRSR		0x004	/* UARTECR when written */
#define UARTFR		0x018
#define UARTILPR	0x020
#define UARTIBRD	0x024
#define UARTFBRD	0x028
#define UARTLCR_H	0x02c
#define UARTCR		0x030
#define UARTIFLS	0x034
#define UARTIMSC	0x038
#define UARTRIS		0x03c
#define UARTMIS		0x040
#define UARTICR		0x044
#define UARTDMACR	0x048
#define UARTPERIPHID0	0xfe0

#define FR_TXFE		(1U << 7)
#define FR_RXFF		(1U << 6)
#define FR_RXFE		(1U << 4)

#define LCR_FEN		(1U << 4)

#define CR_LBE		(1U << 7)
#define CR_TXE		(1U << 8)
#define CR_RXE		(1U << 9)

#define INT_RX		(1U << 4)
#define INT_TX		(1U << 5)
#define INT_RT		(1U << 6)
#define INT_MASK	0x7ffU

/* UARTPeriphID0-3 and UARTPCellID0-3, one byte every four */
static const uint8_t ids[] = {
	0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1,
};

static unsigned int fifo_depth(const struct pl011 *uart)
{
	return uart->lcr & LCR_FEN ? PL011_FIFO_SIZE : 1;
}

/* Characters in the receive FIFO that raise the receive interrupt. */
static unsigned int rx_trigger(const struct pl011 *uart)
{
	static const uint8_t levels[] = { 2, 4, 8, 12, 14 };
	unsigned int select = uart->ifls >> 3 & 7;

	if (!(uart->lcr & LCR_FEN))
		return 1;
	/* The other selections are reserved; take the reset value. */
	return levels[select < sizeof(levels) ? select : 2];
}

static void update_line(struct pl011 *uart)
{
	irq_set(&uart->line, uart->ris & uart->imsc);
}

/* The receive interrupts after characters came in. */
static void rx_arrived(struct pl011 *uart)
{
	if (uart->count >= rx_trigger(uart))
		uart->ris |= INT_RX;
	if (uart->count)
		uart->ris |= INT_RT;
}

/* The receive interrupts after characters were taken out. */
static void rx_taken(struct pl011 *uart)
{
	if (uart->count < rx_trigger(uart))
		uart->ris &= ~INT_RX;
	if (!uart->count)
		uart->ris &= ~INT_RT;
}

static bool rx_push(struct pl011 *uart, uint8_t c)
{
	if (uart->count >= fifo_depth(uart))
		return false;
	uart->fifo[(uart->head + uart->count) % PL011_FIFO_SIZE] = c;
	uart->count++;
	return true;
}

static uint32_t rx_pop(struct pl011 *uart)
{
	uint8_t c = uart->fifo[uart->head];

	if (!uart->count)
		return 0;
	uart->head = (uart->head + 1) % PL011_FIFO_SIZE;
	uart->count--;
	rx_taken(uart);
	update_line(uart);
	return c;
}

/**
 * pl011_init() - first initialisation
 * @uart: @line, @transmit, @drained and @owner are set, the rest is not
 */
void pl011_init(struct pl011 *uart)
{
	pthread_mutex_init(&uart->lock, NULL);
	uart->starved = false;
	pl011_reset(uart);
}

/**
 * pl011_reset() - all registers as after reset; the FIFO's content is lost
 * @uart: the UART
 */
void pl011_reset(struct pl011 *uart)
{
	pthread_mutex_lock(&uart->lock);
	memset(uart->fifo, 0, sizeof(uart->fifo));
	uart->head = 0;
	uart->count = 0;
	uart->rsr = 0;
	uart->ilpr = 0;
	uart->ibrd = 0;
	uart->fbrd = 0;
	uart->lcr = 0;
	uart->cr = CR_RXE | CR_TXE;
	uart->ifls = 0x12;
	uart->imsc = 0;
	uart->ris = 0;
	uart->dmacr = 0;
	update_line(uart);
	pthread_mutex_unlock(&uart->lock);
}

static uint32_t flags(const struct pl011 *uart)
{
	uint32_t fr = FR_TXFE;

	if (!uart->count)
		fr |= FR_RXFE;
	if (uart->count >= fifo_depth(uart))
		fr |= FR_RXFF;
	return fr;
}

static uint32_t read_register(struct pl011 *uart, uint64_t offset)
{
	switch (offset) {
	case UARTDR:
		return rx_pop(uart);
	case UARTRSR:
		return uart->rsr;
	case UARTFR:
		return flags(uart);
	case UARTILPR:
		return uart->ilpr;
	case UARTIBRD:
		return uart->ibrd;
	case UARTFBRD:
		return uart->fbrd;
	case UARTLCR_H:
		return uart->lcr;
	case UARTCR:
		return uart->cr;
	case UARTIFLS:
		return uart->ifls;
	case UARTIMSC:
		return uart->imsc;
	case UARTRIS:
		return uart->ris;
	case UARTMIS:
		return uart->ris & uart->imsc;
	case UARTDMACR:
		return uart->dmacr;
	}
	if (offset >= UARTPERIPHID0 && offset < UARTPERIPHID0 + 32)
		return ids[(offset - UARTPERIPHID0) / 4];
	return 0;
}

/**
 * pl011_read() - a guest's load from the registers
 * @device: the struct pl011
 * @offset: byte offset into the frame
 * @len: bytes; the register is 32 bits whatever is asked for
 */
uint64_t pl011_read(void *device, uint64_t offset, unsigned int len)
{
	struct pl011 *uart = device;
	bool room;
	uint32_t value;

	(void)len;
	pthread_mutex_lock(&uart->lock);
	value = read_register(uart, offset);
	room = uart->starved && uart->count < fifo_depth(uart);
	if (room)
		uart->starved = false;
	pthread_mutex_unlock(&uart->lock);

	if (room)
		uart->drained(uart->owner);
	return value;
}

static void write_lcr(struct pl011 *uart, uint32_t value)
{
	/* Turning the FIFOs on or off empties them. */
	if ((uart->lcr ^ value) & LCR_FEN) {
		uart->head = 0;
		uart->count = 0;
		uart->ris &= ~(INT_RX | INT_RT);
	}
	uart->lcr = value & 0xff;
}

/* Returns true when @value is a character to be sent out. */
static bool write_register(struct pl011 *uart, uint64_t offset,
			   uint32_t value)
{
	bool send = false;

	switch (offset) {
	case UARTDR:
		if (uart->cr & CR_LBE) {
			if (!rx_push(uart, (uint8_t)value))
				uart->rsr |= 1U << 3;
			rx_arrived(uart);
		} else {
			send = true;
		}
		uart->ris |= INT_TX;
		break;
	case UARTRSR:
		uart->rsr = 0;
		break;
	case UARTILPR:
		uart->ilpr = value & 0xff;
		break;
	case UARTIBRD:
		uart->ibrd = value & 0xffff;
		break;
	case UARTFBRD:
		uart->fbrd = value & 0x3f;
		break;
	case UARTLCR_H:
		write_lcr(uart, value);
		break;
	case UARTCR:
		uart->cr = value & 0xff87;
		break;
	case UARTIFLS:
		uart->ifls = value & 0x3f;
		if (uart->count >= rx_trigger(uart))
			uart->ris |= INT_RX;
		break;
	case UARTIMSC:
		uart->imsc = value & INT_MASK;
		break;
	case UARTICR:
		uart->ris &= ~(value & INT_MASK);
		break;
	case UARTDMACR:
		uart->dmacr = value & 7;
		break;
	}
	update_line(uart);
	return send;
}

/**
 * pl011_write() - a guest's store to the registers
 * @device: the struct pl011
 * @offset: byte offset into the frame
 * @len: bytes
 * @value: zero extended
 */
void pl011_write(void *device, uint64_t offset, unsigned int len,
		 uint64_t value)
{
	struct pl011 *uart = device;
	bool send, room;

	(void)len;
	pthread_mutex_lock(&uart->lock);
	send = write_register(uart, offset, (uint32_t)value);
	room = uart->starved && uart->count < fifo_depth(uart);
	if (room)
		uart->starved = false;
	pthread_mutex_unlock(&uart->lock);

	/* The console may block; nobody else shall wait for it. */
	if (send)
		uart->transmit(uart->owner, (uint8_t)value);
	if (room)
		uart->drained(uart->owner);
}

/**
 * pl011_receive() - characters from the outside
 * @uart: the UART
 * @data: the characters
 * @length: how many
 *
 * Return: how many were taken. When it is less than @length, @drained is
 * called as soon as there is room for more.
 */
size_t pl011_receive(struct pl011 *uart, const uint8_t *data, size_t length)
{
	size_t taken = 0;

	pthread_mutex_lock(&uart->lock);
	/* In loopback the receiver is cut off from its pin. */
	if (uart->cr & CR_LBE)
		taken = length;
	while (taken < length && rx_push(uart, data[taken]))
		taken++;
	uart->starved = taken < length;
	rx_arrived(uart);
	update_line(uart);
	pthread_mutex_unlock(&uart->lock);
	return taken;
}
