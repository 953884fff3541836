/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which overhead source costs how much.
 *
 * One factor at a time, and from both ends: what a source alone adds to the
 * ideal, and what its removal takes from `naive`, which has them all. Each is
 * the difference of two configurations' cycles per packet within the pairs, so it
 * needs no other cell.
 *
 * The whole is naive less ideal. What the sources' own figures leave of the
 * whole is called interaction: sources that act on each other (a copy that
 * warms what another source touches, an exit that two of them share) make it
 * differ from zero, and the two ends disagree by it. Its interval comes from
 * what it is in each restart.
 *
 * Shapley: with every set of sources measured against the ideal, v(S), a
 * source's value is what it adds to a set without it, averaged over all orders
 * in which the sources could have been turned on (Shapley, 1953):
 *
 *   sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))
 *
 * The values add up to the whole, restart by restart, and so exactly. Where the
 * orders disagree, sources interact. A two-way interaction is what two sources
 * cost together beyond what each costs alone, v(ij) - v(i) - v(j); the rest is what
 * the whole has beyond the sources alone and all of their two-way interactions:
 * what takes three sources or more, and noise. Those three add up too.
 *
 * More than FACTORS_MAX sources have too many sets: both_ends.c has what is done then.
 *
 * The same is worked out from where the guest, the host and the client stand (enum side).
 *
 * Sums hold because every figure of a place rests on the restarts that all of
 * its cells have.
 */
#ifndef FOLIO_RUNNER_ATTRIBUTION_H
#define FOLIO_RUNNER_ATTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/report/summary.h"

enum attribution_method {
	METHOD_ALONE,   /* ideal and the source, less ideal */
	METHOD_REMOVED, /* naive, less naive without the source */
	METHOD_ALL,     /* naive less ideal: the whole */
	METHOD_SHAPLEY, /* what the source adds, over all orders */
	METHOD_TWO_WAY, /* what two sources together cost beyond each alone */
};

#define SOURCE_INTERACTION "interaction"
#define SOURCE_REST "rest" /* of METHOD_TWO_WAY */
#define SOURCE_TOTAL "total"

struct attribution_row {
	const struct run_cell *place; /* any cell of its workload, frame size and variant */
	const char *source;           /* name, SOURCE_INTERACTION, SOURCE_REST or SOURCE_TOTAL */
	const char *with;             /* of METHOD_TWO_WAY: the other source; else NULL */
	enum side side;
	enum attribution_method method;
	struct estimate cost;  /* in the side's unit */
	struct estimate share; /* of the whole; n = 0 where the whole is not distinguishable */
	unsigned int fidelity; /* of the sources; of all together for interaction, rest, total */
	bool distinguishable;  /* from noise */
};

struct attribution {
	struct attribution_row *rows; /* by place, side, method; sources in the plan's order */
	size_t n_rows;
};

/*
 * Works out every place that has attribution cells. A cell without trials has
 * no row, and no interaction stands where one is missing. summary must outlive
 * *out. Returns 0 or -ENOMEM after log_error().
 */
int attribution_open(const struct summary *summary, struct attribution *out);
void attribution_close(struct attribution *attribution);

/* Have its values come from a fraction of the sets (both_ends.c)? */
bool attribution_is_fraction(const struct run *run, const struct run_cell *place);

/* The row, or NULL. */
const struct attribution_row *attribution_find(const struct attribution *attribution,
					       const struct run_cell *place, const char *source,
					       enum side side, enum attribution_method method);

/* Writes attribution.csv. Returns 0 or -errno after log_error(). */
int attribution_write(const struct attribution *attribution, const struct folder *folder);

#endif
