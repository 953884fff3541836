/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/pair_metrics.h"

#include <string.h>

#include "runner/measure/trial.h"

const struct pair_metric pair_metrics[] = {
	{"guest_cycles_per_packet", "cycles/packet", offsetof(struct pair, guest_cycles_per_packet),
	 METRIC_OF_CONFIGURATION},
	{"host_cycles_per_packet", "cycles/packet", offsetof(struct pair, host_cycles_per_packet),
	 METRIC_OF_CONFIGURATION},
	{"reference_guest_cycles_per_packet", "cycles/packet",
	 offsetof(struct pair, reference_guest_cycles_per_packet), METRIC_OF_REFERENCE},
	{"reference_host_cycles_per_packet", "cycles/packet",
	 offsetof(struct pair, reference_host_cycles_per_packet), METRIC_OF_REFERENCE},
	{"guest_ratio", "ratio", offsetof(struct pair, guest_ratio), METRIC_OF_BOTH},
	{"host_ratio", "ratio", offsetof(struct pair, host_ratio), METRIC_OF_BOTH},
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
