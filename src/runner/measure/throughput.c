/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/throughput.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* The first trials are this part of the last ones. */
#define SHORT_PART 5
/* A trial of fewer frames says nothing of shares. */
#define TRIAL_FRAMES_MIN 100
/* No load beyond so many times what came back at most is worth a trial. */
#define MAX_FACTOR 4
#define MAX_PPS 1e9
#define TRIALS_MAX 4096

struct found {
	uint32_t lane, traffic;
	struct throughput throughput;
};

struct throughput_searches {
	struct throughput_options options;
	struct found *found;
	uint32_t n, room;
};

uint32_t
throughput_goals(const struct search_spec *spec, double loss_shares[SEARCH_GOALS_MAX],
		 const char *names[SEARCH_GOALS_MAX])
{
	uint32_t n = 0;

	if (spec->ndr) {
		loss_shares[n] = 0;
		names[n++] = "ndr";
	}
	loss_shares[n] = spec->pdr;
	names[n++] = "pdr";
	return n;
}

struct throughput_searches *
throughput_open(const struct throughput_options *options)
{
	struct throughput_searches *searches = calloc(1, sizeof(*searches));

	if (searches)
		searches->options = *options;
	return searches;
}

void
throughput_close(struct throughput_searches *searches)
{
	if (!searches)
		return;
	free(searches->found);
	free(searches);
}

static const struct found *
find(const struct throughput_searches *searches, uint32_t lane, uint32_t traffic)
{
	for (uint32_t i = 0; i < searches->n; i++)
		if (searches->found[i].lane == lane && searches->found[i].traffic == traffic)
			return &searches->found[i];
	return NULL;
}

/* The last one of that traffic, else the last one. */
static const struct found *
find_neighbour(const struct throughput_searches *searches, uint32_t traffic)
{
	const struct found *neighbour = NULL;

	for (uint32_t i = 0; i < searches->n; i++)
		if (!neighbour || neighbour->traffic != traffic ||
		    searches->found[i].traffic == traffic)
			neighbour = &searches->found[i];
	return neighbour;
}

/* Of another traffic, its bounds go by what came back at most of either. */
static struct search_hint
hint_of(const struct found *neighbour, uint32_t traffic, uint32_t goal, double max_pps)
{
	struct search_hint hint = {max_pps, 0};
	const struct search_result *its = neighbour ? &neighbour->throughput.goals[goal] : NULL;
	double scale;

	if (!its || isnan(its->lower_pps) || isnan(its->upper_pps))
		return hint;
	scale = neighbour->traffic == traffic ? 1 : max_pps / neighbour->throughput.max_pps;
	return (struct search_hint){scale * its->lower_pps, scale * its->upper_pps};
}

/* What came back while as much was sent as the device takes: where to begin. */
static int
find_max(const struct throughput_searches *searches, uint32_t lane, double *max_pps)
{
	const struct throughput_options *o = &searches->options;
	static struct slice slice;
	int error;

	slice = (struct slice){.duration_ns = o->experiment->search.trial_ns};
	o->ops->set_rate(o->bench, RATE_MAX);
	error = o->ops->slice(o->bench, lane, &slice);
	*max_pps = slice.packets_per_second;
	return error;
}

/* Which device's rings would be full or empty by the time the host is back. */
static double
ring_ns(const struct throughput_searches *searches, uint32_t lane, double load_pps)
{
	return 1e9 * searches->options.lanes->planned[lane].config.ring_size / load_pps;
}

static int
run_trial(const struct throughput_searches *searches, uint32_t lane, struct search_trial *trial)
{
	const struct throughput_options *o = &searches->options;
	static struct slice slice;
	double load;
	int error;

	slice = (struct slice){.duration_ns = trial->duration_ns};
	o->ops->set_rate(o->bench, (uint64_t)trial->load_pps);
	error = o->ops->slice(o->bench, lane, &slice);
	if (error)
		return error;
	load = (double)(slice.packets_offered + slice.packets_unsent);
	trial->losses = (struct search_losses){
		.host_late = (double)slice.packets_unsent / load,
		.no_room = (double)slice.packets_not_taken / load,
		.in_guest = (double)slice.packets_lost / load,
	};
	trial->loss_share =
		trial->losses.host_late + trial->losses.no_room + trial->losses.in_guest;
	trial->host_away = (double)slice.host_longest_turn_ns >
			   ring_ns(searches, lane, trial->load_pps);
	return 0;
}

static struct search *
new_search(const struct throughput_searches *searches, uint32_t traffic, double max_pps)
{
	const struct search_spec *spec = &searches->options.experiment->search;
	const struct found *neighbour = find_neighbour(searches, traffic);
	uint64_t short_ns = spec->trial_ns / SHORT_PART;
	struct search_options options = {
		.width = spec->width,
		.exceed = spec->exceed,
		.short_ns = short_ns,
		.full_ns = spec->trial_ns,
		.sum_ns = spec->sum_ns,
		.min_pps = ceil(TRIAL_FRAMES_MIN * 1e9 / (double)short_ns),
		.trials_max = TRIALS_MAX,
	};
	struct search_hint hints[SEARCH_GOALS_MAX];
	const char *names[SEARCH_GOALS_MAX];

	options.n_goals = throughput_goals(spec, options.loss_shares, names);
	options.max_pps = fmin(fmax(ceil(MAX_FACTOR * max_pps), options.min_pps), MAX_PPS);
	for (uint32_t goal = 0; goal < options.n_goals; goal++)
		hints[goal] = hint_of(neighbour, traffic, goal, max_pps);
	return search_new(&options, hints);
}

static int
run_search(const struct throughput_searches *searches, uint32_t lane, struct search *search)
{
	uint64_t until_ns = clock_monotonic_ns() + searches->options.experiment->search.budget_ns;
	struct search_trial trial;
	int error = 0;

	while (!error && clock_monotonic_ns() < until_ns && search_next(search, &trial)) {
		error = run_trial(searches, lane, &trial);
		if (!error)
			search_add(search, &trial);
	}
	return error;
}

static int
search_lane(const struct throughput_searches *searches, uint32_t lane, uint32_t traffic,
	    struct throughput *throughput)
{
	const struct search_spec *spec = &searches->options.experiment->search;
	uint64_t start_ns = clock_monotonic_ns();
	struct search *search = NULL;
	int error = find_max(searches, lane, &throughput->max_pps);

	if (error)
		return error;
	search = new_search(searches, traffic, throughput->max_pps);
	if (!search) {
		log_error("search for throughput: out of memory");
		return -ENOMEM;
	}
	error = run_search(searches, lane, search);
	for (uint32_t goal = 0; goal < (spec->ndr ? 2 : 1); goal++)
		search_get(search, goal, &throughput->goals[goal]);
	throughput->trials = search_trials(search);
	throughput->complete = search_is_complete(search);
	throughput->duration_s = (double)(clock_monotonic_ns() - start_ns) / 1e9;
	search_free(search);
	return error;
}

static int
grow(struct throughput_searches *searches)
{
	uint32_t room = searches->room ? 2 * searches->room : 16;
	struct found *found;

	if (searches->n < searches->room)
		return 0;
	found = reallocarray(searches->found, room, sizeof(*found));
	if (!found) {
		log_error("search for throughput: out of memory");
		return -ENOMEM;
	}
	searches->found = found;
	searches->room = room;
	return 0;
}

int
throughput_find(struct throughput_searches *searches, uint32_t lane, uint32_t traffic,
		struct throughput *throughput)
{
	const struct found *before = find(searches, lane, traffic);
	int error;

	if (before) {
		*throughput = before->throughput;
		return 0;
	}
	*throughput = (struct throughput){0};
	error = grow(searches);
	if (!error)
		error = search_lane(searches, lane, traffic, throughput);
	if (!error)
		searches->found[searches->n++] = (struct found){lane, traffic, *throughput};
	return error;
}

bool
throughput_is_wanted(const struct experiment *experiment, const struct cell *cell)
{
	return experiment->search.wanted &&
	       (cell->role == CELL_LISTED || cell->role == CELL_CONTROL);
}

/* Did an earlier cell with that traffic need that lane? */
static bool
is_counted(const struct experiment *experiment, const struct lanes *lanes, uint32_t cell,
	   uint32_t lane)
{
	for (uint32_t i = 0; i < cell; i++)
		if (throughput_is_wanted(experiment, &experiment->cells[i]) &&
		    !strcmp(experiment->cells[i].traffic, experiment->cells[cell].traffic) &&
		    (lanes->configuration[i] == lane || lanes->reference[i] == lane))
			return true;
	return false;
}

int
throughput_count(const struct experiment *experiment, uint32_t *n)
{
	struct lanes lanes;
	int error = lanes_plan(experiment, &lanes);

	*n = 0;
	for (uint32_t i = 0; !error && i < experiment->n_cells; i++) {
		uint32_t a = lanes.reference[i], b = lanes.configuration[i];

		if (!throughput_is_wanted(experiment, &experiment->cells[i]))
			continue;
		*n += !is_counted(experiment, &lanes, i, a);
		*n += a != b && !is_counted(experiment, &lanes, i, b);
	}
	lanes_close(&lanes);
	return error;
}
