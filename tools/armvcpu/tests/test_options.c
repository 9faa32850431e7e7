// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <unistd.h>

#include "options.h"
#include "util.h"

/* Splits at blanks; "''" is an empty argument. */
static enum options_result parse(struct options *options, const char *line)
{
	static char buffer[4096];
	static char *argv[128];
	int argc = 0;
	char *word;

	assert_true(strlen(line) < sizeof(buffer));
	strcpy(buffer, line);
	argv[argc++] = (char *)"armvm";
	for (word = strtok(buffer, " "); word; word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "''") ? word : (char *)"";
	argv[argc] = NULL;
	return options_parse(options, argc, argv);
}

static void has_defaults(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "-k Image"), OPTIONS_RUN);
	assert_string_equal(o.kernel, "Image");
	assert_null(o.initrd);
	assert_null(o.append);
	assert_int_equal(o.cpus, 1);
	assert_int_equal(o.ram_size, 256 << 20);
	assert_int_equal(o.nr_disks, 0);
	assert_int_equal(o.gic.model, 0);
	assert_false(o.gic.software);
	assert_false(o.no_reboot);
	assert_false(o.plain_io);
	assert_false(o.verbose);
	options_free(&o);
}

static void takes_all(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "--kernel=k --initrd i --append a=b --cpus 4 --memory 1G --disk a,b --disk c,ro --no-reboot --plain-io --verbose --dtb-dump f"),
			 OPTIONS_RUN);
	assert_string_equal(o.kernel, "k");
	assert_string_equal(o.initrd, "i");
	assert_string_equal(o.append, "a=b");
	assert_string_equal(o.dtb_dump, "f");
	assert_int_equal(o.cpus, 4);
	assert_int_equal(o.ram_size, 1 << 30);
	assert_int_equal(o.nr_disks, 2);
	assert_string_equal(o.disks[0].path, "a,b");
	assert_false(o.disks[0].readonly);
	assert_string_equal(o.disks[1].path, "c");
	assert_true(o.disks[1].readonly);
	assert_true(o.no_reboot);
	assert_true(o.plain_io);
	assert_true(o.verbose);
	options_free(&o);
}

static void reads_sizes(void **state)
{
	static const struct {
		const char *line;
		uint64_t size;
	} cases[] = {
		{ "-k k -m 1M", 1 << 20 },
		{ "-k k -m 64", 64 << 20 },
		{ "-k k -m 1024K", 1 << 20 },
		{ "-k k -m 2g", 2ULL << 30 },
		{ "-k k -m 255G", 255ULL << 30 },
	};
	struct options o;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(&o, cases[i].line), OPTIONS_RUN);
		assert_true(o.ram_size == cases[i].size);
		options_free(&o);
	}
}

static void reads_gic(void **state)
{
	static const struct {
		const char *line;
		uint32_t model;
		bool software;
	} cases[] = {
		{ "-k k --gic auto", 0, false },
		{ "-k k --gic 2", 2, false },
		{ "-k k --gic=3 -c 9", 3, false },
		{ "-k k --gic soft -c 9", 0, true },
		{ "-k k --gic 2-soft -c 8", 2, true },
		{ "-k k --gic 3-soft", 3, true },
		{ "-k k --gic 2 --gic auto -c 9", 0, false },
	};
	struct options o;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(&o, cases[i].line), OPTIONS_RUN);
		assert_int_equal(o.gic.model, cases[i].model);
		assert_int_equal(o.gic.software, cases[i].software);
		options_free(&o);
	}
}

static void refuses(void **state)
{
	static const char *const lines[] = {
		"", "-k", "-k ''", "-k a -k b", "-k k -i ''", "-k k stray",
		"-k k -c 0", "-k k -c 124", "-k k -c -1", "-k k -c 1x",
		"-k k -c ''", "-k k -c +1", "-k k -c 4294967297",
		"-k k -c 99999999999999999999999", "-k k -m 0",
		"-k k -m -1M", "-k k -m M", "-k k -m 1T", "-k k -m 1MB",
		"-k k -m 1000K", "-k k -m 256G", "-k k -m ''", "-k k -m 0x10M",
		"-k k -m 18446744073709551615G", "-k k -m 17592186044417M",
		"-k k -m 512K", "-k k -d ''", "-k k -d ,ro", "-k k --bogus",
		"-k k -z", "-k k --dtb-dump ''", "--dtb-dump", "-k k -i a -i b",
		"-k k -a a -a b", "-k k --gic", "-k k --gic ''", "-k k --gic 4",
		"-k k --gic 2soft", "-k k --gic v3", "-k k --gic 2 -c 9",
		"-k k -c 9 --gic 2-soft",
	};
	struct options o;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		if (parse(&o, lines[i]) != OPTIONS_BAD)
			fail_msg("accepted: %s", lines[i]);
		options_free(&o);
	}
}

static void limits_disks(void **state)
{
	char line[4096] = "-k k";
	struct options o;
	int i;

	(void)state;
	for (i = 0; i < MAX_DISKS; i++)
		strcat(line, " -d x");
	assert_int_equal(parse(&o, line), OPTIONS_RUN);
	assert_int_equal(o.nr_disks, MAX_DISKS);
	options_free(&o);
	strcat(line, " -d x");
	assert_int_equal(parse(&o, line), OPTIONS_BAD);
	options_free(&o);
}

static void helps(void **state)
{
	int out = dup(STDOUT_FILENO);
	struct options o;

	(void)state;
	/* TAP goes to stdout, help must not. */
	fflush(stdout);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	assert_int_equal(parse(&o, "--help"), OPTIONS_DONE);
	options_free(&o);
	assert_int_equal(parse(&o, "-k k -d x --version"), OPTIONS_DONE);
	options_free(&o);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
}

static void needs_no_kernel_to_dump(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "--dtb-dump x"), OPTIONS_RUN);
	options_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(takes_all),
		cmocka_unit_test(reads_sizes),
		cmocka_unit_test(reads_gic),
		cmocka_unit_test(refuses),
		cmocka_unit_test(limits_disks),
		cmocka_unit_test(helps),
		cmocka_unit_test(needs_no_kernel_to_dump),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
