// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions into the guest, field by field as the Arm ARM's pseudocode of
 * AArch64.TakeException() and AArch64.AbortSyndrome() has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <linux/bits.h>
#include <linux/types.h>

#include "hyp/hyp.h"
#include "inject.h"

/* Nested without indentation: all combinations. */
#define EACH(var, n)	for ((var) = 0; (var) < (n); (var)++)

#define PC	0xffff800008123454ULL
#define VBAR	0xffff800008010800ULL
#define FAR	0xffff0000deadbeefULL

/* The last is AArch32 User mode. */
enum { EL0t, EL1t, EL1h, USR, MODES };
static const u64 mode_bits[MODES] = { 0x0, 0x4, 0x5, 0x10 };
static const u64 vectors[MODES] = { 0x400, 0x000, 0x200, 0x600 };

static struct hyp_vcpu v, before;

static void start(u64 pstate, u64 sctlr)
{
	unsigned int i;

	memset(&v, 0, sizeof(v));
	for (i = 0; i < 31; i++)
		v.x[i] = 0x1111111100000000ULL + i;
	for (i = 0; i < HYP_NR_SYSREGS; i++)
		v.sysreg[i] = 0x2222222200000000ULL + i;
	v.sp_el0 = 0x3333;
	v.esr = 0x4444;
	v.far = 0x5555;
	v.hpfar = 0x6666;
	v.pc = PC;
	v.pstate = pstate;
	v.sysreg[HYP_VBAR_EL1] = VBAR;
	v.sysreg[HYP_SCTLR_EL1] = sctlr;
	before = v;
}

/* EL0 is the only one with another exception level for its aborts. */
static bool at_el0(unsigned int mode)
{
	return mode == EL0t || mode == USR;
}

static bool bit(u64 value, unsigned int n)
{
	return value >> n & 1;
}

/* The state after an exception; what it may not touch is as it was. */
static void check(unsigned int mode, u64 esr, bool far_set, u64 far)
{
	u64 old = before.pstate, new = v.pstate;
	u64 sctlr = before.sysreg[HYP_SCTLR_EL1];
	unsigned int n;

	assert_true(v.sysreg[HYP_ELR_EL1] == PC);
	assert_true(v.sysreg[HYP_SPSR_EL1] == old);
	assert_true(v.sysreg[HYP_ESR_EL1] == esr);
	assert_true(v.pc == VBAR + vectors[mode]);

	for (n = 28; n < 32; n++)			/* NZCV stay */
		assert_int_equal(bit(new, n), bit(old, n));
	assert_int_equal(bit(new, 24), bit(old, 24));	/* DIT stays */
	assert_int_equal(bit(new, 22), bit(old, 22) || !bit(sctlr, 23)); /* PAN, SPAN */
	assert_int_equal(bit(new, 12), bit(sctlr, 44));	/* SSBS, DSSBS */
	assert_int_equal(new >> 6 & 15, 15);		/* DAIF */
	assert_int_equal(new & 0x1f, 5);		/* EL1h */
	assert_int_equal(bit(new, 20), 0);		/* IL */
	assert_int_equal(bit(new, 21), 0);		/* SS */
	assert_int_equal(bit(new, 23), 0);		/* UAO */
	assert_int_equal(new >> 10 & 3, 0);		/* BTYPE */
	/* And nothing that has no name: 5, 13-19, 25-27, upper half. */
	assert_true(!(new & (BIT(5) | GENMASK(19, 13) | GENMASK(27, 25) |
			     GENMASK_ULL(63, 32))));

	if (far_set)
		assert_true(v.sysreg[HYP_FAR_EL1] == far);
	else
		assert_true(v.sysreg[HYP_FAR_EL1] == before.sysreg[HYP_FAR_EL1]);

	before.sysreg[HYP_ELR_EL1] = v.sysreg[HYP_ELR_EL1];
	before.sysreg[HYP_SPSR_EL1] = v.sysreg[HYP_SPSR_EL1];
	before.sysreg[HYP_ESR_EL1] = v.sysreg[HYP_ESR_EL1];
	before.sysreg[HYP_FAR_EL1] = v.sysreg[HYP_FAR_EL1];
	before.pc = v.pc;
	before.pstate = v.pstate;
	assert_memory_equal(&v, &before, sizeof(v));
}

/* All PSTATE bits that there are, with both SCTLR bits, from all modes. */
static void for_all_states(void (*one)(unsigned int mode))
{
	static const u8 bits[] = { 6, 9, 10, 11, 12, 20, 21, 22, 23, 24, 28, 29, 30, 31 };
	unsigned int mode, n, i, s;

	for (mode = 0; mode < MODES; mode++)
		for (n = 0; n < 1U << sizeof(bits); n++)
			for (s = 0; s < 4; s++) {
				u64 pstate = mode_bits[mode], sctlr = 0x30d00800;

				for (i = 0; i < sizeof(bits); i++)
					pstate |= (u64)(n >> i & 1) << bits[i];
				sctlr &= ~BIT_ULL(23);
				sctlr |= (s & 1 ? BIT_ULL(23) : 0) |
					 (s & 2 ? BIT_ULL(44) : 0);
				start(pstate, sctlr);
				one(mode);
			}
}

static void one_undef(unsigned int mode)
{
	inject_undef(&v);
	check(mode, 0x02000000, false, 0);
}

static void undef(void **state)
{
	for_all_states(one_undef);
}

static void one_data_abort(unsigned int mode)
{
	inject_abort(&v, false, FAR, 0x10);
	check(mode, at_el0(mode) ? 0x92000010 : 0x96000010, true, FAR);
}

static void data_abort(void **state)
{
	for_all_states(one_data_abort);
}

static void one_instruction_abort(unsigned int mode)
{
	inject_abort(&v, true, PC, 0x10);
	check(mode, at_el0(mode) ? 0x82000010 : 0x86000010, true, PC);
}

static void instruction_abort(void **state)
{
	for_all_states(one_instruction_abort);
}

static void abort_codes(void **state)
{
	unsigned int fsc, mode;

	for (mode = 0; mode < MODES; mode++)
		for (fsc = 0; fsc < 64; fsc++) {
			start(mode_bits[mode], 0);
			inject_abort(&v, false, FAR, fsc | BIT(6));
			check(mode, (at_el0(mode) ? 0x92000040 : 0x96000040) | fsc,
			      true, FAR);
		}
}

/* With FnV the register holds no address, least of all a stale one. */
static void far_not_valid(void **state)
{
	start(5, 0);
	inject_abort(&v, false, FAR, 0x10 | BIT(10));
	check(EL1h, 0x96000410, true, 0);
}

/* VBAR_EL1[10:0] is RES0 and not necessarily zero. */
static void vector_base(void **state)
{
	start(0, 0);
	v.sysreg[HYP_VBAR_EL1] = VBAR | 0x7ff;
	inject_undef(&v);
	assert_true(v.pc == VBAR + 0x400);
	start(5, 0);
	v.sysreg[HYP_VBAR_EL1] = 0;
	inject_undef(&v);
	assert_true(v.pc == 0x200);
}

/* What comes of the ESR_EL2 of an exit, for every exception class. */
static void answer_inject(void **state)
{
	unsigned int ec, fsc, s1ptw, wnr, cm, fnv, mode;

	EACH(mode, MODES)
	EACH(ec, 64)
	EACH(fsc, 64)
	EACH(s1ptw, 2)
	EACH(wnr, 2)
	EACH(cm, 2)
	EACH(fnv, 2) {
		u64 esr = (u64)ec << 26 | 0x03ff3800 | fnv << 10 | cm << 8 |
			  s1ptw << 7 | wnr << 6 | fsc;
		bool no_far = fnv && fsc == 0x10;
		u64 want;

		start(mode_bits[mode], 0);
		inject_for_exit(&v, esr, FAR);
		if (ec != 0x20 && ec != 0x24) {
			check(mode, 0x02000000, false, 0);
			continue;
		}
		want = s1ptw || fsc >> 2 == 5 ? 0x14 | (fsc & 3) : 0x10;
		if (ec == 0x24)
			want |= wnr << 6 | cm << 8;
		if (no_far)
			want |= BIT(10);
		want |= BIT(25) | (u64)(ec + !at_el0(mode)) << 26;
		check(mode, want, true, no_far ? 0 : FAR);
	}
}

static void skip_one(void **state)
{
	unsigned int n;

	for (n = 0; n < 64; n++) {
		start(BIT_ULL(n) | 5, 0);
		skip_instruction(&v);
		assert_true(v.pc == PC + 4);
		if (n == 10 || n == 11 || n == 21)
			assert_true(v.pstate == 5);
		else
			assert_true(v.pstate == (BIT_ULL(n) | 5));
		v.pc = before.pc;
		v.pstate = before.pstate;
		assert_memory_equal(&v, &before, sizeof(v));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undef),
		cmocka_unit_test(data_abort),
		cmocka_unit_test(instruction_abort),
		cmocka_unit_test(abort_codes),
		cmocka_unit_test(far_not_valid),
		cmocka_unit_test(vector_base),
		cmocka_unit_test(answer_inject),
		cmocka_unit_test(skip_one),
	};

	return cmocka_run_group_tests_name("inject", tests, NULL, NULL);
}
