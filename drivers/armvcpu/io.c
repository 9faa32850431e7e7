// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores of a guest that go on without an exit.
 *
 * A VM has one table of them, sorted by address: ioeventfds, each of one address,
 * then ranges whose stores are posted. It is never changed. Who adds or removes
 * makes another one, under vm->lock, and puts that in its place; a vCPU looks
 * things up under RCU. A VM that has none has no table, so its exits pay for one
 * load.
 */
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/kconfig.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "armvcpu.h"
#include "compat.h"
#include "io.h"
#include "posted.h"

#define MAX_EVENTS	1024
#define MAX_RANGES	64

/**
 * struct io_entry - an ioeventfd or a range
 * @ipa: the first byte
 * @length: of an ioeventfd: bytes of the store, 0: any; of a range: its own
 * @data: what has to be stored, with @match
 * @ctx: the eventfd; NULL: a range without one
 * @match: look at @data
 */
struct io_entry {
	u64 ipa;
	u64 length;
	u64 data;
	struct eventfd_ctx *ctx;
	bool match;
};

/**
 * struct io_table - all of a VM
 * @rcu: frees it
 * @nr_events: how many of @entry are ioeventfds: the first ones, by address
 * @nr_ranges: how many after them are ranges: by address, they do not overlap
 * @entry: them
 */
struct io_table {
	struct rcu_head rcu;
	u32 nr_events;
	u32 nr_ranges;
	struct io_entry entry[];
};

/* The first of @nr entries, which are sorted, that is not below @ipa. */
static u32 lower_bound(const struct io_entry *e, u32 nr, u64 ipa)
{
	u32 low = 0, high = nr, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (e[mid].ipa < ipa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- a store ---------------------------------------------------------------------- */

static bool is_event(const struct io_entry *e, unsigned int len, u64 data)
{
	return (!e->length || e->length == len) && (!e->match || e->data == data);
}

static bool post(struct armvcpu_vcpu *vcpu, const struct io_entry *e, u64 ipa,
		 unsigned int len, u64 data)
{
	switch (posted_ring_put(vcpu->vm->ring, vcpu->id, ipa, len, data)) {
	case POSTED_FIRST:
		if (e->ctx)
			compat_eventfd_signal(e->ctx);
		fallthrough;
	case POSTED:
		vcpu->stats.posted++;
		return true;
	case POSTED_FULL:
		break;
	}
	vcpu->stats.ring_full++;
	return false;
}

bool io_write(struct armvcpu_vcpu *vcpu, u64 ipa, unsigned int len, u64 data)
{
	const struct io_entry *e, *ranges;
	const struct io_table *t;
	bool done = false;
	u32 n;

	rcu_read_lock();
	t = rcu_dereference_raw(vcpu->vm->io);
	if (!t)
		goto out;
	for (n = lower_bound(t->entry, t->nr_events, ipa); n < t->nr_events; n++) {
		e = &t->entry[n];
		if (e->ipa != ipa)
			break;
		if (is_event(e, len, data)) {
			compat_eventfd_signal(e->ctx);
			vcpu->stats.ioeventfds++;
			done = true;
			goto out;
		}
	}
	/* The last one that begins at or below @ipa; the first at ~0 is none. */
	ranges = t->entry + t->nr_events;
	n = lower_bound(ranges, t->nr_ranges, ipa + 1);
	if (n && ipa - ranges[n - 1].ipa < ranges[n - 1].length &&
	    len <= ranges[n - 1].length - (ipa - ranges[n - 1].ipa))
		done = post(vcpu, &ranges[n - 1], ipa, len, data);
out:
	rcu_read_unlock();
	return done;
}

/* ---- changes ---------------------------------------------------------------------- */

/* A copy of the table, or an empty one, with room for one more; or NULL. */
static struct io_table *copy_table(const struct io_table *old)
{
	u32 nr = old ? old->nr_events + old->nr_ranges : 0;
	struct io_table *t;

	t = kvzalloc(struct_size(t, entry, nr + 1), GFP_KERNEL_ACCOUNT);
	if (t && old) {
		t->nr_events = old->nr_events;
		t->nr_ranges = old->nr_ranges;
		memcpy(t->entry, old->entry, nr * sizeof(t->entry[0]));
	}
	return t;
}

/* Number @n of all, among the events or the ranges as @count says. */
static int insert(struct armvcpu_vm *vm, const struct io_entry *new, bool range, u32 n)
{
	struct io_table *old = vm->io, *t = copy_table(old);
	u32 nr;

	if (!t)
		return -ENOMEM;
	nr = t->nr_events + t->nr_ranges;
	memmove(&t->entry[n + 1], &t->entry[n], (nr - n) * sizeof(t->entry[0]));
	t->entry[n] = *new;
	if (range)
		t->nr_ranges++;
	else
		t->nr_events++;
	/* Pairs with rcu_dereference_raw(). */
	smp_store_release(&vm->io, t);
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

/* When this returns no store goes there any more. */
static int remove(struct armvcpu_vm *vm, bool range, u32 n)
{
	struct io_table *old = vm->io, *t = NULL;
	u32 nr = old->nr_events + old->nr_ranges;
	struct eventfd_ctx *ctx = old->entry[n].ctx;

	if (nr > 1) {
		t = copy_table(old);
		if (!t)
			return -ENOMEM;
		memmove(&t->entry[n], &t->entry[n + 1], (nr - n - 1) * sizeof(t->entry[0]));
		if (range)
			t->nr_ranges--;
		else
			t->nr_events--;
	}
	/* Pairs with rcu_dereference_raw(), too. */
	smp_store_release(&vm->io, t);
	synchronize_rcu();
	kvfree(old);
	if (ctx)
		eventfd_ctx_put(ctx);
	return 0;
}

static bool is_beyond(const struct armvcpu_vm *vm, u64 ipa, u64 length)
{
	u64 space = 1ULL << vm->mem.s2.ipa_bits;

	return ipa >= space || length > space - ipa;
}

/* Would one store be for both? */
static bool collides(const struct io_entry *a, const struct io_entry *b)
{
	return (!a->length || !b->length || a->length == b->length) &&
	       (!a->match || !b->match || a->data == b->data);
}

static bool is_same(const struct io_entry *a, const struct io_entry *b)
{
	return a->length == b->length && a->match == b->match && a->data == b->data &&
	       a->ctx == b->ctx;
}

int io_config_event(struct armvcpu_vm *vm, const struct armvcpu_ioeventfd *arg)
{
	const struct io_table *t = vm->io;
	bool remove_it = arg->flags & ARMVCPU_IOEVENTFD_DEASSIGN;
	struct io_entry new = {
		.ipa = arg->ipa,
		.length = arg->length,
		.data = arg->datamatch,
		.match = arg->flags & ARMVCPU_IOEVENTFD_DATAMATCH,
	};
	u32 nr = t ? t->nr_events : 0, n;
	int ret = 0;

	if (!IS_ENABLED(CONFIG_EVENTFD))
		return -ENOTTY;
	if (arg->flags & ~ARMVCPU_IOEVENTFD_FLAGS_MASK)
		return -EINVAL;
	if (arg->length && (arg->length > 8 || (arg->length & (arg->length - 1)) ||
			    (arg->ipa & (arg->length - 1))))
		return -EINVAL;
	if (is_beyond(vm, arg->ipa, arg->length ?: 1))
		return -EINVAL;
	if (new.match ? !arg->length || (arg->length < 8 &&
					 arg->datamatch >> (arg->length * 8)) : arg->datamatch)
		return -EINVAL;

	new.ctx = eventfd_ctx_fdget(arg->fd);
	if (IS_ERR(new.ctx))
		return PTR_ERR(new.ctx);
	n = t ? lower_bound(t->entry, nr, new.ipa) : 0;
	for (; n < nr && t->entry[n].ipa == new.ipa; n++) {
		if (remove_it ? is_same(&t->entry[n], &new) : collides(&t->entry[n], &new))
			break;
	}
	if (remove_it) {
		ret = n < nr && t->entry[n].ipa == new.ipa ? remove(vm, false, n) : -ENOENT;
		/* The table's own reference is gone, too. */
		eventfd_ctx_put(new.ctx);
		return ret;
	}
	if (n < nr && t->entry[n].ipa == new.ipa)
		ret = -EEXIST;
	else if (nr >= MAX_EVENTS)
		ret = -ENOSPC;
	else
		ret = insert(vm, &new, false, n);
	if (ret)
		eventfd_ctx_put(new.ctx);
	return ret;
}

int io_config_posted(struct armvcpu_vm *vm, const struct armvcpu_posted_writes *arg)
{
	const struct io_table *t = vm->io;
	const struct io_entry *ranges = t ? t->entry + t->nr_events : NULL;
	bool remove_it = arg->flags & ARMVCPU_POSTED_REMOVE;
	struct io_entry new = { .ipa = arg->ipa, .length = arg->length };
	u32 first = t ? t->nr_events : 0, nr = t ? t->nr_ranges : 0, n;
	int ret;

	if ((arg->flags & ~ARMVCPU_POSTED_FLAGS_MASK) || arg->pad || !arg->length ||
	    is_beyond(vm, arg->ipa, arg->length) || arg->fd < -1 ||
	    (remove_it && arg->fd != -1))
		return -EINVAL;

	n = nr ? lower_bound(ranges, nr, new.ipa) : 0;
	if (remove_it) {
		if (n == nr || ranges[n].ipa != new.ipa || ranges[n].length != new.length)
			return -ENOENT;
		return remove(vm, true, first + n);
	}
	if ((n < nr && ranges[n].ipa - new.ipa < new.length) ||
	    (n && new.ipa - ranges[n - 1].ipa < ranges[n - 1].length))
		return -EEXIST;
	if (nr >= MAX_RANGES)
		return -ENOSPC;
	if (!posted_ring_of(&vm->ring))
		return -ENOMEM;
	if (arg->fd >= 0) {
		new.ctx = eventfd_ctx_fdget(arg->fd);
		if (IS_ERR(new.ctx))
			return PTR_ERR(new.ctx);
	}
	ret = insert(vm, &new, true, first + n);
	if (ret && new.ctx)
		eventfd_ctx_put(new.ctx);
	return ret;
}

void io_count(struct armvcpu_vm *vm, u32 *events, u32 *ranges)
{
	const struct io_table *t;

	rcu_read_lock();
	t = rcu_dereference_raw(vm->io);
	*events = t ? t->nr_events : 0;
	*ranges = t ? t->nr_ranges : 0;
	rcu_read_unlock();
}

void io_destroy(struct armvcpu_vm *vm)
{
	struct io_table *t = vm->io;
	u32 n;

	if (t) {
		for (n = 0; n < t->nr_events + t->nr_ranges; n++)
			if (t->entry[n].ctx)
				eventfd_ctx_put(t->entry[n].ctx);
		kvfree(t);
	}
	posted_ring_free(vm->ring);
}
