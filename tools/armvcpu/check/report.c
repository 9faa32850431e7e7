// SPDX-License-Identifier: GPL-2.0-only
/* The verdict as text for people, and as JSON for programs. */
#include <string.h>

#include "check.h"

static const char *const status_word[] = {
	[STATUS_OK] = "ok",
	[STATUS_BAD] = "bad",
	[STATUS_UNKNOWN] = "unknown",
};

/* MIDR_EL1.PartNum of CPUs whose implementer is Arm */
static const struct {
	uint16_t id;
	const char *name;
} arm_parts[] = {
	{ 0xd03, "Cortex-A53" }, { 0xd04, "Cortex-A35" }, { 0xd05, "Cortex-A55" },
	{ 0xd07, "Cortex-A57" }, { 0xd08, "Cortex-A72" }, { 0xd09, "Cortex-A73" },
	{ 0xd0a, "Cortex-A75" }, { 0xd0b, "Cortex-A76" }, { 0xd0c, "Neoverse N1" },
	{ 0xd0d, "Cortex-A77" }, { 0xd40, "Neoverse V1" }, { 0xd41, "Cortex-A78" },
	{ 0xd44, "Cortex-X1" }, { 0xd46, "Cortex-A510" }, { 0xd47, "Cortex-A710" },
	{ 0xd48, "Cortex-X2" }, { 0xd49, "Neoverse N2" }, { 0xd4d, "Cortex-A715" },
	{ 0xd4e, "Cortex-X3" }, { 0xd4f, "Neoverse V2" }, { 0xd80, "Cortex-A520" },
	{ 0xd81, "Cortex-A720" },
};

/* MIDR_EL1, Arm ARM D19.2.101 */
static void cpu_name(char *name, size_t size, uint64_t midr)
{
	unsigned int implementer = midr >> 24 & 0xff, part = midr >> 4 & 0xfff, i;

	snprintf(name, size, "CPU %02x:%03x", implementer, part);
	for (i = 0; implementer == 'A' && i < ARRAY_SIZE(arm_parts); i++)
		if (arm_parts[i].id == part)
			snprintf(name, size, "%s", arm_parts[i].name);
}

/* What comes from files must not steer a terminal, nor by the controls above ASCII. */
static void print_plain(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text < ' ' || *text > '~' ? '?' : *text, out);
}

void report_text(FILE *out, const struct verdict *v, const struct facts *f)
{
	unsigned int i, bad = 0;
	char cpu[32];

	for (i = 0; i < v->nr; i++) {
		const struct finding *found = &v->findings[i];

		bad += found->status == STATUS_BAD;
		fprintf(out, "%-8s %-8s ", status_word[found->status], found->name);
		print_plain(out, found->text);
		fputc('\n', out);
		if (*found->advice) {
			fprintf(out, "%-17s -> ", "");
			print_plain(out, found->advice);
			fputc('\n', out);
		}
	}
	fputc('\n', out);
	switch (v->status) {
	case STATUS_OK:
		cpu_name(cpu, sizeof(cpu), f->midr);
		fprintf(out, f->loaded ? "armvcpu works on this host" :
			"armvcpu will work on this host");
		if (v->mode)
			fprintf(out, ": %s", v->mode);
		if (v->mode && v->layer)
			fprintf(out, ", %s%s", v->layer, v->layer[0] == 's' ? " GIC" : "");
		if (f->midr)
			fprintf(out, ", %s", cpu);
		fputc('\n', out);
		break;
	case STATUS_BAD:
		fprintf(out, "armvcpu will not work on this host: %u thing%s to change\n", bad,
			bad == 1 ? "" : "s");
		break;
	case STATUS_UNKNOWN:
		fprintf(out, "cannot tell whether armvcpu will work on this host\n");
		break;
	}
}

static void print_json_string(FILE *out, const char *s)
{
	if (!s) {
		fputs("null", out);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			/* Not all that a file has is UTF-8. */
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void print_json_member(FILE *out, const char *name, const char *value)
{
	fprintf(out, "\"%s\": ", name);
	print_json_string(out, value);
}

void report_json(FILE *out, const struct verdict *v, const struct facts *f)
{
	static const char *const works[] = {
		[STATUS_OK] = "yes",
		[STATUS_BAD] = "no",
		[STATUS_UNKNOWN] = "unknown",
	};
	char midr[24];
	unsigned int i;

	fprintf(out, "{\n  ");
	print_json_member(out, "works", works[v->status]);
	fprintf(out, ",\n  \"loaded\": %s,\n  ", f->loaded ? "true" : "false");
	print_json_member(out, "mode", v->mode);
	fprintf(out, ",\n  ");
	print_json_member(out, "gic", v->gic);
	fprintf(out, ",\n  ");
	print_json_member(out, "gic_layer", v->layer);
	fprintf(out, ",\n  ");
	print_json_member(out, "kernel", *f->release ? f->release : NULL);
	fprintf(out, ",\n  ");
	snprintf(midr, sizeof(midr), "0x%016llx", (unsigned long long)f->midr);
	print_json_member(out, "midr", f->midr ? midr : NULL);
	fprintf(out, ",\n  \"findings\": [");
	for (i = 0; i < v->nr; i++) {
		const struct finding *found = &v->findings[i];

		fprintf(out, "%s\n    { ", i ? "," : "");
		print_json_member(out, "name", found->name);
		fprintf(out, ", ");
		print_json_member(out, "status", status_word[found->status]);
		fprintf(out, ",\n      ");
		print_json_member(out, "text", found->text);
		fprintf(out, ",\n      ");
		print_json_member(out, "advice", *found->advice ? found->advice : NULL);
		fprintf(out, " }");
	}
	fprintf(out, "\n  ]\n}\n");
}
