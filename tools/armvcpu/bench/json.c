// SPDX-License-Identifier: GPL-2.0-only
/* Results for programs. */
#include "json.h"

/**
 * json_row() - print an element of a list of results
 * @out: where to
 * @op: name of the operation: letters, digits and underscores
 * @e: the result; NULL when there is none
 * @first: begin the list
 */
void json_row(FILE *out, const char *op, const struct estimate *e, bool first)
{
	fprintf(out, "%s{\"op\": \"%s\", ", first ? "[\n" : ",\n", op);
	if (e)
		fprintf(out, "\"value\": %.1f, \"spread\": %.4f}", e->value, e->spread);
	else
		fprintf(out, "\"value\": null, \"spread\": null}");
}

/**
 * json_end() - end the list
 * @out: where to
 */
void json_end(FILE *out)
{
	fprintf(out, "\n]\n");
}
