// SPDX-License-Identifier: GPL-2.0-only
/* The VMM's view of a vCPU's registers, and reset. */
#include <errno.h>
#include <stdlib.h>

#include "sysreg_env.h"

#define MIDR		ARMVCPU_SYSREG(3, 0, 0, 0, 0)
#define CSSELR		ARMVCPU_SYSREG(3, 2, 0, 0, 0)
#define TPIDR_EL0	ARMVCPU_SYSREG(3, 3, 13, 0, 2)
#define TPIDR_EL1	ARMVCPU_SYSREG(3, 0, 13, 0, 4)
#define PMCR		ARMVCPU_SYSREG(3, 3, 9, 12, 0)

/* ---- core registers -------------------------------------------------------- */

static void fill(void *p, size_t size)
{
	u8 *b = p;
	size_t i;

	for (i = 0; i < size; i++)
		b[i] = i * 7 + 1;
}

static void core_round_trip(void **state)
{
	struct armvcpu_regs in, out;

	env_init();
	fill(&in, sizeof(in));
	in.pstate = PSTATE_EL0t | PSTATE_SS | 0xf0000000;
	env.vcpu.pending.reason = ARMVCPU_EXIT_MMIO;
	assert_int_equal(regs_set(&env.vcpu, &in), 0);

	/* the new PC counts, not the exit that was to be completed */
	assert_int_equal(env.vcpu.pending.reason, ARMVCPU_EXIT_UNKNOWN);
	assert_int_equal(env.hyp.x[0], in.x[0]);
	assert_int_equal(env.hyp.x[30], in.x[30]);
	assert_int_equal(env.hyp.pc, in.pc);
	assert_int_equal(env.hyp.pstate, in.pstate);
	assert_int_equal(env.hyp.sp_el0, in.sp_el0);
	assert_int_equal(env.hyp.sysreg[HYP_SP_EL1], in.sp_el1);
	assert_int_equal(env.hyp.sysreg[HYP_ELR_EL1], in.elr_el1);
	assert_int_equal(env.hyp.sysreg[HYP_SPSR_EL1], in.spsr_el1);

	memset(&out, 0x5a, sizeof(out));
	assert_int_equal(regs_get(&env.vcpu, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
}

static void odd_pc(void **state)
{
	static const u64 pcs[] = { 0, 1, 2, 3, 1ULL << 55, 1ULL << 63, ~0ULL };
	struct armvcpu_regs regs = { .pstate = PSTATE_EL1h };
	unsigned int i;

	env_init();
	for (i = 0; i < ARRAY_SIZE(pcs); i++) {
		regs.pc = pcs[i];
		assert_int_equal(regs_set(&env.vcpu, &regs), 0);
		assert_int_equal(env.hyp.pc, pcs[i]);
	}
}

/* The host's ID registers: nothing optional, or all of it. */
static void host_features(bool all)
{
	memset(env.ftr, all ? 0xff : 0, sizeof(env.ftr));
	idregs_init();
}

/* All 32 values of nRW and M, with and without the condition flags. */
static void pstate_modes(void **state)
{
	struct armvcpu_regs regs = { 0 };
	static struct hyp_vcpu before;
	unsigned int m, rest;

	env_init();
	for (m = 0; m < 32; m++) {
		bool ok = m == 0x0 || m == 0x4 || m == 0x5;

		for (rest = 0; rest < 4; rest++) {
			regs.pstate = m | (rest & 1 ? 0xf0000000 : 0) | (rest & 2 ? 0x3c0 : 0);
			regs.x[5]++;
			before = env.hyp;
			env.vcpu.pending.reason = ARMVCPU_EXIT_MMIO;
			assert_int_equal(regs_set(&env.vcpu, &regs), ok ? 0 : -EINVAL);
			if (ok)
				continue;
			assert_memory_equal(&before, &env.hyp, sizeof(before));
			assert_int_equal(env.vcpu.pending.reason, ARMVCPU_EXIT_MMIO);
		}
	}
}

static void pstate_bits(void **state)
{
	/* N Z C V SS IL D A I F, and M[2] = EL1t; then DIT UAO PAN SSBS BTYPE */
	static const u64 always = 0xf03003c4, optional = 0x01c01c00;
	struct armvcpu_regs regs = { 0 };
	unsigned int bit, all;

	for (all = 0; all < 2; all++) {
		env_init();
		host_features(all);
		for (bit = 0; bit < 64; bit++) {
			u64 b = BIT_ULL(bit);
			bool ok = (always & b) || (all && (optional & b));

			regs.pstate = b;
			assert_int_equal(regs_set(&env.vcpu, &regs), ok ? 0 : -EINVAL);
			regs.pstate = b | PSTATE_EL1h;
			/* bit 0 makes EL1h of it, too */
			ok |= b == 1;
			assert_int_equal(regs_set(&env.vcpu, &regs), ok ? 0 : -EINVAL);
		}
	}
}

/* What GET returns can be SET, whatever the guest did to hidden bits. */
static void pstate_round_trip(void **state)
{
	struct armvcpu_regs regs;
	unsigned int all;

	for (all = 0; all < 2; all++) {
		env_init();
		host_features(all);
		env.hyp.pstate = ~0xffULL | PSTATE_EL1h;	/* TCO, ALLINT and all */
		assert_int_equal(regs_get(&env.vcpu, &regs), 0);
		assert_int_equal(regs.pstate, (all ? 0xf1f01f05 : 0xf0300305));
		assert_int_equal(regs_set(&env.vcpu, &regs), 0);
	}
}

static void fp_round_trip(void **state)
{
	struct armvcpu_fpregs in, out;

	env_init();
	fill(&in, sizeof(in));
	assert_int_equal(regs_set_fp(&env.vcpu, &in), 0);
	assert_int_equal(env.hyp.fp.v[0][0], in.v[0][0]);
	assert_int_equal(env.hyp.fp.v[31][1], in.v[31][1]);
	assert_int_equal(env.hyp.fp.fpsr, in.fpsr);
	assert_int_equal(env.hyp.fp.fpcr, in.fpcr);
	memset(&out, 0x5a, sizeof(out));
	assert_int_equal(regs_get_fp(&env.vcpu, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
}

/* ---- vectors ------------------------------------------------------------------ */

static struct armvcpu_sysreg vec[ARMVCPU_MAX_SYSREGS + 1];

static struct armvcpu_sysregs arg_of(u32 count)
{
	struct armvcpu_sysregs arg = { .count = count, .entries = (uintptr_t)vec };

	return arg;
}

static int get(u32 count)
{
	struct armvcpu_sysregs arg = arg_of(count);

	return regs_get_sysregs(&env.vcpu, &arg);
}

static int set(u32 count)
{
	struct armvcpu_sysregs arg = arg_of(count);

	return regs_set_sysregs(&env.vcpu, &arg);
}

static void vector_get(void **state)
{
	env_init();
	env.hyp.sysreg[HYP_TPIDR_EL0] = 11;
	env.hyp.sysreg[HYP_TPIDR_EL1] = 12;
	memset(vec, 0, sizeof(vec));
	vec[0].encoding = TPIDR_EL1;
	vec[1].encoding = MIDR;
	vec[2].encoding = TPIDR_EL0;
	vec[3].value = ENV_POISON;
	assert_int_equal(get(3), 0);
	assert_int_equal(vec[0].encoding, TPIDR_EL1);
	assert_int_equal(vec[0].value, 12);
	assert_int_equal(vec[1].value, ENV_MIDR);
	assert_int_equal(vec[2].value, 11);
	assert_int_equal(vec[3].value, ENV_POISON);

	/* an unknown one anywhere: nothing is filled in */
	vec[0].value = ENV_POISON;
	vec[2].encoding = PMCR;
	assert_int_equal(get(3), -ENOENT);
	assert_int_equal(vec[0].value, ENV_POISON);
}

/* All or nothing, in the vector's order. */
static void vector_set(void **state)
{
	static struct hyp_vcpu before;
	unsigned int bad;

	env_init();
	memset(vec, 0, sizeof(vec));
	vec[0].encoding = TPIDR_EL0;
	vec[0].value = 21;
	vec[1].encoding = TPIDR_EL1;
	vec[1].value = 22;
	vec[2].encoding = TPIDR_EL0;
	vec[2].value = 23;
	assert_int_equal(set(3), 0);
	assert_int_equal(env.hyp.sysreg[HYP_TPIDR_EL0], 23);
	assert_int_equal(env.hyp.sysreg[HYP_TPIDR_EL1], 22);

	vec[0].value = vec[1].value = vec[2].value = 99;
	before = env.hyp;
	for (bad = 0; bad < 3; bad++) {
		struct armvcpu_sysreg good = vec[bad];

		vec[bad].encoding = CSSELR;
		vec[bad].value = 0x10;
		assert_int_equal(set(3), -EINVAL);
		assert_memory_equal(&before, &env.hyp, sizeof(before));
		vec[bad].encoding = PMCR;
		vec[bad].value = 0;
		assert_int_equal(set(3), -ENOENT);
		assert_memory_equal(&before, &env.hyp, sizeof(before));
		vec[bad] = good;
		vec[bad].pad = 1;
		assert_int_equal(set(3), -EINVAL);
		assert_int_equal(get(3), -EINVAL);
		assert_memory_equal(&before, &env.hyp, sizeof(before));
		vec[bad] = good;
	}
	assert_int_equal(set(3), 0);
}

static void vector_bounds(void **state)
{
	struct armvcpu_sysregs arg;
	unsigned int i;

	env_init();
	memset(vec, 0, sizeof(vec));
	for (i = 0; i < ARRAY_SIZE(vec); i++)
		vec[i].encoding = TPIDR_EL0;
	assert_int_equal(get(0), 0);
	assert_int_equal(set(0), 0);
	assert_int_equal(get(ARMVCPU_MAX_SYSREGS), 0);
	assert_int_equal(set(ARMVCPU_MAX_SYSREGS), 0);
	assert_int_equal(get(ARMVCPU_MAX_SYSREGS + 1), -EINVAL);
	assert_int_equal(set(ARMVCPU_MAX_SYSREGS + 1), -EINVAL);
	assert_int_equal(get(~0U), -EINVAL);
	assert_int_equal(set(1U << 31), -EINVAL);

	arg = arg_of(1);
	arg.pad = 1;
	assert_int_equal(regs_get_sysregs(&env.vcpu, &arg), -EINVAL);
	assert_int_equal(regs_set_sysregs(&env.vcpu, &arg), -EINVAL);
	assert_int_equal(regs_list_sysregs(&env.vcpu, &arg), -EINVAL);
	assert_int_equal(arg.count, 1);

	arg = arg_of(1);
	arg.entries = 0;
	assert_int_equal(regs_get_sysregs(&env.vcpu, &arg), -EFAULT);
	assert_int_equal(regs_set_sysregs(&env.vcpu, &arg), -EFAULT);
	/* no entry, no access */
	arg.count = 0;
	assert_int_equal(regs_get_sysregs(&env.vcpu, &arg), 0);
	assert_int_equal(regs_set_sysregs(&env.vcpu, &arg), 0);
}

static void vector_list(void **state)
{
	struct armvcpu_sysregs arg;
	u32 n;

	env_init();
	n = sysreg_list(&env.vcpu, NULL, 0);

	memset(vec, 0x5a, sizeof(vec));
	arg = arg_of(0);
	arg.entries = 0;
	assert_int_equal(regs_list_sysregs(&env.vcpu, &arg), -E2BIG);
	assert_int_equal(arg.count, n);
	arg = arg_of(n - 1);
	assert_int_equal(regs_list_sysregs(&env.vcpu, &arg), -E2BIG);
	assert_int_equal(arg.count, n);
	assert_int_equal(vec[0].encoding, 0x5a5a5a5a);

	arg = arg_of(ARMVCPU_MAX_SYSREGS);
	assert_int_equal(regs_list_sysregs(&env.vcpu, &arg), 0);
	assert_int_equal(arg.count, n);
	assert_int_equal(vec[n].encoding, 0x5a5a5a5a);
	arg = arg_of(ARMVCPU_MAX_SYSREGS + 1);
	assert_int_equal(regs_list_sysregs(&env.vcpu, &arg), -EINVAL);
	arg = arg_of(n);
	arg.entries = 8;
	assert_int_equal(regs_list_sysregs(&env.vcpu, &arg), -EFAULT);

	/* the list is an argument for GET and for SET as it is */
	arg = arg_of(n);
	assert_int_equal(regs_list_sysregs(&env.vcpu, &arg), 0);
	assert_int_equal(regs_get_sysregs(&env.vcpu, &arg), 0);
	assert_int_equal(regs_set_sysregs(&env.vcpu, &arg), 0);
}

/* ---- reset ------------------------------------------------------------------------ */

static void reset_is_complete(void **state)
{
	unsigned int i, gic;

	for (gic = 0; gic < 2; gic++) {
		env_init();
		if (gic)
			env_with_gic();
		memset(env.hyp.x, 0x5a, sizeof(env.hyp.x));
		memset(env.hyp.sysreg, 0x5a, sizeof(env.hyp.sysreg));
		memset(&env.hyp.fp, 0x5a, sizeof(env.hyp.fp));
		env.hyp.sp_el0 = env.hyp.hcr = ENV_POISON;
		env.hyp.pstate = PSTATE_EL0t | 0xf0000000;
		memset(&env.vcpu.pending, 0x5a, sizeof(env.vcpu.pending));

		assert_int_equal(vcpu_reset(&env.vcpu, 0x40080000, ENV_POISON), 0);

		assert_int_equal(env.hyp.pc, 0x40080000);
		assert_int_equal(env.hyp.x[0], ENV_POISON);
		for (i = 1; i < 31; i++)
			assert_int_equal(env.hyp.x[i], 0);
		/* EL1h, all masked */
		assert_int_equal(env.hyp.pstate, 0x3c5);
		for (i = 0; i < HYP_NR_SYSREGS; i++)
			assert_int_equal(env.hyp.sysreg[i],
					 i == HYP_SCTLR_EL1 ? 0x30d50878 : 0);
		assert_int_equal(env.hyp.sp_el0, 0);
		for (i = 0; i < sizeof(env.hyp.fp); i++)
			assert_int_equal(((u8 *)&env.hyp.fp)[i], 0);
		/* an exit that waits for its completion would change the first instruction */
		for (i = 0; i < sizeof(env.vcpu.pending); i++)
			assert_int_equal(((u8 *)&env.vcpu.pending)[i], 0);
		assert_int_equal(env.hyp.hcr, ENV_HCR_RESET);
		assert_int_equal(env.trap_resets, 1);
		assert_int_equal(env.timer_resets, 1);
		assert_int_equal(env.gic_resets, gic);
		/* who it is stays */
		assert_int_equal(env.hyp.vpidr, ENV_MIDR);
		assert_int_equal(env.vcpu.mpidr, ENV_MPIDR);
	}
}

static void reset_needs_aligned_pc(void **state)
{
	static struct hyp_vcpu before;
	u64 pc;

	env_init();
	memset(env.hyp.x, 0x5a, sizeof(env.hyp.x));
	before = env.hyp;
	for (pc = 1; pc < 4; pc++) {
		assert_int_equal(vcpu_reset(&env.vcpu, 0x1000 + pc, 0), -EINVAL);
		assert_memory_equal(&before, &env.hyp, sizeof(before));
	}
	assert_int_equal(vcpu_reset(&env.vcpu, ~3ULL, 0), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(core_round_trip),
		cmocka_unit_test(odd_pc),
		cmocka_unit_test(pstate_modes),
		cmocka_unit_test(pstate_bits),
		cmocka_unit_test(pstate_round_trip),
		cmocka_unit_test(fp_round_trip),
		cmocka_unit_test(vector_get),
		cmocka_unit_test(vector_set),
		cmocka_unit_test(vector_bounds),
		cmocka_unit_test(vector_list),
		cmocka_unit_test(reset_is_complete),
		cmocka_unit_test(reset_needs_aligned_pc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
