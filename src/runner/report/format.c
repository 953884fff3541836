/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/format.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#define VALUE_COLUMNS 6

/* How a number is written: in units of scale, with that many decimals. */
struct style {
	double scale;
	const char *suffix;
	int decimals;
};

static const char *
format_number(double value, const struct style *style, char *buf, size_t size)
{
	if (isnan(value))
		snprintf(buf, size, "n/a");
	else if (fabs(value) < 0.5 * style->scale * pow(10, -style->decimals)) /* and no "-0" */
		snprintf(buf, size, "%.*f%s", style->decimals, 0.0, style->suffix);
	else
		snprintf(buf, size, "%.*f%s", style->decimals, value / style->scale, style->suffix);
	return buf;
}

/* An interval this wide, in the last places that would be shown, leaves decimals without meaning. */
#define WIDE 10

/* fmax() passes over the bounds that are missing. */
static struct style
cycles_style(const struct estimate *e)
{
	double largest = fmax(fabs(e->value), fmax(fabs(e->ci_low), fabs(e->ci_high)));
	struct style style = {1, "", 0};

	if (largest >= 9999.5)
		style = (struct style){1000, "k", 0};
	if (fabs(e->value) < 999.95 || style.scale > 1)
		style.decimals = (e->ci_high - e->ci_low) / style.scale >= WIDE ? 0 : 1;
	return style;
}

static struct style
ratio_style(const struct estimate *e)
{
	double ratio = fabs(e->value);

	if (ratio < 9.9995)
		return (struct style){1, "", 3};
	if (ratio < 99.995)
		return (struct style){1, "", 2};
	return (struct style){1, "", ratio < 999.95 ? 1 : 0};
}

/* Bounds that lie farther apart than that have no unit in common. */
#define FAR_APART 1000

static bool
is_far_apart(const struct estimate *e)
{
	return e->ci_low > 0 && e->ci_high > FAR_APART * e->ci_low;
}

/* Less than one of the thousands that larger ones are written in: digits of it would be lost. */
static bool
is_below_unit(double value, const struct style *style)
{
	return style->scale > 1 && value != 0 && fabs(value) < style->scale;
}

/* A number of any size, in one to four digits. */
static const char *
format_alone(double value, char *buf, size_t size)
{
	static const struct style styles[] = {
		{1e9, "G", 0}, {1e6, "M", 0}, {1e3, "k", 0}, {1, "", 0}, {1, "", 1}};
	const double from[] = {9.9995e9, 9.9995e6, 9999.5, 9.95, 0};
	size_t i = 0;

	if (fabs(value) >= 1e15)
		snprintf(buf, size, "%.0e", value);
	else {
		while (fabs(value) < from[i])
			i++;
		format_number(value, &styles[i], buf, size);
	}
	return buf;
}

/*
 * The bounds are written like the value, so that they can be compared at a glance,
 * unless they are far apart or one is too small for that.
 */
static const char *
format_estimate(const struct estimate *e, const struct style *style, char *buf, size_t size)
{
	char value[32], low[32], high[32];

	if (is_below_unit(e->value, style))
		format_alone(e->value, value, sizeof(value));
	else
		format_number(e->value, style, value, sizeof(value));
	if (isnan(e->ci_low))
		snprintf(buf, size, "%*s", VALUE_COLUMNS, value);
	else if (is_far_apart(e) || is_below_unit(e->ci_low, style) ||
		 is_below_unit(e->ci_high, style))
		snprintf(buf, size, "%*s  %s..%s", VALUE_COLUMNS, value,
			 format_alone(e->ci_low, low, sizeof(low)),
			 format_alone(e->ci_high, high, sizeof(high)));
	else
		snprintf(buf, size, "%*s  %s..%s", VALUE_COLUMNS, value,
			 format_number(e->ci_low, style, low, sizeof(low)),
			 format_number(e->ci_high, style, high, sizeof(high)));
	return buf;
}

const char *
format_cycles(double cycles, char *buf, size_t size)
{
	const struct style style = cycles_style(&(struct estimate){cycles, NAN, NAN, 1});

	return format_number(cycles, &style, buf, size);
}

const char *
format_ratio(double ratio, char *buf, size_t size)
{
	const struct style style = ratio_style(&(struct estimate){ratio, NAN, NAN, 1});

	return format_number(ratio, &style, buf, size);
}

const char *
format_ns(double ns, char *buf, size_t size)
{
	static const struct style units[] = {
		{1, " ns", 0}, {1e3, " us", 0}, {1e6, " ms", 0}, {1e9, " s", 0}};
	struct style style = units[0];

	for (size_t i = 1; i < sizeof(units) / sizeof(units[0]); i++)
		if (ns >= 0.9995 * units[i].scale)
			style = units[i];
	if (ns < 99.95 * style.scale)
		style.decimals = ns < 9.995 * style.scale ? 2 : 1;
	if (style.scale == 1 && ns >= 9.995)
		style.decimals = ns < 99.95;
	return format_number(ns, &style, buf, size);
}

const char *
format_pps(double pps, char *buf, size_t size)
{
	if (!isfinite(pps))
		snprintf(buf, size, "n/a");
	else if (pps >= 1e6)
		snprintf(buf, size, "%.2f Mpps", pps / 1e6);
	else
		snprintf(buf, size, "%.1f kpps", pps / 1e3);
	return buf;
}

const char *
format_share(double share, char *buf, size_t size)
{
	const struct style style = {0.01, "%", 1};

	return format_number(share, &style, buf, size);
}

const char *
format_cycles_estimate(const struct estimate *e, char *buf, size_t size)
{
	const struct style style = cycles_style(e);

	return format_estimate(e, &style, buf, size);
}

const char *
format_ratio_estimate(const struct estimate *e, char *buf, size_t size)
{
	const struct style style = ratio_style(e);

	return format_estimate(e, &style, buf, size);
}
