// SPDX-License-Identifier: GPL-2.0-only
/*
 * The identification registers as a guest reads them.
 *
 * A list of what is shown rather than of what is hidden: a field that a new
 * architecture version defines stays zero until somebody has thought about the
 * registers, traps and state behind it.
 */
#include <linux/bits.h>
#include <linux/kernel.h>

#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "hyp/el2.h"
#include "idregs.h"

/* How a guest's field comes from the host's. */
enum idreg_rule {
	RULE_END,	/* no more fields */
	RULE_LIMIT,	/* the host's, at most @value */
	RULE_SIGNED,	/* the same for fields where 0b1xxx is negative */
	RULE_FIXED,	/* @value */
};

/* All fields that guests see are four bits wide. */
struct idreg_field {
	u8 rule;
	u8 shift;
	u8 value;
};

#define LIMIT(shift, max)	{ RULE_LIMIT, shift, max }
#define SIGNED(shift, max)	{ RULE_SIGNED, shift, max }
#define FIXED(shift, value)	{ RULE_FIXED, shift, value }

struct idreg_rules {
	u32 encoding;
	struct idreg_field fields[17];
};

#define PFR0_GIC_SHIFT		24
#define MMFR0_PARANGE_SHIFT	0

#define PFR0_DIT_SHIFT		48
#define PFR1_BT_SHIFT		0
#define PFR1_SSBS_SHIFT		4
#define MMFR1_PAN_SHIFT		20
#define MMFR2_UAO_SHIFT		4

/*
 * Not here, and so zero: AArch32 at any level and its registers, EL2, EL3, RAS,
 * SVE, SME, MTE, pointer authentication, MPAM, AMU, PMU, SPE, trace and branch
 * records, nested virtualisation and all else of stage 2 (XNX, FWB, EVT,
 * VMIDBits, TGranX_2), 52-bit descriptors, and what HCRX_EL2 has to enable
 * (MOPS, LS64, TCR2 and the like).
 */
static const struct idreg_rules idreg_rules[] = {
	{ IDREG_AA64PFR0, {
		FIXED(0, 1),		/* EL0: AArch64 */
		FIXED(4, 1),		/* EL1: AArch64 */
		SIGNED(16, 1),		/* FP */
		SIGNED(20, 1),		/* AdvSIMD */
		LIMIT(PFR0_DIT_SHIFT, 1),
		LIMIT(56, 1),		/* CSV2; 2 would promise SCXTNUM_ELx */
		LIMIT(60, 1),		/* CSV3 */
	} },
	{ IDREG_AA64PFR1, {
		LIMIT(PFR1_BT_SHIFT, 1),
		LIMIT(PFR1_SSBS_SHIFT, 2),
	} },
	{ IDREG_AA64DFR0, {
		FIXED(0, 6),		/* DebugVer: Armv8 */
		FIXED(12, IDREG_NR_BREAKPOINTS - 1),
		FIXED(20, IDREG_NR_WATCHPOINTS - 1),
		FIXED(28, 0),		/* CTX_CMPs: one */
		FIXED(36, 0xf),		/* DoubleLock: OSDLR_EL1 is RAZ/WI */
	} },
	{ IDREG_AA64ISAR0, {
		LIMIT(4, 2),		/* AES */
		LIMIT(8, 1),		/* SHA1 */
		LIMIT(12, 2),		/* SHA2 */
		LIMIT(16, 1),		/* CRC32 */
		LIMIT(20, 2),		/* Atomic */
		LIMIT(28, 1),		/* RDM */
		LIMIT(32, 1),		/* SHA3 */
		LIMIT(36, 1),		/* SM3 */
		LIMIT(40, 1),		/* SM4 */
		LIMIT(44, 1),		/* DP */
		LIMIT(48, 1),		/* FHM */
		LIMIT(52, 2),		/* TS */
		LIMIT(56, 2),		/* TLB */
		LIMIT(60, 1),		/* RNDR */
	} },
	{ IDREG_AA64ISAR1, {
		LIMIT(0, 2),		/* DPB */
		LIMIT(12, 1),		/* JSCVT */
		LIMIT(16, 1),		/* FCMA */
		LIMIT(20, 2),		/* LRCPC */
		LIMIT(32, 1),		/* FRINTTS */
		LIMIT(36, 1),		/* SB */
		LIMIT(40, 2),		/* SPECRES */
		LIMIT(44, 2),		/* BF16 */
		LIMIT(48, 1),		/* DGH */
		LIMIT(52, 1),		/* I8MM */
	} },
	{ IDREG_AA64ISAR2, {
		LIMIT(4, 1),		/* RPRES */
		LIMIT(20, 1),		/* BC */
		LIMIT(28, 1),		/* CLRBHB */
		LIMIT(52, 1),		/* CSSC */
	} },
	{ IDREG_AA64MMFR0, {
		LIMIT(MMFR0_PARANGE_SHIFT, 5),	/* and what idregs_filter() says */
		LIMIT(4, 2),		/* ASIDBits */
		LIMIT(8, 1),		/* BigEnd */
		LIMIT(16, 1),		/* BigEndEL0 */
		LIMIT(20, 1),		/* TGran16; 2 would promise 52 bits */
		SIGNED(24, 0),		/* TGran64 */
		SIGNED(28, 0),		/* TGran4; 1 would promise 52 bits */
	} },
	{ IDREG_AA64MMFR1, {
		LIMIT(0, 2),		/* HAFDBS */
		LIMIT(12, 1),		/* HPDS; 2 hands page table bits to the hardware */
		LIMIT(MMFR1_PAN_SHIFT, 3),
		LIMIT(24, 2),		/* SpecSEI */
		LIMIT(36, 2),		/* ETS */
		LIMIT(44, 1),		/* AFP */
		LIMIT(48, 1),		/* nTLBPA */
		LIMIT(60, 1),		/* ECBHB */
	} },
	{ IDREG_AA64MMFR2, {
		LIMIT(0, 1),		/* CnP */
		LIMIT(MMFR2_UAO_SHIFT, 1),
		LIMIT(8, 1),		/* LSM */
		LIMIT(16, 1),		/* VARange */
		LIMIT(20, 1),		/* CCIDX */
		LIMIT(28, 1),		/* ST */
		LIMIT(32, 1),		/* AT */
		LIMIT(36, 1),		/* IDS */
		LIMIT(48, 1),		/* TTL */
		LIMIT(60, 1),		/* E0PD */
	} },
};

static struct idregs_host host_id;
static u64 host_ftr[ARRAY_SIZE(idreg_rules)];

static u64 idreg_field_get(u64 reg, unsigned int shift)
{
	return (reg >> shift) & 0xf;
}

static u64 idreg_field_set(u64 reg, unsigned int shift, u64 value)
{
	return (reg & ~(0xfULL << shift)) | value << shift;
}

static u64 idreg_field_filter(const struct idreg_field *f, u64 host)
{
	u64 value = idreg_field_get(host, f->shift);

	switch (f->rule) {
	case RULE_SIGNED:
		/* 8 to 15 are negative: less than every limit */
		return value >= 8 ? value : min_t(u64, value, f->value);
	case RULE_LIMIT:
		return min_t(u64, value, f->value);
	default:
		return f->value;
	}
}

/*
 * ID_AA64MMFR0_EL1.PARange that covers the guest's whole physical address
 * space: too large a value costs a guest an abort, too small a one memory.
 */
static u64 parange_of(u32 ipa_bits)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits) - 1; i++)
		if (ipa_bits <= bits[i])
			break;
	return i;
}

static const struct idreg_rules *idreg_find(u32 encoding)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(idreg_rules); i++)
		if (idreg_rules[i].encoding == encoding)
			return &idreg_rules[i];
	return NULL;
}

u64 idregs_filter(const struct idregs_config *cfg, u32 encoding, u64 host)
{
	const struct idreg_rules *r = idreg_find(encoding);
	const struct idreg_field *f;
	u64 value = 0;

	if (!r)
		return 0;

	for (f = r->fields; f->rule != RULE_END; f++)
		value = idreg_field_set(value, f->shift, idreg_field_filter(f, host));

	if (encoding == IDREG_AA64PFR0 && cfg->gicv3)
		value = idreg_field_set(value, PFR0_GIC_SHIFT, 1);

	if (encoding == IDREG_AA64MMFR0) {
		u64 range = idreg_field_get(value, MMFR0_PARANGE_SHIFT);

		value = idreg_field_set(value, MMFR0_PARANGE_SHIFT,
					min(range, parange_of(cfg->ipa_bits)));
	}

	return value;
}

/*
 * What the kernel knows of all its CPUs. It warns about registers that it does
 * not know, hence only those of the table are asked for.
 */
static u64 host_ftr_read(u32 encoding)
{
	/* the kernel's sys_reg() keeps the operands five bits further up */
	return read_sanitised_ftr_reg(encoding << 5);
}

void idregs_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(idreg_rules); i++)
		host_ftr[i] = host_ftr_read(idreg_rules[i].encoding);

	host_id.revidr = read_sysreg_s(sys_reg(3, 0, 0, 0, 6));
	host_id.aidr = read_sysreg_s(sys_reg(3, 1, 0, 0, 7));
	host_id.ctr = host_ftr_read(ARMVCPU_SYSREG(3, 3, 0, 0, 1));
	host_id.clidr = read_sysreg_s(sys_reg(3, 1, 0, 0, 1)) & GENMASK_ULL(32, 0);
	host_id.cntfrq = read_sysreg_s(sys_reg(3, 3, 14, 0, 0));
}

u64 idregs_read(const struct idregs_config *cfg, u32 encoding)
{
	const struct idreg_rules *r = idreg_find(encoding);

	return r ? idregs_filter(cfg, encoding, host_ftr[r - idreg_rules]) : 0;
}

const struct idregs_host *idregs_host(void)
{
	return &host_id;
}

u64 idregs_pstate_mask(const struct idregs_config *cfg)
{
	u64 pfr0 = idregs_read(cfg, IDREG_AA64PFR0);
	u64 pfr1 = idregs_read(cfg, IDREG_AA64PFR1);
	u64 mmfr1 = idregs_read(cfg, IDREG_AA64MMFR1);
	u64 mmfr2 = idregs_read(cfg, IDREG_AA64MMFR2);
	u64 mask = GENMASK_ULL(31, 28) |	/* N, Z, C, V */
		   PSTATE_SS | PSTATE_IL |
		   PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F |
		   PSTATE_nRW | PSTATE_M;

	if (idreg_field_get(pfr0, PFR0_DIT_SHIFT))
		mask |= BIT(24);
	if (idreg_field_get(mmfr2, MMFR2_UAO_SHIFT))
		mask |= BIT(23);
	if (idreg_field_get(mmfr1, MMFR1_PAN_SHIFT))
		mask |= BIT(22);
	if (idreg_field_get(pfr1, PFR1_SSBS_SHIFT))
		mask |= BIT(12);
	if (idreg_field_get(pfr1, PFR1_BT_SHIFT))
		mask |= GENMASK_ULL(11, 10);
	return mask;
}
