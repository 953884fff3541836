/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/pair_metrics.h"

#include <string.h>

#include "runner/measure/trial.h"

#define CONFIGURATION(field, ratio_name)                                                           \
	.offset = offsetof(struct pair, configuration.field), .of = METRIC_OF_CONFIGURATION,       \
	.ratio = (ratio_name)
#define REFERENCE(field) .offset = offsetof(struct pair, reference.field), .of = METRIC_OF_REFERENCE
#define RATIO(field) .offset = offsetof(struct pair, field), .of = METRIC_OF_BOTH

/* Of the configuration, of its reference, and their ratio. */
#define LATENCY(figure)                                                                            \
	{METRIC_LATENCY #figure "_ns", "ns",                                                       \
	 CONFIGURATION(latency.figure##_ns, METRIC_LATENCY #figure "_ratio")},                     \
		{"reference_" METRIC_LATENCY #figure "_ns", "ns", REFERENCE(latency.figure##_ns)}, \
	{                                                                                          \
		METRIC_LATENCY #figure "_ratio", "ratio", RATIO(latency_ratio.figure##_ns)         \
	}

const struct pair_metric pair_metrics[] = {
	{"guest_cycles_per_packet", "cycles/packet",
	 CONFIGURATION(guest_cycles_per_packet, "guest_ratio")},
	{"host_cycles_per_packet", "cycles/packet",
	 CONFIGURATION(host_cycles_per_packet, "host_ratio")},
	{"reference_guest_cycles_per_packet", "cycles/packet", REFERENCE(guest_cycles_per_packet)},
	{"reference_host_cycles_per_packet", "cycles/packet", REFERENCE(host_cycles_per_packet)},
	{"guest_ratio", "ratio", RATIO(guest_ratio)},
	{"host_ratio", "ratio", RATIO(host_ratio)},
	/* In two processes only. */
	{METRIC_PACKETS_PER_SECOND, "packets/s", CONFIGURATION(packets_per_second, NULL)},
	{METRIC_LOSS_SHARE, "share", CONFIGURATION(loss_share, NULL)},
	{METRIC_BUSY_SHARE, "share", CONFIGURATION(guest_busy_share, NULL)},
	{METRIC_ROUND_TRIP, "cycles", CONFIGURATION(round_trip_cycles, NULL)},
	{"reference_" METRIC_PACKETS_PER_SECOND, "packets/s", REFERENCE(packets_per_second)},
	{"reference_" METRIC_LOSS_SHARE, "share", REFERENCE(loss_share)},
	{"reference_" METRIC_BUSY_SHARE, "share", REFERENCE(guest_busy_share)},
	{"reference_" METRIC_ROUND_TRIP, "cycles", REFERENCE(round_trip_cycles)},
	/* In two processes at a rate. */
	LATENCY(mean),
	LATENCY(p50),
	LATENCY(p95),
	LATENCY(p99),
	LATENCY(p999),
	LATENCY(max),
	{METRIC_SEND_DELAY "mean_ns", "ns", CONFIGURATION(send_delay.mean_ns, NULL)},
	{METRIC_SEND_DELAY "p99_ns", "ns", CONFIGURATION(send_delay.p99_ns, NULL)},
	{"reference_" METRIC_SEND_DELAY "mean_ns", "ns", REFERENCE(send_delay.mean_ns)},
	{"reference_" METRIC_SEND_DELAY "p99_ns", "ns", REFERENCE(send_delay.p99_ns)},
	{0},
};

#define RESULT(field) offsetof(struct search_result, field)

const struct goal_metric goal_metrics[] = {
	{"_pps", "packets/s", RESULT(lower_pps), "the relevant lower bound"},
	{"_upper_pps", "packets/s", RESULT(upper_pps), "the relevant upper bound"},
	{"_conditional_pps", "packets/s", RESULT(conditional_pps),
	 "conditional throughput: what comes back at the lower bound"},
	{"_inconsistent", "trials", RESULT(inconsistent), "failed below a rate that passed"},
	{"_lost_host_late", "share", RESULT(losses.host_late),
	 "at the upper bound, of trials that failed: not offered in time by the host"},
	{"_lost_no_room", "share", RESULT(losses.no_room), "the same: the device had no room"},
	{"_lost_in_guest", "share", RESULT(losses.in_guest), "the same: taken, and not given back"},
	{"_host_away", "share", RESULT(host_away_share),
	 "of those trials, had the host's core taken away for longer than a ring lasts"},
	{0},
};

const struct side_metrics side_metrics[SIDES] = {
	[SIDE_GUEST] = {"guest", "cycles/packet", "guest_cycles_per_packet",
			"reference_guest_cycles_per_packet", "guest_ratio"},
	[SIDE_HOST] = {"host", "cycles/packet", "host_cycles_per_packet",
		       "reference_host_cycles_per_packet", "host_ratio"},
	[SIDE_CLIENT] = {"client", "ns", METRIC_LATENCY "mean_ns",
			 "reference_" METRIC_LATENCY "mean_ns", METRIC_LATENCY "mean_ratio"},
};

const char *
metric_ratio(const char *name)
{
	for (const struct pair_metric *m = pair_metrics; m->name; m++)
		if (!strcmp(m->name, name))
			return m->ratio;
	return NULL;
}

bool
metric_is_positive(const char *name)
{
	for (const struct pair_metric *m = pair_metrics; m->name; m++)
		if (!strcmp(m->name, name))
			return strcmp(m->unit, "share") != 0;
	return false;
}

bool
metric_is_of_pairs(const char *name)
{
	for (const struct pair_metric *m = pair_metrics; m->name; m++)
		if (!strcmp(m->name, name))
			return true;
	return false;
}
