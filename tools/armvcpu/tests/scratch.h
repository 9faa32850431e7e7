/* SPDX-License-Identifier: GPL-2.0-only */
/* Files and directories that are gone when the test program is, whatever ended it. */
#ifndef ARMVM_SCRATCH_H
#define ARMVM_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * struct scratch_file - an empty file
 * @fd: open for reading and writing; closing it is the file's end
 * @path: can be opened while @fd is open and the test runs
 */
struct scratch_file {
	int fd;
	char path[32];
};

/* The file has no name in any directory that it could be left in. */
static inline int scratch_file(struct scratch_file *file)
{
	file->fd = memfd_create("test", MFD_CLOEXEC);
	snprintf(file->path, sizeof(file->path), "/proc/%d/fd/%d", getpid(), file->fd);
	return file->fd < 0 ? -1 : 0;
}

/* May files have @size? To exceed a limit (ulimit -f) would be the end of the test. */
static inline bool scratch_may_have(uint64_t size)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit))
		return false;
	if (limit.rlim_cur < size && limit.rlim_max >= size) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_FSIZE, &limit);
	}
	if (limit.rlim_cur < size)
		printf("# files may not have %llu bytes (ulimit -f)\n",
		       (unsigned long long)size);
	return limit.rlim_cur >= size;
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int type,
				     struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int scratch_remove(const char *path)
{
	return nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/**
 * struct scratch_dir - an empty directory below $TMPDIR, else P_tmpdir
 * @fd: the directory
 * @path: of use while the test runs; short enough for a socket in it, whatever TMPDIR is
 */
struct scratch_dir {
	int fd;
	char path[32];
};

/*
 * A child removes the directory with what is in it, when nobody has the other end of
 * its pipe any more. What is sent to the test's process group is not for that child.
 * It inherits all open files, so this comes before any that a test wants to see closed.
 */
static inline int scratch_dir(struct scratch_dir *dir)
{
	const char *tmp = getenv("TMPDIR");
	int alive[2];
	char *name;
	pid_t pid;
	char c;

	if (asprintf(&name, "%s/armvm-test-XXXXXX", tmp && *tmp ? tmp : P_tmpdir) < 0 ||
	    pipe2(alive, O_CLOEXEC) || !mkdtemp(name))
		return -1;
	dir->fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(dir->path, sizeof(dir->path), "/proc/%d/fd/%d", getpid(), dir->fd);
	pid = fork();
	if (!pid) {
		setsid();
		close(alive[1]);
		while (read(alive[0], &c, 1) < 0)
			;
		_exit(!!scratch_remove(name));
	}
	close(alive[0]);
	free(name);
	return dir->fd < 0 || pid < 0 ? -1 : 0;
}

#endif
