/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Above this a double no longer holds every whole number. */
#define WHOLE_MAX 9007199254740992.0

/* One unit is numerator / denominator base units: a division is exact where 0.01 is not. */
struct unit {
	const char *name;
	enum dimension dimension;
	double numerator, denominator;
};

/* Ascending within a dimension; the first one is the base unit, but for shares. */
static const struct unit units[] = {
	{"", DIMENSION_COUNT, 1, 1},
	{"ns", DIMENSION_TIME, 1, 1},
	{"us", DIMENSION_TIME, 1e3, 1},
	{"ms", DIMENSION_TIME, 1e6, 1},
	{"s", DIMENSION_TIME, 1e9, 1},
	{"cycles", DIMENSION_CYCLES, 1, 1},
	{"B", DIMENSION_BYTES, 1, 1},
	{"KiB", DIMENSION_BYTES, 1024, 1},
	{"MiB", DIMENSION_BYTES, 1024 * 1024, 1},
	{"GiB", DIMENSION_BYTES, 1024 * 1024 * 1024, 1},
	{"pps", DIMENSION_RATE, 1, 1},
	{"kpps", DIMENSION_RATE, 1e3, 1},
	{"Mpps", DIMENSION_RATE, 1e6, 1},
	{"%", DIMENSION_SHARE, 1, 100},
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

static const char *
skip_digits(const char *text)
{
	while (isdigit((unsigned char)*text))
		text++;
	return text;
}

/* End of the decimal number at text, or NULL; strtod() alone would also take "inf" and "0x10". */
static const char *
number_end(const char *text)
{
	const char *digits = text + (*text == '-' || *text == '+');
	const char *end = skip_digits(digits);
	const char *exponent;

	if (end == digits)
		return NULL;
	if (*end == '.') {
		digits = end + 1;
		end = skip_digits(digits);
		if (end == digits)
			return NULL;
	}
	if (*end != 'e' && *end != 'E')
		return end;
	exponent = end + 1 + (end[1] == '-' || end[1] == '+');
	return isdigit((unsigned char)*exponent) ? skip_digits(exponent) : end;
}

static const struct unit *
find_unit(const char *name, size_t length)
{
	for (size_t i = 0; i < N_UNITS; i++)
		if (strlen(units[i].name) == length && !memcmp(units[i].name, name, length))
			return &units[i];
	return NULL;
}

int
quantity_parse(const char *text, struct quantity *out)
{
	const struct unit *unit;
	const char *end;
	size_t length;
	double value;

	while (*text == ' ')
		text++;
	end = number_end(text);
	if (!end)
		return -EINVAL;
	value = strtod(text, NULL);
	while (*end == ' ')
		end++;
	length = strlen(end);
	while (length && end[length - 1] == ' ')
		length--;
	unit = find_unit(end, length);
	if (!unit)
		return -EINVAL;
	value = value * unit->numerator / unit->denominator;
	if (!isfinite(value))
		return -ERANGE;
	out->dimension = unit->dimension;
	out->value = value;
	return 0;
}

static bool
is_whole_in(const struct unit *unit, double value)
{
	double n = value * unit->denominator / unit->numerator;

	return n != 0 && n == rint(n) && fabs(n) <= WHOLE_MAX;
}

/* The largest unit that leaves a whole number; else the largest with at least 1 of it. */
static const struct unit *
best_unit(enum dimension dimension, double value)
{
	const struct unit *whole = NULL, *best = NULL;

	for (size_t i = 0; i < N_UNITS; i++) {
		if (units[i].dimension != dimension)
			continue;
		if (is_whole_in(&units[i], value))
			whole = &units[i];
		if (!best || fabs(value) * units[i].denominator >= units[i].numerator)
			best = &units[i];
	}
	return whole ? whole : best;
}

/* With as few digits as read back, four at least if they matter. Returns whether they do. */
static bool
print_digits(const struct unit *unit, double value, char *buf, size_t size)
{
	const char *space = *unit->name && *unit->name != '%' ? " " : "";
	double n = value * unit->denominator / unit->numerator;
	struct quantity back;

	if (n == rint(n) && fabs(n) <= WHOLE_MAX) {
		snprintf(buf, size, "%.0f%s%s", n, space, unit->name);
		return true;
	}
	for (int digits = 4; digits <= 17; digits++) {
		snprintf(buf, size, "%.*g%s%s", digits, n, space, unit->name);
		if (!quantity_parse(buf, &back) && back.value == value)
			return true;
	}
	return false;
}

const char *
quantity_format(enum dimension dimension, double value, char *buf, size_t size)
{
	const struct unit *unit = best_unit(dimension, value);

	if (!print_digits(unit, value, buf, size)) {
		/* Scaling lost the last bit: the base unit scales nothing. */
		while (unit > units && unit[-1].dimension == dimension)
			unit--;
		print_digits(unit, value, buf, size);
	}
	return buf;
}

const char *
dimension_help(enum dimension dimension)
{
	switch (dimension) {
	case DIMENSION_COUNT:
		return "a bare number";
	case DIMENSION_TIME:
		return "a time such as 200 us (ns, us, ms, s)";
	case DIMENSION_CYCLES:
		return "a number of cycles such as 4000 cycles";
	case DIMENSION_BYTES:
		return "a size such as 4 KiB (B, KiB, MiB, GiB)";
	case DIMENSION_RATE:
		return "a rate such as 50 kpps (pps, kpps, Mpps)";
	case DIMENSION_SHARE:
		return "a share such as 0.5%";
	}
	return "";
}
