// SPDX-License-Identifier: GPL-2.0-only
/* Kernel modules, and EL2's registers. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/syscall.h>

#include "kmod.h"

const char *kmod_armvcpu(void)
{
	const char *path = getenv("ARMVCPU_MODULE");

	return path ? path : "/lib/armvcpu.ko";
}

int kmod_load(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
	close(fd);
	return ret;
}

int kmod_try_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

int kmod_unload(const char *name)
{
	int ret;

	WAIT_FOR((ret = kmod_try_unload(name)) != -EWOULDBLOCK);
	return ret;
}

void kmod_must_have_armvcpu(bool loaded)
{
	int ret;

	if (geteuid() || access(kmod_armvcpu(), R_OK))
		th_skip("needs root and %s", kmod_armvcpu());
	/* Whatever another case has left there is not ours. */
	ret = kmod_unload("armvcpu");
	if (ret && ret != -ENOENT)
		FAIL("rmmod: %s", strerror(-ret));
	ret = loaded ? kmod_load(kmod_armvcpu(), "") : 0;
	if (ret)
		FAIL("insmod %s: %s", kmod_armvcpu(), strerror(-ret));
}

/* ---- EL2's registers -------------------------------------------------------- */

void el2regs_load(void)
{
	int ret;

	if (geteuid() || access(KMOD_EL2REGS, R_OK))
		th_skip("needs root and %s", KMOD_EL2REGS);
	ret = kmod_load(KMOD_EL2REGS, "");
	if (ret && ret != -EEXIST)
		FAIL("insmod %s: %s", KMOD_EL2REGS, strerror(-ret));
	if (access(EL2REGS "regs", R_OK))
		th_skip("needs debugfs in /sys/kernel/debug");
}

void el2regs_read(struct el2regs *r)
{
	FILE *f = fopen(EL2REGS "regs", "r");

	ASSERT_TRUE(f);
	r->nr = 0;
	while (fscanf(f, "cpu%u %19s %llx\n", &r->reg[r->nr].cpu, r->reg[r->nr].name,
		      (unsigned long long *)&r->reg[r->nr].value) == 3)
		ASSERT_LT(++r->nr, MAX_EL2REGS);
	/* EBUSY: EL2 is not the host's */
	ASSERT_TRUE(feof(f) && !ferror(f));
	fclose(f);
	ASSERT_LT(10, r->nr);
}

void el2regs_write(unsigned int cpu, const char *name, u64 value)
{
	char line[80];

	snprintf(line, sizeof(line), "%u %s %llx", cpu, name, (unsigned long long)value);
	ASSERT_EQ(0, write_file(EL2REGS "regs", line));
}

/* TTBR0_EL2 is only read where it is no thread's. */
static bool kernel_is_at_el1(const struct el2regs *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		if (!strcmp(r->reg[i].name, "TTBR0_EL2"))
			return true;
	return false;
}

/*
 * Bits in which a kernel at EL2 keeps what the thread that runs may use in user
 * space: SVE and SME (CPTR_EL2.ZEN and SMEN), keys of pointer authentication.
 */
static u64 bits_of_threads(const char *name, bool at_el1)
{
	if (at_el1)
		return 0;
	if (!strcmp(name, "CPTR_EL2"))
		return 1 << 17 | 1 << 25;
	if (!strcmp(name, "SCTLR_EL2"))
		return 1ULL << 31 | 1 << 30 | 1 << 27 | 1 << 13;
	return 0;
}

void el2regs_expect(const struct el2regs *want, const struct el2regs *seen)
{
	bool at_el1 = kernel_is_at_el1(want);
	unsigned int i;
	u64 differs;

	ASSERT_EQ(want->nr, seen->nr);
	for (i = 0; i < want->nr; i++) {
		ASSERT_EQ(want->reg[i].cpu, seen->reg[i].cpu);
		ASSERT_EQ(0, strcmp(want->reg[i].name, seen->reg[i].name));
		differs = want->reg[i].value ^ seen->reg[i].value;
		if (differs & ~bits_of_threads(want->reg[i].name, at_el1))
			th_fail(__FILE__, __LINE__, false, "CPU %u: %s was %016llx, is %016llx",
				want->reg[i].cpu, want->reg[i].name,
				(unsigned long long)want->reg[i].value,
				(unsigned long long)seen->reg[i].value);
	}
}

/* ---- the kernel's log ------------------------------------------------------- */

int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_LE(0, lseek(fd, 0, SEEK_END));
	return fd;
}

const char *log_line(int fd, unsigned int *priority)
{
	static char line[8192];
	char *text;
	ssize_t n;

	do {
		n = read(fd, line, sizeof(line) - 1);
	} while (n < 0 && errno == EPIPE);	/* lines were lost: the log is short */
	if (n <= 0)
		return NULL;
	line[n] = 0;
	line[strcspn(line, "\n")] = 0;
	text = strchr(line, ';');
	ASSERT_TRUE(text);
	if (priority)
		*priority = atoi(line);
	return text + 1;
}
