// SPDX-License-Identifier: GPL-2.0-only
/* Files of statistics, read by a parser that knows nothing but their format. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "testlib.h"

/* ---- the parser: numbers by offset, no structure of the ABI --------------------------- */

struct value {
	char name[128];
	u32 type, unit, base;
	int exponent;
	u32 size, offset, bucket;
};

struct stats {
	int fd;
	char id[128];
	u32 nr, data;
	struct value v[128];
};

static u64 number(int fd, u64 offset, unsigned int len)
{
	u64 n = 0;

	ASSERT_EQ((long)len, pread(fd, &n, len, offset));
	return n;
}

static struct stats *parse(int fd)
{
	struct stats *s = calloc(1, sizeof(*s));
	u32 name_size, id, desc, i, k, end = 0;

	ASSERT_TRUE(s);
	ASSERT_LE(0, fd);
	s->fd = fd;
	ASSERT_EQ(0ULL, number(fd, 0, 4));
	name_size = number(fd, 4, 4);
	s->nr = number(fd, 8, 4);
	id = number(fd, 12, 4);
	desc = number(fd, 16, 4);
	s->data = number(fd, 20, 4);
	ASSERT_TRUE(name_size >= 16 && name_size <= sizeof(s->id));
	ASSERT_TRUE(s->nr > 0 && s->nr <= ARRAY_SIZE(s->v));
	ASSERT_EQ(0, (id | desc | s->data) & 7);
	/* none of the four blocks is in another one */
	ASSERT_LE(24U, id);
	ASSERT_LE(id + name_size, desc);
	ASSERT_LE(desc + s->nr * (16 + name_size), s->data);
	ASSERT_EQ((long)name_size, pread(fd, s->id, name_size, id));
	ASSERT_LT(strnlen(s->id, name_size), name_size);

	for (i = 0; i < s->nr; i++) {
		u64 at = desc + (u64)i * (16 + name_size);
		struct value *v = &s->v[i];
		u32 flags = number(fd, at, 4);

		v->type = flags & 0xf;
		v->unit = flags >> 4 & 0xf;
		v->base = flags >> 8 & 0xf;
		ASSERT_EQ(0U, flags >> 12);
		v->exponent = (short)number(fd, at + 4, 2);
		v->size = number(fd, at + 6, 2);
		v->offset = number(fd, at + 8, 4);
		v->bucket = number(fd, at + 12, 4);
		ASSERT_EQ((long)name_size, pread(fd, v->name, name_size, at + 16));
		ASSERT_LT(strnlen(v->name, name_size), name_size);
		ASSERT_LT(0UL, strlen(v->name));
		for (k = 0; k < i; k++)
			ASSERT_NE(0, strcmp(s->v[k].name, v->name));
		ASSERT_LE(v->type, 3U);
		ASSERT_TRUE(v->type == 3 ? v->size > 1 && v->bucket : v->size == 1 && !v->bucket);
		ASSERT_LE(v->unit, 4U);
		ASSERT_LE(v->base, 1U);
		ASSERT_EQ(0U, v->offset & 7);
		for (k = 0; k < i; k++)
			ASSERT_TRUE(v->offset + 8 * v->size <= s->v[k].offset ||
				    s->v[k].offset + 8 * s->v[k].size <= v->offset);
		if (v->offset + 8 * v->size > end)
			end = v->offset + 8 * v->size;
	}
	/* and there the file ends */
	ASSERT_EQ((long)(s->data + end), lseek(fd, 0, SEEK_END));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	return s;
}

static u64 value_of(struct stats *s, const char *name, unsigned int index)
{
	u32 i;

	for (i = 0; i < s->nr; i++)
		if (!strcmp(s->v[i].name, name)) {
			ASSERT_LT(index, s->v[i].size);
			return number(s->fd, s->data + s->v[i].offset + 8 * index, 8);
		}
	FAIL("no value %s", name);
	return 0;
}

#define VALUE(s, name)	value_of(s, name, 0)

static struct stats *vm_stats(struct vm *vm)
{
	return parse(ioctl_raw(vm->fd, ARMVCPU_VM_STATS_FD, NULL));
}

static struct stats *vcpu_stats(struct vcpu *v)
{
	return parse(ioctl_raw(v->fd, ARMVCPU_VCPU_STATS_FD, NULL));
}

/* ---- the file ------------------------------------------------------------------------- */

static struct vcpu *fresh(void)
{
	struct vm *vm = vm_create_gic(0, 64, 2);

	return vcpu_create(vm, 1);
}

TEST(names_and_units)
{
	struct vcpu *v = fresh();
	struct stats *m = vm_stats(v->vm), *c = vcpu_stats(v);
	char prefix[64];
	u32 i, seconds = 0;

	snprintf(prefix, sizeof(prefix), "armvcpu-%d-", getpid());
	EXPECT_EQ(0, strncmp(prefix, m->id, strlen(prefix)));
	EXPECT_EQ(0, strncmp(m->id, c->id, strlen(m->id)));
	EXPECT_EQ(0, strcmp(c->id + strlen(m->id), "/vcpu-1"));
	for (i = 0; i < c->nr; i++)
		if (c->v[i].unit == 2) {
			EXPECT_EQ(-9, c->v[i].exponent);
			EXPECT_EQ(0U, c->v[i].base);
			seconds++;
		} else {
			EXPECT_EQ(0, c->v[i].exponent);
		}
	EXPECT_EQ(3U, seconds);
	EXPECT_EQ(1ULL, VALUE(m, "vcpus"));
	EXPECT_EQ(0ULL, VALUE(c, "exits"));
	EXPECT_EQ(1ULL, VALUE(c, "powered_on"));
}

TEST(reads_of_all_kinds)
{
	struct stats *s = vcpu_stats(fresh());
	char all[16384], part[16384];
	long size, n, i, step;

	size = read(s->fd, all, sizeof(all));
	ASSERT_LT(1000L, size);
	EXPECT_EQ(size, lseek(s->fd, 0, SEEK_CUR));
	EXPECT_EQ(0, read(s->fd, part, sizeof(part)));
	for (step = 1; step < 200; step += 37) {
		ASSERT_EQ(0, lseek(s->fd, 0, SEEK_SET));
		for (i = 0; (n = read(s->fd, part + i, step)) > 0; i += n)
			ASSERT_LE(n, step);
		ASSERT_EQ(0, n);
		ASSERT_EQ(size, i);
		ASSERT_EQ(0, memcmp(all, part, size));
	}
	for (i = 0; i < size; i += 13) {
		ASSERT_EQ(size - i, pread(s->fd, part, sizeof(part), i));
		ASSERT_EQ(0, memcmp(all + i, part, size - i));
	}
	EXPECT_EQ(0, pread(s->fd, part, 1, size));
	EXPECT_EQ(0, pread(s->fd, part, 1, 1LL << 40));
	EXPECT_EQ(0, read(s->fd, NULL, 0));
	EXPECT_EQ(-1, syscall(SYS_pread64, s->fd, 8UL, 8UL, 0UL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, pread(s->fd, part, 8, -1));
	EXPECT_EQ(-1, lseek(s->fd, -1, SEEK_SET));
	EXPECT_EQ(-1, lseek(s->fd, size + 1, SEEK_SET));
}

TEST(only_for_reading)
{
	struct vcpu *v = fresh();
	int fd[2] = { vm_stats(v->vm)->fd, vcpu_stats(v)->fd };
	struct armvcpu_regs regs;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(O_RDONLY, fcntl(fd[i], F_GETFL) & O_ACCMODE);
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd[i], F_GETFD));
		EXPECT_EQ(-1, write(fd[i], "", 1));
		EXPECT_EQ(-1, pwrite(fd[i], "", 1, 0));
		EXPECT_EQ((uintptr_t)MAP_FAILED,
			  (uintptr_t)mmap(NULL, getpagesize(), PROT_READ, MAP_SHARED, fd[i], 0));
		EXPECT_EQ(-ENOTTY, ioctl_raw(fd[i], ARMVCPU_RUN, NULL));
		EXPECT_EQ(-ENOTTY, ioctl_raw(fd[i], ARMVCPU_GET_REGS, &regs));
		EXPECT_EQ(-ENOTTY, ioctl_raw(fd[i], ARMVCPU_VM_STATS_FD, NULL));
	}
}

/* ---- what they count ------------------------------------------------------------------ */

static void g_work(u64 arg)
{
	unsigned int i;
	u64 end;

	gic_dist_init();
	gic_cpu_init();
	GUEST_SYNC(1);
	for (i = 0; i < 7; i++)
		hvc4(PSCI_VERSION, 0, 0, 0);
	for (i = 0; i < 6; i++)
		(void)read_sysreg(ctr_el0);
	for (i = 0; i < 9; i++)
		(void)read_sysreg(id_aa64pfr0_el1);
	for (i = 0; i < 5; i++)
		smc4(PSCI_VERSION, 0, 0, 0);
	for (i = 0; i < 11; i++)
		(void)read32(HOLE_BASE);
	for (i = 0; i < 13; i++)
		write32(HOLE_BASE + 4, i);
	for (i = 0; i < 17; i++)
		write32(HOLE_BASE + 8, i);
	for (i = 0; i < 3; i++) {
		gic_sgi(3, 1 << guest_cpu());
		GUEST_ASSERT(irq_wait());
		gic_eoi(gic_ack());
	}
	GUEST_SYNC(2);
	end = guest_counter() + guest_ticks(arg);
	while (guest_counter() < end)
		;
	GUEST_SYNC(3);
	write_sysreg(cntv_tval_el0, guest_ticks(arg));
	write_sysreg(cntv_ctl_el0, 1);
	gic_enable(INTID_VTIMER);
	wfi();
	GUEST_SYNC(4);
	guest_done();
}

static void run_to_sync(struct vcpu *v, u64 want)
{
	do {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	} while (v->run->u.mmio.ipa == HOLE_BASE || vcpu_message(v));
	ASSERT_EQ((u64)PORT_SYNC, v->run->u.mmio.ipa);
	ASSERT_EQ(want, v->run->u.mmio.data);
}

/* Some loads that need not ask the GIC, and as many that do. */
static void g_gic_loads(u64 arg)
{
	u64 i;

	(void)arg;
	GUEST_SYNC(1);
	for (i = 0; i < 19; i++)
		(void)read32(GICD_BASE + 4 * (i % 3));
	GUEST_SYNC(2);
	for (i = 0; i < 23; i++)
		(void)read32(GICD_BASE + 0x100);
	GUEST_SYNC(3);
	guest_done();
}

TEST(registers_of_the_gic_in_the_vector)
{
	struct vm *vm = vm_create_gic(0, 64, 1);
	struct vcpu *v = vcpu_create(vm, 0);
	struct stats *s = vcpu_stats(v);
	u64 fast, gic;

	vcpu_start_c(v, g_gic_loads, 0);
	run_to_sync(v, 1);
	fast = VALUE(s, "fast_exits");
	gic = VALUE(s, "gic_accesses");
	run_to_sync(v, 2);
	/* all in the vector, or none: a tracepoint is on, or the CPU has erratum 834220 */
	if (VALUE(s, "gic_accesses") == gic) {
		EXPECT_EQ(fast + 19, VALUE(s, "fast_exits"));
	} else {
		EXPECT_EQ(gic + 19, VALUE(s, "gic_accesses"));
	}
	fast = VALUE(s, "fast_exits");
	gic = VALUE(s, "gic_accesses");
	run_to_sync(v, 3);
	EXPECT_EQ(gic + 23, VALUE(s, "gic_accesses"));
	EXPECT_EQ(fast, VALUE(s, "fast_exits"));
	vcpu_finish(v);
}

TEST(counts)
{
	u64 began = now_ns(), before[8], ms = 300, sum = 0, t, guest, host, halt;
	struct vm *vm = vm_create_gic(0, 64, 1);
	struct vcpu *v = vcpu_create(vm, 0);
	struct stats *s = vcpu_stats(v), *m = vm_stats(vm);
	int fd = event_fd(), irq = event_fd();
	unsigned int i;

	ASSERT_EQ(0, ioeventfd_raw(vm, 0, HOLE_BASE + 4, 4, 0, fd));
	ASSERT_EQ(0, posted_raw(vm, 0, HOLE_BASE + 8, 4, -1));
	ASSERT_EQ(0, irqfd_raw(vm, 0, irq, 40, -1));
	vcpu_start_c(v, g_work, ms * 1000);
	run_to_sync(v, 1);
	before[0] = VALUE(s, "hvc_exits");
	before[1] = VALUE(s, "smc_exits");
	before[2] = VALUE(s, "mmio_exits");
	before[3] = VALUE(s, "ioeventfds");
	before[4] = VALUE(s, "posted_writes");
	before[5] = VALUE(s, "vmm_exits");
	before[6] = VALUE(s, "injected_irqs");
	before[7] = VALUE(s, "fast_exits");
	EXPECT_LT(0ULL, VALUE(s, "gic_accesses"));
	EXPECT_LT(0ULL, VALUE(s, "memory_faults"));
	run_to_sync(v, 2);
	/* unless a tracepoint is on, they are answered in the vector */
	if (VALUE(s, "hvc_exits") == before[0]) {
		EXPECT_EQ(before[7] + 7 + 6 + 9, VALUE(s, "fast_exits"));
	} else {
		EXPECT_EQ(before[0] + 7, VALUE(s, "hvc_exits"));
		EXPECT_EQ(before[7], VALUE(s, "fast_exits"));
	}
	EXPECT_EQ(before[1] + 5, VALUE(s, "smc_exits"));
	EXPECT_EQ(before[2] + 11 + 1, VALUE(s, "mmio_exits"));
	EXPECT_EQ(before[3] + 13, VALUE(s, "ioeventfds"));
	EXPECT_EQ(before[4] + 17, VALUE(s, "posted_writes"));
	EXPECT_EQ(before[5] + 11 + 1, VALUE(s, "vmm_exits"));
	EXPECT_LE(before[6], VALUE(s, "injected_irqs"));
	EXPECT_EQ(0ULL, VALUE(s, "posted_ring_full"));
	EXPECT_EQ(0ULL, VALUE(s, "signal_exits"));
	for (i = 0; i < 64; i++)
		sum += value_of(s, "exit_class", i);
	EXPECT_LE(sum + VALUE(s, "irq_exits"), VALUE(s, "exits"));
	EXPECT_EQ(VALUE(s, "data_aborts"), value_of(s, "exit_class", 0x24));
	EXPECT_EQ(VALUE(s, "hvc_exits"), value_of(s, "exit_class", 0x16));

	/* in the guest */
	guest = VALUE(s, "guest_time");
	run_to_sync(v, 3);
	EXPECT_LE(guest + ms * 1000000 * 9 / 10, VALUE(s, "guest_time") + VALUE(s, "host_time"));
	EXPECT_LT(guest, VALUE(s, "guest_time"));
	/* asleep */
	guest = VALUE(s, "guest_time");
	halt = VALUE(s, "halt_time");
	host = VALUE(s, "host_time");
	run_to_sync(v, 4);
	EXPECT_LE(halt + ms * 1000000 / 2, VALUE(s, "halt_time"));
	EXPECT_LE(host + ms * 1000000 / 2, VALUE(s, "host_time"));
	EXPECT_LE(1ULL, VALUE(s, "wfi_exits"));
	EXPECT_LT(VALUE(s, "guest_time"), guest + ms * 1000000 / 2);
	/* both together are the time that there was */
	t = now_ns() - began;
	EXPECT_LE(VALUE(s, "guest_time") + VALUE(s, "host_time"), t);

	EXPECT_EQ(1ULL, VALUE(m, "irqfds"));
	EXPECT_EQ(1ULL, VALUE(m, "ioeventfds"));
	EXPECT_EQ(1ULL, VALUE(m, "posted_ranges"));
	EXPECT_EQ(0ULL, VALUE(m, "irqfd_events"));
	event_write(irq, 1);
	event_write(irq, 1);
	EXPECT_EQ(2ULL, VALUE(m, "irqfd_events"));
	EXPECT_EQ(0ULL, VALUE(m, "resamples"));
	v->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run_raw(v));
	EXPECT_EQ(1ULL, VALUE(s, "signal_exits"));
	v->run->immediate_exit = 0;
	vcpu_finish(v);
}

static void g_spin(u64 arg)
{
	(void)arg;
	gic_dist_init();
	gic_cpu_init();
	/* a level, so that each time it is raised is news */
	gic_edge(40, false);
	gic_enable(40);
	GUEST_SYNC(1);
	while (!*(volatile u64 *)TEST_BASE)
		;
	guest_done();
}

/* While it runs it can be asked for, and read; and a kick is counted. */
TEST(of_a_running_vcpu)
{
	struct vm *vm = vm_create_gic(0, 64, 1);
	struct vcpu *v = vcpu_create(vm, 0);
	struct stats *s;
	u64 guest;

	if (cpu_count() < 2)
		SKIP(return, "one CPU kicks nobody");
	vcpu_start_c(v, g_spin, 0);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	/* who is on the vCPU's own CPU never finds it in the guest */
	ASSERT_EQ(0, pin_cpu(1));
	vcpu_thread(v, NULL);
	ASSERT_EQ(0, pin_cpu(0));
	s = vcpu_stats(v);
	/* the host's tick ends a stay, and with it comes its time */
	guest = VALUE(s, "guest_time");
	ASSERT_TRUE(WAIT_FOR(VALUE(s, "guest_time") != guest));
	ASSERT_TRUE(WAIT_FOR(({
		irq_line(vm, ARMVCPU_IRQ_SPI, 40, 0, 1);
		irq_line(vm, ARMVCPU_IRQ_SPI, 40, 0, 0);
		VALUE(s, "kicks") > 0;
	})));
	*(volatile u64 *)vm_ram(vm, TEST_BASE) = 1;
	vcpu_join(v);
}

/* ---- lifetime -------------------------------------------------------------------------- */

TEST(outlives_the_vm)
{
	struct vcpu *v = fresh();
	struct stats *s, *m;
	u64 exits;
	int status;
	pid_t pid;

	vcpu_start_c(v, g_spin, 0);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	s = vcpu_stats(v);
	m = vm_stats(v->vm);
	exits = VALUE(s, "exits");
	EXPECT_LT(0ULL, exits);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* another process may read and may not ask */
		_exit(VALUE(s, "exits") != exits || VALUE(m, "vcpus") != 1 ||
		      ioctl_raw(v->fd, ARMVCPU_VCPU_STATS_FD, NULL) != -EIO ||
		      ioctl_raw(v->vm->fd, ARMVCPU_VM_STATS_FD, NULL) != -EIO);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(v->vm->fd);
	vcpu_close(v);
	EXPECT_EQ(exits, VALUE(s, "exits"));
	EXPECT_EQ(1ULL, VALUE(m, "vcpus"));
	close(m->fd);
	EXPECT_EQ(exits, VALUE(s, "exits"));
}

/* The process that made the VM is gone, the file is not. */
TEST(outlives_the_process)
{
	int pipe_fd[2], status;
	struct stats *s;
	pid_t pid;

	/* the child makes it, the parent takes it by /proc, as a tool would by a socket */
	ASSERT_EQ(0, pipe(pipe_fd));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct vcpu *v = fresh();
		int fd[2] = { ioctl_raw(v->fd, ARMVCPU_VCPU_STATS_FD, NULL), getpid() };

		if (write(pipe_fd[1], fd, sizeof(fd)) != sizeof(fd))
			_exit(1);
		pause();
	}
	{
		int fd[2], pidfd;

		ASSERT_EQ((long)sizeof(fd), read(pipe_fd[0], fd, sizeof(fd)));
		pidfd = syscall(434 /* pidfd_open */, fd[1], 0);
		ASSERT_LE(0, pidfd);
		s = parse(syscall(438 /* pidfd_getfd */, pidfd, fd[0], 0));
	}
	EXPECT_EQ(1ULL, VALUE(s, "powered_on"));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0ULL, VALUE(s, "exits"));
	EXPECT_EQ(1ULL, VALUE(s, "powered_on"));
}

static volatile bool stop;

static void *read_all(void *arg)
{
	struct stats *s = arg;
	char buf[16384];
	u64 last = 0, n;

	while (!stop) {
		ASSERT_LT(0L, pread(s->fd, buf, sizeof(buf), 0));
		n = VALUE(s, "exits");
		ASSERT_LE(last, n);
		last = n;
	}
	return NULL;
}

static void g_exits(u64 n)
{
	while (n--)
		(void)read32(HOLE_BASE);
	guest_done();
}

TEST(read_while_it_runs)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);
	struct stats *s = vcpu_stats(v);
	pthread_t t;

	ASSERT_EQ(0, pthread_create(&t, NULL, read_all, s));
	vcpu_start_c(v, g_exits, 3000);
	do {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	} while (v->run->u.mmio.ipa != PORT_DONE);
	stop = true;
	pthread_join(t, NULL);
	EXPECT_EQ(3001ULL, VALUE(s, "mmio_exits"));
}

TEST_HARNESS_MAIN
