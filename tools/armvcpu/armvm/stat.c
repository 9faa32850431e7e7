// SPDX-License-Identifier: GPL-2.0-only
/*
 * "armvm stat": what a running machine does.
 *
 * The machine's armvm hands over its files of statistics (stat_server.c); they are
 * read here, without it.
 */
#include "stat.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "stat_server.h"
#include "util.h"

#define MAX_FILES	(MAX_CPUS + 1)

static const char help[] =
"Usage: armvm stat [OPTION]... [PID]\n"
"Show what the virtual machine of the armvm with process number PID does; without\n"
"PID the only one that runs.\n"
"\n"
"      --once             show what there was since the machine was made, and end\n"
"      --json             an object a line instead of a table\n"
"      --interval SECONDS how often to show it, default 1\n"
"      --help             show this help\n"
"\n"
"It ends with the machine, or when the guest resets.\n";

enum {
	OPT_ONCE = 256,
	OPT_JSON,
	OPT_INTERVAL,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "interval", required_argument, NULL, OPT_INTERVAL },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* Columns of the table: events, which are shown for each second, after the times. */
static const struct {
	const char *head;
	const char *name;
} columns[] = {
	{ "exits", "exits" }, { "vmm", "vmm_exits" }, { "irq", "irq_exits" },
	{ "mmio", "mmio_exits" }, { "gic", "gic_accesses" }, { "kick", "kicks" },
	{ "event", "ioeventfds" }, { "posted", "posted_writes" },
	{ "fault", "memory_faults" }, { "inject", "injected_irqs" }, { "wfi", "wfi_exits" },
};

static const char *const times[] = { "guest_time", "host_time", "halt_time" };

/**
 * struct sample - what the table shows of a vCPU
 * @time: guest, host, halt in nanoseconds
 * @count: by column
 */
struct sample {
	uint64_t time[ARRAY_SIZE(times)];
	uint64_t count[ARRAY_SIZE(columns)];
};

/**
 * struct view - a machine that is watched
 * @fd: the connection: closed when the machine goes off
 * @files: the VM's, then the vCPUs'
 * @nr_files: how many
 * @last: of the vCPUs, by file
 */
struct view {
	int fd;
	struct stat_file files[MAX_FILES];
	unsigned int nr_files;
	struct sample last[MAX_FILES];
};

/* ---- finding the machine ----------------------------------------------------- */

static int connect_to(const char *dir, long pid)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, n;

	n = snprintf(addr.sun_path, sizeof(addr.sun_path),
		     "%s/" STAT_PREFIX "%ld" STAT_SUFFIX, dir, pid);
	if (n < 0 || (size_t)n >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		n = errno;
		close(fd);
		errno = n;
		return -1;
	}
	return fd;
}

/* The process number in the name of a socket, or -1. */
static long pid_of(const char *name)
{
	size_t prefix = strlen(STAT_PREFIX);
	char *end;
	long pid;

	if (strncmp(name, STAT_PREFIX, prefix))
		return -1;
	pid = strtol(name + prefix, &end, 10);
	return pid > 0 && !strcmp(end, STAT_SUFFIX) ? pid : -1;
}

/* The only one there is; sockets of armvms that were killed do not count. */
static int connect_to_any(const char *dir)
{
	char found[256] = "";
	struct dirent *entry;
	int fd = -1, other;
	unsigned int n = 0;
	DIR *d = opendir(dir);

	if (!d)
		return error("%s: %s", dir, strerror(errno));
	while ((entry = readdir(d))) {
		long pid = pid_of(entry->d_name);
		size_t used = strlen(found);

		if (pid < 0)
			continue;
		other = connect_to(dir, pid);
		if (other < 0)
			continue;
		snprintf(found + used, sizeof(found) - used, " %ld", pid);
		if (n++)
			close(other);
		else
			fd = other;
	}
	closedir(d);
	if (n == 1)
		return fd;
	if (fd >= 0)
		close(fd);
	return n ? error("which one? There are%s", found) :
		   error("no machine runs, or it is another user's");
}

static int receive_files(int fd, int *fds, unsigned int *count)
{
	char magic[sizeof(STAT_MAGIC)] = "";
	struct iovec iov = { magic, sizeof(magic) };
	union {
		struct cmsghdr align;
		char buffer[CMSG_SPACE(MAX_FILES * sizeof(int))];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buffer,
		.msg_controllen = sizeof(control.buffer),
	};
	struct cmsghdr *c;
	ssize_t n;

	*count = 0;
	n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return error("cannot ask the machine: %s", strerror(errno));
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		*count = (unsigned int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), *count * sizeof(int));
	}
	if (n != sizeof(magic) || memcmp(magic, STAT_MAGIC, sizeof(magic)) || !*count)
		return error("the machine does not tell");
	return 0;
}

static int view_open(struct view *view, long pid)
{
	char buffer[64];
	const char *dir = stat_directory(buffer, sizeof(buffer));
	int fds[MAX_FILES], failed;
	unsigned int i, count;

	if (!dir)
		return error("XDG_RUNTIME_DIR is not set, and there is no /run/user of yours");
	if (!pid) {
		view->fd = connect_to_any(dir);
		if (view->fd < 0)
			return -1;
	} else {
		view->fd = connect_to(dir, pid);
		if (view->fd < 0)
			return error("no machine of process %ld: %s", pid, strerror(errno));
	}

	failed = receive_files(view->fd, fds, &count);
	for (i = 0; i < count; i++) {
		if (failed)
			close(fds[i]);
		else
			failed = stat_file_open(&view->files[view->nr_files++], fds[i]);
	}
	return failed;
}

static void view_close(struct view *view)
{
	while (view->nr_files)
		stat_file_close(&view->files[--view->nr_files]);
	if (view->fd >= 0)
		close(view->fd);
}

/* ---- showing it -------------------------------------------------------------- */

static int take_sample(const struct stat_file *file, struct sample *s)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(times); i++)
		if (stat_file_get(file, times[i], &s->time[i]) < 0)
			return -1;
	for (i = 0; i < ARRAY_SIZE(columns); i++)
		if (stat_file_get(file, columns[i].name, &s->count[i]) < 0)
			return -1;
	return 0;
}

static void print_percent(uint64_t part, double whole)
{
	printf(" %6.1f", whole > 0 ? 100.0 * (double)part / whole : 0.0);
}

/* "0" is the last part of "armvcpu-123-1/vcpu-0". */
static const char *short_name(const struct stat_file *file)
{
	const char *dash = strrchr(file->id, '-');

	return dash ? dash + 1 : file->id;
}

/* @ns: time since the last table; 0: all there was */
static int print_table(struct view *view, uint64_t ns)
{
	struct sample now;
	unsigned int i;
	size_t k;

	printf("%-5s %6s %6s %6s", "vCPU", "guest%", "host%", "halt%");
	for (k = 0; k < ARRAY_SIZE(columns); k++)
		printf(" %8s", columns[k].head);
	putchar('\n');
	for (i = 1; i < view->nr_files; i++) {
		struct sample *last = &view->last[i];
		uint64_t guest, host, halt;
		double whole;

		if (take_sample(&view->files[i], &now))
			return -1;
		guest = now.time[0] - last->time[0];
		halt = now.time[2] - last->time[2];
		host = now.time[1] - last->time[1];
		whole = ns ? (double)ns : (double)(guest + host);
		printf("%-5s", short_name(&view->files[i]));
		print_percent(guest, whole);
		print_percent(host > halt ? host - halt : 0, whole);
		print_percent(halt, whole);
		for (k = 0; k < ARRAY_SIZE(columns); k++) {
			uint64_t n = now.count[k] - last->count[k];

			if (ns)
				n = (uint64_t)((double)n * 1e9 / (double)ns + 0.5);
			printf(" %8" PRIu64, n);
		}
		putchar('\n');
		*last = now;
	}
	return fflush(stdout) ? error("stdout: %s", strerror(errno)) : 0;
}

static int print_json(struct view *view)
{
	unsigned int i;

	for (i = 0; i < view->nr_files; i++) {
		fputs(!i ? "{\"vm\": " : i == 1 ? ", \"vcpus\": [" : ", ", stdout);
		if (stat_file_json(&view->files[i], stdout))
			return -1;
	}
	puts(view->nr_files > 1 ? "]}" : ", \"vcpus\": []}");
	return fflush(stdout) ? error("stdout: %s", strerror(errno)) : 0;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* False when the machine has gone off meanwhile. */
static bool wait_for(struct view *view, uint64_t until)
{
	struct pollfd fd = { .fd = view->fd, .events = POLLIN };
	uint64_t now;

	while ((now = now_ns()) < until) {
		if (poll(&fd, 1, (int)((until - now) / 1000000 + 1)) > 0)
			return false;
	}
	return true;
}

static int watch(struct view *view, bool once, bool json, double interval)
{
	uint64_t began = now_ns(), step = (uint64_t)(interval * 1e9), last = began, now;
	bool clear = isatty(STDOUT_FILENO) && !json;
	unsigned int i;
	uint64_t n;

	if (once)
		return json ? print_json(view) : print_table(view, 0);

	for (i = 1; i < view->nr_files; i++)
		if (take_sample(&view->files[i], &view->last[i]))
			return -1;
	for (n = 1; wait_for(view, began + n * step); n++) {
		/* Home, and nothing below: a table in its place. */
		if (clear)
			fputs("\033[H\033[J", stdout);
		now = now_ns();
		if (json ? print_json(view) : print_table(view, now - last))
			return -1;
		last = now;
	}
	return 0;
}

/**
 * stat_main() - "armvm stat"
 * @argc: arguments, "stat" first
 * @argv: them
 *
 * Return: exit status
 */
int stat_main(int argc, char **argv)
{
	static struct view view;
	bool once = false, json = false;
	double interval = 1;
	long pid = 0;
	int opt, failed;
	char *end;

	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_ONCE:
			once = true;
			break;
		case OPT_JSON:
			json = true;
			break;
		case OPT_INTERVAL:
			interval = strtod(optarg, &end);
			if (end == optarg || *end || !(interval >= 0.01 && interval <= 86400)) {
				report("--interval %s: not a number of seconds", optarg);
				return 1;
			}
			break;
		case OPT_HELP:
			fputs(help, stdout);
			return 0;
		default:
			fprintf(stderr, "Try 'armvm stat --help'.\n");
			return 1;
		}
	}
	if (optind < argc) {
		pid = strtol(argv[optind], &end, 10);
		if (*end || end == argv[optind] || pid <= 0 || optind + 1 < argc) {
			report("%s: one process number, or none", argv[optind]);
			return 1;
		}
	}

	view.fd = -1;
	failed = view_open(&view, pid);
	if (!failed)
		failed = watch(&view, once, json, interval);
	view_close(&view);
	return failed ? 1 : 0;
}
