/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * armvcpu-check: will armvcpu work on this host? Facts are read from files
 * only, then judged, then printed; each step knows the one before alone.
 */
#ifndef ARMVCPU_CHECK_H
#define ARMVCPU_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __printf(text, args)	__attribute__((format(printf, text, args)))

enum answer {
	UNKNOWN,
	NO,
	YES,
};

enum gic {
	GIC_UNKNOWN,
	GIC_V2,
	GIC_V3,
	GIC_OTHER,	/* an interrupt controller that is no GIC */
};

enum lockdown {
	LOCKDOWN_NONE,
	LOCKDOWN_INTEGRITY,
	LOCKDOWN_CONFIDENTIALITY,
};

/* INTIDs of the generic timer's interrupts as most machines have them (BSA) */
#define PPI_TIMER_HYP	26
#define PPI_TIMER_VIRT	27
#define PPI_TIMER_PHYS	30

/**
 * struct facts - what was found, without an opinion
 * @machine:		as uname(2) says, empty when unknown
 * @release:		the kernel's release, empty when unknown
 * @major:		of @release, 0 when unknown
 * @minor:		of @release
 * @midr:		MIDR_EL1 of CPU 0, 0 when unknown
 * @has_modules:	CONFIG_MODULES
 * @has_mmu_notifier:	CONFIG_MMU_NOTIFIER
 * @modules_disabled:	kernel.modules_disabled is set
 * @sig_enforce:	modules must be signed by a key that the kernel knows
 * @lockdown:		what the kernel has locked down
 * @loaded:		armvcpu is in the kernel
 * @device:		/dev/armvcpu is there
 * @device_usable:	and this process may open it
 * @soft_gic:		it was loaded with soft_gic=1
 * @gic_used:		it has the maintenance interrupt; UNKNOWN if it is not loaded
 * @module_path:	the module installed for this kernel, or empty
 * @module_signed:	it ends with a signature; UNKNOWN when it is compressed
 * @kvm:		KVM holds EL2
 * @kvm_mode:		value of the last kvm-arm.mode= on the command line, or empty
 * @host_timer:		INTID of the PPI that the kernel's own timer uses, 0 when
 *			unknown: it tells at which level the kernel runs
 * @timer_hyp:		INTID of the EL2 physical timer
 * @timer_virt:		INTID of the virtual timer
 * @timer_phys:		INTID of the EL1 physical timer
 * @timer_virt_named:	the firmware says what @timer_virt is
 * @timer_virt_user:	who has taken the virtual timer's interrupt, or empty
 * @started_at_el2:	what the kernel's log says
 * @started_mixed:	the log says that CPUs came up at different levels
 * @vhe_detected:	the log says that the CPUs have VHE and the kernel uses it
 * @gic:		the interrupt controller
 * @gic_maintenance:	it has a maintenance interrupt, and so its virtualization part
 * @gich:		a GICv2: the firmware says where its list registers are
 * @gicv_base:		a GICv2: where its virtual CPU interface is; only the bits of a
 *			page count. 0, with @gicv_size 0, when nobody says so
 * @gicv_size:		and its bytes
 * @page_size:		of the kernel
 * @el2_owner:		who seems to hold EL2 when the kernel does not, or empty
 * @psci_hvc:		firmware is called by HVC: something at EL2 answers
 * @can_be_root:	a run as root would see more
 */
struct facts {
	char machine[64];
	char release[64];
	unsigned int major, minor;
	uint64_t midr;

	enum answer has_modules;
	enum answer has_mmu_notifier;
	bool modules_disabled;
	bool sig_enforce;
	enum lockdown lockdown;

	bool loaded;
	bool device;
	bool device_usable;
	bool soft_gic;
	enum answer gic_used;
	char module_path[512];
	enum answer module_signed;

	enum answer kvm;
	char kvm_mode[32];

	unsigned int host_timer;
	unsigned int timer_hyp, timer_virt, timer_phys;
	enum answer timer_virt_named;
	char timer_virt_user[64];
	enum answer started_at_el2;
	bool started_mixed;
	enum answer vhe_detected;

	enum gic gic;
	enum answer gic_maintenance;
	bool gich;
	uint64_t gicv_base, gicv_size;
	uint64_t page_size;

	char el2_owner[128];
	bool psci_hvc;
	bool can_be_root;
};

enum status {
	STATUS_OK,
	STATUS_BAD,
	STATUS_UNKNOWN,
};

/**
 * struct finding - one line of the report
 * @name:	a word for programs; it never changes its meaning
 * @status:	does armvcpu work, as far as this goes?
 * @text:	what is so
 * @advice:	the one thing to do, or empty
 */
struct finding {
	const char *name;
	enum status status;
	char text[256];
	char advice[320];
};

#define MAX_FINDINGS	10

/**
 * struct verdict - the whole report
 * @status:	STATUS_OK: armvcpu works here; also the exit status
 * @mode:	"VHE", "nVHE", or NULL when unknown or none
 * @gic:	"GICv3" and so on, or NULL when unknown
 * @layer:	what stands behind the interrupt controllers of guests: "GICv3", "GICv2",
 *		"software", or NULL when unknown
 * @nr:		how many findings there are
 * @findings:	in the order in which a user should read them
 */
struct verdict {
	enum status status;
	const char *mode;
	const char *gic;
	const char *layer;
	unsigned int nr;
	struct finding findings[MAX_FINDINGS];
};

/**
 * facts_read() - read all that can be read; what cannot be stays unknown
 * @root:	directory that stands for /, "" for the machine itself
 */
void facts_read(struct facts *f, const char *root);

/** judge() - what the facts mean for armvcpu */
void judge(struct verdict *v, const struct facts *f);

void report_text(FILE *out, const struct verdict *v, const struct facts *f);
void report_json(FILE *out, const struct verdict *v, const struct facts *f);

#endif /* ARMVCPU_CHECK_H */
