/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/pair_metrics.h"

#include <string.h>

#include "runner/measure/trial.h"

#define CONFIGURATION(field) offsetof(struct pair, configuration.field), METRIC_OF_CONFIGURATION
#define REFERENCE(field) offsetof(struct pair, reference.field), METRIC_OF_REFERENCE

const struct pair_metric pair_metrics[] = {
	{"guest_cycles_per_packet", "cycles/packet", CONFIGURATION(guest_cycles_per_packet)},
	{"host_cycles_per_packet", "cycles/packet", CONFIGURATION(host_cycles_per_packet)},
	{"reference_guest_cycles_per_packet", "cycles/packet", REFERENCE(guest_cycles_per_packet)},
	{"reference_host_cycles_per_packet", "cycles/packet", REFERENCE(host_cycles_per_packet)},
	{"guest_ratio", "ratio", offsetof(struct pair, guest_ratio), METRIC_OF_BOTH},
	{"host_ratio", "ratio", offsetof(struct pair, host_ratio), METRIC_OF_BOTH},
	/* In two processes only. */
	{METRIC_PACKETS_PER_SECOND, "packets/s", CONFIGURATION(packets_per_second)},
	{METRIC_LOSS_SHARE, "share", CONFIGURATION(loss_share)},
	{METRIC_BUSY_SHARE, "share", CONFIGURATION(guest_busy_share)},
	{METRIC_ROUND_TRIP, "cycles", CONFIGURATION(round_trip_cycles)},
	{"reference_" METRIC_PACKETS_PER_SECOND, "packets/s", REFERENCE(packets_per_second)},
	{"reference_" METRIC_LOSS_SHARE, "share", REFERENCE(loss_share)},
	{"reference_" METRIC_BUSY_SHARE, "share", REFERENCE(guest_busy_share)},
	{"reference_" METRIC_ROUND_TRIP, "cycles", REFERENCE(round_trip_cycles)},
	{NULL, NULL, 0, METRIC_OF_BOTH},
};

const struct side_metrics side_metrics[SIDES] = {
	[SIDE_GUEST] = {"guest", "guest_cycles_per_packet", "reference_guest_cycles_per_packet",
			"guest_ratio"},
	[SIDE_HOST] = {"host", "host_cycles_per_packet", "reference_host_cycles_per_packet",
		       "host_ratio"},
};

bool
metric_is_of_pairs(const char *name)
{
	for (const struct pair_metric *m = pair_metrics; m->name; m++)
		if (!strcmp(m->name, name))
			return true;
	return false;
}
