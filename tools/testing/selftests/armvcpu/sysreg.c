// SPDX-License-Identifier: GPL-2.0-only
/*
 * System registers as guests find them: what is hidden is hidden and UNDEFINED,
 * what is there works, and the host keeps its own. All encodings one by one are
 * in sysreg_sweep.c.
 */
#include "testlib.h"

/* ESR_EL1 of an UNDEFINED instruction: EC 0, IL */
#define UNDEFINED	0x2000000ULL

static u64 field(u64 reg, unsigned int shift)
{
	return reg >> shift & 15;
}

/* A field whose values from 8 on are negative. */
static s64 signed_field(u64 reg, unsigned int shift)
{
	return (s64)(reg << (60 - shift)) >> 60;
}

static void run_c(struct vm *vm, void (*fn)(u64 arg), u64 arg)
{
	struct vcpu *v = vcpu_create(vm, 0);

	vcpu_start_c(v, fn, arg);
	vcpu_finish(v);
}

/* ---- identification ------------------------------------------------------------------------- */

/* All of op0 = 3, op1 = 0, CRn = 0, CRm = 0 to 7, in the order of their numbers. */
static volatile u64 id_regs[8][8];

#define READ_ID(crm, op2)	id_regs[crm][op2] = read_sysreg(S3_0_C0_C##crm##_##op2);
#define READ_IDS(crm)							\
	READ_ID(crm, 0) READ_ID(crm, 1) READ_ID(crm, 2) READ_ID(crm, 3)	\
	READ_ID(crm, 4) READ_ID(crm, 5) READ_ID(crm, 6) READ_ID(crm, 7)

static void g_read_ids(u64 arg)
{
	(void)arg;
	id_regs[0][0] = read_sysreg(midr_el1);
	id_regs[0][5] = read_sysreg(mpidr_el1);
	id_regs[0][6] = read_sysreg(revidr_el1);
	READ_IDS(1)
	READ_IDS(2)
	READ_IDS(3)
	READ_IDS(4)
	READ_IDS(5)
	READ_IDS(6)
	READ_IDS(7)
}

#define ID(crm, op2)	vm_var(vm, id_regs[crm][op2])
#define AA64PFR0	ID(4, 0)
#define AA64PFR1	ID(4, 1)
#define AA64DFR0	ID(5, 0)
#define AA64ISAR1	ID(6, 1)
#define AA64ISAR2	ID(6, 2)
#define AA64MMFR0	ID(7, 0)
#define AA64MMFR1	ID(7, 1)
#define AA64MMFR2	ID(7, 2)

TEST(hidden_features_are_not_in_the_id_registers)
{
	struct vm *vm = vm_create(0);
	unsigned int i, j;

	run_c(vm, g_read_ids, 0);
	/* AArch64 only, at EL0 and EL1; no EL2, no EL3 */
	EXPECT_EQ(0x0011ULL, AA64PFR0 & 0xffff);
	EXPECT_EQ(0ULL, field(AA64PFR0, 24));		/* GIC: there is none */
	EXPECT_EQ(0ULL, field(AA64PFR0, 28));		/* RAS */
	EXPECT_EQ(0ULL, field(AA64PFR0, 32));		/* SVE */
	EXPECT_EQ(0ULL, field(AA64PFR0, 40));		/* MPAM */
	EXPECT_EQ(0ULL, field(AA64PFR0, 44));		/* AMU */
	EXPECT_EQ(0ULL, field(AA64PFR1, 8));		/* MTE */
	EXPECT_EQ(0ULL, field(AA64PFR1, 16));		/* MPAM_frac */
	EXPECT_EQ(0ULL, field(AA64PFR1, 24));		/* SME */
	EXPECT_EQ(6ULL, field(AA64DFR0, 0));		/* debug of Armv8.0 */
	EXPECT_EQ(0ULL, field(AA64DFR0, 4));		/* trace */
	EXPECT_EQ(0ULL, field(AA64DFR0, 8));		/* PMU */
	EXPECT_EQ(0ULL, field(AA64DFR0, 32));		/* SPE */
	EXPECT_EQ(0ULL, field(AA64DFR0, 40));		/* trace filter */
	EXPECT_EQ(0ULL, field(AA64DFR0, 44));		/* TRBE */
	EXPECT_EQ(0ULL, field(AA64DFR0, 52));		/* BRBE */
	EXPECT_EQ(0ULL, AA64ISAR1 & 0xff000ff0);	/* pointer authentication */
	EXPECT_EQ(0ULL, AA64ISAR2 & 0x0000ff00);	/* the same, QARMA3 */
	EXPECT_EQ(0ULL, field(AA64ISAR2, 16));		/* MOPS */
	EXPECT_EQ(0ULL, field(AA64MMFR1, 8));		/* VHE */
	EXPECT_EQ(0ULL, field(AA64MMFR1, 16));		/* LORegions */
	EXPECT_EQ(0ULL, field(AA64MMFR1, 40));		/* HCRX_EL2 */
	EXPECT_EQ(0ULL, field(AA64MMFR2, 24));		/* nested virtualisation */
	EXPECT_EQ(0ULL, field(AA64MMFR2, 40));		/* FWB */
	EXPECT_EQ(0ULL, field(AA64MMFR2, 56));		/* EVT */
	EXPECT_EQ(0ULL, ID(4, 4) | ID(4, 5));		/* ZFR0, SMFR0 */
	/* no AArch32: none of its registers */
	for (i = 1; i < 4; i++)
		for (j = 0; j < 8; j++)
			EXPECT_EQ(0ULL, ID(i, j));
	/* no number beyond the tables of today's architecture */
	EXPECT_EQ(0ULL, ID(4, 3) | ID(4, 6) | ID(5, 3) | ID(5, 6) | ID(5, 7));
}

/* User space of the host reads what all CPUs have: guests have no more. */
TEST(guests_have_no_more_than_the_host)
{
	struct vm *vm = vm_create(0);
	u64 isar0, isar1, pfr0;
	unsigned int shift;

	run_c(vm, g_read_ids, 0);
	isar0 = read_sysreg(id_aa64isar0_el1);
	isar1 = read_sysreg(id_aa64isar1_el1);
	pfr0 = read_sysreg(id_aa64pfr0_el1);
	for (shift = 4; shift < 64; shift += 4) {
		/* TLB (56) and the reserved field of TME (24) are not shown to users */
		if (shift == 24 || shift == 56)
			continue;
		if (field(ID(6, 0), shift) > field(isar0, shift))
			th_fail(__FILE__, __LINE__, false, "ISAR0[%u] is %llu, not %llu",
				shift, (unsigned long long)field(ID(6, 0), shift),
				(unsigned long long)field(isar0, shift));
	}
	for (shift = 0; shift < 64; shift += 4) {
		/* SPECRES (40) is not shown to users */
		if (shift == 40)
			continue;
		if (field(ID(6, 1), shift) > field(isar1, shift))
			th_fail(__FILE__, __LINE__, false, "ISAR1[%u] is %llu, not %llu",
				shift, (unsigned long long)field(ID(6, 1), shift),
				(unsigned long long)field(isar1, shift));
	}
	EXPECT_LE(signed_field(AA64PFR0, 16), signed_field(pfr0, 16));
	EXPECT_LE(signed_field(AA64PFR0, 20), signed_field(pfr0, 20));
}

TEST(guest_and_vmm_read_the_same_identification)
{
	struct vm *vm = vm_create_gic(0, 64, 1);
	struct vcpu *v = vcpu_create(vm, 0);
	unsigned int i, j;

	vcpu_start_c(v, g_read_ids, 0);
	vcpu_finish(v);
	for (i = 1; i < 8; i++)
		for (j = 0; j < 8; j++)
			EXPECT_EQ(get_sysreg(v, SYS(3, 0, 0, i, j)), ID(i, j));
	EXPECT_EQ(get_sysreg(v, SYS_MIDR_EL1), ID(0, 0));
	EXPECT_EQ(get_sysreg(v, SYS_MPIDR_EL1), ID(0, 5));
	EXPECT_EQ((u64)(vm->gic == ARMVCPU_GIC_V3), field(AA64PFR0, 24));	/* GIC: system registers */
	/* the machine's own: what user space is told of the CPU */
	EXPECT_EQ(read_sysreg(midr_el1) & 0xff0ffff0, ID(0, 0) & 0xff0ffff0);
}

TEST(physical_address_size_follows_the_vm)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48 };
	struct vm *first = vm_create_bare(0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		struct armvcpu_create_vm arg = { .size = sizeof(arg), .ipa_bits = bits[i] };
		struct vm vm = *first;
		struct vcpu v = { .vm = &vm };

		if (bits[i] > first->info.ipa_bits)
			continue;
		vm.fd = ioctl_raw(vm.dev, ARMVCPU_CREATE_VM, &arg);
		ASSERT_LE(0, vm.fd);
		v.fd = vcpu_create_raw(&vm, 0, 0, 0);
		ASSERT_LE(0, v.fd);
		EXPECT_EQ(i, field(get_sysreg(&v, SYS(3, 0, 0, 7, 0)), 0));
	}
}

static void g_read_only(u64 arg)
{
	(void)arg;
	GUEST_ASSERT_EQ(UNDEFINED, GUEST_TRY("msr S3_0_C0_C4_0, xzr", ::: "memory"));
	GUEST_ASSERT_EQ(UNDEFINED, GUEST_TRY("msr S3_0_C0_C0_0, xzr", ::: "memory"));
	GUEST_ASSERT_EQ(UNDEFINED, GUEST_TRY("msr S3_0_C0_C0_5, xzr", ::: "memory"));
	GUEST_ASSERT_EQ(UNDEFINED, GUEST_TRY("msr S3_1_C0_C0_1, xzr", ::: "memory"));
	GUEST_ASSERT_EQ(UNDEFINED, GUEST_TRY("msr S3_3_C0_C0_1, xzr", ::: "memory"));
}

TEST(identification_cannot_be_written)
{
	run_c(vm_create(0), g_read_only, 0);
}

/* ---- hidden: executed and accessed ------------------------------------------------------------ */

#define CHECK_READ(reg) do {							\
	u64 __x = 0x5a5a;							\
										\
	GUEST_ASSERT_EQ(UNDEFINED, GUEST_TRY("mrs %0, " #reg, : "+r"(__x) :: "memory")); \
	GUEST_ASSERT_EQ(0x5a5a, __x);						\
} while (0)

#define CHECK_WRITE(reg)							\
	GUEST_ASSERT_EQ(UNDEFINED, GUEST_TRY("msr " #reg ", xzr", ::: "memory"))

#define CHECK_BOTH(reg) do {	\
	CHECK_READ(reg);	\
	CHECK_WRITE(reg);	\
} while (0)

static void g_pmu(u64 arg)
{
	(void)arg;
	CHECK_BOTH(S3_3_C9_C12_0);	/* PMCR_EL0 */
	CHECK_BOTH(S3_3_C9_C12_1);	/* PMCNTENSET_EL0 */
	CHECK_BOTH(S3_3_C9_C12_3);	/* PMOVSCLR_EL0 */
	CHECK_BOTH(S3_3_C9_C12_5);	/* PMSELR_EL0 */
	CHECK_READ(S3_3_C9_C12_6);	/* PMCEID0_EL0 */
	CHECK_BOTH(S3_3_C9_C13_0);	/* PMCCNTR_EL0 */
	CHECK_BOTH(S3_3_C9_C13_1);	/* PMXEVTYPER_EL0 */
	CHECK_BOTH(S3_3_C9_C14_0);	/* PMUSERENR_EL0 */
	CHECK_BOTH(S3_0_C9_C14_1);	/* PMINTENSET_EL1 */
	CHECK_BOTH(S3_3_C14_C8_0);	/* PMEVCNTR0_EL0 */
	CHECK_BOTH(S3_3_C14_C15_7);	/* PMCCFILTR_EL0 */
}

TEST(performance_monitors_are_undefined)
{
	run_c(vm_create(0), g_pmu, 0);
}

static void g_amu(u64 arg)
{
	(void)arg;
	CHECK_BOTH(S3_3_C13_C2_0);	/* AMCR_EL0 */
	CHECK_READ(S3_3_C13_C2_1);	/* AMCFGR_EL0 */
	CHECK_BOTH(S3_3_C13_C2_3);	/* AMUSERENR_EL0 */
	CHECK_BOTH(S3_3_C13_C2_5);	/* AMCNTENSET0_EL0 */
	CHECK_BOTH(S3_3_C13_C4_0);	/* AMEVCNTR00_EL0 */
}

TEST(activity_monitors_are_undefined)
{
	run_c(vm_create(0), g_amu, 0);
}

static void g_pauth(u64 arg)
{
	u64 x = 0x123456789abcULL;

	(void)arg;
	CHECK_BOTH(S3_0_C2_C1_0);	/* APIAKeyLo_EL1 */
	CHECK_BOTH(S3_0_C2_C1_3);	/* APIBKeyHi_EL1 */
	CHECK_BOTH(S3_0_C2_C2_0);	/* APDAKeyLo_EL1 */
	CHECK_BOTH(S3_0_C2_C3_1);	/* APGAKeyHi_EL1 */
	/* as hints they do nothing, with SCTLR_EL1.EnIA clear; as others UNDEFINED */
	__asm__ volatile("mov x17, %0\n\tmov x16, #3\n\t"
			 ".inst 0xd503211f\n\t"		/* pacia1716 */
			 "mov %0, x17" : "+r"(x) :: "x16", "x17");
	GUEST_ASSERT_EQ(0x123456789abcULL, x);
}

TEST(pointer_authentication_keys_are_undefined)
{
	run_c(vm_create(0), g_pauth, 0);
}

static void g_vector(u64 arg)
{
	u64 esr;

	(void)arg;
	/* CPACR_EL1.ZEN and SMEN: not the guest's own traps, if it has the bits */
	write_sysreg(cpacr_el1, 3 << 24 | 3 << 20 | 3 << 16);
	isb();
	CHECK_BOTH(S3_0_C1_C2_0);	/* ZCR_EL1 */
	CHECK_BOTH(S3_0_C1_C2_6);	/* SMCR_EL1 */
	CHECK_BOTH(S3_3_C4_C2_2);	/* SVCR */
	/* not TPIDR2_EL0 and SMPRI_EL1: only fine-grained traps, newer than SME, catch them */
	esr = GUEST_TRY(".inst 0x04bf5020", ::: "x0", "memory");	/* rdvl x0, #1 */
	GUEST_ASSERT_EQ(UNDEFINED, esr);
	esr = GUEST_TRY(".inst 0x2518e3e0", ::: "memory");	/* ptrue p0.b */
	GUEST_ASSERT_EQ(UNDEFINED, esr);
	esr = GUEST_TRY(".inst 0xd503477f", ::: "memory");	/* smstart */
	GUEST_ASSERT_EQ(UNDEFINED, esr);
}

TEST(sve_and_sme_are_undefined)
{
	run_c(vm_create(0), g_vector, 0);
}

static void g_mte(u64 arg)
{
	u64 esr, v = 0;

	(void)arg;
	CHECK_BOTH(S3_0_C1_C0_5);	/* RGSR_EL1 */
	CHECK_BOTH(S3_0_C1_C0_6);	/* GCR_EL1 */
	CHECK_BOTH(S3_0_C5_C6_0);	/* TFSR_EL1 */
	CHECK_BOTH(S3_0_C5_C6_1);	/* TFSRE0_EL1 */
	/* GMID_EL1: in the ID space, where FEAT_IDST gives another class */
	esr = GUEST_TRY("mrs %0, S3_1_C0_C0_4", : "+r"(v) :: "memory");
	GUEST_ASSERT(ESR_EC(esr) == EC_SYSREG || esr == UNDEFINED);
	GUEST_ASSERT_EQ(0, v);
}

TEST(memory_tagging_registers_are_undefined)
{
	run_c(vm_create(0), g_mte, 0);
}

static void g_others(u64 arg)
{
	(void)arg;
	CHECK_BOTH(S3_0_C5_C3_1);	/* ERRSELR_EL1 */
	CHECK_READ(S3_0_C5_C4_0);	/* ERXFR_EL1 */
	CHECK_READ(S3_0_C5_C3_0);	/* ERRIDR_EL1 */
	CHECK_BOTH(S3_0_C10_C4_0);	/* LORSA_EL1 */
	CHECK_READ(S3_0_C10_C4_7);	/* LORID_EL1 */
	CHECK_BOTH(S3_0_C9_C9_0);	/* PMSCR_EL1 */
	CHECK_BOTH(S3_0_C9_C10_0);	/* PMBLIMITR_EL1 */
	CHECK_READ(S3_0_C9_C10_7);	/* PMBIDR_EL1 */
	CHECK_BOTH(S3_0_C9_C11_0);	/* TRBLIMITR_EL1 */
	CHECK_BOTH(S3_0_C1_C2_1);	/* TRFCR_EL1 */
	CHECK_BOTH(S2_1_C0_C4_0);	/* TRCPRGCTLR */
	CHECK_BOTH(S3_0_C10_C5_1);	/* MPAM0_EL1 */
	CHECK_BOTH(S3_0_C10_C5_0);	/* MPAM1_EL1 */
	CHECK_READ(S3_0_C10_C4_4);	/* MPAMIDR_EL1 */
}

TEST(ras_trace_profiling_and_partitioning_are_undefined)
{
	run_c(vm_create(0), g_others, 0);
}

/* Registers of higher exception levels, and the redirected names of E2H. */
static void g_higher(u64 arg)
{
	(void)arg;
	CHECK_BOTH(S3_4_C1_C1_0);	/* HCR_EL2 */
	CHECK_BOTH(S3_4_C1_C0_0);	/* SCTLR_EL2 */
	CHECK_BOTH(S3_4_C2_C1_0);	/* VTTBR_EL2 */
	CHECK_BOTH(S3_4_C12_C0_0);	/* VBAR_EL2 */
	CHECK_BOTH(S3_4_C4_C1_0);	/* SP_EL1 */
	CHECK_BOTH(S3_4_C12_C12_0);	/* ICH_LR0_EL2 */
	CHECK_BOTH(S3_4_C14_C0_3);	/* CNTVOFF_EL2 */
	CHECK_BOTH(S3_5_C1_C0_0);	/* SCTLR_EL12 */
	CHECK_BOTH(S3_5_C14_C3_1);	/* CNTV_CTL_EL02 */
	CHECK_BOTH(S3_6_C1_C1_0);	/* SCR_EL3 */
	CHECK_BOTH(S3_6_C12_C0_0);	/* VBAR_EL3 */
	GUEST_ASSERT_EQ(UNDEFINED, GUEST_TRY("tlbi alle1", ::: "memory"));
	GUEST_ASSERT_EQ(UNDEFINED, GUEST_TRY("at s12e1r, xzr", ::: "memory"));
}

TEST(registers_of_higher_levels_are_undefined)
{
	run_c(vm_create(0), g_higher, 0);
}

static u32 mrs_code(u32 op0, u32 op1, u32 crn, u32 crm, u32 op2)
{
	return 0xd5300000 | (op0 & 1) << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5;
}

/* ---- exits ------------------------------------------------------------------------------------------ */

/* With the option, the VMM sees what the kernel does not know, of either direction. */
TEST(unknown_registers_exit_with_their_encoding)
{
	static const u32 regs[] = {
		SYS(3, 3, 9, 12, 0), SYS(3, 3, 9, 13, 0), SYS(3, 0, 9, 14, 1),
		SYS(3, 3, 14, 8, 0), SYS(3, 3, 14, 15, 7),
	};
	struct vm *vm = vm_create(ARMVCPU_VM_SYSREG_EXITS);
	struct vcpu *v = vcpu_create(vm, 0);
	u32 *code = vm_ram(vm, TEST_BASE);
	unsigned int i, rt, write;

	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		for (rt = 0; rt < 32; rt += 5) {
			for (write = 0; write < 2; write++) {
				u32 e = regs[i];
				struct armvcpu_regs r;

				code[0] = mrs_code(e >> 14, e >> 11 & 7, e >> 7 & 15, e >> 3 & 15,
						   e & 7) | rt;
				if (write)
					code[0] &= ~(1U << 21);
				__builtin___clear_cache((char *)code, (char *)(code + 1));
				vcpu_start(v, (u32 *)TEST_BASE);
				get_regs(v, &r);
				if (rt < 31)
					r.x[rt] = 0x1234567800000000ULL + rt;
				set_regs(v, &r);
				vcpu_run(v);
				EXPECT_EXIT(v, ARMVCPU_EXIT_SYSREG);
				EXPECT_EQ(e, v->run->u.sysreg.encoding);
				EXPECT_EQ(write, v->run->u.sysreg.write);
				EXPECT_EQ(rt, v->run->u.sysreg.reg);
				if (write)
					EXPECT_EQ(rt < 31 ? r.x[rt] : 0,
						  v->run->u.sysreg.value);
				v->run->u.sysreg.value = 0xabcdef0123456789ULL;
				vcpu_complete(v);
				if (rt < 31)
					EXPECT_EQ(write ? r.x[rt] : 0xabcdef0123456789ULL,
						  get_x(v, rt));
				EXPECT_EQ(TEST_BASE + 4ULL, get_pc(v));
			}
		}
	}
}

/* What the kernel knows is no exit. */
static void g_known(u64 arg)
{
	u64 v;

	(void)arg;
	v = read_sysreg(id_aa64mmfr0_el1);
	v = read_sysreg(ctr_el0);
	v = read_sysreg(clidr_el1);
	write_sysreg(csselr_el1, 0);
	v = read_sysreg(ccsidr_el1);
	v = read_sysreg(cntp_ctl_el0);
	v = read_sysreg(actlr_el1);
	write_sysreg(actlr_el1, v);
	v = read_sysreg(mdscr_el1);
	write_sysreg(mdscr_el1, v);
	write_sysreg(oslar_el1, 0);
	v = read_sysreg(oslsr_el1);
	(void)v;
}

TEST(known_registers_do_not_exit)
{
	run_c(vm_create(ARMVCPU_VM_SYSREG_EXITS), g_known, 0);
}

/* ---- debug -------------------------------------------------------------------------------------------- */

static volatile u64 watched;

/* Breakpoints that a guest sets on itself and on everything do nothing. */
static void g_debug(u64 arg)
{
	u32 i;

	(void)arg;
	write_sysreg(oslar_el1, 0);
	write_sysreg(dbgbvr0_el1, (u64)g_known);
	write_sysreg(dbgbcr0_el1, 0x1e7);
	write_sysreg(dbgwvr0_el1, (u64)&watched);
	write_sysreg(dbgwcr0_el1, 0x1fff);
	write_sysreg(mdscr_el1, 1 << 15 | 1 << 13 | 1);
	isb();
	__asm__ volatile("msr daifclr, #8" ::: "memory");
	isb();
	for (i = 0; i < 10; i++) {
		g_known(0);
		watched++;
	}
	__asm__ volatile("msr daifset, #8" ::: "memory");
}

TEST(breakpoints_of_the_guest_are_ignored)
{
	run_c(vm_create(0), g_debug, 0);
}

/* The host's registers that a guest could have got at: the VMM's own view. */
static void g_scribble(u64 arg)
{
	(void)arg;
	write_sysreg(tpidr_el0, ~0ULL);
	write_sysreg(tpidrro_el0, ~0ULL);
	write_sysreg(cntkctl_el1, 0);
	write_sysreg(csselr_el1, 4);
	write_sysreg(contextidr_el1, 0xffffffff);
	write_sysreg(cpacr_el1, 0);
	isb();
	GUEST_SYNC(0);
}

TEST(registers_of_the_host_are_as_before)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	u64 tpidr = read_sysreg(tpidr_el0), t, a, b;
	unsigned int i;

	vcpu_start_c(v, g_scribble, 0);
	vcpu_sync(v);
	for (i = 0; i < 100; i++) {
		EXPECT_EQ(tpidr, read_sysreg(tpidr_el0));
		/* counters and caches may be read and cleaned from EL0 still */
		a = read_sysreg(cntvct_el0);
		b = read_sysreg(cntvct_el0);
		EXPECT_LE(a, b);
		t = read_sysreg(ctr_el0);
		EXPECT_NE(0ULL, t);
		__asm__ volatile("dc cvau, %0\n\tic ivau, %0" :: "r"(&t) : "memory");
		v->run->answer = ARMVCPU_ANSWER_RETRY;
		vcpu_sync(v);
	}
}

TEST_HARNESS_MAIN
