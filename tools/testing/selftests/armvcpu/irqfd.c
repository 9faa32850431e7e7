// SPDX-License-Identifier: GPL-2.0-only
/* Eventfds that interrupt a guest: edges, levels with resampling, lifetimes. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "testlib.h"

#define NR_IRQS		256
#define SPI		40
#define MAX_IRQFDS	1024
#define RESAMPLE	ARMVCPU_IRQFD_RESAMPLE
#define DEASSIGN	ARMVCPU_IRQFD_DEASSIGN

/* ---- the guest's part -------------------------------------------------------------- */

static void g_init(bool edge)
{
	gic_dist_init();
	gic_cpu_init();
	gic_edge(SPI, edge);
	gic_enable(SPI);
}

/* One interrupt for what the host does at each GUEST_SYNC() of 1, none for 0. */
static void g_script(u64 arg)
{
	unsigned int i;

	g_init(arg & 1);
	g_expect_none();
	for (i = 1; i < 8; i++) {
		bool one = arg >> (8 + i) & 1;

		GUEST_SYNC(i);
		if (one) {
			g_expect(SPI);
			gic_eoi(SPI);
		}
		g_expect_none();
	}
	guest_done();
}

static struct vcpu *script(u64 edge, u64 steps)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0);

	vcpu_start_c(v, g_script, edge | steps << 8);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	return v;
}

/* The rest of it, in which the host does nothing. */
static void script_end(struct vcpu *v)
{
	do {
		vcpu_run(v);
		EXPECT_EXIT(v, ARMVCPU_EXIT_MMIO);
	} while (v->run->u.mmio.ipa == PORT_SYNC || vcpu_message(v));
	if (v->run->u.mmio.ipa != PORT_DONE)
		vcpu_unexpected(v);
}

/* ---- events without resampling --------------------------------------------------- */

FIXTURE(trigger) { int unused; };
FIXTURE_VARIANT(trigger) { bool edge; };
FIXTURE_VARIANT_ADD(trigger, edge) { true };
FIXTURE_VARIANT_ADD(trigger, level) { false };
FIXTURE_SETUP(trigger) { }
FIXTURE_TEARDOWN(trigger) { }

TEST_F(trigger, an_event_is_one_interrupt)
{
	/* steps with an interrupt: 1, 2, 4 */
	struct vcpu *v = script(variant->edge, 1 << 1 | 1 << 2 | 1 << 4);
	int fd = event_fd();

	ASSERT_EQ(0, irqfd_raw(v->vm, 0, fd, SPI, -1));
	event_write(fd, 1);
	EXPECT_EQ(0ULL, event_read(fd));
	ASSERT_EQ(2ULL, vcpu_sync(v));
	/* before it is taken more of them are the same one */
	event_write(fd, 5);
	event_write(fd, 1);
	ASSERT_EQ(3ULL, vcpu_sync(v));
	ASSERT_EQ(4ULL, vcpu_sync(v));
	event_write(fd, 1);
	ASSERT_EQ(5ULL, vcpu_sync(v));
	/* and none when it is undone */
	ASSERT_EQ(0, irqfd_raw(v->vm, DEASSIGN, fd, SPI, -1));
	event_write(fd, 1);
	EXPECT_EQ(1ULL, event_read(fd));
	script_end(v);
}

TEST(what_was_written_before_counts_once)
{
	struct vcpu *v = script(true, 1 << 1);
	int fd = event_fd();

	event_write(fd, 3);
	ASSERT_EQ(0, irqfd_raw(v->vm, 0, fd, SPI, -1));
	EXPECT_EQ(0ULL, event_read(fd));
	script_end(v);
}

TEST(undone_is_undone)
{
	struct vcpu *v = script(true, 1 << 3);
	int fd = event_fd(), other = event_fd();

	ASSERT_EQ(0, irqfd_raw(v->vm, 0, fd, SPI, -1));
	EXPECT_EQ(-ENOENT, irqfd_raw(v->vm, DEASSIGN, fd, SPI + 1, -1));
	EXPECT_EQ(-ENOENT, irqfd_raw(v->vm, DEASSIGN, other, SPI, -1));
	EXPECT_EQ(0, irqfd_raw(v->vm, DEASSIGN, fd, SPI, -1));
	EXPECT_EQ(-ENOENT, irqfd_raw(v->vm, DEASSIGN, fd, SPI, -1));
	event_write(fd, 1);
	ASSERT_EQ(2ULL, vcpu_sync(v));
	event_read(fd);
	ASSERT_EQ(0, irqfd_raw(v->vm, 0, fd, SPI, -1));
	ASSERT_EQ(3ULL, vcpu_sync(v));
	event_write(fd, 1);
	script_end(v);
}

TEST(one_wire_for_each_event)
{
	struct vm *vm = vm_create_gic(0, NR_IRQS, 1);
	int fd = event_fd(), other = event_fd();

	ASSERT_EQ(0, irqfd_raw(vm, 0, fd, SPI, -1));
	EXPECT_EQ(-EBUSY, irqfd_raw(vm, 0, fd, SPI, -1));
	EXPECT_EQ(-EBUSY, irqfd_raw(vm, 0, fd, SPI + 1, -1));
	/* but an interrupt can have many */
	EXPECT_EQ(0, irqfd_raw(vm, 0, other, SPI, -1));
}

/* The vCPU runs, sleeps: it is there at once. */
static volatile u32 g_taken;

static void g_count(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	GUEST_ASSERT_EQ(SPI, intid);
	g_taken++;
	gic_eoi(intid);
}

static void g_take(u64 sleeps)
{
	u32 n = 0;

	guest_irq_handler = g_count;
	g_init(true);
	for (;;) {
		while (g_taken == n) {
			if (sleeps && !irq_pending())
				wfi();
			irq_enable();
			isb();
			irq_disable();
		}
		n = g_taken;
		GUEST_SYNC(n);
	}
}

static volatile bool written_enough;

static void *write_slowly(void *arg)
{
	while (!written_enough) {
		usleep(20000);
		event_write(*(int *)arg, 1);
	}
	return NULL;
}

FIXTURE(waits) { int unused; };
FIXTURE_VARIANT(waits) { u64 sleeps; };
FIXTURE_VARIANT_ADD(waits, running) { 0 };
FIXTURE_VARIANT_ADD(waits, asleep) { 1 };
FIXTURE_SETUP(waits) { }
FIXTURE_TEARDOWN(waits) { }

TEST_F(waits, an_event_reaches_the_vcpu)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0);
	int fd = event_fd();
	pthread_t t;
	u64 n = 0;

	ASSERT_EQ(0, irqfd_raw(v->vm, 0, fd, SPI, -1));
	vcpu_start_c(v, g_take, variant->sleeps);
	ASSERT_EQ(0, pthread_create(&t, NULL, write_slowly, &fd));
	while (n < 20) {
		u64 m = vcpu_sync(v);

		ASSERT_LT(n, m);
		n = m;
	}
	written_enough = true;
	pthread_join(t, NULL);
}

TEST(two_vms_one_event)
{
	struct vcpu *a = script(true, 1 << 1), *b = script(true, 1 << 1);
	int fd = event_fd();

	ASSERT_EQ(0, irqfd_raw(a->vm, 0, fd, SPI, -1));
	ASSERT_EQ(0, irqfd_raw(b->vm, 0, fd, SPI, -1));
	event_write(fd, 1);
	script_end(a);
	script_end(b);
}

/* ---- resampling --------------------------------------------------------------------- */

static void g_level(u64 arg)
{
	unsigned int i;

	(void)arg;
	g_init(false);
	GUEST_SYNC(1);
	/* asserted until it is deactivated, whatever happens before */
	GUEST_ASSERT(irq_wait());
	gic_disable(SPI);
	g_expect_none();
	GUEST_ASSERT(gic_test(GICD_ISPENDR, SPI));
	gic_bit(GICD_ICPENDR, SPI, true);
	GUEST_ASSERT(gic_test(GICD_ISPENDR, SPI));
	gic_enable(SPI);
	g_expect(SPI);
	GUEST_ASSERT(!irq_pending());
	GUEST_ASSERT(gic_test(GICD_ISPENDR, SPI));
	GUEST_SYNC(2);
	gic_eoi(SPI);
	/* down before it could come again */
	g_expect_none();
	GUEST_ASSERT(!gic_test(GICD_ISPENDR, SPI));
	GUEST_SYNC(3);
	/* raised again, five times */
	for (i = 0; i < 5; i++) {
		g_expect(SPI);
		gic_eoi(SPI);
		g_expect_none();
		GUEST_SYNC(4);
	}
	guest_done();
}

TEST(a_level_lasts_until_the_deactivation)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0);
	int fd = event_fd(), back = event_fd();
	unsigned int i;

	ASSERT_EQ(0, irqfd_raw(v->vm, RESAMPLE, fd, SPI, back));
	vcpu_start_c(v, g_level, 0);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	event_write(fd, 1);
	EXPECT_EQ(0ULL, event_read(fd));
	ASSERT_EQ(2ULL, vcpu_sync(v));
	EXPECT_EQ(0ULL, event_read(back));
	ASSERT_EQ(3ULL, vcpu_sync(v));
	EXPECT_EQ(1ULL, event_read(back));
	for (i = 0; i < 5; i++) {
		event_write(fd, 1);
		ASSERT_EQ(4ULL, vcpu_sync(v));
		EXPECT_EQ(1ULL, event_read(back));
	}
	vcpu_finish(v);
	EXPECT_EQ(0ULL, event_read(back));
}

/* Ways to deactivate. */
enum { BY_EOI, BY_DIR, BY_ICACTIVER, BY_EOI_MASKED, BY_EOI_SPILLED };

static void g_deactivate(u64 how)
{
	unsigned int n;

	g_init(false);
	if (how == BY_DIR)
		gic_eoi_mode(true);
	if (how == BY_EOI_SPILLED) {
		/* more active ones than there are list registers, each above the last */
		gic_priority(SPI, 0xf0);
		for (n = 64; n < 84; n++) {
			gic_edge(n, true);
			gic_priority(n, 0xe8 - (n - 64) * 8);
			gic_enable(n);
		}
	}
	GUEST_SYNC(1);
	g_expect(SPI);
	switch (how) {
	case BY_EOI:
		gic_eoi(SPI);
		break;
	case BY_DIR:
		gic_eoi(SPI);
		GUEST_SYNC(2);
		gic_dir(SPI);
		break;
	case BY_ICACTIVER:
		gic_bit(GICD_ICACTIVER, SPI, true);
		break;
	case BY_EOI_MASKED:
		gic_disable(SPI);
		gic_eoi(SPI);
		break;
	case BY_EOI_SPILLED:
		for (n = 64; n < 84; n++) {
			gic_bit(GICD_ISPENDR, n, true);
			g_expect(n);
		}
		while (n-- > 64)
			gic_eoi(n);
		gic_eoi(SPI);
		break;
	}
	isb();
	/* no exit of its own: the deactivation was one */
	GUEST_WAIT(*(volatile u64 *)TEST_BASE);
	if (how == BY_EOI_MASKED)
		gic_enable(SPI);
	if (how != BY_ICACTIVER)
		g_expect_none();
	guest_done();
}

static void *wait_for_back(void *arg)
{
	struct vcpu *v = arg;
	struct pollfd p = { .fd = *(int *)v->arg, .events = POLLIN };

	if (poll(&p, 1, 10000 * th_scale) == 1)
		*(volatile u64 *)vm_ram(v->vm, TEST_BASE) = 1;
	return NULL;
}

FIXTURE(deactivated) { int unused; };
FIXTURE_VARIANT(deactivated) { u64 how; };
FIXTURE_VARIANT_ADD(deactivated, eoi) { BY_EOI };
FIXTURE_VARIANT_ADD(deactivated, dir) { BY_DIR };
FIXTURE_VARIANT_ADD(deactivated, icactiver) { BY_ICACTIVER };
FIXTURE_VARIANT_ADD(deactivated, eoi_while_disabled) { BY_EOI_MASKED };
FIXTURE_VARIANT_ADD(deactivated, eoi_without_list_register) { BY_EOI_SPILLED };
FIXTURE_SETUP(deactivated) { }
FIXTURE_TEARDOWN(deactivated) { }

TEST_F(deactivated, is_told)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0);
	int fd = event_fd(), back = event_fd();
	pthread_t t;

	ASSERT_EQ(0, irqfd_raw(v->vm, RESAMPLE, fd, SPI, back));
	vcpu_start_c(v, g_deactivate, variant->how);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	event_write(fd, 1);
	if (variant->how == BY_DIR) {
		ASSERT_EQ(2ULL, vcpu_sync(v));
		EXPECT_EQ(0ULL, event_read(back));
	}
	v->arg = &back;
	ASSERT_EQ(0, pthread_create(&t, NULL, wait_for_back, v));
	vcpu_finish(v);
	pthread_join(t, NULL);
	EXPECT_EQ(1ULL, event_read(back));
}

static void g_shared(u64 arg)
{
	unsigned int i;

	(void)arg;
	g_init(false);
	for (i = 1; i < 5; i++) {
		GUEST_SYNC(i);
		g_expect(SPI);
		gic_eoi(SPI);
		g_expect_none();
	}
	GUEST_SYNC(5);
	g_expect_none();
	guest_done();
}

TEST(all_that_share_a_line_are_told)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0);
	int fd[3], back[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		fd[i] = event_fd();
		back[i] = event_fd();
		/* the third one is of another line */
		ASSERT_EQ(0, irqfd_raw(v->vm, RESAMPLE, fd[i], i < 2 ? SPI : SPI + 1, back[i]));
	}
	vcpu_start_c(v, g_shared, 0);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	event_write(fd[0], 1);
	ASSERT_EQ(2ULL, vcpu_sync(v));
	EXPECT_EQ(1ULL, event_read(back[0]));
	EXPECT_EQ(1ULL, event_read(back[1]));
	event_write(fd[1], 1);
	event_write(fd[0], 1);
	ASSERT_EQ(3ULL, vcpu_sync(v));
	EXPECT_EQ(1ULL, event_read(back[0]));
	EXPECT_EQ(1ULL, event_read(back[1]));
	/* who has left is not told */
	ASSERT_EQ(0, irqfd_raw(v->vm, DEASSIGN, fd[0], SPI, -1));
	event_write(fd[1], 1);
	ASSERT_EQ(4ULL, vcpu_sync(v));
	EXPECT_EQ(0ULL, event_read(back[0]));
	EXPECT_EQ(1ULL, event_read(back[1]));
	/* nor who has closed its eventfd */
	ASSERT_EQ(0, irqfd_raw(v->vm, RESAMPLE, fd[0], SPI, back[0]));
	event_read(fd[0]);
	close(fd[0]);
	event_write(fd[1], 1);
	ASSERT_EQ(5ULL, vcpu_sync(v));
	EXPECT_EQ(0ULL, event_read(back[0]));
	EXPECT_EQ(1ULL, event_read(back[1]));
	EXPECT_EQ(0ULL, event_read(back[2]));
	/* the line goes down with the last one */
	event_write(fd[1], 1);
	ASSERT_EQ(0, irqfd_raw(v->vm, DEASSIGN, fd[1], SPI, -1));
	vcpu_finish(v);
	EXPECT_EQ(0ULL, event_read(back[1]));
}

TEST(resampled_edge_is_an_edge)
{
	struct vcpu *v = script(true, 1 << 1 | 1 << 2);
	int fd = event_fd(), back = event_fd();

	ASSERT_EQ(0, irqfd_raw(v->vm, RESAMPLE, fd, SPI, back));
	event_write(fd, 1);
	ASSERT_EQ(2ULL, vcpu_sync(v));
	event_write(fd, 1);
	script_end(v);
	EXPECT_EQ(0ULL, event_read(back));
}

/* A device with work for the guest: it raises its line as long as some is left. */
static volatile u32 g_work, g_rounds;

static void g_serve(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	g_rounds++;
	if (g_work)
		g_work--;
	gic_eoi(intid);
}

static void g_device(u64 work)
{
	guest_irq_handler = g_serve;
	g_init(false);
	g_work = work;
	GUEST_SYNC(1);
	irq_enable();
	/* however slow the host is */
	while (g_work) {
		u32 n = g_rounds;

		GUEST_WAIT(g_rounds != n || !g_work);
	}
	/* none is too many, once the device has seen it */
	(void)read32(GICD_BASE + GICD_TYPER);
	guest_done();
}

struct device {
	struct vcpu *v;
	int fd, back;
	volatile bool stop;
};

static void *serve_device(void *arg)
{
	struct device *d = arg;
	struct pollfd p = { .fd = d->back, .events = POLLIN };

	while (!d->stop)
		if (poll(&p, 1, 100) == 1 && event_read(d->back) && vm_var(d->v->vm, g_work))
			event_write(d->fd, 1);
	return NULL;
}

TEST(a_device_raises_its_line_again)
{
	struct device d = { .v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0) };
	pthread_t t;

	d.fd = event_fd();
	d.back = event_fd();
	ASSERT_EQ(0, irqfd_raw(d.v->vm, RESAMPLE, d.fd, SPI, d.back));
	vcpu_start_c(d.v, g_device, 500);
	ASSERT_EQ(1ULL, vcpu_sync(d.v));
	ASSERT_EQ(0, pthread_create(&t, NULL, serve_device, &d));
	event_write(d.fd, 1);
	vcpu_finish(d.v);
	d.stop = true;
	pthread_join(t, NULL);
	EXPECT_EQ(500U, vm_var(d.v->vm, g_rounds));
}

/* ---- lifetimes and races --------------------------------------------------------------- */

/* More eventfds than there may be irqfds, one after the other. */
TEST(closed_eventfds_make_room)
{
	struct vcpu *v = script(true, 1 << 1);
	unsigned int i;
	int fd, back;

	for (i = 0; i < 2 * MAX_IRQFDS + 10; i++) {
		fd = event_fd();
		back = event_fd();
		ASSERT_EQ(0, irqfd_raw(v->vm, i & 1 ? RESAMPLE : 0, fd, SPI, i & 1 ? back : -1));
		close(fd);
		close(back);
	}
	fd = event_fd();
	ASSERT_EQ(0, irqfd_raw(v->vm, 0, fd, SPI, -1));
	event_write(fd, 1);
	script_end(v);
}

TEST(there_is_a_limit)
{
	struct rlimit limit = { 4096, 4096 };
	struct vm *vm = vm_create_gic(0, NR_IRQS, 1);
	int first = -1, fd;
	unsigned int i;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		SKIP(return, "not so many files");
	for (i = 0; i < MAX_IRQFDS; i++) {
		fd = event_fd();
		if (first < 0)
			first = fd;
		ASSERT_EQ(0, irqfd_raw(vm, 0, fd, 32 + i % (NR_IRQS - 32), -1));
	}
	EXPECT_EQ(-ENOSPC, irqfd_raw(vm, 0, event_fd(), SPI, -1));
	EXPECT_EQ(0, irqfd_raw(vm, DEASSIGN, first, 32, -1));
	EXPECT_EQ(0, irqfd_raw(vm, 0, event_fd(), SPI, -1));
	EXPECT_EQ(-ENOSPC, irqfd_raw(vm, 0, event_fd(), SPI, -1));
}

struct writer {
	volatile int fd;
	volatile bool stop;
	volatile u64 writes;
};

static void *write_fast(void *arg)
{
	struct writer *w = arg;
	u64 one = 1;

	while (!w->stop) {
		/* the fd comes and goes */
		if (w->fd >= 0 && write(w->fd, &one, sizeof(one)) == sizeof(one))
			w->writes++;
	}
	return NULL;
}

static volatile u64 g_beats;

static void g_spin(u64 arg)
{
	(void)arg;
	guest_irq_handler = g_count;
	g_init(true);
	GUEST_SYNC(1);
	irq_enable();
	while (!*(volatile u64 *)TEST_BASE) {
		/* an exit each time: what is pending comes with the next entry */
		(void)read32(GICD_BASE + GICD_TYPER);
		g_beats++;
	}
	irq_disable();
	guest_done();
}

/* With all taken that was there when this was called. */
static u32 settled_count(struct vm *vm)
{
	u64 beats = vm_var(vm, g_beats);

	ASSERT_TRUE(WAIT_FOR(vm_var(vm, g_beats) >= beats + 3));
	return vm_var(vm, g_taken);
}

TEST(undone_while_events_come)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0);
	struct writer w = { .fd = event_fd() };
	u64 end = now_ns() + th_many(3000, 1000) * 1000000;
	unsigned int rounds = 0;
	pthread_t t;

	vcpu_start_c(v, g_spin, 0);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	vcpu_thread(v, NULL);
	ASSERT_EQ(0, pthread_create(&t, NULL, write_fast, &w));
	while (now_ns() < end || rounds < 10) {
		ASSERT_EQ(0, irqfd_raw(v->vm, 0, w.fd, SPI, -1));
		if (rounds % 3 == 0)
			usleep(1000);
		ASSERT_EQ(0, irqfd_raw(v->vm, DEASSIGN, w.fd, SPI, -1));
		if (rounds++ % 100 == 0) {
			u32 n = settled_count(v->vm);
			u64 writes = w.writes;

			ASSERT_TRUE(WAIT_FOR(w.writes > writes + 10));
			ASSERT_EQ(n, settled_count(v->vm));
		}
	}
	w.stop = true;
	pthread_join(t, NULL);
	EXPECT_LT(0U, vm_var(v->vm, g_taken));
	*(volatile u64 *)vm_ram(v->vm, TEST_BASE) = 1;
	vcpu_join(v);
}

TEST(closed_while_events_come)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0);
	struct writer w = { .fd = -1 };
	u64 end = now_ns() + th_many(3000, 1000) * 1000000;
	unsigned int rounds = 0;
	pthread_t t;

	vcpu_start_c(v, g_spin, 0);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	vcpu_thread(v, NULL);
	ASSERT_EQ(0, pthread_create(&t, NULL, write_fast, &w));
	while (now_ns() < end || rounds < 10) {
		int fd = event_fd(), back = event_fd();

		ASSERT_EQ(0, irqfd_raw(v->vm, rounds & 1 ? RESAMPLE : 0, fd, SPI,
				       rounds & 1 ? back : -1));
		w.fd = fd;
		if (rounds % 3 == 0)
			usleep(500);
		/* the number is another file's soon, which gets writes meant for this one */
		close(fd);
		if (rounds % 5 == 0)
			w.fd = -1;
		close(back);
		rounds++;
	}
	w.stop = true;
	pthread_join(t, NULL);
	*(volatile u64 *)vm_ram(v->vm, TEST_BASE) = 1;
	vcpu_join(v);
}

TEST(vm_ends_while_events_come)
{
	struct writer w = { .fd = event_fd() };
	u64 end = now_ns() + 10000000000ULL;
	unsigned int i, k, vms = th_many(150, 40);
	pthread_t t[2];

	for (k = 0; k < 2; k++)
		ASSERT_EQ(0, pthread_create(&t[k], NULL, write_fast, &w));
	for (i = 0; i < 10 || (i < vms && now_ns() < end); i++) {
		struct vm *vm = vm_create_gic(0, NR_IRQS, 1);
		struct vcpu *v = vcpu_create(vm, 0);
		int back = event_fd();

		ASSERT_EQ(0, irqfd_raw(vm, i & 1 ? RESAMPLE : 0, w.fd, SPI, i & 1 ? back : -1));
		if (i % 3 == 0)
			usleep(1000);
		vcpu_close(v);
		vm_close(vm);
		close(back);
	}
	w.stop = true;
	for (k = 0; k < 2; k++)
		pthread_join(t[k], NULL);
	EXPECT_LT(0ULL, w.writes);
}

/* While events come to a line, sharers of it come and go, and the guest answers. */
TEST(sharers_come_and_go)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0);
	struct writer w = { .fd = event_fd() };
	u64 end = now_ns() + th_many(2000, 700) * 1000000;
	int back = event_fd(), fd = event_fd(), back2 = event_fd();
	pthread_t t;

	ASSERT_EQ(0, irqfd_raw(v->vm, RESAMPLE, w.fd, SPI, back));
	vcpu_start_c(v, g_device, 1U << 30);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	vcpu_thread(v, NULL);
	ASSERT_EQ(0, pthread_create(&t, NULL, write_fast, &w));
	while (now_ns() < end) {
		ASSERT_EQ(0, irqfd_raw(v->vm, RESAMPLE, fd, SPI, back2));
		ASSERT_EQ(0, irqfd_raw(v->vm, DEASSIGN, fd, SPI, -1));
		event_read(back2);
		EXPECT_EQ(0ULL, event_read(back2));
	}
	w.stop = true;
	pthread_join(t, NULL);
	EXPECT_LT(0ULL, event_read(back));
	vm_var(v->vm, g_work) = 0;
	vcpu_join(v);
}

TEST(fork_has_the_eventfd_and_not_the_vm)
{
	struct vcpu *v = script(true, 1 << 1);
	int fd = event_fd(), other = event_fd(), status;
	pid_t pid;

	ASSERT_EQ(0, irqfd_raw(v->vm, 0, fd, SPI, -1));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (irqfd_raw(v->vm, 0, other, SPI, -1) != -EIO ||
		    irqfd_raw(v->vm, DEASSIGN, fd, SPI, -1) != -EIO ||
		    ioeventfd_raw(v->vm, 0, HOLE_BASE, 4, 0, other) != -EIO)
			_exit(1);
		event_write(fd, 1);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	script_end(v);
}

/* An eventfd that one VM writes when it stores and that interrupts the same. */
static void g_bell(u64 arg)
{
	unsigned int i;

	(void)arg;
	g_init(true);
	for (i = 0; i < 100; i++) {
		write32(HOLE_BASE, i);
		g_expect(SPI);
		gic_eoi(SPI);
		g_expect_none();
	}
	guest_done();
}

TEST(a_store_interrupts_without_the_vmm)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0);
	int fd = event_fd();

	ASSERT_EQ(0, irqfd_raw(v->vm, 0, fd, SPI, -1));
	ASSERT_EQ(0, ioeventfd_raw(v->vm, 0, HOLE_BASE, 4, 0, fd));
	vcpu_start_c(v, g_bell, 0);
	vcpu_finish(v);
}

/* ... and one whose resampling is the next interrupt. */
static volatile u32 g_chain[2];

static void g_chain_handler(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	g_chain[intid - SPI]++;
	gic_eoi(intid);
}

static void g_chained(u64 arg)
{
	(void)arg;
	guest_irq_handler = g_chain_handler;
	g_init(false);
	gic_edge(SPI + 1, true);
	gic_enable(SPI + 1);
	GUEST_SYNC(1);
	irq_enable();
	GUEST_WAIT(g_chain[1]);
	irq_disable();
	GUEST_ASSERT_EQ(1, g_chain[0]);
	GUEST_ASSERT_EQ(1, g_chain[1]);
	guest_done();
}

TEST(resampling_interrupts)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, NR_IRQS, 1), 0);
	int fd = event_fd(), next = event_fd();

	ASSERT_EQ(0, irqfd_raw(v->vm, RESAMPLE, fd, SPI, next));
	ASSERT_EQ(0, irqfd_raw(v->vm, 0, next, SPI + 1, -1));
	vcpu_start_c(v, g_chained, 0);
	ASSERT_EQ(1ULL, vcpu_sync(v));
	event_write(fd, 1);
	vcpu_finish(v);
}

TEST_HARNESS_MAIN
