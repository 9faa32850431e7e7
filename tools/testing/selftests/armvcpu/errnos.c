// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every ioctl in every state of its object, with the errno that api.rst gives,
 * from one table; then garbage in every field of every structure.
 */
#define _GNU_SOURCE
#include <fcntl.h>

#include "testlib.h"

/* ---- states -------------------------------------------------------------------------- */

GUEST(g_mmio,
	"1: ldr	x1, [x26]\n"
	"b	1b");
GUEST(g_off,
	"movz	x0, #0x8400, lsl #16\n"
	"movk	x0, #2\n"
	"hvc	#0\n"
	"b	.");
GUEST(g_end,
	"movz	x0, #0x8400, lsl #16\n"
	"movk	x0, #8\n"
	"hvc	#0\n"
	"b	.");

/* The states that a VM and its vCPU 0 can be in; each adds to the one it names. */
enum state {
	S_EMPTY,	/* a VM without anything; no vCPU */
	S_VCPU,		/* a vCPU, never run */
	S_VCPU_OFF,	/* the same, created switched off */
	S_GIC,		/* GIC and vCPU, never run */
	S_RUN,		/* has been run, an MMIO exit is open */
	S_RUN_GIC,	/* the same with a GIC */
	S_OFF,		/* the guest called CPU_OFF */
	S_ENDED,	/* the guest called SYSTEM_OFF */
	NR_STATES
};

static const char *const state_names[] = {
	"empty", "vcpu", "vcpu off", "gic", "run", "run with gic", "off", "ended",
};

struct machine {
	struct vm *vm;
	struct vcpu *v;		/* NULL in S_EMPTY */
};

static struct machine make(enum state s)
{
	struct machine m = { .vm = vm_create(0) };

	if (s == S_EMPTY)
		return m;
	if (s == S_GIC || s == S_RUN_GIC)
		vm_add_gic(m.vm, 64, 4);
	m.v = s == S_VCPU_OFF ? vcpu_create_off(m.vm, 0) : vcpu_create(m.vm, 0);
	if (s == S_VCPU || s == S_VCPU_OFF || s == S_GIC)
		return m;
	vcpu_start(m.v, s == S_OFF ? g_off : s == S_ENDED ? g_end : g_mmio);
	vcpu_run(m.v);
	EXPECT_EXIT(m.v, s == S_OFF ? ARMVCPU_EXIT_CPU_OFF :
		    s == S_ENDED ? ARMVCPU_EXIT_SYSTEM_OFF : ARMVCPU_EXIT_MMIO);
	return m;
}

/* ---- calls ---------------------------------------------------------------------------- */

static int c_memory_add(struct machine *m)
{
	return vm_memory_raw(m->vm, SLOT_TEST, 0, 0x80000000, m->vm->info.page_size,
			     mem_alloc(m->vm->info.page_size));
}

static int c_memory_delete(struct machine *m)
{
	return vm_memory_raw(m->vm, SLOT_RAM, 0, 0, 0, NULL);
}

static int c_memory_delete_none(struct machine *m)
{
	return vm_memory_raw(m->vm, SLOT_TEST, 0, 0, 0, NULL);
}

static int c_memory_again(struct machine *m)
{
	return vm_memory_raw(m->vm, SLOT_RAM, 0, 0x80000000, m->vm->info.page_size,
			     mem_alloc(m->vm->info.page_size));
}

static int c_vcpu_new(struct machine *m)
{
	int fd = vcpu_create_raw(m->vm, 1, 1, 0);

	return fd > 0 ? 0 : fd;
}

static int c_vcpu_same_id(struct machine *m)
{
	int fd = vcpu_create_raw(m->vm, 0, 1, 0);

	return fd > 0 ? 0 : fd;
}

static int c_vcpu_same_mpidr(struct machine *m)
{
	int fd = vcpu_create_raw(m->vm, 1, 0, 0);

	return fd > 0 ? 0 : fd;
}

static int create_gic(struct vm *vm, u32 nr_irqs, u64 dist, u64 redist, u32 count)
{
	struct armvcpu_create_gic arg = {
		.size = sizeof(arg), .model = ARMVCPU_GIC_V3, .nr_irqs = nr_irqs,
		.dist_ipa = dist, .redist_ipa = redist, .redist_count = count,
	};

	return ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &arg);
}

static int c_gic(struct machine *m)
{
	struct armvcpu_create_gic arg = gic_config(&m->vm->info, 64, 4);

	return ioctl_raw(m->vm->fd, ARMVCPU_CREATE_GIC, &arg);
}

static int c_spi(struct machine *m)
{
	return irq_line_raw(m->vm, ARMVCPU_IRQ_SPI, 32, 0, 1);
}

static int c_ppi(struct machine *m)
{
	return irq_line_raw(m->vm, ARMVCPU_IRQ_PPI, 20, 0, 1);
}

static int c_ppi_nobody(struct machine *m)
{
	return irq_line_raw(m->vm, ARMVCPU_IRQ_PPI, 20, 3, 1);
}

static int c_pin(struct machine *m)
{
	return irq_line_raw(m->vm, ARMVCPU_IRQ_CPU_IRQ, 0, 0, 1);
}

static int c_pin_nobody(struct machine *m)
{
	return irq_line_raw(m->vm, ARMVCPU_IRQ_CPU_FIQ, 0, 3, 0);
}

static int c_run(struct machine *m)
{
	return vcpu_run_raw(m->v);
}

static int c_run_immediate(struct machine *m)
{
	int ret;

	m->v->run->immediate_exit = 1;
	ret = vcpu_run_raw(m->v);
	m->v->run->immediate_exit = 0;
	return ret;
}

static int c_run_bad_answer(struct machine *m)
{
	m->v->run->answer = 3;
	return vcpu_run_raw(m->v);
}

static int c_get_regs(struct machine *m)
{
	static struct armvcpu_regs r;

	return ioctl_raw(m->v->fd, ARMVCPU_GET_REGS, &r);
}

static int c_set_regs(struct machine *m)
{
	struct armvcpu_regs r = { .pstate = PSTATE_EL1H, .pc = (u64)g_mmio };

	return ioctl_raw(m->v->fd, ARMVCPU_SET_REGS, &r);
}

static int c_set_regs_bad(struct machine *m)
{
	struct armvcpu_regs r = { .pstate = 0x3c9 };

	return ioctl_raw(m->v->fd, ARMVCPU_SET_REGS, &r);
}

static int c_get_fp(struct machine *m)
{
	static struct armvcpu_fpregs r;

	return ioctl_raw(m->v->fd, ARMVCPU_GET_FPREGS, &r);
}

static int c_set_fp(struct machine *m)
{
	static struct armvcpu_fpregs r;

	return ioctl_raw(m->v->fd, ARMVCPU_SET_FPREGS, &r);
}

static int c_get_sys(struct machine *m)
{
	u64 value;

	return get_sysreg_raw(m->v, SYS_TPIDR_EL0, &value);
}

static int c_set_sys(struct machine *m)
{
	return set_sysreg_raw(m->v, SYS_TPIDR_EL0, 1);
}

static int c_get_sys_none(struct machine *m)
{
	u64 value;

	return get_sysreg_raw(m->v, SYS(3, 7, 15, 15, 7), &value);
}

static int c_set_sys_readonly(struct machine *m)
{
	return set_sysreg_raw(m->v, SYS_MIDR_EL1, 1);
}

static int c_list(struct machine *m)
{
	static struct armvcpu_sysreg regs[ARMVCPU_MAX_SYSREGS];
	struct armvcpu_sysregs arg = {
		.count = ARMVCPU_MAX_SYSREGS, .entries = (u64)regs,
	};

	return ioctl_raw(m->v->fd, ARMVCPU_LIST_SYSREGS, &arg);
}

static int c_reset(struct machine *m)
{
	return vcpu_reset_raw(m->v, 0, 0, 0);
}

static int c_reset_off(struct machine *m)
{
	return vcpu_reset_raw(m->v, ARMVCPU_VCPU_POWERED_OFF, 0, 0);
}

static int c_mmap(struct machine *m)
{
	void *p = mmap(NULL, m->vm->info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       m->v->fd, 0);

	return p == MAP_FAILED ? -errno : 0;
}

static int c_irqfd(struct machine *m)
{
	return irqfd_raw(m->vm, 0, event_fd(), 40, -1);
}

static int c_irqfd_resample(struct machine *m)
{
	return irqfd_raw(m->vm, ARMVCPU_IRQFD_RESAMPLE, event_fd(), 40, event_fd());
}

static int c_irqfd_none(struct machine *m)
{
	return irqfd_raw(m->vm, ARMVCPU_IRQFD_DEASSIGN, event_fd(), 40, -1);
}

static int c_ioeventfd(struct machine *m)
{
	return ioeventfd_raw(m->vm, 0, HOLE_BASE + 0x100, 4, 0, event_fd());
}

static int c_ioeventfd_none(struct machine *m)
{
	return ioeventfd_raw(m->vm, ARMVCPU_IOEVENTFD_DEASSIGN, HOLE_BASE + 0x200, 4, 0,
			     event_fd());
}

static int c_posted(struct machine *m)
{
	return posted_raw(m->vm, 0, HOLE_BASE + 0x100, 4, -1);
}

static int c_posted_none(struct machine *m)
{
	return posted_raw(m->vm, ARMVCPU_POSTED_REMOVE, HOLE_BASE + 0x200, 4, -1);
}

static int c_ring(struct machine *m)
{
	void *p = mmap(NULL, m->vm->info.ring_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       m->vm->fd, 0);

	return p == MAP_FAILED ? -errno : 0;
}

static int close_new(int fd)
{
	return fd >= 0 ? close(fd) : fd;
}

static int c_vm_stats(struct machine *m)
{
	return close_new(ioctl_raw(m->vm->fd, ARMVCPU_VM_STATS_FD, NULL));
}

static int c_vcpu_stats(struct machine *m)
{
	return close_new(ioctl_raw(m->v->fd, ARMVCPU_VCPU_STATS_FD, NULL));
}

static int gic_dist(struct vm *vm, bool set, struct armvcpu_gic_dist *d)
{
	return ioctl_raw(vm->fd, set ? ARMVCPU_SET_GIC_DIST : ARMVCPU_GET_GIC_DIST, d);
}

static int gic_cpu(struct vm *vm, bool set, struct armvcpu_gic_cpu *c)
{
	return ioctl_raw(vm->fd, set ? ARMVCPU_SET_GIC_CPU : ARMVCPU_GET_GIC_CPU, c);
}

static int gic_irqs(struct vm *vm, bool set, u32 id, u32 first, u32 count, void *irqs)
{
	struct armvcpu_gic_irqs arg = {
		.size = sizeof(arg), .vcpu_id = id, .first = first, .count = count,
		.entries = (u64)irqs,
	};

	return ioctl_raw(vm->fd, set ? ARMVCPU_SET_GIC_IRQS : ARMVCPU_GET_GIC_IRQS, &arg);
}

/* GET, and SET what it was. */
static int c_gic_dist(struct machine *m)
{
	struct armvcpu_gic_dist d = { .size = sizeof(d) };
	int ret = gic_dist(m->vm, false, &d);

	EXPECT_TRUE(ret || d.nr_irqs == 64);
	EXPECT_EQ(ret, gic_dist(m->vm, true, &d));
	return ret;
}

static int gic_cpu_twice(struct machine *m, u32 id)
{
	struct armvcpu_gic_cpu c = { .size = sizeof(c), .vcpu_id = id };
	int ret = gic_cpu(m->vm, false, &c);

	EXPECT_EQ(ret, gic_cpu(m->vm, true, &c));
	return ret;
}

static int c_gic_cpu(struct machine *m)
{
	return gic_cpu_twice(m, 0);
}

static int c_gic_cpu_of_nobody(struct machine *m)
{
	return gic_cpu_twice(m, 3);
}

static int gic_irqs_twice(struct machine *m, u32 id, u32 first, u32 count)
{
	struct armvcpu_gic_irq irqs[64];
	int ret = gic_irqs(m->vm, false, id, first, count, irqs);

	EXPECT_EQ(ret, gic_irqs(m->vm, true, id, first, count, irqs));
	return ret;
}

static int c_gic_irqs(struct machine *m)
{
	return gic_irqs_twice(m, 0, 0, 32);
}

static int c_gic_irqs_of_nobody(struct machine *m)
{
	return gic_irqs_twice(m, 256, 0, 32);
}

static int c_gic_spis(struct machine *m)
{
	return gic_irqs_twice(m, 0, 32, 32);
}

static int c_gic_bad_range(struct machine *m)
{
	return gic_irqs_twice(m, 0, 32, 33);
}

#define HD	EHOSTDOWN
#define XX	-1	/* needs a vCPU and there is none */

/* The one table: call by state. 0 is success. */
static const struct {
	const char *name;
	int (*fn)(struct machine *m);
	int want[NR_STATES];
} calls[] = {
	/*					EMPTY   VCPU    V_OFF   GIC     RUN     RUN_GIC OFF     ENDED */
	{ "SET_MEMORY add", c_memory_add,	{ 0,	0,	0,	0,	0,	0,	0,	0 } },
	{ "SET_MEMORY delete", c_memory_delete, { 0,	0,	0,	0,	0,	0,	0,	0 } },
	{ "SET_MEMORY delete nothing", c_memory_delete_none,
		{ ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT } },
	{ "SET_MEMORY of a slot in use", c_memory_again,
		{ EEXIST, EEXIST, EEXIST, EEXIST, EEXIST, EEXIST, EEXIST, EEXIST } },
	{ "CREATE_VCPU", c_vcpu_new,		{ 0,	0,	0,	0,	0,	EBUSY,	0,	0 } },
	{ "CREATE_VCPU same id", c_vcpu_same_id,
		{ 0, EEXIST, EEXIST, EEXIST, EEXIST, EEXIST, EEXIST, EEXIST } },
	{ "CREATE_VCPU same mpidr", c_vcpu_same_mpidr,
		{ 0, EEXIST, EEXIST, EEXIST, EEXIST, EEXIST, EEXIST, EEXIST } },
	{ "CREATE_GIC", c_gic,
		{ 0, 0, 0, EEXIST, EBUSY, EEXIST, EBUSY, EBUSY } },
	{ "IRQ_LINE SPI", c_spi,
		{ ENXIO, ENXIO, ENXIO, 0, ENXIO, 0, ENXIO, ENXIO } },
	{ "IRQ_LINE PPI", c_ppi,
		{ ENOENT, ENXIO, ENXIO, 0, ENXIO, 0, ENXIO, ENXIO } },
	{ "IRQ_LINE PPI of nobody", c_ppi_nobody,
		{ ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT } },
	{ "IRQ_LINE pin", c_pin,
		{ ENOENT, 0, 0, ENXIO, 0, ENXIO, 0, 0 } },
	{ "IRQ_LINE pin of nobody", c_pin_nobody,
		{ ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT } },
	{ "IRQFD", c_irqfd,
		{ ENXIO, ENXIO, ENXIO, 0, ENXIO, 0, ENXIO, ENXIO } },
	{ "IRQFD with resampling", c_irqfd_resample,
		{ ENXIO, ENXIO, ENXIO, 0, ENXIO, 0, ENXIO, ENXIO } },
	{ "IRQFD undo nothing", c_irqfd_none,
		{ ENXIO, ENXIO, ENXIO, ENOENT, ENXIO, ENOENT, ENXIO, ENXIO } },
	{ "IOEVENTFD", c_ioeventfd,		{ 0,	0,	0,	0,	0,	0,	0,	0 } },
	{ "IOEVENTFD undo nothing", c_ioeventfd_none,
		{ ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT } },
	{ "POSTED_WRITES", c_posted,		{ 0,	0,	0,	0,	0,	0,	0,	0 } },
	{ "POSTED_WRITES undo nothing", c_posted_none,
		{ ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT } },
	{ "mmap of the ring", c_ring,		{ 0,	0,	0,	0,	0,	0,	0,	0 } },
	{ "GIC_DIST", c_gic_dist,
		{ ENXIO, ENXIO, ENXIO, 0, ENXIO, 0, ENXIO, ENXIO } },
	{ "GIC_CPU", c_gic_cpu,
		{ ENXIO, ENXIO, ENXIO, 0, ENXIO, 0, ENXIO, ENXIO } },
	{ "GIC_CPU of nobody", c_gic_cpu_of_nobody,
		{ ENXIO, ENXIO, ENXIO, ENOENT, ENXIO, ENOENT, ENXIO, ENXIO } },
	{ "GIC_IRQS", c_gic_irqs,
		{ ENXIO, ENXIO, ENXIO, 0, ENXIO, 0, ENXIO, ENXIO } },
	{ "GIC_IRQS of nobody", c_gic_irqs_of_nobody,
		{ ENXIO, ENXIO, ENXIO, ENOENT, ENXIO, ENOENT, ENXIO, ENXIO } },
	{ "GIC_IRQS of SPIs", c_gic_spis,
		{ ENXIO, ENXIO, ENXIO, 0, ENXIO, 0, ENXIO, ENXIO } },
	{ "GIC_IRQS of too many", c_gic_bad_range,
		{ ENXIO, ENXIO, ENXIO, EINVAL, ENXIO, EINVAL, ENXIO, ENXIO } },
	{ "RUN immediate", c_run_immediate,
		{ XX, EINTR, EINTR, EINTR, EINTR, EINTR, EINTR, EINTR } },
	{ "RUN bad answer", c_run_bad_answer,
		{ XX, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL } },
	{ "RUN", c_run,				{ XX,	0,	HD,	0,	0,	0,	HD,	HD } },
	{ "GET_REGS", c_get_regs,		{ XX,	0,	0,	0,	0,	0,	0,	0 } },
	{ "SET_REGS", c_set_regs,		{ XX,	0,	0,	0,	0,	0,	0,	0 } },
	{ "SET_REGS bad PSTATE", c_set_regs_bad,
		{ XX, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL } },
	{ "GET_FPREGS", c_get_fp,		{ XX,	0,	0,	0,	0,	0,	0,	0 } },
	{ "SET_FPREGS", c_set_fp,		{ XX,	0,	0,	0,	0,	0,	0,	0 } },
	{ "GET_SYSREGS", c_get_sys,		{ XX,	0,	0,	0,	0,	0,	0,	0 } },
	{ "SET_SYSREGS", c_set_sys,		{ XX,	0,	0,	0,	0,	0,	0,	0 } },
	{ "GET_SYSREGS unknown", c_get_sys_none,
		{ XX, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT, ENOENT } },
	{ "SET_SYSREGS read-only", c_set_sys_readonly,
		{ XX, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL } },
	{ "LIST_SYSREGS", c_list,		{ XX,	0,	0,	0,	0,	0,	0,	0 } },
	{ "VCPU_RESET", c_reset,		{ XX,	0,	0,	0,	0,	0,	0,	0 } },
	{ "VCPU_RESET off", c_reset_off,	{ XX,	0,	0,	0,	0,	0,	0,	0 } },
	{ "VM_STATS_FD", c_vm_stats,		{ 0,	0,	0,	0,	0,	0,	0,	0 } },
	{ "VCPU_STATS_FD", c_vcpu_stats,	{ XX,	0,	0,	0,	0,	0,	0,	0 } },
	{ "mmap", c_mmap,			{ XX,	0,	0,	0,	0,	0,	0,	0 } },
};

FIXTURE(state) { int unused; };
FIXTURE_VARIANT(state) { enum state s; };
FIXTURE_VARIANT_ADD(state, empty) { S_EMPTY };
FIXTURE_VARIANT_ADD(state, vcpu) { S_VCPU };
FIXTURE_VARIANT_ADD(state, vcpu_off) { S_VCPU_OFF };
FIXTURE_VARIANT_ADD(state, gic) { S_GIC };
FIXTURE_VARIANT_ADD(state, run) { S_RUN };
FIXTURE_VARIANT_ADD(state, run_gic) { S_RUN_GIC };
FIXTURE_VARIANT_ADD(state, off) { S_OFF };
FIXTURE_VARIANT_ADD(state, ended) { S_ENDED };
FIXTURE_SETUP(state) { }
FIXTURE_TEARDOWN(state) { }

TEST_F(state, every_call_gives_its_errno)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		int want = calls[i].want[variant->s], ret;
		struct machine m;

		if (want == XX)
			continue;
		m = make(variant->s);
		/* a guest at address 0 has no memory there: an exit, at least */
		ret = calls[i].fn(&m);
		if (ret != -want)
			th_fail(__FILE__, __LINE__, false, "%s in state \"%s\": %s, not %s",
				calls[i].name, state_names[variant->s],
				ret ? strerror(-ret) : "success",
				want ? strerror(want) : "success");
		if (m.v)
			vcpu_close(m.v);
		vm_close(m.vm);
	}
}

/* A call that failed has changed nothing: what comes next works as without it. */
TEST_F(state, failures_change_nothing)
{
	struct machine m = make(variant->s);
	struct armvcpu_regs before, after;
	unsigned int i;

	if (m.v)
		get_regs(m.v, &before);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		int want = calls[i].want[variant->s];

		/* EINTR completes, by definition; RUN may change the run page */
		if (want > 0 && want != EINTR && calls[i].fn != c_run) {
			EXPECT_EQ(-want, calls[i].fn(&m));
			if (m.v)
				m.v->run->answer = 0;
		}
	}
	if (!m.v) {
		vcpu_create(m.vm, 0);
		return;
	}
	get_regs(m.v, &after);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	if (variant->s == S_RUN || variant->s == S_RUN_GIC) {
		m.v->run->u.mmio.data = 0x4711;
		vcpu_run(m.v);
		EXPECT_EXIT(m.v, ARMVCPU_EXIT_MMIO);
		EXPECT_EQ(0x4711ULL, get_x(m.v, 1));
	}
}

/* ---- wrong kinds of files and calls ------------------------------------------------------ */

static const struct {
	const char *name;
	unsigned long request;
	int kind;		/* 0: device, 1: VM, 2: vCPU */
	u32 size;		/* of a structure that says it, else 0 */
} requests[] = {
	{ "GET_API_VERSION", ARMVCPU_GET_API_VERSION, 0 },
	{ "GET_INFO", ARMVCPU_GET_INFO, 0, sizeof(struct armvcpu_info) },
	{ "CREATE_VM", ARMVCPU_CREATE_VM, 0, sizeof(struct armvcpu_create_vm) },
	{ "SET_MEMORY", ARMVCPU_SET_MEMORY, 1 },
	{ "CREATE_VCPU", ARMVCPU_CREATE_VCPU, 1, sizeof(struct armvcpu_create_vcpu) },
	{ "CREATE_GIC", ARMVCPU_CREATE_GIC, 1, sizeof(struct armvcpu_create_gic) },
	{ "IRQ_LINE", ARMVCPU_IRQ_LINE, 1 },
	{ "IRQFD", ARMVCPU_IRQFD, 1, sizeof(struct armvcpu_irqfd) },
	{ "IOEVENTFD", ARMVCPU_IOEVENTFD, 1, sizeof(struct armvcpu_ioeventfd) },
	{ "POSTED_WRITES", ARMVCPU_POSTED_WRITES, 1, sizeof(struct armvcpu_posted_writes) },
	{ "VM_STATS_FD", ARMVCPU_VM_STATS_FD, 1 },
	{ "GET_GIC_DIST", ARMVCPU_GET_GIC_DIST, 1, sizeof(struct armvcpu_gic_dist) },
	{ "SET_GIC_DIST", ARMVCPU_SET_GIC_DIST, 1, sizeof(struct armvcpu_gic_dist) },
	{ "GET_GIC_CPU", ARMVCPU_GET_GIC_CPU, 1, sizeof(struct armvcpu_gic_cpu) },
	{ "SET_GIC_CPU", ARMVCPU_SET_GIC_CPU, 1, sizeof(struct armvcpu_gic_cpu) },
	{ "GET_GIC_IRQS", ARMVCPU_GET_GIC_IRQS, 1, sizeof(struct armvcpu_gic_irqs) },
	{ "SET_GIC_IRQS", ARMVCPU_SET_GIC_IRQS, 1, sizeof(struct armvcpu_gic_irqs) },
	{ "VCPU_STATS_FD", ARMVCPU_VCPU_STATS_FD, 2 },
	{ "RUN", ARMVCPU_RUN, 2 },
	{ "GET_REGS", ARMVCPU_GET_REGS, 2 },
	{ "SET_REGS", ARMVCPU_SET_REGS, 2 },
	{ "GET_FPREGS", ARMVCPU_GET_FPREGS, 2 },
	{ "SET_FPREGS", ARMVCPU_SET_FPREGS, 2 },
	{ "GET_SYSREGS", ARMVCPU_GET_SYSREGS, 2 },
	{ "SET_SYSREGS", ARMVCPU_SET_SYSREGS, 2 },
	{ "LIST_SYSREGS", ARMVCPU_LIST_SYSREGS, 2 },
	{ "VCPU_RESET", ARMVCPU_VCPU_RESET, 2, sizeof(struct armvcpu_reset) },
};

TEST(ioctl_on_the_wrong_kind_of_file)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	int fds[3] = { vm->dev, vm->fd, v->fd };
	unsigned char buf[4096] = { 0 };
	unsigned int i, kind;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		for (kind = 0; kind < 3; kind++)
			if (kind != requests[i].kind &&
			    ioctl_raw(fds[kind], requests[i].request, buf) != -ENOTTY)
				th_fail(__FILE__, __LINE__, false, "%s on kind %u",
					requests[i].name, kind);
}

TEST(unknown_ioctl)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	int fds[3] = { vm->dev, vm->fd, v->fd };
	unsigned char buf[16384] = { 0 };
	unsigned int nr, kind, i, type;

	for (kind = 0; kind < 3; kind++) {
		for (nr = 0; nr < 256; nr++) {
			for (i = 0; i < ARRAY_SIZE(requests); i++)
				if (_IOC_NR(requests[i].request) == nr)
					break;
			if (i < ARRAY_SIZE(requests))
				continue;
			EXPECT_EQ(-ENOTTY, ioctl_raw(fds[kind], _IO(0xBC, nr), buf));
			EXPECT_EQ(-ENOTTY, ioctl_raw(fds[kind], _IOWR(0xBC, nr, u64), buf));
		}
		/* the right number with another type, direction or size */
		for (i = 0; i < ARRAY_SIZE(requests); i++) {
			unsigned long r = requests[i].request;

			if (requests[i].kind != kind)
				continue;
			/* neighbours of its own type; others may be of all files */
			for (type = 0xB8; type < 0xC0; type++)
				if (type != 0xBC)
					EXPECT_EQ(-ENOTTY,
						  ioctl_raw(fds[kind],
							    _IOC(_IOC_DIR(r), type, _IOC_NR(r),
								 _IOC_SIZE(r)), buf));
			EXPECT_EQ(-ENOTTY, ioctl_raw(fds[kind],
						     _IOC(_IOC_DIR(r) ^ 3, 0xBC, _IOC_NR(r),
							  _IOC_SIZE(r)), buf));
			EXPECT_EQ(-ENOTTY, ioctl_raw(fds[kind],
						     _IOC(_IOC_DIR(r), 0xBC, _IOC_NR(r),
							  _IOC_SIZE(r) + 8), buf));
		}
	}
}

TEST(files_cannot_be_read_or_written)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	int fds[3] = { vm->dev, vm->fd, v->fd };
	char buf[16];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		EXPECT_GT(0, read(fds[i], buf, sizeof(buf)));
		EXPECT_GT(0, write(fds[i], buf, sizeof(buf)));
		EXPECT_NE(0, fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
	}
	EXPECT_EQ((uintptr_t)MAP_FAILED,
		  (uintptr_t)mmap(NULL, getpagesize(), PROT_READ, MAP_SHARED, vm->dev, 0));
}

TEST(bad_pointers)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	int fds[3] = { vm->dev, vm->fd, v->fd };
	u64 page = vm->info.page_size;
	u8 *edge = mem_alloc(2 * page);
	void *bad[] = {
		NULL, (void *)8, (void *)-1L, (void *)-4096L, (void *)0xffff000000000000UL,
		(void *)0x1000000000000UL, NULL,
	};
	unsigned int i, j;

	ASSERT_EQ(0, mprotect(edge + page, page, PROT_NONE));
	bad[ARRAY_SIZE(bad) - 1] = edge + page;
	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		unsigned long r = requests[i].request;

		if (r == ARMVCPU_GET_API_VERSION || r == ARMVCPU_RUN ||
		    r == ARMVCPU_VM_STATS_FD || r == ARMVCPU_VCPU_STATS_FD)
			continue;	/* take no argument */
		for (j = 0; j < ARRAY_SIZE(bad); j++) {
			int ret = ioctl_raw(fds[requests[i].kind], r, bad[j]);

			if (ret != -EFAULT)
				th_fail(__FILE__, __LINE__, false, "%s at %p: %d",
					requests[i].name, bad[j], ret);
		}
		/* begins in memory and ends outside of it */
		memset(edge, 0, page);
		*(u32 *)(edge + page - 4) = requests[i].size;
		if (ioctl_raw(fds[requests[i].kind], r, edge + page - 4) != -EFAULT)
			th_fail(__FILE__, __LINE__, false, "%s across the edge",
				requests[i].name);
	}
}

TEST(read_only_results)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = vm->info.page_size;
	struct armvcpu_info *info = mem_alloc(page);
	struct armvcpu_sysreg *reg = mem_alloc(page);
	struct armvcpu_sysregs arg = { .count = 1, .entries = (u64)reg };

	info->size = sizeof(*info);
	reg->encoding = SYS_TPIDR_EL0;
	ASSERT_EQ(0, mprotect(info, page, PROT_READ));
	ASSERT_EQ(0, mprotect(reg, page, PROT_READ));
	EXPECT_EQ(-EFAULT, ioctl_raw(vm->dev, ARMVCPU_GET_INFO, info));
	EXPECT_EQ(-EFAULT, ioctl_raw(v->fd, ARMVCPU_GET_REGS, info));
	EXPECT_EQ(-EFAULT, ioctl_raw(v->fd, ARMVCPU_GET_FPREGS, info));
	EXPECT_EQ(-EFAULT, ioctl_raw(v->fd, ARMVCPU_GET_SYSREGS, &arg));
	/* what is only read may be read-only */
	EXPECT_EQ(0, ioctl_raw(v->fd, ARMVCPU_SET_SYSREGS, &arg));
	arg.entries = 0x1000;
	EXPECT_EQ(-EFAULT, ioctl_raw(v->fd, ARMVCPU_GET_SYSREGS, &arg));
	EXPECT_EQ(-EFAULT, ioctl_raw(v->fd, ARMVCPU_SET_SYSREGS, &arg));
	arg.count = ARMVCPU_MAX_SYSREGS;
	EXPECT_EQ(-EFAULT, ioctl_raw(v->fd, ARMVCPU_LIST_SYSREGS, &arg));
	/* no entries, no access */
	arg.count = 0;
	EXPECT_EQ(0, ioctl_raw(v->fd, ARMVCPU_GET_SYSREGS, &arg));
	EXPECT_EQ(0, ioctl_raw(v->fd, ARMVCPU_SET_SYSREGS, &arg));
}

TEST(arguments_of_calls_that_take_none)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);

	vcpu_start(v, g_mmio);
	EXPECT_EQ(ARMVCPU_API_VERSION, ioctl_raw(vm->dev, ARMVCPU_GET_API_VERSION, NULL));
	EXPECT_EQ(-EINVAL, ioctl_raw(vm->dev, ARMVCPU_GET_API_VERSION, (void *)1));
	EXPECT_EQ(-EINVAL, ioctl_raw(v->fd, ARMVCPU_RUN, (void *)1));
	EXPECT_EQ(-EINVAL, ioctl_raw(v->fd, ARMVCPU_RUN, vm));
	EXPECT_EQ(-EINVAL, ioctl_raw(vm->fd, ARMVCPU_VM_STATS_FD, (void *)1));
	EXPECT_EQ(-EINVAL, ioctl_raw(v->fd, ARMVCPU_VCPU_STATS_FD, (void *)1));
	vcpu_run(v);
}

/* ---- sizes ------------------------------------------------------------------------------- */

/* Structures with a size: smaller, larger with zeros, larger with something. */
static void check_size(int fd, unsigned long request, const void *good, u32 size,
		       int (*undo)(int ret))
{
	u32 page = getpagesize();
	u8 *buf = mem_alloc(3 * page);
	u32 *sizep = (u32 *)buf;
	u32 s;
	int ret;

	for (s = 0; s < size; s++) {
		memcpy(buf, good, size);
		*sizep = s;
		ret = ioctl_raw(fd, request, buf);
		if (ret != -EINVAL)
			th_fail(__FILE__, __LINE__, false, "size %u of %u: %d", s, size, ret);
	}
	for (s = size + 1; s < size + 64; s++) {
		memset(buf, 0, page);
		memcpy(buf, good, size);
		*sizep = s;
		buf[s - 1] = 1;
		ret = ioctl_raw(fd, request, buf);
		if (ret != -E2BIG)
			th_fail(__FILE__, __LINE__, false, "size %u with a tail: %d", s, ret);
		buf[s - 1] = 0;
		/* beyond the size is not looked at */
		buf[s] = 1;
		ret = ioctl_raw(fd, request, buf);
		if (ret < 0)
			th_fail(__FILE__, __LINE__, false, "size %u with zeros: %d", s, ret);
		undo(ret);
	}
	memset(buf, 0, 3 * page);
	memcpy(buf, good, size);
	*sizep = page;
	ret = ioctl_raw(fd, request, buf);
	EXPECT_LE(0, ret);
	undo(ret);
	*sizep = 2 * page + 1;
	EXPECT_EQ(-E2BIG, ioctl_raw(fd, request, buf));
	*sizep = ~0U;
	EXPECT_EQ(-E2BIG, ioctl_raw(fd, request, buf));
}

static int undo_fd(int ret)
{
	return close(ret);
}

static int undo_nothing(int ret)
{
	return ret;
}

TEST(size_of_create_vm)
{
	struct armvcpu_create_vm arg = { .size = sizeof(arg) };

	check_size(dev_open(), ARMVCPU_CREATE_VM, &arg, sizeof(arg), undo_fd);
}

static struct vm *size_vm;
static struct armvcpu_create_vcpu size_vcpu = { .size = sizeof(size_vcpu) };

/* each vCPU can be made once: a new VM behind the same number */
static int undo_vcpu(int ret)
{
	struct armvcpu_create_vm arg = { .size = sizeof(arg) };
	int fd = ioctl_raw(size_vm->dev, ARMVCPU_CREATE_VM, &arg);

	close(ret);
	ASSERT_LE(0, fd);
	ASSERT_EQ(size_vm->fd, dup2(fd, size_vm->fd));
	return close(fd);
}

TEST(size_of_create_vcpu)
{
	size_vm = vm_create_bare(0);
	check_size(size_vm->fd, ARMVCPU_CREATE_VCPU, &size_vcpu, sizeof(size_vcpu), undo_vcpu);
}

static int undo_gic(int ret)
{
	struct armvcpu_create_vm arg = { .size = sizeof(arg) };
	int fd = ioctl_raw(size_vm->dev, ARMVCPU_CREATE_VM, &arg);

	ASSERT_LE(0, fd);
	ASSERT_EQ(size_vm->fd, dup2(fd, size_vm->fd));
	close(fd);
	return ret;
}

TEST(size_of_create_gic)
{
	struct armvcpu_create_gic arg;

	size_vm = vm_create_bare(0);
	arg = gic_config(&size_vm->info, 64, 1);
	check_size(size_vm->fd, ARMVCPU_CREATE_GIC, &arg, sizeof(arg), undo_gic);
}

TEST(size_of_vcpu_reset)
{
	struct armvcpu_reset arg = { .size = sizeof(arg) };
	struct vcpu *v = vcpu_create(vm_create_bare(0), 0);

	check_size(v->fd, ARMVCPU_VCPU_RESET, &arg, sizeof(arg), undo_nothing);
}

TEST(size_of_info)
{
	int dev = dev_open();
	u8 buf[4096];
	struct armvcpu_info *info = (void *)buf;
	u32 s, i;

	/* the first version of it ended with the features */
	for (s = 0; s < offsetof(struct armvcpu_info, ring_size); s++) {
		info->size = s;
		EXPECT_EQ(-EINVAL, ioctl_raw(dev, ARMVCPU_GET_INFO, info));
	}
	for (; s < sizeof(*info); s++) {
		memset(buf, 0xa5, sizeof(buf));
		info->size = s;
		EXPECT_EQ(0, ioctl_raw(dev, ARMVCPU_GET_INFO, info));
		EXPECT_EQ(s, info->size);
		EXPECT_EQ(0xa5, buf[s]);
	}
	/* larger: what is filled in is said, the rest is left alone */
	memset(buf, 0xa5, sizeof(buf));
	info->size = sizeof(buf);
	EXPECT_EQ(0, ioctl_raw(dev, ARMVCPU_GET_INFO, info));
	EXPECT_EQ(sizeof(*info), info->size);
	for (i = sizeof(*info); i < sizeof(buf); i++)
		ASSERT_EQ(0xa5, buf[i]);
}

TEST(info_is_what_it_should_be)
{
	struct armvcpu_info info;
	int dev = dev_open();

	get_info(dev, &info);
	EXPECT_EQ(sizeof(info), info.size);
	EXPECT_EQ(ARMVCPU_API_VERSION, info.api_version);
	EXPECT_TRUE(info.mode == ARMVCPU_MODE_VHE || info.mode == ARMVCPU_MODE_NVHE);
	EXPECT_EQ(sysconf(_SC_PAGESIZE), info.page_size);
	EXPECT_TRUE(info.ipa_bits >= 32 && info.ipa_bits <= 52);
	EXPECT_TRUE(info.vmid_bits == 8 || info.vmid_bits == 16);
	EXPECT_TRUE(info.max_vcpus >= 8 && info.max_slots >= 32);
	EXPECT_EQ(0, info.run_size % info.page_size);
	EXPECT_LE(sizeof(struct armvcpu_run), info.run_size);
	EXPECT_EQ(read_sysreg(cntfrq_el0), info.timer_freq);
	EXPECT_EQ(0U, info.gic_models & ~(1U << ARMVCPU_GIC_V2 | 1U << ARMVCPU_GIC_V3));
	EXPECT_EQ(info.gic_models >> ARMVCPU_GIC_V2 & 1, !!(info.features & ARMVCPU_FEAT_GICV2));
	EXPECT_EQ(info.gic_models >> ARMVCPU_GIC_V3 & 1, !!(info.features & ARMVCPU_FEAT_GICV3));
	EXPECT_EQ(0U, info.gic_hw_models & ~info.gic_models);
	/* software needs nothing of the host */
	EXPECT_TRUE(info.gic_models & 1U << ARMVCPU_GIC_V2);
	EXPECT_TRUE(info.gic_max_irqs >= 64 && info.gic_max_irqs <= 1024);
	EXPECT_EQ(0, info.gic_max_irqs % 32);
	if (info.gic_hw_models)
		EXPECT_TRUE(info.list_registers >= 1 && info.list_registers <= 64);
	else
		EXPECT_EQ(0U, info.list_registers);
	if (info.features & ARMVCPU_FEAT_POSTED_WRITES) {
		EXPECT_EQ(0, info.ring_size % info.page_size);
		EXPECT_LT(sizeof(struct armvcpu_ring), info.ring_size);
	}
	EXPECT_TRUE(info.features & ARMVCPU_FEAT_GIC_STATE);
	EXPECT_EQ(0ULL, info.features & ~0x1ffULL);
}

TEST(size_of_irqfd)
{
	struct armvcpu_irqfd arg = {
		.size = sizeof(arg), .flags = ARMVCPU_IRQFD_DEASSIGN, .fd = event_fd(),
		.irq = 40, .resample_fd = -1,
	}, add = arg;
	struct vm *vm = vm_create_gic(0, 64, 1);
	u32 s;

	/* success is once; the errno behind the checks of the size is what counts */
	add.flags = 0;
	for (s = 0; s < sizeof(arg); s++) {
		add.size = s;
		EXPECT_EQ(-EINVAL, ioctl_raw(vm->fd, ARMVCPU_IRQFD, &add));
	}
	EXPECT_EQ(-ENOENT, ioctl_raw(vm->fd, ARMVCPU_IRQFD, &arg));
	add.size = s;
	EXPECT_EQ(0, ioctl_raw(vm->fd, ARMVCPU_IRQFD, &add));
	EXPECT_EQ(0, ioctl_raw(vm->fd, ARMVCPU_IRQFD, &arg));
	add.size = ~0U;
	EXPECT_EQ(-E2BIG, ioctl_raw(vm->fd, ARMVCPU_IRQFD, &add));
}

static struct armvcpu_ioeventfd size_event = {
	.size = sizeof(size_event), .ipa = HOLE_BASE, .length = 4,
};

static int undo_event(int ret)
{
	struct armvcpu_ioeventfd arg = size_event;

	arg.flags = ARMVCPU_IOEVENTFD_DEASSIGN;
	ASSERT_EQ(0, ioctl_raw(size_vm->fd, ARMVCPU_IOEVENTFD, &arg));
	return ret;
}

TEST(size_of_ioeventfd)
{
	size_vm = vm_create_bare(0);
	size_event.fd = event_fd();
	check_size(size_vm->fd, ARMVCPU_IOEVENTFD, &size_event, sizeof(size_event), undo_event);
}

static int undo_posted(int ret)
{
	ASSERT_EQ(0, posted_raw(size_vm, ARMVCPU_POSTED_REMOVE, HOLE_BASE, 8, -1));
	return ret;
}

TEST(size_of_posted_writes)
{
	struct armvcpu_posted_writes arg = {
		.size = sizeof(arg), .ipa = HOLE_BASE, .length = 8, .fd = -1,
	};

	size_vm = vm_create_bare(0);
	check_size(size_vm->fd, ARMVCPU_POSTED_WRITES, &arg, sizeof(arg), undo_posted);
}

/* A structure that a call fills in: as much of it as there is room for, and no more. */
static void check_out_size(int fd, unsigned long request, u32 size)
{
	u8 buf[4096];
	u32 *sizep = (u32 *)buf;
	u32 s, i;

	for (s = 0; s < size; s++) {
		memset(buf, 0, sizeof(buf));
		*sizep = s;
		EXPECT_EQ(-EINVAL, ioctl_raw(fd, request, buf));
	}
	for (; s < sizeof(buf); s += 61) {
		memset(buf, 0xa5, sizeof(buf));
		memset(buf, 0, 8);
		*sizep = s;
		EXPECT_EQ(0, ioctl_raw(fd, request, buf));
		EXPECT_EQ(size, *sizep);
		for (i = size; i < sizeof(buf); i++)
			ASSERT_EQ(0xa5, buf[i]);
	}
}

TEST(size_of_gic_state)
{
	struct vm *vm = vm_create_gic(0, 64, 1);
	struct armvcpu_gic_dist dist = { .size = sizeof(dist) };
	struct armvcpu_gic_cpu cpu = { .size = sizeof(cpu) };
	struct armvcpu_gic_irq irqs[32];
	struct armvcpu_gic_irqs arg = {
		.size = sizeof(arg), .first = 32, .count = 32, .entries = (u64)irqs,
	};

	vcpu_create(vm, 0);
	check_out_size(vm->fd, ARMVCPU_GET_GIC_DIST, sizeof(dist));
	check_out_size(vm->fd, ARMVCPU_GET_GIC_CPU, sizeof(cpu));
	ASSERT_EQ(0, gic_dist(vm, false, &dist));
	ASSERT_EQ(0, gic_cpu(vm, false, &cpu));
	check_size(vm->fd, ARMVCPU_SET_GIC_DIST, &dist, sizeof(dist), undo_nothing);
	check_size(vm->fd, ARMVCPU_SET_GIC_CPU, &cpu, sizeof(cpu), undo_nothing);
	check_size(vm->fd, ARMVCPU_GET_GIC_IRQS, &arg, sizeof(arg), undo_nothing);
	check_size(vm->fd, ARMVCPU_SET_GIC_IRQS, &arg, sizeof(arg), undo_nothing);
}

/* ---- garbage in fields ---------------------------------------------------------------------- */

/* Each bit of it flipped: refused, or it is there afterwards. */
TEST(fields_of_gic_dist)
{
	struct vm *vm = vm_create_gic(0, 64, 1);
	struct armvcpu_gic_dist good = { .size = sizeof(good) }, arg, after;
	unsigned int bit;

	ASSERT_EQ(0, gic_dist(vm, false, &good));
	for (bit = 0; bit < 32; bit++) {
		arg = after = good;
		arg.flags ^= 1U << bit;
		EXPECT_EQ(bit < 2 ? 0 : -EINVAL, gic_dist(vm, true, &arg));
		EXPECT_EQ(0, gic_dist(vm, false, &after));
		EXPECT_EQ(bit < 2 ? arg.flags : good.flags, after.flags);
		EXPECT_EQ(0, gic_dist(vm, true, &good));
		arg = good;
		arg.model ^= 1U << bit;
		EXPECT_EQ(-EINVAL, gic_dist(vm, true, &arg));
		arg = good;
		arg.nr_irqs ^= 1U << bit;
		EXPECT_EQ(-EINVAL, gic_dist(vm, true, &arg));
	}
}

TEST(fields_of_gic_cpu)
{
	struct vm *vm = vm_create_gic(0, 64, 1);
	bool v2 = vm->gic == ARMVCPU_GIC_V2;
	struct armvcpu_gic_cpu good = { .size = sizeof(good) }, arg, after;
	unsigned int bit, i;

	vcpu_create(vm, 0);
	ASSERT_EQ(0, gic_cpu(vm, false, &good));
	for (bit = 0; bit < 32; bit++) {
		bool has = bit < 7 && (v2 ? 0x3f : 0x73) >> bit & 1;

		arg = after = good;
		arg.flags ^= 1U << bit;
		EXPECT_EQ(has ? 0 : -EINVAL, gic_cpu(vm, true, &arg));
		EXPECT_EQ(0, gic_cpu(vm, false, &after));
		EXPECT_EQ(has ? arg.flags : good.flags, after.flags);
		EXPECT_EQ(0, gic_cpu(vm, true, &good));
		arg = good;
		arg.ap0r[0] = 1U << bit;
		EXPECT_EQ(0, gic_cpu(vm, true, &arg));
		arg = good;
		arg.ap1r[0] = 1U << bit;
		EXPECT_EQ(v2 ? -EINVAL : 0, gic_cpu(vm, true, &arg));
	}
	for (i = 0; i < 256; i++) {
		u8 low = (1 << (8 - good.priority_bits)) - 1;

		arg = good;
		arg.pmr = i;
		EXPECT_EQ(i & low ? -EINVAL : 0, gic_cpu(vm, true, &arg));
		arg = good;
		arg.bpr0 = i;
		EXPECT_EQ(i < 7 - good.preemption_bits || i > 7 ? -EINVAL : 0,
			  gic_cpu(vm, true, &arg));
		arg = good;
		arg.bpr1 = i;
		EXPECT_EQ(i < 8 - good.preemption_bits || i > 7 ? -EINVAL : 0,
			  gic_cpu(vm, true, &arg));
		arg = good;
		arg.priority_bits = i;
		EXPECT_EQ(i == good.priority_bits ? 0 : -EOPNOTSUPP, gic_cpu(vm, true, &arg));
		arg = good;
		arg.preemption_bits = i;
		EXPECT_EQ(i == good.preemption_bits ? 0 : -EOPNOTSUPP, gic_cpu(vm, true, &arg));
	}
	for (i = 0; i < sizeof(arg.pad); i++) {
		arg = good;
		arg.pad[i] = 1;
		EXPECT_EQ(-EINVAL, gic_cpu(vm, true, &arg));
	}
	arg = good;
	arg.ap0r[3] = good.preemption_bits < 7;
	EXPECT_EQ(arg.ap0r[3] ? -EINVAL : 0, gic_cpu(vm, true, &arg));
	arg = good;
	arg.vcpu_id = ~0U;
	EXPECT_EQ(-ENOENT, gic_cpu(vm, true, &arg));
	EXPECT_EQ(-ENOENT, gic_cpu(vm, false, &arg));
}

TEST(fields_of_gic_irqs)
{
	struct vm *vm = vm_create_gic(0, 64, 2);
	struct armvcpu_gic_irq irqs[64], *last = &irqs[63];
	unsigned int i;

	vcpu_create(vm, 0);
	ASSERT_EQ(0, gic_irqs(vm, false, 0, 0, 32, irqs));
	ASSERT_EQ(0, gic_irqs(vm, false, 0, 32, 32, irqs + 32));
	for (i = 0; i < 64; i++)
		ASSERT_EQ(i, irqs[i].intid);
	/* ranges, and that nothing is nothing */
	EXPECT_EQ(0, gic_irqs(vm, true, 0, 0, 0, (void *)8));
	EXPECT_EQ(0, gic_irqs(vm, true, 0, 64, 0, (void *)8));
	EXPECT_EQ(-EINVAL, gic_irqs(vm, false, 0, 0, 33, irqs));
	EXPECT_EQ(-EINVAL, gic_irqs(vm, false, 0, 31, ~0U, irqs));
	EXPECT_EQ(-EINVAL, gic_irqs(vm, false, 0, 64, 1, irqs));
	EXPECT_EQ(-EINVAL, gic_irqs(vm, false, 0, ~0U, 1, irqs));
	EXPECT_EQ(-EINVAL, gic_irqs(vm, false, 1, 32, 32, irqs));
	EXPECT_EQ(-ENOENT, gic_irqs(vm, false, 1, 0, 32, irqs));
	EXPECT_EQ(-EFAULT, gic_irqs(vm, false, 0, 0, 32, (void *)8));
	EXPECT_EQ(-EFAULT, gic_irqs(vm, true, 0, 0, 32, (void *)8));
	/* private ones leave room for another vCPU, SPIs do not */
	EXPECT_EQ(0, gic_irqs(vm, true, 0, 0, 32, irqs));
	/* the last one is wrong: none is set */
	irqs[32].priority = 0x80;
	last->flags = 1U << 8;
	EXPECT_EQ(-EINVAL, gic_irqs(vm, true, 0, 32, 32, irqs + 32));
	last->flags = ARMVCPU_GIC_IRQ_ACTIVE;
	last->active_vcpu = 1;
	EXPECT_EQ(-ENOENT, gic_irqs(vm, true, 0, 32, 32, irqs + 32));
	last->active_vcpu = 0;
	last->intid = 62;
	EXPECT_EQ(-EINVAL, gic_irqs(vm, true, 0, 32, 32, irqs + 32));
	last->intid = 63;
	last->active_priority = 4;
	EXPECT_EQ(-EINVAL, gic_irqs(vm, true, 0, 32, 32, irqs + 32));
	EXPECT_EQ(0, gic_irqs(vm, false, 0, 32, 32, irqs + 32));
	EXPECT_EQ(0, irqs[32].priority);
	EXPECT_EQ(0U, last->flags);
	vcpu_create(vm, 1);
	EXPECT_EQ(0, gic_irqs(vm, true, 0, 32, 32, irqs + 32));
	EXPECT_EQ(-EBUSY, vcpu_create_raw(vm, 2, 2, 0));
}

TEST(fields_of_create_vm)
{
	struct armvcpu_create_vm good = { .size = sizeof(good) }, arg;
	int dev = dev_open(), fd;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		arg = good;
		arg.flags = 1U << bit;
		fd = ioctl_raw(dev, ARMVCPU_CREATE_VM, &arg);
		if (ARMVCPU_VM_FLAGS_MASK >> bit & 1) {
			EXPECT_LE(0, fd);
			close(fd);
		} else {
			EXPECT_EQ(-EINVAL, fd);
		}
		arg = good;
		arg.pad = 1U << bit;
		EXPECT_EQ(-EINVAL, ioctl_raw(dev, ARMVCPU_CREATE_VM, &arg));
	}
}

TEST(fields_of_memory)
{
	struct vm *vm = vm_create_bare(0);
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		u64 page = vm->info.page_size;
		int want = ARMVCPU_MEM_FLAGS_MASK >> bit & 1 ? 0 : -EINVAL;

		EXPECT_EQ(want, vm_memory_raw(vm, 0, 1U << bit, 0x80000000, page,
					      mem_alloc(page)));
		if (!want)
			vm_memory(vm, 0, 0, 0, 0, NULL);
		want = 1U << bit < vm->info.max_slots ? 0 : -EINVAL;
		EXPECT_EQ(want, vm_memory_raw(vm, 1U << bit, 0, 0x80000000, page,
					      mem_alloc(page)));
		if (!want)
			vm_memory(vm, 1U << bit, 0, 0, 0, NULL);
	}
}

TEST(fields_of_create_vcpu)
{
	struct armvcpu_create_vcpu good = { .size = sizeof(good) }, arg;
	struct vm *vm = vm_create_bare(0);
	unsigned int bit;
	int fd;

	for (bit = 0; bit < 64; bit++) {
		arg = good;
		arg.features = 1ULL << bit;
		EXPECT_EQ(-EINVAL, ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg));
		if (bit < 32) {
			arg = good;
			arg.pad = 1U << bit;
			EXPECT_EQ(-EINVAL, ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg));
			if (!(ARMVCPU_VCPU_FLAGS_MASK >> bit & 1)) {
				arg = good;
				arg.flags = 1U << bit;
				EXPECT_EQ(-EINVAL, ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg));
			}
			if (1U << bit >= vm->info.max_vcpus) {
				arg = good;
				arg.id = 1U << bit;
				EXPECT_EQ(-EINVAL, ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg));
			}
		}
		/* Aff0 up to 15, the other fields in full, nothing else */
		arg = good;
		arg.id = 1 + bit;
		arg.mpidr = 1ULL << bit;
		fd = ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg);
		if (ARMVCPU_MPIDR_AFF_MASK >> bit & 1 && (bit < 4 || bit > 7))
			EXPECT_LE(0, fd);
		else
			EXPECT_EQ(-EINVAL, fd);
		if (fd >= 0)
			close(fd);
	}
	arg = good;
	arg.id = vm->info.max_vcpus;
	EXPECT_EQ(-EINVAL, ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg));
	arg.id = vm->info.max_vcpus - 1;
	fd = ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg);
	EXPECT_LE(0, fd);
	/* closed, and still part of the VM */
	close(fd);
	arg.mpidr = 0xff00000000ULL;
	EXPECT_EQ(-EEXIST, ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg));
	/* an id that is free (that of bit 4 was refused), an MPIDR that is not */
	arg.id = 1 + 4;
	arg.mpidr = 1;
	EXPECT_EQ(-EEXIST, ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg));
	arg.mpidr = 3;
	EXPECT_LE(0, ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg));
}

/* Arguments of CREATE_GIC that are refused. */
struct bad_gic {
	const char *name;
	struct armvcpu_create_gic arg;
	int want;
};

static struct vm *refuse_gics(struct vm *vm, const struct bad_gic *t, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		int ret = ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &t[i].arg);

		if (ret != -t[i].want)
			th_fail(__FILE__, __LINE__, false, "%s: %s, not %s", t[i].name,
				ret ? strerror(-ret) : "success", strerror(t[i].want));
		if (!ret) {
			vm_close(vm);
			vm = vm_create_bare(0);
		}
	}
	return vm;
}

static void need_model(struct vm *vm, u32 model)
{
	if (!(vm->info.gic_models & 1U << model))
		th_skip("this host offers no GICv%u", model);
}

static int create_gicv2(struct vm *vm, u32 nr_irqs, u64 dist, u64 cpu)
{
	struct armvcpu_create_gic arg = {
		.size = sizeof(arg), .model = ARMVCPU_GIC_V2, .nr_irqs = nr_irqs,
		.dist_ipa = dist, .cpu_ipa = cpu,
	};

	return ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &arg);
}

/* What GET_INFO offers works, by hardware or not; what it does not has an errno. */
TEST(models_of_create_gic)
{
	struct armvcpu_info info;
	int dev = dev_open();
	u32 model, flags;

	get_info(dev, &info);
	for (model = ARMVCPU_GIC_V2; model <= ARMVCPU_GIC_V3; model++) {
		for (flags = 0; flags <= ARMVCPU_GIC_SOFTWARE; flags++) {
			bool offered = info.gic_models & 1U << model;
			struct vm *vm = vm_create_bare(0);
			struct armvcpu_create_gic arg = {
				.size = sizeof(arg), .model = model, .flags = flags,
				.nr_irqs = 64, .dist_ipa = GICD_BASE,
			};

			if (model == ARMVCPU_GIC_V2) {
				arg.cpu_ipa = GICC_BASE;
			} else {
				arg.redist_ipa = GICR_BASE;
				arg.redist_count = 1;
			}
			EXPECT_EQ(offered ? 0 : -EOPNOTSUPP,
				  ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &arg));
			EXPECT_EQ(offered ? -EEXIST : -EOPNOTSUPP,
				  ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &arg));
			vm_close(vm);
		}
	}
}

TEST(fields_of_create_gic_v2)
{
	struct vm *vm = vm_create_bare(0);
	u32 max = vm->info.gic_max_irqs, page = vm->info.page_size;
	u64 limit = 1ULL << (vm->info.ipa_bits < 40 ? vm->info.ipa_bits : 40);
	struct armvcpu_create_gic good = {
		.size = sizeof(good), .model = ARMVCPU_GIC_V2, .nr_irqs = 64,
		.dist_ipa = GICD_BASE, .cpu_ipa = GICC_BASE,
	};
	struct bad_gic t[64];
	unsigned int n = 0;

	need_model(vm, ARMVCPU_GIC_V2);
#define BAD(field, value, err) do {				\
	t[n] = (__typeof__(t[0])) { "v2: " #field " = " #value, good, err };	\
	t[n++].arg.field = value;				\
} while (0)
	BAD(flags, 2, EINVAL);
	BAD(flags, ~0U, EINVAL);
	BAD(pad, 1, EINVAL);
	BAD(redist_count, 1, EINVAL);
	BAD(redist_count, 8, EINVAL);
	BAD(nr_irqs, 0, EINVAL);
	BAD(nr_irqs, 32, EINVAL);
	BAD(nr_irqs, 65, EINVAL);
	BAD(nr_irqs, max + 32, EINVAL);
	BAD(dist_ipa, GICD_BASE + page / 2, EINVAL);
	BAD(dist_ipa, GICD_BASE + 1, EINVAL);
	BAD(cpu_ipa, GICC_BASE + page / 2, EINVAL);
	BAD(cpu_ipa, GICC_BASE + 4, EINVAL);
	BAD(dist_ipa, limit, EINVAL);
	BAD(dist_ipa, -(u64)page, EINVAL);
	BAD(cpu_ipa, limit, EINVAL);
	BAD(cpu_ipa, -(u64)page, EINVAL);
	/* the frames on each other */
	BAD(cpu_ipa, GICD_BASE, EINVAL);
	BAD(dist_ipa, GICC_BASE + (ARMVCPU_GICV2_CPU_SIZE - 1) / page * page, EINVAL);
#undef BAD
	vm = refuse_gics(vm, t, n);
	EXPECT_EQ(0, ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &good));
	vm = vm_create_bare(0);
	/* side by side, up to the last address */
	EXPECT_EQ(0, create_gicv2(vm, max, limit - page, 0));
	vm = vm_create_bare(0);
	EXPECT_EQ(0, create_gicv2(vm, 64, GICD_BASE, GICD_BASE + page));
	/* ids that it has no place for, in both orders */
	EXPECT_EQ(-EINVAL, vcpu_create_raw(vm, ARMVCPU_GICV2_MAX_VCPUS, 8, 0));
	EXPECT_LE(0, vcpu_create_raw(vm, ARMVCPU_GICV2_MAX_VCPUS - 1, 7, 0));
	vm = vm_create_bare(0);
	ASSERT_LE(0, vcpu_create_raw(vm, ARMVCPU_GICV2_MAX_VCPUS, 0, 0));
	EXPECT_EQ(-EINVAL, create_gicv2(vm, 64, GICD_BASE, GICC_BASE));
}

/* No memory over GICC, which may be the host's own: neither before nor after. */
TEST(gic_v2_and_memory_at_one_place)
{
	void *p = mem_alloc(16 << 20);
	struct vm *vm = vm_create_bare(0);
	u64 page = vm->info.page_size;
	u64 end = GICC_BASE + (ARMVCPU_GICV2_CPU_SIZE + page - 1) / page * page;
	const struct {
		u64 from, to;
		int want;
	} t[] = {
		{ GICD_BASE - 0x10000, GICD_BASE, 0 },
		{ GICD_BASE, GICD_BASE + page, EEXIST },
		{ GICD_BASE - 0x10000, GICD_BASE + page, EEXIST },
		{ GICC_BASE - page, GICC_BASE, page < 0x10000 ? 0 : EEXIST },
		{ GICC_BASE, GICC_BASE + page, EEXIST },
		{ end - page, end, EEXIST },
		{ end, end + page, 0 },
		{ GICD_BASE - 0x10000, end + page, EEXIST },
	};
	unsigned int i;

	need_model(vm, ARMVCPU_GIC_V2);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		vm = vm_create_bare(0);
		ASSERT_EQ(0, create_gicv2(vm, 64, GICD_BASE, GICC_BASE));
		EXPECT_EQ(-t[i].want, vm_memory_raw(vm, 1, 0, t[i].from, t[i].to - t[i].from, p));
		vm_close(vm);
		vm = vm_create_bare(0);
		ASSERT_EQ(0, vm_memory_raw(vm, 1, 0, t[i].from, t[i].to - t[i].from, p));
		EXPECT_EQ(-t[i].want, create_gicv2(vm, 64, GICD_BASE, GICC_BASE));
		vm_memory(vm, 1, 0, 0, 0, NULL);
		EXPECT_EQ(t[i].want ? 0 : -EEXIST, create_gicv2(vm, 64, GICD_BASE, GICC_BASE));
		vm_close(vm);
	}
}

TEST(fields_of_create_gic)
{
	struct vm *vm = vm_create_bare(0);
	u32 max = vm->info.gic_max_irqs;
	u64 limit = 1ULL << (vm->info.ipa_bits < 40 ? vm->info.ipa_bits : 40);
	struct armvcpu_create_gic good = {
		.size = sizeof(good), .model = ARMVCPU_GIC_V3, .nr_irqs = 64,
		.dist_ipa = GICD_BASE, .redist_ipa = GICR_BASE, .redist_count = 4,
	};
	struct bad_gic t[64];
	unsigned int n = 0;

	need_model(vm, ARMVCPU_GIC_V3);
#define BAD(field, value, err) do {				\
	t[n] = (__typeof__(t[0])) { #field " = " #value, good, err };	\
	t[n++].arg.field = value;				\
} while (0)
	BAD(model, 0, EINVAL);
	BAD(model, 1, EINVAL);
	BAD(model, 4, EINVAL);
	BAD(model, ~0U, EINVAL);
	BAD(flags, 2, EINVAL);
	BAD(flags, 1U << 31, EINVAL);
	BAD(pad, 1, EINVAL);
	BAD(nr_irqs, 0, EINVAL);
	BAD(nr_irqs, 32, EINVAL);
	BAD(nr_irqs, 63, EINVAL);
	BAD(nr_irqs, 65, EINVAL);
	BAD(nr_irqs, max + 32, EINVAL);
	BAD(nr_irqs, 0x80000000, EINVAL);
	BAD(dist_ipa, GICD_BASE + 0x1000, EINVAL);
	BAD(dist_ipa, GICD_BASE + 1, EINVAL);
	BAD(redist_ipa, GICR_BASE + 0x8000, EINVAL);
	BAD(dist_ipa, limit, EINVAL);
	BAD(dist_ipa, ~0xffffULL, EINVAL);
	BAD(redist_ipa, limit, EINVAL);
	BAD(redist_ipa, limit - 3 * GICR_SIZE, EINVAL);
	BAD(redist_ipa, ~0xffffULL, EINVAL);
	BAD(redist_count, 0, EINVAL);
	BAD(redist_count, vm->info.max_vcpus + 1, EINVAL);
	BAD(redist_count, ~0U, EINVAL);
	/* overlaps: equal, at the first, within, at the last frame */
	BAD(redist_ipa, GICD_BASE, EINVAL);
	BAD(redist_ipa, GICD_BASE - 0x10000, EINVAL);
	BAD(redist_ipa, GICD_BASE - 3 * GICR_SIZE, EINVAL);
	BAD(redist_ipa, GICD_BASE - 4 * GICR_SIZE + 0x10000, EINVAL);
	vm = refuse_gics(vm, t, n);
	/* none of them has left anything: the good one works, as do the edges */
	EXPECT_EQ(0, ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &good));
	vm = vm_create_bare(0);
	EXPECT_EQ(0, create_gic(vm, max, limit - 0x10000, 0, vm->info.max_vcpus));
	vm = vm_create_bare(0);
	EXPECT_EQ(0, create_gic(vm, 64, GICD_BASE, GICD_BASE - 4 * GICR_SIZE, 4));
	vm = vm_create_bare(0);
	EXPECT_EQ(0, create_gic(vm, 64, GICD_BASE, GICD_BASE + 0x10000, 1));
	/* ids beyond the redistributors, in both orders */
	EXPECT_EQ(-EINVAL, vcpu_create_raw(vm, 1, 1, 0));
	EXPECT_LE(0, vcpu_create_raw(vm, 0, 1, 0));
	vm = vm_create_bare(0);
	ASSERT_LE(0, vcpu_create_raw(vm, 5, 0, 0));
	EXPECT_EQ(-EINVAL, create_gic(vm, 64, GICD_BASE, GICR_BASE, 5));
	EXPECT_EQ(0, create_gic(vm, 64, GICD_BASE, GICR_BASE, 6));
}

TEST(gic_and_memory_at_one_place)
{
	static const struct {
		u64 from, to;
		int want;
	} t[] = {
		{ GICD_BASE - 0x10000, GICD_BASE, 0 },
		{ GICD_BASE - 0x10000, GICD_BASE + 0x10000, EEXIST },
		{ GICD_BASE, GICD_BASE + 0x10000, EEXIST },
		{ GICD_BASE + 0x10000, GICR_BASE, 0 },
		{ GICR_BASE + 3 * GICR_SIZE, GICR_BASE + 4 * GICR_SIZE, EEXIST },
		{ GICR_BASE + 4 * GICR_SIZE - 0x10000, GICR_BASE + 5 * GICR_SIZE, EEXIST },
		{ GICR_BASE + 4 * GICR_SIZE, GICR_BASE + 5 * GICR_SIZE, 0 },
		{ GICD_BASE - 0x10000, GICR_BASE + 5 * GICR_SIZE, EEXIST },
	};
	void *p = mem_alloc(16 << 20);
	struct vm *vm = vm_create_bare(0);
	unsigned int i;

	need_model(vm, ARMVCPU_GIC_V3);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		vm = vm_create_bare(0);
		ASSERT_EQ(0, create_gic(vm, 64, GICD_BASE, GICR_BASE, 4));
		EXPECT_EQ(-t[i].want, vm_memory_raw(vm, 1, 0, t[i].from, t[i].to - t[i].from, p));
		vm_close(vm);
		/* the other one first */
		vm = vm_create_bare(0);
		ASSERT_EQ(0, vm_memory_raw(vm, 1, 0, t[i].from, t[i].to - t[i].from, p));
		EXPECT_EQ(-t[i].want, create_gic(vm, 64, GICD_BASE, GICR_BASE, 4));
		/* and none of both after a failure */
		vm_memory(vm, 1, 0, 0, 0, NULL);
		EXPECT_EQ(t[i].want ? 0 : -EEXIST, create_gic(vm, 64, GICD_BASE, GICR_BASE, 4));
		vm_close(vm);
	}
}

TEST(fields_of_irq_line)
{
	struct vm *vm = vm_create_gic(0, 96, 2);
	struct vm *bare = vm_create(0);
	static const struct {
		u32 type, irq, vcpu, level;
		int want;
	} t[] = {
		{ 0, 32, 0, 0, 0 }, { 0, 95, 0, 1, 0 },
		{ 0, 31, 0, 1, EINVAL }, { 0, 96, 0, 1, EINVAL }, { 0, 0, 0, 1, EINVAL },
		{ 0, 1020, 0, 1, EINVAL }, { 0, ~0U, 0, 1, EINVAL },
		{ 0, 0x80000020, 0, 1, EINVAL },
		{ 0, 32, 1, 1, EINVAL }, { 0, 32, ~0U, 1, EINVAL },
		{ 0, 32, 0, 2, EINVAL }, { 0, 32, 0, ~0U, EINVAL },
		{ 1, 16, 0, 1, 0 }, { 1, 31, 1, 0, 0 },
		{ 1, 15, 0, 1, EINVAL }, { 1, 32, 0, 1, EINVAL }, { 1, 0, 0, 1, EINVAL },
		{ 1, 27, 0, 1, EINVAL }, { 1, 30, 0, 1, EINVAL },
		{ 1, 16, 2, 1, ENOENT }, { 1, 16, ~0U, 1, ENOENT }, { 1, 16, 0, 2, EINVAL },
		{ 2, 0, 0, 1, ENXIO }, { 3, 0, 0, 1, ENXIO },
		{ 4, 32, 0, 1, EINVAL }, { ~0U, 0, 0, 1, EINVAL },
	}, b[] = {
		{ 2, 0, 0, 1, 0 }, { 2, 0, 0, 0, 0 }, { 3, 0, 0, 1, 0 }, { 3, 0, 0, 0, 0 },
		{ 2, 1, 0, 1, EINVAL }, { 3, 32, 0, 1, EINVAL }, { 2, 0, 0, 2, EINVAL },
		{ 2, 0, 1, 1, ENOENT }, { 3, 0, ~0U, 1, ENOENT },
		{ 0, 32, 0, 1, ENXIO }, { 1, 16, 0, 1, ENXIO }, { 4, 0, 0, 1, EINVAL },
	};
	unsigned int i;

	vcpu_create(vm, 0);
	vcpu_create(vm, 1);
	vcpu_create(bare, 0);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		int ret = irq_line_raw(vm, t[i].type, t[i].irq, t[i].vcpu, t[i].level);

		if (ret != -t[i].want)
			th_fail(__FILE__, __LINE__, false, "GIC, %u: %d, not %d", i, ret,
				-t[i].want);
	}
	for (i = 0; i < ARRAY_SIZE(b); i++) {
		int ret = irq_line_raw(bare, b[i].type, b[i].irq, b[i].vcpu, b[i].level);

		if (ret != -b[i].want)
			th_fail(__FILE__, __LINE__, false, "no GIC, %u: %d, not %d", i, ret,
				-b[i].want);
	}
}

TEST(fields_of_irqfd)
{
	struct vm *vm = vm_create_gic(0, 96, 1);
	int e = event_fd(), f = event_fd(), file = vm->dev;
	struct {
		u32 flags;
		int fd;
		u32 irq;
		int resample;
		int want;
	} t[] = {
		{ 0, e, 32, -1, 0 }, { 1, e, 32, -1, 0 }, { 0, e, 95, -1, 0 }, { 1, e, 95, -1, 0 },
		{ 2, e, 40, f, 0 }, { 1, e, 40, -1, 0 }, { 1, e, 40, -1, ENOENT },
		{ 0, e, 31, -1, EINVAL }, { 0, e, 0, -1, EINVAL }, { 0, e, 96, -1, EINVAL },
		{ 0, e, 1020, -1, EINVAL }, { 0, e, ~0U, -1, EINVAL },
		{ 0, e, 0x80000020, -1, EINVAL },
		{ 0, -1, 40, -1, EBADF }, { 0, 9999, 40, -1, EBADF }, { 0, file, 40, -1, EINVAL },
		{ 1, -1, 40, -1, EBADF }, { 1, file, 40, -1, EINVAL },
		{ 0, e, 40, f, EINVAL }, { 0, e, 40, 0, EINVAL }, { 1, e, 40, f, EINVAL },
		{ 2, e, 40, -1, EBADF }, { 2, e, 40, 9999, EBADF }, { 2, e, 40, file, EINVAL },
		{ 2, e, 40, e, EINVAL }, { 3, e, 40, f, EINVAL }, { 3, e, 40, -1, EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		int ret = irqfd_raw(vm, t[i].flags, t[i].fd, t[i].irq, t[i].resample);

		if (ret != -t[i].want)
			th_fail(__FILE__, __LINE__, false, "%u: %d, not %d", i, ret, -t[i].want);
	}
	for (i = 0; i < 32; i++) {
		struct armvcpu_irqfd arg = {
			.size = sizeof(arg), .fd = e, .irq = 40, .resample_fd = -1,
			.pad = 1U << i,
		};

		EXPECT_EQ(-EINVAL, ioctl_raw(vm->fd, ARMVCPU_IRQFD, &arg));
		if (i >= 2)
			EXPECT_EQ(-EINVAL, irqfd_raw(vm, 1U << i, e, 40, -1));
	}
}

TEST(fields_of_ioeventfd)
{
	struct vm *vm = vm_create(0);
	int e = event_fd();
	u64 top = 1ULL << (vm->info.ipa_bits < 40 ? vm->info.ipa_bits : 40);
	const struct {
		u32 flags;
		u64 ipa;
		u32 length;
		u64 data;
		int fd;
		int want;
	} t[] = {
		{ 0, 0, 0, 0, e, 0 }, { 0, 0x10, 1, 0, e, 0 }, { 0, 0x22, 2, 0, e, 0 },
		{ 0, 0x34, 4, 0, e, 0 }, { 0, 0x48, 8, 0, e, 0 }, { 0, 0x51, 0, 0, e, 0 },
		{ 0, top - 8, 8, 0, e, 0 }, { 0, top - 1, 1, 0, e, 0 },
		{ 0, top - 9, 1, 0, e, 0 }, { 0, top, 1, 0, e, EINVAL },
		{ 0, top, 0, 0, e, EINVAL }, { 0, ~0ULL, 1, 0, e, EINVAL },
		{ 0, ~7ULL, 8, 0, e, EINVAL }, { 0, 1ULL << 63, 0, 0, e, EINVAL },
		{ 0, 0x100, 3, 0, e, EINVAL }, { 0, 0x100, 5, 0, e, EINVAL },
		{ 0, 0x100, 16, 0, e, EINVAL }, { 0, 0x100, ~0U, 0, e, EINVAL },
		{ 0, 0x100, 0x80000000, 0, e, EINVAL },
		{ 0, 0x101, 2, 0, e, EINVAL }, { 0, 0x102, 4, 0, e, EINVAL },
		{ 0, 0x104, 8, 0, e, EINVAL },
		{ 0, 0x100, 4, 1, e, EINVAL }, { 2, 0x100, 0, 0, e, EINVAL },
		{ 2, 0x100, 1, 0x100, e, EINVAL }, { 2, 0x100, 1, 0xff, e, 0 },
		{ 2, 0x200, 4, 1ULL << 32, e, EINVAL }, { 2, 0x200, 4, 0xffffffff, e, 0 },
		{ 2, 0x300, 8, ~0ULL, e, 0 },
		{ 0, 0x400, 4, 0, -1, EBADF }, { 0, 0x400, 4, 0, vm->dev, EINVAL },
		{ 0, 0x400, 4, 0, 9999, EBADF },
		{ 1, 0x400, 4, 0, e, ENOENT }, { 1, 0x10, 1, 0, e, 0 },
		{ 1, 0x10, 1, 0, e, ENOENT },
		{ 3, 0x300, 8, ~0ULL, e, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		int ret = ioeventfd_raw(vm, t[i].flags, t[i].ipa, t[i].length, t[i].data,
					t[i].fd);

		if (ret != -t[i].want)
			th_fail(__FILE__, __LINE__, false, "%u: %d, not %d", i, ret, -t[i].want);
	}
	for (i = 2; i < 32; i++)
		EXPECT_EQ(-EINVAL, ioeventfd_raw(vm, 1U << i, 0x500, 4, 0, e));
}

TEST(fields_of_posted_writes)
{
	struct vm *vm = vm_create(0);
	int e = event_fd();
	u64 top = 1ULL << (vm->info.ipa_bits < 40 ? vm->info.ipa_bits : 40);
	const struct {
		u32 flags;
		u64 ipa, length;
		int fd;
		int want;
	} t[] = {
		{ 0, 0, 1, -1, 0 }, { 0, 1, 0xfff, e, 0 }, { 0, 0x1000, 0, -1, EINVAL },
		{ 0, top - 1, 1, -1, 0 }, { 0, top - 1, 2, -1, EINVAL }, { 0, top, 1, -1, EINVAL },
		{ 0, 0x2000, ~0ULL, -1, EINVAL }, { 0, ~0ULL, 1, -1, EINVAL },
		{ 0, ~0ULL, ~0ULL, -1, EINVAL }, { 0, 0x2000, -0x2000ULL, -1, EINVAL },
		{ 0, 0x2000, 8, -2, EINVAL }, { 0, 0x2000, 8, 9999, EBADF },
		{ 0, 0x2000, 8, vm->dev, EINVAL }, { 0, 0, 1, -1, EEXIST },
		{ 1, 0, 1, e, EINVAL }, { 1, 0, 2, -1, ENOENT }, { 1, 1, 1, -1, ENOENT },
		{ 1, 0, 1, -1, 0 }, { 1, 0, 1, -1, ENOENT }, { 1, 1, 0xfff, -1, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		int ret = posted_raw(vm, t[i].flags, t[i].ipa, t[i].length, t[i].fd);

		if (ret != -t[i].want)
			th_fail(__FILE__, __LINE__, false, "%u: %d, not %d", i, ret, -t[i].want);
	}
	for (i = 0; i < 32; i++) {
		struct armvcpu_posted_writes arg = {
			.size = sizeof(arg), .ipa = 0x5000, .length = 8, .fd = -1,
			.pad = 1U << i,
		};

		EXPECT_EQ(-EINVAL, ioctl_raw(vm->fd, ARMVCPU_POSTED_WRITES, &arg));
		if (i)
			EXPECT_EQ(-EINVAL, posted_raw(vm, 1U << i, 0x5000, 8, -1));
	}
}

TEST(fields_of_sysregs)
{
	struct vcpu *v = vcpu_create(vm_create_bare(0), 0);
	struct armvcpu_sysreg reg = { .encoding = SYS_TPIDR_EL0 };
	static const unsigned long calls3[] = {
		ARMVCPU_GET_SYSREGS, ARMVCPU_SET_SYSREGS, ARMVCPU_LIST_SYSREGS,
	};
	unsigned int i, bit;

	for (i = 0; i < 3; i++) {
		struct armvcpu_sysregs arg = { .count = 1, .entries = (u64)&reg };

		for (bit = 0; bit < 32; bit++) {
			arg.pad = 1U << bit;
			EXPECT_EQ(-EINVAL, ioctl_raw(v->fd, calls3[i], &arg));
		}
		arg.pad = 0;
		arg.count = ARMVCPU_MAX_SYSREGS + 1;
		EXPECT_EQ(-EINVAL, ioctl_raw(v->fd, calls3[i], &arg));
		arg.count = ~0U;
		EXPECT_EQ(-EINVAL, ioctl_raw(v->fd, calls3[i], &arg));
		if (calls3[i] == ARMVCPU_LIST_SYSREGS)
			continue;
		arg.count = 1;
		for (bit = 0; bit < 32; bit++) {
			reg.pad = 1U << bit;
			EXPECT_EQ(-EINVAL, ioctl_raw(v->fd, calls3[i], &arg));
		}
		reg.pad = 0;
		EXPECT_EQ(0, ioctl_raw(v->fd, calls3[i], &arg));
	}
	/* values that a register cannot hold */
	EXPECT_EQ(-EINVAL, set_sysreg_raw(v, SYS_VBAR_EL1, 1));
	EXPECT_EQ(-EINVAL, set_sysreg_raw(v, SYS_VBAR_EL1, 0x400));
	EXPECT_EQ(-EINVAL, set_sysreg_raw(v, SYS_CONTEXTIDR_EL1, 1ULL << 32));
	EXPECT_EQ(-EINVAL, set_sysreg_raw(v, SYS_CSSELR_EL1, 16));
	EXPECT_EQ(-EINVAL, set_sysreg_raw(v, SYS_CNTV_CTL_EL0, 8));
}

TEST(fields_of_reset)
{
	struct vcpu *v = vcpu_create(vm_create_bare(0), 0);
	unsigned int bit;

	for (bit = 1; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, vcpu_reset_raw(v, 1U << bit, 0, 0));
	EXPECT_EQ(-EINVAL, vcpu_reset_raw(v, 0, 1, 0));
	EXPECT_EQ(-EINVAL, vcpu_reset_raw(v, 0, 2, 0));
	EXPECT_EQ(-EINVAL, vcpu_reset_raw(v, 0, ~0ULL, 0));
	EXPECT_EQ(0, vcpu_reset_raw(v, 0, ~3ULL, ~0ULL));
}

static int map(int fd, u64 length, int prot, int flags, u64 offset)
{
	return mmap(NULL, length, prot, flags, fd, offset) == MAP_FAILED ? -errno : 0;
}

TEST(mmap_of_a_vcpu)
{
	struct vm *vm = vm_create_bare(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 size = vm->info.run_size, page = vm->info.page_size;
	static const int rw = PROT_READ | PROT_WRITE;

	EXPECT_EQ(0, map(v->fd, size, rw, MAP_SHARED, 0));
	EXPECT_EQ(0, map(v->fd, size, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, map(v->fd, size, rw, MAP_PRIVATE, 0));
	EXPECT_EQ(-EINVAL, map(v->fd, size, rw, MAP_SHARED, page));
	EXPECT_EQ(-EINVAL, map(v->fd, size + page, rw, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, map(v->fd, 1ULL << 30, rw, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, map(v->fd, page, rw, MAP_SHARED, 1ULL << 40));
}

TEST(mmap_of_a_vm)
{
	struct vm *vm = vm_create_bare(0);
	u64 size = vm->info.ring_size, page = vm->info.page_size;
	static const int rw = PROT_READ | PROT_WRITE;

	EXPECT_EQ(0, map(vm->fd, size, rw, MAP_SHARED, 0));
	EXPECT_EQ(0, map(vm->fd, size, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, map(vm->fd, size, rw, MAP_PRIVATE, 0));
	EXPECT_EQ(-EINVAL, map(vm->fd, size, rw, MAP_SHARED, page));
	EXPECT_EQ(-EINVAL, map(vm->fd, size + page, rw, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, map(vm->fd, page, rw, MAP_SHARED, 1ULL << 40));
}

/* Random words in every structure: an errno or success, and the host lives on. */
TEST(random_structures)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	int fds[3] = { vm->dev, vm->fd, v->fd };
	u64 seed = 88172645463325252ULL, buf[128];
	unsigned int i, j, n;

	for (n = 0; n < 5000; n++) {
		for (j = 0; j < ARRAY_SIZE(buf); j++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			/* many zeros and small numbers, so that some get further */
			buf[j] = seed & 3 ? seed >> 32 & seed >> 40 & 0xffff : seed;
		}
		i = seed % ARRAY_SIZE(requests);
		if (requests[i].request == ARMVCPU_RUN)
			continue;
		if (seed & 16 && requests[i].size)
			((u32 *)buf)[0] = requests[i].size;
		j = ioctl_raw(fds[requests[i].kind], requests[i].request, buf);
		if ((requests[i].request == ARMVCPU_CREATE_VM ||
		     requests[i].request == ARMVCPU_CREATE_VCPU) && (int)j >= 0)
			close(j);
	}
	vm = vm_create(0);
	v = vcpu_create(vm, 0);
	vcpu_start(v, g_mmio);
	vcpu_run(v);
}

TEST_HARNESS_MAIN
