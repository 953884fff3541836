/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands of both sides, `folio host` and `folio guest`, say alike. */
#ifndef FOLIO_RUNNER_SIDES_H
#define FOLIO_RUNNER_SIDES_H

#include <stdint.h>

struct collector_counters;
struct generator;
struct generator_counters;

/* Who has waited so long for the other side is told what may be wrong. */
#define SIDES_WAIT_HINT_S 5u

/* At the line before; zero to begin with. */
struct sides_line {
	uint64_t sent, received;
};

/*
 * The part of the line a second, without its end, that tells of traffic: what was sent
 * and received since the line before, so many seconds ago, and what was missed in all.
 * The counts may be another thread's.
 */
void sides_print_traffic(struct sides_line *last, const struct generator_counters *sent,
			 const struct collector_counters *back, double seconds);

/* When it is over: warns of frames that this side never sent. */
void sides_warn_of_foreign(const struct collector_counters *back);

/* Of the longest frame that it sends. */
uint32_t sides_longest_bytes(const struct generator *generator);

#endif
