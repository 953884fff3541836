/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/search/search.h"

#include <math.h>
#include <stdlib.h>

#include "runner/search/load_class.h"

/* Doubling steps end here: the next one would leave any load behind. */
#define STEPS_MAX 30

#define PHASES 3

/* What a phase wants of a load, and of the bounds. */
struct phase {
	uint64_t trial_ns, sum_ns;
	double width;
};

struct search {
	struct search_options options;
	struct phase phases[PHASES];
	uint32_t phase; /* PHASES: complete */
	struct search_hint hints[SEARCH_GOALS_MAX];
	uint32_t steps[SEARCH_GOALS_MAX]; /* doubled so far, in this phase */
	double undecided_pps;             /* goes on being tried; 0: none */
	uint32_t undecided_goal;
	uint32_t n_trials;
	struct search_trial trials[]; /* options.trials_max */
};

/* Loads are whole numbers, so that equal ones are found to be. */
static double
limit(const struct search *s, double pps)
{
	return fmin(fmax(round(pps), s->options.min_pps), s->options.max_pps);
}

struct search *
search_new(const struct search_options *options, const struct search_hint *hints)
{
	struct search *s = calloc(1, sizeof(*s) + options->trials_max * sizeof(s->trials[0]));

	if (!s)
		return NULL;
	s->options = *options;
	s->phases[0] = (struct phase){options->short_ns, options->short_ns, 8 * options->width};
	s->phases[1] = (struct phase){options->full_ns, options->full_ns, 2 * options->width};
	s->phases[2] = (struct phase){options->full_ns, options->sum_ns, options->width};
	for (uint32_t goal = 0; goal < options->n_goals; goal++)
		s->hints[goal] = (struct search_hint){
			.lower_pps = limit(s, hints[goal].lower_pps),
			.upper_pps = hints[goal].upper_pps > 0 ? limit(s, hints[goal].upper_pps) :
								 0,
		};
	return s;
}

void
search_free(struct search *search)
{
	free(search);
}

static bool
is_high_loss(const struct search *s, const struct search_trial *trial, uint32_t goal)
{
	return trial->loss_share > s->options.loss_shares[goal];
}

/* What the trials at a load say of it. */
static enum load_class
class_of(const struct search *s, double pps, const struct phase *phase, uint32_t goal)
{
	struct load_sums sums = {0};

	for (uint32_t i = 0; i < s->n_trials; i++) {
		const struct search_trial *trial = &s->trials[i];
		double duration_s = (double)trial->duration_ns / 1e9;
		bool high = is_high_loss(s, trial, goal);

		if (trial->load_pps != pps)
			continue;
		if (trial->duration_ns >= phase->trial_ns)
			*(high ? &sums.full_high_s : &sums.full_low_s) += duration_s;
		else
			*(high ? &sums.short_high_s : &sums.short_low_s) += duration_s;
	}
	return load_classify(&sums, (double)phase->sum_ns / 1e9, s->options.exceed);
}

struct bounds {
	double lower_pps, upper_pps; /* 0 and INFINITY where there is none */
};

/* The relevant ones. */
static struct bounds
find_bounds(const struct search *s, const struct phase *phase, uint32_t goal)
{
	struct bounds bounds = {0, INFINITY};

	for (uint32_t i = 0; i < s->n_trials; i++) {
		double pps = s->trials[i].load_pps;

		if (pps < bounds.upper_pps && class_of(s, pps, phase, goal) == LOAD_UPPER)
			bounds.upper_pps = pps;
	}
	for (uint32_t i = 0; i < s->n_trials; i++) {
		double pps = s->trials[i].load_pps;

		if (pps > bounds.lower_pps && pps < bounds.upper_pps &&
		    class_of(s, pps, phase, goal) == LOAD_LOWER)
			bounds.lower_pps = pps;
	}
	return bounds;
}

/* Nothing lies between them that would be worth a trial. */
static bool
is_narrow(const struct search *s, const struct bounds *bounds, double width)
{
	const struct search_options *options = &s->options;

	if (bounds->lower_pps >= options->max_pps || bounds->upper_pps <= options->min_pps)
		return true;
	return isfinite(bounds->upper_pps) &&
	       bounds->upper_pps - bounds->lower_pps <= fmax(width * bounds->upper_pps, 1);
}

/* A factor by which to step away from a bound, and the next time twice as far. */
static double
next_step(struct search *s, uint32_t goal)
{
	double width = s->phases[s->phase].width;

	return 1 + width * (double)(1u << s->steps[goal]++);
}

static double
choose_load(struct search *s, const struct bounds *bounds, uint32_t goal)
{
	const struct search_hint *hint = &s->hints[goal];
	bool has_lower = bounds->lower_pps > 0, has_upper = isfinite(bounds->upper_pps);

	if (has_lower && has_upper)
		return sqrt(bounds->lower_pps * bounds->upper_pps);
	if (!has_lower && !has_upper)
		return hint->lower_pps;
	if (has_lower)
		return hint->upper_pps > bounds->lower_pps ? hint->upper_pps :
							     bounds->lower_pps * next_step(s, goal);
	return hint->lower_pps < bounds->upper_pps ? hint->lower_pps :
						     bounds->upper_pps / next_step(s, goal);
}

/* The next load for that goal in the present phase; 0 when its bounds are narrow. */
static double
next_load(struct search *s, uint32_t goal)
{
	const struct phase *phase = &s->phases[s->phase];
	struct bounds bounds = find_bounds(s, phase, goal);

	if (is_narrow(s, &bounds, phase->width) || s->steps[goal] > STEPS_MAX)
		return 0;
	return limit(s, choose_load(s, &bounds, goal));
}

/* What one phase found is where the next one begins. */
static void
next_phase(struct search *s)
{
	for (uint32_t goal = 0; goal < s->options.n_goals; goal++) {
		struct bounds bounds = find_bounds(s, &s->phases[s->phase], goal);

		s->steps[goal] = 0;
		s->hints[goal] = (struct search_hint){
			.lower_pps = bounds.lower_pps > 0 ? bounds.lower_pps : s->options.min_pps,
			.upper_pps = isfinite(bounds.upper_pps) ? bounds.upper_pps :
								  s->options.max_pps,
		};
	}
	s->phase++;
}

static double
find_next(struct search *s)
{
	while (s->phase < PHASES) {
		for (uint32_t goal = 0; goal < s->options.n_goals; goal++) {
			double pps = next_load(s, goal);

			if (pps > 0) {
				s->undecided_goal = goal;
				return pps;
			}
		}
		next_phase(s);
	}
	return 0;
}

bool
search_next(struct search *s, struct search_trial *trial)
{
	if (s->n_trials == s->options.trials_max)
		return false;
	/* A load that was begun is decided before another one is thought of. */
	if (s->undecided_pps > 0 && class_of(s, s->undecided_pps, &s->phases[s->phase],
					     s->undecided_goal) != LOAD_UNDECIDED)
		s->undecided_pps = 0;
	if (!(s->undecided_pps > 0))
		s->undecided_pps = find_next(s);
	if (!(s->undecided_pps > 0))
		return false;
	*trial = (struct search_trial){.load_pps = s->undecided_pps,
				       .duration_ns = s->phases[s->phase].trial_ns};
	return true;
}

void
search_add(struct search *s, const struct search_trial *trial)
{
	s->trials[s->n_trials++] = *trial;
}

uint32_t
search_trials(const struct search *search)
{
	return search->n_trials;
}

bool
search_is_complete(const struct search *search)
{
	return search->phase == PHASES;
}

/* NAN when no memory is left, too. */
static double
conditional_pps(const struct search *s, double pps)
{
	struct full_trial *full = calloc(s->n_trials, sizeof(*full));
	double share = NAN;
	size_t n = 0;

	for (uint32_t i = 0; full && i < s->n_trials; i++)
		if (s->trials[i].load_pps == pps && s->trials[i].duration_ns >= s->options.full_ns)
			full[n++] = (struct full_trial){s->trials[i].loss_share,
							(double)s->trials[i].duration_ns / 1e9};
	if (n)
		share = load_forwarded_share(full, n, (double)s->options.sum_ns / 1e9,
					     s->options.exceed);
	free(full);
	return pps * share;
}

static double
count_inconsistent(const struct search *s, uint32_t goal)
{
	double highest_pps = 0, n = 0;

	for (uint32_t i = 0; i < s->n_trials; i++)
		if (s->trials[i].duration_ns >= s->options.full_ns &&
		    !is_high_loss(s, &s->trials[i], goal))
			highest_pps = fmax(highest_pps, s->trials[i].load_pps);
	for (uint32_t i = 0; i < s->n_trials; i++)
		n += s->trials[i].duration_ns >= s->options.full_ns &&
		     is_high_loss(s, &s->trials[i], goal) && s->trials[i].load_pps < highest_pps;
	return n;
}

static void
take_losses(const struct search *s, uint32_t goal, struct search_result *result)
{
	double n = 0;

	for (uint32_t i = 0; i < s->n_trials; i++) {
		const struct search_trial *trial = &s->trials[i];

		if (trial->load_pps != result->upper_pps || !is_high_loss(s, trial, goal))
			continue;
		n++;
		result->losses.host_late += trial->losses.host_late;
		result->losses.no_room += trial->losses.no_room;
		result->losses.in_guest += trial->losses.in_guest;
		result->host_away_share += trial->host_away;
	}
	result->losses.host_late /= n;
	result->losses.no_room /= n;
	result->losses.in_guest /= n;
	result->host_away_share /= n;
}

void
search_get(const struct search *s, uint32_t goal, struct search_result *result)
{
	struct bounds bounds = find_bounds(s, &s->phases[PHASES - 1], goal);

	*result = (struct search_result){
		.lower_pps = bounds.lower_pps > 0 ? bounds.lower_pps : NAN,
		.upper_pps = isfinite(bounds.upper_pps) ? bounds.upper_pps : NAN,
		.inconsistent = count_inconsistent(s, goal),
	};
	result->conditional_pps = conditional_pps(s, result->lower_pps);
	take_losses(s, goal, result);
}
