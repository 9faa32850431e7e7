// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each kind of CPU does at an exit: all features and answers of firmware for
 * all CPUs of the table and for one that nobody knows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spectre.c"

#define CALL_WA1	0x80008000ULL
#define CALL_WA3	0x80003fffULL
#define CLRBHB		(1ULL << 63)
#define LOOP(n)		((u64)(n) << 32)

#define A53		0x410fd034
#define A57		0x411fd070
#define A72		0x410fd083
#define N1		0x414fd0c1
#define X3		0x411fd4e0
#define UNKNOWN		0x000f0510

/* The machine: registers by encoding, firmware, command line. */
static struct spectre_cpu machine;
static bool mitigations_off, v2;

u64 shim_read_sysreg(u32 reg)
{
	switch (reg) {
	case 3 << 19 | 4 << 8:
		return machine.pfr0;
	case 3 << 19 | 6 << 8 | 2 << 5:
		return machine.isar2;
	case 3 << 19 | 7 << 8 | 1 << 5:
		return machine.mmfr1;
	}
	fail_msg("register %x", reg);
	return 0;
}

u32 read_cpuid_id(void)
{
	return machine.midr;
}

bool this_cpu_has_cap(unsigned int cap)
{
	assert_int_equal(cap, ARM64_SPECTRE_V2);
	return v2;
}

bool cpu_mitigations_off(void)
{
	return mitigations_off;
}

s32 smccc_firmware_state(u32 fn)
{
	assert_true(fn == CALL_WA1 || fn == CALL_WA3);
	return fn == CALL_WA1 ? machine.wa1 : machine.wa3;
}

static u64 action(u32 midr)
{
	machine.midr = midr;
	return spectre_probe_cpu();
}

static void reset(void)
{
	memset(&machine, 0, sizeof(machine));
	machine.wa1 = -1;
	machine.wa3 = -1;
	mitigations_off = false;
	v2 = false;
}

/* By whitepaper; variant and revision are of no matter. */
static void branches_of_each_cpu(void **state)
{
	static const struct { u32 midr, branches; } cpus[] = {
		{ A53, 0 }, { 0x410fd040, 0 }, { 0x412fd050, 0 }, { 0x411fd460, 0 },
		{ 0x410fd800, 0 }, { 0x420f1000, 0 }, { 0x51af8014, 0 },
		{ 0x517f803c, 0 }, { 0x51df805e, 0 },
		{ A57, 8 }, { A72, 8 }, { 0xc00fac30, 11 },
		{ 0x414fd0b1, 24 }, { N1, 24 }, { 0x411fd0d0, 24 }, { 0x411fd0e0, 24 },
		{ 0x51cf804e, 24 }, { 0x480fd020, 24 },
		{ 0x411fd401, 32 }, { 0x411fd410, 32 }, { 0x410fd421, 32 },
		{ 0x411fd440, 32 }, { 0x412fd470, 32 }, { 0x412fd480, 32 },
		{ 0x410fd490, 32 }, { 0x410fd4b0, 32 }, { 0x410fd4c0, 32 },
		{ 0x481fd010, 32 },
		{ 0x411fd4d0, 38 }, { 0x410fd811, 38 }, { X3, 132 }, { 0x410fd4f0, 132 },
	};
	unsigned int i;

	reset();
	assert_int_equal(ARRAY_SIZE(cpus), ARRAY_SIZE(bhb_cpus));
	for (i = 0; i < ARRAY_SIZE(cpus); i++) {
		assert_true(action(cpus[i].midr) == LOOP(cpus[i].branches));
		assert_true(action(cpus[i].midr ^ 0x00f00000) == LOOP(cpus[i].branches));
		assert_true(action(cpus[i].midr ^ 0xf) == LOOP(cpus[i].branches));
	}
	/* The same part number of another implementer is another CPU. */
	assert_true(action(N1 ^ 0x01000000) == 0);
	assert_true(action(UNKNOWN) == 0);
}

/* What the CPU does by itself, or has an instruction for, comes first. */
static void features(void **state)
{
	static const u32 midrs[] = { A53, A72, N1, X3, UNKNOWN };
	unsigned int i, csv2, ecbhb, clrbhb;

	for (i = 0; i < ARRAY_SIZE(midrs); i++)
		for (csv2 = 0; csv2 < 16; csv2++)
			for (ecbhb = 0; ecbhb < 2; ecbhb++)
				for (clrbhb = 0; clrbhb < 2; clrbhb++) {
					u64 plain, now;

					reset();
					machine.wa3 = 0;
					plain = action(midrs[i]);
					machine.pfr0 = (u64)csv2 << 56 | 0x1111;
					machine.mmfr1 = (u64)ecbhb << 60 | 0x1111;
					machine.isar2 = (u64)clrbhb << 28 | 0x1111;
					now = action(midrs[i]);
					if (csv2 >= 3 || ecbhb)
						assert_true(now == 0);
					else if (clrbhb)
						assert_true(now == CLRBHB);
					else
						assert_true(now == plain);
				}
}

static void firmware(void **state)
{
	s32 wa1, wa3;

	for (wa1 = -2; wa1 <= 1; wa1++)
		for (wa3 = -2; wa3 <= 1; wa3++) {
			reset();
			machine.wa1 = wa1;
			machine.wa3 = wa3;

			/* Spectre-v2 is no matter */
			assert_true(action(A72) == LOOP(8));
			assert_true(action(UNKNOWN) == (wa3 ? 0 : CALL_WA3));

			/* it is; ARCH_WORKAROUND_3 includes 1, and 1 the loop */
			v2 = true;
			assert_true(action(A72) == (wa1 ? LOOP(8) : CALL_WA1));
			assert_true(action(UNKNOWN) ==
				    (!wa3 ? CALL_WA3 : !wa1 ? CALL_WA1 : 0));
			machine.isar2 = 1ULL << 28;
			assert_true(action(A72) == (wa1 ? CLRBHB : CALL_WA1));
		}
}

static void off(void **state)
{
	reset();
	mitigations_off = true;
	v2 = true;
	machine.wa1 = 0;
	assert_true(action(A72) == 0);
	assert_true(action(X3) == 0);
	mitigations_off = false;
	assert_true(action(A72) == CALL_WA1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches_of_each_cpu),
		cmocka_unit_test(features),
		cmocka_unit_test(firmware),
		cmocka_unit_test(off),
	};

	return cmocka_run_group_tests_name("spectre", tests, NULL, NULL);
}
