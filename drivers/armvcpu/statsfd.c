// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics of a VM or vCPU as a file that describes itself, in KVM's format:
 *
 *	header | name of the file | descriptors | values
 *
 * Whoever has it may read it, other processes too. It keeps the VM. What is written
 * by a vCPU's thread is read without a lock: each value by itself is true, two of
 * them may be of different moments.
 */
#include <linux/anon_inodes.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/uaccess.h>

#include "armvcpu.h"
#include "host.h"
#include "hyp/el2.h"
#include "io.h"
#include "irqfd.h"
#include "stats.h"
#include "vm.h"

#define NAME_SIZE	48

/* struct armvcpu_stats_desc, with its name */
struct desc {
	u32 flags;
	s16 exponent;
	u16 size;
	u32 offset;
	u32 bucket_size;
	char name[NAME_SIZE];
};

static_assert(offsetof(struct desc, bucket_size) ==
	      offsetof(struct armvcpu_stats_desc, bucket_size));
static_assert(offsetof(struct desc, name) == offsetof(struct armvcpu_stats_desc, name));

#define DESC(n, type, u, exp, values) {					\
	.flags = ARMVCPU_STATS_TYPE_##type | ARMVCPU_STATS_UNIT_##u,	\
	.exponent = (exp),						\
	.size = (values),						\
	.bucket_size = (values) > 1,					\
	.name = (n),							\
}
#define COUNT(n)	DESC(n, CUMULATIVE, NONE, 0, 1)
#define TIME(n)		DESC(n, CUMULATIVE, SECONDS, -9, 1)
#define NOW(n)		DESC(n, INSTANT, NONE, 0, 1)

/* ---- vCPU -------------------------------------------------------------------------- */

#define NR_CLASSES	ARRAY_SIZE(((struct vcpu_stats *)0)->by_ec)

/* The last one has all the classes; the order is that of vcpu_values(). */
static const struct desc vcpu_desc[] = {
	COUNT("exits"),
	COUNT("fast_exits"),
	COUNT("irq_exits"),
	COUNT("vmm_exits"),
	COUNT("signal_exits"),
	COUNT("hvc_exits"),
	COUNT("smc_exits"),
	COUNT("sysreg_exits"),
	COUNT("wfi_exits"),
	COUNT("wfe_exits"),
	COUNT("fp_exits"),
	COUNT("instruction_aborts"),
	COUNT("data_aborts"),
	COUNT("serrors"),
	COUNT("mmio_exits"),
	COUNT("gic_accesses"),
	COUNT("ioeventfds"),
	COUNT("posted_writes"),
	COUNT("posted_ring_full"),
	COUNT("memory_faults"),
	COUNT("injected_irqs"),
	COUNT("kicks"),
	TIME("guest_time"),
	TIME("host_time"),
	TIME("halt_time"),
	DESC("powered_on", INSTANT, BOOLEAN, 0, 1),
	DESC("exit_class", LINEAR_HIST, NONE, 0, 64),
};

#define VCPU_VALUES	(ARRAY_SIZE(vcpu_desc) - 1 + NR_CLASSES)

static u64 ticks_to_ns(u64 ticks)
{
	return mul_u64_u32_div(ticks, NSEC_PER_SEC, armvcpu_host.timer_freq);
}

static void vcpu_values(const void *object, u64 *value)
{
	const struct armvcpu_vcpu *vcpu = object;
	const struct vcpu_stats *s = &vcpu->stats;
	unsigned int i;

	static_assert(NR_CLASSES == 64);
	*value++ = READ_ONCE(s->exits);
	*value++ = READ_ONCE(vcpu->hyp->fast_count);
	*value++ = READ_ONCE(s->irqs);
	*value++ = READ_ONCE(s->vmm_exits);
	*value++ = READ_ONCE(s->signals);
	*value++ = READ_ONCE(s->by_ec[EC_HVC64]);
	*value++ = READ_ONCE(s->by_ec[EC_SMC64]);
	*value++ = READ_ONCE(s->by_ec[EC_SYS64]);
	*value++ = READ_ONCE(s->wfi);
	*value++ = READ_ONCE(s->wfe);
	*value++ = READ_ONCE(s->fp_traps);
	*value++ = READ_ONCE(s->by_ec[EC_IABT_LOW]);
	*value++ = READ_ONCE(s->by_ec[EC_DABT_LOW]);
	*value++ = READ_ONCE(s->serrors);
	*value++ = READ_ONCE(s->mmio);
	*value++ = READ_ONCE(s->gic);
	*value++ = READ_ONCE(s->ioeventfds);
	*value++ = READ_ONCE(s->posted);
	*value++ = READ_ONCE(s->ring_full);
	*value++ = READ_ONCE(s->faults);
	*value++ = READ_ONCE(vcpu->gic.injected);
	*value++ = atomic64_read(&s->kicks);
	*value++ = ticks_to_ns(READ_ONCE(s->guest_ticks));
	*value++ = ticks_to_ns(READ_ONCE(s->host_ticks));
	*value++ = ticks_to_ns(READ_ONCE(s->halt_ticks));
	*value++ = READ_ONCE(vcpu->power) == VCPU_ON;
	for (i = 0; i < NR_CLASSES; i++)
		*value++ = READ_ONCE(s->by_ec[i]);
}

/* ---- VM ----------------------------------------------------------------------------- */

static const struct desc vm_desc[] = {
	NOW("vcpus"),
	NOW("irqfds"),
	NOW("ioeventfds"),
	NOW("posted_ranges"),
	COUNT("irqfd_events"),
	COUNT("resamples"),
};

#define VM_VALUES	ARRAY_SIZE(vm_desc)

static void vm_values(const void *object, u64 *value)
{
	struct armvcpu_vm *vm = (void *)object;
	struct irqfd_stats irqfd;
	u32 events, ranges;

	irqfd_get_stats(vm, &irqfd);
	io_count(vm, &events, &ranges);
	*value++ = READ_ONCE(vm->nr_vcpus);
	*value++ = irqfd.irqfds;
	*value++ = events;
	*value++ = ranges;
	*value++ = irqfd.events;
	*value++ = irqfd.resamples;
}

/* ---- the file ------------------------------------------------------------------------ */

/**
 * struct kind - a kind of object that has statistics
 * @desc: what there is
 * @nr_desc: entries in @desc
 * @nr_values: values, which are more if there is a histogram
 * @values: fills them in
 */
struct kind {
	const struct desc *desc;
	u32 nr_desc;
	u32 nr_values;
	void (*values)(const void *object, u64 *value);
};

static const struct kind vcpu_kind = {
	vcpu_desc, ARRAY_SIZE(vcpu_desc), VCPU_VALUES, vcpu_values
};

static const struct kind vm_kind = {
	vm_desc, ARRAY_SIZE(vm_desc), VM_VALUES, vm_values
};

#define ID_OFFSET	sizeof(struct armvcpu_stats_header)
#define DESC_OFFSET	(ID_OFFSET + NAME_SIZE)

static size_t data_offset(const struct kind *k)
{
	return DESC_OFFSET + k->nr_desc * sizeof(struct desc);
}

static size_t file_size(const struct kind *k)
{
	return data_offset(k) + k->nr_values * sizeof(u64);
}

/**
 * struct reading - a read() under way
 * @buf: where to
 * @left: bytes that still fit there
 * @pos: in the file
 */
struct reading {
	char __user *buf;
	size_t left;
	loff_t pos;
};

/* What of the file is [@offset, @offset + @size), as far as it is wanted. */
static int read_part(struct reading *r, const void *part, size_t offset, size_t size)
{
	size_t n;

	if (r->pos < offset || r->pos >= offset + size)
		return 0;
	n = min_t(size_t, offset + size - r->pos, r->left);
	if (copy_to_user(r->buf, part + (r->pos - offset), n))
		return -EFAULT;
	r->buf += n;
	r->left -= n;
	r->pos += n;
	return 0;
}

static ssize_t stats_read(const struct kind *k, const char *name, const void *object,
			  char __user *buf, size_t size, loff_t *pos)
{
	const struct armvcpu_stats_header header = {
		.name_size = NAME_SIZE,
		.num_desc = k->nr_desc,
		.id_offset = ID_OFFSET,
		.desc_offset = DESC_OFFSET,
		.data_offset = data_offset(k),
	};
	struct reading r = { .buf = buf, .left = size, .pos = *pos };
	u64 values[VCPU_VALUES];
	struct desc desc;
	ssize_t done;
	u32 i, n;
	int ret;

	static_assert(VM_VALUES < VCPU_VALUES);
	static_assert(sizeof(struct armvcpu_stats_header) % 8 == 0);
	ret = read_part(&r, &header, 0, sizeof(header));
	if (!ret)
		ret = read_part(&r, name, ID_OFFSET, NAME_SIZE);
	for (i = n = 0; !ret && i < k->nr_desc; i++) {
		desc = k->desc[i];
		desc.offset = n * sizeof(u64);
		n += desc.size;
		ret = read_part(&r, &desc, DESC_OFFSET + i * sizeof(desc), sizeof(desc));
	}
	if (!ret && r.left) {
		k->values(object, values);
		ret = read_part(&r, values, data_offset(k), k->nr_values * sizeof(u64));
	}
	if (ret)
		return ret;
	done = r.pos - *pos;
	*pos = r.pos;
	return done;
}

static ssize_t vm_stats_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct armvcpu_vm *vm = file->private_data;
	char name[NAME_SIZE] = "";

	snprintf(name, sizeof(name), "armvcpu-%s", vm->name);
	return stats_read(&vm_kind, name, vm, buf, size, pos);
}

static ssize_t vcpu_stats_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct armvcpu_vcpu *vcpu = file->private_data;
	char name[NAME_SIZE] = "";

	snprintf(name, sizeof(name), "armvcpu-%s/vcpu-%u", vcpu->vm->name, vcpu->id);
	return stats_read(&vcpu_kind, name, vcpu, buf, size, pos);
}

static loff_t vm_stats_seek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, file_size(&vm_kind));
}

static loff_t vcpu_stats_seek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, file_size(&vcpu_kind));
}

static int vm_stats_release(struct inode *inode, struct file *file)
{
	vm_put(file->private_data);
	return 0;
}

static int vcpu_stats_release(struct inode *inode, struct file *file)
{
	struct armvcpu_vcpu *vcpu = file->private_data;

	vm_put(vcpu->vm);
	return 0;
}

static const struct file_operations vm_stats_fops = {
	.owner		= THIS_MODULE,
	.read		= vm_stats_read,
	.llseek		= vm_stats_seek,
	.release	= vm_stats_release,
};

static const struct file_operations vcpu_stats_fops = {
	.owner		= THIS_MODULE,
	.read		= vcpu_stats_read,
	.llseek		= vcpu_stats_seek,
	.release	= vcpu_stats_release,
};

static int stats_fd(const char *name, const struct file_operations *fops, void *object,
		    struct armvcpu_vm *vm)
{
	struct file *file;
	int fd;

	fd = get_unused_fd_flags(O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, object, O_RDONLY);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	vm_get(vm);
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD;
	fd_install(fd, file);
	return fd;
}

int stats_vm_fd(struct armvcpu_vm *vm)
{
	return stats_fd("armvcpu-vm-stats", &vm_stats_fops, vm, vm);
}

int stats_vcpu_fd(struct armvcpu_vcpu *vcpu)
{
	return stats_fd("armvcpu-vcpu-stats", &vcpu_stats_fops, vcpu, vcpu->vm);
}
