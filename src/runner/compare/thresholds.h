/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a comparison tolerates: a small YAML file. configs/thresholds.yaml is an
 * example that says what each key means; without a file the defaults hold.
 */
#ifndef FOLIO_RUNNER_THRESHOLDS_H
#define FOLIO_RUNNER_THRESHOLDS_H

#include <stdbool.h>

/* Every figure that can be judged; thresholds_names[] has their keys. */
enum judged {
	JUDGED_GUEST_RATIO,
	JUDGED_HOST_RATIO,
	JUDGED_GUEST_CYCLES, /* raw cycles compare on one and the same machine only */
	JUDGED_HOST_CYCLES,
	JUDGED_LATENCY_MEAN, /* to the reference's, from the same pairs; of runs at a rate */
	JUDGED_LATENCY_P50,
	JUDGED_LATENCY_P99,
	JUDGED_COUNTERS, /* events per packet: each counter that a run has */
	JUDGED_COUNT,
};

extern const char *const judged_names[JUDGED_COUNT];

struct thresholds {
	double false_alarms;    /* chance of any false alarm in a comparison without a change */
	double unchanged_error; /* chance to pass a figure that lies at the edge of its tolerance */
	double tolerance[JUDGED_COUNT]; /* share of BASE's figure */
	bool judged[JUDGED_COUNT];
};

/* path NULL: the defaults. Returns 0, or -EINVAL or another -errno after log_error(). */
int thresholds_read(const char *path, struct thresholds *out);

#endif
