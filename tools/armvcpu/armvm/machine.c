// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine: all devices and vCPUs, and how it starts and ends.
 *
 * Power-on loads the images, makes a VM in the kernel and starts a thread per
 * vCPU; power-off undoes that. A reset is one after the other, so that
 * interrupt controller, timers and vCPUs start from their reset state. RAM and
 * devices live as long as armvm does.
 *
 * Lock order: register_lock of a transport, then its lock or that of another
 * device, then irq_lock. machine->lock is taken with none of these held.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "dtb.h"
#include "util.h"

#define KICK_INTERVAL_NS	50000000	/* 50 ms */
#define ACCEPT_PAUSE_MS		1000
#define SPI_BASE		32

static const int signals[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT,
};

/* ---- interrupt lines --------------------------------------------------- */

static void drive_line(struct machine *m, uint32_t spi, bool level)
{
	int ret = armvcpu_vm_irq(&m->vm, ARMVCPU_IRQ_SPI, SPI_BASE + spi, 0,
				 level);

	if (ret)
		note("interrupt %u: %s", SPI_BASE + spi, strerror(-ret));
}

static void set_line(struct irq_line *line, bool level)
{
	struct machine *m = line->owner;
	int fd = m->line_fds[line->spi];
	uint64_t one = 1;

	/*
	 * The guest is told to take it for edge-triggered: an event is one
	 * interrupt, whether the wire was high before or not. There is none
	 * that says that it is low.
	 */
	if (fd >= 0 && m->events) {
		if (level && write(fd, &one, sizeof(one)) < 0)
			note("eventfd: %s", strerror(errno));
		return;
	}

	pthread_mutex_lock(&m->irq_lock);
	if (m->levels[line->spi] != level) {
		m->levels[line->spi] = level;
		if (m->vm_is_up)
			drive_line(m, line->spi, level);
	}
	pthread_mutex_unlock(&m->irq_lock);
}

/* The new VM learns of what was raised before it was there. */
static void connect_lines(struct machine *m)
{
	uint32_t spi;

	pthread_mutex_lock(&m->irq_lock);
	m->vm_is_up = true;
	for (spi = 0; spi < ARRAY_SIZE(m->levels); spi++) {
		if (m->levels[spi])
			drive_line(m, spi, true);
	}
	pthread_mutex_unlock(&m->irq_lock);
}

static void disconnect_lines(struct machine *m)
{
	pthread_mutex_lock(&m->irq_lock);
	m->vm_is_up = false;
	m->events = false;
	pthread_mutex_unlock(&m->irq_lock);
}

static struct irq_line line_of(struct machine *m, uint32_t spi)
{
	return (struct irq_line){ .set = set_line, .owner = m, .spi = spi };
}

/* ---- what goes past the exits ------------------------------------------- */

/* Those of the machine that was here before. */
static void forget_events(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) > 0)
		note("an interrupt of the old machine is dropped");
}

/*
 * Each without the other would do, so what fails is left as it was: an exit. Before
 * any vCPU runs.
 */
static void connect_events(struct machine *m, const struct armvcpu_info *info)
{
	static const uint64_t first_queue;
	unsigned int i;
	int ret = 0;

	m->events = false;
	if (m->options->plain_io)
		return;

	if (info->features & ARMVCPU_FEAT_IRQFD) {
		for (i = 0; i < ARRAY_SIZE(m->line_fds) && !ret; i++) {
			if (m->line_fds[i] < 0)
				continue;
			forget_events(m->line_fds[i]);
			ret = armvcpu_vm_irqfd(&m->vm, m->line_fds[i],
					       SPI_BASE + i, -1);
		}
		/* All of them or none; nobody writes to those that are there. */
		m->events = !ret;
		if (ret)
			note("interrupts by eventfd: %s", strerror(-ret));
	}

	for (i = 0; i < BOARD_VIRTIO_COUNT && (info->features & ARMVCPU_FEAT_IOEVENTFD); i++) {
		uint64_t base = BOARD_VIRTIO_BASE + i * BOARD_VIRTIO_SIZE;

		if (!m->transports[i].ops)
			continue;
		ret = armvcpu_vm_ioeventfd(&m->vm, m->transports[i].kick_fd,
					   base + VIRTIO_MMIO_QUEUE_NOTIFY, 4, &first_queue);
		if (ret)
			note("queues by eventfd: %s", strerror(-ret));
	}

	if (info->features & ARMVCPU_FEAT_POSTED_WRITES) {
		ret = posted_start(&m->posted, PL011_DATA, PL011_DATA_SIZE);
		if (ret)
			note("posted writes: %s", strerror(-ret));
	}
}

static int open_line(struct machine *m, uint32_t spi)
{
	m->line_fds[spi] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return m->line_fds[spi] < 0 ? error("eventfd: %s", strerror(errno)) : 0;
}

/* ---- devices ----------------------------------------------------------- */

static int add_uart(struct machine *m)
{
	m->uart.line = line_of(m, BOARD_UART_SPI);
	m->uart.transmit = console_transmit;
	m->uart.drained = console_drained;
	m->uart.owner = &m->console;
	pl011_init(&m->uart);
	return bus_add(&m->bus, &(struct bus_device){
		.base = BOARD_UART_BASE,
		.size = BOARD_UART_SIZE,
		.device = &m->uart,
		.read = pl011_read,
		.write = pl011_write,
	});
}

static time_t rtc_now(void *owner)
{
	struct timespec now;

	(void)owner;
	/* time() may be behind the timers by a tick, and an alarm would seem early. */
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

static void rtc_arm_alarm(void *owner, int64_t when)
{
	struct machine *m = owner;
	struct itimerspec timer = { 0 };

	if (when >= 0)
		timer.it_value.tv_sec = when;
	/*
	 * The time of day, so that the host's clock and the alarm agree, also after
	 * somebody has set the clock; there is no need to be told of that.
	 */
	if (timerfd_settime(m->alarm_fd, TFD_TIMER_ABSTIME, &timer, NULL))
		note("alarm of the real-time clock: %s", strerror(errno));
}

static int add_rtc(struct machine *m)
{
	m->rtc.line = line_of(m, BOARD_RTC_SPI);
	m->rtc.now = rtc_now;
	m->rtc.arm_alarm = rtc_arm_alarm;
	m->rtc.owner = m;
	pl031_init(&m->rtc);
	return bus_add(&m->bus, &(struct bus_device){
		.base = BOARD_RTC_BASE,
		.size = BOARD_RTC_SIZE,
		.device = &m->rtc,
		.read = pl031_read,
		.write = pl031_write,
	});
}

static int add_transport(struct machine *m, unsigned int n)
{
	struct virtio_mmio *dev = &m->transports[n];

	dev->line = line_of(m, BOARD_VIRTIO_SPI + n);
	dev->ram = &m->ram;
	virtio_mmio_init(dev);
	return bus_add(&m->bus, &(struct bus_device){
		.base = BOARD_VIRTIO_BASE + n * BOARD_VIRTIO_SIZE,
		.size = BOARD_VIRTIO_SIZE,
		.device = dev,
		.read = virtio_mmio_read,
		.write = virtio_mmio_write,
	});
}

/*
 * QEMU plugs its first device into the transport with the highest address;
 * images that know no other place than that find their disk here, too.
 */
static struct virtio_mmio *disk_transport(struct machine *m, unsigned int disk)
{
	return &m->transports[BOARD_VIRTIO_COUNT - 1 - disk];
}

static int add_disks(struct machine *m)
{
	unsigned int i;

	for (i = 0; i < m->options->nr_disks; i++) {
		const struct disk_options *disk = &m->options->disks[i];

		if (virtio_blk_create(&m->disks[i], disk_transport(m, i),
				      disk->path, disk->readonly, i) ||
		    open_line(m, BOARD_VIRTIO_SPI + BOARD_VIRTIO_COUNT - 1 - i))
			return -1;
	}

	for (i = 0; i < BOARD_VIRTIO_COUNT; i++) {
		if (add_transport(m, i))
			return -1;
	}

	for (i = 0; i < m->options->nr_disks; i++) {
		if (virtio_blk_start(&m->disks[i]))
			return -1;
	}
	return 0;
}

/* ---- the whole of it --------------------------------------------------- */

/* SIGUSR1 only interrupts: see vcpu_kick(). */
static void on_kick(int signo)
{
	(void)signo;
}

static int setup_signals(struct machine *m)
{
	struct sigaction kick = { .sa_handler = on_kick };
	sigset_t set;
	size_t i;

	sigaction(SIGUSR1, &kick, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow is an error of the write. */
	signal(SIGXFSZ, SIG_IGN);
	/* There is nothing to be ended in order, and the file may be a pipe. */
	if (m->options->dtb_dump)
		return 0;

	/* All threads inherit this; a vCPU's lets SIGUSR1 through. */
	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction old;

		/* As nohup and a shell's "&" have it: signalfd would take it all the same. */
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	}
	m->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return m->signal_fd < 0 ? error("signalfd: %s", strerror(errno)) : 0;
}

static void quit(void *owner)
{
	machine_end(owner, END_QUIT);
}

/**
 * machine_create() - put the machine together
 * @m: filled in
 * @options: the command line; used as long as @m is
 *
 * Return: 0, or -1 after an error message; machine_destroy() in both cases.
 */
int machine_create(struct machine *m, const struct options *options)
{
	pthread_condattr_t clock;
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->options = options;
	m->dev_fd = -1;
	m->signal_fd = -1;
	m->vm.fd = -1;
	m->images.kernel = -1;
	m->images.initrd = -1;
	m->console.uart = &m->uart;
	m->console.quit = quit;
	m->console.owner = m;
	m->console.wake_fd = -1;
	m->stat_server.fd = -1;
	m->posted.machine = m;
	m->posted.base = BOARD_UART_BASE;
	m->posted.size = BOARD_UART_SIZE;
	for (i = 0; i < MAX_DISKS; i++) {
		m->disks[i].fd = -1;
		m->disks[i].kick_fd = -1;
	}
	for (i = 0; i < ARRAY_SIZE(m->line_fds); i++)
		m->line_fds[i] = -1;
	pthread_mutex_init(&m->posted.lock, NULL);
	pthread_mutex_init(&m->irq_lock, NULL);
	pthread_mutex_init(&m->lock, NULL);
	/* Nobody is to wait longer because the time of day was set. */
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&m->cond, &clock);
	pthread_condattr_destroy(&clock);

	m->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	m->alarm_fd = timerfd_create(CLOCK_REALTIME,
				     TFD_CLOEXEC | TFD_NONBLOCK);
	m->posted.event_fd = eventfd(0, EFD_CLOEXEC);
	if (m->event_fd < 0 || m->alarm_fd < 0 || m->posted.event_fd < 0)
		return error("cannot create a file descriptor: %s",
			     strerror(errno));

	if (setup_signals(m) ||
	    images_open(&m->images, options->kernel, options->initrd) ||
	    ram_create(&m->ram, BOARD_RAM_BASE, options->ram_size) ||
	    add_uart(m) || add_rtc(m) || add_disks(m))
		return -1;
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/**
 * machine_destroy() - give everything back
 * @m: the machine, powered off
 */
void machine_destroy(struct machine *m)
{
	unsigned int i;

	console_stop(&m->console);
	for (i = 0; i < MAX_DISKS; i++)
		virtio_blk_destroy(&m->disks[i]);
	ram_destroy(&m->ram);
	images_close(&m->images);
	stat_server_stop(&m->stat_server);
	for (i = 0; i < ARRAY_SIZE(m->line_fds); i++)
		close_fd(m->line_fds[i]);
	close_fd(m->posted.event_fd);
	close_fd(m->dev_fd);
	close_fd(m->signal_fd);
	close_fd(m->alarm_fd);
	close_fd(m->event_fd);
}

/* Fills guest memory; @dtb is for the caller to free. */
static int load(struct machine *m, struct layout *layout, void **dtb,
		size_t *size)
{
	struct dtb_config config = {
		.ram_size = m->ram.size,
		.cpus = m->options->cpus,
		.gic = m->gic_model,
		.append = m->options->append,
	};

	if (images_load(&m->images, &m->ram, layout))
		return -1;
	config.initrd_start = layout->initrd_start;
	config.initrd_end = layout->initrd_end;

	*dtb = dtb_build(&config, size);
	if (!*dtb)
		return -1;
	return dtb_load(*dtb, *size, &m->ram, layout);
}

/**
 * machine_dump_dtb() - write the device tree to a file
 * @m: the machine
 *
 * Return: 0, or -1 after an error message.
 */
int machine_dump_dtb(struct machine *m)
{
	const char *name = m->options->dtb_dump;
	struct layout layout;
	void *dtb = NULL;
	size_t size;
	FILE *file;
	int ret;

	/* Without a host to ask. */
	m->gic_model = m->options->gic.model ? m->options->gic.model :
		       ARMVCPU_GIC_V3;
	ret = load(m, &layout, &dtb, &size);
	if (!ret) {
		file = fopen(name, "wb");
		if (!file || fwrite(dtb, size, 1, file) != 1)
			ret = error("%s: %s", name, strerror(errno));
		if (file && fclose(file) && !ret)
			ret = error("%s: %s", name, strerror(errno));
	}
	free(dtb);
	return ret;
}

static int open_device(struct machine *m)
{
	m->dev_fd = armvcpu_open(NULL);
	if (m->dev_fd < 0)
		return error("%s: %s", ARMVCPU_DEVICE,
			     armvcpu_open_hint(m->dev_fd));
	return 0;
}

static bool has_model(uint32_t models, uint32_t model)
{
	return models & 1U << model;
}

/* A module that knows of one model only does not say that it is the host's own. */
static uint32_t best_model(const struct armvcpu_info *info, unsigned int cpus)
{
	uint32_t models = info->gic_hw_models ? info->gic_hw_models :
			  info->gic_models;

	/* More CPUs than a GICv2 can have: better in software than not at all. */
	if (cpus > ARMVCPU_GICV2_MAX_VCPUS)
		models = info->gic_models & ~(1U << ARMVCPU_GIC_V2);
	return has_model(models, ARMVCPU_GIC_V3) ? ARMVCPU_GIC_V3 :
	       has_model(info->gic_models, ARMVCPU_GIC_V2) ? ARMVCPU_GIC_V2 : 0;
}

static int choose_gic(struct machine *m, const struct armvcpu_info *info)
{
	const struct gic_options *gic = &m->options->gic;
	unsigned int cpus = m->options->cpus;

	m->gic_model = gic->model ? gic->model : best_model(info, cpus);
	if (!m->gic_model)
		return error("this host cannot give a guest an interrupt controller");
	if (!has_model(info->gic_models, m->gic_model))
		return error("--gic %u%s: this host cannot give a guest a GICv%u",
			     m->gic_model, gic->software ? "-soft" : "",
			     m->gic_model);
	if (m->gic_model == ARMVCPU_GIC_V2 && cpus > ARMVCPU_GICV2_MAX_VCPUS)
		return error("this host gives a guest a GICv2, and that is for %d CPUs at most",
			     ARMVCPU_GICV2_MAX_VCPUS);
	return 0;
}

/* Is it a host for this machine? Nothing is made yet. */
static int check_host(struct machine *m)
{
	struct armvcpu_info *info = &m->info;
	uint64_t top = m->ram.base + m->ram.size;
	int ret;

	if (m->dev_fd < 0 && open_device(m))
		return -1;
	ret = armvcpu_query(m->dev_fd, info);
	if (ret)
		return error("%s: %s", ARMVCPU_DEVICE, strerror(-ret));
	if (choose_gic(m, info))
		return -1;
	if (info->gic_max_irqs < BOARD_MIN_IRQS)
		return error("this host gives a guest too few interrupts");
	if (m->options->cpus > info->max_vcpus)
		return error("this host gives a guest at most %u CPUs",
			     info->max_vcpus);
	if (info->ipa_bits < 64 && (top - 1) >> info->ipa_bits)
		return error("this host gives a guest at most %llu MiB of memory",
			     (unsigned long long)(((1ULL << info->ipa_bits) -
						   m->ram.base) / SZ_1M));
	if (m->ram.size % info->page_size)
		return error("memory must be a multiple of %u KiB on this host",
			     info->page_size / 1024);
	return 0;
}

static int create_gic(struct machine *m)
{
	struct armvcpu_create_gic gic = {
		.model = m->gic_model,
		.flags = m->options->gic.software ? ARMVCPU_GIC_SOFTWARE : 0,
		.nr_irqs = MIN(BOARD_IRQS, m->info.gic_max_irqs & ~31U),
		.dist_ipa = BOARD_GICD_BASE,
	};

	if (gic.model == ARMVCPU_GIC_V2) {
		gic.cpu_ipa = BOARD_GICC_BASE;
	} else {
		gic.redist_ipa = BOARD_GICR_BASE;
		gic.redist_count = m->options->cpus;
	}
	return armvcpu_vm_gic(&m->vm, &gic);
}

static int create_vm(struct machine *m)
{
	int ret;

	/*
	 * No flags: PSCI calls that change power states come to psci.c;
	 * accesses to unknown system registers and unknown hypercalls are
	 * refused by the kernel.
	 */
	ret = armvcpu_vm_create(&m->vm, m->dev_fd, 0, 0);
	if (ret)
		return error("cannot create a VM: %s", strerror(-ret));

	ret = armvcpu_vm_memory(&m->vm, 0, m->ram.base, m->ram.host,
				m->ram.size, 0);
	if (ret)
		return error("cannot give the VM its memory: %s",
			     strerror(-ret));

	ret = create_gic(m);
	if (ret)
		return error("cannot create the interrupt controller: %s",
			     strerror(-ret));
	connect_events(m, &m->info);
	return 0;
}

static int create_vcpus(struct machine *m, const struct layout *layout)
{
	unsigned int i;
	int ret;

	for (i = 0; i < m->options->cpus; i++) {
		struct vcpu *vcpu = &m->vcpus[i];
		bool boot = !i;

		memset(vcpu, 0, sizeof(*vcpu));
		vcpu->machine = m;
		vcpu->mpidr = BOARD_MPIDR(i);
		vcpu->power = boot ? POWER_ON : POWER_OFF;
		ret = armvcpu_vcpu_create(&vcpu->cpu, &m->vm, i, vcpu->mpidr,
					  boot ? 0 : ARMVCPU_VCPU_POWERED_OFF);
		if (ret)
			return error("cannot create vCPU %u: %s", i,
				     strerror(-ret));
		m->nr_vcpus++;
	}

	ret = armvcpu_vcpu_reset(&m->vcpus[0].cpu, layout->entry, layout->dtb,
				 0);
	if (ret)
		return error("cannot reset vCPU 0: %s", strerror(-ret));
	return 0;
}

static void reset_devices(struct machine *m)
{
	unsigned int i;

	pl011_reset(&m->uart);
	pl031_reset(&m->rtc);
	for (i = 0; i < m->options->nr_disks; i++)
		virtio_mmio_reset(disk_transport(m, i));
}

/**
 * machine_power_on() - start the guest
 * @m: the machine, powered off
 *
 * Return: 0, or -1 after an error message; machine_power_off() in both cases.
 */
int machine_power_on(struct machine *m)
{
	struct layout layout;
	void *dtb = NULL;
	unsigned int i;
	size_t size;
	int ret;

	pthread_mutex_lock(&m->lock);
	m->end = m->quit;
	pthread_mutex_unlock(&m->lock);
	reset_devices(m);
	ret = check_host(m);
	if (!ret)
		ret = ram_clear(&m->ram);
	if (!ret)
		ret = load(m, &layout, &dtb, &size);
	free(dtb);
	if (ret || create_vm(m) || create_vcpus(m, &layout))
		return -1;

	connect_lines(m);
	if (!m->console.started) {
		if (console_start(&m->console))
			return -1;
		stat_server_start(&m->stat_server);
	}
	for (i = 0; i < m->nr_vcpus; i++) {
		if (vcpu_start(&m->vcpus[i]))
			return -1;
	}
	return 0;
}

/* Returns true when the machine has to end. */
static bool handle_signal(struct machine *m, int signo)
{
	switch (signo) {
	case SIGTSTP:
		terminal_restore();
		raise(SIGSTOP);
		return false;
	case SIGCONT:
		terminal_raw();
		return false;
	default:
		m->signal = signo;
		return true;
	}
}

static void read_signals(struct machine *m)
{
	struct signalfd_siginfo info;

	while (read(m->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (handle_signal(m, (int)info.ssi_signo))
			machine_end(m, END_SIGNAL);
	}
}

static void read_alarm(struct machine *m)
{
	uint64_t count;

	if (read(m->alarm_fd, &count, sizeof(count)) > 0)
		pl031_alarm(&m->rtc);
}

/**
 * machine_wait() - wait until the machine ends
 * @m: the machine, powered on
 *
 * Return: why.
 */
enum machine_end machine_wait(struct machine *m)
{
	struct pollfd fds[] = {
		{ .fd = m->event_fd, .events = POLLIN },
		{ .fd = m->signal_fd, .events = POLLIN },
		{ .fd = m->alarm_fd, .events = POLLIN },
		{ .fd = m->stat_server.fd, .events = POLLIN },
	};
	bool paused = false;

	/* A guest that resets at once ends the machine before there is a round. */
	read_signals(m);
	while (!machine_is_ending(m)) {
		fds[3].fd = paused ? -1 : m->stat_server.fd;
		if (poll(fds, ARRAY_SIZE(fds), paused ? ACCEPT_PAUSE_MS : -1) < 0)
			continue;
		paused = false;
		if (fds[1].revents)
			read_signals(m);
		if (fds[2].revents)
			read_alarm(m);
		/* What cannot be accepted stays, and poll() would tell of it at once. */
		if (fds[3].revents && stat_server_accept(&m->stat_server, m))
			paused = true;
	}
	return m->end;
}

static bool all_done(const struct machine *m)
{
	unsigned int i;

	for (i = 0; i < m->nr_vcpus; i++) {
		if (m->vcpus[i].started && !m->vcpus[i].done)
			return false;
	}
	return !m->posted.started || m->posted.done;
}

/* One kick may come while a thread sleeps in a write: kick until all left. */
static void stop_vcpus(struct machine *m)
{
	struct timespec until;
	unsigned int i;

	pthread_mutex_lock(&m->lock);
	pthread_cond_broadcast(&m->cond);
	while (!all_done(m)) {
		for (i = 0; i < m->nr_vcpus; i++) {
			if (m->vcpus[i].started && !m->vcpus[i].done)
				vcpu_kick(&m->vcpus[i]);
		}
		if (m->posted.started && !m->posted.done)
			posted_kick(&m->posted);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += KICK_INTERVAL_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&m->cond, &m->lock, &until);
	}
	pthread_mutex_unlock(&m->lock);

	for (i = 0; i < m->nr_vcpus; i++) {
		if (m->vcpus[i].started)
			pthread_join(m->vcpus[i].thread, NULL);
	}
	posted_stop(&m->posted);
}

/**
 * machine_power_off() - end the guest
 * @m: the machine, powered on as far as that went
 */
void machine_power_off(struct machine *m)
{
	uint64_t events;
	unsigned int i;

	machine_end(m, END_ERROR);
	stat_server_hang_up(&m->stat_server);
	stop_vcpus(m);
	/* No request of the old guest may touch the memory of the next. */
	for (i = 0; i < m->options->nr_disks; i++)
		virtio_mmio_reset(disk_transport(m, i));

	disconnect_lines(m);
	while (m->nr_vcpus)
		armvcpu_vcpu_close(&m->vcpus[--m->nr_vcpus].cpu);
	armvcpu_vm_close(&m->vm);
	if (read(m->event_fd, &events, sizeof(events)) < 0)
		return;
}

/**
 * machine_end() - ask the machine to stop
 * @m: the machine
 * @reason: why; the first one counts
 *
 * May be called from any thread, without machine->lock.
 */
void machine_end(struct machine *m, enum machine_end reason)
{
	uint64_t one = 1;

	pthread_mutex_lock(&m->lock);
	if (!m->end)
		m->end = reason;
	/* Also while a guest resets, which has ended the machine already. */
	if (!m->quit && (reason == END_QUIT || reason == END_SIGNAL))
		m->quit = reason;
	pthread_cond_broadcast(&m->cond);
	pthread_mutex_unlock(&m->lock);
	if (write(m->event_fd, &one, sizeof(one)) < 0)
		note("eventfd: %s", strerror(errno));
}

/**
 * machine_is_ending() - was machine_end() called?
 * @m: the machine
 */
bool machine_is_ending(struct machine *m)
{
	bool ending;

	pthread_mutex_lock(&m->lock);
	ending = m->end != END_NONE;
	pthread_mutex_unlock(&m->lock);
	return ending;
}
