/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_LIST_SORT_H
#define SHIM_LINUX_LIST_SORT_H

#include <linux/list.h>

typedef int (*list_cmp_func_t)(void *, const struct list_head *, const struct list_head *);

/* Stable, as the kernel's is: an entry goes behind all that are not greater. */
static inline void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	LIST_HEAD(sorted);

	while (!list_empty(head)) {
		struct list_head *e = head->next, *at = sorted.prev;

		list_del(e);
		while (at != &sorted && cmp(priv, at, e) > 0)
			at = at->prev;
		list_add(e, at);
	}
	list_splice_tail_init(&sorted, head);
}

#endif /* SHIM_LINUX_LIST_SORT_H */
