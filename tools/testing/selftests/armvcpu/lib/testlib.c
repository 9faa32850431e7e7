// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "testlib.h"

#define MIB2	0x200000ULL

/* Stage 1 descriptors, 4 KiB granule (Arm ARM D8.3) */
#define PTE_TABLE	3ULL
#define PTE_BLOCK	1ULL
#define PTE_AF		(1ULL << 10)
#define PTE_SH_INNER	(3ULL << 8)
#define PTE_DEVICE	(1ULL << 2)	/* MAIR attribute 1 */
#define PTE_XN		(3ULL << 53)
#define PTE_NORMAL	(PTE_BLOCK | PTE_AF | PTE_SH_INNER)

/* ---- objects --------------------------------------------------------------- */

int ioctl_raw(int fd, unsigned long request, const void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

int dev_open(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENXIO))
		th_skip("no " DEVICE);
	if (fd < 0)
		FAIL("open " DEVICE ": %s", strerror(errno));
	return fd;
}

void get_info(int dev, struct armvcpu_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	ASSERT_EQ(0, ioctl_raw(dev, ARMVCPU_GET_INFO, info));
}

void host_info(struct armvcpu_info *info)
{
	int dev = dev_open();

	get_info(dev, info);
	close(dev);
}

void *mem_alloc(size_t length)
{
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	return p;
}

struct vm *vm_create_bare(u32 flags)
{
	struct armvcpu_create_vm arg = { .size = sizeof(arg), .flags = flags };
	struct vm *vm = calloc(1, sizeof(*vm));

	ASSERT_TRUE(vm);
	vm->flags = flags;
	vm->dev = dev_open();
	get_info(vm->dev, &vm->info);
	vm->fd = ioctl_raw(vm->dev, ARMVCPU_CREATE_VM, &arg);
	ASSERT_LE(0, vm->fd);
	return vm;
}

/* Identity map: 2 MiB blocks in the first GiB, then blocks of 1 GiB. */
static void make_stage1(struct vm *vm)
{
	u64 *l1 = (u64 *)vm->ram, *l2 = (u64 *)(vm->ram + 4096);
	u64 start = (u64)__executable_start & ~(MIB2 - 1);
	u64 end = (u64)_end;
	unsigned int i;

	l1[0] = (RAM_BASE + 4096) | PTE_TABLE;
	for (i = 1; i < 8; i++)
		l1[i] = ((u64)i << 30) | PTE_NORMAL;
	for (i = 0; i < 512; i++) {
		u64 pa = i * MIB2;

		l2[i] = pa >= start && pa < end ? pa | PTE_NORMAL :
			pa | PTE_BLOCK | PTE_AF | PTE_DEVICE | PTE_XN;
	}
}

struct vm *vm_create(u32 flags)
{
	const ElfW(Phdr) *ph = (void *)getauxval(AT_PHDR);
	struct vm *vm = vm_create_bare(flags);
	u64 page = vm->info.page_size;
	unsigned int i;
	u64 start = (u64)__executable_start & ~(page - 1);

	vm->image_len = ((u64)_end - start + page - 1) & ~(page - 1);
	vm->image = mem_alloc(vm->image_len);
	for (i = 0; i < getauxval(AT_PHNUM); i++)
		if (ph[i].p_type == PT_LOAD)
			memcpy(vm->image + (ph[i].p_vaddr - start), (void *)ph[i].p_vaddr,
			       ph[i].p_memsz);
	__builtin___clear_cache((char *)vm->image, (char *)vm->image + vm->image_len);
	vm->ram = mem_alloc(RAM_SIZE);
	make_stage1(vm);
	vm_memory(vm, SLOT_IMAGE, 0, start, vm->image_len, vm->image);
	vm_memory(vm, SLOT_RAM, 0, RAM_BASE, RAM_SIZE, vm->ram);
	return vm;
}

/* What the environment wants: 0 in @model for what the host does best. */
static void wanted_gic(u32 *model, bool *software)
{
	const char *want = getenv("ARMVCPU_TEST_GIC");

	*model = 0;
	*software = false;
	if (!want || !*want || !strcmp(want, "auto"))
		return;
	if ((want[0] != '2' && want[0] != '3') || (want[1] && strcmp(want + 1, "-soft")))
		FAIL("ARMVCPU_TEST_GIC=%s: not 2, 3, 2-soft or 3-soft", want);
	*model = want[0] - '0';
	*software = want[1];
}

u32 test_gic(const struct armvcpu_info *info)
{
	bool software;
	u32 model;

	wanted_gic(&model, &software);
	if (model)
		return model;
	model = info->gic_hw_models ? info->gic_hw_models : info->gic_models;
	return model & 1U << ARMVCPU_GIC_V3 ? ARMVCPU_GIC_V3 : ARMVCPU_GIC_V2;
}

bool test_gic_is_software(const struct armvcpu_info *info)
{
	bool software;
	u32 model;

	wanted_gic(&model, &software);
	return software || !(info->gic_hw_models & 1U << test_gic(info));
}

struct armvcpu_create_gic gic_config(const struct armvcpu_info *info, u32 nr_irqs, u32 cpus)
{
	struct armvcpu_create_gic arg = {
		.size = sizeof(arg), .nr_irqs = nr_irqs, .dist_ipa = GICD_BASE,
	};
	bool software;

	wanted_gic(&arg.model, &software);
	arg.model = test_gic(info);
	if (software)
		arg.flags = ARMVCPU_GIC_SOFTWARE;
	if (arg.model == ARMVCPU_GIC_V2) {
		arg.cpu_ipa = GICC_BASE;
	} else {
		arg.redist_ipa = GICR_BASE;
		arg.redist_count = cpus;
	}
	return arg;
}

void need_gic(u32 model)
{
	struct armvcpu_info info;

	host_info(&info);
	if (test_gic(&info) != model)
		th_skip("of a GICv%u only", model);
}

void need_list_registers(void)
{
	struct armvcpu_info info;

	host_info(&info);
	if (test_gic_is_software(&info))
		th_skip("no list registers");
}

void vm_add_gic(struct vm *vm, u32 nr_irqs, u32 cpus)
{
	struct armvcpu_create_gic arg = gic_config(&vm->info, nr_irqs, cpus);

	if (!(vm->info.gic_models & 1U << arg.model))
		th_skip("this host offers no GICv%u", arg.model);
	ASSERT_EQ(0, ioctl_raw(vm->fd, ARMVCPU_CREATE_GIC, &arg));
	vm->gic = arg.model;
	if (vm->image)
		vm_var(vm, guest_gic) = arg.model;
}

struct vm *vm_create_gic(u32 flags, u32 nr_irqs, u32 cpus)
{
	struct vm *vm = vm_create(flags);

	vm_add_gic(vm, nr_irqs, cpus);
	return vm;
}

void vm_close(struct vm *vm)
{
	close(vm->fd);
	close(vm->dev);
	if (vm->image)
		munmap(vm->image, vm->image_len);
	if (vm->ram)
		munmap(vm->ram, RAM_SIZE);
	free(vm);
}

int vm_memory_raw(struct vm *vm, u32 slot, u32 flags, u64 ipa, u64 length, const void *hva)
{
	struct armvcpu_memory arg = {
		.slot = slot, .flags = flags, .ipa = ipa, .length = length,
		.hva = (u64)hva,
	};

	return ioctl_raw(vm->fd, ARMVCPU_SET_MEMORY, &arg);
}

void vm_memory(struct vm *vm, u32 slot, u32 flags, u64 ipa, u64 length, const void *hva)
{
	int ret = vm_memory_raw(vm, slot, flags, ipa, length, hva);

	if (ret)
		FAIL("SET_MEMORY slot %u ipa 0x%llx length 0x%llx: %s", slot,
		     (unsigned long long)ipa, (unsigned long long)length, strerror(-ret));
}

int vcpu_create_raw(struct vm *vm, u32 id, u64 mpidr, u32 flags)
{
	struct armvcpu_create_vcpu arg = {
		.size = sizeof(arg), .flags = flags, .id = id, .mpidr = mpidr,
	};

	return ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &arg);
}

static struct vcpu *new_vcpu(struct vm *vm, u32 id, u32 flags)
{
	struct vcpu *v = calloc(1, sizeof(*v));

	ASSERT_TRUE(v);
	v->vm = vm;
	v->id = id;
	v->fd = vcpu_create_raw(vm, id, id, flags);
	if (v->fd < 0)
		FAIL("CREATE_VCPU %u: %s", id, strerror(-v->fd));
	v->run = mmap(NULL, vm->info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      v->fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)v->run);
	vm->nr_vcpus++;
	return v;
}

struct vcpu *vcpu_create(struct vm *vm, u32 id)
{
	return new_vcpu(vm, id, 0);
}

struct vcpu *vcpu_create_off(struct vm *vm, u32 id)
{
	return new_vcpu(vm, id, ARMVCPU_VCPU_POWERED_OFF);
}

void vcpu_close(struct vcpu *v)
{
	munmap(v->run, v->vm->info.run_size);
	close(v->fd);
	free(v);
}

void *vm_addr(struct vm *vm, const volatile void *guest)
{
	u64 page = vm->info.page_size;
	u64 start = (u64)__executable_start & ~(page - 1);
	u64 offset = (u64)guest - start;

	if (offset >= vm->image_len)
		FAIL("%p is not in the guest's image", guest);
	return vm->image + offset;
}

void *vm_ram(struct vm *vm, u64 ipa)
{
	if (ipa < RAM_BASE || ipa >= RAM_BASE + RAM_SIZE)
		FAIL("0x%llx is not in the guest's RAM", (unsigned long long)ipa);
	return vm->ram + (ipa - RAM_BASE);
}

int irq_line_raw(struct vm *vm, u32 type, u32 irq, u32 vcpu, u32 level)
{
	struct armvcpu_irq_line arg = {
		.type = type, .irq = irq, .vcpu_id = vcpu, .level = level,
	};

	return ioctl_raw(vm->fd, ARMVCPU_IRQ_LINE, &arg);
}

void irq_line(struct vm *vm, u32 type, u32 irq, u32 vcpu, u32 level)
{
	int ret = irq_line_raw(vm, type, irq, vcpu, level);

	if (ret)
		FAIL("IRQ_LINE type %u irq %u vcpu %u level %u: %s", type, irq, vcpu,
		     level, strerror(-ret));
}

/* ---- eventfds -------------------------------------------------------------- */

int event_fd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	ASSERT_LE(0, fd);
	return fd;
}

void event_write(int fd, u64 n)
{
	ASSERT_EQ(sizeof(n), write(fd, &n, sizeof(n)));
}

u64 event_read(int fd)
{
	u64 n;

	if (read(fd, &n, sizeof(n)) == sizeof(n))
		return n;
	ASSERT_EQ(EAGAIN, errno);
	return 0;
}

int irqfd_raw(struct vm *vm, u32 flags, int fd, u32 irq, int resample_fd)
{
	struct armvcpu_irqfd arg = {
		.size = sizeof(arg), .flags = flags, .fd = fd, .irq = irq,
		.resample_fd = resample_fd,
	};

	return ioctl_raw(vm->fd, ARMVCPU_IRQFD, &arg);
}

int ioeventfd_raw(struct vm *vm, u32 flags, u64 ipa, u32 length, u64 data, int fd)
{
	struct armvcpu_ioeventfd arg = {
		.size = sizeof(arg), .flags = flags, .ipa = ipa, .datamatch = data,
		.length = length, .fd = fd,
	};

	return ioctl_raw(vm->fd, ARMVCPU_IOEVENTFD, &arg);
}

int posted_raw(struct vm *vm, u32 flags, u64 ipa, u64 length, int fd)
{
	struct armvcpu_posted_writes arg = {
		.size = sizeof(arg), .flags = flags, .ipa = ipa, .length = length, .fd = fd,
	};

	return ioctl_raw(vm->fd, ARMVCPU_POSTED_WRITES, &arg);
}

struct armvcpu_ring *vm_ring(struct vm *vm)
{
	void *p = mmap(NULL, vm->info.ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->fd, 0);

	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)p);
	return p;
}

/* ---- registers ------------------------------------------------------------- */

void get_regs(struct vcpu *v, struct armvcpu_regs *r)
{
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_GET_REGS, r));
}

void set_regs(struct vcpu *v, const struct armvcpu_regs *r)
{
	ASSERT_EQ(0, ioctl_raw(v->fd, ARMVCPU_SET_REGS, r));
}

static int one_sysreg(struct vcpu *v, unsigned long request, u32 encoding, u64 *value)
{
	struct armvcpu_sysreg reg = { .encoding = encoding, .value = *value };
	struct armvcpu_sysregs arg = { .count = 1, .entries = (u64)&reg };
	int ret = ioctl_raw(v->fd, request, &arg);

	*value = reg.value;
	return ret;
}

int get_sysreg_raw(struct vcpu *v, u32 encoding, u64 *value)
{
	return one_sysreg(v, ARMVCPU_GET_SYSREGS, encoding, value);
}

int set_sysreg_raw(struct vcpu *v, u32 encoding, u64 value)
{
	return one_sysreg(v, ARMVCPU_SET_SYSREGS, encoding, &value);
}

u64 get_sysreg(struct vcpu *v, u32 encoding)
{
	u64 value = 0;
	int ret = get_sysreg_raw(v, encoding, &value);

	if (ret)
		FAIL("GET_SYSREGS 0x%x: %s", encoding, strerror(-ret));
	return value;
}

void set_sysreg(struct vcpu *v, u32 encoding, u64 value)
{
	int ret = set_sysreg_raw(v, encoding, value);

	if (ret)
		FAIL("SET_SYSREGS 0x%x: %s", encoding, strerror(-ret));
}

u64 get_x(struct vcpu *v, unsigned int n)
{
	struct armvcpu_regs r;

	get_regs(v, &r);
	return r.x[n];
}

u64 get_pc(struct vcpu *v)
{
	struct armvcpu_regs r;

	get_regs(v, &r);
	return r.pc;
}

/* ---- running --------------------------------------------------------------- */

void vcpu_start(struct vcpu *v, const u32 *entry)
{
	struct armvcpu_regs r = {
		.pc = (u64)entry,
		.pstate = PSTATE_EL1H,
		.sp_el1 = STACK_BASE + (u64)(v->id + 1) * STACK_SIZE,
	};

	r.x[26] = HOLE_BASE;
	r.x[27] = TEST_BASE;
	r.x[28] = PORT_BASE;
	set_regs(v, &r);
	set_sysreg(v, SYS_VBAR_EL1, (u64)guest_vectors_plain);
}

void vcpu_start_c(struct vcpu *v, void (*fn)(u64 arg), u64 arg)
{
	struct armvcpu_regs r = {
		.x = { (u64)fn, arg, RAM_BASE, v->id },
		.pc = (u64)guest_start,
		.pstate = PSTATE_EL1H,
		.sp_el1 = STACK_BASE + (u64)(v->id + 1) * STACK_SIZE,
	};

	ASSERT_LT(v->id, MAX_TEST_VCPUS);
	set_regs(v, &r);
}

int vcpu_reset_raw(struct vcpu *v, u32 flags, u64 pc, u64 x0)
{
	struct armvcpu_reset arg = {
		.size = sizeof(arg), .flags = flags, .pc = pc, .x0 = x0,
	};

	return ioctl_raw(v->fd, ARMVCPU_VCPU_RESET, &arg);
}

int vcpu_run_raw(struct vcpu *v)
{
	return ioctl_raw(v->fd, ARMVCPU_RUN, NULL);
}

void vcpu_run(struct vcpu *v)
{
	int ret = vcpu_run_raw(v);

	if (ret)
		FAIL("vCPU %u: RUN: %s", v->id, strerror(-ret));
}

static const char *const exit_names[] = {
	"UNKNOWN", "INTR", "MMIO", "MMIO_NISV", "SYSREG", "HYPERCALL", "SMC", "CPU_ON",
	"CPU_OFF", "SYSTEM_OFF", "SYSTEM_RESET", "MEMORY_FAULT", "FAIL_ENTRY",
	"INTERNAL_ERROR",
};

void vcpu_unexpected(struct vcpu *v)
{
	struct armvcpu_run *run = v->run;
	struct armvcpu_regs r;
	unsigned int i;

	TH_LOG("vCPU %u: exit %u (%s) pc 0x%llx pstate 0x%llx esr 0x%llx far 0x%llx ipa 0x%llx",
	       v->id, run->exit_reason,
	       run->exit_reason < ARRAY_SIZE(exit_names) ? exit_names[run->exit_reason] : "?",
	       run->pc, run->pstate, run->esr, run->far, run->ipa);
	for (i = 0; i < 7; i++)
		TH_LOG("  u[%u] 0x%016llx", i, ((unsigned long long *)&run->u)[i]);
	if (!ioctl_raw(v->fd, ARMVCPU_GET_REGS, &r)) {
		TH_LOG("  elr_el1 0x%llx spsr_el1 0x%llx sp_el1 0x%llx x30 0x%llx",
		       r.elr_el1, r.spsr_el1, r.sp_el1, r.x[30]);
		for (i = 0; i < 30; i += 5)
			TH_LOG("  x%-2u %llx %llx %llx %llx %llx", i, r.x[i], r.x[i + 1],
			       r.x[i + 2], r.x[i + 3], r.x[i + 4]);
	}
	FAIL("vCPU %u: not the exit that was expected", v->id);
}

bool vcpu_message(struct vcpu *v)
{
	struct armvcpu_run *run = v->run;
	u64 value = run->u.mmio.data;
	u64 ipa = run->u.mmio.ipa;

	if (run->exit_reason != ARMVCPU_EXIT_MMIO ||
	    !(run->u.mmio.flags & ARMVCPU_MMIO_WRITE))
		return false;
	if (ipa == PORT_FAIL) {
		struct guest_failure *f = vm_addr(v->vm, (void *)value);

		FAIL("guest, vCPU %u: %s:%d: %s: 0x%llx, 0x%llx", v->id, f->file,
		     f->line, f->what, (unsigned long long)f->want,
		     (unsigned long long)f->seen);
	}
	if (ipa >= PORT_VECTOR && ipa < PORT_VECTOR + 16 * 8) {
		TH_LOG("guest, vCPU %u: exception by vector %u, ESR_EL1 0x%llx FAR_EL1 0x%llx",
		       v->id, (unsigned int)(ipa - PORT_VECTOR) / 8,
		       (unsigned long long)get_sysreg(v, SYS_ESR_EL1),
		       (unsigned long long)get_sysreg(v, SYS_FAR_EL1));
		vcpu_unexpected(v);
	}
	if (ipa == PORT_LINE) {
		irq_line(v->vm, value >> 48, value >> 8 & 0xffffff, value >> 32 & 0xffff,
			 value & 0xff);
		return true;
	}
	if (ipa == PORT_LOG) {
		TH_LOG("guest, vCPU %u: 0x%llx", v->id, (unsigned long long)value);
		return true;
	}
	return false;
}

u64 vcpu_run_to(struct vcpu *v, u64 port)
{
	struct armvcpu_run *run = v->run;

	do {
		vcpu_run(v);
		if (run->exit_reason == ARMVCPU_EXIT_MMIO &&
		    (run->u.mmio.flags & ARMVCPU_MMIO_WRITE) && run->u.mmio.ipa == port)
			return run->u.mmio.data;
	} while (vcpu_message(v));
	TH_LOG("waiting for a store to 0x%llx", (unsigned long long)port);
	vcpu_unexpected(v);
}

u64 vcpu_sync(struct vcpu *v)
{
	return vcpu_run_to(v, PORT_SYNC);
}

void vcpu_finish(struct vcpu *v)
{
	vcpu_run_to(v, PORT_DONE);
}

void vcpu_complete(struct vcpu *v)
{
	v->run->immediate_exit = 1;
	ASSERT_EQ(-EINTR, vcpu_run_raw(v));
	v->run->immediate_exit = 0;
}

void vcpu_run_to_mmio(struct vcpu *v)
{
	do {
		vcpu_run(v);
	} while (vcpu_message(v));
	if (v->run->exit_reason != ARMVCPU_EXIT_MMIO)
		vcpu_unexpected(v);
}

struct thread_start {
	struct vcpu *v;
	void *(*fn)(void *vcpu);
};

static void *thread_main(void *arg)
{
	struct thread_start s = *(struct thread_start *)arg;

	free(arg);
	s.v->tid = syscall(SYS_gettid);
	if (s.fn)
		return s.fn(s.v);
	vcpu_finish(s.v);
	return NULL;
}

void vcpu_thread(struct vcpu *v, void *(*fn)(void *vcpu))
{
	struct thread_start *s = malloc(sizeof(*s));

	ASSERT_TRUE(s);
	s->v = v;
	s->fn = fn;
	v->tid = 0;
	ASSERT_EQ(0, pthread_create(&v->thread, NULL, thread_main, s));
	ASSERT_TRUE(WAIT_FOR(v->tid));
}

void *vcpu_join(struct vcpu *v)
{
	void *ret;

	ASSERT_EQ(0, pthread_join(v->thread, &ret));
	return ret;
}

/* ---- the machine ------------------------------------------------------------ */

int read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	while (n < size - 1 && (got = read(fd, buf + n, size - 1 - n)) > 0)
		n += got;
	close(fd);
	buf[n] = 0;
	return n;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

char thread_state(pid_t tid)
{
	char path[64], buf[512], *p;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	if (!tid || read_file(path, buf, sizeof(buf)) <= 0)
		return 0;
	p = strrchr(buf, ')');
	return p ? p[2] : 0;
}

bool wait_asleep(pid_t tid)
{
	unsigned int seen = 0;

	/* Twice, a little apart: not the short sleep of a fault or a lock. */
	return WAIT_FOR(({
		seen = thread_state(tid) == 'S' ? seen + 1 : 0;
		seen >= 4;
	}));
}

u64 thread_cpu_ns(pthread_t t)
{
	struct timespec ts;
	clockid_t clock;

	ASSERT_EQ(0, pthread_getcpuclockid(t, &clock));
	ASSERT_EQ(0, clock_gettime(clock, &ts));
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

int cpu_count(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return CPU_COUNT(&set);
}

int pin_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

#define CPU1	"/sys/devices/system/cpu/cpu1/online"

bool is_online(void)
{
	char buf[8] = "";

	return read_file(CPU1, buf, sizeof(buf)) > 0 && buf[0] == '1';
}

int set_online(bool on)
{
	return write_file(CPU1, on ? "1" : "0");
}

void with_hotplug(void (*body)(void))
{
	pid_t pid;
	int status;

	if (geteuid())
		th_skip("needs root");
	if (!is_online())
		th_skip("CPU 1 cannot be switched off");
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		body();
		th_exit();
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	set_online(true);
	if (WIFEXITED(status) && WEXITSTATUS(status) == TH_SKIP)
		_exit(TH_SKIP);
	ASSERT_EQ(0, status);
}

#define STATS	"/sys/kernel/debug/armvcpu"

u64 debugfs_counter(const char *key)
{
	char path[512], buf[8192], pid[16], *p;
	struct dirent *d;
	DIR *dir = opendir(STATS);

	if (!dir)
		th_skip("needs debugfs in /sys/kernel/debug");
	snprintf(pid, sizeof(pid), "%d-", getpid());
	do {
		d = readdir(dir);
	} while (d && strncmp(d->d_name, pid, strlen(pid)));
	ASSERT_TRUE(d);
	snprintf(path, sizeof(path), STATS "/%s", d->d_name);
	closedir(dir);
	ASSERT_LT(0, read_file(path, buf, sizeof(buf)));
	p = strstr(buf, key);
	ASSERT_TRUE(p);
	return strtoull(p + strlen(key), NULL, 10);
}

s64 interrupt_count(const char *name)
{
	static char buf[65536];
	char *line, *save;
	s64 sum = -1;

	if (read_file("/proc/interrupts", buf, sizeof(buf)) <= 0)
		return -1;
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *p = strchr(line, ':');

		if (!p || !strstr(p, name))
			continue;
		if (sum < 0)
			sum = 0;
		for (p++;;) {
			char *end;
			s64 n = strtoll(p, &end, 10);

			if (end == p || (*end != ' ' && *end != 0))
				break;
			sum += n;
			p = end;
		}
	}
	return sum;
}
