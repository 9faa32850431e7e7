// SPDX-License-Identifier: GPL-2.0-only
/* What the world switch makes of ICH_VTR_EL2: for all values of its fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hyp/hyp.h"

/* The other fields are of no matter. */
static u64 vtr(unsigned int list_regs, unsigned int prebits, bool others)
{
	return (others ? ~0x1c00001fULL : 0) | prebits << 26 | list_regs;
}

static void list_registers(void **state)
{
	unsigned int n, others;

	for (others = 0; others < 2; others++)
		for (n = 0; n < 32; n++)
			assert_int_equal(hyp_nr_lr(vtr(n, 4, others)), n < 16 ? n + 1 : 16);
}

/* IHI0069 12.4.4 to 12.4.8: five bits at least; what is less is taken for that. */
static void active_priority_registers(void **state)
{
	static const u32 want[] = { 1, 1, 1, 1, 1, 2, 4, 4 };
	unsigned int n, others;

	for (others = 0; others < 2; others++)
		for (n = 0; n < 8; n++)
			assert_int_equal(hyp_nr_apr(vtr(3, n, others)), want[n]);
}

int main(void)
{
	const struct CMUnitTest hyp[] = {
		cmocka_unit_test(list_registers),
		cmocka_unit_test(active_priority_registers),
	};

	return cmocka_run_group_tests(hyp, NULL, NULL);
}
