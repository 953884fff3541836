/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The metrics that a trial has once per A B B A pair. One table serves writing
 * trials.csv and reading it back.
 */
#ifndef FOLIO_RUNNER_PAIR_METRICS_H
#define FOLIO_RUNNER_PAIR_METRICS_H

#include <stdbool.h>
#include <stddef.h>

/* Whose fidelity a metric has. */
enum metric_of { METRIC_OF_CONFIGURATION, METRIC_OF_REFERENCE, METRIC_OF_BOTH };

struct pair_metric {
	const char *name; /* NULL ends the table */
	const char *unit;
	size_t offset; /* of a double in struct pair */
	enum metric_of of;
	const char *ratio; /* the metric that is its ratio to the reference's; NULL: none */
};

extern const struct pair_metric pair_metrics[];

/* The pair metric that is the ratio to the reference of that one, or NULL. */
const char *metric_ratio(const char *name);

/* Is there one value of that metric per pair? Otherwise there is one per restart. */
bool metric_is_of_pairs(const char *name);

/*
 * Is it above zero by its nature? Of what pairs have, all but shares of time or of packets is;
 * counters may have nothing to count.
 */
bool metric_is_positive(const char *name);

/*
 * From where a cost is seen: the two sides of the shared region, in cycles per packet, and
 * the client behind the host, in latency (in two processes at a rate only).
 */
enum side { SIDE_GUEST, SIDE_HOST, SIDE_CLIENT, SIDES };

/* A side's names in files, and those of its metrics in pair_metrics[]. */
struct side_metrics {
	const char *name;
	const char *unit;
	const char *cost, *reference_cost, *ratio;
};

extern const struct side_metrics side_metrics[SIDES];

/*
 * Of two processes; the reference's have "reference_" before them: what came back to
 * the host in a second, what did not come back of what it offered, the guest's
 * time in bursts that moved packets, and the time to the other core and back.
 */
#define METRIC_PACKETS_PER_SECOND "packets_per_second"
#define METRIC_LOSS_SHARE "loss_share"
#define METRIC_BUSY_SHARE "guest_busy_share"
#define METRIC_ROUND_TRIP "round_trip_cycles"

/*
 * Of two processes at a rate, in ns from when a frame was due: mean and quantiles by
 * pair, and of all slices of a trial together a distribution: METRIC_LATENCY_POOLED,
 * a quantile's name or "max", and "_ns" behind it. The reference's as above.
 */
#define METRIC_LATENCY "latency_"
#define METRIC_LATENCY_POOLED "latency_pooled_"
#define METRIC_LATENCY_FRAMES "latency_pooled_frames"
#define METRIC_SEND_DELAY "send_delay_"

/*
 * Per trial with a search for throughput, the reference's as above. Of "ndr" and "pdr",
 * METRIC_THROUGHPUT and the goal's name and one of the endings.
 */
#define METRIC_THROUGHPUT "throughput_"
#define METRIC_SEARCH_TRIALS METRIC_THROUGHPUT "trials"
#define METRIC_SEARCH_DURATION METRIC_THROUGHPUT "search_s"
#define METRIC_SEARCH_COMPLETE METRIC_THROUGHPUT "complete"
#define METRIC_THROUGHPUT_MAX METRIC_THROUGHPUT "max_pps"

struct goal_metric {
	const char *ending; /* "_pps", behind the goal's name; NULL ends the table */
	const char *unit;
	size_t offset; /* of a double in struct search_result */
	const char *help;
};

extern const struct goal_metric goal_metrics[];

/* Per trial: 1 where configuration and reference took turns on one device, else 0. */
#define METRIC_SAME_DEVICE "same_device"

/* Per trial: the guest's exits to KVM, as they were traced, per packet received. */
#define METRIC_KVM_EXITS "kvm.exits_per_packet"

/* Per trial: private memory of the shadow pools, in all and for each mbuf; none where nothing is copied. */
#define METRIC_SHADOW_BYTES "shadow_pool_bytes"
#define METRIC_SHADOW_BYTES_PER_MBUF "shadow_pool_bytes_per_mbuf"

/* Per trial: of its duration, what tracing its exits took; 0 where nothing was traced. */
#define METRIC_TRACING_SHARE "tracing_share"

/* Per trial, and always its last row: a trial without it was cut short. */
#define METRIC_DURATION "trial_duration"

#endif
