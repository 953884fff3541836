/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/trials.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "datapath/host/latency.h"
#include "datapath/host/traffic.h"
#include "runner/measure/bench.h"
#include "runner/measure/exit_watch.h"
#include "runner/measure/lanes.h"

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
	uint32_t *order;          /* of cells: those of one traffic stand together */
	uint64_t deadline_ns;
	bool timed;                                  /* the cell at hand has latencies */
	struct histogram latency, reference_latency; /* of its slices so far */
	struct throughput_searches *searches;        /* NULL: none are wanted */
	struct trial trial;
};

static void
shuffle(uint32_t *values, uint32_t n, struct random_state *random)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t j = (uint32_t)random_below(random, i), swap = values[i - 1];

		values[i - 1] = values[j];
		values[j] = swap;
	}
}

/*
 * Cells at random, but those of one traffic together: changing it costs more than
 * a slice. Traffics come in the order in which the shuffle brings them up.
 */
static void
draw_order(struct trials *trials)
{
	const struct experiment *experiment = trials->options.experiment;
	struct random_state random = {((uint64_t)experiment->measure.seed << 32) +
				      trials->options.restart};
	uint32_t n = experiment->n_cells, placed = 0;
	uint32_t *shuffled = trials->order + n;

	for (uint32_t i = 0; i < n; i++)
		shuffled[i] = i;
	shuffle(shuffled, n, &random);
	for (uint32_t i = 0; i < n; i++) {
		if (shuffled[i] == UINT32_MAX)
			continue;
		const char *traffic = experiment->cells[shuffled[i]].traffic;

		for (uint32_t k = i; k < n; k++) {
			if (shuffled[k] == UINT32_MAX ||
			    strcmp(experiment->cells[shuffled[k]].traffic, traffic))
				continue;
			trials->order[placed++] = shuffled[k];
			shuffled[k] = UINT32_MAX;
		}
	}
}

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
	trials->order = calloc(2 * (size_t)n, sizeof(*trials->order));
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
	if (!error) {
		draw_order(trials);
		error = open_traffics(trials);
	}
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

static void
add_counters(struct trial *trial, const struct slice *slice)
{
	for (uint32_t i = 0; i < slice->n_counters; i++) {
		uint64_t before = trial->n_counters ? trial->counters[i].count : 0;

		trial->counters[i] = slice->counters[i];
		trial->counters[i].count += before;
	}
	trial->n_counters = slice->n_counters;
	trial->shadow = slice->shadow;
	trial->packets += slice->counted_packets;
	trial->packets_in += slice->packets_in;
	trial->packets_out += slice->packets_out;
	trial->packets_kept += slice->packets_kept;
	trial->packets_dropped += slice->packets_dropped;
}

static double
geometric_ratio(double b1, double b2, double a1, double a2)
{
	return sqrt(b1 * b2 / (a1 * a2));
}

static void
fill_figures(struct side_figures *figures, const struct slice *first, const struct slice *second)
{
	*figures = (struct side_figures){
		.guest_cycles_per_packet =
			(first->guest_cycles_per_packet + second->guest_cycles_per_packet) / 2,
		.host_cycles_per_packet =
			(first->host_cycles_per_packet + second->host_cycles_per_packet) / 2,
		.packets_per_second = (first->packets_per_second + second->packets_per_second) / 2,
		.loss_share = (first->loss_share + second->loss_share) / 2,
		.guest_busy_share = (first->guest_busy_share + second->guest_busy_share) / 2,
		.round_trip_cycles = (first->round_trip_cycles + second->round_trip_cycles) / 2,
		.latency = latency_figures_none(),
		.send_delay = latency_figures_none(),
	};
}

/* first += second, which a side's figures are of; and pooled over the trial. */
static void
fill_latencies(struct side_figures *figures, struct latencies *first,
	       const struct latencies *second, struct histogram *pooled)
{
	histogram_merge(&first->round_trip, &second->round_trip);
	histogram_merge(&first->send_delay, &second->send_delay);
	latency_figures_take(&figures->latency, &first->round_trip);
	latency_figures_take(&figures->send_delay, &first->send_delay);
	histogram_merge(pooled, &first->round_trip);
}

/* A B B A: a drift that is linear over the four falls out. */
static int
run_pair(struct trials *trials, uint32_t a, uint32_t b, struct pair *pair)
{
	static struct slice a1, b1, b2, a2;
	static struct latencies of_a1, of_b1, of_b2, of_a2;
	struct exit_watch *watch = trials->options.watch;
	int error = run_slice(trials, a, &of_a1, &a1);

	if (watch)
		exit_watch_begin(watch, &trials->trial);
	if (!error)
		error = run_slice(trials, b, &of_b1, &b1);
	if (!error)
		error = run_slice(trials, b, &of_b2, &b2);
	if (watch)
		exit_watch_end(watch);
	if (!error)
		error = run_slice(trials, a, &of_a2, &a2);
	if (error)
		return error;
	*pair = (struct pair){
		.guest_ratio =
			geometric_ratio(b1.guest_cycles_per_packet, b2.guest_cycles_per_packet,
					a1.guest_cycles_per_packet, a2.guest_cycles_per_packet),
		.host_ratio = geometric_ratio(b1.host_cycles_per_packet, b2.host_cycles_per_packet,
					      a1.host_cycles_per_packet, a2.host_cycles_per_packet),
		.latency_ratio = latency_figures_none(),
	};
	fill_figures(&pair->configuration, &b1, &b2);
	fill_figures(&pair->reference, &a1, &a2);
	if (trials->timed) {
		fill_latencies(&pair->configuration, &of_b1, &of_b2, &trials->latency);
		fill_latencies(&pair->reference, &of_a1, &of_a2, &trials->reference_latency);
		pair->latency_ratio = pair->configuration.latency;
		latency_figures_divide(&pair->latency_ratio, &pair->reference.latency);
	}
	add_counters(&trials->trial, &b1);
	add_counters(&trials->trial, &b2);
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
