// SPDX-License-Identifier: GPL-2.0-only
/*
 * System registers as the guest meets them: each encoding gives a value, is
 * UNDEFINED or is an exit, and nothing of it hurts the host.
 */
#define _GNU_SOURCE
#include "testlib.h"

/*
 * The guest is a list of steps, each one an instruction of the form
 * "INSN x3" with what x3 has before and after it.
 */
struct step {
	u32 insn;
	u64 x3;
	u8 outcome;
};

#define OUT_NONE	0	/* it was not run */
#define OUT_OK		1
#define OUT_UNDEF	2
#define OUT_EC(ec)	(0x80 + (ec))	/* another exception */

/* MRS x3, MSR from x3 */
#define MRS(e)		(0xd5300003U | ((e) & 0x7fff) << 5)
#define MSR(e)		(0xd5100003U | ((e) & 0x7fff) << 5)
#define READ(e)		{ .insn = MRS(e), .x3 = MARK }
#define WRITE(e, v)	{ .insn = MSR(e), .x3 = (v) }
#define MARK		0x5a5a1234cafe5a5aULL

#define ENCODINGS	0x8000	/* with op0 = 2 and 3 */
#define MAX_STEPS	(2 * ENCODINGS)

#define CODE		(TEST_BASE + 0x000000)	/* instruction, RET */
#define VALUES		(TEST_BASE + 0x080000)	/* 8 bytes a step */
#define OUTCOMES	(TEST_BASE + 0x100000)	/* 1 byte a step */
#define RET		0xd65f03c0U
#define NOP		0xd503201fU

/*
 * x19 OUTCOMES, x20 VALUES, x21 CODE, x22 number of steps, x27: at EL0. What a
 * step can turn off or on that would stop the guest is set again after it.
 */
GUEST(g_steps,
	"adr	x1, g_steps_vectors\n"
	"msr	vbar_el1, x1\n"
	"mrs	x25, sctlr_el1\n"
	"cbz	x27, 1f\n"
	"orr	x25, x25, #(1 << 26)\n"		/* SCTLR_EL1.UCI and UCT */
	"orr	x25, x25, #(1 << 15)\n"
	"msr	sctlr_el1, x25\n"
	"adr	x1, 1f\n"
	"msr	elr_el1, x1\n"
	"mov	x1, #0x3c0\n"
	"msr	spsr_el1, x1\n"
	"eret\n"
	"1: mov	x23, #0\n"
	"2: ldr	x3, [x20, x23, lsl #3]\n"
	"add	x24, x21, x23, lsl #3\n"
	"mov	w26, #1\n"
	"blr	x24\n"
	"strb	w26, [x19, x23]\n"
	"str	x3, [x20, x23, lsl #3]\n"
	"cbnz	x27, 3f\n"
	"msr	sctlr_el1, x25\n"
	"msr	daifset, #15\n"
	"isb\n"
	"3: add	x23, x23, #1\n"
	"cmp	x23, x22\n"
	"b.ne	2b\n"
	"str	x23, [x28]\n"
	"b	.\n"
	/* the instruction before RET has failed */
	"4: mrs	x5, esr_el1\n"
	"lsr	x6, x5, #26\n"
	"mov	w26, #2\n"
	"cbz	x6, 5f\n"
	"add	w26, w6, #0x80\n"
	"5: mrs	x6, elr_el1\n"
	"cmp	x6, x24\n"
	"b.ne	6f\n"
	"add	x6, x6, #4\n"
	"msr	elr_el1, x6\n"
	"eret\n"
	"6: str	x5, [x28, #(0x800 + 8 * 4)]\n"
	"b	.\n"
	".balign	2048\n"
	"g_steps_vectors:\n"
	".rept	16\n"
	".balign	128\n"
	"b	4b\n"
	".endr\n");

static struct vcpu *steps_vcpu(u32 flags, bool gic)
{
	return vcpu_create(gic ? vm_create_gic(flags, 64, 1) : vm_create(flags), 0);
}

/* The CPU interface of its GIC is system registers. */
static bool icc(struct vcpu *v)
{
	return v->vm->gic == ARMVCPU_GIC_V3;
}

/* The guest had no caches: what ours hold is old. */
static void forget_cache(const void *p, size_t len)
{
	const u8 *c = p;

	for (; c < (const u8 *)p + len; c += 16)
		__asm__ volatile("dc civac, %0" :: "r"(c) : "memory");
	dsb(sy);
}

static void steps_prepare(struct vcpu *v, bool el0, const struct step *s, unsigned int n)
{
	u32 *code = vm_ram(v->vm, CODE);
	u64 *values = vm_ram(v->vm, VALUES);
	struct armvcpu_regs r;
	unsigned int i;

	ASSERT_GE(MAX_STEPS, n);
	for (i = 0; i < n; i++) {
		code[2 * i] = s[i].insn;
		code[2 * i + 1] = RET;
		values[i] = s[i].x3;
	}
	memset(vm_ram(v->vm, OUTCOMES), 0, n);
	__builtin___clear_cache((char *)code, (char *)(code + 2 * n));
	forget_cache(vm_ram(v->vm, CODE), OUTCOMES + n - CODE);
	vcpu_start(v, g_steps);
	/* the guest's own traps of FP, SVE and SME are off */
	set_sysreg(v, SYS_CPACR_EL1, 3 << 24 | 3 << 20 | 3 << 16);
	get_regs(v, &r);
	r.x[19] = OUTCOMES;
	r.x[20] = VALUES;
	r.x[21] = CODE;
	r.x[22] = n;
	r.x[27] = el0;
	set_regs(v, &r);
}

static void steps_results(struct vcpu *v, struct step *s, unsigned int n)
{
	u64 *values = vm_ram(v->vm, VALUES);
	u8 *outcomes = vm_ram(v->vm, OUTCOMES);
	unsigned int i;

	forget_cache(values, 8 * n);
	forget_cache(outcomes, n);
	for (i = 0; i < n; i++) {
		s[i].x3 = values[i];
		s[i].outcome = outcomes[i];
	}
}

/* Run @n steps; no exits are expected. */
static void run_steps(struct vcpu *v, bool el0, struct step *s, unsigned int n)
{
	steps_prepare(v, el0, s, n);
	EXPECT_EQ((u64)n, vcpu_sync(v));
	steps_results(v, s, n);
}
#define RUN_STEPS(v, s)	run_steps(v, false, s, ARRAY_SIZE(s))

static const char *reg_name(u32 e)
{
	static char names[4][40];
	static unsigned int n;
	char *name = names[n++ % 4];

	snprintf(name, sizeof(names[0]), "S%u_%u_C%u_C%u_%u", e >> 14 & 3, e >> 11 & 7,
		 e >> 7 & 15, e >> 3 & 15, e & 7);
	return name;
}

/* ---- what there is ----------------------------------------------------------- */

#define R	1	/* EL1 reads it */
#define W	2	/* EL1 writes it */
#define RW	3
#define GIC	4	/* only with a GIC */
#define MAYBE	8	/* only where the CPU has it */
#define EMU	MAYBE	/* every CPU has it, and some emulators lack it */
#define UR	16	/* EL0 reads it */
#define UW	32
#define URW	48

#define SYS_ICC_SRE	SYS(3, 0, 12, 12, 5)

/* The whole list, but for ID registers: all that a guest can read or write. */
static const struct {
	u32 encoding;
	u32 flags;
} known[] = {
	{ SYS(2, 0, 0, 0, 2), RW | EMU },		/* OSDTRRX_EL1 */
	{ SYS(2, 0, 0, 0, 4), RW },		/* DBGBVR0_EL1 */
	{ SYS(2, 0, 0, 0, 5), RW },		/* DBGBCR0_EL1 */
	{ SYS(2, 0, 0, 0, 6), RW },		/* DBGWVR0_EL1 */
	{ SYS(2, 0, 0, 0, 7), RW },		/* DBGWCR0_EL1 */
	{ SYS(2, 0, 0, 1, 4), RW },
	{ SYS(2, 0, 0, 1, 5), RW },
	{ SYS(2, 0, 0, 1, 6), RW },
	{ SYS(2, 0, 0, 1, 7), RW },
	{ SYS(2, 0, 0, 2, 0), RW },		/* MDCCINT_EL1 */
	{ SYS(2, 0, 0, 2, 2), RW },		/* MDSCR_EL1 */
	{ SYS(2, 0, 0, 3, 2), RW | EMU },		/* OSDTRTX_EL1 */
	{ SYS(2, 0, 0, 6, 2), RW | EMU },		/* OSECCR_EL1 */
	{ SYS(2, 0, 1, 0, 0), R },		/* MDRAR_EL1 */
	{ SYS(2, 0, 1, 0, 4), W },		/* OSLAR_EL1 */
	{ SYS(2, 0, 1, 1, 4), R },		/* OSLSR_EL1 */
	{ SYS(2, 0, 1, 3, 4), RW },		/* OSDLR_EL1 */
	{ SYS(2, 0, 1, 4, 4), RW | EMU },		/* DBGPRCR_EL1 */
	{ SYS(2, 0, 7, 8, 6), RW | EMU },		/* DBGCLAIMSET_EL1 */
	{ SYS(2, 0, 7, 9, 6), RW | EMU },		/* DBGCLAIMCLR_EL1 */
	{ SYS(2, 0, 7, 14, 6), R | EMU },		/* DBGAUTHSTATUS_EL1 */
	{ SYS(2, 3, 0, 1, 0), R | UR },		/* MDCCSR_EL0 */
	{ SYS(2, 3, 0, 4, 0), RW | URW | EMU },	/* DBGDTR_EL0 */
	{ SYS(2, 3, 0, 5, 0), RW | URW | EMU },	/* DBGDTRRX_EL0, DBGDTRTX_EL0 */
	{ SYS(3, 0, 0, 0, 0), R },		/* MIDR_EL1 */
	{ SYS(3, 0, 0, 0, 5), R },		/* MPIDR_EL1 */
	{ SYS(3, 0, 0, 0, 6), R },		/* REVIDR_EL1 */
	{ SYS(3, 0, 1, 0, 0), RW },		/* SCTLR_EL1 */
	{ SYS(3, 0, 1, 0, 1), RW },		/* ACTLR_EL1 */
	{ SYS(3, 0, 1, 0, 2), R },		/* CPACR_EL1: no sweep writes it */
	{ SYS(3, 0, 1, 2, 4), RW | EMU },	/* SMPRI_EL1: with SME, but without FGT */
	{ SYS(3, 0, 2, 0, 0), RW },		/* TTBR0_EL1 */
	{ SYS(3, 0, 2, 0, 1), RW },		/* TTBR1_EL1 */
	{ SYS(3, 0, 2, 0, 2), RW },		/* TCR_EL1 */
	{ SYS(3, 0, 4, 0, 0), RW },		/* SPSR_EL1 */
	{ SYS(3, 0, 4, 0, 1), RW },		/* ELR_EL1 */
	{ SYS(3, 0, 4, 1, 0), RW },		/* SP_EL0 */
	{ SYS(3, 0, 4, 2, 0), RW },		/* SPSel */
	{ SYS(3, 0, 4, 2, 2), R },		/* CurrentEL */
	{ SYS(3, 0, 4, 2, 3), RW | MAYBE },	/* PAN */
	{ SYS(3, 0, 4, 2, 4), RW | MAYBE },	/* UAO */
	{ SYS(3, 0, 4, 6, 0), RW | GIC },	/* ICC_PMR_EL1 */
	{ SYS(3, 0, 5, 1, 0), RW },		/* AFSR0_EL1 */
	{ SYS(3, 0, 5, 1, 1), RW },		/* AFSR1_EL1 */
	{ SYS(3, 0, 5, 2, 0), RW },		/* ESR_EL1 */
	{ SYS(3, 0, 6, 0, 0), RW },		/* FAR_EL1 */
	{ SYS(3, 0, 7, 4, 0), RW },		/* PAR_EL1 */
	{ SYS(3, 0, 10, 2, 0), RW },		/* MAIR_EL1 */
	{ SYS(3, 0, 10, 3, 0), RW },		/* AMAIR_EL1 */
	{ SYS(3, 0, 12, 0, 0), R },		/* VBAR_EL1: no step writes it */
	{ SYS(3, 0, 12, 1, 0), R },		/* ISR_EL1 */
	{ SYS(3, 0, 12, 1, 1), RW | MAYBE },	/* DISR_EL1, as VDISR_EL2 */
	{ SYS(3, 0, 12, 8, 0), R | GIC },	/* ICC_IAR0_EL1 */
	{ SYS(3, 0, 12, 8, 1), W | GIC },	/* ICC_EOIR0_EL1 */
	{ SYS(3, 0, 12, 8, 2), R | GIC },	/* ICC_HPPIR0_EL1 */
	{ SYS(3, 0, 12, 8, 3), RW | GIC },	/* ICC_BPR0_EL1 */
	{ SYS(3, 0, 12, 8, 4), RW | GIC },	/* ICC_AP0R0_EL1 */
	{ SYS(3, 0, 12, 8, 5), RW | GIC | MAYBE },
	{ SYS(3, 0, 12, 8, 6), RW | GIC | MAYBE },
	{ SYS(3, 0, 12, 8, 7), RW | GIC | MAYBE },
	{ SYS(3, 0, 12, 9, 0), RW | GIC },	/* ICC_AP1R0_EL1 */
	{ SYS(3, 0, 12, 9, 1), RW | GIC | MAYBE },
	{ SYS(3, 0, 12, 9, 2), RW | GIC | MAYBE },
	{ SYS(3, 0, 12, 9, 3), RW | GIC | MAYBE },
	{ SYS(3, 0, 12, 11, 1), W | GIC },	/* ICC_DIR_EL1 */
	{ SYS(3, 0, 12, 11, 3), R | GIC },	/* ICC_RPR_EL1 */
	{ SYS(3, 0, 12, 11, 5), W | GIC },	/* ICC_SGI1R_EL1 */
	{ SYS(3, 0, 12, 11, 6), W | GIC },	/* ICC_ASGI1R_EL1 */
	{ SYS(3, 0, 12, 11, 7), W | GIC },	/* ICC_SGI0R_EL1 */
	{ SYS(3, 0, 12, 12, 0), R | GIC },	/* ICC_IAR1_EL1 */
	{ SYS(3, 0, 12, 12, 1), W | GIC },	/* ICC_EOIR1_EL1 */
	{ SYS(3, 0, 12, 12, 2), R | GIC },	/* ICC_HPPIR1_EL1 */
	{ SYS(3, 0, 12, 12, 3), RW | GIC },	/* ICC_BPR1_EL1 */
	{ SYS(3, 0, 12, 12, 4), RW | GIC },	/* ICC_CTLR_EL1 */
	{ SYS_ICC_SRE, RW | GIC },
	{ SYS(3, 0, 12, 12, 6), RW | GIC },	/* ICC_IGRPEN0_EL1 */
	{ SYS(3, 0, 12, 12, 7), RW | GIC },	/* ICC_IGRPEN1_EL1 */
	{ SYS(3, 0, 13, 0, 1), RW },		/* CONTEXTIDR_EL1 */
	{ SYS(3, 0, 13, 0, 4), RW },		/* TPIDR_EL1 */
	{ SYS(3, 0, 14, 1, 0), RW },		/* CNTKCTL_EL1 */
	{ SYS(3, 1, 0, 0, 0), R },		/* CCSIDR_EL1 */
	{ SYS(3, 1, 0, 0, 1), R },		/* CLIDR_EL1 */
	{ SYS(3, 1, 0, 0, 7), R },		/* AIDR_EL1 */
	{ SYS(3, 2, 0, 0, 0), RW },		/* CSSELR_EL1 */
	{ SYS(3, 3, 0, 0, 1), R | UR },		/* CTR_EL0 */
	{ SYS(3, 3, 0, 0, 7), R | UR },		/* DCZID_EL0 */
	{ SYS(3, 3, 2, 4, 0), R | UR | MAYBE },	/* RNDR */
	{ SYS(3, 3, 2, 4, 1), R | UR | MAYBE },	/* RNDRRS */
	{ SYS(3, 3, 4, 2, 0), RW | URW },	/* NZCV */
	{ SYS(3, 3, 4, 2, 1), RW },		/* DAIF */
	{ SYS(3, 3, 4, 4, 0), RW | URW },	/* FPCR */
	{ SYS(3, 3, 4, 4, 1), RW | URW },	/* FPSR */
	{ SYS(3, 3, 4, 2, 5), RW | URW | MAYBE },	/* DIT */
	{ SYS(3, 3, 4, 2, 6), RW | URW | MAYBE },	/* SSBS */
	{ SYS(3, 3, 4, 2, 7), RW | URW | MAYBE },	/* TCO: with MTE, nothing traps it */
	{ SYS(3, 3, 13, 0, 2), RW | URW },	/* TPIDR_EL0 */
	{ SYS(3, 3, 13, 0, 3), RW | UR },	/* TPIDRRO_EL0 */
	{ SYS(3, 3, 13, 0, 5), RW | URW | EMU },	/* TPIDR2_EL0: the same */
	{ SYS(3, 3, 14, 0, 0), R },		/* CNTFRQ_EL0 */
	{ SYS(3, 3, 14, 0, 1), R },		/* CNTPCT_EL0 */
	{ SYS(3, 3, 14, 0, 2), R },		/* CNTVCT_EL0 */
	{ SYS(3, 3, 14, 0, 5), R | MAYBE },	/* CNTPCTSS_EL0 */
	{ SYS(3, 3, 14, 0, 6), R | MAYBE },	/* CNTVCTSS_EL0 */
	{ SYS(3, 3, 14, 2, 0), RW },		/* CNTP_TVAL_EL0 */
	{ SYS(3, 3, 14, 2, 1), RW },		/* CNTP_CTL_EL0 */
	{ SYS(3, 3, 14, 2, 2), RW },		/* CNTP_CVAL_EL0 */
	{ SYS(3, 3, 14, 3, 0), RW },		/* CNTV_TVAL_EL0 */
	{ SYS(3, 3, 14, 3, 1), RW },		/* CNTV_CTL_EL0 */
	{ SYS(3, 3, 14, 3, 2), RW },		/* CNTV_CVAL_EL0 */
};

/* op0 = 3, op1 = 0, CRn = 0, CRm = 1 to 7: ID registers, all can be read */
static bool is_id(u32 e)
{
	return (e & ~0x3fU) == SYS(3, 0, 0, 0, 0) && (e >> 3 & 15) >= 1;
}

static unsigned int flags_of(u32 e, bool gic)
{
	unsigned int i;

	if (is_id(e))
		return R;
	/*
	 * Implementation defined: HCR_EL2.TIDCP traps them, but some emulators
	 * do not know of it.
	 */
	if ((e >> 14) == 3 && ((e >> 7 & 15) == 11 || (e >> 7 & 15) == 15))
		return RW | MAYBE;
	/* The same with what ICC_SRE_EL2.Enable = 0 traps. */
	if (e == SYS_ICC_SRE && !gic)
		return RW | EMU;
	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].encoding == e)
			return known[i].flags & GIC && !gic ? 0 : known[i].flags;
	return 0;
}

/*
 * Where FEAT_IDST is, what is UNDEFINED among the ID registers tells of itself
 * by the exception class of a trapped access (Arm ARM D1.3.1).
 */
static bool is_undef(u8 outcome, u32 e, bool idst)
{
	unsigned int op1 = e >> 11 & 7;

	return outcome == OUT_UNDEF ||
	       (idst && outcome == OUT_EC(EC_SYSREG) && (e >> 14) == 3 && !(e >> 7 & 15) &&
		(op1 == 0 || op1 == 1 || op1 == 3));
}

static u32 insn_encoding(u32 insn)
{
	return 0x8000 | (insn >> 5 & 0x7fff);
}

static bool has_idst(struct vcpu *v)
{
	return get_sysreg(v, SYS(3, 0, 0, 7, 2)) >> 36 & 15;
}

static struct step all[MAX_STEPS];

static u16 all_encoding[MAX_STEPS];
static unsigned int nr_all;

static bool is_write(unsigned int i)
{
	return i & 1;
}

/* Those with bit op1 in @op1s, and every eighth of the others. */
static void all_encodings(unsigned int op1s)
{
	u32 e;

	nr_all = 0;
	for (e = 0x8000; e < 0x10000; e++) {
		if (!(op1s & 1 << (e >> 11 & 7)) && e % 8 != (e >> 3) % 8)
			continue;
		all_encoding[nr_all] = all_encoding[nr_all + 1] = e;
		all[nr_all++] = (struct step)READ(e);
		all[nr_all] = (struct step)WRITE(e, 0);
		/* the sweep would end there, or look elsewhere */
		if (e == SYS_VBAR_EL1 || e == SYS_CPACR_EL1)
			all[nr_all].insn = NOP;
		nr_all++;
	}
}

static void check_all(struct vcpu *v, bool gic, bool el0)
{
	unsigned int i, bad = 0, readable = 0, writable = 0;
	bool idst = has_idst(v);

	for (i = 0; i < nr_all; i++) {
		bool write = is_write(i);
		u32 e = all_encoding[i];
		unsigned int flags = flags_of(e, gic);
		unsigned int bit = el0 ? (write ? UW : UR) : write ? W : R;
		u8 seen = all[i].outcome;
		bool ok;

		if (all[i].insn == NOP)
			continue;
		if (seen == OUT_OK) {
			ok = flags & bit;
			if (write)
				writable++;
			else
				readable++;
		} else if (is_undef(seen, e, idst)) {
			ok = !(flags & bit) || flags & MAYBE;
		} else {
			/* the guest's own traps of EL0: for its EL1 to look at */
			ok = el0 && seen == OUT_EC(EC_SYSREG) && (e >> 11 & 7) == 3;
		}
		if (!ok && bad++ < 20)
			th_fail(__FILE__, __LINE__, false, "%s of %s: outcome 0x%x, x3 0x%llx",
				write ? "MSR" : "MRS", reg_name(e), seen,
				(unsigned long long)all[i].x3);
	}
	TH_LOG("%u steps, %u readable, %u writable", nr_all, readable, writable);
	EXPECT_EQ(0, bad);
}

/* The host's own, which a guest may not have touched. */
static u64 host_state(void)
{
	u64 tpidr, fpcr;

	__asm__ volatile("mrs %0, tpidr_el0\n\tmrs %1, fpcr" : "=r"(tpidr), "=r"(fpcr));
	return tpidr ^ fpcr;
}

static void sweep(unsigned int op1s, bool el0)
{
	struct vcpu *v = steps_vcpu(0, true);
	u64 before = host_state(), then = guest_counter();

	all_encodings(op1s);
	run_steps(v, el0, all, nr_all);
	check_all(v, icc(v), el0);
	EXPECT_EQ(before, host_state());
	EXPECT_LT(then, guest_counter());
}

TEST_TIMEOUT(every_encoding_at_el1, 60)
{
	sweep(0xff, false);
}

TEST_TIMEOUT(every_encoding_at_el0, 60)
{
	/* op1 = 3 are EL0's */
	sweep(1 << 3, true);
}

/*
 * With exits: what the kernel knows is no exit, and what is one gets what the
 * VMM says. Each unknown read is answered with a value, each write is taken.
 */
TEST_TIMEOUT(every_encoding_with_exits, 60)
{
	struct vcpu *v = steps_vcpu(ARMVCPU_VM_SYSREG_EXITS, false);
	struct armvcpu_run *run = v->run;
	static u8 exits[0x10000][2];
	unsigned int i, n = 0;

	all_encodings(0x0f);
	steps_prepare(v, false, all, nr_all);
	for (;;) {
		vcpu_run(v);
		if (run->exit_reason != ARMVCPU_EXIT_SYSREG)
			break;
		i = run->u.sysreg.encoding;
		if (i < 0x8000 || i > 0xffff || exits[i][!!run->u.sysreg.write]++)
			FAIL("exit for %s, again", reg_name(i));
		EXPECT_EQ(3, run->u.sysreg.reg);
		EXPECT_EQ(0ULL, run->u.sysreg.value);
		if (!run->u.sysreg.write)
			run->u.sysreg.value = MARK ^ i;
		/* and every third is refused */
		if (i % 3 == 0)
			run->answer = ARMVCPU_ANSWER_INJECT;
		n++;
	}
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	ASSERT_EQ((u64)PORT_SYNC, run->u.mmio.ipa);
	steps_results(v, all, nr_all);
	for (i = 0; i < nr_all; i++) {
		u32 e = all_encoding[i];

		if (!exits[e][is_write(i)])
			continue;
		if (flags_of(e, false) & RW && !(flags_of(e, false) & MAYBE))
			FAIL("%s was an exit", reg_name(e));
		if (e % 3 == 0) {
			ASSERT_EQ(OUT_UNDEF, all[i].outcome);
		} else {
			ASSERT_EQ(OUT_OK, all[i].outcome);
			if (!is_write(i))
				ASSERT_EQ(MARK ^ e, all[i].x3);
		}
		/* for the check of the others */
		all[i].outcome = OUT_UNDEF;
	}
	check_all(v, false, false);
	TH_LOG("%u exits", n);
	/* performance monitors at least, and the CPU interface where CPUs have the registers */
	EXPECT_TRUE(exits[SYS(3, 3, 9, 12, 0)][0]);
	EXPECT_TRUE(exits[SYS(3, 3, 9, 12, 0)][1]);
	EXPECT_EQ(!!(v->vm->info.gic_models & 1U << ARMVCPU_GIC_V3),
		  exits[SYS(3, 0, 12, 12, 0)][0]);
}

/* ---- what is hidden ------------------------------------------------------------ */

#define SYS_ID_AA64PFR0	SYS(3, 0, 0, 4, 0)
#define SYS_ID_AA64PFR1	SYS(3, 0, 0, 4, 1)
#define SYS_ID_AA64DFR0	SYS(3, 0, 0, 5, 0)
#define SYS_ID_AA64ISAR1	SYS(3, 0, 0, 6, 1)
#define SYS_ID_AA64ISAR2	SYS(3, 0, 0, 6, 2)
#define SYS_ID_AA64MMFR0	SYS(3, 0, 0, 7, 0)
#define SYS_ID_AA64MMFR1	SYS(3, 0, 0, 7, 1)
#define SYS_ID_AA64MMFR2	SYS(3, 0, 0, 7, 2)

/* Fields of ID registers that have to be @value, whatever the host has. */
static const struct {
	const char *name;
	u32 encoding;
	unsigned int shift;
	unsigned int value;
} hidden_fields[] = {
	{ "EL0: AArch64 only", SYS_ID_AA64PFR0, 0, 1 },
	{ "EL1: AArch64 only", SYS_ID_AA64PFR0, 4, 1 },
	{ "EL2", SYS_ID_AA64PFR0, 8, 0 },
	{ "EL3", SYS_ID_AA64PFR0, 12, 0 },
	{ "RAS", SYS_ID_AA64PFR0, 28, 0 },
	{ "SVE", SYS_ID_AA64PFR0, 32, 0 },
	{ "Secure EL2", SYS_ID_AA64PFR0, 36, 0 },
	{ "MPAM", SYS_ID_AA64PFR0, 40, 0 },
	{ "AMU", SYS_ID_AA64PFR0, 44, 0 },
	{ "RME", SYS_ID_AA64PFR0, 52, 0 },
	{ "MTE", SYS_ID_AA64PFR1, 8, 0 },
	{ "RAS_frac", SYS_ID_AA64PFR1, 12, 0 },
	{ "MPAM_frac", SYS_ID_AA64PFR1, 16, 0 },
	{ "SME", SYS_ID_AA64PFR1, 24, 0 },
	{ "RNDR_trap", SYS_ID_AA64PFR1, 28, 0 },
	{ "CSV2_frac", SYS_ID_AA64PFR1, 32, 0 },
	{ "NMI", SYS_ID_AA64PFR1, 36, 0 },
	{ "debug architecture", SYS_ID_AA64DFR0, 0, 6 },
	{ "trace", SYS_ID_AA64DFR0, 4, 0 },
	{ "PMU", SYS_ID_AA64DFR0, 8, 0 },
	{ "PMSS", SYS_ID_AA64DFR0, 16, 0 },
	{ "context breakpoints", SYS_ID_AA64DFR0, 28, 0 },
	{ "SPE", SYS_ID_AA64DFR0, 32, 0 },
	{ "TraceFilt", SYS_ID_AA64DFR0, 40, 0 },
	{ "TraceBuffer", SYS_ID_AA64DFR0, 44, 0 },
	{ "MTPMU", SYS_ID_AA64DFR0, 48, 0 },
	{ "BRBE", SYS_ID_AA64DFR0, 52, 0 },
	{ "APA", SYS_ID_AA64ISAR1, 4, 0 },
	{ "API", SYS_ID_AA64ISAR1, 8, 0 },
	{ "GPA", SYS_ID_AA64ISAR1, 24, 0 },
	{ "GPI", SYS_ID_AA64ISAR1, 28, 0 },
	{ "LS64", SYS_ID_AA64ISAR1, 60, 0 },
	{ "GPA3", SYS_ID_AA64ISAR2, 8, 0 },
	{ "APA3", SYS_ID_AA64ISAR2, 12, 0 },
	{ "MOPS", SYS_ID_AA64ISAR2, 16, 0 },
	{ "VMIDBits", SYS_ID_AA64MMFR1, 4, 0 },
	{ "VH", SYS_ID_AA64MMFR1, 8, 0 },
	{ "LOR", SYS_ID_AA64MMFR1, 16, 0 },
	{ "XNX", SYS_ID_AA64MMFR1, 28, 0 },
	{ "HCX", SYS_ID_AA64MMFR1, 40, 0 },
	{ "NV", SYS_ID_AA64MMFR2, 24, 0 },
	{ "FWB", SYS_ID_AA64MMFR2, 40, 0 },
	{ "EVT", SYS_ID_AA64MMFR2, 56, 0 },
};

TEST(hidden_features_read_as_zero)
{
	static struct step s[ARRAY_SIZE(hidden_fields)];
	struct vcpu *v = steps_vcpu(0, false);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(s); i++)
		s[i] = (struct step)READ(hidden_fields[i].encoding);
	RUN_STEPS(v, s);
	for (i = 0; i < ARRAY_SIZE(s); i++) {
		u32 e = hidden_fields[i].encoding;

		ASSERT_EQ(OUT_OK, s[i].outcome);
		EXPECT_EQ(get_sysreg(v, e), s[i].x3);
		if ((s[i].x3 >> hidden_fields[i].shift & 15) != hidden_fields[i].value)
			th_fail(__FILE__, __LINE__, false, "%s: %s is 0x%llx",
				hidden_fields[i].name, reg_name(e),
				(unsigned long long)s[i].x3);
	}
}

/* AArch32's, SVE's and SME's ID registers, and those that nobody has named yet. */
TEST(other_id_registers_read_as_zero)
{
	static struct step s[56];
	static const u32 shown[] = {
		SYS_ID_AA64PFR0, SYS_ID_AA64PFR1, SYS_ID_AA64DFR0, SYS(3, 0, 0, 6, 0),
		SYS_ID_AA64ISAR1, SYS_ID_AA64ISAR2, SYS_ID_AA64MMFR0, SYS_ID_AA64MMFR1,
		SYS_ID_AA64MMFR2,
	};
	struct vcpu *v = steps_vcpu(0, true);
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(s); i++)
		s[i] = (struct step)READ(SYS(3, 0, 0, 1 + i / 8, i % 8));
	RUN_STEPS(v, s);
	for (i = 0; i < ARRAY_SIZE(s); i++) {
		u32 e = SYS(3, 0, 0, 1 + i / 8, i % 8);

		EXPECT_EQ(OUT_OK, s[i].outcome);
		EXPECT_EQ(get_sysreg(v, e), s[i].x3);
		for (j = 0; j < ARRAY_SIZE(shown) && shown[j] != e; j++)
			;
		if (j == ARRAY_SIZE(shown) && s[i].x3)
			th_fail(__FILE__, __LINE__, false, "%s is 0x%llx", reg_name(e),
				(unsigned long long)s[i].x3);
	}
}

/* Only what the host's own user space sees can be there: no more than the host. */
TEST(id_registers_promise_no_more_than_the_host_has)
{
	struct vcpu *v = steps_vcpu(0, false);
	/* fields of ID_AA64ISAR0_EL1, which Linux shows to programs */
	u64 host, guest = get_sysreg(v, SYS(3, 0, 0, 6, 0));
	unsigned int shift;

	__asm__ volatile("mrs %0, id_aa64isar0_el1" : "=r"(host));
	for (shift = 4; shift < 56; shift += 4)	/* TLB and RNDR may be hidden there */
		EXPECT_LE(guest >> shift & 15, host >> shift & 15);
	EXPECT_EQ(host >> 16 & 15, guest >> 16 & 15);	/* CRC32 */
}

TEST(gic_and_address_size_in_the_id_registers)
{
	static const u32 bits[] = { 32, 36, 40, 42, 44, 48 };
	struct armvcpu_create_vm arg = { .size = sizeof(arg) };
	struct vcpu *v;
	unsigned int i;

	EXPECT_EQ(0ULL, get_sysreg(steps_vcpu(0, false), SYS_ID_AA64PFR0) >> 24 & 15);
	/* system registers, which a GICv2 has not */
	v = steps_vcpu(0, true);
	EXPECT_EQ((u64)icc(v), get_sysreg(v, SYS_ID_AA64PFR0) >> 24 & 15);
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		struct vm *vm = vm_create_bare(0);

		if (bits[i] > vm->info.ipa_bits)
			break;
		close(vm->fd);
		arg.ipa_bits = bits[i];
		vm->fd = ioctl_raw(vm->dev, ARMVCPU_CREATE_VM, &arg);
		ASSERT_LE(0, vm->fd);
		v = vcpu_create(vm, 0);
		EXPECT_EQ((u64)i, get_sysreg(v, SYS_ID_AA64MMFR0) & 15);
	}
	EXPECT_LT(0, i);
}

/* Registers and instructions of what is hidden, one each at least. */
static const struct {
	const char *name;
	u32 insn;
} hidden[] = {
	{ "SVE: ZCR_EL1", MRS(SYS(3, 0, 1, 2, 0)) },
	{ "SVE: CNTD x3", 0x04e0e3e3 },
	{ "SVE: RDVL x3, #1", 0x04bf5023 },
	{ "SVE: PTRUE p0.b", 0x2518e3e0 },
	{ "SME: SVCR", MRS(SYS(3, 3, 4, 2, 2)) },
	{ "SME: SMCR_EL1", MRS(SYS(3, 0, 1, 2, 6)) },
	{ "SME: SMSTART", 0xd503477f },
	{ "SME: ZERO {za}", 0xc00800ff },
	{ "MTE: RGSR_EL1", MRS(SYS(3, 0, 1, 0, 5)) },
	{ "MTE: GCR_EL1", MRS(SYS(3, 0, 1, 0, 6)) },
	{ "MTE: TFSR_EL1", MRS(SYS(3, 0, 5, 6, 0)) },
	{ "MTE: TFSRE0_EL1", MRS(SYS(3, 0, 5, 6, 1)) },
	{ "MTE: GMID_EL1", MRS(SYS(3, 1, 0, 0, 4)) },
	{ "PMU: PMCR_EL0", MRS(SYS(3, 3, 9, 12, 0)) },
	{ "PMU: PMCNTENSET_EL0", MRS(SYS(3, 3, 9, 12, 1)) },
	{ "PMU: PMCCNTR_EL0", MRS(SYS(3, 3, 9, 13, 0)) },
	{ "PMU: PMUSERENR_EL0", MRS(SYS(3, 3, 9, 14, 0)) },
	{ "PMU: PMINTENSET_EL1", MRS(SYS(3, 0, 9, 14, 1)) },
	{ "PMU: PMCCFILTR_EL0", MRS(SYS(3, 3, 14, 15, 7)) },
	{ "PMU: write of PMCR_EL0", MSR(SYS(3, 3, 9, 12, 0)) },
	{ "PMU: write of PMUSERENR_EL0", MSR(SYS(3, 3, 9, 14, 0)) },
	{ "AMU: AMCR_EL0", MRS(SYS(3, 3, 13, 2, 0)) },
	{ "AMU: AMCFGR_EL0", MRS(SYS(3, 3, 13, 2, 1)) },
	{ "AMU: AMEVCNTR00_EL0", MRS(SYS(3, 3, 13, 4, 0)) },
	{ "PAuth: APIAKeyLo_EL1", MRS(SYS(3, 0, 2, 1, 0)) },
	{ "PAuth: APIAKeyHi_EL1", MRS(SYS(3, 0, 2, 1, 1)) },
	{ "PAuth: APIBKeyLo_EL1", MRS(SYS(3, 0, 2, 1, 2)) },
	{ "PAuth: APDAKeyLo_EL1", MRS(SYS(3, 0, 2, 2, 0)) },
	{ "PAuth: APDBKeyHi_EL1", MRS(SYS(3, 0, 2, 2, 3)) },
	{ "PAuth: APGAKeyLo_EL1", MRS(SYS(3, 0, 2, 3, 0)) },
	{ "PAuth: write of APIAKeyLo_EL1", MSR(SYS(3, 0, 2, 1, 0)) },
	{ "PAuth: PACGA x3, x3, x3", 0x9ac33063 },
	{ "SPE: PMSCR_EL1", MRS(SYS(3, 0, 9, 9, 0)) },
	{ "SPE: PMSIDR_EL1", MRS(SYS(3, 0, 9, 9, 7)) },
	{ "SPE: PMBLIMITR_EL1", MRS(SYS(3, 0, 9, 10, 0)) },
	{ "SPE: PMBPTR_EL1", MRS(SYS(3, 0, 9, 10, 1)) },
	{ "trace: TRFCR_EL1", MRS(SYS(3, 0, 1, 2, 1)) },
	{ "trace: TRCPRGCTLR", MRS(SYS(2, 1, 0, 1, 0)) },
	{ "trace: TRCIDR0", MRS(SYS(2, 1, 0, 8, 7)) },
	{ "trace: TRCOSLAR", MSR(SYS(2, 1, 1, 0, 4)) },
	{ "trace: TRBLIMITR_EL1", MRS(SYS(3, 0, 9, 11, 0)) },
	{ "trace: BRBCR_EL1", MRS(SYS(2, 1, 9, 0, 0)) },
	{ "RAS: ERRIDR_EL1", MRS(SYS(3, 0, 5, 3, 0)) },
	{ "RAS: ERRSELR_EL1", MRS(SYS(3, 0, 5, 3, 1)) },
	{ "RAS: ERXSTATUS_EL1", MRS(SYS(3, 0, 5, 4, 2)) },
	{ "RAS: write of ERXCTLR_EL1", MSR(SYS(3, 0, 5, 4, 1)) },
	{ "MPAM: MPAM1_EL1", MRS(SYS(3, 0, 10, 5, 0)) },
	{ "MPAM: MPAMIDR_EL1", MRS(SYS(3, 0, 10, 4, 4)) },
	{ "LOR: LORID_EL1", MRS(SYS(3, 0, 10, 4, 7)) },
	{ "LOR: LORSA_EL1", MRS(SYS(3, 0, 10, 4, 0)) },
	{ "SCXTNUM_EL1", MRS(SYS(3, 0, 13, 0, 7)) },
	{ "SCXTNUM_EL0", MRS(SYS(3, 3, 13, 0, 7)) },
	{ "EL2: HCR_EL2", MRS(SYS(3, 4, 1, 1, 0)) },
	{ "EL2: VTTBR_EL2", MSR(SYS(3, 4, 2, 1, 0)) },
	{ "EL2: SCTLR_EL12", MRS(SYS(3, 5, 1, 0, 0)) },
	{ "EL2: CNTHCTL_EL2", MSR(SYS(3, 4, 14, 1, 0)) },
	{ "EL2: SP_EL1", MRS(SYS(3, 4, 4, 1, 0)) },
	{ "EL3: SCR_EL3", MRS(SYS(3, 6, 1, 1, 0)) },
	{ "AT S12E1R, x3", 0xd50c7883 },
	{ "TLBI VMALLS12E1", 0xd50c83df },
};

TEST(hidden_features_are_undefined)
{
	static struct step s[ARRAY_SIZE(hidden)];
	unsigned int i, gic;

	for (gic = 0; gic < 2; gic++) {
		struct vcpu *v = steps_vcpu(0, gic);

		for (i = 0; i < ARRAY_SIZE(s); i++)
			s[i] = (struct step){ .insn = hidden[i].insn, .x3 = MARK };
		RUN_STEPS(v, s);
		for (i = 0; i < ARRAY_SIZE(s); i++)
			if (!is_undef(s[i].outcome, insn_encoding(hidden[i].insn), has_idst(v)) || s[i].x3 != MARK)
				th_fail(__FILE__, __LINE__, false,
					"%s: outcome 0x%x, x3 0x%llx", hidden[i].name,
					s[i].outcome, (unsigned long long)s[i].x3);
	}
}

TEST(cpu_interface_without_a_gic_is_undefined)
{
	static struct step s[2 * ARRAY_SIZE(known)];
	struct vcpu *v = steps_vcpu(0, false);
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (!(known[i].flags & GIC) || known[i].encoding == SYS_ICC_SRE)
			continue;
		s[n++] = (struct step)READ(known[i].encoding);
		s[n++] = (struct step)WRITE(known[i].encoding, ~0ULL);
	}
	ASSERT_LT(40, n);
	run_steps(v, false, s, n);
	for (i = 0; i < n; i++)
		EXPECT_EQ(OUT_UNDEF, s[i].outcome);
}

/* ---- identification --------------------------------------------------------------- */

TEST(midr_and_mpidr)
{
	static const u64 affinity[] = { 0, 1, 15, 0x0102030f & 0xffff0f, 0xab00cd0e0fULL };
	struct vm *vm = vm_create(0);
	u64 midr;
	unsigned int i;

	__asm__ volatile("mrs %0, midr_el1" : "=r"(midr));
	for (i = 0; i < ARRAY_SIZE(affinity); i++) {
		struct step s[] = { READ(SYS_MIDR_EL1), READ(SYS_MPIDR_EL1) };
		struct vcpu v = { .vm = vm, .id = i };

		v.fd = vcpu_create_raw(vm, i, affinity[i], 0);
		ASSERT_LE(0, v.fd);
		v.run = mmap(NULL, vm->info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			     v.fd, 0);
		RUN_STEPS(&v, s);
		EXPECT_EQ(affinity[i] | 1ULL << 31, s[1].x3);
		EXPECT_EQ(affinity[i] | 1ULL << 31, get_sysreg(&v, SYS_MPIDR_EL1));
		EXPECT_EQ(get_sysreg(&v, SYS_MIDR_EL1), s[0].x3);
		/* of one of the host's CPUs; of which one is not to be seen here */
		if (cpu_count() == 1)
			EXPECT_EQ(midr, s[0].x3);
		EXPECT_NE(0ULL, s[0].x3);
	}
}

TEST(identification_cannot_be_written)
{
	struct step s[] = {
		WRITE(SYS_MIDR_EL1, 0), WRITE(SYS_MPIDR_EL1, 0), WRITE(SYS(3, 0, 0, 0, 6), 0),
		WRITE(SYS_ID_AA64PFR0, ~0ULL), WRITE(SYS(3, 1, 0, 0, 1), 0),
		WRITE(SYS(3, 3, 0, 0, 1), 0), WRITE(SYS(3, 3, 14, 0, 0), 0),
		WRITE(SYS(3, 3, 14, 0, 1), 0), WRITE(SYS(3, 3, 14, 0, 2), 0),
	};
	/* and that is no exit either */
	struct vcpu *v = steps_vcpu(ARMVCPU_VM_SYSREG_EXITS, false);
	u64 pfr0 = get_sysreg(v, SYS_ID_AA64PFR0);
	unsigned int i;

	RUN_STEPS(v, s);
	for (i = 0; i < ARRAY_SIZE(s); i++)
		EXPECT_EQ(OUT_UNDEF, s[i].outcome);
	EXPECT_EQ(pfr0, get_sysreg(v, SYS_ID_AA64PFR0));
	EXPECT_EQ(-EINVAL, set_sysreg_raw(v, SYS_ID_AA64PFR0, pfr0 ^ 1ULL << 32));
	EXPECT_EQ(-EINVAL, set_sysreg_raw(v, SYS_MPIDR_EL1, 1ULL << 31 | 7));
	EXPECT_EQ(0, set_sysreg_raw(v, SYS_ID_AA64PFR0, pfr0));
}

TEST(el0_has_no_registers_of_el1)
{
	struct step s[] = {
		READ(SYS_MIDR_EL1), READ(SYS_ID_AA64PFR0), READ(SYS_SCTLR_EL1),
		READ(SYS(2, 0, 0, 2, 2)), WRITE(SYS(2, 0, 1, 0, 4), 1),
		READ(SYS(3, 1, 0, 0, 0)), WRITE(SYS_TTBR0_EL1, 0), WRITE(SYS_CPACR_EL1, 0),
	};
	struct vcpu *v = steps_vcpu(ARMVCPU_VM_SYSREG_EXITS, false);
	unsigned int i;

	run_steps(v, true, s, ARRAY_SIZE(s));
	for (i = 0; i < ARRAY_SIZE(s); i++)
		EXPECT_TRUE(is_undef(s[i].outcome, insn_encoding(s[i].insn), has_idst(v)));
}

TEST(caches_have_one_set_and_one_way)
{
	struct step s[] = {
		READ(SYS(3, 1, 0, 0, 1)), WRITE(SYS_CSSELR_EL1, 0), READ(SYS(3, 1, 0, 0, 0)),
		WRITE(SYS_CSSELR_EL1, 1), READ(SYS(3, 1, 0, 0, 0)), READ(SYS_CSSELR_EL1),
	};
	struct vcpu *v = steps_vcpu(0, false);

	RUN_STEPS(v, s);
	EXPECT_NE(0ULL, s[0].x3);
	/* sets and ways less one are 0, the line is the rest */
	EXPECT_EQ(0ULL, s[2].x3 & ~7ULL);
	EXPECT_EQ(0ULL, s[4].x3 & ~7ULL);
	EXPECT_EQ(1ULL, s[5].x3);
}

/* ---- exits ------------------------------------------------------------------------- */

GUEST(g_exit_each,
	".irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, "
	"21, 22, 23, 24, 25, 26, 27, 28, 29, 30\n"
	"mrs	x\\n, S3_3_C9_C13_0\n"
	"msr	S3_3_C9_C12_1, x\\n\n"
	".endr\n"
	"mrs	xzr, S3_3_C9_C13_0\n"
	"msr	S3_3_C9_C12_1, xzr\n"
	"b	.");

TEST(exits_of_each_register)
{
	struct vcpu *v = steps_vcpu(ARMVCPU_VM_SYSREG_EXITS, false);
	struct armvcpu_run *run = v->run;
	struct armvcpu_regs r, before;
	unsigned int n, i;

	vcpu_start(v, g_exit_each);
	get_regs(v, &before);
	for (n = 0; n < 32; n++) {
		u64 value = 0xfedcba9800000000ULL | n;

		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_SYSREG);
		EXPECT_EQ(SYS(3, 3, 9, 13, 0), run->u.sysreg.encoding);
		EXPECT_EQ(0, run->u.sysreg.write);
		EXPECT_EQ(n, run->u.sysreg.reg);
		EXPECT_EQ((u64)(g_exit_each + 2 * n), run->pc);
		EXPECT_EQ(0ULL, run->u.sysreg.value);
		run->u.sysreg.value = value;
		/* what the exit was is not read back */
		run->u.sysreg.reg = 7;
		run->u.sysreg.write = 1;
		if (n < 31)
			before.x[n] = value;

		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_SYSREG);
		EXPECT_EQ(SYS(3, 3, 9, 12, 1), run->u.sysreg.encoding);
		EXPECT_EQ(1, run->u.sysreg.write);
		EXPECT_EQ(n, run->u.sysreg.reg);
		EXPECT_EQ(n == 31 ? 0 : value, run->u.sysreg.value);
		run->u.sysreg.value = 0x77;
	}
	vcpu_complete(v);
	get_regs(v, &r);
	for (i = 0; i < 31; i++)
		EXPECT_EQ(before.x[i], r.x[i]);
}

GUEST(g_exit_answers,
	"mov	x3, #0x33\n"
	".globl	g_answer_mrs, g_answer_msr\n"
	"g_answer_mrs: mrs	x3, S3_3_C9_C13_0\n"
	"str	x3, [x28]\n"
	"g_answer_msr: msr	S3_3_C9_C13_0, x3\n"
	"str	x3, [x28]\n"
	"b	.");
extern const u32 g_answer_mrs[], g_answer_msr[];

TEST(exits_answered_with_retry_and_inject)
{
	struct vcpu *v = steps_vcpu(ARMVCPU_VM_SYSREG_EXITS, false);
	struct armvcpu_run *run = v->run;
	unsigned int i;

	vcpu_start(v, g_exit_answers);
	for (i = 0; i < 3; i++) {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_SYSREG);
		EXPECT_EQ((u64)g_answer_mrs, run->pc);
		EXPECT_EQ(0x33ULL, get_x(v, 3));
		run->u.sysreg.value = 0x99;
		run->answer = i < 2 ? ARMVCPU_ANSWER_RETRY : ARMVCPU_ANSWER_HANDLED;
	}
	EXPECT_EQ(0x99ULL, vcpu_sync(v));
	for (i = 0; i < 3; i++) {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_SYSREG);
		EXPECT_EQ((u64)g_answer_msr, run->pc);
		EXPECT_EQ(0x99ULL, run->u.sysreg.value);
		run->answer = i < 2 ? ARMVCPU_ANSWER_RETRY : ARMVCPU_ANSWER_INJECT;
	}
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_SYNC, run->u.mmio.ipa);
	EXPECT_EQ(EC_UNKNOWN, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));
	EXPECT_EQ((u64)g_answer_msr, get_sysreg(v, SYS(3, 0, 4, 0, 1)));
	EXPECT_EQ(0x99ULL, get_x(v, 3));
}

/* ---- debug ---------------------------------------------------------------------------- */

TEST(debug_registers_read_as_zero_and_ignore_writes)
{
	static struct step s[3 * ARRAY_SIZE(known)];
	struct vcpu *v = steps_vcpu(0, false);
	unsigned int i, n = 0, seen = 0;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].encoding >= SYS(3, 0, 0, 0, 0) || (known[i].flags & RW) != RW)
			continue;
		s[n++] = (struct step)READ(known[i].encoding);
		s[n++] = (struct step)WRITE(known[i].encoding, ~0ULL);
		s[n++] = (struct step)READ(known[i].encoding);
	}
	ASSERT_LT(40, n);
	run_steps(v, false, s, n);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(s[i - i % 3].outcome, s[i].outcome);
		if (s[i].outcome != OUT_OK)	/* which ones that may be: EMU */
			continue;
		seen++;
		if (i % 3 != 1)
			EXPECT_EQ(0ULL, s[i].x3);
	}
	EXPECT_LE(30, seen);
}

/* ID_AA64DFR0_EL1 says how many there are, and there are no more. */
TEST(breakpoints_beyond_the_last_are_undefined)
{
	static struct step s[64];
	struct vcpu *v = steps_vcpu(0, false);
	u64 dfr0 = get_sysreg(v, SYS_ID_AA64DFR0);
	unsigned int i, breakpoints = (dfr0 >> 12 & 15) + 1, watchpoints = (dfr0 >> 20 & 15) + 1;

	for (i = 0; i < 64; i++)
		s[i] = (struct step)READ(SYS(2, 0, 0, i / 4, 4 + i % 4));
	RUN_STEPS(v, s);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(i / 4 < (i % 4 < 2 ? breakpoints : watchpoints) ? OUT_OK : OUT_UNDEF,
			  s[i].outcome);
}

#define SYS_OSLAR	SYS(2, 0, 1, 0, 4)
#define SYS_OSLSR	SYS(2, 0, 1, 1, 4)

TEST(os_lock)
{
	struct step s[] = {
		READ(SYS_OSLSR),			/* 0: locked at reset */
		WRITE(SYS_OSLAR, 0xfffffffe), READ(SYS_OSLSR),
		WRITE(SYS_OSLAR, 1), READ(SYS_OSLSR),
		READ(SYS_OSLAR), WRITE(SYS_OSLSR, 0),	/* 5, 6 */
		READ(SYS_OSLSR),
	};
	struct step again[] = { READ(SYS_OSLSR), WRITE(SYS_OSLAR, 1) };
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0), *w = vcpu_create(vm, 1);

	RUN_STEPS(v, s);
	EXPECT_EQ(0xaULL, s[0].x3);
	EXPECT_EQ(8ULL, s[2].x3);
	EXPECT_EQ(0xaULL, s[4].x3);
	EXPECT_EQ(OUT_UNDEF, s[5].outcome);
	EXPECT_EQ(OUT_UNDEF, s[6].outcome);
	EXPECT_EQ(0xaULL, s[7].x3);

	/* the VMM's view, and each vCPU has its own */
	EXPECT_EQ(0xaULL, get_sysreg(v, SYS_OSLSR));
	set_sysreg(v, SYS_OSLSR, 8);
	EXPECT_EQ(0xaULL, get_sysreg(w, SYS_OSLSR));
	RUN_STEPS(v, again);
	EXPECT_EQ(8ULL, again[0].x3);
	EXPECT_EQ(0xaULL, get_sysreg(v, SYS_OSLSR));
	EXPECT_EQ(-EINVAL, set_sysreg_raw(v, SYS_OSLSR, 2));
	EXPECT_EQ(-EINVAL, set_sysreg_raw(v, SYS_OSLSR, 0xb));
	EXPECT_EQ(-ENOENT, set_sysreg_raw(v, SYS_OSLAR, 0));
	set_sysreg(v, SYS_OSLSR, 8);
	ASSERT_EQ(0, vcpu_reset_raw(v, 0, 0, 0));
	EXPECT_EQ(0xaULL, get_sysreg(v, SYS_OSLSR));
}

/* ---- counters and the physical timer ------------------------------------------------------ */

#define SYS_CNTFRQ	SYS(3, 3, 14, 0, 0)
#define SYS_CNTPCT	SYS(3, 3, 14, 0, 1)
#define SYS_CNTVCT	SYS(3, 3, 14, 0, 2)
#define SYS_CNTP_TVAL	SYS(3, 3, 14, 2, 0)
#define SYS_CNTP_CTL	SYS(3, 3, 14, 2, 1)
#define SYS_CNTP_CVAL	SYS(3, 3, 14, 2, 2)

TEST(counters_can_be_read)
{
	struct step s[] = {
		READ(SYS_CNTFRQ), READ(SYS_CNTPCT), READ(SYS_CNTVCT), READ(SYS_CNTPCT),
		READ(SYS_CNTVCT),
	};
	struct vcpu *v = steps_vcpu(0, false);
	u64 before = guest_counter(), after;

	RUN_STEPS(v, s);
	after = guest_counter();
	EXPECT_EQ(v->vm->info.timer_freq, s[0].x3);
	/* the physical counter is the host's, the virtual one began with the VM */
	EXPECT_LE(before, s[1].x3);
	EXPECT_LT(s[1].x3, s[3].x3);
	EXPECT_LE(s[3].x3, after);
	EXPECT_LT(s[2].x3, s[4].x3);
	EXPECT_LT(s[2].x3, s[1].x3);
	/* by the same offset all the time, as far as can be seen between others */
	EXPECT_LT(s[1].x3 - s[2].x3, s[3].x3);
	EXPECT_LE(s[1].x3, s[2].x3 + (s[3].x3 - s[2].x3));
	EXPECT_LT(s[4].x3, after - before + guest_ticks(60000000));
}

TEST(physical_timer_registers)
{
	struct step s[] = {
		READ(SYS_CNTP_CTL),					/* 0 */
		WRITE(SYS_CNTP_CVAL, 0x123456789abcdef0),
		READ(SYS_CNTP_CVAL),
		READ(SYS_CNTP_CTL),					/* 3: disabled */
		WRITE(SYS_CNTP_CTL, ~0ULL),
		READ(SYS_CNTP_CTL),					/* 5: masked, far away */
		WRITE(SYS_CNTP_CVAL, 0),
		READ(SYS_CNTP_CTL),					/* 7: has fired */
		WRITE(SYS_CNTP_CTL, 0),
		READ(SYS_CNTP_CTL),					/* 9 */
		WRITE(SYS_CNTP_CTL, 2),
		READ(SYS_CNTPCT),					/* 11 */
		WRITE(SYS_CNTP_TVAL, 0x10000000),
		READ(SYS_CNTP_CVAL),
		READ(SYS_CNTPCT),
		READ(SYS_CNTP_TVAL),					/* 15 */
		WRITE(SYS_CNTP_TVAL, 0xfffffffff0000000),
		READ(SYS_CNTP_CVAL),					/* 17 */
		READ(SYS_CNTP_TVAL),
		WRITE(SYS_CNTP_CTL, 3),
		READ(SYS_CNTP_CTL),					/* 20 */
		WRITE(SYS_CNTP_TVAL, 0x7fffffff),
		READ(SYS_CNTP_CTL),					/* 22 */
	};
	struct vcpu *v = steps_vcpu(0, true);
	unsigned int i;

	RUN_STEPS(v, s);
	for (i = 0; i < ARRAY_SIZE(s); i++)
		ASSERT_EQ(OUT_OK, s[i].outcome);
	EXPECT_EQ(0ULL, s[0].x3);
	EXPECT_EQ(0x123456789abcdef0ULL, s[2].x3);
	EXPECT_EQ(0ULL, s[3].x3);
	EXPECT_EQ(3ULL, s[5].x3);
	EXPECT_EQ(7ULL, s[7].x3);
	EXPECT_EQ(0ULL, s[9].x3 & 3);
	EXPECT_LE(s[11].x3 + 0x10000000, s[13].x3);
	EXPECT_GE(s[14].x3 + 0x10000000, s[13].x3);
	/* 32 bits with a sign, and what is read as them has no upper half */
	EXPECT_GE(0x10000000ULL, s[15].x3);
	EXPECT_LE(0x08000000ULL, s[15].x3);
	EXPECT_GT(s[14].x3, s[17].x3);
	EXPECT_LE(s[14].x3 - 0x10000000, s[17].x3);
	EXPECT_EQ(0ULL, s[18].x3 >> 32);
	EXPECT_EQ(1ULL, s[18].x3 >> 31);
	EXPECT_EQ(7ULL, s[20].x3);
	EXPECT_EQ(3ULL, s[22].x3);
	/* and what the VMM gets */
	EXPECT_EQ(3ULL, get_sysreg(v, SYS_CNTP_CTL));
	set_sysreg(v, SYS_CNTP_CVAL, 1);
	EXPECT_EQ(7ULL, get_sysreg(v, SYS_CNTP_CTL));
	EXPECT_EQ(1ULL, get_sysreg(v, SYS_CNTP_CVAL));
}

/* ---- a whole vCPU ---------------------------------------------------------------------------- */

static unsigned int list_sysregs(struct vcpu *v, struct armvcpu_sysreg *regs)
{
	struct armvcpu_sysregs arg = {
		.count = ARMVCPU_MAX_SYSREGS, .entries = (u64)regs,
	};

	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_LIST_SYSREGS, &arg));
	return arg.count;
}

static void round_trip(bool gic)
{
	static struct armvcpu_sysreg saved[ARMVCPU_MAX_SYSREGS], seen[ARMVCPU_MAX_SYSREGS];
	static struct step set[] = {
		WRITE(SYS_TTBR0_EL1, 0x0012000012345000), WRITE(SYS_TTBR1_EL1, 0x00ff0000abcde000),
		WRITE(SYS_TCR_EL1, 0x200803519), WRITE(SYS_MAIR_EL1, 0xff440c0400bb0000),
		WRITE(SYS_CONTEXTIDR_EL1, 0xdeadbeef), WRITE(SYS_TPIDR_EL1, MARK),
		WRITE(SYS_TPIDR_EL0, ~MARK), WRITE(SYS_TPIDRRO_EL0, MARK + 1),
		WRITE(SYS(3, 0, 4, 1, 0), MARK + 2), WRITE(SYS_FAR_EL1, MARK + 3),
		WRITE(SYS_PAR_EL1, 0x12345b80), WRITE(SYS_CNTKCTL_EL1, 3),
		WRITE(SYS_CSSELR_EL1, 2), WRITE(SYS_OSLAR, 0),
		WRITE(SYS_CNTV_CVAL_EL0, 0x7234567812345678), WRITE(SYS_CNTV_CTL_EL0, 3),
		WRITE(SYS_CNTP_CVAL, 0x7765432112345678), WRITE(SYS_CNTP_CTL, 3),
		WRITE(SYS_CPACR_EL1, 3 << 20),
	};
	static struct step reads[ARMVCPU_MAX_SYSREGS];
	struct vcpu *v = steps_vcpu(0, gic), *w = steps_vcpu(0, gic);
	struct armvcpu_sysregs arg = { .entries = (u64)saved };
	unsigned int i, n;

	RUN_STEPS(v, set);
	for (i = 0; i < ARRAY_SIZE(set); i++)
		ASSERT_EQ(OUT_OK, set[i].outcome);
	n = arg.count = list_sysregs(v, saved);
	ASSERT_LT(60, n);
	for (i = 1; i < n; i++)
		EXPECT_LT(saved[i - 1].encoding, saved[i].encoding);

	/* the second one is not the first one by chance */
	ASSERT_EQ(n, list_sysregs(w, seen));
	EXPECT_NE(0, memcmp(saved, seen, n * sizeof(saved[0])));
	for (i = 0; i < n; i++)
		reads[i] = (struct step)READ(saved[i].encoding);
	steps_prepare(w, false, reads, n);
	ASSERT_EQ(0, ioctl_raw(w->fd, ARMVCPU_SET_SYSREGS, &arg));
	ASSERT_EQ(n, list_sysregs(w, seen));
	EXPECT_EQ(0, memcmp(saved, seen, n * sizeof(saved[0])));
	ASSERT_EQ(0, ioctl_raw(w->fd, ARMVCPU_GET_SYSREGS, &arg));
	EXPECT_EQ(0, memcmp(saved, seen, n * sizeof(saved[0])));

	/* and the guest there has them: SP_EL1 cannot be read at EL1 */
	EXPECT_EQ((u64)n, vcpu_sync(w));
	steps_results(w, reads, n);
	for (i = 0; i < n; i++) {
		u32 e = saved[i].encoding;

		if (e == SYS(3, 4, 4, 1, 0)) {
			EXPECT_EQ(OUT_UNDEF, reads[i].outcome);
			continue;
		}
		/* what running the steps itself changes */
		if (e == SYS_VBAR_EL1 || e == SYS_ESR_EL1 || e == SYS(3, 0, 4, 0, 0) ||
		    e == SYS(3, 0, 4, 0, 1))
			continue;
		if (reads[i].outcome != OUT_OK || reads[i].x3 != saved[i].value)
			th_fail(__FILE__, __LINE__, false,
				"%s: outcome 0x%x, 0x%llx, was 0x%llx", reg_name(e),
				reads[i].outcome, (unsigned long long)reads[i].x3,
				(unsigned long long)saved[i].value);
	}
}

TEST(all_registers_into_another_vcpu)
{
	round_trip(false);
}

TEST(all_registers_into_another_vcpu_with_a_gic)
{
	round_trip(true);
}

/* What LIST has, SET takes back; what is not there is ENOENT, for each encoding. */
TEST(get_and_set_of_each_encoding)
{
	static struct armvcpu_sysreg list[ARMVCPU_MAX_SYSREGS];
	struct vcpu *v = steps_vcpu(0, true);
	unsigned int n = list_sysregs(v, list), i = 0, bad = 0;
	u32 e;

	for (e = 0; e < 0x10000 && bad < 10; e++) {
		bool listed = i < n && list[i].encoding == e;
		u64 value = 0;
		int ret = get_sysreg_raw(v, e, &value);

		i += listed;
		/* unallocated ID registers can be read */
		if (ret != (listed || is_id(e) ? 0 : -ENOENT)) {
			th_fail(__FILE__, __LINE__, false, "GET of %s: %d", reg_name(e), ret);
			bad++;
		}
		if (set_sysreg_raw(v, e, value) != ret) {
			th_fail(__FILE__, __LINE__, false, "SET of %s", reg_name(e));
			bad++;
		}
	}
	EXPECT_EQ(n, i);
}

TEST_HARNESS_MAIN
