/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When frames are meant to be sent, by a clock that the caller reads: at a rate, at
 * a capture's own times over and over, or always. Nothing here knows what the other
 * side does.
 */
#ifndef FOLIO_DATAPATH_PACE_H
#define FOLIO_DATAPATH_PACE_H

#include <stdint.h>

enum pace_kind { PACE_MAX, PACE_RATE, PACE_TIMES };

struct pace {
	enum pace_kind kind;
	uint64_t clock_hz;
	uint64_t rate_pps; /* PACE_RATE: 1 or more */
	/* PACE_TIMES: of n frames, rising, and of a whole round (1 or more), from its first one. */
	const uint64_t *times_ns;
	uint64_t round_ns;
	uint32_t n;

	uint64_t start; /* by the clock: when the first frame is due */
	uint64_t taken; /* frames since then */
};

/* The first frame is due now. */
void pace_start(struct pace *pace, uint64_t now);

/* How many frames are due at that time and not yet taken, at most max. */
uint32_t pace_due(const struct pace *pace, uint64_t now, uint32_t max);

/* When the frame is due that `ahead` frames stand before, of those not yet taken. Not of PACE_MAX. */
uint64_t pace_due_at(const struct pace *pace, uint32_t ahead);

/* n of them were dealt with, sent or not. */
void pace_take(struct pace *pace, uint32_t n);

#endif
