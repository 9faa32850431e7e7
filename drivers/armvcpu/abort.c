// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data and instruction aborts that a guest takes to EL2: guest memory that is
 * not mapped yet, devices, and what is neither.
 *
 * Section numbers are those of the Arm ARM, DDI 0487.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/errno.h>

#include <asm/page.h>

#include "abort.h"
#include "armvcpu.h"
#include "el2.h"
#include "host.h"
#include "hyp/tlb.h"
#include "inject.h"
#include "io.h"
#include "mmio.h"
#include "resident.h"
#include "timer.h"
#include "trace.h"

/* ISS of an abort from a lower EL, D19.2.40 */
#define ISS_WNR			BIT(6)
#define ISS_CM			BIT(8)

/* Fault status codes that are not of one level of translation */
#define FSC_ADDRESS_SIZE_M1	0x29	/* level -1 */
#define FSC_TRANSLATION_M1	0x2b
#define FSC_ALIGNMENT		0x21
#define FSC_TLB_CONFLICT	0x30
#define FSC_UNSUPPORTED		0x35	/* exclusive or atomic on such memory */

#define VTCR_T0SZ		GENMASK(5, 0)	/* D19.2.158 */

/**
 * struct abort - an abort, taken apart
 * @ipa: see abort_ipa()
 * @fetch: an instruction fetch
 * @walk: a table walk of the guest's stage 1, for a fetch or for data
 * @maintenance: a cache maintenance instruction
 * @why: what stage 2 has there: MEM_PERMISSION, it does not allow this
 * @write: memory has to be writable for this
 */
struct abort {
	u64 ipa;
	bool fetch;
	bool walk;
	bool maintenance;
	enum mem_abort why;
	bool write;
};

static void abort_decode(const struct hyp_vcpu *v, struct abort *a)
{
	u64 esr = v->esr;
	bool data = ESR_EC(esr) == EC_DABT_LOW;

	a->ipa = abort_ipa(v);
	a->walk = esr & ESR_S1PTW;
	a->fetch = !data && !a->walk;
	a->maintenance = data && !a->walk && (esr & ISS_CM);
	switch (FSC_CLASS(ESR_FSC(esr))) {
	case FSC_PERMISSION:
		a->why = MEM_PERMISSION;
		break;
	case FSC_ACCESS_FLAG:
		a->why = MEM_OLD;
		break;
	default:
		a->why = MEM_UNMAPPED;
		break;
	}

	/*
	 * WnR is about the instruction, not about its walk. A walk is a read
	 * until it meets a page that it may only read: then the hardware wants
	 * to set an access flag or dirty state there. Cache maintenance has
	 * WnR set always and writes nothing, yet some of it (DC IVAC) asks for
	 * permission to write. With both, two faults find out; a first guess of
	 * "write" would refuse tables and code in read-only memory.
	 */
	if (a->walk || a->maintenance)
		a->write = a->why == MEM_PERMISSION;
	else
		a->write = data && (esr & ISS_WNR);
}

static u32 fault_flags(const struct abort *a)
{
	return (a->write ? ARMVCPU_FAULT_WRITE : 0) |
	       (a->fetch ? ARMVCPU_FAULT_EXEC : 0) |
	       (a->walk ? ARMVCPU_FAULT_PTW : 0);
}

static enum exit_action exit_memory_fault(struct armvcpu_vcpu *vcpu,
					  const struct abort *a, u32 error)
{
	exit_to_vmm(vcpu, ARMVCPU_EXIT_MEMORY_FAULT);
	vcpu->run->u.memory_fault = (struct armvcpu_exit_memory_fault) {
		.ipa = a->ipa,
		.flags = fault_flags(a),
		.error = error,
	};
	return EXIT_TO_VMM;
}

static enum exit_action exit_mmio_nisv(struct armvcpu_vcpu *vcpu,
				       const struct abort *a)
{
	exit_to_vmm(vcpu, ARMVCPU_EXIT_MMIO_NISV);
	vcpu->pending.mmio = (struct mmio_access) { };
	vcpu->run->u.mmio = (struct armvcpu_exit_mmio) {
		.ipa = a->ipa,
		.flags = a->write ? ARMVCPU_MMIO_WRITE : 0,
	};
	return EXIT_TO_VMM;
}

static __always_inline void finish_load(struct hyp_vcpu *v, const struct mmio_access *a, u64 bytes)
{
	/* What is above the access falls off when the bytes change places, too. */
	hyp_set_x(v, a->reg, mmio_load_value(a, mmio_swap(v, a, bytes)));
}

/* The vGIC has taken an access. */
static __always_inline void gic_accessed(struct armvcpu_vcpu *vcpu, u64 ipa,
					 const struct mmio_access *a, u64 data)
{
	vcpu->stats.gic++;
	if (!a->write)
		finish_load(vcpu->hyp, a, data);
	trace_armvcpu_mmio(vcpu->id, ipa, a->len, a->write, data);
}

/*
 * The first access of the CPU interface of a host's GICv2, or the first again: this
 * page of it is the guest's from here on.
 */
static enum exit_action map_gicv(struct armvcpu_vcpu *vcpu, const struct abort *a)
{
	struct armvcpu_vm *vm = vcpu->vm;
	u64 ipa = ALIGN_DOWN(a->ipa, PAGE_SIZE);
	int ret = vm_memory_map_device(&vm->mem, ipa, armvcpu_host.gicv +
				       (ipa - vm->gic_frames[1].start));

	return ret ? exit_memory_fault(vcpu, a, -ret) : EXIT_RETRY;
}

static enum exit_action gic_access(struct armvcpu_vcpu *vcpu, u64 ipa,
				   const struct mmio_access *a, u64 data)
{
	/* No register of a GIC takes an access that is not aligned (IHI0069 12.1.3). */
	if (ipa & (a->len - 1))
		return EXIT_INJECT;
	/* The guest may have changed a timer since the entry. */
	resident_sync(vcpu);
	timer_update_levels(vcpu);
	if (!vgic_mmio(vcpu->vm->gic, &vcpu->gic, ipa, a->len, a->write, &data))
		return EXIT_INJECT;
	gic_accessed(vcpu, ipa, a, data);
	return EXIT_HANDLED;
}

/* What the guest stores, as it is on the bus. */
static __always_inline u64 stored(const struct hyp_vcpu *v, const struct mmio_access *a)
{
	return a->write ? mmio_swap(v, a, mmio_store_data(a, hyp_get_x(v, a->reg))) : 0;
}

/* An access that is decoded and within a page in which there is no memory. */
static __always_inline enum exit_action device_access(struct armvcpu_vcpu *vcpu, u64 ipa,
						       const struct mmio_access *a, bool gic)
{
	u64 data = stored(vcpu->hyp, a);

	if (gic)
		return gic_access(vcpu, ipa, a, data);

	trace_armvcpu_mmio(vcpu->id, ipa, a->len, a->write, data);
	if (a->write && READ_ONCE(vcpu->vm->io) && io_write(vcpu, ipa, a->len, data))
		return EXIT_HANDLED;
	vcpu->stats.mmio++;
	exit_to_vmm(vcpu, ARMVCPU_EXIT_MMIO);
	vcpu->pending.mmio = *a;
	vcpu->run->u.mmio = (struct armvcpu_exit_mmio) {
		.ipa = ipa,
		.data = data,
		.len = a->len,
		.flags = (a->write ? ARMVCPU_MMIO_WRITE : 0) |
			 (a->sign ? ARMVCPU_MMIO_SIGNED : 0) |
			 (a->reg64 ? ARMVCPU_MMIO_REG64 : 0) |
			 (a->acqrel ? ARMVCPU_MMIO_ACQREL : 0),
		.reg = a->reg,
	};
	return EXIT_TO_VMM;
}

/*
 * A load or store that no memory takes. Device memory refuses what is not
 * aligned before stage 2 is looked at (D8.16), so an unaligned access comes
 * from a guest that maps a device as Normal memory. If it crosses into another
 * page the syndrome is not to be trusted with it: some of the bytes may belong
 * to memory. Then it is for the VMM to decide, as without a syndrome. Where
 * the first page is memory and the second a device, the abort is that of an
 * access of full length at the start of the second one; nothing tells the two
 * apart, and all that such a guest gets wrong is its own data.
 */
static enum exit_action mmio_access(struct armvcpu_vcpu *vcpu,
				    const struct abort *f)
{
	bool gic = vm_is_gic(vcpu->vm, f->ipa);
	struct mmio_access a;

	if (mmio_decode(vcpu->hyp->esr, &a) && !mmio_crosses_page(&a, f->ipa))
		return device_access(vcpu, f->ipa, &a, gic);

	/* The GIC is the kernel's, also where it cannot be decoded. */
	if (gic)
		return EXIT_INJECT;
	return exit_mmio_nisv(vcpu, f);
}

/**
 * abort_handle_quick() - handle a data abort at an address of the GIC
 * @vcpu: as for exit_handle_quick() in run.c
 * @ipa: abort_ipa()
 *
 * There is no memory where the GIC is, so the slots need not be asked.
 *
 * Return: as for exit_handle_quick() in run.c; the caller moves the PC.
 */
bool abort_handle_quick(struct armvcpu_vcpu *vcpu, u64 ipa)
{
	struct hyp_vcpu *v = vcpu->hyp;
	struct vgic_answer answer;
	struct mmio_access a;

	if (FSC_CLASS(ESR_FSC(v->esr)) != FSC_TRANSLATION ||
	    v->esr & (ESR_S1PTW | ISS_CM) || !mmio_decode(v->esr, &a) ||
	    ipa & (a.len - 1))
		return false;

	if (vcpu->gic.soft)
		timer_sample(vcpu);
	answer = vgic_mmio_quick(vcpu->vm->gic, &vcpu->gic, ipa, a.len, a.write,
				 stored(v, &a));
	if (!answer.done)
		return false;
	gic_accessed(vcpu, ipa, &a, answer.data);
	return true;
}

/**
 * abort_fill_fast() - give the vector those of the GIC's registers that it can answer
 * @vcpu: its VM has started
 *
 * A GICv3's: GICD_CTLR, TYPER, IIDR; GICR_IIDR and TYPER of its own. A GICv2's: the
 * former. The vector must not give another answer than abort_handle() does.
 */
void abort_fill_fast(struct armvcpu_vcpu *vcpu)
{
	const struct armvcpu_vm *vm = vcpu->vm;
	struct hyp_vcpu *v = vcpu->hyp;
	u64 page[HYP_NR_FAST_PAGES];
	unsigned int i, n;

	if (!vm->gic)
		return;
	page[0] = vm->gic_frames[0].start;
	page[1] = page[0];
	/* Of a GICv2's second frame the vector knows nothing: it may be mapped. */
	if (vm->gic_model == ARMVCPU_GIC_V3)
		page[1] = vm->gic_frames[1].start + vcpu->id * ARMVCPU_GICV3_REDIST_SIZE;
	for (i = 0; i < HYP_NR_FAST_PAGES; i++) {
		v->fast_page[i] = IPA_TO_HPFAR(page[i]);
		for (n = 0; n < HYP_NR_FAST_WORDS; n++) {
			const u64 *word = vgic_fast_word(vm->gic, &vcpu->gic, page[i] + 4 * n,
							 &v->fast_constant[i][n]);

			v->fast_word[i][n] = word ? el2_address(word) : 0;
		}
	}
}

/**
 * mmio_complete() - the VMM has done the access of an exit
 * @vcpu: the vCPU, with &pending_exit.mmio as the exit left it
 * @data: for a load the bytes read, the first in the lowest 8 bits
 *
 * Writes the register of a load. A store, and an access without a syndrome,
 * leave nothing to do: what an instruction of unknown kind has to write is for
 * the VMM to set. The caller moves the PC.
 */
void mmio_complete(struct armvcpu_vcpu *vcpu, u64 data)
{
	const struct mmio_access *a = &vcpu->pending.mmio;

	if (a->len && !a->write)
		finish_load(vcpu->hyp, a, data);
}

/* An address where there is no memory. */
static enum exit_action no_memory(struct armvcpu_vcpu *vcpu,
				  const struct abort *a)
{
	if (a->walk)
		return EXIT_INJECT;
	if (a->maintenance)
		return EXIT_HANDLED;
	if (a->fetch)
		return exit_memory_fault(vcpu, a, ENXIO);
	if (vm_is_gicv(vcpu->vm, a->ipa))
		return map_gicv(vcpu, a);
	return mmio_access(vcpu, a);
}

/* A write to memory that is read-only for the guest. */
static enum exit_action readonly_memory(struct armvcpu_vcpu *vcpu,
					const struct abort *a)
{
	if (a->walk)
		return EXIT_INJECT;
	/* The guest has put nothing there that could be dirty. */
	if (a->maintenance)
		return EXIT_HANDLED;
	return mmio_access(vcpu, a);
}

/*
 * To the guest this is a machine with as many bits of physical address as the
 * VM has of intermediate ones: beyond them stage 1 gives an address size fault.
 */
static bool beyond_memory(const struct hyp_vcpu *v, u64 ipa)
{
	u64 t0sz = v->vtcr & VTCR_T0SZ;

	return t0sz && ipa >> (64 - t0sz);
}

static enum exit_action address_size_fault(struct armvcpu_vcpu *vcpu)
{
	struct hyp_vcpu *v = vcpu->hyp;
	bool instruction = ESR_EC(v->esr) == EC_IABT_LOW;
	u32 wnr = instruction ? 0 : v->esr & ISS_WNR;

	resident_sync(vcpu);
	inject_abort(v, instruction, v->far, FSC_ADDRESS_SIZE | wnr);
	return EXIT_RETRY;
}

static enum exit_action memory_abort(struct armvcpu_vcpu *vcpu)
{
	struct vm_memory *m = &vcpu->vm->mem;
	enum mem_result result;
	struct slot_view view;
	struct abort a;
	u32 error = 0;

	abort_decode(vcpu->hyp, &a);
	if (beyond_memory(vcpu->hyp, a.ipa))
		return address_size_fault(vcpu);

	/* A device costs a look at the slots, no lock. */
	if (!vm_memory_find(m, a.ipa, &view)) {
		/* What does not fault again is no device that is looked up again. */
		if (!vm_is_gicv(vcpu->vm, a.ipa)) {
			vcpu->device.page = a.ipa / MMIO_MIN_PAGE;
			vcpu->device.generation = view.generation;
			vcpu->device.gic = vm_is_gic(vcpu->vm, a.ipa);
		}
		return no_memory(vcpu, &a);
	}
	if (a.write && (view.slot.flags & ARMVCPU_MEM_READONLY))
		return readonly_memory(vcpu, &a);

	vcpu->stats.faults++;
	result = vm_memory_fault(m, &view, a.ipa, fault_flags(&a), a.why, &error);
	trace_armvcpu_fault(vcpu->id, a.ipa, vcpu->hyp->esr, result);
	switch (result) {
	case MEM_MAPPED:
	case MEM_INTR:		/* the run loop sees the signal */
		return EXIT_RETRY;
	case MEM_NONE:		/* the slot went meanwhile */
		return no_memory(vcpu, &a);
	case MEM_READONLY:
		if (a.write)
			return readonly_memory(vcpu, &a);
		error = EFAULT;
		break;
	case MEM_ERROR:
		break;
	}
	return exit_memory_fault(vcpu, &a, error);
}

/*
 * A load or store where there was no slot the last time, and no slot has changed
 * since: most accesses of devices. A slot has all of a page or nothing.
 */
static __always_inline bool is_known_device(const struct armvcpu_vcpu *vcpu)
{
	const struct hyp_vcpu *v = vcpu->hyp;

	return ESR_EC(v->esr) == EC_DABT_LOW && FSC_CLASS(ESR_FSC(v->esr)) == FSC_TRANSLATION &&
	       !(v->esr & (ESR_S1PTW | ISS_CM)) &&
	       vcpu->device.page == abort_ipa(v) / MMIO_MIN_PAGE &&
	       vcpu->device.generation == READ_ONCE(vcpu->vm->mem.generation);
}

/**
 * abort_handle() - handle EC_DABT_LOW and EC_IABT_LOW
 * @vcpu: the vCPU; its thread calls, outside of the switch
 *
 * By the fault status code (D19.2.40):
 *
 * - translation, access flag, permission: memory, devices, see above;
 * - TLB conflict: all entries of the VM go, the conflicting ones among them;
 * - address size, and translation of an address that the VM's IPA space has
 *   not: what an address beyond the physical ones gives, an address size fault
 *   of level 0;
 * - alignment and unsupported exclusive or atomic: due to the type of memory at
 *   stage 2; the guest gets the same fault;
 * - all else, external aborts first of all: an external abort. The error is the
 *   guest's: nothing of the host's was accessed.
 *
 * Context: process context, may sleep.
 * Return: what the run loop does next. EXIT_RETRY also after an exception was
 * put into the vCPU here, because it needs another syndrome than EXIT_INJECT
 * gives.
 */
enum exit_action abort_handle(struct armvcpu_vcpu *vcpu)
{
	struct hyp_vcpu *v = vcpu->hyp;
	bool instruction = ESR_EC(v->esr) == EC_IABT_LOW;
	u32 fsc = ESR_FSC(v->esr);
	struct mmio_access a;

	if (is_known_device(vcpu) && mmio_decode(v->esr, &a) &&
	    !mmio_crosses_page(&a, abort_ipa(v)))
		return device_access(vcpu, abort_ipa(v), &a, vcpu->device.gic);

	switch (fsc) {
	case FSC_TRANSLATION ... FSC_TRANSLATION + 3:
	case FSC_ACCESS_FLAG ... FSC_ACCESS_FLAG + 3:
	case FSC_PERMISSION ... FSC_PERMISSION + 3:
	case FSC_TRANSLATION_M1:
		return memory_abort(vcpu);
	case FSC_TLB_CONFLICT:
		armvcpu_tlb_flush_vmid(&vcpu->vm->mem);
		return EXIT_RETRY;
	case FSC_ADDRESS_SIZE ... FSC_ADDRESS_SIZE + 3:
	case FSC_ADDRESS_SIZE_M1:
		return address_size_fault(vcpu);
	case FSC_ALIGNMENT:
	case FSC_UNSUPPORTED:
		resident_sync(vcpu);
		inject_abort(v, instruction, v->far,
			     fsc | (instruction ? 0 : v->esr & ISS_WNR));
		return EXIT_RETRY;
	default:
		return EXIT_INJECT;
	}
}
