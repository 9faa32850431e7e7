// SPDX-License-Identifier: GPL-2.0-only
/* Load, unload and /dev/armvcpu. */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/compat.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "armvcpu.h"
#include "args.h"
#include "host.h"
#include "hyp/tlb.h"
#include "memslot.h"
#include "pcpu.h"
#include "stats.h"
#include "sysreg.h"
#include "vm.h"
#include "vmid.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static u64 host_features(void)
{
	u64 f = 0;

	if (armvcpu_host.gic_models & BIT(ARMVCPU_GIC_V2))
		f |= ARMVCPU_FEAT_GICV2;
	if (armvcpu_host.gic_models & BIT(ARMVCPU_GIC_V3))
		f |= ARMVCPU_FEAT_GICV3;
	if (IS_ENABLED(CONFIG_MMU_NOTIFIER))
		f |= ARMVCPU_FEAT_MMU_NOTIFIER;
	else
		f |= ARMVCPU_FEAT_PINNED_MEMORY;
	f |= ARMVCPU_FEAT_POSTED_WRITES | ARMVCPU_FEAT_STATS_FD | ARMVCPU_FEAT_GIC_STATE;
	if (IS_ENABLED(CONFIG_EVENTFD))
		f |= ARMVCPU_FEAT_IRQFD | ARMVCPU_FEAT_IOEVENTFD;
	return f;
}

static long get_info(void __user *arg)
{
	struct armvcpu_info info = {
		.api_version	= ARMVCPU_API_VERSION,
		.mode		= armvcpu_host.mode,
		.page_size	= PAGE_SIZE,
		.ipa_bits	= armvcpu_host.ipa_bits,
		.vmid_bits	= armvcpu_host.vmid_bits,
		.max_vcpus	= ARMVCPU_MAX_VCPUS,
		.max_slots	= ARMVCPU_MAX_SLOTS,
		.run_size	= PAGE_SIZE,
		.gic_models	= armvcpu_host.gic_models,
		.gic_max_irqs	= VGIC_MAX_IRQS,
		.list_registers	= armvcpu_host.nr_lr,
		.timer_freq	= armvcpu_host.timer_freq,
		.features	= host_features(),
		.ring_size	= PAGE_SIZE,
		.gic_hw_models	= armvcpu_host.gic_hw_models,
	};
	u32 size;

	if (get_user(size, (u32 __user *)arg))
		return -EFAULT;
	if (size < offsetofend(struct armvcpu_info, features))
		return -EINVAL;
	/* A caller with an older header gets what it knows of. */
	info.size = min_t(u32, size, sizeof(info));
	if (copy_to_user(arg, &info, info.size))
		return -EFAULT;
	return 0;
}

static long create_vm(void __user *arg)
{
	struct armvcpu_create_vm create;
	int ret;

	ret = copy_sized_struct(&create, pad, arg);
	if (ret)
		return ret;
	return vm_create(&create);
}

static long armvcpu_dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case ARMVCPU_GET_API_VERSION:
		return arg ? -EINVAL : ARMVCPU_API_VERSION;
	case ARMVCPU_GET_INFO:
		return get_info((void __user *)arg);
	case ARMVCPU_CREATE_VM:
		return create_vm((void __user *)arg);
	}
	return -ENOTTY;
}

static const struct file_operations armvcpu_dev_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= armvcpu_dev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice armvcpu_dev = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "armvcpu",
	.fops	= &armvcpu_dev_fops,
	.mode	= 0660,
};

static void vmid_flush(void)
{
	armvcpu_tlb_flush_all();
}

static const struct vmid_ops vmid_ops = {
	.flush_all = vmid_flush,
};

/* The one line about what the module runs on. */
static void __init say_hello(void)
{
	char gic[80];

	if (armvcpu_host.gic_iface == VGIC_IFACE_SOFT)
		strscpy(gic, "no list registers", sizeof(gic));
	else
		snprintf(gic, sizeof(gic), "GICv%d with %u list registers, maintenance PPI %u",
			 armvcpu_host.gic_iface == VGIC_IFACE_V3 ? 3 : 2,
			 armvcpu_host.nr_lr, armvcpu_host.maint_intid);
	pr_info("%s, %u-bit IPA, %u-bit VMID, timer PPI %u, %s\n",
		armvcpu_host.mode == ARMVCPU_MODE_VHE ? "VHE" : "nVHE",
		armvcpu_host.ipa_bits, armvcpu_host.vmid_bits, armvcpu_host.vtimer_intid, gic);
}

static int __init armvcpu_init(void)
{
	int ret;

	ret = host_probe();
	if (ret)
		return ret;
	ret = sysreg_init();
	if (ret)
		goto exit_host;
	ret = vmid_init(armvcpu_host.vmid_bits, nr_cpu_ids, &vmid_ops);
	if (ret) {
		pr_err("%u-bit VMIDs for %u CPUs: error %d\n", armvcpu_host.vmid_bits,
		       nr_cpu_ids, ret);
		ret = ret == -EINVAL ? -ENODEV : ret;
		goto exit_host;
	}
	ret = pcpu_init();
	if (ret)
		goto free_vmid;
	stats_init();

	/* Last: from here on there may be callers. */
	ret = misc_register(&armvcpu_dev);
	if (ret)
		goto disable;

	say_hello();
	return 0;

disable:
	stats_exit();
	pcpu_exit();
free_vmid:
	vmid_exit();
exit_host:
	host_exit_gic();
	return ret;
}
module_init(armvcpu_init);

/* Every VM and vCPU file holds a reference to the module: there are none. */
static void __exit armvcpu_exit(void)
{
	misc_deregister(&armvcpu_dev);
	stats_exit();
	pcpu_exit();
	vmid_exit();
	host_exit_gic();
}
module_exit(armvcpu_exit);

MODULE_DESCRIPTION("Virtual machines on arm64 kernels without KVM");
MODULE_VERSION("0.1");
MODULE_LICENSE("GPL");
