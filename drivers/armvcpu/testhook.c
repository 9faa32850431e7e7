// SPDX-License-Identifier: GPL-2.0-only
/* Failures on demand: in modules that are built for the tests only. */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/smp.h>

#include "hyp/hyp.h"
#include "testhook.h"

static int fail_cpu = -1;
module_param(fail_cpu, int, 0600);
MODULE_PARM_DESC(fail_cpu, "number of the CPU on which enabling fails, -1: none");

static int crash;
module_param(crash, int, 0600);
MODULE_PARM_DESC(crash, "what the next entry of a guest does at EL2, once: 1 UDF, 2 BRK, 3 load from nowhere, 4 UDF and BRK behind it, 5 UDF and the host cannot use its GIC");

static bool no_gic;
module_param(no_gic, bool, 0400);
MODULE_PARM_DESC(no_gic, "the host's interrupt controller counts for no GIC");

static int plain_gic_cpu = -1;
module_param(plain_gic_cpu, int, 0600);
MODULE_PARM_DESC(plain_gic_cpu, "number of the CPU that has two list registers, no Aff3 and no trap of ICC_DIR_EL1 alone, -1: none");

static int plain_mmu_cpu = -1;
module_param(plain_mmu_cpu, int, 0600);
MODULE_PARM_DESC(plain_mmu_cpu, "number of the CPU that has less of an MMU, see plain_mmu, -1: none");

static unsigned int plain_mmu;
module_param(plain_mmu, uint, 0600);
MODULE_PARM_DESC(plain_mmu, "what it has less of: 1 physical addresses of 32 bits, 2 VMIDs of 8 bits, 3 no granule for stage 2");

bool testhook_no_gic(void)
{
	return no_gic;
}

int testhook_enable(void)
{
	return READ_ONCE(fail_cpu) == raw_smp_processor_id() ? -EREMOTEIO : 0;
}

u64 testhook_vtr(u64 vtr)
{
	if (READ_ONCE(plain_gic_cpu) != raw_smp_processor_id())
		return vtr;
	return (vtr & ~(u64)(HYP_ICH_VTR_LISTREGS | HYP_ICH_VTR_TDS | HYP_ICH_VTR_A3V)) | 1;
}

static bool mmu_is_plain(unsigned int what)
{
	return READ_ONCE(plain_mmu_cpu) == raw_smp_processor_id() && READ_ONCE(plain_mmu) == what;
}

u64 testhook_mmfr0(u64 mmfr0)
{
	if (mmu_is_plain(1))
		return mmfr0 & ~0xfULL;					/* PARange */
	if (mmu_is_plain(3))
		return (mmfr0 & ~GENMASK_ULL(43, 32)) | 0x11100000000ULL;	/* TGran*_2 */
	return mmfr0;
}

u64 testhook_mmfr1(u64 mmfr1)
{
	return mmu_is_plain(2) ? mmfr1 & ~0xf0ULL : mmfr1;		/* VMIDBits */
}

u32 testhook_flags(void)
{
	switch (xchg(&crash, 0)) {
	case 1:
		return HYP_VCPU_TEST_UDF;
	case 2:
		return HYP_VCPU_TEST_BRK;
	case 3:
		return HYP_VCPU_TEST_LOAD;
	case 4:
		return HYP_VCPU_TEST_UDF | HYP_VCPU_TEST_AGAIN;
	case 5:
		return HYP_VCPU_TEST_UDF | HYP_VCPU_TEST_STUCK;
	}
	return 0;
}
