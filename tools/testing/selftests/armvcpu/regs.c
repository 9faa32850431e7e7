// SPDX-License-Identifier: GPL-2.0-only
/* Registers: what the VMM sets is what the guest has, and the other way. */
#include "testlib.h"

#define CANARY(n)	(0xa5c3000000000000ULL | (u64)(n) << 32 | 0x1234abcdULL * ((n) + 1))

static struct vcpu *fresh(void)
{
	return vcpu_create(vm_create(0), 0);
}

/* ---- a vCPU that nothing has happened to ------------------------------------ */

TEST(fresh_core_registers_are_zero)
{
	struct vcpu *v = fresh();
	struct armvcpu_regs r;
	unsigned int i;

	memset(&r, 0xff, sizeof(r));
	get_regs(v, &r);
	for (i = 0; i < 31; i++)
		EXPECT_EQ(0ULL, r.x[i]);
	EXPECT_EQ(0ULL, r.pc);
	EXPECT_EQ(PSTATE_EL1H, r.pstate);
	EXPECT_EQ(0ULL, r.sp_el0);
	EXPECT_EQ(0ULL, r.sp_el1);
	EXPECT_EQ(0ULL, r.elr_el1);
	EXPECT_EQ(0ULL, r.spsr_el1);
}

TEST(fresh_fp_registers_are_zero)
{
	struct armvcpu_fpregs fp;
	struct vcpu *v = fresh();
	unsigned int i;

	memset(&fp, 0xff, sizeof(fp));
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_GET_FPREGS, &fp));
	for (i = 0; i < 64; i++)
		EXPECT_EQ(0ULL, fp.v[i / 2][i % 2]);
	EXPECT_EQ(0, fp.fpsr);
	EXPECT_EQ(0, fp.fpcr);
}

/* Registers that say what the CPU is: not reset to zero, not to be set. */
static bool is_identity(u32 e)
{
	/* op0 3, CRn 0: ID registers, cache geometry, CTR_EL0; CSSELR_EL1 is state */
	if ((e >> 14) == 3 && (e >> 7 & 15) == 0 && e != SYS_CSSELR_EL1)
		return true;
	return e == SYS(3, 3, 14, 0, 0)		/* CNTFRQ_EL0 */
		|| e == SYS(2, 0, 1, 1, 4)	/* OSLSR_EL1 */
		|| e == SYS(3, 0, 12, 12, 5);	/* ICC_SRE_EL1 */
}

static unsigned int list_sysregs(struct vcpu *v, struct armvcpu_sysreg *regs)
{
	struct armvcpu_sysregs arg = {
		.count = ARMVCPU_MAX_SYSREGS, .entries = (u64)regs,
	};

	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_LIST_SYSREGS, &arg));
	ASSERT_LT(0, arg.count);
	ASSERT_GE(ARMVCPU_MAX_SYSREGS, arg.count);
	return arg.count;
}

static void check_reset(struct vcpu *v)
{
	static struct armvcpu_sysreg regs[ARMVCPU_MAX_SYSREGS];
	unsigned int i, n = list_sysregs(v, regs);

	for (i = 0; i < n; i++) {
		if (is_identity(regs[i].encoding))
			continue;
		if (regs[i].encoding == SYS_SCTLR_EL1) {
			/* MMU, alignment, caches, WXN, big endian: off */
			EXPECT_EQ(0ULL, regs[i].value & (1 | 2 | 4 | 1 << 12 | 1 << 19 |
							 1 << 24 | 1 << 25));
			EXPECT_EQ(0x30d00800ULL, regs[i].value & 0x30d00800);
			continue;
		}
		if (regs[i].value)
			th_fail(__FILE__, __LINE__, false, "register 0x%x is 0x%llx",
				regs[i].encoding, (unsigned long long)regs[i].value);
	}
}

TEST(fresh_system_registers_are_reset)
{
	check_reset(fresh());
}

TEST(fresh_system_registers_are_reset_with_a_gic)
{
	struct vm *vm = vm_create_gic(0, 64, 1);

	check_reset(vcpu_create(vm, 0));
}

TEST(run_page_is_zero_when_created)
{
	struct vcpu *v = fresh();
	u8 *p = (u8 *)v->run;
	unsigned int i;

	for (i = 0; i < v->vm->info.run_size; i++)
		ASSERT_EQ(0, p[i]);
}

/* What a guest finds in registers that nobody has set. */
GUEST(g_v_to_x,
	"mov	x0, #3 << 20\n"
	"msr	cpacr_el1, x0\n"
	"isb\n"
	"mov	x0, #0\n"
	".irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
	"umov	x1, v\\n\\().d[0]\n"
	"orr	x0, x0, x1\n"
	"umov	x1, v\\n\\().d[1]\n"
	"orr	x0, x0, x1\n"
	".endr\n"
	"mrs	x1, fpsr\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, fpcr\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, tpidr_el0\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, tpidrro_el0\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, tpidr_el1\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, sp_el0\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, par_el1\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, contextidr_el1\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, ttbr0_el1\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, ttbr1_el1\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, far_el1\n"
	"orr	x0, x0, x1\n"
	"mrs	x1, mair_el1\n"
	"orr	x0, x0, x1\n"
	"str	x0, [x28]\n"
	"b	.");

TEST(guest_finds_zeros_not_the_hosts_registers)
{
	struct vcpu *v = fresh();

	/* something to leak */
	__asm__ volatile("movi v0.16b, #0x11\n\tmovi v15.16b, #0x22\n\t"
			 "movi v31.16b, #0x33" ::: "v0", "v15", "v31");
	vcpu_start(v, g_v_to_x);
	EXPECT_EQ(0ULL, vcpu_sync(v));
}

/* ---- round trips ------------------------------------------------------------ */

TEST(core_registers_round_trip)
{
	struct vcpu *v = fresh();
	struct armvcpu_regs r, s;
	u64 *p = (u64 *)&r;
	unsigned int i;

	for (i = 0; i < sizeof(r) / 8; i++)
		p[i] = CANARY(i);
	r.pstate = PSTATE_EL1T | PSTATE_NZCV;
	set_regs(v, &r);
	memset(&s, 0, sizeof(s));
	get_regs(v, &s);
	EXPECT_EQ(0, memcmp(&r, &s, sizeof(r)));
}

TEST(fp_registers_round_trip)
{
	struct armvcpu_fpregs r, s;
	struct vcpu *v = fresh();
	unsigned int i;

	memset(&r, 0, sizeof(r));
	for (i = 0; i < 64; i++)
		r.v[i / 2][i % 2] = CANARY(i);
	r.fpsr = 0x0800009f;
	r.fpcr = 0x07c00000;
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_SET_FPREGS, &r));
	memset(&s, 0, sizeof(s));
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_GET_FPREGS, &s));
	EXPECT_EQ(0, memcmp(&r, &s, sizeof(r)));
}

#define X_LIST	"0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, "	\
		"18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30"

/* Each register inverted, then a store through SP, so that all are compared. */
GUEST(g_invert,
	".irp	n, " X_LIST "\n"
	"mvn	x\\n, x\\n\n"
	".endr\n"
	".globl	g_invert_store\n"
	"g_invert_store: str	x0, [sp]\n"
	"b	.");
extern const u32 g_invert_store[];

TEST(guest_has_the_core_registers_that_were_set)
{
	struct vcpu *v = fresh();
	struct armvcpu_regs r, s;
	u64 *p = (u64 *)&r;
	unsigned int i;

	for (i = 0; i < sizeof(r) / 8; i++)
		p[i] = CANARY(i);
	r.pc = (u64)g_invert;
	r.pstate = PSTATE_EL1H | PSTATE_NZCV;
	r.sp_el1 = HOLE_BASE;
	set_regs(v, &r);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ((u64)g_invert_store, v->run->pc);
	EXPECT_EQ((u64)HOLE_BASE, v->run->u.mmio.ipa);
	EXPECT_EQ(~r.x[0], v->run->u.mmio.data);
	get_regs(v, &s);
	for (i = 0; i < 31; i++)
		EXPECT_EQ(~r.x[i], s.x[i]);
	EXPECT_EQ(r.pstate, s.pstate);
	EXPECT_EQ(r.sp_el0, s.sp_el0);
	EXPECT_EQ(r.sp_el1, s.sp_el1);
	EXPECT_EQ(r.elr_el1, s.elr_el1);
	EXPECT_EQ(r.spsr_el1, s.spsr_el1);
}

GUEST(g_invert_v,
	"mov	x0, #3 << 20\n"
	"msr	cpacr_el1, x0\n"
	"isb\n"
	".irp	n, " X_LIST ", 31\n"
	"mvn	v\\n\\().16b, v\\n\\().16b\n"
	".endr\n"
	"mrs	x1, fpsr\n"
	"mrs	x2, fpcr\n"
	"str	x1, [x28]\n"
	"str	x2, [x28]\n"
	"mov	x1, #0x10\n"
	"msr	fpsr, x1\n"
	"mov	x2, #0x400000\n"
	"msr	fpcr, x2\n"
	"str	x0, [x28]\n"
	"b	.");

TEST(guest_has_the_fp_registers_that_were_set)
{
	struct armvcpu_fpregs r, s;
	struct vcpu *v = fresh();
	unsigned int i;

	memset(&r, 0, sizeof(r));
	for (i = 0; i < 64; i++)
		r.v[i / 2][i % 2] = CANARY(i);
	r.fpsr = 0x0800001f;
	r.fpcr = 0x01800000;
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_SET_FPREGS, &r));
	vcpu_start(v, g_invert_v);
	EXPECT_EQ(r.fpsr, vcpu_sync(v));
	EXPECT_EQ(r.fpcr, vcpu_sync(v));
	vcpu_sync(v);
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_GET_FPREGS, &s));
	for (i = 0; i < 64; i++)
		EXPECT_EQ(~r.v[i / 2][i % 2], s.v[i / 2][i % 2]);
	EXPECT_EQ(0x10, s.fpsr);
	EXPECT_EQ(0x400000, s.fpcr);
}

/* name, encoding, a value of bits that every CPU has, another one */
#define SYSREGS(X)								\
	X(cpacr_el1, SYS_CPACR_EL1, 3 << 20, 1 << 20)				\
	X(ttbr0_el1, SYS_TTBR0_EL1, 0x0012000012345000, 0x00ff000076543000)	\
	X(ttbr1_el1, SYS_TTBR1_EL1, 0x00aa000012346000, 0x0055000076540000)	\
	X(tcr_el1, SYS_TCR_EL1, 0x0000000200803519, 0x0000000100993525)		\
	X(esr_el1, SYS_ESR_EL1, 0x96000045, 0x8600000d)				\
	X(far_el1, SYS_FAR_EL1, 0xfeed123456789abc, 0x0123456789abcdef)		\
	X(mair_el1, SYS_MAIR_EL1, 0xff440c0400bb0000, 0x00000000000004ff)	\
	X(vbar_el1, SYS_VBAR_EL1, 0xffff800012345800, 0x0000000076543000)	\
	X(contextidr_el1, SYS_CONTEXTIDR_EL1, 0xdeadbeef, 0x12345678)		\
	X(tpidr_el1, SYS_TPIDR_EL1, CANARY(3), ~CANARY(3))			\
	X(tpidr_el0, SYS_TPIDR_EL0, CANARY(4), ~CANARY(4))			\
	X(tpidrro_el0, SYS_TPIDRRO_EL0, CANARY(5), ~CANARY(5))			\
	X(par_el1, SYS_PAR_EL1, 0xff00000012345b80, 0x0000000000000817)		\
	X(cntkctl_el1, SYS_CNTKCTL_EL1, 3, 1)					\
	X(csselr_el1, SYS_CSSELR_EL1, 2, 1)					\
	X(sp_el0, SYS(3, 0, 4, 1, 0), CANARY(6), ~CANARY(6))			\
	X(cntv_cval_el0, SYS_CNTV_CVAL_EL0, CANARY(7), ~CANARY(7))		\
	X(cntp_cval_el0, SYS(3, 3, 14, 2, 2), CANARY(8), ~CANARY(8))

/* Tell the host what each one is, take what the host says. */
#define X(name, ...)			\
	"mrs	x0, " #name "\n"	\
	"str	x0, [x28]\n"		\
	"ldr	x0, [x26]\n"		\
	"msr	" #name ", x0\n"
GUEST(g_sysregs, SYSREGS(X) "str x0, [x28]\n" "b .");
#undef X

static const struct {
	const char *name;
	u32 encoding;
	u64 a, b;
} sysregs[] = {
#define X(name, encoding, a, b)	{ #name, encoding, a, b },
	SYSREGS(X)
#undef X
};

TEST(guest_has_the_system_registers_that_were_set)
{
	struct vcpu *v = fresh();
	unsigned int i;

	vcpu_start(v, g_sysregs);
	for (i = 0; i < ARRAY_SIZE(sysregs); i++)
		set_sysreg(v, sysregs[i].encoding, sysregs[i].a);
	for (i = 0; i < ARRAY_SIZE(sysregs); i++) {
		u64 seen = vcpu_sync(v);

		if (seen != sysregs[i].a)
			th_fail(__FILE__, __LINE__, false, "guest reads %s 0x%llx, not 0x%llx",
				sysregs[i].name, (unsigned long long)seen,
				(unsigned long long)sysregs[i].a);
		vcpu_run_to_mmio(v);
		v->run->u.mmio.data = sysregs[i].b;
	}
	vcpu_sync(v);
	for (i = 0; i < ARRAY_SIZE(sysregs); i++) {
		u64 seen = get_sysreg(v, sysregs[i].encoding);

		if (seen != sysregs[i].b)
			th_fail(__FILE__, __LINE__, false, "host reads %s 0x%llx, not 0x%llx",
				sysregs[i].name, (unsigned long long)seen,
				(unsigned long long)sysregs[i].b);
	}
}

/* A whole vCPU, in two calls. */
TEST(list_then_set_restores_everything)
{
	static struct armvcpu_sysreg saved[ARMVCPU_MAX_SYSREGS], seen[ARMVCPU_MAX_SYSREGS];
	struct armvcpu_sysregs arg = { .entries = (u64)saved };
	struct vcpu *v = fresh(), *w;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sysregs); i++)
		set_sysreg(v, sysregs[i].encoding, sysregs[i].a);
	arg.count = list_sysregs(v, saved);

	w = fresh();
	ASSERT_EQ(0, ioctl_raw(w->fd, ARMVCPU_SET_SYSREGS, &arg));
	ASSERT_EQ(arg.count, list_sysregs(w, seen));
	for (i = 0; i < arg.count; i++) {
		EXPECT_EQ(saved[i].encoding, seen[i].encoding);
		if (saved[i].value != seen[i].value)
			th_fail(__FILE__, __LINE__, false, "0x%x: 0x%llx was 0x%llx",
				saved[i].encoding, (unsigned long long)seen[i].value,
				(unsigned long long)saved[i].value);
	}
}

TEST(list_names_each_register_once_and_get_agrees)
{
	static struct armvcpu_sysreg list[ARMVCPU_MAX_SYSREGS];
	struct vcpu *v = fresh();
	unsigned int i, j, n = list_sysregs(v, list);

	for (i = 0; i < n; i++) {
		EXPECT_EQ(0, list[i].pad);
		EXPECT_EQ(list[i].value, get_sysreg(v, list[i].encoding));
		for (j = 0; j < i; j++)
			EXPECT_NE(list[i].encoding, list[j].encoding);
	}
	/* and all that this program names is there */
	for (i = 0; i < ARRAY_SIZE(sysregs); i++) {
		for (j = 0; j < n && list[j].encoding != sysregs[i].encoding; j++)
			;
		if (j == n)
			th_fail(__FILE__, __LINE__, false, "%s is not listed", sysregs[i].name);
	}
}

TEST(list_says_how_many_when_there_is_no_room)
{
	static struct armvcpu_sysreg list[ARMVCPU_MAX_SYSREGS];
	struct vcpu *v = fresh();
	unsigned int n = list_sysregs(v, list), i;

	for (i = 0; i < 2; i++) {
		struct armvcpu_sysregs arg = { .count = i ? n - 1 : 0, .entries = (u64)list };

		memset(list, 0x77, sizeof(list));
		EXPECT_EQ(-E2BIG, ioctl_raw(v->fd, ARMVCPU_LIST_SYSREGS, &arg));
		EXPECT_EQ(n, arg.count);
		EXPECT_EQ(0x77777777, list[0].encoding);
	}
}

/* A vector with one wrong entry changes nothing. */
TEST(set_sysregs_is_all_or_nothing)
{
	struct armvcpu_sysreg regs[3] = {
		{ .encoding = SYS_TPIDR_EL0, .value = 1 },
		{ .encoding = SYS_TPIDR_EL1, .value = 2 },
		{ .encoding = SYS(3, 7, 15, 15, 7), .value = 3 },
	};
	struct armvcpu_sysregs arg = { .count = 3, .entries = (u64)regs };
	struct vcpu *v = fresh();

	EXPECT_EQ(-ENOENT, ioctl_raw(v->fd, ARMVCPU_SET_SYSREGS, &arg));
	EXPECT_EQ(0ULL, get_sysreg(v, SYS_TPIDR_EL0));
	regs[2].encoding = SYS_MIDR_EL1;
	EXPECT_EQ(-EINVAL, ioctl_raw(v->fd, ARMVCPU_SET_SYSREGS, &arg));
	EXPECT_EQ(0ULL, get_sysreg(v, SYS_TPIDR_EL0));
	EXPECT_EQ(0ULL, get_sysreg(v, SYS_TPIDR_EL1));
	arg.count = 2;
	EXPECT_EQ(0, ioctl_raw(v->fd, ARMVCPU_SET_SYSREGS, &arg));
	EXPECT_EQ(2ULL, get_sysreg(v, SYS_TPIDR_EL1));
}

TEST(identification_can_be_set_to_what_it_is_only)
{
	static struct armvcpu_sysreg list[ARMVCPU_MAX_SYSREGS];
	struct vcpu *v = fresh();
	unsigned int i, n = list_sysregs(v, list);

	for (i = 0; i < n; i++) {
		u32 e = list[i].encoding;

		if (!is_identity(e))
			continue;
		EXPECT_EQ(0, set_sysreg_raw(v, e, list[i].value));
		EXPECT_EQ(-EINVAL, set_sysreg_raw(v, e, list[i].value ^ 1));
		EXPECT_EQ(-EINVAL, set_sysreg_raw(v, e, ~list[i].value));
		EXPECT_EQ(list[i].value, get_sysreg(v, e));
	}
}

TEST(mpidr_is_what_was_asked_for)
{
	struct vm *vm = vm_create(0);
	struct armvcpu_create_vcpu arg = { .size = sizeof(arg), .id = 3 };
	struct vcpu v = { .vm = vm };

	arg.mpidr = 0x7f00120305ULL;
	v.fd = ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg);
	ASSERT_LE(0, v.fd);
	EXPECT_EQ(0x7f00120305ULL | 1ULL << 31, get_sysreg(&v, SYS_MPIDR_EL1));
}

/* All encodings of 16 bits: a value or ENOENT; what lies above: ENOENT. */
TEST(every_encoding_has_a_defined_answer)
{
	static struct armvcpu_sysreg list[ARMVCPU_MAX_SYSREGS];
	static bool listed[65536];
	struct vcpu *v = fresh();
	unsigned int i, n = list_sysregs(v, list);
	u64 value;
	u32 e;

	for (i = 0; i < n; i++) {
		ASSERT_GT(65536, list[i].encoding);
		listed[list[i].encoding] = true;
	}
	for (e = 0; e < 65536; e++) {
		int ret = get_sysreg_raw(v, e, &value);

		if (ret != -ENOENT && ret != 0)
			th_fail(__FILE__, __LINE__, false, "GET 0x%x: %d", e, ret);
		if (listed[e] && ret)
			th_fail(__FILE__, __LINE__, false, "0x%x is listed, GET: %d", e, ret);
	}
	for (i = 16; i < 32; i++)
		EXPECT_EQ(-ENOENT, get_sysreg_raw(v, SYS_TPIDR_EL0 | 1U << i, &value));
}

/* ---- PSTATE ------------------------------------------------------------------ */

TEST(pstate_modes_exhaustively)
{
	struct vcpu *v = fresh();
	struct armvcpu_regs r, before, after;
	unsigned int m;

	vcpu_start(v, g_invert);
	get_regs(v, &before);
	for (m = 0; m < 32; m++) {
		bool good = m == 0 || m == 4 || m == 5;

		r = before;
		r.x[3] = 99;
		r.pstate = 0x3c0 | m;
		EXPECT_EQ(good ? 0 : -EINVAL, ioctl_raw(v->fd, ARMVCPU_SET_REGS, &r));
		get_regs(v, &after);
		EXPECT_EQ(0, memcmp(good ? &r : &before, &after, sizeof(r)));
		set_regs(v, &before);
	}
}

TEST(pstate_bits_exhaustively)
{
	/* NZCV, DIT, UAO, PAN, SS, IL, SSBS, BTYPE, DAIF: if the guest has them */
	const u64 may = 0xf1f01fc0, must = 0xf0000000 | 0x3c0 | 1 << 20 | 1 << 21;
	struct vcpu *v = fresh();
	struct armvcpu_regs r, before, after;
	unsigned int bit;

	vcpu_start(v, g_invert);
	get_regs(v, &before);
	for (bit = 5; bit < 64; bit++) {
		int ret;

		r = before;
		r.pstate = 5 | 1ULL << bit;
		ret = ioctl_raw(v->fd, ARMVCPU_SET_REGS, &r);
		if (ret && ret != -EINVAL)
			th_fail(__FILE__, __LINE__, false, "bit %u: %d", bit, ret);
		if (!ret && !(may >> bit & 1))
			th_fail(__FILE__, __LINE__, false, "bit %u is taken", bit);
		if (ret && must >> bit & 1)
			th_fail(__FILE__, __LINE__, false, "bit %u is refused", bit);
		get_regs(v, &after);
		EXPECT_EQ(0, memcmp(ret ? &before : &r, &after, sizeof(r)));
		set_regs(v, &before);
	}
}

/* PSTATE.IL, allowed: the guest's first instruction is an illegal state. */
TEST(pstate_il_is_an_exception_of_the_guest)
{
	struct vcpu *v = fresh();
	struct armvcpu_regs r;

	vcpu_start(v, g_invert);
	get_regs(v, &r);
	r.pstate |= 1 << 20;
	set_regs(v, &r);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_SYNC, v->run->u.mmio.ipa);
	EXPECT_EQ(EC_ILLEGAL, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
}

/* SPSR_EL1 is the guest's own affair; an ERET to EL2 is illegal there. */
GUEST(g_eret_el2,
	"adr	x0, 1f\n"
	"msr	elr_el1, x0\n"
	"eret\n"
	"1: str	x0, [x28]\n"
	"b	.");

TEST(eret_to_a_higher_level_is_illegal)
{
	static const u64 modes[] = { 0x3c8, 0x3c9, 0x3cc, 0x3cd, 0x3c1, 0x3c6 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct vcpu *v = fresh();
		struct armvcpu_regs r;

		vcpu_start(v, g_eret_el2);
		get_regs(v, &r);
		r.spsr_el1 = modes[i];
		set_regs(v, &r);
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_SYNC, v->run->u.mmio.ipa);
		EXPECT_EQ(EC_ILLEGAL, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
		EXPECT_EQ(5ULL, v->run->pstate & 15);
	}
}

/* ---- reset ------------------------------------------------------------------- */

TEST(reset_leaves_nothing)
{
	struct armvcpu_fpregs fp;
	struct vcpu *v = fresh();
	struct armvcpu_regs r;
	unsigned int i;

	memset(&fp, 0x5a, sizeof(fp));
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_SET_FPREGS, &fp));
	for (i = 0; i < ARRAY_SIZE(sysregs); i++)
		set_sysreg(v, sysregs[i].encoding, sysregs[i].a);
	set_sysreg(v, SYS_CNTV_CTL_EL0, 1);
	get_regs(v, &r);
	for (i = 0; i < 31; i++)
		r.x[i] = CANARY(i);
	r.sp_el0 = r.sp_el1 = r.elr_el1 = CANARY(40);
	r.spsr_el1 = 0x5;
	r.pstate = PSTATE_NZCV;
	set_regs(v, &r);

	ASSERT_EQ(0, vcpu_reset_raw(v, 0, 0x40001234, CANARY(50)));
	get_regs(v, &r);
	EXPECT_EQ(0x40001234ULL, r.pc);
	EXPECT_EQ(PSTATE_EL1H, r.pstate);
	EXPECT_EQ(CANARY(50), r.x[0]);
	for (i = 1; i < 31; i++)
		EXPECT_EQ(0ULL, r.x[i]);
	EXPECT_EQ(0ULL, r.sp_el0 | r.sp_el1 | r.elr_el1 | r.spsr_el1);
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_GET_FPREGS, &fp));
	for (i = 0; i < 64; i++)
		EXPECT_EQ(0ULL, fp.v[i / 2][i % 2]);
	EXPECT_EQ(0, fp.fpsr | fp.fpcr);
	check_reset(v);
}

/* GET_REGS of a vCPU that runs waits for its RUN to end, and kills nobody. */
GUEST(g_count,
	"1: add	x0, x0, #1\n"
	"tbz	x0, #22, 1b\n"
	"str	x0, [x28]\n"
	"b	.");

static void *run_once(void *v)
{
	vcpu_run(v);
	return NULL;
}

TEST(get_regs_waits_for_run)
{
	struct vcpu *v = fresh();
	struct armvcpu_regs r;

	vcpu_start(v, g_count);
	vcpu_thread(v, run_once);
	/* before it runs: x0 is 0; after: the end. Never in between. */
	do {
		get_regs(v, &r);
	} while (r.x[0] == 0);
	EXPECT_EQ(1ULL << 22, r.x[0]);
	vcpu_join(v);
}

TEST_HARNESS_MAIN
