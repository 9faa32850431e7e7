/* SPDX-License-Identifier: GPL-2.0-only */
/* VMIDs: which VM a TLB entry belongs to. */
#ifndef ARMVCPU_VMID_H
#define ARMVCPU_VMID_H

#include <linux/atomic.h>
#include <linux/types.h>

/**
 * struct vmid - the VMID of a VM
 * @id: generation and VMID, see vmid.c; 0: never had one
 *
 * All zeroes is a VM that has no VMID yet. Nothing has to be given back.
 */
struct vmid {
	atomic64_t id;
};

/**
 * struct vmid_ops - the machine below
 * @flush_all: no CPU holds a TLB entry of any VMID of before when it returns
 */
struct vmid_ops {
	void (*flush_all)(void);
};

int vmid_init(unsigned int bits, unsigned int nr_cpus, const struct vmid_ops *ops);
void vmid_exit(void);
u16 vmid_update(struct vmid *v, unsigned int cpu);
void vmid_clear_active(unsigned int cpu);

/* The VMID of a VM's last entry, 0 when it was never entered. */
u16 vmid_current(const struct vmid *v);

#endif /* ARMVCPU_VMID_H */
