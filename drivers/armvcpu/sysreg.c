// SPDX-License-Identifier: GPL-2.0-only
/*
 * System registers: one table for traps, reset, and the VMM's view of them.
 *
 * What is not in the table does not exist for the guest: performance monitors,
 * statistical profiling, trace, AMU, MPAM, RAS, SVE, SME, MTE, pointer
 * authentication and implementation defined registers, all of them hidden in
 * the ID registers and, but for MPAM's, trapped. MPAM2_EL2 may belong to EL3
 * (MPAM3_EL3.TRAPLOWER), and to write it would be the end then.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include <asm/arch_timer.h>

#include "armvcpu.h"
#include "hyp/el2.h"
#include "idregs.h"
#include "resident.h"
#include "sysreg.h"
#include "timer.h"
#include "trace.h"

/* bits of sysreg_row.flags */
#define SR_RO		BIT(0)	/* the guest cannot write it */
#define SR_WO		BIT(1)	/* the guest cannot read it */
#define SR_NO_TRAP	BIT(2)	/* UNDEFINED for the guest, state for the VMM */
#define SR_NO_USER	BIT(3)	/* no state: not for GET, SET and LIST */
#define SR_NO_LIST	BIT(4)	/* not for LIST: unallocated */
#define SR_GIC		BIT(5)	/* exists only with an in-kernel GICv3 */
#define SR_QUICK	BIT(6)	/* needs no register of the guest, and does not sleep */
#define SR_SOFT		BIT(7)	/* traps only where the CPU interface is software */

#define NO_STORAGE	(-1)

/**
 * struct sysreg_row - a system register
 * @encoding: ARMVCPU_SYSREG(), the table's sort key
 * @name: as in the Arm ARM; NULL for unallocated encodings
 * @flags: SR_*
 * @icc: enum vgic_icc_reg, for access_icc()
 * @reg: enum hyp_sysreg that holds its value, or NO_STORAGE
 * @mask: bits that can change; others keep the value that @get returns
 * @reset: value after reset, for rows with storage or @set
 * @get: reads it; NULL: @reg or, without one, zero
 * @set: writes it for the VMM and for reset; NULL: @reg or nothing. Bits
 *	outside of @mask are not to be looked at
 * @write: writes it for the guest; NULL: as for the VMM
 * @access: reads or writes it for the guest, in place of all others; false:
 *	UNDEFINED
 */
struct sysreg_row {
	u16 encoding;
	u16 flags;
	u8 icc;
	s16 reg;
	const char *name;
	u64 mask;
	u64 reset;
	u64 (*get)(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row);
	void (*set)(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value);
	void (*write)(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value);
	bool (*access)(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, bool write,
		       u64 *value);
};

/* SCTLR_EL1 bits, Arm ARM D19.2.118 */
#define SCTLR_M		BIT(0)
#define SCTLR_C		BIT(2)

/*
 * SCTLR_EL1 after reset: MMU and caches off, little endian. Bits that were
 * RES1 before some extension gave them a meaning are set, and so are nTWE, nTWI,
 * SA, SA0, CP15BEN and nAA, which are UNKNOWN out of reset.
 */
#define SCTLR_RESET	0x30d50878ULL

/* DBGAUTHSTATUS_EL1: non-secure debug implemented and disabled */
#define DBGAUTHSTATUS	0xaULL

/* OSLSR_EL1: OSLM says that the OS lock is implemented, OSLK that it is on */
#define OSLSR_OSLM	BIT(3)
#define OSLSR_OSLK	BIT(1)

/* OSLAR_EL1 */
#define OSLAR_OSLK	BIT(0)

/* ICC_SRE_EL1: SRE, DFB and DIB are RAO/WI, IHI0069 12.2.24 */
#define ICC_SRE		7ULL

#define MPIDR_RES1	BIT(31)

static u64 get_storage(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return hyp_read_sysreg(vcpu->hyp, row->reg) & row->mask;
}

static void set_storage(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	hyp_write_sysreg(vcpu->hyp, row->reg, value & row->mask);
}

static u64 row_get(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	if (row->get)
		return row->get(vcpu, row);
	return row->reg == NO_STORAGE ? 0 : get_storage(vcpu, row);
}

static void row_set(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	if (row->set)
		row->set(vcpu, row, value);
	else if (row->reg != NO_STORAGE)
		set_storage(vcpu, row, value);
}

/* ---- MMU and caches ------------------------------------------------------ */

static bool caches_on(struct armvcpu_vcpu *vcpu)
{
	u64 sctlr = hyp_read_sysreg(vcpu->hyp, HYP_SCTLR_EL1);

	return (sctlr & (SCTLR_M | SCTLR_C)) == (SCTLR_M | SCTLR_C);
}

/*
 * HCR_EL2.TVM traps all writes of the registers of stage 1 translation, until
 * the guest has its MMU and its caches on. What was read or written around the
 * caches before, or through them before they went off, must be the same in
 * memory and in the caches when the guest changes from one to the other, by its
 * own write or by the VMM's.
 */
static void write_vm_reg(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	bool was_on = caches_on(vcpu);
	bool now_on;

	set_storage(vcpu, row, value);
	now_on = caches_on(vcpu);
	if (now_on != was_on)
		vm_memory_flush_dcache(&vcpu->vm->mem);
	if (now_on)
		vcpu->hyp->hcr &= ~HYP_HCR_TVM;
	else if (was_on)
		vcpu->hyp->hcr |= HYP_HCR_TVM;
}

/*
 * DC ISW, CSW and CISW work on one CPU's caches, and a vCPU has none of its own.
 * A guest that uses them is about to switch its caches or has just done so, and
 * goes on for all sets and ways: one of these operations cleans and invalidates
 * all of its memory, the others find that done. That one is the first, which
 * sets HCR_EL2.TVM, and again each with the same set, way and level: no later
 * round over the caches is without it.
 *
 * With TVM set the caches go off and on under our eyes, and while they are off
 * there is nothing in them to clean.
 */
static void write_set_way(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	if (vcpu->hyp->hcr & HYP_HCR_TVM &&
	    (!caches_on(vcpu) || value != vcpu->set_way))
		return;
	vcpu->set_way = value;
	vm_memory_flush_dcache(&vcpu->vm->mem);
	vcpu->hyp->hcr |= HYP_HCR_TVM;
}

/*
 * A cache of one set and one way and the right line size: loops over sets and
 * ways are short, which costs nothing since one operation does it all.
 */
static u64 get_ccsidr(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	const struct idregs_host *host = idregs_host();
	u64 csselr = hyp_read_sysreg(vcpu->hyp, HYP_CSSELR_EL1);
	unsigned int level = (csselr >> 1) & 7;
	bool icache = csselr & 1;
	u64 type, line;

	type = level < 7 ? (host->clidr >> (3 * level)) & 7 : 0;
	if (!(icache ? type & 1 : type & 6))
		return 0;

	/* CTR_EL0 has log2 of words, CCSIDR_EL1 log2 of bytes less 4 */
	line = ((icache ? host->ctr : host->ctr >> 16) & 0xf) + 2;
	return line > 4 ? min_t(u64, line - 4, 7) : 0;
}

/* ---- identification ------------------------------------------------------ */

struct idregs_config sysreg_idregs_config(const struct armvcpu_vcpu *vcpu)
{
	struct idregs_config cfg = {
		.ipa_bits = vcpu->vm->mem.s2.ipa_bits,
		.gicv3 = vcpu->vm->gic_model == ARMVCPU_GIC_V3,
	};

	return cfg;
}

static u64 get_idreg(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	struct idregs_config cfg = sysreg_idregs_config(vcpu);

	return idregs_read(&cfg, row->encoding);
}

static u64 get_midr(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return vcpu->hyp->vpidr;
}

static u64 get_mpidr(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return vcpu->mpidr | MPIDR_RES1;
}

static u64 get_revidr(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return idregs_host()->revidr;
}

static u64 get_aidr(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return idregs_host()->aidr;
}

static u64 get_clidr(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return idregs_host()->clidr;
}

static u64 get_ctr(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return idregs_host()->ctr;
}

static u64 get_cntfrq(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return idregs_host()->cntfrq;
}

/* ---- debug ---------------------------------------------------------------- */

static u64 get_dbgauthstatus(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return DBGAUTHSTATUS;
}

static u64 get_oslsr(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return OSLSR_OSLM | (vcpu->os_lock ? OSLSR_OSLK : 0);
}

static void set_oslsr(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	vcpu->os_lock = value & OSLSR_OSLK;
}

/* The lock masks debug exceptions, of which there are none: it is all there is to it. */
static void write_oslar(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	vcpu->os_lock = value & OSLAR_OSLK;
}

/* ---- GIC ------------------------------------------------------------------- */

static u64 get_icc_sre(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return ICC_SRE;
}

static void write_sgi0r(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	vgic_send_sgi(vcpu->vm->gic, &vcpu->gic, value, VGIC_ICC_SGI0R);
}

static void write_sgi1r(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	vgic_send_sgi(vcpu->vm->gic, &vcpu->gic, value, VGIC_ICC_SGI1R);
}

static void write_asgi1r(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	vgic_send_sgi(vcpu->vm->gic, &vcpu->gic, value, VGIC_ICC_ASGI1R);
}

/*
 * Registers of the CPU interface that trap while the vGIC needs it, or always where
 * they are software. These need no register of the guest.
 */
static bool access_icc(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, bool write,
		       u64 *value)
{
	if (vcpu->gic.soft)
		timer_sample(vcpu);
	if (write)
		return vgic_icc_write(&vcpu->gic, &vcpu->hyp->gic, row->icc, *value);
	return vgic_icc_read(&vcpu->gic, &vcpu->hyp->gic, row->icc, value);
}

/* ---- timers ----------------------------------------------------------------- */

static u64 get_cntpct(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return __arch_counter_get_cntpct();
}

/* op2 of CNTP_TVAL_EL0, CNTP_CTL_EL0 and CNTP_CVAL_EL0 is 0, 1 and 2 */
static enum timer_reg timer_reg_of(const struct sysreg_row *row)
{
	switch (row->encoding & 7) {
	case 0:
		return TIMER_TVAL;
	case 1:
		return TIMER_CTL;
	default:
		return TIMER_CVAL;
	}
}

static u64 get_cntp(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return timer_read_cntp(vcpu, timer_reg_of(row));
}

static void set_cntp(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	timer_write_cntp(vcpu, timer_reg_of(row), value);
}

static u64 get_cntv_ctl(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return vcpu->hyp->timer.cntv_ctl & row->mask;
}

static void set_cntv_ctl(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	vcpu->hyp->timer.cntv_ctl = value & (CNT_CTL_ENABLE | CNT_CTL_IMASK);
}

static u64 get_cntv_cval(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return vcpu->hyp->timer.cntv_cval;
}

static void set_cntv_cval(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	vcpu->hyp->timer.cntv_cval = value;
	vcpu->hyp->timer.cntv_ctl &= ~(u64)CNT_CTL_ISTATUS;
}

/* ---- others ------------------------------------------------------------------ */

static u64 get_sp_el0(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	return vcpu->hyp->sp_el0;
}

static void set_sp_el0(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	vcpu->hyp->sp_el0 = value;
}

/* ---- the table --------------------------------------------------------------- */

#define ROW(op0, op1, crn, crm, op2, nm, ...)				\
	{ .encoding = ARMVCPU_SYSREG(op0, op1, crn, crm, op2),		\
	  .name = nm, .reg = NO_STORAGE, __VA_ARGS__ }

/* A register that the CPU has while the guest runs. */
#define EL1(op0, op1, crn, crm, op2, nm, bits, ...)			\
	{ .encoding = ARMVCPU_SYSREG(op0, op1, crn, crm, op2),		\
	  .name = #nm, .reg = HYP_##nm, .mask = bits, __VA_ARGS__ }

/* The same, if HCR_EL2.TVM traps it. */
#define EL1_VM(op0, op1, crn, crm, op2, nm, bits, ...)			\
	EL1(op0, op1, crn, crm, op2, nm, bits, .write = write_vm_reg, ## __VA_ARGS__)

/* Reads as zero, writes are ignored, nothing to save. */
#define RAZ_WI(op0, op1, crn, crm, op2, nm)				\
	ROW(op0, op1, crn, crm, op2, nm, .flags = SR_NO_USER)

#define ID(crm, op2, nm)						\
	ROW(3, 0, 0, crm, op2, nm, .flags = SR_RO | SR_QUICK, .get = get_idreg)
#define ID_RES(crm, op2)						\
	ROW(3, 0, 0, crm, op2, NULL, .flags = SR_RO | SR_NO_LIST, .get = get_idreg)

/* A register of the GIC's CPU interface. */
#define ICC(crn, crm, op2, nm, fl)					\
	ROW(3, 0, crn, crm, op2, "ICC_" #nm "_EL1", .flags = SR_NO_USER | SR_GIC | (fl), \
	    .icc = VGIC_ICC_##nm, .access = access_icc)

#define ALL	(~0ULL)
#define LOW32	GENMASK_ULL(31, 0)

/* In ascending order of encodings. */
static const struct sysreg_row sysreg_table[] = {
	ROW(1, 0, 7, 6, 2, "DC ISW", .flags = SR_WO | SR_NO_USER, .write = write_set_way),
	ROW(1, 0, 7, 10, 2, "DC CSW", .flags = SR_WO | SR_NO_USER, .write = write_set_way),
	ROW(1, 0, 7, 14, 2, "DC CISW", .flags = SR_WO | SR_NO_USER, .write = write_set_way),

	RAZ_WI(2, 0, 0, 0, 2, "OSDTRRX_EL1"),
	RAZ_WI(2, 0, 0, 0, 4, "DBGBVR0_EL1"),
	RAZ_WI(2, 0, 0, 0, 5, "DBGBCR0_EL1"),
	RAZ_WI(2, 0, 0, 0, 6, "DBGWVR0_EL1"),
	RAZ_WI(2, 0, 0, 0, 7, "DBGWCR0_EL1"),
	RAZ_WI(2, 0, 0, 1, 4, "DBGBVR1_EL1"),
	RAZ_WI(2, 0, 0, 1, 5, "DBGBCR1_EL1"),
	RAZ_WI(2, 0, 0, 1, 6, "DBGWVR1_EL1"),
	RAZ_WI(2, 0, 0, 1, 7, "DBGWCR1_EL1"),
	RAZ_WI(2, 0, 0, 2, 0, "MDCCINT_EL1"),
	RAZ_WI(2, 0, 0, 2, 2, "MDSCR_EL1"),
	RAZ_WI(2, 0, 0, 3, 2, "OSDTRTX_EL1"),
	RAZ_WI(2, 0, 0, 6, 2, "OSECCR_EL1"),
	ROW(2, 0, 1, 0, 0, "MDRAR_EL1", .flags = SR_RO | SR_NO_USER),
	ROW(2, 0, 1, 0, 4, "OSLAR_EL1", .flags = SR_WO | SR_NO_USER, .write = write_oslar),
	ROW(2, 0, 1, 1, 4, "OSLSR_EL1", .flags = SR_RO, .mask = OSLSR_OSLK, .reset = OSLSR_OSLK,
	    .get = get_oslsr, .set = set_oslsr),
	RAZ_WI(2, 0, 1, 3, 4, "OSDLR_EL1"),
	RAZ_WI(2, 0, 1, 4, 4, "DBGPRCR_EL1"),
	RAZ_WI(2, 0, 7, 8, 6, "DBGCLAIMSET_EL1"),
	RAZ_WI(2, 0, 7, 9, 6, "DBGCLAIMCLR_EL1"),
	ROW(2, 0, 7, 14, 6, "DBGAUTHSTATUS_EL1", .flags = SR_RO | SR_NO_USER,
	    .get = get_dbgauthstatus),
	ROW(2, 3, 0, 1, 0, "MDCCSR_EL0", .flags = SR_RO | SR_NO_USER),
	RAZ_WI(2, 3, 0, 4, 0, "DBGDTR_EL0"),
	RAZ_WI(2, 3, 0, 5, 0, "DBGDTRRX_EL0, DBGDTRTX_EL0"),

	ROW(3, 0, 0, 0, 0, "MIDR_EL1", .flags = SR_RO, .get = get_midr),
	ROW(3, 0, 0, 0, 5, "MPIDR_EL1", .flags = SR_RO, .get = get_mpidr),
	ROW(3, 0, 0, 0, 6, "REVIDR_EL1", .flags = SR_RO, .get = get_revidr),

	ID(1, 0, "ID_PFR0_EL1"),
	ID(1, 1, "ID_PFR1_EL1"),
	ID(1, 2, "ID_DFR0_EL1"),
	ID(1, 3, "ID_AFR0_EL1"),
	ID(1, 4, "ID_MMFR0_EL1"),
	ID(1, 5, "ID_MMFR1_EL1"),
	ID(1, 6, "ID_MMFR2_EL1"),
	ID(1, 7, "ID_MMFR3_EL1"),
	ID(2, 0, "ID_ISAR0_EL1"),
	ID(2, 1, "ID_ISAR1_EL1"),
	ID(2, 2, "ID_ISAR2_EL1"),
	ID(2, 3, "ID_ISAR3_EL1"),
	ID(2, 4, "ID_ISAR4_EL1"),
	ID(2, 5, "ID_ISAR5_EL1"),
	ID(2, 6, "ID_MMFR4_EL1"),
	ID(2, 7, "ID_ISAR6_EL1"),
	ID(3, 0, "MVFR0_EL1"),
	ID(3, 1, "MVFR1_EL1"),
	ID(3, 2, "MVFR2_EL1"),
	ID_RES(3, 3),
	ID(3, 4, "ID_PFR2_EL1"),
	ID(3, 5, "ID_DFR1_EL1"),
	ID(3, 6, "ID_MMFR5_EL1"),
	ID_RES(3, 7),
	ID(4, 0, "ID_AA64PFR0_EL1"),
	ID(4, 1, "ID_AA64PFR1_EL1"),
	ID(4, 2, "ID_AA64PFR2_EL1"),
	ID_RES(4, 3),
	ID(4, 4, "ID_AA64ZFR0_EL1"),
	ID(4, 5, "ID_AA64SMFR0_EL1"),
	ID_RES(4, 6),
	ID(4, 7, "ID_AA64FPFR0_EL1"),
	ID(5, 0, "ID_AA64DFR0_EL1"),
	ID(5, 1, "ID_AA64DFR1_EL1"),
	ID(5, 2, "ID_AA64DFR2_EL1"),
	ID_RES(5, 3),
	ID(5, 4, "ID_AA64AFR0_EL1"),
	ID(5, 5, "ID_AA64AFR1_EL1"),
	ID_RES(5, 6),
	ID_RES(5, 7),
	ID(6, 0, "ID_AA64ISAR0_EL1"),
	ID(6, 1, "ID_AA64ISAR1_EL1"),
	ID(6, 2, "ID_AA64ISAR2_EL1"),
	ID(6, 3, "ID_AA64ISAR3_EL1"),
	ID_RES(6, 4),
	ID_RES(6, 5),
	ID_RES(6, 6),
	ID_RES(6, 7),
	ID(7, 0, "ID_AA64MMFR0_EL1"),
	ID(7, 1, "ID_AA64MMFR1_EL1"),
	ID(7, 2, "ID_AA64MMFR2_EL1"),
	ID(7, 3, "ID_AA64MMFR3_EL1"),
	ID(7, 4, "ID_AA64MMFR4_EL1"),
	ID_RES(7, 5),
	ID_RES(7, 6),
	ID_RES(7, 7),

	EL1_VM(3, 0, 1, 0, 0, SCTLR_EL1, ALL, .set = write_vm_reg, .reset = SCTLR_RESET),
	ROW(3, 0, 1, 0, 1, "ACTLR_EL1"),
	EL1(3, 0, 1, 0, 2, CPACR_EL1, ALL),
	EL1_VM(3, 0, 2, 0, 0, TTBR0_EL1, ALL),
	EL1_VM(3, 0, 2, 0, 1, TTBR1_EL1, ALL),
	EL1_VM(3, 0, 2, 0, 2, TCR_EL1, ALL),
	EL1(3, 0, 4, 0, 0, SPSR_EL1, ALL),
	EL1(3, 0, 4, 0, 1, ELR_EL1, ALL),
	ROW(3, 0, 4, 1, 0, "SP_EL0", .mask = ALL, .get = get_sp_el0, .set = set_sp_el0),
	ICC(4, 6, 0, PMR, 0),
	EL1_VM(3, 0, 5, 1, 0, AFSR0_EL1, ALL),
	EL1_VM(3, 0, 5, 1, 1, AFSR1_EL1, ALL),
	EL1_VM(3, 0, 5, 2, 0, ESR_EL1, ALL),
	EL1_VM(3, 0, 6, 0, 0, FAR_EL1, ALL),
	EL1(3, 0, 7, 4, 0, PAR_EL1, ALL),
	EL1_VM(3, 0, 10, 2, 0, MAIR_EL1, ALL),
	EL1_VM(3, 0, 10, 3, 0, AMAIR_EL1, ALL),
	EL1(3, 0, 12, 0, 0, VBAR_EL1, GENMASK_ULL(63, 11)),
	ICC(12, 8, 0, IAR0, SR_RO | SR_SOFT),
	ICC(12, 8, 1, EOIR0, SR_WO | SR_SOFT),
	ICC(12, 8, 2, HPPIR0, SR_RO | SR_SOFT),
	ICC(12, 8, 3, BPR0, SR_SOFT),
	ICC(12, 8, 4, AP0R0, SR_SOFT),
	ICC(12, 9, 0, AP1R0, SR_SOFT),
	ICC(12, 11, 1, DIR, SR_WO),
	ICC(12, 11, 3, RPR, SR_RO),
	ROW(3, 0, 12, 11, 5, "ICC_SGI1R_EL1", .flags = SR_WO | SR_NO_USER | SR_GIC | SR_QUICK,
	    .write = write_sgi1r),
	ROW(3, 0, 12, 11, 6, "ICC_ASGI1R_EL1", .flags = SR_WO | SR_NO_USER | SR_GIC,
	    .write = write_asgi1r),
	ROW(3, 0, 12, 11, 7, "ICC_SGI0R_EL1", .flags = SR_WO | SR_NO_USER | SR_GIC,
	    .write = write_sgi0r),
	ICC(12, 12, 0, IAR1, SR_RO | SR_SOFT),
	ICC(12, 12, 1, EOIR1, SR_WO | SR_SOFT),
	ICC(12, 12, 2, HPPIR1, SR_RO | SR_SOFT),
	ICC(12, 12, 3, BPR1, SR_SOFT),
	ICC(12, 12, 4, CTLR, 0),
	ROW(3, 0, 12, 12, 5, "ICC_SRE_EL1", .flags = SR_GIC, .get = get_icc_sre),
	ICC(12, 12, 6, IGRPEN0, SR_SOFT),
	ICC(12, 12, 7, IGRPEN1, SR_SOFT),
	EL1_VM(3, 0, 13, 0, 1, CONTEXTIDR_EL1, LOW32),
	EL1(3, 0, 13, 0, 4, TPIDR_EL1, ALL),
	EL1(3, 0, 14, 1, 0, CNTKCTL_EL1, LOW32),

	ROW(3, 1, 0, 0, 0, "CCSIDR_EL1", .flags = SR_RO | SR_NO_USER, .get = get_ccsidr),
	ROW(3, 1, 0, 0, 1, "CLIDR_EL1", .flags = SR_RO, .get = get_clidr),
	ROW(3, 1, 0, 0, 7, "AIDR_EL1", .flags = SR_RO, .get = get_aidr),

	EL1(3, 2, 0, 0, 0, CSSELR_EL1, GENMASK_ULL(3, 0)),

	ROW(3, 3, 0, 0, 1, "CTR_EL0", .flags = SR_RO | SR_QUICK, .get = get_ctr),
	EL1(3, 3, 13, 0, 2, TPIDR_EL0, ALL),
	EL1(3, 3, 13, 0, 3, TPIDRRO_EL0, ALL),
	ROW(3, 3, 14, 0, 0, "CNTFRQ_EL0", .flags = SR_RO, .get = get_cntfrq),
	ROW(3, 3, 14, 0, 1, "CNTPCT_EL0", .flags = SR_RO | SR_NO_USER | SR_QUICK, .get = get_cntpct),
	ROW(3, 3, 14, 0, 5, "CNTPCTSS_EL0", .flags = SR_RO | SR_NO_USER | SR_QUICK, .get = get_cntpct),
	ROW(3, 3, 14, 2, 0, "CNTP_TVAL_EL0", .flags = SR_NO_USER | SR_QUICK, .mask = ALL,
	    .get = get_cntp, .write = set_cntp),
	ROW(3, 3, 14, 2, 1, "CNTP_CTL_EL0", .flags = SR_QUICK, .mask = GENMASK_ULL(2, 0),
	    .get = get_cntp, .set = set_cntp),
	ROW(3, 3, 14, 2, 2, "CNTP_CVAL_EL0", .flags = SR_QUICK, .mask = ALL,
	    .get = get_cntp, .set = set_cntp),
	ROW(3, 3, 14, 3, 1, "CNTV_CTL_EL0", .mask = GENMASK_ULL(2, 0),
	    .get = get_cntv_ctl, .set = set_cntv_ctl),
	ROW(3, 3, 14, 3, 2, "CNTV_CVAL_EL0", .mask = ALL,
	    .get = get_cntv_cval, .set = set_cntv_cval),

	EL1(3, 4, 4, 1, 0, SP_EL1, ALL, .flags = SR_NO_TRAP),
};

int sysreg_init(void)
{
	unsigned int i;

	for (i = 1; i < ARRAY_SIZE(sysreg_table); i++) {
		if (sysreg_table[i - 1].encoding < sysreg_table[i].encoding)
			continue;
		pr_err("armvcpu: system registers %u and %u are not in order\n", i - 1, i);
		return -EINVAL;
	}

	idregs_init();
	return 0;
}

static bool sysreg_visible(const struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	if (!(row->flags & SR_GIC))
		return true;
	return vcpu->vm->gic_model == ARMVCPU_GIC_V3 &&
	       (!(row->flags & SR_SOFT) || vcpu->gic.soft);
}

/* The register with this encoding, NULL if the vCPU has none. */
static const struct sysreg_row *sysreg_find(const struct armvcpu_vcpu *vcpu, u32 encoding)
{
	size_t first = 0, end = ARRAY_SIZE(sysreg_table);

	while (first < end) {
		size_t mid = first + (end - first) / 2;
		const struct sysreg_row *row = &sysreg_table[mid];

		if (row->encoding == encoding)
			return sysreg_visible(vcpu, row) ? row : NULL;
		if (row->encoding < encoding)
			first = mid + 1;
		else
			end = mid;
	}
	return NULL;
}

/* ISS of EC 0x18, Arm ARM D19.2.40 */
static u32 iss_encoding(u64 esr)
{
	return ARMVCPU_SYSREG((esr >> 20) & 3, (esr >> 14) & 7, (esr >> 10) & 15,
			      (esr >> 1) & 15, (esr >> 17) & 7);
}

#define ISS_RT(esr)	(((esr) >> 5) & 31)
#define ISS_READ	BIT(0)

static unsigned int encoding_op0(u32 encoding)
{
	return encoding >> 14;
}

static unsigned int encoding_op1(u32 encoding)
{
	return (encoding >> 11) & 7;
}

/* There is no such register here: the VMM may have one. */
static enum exit_action sysreg_unknown(struct armvcpu_vcpu *vcpu, u32 encoding,
				       unsigned int rt, bool write)
{
	struct armvcpu_exit_sysreg *out;

	/* op0 = 0 and 1 are instructions, not registers */
	if (!(vcpu->vm->flags & ARMVCPU_VM_SYSREG_EXITS) || encoding_op0(encoding) < 2)
		return EXIT_INJECT;

	exit_to_vmm(vcpu, ARMVCPU_EXIT_SYSREG);
	vcpu->pending.reg = rt;
	vcpu->pending.write = write;

	/* what is not written here is zero */
	out = &vcpu->run->u.sysreg;
	WRITE_ONCE(out->encoding, encoding);
	WRITE_ONCE(out->write, write);
	WRITE_ONCE(out->reg, rt);
	if (write)
		WRITE_ONCE(out->value, hyp_get_x(vcpu->hyp, rt));
	return EXIT_TO_VMM;
}

static bool row_access(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, bool write,
		       u64 *value)
{
	if (row->access)
		return row->access(vcpu, row, write, value);

	if (!write)
		*value = row_get(vcpu, row);
	else if (row->write)
		row->write(vcpu, row, *value);
	else
		row_set(vcpu, row, *value);
	return true;
}

/* @row is what ESR_EL2 names. */
static enum exit_action row_trap(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row)
{
	u64 esr = vcpu->hyp->esr;
	unsigned int rt = ISS_RT(esr);
	bool write = !(esr & ISS_READ);
	u64 value;

	if (row->flags & (SR_NO_TRAP | (write ? SR_RO : SR_WO)))
		return EXIT_INJECT;

	/* At EL0 only registers with op1 = 3 exist (Arm ARM D18.2.1). */
	if ((vcpu->hyp->pstate & PSTATE_M) == PSTATE_EL0t && encoding_op1(row->encoding) != 3)
		return EXIT_INJECT;

	value = hyp_get_x(vcpu->hyp, rt);
	if (!row_access(vcpu, row, write, &value))
		return EXIT_INJECT;
	if (!write)
		hyp_set_x(vcpu->hyp, rt, value);
	trace_armvcpu_sysreg(vcpu->id, row->encoding, write, value);
	return EXIT_HANDLED;
}

enum exit_action sysreg_trap(struct armvcpu_vcpu *vcpu)
{
	u64 esr = vcpu->hyp->esr;
	u32 encoding = iss_encoding(esr);
	const struct sysreg_row *row;

	row = sysreg_find(vcpu, encoding);
	if (!row)
		return sysreg_unknown(vcpu, encoding, ISS_RT(esr), !(esr & ISS_READ));
	if (!(row->flags & SR_QUICK))
		resident_sync(vcpu);
	return row_trap(vcpu, row);
}

/* MSR ICC_SGI1R_EL1, Xt: ISS without Rt */
#define ISS_SGI1R	(3 << 20 | 5 << 17 | 12 << 10 | 11 << 1)
#define ISS_RT_MASK	(31 << 5)

bool sysreg_trap_quick(struct armvcpu_vcpu *vcpu)
{
	u64 esr = vcpu->hyp->esr;
	const struct sysreg_row *row;

	/* The one that counts needs no search. */
	if ((ESR_ISS(esr) & ~(u64)ISS_RT_MASK) == ISS_SGI1R &&
	    vcpu->vm->gic_model == ARMVCPU_GIC_V3 &&
	    (vcpu->hyp->pstate & PSTATE_M) != PSTATE_EL0t) {
		u64 value = hyp_get_x(vcpu->hyp, ISS_RT(esr));

		/* For all others: that is long with interrupts off, where there are many. */
		if (value & VGIC_SGI_IRM)
			return false;
		vgic_send_sgi(vcpu->vm->gic, &vcpu->gic, value, VGIC_ICC_SGI1R);
		trace_armvcpu_sysreg(vcpu->id, iss_encoding(esr), true, value);
		return true;
	}
	row = sysreg_find(vcpu, iss_encoding(esr));
	return row && (row->flags & SR_QUICK || (row->access && vcpu->gic.soft)) &&
	       row_trap(vcpu, row) == EXIT_HANDLED;
}

void sysreg_fill_fast(struct armvcpu_vcpu *vcpu)
{
	struct hyp_vcpu *v = vcpu->hyp;
	const struct sysreg_row *row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(v->idreg); i++) {
		row = sysreg_find(vcpu, ARMVCPU_SYSREG(3, 0, 0, i / 8, i % 8));
		if (!row || row->get != get_idreg)
			continue;
		v->idreg[i] = get_idreg(vcpu, row);
		v->fast_idregs |= BIT_ULL(i);
	}
	v->fast_ctr = idregs_host()->ctr;
}

void sysreg_complete(struct armvcpu_vcpu *vcpu, u64 value)
{
	if (!vcpu->pending.write)
		hyp_set_x(vcpu->hyp, vcpu->pending.reg, value);
}

static const struct sysreg_row *sysreg_find_user(const struct armvcpu_vcpu *vcpu, u32 encoding)
{
	const struct sysreg_row *row = sysreg_find(vcpu, encoding);

	return row && !(row->flags & SR_NO_USER) ? row : NULL;
}

int sysreg_get(struct armvcpu_vcpu *vcpu, u32 encoding, u64 *value)
{
	const struct sysreg_row *row = sysreg_find_user(vcpu, encoding);

	if (!row)
		return -ENOENT;
	*value = row_get(vcpu, row);
	return 0;
}

static int row_check(struct armvcpu_vcpu *vcpu, const struct sysreg_row *row, u64 value)
{
	if (!row)
		return -ENOENT;
	return (value ^ row_get(vcpu, row)) & ~row->mask ? -EINVAL : 0;
}

int sysreg_check(struct armvcpu_vcpu *vcpu, u32 encoding, u64 value)
{
	return row_check(vcpu, sysreg_find_user(vcpu, encoding), value);
}

int sysreg_set(struct armvcpu_vcpu *vcpu, u32 encoding, u64 value)
{
	const struct sysreg_row *row = sysreg_find_user(vcpu, encoding);
	int ret = row_check(vcpu, row, value);

	if (!ret)
		row_set(vcpu, row, value);
	return ret;
}

u32 sysreg_list(struct armvcpu_vcpu *vcpu, struct armvcpu_sysreg *entries, u32 max)
{
	const struct sysreg_row *row;
	u32 n = 0;

	for (row = sysreg_table; row < sysreg_table + ARRAY_SIZE(sysreg_table); row++) {
		if (row->flags & (SR_NO_USER | SR_NO_LIST) || !sysreg_visible(vcpu, row))
			continue;
		if (entries && n < max) {
			entries[n].encoding = row->encoding;
			entries[n].pad = 0;
			entries[n].value = row_get(vcpu, row);
		}
		n++;
	}
	return n;
}

void sysreg_reset(struct armvcpu_vcpu *vcpu)
{
	const struct sysreg_row *row;

	for (row = sysreg_table; row < sysreg_table + ARRAY_SIZE(sysreg_table); row++) {
		/* not through set(): what is reset has no past to look after */
		if (row->reg != NO_STORAGE)
			set_storage(vcpu, row, row->reset);
		else if (row->set)
			row->set(vcpu, row, row->reset);
	}
}
