// SPDX-License-Identifier: GPL-2.0-only
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOTES_PER_SECOND	10

bool verbose;

int open_standard_files(void)
{
	int fd;

	/*
	 * The lowest number that is free is the one that open() gives. Not for writing:
	 * what goes to a stdout that is not there is an error, as it was.
	 */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			return error("/dev/null: %s", strerror(errno));
	}
	return 0;
}

static void print(const char *format, va_list args)
{
	char line[512];

	/* One write for one line, as several threads may speak at once. */
	vsnprintf(line, sizeof(line), format, args);
	fprintf(stderr, "armvm: %s\n", line);
}

void report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(format, args);
	va_end(args);
}

void note(const char *format, ...)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned int count;
	static time_t second;
	struct timespec now;
	va_list args;

	if (!verbose)
		return;

	pthread_mutex_lock(&lock);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != second) {
		second = now.tv_sec;
		count = 0;
	}
	if (count++ < NOTES_PER_SECOND) {
		va_start(args, format);
		print(format, args);
		va_end(args);
	}
	pthread_mutex_unlock(&lock);
}
