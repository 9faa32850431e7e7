// SPDX-License-Identifier: GPL-2.0-only
/* System registers: each encoding's outcome, reset, and the VMM's view. */
#include <errno.h>

#include "sysreg_env.h"

#define SCTLR		ARMVCPU_SYSREG(3, 0, 1, 0, 0)
#define ACTLR		ARMVCPU_SYSREG(3, 0, 1, 0, 1)
#define CPACR		ARMVCPU_SYSREG(3, 0, 1, 0, 2)
#define TTBR0		ARMVCPU_SYSREG(3, 0, 2, 0, 0)
#define CCSIDR		ARMVCPU_SYSREG(3, 1, 0, 0, 0)
#define CSSELR		ARMVCPU_SYSREG(3, 2, 0, 0, 0)
#define MIDR		ARMVCPU_SYSREG(3, 0, 0, 0, 0)
#define MPIDR		ARMVCPU_SYSREG(3, 0, 0, 0, 5)
#define REVIDR		ARMVCPU_SYSREG(3, 0, 0, 0, 6)
#define AIDR		ARMVCPU_SYSREG(3, 1, 0, 0, 7)
#define CLIDR		ARMVCPU_SYSREG(3, 1, 0, 0, 1)
#define CTR		ARMVCPU_SYSREG(3, 3, 0, 0, 1)
#define CNTFRQ		ARMVCPU_SYSREG(3, 3, 14, 0, 0)
#define CNTPCT		ARMVCPU_SYSREG(3, 3, 14, 0, 1)
#define CNTPCTSS	ARMVCPU_SYSREG(3, 3, 14, 0, 5)
#define CNTP_TVAL	ARMVCPU_SYSREG(3, 3, 14, 2, 0)
#define CNTP_CTL	ARMVCPU_SYSREG(3, 3, 14, 2, 1)
#define CNTP_CVAL	ARMVCPU_SYSREG(3, 3, 14, 2, 2)
#define CNTV_CTL	ARMVCPU_SYSREG(3, 3, 14, 3, 1)
#define CNTV_CVAL	ARMVCPU_SYSREG(3, 3, 14, 3, 2)
#define TPIDR_EL0	ARMVCPU_SYSREG(3, 3, 13, 0, 2)
#define CONTEXTIDR	ARMVCPU_SYSREG(3, 0, 13, 0, 1)
#define ICC_SGI1R	ARMVCPU_SYSREG(3, 0, 12, 11, 5)
#define ICC_ASGI1R	ARMVCPU_SYSREG(3, 0, 12, 11, 6)
#define ICC_SGI0R	ARMVCPU_SYSREG(3, 0, 12, 11, 7)
#define ICC_SRE		ARMVCPU_SYSREG(3, 0, 12, 12, 5)
#define ICC_PMR		ARMVCPU_SYSREG(3, 0, 4, 6, 0)
#define ICC_DIR		ARMVCPU_SYSREG(3, 0, 12, 11, 1)
#define ICC_RPR		ARMVCPU_SYSREG(3, 0, 12, 11, 3)
#define ICC_CTLR	ARMVCPU_SYSREG(3, 0, 12, 12, 4)
#define OSLAR		ARMVCPU_SYSREG(2, 0, 1, 0, 4)
#define OSLSR		ARMVCPU_SYSREG(2, 0, 1, 1, 4)
#define DBGAUTHSTATUS	ARMVCPU_SYSREG(2, 0, 7, 14, 6)
#define DC_ISW		ARMVCPU_SYSREG(1, 0, 7, 6, 2)
#define DC_CSW		ARMVCPU_SYSREG(1, 0, 7, 10, 2)
#define DC_CISW		ARMVCPU_SYSREG(1, 0, 7, 14, 2)
#define PMCR		ARMVCPU_SYSREG(3, 3, 9, 12, 0)

#define SCTLR_M		BIT(0)
#define SCTLR_C		BIT(2)

/*
 * What each encoding does when it traps at EL1:
 *	h	handled
 *	u	UNDEFINED, whatever the VM's flags
 *	x	no such register: an exit to the VMM if the VM wants it, else UNDEFINED
 * All that is not listed is x, or u for op0 = 0 and 1, which are not registers.
 */
static const struct outcome {
	u8 op0, op1, crn, crm, crm_last, op2, op2_last;
	char read, write;
	bool gic;		/* x without a GIC */
} outcomes[] = {
	{ 1, 0, 7, 6, 6, 2, 2, 'u', 'h' },	/* DC ISW */
	{ 1, 0, 7, 10, 10, 2, 2, 'u', 'h' },	/* DC CSW */
	{ 1, 0, 7, 14, 14, 2, 2, 'u', 'h' },	/* DC CISW */

	{ 2, 0, 0, 0, 0, 2, 2, 'h', 'h' },	/* OSDTRRX */
	{ 2, 0, 0, 0, 1, 4, 7, 'h', 'h' },	/* DBG[BW][VC]R<0-1> */
	{ 2, 0, 0, 2, 2, 0, 0, 'h', 'h' },	/* MDCCINT */
	{ 2, 0, 0, 2, 2, 2, 2, 'h', 'h' },	/* MDSCR */
	{ 2, 0, 0, 3, 3, 2, 2, 'h', 'h' },	/* OSDTRTX */
	{ 2, 0, 0, 6, 6, 2, 2, 'h', 'h' },	/* OSECCR */
	{ 2, 0, 1, 0, 0, 0, 0, 'h', 'u' },	/* MDRAR */
	{ 2, 0, 1, 0, 0, 4, 4, 'u', 'h' },	/* OSLAR */
	{ 2, 0, 1, 1, 1, 4, 4, 'h', 'u' },	/* OSLSR */
	{ 2, 0, 1, 3, 3, 4, 4, 'h', 'h' },	/* OSDLR */
	{ 2, 0, 1, 4, 4, 4, 4, 'h', 'h' },	/* DBGPRCR */
	{ 2, 0, 7, 8, 9, 6, 6, 'h', 'h' },	/* DBGCLAIMSET, DBGCLAIMCLR */
	{ 2, 0, 7, 14, 14, 6, 6, 'h', 'u' },	/* DBGAUTHSTATUS */
	{ 2, 3, 0, 1, 1, 0, 0, 'h', 'u' },	/* MDCCSR */
	{ 2, 3, 0, 4, 5, 0, 0, 'h', 'h' },	/* DBGDTR */

	{ 3, 0, 0, 0, 0, 0, 0, 'h', 'u' },	/* MIDR */
	{ 3, 0, 0, 0, 0, 5, 6, 'h', 'u' },	/* MPIDR, REVIDR */
	{ 3, 0, 0, 1, 7, 0, 7, 'h', 'u' },	/* the ID space */
	{ 3, 0, 1, 0, 0, 0, 2, 'h', 'h' },	/* SCTLR, ACTLR, CPACR */
	{ 3, 0, 2, 0, 0, 0, 2, 'h', 'h' },	/* TTBR0, TTBR1, TCR */
	{ 3, 0, 4, 0, 0, 0, 1, 'h', 'h' },	/* SPSR, ELR */
	{ 3, 0, 4, 1, 1, 0, 0, 'h', 'h' },	/* SP_EL0 */
	{ 3, 0, 4, 6, 6, 0, 0, 'h', 'h', true },	/* ICC_PMR */
	{ 3, 0, 5, 1, 1, 0, 1, 'h', 'h' },	/* AFSR0, AFSR1 */
	{ 3, 0, 5, 2, 2, 0, 0, 'h', 'h' },	/* ESR */
	{ 3, 0, 6, 0, 0, 0, 0, 'h', 'h' },	/* FAR */
	{ 3, 0, 7, 4, 4, 0, 0, 'h', 'h' },	/* PAR */
	{ 3, 0, 10, 2, 3, 0, 0, 'h', 'h' },	/* MAIR, AMAIR */
	{ 3, 0, 12, 0, 0, 0, 0, 'h', 'h' },	/* VBAR */
	{ 3, 0, 12, 11, 11, 1, 1, 'u', 'h', true },	/* ICC_DIR */
	{ 3, 0, 12, 11, 11, 3, 3, 'h', 'u', true },	/* ICC_RPR */
	{ 3, 0, 12, 11, 11, 5, 7, 'u', 'h', true },	/* ICC_SGI1R, ASGI1R, SGI0R */
	{ 3, 0, 12, 12, 12, 4, 5, 'h', 'h', true },	/* ICC_CTLR, ICC_SRE */
	{ 3, 0, 13, 0, 0, 1, 1, 'h', 'h' },	/* CONTEXTIDR */
	{ 3, 0, 13, 0, 0, 4, 4, 'h', 'h' },	/* TPIDR_EL1 */
	{ 3, 0, 14, 1, 1, 0, 0, 'h', 'h' },	/* CNTKCTL */
	{ 3, 1, 0, 0, 0, 0, 1, 'h', 'u' },	/* CCSIDR, CLIDR */
	{ 3, 1, 0, 0, 0, 7, 7, 'h', 'u' },	/* AIDR */
	{ 3, 2, 0, 0, 0, 0, 0, 'h', 'h' },	/* CSSELR */
	{ 3, 3, 0, 0, 0, 1, 1, 'h', 'u' },	/* CTR */
	{ 3, 3, 13, 0, 0, 2, 3, 'h', 'h' },	/* TPIDR_EL0, TPIDRRO_EL0 */
	{ 3, 3, 14, 0, 0, 0, 1, 'h', 'u' },	/* CNTFRQ, CNTPCT */
	{ 3, 3, 14, 0, 0, 5, 5, 'h', 'u' },	/* CNTPCTSS */
	{ 3, 3, 14, 2, 2, 0, 2, 'h', 'h' },	/* CNTP_TVAL, CTL, CVAL */
	{ 3, 3, 14, 3, 3, 1, 2, 'h', 'h' },	/* CNTV_CTL, CVAL */
	{ 3, 4, 4, 1, 1, 0, 0, 'u', 'u' },	/* SP_EL1 belongs to EL2 */
};

#define NR_ENCODINGS	0x10000U

static char expected[NR_ENCODINGS][2];

static void expect_outcomes(bool gic)
{
	const struct outcome *o;
	u32 e, crm, op2;

	for (e = 0; e < NR_ENCODINGS; e++)
		expected[e][0] = expected[e][1] = e >> 14 < 2 ? 'u' : 'x';
	for (o = outcomes; o < outcomes + ARRAY_SIZE(outcomes); o++) {
		for (crm = o->crm; crm <= o->crm_last; crm++) {
			for (op2 = o->op2; op2 <= o->op2_last; op2++) {
				e = ARMVCPU_SYSREG(o->op0, o->op1, o->crn, crm, op2);
				if (o->gic && !gic)
					continue;
				expected[e][0] = o->read;
				expected[e][1] = o->write;
			}
		}
	}
}

/* One access; what it may change and what not. */
static void check_outcome(u32 e, bool write, char want, u32 flags)
{
	static struct hyp_vcpu before;
	enum exit_action action;

	env.hyp.esr = env_esr(e, 7, write);
	env.vcpu.pending.reason = ARMVCPU_EXIT_UNKNOWN;
	before = env.hyp;
	action = sysreg_trap(&env.vcpu);

	if (want == 'x')
		want = flags & ARMVCPU_VM_SYSREG_EXITS ? 'e' : 'u';
	if ((want == 'h' && action != EXIT_HANDLED) ||
	    (want == 'u' && action != EXIT_INJECT) ||
	    (want == 'e' && action != EXIT_TO_VMM))
		fail_msg("S%u_%u_C%u_C%u_%u %s: %u, not %c", e >> 14, e >> 11 & 7,
			 e >> 7 & 15, e >> 3 & 15, e & 7, write ? "write" : "read",
			 action, want);

	if (want == 'e') {
		assert_int_equal(env.run.exit_reason, ARMVCPU_EXIT_SYSREG);
		assert_int_equal(env.run.u.sysreg.encoding, e);
		assert_int_equal(env.run.u.sysreg.write, write);
		assert_int_equal(env.run.u.sysreg.reg, 7);
		assert_int_equal(env.run.u.sysreg.value, write ? before.x[7] : 0);
		assert_int_equal(env.vcpu.pending.reason, ARMVCPU_EXIT_SYSREG);
		assert_int_equal(env.vcpu.pending.write, write);
		assert_int_equal(env.vcpu.pending.reg, 7);
	} else {
		assert_int_equal(env.vcpu.pending.reason, ARMVCPU_EXIT_UNKNOWN);
	}
	if (want == 'h' && !write)
		before.x[7] = env.hyp.x[7];
	if (want != 'h' || !write)
		assert_memory_equal(&before, &env.hyp, sizeof(before));
	/* no handler moves the PC */
	assert_int_equal(env.hyp.pc, before.pc);
	assert_int_equal(env.hyp.pstate, before.pstate);
}

static void sweep(bool gic, u32 flags)
{
	unsigned int write, i;
	u32 e;

	env_init();
	if (gic)
		env_with_gic();
	env.vm.flags = flags;
	for (i = 0; i < 31; i++)
		env.hyp.x[i] = ENV_POISON + i;
	env.hyp.pc = 0x1000;
	expect_outcomes(gic);
	for (e = 0; e < NR_ENCODINGS; e++)
		for (write = 0; write < 2; write++)
			check_outcome(e, write, expected[e][write], flags);
}

static void all_encodings(void **state)
{
	sweep(false, 0);
	sweep(true, 0);
}

static void all_encodings_with_exits(void **state)
{
	sweep(false, ARMVCPU_VM_FLAGS_MASK);
	sweep(true, ARMVCPU_VM_FLAGS_MASK);
}

/* How many there are of each kind, so that the table above is not edited away. */
static void summary(void **state)
{
	unsigned int n[2][128] = { 0 };
	u32 e;

	expect_outcomes(true);
	for (e = 0; e < NR_ENCODINGS; e++) {
		n[0][(u8)expected[e][0]]++;
		n[1][(u8)expected[e][1]]++;
	}
	assert_int_equal(n[0]['h'], 121);
	assert_int_equal(n[1]['h'], 58);
	assert_int_equal(n[0]['h'] + n[0]['u'] + n[0]['x'], NR_ENCODINGS);
	assert_int_equal(n[1]['h'] + n[1]['u'] + n[1]['x'], NR_ENCODINGS);
}

/* At EL0 there is nothing but op1 = 3, whatever the table has. */
static void user_accesses(void **state)
{
	unsigned int write;
	u32 e;

	env_init();
	env_with_gic();
	env.hyp.pstate = PSTATE_EL0t;
	expect_outcomes(true);
	for (e = 0; e < NR_ENCODINGS; e++) {
		for (write = 0; write < 2; write++) {
			char want = expected[e][write];

			if (want == 'h' && (e >> 11 & 7) != 3)
				want = 'u';
			check_outcome(e, write, want, 0);
		}
	}
	/* SP_EL0 selected at EL1 is not EL0 */
	env.hyp.pstate = PSTATE_EL1t;
	assert_int_equal(env_mrs(MIDR, 0), EXIT_HANDLED);
}

static void each_register(void **state)
{
	unsigned int rt, i;

	env_init();
	for (rt = 0; rt < 32; rt++) {
		for (i = 0; i < 31; i++)
			env.hyp.x[i] = i;
		assert_int_equal(env_mrs(MIDR, rt), EXIT_HANDLED);
		for (i = 0; i < 31; i++)
			assert_int_equal(env.hyp.x[i], i == rt ? ENV_MIDR : i);
		if (rt < 31)
			env.hyp.x[rt] = ENV_POISON;
		assert_int_equal(env_msr(TPIDR_EL0, rt), EXIT_HANDLED);
		assert_int_equal(env.hyp.sysreg[HYP_TPIDR_EL0], rt < 31 ? ENV_POISON : 0);
		/* nothing next to the registers takes part */
		assert_int_equal(env.hyp.sp_el0, 0);
	}
}

static void complete(void **state)
{
	unsigned int rt, i;

	env_init();
	for (rt = 0; rt < 32; rt++) {
		for (i = 0; i < 31; i++)
			env.hyp.x[i] = i;
		env.vcpu.pending.reg = rt;
		env.vcpu.pending.write = true;
		sysreg_complete(&env.vcpu, ENV_POISON);
		for (i = 0; i < 31; i++)
			assert_int_equal(env.hyp.x[i], i);
		env.vcpu.pending.write = false;
		sysreg_complete(&env.vcpu, ENV_POISON);
		for (i = 0; i < 31; i++)
			assert_int_equal(env.hyp.x[i], i == rt ? ENV_POISON : i);
		assert_int_equal(env.hyp.sp_el0, 0);
	}
}

/* ---- caches ---------------------------------------------------------------- */

static void write_sctlr(u64 value)
{
	env.hyp.x[3] = value;
	assert_int_equal(env_msr(SCTLR, 3), EXIT_HANDLED);
	assert_int_equal(env.hyp.sysreg[HYP_SCTLR_EL1], value);
}

static void caches_go_on(void **state)
{
	env_init();
	env.hyp.hcr = ENV_HCR_RESET;

	write_sctlr(SCTLR_C);
	assert_int_equal(env.flushes, 0);
	assert_true(env.hyp.hcr & HYP_HCR_TVM);
	write_sctlr(SCTLR_M);
	assert_int_equal(env.flushes, 0);
	assert_true(env.hyp.hcr & HYP_HCR_TVM);
	/* other trapped registers change nothing */
	env.hyp.x[3] = ENV_POISON;
	assert_int_equal(env_msr(TTBR0, 3), EXIT_HANDLED);
	assert_int_equal(env.hyp.sysreg[HYP_TTBR0_EL1], ENV_POISON);
	assert_int_equal(env.flushes, 0);
	assert_true(env.hyp.hcr & HYP_HCR_TVM);

	write_sctlr(SCTLR_M | SCTLR_C);
	assert_int_equal(env.flushes, 1);
	assert_int_equal(env.hyp.hcr, ENV_HCR_RESET & ~HYP_HCR_TVM);
}

static void caches_go_off(void **state)
{
	env_init();
	env.hyp.hcr = ENV_HCR_RESET;
	env.hyp.sysreg[HYP_SCTLR_EL1] = SCTLR_M | SCTLR_C;

	write_sctlr(SCTLR_M);
	assert_int_equal(env.flushes, 1);
	assert_true(env.hyp.hcr & HYP_HCR_TVM);
	write_sctlr(0);
	assert_int_equal(env.flushes, 1);
}

/* All sets and ways of two levels, up or down; Rt is X0. */
static void all_sets_and_ways(u32 op, bool down)
{
	unsigned int level, n;

	for (level = 0; level < 2; level++) {
		for (n = 0; n < 1000; n++) {
			env.hyp.x[0] = (down ? 999 - n : n) << 6 | level << 1;
			assert_int_equal(env_msr(op, 0), EXIT_HANDLED);
		}
	}
}

static void set_and_way(void **state)
{
	static const u32 ops[] = { DC_ISW, DC_CSW, DC_CISW };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		env_init();

		/* caches are off since reset: switching them on will do it all */
		env.hyp.hcr = ENV_HCR_RESET;
		assert_int_equal(env_msr(ops[i], 0), EXIT_HANDLED);
		assert_int_equal(env.flushes, 0);

		/* on: the first of a long loop does it, and watches for the switch */
		write_sctlr(SCTLR_M | SCTLR_C);
		assert_int_equal(env.flushes, 1);
		all_sets_and_ways(ops[i], false);
		assert_int_equal(env.flushes, 2);
		assert_true(env.hyp.hcr & HYP_HCR_TVM);

		/* another round, whatever its order, may find new dirty lines */
		all_sets_and_ways(ops[i], false);
		assert_int_equal(env.flushes, 3);
		all_sets_and_ways(ops[2 - i], true);
		assert_int_equal(env.flushes, 4);

		/* off: what the loops left in the caches since then */
		write_sctlr(0);
		assert_int_equal(env.flushes, 5);
		assert_true(env.hyp.hcr & HYP_HCR_TVM);
		all_sets_and_ways(ops[i], false);
		assert_int_equal(env.flushes, 5);
	}

	/* stays on: the next write of a trapped register ends the watch */
	env_init();
	env.hyp.hcr = ENV_HCR_RESET;
	write_sctlr(SCTLR_M | SCTLR_C);
	assert_int_equal(env_msr(DC_CISW, 0), EXIT_HANDLED);
	assert_int_equal(env_msr(TTBR0, 0), EXIT_HANDLED);
	assert_false(env.hyp.hcr & HYP_HCR_TVM);
	assert_int_equal(env_msr(DC_CISW, 0), EXIT_HANDLED);
	assert_int_equal(env.flushes, 3);
}

/* TVM traps these and no others. */
static void trapped_vm_registers(void **state)
{
	static const struct { u32 encoding; int reg; } vm[] = {
		{ SCTLR, HYP_SCTLR_EL1 },
		{ TTBR0, HYP_TTBR0_EL1 },
		{ ARMVCPU_SYSREG(3, 0, 2, 0, 1), HYP_TTBR1_EL1 },
		{ ARMVCPU_SYSREG(3, 0, 2, 0, 2), HYP_TCR_EL1 },
		{ ARMVCPU_SYSREG(3, 0, 5, 2, 0), HYP_ESR_EL1 },
		{ ARMVCPU_SYSREG(3, 0, 6, 0, 0), HYP_FAR_EL1 },
		{ ARMVCPU_SYSREG(3, 0, 5, 1, 0), HYP_AFSR0_EL1 },
		{ ARMVCPU_SYSREG(3, 0, 5, 1, 1), HYP_AFSR1_EL1 },
		{ ARMVCPU_SYSREG(3, 0, 10, 2, 0), HYP_MAIR_EL1 },
		{ ARMVCPU_SYSREG(3, 0, 10, 3, 0), HYP_AMAIR_EL1 },
		{ CONTEXTIDR, HYP_CONTEXTIDR_EL1 },
	};
	unsigned int i, r;
	u64 value;

	for (i = 0; i < ARRAY_SIZE(vm); i++) {
		env_init();
		/* bits 0 and 2 set, also as SCTLR_EL1 */
		value = 0x12345675;
		env.hyp.x[30] = value;
		env.hyp.sysreg[HYP_SCTLR_EL1] = SCTLR_M | SCTLR_C;
		env.hyp.hcr = ENV_HCR_RESET;
		assert_int_equal(env_msr(vm[i].encoding, 30), EXIT_HANDLED);
		for (r = 0; r < HYP_NR_SYSREGS; r++) {
			if (r == vm[i].reg)
				assert_int_equal(env.hyp.sysreg[r], value);
			else if (r != HYP_SCTLR_EL1)
				assert_int_equal(env.hyp.sysreg[r], 0);
		}
		assert_false(env.hyp.hcr & HYP_HCR_TVM);
		assert_int_equal(env.flushes, 0);
	}
}

/* The VMM switches caches off and on behind the guest's back. */
static void vmm_writes_sctlr(void **state)
{
	env_init();
	env.hyp.hcr = HYP_HCR_VM;
	env.hyp.sysreg[HYP_SCTLR_EL1] = SCTLR_M | SCTLR_C;
	assert_int_equal(sysreg_set(&env.vcpu, SCTLR, SCTLR_M | SCTLR_C | 8), 0);
	assert_int_equal(env.flushes, 0);
	assert_int_equal(env.hyp.hcr, HYP_HCR_VM);
	assert_int_equal(sysreg_set(&env.vcpu, SCTLR, 0), 0);
	assert_int_equal(env.flushes, 1);
	assert_int_equal(env.hyp.hcr, HYP_HCR_VM | HYP_HCR_TVM);
	/* and on again */
	assert_int_equal(sysreg_set(&env.vcpu, SCTLR, SCTLR_M | SCTLR_C), 0);
	assert_int_equal(env.flushes, 2);
	assert_int_equal(env.hyp.hcr, HYP_HCR_VM);
	/* off and still off: the guest's next write of it is watched already */
	assert_int_equal(sysreg_set(&env.vcpu, SCTLR, 0), 0);
	assert_int_equal(sysreg_set(&env.vcpu, SCTLR, SCTLR_M), 0);
	assert_int_equal(env.flushes, 3);
	assert_int_equal(env.hyp.hcr, HYP_HCR_VM | HYP_HCR_TVM);

	/* in the middle of a loop over sets and ways: what comes next cleans again */
	assert_int_equal(sysreg_set(&env.vcpu, SCTLR, SCTLR_M | SCTLR_C), 0);
	all_sets_and_ways(DC_CISW, false);
	assert_int_equal(env.flushes, 5);
	assert_int_equal(sysreg_set(&env.vcpu, SCTLR, SCTLR_M | SCTLR_C), 0);
	env.hyp.x[0] = 1 << 6;
	assert_int_equal(env_msr(DC_CISW, 0), EXIT_HANDLED);
	assert_int_equal(env.flushes, 6);
	assert_int_equal(env.hyp.hcr, HYP_HCR_VM | HYP_HCR_TVM);
	/* and so does the switch */
	assert_int_equal(sysreg_set(&env.vcpu, SCTLR, SCTLR_M), 0);
	assert_int_equal(env.flushes, 7);
}

static u64 mrs(u32 encoding)
{
	env.hyp.x[9] = ENV_POISON;
	assert_int_equal(env_mrs(encoding, 9), EXIT_HANDLED);
	return env.hyp.x[9];
}

static void cache_geometry(void **state)
{
	u64 sel;

	env_init();
	/* L1: separate, instructions in lines of 32 bytes; L2: unified; 64 bytes */
	for (sel = 0; sel < 16; sel++) {
		env.hyp.sysreg[HYP_CSSELR_EL1] = sel;
		assert_int_equal(mrs(CCSIDR), sel == 1 ? 1 : sel == 0 || sel == 2 ? 2 : 0);
	}
	assert_int_equal(mrs(CTR), ENV_CTR);
	assert_int_equal(mrs(CLIDR), ENV_CLIDR);
}

/* ---- GIC ---------------------------------------------------------------------- */

static void sgis(void **state)
{
	static const struct { u32 encoding; int reg; } sgi[] = {
		{ ICC_SGI0R, VGIC_ICC_SGI0R },
		{ ICC_SGI1R, VGIC_ICC_SGI1R },
		{ ICC_ASGI1R, VGIC_ICC_ASGI1R },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sgi); i++) {
		env_init();
		env.hyp.x[4] = ENV_POISON + i;
		assert_int_equal(env_msr(sgi[i].encoding, 4), EXIT_INJECT);
		assert_int_equal(env.sgis, 0);
		env_with_gic();
		assert_int_equal(env_msr(sgi[i].encoding, 4), EXIT_HANDLED);
		assert_int_equal(env.sgis, 1);
		assert_int_equal(env.sgi_reg, sgi[i].reg);
		assert_int_equal(env.sgi_value, ENV_POISON + i);
	}
}

/* With IRQs off to a list of vCPUs, of which there are 16 at most, and not to all. */
static void quick_sgis(void **state)
{
	env_init();
	env_with_gic();
	env.hyp.x[4] = 0xffff;
	env.hyp.esr = env_esr(ICC_SGI1R, 4, true);
	assert_true(sysreg_trap_quick(&env.vcpu));
	assert_int_equal(env.sgis, 1);
	assert_int_equal(env.sgi_value, 0xffff);
	env.hyp.x[4] = VGIC_SGI_IRM;
	assert_false(sysreg_trap_quick(&env.vcpu));
	assert_int_equal(env.sgis, 1);
	assert_int_equal(sysreg_trap(&env.vcpu), EXIT_HANDLED);
	assert_int_equal(env.sgis, 2);
	assert_true(env.sgi_value == VGIC_SGI_IRM);

	env.hyp.esr = env_esr(ICC_SGI0R, 4, true);
	assert_false(sysreg_trap_quick(&env.vcpu));
	env.hyp.esr = env_esr(ICC_ASGI1R, 4, true);
	assert_false(sysreg_trap_quick(&env.vcpu));
	assert_int_equal(env.sgis, 2);
}

static void gic_interface(void **state)
{
	static const struct { u32 encoding; int reg; char rw; } icc[] = {
		{ ICC_DIR, VGIC_ICC_DIR, 'w' },
		{ ICC_RPR, VGIC_ICC_RPR, 'r' },
		{ ICC_CTLR, VGIC_ICC_CTLR, 'b' },
		{ ICC_PMR, VGIC_ICC_PMR, 'b' },
	};
	unsigned int i;
	u64 v;

	env_init();
	assert_int_equal(env_mrs(ICC_SRE, 0), EXIT_INJECT);
	assert_int_equal(sysreg_get(&env.vcpu, ICC_SRE, &v), -ENOENT);
	env_with_gic();
	assert_int_equal(mrs(ICC_SRE), 7);
	env.hyp.x[1] = 0;
	assert_int_equal(env_msr(ICC_SRE, 1), EXIT_HANDLED);
	assert_int_equal(mrs(ICC_SRE), 7);

	for (i = 0; i < ARRAY_SIZE(icc); i++) {
		env_init();
		env_with_gic();
		env.hyp.x[1] = ENV_POISON;
		if (icc[i].rw != 'w')
			assert_int_equal(mrs(icc[i].encoding), 0x100 + icc[i].reg);
		if (icc[i].rw != 'r') {
			assert_int_equal(env_msr(icc[i].encoding, 1), EXIT_HANDLED);
			assert_int_equal(env.icc_reg, icc[i].reg);
			assert_int_equal(env.icc_value, ENV_POISON);
		}
		/* the vGIC says that it is UNDEFINED */
		env.icc_undefined = true;
		env.hyp.x[1] = ENV_POISON;
		assert_int_equal(env_mrs(icc[i].encoding, 1), EXIT_INJECT);
		assert_int_equal(env.hyp.x[1], ENV_POISON);
		assert_int_equal(env_msr(icc[i].encoding, 1), EXIT_INJECT);
	}
}

/* What is UNDEFINED but where it traps: with a CPU interface in software. */
static void gic_interface_in_software(void **state)
{
	static const struct { u8 crn, crm, op2, reg; char rw; } icc[] = {
		{ 12, 8, 0, VGIC_ICC_IAR0, 'r' },
		{ 12, 8, 1, VGIC_ICC_EOIR0, 'w' },
		{ 12, 8, 2, VGIC_ICC_HPPIR0, 'r' },
		{ 12, 8, 3, VGIC_ICC_BPR0, 'b' },
		{ 12, 8, 4, VGIC_ICC_AP0R0, 'b' },
		{ 12, 9, 0, VGIC_ICC_AP1R0, 'b' },
		{ 12, 12, 0, VGIC_ICC_IAR1, 'r' },
		{ 12, 12, 1, VGIC_ICC_EOIR1, 'w' },
		{ 12, 12, 2, VGIC_ICC_HPPIR1, 'r' },
		{ 12, 12, 3, VGIC_ICC_BPR1, 'b' },
		{ 12, 12, 6, VGIC_ICC_IGRPEN0, 'b' },
		{ 12, 12, 7, VGIC_ICC_IGRPEN1, 'b' },
		/* these are there on other interfaces, too */
		{ 12, 11, 1, VGIC_ICC_DIR, 'w' },
		{ 12, 11, 3, VGIC_ICC_RPR, 'r' },
		{ 12, 12, 4, VGIC_ICC_CTLR, 'b' },
		{ 4, 6, 0, VGIC_ICC_PMR, 'b' },
	};
	unsigned int i, n, soft, write;

	for (i = 0; i < ARRAY_SIZE(icc); i++)
	for (soft = 0; soft < 2; soft++)
	for (write = 0; write < 2; write++) {
		u32 e = ARMVCPU_SYSREG(3, 0, icc[i].crn, icc[i].crm, icc[i].op2);
		bool there = (soft || i >= 12) && icc[i].rw != (write ? 'r' : 'w');

		env_init();
		env_with_gic();
		env.vcpu.gic.soft = soft;
		env.hyp.x[9] = ENV_POISON;
		env.hyp.esr = env_esr(e, 9, write);
		/* with IRQs off where nothing of it can be on a CPU */
		assert_int_equal(sysreg_trap_quick(&env.vcpu), there && soft);
		assert_int_equal(env.samples, there && soft);
		assert_int_equal(sysreg_trap(&env.vcpu), there ? EXIT_HANDLED : EXIT_INJECT);
		n = there + (there && soft);
		assert_int_equal(env.icc_reads, write ? 0 : n);
		assert_int_equal(env.icc_writes, write ? n : 0);
		if (there && write)
			assert_true(env.icc_reg == icc[i].reg && env.icc_value == ENV_POISON);
		assert_true(env.hyp.x[9] == (there && !write ? 0x100 + icc[i].reg : ENV_POISON));

		/* not for user space, nor for a guest with a GICv2 */
		env.hyp.pstate = PSTATE_EL0t;
		assert_false(sysreg_trap_quick(&env.vcpu));
		assert_int_equal(sysreg_trap(&env.vcpu), EXIT_INJECT);
		env.hyp.pstate = PSTATE_EL1h;
		env.vm.gic_model = ARMVCPU_GIC_V2;
		assert_false(sysreg_trap_quick(&env.vcpu));
		assert_int_equal(sysreg_trap(&env.vcpu), EXIT_INJECT);
		assert_int_equal(env.icc_reads + env.icc_writes, n);
	}

	/* such a guest sends no SGIs by these, and reads that it has not got them */
	env_init();
	env_with_gic();
	env.vm.gic_model = ARMVCPU_GIC_V2;
	env.hyp.esr = env_esr(ICC_SGI1R, 4, true);
	assert_false(sysreg_trap_quick(&env.vcpu));
	assert_int_equal(sysreg_trap(&env.vcpu), EXIT_INJECT);
	assert_int_equal(env.sgis, 0);
	assert_int_equal(env_mrs(ICC_SRE, 1), EXIT_INJECT);
	assert_int_equal(mrs(IDREG_AA64PFR0) >> 24 & 0xf, 0);
	env.vm.gic_model = ARMVCPU_GIC_V3;
	assert_int_equal(mrs(IDREG_AA64PFR0) >> 24 & 0xf, 1);
}

/* ---- values ---------------------------------------------------------------------- */

static void identification(void **state)
{
	u64 value;
	u32 e;

	env_init();
	assert_int_equal(mrs(MIDR), ENV_MIDR);
	assert_int_equal(mrs(MPIDR), ENV_MPIDR | BIT(31));
	assert_int_equal(mrs(REVIDR), ENV_REVIDR);
	assert_int_equal(mrs(AIDR), ENV_AIDR);
	assert_int_equal(mrs(CNTFRQ), ENV_CNTFRQ);
	assert_int_equal(mrs(CNTPCT), ENV_CNTPCT);
	assert_int_equal(mrs(CNTPCTSS), ENV_CNTPCT);
	for (e = IDREG_FIRST; e <= IDREG_LAST; e++) {
		struct idregs_config cfg = { .ipa_bits = 40 };

		env.vm.gic = NULL;
		env.vm.gic_model = 0;
		assert_int_equal(mrs(e), idregs_filter(&cfg, e, env.ftr[e - IDREG_FIRST]));
		assert_int_equal(sysreg_get(&env.vcpu, e, &value), 0);
		assert_int_equal(value, env.hyp.x[9]);
		env_with_gic();
		cfg.gicv3 = true;
		assert_int_equal(mrs(e), idregs_filter(&cfg, e, env.ftr[e - IDREG_FIRST]));
	}
	/* the guest's address size is the VM's */
	env.vm.mem.s2.ipa_bits = 36;
	assert_int_equal(mrs(IDREG_AA64MMFR0) & 0xf, 1);
}

static void debug_registers(void **state)
{
	env_init();
	env.hyp.x[2] = ~0ULL;
	assert_int_equal(env_msr(OSLAR, 2), EXIT_HANDLED);
	assert_int_equal(mrs(OSLSR), 0xa);
	env.hyp.x[2] = ~1ULL;
	assert_int_equal(env_msr(OSLAR, 2), EXIT_HANDLED);
	assert_int_equal(mrs(OSLSR), 8);
	sysreg_reset(&env.vcpu);
	assert_int_equal(mrs(OSLSR), 0xa);
	assert_int_equal(sysreg_set(&env.vcpu, OSLSR, 8), 0);
	assert_int_equal(mrs(OSLSR), 8);
	assert_int_equal(sysreg_set(&env.vcpu, OSLSR, 0xb), -EINVAL);
	assert_int_equal(sysreg_set(&env.vcpu, OSLSR, 2), -EINVAL);
	env.hyp.x[2] = ~0ULL;
	assert_int_equal(mrs(DBGAUTHSTATUS), 0xa);
	assert_int_equal(env_msr(ARMVCPU_SYSREG(2, 0, 0, 2, 2), 2), EXIT_HANDLED);
	assert_int_equal(mrs(ARMVCPU_SYSREG(2, 0, 0, 2, 2)), 0);
	env.hyp.x[2] = ~0ULL;
	assert_int_equal(env_msr(ACTLR, 2), EXIT_HANDLED);
	assert_int_equal(mrs(ACTLR), 0);
}

static void timers(void **state)
{
	static const struct { u32 encoding; enum timer_reg reg; } cntp[] = {
		{ CNTP_TVAL, TIMER_TVAL }, { CNTP_CTL, TIMER_CTL }, { CNTP_CVAL, TIMER_CVAL },
	};
	unsigned int i;
	u64 value;

	env_init();
	for (i = 0; i < ARRAY_SIZE(cntp); i++) {
		env.hyp.x[5] = 0x101 + i;
		assert_int_equal(env_msr(cntp[i].encoding, 5), EXIT_HANDLED);
		assert_int_equal(env.cntp_writes, i + 1);
		assert_int_equal(mrs(cntp[i].encoding), env.cntp[cntp[i].reg]);
	}
	assert_int_equal(env.cntp[TIMER_TVAL], 0x101);
	assert_int_equal(env.cntp[TIMER_CTL], 0x102 & 3);
	assert_int_equal(env.cntp[TIMER_CVAL], 0x103);

	/* TVAL is a view, not state */
	assert_int_equal(sysreg_get(&env.vcpu, CNTP_TVAL, &value), -ENOENT);
	assert_int_equal(sysreg_set(&env.vcpu, CNTP_TVAL, 0), -ENOENT);

	/* ISTATUS can be restored, and means nothing */
	assert_int_equal(sysreg_set(&env.vcpu, CNTV_CTL, 5), 0);
	assert_int_equal(env.hyp.timer.cntv_ctl, 1);
	assert_int_equal(sysreg_set(&env.vcpu, CNTV_CTL, 8), -EINVAL);
	assert_int_equal(sysreg_set(&env.vcpu, CNTP_CTL, 8), -EINVAL);
	env.hyp.timer.cntv_ctl = 5;
	assert_int_equal(sysreg_get(&env.vcpu, CNTV_CTL, &value), 0);
	assert_int_equal(value, 5);
	assert_int_equal(sysreg_set(&env.vcpu, CNTV_CVAL, ~0ULL), 0);
	assert_int_equal(env.hyp.timer.cntv_cval, ~0ULL);
}

/* ---- reset ------------------------------------------------------------------------ */

/* No register keeps what it held, and none gets something of the host. */
static void reset(void **state)
{
	unsigned int r;

	env_init();
	memset(env.hyp.sysreg, 0x5a, sizeof(env.hyp.sysreg));
	memset(&env.hyp.timer, 0x5a, sizeof(env.hyp.timer));
	memset(env.cntp, 0x5a, sizeof(env.cntp));
	env.hyp.sp_el0 = ENV_POISON;
	env.hyp.sysreg[HYP_SCTLR_EL1] = SCTLR_M | SCTLR_C;

	sysreg_reset(&env.vcpu);
	for (r = 0; r < HYP_NR_SYSREGS; r++)
		assert_int_equal(env.hyp.sysreg[r], r == HYP_SCTLR_EL1 ? 0x30d50878 : 0);
	assert_int_equal(env.hyp.sp_el0, 0);
	assert_int_equal(env.hyp.timer.cntv_ctl, 0);
	assert_int_equal(env.hyp.timer.cntv_cval, 0);
	assert_int_equal(env.cntp[TIMER_CTL], 0);
	assert_int_equal(env.cntp[TIMER_CVAL], 0);
	/* MMU and caches are off, and that is no reason to walk all memory */
	assert_int_equal(env.flushes, 0);
}

/* ---- get, set, list ------------------------------------------------------------- */

#define MAX_LIST	256

static struct armvcpu_sysreg list[MAX_LIST];

static u32 get_list(void)
{
	u32 n;

	memset(list, 0x5a, sizeof(list));
	n = sysreg_list(&env.vcpu, list, MAX_LIST);
	assert_true(n && n < MAX_LIST);
	assert_int_equal(list[n].encoding, 0x5a5a5a5a);
	return n;
}

static void list_is_sound(void **state)
{
	u32 n, i, without_gic;
	u64 value;

	env_init();
	without_gic = get_list();
	env_with_gic();
	n = get_list();
	/* ICC_SRE_EL1 */
	assert_int_equal(n, without_gic + 1);
	assert_true(n <= ARMVCPU_MAX_SYSREGS);
	assert_int_equal(sysreg_list(&env.vcpu, NULL, 0), n);
	for (i = 0; i < n; i++) {
		assert_int_equal(list[i].pad, 0);
		if (i)
			assert_true(list[i - 1].encoding < list[i].encoding);
		assert_int_equal(sysreg_get(&env.vcpu, list[i].encoding, &value), 0);
		assert_int_equal(value, list[i].value);
		/* what was read can be written */
		assert_int_equal(sysreg_set(&env.vcpu, list[i].encoding, value), 0);
	}

	/* a short buffer is not run over */
	memset(list, 0x5a, sizeof(list));
	assert_int_equal(sysreg_list(&env.vcpu, list, 3), n);
	assert_int_not_equal(list[2].encoding, 0x5a5a5a5a);
	assert_int_equal(list[3].encoding, 0x5a5a5a5a);
}

/* All state of the guest that HYP knows is in the list: 16 + 6 registers. */
static void list_is_complete(void **state)
{
	unsigned int r;
	u32 n, i;

	env_init();
	for (r = 0; r < HYP_NR_SYSREGS; r++) {
		unsigned int changed = 0;

		memset(env.hyp.sysreg, 0, sizeof(env.hyp.sysreg));
		n = get_list();
		env.hyp.sysreg[r] = 0x803;
		for (i = 0; i < n; i++) {
			u64 value;

			assert_int_equal(sysreg_get(&env.vcpu, list[i].encoding, &value), 0);
			changed += value != list[i].value;
		}
		assert_int_equal(changed, 1);
	}
}

/* A poisoned vCPU is restored on a fresh one to the last bit. */
static void save_and_restore(void **state)
{
	static struct hyp_vcpu saved;
	u32 n, i;

	env_init();
	env_with_gic();
	memset(env.hyp.sysreg, 0x5a, sizeof(env.hyp.sysreg));
	env.hyp.timer.cntv_ctl = 7;
	env.hyp.timer.cntv_cval = ENV_POISON;
	env.hyp.sp_el0 = ENV_POISON;
	env.cntp[TIMER_CTL] = 3;
	env.cntp[TIMER_CVAL] = ENV_POISON;
	n = get_list();
	saved = env.hyp;

	env_init();
	env_with_gic();
	sysreg_reset(&env.vcpu);
	for (i = 0; i < n; i++)
		assert_int_equal(sysreg_check(&env.vcpu, list[i].encoding, list[i].value), 0);
	for (i = 0; i < n; i++)
		assert_int_equal(sysreg_set(&env.vcpu, list[i].encoding, list[i].value), 0);
	/* bits that do not exist, and ISTATUS */
	saved.sysreg[HYP_VBAR_EL1] &= ~0x7ffULL;
	saved.sysreg[HYP_CONTEXTIDR_EL1] &= 0xffffffff;
	saved.sysreg[HYP_CNTKCTL_EL1] &= 0xffffffff;
	saved.sysreg[HYP_CSSELR_EL1] &= 0xf;
	assert_memory_equal(env.hyp.sysreg, saved.sysreg, sizeof(saved.sysreg));
	assert_int_equal(env.hyp.timer.cntv_ctl, 3);
	assert_int_equal(env.hyp.timer.cntv_cval, ENV_POISON);
	assert_int_equal(env.hyp.sp_el0, ENV_POISON);
	assert_int_equal(env.cntp[TIMER_CTL], 3);
	assert_int_equal(env.cntp[TIMER_CVAL], ENV_POISON);
}

static void refused_bits(void **state)
{
	static const struct { u32 encoding; u64 mask; } partial[] = {
		{ ARMVCPU_SYSREG(3, 0, 12, 0, 0), ~0x7ffULL },	/* VBAR */
		{ CONTEXTIDR, 0xffffffff },
		{ ARMVCPU_SYSREG(3, 0, 14, 1, 0), 0xffffffff },	/* CNTKCTL */
		{ CSSELR, 0xf },
		{ CNTV_CTL, 7 },
		{ CNTP_CTL, 7 },
	};
	static const u32 invariant[] = {
		MIDR, MPIDR, REVIDR, AIDR, CLIDR, CTR, CNTFRQ, ACTLR, ICC_SRE,
		IDREG_AA64PFR0, IDREG_AA64PFR1, IDREG_AA64DFR0, IDREG_AA64ISAR0,
		IDREG_AA64ISAR1, IDREG_AA64ISAR2, IDREG_AA64MMFR0, IDREG_AA64MMFR1,
		IDREG_AA64MMFR2, IDREG_FIRST, IDREG_LAST,
	};
	unsigned int i, bit;
	u64 value;

	env_init();
	env_with_gic();
	for (i = 0; i < ARRAY_SIZE(partial); i++) {
		u32 e = partial[i].encoding;

		for (bit = 0; bit < 64; bit++) {
			int want = partial[i].mask & BIT(bit) ? 0 : -EINVAL;

			assert_int_equal(sysreg_check(&env.vcpu, e, BIT(bit)), want);
			assert_int_equal(sysreg_set(&env.vcpu, e, BIT(bit)), want);
		}
	}
	for (i = 0; i < ARRAY_SIZE(invariant); i++) {
		assert_int_equal(sysreg_get(&env.vcpu, invariant[i], &value), 0);
		assert_int_equal(sysreg_set(&env.vcpu, invariant[i], value), 0);
		for (bit = 0; bit < 64; bit++)
			assert_int_equal(sysreg_set(&env.vcpu, invariant[i], value ^ BIT(bit)),
					 -EINVAL);
	}
}

/* A refused value changes nothing, and so does the question. */
static void refusal_is_clean(void **state)
{
	static struct hyp_vcpu before;
	u64 value;

	env_init();
	memset(env.hyp.sysreg, 0, sizeof(env.hyp.sysreg));
	before = env.hyp;
	assert_int_equal(sysreg_set(&env.vcpu, CSSELR, 0x11), -EINVAL);
	assert_int_equal(sysreg_set(&env.vcpu, MIDR, 0), -EINVAL);
	assert_int_equal(sysreg_set(&env.vcpu, PMCR, 0), -ENOENT);
	assert_int_equal(sysreg_check(&env.vcpu, CPACR, 3 << 20), 0);
	assert_int_equal(sysreg_check(&env.vcpu, CNTP_CVAL, 1), 0);
	assert_memory_equal(&before, &env.hyp, sizeof(before));
	assert_int_equal(env.cntp_writes, 0);
	assert_int_equal(sysreg_get(&env.vcpu, PMCR, &value), -ENOENT);
}

/* GET of all 2^32 names: those of the list and the reserved ID space exist. */
static void unknown_names(void **state)
{
	u32 n, i, e, found = 0, reserved = 0;
	u64 value;

	env_init();
	env_with_gic();
	n = get_list();
	for (e = 0; e < 2 * NR_ENCODINGS; e++) {
		int ret = sysreg_get(&env.vcpu, e, &value);

		for (i = 0; i < n && list[i].encoding != e; i++)
			;
		if (i < n) {
			assert_int_equal(ret, 0);
			found++;
		} else if (!ret) {
			/* reads as zero, cannot be anything else */
			assert_in_range(e, IDREG_FIRST, IDREG_LAST);
			assert_int_equal(value, 0);
			assert_int_equal(sysreg_set(&env.vcpu, e, 1), -EINVAL);
			reserved++;
		} else {
			assert_int_equal(ret, -ENOENT);
			assert_int_equal(sysreg_check(&env.vcpu, e, 0), -ENOENT);
		}
	}
	assert_int_equal(found, n);
	assert_int_equal(reserved, 14);
	/* a name has 16 bits; none is cut off */
	for (i = 0; i < n; i++) {
		for (e = 16; e < 32; e++)
			assert_int_equal(sysreg_get(&env.vcpu, list[i].encoding | 1U << e,
						    &value), -ENOENT);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_encodings),
		cmocka_unit_test(all_encodings_with_exits),
		cmocka_unit_test(summary),
		cmocka_unit_test(user_accesses),
		cmocka_unit_test(each_register),
		cmocka_unit_test(complete),
		cmocka_unit_test(caches_go_on),
		cmocka_unit_test(caches_go_off),
		cmocka_unit_test(set_and_way),
		cmocka_unit_test(trapped_vm_registers),
		cmocka_unit_test(vmm_writes_sctlr),
		cmocka_unit_test(cache_geometry),
		cmocka_unit_test(sgis),
		cmocka_unit_test(quick_sgis),
		cmocka_unit_test(gic_interface),
		cmocka_unit_test(gic_interface_in_software),
		cmocka_unit_test(identification),
		cmocka_unit_test(debug_registers),
		cmocka_unit_test(timers),
		cmocka_unit_test(reset),
		cmocka_unit_test(list_is_sound),
		cmocka_unit_test(list_is_complete),
		cmocka_unit_test(save_and_restore),
		cmocka_unit_test(refused_bits),
		cmocka_unit_test(refusal_is_clean),
		cmocka_unit_test(unknown_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
