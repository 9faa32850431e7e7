/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the registers of a host's GICv2 are: what firmware says of it, and whether that
 * can be.
 */
#ifndef ARMVCPU_GICFRAMES_H
#define ARMVCPU_GICFRAMES_H

#include <linux/types.h>

/* GICH, from its first register to the last list register that there can be */
#define GICH_SIZE	0x200

/* In the order of a GICv2's node in the device tree. */
enum gic_frame_id {
	GICD,
	GICC,
	GICH,
	GICV,
	NR_GIC_FRAMES
};

/**
 * struct gic_frame - registers of the GIC
 * @base: physical address
 * @size: bytes; 0: the firmware says nothing of it
 */
struct gic_frame {
	u64 base;
	u64 size;
};

/**
 * gic_frame_at() - what the firmware says of a frame
 * @base: its physical address; 0: nothing, which is how ACPI leaves it out
 * @size: bytes
 */
static inline struct gic_frame gic_frame_at(u64 base, u64 size)
{
	return (struct gic_frame){ base, base ? size : 0 };
}

/**
 * struct gic_frames_host - what frames are judged by
 * @page_size: bytes of a page, a power of two
 * @pa_bits: bits of an address that stage 2 can lead to
 * @is_memory: is any of it memory?
 * @gicv_iidr: GICV_IIDR of what is at @base, which is 4 KiB and no memory; 0 when that
 *	is no GICV
 */
struct gic_frames_host {
	u64 page_size;
	unsigned int pa_bits;
	bool (*is_memory)(const struct gic_frame *f);
	u32 (*gicv_iidr)(u64 base);
};

/**
 * gic_frames_wrong() - can the frames be where the firmware says?
 * @f: NR_GIC_FRAMES of them
 * @host: the host
 *
 * No register is read: to read where none is might be the end of the host.
 *
 * Return: NULL, or why GICH and GICV cannot be used, as the end of a sentence.
 */
const char *gic_frames_wrong(const struct gic_frame *f, const struct gic_frames_host *host);

/**
 * gicv_find() - the pages that guests get
 * @v: GICV, of which gic_frames_wrong() finds nothing
 * @host: the host; GICV_IIDR is read
 * @base: where their physical address is left
 *
 * Return: NULL, or why guests cannot have it.
 */
const char *gicv_find(const struct gic_frame *v, const struct gic_frames_host *host, u64 *base);

#endif /* ARMVCPU_GICFRAMES_H */
