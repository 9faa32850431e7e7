// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the tests alone: EL2's registers of each CPU, read and written where
 * armvcpu.ko must not help, and low-power states without the hardware.
 *
 * /sys/kernel/debug/armvcpu-el2regs/
 *	regs	read: "cpuN NAME VALUE" for each register of each CPU online.
 *		Write: "CPU NAME VALUE"
 *	pm	write: "CPU": enter and leave a low-power state there
 *	lost	what CPU_PM_ENTER does to EL2 afterwards. 0: nothing; 1: what
 *		matters to guests only is lost, as if power had been off, and so
 *		is the active state of the virtual timer's interrupt;
 *		2: nothing, the state is refused
 *	hvc	write: "CPU X0 X1"; read: the X0 that came back
 *	trap	write: "CPU": read PMCR_EL0 there
 *	vtimer	write: "CPU": switch the virtual timer on there, expired
 *
 * A kernel at EL1 cannot read EL2: HVC_SOFT_RESTART makes its stub branch to a
 * page of ours, which reads one register and comes back by ERET. That is only
 * done while it is the stub that answers (EBUSY while it is armvcpu).
 *
 * Where the host has a GICv2 with GICH, by its device tree, that is among the registers:
 * memory, banked, so each CPU reads and writes its own.
 */
#define pr_fmt(fmt) "el2regs: " fmt

#include <linux/cpu.h>
#include <linux/cpu_pm.h>
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/cacheflush.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

#include "el2.h"
#include "hyp/nvhe.h"

enum { ALWAYS, ONLY_VHE, ONLY_NVHE, HAS_FGT, HAS_HCX, HAS_RAS, HAS_GICV3, HAS_GICH };

/* On a VHE host TTBR0_EL2 is of the thread that runs. Name, encoding, where. */
#define REGS(X)						\
	X(VBAR_EL2,	s3_4_c12_c0_0,	ALWAYS)		\
	X(HCR_EL2,	s3_4_c1_c1_0,	ALWAYS)		\
	X(SCTLR_EL2,	s3_4_c1_c0_0,	ALWAYS)		\
	X(CPTR_EL2,	s3_4_c1_c1_2,	ALWAYS)		\
	X(MDCR_EL2,	s3_4_c1_c1_1,	ALWAYS)		\
	X(HSTR_EL2,	s3_4_c1_c1_3,	ALWAYS)		\
	X(HACR_EL2,	s3_4_c1_c1_7,	ALWAYS)		\
	X(TCR_EL2,	s3_4_c2_c0_2,	ALWAYS)		\
	X(TTBR0_EL2,	s3_4_c2_c0_0,	ONLY_NVHE)	\
	X(MAIR_EL2,	s3_4_c10_c2_0,	ALWAYS)		\
	X(TPIDR_EL2,	s3_4_c13_c0_2,	ALWAYS)		\
	X(VTCR_EL2,	s3_4_c2_c1_2,	ALWAYS)		\
	X(VTTBR_EL2,	s3_4_c2_c1_0,	ALWAYS)		\
	X(VPIDR_EL2,	s3_4_c0_c0_0,	ALWAYS)		\
	X(VMPIDR_EL2,	s3_4_c0_c0_5,	ALWAYS)		\
	X(CNTHCTL_EL2,	s3_4_c14_c1_0,	ALWAYS)		\
	X(CNTVOFF_EL2,	s3_4_c14_c0_3,	ALWAYS)		\
	X(ICC_SRE_EL2,	s3_4_c12_c9_5,	HAS_GICV3)	\
	X(ICH_HCR_EL2,	s3_4_c12_c11_0,	HAS_GICV3)	\
	X(ICH_VMCR_EL2,	s3_4_c12_c11_7,	HAS_GICV3)	\
	X(ICH_AP0R0_EL2, s3_4_c12_c8_0,	HAS_GICV3)	\
	X(ICH_AP1R0_EL2, s3_4_c12_c9_0,	HAS_GICV3)	\
	X(ICH_LR0_EL2,	s3_4_c12_c12_0,	HAS_GICV3)	\
	X(ICH_LR1_EL2,	s3_4_c12_c12_1,	HAS_GICV3)	\
	X(VSESR_EL2,	s3_4_c5_c2_3,	HAS_RAS)	\
	X(VDISR_EL2,	s3_4_c12_c1_1,	HAS_RAS)	\
	X(HFGRTR_EL2,	s3_4_c1_c1_4,	HAS_FGT)	\
	X(HFGWTR_EL2,	s3_4_c1_c1_5,	HAS_FGT)	\
	X(HFGITR_EL2,	s3_4_c1_c1_6,	HAS_FGT)	\
	X(HDFGRTR_EL2,	s3_4_c3_c1_4,	HAS_FGT)	\
	X(HDFGWTR_EL2,	s3_4_c3_c1_5,	HAS_FGT)	\
	X(HCRX_EL2,	s3_4_c1_c2_2,	HAS_HCX)

enum {
#define X(name, enc, where) REG_##name,
	REGS(X)
#undef X
	NR_REGS
};

/* Name, offset. */
#define GICH_REGS(X)					\
	X(GICH_HCR,	0x000)				\
	X(GICH_VMCR,	0x008)				\
	X(GICH_APR,	0x0f0)				\
	X(GICH_LR0,	0x100)				\
	X(GICH_LR1,	0x104)

/* They go on where those end. */
enum {
	BEFORE_GICH = NR_REGS - 1,
#define X(name, offset) REG_##name,
	GICH_REGS(X)
#undef X
	NR_ALL_REGS
};

static const struct {
	const char *name;
	int where;
	unsigned int offset;
} regs[] = {
#define X(name, enc, where) { #name, where },
	REGS(X)
#undef X
#define X(name, offset) { #name, HAS_GICH, offset },
	GICH_REGS(X)
#undef X
};

/*
 * At EL2 with the MMU off. X0: the register's number, plus NR_REGS to write X1.
 * Each entry is two instructions.
 */
extern const char el2regs_start[], el2regs_end[];
asm(
	"	.pushsection .rodata, \"a\"\n"
	"	.balign 8\n"
	"el2regs_start:\n"
	"	ic	iallu\n"
	"	dsb	nsh\n"
	"	isb\n"
	"	adr	x3, 1f\n"
	"	add	x3, x3, x0, lsl #3\n"
	"	br	x3\n"
	"1:\n"
#define X(name, enc, where) "	mrs x0, " #enc "\n	eret\n"
	REGS(X)
#undef X
#define X(name, enc, where) "	msr " #enc ", x1\n	eret\n"
	REGS(X)
#undef X
	"el2regs_end:\n"
	"	.popsection\n");

static void *page;
static bool vhe;
static void __iomem *gich;
static unsigned int vtimer_irq;

/* ---- at EL1 ---------------------------------------------------------------- */

static bool stub_is_there(void)
{
	return el2_call(NVHE_CALL_TLB_ALL, 0, 0, 0) == NVHE_UNKNOWN_CALL;
}

/* ---- both ------------------------------------------------------------------ */

static bool has(int where)
{
	switch (where) {
	case ONLY_VHE:
		return vhe;
	case ONLY_NVHE:
		return !vhe;
	case HAS_FGT:
		return read_sysreg_s(sys_reg(3, 0, 0, 7, 0)) >> 56 & 0xf;
	case HAS_HCX:
		return read_sysreg_s(sys_reg(3, 0, 0, 7, 1)) >> 40 & 0xf;
	case HAS_RAS:
		return read_sysreg_s(sys_reg(3, 0, 0, 4, 0)) >> 28 & 0xf;
	case HAS_GICV3:
		return read_sysreg_s(sys_reg(3, 0, 0, 4, 0)) >> 24 & 0xf;
	case HAS_GICH:
		return gich;
	}
	return true;
}

static u64 vhe_read(int reg)
{
	u64 val = 0;

	switch (reg) {
#define X(name, enc, where)					\
	case REG_##name:					\
		asm volatile("mrs %0, " #enc : "=r" (val));	\
		break;
	REGS(X)
#undef X
	}
	return val;
}

static void vhe_write(int reg, u64 val)
{
	switch (reg) {
#define X(name, enc, where)					\
	case REG_##name:					\
		asm volatile("msr " #enc ", %0" : : "r" (val));	\
		break;
	REGS(X)
#undef X
	}
	isb();
}

struct access {
	int reg;
	bool write;
	u64 val;
};

/* Interrupts are off. */
static int do_access(struct access *a)
{
	if (!has(regs[a->reg].where))
		return -ENOENT;
	if (regs[a->reg].where == HAS_GICH && a->write)
		writel_relaxed(a->val, gich + regs[a->reg].offset);
	else if (regs[a->reg].where == HAS_GICH)
		a->val = readl_relaxed(gich + regs[a->reg].offset);
	else if (vhe && a->write)
		vhe_write(a->reg, a->val);
	else if (vhe)
		a->val = vhe_read(a->reg);
	else if (!stub_is_there())
		return -EBUSY;
	else if (a->write)
		el2_call(STUB_SOFT_RESTART, virt_to_phys(page), a->reg + NR_REGS, a->val);
	else
		a->val = el2_call(STUB_SOFT_RESTART, virt_to_phys(page), a->reg, 0);
	return 0;
}

/* In a kernel thread of the CPU, so that nothing is some thread's own. */
static int access_here(void *arg)
{
	unsigned long flags;
	int ret;

	local_irq_save(flags);
	ret = do_access(arg);
	local_irq_restore(flags);
	return ret;
}

static int on_cpu(unsigned int cpu, int (*fn)(void *arg), void *arg)
{
	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENXIO;
	return smp_call_on_cpu(cpu, fn, arg, false);
}

static int regs_show(struct seq_file *s, void *unused)
{
	int cpu, reg, ret;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		for (reg = 0; reg < NR_ALL_REGS; reg++) {
			struct access a = { .reg = reg };

			ret = on_cpu(cpu, access_here, &a);
			if (ret == -ENOENT)
				continue;
			if (ret) {
				cpus_read_unlock();
				return ret;
			}
			seq_printf(s, "cpu%d %s %016llx\n", cpu, regs[reg].name, a.val);
		}
	}
	cpus_read_unlock();
	return 0;
}

static int regs_open(struct inode *inode, struct file *file)
{
	return single_open(file, regs_show, NULL);
}

/* Words of what is written to a file. */
static int get_line(char *buf, size_t size, const char __user *text, size_t len)
{
	if (len >= size)
		return -EINVAL;
	if (copy_from_user(buf, text, len))
		return -EFAULT;
	buf[len] = 0;
	return 0;
}

static ssize_t regs_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	struct access a = { .write = true };
	char buf[80], name[24];
	unsigned int cpu;
	int ret;

	ret = get_line(buf, sizeof(buf), text, len);
	if (ret)
		return ret;
	if (sscanf(buf, "%u %23s %llx", &cpu, name, &a.val) != 3)
		return -EINVAL;
	for (a.reg = 0; a.reg < NR_ALL_REGS; a.reg++)
		if (!strcmp(regs[a.reg].name, name))
			break;
	if (a.reg == NR_ALL_REGS)
		return -EINVAL;
	ret = on_cpu(cpu, access_here, &a);
	return ret ? ret : len;
}

static const struct file_operations regs_fops = {
	.owner = THIS_MODULE,
	.open = regs_open,
	.read = seq_read,
	.write = regs_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---- low-power states -------------------------------------------------------- */

static u32 lost;

/* What a CPU's EL2 holds after power was off, as far as the host survives it. */
static void lose(void)
{
	static const struct {
		int reg;
		u64 val;
		int where;
	} junk[] = {
		{ REG_VTCR_EL2,		0x80000010 },
		{ REG_ICH_VMCR_EL2,	0xf84c000b, HAS_GICV3 },
		{ REG_ICH_HCR_EL2,	0x50000000, HAS_GICV3 },
		{ REG_ICH_AP1R0_EL2,	0x00010002, HAS_GICV3 },
		/* interrupts 40 and 41 are pending, group 1 */
		{ REG_ICH_LR0_EL2,	0x5000000000000028, HAS_GICV3 },
		{ REG_ICH_LR1_EL2,	0x5000000000000029, HAS_GICV3 },
		/* In group 0; the interface and a maintenance interrupt are on. */
		{ REG_GICH_VMCR,	0xa84c0009, HAS_GICH },
		{ REG_GICH_HCR,		0x50000003, HAS_GICH },
		{ REG_GICH_APR,		0x00010002, HAS_GICH },
		{ REG_GICH_LR0,		0x10000028, HAS_GICH },
		{ REG_GICH_LR1,		0x10000029, HAS_GICH },
		/* An nVHE kernel sees the effect of these, and its init sets them. */
		{ REG_VTTBR_EL2,	0x0012345678900000, ONLY_VHE },
		{ REG_VPIDR_EL2,	0x5aa5, ONLY_VHE },
		{ REG_VMPIDR_EL2,	0x81000007, ONLY_VHE },
		{ REG_CNTVOFF_EL2,	0x123456789abc, ONLY_VHE },
		/* And a VHE kernel of these; the stub has its MMU off. */
		{ REG_TCR_EL2,		0x1234, ONLY_NVHE },
		{ REG_TTBR0_EL2,	0x123450000, ONLY_NVHE },
		{ REG_MAIR_EL2,		0x4455, ONLY_NVHE },
		{ REG_TPIDR_EL2,	0xdeadbeef, ONLY_NVHE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(junk); i++) {
		struct access a = { .reg = junk[i].reg, .write = true, .val = junk[i].val };

		if (has(junk[i].where))
			do_access(&a);
	}
	/* A GICv3's; the kernel saves a GICv2's itself, and puts it back. */
	if (vtimer_irq)
		irq_set_irqchip_state(vtimer_irq, IRQCHIP_STATE_ACTIVE, false);
}

static int pm_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	if (action != CPU_PM_ENTER)
		return NOTIFY_OK;
	if (READ_ONCE(lost) == 2)
		return NOTIFY_BAD;
	if (READ_ONCE(lost))
		lose();
	return NOTIFY_OK;
}

/* Registered after armvcpu's, so called when it has given EL2 back. */
static struct notifier_block pm_nb = {
	.notifier_call = pm_notify,
};

static int pm_here(void *unused)
{
	unsigned long flags;
	int ret;

	local_irq_save(flags);
	ret = cpu_pm_enter();
	if (!ret)
		ret = cpu_pm_exit();
	local_irq_restore(flags);
	return ret;
}

static ssize_t pm_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	unsigned int cpu;
	int ret;

	ret = kstrtouint_from_user(text, len, 0, &cpu);
	if (!ret)
		ret = on_cpu(cpu, pm_here, NULL);
	return ret ? ret : len;
}

static const struct file_operations pm_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = pm_write,
};

/* ---- calls and traps ---------------------------------------------------------- */

static u64 hvc_args[2], hvc_result;

static int hvc_here(void *unused)
{
	unsigned long flags;

	if (vhe)
		return -EOPNOTSUPP;
	local_irq_save(flags);
	hvc_result = el2_call(hvc_args[0], hvc_args[1], 0, 0);
	local_irq_restore(flags);
	return 0;
}

static ssize_t hvc_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	unsigned int cpu;
	char buf[80];
	int ret;

	ret = get_line(buf, sizeof(buf), text, len);
	if (ret)
		return ret;
	if (sscanf(buf, "%u %llx %llx", &cpu, &hvc_args[0], &hvc_args[1]) != 3)
		return -EINVAL;
	ret = on_cpu(cpu, hvc_here, NULL);
	return ret ? ret : len;
}

static ssize_t hvc_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	char buf[24];
	int n = scnprintf(buf, sizeof(buf), "%llx\n", hvc_result);

	return simple_read_from_buffer(to, len, pos, buf, n);
}

static const struct file_operations hvc_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = hvc_read,
	.write = hvc_write,
};

static int trap_here(void *unused)
{
	read_sysreg(pmcr_el0);
	return 0;
}

static ssize_t trap_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	unsigned int cpu;
	int ret;

	ret = kstrtouint_from_user(text, len, 0, &cpu);
	if (!ret)
		ret = on_cpu(cpu, trap_here, NULL);
	return ret ? ret : len;
}

static const struct file_operations trap_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = trap_write,
};

static int vtimer_here(void *unused)
{
	if (vhe) {
		write_sysreg_s(0, sys_reg(3, 5, 14, 3, 2));
		isb();
		write_sysreg_s(1, sys_reg(3, 5, 14, 3, 1));
	} else {
		write_sysreg_s(0, sys_reg(3, 3, 14, 3, 2));
		isb();
		write_sysreg_s(1, sys_reg(3, 3, 14, 3, 1));
	}
	isb();
	return 0;
}

static ssize_t vtimer_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	unsigned int cpu;
	int ret;

	ret = kstrtouint_from_user(text, len, 0, &cpu);
	if (!ret)
		ret = on_cpu(cpu, vtimer_here, NULL);
	return ret ? ret : len;
}

static const struct file_operations vtimer_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vtimer_write,
};

/* ---- load, unload -------------------------------------------------------------- */

static struct dentry *root;

/* Not by way of armvcpu.ko, which is what is looked at. */
static void __init find_gich(void)
{
	static const struct of_device_id gicv2[] = {
		{ .compatible = "arm,gic-400" },
		{ .compatible = "arm,cortex-a15-gic" },
		{}
	};
	struct device_node *np = of_find_matching_node(NULL, gicv2);
	struct resource res;

	/* GICD, GICC, GICH, GICV */
	if (np && !of_address_to_resource(np, 2, &res))
		gich = ioremap(res.start, resource_size(&res));
	of_node_put(np);
	/* GICH_VTR: all have five bits of priority and of preemption */
	if (gich && (readl_relaxed(gich + 4) & ~0x3f) != 0x90000000) {
		iounmap(gich);
		gich = NULL;
	}
}

static void __init find_vtimer(void)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, "arm,armv8-timer");

	/* secure, physical, virtual */
	vtimer_irq = np ? irq_of_parse_and_map(np, 2) : 0;
	of_node_put(np);
}

static void free_all(void)
{
	if (gich)
		iounmap(gich);
	free_page((unsigned long)page);
}

static int __init el2regs_init(void)
{
	size_t size = el2regs_end - el2regs_start, i;
	int ret;

	vhe = read_sysreg(CurrentEL) == CurrentEL_EL2;
	if (size > PAGE_SIZE)
		return -E2BIG;
	page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	memcpy(page, el2regs_start, size);
	/* Fetched with the MMU off. */
	for (i = 0; i < PAGE_SIZE; i += 16)
		asm volatile("dc civac, %0" : : "r" (page + i) : "memory");
	dsb(sy);
	caches_clean_inval_pou((unsigned long)page, (unsigned long)page + PAGE_SIZE);
	find_gich();
	find_vtimer();

	ret = cpu_pm_register_notifier(&pm_nb);
	if (ret) {
		free_all();
		return ret;
	}
	root = debugfs_create_dir("armvcpu-el2regs", NULL);
	debugfs_create_file("regs", 0600, root, NULL, &regs_fops);
	debugfs_create_file("pm", 0200, root, NULL, &pm_fops);
	debugfs_create_file("hvc", 0600, root, NULL, &hvc_fops);
	debugfs_create_file("trap", 0200, root, NULL, &trap_fops);
	debugfs_create_file("vtimer", 0200, root, NULL, &vtimer_fops);
	debugfs_create_u32("lost", 0600, root, &lost);
	return 0;
}
module_init(el2regs_init);

static void __exit el2regs_exit(void)
{
	debugfs_remove(root);
	cpu_pm_unregister_notifier(&pm_nb);
	free_all();
}
module_exit(el2regs_exit);

MODULE_DESCRIPTION("EL2's registers, for armvcpu's tests");
MODULE_LICENSE("GPL");
