/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects of the host side and who calls whom.
 *
 * The order of locks is in Documentation/virt/armvcpu/design.rst, "Locks".
 */
#ifndef ARMVCPU_H
#define ARMVCPU_H

#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/rcuwait.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include <asm/page.h>

#include "uapi.h"
#include "exit.h"
#include "hyp/hyp.h"
#include "memslot.h"
#include "stats.h"
#include "vgic/vgic.h"

#define ARMVCPU_MAX_VCPUS	256
#define ARMVCPU_MAX_SLOTS	512

struct armvcpu_vcpu;
struct io_table;
struct irqfds;
struct posted_ring;

/**
 * struct ipa_range - guest physical addresses
 * @start: the first
 * @length: bytes
 */
struct ipa_range {
	u64 start;
	u64 length;
};

/**
 * struct armvcpu_vm - a virtual machine
 * @ref: one for the VM's file, one for each open vCPU file
 * @mm: the address space of the creator; only it may call ioctls
 * @lock: serialises CREATE_VCPU, CREATE_GIC, SET_MEMORY, and GET and SET of the GIC
 * @flags: ARMVCPU_VM_*
 * @mem: guest memory: slots, notifier, stage 2
 * @vcpus: struct armvcpu_vcpu by id; entries are added under @lock, stay until
 *	the VM goes, and so may be looked up without a lock
 * @nr_vcpus: entries in @vcpus
 * @gic: the interrupt controller, NULL without one; set once under @lock
 * @gic_model: ARMVCPU_GIC_*; 0 without; set with @gic, like the next three
 * @gic_iface: who stands behind its CPU interfaces
 * @gic_page: what EL2 reads of @gic, shared with it; NULL without
 * @gic_frames: distributor, and redistributors or CPU interface; where they are no
 *	slot is
 * @started: a vCPU has run, or SPIs were set: no GIC and, with a GIC, no vCPU is
 *	added any more
 * @cntvoff: CNTVOFF_EL2 of all its vCPUs
 * @last_vcpu: for each CPU the id + 1 of the vCPU that ran there last
 * @midr: MIDR_EL1 as its vCPUs read it, that of the CPU that created it
 * @irqfds: eventfds that interrupt it; NULL before the first, set once under @lock
 * @io: stores that are no exits; NULL before the first, replaced under @lock, read
 *	under RCU
 * @ring: stores that were posted; NULL before it is asked for, set once
 * @name: of its statistics
 * @debugfs: file with its counters
 */
struct armvcpu_vm {
	struct kref ref;
	struct mm_struct *mm;
	struct mutex lock;
	u32 flags;
	struct vm_memory mem;
	struct xarray vcpus;
	u32 nr_vcpus;
	struct vgic *gic;
	u32 gic_model;
	enum vgic_iface gic_iface;
	struct vgic_shared *gic_page;
	struct ipa_range gic_frames[2];
	bool started;
	u64 cntvoff;
	u32 midr;
	u32 __percpu *last_vcpu;
	struct irqfds *irqfds;
	struct io_table *io;
	struct posted_ring *ring;
	char name[24];
	struct dentry *debugfs;
};

/* values of armvcpu_vcpu.power */
enum vcpu_power {
	VCPU_ON,
	VCPU_OFF,		/* CPU_OFF, or created so */
	VCPU_ON_PENDING,	/* CPU_ON by the kernel's PSCI, not yet taken up */
};

/* bits of armvcpu_vcpu.requests, set by anybody, taken by the vCPU's thread */
#define VCPU_REQ_SYSTEM_EVENT	0	/* the VM was switched off or reset */
#define VCPU_REQ_RESET		1	/* CPU_ON: take up armvcpu_vcpu.cpu_on */

/* bits of armvcpu_vcpu.irq_pins */
#define VCPU_PIN_IRQ		BIT(0)
#define VCPU_PIN_FIQ		BIT(1)

/* values of armvcpu_vcpu.mode */
enum vcpu_mode {
	VCPU_OUTSIDE,		/* not in guest, requests are seen before entry */
	VCPU_IN_GUEST,		/* needs an IPI to see a request */
};

/**
 * struct armvcpu_vcpu - a virtual CPU
 * @vm: its machine
 * @hyp: what the world switch works with
 * @id: number in the VM
 * @mpidr: affinity bits of MPIDR_EL1
 * @mutex: the state; held over RUN
 * @run: the run page: mapped by the VMM, hostile, each input read once
 * @pending: the exit that the next RUN completes
 * @power: enum vcpu_power; changed by PSCI under @power_lock
 * @power_lock: spinlock over @power and @cpu_on
 * @cpu_on: what CPU_ON said
 * @system_event: PSCI function ID that ended the VM, 0: none; until VCPU_RESET
 * @requests: VCPU_REQ_*
 * @mode: enum vcpu_mode
 * @cpu: the CPU that it is on, or was or should have been
 * @resident_cpu: the CPU that holds its registers, see resident.c
 * @disabled_ticks: ticks that it has waited for an enabled CPU, over RUNs that
 *	were restarted meanwhile
 * @wait: the thread in WFI or powered off
 * @timer: generic timers
 * @gic: interrupts: private ones, pending list
 * @gich: its CPU interface is that of the host's GICv2, see gich.h
 * @set_way: operand of the cache maintenance by set and way that HCR_EL2.TVM was
 *	set for
 * @irq_pins: HCR_EL2.VI and VF for VMs without a GIC
 * @device: the page of the last access that found no slot, vm_memory.generation at
 *	that time, and whether the page is the GIC's
 * @fp_wanted: the guest used FP since RUN began
 * @os_lock: OSLSR_EL1.OSLK
 * @stats: counters
 * @task: the thread of the last RUN, which is in the guest if @mode says so
 */
struct armvcpu_vcpu {
	struct armvcpu_vm *vm;
	struct hyp_vcpu *hyp;
	u32 id;
	u64 mpidr;
	struct mutex mutex;
	struct armvcpu_run *run;
	struct pending_exit pending;
	enum vcpu_power power;
	spinlock_t power_lock;
	struct {
		u64 entry;
		u64 context;
	} cpu_on;
	u32 system_event;
	unsigned long requests;
	int mode;
	int cpu;
	int resident_cpu;
	unsigned int disabled_ticks;
	struct rcuwait wait;
	struct vcpu_timer {
		struct hrtimer wakeup;	/* next expiry while nobody watches the counter */
		u64 cntp_ctl;
		u64 cntp_cval;
		bool fired;		/* the virtual one did, outside of the guest */
		bool virt_level;	/* lines as the vGIC knows them */
		bool phys_level;
	} timer;
	struct vgic_cpu gic;
	bool gich;
	u64 set_way;
	unsigned long irq_pins;
	struct {
		u64 page;
		u64 generation;
		bool gic;
	} device;
	bool fp_wanted;
	bool os_lock;
	struct vcpu_stats stats;
	struct task_struct *task;
};

/* Whether any of @length bytes from @ipa on belongs to the GIC. */
static inline bool vm_has_gic_at(const struct armvcpu_vm *vm, u64 ipa, u64 length)
{
	int i;

	for (i = 0; i < 2; i++)
		if (ipa < vm->gic_frames[i].start + vm->gic_frames[i].length &&
		    vm->gic_frames[i].start < ipa + length)
			return true;
	return false;
}

/* Whether an address is the GIC's. Without one the frames are empty. */
static inline bool vm_is_gic(const struct armvcpu_vm *vm, u64 ipa)
{
	return ipa - vm->gic_frames[0].start < vm->gic_frames[0].length ||
	       ipa - vm->gic_frames[1].start < vm->gic_frames[1].length;
}

/*
 * Whether GICV_DIR, the only register of GICV's second 4 KiB, is in a page of its own. It
 * is not mapped then, and its accesses trap.
 */
static inline bool vm_gicv_dir_traps(void)
{
	return PAGE_SIZE <= ARMVCPU_GICV2_CPU_SIZE / 2;
}

/* Whether the host's GICV is mapped at an address, or is to be. */
static inline bool vm_is_gicv(const struct armvcpu_vm *vm, u64 ipa)
{
	u64 length = vm_gicv_dir_traps() ? PAGE_SIZE : vm->gic_frames[1].length;

	return vm->gic_iface == VGIC_IFACE_V2 && ipa - vm->gic_frames[1].start < length;
}

static inline struct armvcpu_vcpu *vgic_cpu_to_vcpu(struct vgic_cpu *c)
{
	return container_of(c, struct armvcpu_vcpu, gic);
}

#endif /* ARMVCPU_H */
