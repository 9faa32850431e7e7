// SPDX-License-Identifier: GPL-2.0-only
/* The run time of C guests. All of this runs in guests only. */
#include "guest.h"

void (*guest_irq_handler)(struct guest_frame *f);
void (*guest_sync_handler)(struct guest_frame *f, u64 esr);
void (*guest_secondary_fn)(u64 cpu);
volatile u64 guest_try_esr[MAX_TEST_VCPUS];
volatile bool guest_trying[MAX_TEST_VCPUS];

static struct guest_failure failures[MAX_TEST_VCPUS];

void guest_done(void)
{
	for (;;)
		write64(PORT_DONE, guest_cpu());
}

void guest_fail(const char *file, int line, const char *what, u64 want, u64 seen)
{
	struct guest_failure *f = &failures[guest_cpu() % MAX_TEST_VCPUS];

	f->file = file;
	f->line = line;
	f->what = what;
	f->want = want;
	f->seen = seen;
	dsb(sy);
	for (;;)
		write64(PORT_FAIL, (u64)f);
}

void guest_exception(struct guest_frame *f, unsigned int vector);
void guest_exception(struct guest_frame *f, unsigned int vector)
{
	u64 esr = read_sysreg(esr_el1);
	unsigned int cpu = guest_cpu() % MAX_TEST_VCPUS;

	if (vector == VECTOR_SYNC && guest_trying[cpu]) {
		guest_trying[cpu] = false;
		guest_try_esr[cpu] = esr;
		f->elr += 4;
	} else if ((vector == VECTOR_SYNC || vector == VECTOR_LOWER) && guest_sync_handler) {
		guest_sync_handler(f, esr);
	} else if (vector == VECTOR_IRQ && guest_irq_handler) {
		guest_irq_handler(f);
	} else {
		write64(PORT_VECTOR + 8 * vector, esr);
		guest_fail("exception", vector, "ESR_EL1, ELR_EL1", esr, f->elr);
	}
}

/* ---- the GIC --------------------------------------------------------------- */

static u64 redist(void)
{
	return GICR_BASE + (u64)guest_cpu() * GICR_SIZE;
}

u64 gic_frame(u32 intid)
{
	return intid < 32 ? redist() + GICR_SGI : GICD_BASE;
}

static void gic_sync(void)
{
	while (read32(GICD_BASE + GICD_CTLR) & 1U << 31)	/* RWP */
		;
}

void gic_bit(u32 reg, u32 intid, bool set)
{
	u64 addr = gic_frame(intid) + reg + intid / 32 * 4;
	u32 bit = 1U << intid % 32;

	/* The registers that set or clear take 1 bits; GICD_IGROUPR is plain. */
	if (reg == GICD_IGROUPR)
		bit = set ? read32(addr) | bit : read32(addr) & ~bit;
	write32(addr, bit);
	gic_sync();
}

bool gic_test(u32 reg, u32 intid)
{
	return read32(gic_frame(intid) + reg + intid / 32 * 4) & 1U << intid % 32;
}

void gic_enable(u32 intid)
{
	gic_bit(GICD_ISENABLER, intid, true);
}

void gic_disable(u32 intid)
{
	gic_bit(GICD_ICENABLER, intid, true);
}

void gic_group(u32 intid, u32 group)
{
	gic_bit(GICD_IGROUPR, intid, group);
}

void gic_priority(u32 intid, u8 priority)
{
	write8(gic_frame(intid) + GICD_IPRIORITYR + intid, priority);
}

void gic_edge(u32 intid, bool edge)
{
	u64 addr = gic_frame(intid) + GICD_ICFGR + intid / 16 * 4;
	u32 bit = 2U << intid % 16 * 2;

	write32(addr, edge ? read32(addr) | bit : read32(addr) & ~bit);
}

void gic_dist_init(void)
{
	u32 lines = ((read32(GICD_BASE + GICD_TYPER) & 31) + 1) * 32;
	u32 i;

	write32(GICD_BASE + GICD_CTLR, 0);
	gic_sync();
	for (i = 32; i < lines; i += 32) {
		write32(GICD_BASE + GICD_ICENABLER + i / 8, ~0U);
		write32(GICD_BASE + GICD_IGROUPR + i / 8, ~0U);
	}
	for (i = 32; i < lines; i += 4)
		write32(GICD_BASE + GICD_IPRIORITYR + i, 0xa0a0a0a0);
	/* ARE and both groups; with one security state bit 4 is ARE (IHI0069 12.9.4) */
	write32(GICD_BASE + GICD_CTLR, 0x13);
	gic_sync();
	for (i = 32; i < lines; i++)
		write64(GICD_BASE + GICD_IROUTER + 8 * i, 0);
}

void gic_cpu_init(void)
{
	u64 r = redist();
	u32 i;

	write32(r + GICR_WAKER, 0);
	while (read32(r + GICR_WAKER) & 4)	/* ChildrenAsleep */
		;
	write32(r + GICR_SGI + GICD_IGROUPR, ~0U);
	for (i = 0; i < 32; i += 4)
		write32(r + GICR_SGI + GICD_IPRIORITYR + i, 0xa0a0a0a0);
	write32(r + GICR_SGI + GICD_ICENABLER, 0xffff0000);
	write32(r + GICR_SGI + GICD_ISENABLER, 0x0000ffff);

	write_sysreg(ICC_SRE_EL1, 7);
	isb();
	write_sysreg(ICC_PMR_EL1, 0xff);
	write_sysreg(ICC_BPR1_EL1, 0);
	write_sysreg(ICC_CTLR_EL1, 0);
	write_sysreg(ICC_IGRPEN1_EL1, 1);
	isb();
}

u64 guest_ticks(u64 us)
{
	return read_sysreg(cntfrq_el0) * us / 1000000;
}

bool irq_wait(void)
{
	u64 end = guest_counter() + guest_ticks(10000000);

	while (!irq_pending())
		if (guest_counter() > end)
			return false;
	return true;
}
