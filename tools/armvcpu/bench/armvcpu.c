// SPDX-License-Identifier: GPL-2.0-only
/* The backend for /dev/armvcpu. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/armvcpu.h>

#include "bench.h"

static int dev = -1;
static struct armvcpu_info info = { .size = sizeof(info) };

static int armvcpu_open_dev(void)
{
	int version;

	dev = open("/dev/armvcpu", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return -errno;
	version = ioctl(dev, ARMVCPU_GET_API_VERSION, 0);
	if (version != ARMVCPU_API_VERSION)
		return -EPROTO;
	return ioctl(dev, ARMVCPU_GET_INFO, &info) ? -errno : 0;
}

static unsigned int armvcpu_caps(void)
{
	unsigned int caps = CAP_SYSREG_EXITS;

	if (info.features & ARMVCPU_FEAT_IRQFD)
		caps |= CAP_IRQFD;
	if (info.features & ARMVCPU_FEAT_IOEVENTFD)
		caps |= CAP_IOEVENTFD;
	return caps;
}

static void armvcpu_vm_create(struct vm *vm, const struct vm_config *config)
{
	struct armvcpu_create_vm create = {
		.size = sizeof(create),
		.flags = config->sysreg_exits ? ARMVCPU_VM_SYSREG_EXITS : 0,
	};
	unsigned int i;

	vm->gic_fd = -1;
	vm->cpus = config->cpus;
	vm->fd = ioctl(dev, ARMVCPU_CREATE_VM, &create);
	check(vm->fd, "ARMVCPU_CREATE_VM");
	for (i = 0; i < 2; i++) {
		struct armvcpu_memory memory = {
			.slot = i,
			.ipa = config->region[i].ipa,
			.length = config->region[i].size,
			.hva = (uintptr_t)config->region[i].host,
		};

		if (memory.length)
			check(ioctl(vm->fd, ARMVCPU_SET_MEMORY, &memory), "ARMVCPU_SET_MEMORY");
	}
	if (config->gic) {
		struct armvcpu_create_gic gic = {
			.size = sizeof(gic),
			.model = BENCH_GIC,
			.nr_irqs = 64,
			.dist_ipa = GICD_BASE,
			.cpu_ipa = BENCH_GIC == 2 ? GICC_BASE : GICR_BASE,
			.redist_count = BENCH_GIC == 2 ? 0 : config->cpus,
		};

		check(ioctl(vm->fd, ARMVCPU_CREATE_GIC, &gic), "ARMVCPU_CREATE_GIC");
	}
	for (i = 0; i < vm->cpus; i++) {
		struct armvcpu_create_vcpu vcpu = {
			.size = sizeof(vcpu),
			.id = i,
			.mpidr = i,
		};
		struct vm_cpu *cpu = &vm->cpu[i];

		cpu->fd = ioctl(vm->fd, ARMVCPU_CREATE_VCPU, &vcpu);
		check(cpu->fd, "ARMVCPU_CREATE_VCPU");
		cpu->run = mmap(NULL, info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
				cpu->fd, 0);
		check(cpu->run == MAP_FAILED ? -1 : 0, "mmap of a vCPU");
	}
}

static void armvcpu_vm_destroy(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->cpus; i++) {
		munmap(vm->cpu[i].run, info.run_size);
		close(vm->cpu[i].fd);
	}
	close(vm->fd);
}

static void armvcpu_start(struct vm *vm, unsigned int cpu, uint64_t pc, uint64_t x0)
{
	struct armvcpu_reset reset = { .size = sizeof(reset), .pc = pc, .x0 = x0 };

	check(ioctl(vm->cpu[cpu].fd, ARMVCPU_VCPU_RESET, &reset), "ARMVCPU_VCPU_RESET");
}

static enum exit_kind armvcpu_run(struct vm *vm, unsigned int cpu, struct vm_exit *exit)
{
	const struct armvcpu_run *run = vm->cpu[cpu].run;
	long ret = fast_ioctl(vm->cpu[cpu].fd, ARMVCPU_RUN, NULL);

	if (ret) {
		errno = -ret;
		return ret == -EINTR ? EXIT_NONE : EXIT_ERROR;
	}
	if (run->exit_reason == ARMVCPU_EXIT_SYSREG)
		return EXIT_SYSREG;
	if (run->exit_reason != ARMVCPU_EXIT_MMIO)
		return EXIT_OTHER;
	exit->addr = run->u.mmio.ipa;
	if (!(run->u.mmio.flags & ARMVCPU_MMIO_WRITE))
		return EXIT_READ;
	exit->data = run->u.mmio.data;
	return EXIT_WRITE;
}

static void armvcpu_read_data(struct vm *vm, unsigned int cpu, uint64_t data)
{
	struct armvcpu_run *run = vm->cpu[cpu].run;

	if (run->exit_reason == ARMVCPU_EXIT_SYSREG)
		run->u.sysreg.value = data;
	else
		run->u.mmio.data = data;
}

static void armvcpu_immediate(struct vm *vm, unsigned int cpu, bool on)
{
	((struct armvcpu_run *)vm->cpu[cpu].run)->immediate_exit = on;
}

static void armvcpu_irq_line(struct vm *vm, uint32_t intid, bool level)
{
	struct armvcpu_irq_line line = {
		.type = ARMVCPU_IRQ_SPI,
		.irq = intid,
		.level = level,
	};
	long ret = fast_ioctl(vm->fd, ARMVCPU_IRQ_LINE, &line);

	if (ret < 0) {
		errno = -ret;
		check(-1, "ARMVCPU_IRQ_LINE");
	}
}

static void armvcpu_irqfd(struct vm *vm, int eventfd, uint32_t intid)
{
	struct armvcpu_irqfd irqfd = {
		.size = sizeof(irqfd),
		.fd = eventfd,
		.irq = intid,
		.resample_fd = -1,
	};

	check(ioctl(vm->fd, ARMVCPU_IRQFD, &irqfd), "ARMVCPU_IRQFD");
}

static void armvcpu_ioeventfd(struct vm *vm, int eventfd, uint64_t addr, uint32_t size)
{
	struct armvcpu_ioeventfd io = {
		.size = sizeof(io),
		.ipa = addr,
		.length = size,
		.fd = eventfd,
	};

	check(ioctl(vm->fd, ARMVCPU_IOEVENTFD, &io), "ARMVCPU_IOEVENTFD");
}

const struct backend armvcpu_backend = {
	.name = "armvcpu",
	.open = armvcpu_open_dev,
	.caps = armvcpu_caps,
	.vm_create = armvcpu_vm_create,
	.vm_destroy = armvcpu_vm_destroy,
	.start = armvcpu_start,
	.run = armvcpu_run,
	.read_data = armvcpu_read_data,
	.immediate = armvcpu_immediate,
	.irq_line = armvcpu_irq_line,
	.irqfd = armvcpu_irqfd,
	.ioeventfd = armvcpu_ioeventfd,
};
