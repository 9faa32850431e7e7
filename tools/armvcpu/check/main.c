// SPDX-License-Identifier: GPL-2.0-only
/* armvcpu-check: will armvcpu work on this host? */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define EXIT_CANNOT_TELL	2

static void usage(FILE *out)
{
	fputs("Usage: armvcpu-check [--json] [--root DIR]\n"
	      "Tell whether armvcpu works on this host, and what to do when it does not.\n"
	      "\n"
	      "      --json        print JSON\n"
	      "      --root=DIR    read files below DIR instead of /\n"
	      "      --help        print this\n"
	      "      --version     print the version\n"
	      "\n"
	      "Exit status: 0 it works, 1 it does not, 2 cannot tell, or wrong options.\n", out);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{}
	};
	const char *root = "";
	struct verdict verdict;
	struct facts facts;
	bool json = false;
	struct stat st;
	int c, fd;

	/* No file is to get the number of a stdin or stdout that is closed. */
	do {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'r':
			root = strcmp(optarg, "/") ? optarg : "";
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("armvcpu-check " ARMVM_VERSION);
			return 0;
		default:
			usage(stderr);
			return EXIT_CANNOT_TELL;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "armvcpu-check: what is '%s'?\n", argv[optind]);
		usage(stderr);
		return EXIT_CANNOT_TELL;
	}
	if (*root && (stat(root, &st) || !S_ISDIR(st.st_mode))) {
		fprintf(stderr, "armvcpu-check: %s is no directory\n", root);
		return EXIT_CANNOT_TELL;
	}

	facts_read(&facts, root);
	judge(&verdict, &facts);
	if (json)
		report_json(stdout, &verdict, &facts);
	else
		report_text(stdout, &verdict, &facts);
	if (fflush(stdout) || ferror(stdout)) {
		perror("armvcpu-check");
		return EXIT_CANNOT_TELL;
	}
	return verdict.status;
}
