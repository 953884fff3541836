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

/* Room for every reason of the exit engine, and those that this many kinds of KVM's exits have. */
#define TRIAL_EXITS_MAX 40

/* A row of exits.csv. Times are NAN where the end of no such exit was seen. */
struct trial_exit {
	char reason[64];
	uint32_t origin; /* enum exit_origin */
	uint64_t count;
	double min_ns, p50_ns, p99_ns, max_ns;
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
	struct pool_memory shadow; /* of the configuration; zeros where nothing is copied */
	uint32_t n_exits;
	uint32_t exit_set; /* in which KVM's were counted */
	struct trial_exit exits[TRIAL_EXITS_MAX];
	uint64_t exit_packets;       /* received while these were counted: in the metered bursts */
	double kvm_exits_per_packet; /* NAN: nothing was traced */
	double tracing_share;        /* of duration_ns, that tracing took; 0: nothing was traced */
	struct latency_distribution latency, reference_latency;
	struct throughput throughput, reference_throughput;
};

#endif
