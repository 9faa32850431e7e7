// SPDX-License-Identifier: GPL-2.0-only
/*
 * Eventfds that interrupt a guest.
 *
 * Each irqfd waits on its eventfd with a callback of its own, which runs where the
 * eventfd is written: under the lock of the eventfd's wait queue, with interrupts
 * off, perhaps in an interrupt handler. All that it does is legal there: the vGIC's
 * locks are raw and taken with interrupts off, and a kick is a wake-up or an
 * IPI that nobody waits for. So there is no work item between a device and its interrupt.
 *
 * An eventfd whose last file is closed calls back once more, with EPOLLHUP. The
 * irqfd is dead then, and freed by the next call of ARMVCPU_IRQFD or with the VM;
 * what is left of the eventfd until then is its reference. To free it in the
 * callback is not possible, and nobody can tell the difference.
 *
 * A resampled line is lowered by the vGIC when it folds in the deactivation, before
 * the vCPU could take it again. The eventfds are written after the vGIC's locks are
 * released, with interrupts off. A real-time kernel's eventfds sleep, so there it is
 * for a work item.
 *
 * irqfds->lock, IRQs off, is over the list; its members are added and removed under vm->lock,
 * too. It is taken outside of an eventfd's lock, never inside of it.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/list.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "armvcpu.h"
#include "compat.h"
#include "irqfd.h"

#define MAX_IRQFDS	1024
/* With one line and a resample eventfd: all are signalled with interrupts off. */
#define MAX_SHARERS	32

/**
 * struct irqfds - all of a VM
 * @lock: over @list
 * @list: struct irqfd.link
 * @count: entries in @list
 * @events: times that one of them interrupted
 * @resamples: lines that were lowered and told of; under @lock
 * @work: writes the resample eventfds on a real-time kernel
 */
struct irqfds {
	spinlock_t lock;	/* over @list */
	struct list_head list;
	unsigned int count;
	atomic64_t events;
	u64 resamples;
	struct work_struct work;
};

/**
 * struct irqfd - an eventfd that interrupts
 * @link: in irqfds.list
 * @all: where it belongs to
 * @gic: the VM's
 * @ctx: the eventfd
 * @resample: eventfd to be written when @irq's line was lowered, or NULL
 * @wait: in @wqh
 * @wqh: the eventfd's
 * @pt: how @wait gets there
 * @irq: INTID
 * @dead: the eventfd is closed
 */
struct irqfd {
	struct list_head link;
	struct irqfds *all;
	struct vgic *gic;
	struct eventfd_ctx *ctx;
	struct eventfd_ctx *resample;
	wait_queue_entry_t wait;
	wait_queue_head_t *wqh;
	poll_table pt;
	u32 irq;
	bool dead;
};

static void irqfd_inject(const struct irqfd *i)
{
	atomic64_inc(&i->all->events);
	if (i->resample)
		vgic_raise_spi(i->gic, i->irq);
	else
		vgic_pend_spi(i->gic, i->irq);
}

/* The eventfd was written, or closed. With wqh->lock held and IRQs off. */
static int irqfd_wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct irqfd *i = container_of(wait, struct irqfd, wait);
	__poll_t flags = key_to_poll(key);
	u64 count;

	if ((flags & EPOLLIN) && !i->dead) {
		/* Empties it, so that writing to it never blocks. */
		eventfd_ctx_do_read(i->ctx, &count);
		irqfd_inject(i);
	}
	if (flags & EPOLLHUP)
		WRITE_ONCE(i->dead, true);
	/* Others may wait for the same, another VM, say. */
	return 0;
}

static void irqfd_queue(struct file *file, wait_queue_head_t *wqh, poll_table *pt)
{
	struct irqfd *i = container_of(pt, struct irqfd, pt);

	i->wqh = wqh;
	add_wait_queue(wqh, &i->wait);
}

/* ---- resampling ------------------------------------------------------------------ */

static void signal_resampled(struct irqfds *all)
{
	struct irqfd *i, *j;
	unsigned long flags;

	spin_lock_irqsave(&all->lock, flags);
	list_for_each_entry(i, &all->list, link) {
		if (!i->resample || !vgic_take_resampled(i->gic, i->irq))
			continue;
		all->resamples++;
		/* That was said once, and is for all that share the line. */
		list_for_each_entry(j, &all->list, link)
			if (j->resample && j->irq == i->irq && !READ_ONCE(j->dead))
				compat_eventfd_signal(j->resample);
	}
	spin_unlock_irqrestore(&all->lock, flags);
}

static void resample_work(struct work_struct *work)
{
	signal_resampled(container_of(work, struct irqfds, work));
}

void irqfd_resampled(struct armvcpu_vm *vm)
{
	struct irqfds *all = READ_ONCE(vm->irqfds);

	if (!all)
		return;
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		schedule_work(&all->work);
	else
		signal_resampled(all);
}

/* ---- coming and going -------------------------------------------------------------- */

static bool is_resampled(const struct irqfds *all, u32 irq)
{
	const struct irqfd *i;

	list_for_each_entry(i, &all->list, link)
		if (i->resample && i->irq == irq)
			return true;
	return false;
}

/* When this returns it interrupts nobody and nobody is told by it any more. */
static void irqfd_remove(struct irqfds *all, struct irqfd *i)
{
	u64 count;

	spin_lock_irq(&all->lock);
	list_del(&i->link);
	spin_unlock_irq(&all->lock);
	all->count--;

	/* Waits for a callback under way: that one holds wqh->lock. */
	eventfd_ctx_remove_wait_queue(i->ctx, &i->wait, &count);
	if (i->resample) {
		if (!is_resampled(all, i->irq))
			vgic_set_resample(i->gic, i->irq, false);
		eventfd_ctx_put(i->resample);
	}
	eventfd_ctx_put(i->ctx);
	kfree(i);
}

static void remove_dead(struct irqfds *all)
{
	struct irqfd *i, *next;

	list_for_each_entry_safe(i, next, &all->list, link)
		if (READ_ONCE(i->dead))
			irqfd_remove(all, i);
}

static int assign(struct irqfds *all, struct irqfd *new, struct file *file)
{
	const struct irqfd *i;
	unsigned int sharers = 0;
	unsigned long flags;
	u64 count;

	/* Two wires from one event: which of them would it be? */
	list_for_each_entry(i, &all->list, link) {
		if (i->ctx == new->ctx)
			return -EBUSY;
		if (i->resample && new->resample && i->irq == new->irq)
			sharers++;
	}
	if (all->count >= MAX_IRQFDS || sharers >= MAX_SHARERS)
		return -ENOSPC;
	all->count++;

	if (new->resample)
		vgic_set_resample(new->gic, new->irq, true);
	spin_lock_irq(&all->lock);
	list_add_tail(&new->link, &all->list);
	spin_unlock_irq(&all->lock);

	init_waitqueue_func_entry(&new->wait, irqfd_wakeup);
	init_poll_funcptr(&new->pt, irqfd_queue);
	vfs_poll(file, &new->pt);

	/* What was written before counts, once. */
	spin_lock_irqsave(&new->wqh->lock, flags);
	eventfd_ctx_do_read(new->ctx, &count);
	if (count)
		irqfd_inject(new);
	spin_unlock_irqrestore(&new->wqh->lock, flags);
	return 0;
}

static int irqfd_assign(struct irqfds *all, struct vgic *gic,
			const struct armvcpu_irqfd *arg)
{
	struct irqfd *new;
	struct file *file;
	int ret;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->all = all;
	new->gic = gic;
	new->irq = arg->irq;
	/* The file is held until all is in place, so no EPOLLHUP is missed. */
	file = eventfd_fget(arg->fd);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto free;
	}
	new->ctx = eventfd_ctx_fileget(file);
	if (arg->flags & ARMVCPU_IRQFD_RESAMPLE) {
		new->resample = eventfd_ctx_fdget(arg->resample_fd);
		if (IS_ERR(new->resample)) {
			ret = PTR_ERR(new->resample);
			new->resample = NULL;
			goto put;
		}
		/* It would write itself. */
		if (new->resample == new->ctx) {
			ret = -EINVAL;
			goto put;
		}
	}
	ret = assign(all, new, file);
put:
	if (ret) {
		if (new->resample)
			eventfd_ctx_put(new->resample);
		eventfd_ctx_put(new->ctx);
	}
	fput(file);
free:
	if (ret)
		kfree(new);
	return ret;
}

static int irqfd_deassign(struct irqfds *all, const struct armvcpu_irqfd *arg)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(arg->fd);
	struct irqfd *i, *next;
	int ret = -ENOENT;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	list_for_each_entry_safe(i, next, &all->list, link)
		if (i->ctx == ctx && i->irq == arg->irq) {
			irqfd_remove(all, i);
			ret = 0;
			break;
		}
	eventfd_ctx_put(ctx);
	return ret;
}

static struct irqfds *irqfds_of(struct armvcpu_vm *vm)
{
	struct irqfds *all = vm->irqfds;

	if (all)
		return all;
	all = kzalloc(sizeof(*all), GFP_KERNEL_ACCOUNT);
	if (!all)
		return NULL;
	spin_lock_init(&all->lock);
	INIT_LIST_HEAD(&all->list);
	INIT_WORK(&all->work, resample_work);
	WRITE_ONCE(vm->irqfds, all);
	return all;
}

int irqfd_config(struct armvcpu_vm *vm, const struct armvcpu_irqfd *arg)
{
	bool deassign = arg->flags & ARMVCPU_IRQFD_DEASSIGN;
	bool resample = arg->flags & ARMVCPU_IRQFD_RESAMPLE;
	struct irqfds *all;

	if ((arg->flags & ~ARMVCPU_IRQFD_FLAGS_MASK) || arg->pad || (deassign && resample) ||
	    (!resample && arg->resample_fd != -1))
		return -EINVAL;
	if (!vm->gic)
		return -ENXIO;
	if (!vgic_has_spi(vm->gic, arg->irq))
		return -EINVAL;
	all = irqfds_of(vm);
	if (!all)
		return -ENOMEM;
	remove_dead(all);
	return deassign ? irqfd_deassign(all, arg) : irqfd_assign(all, vm->gic, arg);
}

void irqfd_get_stats(struct armvcpu_vm *vm, struct irqfd_stats *stats)
{
	const struct irqfds *all = READ_ONCE(vm->irqfds);

	*stats = (struct irqfd_stats){ };
	if (!all)
		return;
	stats->irqfds = READ_ONCE(all->count);
	stats->events = atomic64_read(&all->events);
	stats->resamples = READ_ONCE(all->resamples);
}

void irqfd_destroy(struct armvcpu_vm *vm)
{
	struct irqfds *all = vm->irqfds;
	struct irqfd *i, *next;

	if (!all)
		return;
	list_for_each_entry_safe(i, next, &all->list, link)
		irqfd_remove(all, i);
	cancel_work_sync(&all->work);
	kfree(all);
}
