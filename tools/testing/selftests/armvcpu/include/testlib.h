/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of the tests: VMs, vCPUs, exits.
 *
 * Functions end the case when something fails that the case does not ask
 * about. Those named ioctl_* and *_raw hand the error over instead: 0 or a
 * negative errno.
 */
#ifndef TESTLIB_H
#define TESTLIB_H

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/armvcpu.h>

#include "guest.h"
#include "harness.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define DEVICE		"/dev/armvcpu"

/* PSTATE: EL1h, DAIF masked (Arm ARM C5.2.19) */
#define PSTATE_EL1H	0x3c5ULL
#define PSTATE_EL1T	0x3c4ULL
#define PSTATE_EL0T	0x3c0ULL
#define PSTATE_I	0x80ULL
#define PSTATE_SS	(1ULL << 21)
#define PSTATE_N	(1ULL << 31)
#define PSTATE_NZCV	0xf0000000ULL

/* ESR_ELx.EC (Arm ARM D19.2.40) */
#define ESR_EC(esr)		((u64)(esr) >> 26 & 0x3f)
#define EC_UNKNOWN		0x00
#define EC_SVE			0x19
#define EC_ILLEGAL		0x0e
#define EC_SVC			0x15
#define EC_HVC			0x16
#define EC_SMC			0x17
#define EC_SYSREG		0x18
#define EC_IABT_LOWER		0x20
#define EC_IABT_SAME		0x21
#define EC_DABT_LOWER		0x24
#define EC_DABT_SAME		0x25
#define ESR_ISV			(1ULL << 24)
#define ESR_WNR			(1ULL << 6)
#define ESR_FSC(esr)		((esr) & 0x3f)
#define FSC_SEA			0x10	/* synchronous external abort */

/* PSCI and SMCCC function identifiers (DEN0022, DEN0028) */
#define PSCI_VERSION		0x84000000U
#define PSCI_CPU_SUSPEND	0x84000001U
#define PSCI_CPU_OFF		0x84000002U
#define PSCI_CPU_ON		0x84000003U
#define PSCI_AFFINITY_INFO	0x84000004U
#define PSCI_MIGRATE		0x84000005U
#define PSCI_MIGRATE_INFO_TYPE	0x84000006U
#define PSCI_MIGRATE_INFO_UP	0x84000007U
#define PSCI_SYSTEM_OFF		0x84000008U
#define PSCI_SYSTEM_RESET	0x84000009U
#define PSCI_FEATURES		0x8400000aU
#define PSCI_SYSTEM_SUSPEND	0x8400000eU
#define PSCI_SYSTEM_RESET2	0x84000012U
#define PSCI_64			0x40000000U
#define SMCCC_VERSION		0x80000000U
#define SMCCC_ARCH_FEATURES	0x80000001U
#define SMCCC_ARCH_SOC_ID	0x80000002U
#define SMCCC_WORKAROUND_1	0x80008000U
#define SMCCC_WORKAROUND_2	0x80007fffU
#define SMCCC_WORKAROUND_3	0x80003fffU
#define HYPERCALL_TEST		0xc6000042U	/* vendor hypervisor service: nobody's */

#define PSCI_SUCCESS		0
#define PSCI_NOT_SUPPORTED	(-1)
#define PSCI_INVALID_PARAMETERS	(-2)
#define PSCI_DENIED		(-3)
#define PSCI_ALREADY_ON		(-4)
#define PSCI_ON_PENDING		(-5)
#define PSCI_INTERNAL_FAILURE	(-6)
#define PSCI_INVALID_ADDRESS	(-9)

/* registers for GET/SET_SYSREGS */
#define SYS(op0, op1, crn, crm, op2)	ARMVCPU_SYSREG(op0, op1, crn, crm, op2)
#define SYS_MIDR_EL1		SYS(3, 0, 0, 0, 0)
#define SYS_MPIDR_EL1		SYS(3, 0, 0, 0, 5)
#define SYS_SCTLR_EL1		SYS(3, 0, 1, 0, 0)
#define SYS_ACTLR_EL1		SYS(3, 0, 1, 0, 1)
#define SYS_CPACR_EL1		SYS(3, 0, 1, 0, 2)
#define SYS_TTBR0_EL1		SYS(3, 0, 2, 0, 0)
#define SYS_TTBR1_EL1		SYS(3, 0, 2, 0, 1)
#define SYS_TCR_EL1		SYS(3, 0, 2, 0, 2)
#define SYS_AFSR0_EL1		SYS(3, 0, 5, 1, 0)
#define SYS_AFSR1_EL1		SYS(3, 0, 5, 1, 1)
#define SYS_ESR_EL1		SYS(3, 0, 5, 2, 0)
#define SYS_FAR_EL1		SYS(3, 0, 6, 0, 0)
#define SYS_PAR_EL1		SYS(3, 0, 7, 4, 0)
#define SYS_MAIR_EL1		SYS(3, 0, 10, 2, 0)
#define SYS_AMAIR_EL1		SYS(3, 0, 10, 3, 0)
#define SYS_VBAR_EL1		SYS(3, 0, 12, 0, 0)
#define SYS_CONTEXTIDR_EL1	SYS(3, 0, 13, 0, 1)
#define SYS_TPIDR_EL1		SYS(3, 0, 13, 0, 4)
#define SYS_CNTKCTL_EL1		SYS(3, 0, 14, 1, 0)
#define SYS_CSSELR_EL1		SYS(3, 2, 0, 0, 0)
#define SYS_CTR_EL0		SYS(3, 3, 0, 0, 1)
#define SYS_TPIDR_EL0		SYS(3, 3, 13, 0, 2)
#define SYS_TPIDRRO_EL0		SYS(3, 3, 13, 0, 3)
#define SYS_CNTV_CTL_EL0	SYS(3, 3, 14, 3, 1)
#define SYS_CNTV_CVAL_EL0	SYS(3, 3, 14, 3, 2)

/**
 * struct vm - a VM and the memory that it has
 * @gic: the model of its GIC, 0 without one
 * @image: the guest's copy of this program
 * @ram: at RAM_BASE
 */
struct vm {
	int dev;
	int fd;
	u32 flags;
	struct armvcpu_info info;
	u32 gic;
	u8 *image;
	size_t image_len;
	u8 *ram;
	unsigned int nr_vcpus;
};

struct vcpu {
	struct vm *vm;
	int fd;
	u32 id;
	struct armvcpu_run *run;
	pthread_t thread;
	volatile pid_t tid;	/* of @thread, once it runs */
	void *arg;		/* for the test */
};

/* Memory slots of vm_create(); tests take others. */
#define SLOT_IMAGE	0
#define SLOT_RAM	1
#define SLOT_TEST	8

extern const char __executable_start[], _end[];

/* ---- objects --------------------------------------------------------------- */

int dev_open(void);				/* skips where there is none */
void get_info(int dev, struct armvcpu_info *info);
void host_info(struct armvcpu_info *info);	/* for who has no /dev/armvcpu open */

/* A VM with no memory: @flags as in struct armvcpu_create_vm. */
struct vm *vm_create_bare(u32 flags);
/* A VM with image and RAM. */
struct vm *vm_create(u32 flags);
/*
 * The same with a GIC of @nr_irqs interrupts, for @cpus vCPUs. The environment says
 * which, by ARMVCPU_TEST_GIC=3, 2, 3-soft or 2-soft: the model, and whether its CPU
 * interface is software though the host has one. Without that it is the first of
 * GICv3, GICv2 that the host's GIC does, else the first that software does.
 */
struct vm *vm_create_gic(u32 flags, u32 nr_irqs, u32 cpus);
void vm_add_gic(struct vm *vm, u32 nr_irqs, u32 cpus);
/* The model that vm_add_gic() takes, and whether its interface is software then. */
u32 test_gic(const struct armvcpu_info *info);
bool test_gic_is_software(const struct armvcpu_info *info);
/* What vm_add_gic() asks for, with frames where they are. */
struct armvcpu_create_gic gic_config(const struct armvcpu_info *info, u32 nr_irqs, u32 cpus);
/* Skip the case unless the model is this one. */
void need_gic(u32 model);
/* Skip the case where the CPU interface is software: it has no list registers. */
void need_list_registers(void);
void vm_close(struct vm *vm);

int ioctl_raw(int fd, unsigned long request, const void *arg);
int vm_memory_raw(struct vm *vm, u32 slot, u32 flags, u64 ipa, u64 length, const void *hva);
void vm_memory(struct vm *vm, u32 slot, u32 flags, u64 ipa, u64 length, const void *hva);
void *mem_alloc(size_t length);			/* anonymous, zero, not touched */

int vcpu_create_raw(struct vm *vm, u32 id, u64 mpidr, u32 flags);
struct vcpu *vcpu_create(struct vm *vm, u32 id);
struct vcpu *vcpu_create_off(struct vm *vm, u32 id);
void vcpu_close(struct vcpu *v);

/* The host's address of a guest's variable, or of an address in its RAM. */
void *vm_addr(struct vm *vm, const volatile void *guest);
void *vm_ram(struct vm *vm, u64 ipa);
#define vm_var(vm, var)	(*(__typeof__(var) *)vm_addr(vm, &(var)))

int irq_line_raw(struct vm *vm, u32 type, u32 irq, u32 vcpu, u32 level);
void irq_line(struct vm *vm, u32 type, u32 irq, u32 vcpu, u32 level);

/* ---- eventfds -------------------------------------------------------------- */

int event_fd(void);				/* not blocking */
void event_write(int fd, u64 n);
u64 event_read(int fd);				/* 0: nothing was written */
int irqfd_raw(struct vm *vm, u32 flags, int fd, u32 irq, int resample_fd);
int ioeventfd_raw(struct vm *vm, u32 flags, u64 ipa, u32 length, u64 data, int fd);
int posted_raw(struct vm *vm, u32 flags, u64 ipa, u64 length, int fd);
struct armvcpu_ring *vm_ring(struct vm *vm);	/* mapped */

/* ---- registers ------------------------------------------------------------- */

void get_regs(struct vcpu *v, struct armvcpu_regs *r);
void set_regs(struct vcpu *v, const struct armvcpu_regs *r);
int get_sysreg_raw(struct vcpu *v, u32 encoding, u64 *value);
int set_sysreg_raw(struct vcpu *v, u32 encoding, u64 value);
u64 get_sysreg(struct vcpu *v, u32 encoding);
void set_sysreg(struct vcpu *v, u32 encoding, u64 value);
u64 get_x(struct vcpu *v, unsigned int n);
u64 get_pc(struct vcpu *v);

/* ---- running --------------------------------------------------------------- */

/* Make an assembly guest ready, see GUEST(). */
void vcpu_start(struct vcpu *v, const u32 *entry);
/* Make a C guest ready: stage 1 on, cacheable. */
void vcpu_start_c(struct vcpu *v, void (*fn)(u64 arg), u64 arg);
/* The same for a vCPU that is powered off: by VCPU_RESET. */
int vcpu_reset_raw(struct vcpu *v, u32 flags, u64 pc, u64 x0);

int vcpu_run_raw(struct vcpu *v);
/* Run to the next exit; EINTR is taken as a failure. */
void vcpu_run(struct vcpu *v);
/* Run to a store to @port, give the value; other messages are handled. */
u64 vcpu_run_to(struct vcpu *v, u64 port);
/* Run to GUEST_SYNC(); run to the end. */
u64 vcpu_sync(struct vcpu *v);
void vcpu_finish(struct vcpu *v);
/* Take up a message of the guest; false: the exit was none. */
bool vcpu_message(struct vcpu *v);
/* Complete the last exit and do not enter the guest. */
void vcpu_complete(struct vcpu *v);
/* Say what the exit was and fail. */
void vcpu_unexpected(struct vcpu *v) __attribute__((noreturn));

/* Run to an MMIO exit that is not a message. */
void vcpu_run_to_mmio(struct vcpu *v);

#define EXPECT_EXIT(v, reason) do {					\
	if ((v)->run->exit_reason != (reason)) {			\
		TH_LOG("expected " #reason " at line %d", __LINE__);	\
		vcpu_unexpected(v);					\
	}								\
} while (0)

/* A thread that runs the vCPU; @fn NULL: vcpu_finish(). */
void vcpu_thread(struct vcpu *v, void *(*fn)(void *vcpu));
void *vcpu_join(struct vcpu *v);

/* ---- the machine ------------------------------------------------------------ */

/* State of a thread of this process: R, S, D and so on; 0: gone. */
char thread_state(pid_t tid);
/* Wait until a thread sleeps in RUN, for ten seconds at most. */
bool wait_asleep(pid_t tid);
u64 thread_cpu_ns(pthread_t t);
u64 now_ns(void);
int cpu_count(void);			/* online CPUs this process may use */
int pin_cpu(int cpu);			/* the calling thread; 0 or -errno */
int read_file(const char *path, char *buf, size_t size);
int write_file(const char *path, const char *text);
/* CPU 1: is it there, and online; off or on, 0 or -errno. */
bool is_online(void);
int set_online(bool on);
/*
 * Run @body in a child, for which CPU 1 may go offline: it is back when the child has
 * ended, be it by a failure in a guest. Skips where CPU 1 cannot be switched off.
 */
void with_hotplug(void (*body)(void));
/* What stands behind @key among the counters in debugfs of this process's only VM. */
u64 debugfs_counter(const char *key);
/* Sum over all CPUs of a line of /proc/interrupts that contains @name; -1: none */
s64 interrupt_count(const char *name);

/* Wait up to ten seconds (times th_scale) until @cond is true; gives its value. */
#define WAIT_FOR(cond) ({						\
	u64 __end = now_ns() + 10000000000ULL * th_scale;		\
	bool __ok;							\
									\
	while (!(__ok = (cond)) && now_ns() < __end)			\
		usleep(500);						\
	__ok;								\
})

#endif /* TESTLIB_H */
