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

#define GICV2	2

volatile u32 guest_gic = 3;

/* What GICC_IAR gave of an SGI: GICC_EOIR wants the sender, too. */
static u32 acked_sgi[MAX_TEST_VCPUS][16];

static u64 redist(void)
{
	return GICR_BASE + (u64)guest_cpu() * GICR_SIZE;
}

static u32 gicc_read(u32 reg)
{
	return read32(GICC_BASE + reg);
}

/* What it changes is seen by the next instruction. */
static void gicc_write(u32 reg, u32 v)
{
	dsb(sy);
	write32(GICC_BASE + reg, v);
	dsb(sy);
	isb();
}

static void gicc_change(u32 reg, u32 bit, bool set)
{
	u32 v = gicc_read(reg);

	gicc_write(reg, set ? v | bit : v & ~bit);
}

u64 gic_frame(u32 intid)
{
	return intid < 32 && guest_gic != GICV2 ? redist() + GICR_SGI : GICD_BASE;
}

static void gic_sync(void)
{
	while (guest_gic != GICV2 && read32(GICD_BASE + GICD_CTLR) & 1U << 31)	/* RWP */
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

void gic_route(u32 spi, u32 cpu)
{
	if (guest_gic == GICV2)
		write8(GICD_BASE + GICD_ITARGETSR + spi, 1 << cpu);
	else
		write64(GICD_BASE + GICD_IROUTER + 8 * spi, cpu);
}

u32 gic_routed_to(u32 spi)
{
	u32 mask;

	if (guest_gic != GICV2)
		return read64(GICD_BASE + GICD_IROUTER + 8 * spi);
	mask = read8(GICD_BASE + GICD_ITARGETSR + spi);
	return mask && !(mask & (mask - 1)) ? __builtin_ctz(mask) : ~0U;
}

void gic_dist_enable(bool on)
{
	/* With one security state bit 4 is ARE (IHI0069 12.9.4). */
	write32(GICD_BASE + GICD_CTLR, guest_gic == GICV2 ? on : on ? 0x12 : 0x10);
	gic_sync();
}

void gic_cpu_enable(bool on)
{
	if (guest_gic == GICV2) {
		gicc_change(GICC_CTLR, GICC_CTLR_GRP0, on);
	} else {
		write_sysreg(ICC_IGRPEN1_EL1, on);
		isb();
	}
}

void gic_dist_init(void)
{
	u32 lines = ((read32(GICD_BASE + GICD_TYPER) & 31) + 1) * 32;
	u32 i;

	write32(GICD_BASE + GICD_CTLR, 0);
	gic_sync();
	for (i = 32; i < lines; i += 32) {
		write32(GICD_BASE + GICD_ICENABLER + i / 8, ~0U);
		write32(GICD_BASE + GICD_IGROUPR + i / 8, guest_gic == GICV2 ? 0 : ~0U);
	}
	for (i = 32; i < lines; i += 4)
		write32(GICD_BASE + GICD_IPRIORITYR + i, 0xa0a0a0a0);
	/* both groups; ARE comes before the routes */
	write32(GICD_BASE + GICD_CTLR, guest_gic == GICV2 ? 3 : 0x13);
	gic_sync();
	for (i = 32; i < lines; i++)
		gic_route(i, 0);
}

void gic_cpu_init(void)
{
	u64 r = gic_frame(0);
	u32 i;

	if (guest_gic != GICV2) {
		write32(redist() + GICR_WAKER, 0);
		while (read32(redist() + GICR_WAKER) & 4)	/* ChildrenAsleep */
			;
	}
	write32(r + GICD_IGROUPR, guest_gic == GICV2 ? 0 : ~0U);
	for (i = 0; i < 32; i += 4)
		write32(r + GICD_IPRIORITYR + i, 0xa0a0a0a0);
	write32(r + GICD_ICENABLER, 0xffff0000);
	write32(r + GICD_ISENABLER, 0x0000ffff);

	if (guest_gic == GICV2) {
		gicc_write(GICC_PMR, 0xff);
		gicc_write(GICC_BPR, 0);
		gicc_write(GICC_CTLR, GICC_CTLR_GRP0);
		return;
	}
	write_sysreg(ICC_SRE_EL1, 7);
	isb();
	write_sysreg(ICC_PMR_EL1, 0xff);
	write_sysreg(ICC_BPR1_EL1, 0);
	write_sysreg(ICC_CTLR_EL1, 0);
	write_sysreg(ICC_IGRPEN1_EL1, 1);
	isb();
}

u32 gic_ack(void)
{
	u32 v;

	if (guest_gic == GICV2) {
		v = gicc_read(GICC_IAR);
		if ((v & 0x3ff) < 16)
			acked_sgi[guest_cpu()][v & 0x3ff] = v;
		v &= 0x3ff;
	} else {
		v = read_sysreg(ICC_IAR1_EL1) & 0xffffff;
	}
	dsb(sy);
	return v;
}

void gic_eoi(u32 intid)
{
	if (guest_gic == GICV2) {
		gicc_write(GICC_EOIR, intid < 16 ? acked_sgi[guest_cpu()][intid] : intid);
	} else {
		write_sysreg(ICC_EOIR1_EL1, intid);
		isb();
	}
}

void gic_dir(u32 intid)
{
	if (guest_gic == GICV2) {
		gicc_write(GICC_DIR, intid < 16 ? acked_sgi[guest_cpu()][intid] : intid);
	} else {
		write_sysreg(ICC_DIR_EL1, intid);
		isb();
	}
}

void gic_eoi_mode(bool split)
{
	if (guest_gic == GICV2) {
		gicc_change(GICC_CTLR, GICC_CTLR_EOIMODE, split);
	} else {
		write_sysreg(ICC_CTLR_EL1, split ? 2 : 0);
		isb();
	}
}

bool gic_is_eoi_mode(void)
{
	if (guest_gic == GICV2)
		return gicc_read(GICC_CTLR) & GICC_CTLR_EOIMODE;
	return read_sysreg(ICC_CTLR_EL1) & 2;
}

u32 gic_running(void)
{
	return guest_gic == GICV2 ? gicc_read(GICC_RPR) : read_sysreg(ICC_RPR_EL1);
}

u32 gic_highest_pending(void)
{
	return guest_gic == GICV2 ? gicc_read(GICC_HPPIR) : read_sysreg(ICC_HPPIR1_EL1);
}

void gic_mask(u8 priority)
{
	if (guest_gic == GICV2) {
		gicc_write(GICC_PMR, priority);
	} else {
		write_sysreg(ICC_PMR_EL1, priority);
		isb();
	}
}

u8 gic_get_mask(void)
{
	return guest_gic == GICV2 ? gicc_read(GICC_PMR) : read_sysreg(ICC_PMR_EL1);
}

/* The binary point of group 1 of a GICv3 is that bit, of group 0 one less. */
void gic_group_bits(u32 bit)
{
	if (guest_gic == GICV2) {
		gicc_write(GICC_BPR, bit ? bit - 1 : 0);
	} else {
		write_sysreg(ICC_BPR1_EL1, bit);
		isb();
	}
}

u32 gic_get_group_bits(void)
{
	return guest_gic == GICV2 ? gicc_read(GICC_BPR) + 1 : read_sysreg(ICC_BPR1_EL1);
}

void gic_sgi(u32 intid, u32 mask)
{
	dsb(sy);
	if (guest_gic == GICV2)
		write32(GICD_BASE + GICD_SGIR, mask << 16 | intid);
	else
		write_sysreg(ICC_SGI1R_EL1, (u64)intid << 24 | mask);
	isb();
}

void gic_sgi_others(u32 intid)
{
	dsb(sy);
	if (guest_gic == GICV2)
		write32(GICD_BASE + GICD_SGIR, 1U << 24 | intid);
	else
		write_sysreg(ICC_SGI1R_EL1, 1ULL << 40 | (u64)intid << 24);
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

void guest_expect(const char *file, int line, u32 intid)
{
	u32 seen;

	if (!irq_wait())
		guest_fail(file, line, "an interrupt comes", intid, INTID_SPURIOUS);
	seen = gic_ack();
	if (seen != intid)
		guest_fail(file, line, "intid == gic_ack()", intid, seen);
}

void guest_expect_none(const char *file, int line)
{
	unsigned int i;
	u32 seen;

	for (i = 0; i < 2; i++) {
		if (irq_pending())
			guest_fail(file, line, "irq_pending()", 0, 1);
		seen = gic_ack();
		if (seen != INTID_SPURIOUS)
			guest_fail(file, line, "INTID_SPURIOUS == gic_ack()", INTID_SPURIOUS, seen);
		if (!i)
			(void)read32(GICD_BASE + GICD_TYPER);	/* an exit */
	}
}
