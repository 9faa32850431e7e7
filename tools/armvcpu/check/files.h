/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading files below a directory that stands for the root. What is no regular file is
 * as if it were not there, but for this machine's /dev/kmsg.
 */
#ifndef ARMVCPU_CHECK_FILES_H
#define ARMVCPU_CHECK_FILES_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a file may have at most; the largest, /proc/interrupts, has less. */
#define FILE_MAX	(16u << 20)

/* What file_has() looks through; /proc/kallsyms has less. */
#define FILE_HAS_MAX	(64u << 20)

/**
 * file_read() - the contents of a file, up to FILE_MAX, with a NUL after them
 * @size:	where their size goes, without the NUL; may be NULL
 *
 * Return: memory to free, or NULL with errno set.
 */
char *file_read(const char *root, const char *path, size_t *size);

/**
 * file_line() - the first line of a file without its end
 *
 * Return: false, and an empty string, when there is no such file.
 */
bool file_line(const char *root, const char *path, char *line, size_t size);

bool file_exists(const char *root, const char *path);

/** file_gunzip() - like file_read(), of what gzip(1) makes of the file */
char *file_gunzip(const char *root, const char *path);

/** file_list() - the entries of a directory, or NULL */
DIR *file_list(const char *root, const char *path);

/** file_tail() - the last @size bytes of a file, or all; how many, or -1 */
ssize_t file_tail(const char *root, const char *path, void *data, size_t size);

/** file_has() - does this (possibly huge) file have @word in it? */
bool file_has(const char *root, const char *path, const char *word);

/** path_join() - "@root@path"; false when it is too long */
bool path_join(char *out, size_t size, const char *root, const char *path);

#endif /* ARMVCPU_CHECK_FILES_H */
