// SPDX-License-Identifier: GPL-2.0-only
/* What the VMM's page table has for an address. */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pgtable.h>
#include <linux/sched.h>

#include "hostmap.h"

/*
 * The entry for @addr, at whatever level it is. As in get_user_pages_fast()
 * interrupts are off: a table that is taken out of the tree is freed when no CPU
 * can be in such a section any more. Each entry is read once.
 */
static bool read_leaf(unsigned long addr, pte_t *leaf, u8 *shift)
{
	pgd_t *pgdp = pgd_offset(current->mm, addr);
	pgd_t pgd = READ_ONCE(*pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t pmd;

	if (pgd_none(pgd))
		return false;
	p4dp = p4d_offset_lockless(pgdp, pgd, addr);
	p4d = READ_ONCE(*p4dp);
	if (p4d_none(p4d))
		return false;
	pudp = pud_offset_lockless(p4dp, p4d, addr);
	pud = READ_ONCE(*pudp);
	if (pud_none(pud))
		return false;
	if (!pud_table(pud)) {
		*leaf = pud_pte(pud);
		*shift = PUD_SHIFT;
		return true;
	}
	pmd = READ_ONCE(*pmd_offset_lockless(pudp, pud, addr));
	if (pmd_none(pmd))
		return false;
	if (!pmd_table(pmd)) {
		*leaf = pmd_pte(pmd);
		*shift = PMD_SHIFT;
		return true;
	}
	*leaf = READ_ONCE(*pte_offset_kernel(&pmd, addr));
	*shift = PAGE_SHIFT;
	return true;
}

/*
 * Plain cacheable memory without tags; the attributes are of one entry of
 * MAIR_EL1. PROT_NONE, also where it is for NUMA balancing, permits no access.
 */
static bool is_plain(pte_t leaf)
{
	return pte_access_permitted(leaf, false) && !pte_devmap(leaf) &&
	       (pte_val(leaf) & PTE_ATTRINDX_MASK) == PTE_ATTRINDX(MT_NORMAL);
}

bool hostmap_lookup(unsigned long addr, struct hostmap *map)
{
	struct folio *folio;
	unsigned long flags;
	pte_t leaf;
	u64 inside;
	bool found;

	local_irq_save(flags);
	found = read_leaf(addr, &leaf, &map->shift);
	local_irq_restore(flags);
	if (!found || !is_plain(leaf))
		return false;

	inside = (1UL << map->shift) - 1;
	map->pa = PFN_PHYS(pte_pfn(leaf)) | (addr & inside & PAGE_MASK);
	map->write = pte_write(leaf);
	map->dirty = pte_dirty(leaf);
	map->young = pte_young(leaf);
	map->zero = pte_special(leaf);
	if (map->zero)
		return is_zero_pfn(pte_pfn(leaf)) && !map->write;

	/* Secret memory (memfd_secret), that of devices and of files is neither. */
	folio = page_folio(pfn_to_page(pte_pfn(leaf)));
	return folio_test_swapbacked(folio) || folio_test_hugetlb(folio);
}
