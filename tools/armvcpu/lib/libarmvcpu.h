/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libarmvcpu: the ioctls of /dev/armvcpu as C functions.
 *
 * The library is thin: one function does one ioctl, keeps no state but file
 * descriptors and the mapped run page, and starts no threads. Functions that
 * return int give 0 (or a file descriptor) on success and a negative errno on
 * failure; which errno means what is in Documentation/virt/armvcpu/api.rst.
 *
 * The objects are plain structures of the caller. Different objects can be
 * used from different threads at once; one vCPU is run by one thread.
 */
#ifndef LIBARMVCPU_H
#define LIBARMVCPU_H

#include <linux/armvcpu.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ARMVCPU_DEVICE	"/dev/armvcpu"

/* PSTATE after reset: EL1h with D, A, I and F masked (Arm ARM C5.2.19). */
#define ARMVCPU_PSTATE_RESET	0x3c5ULL

/**
 * struct armvcpu_vm - a virtual machine
 * @fd: the VM's file descriptor, -1 when closed
 * @run_size: bytes of each vCPU's run mapping
 * @ring_size: bytes of the mapping of posted writes; 0: the module has none
 */
struct armvcpu_vm {
	int fd;
	uint32_t run_size;
	uint32_t ring_size;
};

/**
 * struct armvcpu_vcpu - a virtual CPU
 * @fd: the vCPU's file descriptor, -1 when closed
 * @run_size: bytes mapped at @run
 * @run: the run page, shared with the kernel
 */
struct armvcpu_vcpu {
	int fd;
	uint32_t run_size;
	struct armvcpu_run *run;
};

int armvcpu_open(const char *path);
const char *armvcpu_open_hint(int err);
int armvcpu_query(int dev_fd, struct armvcpu_info *info);

int armvcpu_vm_create(struct armvcpu_vm *vm, int dev_fd, uint32_t flags,
		      uint32_t ipa_bits);
void armvcpu_vm_close(struct armvcpu_vm *vm);
int armvcpu_vm_memory(struct armvcpu_vm *vm, uint32_t slot, uint64_t ipa,
		      void *host, uint64_t length, uint32_t flags);
int armvcpu_vm_gic(struct armvcpu_vm *vm, const struct armvcpu_create_gic *gic);
int armvcpu_vm_gicv3(struct armvcpu_vm *vm, uint64_t dist_ipa,
		     uint64_t redist_ipa, uint32_t redist_count,
		     uint32_t nr_irqs);
int armvcpu_vm_irq(struct armvcpu_vm *vm, uint32_t type, uint32_t irq,
		   uint32_t vcpu_id, bool level);

int armvcpu_vm_irqfd(struct armvcpu_vm *vm, int fd, uint32_t irq,
		     int resample_fd);
int armvcpu_vm_irqfd_undo(struct armvcpu_vm *vm, int fd, uint32_t irq);
int armvcpu_vm_ioeventfd(struct armvcpu_vm *vm, int fd, uint64_t ipa,
			 uint32_t length, const uint64_t *data);
int armvcpu_vm_ioeventfd_undo(struct armvcpu_vm *vm, int fd, uint64_t ipa,
			      uint32_t length, const uint64_t *data);
int armvcpu_vm_posted_writes(struct armvcpu_vm *vm, uint64_t ipa,
			     uint64_t length, int fd);
int armvcpu_vm_posted_writes_undo(struct armvcpu_vm *vm, uint64_t ipa,
				  uint64_t length);
int armvcpu_vm_ring_map(struct armvcpu_vm *vm, struct armvcpu_ring **ring);
void armvcpu_vm_ring_unmap(struct armvcpu_vm *vm, struct armvcpu_ring *ring);
int armvcpu_vm_stats(struct armvcpu_vm *vm);

int armvcpu_vcpu_create(struct armvcpu_vcpu *vcpu, struct armvcpu_vm *vm,
			uint32_t id, uint64_t mpidr, uint32_t flags);
void armvcpu_vcpu_close(struct armvcpu_vcpu *vcpu);
int armvcpu_vcpu_reset(struct armvcpu_vcpu *vcpu, uint64_t pc, uint64_t x0,
		       uint32_t flags);
int armvcpu_vcpu_run(struct armvcpu_vcpu *vcpu);
int armvcpu_vcpu_stats(struct armvcpu_vcpu *vcpu);
int armvcpu_vcpu_loop(struct armvcpu_vcpu *vcpu,
		      int (*on_exit)(struct armvcpu_vcpu *vcpu, void *data),
		      void *data);

int armvcpu_get_regs(struct armvcpu_vcpu *vcpu, struct armvcpu_regs *regs);
int armvcpu_set_regs(struct armvcpu_vcpu *vcpu,
		     const struct armvcpu_regs *regs);
int armvcpu_get_fpregs(struct armvcpu_vcpu *vcpu,
		       struct armvcpu_fpregs *regs);
int armvcpu_set_fpregs(struct armvcpu_vcpu *vcpu,
		       const struct armvcpu_fpregs *regs);
int armvcpu_get_sysregs(struct armvcpu_vcpu *vcpu,
			struct armvcpu_sysreg *regs, uint32_t count);
int armvcpu_set_sysregs(struct armvcpu_vcpu *vcpu,
			const struct armvcpu_sysreg *regs, uint32_t count);
int armvcpu_list_sysregs(struct armvcpu_vcpu *vcpu,
			 struct armvcpu_sysreg *regs, uint32_t *count);

const char *armvcpu_exit_name(uint32_t exit_reason);
void armvcpu_dump_exit(FILE *out, const struct armvcpu_run *run);
void armvcpu_dump_regs(FILE *out, const struct armvcpu_regs *regs);

/**
 * armvcpu_ring_take() - take the oldest store out of the ring
 * @ring: from armvcpu_vm_ring_map()
 * @write: filled in
 *
 * One thread at a time. When it gives false, the kernel writes the eventfd of the
 * range at the next store, so that a thread may then sleep on that.
 *
 * Return: false when the ring is empty.
 */
static inline bool armvcpu_ring_take(struct armvcpu_ring *ring,
				     struct armvcpu_posted_write *write)
{
	uint32_t n = ring->consumer;

	if (__atomic_load_n(&ring->producer, __ATOMIC_ACQUIRE) == n) {
		/*
		 * Before the ring is said to be empty: the store of the call before
		 * comes first. A fence, because emulators (QEMU 7.2 on x86) do not
		 * keep LDAR behind an earlier STLR.
		 */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n(&ring->producer, __ATOMIC_ACQUIRE) == n)
			return false;
	}
	*write = ring->entries[n & (ring->count - 1)];
	__atomic_store_n(&ring->consumer, n + 1, __ATOMIC_RELEASE);
	return true;
}

/**
 * armvcpu_mmio_is_write() - is the MMIO exit a store?
 * @run: run page with exit reason ARMVCPU_EXIT_MMIO
 */
static inline bool armvcpu_mmio_is_write(const struct armvcpu_run *run)
{
	return run->u.mmio.flags & ARMVCPU_MMIO_WRITE;
}

/**
 * armvcpu_mmio_write_data() - the value that an MMIO exit stores
 * @run: run page with exit reason ARMVCPU_EXIT_MMIO and a store
 *
 * Return: the value, zero extended from mmio.len bytes.
 */
static inline uint64_t armvcpu_mmio_write_data(const struct armvcpu_run *run)
{
	return run->u.mmio.data;
}

/**
 * armvcpu_mmio_complete() - answer an MMIO exit; the guest goes on
 * @run: run page with exit reason ARMVCPU_EXIT_MMIO
 * @data: what a load reads, zero extended; unused for stores
 *
 * The kernel extends the value as the instruction asks and writes the
 * register when the vCPU runs next.
 */
static inline void armvcpu_mmio_complete(struct armvcpu_run *run,
					 uint64_t data)
{
	if (!armvcpu_mmio_is_write(run))
		run->u.mmio.data = data;
	run->answer = ARMVCPU_ANSWER_HANDLED;
}

/**
 * armvcpu_inject() - answer an exit with an exception in the guest
 * @run: run page after an exit that can be answered so
 *
 * An MMIO access or memory fault becomes a synchronous external abort, a
 * system register access an undefined instruction.
 */
static inline void armvcpu_inject(struct armvcpu_run *run)
{
	run->answer = ARMVCPU_ANSWER_INJECT;
}

/**
 * armvcpu_retry() - answer an exit by running the instruction again
 * @run: run page after an exit that can be answered so
 */
static inline void armvcpu_retry(struct armvcpu_run *run)
{
	run->answer = ARMVCPU_ANSWER_RETRY;
}

#ifdef __cplusplus
}
#endif

#endif /* LIBARMVCPU_H */
