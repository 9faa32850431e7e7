/* SPDX-License-Identifier: GPL-2.0-only */
/* What an nVHE host asks of the code at EL2, by HVC. */
#ifndef ARMVCPU_HYP_NVHE_H
#define ARMVCPU_HYP_NVHE_H

/* X0 of a call; the kernel's stub has taken 0 to 3 (asm/virt.h) and keeps them */
#define NVHE_STUB_CALLS		4
#define NVHE_CALL_RUN		0x100	/* X1: struct hyp_vcpu */
#define NVHE_CALL_TLB_IPA	0x101	/* X1: VTTBR_EL2, X2: VTCR_EL2, X3: IPA */
#define NVHE_CALL_TLB_VMID	0x102	/* X1: VTTBR_EL2, X2: VTCR_EL2 */
#define NVHE_CALL_TLB_ALL	0x103
#define NVHE_CALL_TLB_OWN	0x104	/* X1: address that EL2 no longer maps */
#define NVHE_CALL_PREPARE	0x105	/* quiet GIC, no guests in the TLB; gives ICH_VTR_EL2 */
#define NVHE_CALL_FINISH	0x106	/* the guests' registers as PREPARE found them */

#define NVHE_UNKNOWN_CALL	0xbadca11	/* as the stub answers */

/* X0 of the stub's calls */
#define STUB_SET_VECTORS	0
#define STUB_SOFT_RESTART	1
#define STUB_RESET_VECTORS	2
#define STUB_FINALISE_EL2	3

#endif /* ARMVCPU_HYP_NVHE_H */
