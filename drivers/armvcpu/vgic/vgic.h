/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A GICv3 (Arm IHI 0069) or a GICv2 (IHI 0048) for a guest, as pure logic: nothing
 * here touches a register of the machine.
 *
 * Three layers, each in its own files:
 *
 *   irq.c			the state of the interrupts and their queues
 *   dist.c redist.c sgi.c	what the guest sees of a GICv3,
 *   dist_v2.c			of a GICv2; regs.c is their common part
 *   flush.c lr.c		the host's list registers,
 *   lr_v2.h			as a GICv2 has them;
 *   soft.c gicc.c icc.c	a CPU interface without any, as registers in memory
 *				or in the system
 *
 * vgic.c makes, joins and resets; state.c is what the VMM reads and sets. internal.h
 * holds what the layers say to each other; this file what the rest of the module says
 * to them.
 *
 * Locking: the raw spinlock of a struct vgic_cpu covers its private interrupts,
 * the shared ones (SPIs) that it owns, its queues and its list registers'
 * bookkeeping. An SPI is owned by the vCPU that it is routed to, or by a vCPU
 * that nobody runs when there is none. Two of these locks are taken only to
 * hand an SPI over, the lowest vCPU id first. No callback is called, nothing is
 * allocated and nothing sleeps under them; each loop under them is bounded by
 * the number of list registers.
 */
#ifndef ARMVCPU_VGIC_H
#define ARMVCPU_VGIC_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <asm/barrier.h>

#include "../hyp/hyp.h"

struct armvcpu_create_gic;
struct armvcpu_gic_cpu;
struct armvcpu_gic_dist;
struct armvcpu_gic_irq;
struct vgic;
struct vgic_cpu;

/**
 * enum vgic_iface - who stands behind the CPU interface that a guest sees
 * @VGIC_IFACE_V3: a GICv3 of the host, by ICH_* system registers
 * @VGIC_IFACE_V2: a GICv2 of the host, by GICH; GICV is mapped into the guest
 * @VGIC_IFACE_SOFT: nobody: each access traps, HCR_EL2.VI and VF are its outputs
 */
enum vgic_iface {
	VGIC_IFACE_V3,
	VGIC_IFACE_V2,
	VGIC_IFACE_SOFT,
};

/**
 * struct vgic_shared - what a load of the guest may be answered from without asking
 * @ctlr: GICD_CTLR but for RWP; changed and read without a lock
 * @nr_rwp: vCPUs with vgic_cpu.rwp_dist; RWP is 0 when there is none
 *
 * All is read by one load of 64 bits, see vgic_fast_word().
 */
struct vgic_shared {
	u32 ctlr;
	atomic_t nr_rwp;
} __aligned(8);

/**
 * struct vgic_config - the interrupt controller that a VM gets
 * @model: ARMVCPU_GIC_V2, ARMVCPU_GIC_V3
 * @iface: V3 only for model 3, V2 only for model 2, SOFT for both
 * @vtr: what the CPU interface has, as ICH_VTR_EL2 or GICH_VTR of the host says it;
 *	%VGIC_SOFT_VTR for SOFT
 * @dir_traps: the guest's deactivations do, so that they have a name. Not so only where
 *	GICV_DIR of %VGIC_IFACE_V2 is mapped into the guest
 * @nr_irqs: interrupts with the private ones
 * @dist_ipa: address of GICD
 * @cpu_ipa: of the first GICR (model 3) or of GICC (model 2)
 * @max_cpus: vCPU ids are below it: GICRs (model 3), 8 (model 2)
 * @shared: all zero; outlives the GIC
 */
struct vgic_config {
	u32 model;
	enum vgic_iface iface;
	u32 vtr;
	bool dir_traps;
	u32 nr_irqs;
	u64 dist_ipa;
	u64 cpu_ipa;
	u32 max_cpus;
	struct vgic_shared *shared;
};

/* 32 levels of priority and preemption, 16 bits of INTID, Aff3 (A3V). */
#define VGIC_SOFT_VTR		0x90280000

#define VGIC_NR_SGIS	16	/* INTID 0 to 15 */
#define VGIC_NR_PRIVATE	32	/* SGIs and PPIs: INTID 0 to 31 */
#define VGIC_MIN_IRQS	64
#define VGIC_MAX_IRQS	1024	/* INTID 1020 to 1023 are never interrupts */
#define VGIC_MAX_CPUS	256
#define VGIC_MAX_LR	16	/* list registers that are made use of */
#define VGIC_NR_LEVELS	32	/* priorities: the five top bits of the byte */

/**
 * struct vgic_queue - interrupts by priority, the oldest first within one
 * @level: lists of vgic_irq.node, by vgic_irq.priority / 8
 * @map: bit n: @level[n] is not empty
 * @count: interrupts in it
 */
struct vgic_queue {
	struct list_head level[VGIC_NR_LEVELS];
	u32 map;
	u32 count;
};

/* values of vgic_irq.active_write */
#define VGIC_ACTIVE_KEEP	0	/* the list register knows */
#define VGIC_ACTIVE_SET		1	/* ISACTIVER since it was loaded */
#define VGIC_ACTIVE_CLEAR	2	/* ICACTIVER or a foreign DIR since then */

/**
 * struct vgic_irq - one interrupt
 * @node: in a list of @queue
 * @queue: vgic_cpu.active, one of vgic_cpu.pending or NULL
 * @owner: whose lock covers all of this; read without it to find the lock
 * @target: where @irouter sends it; @owner follows as soon as the interrupt is
 *	neither active nor in a list register
 * @irouter: GICD_IROUTER<n>, or GICD_ITARGETSR<n> of a GICv2
 * @intid: its number
 * @pintid: number of the physical interrupt that deactivation goes to, if @hw
 * @priority: GICD_IPRIORITYR, low three bits 0
 * @level: index into vgic_queue.level while in @queue
 * @group: 0 or 1
 * @ack_priority: @priority when it was acknowledged: what EOI has to drop,
 *	whatever was written since
 * @ack_group: @group at that time
 * @enabled: GICD_ISENABLER
 * @edge: edge-triggered, else level-sensitive
 * @line: input line
 * @message: a level-sensitive SPI is held pending by GICD_SETSPI_NSR
 * @latch: pending by an edge or by ISPENDR, whatever the line
 * @resample: the deactivation lowers the line and is told, see vgic_set_resample()
 * @resampled: that has happened, nobody was told yet
 * @active: acknowledged, not deactivated
 * @taken: and acknowledged it was, as far as list registers tell, not only made active by
 *	ISACTIVER. Never without @active
 * @level_only: the guest cannot make it edge-triggered, nor the VMM drive its line
 * @hw: mapped to a physical interrupt; level-sensitive
 * @hw_active: the active state came from a list register with HW=1
 * @loaded: in a list register: @active is then as old as the flush
 * @lr_pending: went there as pending
 * @lr_latch: went there with @latch, which the acknowledge consumes
 * @sources: an SGI of a GICv2: bit n: that of vCPU n is pending (IHI0048 2.2.1: each
 *	source is an interrupt of its own)
 * @source: whose was acknowledged last, or is in the list register
 * @active_write: VGIC_ACTIVE_*: what to make of the list register's state
 */
struct vgic_irq {
	struct list_head node;
	struct vgic_queue *queue;
	struct vgic_cpu *owner;
	struct vgic_cpu *target;
	u64 irouter;
	u16 intid;
	u16 pintid;
	u8 priority;
	u8 level;
	u8 group;
	u8 ack_priority;
	u8 ack_group;
	bool enabled;
	bool edge;
	bool line;
	bool message;
	bool latch;
	bool resample;
	bool resampled;
	bool active;
	bool taken;
	bool level_only;
	bool hw;
	bool hw_active;
	bool loaded;
	bool lr_pending;
	bool lr_latch;
	u8 sources;
	u8 source;
	u8 active_write;
};

/**
 * struct vgic_cpu - a vCPU's part
 * @lock: see the head of this file
 * @gic: what it belongs to; NULL without an interrupt controller
 * @h: its virtual CPU interface: what is not the distributor's. The layout of @h->vmcr
 *	is that of ICH_VMCR_EL2, which is GICH_VMCR's, too; GICH_APR is @h->ap0r[0].
 *	List registers are as ICH_LR<n>_EL2, with the source of a GICv2's SGI in
 *	bits 34:32, see vgic_v2_encode_lr()
 * @soft: @gic is there and its interface is %VGIC_IFACE_SOFT
 * @id: number of the vCPU and of its redistributor
 * @aff: Aff3.Aff2.Aff1.Aff0 of its MPIDR_EL1, 8 bits each
 * @private: SGIs and PPIs by INTID
 * @active: active interrupts outside of list registers
 * @pending: enabled and pending ones that are not active, by group
 * @nr_queued: interrupts in @active and @pending
 * @nr_loaded: interrupts in list registers; not 0 from flush to fold only
 * @loaded: those, by list register
 * @base_hcr: ICH_HCR_EL2 when all list registers are empty
 * @split_hcr: what comes to that once there is a vCPU whose EOI does not deactivate
 * @nr_spilled: how many of @active found no list register at the last flush
 * @injected: interrupts that went into list registers as pending, each time; those that
 *	were acknowledged, if the interface is software
 * @folds: how often list registers were emptied
 * @hw_map: PPIs with @hw
 * @hw_deactivated: for vgic_take_hw_deactivated()
 * @resampled: an interrupt that it owned has vgic_irq.resampled since the last call
 *	of vgic_ops.resampled
 * @rwp_dist: GICD_CTLR.RWP: a disabled SPI may still sit in a list register; with
 *	@lock, counted by vgic_shared.nr_rwp
 * @rwp_redist: GICR_CTLR.RWP: the same for PPIs and SGIs
 * @sleep: GICR_WAKER.ProcessorSleep
 */
struct vgic_cpu {
	raw_spinlock_t lock;
	struct vgic *gic;
	struct hyp_gic *h;
	bool soft;
	u32 id;
	u32 aff;
	struct vgic_irq private[VGIC_NR_PRIVATE];
	struct vgic_queue active;
	struct vgic_queue pending[2];
	u32 nr_queued;
	u32 nr_loaded;
	struct vgic_irq *loaded[VGIC_MAX_LR];
	u32 base_hcr;
	u32 split_hcr;
	u32 nr_spilled;
	u64 injected;
	u32 folds;
	u32 hw_map;
	u32 hw_deactivated;
	bool resampled;
	bool rwp_dist;
	bool rwp_redist;
	bool sleep;
};

/**
 * struct vgic_ops - what the state machine asks of its surroundings
 * @kick: the vCPU must notice what changed: leave the guest if it is there,
 *	wake from WFI if it waits. Called in any context, also with IRQs off, but
 *	without locks of the vGIC; must not sleep. It is not called for what a
 *	vCPU does to itself, because that vCPU is outside of the guest and
 *	flushes before it goes back
 * @sync: return when the vCPU has been folded once since the call, or is not
 *	loaded: see vgic_sync_begin(). Called from vgic_mmio() only, without
 *	locks; may sleep. NULL: reads of another running vCPU's pending and
 *	active bits can be as old as that vCPU's last entry
 * @resampled: vgic_take_resampled() has something to tell, by a vCPU of the GIC
 *	whose thread this is. Called with IRQs off or on, without locks; must not
 *	sleep. NULL where vgic_set_resample() is not used
 */
struct vgic_ops {
	void (*kick)(struct vgic_cpu *c);
	void (*sync)(struct vgic_cpu *c);
	void (*resampled)(struct vgic_cpu *c);
};

/* the system registers that generate SGIs */
enum vgic_sgi_reg {
	VGIC_ICC_SGI0R,
	VGIC_ICC_SGI1R,
	VGIC_ICC_ASGI1R,
};

#define VGIC_SGI_IRM	BIT_ULL(40)	/* to all but the sender */

/*
 * The system registers of the CPU interface that trap, besides the above: the first
 * four by ICH_HCR_EL2.TDIR and TC, the others with a software interface only.
 */
enum vgic_icc_reg {
	VGIC_ICC_DIR,		/* S3_0_C12_C11_1, write only */
	VGIC_ICC_RPR,		/* S3_0_C12_C11_3, read only */
	VGIC_ICC_CTLR,		/* S3_0_C12_C12_4 */
	VGIC_ICC_PMR,		/* S3_0_C4_C6_0 */
	VGIC_ICC_IAR0,		/* S3_0_C12_C8_0, read only */
	VGIC_ICC_IAR1,		/* S3_0_C12_C12_0, read only */
	VGIC_ICC_EOIR0,		/* S3_0_C12_C8_1, write only */
	VGIC_ICC_EOIR1,		/* S3_0_C12_C12_1, write only */
	VGIC_ICC_HPPIR0,	/* S3_0_C12_C8_2, read only */
	VGIC_ICC_HPPIR1,	/* S3_0_C12_C12_2, read only */
	VGIC_ICC_BPR0,		/* S3_0_C12_C8_3 */
	VGIC_ICC_BPR1,		/* S3_0_C12_C12_3 */
	VGIC_ICC_IGRPEN0,	/* S3_0_C12_C12_6 */
	VGIC_ICC_IGRPEN1,	/* S3_0_C12_C12_7 */
	VGIC_ICC_AP0R0,		/* S3_0_C12_C8_4; with 32 levels there is one */
	VGIC_ICC_AP1R0,		/* S3_0_C12_C9_0 */
};

#define VGIC_VMCR_VEOIM	BIT(9)	/* ICH_VMCR_EL2: EOImode; internal.h has the others */

/* What a software interface signals, for vgic_pins(). */
#define VGIC_PIN_IRQ	BIT(0)	/* HCR_EL2.VI */
#define VGIC_PIN_FIQ	BIT(1)	/* HCR_EL2.VF */

int vgic_check_config(const struct armvcpu_create_gic *cfg, u32 ipa_bits);
struct vgic *vgic_create(const struct vgic_config *cfg, const struct vgic_ops *ops);
void vgic_destroy(struct vgic *g);
void vgic_cpu_init(struct vgic_cpu *c, struct hyp_gic *h, u32 id, u64 mpidr);
int vgic_add_cpu(struct vgic *g, struct vgic_cpu *c);
void vgic_start(struct vgic *g);

void vgic_reset_cpu(struct vgic_cpu *c, struct hyp_gic *h);
void vgic_reset_interface(struct vgic_cpu *c, struct hyp_gic *h);

int vgic_set_line(struct vgic *g, struct vgic_cpu *c, u32 intid, bool level);
bool vgic_has_spi(struct vgic *g, u32 intid);
void vgic_pend_spi(struct vgic *g, u32 intid);
void vgic_raise_spi(struct vgic *g, u32 intid);
void vgic_set_resample(struct vgic *g, u32 intid, bool on);
bool vgic_take_resampled(struct vgic *g, u32 intid);

void vgic_note_split(struct vgic_cpu *c, struct hyp_gic *h);
void vgic_flush_queued(struct vgic_cpu *c, struct hyp_gic *h, unsigned int nr_lr);
void vgic_fold_loaded(struct vgic_cpu *c, struct hyp_gic *h);
bool vgic_has_pending(struct vgic_cpu *c, const struct hyp_gic *h);
u32 vgic_pins(struct vgic_cpu *c);

u32 vgic_join_vtr(u32 a, u32 b);

/**
 * struct vgic_answer - what became of an access; two registers of the caller's
 * @done: 1: it is complete; 0
 * @data: what is read, zero extended
 */
struct vgic_answer {
	u64 done;
	u64 data;
};

bool vgic_mmio(struct vgic *g, struct vgic_cpu *c, u64 ipa, unsigned int len,
	       bool write, u64 *data);
struct vgic_answer vgic_mmio_quick(struct vgic *g, struct vgic_cpu *c, u64 ipa,
				   unsigned int len, bool write, u64 data);
const u64 *vgic_fast_word(struct vgic *g, struct vgic_cpu *c, u64 ipa, u64 *constant);
void vgic_send_sgi(struct vgic *g, struct vgic_cpu *src, u64 val,
		   enum vgic_sgi_reg reg);
bool vgic_icc_read(struct vgic_cpu *c, struct hyp_gic *h,
		   enum vgic_icc_reg reg, u64 *val);
bool vgic_icc_write(struct vgic_cpu *c, struct hyp_gic *h,
		    enum vgic_icc_reg reg, u64 val);

void vgic_get_dist(struct vgic *g, struct armvcpu_gic_dist *dist);
int vgic_set_dist(struct vgic *g, const struct armvcpu_gic_dist *dist);
void vgic_get_cpu(const struct vgic_cpu *c, const struct hyp_gic *h,
		  struct armvcpu_gic_cpu *cpu);
int vgic_set_cpu(struct vgic_cpu *c, struct hyp_gic *h, const struct armvcpu_gic_cpu *cpu);
int vgic_check_range(const struct vgic *g, u32 first, u32 count);
void vgic_get_irqs(struct vgic *g, struct vgic_cpu *c, u32 first, u32 count,
		   struct armvcpu_gic_irq *s);
int vgic_set_irqs(struct vgic *g, struct vgic_cpu *c, u32 first, u32 count,
		  const struct armvcpu_gic_irq *s);

void vgic_fix_level(struct vgic_cpu *c, u32 ppi);
void vgic_map_hw(struct vgic_cpu *c, u32 ppi, u32 pintid);
u32 vgic_take_hw_deactivated(struct vgic_cpu *c);

/**
 * vgic_flush - fill the list registers
 * @c: the vCPU
 * @h: its virtual CPU interface; @h->lr, @h->used_lrs and @h->hcr are written
 * @nr_lr: list registers that the CPU has, at least 1
 *
 * A flush and a fold belong together: also when the vCPU then does not enter
 * the guest after all, vgic_fold() has to follow before anything else.
 *
 * Without a GIC nothing is loaded and @h->hcr is 0.
 *
 * Context: the vCPU's thread, IRQs off from here to the fold. May call vgic_ops.kick for
 * other vCPUs.
 */
static inline void vgic_flush(struct vgic_cpu *c, struct hyp_gic *h, unsigned int nr_lr)
{
	h->used_lrs = 0;
	h->hcr = c->base_hcr;
	if (unlikely(c->split_hcr))
		vgic_note_split(c, h);
	c->nr_spilled = 0;
	/*
	 * What is queued from now on comes with a kick after it, and the vCPU
	 * looks for that after the flush.
	 */
	if (READ_ONCE(c->nr_queued))
		vgic_flush_queued(c, h, nr_lr);
}

/**
 * vgic_fold - empty the list registers
 * @c: the vCPU
 * @h: its virtual CPU interface as the guest left it: @h->lr, @h->vmcr, and
 *	ICH_HCR_EL2.EOIcount in @h->hcr; if that is not 0 the active priorities, too.
 *	@h->used_lrs is set to 0
 *
 * Context: the vCPU's thread, IRQs off. May call vgic_ops.kick for other vCPUs.
 */
static inline void vgic_fold(struct vgic_cpu *c, struct hyp_gic *h)
{
	/* Only this thread changes these; empty registers tell nothing. */
	if (c->nr_loaded || c->nr_spilled)
		vgic_fold_loaded(c, h);
}

/**
 * vgic_irq_active - has the guest a mapped interrupt active?
 * @c: the vCPU
 * @ppi: INTID of the PPI, a constant below %VGIC_NR_PRIVATE
 *
 * Only an active state that came from the physical interrupt counts, not one
 * that was written to GICR_ISACTIVER0.
 *
 * Context: the vCPU's thread, after fold and before flush.
 * Return: true if its deactivation is still to reach the physical interrupt.
 */
static inline bool vgic_irq_active(const struct vgic_cpu *c, u32 ppi)
{
	return c->private[ppi].active && c->private[ppi].hw_active;
}

/**
 * vgic_sync_begin - start of what vgic_ops.sync does
 * @c: the vCPU
 *
 * vgic_sync_done() takes its result. A kick is needed only if that is false, and
 * then one suffices: the entry that was seen to have list registers in use is
 * kicked or over. Without that look, an entry that begins after the kick would be
 * waited for to its end.
 *
 * Return: a ticket.
 */
static inline u32 vgic_sync_begin(const struct vgic_cpu *c)
{
	/* before nr_loaded in vgic_sync_done(); pairs with vgic_fold() */
	return smp_load_acquire(&c->folds);
}

/**
 * vgic_sync_done - has the vCPU been outside of the guest?
 * @c: the vCPU
 * @ticket: from vgic_sync_begin()
 *
 * A vCPU between flush and fold has preemption off, so a waiter with IRQs on
 * may spin.
 *
 * Return: true when the vCPU has folded since vgic_sync_begin() or has no list
 * register in use.
 */
static inline bool vgic_sync_done(const struct vgic_cpu *c, u32 ticket)
{
	return !READ_ONCE(c->nr_loaded) || READ_ONCE(c->folds) != ticket;
}

#endif /* ARMVCPU_VGIC_H */
