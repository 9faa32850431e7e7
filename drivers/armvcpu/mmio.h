/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads and stores that trapped: what they were, and how they end.
 *
 * Pure: works on what it is given and compiles in user space, too.
 * D19.2.40 is the section on ESR_EL2 of the Arm ARM, DDI 0487.
 */
#ifndef ARMVCPU_MMIO_H
#define ARMVCPU_MMIO_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/swab.h>
#include <linux/types.h>

#include "exit.h"
#include "hyp/el2.h"
#include "hyp/hyp.h"

struct armvcpu_vcpu;

/* ISS of a data abort from a lower EL, D19.2.40 */
#define MMIO_ISV		BIT(24)
#define MMIO_SAS		GENMASK(23, 22)
#define MMIO_SSE		BIT(21)
#define MMIO_SRT		GENMASK(20, 16)
#define MMIO_SF		BIT(15)
#define MMIO_AR		BIT(14)
#define MMIO_WNR		BIT(6)

/* SCTLR_EL1, D19.2.118 */
#define MMIO_SCTLR_E0E	BIT(24)
#define MMIO_SCTLR_EE	BIT(25)

/* The smallest granule that stage 1 of a guest can have. */
#define MMIO_MIN_PAGE	4096

/* Bits above those of the access; @len is never 0. */
static inline unsigned int mmio_unused_bits(const struct mmio_access *a)
{
	return 64 - a->len * 8;
}

/**
 * mmio_decode() - take the syndrome of a data abort apart
 * @esr: ESR_EL2
 * @a: filled in if the syndrome is valid, else left alone
 *
 * Return: ISV. Without it (pairs, writeback, SIMD, exclusives, atomics, DC
 * ZVA) nothing but the address and the direction is known.
 */
static inline bool mmio_decode(u64 esr, struct mmio_access *a)
{
	if (!(esr & MMIO_ISV))
		return false;

	a->len = 1 << FIELD_GET(MMIO_SAS, esr);
	a->reg = FIELD_GET(MMIO_SRT, esr);
	a->write = esr & MMIO_WNR;
	a->sign = !a->write && (esr & MMIO_SSE);
	a->reg64 = esr & MMIO_SF;
	a->acqrel = esr & MMIO_AR;
	return true;
}

/**
 * mmio_crosses_page() - does an access reach into a second page of the guest?
 * @a: the access
 * @ipa: where it begins
 *
 * Two pages of virtual memory that follow each other need not do so in
 * intermediate physical memory, so only the bytes in the first page are where
 * @ipa says. 4 KiB is what counts: the guest's granule is not known here.
 */
static inline bool mmio_crosses_page(const struct mmio_access *a, u64 ipa)
{
	return (ipa & (MMIO_MIN_PAGE - 1)) + a->len > MMIO_MIN_PAGE;
}

/**
 * mmio_load_value() - what a load writes to its register
 * @a: the load
 * @data: the bytes read, the first in the lowest 8 bits; what is above @a->len
 *	bytes is ignored
 *
 * Return: the whole of Xt: a write to Wt clears its upper half (C1.2.5).
 */
static inline u64 mmio_load_value(const struct mmio_access *a, u64 data)
{
	unsigned int unused = mmio_unused_bits(a);
	u64 value = data << unused;

	value = a->sign ? (u64)((s64)value >> unused) : value >> unused;
	return a->reg64 ? value : (u32)value;
}

/**
 * mmio_store_data() - what a store puts on the bus
 * @a: the store
 * @value: its register
 *
 * Return: the low @a->len bytes, zero extended.
 */
static inline u64 mmio_store_data(const struct mmio_access *a, u64 value)
{
	unsigned int unused = mmio_unused_bits(a);

	return value << unused >> unused;
}

/**
 * mmio_swap() - between the number in a register and the bytes in memory
 * @v: the vCPU that makes the access
 * @a: the access
 * @data: @a->len bytes, zero extended
 *
 * Return: @data with its bytes reversed if data accesses at the vCPU's
 * exception level are big-endian now, else @data. Its own inverse.
 */
static inline u64 mmio_swap(const struct hyp_vcpu *v, const struct mmio_access *a, u64 data)
{
	u64 ee = (v->pstate & PSTATE_M) == PSTATE_EL0t ? MMIO_SCTLR_E0E : MMIO_SCTLR_EE;

	if (!(hyp_read_sysreg(v, HYP_SCTLR_EL1) & ee))
		return data;
	return swab64(data) >> mmio_unused_bits(a);
}

/* In abort.c, as it needs the whole vCPU. */
void mmio_complete(struct armvcpu_vcpu *vcpu, u64 data);

#endif /* ARMVCPU_MMIO_H */
