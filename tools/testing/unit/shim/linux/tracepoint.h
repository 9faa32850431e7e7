/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_TRACEPOINT_H
#define SHIM_LINUX_TRACEPOINT_H

#include <linux/types.h>

/* Tracepoints have their arguments' types and do nothing. */
#define TP_PROTO(...)	__VA_ARGS__
#define TRACE_EVENT(name, proto, ...) \
	static inline void trace_##name(proto) { }

#endif /* SHIM_LINUX_TRACEPOINT_H */
