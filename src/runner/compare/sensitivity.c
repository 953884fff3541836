/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a comparison on this machine can see, from the A/A controls: nothing
 * differs there, so how their restarts scatter is what chance does. Restarts of a
 * figure are drawn from theirs, with a normal smoothing (a few values would often
 * repeat, and seem not to scatter at all), and judged by Welch's test at the level that
 * the most extreme figure of this comparison must come under.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "runner/compare/comparison.h"
#include "runner/report/summary.h"
#include "runner/results/pair_metrics.h"
#include "runner/statistics/welch.h"

#define SEED 1
#define ALARM_DRAWS 20000
#define POWER_DRAWS 400
#define POWER_WANTED 0.9
#define SMOOTHING 0.5 /* standard deviation of the smoothing, in those of the restarts */
#define HALVINGS 20
#define CHANGE_MAX 1.0

/* Every control's restarts: logarithms of their shares of the control's mean, as they are judged. */
struct pool {
	double *values;
	size_t n;
	double spread;
	size_t n_base, n_new; /* restarts of a figure in each run */
	double tolerance, level;
};

static int
pool_add(struct pool *pool, const struct units *units)
{
	double mean = metric_estimate(side_metrics[SIDE_GUEST].ratio, units).value, *values;
	/* Values about their own mean scatter less than about the true one. */
	double stretch = sqrt((double)units->n / (double)(units->n - 1));

	values = reallocarray(pool->values, pool->n + units->n, sizeof(*values));
	if (!values)
		return -ENOMEM;
	pool->values = values;
	for (size_t i = 0; i < units->n; i++)
		values[pool->n++] = stretch * log(units->at[i] / mean);
	return 0;
}

static bool
has_restarts(const struct run_cell *cell, const char *metric, const struct run *run)
{
	const struct series *series = run_cell_series(cell, metric);

	return series && series_has_restarts(run, series);
}

/* Takes in one control of both runs, and judges it as a figure. */
static int
take_control(const struct comparison *c, const struct run_cell *cell, struct pool *pool,
	     struct sensitivity *out)
{
	const char *metric = side_metrics[SIDE_GUEST].ratio;
	const struct run_cell *other = comparison_counterpart(&c->new->run, cell);
	struct judgement judgement;
	struct units base, new;
	int err;

	if (!other || !has_restarts(cell, metric, &c->base->run) ||
	    !has_restarts(other, metric, &c->new->run))
		return 0;
	err = cell_units(&c->base->run, cell, metric, &base);
	if (!err)
		err = cell_units(&c->new->run, other, metric, &new);
	if (!err)
		err = pool_add(pool, &base);
	if (!err)
		err = pool_add(pool, &new);
	if (err)
		return err;
	judge_weigh(&base, &new, metric_is_positive(metric), pool->tolerance, &judgement);
	out->n_controls++;
	out->n_alarms += fmin(judgement.p_above, judgement.p_below) <= pool->level;
	pool->n_base = base.n;
	pool->n_new = new.n;
	return 0;
}

static double
uniform(struct random_state *random)
{
	return ((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0;
}

static double
draw(const struct pool *pool, struct random_state *random)
{
	double radius = sqrt(-2 * log(uniform(random)));
	double normal = radius * cos(2 * M_PI * uniform(random));

	/* Shrunk so that the smoothing adds nothing to the spread. */
	return (pool->values[random_below(random, pool->n)] + SMOOTHING * pool->spread * normal) /
	       sqrt(1 + SMOOTHING * SMOOTHING);
}

/* Two runs' restarts of a figure that has changed by that share. */
static struct welch
simulate(const struct pool *pool, double change, struct random_state *random)
{
	double base[UNITS_MAX], new[UNITS_MAX];

	for (size_t i = 0; i < pool->n_base; i++)
		base[i] = draw(pool, random);
	for (size_t i = 0; i < pool->n_new; i++)
		new[i] = log1p(change) + draw(pool, random);
	return welch(base, pool->n_base, new, pool->n_new);
}

static double
simulate_alarms(const struct pool *pool)
{
	struct random_state random = {SEED};
	int alarms = 0;

	for (int i = 0; i < ALARM_DRAWS; i++) {
		struct welch w = simulate(pool, 0, &random);

		alarms += welch_tail(&w, log1p(pool->tolerance)) <= pool->level ||
			  1 - welch_tail(&w, log1p(-pool->tolerance)) <= pool->level;
	}
	return (double)alarms / ALARM_DRAWS;
}

static double
simulate_power(const struct pool *pool, double change)
{
	struct random_state random = {SEED};
	int found = 0;

	for (int i = 0; i < POWER_DRAWS; i++) {
		struct welch w = simulate(pool, change, &random);

		found += welch_tail(&w, log1p(pool->tolerance)) <= pool->level;
	}
	return (double)found / POWER_DRAWS;
}

/* INFINITY where even a doubling would not be found. */
static double
find_detectable(const struct pool *pool)
{
	double low = pool->tolerance, high = CHANGE_MAX;

	if (simulate_power(pool, high) < POWER_WANTED)
		return INFINITY;
	for (int i = 0; i < HALVINGS; i++) {
		double middle = (low + high) / 2;

		if (simulate_power(pool, middle) < POWER_WANTED)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static double
spread_of(const struct pool *pool)
{
	double squares = 0;

	for (size_t i = 0; i < pool->n; i++)
		squares += pool->values[i] * pool->values[i];
	return sqrt(squares / (double)pool->n);
}

int
comparison_sensitivity(const struct comparison *c, struct sensitivity *out)
{
	struct pool pool = {
		.tolerance = c->thresholds->tolerance[JUDGED_GUEST_RATIO],
		.level = judge_strictest(c->thresholds->false_alarms, c->n_tests),
	};
	int err = 0;

	*out = (struct sensitivity){0};
	for (uint32_t i = 0; !err && i < c->base->run.n_cells; i++)
		if (cell_is_control(&c->base->run.cells[i]))
			err = take_control(c, &c->base->run.cells[i], &pool, out);
	if (!err && out->n_controls) {
		out->spread = pool.spread = spread_of(&pool);
		out->false_alarms = 1 - pow(1 - simulate_alarms(&pool), (double)c->n_tests);
		out->detectable = find_detectable(&pool);
	}
	free(pool.values);
	return err;
}
