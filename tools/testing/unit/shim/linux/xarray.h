/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_XARRAY_H
#define SHIM_LINUX_XARRAY_H

/* Enough to be a member; whoever calls it provides the functions. */
struct xarray {
	void *head;
};

#endif /* SHIM_LINUX_XARRAY_H */
