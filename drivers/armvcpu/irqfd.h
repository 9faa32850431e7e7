/* SPDX-License-Identifier: GPL-2.0-only */
/* Eventfds that interrupt a guest. */
#ifndef ARMVCPU_IRQFD_H
#define ARMVCPU_IRQFD_H

#include <linux/errno.h>
#include <linux/kconfig.h>

#include "uapi.h"

struct armvcpu_vm;

/**
 * struct irqfd_stats - counters
 * @irqfds: that there are now
 * @events: that interrupted
 * @resamples: lines that were lowered and told of
 */
struct irqfd_stats {
	u64 irqfds;
	u64 events;
	u64 resamples;
};

#ifdef CONFIG_EVENTFD
/**
 * irqfd_config() - ARMVCPU_IRQFD
 * @vm: whose lock is held
 * @arg: checked here
 *
 * Return: 0 or a negative errno
 */
int irqfd_config(struct armvcpu_vm *vm, const struct armvcpu_irqfd *arg);

/**
 * irqfd_resampled() - vgic_ops.resampled: vgic_take_resampled() has something to tell
 * @vm: the VM
 *
 * Any context.
 */
void irqfd_resampled(struct armvcpu_vm *vm);

/** irqfd_get_stats() - @stats is filled in; no lock is needed */
void irqfd_get_stats(struct armvcpu_vm *vm, struct irqfd_stats *stats);

/** irqfd_destroy() - with the VM, before its GIC; nobody uses the VM any more */
void irqfd_destroy(struct armvcpu_vm *vm);
#else
static inline int irqfd_config(struct armvcpu_vm *vm, const struct armvcpu_irqfd *arg)
{
	return -ENOTTY;
}

static inline void irqfd_resampled(struct armvcpu_vm *vm)
{
}

static inline void irqfd_get_stats(struct armvcpu_vm *vm, struct irqfd_stats *stats)
{
	*stats = (struct irqfd_stats){ };
}

static inline void irqfd_destroy(struct armvcpu_vm *vm)
{
}
#endif

#endif /* ARMVCPU_IRQFD_H */
