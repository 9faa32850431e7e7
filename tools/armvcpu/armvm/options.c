// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line.
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libarmvcpu.h>

#include "util.h"

#ifndef ARMVM_VERSION
#define ARMVM_VERSION	"unknown"
#endif

#define MIN_RAM		SZ_1M

static const char help[] =
"Usage: armvm -k IMAGE [OPTION]...\n"
"       armvm stat [--once] [--json] [--interval SECONDS] [PID]\n"
"Run a virtual machine on /dev/armvcpu, or show what a running one does.\n"
"\n"
"  -k, --kernel FILE      Linux Image (may be gzip), ELF or raw binary\n"
"  -i, --initrd FILE      initial RAM disk\n"
"  -a, --append STRING    kernel command line\n"
"  -c, --cpus N           number of CPUs, default 1\n"
"  -m, --memory SIZE      RAM with suffix K, M or G, default 256M;\n"
"                         MiB without a suffix\n"
"  -d, --disk FILE[,ro]   virtio disk from a raw image; repeatable\n"
"      --gic MODEL        interrupt controller: auto, 2, 3, or soft, 2-soft, 3-soft\n"
"                         for a CPU interface in software; default auto\n"
"      --plain-io         each access to a device is an exit: no eventfds, no\n"
"                         posted writes\n"
"      --no-reboot        end when the guest resets\n"
"      --dtb-dump FILE    write the device tree to FILE and end\n"
"      --verbose          tell about odd accesses of the guest\n"
"      --help             show this help\n"
"      --version          show the version\n"
"\n"
"On the console, Ctrl-A X ends armvm and Ctrl-A H shows the other keys.\n"
"Exit status: 0 the guest powered off, 1 it could not be started, 2 all of\n"
"its CPUs are off, 3 internal error, 4 reset with --no-reboot, 5 Ctrl-A X.\n";

enum {
	OPT_DTB_DUMP = 256,
	OPT_GIC,
	OPT_NO_REBOOT,
	OPT_PLAIN_IO,
	OPT_VERBOSE,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{ "kernel", required_argument, NULL, 'k' },
	{ "initrd", required_argument, NULL, 'i' },
	{ "append", required_argument, NULL, 'a' },
	{ "cpus", required_argument, NULL, 'c' },
	{ "memory", required_argument, NULL, 'm' },
	{ "disk", required_argument, NULL, 'd' },
	{ "dtb-dump", required_argument, NULL, OPT_DTB_DUMP },
	{ "gic", required_argument, NULL, OPT_GIC },
	{ "no-reboot", no_argument, NULL, OPT_NO_REBOOT },
	{ "plain-io", no_argument, NULL, OPT_PLAIN_IO },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* strtoull() takes signs, blanks and other bases; here only digits will do. */
static int parse_number(const char *text, uint64_t *value, const char **end)
{
	char *stop;

	if (!isdigit((unsigned char)text[0]))
		return -1;
	errno = 0;
	*value = strtoull(text, &stop, 10);
	*end = stop;
	return errno ? -1 : 0;
}

static int parse_cpus(const char *text, unsigned int *cpus)
{
	const char *end;
	uint64_t n;

	if (parse_number(text, &n, &end) || *end)
		return error("-c %s: not a number", text);
	if (!n || n > MAX_CPUS)
		return error("-c %s: the number of CPUs must be 1 to %d", text,
			     MAX_CPUS);
	*cpus = (unsigned int)n;
	return 0;
}

static int parse_memory(const char *text, uint64_t *size)
{
	unsigned int shift = 20;
	const char *end;
	uint64_t n;

	if (parse_number(text, &n, &end))
		return error("-m %s: not a size", text);
	switch (*end) {
	case 'k':
	case 'K':
		shift = 10;
		end++;
		break;
	case 'm':
	case 'M':
		end++;
		break;
	case 'g':
	case 'G':
		shift = 30;
		end++;
		break;
	}
	if (*end)
		return error("-m %s: not a size, use a number with K, M or G",
			     text);
	if (n > MAX_RAM >> shift || n << shift < MIN_RAM)
		return error("-m %s: memory must be 1M to %lluG", text,
			     MAX_RAM >> 30);
	*size = n << shift;
	if (*size % SZ_1M)
		return error("-m %s: memory must be a multiple of 1M", text);
	return 0;
}

static int parse_gic(const char *text, struct gic_options *gic)
{
	static const struct {
		const char *name;
		struct gic_options gic;
	} models[] = {
		{ "auto", { 0, false } },
		{ "2", { ARMVCPU_GIC_V2, false } },
		{ "3", { ARMVCPU_GIC_V3, false } },
		{ "soft", { 0, true } },
		{ "2-soft", { ARMVCPU_GIC_V2, true } },
		{ "3-soft", { ARMVCPU_GIC_V3, true } },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(models); i++) {
		if (!strcmp(text, models[i].name)) {
			*gic = models[i].gic;
			return 0;
		}
	}
	return error("--gic %s: must be auto, 2, 3, soft, 2-soft or 3-soft",
		     text);
}

/* FILE or FILE,ro; a comma elsewhere belongs to the name. */
static int parse_disk(struct options *options, const char *text)
{
	struct disk_options *disk;
	size_t length = strlen(text);
	bool readonly = false;

	if (length >= 3 && !strcmp(text + length - 3, ",ro")) {
		readonly = true;
		length -= 3;
	}
	if (!length)
		return error("-d %s: no file is named", text);
	if (options->nr_disks == MAX_DISKS)
		return error("-d %s: at most %d disks", text, MAX_DISKS);

	disk = &options->disks[options->nr_disks];
	disk->path = strndup(text, length);
	if (!disk->path)
		return error("out of memory");
	disk->readonly = readonly;
	options->nr_disks++;
	return 0;
}

static int once(const char **option, const char *value, const char *name)
{
	if (*option)
		return error("%s is given twice", name);
	if (!*value && strcmp(name, "-a"))
		return error("%s: the file's name is empty", name);
	*option = value;
	return 0;
}

static int apply(struct options *options, int opt, const char *value)
{
	switch (opt) {
	case 'k':
		return once(&options->kernel, value, "-k");
	case 'i':
		return once(&options->initrd, value, "-i");
	case 'a':
		return once(&options->append, value, "-a");
	case OPT_DTB_DUMP:
		return once(&options->dtb_dump, value, "--dtb-dump");
	case 'c':
		return parse_cpus(value, &options->cpus);
	case 'm':
		return parse_memory(value, &options->ram_size);
	case 'd':
		return parse_disk(options, value);
	case OPT_GIC:
		return parse_gic(value, &options->gic);
	case OPT_NO_REBOOT:
		options->no_reboot = true;
		return 0;
	case OPT_PLAIN_IO:
		options->plain_io = true;
		return 0;
	case OPT_VERBOSE:
		options->verbose = true;
		return 0;
	default:
		fprintf(stderr, "Try 'armvm --help'.\n");
		return -1;
	}
}

/**
 * options_parse() - read the command line
 * @options: filled in; options_free() it whatever the result
 * @argc: as main() got it
 * @argv: as main() got it; @options points into it
 */
enum options_result options_parse(struct options *options, int argc,
				  char **argv)
{
	int opt;

	memset(options, 0, sizeof(*options));
	options->cpus = 1;
	options->ram_size = 256 * SZ_1M;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "k:i:a:c:m:d:", long_options,
				  NULL)) != -1) {
		if (opt == OPT_HELP) {
			fputs(help, stdout);
			return OPTIONS_DONE;
		}
		if (opt == OPT_VERSION) {
			puts("armvm " ARMVM_VERSION);
			return OPTIONS_DONE;
		}
		if (apply(options, opt, optarg))
			return OPTIONS_BAD;
	}

	if (options->gic.model == ARMVCPU_GIC_V2 &&
	    options->cpus > ARMVCPU_GICV2_MAX_VCPUS) {
		report("-c %u: a GICv2 is for %d CPUs at most", options->cpus,
		       ARMVCPU_GICV2_MAX_VCPUS);
		return OPTIONS_BAD;
	}
	if (optind < argc)
		report("%s: unexpected argument", argv[optind]);
	else if (!options->kernel && !options->dtb_dump)
		report("no kernel is given, use -k");
	else
		return OPTIONS_RUN;
	fprintf(stderr, "Try 'armvm --help'.\n");
	return OPTIONS_BAD;
}

/**
 * options_free() - free what options_parse() allocated
 * @options: the options
 */
void options_free(struct options *options)
{
	while (options->nr_disks)
		free(options->disks[--options->nr_disks].path);
}
