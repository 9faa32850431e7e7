// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMID allocation.
 *
 * There are more VMs than VMIDs. A VM takes a free one at its first entry and
 * keeps it for the current generation. When none is free a new generation
 * begins: all TLBs are flushed and all VMIDs are free again, but for those of
 * VMs that are in a CPU at that moment, because they go on without noticing.
 *
 * struct vmid holds the generation above the VMID, so that one comparison
 * tells whether it is still good.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "vmid.h"

#define VMID_MAX_BITS	16

/* Values of active[cpu] that are no VMID: generations start at 1 << 16. */
#define ACTIVE_TAKEN	0	/* by a rollover; what ran then is in reserved[cpu] */
#define ACTIVE_NONE	1	/* no VM is in this CPU */

/**
 * struct vmid_allocator - there is one for the machine
 * @ops: the machine below
 * @lock: all but @active and reading @generation
 * @bits: of a VMID
 * @nr_cpus: entries in @active and @reserved
 * @next: where the search for a free one begins; never 0, the host's VMID
 * @generation: the current one, a multiple of 1 << VMID_MAX_BITS
 * @used: VMIDs given out in this generation
 * @active: for each CPU the id of the VM that it runs, or ACTIVE_*
 * @reserved: for each CPU the id of the VM that it ran over the last rollover
 */
static struct vmid_allocator {
	const struct vmid_ops *ops;
	raw_spinlock_t lock;
	unsigned int bits;
	unsigned int nr_cpus;
	unsigned int next;
	atomic64_t generation;
	unsigned long *used;
	atomic64_t *active;
	u64 *reserved;
} va;

#define GENERATION_STEP	(1ULL << VMID_MAX_BITS)

static bool is_current(u64 id)
{
	return id >> VMID_MAX_BITS == (u64)atomic64_read(&va.generation) >> VMID_MAX_BITS;
}

static u16 id_to_vmid(u64 id)
{
	return id & (GENERATION_STEP - 1);
}

u16 vmid_current(const struct vmid *v)
{
	return id_to_vmid(atomic64_read(&v->id));
}

/**
 * vmid_init() - make all VMIDs free
 * @bits: of a VMID: 8 or 16 (ID_AA64MMFR1_EL1.VMIDBits), less in tests
 * @nr_cpus: CPU numbers are below it
 * @ops: the machine below; kept
 *
 * Return: 0; -EINVAL: so many CPUs could hold all VMIDs at once; -ENOMEM.
 */
int vmid_init(unsigned int bits, unsigned int nr_cpus, const struct vmid_ops *ops)
{
	unsigned int cpu;

	if (!bits || bits > VMID_MAX_BITS || nr_cpus + 1 >= 1U << bits)
		return -EINVAL;

	raw_spin_lock_init(&va.lock);
	va.ops = ops;
	va.bits = bits;
	va.nr_cpus = nr_cpus;
	va.next = 1;
	atomic64_set(&va.generation, GENERATION_STEP);
	va.used = kcalloc(BITS_TO_LONGS(1U << bits), sizeof(long), GFP_KERNEL);
	va.active = kcalloc(nr_cpus, sizeof(*va.active), GFP_KERNEL);
	va.reserved = kcalloc(nr_cpus, sizeof(*va.reserved), GFP_KERNEL);
	if (!va.used || !va.active || !va.reserved) {
		vmid_exit();
		return -ENOMEM;
	}
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		atomic64_set(&va.active[cpu], ACTIVE_NONE);
		va.reserved[cpu] = ACTIVE_NONE;
	}
	return 0;
}

/**
 * vmid_exit() - free what vmid_init() allocated
 *
 * There are no VMs any more.
 */
void vmid_exit(void)
{
	kfree(va.used);
	kfree(va.active);
	kfree(va.reserved);
	va.used = NULL;
	va.active = NULL;
	va.reserved = NULL;
}

static void new_generation(void)
{
	unsigned int cpu;

	/*
	 * First the generation, then @active: a CPU on the fast path either
	 * sees the new generation, or loses its compare-and-swap, or has its
	 * VMID read here. The exchange orders the two.
	 */
	atomic64_set(&va.generation, atomic64_read(&va.generation) + GENERATION_STEP);
	memset(va.used, 0, BITS_TO_LONGS(1U << va.bits) * sizeof(long));

	for (cpu = 0; cpu < va.nr_cpus; cpu++) {
		u64 id = atomic64_xchg(&va.active[cpu], ACTIVE_TAKEN);

		/* Still the VM of the rollover before: it is reserved already. */
		if (id == ACTIVE_TAKEN)
			id = va.reserved[cpu];
		if (id != ACTIVE_NONE)
			__set_bit(id_to_vmid(id), va.used);
		va.reserved[cpu] = id;
	}
	va.ops->flush_all();
}

/* A VM that ran over rollovers keeps its VMID; all its CPUs hear of its new id. */
static bool keep_reserved(u64 old, u64 new)
{
	bool kept = false;
	unsigned int cpu;

	for (cpu = 0; cpu < va.nr_cpus; cpu++) {
		if (va.reserved[cpu] == old) {
			va.reserved[cpu] = new;
			kept = true;
		}
	}
	return kept;
}

static u64 new_id(u64 old)
{
	u64 generation = atomic64_read(&va.generation);
	unsigned long n = 1UL << va.bits;
	unsigned long vmid;

	if (old && keep_reserved(old, generation | id_to_vmid(old)))
		return generation | id_to_vmid(old);

	vmid = find_next_zero_bit(va.used, n, va.next);
	if (vmid == n) {
		new_generation();
		generation = atomic64_read(&va.generation);
		/* There is one: CPUs are fewer than VMIDs. */
		vmid = find_next_zero_bit(va.used, n, 1);
	}
	__set_bit(vmid, va.used);
	va.next = vmid;
	return generation | vmid;
}

/**
 * vmid_update() - the VMID to enter a VM with
 * @v: the VM's
 * @cpu: the CPU that this runs on and that will enter
 *
 * Interrupts are off from before the call until the VM has left the CPU again.
 * No lock is taken while the VMID is of the current generation.
 *
 * Return: the VMID, never 0.
 */
u16 vmid_update(struct vmid *v, unsigned int cpu)
{
	u64 active = atomic64_read(&va.active[cpu]);
	u64 id = atomic64_read(&v->id);
	unsigned long flags;

	/*
	 * Ours since the last entry here: a rollover that begins now finds it. If
	 * one has begun and has not looked at this CPU yet, it will.
	 */
	if (active == id && is_current(id))
		return id_to_vmid(id);
	if (active != ACTIVE_TAKEN && is_current(id) &&
	    atomic64_cmpxchg(&va.active[cpu], active, id) == active)
		return id_to_vmid(id);

	raw_spin_lock_irqsave(&va.lock, flags);
	id = atomic64_read(&v->id);
	if (!is_current(id)) {
		id = new_id(id);
		atomic64_set(&v->id, id);
		/*
		 * A CPU that unmaps something clears the descriptor, then reads
		 * the VMID to flush. It reads this one, or the guest's walks
		 * here see the cleared descriptor.
		 */
		mb();
	}
	atomic64_set(&va.active[cpu], id);
	raw_spin_unlock_irqrestore(&va.lock, flags);
	return id_to_vmid(id);
}

/**
 * vmid_clear_active() - no VM is in a CPU any more
 * @cpu: the CPU, this one or one that is off
 *
 * Without it a rollover keeps the VMID of the last VM that was there.
 */
void vmid_clear_active(unsigned int cpu)
{
	/*
	 * May overwrite ACTIVE_TAKEN. The exchange is a barrier, so that the
	 * next vmid_update() sees the generation of that rollover.
	 */
	atomic64_xchg(&va.active[cpu], ACTIVE_NONE);
}
