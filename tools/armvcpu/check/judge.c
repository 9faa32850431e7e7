// SPDX-License-Identifier: GPL-2.0-only
/* What the facts mean, and the one thing to do about each. */
#include <stdarg.h>
#include <string.h>

#include "check.h"

/* The first and the last kernel that the module builds for, as compat.h says. */
#define KERNEL_MIN_MAJOR	6
#define KERNEL_MIN_MINOR	1
#define KERNEL_MAX_MAJOR	6
#define KERNEL_MAX_MINOR	12

/* What a GICv2's virtual CPU interface has (IHI0048 5.5) */
#define GICV_MIN_SIZE	0x2000
/* How much of it there is where each half is over and over in 64 KiB of its own */
#define GICV_REPEATED_SIZE	0x20000

static __printf(4, 5) struct finding *
find(struct verdict *v, const char *name, enum status status, const char *text, ...)
{
	struct finding *f = &v->findings[v->nr++];
	va_list args;

	f->name = name;
	f->status = status;
	f->advice[0] = '\0';
	va_start(args, text);
	vsnprintf(f->text, sizeof(f->text), text, args);
	va_end(args);
	return f;
}

static __printf(2, 3) void
advise(struct finding *f, const char *advice, ...)
{
	va_list args;

	va_start(args, advice);
	vsnprintf(f->advice, sizeof(f->advice), advice, args);
	va_end(args);
}

static bool judge_arch(struct verdict *v, const struct facts *f)
{
	if (!strcmp(f->machine, "aarch64")) {
		find(v, "arch", STATUS_OK, "arm64");
		return true;
	}
	if (!*f->machine) {
		advise(find(v, "arch", STATUS_UNKNOWN, "the kernel does not say what it runs on"),
		       "mount /proc");
		return true;
	}
	advise(find(v, "arch", STATUS_BAD, "this is %s, not arm64", f->machine),
	       "run armvcpu on a machine with a 64-bit Arm CPU and an arm64 kernel");
	return false;
}

static void judge_kernel(struct verdict *v, const struct facts *f)
{
	unsigned int have = f->major << 16 | f->minor;

	if (!f->major)
		advise(find(v, "kernel", STATUS_UNKNOWN, "the kernel does not say its version"),
		       "mount /proc");
	else if (have < (KERNEL_MIN_MAJOR << 16 | KERNEL_MIN_MINOR))
		advise(find(v, "kernel", STATUS_BAD, "%s is older than %u.%u, the module does not build",
			    f->release, KERNEL_MIN_MAJOR, KERNEL_MIN_MINOR),
		       "install a kernel from %u.%u to %u.%u",
		       KERNEL_MIN_MAJOR, KERNEL_MIN_MINOR, KERNEL_MAX_MAJOR, KERNEL_MAX_MINOR);
	else if (have > (KERNEL_MAX_MAJOR << 16 | KERNEL_MAX_MINOR))
		advise(find(v, "kernel", STATUS_BAD, "%s is newer than %u.%u, the module does not build",
			    f->release, KERNEL_MAX_MAJOR, KERNEL_MAX_MINOR),
		       "install a kernel from %u.%u to %u.%u",
		       KERNEL_MIN_MAJOR, KERNEL_MIN_MINOR, KERNEL_MAX_MAJOR, KERNEL_MAX_MINOR);
	else
		find(v, "kernel", STATUS_OK, "%s", f->release);
}

static void judge_config(struct verdict *v, const struct facts *f)
{
	if (f->has_modules == NO)
		advise(find(v, "config", STATUS_BAD, "this kernel cannot load modules"),
		       "build the kernel with CONFIG_MODULES=y");
	else if (f->has_modules == UNKNOWN)
		advise(find(v, "config", STATUS_UNKNOWN,
			    "cannot see whether this kernel loads modules"),
		       "mount /proc");
	else if (f->has_mmu_notifier == NO)
		advise(find(v, "config", STATUS_OK,
			    "modules; no MMU notifiers: guest memory stays pinned in RAM, and counts against RLIMIT_MEMLOCK"),
		       "raise the limit (ulimit -l) to the size of the guests");
	else
		find(v, "config", STATUS_OK, "modules%s",
		     f->has_mmu_notifier == YES ? ", MMU notifiers" : "");
}

static void judge_loading(struct verdict *v, const struct facts *f)
{
	static const char *const lockdown[] = {
		[LOCKDOWN_INTEGRITY] = "integrity",
		[LOCKDOWN_CONFIDENTIALITY] = "confidentiality",
	};
	struct finding *found;
	char why[80];

	/* It is there. */
	if (f->loaded || f->has_modules == NO)
		return;
	if (f->modules_disabled) {
		advise(find(v, "loading", STATUS_BAD,
			    "loading modules is switched off until the next boot (kernel.modules_disabled)"),
		       "boot again without that setting, or load armvcpu before it is made");
		return;
	}
	if (f->lockdown == LOCKDOWN_NONE && !f->sig_enforce) {
		find(v, "loading", STATUS_OK, "unsigned modules may be loaded");
		return;
	}
	if (f->lockdown != LOCKDOWN_NONE)
		snprintf(why, sizeof(why), "the kernel is locked down (%s)", lockdown[f->lockdown]);
	else
		snprintf(why, sizeof(why), "the kernel enforces module signatures");
	if (*f->module_path && f->module_signed != NO) {
		found = find(v, "loading", STATUS_UNKNOWN,
			     f->module_signed == YES ?
			     "%s; the installed module is signed, by a key that it may know or not" :
			     "%s; the installed module may be signed", why);
		advise(found, "try 'modprobe armvcpu'; if the key is rejected, enroll it with 'mokutil --import'");
	} else {
		found = find(v, "loading", STATUS_BAD, "%s: it takes signed modules only", why);
		advise(found, "sign armvcpu.ko with a key that the kernel trusts (dkms does with an enrolled MOK), or %s",
		       f->lockdown != LOCKDOWN_NONE ?
		       "switch Secure Boot or lockdown= off" : "boot without module.sig_enforce");
	}
}

static void judge_el1(struct verdict *v, const struct facts *f)
{
	struct finding *found;

	if (f->started_mixed) {
		advise(find(v, "el2", STATUS_BAD, "the CPUs were started at different exception levels"),
		       "update the firmware: it must start all CPUs at EL2");
		return;
	}
	if (*f->el2_owner)
		found = find(v, "el2", STATUS_BAD,
			     "the kernel was entered at EL1, EL2 belongs to somebody else: %s",
			     f->el2_owner);
	else if (f->psci_hvc)
		found = find(v, "el2", STATUS_BAD,
			     "the kernel was entered at EL1; a hypervisor or firmware answers at EL2");
	else
		found = find(v, "el2", STATUS_BAD, "the kernel was entered at EL1");
	advise(found, *f->el2_owner || f->psci_hvc ?
	       "have the kernel started at EL2: in a virtual machine, switch nested virtualization on (QEMU: -M virt,virtualization=on)" :
	       "have the kernel started at EL2: look for an option of the firmware or boot loader");
}

/* Is EL2 the kernel's to give, as far as one can see? */
static bool judge_el2(struct verdict *v, const struct facts *f)
{
	/* The kernel takes the timer of the level that it runs at. */
	if (f->host_timer && f->host_timer == f->timer_virt) {
		judge_el1(v, f);
	} else if (f->host_timer && f->host_timer == f->timer_hyp) {
		v->mode = "VHE";
	} else if (f->host_timer && f->host_timer == f->timer_phys) {
		v->mode = "nVHE";
	} else if (f->started_mixed || f->started_at_el2 == NO) {
		judge_el1(v, f);
	} else if (f->started_at_el2 == YES && f->vhe_detected != UNKNOWN) {
		v->mode = f->vhe_detected == YES ? "VHE" : "nVHE";
	} else {
		advise(find(v, "el2", STATUS_UNKNOWN,
			    "cannot see at which exception level the kernel was entered"),
		       f->can_be_root ? "run this as root" :
		       "look for 'CPU: All CPU(s) started at EL2' in the kernel's log");
	}
	if (v->mode)
		find(v, "el2", STATUS_OK, "the kernel was entered at EL2 and runs at %s",
		     v->mode[0] == 'V' ? "EL2 (VHE)" : "EL1 (nVHE)");
	return v->findings[v->nr - 1].status != STATUS_BAD;
}

static void judge_kvm(struct verdict *v, const struct facts *f)
{
	if (f->kvm == YES && *f->kvm_mode)
		advise(find(v, "kvm", STATUS_BAD, "KVM is alive and holds EL2"),
		       "boot with 'kvm-arm.mode=none' instead of 'kvm-arm.mode=%s'", f->kvm_mode);
	else if (f->kvm == YES)
		advise(find(v, "kvm", STATUS_BAD, "KVM is alive and holds EL2"),
		       "add 'kvm-arm.mode=none' to the kernel command line and boot again");
	else if (f->kvm == NO)
		find(v, "kvm", STATUS_OK, "KVM does not hold EL2");
	else
		advise(find(v, "kvm", STATUS_UNKNOWN, "cannot see whether KVM holds EL2"),
		       "mount /proc, or run this where /proc/interrupts can be read");
}

/* The kernel's own use of it is judge_el2()'s business, KVM's judge_kvm()'s. */
static void judge_timer(struct verdict *v, const struct facts *f)
{
	if (f->timer_virt_named == NO)
		advise(find(v, "timer", STATUS_BAD,
			    "the firmware does not name the virtual timer's interrupt"),
		       "update the firmware, or its device tree");
	else if (*f->timer_virt_user)
		advise(find(v, "timer", STATUS_BAD,
			    "the virtual timer's interrupt (%u) is taken by '%s'",
			    f->timer_virt, f->timer_virt_user),
		       "unload or disable what has taken it");
}

/* Why the GICV of a GICv2 cannot be given to guests by whole pages, or NULL. */
static const char *gicv_cut(const struct facts *f)
{
	if ((f->gicv_base | f->gicv_size) & (f->page_size - 1))
		return "the GICv2's virtual CPU interface (GICV) does not begin and end with a page";
	/*
	 * The halves are side by side in the middle only, where no larger page begins. The
	 * module reads registers to see that it is one of these; it always has been one.
	 */
	if (f->gicv_size == GICV_REPEATED_SIZE && f->page_size > 4096)
		return "the GICv2's virtual CPU interface (GICV) has no page of this size with all of it";
	return NULL;
}

/* Why, by what the firmware says, the host's GIC cannot stand behind those of guests. */
static const char *firmware_lacks(const struct facts *f)
{
	if (f->gic == GIC_OTHER)
		return "the interrupt controller is no GIC";
	if (f->gic_maintenance == NO)
		return f->gic == GIC_V3 ? "the GICv3 has no maintenance interrupt" :
			"the GICv2 has no maintenance interrupt";
	/* Whoever cannot see the one cannot see the others. */
	if (f->gic != GIC_V2 || f->gic_maintenance == UNKNOWN)
		return NULL;
	if (!f->gich)
		return "the firmware does not say where the GICv2 has its list registers (GICH)";
	if (f->gicv_size < GICV_MIN_SIZE)
		return "the firmware does not say where the GICv2 has its virtual CPU interface (GICV)";
	return gicv_cut(f);
}

/* The same, by what is known in all, or NULL. */
static const char *gic_lacks(const struct facts *f)
{
	const char *why;

	if (f->soft_gic)
		return "armvcpu was loaded with soft_gic=1";
	why = firmware_lacks(f);
	/* The module has looked at more than this can. */
	if (!why && f->gic_used == NO)
		return "armvcpu cannot use what the firmware says of it (dmesg says why)";
	return why;
}

/* What there is to do about that. */
static const char *gic_advice(const struct facts *f, const char *why)
{
	if (f->soft_gic)
		return "nothing has to be done; without soft_gic=1 interrupts cost less";
	/* No firmware would change it, or dmesg says what is wrong with this one. */
	if (f->gic == GIC_OTHER || !firmware_lacks(f))
		return "";
	if (f->page_size > 4096 && f->gicv_size && why == gicv_cut(f))
		return "nothing has to be done; with a kernel that has pages of 4 KiB interrupts cost less";
	return "nothing has to be done; with a firmware or device tree that names these parts interrupts cost less";
}

/*
 * A guest gets an interrupt controller in any case. What it costs is another matter,
 * so that is said; it keeps nobody from using the host.
 */
static void judge_gic(struct verdict *v, const struct facts *f, bool el2)
{
	static const char *const names[] = {
		[GIC_V2] = "GICv2", [GIC_V3] = "GICv3", [GIC_OTHER] = "none",
	};
	const char *why = gic_lacks(f);

	v->gic = names[f->gic];
	if (f->gic == GIC_UNKNOWN) {
		advise(find(v, "gic", STATUS_OK,
			    "cannot see which interrupt controller there is; those of guests may be software"),
		       f->can_be_root ? "run this as root" : "mount /sys and /proc");
	} else if (!el2 && f->gic != GIC_OTHER) {
		/* The virtualization part comes and goes with EL2. */
		find(v, "gic", STATUS_OK, "%s", v->gic);
	} else if (why) {
		v->layer = "software";
		advise(find(v, "gic", STATUS_OK, "%s: interrupt controllers of guests are software",
			    why),
		       "%s", gic_advice(f, why));
	} else if (f->gic_maintenance == UNKNOWN) {
		advise(find(v, "gic", STATUS_OK,
			    "%s; cannot see whether with its virtualization part: those of guests may be software",
			    v->gic),
		       f->can_be_root ? "run this as root" : "mount /sys and /proc");
	} else {
		v->layer = v->gic;
		find(v, "gic", STATUS_OK, "%s with its virtualization part", v->gic);
	}
}

static void judge_module(struct verdict *v, const struct facts *f)
{
	struct finding *found;

	if (f->loaded && f->device_usable) {
		find(v, "module", STATUS_OK, "armvcpu is loaded");
	} else if (f->loaded && f->device) {
		found = find(v, "module", STATUS_OK, "armvcpu is loaded; you may not open /dev/armvcpu");
		advise(found, "become a member of the group that owns it (usually kvm): usermod -aG kvm USER");
	} else if (f->loaded) {
		found = find(v, "module", STATUS_OK, "armvcpu is loaded; there is no /dev/armvcpu here");
		advise(found, "make the device visible: devtmpfs on /dev, --device /dev/armvcpu for a container");
	} else if (*f->module_path) {
		found = find(v, "module", STATUS_OK, "armvcpu is installed, not loaded");
		advise(found, "when all else is ok: modprobe armvcpu");
	} else {
		found = find(v, "module", STATUS_OK, "armvcpu is not installed");
		advise(found, "when all else is ok: make dkms-install, then modprobe armvcpu");
	}
}

void judge(struct verdict *v, const struct facts *f)
{
	bool bad = false, unknown = false, el2;
	unsigned int i;

	memset(v, 0, sizeof(*v));
	if (judge_arch(v, f)) {
		judge_kernel(v, f);
		judge_config(v, f);
		judge_loading(v, f);
		el2 = judge_el2(v, f);
		judge_kvm(v, f);
		judge_timer(v, f);
		judge_gic(v, f, el2);
		judge_module(v, f);
	}
	for (i = 0; i < v->nr; i++) {
		bad |= v->findings[i].status == STATUS_BAD;
		unknown |= v->findings[i].status == STATUS_UNKNOWN;
	}
	/* A module that is there has seen more than files can show. */
	if (f->loaded)
		unknown = false;
	v->status = bad ? STATUS_BAD : unknown ? STATUS_UNKNOWN : STATUS_OK;
}
