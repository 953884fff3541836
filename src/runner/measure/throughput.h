/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Searches for throughput (search/search.h) on the lanes of a bench. Each lane is
 * searched once per traffic and measuring process, whichever cells it serves; the
 * bounds that a neighbour has (the same traffic on another lane, else another
 * traffic) are where the next one begins. Those of an earlier process are forgotten: they
 * would spare the first, short trials, which take a hundredth of a search's time, and
 * restarts would no longer be independent of each other.
 */
#ifndef FOLIO_RUNNER_THROUGHPUT_H
#define FOLIO_RUNNER_THROUGHPUT_H

#include "runner/measure/bench.h"
#include "runner/search/search.h"

/* What a search found. Plain values: it crosses a channel. */
struct throughput {
	uint32_t trials; /* 0: there was no search */
	uint32_t complete;
	double duration_s;
	double max_pps; /* that came back while as much was sent as the device takes */
	/* NDR and PDR, or PDR alone. */
	struct search_result goals[SEARCH_GOALS_MAX];
};

/* The goals of an experiment's searches. Returns how many there are. */
uint32_t throughput_goals(const struct search_spec *spec, double loss_shares[SEARCH_GOALS_MAX],
			  const char *names[SEARCH_GOALS_MAX]);

struct throughput_searches;

struct throughput_options {
	const struct experiment *experiment;
	const struct lanes *lanes;
	const struct bench_ops *ops; /* which has a rate */
	void *bench;
};

/* What options point to outlives it. Returns NULL when out of memory. */
struct throughput_searches *throughput_open(const struct throughput_options *options);
void throughput_close(struct throughput_searches *searches);

/*
 * That lane's throughput over the traffic that the bench is set to, which that cell
 * names. The bench's rate is another one afterwards. Returns 0 or -errno after log_error().
 */
int throughput_find(struct throughput_searches *searches, uint32_t lane, uint32_t traffic,
		    struct throughput *throughput);

/* Is the cell's throughput searched? Those of attribution are not. */
bool throughput_is_wanted(const struct experiment *experiment, const struct cell *cell);

/* How many searches a measuring process makes. Returns 0 or -ENOMEM. */
int throughput_count(const struct experiment *experiment, uint32_t *n);

#endif
