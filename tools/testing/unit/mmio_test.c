// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO arithmetic: every syndrome that can be, with data that shows each byte,
 * against a model that uses the compiler's own conversions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <linux/kernel.h>

#include "exit.h"
#include "hyp/hyp.h"
#include "mmio.h"

/* Nested without indentation: all combinations. */
#define EACH(var, n)	for ((var) = 0; (var) < (n); (var)++)

static const u64 patterns[] = {
	0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000,
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
	0x8000000000000000, 0xffffffffffffffff, 0x0123456789abcdef,
	0xfedcba9876543210, 0x8081828384858687, 0x7f7e7d7c7b7a7978,
	0x80ff00ff80ff00ff, 0xaaaaaaaaaaaaaaaa, 0x5555555555555555,
	0xffffffffffffff80, 0xffffffffffff8000, 0xffffffff80000000,
	0xffffff7f, 0xffff7fff, 0x00000000deadbeef,
};

struct fields {
	unsigned int isv, sas, sse, srt, sf, ar, wnr;
};

/* The 12 bits that mean something, from a counter; all else is noise. */
static u64 make_esr(unsigned int n, u32 noise, struct fields *f)
{
	const u32 used = BIT(24) | GENMASK(23, 22) | BIT(21) | GENMASK(20, 16) |
			 BIT(15) | BIT(14) | BIT(6);

	f->isv = n & 1;
	f->sas = (n >> 1) & 3;
	f->sse = (n >> 3) & 1;
	f->srt = (n >> 4) & 31;
	f->sf = (n >> 9) & 1;
	f->ar = (n >> 10) & 1;
	f->wnr = (n >> 11) & 1;
	return (u64)(noise & ~used) | (u64)noise << 32 | f->isv << 24 | f->sas << 22 |
	       f->sse << 21 | f->srt << 16 | f->sf << 15 | f->ar << 14 | f->wnr << 6;
}

static u64 model_load(unsigned int sas, bool sign, bool sf, u64 data)
{
	s64 s;
	u64 u;

	switch (sas) {
	case 0:
		s = (int8_t)data;
		u = (uint8_t)data;
		break;
	case 1:
		s = (int16_t)data;
		u = (uint16_t)data;
		break;
	case 2:
		s = (int32_t)data;
		u = (uint32_t)data;
		break;
	default:
		s = data;
		u = data;
		break;
	}
	if (sign)
		u = s;
	return sf ? u : (uint32_t)u;
}

static u64 model_store(unsigned int sas, u64 value)
{
	u64 data = 0;

	memcpy(&data, &value, 1U << sas);	/* the build machine is little-endian */
	return data;
}

static void decode_all(void **state)
{
	static const u32 noise[] = { 0, 0xffffffff, 0x93000047, 0x5a5a5a5a };
	struct mmio_access a;
	struct fields f;
	unsigned int n, i;

	for (n = 0; n < 1U << 12; n++) {
		for (i = 0; i < 4; i++) {
			u64 esr = make_esr(n, noise[i], &f);

			memset(&a, 0xa5, sizeof(a));
			assert_int_equal(mmio_decode(esr, &a), f.isv);
			if (!f.isv) {
				assert_int_equal(a.len, 0xa5);
				continue;
			}
			assert_int_equal(a.len, 1U << f.sas);
			assert_int_equal(a.reg, f.srt);
			assert_int_equal(a.write, f.wnr);
			assert_int_equal(a.sign, f.sse && !f.wnr);
			assert_int_equal(a.reg64, f.sf);
			assert_int_equal(a.acqrel, f.ar);
		}
	}
}

static void load_and_store_all(void **state)
{
	struct mmio_access a;
	struct fields f;
	unsigned int n, i;

	for (n = 1; n < 1U << 12; n += 2) {
		assert_true(mmio_decode(make_esr(n, 0, &f), &a));
		for (i = 0; i < ARRAY_SIZE(patterns); i++) {
			u64 p = patterns[i];

			if (f.wnr)
				assert_true(mmio_store_data(&a, p) ==
					    model_store(f.sas, p));
			else
				assert_true(mmio_load_value(&a, p) ==
					    model_load(f.sas, f.sse, f.sf, p));
		}
	}
}

/* All values of the bytes that decide: 8 and 16 bits of data. */
static void load_exhaustive_narrow(void **state)
{
	unsigned int sas, sign, sf, data;

	EACH(sas, 2)
	EACH(sign, 2)
	EACH(sf, 2)
	for (data = 0; data < 1U << 17; data++) {
		struct mmio_access a = {
			.len = 1U << sas, .sign = sign, .reg64 = sf,
		};

		assert_true(mmio_load_value(&a, data) ==
			    model_load(sas, sign, sf, data));
	}
}

static void page_border(void **state)
{
	unsigned int len, off;

	for (len = 1; len <= 8; len *= 2)
		for (off = 0; off < 4096; off++) {
			struct mmio_access a = { .len = len };
			u64 base = 0x9000000, first = base + off;
			bool two = (first & ~0xfffULL) != ((first + len - 1) & ~0xfffULL);

			assert_int_equal(mmio_crosses_page(&a, first), two);
			/* An aligned access never does. */
			if (!(off % len))
				assert_false(two);
		}
}

static void endianness(void **state)
{
	static const struct {
		u64 pstate, sctlr;
		bool big;
	} cases[] = {
		{ 0x3c5, 0, false }, { 0x3c5, BIT(25), true },
		{ 0x3c5, BIT(24), false }, { 0x3c4, BIT(25), true },
		{ 0x3c4, BIT(24), false }, { 0, BIT(24), true },
		{ 0, BIT(25), false }, { 0x60000000, BIT(24) | BIT(25), true },
	};
	static struct hyp_vcpu v;
	unsigned int i, len, b;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		v.pstate = cases[i].pstate;
		hyp_write_sysreg(&v, HYP_SCTLR_EL1, cases[i].sctlr);
		for (len = 1; len <= 8; len *= 2) {
			struct mmio_access a = { .len = len };
			u64 data = mmio_store_data(&a, 0x8877665544332211);
			u64 out = mmio_swap(&v, &a, data);

			for (b = 0; b < 8; b++) {
				unsigned int from = b;
				u8 want = 0;

				if (cases[i].big)
					from = len - 1 - b;
				if (b < len)
					want = 0x11 * (from + 1);

				assert_int_equal((u8)(out >> (8 * b)), want);
			}
			assert_true(mmio_swap(&v, &a, out) == data);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_all),
		cmocka_unit_test(load_and_store_all),
		cmocka_unit_test(load_exhaustive_narrow),
		cmocka_unit_test(page_border),
		cmocka_unit_test(endianness),
	};

	return cmocka_run_group_tests_name("mmio", tests, NULL, NULL);
}
