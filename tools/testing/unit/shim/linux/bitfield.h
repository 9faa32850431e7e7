/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_BITFIELD_H
#define SHIM_LINUX_BITFIELD_H

#include <linux/bits.h>

#define __bf_shf(mask)		(__builtin_ffsll(mask) - 1)
#define FIELD_MAX(mask)		((mask) >> __bf_shf(mask))
#define FIELD_FIT(mask, val)	(!((((__typeof__(mask))(val)) << __bf_shf(mask)) & ~(mask)))
#define FIELD_PREP(mask, val)	((((__typeof__(mask))(val)) << __bf_shf(mask)) & (mask))
#define FIELD_GET(mask, reg)	((__typeof__(mask))(((reg) & (mask)) >> __bf_shf(mask)))

#define __field_ops(size)						\
static inline u##size u##size##_get_bits(u##size v, u##size mask)	\
{									\
	return (v & mask) >> __bf_shf(mask);				\
}									\
static inline u##size u##size##_encode_bits(u##size v, u##size mask)	\
{									\
	return (v << __bf_shf(mask)) & mask;				\
}									\
static inline u##size u##size##_replace_bits(u##size old, u##size v, u##size mask) \
{									\
	return (old & ~mask) | u##size##_encode_bits(v, mask);		\
}
__field_ops(32)
__field_ops(64)
#undef __field_ops

#endif /* SHIM_LINUX_BITFIELD_H */
