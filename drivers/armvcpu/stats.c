// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters: /sys/kernel/debug/armvcpu/<pid>-<n>, one file for each VM, one line
 * for each: "vm" or the vCPU, name, value. Of exits by class those are left out
 * that are zero.
 */
#include <linux/debugfs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "armvcpu.h"
#include "stats.h"

static struct dentry *root;

#define COUNTER(n) { #n, offsetof(struct vcpu_stats, n) }
static const struct {
	const char *name;
	size_t offset;
} counters[] = {
	COUNTER(exits), COUNTER(irqs), COUNTER(vmm_exits), COUNTER(signals),
	COUNTER(wfi), COUNTER(wfe), COUNTER(fp_traps), COUNTER(serrors),
	COUNTER(mmio), COUNTER(gic), COUNTER(ioeventfds), COUNTER(posted),
	COUNTER(ring_full), COUNTER(faults), COUNTER(kicks), COUNTER(halt_ticks),
	COUNTER(guest_ticks), COUNTER(host_ticks),
};

/* What stage 2 maps now, and how often it was replaced by something else. */
static void show_memory(struct seq_file *s, struct vm_memory *m)
{
	u64 pages, blocks, breaks;

	spin_lock(&m->lock);
	pages = m->s2.pages;
	blocks = m->s2.blocks;
	breaks = m->s2.breaks;
	spin_unlock(&m->lock);
	seq_printf(s, "vm pages %llu\nvm blocks %llu\nvm breaks %llu\n", pages, blocks, breaks);
}

static int stats_show(struct seq_file *s, void *unused)
{
	struct armvcpu_vm *vm = s->private;
	struct armvcpu_vcpu *vcpu;
	unsigned long id;
	int i;

	show_memory(s, &vm->mem);
	xa_for_each(&vm->vcpus, id, vcpu) {
		for (i = 0; i < ARRAY_SIZE(counters); i++)
			seq_printf(s, "vcpu%lu %s %llu\n", id, counters[i].name,
				   *(u64 *)((char *)&vcpu->stats + counters[i].offset));
		seq_printf(s, "vcpu%lu fast_exits %llu\n", id, READ_ONCE(vcpu->hyp->fast_count));
		for (i = 0; i < ARRAY_SIZE(vcpu->stats.by_ec); i++)
			if (vcpu->stats.by_ec[i])
				seq_printf(s, "vcpu%lu ec_%02x %llu\n", id, i,
					   vcpu->stats.by_ec[i]);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

void stats_vm_add(struct armvcpu_vm *vm)
{
	static atomic_t serial = ATOMIC_INIT(0);

	snprintf(vm->name, sizeof(vm->name), "%d-%d", task_tgid_nr(current),
		 atomic_inc_return(&serial));
	vm->debugfs = debugfs_create_file(vm->name, 0400, root, vm, &stats_fops);
}

/* Waits for readers, so that the vCPUs may go afterwards. */
void stats_vm_remove(struct armvcpu_vm *vm)
{
	debugfs_remove(vm->debugfs);
}

void stats_init(void)
{
	root = debugfs_create_dir("armvcpu", NULL);
}

void stats_exit(void)
{
	debugfs_remove(root);
}
