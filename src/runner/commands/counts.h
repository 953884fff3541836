/* SPDX-License-Identifier: BSD-3-Clause */
/* How the two sides' commands print what they count. */
#ifndef FOLIO_RUNNER_COUNTS_H
#define FOLIO_RUNNER_COUNTS_H

#include <stdint.h>

#include "base/counter.h"

struct columns;

#define COUNTS_TEXT_BYTES 64

/* One count that another thread writes. */
static inline uint64_t
counts_read(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/* "4.123 Mpps": three digits behind the point are all that a second is good for. Returns buf. */
const char *counts_rate(uint64_t frames, double seconds, char buf[COUNTS_TEXT_BYTES]);

/* A row for each counter of state: name (behind prefix and a dot), count, unit, help. */
void counts_rows(struct columns *columns, const char *prefix, const struct counter *table,
		 const void *state);

#endif
