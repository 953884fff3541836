/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/trials.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "datapath/host/traffic.h"
#include "runner/measure/bench.h"
#include "runner/measure/cell_order.h"
#include "runner/measure/exit_watch.h"
#include "runner/measure/lanes.h"
#include "runner/measure/quad.h"

/*
 * However little time is left, a cell gets so many pairs, fewer of which give no
 * interval, and so much time, in which a cheap one has most of its own.
 */
#define PAIRS_MIN 2u
#define CELL_NS_MIN 50000000u

struct trials {
	struct trials_options options;
	const struct bench_ops *ops;
	void *bench;
	struct lanes lanes;
	struct traffic *traffics; /* by cell; those of equal text share the first one's memory */
	uint32_t *order;          /* of cells (cell_order.h) */
	uint64_t deadline_ns;
	bool timed;                                  /* the cell at hand has latencies */
	struct histogram latency, reference_latency; /* of its slices so far */
	struct throughput_searches *searches;        /* NULL: none are wanted */
	struct trial trial;
};

/* The first cell with that cell's traffic; its place in traffics holds the frames. */
static uint32_t
first_with_traffic(const struct experiment *experiment, const struct cell *cell)
{
	uint32_t first = 0;

	while (strcmp(experiment->cells[first].traffic, cell->traffic))
		first++;
	return first;
}

static int
open_traffics(struct trials *trials)
{
	const struct experiment *experiment = trials->options.experiment;
	char why[512];

	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];

		if (first_with_traffic(experiment, cell) < i)
			continue;
		int error = traffic_open(cell->traffic, experiment->measure.seed,
					 &trials->traffics[i], why, sizeof(why));

		if (error) {
			log_error("%s", why);
			return error;
		}
	}
	return 0;
}

static int
allocate(struct trials *trials, uint32_t n)
{
	trials->traffics = calloc(n, sizeof(*trials->traffics));
	trials->order = cell_order_draw(trials->options.experiment, trials->options.restart);
	return trials->traffics && trials->order ?
		       lanes_plan(trials->options.experiment, &trials->lanes) :
		       -ENOMEM;
}

static int
open_searches(struct trials *trials)
{
	const struct throughput_options options = {
		.experiment = trials->options.experiment,
		.lanes = &trials->lanes,
		.ops = trials->ops,
		.bench = trials->bench,
	};

	if (!trials->options.experiment->search.wanted)
		return 0;
	trials->searches = throughput_open(&options);
	return trials->searches ? 0 : -ENOMEM;
}

static int
open_bench(struct trials *trials)
{
	const struct bench_options options = {
		.experiment = trials->options.experiment,
		.lanes = &trials->lanes,
		.traffics = trials->traffics,
		.socket_dir = trials->options.socket_dir,
		.cpu = trials->options.cpu,
		.pages = trials->options.pages,
	};
	int error = trials->ops->open(&options, &trials->bench);
	bool claimed = datapath_claim_used();

	/* They were there when they were claimed, but a program that claims nothing was faster. */
	return error == -ENOMEM && claimed ? -ERESTART : error;
}

int
trials_open(const struct trials_options *options, struct trials **out)
{
	uint32_t n = options->experiment->n_cells;
	struct trials *trials = calloc(1, sizeof(*trials));
	int error = -ENOMEM;

	if (trials) {
		trials->options = *options;
		trials->ops = bench_find(options->experiment->topology);
		error = allocate(trials, n);
	}
	if (error)
		log_error("not enough memory to measure %u cells", n);
	if (!error)
		error = open_traffics(trials);
	if (!error)
		error = open_bench(trials);
	if (!error)
		error = open_searches(trials);
	if (!error) {
		*out = trials;
		return 0;
	}
	trials_close(trials);
	return error;
}

/* latencies: where they go, if the cell has any. */
static int
run_slice(const struct trials *trials, uint32_t lane, struct latencies *latencies,
	  struct slice *slice)
{
	slice->latencies = trials->timed ? latencies : NULL;
	slice->duration_ns = trials->options.experiment->measure.slice_ns;
	return trials->ops->slice(trials->bench, lane, slice);
}

static int
run_quad(struct trials *trials, uint32_t a, uint32_t b, struct quad *quad)
{
	struct exit_watch *watch = trials->options.watch;
	int error = run_slice(trials, a, &quad->a1.latencies, &quad->a1.slice);

	if (watch)
		exit_watch_begin(watch, &trials->trial);
	if (!error)
		error = run_slice(trials, b, &quad->b1.latencies, &quad->b1.slice);
	if (!error)
		error = run_slice(trials, b, &quad->b2.latencies, &quad->b2.slice);
	if (watch)
		exit_watch_end(watch);
	if (!error)
		error = run_slice(trials, a, &quad->a2.latencies, &quad->a2.slice);
	return error;
}

static int
run_pair(struct trials *trials, uint32_t a, uint32_t b, struct pair *pair)
{
	static struct quad quad;
	int error = run_quad(trials, a, b, &quad);

	if (error)
		return error;
	quad_figures(&quad, pair);
	if (trials->timed)
		quad_latencies(&quad, pair, &trials->latency, &trials->reference_latency);
	quad_count(&quad, &trials->trial);
	return 0;
}

static int
settle(const struct trials *trials, uint32_t lane)
{
	uint64_t until_ns = clock_monotonic_ns() + trials->ops->settle_ns;
	struct slice ignored;
	int error;

	do
		error = run_slice(trials, lane, NULL, &ignored);
	while (!error && clock_monotonic_ns() < until_ns);
	return error;
}

/* The cell's pace, and nothing measured of it yet. */
static void
begin_cell(struct trials *trials, const struct cell *cell)
{
	if (trials->ops->has_rate)
		trials->ops->set_rate(trials->bench, cell->rate_pps);
	trials->timed = trials->ops->has_rate && cell->rate_pps != RATE_MAX;
	histogram_init(&trials->latency);
	histogram_init(&trials->reference_latency);
	memset(&trials->trial, 0, sizeof(trials->trial));
	trials->trial.cell = cell->id;
	trials->trial.restart = trials->options.restart;
	if (trials->options.watch)
		exit_watch_begin_trial(trials->options.watch, &trials->trial);
}

/* A cell that is done early leaves its time to those after it. */
static int
run_cell(struct trials *trials, const struct cell *cell, uint32_t cells_left)
{
	const struct measure *measure = &trials->options.experiment->measure;
	uint32_t a = trials->lanes.reference[cell->id];
	uint32_t b = trials->lanes.configuration[cell->id];
	struct trial *trial = &trials->trial;
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t left_ns = trials->deadline_ns > now_ns ? trials->deadline_ns - now_ns : 0;
	uint64_t share_ns = left_ns / cells_left;
	uint64_t until_ns = now_ns + (share_ns > CELL_NS_MIN ? share_ns : CELL_NS_MIN);
	int error;

	begin_cell(trials, cell);
	trial->same_device = trials->ops->same_device(trials->bench, a, b);
	error = settle(trials, a);
	while (!error && trial->n_pairs < measure->pairs &&
	       (trial->n_pairs < PAIRS_MIN || clock_monotonic_ns() < until_ns)) {
		error = run_pair(trials, a, b, &trial->pairs[trial->n_pairs]);
		trial->n_pairs++;
	}
	trial->duration_ns = clock_monotonic_ns() - now_ns;
	if (trials->options.watch)
		exit_watch_end_trial(trials->options.watch, trial);
	latency_distribution_take(&trial->latency, &trials->latency);
	latency_distribution_take(&trial->reference_latency, &trials->reference_latency);
	if (error)
		log_error("stopped in cell %u: %s over %s, against %s", cell->id,
			  cell->configuration, cell->traffic_label, cell->reference);
	return error;
}

/* Beside the pairs, and in time of its own. */
static int
find_throughput(struct trials *trials, const struct cell *cell, uint32_t traffic)
{
	const struct experiment *experiment = trials->options.experiment;
	struct trial *trial = &trials->trial;
	uint64_t start_ns = clock_monotonic_ns();
	int error;

	if (!trials->options.search || !throughput_is_wanted(experiment, cell))
		return 0;
	error = throughput_find(trials->searches, trials->lanes.reference[cell->id], traffic,
				&trial->reference_throughput);
	if (!error)
		error = throughput_find(trials->searches, trials->lanes.configuration[cell->id],
					traffic, &trial->throughput);
	trials->deadline_ns += clock_monotonic_ns() - start_ns;
	return error;
}

int
trials_run(struct trials *trials, int (*done)(const struct trial *trial, void *arg), void *arg)
{
	const struct experiment *experiment = trials->options.experiment;
	uint32_t traffic = UINT32_MAX, left = 0;
	int error = 0;

	for (uint32_t i = 0; i < experiment->n_cells; i++)
		left += trials->options.wanted[i];
	trials->deadline_ns = clock_monotonic_ns() + trials->options.budget_ns;
	for (uint32_t i = 0; i < experiment->n_cells && !error; i++) {
		const struct cell *cell = &experiment->cells[trials->order[i]];
		uint32_t its_traffic = first_with_traffic(experiment, cell);

		if (!trials->options.wanted[cell->id])
			continue;
		if (its_traffic != traffic)
			error = trials->ops->set_traffic(trials->bench, its_traffic);
		traffic = its_traffic;
		if (!error)
			error = run_cell(trials, cell, left--);
		if (!error)
			error = find_throughput(trials, cell, its_traffic);
		if (!error)
			error = done(&trials->trial, arg);
	}
	return error;
}

void
trials_machine(const struct trials *trials, struct bench_machine *machine)
{
	trials->ops->machine(trials->bench, machine);
}

void
trials_close(struct trials *trials)
{
	if (!trials)
		return;
	throughput_close(trials->searches);
	if (trials->bench)
		trials->ops->close(trials->bench);
	for (uint32_t i = 0; trials->traffics && i < trials->options.experiment->n_cells; i++)
		traffic_close(&trials->traffics[i]);
	lanes_close(&trials->lanes);
	free(trials->traffics);
	free(trials->order);
	free(trials);
}
