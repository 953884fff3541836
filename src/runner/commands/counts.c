/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/counts.h"

#include <inttypes.h>
#include <stdio.h>

#include "runner/commands/columns.h"

const char *
counts_rate(uint64_t frames, double seconds, char buf[COUNTS_TEXT_BYTES])
{
	double pps = (double)frames / seconds;

	if (pps >= 1e6)
		snprintf(buf, COUNTS_TEXT_BYTES, "%.3f Mpps", pps / 1e6);
	else if (pps >= 1e3)
		snprintf(buf, COUNTS_TEXT_BYTES, "%.2f kpps", pps / 1e3);
	else
		snprintf(buf, COUNTS_TEXT_BYTES, "%.0f pps", pps);
	return buf;
}

void
counts_rows(struct columns *columns, const char *prefix, const struct counter *table,
	    const void *state)
{
	char name[COUNTS_TEXT_BYTES], text[COUNTS_TEXT_BYTES];

	for (const struct counter *c = table; c->name; c++) {
		const void *at = (const uint8_t *)state + c->offset;

		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", c->name);
		snprintf(text, sizeof(text), "%" PRIu64, counts_read(at));
		columns_row(columns, name, text, c->unit, c->help);
	}
}
