/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * List registers as a GICv2 has them, GICH_LR<n> (IHI0048 5.3.12). The rest of the
 * vGIC knows the layout of ICH_LR<n>_EL2 only.
 */
#ifndef ARMVCPU_VGIC_LR_V2_H
#define ARMVCPU_VGIC_LR_V2_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/types.h>

#define GICH_LR_VIRTUAL_ID	GENMASK(9, 0)
#define GICH_LR_PHYSICAL_ID	GENMASK(19, 10)	/* without HW: EOI in 19, CPUID in 12:10 */
#define GICH_LR_PRIORITY	GENMASK(27, 23)	/* the five top bits of it */
#define GICH_LR_STATE		GENMASK(29, 28)	/* active, pending */
#define GICH_LR_HW_GRP1		GENMASK(31, 30)

/* The same of ICH_LR<n>_EL2. */
#define V3_LR_VINTID		GENMASK_ULL(9, 0)
#define V3_LR_PINTID		GENMASK_ULL(41, 32)
#define V3_LR_PRIORITY		GENMASK_ULL(55, 51)
#define V3_LR_HW_GROUP		GENMASK_ULL(61, 60)
#define V3_LR_STATE		GENMASK_ULL(63, 62)

/**
 * vgic_v2_encode_lr - GICH_LR<n> that says what an ICH_LR<n>_EL2 does
 * @lr: in the layout of ICH_LR<n>_EL2; without HW the source of an SGI in bits 34:32
 *
 * EOI and CPUID are to PhysicalID what they are to pINTID, so that all three move
 * together.
 *
 * Return: GICH_LR<n>
 */
static inline u32 vgic_v2_encode_lr(u64 lr)
{
	return FIELD_PREP(GICH_LR_VIRTUAL_ID, FIELD_GET(V3_LR_VINTID, lr)) |
	       FIELD_PREP(GICH_LR_PHYSICAL_ID, FIELD_GET(V3_LR_PINTID, lr)) |
	       FIELD_PREP(GICH_LR_PRIORITY, FIELD_GET(V3_LR_PRIORITY, lr)) |
	       FIELD_PREP(GICH_LR_STATE, FIELD_GET(V3_LR_STATE, lr)) |
	       FIELD_PREP(GICH_LR_HW_GRP1, FIELD_GET(V3_LR_HW_GROUP, lr));
}

/**
 * vgic_v2_update_lr - what a GICH_LR<n> was made of, after the guest
 * @lr: of which vgic_v2_encode_lr() has made it
 * @gich_lr: what it is now
 *
 * Only the state changes in a list register that nobody writes.
 *
 * Return: in the layout of @lr
 */
static inline u64 vgic_v2_update_lr(u64 lr, u32 gich_lr)
{
	return (lr & ~V3_LR_STATE) | FIELD_PREP(V3_LR_STATE, FIELD_GET(GICH_LR_STATE, gich_lr));
}

#endif
