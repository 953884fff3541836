/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/ab/match.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/cpus.h"
#include "base/log.h"
#include "base/random.h"
#include "base/scratch.h"
#include "runner/ab/core.h"
#include "runner/ab/duel.h"
#include "runner/ab/subjects.h"
#include "runner/commands/progress.h"
#include "runner/commands/stop_signal.h"
#include "runner/measure/conditions.h"
#include "runner/results/machine.h"

/*
 * Of metered time that a restart has for its subjects together, and at least and at most
 * for each; slices take some 1.3 times as long as they meter. It is about as long as
 * the next restart takes to be ready meanwhile.
 */
#define RESTART_NS 160000000u
#define TRIAL_NS_MIN 20000000u
#define TRIAL_NS_MAX 60000000u
#define QUADS_MIN 8u

#define AHEAD_MAX 3

struct match {
	const struct ab_options *options;
	const struct experiment *experiment;
	struct ab_match *found;
	struct duel duels[AHEAD_MAX + 1]; /* by number, modulo: one measures, others start */
	uint32_t ahead;                   /* so many start meanwhile */
	uint32_t started;                 /* duels */
	struct random_state random;
	struct progress progress;
	char scratch[SCRATCH_PATH_BYTES];
	int cpu;
	uint64_t started_ns;
};

double
ab_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

/* Layouts in turn, each of one build against each of the other after a while. */
static const char *
binary_of(const struct match *match, uint32_t side, uint32_t number)
{
	const struct ab_build *build = &match->options->builds[side];
	uint32_t n = build->n_binaries, shift = side ? number / n : 0;

	return build->binaries[(number + shift) % n];
}

static int
start_duel(struct match *match)
{
	uint32_t number = match->started;
	struct contender_options options[2];

	for (uint32_t side = 0; side < 2; side++)
		options[side] = (struct contender_options){
			.binary = binary_of(match, side, number),
			.config = match->options->config,
			.set = match->options->builds[side].set,
			.n_set = match->options->builds[side].n_set,
			.scratch = match->scratch,
			.cpu = match->cpu,
		};
	match->started++;
	return duel_start(&match->duels[number % (match->ahead + 1)], options, number,
			  (uint32_t)random_below(&match->random, 2));
}

/* For each of n subjects. */
static uint32_t
quads_of(uint64_t slice_ns, uint32_t n)
{
	double trial_ns = fmin(fmax(RESTART_NS / n, TRIAL_NS_MIN), TRIAL_NS_MAX);

	return (uint32_t)fmin(fmax(trial_ns / (4 * (double)slice_ns), QUADS_MIN), AB_QUADS_MAX);
}

static int
measure_subject(struct match *match, struct duel *duel, uint32_t id, uint32_t quads)
{
	struct ab_finding *subject = &match->found->subjects[id];
	const struct ab_trial trial = {
		.subject = id,
		.first = (uint32_t)random_below(&match->random, 2),
		.quads = quads,
		.slice_ns = match->experiment->measure.slice_ns,
	};
	struct duel_trial found;
	int error = duel_measure(duel, &trial, &found);

	if (error) {
		if (!stop_signal_caught())
			log_error("stopped in restart %u: %s", match->found->restarts + 1,
				  subject->name);
		return error;
	}
	subject->log_ratios[subject->n] = found.log_ratio;
	for (int side = 0; side < 2; side++)
		subject->cycles[side][subject->n] = found.cycles[side];
	subject->n++;
	return 0;
}

/* Those that have no verdict yet, in an order drawn anew. Returns how many. */
static uint32_t
draw_undecided(struct match *match, uint32_t ids[AB_SUBJECTS_MAX])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < match->found->n_subjects; i++)
		if (match->found->subjects[i].judgement.verdict == AB_INCONCLUSIVE)
			ids[n++] = i;
	random_shuffle(&match->random, ids, n, sizeof(ids[0]));
	return n;
}

static int
run_restart(struct match *match)
{
	uint32_t number = match->found->restarts, ids[AB_SUBJECTS_MAX], n, quads;
	struct duel *duel = &match->duels[number % (match->ahead + 1)];
	int error = 0;

	while (!error && match->started <= number + match->ahead &&
	       match->started < AB_RESTARTS_MAX)
		error = start_duel(match);
	if (!error)
		error = duel_wait_ready(duel, match->experiment);
	n = draw_undecided(match, ids);
	quads = quads_of(match->experiment->measure.slice_ns, n);
	for (uint32_t i = 0; i < n && !error; i++)
		error = stop_signal_caught() ? -EINTR : measure_subject(match, duel, ids[i], quads);
	duel_stop(duel);
	match->found->restarts++;
	return error;
}

static int
look(struct match *match, bool last)
{
	struct ab_match *found = match->found;
	double level = ab_level(found->restarts, last, found->n_subjects);
	uint32_t ids[AB_SUBJECTS_MAX], n = draw_undecided(match, ids);
	int error = isnan(level) ? -ENOMEM : 0;

	for (uint32_t i = 0; i < n && !error; i++) {
		struct ab_finding *subject = &found->subjects[ids[i]];

		error = ab_judge(subject->log_ratios, subject->n, level, match->options->tolerance,
				 &subject->judgement);
	}
	if (error)
		log_error("not enough memory for a verdict");
	return error;
}

static double
seconds_gone(const struct match *match)
{
	return (double)(clock_monotonic_ns() - match->started_ns) / 1e9;
}

/* Will another restart, as long as those before, end in time? */
static bool
time_left(const struct match *match)
{
	double gone = seconds_gone(match), restart = gone / fmax(1, match->found->restarts);

	return gone + restart <= (double)match->options->time_ns / 1e9;
}

static void
show_progress(struct match *match, uint32_t undecided)
{
	double gone = seconds_gone(match) / ((double)match->options->time_ns / 1e9);
	double done = (double)match->found->restarts / AB_RESTARTS_MAX;
	char what[64];

	snprintf(what, sizeof(what), "restart %u, %u of %u undecided", match->found->restarts,
		 undecided, match->found->n_subjects);
	progress_show(&match->progress, what, fmin(1, fmax(gone, done)));
}

static int
run_restarts(struct match *match)
{
	uint32_t undecided = match->found->n_subjects, ids[AB_SUBJECTS_MAX];
	bool last = false;
	int error = 0;

	while (!error && undecided && !last && ab_match_verdict(match->found) != AB_REGRESSED) {
		error = run_restart(match);
		last = match->found->restarts == AB_RESTARTS_MAX || !time_left(match);
		if (!error && (last || ab_look_due(match->found->restarts)))
			error = look(match, last);
		undecided = draw_undecided(match, ids);
		show_progress(match, undecided);
	}
	return error;
}

/* A message takes the place of the progress line, which comes back below it. */
static void
print_message(enum log_level level, const char *text, void *progress)
{
	progress_wipe(progress);
	log_print(level, text);
}

static int
set_up(struct match *match)
{
	struct ab_match *found = match->found;
	int error = scratch_open(match->scratch);

	match->cpu = core_quietest();
	match->ahead = cpus_allowed(NULL) > 1 ? AHEAD_MAX : 0;
	for (size_t i = 0; i < AHEAD_MAX + 1; i++)
		duel_init(&match->duels[i]);
	if (error) {
		log_error("folder for sockets in /tmp: %s", strerror(-error));
		return error;
	}
	found->n_subjects = match->experiment->n_cells;
	found->subjects = calloc(found->n_subjects, sizeof(*found->subjects));
	if (!found->subjects) {
		log_error("not enough memory for %u results", found->n_subjects);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < found->n_subjects; i++)
		subject_name(&match->experiment->cells[i], found->subjects[i].name, AB_NAME_BYTES);
	return 0;
}

static void
look_around(const struct match *match)
{
	struct conditions conditions;

	conditions_read(match->cpu, &conditions);
	conditions_warn_before(&conditions);
}

static void
tear_down(struct match *match)
{
	for (size_t i = 0; i < AHEAD_MAX + 1; i++)
		duel_stop(&match->duels[i]);
	if (*match->scratch)
		scratch_close(match->scratch);
}

int
ab_match_run(const struct ab_options *options, const struct experiment *experiment,
	     struct ab_match *found, int *stop_signal)
{
	struct match match = {
		.options = options,
		.experiment = experiment,
		.found = found,
		.random = {((uint64_t)experiment->measure.seed << 32) + clock_tsc()},
		.started_ns = clock_monotonic_ns(),
	};
	struct cpu_time from, to;
	int error;

	*found = (struct ab_match){0};
	stop_signal_catch();
	error = set_up(&match);
	look_around(&match);
	cpu_time_read(CPU_ALL, &from);
	progress_start(&match.progress, options->progress, 0);
	log_set_sink(print_message, &match.progress);
	if (!error)
		error = run_restarts(&match);
	progress_wipe(&match.progress);
	log_set_sink(NULL, NULL);
	tear_down(&match);
	found->seconds = seconds_gone(&match);
	cpu_time_read(CPU_ALL, &to);
	found->steal_share = cpu_time_steal_share(&from, &to);
	found->others_share = cpu_time_others_share(&from, &to);
	*stop_signal = stop_signal_caught();
	if (error)
		ab_match_close(found);
	return error;
}

void
ab_match_close(struct ab_match *match)
{
	free(match->subjects);
	*match = (struct ab_match){0};
}

enum ab_verdict
ab_match_verdict(const struct ab_match *match)
{
	bool has[AB_REGRESSED + 1] = {false};

	for (uint32_t i = 0; i < match->n_subjects; i++)
		has[match->subjects[i].judgement.verdict] = true;
	if (has[AB_REGRESSED])
		return AB_REGRESSED;
	if (has[AB_INCONCLUSIVE])
		return AB_INCONCLUSIVE;
	return has[AB_IMPROVED] ? AB_IMPROVED : AB_UNCHANGED;
}
