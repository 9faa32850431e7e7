// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a VHE host a vCPU's registers stay on the CPU between its exits, and a few
 * exits are answered by the vector: nobody may be able to tell. Threads move, others
 * run in between, the VMM looks and writes, CPUs go. On other hosts this holds, too.
 */
#define _GNU_SOURCE
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "testlib.h"


static void need_two_cpus(void)
{
	if (cpu_count() < 2)
		SKIP(return, "one CPU");
}

/* ---- a value of its own for each register ----------------------------------------- */

/*
 * X(number, register, encoding for GET_SYSREGS or 0, bits that hold anything, bits
 * that are set): the value is that of the seed, rotated by the number. Not here are
 * AFSR<n>_EL1 and AMAIR_EL1, which hold nothing on most CPUs.
 */
#define REGS(X)									\
	X(1, sctlr_el1, SYS_SCTLR_EL1, 0x5054210, 0x30d00800)			\
	X(2, tcr_el1, SYS_TCR_EL1, 0x77ffffffbf, 0)				\
	X(3, cpacr_el1, SYS_CPACR_EL1, 0x300000, 0)				\
	X(4, ttbr0_el1, SYS_TTBR0_EL1, 0xffff0000fffff000, 0)			\
	X(5, ttbr1_el1, SYS_TTBR1_EL1, 0xffff0000fffff000, 0)			\
	X(6, spsr_el1, 0, 0xf00003c5, 0)					\
	X(7, elr_el1, 0, 0xffffffffffffffff, 0)					\
	X(8, esr_el1, SYS_ESR_EL1, 0xffffffff, 0)				\
	X(9, far_el1, SYS_FAR_EL1, 0xffffffffffffffff, 0)			\
	X(10, mair_el1, SYS_MAIR_EL1, 0xffffffffffffffff, 0)			\
	X(11, vbar_el1, SYS_VBAR_EL1, 0xfffffffff800, 0)			\
	X(12, contextidr_el1, SYS_CONTEXTIDR_EL1, 0xffffffff, 0)		\
	X(13, cntkctl_el1, SYS_CNTKCTL_EL1, 0x3ff, 0)				\
	X(14, tpidr_el1, SYS_TPIDR_EL1, 0xffffffffffffffff, 0)			\
	X(15, tpidr_el0, SYS_TPIDR_EL0, 0xffffffffffffffff, 0)			\
	X(16, tpidrro_el0, SYS_TPIDRRO_EL0, 0xffffffffffffffff, 0)		\
	X(17, par_el1, SYS_PAR_EL1, 0xfffffffff000, 0)				\
	X(18, sp_el0, 0, 0xfffffffffffffff0, 0)					\
	X(19, cntv_cval_el0, SYS_CNTV_CVAL_EL0, 0xffffffffffffff, 0)

#define SP_EL1_ROTATE	20

struct reg {
	const char *name;
	unsigned int rotate;
	u32 encoding;
	u64 mask, set;
};

static const struct reg regs[] = {
#define X(n, name, enc, mask, set)	{ #name, n, enc, mask##ULL, set##ULL },
	REGS(X)
#undef X
};

static u64 ror(u64 v, unsigned int n)
{
	return v >> n | v << (64 - n);
}

static u64 reg_value(const struct reg *r, u64 seed)
{
	return (ror(seed, r->rotate) & r->mask) | r->set;
}

#define FACTOR	0x9e3779b97f4a7c15ULL

static u64 next_seed(u64 seed)
{
	return seed * FACTOR + FACTOR;
}

/*
 * x19 seed, x23 FACTOR, x20 how long to spin, x21 the last count, x18 number of the
 * vCPU, x17 not 0: begin with a look. In turns: all registers written, a store to
 * PORT_SYNC of the seed; all registers looked at, a store to PORT_DONE of the count.
 * A store to PORT_LOG: x25 is the number of the first that is wrong.
 */
#define PORT_CHECKED	PORT_DONE

#define X(n, name, enc, mask, set)	"set_reg	" #n ", " #name ", " #mask ", " #set "\n"
#define SET_REGS_ASM	REGS(X)
#define Y(n, name, enc, mask, set)	"check_reg	" #n ", " #name ", " #mask ", " #set "\n"
#define CHECK_REGS_ASM	REGS(Y)

GUEST(g_regs,
	".macro	value n, mask, set\n"
	"ror	x24, x19, #\\n\n"
	"ldr	x22, =\\mask\n"
	"and	x24, x24, x22\n"
	"ldr	x22, =\\set\n"
	"orr	x24, x24, x22\n"
	".endm\n"
	".macro	set_reg n, reg, mask, set\n"
	"value	\\n, \\mask, \\set\n"
	"msr	\\reg, x24\n"
	".endm\n"
	".macro	check_reg n, reg, mask, set\n"
	"value	\\n, \\mask, \\set\n"
	"mov	x25, #\\n\n"
	"mrs	x22, \\reg\n"
	"cmp	x22, x24\n"
	"b.ne	9f\n"
	".endm\n"
	"1:	cbnz	x17, 4f\n"
	"madd	x19, x19, x23, x23\n"
	SET_REGS_ASM
	"ror	x24, x19, #20\n"
	"mov	sp, x24\n"
	"isb\n"
	"mrs	x21, cntvct_el0\n"
	"str	x19, [x28]\n"
	"4:	mov	x17, #0\n"
	"mov	x24, x20\n"
	"2:	cbz	x24, 3f\n"
	"sub	x24, x24, #1\n"
	"b	2b\n"
	"3:	isb\n"
	CHECK_REGS_ASM
	"mov	x25, #20\n"
	"ror	x24, x19, #20\n"
	"mov	x22, sp\n"
	"cmp	x22, x24\n"
	"b.ne	9f\n"
	"mov	x25, #21\n"
	"mrs	x22, mpidr_el1\n"
	"and	x22, x22, #0xff\n"
	"cmp	x22, x18\n"
	"b.ne	9f\n"
	"mov	x25, #22\n"
	"isb\n"
	"mrs	x22, cntvct_el0\n"
	"cmp	x22, x21\n"
	"b.lo	9f\n"
	"str	x22, [x28, #8]\n"
	"b	1b\n"
	"9:	str	x25, [x28, #0x18]\n"
	"b	.\n"
	".ltorg");
#undef X
#undef Y

struct canary {
	struct vcpu *v;
	u64 seed;
	u64 begin;		/* the host's count when the VM was not there yet */
	bool is_set;
};

static void canary_start(struct canary *c, struct vm *vm, u32 id, u64 seed)
{
	struct armvcpu_regs r;

	*c = (struct canary){ .v = vcpu_create(vm, id), .seed = seed };
	vcpu_start(c->v, g_regs);
	get_regs(c->v, &r);
	r.x[18] = id;
	r.x[19] = seed;
	r.x[20] = 0;
	r.x[23] = FACTOR;
	set_regs(c->v, &r);
}

static void canary_new(struct canary *c, u64 seed)
{
	u64 begin = guest_counter();

	canary_start(c, vm_create(0), 0, seed);
	c->begin = begin;
}

/* Half a round: all is set, or it is looked at. */
static void canary_step(struct canary *c)
{
	struct armvcpu_run *run = c->v->run;

	vcpu_run(c->v);
	EXPECT_EXIT(c->v, ARMVCPU_EXIT_MMIO);
	if (run->u.mmio.ipa == PORT_LOG) {
		u64 n = run->u.mmio.data;

		FAIL("%s of the guest changed", n - 1 < ARRAY_SIZE(regs) ? regs[n - 1].name :
		     n == 20 ? "sp_el1" : n == 21 ? "mpidr_el1" : "the counter");
	}
	if (c->is_set) {
		ASSERT_EQ((u64)PORT_CHECKED, run->u.mmio.ipa);
		if (c->begin)
			ASSERT_GE(guest_counter() - c->begin, run->u.mmio.data);
	} else {
		ASSERT_EQ((u64)PORT_SYNC, run->u.mmio.ipa);
		c->seed = next_seed(c->seed);
		ASSERT_EQ(c->seed, run->u.mmio.data);
	}
	c->is_set = !c->is_set;
}

/* What the VMM sees of it. */
static void canary_look(struct canary *c)
{
	struct armvcpu_regs r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		if (!regs[i].encoding)
			continue;
		if (get_sysreg(c->v, regs[i].encoding) != reg_value(&regs[i], c->seed))
			FAIL("the VMM sees another %s", regs[i].name);
	}
	get_regs(c->v, &r);
	ASSERT_EQ(c->seed, r.x[19]);
	ASSERT_EQ(ror(c->seed, SP_EL1_ROTATE), r.sp_el1);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		u64 want = reg_value(&regs[i], c->seed);

		if (!strcmp(regs[i].name, "elr_el1"))
			ASSERT_EQ(want, r.elr_el1);
		if (!strcmp(regs[i].name, "spsr_el1"))
			ASSERT_EQ(want, r.spsr_el1);
		if (!strcmp(regs[i].name, "sp_el0"))
			ASSERT_EQ(want, r.sp_el0);
	}
}

/* After an exit with all of it set: as if the guest had set it by another seed. */
static void canary_change(struct canary *c, u64 seed)
{
	struct armvcpu_regs r;
	unsigned int i;

	get_regs(c->v, &r);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		u64 value = reg_value(&regs[i], seed);

		if (regs[i].encoding)
			set_sysreg(c->v, regs[i].encoding, value);
		if (!strcmp(regs[i].name, "elr_el1"))
			r.elr_el1 = value;
		if (!strcmp(regs[i].name, "spsr_el1"))
			r.spsr_el1 = value;
		if (!strcmp(regs[i].name, "sp_el0"))
			r.sp_el0 = value;
	}
	r.sp_el1 = ror(seed, SP_EL1_ROTATE);
	r.x[19] = seed;
	r.x[17] = 1;
	r.pc = (u64)g_regs;
	set_regs(c->v, &r);
	c->seed = seed;
}

#define SEED_A	0x5a5a5a5aa9b12345ULL
#define SEED_B	0xa5a5a5a554e77321ULL

/* Written on one CPU, looked at on the other one, or on the same. */
TEST(moved_between_runs)
{
	struct canary c;
	unsigned int i;

	need_two_cpus();
	canary_new(&c, SEED_A);
	for (i = 0; i < 300; i++) {
		ASSERT_EQ(0, pin_cpu(i / 2 % 2 ^ (i % 5 == 0)));
		canary_step(&c);
	}
}

static volatile bool stop;

static void *hopper(void *arg)
{
	struct vcpu *v = arg;
	unsigned int i;

	for (i = 0; !stop; i++) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(i & 1, &set);
		sched_setaffinity(v->tid, sizeof(set), &set);
		usleep(500);
	}
	return NULL;
}

static void *canary_thread(void *arg)
{
	struct vcpu *v = arg;
	struct canary *c = v->arg;
	unsigned int i;

	for (i = 0; i < 400; i++)
		canary_step(c);
	return NULL;
}

TEST(moved_while_the_guest_runs)
{
	struct armvcpu_regs r;
	struct canary c;
	pthread_t t;

	need_two_cpus();
	canary_new(&c, SEED_A);
	get_regs(c.v, &r);
	r.x[20] = 300000;
	set_regs(c.v, &r);
	c.v->arg = &c;
	vcpu_thread(c.v, canary_thread);
	ASSERT_EQ(0, pthread_create(&t, NULL, hopper, c.v));
	vcpu_join(c.v);
	stop = true;
	pthread_join(t, NULL);
}

/* Two VMs of two vCPUs, in any order, on any CPU. */
static void interleave(unsigned int cpus)
{
	u64 seed = 88172645463325252ULL, begin = guest_counter();
	struct vm *vm[2];
	struct canary c[4];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		vm[i] = vm_create(0);
		/* so that their counters differ */
		usleep(30000);
	}
	for (i = 0; i < 4; i++) {
		canary_start(&c[i], vm[i / 2], i % 2, SEED_A + i * SEED_B);
		c[i].begin = i / 2 ? 0 : begin;
	}
	for (i = 0; i < 1000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		ASSERT_EQ(0, pin_cpu((seed >> 20) % cpus));
		canary_step(&c[seed >> 30 & 3]);
	}
}

TEST(others_run_in_between_on_one_cpu)
{
	interleave(1);
}

TEST(others_run_in_between_on_two_cpus)
{
	need_two_cpus();
	interleave(2);
}

/* ---- the VMM looks, and writes -------------------------------------------------------- */

/* Another thread, on CPU @n. */
struct elsewhere {
	void (*fn)(struct canary *c);
	struct canary *c;
	int cpu;
};

static void *elsewhere_main(void *arg)
{
	struct elsewhere *e = arg;

	ASSERT_EQ(0, pin_cpu(e->cpu));
	e->fn(e->c);
	return NULL;
}

static void elsewhere(int cpu, void (*fn)(struct canary *c), struct canary *c)
{
	struct elsewhere e = { fn, c, cpu };
	pthread_t t;

	ASSERT_EQ(0, pthread_create(&t, NULL, elsewhere_main, &e));
	ASSERT_EQ(0, pthread_join(t, NULL));
}

TEST(registers_after_an_exit_are_what_the_guest_wrote)
{
	struct canary c;
	unsigned int i;

	need_two_cpus();
	canary_new(&c, SEED_A);
	ASSERT_EQ(0, pin_cpu(0));
	for (i = 0; i < 40; i++) {
		canary_step(&c);
		elsewhere(i & 1, canary_look, &c);
		canary_step(&c);
		canary_look(&c);
	}
}

static void change(struct canary *c)
{
	canary_change(c, c->seed ^ SEED_B);
}

TEST(registers_set_after_an_exit_are_what_the_guest_sees)
{
	struct canary c;
	unsigned int i;

	need_two_cpus();
	canary_new(&c, SEED_A);
	for (i = 0; i < 40; i++) {
		ASSERT_EQ(0, pin_cpu(i / 4 & 1));
		canary_step(&c);
		elsewhere(i & 1, change, &c);
		ASSERT_EQ(0, pin_cpu(i / 2 & 1));
		canary_step(&c);
	}
}

/* Its own vectors are known to the CPU only. */
GUEST(g_own_vectors,
	"b	2f\n"
	".balign	2048\n"
	"1:\n"
	".rept	16\n"
	".balign	128\n"
	"str	x19, [x28, #0x400]\n"
	"b	.\n"
	".endr\n"
	"2:	adr	x0, 1b\n"
	"msr	vbar_el1, x0\n"
	"mov	x0, #0x120000\n"
	"msr	far_el1, x0\n"
	"isb\n"
	"adr	x20, 3f\n"
	"3:	ldr	x1, [x26, #8]\n"
	"b	2b");

TEST(injected_after_the_thread_has_moved)
{
	unsigned int i;

	need_two_cpus();
	for (i = 0; i < 8; i++) {
		struct vcpu *v = vcpu_create(vm_create(0), 0);
		struct armvcpu_regs r;
		struct canary other;

		canary_new(&other, SEED_B);
		vcpu_start(v, g_own_vectors);
		ASSERT_EQ(0, pin_cpu(0));
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		ASSERT_EQ(HOLE_BASE + 8ULL, v->run->u.mmio.ipa);
		if (i & 1)
			canary_step(&other);
		if (i & 2)
			ASSERT_EQ(0, pin_cpu(1));
		if (i & 4)
			canary_step(&other);
		v->run->answer = ARMVCPU_ANSWER_INJECT;
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		EXPECT_EQ(PORT_BASE + 0x400ULL, v->run->u.mmio.ipa);
		EXPECT_EQ(EC_DABT_SAME, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
		EXPECT_EQ(HOLE_BASE + 8ULL, get_sysreg(v, SYS_FAR_EL1));
		get_regs(v, &r);
		EXPECT_EQ(r.x[20], r.elr_el1);
	}
}

/* A reset vCPU is like one that has never run, to the VMM and to itself. */
GUEST(g_after_reset,
	"mrs	x0, sctlr_el1\n"
	"str	x0, [x28]\n"
	"mrs	x0, ttbr1_el1\n"
	"str	x0, [x28]\n"
	"mrs	x0, contextidr_el1\n"
	"str	x0, [x28]\n"
	"mrs	x0, tpidr_el0\n"
	"str	x0, [x28]\n"
	"mrs	x0, cntv_ctl_el0\n"
	"str	x0, [x28]");

TEST(reset_right_after_an_exit)
{
	static const u32 seen[] = {
		SYS_SCTLR_EL1, SYS_TTBR1_EL1, SYS_CONTEXTIDR_EL1, SYS_TPIDR_EL0,
		SYS_CNTV_CTL_EL0,
	};
	struct vm *vm = vm_create(0);
	struct vcpu *fresh = vcpu_create(vm, 1);
	struct armvcpu_regs r;
	struct canary c;
	unsigned int i, round;

	need_two_cpus();
	for (round = 0; round < 4; round++) {
		if (!round)
			canary_start(&c, vm, 0, SEED_A);
		else
			vcpu_start(c.v, g_regs);
		get_regs(c.v, &r);
		r.x[19] = c.seed;
		r.x[23] = FACTOR;
		set_regs(c.v, &r);
		set_sysreg(c.v, SYS_CNTV_CTL_EL0, 3);
		c.is_set = false;
		ASSERT_EQ(0, pin_cpu(0));
		canary_step(&c);
		ASSERT_EQ(0, pin_cpu(round & 1));
		ASSERT_EQ(0, vcpu_reset_raw(c.v, 0, (u64)g_after_reset, PORT_BASE));
		for (i = 0; i < ARRAY_SIZE(regs); i++)
			if (regs[i].encoding && get_sysreg(c.v, regs[i].encoding) !=
						get_sysreg(fresh, regs[i].encoding))
				FAIL("%s is not as out of reset", regs[i].name);
		get_regs(c.v, &r);
		EXPECT_EQ(0ULL, r.sp_el1 | r.elr_el1 | r.spsr_el1);
		r.x[28] = PORT_BASE;
		if (round & 2)
			ASSERT_EQ(0, pin_cpu(~round & 1));
		set_regs(c.v, &r);
		for (i = 0; i < ARRAY_SIZE(seen); i++)
			EXPECT_EQ(get_sysreg(fresh, seen[i]), vcpu_sync(c.v));
	}
}

/* ---- timer and GIC ---------------------------------------------------------------------- */

static volatile u32 fired;
static volatile u64 spins;

static void g_tick(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	if (intid == INTID_VTIMER) {
		GUEST_ASSERT(guest_counter() >= read_sysreg(cntv_cval_el0));
		write_sysreg(cntv_ctl_el0, 0);
		isb();
		fired++;
	}
	gic_eoi(intid);
}

/* Arms its timer for @us later, tells, and then wants to see it. */
static void g_timer(u64 us)
{
	u32 n;

	guest_irq_handler = g_tick;
	gic_dist_init();
	gic_cpu_init();
	gic_enable(INTID_VTIMER);
	irq_enable();
	for (n = 1;; n++) {
		u64 end;

		write_sysreg(cntv_cval_el0, guest_counter() + guest_ticks(us));
		write_sysreg(cntv_ctl_el0, 1);
		isb();
		GUEST_SYNC(n);
		spins = 0;
		end = guest_counter() + guest_ticks(20000000);
		while (fired < n) {
			spins++;
			GUEST_ASSERT(guest_counter() < end);
		}
		GUEST_ASSERT_EQ(n, fired);
		GUEST_SYNC(spins);
	}
}

/*
 * @us: when the timer fires; the guest is out for twice that if @out. In between the
 * thread moves, or another vCPU with a timer runs, or both.
 */
static void timer_rounds(u64 us, bool out)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, 64, 1), 0);
	struct vcpu *w = vcpu_create(vm_create_gic(0, 64, 1), 0);
	unsigned int i;

	need_two_cpus();
	vcpu_start_c(v, g_timer, us);
	vcpu_start_c(w, g_timer, 1000);
	for (i = 0; i < 32; i++) {
		s64 before;
		u64 n;

		ASSERT_EQ(0, pin_cpu(i & 1));
		before = interrupt_count("armvcpu vtimer");
		ASSERT_EQ(i + 1ULL, vcpu_sync(v));
		if (i & 2)
			ASSERT_EQ(0, pin_cpu(~i & 1));
		if (out && !(i & 16))
			usleep(2 * us);
		if (i & 4) {
			vcpu_sync(w);
			vcpu_sync(w);
		}
		if (i & 8)
			ASSERT_EQ(0, pin_cpu(~i & 1));
		if (out && i & 16)
			usleep(2 * us);
		if (before >= 0)
			EXPECT_GE(20LL, interrupt_count("armvcpu vtimer") - before);
		n = vcpu_sync(v);
		if (out && n > 1000)
			FAIL("round %u: a timer that has expired fires %llu looks later", i,
			     (unsigned long long)n);
	}
}

TEST(timer_fires_where_the_thread_is)
{
	timer_rounds(3000, false);
}

TEST(timer_that_expired_meanwhile_fires_at_once)
{
	timer_rounds(3000, true);
}

/* What is left on a CPU by a vCPU that does not come back. */
TEST(expired_timer_of_a_vcpu_that_has_left)
{
	struct vcpu *v, *w;
	unsigned int i;

	need_two_cpus();
	for (i = 0; i < 4; i++) {
		v = vcpu_create(vm_create_gic(0, 64, 1), 0);
		w = vcpu_create(vm_create_gic(0, 64, 1), 0);
		vcpu_start_c(v, g_timer, 2000);
		vcpu_start_c(w, g_timer, 2000);
		ASSERT_EQ(0, pin_cpu(0));
		vcpu_sync(v);
		usleep(6000);
		ASSERT_EQ(0, pin_cpu(1));
		vcpu_sync(v);
		if (i & 1) {
			vcpu_sync(v);
			usleep(6000);
			vcpu_close(v);
		}
		ASSERT_EQ(0, pin_cpu(i / 2));
		vcpu_sync(w);
		vcpu_sync(w);
		ASSERT_EQ(0, pin_cpu(~(i / 2) & 1));
		vcpu_sync(w);
		vcpu_sync(w);
	}
}

/* x20: ticks until it fires */
GUEST(g_expired,
	"1:	mrs	x0, cntvct_el0\n"
	"add	x0, x0, x20\n"
	"msr	cntv_cval_el0, x0\n"
	"mov	x0, #1\n"
	"msr	cntv_ctl_el0, x0\n"
	"isb\n"
	"str	x0, [x28]\n"
	"b	1b");

static void out_with_expired_timer(struct vm *vm, u64 us)
{
	struct vcpu *v = vcpu_create(vm, 0);
	struct armvcpu_regs r;
	s64 before, after;
	unsigned int i;

	vcpu_start(v, g_expired);
	get_regs(v, &r);
	r.x[20] = vm->info.timer_freq / 1000000 * us;
	set_regs(v, &r);
	ASSERT_EQ(0, pin_cpu(0));
	vcpu_sync(v);
	before = interrupt_count("armvcpu vtimer");
	if (before < 0)
		SKIP(return, "nothing about the timer in /proc/interrupts");
	for (i = 0; i < 20; i++) {
		usleep(5000);
		vcpu_sync(v);
	}
	after = interrupt_count("armvcpu vtimer");
	TH_LOG("%lld interrupts", (long long)(after - before));
	EXPECT_GE(100LL, after - before);
}

TEST(expired_timer_is_no_storm_outside_of_the_guest)
{
	out_with_expired_timer(vm_create_gic(0, 64, 1), 0);
	out_with_expired_timer(vm_create(0), 0);
	/* in the guest, or when it is out */
	out_with_expired_timer(vm_create_gic(0, 64, 1), 2000);
	out_with_expired_timer(vm_create(0), 2000);
}

/* An interrupt in the middle of its handling, and the CPU interface as the guest set it. */
static void g_interface(u64 arg)
{
	u32 n;

	(void)arg;
	gic_dist_init();
	gic_cpu_init();
	for (n = 0; n < 40; n++) {
		u8 pmr = 0xf0 - (n & 3) * 0x10, bpr = 3 + (n & 1);
		u32 intid = n & 7;

		gic_mask(pmr);
		gic_group_bits(bpr);
		gic_eoi_mode(n & 1);
		if (guest_gic == ARMVCPU_GIC_V3)
			write_sysreg(ICC_IGRPEN0_EL1, n & 1);
		isb();
		gic_priority(intid, 0x40 + (n & 3) * 0x20);
		gic_sgi(intid, 1);
		g_expect(intid);
		GUEST_SYNC(n);
		GUEST_ASSERT_EQ(0x40 + (n & 3) * 0x20, gic_running());
		GUEST_ASSERT_EQ(pmr, gic_get_mask());
		GUEST_ASSERT_EQ(bpr, gic_get_group_bits());
		GUEST_ASSERT_EQ(n & 1, gic_is_eoi_mode());
		if (guest_gic == ARMVCPU_GIC_V3) {
			GUEST_ASSERT_EQ(n & 1, read_sysreg(ICC_IGRPEN0_EL1));
			GUEST_ASSERT_EQ(1, read_sysreg(ICC_IGRPEN1_EL1));
		}
		gic_eoi(intid);
		if (n & 1)
			gic_dir(intid);
		GUEST_ASSERT_EQ(0xff, gic_running());
	}
}

TEST(interrupt_is_active_over_a_move)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, 64, 1), 0);
	struct vcpu *w = vcpu_create(vm_create_gic(0, 64, 1), 0);
	unsigned int i;

	need_two_cpus();
	vcpu_start_c(v, g_interface, 0);
	vcpu_start_c(w, g_interface, 0);
	for (i = 0; i < 40; i++) {
		ASSERT_EQ(0, pin_cpu(i & 1));
		ASSERT_EQ((u64)i, vcpu_sync(v));
		if (i & 2)
			ASSERT_EQ(0, pin_cpu(~i & 1));
		if (i >= 20 && i & 4)
			vcpu_sync(w);
	}
	vcpu_finish(v);
}

/* Asleep, the thread is moved; its own timer wakes it there. */
static void g_sleeper(u64 arg)
{
	u32 n;

	(void)arg;
	guest_irq_handler = g_tick;
	gic_dist_init();
	gic_cpu_init();
	gic_enable(INTID_VTIMER);
	for (n = 1; n <= 10; n++) {
		u64 cval = guest_counter() + guest_ticks(60000);

		write_sysreg(cntv_cval_el0, cval);
		write_sysreg(cntv_ctl_el0, 1);
		isb();
		while (fired < n) {
			wfi();
			irq_enable();
			isb();
			irq_disable();
		}
		GUEST_ASSERT(guest_counter() >= cval);
	}
}

TEST(asleep_and_moved)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, 64, 1), 0);
	unsigned int i;

	need_two_cpus();
	vcpu_start_c(v, g_sleeper, 0);
	vcpu_thread(v, NULL);
	for (i = 0; vm_var(v->vm, fired) < 9 && i < 200; i++) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(i & 1, &set);
		sched_setaffinity(v->tid, sizeof(set), &set);
		usleep(50000);
	}
	vcpu_join(v);
	EXPECT_EQ(10, vm_var(v->vm, fired));
}

/* ---- vCPUs and CPUs that go ---------------------------------------------------------------- */

/* Its memory may be that of the next one. */
TEST(closed_while_another_cpu_has_the_registers)
{
	struct canary other;
	unsigned int i;

	need_two_cpus();
	canary_new(&other, SEED_B);
	for (i = 0; i < 40; i++) {
		struct canary c;
		struct vm *vm;

		canary_new(&c, SEED_A + i);
		vm = c.v->vm;
		ASSERT_EQ(0, pin_cpu(1));
		canary_step(&c);
		ASSERT_EQ(0, pin_cpu(0));
		vcpu_close(c.v);
		vm_close(vm);
		if (i & 1) {
			ASSERT_EQ(0, pin_cpu(1));
			canary_step(&other);
			ASSERT_EQ(0, pin_cpu(0));
		}
		if (i & 2)
			continue;
		/* the one that takes its place begins with its own */
		canary_new(&c, SEED_A - i);
		vm = c.v->vm;
		ASSERT_EQ(0, pin_cpu(1));
		canary_change(&c, SEED_B + i);
		c.is_set = true;
		c.begin = 0;
		canary_step(&c);
		ASSERT_EQ(0, pin_cpu(i & 4 ? 0 : 1));
		vcpu_close(c.v);
		vm_close(vm);
	}
}

static void offline_rounds(void)
{
	struct canary c, other;
	unsigned int i;

	canary_new(&other, SEED_B);
	for (i = 0; i < 6; i++) {
		int ret;

		canary_new(&c, SEED_A + i);
		ASSERT_EQ(0, pin_cpu(1));
		canary_step(&c);
		ASSERT_EQ(0, pin_cpu(0));
		ret = set_online(false);
		if (ret)
			SKIP(return, "cannot switch CPU 1 off: %s", strerror(-ret));
		if (i & 1)
			canary_look(&c);
		if (i == 4)
			vcpu_close(c.v);
		else
			canary_step(&c);
		ASSERT_EQ(0, set_online(true));
		ASSERT_EQ(0, pin_cpu(1));
		canary_step(&other);
		if (i != 4)
			canary_step(&c);
	}
}

TEST(cpu_goes_offline_with_the_registers)
{
	with_hotplug(offline_rounds);
}

/* ---- byte order ------------------------------------------------------------------------------ */

/*
 * SCTLR_EL1.EE is set and cleared where writes of SCTLR_EL1 no longer trap: the caches
 * have been on. The MMU is off then, so that no walk minds it.
 */
static void g_byte_order(u64 arg)
{
	u64 sctlr = read_sysreg(sctlr_el1), off = sctlr & ~5ULL, v = 0;

	(void)arg;
	__asm__ volatile(
		"msr	sctlr_el1, %[off]\n"
		"isb\n"
		"str	%w[data], [%[hole]]\n"
		"msr	sctlr_el1, %[big]\n"
		"isb\n"
		"str	%w[data], [%[hole], #8]\n"
		"ldr	%w[v], [%[hole], #16]\n"
		"msr	sctlr_el1, %[off]\n"
		"isb\n"
		"str	%w[data], [%[hole], #24]\n"
		"msr	sctlr_el1, %[on]\n"
		"isb\n"
		: [v] "+r"(v)
		: [off] "r"(off), [big] "r"(off | 1 << 25), [on] "r"(sctlr),
		  [data] "r"(0x11223344ULL), [hole] "r"((u64)HOLE_BASE)
		: "memory");
	GUEST_ASSERT_EQ(0x55667788, v);
}

TEST(byte_order_switched_without_a_trap)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	static const u32 data[] = { 0x11223344, 0x44332211, 0, 0x11223344 };
	unsigned int i, round;

	for (round = 0; round < 4; round++) {
		vcpu_start_c(v, g_byte_order, 0);
		for (i = 0; i < ARRAY_SIZE(data); i++) {
			ASSERT_EQ(0, pin_cpu(cpu_count() > 1 ? (round ^ i) & 1 : 0));
			vcpu_run_to_mmio(v);
			ASSERT_EQ(HOLE_BASE + 8ULL * i, v->run->u.mmio.ipa);
			ASSERT_EQ(4, v->run->u.mmio.len);
			if (v->run->u.mmio.flags & ARMVCPU_MMIO_WRITE)
				EXPECT_EQ(data[i], (u32)v->run->u.mmio.data);
			else
				v->run->u.mmio.data = 0x88776655;
		}
		vcpu_finish(v);
	}
}

/* ---- answers of the vector --------------------------------------------------------------------- */

#define TRACEFS		"/sys/kernel/tracing"
#define TRACE_EXIT	TRACEFS "/events/armvcpu/armvcpu_exit/enable"

/* With the tracepoint on all exits take the long way. False: there is none. */
static bool long_way(bool on)
{
	static bool mounted;

	if (!mounted)
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	mounted = true;
	return !write_file(TRACE_EXIT, on ? "1" : "0");
}

/* Something in each register, and flags. */
static void fill_regs(struct vcpu *v, struct armvcpu_regs *r, u64 pc, u64 seed)
{
	unsigned int i;

	get_regs(v, r);
	for (i = 0; i < 31; i++)
		r->x[i] = next_seed(seed + i);
	r->pc = pc;
	r->pstate = PSTATE_EL1H | (seed << 28 & PSTATE_NZCV);
	r->sp_el0 = seed;
	r->sp_el1 = ~seed;
	r->elr_el1 = seed + 3;
	r->spsr_el1 = PSTATE_EL0T | PSTATE_N;
}

static void check_regs(struct vcpu *v, const struct armvcpu_regs *want, const char *what, u64 n)
{
	struct armvcpu_regs seen;
	unsigned int i;

	get_regs(v, &seen);
	for (i = 0; i < 31; i++)
		if (want->x[i] != seen.x[i])
			FAIL("%s 0x%llx: x%u is 0x%llx, not 0x%llx", what,
			     (unsigned long long)n, i, (unsigned long long)seen.x[i],
			     (unsigned long long)want->x[i]);
	ASSERT_EQ(want->pc, seen.pc);
	ASSERT_EQ(want->pstate, seen.pstate);
	ASSERT_EQ(want->sp_el0, seen.sp_el0);
	ASSERT_EQ(want->sp_el1, seen.sp_el1);
	ASSERT_EQ(want->elr_el1, seen.elr_el1);
	ASSERT_EQ(want->spsr_el1, seen.spsr_el1);
}

#define HVC_STOP	0xd4000022U	/* hvc #1 */

/* MRS of the space of ID registers, 64 with 32 destinations each, for each op1. */
#define NR_READS	(64 * 32)
#define NR_OP1		4

/* All of them, an HVC #1 behind each. Gives their number. */
static unsigned int make_reads(struct vm *vm)
{
	u32 *code = vm_ram(vm, TEST_BASE);
	unsigned int n;

	for (n = 0; n < NR_OP1 * NR_READS; n++) {
		code[2 * n] = 0xd5380000 | (n >> 11) << 16 | (n >> 5 & 63) << 5 | (n & 31);
		code[2 * n + 1] = HVC_STOP;
	}
	__builtin___clear_cache((char *)code, (char *)(code + 2 * n));
	return n;
}

static void read_ids(struct vcpu *v, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		u32 op1 = i >> 11, crm = i >> 8 & 7, op2 = i >> 5 & 7, rt = i & 31;
		struct armvcpu_regs r;
		u64 value;

		/* what the VMM is not told of is not there, or not ours to say */
		if (get_sysreg_raw(v, SYS(3, op1, 0, crm, op2), &value))
			continue;
		fill_regs(v, &r, TEST_BASE + 8 * i, 0x1234567800000000ULL + i);
		set_regs(v, &r);
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_HYPERCALL);
		ASSERT_EQ(1, v->run->u.hypercall.imm);
		r.pc = TEST_BASE + 8 * i + 4;
		if (rt < 31)
			r.x[rt] = value;
		check_regs(v, &r, "MRS", i);
	}
}

TEST(id_registers_read_the_same_on_either_way)
{
	struct vm *vm = vm_create(ARMVCPU_VM_HYPERCALL_EXITS);
	struct vcpu *v = vcpu_create(vm, 0);
	unsigned int n = make_reads(vm);

	vcpu_start(v, g_regs);
	read_ids(v, n);
	if (!long_way(true))
		SKIP(return, "no tracepoints: one way only");
	read_ids(v, n);
	long_way(false);
}

/* ---- and of the GIC's registers -------------------------------------------------------------- */

/* A load or store of X20's address, without a register to transfer. */
static const struct gic_insn {
	u32 insn;
	bool quad;
} gic_insns[] = {
	{ 0xb9400280 },		/* ldr w */
	{ 0xf9400280, true },	/* ldr x */
	{ 0xb9800280 },		/* ldrsw x */
	{ 0x79400280 },		/* ldrh w */
	{ 0x39400280 },		/* ldrb w */
	{ 0x39c00280 },		/* ldrsb w */
	{ 0x88dffe80 },		/* ldar w */
	{ 0xb8404680 },		/* ldr w, [x20], #4: no syndrome */
	{ 0xb9000280 },		/* str w */
};

struct gic_access {
	unsigned int insn;
	unsigned int rt;
	u64 ipa;
	u64 sctlr;
	u64 pstate;
};

#define SCTLR_EE	(1ULL << 25)
#define SCTLR_E0E	(1ULL << 24)

/* Runs one, and gives what became of the vCPU; @code is where it may be written. */
static void gic_access(struct vcpu *v, u32 *code, const struct gic_access *a, u64 seed,
		       struct armvcpu_regs *r)
{
	u64 sctlr = get_sysreg(v, SYS_SCTLR_EL1);

	code[0] = gic_insns[a->insn].insn | a->rt;
	code[1] = HVC_STOP;
	__builtin___clear_cache((char *)code, (char *)(code + 2));
	fill_regs(v, r, TEST_BASE, seed);
	r->x[20] = a->ipa;
	r->pstate |= a->pstate;
	set_regs(v, r);
	set_sysreg(v, SYS_SCTLR_EL1, sctlr | a->sctlr);
	vcpu_run(v);
	get_regs(v, r);
	/* HVC #1, or what the guest's own vectors make of an exception */
	if (v->run->exit_reason == ARMVCPU_EXIT_HYPERCALL)
		EXPECT_EQ(1, v->run->u.hypercall.imm);
	else
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	set_sysreg(v, SYS_SCTLR_EL1, sctlr);
}

/* The first words of each page, and what is around them. */
static unsigned int gic_places(const struct vm *vm, u64 *place)
{
	u64 page[5];
	unsigned int i, n = 0, pages = 0;
	u64 off;

	page[pages++] = GICD_BASE;
	if (vm->gic == ARMVCPU_GIC_V3) {
		page[pages++] = GICR_BASE + ARMVCPU_GICV3_REDIST_SIZE;
		page[pages++] = GICR_BASE;
		page[pages++] = GICD_BASE + 0x1000;
		page[pages++] = GICR_BASE + ARMVCPU_GICV3_REDIST_SIZE + 0x10000;
	}
	for (i = 0; i < pages; i++)
		for (off = 0; off < 0x18; off += 4)
			place[n++] = page[i] + off;
	return n;
}

/* The second of two vCPUs, whose GICR is not at the beginning. */
static struct vcpu *gic_vcpu(struct vm **vm, u32 **code)
{
	struct vcpu *v;

	*vm = vm_create_gic(ARMVCPU_VM_HYPERCALL_EXITS, 64, 2);
	vcpu_create(*vm, 0);
	v = vcpu_create(*vm, 1);
	*code = vm_ram(*vm, TEST_BASE);
	vcpu_start(v, g_regs);
	return v;
}

static unsigned int make_gic_accesses(const struct vm *vm, struct gic_access *a)
{
	static const unsigned int rts[] = { 0, 3, 20, 31 };
	unsigned int insn, i, k, n = 0, places;
	u64 place[40];

	places = gic_places(vm, place);
	for (i = 0; i < places; i++) {
		for (k = 0; k < 32; k++)
			a[n++] = (struct gic_access) { 0, k, place[i] };
		for (insn = 1; insn < ARRAY_SIZE(gic_insns); insn++)
			for (k = 0; k < ARRAY_SIZE(rts); k++)
				if (!gic_insns[insn].quad || !(place[i] & 7))
					a[n++] = (struct gic_access) { insn, rts[k], place[i] };
		/* big-endian data, of EL1 or EL0 */
		a[n++] = (struct gic_access) { 0, 7, place[i], SCTLR_EE };
		a[n++] = (struct gic_access) { 0, 7, place[i], SCTLR_E0E };
	}
	return n;
}

/* By the vector where that answers, and by the host. */
TEST(gic_registers_read_the_same_on_either_way)
{
	static struct gic_access a[3000];
	static struct armvcpu_regs fast[ARRAY_SIZE(a)];
	struct armvcpu_regs slow;
	unsigned int i, n;
	struct vm *vm;
	u32 *code;
	struct vcpu *v = gic_vcpu(&vm, &code);

	n = make_gic_accesses(vm, a);
	ASSERT_LT(n, ARRAY_SIZE(a));
	/* The first time makes of the registers what they are then again and again. */
	for (i = 0; i < 2 * n; i++)
		gic_access(v, code, &a[i % n], i % n, &fast[i % n]);
	if (!long_way(true))
		SKIP(return, "no tracepoints: one way only");
	for (i = 0; i < n; i++) {
		gic_access(v, code, &a[i], i, &slow);
		if (memcmp(&fast[i], &slow, sizeof(slow)))
			FAIL("insn 0x%x rt %u at 0x%llx, sctlr 0x%llx: 0x%llx, not 0x%llx",
			     gic_insns[a[i].insn].insn, a[i].rt, (unsigned long long)a[i].ipa,
			     (unsigned long long)a[i].sctlr,
			     (unsigned long long)fast[i].x[a[i].rt % 31],
			     (unsigned long long)slow.x[a[i].rt % 31]);
	}
	long_way(false);
}

/* An instruction that is done ends what PSTATE has for one instruction. */
TEST(gic_loads_end_btype)
{
	struct gic_access a = { .ipa = GICD_BASE + 8, .rt = 4 };
	struct armvcpu_regs r;
	struct vm *vm;
	u32 *code;
	struct vcpu *v = gic_vcpu(&vm, &code);

	for (a.pstate = 1 << 10; a.pstate < 1 << 12; a.pstate += 1 << 10) {
		fill_regs(v, &r, TEST_BASE, 0);
		r.pstate |= a.pstate;
		if (ioctl_raw(v->fd, ARMVCPU_SET_REGS, &r))
			SKIP(return, "no BTI");
		gic_access(v, code, &a, 2, &r);
		EXPECT_EQ(0ULL, r.pstate & 3 << 10);
	}
}

/* GICD_CTLR is what the last store made it, whose that was. */
TEST(gic_distributor_control_is_one_for_all)
{
	struct gic_access store = { .insn = 8, .rt = 9, .ipa = GICD_BASE };
	struct gic_access load = { .insn = 0, .rt = 10, .ipa = GICD_BASE };
	struct armvcpu_gic_dist dist = { .size = sizeof(dist) };
	struct vm *vm = vm_create_gic(ARMVCPU_VM_HYPERCALL_EXITS, 64, 2);
	u64 fixed = vm->gic == ARMVCPU_GIC_V3 ? 0x50 : 0;
	u32 *code = vm_ram(vm, TEST_BASE);
	struct vcpu *v[2];
	unsigned int i, k;

	for (i = 0; i < 2; i++) {
		v[i] = vcpu_create(vm, i);
		vcpu_start(v[i], g_regs);
	}
	for (i = 0; i < 16; i++) {
		struct armvcpu_regs r;
		u64 want;

		/* what gic_access() will have in X9 */
		fill_regs(v[i & 1], &r, TEST_BASE, i);
		want = r.x[9] & 3;
		gic_access(v[i & 1], code, &store, i, &r);
		for (k = 0; k < 2; k++) {
			gic_access(v[k], code, &load, i + 5, &r);
			EXPECT_EQ(want | fixed, r.x[10]);
		}
		/* by the VMM, too */
		ASSERT_EQ(0, ioctl_raw(vm->fd, ARMVCPU_GET_GIC_DIST, &dist));
		EXPECT_EQ(want, dist.flags);
		dist.flags = ~want & 3;
		ASSERT_EQ(0, ioctl_raw(vm->fd, ARMVCPU_SET_GIC_DIST, &dist));
		gic_access(v[i & 1], code, &load, i + 7, &r);
		EXPECT_EQ((~want & 3) | fixed, r.x[10]);
	}
}

GUEST(g_hvc0,
	"hvc	#0\n"
	"smc	#1\n"
	"b	.");
GUEST(g_hvc7,
	"hvc	#7\n"
	"smc	#1\n"
	"b	.");

GUEST(g_hvc7_and_store,
	"hvc	#7\n"
	"str	x0, [x28]\n"
	"b	.");
GUEST(g_hvc0_and_store,
	"hvc	#0\n"
	"str	xzr, [x28]\n"
	"b	.");

struct call {
	u64 fn;
	u64 result;
};

#define NOT_SUPPORTED	(~0ULL)

static const struct call calls[] = {
	{ SMCCC_VERSION, 0x10001 },
	{ PSCI_VERSION, 0x10001 },
	{ PSCI_MIGRATE_INFO_TYPE, 2 },
	{ 0xdeadbeef00000000ULL | SMCCC_VERSION, 0x10001 },
	{ 0xffffffff00000000ULL | PSCI_VERSION, 0x10001 },
	{ PSCI_MIGRATE, NOT_SUPPORTED },
	{ 0x8400001f, NOT_SUPPORTED },
	{ 0x80001234, NOT_SUPPORTED },
	{ 0x83000001, NOT_SUPPORTED },
	{ 0x85000001, NOT_SUPPORTED },
	{ 0x86000001, NOT_SUPPORTED },
	{ 0xc5000001, NOT_SUPPORTED },
	{ 0xb2000000, NOT_SUPPORTED },
	{ 0xa0000000, NOT_SUPPORTED },
	{ 0xa4000000, NOT_SUPPORTED },
	{ 0, NOT_SUPPORTED },
	{ 0x02000000, NOT_SUPPORTED },
	{ ~0ULL, NOT_SUPPORTED },
};

static void make_calls(struct vcpu *v)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		struct armvcpu_regs r;

		fill_regs(v, &r, (u64)g_hvc0_and_store, i);
		r.x[0] = calls[i].fn;
		r.x[28] = PORT_BASE;
		set_regs(v, &r);
		vcpu_sync(v);
		r.pc = (u64)g_hvc0_and_store + 4;
		r.x[0] = calls[i].result;
		check_regs(v, &r, "call", calls[i].fn);
	}
}

TEST(calls_change_nothing_but_their_result)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);

	vcpu_start(v, g_regs);
	make_calls(v);
	if (!long_way(true))
		SKIP(return, "no tracepoints: one way only");
	make_calls(v);
	long_way(false);
}

GUEST(g_mrs_and_store,
	"mrs	x0, id_aa64pfr0_el1\n"
	"str	xzr, [x28]\n"
	"b	.");

/*
 * An instruction that completes makes PSTATE.BTYPE and SS zero, whoever has done it. BTYPE
 * is there with BTI only; of SS no CPU is left with anything to see.
 */
TEST(what_is_answered_ends_btype)
{
	static const u64 code[] = { (u64)g_hvc0_and_store, (u64)g_mrs_and_store };
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	struct armvcpu_regs r;
	u64 btype;
	unsigned int i;

	vcpu_start(v, g_regs);
	for (i = 0; i < ARRAY_SIZE(code); i++) {
		for (btype = 1 << 10; btype < 1 << 12; btype += 1 << 10) {
			fill_regs(v, &r, code[i], i);
			r.x[0] = SMCCC_VERSION;
			r.x[28] = PORT_BASE;
			r.pstate |= btype;
			if (ioctl_raw(v->fd, ARMVCPU_SET_REGS, &r))
				SKIP(return, "no BTI");
			vcpu_sync(v);
			EXPECT_EQ(0ULL, v->run->pstate & 3 << 10);
		}
	}
}

/* What is asked of the VMM is; an immediate is no call of SMCCC. */
TEST(calls_of_the_vmm_reach_it)
{
	struct vcpu *v = vcpu_create(vm_create(ARMVCPU_VM_HYPERCALL_EXITS), 0);
	struct vcpu *w = vcpu_create(vm_create(0), 0);
	struct armvcpu_regs r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		bool known = calls[i].result != NOT_SUPPORTED ||
			     (calls[i].fn & ~0x1fULL) == 0x84000000;

		fill_regs(v, &r, (u64)g_hvc0, i);
		r.x[0] = calls[i].fn;
		set_regs(v, &r);
		vcpu_run(v);
		if (known) {
			EXPECT_EXIT(v, ARMVCPU_EXIT_SMC);
			EXPECT_EQ(calls[i].result, v->run->u.hypercall.args[0]);
		} else {
			EXPECT_EXIT(v, ARMVCPU_EXIT_HYPERCALL);
			EXPECT_EQ(0, v->run->u.hypercall.imm);
			check_regs(v, &r, "call", calls[i].fn);
		}

		r.pc = (u64)g_hvc7;
		set_regs(v, &r);
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(7, v->run->u.hypercall.imm);
		check_regs(v, &r, "HVC #7", calls[i].fn);
	}
	/* without the option it is nobody's */
	for (i = 0; i < 3; i++) {
		fill_regs(w, &r, (u64)g_hvc7_and_store, i);
		r.x[0] = calls[i].fn;
		r.x[28] = PORT_BASE;
		set_regs(w, &r);
		EXPECT_EQ(NOT_SUPPORTED, vcpu_sync(w));
	}
}

/* EL0 has none of them, whatever EL1 was answered. */
TEST(id_registers_at_el0_are_undefined)
{
	struct vm *vm = vm_create(ARMVCPU_VM_HYPERCALL_EXITS);
	struct vcpu *v = vcpu_create(vm, 0);
	struct armvcpu_regs r;
	unsigned int i;

	make_reads(vm);
	vcpu_start(v, g_regs);
	for (i = 5; i < NR_READS; i += 32) {
		u64 pc = TEST_BASE + 8 * i, ec;

		fill_regs(v, &r, pc, i);
		r.pstate = PSTATE_EL0T;
		set_regs(v, &r);
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		ASSERT_EQ(PORT_VECTOR + 8ULL * VECTOR_LOWER, v->run->u.mmio.ipa);
		/* FEAT_IDST gives another class */
		ec = ESR_EC(get_sysreg(v, SYS_ESR_EL1));
		EXPECT_TRUE(ec == EC_UNKNOWN || ec == EC_SYSREG);
		EXPECT_EQ(r.x[5], get_x(v, 5));
		get_regs(v, &r);
		EXPECT_EQ(pc, r.elr_el1);
	}
}

GUEST(g_ctr_and_store,
	"mrs	x5, ctr_el0\n"
	"str	x5, [x28]\n"
	"b	.");

#define SCTLR_UCT	(1 << 15)

/* CTR_EL0 is EL0's where EL1 says so, else an exception of EL1's. */
TEST(ctr_el0_at_el0_is_for_el1_to_give)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	struct armvcpu_regs r;
	u64 sctlr, ctr;

	vcpu_start(v, g_regs);
	sctlr = get_sysreg(v, SYS_SCTLR_EL1);
	ctr = get_sysreg(v, SYS_CTR_EL0);
	fill_regs(v, &r, (u64)g_ctr_and_store, 1);
	r.pstate = PSTATE_EL0T | PSTATE_N;
	r.x[28] = PORT_BASE;

	set_regs(v, &r);
	set_sysreg(v, SYS_SCTLR_EL1, sctlr | SCTLR_UCT);
	EXPECT_EQ(ctr, vcpu_sync(v));
	r.pc += 4;
	r.x[5] = ctr;
	check_regs(v, &r, "CTR_EL0", 0);

	v->run->answer = ARMVCPU_ANSWER_RETRY;
	r.pc -= 4;
	r.x[5] = 5;
	set_regs(v, &r);
	set_sysreg(v, SYS_SCTLR_EL1, sctlr & ~(u64)SCTLR_UCT);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	ASSERT_EQ(PORT_VECTOR + 8ULL * VECTOR_LOWER, v->run->u.mmio.ipa);
	EXPECT_EQ(EC_SYSREG, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
	EXPECT_EQ(5ULL, get_x(v, 5));
	get_regs(v, &r);
	EXPECT_EQ((u64)g_ctr_and_store, r.elr_el1);
}

/* ---- the host's own ------------------------------------------------------------------------------ */

static __thread u64 thread_local_word;

static u64 v_over_run(struct vcpu *v, u64 seed)
{
	register long x0 __asm__("x0") = v->fd;
	register long x1 __asm__("x1") = ARMVCPU_RUN;
	register long x2 __asm__("x2") = 0;
	register long x8 __asm__("x8") = SYS_ioctl;
	u64 a, b;

	__asm__ volatile("dup	v0.2d, %[seed]\n"
			 "dup	v31.2d, %[seed]\n"
			 "svc	#0\n"
			 "umov	%[a], v0.d[1]\n"
			 "umov	%[b], v31.d[0]\n"
			 : "+r"(x0), [a] "=&r"(a), [b] "=&r"(b)
			 : "r"(x1), "r"(x2), "r"(x8), [seed] "r"(seed)
			 : "v0", "v31", "memory");
	ASSERT_EQ(0, x0);
	return (a ^ seed) | (b ^ seed);
}

static volatile u64 watched;

static int watch(volatile u64 *address)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = (u64)address,
		.bp_len = sizeof(*address),
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

TEST(thread_pointer_and_v_registers_of_the_host)
{
	u64 tpidr = read_sysreg(tpidr_el0);
	struct canary c;
	unsigned int i;

	canary_new(&c, SEED_A);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, pin_cpu(cpu_count() > 1 ? i & 1 : 0));
		thread_local_word = i;
		ASSERT_EQ(0ULL, v_over_run(c.v, SEED_B + i));
		ASSERT_EQ(tpidr, read_sysreg(tpidr_el0));
		ASSERT_EQ((u64)i, thread_local_word);
	}
}

TEST(watchpoint_of_the_host)
{
	struct canary c;
	unsigned int i;
	u64 count = 0;
	int fd;

	fd = watch(&watched);
	if (fd < 0)
		SKIP(return, "no hardware watchpoints: %s", strerror(errno));
	canary_new(&c, SEED_A);
	for (i = 0; i < 50; i++) {
		canary_step(&c);
		watched = i;
	}
	ASSERT_EQ((ssize_t)sizeof(count), read(fd, &count, sizeof(count)));
	EXPECT_EQ(50ULL, count);
}

TEST_HARNESS_MAIN
