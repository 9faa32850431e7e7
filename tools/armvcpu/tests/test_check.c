// SPDX-License-Identifier: GPL-2.0-only
/* armvcpu-check, on directories that look like hosts. */
#include "test.h"

#include <sys/stat.h>

#include "check.h"
#include "files.h"
#include "openat2.h"
#include "scratch.h"

static struct scratch_dir dir;
static char root[64];
static struct facts facts;
static struct verdict verdict;

/* ---- making hosts -------------------------------------------------------------- */

static void put(const char *path, const void *data, size_t size)
{
	char name[512], *slash;
	FILE *file;

	snprintf(name, sizeof(name), "%s%s", root, path);
	for (slash = strchr(name + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(name, 0755);
		*slash = '/';
	}
	file = fopen(name, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static void drop(const char *path)
{
	char name[512];

	snprintf(name, sizeof(name), "%s%s", root, path);
	assert_int_equal(remove(name), 0);
}

#define DT	"/sys/firmware/devicetree/base"

/* An "interrupts" property: type, number, flags of each PPI, big endian. */
static void put_ppis(const char *path, const uint8_t *intids, size_t n)
{
	uint8_t cells[4 * 12] = { 0 };
	size_t i;

	assert_true(n * 12 <= sizeof(cells));
	for (i = 0; i < n; i++) {
		cells[i * 12 + 3] = 1;
		cells[i * 12 + 7] = intids[i] - 16;
		cells[i * 12 + 11] = 4;
	}
	put(path, cells, n * 12);
}

static void put_interrupts(const char *chip, unsigned int timer, const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "           CPU0       CPU1\n"
		 " 11:       1069        887     %s  %u Level     arch_timer\n"
		 " 14:          0          0     %s  33 Level     uart-pl011\n"
		 "%s"
		 "IPI0:        21         30       Rescheduling interrupts\n"
		 "Err:          0\n", chip, timer, chip, more);
	put_text("/proc/interrupts", text);
}

#define KVM_LINE	" 12:          0          0     GICv3  27 Level     kvm guest vtimer\n"

/* A usable host with a device tree; the tests break it. */
static void put_host(void)
{
	static const uint8_t timer[] = { 29, 30, 27, 26 };
	static const uint8_t maintenance[] = { 25 };
	static const uint8_t three[] = { 0, 0, 0, 3 };

	put_text("/proc/sys/kernel/arch", "aarch64\n");
	put_text("/proc/sys/kernel/osrelease", "6.1.0-56-arm64\n");
	put_text("/proc/sys/kernel/modules_disabled", "0\n");
	put_text("/proc/modules", "");
	put_text("/proc/kallsyms", "0000000000000000 T __mmu_notifier_register\n");
	put_text("/proc/misc", "125 cpu_dma_latency\n");
	put_text("/proc/cmdline", "console=ttyAMA0 kvm-arm.mode=none quiet\n");
	put_text("/sys/module/module/parameters/sig_enforce", "N\n");
	put_text("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	put_text("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1",
		 "0x00000000414fd0c1\n");
	put_interrupts("GICv3", 26, "");
	put(DT "/compatible", "linux,dummy-virt", 17);
	put(DT "/timer/compatible", "arm,armv8-timer\0arm,armv7-timer", 32);
	put_ppis(DT "/timer/interrupts", timer, sizeof(timer));
	put(DT "/soc/intc@8000000/compatible", "arm,gic-v3", 11);
	put(DT "/soc/intc@8000000/#interrupt-cells", three, sizeof(three));
	put_ppis(DT "/soc/intc@8000000/interrupts", maintenance, sizeof(maintenance));
	put(DT "/psci/method", "smc", 4);
}

static int make_dir(void **state)
{
	(void)state;
	if (scratch_dir(&dir))
		return -1;
	snprintf(root, sizeof(root), "%s/host", dir.path);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return mkdir(root, 0755);
}

static int teardown(void **state)
{
	(void)state;
	return scratch_remove(root);
}

/* ---- looking at them ------------------------------------------------------------ */

static enum status look(void)
{
	facts_read(&facts, root);
	judge(&verdict, &facts);
	return verdict.status;
}

static const struct finding *finding(const char *name)
{
	unsigned int i;

	for (i = 0; i < verdict.nr; i++)
		if (!strcmp(verdict.findings[i].name, name))
			return &verdict.findings[i];
	return NULL;
}

static unsigned int nr_not_ok(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < verdict.nr; i++)
		n += verdict.findings[i].status != STATUS_OK;
	return n;
}

/* This finding, and no other, keeps armvcpu from working, with these words. */
static void assert_only(const char *name, enum status status, const char *text, const char *advice)
{
	const struct finding *f;

	assert_int_equal(look(), status);
	f = finding(name);
	assert_non_null(f);
	assert_int_equal(f->status, status);
	assert_int_equal(nr_not_ok(), 1);
	if (!strstr(f->text, text) || !strstr(f->advice, advice))
		fail_msg("%s: '%s' -> '%s'", name, f->text, f->advice);
}

/* It works, and this finding has something to say. */
static void assert_ok(const char *name, const char *text, const char *advice)
{
	assert_int_equal(look(), STATUS_OK);
	assert_non_null(finding(name));
	assert_non_null(strstr(finding(name)->text, text));
	assert_non_null(strstr(finding(name)->advice, advice));
}

/* ---- tests ----------------------------------------------------------------------- */

static void vhe_host_works(void **state)
{
	(void)state;
	put_host();
	assert_int_equal(look(), STATUS_OK);
	assert_int_equal(nr_not_ok(), 0);
	assert_string_equal(verdict.mode, "VHE");
	assert_string_equal(verdict.gic, "GICv3");
	assert_string_equal(verdict.layer, "GICv3");
}

static void nvhe_host_works(void **state)
{
	(void)state;
	put_host();
	put_interrupts("GICv3", 30, "");
	assert_int_equal(look(), STATUS_OK);
	assert_string_equal(verdict.mode, "nVHE");
}

static void armvcpu_has_the_timer(void **state)
{
	(void)state;
	put_host();
	put_text("/sys/module/armvcpu/refcnt", "0\n");
	put_text("/dev/armvcpu", "");
	put_interrupts("GICv3", 26,
		       " 12:          0          0     GICv3  27 Level     armvcpu vtimer\n"
		       " 13:          0          0     GICv3  25 Level     armvcpu maintenance\n");
	assert_ok("module", "is loaded", "");
	assert_true(facts.loaded);
	put_text("/sys/module/armvcpu/parameters/soft_gic", "N\n");
	assert_ok("gic", "GICv3 with its virtualization part", "");
	put_text("/sys/module/armvcpu/parameters/soft_gic", "Y\n");
	assert_ok("gic", "loaded with soft_gic=1: interrupt controllers of guests are software",
		  "without soft_gic=1");
	put_text("/sys/module/armvcpu/parameters/soft_gic", "N\n");
	put_interrupts("GICv3", 26,
		       " 12:          0          0     GICv3  27 Level     armvcpu vtimer\n");
	assert_ok("gic", "(dmesg says why): interrupt controllers of guests are software", "");
	assert_string_equal(finding("gic")->advice, "");
	drop("/dev/armvcpu");
	assert_ok("module", "no /dev/armvcpu", "--device");
}

static void entered_at_el1(void **state)
{
	(void)state;
	put_host();
	put_interrupts("GICv3", 27, "");
	assert_only("el2", STATUS_BAD, "entered at EL1", "boot loader");
	/* Hidden with EL2; no second complaint. */
	drop(DT "/soc/intc@8000000/interrupts");
	assert_only("el2", STATUS_BAD, "entered at EL1", "boot loader");
	put(DT "/psci/method", "hvc", 4);
	assert_only("el2", STATUS_BAD, "answers at EL2", "nested virtualization");
	put_text("/sys/class/dmi/id/sys_vendor", "QEMU\n");
	put_text("/sys/class/dmi/id/product_name", "KVM Virtual Machine\n");
	assert_only("el2", STATUS_BAD, "somebody else: QEMU KVM", "nested virtualization");
	put(DT "/hypervisor/compatible", "xen,xen-4.17\0xen,xen", 21);
	assert_only("el2", STATUS_BAD, "somebody else: xen,xen-4.17", "nested virtualization");
	assert_null(verdict.mode);
}

static void log_tells_without_timer(void **state)
{
	(void)state;
	put_host();
	put_text("/proc/interrupts", " 14:  0  0  GICv3  33 Level  uart-pl011\n");
	assert_only("el2", STATUS_UNKNOWN, "cannot see", "");
	put_text("/dev/kmsg", "6,1,0,-;Booting Linux on physical CPU 0x0\n"
		 "6,2,0,-;CPU: All CPU(s) started at EL2\n");
	assert_int_equal(look(), STATUS_OK);
	assert_string_equal(verdict.mode, "nVHE");
	put_text("/dev/kmsg", "6,1,0,-;CPU features: detected: Virtualization Host Extensions\n"
		 "6,2,0,-;CPU: All CPU(s) started at EL2\n");
	assert_int_equal(look(), STATUS_OK);
	assert_string_equal(verdict.mode, "VHE");
	put_text("/dev/kmsg", "6,2,0,-;CPU: All CPU(s) started at EL1\n");
	assert_only("el2", STATUS_BAD, "entered at EL1", "EL2");
	put_text("/dev/kmsg", "4,2,0,-;CPU: CPUs started in inconsistent modes\n");
	assert_only("el2", STATUS_BAD, "different", "firmware");
	/* A log that has lost its beginning does not tell VHE from nVHE. */
	put_text("/dev/kmsg", "6,2,0,-;CPU: All CPU(s) started at EL2\n");
	assert_only("el2", STATUS_UNKNOWN, "cannot see", "");
}

static void other_timer_numbers(void **state)
{
	static const uint8_t timer[] = { 20, 21, 22 };

	(void)state;
	put_host();
	/* Names count, not places. */
	put_ppis(DT "/timer/interrupts", timer, sizeof(timer));
	put(DT "/timer/interrupt-names", "virt\0phys\0hyp-phys", 19);
	put_interrupts("GICv3", 22, "");
	assert_int_equal(look(), STATUS_OK);
	assert_string_equal(verdict.mode, "VHE");
	put_interrupts("GICv3", 21, "");
	assert_int_equal(look(), STATUS_OK);
	assert_string_equal(verdict.mode, "nVHE");
	put_interrupts("GICv3", 20, "");
	assert_only("el2", STATUS_BAD, "EL1", "EL2");
	/* A place is none where there are names. */
	put(DT "/timer/interrupt-names", "none\0phys\0hyp-phys", 19);
	put_interrupts("GICv3", 22, "");
	assert_only("timer", STATUS_BAD, "does not name the virtual timer", "firmware");
	/* Cut short: the fourth is not there. */
	drop(DT "/timer/interrupt-names");
	put_interrupts("GICv3", 26, "");
	assert_only("el2", STATUS_UNKNOWN, "cannot see", "");
}

static void no_virtual_timer(void **state)
{
	static const uint8_t timer[] = { 29, 30 };

	(void)state;
	put_host();
	put_interrupts("GICv3", 30, "");
	put_ppis(DT "/timer/interrupts", timer, sizeof(timer));
	assert_only("timer", STATUS_BAD, "does not name the virtual timer", "firmware");
}

static void kvm_alive(void **state)
{
	(void)state;
	put_host();
	put_text("/proc/cmdline", "quiet\n");
	put_interrupts("GICv3", 26, KVM_LINE);
	assert_only("kvm", STATUS_BAD, "KVM is alive", "add 'kvm-arm.mode=none'");
	put_interrupts("GICv3", 30, KVM_LINE);
	assert_only("kvm", STATUS_BAD, "KVM is alive", "add 'kvm-arm.mode=none'");
	put_text("/proc/cmdline", "kvm-arm.mode=none kvm-arm.mode=protected\n");
	assert_only("kvm", STATUS_BAD, "KVM is alive", "instead of 'kvm-arm.mode=protected'");
}

static void kvm_without_interrupts(void **state)
{
	(void)state;
	put_host();
	put_interrupts("GICv3", 26, "");
	put_text("/dev/kvm", "");
	/* A node that nobody serves. */
	assert_int_equal(look(), STATUS_OK);
	put_text("/proc/misc", "125 cpu_dma_latency\n232 kvm\n");
	assert_only("kvm", STATUS_BAD, "KVM is alive", "kvm-arm.mode=none");
}

static void timer_taken(void **state)
{
	(void)state;
	put_host();
	put_interrupts("GICv3", 26,
		       " 12:          0          0     GICv3  27 Level     somebody\n");
	assert_only("timer", STATUS_BAD, "taken by 'somebody'", "unload");
	/* The same number at another controller is another interrupt. */
	put_interrupts("GICv3", 26,
		       " 12:          0          0     gpio-mux  27 Level     button\n");
	assert_int_equal(look(), STATUS_OK);
}

/* It works, this stands behind guests' interrupt controllers, and that is said of it. */
static void assert_layer(const char *gic, const char *layer, const char *text,
			 const char *advice)
{
	assert_ok("gic", text, advice);
	if (gic)
		assert_string_equal(verdict.gic, gic);
	else
		assert_null(verdict.gic);
	if (layer)
		assert_string_equal(verdict.layer, layer);
	else
		assert_null(verdict.layer);
}

static void gic_kinds(void **state)
{
	(void)state;
	put_host();
	assert_layer("GICv3", "GICv3", "with its virtualization part", "");
	put_interrupts("AIC2", 26, "");
	assert_layer("none", "software", "no GIC: interrupt controllers of guests are software", "");
	put_interrupts("GICv3", 26, "");
	drop(DT "/soc/intc@8000000/interrupts");
	assert_layer("GICv3", "software", "no maintenance interrupt", "firmware");
	drop(DT "/soc/intc@8000000/compatible");
	assert_layer("GICv3", NULL, "cannot see", "");
	put_text("/proc/interrupts", " 14:  0  0  GICv3  33 Level  uart-pl011\n");
	look();
	assert_null(verdict.gic);
	assert_non_null(strstr(finding("gic")->text, "cannot see which"));
	assert_int_equal(finding("gic")->status, STATUS_OK);
}

/* The node of a GICv2 whose parent has cells of these numbers. */
static void put_gicv2(unsigned int addr_cells, unsigned int size_cells,
		      const uint64_t (*frames)[2], size_t nr)
{
	uint8_t cells[4] = { 0 }, reg[4 * 16];
	size_t n = 0, i, k;

	put_interrupts("GICv2", 26, "");
	put(DT "/soc/intc@8000000/compatible", "arm,gic-400", 12);
	cells[3] = addr_cells;
	put(DT "/soc/#address-cells", cells, sizeof(cells));
	cells[3] = size_cells;
	put(DT "/soc/#size-cells", cells, sizeof(cells));
	for (i = 0; i < nr; i++) {
		for (k = 8 * addr_cells / 2; k-- > 0; )
			reg[n++] = frames[i][0] >> 8 * k;
		for (k = 8 * size_cells / 2; k-- > 0; )
			reg[n++] = frames[i][1] >> 8 * k;
	}
	put(DT "/soc/intc@8000000/reg", reg, n);
}

static void put_page_size(uint64_t size)
{
	const uint64_t auxv[] = { 16, 0xff, 6, size, 0, 0 };

	put("/proc/self/auxv", auxv, sizeof(auxv));
}

static void gicv2_layers(void **state)
{
	/* Raspberry Pi 4's, behind its bus; frames for 64 KiB; one that is too small */
	static const uint64_t pi[][2] = {
		{ 0x40041000, 0x1000 }, { 0x40042000, 0x2000 },
		{ 0x40044000, 0x2000 }, { 0x40046000, 0x2000 },
	};
	static const uint64_t large[][2] = {
		{ 0x8000000, 0x10000 }, { 0x8010000, 0x10000 },
		{ 0x8030000, 0x10000 }, { 0x1008040000, 0x10000 },
	};
	static const uint64_t small[][2] = {
		{ 0x1000, 0x1000 }, { 0x2000, 0x1000 }, { 0x4000, 0x1000 }, { 0x6000, 0x1000 },
	};
	/* X-Gene's: both halves of GICV over and over */
	static const uint64_t repeated[][2] = {
		{ 0x78010000, 0x1000 }, { 0x78020000, 0x20000 },
		{ 0x78040000, 0x10000 }, { 0x78060000, 0x20000 },
	};
	static const uint64_t odd[][2] = {
		{ 0x1000, 0x1000 }, { 0x2000, 0x2000 }, { 0x4000, 0x2000 }, { 0x6800, 0x2000 },
	};

	(void)state;
	put_host();
	put_gicv2(1, 1, pi, 4);
	assert_layer("GICv2", "GICv2", "GICv2 with its virtualization part", "");
	put_page_size(65536);
	assert_layer("GICv2", "software", "does not begin and end with a page",
		     "a kernel that has pages of 4 KiB");
	put_gicv2(2, 2, large, 4);
	assert_layer("GICv2", "GICv2", "with its virtualization part", "");
	put_gicv2(2, 1, large, 4);
	assert_layer("GICv2", "GICv2", "with its virtualization part", "");
	put_gicv2(2, 2, repeated, 4);
	assert_layer("GICv2", "software", "no page of this size",
		     "a kernel that has pages of 4 KiB");
	put_page_size(16384);
	assert_layer("GICv2", "software", "no page of this size",
		     "a kernel that has pages of 4 KiB");
	put_gicv2(2, 2, large, 4);
	assert_layer("GICv2", "GICv2", "with its virtualization part", "");
	put_page_size(4096);
	put_gicv2(2, 2, repeated, 4);
	assert_layer("GICv2", "GICv2", "with its virtualization part", "");
	put_gicv2(2, 2, large, 3);
	assert_layer("GICv2", "software", "(GICV)", "device tree");
	put_gicv2(2, 2, large, 2);
	assert_layer("GICv2", "software", "(GICH)", "device tree");
	put_gicv2(1, 1, small, 4);
	assert_layer("GICv2", "software", "(GICV)", "device tree");
	put_gicv2(1, 1, odd, 4);
	assert_layer("GICv2", "software", "does not begin and end with a page", "");
	put_gicv2(2, 2, large, 4);
	drop(DT "/soc/intc@8000000/interrupts");
	assert_layer("GICv2", "software", "no maintenance interrupt", "device tree");
	put_interrupts("GIC-0", 26, "");
	assert_layer("GICv2", "software", "no maintenance interrupt", "device tree");
	/* at EL1 nobody has these parts, which is not what is wrong there */
	put_interrupts("GICv2", 27, "");
	assert_only("el2", STATUS_BAD, "entered at EL1", "boot loader");
	assert_null(verdict.layer);
}

static void put_le32(uint8_t *p, uint32_t v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

static void acpi_tables(void **state)
{
	uint8_t gtdt[96] = { 0 }, madt[44 + 80 + 24] = { 0 };
	uint8_t *gicc = madt + 44, *gicd = gicc + 80;

	(void)state;
	put_host();
	put_le32(gtdt + 56, 21);
	put_le32(gtdt + 64, 20);
	put_le32(gtdt + 72, 22);
	put("/sys/firmware/acpi/tables/GTDT", gtdt, sizeof(gtdt));
	gicc[0] = 0x0b;
	gicc[1] = 80;
	put_le32(gicc + 12, 1);
	put_le32(gicc + 56, 25);
	gicd[0] = 0x0c;
	gicd[1] = 24;
	gicd[20] = 3;
	put("/sys/firmware/acpi/tables/APIC", madt, sizeof(madt));
	put_interrupts("GICv3", 22, "");
	assert_int_equal(look(), STATUS_OK);
	assert_string_equal(verdict.mode, "VHE");

	put_le32(gicc + 56, 0);
	put("/sys/firmware/acpi/tables/APIC", madt, sizeof(madt));
	assert_layer("GICv3", "software", "no maintenance interrupt", "firmware");

	/* The same with a GICv2, whose addresses are there, too. */
	put_interrupts("GICv2", 22, "");
	gicd[20] = 2;
	put_le32(gicc + 56, 25);
	put("/sys/firmware/acpi/tables/APIC", madt, sizeof(madt));
	assert_layer("GICv2", "software", "(GICH)", "");
	put_le32(gicc + 48, 0x2c030000);
	put("/sys/firmware/acpi/tables/APIC", madt, sizeof(madt));
	assert_layer("GICv2", "software", "(GICV)", "");
	put_le32(gicc + 44, 1);
	put("/sys/firmware/acpi/tables/APIC", madt, sizeof(madt));
	assert_layer("GICv2", "GICv2", "with its virtualization part", "");
	put_le32(gicc + 40, 0x2c02f000);
	put("/sys/firmware/acpi/tables/APIC", madt, sizeof(madt));
	assert_layer("GICv2", "GICv2", "with its virtualization part", "");
	put_page_size(65536);
	assert_layer("GICv2", "software", "page", "");

	/* Structures that lie about their length end the walk. */
	gicc[1] = 1;
	put("/sys/firmware/acpi/tables/APIC", madt, sizeof(madt));
	assert_layer("GICv2", NULL, "cannot see", "");
	put("/sys/firmware/acpi/tables/APIC", madt, 45);
	put("/sys/firmware/acpi/tables/GTDT", gtdt, 70);
	assert_int_equal(look(), STATUS_UNKNOWN);
}

static void kernel_version(void **state)
{
	(void)state;
	put_host();
	put_text("/proc/sys/kernel/osrelease", "5.15.0-rpi\n");
	assert_only("kernel", STATUS_BAD, "5.15.0-rpi is older than 6.1", "from 6.1 to 6.12");
	put_text("/proc/sys/kernel/osrelease", "6.0.19\n");
	assert_only("kernel", STATUS_BAD, "older than 6.1", "from 6.1 to 6.12");
	put_text("/proc/sys/kernel/osrelease", "6.12.95+deb12-arm64\n");
	assert_ok("kernel", "6.12.95", "");
	put_text("/proc/sys/kernel/osrelease", "6.13.0\n");
	assert_only("kernel", STATUS_BAD, "6.13.0 is newer than 6.12", "from 6.1 to 6.12");
	put_text("/proc/sys/kernel/osrelease", "7.3.0\n");
	assert_only("kernel", STATUS_BAD, "newer than 6.12", "from 6.1 to 6.12");
	put_text("/proc/sys/kernel/osrelease", "strange\n");
	assert_only("kernel", STATUS_UNKNOWN, "version", "");
}

static void config_options(void **state)
{
	(void)state;
	put_host();
	put_text("/proc/kallsyms", "0000000000000000 T mmu_notifier_is_another\n");
	assert_ok("config", "pinned", "ulimit -l");
	drop("/proc/kallsyms");
	assert_ok("config", "modules", "");
	put_text("/boot/config-6.1.0-56-arm64", "CONFIG_MODULES=y\n# CONFIG_MMU_NOTIFIER is not set\n");
	assert_ok("config", "pinned", "ulimit -l");
	put_text("/boot/config-6.1.0-56-arm64", "CONFIG_MODULES=y\nCONFIG_MMU_NOTIFIER=y\n");
	assert_ok("config", "MMU notifiers", "");
	drop("/proc/modules");
	put_text("/boot/config-6.1.0-56-arm64", "# CONFIG_MODULES is not set\nCONFIG_MODULES_X=y\n");
	assert_only("config", STATUS_BAD, "cannot load modules", "CONFIG_MODULES=y");
	drop("/boot/config-6.1.0-56-arm64");
	assert_only("config", STATUS_UNKNOWN, "cannot see", "");
}

static void config_gz(void **state)
{
	char command[256];
	const struct finding *f;

	(void)state;
	put_host();
	drop("/proc/kallsyms");
	put_text("/proc/config", "CONFIG_MODULES=y\nCONFIG_MMU_NOTIFIER=y\n");
	snprintf(command, sizeof(command), "gzip '%s/proc/config'", root);
	assert_int_equal(system(command), 0);
	assert_int_equal(look(), STATUS_OK);
	f = finding("config");
	assert_non_null(strstr(f->text, "MMU notifiers"));
	/* Garbage says nothing. */
	put_text("/proc/config.gz", "garbage");
	assert_int_equal(look(), STATUS_OK);
	assert_int_equal(facts.has_mmu_notifier, UNKNOWN);
}

static void loading(void **state)
{
	static const char *const module = "/lib/modules/6.1.0-56-arm64/updates/dkms/armvcpu.ko";

	(void)state;
	put_host();
	put_text("/proc/sys/kernel/modules_disabled", "1\n");
	assert_only("loading", STATUS_BAD, "modules_disabled", "boot again");
	put_text("/proc/sys/kernel/modules_disabled", "0\n");

	put_text("/sys/module/module/parameters/sig_enforce", "Y\n");
	assert_only("loading", STATUS_BAD, "enforces module signatures", "module.sig_enforce");
	put_text("/sys/module/module/parameters/sig_enforce", "N\n");

	put_text("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	assert_only("loading", STATUS_BAD, "locked down (integrity)", "Secure Boot");
	put_text("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	assert_only("loading", STATUS_BAD, "locked down (confidentiality)", "Secure Boot");

	put_text(module, "unsigned");
	assert_only("loading", STATUS_BAD, "locked down (confidentiality)", "Secure Boot");
	put_text(module, "ELF~Module signature appended~\n");
	assert_only("loading", STATUS_UNKNOWN, "is signed", "mokutil");

	/* It was let in. */
	put_text("/sys/module/armvcpu/refcnt", "0\n");
	assert_int_equal(look(), STATUS_OK);

	/* Without securityfs. */
	drop("/sys/module/armvcpu/refcnt");
	drop("/sys/module/armvcpu");
	drop(module);
	drop("/sys/kernel/security/lockdown");
	assert_int_equal(look(), STATUS_OK);
	put_text("/proc/cmdline", "lockdown=integrity\n");
	assert_only("loading", STATUS_BAD, "locked down (integrity)", "Secure Boot");
	put_text("/proc/cmdline", "quiet -- lockdown=integrity\n");
	assert_int_equal(look(), STATUS_OK);
	put_text("/dev/kmsg", "5,1,0,-;Kernel is locked down from EFI Secure Boot; see man\n");
	assert_only("loading", STATUS_BAD, "locked down (integrity)", "Secure Boot");
}

static void installed(void **state)
{
	(void)state;
	put_host();
	assert_ok("module", "not installed", "dkms-install");
	put_text("/lib/modules/6.1.0-56-arm64/updates/dkms/armvcpu.ko.xz", "");
	assert_ok("module", "installed, not loaded", "modprobe");
}

static void other_architecture(void **state)
{
	(void)state;
	put_host();
	put_text("/proc/sys/kernel/arch", "x86_64\n");
	assert_only("arch", STATUS_BAD, "x86_64", "64-bit Arm");
	assert_int_equal(verdict.nr, 1);
}

static void nothing_to_read(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(look(), STATUS_UNKNOWN);
	for (i = 0; i < verdict.nr; i++)
		if (verdict.findings[i].status != STATUS_OK)
			assert_true(*verdict.findings[i].advice);
}

static void garbage(void **state)
{
	static const char *const paths[] = {
		"/proc/interrupts", "/proc/cmdline", "/proc/misc", "/proc/kallsyms", "/dev/kmsg",
		"/proc/sys/kernel/osrelease", "/sys/kernel/security/lockdown",
		DT "/timer/interrupts", DT "/timer/interrupt-names", DT "/timer/compatible",
		DT "/soc/intc@8000000/#interrupt-cells", DT "/psci/method",
		DT "/soc/intc@8000000/compatible", DT "/soc/intc@8000000/reg",
		DT "/soc/#address-cells", DT "/soc/#size-cells", "/proc/self/auxv",
		DT "/hypervisor/compatible", "/sys/firmware/acpi/tables/GTDT",
		"/sys/firmware/acpi/tables/APIC",
	};
	static const uint8_t words[16] = ": 0123456789\n\0GI";
	uint8_t noise[4096];
	uint32_t x = 1;
	size_t i, n;
	int round;

	(void)state;
	put_host();
	for (round = 0; round < 50; round++) {
		for (i = 0; i < ARRAY_SIZE(paths); i++) {
			for (n = 0; n < sizeof(noise); n++) {
				x = x * 1664525 + 1013904223;
				noise[n] = round & 1 ? words[x >> 28] : x >> 24;
			}
			put(paths[i], noise, x % sizeof(noise));
		}
		look();
	}
}

/* ---- files that are none, or are elsewhere ---------------------------------------- */

static bool has_openat2(void)
{
	struct open_how how = { .flags = O_PATH, .resolve = RESOLVE_IN_ROOT };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void put_link(const char *path, const char *to)
{
	char name[512];

	put_text(path, "");
	drop(path);
	snprintf(name, sizeof(name), "%s%s", root, path);
	assert_int_equal(symlink(to, name), 0);
}

/* What is outside has other contents, so that it shows when a link leads there. */
static void links_stay_below(void **state)
{
	static const char *const release = "/proc/sys/kernel/osrelease";
	static const char *const name = "/proc/self/comm";
	static const char *const log = "/dev/kmsg";
	static const char *const firmware = "/sys/firmware";
	static const char *const tree = "/proc/device-tree";
	char outside[64], from[128], to[128];

	(void)state;
	if (!has_openat2()) {
		print_message("# there is no openat2()\n");
		skip();
	}
	put_host();
	/* an absolute one begins at the root, and nothing is above that */
	put_text(name, "6.2.0\n");
	put_link(release, name);
	assert_int_equal(look(), STATUS_OK);
	assert_string_equal(facts.release, "6.2.0");
	drop(release);
	put_link(release, "../../../../../../../../../../../../proc/self/comm");
	assert_int_equal(look(), STATUS_OK);
	assert_string_equal(facts.release, "6.2.0");
	drop(name);
	assert_int_equal(look(), STATUS_UNKNOWN);
	assert_string_equal(facts.release, "");
	drop(release);

	/* beside it */
	snprintf(outside, sizeof(outside), "%s/outside", dir.path);
	assert_int_equal(mkdir(outside, 0755), 0);
	put_text("/../outside/release", "6.3.0\n");
	put_text("/../outside/kmsg", "CPU: All CPU(s) started at EL1\n");
	put_link(release, "../../../../outside/release");
	assert_int_equal(look(), STATUS_UNKNOWN);
	assert_string_equal(facts.release, "");
	drop(release);
	snprintf(to, sizeof(to), "%s/release", outside);
	put_link(release, to);
	assert_int_equal(look(), STATUS_UNKNOWN);
	assert_string_equal(facts.release, "");
	drop(release);
	put_text(release, "6.2.0\n");
	snprintf(to, sizeof(to), "%s/kmsg", outside);
	put_link(log, to);
	assert_int_equal(look(), STATUS_OK);
	assert_int_equal(facts.started_at_el2, UNKNOWN);

	/* whole trees, and the files of which only the presence counts */
	assert_int_equal(facts.gic_maintenance, YES);
	snprintf(from, sizeof(from), "%s%s", root, firmware);
	snprintf(to, sizeof(to), "%s/firmware", outside);
	assert_int_equal(rename(from, to), 0);
	put_link(firmware, to);
	look();
	assert_int_equal(facts.gic_maintenance, UNKNOWN);
	drop(firmware);
	strcat(to, "/devicetree/base");
	put_link(tree, to);
	look();
	assert_int_equal(facts.gic_maintenance, UNKNOWN);
	put_link("/dev/armvcpu", "/dev/null");
	look();
	assert_false(facts.device);
	assert_int_equal(scratch_remove(outside), 0);
}

static const char *swap_from, *swap_to;

/* In the place of libc's: somebody is faster than what follows the look at a file. */
int fstat(int fd, struct stat *st)
{
	int ret = fstatat(fd, "", st, AT_EMPTY_PATH);

	if (swap_to)
		rename(swap_from, swap_to);
	swap_to = NULL;
	return ret;
}

static void files_that_are_replaced(void **state)
{
	static const char *const release = "/proc/sys/kernel/osrelease";
	char pipe[128], name[128], line[32];

	(void)state;
	put_host();
	snprintf(pipe, sizeof(pipe), "%s/pipe", root);
	snprintf(name, sizeof(name), "%s%s", root, release);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	swap_from = pipe;
	swap_to = name;
	assert_true(file_line(root, release, line, sizeof(line)));
	assert_null(swap_to);
	assert_string_equal(line, "6.1.0-56-arm64");
	/* and now it is the pipe */
	assert_false(file_line(root, release, line, sizeof(line)));
}

static void no_regular_files(void **state)
{
	char name[128];
	int fd;

	(void)state;
	put_host();
	drop("/proc/sys/kernel/osrelease");
	snprintf(name, sizeof(name), "%s/proc/sys/kernel/osrelease", root);
	assert_int_equal(mkfifo(name, 0600), 0);
	fd = open(name, O_RDWR);
	assert_int_equal(write(fd, "6.1.0\n", 6), 6);
	assert_int_equal(look(), STATUS_UNKNOWN);
	assert_string_equal(facts.release, "");
	/* nor was it taken out of there */
	assert_int_equal(read(fd, name, sizeof(name)), 6);
	close(fd);
}

static void large_files(void **state)
{
	static const char *const symbols = "/proc/kallsyms";
	static const char *const word = "\n0 T __mmu_notifier_register\n";
	static const char *const magic = "~Module signature appended~\n";
	static const char *const module = "/lib/modules/6.1.0-56-arm64/extra/armvcpu.ko";
	char name[128];
	FILE *file;
	long at;

	(void)state;
	if (!scratch_may_have(FILE_HAS_MAX + (1 << 20)))
		skip();
	put_host();
	snprintf(name, sizeof(name), "%s%s", root, symbols);
	/* across the ends of what is read at once */
	for (at = 65500; at < 65540; at++) {
		file = fopen(name, "w");
		assert_non_null(file);
		assert_int_equal(fseek(file, at, SEEK_SET), 0);
		assert_true(fputs(word, file) >= 0);
		assert_int_equal(fclose(file), 0);
		assert_true(file_has(root, symbols, " __mmu_notifier_register"));
		assert_false(file_has(root, symbols, " __mmu_notifier_registers"));
	}
	/* somewhere it has to end */
	file = fopen(name, "w");
	assert_non_null(file);
	assert_int_equal(fseek(file, FILE_HAS_MAX + 65536, SEEK_SET), 0);
	assert_true(fputs(word, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_false(file_has(root, symbols, " __mmu_notifier_register"));

	/* the signature is at the end */
	put_text(module, "");
	look();
	assert_int_equal(facts.module_signed, NO);
	snprintf(name, sizeof(name), "%s%s", root, module);
	file = fopen(name, "w");
	assert_non_null(file);
	assert_int_equal(fseek(file, FILE_MAX, SEEK_SET), 0);
	assert_true(fputs(magic, file) >= 0);
	assert_int_equal(fclose(file), 0);
	look();
	assert_int_equal(facts.module_signed, YES);
}

static void prints_text(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)state;
	put_host();
	put_interrupts("GICv3", 27, "");
	put(DT "/hypervisor/compatible", "a\033[2Jb\2332J\177\302\233c~", 14);
	look();
	out = open_memstream(&text, &size);
	report_text(out, &verdict, &facts);
	fclose(out);
	assert_non_null(strstr(text, "\nbad      el2 "));
	assert_non_null(strstr(text, "\n                  -> "));
	assert_non_null(strstr(text, "\narmvcpu will not work on this host: 1 thing to change\n"));
	assert_non_null(strstr(text, "a?[2Jb?2J???c~"));
	free(text);

	put_interrupts("GICv3", 26, "");
	look();
	out = open_memstream(&text, &size);
	report_text(out, &verdict, &facts);
	fclose(out);
	assert_non_null(strstr(text, "\narmvcpu will work on this host: VHE, GICv3, Neoverse N1\n"));
	free(text);

	put_interrupts("AIC", 26, "");
	look();
	out = open_memstream(&text, &size);
	report_text(out, &verdict, &facts);
	fclose(out);
	assert_non_null(strstr(text, ": VHE, software GIC, Neoverse N1\n"));
	free(text);

	drop(DT "/soc/intc@8000000/compatible");
	put_interrupts("GICv3", 26, "");
	look();
	out = open_memstream(&text, &size);
	report_text(out, &verdict, &facts);
	fclose(out);
	assert_non_null(strstr(text, ": VHE, Neoverse N1\n"));
	free(text);
}

static void prints_json(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)state;
	put_host();
	put_interrupts("GICv3", 27, "");
	put(DT "/hypervisor/compatible", "a\"\\\n\377", 6);
	look();
	out = open_memstream(&text, &size);
	report_json(out, &verdict, &facts);
	fclose(out);
	assert_non_null(strstr(text, "\"works\": \"no\",\n"));
	assert_non_null(strstr(text, "\"mode\": null,\n"));
	assert_non_null(strstr(text, "\"gic\": \"GICv3\",\n"));
	assert_non_null(strstr(text, "\"gic_layer\": null,\n"));
	assert_non_null(strstr(text, "\"midr\": \"0x00000000414fd0c1\",\n"));
	assert_non_null(strstr(text, "{ \"name\": \"el2\", \"status\": \"bad\",\n"));
	assert_non_null(strstr(text, "a\\\"\\\\\\u000a\\u00ff"));
	free(text);
}

#define host_test(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(vhe_host_works),
		host_test(nvhe_host_works),
		host_test(armvcpu_has_the_timer),
		host_test(entered_at_el1),
		host_test(log_tells_without_timer),
		host_test(other_timer_numbers),
		host_test(kvm_alive),
		host_test(kvm_without_interrupts),
		host_test(no_virtual_timer),
		host_test(timer_taken),
		host_test(gic_kinds),
		host_test(gicv2_layers),
		host_test(acpi_tables),
		host_test(kernel_version),
		host_test(config_options),
		host_test(config_gz),
		host_test(loading),
		host_test(installed),
		host_test(other_architecture),
		host_test(nothing_to_read),
		host_test(garbage),
		host_test(links_stay_below),
		host_test(files_that_are_replaced),
		host_test(no_regular_files),
		host_test(large_files),
		host_test(prints_text),
		host_test(prints_json),
	};

	return cmocka_run_group_tests_name("check", tests, make_dir, NULL);
}
