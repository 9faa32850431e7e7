/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ASM_SYSREG_H
#define SHIM_ASM_SYSREG_H

/* The registers of the machine are what the test says. */
#include <linux/types.h>

#define sys_reg(op0, op1, crn, crm, op2) \
	((op0) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)

u64 shim_read_sysreg(u32 reg);
void shim_write_sysreg(u64 value, u32 reg);

#define read_sysreg_s(reg)		shim_read_sysreg(reg)
#define write_sysreg_s(value, reg)	shim_write_sysreg(value, reg)

#endif /* SHIM_ASM_SYSREG_H */
