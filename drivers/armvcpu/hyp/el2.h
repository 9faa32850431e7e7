/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers and bits of EL2.
 *
 * The kernel's own names for these change from version to version, so the
 * module has its own. Section numbers are those of the Arm ARM, DDI 0487.
 */
#ifndef ARMVCPU_HYP_EL2_H
#define ARMVCPU_HYP_EL2_H

#include <linux/bits.h>

/* HCR_EL2, D19.2.48 */
#define HYP_HCR_VM			BIT(0)
#define HYP_HCR_SWIO		BIT(1)	/* DC ISW does DC CISW */
#define HYP_HCR_PTW			BIT(2)	/* a stage 1 walk to Device memory faults */
#define HYP_HCR_FMO			BIT(3)
#define HYP_HCR_IMO			BIT(4)
#define HYP_HCR_AMO			BIT(5)
#define HYP_HCR_VF			BIT(6)
#define HYP_HCR_VI			BIT(7)
#define HYP_HCR_VSE			BIT(8)
#define HYP_HCR_FB			BIT(9)	/* local TLB maintenance is broadcast */
#define HYP_HCR_BSU_IS		BIT(10)	/* barriers reach the inner shareable domain */
#define HYP_HCR_TWI			BIT(13)
#define HYP_HCR_TWE			BIT(14)
#define HYP_HCR_TID0		BIT(15)
#define HYP_HCR_TID1		BIT(16)
#define HYP_HCR_TID2		BIT(17)
#define HYP_HCR_TID3		BIT(18)
#define HYP_HCR_TSC			BIT(19)
#define HYP_HCR_TIDCP		BIT(20)
#define HYP_HCR_TACR		BIT(21)
#define HYP_HCR_TSW			BIT(22)
#define HYP_HCR_TVM			BIT(26)
#define HYP_HCR_TGE			BIT(27)
#define HYP_HCR_RW			BIT(31)
#define HYP_HCR_E2H			BIT(34)
#define HYP_HCR_TLOR		BIT(35)
#define HYP_HCR_TERR		BIT(36)
#define HYP_HCR_TEA			BIT(37)
#define HYP_HCR_FWB			BIT(46)
#define HYP_HCR_TID5			BIT(58)	/* GMID_EL1, FEAT_MTE2 */

/* CPTR_EL2 with HCR_EL2.E2H = 1, D19.2.34; an alias of CPACR_EL1 there */
#define CPTR_E2H_ZEN		GENMASK(17, 16)
#define CPTR_E2H_FPEN		GENMASK(21, 20)
#define CPTR_E2H_SMEN		GENMASK(25, 24)
#define CPTR_E2H_TTA		BIT(28)
#define CPTR_E2H_E0POE		BIT(29)
#define CPTR_E2H_TAM		BIT(30)
#define CPTR_E2H_TCPAC		BIT(31)

/* MDCR_EL2, D19.3.18 */
#define HYP_MDCR_HPMN		GENMASK(4, 0)
#define HYP_MDCR_TPMCR		BIT(5)
#define HYP_MDCR_TPM		BIT(6)
#define HYP_MDCR_TDE		BIT(8)
#define HYP_MDCR_TDA		BIT(9)
#define HYP_MDCR_TDOSA		BIT(10)
#define HYP_MDCR_TDRA		BIT(11)
#define HYP_MDCR_TPMS		BIT(14)
#define HYP_MDCR_TTRF		BIT(19)
#define HYP_MDCR_TDCC		BIT(27)

/* CNTHCTL_EL2 with HCR_EL2.E2H = 1, D19.12.2 */
#define CNTHCTL_E2H_EL1PCTEN	BIT(10)
#define CNTHCTL_E2H_EL1PTEN	BIT(11)

/* CNTV_CTL_EL0 and CNTP_CTL_EL0, D19.12.17 */
#define CNT_CTL_ENABLE		BIT(0)
#define CNT_CTL_IMASK		BIT(1)
#define CNT_CTL_ISTATUS		BIT(2)

/* ICH_HCR_EL2, IHI0069 12.4.5 */
#define HYP_ICH_HCR_EN		BIT(0)
#define HYP_ICH_HCR_UIE		BIT(1)
#define HYP_ICH_HCR_LRENPIE	BIT(2)
#define HYP_ICH_HCR_MAINTENANCE	GENMASK(7, 1)	/* what raises the maintenance interrupt */
#define HYP_ICH_HCR_TC		BIT(10)
#define HYP_ICH_HCR_TALL0		BIT(11)
#define HYP_ICH_HCR_TALL1		BIT(12)
#define HYP_ICH_HCR_TSEI		BIT(13)
#define HYP_ICH_HCR_EOICOUNT	GENMASK(31, 27)

/* ICH_LR<n>_EL2, IHI0069 12.4.6 */
#define HYP_ICH_LR_STATE	GENMASK_ULL(63, 62)

/* ICH_VTR_EL2, IHI0069 12.4.10 */
#define HYP_ICH_VTR_LISTREGS	GENMASK(4, 0)
#define HYP_ICH_VTR_TDS		BIT(19)
#define HYP_ICH_VTR_A3V		BIT(21)
#define HYP_ICH_VTR_PREBITS		GENMASK(28, 26)
#define HYP_ICH_VTR_PREBITS_SHIFT	26
#define HYP_ICH_VTR_PRIBITS		GENMASK(31, 29)

/* ICC_SRE_EL2, IHI0069 12.2.25 */
#define HYP_ICC_SRE_SRE		BIT(0)
#define HYP_ICC_SRE_ENABLE	BIT(3)

/* ESR_EL2.EC of exceptions that come from a guest, D19.2.40 */
#define EC_UNKNOWN		0x00
#define EC_WFX			0x01
#define EC_FP			0x07
#define EC_PAC			0x09
#define EC_LS64			0x0a
#define EC_BTI			0x0d
#define EC_ILLEGAL		0x0e
#define EC_SYS128		0x14
#define EC_HVC64		0x16
#define EC_SMC64		0x17
#define EC_SYS64		0x18
#define EC_SVE			0x19
#define EC_ERET			0x1a
#define EC_TSTART		0x1b
#define EC_SME			0x1d
#define EC_IABT_LOW		0x20
#define EC_DABT_LOW		0x24
#define EC_FP64			0x2c
#define EC_SERROR		0x2f

#define ESR_EC(esr)		(((esr) >> 26) & 0x3f)
#define ESR_IL			BIT(25)
#define ESR_ISS(esr)		((esr) & GENMASK(24, 0))
#define ESR_S1PTW		BIT(7)
#define ESR_FNV			BIT(10)	/* FAR_EL2 is not valid */
#define ESR_FSC(esr)		((esr) & 0x3f)
/* An SError's syndrome with FEAT_RAS, in ESR_EL2 and DISR_EL1 alike */
#define SERROR_IDS		BIT(24)	/* implementation defined */
#define SERROR_AET(s)		(((s) >> 10) & 7)
#define SERROR_AET_UC		0	/* uncontainable */
#define SERROR_AET_UEO		2	/* restartable */
#define SERROR_AET_CE		6	/* corrected */
#define SERROR_DFSC		0x11	/* asynchronous, AET is valid */
#define FSC_CLASS(fsc)		((fsc) & 0x3c)
#define FSC_ADDRESS_SIZE	0x00
#define FSC_TRANSLATION		0x04
#define FSC_ACCESS_FLAG		0x08
#define FSC_PERMISSION		0x0c

/* PSTATE as in SPSR_EL2, C5.2.19 */
#define PSTATE_M		GENMASK(3, 0)
#define PSTATE_EL0t		0x0
#define PSTATE_EL1t		0x4
#define PSTATE_EL1h		0x5
#define PSTATE_nRW		BIT(4)
#define PSTATE_F		BIT(6)
#define PSTATE_I		BIT(7)
#define PSTATE_A		BIT(8)
#define PSTATE_D		BIT(9)
#define PSTATE_BTYPE		GENMASK(11, 10)
#define PSTATE_IL		BIT(20)
#define PSTATE_SS		BIT(21)

/* PAR_EL1, D19.2.114 */
#define PAR_F			BIT(0)
#define PAR_PA			GENMASK_ULL(51, 12)

/* HPFAR_EL2.FIPA: IPA[51:12] at bits [43:4], D19.2.54 */
#define HPFAR_FIPA		GENMASK_ULL(43, 4)
#define HPFAR_TO_IPA(hpfar)	(((hpfar) & HPFAR_FIPA) << 8)
#define IPA_TO_HPFAR(ipa)	(((ipa) >> 8) & HPFAR_FIPA)

#ifndef __ASSEMBLY__
#include <asm/sysreg.h>

/* Registers by encoding: assemblers and kernel headers differ in which names they know. */
#define EL2_VPIDR		sys_reg(3, 4, 0, 0, 0)
#define EL2_VMPIDR		sys_reg(3, 4, 0, 0, 5)
#define EL2_HCR			sys_reg(3, 4, 1, 1, 0)
#define EL2_MDCR		sys_reg(3, 4, 1, 1, 1)
#define EL2_CPTR		sys_reg(3, 4, 1, 1, 2)
#define EL2_HFGRTR		sys_reg(3, 4, 1, 1, 4)
#define EL2_HFGWTR		sys_reg(3, 4, 1, 1, 5)
#define EL2_HFGITR		sys_reg(3, 4, 1, 1, 6)
#define EL2_HCRX		sys_reg(3, 4, 1, 2, 2)
#define EL2_HDFGRTR		sys_reg(3, 4, 3, 1, 4)
#define EL2_HDFGWTR		sys_reg(3, 4, 3, 1, 5)
#define EL2_VTTBR		sys_reg(3, 4, 2, 1, 0)
#define EL2_VTCR		sys_reg(3, 4, 2, 1, 2)
#define EL2_VSESR		sys_reg(3, 4, 5, 2, 3)
#define EL2_VDISR		sys_reg(3, 4, 12, 1, 1)
#define EL2_SPSR		sys_reg(3, 4, 4, 0, 0)
#define EL2_ELR			sys_reg(3, 4, 4, 0, 1)
#define EL2_ESR			sys_reg(3, 4, 5, 2, 0)
#define EL2_FAR			sys_reg(3, 4, 6, 0, 0)
#define EL2_HPFAR		sys_reg(3, 4, 6, 0, 4)
#define EL2_VBAR		sys_reg(3, 4, 12, 0, 0)
#define EL2_CNTVOFF		sys_reg(3, 4, 14, 0, 3)
#define EL2_CNTHCTL		sys_reg(3, 4, 14, 1, 0)
#define EL2_ICC_SRE		sys_reg(3, 4, 12, 9, 5)
#define EL1_ICC_SRE		sys_reg(3, 0, 12, 12, 5)
#define EL2_ICH_AP0R(n)		sys_reg(3, 4, 12, 8, (n))
#define EL2_ICH_AP1R(n)		sys_reg(3, 4, 12, 9, (n))
#define EL2_ICH_HCR		sys_reg(3, 4, 12, 11, 0)
#define EL2_ICH_VTR		sys_reg(3, 4, 12, 11, 1)
#define EL2_ICH_VMCR		sys_reg(3, 4, 12, 11, 7)
#define EL2_ICH_LR(n)		sys_reg(3, 4, 12, 12 + ((n) >> 3), (n) & 7)
#define PSR_DIT			sys_reg(3, 3, 4, 2, 5)
#define PSR_TCO			sys_reg(3, 3, 4, 2, 7)
#define EL1_MDSCR		sys_reg(2, 0, 0, 2, 2)
#define EL1_PMSCR		sys_reg(3, 0, 9, 9, 0)
#define EL12_PMSCR		sys_reg(3, 5, 9, 9, 0)
#define EL1_PMBLIMITR		sys_reg(3, 0, 9, 10, 0)
#define EL1_PMBIDR		sys_reg(3, 0, 9, 10, 7)
#define EL1_TRBLIMITR		sys_reg(3, 0, 9, 11, 0)
#define EL1_TRBIDR		sys_reg(3, 0, 9, 11, 7)
#define EL1_TRFCR		sys_reg(3, 0, 1, 2, 1)
#define EL1_CNTV_CTL		sys_reg(3, 3, 14, 3, 1)
#define EL12_CNTV_CTL		sys_reg(3, 5, 14, 3, 1)
#define PMBLIMITR_E		BIT(0)
#define PMBIDR_P		BIT(4)
#define TRBLIMITR_E		BIT(0)
#define TRBIDR_P		BIT(4)

#define el2_read(reg)		read_sysreg_s(reg)
#define el2_write(reg, val)	write_sysreg_s((u64)(val), reg)

/*
 * TLB maintenance on all CPUs, complete when it is over. Twice, on all of them: accesses
 * that have used the old translation may outlast one on Cortex-A76 to X925, Neoverse-N1 to
 * V3 and others (1286807, 2441007, 2441009, 4118414 and its kin, which is CVE-2025-10263),
 * and their list has grown after kernels, and this module, were built.
 */
#define tlbi_is(op, arg)						\
do {									\
	asm volatile("tlbi " op "\n\tdsb ish\n\t"			\
		     "tlbi " op "\n\tdsb ish" : : "r" (arg) : "memory");	\
} while (0)
#endif /* __ASSEMBLY__ */

#endif /* ARMVCPU_HYP_EL2_H */
