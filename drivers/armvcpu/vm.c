// SPDX-License-Identifier: GPL-2.0-only
/* Virtual machines: life and ioctls. */
#include <linux/anon_inodes.h>
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/percpu.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <asm/cputype.h>

#include <clocksource/arm_arch_timer.h>

#include "args.h"
#include "armvcpu.h"
#include "compat.h"
#include "el2.h"
#include "gicstate.h"
#include "host.h"
#include "io.h"
#include "irqfd.h"
#include "posted.h"
#include "run.h"
#include "timer.h"
#include "trace.h"
#include "vcpu.h"
#include "vm.h"

#define DEFAULT_IPA_BITS	40
#define MIN_IPA_BITS		32

/* ---- life -------------------------------------------------------------------- */

static void vm_destroy(struct kref *ref)
{
	struct armvcpu_vm *vm = container_of(ref, struct armvcpu_vm, ref);
	struct armvcpu_vcpu *vcpu;
	unsigned long id;

	stats_vm_remove(vm);
	/* Nobody runs: each RUN holds the file and so a reference. */
	irqfd_destroy(vm);
	io_destroy(vm);
	vgic_destroy(vm->gic);
	el2_page_free(vm->gic_page);
	xa_for_each(&vm->vcpus, id, vcpu)
		vcpu_destroy(vcpu);
	xa_destroy(&vm->vcpus);
	vm_memory_destroy(&vm->mem);
	free_percpu(vm->last_vcpu);
	mmdrop(vm->mm);
	kfree(vm);
}

void vm_get(struct armvcpu_vm *vm)
{
	kref_get(&vm->ref);
}

void vm_put(struct armvcpu_vm *vm)
{
	kref_put(&vm->ref, vm_destroy);
}

void vm_start_locked(struct armvcpu_vm *vm)
{
	if (vm->started)
		return;
	if (vm->gic)
		vgic_start(vm->gic);
	WRITE_ONCE(vm->started, true);
}

int vm_start(struct armvcpu_vm *vm)
{
	if (READ_ONCE(vm->started))
		return 0;
	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	vm_start_locked(vm);
	mutex_unlock(&vm->lock);
	return 0;
}

/* ---- ioctls -------------------------------------------------------------------- */

static long vm_set_memory(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_memory mem;
	int ret;

	if (copy_from_user(&mem, arg, sizeof(mem)))
		return -EFAULT;
	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	ret = vm_memory_check_slot(&vm->mem, &mem);
	/* Where the GIC is there is no memory. */
	if (!ret && mem.length && vm_has_gic_at(vm, mem.ipa, mem.length))
		ret = -EEXIST;
	if (!ret)
		ret = vm_memory_set_slot(&vm->mem, &mem);
	mutex_unlock(&vm->lock);
	return ret;
}

static long vm_create_vcpu(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_create_vcpu create;
	long ret;

	ret = copy_sized_struct(&create, features, arg);
	if (ret)
		return ret;
	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	ret = vcpu_create(vm, &create);
	mutex_unlock(&vm->lock);
	return ret;
}

static void gic_kick(struct vgic_cpu *c)
{
	vcpu_kick(vgic_cpu_to_vcpu(c));
}

/*
 * The caller is a vCPU's thread with no locks but its own mutex; the vCPU waited
 * for is in the guest with preemption off, and the kick fetches it out.
 */
static void gic_sync(struct vgic_cpu *c)
{
	u32 ticket = vgic_sync_begin(c);

	if (vgic_sync_done(c, ticket))
		return;
	vcpu_kick(vgic_cpu_to_vcpu(c));
	while (!vgic_sync_done(c, ticket))
		cpu_relax();
}

static void gic_resampled(struct vgic_cpu *c)
{
	irqfd_resampled(vgic_cpu_to_vcpu(c)->vm);
}

static const struct vgic_ops gic_ops = {
	.kick = gic_kick,
	.sync = gic_sync,
	.resampled = gic_resampled,
};

/* What a VMM that was found to be sensible wants, and this host can do. */
static void gic_config(struct vgic_config *cfg, struct ipa_range frames[2],
		       const struct armvcpu_create_gic *arg)
{
	bool v3 = arg->model == ARMVCPU_GIC_V3;

	*cfg = (struct vgic_config) {
		.model = arg->model,
		.iface = VGIC_IFACE_SOFT,
		.vtr = VGIC_SOFT_VTR,
		.dir_traps = true,
		.nr_irqs = arg->nr_irqs,
		.dist_ipa = arg->dist_ipa,
		.cpu_ipa = arg->cpu_ipa,
		.max_cpus = v3 ? arg->redist_count : ARMVCPU_GICV2_MAX_VCPUS,
	};
	if ((armvcpu_host.gic_hw_models & BIT(arg->model)) &&
	    !(arg->flags & ARMVCPU_GIC_SOFTWARE)) {
		cfg->iface = armvcpu_host.gic_iface;
		cfg->vtr = armvcpu_host.gic_vtr;
		cfg->dir_traps = v3 || vm_gicv_dir_traps();
	}
	frames[0] = (struct ipa_range) {
		arg->dist_ipa, v3 ? ARMVCPU_GICV3_DIST_SIZE : ARMVCPU_GICV2_DIST_SIZE
	};
	frames[1] = (struct ipa_range) {
		arg->cpu_ipa,
		v3 ? arg->redist_count * ARMVCPU_GICV3_REDIST_SIZE : ARMVCPU_GICV2_CPU_SIZE
	};
	/* What is mapped are whole pages. */
	if (cfg->iface == VGIC_IFACE_V2)
		frames[1].length = PAGE_ALIGN(frames[1].length);
}

static void unlock_vcpus(struct armvcpu_vm *vm, const struct armvcpu_vcpu *end)
{
	struct armvcpu_vcpu *vcpu;
	unsigned long id;

	xa_for_each(&vm->vcpus, id, vcpu) {
		if (vcpu == end)
			break;
		mutex_unlock(&vcpu->mutex);
	}
}

/* vm->lock is held; who holds it waits for no vCPU. */
static int trylock_vcpus(struct armvcpu_vm *vm)
{
	struct armvcpu_vcpu *vcpu;
	unsigned long id;

	xa_for_each(&vm->vcpus, id, vcpu) {
		if (compat_mutex_trylock_nest(&vcpu->mutex, &vm->lock))
			continue;
		unlock_vcpus(vm, vcpu);
		return -EBUSY;
	}
	return 0;
}

int vm_hold_vcpus(struct armvcpu_vm *vm)
{
	int ret;

	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	ret = trylock_vcpus(vm);
	if (ret)
		mutex_unlock(&vm->lock);
	return ret;
}

void vm_release_vcpus(struct armvcpu_vm *vm)
{
	unlock_vcpus(vm, NULL);
	mutex_unlock(&vm->lock);
}

/* A GIC that all vCPUs have joined, or none; they are locked. */
static struct vgic *make_gic(struct armvcpu_vm *vm, const struct vgic_config *cfg)
{
	struct armvcpu_vcpu *vcpu;
	unsigned long id;
	struct vgic *gic;
	int ret;

	gic = vgic_create(cfg, &gic_ops);
	if (IS_ERR(gic))
		return gic;
	xa_for_each(&vm->vcpus, id, vcpu) {
		ret = vgic_add_cpu(gic, &vcpu->gic);
		if (ret) {
			vgic_destroy(gic);
			return ERR_PTR(ret);
		}
	}
	return gic;
}

static int create_gic_locked(struct armvcpu_vm *vm, const struct armvcpu_create_gic *arg)
{
	struct ipa_range frames[2];
	struct armvcpu_vcpu *vcpu;
	struct vgic_config cfg;
	unsigned long id;
	struct vgic *gic;
	int ret;

	ret = vgic_check_config(arg, vm->mem.s2.ipa_bits);
	if (ret)
		return ret;
	if (!(armvcpu_host.gic_models & BIT(arg->model)))
		return -EOPNOTSUPP;
	gic_config(&cfg, frames, arg);
	xa_for_each(&vm->vcpus, id, vcpu)
		if (id >= cfg.max_cpus)
			return -EINVAL;
	if (vm->gic || vm_memory_overlaps(&vm->mem, frames[0].start, frames[0].length) ||
	    vm_memory_overlaps(&vm->mem, frames[1].start, frames[1].length))
		return -EEXIST;
	if (vm->started)
		return -EBUSY;
	ret = trylock_vcpus(vm);
	if (ret)
		return ret;
	cfg.shared = el2_page_alloc(GFP_KERNEL_ACCOUNT);
	gic = cfg.shared ? make_gic(vm, &cfg) : ERR_PTR(-ENOMEM);
	if (IS_ERR(gic)) {
		el2_page_free(cfg.shared);
		ret = PTR_ERR(gic);
		goto out;
	}
	vm->gic_model = cfg.model;
	vm->gic_iface = cfg.iface;
	vm->gic_frames[0] = frames[0];
	vm->gic_frames[1] = frames[1];
	vm->gic_page = cfg.shared;
	xa_for_each(&vm->vcpus, id, vcpu)
		vcpu_attach_gic(vcpu);
	/* Pairs with the plain reads in the run loop, which vm->started orders. */
	smp_store_release(&vm->gic, gic);
out:
	unlock_vcpus(vm, NULL);
	return ret;
}

static long vm_create_gic(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_create_gic create;
	long ret;

	ret = copy_sized_struct(&create, pad, arg);
	if (ret)
		return ret;
	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	ret = create_gic_locked(vm, &create);
	mutex_unlock(&vm->lock);
	return ret;
}

static long set_pin(struct armvcpu_vcpu *vcpu, unsigned long pin, bool level)
{
	if (level)
		set_bit(__ffs(pin), &vcpu->irq_pins);
	else
		clear_bit(__ffs(pin), &vcpu->irq_pins);
	/* A guest that runs sees the pins when it is entered again. */
	vcpu_kick(vcpu);
	return 0;
}

static long vm_irq_line(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_irq_line line;
	struct armvcpu_vcpu *vcpu = NULL;
	struct vgic *gic;

	/* as a whole: pairs with the release in create_gic_locked() */
	gic = smp_load_acquire(&vm->gic);
	if (copy_from_user(&line, arg, sizeof(line)))
		return -EFAULT;
	if (line.level > 1 || line.type > ARMVCPU_IRQ_CPU_FIQ)
		return -EINVAL;
	if (line.type == ARMVCPU_IRQ_SPI) {
		if (line.vcpu_id)
			return -EINVAL;
	} else {
		vcpu = vcpu_find(vm, line.vcpu_id);
		if (!vcpu)
			return -ENOENT;
	}
	trace_armvcpu_irq_line(line.type, line.irq, line.vcpu_id, line.level);

	switch (line.type) {
	case ARMVCPU_IRQ_SPI:
		if (!gic)
			return -ENXIO;
		if (line.irq < 32)
			return -EINVAL;
		return vgic_set_line(gic, NULL, line.irq, line.level);
	case ARMVCPU_IRQ_PPI:
		if (!gic)
			return -ENXIO;
		/* The timers' lines are the timers'. */
		if (line.irq < 16 || line.irq > 31 || line.irq == TIMER_PPI_VIRT ||
		    line.irq == TIMER_PPI_PHYS)
			return -EINVAL;
		return vgic_set_line(gic, &vcpu->gic, line.irq, line.level);
	default:
		if (gic)
			return -ENXIO;
		if (line.irq)
			return -EINVAL;
		return set_pin(vcpu, line.type == ARMVCPU_IRQ_CPU_IRQ ?
			       VCPU_PIN_IRQ : VCPU_PIN_FIQ, line.level);
	}
}

static long vm_irqfd(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_irqfd irqfd;
	long ret;

	ret = copy_sized_struct(&irqfd, pad, arg);
	if (ret)
		return ret;
	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	ret = irqfd_config(vm, &irqfd);
	mutex_unlock(&vm->lock);
	return ret;
}

static long vm_ioeventfd(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_ioeventfd event;
	long ret;

	ret = copy_sized_struct(&event, fd, arg);
	if (ret)
		return ret;
	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	ret = io_config_event(vm, &event);
	mutex_unlock(&vm->lock);
	return ret;
}

static long vm_posted_writes(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_posted_writes posted;
	long ret;

	ret = copy_sized_struct(&posted, pad, arg);
	if (ret)
		return ret;
	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	ret = io_config_posted(vm, &posted);
	mutex_unlock(&vm->lock);
	return ret;
}

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct armvcpu_vm *vm = file->private_data;
	void __user *argp = (void __user *)arg;

	if (vm->mm != current->mm)
		return -EIO;
	switch (cmd) {
	case ARMVCPU_SET_MEMORY:
		return vm_set_memory(vm, argp);
	case ARMVCPU_CREATE_VCPU:
		return vm_create_vcpu(vm, argp);
	case ARMVCPU_CREATE_GIC:
		return vm_create_gic(vm, argp);
	case ARMVCPU_IRQ_LINE:
		return vm_irq_line(vm, argp);
	case ARMVCPU_IRQFD:
		return vm_irqfd(vm, argp);
	case ARMVCPU_IOEVENTFD:
		return vm_ioeventfd(vm, argp);
	case ARMVCPU_POSTED_WRITES:
		return vm_posted_writes(vm, argp);
	case ARMVCPU_VM_STATS_FD:
		return arg ? -EINVAL : stats_vm_fd(vm);
	case ARMVCPU_GET_GIC_DIST:
		return gicstate_get_dist(vm, argp);
	case ARMVCPU_SET_GIC_DIST:
		return gicstate_set_dist(vm, argp);
	case ARMVCPU_GET_GIC_CPU:
		return gicstate_get_cpu(vm, argp);
	case ARMVCPU_SET_GIC_CPU:
		return gicstate_set_cpu(vm, argp);
	case ARMVCPU_GET_GIC_IRQS:
		return gicstate_get_irqs(vm, argp);
	case ARMVCPU_SET_GIC_IRQS:
		return gicstate_set_irqs(vm, argp);
	}
	return -ENOTTY;
}

/* ---- the ring, mapped ------------------------------------------------------------ */

static vm_fault_t ring_fault(struct vm_fault *vmf)
{
	struct armvcpu_vm *vm = vmf->vma->vm_file->private_data;

	if (vmf->pgoff)
		return VM_FAULT_SIGBUS;
	vmf->page = posted_ring_page(vm->ring);
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct ring_vm_ops = {
	.fault = ring_fault,
};

static int vm_map_ring(struct file *file, struct vm_area_struct *vma)
{
	struct armvcpu_vm *vm = file->private_data;

	if (vm->mm != current->mm)
		return -EIO;
	if (vma->vm_pgoff || vma_pages(vma) != 1 || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	/* Without vm->lock, which is taken outside of mmap_lock. */
	if (!posted_ring_of(&vm->ring))
		return -ENOMEM;
	vma->vm_ops = &ring_vm_ops;
	return 0;
}

static int vm_release(struct inode *inode, struct file *file)
{
	vm_put(file->private_data);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= vm_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.mmap		= vm_map_ring,
	.release	= vm_release,
	.llseek		= noop_llseek,
};

int vm_create(const struct armvcpu_create_vm *arg)
{
	struct armvcpu_vm *vm;
	u32 ipa_bits = arg->ipa_bits;
	int ret;

	if ((arg->flags & ~ARMVCPU_VM_FLAGS_MASK) || arg->pad)
		return -EINVAL;
	if (!ipa_bits)
		ipa_bits = min_t(u32, DEFAULT_IPA_BITS, armvcpu_host.ipa_bits);
	if (ipa_bits < MIN_IPA_BITS || ipa_bits > armvcpu_host.ipa_bits)
		return -EINVAL;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return -ENOMEM;
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	xa_init(&vm->vcpus);
	vm->flags = arg->flags;
	vm->midr = read_cpuid_id();
	/* The guest's virtual counter begins at zero, for all its CPUs at once. */
	vm->cntvoff = arch_timer_read_counter();
	vm->last_vcpu = alloc_percpu_gfp(u32, GFP_KERNEL_ACCOUNT);
	if (!vm->last_vcpu) {
		ret = -ENOMEM;
		goto free;
	}
	vm->mm = current->mm;
	mmgrab(vm->mm);
	ret = vm_memory_init(&vm->mem, vm->mm, ipa_bits);
	if (ret)
		goto drop_mm;
	stats_vm_add(vm);

	ret = anon_inode_getfd("armvcpu-vm", &vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (ret < 0)
		vm_put(vm);
	return ret;

drop_mm:
	mmdrop(vm->mm);
	free_percpu(vm->last_vcpu);
free:
	kfree(vm);
	return ret;
}
