// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a guest goes on after each kind of exit: handled, run again, with an
 * exception, and when the VMM does something else in between.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "testlib.h"

/*
 * x20 counts the instructions after the one of interest. The guest is at
 * "insn", then stores x20 to PORT_SYNC; what came of x1 can be read.
 */
#define AFTER(name, insn)			\
GUEST(name,					\
	insn "\n"				\
	"add	x20, x20, #1\n"			\
	"str	x20, [x28]\n"			\
	"b	.")

AFTER(g_load,	"ldr x1, [x26, #8]");
AFTER(g_loads,	"ldrsb w1, [x26, #8]");
AFTER(g_store,	"str x1, [x26, #8]");
AFTER(g_pair,	"ldp x1, x2, [x26, #8]");
AFTER(g_mrs,	"mrs x1, S3_3_C9_C13_0");
AFTER(g_msr,	"msr S3_3_C9_C13_0, x1");
AFTER(g_hvc,	"hvc #0");
AFTER(g_smc,	"smc #0");

struct kind {
	const char *name;
	const u32 *entry;
	u32 reason;
	u64 x0;			/* before */
	u64 answer;		/* what the VMM's data is */
	int changes;		/* register that takes it, or -1 */
	u64 result;		/* and what it becomes */
	u32 inject_ec;
};

#define DATA	0xf0f1f2f3f4f5f6f7ULL

static const struct kind kinds[] = {
	{ "load", g_load, ARMVCPU_EXIT_MMIO, 0, DATA, 1, DATA, EC_DABT_SAME },
	{ "signed load", g_loads, ARMVCPU_EXIT_MMIO, 0, DATA, 1, 0xfffffff7, EC_DABT_SAME },
	{ "store", g_store, ARMVCPU_EXIT_MMIO, 0, DATA, -1, 0, EC_DABT_SAME },
	{ "load pair", g_pair, ARMVCPU_EXIT_MMIO_NISV, 0, DATA, -1, 0, EC_DABT_SAME },
	{ "mrs", g_mrs, ARMVCPU_EXIT_SYSREG, 0, DATA, 1, DATA, EC_UNKNOWN },
	{ "msr", g_msr, ARMVCPU_EXIT_SYSREG, 0, DATA, -1, 0, EC_UNKNOWN },
	{ "hvc", g_hvc, ARMVCPU_EXIT_HYPERCALL, HYPERCALL_TEST, DATA, 0, DATA, EC_UNKNOWN },
	{ "smc", g_smc, ARMVCPU_EXIT_SMC, HYPERCALL_TEST, DATA, 0, DATA, EC_UNKNOWN },
	{ "cpu_on", g_hvc, ARMVCPU_EXIT_CPU_ON, PSCI_CPU_ON | PSCI_64, (u64)-2, 0, (u64)-2,
	  EC_UNKNOWN },
};

static void answer(struct vcpu *v, const struct kind *k)
{
	struct armvcpu_run *run = v->run;

	switch (k->reason) {
	case ARMVCPU_EXIT_MMIO:
		run->u.mmio.data = k->answer;
		break;
	case ARMVCPU_EXIT_SYSREG:
		run->u.sysreg.value = k->answer;
		break;
	case ARMVCPU_EXIT_HYPERCALL:
	case ARMVCPU_EXIT_SMC:
		run->u.hypercall.ret[0] = k->answer;
		break;
	case ARMVCPU_EXIT_CPU_ON:
		run->u.psci.ret = k->answer;
		break;
	}
}

/* A vCPU at the exit of @k; @before: its registers there. */
static struct vcpu *to_exit(const struct kind *k, struct armvcpu_regs *before)
{
	struct vm *vm = vm_create(ARMVCPU_VM_SYSREG_EXITS | ARMVCPU_VM_HYPERCALL_EXITS);
	struct vcpu *v = vcpu_create(vm, 0);
	struct armvcpu_regs r;
	unsigned int i;

	vcpu_create_off(vm, 1);
	vcpu_start(v, k->entry);
	get_regs(v, &r);
	for (i = 0; i < 26; i++)
		r.x[i] = 0x1000 + i;
	r.x[0] = k->x0;
	if (k->reason == ARMVCPU_EXIT_CPU_ON) {
		r.x[1] = 1;
		r.x[2] = TEST_BASE;
	}
	r.pstate |= PSTATE_N;
	set_regs(v, &r);
	vcpu_run(v);
	if (v->run->exit_reason != k->reason) {
		TH_LOG("%s", k->name);
		vcpu_unexpected(v);
	}
	EXPECT_EQ((u64)k->entry, v->run->pc);
	get_regs(v, before);
	EXPECT_EQ((u64)k->entry, before->pc);
	EXPECT_EQ(r.pstate, before->pstate);
	for (i = 0; i < 31; i++)
		if (r.x[i] != before->x[i])
			th_fail(__FILE__, __LINE__, false, "%s: x%u changed at the exit",
				k->name, i);
	return v;
}

static void check_regs(const struct kind *k, const struct armvcpu_regs *want,
		       const struct armvcpu_regs *seen)
{
	unsigned int i;

	for (i = 0; i < 31; i++)
		if (want->x[i] != seen->x[i])
			th_fail(__FILE__, __LINE__, false, "%s: x%u is 0x%llx, not 0x%llx",
				k->name, i, seen->x[i], want->x[i]);
	if (want->pc != seen->pc)
		th_fail(__FILE__, __LINE__, false, "%s: pc is 0x%llx, not 0x%llx",
			k->name, seen->pc, want->pc);
	EXPECT_EQ(want->pstate, seen->pstate);
	EXPECT_EQ(want->sp_el0, seen->sp_el0);
	EXPECT_EQ(want->sp_el1, seen->sp_el1);
}

FIXTURE(kind) {
	const struct kind *k;
	struct armvcpu_regs before;
	struct vcpu *v;
};
FIXTURE_VARIANT(kind) {
	unsigned int index;
};
FIXTURE_VARIANT_ADD(kind, load) { 0 };
FIXTURE_VARIANT_ADD(kind, signed_load) { 1 };
FIXTURE_VARIANT_ADD(kind, store) { 2 };
FIXTURE_VARIANT_ADD(kind, load_pair) { 3 };
FIXTURE_VARIANT_ADD(kind, mrs) { 4 };
FIXTURE_VARIANT_ADD(kind, msr) { 5 };
FIXTURE_VARIANT_ADD(kind, hvc) { 6 };
FIXTURE_VARIANT_ADD(kind, smc) { 7 };
FIXTURE_VARIANT_ADD(kind, cpu_on) { 8 };
FIXTURE_SETUP(kind)
{
	self->k = &kinds[variant->index];
	self->v = to_exit(self->k, &self->before);
}
FIXTURE_TEARDOWN(kind)
{
}

/* Handled: the data is taken, the PC is after the instruction, once. */
TEST_F(kind, handled_goes_on_after_it)
{
	struct armvcpu_regs want = self->before, seen;

	answer(self->v, self->k);
	EXPECT_EQ(want.x[20] + 1, vcpu_sync(self->v));
	EXPECT_EQ((u64)self->k->entry + 8, self->v->run->pc);
	want.pc += 8;
	want.x[20]++;
	if (self->k->changes >= 0)
		want.x[self->k->changes] = self->k->result;
	get_regs(self->v, &seen);
	check_regs(self->k, &want, &seen);
}

/* immediate_exit completes and does not enter, however often. */
TEST_F(kind, immediate_exit_completes_once)
{
	struct armvcpu_regs want = self->before, seen;
	unsigned int i;

	want.pc += 4;
	if (self->k->changes >= 0)
		want.x[self->k->changes] = self->k->result;
	answer(self->v, self->k);
	for (i = 0; i < 3; i++) {
		vcpu_complete(self->v);
		EXPECT_EQ(ARMVCPU_EXIT_INTR, self->v->run->exit_reason);
		EXPECT_EQ(want.pc, self->v->run->pc);
		get_regs(self->v, &seen);
		check_regs(self->k, &want, &seen);
		/* data of an exit that is over does not count */
		memset(&self->v->run->u, 0x11, sizeof(self->v->run->u));
	}
	EXPECT_EQ(want.x[20] + 1, vcpu_sync(self->v));
}

/* Retry: the same exit again, nothing changed. */
TEST_F(kind, retry_exits_again)
{
	struct armvcpu_regs seen;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		answer(self->v, self->k);
		self->v->run->answer = ARMVCPU_ANSWER_RETRY;
		vcpu_run(self->v);
		ASSERT_EQ(self->k->reason, self->v->run->exit_reason);
		EXPECT_EQ(ARMVCPU_ANSWER_HANDLED, self->v->run->answer);
		get_regs(self->v, &seen);
		check_regs(self->k, &self->before, &seen);
	}
	answer(self->v, self->k);
	EXPECT_EQ(self->before.x[20] + 1, vcpu_sync(self->v));
}

TEST_F(kind, retry_with_immediate_exit_stays)
{
	struct armvcpu_regs seen;

	answer(self->v, self->k);
	self->v->run->answer = ARMVCPU_ANSWER_RETRY;
	vcpu_complete(self->v);
	get_regs(self->v, &seen);
	check_regs(self->k, &self->before, &seen);
	self->v->run->answer = ARMVCPU_ANSWER_HANDLED;
	vcpu_run(self->v);
	EXPECT_EQ(self->k->reason, self->v->run->exit_reason);
}

/* Inject: the guest takes an exception at the instruction; Rt is as it was. */
TEST_F(kind, inject_takes_an_exception_at_it)
{
	struct armvcpu_run *run = self->v->run;
	struct armvcpu_regs want = self->before, seen;
	u64 esr;

	answer(self->v, self->k);
	run->answer = ARMVCPU_ANSWER_INJECT;
	vcpu_complete(self->v);
	get_regs(self->v, &seen);
	EXPECT_EQ((u64)self->k->entry, seen.elr_el1);
	EXPECT_EQ(want.pstate, seen.spsr_el1);
	want.pc = (u64)guest_vectors_plain + 0x80 * VECTOR_SYNC;
	want.pstate = PSTATE_EL1H;
	/* NZCV, PAN and SSBS are what the architecture makes of them */
	EXPECT_EQ(PSTATE_EL1H, seen.pstate & 0x3ef);
	EXPECT_EQ(0ULL, seen.pstate & (1 << 20));
	want.pstate = seen.pstate;
	check_regs(self->k, &want, &seen);

	esr = get_sysreg(self->v, SYS_ESR_EL1);
	EXPECT_EQ(self->k->inject_ec, ESR_EC(esr));
	EXPECT_TRUE(esr & 1 << 25);		/* IL */
	if (self->k->inject_ec == EC_DABT_SAME) {
		EXPECT_EQ(FSC_SEA, ESR_FSC(esr));
		EXPECT_EQ(HOLE_BASE + 8ULL, get_sysreg(self->v, SYS_FAR_EL1));
	} else {
		EXPECT_EQ(0ULL, esr & 0x1ffffff);
	}

	/* and it runs there */
	vcpu_run(self->v);
	EXPECT_EXIT(self->v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_SYNC, run->u.mmio.ipa);
	EXPECT_EQ(self->before.x[20], get_x(self->v, 20));
}

/* SET_REGS takes the exit's completion away: what it says is what is. */
TEST_F(kind, set_regs_cancels)
{
	struct armvcpu_regs want = self->before, seen;

	want.x[1] = 0xabcd;
	want.x[0] = 0xef01;
	want.pc = (u64)self->k->entry + 8;
	want.x[20] = 77;
	answer(self->v, self->k);
	set_regs(self->v, &want);
	vcpu_complete(self->v);
	get_regs(self->v, &seen);
	check_regs(self->k, &want, &seen);
	EXPECT_EQ(77ULL, vcpu_sync(self->v));
}

/* Set to what they are: the instruction runs again, whatever the answer. */
TEST_F(kind, set_regs_to_the_same_runs_it_again)
{
	set_regs(self->v, &self->before);
	answer(self->v, self->k);
	self->v->run->answer = ARMVCPU_ANSWER_INJECT;
	vcpu_run(self->v);
	EXPECT_EQ(self->k->reason, self->v->run->exit_reason);
	EXPECT_EQ((u64)self->k->entry, self->v->run->pc);
}

/* GET calls and SET of other registers leave it alone. */
TEST_F(kind, other_calls_do_not_cancel)
{
	static struct armvcpu_fpregs fp;

	ASSERT_EQ(0, ioctl_raw(self->v->fd, ARMVCPU_GET_FPREGS, &fp));
	ASSERT_EQ(0, ioctl_raw(self->v->fd, ARMVCPU_SET_FPREGS, &fp));
	set_sysreg(self->v, SYS_TPIDR_EL0, 0x1234);
	EXPECT_EQ((u64)self->k->entry, get_pc(self->v));
	answer(self->v, self->k);
	EXPECT_EQ(self->before.x[20] + 1, vcpu_sync(self->v));
	if (self->k->changes >= 0)
		EXPECT_EQ(self->k->result, get_x(self->v, self->k->changes));
}

GUEST(g_fresh,
	"str	x0, [x28]\n"
	"b	.");

/* The first instruction after a reset is the entry, with nothing pending. */
TEST_F(kind, reset_cancels)
{
	struct armvcpu_regs seen;
	unsigned int i;

	answer(self->v, self->k);
	ASSERT_EQ(0, vcpu_reset_raw(self->v, 0, (u64)g_fresh, 0x5eed));
	vcpu_complete(self->v);
	get_regs(self->v, &seen);
	EXPECT_EQ((u64)g_fresh, seen.pc);
	EXPECT_EQ(PSTATE_EL1H, seen.pstate);
	EXPECT_EQ(0x5eedULL, seen.x[0]);
	for (i = 1; i < 31; i++)
		EXPECT_EQ(0ULL, seen.x[i]);
}

TEST_F(kind, unknown_answer_is_refused)
{
	struct armvcpu_regs seen;

	answer(self->v, self->k);
	self->v->run->answer = 3;
	EXPECT_EQ(-EINVAL, vcpu_run_raw(self->v));
	self->v->run->answer = 255;
	EXPECT_EQ(-EINVAL, vcpu_run_raw(self->v));
	get_regs(self->v, &seen);
	check_regs(self->k, &self->before, &seen);

	/* and the exit still waits */
	self->v->run->answer = ARMVCPU_ANSWER_HANDLED;
	answer(self->v, self->k);
	EXPECT_EQ(self->before.x[20] + 1, vcpu_sync(self->v));
}

/* ---- others ------------------------------------------------------------------ */

/* A memory fault has nothing to hand over: handled and retry both run it again. */
TEST(memory_fault_handled_is_retry)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = vm->info.page_size, *p = mem_alloc(page);
	struct armvcpu_regs r;
	unsigned int i;

	vm_memory(vm, SLOT_TEST, 0, 0x80000000, page, p);
	ASSERT_EQ(0, mprotect(p, page, PROT_NONE));
	vcpu_start(v, g_load);
	get_regs(v, &r);
	r.x[26] = 0x80000000;
	set_regs(v, &r);
	for (i = 0; i < 4; i++) {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MEMORY_FAULT);
		EXPECT_EQ((u64)g_load, v->run->pc);
		v->run->answer = i & 1 ? ARMVCPU_ANSWER_RETRY : ARMVCPU_ANSWER_HANDLED;
	}
	ASSERT_EQ(0, mprotect(p, page, PROT_READ | PROT_WRITE));
	p[1] = 0x600dULL;
	EXPECT_EQ(1ULL, vcpu_sync(v));
	EXPECT_EQ(0x600dULL, get_x(v, 1));
}

TEST(memory_fault_inject_is_an_abort)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = vm->info.page_size;
	void *p = mem_alloc(page);
	struct armvcpu_regs r;

	vm_memory(vm, SLOT_TEST, 0, 0x80000000, page, p);
	ASSERT_EQ(0, mprotect(p, page, PROT_NONE));
	vcpu_start(v, g_load);
	get_regs(v, &r);
	r.x[26] = 0x80000000;
	set_regs(v, &r);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MEMORY_FAULT);
	v->run->answer = ARMVCPU_ANSWER_INJECT;
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_SYNC, v->run->u.mmio.ipa);
	EXPECT_EQ(EC_DABT_SAME, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
	EXPECT_EQ(0x80000008ULL, get_sysreg(v, SYS_FAR_EL1));
	get_regs(v, &r);
	EXPECT_EQ((u64)g_load, r.elr_el1);
}

TEST(fetch_fault_inject_is_an_instruction_abort)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	struct armvcpu_regs r;

	vcpu_start(v, (const u32 *)(HOLE_BASE + 0x40ULL));
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MEMORY_FAULT);
	EXPECT_EQ(ARMVCPU_FAULT_EXEC, v->run->u.memory_fault.flags);
	v->run->answer = ARMVCPU_ANSWER_INJECT;
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_SYNC, v->run->u.mmio.ipa);
	EXPECT_EQ(EC_IABT_SAME, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
	get_regs(v, &r);
	EXPECT_EQ(HOLE_BASE + 0x40ULL, r.elr_el1);
}

/* An exception of EL0 goes to the vector for lower levels, with their EC. */
GUEST(g_el0,
	"ldr	x1, [x26, #8]\n"
	"b	.");

TEST(inject_from_el0_is_from_a_lower_level)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	struct armvcpu_regs r;

	vcpu_start(v, g_el0);
	get_regs(v, &r);
	r.pstate = 0;		/* EL0t, nothing masked */
	set_regs(v, &r);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(0ULL, v->run->pstate & 15);
	v->run->answer = ARMVCPU_ANSWER_INJECT;
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_LOWER, v->run->u.mmio.ipa);
	EXPECT_EQ(EC_DABT_LOWER, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
	get_regs(v, &r);
	EXPECT_EQ((u64)g_el0, r.elr_el1);
	EXPECT_EQ(0ULL, r.spsr_el1 & 15);
	EXPECT_EQ(5ULL, r.pstate & 15);
}

TEST(inject_with_sp_el0_uses_the_first_vectors)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	struct armvcpu_regs r;

	vcpu_start(v, g_el0);
	get_regs(v, &r);
	r.pstate = PSTATE_EL1T;
	set_regs(v, &r);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	v->run->answer = ARMVCPU_ANSWER_INJECT;
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ((u64)PORT_VECTOR, v->run->u.mmio.ipa);
	EXPECT_EQ(EC_DABT_SAME, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
}

/* Calls that the kernel answers: no exit, PC after them, once each. */
GUEST(g_kernel_calls,
	"mov	x20, #0\n"
	"movz	x0, #0x8400, lsl #16\n"
	"hvc	#0\n"
	"add	x20, x20, #1\n"
	"mov	x21, x0\n"
	"movz	x0, #0x8400, lsl #16\n"
	"smc	#0\n"
	"add	x20, x20, #1\n"
	"cmp	x0, x21\n"
	"b.ne	.\n"
	"str	x20, [x28]\n"
	"b	.");

TEST(calls_answered_by_the_kernel_go_on_after_them)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);

	vcpu_start(v, g_kernel_calls);
	EXPECT_EQ(2ULL, vcpu_sync(v));
}

/*
 * The first WFI sleeps until the timer fires, which stays pending and masked and
 * ends the second one at once: the PC passes each once, and WFE.
 */
static void g_wait(u64 arg)
{
	(void)arg;
	gic_dist_init();
	gic_cpu_init();
	gic_enable(INTID_VTIMER);
	write_sysreg(cntv_cval_el0, guest_counter() + guest_ticks(20000));
	write_sysreg(cntv_ctl_el0, 1);
	isb();
	__asm__ volatile("mov x20, #0\n\t"
			 "wfi\n\t"
			 "add x20, x20, #1\n\t"
			 "wfi\n\t"
			 "add x20, x20, #1\n\t"
			 "wfe\n\t"
			 "add x20, x20, #1\n\t"
			 "wfe\n\t"
			 "add x20, x20, #1\n\t"
			 "str x20, [%0]" :: "r"((u64)PORT_SYNC) : "x20", "memory");
}

TEST(wfi_and_wfe_are_passed_once)
{
	struct vm *vm = vm_create_gic(0, 64, 1);
	struct vcpu *v = vcpu_create(vm, 0);

	vcpu_start_c(v, g_wait, 0);
	EXPECT_EQ(4ULL, vcpu_sync(v));
}

/* An MMIO exit is open while the vCPU is switched on by PSCI of another one. */
static void *run_once(void *arg)
{
	struct vcpu *v = arg;

	vcpu_run(v);
	return NULL;
}

TEST(cpu_on_starts_at_its_entry)
{
	struct vm *vm = vm_create(ARMVCPU_VM_PSCI_IN_KERNEL);
	struct vcpu *v0 = vcpu_create(vm, 0), *v1 = vcpu_create(vm, 1);
	struct armvcpu_regs r;

	/* vCPU 1 leaves an MMIO exit open, and is then off */
	vcpu_start(v1, g_load);
	vcpu_run(v1);
	EXPECT_EXIT(v1, ARMVCPU_EXIT_MMIO);
	ASSERT_EQ(0, vcpu_reset_raw(v1, ARMVCPU_VCPU_POWERED_OFF, 0, 0));
	v1->run->u.mmio.data = DATA;
	vcpu_thread(v1, run_once);

	vcpu_start(v0, g_hvc);
	get_regs(v0, &r);
	r.x[0] = PSCI_CPU_ON | PSCI_64;
	r.x[1] = 1;
	r.x[2] = (u64)g_fresh;
	r.x[3] = PORT_SYNC;
	set_regs(v0, &r);
	vcpu_run_to(v0, PORT_SYNC);
	EXPECT_EQ((u64)PSCI_SUCCESS, get_x(v0, 0));

	/* g_fresh stores through x28, which is 0 after CPU_ON: an exit there */
	vcpu_join(v1);
	EXPECT_EQ((u64)g_fresh, v1->run->pc);
	EXPECT_EXIT(v1, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(0ULL, v1->run->u.mmio.ipa);
	EXPECT_EQ((u64)PORT_SYNC, v1->run->u.mmio.data);
}

TEST_HARNESS_MAIN
