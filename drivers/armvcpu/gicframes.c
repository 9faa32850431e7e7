// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the registers of a host's GICv2 can be where the firmware says. Where they
 * are not, the host would write its list registers to something else, or guests get
 * what is not theirs.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/sizes.h>

#include "gicframes.h"
#include "uapi.h"

static u64 last_of(const struct gic_frame *f)
{
	return f->base + f->size - 1;
}

/* Does any register belong to two of them? */
static bool frames_overlap(const struct gic_frame *f)
{
	int i, j;

	for (i = 0; i < NR_GIC_FRAMES; i++)
		for (j = 0; j < i; j++)
			if (f[i].size && f[j].size &&
			    f[i].base <= last_of(&f[j]) && f[j].base <= last_of(&f[i]))
				return true;
	return false;
}

static const char *gich_wrong(const struct gic_frame *h, const struct gic_frames_host *host)
{
	if (!h->size)
		return "the firmware does not say where its list registers are";
	if (h->size < GICH_SIZE)
		return "the firmware gives its list registers less room than they take";
	if (!IS_ALIGNED(h->base, GICH_SIZE))
		return "the firmware says that its list registers are where none can be";
	if (host->is_memory(h))
		return "the firmware says that its list registers are in memory";
	return NULL;
}

static const char *gicv_wrong(const struct gic_frame *v, const struct gic_frames_host *host)
{
	if (!v->size)
		return "the firmware does not say where GICV is";
	if (v->size < ARMVCPU_GICV2_CPU_SIZE)
		return "the firmware gives GICV less room than it takes";
	if (last_of(v) >> host->pa_bits)
		return "GICV is where guests cannot reach it";
	if (host->is_memory(v))
		return "the firmware says that GICV is in memory";
	/* Above 4 KiB pages need more, see gicv_find(). */
	if (!IS_ALIGNED(v->base, SZ_4K))
		return "GICV does not begin and end with a page";
	return NULL;
}

const char *gic_frames_wrong(const struct gic_frame *f, const struct gic_frames_host *host)
{
	const char *why;
	int i;

	for (i = 0; i < NR_GIC_FRAMES; i++)
		if (f[i].size && last_of(&f[i]) < f[i].base)
			return "the firmware says that registers of its GIC are where no address is";
	if (frames_overlap(f))
		return "the firmware says that different registers of its GIC are in one place";
	why = gich_wrong(&f[GICH], host);
	return why ?: gicv_wrong(&f[GICV], host);
}

const char *gicv_find(const struct gic_frame *v, const struct gic_frames_host *host, u64 *base)
{
	u32 iidr = host->gicv_iidr(v->base);
	u64 start = v->base;

	if (!iidr)
		return "there is no GICV where the firmware says";
	/*
	 * Systems that are made for pages of 64 KiB have each 4 KiB of the interface over
	 * and over in 64 KiB of its own, so its two halves are side by side only in the
	 * middle.
	 */
	if (v->size == SZ_128K && host->gicv_iidr(start + SZ_64K - SZ_4K) == iidr)
		start += SZ_64K - SZ_4K;
	/*
	 * Nothing but GICV may be in the pages that guests get, and all of it: its second
	 * half begins 4 KiB behind the first, which has no GICV_IIDR there.
	 */
	if (!IS_ALIGNED(start, host->page_size) || !IS_ALIGNED(v->size, host->page_size) ||
	    (host->page_size > SZ_4K && host->gicv_iidr(start + SZ_4K) == iidr))
		return "GICV does not begin and end with a page";
	*base = start;
	return NULL;
}
