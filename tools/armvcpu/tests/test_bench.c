// SPDX-License-Identifier: GPL-2.0-only
/* The parts of the benchmark that only calculate. */
#include "test.h"

#include "decode.h"
#include "json.h"
#include "stats.h"
#include "steps.h"
#include "symbols.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- stats ---------------------------------------------------------------- */

static void quantiles_are_interpolated(void **state)
{
	uint64_t sample[] = { 40, 10, 30, 20 };

	(void)state;
	assert_float_equal(quantile(sample, 4, 0), 10, 1e-9);
	assert_float_equal(quantile(sample, 4, 0.5), 25, 1e-9);
	assert_float_equal(quantile(sample, 4, 0.25), 17.5, 1e-9);
	assert_float_equal(quantile(sample, 4, 1), 40, 1e-9);
	assert_float_equal(quantile(sample, 1, 0.5), 10, 1e-9);
	assert_float_equal(quantile(sample, 0, 0.5), 0, 1e-9);
}

/* 7 a round and 100 a batch, and the host's tick in less than half of them. */
static void overhead_and_outliers_fall_out(void **state)
{
	uint64_t shorter[] = { 170, 170, 9170, 170, 170 };
	uint64_t longer[] = { 240, 8240, 240, 7240, 240 };
	struct estimate e = estimate(shorter, longer, 5, 10, 0);

	(void)state;
	assert_float_equal(e.value, 7, 1e-9);
	assert_float_equal(e.spread, 100, 1e-9);
}

static void a_round_is_divided(void **state)
{
	uint64_t shorter[] = { 80 }, longer[] = { 160 }, single[] = { 3, 1, 2 };
	struct estimate e = estimate(shorter, longer, 1, 10, 4);

	(void)state;
	assert_float_equal(e.value, 2, 1e-9);
	assert_float_equal(e.spread, 0, 1e-9);
	e = estimate_single(single, 3, 2);
	assert_float_equal(e.value, 1, 1e-9);
	assert_float_equal(e.spread, 0.5, 1e-9);
}

static void nothing_measured_has_no_spread(void **state)
{
	uint64_t shorter[] = { 50, 60 }, longer[] = { 50, 60 };
	struct estimate e = estimate(shorter, longer, 2, 10, 1);

	(void)state;
	assert_float_equal(e.value, 0, 1e-9);
	assert_float_equal(e.spread, 0, 1e-9);
}

/* ---- json ----------------------------------------------------------------- */

static void json_is_a_list(void **state)
{
	struct estimate e = { .value = 1068.04, .spread = 0.01234 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	json_row(f, "one", &e, true);
	json_row(f, "two", NULL, false);
	json_end(f);
	fclose(f);
	assert_string_equal(text,
		"[\n{\"op\": \"one\", \"value\": 1068.0, \"spread\": 0.0123},\n"
		"{\"op\": \"two\", \"value\": null, \"spread\": null}\n]\n");
	free(text);
}

/* ---- decode --------------------------------------------------------------- */

static void classes(void **state)
{
	static const struct {
		uint32_t opcode;
		enum insn_class class;
	} insns[] = {
		{ 0xd51be040, CLASS_MSR },	/* msr cntv... s3_3_c14_c0_2, x0 */
		{ 0xd53be040, CLASS_MRS },	/* mrs x0, cntvct_el0 */
		{ 0xd50342df, CLASS_PSTATE },	/* msr daifset, #2 */
		{ 0xd5033fdf, CLASS_ISB },
		{ 0xd5033f9f, CLASS_DSB },	/* dsb sy */
		{ 0xd503399f, CLASS_DSB },	/* dsb ishld */
		{ 0xd5033bbf, CLASS_DMB },	/* dmb ish */
		{ 0xd50e83df, CLASS_TLBI },	/* tlbi vmalls12e1is, as op1 = 6 */
		{ 0xd508871f, CLASS_TLBI },	/* tlbi vmalle1 */
		{ 0xd5087800, CLASS_AT },	/* at s1e1r, x0 */
		{ 0xd50b7a20, CLASS_CACHE },	/* dc cvac, x0 */
		{ 0xd50b7420, CLASS_CACHE },	/* dc zva, x0 */
		{ 0xc85f7c41, CLASS_ATOMIC },	/* ldxr x1, [x2] */
		{ 0xc8007c41, CLASS_ATOMIC },	/* stxr w0, x1, [x2] */
		{ 0xc8a07c41, CLASS_ATOMIC },	/* cas x0, x1, [x2] */
		{ 0xf8200041, CLASS_ATOMIC },	/* ldadd x0, x1, [x2] */
		{ 0xc8dffc41, CLASS_NONE },	/* ldar x1, [x2] */
		{ 0xc89ffc41, CLASS_NONE },	/* stlr x1, [x2] */
		{ 0xd69f03e0, CLASS_ERET },
		{ 0xd65f03c0, CLASS_NONE },	/* ret */
		{ 0xd503201f, CLASS_NONE },	/* nop */
		{ 0xf9400041, CLASS_NONE },	/* ldr x1, [x2] */
		{ 0xf8606841, CLASS_NONE },	/* ldr x1, [x2, x0] */
		{ 0xd4000002, CLASS_NONE },	/* hvc #0 */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(insns); i++)
		if (classify(insns[i].opcode) != insns[i].class)
			fail_msg("%08x: %d", insns[i].opcode, classify(insns[i].opcode));
}

static void where_instructions_lead(void **state)
{
	static const uint64_t pc = 0x10000;
	static const struct {
		uint32_t opcode;
		int64_t offset;
		bool may;
	} steps[] = {
		{ 0xd503201f, 4, true },	/* nop */
		{ 0xd503201f, 8, false },
		{ 0x14000002, 8, true },	/* b .+8 */
		{ 0x14000002, 4, false },
		{ 0x97ffffff, -4, true },	/* bl .-4 */
		{ 0x54ffffe0, -4, true },	/* b.eq .-4 */
		{ 0x54ffffe0, 4, true },
		{ 0x54ffffe0, 8, false },
		{ 0xb4000040, 8, true },	/* cbz x0, .+8 */
		{ 0x3707ffc0, -8, true },	/* tbnz w0, #0, .-8 */
		{ 0x36000040, 12, false },	/* tbz w0, #0, .+8 */
		{ 0xd65f03c0, 0x1234, true },	/* ret */
		{ 0xd61f0000, 0x1234, true },	/* br x0 */
		{ 0xd69f03e0, 0x1234, true },	/* eret */
		{ 0xd4000001, 4, false },	/* svc #0 */
		{ 0xd4000002, 0x400, false },	/* hvc #0 */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		if (may_go_on_at(pc, steps[i].opcode, pc + steps[i].offset) != steps[i].may)
			fail_msg("%08x to %+lld", steps[i].opcode, (long long)steps[i].offset);
}

/* ---- steps ---------------------------------------------------------------- */

static FILE *trace_of(const char *text)
{
	return fmemopen((void *)(uintptr_t)text, strlen(text), "r");
}

static void rounds_are_read_one_by_one(void **state)
{
	static const char text[] =
		"something else\n"
		"op 4 rounds 15 shortest 2 longest 3\n"
		"0 80000100 d503201f\n"
		"1 ffff800008001000 d53be040\n"
		"op 9 rounds 1 shortest 1 longest 1\n"
		"0 80000104 d5033fdf\n";
	size_t counts[CLASS_NONE];
	struct steps s = { 0 };
	FILE *f = trace_of(text);

	(void)state;
	assert_true(steps_read(&s, f));
	assert_int_equal(s.number, 4);
	assert_int_equal(s.rounds, 15);
	assert_int_equal(s.shortest, 2);
	assert_int_equal(s.longest, 3);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.list[1].cpu, 1);
	assert_true(s.list[1].pc == 0xffff800008001000);
	steps_count(&s, counts);
	assert_int_equal(counts[CLASS_MRS], 1);
	assert_int_equal(counts[CLASS_EXCEPTION], 0);
	assert_true(steps_read(&s, f));
	assert_int_equal(s.number, 9);
	assert_int_equal(s.n, 1);
	assert_false(steps_read(&s, f));
	fclose(f);
	free(s.list);
}

/*
 * HVC to a vector; ERET; a load that aborts to one of the same table; ERET, and an
 * interrupt before the next instruction. What another CPU does between is no matter.
 */
static void exceptions_are_found(void **state)
{
	static const char text[] =
		"op 1 rounds 1 shortest 1 longest 1\n"
		"0 80000100 d4000002\n"
		"0 1400 d69f03e0\n"
		"1 5000 d503201f\n"
		"0 80000104 f9400041\n"
		"1 5004 d503201f\n"
		"0 1480 d69f03e0\n"
		"0 1400 d69f03e0\n"
		"0 80000180 d65f03c0\n"
		"0 80000200 d503201f\n";
	size_t counts[CLASS_NONE];
	struct steps s = { 0 };
	FILE *f = trace_of(text);

	(void)state;
	assert_true(steps_read(&s, f));
	fclose(f);
	assert_int_equal(s.n, 9);
	assert_true(s.list[1].exception);
	assert_false(s.list[3].exception);
	assert_true(s.list[5].exception);
	assert_true(s.list[6].exception);
	assert_false(s.list[7].exception);
	assert_false(s.list[8].exception);
	steps_count(&s, counts);
	assert_int_equal(counts[CLASS_EXCEPTION], 3);
	assert_int_equal(counts[CLASS_ERET], 3);
	free(s.list);
}

/* ---- symbols -------------------------------------------------------------- */

static void addresses_have_names(void **state)
{
	static const char text[] =
		"ffff800008002000 T later\n"
		"ffff800008001000 T first\n"
		"ffff800008001000 t alias\n"
		"ffff800008001800 D data\n"
		"ffff800008001900 t $x\n"
		"ffff800001000000 t own\t[armvcpu]\n";
	struct symbols s = { 0 };
	FILE *f = trace_of(text);
	size_t i;

	(void)state;
	symbols_read(&s, f, 0);
	fclose(f);
	symbols_sort(&s);
	assert_int_equal(s.n, 4);
	assert_null(symbols_find(&s, 0x1000));
	assert_string_equal(symbols_find(&s, 0xffff800008001000)->name, "first");
	assert_string_equal(symbols_find(&s, 0xffff800008001ffc)->name, "first");
	assert_null(symbols_find(&s, 0xffff800008001ffc)->module);
	assert_string_equal(symbols_find(&s, 0xffff800008002004)->name, "later");
	assert_string_equal(symbols_find(&s, 0xffff800001000004)->name, "own");
	assert_string_equal(symbols_find(&s, 0xffff800001000004)->module, "[armvcpu]");
	for (i = 0; i < s.n; i++) {
		free((void *)(uintptr_t)s.list[i].name);
		free((void *)(uintptr_t)s.list[i].module);
	}
	free(s.list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_interpolated),
		cmocka_unit_test(overhead_and_outliers_fall_out),
		cmocka_unit_test(a_round_is_divided),
		cmocka_unit_test(nothing_measured_has_no_spread),
		cmocka_unit_test(json_is_a_list),
		cmocka_unit_test(classes),
		cmocka_unit_test(where_instructions_lead),
		cmocka_unit_test(rounds_are_read_one_by_one),
		cmocka_unit_test(exceptions_are_found),
		cmocka_unit_test(addresses_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
