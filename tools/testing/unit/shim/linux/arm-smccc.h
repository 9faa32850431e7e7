/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_ARM_SMCCC_H
#define SHIM_LINUX_ARM_SMCCC_H

/* Numbers of DEN0028. The firmware below is the test's. */
#define ARM_SMCCC_VERSION_FUNC_ID	0x80000000U
#define ARM_SMCCC_ARCH_FEATURES_FUNC_ID	0x80000001U
#define ARM_SMCCC_ARCH_SOC_ID		0x80000002U
#define ARM_SMCCC_ARCH_WORKAROUND_1	0x80008000U
#define ARM_SMCCC_ARCH_WORKAROUND_2	0x80007fffU
#define ARM_SMCCC_ARCH_WORKAROUND_3	0x80003fffU

#define ARM_SMCCC_VERSION_1_1		0x10001

#define SMCCC_RET_SUCCESS			0
#define SMCCC_RET_NOT_SUPPORTED			-1
#define SMCCC_RET_NOT_REQUIRED			-2
#define SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED	1

enum arm_smccc_conduit {
	SMCCC_CONDUIT_NONE,
	SMCCC_CONDUIT_SMC,
	SMCCC_CONDUIT_HVC,
};

struct arm_smccc_res {
	unsigned long a0, a1, a2, a3;
};

enum arm_smccc_conduit arm_smccc_1_1_get_conduit(void);

/* shim_smc(fn, arg, res); the kernel's macros take one to eight arguments. */
void shim_smc(unsigned int fn, unsigned int arg, struct arm_smccc_res *res);
#define __shim_smc3(fn, arg, res)	shim_smc(fn, arg, res)
#define __shim_smc2(fn, res)		shim_smc(fn, 0, res)
#define __shim_smc(_1, _2, _3, name, ...) name
#define arm_smccc_1_1_smc(...) \
	__shim_smc(__VA_ARGS__, __shim_smc3, __shim_smc2, 0)(__VA_ARGS__)

#endif /* SHIM_LINUX_ARM_SMCCC_H */
