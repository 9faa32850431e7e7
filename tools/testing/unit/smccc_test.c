// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMCCC: all that a guest may call, with canaries in all registers; what it is
 * told of the host's speculation workarounds; what reaches the firmware.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smccc.c"

/* Nested without indentation: all combinations. */
#define EACH(var, n)	for ((var) = 0; (var) < (n); (var)++)

static struct armvcpu_vm vm;
static struct armvcpu_vcpu vcpu;
static struct hyp_vcpu hyp, saved;
static struct armvcpu_run run;
static unsigned int reports, firmware_calls, firmware_wa1, firmware_wa3;
static u32 psci_fn;

/* The CPU and its firmware. */
static bool caps[4];
static enum arm_smccc_conduit conduit;
static long firmware_answer[4];		/* to ARCH_FEATURES of workaround n */

bool this_cpu_has_cap(unsigned int cap)
{
	return caps[cap];
}

enum arm_smccc_conduit arm_smccc_1_1_get_conduit(void)
{
	return conduit;
}

void shim_smc(unsigned int fn, unsigned int arg, struct arm_smccc_res *res)
{
	assert_int_equal(conduit, SMCCC_CONDUIT_SMC);
	switch (fn) {
	case 0x80000001:
		assert_non_null(res);
		res->a0 = arg == 0x80008000 ? firmware_answer[1] :
			  arg == 0x80003fff ? firmware_answer[3] : -1;
		break;
	case 0x80008000:
		firmware_wa1++;
		break;
	case 0x80003fff:
		firmware_wa3++;
		break;
	default:
		fail_msg("firmware call %08x", fn);
	}
	firmware_calls++;
}

bool psci_is_call(u32 fn)
{
	return (fn & 0xbfffffe0) == 0x84000000;
}

enum exit_action psci_call(struct armvcpu_vcpu *v, u32 fn)
{
	psci_fn = fn;
	return EXIT_RETRY;
}

void exit_to_vmm(struct armvcpu_vcpu *v, u32 reason)
{
	reports++;
	memset(v->run, 0, sizeof(*v->run));
	v->run->exit_reason = reason;
	v->pending.reason = reason;
}

static void fresh(u32 flags)
{
	unsigned int r;

	memset(&vm, 0, sizeof(vm));
	memset(&vcpu, 0, sizeof(vcpu));
	memset(&run, 0xee, sizeof(run));
	memset(&hyp, 0, sizeof(hyp));
	vm.flags = flags;
	vcpu.vm = &vm;
	vcpu.hyp = &hyp;
	vcpu.run = &run;
	for (r = 0; r < 31; r++)
		hyp.x[r] = 0xc0ffee0000000000ULL | r;
	hyp.pc = 0x80000;
	reports = firmware_calls = firmware_wa1 = firmware_wa3 = 0;
	psci_fn = 0;
}

/* Of the caller's registers the @results first may change. */
static enum exit_action call(bool smc, u16 imm, u32 fn, u64 x1, unsigned int results)
{
	enum exit_action action;

	hyp.esr = (smc ? 0x5e000000 : 0x5a000000) | imm;
	hyp.x[0] = 0xfeedface00000000ULL | fn;	/* W0 is the function */
	hyp.x[1] = x1;
	saved = hyp;
	action = smc ? smc_handle(&vcpu) : hvc_handle(&vcpu);
	memcpy(saved.x, hyp.x, results * 8);
	assert_memory_equal(&hyp, &saved, sizeof(saved));
	return action;
}

static void expect(u32 fn, u64 x1, s64 want)
{
	unsigned int smc;

	for (smc = 0; smc < 2; smc++) {
		assert_int_equal(call(smc, 0, fn, x1, 1), EXIT_HANDLED);
		assert_true((s64)hyp.x[0] == want);
		assert_int_equal(reports, 0);
	}
}

static void set_host(u32 state)
{
	atomic_set(&host_state, state);
}

static void services(void **state)
{
	fresh(0);
	set_host(0);
	expect(0x80000000, 0, 0x10001);
	expect(0x80000001, 0x80000000, 0);
	expect(0x80000001, 0x80000001, 0);
	expect(0x80000001, 0x80000002, -1);		/* SOC_ID */
	expect(0x80000001, 0x84000050, -1);		/* TRNG */
	expect(0x80000001, 0, -1);
	expect(0x80000001, 0xffffffff, -1);
	expect(0x80000001, 0xdeadbeef80000001, 0);	/* W1 */
	expect(0x8600ff00, 0, 3);
	assert_int_equal(firmware_calls, 0);
}

static void uid(void **state)
{
	static const u8 uuid[16] = {
		0x37, 0x2c, 0x8a, 0xf7, 0x4c, 0xc7, 0x48, 0x3b,
		0x8a, 0xbb, 0x7c, 0xd9, 0xae, 0xc9, 0x83, 0x71,
	};
	unsigned int i;

	fresh(ARMVCPU_VM_HYPERCALL_EXITS);
	assert_int_equal(call(false, 0, 0x8600ff01, 0, 4), EXIT_HANDLED);
	for (i = 0; i < 16; i++)		/* DEN0028 6.2: byte 0 first, lowest */
		assert_int_equal((u8)(hyp.x[i / 4] >> 8 * (i % 4)), uuid[i]);
	for (i = 0; i < 4; i++)
		assert_true(!(hyp.x[i] >> 32));
	assert_true((u32)hyp.x[0] != 0xffffffff);

	assert_int_equal(call(true, 0, 0x8600ff03, 0, 2), EXIT_HANDLED);
	assert_true(hyp.x[0] == 1 && hyp.x[1] == 0);
	assert_int_equal(reports, 0);
}

/* Everything else is -1, or an exit with all registers. */
static void unknown(void **state)
{
	static const u32 fns[] = {
		0, 1, 0xffffffff, 0x80000002, 0x80000003, 0xc0000000, 0xc0000001,
		0x80010000, 0x80007ffe, 0x80004000, 0xc0008000, 0x84000020,
		0x84000050, 0xc4000053, 0x84010000, 0x04000000, 0x44000003,
		0x85000020, 0xc5000020, 0x86000000, 0x8600ff02, 0xc600ff01,
		0x8600ff04, 0x82000000, 0xc2000001, 0xbf00ff01, 0x95c1ba5e,
		0x95c1ba60,
	};
	unsigned int i, smc, exits, r;

	EACH(exits, 2)
	EACH(smc, 2)
	EACH(i, ARRAY_SIZE(fns)) {
		fresh(exits ? ARMVCPU_VM_HYPERCALL_EXITS : 0);
		if (!exits) {
			assert_int_equal(call(smc, 0, fns[i], 7, 1), EXIT_HANDLED);
			assert_true(hyp.x[0] == ~0ULL);
			assert_int_equal(reports, 0);
			assert_int_equal(psci_fn, 0);
			continue;
		}
		assert_int_equal(call(smc, 0, fns[i], 7, 0), EXIT_TO_VMM);
		assert_int_equal(run.exit_reason,
				 smc ? ARMVCPU_EXIT_SMC : ARMVCPU_EXIT_HYPERCALL);
		assert_int_equal(run.u.hypercall.imm, 0);
		for (r = 0; r < 8; r++)
			assert_true(run.u.hypercall.args[r] == hyp.x[r]);
		for (r = 0; r < 4; r++)
			assert_true(run.u.hypercall.ret[r] == hyp.x[r]);
		for (r = 0; r < 3; r++)
			assert_int_equal(run.u.hypercall.pad[r], 0);
	}
	assert_int_equal(firmware_calls, 0);
}

/* With another immediate not even VERSION is SMCCC. */
static void immediates(void **state)
{
	static const u32 fns[] = { 0x80000000, 0x84000008, 0x8600ff01, 0x80008000 };
	unsigned int imm, i, smc;

	EACH(smc, 2)
	EACH(i, ARRAY_SIZE(fns))
	for (imm = 1; imm < 0x10000; imm += imm < 32 ? 1 : 997) {
		fresh(0);
		assert_int_equal(call(smc, imm, fns[i], 0, 1), EXIT_HANDLED);
		assert_true(hyp.x[0] == ~0ULL);
		fresh(ARMVCPU_VM_HYPERCALL_EXITS);
		assert_int_equal(call(smc, imm, fns[i], 0, 0), EXIT_TO_VMM);
		assert_int_equal(run.u.hypercall.imm, imm);
		assert_int_equal(psci_fn, 0);
		assert_int_equal(firmware_calls, 0);
	}
}

static void psci(void **state)
{
	unsigned int n, smc, wide;

	EACH(n, 32)
	EACH(smc, 2)
	EACH(wide, 2) {
		u32 fn = (wide ? 0xc4000000 : 0x84000000) + n;

		fresh(ARMVCPU_VM_HYPERCALL_EXITS);
		assert_int_equal(call(smc, 0, fn, 0, 0), EXIT_RETRY);
		assert_int_equal(psci_fn, fn);
	}
}

/* A CPU, what its firmware says, what guests get to hear; each from scratch. */
static void workarounds(void **state)
{
	static const struct {
		bool affected;
		enum arm_smccc_conduit conduit;
		long firmware;
		s64 features, call;
		bool forwarded;
	} cases[] = {
		{ false, SMCCC_CONDUIT_SMC, 0, 1, 0, false },
		{ false, SMCCC_CONDUIT_NONE, 0, 1, 0, false },
		{ true, SMCCC_CONDUIT_SMC, 0, 0, 0, true },
		{ true, SMCCC_CONDUIT_SMC, 1, 1, 0, false },
		{ true, SMCCC_CONDUIT_SMC, -1, -1, -1, false },
		{ true, SMCCC_CONDUIT_SMC, -2, -1, -1, false },
		{ true, SMCCC_CONDUIT_NONE, 0, -1, -1, false },
		{ true, SMCCC_CONDUIT_HVC, 0, -1, -1, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		fresh(ARMVCPU_VM_HYPERCALL_EXITS);
		set_host(0);
		conduit = cases[i].conduit;
		memset(caps, 0, sizeof(caps));
		caps[ARM64_SPECTRE_V2] = cases[i].affected;
		firmware_answer[1] = cases[i].firmware;
		firmware_answer[3] = -1;
		smccc_probe_cpu();
		expect(0x80000001, 0x80008000, cases[i].features);
		expect(0x80000001, 0x80003fff, 1);
		firmware_calls = 0;
		expect(0x80008000, 0, cases[i].call);
		assert_int_equal(firmware_wa1, 2 * cases[i].forwarded);
		assert_int_equal(firmware_calls, firmware_wa1);

		fresh(ARMVCPU_VM_HYPERCALL_EXITS);
		set_host(0);
		memset(caps, 0, sizeof(caps));
		caps[ARM64_SPECTRE_BHB] = cases[i].affected;
		firmware_answer[3] = cases[i].firmware;
		firmware_answer[1] = -1;
		smccc_probe_cpu();
		expect(0x80000001, 0x80003fff, cases[i].features);
		expect(0x80000001, 0x80008000, 1);
		firmware_calls = 0;
		expect(0x80003fff, 0, cases[i].call);
		assert_int_equal(firmware_wa3, 2 * cases[i].forwarded);
		assert_int_equal(firmware_calls, firmware_wa3);
	}
}

static void workaround_2(void **state)
{
	fresh(0);
	set_host(0);
	conduit = SMCCC_CONDUIT_SMC;
	memset(caps, 0, sizeof(caps));
	smccc_probe_cpu();
	expect(0x80000001, 0x80007fff, -2);
	expect(0x80007fff, 1, -1);
	caps[ARM64_SPECTRE_V4] = true;
	smccc_probe_cpu();
	expect(0x80000001, 0x80007fff, -1);
	expect(0x80007fff, 1, -1);
	/* It is a switch of the host's. */
	assert_int_equal(firmware_calls, 0);
}

/* Before any CPU has been looked at nothing is promised. */
static void not_probed(void **state)
{
	fresh(0);
	set_host(0);
	expect(0x80000001, 0x80008000, -1);
	expect(0x80000001, 0x80007fff, -1);
	expect(0x80000001, 0x80003fff, -1);
	expect(0x80008000, 0, -1);
	assert_int_equal(firmware_calls, 0);
}

/* Of CPUs that differ the worst one counts, in whatever order they come. */
static void mixed_cpus(void **state)
{
	static const struct {
		bool affected;
		long firmware;
	} cpu[3] = { { false, -1 }, { true, 0 }, { true, -1 } };
	unsigned int a, b;

	conduit = SMCCC_CONDUIT_SMC;
	EACH(a, 3)
	EACH(b, 3) {
		unsigned int worst = a > b ? a : b, i;
		static const s64 want[3] = { 1, 0, -1 };

		fresh(0);
		set_host(0);
		for (i = 0; i < 2; i++) {
			caps[ARM64_SPECTRE_V2] = cpu[i ? b : a].affected;
			caps[ARM64_SPECTRE_BHB] = cpu[i ? b : a].affected;
			firmware_answer[1] = cpu[i ? b : a].firmware;
			firmware_answer[3] = cpu[i ? b : a].firmware;
			smccc_probe_cpu();
		}
		expect(0x80000001, 0x80008000, want[worst]);
		expect(0x80000001, 0x80003fff, want[worst]);
	}
}

static void completion(void **state)
{
	static const u64 ret[4] = { ~0ULL, 0x1111222233334444, 3, 0x8000000000000000 };
	unsigned int i;

	fresh(ARMVCPU_VM_HYPERCALL_EXITS);
	saved = hyp;
	smccc_complete(&vcpu, ret);
	for (i = 0; i < 4; i++)
		assert_true(hyp.x[i] == ret[i]);
	memcpy(saved.x, ret, sizeof(ret));
	assert_memory_equal(&hyp, &saved, sizeof(saved));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services),
		cmocka_unit_test(uid),
		cmocka_unit_test(unknown),
		cmocka_unit_test(immediates),
		cmocka_unit_test(psci),
		cmocka_unit_test(workarounds),
		cmocka_unit_test(workaround_2),
		cmocka_unit_test(not_probed),
		cmocka_unit_test(mixed_cpus),
		cmocka_unit_test(completion),
	};

	return cmocka_run_group_tests_name("smccc", tests, NULL, NULL);
}
