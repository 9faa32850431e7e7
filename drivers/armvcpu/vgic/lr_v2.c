// SPDX-License-Identifier: GPL-2.0-only
/*
 * List registers as a GICv2 has them, GICH_LR<n> (IHI0048 5.3.12). The rest of the
 * vGIC knows the layout of ICH_LR<n>_EL2 only.
 */
#include <linux/bits.h>
#include <linux/types.h>

#include "internal.h"

#define GICH_LR_VIRTUAL_ID	GENMASK(9, 0)
#define GICH_LR_PHYSICAL_SHIFT	10
#define GICH_LR_PHYSICAL	GENMASK(19, 10)	/* without HW: EOI in 19, CPUID in 12:10 */
#define GICH_LR_PRIORITY_SHIFT	23		/* the five top bits of it */
#define GICH_LR_PRIORITY	GENMASK(27, 23)
#define GICH_LR_PENDING		BIT(28)
#define GICH_LR_ACTIVE		BIT(29)
#define GICH_LR_GRP1		BIT(30)
#define GICH_LR_HW		BIT(31)

#define LOW_PRIORITY_BITS	3

/**
 * vgic_v2_encode_lr - GICH_LR<n> that says what an ICH_LR<n>_EL2 does
 * @lr: in the layout of ICH_LR<n>_EL2; without HW the source of an SGI in bits 34:32
 *
 * EOI and CPUID are to PhysicalID what they are to pINTID, so that all three move
 * together.
 */
u32 vgic_v2_encode_lr(u64 lr)
{
	u32 priority = (lr & VGIC_LR_PRIORITY) >> VGIC_LR_PRIORITY_SHIFT;
	u32 physical = (lr & VGIC_LR_PINTID) >> VGIC_LR_PINTID_SHIFT;
	u32 val = lr & GICH_LR_VIRTUAL_ID;

	val |= physical << GICH_LR_PHYSICAL_SHIFT & GICH_LR_PHYSICAL;
	val |= priority >> LOW_PRIORITY_BITS << GICH_LR_PRIORITY_SHIFT;
	if (lr & VGIC_LR_PENDING)
		val |= GICH_LR_PENDING;
	if (lr & VGIC_LR_ACTIVE)
		val |= GICH_LR_ACTIVE;
	if (lr & VGIC_LR_GROUP1)
		val |= GICH_LR_GRP1;
	if (lr & VGIC_LR_HW)
		val |= GICH_LR_HW;
	return val;
}

/**
 * vgic_v2_decode_lr - the way back
 * @gich_lr: GICH_LR<n>
 *
 * Return: what vgic_v2_encode_lr() makes @gich_lr of, if no reserved bit is set there.
 */
u64 vgic_v2_decode_lr(u32 gich_lr)
{
	u64 physical = (gich_lr & GICH_LR_PHYSICAL) >> GICH_LR_PHYSICAL_SHIFT;
	u64 priority = (gich_lr & GICH_LR_PRIORITY) >> GICH_LR_PRIORITY_SHIFT;
	u64 val = gich_lr & GICH_LR_VIRTUAL_ID;

	val |= physical << VGIC_LR_PINTID_SHIFT;
	val |= priority << (VGIC_LR_PRIORITY_SHIFT + LOW_PRIORITY_BITS);
	if (gich_lr & GICH_LR_PENDING)
		val |= VGIC_LR_PENDING;
	if (gich_lr & GICH_LR_ACTIVE)
		val |= VGIC_LR_ACTIVE;
	if (gich_lr & GICH_LR_GRP1)
		val |= VGIC_LR_GROUP1;
	if (gich_lr & GICH_LR_HW)
		val |= VGIC_LR_HW;
	return val;
}
