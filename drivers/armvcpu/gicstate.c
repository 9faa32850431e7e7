// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the VMM that read and set the state of a GIC. vgic/state.c does it, while
 * vm_hold_vcpus() keeps all vCPUs out of the guest.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "args.h"
#include "armvcpu.h"
#include "gicstate.h"
#include "resident.h"
#include "vcpu.h"
#include "vm.h"

/* ---- the GIC and its vCPUs, held --------------------------------------------- */

static struct vgic *gic_of(struct armvcpu_vm *vm)
{
	/* as a whole: pairs with the release in create_gic_locked() */
	struct vgic *gic = smp_load_acquire(&vm->gic);

	return gic ?: ERR_PTR(-ENXIO);
}

/* vm_hold_vcpus() with the GIC, or without anything held an error. */
static struct vgic *hold_gic(struct armvcpu_vm *vm)
{
	struct vgic *gic = gic_of(vm);
	int ret;

	if (IS_ERR(gic))
		return gic;
	ret = vm_hold_vcpus(vm);
	return ret ? ERR_PTR(ret) : gic;
}

/* A vCPU of a VM with a GIC, or an error. */
static struct armvcpu_vcpu *find_vcpu(struct armvcpu_vm *vm, u32 id)
{
	struct vgic *gic = gic_of(vm);
	struct armvcpu_vcpu *vcpu;

	if (IS_ERR(gic))
		return ERR_CAST(gic);
	vcpu = vcpu_find(vm, id);
	return vcpu ?: ERR_PTR(-ENOENT);
}

/* vm_hold_vcpus() with this one, whose state is in memory, or an error. */
static struct armvcpu_vcpu *hold_vcpu(struct armvcpu_vm *vm, u32 id)
{
	struct armvcpu_vcpu *vcpu = find_vcpu(vm, id);
	int ret;

	if (IS_ERR(vcpu))
		return vcpu;
	ret = vm_hold_vcpus(vm);
	if (ret)
		return ERR_PTR(ret);
	resident_sync(vcpu);
	return vcpu;
}

/* ---- arguments --------------------------------------------------------------- */

/*
 * A structure that a GET fills in. A caller with an older header gets what it knows of,
 * of one with a newer header the rest is left alone: @arg->size is what it gets.
 */
static int read_out_arg(void *dst, u32 ksize, u32 least, const void __user *arg)
{
	u32 size;

	if (get_user(size, (const u32 __user *)arg))
		return -EFAULT;
	if (size < least)
		return -EINVAL;
	size = min(size, ksize);
	if (copy_from_user(dst, arg, size))
		return -EFAULT;
	*(u32 *)dst = size;
	return 0;
}

#define read_out(dst, last, arg) \
	read_out_arg(dst, sizeof(*(dst)), offsetofend(typeof(*(dst)), last), arg)

/* ---- calls ------------------------------------------------------------------- */

long gicstate_get_dist(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_gic_dist dist;
	struct vgic *gic;
	int ret;

	ret = read_out(&dist, flags, arg);
	if (ret)
		return ret;
	gic = hold_gic(vm);
	if (IS_ERR(gic))
		return PTR_ERR(gic);
	vgic_get_dist(gic, &dist);
	vm_release_vcpus(vm);
	return copy_to_user(arg, &dist, dist.size) ? -EFAULT : 0;
}

long gicstate_set_dist(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_gic_dist dist;
	struct vgic *gic;
	int ret;

	ret = copy_sized_struct(&dist, flags, arg);
	if (ret)
		return ret;
	gic = hold_gic(vm);
	if (IS_ERR(gic))
		return PTR_ERR(gic);
	ret = vgic_set_dist(gic, &dist);
	vm_release_vcpus(vm);
	return ret;
}

long gicstate_get_cpu(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_gic_cpu cpu;
	struct armvcpu_vcpu *vcpu;
	int ret;

	ret = read_out(&cpu, ap1r, arg);
	if (ret)
		return ret;
	vcpu = hold_vcpu(vm, cpu.vcpu_id);
	if (IS_ERR(vcpu))
		return PTR_ERR(vcpu);
	vgic_get_cpu(&vcpu->gic, &vcpu->hyp->gic, &cpu);
	vm_release_vcpus(vm);
	return copy_to_user(arg, &cpu, cpu.size) ? -EFAULT : 0;
}

long gicstate_set_cpu(struct armvcpu_vm *vm, void __user *arg)
{
	struct armvcpu_gic_cpu cpu;
	struct armvcpu_vcpu *vcpu;
	int ret;

	ret = copy_sized_struct(&cpu, ap1r, arg);
	if (ret)
		return ret;
	vcpu = hold_vcpu(vm, cpu.vcpu_id);
	if (IS_ERR(vcpu))
		return PTR_ERR(vcpu);
	ret = vgic_set_cpu(&vcpu->gic, &vcpu->hyp->gic, &cpu);
	vm_release_vcpus(vm);
	return ret;
}

/*
 * What GET_GIC_IRQS and SET_GIC_IRQS have in common. @c: the vCPU of private interrupts,
 * NULL for SPIs
 */
static int read_irqs_arg(struct armvcpu_vm *vm, void __user *user,
			 struct armvcpu_gic_irqs *arg, struct vgic_cpu **c)
{
	struct vgic *gic = gic_of(vm);
	struct armvcpu_vcpu *vcpu;
	int ret;

	ret = copy_sized_struct(arg, entries, user);
	if (ret)
		return ret;
	if (IS_ERR(gic))
		return PTR_ERR(gic);
	ret = vgic_check_range(gic, arg->first, arg->count);
	if (ret)
		return ret;
	*c = NULL;
	if (arg->first >= VGIC_NR_PRIVATE)
		return arg->vcpu_id ? -EINVAL : 0;
	vcpu = find_vcpu(vm, arg->vcpu_id);
	if (IS_ERR(vcpu))
		return PTR_ERR(vcpu);
	*c = &vcpu->gic;
	return 0;
}

long gicstate_get_irqs(struct armvcpu_vm *vm, void __user *user)
{
	struct armvcpu_gic_irqs arg;
	struct armvcpu_gic_irq *irqs;
	struct vgic_cpu *c;
	int ret;

	ret = read_irqs_arg(vm, user, &arg, &c);
	if (ret)
		return ret;
	irqs = kvmalloc_array(arg.count, sizeof(*irqs), GFP_KERNEL_ACCOUNT);
	if (!irqs)
		return -ENOMEM;
	ret = vm_hold_vcpus(vm);
	if (ret)
		goto free;
	vgic_get_irqs(vm->gic, c, arg.first, arg.count, irqs);
	vm_release_vcpus(vm);
	if (copy_to_user(u64_to_user_ptr(arg.entries), irqs, arg.count * sizeof(*irqs)))
		ret = -EFAULT;
free:
	kvfree(irqs);
	return ret;
}

long gicstate_set_irqs(struct armvcpu_vm *vm, void __user *user)
{
	struct armvcpu_gic_irqs arg;
	struct armvcpu_gic_irq *irqs;
	struct vgic_cpu *c;
	int ret;

	ret = read_irqs_arg(vm, user, &arg, &c);
	if (ret)
		return ret;
	irqs = kvmalloc_array(arg.count, sizeof(*irqs), GFP_KERNEL_ACCOUNT);
	if (!irqs)
		return -ENOMEM;
	ret = -EFAULT;
	if (copy_from_user(irqs, u64_to_user_ptr(arg.entries), arg.count * sizeof(*irqs)))
		goto free;
	ret = vm_hold_vcpus(vm);
	if (ret)
		goto free;
	ret = vgic_set_irqs(vm->gic, c, arg.first, arg.count, irqs);
	/* A vCPU that came later would change what routes mean. */
	if (!ret && !c && arg.count)
		vm_start_locked(vm);
	vm_release_vcpus(vm);
free:
	kvfree(irqs);
	return ret;
}
