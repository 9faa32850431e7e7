// SPDX-License-Identifier: GPL-2.0-only
/* The backend for /dev/kvm. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "bench.h"

static int dev = -1;

static int kvm_open(void)
{
	int version;

	dev = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return -errno;
	version = ioctl(dev, KVM_GET_API_VERSION, 0);
	return version == KVM_API_VERSION ? 0 : -EPROTO;
}

static unsigned int kvm_caps(void)
{
	return CAP_IRQFD | CAP_IOEVENTFD;
}

static void device_attr(int fd, uint32_t group, uint64_t attr, const void *value)
{
	struct kvm_device_attr arg = {
		.group = group,
		.attr = attr,
		.addr = (uintptr_t)value,
	};

	check(ioctl(fd, KVM_SET_DEVICE_ATTR, &arg), "KVM_SET_DEVICE_ATTR");
}

static void create_gic(struct vm *vm)
{
	const bool v2 = BENCH_GIC == 2;
	struct kvm_create_device gic = {
		.type = v2 ? KVM_DEV_TYPE_ARM_VGIC_V2 : KVM_DEV_TYPE_ARM_VGIC_V3,
	};
	const uint64_t dist = GICD_BASE, cpu = v2 ? GICC_BASE : GICR_BASE;
	const uint32_t irqs = 64;

	check(ioctl(vm->fd, KVM_CREATE_DEVICE, &gic), "KVM_CREATE_DEVICE");
	vm->gic_fd = gic.fd;
	device_attr(gic.fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs);
	device_attr(gic.fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
		    v2 ? KVM_VGIC_V2_ADDR_TYPE_DIST : KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	device_attr(gic.fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
		    v2 ? KVM_VGIC_V2_ADDR_TYPE_CPU : KVM_VGIC_V3_ADDR_TYPE_REDIST, &cpu);
	device_attr(gic.fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static void kvm_vm_create(struct vm *vm, const struct vm_config *config)
{
	struct kvm_vcpu_init init;
	unsigned int i;
	int run_size;

	vm->gic_fd = -1;
	vm->cpus = config->cpus;
	vm->fd = ioctl(dev, KVM_CREATE_VM, 0);
	check(vm->fd, "KVM_CREATE_VM");
	run_size = ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	check(run_size, "KVM_GET_VCPU_MMAP_SIZE");
	for (i = 0; i < 2; i++) {
		struct kvm_userspace_memory_region memory = {
			.slot = i,
			.guest_phys_addr = config->region[i].ipa,
			.memory_size = config->region[i].size,
			.userspace_addr = (uintptr_t)config->region[i].host,
		};

		if (memory.memory_size)
			check(ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &memory),
			      "KVM_SET_USER_MEMORY_REGION");
	}
	memset(&init, 0, sizeof(init));
	check(ioctl(vm->fd, KVM_ARM_PREFERRED_TARGET, &init), "KVM_ARM_PREFERRED_TARGET");
	init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	for (i = 0; i < vm->cpus; i++) {
		struct vm_cpu *cpu = &vm->cpu[i];

		cpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, i);
		check(cpu->fd, "KVM_CREATE_VCPU");
		check(ioctl(cpu->fd, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
		cpu->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu->fd, 0);
		check(cpu->run == MAP_FAILED ? -1 : 0, "mmap of a vCPU");
	}
	if (config->gic)
		create_gic(vm);
}

static void kvm_vm_destroy(struct vm *vm)
{
	int run_size = ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	unsigned int i;

	for (i = 0; i < vm->cpus; i++) {
		munmap(vm->cpu[i].run, run_size);
		close(vm->cpu[i].fd);
	}
	if (vm->gic_fd >= 0)
		close(vm->gic_fd);
	close(vm->fd);
}

static void set_reg(int fd, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	check(ioctl(fd, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}

#define CORE_REG(name) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(name))

static void kvm_start(struct vm *vm, unsigned int cpu, uint64_t pc, uint64_t x0)
{
	set_reg(vm->cpu[cpu].fd, CORE_REG(regs.pc), pc);
	set_reg(vm->cpu[cpu].fd, CORE_REG(regs.regs[0]), x0);
}

static enum exit_kind kvm_run(struct vm *vm, unsigned int cpu, struct vm_exit *exit)
{
	const struct kvm_run *run = vm->cpu[cpu].run;
	long ret = fast_ioctl(vm->cpu[cpu].fd, KVM_RUN, NULL);

	if (ret) {
		errno = -ret;
		return ret == -EINTR ? EXIT_NONE : EXIT_ERROR;
	}
	if (run->exit_reason != KVM_EXIT_MMIO)
		return EXIT_OTHER;
	exit->addr = run->mmio.phys_addr;
	if (!run->mmio.is_write)
		return EXIT_READ;
	memcpy(&exit->data, run->mmio.data, sizeof(exit->data));
	return EXIT_WRITE;
}

static void kvm_read_data(struct vm *vm, unsigned int cpu, uint64_t data)
{
	struct kvm_run *run = vm->cpu[cpu].run;

	memcpy(run->mmio.data, &data, sizeof(data));
}

static void kvm_immediate(struct vm *vm, unsigned int cpu, bool on)
{
	((struct kvm_run *)vm->cpu[cpu].run)->immediate_exit = on;
}

static void kvm_irq_line(struct vm *vm, uint32_t intid, bool level)
{
	struct kvm_irq_level line = {
		.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | intid,
		.level = level,
	};
	long ret = fast_ioctl(vm->fd, KVM_IRQ_LINE, &line);

	if (ret < 0) {
		errno = -ret;
		check(-1, "KVM_IRQ_LINE");
	}
}

/* Interrupts are routed one to one: number 0 is the first that is shared. */
static void kvm_irqfd(struct vm *vm, int eventfd, uint32_t intid)
{
	struct kvm_irqfd irqfd = { .fd = eventfd, .gsi = intid - 32 };

	check(ioctl(vm->fd, KVM_IRQFD, &irqfd), "KVM_IRQFD");
}

static void kvm_ioeventfd(struct vm *vm, int eventfd, uint64_t addr, uint32_t size)
{
	struct kvm_ioeventfd io = { .addr = addr, .len = size, .fd = eventfd };

	check(ioctl(vm->fd, KVM_IOEVENTFD, &io), "KVM_IOEVENTFD");
}

const struct backend kvm_backend = {
	.name = "kvm",
	.open = kvm_open,
	.caps = kvm_caps,
	.vm_create = kvm_vm_create,
	.vm_destroy = kvm_vm_destroy,
	.start = kvm_start,
	.run = kvm_run,
	.read_data = kvm_read_data,
	.immediate = kvm_immediate,
	.irq_line = kvm_irq_line,
	.irqfd = kvm_irqfd,
	.ioeventfd = kvm_ioeventfd,
};
