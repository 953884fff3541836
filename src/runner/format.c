/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/format.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#define VALUE_COLUMNS 6

static const char *
format_number(double value, int decimals, char *buf, size_t size)
{
	if (isnan(value))
		snprintf(buf, size, "n/a");
	else
		snprintf(buf, size, "%.*f", decimals, value);
	return buf;
}

static int
cycles_decimals(double cycles)
{
	return fabs(cycles) < 999.95 ? 1 : 0;
}

static int
ratio_decimals(double ratio)
{
	if (fabs(ratio) < 9.9995)
		return 3;
	return fabs(ratio) < 99.995 ? 2 : 1;
}

const char *
format_cycles(double cycles, char *buf, size_t size)
{
	return format_number(cycles, cycles_decimals(cycles), buf, size);
}

const char *
format_ratio(double ratio, char *buf, size_t size)
{
	return format_number(ratio, ratio_decimals(ratio), buf, size);
}

const char *
format_share(double share, char *buf, size_t size)
{
	char number[32];

	if (isnan(share))
		snprintf(buf, size, "n/a");
	else
		snprintf(buf, size, "%s%%", format_number(100 * share, 1, number, sizeof(number)));
	return buf;
}

/* The bounds get as many decimals as the value, so that they can be compared at a glance. */
static const char *
format_estimate(const struct estimate *e, int decimals, char *buf, size_t size)
{
	char value[32], low[32], high[32];

	format_number(e->value, decimals, value, sizeof(value));
	if (isnan(e->ci_low))
		snprintf(buf, size, "%*s", VALUE_COLUMNS, value);
	else
		snprintf(buf, size, "%*s  %s..%s", VALUE_COLUMNS, value,
			 format_number(e->ci_low, decimals, low, sizeof(low)),
			 format_number(e->ci_high, decimals, high, sizeof(high)));
	return buf;
}

const char *
format_cycles_estimate(const struct estimate *e, char *buf, size_t size)
{
	bool wide = e->ci_high - e->ci_low >= 20; /* decimals would say nothing */

	return format_estimate(e, wide ? 0 : cycles_decimals(e->value), buf, size);
}

const char *
format_ratio_estimate(const struct estimate *e, char *buf, size_t size)
{
	return format_estimate(e, ratio_decimals(e->value), buf, size);
}
