/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_ATOMIC_H
#define SHIM_LINUX_ATOMIC_H

#include <linux/types.h>

#define ATOMIC_INIT(i)		{ (i) }
#define atomic_or(i, v)		((void)((v)->counter |= (i)))
#define atomic_read(v)		((v)->counter)
#define atomic_set(v, i)	((void)((v)->counter = (i)))
#define atomic_inc(v)		((void)(v)->counter++)
#define atomic_dec(v)		((void)(v)->counter--)
#define atomic_add(i, v)	((void)((v)->counter += (i)))
#define atomic_inc_return(v)	(++(v)->counter)
#define atomic_dec_and_test(v)	(--(v)->counter == 0)
#define atomic64_read(v)	((v)->counter)
#define atomic64_set(v, i)	((void)((v)->counter = (i)))
#define atomic64_inc(v)		((void)(v)->counter++)
#define atomic64_inc_return(v)	(++(v)->counter)

static inline s64 atomic64_xchg(atomic64_t *v, s64 new)
{
	s64 old = v->counter;

	v->counter = new;
	return old;
}

static inline s64 atomic64_cmpxchg(atomic64_t *v, s64 old, s64 new)
{
	s64 was = v->counter;

	if (was == old)
		v->counter = new;
	return was;
}

#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)

#define mb()			barrier()
#define smp_mb()		barrier()
#define smp_rmb()		barrier()
#define smp_wmb()		barrier()
#define smp_load_acquire(p)	READ_ONCE(*(p))
#define smp_store_release(p, v)	WRITE_ONCE(*(p), v)

#endif /* SHIM_LINUX_ATOMIC_H */
