/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Four slices, A B B A: a drift that is linear over the four falls out. What they come to is
 * a pair: for each side the mean of its two slices, and between them the geometric ratio,
 * sqrt(B1 B2 / (A1 A2)).
 */
#ifndef FOLIO_RUNNER_QUAD_H
#define FOLIO_RUNNER_QUAD_H

#include "datapath/host/latency.h"
#include "datapath/slice.h"
#include "runner/measure/trial.h"

struct quad_slice {
	struct slice slice;
	struct latencies latencies; /* of its frames, where the cell has any */
};

struct quad {
	struct quad_slice a1, b1, b2, a2; /* in the order they were run */
};

/* All but the latencies, which are NAN. */
void quad_figures(const struct quad *quad, struct pair *pair);

/*
 * Both sides' latencies and their ratio, beside quad_figures(); they are added to the
 * histograms of the trial. The quad's own are of no use afterwards.
 */
void quad_latencies(struct quad *quad, struct pair *pair, struct histogram *configuration,
		    struct histogram *reference);

/* Adds what the counters of the configuration's slices say to the trial's. */
void quad_count(const struct quad *quad, struct trial *trial);

#endif
