// SPDX-License-Identifier: GPL-2.0-only
/* linux_boot: armvm and the test bed's Linux guest. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define OUTPUT	"/tmp/linux_boot"

/* The guest says so when it is in user space. */
static bool guest_reported(void)
{
	bool found = false;
	char line[256];
	FILE *f = fopen(OUTPUT, "r");

	while (f && !found && fgets(line, sizeof(line), f))
		found = !strncmp(line, "cpus: 1", 7);
	if (f)
		fclose(f);
	return found;
}

/**
 * linux_boot() - boot Linux with one CPU, let it say so and power off
 * @be: by whom; armvm for this backend has to be in PATH
 *
 * Return: ticks of the counter from before armvm is started to after it has ended.
 */
uint64_t linux_boot(const struct backend *be)
{
	const char *armvm = be == &kvm_backend ? "armvm-kvm" : "armvm";
	uint64_t begin;
	int status, fd;
	pid_t pid;

	fd = open(OUTPUT, O_RDWR | O_CREAT | O_TRUNC, 0600);
	check(fd, OUTPUT);
	begin = counter();
	pid = fork();
	check(pid, "fork");
	if (!pid) {
		dup2(fd, 1);
		dup2(fd, 2);
		execlp(armvm, armvm, "--no-reboot", "-k", "/guest/vmlinuz", "-i", "/guest/initrd",
		       "-c", "1", "-m", "256", "-a",
		       "console=ttyAMA0 quiet panic=-1 nokaslr bed.do=report", (char *)NULL);
		_exit(127);
	}
	check(waitpid(pid, &status, 0), "waitpid");
	begin = counter() - begin;
	close(fd);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		die("%s ended with status %#x", armvm, status);
	if (!guest_reported())
		die("%s: the guest did not come to user space", armvm);
	return begin;
}
