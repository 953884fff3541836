/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/trials.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "datapath/eal.h"
#include "datapath/host/traffic.h"

#define WARMUP_BURSTS 16

/*
 * A cell starts with its reference alone for so long, uncounted: what a heavy
 * configuration did to caches and clock lasts for several milliseconds.
 */
#define SETTLE_NS 10000000u

/* However little time is left for a cell: fewer pairs give no interval. */
#define PAIRS_MIN 3u

/* One frame in this many is compared whole; its length, of each. */
#define VERIFY_EVERY 64

struct lane_pair {
	struct lane *reference, *configuration;
};

struct trials {
	struct trials_options options;
	struct lockstep *bench;
	struct lane_pair *lanes;  /* by cell */
	struct traffic *traffics; /* by cell; those of equal text share the first one's memory */
	uint32_t *order;          /* of cells: those of one traffic stand together */
	struct lane **made;       /* one lane for each configuration that differs */
	struct datapath_config *made_for;
	uint32_t n_made;
	uint64_t deadline_ns;
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
	struct random_state random = {
		((uint64_t)experiment->measure.seed << 32) + trials->options.restart};
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

/* The lane for a configuration; made when it is the first of its kind. */
static int
shared_lane(struct trials *trials, const struct datapath_config *config, struct lane **out)
{
	int error;

	for (uint32_t i = 0; i < trials->n_made; i++) {
		if (memcmp(&trials->made_for[i], config, sizeof(*config)))
			continue;
		*out = trials->made[i];
		return 0;
	}
	error = lockstep_add(trials->bench, config, "vhost-user", false, out);
	if (error)
		return error;
	trials->made[trials->n_made] = *out;
	trials->made_for[trials->n_made++] = *config;
	return 0;
}

/* A control compares two lanes of the same kind: a second one on the same device, or on its own. */
static int
control_lane(struct trials *trials, const struct cell *cell, struct lane **out)
{
	const struct experiment *experiment = trials->options.experiment;

	for (uint32_t i = 0; i < cell->id; i++) {
		const struct cell *earlier = &experiment->cells[i];

		if (earlier->role == cell->role &&
		    !memcmp(&earlier->config, &cell->config, sizeof(cell->config))) {
			*out = trials->lanes[i].configuration;
			return 0;
		}
	}
	return lockstep_add(trials->bench, &cell->config, "vhost-user",
			    cell->role == CELL_CONTROL_DEVICES, out);
}

static int
open_lanes(struct trials *trials)
{
	const struct experiment *experiment = trials->options.experiment;

	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];
		struct lane_pair *pair = &trials->lanes[i];
		bool control = cell->role == CELL_CONTROL || cell->role == CELL_CONTROL_DEVICES;
		int error = shared_lane(trials, &cell->reference_config, &pair->reference);

		if (!error)
			error = control ? control_lane(trials, cell, &pair->configuration)
					: shared_lane(trials, &cell->config, &pair->configuration);
		if (error)
			return error;
	}
	return 0;
}

static int
open_traffics(struct trials *trials)
{
	const struct experiment *experiment = trials->options.experiment;
	char why[512];

	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		uint32_t first = 0;

		while (strcmp(experiment->cells[first].traffic, experiment->cells[i].traffic))
			first++;
		if (first < i)
			continue;
		int error = traffic_open(experiment->cells[i].traffic, experiment->measure.seed,
					 &trials->traffics[i], why, sizeof(why));

		if (error) {
			log_error("%s", why);
			return error;
		}
	}
	return 0;
}

static const struct traffic *
traffic_of(const struct trials *trials, const struct cell *cell)
{
	const struct cell *cells = trials->options.experiment->cells;
	uint32_t first = 0;

	while (strcmp(cells[first].traffic, cell->traffic))
		first++;
	return &trials->traffics[first];
}

static size_t
most_bounce_bytes(const struct experiment *experiment)
{
	size_t most = 0;

	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		size_t bytes = datapath_config_bounce_bytes(&experiment->cells[i].config);
		size_t reference =
			datapath_config_bounce_bytes(&experiment->cells[i].reference_config);

		most = bytes > most ? bytes : most;
		most = reference > most ? reference : most;
	}
	return most;
}

/* Of all devices that the lanes will need; trials->made_for serves as the list of them. */
static size_t
shared_bytes(struct trials *trials, size_t bounce_bytes)
{
	const struct experiment *experiment = trials->options.experiment;
	size_t n = 0, own;

	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];
		uint32_t earlier = 0;

		while (experiment->cells[earlier].role != cell->role ||
		       memcmp(&experiment->cells[earlier].config, &cell->config,
			      sizeof(cell->config)))
			earlier++;
		if (cell->role == CELL_CONTROL_DEVICES && earlier == i)
			trials->made_for[n++] = cell->config;
	}
	own = n;
	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		trials->made_for[n++] = experiment->cells[i].config;
		trials->made_for[n++] = experiment->cells[i].reference_config;
	}
	return lockstep_shared_bytes(trials->made_for, n, own, bounce_bytes);
}

static int
allocate(struct trials *trials, uint32_t n)
{
	trials->lanes = calloc(n, sizeof(*trials->lanes));
	trials->traffics = calloc(n, sizeof(*trials->traffics));
	trials->order = calloc(2 * (size_t)n, sizeof(*trials->order));
	trials->made = calloc(2 * (size_t)n, sizeof(*trials->made));
	trials->made_for = calloc(3 * (size_t)n, sizeof(*trials->made_for));
	return trials->lanes && trials->traffics && trials->order && trials->made &&
			       trials->made_for
		       ? 0
		       : -ENOMEM;
}

int
trials_open(const struct trials_options *options, struct trials **out)
{
	const struct experiment *experiment = options->experiment;
	struct lockstep_options lockstep = {
		.socket_dir = options->socket_dir,
		.workload = experiment->workload,
		.verify_every = VERIFY_EVERY,
		.bounce_bytes = most_bounce_bytes(experiment),
	};
	struct trials *trials = calloc(1, sizeof(*trials));
	int error = trials ? allocate(trials, experiment->n_cells) : -ENOMEM;

	if (error)
		goto fail;
	trials->options = *options;
	draw_order(trials);
	error = open_traffics(trials);
	if (!error)
		error = datapath_start(options->cpu, options->socket_dir,
				       shared_bytes(trials, lockstep.bounce_bytes));
	if (!error)
		error = lockstep_open(&lockstep, &trials->bench);
	if (!error)
		error = open_lanes(trials);
	if (error)
		goto fail;
	*out = trials;
	return 0;

fail:
	if (error == -ENOMEM)
		log_error("not enough memory to measure %u cells", experiment->n_cells);
	trials_close(trials);
	return error;
}

static int
run_slice(const struct trials *trials, struct lane *lane, struct slice *slice)
{
	slice->duration_ns = trials->options.experiment->measure.slice_ns;
	slice->warmup_bursts = WARMUP_BURSTS;
	return lane_slice(lane, slice);
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
	trial->packets += slice->counted_packets;
	trial->packets_in += slice->packets_in;
	trial->packets_out += slice->packets_out;
	trial->packets_dropped += slice->packets_dropped;
}

static double
geometric_ratio(double b1, double b2, double a1, double a2)
{
	return sqrt(b1 * b2 / (a1 * a2));
}

/* A B B A: a drift that is linear over the four falls out. */
static int
run_pair(struct trials *trials, const struct lane_pair *lanes, struct pair *pair)
{
	static struct slice a1, b1, b2, a2;
	int error = run_slice(trials, lanes->reference, &a1);

	if (!error)
		error = run_slice(trials, lanes->configuration, &b1);
	if (!error)
		error = run_slice(trials, lanes->configuration, &b2);
	if (!error)
		error = run_slice(trials, lanes->reference, &a2);
	if (error)
		return error;
	*pair = (struct pair){
		.guest_cycles_per_packet =
			(b1.guest_cycles_per_packet + b2.guest_cycles_per_packet) / 2,
		.host_cycles_per_packet =
			(b1.host_cycles_per_packet + b2.host_cycles_per_packet) / 2,
		.reference_guest_cycles_per_packet =
			(a1.guest_cycles_per_packet + a2.guest_cycles_per_packet) / 2,
		.reference_host_cycles_per_packet =
			(a1.host_cycles_per_packet + a2.host_cycles_per_packet) / 2,
		.guest_ratio = geometric_ratio(b1.guest_cycles_per_packet, b2.guest_cycles_per_packet,
					       a1.guest_cycles_per_packet, a2.guest_cycles_per_packet),
		.host_ratio = geometric_ratio(b1.host_cycles_per_packet, b2.host_cycles_per_packet,
					      a1.host_cycles_per_packet, a2.host_cycles_per_packet),
	};
	add_counters(&trials->trial, &b1);
	add_counters(&trials->trial, &b2);
	return 0;
}

static int
settle(const struct trials *trials, struct lane *lane)
{
	uint64_t until_ns = clock_monotonic_ns() + SETTLE_NS;
	struct slice ignored;
	int error;

	do
		error = run_slice(trials, lane, &ignored);
	while (!error && clock_monotonic_ns() < until_ns);
	return error;
}

/* A cell that is done early leaves its time to those after it. */
static int
run_cell(struct trials *trials, const struct cell *cell, uint32_t cells_left)
{
	const struct measure *measure = &trials->options.experiment->measure;
	const struct lane_pair *lanes = &trials->lanes[cell->id];
	struct trial *trial = &trials->trial;
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t left_ns = trials->deadline_ns > now_ns ? trials->deadline_ns - now_ns : 0;
	uint64_t until_ns = now_ns + left_ns / cells_left;
	int error;

	memset(trial, 0, sizeof(*trial));
	trial->cell = cell->id;
	trial->restart = trials->options.restart;
	trial->same_device = lane_same_device(lanes->reference, lanes->configuration);
	error = settle(trials, lanes->reference);
	while (!error && trial->n_pairs < measure->pairs &&
	       (trial->n_pairs < PAIRS_MIN || clock_monotonic_ns() < until_ns)) {
		error = run_pair(trials, lanes, &trial->pairs[trial->n_pairs]);
		trial->n_pairs++;
	}
	if (error)
		log_error("stopped in cell %u: %s over %s, against %s", cell->id,
			  cell->configuration, cell->traffic_label, cell->reference);
	return error;
}

int
trials_run(struct trials *trials, int (*done)(const struct trial *trial, void *arg), void *arg)
{
	const struct experiment *experiment = trials->options.experiment;
	const struct traffic *traffic = NULL;
	int error = 0;

	trials->deadline_ns = clock_monotonic_ns() + trials->options.budget_ns;
	for (uint32_t i = 0; i < experiment->n_cells && !error; i++) {
		const struct cell *cell = &experiment->cells[trials->order[i]];
		const struct traffic *wanted = traffic_of(trials, cell);

		if (wanted != traffic)
			error = lockstep_set_traffic(trials->bench, wanted);
		traffic = wanted;
		if (!error)
			error = run_cell(trials, cell, experiment->n_cells - i);
		if (!error)
			error = done(&trials->trial, arg);
	}
	return error;
}

void
trials_close(struct trials *trials)
{
	if (!trials)
		return;
	lockstep_close(trials->bench);
	for (uint32_t i = 0; trials->traffics && i < trials->options.experiment->n_cells; i++)
		traffic_close(&trials->traffics[i]);
	free(trials->lanes);
	free(trials->traffics);
	free(trials->order);
	free(trials->made);
	free(trials->made_for);
	free(trials);
}
