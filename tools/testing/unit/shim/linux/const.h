/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_CONST_H
#define SHIM_LINUX_CONST_H

#define _AC(x, suffix)	x##suffix
#define UL(x)		_AC(x, UL)
#define ULL(x)		_AC(x, ULL)

#endif /* SHIM_LINUX_CONST_H */
