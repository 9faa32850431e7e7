// SPDX-License-Identifier: GPL-2.0-only
/* The runner behind harness.h. */
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "harness.h"

/* A killed child that is not gone after so many seconds hangs in the kernel. */
#define REAP_TIMEOUT	10

static struct th_case *cases, **last_case = &cases;

/* What a child tells the runner; shared memory. */
static struct {
	char skip_reason[256];
	bool failed;
} *report;

void th_add_case(struct th_case *c)
{
	*last_case = c;
	last_case = &c->next;
}

void th_add_variant(struct th_fixture *f, struct th_variant *v)
{
	if (!f->last)
		f->last = &f->variants;
	*f->last = v;
	f->last = &v->next;
}

/* One write for one line, so that lines of several threads do not mix. */
static void print_line(const char *prefix, const char *fmt, va_list ap)
{
	char line[1024];
	int n, m;

	n = snprintf(line, sizeof(line), "# %s", prefix);
	m = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	n += m < (int)sizeof(line) - n - 1 ? m : (int)sizeof(line) - n - 2;
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, n) < 0)
		return;
}

void th_log(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line("", fmt, ap);
	va_end(ap);
}

void th_fail(const char *file, int line, bool fatal, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	char where[128];
	va_list ap;

	snprintf(where, sizeof(where), "%s:%d: ", base ? base + 1 : file, line);
	va_start(ap, fmt);
	print_line(where, fmt, ap);
	va_end(ap);
	report->failed = true;
	if (fatal)
		_exit(TH_FAIL);
}

void th_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(report->skip_reason, sizeof(report->skip_reason), fmt, ap);
	va_end(ap);
	_exit(report->failed ? TH_FAIL : TH_SKIP);
}

void th_exit(void)
{
	_exit(report->failed ? TH_FAIL : TH_PASS);
}

/* Wait for @pid, @seconds at most. SIGCHLD is blocked. */
static bool wait_for(pid_t pid, int *status, unsigned int seconds)
{
	struct timespec now, end;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	for (;;) {
		struct timespec left = { 1, 0 };

		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > end.tv_sec ||
		    (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec))
			return false;
		sigtimedwait(&set, NULL, &left);
	}
}

unsigned int th_scale = 1;

unsigned long th_many(unsigned long thorough, unsigned long quick)
{
	const char *wanted = getenv("THOROUGH");

	return wanted && atoi(wanted) > 0 ? thorough : quick;
}

static int run_case(struct th_case *c, struct th_variant *v, const char *name,
		    unsigned int number)
{
	bool timed_out = false;
	int status, result;
	pid_t pid;

	memset(report, 0, sizeof(*report));
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		printf("not ok %u %s # fork: %s\n", number, name, strerror(errno));
		return TH_FAIL;
	}
	if (!pid) {
		sigset_t none;

		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		c->fn(v ? v->data : NULL);
		th_exit();
	}
	setpgid(pid, pid);

	if (!wait_for(pid, &status, c->timeout * th_scale)) {
		timed_out = true;
		kill(-pid, SIGKILL);
		if (!wait_for(pid, &status, REAP_TIMEOUT)) {
			printf("not ok %u %s # timeout, and SIGKILL does not end it\n",
			       number, name);
			return TH_FAIL;
		}
	}
	kill(-pid, SIGKILL);

	if (timed_out) {
		printf("# timeout after %u s\n", c->timeout * th_scale);
		result = TH_FAIL;
	} else if (WIFSIGNALED(status)) {
		printf("# ended by signal %d (%s)\n", WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
		result = TH_FAIL;
	} else {
		result = WEXITSTATUS(status);
	}
	if (result == TH_SKIP)
		printf("ok %u %s # SKIP %s\n", number, name, report->skip_reason);
	else
		printf("%s %u %s\n", result == TH_PASS ? "ok" : "not ok", number, name);
	return result;
}

static bool wanted(const char *name, char **patterns)
{
	if (!*patterns)
		return true;
	for (; *patterns; patterns++)
		if (strstr(name, *patterns) || !fnmatch(*patterns, name, 0))
			return true;
	return false;
}

static void case_name(char *name, size_t size, struct th_case *c, struct th_variant *v)
{
	if (!c->fixture)
		snprintf(name, size, "%s", c->name);
	else if (!v)
		snprintf(name, size, "%s.%s", c->fixture->name, c->name);
	else
		snprintf(name, size, "%s.%s.%s", c->fixture->name, v->name, c->name);
}

/* Call @fn for each case that @patterns name, once for each variant. */
static unsigned int for_each(char **patterns,
			     void (*fn)(struct th_case *c, struct th_variant *v,
					const char *name, void *data), void *data)
{
	unsigned int n = 0;
	struct th_case *c;
	char name[256];

	for (c = cases; c; c = c->next) {
		struct th_variant *v = c->fixture ? c->fixture->variants : NULL;

		do {
			case_name(name, sizeof(name), c, v);
			if (wanted(name, patterns)) {
				n++;
				if (fn)
					fn(c, v, name, data);
			}
			v = v ? v->next : NULL;
		} while (v);
	}
	return n;
}

static void list_one(struct th_case *c, struct th_variant *v, const char *name, void *data)
{
	(void)c;
	(void)v;
	(void)data;
	puts(name);
}

struct totals {
	unsigned int number, passed, failed, skipped;
};

static void run_one(struct th_case *c, struct th_variant *v, const char *name, void *data)
{
	struct totals *t = data;

	switch (run_case(c, v, name, ++t->number)) {
	case TH_PASS:
		t->passed++;
		break;
	case TH_SKIP:
		t->skipped++;
		break;
	default:
		t->failed++;
	}
	fflush(stdout);
}

int th_main(int argc, char **argv)
{
	const char *slow = getenv("SLOW");
	struct totals t = { };
	unsigned int n;
	sigset_t set;

	if (slow && atoi(slow) > 0)
		th_scale = atoi(slow);

	while (argc > 1 && !strncmp(argv[1], "--", 2)) {
		if (!strcmp(argv[1], "--list")) {
			for_each(argv + 2, list_one, NULL);
			return 0;
		}
		if (!strcmp(argv[1], "--scale") && argc > 2 && atoi(argv[2]) > 0) {
			th_scale = atoi(argv[2]);
			argv += 2;
			argc -= 2;
			continue;
		}
		fprintf(stderr, "usage: %s [--scale N] [PATTERN...] | --list\n", argv[0]);
		return TH_FAIL;
	}

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED) {
		perror("mmap");
		return TH_FAIL;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);

	puts("TAP version 13");
	n = for_each(argv + 1, NULL, NULL);
	if (!n) {
		puts("1..0 # SKIP no case has such a name");
		return TH_SKIP;
	}
	printf("1..%u\n", n);
	for_each(argv + 1, run_one, &t);
	printf("# %u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
	return t.failed ? TH_FAIL : t.passed ? TH_PASS : TH_SKIP;
}
