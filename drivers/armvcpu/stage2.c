// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2 translation tables.
 *
 * A block is one leaf: what is to happen to a part of it happens to all of it.
 * It goes as a whole when a part of it is unmapped, loses a right or becomes
 * another page; the guest's next accesses bring back what is still there, as
 * pages or as a block. So nothing is ever split in place.
 */
#include <linux/align.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "stage2.h"

/* VTCR_EL2, Arm ARM D19.2.160 */
#define VTCR_T0SZ(bits)		(64ULL - (bits))
#define VTCR_SL0(sl0)		((u64)(sl0) << 6)
#define VTCR_IRGN0_WBWA		(1ULL << 8)
#define VTCR_ORGN0_WBWA		(1ULL << 10)
#define VTCR_SH0_IS		(3ULL << 12)
#define VTCR_TG0_4K		(0ULL << 14)
#define VTCR_TG0_64K		(1ULL << 14)
#define VTCR_TG0_16K		(2ULL << 14)
#define VTCR_PS(range)		((u64)(range) << 16)
#define VTCR_VS			BIT_ULL(19)
#define VTCR_RES1		BIT_ULL(31)
/*
 * VTCR_EL2.HA stays 0: the access flag is set when a page is mapped or faults,
 * so descriptors change under the caller's lock only and no write to them has
 * to be a compare-and-swap.
 */

/* Descriptors, Arm ARM D8.3 */
#define DESC_VALID		BIT_ULL(0)
#define DESC_TABLE		BIT_ULL(1)	/* above level 3: a table, else a block */
#define DESC_PAGE		BIT_ULL(1)	/* at level 3 */
#define DESC_MEMATTR(attr)	((u64)(attr) << 2)
#define DESC_S2AP_R		BIT_ULL(6)
#define DESC_S2AP_W		BIT_ULL(7)
#define DESC_SH_IS		(3ULL << 8)
#define DESC_AF			BIT_ULL(10)
#define DESC_XN			BIT_ULL(54)	/* both ELs, with and without FEAT_XNX */
#define DESC_PA_MASK		GENMASK_ULL(47, 12)

#define MEMATTR_NORMAL_WB	0xf	/* D8.5.5: inner and outer write-back */
#define MEMATTR_FWB_WB		0x6	/* D8.5.5.1: write-back whatever stage 1 says */
#define MEMATTR_DEVICE_nGnRE	0x1	/* with and without HCR_EL2.FWB */
#define DESC_MEMATTR_MASK	DESC_MEMATTR(0xf)

/*
 * What may change in a valid entry without break-before-make: permissions and
 * the access flag (D8.14.1).
 */
#define DESC_MAY_CHANGE		(DESC_S2AP_R | DESC_S2AP_W | DESC_XN | DESC_AF)

/* Above as many pages it is cheaper to forget the whole VMID. */
#define FLUSH_IPAS		8
/* Tables that wait for the flush after which they may be freed. */
#define FLUSH_TABLES		32

/**
 * struct pending_flush - what has left the tables and is perhaps in a TLB
 * @ipa: the first pages
 * @nr_ipas: pages, also those that @ipa has no room for
 * @table: tables that were unlinked
 * @nr_tables: how many
 */
struct pending_flush {
	u64 ipa[FLUSH_IPAS];
	u32 nr_ipas;
	void *table[FLUSH_TABLES];
	u32 nr_tables;
};

/* Pages that a leaf of @level maps. */
static u64 leaf_pages(const struct stage2 *s2, int level)
{
	return stage2_leaf_size(s2, level) >> s2->page_shift;
}

static u64 ipa_limit(const struct stage2 *s2)
{
	return 1ULL << s2->ipa_bits;
}

/* The first IPA after the entry of @level that holds @ipa; never wraps: ipa_bits <= 48. */
static u64 next_entry(const struct stage2 *s2, u64 ipa, int level)
{
	return (ipa | (stage2_leaf_size(s2, level) - 1)) + 1;
}

static u64 *entry_of(const struct stage2 *s2, u64 *table, u64 ipa, int level)
{
	u64 index = ipa >> stage2_leaf_shift(s2, level);

	/* The root's index keeps the bits that concatenation adds. */
	if (level != s2->start_level)
		index &= (1ULL << (s2->page_shift - 3)) - 1;
	return table + index;
}

/* 52-bit output addresses would have their upper bits elsewhere. */
static u64 desc_pa(const struct stage2 *s2, u64 desc)
{
	return desc & DESC_PA_MASK & ~((1ULL << s2->page_shift) - 1);
}

static bool is_table(u64 desc, int level)
{
	return level < STAGE2_LEVEL_PAGE && (desc & DESC_VALID) && (desc & DESC_TABLE);
}

static bool is_leaf(u64 desc, int level)
{
	return (desc & DESC_VALID) && !is_table(desc, level);
}

static bool is_device(u64 desc)
{
	return (desc & DESC_MEMATTR_MASK) == DESC_MEMATTR(MEMATTR_DEVICE_nGnRE);
}

/* A leaf of guest memory. */
static bool is_memory(u64 desc, int level)
{
	return is_leaf(desc, level) && !is_device(desc);
}

static u64 leaf_desc(const struct stage2 *s2, u64 pa, u32 prot, int level)
{
	u64 desc = DESC_VALID | DESC_AF | DESC_S2AP_R | pa;

	desc |= prot & STAGE2_DEVICE ? DESC_MEMATTR(MEMATTR_DEVICE_nGnRE) : s2->memattr;
	if (level == STAGE2_LEVEL_PAGE)
		desc |= DESC_PAGE;
	if (prot & STAGE2_WRITE)
		desc |= DESC_S2AP_W;
	if (!(prot & STAGE2_EXEC))
		desc |= DESC_XN;
	return desc;
}

/* What a leaf maps the page of @ipa to. */
static u64 leaf_pa(const struct stage2 *s2, u64 desc, u64 ipa, int level)
{
	u64 inside = stage2_leaf_size(s2, level) - 1;

	return desc_pa(s2, desc) | (ipa & inside & ~((1ULL << s2->page_shift) - 1));
}

static u32 leaf_prot(u64 desc)
{
	return (desc & DESC_S2AP_W ? STAGE2_WRITE : 0) | (desc & DESC_XN ? 0 : STAGE2_EXEC) |
	       (is_device(desc) ? STAGE2_DEVICE : 0);
}

/*
 * All writes to live tables come through here. Whoever asks for a change that
 * needs break-before-make gets it, by the blunt way, and is counted.
 */
static void write_desc(struct stage2 *s2, u64 *descp, u64 new, int level)
{
	u64 old = READ_ONCE(*descp);

	if (unlikely((old & new & DESC_VALID) && ((old ^ new) & ~DESC_MAY_CHANGE))) {
		s2->violations++;
		WRITE_ONCE(*descp, 0);
		s2->ops->publish();
		s2->ops->flush_all(s2);
	}
	if (is_memory(new, level) && !is_memory(old, level)) {
		s2->pages += leaf_pages(s2, level);
		s2->made += leaf_pages(s2, level);
		s2->blocks += level < STAGE2_LEVEL_PAGE;
	} else if (is_memory(old, level) && !is_memory(new, level)) {
		s2->pages -= leaf_pages(s2, level);
		s2->blocks -= level < STAGE2_LEVEL_PAGE;
	}
	WRITE_ONCE(*descp, new);
	if (s2->ops->written)
		s2->ops->written(s2, descp, old, new, level);
}

static void set_young(struct stage2 *s2, u64 *descp, int level)
{
	if (*descp & DESC_AF)
		return;
	write_desc(s2, descp, *descp | DESC_AF, level);
	s2->ops->publish();
}

/*
 * The deepest entry for @ipa: a leaf, or an invalid one. @path takes the entry
 * of each level on the way where it is not NULL.
 */
static u64 *descend(struct stage2 *s2, u64 ipa, int *level, u64 *path[])
{
	u64 *table = s2->root;
	int l;

	for (l = s2->start_level; ; l++) {
		u64 *descp = entry_of(s2, table, ipa, l);

		if (path)
			path[l] = descp;
		if (!is_table(*descp, l)) {
			*level = l;
			return descp;
		}
		table = phys_to_virt(desc_pa(s2, *descp));
	}
}

/*
 * Where to look next after @ipa, whose entry is @descp: behind the empty entries that
 * follow an empty one in its table. They count, but cost no way down each.
 */
static u64 next_used(const struct stage2 *s2, const u64 *descp, u64 ipa, int level,
		     u64 last, u32 *budget)
{
	u64 next = next_entry(s2, ipa, level);
	u64 size = stage2_leaf_size(s2, level);
	/* The table ends where an entry of the level above does. */
	u64 end = min(last, next_entry(s2, ipa, level - 1));
	u32 left = *budget;

	if (*descp)
		return next;
	for (; next < end && left > 1 && !*++descp; left--)
		next += size;
	*budget = left;
	return next;
}

/* After this all that was unmapped is gone from the TLBs, and the tables freed. */
static void flush_pending(struct stage2 *s2, struct pending_flush *p)
{
	u32 i;

	if (!p->nr_ipas && !p->nr_tables)
		return;
	s2->ops->publish();
	if (p->nr_tables || p->nr_ipas > FLUSH_IPAS) {
		s2->ops->flush_all(s2);
	} else {
		for (i = 0; i < p->nr_ipas; i++)
			s2->ops->flush_ipa(s2, p->ipa[i]);
	}
	for (i = 0; i < p->nr_tables; i++)
		s2->ops->free_table(s2, p->table[i]);
	p->nr_ipas = 0;
	p->nr_tables = 0;
}

static void add_ipa(struct pending_flush *p, u64 ipa)
{
	if (p->nr_ipas < FLUSH_IPAS)
		p->ipa[p->nr_ipas] = ipa;
	p->nr_ipas++;
}

static bool table_empty(const struct stage2 *s2, const u64 *table)
{
	size_t i;

	for (i = 0; i < 1UL << (s2->page_shift - 3); i++)
		if (table[i])
			return false;
	return true;
}

/* Unlinks the tables on the way to @ipa that are empty; the root stays. */
static void prune(struct stage2 *s2, u64 ipa, struct pending_flush *p)
{
	u64 *path[STAGE2_LEVEL_PAGE + 1];
	int level;

	descend(s2, ipa, &level, path);
	while (level-- > s2->start_level) {
		u64 *table = phys_to_virt(desc_pa(s2, *path[level]));

		if (!table_empty(s2, table))
			return;
		if (p->nr_tables == FLUSH_TABLES)
			flush_pending(s2, p);
		write_desc(s2, path[level], 0, level);
		p->table[p->nr_tables++] = table;
		s2->tables--;
	}
}

/*
 * Frees a table that is out of reach and out of the TLBs, and those below it. It
 * goes down as many levels as there are below a block: two at most.
 */
static void drop_table(struct stage2 *s2, u64 *table, int level)
{
	size_t i;

	for (i = 0; i < 1UL << (s2->page_shift - 3); i++) {
		if (is_table(table[i], level)) {
			drop_table(s2, phys_to_virt(desc_pa(s2, table[i])), level + 1);
		} else if (is_memory(table[i], level)) {
			s2->pages -= leaf_pages(s2, level);
			s2->blocks -= level < STAGE2_LEVEL_PAGE;
		}
	}
	s2->tables--;
	s2->ops->free_table(s2, table);
}

/* The first half of break-before-make: nobody knows of the entry any more. */
static void break_desc(struct stage2 *s2, u64 *descp, u64 ipa, int level)
{
	u64 old = *descp;

	s2->breaks++;
	write_desc(s2, descp, 0, level);
	s2->ops->publish();
	if (!is_table(old, level)) {
		s2->ops->flush_ipa(s2, ipa);
		return;
	}
	s2->ops->flush_all(s2);
	drop_table(s2, phys_to_virt(desc_pa(s2, old)), level + 1);
}

static int start_level(unsigned int page_shift, unsigned int ipa_bits)
{
	unsigned int stride = page_shift - 3;
	/* Up to 16 tables are concatenated at the start level (D8.2.8): 4 bits. */
	unsigned int bits = ipa_bits - 4 - page_shift;

	return STAGE2_LEVEL_PAGE + 1 - DIV_ROUND_UP(bits, stride);
}

static int pa_range(unsigned int pa_bits)
{
	switch (pa_bits) {
	case 32: return 0;
	case 36: return 1;
	case 40: return 2;
	case 42: return 3;
	case 44: return 4;
	case 48: return 5;
	default: return -1;
	}
}

/**
 * stage2_init() - empty tables
 * @s2: the tables
 * @config: their geometry
 * @ops: the machine below; kept
 *
 * Return: 0, -EINVAL for a geometry that the architecture does not have,
 * -ENOMEM.
 */
int stage2_init(struct stage2 *s2, const struct stage2_config *config,
		const struct stage2_ops *ops)
{
	unsigned int out_bits = min_t(unsigned int, config->pa_bits, STAGE2_MAX_PA_BITS);
	unsigned int shift = config->page_shift;
	u64 tg0, sl0;

	if (pa_range(out_bits) < 0 || config->ipa_bits < STAGE2_MIN_IPA_BITS ||
	    config->ipa_bits > out_bits)
		return -EINVAL;

	*s2 = (struct stage2) {
		.ops = ops,
		.page_shift = shift,
		.ipa_bits = config->ipa_bits,
		.out_bits = out_bits,
	};
	switch (shift) {
	case 12:
		tg0 = VTCR_TG0_4K;
		break;
	case 14:
		tg0 = VTCR_TG0_16K;
		break;
	case 16:
		tg0 = VTCR_TG0_64K;
		break;
	default:
		return -EINVAL;
	}
	s2->start_level = start_level(shift, config->ipa_bits);
	/* SL0 counts upwards from level 2 with 4K granules, from level 3 with others. */
	sl0 = (shift == 12 ? 2 : 3) - s2->start_level;

	s2->vtcr = VTCR_RES1 | VTCR_T0SZ(config->ipa_bits) | VTCR_SL0(sl0) |
		   VTCR_IRGN0_WBWA | VTCR_ORGN0_WBWA | VTCR_SH0_IS | tg0 |
		   VTCR_PS(pa_range(out_bits)) | (config->vmid16 ? VTCR_VS : 0);
	s2->memattr = DESC_SH_IS |
		      DESC_MEMATTR(config->fwb ? MEMATTR_FWB_WB : MEMATTR_NORMAL_WB);

	s2->root_size = 8ULL << (config->ipa_bits - stage2_leaf_shift(s2, s2->start_level));
	s2->root_size = max_t(size_t, s2->root_size, 1UL << shift);
	s2->root = ops->alloc_root(s2, s2->root_size);
	if (!s2->root)
		return -ENOMEM;
	return 0;
}

/**
 * stage2_destroy() - the end of the tables
 * @s2: tables from which everything was unmapped with STAGE2_FREE_TABLES
 */
void stage2_destroy(struct stage2 *s2)
{
	s2->ops->free_root(s2, s2->root, s2->root_size);
	s2->root = NULL;
}

/**
 * stage2_level_ok() - whether there are leaves of a level
 * @s2: the tables
 * @level: any number
 *
 * Pages, and blocks of 2 MiB and 1 GiB with granules of 4K, of 32 MiB with 16K
 * and of 512 MiB with 64K (Arm ARM D8.3.1); larger ones come with descriptors of
 * 52 bits. A small IPA space begins below some of them.
 */
bool stage2_level_ok(const struct stage2 *s2, int level)
{
	int first = s2->page_shift == 12 ? 1 : 2;

	return level <= STAGE2_LEVEL_PAGE && level >= first && level >= s2->start_level;
}

/*
 * The table below @descp, made if there is none. NULL: there is no memory.
 * A block on the way is broken.
 */
static u64 *table_below(struct stage2 *s2, u64 *descp, u64 ipa, int level, void *cache)
{
	u64 *table;

	if (is_table(*descp, level))
		return phys_to_virt(desc_pa(s2, *descp));
	table = s2->ops->alloc_table(s2, cache);
	if (!table)
		return NULL;
	if (*descp & DESC_VALID)
		break_desc(s2, descp, ipa, level);
	/* Walkers must find zeroes in it, not what was there. */
	s2->ops->publish();
	write_desc(s2, descp, virt_to_phys(table) | DESC_TABLE | DESC_VALID, level);
	s2->tables++;
	return table;
}

/**
 * stage2_map() - map a page or a block
 * @s2: the tables
 * @ipa: guest physical address, aligned to its size
 * @pa: physical address, aligned to its size
 * @prot: STAGE2_*
 * @level: of the leaf, see stage2_level_ok()
 * @cache: for stage2_ops.alloc_table
 *
 * Where a leaf of @level maps @ipa to @pa already, it gets @prot in addition to
 * what it had; a larger one that maps it so with these rights stays. Where
 * there is something else, all of it is replaced by break-before-make: a leaf
 * with another address or type of memory, a block that is larger, the table that is
 * in the place of a block, with what it maps. The access flag is set.
 *
 * Return: 0; -ENOMEM: a table is missing, what was made so far stays and the
 * call can be repeated; -EINVAL: misaligned or beyond the IPA space, or no such
 * level; -ERANGE: @pa does not fit into a descriptor.
 */
int stage2_map(struct stage2 *s2, u64 ipa, u64 pa, u32 prot, int level, void *cache)
{
	u64 *table = s2->root, *descp, old, new;
	int l;

	if (!stage2_level_ok(s2, level))
		return -EINVAL;
	if (ipa >= ipa_limit(s2) || !IS_ALIGNED(ipa | pa, stage2_leaf_size(s2, level)))
		return -EINVAL;
	if (pa >> s2->out_bits)
		return -ERANGE;

	for (l = s2->start_level; l < level; l++) {
		descp = entry_of(s2, table, ipa, l);
		old = *descp;
		if (is_leaf(old, l) && leaf_pa(s2, old, ipa, l) == pa &&
		    !(prot & ~leaf_prot(old))) {
			set_young(s2, descp, l);
			return 0;
		}
		table = table_below(s2, descp, ipa, l, cache);
		if (!table)
			return -ENOMEM;
	}

	descp = entry_of(s2, table, ipa, level);
	old = *descp;
	if (is_leaf(old, level) && desc_pa(s2, old) == pa &&
	    is_device(old) == !!(prot & STAGE2_DEVICE)) {
		new = leaf_desc(s2, pa, prot | leaf_prot(old), level);
		if (new == old)
			return 0;
		write_desc(s2, descp, new, level);
		s2->ops->publish();
		/*
		 * An entry that only lacked its access flag is in no TLB
		 * (D8.4.5), or is there with the same rights.
		 */
		if ((old ^ new) & ~DESC_AF)
			s2->ops->flush_ipa(s2, ipa);
		return 0;
	}

	if (old & DESC_VALID)
		break_desc(s2, descp, ipa, level);
	write_desc(s2, descp, leaf_desc(s2, pa, prot, level), level);
	s2->ops->publish();
	return 0;
}

/**
 * stage2_unmap() - unmap a range, or its beginning
 * @s2: the tables
 * @start: first guest physical address
 * @end: first address after the range
 * @flags: STAGE2_FREE_TABLES
 * @budget: entries to look at, at least 1; the caller lets others go on between
 *	two calls
 *
 * When it returns, no CPU can reach what it unmapped any more. Blocks of which a
 * part is in the range go as a whole.
 *
 * Return: the address up to which it came, @end when it is done.
 */
u64 stage2_unmap(struct stage2 *s2, u64 start, u64 end, u32 flags, u32 budget)
{
	struct pending_flush pending;
	u64 last = min(end, ipa_limit(s2));
	u64 ipa = start, next;

	pending.nr_ipas = 0;
	pending.nr_tables = 0;

	for (; ipa < last && budget; ipa = next, budget--) {
		int level;
		u64 *descp = descend(s2, ipa, &level, NULL);

		next = next_used(s2, descp, ipa, level, last, &budget);
		if (*descp & DESC_VALID) {
			write_desc(s2, descp, 0, level);
			add_ipa(&pending, ipa);
		}
		/* The last look at this table? */
		if ((flags & STAGE2_FREE_TABLES) && level > s2->start_level &&
		    (next >= last || IS_ALIGNED(next, stage2_leaf_size(s2, level - 1))))
			prune(s2, ipa, &pending);
	}
	flush_pending(s2, &pending);
	return ipa < last ? ipa : end;
}

/**
 * stage2_protect() - take rights from mapped pages
 * @s2: the tables
 * @start: first guest physical address
 * @end: first address after the range
 * @take: STAGE2_* that they lose
 * @budget: as in stage2_unmap()
 *
 * A block of which only a part is in the range, and which has such a right, is
 * unmapped.
 *
 * Return: as stage2_unmap().
 */
u64 stage2_protect(struct stage2 *s2, u64 start, u64 end, u32 take, u32 budget)
{
	struct pending_flush pending;
	u64 last = min(end, ipa_limit(s2));
	u64 ipa = start, next;

	pending.nr_ipas = 0;
	pending.nr_tables = 0;

	for (; ipa < last && budget; ipa = next, budget--) {
		int level;
		u64 *descp = descend(s2, ipa, &level, NULL);
		u64 old = *descp, new = old;

		next = next_used(s2, descp, ipa, level, last, &budget);
		if (!(old & DESC_VALID))
			continue;
		if (take & STAGE2_WRITE)
			new &= ~DESC_S2AP_W;
		if (take & STAGE2_EXEC)
			new |= DESC_XN;
		if (new == old)
			continue;
		if (!IS_ALIGNED(ipa, stage2_leaf_size(s2, level)) || next > end)
			new = 0;
		write_desc(s2, descp, new, level);
		add_ipa(&pending, ipa);
	}
	flush_pending(s2, &pending);
	return ipa < last ? ipa : end;
}

static void fill_leaf(const struct stage2 *s2, u64 desc, u64 ipa, int level,
		      struct stage2_leaf *leaf)
{
	leaf->pa = leaf_pa(s2, desc, ipa, level);
	leaf->prot = leaf_prot(desc);
	leaf->level = level;
	leaf->young = desc & DESC_AF;
}

/**
 * stage2_lookup() - what a guest physical address is mapped to
 * @s2: the tables
 * @ipa: guest physical address
 * @leaf: filled in when there is something
 *
 * Return: whether it is mapped.
 */
bool stage2_lookup(struct stage2 *s2, u64 ipa, struct stage2_leaf *leaf)
{
	u64 *descp;
	int level;

	if (ipa >= ipa_limit(s2))
		return false;
	descp = descend(s2, ipa, &level, NULL);
	if (!(*descp & DESC_VALID))
		return false;
	fill_leaf(s2, *descp, ipa, level, leaf);
	return true;
}

/**
 * stage2_next() - the next mapped page in a range
 * @s2: the tables
 * @ipa: in: where to look from; out: the address of the page, or where the
 *	search ended. The page can be one in the middle of a block.
 * @end: first address after the range
 * @budget: entries to look at, counted down
 * @leaf: filled in when there is a page
 *
 * Return: whether there is a page. Else @ipa is @end or @budget is 0.
 */
bool stage2_next(struct stage2 *s2, u64 *ipa, u64 end, u32 *budget,
		 struct stage2_leaf *leaf)
{
	end = min(end, ipa_limit(s2));
	while (*ipa < end && *budget) {
		int level;
		u64 *descp = descend(s2, *ipa, &level, NULL);

		if (*descp & DESC_VALID) {
			--*budget;
			fill_leaf(s2, *descp, *ipa, level, leaf);
			return true;
		}
		*ipa = min(next_used(s2, descp, *ipa, level, end, budget), end);
		--*budget;
	}
	return false;
}

/**
 * stage2_touch() - set the access flag of a mapped page
 * @s2: the tables
 * @ipa: guest physical address
 *
 * Return: whether it is mapped.
 */
bool stage2_touch(struct stage2 *s2, u64 ipa)
{
	u64 *descp;
	int level;

	if (ipa >= ipa_limit(s2))
		return false;
	descp = descend(s2, ipa, &level, NULL);
	if (!(*descp & DESC_VALID))
		return false;
	set_young(s2, descp, level);
	return true;
}

/**
 * stage2_age() - take the access flag from mapped pages
 * @s2: the tables
 * @start: first guest physical address
 * @end: first address after the range
 * @flush: also forget the translations, so that each next access is seen
 * @budget: as in stage2_unmap()
 * @young: set to true when a page had the flag, else left alone; a block has one
 *	flag, which goes with any part of it
 *
 * Return: as stage2_unmap().
 */
u64 stage2_age(struct stage2 *s2, u64 start, u64 end, bool flush, u32 budget, bool *young)
{
	struct pending_flush pending;
	u64 last = min(end, ipa_limit(s2));
	u64 ipa = start, next;

	pending.nr_ipas = 0;
	pending.nr_tables = 0;

	for (; ipa < last && budget; ipa = next, budget--) {
		int level;
		u64 *descp = descend(s2, ipa, &level, NULL);

		next = next_used(s2, descp, ipa, level, last, &budget);
		if (!(*descp & DESC_VALID) || !(*descp & DESC_AF))
			continue;
		*young = true;
		write_desc(s2, descp, *descp & ~DESC_AF, level);
		if (flush)
			add_ipa(&pending, ipa);
	}
	flush_pending(s2, &pending);
	return ipa < last ? ipa : end;
}
