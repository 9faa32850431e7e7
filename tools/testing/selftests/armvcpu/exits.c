// SPDX-License-Identifier: GPL-2.0-only
/* Every exit, with all of its fields. */
#define _GNU_SOURCE
#include <signal.h>
#include <time.h>

#include "testlib.h"

/* A register that no guest has: UNDEFINED or an exit. */
#define SYS_HIDDEN	SYS(3, 3, 9, 13, 0)	/* PMCCNTR_EL0 */

static void check_common(struct vcpu *v, const u32 *pc)
{
	struct armvcpu_run *run = v->run;

	EXPECT_EQ((u64)pc, run->pc);
	EXPECT_EQ(PSTATE_EL1H, run->pstate & ~PSTATE_NZCV);
	EXPECT_EQ(0, run->pad1);
	EXPECT_EQ(0, run->immediate_exit);
	EXPECT_EQ(ARMVCPU_ANSWER_HANDLED, run->answer);
}

static void check_mmio(struct vcpu *v, const u32 *pc, u64 ipa, unsigned int len,
		       unsigned int flags, unsigned int reg)
{
	struct armvcpu_run *run = v->run;

	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	check_common(v, pc);
	EXPECT_EQ(ipa, run->ipa);
	EXPECT_EQ(ipa, run->far);
	EXPECT_EQ(EC_DABT_LOWER, ESR_EC(run->esr));
	EXPECT_TRUE(run->esr & ESR_ISV);
	EXPECT_EQ(!!(flags & ARMVCPU_MMIO_WRITE), !!(run->esr & ESR_WNR));
	EXPECT_EQ(ipa, run->u.mmio.ipa);
	EXPECT_EQ(len, run->u.mmio.len);
	EXPECT_EQ(flags, run->u.mmio.flags);
	EXPECT_EQ(reg, run->u.mmio.reg);
	EXPECT_EQ(0, memcmp(run->u.mmio.pad, "\0\0\0\0", 5));
}

static struct vcpu *one_vcpu(u32 flags, const u32 *entry)
{
	struct vcpu *v = vcpu_create(vm_create(flags), 0);

	vcpu_start(v, entry);
	return v;
}

TEST(exit_reason_is_unknown_before_the_first_run)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);

	EXPECT_EQ(ARMVCPU_EXIT_UNKNOWN, v->run->exit_reason);
}

GUEST(g_writes,
	"movz	x7, #0x8899\n"
	"movk	x7, #0xaabb, lsl #16\n"
	"movk	x7, #0xccdd, lsl #32\n"
	"movk	x7, #0xeeff, lsl #48\n"
	".globl	g_strb, g_strh, g_strw, g_strx, g_stlr, g_strz\n"
	"g_strb: strb	w7, [x26, #3]\n"
	"g_strh: strh	w7, [x26, #6]\n"
	"g_strw: str	w7, [x26, #12]\n"
	"g_strx: str	x7, [x26, #4088]\n"
	"g_stlr: stlr	w7, [x26]\n"
	"g_strz: str	xzr, [x26, #8]\n"
	"b	.");
extern const u32 g_strb[], g_strh[], g_strw[], g_strx[], g_stlr[], g_strz[];

TEST(mmio_write_fields)
{
	struct vcpu *v = one_vcpu(0, g_writes);

	vcpu_run(v);
	check_mmio(v, g_strb, HOLE_BASE + 3, 1, ARMVCPU_MMIO_WRITE, 7);
	EXPECT_EQ(0x99ULL, v->run->u.mmio.data);
	vcpu_run(v);
	check_mmio(v, g_strh, HOLE_BASE + 6, 2, ARMVCPU_MMIO_WRITE, 7);
	EXPECT_EQ(0x8899ULL, v->run->u.mmio.data);
	vcpu_run(v);
	check_mmio(v, g_strw, HOLE_BASE + 12, 4, ARMVCPU_MMIO_WRITE, 7);
	EXPECT_EQ(0xaabb8899ULL, v->run->u.mmio.data);
	vcpu_run(v);
	check_mmio(v, g_strx, HOLE_BASE + 4088, 8,
		   ARMVCPU_MMIO_WRITE | ARMVCPU_MMIO_REG64, 7);
	EXPECT_EQ(0xeeffccddaabb8899ULL, v->run->u.mmio.data);
	vcpu_run(v);
	check_mmio(v, g_stlr, HOLE_BASE, 4, ARMVCPU_MMIO_WRITE | ARMVCPU_MMIO_ACQREL, 7);
	EXPECT_EQ(0xaabb8899ULL, v->run->u.mmio.data);
	vcpu_run(v);
	check_mmio(v, g_strz, HOLE_BASE + 8, 8,
		   ARMVCPU_MMIO_WRITE | ARMVCPU_MMIO_REG64, 31);
	EXPECT_EQ(0ULL, v->run->u.mmio.data);
}

GUEST(g_reads,
	".globl	g_ldrb, g_ldrsh, g_ldrsw, g_ldrx, g_ldar, g_ldrz\n"
	"g_ldrb: ldrb	w9, [x26, #1]\n"
	"g_ldrsh: ldrsh	w9, [x26, #2]\n"
	"g_ldrsw: ldrsw	x9, [x26, #4]\n"
	"g_ldrx: ldr	x9, [x26, #8]\n"
	"g_ldar: ldar	x9, [x26]\n"
	"g_ldrz: ldr	wzr, [x26]\n"
	"b	.");
extern const u32 g_ldrb[], g_ldrsh[], g_ldrsw[], g_ldrx[], g_ldar[], g_ldrz[];

TEST(mmio_read_fields)
{
	struct vcpu *v = one_vcpu(0, g_reads);

	vcpu_run(v);
	check_mmio(v, g_ldrb, HOLE_BASE + 1, 1, 0, 9);
	vcpu_run(v);
	check_mmio(v, g_ldrsh, HOLE_BASE + 2, 2, ARMVCPU_MMIO_SIGNED, 9);
	vcpu_run(v);
	check_mmio(v, g_ldrsw, HOLE_BASE + 4, 4,
		   ARMVCPU_MMIO_SIGNED | ARMVCPU_MMIO_REG64, 9);
	vcpu_run(v);
	check_mmio(v, g_ldrx, HOLE_BASE + 8, 8, ARMVCPU_MMIO_REG64, 9);
	vcpu_run(v);
	check_mmio(v, g_ldar, HOLE_BASE, 8, ARMVCPU_MMIO_REG64 | ARMVCPU_MMIO_ACQREL, 9);
	vcpu_run(v);
	check_mmio(v, g_ldrz, HOLE_BASE, 4, 0, 31);
}

TEST(mmio_read_data_does_not_leak_a_former_exit)
{
	struct vcpu *v = one_vcpu(0, g_reads);

	memset(&v->run->u, 0xa5, sizeof(v->run->u));
	vcpu_run(v);
	check_mmio(v, g_ldrb, HOLE_BASE + 1, 1, 0, 9);
	EXPECT_EQ(0ULL, v->run->u.mmio.data);
}

/* The store's data must be what it was, whatever the page says when RUN begins. */
TEST(run_page_is_not_read_back)
{
	struct vcpu *v = one_vcpu(0, g_writes);
	struct armvcpu_regs r;

	vcpu_run(v);
	check_mmio(v, g_strb, HOLE_BASE + 3, 1, ARMVCPU_MMIO_WRITE, 7);
	memset((u8 *)v->run + offsetof(struct armvcpu_run, exit_reason), 0xff,
	       sizeof(*v->run) - offsetof(struct armvcpu_run, exit_reason));
	vcpu_run(v);
	check_mmio(v, g_strh, HOLE_BASE + 6, 2, ARMVCPU_MMIO_WRITE, 7);
	get_regs(v, &r);
	EXPECT_EQ(0xeeffccddaabb8899ULL, r.x[7]);
}

GUEST(g_nisv,
	"str	x1, [x28]\n"
	".globl	g_ldp, g_stp\n"
	"g_ldp: ldp	x1, x2, [x26, #16]\n"
	"g_stp: stp	x1, x2, [x26, #32]\n"
	"b	.");
extern const u32 g_ldp[], g_stp[];

TEST(mmio_nisv_fields)
{
	struct vcpu *v = one_vcpu(0, g_nisv);
	struct armvcpu_run *run = v->run;
	struct armvcpu_regs r;

	vcpu_sync(v);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO_NISV);
	check_common(v, g_ldp);
	EXPECT_EQ(EC_DABT_LOWER, ESR_EC(run->esr));
	EXPECT_FALSE(run->esr & ESR_ISV);
	EXPECT_EQ(HOLE_BASE + 16ULL, run->ipa);
	EXPECT_EQ(HOLE_BASE + 16ULL, run->far);
	EXPECT_EQ(HOLE_BASE + 16ULL, run->u.mmio.ipa);
	EXPECT_EQ(0, run->u.mmio.len);
	EXPECT_EQ(0, run->u.mmio.flags);
	EXPECT_EQ(0ULL, run->u.mmio.data);

	get_regs(v, &r);
	r.pc += 4;
	set_regs(v, &r);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO_NISV);
	check_common(v, g_stp);
	EXPECT_EQ(HOLE_BASE + 32ULL, run->u.mmio.ipa);
	EXPECT_EQ(0, run->u.mmio.len);
	EXPECT_EQ(ARMVCPU_MMIO_WRITE, run->u.mmio.flags);
}

GUEST(g_sysreg,
	"movz	x11, #0x1234, lsl #48\n"
	"movk	x11, #0x5678\n"
	".globl	g_msr, g_mrs, g_msrz\n"
	"g_msr: msr	S3_3_C9_C13_0, x11\n"
	"g_mrs: mrs	x12, S3_3_C9_C13_0\n"
	"g_msrz: msr	S3_3_C9_C13_0, xzr\n"
	"str	x12, [x28]\n"
	"b	.");
extern const u32 g_msr[], g_mrs[], g_msrz[];

TEST(sysreg_fields)
{
	struct vcpu *v = one_vcpu(ARMVCPU_VM_SYSREG_EXITS, g_sysreg);
	struct armvcpu_run *run = v->run;

	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_SYSREG);
	check_common(v, g_msr);
	EXPECT_EQ(EC_SYSREG, ESR_EC(run->esr));
	EXPECT_EQ(SYS_HIDDEN, run->u.sysreg.encoding);
	EXPECT_EQ(1, run->u.sysreg.write);
	EXPECT_EQ(11, run->u.sysreg.reg);
	EXPECT_EQ(0, run->u.sysreg.pad[0] | run->u.sysreg.pad[1]);
	EXPECT_EQ(0x1234000000005678ULL, run->u.sysreg.value);

	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_SYSREG);
	check_common(v, g_mrs);
	EXPECT_EQ(SYS_HIDDEN, run->u.sysreg.encoding);
	EXPECT_EQ(0, run->u.sysreg.write);
	EXPECT_EQ(12, run->u.sysreg.reg);
	run->u.sysreg.value = 0xfedcba9876543210ULL;

	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_SYSREG);
	check_common(v, g_msrz);
	EXPECT_EQ(1, run->u.sysreg.write);
	EXPECT_EQ(31, run->u.sysreg.reg);
	EXPECT_EQ(0ULL, run->u.sysreg.value);

	EXPECT_EQ(0xfedcba9876543210ULL, vcpu_sync(v));
}

TEST(sysreg_is_undefined_without_the_option)
{
	struct vcpu *v = one_vcpu(0, g_sysreg);
	struct armvcpu_run *run = v->run;

	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_SYNC, run->u.mmio.ipa);
	EXPECT_EQ(EC_UNKNOWN, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
}

GUEST(g_calls,
	"movz	x0, #0xc600, lsl #16\n"
	"movk	x0, #0x0042\n"
	"mov	x1, #0x11\n"
	"mov	x2, #0x22\n"
	"mov	x3, #0x33\n"
	"mov	x4, #0x44\n"
	"mov	x5, #0x55\n"
	"mov	x6, #0x66\n"
	"mov	x7, #-1\n"
	".globl	g_hvc, g_smc\n"
	"g_hvc: hvc	#0\n"
	"g_smc: smc	#0\n"
	"str	x0, [x28]\n"
	"b	.");
extern const u32 g_hvc[], g_smc[];

static void check_call(struct vcpu *v, u64 x0)
{
	struct armvcpu_run *run = v->run;
	static const u64 args[] = { 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, ~0ULL };
	unsigned int i;

	EXPECT_EQ(x0, run->u.hypercall.args[0]);
	for (i = 1; i < 8; i++)
		EXPECT_EQ(args[i], run->u.hypercall.args[i]);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(run->u.hypercall.args[i], run->u.hypercall.ret[i]);
	EXPECT_EQ(0, run->u.hypercall.imm);
	EXPECT_EQ(0, run->u.hypercall.pad[0] | run->u.hypercall.pad[1] |
		  run->u.hypercall.pad[2]);
}

TEST(hypercall_and_smc_fields)
{
	struct vcpu *v = one_vcpu(ARMVCPU_VM_HYPERCALL_EXITS, g_calls);
	struct armvcpu_run *run = v->run;
	struct armvcpu_regs r;

	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_HYPERCALL);
	check_common(v, g_hvc);
	EXPECT_EQ(EC_HVC, ESR_EC(run->esr));
	check_call(v, HYPERCALL_TEST);

	/* ret is the answer: x0 to x3, nothing else changes */
	run->u.hypercall.ret[0] = 0xc6000043;
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_SMC);
	check_common(v, g_smc);
	EXPECT_EQ(EC_SMC, ESR_EC(run->esr));
	check_call(v, 0xc6000043);

	run->u.hypercall.ret[0] = 1;
	run->u.hypercall.ret[1] = 2;
	run->u.hypercall.ret[2] = 3;
	run->u.hypercall.ret[3] = 4;
	run->u.hypercall.args[4] = 5;
	EXPECT_EQ(1, vcpu_sync(v));
	get_regs(v, &r);
	EXPECT_EQ(1ULL, r.x[0]);
	EXPECT_EQ(2ULL, r.x[1]);
	EXPECT_EQ(3ULL, r.x[2]);
	EXPECT_EQ(4ULL, r.x[3]);
	EXPECT_EQ(0x44ULL, r.x[4]);
	EXPECT_EQ(~0ULL, r.x[7]);
}

TEST(hypercalls_are_not_supported_without_the_option)
{
	struct vcpu *v = one_vcpu(0, g_calls);
	struct armvcpu_regs r;
	unsigned int i;

	EXPECT_EQ(~0ULL, vcpu_sync(v));
	get_regs(v, &r);
	for (i = 4; i < 7; i++)
		EXPECT_EQ(0x11ULL * i, r.x[i]);
	EXPECT_EQ(~0ULL, r.x[7]);
}

GUEST(g_imm,
	"movz	x0, #0xc600, lsl #16\n"
	"movk	x0, #0x0042\n"
	"hvc	#0xabcd\n"
	"smc	#0x1234\n"
	"b	.");

TEST(immediate_of_the_call)
{
	struct vcpu *v = one_vcpu(ARMVCPU_VM_HYPERCALL_EXITS, g_imm);

	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(0xabcd, v->run->u.hypercall.imm);
	EXPECT_EQ(0xabcdULL, v->run->esr & 0xffff);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_SMC);
	EXPECT_EQ(0x1234, v->run->u.hypercall.imm);
}

/* ---- PSCI ------------------------------------------------------------------ */

GUEST(g_psci,
	".globl	g_psci_hvc, g_psci_smc\n"
	"g_psci_hvc: hvc	#0\n"
	"str	x0, [x28]\n"
	"b	.\n"
	"g_psci_smc: smc	#0\n"
	"str	x0, [x28]\n"
	"b	.");
extern const u32 g_psci_hvc[], g_psci_smc[];

static struct vcpu *psci_call(u32 flags, const u32 *entry, u64 fn, u64 a, u64 b, u64 c)
{
	struct vm *vm = vm_create(flags);
	struct vcpu *v = vcpu_create(vm, 0);
	struct armvcpu_regs r;

	vcpu_create_off(vm, 1);
	vcpu_start(v, entry);
	get_regs(v, &r);
	r.x[0] = fn;
	r.x[1] = a;
	r.x[2] = b;
	r.x[3] = c;
	set_regs(v, &r);
	vcpu_run(v);
	check_common(v, entry);
	return v;
}

static void check_psci(struct vcpu *v, u32 fn)
{
	EXPECT_EQ(fn, v->run->u.psci.function);
	EXPECT_EQ(0, v->run->u.psci.flags);
}

TEST(cpu_on_fields)
{
	struct vcpu *v = psci_call(0, g_psci_hvc, PSCI_CPU_ON | PSCI_64, 1,
				   TEST_BASE + 0x123400, 0xfeedfacecafebeef);
	struct armvcpu_run *run = v->run;

	EXPECT_EXIT(v, ARMVCPU_EXIT_CPU_ON);
	check_psci(v, PSCI_CPU_ON | PSCI_64);
	EXPECT_EQ(EC_HVC, ESR_EC(run->esr));
	EXPECT_EQ(1ULL, run->u.psci.target);
	EXPECT_EQ(TEST_BASE + 0x123400ULL, run->u.psci.entry);
	EXPECT_EQ(0xfeedfacecafebeefULL, run->u.psci.context);
	EXPECT_EQ(0ULL, run->u.psci.args[0] | run->u.psci.args[1]);
	run->u.psci.ret = PSCI_INTERNAL_FAILURE;
	EXPECT_EQ((u64)PSCI_INTERNAL_FAILURE, vcpu_sync(v));
}

TEST(cpu_on_32_drops_the_upper_halves)
{
	struct vcpu *v = psci_call(0, g_psci_smc, PSCI_CPU_ON, 0xdead00000001,
				   0xdead00001000 + TEST_BASE, 0xdead00000077);
	struct armvcpu_run *run = v->run;

	EXPECT_EXIT(v, ARMVCPU_EXIT_CPU_ON);
	check_psci(v, PSCI_CPU_ON);
	EXPECT_EQ(EC_SMC, ESR_EC(run->esr));
	EXPECT_EQ(1ULL, run->u.psci.target);
	EXPECT_EQ(TEST_BASE + 0x1000ULL, run->u.psci.entry);
	EXPECT_EQ(0x77ULL, run->u.psci.context);
}

TEST(cpu_on_answer_reaches_the_guest)
{
	static const s64 answers[] = { 0, -1, -2, -3, -4, -5, -6, -9 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		struct vcpu *v = psci_call(0, g_psci_hvc, PSCI_CPU_ON | PSCI_64, 1,
					   TEST_BASE, 0);

		EXPECT_EXIT(v, ARMVCPU_EXIT_CPU_ON);
		v->run->u.psci.ret = answers[i];
		EXPECT_EQ((u64)answers[i], vcpu_sync(v));
	}
}

TEST(cpu_off_fields)
{
	struct vcpu *v = psci_call(0, g_psci_hvc, PSCI_CPU_OFF, 1, 2, 3);

	EXPECT_EXIT(v, ARMVCPU_EXIT_CPU_OFF);
	check_psci(v, PSCI_CPU_OFF);
}

TEST(system_off_fields)
{
	struct vcpu *v = psci_call(0, g_psci_hvc, PSCI_SYSTEM_OFF, 1, 2, 3);

	EXPECT_EXIT(v, ARMVCPU_EXIT_SYSTEM_OFF);
	check_psci(v, PSCI_SYSTEM_OFF);
}

TEST(system_reset_fields)
{
	struct vcpu *v = psci_call(0, g_psci_smc, PSCI_SYSTEM_RESET, 1, 2, 3);

	EXPECT_EXIT(v, ARMVCPU_EXIT_SYSTEM_RESET);
	check_psci(v, PSCI_SYSTEM_RESET);
	EXPECT_EQ(0ULL, v->run->u.psci.args[0] | v->run->u.psci.args[1]);
}

TEST(system_reset2_fields)
{
	struct vcpu *v = psci_call(0, g_psci_hvc, PSCI_SYSTEM_RESET2 | PSCI_64,
				   0x80000000, 0x123456789abcdef0, 3);

	EXPECT_EXIT(v, ARMVCPU_EXIT_SYSTEM_RESET);
	check_psci(v, PSCI_SYSTEM_RESET2 | PSCI_64);
	EXPECT_EQ(0x80000000ULL, v->run->u.psci.args[0]);
	EXPECT_EQ(0x123456789abcdef0ULL, v->run->u.psci.args[1]);
}

/* ---- memory faults ---------------------------------------------------------- */

GUEST(g_fault,
	".globl	g_fault_load, g_fault_store, g_fault_jump\n"
	"g_fault_load: ldr	x1, [x0, #8]\n"
	"str	x1, [x28]\n"
	"g_fault_store: str	x1, [x0, #24]\n"
	"str	x1, [x28]\n"
	"g_fault_jump: br	x0\n");
extern const u32 g_fault_load[], g_fault_store[], g_fault_jump[];

static void check_fault(struct vcpu *v, const void *pc, u64 ipa, u32 flags, u32 error)
{
	struct armvcpu_run *run = v->run;

	EXPECT_EXIT(v, ARMVCPU_EXIT_MEMORY_FAULT);
	EXPECT_EQ((u64)pc, run->pc);
	EXPECT_EQ(ipa, run->u.memory_fault.ipa);
	EXPECT_EQ(flags, run->u.memory_fault.flags);
	EXPECT_EQ(error, run->u.memory_fault.error);
}

static void start_at(struct vcpu *v, const u32 *entry, u64 x0)
{
	struct armvcpu_regs r;

	vcpu_start(v, entry);
	get_regs(v, &r);
	r.x[0] = x0;
	r.x[1] = 0x4711;
	set_regs(v, &r);
}

TEST(memory_fault_fields)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = vm->info.page_size;
	void *p = mem_alloc(16 * page);
	u64 ipa = 0x80000000;

	vm_memory(vm, SLOT_TEST, 0, ipa, 16 * page, p);
	ASSERT_EQ(0, munmap((u8 *)p + page, page));

	start_at(v, g_fault_load, ipa + page);
	vcpu_run(v);
	check_fault(v, g_fault_load, ipa + page + 8, 0, EFAULT);
	EXPECT_EQ(EC_DABT_LOWER, ESR_EC(v->run->esr));
	EXPECT_EQ(ipa + page + 8, v->run->far);
	EXPECT_EQ(ipa + page + 8, v->run->ipa);

	start_at(v, g_fault_store, ipa + page);
	vcpu_run(v);
	check_fault(v, g_fault_store, ipa + page + 24, ARMVCPU_FAULT_WRITE, EFAULT);

	start_at(v, g_fault_jump, ipa + page);
	vcpu_run(v);
	check_fault(v, (void *)(ipa + page), ipa + page, ARMVCPU_FAULT_EXEC, EFAULT);
	EXPECT_EQ(EC_IABT_LOWER, ESR_EC(v->run->esr));
}

TEST(fetch_outside_of_memory_is_a_memory_fault)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);

	start_at(v, g_fault_jump, HOLE_BASE + 0x2340);
	vcpu_run(v);
	check_fault(v, (void *)(HOLE_BASE + 0x2340ULL), HOLE_BASE + 0x2340,
		    ARMVCPU_FAULT_EXEC, ENXIO);
}

static void g_load_there(u64 addr)
{
	u64 esr, far, v = 0;

	esr = GUEST_TRY("ldr %0, [%1]", : "+r"(v) : "r"(addr) : "memory");
	far = read_sysreg(far_el1);
	GUEST_SYNC(esr);
	GUEST_SYNC(far);
}

/* A guest whose third GiB of virtual memory has its tables at @table. */
static struct vcpu *walk_guest(struct vm *vm, u64 table)
{
	struct vcpu *v = vcpu_create(vm, 0);
	u64 *l1 = vm_ram(vm, RAM_BASE);

	l1[3] = table | 3;
	vcpu_start_c(v, g_load_there, (3ULL << 30) + 0x123458);
	return v;
}

TEST(walk_of_memory_that_is_gone_is_a_memory_fault)
{
	struct vm *vm = vm_create(0);
	u64 page = vm->info.page_size;
	void *p = mem_alloc(page);
	struct vcpu *v;

	vm_memory(vm, SLOT_TEST, 0, 0x80000000, page, p);
	ASSERT_EQ(0, mprotect(p, page, PROT_NONE));
	v = walk_guest(vm, 0x80000000);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MEMORY_FAULT);
	EXPECT_EQ(0x80000000ULL, v->run->u.memory_fault.ipa & ~(page - 1));
	EXPECT_EQ(ARMVCPU_FAULT_PTW, v->run->u.memory_fault.flags);
	EXPECT_EQ(EFAULT, v->run->u.memory_fault.error);
	EXPECT_EQ((3ULL << 30) + 0x123458, v->run->far);
}

/* The guest's tables where there is no memory: it is told, nobody else. */
TEST(walk_outside_of_memory_is_an_abort)
{
	struct vcpu *v = walk_guest(vm_create(0), HOLE_BASE);
	u64 esr = vcpu_sync(v);

	EXPECT_EQ(EC_DABT_SAME, ESR_EC(esr));
	EXPECT_EQ(0x14ULL, ESR_FSC(esr) & ~3);	/* external abort on a walk */
	EXPECT_EQ((3ULL << 30) + 0x123458, vcpu_sync(v));
}

/* ---- no exception ------------------------------------------------------------ */

GUEST(g_spin,
	"1: add	x0, x0, #1\n"
	"b	1b");

TEST(immediate_exit_fields)
{
	struct vcpu *v = one_vcpu(0, g_spin);

	v->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run_raw(v));
	EXPECT_EQ(ARMVCPU_EXIT_INTR, v->run->exit_reason);
	EXPECT_EQ((u64)g_spin, v->run->pc);
	EXPECT_EQ(PSTATE_EL1H, v->run->pstate);
	EXPECT_EQ(0ULL, v->run->esr);
	EXPECT_EQ(0ULL, get_x(v, 0));
	/* only looked at, not cleared */
	EXPECT_EQ(1, v->run->immediate_exit);
}

static void on_alarm(int sig)
{
	(void)sig;
}

TEST(signal_fields)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct vcpu *v = one_vcpu(0, g_spin);
	struct itimerspec when = { .it_value = { 0, 50000000 } };
	timer_t timer;

	sigaction(SIGALRM, &sa, NULL);
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, NULL, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &when, NULL));
	EXPECT_EQ(-EINTR, vcpu_run_raw(v));
	EXPECT_EQ(ARMVCPU_EXIT_INTR, v->run->exit_reason);
	EXPECT_EQ((u64)g_spin, v->run->pc & ~4ULL);
	EXPECT_EQ(0ULL, v->run->esr);
	EXPECT_LT(0ULL, get_x(v, 0));
	EXPECT_EQ(v->run->pc, get_pc(v));
}

GUEST(g_aarch32,
	"mov	x0, #0x10\n"		/* AArch32 User mode */
	"msr	spsr_el1, x0\n"
	"adr	x0, 1f\n"
	"msr	elr_el1, x0\n"
	"eret\n"
	"1: .inst	0xeafffffe\n"	/* A32: b . */
	"b	.");

TEST(aarch32_is_an_internal_error_or_illegal)
{
	struct vcpu *v = one_vcpu(0, g_aarch32);
	struct armvcpu_run *run = v->run;

	alarm(20);
	vcpu_run(v);
	if (run->exit_reason == ARMVCPU_EXIT_MMIO) {
		/* the CPU has no AArch32: the ERET is illegal, which EL1 is told */
		EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_SYNC, run->u.mmio.ipa);
		EXPECT_EQ(EC_ILLEGAL, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
		return;
	}
	EXPECT_EXIT(v, ARMVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(ARMVCPU_ERROR_AARCH32, run->u.internal_error.suberror);
	EXPECT_EQ(0, run->u.internal_error.pad);
}

TEST_HARNESS_MAIN
