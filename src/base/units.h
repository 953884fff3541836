/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quantities as a user writes them: a number and its unit ("200 us",
 * "4000 cycles", "4 KiB", "50 kpps", "0.5%"). One table of units serves
 * reading and printing. A bare number is a count and nothing else.
 */
#ifndef FOLIO_BASE_UNITS_H
#define FOLIO_BASE_UNITS_H

#include <stddef.h>

enum dimension {
	DIMENSION_COUNT,  /* bare number */
	DIMENSION_TIME,   /* base unit: ns */
	DIMENSION_CYCLES, /* base unit: TSC cycles */
	DIMENSION_BYTES,  /* base unit: bytes */
	DIMENSION_RATE,   /* base unit: packets per second */
	DIMENSION_SHARE,  /* base unit: 1 (so 0.5% is 0.005) */
};

struct quantity {
	enum dimension dimension;
	double value; /* in the base unit of its dimension */
};

/*
 * Reads text whole: optional spaces, a decimal number, optional spaces, an
 * optional unit. Returns 0, or -EINVAL when it is no number or the unit is
 * unknown, or -ERANGE when the number is not finite. *out is then untouched.
 */
int quantity_parse(const char *text, struct quantity *out);

/*
 * Writes value (in the dimension's base unit) with the largest unit that
 * leaves a whole number, or failing that with as few digits (four at least, if
 * they matter) as read back to the same value: 200000 ns -> "200 us",
 * 0.005 -> "0.5%". (A share of more than 15 digits may lose its last bit.)
 * Returns buf.
 */
const char *quantity_format(enum dimension dimension, double value, char *buf, size_t size);

/* "a time such as 200 us (ns, us, ms, s)": for messages that say what is allowed. */
const char *dimension_help(enum dimension dimension);

#endif
