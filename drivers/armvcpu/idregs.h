/* SPDX-License-Identifier: GPL-2.0-only */
/* The identification registers as a guest reads them. */
#ifndef ARMVCPU_IDREGS_H
#define ARMVCPU_IDREGS_H

#include <linux/types.h>

#include "uapi.h"

/*
 * The ID space that HCR_EL2.TID3 traps: op0 = 3, op1 = 0, CRn = 0, CRm = 1 to
 * 7 (Arm ARM D12.3.1). Encodings there without a register read as zero.
 */
#define IDREG(crm, op2)		ARMVCPU_SYSREG(3, 0, 0, crm, op2)
#define IDREG_FIRST		IDREG(1, 0)
#define IDREG_LAST		IDREG(7, 7)
#define IDREG_COUNT		(IDREG_LAST - IDREG_FIRST + 1)

#define IDREG_AA64PFR0		IDREG(4, 0)
#define IDREG_AA64PFR1		IDREG(4, 1)
#define IDREG_AA64DFR0		IDREG(5, 0)
#define IDREG_AA64ISAR0		IDREG(6, 0)
#define IDREG_AA64ISAR1		IDREG(6, 1)
#define IDREG_AA64ISAR2		IDREG(6, 2)
#define IDREG_AA64MMFR0		IDREG(7, 0)
#define IDREG_AA64MMFR1		IDREG(7, 1)
#define IDREG_AA64MMFR2		IDREG(7, 2)

/* breakpoints and watchpoints of a guest, ID_AA64DFR0_EL1.{BRPs,WRPs} + 1 */
#define IDREG_NR_BREAKPOINTS	2
#define IDREG_NR_WATCHPOINTS	2

/**
 * struct idregs_config - what of a VM shows in its ID registers
 * @ipa_bits: bits of guest physical address
 * @gicv3: the VM has an in-kernel GICv3
 */
struct idregs_config {
	u32 ipa_bits;
	bool gicv3;
};

/**
 * struct idregs_host - identification of the host that guests see unchanged
 * @revidr: REVIDR_EL1
 * @aidr: AIDR_EL1
 * @ctr: CTR_EL0, what all CPUs of the host can agree on
 * @clidr: CLIDR_EL1 without the allocation tag cache types
 * @cntfrq: CNTFRQ_EL0 in Hz
 *
 * The values are those of the CPU that loaded the module.
 */
struct idregs_host {
	u64 revidr;
	u64 aidr;
	u64 ctr;
	u64 clidr;
	u64 cntfrq;
};

/**
 * idregs_filter - make a guest's ID register from the host's
 * @cfg: what the VM has
 * @encoding: ARMVCPU_SYSREG() from IDREG_FIRST to IDREG_LAST
 * @host: the host's value, already what all of its CPUs have
 *
 * A field reaches the guest only if a table names it, and never with a value
 * above the one the module knows how to handle.
 *
 * Return: the value; 0 for registers with nothing to show and for unallocated
 * encodings.
 */
u64 idregs_filter(const struct idregs_config *cfg, u32 encoding, u64 host);

/**
 * idregs_init - read the host's identification
 *
 * Called once, before there is a vCPU.
 */
void idregs_init(void);

/**
 * idregs_read - value of an ID register
 * @cfg: what the VM has
 * @encoding: ARMVCPU_SYSREG() from IDREG_FIRST to IDREG_LAST
 *
 * Return: idregs_filter() of what idregs_init() found.
 */
u64 idregs_read(const struct idregs_config *cfg, u32 encoding);

/**
 * idregs_host - identification that guests see unchanged
 *
 * Return: what idregs_init() found.
 */
const struct idregs_host *idregs_host(void);

/**
 * idregs_pstate_mask - bits of PSTATE that exist for a guest
 * @cfg: what the VM has
 *
 * Return: mask in the layout of SPSR_EL2 (Arm ARM C5.2.19), with M[4:0].
 */
u64 idregs_pstate_mask(const struct idregs_config *cfg);

#endif /* ARMVCPU_IDREGS_H */
