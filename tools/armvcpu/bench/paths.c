// SPDX-License-Identifier: GPL-2.0-only
/* bench-paths: what a trace of bench says. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "steps.h"
#include "symbols.h"

static const char help[] =
"NAME\n"
"    bench-paths - what instructions an operation of bench consists of\n"
"\n"
"SYNOPSIS\n"
"    bench-paths TRACE\n"
"    bench-paths [OPTION...] -o NUMBER TRACE\n"
"\n"
"DESCRIPTION\n"
"    Reads what the TCG plugin trace.so wrote. Without -o it prints a line for each\n"
"    operation: its number, its instructions, and how many of them are of each class\n"
"    (-c names the classes). With -o it prints where one operation's instructions\n"
"    are: by privilege, and by function.\n"
"\n"
"OPTIONS\n"
"    -o, --op NUMBER         the operation\n"
"    -f, --flow              print the functions in the order of their execution\n"
"    -s, --symbols FILE      /proc/kallsyms of the host, booted with nokaslr\n"
"    -u, --user FILE         nm of bench\n"
"    -k, --kernel-at ADDR    physical address of the kernel's _stext, to name what\n"
"                            KVM has at EL2 of a host without VHE\n"
"    -b, --blob FILE         nvhe.bin, what armvcpu has at EL2 there\n"
"    -B, --blob-symbols FILE nm of nvhe.elf\n"
"    -c, --classes           print the names of the classes\n"
"    -h, --help              this\n";

enum area { GUEST, USER, KERNEL, MODULE, EL2, NR_AREAS };

static const char *const area_names[NR_AREAS] = {
	[GUEST] = "guest", [USER] = "user", [KERNEL] = "kernel", [MODULE] = "module",
	[EL2] = "EL2",
};

/* Physical memory of the emulated host, which armvcpu's EL2 maps one to one. */
#define MEMORY_BASE	0x40000000ULL
#define MEMORY_SIZE	0x40000000ULL
#define PAGE		4096

/**
 * struct function - a part of a profile
 * @where: its area
 * @name: its name
 * @insns: instructions in it
 * @entered: how often it was entered at its beginning
 * @counts: its instructions by class
 */
struct function {
	enum area where;
	const char *name;
	size_t insns, entered;
	size_t counts[CLASS_NONE];
};

static struct symbols kernel, user, blob_symbols;
static uint64_t kernel_at, kernel_text, guest_begin;
static uint32_t *blob;
static size_t blob_insns;
static uint64_t blob_base;

static struct function *functions;
static size_t nr_functions, room;

static void die(const char *format, ...)
{
	va_list args;

	fputs("bench-paths: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		die("%s: %s", path, strerror(errno));
	return f;
}

static void read_symbols(struct symbols *s, const char *path, uint64_t offset)
{
	FILE *f = open_file(path);

	symbols_read(s, f, offset);
	fclose(f);
}

static void read_blob(const char *path)
{
	FILE *f = open_file(path);
	long size;

	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	blob = calloc(1, size + 4);
	if (!blob || fread(blob, 1, size, f) != (size_t)size)
		die("%s: cannot read it", path);
	blob_insns = size / 4;
	fclose(f);
}

static uint64_t address_of(const struct symbols *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (!strcmp(s->list[i].name, name))
			return s->list[i].addr;
	return 0;
}

static bool in_memory(uint64_t pc)
{
	return pc - MEMORY_BASE < MEMORY_SIZE;
}

/* Where the blob lies: where most of what was executed in memory is its code. */
static void find_blob(const struct steps *s)
{
	uint64_t first = UINT64_MAX, base;
	size_t i, best = 0;

	for (i = 0; i < s->n; i++)
		if (in_memory(s->list[i].pc) && s->list[i].pc < first)
			first = s->list[i].pc;
	if (first == UINT64_MAX)
		return;
	first &= ~(uint64_t)(PAGE - 1);
	for (base = first; base + blob_insns * 4 > first; base -= PAGE) {
		size_t hits = 0;

		for (i = 0; i < s->n; i++) {
			uint64_t at = (s->list[i].pc - base) / 4;

			if (in_memory(s->list[i].pc) && at < blob_insns)
				hits += blob[at] == s->list[i].opcode;
		}
		if (hits > best) {
			best = hits;
			blob_base = base;
		}
	}
}

/* Name and area of an address; @begin is where that function begins. */
static const char *name_of(uint64_t pc, enum area *where, uint64_t *begin)
{
	const struct symbol *symbol;

	if (pc - RAM_BASE < RAM_SIZE) {
		*where = GUEST;
		symbol = symbols_find(&user, pc - RAM_BASE + guest_begin);
		*begin = symbol ? symbol->addr - guest_begin + RAM_BASE : 0;
		return symbol ? symbol->name : "?";
	}
	if (pc >> 63) {
		symbol = symbols_find(&kernel, pc);
		*where = symbol && symbol->module ? MODULE : KERNEL;
	} else if (in_memory(pc)) {
		*where = EL2;
		symbol = blob_base ? symbols_find(&blob_symbols, pc - blob_base) : NULL;
		*begin = symbol ? symbol->addr + blob_base : 0;
		return symbol ? symbol->name : "?";
	} else if (pc < MEMORY_BASE) {
		*where = USER;
		symbol = symbols_find(&user, pc);
	} else {
		/* KVM's EL2: the linear map's address, with other bits on top. */
		uint64_t offset = kernel_text - kernel_at + MEMORY_BASE - (pc & ~(MEMORY_SIZE - 1));

		symbol = kernel_at ? symbols_find(&kernel, pc + offset) : NULL;
		if (symbol && !strncmp(symbol->name, "__kvm_nvhe_", 11)) {
			*where = EL2;
			*begin = symbol->addr - offset;
			return symbol->name + 11;
		}
		*where = kernel_at ? EL2 : USER;
		symbol = NULL;
	}
	*begin = symbol ? symbol->addr : 0;
	return symbol ? symbol->name : "?";
}

static struct function *find_function(enum area where, const char *name)
{
	size_t i;

	for (i = 0; i < nr_functions; i++)
		if (functions[i].where == where && !strcmp(functions[i].name, name))
			return &functions[i];
	if (nr_functions == room) {
		room = room ? 2 * room : 256;
		functions = realloc(functions, room * sizeof(*functions));
		if (!functions)
			abort();
	}
	functions[nr_functions] = (struct function){ .where = where, .name = name };
	return &functions[nr_functions++];
}

static int compare(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return (x->insns < y->insns) - (x->insns > y->insns);
}

static void print_counts(const size_t *counts)
{
	unsigned int c;

	for (c = 0; c < CLASS_NONE; c++)
		printf(" %6zu", counts[c]);
}

static void print_header(const char *first)
{
	unsigned int c;

	printf("%-7s %7s %6s %7s", first, "insns", "%", "entered");
	for (c = 0; c < CLASS_NONE; c++)
		printf(" %6s", class_names[c]);
	printf("%s\n", "  function");
}

static void profile(const struct steps *s)
{
	struct function total[NR_AREAS] = { 0 };
	size_t i;
	unsigned int c;

	for (i = 0; i < s->n; i++) {
		const struct step *step = &s->list[i];
		enum insn_class class = classify(step->opcode);
		struct function *f;
		enum area where;
		uint64_t begin;
		const char *name = name_of(step->pc, &where, &begin);

		f = find_function(where, name);
		f->insns++;
		f->entered += step->pc == begin;
		f->counts[CLASS_EXCEPTION] += step->exception;
		if (class != CLASS_NONE)
			f->counts[class]++;
	}
	for (i = 0; i < nr_functions; i++) {
		struct function *t = &total[functions[i].where];

		t->insns += functions[i].insns;
		for (c = 0; c < CLASS_NONE; c++)
			t->counts[c] += functions[i].counts[c];
	}
	printf("%zu instructions, the median of %u rounds (%zu to %zu)\n\n", s->n, s->rounds,
	       s->shortest, s->longest);
	qsort(functions, nr_functions, sizeof(*functions), compare);
	print_header("where");
	for (i = 0; i < NR_AREAS; i++) {
		if (!total[i].insns)
			continue;
		printf("%-7s %7zu %6.1f %7s", area_names[i], total[i].insns,
		       100.0 * total[i].insns / s->n, "");
		print_counts(total[i].counts);
		printf("\n");
	}
	printf("\n");
	print_header("where");
	for (i = 0; i < nr_functions; i++) {
		const struct function *f = &functions[i];

		printf("%-7s %7zu %6.1f %7zu", area_names[f->where], f->insns,
		       100.0 * f->insns / s->n, f->entered);
		print_counts(f->counts);
		printf("  %s\n", f->name);
	}
}

/* A line for each stay in a function. */
static void flow(const struct steps *s)
{
	const char *last = NULL;
	size_t i, insns = 0;
	unsigned int cpu = 0;
	bool exception = false;
	enum area where = GUEST;

	for (i = 0; i <= s->n; i++) {
		const struct step *step = &s->list[i];
		enum area now = GUEST;
		uint64_t begin = 0;
		const char *name = i < s->n ? name_of(step->pc, &now, &begin) : NULL;

		if (i < s->n && name == last && now == where && step->cpu == cpu &&
		    !step->exception) {
			insns++;
			continue;
		}
		if (last)
			printf("cpu%u %-7s %6zu  %s%s\n", cpu, area_names[where], insns,
			       exception ? "exception: " : "", last);
		if (i == s->n)
			break;
		last = name;
		where = now;
		cpu = step->cpu;
		exception = step->exception;
		insns = 1;
	}
}

static void counts(struct steps *s, FILE *file)
{
	size_t n[CLASS_NONE];

	while (steps_read(s, file)) {
		unsigned int c;

		steps_count(s, n);
		printf("%u %zu", s->number, s->n);
		for (c = 0; c < CLASS_NONE; c++)
			printf(" %zu", n[c]);
		printf("\n");
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "op", required_argument, NULL, 'o' },
		{ "flow", no_argument, NULL, 'f' },
		{ "symbols", required_argument, NULL, 's' },
		{ "user", required_argument, NULL, 'u' },
		{ "kernel-at", required_argument, NULL, 'k' },
		{ "blob", required_argument, NULL, 'b' },
		{ "blob-symbols", required_argument, NULL, 'B' },
		{ "classes", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL },
	};
	unsigned int number = 0, i;
	struct steps steps = { 0 };
	bool want_flow = false;
	FILE *file;
	int c;

	while ((c = getopt_long(argc, argv, "o:fs:u:k:b:B:ch", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			number = strtoul(optarg, NULL, 0);
			break;
		case 'f':
			want_flow = true;
			break;
		case 's':
			read_symbols(&kernel, optarg, 0);
			break;
		case 'u':
			read_symbols(&user, optarg, 0);
			break;
		case 'k':
			kernel_at = strtoull(optarg, NULL, 16);
			break;
		case 'b':
			read_blob(optarg);
			break;
		case 'B':
			read_symbols(&blob_symbols, optarg, 0);
			break;
		case 'c':
			for (i = 0; i < CLASS_NONE; i++)
				printf("%s\n", class_names[i]);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (optind != argc - 1)
		die("needs a trace; --help says more");
	file = open_file(argv[optind]);
	if (!number) {
		counts(&steps, file);
		return 0;
	}
	do {
		if (!steps_read(&steps, file))
			die("%s has no operation %u", argv[optind], number);
	} while (steps.number != number);
	kernel_text = address_of(&kernel, "_stext");
	guest_begin = address_of(&user, "guest_begin");
	symbols_sort(&kernel);
	symbols_sort(&user);
	symbols_sort(&blob_symbols);
	find_blob(&steps);
	if (want_flow)
		flow(&steps);
	else
		profile(&steps);
	return 0;
}
