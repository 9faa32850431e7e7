// SPDX-License-Identifier: GPL-2.0-only
/*
 * Aborts: every fault status code, every kind of access to every kind of
 * place, and what the VMM and the GIC get to see of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abort.c"

/* Nested without indentation: all combinations. */
#define EACH(var, n)	for ((var) = 0; (var) < (n); (var)++)

#define IABT		(0x20ULL << 26 | BIT(25))
#define DABT		(0x24ULL << 26 | BIT(25))
#define S1PTW		BIT(7)
#define CM		BIT(8)
#define WNR		BIT(6)
#define ISV		BIT(24)
#define TRANSLATION	0x07
#define ACCESS		0x0b
#define PERMISSION	0x0f

#define VA		0xffff800010000abcULL
#define PAGE		0x40201000ULL
#define VECTOR		(0x200000ULL + 0x200)

static struct armvcpu_vm vm;
static struct armvcpu_vcpu vcpu;
static struct hyp_vcpu hyp, saved;
static struct armvcpu_run run;

/* Guest memory, and what it was asked for. */
static bool has, readonly;
static enum mem_abort why_asked;
static enum mem_result mem_result;
static int map_result;
static u32 mem_error, flags_asked;
static u64 ipa_asked;
static unsigned int finds, faults, flushes, gic_calls, reports, syncs;

struct armvcpu_host armvcpu_host;

/* The GIC. */
static unsigned int samples, maps;
static u64 map_ipa, map_pa;
static bool gic_takes, gic_quick;
static u64 gic_data, gic_ipa;
static unsigned int gic_len;
static bool gic_write;
static char some_gic;

bool vm_memory_find(struct vm_memory *m, u64 ipa, struct slot_view *view)
{
	assert_ptr_equal(m, &vm.mem);
	ipa_asked = ipa;
	finds++;
	view->generation = m->generation;
	if (has)
		*view = (struct slot_view) {
			.slot.flags = readonly ? ARMVCPU_MEM_READONLY : 0,
			.generation = 7,
		};
	return has;
}

enum mem_result vm_memory_fault(struct vm_memory *m, struct slot_view *view, u64 ipa,
				u32 fault_flags, enum mem_abort why, u32 *error)
{
	assert_ptr_equal(m, &vm.mem);
	assert_true(ipa == ipa_asked);
	assert_int_equal(view->generation, 7);
	faults++;
	flags_asked = fault_flags;
	why_asked = why;
	if (mem_result == MEM_ERROR)
		*error = mem_error;
	return mem_result;
}

void timer_update_levels(struct armvcpu_vcpu *vcpu)
{
	(void)vcpu;
}

void timer_sample(struct armvcpu_vcpu *v)
{
	assert_ptr_equal(v, &vcpu);
	/* before the vGIC is asked */
	assert_int_equal(gic_calls, 0);
	samples++;
}

int vm_memory_map_device(struct vm_memory *m, u64 ipa, u64 pa)
{
	assert_ptr_equal(m, &vm.mem);
	maps++;
	map_ipa = ipa;
	map_pa = pa;
	return map_result;
}

/* What is injected goes to registers that may not be in memory. */
void resident_sync(struct armvcpu_vcpu *v)
{
	assert_ptr_equal(v, &vcpu);
	syncs++;
}

const u64 *vgic_fast_word(struct vgic *g, struct vgic_cpu *c, u64 ipa, u64 *constant)
{
	return NULL;
}

u64 el2_address(const void *p)
{
	return (u64)p;
}

struct vgic_answer vgic_mmio_quick(struct vgic *g, struct vgic_cpu *c, u64 ipa,
				   unsigned int len, bool write, u64 data)
{
	bool done = gic_quick && vgic_mmio(g, c, ipa, len, write, &data);

	return (struct vgic_answer) { .done = done, .data = data };
}

bool vgic_mmio(struct vgic *g, struct vgic_cpu *c, u64 ipa, unsigned int len,
	       bool write, u64 *data)
{
	assert_ptr_equal(g, &some_gic);
	assert_ptr_equal(c, &vcpu.gic);
	gic_calls++;
	gic_ipa = ipa;
	gic_len = len;
	gic_write = write;
	if (write)
		gic_data = *data;
	else
		*data = gic_data;
	return gic_takes;
}

/* Stores that are no exits. */
static bool io_takes;
static u64 io_ipa, io_data;
static unsigned int io_calls, io_len;

bool io_write(struct armvcpu_vcpu *v, u64 ipa, unsigned int len, u64 data)
{
	assert_ptr_equal(v, &vcpu);
	assert_non_null(v->vm->io);
	io_calls++;
	io_ipa = ipa;
	io_len = len;
	io_data = data;
	return io_takes;
}

void armvcpu_tlb_flush_vmid(struct vm_memory *m)
{
	assert_ptr_equal(m, &vm.mem);
	flushes++;
}

void exit_to_vmm(struct armvcpu_vcpu *v, u32 reason)
{
	assert_ptr_equal(v, &vcpu);
	reports++;
	memset(&run, 0, sizeof(run));
	run.exit_reason = reason;
	v->pending.reason = reason;
}

static void fresh(u64 esr)
{
	unsigned int i;

	memset(&vm, 0, sizeof(vm));
	memset(&vcpu, 0, sizeof(vcpu));
	memset(&hyp, 0, sizeof(hyp));
	memset(&run, 0xee, sizeof(run));
	vcpu.vm = &vm;
	vcpu.hyp = &hyp;
	vcpu.run = &run;
	vcpu.pending.mmio = (struct mmio_access) { .len = 4, .reg = 3 };	/* of old */
	for (i = 0; i < 31; i++)
		hyp.x[i] = 0x8877665544332200ULL + i;
	hyp.pc = 0x80000;
	hyp.pstate = 0x3c5;
	hyp.sysreg[HYP_VBAR_EL1] = 0x200000;
	hyp.vtcr = 64 - 40;
	hyp.esr = esr;
	hyp.far = VA;
	hyp.hpfar = PAGE >> 8;
	has = readonly = gic_takes = gic_quick = io_takes = false;
	io_calls = 0;
	why_asked = MEM_UNMAPPED;
	mem_result = MEM_MAPPED;
	mem_error = 0;
	finds = faults = flushes = gic_calls = reports = syncs = samples = maps = 0;
	saved = hyp;
}

static enum exit_action go(void)
{
	enum exit_action action;

	saved = hyp;
	action = abort_handle(&vcpu);
	/* What is written there is lost if the CPU still has the registers. */
	if (memcmp(hyp.sysreg, saved.sysreg, sizeof(hyp.sysreg)))
		assert_int_not_equal(syncs, 0);
	return action;
}

static void guest_unchanged(void)
{
	assert_memory_equal(&hyp, &saved, sizeof(hyp));
}

static void guest_took(u64 esr)
{
	assert_true(hyp.sysreg[HYP_ESR_EL1] == esr);
	assert_true(hyp.sysreg[HYP_FAR_EL1] == VA);
	assert_true(hyp.sysreg[HYP_ELR_EL1] == 0x80000);
	assert_true(hyp.pc == VECTOR);
}

static void ipa(void **state)
{
	unsigned int b;

	for (b = 4; b < 44; b++) {
		fresh(DABT | TRANSLATION);
		hyp.hpfar = BIT_ULL(b);
		assert_true(abort_ipa(&hyp) == (BIT_ULL(b + 8) | 0xabc));
		hyp.esr |= S1PTW;
		assert_true(abort_ipa(&hyp) == BIT_ULL(b + 8));
	}
	/* NS and what may come to be there are not address. */
	hyp.hpfar = ~GENMASK_ULL(43, 4);
	assert_true(abort_ipa(&hyp) == 0);
}

static void every_status_code(void **state)
{
	unsigned int fsc, fetch, wnr;

	EACH(fsc, 64)
	EACH(fetch, 2)
	EACH(wnr, 2) {
		u64 ec = fetch ? 0x21ULL << 26 : 0x25ULL << 26;
		enum exit_action action;

		fresh((fetch ? IABT : DABT) | (wnr ? WNR : 0) | fsc);
		has = true;
		action = go();
		switch (fsc) {
		case 0x04 ... 0x0f:
		case 0x2b:
			assert_int_equal(action, EXIT_RETRY);
			assert_int_equal(faults, 1);
			assert_int_equal(why_asked, fsc >= 0x0c && fsc <= 0x0f ? MEM_PERMISSION :
					 fsc >= 0x08 && fsc <= 0x0b ? MEM_OLD : MEM_UNMAPPED);
			guest_unchanged();
			break;
		case 0x30:
			assert_int_equal(action, EXIT_RETRY);
			assert_int_equal(flushes, 1);
			guest_unchanged();
			break;
		case 0x00 ... 0x03:
		case 0x29:
			assert_int_equal(action, EXIT_RETRY);
			guest_took(ec | BIT(25) | (wnr && !fetch ? WNR : 0));
			break;
		case 0x21:
		case 0x35:
			assert_int_equal(action, EXIT_RETRY);
			guest_took(ec | BIT(25) | (wnr && !fetch ? WNR : 0) | fsc);
			break;
		default:
			assert_int_equal(action, EXIT_INJECT);
			guest_unchanged();
			break;
		}
		assert_int_equal(faults, fsc == 0x2b || (fsc >= 4 && fsc <= 15));
		assert_int_equal(flushes, fsc == 0x30);
		assert_int_equal(reports, 0);
	}
}

enum access { READ, WRITE, FETCH, MAINTENANCE, WALK_DATA, WALK_WRITE, WALK_FETCH,
	      ACCESSES };

static const u64 access_esr[ACCESSES] = {
	[READ] = DABT | ISV | 2 << 22 | 5 << 16,
	[WRITE] = DABT | ISV | 2 << 22 | 5 << 16 | WNR,
	[FETCH] = IABT | WNR | CM,	/* RES0 there */
	[MAINTENANCE] = DABT | CM | WNR,
	[WALK_DATA] = DABT | S1PTW,
	[WALK_WRITE] = DABT | S1PTW | WNR,
	[WALK_FETCH] = IABT | S1PTW,
};

/* What is asked of memory; a permission fault has another meaning for walks. */
static void memory(void **state)
{
	static const u32 codes[] = { TRANSLATION, ACCESS, PERMISSION };
	unsigned int a, c, ro, r;

	EACH(a, ACCESSES)
	EACH(c, 3)
	EACH(ro, 2)
	EACH(r, MEM_INTR + 1) {
		bool perm = codes[c] == PERMISSION;
		bool walk = a >= WALK_DATA;
		bool write = a == WRITE || ((walk || a == MAINTENANCE) && perm);
		u32 flags = (write ? ARMVCPU_FAULT_WRITE : 0) |
			    (a == FETCH ? ARMVCPU_FAULT_EXEC : 0) |
			    (walk ? ARMVCPU_FAULT_PTW : 0);
		bool none = r == MEM_NONE && !(write && ro);
		bool refused = (write && ro) || (r == MEM_READONLY && write);
		enum exit_action action;

		fresh(access_esr[a] | codes[c]);
		has = true;
		readonly = ro;
		mem_result = r;
		mem_error = 12;
		action = go();
		assert_true(ipa_asked == (walk ? PAGE : PAGE | 0xabc));
		assert_int_equal(faults, !(write && ro));
		if (faults) {
			assert_int_equal(flags_asked, flags);
			assert_int_equal(why_asked == MEM_PERMISSION, perm);
		}
		guest_unchanged();

		if ((refused || none) && walk) {
			assert_int_equal(action, EXIT_INJECT);
		} else if ((refused || none) && a == MAINTENANCE) {
			assert_int_equal(action, EXIT_HANDLED);
		} else if (refused || (none && a != FETCH)) {
			assert_int_equal(action, EXIT_TO_VMM);
			assert_int_equal(run.exit_reason, ARMVCPU_EXIT_MMIO);
		} else if (r == MEM_MAPPED || r == MEM_INTR) {
			assert_int_equal(action, EXIT_RETRY);
		} else {
			u32 error = none ? 6 : r == MEM_ERROR ? 12 : 14;

			assert_int_equal(action, EXIT_TO_VMM);
			assert_int_equal(run.exit_reason, ARMVCPU_EXIT_MEMORY_FAULT);
			assert_true(run.u.memory_fault.ipa == ipa_asked);
			assert_int_equal(run.u.memory_fault.flags, flags);
			assert_int_equal(run.u.memory_fault.error, error);
		}
		assert_int_equal(reports, action == EXIT_TO_VMM);
	}
}

static void no_memory_there(void **state)
{
	static const u32 codes[] = { TRANSLATION, ACCESS, PERMISSION };
	unsigned int a, c;

	EACH(a, ACCESSES)
	EACH(c, 3) {
		fresh(access_esr[a] | codes[c]);
		switch (a) {
		case READ:
		case WRITE:
			assert_int_equal(go(), EXIT_TO_VMM);
			assert_int_equal(run.exit_reason, ARMVCPU_EXIT_MMIO);
			break;
		case FETCH:
			assert_int_equal(go(), EXIT_TO_VMM);
			assert_int_equal(run.exit_reason, ARMVCPU_EXIT_MEMORY_FAULT);
			assert_int_equal(run.u.memory_fault.flags, ARMVCPU_FAULT_EXEC);
			assert_int_equal(run.u.memory_fault.error, 6);
			break;
		case MAINTENANCE:
			assert_int_equal(go(), EXIT_HANDLED);
			break;
		default:
			assert_int_equal(go(), EXIT_INJECT);
			break;
		}
		assert_int_equal(faults, 0);
		guest_unchanged();
	}
}

/* Beyond the IPA space there is not even a device. */
static void beyond(void **state)
{
	unsigned int n, fetch;

	EACH(n, 17)
	EACH(fetch, 2) {
		unsigned int bits = 32 + n;

		fresh((fetch ? IABT : DABT | ISV) | 0x04);
		hyp.vtcr = 64 - bits;
		hyp.hpfar = BIT_ULL(bits) >> 8;
		hyp.far = VA & ~0xfffULL;
		assert_int_equal(go(), EXIT_RETRY);
		assert_true(hyp.sysreg[HYP_ESR_EL1] ==
			    ((fetch ? 0x21ULL : 0x25ULL) << 26 | BIT(25)));
		assert_true(hyp.pc == VECTOR);
		assert_int_equal(reports, 0);

		fresh((fetch ? IABT : DABT | ISV) | 0x04);
		hyp.vtcr = 64 - bits;
		hyp.hpfar = (BIT_ULL(bits) - 4096) >> 8;
		assert_int_equal(go(), EXIT_TO_VMM);
		guest_unchanged();
	}
}

static u64 mask(unsigned int len)
{
	return len == 8 ? ~0ULL : (1ULL << 8 * len) - 1;
}

static u64 mmio_esr(unsigned int sas, bool sse, unsigned int reg, bool sf, bool write)
{
	return DABT | ISV | sas << 22 | sse << 21 | reg << 16 | sf << 15 |
	       (write ? WNR : 0) | TRANSLATION;
}

static void mmio_exits(void **state)
{
	unsigned int sas, sse, reg, sf, write, r;

	EACH(sas, 4)
	EACH(sse, 2)
	EACH(sf, 2)
	EACH(write, 2)
	EACH(reg, 32) {
		unsigned int len = 1 << sas;
		u64 x = reg == 31 ? 0 : 0x8877665544332200ULL + reg;
		u64 want;

		fresh(mmio_esr(sas, sse, reg, sf, write) | (reg & 1) << 14);
		hyp.far = VA & ~7ULL;
		assert_int_equal(go(), EXIT_TO_VMM);
		guest_unchanged();
		assert_int_equal(run.exit_reason, ARMVCPU_EXIT_MMIO);
		assert_true(run.u.mmio.ipa == (PAGE | 0xab8));
		assert_true(run.u.mmio.data == (write ? x & mask(len) : 0));
		assert_int_equal(run.u.mmio.len, len);
		assert_int_equal(run.u.mmio.flags,
				 (write ? 1 : 0) | (sse && !write ? 2 : 0) |
				 (sf ? 4 : 0) | (reg & 1 ? 8 : 0));
		assert_int_equal(run.u.mmio.reg, reg);

		/* The VMM scribbles over the page: it is the copy that counts. */
		memset(&run, 0x77, sizeof(run));
		mmio_complete(&vcpu, 0xf1e2d3c4b5a69788);
		want = 0xf1e2d3c4b5a69788 & mask(len);
		if (sse && want >> (8 * len - 1))
			want |= ~mask(len);
		if (!sf)
			want = (u32)want;
		for (r = 0; r < 31; r++)
			assert_true(hyp.x[r] == (r == reg && !write ? want :
						 0x8877665544332200ULL + r));
		memcpy(saved.x, hyp.x, sizeof(saved.x));
		guest_unchanged();
	}
}

/* Stores that somebody takes are no exits; loads, and VMs without any, ask nobody. */
static void stores_without_exit(void **state)
{
	unsigned int sas, write, some, takes;

	EACH(sas, 4)
	EACH(write, 2)
	EACH(some, 2)
	EACH(takes, 2) {
		bool asked = write && some, done = asked && takes;

		fresh(mmio_esr(sas, false, 5, true, write));
		vm.io = some ? (void *)&some_gic : NULL;
		io_takes = takes;
		assert_int_equal(go(), done ? EXIT_HANDLED : EXIT_TO_VMM);
		assert_int_equal(io_calls, asked);
		assert_int_equal(reports, !done);
		if (asked) {
			assert_true(io_ipa == (PAGE | 0xabc));
			assert_int_equal(io_len, 1 << sas);
			assert_true(io_data == (0x8877665544332205 & mask(1 << sas)));
		}
		guest_unchanged();
	}
	/* where it cannot be decoded nobody is asked */
	fresh(DABT | TRANSLATION | WNR);
	vm.io = (void *)&some_gic;
	io_takes = true;
	assert_int_equal(go(), EXIT_TO_VMM);
	assert_int_equal(io_calls, 0);
}

static void no_syndrome(void **state)
{
	unsigned int write;

	for (write = 0; write < 2; write++) {
		fresh(DABT | TRANSLATION | (write ? WNR : 0) | 0x00ff8000);
		vm.gic = (void *)&some_gic;
		gic_takes = true;
		assert_int_equal(go(), EXIT_TO_VMM);
		assert_int_equal(gic_calls, 0);
		assert_int_equal(run.exit_reason, ARMVCPU_EXIT_MMIO_NISV);
		assert_true(run.u.mmio.ipa == (PAGE | 0xabc));
		assert_true(run.u.mmio.data == 0);
		assert_int_equal(run.u.mmio.len, 0);
		assert_int_equal(run.u.mmio.flags, write);
		assert_int_equal(run.u.mmio.reg, 0);
		mmio_complete(&vcpu, ~0ULL);
		guest_unchanged();
	}
}

/* What reaches into a second page is not told as if it were in one. */
static void page_border(void **state)
{
	unsigned int sas, off;

	EACH(sas, 4)
	EACH(off, 4096) {
		bool cross = off + (1 << sas) > 4096;

		fresh(mmio_esr(sas, false, 5, true, true));
		hyp.far = (VA & ~0xfffULL) | off;
		assert_int_equal(go(), EXIT_TO_VMM);
		assert_int_equal(run.exit_reason, cross ? ARMVCPU_EXIT_MMIO_NISV :
							  ARMVCPU_EXIT_MMIO);
		assert_true(run.u.mmio.ipa == (PAGE | off));
		assert_true(cross || run.u.mmio.data ==
			    (0x8877665544332205 & mask(1 << sas)));
	}
}

static void gic(void **state)
{
	unsigned int sas, write, off;

	EACH(sas, 4)
	EACH(write, 2)
	EACH(off, 8) {
		unsigned int len = 1 << sas;
		bool aligned = !(off % len);

		fresh(mmio_esr(sas, true, 9, true, write));
		hyp.far = 0x100 + off;
		vm.gic = (void *)&some_gic;
		vm.gic_frames[0] = (struct ipa_range) { PAGE, 0x1000 };
		gic_takes = true;
		gic_data = 0x8182838485868788;
		if (!aligned) {
			assert_int_equal(go(), EXIT_INJECT);
			assert_int_equal(gic_calls, 0);
			continue;
		}
		assert_int_equal(go(), EXIT_HANDLED);
		assert_int_not_equal(syncs, 0);
		assert_int_equal(reports, 0);
		assert_true(gic_ipa == (PAGE | hyp.far));
		assert_int_equal(gic_len, len);
		assert_int_equal(gic_write, write);
		if (write)
			assert_true(gic_data == (0x8877665544332209 & mask(len)));
		else
			saved.x[9] = 0x8182838485868788 | ~mask(len);
		guest_unchanged();

		/* It does not take it after all. */
		fresh(mmio_esr(sas, true, 9, true, write));
		vm.gic = (void *)&some_gic;
		vm.gic_frames[0] = (struct ipa_range) { PAGE, 0x1000 };
		assert_int_equal(go(), EXIT_INJECT);
		guest_unchanged();

		/* Not its address: the VMM gets it, and nobody else is asked. */
		fresh(mmio_esr(sas, true, 9, true, write));
		hyp.far = 0x100 + off;
		vm.gic = (void *)&some_gic;
		assert_int_equal(go(), EXIT_TO_VMM);
		assert_int_equal(gic_calls, 0);
		assert_int_equal(syncs, 0);
		assert_true(run.u.mmio.data ==
			    (write ? 0x8877665544332209 & mask(len) : 0));
		guest_unchanged();
	}
}

static bool go_quick(u64 esr, bool quick)
{
	fresh(esr);
	hyp.far = 0x100;
	vm.gic = (void *)&some_gic;
	vm.gic_frames[1] = (struct ipa_range) { PAGE, 0x1000 };
	gic_takes = true;
	gic_quick = quick;
	gic_data = 0x8182838485868788;
	saved = hyp;
	return abort_handle_quick(&vcpu, abort_ipa(&hyp));
}

/* With IRQs off only what is the GIC's and takes no time; else nothing happens. */
static void gic_with_irqs_off(void **state)
{
	unsigned int sas, write;

	EACH(sas, 4)
	EACH(write, 2) {
		u64 esr = mmio_esr(sas, true, 9, true, write);
		unsigned int len = 1 << sas;

		assert_true(go_quick(esr, true));
		assert_int_equal(gic_calls, 1);
		assert_int_equal(samples, 0);
		assert_true(gic_ipa == (PAGE | 0x100));
		assert_int_equal(gic_len, len);
		assert_int_equal(gic_write, write);
		if (write)
			assert_true(gic_data == (0x8877665544332209 & mask(len)));
		else
			saved.x[9] = 0x8182838485868788 | ~mask(len);
		guest_unchanged();

		assert_false(go_quick(esr, false));
		guest_unchanged();
		assert_false(go_quick(esr | ESR_S1PTW, true));
		assert_false(go_quick(esr & ~BIT_ULL(24), true));
		assert_int_equal(gic_calls, 0);
		guest_unchanged();

		fresh(esr);
		hyp.far = 0x101;
		vm.gic = (void *)&some_gic;
		vm.gic_frames[1] = (struct ipa_range) { PAGE, 0x1000 };
		gic_takes = gic_quick = true;
		assert_int_equal(abort_handle_quick(&vcpu, abort_ipa(&hyp)), len == 1);
	}
}

/* A CPU interface in software learns first that the timer's line has fallen. */
static void gic_in_software(void **state)
{
	fresh(mmio_esr(2, false, 9, false, false));
	vm.gic = (void *)&some_gic;
	vm.gic_frames[1] = (struct ipa_range) { PAGE, 0x2000 };
	hyp.far = 0xc;
	vcpu.gic.soft = true;
	gic_takes = gic_quick = true;
	assert_true(abort_handle_quick(&vcpu, abort_ipa(&hyp)));
	assert_int_equal(samples, 1);
	assert_int_equal(gic_calls, 1);
}

/*
 * The host's GICV: its first page, at any access but a fetch, each time it is missing. In
 * the second one is DIR, which traps.
 */
static void gicv(void **state)
{
	unsigned int page, n;

	armvcpu_host.gicv = 0xf9060000;
	EACH(page, 3)
	EACH(n, 3) {
		/* a syndrome, none, one of an access that is not aligned */
		u64 esr = n == 1 ? DABT | TRANSLATION : mmio_esr(2, false, 9, false, true);

		fresh(esr);
		vm.gic = (void *)&some_gic;
		vm.gic_iface = VGIC_IFACE_V2;
		vm.gic_frames[0] = (struct ipa_range) { PAGE - 0x10000, 0x1000 };
		vm.gic_frames[1] = (struct ipa_range) { PAGE, 0x2000 };
		hyp.hpfar = (PAGE + page * 0x1000) >> 8;
		hyp.far = n == 2 ? 0x11 : 0x10;
		maps = 0;
		if (page == 1) {
			gic_takes = true;
			assert_int_equal(go(), n ? EXIT_INJECT : EXIT_HANDLED);
			assert_int_equal(gic_calls, n == 0);
			assert_int_equal(maps, 0);
			if (n)
				continue;
			assert_int_equal(syncs, 1);
			assert_true(gic_ipa == PAGE + 0x1010);
			/* looked up as a device the next time */
			assert_int_equal(go(), EXIT_HANDLED);
			assert_int_equal(finds, 1);
			continue;
		}
		if (page == 2) {
			assert_int_equal(go(), EXIT_TO_VMM);
			assert_int_equal(maps, 0);
			continue;
		}
		assert_int_equal(go(), EXIT_RETRY);
		assert_int_equal(maps, 1);
		assert_true(map_ipa == PAGE + page * 0x1000);
		assert_true(map_pa == 0xf9060000 + page * 0x1000);
		assert_int_equal(gic_calls, 0);
		guest_unchanged();
		/* it was unmapped */
		assert_int_equal(go(), EXIT_RETRY);
		assert_int_equal(maps, 2);
		/* it cannot be */
		map_result = -ERANGE;
		assert_int_equal(go(), EXIT_TO_VMM);
		assert_int_equal(run.exit_reason, ARMVCPU_EXIT_MEMORY_FAULT);
		assert_int_equal(run.u.memory_fault.error, ERANGE);
		assert_int_equal(gic_calls, 0);
		/* code and tables are not there */
		map_result = 0;
		maps = 0;
		hyp.esr = IABT | TRANSLATION;
		assert_int_equal(go(), EXIT_TO_VMM);
		hyp.esr = esr | ESR_S1PTW;
		assert_int_equal(go(), EXIT_INJECT);
		assert_int_equal(maps, 0);
		/* the distributor is the kernel's */
		fresh(mmio_esr(2, false, 9, false, true));
		vm.gic = (void *)&some_gic;
		vm.gic_iface = VGIC_IFACE_V2;
		vm.gic_frames[0] = (struct ipa_range) { PAGE, 0x1000 };
		hyp.far = 0x10;
		gic_takes = true;
		assert_int_equal(go(), EXIT_HANDLED);
		assert_int_equal(maps, 0);
	}
}

static void big_endian(void **state)
{
	unsigned int sas;

	for (sas = 0; sas < 4; sas++) {
		unsigned int len = 1 << sas, b;

		fresh(mmio_esr(sas, true, 9, true, true));
		hyp.far = 0;
		hyp.sysreg[HYP_SCTLR_EL1] = BIT(25);
		assert_int_equal(go(), EXIT_TO_VMM);
		for (b = 0; b < 8; b++)
			assert_int_equal((u8)(run.u.mmio.data >> 8 * b), b >= len ? 0 :
					 (u8)(0x8877665544332209 >> 8 * (len - 1 - b)));

		/* 0x81 comes first in memory, so it is the top, with the sign. */
		fresh(mmio_esr(sas, true, 9, true, false));
		hyp.far = 0;
		hyp.sysreg[HYP_SCTLR_EL1] = BIT(25);
		assert_int_equal(go(), EXIT_TO_VMM);
		mmio_complete(&vcpu, 0x8887868584838281);
		saved.x[9] = (s64)0x8182838485868788 >> (64 - 8 * len);
		guest_unchanged();
	}
}

/* One more access of a device; were the slots asked about it? */
static bool asks(u64 esr, u64 page)
{
	unsigned int before = finds;

	hyp.esr = esr;
	hyp.hpfar = page >> 8;
	assert_int_equal(go(), EXIT_TO_VMM);
	assert_true(run.u.mmio.ipa == (page | (VA & 0xfff)));
	return finds != before;
}

/* The slots are asked about a page once, until they change. */
static void known_device(void **state)
{
	const u64 load = mmio_esr(2, false, 3, false, false);
	const u64 store = mmio_esr(2, false, 3, false, true);

	fresh(0);
	vcpu.device.page = ~0ULL;
	assert_true(asks(load, PAGE));
	assert_false(asks(load, PAGE));
	assert_false(asks(store, PAGE));
	/* another page, and back: one is known */
	assert_true(asks(load, PAGE + 4096));
	assert_false(asks(store, PAGE + 4096));
	assert_true(asks(load, PAGE));
	/* a slot has changed somewhere */
	vm.mem.generation++;
	assert_true(asks(load, PAGE));
	assert_false(asks(load, PAGE));
	/* and now there is one: no exit, the guest tries again */
	vm.mem.generation++;
	has = true;
	hyp.esr = load;
	assert_int_equal(go(), EXIT_RETRY);
	assert_int_equal(faults, 1);

	/* what is no load or store of a device asks in any case */
	has = false;
	vm.mem.generation++;
	assert_true(asks(load, PAGE));
	finds = 0;
	hyp.esr = load | S1PTW;
	assert_int_equal(go(), EXIT_INJECT);
	hyp.esr = IABT | TRANSLATION;
	assert_int_equal(go(), EXIT_TO_VMM);
	assert_int_equal(run.exit_reason, ARMVCPU_EXIT_MEMORY_FAULT);
	assert_int_equal(finds, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipa),
		cmocka_unit_test(every_status_code),
		cmocka_unit_test(memory),
		cmocka_unit_test(no_memory_there),
		cmocka_unit_test(beyond),
		cmocka_unit_test(mmio_exits),
		cmocka_unit_test(stores_without_exit),
		cmocka_unit_test(no_syndrome),
		cmocka_unit_test(page_border),
		cmocka_unit_test(gic),
		cmocka_unit_test(gic_with_irqs_off),
		cmocka_unit_test(gic_in_software),
		cmocka_unit_test(gicv),
		cmocka_unit_test(big_endian),
		cmocka_unit_test(known_device),
	};

	return cmocka_run_group_tests_name("abort", tests, NULL, NULL);
}
