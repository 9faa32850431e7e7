/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2 translation tables of VMSAv8-64 (Arm ARM DDI 0487, D8.2 and D8.3).
 *
 * Plain computation: memory, barriers and TLB maintenance are passed in. Who
 * calls serialises all calls on one struct stage2.
 */
#ifndef ARMVCPU_STAGE2_H
#define ARMVCPU_STAGE2_H

#include <linux/bits.h>
#include <linux/io.h>
#include <linux/types.h>

struct stage2;

/* Access that a mapping allows; reading is always allowed. */
#define STAGE2_WRITE	BIT(0)
#define STAGE2_EXEC	BIT(1)
#define STAGE2_DEVICE	BIT(2)	/* no right: Device-nGnRE memory, no page of the VMM's */

/* Sizes in bits of IPA spaces and of physical addresses in descriptors. */
#define STAGE2_MIN_IPA_BITS	32
/*
 * Descriptors of 52 bits (FEAT_LPA2, or 64K granules with FEAT_LPA) are not
 * written: physical addresses above 48 bits are refused. What they need is
 * VTCR_EL2.DS or a PS of 0b110, and another layout in stage2_desc_pa().
 */
#define STAGE2_MAX_PA_BITS	48

/* HCR_EL2.FWB: stage 2 has the last word on cacheability (Arm ARM D19.2.48). */
#define STAGE2_HCR_FWB	BIT_ULL(46)

/* The level of page descriptors. */
#define STAGE2_LEVEL_PAGE	3

/**
 * struct stage2_config - what the hardware and the VM ask for
 * @page_shift: granule: 12, 14 or 16
 * @ipa_bits: size of the IPA space, STAGE2_MIN_IPA_BITS to @pa_bits
 * @pa_bits: physical address size of all CPUs: 32, 36, 40, 42, 44, 48 or 52
 * @vmid16: VMIDs have 16 bits
 * @fwb: FEAT_S2FWB is there and HCR_EL2.FWB will be set
 */
struct stage2_config {
	u8 page_shift;
	u8 ipa_bits;
	u8 pa_bits;
	bool vmid16;
	bool fwb;
};

/**
 * struct stage2_ops - the machine below
 * @alloc_table: a zeroed table of one granule, or NULL; @cache is what the
 *	caller gave to stage2_map()
 * @free_table: takes back what @alloc_table gave
 * @alloc_root: @size bytes, zeroed and aligned to @size, a power of two
 * @free_root: takes back what @alloc_root gave
 * @publish: orders all earlier writes before all later ones, as walkers of all
 *	CPUs see them (DSB ISHST)
 * @flush_ipa: no CPU holds a translation of the page at @ipa, or of the block that
 *	it is in, when it returns
 * @flush_all: no CPU holds anything of these tables, entries for walks
 *	included, when it returns
 * @written: NULL, or called at each write to a descriptor: for tests
 */
struct stage2_ops {
	void *(*alloc_table)(struct stage2 *s2, void *cache);
	void (*free_table)(struct stage2 *s2, void *table);
	void *(*alloc_root)(struct stage2 *s2, size_t size);
	void (*free_root)(struct stage2 *s2, void *root, size_t size);
	void (*publish)(void);
	void (*flush_ipa)(struct stage2 *s2, u64 ipa);
	void (*flush_all)(struct stage2 *s2);
	void (*written)(struct stage2 *s2, u64 *descp, u64 old, u64 new, int level);
};

/**
 * struct stage2 - the tables of a VM
 * @ops: the machine below
 * @root: the start level's table, up to 16 concatenated ones
 * @root_size: bytes of it
 * @page_shift: granule
 * @ipa_bits: size of the IPA space
 * @out_bits: size of the output addresses
 * @start_level: level of @root
 * @memattr: MemAttr and SH of each leaf but a device's
 * @vtcr: VTCR_EL2
 * @pages: pages mapped, those in blocks included, devices' not
 * @blocks: blocks mapped
 * @tables: tables below the root
 * @made: pages of the leaves written where no valid one was, ever; each of these
 *	pages must have been clean to the PoC
 * @breaks: valid entries taken away in order to write another one, ever
 * @violations: writes that would have changed a valid entry without
 *	break-before-make (Arm ARM D8.14.1), ever; not 0 is a bug
 */
struct stage2 {
	const struct stage2_ops *ops;
	u64 *root;
	size_t root_size;
	u8 page_shift;
	u8 ipa_bits;
	u8 out_bits;
	u8 start_level;
	u64 memattr;
	u64 vtcr;
	u64 pages;
	u64 blocks;
	u64 tables;
	u64 made;
	u64 breaks;
	u64 violations;
};

/**
 * struct stage2_leaf - what an IPA is mapped to
 * @pa: physical address of its page, in the middle of a block too
 * @prot: STAGE2_*
 * @level: of the descriptor
 * @young: its access flag
 */
struct stage2_leaf {
	u64 pa;
	u32 prot;
	u8 level;
	bool young;
};

/* flags of stage2_unmap() */
#define STAGE2_FREE_TABLES	BIT(0)	/* give back tables that became empty */

int stage2_init(struct stage2 *s2, const struct stage2_config *config,
		const struct stage2_ops *ops);
void stage2_destroy(struct stage2 *s2);

bool stage2_level_ok(const struct stage2 *s2, int level);
int stage2_map(struct stage2 *s2, u64 ipa, u64 pa, u32 prot, int level, void *cache);
u64 stage2_unmap(struct stage2 *s2, u64 start, u64 end, u32 flags, u32 budget);
u64 stage2_protect(struct stage2 *s2, u64 start, u64 end, u32 take, u32 budget);
bool stage2_lookup(struct stage2 *s2, u64 ipa, struct stage2_leaf *leaf);
bool stage2_next(struct stage2 *s2, u64 *ipa, u64 end, u32 *budget,
		 struct stage2_leaf *leaf);
bool stage2_touch(struct stage2 *s2, u64 ipa);
u64 stage2_age(struct stage2 *s2, u64 start, u64 end, bool flush, u32 budget, bool *young);

/* VTTBR_EL2.BADDR: the root's physical address. */
static inline u64 stage2_baddr(const struct stage2 *s2)
{
	return virt_to_phys(s2->root);
}

/* Bits of an IPA below the index into a table of a level. */
static inline unsigned int stage2_leaf_shift(const struct stage2 *s2, int level)
{
	return s2->page_shift + (STAGE2_LEVEL_PAGE - level) * (s2->page_shift - 3);
}

/* Bytes that a leaf of a level maps. */
static inline u64 stage2_leaf_size(const struct stage2 *s2, int level)
{
	return 1ULL << stage2_leaf_shift(s2, level);
}

/* Tables that one stage2_map() can need. */
static inline unsigned int stage2_max_tables(const struct stage2 *s2)
{
	return STAGE2_LEVEL_PAGE - s2->start_level;
}

#endif /* ARMVCPU_STAGE2_H */
