/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * armvcpu: virtual machines on arm64 from a loadable module.
 *
 * /dev/armvcpu -> VM file descriptor -> vCPU file descriptor -> run page.
 *
 * Rules that hold for every structure here:
 *  - integers are little endian as the host is, and of fixed width;
 *  - a field named "size" is set by the caller to sizeof() of the structure it
 *    was built with, so that the structure can grow at its end; the numbers of
 *    such calls do not depend on it;
 *  - flags that are not named here and padding that is not zero are refused
 *    with EINVAL, and a call that fails has changed nothing;
 *  - addresses of the guest are intermediate physical addresses (IPA) in bytes.
 *
 * Documentation/virt/armvcpu/api.rst says what each call does and lists its
 * errors.
 */
#ifndef _UAPI_LINUX_ARMVCPU_H
#define _UAPI_LINUX_ARMVCPU_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* What ARMVCPU_GET_API_VERSION returns. Changes only when the ABI breaks. */
#define ARMVCPU_API_VERSION	1

#define ARMVCPU_IOC_MAGIC	0xBC

/* ---- /dev/armvcpu ------------------------------------------------------ */

/* values of armvcpu_info.mode */
#define ARMVCPU_MODE_VHE	1	/* host kernel at EL2, HCR_EL2.E2H=1 */
#define ARMVCPU_MODE_NVHE	2	/* host kernel at EL1 */

/* bits of armvcpu_info.features */
#define ARMVCPU_FEAT_GICV3		(1ULL << 0) /* CREATE_GIC model 3 works */
#define ARMVCPU_FEAT_MMU_NOTIFIER	(1ULL << 1) /* guest memory follows the VMM's */
#define ARMVCPU_FEAT_PINNED_MEMORY	(1ULL << 2) /* guest memory is pinned instead */
#define ARMVCPU_FEAT_IRQFD		(1ULL << 3) /* ARMVCPU_IRQFD */
#define ARMVCPU_FEAT_IOEVENTFD		(1ULL << 4) /* ARMVCPU_IOEVENTFD */
#define ARMVCPU_FEAT_POSTED_WRITES	(1ULL << 5) /* ARMVCPU_POSTED_WRITES and the ring */
#define ARMVCPU_FEAT_STATS_FD		(1ULL << 6) /* ARMVCPU_VM_STATS_FD, VCPU_STATS_FD */
#define ARMVCPU_FEAT_GICV2		(1ULL << 7) /* CREATE_GIC model 2 works */
#define ARMVCPU_FEAT_GIC_STATE		(1ULL << 8) /* GET_GIC_*, SET_GIC_* */

/**
 * struct armvcpu_info - what this host and this build of the module can do
 * @size: in: sizeof(struct armvcpu_info); out: bytes that were filled in
 * @api_version: out: ARMVCPU_API_VERSION
 * @mode: out: ARMVCPU_MODE_*
 * @page_size: out: granule of guest memory in bytes (the host's page size)
 * @ipa_bits: out: largest armvcpu_create_vm.ipa_bits
 * @vmid_bits: out: 8 or 16
 * @max_vcpus: out: vCPUs a VM can have
 * @max_slots: out: memory slots a VM can have; slot numbers are below it
 * @run_size: out: length in bytes to mmap() a vCPU file descriptor with
 * @gic_models: out: bit N set: CREATE_GIC accepts model N
 * @gic_max_irqs: out: largest armvcpu_create_gic.nr_irqs
 * @list_registers: out: list registers of the host's GIC, on the CPU that has the
 *	fewest; 0 where it has none that can be used
 * @timer_freq: out: frequency of the generic timer in Hz (CNTFRQ_EL0)
 * @features: out: ARMVCPU_FEAT_*
 * @ring_size: out: length in bytes to mmap() a VM file descriptor with, see
 *	struct armvcpu_ring
 * @gic_hw_models: out: bit N set: the CPU interface of model N is the host's GIC;
 *	clear with @gic_models set: it is software
 */
struct armvcpu_info {
	__u32 size;
	__u32 api_version;
	__u32 mode;
	__u32 page_size;
	__u32 ipa_bits;
	__u32 vmid_bits;
	__u32 max_vcpus;
	__u32 max_slots;
	__u32 run_size;
	__u32 gic_models;
	__u32 gic_max_irqs;
	__u32 list_registers;
	__u64 timer_freq;
	__u64 features;
	__u32 ring_size;
	__u32 gic_hw_models;
};

/* bits of armvcpu_create_vm.flags */
#define ARMVCPU_VM_PSCI_IN_KERNEL	(1U << 0) /* CPU_ON and CPU_OFF need no VMM */
#define ARMVCPU_VM_SYSREG_EXITS		(1U << 1) /* unhandled MRS and MSR exit, else UNDEF */
#define ARMVCPU_VM_HYPERCALL_EXITS	(1U << 2) /* unhandled HVC and SMC exit, else -1 in x0 */
#define ARMVCPU_VM_FLAGS_MASK		0x7U

/**
 * struct armvcpu_create_vm - argument of ARMVCPU_CREATE_VM
 * @size: in: sizeof(struct armvcpu_create_vm)
 * @flags: in: ARMVCPU_VM_*
 * @ipa_bits: in: bits of guest physical address, 32 to armvcpu_info.ipa_bits;
 *	0: 40 or what the host has, whichever is less
 * @pad: in: 0
 */
struct armvcpu_create_vm {
	__u32 size;
	__u32 flags;
	__u32 ipa_bits;
	__u32 pad;
};

#define ARMVCPU_GET_API_VERSION	_IO(ARMVCPU_IOC_MAGIC, 0x00)
#define ARMVCPU_GET_INFO	_IO(ARMVCPU_IOC_MAGIC, 0x01) /* struct armvcpu_info */
#define ARMVCPU_CREATE_VM	_IO(ARMVCPU_IOC_MAGIC, 0x02) /* struct armvcpu_create_vm */

/* ---- VM file descriptor ------------------------------------------------ */

/* bits of armvcpu_memory.flags */
#define ARMVCPU_MEM_READONLY	(1U << 0) /* guest writes exit as MMIO */
#define ARMVCPU_MEM_FLAGS_MASK	0x1U

/**
 * struct armvcpu_memory - argument of ARMVCPU_SET_MEMORY
 * @slot: in: slot number, below armvcpu_info.max_slots
 * @flags: in: ARMVCPU_MEM_*
 * @ipa: in: first guest physical address, page aligned
 * @length: in: bytes, a multiple of the page size; 0 deletes the slot
 * @hva: in: address in the calling process, page aligned; 0 when deleting
 */
struct armvcpu_memory {
	__u32 slot;
	__u32 flags;
	__u64 ipa;
	__u64 length;
	__u64 hva;
};

/* bits of armvcpu_create_vcpu.flags */
#define ARMVCPU_VCPU_POWERED_OFF	(1U << 0) /* waits for PSCI CPU_ON or VCPU_RESET */
#define ARMVCPU_VCPU_FLAGS_MASK		0x1U

/* affinity fields of MPIDR_EL1 that a VMM may set (Arm ARM D19.2.101) */
#define ARMVCPU_MPIDR_AFF_MASK	0xff00ffffffULL

/**
 * struct armvcpu_create_vcpu - argument of ARMVCPU_CREATE_VCPU
 * @size: in: sizeof(struct armvcpu_create_vcpu)
 * @flags: in: ARMVCPU_VCPU_*
 * @id: in: number of the vCPU, below armvcpu_info.max_vcpus, unique in the VM;
 *	it selects the GIC redistributor's frame
 * @pad: in: 0
 * @mpidr: in: affinity as the guest reads it in MPIDR_EL1, only bits of
 *	ARMVCPU_MPIDR_AFF_MASK, Aff0 at most 15, unique in the VM
 * @features: in: optional features of the vCPU; none are defined, so 0
 */
struct armvcpu_create_vcpu {
	__u32 size;
	__u32 flags;
	__u32 id;
	__u32 pad;
	__u64 mpidr;
	__u64 features;
};

/* values of armvcpu_create_gic.model */
#define ARMVCPU_GIC_V2		2	/* IHI0048: GICD and GICC */
#define ARMVCPU_GIC_V3		3	/* IHI0069: GICD, GICR and system registers */

/* bits of armvcpu_create_gic.flags */
#define ARMVCPU_GIC_SOFTWARE	(1U << 0) /* no CPU interface of the host's, whatever it has */
#define ARMVCPU_GIC_FLAGS_MASK	0x1U

#define ARMVCPU_GICV3_DIST_SIZE		0x10000ULL /* bytes of the GICD frame */
#define ARMVCPU_GICV3_REDIST_SIZE	0x20000ULL /* bytes of one GICR, RD and SGI frame */
#define ARMVCPU_GICV2_DIST_SIZE		0x1000ULL /* bytes of the GICD frame */
#define ARMVCPU_GICV2_CPU_SIZE		0x2000ULL /* bytes of the GICC frame */
#define ARMVCPU_GICV2_MAX_VCPUS		8

/**
 * struct armvcpu_create_gic - argument of ARMVCPU_CREATE_GIC
 * @size: in: sizeof(struct armvcpu_create_gic)
 * @model: in: ARMVCPU_GIC_V2 or ARMVCPU_GIC_V3, one of armvcpu_info.gic_models
 * @flags: in: ARMVCPU_GIC_*
 * @nr_irqs: in: interrupts with SGIs and PPIs counted: 64 to
 *	armvcpu_info.gic_max_irqs, a multiple of 32
 * @dist_ipa: in: address of the distributor (GICD); model 3: 64 KiB aligned,
 *	model 2: armvcpu_info.page_size
 * @redist_ipa: in: model 3: address of the first redistributor (GICR), 64 KiB
 *	aligned; that of vCPU N is at @redist_ipa + N * ARMVCPU_GICV3_REDIST_SIZE
 * @cpu_ipa: in: model 2, the same field: address of the CPU interface (GICC),
 *	the same for all vCPUs; armvcpu_info.page_size aligned
 * @redist_count: in: model 3: redistributors that fit there; ids of vCPUs are
 *	below it. Model 2: 0; ids are below ARMVCPU_GICV2_MAX_VCPUS
 * @pad: in: 0
 */
struct armvcpu_create_gic {
	__u32 size;
	__u32 model;
	__u32 flags;
	__u32 nr_irqs;
	__u64 dist_ipa;
	union {
		__u64 redist_ipa;
		__u64 cpu_ipa;
	};
	__u32 redist_count;
	__u32 pad;
};

/* values of armvcpu_irq_line.type */
#define ARMVCPU_IRQ_SPI		0	/* @irq: INTID 32 and up, with a GIC */
#define ARMVCPU_IRQ_PPI		1	/* @irq: INTID 16 to 31, with a GIC */
#define ARMVCPU_IRQ_CPU_IRQ	2	/* IRQ pin of the vCPU, without a GIC; @irq: 0 */
#define ARMVCPU_IRQ_CPU_FIQ	3	/* FIQ pin of the vCPU, without a GIC; @irq: 0 */

/**
 * struct armvcpu_irq_line - argument of ARMVCPU_IRQ_LINE
 * @type: in: ARMVCPU_IRQ_*
 * @irq: in: interrupt number, see the types
 * @vcpu_id: in: the vCPU for all types but ARMVCPU_IRQ_SPI, else 0
 * @level: in: 1 raises the line, 0 lowers it; a rising line makes an
 *	edge-triggered interrupt pending
 */
struct armvcpu_irq_line {
	__u32 type;
	__u32 irq;
	__u32 vcpu_id;
	__u32 level;
};

#define ARMVCPU_SET_MEMORY	_IOW(ARMVCPU_IOC_MAGIC, 0x20, struct armvcpu_memory)
#define ARMVCPU_CREATE_VCPU	_IO(ARMVCPU_IOC_MAGIC, 0x21) /* struct armvcpu_create_vcpu */
#define ARMVCPU_CREATE_GIC	_IO(ARMVCPU_IOC_MAGIC, 0x22) /* struct armvcpu_create_gic */
#define ARMVCPU_IRQ_LINE	_IOW(ARMVCPU_IOC_MAGIC, 0x23, struct armvcpu_irq_line)

/* ---- eventfds and posted writes, on a VM -------------------------------- */

/* bits of armvcpu_irqfd.flags */
#define ARMVCPU_IRQFD_DEASSIGN	(1U << 0) /* undo it; @fd and @irq say which one */
#define ARMVCPU_IRQFD_RESAMPLE	(1U << 1) /* a level: raised by @fd, see @resample_fd */
#define ARMVCPU_IRQFD_FLAGS_MASK	0x3U

/**
 * struct armvcpu_irqfd - argument of ARMVCPU_IRQFD
 * @size: in: sizeof(struct armvcpu_irqfd)
 * @flags: in: ARMVCPU_IRQFD_*
 * @fd: in: eventfd; when it is written the interrupt gets pending
 * @irq: in: INTID of an SPI
 * @resample_fd: in: with RESAMPLE an eventfd that the kernel writes when the
 *	guest has deactivated the interrupt and its line was lowered for that;
 *	else -1
 * @pad: in: 0
 */
struct armvcpu_irqfd {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 irq;
	__s32 resample_fd;
	__u32 pad;
};

/* bits of armvcpu_ioeventfd.flags */
#define ARMVCPU_IOEVENTFD_DEASSIGN	(1U << 0) /* undo it; all other fields say which */
#define ARMVCPU_IOEVENTFD_DATAMATCH	(1U << 1) /* only stores of @datamatch */
#define ARMVCPU_IOEVENTFD_FLAGS_MASK	0x3U

/**
 * struct armvcpu_ioeventfd - argument of ARMVCPU_IOEVENTFD
 * @size: in: sizeof(struct armvcpu_ioeventfd)
 * @flags: in: ARMVCPU_IOEVENTFD_*
 * @ipa: in: guest physical address of the store, a multiple of @length
 * @datamatch: in: with DATAMATCH the bytes stored, as in
 *	armvcpu_exit_mmio.data; else 0
 * @length: in: bytes stored: 1, 2, 4 or 8; 0: any, not with DATAMATCH
 * @fd: in: eventfd; such a store writes 1 to it and is no exit
 */
struct armvcpu_ioeventfd {
	__u32 size;
	__u32 flags;
	__u64 ipa;
	__u64 datamatch;
	__u32 length;
	__s32 fd;
};

/* bits of armvcpu_posted_writes.flags */
#define ARMVCPU_POSTED_REMOVE		(1U << 0) /* undo it; @ipa and @length say which */
#define ARMVCPU_POSTED_FLAGS_MASK	0x1U

/**
 * struct armvcpu_posted_writes - argument of ARMVCPU_POSTED_WRITES
 * @size: in: sizeof(struct armvcpu_posted_writes)
 * @flags: in: ARMVCPU_POSTED_*
 * @ipa: in: first guest physical address
 * @length: in: bytes, at least 1; stores that lie in the range as a whole go to
 *	the ring
 * @fd: in: eventfd that the kernel writes when it puts a store into an empty
 *	ring, -1: none; with REMOVE -1
 * @pad: in: 0
 */
struct armvcpu_posted_writes {
	__u32 size;
	__u32 flags;
	__u64 ipa;
	__u64 length;
	__s32 fd;
	__u32 pad;
};

/**
 * struct armvcpu_posted_write - a store in the ring
 * @ipa: out: guest physical address of the first byte
 * @data: out: the bytes as in armvcpu_exit_mmio.data
 * @vcpu_id: out: whose store it was
 * @len: out: bytes: 1, 2, 4 or 8
 * @pad: out: 0
 */
struct armvcpu_posted_write {
	__u64 ipa;
	__u64 data;
	__u32 vcpu_id;
	__u8 len;
	__u8 pad[3];
};

/**
 * struct armvcpu_ring - what a VM file descriptor maps: stores that were posted
 * @producer: out: number of stores put in since the VM was made, modulo 2^32
 * @count: out: entries that there are, a power of two
 * @pad0: out: 0
 * @consumer: in: number of stores that the VMM has taken out
 * @pad1: in: not looked at
 * @entries: store number N is in entries[N & (@count - 1)]
 *
 * Both numbers wrap. The VMM loads @producer with acquire semantics, takes the
 * entries from @consumer on, and stores @consumer with release semantics. The
 * kernel keeps a @producer of its own: what the VMM writes there has no effect
 * on it. A @consumer that cannot be counts as a full ring.
 */
struct armvcpu_ring {
	__u32 producer;
	__u32 count;
	__u32 pad0[14];
	__u32 consumer;
	__u32 pad1[15];
	struct armvcpu_posted_write entries[];
};

/* ---- statistics, on a VM and on a vCPU ---------------------------------- */

/**
 * struct armvcpu_stats_header - how a file of statistics begins
 * @flags: 0
 * @name_size: bytes of the name of the file, and of each value's; NUL included
 * @num_desc: descriptors
 * @id_offset: where the file's name is, a multiple of 8 as all of them
 * @desc_offset: where the descriptors are, @name_size + 16 bytes each
 * @data_offset: where the values are, 64 bits each
 *
 * All but the values never changes. This, struct armvcpu_stats_desc and the flags
 * are those of KVM, so that what reads the one can read the other.
 */
struct armvcpu_stats_header {
	__u32 flags;
	__u32 name_size;
	__u32 num_desc;
	__u32 id_offset;
	__u32 desc_offset;
	__u32 data_offset;
};

/* armvcpu_stats_desc.flags: type, unit, base of the exponent */
#define ARMVCPU_STATS_TYPE_MASK		0xfU
#define ARMVCPU_STATS_TYPE_CUMULATIVE	0x0U
#define ARMVCPU_STATS_TYPE_INSTANT	0x1U
#define ARMVCPU_STATS_TYPE_LINEAR_HIST	0x3U
#define ARMVCPU_STATS_UNIT_MASK		0xf0U
#define ARMVCPU_STATS_UNIT_NONE		0x00U
#define ARMVCPU_STATS_UNIT_SECONDS	0x20U
#define ARMVCPU_STATS_UNIT_BOOLEAN	0x40U
#define ARMVCPU_STATS_BASE_MASK		0xf00U
#define ARMVCPU_STATS_BASE_POW10	0x000U

/**
 * struct armvcpu_stats_desc - what a value, or a few of them, are
 * @flags: ARMVCPU_STATS_*
 * @exponent: values count multiples of the unit by 10 to the power of it
 * @size: values: 1, or the buckets of a histogram
 * @offset: of the first, from armvcpu_stats_header.data_offset
 * @bucket_size: of a linear histogram's buckets; else 0
 * @name: armvcpu_stats_header.name_size bytes
 */
struct armvcpu_stats_desc {
	__u32 flags;
	__s16 exponent;
	__u16 size;
	__u32 offset;
	__u32 bucket_size;
	char name[];
};

#define ARMVCPU_IRQFD		_IO(ARMVCPU_IOC_MAGIC, 0x28) /* struct armvcpu_irqfd */
#define ARMVCPU_IOEVENTFD	_IO(ARMVCPU_IOC_MAGIC, 0x29) /* struct armvcpu_ioeventfd */
#define ARMVCPU_POSTED_WRITES	_IO(ARMVCPU_IOC_MAGIC, 0x2a) /* struct armvcpu_posted_writes */
#define ARMVCPU_VM_STATS_FD	_IO(ARMVCPU_IOC_MAGIC, 0x2b)
#define ARMVCPU_VCPU_STATS_FD	_IO(ARMVCPU_IOC_MAGIC, 0x2c) /* on a vCPU */

/* ---- the state of the interrupt controller, on a VM ----------------------- */

/* bits of armvcpu_gic_dist.flags: GICD_CTLR */
#define ARMVCPU_GIC_DIST_GROUP0		(1U << 0) /* EnableGrp0 */
#define ARMVCPU_GIC_DIST_GROUP1		(1U << 1) /* EnableGrp1 */
#define ARMVCPU_GIC_DIST_FLAGS_MASK	0x3U

/**
 * struct armvcpu_gic_dist - the distributor, but for its interrupts
 * @size: in: sizeof(struct armvcpu_gic_dist); GET out: bytes that were filled in
 * @model: ARMVCPU_GIC_*; of SET, what the VM's GIC is
 * @nr_irqs: armvcpu_create_gic.nr_irqs; of SET, what the VM's GIC has
 * @flags: ARMVCPU_GIC_DIST_*
 */
struct armvcpu_gic_dist {
	__u32 size;
	__u32 model;
	__u32 nr_irqs;
	__u32 flags;
};

/*
 * bits of armvcpu_gic_cpu.flags: model 3 has the fields of ICC_CTLR_EL1 and the
 * ICC_IGRPEN<n>_EL1, model 2 those of GICC_CTLR
 */
#define ARMVCPU_GIC_CPU_GROUP0		(1U << 0) /* group 0 is enabled */
#define ARMVCPU_GIC_CPU_GROUP1		(1U << 1) /* group 1 is enabled */
#define ARMVCPU_GIC_CPU_ACKCTL		(1U << 2) /* GICC_CTLR.AckCtl, model 2 */
#define ARMVCPU_GIC_CPU_FIQEN		(1U << 3) /* GICC_CTLR.FIQEn, model 2 */
#define ARMVCPU_GIC_CPU_CBPR		(1U << 4) /* one binary point for both groups */
#define ARMVCPU_GIC_CPU_EOIMODE		(1U << 5) /* EOIR drops the priority only */
#define ARMVCPU_GIC_CPU_SLEEP		(1U << 6) /* GICR_WAKER.ProcessorSleep, model 3 */
#define ARMVCPU_GIC_CPU_FLAGS_MASK	0x7fU

/**
 * struct armvcpu_gic_cpu - the CPU interface of a vCPU
 * @size: in: sizeof(struct armvcpu_gic_cpu); GET out: bytes that were filled in
 * @vcpu_id: in: whose it is
 * @flags: ARMVCPU_GIC_CPU_*
 * @priority_bits: bits of priority that it has, 5 to 8 (ICC_CTLR_EL1.PRIbits + 1)
 * @preemption_bits: bits of them that decide on preemption, 5 to 7
 * @pmr: ICC_PMR_EL1, GICC_PMR
 * @bpr0: ICC_BPR0_EL1, GICC_BPR
 * @bpr1: ICC_BPR1_EL1 as it is without CBPR, GICC_ABPR
 * @pad: SET in: 0
 * @ap0r: ICC_AP0R<n>_EL1; of model 2 GICC_APR0, and no others
 * @ap1r: ICC_AP1R<n>_EL1; of model 2 0
 *
 * With 5 bits of preemption there is the first of each active priorities register
 * only, with 6 there are two, with 7 four. Of SET, the numbers of bits are what the
 * interface has.
 */
struct armvcpu_gic_cpu {
	__u32 size;
	__u32 vcpu_id;
	__u32 flags;
	__u8 priority_bits;
	__u8 preemption_bits;
	__u8 pmr;
	__u8 bpr0;
	__u8 bpr1;
	__u8 pad[7];
	__u32 ap0r[4];
	__u32 ap1r[4];
};

/* bits of armvcpu_gic_irq.flags */
#define ARMVCPU_GIC_IRQ_ENABLED		(1U << 0) /* GICD_ISENABLER<n> */
#define ARMVCPU_GIC_IRQ_GROUP1		(1U << 1) /* GICD_IGROUPR<n> */
#define ARMVCPU_GIC_IRQ_EDGE		(1U << 2) /* GICD_ICFGR<n>: edge-triggered */
#define ARMVCPU_GIC_IRQ_LINE		(1U << 3) /* its input line is high */
#define ARMVCPU_GIC_IRQ_PENDING		(1U << 4) /* by an edge or GICD_ISPENDR<n> */
#define ARMVCPU_GIC_IRQ_MESSAGE		(1U << 5) /* by GICD_SETSPI_NSR, as a level */
#define ARMVCPU_GIC_IRQ_ACTIVE		(1U << 6) /* GICD_ISACTIVER<n> */
#define ARMVCPU_GIC_IRQ_ACTIVE_GROUP1	(1U << 7) /* its group when it got active */
#define ARMVCPU_GIC_IRQ_FLAGS_MASK	0xffU

#define ARMVCPU_GIC_NO_VCPU	(~0U)	/* armvcpu_gic_irq.active_vcpu: none */

/**
 * struct armvcpu_gic_irq - an interrupt
 * @intid: its number
 * @flags: ARMVCPU_GIC_IRQ_*
 * @route: SPIs: GICD_IROUTER<n>, of model 2 the byte of GICD_ITARGETSR<n>; else 0
 * @active_vcpu: of an active SPI: id of the vCPU that has it active, or
 *	ARMVCPU_GIC_NO_VCPU; else 0
 * @priority: GICD_IPRIORITYR<n>
 * @active_priority: of an active one: what @priority was when it got active; else 0
 * @sources: SGIs of model 2: bit N: that of vCPU N is pending, as in
 *	GICD_SPENDSGIR<n>; else 0
 * @source: of an active SGI of model 2: id of the vCPU that has sent it; else 0
 * @pad: SET in: 0
 */
struct armvcpu_gic_irq {
	__u32 intid;
	__u32 flags;
	__u64 route;
	__u32 active_vcpu;
	__u8 priority;
	__u8 active_priority;
	__u8 sources;
	__u8 source;
	__u64 pad;
};

/**
 * struct armvcpu_gic_irqs - argument of ARMVCPU_GET_GIC_IRQS and SET_GIC_IRQS
 * @size: in: sizeof(struct armvcpu_gic_irqs)
 * @vcpu_id: in: whose SGIs and PPIs; 0 for SPIs
 * @first: in: INTID of the first: 0 to 31 for SGIs and PPIs, 32 and up for SPIs
 * @count: in: how many, all private or all SPIs
 * @entries: in: address of an array of struct armvcpu_gic_irq, in the order of their
 *	numbers. GET fills it in, SET reads it
 */
struct armvcpu_gic_irqs {
	__u32 size;
	__u32 vcpu_id;
	__u32 first;
	__u32 count;
	__u64 entries;
};

#define ARMVCPU_GET_GIC_DIST	_IO(ARMVCPU_IOC_MAGIC, 0x30) /* struct armvcpu_gic_dist */
#define ARMVCPU_SET_GIC_DIST	_IO(ARMVCPU_IOC_MAGIC, 0x31)
#define ARMVCPU_GET_GIC_CPU	_IO(ARMVCPU_IOC_MAGIC, 0x32) /* struct armvcpu_gic_cpu */
#define ARMVCPU_SET_GIC_CPU	_IO(ARMVCPU_IOC_MAGIC, 0x33)
#define ARMVCPU_GET_GIC_IRQS	_IO(ARMVCPU_IOC_MAGIC, 0x34) /* struct armvcpu_gic_irqs */
#define ARMVCPU_SET_GIC_IRQS	_IO(ARMVCPU_IOC_MAGIC, 0x35)

/* ---- vCPU file descriptor ---------------------------------------------- */

/**
 * struct armvcpu_regs - the core registers
 * @x: X0 to X30
 * @pc: address of the next instruction
 * @pstate: NZCV, DAIF, IL, SS, M and so on in the layout of SPSR_EL2
 *	(Arm ARM C5.2.19); M[4:0] names EL0t, EL1t or EL1h
 * @sp_el0: SP_EL0
 * @sp_el1: SP_EL1
 * @elr_el1: ELR_EL1
 * @spsr_el1: SPSR_EL1
 */
struct armvcpu_regs {
	__u64 x[31];
	__u64 pc;
	__u64 pstate;
	__u64 sp_el0;
	__u64 sp_el1;
	__u64 elr_el1;
	__u64 spsr_el1;
};

/**
 * struct armvcpu_fpregs - the floating-point and Advanced SIMD registers
 * @v: V0 to V31, low 64 bits first
 * @fpsr: FPSR
 * @fpcr: FPCR
 */
struct armvcpu_fpregs {
	__u64 v[32][2];
	__u32 fpsr;
	__u32 fpcr;
};

/* A system register's name: its MRS/MSR operands (Arm ARM C5.1.2), 16 bits. */
#define ARMVCPU_SYSREG(op0, op1, crn, crm, op2)				\
	((((op0) & 3U) << 14) | (((op1) & 7U) << 11) |			\
	 (((crn) & 15U) << 7) | (((crm) & 15U) << 3) | ((op2) & 7U))

/**
 * struct armvcpu_sysreg - one system register
 * @encoding: ARMVCPU_SYSREG()
 * @pad: in: 0
 * @value: its value
 */
struct armvcpu_sysreg {
	__u32 encoding;
	__u32 pad;
	__u64 value;
};

/**
 * struct armvcpu_sysregs - a vector of system registers
 * @count: in: entries at @entries; out, ARMVCPU_LIST_SYSREGS only: how many
 *	registers there are
 * @pad: in: 0
 * @entries: in: address of an array of struct armvcpu_sysreg. GET reads the
 *	encodings and fills in the values, SET reads both, LIST fills in both
 */
struct armvcpu_sysregs {
	__u32 count;
	__u32 pad;
	__u64 entries;
};

#define ARMVCPU_MAX_SYSREGS	512	/* largest armvcpu_sysregs.count */

/**
 * struct armvcpu_reset - argument of ARMVCPU_VCPU_RESET
 * @size: in: sizeof(struct armvcpu_reset)
 * @flags: in: ARMVCPU_VCPU_POWERED_OFF or 0
 * @pc: in: first instruction, a multiple of 4
 * @x0: in: X0 there: the DTB's address, or the context of a PSCI CPU_ON
 */
struct armvcpu_reset {
	__u32 size;
	__u32 flags;
	__u64 pc;
	__u64 x0;
};

#define ARMVCPU_RUN		_IO(ARMVCPU_IOC_MAGIC, 0x40)
#define ARMVCPU_GET_REGS	_IOR(ARMVCPU_IOC_MAGIC, 0x41, struct armvcpu_regs)
#define ARMVCPU_SET_REGS	_IOW(ARMVCPU_IOC_MAGIC, 0x42, struct armvcpu_regs)
#define ARMVCPU_GET_FPREGS	_IOR(ARMVCPU_IOC_MAGIC, 0x43, struct armvcpu_fpregs)
#define ARMVCPU_SET_FPREGS	_IOW(ARMVCPU_IOC_MAGIC, 0x44, struct armvcpu_fpregs)
#define ARMVCPU_GET_SYSREGS	_IOW(ARMVCPU_IOC_MAGIC, 0x45, struct armvcpu_sysregs)
#define ARMVCPU_SET_SYSREGS	_IOW(ARMVCPU_IOC_MAGIC, 0x46, struct armvcpu_sysregs)
#define ARMVCPU_LIST_SYSREGS	_IOWR(ARMVCPU_IOC_MAGIC, 0x47, struct armvcpu_sysregs)
#define ARMVCPU_VCPU_RESET	_IO(ARMVCPU_IOC_MAGIC, 0x48) /* struct armvcpu_reset */

/* ---- the run page ------------------------------------------------------- */

/* values of armvcpu_run.exit_reason */
#define ARMVCPU_EXIT_UNKNOWN		0  /* no exit yet */
#define ARMVCPU_EXIT_INTR		1  /* a signal or immediate_exit; RUN fails, EINTR */
#define ARMVCPU_EXIT_MMIO		2  /* load or store outside of memory */
#define ARMVCPU_EXIT_MMIO_NISV		3  /* the same, with no syndrome to decode it */
#define ARMVCPU_EXIT_SYSREG		4  /* MRS or MSR */
#define ARMVCPU_EXIT_HYPERCALL		5  /* HVC */
#define ARMVCPU_EXIT_SMC		6  /* SMC */
#define ARMVCPU_EXIT_CPU_ON		7  /* PSCI CPU_ON, DEN0022 5.6 */
#define ARMVCPU_EXIT_CPU_OFF		8  /* PSCI CPU_OFF, DEN0022 5.5 */
#define ARMVCPU_EXIT_SYSTEM_OFF		9  /* PSCI SYSTEM_OFF, DEN0022 5.10 */
#define ARMVCPU_EXIT_SYSTEM_RESET	10 /* PSCI SYSTEM_RESET and SYSTEM_RESET2 */
#define ARMVCPU_EXIT_MEMORY_FAULT	11 /* no memory for an access, or for a fetch */
#define ARMVCPU_EXIT_FAIL_ENTRY		12 /* the vCPU's state cannot be entered */
#define ARMVCPU_EXIT_INTERNAL_ERROR	13 /* the vCPU cannot go on */

/* values of armvcpu_run.answer */
#define ARMVCPU_ANSWER_HANDLED	0 /* done: take the data, go on after the instruction */
#define ARMVCPU_ANSWER_RETRY	1 /* run the instruction again */
#define ARMVCPU_ANSWER_INJECT	2 /* let the guest take an exception for it */

/* bits of armvcpu_exit_mmio.flags */
#define ARMVCPU_MMIO_WRITE	(1U << 0) /* a store */
#define ARMVCPU_MMIO_SIGNED	(1U << 1) /* the load extends the sign */
#define ARMVCPU_MMIO_REG64	(1U << 2) /* the register is Xt, else Wt */
#define ARMVCPU_MMIO_ACQREL	(1U << 3) /* load-acquire or store-release */

/**
 * struct armvcpu_exit_mmio - ARMVCPU_EXIT_MMIO and ARMVCPU_EXIT_MMIO_NISV
 * @ipa: out: guest physical address of the first byte
 * @data: out, stores: the bytes, the first in the lowest 8 bits, zero extended;
 *	in, loads: the same, the kernel extends and writes the register
 * @len: out: bytes: 1, 2, 4 or 8; 0 with MMIO_NISV
 * @flags: out: ARMVCPU_MMIO_*; with MMIO_NISV at most WRITE
 * @reg: out: number of the register, 31 is XZR
 * @pad: out: 0
 */
struct armvcpu_exit_mmio {
	__u64 ipa;
	__u64 data;
	__u8 len;
	__u8 flags;
	__u8 reg;
	__u8 pad[5];
};

/**
 * struct armvcpu_exit_sysreg - ARMVCPU_EXIT_SYSREG
 * @encoding: out: ARMVCPU_SYSREG()
 * @write: out: 1 for MSR, 0 for MRS
 * @reg: out: number of the general register, 31 is XZR
 * @pad: out: 0
 * @value: out, MSR: what is written; in, MRS: what is read
 */
struct armvcpu_exit_sysreg {
	__u32 encoding;
	__u8 write;
	__u8 reg;
	__u8 pad[2];
	__u64 value;
};

/**
 * struct armvcpu_exit_hypercall - ARMVCPU_EXIT_HYPERCALL and ARMVCPU_EXIT_SMC
 * @args: out: X0 to X7
 * @ret: in: X0 to X3 of the answer (SMCCC, DEN0028 2.7); they start as what the
 *	guest passed in
 * @imm: out: the instruction's immediate
 * @pad: out: 0
 */
struct armvcpu_exit_hypercall {
	__u64 args[8];
	__u64 ret[4];
	__u16 imm;
	__u16 pad[3];
};

/**
 * struct armvcpu_exit_psci - ARMVCPU_EXIT_CPU_ON, CPU_OFF, SYSTEM_OFF and
 *	SYSTEM_RESET
 * @function: out: the function's ID as in DEN0022
 * @flags: out: ARMVCPU_PSCI_*
 * @target: out, CPU_ON: affinity of the vCPU to start
 * @entry: out, CPU_ON: its first instruction
 * @context: out, CPU_ON: its X0
 * @args: out, SYSTEM_RESET2: reset type and cookie
 * @ret: in, CPU_ON: what the caller gets, a PSCI error or 0; it starts as
 *	INTERNAL_FAILURE
 */
struct armvcpu_exit_psci {
	__u32 function;
	__u32 flags;
	__u64 target;
	__u64 entry;
	__u64 context;
	__u64 args[2];
	__s64 ret;
};

/* bits of armvcpu_exit_psci.flags */
#define ARMVCPU_PSCI_BY_OTHER	(1U << 0) /* another vCPU of the VM made the call */

/* bits of armvcpu_exit_memory_fault.flags */
#define ARMVCPU_FAULT_WRITE	(1U << 0) /* a store */
#define ARMVCPU_FAULT_EXEC	(1U << 1) /* an instruction fetch */
#define ARMVCPU_FAULT_PTW	(1U << 2) /* the guest's own translation table walk */

/**
 * struct armvcpu_exit_memory_fault - ARMVCPU_EXIT_MEMORY_FAULT
 * @ipa: out: guest physical address, page aligned where the walk hides the rest
 * @flags: out: ARMVCPU_FAULT_*
 * @error: out: why, a positive errno: EFAULT no such mapping, ENXIO no slot
 *	there, EHWPOISON a broken page, ENOMEM
 */
struct armvcpu_exit_memory_fault {
	__u64 ipa;
	__u32 flags;
	__u32 error;
};

/* values of armvcpu_exit_fail_entry.reason */
#define ARMVCPU_FAIL_PSTATE	1 /* PSTATE does not name EL0t, EL1t or EL1h */
#define ARMVCPU_FAIL_CPU	2 /* this CPU is not enabled for guests */

/**
 * struct armvcpu_exit_fail_entry - ARMVCPU_EXIT_FAIL_ENTRY
 * @reason: out: ARMVCPU_FAIL_*
 * @cpu: out: number of the host's CPU that the vCPU was to run on; with
 *	ARMVCPU_FAIL_PSTATE the one on which it ran last, ~0: on none yet
 */
struct armvcpu_exit_fail_entry {
	__u32 reason;
	__u32 cpu;
};

/* values of armvcpu_exit_internal_error.suberror */
#define ARMVCPU_ERROR_UNEXPECTED_EC	1 /* an exception class that cannot be */
#define ARMVCPU_ERROR_AARCH32		2 /* the guest went to AArch32 */
#define ARMVCPU_ERROR_EL2_EXCEPTION	3 /* the CPU refused to return to the guest */

/**
 * struct armvcpu_exit_internal_error - ARMVCPU_EXIT_INTERNAL_ERROR
 * @suberror: out: ARMVCPU_ERROR_*
 * @pad: out: 0
 * @data: out: the first is ESR_EL2 or PSTATE, see api.rst; the others 0
 */
struct armvcpu_exit_internal_error {
	__u32 suberror;
	__u32 pad;
	__u64 data[4];
};

/**
 * struct armvcpu_run - the page that a vCPU and its VMM share
 * @immediate_exit: in: not 0: RUN completes the last exit and returns EINTR
 *	without entering the guest
 * @answer: in: ARMVCPU_ANSWER_*, read once when RUN begins; what it means for
 *	each exit is in api.rst. RUN sets it to HANDLED at each exit
 * @pad0: in: not looked at
 * @exit_reason: out: ARMVCPU_EXIT_*
 * @pad1: out: 0
 * @pc: out: address of the instruction that exited
 * @pstate: out: PSTATE there, layout of SPSR_EL2
 * @esr: out: ESR_EL2 of the exit, 0 where there was no exception
 * @far: out: FAR_EL2, valid for aborts
 * @ipa: out: the faulting guest physical address, valid for aborts
 * @u: the exit's own fields
 *
 * The kernel reads each input once, when RUN begins, and never reads what it
 * wrote itself; a VMM that changes the page while the guest runs harms nobody.
 */
struct armvcpu_run {
	__u8 immediate_exit;
	__u8 answer;
	__u8 pad0[6];

	__u32 exit_reason;
	__u32 pad1;
	__u64 pc;
	__u64 pstate;
	__u64 esr;
	__u64 far;
	__u64 ipa;

	union {
		struct armvcpu_exit_mmio mmio;
		struct armvcpu_exit_sysreg sysreg;
		struct armvcpu_exit_hypercall hypercall;
		struct armvcpu_exit_psci psci;
		struct armvcpu_exit_memory_fault memory_fault;
		struct armvcpu_exit_fail_entry fail_entry;
		struct armvcpu_exit_internal_error internal_error;
		__u8 pad[256];
	} u;
};

#endif /* _UAPI_LINUX_ARMVCPU_H */
