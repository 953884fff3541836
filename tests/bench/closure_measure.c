/* SPDX-License-Identifier: BSD-3-Clause */
#include "closure_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "datapath/host/traffic.h"
#include "datapath/lane.h"
#include "datapath/lockstep.h"
#include "pairs.h"

#define SHARE_MAX 0.03
#define SHARE_FROM_CYCLES 2000
#define CYCLES_MAX 60

static double
events_per_packet(const struct slice *slice, const char *counter)
{
	for (uint32_t i = 0; i < slice->n_counters; i++)
		if (!strcmp(slice->counters[i].name, counter))
			return (double)slice->counters[i].count / (double)slice->counted_packets;
	return 0;
}

/* found_cycles: by pair. */
static int
measure(struct lane *a, struct lane *b, const char *counter, double found_cycles[PAIRS])
{
	static struct slice a1, b1, b2, a2;

	for (int i = 0; i < PAIRS; i++) {
		if (slice(a, &a1) || slice(b, &b1) || slice(b, &b2) || slice(a, &a2))
			return -1;
		found_cycles[i] =
			(b1.guest_cycles_per_packet + b2.guest_cycles_per_packet -
			 a1.guest_cycles_per_packet - a2.guest_cycles_per_packet) /
			(events_per_packet(&b1, counter) + events_per_packet(&b2, counter));
	}
	return 0;
}

static void
sum_up(double found_cycles[PAIRS], struct closure_result *result)
{
	/* The median's interval by order statistics: half +- 1.96 sqrt(n) / 2 of n. */
	double reach = 0.98 / sqrt(PAIRS);

	result->found_cycles = median(found_cycles);
	result->low_cycles = quantile(found_cycles, 0.5 - reach);
	result->high_cycles = quantile(found_cycles, 0.5 + reach);
	result->quartile_cycles[0] = quantile(found_cycles, 0.25);
	result->quartile_cycles[1] = quantile(found_cycles, 0.75);
}

static int
find_on(struct lockstep *bench, const struct injection *injection, struct closure_result *result)
{
	static double found_cycles[PAIRS];
	struct lane *a, *b;

	if (lockstep_add(bench, &injection->reference, "vhost-user", false, &a) ||
	    lockstep_add(bench, &injection->config, "vhost-user", false, &b) ||
	    measure(a, b, injection->counter, found_cycles))
		return -1;
	sum_up(found_cycles, result);
	return 0;
}

static int
find_once(const struct closure_setting *setting, const struct injection *injection,
	  struct closure_result *result)
{
	const struct lockstep_options options = {.socket_dir = setting->scratch,
						 .workload = CLOSURE_WORKLOAD,
						 .verify_every = 64,
						 .bounce_bytes = CLOSURE_BOUNCE_BYTES};
	struct lockstep *bench;
	int error = lockstep_open(&options, &bench);

	if (error)
		return error;
	error = lockstep_set_traffic(bench, setting->traffic);
	if (!error)
		error = find_on(bench, injection, result);
	lockstep_close(bench);
	return error;
}

static int
compare_results(const void *left, const void *right)
{
	const struct closure_result *a = left, *b = right;

	return compare_doubles(&a->found_cycles, &b->found_cycles);
}

int
closure_find(const struct closure_setting *setting, const struct injection *injection,
	     struct closure_result *result)
{
	struct closure_result results[3];
	int error = find_once(setting, injection, result);

	if (error || closure_judge(injection, result) == VERDICT_OK)
		return error;
	results[0] = *result;
	for (int i = 1; !error && i < 3; i++)
		error = find_once(setting, injection, &results[i]);
	if (error)
		return error;
	qsort(results, 3, sizeof(results[0]), compare_results);
	*result = results[1];
	return 0;
}

enum closure_verdict
closure_judge(const struct injection *injection, const struct closure_result *result)
{
	double cycles = injection->cycles;
	double bound = cycles >= SHARE_FROM_CYCLES ? SHARE_MAX * cycles : CYCLES_MAX;

	/* Not a number is neither of the first two. */
	if (fabs(result->found_cycles - cycles) <= bound &&
	    result->high_cycles - result->low_cycles <= 2 * bound)
		return VERDICT_OK;
	if (result->low_cycles - cycles <= bound && result->high_cycles - cycles >= -bound)
		return VERDICT_UNCLEAR;
	return VERDICT_FAILED;
}
