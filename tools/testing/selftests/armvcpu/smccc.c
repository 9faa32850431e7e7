// SPDX-License-Identifier: GPL-2.0-only
/* The SMC Calling Convention (Arm DEN0028): what is answered, what is not. */
#include "testlib.h"

#define NOT_SUPPORTED	0xffffffffffffffffULL
#define NOT_REQUIRED	((u64)-2)

GUEST(g_call_hvc,
	"hvc	#0\n"
	"str	x0, [x28]\n"
	"b	g_call_hvc");
GUEST(g_call_smc,
	"smc	#0\n"
	"str	x0, [x28]\n"
	"b	g_call_smc");

FIXTURE(smccc) { struct vcpu *v; };
FIXTURE_VARIANT(smccc) { const u32 *entry; u32 reason; };
FIXTURE_VARIANT_ADD(smccc, hvc) { g_call_hvc, ARMVCPU_EXIT_HYPERCALL };
FIXTURE_VARIANT_ADD(smccc, smc) { g_call_smc, ARMVCPU_EXIT_SMC };
FIXTURE_SETUP(smccc)
{
	self->v = vcpu_create(vm_create(0), 0);
	vcpu_start(self->v, variant->entry);
}
FIXTURE_TEARDOWN(smccc) { }

/* Registers after a call with x1 = @a that the kernel answers. */
static struct armvcpu_regs call(struct vcpu *v, const u32 *entry, u64 fn, u64 a)
{
	struct armvcpu_regs r, after;
	unsigned int i;

	get_regs(v, &r);
	r.pc = (u64)entry;
	for (i = 0; i < 28; i++)
		r.x[i] = 0xc0ffee0000ULL + i;
	r.x[0] = fn;
	r.x[1] = a;
	set_regs(v, &r);
	vcpu_sync(v);
	get_regs(v, &after);
	for (i = 4; i < 31; i++)
		if (r.x[i] != after.x[i])
			th_fail(__FILE__, __LINE__, false, "call 0x%llx: x%u is 0x%llx",
				(unsigned long long)fn, i, after.x[i]);
	EXPECT_EQ(r.pstate, after.pstate);
	return after;
}

#define CALL(fn, a)	(call(self->v, variant->entry, fn, a).x[0])

TEST_F(smccc, version_is_1_1_or_later)
{
	u64 v = CALL(SMCCC_VERSION, 0);

	EXPECT_LE(0x10001ULL, v);
	EXPECT_GT(0x20000ULL, v);
}

TEST_F(smccc, arch_features)
{
	EXPECT_EQ(0ULL, CALL(SMCCC_ARCH_FEATURES, SMCCC_VERSION));
	EXPECT_EQ(0ULL, CALL(SMCCC_ARCH_FEATURES, SMCCC_ARCH_FEATURES));
	EXPECT_EQ(NOT_SUPPORTED, CALL(SMCCC_ARCH_FEATURES, SMCCC_ARCH_SOC_ID));
	EXPECT_EQ(NOT_SUPPORTED, CALL(SMCCC_ARCH_FEATURES, 0x80001234));
	EXPECT_EQ(NOT_SUPPORTED, CALL(SMCCC_ARCH_FEATURES, PSCI_VERSION));
	EXPECT_EQ(NOT_SUPPORTED, CALL(SMCCC_ARCH_FEATURES, 0));
	/* of the argument W1 counts */
	EXPECT_EQ(0ULL, CALL(SMCCC_ARCH_FEATURES, 0x5555555500000000ULL | SMCCC_VERSION));
}

/* What is said about a workaround, and what calling it then gives. */
TEST_F(smccc, workarounds_are_what_they_are_said_to_be)
{
	static const u32 fns[] = {
		SMCCC_WORKAROUND_1, SMCCC_WORKAROUND_2, SMCCC_WORKAROUND_3,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fns); i++) {
		u64 state = CALL(SMCCC_ARCH_FEATURES, fns[i]);

		TH_LOG("0x%x: %lld", fns[i], (long long)state);
		EXPECT_TRUE(state == NOT_SUPPORTED || state == NOT_REQUIRED || state == 0 ||
			    state == 1);
		if (state == 0 || state == 1)
			EXPECT_EQ(0ULL, CALL(fns[i], 0));
	}
}

TEST_F(smccc, vendor_hypervisor_identity)
{
	struct armvcpu_regs r = call(self->v, variant->entry, 0x8600ff01, 0);
	unsigned int i;

	/* a UUID in W0 to W3, not "not supported" and not KVM's */
	EXPECT_NE(0xffffffffULL, r.x[0]);
	EXPECT_NE(0xb66fb428ULL, r.x[0]);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0ULL, r.x[i] >> 32);
}

/* Calls of nobody: all owners, fast and yielding, 32 and 64 bits. */
TEST_F(smccc, unknown_calls_are_not_supported)
{
	unsigned int owner, bits;

	for (owner = 0; owner < 64; owner++) {
		for (bits = 0; bits < 4; bits++) {
			u64 fn = (u64)bits << 30 | (u64)owner << 24 | 0x7777;
			struct armvcpu_regs r = call(self->v, variant->entry, fn, 1);

			if (r.x[0] != NOT_SUPPORTED)
				th_fail(__FILE__, __LINE__, false, "call 0x%llx: 0x%llx",
					(unsigned long long)fn, r.x[0]);
		}
	}
	EXPECT_EQ(NOT_SUPPORTED, CALL(0, 0));
	EXPECT_EQ(NOT_SUPPORTED, CALL(~0ULL, 0));
}

/*
 * Nothing reaches the firmware, which may answer as the kernel would: the VMM
 * asks for all calls and gets each, and the host is still there.
 */
TEST_F(smccc, random_calls_reach_nobody)
{
	struct vcpu *v = vcpu_create(vm_create(ARMVCPU_VM_HYPERCALL_EXITS), 0);
	u64 seed = 88172645463325252ULL;
	struct armvcpu_regs r;
	unsigned int i;

	vcpu_start(v, variant->entry);
	get_regs(v, &r);
	for (i = 0; i < 2000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		/* but for the range of PSCI, tested elsewhere */
		if ((seed & 0xbfffffe0) == 0x84000000)
			continue;
		r.x[0] = seed;
		r.x[1] = seed >> 32;
		set_regs(v, &r);
		vcpu_run(v);
		ASSERT_EQ(variant->reason, v->run->exit_reason);
		ASSERT_EQ(seed, v->run->u.hypercall.args[0]);
	}
	EXPECT_EQ(0x10001ULL, CALL(PSCI_VERSION, 0));
}

/* With the option all of these are the VMM's; what is answered stays so. */
TEST_F(smccc, option_hands_over_what_is_unknown)
{
	struct vcpu *v = vcpu_create(vm_create(ARMVCPU_VM_HYPERCALL_EXITS), 0);
	static const u64 fns[] = {
		HYPERCALL_TEST, 0, ~0ULL, 0x83000001, 0xc3000001, 0x02000000, 0xb2000000,
		0xc2000007, 0x80001234,
	};
	struct armvcpu_regs r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fns); i++) {
		vcpu_start(v, variant->entry);
		get_regs(v, &r);
		r.x[0] = fns[i];
		set_regs(v, &r);
		vcpu_run(v);
		if (v->run->exit_reason != variant->reason)
			TH_LOG("call 0x%llx", (unsigned long long)fns[i]);
		EXPECT_EXIT(v, variant->reason);
		EXPECT_EQ(fns[i], v->run->u.hypercall.args[0]);
	}
	vcpu_start(v, variant->entry);
	EXPECT_LE(0x10001ULL, call(v, variant->entry, SMCCC_VERSION, 0).x[0]);
	EXPECT_EQ(0x10001ULL, call(v, variant->entry, PSCI_VERSION, 0).x[0]);
}

/* From EL0: HVC and SMC are UNDEFINED there, which is the guest's affair. */
GUEST(g_el0_call,
	"hvc	#0\n"
	"b	.");
GUEST(g_el0_smc,
	"smc	#0\n"
	"b	.");

TEST(calls_from_el0_are_undefined)
{
	const u32 *entries[] = { g_el0_call, g_el0_smc };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct vcpu *v = vcpu_create(vm_create(ARMVCPU_VM_HYPERCALL_EXITS), 0);
		struct armvcpu_regs r;

		vcpu_start(v, entries[i]);
		get_regs(v, &r);
		r.pstate = PSTATE_EL0T;
		set_regs(v, &r);
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_LOWER, v->run->u.mmio.ipa);
		EXPECT_EQ(EC_UNKNOWN, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
		get_regs(v, &r);
		EXPECT_EQ((u64)entries[i], r.elr_el1);
	}
}

TEST_HARNESS_MAIN
