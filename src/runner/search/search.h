/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The highest loads at which no more than given shares are lost, all found in one
 * search, in the manner of RFC 9971 (Multiple Loss Ratio Search). Pure logic: it says
 * which load to try next and for how long, and is told what was lost.
 *
 * Phases go from coarse to fine: one short trial decides on a load, then one full-length
 * trial, then as many as the goals' time wants; each narrows the bounds further, the
 * last one to the width asked for. Every trial counts for every goal. In a phase and
 * for a goal:
 *
 *   neither bound   the bounds of the phase before are tried, or those of a neighbour
 *   one of them     the other is looked for in steps that double
 *   both            what lies between is halved, on a logarithmic scale
 *
 * The relevant upper bound is the lowest load that is one, and the relevant lower
 * bound the highest one below it: where a load fails, one above it that passes has had
 * luck. A phase that contradicts the one before goes on from there.
 */
#ifndef FOLIO_RUNNER_SEARCH_H
#define FOLIO_RUNNER_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#define SEARCH_GOALS_MAX 2

struct search_options {
	uint32_t n_goals;
	double loss_shares[SEARCH_GOALS_MAX]; /* that a goal allows, rising */
	double width;      /* of what is left between the bounds, as a share of the upper one */
	double exceed;     /* share of the time that may have more loss */
	uint64_t short_ns; /* of the first trials */
	uint64_t full_ns;  /* of the last ones */
	uint64_t sum_ns;   /* of all full-length trials at a load, for its class */
	double min_pps, max_pps; /* loads to try; whole numbers */
	uint32_t trials_max;
};

/* Where a goal's bounds may lie; upper_pps 0: only where to begin. */
struct search_hint {
	double lower_pps, upper_pps;
};

/* Of a trial's load, what was lost and where; the search passes on all but the sum. */
struct search_losses {
	double host_late; /* not offered in time */
	double no_room;   /* not taken by the device */
	double in_guest;  /* taken, and not given back */
};

struct search_trial {
	double load_pps;
	uint64_t duration_ns;
	double loss_share; /* of the load, 0 to 1 */
	struct search_losses losses;
	bool host_away; /* the host's core was taken away for longer than the rings last */
};

/* What became of a goal; NAN where there is no such bound. */
struct search_result {
	double lower_pps, upper_pps; /* relevant bounds, by full-length trials of the whole time */
	double conditional_pps;      /* conditional throughput of the lower bound */
	double inconsistent;         /* full-length trials that failed below one that passed */
	/* Means over the trials that failed at the upper bound. */
	struct search_losses losses;
	double host_away_share;
};

struct search;

/* hints: one for each goal. Returns NULL when out of memory. */
struct search *search_new(const struct search_options *options, const struct search_hint *hints);
void search_free(struct search *search);

/* The next trial's load and duration. False: the search is over, or trials_max is reached. */
bool search_next(struct search *search, struct search_trial *trial);

/* What became of it. */
void search_add(struct search *search, const struct search_trial *trial);

/* Trials so far, and whether every goal's bounds are as close as was asked for (or at a limit). */
uint32_t search_trials(const struct search *search);
bool search_is_complete(const struct search *search);

/* As far as it has come. */
void search_get(const struct search *search, uint32_t goal, struct search_result *result);

#endif
