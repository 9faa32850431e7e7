// SPDX-License-Identifier: GPL-2.0-only
/*
 * What armvm uses of libarmvcpu, on /dev/kvm: the same VMM boots the same guest by
 * both. For one vCPU; PSCI is in the kernel. All other functions are libarmvcpu's
 * own, whose symbols are weak in this program.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "libarmvcpu.h"

static int dev = -1, vm_fd = -1, gic_fd = -1;
static bool gic_ready;
static struct kvm_run *kvm_run;
static size_t kvm_run_size;

static int call(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

int armvcpu_open(const char *path)
{
	(void)path;
	dev = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	return dev < 0 ? -errno : dev;
}

int armvcpu_query(int dev_fd, struct armvcpu_info *info)
{
	(void)dev_fd;
	*info = (struct armvcpu_info){
		.size = sizeof(*info),
		.api_version = ARMVCPU_API_VERSION,
		.page_size = getpagesize(),
		.ipa_bits = 40,
		.max_vcpus = 1,
		.max_slots = 8,
		.run_size = getpagesize(),
		.gic_models = 1 << ARMVCPU_GIC_V3,
		.gic_hw_models = 1 << ARMVCPU_GIC_V3,
		.gic_max_irqs = 1020,
		.features = ARMVCPU_FEAT_GICV3 | ARMVCPU_FEAT_MMU_NOTIFIER,
	};
	return 0;
}

int armvcpu_vm_create(struct armvcpu_vm *vm, int dev_fd, uint32_t flags, uint32_t ipa_bits)
{
	(void)flags;
	(void)ipa_bits;
	vm->run_size = getpagesize();
	vm->fd = vm_fd = call(dev_fd, KVM_CREATE_VM, NULL);
	return vm->fd < 0 ? vm->fd : 0;
}

int armvcpu_vm_memory(struct armvcpu_vm *vm, uint32_t slot, uint64_t ipa, void *host,
		      uint64_t length, uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags & ARMVCPU_MEM_READONLY ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = ipa,
		.memory_size = length,
		.userspace_addr = (uintptr_t)host,
	};

	return call(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

static int gic_attr(uint32_t group, uint64_t attr, void *value)
{
	struct kvm_device_attr arg = {
		.group = group,
		.attr = attr,
		.addr = (uintptr_t)value,
	};

	return call(gic_fd, KVM_SET_DEVICE_ATTR, &arg);
}

int armvcpu_vm_gic(struct armvcpu_vm *vm, const struct armvcpu_create_gic *gic)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	uint64_t dist = gic->dist_ipa, redist = gic->redist_ipa;
	uint32_t irqs = gic->nr_irqs;
	int ret = call(vm->fd, KVM_CREATE_DEVICE, &create);

	gic_fd = create.fd;
	if (!ret)
		ret = gic_attr(KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs);
	if (!ret)
		ret = gic_attr(KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	if (!ret)
		ret = gic_attr(KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist);
	return ret;
}

int armvcpu_vm_irq(struct armvcpu_vm *vm, uint32_t type, uint32_t irq, uint32_t vcpu_id,
		   bool level)
{
	struct kvm_irq_level line = {
		.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | irq,
		.level = level,
	};

	(void)type;
	(void)vcpu_id;
	/* Lines are low before the GIC is there. */
	return gic_ready ? call(vm->fd, KVM_IRQ_LINE, &line) : level ? -EBUSY : 0;
}

int armvcpu_vcpu_create(struct armvcpu_vcpu *vcpu, struct armvcpu_vm *vm, uint32_t id,
			uint64_t mpidr, uint32_t flags)
{
	void *run;

	(void)mpidr;
	(void)flags;
	kvm_run_size = call(dev, KVM_GET_VCPU_MMAP_SIZE, NULL);
	vcpu->run_size = vm->run_size;
	vcpu->run = calloc(1, sizeof(*vcpu->run));
	vcpu->fd = call(vm->fd, KVM_CREATE_VCPU, (void *)(uintptr_t)id);
	if (vcpu->fd < 0)
		return vcpu->fd;
	run = mmap(NULL, kvm_run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (!vcpu->run || run == MAP_FAILED)
		return -ENOMEM;
	kvm_run = run;
	return 0;
}

void armvcpu_vcpu_close(struct armvcpu_vcpu *vcpu)
{
	if (vcpu->fd < 0)
		return;
	munmap(kvm_run, kvm_run_size);
	close(vcpu->fd);
	free(vcpu->run);
	vcpu->fd = -1;
	vcpu->run = NULL;
}

#define CORE_REG(name) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(name))

int armvcpu_vcpu_reset(struct armvcpu_vcpu *vcpu, uint64_t pc, uint64_t x0, uint32_t flags)
{
	struct kvm_one_reg set_pc = { CORE_REG(regs.pc), (uintptr_t)&pc };
	struct kvm_one_reg set_x0 = { CORE_REG(regs.regs[0]), (uintptr_t)&x0 };
	struct kvm_vcpu_init init;
	int ret = call(vm_fd, KVM_ARM_PREFERRED_TARGET, memset(&init, 0, sizeof(init)));

	(void)flags;
	init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	if (!ret)
		ret = call(vcpu->fd, KVM_ARM_VCPU_INIT, &init);
	if (!ret)
		ret = call(vcpu->fd, KVM_SET_ONE_REG, &set_pc);
	if (!ret)
		ret = call(vcpu->fd, KVM_SET_ONE_REG, &set_x0);
	if (!ret && !gic_ready) {
		ret = gic_attr(KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
		gic_ready = !ret;
	}
	return ret;
}

int armvcpu_vcpu_run(struct armvcpu_vcpu *vcpu)
{
	static const struct timespec now;
	struct {
		struct kvm_signal_mask mask;
		uint64_t set;
	} signals = { .mask.len = 8 };
	struct armvcpu_run *run = vcpu->run;
	static bool masked;
	sigset_t kick;
	int ret;

	/* A kick that comes too early waits until KVM looks for it. */
	sigemptyset(&kick);
	sigaddset(&kick, SIGUSR1);
	if (!masked) {
		ret = call(vcpu->fd, KVM_SET_SIGNAL_MASK, &signals);
		if (ret)
			return ret;
		pthread_sigmask(SIG_BLOCK, &kick, NULL);
		masked = true;
	}
	if (run->exit_reason == ARMVCPU_EXIT_MMIO && !armvcpu_mmio_is_write(run))
		memcpy(kvm_run->mmio.data, &run->u.mmio.data, sizeof(kvm_run->mmio.data));
	run->exit_reason = ARMVCPU_EXIT_UNKNOWN;
	run->answer = ARMVCPU_ANSWER_HANDLED;
	ret = call(vcpu->fd, KVM_RUN, NULL);
	if (ret < 0) {
		sigtimedwait(&kick, NULL, &now);
		return ret;
	}
	switch (kvm_run->exit_reason) {
	case KVM_EXIT_MMIO:
		run->exit_reason = ARMVCPU_EXIT_MMIO;
		run->u.mmio = (struct armvcpu_exit_mmio){
			.ipa = kvm_run->mmio.phys_addr,
			.len = kvm_run->mmio.len,
			.flags = kvm_run->mmio.is_write ? ARMVCPU_MMIO_WRITE : 0,
		};
		memcpy(&run->u.mmio.data, kvm_run->mmio.data, kvm_run->mmio.len);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		run->exit_reason = kvm_run->system_event.type == KVM_SYSTEM_EVENT_SHUTDOWN ?
			ARMVCPU_EXIT_SYSTEM_OFF : ARMVCPU_EXIT_SYSTEM_RESET;
		memset(&run->u.psci, 0, sizeof(run->u.psci));
		break;
	default:
		run->exit_reason = ARMVCPU_EXIT_INTERNAL_ERROR;
		memset(&run->u.internal_error, 0, sizeof(run->u.internal_error));
		run->u.internal_error.data[0] = kvm_run->exit_reason;
		break;
	}
	return 0;
}
