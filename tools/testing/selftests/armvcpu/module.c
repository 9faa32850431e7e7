// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading: the module stays while somebody uses it, leaves
 * nothing behind, and does both as often as one likes. The module's file is
 * /lib/armvcpu.ko, or what ARMVCPU_MODULE in the environment says; ARMVCPU_CYCLES
 * there is how often it is loaded and unloaded (100), each time with a guest if it is
 * set. Whatever happens, the module is loaded at the end.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "kmod.h"

#define SYS_MODULE	"/sys/module/armvcpu"

static unsigned int cycles(void)
{
	const char *n = getenv("ARMVCPU_CYCLES");

	return n ? atoi(n) : 100;
}

static int load(void)
{
	return kmod_load(kmod_armvcpu(), "");
}

static int unload(void)
{
	return kmod_try_unload("armvcpu");
}

static bool is_loaded(void)
{
	return !access(SYS_MODULE "/initstate", F_OK);
}

static int refcount(void)
{
	char buf[32];

	if (read_file(SYS_MODULE "/refcnt", buf, sizeof(buf)) <= 0)
		return -1;
	return atoi(buf);
}

/* A case may begin where another one was ended, or was killed. */
static void begin(void)
{
	int ret;

	if (access(kmod_armvcpu(), R_OK) || geteuid())
		th_skip("needs root and %s", kmod_armvcpu());
	ret = load();
	if (ret && ret != -EEXIST)
		FAIL("insmod %s: %s", kmod_armvcpu(), strerror(-ret));
	ASSERT_TRUE(WAIT_FOR(refcount() == 0));
}

static void must_load(void)
{
	int ret = load();

	if (ret)
		FAIL("insmod: %s", strerror(-ret));
	ASSERT_TRUE(WAIT_FOR(!access(DEVICE, F_OK)));
}

static void must_unload(void)
{
	int ret = kmod_unload("armvcpu");

	if (ret)
		FAIL("rmmod: %s, %d references", strerror(-ret), refcount());
}

/* ---- the kernel's log ------------------------------------------------------- */

/* Since log_open(): nothing at warning level or worse; armvcpu's load line only. */
static unsigned int log_check(int fd)
{
	static char first[1024];
	unsigned int loads = 0, priority;
	const char *line;

	while ((line = log_line(fd, &priority))) {
		/* a slow machine, not a fault */
		if (!strncmp(line, "hrtimer: interrupt took", 23))
			continue;
		/* the kernel's own facility is 0 */
		if (priority <= 4)
			FAIL("the kernel says: %s", line);
		if (strncmp(line, "armvcpu: ", 9) || strstr(line, "tainting kernel"))
			continue;
		/* why, where the host's GIC is of no use */
		if (strstr(line, "interrupt controllers of guests are software: "))
			continue;
		if (!loads++)
			strncpy(first, line, sizeof(first) - 1);
		else if (strcmp(first, line))
			FAIL("two different lines: \"%s\" and \"%s\"", first, line);
	}
	return loads;
}

/* ---- what a loaded module shows ---------------------------------------------- */

static bool file_has(const char *path, const char *what)
{
	static char buf[1 << 18];

	return read_file(path, buf, sizeof(buf)) > 0 && strstr(buf, what);
}

static bool debugfs_there(void)
{
	return !access("/sys/kernel/debug/armvcpu", F_OK);
}

/* Without them nothing is to be maintained. */
static bool has_list_registers(void)
{
	struct armvcpu_info info;

	host_info(&info);
	return info.list_registers;
}

static void expect_presence(bool there)
{
	static const char *const files[] = {
		SYS_MODULE, DEVICE, "/sys/class/misc/armvcpu", "/sys/devices/virtual/misc/armvcpu",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (!access(files[i], F_OK) != there)
			FAIL("%s is %sthere", files[i], there ? "not " : "still ");
	EXPECT_EQ(there, file_has("/proc/modules", "armvcpu "));
	EXPECT_EQ(there, file_has("/proc/misc", "armvcpu"));
	EXPECT_EQ(there, file_has("/proc/interrupts", "armvcpu vtimer"));
	EXPECT_EQ(there && has_list_registers(),
		  file_has("/proc/interrupts", "armvcpu maintenance"));
	EXPECT_EQ(there, file_has("/sys/devices/system/cpu/hotplug/states", "armvcpu"));
	if (!access("/sys/kernel/debug/sched", F_OK))
		EXPECT_EQ(there, debugfs_there());
	EXPECT_FALSE(file_has("/proc/slabinfo", "armvcpu"));
}

/* ---- a guest that works ------------------------------------------------------ */

GUEST(g_echo,
	"mov	x0, #0\n"
	"1: str	x0, [x28]\n"
	"add	x0, x0, #1\n"
	"b	1b");

static struct vcpu *echo_guest(void)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);

	vcpu_start(v, g_echo);
	EXPECT_EQ(0ULL, vcpu_sync(v));
	return v;
}

/* ---- presence ------------------------------------------------------------------ */

TEST(nothing_is_left_after_rmmod)
{
	begin();
	expect_presence(true);
	must_unload();
	expect_presence(false);
	EXPECT_EQ(-1, open(DEVICE, O_RDWR));
	EXPECT_EQ(ENOENT, errno);
	must_load();
	expect_presence(true);
}

TEST(nothing_is_left_after_guests_and_rmmod)
{
	struct vcpu *v;
	int log;

	begin();
	log = log_open();
	v = vcpu_create(vm_create_gic(0, 64, 1), 0);
	vcpu_start(v, g_echo);
	EXPECT_EQ(0ULL, vcpu_sync(v));
	vm_close(v->vm);
	close(v->fd);
	EXPECT_EQ(-EWOULDBLOCK, unload());
	munmap(v->run, 1);
	must_unload();
	expect_presence(false);
	must_load();
	expect_presence(true);
	EXPECT_EQ(1, log_check(log));
}

TEST(a_second_insmod_is_refused)
{
	struct vcpu *v;
	int log;

	begin();
	log = log_open();
	v = echo_guest();
	EXPECT_EQ(-EEXIST, load());
	EXPECT_EQ(1ULL, vcpu_sync(v));
	expect_presence(true);
	EXPECT_EQ(0, log_check(log));
}

TEST(soft_gic_leaves_the_host_its_own)
{
	struct armvcpu_info before, info;
	struct vcpu *v;
	struct vm *vm;

	begin();
	host_info(&before);
	must_unload();
	ASSERT_EQ(0, kmod_load(kmod_armvcpu(), "soft_gic=1"));
	ASSERT_TRUE(WAIT_FOR(!access(DEVICE, F_OK)));
	host_info(&info);
	EXPECT_EQ(before.gic_models, info.gic_models);
	EXPECT_EQ(0U, info.gic_hw_models);
	EXPECT_EQ(0U, info.list_registers);
	EXPECT_FALSE(file_has("/proc/interrupts", "armvcpu maintenance"));
	vm = vm_create_gic(0, 64, 1);
	v = vcpu_create(vm, 0);
	vcpu_start(v, g_echo);
	EXPECT_EQ(0ULL, vcpu_sync(v));
	vcpu_close(v);
	vm_close(vm);
	must_unload();
	must_load();
	host_info(&info);
	EXPECT_EQ(0, memcmp(&before, &info, sizeof(info)));
}

TEST(rmmod_when_it_is_not_loaded)
{
	begin();
	must_unload();
	EXPECT_EQ(-ENOENT, unload());
	must_load();
}

/* ---- in use ---------------------------------------------------------------------- */

static void expect_in_use(void)
{
	EXPECT_EQ(-EWOULDBLOCK, unload());
	EXPECT_LT(0, refcount());
	ASSERT_TRUE(is_loaded());
}

static void expect_unused(void)
{
	ASSERT_EQ(0, refcount());
	must_unload();
	must_load();
}

TEST(rmmod_is_refused_with_the_device_open)
{
	struct armvcpu_info info;
	int dev;

	begin();
	dev = dev_open();
	expect_in_use();
	get_info(dev, &info);
	expect_presence(true);
	close(dev);
	expect_unused();
}

TEST(rmmod_is_refused_with_a_vm_open)
{
	struct vm *vm;

	begin();
	vm = vm_create(0);
	close(vm->dev);
	expect_in_use();
	/* and it goes on */
	vm->dev = -1;
	{
		struct vcpu *v = vcpu_create(vm, 0);

		vcpu_start(v, g_echo);
		EXPECT_EQ(0ULL, vcpu_sync(v));
		vcpu_close(v);
	}
	expect_in_use();
	close(vm->fd);
	expect_unused();
}

TEST(rmmod_is_refused_with_a_vcpu_open)
{
	struct vcpu *v;

	begin();
	v = echo_guest();
	close(v->vm->dev);
	close(v->vm->fd);
	munmap(v->run, v->vm->info.run_size);
	expect_in_use();
	v->run = mmap(NULL, v->vm->info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)v->run);
	EXPECT_EQ(1ULL, vcpu_sync(v));
	munmap(v->run, v->vm->info.run_size);
	close(v->fd);
	expect_unused();
}

TEST(rmmod_is_refused_with_a_run_page_mapped)
{
	struct vcpu *v;

	begin();
	v = echo_guest();
	close(v->vm->dev);
	close(v->vm->fd);
	close(v->fd);
	expect_in_use();
	EXPECT_EQ(ARMVCPU_EXIT_MMIO, v->run->exit_reason);
	v->run->immediate_exit = 1;
	munmap(v->run, v->vm->info.run_size);
	expect_unused();
}

TEST(rmmod_is_refused_with_a_ring_mapped)
{
	struct armvcpu_ring *ring;
	struct vm *vm;

	begin();
	vm = vm_create(0);
	ring = vm_ring(vm);
	close(vm->dev);
	close(vm->fd);
	expect_in_use();
	EXPECT_LT(0U, ring->count);
	munmap(ring, vm->info.ring_size);
	expect_unused();
}

TEST(rmmod_is_refused_with_statistics_open)
{
	struct vcpu *v;
	int fd[2], i;
	char buf[64];

	begin();
	v = echo_guest();
	fd[0] = ioctl_raw(v->vm->fd, ARMVCPU_VM_STATS_FD, NULL);
	fd[1] = ioctl_raw(v->fd, ARMVCPU_VCPU_STATS_FD, NULL);
	close(v->vm->dev);
	close(v->vm->fd);
	vcpu_close(v);
	for (i = 0; i < 2; i++) {
		expect_in_use();
		EXPECT_EQ((long)sizeof(buf), read(fd[i], buf, sizeof(buf)));
		close(fd[i]);
	}
	expect_unused();
}

static volatile bool no_more_events;

static void *write_events(void *arg)
{
	u64 one = 1;

	while (!no_more_events)
		if (write(*(int *)arg, &one, sizeof(one)) != sizeof(one))
			event_read(*(int *)arg);
	return NULL;
}

/* An eventfd keeps nothing, and nothing of the module stays behind on it. */
TEST(eventfds_outlive_the_module)
{
	unsigned int i, k;
	pthread_t t;
	int fd[4];

	begin();
	for (i = 0; i < ARRAY_SIZE(fd); i++)
		fd[i] = event_fd();
	ASSERT_EQ(0, pthread_create(&t, NULL, write_events, &fd[0]));
	for (k = 0; k < 10; k++) {
		struct vm *vm = vm_create_gic(0, 64, 1);

		ASSERT_EQ(0, irqfd_raw(vm, 0, fd[0], 40, -1));
		ASSERT_EQ(0, irqfd_raw(vm, ARMVCPU_IRQFD_RESAMPLE, fd[1], 41, fd[2]));
		ASSERT_EQ(0, ioeventfd_raw(vm, 0, HOLE_BASE, 4, 0, fd[3]));
		ASSERT_EQ(0, posted_raw(vm, 0, HOLE_BASE + 8, 8, fd[3]));
		if (k & 1)
			ASSERT_EQ(0, irqfd_raw(vm, ARMVCPU_IRQFD_DEASSIGN, fd[1], 41, -1));
		vm_close(vm);
		must_unload();
		for (i = 1; i < ARRAY_SIZE(fd); i++) {
			event_write(fd[i], 1);
			EXPECT_EQ(1ULL, event_read(fd[i]));
		}
		must_load();
	}
	no_more_events = true;
	pthread_join(t, NULL);
}

/* The child's copy of a mapping is a mapping. */
TEST(rmmod_is_refused_with_a_run_page_in_a_child)
{
	struct vcpu *v;
	int fds[2];
	pid_t pid;
	char c;

	begin();
	v = echo_guest();
	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		close(v->vm->dev);
		close(v->vm->fd);
		close(v->fd);
		close(fds[1]);
		_exit(read(fds[0], &c, 1) != 0);
	}
	close(v->vm->dev);
	close(v->vm->fd);
	close(v->fd);
	munmap(v->run, v->vm->info.run_size);
	usleep(50000);
	expect_in_use();
	close(fds[1]);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	expect_unused();
}

GUEST(g_spin,
	"1: add	x0, x0, #1\n"
	"b	1b");

static volatile bool stop;

static void on_signal(int sig)
{
	(void)sig;
}

static void *spin_thread(void *arg)
{
	struct vcpu *v = arg;

	while (!stop)
		ASSERT_EQ(-EINTR, vcpu_run_raw(v));
	return NULL;
}

TEST(rmmod_is_refused_while_a_guest_runs)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct vcpu *v;
	unsigned int i;
	u64 before;

	begin();
	sigaction(SIGUSR1, &sa, NULL);
	v = vcpu_create(vm_create(0), 0);
	vcpu_start(v, g_spin);
	vcpu_thread(v, spin_thread);
	for (i = 0; i < 200; i++)
		EXPECT_EQ(-EWOULDBLOCK, unload());
	before = thread_cpu_ns(v->thread);
	ASSERT_TRUE(WAIT_FOR(thread_cpu_ns(v->thread) > before + 10000000));
	v->run->immediate_exit = 1;
	stop = true;
	pthread_kill(v->thread, SIGUSR1);
	vcpu_join(v);
	vm_close(v->vm);
	vcpu_close(v);
	expect_unused();
}

/* ---- references ------------------------------------------------------------------- */

TEST(references_are_gone_when_all_is_closed)
{
	struct vcpu *v[4];
	unsigned int i, round;

	begin();
	for (round = 0; round < 8; round++) {
		struct vm *vm = vm_create_gic(0, 96, 4);

		for (i = 0; i < 4; i++)
			v[i] = vcpu_create(vm, i);
		vcpu_start(v[0], g_echo);
		EXPECT_EQ(0ULL, vcpu_sync(v[0]));
		EXPECT_LT(0, refcount());
		if (round & 1)
			vm_close(vm);
		for (i = 0; i < 4; i++) {
			munmap(v[i]->run, 1);
			close(v[i]->fd);
		}
		if (!(round & 1))
			vm_close(vm);
		ASSERT_EQ(0, refcount());
	}
	expect_unused();
}

TEST(references_are_gone_after_sigkill)
{
	unsigned int i;

	begin();
	for (i = 0; i < 10; i++) {
		int fds[2];
		pid_t pid;
		char c;

		ASSERT_EQ(0, pipe(fds));
		pid = fork();
		if (!pid) {
			struct vcpu *v = vcpu_create(vm_create_gic(0, 64, 1), 0);

			vcpu_start(v, g_spin);
			close(fds[0]);
			if (write(fds[1], "", 1) != 1)
				_exit(1);
			vcpu_run_raw(v);
			_exit(2);
		}
		close(fds[1]);
		ASSERT_EQ(1, read(fds[0], &c, 1));
		usleep(1000 * i);
		EXPECT_EQ(-EWOULDBLOCK, unload());
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		close(fds[0]);
		/* what closes its files may be a little later than its parent's news */
		ASSERT_TRUE(WAIT_FOR(refcount() == 0));
	}
	expect_unused();
}

TEST(references_are_gone_after_failures)
{
	struct armvcpu_create_vm create_vm = { .size = sizeof(create_vm), .ipa_bits = 99 };
	struct armvcpu_create_vcpu create_vcpu = { .size = sizeof(create_vcpu), .id = ~0U };
	struct rlimit old, none;
	struct vm *vm;
	unsigned int i;
	int ret;

	begin();
	vm = vm_create(0);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	none = old;
	none.rlim_cur = dup(0);
	close(none.rlim_cur);
	for (i = 0; i < 50; i++) {
		EXPECT_EQ(-EINVAL, ioctl_raw(vm->dev, ARMVCPU_CREATE_VM, &create_vm));
		EXPECT_EQ(-EINVAL, ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &create_vcpu));
	}
	create_vm.ipa_bits = 0;
	create_vcpu.id = 3;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	for (i = 0; i < 50; i++) {
		EXPECT_EQ(-EMFILE, ioctl_raw(vm->dev, ARMVCPU_CREATE_VM, &create_vm));
		EXPECT_EQ(-EMFILE, ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &create_vcpu));
	}
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	/* the id is still free */
	ret = ioctl_raw(vm->fd, ARMVCPU_CREATE_VCPU, &create_vcpu);
	ASSERT_LE(0, ret);
	close(ret);
	vm_close(vm);
	expect_unused();
}

/* ---- 100 times ---------------------------------------------------------------------- */

/* Something for the machine to do: forks, memory, files, arithmetic. */
static void load_machine(unsigned int kind)
{
	static char page[65536];
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		switch (kind % 3) {
		case 0:
			if (!fork())
				_exit(0);
			while (waitpid(-1, NULL, 0) > 0)
				;
			break;
		case 1:
			fd = open("/proc/interrupts", O_RDONLY);
			while (read(fd, page, sizeof(page)) > 0)
				;
			close(fd);
			break;
		default: {
			volatile u64 x = kind;
			unsigned int i;

			for (i = 0; i < 10000; i++)
				x = x * 6364136223846793005ULL + 1;
			}
		}
	}
}

struct slab {
	char name[40];
	long objects, per_slab;
};

#define MAX_SLABS	512

/* Objects in use of each cache of the kernel, after those that only wait are freed. */
static unsigned int read_slabs(struct slab *s)
{
	static char buf[1 << 17];
	unsigned int n = 0;
	char *line, *save, path[320];
	struct dirent *d;
	DIR *dir;

	/* debug_objects_cache: what a debug kernel notes of all objects, free ones too */
	sync();
	write_file("/proc/sys/vm/drop_caches", "3");
	usleep(200000);
	dir = opendir("/sys/kernel/slab");
	while (dir && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", d->d_name);
		write_file(path, "1");
	}
	if (dir)
		closedir(dir);
	ASSERT_LT(0, read_file("/proc/slabinfo", buf, sizeof(buf)));
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (n < MAX_SLABS && sscanf(line, "%39s %ld %*d %*d %ld", s[n].name,
					    &s[n].objects, &s[n].per_slab) == 3 &&
		    strcmp(s[n].name, "debug_objects_cache"))
			n++;
	ASSERT_LT(20, n);
	return n;
}

/*
 * One object a cycle would be that many more. A slab that a CPU holds on to counts
 * as full, so caches of very small objects may differ by one.
 */
static bool has_grown(const struct slab *before, const struct slab *after)
{
	long limit = cycles() - 10;

	if (after->per_slab >= limit)
		limit += after->per_slab;
	return after->objects - (before ? before->objects : 0) >= limit;
}

static const struct slab *find_slab(const struct slab *s, unsigned int n, const char *name)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!strcmp(s[i].name, name))
			return &s[i];
	return NULL;
}

/* The highest of several looks before, or the lowest of several after. */
static void merge_slabs(struct slab *s, unsigned int n, const struct slab *t, unsigned int nt,
			bool highest)
{
	const struct slab *other;
	unsigned int i;

	for (i = 0; i < n; i++) {
		other = find_slab(t, nt, s[i].name);
		if (other && (other->objects > s[i].objects) == highest)
			s[i].objects = other->objects;
	}
}

static long meminfo(const char *what)
{
	static char buf[8192];
	char *p;

	ASSERT_LT(0, read_file("/proc/meminfo", buf, sizeof(buf)));
	p = strstr(buf, what);
	return p ? atol(p + strlen(what)) : 0;
}

static void one_cycle(bool guest)
{
	must_unload();
	must_load();
	if (guest) {
		struct vcpu *v = echo_guest();

		vm_close(v->vm);
		vcpu_close(v);
	}
}

TEST_TIMEOUT(a_hundred_cycles_under_load, 150)
{
	static struct slab before[MAX_SLABS], after[MAX_SLABS], look[MAX_SLABS];
	unsigned int i, n, na, nb, grown, tries, cpus = cpu_count();
	long percpu, vmalloc;
	pid_t load[3];
	int log;

	begin();
	for (i = 0; i < 5; i++)
		one_cycle(true);
	log = log_open();
	pin_cpu(0);
	na = read_slabs(before);
	for (i = 0; i < 2; i++) {
		n = read_slabs(look);
		merge_slabs(before, na, look, n, true);
	}
	percpu = meminfo("Percpu:");
	vmalloc = meminfo("VmallocUsed:");
	for (i = 0; i < ARRAY_SIZE(load); i++) {
		load[i] = fork();
		if (!load[i])
			load_machine(i);
	}
	for (i = 0; i < cycles(); i++) {
		pin_cpu(i % cpus);
		one_cycle(i % 4 == 0 || getenv("ARMVCPU_CYCLES"));
		if (i % 10 == 0)
			EXPECT_EQ(i ? 10 : 1, log_check(log));
	}
	for (i = 0; i < ARRAY_SIZE(load); i++) {
		kill(load[i], SIGKILL);
		waitpid(load[i], NULL, 0);
	}
	pin_cpu(0);
	/* What is freed by RCU or by a worker comes a little later. */
	nb = read_slabs(after);
	for (tries = 0; tries < 8; tries++) {
		for (i = grown = 0; i < nb; i++)
			grown += has_grown(find_slab(before, na, after[i].name), &after[i]);
		if (!grown)
			break;
		sleep(1);
		n = read_slabs(look);
		merge_slabs(after, nb, look, n, false);
	}
	for (i = 0; grown && i < nb; i++)
		if (has_grown(find_slab(before, na, after[i].name), &after[i]))
			th_fail(__FILE__, __LINE__, false, "%s has %ld objects now",
				after[i].name, after[i].objects);
	/* kB: a page a cycle would be twice that */
	EXPECT_GT(cycles() * 2, meminfo("Percpu:") - percpu);
	EXPECT_GT(cycles() * 2, meminfo("VmallocUsed:") - vmalloc);
	expect_presence(true);
	log_check(log);
}

/* ---- races ---------------------------------------------------------------------------- */

static unsigned int opened, missed;

/* Open, make a VM, run it: all of it works, or there is no device. */
static void *open_thread(void *arg)
{
	(void)arg;
	while (!stop) {
		struct armvcpu_create_vm create_vm = { .size = sizeof(create_vm) };
		struct armvcpu_create_vcpu create_vcpu = { .size = sizeof(create_vcpu) };
		struct armvcpu_run *run;
		int dev, vm, vcpu;

		dev = open(DEVICE, O_RDWR | O_CLOEXEC);
		if (dev < 0) {
			if (errno != ENOENT && errno != ENODEV && errno != ENXIO)
				FAIL("open: %s", strerror(errno));
			__atomic_add_fetch(&missed, 1, __ATOMIC_RELAXED);
			usleep(100);
			continue;
		}
		vm = ioctl_raw(dev, ARMVCPU_CREATE_VM, &create_vm);
		ASSERT_LE(0, vm);
		close(dev);
		vcpu = ioctl_raw(vm, ARMVCPU_CREATE_VCPU, &create_vcpu);
		ASSERT_LE(0, vcpu);
		close(vm);
		run = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
		if (run != MAP_FAILED) {
			/* no memory: the fetch from 0 is a fault */
			ASSERT_EQ(0, ioctl_raw(vcpu, ARMVCPU_RUN, NULL));
			ASSERT_EQ(ARMVCPU_EXIT_MEMORY_FAULT, run->exit_reason);
			munmap(run, getpagesize());
		}
		close(vcpu);
		__atomic_add_fetch(&opened, 1, __ATOMIC_RELAXED);
		usleep(1000);
	}
	return NULL;
}

TEST_TIMEOUT(open_against_rmmod_and_insmod, 60)
{
	unsigned int i, unloads = 0, refused = 0;
	pthread_t t[2];
	u64 end, latest;
	int log, ret;

	begin();
	log = log_open();
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, open_thread, NULL));
	end = now_ns() + 4000000000ULL * th_scale;
	latest = end + 40000000000ULL * th_scale;
	/* longer where it takes long until nobody has it open */
	while (now_ns() < end || (unloads < 6 && now_ns() < latest)) {
		ret = unload();
		if (ret == -EWOULDBLOCK) {
			refused++;
			continue;
		}
		ASSERT_EQ(0, ret);
		unloads++;
		ret = load();
		ASSERT_EQ(0, ret);
		usleep(unloads % 7 * 500);
	}
	stop = true;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_join(t[i], NULL));
	TH_LOG("%u opened, %u found nothing, %u unloads, %u refused", opened, missed, unloads,
	       refused);
	EXPECT_LT(10, opened);
	EXPECT_LT(5, unloads);
	EXPECT_LT(0, refused);
	ASSERT_TRUE(WAIT_FOR(refcount() == 0));
	log_check(log);
	expect_unused();
}

/* Two at once: one of them does it, the other is told. */
static void *cycle_thread(void *arg)
{
	unsigned int *done = arg;

	while (!stop) {
		int ret = unload();

		if (ret && ret != -EWOULDBLOCK && ret != -ENOENT && ret != -EBUSY)
			FAIL("rmmod: %s", strerror(-ret));
		*done += !ret;
		ret = load();
		/* EBUSY: the other's insmod is under way; EEXIST: it is done */
		if (ret && ret != -EEXIST && ret != -EBUSY)
			FAIL("insmod: %s", strerror(-ret));
	}
	return NULL;
}

TEST_TIMEOUT(insmod_and_rmmod_by_two_at_once, 60)
{
	unsigned int done[2] = { 0 };
	pthread_t t[2];
	unsigned int i;

	begin();
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, cycle_thread, &done[i]));
	usleep(2000000 * th_scale);
	stop = true;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_join(t[i], NULL));
	EXPECT_LT(5, done[0] + done[1]);
	load();
	expect_presence(true);
	expect_unused();
}

int main(int argc, char **argv)
{
	int ret = th_main(argc, argv);

	if (!access(kmod_armvcpu(), R_OK))
		load();
	return ret;
}
