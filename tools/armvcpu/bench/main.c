// SPDX-License-Identifier: GPL-2.0-only
/* bench: options, and a process of its own for each operation. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "json.h"
#include "stats.h"

static const char help[] =
"NAME\n"
"    bench - what operations of a virtual machine cost\n"
"\n"
"SYNOPSIS\n"
"    bench [OPTION...] [OPERATION...]\n"
"\n"
"DESCRIPTION\n"
"    Makes small virtual machines through /dev/kvm or /dev/armvcpu, does each\n"
"    operation in batches of N and of 2N rounds, and prints the nanoseconds of one\n"
"    round: the difference of the medians, divided by N. In an emulated machine with\n"
"    QEMU's \"-icount shift=0\" an instruction takes a nanosecond, so there they are\n"
"    instructions, those of the host and of the guest together.\n"
"\n"
"    Columns: operation, nanoseconds, and by how much of that the batches' middle\n"
"    half differ, in percent; or \"-\" and why there is no figure.\n"
"\n"
"OPTIONS\n"
"    -b, --backend NAME  kvm or armvcpu; without it the one that is there\n"
"    -n, --batches N     batches of each length (default 15)\n"
"    -t, --trace ROUNDS  do only so many rounds, marked by hints for a trace; print\n"
"                        each operation's number, and how many are in a round\n"
"    -j, --json          print a list of {\"op\", \"value\", \"spread\"}\n"
"    -l, --list          list the operations\n"
"    -h, --help          this\n"
"\n"
"EXIT STATUS\n"
"    0; 1 when an operation failed; 2 for wrong usage or no hypervisor.\n";

/* Seconds by the machine's clock; times $SLOW, see the test bed. */
#define OP_LIMIT	60

#define MAX_BATCHES	1000
/* Batches of OP_SINGLE in the time of a short and a long one. */
#define SINGLES		5

static const struct backend *const backends[] = { &kvm_backend, &armvcpu_backend };

static unsigned int batches = 15;
static unsigned int trace_rounds;

void die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	/* Other threads may hold locks; what they do does not matter any more. */
	_exit(1);
}

void check(int ret, const char *what)
{
	if (ret < 0)
		die("%s: %s", what, strerror(errno));
}

static uint64_t batch(struct bench *b, unsigned int rounds)
{
	return b->op->batch ? b->op->batch(b, rounds) : guest_batch(b, rounds);
}

static struct estimate measure(const struct backend *be, const struct op *op)
{
	static uint64_t shorter[MAX_BATCHES], longer[MAX_BATCHES * SINGLES];
	struct estimate e = { 0 };
	double tick = 1e9 / counter_frequency();
	struct bench b;
	unsigned int i, n;

	if (op->caps & CAP_LINUX) {
		e.value = tick * linux_boot(be);
		return e;
	}
	bench_start(&b, be, op);
	batch(&b, op->rounds);
	if (trace_rounds) {
		/* As many as a batch has, or the trace would be one of the host's tick. */
		n = op->flags & OP_HUGE || (op->rounds > 1 && op->rounds < trace_rounds) ?
		    op->rounds : trace_rounds;
		for (i = 0; &ops[i] <= op; i++)
			hint(HINT_OP);
		hint(HINT_START);
		batch(&b, n);
		hint(HINT_STOP);
	} else if (op->flags & OP_SINGLE) {
		for (i = 0; i < batches * SINGLES; i++)
			longer[i] = batch(&b, op->rounds);
		e = estimate_single(longer, i, op->rounds);
		e.value *= tick;
	} else {
		for (i = 0; i < batches; i++) {
			shorter[i] = batch(&b, op->rounds);
			longer[i] = batch(&b, 2 * op->rounds);
		}
		e = estimate(shorter, longer, batches, op->rounds, op->divide);
		e.value *= tick;
	}
	bench_stop(&b);
	return e;
}

/* In a process of its own: what goes wrong there is over when that ends. */
static bool measure_apart(const struct backend *be, const struct op *op, struct estimate *e)
{
	const char *slow = getenv("SLOW");
	int fds[2], status;
	pid_t pid;
	bool ok;

	fflush(stdout);
	check(pipe(fds), "pipe");
	pid = fork();
	check(pid, "fork");
	if (!pid) {
		alarm(OP_LIMIT * (slow ? atoi(slow) : 1));
		*e = measure(be, op);
		_exit(write(fds[1], e, sizeof(*e)) != sizeof(*e));
	}
	close(fds[1]);
	ok = read(fds[0], e, sizeof(*e)) == sizeof(*e);
	close(fds[0]);
	check(waitpid(pid, &status, 0), "waitpid");
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: %s\n", op->name, strsignal(WTERMSIG(status)));
	return ok && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Operations in a round of the trace. */
static unsigned int trace_divide(const struct op *op)
{
	if (op->flags & OP_HUGE)
		return op->rounds;
	return op->divide ? op->divide : 1;
}

static void list(void)
{
	unsigned int i;

	for (i = 0; i < nr_ops; i++)
		printf("%-22s  %s\n", ops[i].name, ops[i].text);
}

static const struct op *find_op(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_ops; i++)
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	return NULL;
}

static const struct backend *find_backend(const char *name)
{
	unsigned int i;
	int ret = -ENODEV;

	for (i = 0; i < ARRAY_SIZE(backends); i++) {
		if (name && strcmp(backends[i]->name, name))
			continue;
		ret = backends[i]->open();
		if (!ret)
			return backends[i];
	}
	fprintf(stderr, "bench: no %s here: %s\n", name ? name : "/dev/kvm or /dev/armvcpu",
		strerror(-ret));
	exit(2);
}

/* A boot is a matter of seconds, and too long for a trace. */
static unsigned int linux_cap(void)
{
	return !trace_rounds && !access("/guest/vmlinuz", R_OK) ? CAP_LINUX : 0;
}

/* One row, or what stands in its place. */
static bool row(const struct backend *be, const struct op *op, bool json, bool first)
{
	const char *why = NULL;
	struct estimate e = { 0 };

	unsigned int caps = be->caps() | linux_cap();

	if (op->caps & ~caps)
		why = op->caps & CAP_LINUX ? "no guest here" : "it has no such operation";
	else if (!measure_apart(be, op, &e))
		why = "failed";
	if (json)
		json_row(stdout, op->name, why ? NULL : &e, first);
	else if (why)
		printf("%-22s %10s  %s\n", op->name, "-", why);
	else if (trace_rounds)
		printf("%s %d %u\n", op->name, (int)(op - ops) + 1, trace_divide(op));
	else
		printf("%-22s %10.1f %6.2f\n", op->name, e.value, e.spread * 100);
	fflush(stdout);
	return !why || op->caps & ~caps;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "backend", required_argument, NULL, 'b' },
		{ "batches", required_argument, NULL, 'n' },
		{ "trace", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL },
	};
	const struct backend *be;
	const char *name = NULL;
	bool json = false, ok = true;
	unsigned int i, n;
	int c;

	while ((c = getopt_long(argc, argv, "b:n:t:jlh", options, NULL)) != -1) {
		switch (c) {
		case 'b':
			name = optarg;
			break;
		case 'n':
			batches = strtoul(optarg, NULL, 0);
			break;
		case 't':
			trace_rounds = strtoul(optarg, NULL, 0);
			break;
		case 'j':
			json = true;
			break;
		case 'l':
			list();
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (!batches || batches > MAX_BATCHES) {
		fprintf(stderr, "bench: 1 to %d batches\n", MAX_BATCHES);
		return 2;
	}
	for (i = optind; i < (unsigned int)argc; i++)
		if (!find_op(argv[i])) {
			fprintf(stderr, "bench: no operation '%s'; --list shows them\n", argv[i]);
			return 2;
		}
	if (trace_rounds)
		hint(HINT_STOP);
	be = find_backend(name);
	n = argc > optind ? (unsigned int)(argc - optind) : nr_ops;
	for (i = 0; i < n; i++)
		ok &= row(be, argc > optind ? find_op(argv[optind + i]) : &ops[i], json, !i);
	if (json)
		json_end(stdout);
	return !ok;
}
