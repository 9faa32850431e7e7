// SPDX-License-Identifier: GPL-2.0-only
/* The host's CPUs come and go, and threads are moved about, under guests. */
#define _GNU_SOURCE
#include <sched.h>

#include "testlib.h"

/* ---- a guest that checks itself ---------------------------------------------------------- */

static volatile u64 progress[MAX_TEST_VCPUS];
static volatile bool guest_stop;

static u64 mix(u64 x)
{
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/*
 * Computes the same twice, over V registers and memory, calls the kernel, and
 * looks at what it left in its registers.
 */
static void g_worker(u64 seed)
{
	static u64 table[MAX_TEST_VCPUS][64];
	u32 cpu = guest_cpu(), i;

	while (!guest_stop) {
		u64 x = seed, y = seed, v;

		write_sysreg(tpidr_el0, seed);
		__asm__ volatile("dup v5.2d, %0\n\tdup v29.2d, %0" :: "r"(seed) : "v5", "v29");
		for (i = 0; i < 64; i++)
			table[cpu][i] = x = mix(x);
		/* The kernel's to answer, not EL2's. */
		hvc4(PSCI_FEATURES, 0, 0, 0);
		for (i = 0; i < 64; i++) {
			y = mix(y);
			GUEST_ASSERT_EQ(y, table[cpu][i]);
		}
		__asm__ volatile("umov %0, v5.d[1]" : "=r"(v));
		GUEST_ASSERT_EQ(seed, v);
		__asm__ volatile("umov %0, v29.d[0]" : "=r"(v));
		GUEST_ASSERT_EQ(seed, v);
		GUEST_ASSERT_EQ(seed, read_sysreg(tpidr_el0));
		GUEST_ASSERT_EQ(cpu, read_sysreg(mpidr_el1) & 0xff);
		seed = x;
		progress[cpu]++;
	}
}

/* A timer of each vCPU, asleep in between. */
static volatile u32 ticks[MAX_TEST_VCPUS];

static void g_tick(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	GUEST_ASSERT_EQ(INTID_VTIMER, intid);
	write_sysreg(cntv_ctl_el0, 0);
	isb();
	ticks[guest_cpu()]++;
	gic_eoi(intid);
}

static void g_sleeper(u64 arg)
{
	u32 cpu = guest_cpu(), n;

	(void)arg;
	if (cpu == 0) {
		gic_dist_init();
		guest_irq_handler = g_tick;
	}
	GUEST_WAIT(guest_irq_handler);
	gic_cpu_init();
	gic_enable(INTID_VTIMER);
	for (n = 1; !guest_stop; n++) {
		u64 cval = guest_counter() + guest_ticks(1000 + n % 7 * 300);

		write_sysreg(cntv_cval_el0, cval);
		write_sysreg(cntv_ctl_el0, 1);
		isb();
		while (ticks[cpu] < n) {
			wfi();
			irq_enable();
			isb();
			irq_disable();
		}
		GUEST_ASSERT(guest_counter() >= cval);
		progress[cpu]++;
	}
}

/*
 * Interrupts of all kinds, each counted: an SGI to the next vCPU, which is not sent
 * again before it is taken, a timer, which is waited for now and then, and an SPI that
 * the host sends to one vCPU after the other. One that is lost stops all, one that is
 * doubled is seen.
 */
#define HEAVY_VCPUS	3
#define HEAVY_SGI	5
#define HEAVY_SPI	40
#define HEAVY_ROUNDS	4	/* from tick to tick, or more */

static volatile u32 sgis[MAX_TEST_VCPUS], spis, heavy_ready, heavy_through;

static void g_heavy_irq(struct guest_frame *f)
{
	u32 cpu = guest_cpu(), intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	if (intid == INTID_VTIMER) {
		write_sysreg(cntv_cval_el0, guest_counter() + guest_ticks(700));
		isb();
		ticks[cpu]++;
	} else if (intid == HEAVY_SPI) {
		guest_add(spis, 1);
	} else {
		GUEST_ASSERT_EQ(HEAVY_SGI, intid);
		sgis[cpu]++;
	}
	gic_eoi(intid);
}

static void g_heavy(u64 arg)
{
	u32 cpu = guest_cpu(), next = (cpu + 1) % HEAVY_VCPUS, n, t;

	(void)arg;
	if (cpu == 0) {
		gic_dist_init();
		gic_edge(HEAVY_SPI, true);
		gic_enable(HEAVY_SPI);
		guest_irq_handler = g_heavy_irq;
	}
	GUEST_WAIT(guest_irq_handler);
	gic_cpu_init();
	gic_enable(INTID_VTIMER);
	write_sysreg(cntv_cval_el0, 0);
	write_sysreg(cntv_ctl_el0, 1);
	irq_enable();
	guest_add(heavy_ready, 1);
	GUEST_WAIT(heavy_ready == HEAVY_VCPUS);
	for (n = 1; !guest_stop; n++) {
		gic_sgi(HEAVY_SGI, 1 << next);
		/* some asleep, some not */
		GUEST_WAIT(({
			if (n & 2)
				wfi();
			sgis[next] >= n;
		}));
		GUEST_ASSERT_EQ(n, sgis[next]);
		if (cpu == 0)
			gic_route(HEAVY_SPI, n % HEAVY_VCPUS);
		if (n % HEAVY_ROUNDS == 0) {
			t = ticks[cpu];
			GUEST_WAIT(ticks[cpu] != t);
		}
		progress[cpu]++;
	}
	guest_add(heavy_through, 1);
	GUEST_WAIT(heavy_through == HEAVY_VCPUS);
	GUEST_ASSERT(ticks[cpu] > 3);
	irq_disable();
	write_sysreg(cntv_ctl_el0, 0);
}

struct guests {
	struct vm *vm;
	struct vcpu *v[4];
};

static struct guests start_guests(void (*fn)(u64 arg), unsigned int n)
{
	struct guests g = { .vm = vm_create_gic(0, 64, 4) };
	unsigned int i;

	for (i = 0; i < n; i++)
		g.v[i] = vcpu_create(g.vm, i);
	for (i = 0; i < n; i++) {
		vcpu_start_c(g.v[i], fn, 0x123456789abcdef1ULL * (i + 1));
		vcpu_thread(g.v[i], NULL);
	}
	for (; i < 4; i++)
		g.v[i] = NULL;
	return g;
}

/* All vCPUs get on. */
static void check_progress(struct guests *g)
{
	unsigned int i;

	for (i = 0; i < 4 && g->v[i]; i++) {
		volatile u64 *p = &vm_var(g->vm, progress[i]);
		u64 start = *p;

		if (!WAIT_FOR(*p >= start + 3))
			FAIL("vCPU %u does not get on", i);
	}
}

static void stop_guests(struct guests *g)
{
	unsigned int i;

	vm_var(g->vm, guest_stop) = true;
	for (i = 0; i < 4 && g->v[i]; i++)
		vcpu_join(g->v[i]);
}

struct heavy {
	struct guests g;
	pthread_t sender;
	volatile bool stop;
	u32 sent;
};

static void *send_spis(void *arg)
{
	struct heavy *h = arg;
	volatile u32 *taken = &vm_var(h->g.vm, spis);

	while (!h->stop) {
		irq_line(h->g.vm, ARMVCPU_IRQ_SPI, HEAVY_SPI, 0, 1);
		irq_line(h->g.vm, ARMVCPU_IRQ_SPI, HEAVY_SPI, 0, 0);
		h->sent++;
		if (!WAIT_FOR(*taken >= h->sent))
			FAIL("SPI %u is lost: %u taken", h->sent, *taken);
		ASSERT_EQ(h->sent, *taken);
	}
	return NULL;
}

static void start_heavy(struct heavy *h)
{
	memset(h, 0, sizeof(*h));
	h->g = start_guests(g_heavy, HEAVY_VCPUS);
	check_progress(&h->g);
	ASSERT_EQ(0, pthread_create(&h->sender, NULL, send_spis, h));
}

static void stop_heavy(struct heavy *h)
{
	h->stop = true;
	pthread_join(h->sender, NULL);
	stop_guests(&h->g);
	EXPECT_LT(3, h->sent);
	EXPECT_EQ(h->sent, vm_var(h->g.vm, spis));
	TH_LOG("%u SPIs; SGIs, timer: %u, %u; %u, %u; %u, %u", h->sent,
	       vm_var(h->g.vm, sgis[0]), vm_var(h->g.vm, ticks[0]),
	       vm_var(h->g.vm, sgis[1]), vm_var(h->g.vm, ticks[1]),
	       vm_var(h->g.vm, sgis[2]), vm_var(h->g.vm, ticks[2]));
}

/* ---- hotplug -------------------------------------------------------------------------------- */

static void cycle(struct guests *g, unsigned int rounds)
{
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		int ret = set_online(false);

		if (ret)
			SKIP(return, "cannot switch CPU 1 off: %s", strerror(-ret));
		check_progress(g);
		ASSERT_EQ(0, set_online(true));
		check_progress(g);
	}
}

static void pin_all(struct guests *g, int cpu)
{
	cpu_set_t set;
	unsigned int i;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	for (i = 0; i < 4 && g->v[i]; i++)
		ASSERT_EQ(0, sched_setaffinity(g->v[i]->tid, sizeof(set), &set));
}

static void body_running(void)
{
	struct guests g = start_guests(g_worker, 3);

	check_progress(&g);
	cycle(&g, 8);
	stop_guests(&g);
}

TEST(cpu_offline_and_online_under_running_vcpus)
{
	with_hotplug(body_running);
}

/* The CPU goes on which they are: they are pushed away, and go on, there again, too. */
static void cycle_pinned(struct guests *g, unsigned int rounds)
{
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		pin_all(g, 1);
		check_progress(g);
		cycle(g, 1);
	}
	pin_all(g, 1);
	check_progress(g);
}

static void body_pinned(void)
{
	struct guests g = start_guests(g_worker, 2);

	cycle_pinned(&g, 3);
	stop_guests(&g);
}

TEST(cpu_offline_under_vcpus_pinned_to_it)
{
	with_hotplug(body_pinned);
}

static void body_asleep(void)
{
	struct guests g = start_guests(g_sleeper, 2);

	cycle_pinned(&g, 4);
	stop_guests(&g);
}

TEST(cpu_offline_and_online_under_sleeping_vcpus)
{
	with_hotplug(body_asleep);
}

static void body_heavy(void)
{
	struct heavy h;

	start_heavy(&h);
	cycle(&h.g, 4);
	cycle_pinned(&h.g, 3);
	stop_heavy(&h);
}

TEST(cpu_offline_and_online_under_interrupts)
{
	with_hotplug(body_heavy);
}

/* VMs made while the CPU is off run on it afterwards, and the other way round. */
GUEST(g_store,
	"1: str	x0, [x26]\n"
	"add	x0, x0, #1\n"
	"b	1b");

static void body_created(void)
{
	unsigned int i, n;

	for (i = 0; i < 4; i++) {
		struct vcpu *v, *w;

		ASSERT_EQ(0, pin_cpu(0));
		ASSERT_EQ(0, set_online(false));
		v = vcpu_create(vm_create_gic(0, 64, 1), 0);
		vcpu_start(v, g_store);
		vcpu_run(v);
		ASSERT_EQ(0, set_online(true));
		ASSERT_EQ(0, pin_cpu(1));
		for (n = 1; n < 10; n++) {
			vcpu_run(v);
			ASSERT_EQ(n, v->run->u.mmio.data);
		}
		w = vcpu_create(vm_create(0), 0);
		vcpu_start(w, g_store);
		vcpu_run(w);
		ASSERT_EQ(0, pin_cpu(0));
		ASSERT_EQ(0, set_online(false));
		vcpu_run(w);
		vcpu_run(v);
		vcpu_close(v);
		ASSERT_EQ(0, set_online(true));
		vcpu_run(w);
		ASSERT_EQ(2ULL, w->run->u.mmio.data);
	}
}

TEST(vms_made_and_closed_while_a_cpu_is_offline)
{
	with_hotplug(body_created);
}

/* Guest memory changes while a CPU is off that had its translations. */
static volatile u64 *const probe = (u64 *)0x80000000;

static void g_probe(u64 arg)
{
	(void)arg;
	for (;;)
		GUEST_SYNC(*probe);
}

static void body_stale(void)
{
	struct vm *vm = vm_create(0);
	struct vcpu *v = vcpu_create(vm, 0);
	u64 page = vm->info.page_size, *p = mem_alloc(page);
	unsigned int i;

	vm_memory(vm, SLOT_TEST, 0, (u64)probe, page, p);
	vcpu_start_c(v, g_probe, 0);
	for (i = 1; i < 6; i++) {
		/* there before the other one goes, so not the same page again */
		u64 *q = mem_alloc(page);

		*p = i;
		*q = 100 + i;
		ASSERT_EQ(0, pin_cpu(1));
		EXPECT_EQ(i, vcpu_sync(v));
		ASSERT_EQ(0, pin_cpu(0));
		ASSERT_EQ(0, set_online(false));
		ASSERT_EQ((uintptr_t)p, (uintptr_t)mremap(q, page, page,
							  MREMAP_MAYMOVE | MREMAP_FIXED, p));
		if (vm->info.features & ARMVCPU_FEAT_PINNED_MEMORY) {
			vm_memory(vm, SLOT_TEST, 0, 0, 0, NULL);
			vm_memory(vm, SLOT_TEST, 0, (u64)probe, page, p);
		}
		ASSERT_EQ(0, set_online(true));
		ASSERT_EQ(0, pin_cpu(1));
		EXPECT_EQ(100 + i, vcpu_sync(v));
	}
}

TEST(no_stale_translation_after_a_cpu_came_back)
{
	with_hotplug(body_stale);
}

/* ---- moving about ------------------------------------------------------------------------------ */

static void shuffle(struct guests *g)
{
	u64 end = now_ns() + th_many(3000, 1000) * 1000000, seed = 88172645463325252ULL;

	while (now_ns() < end) {
		cpu_set_t set;
		unsigned int i;

		for (i = 0; i < 4 && g->v[i]; i++) {
			seed = mix(seed);
			CPU_ZERO(&set);
			CPU_SET(seed >> 20 & 1, &set);
			sched_setaffinity(g->v[i]->tid, sizeof(set), &set);
		}
		usleep(300);
	}
}

TEST(running_vcpus_moved_between_cpus)
{
	struct guests g;

	if (cpu_count() < 2)
		SKIP(return, "one CPU");
	g = start_guests(g_worker, 4);
	shuffle(&g);
	check_progress(&g);
	stop_guests(&g);
}

TEST(sleeping_vcpus_moved_between_cpus)
{
	struct guests g;

	if (cpu_count() < 2)
		SKIP(return, "one CPU");
	g = start_guests(g_sleeper, 2);
	shuffle(&g);
	check_progress(&g);
	stop_guests(&g);
}

TEST(interrupted_vcpus_moved_between_cpus)
{
	struct heavy h;

	if (cpu_count() < 2)
		SKIP(return, "one CPU");
	start_heavy(&h);
	shuffle(&h.g);
	check_progress(&h.g);
	stop_heavy(&h);
}

/* One thread, RUN by RUN on alternating CPUs. */
TEST(every_run_on_another_cpu)
{
	struct vcpu *v;
	unsigned int i;

	if (cpu_count() < 2)
		SKIP(return, "one CPU");
	v = vcpu_create(vm_create_gic(0, 64, 1), 0);
	vcpu_start(v, g_store);
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, pin_cpu(i & 1));
		vcpu_run(v);
		ASSERT_EQ(i, v->run->u.mmio.data);
	}
}

TEST_HARNESS_MAIN
