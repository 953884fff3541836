/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is kept of the latencies of slices: of a pair's two slices together the usual
 * figures, and of all slices of a trial together a distribution as quantiles. A
 * quantile that fewer than LATENCY_BEYOND_MIN frames lie beyond is left out (NAN), as
 * what it would say is which of a few frames had bad luck; so is the maximum where
 * there is no p999.
 */
#ifndef FOLIO_RUNNER_LATENCY_FIGURES_H
#define FOLIO_RUNNER_LATENCY_FIGURES_H

#include <stdint.h>

struct histogram;

#define LATENCY_BEYOND_MIN 10

/* Of frames that came back; ns from when they were due. */
struct latency_figures {
	double mean_ns, p50_ns, p95_ns, p99_ns, p999_ns, max_ns;
};

#define LATENCY_QUANTILES 11

struct latency_quantile {
	const char *name; /* "p999" */
	double share;
};

/* Rising. */
extern const struct latency_quantile latency_quantiles[LATENCY_QUANTILES];

/* A trial's slices together. */
struct latency_distribution {
	uint64_t frames;
	double quantiles_ns[LATENCY_QUANTILES];
	double max_ns;
};

/* Where nothing was measured: all NAN. */
struct latency_figures latency_figures_none(void);

/* Without a frame, all of it is NAN. */
void latency_figures_take(struct latency_figures *figures, const struct histogram *histogram);
void latency_figures_divide(struct latency_figures *ratio, const struct latency_figures *divisor);
void latency_distribution_take(struct latency_distribution *distribution,
			       const struct histogram *histogram);

#endif
