/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_MMU_NOTIFIER_H
#define SHIM_LINUX_MMU_NOTIFIER_H

/* Enough to be a member; whoever calls it provides the functions. */
struct mmu_notifier {
	const void *ops;
};

#endif /* SHIM_LINUX_MMU_NOTIFIER_H */
