// SPDX-License-Identifier: GPL-2.0-only
/*
 * armvm: run a virtual machine on /dev/armvcpu.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "machine.h"
#include "options.h"
#include "stat.h"
#include "util.h"

/* The exit status tells how the guest ended; armvm.1 lists it. */
#define STATUS_OFF	0
#define STATUS_SETUP	1
#define STATUS_CPUS_OFF	2
#define STATUS_INTERNAL	3
#define STATUS_RESET	4
#define STATUS_QUIT	5

static int status_of(enum machine_end end)
{
	switch (end) {
	case END_OFF:
		return STATUS_OFF;
	case END_RESET:
		return STATUS_RESET;
	case END_CPUS_OFF:
		report("the guest turned off all of its CPUs");
		return STATUS_CPUS_OFF;
	case END_QUIT:
		return STATUS_QUIT;
	default:
		return STATUS_INTERNAL;
	}
}

static int run(struct machine *m)
{
	int failed = STATUS_SETUP;
	enum machine_end end;

	do {
		if (machine_power_on(m)) {
			machine_power_off(m);
			return failed;
		}
		end = machine_wait(m);
		machine_power_off(m);
		/* What fails after a reset is no mistake of the caller. */
		failed = STATUS_INTERNAL;
	} while (end == END_RESET && !m->options->no_reboot);

	return status_of(end);
}

/* Die of the signal, as the parent expects; the terminal is restored. */
static void die_of(int signo)
{
	sigset_t set;

	signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	raise(signo);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int main(int argc, char **argv)
{
	static struct machine machine;
	struct options options;
	int status = STATUS_SETUP;

	if (open_standard_files())
		return STATUS_SETUP;
	if (argc > 1 && !strcmp(argv[1], "stat"))
		return stat_main(argc - 1, argv + 1);

	switch (options_parse(&options, argc, argv)) {
	case OPTIONS_DONE:
		options_free(&options);
		return STATUS_OFF;
	case OPTIONS_BAD:
		options_free(&options);
		return STATUS_SETUP;
	case OPTIONS_RUN:
		break;
	}

	verbose = options.verbose;
	terminal_init();
	if (!machine_create(&machine, &options)) {
		if (!options.dtb_dump)
			status = run(&machine);
		else if (!machine_dump_dtb(&machine))
			status = STATUS_OFF;
	}
	machine_destroy(&machine);
	options_free(&options);

	if (machine.signal)
		die_of(machine.signal);
	return status;
}
