// SPDX-License-Identifier: GPL-2.0-only
/* Reading files below a directory that stands for the root. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "files.h"
#include "openat2.h"

bool path_join(char *out, size_t size, const char *root, const char *path)
{
	int len = snprintf(out, size, "%s%s", root, path);

	return len >= 0 && (size_t)len < size;
}

/* The kernel gives up when somebody renames directories just then. */
#define OPEN_TRIES	100

/* Not before 5.6, nor in some sandboxes. A kernel that has it knows no empty struct. */
static bool has_openat2(void)
{
	return syscall(SYS_openat2, AT_FDCWD, "", NULL, 0) < 0 && errno == EINVAL;
}

/* No link leads out of @root, if the kernel can see to that. */
static int open_path(const char *root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};
	int dir, fd, err, tries = 0;
	char name[4096];

	if (*root && has_openat2()) {
		dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			return -1;
		do {
			fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
		} while (fd < 0 && errno == EAGAIN && ++tries < OPEN_TRIES);
		err = errno;
		close(dir);
		errno = err;
		return fd;
	}
	if (!path_join(name, sizeof(name), root, path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(name, flags | O_CLOEXEC);
}

/* No pipes, no devices, but for this machine's own log. */
static bool is_file(int fd, const char *root)
{
	struct stat st;

	return !fstat(fd, &st) &&
		(S_ISREG(st.st_mode) ||
		 (!*root && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 11)));
}

static int open_below(const char *root, const char *path)
{
	int found = open_path(root, path, O_PATH), fd = -1, err = EINVAL;
	char name[32];

	if (found < 0)
		return -1;
	/*
	 * To open a device can do something to it, so what is opened is what was looked
	 * at, and not what has this name by now. Nonblocking: a log waits for lines.
	 */
	if (is_file(found, root)) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", found);
		fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		err = errno;
	}
	close(found);
	errno = err;
	return fd;
}

/* /dev/kmsg gives one record a read(), and EPIPE where records were lost. */
static char *read_fd(int fd, size_t *size)
{
	size_t have = 0, room = 0;
	char *data = NULL, *bigger;
	ssize_t n;

	for (;;) {
		if (room - have < 8192) {
			room = room ? room * 2 : 16384;
			bigger = room <= FILE_MAX ? realloc(data, room + 1) : NULL;
			if (!bigger)
				break;
			data = bigger;
		}
		n = read(fd, data + have, room - have);
		if (n < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (n < 0 && errno != EAGAIN && !have) {
			free(data);
			return NULL;
		}
		if (n <= 0)
			break;
		have += n;
	}
	if (!data)
		return NULL;
	data[have] = '\0';
	if (size)
		*size = have;
	return data;
}

char *file_read(const char *root, const char *path, size_t *size)
{
	int fd = open_below(root, path);
	char *data;

	if (fd < 0)
		return NULL;
	data = read_fd(fd, size);
	close(fd);
	return data;
}

bool file_line(const char *root, const char *path, char *line, size_t size)
{
	char *data = file_read(root, path, NULL);

	line[0] = '\0';
	if (!data)
		return false;
	snprintf(line, size, "%.*s", (int)strcspn(data, "\n"), data);
	free(data);
	return true;
}

bool file_exists(const char *root, const char *path)
{
	int fd = open_path(root, path, O_PATH);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

DIR *file_list(const char *root, const char *path)
{
	int fd = open_path(root, path, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

ssize_t file_tail(const char *root, const char *path, void *data, size_t size)
{
	int fd = open_below(root, path);
	ssize_t n = -1;
	off_t end;

	if (fd < 0)
		return -1;
	end = lseek(fd, 0, SEEK_END);
	if (end >= 0)
		n = pread(fd, data, size, end > (off_t)size ? end - (off_t)size : 0);
	close(fd);
	return n;
}

char *file_gunzip(const char *root, const char *path)
{
	int in = open_below(root, path), ends[2];
	char *data = NULL;
	pid_t child;

	if (in < 0)
		return NULL;
	if (pipe2(ends, O_CLOEXEC)) {
		close(in);
		return NULL;
	}
	child = fork();
	if (!child) {
		int null = open("/dev/null", O_WRONLY);

		dup2(in, STDIN_FILENO);
		dup2(ends[1], STDOUT_FILENO);
		if (null >= 0)
			dup2(null, STDERR_FILENO);
		execlp("gzip", "gzip", "-dc", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	close(in);
	if (child > 0) {
		int status;

		data = read_fd(ends[0], NULL);
		/* A reader that stopped early must not leave a writer waiting. */
		close(ends[0]);
		if (waitpid(child, &status, 0) != child || status) {
			free(data);
			data = NULL;
		}
	} else {
		close(ends[0]);
	}
	return data;
}

bool file_has(const char *root, const char *path, const char *word)
{
	size_t len = strlen(word), have = 0, keep, all = 0;
	int fd = open_below(root, path);
	bool found = false;
	char data[65536];
	ssize_t n;

	if (fd < 0)
		return false;
	while (!found && all < FILE_HAS_MAX) {
		n = read(fd, data + have, sizeof(data) - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		all += (size_t)n;
		have += (size_t)n;
		found = memmem(data, have, word, len);
		/* What may be the beginning of the word. */
		keep = have < len ? have : len - 1;
		memmove(data, data + have - keep, keep);
		have = keep;
	}
	close(fd);
	return found;
}
