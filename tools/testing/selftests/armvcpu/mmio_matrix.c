// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and stores outside of memory: each width, sign, register width and
 * register, the instructions that have no syndrome, and the edges of pages.
 */
#include "testlib.h"

#define CANARY(n)	(0xc0de000000000000ULL | (u64)(n) << 32 | 0x5a5a0000U | (n))

struct access {
	const char *name;
	u32 insn;		/* with Rt and Rn zero */
	u8 len;
	bool write, sign, reg64;
};

/* A guest whose code the host writes; MMU off. */
static struct vcpu *code_guest(struct vm **vm)
{
	*vm = vm_create(0);
	return vcpu_create(*vm, 0);
}

static u32 *put_code(struct vm *vm, u64 ipa, const u32 *code, unsigned int n)
{
	u32 *p = vm_ram(vm, ipa);

	memcpy(p, code, n * sizeof(*code));
	__builtin___clear_cache((char *)p, (char *)(p + n));
	return p;
}

static void fill_regs(struct armvcpu_regs *r, u64 pc, unsigned int base, u64 addr)
{
	unsigned int i;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < 31; i++)
		r->x[i] = CANARY(i);
	r->x[base] = addr;
	r->pc = pc;
	r->pstate = PSTATE_EL1H;
	r->sp_el0 = CANARY(40);
	r->sp_el1 = CANARY(41) & ~15ULL;
}

static u64 extended(const struct access *a, u64 data)
{
	unsigned int bits = a->len * 8;

	if (bits < 64)
		data &= (1ULL << bits) - 1;
	if (a->sign && data >> (bits - 1))
		data |= ~0ULL << (bits - 1);
	return a->reg64 ? data : (u32)data;
}

static const u64 patterns[] = {
	0x8182838485868788, 0x0102030405060708, 0xffffffffffffffff, 0,
	0x7f7f7f7f7f7f7f7f, 0x80008000800080,
};

/* Rt at the MMIO, then its 64 bits in a second store. */
static void check_access(const struct access *a)
{
	struct armvcpu_regs r, want;
	struct vcpu *v;
	struct vm *vm;
	unsigned int rt, i, p;
	u32 code[32][4];

	v = code_guest(&vm);
	for (rt = 0; rt < 32; rt++) {
		unsigned int base = rt ? 0 : 1;

		code[rt][0] = a->insn | base << 5 | rt;
		code[rt][1] = 0xf9000000 | 2 << 10 | base << 5 | rt;	/* str xt, [base, #16] */
		code[rt][2] = 0x14000000;				/* b . */
		code[rt][3] = 0x14000000;
	}
	put_code(vm, TEST_BASE, code[0], ARRAY_SIZE(code) * 4);

	for (rt = 0; rt < 32; rt++) {
		struct armvcpu_run *run = v->run;
		unsigned int base = rt ? 0 : 1;

		for (p = 0; p < ARRAY_SIZE(patterns); p++) {
			u64 reg;

			fill_regs(&r, TEST_BASE + 16 * rt, base, HOLE_BASE + 8 * p);
			if (a->write && rt < 31)
				r.x[rt] = patterns[p];
			want = r;
			set_regs(v, &r);
			vcpu_run(v);
			EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
			ASSERT_EQ(HOLE_BASE + 8ULL * p, run->u.mmio.ipa);
			ASSERT_EQ(a->len, run->u.mmio.len);
			ASSERT_EQ((a->write ? ARMVCPU_MMIO_WRITE : 0) |
				  (a->sign ? ARMVCPU_MMIO_SIGNED : 0) |
				  (a->reg64 ? ARMVCPU_MMIO_REG64 : 0), run->u.mmio.flags);
			ASSERT_EQ(rt, run->u.mmio.reg);
			ASSERT_EQ((u64)TEST_BASE + 16 * rt, run->pc);

			reg = rt < 31 ? r.x[rt] : 0;
			if (a->write) {
				u64 mask = a->len < 8 ? (1ULL << a->len * 8) - 1 : ~0ULL;

				ASSERT_EQ(reg & mask, run->u.mmio.data);
			} else {
				/* what is above the width must not count */
				run->u.mmio.data = patterns[p];
				reg = rt < 31 ? extended(a, patterns[p]) : 0;
			}
			if (p & 1)
				vcpu_complete(v);
			vcpu_run(v);
			EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
			ASSERT_EQ((u64)TEST_BASE + 16 * rt + 4, run->pc);
			ASSERT_EQ(reg, run->u.mmio.data);

			if (rt < 31)
				want.x[rt] = reg;
			want.pc += 4;
			get_regs(v, &r);
			for (i = 0; i < 31; i++)
				if (want.x[i] != r.x[i])
					FAIL("%s rt %u pattern %u: x%u is 0x%llx, not 0x%llx",
					     a->name, rt, p, i, r.x[i], want.x[i]);
			ASSERT_EQ(want.pc, r.pc);
			ASSERT_EQ(want.sp_el0, r.sp_el0);
			ASSERT_EQ(want.sp_el1, r.sp_el1);
		}
	}
}

#define ACCESS(id, insn, len, write, sign, reg64)				\
TEST(id)									\
{										\
	static const struct access a = { #id, insn, len, write, sign, reg64 };	\
										\
	check_access(&a);							\
}

ACCESS(ldrb_w,	0x39400000, 1, false, false, false)
ACCESS(ldrh_w,	0x79400000, 2, false, false, false)
ACCESS(ldr_w,	0xb9400000, 4, false, false, false)
ACCESS(ldr_x,	0xf9400000, 8, false, false, true)
ACCESS(ldrsb_w,	0x39c00000, 1, false, true, false)
ACCESS(ldrsb_x,	0x39800000, 1, false, true, true)
ACCESS(ldrsh_w,	0x79c00000, 2, false, true, false)
ACCESS(ldrsh_x,	0x79800000, 2, false, true, true)
ACCESS(ldrsw_x,	0xb9800000, 4, false, true, true)
ACCESS(strb_w,	0x39000000, 1, true, false, false)
ACCESS(strh_w,	0x79000000, 2, true, false, false)
ACCESS(str_w,	0xb9000000, 4, true, false, false)
ACCESS(str_x,	0xf9000000, 8, true, false, true)

/* Forms of address that keep the syndrome. */
TEST(other_forms_with_a_syndrome)
{
	static const struct {
		u32 insn;
		u8 len, flags;
		int offset;
	} forms[] = {
		{ 0xb8404003, 4, 0, 4 },					/* ldur w3, [x0, #4] */
		{ 0xf81f8003, 8, ARMVCPU_MMIO_WRITE | ARMVCPU_MMIO_REG64, -8 },	/* stur x3, [x0, #-8] */
		{ 0xb8616803, 4, 0, 0x40 },					/* ldr w3, [x0, x1] */
		{ 0xf8217803, 8, ARMVCPU_MMIO_WRITE | ARMVCPU_MMIO_REG64, 0x200 }, /* str x3, [x0, x1, lsl #3] */
		{ 0xb8404803, 4, 0, 4 },					/* ldtr w3, [x0, #4] */
		{ 0x38000803, 1, ARMVCPU_MMIO_WRITE, 0 },			/* sttrb w3, [x0] */
		{ 0x08dffc03, 1, ARMVCPU_MMIO_ACQREL, 0 },			/* ldarb w3, [x0] */
		{ 0x48dffc03, 2, ARMVCPU_MMIO_ACQREL, 0 },			/* ldarh w3, [x0] */
		{ 0x889ffc03, 4, ARMVCPU_MMIO_WRITE | ARMVCPU_MMIO_ACQREL, 0 },	/* stlr w3, [x0] */
		{ 0xc89ffc03, 8, ARMVCPU_MMIO_WRITE | ARMVCPU_MMIO_ACQREL |
				 ARMVCPU_MMIO_REG64, 0 },			/* stlr x3, [x0] */
	};
	struct armvcpu_regs r;
	struct vm *vm;
	struct vcpu *v = code_guest(&vm);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		u32 code[2] = { forms[i].insn, 0x14000000 };

		put_code(vm, TEST_BASE + 16 * i, code, 2);
	}
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		struct armvcpu_run *run = v->run;

		fill_regs(&r, TEST_BASE + 16 * i, 0, HOLE_BASE + 0x100);
		r.x[1] = 0x40;
		r.x[3] = 0x1122334455667788;
		set_regs(v, &r);
		vcpu_run(v);
		if (run->exit_reason != ARMVCPU_EXIT_MMIO)
			TH_LOG("form %u", i);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		EXPECT_EQ(HOLE_BASE + 0x100 + forms[i].offset, run->u.mmio.ipa);
		EXPECT_EQ(forms[i].len, run->u.mmio.len);
		EXPECT_EQ(forms[i].flags, run->u.mmio.flags);
		EXPECT_EQ(3, run->u.mmio.reg);
		if (!(forms[i].flags & ARMVCPU_MMIO_WRITE))
			run->u.mmio.data = 0xf1f2f3f4f5f6f7f8;
		vcpu_complete(v);
		get_regs(v, &r);
		EXPECT_EQ((u64)TEST_BASE + 16 * i + 4, r.pc);
		EXPECT_EQ(HOLE_BASE + 0x100ULL, r.x[0]);
	}
}

/* ---- no syndrome ------------------------------------------------------------ */

struct nisv {
	const char *name;
	u32 insn;		/* at [x0]; uses x1, x2, v0 to v3 */
	bool write;
	bool either;		/* the architecture leaves open whether it is a write */
};

static const struct nisv nisv[] = {
	{ "ldp w1, w2, [x0]",		0x29400801 },
	{ "ldp x1, x2, [x0]",		0xa9400801 },
	{ "ldpsw x1, x2, [x0]",		0x69400801 },
	{ "ldnp x1, x2, [x0]",		0xa8400801 },
	{ "stp w1, w2, [x0]",		0x29000801, true },
	{ "stp x1, x2, [x0]",		0xa9000801, true },
	{ "stnp x1, x2, [x0]",		0xa8000801, true },
	{ "ldr x1, [x0], #8",		0xf8408401 },
	{ "ldr w1, [x0, #0]!",		0xb8400c01 },
	{ "ldrsb x1, [x0], #1",		0x38801401 },
	{ "str x1, [x0], #8",		0xf8008401, true },
	{ "strb w1, [x0], #1",		0x38001401, true },
	{ "ldr q0, [x0]",		0x3dc00000 },
	{ "ldr d0, [x0]",		0xfd400000 },
	{ "str q0, [x0]",		0x3d800000, true },
	{ "str s0, [x0]",		0xbd000000, true },
	{ "ldp q0, q1, [x0]",		0xad400400 },
	{ "ld1 {v0.16b}, [x0]",		0x4c407000 },
	{ "ld4 {v0.4s-v3.4s}, [x0]",	0x4c400800 },
	{ "st1 {v0.16b}, [x0]",		0x4c007000, true },
	{ "ldxr w1, [x0]",		0x885f7c01, .either = true },
	{ "ldadd w1, w2, [x0]",		0xb8210002, .either = true },
	{ "swpal x1, x2, [x0]",		0xf8e18002, .either = true },
	{ "cas x1, x2, [x0]",		0xc8a17c02, .either = true },
};

static void *lse_missing(void)
{
	u64 isar0 = read_sysreg(id_aa64isar0_el1);

	return (isar0 >> 20 & 15) < 2 ? (void *)1 : NULL;
}

static void run_nisv(struct vm *vm, struct vcpu *v, const struct nisv *n, u64 addr)
{
	u32 code[2] = { n->insn, 0x14000000 };
	struct armvcpu_regs r;

	put_code(vm, TEST_BASE, code, 2);
	fill_regs(&r, TEST_BASE, 0, addr);
	set_regs(v, &r);
	vcpu_run(v);
}

static bool is_lse(const struct nisv *n)
{
	return (n->insn & 0x3b200c00) == 0x38200000 || (n->insn & 0x3fa07c00) == 0x08a07c00;
}

TEST(instructions_without_syndrome_exit_so)
{
	struct vm *vm;
	struct vcpu *v = code_guest(&vm);
	struct armvcpu_run *run = v->run;
	struct armvcpu_regs r;
	unsigned int i, j;

	set_sysreg(v, SYS_CPACR_EL1, 3 << 20);
	for (i = 0; i < ARRAY_SIZE(nisv); i++) {
		const struct nisv *n = &nisv[i];

		if (is_lse(n) && lse_missing())
			continue;
		run_nisv(vm, v, n, HOLE_BASE + 0x80);
		if (run->exit_reason != ARMVCPU_EXIT_MMIO_NISV) {
			TH_LOG("%s", n->name);
			vcpu_unexpected(v);
		}
		EXPECT_EQ(HOLE_BASE + 0x80ULL, run->u.mmio.ipa);
		EXPECT_EQ(0, run->u.mmio.len);
		EXPECT_EQ(0ULL, run->u.mmio.data);
		if (!n->either && run->u.mmio.flags != (n->write ? ARMVCPU_MMIO_WRITE : 0))
			th_fail(__FILE__, __LINE__, false, "%s: flags %u", n->name,
				run->u.mmio.flags);
		EXPECT_EQ((u64)TEST_BASE, run->pc);
		/* nothing happened to the registers, write-back included */
		get_regs(v, &r);
		EXPECT_EQ((u64)TEST_BASE, r.pc);
		EXPECT_EQ(HOLE_BASE + 0x80ULL, r.x[0]);
		for (j = 1; j < 31; j++)
			EXPECT_EQ(CANARY(j), r.x[j]);
	}
}

TEST(without_syndrome_retry_exits_again)
{
	struct vm *vm;
	struct vcpu *v = code_guest(&vm);
	unsigned int i;

	run_nisv(vm, v, &nisv[1], HOLE_BASE);
	for (i = 0; i < 3; i++) {
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO_NISV);
		EXPECT_EQ((u64)TEST_BASE, v->run->pc);
		v->run->answer = ARMVCPU_ANSWER_RETRY;
		vcpu_run(v);
	}
}

/* HANDLED: the VMM did it all, registers included; the guest goes on after it. */
TEST(without_syndrome_handled_skips)
{
	struct vm *vm;
	struct vcpu *v = code_guest(&vm);
	struct armvcpu_regs r;
	unsigned int j;

	run_nisv(vm, v, &nisv[1], HOLE_BASE);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO_NISV);
	memset(&v->run->u, 0x77, sizeof(v->run->u));
	v->run->answer = ARMVCPU_ANSWER_HANDLED;
	vcpu_complete(v);
	get_regs(v, &r);
	EXPECT_EQ((u64)TEST_BASE + 4, r.pc);
	for (j = 1; j < 31; j++)
		EXPECT_EQ(CANARY(j), r.x[j]);
}

TEST(without_syndrome_inject_aborts)
{
	struct vm *vm;
	struct vcpu *v = code_guest(&vm);
	struct armvcpu_regs r;

	set_sysreg(v, SYS_VBAR_EL1, (u64)guest_vectors_plain);
	run_nisv(vm, v, &nisv[1], HOLE_BASE + 0x48);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO_NISV);
	v->run->answer = ARMVCPU_ANSWER_INJECT;
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_SYNC, v->run->u.mmio.ipa);
	EXPECT_EQ(EC_DABT_SAME, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
	EXPECT_EQ(HOLE_BASE + 0x48ULL, get_sysreg(v, SYS_FAR_EL1));
	get_regs(v, &r);
	EXPECT_EQ((u64)TEST_BASE, r.elr_el1);
}

#define NORMAL_HOLE	0x80000000ULL	/* stage 1 says normal memory; no slot there */

static void g_zva(u64 addr)
{
	u64 dczid = read_sysreg(dczid_el0);

	GUEST_SYNC(dczid);
	__asm__ volatile("dc zva, %0" :: "r"(addr) : "memory");
	GUEST_SYNC(1);
}

TEST(dc_zva_has_no_syndrome)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);

	vcpu_start_c(v, g_zva, NORMAL_HOLE + 0x1000);
	if (vcpu_sync(v) & 16)
		SKIP(return, "DC ZVA is prohibited");
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO_NISV);
	EXPECT_EQ(NORMAL_HOLE + 0x1000, v->run->u.mmio.ipa);
	EXPECT_EQ(ARMVCPU_MMIO_WRITE, v->run->u.mmio.flags);
	EXPECT_EQ(1ULL, vcpu_sync(v));
}

static void g_cache_ops(u64 addr)
{
	__asm__ volatile("dc civac, %0\n\tdc cvac, %0\n\tdc ivac, %0\n\t"
			 "dc cvau, %0\n\tic ivau, %0\n\tdsb sy\n\tisb"
			 :: "r"(addr) : "memory");
	GUEST_SYNC(1);
}

/* Cache maintenance may be skipped or refused, but is never a store. */
static void check_cache_ops(struct vm *vm, u64 addr)
{
	struct vcpu *v = vcpu_create(vm, 0);
	unsigned int i;

	vcpu_start_c(v, g_cache_ops, addr);
	for (i = 0; i < 20; i++) {
		struct armvcpu_run *run = v->run;

		vcpu_run(v);
		if (run->exit_reason == ARMVCPU_EXIT_MMIO &&
		    run->u.mmio.ipa == PORT_SYNC)
			return;
		if (run->exit_reason == ARMVCPU_EXIT_MMIO)
			vcpu_unexpected(v);
	}
	FAIL("the guest does not get on");
}

TEST(cache_maintenance_outside_of_memory)
{
	check_cache_ops(vm_create(0), NORMAL_HOLE);
}

TEST(cache_maintenance_of_read_only_memory)
{
	struct vm *vm = vm_create(0);
	u64 page = vm->info.page_size;
	u8 *p = mem_alloc(page);
	u64 i;

	memset(p, 0x3c, page);
	vm_memory(vm, SLOT_TEST, ARMVCPU_MEM_READONLY, NORMAL_HOLE, page, p);
	check_cache_ops(vm, NORMAL_HOLE);
	for (i = 0; i < page; i++)
		ASSERT_EQ(0x3c, p[i]);
}

/* ---- edges of pages ---------------------------------------------------------- */

static volatile u64 edge_value;

static void g_edge_load(u64 addr)
{
	edge_value = read64(addr);
	GUEST_SYNC(edge_value);
}

static void g_edge_store(u64 addr)
{
	write64(addr, 0x1122334455667788);
	GUEST_SYNC(0);
}

TEST(last_bytes_of_a_page)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 addr = NORMAL_HOLE + 0xff8;

	vcpu_start_c(v, g_edge_load, addr);
	vcpu_run_to_mmio(v);
	EXPECT_EQ(addr, v->run->u.mmio.ipa);
	EXPECT_EQ(8, v->run->u.mmio.len);
	v->run->u.mmio.data = 0x8899aabbccddeeff;
	EXPECT_EQ(0x8899aabbccddeeffULL, vcpu_sync(v));
}

/* What reaches into a second page is for the VMM to take apart. */
TEST(access_from_a_hole_into_memory)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = vm->info.page_size;
	struct armvcpu_run *run = v->run;
	u8 *p = mem_alloc(page);
	unsigned int i;

	vm_memory(vm, SLOT_TEST, 0, NORMAL_HOLE + page, page, p);
	memset(p, 0x5a, page);
	for (i = 1; i < 8; i++) {
		u64 addr = NORMAL_HOLE + page - i;

		vcpu_start_c(v, g_edge_load, addr);
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO_NISV);
		EXPECT_EQ(addr, run->u.mmio.ipa);
		EXPECT_EQ(0, run->u.mmio.flags);
		vcpu_sync(v);

		vcpu_start_c(v, g_edge_store, addr);
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO_NISV);
		EXPECT_EQ(addr, run->u.mmio.ipa);
		EXPECT_EQ(ARMVCPU_MMIO_WRITE, run->u.mmio.flags);
		vcpu_sync(v);
		EXPECT_EQ(0x5a, p[0]);
		EXPECT_EQ(0x5a, p[7]);
	}
}

/* The other way round the fault is in the second page: some exit that says so. */
TEST(access_from_memory_into_a_hole)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = vm->info.page_size;
	u8 *p = mem_alloc(page);
	unsigned int i;

	vm_memory(vm, SLOT_TEST, 0, NORMAL_HOLE, page, p);
	for (i = 1; i < 8; i++) {
		u64 addr = NORMAL_HOLE + page - i;
		struct armvcpu_run *run = v->run;

		vcpu_start_c(v, g_edge_load, addr);
		vcpu_run(v);
		if (run->exit_reason != ARMVCPU_EXIT_MMIO &&
		    run->exit_reason != ARMVCPU_EXIT_MMIO_NISV)
			vcpu_unexpected(v);
		EXPECT_LE(addr, run->u.mmio.ipa);
		EXPECT_GT(addr + 8, run->u.mmio.ipa);
		EXPECT_EQ(0, run->u.mmio.flags & ARMVCPU_MMIO_WRITE);
		EXPECT_EQ(run->pc, get_pc(v));
	}
}

TEST_HARNESS_MAIN
