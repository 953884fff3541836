/* SPDX-License-Identifier: BSD-3-Clause */
/* Orders for qsort(), smallest first. */
#ifndef FOLIO_BASE_COMPARE_H
#define FOLIO_BASE_COMPARE_H

#include <stdint.h>

/* Of doubles, none of them NAN. */
static inline int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline int
compare_u64s(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

#endif
