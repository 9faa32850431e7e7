// SPDX-License-Identifier: GPL-2.0-only
/*
 * trap_from_user CPU COMMAND: run the command, then do DC CVAU on that CPU, in user
 * space. (CTR_EL0 would trap to EL1 where Linux hides it.) All that this needs is there
 * before the command, and nothing else begins on that CPU, so that the first who cleans a
 * line there is this.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void clean_line(void)
{
	static int line;

	__asm__ volatile("dc cvau, %0" : : "r"(&line) : "memory");
}

int main(int argc, char **argv)
{
	cpu_set_t set;

	if (argc != 3) {
		fprintf(stderr, "usage: trap_from_user CPU COMMAND\n");
		return 1;
	}
	clean_line();
	if (mlockall(MCL_CURRENT) || system(argv[2]))
		return 1;
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[1]), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return 1;
	clean_line();
	printf("DC CVAU does not trap\n");
	return 0;
}
