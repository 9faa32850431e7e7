// SPDX-License-Identifier: GPL-2.0-only
/*
 * EL2 is left as it was found, register by register: by rmmod, by an insmod that
 * fails on one CPU, by CPUs that go and come. And what was found there does not
 * matter to guests.
 *
 * Unloads armvcpu.ko, and loads it or a build of it with failures on demand
 * (drivers/armvcpu/testhook.c). At the end the plain one is loaded.
 */
#define _GNU_SOURCE
#include <sys/wait.h>

#include "kmod.h"

#define PARAM_FAIL_CPU	"/sys/module/armvcpu/parameters/fail_cpu"
#define PARAM_PLAIN_GIC	"/sys/module/armvcpu/parameters/plain_gic_cpu"
#define PARAM_PLAIN_MMU_CPU	"/sys/module/armvcpu/parameters/plain_mmu_cpu"
#define PARAM_PLAIN_MMU	"/sys/module/armvcpu/parameters/plain_mmu"

/* ---- a guest that uses all that a guest can change ------------------------------- */

static volatile u32 ticks, strays;

static void g_tick(struct guest_frame *f)
{
	u32 intid = gic_ack();

	(void)f;
	if (intid == INTID_SPURIOUS)
		return;
	if (intid == INTID_VTIMER) {
		write_sysreg(cntv_ctl_el0, 0);
		isb();
		ticks++;
	} else {
		strays++;
	}
	gic_eoi(intid);
}

static void g_work(u64 seed)
{
	u32 n = 0;
	u64 v;

	gic_dist_init();
	guest_irq_handler = g_tick;
	gic_cpu_init();
	gic_enable(INTID_VTIMER);
	for (;;) {
		u32 before = ticks;

		__asm__ volatile("dup v5.2d, %0" :: "r"(seed) : "v5");
		write_sysreg(tpidr_el0, seed);
		write_sysreg(cntv_cval_el0, guest_counter() + guest_ticks(200));
		write_sysreg(cntv_ctl_el0, 1);
		isb();
		while (ticks == before) {
			wfi();
			irq_enable();
			isb();
			irq_disable();
		}
		hvc4(PSCI_FEATURES, 0, 0, 0);
		__asm__ volatile("umov %0, v5.d[1]" : "=r"(v));
		GUEST_ASSERT_EQ(seed, v);
		GUEST_ASSERT_EQ(seed, read_sysreg(tpidr_el0));
		GUEST_ASSERT_EQ(0, strays);
		GUEST_SYNC(n++);
	}
}

static struct vcpu *worker(void)
{
	struct vcpu *v = vcpu_create(vm_create_gic(0, 64, 1), 0);

	vcpu_start_c(v, g_work, 0x0123456789abcdefULL);
	return v;
}

/* On each CPU, in two VMs in turn. */
static void run_guests(void)
{
	struct vcpu *v[2] = { worker(), worker() };
	unsigned int i, n = 0, cpu;

	for (i = 0; i < 4; i++) {
		for (cpu = 0; cpu < 2; cpu++) {
			/* it may be offline */
			if (pin_cpu(cpu))
				continue;
			ASSERT_EQ(n, vcpu_sync(v[0]));
			ASSERT_EQ(n, vcpu_sync(v[1]));
			n++;
		}
	}
	ASSERT_LE(4, n);
	for (i = 0; i < 2; i++) {
		vm_close(v[i]->vm);
		vcpu_close(v[i]);
	}
	pin_cpu(0);
}

/* ---- CPUs ------------------------------------------------------------------------- */

static void need_two_cpus(void)
{
	if (!is_online() && set_online(true))
		th_skip("CPU 1 cannot be switched off");
}

static void pm(unsigned int cpu)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", cpu);
	ASSERT_EQ(0, write_file(EL2REGS "pm", text));
}

static bool vhe(void)
{
	struct armvcpu_info info;

	kmod_must_have_armvcpu(true);
	host_info(&info);
	kmod_must_have_armvcpu(false);
	return info.mode == ARMVCPU_MODE_VHE;
}

/* ---- the log ----------------------------------------------------------------------- */

/* So many lines that armvcpu cannot enable @cpu for @err, and nothing else that is bad. */
static void expect_complaints(int log, unsigned int cpu, int err, unsigned int want)
{
	unsigned int seen = 0;
	const char *line;
	char text[64];

	snprintf(text, sizeof(text), "armvcpu: cannot enable CPU %u: error %d", cpu, err);
	while ((line = log_line(log, NULL))) {
		if (!strcmp(line, text))
			seen++;
		else if (!strncmp(line, "armvcpu: ", 9) && !strstr(line, "-bit VMID") &&
			 !strstr(line, "of guests are software: ") && !strstr(line, "taint"))
			FAIL("the kernel says: %s", line);
		else if (strstr(line, "WARNING") || strstr(line, "BUG"))
			FAIL("the kernel says: %s", line);
	}
	EXPECT_EQ(want, seen);
}

/* ---- values that nobody else would write ---------------------------------------------- */

static const struct {
	const char *name;
	u64 value;
	bool only_vhe, only_nvhe;
} junk[] = {
	{ "VTCR_EL2",		0x80000010 },
	{ "ICH_VMCR_EL2",	0xf84c000b },
	{ "ICH_HCR_EL2",	0x50000000 },	/* EOIcount: of no effect */
	{ "ICH_AP1R0_EL2",	0x00010002 },
	/* interrupts 40 and 41 are pending, group 1 */
	{ "ICH_LR0_EL2",	0x5000000000000028 },
	{ "ICH_LR1_EL2",	0x5000000000000029 },
	/* a GICv2's, in group 0; the interface and a maintenance interrupt are on */
	{ "GICH_VMCR",		0xa84c0009 },
	{ "GICH_HCR",		0x50000003 },
	{ "GICH_APR",		0x00010002 },
	{ "GICH_LR0",		0x10000028 },
	{ "GICH_LR1",		0x10000029 },
	{ "VTTBR_EL2",		0x0012345678900000, .only_vhe = true },
	{ "VPIDR_EL2",		0x5aa5, .only_vhe = true },
	{ "VMPIDR_EL2",		0x81000007, .only_vhe = true },
	{ "CNTVOFF_EL2",	0x123456789abc, .only_vhe = true },
	/* the stub has its MMU off */
	{ "TCR_EL2",		0x1234, .only_nvhe = true },
	{ "TTBR0_EL2",		0x123450000, .only_nvhe = true },
	{ "MAIR_EL2",		0x4455, .only_nvhe = true },
	{ "TPIDR_EL2",		0xdeadbeef, .only_nvhe = true },
};

static struct el2regs before, after;

static bool is_there(const char *name)
{
	unsigned int n;

	for (n = 0; n < before.nr; n++)
		if (!strcmp(before.reg[n].name, name))
			return true;
	return false;
}

static bool junk_is_for(unsigned int i, bool vhe)
{
	/* without a GICv3 those of its interface are not, without a GICv2 GICH */
	if (!is_there(junk[i].name))
		return false;
	return vhe ? !junk[i].only_nvhe : !junk[i].only_vhe;
}

static void write_junk(bool vhe)
{
	unsigned int i, cpu;

	for (i = 0; i < ARRAY_SIZE(junk); i++)
		for (cpu = 0; cpu < 2 && junk_is_for(i, vhe); cpu++)
			el2regs_write(cpu, junk[i].name, junk[i].value);
}

/* Each is as write_junk(), or a low-power state, has left it. */
static void expect_junk(const struct el2regs *r, bool vhe)
{
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(junk); i++)
		for (n = 0; n < r->nr && junk_is_for(i, vhe); n++)
			if (!strcmp(r->reg[n].name, junk[i].name) &&
			    r->reg[n].value != junk[i].value)
				th_fail(__FILE__, __LINE__, false, "CPU %u: %s is %llx",
					r->reg[n].cpu, junk[i].name,
					(unsigned long long)r->reg[n].value);
}

static void write_back(const struct el2regs *r)
{
	unsigned int i, n;

	for (n = 0; n < r->nr; n++)
		for (i = 0; i < ARRAY_SIZE(junk); i++)
			if (!strcmp(r->reg[n].name, junk[i].name))
				el2regs_write(r->reg[n].cpu, junk[i].name, r->reg[n].value);
}

/* ---- cases ------------------------------------------------------------------------------ */

static void begin(void)
{
	need_two_cpus();
	kmod_must_have_armvcpu(false);
	el2regs_load();
	el2regs_read(&before);
}

static void end(void)
{
	ASSERT_EQ(0, kmod_unload("armvcpu"));
	el2regs_read(&after);
	el2regs_expect(&before, &after);
}

TEST(rmmod_puts_back_what_insmod_found)
{
	unsigned int i;

	begin();
	for (i = 0; i < 3; i++) {
		kmod_must_have_armvcpu(true);
		end();
	}
}

TEST(rmmod_puts_back_after_guests)
{
	begin();
	kmod_must_have_armvcpu(true);
	run_guests();
	end();
}

/* Not the values of a kernel that is just booted, but whatever they are. */
TEST(rmmod_puts_back_any_value)
{
	static struct el2regs first;
	bool is_vhe = vhe();

	begin();
	first = before;
	write_junk(is_vhe);
	el2regs_read(&before);
	expect_junk(&before, is_vhe);
	kmod_must_have_armvcpu(true);
	/* A pending interrupt in a list register is nobody's: strays are counted. */
	run_guests();
	end();
	write_back(&first);
}

TEST(rmmod_puts_back_after_a_cpu_was_off)
{
	begin();
	kmod_must_have_armvcpu(true);
	run_guests();
	ASSERT_EQ(0, set_online(false));
	run_guests();
	ASSERT_EQ(0, set_online(true));
	run_guests();
	end();
}

TEST(rmmod_while_a_cpu_is_off)
{
	begin();
	kmod_must_have_armvcpu(true);
	run_guests();
	ASSERT_EQ(0, set_online(false));
	ASSERT_EQ(0, kmod_unload("armvcpu"));
	ASSERT_EQ(0, set_online(true));
	el2regs_read(&after);
	el2regs_expect(&before, &after);
}

TEST(insmod_while_a_cpu_is_off)
{
	begin();
	ASSERT_EQ(0, set_online(false));
	kmod_must_have_armvcpu(true);
	run_guests();
	ASSERT_EQ(0, set_online(true));
	run_guests();
	end();
}

/* ---- enabling fails ------------------------------------------------------------------------ */

static void load_test_module(const char *params, int want)
{
	if (access(KMOD_ARMVCPU_TEST, R_OK))
		th_skip("needs %s", KMOD_ARMVCPU_TEST);
	ASSERT_EQ(want, kmod_load(KMOD_ARMVCPU_TEST, params));
}

TEST(insmod_that_fails_on_one_cpu)
{
	char params[16];
	unsigned int i;
	int log;

	begin();
	for (i = 0; i < 4; i++) {
		log = log_open();
		snprintf(params, sizeof(params), "fail_cpu=%u", i & 1);
		load_test_module(params, -EREMOTEIO);
		expect_complaints(log, i & 1, -EREMOTEIO, 1);
		close(log);
		EXPECT_EQ(-1, access(DEVICE, F_OK));
		EXPECT_EQ(-1, access("/sys/module/armvcpu", F_OK));
		el2regs_read(&after);
		el2regs_expect(&before, &after);
	}
	/* and the next one finds all that it needs */
	kmod_must_have_armvcpu(true);
	run_guests();
	end();
}

/* As a kernel that died under guests leaves it. Nothing masks its interrupt then. */
TEST(a_virtual_timer_that_was_left_on)
{
	unsigned int cpu;

	begin();
	for (cpu = 0; cpu < 2; cpu++)
		ASSERT_EQ(0, write_file(EL2REGS "vtimer", cpu ? "1" : "0"));
	load_test_module("no_gic=1", 0);
	run_guests();
	end();
}

static void *run_once(void *v)
{
	return (void *)(long)vcpu_run_raw(v);
}

/* A vCPU that may run on CPU 1 only is told, once it has waited for a while. */
static void expect_no_guest_on_cpu1(void)
{
	struct vcpu *v = worker();

	ASSERT_EQ(0, pin_cpu(1));
	vcpu_thread(v, run_once);
	EXPECT_EQ(0L, (long)vcpu_join(v));
	EXPECT_EXIT(v, ARMVCPU_EXIT_FAIL_ENTRY);
	EXPECT_EQ(ARMVCPU_FAIL_CPU, v->run->u.fail_entry.reason);
	EXPECT_EQ(1, v->run->u.fail_entry.cpu);
	/* elsewhere it runs */
	ASSERT_EQ(0, pin_cpu(0));
	EXPECT_EQ(0ULL, vcpu_sync(v));
	vm_close(v->vm);
	vcpu_close(v);
}

TEST_TIMEOUT(a_cpu_that_cannot_be_enabled_when_it_comes_online, 60)
{
	int log;

	begin();
	load_test_module("", 0);
	run_guests();
	log = log_open();
	ASSERT_EQ(0, set_online(false));
	ASSERT_EQ(0, write_file(PARAM_FAIL_CPU, "1"));
	ASSERT_EQ(0, set_online(true));
	/* It is the host's. */
	EXPECT_TRUE(is_online());
	expect_no_guest_on_cpu1();
	expect_complaints(log, 1, -EREMOTEIO, 1);
	/* and comes back to guests as it came back to the host */
	ASSERT_EQ(0, write_file(PARAM_FAIL_CPU, "-1"));
	ASSERT_EQ(0, set_online(false));
	ASSERT_EQ(0, set_online(true));
	run_guests();
	expect_complaints(log, 1, -EREMOTEIO, 0);
	end();
}

TEST_TIMEOUT(a_cpu_that_cannot_be_enabled_after_a_low_power_state, 60)
{
	int log;

	begin();
	load_test_module("", 0);
	run_guests();
	log = log_open();
	ASSERT_EQ(0, write_file(PARAM_FAIL_CPU, "1"));
	pm(1);
	pm(0);
	expect_no_guest_on_cpu1();
	expect_complaints(log, 1, -EREMOTEIO, 1);
	ASSERT_EQ(0, write_file(PARAM_FAIL_CPU, "-1"));
	pm(1);
	ASSERT_EQ(0, set_online(false));
	ASSERT_EQ(0, set_online(true));
	run_guests();
	expect_complaints(log, 1, -EREMOTEIO, 0);
	end();
}

/* ---- CPUs with different GICs --------------------------------------------------------------- */

#define NESTED		6
#define NESTED_SPI	40

/* More active at a time than there are list registers; @split: EOI does not deactivate. */
static void g_nest(u64 split)
{
	u32 i, spi;

	gic_dist_init();
	gic_cpu_init();
	gic_eoi_mode(split);
	for (i = 0; i < NESTED; i++) {
		spi = NESTED_SPI + i;
		gic_edge(spi, true);
		gic_priority(spi, 0xa0 - 8 * i);
		gic_enable(spi);
		gic_bit(GICD_ISPENDR, spi, true);
		GUEST_ASSERT(irq_wait());
		GUEST_ASSERT_EQ(spi, gic_ack());
	}
	for (i = NESTED; i-- > 0; )
		gic_eoi(NESTED_SPI + i);
	for (i = 0; split && i < NESTED; i++) {
		GUEST_ASSERT(gic_test(GICD_ISACTIVER, NESTED_SPI + i));
		gic_dir(NESTED_SPI + i);
	}
	for (i = 0; i < NESTED; i++)
		GUEST_ASSERT(!gic_test(GICD_ISACTIVER, NESTED_SPI + i));
	GUEST_ASSERT_EQ(0xff, gic_running());
}

/* What vCPU 0 has acknowledged vCPU 1 deactivates, which has not left the guest for long. */
static volatile u32 phase;

static void g_foreign_dir(u64 arg)
{
	(void)arg;
	if (guest_cpu() == 1) {
		GUEST_WAIT(phase == 1);
		gic_cpu_init();
		gic_eoi_mode(true);
		phase = 2;
		GUEST_WAIT(phase == 3);
		gic_dir(NESTED_SPI);
		phase = 4;
		return;
	}
	gic_dist_init();
	gic_cpu_init();
	gic_eoi_mode(true);
	phase = 1;
	GUEST_WAIT(phase == 2);
	gic_edge(NESTED_SPI, true);
	gic_enable(NESTED_SPI);
	gic_bit(GICD_ISPENDR, NESTED_SPI, true);
	GUEST_ASSERT(irq_wait());
	GUEST_ASSERT_EQ(NESTED_SPI, gic_ack());
	gic_eoi(NESTED_SPI);
	GUEST_ASSERT(gic_test(GICD_ISACTIVER, NESTED_SPI));
	phase = 3;
	GUEST_WAIT(phase == 4);
	GUEST_ASSERT(!gic_test(GICD_ISACTIVER, NESTED_SPI));
}

static void run_foreign_dir(void)
{
	struct vm *vm = vm_create_gic(0, 64, 2);
	struct vcpu *v[2] = { vcpu_create(vm, 0), vcpu_create(vm, 1) };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		vcpu_start_c(v[i], g_foreign_dir, 0);
		vcpu_thread(v[i], NULL);
	}
	for (i = 0; i < 2; i++)
		vcpu_join(v[i]);
	vm_close(vm);
	for (i = 0; i < 2; i++)
		vcpu_close(v[i]);
}

static void run_nest(unsigned int cpu)
{
	struct vcpu *v;
	u64 split;

	ASSERT_EQ(0, pin_cpu(cpu));
	for (split = 0; split < 2; split++) {
		v = vcpu_create(vm_create_gic(0, 64, 1), 0);
		vcpu_start_c(v, g_nest, split);
		vcpu_finish(v);
		vm_close(v->vm);
		vcpu_close(v);
	}
	pin_cpu(0);
}

static unsigned int list_registers(void)
{
	struct armvcpu_info info;

	host_info(&info);
	return info.list_registers;
}

static void begin_with_list_registers(void)
{
	kmod_must_have_armvcpu(true);
	need_list_registers();
	begin();
}

/* Guests get what all of the CPUs have, whichever was the first. */
TEST_TIMEOUT(a_cpu_with_less_of_a_gic, 60)
{
	char params[24];
	unsigned int cpu;
	int log;

	begin_with_list_registers();
	for (cpu = 0; cpu < 2; cpu++) {
		log = log_open();
		snprintf(params, sizeof(params), "plain_gic_cpu=%u", cpu);
		load_test_module(params, 0);
		EXPECT_EQ(2U, list_registers());
		run_nest(0);
		run_nest(1);
		run_foreign_dir();
		run_guests();
		/* one that has more comes */
		ASSERT_EQ(0, write_file(PARAM_PLAIN_GIC, "-1"));
		ASSERT_EQ(0, set_online(false));
		ASSERT_EQ(0, set_online(true));
		EXPECT_EQ(2U, list_registers());
		run_nest(1);
		run_guests();
		expect_complaints(log, 1, -ENODEV, 0);
		close(log);
		end();
	}
}

TEST_TIMEOUT(a_cpu_with_less_of_a_gic_comes_online, 60)
{
	unsigned int nr;
	int log;

	begin_with_list_registers();
	load_test_module("", 0);
	nr = list_registers();
	EXPECT_LT(2U, nr);
	run_guests();
	log = log_open();
	ASSERT_EQ(0, set_online(false));
	ASSERT_EQ(0, write_file(PARAM_PLAIN_GIC, "1"));
	ASSERT_EQ(0, set_online(true));
	EXPECT_TRUE(is_online());
	expect_no_guest_on_cpu1();
	expect_complaints(log, 1, -ENODEV, 1);
	EXPECT_EQ(nr, list_registers());
	ASSERT_EQ(0, write_file(PARAM_PLAIN_GIC, "-1"));
	ASSERT_EQ(0, set_online(false));
	ASSERT_EQ(0, set_online(true));
	run_guests();
	run_nest(1);
	expect_complaints(log, 1, -ENODEV, 0);
	close(log);
	end();
}

/* VMs have been promised what all of them had at load. */
TEST_TIMEOUT(a_cpu_with_less_of_an_mmu_comes_online, 60)
{
	static const char *const plain[] = {
		[1] = "1",	/* physical addresses */
		[2] = "2",	/* VMIDs */
		[3] = "3",	/* stage 2 with pages of this size */
	};
	struct armvcpu_info info;
	unsigned int what;
	int log;

	kmod_must_have_armvcpu(true);
	begin();
	load_test_module("", 0);
	host_info(&info);
	EXPECT_LT(32U, info.ipa_bits);
	run_guests();
	for (what = 1; what < ARRAY_SIZE(plain); what++) {
		log = log_open();
		ASSERT_EQ(0, set_online(false));
		ASSERT_EQ(0, write_file(PARAM_PLAIN_MMU, plain[what]));
		ASSERT_EQ(0, write_file(PARAM_PLAIN_MMU_CPU, "1"));
		ASSERT_EQ(0, set_online(true));
		EXPECT_TRUE(is_online());
		if (what == 2 && info.vmid_bits == 8) {
			/* that is no less */
			run_guests();
			expect_complaints(log, 1, -ENODEV, 0);
		} else {
			expect_no_guest_on_cpu1();
			expect_complaints(log, 1, -ENODEV, 1);
		}
		ASSERT_EQ(0, write_file(PARAM_PLAIN_MMU_CPU, "-1"));
		ASSERT_EQ(0, set_online(false));
		ASSERT_EQ(0, set_online(true));
		run_guests();
		expect_complaints(log, 1, -ENODEV, 0);
		close(log);
	}
	end();
}

/* ---- somebody at EL1 calls EL2 ------------------------------------------------------------- */

static u64 call(unsigned int cpu, u64 x0, u64 x1)
{
	char line[80];

	snprintf(line, sizeof(line), "%u %llx %llx", cpu, (unsigned long long)x0,
		 (unsigned long long)x1);
	ASSERT_EQ(0, write_file(EL2REGS "hvc", line));
	ASSERT_LT(0, read_file(EL2REGS "hvc", line, sizeof(line)));
	return strtoull(line, NULL, 16);
}

TEST(a_call_that_nobody_knows)
{
	static const u64 unknown[] = { 4, 0xff, 0x107, 0xdead, ~0ULL, 1ULL << 32 };
	unsigned int i, round;

	if (vhe())
		SKIP(return, "the kernel is at EL2");
	begin();
	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(unknown); i++)
			EXPECT_EQ(0xbadca11ULL, call(i & 1, unknown[i], 0));
		if (!round) {
			kmod_must_have_armvcpu(true);
			run_guests();
		}
	}
	run_guests();
	end();
}

/* CPU 1 is the host's, and guests' again once it was off. */
static void expect_taken_away(u64 x0, u64 x1)
{
	struct vcpu *v;

	run_guests();
	EXPECT_EQ(0ULL, call(1, x0, x1));
	v = worker();
	ASSERT_EQ(0, pin_cpu(1));
	EXPECT_EQ(0, vcpu_run_raw(v));
	EXPECT_EXIT(v, ARMVCPU_EXIT_FAIL_ENTRY);
	EXPECT_EQ(ARMVCPU_FAIL_CPU, v->run->u.fail_entry.reason);
	vm_close(v->vm);
	vcpu_close(v);
	pin_cpu(0);
	ASSERT_EQ(0, set_online(false));
	ASSERT_EQ(0, set_online(true));
}

static u64 value_of(const struct el2regs *r, unsigned int cpu, const char *name)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		if (r->reg[i].cpu == cpu && !strcmp(r->reg[i].name, name))
			return r->reg[i].value;
	FAIL("CPU %u has no %s", cpu, name);
}

/*
 * HVC_RESET_VECTORS, HVC_SET_VECTORS: whoever has a right to EL2 gets it, armvcpu loses
 * it. (HVC_SOFT_RESTART is kexec's.)
 */
TEST_TIMEOUT(el2_taken_away_by_the_kernels_own_call, 60)
{
	if (vhe())
		SKIP(return, "the kernel is at EL2");
	begin();
	kmod_must_have_armvcpu(true);
	/* HVC_FINALISE_EL2 takes nothing */
	EXPECT_EQ(0ULL, call(1, 3, 0));
	expect_taken_away(2, 0);
	/* the stub's own vectors again */
	expect_taken_away(0, value_of(&before, 1, "VBAR_EL2"));
	run_guests();
	end();
}

/* ---- low-power states ------------------------------------------------------------------------ */

/* EL2 comes back with other contents: what matters is taken again, and is put back. */
TEST(a_low_power_state_loses_what_is_at_el2)
{
	static struct el2regs first;
	bool is_vhe = vhe();
	unsigned int i, cpu;

	begin();
	/* el2regs is told of low-power states after armvcpu. */
	ASSERT_EQ(0, kmod_unload("el2regs"));
	first = before;
	kmod_must_have_armvcpu(true);
	el2regs_load();
	run_guests();
	ASSERT_EQ(0, write_file(EL2REGS "lost", "1"));
	for (i = 0; i < 3; i++) {
		for (cpu = 0; cpu < 2; cpu++)
			pm(cpu);
		run_guests();
	}
	ASSERT_EQ(0, write_file(EL2REGS "lost", "0"));
	ASSERT_EQ(0, kmod_unload("armvcpu"));
	/* As the last of these states left it. */
	el2regs_read(&after);
	expect_junk(&after, is_vhe);
	write_back(&first);
}

/* What was given back for a state that the CPU does not enter after all is taken again. */
TEST(a_low_power_state_that_is_refused)
{
	unsigned int cpu;

	begin();
	ASSERT_EQ(0, kmod_unload("el2regs"));
	kmod_must_have_armvcpu(true);
	/* The one who refuses is asked after armvcpu. */
	el2regs_load();
	run_guests();
	ASSERT_EQ(0, write_file(EL2REGS "lost", "2"));
	for (cpu = 0; cpu < 2; cpu++)
		EXPECT_EQ(-EPERM, write_file(EL2REGS "pm", cpu ? "1" : "0"));
	run_guests();
	ASSERT_EQ(0, write_file(EL2REGS "lost", "0"));
	end();
}

static volatile u64 rounds[2];
static volatile bool done;

static void *work_on(void *arg)
{
	struct vcpu *v = arg;
	volatile u64 *n = v->arg;

	while (!done) {
		int ret = vcpu_run_raw(v);

		/* The kernel ends RUN when it freezes its processes. */
		if (ret == -EINTR)
			continue;
		ASSERT_EQ(0, ret);
		if (v->run->exit_reason == ARMVCPU_EXIT_MMIO && v->run->u.mmio.ipa == PORT_SYNC)
			++*n;
		else if (!vcpu_message(v))
			vcpu_unexpected(v);
	}
	return NULL;
}

/* All of the kernel's way to hibernation but the image: every CPU off or asleep. */
TEST_TIMEOUT(hibernation_under_guests, 60)
{
	struct vcpu *v[2];
	unsigned int i;
	char buf[64];

	begin();
	if (read_file("/sys/power/state", buf, sizeof(buf)) <= 0 || !strstr(buf, "disk") ||
	    write_file("/sys/power/pm_test", "core"))
		SKIP(return, "the kernel cannot hibernate, or not test it");
	kmod_must_have_armvcpu(true);
	for (i = 0; i < 2; i++) {
		v[i] = worker();
		v[i]->arg = (void *)&rounds[i];
		vcpu_thread(v[i], work_on);
	}
	for (i = 0; i < 2; i++)
		ASSERT_TRUE(WAIT_FOR(rounds[i] > 3));
	EXPECT_EQ(0, write_file("/sys/power/state", "disk"));
	write_file("/sys/power/pm_test", "none");
	for (i = 0; i < 2; i++) {
		u64 before = rounds[i];

		EXPECT_TRUE(WAIT_FOR(rounds[i] > before + 3));
	}
	done = true;
	for (i = 0; i < 2; i++) {
		vcpu_join(v[i]);
		vm_close(v[i]->vm);
		vcpu_close(v[i]);
	}
	run_guests();
	end();
}

int main(int argc, char **argv)
{
	int ret = th_main(argc, argv);

	if (!geteuid() && !access(kmod_armvcpu(), R_OK)) {
		set_online(true);
		kmod_unload("armvcpu");
		kmod_unload("el2regs");
		kmod_load(kmod_armvcpu(), "");
	}
	return ret;
}
