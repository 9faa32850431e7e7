// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals, death, fork, descriptors that go elsewhere, closing in any order:
 * at every moment.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "testlib.h"

/* No exit for ever; how far it is can be read at TEST_BASE. */
GUEST(g_spin,
	"1: add	x0, x0, #1\n"
	"str	x0, [x27]\n"
	"b	1b");

/* Reads numbers from x26 for ever, and adds: each has to be the last one plus 1. */
GUEST(g_reader,
	"mov	x2, #0\n"
	"1: ldr	x1, [x26]\n"
	"add	x2, x2, #1\n"
	"cmp	x1, x2\n"
	"b.eq	1b\n"
	"str	x2, [x28]\n"
	"b	.");

GUEST(g_memory,
	"1: ldr	x1, [x27]\n"
	"str	x1, [x27, #8]\n"
	"b	1b");

GUEST(g_store,
	"1: str	x0, [x26]\n"
	"add	x0, x0, #1\n"
	"b	1b");

/* Tells what is in its memory, and counts there. */
GUEST(g_own,
	"1: ldr	x0, [x27]\n"
	"str	x0, [x26]\n"
	"add	x0, x0, #1\n"
	"str	x0, [x27]\n"
	"b	1b");

static struct vcpu *one(const u32 *entry)
{
	struct vcpu *v = vcpu_create(vm_create(0), 0);

	vcpu_start(v, entry);
	return v;
}

static void on_signal(int sig)
{
	(void)sig;
}

static void catch(int sig)
{
	struct sigaction sa = { .sa_handler = on_signal };

	ASSERT_EQ(0, sigaction(sig, &sa, NULL));
}

static void *run_raw(void *v)
{
	return (void *)(long)vcpu_run_raw(v);
}

/* Wait until g_spin has got on. */
static void wait_running(struct vcpu *v)
{
	volatile u64 *p = vm_ram(v->vm, TEST_BASE);
	u64 start = *p;

	ASSERT_TRUE(WAIT_FOR(*p != start));
}

/* ---- signals ------------------------------------------------------------------------------ */

TEST(signal_ends_run)
{
	struct vcpu *v = one(g_spin);
	u64 x0 = 0, last = 0;
	unsigned int i;

	catch(SIGUSR1);
	for (i = 0; i < 20; i++) {
		vcpu_thread(v, run_raw);
		wait_running(v);
		pthread_kill(v->thread, SIGUSR1);
		EXPECT_EQ((long)-EINTR, (long)vcpu_join(v));
		EXPECT_EQ(ARMVCPU_EXIT_INTR, v->run->exit_reason);
		x0 = get_x(v, 0);
		EXPECT_GT(x0, last);
		last = x0;
	}
}

static volatile bool stop_spinning;

static void *spin(void *arg)
{
	while (!stop_spinning)
		;
	return arg;
}

/*
 * A thread that was preempted has something to do on its way to user mode, for
 * which some kernels end RUN and restart it. That is no signal.
 */
TEST(preemption_is_not_counted_as_a_signal)
{
	struct vcpu *v = one(g_spin);
	pthread_t other;
	unsigned int i;

	catch(SIGUSR1);
	pin_cpu(0);
	ASSERT_EQ(0, pthread_create(&other, NULL, spin, NULL));
	for (i = 0; i < 3; i++) {
		vcpu_thread(v, run_raw);
		wait_running(v);
		usleep(300000);
		/* it may be on its way into the next RUN */
		v->run->immediate_exit = 1;
		pthread_kill(v->thread, SIGUSR1);
		EXPECT_EQ((long)-EINTR, (long)vcpu_join(v));
		v->run->immediate_exit = 0;
	}
	stop_spinning = true;
	pthread_join(other, NULL);
	EXPECT_EQ(3ULL, debugfs_counter("signals "));
}

TEST(sa_restart_does_not_restart)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct vcpu *v = one(g_spin);

	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	vcpu_thread(v, run_raw);
	wait_running(v);
	pthread_kill(v->thread, SIGUSR1);
	EXPECT_EQ((long)-EINTR, (long)vcpu_join(v));
}

/* One that is pending, and blocked, is nobody's affair. */
TEST(blocked_signal_does_not_end_run)
{
	struct vcpu *v = one(g_spin);
	sigset_t set, old;
	unsigned int i;

	catch(SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &set, &old));
	raise(SIGUSR1);
	vcpu_start(v, g_store);
	for (i = 0; i < 10; i++) {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	}
	ASSERT_EQ(0, pthread_sigmask(SIG_SETMASK, &old, NULL));
}

TEST(immediate_exit_never_enters)
{
	struct vcpu *v = one(g_spin);
	unsigned int i;

	v->run->immediate_exit = 1;
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(-EINTR, vcpu_run_raw(v));
	EXPECT_EQ(0ULL, get_x(v, 0));
	EXPECT_EQ((u64)g_spin, get_pc(v));
	v->run->immediate_exit = 0xff;
	EXPECT_EQ(-EINTR, vcpu_run_raw(v));
	EXPECT_EQ(0xff, v->run->immediate_exit);
}

/* 1,000 alarms a second over many MMIO reads: nothing is lost, nothing doubled. */
TEST_TIMEOUT(alarms_over_mmio_reads, 60)
{
	struct itimerval it = { { 0, 1000 }, { 0, 1000 } };
	struct vcpu *v = one(g_reader);
	struct armvcpu_run *run = v->run;
	u64 n = 0, interrupted = 0, end, most = th_many(100000, 5000);

	catch(SIGALRM);
	setitimer(ITIMER_REAL, &it, NULL);
	end = now_ns() + 6000000000ULL;
	while (n < most && now_ns() < end) {
		int ret = vcpu_run_raw(v);

		if (ret == -EINTR) {
			interrupted++;
			/* the read is complete; the page may be anything now */
			run->u.mmio.data = 0xbad;
			continue;
		}
		ASSERT_EQ(0, ret);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		if (run->u.mmio.ipa == PORT_SYNC)
			FAIL("read %llu was lost or doubled",
			     (unsigned long long)run->u.mmio.data);
		run->u.mmio.data = ++n;
		if (n % 16 == 0) {
			run->immediate_exit = 1;
			ASSERT_EQ(-EINTR, vcpu_run_raw(v));
			run->immediate_exit = 0;
			run->u.mmio.data = 0xbad;
		}
	}
	TH_LOG("%llu reads, %llu signals", (unsigned long long)n,
	       (unsigned long long)interrupted);
	EXPECT_LE(100ULL, n);
	EXPECT_LT(10ULL, interrupted);
}

/* ---- a hostile VMM ------------------------------------------------------------------------- */

static volatile bool stop;

static void *scribbler(void *arg)
{
	struct vcpu *v = arg;
	volatile u64 *p = (u64 *)v->run;
	u64 seed = 88172645463325252ULL, n = 0;
	unsigned int words = v->vm->info.run_size / 8;

	while (!stop) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		/* not the first word: immediate_exit and answer are to stay sane */
		p[1 + seed % (words - 1)] = seed;
		n++;
	}
	return (void *)n;
}

GUEST(g_all_exits,
	"1: str	x0, [x26]\n"
	"add	x0, x0, #1\n"
	"ldr	x1, [x26, #8]\n"
	"add	x0, x0, #1\n"
	"ldp	x1, x2, [x26, #16]\n"
	"add	x0, x0, #1\n"
	"msr	s3_3_c9_c13_0, x0\n"
	"add	x0, x0, #1\n"
	"mrs	x1, s3_3_c9_c13_0\n"
	"add	x0, x0, #1\n"
	"ldr	x1, [x27]\n"
	"mov	x4, x0\n"
	"movz	x0, #0xc600, lsl #16\n"
	"hvc	#0\n"
	"add	x0, x4, #1\n"
	"b	1b");

TEST_TIMEOUT(run_page_scribbled_over_while_the_guest_runs, 60)
{
	struct vm *vm = vm_create(ARMVCPU_VM_SYSREG_EXITS | ARMVCPU_VM_HYPERCALL_EXITS);
	struct vcpu *v = vcpu_create(vm, 0);
	unsigned int i, n, runs = th_many(12000, 4000);
	struct armvcpu_regs first;
	pthread_t t[2];
	u64 last = 0;

	vcpu_start(v, g_all_exits);
	get_regs(v, &first);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, scribbler, v));
	for (n = 0; n < runs; n++) {
		struct armvcpu_regs r;
		int ret = vcpu_run_raw(v);

		ASSERT_EQ(0, ret);
		if (n % 64)
			continue;
		/* the guest goes on in order: what it counts never goes back */
		get_regs(v, &r);
		ASSERT_GE(r.pc, (u64)g_all_exits);
		ASSERT_GT((u64)g_all_exits + 100, r.pc);
		if (r.pc != (u64)g_all_exits + 13 * 4) {
			ASSERT_GE(r.x[0], last);
			/* each RUN is an exit, and adds 1 at the most */
			ASSERT_GE(n + 1, r.x[0]);
			last = r.x[0];
		}
		/* the registers that no answer is for */
		for (i = 5; i < 31; i++)
			ASSERT_EQ(first.x[i], r.x[i]);
	}
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	EXPECT_LT(1000ULL, last);
}

/* The same with every byte: answers and immediate_exit at random. */
static void *scribbler_of_all(void *arg)
{
	struct vcpu *v = arg;
	volatile u8 *p = (u8 *)v->run;
	u64 seed = 88172645463325252ULL;

	while (!stop) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		p[seed % sizeof(*v->run)] = seed >> 32;
		p[seed >> 16 & 1] = seed >> 32 & 3;
	}
	return NULL;
}

TEST_TIMEOUT(every_byte_of_the_run_page_at_random, 60)
{
	struct vm *vm = vm_create(ARMVCPU_VM_SYSREG_EXITS | ARMVCPU_VM_HYPERCALL_EXITS);
	struct itimerval it = { { 0, 5000 }, { 0, 5000 } };
	unsigned int n, runs = th_many(12000, 4000);
	struct vcpu *v = vcpu_create(vm, 0);
	pthread_t t;

	catch(SIGALRM);
	vcpu_start(v, g_all_exits);
	ASSERT_EQ(0, pthread_create(&t, NULL, scribbler_of_all, v));
	setitimer(ITIMER_REAL, &it, NULL);
	for (n = 0; n < runs; n++) {
		int ret = vcpu_run_raw(v);

		if (ret && ret != -EINTR && ret != -EINVAL)
			FAIL("RUN: %s", strerror(-ret));
		/* INJECT brings the guest to its vectors, where it stays: start it again */
		if (n % 16 == 0)
			vcpu_start(v, g_all_exits);
	}
	stop = true;
	pthread_join(t, NULL);
}

TEST(run_page_that_is_not_mapped)
{
	struct vcpu *v = one(g_store);
	unsigned int i;

	ASSERT_EQ(0, munmap(v->run, v->vm->info.run_size));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, vcpu_run_raw(v));
	v->run = mmap(NULL, v->vm->info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	EXPECT_EQ(9ULL, v->run->u.mmio.data);
}

TEST(run_page_unmapped_while_the_guest_runs)
{
	struct vcpu *v = one(g_spin);

	catch(SIGUSR1);
	vcpu_thread(v, run_raw);
	wait_running(v);
	ASSERT_EQ(0, munmap(v->run, v->vm->info.run_size));
	pthread_kill(v->thread, SIGUSR1);
	EXPECT_EQ((long)-EINTR, (long)vcpu_join(v));
}

TEST(run_page_read_only)
{
	struct vcpu *v = one(g_store);
	unsigned int i;

	ASSERT_EQ(0, mprotect(v->run, v->vm->info.run_size, PROT_READ));
	for (i = 0; i < 10; i++) {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
		EXPECT_EQ(i, v->run->u.mmio.data);
	}
}

/* ---- two threads, one vCPU ------------------------------------------------------------------ */

TEST(second_run_waits_for_the_first)
{
	struct vcpu *v = one(g_spin), other = *v;
	int i, waits = 0;

	catch(SIGUSR1);
	vcpu_thread(v, run_raw);
	wait_running(v);
	/*
	 * It waits: a signal would end it if it ran the vCPU beside the first. Where a
	 * RUN that is preempted ends and is called again, it may get in between once.
	 */
	for (i = 0; i < 10 && !waits; i++) {
		vcpu_thread(&other, run_raw);
		pthread_kill(other.thread, SIGUSR1);
		usleep(100000);
		waits = pthread_tryjoin_np(other.thread, NULL);
	}
	ASSERT_EQ(EBUSY, waits);
	pthread_kill(v->thread, SIGUSR1);
	EXPECT_EQ((long)-EINTR, (long)vcpu_join(v));
	EXPECT_EQ((long)-EINTR, (long)vcpu_join(&other));
	vcpu_thread(&other, run_raw);
	wait_running(&other);
	pthread_kill(other.thread, SIGUSR1);
	EXPECT_EQ((long)-EINTR, (long)vcpu_join(&other));
}

/* Many threads take turns with one vCPU and its registers. */
static volatile u64 total;

static void *take_turns(void *arg)
{
	struct vcpu *v = arg;
	unsigned int i;

	for (i = 0; i < 300; i++) {
		struct armvcpu_regs r;

		ASSERT_EQ(0, vcpu_run_raw(v));
		get_regs(v, &r);
		__atomic_add_fetch(&total, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

TEST(threads_that_take_turns)
{
	struct vcpu *v = one(g_store);
	pthread_t t[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, take_turns, v));
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	EXPECT_EQ(1200ULL, total);
	/* each RUN was one store */
	EXPECT_EQ(1199ULL, get_x(v, 0));
}

/* ---- other processes ------------------------------------------------------------------------- */

/* All calls on a VM and its vCPU from an address space that is not theirs. */
static int check_foreign(int vm_fd, int vcpu_fd, size_t run_size)
{
	static u8 buf[4096];
	static const unsigned long vm_calls[] = {
		ARMVCPU_SET_MEMORY, ARMVCPU_CREATE_VCPU, ARMVCPU_CREATE_GIC, ARMVCPU_IRQ_LINE,
	}, vcpu_calls[] = {
		ARMVCPU_RUN, ARMVCPU_GET_REGS, ARMVCPU_SET_REGS, ARMVCPU_GET_FPREGS,
		ARMVCPU_SET_FPREGS, ARMVCPU_GET_SYSREGS, ARMVCPU_SET_SYSREGS,
		ARMVCPU_LIST_SYSREGS, ARMVCPU_VCPU_RESET,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vm_calls); i++)
		if (ioctl_raw(vm_fd, vm_calls[i], buf) != -EIO)
			return 10 + i;
	for (i = 0; i < ARRAY_SIZE(vcpu_calls); i++)
		if (ioctl_raw(vcpu_fd, vcpu_calls[i],
			      vcpu_calls[i] == ARMVCPU_RUN ? NULL : buf) != -EIO)
			return 20 + i;
	if (mmap(NULL, run_size, PROT_READ, MAP_SHARED, vcpu_fd, 0) != MAP_FAILED ||
	    errno != EIO)
		return 40;
	return 0;
}

static int wait_status(pid_t pid)
{
	int status;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	return status;
}

TEST(child_cannot_use_the_parents_vm)
{
	struct vcpu *v = one(g_store);
	pid_t pid;

	vcpu_run(v);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(check_foreign(v->vm->fd, v->fd, v->vm->info.run_size));
	EXPECT_EQ(0, wait_status(pid));
	/* and the parent goes on */
	vcpu_run(v);
	EXPECT_EQ(1ULL, v->run->u.mmio.data);
}

static void send_fds(int sock, const int *fds, unsigned int n)
{
	union {
		char buf[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} u;
	struct iovec iov = { "x", 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	ASSERT_EQ(1, sendmsg(sock, &m, 0));
}

static void receive_fds(int sock, int *fds, unsigned int n)
{
	union {
		char buf[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} u;
	char x;
	struct iovec iov = { &x, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
		.msg_controllen = sizeof(u.buf),
	};

	ASSERT_EQ(1, recvmsg(sock, &m, 0));
	memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&m)), n * sizeof(int));
}

/* The creator dies; who holds the descriptors can do nothing, and close them. */
TEST(descriptors_outlive_their_creator)
{
	int sock[2], fds[2], status;
	struct armvcpu_info info;
	pid_t pid;

	host_info(&info);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct vcpu *v = one(g_spin);

		fds[0] = v->vm->fd;
		fds[1] = v->fd;
		send_fds(sock[1], fds, 2);
		vcpu_run_raw(v);
		_exit(1);
	}
	receive_fds(sock[0], fds, 2);
	EXPECT_EQ(0, check_foreign(fds[0], fds[1], info.run_size));
	usleep(50000);
	EXPECT_EQ(0, check_foreign(fds[0], fds[1], info.run_size));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(0, check_foreign(fds[0], fds[1], info.run_size));
	close(fds[0]);
	EXPECT_EQ(-EIO, ioctl_raw(fds[1], ARMVCPU_RUN, NULL));
	close(fds[1]);
}

/* exec(): a new address space with the old descriptors, if they are kept. */
TEST(exec_with_descriptors_kept)
{
	struct armvcpu_info info;
	pid_t pid;

	host_info(&info);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct vcpu *v = one(g_store);
		char vm_fd[16], vcpu_fd[16], size[16];

		fcntl(v->vm->fd, F_SETFD, 0);
		fcntl(v->fd, F_SETFD, 0);
		vcpu_run(v);
		snprintf(vm_fd, sizeof(vm_fd), "%d", v->vm->fd);
		snprintf(vcpu_fd, sizeof(vcpu_fd), "%d", v->fd);
		snprintf(size, sizeof(size), "%u", info.run_size);
		setenv("ARMVCPU_FOREIGN", "1", 1);
		execl("/proc/self/exe", "lifecycle", vm_fd, vcpu_fd, size, (char *)NULL);
		_exit(99);
	}
	EXPECT_EQ(0, wait_status(pid));
}

/* exec() closes them otherwise, while other threads run the guest. */
TEST(exec_while_vcpus_run)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			struct vm *vm = vm_create_gic(0, 64, 2);
			struct vcpu *v[2] = { vcpu_create(vm, 0), vcpu_create(vm, 1) };

			vcpu_start(v[0], g_spin);
			vcpu_start(v[1], g_memory);
			vcpu_thread(v[0], run_raw);
			vcpu_thread(v[1], run_raw);
			wait_running(v[0]);
			setenv("ARMVCPU_FOREIGN", "exit", 1);
			execl("/proc/self/exe", "lifecycle", (char *)NULL);
			_exit(99);
		}
		EXPECT_EQ(0, wait_status(pid));
	}
}

/* fork() in one thread while another is in RUN: both stay what they are. */
TEST(fork_while_the_guest_runs)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	volatile u64 *p = vm_ram(vm, TEST_BASE);
	unsigned int i;

	catch(SIGUSR1);
	vcpu_start(v, g_memory);
	vcpu_thread(v, run_raw);
	for (i = 1; i < 50; i++) {
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid)
			_exit(vcpu_run_raw(v) == -EIO ? 0 : 1);
		p[0] = i;
		ASSERT_TRUE(WAIT_FOR(p[1] == i));
		EXPECT_EQ(0, wait_status(pid));
	}
	pthread_kill(v->thread, SIGUSR1);
	EXPECT_EQ((long)-EINTR, (long)vcpu_join(v));
}

/* ---- death ------------------------------------------------------------------------------------ */

/* What is to be killed tells that it has come to its work; shared memory. */
static volatile bool *at_work;

static void share_at_work(void)
{
	at_work = mmap(NULL, sizeof(*at_work), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)at_work);
}

/* Each third one at any time, the others when they are at work. */
static void kill_at(void (*body)(unsigned int), unsigned int rounds)
{
	unsigned int i;
	u64 start, longest = 0;

	share_at_work();
	for (i = 0; i < rounds; i++) {
		pid_t pid;
		int status;

		*at_work = false;
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			body(i);
			_exit(1);
		}
		if (i % 3)
			ASSERT_TRUE(WAIT_FOR(*at_work));
		usleep(500 + (i * 7919) % (i % 3 ? 5000 : 30000));
		start = now_ns();
		kill(pid, SIGKILL);
		status = wait_status(pid);
		start = now_ns() - start;
		if (start > longest)
			longest = start;
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	TH_LOG("longest death %llu us", (unsigned long long)longest / 1000);
	EXPECT_GT(5000000000ULL * th_scale, longest);
}

static void body_one(unsigned int i)
{
	struct vcpu *v = one(i & 1 ? g_spin : g_memory);

	*at_work = true;
	vcpu_run_raw(v);
}

TEST(sigkill_at_any_time)
{
	kill_at(body_one, 60);
}

static void body_many(unsigned int i)
{
	struct vm *vm = vm_create_gic(ARMVCPU_VM_PSCI_IN_KERNEL, 64, 4);
	struct vcpu *v[4];
	unsigned int n;

	(void)i;
	for (n = 0; n < 4; n++) {
		v[n] = n < 3 ? vcpu_create(vm, n) : vcpu_create_off(vm, n);
		vcpu_start(v[n], n == 1 ? g_memory : n == 2 ? g_store : g_spin);
	}
	for (n = 0; n < 4; n++)
		vcpu_thread(v[n], run_raw);
	*at_work = true;
	for (;;)
		pause();
}

TEST(sigkill_of_many_threads_at_any_time)
{
	kill_at(body_many, 30);
}

/* Objects made and dropped for ever. */
static void body_objects(unsigned int i)
{
	for (;; i++) {
		struct vm *vm = vm_create(0);
		struct vcpu *v;

		*at_work = true;
		if (i & 1)
			vm_add_gic(vm, 64, 1);
		v = vcpu_create(vm, 0);
		if (i & 2)
			vcpu_start(v, g_store);
		vcpu_run_raw(v);
		if (i & 4) {
			close(vm->fd);
			vcpu_close(v);
		} else {
			munmap(v->run, vm->info.run_size);
			close(v->fd);
			close(vm->fd);
		}
		close(vm->dev);
		munmap(vm->image, vm->image_len);
		munmap(vm->ram, RAM_SIZE);
	}
}

TEST(sigkill_while_objects_come_and_go)
{
	kill_at(body_objects, 60);
}

/* A thread that exits while another one runs its vCPU; the creator leaves first. */
static void *runner(void *arg)
{
	struct vcpu *v = arg;
	unsigned int n = 0;

	for (;;)
		if (!vcpu_run_raw(v) && ++n == 100)
			*at_work = true;
	return NULL;
}

TEST(first_thread_exits_while_others_run)
{
	pid_t pid;

	share_at_work();
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct vcpu *v = one(g_store);

		vcpu_thread(v, runner);
		syscall(SYS_exit, 0);
	}
	ASSERT_TRUE(WAIT_FOR(*at_work));
	usleep(200000);
	kill(pid, SIGKILL);
	EXPECT_TRUE(WIFSIGNALED(wait_status(pid)));
}

/* ---- closing ------------------------------------------------------------------------------------ */

/* Device, VM, vCPU, run page: all 24 orders; what is left still works. */
TEST(closing_in_any_order)
{
	unsigned int order;

	for (order = 0; order < 24; order++) {
		struct vcpu *v = one(g_store);
		struct vm *vm = v->vm;
		unsigned int left[4] = { 0, 1, 2, 3 }, n, k = order, i;
		bool open[4] = { true, true, true, true };

		for (n = 4; n > 0; n--) {
			unsigned int what = left[k % n];

			k /= n;
			for (i = 0; i < n; i++)
				if (left[i] == what)
					left[i] = left[n - 1];
			switch (what) {
			case 0:
				close(vm->dev);
				break;
			case 1:
				close(vm->fd);
				break;
			case 2:
				close(v->fd);
				break;
			case 3:
				munmap(v->run, vm->info.run_size);
				break;
			}
			open[what] = false;
			if (open[2]) {
				ASSERT_EQ(0, vcpu_run_raw(v));
				if (open[3])
					EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
			}
			if (open[1])
				ASSERT_EQ(-ENOENT, vm_memory_raw(vm, SLOT_TEST, 0, 0, 0, NULL));
			if (open[3])
				((volatile u8 *)v->run)[8] = 1;
		}
	}
}

TEST(vm_closed_while_a_vcpu_runs)
{
	struct vcpu *v = one(g_spin);

	catch(SIGUSR1);
	vcpu_thread(v, run_raw);
	wait_running(v);
	close(v->vm->fd);
	close(v->vm->dev);
	wait_running(v);
	pthread_kill(v->thread, SIGUSR1);
	EXPECT_EQ((long)-EINTR, (long)vcpu_join(v));
	EXPECT_LT(0ULL, get_x(v, 0));
}

/* A kernel without KVM: it starts RUN again when the thread was preempted. */
static bool run_is_restarted(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	bool found = false;
	char line[512];

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, " xfer_to_guest_mode_handle_work");
	if (f)
		fclose(f);
	return !found;
}

TEST(vcpu_closed_while_it_runs)
{
	struct vcpu *v = one(g_spin);
	int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	long ret;

	catch(SIGUSR1);
	vcpu_thread(v, run_raw);
	wait_running(v);
	/* That closes it; a RUN that is restarted finds no vCPU behind its number. */
	ASSERT_EQ(v->fd, dup2(other, v->fd));
	if (!run_is_restarted())
		wait_running(v);
	pthread_kill(v->thread, SIGUSR1);
	ret = (long)vcpu_join(v);
	if (!run_is_restarted() || ret != -ENOTTY)
		EXPECT_EQ((long)-EINTR, ret);
	close(other);
	close(v->fd);
}

/* A thread closes and uses the number that the next vCPU will have. */
static volatile int guess;

static void *guesser(void *arg)
{
	struct armvcpu_regs r;

	(void)arg;
	while (!stop) {
		int fd = guess;

		ioctl(fd, ARMVCPU_GET_REGS, &r);
		ioctl(fd, ARMVCPU_RUN, 0);
		close(fd);
	}
	return NULL;
}

TEST(descriptor_guessed_while_it_is_made)
{
	struct vm *vm = vm_create_bare(0);
	pthread_t t;
	unsigned int i;
	int fd;

	/* descriptors above these belong to the guesser */
	fd = fcntl(vm->dev, F_DUPFD_CLOEXEC, 100);
	close(fd);
	guess = fd = dup(vm->dev);
	close(fd);
	ASSERT_EQ(0, pthread_create(&t, NULL, guesser, NULL));
	for (i = 0; i < 3000; i++) {
		struct armvcpu_create_vm arg = { .size = sizeof(arg) };
		int vm_fd = fcntl(vm->fd, F_DUPFD_CLOEXEC, 200), v;

		(void)arg;
		v = vcpu_create_raw(vm, i % vm->info.max_vcpus, i % 16 | (i / 16 % 256) << 8, 0);
		if (v >= 0 && v != guess)
			EXPECT_EQ(0, close(v));
		close(vm_fd);
		if (i % vm->info.max_vcpus == vm->info.max_vcpus - 1) {
			int n = ioctl_raw(vm->dev, ARMVCPU_CREATE_VM, &arg);

			if (n >= 0) {
				dup2(n, vm->fd);
				if (n != guess)
					close(n);
			}
		}
	}
	stop = true;
	pthread_join(t, NULL);
}

/* Many VMs: memory is given back. */
static u64 memory_available(void)
{
	static char buf[65536];
	char *p;

	if (read_file("/proc/meminfo", buf, sizeof(buf)) <= 0)
		return 0;
	p = strstr(buf, "MemAvailable:");
	return p ? strtoull(p + 13, NULL, 10) : 0;
}

/* What 200 VMs, one after the other, have left behind, in kB. */
static s64 left_by_200_vms(void)
{
	u64 before = memory_available(), start = now_ns();
	unsigned int i;
	s64 left;

	for (i = 0; i < 200; i++) {
		struct vm *vm = vm_create(0);
		struct vcpu *v;

		if (i & 1)
			vm_add_gic(vm, 256, 1);
		v = vcpu_create(vm, 0);
		vcpu_start(v, g_store);
		vcpu_run(v);
		vcpu_close(v);
		vm_close(vm);
	}
	left = before - memory_available();
	TH_LOG("%lld kB less; %llu us a VM", (long long)left,
	       (unsigned long long)(now_ns() - start) / 200000);
	return left;
}

/*
 * 25 kB of each would be a leak. The host, too, takes and keeps memory, but not each
 * time; kernels that look for errors keep what was freed.
 */
TEST_TIMEOUT(many_vms_one_after_the_other, 120)
{
	s64 most = th_scale > 1 ? 20000 : 5000;
	unsigned int i;

	for (i = 0; i < 5; i++)
		if (left_by_200_vms() < most)
			return;
	FAIL("each time there is less memory than before");
}

TEST(hundred_vms_at_once)
{
	struct vcpu *v[100];
	unsigned int i, n;

	/* each finds its own memory at the address that is the same in all */
	for (i = 0; i < 100; i++) {
		v[i] = one(g_own);
		*(volatile u64 *)vm_ram(v[i]->vm, TEST_BASE) = 1000 * i;
	}
	for (n = 0; n < 3; n++)
		for (i = 0; i < 100; i++) {
			vcpu_run(v[i]);
			ASSERT_EQ(1000 * i + n, v[i]->run->u.mmio.data);
		}
}

TEST(every_vcpu_of_a_vm)
{
	struct vm *vm = vm_create(0);
	u32 max = vm->info.max_vcpus, i;
	struct vcpu **v = calloc(max, sizeof(*v));

	for (i = 0; i < max; i++) {
		v[i] = calloc(1, sizeof(**v));
		v[i]->vm = vm;
		v[i]->fd = vcpu_create_raw(vm, i, i % 16 | i / 16 << 8, 0);
		if (v[i]->fd == -EMFILE)
			SKIP(return, "too few descriptors");
		ASSERT_LE(0, v[i]->fd);
		v[i]->run = mmap(NULL, vm->info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
				 v[i]->fd, 0);
		ASSERT_NE((uintptr_t)MAP_FAILED, (uintptr_t)v[i]->run);
		vcpu_start(v[i], g_store);
	}
	EXPECT_EQ(-EINVAL, vcpu_create_raw(vm, max, 0xff00, 0));
	for (i = 0; i < max; i++) {
		vcpu_run(v[i]);
		ASSERT_EQ((i % 16 | i / 16 << 8) | 1ULL << 31, get_sysreg(v[i], SYS_MPIDR_EL1));
	}
}

int main(int argc, char **argv)
{
	const char *foreign = getenv("ARMVCPU_FOREIGN");

	/* what exec_*() run */
	if (foreign && !strcmp(foreign, "exit"))
		return 0;
	if (foreign && argc == 4)
		return check_foreign(atoi(argv[1]), atoi(argv[2]), atoi(argv[3]));
	return th_main(argc, argv);
}
