// SPDX-License-Identifier: GPL-2.0-only
/*
 * What belongs to one guest is seen by no other guest, and not by the host;
 * what belongs to the host is as it was after each RUN.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_alg.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "testlib.h"

/*
 * A guest with a canary in each register that a program has: x0 to x27 are
 * derived from x0, V registers and system registers from it, too. It makes 25
 * calls and 25 accesses of a timer that the kernel answers (a switch to the host
 * and back each, which for the accesses does not leave the inner loop), checks
 * all of them, and tells the host. x0 to x3 belong to the calls, so they are
 * not checked over them; GPRs are checked one by one against x19.
 */
#define FOR_X		".irp n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23\n"
#define FOR_V		".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, "	\
			"16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"

/* x19: the guest's seed; x24, x25: scratch; x26: calls still to make */
GUEST(g_canaries,
	"mov	x24, #3 << 20\n"
	"msr	cpacr_el1, x24\n"
	"isb\n"
	FOR_X
	"add	x\\n, x19, #\\n\n"
	".endr\n"
	FOR_V
	"add	x24, x19, #(64 + \\n)\n"
	"dup	v\\n\\().2d, x24\n"
	".endr\n"
	"add	x24, x19, #128\n"
	"msr	sp_el0, x24\n"
	"add	x24, x19, #129\n"
	"msr	tpidr_el0, x24\n"
	"add	x24, x19, #130\n"
	"msr	tpidrro_el0, x24\n"
	"add	x24, x19, #131\n"
	"msr	tpidr_el1, x24\n"
	"add	w24, w19, #132\n"
	"msr	contextidr_el1, x24\n"
	"add	x24, x19, #133\n"
	"msr	elr_el1, x24\n"
	"add	x24, x19, #134\n"
	"msr	far_el1, x24\n"
	"and	x24, x19, #0x8000000\n"		/* FPSR.QC */
	"msr	fpsr, x24\n"
	"and	x24, x19, #0x7c00000\n"		/* FPCR: AHP, DN, FZ, RMode */
	"msr	fpcr, x24\n"
	"and	x24, x19, #0xfffff000\n"
	"msr	par_el1, x24\n"
	"mov	x24, #2\n"
	"msr	csselr_el1, x24\n"
	"and	x24, x19, #0xf0000000\n"
	"msr	nzcv, x24\n"
	"isb\n"
	"1:	mov	x26, #25\n"
	"2:\n"
	CALL_OF_THE_HOST
	"mrs	x24, s3_3_c14_c2_1\n"		/* CNTP_CTL_EL0 */
	"mrs	x24, nzcv\n"
	"and	x25, x19, #0xf0000000\n"
	"sub	x24, x24, x25\n"
	"cbnz	x24, 9f\n"
	"sub	x26, x26, #1\n"
	"cbnz	x26, 2b\n"
	/* all of it, differences collected in x27 */
	"mov	x27, #0\n"
	FOR_X
	"sub	x24, x\\n, x19\n"
	"sub	x24, x24, #\\n\n"
	"orr	x27, x27, x24\n"
	".endr\n"
	FOR_V
	"umov	x24, v\\n\\().d[0]\n"
	"umov	x25, v\\n\\().d[1]\n"
	"sub	x24, x24, x19\n"
	"sub	x24, x24, #(64 + \\n)\n"
	"sub	x25, x25, x19\n"
	"sub	x25, x25, #(64 + \\n)\n"
	"orr	x27, x27, x24\n"
	"orr	x27, x27, x25\n"
	".endr\n"
	"cbnz	x27, 8f\n"
	".macro	check reg, n\n"
	"mrs	x24, \\reg\n"
	"sub	x24, x24, x19\n"
	"sub	x24, x24, #\\n\n"
	"orr	x27, x27, x24\n"
	".endm\n"
	"check	sp_el0, 128\n"
	"check	tpidr_el0, 129\n"
	"check	tpidrro_el0, 130\n"
	"check	tpidr_el1, 131\n"
	"check	elr_el1, 133\n"
	"check	far_el1, 134\n"
	"mrs	x24, contextidr_el1\n"
	"sub	w24, w24, w19\n"
	"sub	w24, w24, #132\n"
	"orr	x27, x27, x24\n"
	".macro	check_bits reg, mask\n"
	"mrs	x24, \\reg\n"
	"and	x24, x24, #\\mask\n"
	"and	x25, x19, #\\mask\n"
	"eor	x24, x24, x25\n"
	"orr	x27, x27, x24\n"
	".endm\n"
	"check_bits	fpsr, 0x8000000\n"
	"check_bits	fpcr, 0x7c00000\n"
	"check_bits	par_el1, 0xfffff000\n"
	"mrs	x24, csselr_el1\n"
	"sub	x24, x24, #2\n"
	"orr	x27, x27, x24\n"
	"cbnz	x27, 7f\n"
	/* all well */
	"str	x27, [x28]\n"
	"b	1b\n"
	"7:	str	x27, [x28, #0x10]\n"	/* not PORT_FAIL's format: see below */
	"8:	str	x27, [x28, #0x18]\n"
	"9:	str	x24, [x28, #0x20]\n"
	"b	.");

#define SEED_A	0x5a5a5a5aa9b12345ULL
#define SEED_B	0xa5a5a5a554e77321ULL

static struct vcpu *canary_vcpu(u64 seed)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	struct armvcpu_regs r;

	vcpu_start(v, g_canaries);
	get_regs(v, &r);
	r.x[19] = seed;
	set_regs(v, &r);
	return v;
}

/* One round of 50 exits. */
static void canary_round(struct vcpu *v)
{
	struct armvcpu_run *run = v->run;

	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	if (run->u.mmio.ipa == PORT_SYNC)
		return;
	FAIL("%s of the guest changed, differences 0x%llx",
	     run->u.mmio.ipa == PORT_FAIL ? "system registers" :
	     run->u.mmio.ipa == PORT_LOG ? "x or v registers" :
	     run->u.mmio.ipa == PORT_BASE + 0x20 ? "flags" : "something",
	     (unsigned long long)run->u.mmio.data);
}

/* ---- the host's side ---------------------------------------------------------- */

struct host_regs {
	u64 v[64];
	u64 fpsr, fpcr, tpidr_el0;
};

/* An ioctl with all V registers loaded before it and stored after it. */
static int run_with_v(struct vcpu *v, const struct host_regs *in, struct host_regs *out)
{
	register long x0 __asm__("x0") = v->fd;
	register long x1 __asm__("x1") = ARMVCPU_RUN;
	register long x2 __asm__("x2") = 0;
	register long x8 __asm__("x8") = SYS_ioctl;

	__asm__ volatile(
		".irp	n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30\n"
		"ldr	q\\n, [%1, #(16 * \\n)]\n"
		".endr\n"
		".irp	n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31\n"
		"ldr	q\\n, [%1, #(16 * \\n)]\n"
		".endr\n"
		"ldr	x9, [%1, #512]\n"
		"msr	fpsr, x9\n"
		"ldr	x9, [%1, #520]\n"
		"msr	fpcr, x9\n"
		"svc	#0\n"
		"mrs	x9, fpsr\n"
		"str	x9, [%2, #512]\n"
		"mrs	x9, fpcr\n"
		"str	x9, [%2, #520]\n"
		"mrs	x9, tpidr_el0\n"
		"str	x9, [%2, #528]\n"
		"msr	fpcr, xzr\n"
		".irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
		"str	q\\n, [%2, #(16 * \\n)]\n"
		".endr\n"
		".irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
		"str	q\\n, [%2, #(16 * \\n)]\n"
		".endr\n"
		: "+r"(x0) : "r"(in), "r"(out), "r"(x1), "r"(x2), "r"(x8)
		: "x9", "memory",
		  "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10",
		  "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20",
		  "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
		  "v31");
	return x0;
}

static void fill_host(struct host_regs *h, u64 seed)
{
	unsigned int i;

	for (i = 0; i < 64; i++)
		h->v[i] = seed * (2 * i + 1);
	h->fpsr = (seed & 0x1f) | 1 << 27;
	h->fpcr = (seed & 3) << 22;
	__asm__("mrs %0, tpidr_el0" : "=r"(h->tpidr_el0));
}

static void check_host(const struct host_regs *want, const struct host_regs *seen)
{
	unsigned int i;

	for (i = 0; i < 64; i++)
		if (want->v[i] != seen->v[i])
			FAIL("the host's v%u.d[%u] is 0x%llx, not 0x%llx", i / 2, i % 2,
			     (unsigned long long)seen->v[i],
			     (unsigned long long)want->v[i]);
	ASSERT_EQ(want->fpsr, seen->fpsr);
	ASSERT_EQ(want->fpcr, seen->fpcr);
	ASSERT_EQ(want->tpidr_el0, seen->tpidr_el0);
}

/* 1,000 rounds of 50 exits each, in two guests: 100,000 switches, there and back. */
TEST_TIMEOUT(two_guests_and_the_host_over_100000_switches, 120)
{
	struct vcpu *a, *b;
	struct host_regs want, seen;
	unsigned int i;

	a = canary_vcpu(SEED_A);
	b = canary_vcpu(SEED_B);
	for (i = 0; i < 1000; i++) {
		struct vcpu *v = i & 1 ? a : b;

		fill_host(&want, 0x1234567812345677ULL + i);
		memset(&seen, 0, sizeof(seen));
		ASSERT_EQ(0, run_with_v(v, &want, &seen));
		check_host(&want, &seen);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		ASSERT_EQ((u64)PORT_SYNC, v->run->u.mmio.ipa);
		canary_round(i & 1 ? b : a);
	}
}

/* The same on one CPU in two threads, so that the scheduler switches in between. */
static volatile bool stop;

static void *canary_thread(void *arg)
{
	struct vcpu *v = arg;

	pin_cpu(0);
	while (!stop)
		canary_round(v);
	return NULL;
}

static void *host_thread(void *arg)
{
	u64 seed = (u64)arg;
	u64 lost = 0;

	pin_cpu(0);
	while (!stop) {
		u64 a, b;

		/* V registers over a busy while and a yield */
		__asm__ volatile("dup v8.2d, %2\n\tdup v31.2d, %2\n\t"
				 "mov x9, #2000\n\t"
				 "1: subs x9, x9, #1\n\tb.ne 1b\n\t"
				 "mov x8, %3\n\tsvc #0\n\t"
				 "umov %0, v8.d[1]\n\tumov %1, v31.d[0]"
				 : "=&r"(a), "=&r"(b) : "r"(seed), "i"(SYS_sched_yield)
				 : "x0", "x8", "x9", "v8", "v31", "cc", "memory");
		lost |= (a ^ seed) | (b ^ seed);
		seed += 0x0101010101010101ULL;
	}
	return (void *)lost;
}

TEST(guests_and_programs_that_share_a_cpu)
{
	struct vcpu *a = canary_vcpu(SEED_A), *b = canary_vcpu(SEED_B);
	pthread_t t[2];
	unsigned int i;
	void *lost;

	vcpu_thread(a, canary_thread);
	vcpu_thread(b, canary_thread);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, host_thread,
					    (void *)(0x7777000011110000ULL + i)));
	usleep(th_many(2000000, 700000));
	stop = true;
	vcpu_join(a);
	vcpu_join(b);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_join(t[i], &lost));
		EXPECT_EQ(0ULL, (u64)lost);
	}
}

/*
 * Kernel code that uses V registers on the CPU of a guest that does: SHA-256 of
 * the kernel by AF_ALG. One thread runs a guest and hashes in turns, and has V
 * registers of its own; the others do one of it.
 */
struct hash {
	int fd;
	u8 first[32];
	u64 rounds;
};

/* By the driver's name: the one for "sha256" may be in plain C. */
static bool hash_open(struct hash *h)
{
	static const char * const drivers[] = { "sha256-ce", "sha256-arm64-neon" };
	struct sockaddr_alg sa = { .salg_family = AF_ALG, .salg_type = "hash" };
	int s = socket(AF_ALG, SOCK_SEQPACKET, 0);
	unsigned int i;

	h->fd = -1;
	h->rounds = 0;
	for (i = 0; s >= 0 && h->fd < 0 && i < ARRAY_SIZE(drivers); i++) {
		strcpy((char *)sa.salg_name, drivers[i]);
		if (!bind(s, (struct sockaddr *)&sa, sizeof(sa)))
			h->fd = accept(s, NULL, NULL);
	}
	return h->fd >= 0;
}

static void hash_round(struct hash *h)
{
	static const u8 data[4096];
	u8 digest[32];

	ASSERT_EQ((ssize_t)sizeof(data), write(h->fd, data, sizeof(data)));
	ASSERT_EQ((ssize_t)sizeof(digest), read(h->fd, digest, sizeof(digest)));
	if (!h->rounds++)
		memcpy(h->first, digest, sizeof(digest));
	ASSERT_EQ(0, memcmp(h->first, digest, sizeof(digest)));
}

static void *hash_thread(void *arg)
{
	pin_cpu(0);
	while (!stop)
		hash_round(arg);
	return NULL;
}

static struct hash own_hash;

static void *canary_and_hash_thread(void *arg)
{
	struct vcpu *v = arg;
	struct host_regs want, seen;
	u64 seed = 0x1234567812345677ULL;

	pin_cpu(0);
	while (!stop) {
		fill_host(&want, seed++);
		memset(&seen, 0, sizeof(seen));
		ASSERT_EQ(0, run_with_v(v, &want, &seen));
		check_host(&want, &seen);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		ASSERT_EQ((u64)PORT_SYNC, v->run->u.mmio.ipa);
		hash_round(&own_hash);
	}
	return NULL;
}

TEST(kernel_neon_on_the_same_cpu)
{
	struct vcpu *a, *b;
	struct hash other;
	pthread_t t;

	if (!hash_open(&own_hash) || !hash_open(&other))
		SKIP(return, "this kernel has no AF_ALG with SHA-256 by SIMD instructions");

	a = canary_vcpu(SEED_A);
	b = canary_vcpu(SEED_B);
	vcpu_thread(a, canary_and_hash_thread);
	vcpu_thread(b, canary_thread);
	ASSERT_EQ(0, pthread_create(&t, NULL, hash_thread, &other));
	usleep(2000000);
	stop = true;
	vcpu_join(a);
	vcpu_join(b);
	ASSERT_EQ(0, pthread_join(t, NULL));
	TH_LOG("%llu and %llu hashes", (unsigned long long)own_hash.rounds,
	       (unsigned long long)other.rounds);
	EXPECT_LT(5ULL, own_hash.rounds);
	EXPECT_LT(5ULL, other.rounds);
}

/* A guest with its FP off traps to itself, and its registers are left alone. */
GUEST(g_fp_off,
	"mov	x0, #3 << 20\n"
	"msr	cpacr_el1, x0\n"
	"isb\n"
	"dup	v7.2d, x19\n"
	"msr	cpacr_el1, xzr\n"
	"isb\n"
	"str	x0, [x28]\n"
	"dup	v7.2d, xzr\n"
	"b	.");

TEST(fp_of_a_guest_that_switched_it_off)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	struct armvcpu_fpregs fp;
	struct armvcpu_regs r;

	vcpu_start(v, g_fp_off);
	get_regs(v, &r);
	r.x[19] = SEED_A;
	set_regs(v, &r);
	vcpu_sync(v);
	vcpu_run(v);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(PORT_VECTOR + 8ULL * VECTOR_SYNC, v->run->u.mmio.ipa);
	EXPECT_EQ(7, ESR_EC(get_sysreg(v, SYS_ESR_EL1)));	/* FP access trapped */
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_GET_FPREGS, &fp));
	EXPECT_EQ(SEED_A, fp.v[7][0]);
	EXPECT_EQ(SEED_A, fp.v[7][1]);
}

/* What the guest writes between two exits that do not leave the inner loop. */
GUEST(g_fp_changes,
	"mov	x0, #3 << 20\n"
	"msr	cpacr_el1, x0\n"
	"isb\n"
	"mov	x20, #1000\n"
	"1:	dup	v3.2d, x20\n"
	"dup	v30.2d, x20\n"
	"and	x21, x20, #0x1f\n"
	"msr	fpsr, x21\n"
	"mrs	x0, s3_3_c14_c2_1\n"		/* CNTP_CTL_EL0 */
	"umov	x22, v3.d[1]\n"
	"umov	x23, v30.d[0]\n"
	"mrs	x24, fpsr\n"
	"cmp	x22, x20\n"
	"ccmp	x23, x20, #0, eq\n"
	"ccmp	x24, x21, #0, eq\n"
	"b.ne	2f\n"
	"sub	x20, x20, #1\n"
	"cbnz	x20, 1b\n"
	"2:	str	x20, [x28]\n"
	"b	.");

TEST(fp_that_changes_between_short_exits)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	struct host_regs want, seen;
	struct armvcpu_fpregs fp;

	vcpu_start(v, g_fp_changes);
	fill_host(&want, SEED_B);
	memset(&seen, 0, sizeof(seen));
	ASSERT_EQ(0, run_with_v(v, &want, &seen));
	check_host(&want, &seen);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	ASSERT_EQ((u64)PORT_SYNC, v->run->u.mmio.ipa);
	EXPECT_EQ(0ULL, v->run->u.mmio.data);
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_GET_FPREGS, &fp));
	EXPECT_EQ(1ULL, fp.v[3][1]);
	EXPECT_EQ(1ULL, fp.v[30][0]);
	EXPECT_EQ(1U, fp.fpsr);
}

/* A guest's poison in every register that the host's kernel lives on. */
GUEST(g_poison,
	"mov	x0, #3 << 20\n"
	"msr	cpacr_el1, x0\n"
	"isb\n"
	"mov	x0, #-1\n"
	"lsl	x0, x0, #4\n"
	"msr	sp_el0, x0\n"
	"msr	tpidr_el0, x0\n"
	"msr	tpidrro_el0, x0\n"
	"msr	tpidr_el1, x0\n"
	"msr	contextidr_el1, x0\n"
	"msr	par_el1, x0\n"
	"mov	x1, #3\n"
	"msr	cntkctl_el1, xzr\n"
	"mov	x29, x0\n"
	"mov	x30, x0\n"
	"mov	x18, x0\n"
	"mov	x19, #1000\n"
	"1:\n"
	CALL_OF_THE_HOST
	"wfe\n"
	"mrs	x2, s3_3_c14_c2_1\n"		/* CNTP_CTL_EL0: traps */
	"mrs	x2, id_aa64pfr0_el1\n"
	"subs	x19, x19, #1\n"
	"b.ne	1b\n"
	"mrs	x0, sp_el0\n"
	"str	x0, [x28]\n"
	"b	.");

TEST(poison_in_registers_of_the_kernel)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	u64 tpidr, now;

	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(tpidr));
	vcpu_start(v, g_poison);
	EXPECT_EQ(~15ULL, vcpu_sync(v));
	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(now));
	EXPECT_EQ(tpidr, now);
	/* user space may still read its counter: CNTKCTL is the host's */
	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(now));
	EXPECT_LT(0ULL, now);
	/* and cannot read what the host did not allow: flags of the last run */
}

static u64 host_bits(void)
{
	u64 ssbs = 0, ctr;

	__asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
	/* SSBS: S3_3_C4_C2_6, if the CPU has it (ID_AA64PFR1_EL1.SSBS == 2) */
	if ((read_sysreg(id_aa64pfr1_el1) >> 4 & 15) == 2)
		ssbs = read_sysreg(S3_3_C4_C2_6);
	return ssbs ^ ctr;
}

/*
 * PAN and SSBS as the guest turns them, on and off in turns, with an exit to the
 * kernel and one to the VMM each time. x20: those that there are.
 */
GUEST(g_pstate,
	"1: mrs	x1, id_aa64mmfr1_el1\n"
	"ubfx	x1, x1, #20, #4\n"
	"cbz	x1, 2f\n"
	".inst	0xd500419f\n"			/* msr pan, #1 */
	"orr	x20, x20, #(1 << 22)\n"
	"2: mrs	x1, id_aa64pfr1_el1\n"
	"ubfx	x1, x1, #4, #4\n"
	"cmp	x1, #2\n"
	"b.ne	3f\n"
	".inst	0xd503413f\n"			/* msr ssbs, #1 */
	"orr	x20, x20, #(1 << 12)\n"
	"3:\n"
	CALL_OF_THE_HOST
	"str	x0, [x28]\n"
	"tbz	x20, #22, 4f\n"
	".inst	0xd500409f\n"			/* msr pan, #0 */
	"4: tbz	x20, #12, 5f\n"
	".inst	0xd503403f\n"			/* msr ssbs, #0 */
	"5:\n"
	CALL_OF_THE_HOST
	"str	x0, [x28]\n"
	"b	1b");

TEST(pstate_of_the_guest_stays_its_own)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	u64 before = host_bits();
	struct armvcpu_regs r;
	unsigned int i;

	vcpu_start(v, g_pstate);
	for (i = 0; i < 200; i++) {
		vcpu_sync(v);
		ASSERT_EQ(before, host_bits());
		get_regs(v, &r);
		ASSERT_EQ(i & 1 ? 0 : r.x[20], r.pstate & r.x[20]);
	}
}

/* A signal frame in the middle of RUN: V registers of the handler's thread. */
static volatile unsigned int alarms;
static volatile bool bad_frame;

static void on_alarm(int sig)
{
	u64 a;

	(void)sig;
	alarms++;
	__asm__ volatile("dup v3.2d, %1\n\tumov %0, v3.d[0]" : "=r"(a) : "r"(0x9999ULL) : "v3");
	if (a != 0x9999)
		bad_frame = true;
}

TEST(signals_during_run_keep_v_registers)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = { { 0, 2000 }, { 0, 2000 } };
	struct vcpu *v = canary_vcpu(SEED_A);
	struct host_regs want, seen;
	unsigned int interrupted = 0;
	int ret;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	while (alarms < 300) {
		fill_host(&want, 0x7777777712345677ULL + alarms);
		ret = run_with_v(v, &want, &seen);
		check_host(&want, &seen);
		if (ret == -EINTR) {
			interrupted++;
			continue;
		}
		ASSERT_EQ(0, ret);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		ASSERT_EQ((u64)PORT_SYNC, v->run->u.mmio.ipa);
	}
	EXPECT_LT(0, interrupted);
	EXPECT_FALSE(bad_frame);
}

TEST_HARNESS_MAIN
