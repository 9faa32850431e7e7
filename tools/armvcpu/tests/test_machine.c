// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole machine on a libarmvcpu of its own: the functions below take the
 * place of the kernel, and a C function that of the guest.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
#include "options.h"
#include "psci.h"
#include "scratch.h"
#include "util.h"

#define ENTRY	(BOARD_RAM_BASE + 0x80000)

/* ---- the kernel --------------------------------------------------------- */

struct fake_vcpu {
	struct armvcpu_run run;
	bool off;		/* RUN would fail */
	uint64_t pc;
	uint64_t x0;
	unsigned int exits;	/* since the vCPU was created */
};

static struct fake_vcpu fake[MAX_CPUS];
static unsigned int vms;
static bool spi_level[BOARD_IRQS];
static struct armvcpu_info host;
static struct options options;

/* The guest: fills in @run and returns 0, or -EINTR. */
static int (*guest)(unsigned int id, struct armvcpu_run *run, unsigned int n);

int armvcpu_open(const char *path)
{
	(void)path;
	return dup(STDERR_FILENO);
}

const char *armvcpu_open_hint(int err)
{
	return strerror(-err);
}

int armvcpu_query(int dev_fd, struct armvcpu_info *info)
{
	(void)dev_fd;
	*info = host;
	return 0;
}

int armvcpu_vm_create(struct armvcpu_vm *vm, int dev_fd, uint32_t flags,
		      uint32_t ipa_bits)
{
	(void)dev_fd;
	assert_int_equal(flags, 0);
	assert_int_equal(ipa_bits, 0);
	vm->fd = dup(STDERR_FILENO);
	vms++;
	return 0;
}

void armvcpu_vm_close(struct armvcpu_vm *vm)
{
	if (vm->fd >= 0)
		close(vm->fd);
	vm->fd = -1;
	memset(spi_level, 0, sizeof(spi_level));
}

int armvcpu_vm_memory(struct armvcpu_vm *vm, uint32_t slot, uint64_t ipa,
		      void *memory, uint64_t length, uint32_t flags)
{
	(void)vm;
	assert_int_equal(slot, 0);
	assert_true(ipa == BOARD_RAM_BASE);
	assert_non_null(memory);
	assert_true(length > 0);
	assert_int_equal(flags, 0);
	return 0;
}

static struct armvcpu_create_gic created_gic;

int armvcpu_vm_gic(struct armvcpu_vm *vm, const struct armvcpu_create_gic *gic)
{
	(void)vm;
	assert_true(host.gic_models & 1U << gic->model);
	assert_true(gic->dist_ipa == BOARD_GICD_BASE);
	if (gic->model == ARMVCPU_GIC_V2) {
		assert_true(gic->cpu_ipa == BOARD_GICC_BASE);
		assert_int_equal(gic->redist_count, 0);
		assert_in_range(options.cpus, 1, ARMVCPU_GICV2_MAX_VCPUS);
	} else {
		assert_true(gic->redist_ipa == BOARD_GICR_BASE);
		assert_int_equal(gic->redist_count, options.cpus);
	}
	assert_int_equal(gic->nr_irqs % 32, 0);
	created_gic = *gic;
	return 0;
}

int armvcpu_vm_irq(struct armvcpu_vm *vm, uint32_t type, uint32_t irq,
		   uint32_t vcpu_id, bool level)
{
	(void)vcpu_id;
	assert_true(vm->fd >= 0);
	assert_int_equal(type, ARMVCPU_IRQ_SPI);
	assert_in_range(irq, 32, BOARD_IRQS);
	spi_level[irq] = level;
	return 0;
}

/* What goes past the exits: remembered, and done by the guests below. */
static struct armvcpu_ring *ring;
static int irqfds[BOARD_IRQS], notify_fd[BOARD_VIRTIO_COUNT], posted_fd;
static int irqfd_error, ioeventfd_error, posted_error;
static uint64_t posted_base, posted_length;

int armvcpu_vm_irqfd(struct armvcpu_vm *vm, int fd, uint32_t irq,
		     int resample_fd)
{
	assert_true(vm->fd >= 0);
	assert_int_equal(resample_fd, -1);
	assert_in_range(irq, 32, BOARD_IRQS - 1);
	irqfds[irq] = fd;
	return irqfd_error;
}

int armvcpu_vm_ioeventfd(struct armvcpu_vm *vm, int fd, uint64_t ipa,
			 uint32_t length, const uint64_t *data)
{
	uint64_t n = (ipa - BOARD_VIRTIO_BASE) / BOARD_VIRTIO_SIZE;

	assert_true(vm->fd >= 0);
	assert_int_equal((ipa - BOARD_VIRTIO_BASE) % BOARD_VIRTIO_SIZE, 0x50);
	assert_true(n < BOARD_VIRTIO_COUNT);
	assert_int_equal(length, 4);
	assert_int_equal(*data, 0);
	notify_fd[n] = fd;
	return ioeventfd_error;
}

int armvcpu_vm_posted_writes(struct armvcpu_vm *vm, uint64_t ipa,
			     uint64_t length, int fd)
{
	assert_true(vm->fd >= 0);
	posted_base = ipa;
	posted_length = length;
	posted_fd = fd;
	return posted_error;
}

int armvcpu_vm_ring_map(struct armvcpu_vm *vm, struct armvcpu_ring **out)
{
	assert_true(vm->fd >= 0);
	ring = calloc(1, 4096);
	ring->count = 128;
	*out = ring;
	return 0;
}

void armvcpu_vm_ring_unmap(struct armvcpu_vm *vm, struct armvcpu_ring *old)
{
	(void)vm;
	assert_ptr_equal(old, ring);
	free(ring);
	ring = NULL;
}

int armvcpu_vm_stats(struct armvcpu_vm *vm)
{
	assert_true(vm->fd >= 0);
	return dup(STDERR_FILENO);
}

int armvcpu_vcpu_stats(struct armvcpu_vcpu *vcpu)
{
	(void)vcpu;
	return dup(STDERR_FILENO);
}

int armvcpu_vcpu_create(struct armvcpu_vcpu *vcpu, struct armvcpu_vm *vm,
			uint32_t id, uint64_t mpidr, uint32_t flags)
{
	(void)vm;
	assert_true(mpidr == BOARD_MPIDR(id));
	memset(&fake[id], 0, sizeof(fake[id]));
	fake[id].off = flags & ARMVCPU_VCPU_POWERED_OFF;
	vcpu->fd = (int)id;
	vcpu->run = &fake[id].run;
	return 0;
}

void armvcpu_vcpu_close(struct armvcpu_vcpu *vcpu)
{
	vcpu->fd = -1;
}

int armvcpu_vcpu_reset(struct armvcpu_vcpu *vcpu, uint64_t pc, uint64_t x0,
		       uint32_t flags)
{
	struct fake_vcpu *f = &fake[vcpu->fd];

	assert_int_equal(flags, 0);
	f->pc = pc;
	f->x0 = x0;
	__atomic_store_n(&f->off, false, __ATOMIC_RELEASE);
	return 0;
}

int armvcpu_vcpu_run(struct armvcpu_vcpu *vcpu)
{
	struct fake_vcpu *f = &fake[vcpu->fd];
	int ret;

	if (__atomic_load_n(&f->run.immediate_exit, __ATOMIC_ACQUIRE))
		return -EINTR;
	if (__atomic_load_n(&f->off, __ATOMIC_ACQUIRE))
		return -EHOSTDOWN;
	ret = guest((unsigned int)vcpu->fd, &f->run, f->exits++);
	if (!ret && f->run.exit_reason == ARMVCPU_EXIT_CPU_OFF) {
		__atomic_store_n(&f->off, true, __ATOMIC_RELEASE);
		/* Others see that it is off before its own thread does. */
		usleep(50);
	}
	return ret;
}

int armvcpu_get_regs(struct armvcpu_vcpu *vcpu, struct armvcpu_regs *regs)
{
	(void)vcpu;
	memset(regs, 0, sizeof(*regs));
	return 0;
}

void armvcpu_dump_exit(FILE *out, const struct armvcpu_run *run)
{
	fprintf(out, "exit %u\n", run->exit_reason);
}

void armvcpu_dump_regs(FILE *out, const struct armvcpu_regs *regs)
{
	(void)out;
	(void)regs;
}

/* ---- what guests do ------------------------------------------------------ */

/* Runs and runs, until it is kicked. */
static int spin(struct armvcpu_run *run)
{
	while (!__atomic_load_n(&run->immediate_exit, __ATOMIC_ACQUIRE))
		usleep(1000);
	run->exit_reason = ARMVCPU_EXIT_INTR;
	return -EINTR;
}

static int exit_psci(struct armvcpu_run *run, uint32_t reason, uint32_t flags)
{
	run->answer = ARMVCPU_ANSWER_HANDLED;
	memset(&run->u.psci, 0, sizeof(run->u.psci));
	run->u.psci.flags = flags;
	__atomic_store_n(&run->exit_reason, reason, __ATOMIC_RELEASE);
	return 0;
}

static int call_cpu_on(struct armvcpu_run *run, uint64_t target,
		       uint64_t entry, uint64_t context)
{
	run->answer = ARMVCPU_ANSWER_HANDLED;
	run->u.psci = (struct armvcpu_exit_psci){
		.target = target, .entry = entry, .context = context,
		.ret = PSCI_INTERNAL_FAILURE,
	};
	run->exit_reason = ARMVCPU_EXIT_CPU_ON;
	return 0;
}

static int load_at(struct armvcpu_run *run, uint64_t ipa, uint8_t len)
{
	run->answer = ARMVCPU_ANSWER_HANDLED;
	run->u.mmio = (struct armvcpu_exit_mmio){ .ipa = ipa, .len = len };
	run->exit_reason = ARMVCPU_EXIT_MMIO;
	return 0;
}

static int store_at(struct armvcpu_run *run, uint64_t ipa, uint8_t len,
		    uint64_t data)
{
	load_at(run, ipa, len);
	run->u.mmio.flags = ARMVCPU_MMIO_WRITE;
	run->u.mmio.data = data;
	return 0;
}

/* ---- the tests ------------------------------------------------------------ */

static struct machine machine;
static struct scratch_file kernel;
static struct scratch_dir dir;

static int setup(void **state)
{
	int fd;

	(void)state;
	fd = open("/dev/null", O_RDONLY);
	dup2(fd, STDIN_FILENO);
	close(fd);
	if (scratch_dir(&dir) || scratch_file(&kernel) ||
	    write(kernel.fd, "kernel", 6) != 6)
		return -1;
	options = (struct options){
		.kernel = kernel.path, .cpus = 4, .ram_size = 16 * SZ_1M,
	};
	return 0;
}

static int create(void **state)
{
	(void)state;
	host = (struct armvcpu_info){
		.page_size = 4096, .ipa_bits = 40, .max_vcpus = 64,
		.gic_max_irqs = 1024, .features = ARMVCPU_FEAT_GICV3,
		.gic_models = 1 << ARMVCPU_GIC_V3, .gic_hw_models = 1 << ARMVCPU_GIC_V3,
	};
	vms = 0;
	return machine_create(&machine, &options);
}

static int destroy(void **state)
{
	(void)state;
	machine_destroy(&machine);
	return 0;
}

static enum machine_end run_guest(int (*f)(unsigned int, struct armvcpu_run *,
					   unsigned int))
{
	enum machine_end end;

	guest = f;
	assert_int_equal(machine_power_on(&machine), 0);
	end = machine_wait(&machine);
	machine_power_off(&machine);
	return end;
}

static int guest_off(unsigned int id, struct armvcpu_run *run, unsigned int n)
{
	(void)n;
	assert_int_equal(id, 0);
	assert_true(fake[0].pc == ENTRY);
	assert_true(fake[0].x0 == BOARD_RAM_BASE + 8 * SZ_1M);
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
}

static void powers_off(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_off), END_OFF);
	assert_memory_equal(ram_at(&machine.ram, ENTRY, 6), "kernel", 6);
}

static int guest_dirty(unsigned int id, struct armvcpu_run *run,
		       unsigned int n)
{
	(void)id;
	switch (n) {
	case 0:
		assert_memory_equal(ram_at(&machine.ram, ENTRY, 7), "kernel\0",
				    7);
		memset(ram_at(&machine.ram, ENTRY, 64), 'x', 64);
		return store_at(run, BOARD_UART_BASE + 0x38, 4, 0x20);
	case 1:
		return load_at(run, BOARD_UART_BASE + 0x38, 4);
	default:
		assert_int_equal(run->u.mmio.data, 0x20);
		return exit_psci(run, ARMVCPU_EXIT_SYSTEM_RESET, 0);
	}
}

static int guest_clean(unsigned int id, struct armvcpu_run *run,
		       unsigned int n)
{
	(void)id;
	assert_memory_equal(ram_at(&machine.ram, ENTRY, 7), "kernel\0", 7);
	if (!n)
		return load_at(run, BOARD_UART_BASE + 0x38, 4);
	assert_int_equal(run->u.mmio.data, 0);
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
}

static void resets(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_dirty), END_RESET);
	assert_int_equal(run_guest(guest_dirty), END_RESET);
	assert_int_equal(run_guest(guest_clean), END_OFF);
	assert_int_equal(vms, 3);
}

/* Ctrl-A X after the guest's reset, before the machine is on again. */
static int guest_resets_while_user_quits(unsigned int id,
					 struct armvcpu_run *run,
					 unsigned int n)
{
	(void)id;
	(void)n;
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_RESET, 0);
}

static void quits_in_a_reset(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_resets_while_user_quits), END_RESET);
	machine_end(&machine, END_QUIT);
	machine_end(&machine, END_SIGNAL);
	assert_int_equal(run_guest(guest_resets_while_user_quits), END_QUIT);
}

static int guest_mmio(unsigned int id, struct armvcpu_run *run, unsigned int n)
{
	(void)id;
	switch (n) {
	case 0:
		return load_at(run, BOARD_UART_BASE + 0xff0, 1);
	case 1:
		assert_int_equal(run->answer, ARMVCPU_ANSWER_HANDLED);
		assert_int_equal(run->u.mmio.data, 0x0d);
		return load_at(run, 0x05000000, 4);
	case 2:
		assert_int_equal(run->answer, ARMVCPU_ANSWER_INJECT);
		return store_at(run, BOARD_UART_BASE + 0xfff, 2, 0);
	case 3:
		assert_int_equal(run->answer, ARMVCPU_ANSWER_INJECT);
		return load_at(run, BOARD_VIRTIO_BASE + 31 * 0x200, 4);
	case 4:
		assert_int_equal(run->answer, ARMVCPU_ANSWER_HANDLED);
		assert_int_equal(run->u.mmio.data, 0x74726976);
		load_at(run, BOARD_UART_BASE, 0);
		run->exit_reason = ARMVCPU_EXIT_MMIO_NISV;
		return 0;
	case 5:
		assert_int_equal(run->answer, ARMVCPU_ANSWER_INJECT);
		run->answer = ARMVCPU_ANSWER_HANDLED;
		run->exit_reason = ARMVCPU_EXIT_MEMORY_FAULT;
		run->u.memory_fault.error = ENXIO;
		return 0;
	default:
		assert_int_equal(run->answer, ARMVCPU_ANSWER_INJECT);
		return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
	}
}

static void answers_mmio(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_mmio), END_OFF);
}

static int guest_interrupts(unsigned int id, struct armvcpu_run *run,
			    unsigned int n)
{
	(void)id;
	switch (n) {
	case 0:
		assert_false(spi_level[34]);
		return store_at(run, BOARD_RTC_BASE + 0x10, 4, 1);
	case 1:
		return load_at(run, BOARD_RTC_BASE, 4);
	case 2:
		return store_at(run, BOARD_RTC_BASE + 4, 4,
				run->u.mmio.data + 1);
	case 3:
		assert_false(spi_level[34]);
		while (!__atomic_load_n(&spi_level[34], __ATOMIC_ACQUIRE))
			usleep(1000);
		return store_at(run, BOARD_RTC_BASE + 0x1c, 4, 1);
	default:
		assert_false(spi_level[34]);
		return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
	}
}

static void rtc_interrupts(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_interrupts), END_OFF);
}

static int guest_cpu_on(unsigned int id, struct armvcpu_run *run,
			unsigned int n)
{
	static const struct {
		uint64_t target, entry;
		int64_t ret;
	} calls[] = {
		{ 4, ENTRY, PSCI_INVALID_PARAMETERS },
		{ 1ULL << 32 | 1, ENTRY, PSCI_INVALID_PARAMETERS },
		{ UINT64_MAX, ENTRY, PSCI_INVALID_PARAMETERS },
		{ 0, ENTRY, PSCI_ALREADY_ON },
		{ 1, ENTRY + 2, PSCI_INVALID_ADDRESS },
		{ 1, 0, PSCI_INVALID_ADDRESS },
		{ 1, UINT64_MAX - 3, PSCI_INVALID_ADDRESS },
		{ 1, BOARD_RAM_BASE + 16 * SZ_1M, PSCI_INVALID_ADDRESS },
		{ 1, ENTRY, PSCI_SUCCESS },
	};

	if (id) {
		assert_int_equal(id, 1);
		assert_true(fake[1].pc == ENTRY);
		assert_int_equal(fake[1].x0, 0xc0ffee);
		return spin(run);
	}
	if (n)
		assert_int_equal(run->u.psci.ret,
				 calls[(n < ARRAY_SIZE(calls) ? n :
						ARRAY_SIZE(calls)) - 1].ret);
	if (n < ARRAY_SIZE(calls))
		return call_cpu_on(run, calls[n].target, calls[n].entry,
				   0xc0ffee);
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
}

static void cpu_on_results(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_cpu_on), END_OFF);
}

/*
 * vCPU 0 starts 1 and 2. Then all three turn on vCPU 3 in rounds; it turns
 * itself off again at once. Each SUCCESS must have started it once.
 */
#define ROUNDS	3000

static unsigned int successes, starts, finished;

static int guest_race(unsigned int id, struct armvcpu_run *run,
		      unsigned int n)
{
	int64_t ret = run->u.psci.ret;

	if (id == 3) {
		__atomic_add_fetch(&starts, 1, __ATOMIC_ACQ_REL);
		return exit_psci(run, ARMVCPU_EXIT_CPU_OFF, 0);
	}
	if (!id && n < 2)
		return call_cpu_on(run, n + 1, ENTRY, 0);
	if (n && (id || n > 2)) {
		if (ret == PSCI_SUCCESS)
			__atomic_add_fetch(&successes, 1, __ATOMIC_ACQ_REL);
		else
			assert_true(ret == PSCI_ALREADY_ON ||
				    ret == PSCI_ON_PENDING);
	}
	if (n < ROUNDS)
		return call_cpu_on(run, 3, ENTRY, 0);

	if (n == ROUNDS)
		__atomic_add_fetch(&finished, 1, __ATOMIC_ACQ_REL);
	if (id)
		return spin(run);
	while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < 3 ||
	       __atomic_load_n(&starts, __ATOMIC_ACQUIRE) <
	       __atomic_load_n(&successes, __ATOMIC_ACQUIRE))
		usleep(1000);
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
}

static void cpu_on_races(void **state)
{
	(void)state;
	successes = 0;
	starts = 0;
	finished = 0;
	assert_int_equal(run_guest(guest_race), END_OFF);
	assert_true(successes > 0);
	assert_int_equal(successes, starts);
}

/* Nothing is lost when a vCPU is turned on right after it turned itself off. */
static int guest_again(unsigned int id, struct armvcpu_run *run,
		       unsigned int n)
{
	if (id)
		return exit_psci(run, ARMVCPU_EXIT_CPU_OFF, 0);
	if (n) {
		assert_int_equal(run->u.psci.ret, PSCI_SUCCESS);
		while (__atomic_load_n(&fake[1].exits, __ATOMIC_ACQUIRE) < n ||
		       !__atomic_load_n(&fake[1].off, __ATOMIC_ACQUIRE))
			sched_yield();
	}
	if (n == ROUNDS)
		return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
	return call_cpu_on(run, 1, ENTRY, 0);
}

static void cpu_on_after_off(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_again), END_OFF);
	assert_int_equal(fake[1].exits, ROUNDS);
}

static int guest_all_off(unsigned int id, struct armvcpu_run *run,
			 unsigned int n)
{
	if (!id && !n)
		return call_cpu_on(run, 1, ENTRY, 0);
	return exit_psci(run, ARMVCPU_EXIT_CPU_OFF, 0);
}

static void all_cpus_off(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_all_off), END_CPUS_OFF);
}

/* One vCPU spins, one is told by the kernel, one resets. */
static int guest_by_other(unsigned int id, struct armvcpu_run *run,
			  unsigned int n)
{
	if (!id && n < 2)
		return call_cpu_on(run, n + 1, ENTRY, 0);
	if (id == 1)
		return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF,
				 ARMVCPU_PSCI_BY_OTHER);
	if (id == 2)
		return spin(run);
	usleep(20000);
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_RESET, 0);
}

static void only_the_caller_ends_it(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_by_other), END_RESET);
}

static uint32_t bad_exit;

static int guest_bad(unsigned int id, struct armvcpu_run *run, unsigned int n)
{
	(void)id;
	(void)n;
	if (bad_exit == 1000)
		return -EIO;
	run->exit_reason = bad_exit;
	run->u.memory_fault.error = ENOMEM;
	return 0;
}

static void internal_errors(void **state)
{
	static const uint32_t reasons[] = {
		ARMVCPU_EXIT_UNKNOWN, ARMVCPU_EXIT_SYSREG,
		ARMVCPU_EXIT_HYPERCALL, ARMVCPU_EXIT_SMC,
		ARMVCPU_EXIT_MEMORY_FAULT, ARMVCPU_EXIT_FAIL_ENTRY,
		ARMVCPU_EXIT_INTERNAL_ERROR, 99, 1000,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		bad_exit = reasons[i];
		assert_int_equal(run_guest(guest_bad), END_ERROR);
	}
}

static int guest_endless(unsigned int id, struct armvcpu_run *run,
			 unsigned int n)
{
	if (!id && n < 3)
		return call_cpu_on(run, n + 1, ENTRY, 0);
	if (!id)
		machine.console.quit(machine.console.owner);
	return spin(run);
}

static void user_quits(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_endless), END_QUIT);
}

static int guest_signal(unsigned int id, struct armvcpu_run *run,
			unsigned int n)
{
	(void)id;
	if (!n)
		kill(getpid(), SIGTERM);
	return spin(run);
}

static void signal_ends(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_signal), END_SIGNAL);
	assert_int_equal(machine.signal, SIGTERM);
}

/* The guest has ended the machine before anybody waits for that. */
static void signal_ends_resets(void **state)
{
	(void)state;
	guest = guest_resets_while_user_quits;
	assert_int_equal(machine_power_on(&machine), 0);
	while (!machine_is_ending(&machine))
		usleep(1000);
	kill(getpid(), SIGTERM);
	assert_int_equal(machine_wait(&machine), END_RESET);
	machine_power_off(&machine);
	assert_int_equal(machine.signal, SIGTERM);
	assert_int_equal(run_guest(guest_resets_while_user_quits), END_SIGNAL);
}

/* As armvm is started by nohup. */
static int create_nohup(void **state)
{
	sigset_t none;

	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	return create(state);
}

static int destroy_nohup(void **state)
{
	signal(SIGHUP, SIG_DFL);
	return destroy(state);
}

static void signal_stays_ignored(void **state)
{
	(void)state;
	kill(getpid(), SIGHUP);
	assert_int_equal(run_guest(guest_off), END_OFF);
	assert_int_equal(machine.signal, 0);
	assert_int_equal(run_guest(guest_signal), END_SIGNAL);
	assert_int_equal(machine.signal, SIGTERM);
}

/* Not even a pipe that nobody reads keeps it. */
static void signal_ends_a_dump(void **state)
{
	struct options dump = options;
	int ready[2], status, tries = 0;
	char path[64], c = 0;
	pid_t pid;

	(void)state;
	snprintf(path, sizeof(path), "%s/dtb", dir.path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(pipe(ready), 0);
	dump.dtb_dump = path;
	pid = fork();
	if (!pid) {
		sigset_t none;

		sigemptyset(&none);
		pthread_sigmask(SIG_SETMASK, &none, NULL);
		if (!machine_create(&machine, &dump) && write(ready[1], &c, 1) == 1)
			machine_dump_dtb(&machine);
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	kill(pid, SIGTERM);
	while (!waitpid(pid, &status, WNOHANG) && tries++ < 1000)
		usleep(10000);
	if (tries > 1000) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_int_equal(unlink(path), 0);
}

/* Past RLIMIT_FSIZE a write fails, and nobody dies. */
static void file_that_may_not_grow(void **state)
{
	struct scratch_file file;
	struct rlimit old, limit;
	ssize_t n;
	int err;

	(void)state;
	assert_int_equal(scratch_file(&file), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	n = write(file.fd, "x", 1);
	err = errno;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(n, -1);
	assert_int_equal(err, EFBIG);
	close(file.fd);
}

static bool clock_runs;
static time_t clock_ahead;
static struct itimerspec alarm_set;
static int alarm_flags;

/* In the place of libc's: somebody sets the clock again and again. */
int clock_gettime(clockid_t id, struct timespec *now)
{
	int ret = (int)syscall(SYS_clock_gettime, id, now);

	if (id == CLOCK_REALTIME && clock_runs)
		now->tv_sec += clock_ahead++;
	return ret;
}

time_t time(time_t *unused)
{
	struct timespec now;

	(void)unused;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	alarm_set = *new;
	alarm_flags = flags;
	return (int)syscall(SYS_timerfd_settime, fd, flags, new, old);
}

/* However the clock was set meanwhile: at the second that the guest has asked for. */
static void rtc_alarm_when_the_clock_is_set(void **state)
{
	uint32_t match = (uint32_t)time(NULL) + 1000;

	(void)state;
	clock_runs = true;
	pl031_write(&machine.rtc, 4, 4, match);
	clock_runs = false;
	assert_int_equal(alarm_set.it_value.tv_sec, match);
	/* or the next one would be told of that, by ECANCELED */
	assert_int_equal(alarm_flags, TFD_TIMER_ABSTIME);
}

static void unusable_hosts(void **state)
{
	const struct armvcpu_info good = host;

	(void)state;
	guest = guest_off;
#define UNUSABLE(field, value) do {					\
		host = good;						\
		host.field = value;					\
		assert_int_equal(machine_power_on(&machine), -1);	\
		machine_power_off(&machine);				\
	} while (0)
	UNUSABLE(gic_models, 0);
	UNUSABLE(gic_max_irqs, 64);
	UNUSABLE(max_vcpus, 3);
	UNUSABLE(ipa_bits, 30);
	UNUSABLE(page_size, 1 << 25);
	assert_int_equal(vms, 0);
	host = good;
	assert_int_equal(run_guest(guest_off), END_OFF);
}

/* ---- the interrupt controller ---------------------------------------------- */

#define V2	(1U << ARMVCPU_GIC_V2)
#define V3	(1U << ARMVCPU_GIC_V3)

static const struct {
	uint32_t models, hw;
	struct gic_options want;
	unsigned int cpus;
	uint32_t model;		/* 0: it is refused */
} gics[] = {
	/* a host with a GICv3, a GICv2, neither, and an old module */
	{ V2 | V3, V3, { 0, false }, 4, ARMVCPU_GIC_V3 },
	{ V2, V2, { 0, false }, 4, ARMVCPU_GIC_V2 },
	{ V2 | V3, V2, { 0, false }, 4, ARMVCPU_GIC_V2 },
	{ V2, 0, { 0, false }, 4, ARMVCPU_GIC_V2 },
	{ V2 | V3, 0, { 0, false }, 4, ARMVCPU_GIC_V3 },
	{ V3, 0, { 0, false }, 4, ARMVCPU_GIC_V3 },
	{ 0, 0, { 0, false }, 4, 0 },
	/* soft: the same model, not the same way */
	{ V2 | V3, V3, { 0, true }, 4, ARMVCPU_GIC_V3 },
	{ V2, V2, { 0, true }, 4, ARMVCPU_GIC_V2 },
	/* what is asked for, by hardware or not */
	{ V2 | V3, V3, { ARMVCPU_GIC_V2, false }, 4, ARMVCPU_GIC_V2 },
	{ V2 | V3, V3, { ARMVCPU_GIC_V2, true }, 4, ARMVCPU_GIC_V2 },
	{ V2 | V3, V3, { ARMVCPU_GIC_V3, true }, 4, ARMVCPU_GIC_V3 },
	{ V2, V2, { ARMVCPU_GIC_V3, false }, 4, 0 },
	{ V2, V2, { ARMVCPU_GIC_V3, true }, 4, 0 },
	{ V3, V3, { ARMVCPU_GIC_V2, false }, 4, 0 },
	/* a GICv2 is for eight CPUs */
	{ V2, V2, { 0, false }, 8, ARMVCPU_GIC_V2 },
	{ V2, V2, { 0, false }, 9, 0 },
	{ V2 | V3, V2, { 0, false }, 9, ARMVCPU_GIC_V3 },
	{ V2 | V3, V3, { 0, false }, 9, ARMVCPU_GIC_V3 },
};

static void gic_of_the_host(void **state)
{
	size_t i;

	(void)state;
	guest = guest_off;
	for (i = 0; i < ARRAY_SIZE(gics); i++) {
		int want = gics[i].model ? 0 : -1;
		int ret;

		host.gic_models = gics[i].models;
		host.gic_hw_models = gics[i].hw;
		options.gic = gics[i].want;
		options.cpus = gics[i].cpus;
		vms = 0;
		memset(&created_gic, 0, sizeof(created_gic));
		ret = machine_power_on(&machine);
		if (!ret)
			machine_wait(&machine);
		machine_power_off(&machine);
		if (ret != want || created_gic.model != gics[i].model ||
		    created_gic.flags != (ret ? 0 : gics[i].want.software))
			fail_msg("%zu: %d, model %u, flags 0x%x", i, ret,
				 created_gic.model, created_gic.flags);
		/* refused before anything is made */
		assert_int_equal(vms, !ret);
	}
	options.gic = (struct gic_options){ 0 };
	options.cpus = 4;
}

/* ---- what goes past the exits --------------------------------------------- */

#define FAST	(ARMVCPU_FEAT_IRQFD | ARMVCPU_FEAT_IOEVENTFD | ARMVCPU_FEAT_POSTED_WRITES)

static struct scratch_file disk;

static int create_fast(void **state)
{
	if (scratch_file(&disk) || ftruncate(disk.fd, 4096))
		return -1;
	options.disks[0].path = disk.path;
	options.nr_disks = 1;
	irqfd_error = ioeventfd_error = posted_error = 0;
	memset(irqfds, 0, sizeof(irqfds));
	memset(notify_fd, 0, sizeof(notify_fd));
	posted_base = 0;
	if (create(state))
		return -1;
	host.features |= FAST;
	return 0;
}

static int destroy_fast(void **state)
{
	options.nr_disks = 0;
	options.plain_io = false;
	close(disk.fd);
	return destroy(state);
}

#define DISK		31		/* its transport */
#define DISK_IRQ	(32 + BOARD_VIRTIO_SPI + DISK)

static uint64_t count_of(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void post(uint64_t ipa, unsigned int len, uint64_t data)
{
	uint32_t n = ring->producer;

	ring->entries[n % ring->count] = (struct armvcpu_posted_write){
		.ipa = ipa, .len = (uint8_t)len, .data = data,
	};
	__atomic_store_n(&ring->producer, n + 1, __ATOMIC_SEQ_CST);
}

/* The transport of the disk, driven to its interrupt by a queue that is bad. */
static int guest_events(unsigned int id, struct armvcpu_run *run,
			unsigned int n)
{
	(void)id;
	assert_int_equal(n, 0);
	assert_true(irqfds[DISK_IRQ] > 0);
	assert_int_equal(irqfds[DISK_IRQ], machine.line_fds[BOARD_VIRTIO_SPI + DISK]);
	assert_int_equal(irqfds[DISK_IRQ - 1], 0);
	assert_int_equal(notify_fd[DISK], machine.disks[0].kick_fd);
	assert_int_equal(notify_fd[DISK - 1], 0);
	assert_true(posted_base == BOARD_UART_BASE);
	assert_int_equal(posted_length, 4);
	assert_int_equal(posted_fd, machine.posted.event_fd);

	/* each time that there is something to tell, high or not; never "low" */
	virtio_mmio_interrupt(&machine.transports[DISK]);
	virtio_mmio_interrupt(&machine.transports[DISK]);
	assert_int_equal(count_of(irqfds[DISK_IRQ]), 2);
	virtio_mmio_write(&machine.transports[DISK], 0x64, 4, 1);
	assert_int_equal(count_of(irqfds[DISK_IRQ]), 0);
	assert_false(spi_level[DISK_IRQ]);
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
}

static void events(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_events), END_OFF);
	assert_null(ring);
	/* and once more, with a VM that is another one */
	assert_int_equal(run_guest(guest_events), END_OFF);
}

static int guest_plain(unsigned int id, struct armvcpu_run *run,
		       unsigned int n)
{
	(void)id;
	assert_int_equal(n, 0);
	virtio_mmio_interrupt(&machine.transports[DISK]);
	assert_true(spi_level[DISK_IRQ]);
	virtio_mmio_write(&machine.transports[DISK], 0x64, 4, 1);
	assert_false(spi_level[DISK_IRQ]);
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
}

static void events_turned_off(void **state)
{
	(void)state;
	options.plain_io = true;
	assert_int_equal(run_guest(guest_plain), END_OFF);
	assert_int_equal(irqfds[DISK_IRQ], 0);
	assert_int_equal(notify_fd[DISK], 0);
	assert_true(!posted_base);
}

/* An older module, or one that is out of something: exits do as well. */
static void events_that_fail(void **state)
{
	(void)state;
	irqfd_error = -ENOSPC;
	ioeventfd_error = -ENOSPC;
	posted_error = -ENOTTY;
	assert_int_equal(run_guest(guest_plain), END_OFF);
	host.features &= ~FAST;
	assert_int_equal(run_guest(guest_plain), END_OFF);
}

/* A kick by the kernel, of a queue that is not there: nobody looks into it. */
static int guest_kicks(unsigned int id, struct armvcpu_run *run,
		       unsigned int n)
{
	uint64_t one = 1;
	unsigned int i;

	(void)id;
	assert_int_equal(n, 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(write(notify_fd[DISK], &one, sizeof(one)), sizeof(one));
	usleep(20000);
	assert_int_equal(count_of(irqfds[DISK_IRQ]), 0);
	assert_int_equal(virtio_mmio_read(&machine.transports[DISK], 0x70, 4), 0);
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
}

static void kicks_without_a_queue(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_kicks), END_OFF);
}

/* Posted writes: a vCPU's own access finds them done, and in their order. */
static int guest_posts(unsigned int id, struct armvcpu_run *run,
		       unsigned int n)
{
	unsigned int i;

	(void)id;
	switch (n) {
	case 0:
		/* UARTIBRD: the last one stays */
		for (i = 1; i <= 100; i++)
			post(BOARD_UART_BASE + 0x24, 4, i);
		return load_at(run, BOARD_UART_BASE + 0x24, 4);
	case 1:
		assert_int_equal(run->u.mmio.data, 100);
		/* an access to something else waits for nobody, nor does it do them */
		pthread_mutex_lock(&machine.posted.lock);
		post(BOARD_UART_BASE + 0x24, 4, 7);
		return load_at(run, BOARD_RTC_BASE, 4);
	case 2:
		assert_int_equal(ring->producer, 101);
		assert_int_equal(ring->consumer, 100);
		pthread_mutex_unlock(&machine.posted.lock);
		/* where nothing is: a note */
		post(0x05000000, 4, 0);
		/* the thread does what is told of by the eventfd */
		i = 1;
		assert_int_equal(write(posted_fd, &(uint64_t){ 1 }, 8), 8);
		while (__atomic_load_n(&ring->consumer, __ATOMIC_SEQ_CST) != 102)
			usleep(1000);
		post(BOARD_UART_BASE + 0x24, 4, 9);
		return exit_psci(run, ARMVCPU_EXIT_CPU_ON, 0);
	default:
		/* any exit but that of a load or store does them */
		assert_int_equal(ring->consumer, 103);
		return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
	}
}

static void posted_writes(void **state)
{
	(void)state;
	assert_int_equal(run_guest(guest_posts), END_OFF);
	assert_null(ring);
}

/* ---- statistics ------------------------------------------------------------ */

static char runtime_dir[40];

static int connect_stat(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/armvm-%d.stat", runtime_dir,
		 getpid());
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

/* Files that came with the message; -1: the connection was closed. */
static int files_of(int fd)
{
	char text[32], control[CMSG_SPACE(200 * sizeof(int))];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	int fds[200], n, i;

	if (recvmsg(fd, &msg, 0) <= 0)
		return -1;
	assert_string_equal(text, STAT_MAGIC);
	c = CMSG_FIRSTHDR(&msg);
	assert_non_null(c);
	n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(c), (size_t)n * sizeof(int));
	for (i = 0; i < n; i++)
		close(fds[i]);
	return n;
}

static int stat_fd[STAT_CLIENTS + 1];

static int guest_asked(unsigned int id, struct armvcpu_run *run,
		       unsigned int n)
{
	unsigned int i;
	char c;

	(void)id;
	assert_int_equal(n, 0);
	for (i = 0; i < STAT_CLIENTS; i++) {
		stat_fd[i] = connect_stat();
		assert_true(stat_fd[i] >= 0);
		assert_int_equal(files_of(stat_fd[i]), 1 + options.cpus);
	}
	/* one too many; and room again when one has gone */
	stat_fd[i] = connect_stat();
	assert_int_equal(files_of(stat_fd[i]), -1);
	close(stat_fd[i]);
	close(stat_fd[0]);
	stat_fd[0] = connect_stat();
	assert_int_equal(files_of(stat_fd[0]), 1 + options.cpus);
	assert_int_equal(recv(stat_fd[1], &c, 1, MSG_DONTWAIT), -1);
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
}

static void serves_statistics(void **state)
{
	struct stat st;
	unsigned int i;
	char path[128], c;

	(void)state;
	snprintf(runtime_dir, sizeof(runtime_dir), "%s/run", dir.path);
	assert_int_equal(mkdir(runtime_dir, 0700), 0);
	setenv("XDG_RUNTIME_DIR", runtime_dir, 1);
	assert_int_equal(run_guest(guest_asked), END_OFF);
	for (i = 0; i < STAT_CLIENTS; i++) {
		/* hung up, so that nobody keeps the VM */
		assert_int_equal(recv(stat_fd[i], &c, 1, MSG_DONTWAIT), 0);
		close(stat_fd[i]);
	}
	snprintf(path, sizeof(path), "%s/armvm-%d.stat", runtime_dir, getpid());
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	stat_server_stop(&machine.stat_server);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(rmdir(runtime_dir), 0);
	unsetenv("XDG_RUNTIME_DIR");
}

static unsigned int refused;
static bool refuse;

/* In the place of libc's: no descriptor is left. */
int accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags)
{
	if (!__atomic_load_n(&refuse, __ATOMIC_ACQUIRE))
		return (int)syscall(SYS_accept4, fd, addr, length, flags);
	__atomic_add_fetch(&refused, 1, __ATOMIC_ACQ_REL);
	errno = EMFILE;
	return -1;
}

static int guest_waits_for_files(unsigned int id, struct armvcpu_run *run,
				 unsigned int n)
{
	int fd;

	(void)id;
	assert_int_equal(n, 0);
	__atomic_store_n(&refuse, true, __ATOMIC_RELEASE);
	fd = connect_stat();
	assert_true(fd >= 0);
	while (!__atomic_load_n(&refused, __ATOMIC_ACQUIRE))
		usleep(1000);
	/* A machine that asks again at once is refused thousands of times. */
	usleep(100000);
	assert_in_range(__atomic_load_n(&refused, __ATOMIC_ACQUIRE), 1, 9);
	__atomic_store_n(&refuse, false, __ATOMIC_RELEASE);
	assert_int_equal(files_of(fd), 1 + options.cpus);
	close(fd);
	return exit_psci(run, ARMVCPU_EXIT_SYSTEM_OFF, 0);
}

static void statistics_without_descriptors(void **state)
{
	(void)state;
	snprintf(runtime_dir, sizeof(runtime_dir), "%s/run2", dir.path);
	assert_int_equal(mkdir(runtime_dir, 0700), 0);
	setenv("XDG_RUNTIME_DIR", runtime_dir, 1);
	assert_int_equal(run_guest(guest_waits_for_files), END_OFF);
	unsetenv("XDG_RUNTIME_DIR");
}

#define MACHINE_TEST(f)	cmocka_unit_test_setup_teardown(f, create, destroy)
#define FAST_TEST(f)	cmocka_unit_test_setup_teardown(f, create_fast, destroy_fast)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(powers_off),
		MACHINE_TEST(resets),
		MACHINE_TEST(quits_in_a_reset),
		MACHINE_TEST(answers_mmio),
		MACHINE_TEST(rtc_interrupts),
		MACHINE_TEST(rtc_alarm_when_the_clock_is_set),
		MACHINE_TEST(cpu_on_results),
		MACHINE_TEST(cpu_on_races),
		MACHINE_TEST(cpu_on_after_off),
		MACHINE_TEST(all_cpus_off),
		MACHINE_TEST(only_the_caller_ends_it),
		MACHINE_TEST(internal_errors),
		MACHINE_TEST(user_quits),
		MACHINE_TEST(signal_ends),
		MACHINE_TEST(signal_ends_resets),
		cmocka_unit_test_setup_teardown(signal_stays_ignored, create_nohup,
						destroy_nohup),
		cmocka_unit_test(signal_ends_a_dump),
		MACHINE_TEST(file_that_may_not_grow),
		MACHINE_TEST(gic_of_the_host),
		MACHINE_TEST(unusable_hosts),
		FAST_TEST(events),
		FAST_TEST(events_turned_off),
		FAST_TEST(events_that_fail),
		FAST_TEST(kicks_without_a_queue),
		FAST_TEST(posted_writes),
		MACHINE_TEST(serves_statistics),
		MACHINE_TEST(statistics_without_descriptors),
	};

	/* A test that hangs has failed. */
	alarm(120);
	return cmocka_run_group_tests_name("machine", tests, setup, NULL);
}
