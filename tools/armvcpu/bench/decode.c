// SPDX-License-Identifier: GPL-2.0-only
/* What instructions are that silicon charges more for. */
#include "decode.h"

const char *const class_names[CLASS_NONE] = {
#define X(e, name) name,
	CLASSES(X)
#undef X
};

static unsigned int field(uint32_t opcode, unsigned int high, unsigned int low)
{
	return opcode >> low & ((1U << (high - low + 1)) - 1);
}

/* SYS: maintenance of caches and TLBs, address translation (C4.1.94). */
static enum insn_class classify_sys(uint32_t opcode)
{
	unsigned int crn = field(opcode, 15, 12), crm = field(opcode, 11, 8);

	if (crn == 8 || crn == 9)
		return CLASS_TLBI;
	if (crn == 7)
		return crm == 8 || crm == 9 ? CLASS_AT : CLASS_CACHE;
	return CLASS_NONE;
}

/**
 * classify() - the class of an instruction
 * @opcode: its encoding
 *
 * MSR is a write of a system register, PSTATE one of a field of PSTATE by an
 * immediate. ATOMIC is exclusives, compare-and-swap and read-modify-write, not
 * loads with acquire and stores with release.
 *
 * Return: the class; CLASS_NONE for nearly all. Never CLASS_EXCEPTION.
 */
enum insn_class classify(uint32_t opcode)
{
	if ((opcode & 0xfff00000) == 0xd5100000)
		return CLASS_MSR;
	if ((opcode & 0xfff00000) == 0xd5300000)
		return CLASS_MRS;
	if ((opcode & 0xfff8f01f) == 0xd500401f)
		return CLASS_PSTATE;
	if ((opcode & 0xfffff0ff) == 0xd50330df)
		return CLASS_ISB;
	if ((opcode & 0xfffff0ff) == 0xd503309f || (opcode & 0xfffff3ff) == 0xd503323f)
		return CLASS_DSB;
	if ((opcode & 0xfffff0ff) == 0xd50330bf)
		return CLASS_DMB;
	if ((opcode & 0xfff80000) == 0xd5080000)
		return classify_sys(opcode);
	if (opcode == 0xd69f03e0 || (opcode & 0xfffffbff) == 0xd69f0bff)
		return CLASS_ERET;
	/* Exclusives, and CAS among the ordered ones (C4.1.96). */
	if ((opcode & 0x3f000000) == 0x08000000 &&
	    (!field(opcode, 23, 23) || field(opcode, 21, 21)))
		return CLASS_ATOMIC;
	if ((opcode & 0x3b200c00) == 0x38200000)
		return CLASS_ATOMIC;
	return CLASS_NONE;
}

static uint64_t target(uint64_t pc, uint32_t opcode, unsigned int high, unsigned int low)
{
	unsigned int bits = high - low + 1;
	int64_t offset = field(opcode, high, low);

	if (offset >> (bits - 1))
		offset -= 1LL << bits;
	return pc + 4 * offset;
}

/**
 * may_go_on_at() - whether no exception has to have come between
 * @pc: address of an instruction
 * @opcode: its encoding
 * @next: address of the one that the CPU executed after it
 *
 * Return: whether @opcode can lead to @next. ERET and branches to an address in a
 * register can lead anywhere.
 */
bool may_go_on_at(uint64_t pc, uint32_t opcode, uint64_t next)
{
	/* SVC, HVC, SMC, BRK: what they are for is the exception. */
	if ((opcode & 0xff000000) == 0xd4000000)
		return false;
	/* B, BL */
	if ((opcode & 0x7c000000) == 0x14000000)
		return next == target(pc, opcode, 25, 0);
	/* BR, BLR, RET, ERET */
	if ((opcode & 0xfe000000) == 0xd6000000)
		return true;
	if (next == pc + 4)
		return true;
	/* B.cond; CBZ, CBNZ */
	if ((opcode & 0xff000000) == 0x54000000 || (opcode & 0x7e000000) == 0x34000000)
		return next == target(pc, opcode, 23, 5);
	/* TBZ, TBNZ */
	if ((opcode & 0x7e000000) == 0x36000000)
		return next == target(pc, opcode, 18, 5);
	return false;
}
