/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ASM_PAGE_H
#define SHIM_ASM_PAGE_H

#ifndef PAGE_SIZE
#define PAGE_SIZE	4096UL
#endif

#endif /* SHIM_ASM_PAGE_H */
