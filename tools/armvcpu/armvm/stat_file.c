// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of statistics (struct armvcpu_stats_header): whatever is in them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libarmvcpu.h>

#include "stat.h"
#include "util.h"

/* No file has so many; and a bad one shall not cost memory. */
#define MAX_VALUES	4096
#define MAX_NAME	256

static int read_at(int fd, void *to, size_t size, uint64_t offset)
{
	ssize_t n = pread(fd, to, size, (off_t)offset);

	if (n == (ssize_t)size)
		return 0;
	return error("statistics: %s", n < 0 ? strerror(errno) : "end of file");
}

static char *read_name(int fd, size_t size, uint64_t offset)
{
	char *name = calloc(1, size + 1);

	if (name && read_at(fd, name, size, offset)) {
		free(name);
		return NULL;
	}
	return name;
}

/**
 * stat_file_open() - read what a file is about
 * @file: filled in
 * @fd: the file; it is closed by stat_file_close()
 *
 * Return: 0, or -1 after an error message; stat_file_close() in both cases.
 */
int stat_file_open(struct stat_file *file, int fd)
{
	struct armvcpu_stats_header header;
	struct armvcpu_stats_desc desc;
	uint32_t i;

	memset(file, 0, sizeof(*file));
	file->fd = fd;
	if (read_at(fd, &header, sizeof(header), 0))
		return -1;
	if (!header.name_size || header.name_size > MAX_NAME || header.num_desc > MAX_VALUES)
		return error("statistics: not a file of them");
	file->id = read_name(fd, header.name_size, header.id_offset);
	file->values = calloc(header.num_desc + 1, sizeof(*file->values));
	if (!file->id || !file->values)
		return -1;

	for (i = 0; i < header.num_desc; i++) {
		uint64_t at = header.desc_offset +
			      (uint64_t)i * (sizeof(desc) + header.name_size);
		struct stat_value *v = &file->values[i];

		if (read_at(fd, &desc, sizeof(desc), at))
			return -1;
		v->name = read_name(fd, header.name_size, at + sizeof(desc));
		if (!v->name)
			return -1;
		v->flags = desc.flags;
		v->exponent = desc.exponent;
		v->size = desc.size;
		v->offset = (uint64_t)header.data_offset + desc.offset;
		file->nr_values++;
	}
	return 0;
}

/**
 * stat_file_close() - close the file, free what is known of it
 * @file: the file
 */
void stat_file_close(struct stat_file *file)
{
	uint32_t i;

	for (i = 0; i < file->nr_values; i++)
		free(file->values[i].name);
	free(file->values);
	free(file->id);
	if (file->fd >= 0)
		close(file->fd);
	memset(file, 0, sizeof(*file));
	file->fd = -1;
}

/**
 * stat_file_get() - read a value
 * @file: the file
 * @name: of the value; of a histogram the first bucket
 * @value: out
 *
 * Return: 0; -1 after an error message; 1 when there is none of that name, and then
 * @value is 0.
 */
int stat_file_get(const struct stat_file *file, const char *name, uint64_t *value)
{
	uint32_t i;

	*value = 0;
	for (i = 0; i < file->nr_values; i++) {
		if (!strcmp(file->values[i].name, name))
			return read_at(file->fd, value, sizeof(*value),
				       file->values[i].offset);
	}
	return 1;
}

/* Names are the module's, and plain; anything else would be no JSON. */
static void print_name(FILE *out, const char *name)
{
	fputc('"', out);
	for (; *name; name++) {
		if (*name >= ' ' && *name < 127 && *name != '"' && *name != '\\')
			fputc(*name, out);
		else
			fprintf(out, "\\u%04x", (unsigned char)*name);
	}
	fputc('"', out);
}

/**
 * stat_file_json() - all values as a JSON object
 * @file: the file
 * @out: where to
 *
 * Return: 0, or -1 after an error message.
 */
int stat_file_json(const struct stat_file *file, FILE *out)
{
	uint32_t i, k;
	uint64_t n;

	fprintf(out, "{\"id\": ");
	print_name(out, file->id);
	for (i = 0; i < file->nr_values; i++) {
		const struct stat_value *v = &file->values[i];
		bool list = v->size != 1;

		fprintf(out, ", ");
		print_name(out, v->name);
		fprintf(out, list ? ": [" : ": ");
		for (k = 0; k < v->size; k++) {
			if (read_at(file->fd, &n, sizeof(n), v->offset + 8ULL * k))
				return -1;
			fprintf(out, "%s%" PRIu64, k ? ", " : "", n);
		}
		if (list)
			fputc(']', out);
	}
	fputc('}', out);
	return 0;
}
