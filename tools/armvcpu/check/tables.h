/* SPDX-License-Identifier: GPL-2.0-only */
/* The firmware's description of timer, GIC and hypervisor. */
#ifndef ARMVCPU_CHECK_TABLES_H
#define ARMVCPU_CHECK_TABLES_H

#include "check.h"

/**
 * devicetree_read() - from the flattened tree that the kernel shows as files
 *
 * Sets the timer's INTIDs, gic, gic_maintenance, el2_owner and psci_hvc, as far
 * as they are there.
 *
 * Return: false when there is no device tree.
 */
bool devicetree_read(struct facts *f, const char *root);

/** acpi_read() - the same from GTDT and MADT, which only root may read */
bool acpi_read(struct facts *f, const char *root);

#endif /* ARMVCPU_CHECK_TABLES_H */
