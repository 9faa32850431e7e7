// SPDX-License-Identifier: GPL-2.0-only
/* Virtual CPUs: life and ioctls. */
#include <linux/anon_inodes.h>
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "args.h"
#include "armvcpu.h"
#include "el2.h"
#include "host.h"
#include "hyp/el2.h"
#include "regs.h"
#include "resident.h"
#include "run.h"
#include "stopwatch.h"
#include "timer.h"
#include "vcpu.h"
#include "vm.h"

#define MPIDR_RES1	BIT(31)

struct armvcpu_vcpu *vcpu_find(struct armvcpu_vm *vm, u32 id)
{
	if (id >= ARMVCPU_MAX_VCPUS)
		return NULL;
	return xa_load(&vm->vcpus, array_index_nospec(id, ARMVCPU_MAX_VCPUS));
}

/*
 * What traps while the guest runs. TVM is on until the guest turns its caches
 * on, so that the switch from uncached to cached accesses is seen.
 */
void vcpu_reset_traps(struct armvcpu_vcpu *vcpu)
{
	struct hyp_vcpu *v = vcpu->hyp;

	/* With what only a CPU may have that comes online later: RES0 on the others. */
	v->hcr = HYP_HCR_VM | HYP_HCR_SWIO | HYP_HCR_PTW | HYP_HCR_FMO | HYP_HCR_IMO | HYP_HCR_AMO |
		 HYP_HCR_FB | HYP_HCR_BSU_IS | HYP_HCR_TWI | HYP_HCR_TID1 | HYP_HCR_TID2 |
		 HYP_HCR_TID3 | HYP_HCR_TSC |
		 HYP_HCR_TIDCP | HYP_HCR_TACR | HYP_HCR_TSW | HYP_HCR_RW | HYP_HCR_TLOR |
		 HYP_HCR_TEA | HYP_HCR_TERR | HYP_HCR_TID5 |
		 vm_memory_hcr(&vcpu->vm->mem);
	if (!(v->hcr & HYP_HCR_FWB))
		v->hcr |= HYP_HCR_TVM;
	v->mdcr = HYP_MDCR_TPM | HYP_MDCR_TPMCR | HYP_MDCR_TDRA | HYP_MDCR_TDOSA | HYP_MDCR_TDA |
		  HYP_MDCR_TPMS | HYP_MDCR_TTRF;
	v->vtcr = vm_memory_vtcr(&vcpu->vm->mem);
	v->vmpidr = vcpu->mpidr | MPIDR_RES1;
	v->vpidr = vcpu->vm->midr;
}

void vcpu_attach_gic(struct armvcpu_vcpu *vcpu)
{
	vcpu->hyp->gic.enabled = vcpu->vm->gic_iface == VGIC_IFACE_V3;
	vcpu->gich = vcpu->vm->gic_iface == VGIC_IFACE_V2;
	vgic_reset_cpu(&vcpu->gic, &vcpu->hyp->gic);
	timer_attach_gic(vcpu);
}

/* ---- life ---------------------------------------------------------------------- */

void vcpu_destroy(struct armvcpu_vcpu *vcpu)
{
	resident_sync(vcpu);
	timer_vcpu_destroy(vcpu);
	free_page((unsigned long)vcpu->run);
	el2_page_free(vcpu->hyp);
	kfree(vcpu);
}

static struct armvcpu_vcpu *vcpu_alloc(struct armvcpu_vm *vm,
				       const struct armvcpu_create_vcpu *arg)
{
	struct armvcpu_vcpu *vcpu;

	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	if (!vcpu)
		return NULL;
	vcpu->hyp = el2_page_alloc(GFP_KERNEL_ACCOUNT);
	vcpu->run = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	vcpu->vm = vm;
	vcpu->id = arg->id;
	vcpu->mpidr = arg->mpidr;
	vcpu->cpu = -1;
	vcpu->resident_cpu = RESIDENT_NOWHERE;
	vcpu->device.page = ~0ULL;
	mutex_init(&vcpu->mutex);
	spin_lock_init(&vcpu->power_lock);
	rcuwait_init(&vcpu->wait);
	vcpu->stats.mark = stopwatch_now();
	if (!vcpu->hyp || !vcpu->run) {
		free_page((unsigned long)vcpu->run);
		el2_page_free(vcpu->hyp);
		kfree(vcpu);
		return NULL;
	}
	vgic_cpu_init(&vcpu->gic, &vcpu->hyp->gic, arg->id, arg->mpidr);
	timer_vcpu_init(vcpu);
	return vcpu;
}

static vm_fault_t vcpu_fault(struct vm_fault *vmf)
{
	struct armvcpu_vcpu *vcpu = vmf->vma->vm_file->private_data;

	if (vmf->pgoff)
		return VM_FAULT_SIGBUS;
	vmf->page = virt_to_page(vcpu->run);
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct vcpu_vm_ops = {
	.fault = vcpu_fault,
};

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct armvcpu_vcpu *vcpu = file->private_data;

	if (vcpu->vm->mm != current->mm)
		return -EIO;
	if (vma->vm_pgoff || vma_pages(vma) != 1 || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_ops = &vcpu_vm_ops;
	return 0;
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct armvcpu_vcpu *vcpu = file->private_data;

	/* NULL: a creation that failed on its last step. */
	if (vcpu)
		vm_put(vcpu->vm);
	return 0;
}

/* ---- ioctls -------------------------------------------------------------------- */

static long do_get_regs(struct armvcpu_vcpu *vcpu, void __user *arg)
{
	struct armvcpu_regs regs;
	int ret = regs_get(vcpu, &regs);

	if (!ret && copy_to_user(arg, &regs, sizeof(regs)))
		ret = -EFAULT;
	return ret;
}

static long do_set_regs(struct armvcpu_vcpu *vcpu, void __user *arg)
{
	struct armvcpu_regs regs;

	if (copy_from_user(&regs, arg, sizeof(regs)))
		return -EFAULT;
	return regs_set(vcpu, &regs);
}

static long do_get_fpregs(struct armvcpu_vcpu *vcpu, void __user *arg)
{
	struct armvcpu_fpregs regs;
	int ret = regs_get_fp(vcpu, &regs);

	if (!ret && copy_to_user(arg, &regs, sizeof(regs)))
		ret = -EFAULT;
	return ret;
}

static long do_set_fpregs(struct armvcpu_vcpu *vcpu, void __user *arg)
{
	struct armvcpu_fpregs regs;

	if (copy_from_user(&regs, arg, sizeof(regs)))
		return -EFAULT;
	return regs_set_fp(vcpu, &regs);
}

static long do_sysregs(struct armvcpu_vcpu *vcpu, void __user *arg, bool set)
{
	struct armvcpu_sysregs regs;

	if (copy_from_user(&regs, arg, sizeof(regs)))
		return -EFAULT;
	return set ? regs_set_sysregs(vcpu, &regs) : regs_get_sysregs(vcpu, &regs);
}

static long do_get_sysregs(struct armvcpu_vcpu *vcpu, void __user *arg)
{
	return do_sysregs(vcpu, arg, false);
}

static long do_set_sysregs(struct armvcpu_vcpu *vcpu, void __user *arg)
{
	return do_sysregs(vcpu, arg, true);
}

static long do_list_sysregs(struct armvcpu_vcpu *vcpu, void __user *arg)
{
	struct armvcpu_sysregs regs;
	int ret;

	if (copy_from_user(&regs, arg, sizeof(regs)))
		return -EFAULT;
	ret = regs_list_sysregs(vcpu, &regs);
	/* The count is told when it was too small, too. */
	if ((!ret || ret == -E2BIG) && copy_to_user(arg, &regs, sizeof(regs)))
		ret = -EFAULT;
	return ret;
}

static long do_reset(struct armvcpu_vcpu *vcpu, void __user *arg)
{
	struct armvcpu_reset reset;
	int ret;

	ret = copy_sized_struct(&reset, x0, arg);
	if (ret)
		return ret;
	if ((reset.flags & ~ARMVCPU_VCPU_FLAGS_MASK) || (reset.pc & 3))
		return -EINVAL;
	ret = vcpu_reset(vcpu, reset.pc, reset.x0);
	if (ret)
		return ret;
	/*
	 * It begins with its caches off. What the VMM has written meanwhile, a
	 * new kernel perhaps, is to be in memory when it reads there.
	 */
	if (vcpu->stats.exits)
		vm_memory_forget(&vcpu->vm->mem);

	spin_lock(&vcpu->power_lock);
	vcpu->requests = 0;
	WRITE_ONCE(vcpu->system_event, 0);
	WRITE_ONCE(vcpu->power, reset.flags & ARMVCPU_VCPU_POWERED_OFF ? VCPU_OFF : VCPU_ON);
	spin_unlock(&vcpu->power_lock);
	return 0;
}

/* All of them, and RUN, under the vCPU's mutex; with its registers in memory. */
static const struct {
	unsigned int cmd;
	long (*fn)(struct armvcpu_vcpu *vcpu, void __user *arg);
} vcpu_ioctls[] = {
	{ ARMVCPU_GET_REGS,	do_get_regs },
	{ ARMVCPU_SET_REGS,	do_set_regs },
	{ ARMVCPU_GET_FPREGS,	do_get_fpregs },
	{ ARMVCPU_SET_FPREGS,	do_set_fpregs },
	{ ARMVCPU_GET_SYSREGS,	do_get_sysregs },
	{ ARMVCPU_SET_SYSREGS,	do_set_sysregs },
	{ ARMVCPU_LIST_SYSREGS,	do_list_sysregs },
	{ ARMVCPU_VCPU_RESET,	do_reset },
};

/* Most often there is nobody to wait for. */
static int lock_vcpu(struct armvcpu_vcpu *vcpu)
{
	if (likely(mutex_trylock(&vcpu->mutex)))
		return 0;
	return mutex_lock_killable(&vcpu->mutex);
}

static long vcpu_ioctl_run(struct armvcpu_vcpu *vcpu, unsigned long arg)
{
	long ret;

	if (arg)
		return -EINVAL;
	if (unlikely(!READ_ONCE(vcpu->vm->started))) {
		ret = vm_start(vcpu->vm);
		if (ret)
			return ret;
	}
	if (lock_vcpu(vcpu))
		return -EINTR;
	ret = vcpu_run(vcpu);
	mutex_unlock(&vcpu->mutex);
	return ret;
}

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct armvcpu_vcpu *vcpu = file->private_data;
	long ret;
	int i;

	if (vcpu->vm->mm != current->mm)
		return -EIO;
	if (likely(cmd == ARMVCPU_RUN))
		return vcpu_ioctl_run(vcpu, arg);
	/* It waits for nobody: the vCPU may run for long. */
	if (cmd == ARMVCPU_VCPU_STATS_FD)
		return arg ? -EINVAL : stats_vcpu_fd(vcpu);
	for (i = 0; i < ARRAY_SIZE(vcpu_ioctls); i++)
		if (vcpu_ioctls[i].cmd == cmd)
			break;
	if (i == ARRAY_SIZE(vcpu_ioctls))
		return -ENOTTY;
	if (lock_vcpu(vcpu))
		return -EINTR;
	resident_sync(vcpu);
	ret = vcpu_ioctls[i].fn(vcpu, (void __user *)arg);
	mutex_unlock(&vcpu->mutex);
	return ret;
}

static const struct file_operations vcpu_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= vcpu_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.mmap		= vcpu_mmap,
	.release	= vcpu_release,
	.llseek		= noop_llseek,
};

/* ---- creation -------------------------------------------------------------------- */

static int check_create(struct armvcpu_vm *vm, const struct armvcpu_create_vcpu *arg)
{
	struct armvcpu_vcpu *other;
	unsigned long id;

	/* Aff0 is at most 15: an SGI names the targets of a cluster by 16 bits. */
	if ((arg->flags & ~ARMVCPU_VCPU_FLAGS_MASK) || arg->pad || arg->features ||
	    arg->id >= ARMVCPU_MAX_VCPUS || (arg->mpidr & ~ARMVCPU_MPIDR_AFF_MASK) ||
	    (arg->mpidr & 0xff) > 15)
		return -EINVAL;
	xa_for_each(&vm->vcpus, id, other)
		if (id == arg->id || other->mpidr == arg->mpidr)
			return -EEXIST;
	/* With the first RUN the GIC's redistributors are all there are. */
	if (vm->gic && vm->started)
		return -EBUSY;
	return 0;
}

long vcpu_create(struct armvcpu_vm *vm, const struct armvcpu_create_vcpu *arg)
{
	struct armvcpu_vcpu *vcpu;
	struct file *file;
	int fd, ret;

	ret = check_create(vm, arg);
	if (ret)
		return ret;
	vcpu = vcpu_alloc(vm, arg);
	if (!vcpu)
		return -ENOMEM;
	vcpu->power = arg->flags & ARMVCPU_VCPU_POWERED_OFF ? VCPU_OFF : VCPU_ON;
	ret = vcpu_reset(vcpu, 0, 0);
	if (ret)
		goto free;

	/* Nothing fails any more once the vCPU can be found. */
	ret = xa_reserve(&vm->vcpus, arg->id, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto free;
	fd = get_unused_fd_flags(O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto release;
	}
	file = anon_inode_getfile("armvcpu-vcpu", &vcpu_fops, vcpu, O_RDWR);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto put_fd;
	}
	if (vm->gic) {
		ret = vgic_add_cpu(vm->gic, &vcpu->gic);
		if (ret)
			goto put_file;
		vcpu_attach_gic(vcpu);
	}
	vm_get(vm);
	xa_store(&vm->vcpus, arg->id, vcpu, GFP_KERNEL_ACCOUNT);
	vm->nr_vcpus++;
	/* From here on user space may use it, and close it. */
	fd_install(fd, file);
	return fd;

put_file:
	file->private_data = NULL;
	fput(file);
put_fd:
	put_unused_fd(fd);
release:
	xa_release(&vm->vcpus, arg->id);
free:
	vcpu_destroy(vcpu);
	return ret;
}
