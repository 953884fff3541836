/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an event costs in one configuration beyond another, found in the guest's cycles
 * per packet: lanes of both take turns A B B A, and the median of the pairs'
 * differences by the events that were counted is what is found.
 */
#ifndef FOLIO_BENCH_CLOSURE_MEASURE_H
#define FOLIO_BENCH_CLOSURE_MEASURE_H

#include "datapath/config.h"

struct traffic;

/* Where and with what it is measured. */
struct closure_setting {
	const char *scratch;
	const struct traffic *traffic;
};

/* An event, by the counter's name, costs so many cycles more in config than in reference. */
struct injection {
	struct datapath_config reference, config;
	const char *counter;
	double cycles;
};

struct closure_result {
	double found_cycles;            /* the median; not a number: there were no events */
	double low_cycles, high_cycles; /* its 95% interval */
	double quartile_cycles[2];      /* of the pairs */
};

/*
 * The bounds are 3% from 2000 cycles on and 60 cycles below. VERDICT_OK: within them,
 * and known that well. VERDICT_FAILED: the interval lies beyond them. VERDICT_UNCLEAR:
 * this machine is too noisy to tell.
 */
enum closure_verdict { VERDICT_OK, VERDICT_UNCLEAR, VERDICT_FAILED, VERDICTS };

/*
 * Measures on a device and memory of its own. What is not ok at once is measured twice
 * more, and the result in the middle counts. Returns 0, or less after log_error().
 */
int closure_find(const struct closure_setting *setting, const struct injection *injection,
		 struct closure_result *result);

enum closure_verdict closure_judge(const struct injection *injection,
				   const struct closure_result *result);

#define CLOSURE_WORKLOAD "macswap"

/* Most bytes of bounce slots that a configuration may want. */
#define CLOSURE_BOUNCE_BYTES (8u << 20)

#endif
