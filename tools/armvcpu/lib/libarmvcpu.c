// SPDX-License-Identifier: GPL-2.0-only
/*
 * libarmvcpu: the ioctls of /dev/armvcpu as C functions.
 */
#include "libarmvcpu.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int do_ioctl(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

/**
 * armvcpu_open() - open the device and check the version of its ABI
 * @path: the device; NULL for /dev/armvcpu
 *
 * The descriptor may be closed as soon as the VM exists.
 *
 * Return: file descriptor, or a negative errno: -ENOENT when the module is not
 * loaded, -EACCES without permission, -ENOTTY when @path is not armvcpu,
 * -EPROTO when the module speaks another version.
 */
int armvcpu_open(const char *path)
{
	int fd, version;

	fd = open(path ? path : ARMVCPU_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	version = do_ioctl(fd, ARMVCPU_GET_API_VERSION, NULL);
	if (version == ARMVCPU_API_VERSION)
		return fd;

	close(fd);
	return version < 0 ? version : -EPROTO;
}

/**
 * armvcpu_open_hint() - what a user can do when armvcpu_open() failed
 * @err: negative errno that armvcpu_open() returned
 *
 * Return: constant string without a newline.
 */
const char *armvcpu_open_hint(int err)
{
	switch (-err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return "not there, load armvcpu.ko first";
	case EACCES:
	case EPERM:
		return "no permission, run as root or give this user access";
	case EPROTO:
		return "the module is of another version of the ABI";
	case ENOTTY:
		return "this device is not armvcpu";
	default:
		return strerror(-err);
	}
}

/**
 * armvcpu_query() - what this host and this build of the module can do
 * @dev_fd: descriptor from armvcpu_open()
 * @info: filled in; fields that an older module does not know are 0
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_query(int dev_fd, struct armvcpu_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return do_ioctl(dev_fd, ARMVCPU_GET_INFO, info);
}

/**
 * armvcpu_vm_create() - make a virtual machine
 * @vm: filled in
 * @dev_fd: descriptor from armvcpu_open()
 * @flags: ARMVCPU_VM_*
 * @ipa_bits: bits of guest physical address; 0 for the default
 *
 * Return: 0 or a negative errno, and then @vm is closed.
 */
int armvcpu_vm_create(struct armvcpu_vm *vm, int dev_fd, uint32_t flags,
		      uint32_t ipa_bits)
{
	struct armvcpu_create_vm create = {
		.size = sizeof(create),
		.flags = flags,
		.ipa_bits = ipa_bits,
	};
	struct armvcpu_info info;
	int ret;

	vm->fd = -1;
	ret = armvcpu_query(dev_fd, &info);
	if (ret < 0)
		return ret;

	ret = do_ioctl(dev_fd, ARMVCPU_CREATE_VM, &create);
	if (ret < 0)
		return ret;

	vm->fd = ret;
	vm->run_size = info.run_size;
	vm->ring_size = info.ring_size;
	return 0;
}

/**
 * armvcpu_vm_close() - close a VM's descriptor
 * @vm: the VM; nothing happens when it is closed already
 *
 * The machine lives on until its vCPUs are closed as well.
 */
void armvcpu_vm_close(struct armvcpu_vm *vm)
{
	if (vm->fd >= 0)
		close(vm->fd);
	vm->fd = -1;
}

/**
 * armvcpu_vm_memory() - add or delete a slot of guest memory
 * @vm: the VM
 * @slot: slot number, below armvcpu_info.max_slots
 * @ipa: guest physical address, page aligned
 * @host: the memory in this process, page aligned; NULL when deleting
 * @length: bytes, a multiple of the page size; 0 deletes the slot
 * @flags: ARMVCPU_MEM_*
 *
 * The memory stays the caller's: what is mapped at @host is what the guest
 * sees, and it must stay mapped while the guest shall use it.
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_vm_memory(struct armvcpu_vm *vm, uint32_t slot, uint64_t ipa,
		      void *host, uint64_t length, uint32_t flags)
{
	struct armvcpu_memory memory = {
		.slot = slot,
		.flags = flags,
		.ipa = ipa,
		.length = length,
		.hva = (uintptr_t)host,
	};

	return do_ioctl(vm->fd, ARMVCPU_SET_MEMORY, &memory);
}

/**
 * armvcpu_vm_gic() - give the VM an interrupt controller
 * @vm: the VM; none of its vCPUs has run
 * @gic: which, and where; its size is filled in here
 *
 * Return: 0 or a negative errno: -EOPNOTSUPP when armvcpu_info.gic_models does not
 * have the model.
 */
int armvcpu_vm_gic(struct armvcpu_vm *vm, const struct armvcpu_create_gic *gic)
{
	struct armvcpu_create_gic arg = *gic;

	arg.size = sizeof(arg);
	return do_ioctl(vm->fd, ARMVCPU_CREATE_GIC, &arg);
}

/**
 * armvcpu_vm_gicv3() - give the VM a GICv3
 * @vm: the VM; none of its vCPUs has run
 * @dist_ipa: guest physical address of the distributor, 64 KiB aligned
 * @redist_ipa: that of the first redistributor, 64 KiB aligned
 * @redist_count: redistributors that fit there
 * @nr_irqs: interrupts with SGIs and PPIs counted, a multiple of 32
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_vm_gicv3(struct armvcpu_vm *vm, uint64_t dist_ipa,
		     uint64_t redist_ipa, uint32_t redist_count,
		     uint32_t nr_irqs)
{
	struct armvcpu_create_gic gic = {
		.model = ARMVCPU_GIC_V3,
		.nr_irqs = nr_irqs,
		.dist_ipa = dist_ipa,
		.redist_ipa = redist_ipa,
		.redist_count = redist_count,
	};

	return armvcpu_vm_gic(vm, &gic);
}

/**
 * armvcpu_vm_irq() - raise or lower an interrupt line
 * @vm: the VM
 * @type: ARMVCPU_IRQ_*
 * @irq: interrupt number as @type asks
 * @vcpu_id: the vCPU; 0 for ARMVCPU_IRQ_SPI
 * @level: true raises the line
 *
 * May be called from any thread.
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_vm_irq(struct armvcpu_vm *vm, uint32_t type, uint32_t irq,
		   uint32_t vcpu_id, bool level)
{
	struct armvcpu_irq_line line = {
		.type = type,
		.irq = irq,
		.vcpu_id = vcpu_id,
		.level = level,
	};

	return do_ioctl(vm->fd, ARMVCPU_IRQ_LINE, &line);
}

/**
 * armvcpu_vm_irqfd() - let an eventfd interrupt the guest
 * @vm: the VM, with a GIC
 * @fd: the eventfd; the kernel reads it from now on
 * @irq: INTID of an SPI
 * @resample_fd: -1: each event makes the interrupt pending, once. Else an eventfd: an
 *	event raises the line, the guest's deactivation lowers it, and then the kernel
 *	writes @resample_fd
 *
 * Ends with armvcpu_vm_irqfd_undo(), when @fd is closed, or with the VM.
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_vm_irqfd(struct armvcpu_vm *vm, int fd, uint32_t irq,
		     int resample_fd)
{
	struct armvcpu_irqfd irqfd = {
		.size = sizeof(irqfd),
		.flags = resample_fd >= 0 ? ARMVCPU_IRQFD_RESAMPLE : 0,
		.fd = fd,
		.irq = irq,
		.resample_fd = resample_fd >= 0 ? resample_fd : -1,
	};

	return do_ioctl(vm->fd, ARMVCPU_IRQFD, &irqfd);
}

/**
 * armvcpu_vm_irqfd_undo() - it interrupts no more
 * @vm: the VM
 * @fd: as it was
 * @irq: as it was
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_vm_irqfd_undo(struct armvcpu_vm *vm, int fd, uint32_t irq)
{
	struct armvcpu_irqfd irqfd = {
		.size = sizeof(irqfd),
		.flags = ARMVCPU_IRQFD_DEASSIGN,
		.fd = fd,
		.irq = irq,
		.resample_fd = -1,
	};

	return do_ioctl(vm->fd, ARMVCPU_IRQFD, &irqfd);
}

static int ioeventfd(struct armvcpu_vm *vm, uint32_t flags, int fd,
		     uint64_t ipa, uint32_t length, const uint64_t *data)
{
	struct armvcpu_ioeventfd event = {
		.size = sizeof(event),
		.flags = flags | (data ? ARMVCPU_IOEVENTFD_DATAMATCH : 0),
		.ipa = ipa,
		.datamatch = data ? *data : 0,
		.length = length,
		.fd = fd,
	};

	return do_ioctl(vm->fd, ARMVCPU_IOEVENTFD, &event);
}

/**
 * armvcpu_vm_ioeventfd() - let a guest's store write an eventfd and not exit
 * @vm: the VM
 * @fd: the eventfd
 * @ipa: guest physical address, a multiple of @length
 * @length: bytes of the store: 1, 2, 4 or 8; 0: any
 * @data: what is stored; NULL: anything
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_vm_ioeventfd(struct armvcpu_vm *vm, int fd, uint64_t ipa,
			 uint32_t length, const uint64_t *data)
{
	return ioeventfd(vm, 0, fd, ipa, length, data);
}

/**
 * armvcpu_vm_ioeventfd_undo() - the store is an exit again
 * @vm: the VM
 * @fd: as it was, like all that follows
 * @ipa: see armvcpu_vm_ioeventfd()
 * @length: the same
 * @data: the same
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_vm_ioeventfd_undo(struct armvcpu_vm *vm, int fd, uint64_t ipa,
			      uint32_t length, const uint64_t *data)
{
	return ioeventfd(vm, ARMVCPU_IOEVENTFD_DEASSIGN, fd, ipa, length, data);
}

/**
 * armvcpu_vm_posted_writes() - let a guest's stores go to the ring and not exit
 * @vm: the VM
 * @ipa: guest physical address
 * @length: bytes; what lies in them as a whole is posted
 * @fd: eventfd that the kernel writes when the ring was empty; -1: none
 *
 * A store that finds the ring full is an exit, behind all that are in the ring: so
 * whoever handles an exit empties the ring first (armvcpu_ring_take()).
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_vm_posted_writes(struct armvcpu_vm *vm, uint64_t ipa,
			     uint64_t length, int fd)
{
	struct armvcpu_posted_writes posted = {
		.size = sizeof(posted),
		.ipa = ipa,
		.length = length,
		.fd = fd,
	};

	return do_ioctl(vm->fd, ARMVCPU_POSTED_WRITES, &posted);
}

/**
 * armvcpu_vm_posted_writes_undo() - the stores are exits again
 * @vm: the VM
 * @ipa: as it was
 * @length: as it was
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_vm_posted_writes_undo(struct armvcpu_vm *vm, uint64_t ipa,
				  uint64_t length)
{
	struct armvcpu_posted_writes posted = {
		.size = sizeof(posted),
		.flags = ARMVCPU_POSTED_REMOVE,
		.ipa = ipa,
		.length = length,
		.fd = -1,
	};

	return do_ioctl(vm->fd, ARMVCPU_POSTED_WRITES, &posted);
}

/**
 * armvcpu_vm_ring_map() - map the ring of posted writes
 * @vm: the VM
 * @ring: out: the ring
 *
 * Return: 0 or a negative errno: -EOPNOTSUPP when the module has none.
 */
int armvcpu_vm_ring_map(struct armvcpu_vm *vm, struct armvcpu_ring **ring)
{
	void *p;

	if (!vm->ring_size)
		return -EOPNOTSUPP;
	p = mmap(NULL, vm->ring_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		 vm->fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*ring = p;
	return 0;
}

/**
 * armvcpu_vm_ring_unmap() - unmap it; the VM may be closed
 * @vm: the VM
 * @ring: the ring; nothing happens when it is NULL
 */
void armvcpu_vm_ring_unmap(struct armvcpu_vm *vm, struct armvcpu_ring *ring)
{
	if (ring)
		munmap(ring, vm->ring_size);
}

/**
 * armvcpu_vm_stats() - a VM's statistics as a file
 * @vm: the VM
 *
 * Return: file descriptor for reading, see struct armvcpu_stats_header, or a
 * negative errno.
 */
int armvcpu_vm_stats(struct armvcpu_vm *vm)
{
	return do_ioctl(vm->fd, ARMVCPU_VM_STATS_FD, NULL);
}

/**
 * armvcpu_vcpu_stats() - a vCPU's statistics as a file
 * @vcpu: the vCPU; it may be in RUN
 *
 * Return: file descriptor for reading, or a negative errno.
 */
int armvcpu_vcpu_stats(struct armvcpu_vcpu *vcpu)
{
	return do_ioctl(vcpu->fd, ARMVCPU_VCPU_STATS_FD, NULL);
}

/**
 * armvcpu_vcpu_create() - make a vCPU and map its run page
 * @vcpu: filled in
 * @vm: the VM
 * @id: number of the vCPU, unique in the VM
 * @mpidr: affinity, bits of ARMVCPU_MPIDR_AFF_MASK, unique in the VM
 * @flags: ARMVCPU_VCPU_*
 *
 * Return: 0 or a negative errno, and then @vcpu is closed.
 */
int armvcpu_vcpu_create(struct armvcpu_vcpu *vcpu, struct armvcpu_vm *vm,
			uint32_t id, uint64_t mpidr, uint32_t flags)
{
	struct armvcpu_create_vcpu create = {
		.size = sizeof(create),
		.flags = flags,
		.id = id,
		.mpidr = mpidr,
	};
	void *run;
	int fd, err;

	vcpu->fd = -1;
	vcpu->run = NULL;
	fd = do_ioctl(vm->fd, ARMVCPU_CREATE_VCPU, &create);
	if (fd < 0)
		return fd;

	run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   0);
	if (run == MAP_FAILED) {
		err = -errno;
		close(fd);
		return err;
	}

	vcpu->fd = fd;
	vcpu->run = run;
	vcpu->run_size = vm->run_size;
	return 0;
}

/**
 * armvcpu_vcpu_close() - unmap the run page and close the descriptor
 * @vcpu: the vCPU, not in RUN; nothing happens when it is closed already
 */
void armvcpu_vcpu_close(struct armvcpu_vcpu *vcpu)
{
	if (vcpu->fd < 0)
		return;
	munmap(vcpu->run, vcpu->run_size);
	close(vcpu->fd);
	vcpu->fd = -1;
	vcpu->run = NULL;
}

/**
 * armvcpu_vcpu_reset() - put a vCPU into the architected reset state
 * @vcpu: the vCPU, not in RUN
 * @pc: first instruction, at EL1 with MMU and interrupts off
 * @x0: X0 there; the other general registers are 0
 * @flags: ARMVCPU_VCPU_POWERED_OFF or 0
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_vcpu_reset(struct armvcpu_vcpu *vcpu, uint64_t pc, uint64_t x0,
		       uint32_t flags)
{
	struct armvcpu_reset reset = {
		.size = sizeof(reset),
		.flags = flags,
		.pc = pc,
		.x0 = x0,
	};

	return do_ioctl(vcpu->fd, ARMVCPU_VCPU_RESET, &reset);
}

/**
 * armvcpu_vcpu_run() - run the guest until its next exit
 * @vcpu: the vCPU; run->answer and the exit's fields answer the last exit
 *
 * Return: 0 when run->exit_reason says why the guest stopped, -EINTR after a
 * signal or with run->immediate_exit set, or another negative errno.
 */
int armvcpu_vcpu_run(struct armvcpu_vcpu *vcpu)
{
	return do_ioctl(vcpu->fd, ARMVCPU_RUN, NULL);
}

/**
 * armvcpu_vcpu_loop() - run the guest and call a function for each exit
 * @vcpu: the vCPU
 * @on_exit: called after each exit, and with exit reason ARMVCPU_EXIT_INTR
 *	after a signal. It answers in the run page and returns 0 to go on;
 *	anything else ends the loop
 * @data: handed to @on_exit
 *
 * Return: what @on_exit returned, or the negative errno that RUN failed with.
 */
int armvcpu_vcpu_loop(struct armvcpu_vcpu *vcpu,
		      int (*on_exit)(struct armvcpu_vcpu *vcpu, void *data),
		      void *data)
{
	int ret;

	do {
		ret = armvcpu_vcpu_run(vcpu);
		if (!ret || ret == -EINTR)
			ret = on_exit(vcpu, data);
	} while (!ret);

	return ret;
}

/**
 * armvcpu_get_regs() - read the core registers
 * @vcpu: the vCPU, not in RUN
 * @regs: filled in
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_get_regs(struct armvcpu_vcpu *vcpu, struct armvcpu_regs *regs)
{
	return do_ioctl(vcpu->fd, ARMVCPU_GET_REGS, regs);
}

/**
 * armvcpu_set_regs() - write the core registers
 * @vcpu: the vCPU, not in RUN
 * @regs: their values
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_set_regs(struct armvcpu_vcpu *vcpu,
		     const struct armvcpu_regs *regs)
{
	return do_ioctl(vcpu->fd, ARMVCPU_SET_REGS, (void *)regs);
}

/**
 * armvcpu_get_fpregs() - read the floating-point and SIMD registers
 * @vcpu: the vCPU, not in RUN
 * @regs: filled in
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_get_fpregs(struct armvcpu_vcpu *vcpu, struct armvcpu_fpregs *regs)
{
	return do_ioctl(vcpu->fd, ARMVCPU_GET_FPREGS, regs);
}

/**
 * armvcpu_set_fpregs() - write the floating-point and SIMD registers
 * @vcpu: the vCPU, not in RUN
 * @regs: their values
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_set_fpregs(struct armvcpu_vcpu *vcpu,
		       const struct armvcpu_fpregs *regs)
{
	return do_ioctl(vcpu->fd, ARMVCPU_SET_FPREGS, (void *)regs);
}

/**
 * armvcpu_get_sysregs() - read system registers
 * @vcpu: the vCPU, not in RUN
 * @regs: encodings in, values out
 * @count: entries at @regs, at most ARMVCPU_MAX_SYSREGS
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_get_sysregs(struct armvcpu_vcpu *vcpu,
			struct armvcpu_sysreg *regs, uint32_t count)
{
	struct armvcpu_sysregs vector = {
		.count = count,
		.entries = (uintptr_t)regs,
	};

	return do_ioctl(vcpu->fd, ARMVCPU_GET_SYSREGS, &vector);
}

/**
 * armvcpu_set_sysregs() - write system registers
 * @vcpu: the vCPU, not in RUN
 * @regs: encodings and values
 * @count: entries at @regs, at most ARMVCPU_MAX_SYSREGS
 *
 * Return: 0 or a negative errno.
 */
int armvcpu_set_sysregs(struct armvcpu_vcpu *vcpu,
			const struct armvcpu_sysreg *regs, uint32_t count)
{
	struct armvcpu_sysregs vector = {
		.count = count,
		.entries = (uintptr_t)regs,
	};

	return do_ioctl(vcpu->fd, ARMVCPU_SET_SYSREGS, &vector);
}

/**
 * armvcpu_list_sysregs() - list and read all system registers
 * @vcpu: the vCPU, not in RUN
 * @regs: encodings and values out
 * @count: in: entries at @regs; out: how many registers there are
 *
 * Return: 0 or a negative errno; @count is right also when @regs is too short.
 */
int armvcpu_list_sysregs(struct armvcpu_vcpu *vcpu,
			 struct armvcpu_sysreg *regs, uint32_t *count)
{
	struct armvcpu_sysregs vector = {
		.count = *count,
		.entries = (uintptr_t)regs,
	};
	int ret;

	ret = do_ioctl(vcpu->fd, ARMVCPU_LIST_SYSREGS, &vector);
	*count = vector.count;
	return ret;
}

static const char *const exit_names[] = {
	[ARMVCPU_EXIT_UNKNOWN] = "UNKNOWN",
	[ARMVCPU_EXIT_INTR] = "INTR",
	[ARMVCPU_EXIT_MMIO] = "MMIO",
	[ARMVCPU_EXIT_MMIO_NISV] = "MMIO_NISV",
	[ARMVCPU_EXIT_SYSREG] = "SYSREG",
	[ARMVCPU_EXIT_HYPERCALL] = "HYPERCALL",
	[ARMVCPU_EXIT_SMC] = "SMC",
	[ARMVCPU_EXIT_CPU_ON] = "CPU_ON",
	[ARMVCPU_EXIT_CPU_OFF] = "CPU_OFF",
	[ARMVCPU_EXIT_SYSTEM_OFF] = "SYSTEM_OFF",
	[ARMVCPU_EXIT_SYSTEM_RESET] = "SYSTEM_RESET",
	[ARMVCPU_EXIT_MEMORY_FAULT] = "MEMORY_FAULT",
	[ARMVCPU_EXIT_FAIL_ENTRY] = "FAIL_ENTRY",
	[ARMVCPU_EXIT_INTERNAL_ERROR] = "INTERNAL_ERROR",
};

/**
 * armvcpu_exit_name() - name of an exit reason
 * @exit_reason: ARMVCPU_EXIT_*
 *
 * Return: constant string, as in the header without ARMVCPU_EXIT_; "?" for
 * numbers that are not defined.
 */
const char *armvcpu_exit_name(uint32_t exit_reason)
{
	if (exit_reason >= sizeof(exit_names) / sizeof(exit_names[0]))
		return "?";
	return exit_names[exit_reason];
}

static void dump_sysreg(FILE *out, const struct armvcpu_exit_sysreg *s)
{
	uint32_t e = s->encoding;

	fprintf(out, "  %s S%u_%u_C%u_C%u_%u, x%u, value %#" PRIx64 "\n",
		s->write ? "MSR" : "MRS", e >> 14 & 3, e >> 11 & 7,
		e >> 7 & 15, e >> 3 & 15, e & 7, s->reg, (uint64_t)s->value);
}

static void dump_psci(FILE *out, const struct armvcpu_exit_psci *p)
{
	fprintf(out, "  function %#x flags %#x target %#" PRIx64
		" entry %#" PRIx64 " context %#" PRIx64 "\n",
		p->function, p->flags, (uint64_t)p->target,
		(uint64_t)p->entry, (uint64_t)p->context);
}

/**
 * armvcpu_dump_exit() - print an exit and its fields, one to three lines
 * @out: where to
 * @run: run page after RUN
 */
void armvcpu_dump_exit(FILE *out, const struct armvcpu_run *run)
{
	unsigned int i;

	fprintf(out, "exit %s (%u) pc %#" PRIx64 " pstate %#" PRIx64
		" esr %#" PRIx64 " far %#" PRIx64 " ipa %#" PRIx64 "\n",
		armvcpu_exit_name(run->exit_reason), run->exit_reason,
		(uint64_t)run->pc, (uint64_t)run->pstate, (uint64_t)run->esr,
		(uint64_t)run->far, (uint64_t)run->ipa);

	switch (run->exit_reason) {
	case ARMVCPU_EXIT_MMIO:
	case ARMVCPU_EXIT_MMIO_NISV:
		fprintf(out, "  %s %u bytes at %#" PRIx64 " data %#" PRIx64
			" x%u flags %#x\n",
			armvcpu_mmio_is_write(run) ? "write" : "read",
			run->u.mmio.len, (uint64_t)run->u.mmio.ipa,
			(uint64_t)run->u.mmio.data, run->u.mmio.reg,
			run->u.mmio.flags);
		break;
	case ARMVCPU_EXIT_SYSREG:
		dump_sysreg(out, &run->u.sysreg);
		break;
	case ARMVCPU_EXIT_HYPERCALL:
	case ARMVCPU_EXIT_SMC:
		fprintf(out, "  imm %#x", run->u.hypercall.imm);
		for (i = 0; i < 8; i++)
			fprintf(out, " x%u %#" PRIx64, i,
				(uint64_t)run->u.hypercall.args[i]);
		fputc('\n', out);
		break;
	case ARMVCPU_EXIT_CPU_ON:
	case ARMVCPU_EXIT_CPU_OFF:
	case ARMVCPU_EXIT_SYSTEM_OFF:
	case ARMVCPU_EXIT_SYSTEM_RESET:
		dump_psci(out, &run->u.psci);
		break;
	case ARMVCPU_EXIT_MEMORY_FAULT:
		fprintf(out, "  ipa %#" PRIx64 " flags %#x: %s\n",
			(uint64_t)run->u.memory_fault.ipa,
			run->u.memory_fault.flags,
			strerror((int)run->u.memory_fault.error));
		break;
	case ARMVCPU_EXIT_FAIL_ENTRY:
		fprintf(out, "  reason %u on host CPU %u\n",
			run->u.fail_entry.reason, run->u.fail_entry.cpu);
		break;
	case ARMVCPU_EXIT_INTERNAL_ERROR:
		fprintf(out, "  suberror %u data", run->u.internal_error.suberror);
		for (i = 0; i < 4; i++)
			fprintf(out, " %#" PRIx64,
				(uint64_t)run->u.internal_error.data[i]);
		fputc('\n', out);
		break;
	}
}

/**
 * armvcpu_dump_regs() - print the core registers
 * @out: where to
 * @regs: from armvcpu_get_regs()
 */
void armvcpu_dump_regs(FILE *out, const struct armvcpu_regs *regs)
{
	unsigned int i;

	for (i = 0; i < 31; i++)
		fprintf(out, "x%-2u %016" PRIx64 "%s", i,
			(uint64_t)regs->x[i], i % 4 == 3 ? "\n" : "  ");
	fprintf(out, "\npc  %016" PRIx64 "  pstate %08" PRIx64 "\n",
		(uint64_t)regs->pc, (uint64_t)regs->pstate);
	fprintf(out, "sp_el0 %016" PRIx64 "  sp_el1 %016" PRIx64 "\n",
		(uint64_t)regs->sp_el0, (uint64_t)regs->sp_el1);
	fprintf(out, "elr_el1 %016" PRIx64 "  spsr_el1 %016" PRIx64 "\n",
		(uint64_t)regs->elr_el1, (uint64_t)regs->spsr_el1);
}
