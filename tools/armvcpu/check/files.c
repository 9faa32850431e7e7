// SPDX-License-Identifier: GPL-2.0-only
/* Reading files below a directory that stands for the root. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"

bool path_join(char *out, size_t size, const char *root, const char *path)
{
	int len = snprintf(out, size, "%s%s", root, path);

	return len >= 0 && (size_t)len < size;
}

static int open_below(const char *root, const char *path)
{
	char name[4096];

	if (!path_join(name, sizeof(name), root, path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	/* Nonblocking: the kernel's log would wait for its next line. */
	return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
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
	char name[4096];

	return path_join(name, sizeof(name), root, path) && !access(name, F_OK);
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
	int fd = open_below(root, path);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!found && getline(&line, &room, file) >= 0)
		found = strstr(line, word);
	free(line);
	fclose(file);
	return found;
}
