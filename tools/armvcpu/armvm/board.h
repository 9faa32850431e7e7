/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board: where things are. Addresses and interrupts are those of QEMU's
 * "virt" machine, so that images built for that run here as they are.
 */
#ifndef ARMVM_BOARD_H
#define ARMVM_BOARD_H

#define BOARD_GICD_BASE		0x08000000ULL
#define BOARD_GICC_BASE		0x08010000ULL	/* of a GICv2 */
#define BOARD_GICR_BASE		0x080a0000ULL
#define BOARD_GICR_SIZE		0x00f60000ULL
#define BOARD_UART_BASE		0x09000000ULL
#define BOARD_UART_SIZE		0x00001000ULL
#define BOARD_RTC_BASE		0x09010000ULL
#define BOARD_RTC_SIZE		0x00001000ULL
#define BOARD_VIRTIO_BASE	0x0a000000ULL
#define BOARD_VIRTIO_SIZE	0x00000200ULL
#define BOARD_VIRTIO_COUNT	32
#define BOARD_RAM_BASE		0x40000000ULL

/* shared peripheral interrupts: INTID 32 + n */
#define BOARD_UART_SPI		1
#define BOARD_RTC_SPI		2
#define BOARD_VIRTIO_SPI	16	/* of the first transport */

/* INTIDs that the board needs and likes to have */
#define BOARD_MIN_IRQS		96
#define BOARD_IRQS		288

/* private peripheral interrupts: INTID 16 + n */
#define BOARD_TIMER_SECURE_PPI	13
#define BOARD_TIMER_PHYS_PPI	14
#define BOARD_TIMER_VIRT_PPI	11
#define BOARD_TIMER_HYP_PPI	10

#define BOARD_CLOCK_HZ		24000000

/* MPIDR: GICv3 reaches 16 CPUs of a cluster with one SGI. */
#define BOARD_MPIDR(cpu)	((((cpu) / 16ULL) << 8) | ((cpu) % 16ULL))

#endif
