/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device knows of the interrupt controller: one line. */
#ifndef ARMVM_IRQ_H
#define ARMVM_IRQ_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct irq_line - the wire from a device to the interrupt controller
 * @set: drives the wire; may be called from any thread, with locks held
 * @owner: for @set
 * @spi: shared peripheral interrupt, INTID - 32
 */
struct irq_line {
	void (*set)(struct irq_line *line, bool level);
	void *owner;
	uint32_t spi;
};

static inline void irq_set(struct irq_line *line, bool level)
{
	line->set(line, level);
}

#endif
