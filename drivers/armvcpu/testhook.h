/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures on demand, for the tests: a module built with ARMVCPU_TEST=1 has them
 * as parameters, any other has nothing of them.
 */
#ifndef ARMVCPU_TESTHOOK_H
#define ARMVCPU_TESTHOOK_H

#include <linux/types.h>

#ifdef ARMVCPU_TEST
/** testhook_enable() - -EREMOTEIO where enabling this CPU is to fail, else 0 */
int testhook_enable(void);

/** testhook_flags() - HYP_VCPU_TEST_* for one entry, or 0 */
u32 testhook_flags(void);

/** testhook_no_gic() - whether the host's interrupt controller is to count for no GIC */
bool testhook_no_gic(void);

/** testhook_vtr() - ICH_VTR_EL2 or GICH_VTR, or less of it where this CPU is to have less */
u64 testhook_vtr(u64 vtr);

/** testhook_mmfr0() - ID_AA64MMFR0_EL1, or less of it where this CPU is to have less */
u64 testhook_mmfr0(u64 mmfr0);

/** testhook_mmfr1() - the same of ID_AA64MMFR1_EL1 */
u64 testhook_mmfr1(u64 mmfr1);
#else
static inline int testhook_enable(void) { return 0; }
static inline u32 testhook_flags(void) { return 0; }
static inline bool testhook_no_gic(void) { return false; }
static inline u64 testhook_vtr(u64 vtr) { return vtr; }
static inline u64 testhook_mmfr0(u64 mmfr0) { return mmfr0; }
static inline u64 testhook_mmfr1(u64 mmfr1) { return mmfr1; }
#endif

#endif /* ARMVCPU_TESTHOOK_H */
