// SPDX-License-Identifier: GPL-2.0-only
/* Files of statistics, good and bad ones, and the command line of "armvm stat". */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <libarmvcpu.h>

#include "scratch.h"
#include "stat.h"
#include "stat_server.h"
#include "util.h"

#define NAME	16

struct entry {
	struct armvcpu_stats_desc d;
	char name[NAME];
};

static struct {
	struct armvcpu_stats_header header;
	char id[NAME];
	struct entry entry[3];
	uint64_t value[6];
} image;

static void make_image(void)
{
	memset(&image, 0, sizeof(image));
	image.header = (struct armvcpu_stats_header){
		.name_size = NAME, .num_desc = 3,
		.id_offset = (uint32_t)offsetof(__typeof__(image), id),
		.desc_offset = (uint32_t)offsetof(__typeof__(image), entry),
		.data_offset = (uint32_t)offsetof(__typeof__(image), value),
	};
	strcpy(image.id, "vm-1/vcpu-12");
	image.entry[0].d = (struct armvcpu_stats_desc){ .size = 1, .offset = 8 };
	strcpy(image.entry[0].name, "exits");
	image.entry[1].d = (struct armvcpu_stats_desc){
		.flags = ARMVCPU_STATS_TYPE_LINEAR_HIST, .size = 3, .offset = 16,
		.bucket_size = 1,
	};
	strcpy(image.entry[1].name, "by \"class\"");
	image.entry[2].d = (struct armvcpu_stats_desc){
		.flags = ARMVCPU_STATS_UNIT_SECONDS, .exponent = -9, .size = 1,
		.offset = 0,
	};
	strcpy(image.entry[2].name, "guest_time");
	image.value[0] = 5;
	image.value[1] = UINT64_MAX;
	image.value[2] = 1;
	image.value[3] = 2;
	image.value[4] = 3;
}

static int file_of(const void *data, size_t size)
{
	struct scratch_file file;

	assert_int_equal(scratch_file(&file), 0);
	assert_int_equal(write(file.fd, data, size), size);
	return file.fd;
}

static int open_image(struct stat_file *file)
{
	return stat_file_open(file, file_of(&image, sizeof(image)));
}

static void reads_a_file(void **state)
{
	struct stat_file file;
	uint64_t n;

	(void)state;
	make_image();
	assert_int_equal(open_image(&file), 0);
	assert_string_equal(file.id, "vm-1/vcpu-12");
	assert_int_equal(file.nr_values, 3);
	assert_int_equal(stat_file_get(&file, "exits", &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(stat_file_get(&file, "guest_time", &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(file.values[2].exponent, -9);
	assert_int_equal(stat_file_get(&file, "exit", &n), 1);
	assert_int_equal(n, 0);
	stat_file_close(&file);
}

static void writes_json(void **state)
{
	struct stat_file file;
	char text[512] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	make_image();
	assert_int_equal(open_image(&file), 0);
	assert_int_equal(stat_file_json(&file, out), 0);
	fclose(out);
	assert_string_equal(text,
			    "{\"id\": \"vm-1/vcpu-12\", \"exits\": 18446744073709551615, "
			    "\"by \\u0022class\\u0022\": [1, 2, 3], \"guest_time\": 5}");
	stat_file_close(&file);
}

/* Cut off anywhere, or with any word of it another one: an error, or not; no more. */
static void bad_files(void **state)
{
	static const uint32_t words[] = { 0, 1, 7, 0x7fffffff, 0x80000000, UINT32_MAX };
	struct stat_file file;
	FILE *out = fopen("/dev/null", "w");
	size_t i, k;
	uint64_t n;

	(void)state;
	make_image();
	for (i = 0; i < offsetof(__typeof__(image), value); i++) {
		assert_int_equal(stat_file_open(&file, file_of(&image, i)), -1);
		stat_file_close(&file);
	}
	for (i = 0; i < offsetof(__typeof__(image), value) / 4; i++) {
		for (k = 0; k < ARRAY_SIZE(words); k++) {
			make_image();
			((uint32_t *)&image)[i] = words[k];
			if (!open_image(&file)) {
				(void)!stat_file_get(&file, "exits", &n);
				(void)!stat_file_json(&file, out);
			}
			stat_file_close(&file);
		}
	}
	fclose(out);
}

static int run_stat(const char *a, const char *b)
{
	char *argv[] = { (char *)"stat", (char *)a, (char *)b, NULL };

	optind = 0;
	return stat_main(b ? 3 : a ? 2 : 1, argv);
}

static void refuses(void **state)
{
	struct scratch_dir dir;
	char run[40];

	(void)state;
	assert_int_equal(scratch_dir(&dir), 0);
	snprintf(run, sizeof(run), "%s/run", dir.path);
	assert_int_equal(mkdir(run, 0700), 0);
	setenv("XDG_RUNTIME_DIR", run, 1);
	assert_int_equal(run_stat(NULL, NULL), 1);
	assert_int_equal(run_stat("12345678", NULL), 1);
	assert_int_equal(run_stat("x", NULL), 1);
	assert_int_equal(run_stat("-1", NULL), 1);
	assert_int_equal(run_stat("0", NULL), 1);
	assert_int_equal(run_stat("1", "2"), 1);
	assert_int_equal(run_stat("--interval", "0"), 1);
	assert_int_equal(run_stat("--interval", "nan"), 1);
	assert_int_equal(run_stat("--interval", "1x"), 1);
	assert_int_equal(run_stat("--interval", "1e9"), 1);
	assert_int_equal(run_stat("--wrong", NULL), 1);
	setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	assert_int_equal(run_stat(NULL, NULL), 1);
	assert_int_equal(rmdir(run), 0);
	unsetenv("XDG_RUNTIME_DIR");
}

static bool deaf;

/* In the place of libc's. */
int listen(int fd, int backlog)
{
	if (!deaf)
		return (int)syscall(SYS_listen, fd, backlog);
	errno = EADDRINUSE;
	return -1;
}

int unlink(const char *path)
{
	int ret = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);

	errno = ENOSPC;
	return ret;
}

/* What is told of a failure is that one's error. */
static void tells_why_nobody_listens(void **state)
{
	struct stat_server server = { 0 };
	struct scratch_file said;
	struct scratch_dir dir;
	char text[256] = "";
	int old = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(scratch_dir(&dir), 0);
	setenv("XDG_RUNTIME_DIR", dir.path, 1);
	assert_int_equal(scratch_file(&said), 0);
	dup2(said.fd, STDERR_FILENO);
	verbose = true;
	deaf = true;
	stat_server_start(&server);
	deaf = false;
	verbose = false;
	dup2(old, STDERR_FILENO);
	close(old);
	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(server.fd, -1);
	assert_int_equal(access(server.path, F_OK), -1);
	assert_true(pread(said.fd, text, sizeof(text) - 1, 0) > 0);
	close(said.fd);
	assert_non_null(strstr(text, strerror(EADDRINUSE)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_file),
		cmocka_unit_test(writes_json),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(refuses),
		cmocka_unit_test(tells_why_nobody_listens),
	};

	return cmocka_run_group_tests_name("stat", tests, NULL, NULL);
}
