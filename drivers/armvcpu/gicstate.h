/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the VMM that read and set the state of a GIC. */
#ifndef ARMVCPU_GICSTATE_H
#define ARMVCPU_GICSTATE_H

struct armvcpu_vm;

/**
 * gicstate_get_dist() - ARMVCPU_GET_GIC_DIST, and so on
 * @vm: the machine; nothing of it is locked
 * @arg: the VMM's structure
 *
 * Return: 0 or a negative errno, see api.rst; nothing has changed then
 */
long gicstate_get_dist(struct armvcpu_vm *vm, void __user *arg);
long gicstate_set_dist(struct armvcpu_vm *vm, void __user *arg);
long gicstate_get_cpu(struct armvcpu_vm *vm, void __user *arg);
long gicstate_set_cpu(struct armvcpu_vm *vm, void __user *arg);
long gicstate_get_irqs(struct armvcpu_vm *vm, void __user *arg);
long gicstate_set_irqs(struct armvcpu_vm *vm, void __user *arg);

#endif /* ARMVCPU_GICSTATE_H */
