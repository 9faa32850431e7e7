/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU without a machine around it: what sysreg.c, idregs.c and regs.c call
 * counts and remembers here.
 */
#ifndef SYSREG_ENV_H
#define SYSREG_ENV_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/sysreg.h>

#include "armvcpu.h"
#include "hyp/el2.h"
#include "idregs.h"
#include "regs.h"
#include "resident.h"
#include "sysreg.h"
#include "timer.h"

static struct env {
	struct armvcpu_vm vm;
	struct armvcpu_vcpu vcpu;
	struct hyp_vcpu hyp;
	struct armvcpu_run run;

	u64 ftr[IDREG_COUNT];		/* the host's ID registers */
	unsigned int unknown_ftrs;	/* asked for though the kernel has none */
	unsigned int flushes;
	unsigned int sgis;
	u64 sgi_value;
	int sgi_reg;
	unsigned int icc_reads;
	unsigned int icc_writes;
	unsigned int samples;
	int icc_reg;
	u64 icc_value;
	bool icc_undefined;
	unsigned int gic_resets;
	unsigned int timer_resets;
	unsigned int trap_resets;
	u64 cntp[3];			/* by enum timer_reg */
	unsigned int cntp_writes;
	unsigned int syncs;
} env;

void resident_sync(struct armvcpu_vcpu *vcpu)
{
	env.syncs++;
}

#define ENV_REVIDR	0x1234567800000011ULL
#define ENV_AIDR	0x1234567800000022ULL
#define ENV_CTR		0x8444c003ULL
#define ENV_CLIDR	0x0a200023ULL
#define ENV_CLIDR_TAGS	(0x3fffULL << 33)	/* Ttype, allocation tag caches */
#define ENV_CNTFRQ	62500000ULL
#define ENV_CNTPCT	0x123456789abcULL
#define ENV_MIDR	0x414fd0c1ULL
#define ENV_MPIDR	0x0100000302ULL
#define ENV_POISON	0x5a5a5a5a5a5a5a5aULL

/* registers that the kernel's table of features has in all supported versions */
static bool env_ftr_known(u32 id)
{
	static const u32 known[] = {
		sys_reg(3, 0, 0, 4, 0), sys_reg(3, 0, 0, 4, 1), sys_reg(3, 0, 0, 4, 4),
		sys_reg(3, 0, 0, 5, 0), sys_reg(3, 0, 0, 5, 1),
		sys_reg(3, 0, 0, 6, 0), sys_reg(3, 0, 0, 6, 1), sys_reg(3, 0, 0, 6, 2),
		sys_reg(3, 0, 0, 7, 0), sys_reg(3, 0, 0, 7, 1), sys_reg(3, 0, 0, 7, 2),
		sys_reg(3, 3, 0, 0, 1),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i] == id)
			return true;
	return false;
}

u64 read_sanitised_ftr_reg(u32 id)
{
	if (!env_ftr_known(id)) {
		env.unknown_ftrs++;
		return 0;
	}
	if (id == sys_reg(3, 3, 0, 0, 1))
		return ENV_CTR;
	return env.ftr[(id >> 5) - IDREG_FIRST];
}

u64 shim_read_sysreg(u32 reg)
{
	switch (reg) {
	case sys_reg(3, 0, 0, 0, 6):
		return ENV_REVIDR;
	case sys_reg(3, 1, 0, 0, 7):
		return ENV_AIDR;
	case sys_reg(3, 1, 0, 0, 1):
		return ENV_CLIDR | ENV_CLIDR_TAGS;
	case sys_reg(3, 3, 14, 0, 0):
		return ENV_CNTFRQ;
	default:
		fail_msg("read of register %#x", reg);
		return 0;
	}
}

u64 __arch_counter_get_cntpct(void)
{
	return ENV_CNTPCT;
}

void vm_memory_flush_dcache(struct vm_memory *mem)
{
	assert_ptr_equal(mem, &env.vm.mem);
	env.flushes++;
}

void exit_to_vmm(struct armvcpu_vcpu *vcpu, u32 reason)
{
	memset(&vcpu->run->u, 0, sizeof(vcpu->run->u));
	vcpu->run->exit_reason = reason;
	vcpu->pending.reason = reason;
}

void vgic_send_sgi(struct vgic *gic, struct vgic_cpu *c, u64 value, enum vgic_sgi_reg reg)
{
	assert_ptr_equal(gic, env.vm.gic);
	assert_ptr_equal(c, &env.vcpu.gic);
	env.sgis++;
	env.sgi_value = value;
	env.sgi_reg = reg;
}

void vgic_reset_cpu(struct vgic_cpu *c, struct hyp_gic *h)
{
	assert_ptr_equal(c, &env.vcpu.gic);
	assert_ptr_equal(h, &env.hyp.gic);
	env.gic_resets++;
}

bool vgic_icc_read(struct vgic_cpu *c, struct hyp_gic *h, enum vgic_icc_reg reg, u64 *val)
{
	assert_ptr_equal(c, &env.vcpu.gic);
	assert_ptr_equal(h, &env.hyp.gic);
	env.icc_reads++;
	*val = 0x100 + reg;
	return !env.icc_undefined;
}

void timer_sample(struct armvcpu_vcpu *vcpu)
{
	assert_ptr_equal(vcpu, &env.vcpu);
	env.samples++;
}

bool vgic_icc_write(struct vgic_cpu *c, struct hyp_gic *h, enum vgic_icc_reg reg, u64 val)
{
	assert_ptr_equal(c, &env.vcpu.gic);
	assert_ptr_equal(h, &env.hyp.gic);
	env.icc_writes++;
	env.icc_reg = reg;
	env.icc_value = val;
	return !env.icc_undefined;
}

u64 timer_read_cntp(struct armvcpu_vcpu *vcpu, enum timer_reg reg)
{
	return env.cntp[reg];
}

void timer_write_cntp(struct armvcpu_vcpu *vcpu, enum timer_reg reg, u64 value)
{
	env.cntp[reg] = reg == TIMER_CTL ? value & 3 : value;
	env.cntp_writes++;
}

void timer_vcpu_reset(struct armvcpu_vcpu *vcpu)
{
	/* the GIC forgets what it was told before its reset */
	assert_int_equal(env.gic_resets, vcpu->vm->gic ? env.timer_resets + 1 : 0);
	env.timer_resets++;
}

#define ENV_HCR_RESET	(HYP_HCR_VM | HYP_HCR_TVM)

void vcpu_reset_traps(struct armvcpu_vcpu *vcpu)
{
	vcpu->hyp->hcr = ENV_HCR_RESET;
	env.trap_resets++;
}

static inline void env_init(void)
{
	memset(&env, 0, sizeof(env));
	env.vm.mem.s2.ipa_bits = 40;
	env.vcpu.vm = &env.vm;
	env.vcpu.hyp = &env.hyp;
	env.vcpu.run = &env.run;
	env.vcpu.mpidr = ENV_MPIDR;
	env.hyp.vpidr = ENV_MIDR;
	env.hyp.vmpidr = ENV_MPIDR | BIT(31);
	env.hyp.pstate = PSTATE_EL1h;
	env.ftr[IDREG_AA64PFR0 - IDREG_FIRST] = 0x1201001121110222;
	env.ftr[IDREG_AA64PFR1 - IDREG_FIRST] = 0x01000021;
	env.ftr[IDREG_AA64MMFR0 - IDREG_FIRST] = 0x0000032310201126;
	env.ftr[IDREG_AA64MMFR1 - IDREG_FIRST] = 0x0000011010211122;
	env.ftr[IDREG_AA64MMFR2 - IDREG_FIRST] = 0x1021011010011011;
	assert_int_equal(sysreg_init(), 0);
}

static inline void env_with_gic(void)
{
	static char gic;

	/* only its address is looked at */
	env.vm.gic = (struct vgic *)&gic;
	env.vm.gic_model = ARMVCPU_GIC_V3;
	env.vcpu.gic.gic = env.vm.gic;
}

/* ESR_EL2 of a trapped MSR or MRS, Arm ARM D19.2.40 */
static inline u64 env_esr(u32 encoding, unsigned int rt, bool write)
{
	u64 op0 = encoding >> 14, op1 = encoding >> 11 & 7, crn = encoding >> 7 & 15;
	u64 crm = encoding >> 3 & 15, op2 = encoding & 7;

	return (u64)EC_SYS64 << 26 | ESR_IL | op0 << 20 | op2 << 17 | op1 << 14 |
	       crn << 10 | rt << 5 | crm << 1 | !write;
}

static inline enum exit_action env_mrs(u32 encoding, unsigned int rt)
{
	env.hyp.esr = env_esr(encoding, rt, false);
	return sysreg_trap(&env.vcpu);
}

static inline enum exit_action env_msr(u32 encoding, unsigned int rt)
{
	env.hyp.esr = env_esr(encoding, rt, true);
	return sysreg_trap(&env.vcpu);
}

#endif /* SYSREG_ENV_H */
