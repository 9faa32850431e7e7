/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host and the code at EL2 say to each other.
 *
 * Both structures are flat, page aligned and free of pointers: an nVHE host
 * hands over their physical address, a VHE host their virtual one, and the
 * same code works on either. Constants of EL2 are in el2.h.
 */
#ifndef ARMVCPU_HYP_H
#define ARMVCPU_HYP_H

#include <linux/types.h>

#include "el2.h"

/*
 * System registers of EL1 that a guest owns while it runs, as op1 = 0
 * encodings: X(name, CRn, CRm, op2). They are the ones that HCR_EL2.E2H
 * redirects, so that a VHE host reaches them with op1 = 5 (Arm ARM D5.10).
 * The first two say whether and how stage 1 is walked; when they are written
 * matters, see switch.c.
 */
#define HYP_STAGE1_REGS(X)		\
	X(SCTLR,	1, 0, 0)	\
	X(TCR,		2, 0, 2)

#define HYP_EL1_REGS(X)			\
	X(CPACR,	1, 0, 2)	\
	X(TTBR0,	2, 0, 0)	\
	X(TTBR1,	2, 0, 1)	\
	X(SPSR,		4, 0, 0)	\
	X(ELR,		4, 0, 1)	\
	X(AFSR0,	5, 1, 0)	\
	X(AFSR1,	5, 1, 1)	\
	X(ESR,		5, 2, 0)	\
	X(FAR,		6, 0, 0)	\
	X(MAIR,		10, 2, 0)	\
	X(AMAIR,	10, 3, 0)	\
	X(VBAR,		12, 0, 0)	\
	X(CONTEXTIDR,	13, 0, 1)	\
	X(CNTKCTL,	14, 1, 0)

/*
 * System registers that have one encoding at EL1 and EL2:
 * X(name, op0, op1, CRn, CRm, op2). A host at EL2 has no use for the first ones.
 * The others it shares with its guests: the thread pointers are those of its user
 * space, and it may have an address translated.
 */
#define HYP_GUEST_REGS(X)			\
	X(TPIDR_EL1,	3, 0, 13, 0, 4)		\
	X(SP_EL1,	3, 4, 4, 1, 0)

#define HYP_SHARED_REGS(X)			\
	X(TPIDR_EL0,	3, 3, 13, 0, 2)		\
	X(TPIDRRO_EL0,	3, 3, 13, 0, 3)

/* The host may have an address translated at any time, in an NMI even. */
#define HYP_PAR_REG(X)				\
	X(PAR_EL1,	3, 0, 7, 4, 0)

#define HYP_COMMON_REGS(X)			\
	HYP_GUEST_REGS(X)			\
	HYP_SHARED_REGS(X)			\
	HYP_PAR_REG(X)

/* Index into hyp_vcpu.sysreg. */
enum hyp_sysreg {
#define X(name, ...)	HYP_##name##_EL1,
	HYP_STAGE1_REGS(X)
	HYP_EL1_REGS(X)
#undef X
#define X(name, ...)	HYP_##name,
	HYP_COMMON_REGS(X)
#undef X
	HYP_CSSELR_EL1,		/* in memory only: each access to it traps (HCR_EL2.TID2) */
	HYP_NR_SYSREGS
};

#define HYP_NR_FAST_CALLS	3
#define HYP_NR_FAST_PAGES	2
#define HYP_NR_FAST_WORDS	4

#define HYP_NR_LR	16	/* list registers a GICv3 can have (IHI0069 12.4) */
#define HYP_NR_APR	4	/* active priority registers of each group */

/* The list registers of this CPU, by its ICH_VTR_EL2 (IHI0069 12.4.10). */
static __always_inline u32 hyp_nr_lr(u64 vtr)
{
	u32 nr = (vtr & HYP_ICH_VTR_LISTREGS) + 1;

	return nr < HYP_NR_LR ? nr : HYP_NR_LR;
}

/* 7 bits of preemption need four of them, 6 bits two, 5 bits one. */
static __always_inline u32 hyp_nr_apr(u64 vtr)
{
	u32 bits = ((vtr & HYP_ICH_VTR_PREBITS) >> HYP_ICH_VTR_PREBITS_SHIFT) + 1;

	return bits >= 7 ? HYP_NR_APR : bits == 6 ? 2 : 1;
}

/**
 * struct hyp_gic - the virtual CPU interface of a GIC while no CPU runs it
 * @lr: ICH_LR<n>_EL2, the first @used_lrs of them are loaded and saved
 * @vmcr: ICH_VMCR_EL2
 * @hcr: ICH_HCR_EL2 to enter with; EOIcount is taken over on the way out
 * @ap0r: ICH_AP0R<n>_EL2
 * @ap1r: ICH_AP1R<n>_EL2
 * @used_lrs: list registers in use, written by the flush
 * @enabled: the world switch loads and saves all of this (HYP_HAS_GICV3); else it
 *	is gich.c's, or a CPU interface in software, or the vCPU has no GIC
 */
struct hyp_gic {
	u64 lr[HYP_NR_LR];
	u64 vmcr;
	u64 hcr;
	u32 ap0r[HYP_NR_APR];
	u32 ap1r[HYP_NR_APR];
	u32 used_lrs;
	u32 enabled;
};

/**
 * struct hyp_timer - the generic timer of a vCPU while no CPU runs it
 * @cntvoff: CNTVOFF_EL2, the same for all vCPUs of a VM
 * @cntv_ctl: CNTV_CTL_EL0; ISTATUS is as old as the rest
 * @cntv_cval: CNTV_CVAL_EL0
 */
struct hyp_timer {
	u64 cntvoff;
	u64 cntv_ctl;
	u64 cntv_cval;
};

/**
 * struct hyp_fpsimd - the floating-point and Advanced SIMD registers
 * @v: V0 to V31, the low half first
 * @fpsr: FPSR
 * @fpcr: FPCR
 */
struct hyp_fpsimd {
	u64 v[32][2] __aligned(16);
	u32 fpsr;
	u32 fpcr;
};

/* hyp_vcpu.exit: what the vector was; HYP_EXIT_SERROR_BIT may be or-ed to it */
#define HYP_EXIT_IRQ		0
#define HYP_EXIT_SYNC		1
#define HYP_EXIT_SERROR		2
#define HYP_EXIT_ILLEGAL	3	/* the ERET to the guest was illegal */
#define HYP_EXIT_NONE		4	/* EL2 is not ours on this CPU: nothing ran */
#define HYP_EXIT_KIND_MASK	0xff
#define HYP_EXIT_SERROR_BIT	0x100	/* an SError of the guest came with it */

/* bits of hyp_vcpu.flags */
#define HYP_VCPU_FP		BIT(0)	/* in: the guest's FP registers go with it */
#define HYP_VCPU_FLUSH_TLB	BIT(1)	/* in: drop this VMID's entries of this CPU first */
#define HYP_VCPU_FAST		BIT(2)	/* in: the vector may answer what it can */
#define HYP_VCPU_TEST_STUCK	BIT(27)	/* in: after it the host cannot use its GIC */
#define HYP_VCPU_TEST_AGAIN	BIT(28)	/* in: in the recovery from the next ones, too */
#define HYP_VCPU_TEST_UDF	BIT(29)	/* in: for ARMVCPU_TEST, see testhook.c */
#define HYP_VCPU_TEST_BRK	BIT(30)
#define HYP_VCPU_TEST_LOAD	BIT(31)

/**
 * struct hyp_vcpu - all of a vCPU that the world switch works with
 * @x: X0 to X30
 * @sp_el0: SP_EL0
 * @pc: program counter
 * @pstate: PSTATE in the layout of SPSR_EL2
 * @disr: DISR_EL1 or ESR_EL2 of an SError of the guest, with HYP_EXIT_SERROR_BIT
 * @vdisr: VDISR_EL2, the guest's DISR_EL1
 * @flags: HYP_VCPU_*
 * @exit: HYP_EXIT_*, valid after the switch
 * @fast_call: functions of HVC #0 that are answered in the vector, see entry.S
 * @fast_unknown: what functions get that are nobody's; 0: the host is asked
 * @fast_count: exits that the vector has dealt with
 * @fast_idregs: bit n: @idreg[n] is what the guest reads
 * @fast_page: HPFAR_EL2 for the first 4 KiB of GICD, and of this vCPU's GICR; without
 *	that the same again
 * @fast_word: for the first words of each of them where EL2 finds 64 bits of which a load
 *	gets the lower half while the upper one is 0; 0: the host is asked
 * @idreg: identification registers (3, 0, 0, CRm, op2), by 8 * CRm + op2
 * @fast_ctr: CTR_EL0
 * @fast_constant: of those words the ones that do not change
 * @sysreg: by enum hyp_sysreg
 * @fp: floating point
 * @gic: virtual CPU interface
 * @timer: virtual timer
 * @hcr: HCR_EL2 while the guest runs, without E2H
 * @vttbr: VTTBR_EL2
 * @vtcr: VTCR_EL2
 * @mdcr: MDCR_EL2 bits to set while the guest runs
 * @vmpidr: VMPIDR_EL2, the guest's MPIDR_EL1
 * @vpidr: VPIDR_EL2, the guest's MIDR_EL1
 * @esr: ESR_EL2, valid after the switch like all below
 * @far: FAR_EL2
 * @hpfar: HPFAR_EL2, or what an address translation made of FAR_EL2 where the
 *	register is UNKNOWN
 *
 * Everything here is the truth whenever the vCPU is not between entry and exit
 * of the switch, and behind resident_sync(): until then a VHE host may have on a CPU
 * what is not saved at each exit (see resident.h). Who touches it holds the vCPU's
 * mutex.
 */
struct hyp_vcpu {
	u64 x[31];
	u64 sp_el0;
	u64 pc;
	u64 pstate;
	u64 disr;
	u64 vdisr;
	u32 flags;
	u32 exit;
	struct hyp_fast_call {
		u32 fn;
		s32 result;
	} fast_call[HYP_NR_FAST_CALLS];
	s32 fast_unknown;
	u64 fast_count;
	u64 fast_idregs;
	u64 fast_page[HYP_NR_FAST_PAGES];
	u64 fast_word[HYP_NR_FAST_PAGES][HYP_NR_FAST_WORDS];
	u64 idreg[64];
	u64 fast_ctr;
	u64 fast_constant[HYP_NR_FAST_PAGES][HYP_NR_FAST_WORDS];
	u64 sysreg[HYP_NR_SYSREGS];
	struct hyp_fpsimd fp;
	struct hyp_gic gic;
	struct hyp_timer timer;
	u64 hcr;
	u64 vttbr;
	u64 vtcr;
	u64 mdcr;
	u64 vmpidr;
	u64 vpidr;
	u64 esr;
	u64 far;
	u64 hpfar;
} __aligned(4096);

/* bits of hyp_cpu.features: what the CPU has or needs, set once at enabling */
#define HYP_HAS_RAS		BIT(0)	/* FEAT_RAS */
#define HYP_HAS_PAN		BIT(1)	/* FEAT_PAN, which the kernel uses */
#define HYP_CLEARS_PAN		BIT(13)	/* FEAT_PAN, which it does not */
#define HYP_HAS_GICV3		BIT(2)	/* a CPU interface by system registers, in use */
#define HYP_HAS_DIT		BIT(3)	/* FEAT_DIT */
#define HYP_HAS_FGT		BIT(4)	/* FEAT_FGT */
#define HYP_HAS_HCX		BIT(5)	/* FEAT_HCX */
#define HYP_HAS_SPE		BIT(6)	/* FEAT_SPE, profiling buffer usable */
#define HYP_WA_SPECULATIVE_AT	BIT(8)	/* errata 1165522, 1319367, 1319537, 1530923 */
#define HYP_WA_834220		BIT(9)	/* Cortex-A57: HPFAR_EL2 may be of a stage 1 fault */
#define HYP_WA_1508412		BIT(10)	/* Cortex-A77: reads of PAR_EL1 want barriers */
#define HYP_HAS_TRBE		BIT(11)	/* FEAT_TRBE, trace buffer perhaps usable */
#define HYP_HAS_MTE		BIT(12)	/* FEAT_MTE, PSTATE.TCO */

/*
 * hyp_cpu.spectre: what the way out of a guest does before its first indirect
 * branch: a call of the firmware (the function's ID in the lower half), so many
 * taken branches, or CLRBHB. One of them or nothing.
 */
#define HYP_SPECTRE_LOOP_SHIFT	32
#define HYP_SPECTRE_CLRBHB	BIT_ULL(63)

/* hyp_cpu.recovery: all was done that can be */
#define HYP_RECOVERED		9

/**
 * struct hyp_cpu - a host CPU as the world switch needs it
 * @features: HYP_HAS_*, HYP_WA_*
 * @hcr: HCR_EL2 of the host as it was found at enabling
 * @spectre: HYP_SPECTRE_*
 * @nr_apr: active priority registers of each group
 * @el2: an nVHE host only: the context of our code at EL2, and what was found
 *	there and is put back. Addresses are physical
 * @lost: a fatal exception: SPSR_EL2, ELR_EL2, ESR_EL2, FAR_EL2
 * @found: what a guest's registers held when the CPU was enabled, and hold again
 *	when it is disabled; the host has no use for them
 * @mdcr: MDCR_EL2 of the host as it was found at enabling
 * @ich_hcr: what ICH_HCR_EL2 holds, but for EOIcount
 * @vpidr: what VPIDR_EL2 holds
 * @trapped: for a fatal exception: traps and vectors of @host are to be put back
 * @recovery: after a fatal exception: the step of host_recover() that was begun last
 * @test: for ARMVCPU_TEST: what goes wrong in it, HYP_VCPU_TEST_*
 * @host: what the switch keeps of the host while a guest runs
 *
 * Written on its CPU at enabling, then by the switch there with IRQs off.
 */
struct hyp_cpu {
	u64 features;
	u64 hcr;
	u64 spectre;
	u32 nr_apr;
	struct {
		u64 ttbr0;
		u64 tcr;
		u64 mair;
		u64 sctlr;
		u64 stack_top;
		u64 panic;		/* virtual: where the host panics */
		u64 found_vbar;
		u64 found_hcr;
		u64 found_sctlr;
		u64 found_tcr;
		u64 found_ttbr0;
		u64 found_mair;
		u64 found_tpidr;
		u64 loaded;		/* the host's EL1 is saved, a guest's may be there */
		u64 shadow_stack;	/* virtual: for the panic, where the kernel has them */
		u64 task;		/* virtual: "current" for a panic out of user space */
	} el2;
	struct {
		u64 spsr;
		u64 elr;
		u64 esr;
		u64 far;
	} lost;
	struct {
		u64 vtcr;
		u64 vttbr;
		u64 vpidr;
		u64 vmpidr;
		u64 cntvoff;
		u64 vsesr;
		u64 vdisr;
		u64 cnthctl;
		u64 sre;
		u64 ich_hcr;
		u64 ich_vmcr;
		u64 ich_ap0r[HYP_NR_APR];
		u64 ich_ap1r[HYP_NR_APR];
		u64 ich_lr[HYP_NR_LR];
	} found;
	u64 mdcr;
	u64 ich_hcr;
	u64 vpidr;
	u64 trapped;			/* traps and vectors are a guest's */
	u64 recovery;
	u64 test;
	struct {
		u64 sysreg[HYP_NR_SYSREGS];
		u64 sp_el0;
		u64 vbar;
		u64 cptr;
		u64 mdscr;
		u64 tpidr_el0;
		u64 tpidrro_el0;
		u64 dit;
		u64 tco;
		u64 pmscr;
		u64 trfcr;
		u64 hfgrtr, hfgwtr, hfgitr, hdfgrtr, hdfgwtr;
		u64 hcrx;
	} host;
} __aligned(4096);

/*
 * The one pair of accessors to a vCPU's EL1 registers. Callers hold the vCPU's
 * mutex or are its running thread outside of the switch.
 */
static inline u64 hyp_read_sysreg(const struct hyp_vcpu *v, enum hyp_sysreg r)
{
	return v->sysreg[r];
}

static inline void hyp_write_sysreg(struct hyp_vcpu *v, enum hyp_sysreg r, u64 val)
{
	v->sysreg[r] = val;
}

/* Register 31 is XZR in every trapped access (Arm ARM C1.2.5). */
static inline u64 hyp_get_x(const struct hyp_vcpu *v, unsigned int r)
{
	return r < 31 ? v->x[r] : 0;
}

static inline void hyp_set_x(struct hyp_vcpu *v, unsigned int r, u64 val)
{
	if (r < 31)
		v->x[r] = val;
}

#endif /* ARMVCPU_HYP_H */
