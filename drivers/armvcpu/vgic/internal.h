/* SPDX-License-Identifier: GPL-2.0-only */
/* What the layers of the vGIC say to each other. */
#ifndef ARMVCPU_VGIC_INTERNAL_H
#define ARMVCPU_VGIC_INTERNAL_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/nospec.h>

#include <asm/barrier.h>

#include "../uapi.h"
#include "vgic.h"

/* INTID 1020 to 1023 are special (IHI0069 2.2). */
#define VGIC_FIRST_SPECIAL	1020
#define VGIC_OTHER_GROUP	1022	/* of a GICv2: an interrupt of group 1 is there */
#define VGIC_SPURIOUS		1023

#define VGIC_SOURCE_SHIFT	10	/* CPUID in GICC_IAR and its like */

/* Groups as bits: so in GICD_CTLR (DS=1) and in ICH_VMCR_EL2. */
#define VGIC_GROUP0		BIT(0)
#define VGIC_GROUP1		BIT(1)
#define VGIC_GROUPS		(VGIC_GROUP0 | VGIC_GROUP1)

#define VGIC_NOBODY		U32_MAX	/* id of vgic.nobody, last in lock order */

/**
 * struct vgic_slot - place of a vCPU
 * @cpu: its vCPU or NULL; set once, read without a lock
 * @aff: vgic_cpu.aff, valid with @cpu
 */
struct vgic_slot {
	struct vgic_cpu *cpu;
	u32 aff;
};

/**
 * struct vgic - the interrupt controller of a VM
 * @ops: see there
 * @dist_ipa: address of GICD
 * @cpu_ipa: address of the first GICR, or of GICC
 * @model: ARMVCPU_GIC_V2, ARMVCPU_GIC_V3
 * @iface: who stands behind the CPU interfaces
 * @vtr: what those have, as ICH_VTR_EL2 says it
 * @dir_traps: see struct vgic_config
 * @max_cpus: length of @slot
 * @nr_irqs: interrupts with the private ones, as GICD_TYPER says
 * @shared: with GICD_CTLR
 * @nr_slots: highest vCPU id + 1
 * @started: no vCPU is added any more
 * @split: a vCPU was seen with EOImode 1; kept up where @vtr has no TDS only
 * @spis: INTID 32 and up
 * @nobody: owns SPIs that are routed to no vCPU
 * @slot: by vCPU id
 */
struct vgic {
	const struct vgic_ops *ops;
	u64 dist_ipa;
	u64 cpu_ipa;
	u32 model;
	enum vgic_iface iface;
	u32 vtr;
	bool dir_traps;
	u32 max_cpus;
	u32 nr_irqs;
	struct vgic_shared *shared;
	u32 nr_slots;
	bool started;
	bool split;
	struct vgic_irq *spis;
	struct vgic_cpu nobody;
	struct vgic_slot slot[];
};

/* ---- short and hot -------------------------------------------------------- */

/* The groups that the distributor forwards. */
static inline u32 vgic_forwarded(const struct vgic *g)
{
	return READ_ONCE(g->shared->ctlr) & VGIC_GROUPS;
}

static inline bool vgic_irq_pending(const struct vgic_irq *irq)
{
	return irq->latch || irq->lr_latch || irq->sources ||
	       (!irq->edge && (irq->line || irq->message));
}

/* The first of the highest priority, which is the lowest number; or NULL. */
static inline struct vgic_irq *vgic_queue_top(const struct vgic_queue *q)
{
	if (!q->map)
		return NULL;
	return list_first_entry(&q->level[__ffs(q->map)], struct vgic_irq, node);
}

/* The same of the pending ones in several groups; group 0 wins a tie. */
static inline struct vgic_irq *vgic_top_pending(struct vgic_cpu *c, u32 groups)
{
	u32 map0 = groups & VGIC_GROUP0 ? c->pending[0].map : 0;
	u32 map1 = groups & VGIC_GROUP1 ? c->pending[1].map : 0;

	if (!map0 && !map1)
		return NULL;
	if (!map1 || (map0 && __ffs(map0) <= __ffs(map1)))
		return vgic_queue_top(&c->pending[0]);
	return vgic_queue_top(&c->pending[1]);
}

/* The vCPU of this id or NULL. */
static inline struct vgic_cpu *vgic_slot_cpu(struct vgic *g, u32 id)
{
	if (id >= g->max_cpus)
		return NULL;
	/* pairs with the release in vgic_add_cpu() */
	return smp_load_acquire(&g->slot[array_index_nospec(id, g->max_cpus)].cpu);
}

/* ---- irq.c: the state of interrupts ------------------------------------- */

/*
 * One change of state each. The caller holds the owner's lock, and calls
 * vgic_changed() when one of them says true: that something is different now.
 */
bool vgic_irq_set_group(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
bool vgic_irq_set_priority(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
bool vgic_irq_set_config(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
bool vgic_irq_enable(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
bool vgic_irq_disable(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
bool vgic_irq_pend(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
bool vgic_irq_unpend(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
bool vgic_irq_activate(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
bool vgic_irq_deactivate(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
bool vgic_irq_set_message(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);

bool vgic_irq_pend_sources(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
bool vgic_irq_unpend_sources(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
void vgic_irq_reset(struct vgic_cpu *owner, struct vgic_irq *irq);

void vgic_queue_init(struct vgic_queue *q);
void vgic_dequeue(struct vgic_cpu *c, struct vgic_irq *irq);
bool vgic_requeue(struct vgic_cpu *c, struct vgic_irq *irq, bool head);
bool vgic_changed(struct vgic_cpu *owner, struct vgic_irq *irq);

struct vgic_irq *vgic_spi(struct vgic *g, u32 intid);
struct vgic_irq *vgic_cpu_irq(struct vgic_cpu *c, u32 intid);
struct vgic_cpu *vgic_cpu_by_aff(struct vgic *g, u32 aff);
struct vgic_cpu *vgic_route(struct vgic *g, u64 irouter);
struct vgic_cpu *vgic_route_v2(struct vgic *g, u32 targets);
u64 vgic_route_mask(struct vgic *g);
u32 vgic_cpu_mask(struct vgic *g);

struct vgic_cpu *vgic_lock_irq(struct vgic_irq *irq, unsigned long *flags)
	__acquires(vgic_cpu_lock);
void vgic_unlock_irq(struct vgic_cpu *owner, unsigned long flags)
	__releases(vgic_cpu_lock);
void vgic_kick(struct vgic *g, struct vgic_cpu *c, struct vgic_cpu *self);
void vgic_lower_resampled(struct vgic_cpu *owner, struct vgic_irq *irq);
void vgic_settle(struct vgic *g, struct vgic_irq *irq, struct vgic_cpu *self);

/**
 * vgic_change - make one change of state with all that follows from it
 * @g: the GIC
 * @irq: the interrupt
 * @set: the change
 * @val: its argument
 * @self: the vCPU whose thread this is, or NULL
 *
 * Context: any, no vGIC lock held.
 */
void vgic_change(struct vgic *g, struct vgic_irq *irq,
		 bool (*set)(struct vgic_cpu *, struct vgic_irq *, u32),
		 u32 val, struct vgic_cpu *self);

/* An SGI of a GICv2: pending by source, and enabled always. */
static inline bool vgic_is_sgi_v2(const struct vgic_cpu *owner, const struct vgic_irq *irq)
{
	return irq->intid < VGIC_NR_SGIS && owner->gic && owner->gic->model == ARMVCPU_GIC_V2;
}

/* GICD_CTLR.RWP until this vCPU's list registers are empty; its lock is held. */
static inline void vgic_wait_for_write(struct vgic_cpu *owner)
{
	if (owner->rwp_dist)
		return;
	owner->rwp_dist = true;
	atomic_inc(&owner->gic->shared->nr_rwp);
}

/* The guest has deactivated an interrupt; the owner's lock is held, requeue follows. */
static inline void vgic_deactivated(struct vgic_cpu *owner, struct vgic_irq *irq)
{
	if (unlikely(irq->resample))
		vgic_lower_resampled(owner, irq);
}

/* Tell of it, once the lock is released. @self: the vCPU whose thread this is. */
static inline void vgic_tell_resampled(struct vgic *g, struct vgic_cpu *owner,
				       struct vgic_cpu *self)
{
	/*
	 * Whose own it takes by that, it tells of, too. Who is no vCPU takes none: the
	 * vCPU that has lowered the line is about to tell.
	 */
	if (unlikely(READ_ONCE(owner->resampled)) && self && g->ops->resampled &&
	    xchg(&owner->resampled, false))
		g->ops->resampled(self);
}

/* ---- regs.c, dist.c, redist.c: the registers in memory ------------------- */

/**
 * struct vgic_access - a load or store of the guest in one register or range
 * @g: the GIC
 * @cpu: whose redistributor it is; NULL for the distributor of a GICv3. Of a GICv2
 *	it is @self, whose banked registers and CPU interface it meets
 * @self: the vCPU that accesses
 * @off: bytes from vgic_reg.start
 * @len: 1, 2, 4 or 8; a width that the register has, and aligned to it
 */
struct vgic_access {
	struct vgic *g;
	struct vgic_cpu *cpu;
	struct vgic_cpu *self;
	u32 off;
	u32 len;
};

/**
 * struct vgic_field - a register array with a few bits for each interrupt
 * @bits: 1, 2 or 8
 * @strobe: a 1 acts, a 0 does not
 * @live: a read wants to know what list registers hold, under the owner's lock; else
 *	@get reads one byte, without it
 * @get: the bits of one interrupt
 * @set: one of the changes of irq.c, or NULL
 */
struct vgic_field {
	u8 bits;
	bool strobe;
	bool live;
	u32 (*get)(const struct vgic_irq *irq);
	bool (*set)(struct vgic_cpu *owner, struct vgic_irq *irq, u32 val);
};

extern const struct vgic_field vgic_field_group;
extern const struct vgic_field vgic_field_isenable;
extern const struct vgic_field vgic_field_icenable;
extern const struct vgic_field vgic_field_ispend;
extern const struct vgic_field vgic_field_icpend;
extern const struct vgic_field vgic_field_isactive;
extern const struct vgic_field vgic_field_icactive;
extern const struct vgic_field vgic_field_priority;
extern const struct vgic_field vgic_field_config;

/* for fields of which a GICv2 sets some bits differently */
u32 vgic_get_enabled(const struct vgic_irq *irq);
u32 vgic_get_pending(const struct vgic_irq *irq);

/* What is known of a register by who has only its value at some time. */
enum vgic_fast {
	VGIC_FAST_NOT,
	VGIC_FAST_CONSTANT,	/* the same since vgic_start() */
	VGIC_FAST_CTLR,		/* it is vgic_shared.ctlr */
};

/**
 * struct vgic_reg - a register or a range of registers of one kind
 * @start: offset in the frame
 * @end: offset of the first byte after it
 * @widths: access widths that work, or-ed: 1, 2, 4, 8. With 8 among them the
 *	register has 64 bits, and halves of it can be accessed; the functions
 *	then see whole registers
 * @quick: its functions look at a few vCPUs at most
 * @fast: how vgic_fast_word() reads it
 * @field: for registers with some bits an interrupt, else NULL
 * @read: value, NULL: RAZ
 * @write: @mask has the bits that the access covers, @val none outside of
 *	them; NULL: WI
 */
struct vgic_reg {
	u32 start;
	u32 end;
	u8 widths;
	const struct vgic_field *field;
	bool quick;
	enum vgic_fast fast;
	u64 (*read)(const struct vgic_access *a);
	void (*write)(const struct vgic_access *a, u64 val, u64 mask);
};

/**
 * struct vgic_frame - a frame of registers, of 64 KiB if nothing else is said
 * @regs: sorted by start; what is in none of them is RAZ/WI
 * @nr: their number
 * @from: for each 128 bytes of the first 4 KiB, where most registers are, the
 *	first of @regs that does not end below
 */
struct vgic_frame {
	const struct vgic_reg *regs;
	u32 nr;
	u8 from[32];
};

extern const struct vgic_frame vgic_dist_v2_frame;	/* 4 KiB */
extern const struct vgic_frame vgic_gicc_frame;		/* 8 KiB */
extern const struct vgic_frame vgic_gicv_frame;		/* 8 KiB, of which DIR is left */
extern const struct vgic_frame vgic_dist_frame;
extern const struct vgic_frame vgic_redist_frame;	/* RD_base */
extern const struct vgic_frame vgic_sgi_frame;		/* SGI_base */

/* those of a vCPU that is not there */
extern const struct vgic_frame vgic_hole_redist_frame;
extern const struct vgic_frame vgic_hole_sgi_frame;

/* registers of more than one of them */
u32 vgic_ctlr(const struct vgic *g, u32 groups);
void vgic_dist_write_ctlr(const struct vgic_access *a, u64 val, u64 mask);
u64 vgic_read_iidr(const struct vgic_access *a);
u64 vgic_read_pidr2(const struct vgic_access *a);

/* GICD_IROUTER<n>, of a GICv2 GICD_ITARGETSR<n>; takes the lock */
u64 vgic_get_irouter(struct vgic_irq *irq);

/* Identification registers that GICD and GICR share (IHI0069 12.9.19). */
#define VGIC_IIDR	0x56000000	/* ProductID 'V', no JEP106 code */
#define VGIC_PIDR2	0x30		/* ArchRev 3: GICv3 */

/* ---- lr.c: the virtual CPU interface of a GICv3 -------------------------- */

/* ICH_LR<n>_EL2 (IHI0069 12.4.6) */
#define VGIC_LR_VINTID		GENMASK_ULL(31, 0)
#define VGIC_LR_PINTID		GENMASK_ULL(44, 32)
#define VGIC_LR_EOI		BIT_ULL(41)
#define VGIC_LR_PRIORITY	GENMASK_ULL(55, 48)
#define VGIC_LR_GROUP1		BIT_ULL(60)
#define VGIC_LR_HW		BIT_ULL(61)
#define VGIC_LR_PENDING		BIT_ULL(62)
#define VGIC_LR_ACTIVE		BIT_ULL(63)

/* ICH_HCR_EL2 (IHI0069 12.4.5) */
#define VGIC_HCR_EN		BIT(0)
#define VGIC_HCR_LRENPIE	BIT(2)	/* an EOI or DIR found no list register */
#define VGIC_HCR_NPIE		BIT(3)	/* no list register is pending */
#define VGIC_HCR_VGRP0EIE	BIT(4)	/* the guest enables group 0 */
#define VGIC_HCR_VGRP0DIE	BIT(5)	/* the guest disables group 0 */
#define VGIC_HCR_VGRP1EIE	BIT(6)
#define VGIC_HCR_VGRP1DIE	BIT(7)
#define VGIC_HCR_TC		BIT(10)	/* trap registers common to both groups */
#define VGIC_HCR_TDIR		BIT(14)	/* trap ICC_DIR_EL1 */
#define VGIC_HCR_EOICOUNT_SHIFT	27
#define VGIC_HCR_EOICOUNT	GENMASK(31, 27)

/* ICH_VMCR_EL2 (IHI0069 12.4.8); bits 0 and 1 are the group enables */
#define VGIC_VMCR_VACKCTL	BIT(2)
#define VGIC_VMCR_VFIQEN	BIT(3)
#define VGIC_VMCR_VCBPR		BIT(4)
#define VGIC_VMCR_VBPR1_SHIFT	18
#define VGIC_VMCR_VBPR1		GENMASK(20, 18)
#define VGIC_VMCR_VBPR0_SHIFT	21
#define VGIC_VMCR_VBPR0		GENMASK(23, 21)
#define VGIC_VMCR_VPMR_SHIFT	24
#define VGIC_VMCR_VPMR		GENMASK(31, 24)

/* ICH_VTR_EL2 (IHI0069 12.4.9) */
#define VGIC_VTR_LISTREGS	GENMASK(4, 0)
#define VGIC_VTR_TDS		BIT(19)
#define VGIC_VTR_A3V		BIT(21)
#define VGIC_VTR_SEIS		BIT(22)
#define VGIC_VTR_IDBITS		GENMASK(25, 23)
#define VGIC_VTR_IDBITS_SHIFT	23
#define VGIC_VTR_PREBITS	GENMASK(28, 26)
#define VGIC_VTR_PREBITS_SHIFT	26
#define VGIC_VTR_PRIBITS	GENMASK(31, 29)
#define VGIC_VTR_PRIBITS_SHIFT	29

u32 vgic_prebits(const struct vgic *g);
u32 vgic_reset_vmcr(const struct vgic *g);
u32 vgic_base_hcr(const struct vgic *g);
u32 vgic_split_hcr(const struct vgic *g);
u32 vgic_spill_hcr(const struct vgic *g);
u32 vgic_running_priority(const struct vgic *g, const struct hyp_gic *h);
u32 vgic_group_mask(u32 vmcr, u32 group);
void vgic_set_pmr(const struct vgic *g, struct hyp_gic *h, u64 val);
void vgic_set_bpr(const struct vgic *g, struct hyp_gic *h, u32 group, u64 val);
bool vgic_can_take(const struct vgic *g, const struct hyp_gic *h,
		   const struct vgic_irq *irq);

/* ---- soft.c: a CPU interface in software ------------------------------------ */

u32 vgic_soft_ack(struct vgic_cpu *c, u32 groups, u32 other);
u32 vgic_soft_hppi(struct vgic_cpu *c, u32 groups, u32 other);
void vgic_soft_eoi(struct vgic_cpu *c, u32 intid, u32 source, u32 groups);
void vgic_dir(struct vgic_cpu *c, u32 intid, u32 source);

#endif /* ARMVCPU_VGIC_INTERNAL_H */
