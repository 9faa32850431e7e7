// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this host is, from files that any user may read where possible. No
 * instruction is tried: one that nobody expects can kill a machine.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "check.h"
#include "files.h"
#include "tables.h"

/* ---- kernel ------------------------------------------------------------------- */

static void read_kernel(struct facts *f, const char *root)
{
	struct utsname uts;

	if (!*root && !uname(&uts)) {
		snprintf(f->machine, sizeof(f->machine), "%.60s", uts.machine);
		snprintf(f->release, sizeof(f->release), "%.60s", uts.release);
	} else {
		file_line(root, "/proc/sys/kernel/arch", f->machine, sizeof(f->machine));
		file_line(root, "/proc/sys/kernel/osrelease", f->release, sizeof(f->release));
	}
	if (sscanf(f->release, "%u.%u", &f->major, &f->minor) != 2)
		f->major = 0;
}

static void read_midr(struct facts *f, const char *root)
{
	char line[32];

	if (file_line(root, "/sys/devices/system/cpu/cpu0/regs/identification/midr_el1",
		      line, sizeof(line)))
		f->midr = strtoull(line, NULL, 16);
}

/* The configuration of the running kernel, or NULL. */
static char *read_config(const struct facts *f, const char *root)
{
	static const char *const places[] = {
		"/boot/config-%s", "/lib/modules/%s/config", "/lib/modules/%s/build/.config",
	};
	char *config = file_gunzip(root, "/proc/config.gz");
	char path[256];
	size_t i;

	for (i = 0; !config && *f->release && i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), places[i], f->release);
		config = file_read(root, path, NULL);
	}
	return config;
}

static enum answer config_has(const char *config, const char *option)
{
	const char *p = config;
	size_t len = strlen(option);

	if (!config)
		return UNKNOWN;
	for (; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (!strncmp(p, option, len) && p[len] == '=')
			return p[len + 1] == 'y' || p[len + 1] == 'm' ? YES : NO;
	return NO;
}

static void read_options(struct facts *f, const char *root)
{
	char *config = read_config(f, root);

	f->has_modules = config_has(config, "CONFIG_MODULES");
	f->has_mmu_notifier = config_has(config, "CONFIG_MMU_NOTIFIER");
	free(config);

	/* What the kernel itself shows is surer than a file about it. */
	if (file_exists(root, "/proc/modules"))
		f->has_modules = YES;
	if (f->has_mmu_notifier == UNKNOWN && file_exists(root, "/proc/kallsyms"))
		f->has_mmu_notifier =
			file_has(root, "/proc/kallsyms", " mmu_notifier_register") ||
			file_has(root, "/proc/kallsyms", " __mmu_notifier_register") ? YES : NO;
}

/* ---- command line -------------------------------------------------------------- */

/* The value of the last @name=value of the command line. */
static bool cmdline_value(const char *cmdline, const char *name, char *value, size_t size)
{
	size_t len = strlen(name), n;
	bool found = false;
	const char *p;

	for (p = cmdline; *p; p += n) {
		p += strspn(p, " \t\n");
		n = strcspn(p, " \t\n");
		/* What follows is for init. */
		if (n == 2 && !strncmp(p, "--", 2))
			break;
		if (n > len && p[len] == '=' && !strncmp(p, name, len)) {
			snprintf(value, size, "%.*s", (int)(n - len - 1), p + len + 1);
			found = true;
		}
	}
	return found;
}

/* ---- may modules be loaded? ---------------------------------------------------- */

static void read_loading(struct facts *f, const char *root, const char *cmdline)
{
	char line[128];

	if (file_line(root, "/proc/sys/kernel/modules_disabled", line, sizeof(line)))
		f->modules_disabled = !strcmp(line, "1");

	if (file_line(root, "/sys/module/module/parameters/sig_enforce", line, sizeof(line)))
		f->sig_enforce = !strcmp(line, "Y");

	if (file_line(root, "/sys/kernel/security/lockdown", line, sizeof(line))) {
		if (strstr(line, "[integrity]"))
			f->lockdown = LOCKDOWN_INTEGRITY;
		else if (strstr(line, "[confidentiality]"))
			f->lockdown = LOCKDOWN_CONFIDENTIALITY;
	} else if (cmdline_value(cmdline, "lockdown", line, sizeof(line))) {
		/* securityfs is not mounted */
		if (!strcmp(line, "integrity"))
			f->lockdown = LOCKDOWN_INTEGRITY;
		else if (!strcmp(line, "confidentiality"))
			f->lockdown = LOCKDOWN_CONFIDENTIALITY;
	}
}

static enum answer is_signed(const char *root, const char *path)
{
	static const char magic[] = "~Module signature appended~\n";
	char tail[sizeof(magic) - 1];
	ssize_t n = file_tail(root, path, tail, sizeof(tail));

	if (n < 0)
		return UNKNOWN;
	return n == sizeof(tail) && !memcmp(tail, magic, sizeof(tail)) ? YES : NO;
}

static void read_module(struct facts *f, const char *root)
{
	static const char *const dirs[] = {
		"updates/dkms", "updates", "extra", "kernel/drivers/armvcpu",
	};
	static const char *const ends[] = { "", ".xz", ".zst", ".gz" };
	char name[4096], line[8];
	size_t i, j;

	f->loaded = file_exists(root, "/sys/module/armvcpu");
	f->soft_gic = file_line(root, "/sys/module/armvcpu/parameters/soft_gic",
				line, sizeof(line)) && !strcmp(line, "Y");
	f->device = file_exists(root, "/dev/armvcpu");
	f->device_usable = f->device && path_join(name, sizeof(name), root, "/dev/armvcpu") &&
		!access(name, R_OK | W_OK);

	for (i = 0; *f->release && i < ARRAY_SIZE(dirs); i++) {
		for (j = 0; j < ARRAY_SIZE(ends); j++) {
			char path[512];

			snprintf(path, sizeof(path), "/lib/modules/%s/%s/armvcpu.ko%s",
				 f->release, dirs[i], ends[j]);
			if (!file_exists(root, path))
				continue;
			memcpy(f->module_path, path, sizeof(path));
			f->module_signed = j ? UNKNOWN : is_signed(root, path);
			return;
		}
	}
}

/* ---- interrupts ---------------------------------------------------------------- */

struct irq_line {
	const char *chip;
	size_t chip_len;
	unsigned int intid;
	const char *action;
};

/*
 * "11:  1254  1202     GICv3  27 Level     arch_timer": number, one count a CPU,
 * chip, the chip's number, trigger, action. Other lines are not for us.
 */
static bool parse_irq(const char *line, struct irq_line *irq)
{
	const char *word[3] = { NULL };
	size_t len[3] = { 0 };
	const char *p = line + strspn(line, " ");
	char *end;
	int i;

	if (!isdigit((unsigned char)*p))
		return false;
	p += strspn(p, "0123456789");
	if (*p++ != ':')
		return false;
	p += strspn(p, " 0123456789");
	for (i = 0; i < 3; i++) {
		p += strspn(p, " ");
		word[i] = p;
		len[i] = strcspn(p, " ");
		p += len[i];
	}
	if (!len[2] || (strncmp(word[2], "Level", len[2]) && strncmp(word[2], "Edge", len[2])))
		return false;
	irq->chip = word[0];
	irq->chip_len = len[0];
	irq->intid = strtoul(word[1], &end, 10);
	irq->action = p + strspn(p, " ");
	return end == word[1] + len[1];
}

static enum gic chip_gic(const struct irq_line *irq)
{
	if (irq->chip_len == 5 && !strncmp(irq->chip, "GICv3", 5))
		return GIC_V3;
	if (irq->chip_len >= 3 && !strncmp(irq->chip, "GIC", 3))
		return GIC_V2;		/* GICv2, GIC-0 */
	return GIC_OTHER;
}

static void read_interrupts(struct facts *f, const char *root)
{
	char *all = file_read(root, "/proc/interrupts", NULL);
	char *line, *save = NULL;
	bool kvm = false, used = false;
	struct irq_line irq;

	if (!all)
		return;
	for (line = strtok_r(all, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!parse_irq(line, &irq))
			continue;
		if (!strcmp(irq.action, "arch_timer")) {
			f->host_timer = irq.intid;
			f->gic = chip_gic(&irq);
		} else if (!strncmp(irq.action, "kvm guest ", 10)) {
			kvm = true;
		} else if (!strcmp(irq.action, "armvcpu maintenance")) {
			used = true;
		} else if (irq.intid == f->timer_virt && chip_gic(&irq) != GIC_OTHER &&
			   strncmp(irq.action, "armvcpu", 7)) {
			snprintf(f->timer_virt_user, sizeof(f->timer_virt_user), "%.60s",
				 irq.action);
		}
	}
	free(all);
	f->kvm = kvm ? YES : NO;
	if (f->loaded)
		f->gic_used = used ? YES : NO;
}

/* Where interrupts cannot be read, or KVM has none for a timer. */
static void read_kvm(struct facts *f, const char *root)
{
	if (f->kvm != YES && !f->loaded && file_exists(root, "/dev/kvm") &&
	    file_has(root, "/proc/misc", " kvm\n"))
		f->kvm = YES;
}

/* Of the auxiliary vector, which is pairs of numbers. */
#define AT_PAGESZ	6

static void read_page_size(struct facts *f, const char *root)
{
	size_t size = 0, at;
	char *all = file_read(root, "/proc/self/auxv", &size);
	uint64_t pair[2];

	for (at = 0; all && at + sizeof(pair) <= size; at += sizeof(pair)) {
		memcpy(pair, all + at, sizeof(pair));
		if (pair[0] == AT_PAGESZ && pair[1] && !(pair[1] & (pair[1] - 1)))
			f->page_size = pair[1];
	}
	free(all);
}

/* ---- the kernel's log ---------------------------------------------------------- */

static void read_log(struct facts *f, const char *root)
{
	char *log = file_read(root, "/dev/kmsg", NULL);

	if (!log) {
		/* dmesg_restrict */
		f->can_be_root |= geteuid() != 0;
		return;
	}
	if (strstr(log, "CPU: All CPU(s) started at EL2"))
		f->started_at_el2 = YES;
	else if (strstr(log, "CPU: All CPU(s) started at EL1"))
		f->started_at_el2 = NO;
	f->started_mixed = strstr(log, "CPU: CPUs started in inconsistent modes");
	/* Only a log that begins at the beginning tells by what is not there. */
	if (strstr(log, "detected: Virtualization Host Extensions"))
		f->vhe_detected = YES;
	else if (strstr(log, "Booting Linux on physical CPU"))
		f->vhe_detected = NO;
	if (strstr(log, "Kernel is locked down from ") && f->lockdown == LOCKDOWN_NONE &&
	    !file_exists(root, "/sys/kernel/security/lockdown"))
		f->lockdown = LOCKDOWN_INTEGRITY;
	free(log);
}

/* ---- who else? ----------------------------------------------------------------- */

static void read_owner(struct facts *f, const char *root)
{
	char type[32], vendor[48], product[48];

	if (*f->el2_owner)
		return;
	if (file_line(root, "/sys/hypervisor/type", type, sizeof(type)) && *type) {
		snprintf(f->el2_owner, sizeof(f->el2_owner), "%s", type);
		return;
	}
	if (file_exists(root, "/sys/firmware/devicetree/base/firmware/scm")) {
		snprintf(f->el2_owner, sizeof(f->el2_owner), "Qualcomm's hypervisor");
		return;
	}
	/* A machine's maker is no owner of EL2; only names of hypervisors count. */
	file_line(root, "/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor));
	file_line(root, "/sys/class/dmi/id/product_name", product, sizeof(product));
	if (!strcmp(vendor, "QEMU") || strstr(product, "KVM") || strstr(product, "Virtual") ||
	    !strncmp(vendor, "Parallels", 9) || !strcmp(vendor, "Amazon EC2") ||
	    !strcmp(vendor, "Google"))
		snprintf(f->el2_owner, sizeof(f->el2_owner), "%s%s%s", vendor,
			 *vendor && *product ? " " : "", product);
}

void facts_read(struct facts *f, const char *root)
{
	char *cmdline;
	bool firmware;

	memset(f, 0, sizeof(*f));
	f->timer_hyp = PPI_TIMER_HYP;
	f->timer_virt = PPI_TIMER_VIRT;
	f->timer_phys = PPI_TIMER_PHYS;
	f->page_size = 4096;

	read_page_size(f, root);
	read_kernel(f, root);
	read_midr(f, root);
	read_options(f, root);
	cmdline = file_read(root, "/proc/cmdline", NULL);
	read_loading(f, root, cmdline ? cmdline : "");
	if (cmdline)
		cmdline_value(cmdline, "kvm-arm.mode", f->kvm_mode, sizeof(f->kvm_mode));
	free(cmdline);
	read_module(f, root);

	/* A machine with both has an empty device tree. */
	firmware = acpi_read(f, root);
	if (!firmware)
		devicetree_read(f, root);
	/* After the numbers of the timer's interrupts are known. */
	read_interrupts(f, root);
	read_kvm(f, root);
	read_log(f, root);
	read_owner(f, root);
}
