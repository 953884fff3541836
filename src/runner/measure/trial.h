/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trial: one cell in one restart of the measuring process. It holds one row
 * per A B B A pair of slices, A the reference and B the configuration.
 * Plain values only: a trial crosses a pipe between two copies of one program.
 */
#ifndef FOLIO_RUNNER_TRIAL_H
#define FOLIO_RUNNER_TRIAL_H

#include <stdint.h>

#include "datapath/slice.h"
#include "runner/measure/latency_figures.h"
#include "runner/measure/throughput.h"

#define TRIAL_PAIRS_MAX 256

/* What one side of a comparison came to in a quad: the mean of its two slices. See struct slice. */
struct side_figures {
	double guest_cycles_per_packet;
	double host_cycles_per_packet;
	double packets_per_second;
	double loss_share;
	double guest_busy_share;
	double round_trip_cycles;
	/* Of both slices' frames together. */
	struct latency_figures latency, send_delay;
};

/* One A B B A quad. */
struct pair {
	struct side_figures configuration, reference;
	double guest_ratio; /* geometric: sqrt(B1 B2 / (A1 A2)) */
	double host_ratio;
	struct latency_figures latency_ratio;
};

struct trial {
	uint32_t cell;    /* id in the plan */
	uint32_t restart; /* 0 .. restarts - 1 */
	uint32_t n_pairs;
	uint32_t same_device; /* lanes of A and B took turns on one device */
	uint64_t duration_ns; /* all of it, settling and what is not metered too */
	struct pair pairs[TRIAL_PAIRS_MAX];
	/* Of the configuration's (B's) slices, summed over the trial. */
	uint64_t packets; /* that the counters speak of */
	/* Over whole slices: in = out + kept + dropped. */
	uint64_t packets_in, packets_out, packets_kept, packets_dropped;
	uint32_t n_counters;
	struct tally_count counters[TALLY_COUNTS_MAX];
	struct latency_distribution latency, reference_latency;
	struct throughput throughput, reference_throughput;
};

#endif
