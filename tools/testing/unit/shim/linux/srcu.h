/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_SRCU_H
#define SHIM_LINUX_SRCU_H

/* Enough to be a member; whoever calls it provides the functions. */
struct srcu_struct {
	int readers;
};

#endif /* SHIM_LINUX_SRCU_H */
