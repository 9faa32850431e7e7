/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading files below a directory that stands for the root. */
#ifndef ARMVCPU_CHECK_FILES_H
#define ARMVCPU_CHECK_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* What a file may have at most; the largest, /proc/interrupts, has less. */
#define FILE_MAX	(16u << 20)

/**
 * file_read() - the contents of a file, with a NUL after them
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

/** file_has() - does a line of this (possibly huge) file have @word in it? */
bool file_has(const char *root, const char *path, const char *word);

/** path_join() - "@root@path"; false when it is too long */
bool path_join(char *out, size_t size, const char *root, const char *path);

#endif /* ARMVCPU_CHECK_FILES_H */
