// SPDX-License-Identifier: GPL-2.0-only
/*
 * trap_from_user CPU COMMAND: run the command, then read CTR_EL0 on that CPU, in user
 * space. All that the reading needs is there before the command, and nothing else begins
 * on that CPU, so that the first who reads it there is this.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t read_ctr(void)
{
	uint64_t ctr;

	__asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
	return ctr;
}

int main(int argc, char **argv)
{
	cpu_set_t set;

	if (argc != 3) {
		fprintf(stderr, "usage: trap_from_user CPU COMMAND\n");
		return 1;
	}
	read_ctr();
	if (mlockall(MCL_CURRENT) || system(argv[2]))
		return 1;
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[1]), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return 1;
	printf("CTR_EL0 is %llx\n", (unsigned long long)read_ctr());
	return 0;
}
