/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guests see, and what they run.
 *
 * A guest is this very program: its VM has a copy of the program's image at
 * the addresses that it is linked to. So a guest can be a C function, or
 * assembly made with GUEST(), and its variables are the copy's: the host
 * reaches them through vm_addr().
 *
 * Intermediate physical addresses:
 *   image	the program, read, write and execute
 *   GICD_BASE, GICR_BASE	the GICv3, in VMs that have one
 *   GICD_BASE, GICC_BASE	the GICv2, in others
 *   PORT_BASE	nothing is there: a store is a message to the host
 *   HOLE_BASE	nothing is there
 *   RAM_BASE	RAM_SIZE bytes: stage 1 tables, stacks, and from
 *		TEST_BASE on whatever the test wants
 */
#ifndef GUEST_H
#define GUEST_H

#define GICD_BASE	0x08000000
#define GICC_BASE	0x08010000
#define GICR_BASE	0x080a0000
#define GICR_SIZE	0x20000
#define PORT_BASE	0x10000000
#define HOLE_BASE	0x20000000
#define RAM_BASE	0x40000000
#define STACK_BASE	0x40010000
#define STACK_SIZE	0x10000
#define TEST_BASE	0x40100000
#define RAM_SIZE	0x00400000
#define TEST_SIZE	(RAM_BASE + RAM_SIZE - TEST_BASE)

/* Stores to these are messages. */
#define PORT_SYNC	(PORT_BASE + 0x00)	/* "I am here" */
#define PORT_DONE	(PORT_BASE + 0x08)	/* the guest is through */
#define PORT_FAIL	(PORT_BASE + 0x10)	/* address of a struct guest_failure */
#define PORT_LOG	(PORT_BASE + 0x18)	/* a number to print */
#define PORT_LINE	(PORT_BASE + 0x20)	/* set an interrupt line, see guest_line() */
#define PORT_VECTOR	(PORT_BASE + 0x800)	/* + 8 * n: exception by vector n, unexpected */

/* guest_vectors[]: vector n of the plain table stores to PORT_VECTOR + 8 * n. */
#define VECTOR_SYNC	4	/* current EL, SP_ELx */
#define VECTOR_IRQ	5
#define VECTOR_FIQ	6
#define VECTOR_SERROR	7
#define VECTOR_LOWER	8	/* lower EL, AArch64, synchronous */

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define __str(...)	#__VA_ARGS__
#define str(...)	__str(__VA_ARGS__)

/*
 * GUEST(name, assembly): a guest, or a part of one. Registers when the host
 * starts it with vcpu_start(): x28 PORT_BASE, x27 TEST_BASE, x26 HOLE_BASE,
 * SP a stack, VBAR_EL1 the plain vectors, MMU off, all else zero.
 */
#define GUEST(name, ...)					\
	extern const u32 name[];				\
	__asm__(".pushsection .text.guest, \"ax\"\n"		\
		".balign 16\n"					\
		".globl " #name "\n"				\
		#name ":\n"					\
		__VA_ARGS__ "\n"				\
		".popsection\n")

/*
 * Assembly: PSCI_FEATURES, which takes X0 to X3. The kernel answers; calls of fewer words
 * are answered at EL2, before any switch.
 */
#define CALL_OF_THE_HOST	"movz	x0, #0x8400, lsl #16\n"	\
				"movk	x0, #0xa\n"			\
				"hvc	#0\n"

#define read_sysreg(r) ({					\
	u64 __v;						\
	__asm__ volatile("mrs %0, " str(r) : "=r"(__v) :: "memory");	\
	__v;							\
})
#define write_sysreg(r, v)					\
	__asm__ volatile("msr " str(r) ", %x0" :: "rZ"((u64)(v)) : "memory")

#define isb()	__asm__ volatile("isb" ::: "memory")
#define dsb(t)	__asm__ volatile("dsb " #t ::: "memory")
#define wfi()	__asm__ volatile("dsb sy\n\twfi" ::: "memory")
#define wfe()	__asm__ volatile("wfe" ::: "memory")
#define sev()	__asm__ volatile("dsb sy\n\tsev" ::: "memory")
#define irq_enable()	__asm__ volatile("msr daifclr, #2" ::: "memory")
#define irq_disable()	__asm__ volatile("msr daifset, #2" ::: "memory")

/* Single loads and stores whose syndrome says all about them. */
#define MMIO_FUNCS(bits, suffix, w)						\
static inline void write##bits(u64 addr, u##bits v)				\
{										\
	__asm__ volatile("str" suffix " %" w "0, [%1]"				\
			 :: "r"(v), "r"(addr) : "memory");			\
}										\
static inline u##bits read##bits(u64 addr)					\
{										\
	u##bits v;								\
										\
	__asm__ volatile("ldr" suffix " %" w "0, [%1]"				\
			 : "=r"(v) : "r"(addr) : "memory");			\
	return v;								\
}
MMIO_FUNCS(8, "b", "w")
MMIO_FUNCS(16, "h", "w")
MMIO_FUNCS(32, "", "w")
MMIO_FUNCS(64, "", "x")

static inline u64 hvc4(u64 fn, u64 a, u64 b, u64 c)
{
	register u64 x0 __asm__("x0") = fn;
	register u64 x1 __asm__("x1") = a;
	register u64 x2 __asm__("x2") = b;
	register u64 x3 __asm__("x3") = c;

	__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) :: "memory");
	return x0;
}

static inline u64 smc4(u64 fn, u64 a, u64 b, u64 c)
{
	register u64 x0 __asm__("x0") = fn;
	register u64 x1 __asm__("x1") = a;
	register u64 x2 __asm__("x2") = b;
	register u64 x3 __asm__("x3") = c;

	__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) :: "memory");
	return x0;
}

#define MAX_TEST_VCPUS	8

struct guest_failure {
	const char *file;
	int line;
	const char *what;
	u64 want, seen;
};

/* What the C vectors save; guest_exception() may change it. */
struct guest_frame {
	u64 x[31];
	u64 elr;
	u64 spsr;
	u64 pad;
};

void guest_fail(const char *file, int line, const char *what, u64 want, u64 seen)
	__attribute__((noreturn));

#define GUEST_ASSERT(cond) do {							\
	if (!(cond))								\
		guest_fail(__FILE__, __LINE__, #cond, 1, 0);			\
} while (0)

#define GUEST_ASSERT_EQ(want, seen) do {					\
	u64 __want = (u64)(want), __seen = (u64)(seen);				\
										\
	if (__want != __seen)							\
		guest_fail(__FILE__, __LINE__, #want " == " #seen, __want, __seen); \
} while (0)

#define GUEST_SYNC(v)	write64(PORT_SYNC, (u64)(v))
#define GUEST_LOG(v)	write64(PORT_LOG, (u64)(v))
void guest_done(void) __attribute__((noreturn));

/* The number of this vCPU, as the start-up code got it. */
static inline unsigned int guest_cpu(void)
{
	return read_sysreg(tpidr_el1);
}

static inline u64 guest_counter(void)
{
	isb();
	return read_sysreg(cntvct_el0);
}

/* Handlers of a C guest; NULL: the exception is a failure. */
extern void (*guest_irq_handler)(struct guest_frame *f);
extern void (*guest_sync_handler)(struct guest_frame *f, u64 esr);

/* What a vCPU that PSCI CPU_ON starts at guest_secondary calls; x0: its number. */
extern void (*guest_secondary_fn)(u64 cpu);

/*
 * GUEST_TRY(insn): run one instruction whose exception may come; gives
 * ESR_EL1 of it, or 0 when there was none. For C guests.
 */
extern volatile u64 guest_try_esr[MAX_TEST_VCPUS];
extern volatile bool guest_trying[MAX_TEST_VCPUS];
#define GUEST_TRY(insn, ...) ({							\
	unsigned int __c = guest_cpu();						\
										\
	guest_try_esr[__c] = 0;							\
	guest_trying[__c] = true;						\
	__asm__ volatile("isb\n\t" insn "\n\tisb" __VA_ARGS__);			\
	guest_trying[__c] = false;						\
	guest_try_esr[__c];							\
})

/* Entry points, in guest_start.S. */
extern const u32 guest_start[];		/* x0 function, x1 argument, x2 TTBR0, x3 number */
extern const u32 guest_secondary[];	/* x0 number */
extern const u32 guest_vectors_plain[];
extern const u32 guest_vectors_c[];

/* ---- the GIC, for C guests ------------------------------------------------ */

/* The model that this guest has: ARMVCPU_GIC_V2, ARMVCPU_GIC_V3; the host sets it. */
extern volatile u32 guest_gic;

#define GICD_CTLR		0x0000
#define GICD_TYPER		0x0004
#define GICD_IIDR		0x0008
#define GICD_IGROUPR		0x0080
#define GICD_ISENABLER		0x0100
#define GICD_ICENABLER		0x0180
#define GICD_ISPENDR		0x0200
#define GICD_ICPENDR		0x0280
#define GICD_ISACTIVER		0x0300
#define GICD_ICACTIVER		0x0380
#define GICD_IPRIORITYR		0x0400
#define GICD_ITARGETSR		0x0800	/* GICv2 */
#define GICD_ICFGR		0x0c00
#define GICD_SGIR		0x0f00	/* GICv2, like all with this name below */
#define GICD_CPENDSGIR		0x0f10
#define GICD_SPENDSGIR		0x0f20
#define GICD_V2_PIDR2		0x0fe8
#define GICD_V2_SIZE		0x1000
#define GICD_IROUTER		0x6000
#define GICD_PIDR2		0xffe8
#define GICR_CTLR		0x0000
#define GICR_IIDR		0x0004
#define GICR_TYPER		0x0008
#define GICR_WAKER		0x0014
#define GICR_SGI		0x10000	/* the SGI frame; there offsets are GICD's */

#define GICC_CTLR		0x0000
#define GICC_PMR		0x0004
#define GICC_BPR		0x0008
#define GICC_IAR		0x000c
#define GICC_EOIR		0x0010
#define GICC_RPR		0x0014
#define GICC_HPPIR		0x0018
#define GICC_ABPR		0x001c
#define GICC_AIAR		0x0020
#define GICC_AEOIR		0x0024
#define GICC_AHPPIR		0x0028
#define GICC_APR		0x00d0
#define GICC_NSAPR		0x00e0
#define GICC_IIDR		0x00fc
#define GICC_DIR		0x1000
#define GICC_SIZE		0x2000

#define GICC_CTLR_GRP0		0x001
#define GICC_CTLR_GRP1		0x002
#define GICC_CTLR_ACKCTL	0x004
#define GICC_CTLR_FIQEN		0x008
#define GICC_CTLR_EOIMODE	0x200

#define ICC_PMR_EL1		S3_0_C4_C6_0
#define ICC_IAR0_EL1		S3_0_C12_C8_0
#define ICC_EOIR0_EL1		S3_0_C12_C8_1
#define ICC_HPPIR0_EL1		S3_0_C12_C8_2
#define ICC_BPR0_EL1		S3_0_C12_C8_3
#define ICC_DIR_EL1		S3_0_C12_C11_1
#define ICC_RPR_EL1		S3_0_C12_C11_3
#define ICC_SGI1R_EL1		S3_0_C12_C11_5
#define ICC_ASGI1R_EL1		S3_0_C12_C11_6
#define ICC_SGI0R_EL1		S3_0_C12_C11_7
#define ICC_IAR1_EL1		S3_0_C12_C12_0
#define ICC_EOIR1_EL1		S3_0_C12_C12_1
#define ICC_HPPIR1_EL1		S3_0_C12_C12_2
#define ICC_BPR1_EL1		S3_0_C12_C12_3
#define ICC_CTLR_EL1		S3_0_C12_C12_4
#define ICC_SRE_EL1		S3_0_C12_C12_5
#define ICC_IGRPEN0_EL1		S3_0_C12_C12_6
#define ICC_IGRPEN1_EL1		S3_0_C12_C12_7

#define INTID_OTHER_GROUP	1022
#define INTID_SPURIOUS		1023
#define INTID_VTIMER		27
#define INTID_PTIMER		30

/*
 * What follows is the same for both models. Interrupts are of group 1 of a GICv3,
 * of group 0 of a GICv2, which is where Linux has them: they come as IRQs.
 */

/* Distributor on, all SPIs disabled, priority 0xa0, to vCPU 0. */
void gic_dist_init(void);
/* This vCPU's private interrupts, SGIs enabled, and its CPU interface. */
void gic_cpu_init(void);
/* Address of the frame that holds the registers of @intid. */
u64 gic_frame(u32 intid);
void gic_bit(u32 reg, u32 intid, bool set);
bool gic_test(u32 reg, u32 intid);
void gic_enable(u32 intid);
void gic_disable(u32 intid);
void gic_priority(u32 intid, u8 priority);
void gic_edge(u32 intid, bool edge);
void gic_group(u32 intid, u32 group);
/* An SPI to this vCPU, and where it goes. */
void gic_route(u32 spi, u32 cpu);
u32 gic_routed_to(u32 spi);
/* All interrupts of this kind, in the distributor; in this vCPU's interface. */
void gic_dist_enable(bool on);
void gic_cpu_enable(bool on);

u32 gic_ack(void);
void gic_eoi(u32 intid);
/* Deactivate, where gic_eoi() does not: with gic_eoi_mode(true). */
void gic_dir(u32 intid);
void gic_eoi_mode(bool split);
bool gic_is_eoi_mode(void);
u32 gic_running(void);
u32 gic_highest_pending(void);
void gic_mask(u8 priority);
u8 gic_get_mask(void);
/* Preemption looks at bits 7 to @bit of a priority; as many as there are: 0. */
void gic_group_bits(u32 bit);
u32 gic_get_group_bits(void);

/* An SGI to the vCPUs of @mask, all of affinity 0.0.0.n; to all but this one. */
void gic_sgi(u32 intid, u32 mask);
void gic_sgi_others(u32 intid);

/* ISR_EL1.I: an interrupt is there that this vCPU would take. */
static inline bool irq_pending(void)
{
	isb();
	return read_sysreg(isr_el1) & 0x80;
}

/* Wait till irq_pending(), for ten seconds at most. */
bool irq_wait(void);

/* Acknowledge an interrupt, which has to come and to be @intid. */
#define g_expect(intid)		guest_expect(__FILE__, __LINE__, intid)
void guest_expect(const char *file, int line, u32 intid);
/* Nothing to take, now and after whatever the host may still owe. */
#define g_expect_none()		guest_expect_none(__FILE__, __LINE__)
void guest_expect_none(const char *file, int line);

/* The counter's ticks of @us microseconds. */
u64 guest_ticks(u64 us);

/* Spin till @cond, for 20 seconds at most. */
#define GUEST_WAIT(cond) do {							\
	u64 __end = guest_counter() + guest_ticks(20000000);			\
										\
	while (!(cond))								\
		if (guest_counter() > __end)					\
			guest_fail(__FILE__, __LINE__, "waiting for " #cond, 1, 0); \
} while (0)

/* An atomic counter that vCPUs share. */
#define guest_add(var, n)	__atomic_add_fetch(&(var), (n), __ATOMIC_SEQ_CST)

/*
 * Ask the host to set an interrupt line; for tests whose host runs
 * vcpu_finish() or vcpu_run_to().
 */
static inline void guest_line(u32 type, u32 irq, u32 vcpu, u32 level)
{
	write64(PORT_LINE, (u64)type << 48 | (u64)vcpu << 32 | (u64)irq << 8 | level);
}
#define guest_spi(irq, level)	guest_line(0, irq, 0, level)
#define guest_ppi(irq, level)	guest_line(1, irq, guest_cpu(), level)

#endif /* __ASSEMBLER__ */
#endif /* GUEST_H */
