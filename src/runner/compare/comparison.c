/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/compare/comparison.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "probes/pmu.h"
#include "runner/report/summary.h"
#include "runner/results/pair_metrics.h"

bool
cell_is_control(const struct run_cell *cell)
{
	return cell->role == CELL_CONTROL || cell->role == CELL_CONTROL_DEVICES;
}

static bool
belong_together(const struct run_cell *a, const struct run_cell *b)
{
	return a->role == b->role && !strcmp(a->configuration, b->configuration) &&
	       !strcmp(a->frame_size, b->frame_size) && !strcmp(a->variant, b->variant) &&
	       !strcmp(a->reference, b->reference) && !strcmp(a->workload, b->workload);
}

const struct run_cell *
comparison_counterpart(const struct run *new, const struct run_cell *cell)
{
	/* The same plan has it in the same place. */
	if (cell->id < new->n_cells && belong_together(&new->cells[cell->id], cell))
		return &new->cells[cell->id];
	for (uint32_t i = 0; i < new->n_cells; i++)
		if (belong_together(&new->cells[i], cell))
			return &new->cells[i];
	return NULL;
}

/*
 * A counter of events. What counts cycles is a measurement like others, bytes are
 * for the traffic's mix to say, and how many exits overran their budget, and what the
 * CPU counts, depends on what else the machine did.
 */
static bool
counts_events(const struct series *series)
{
	const char *suffix = "_per_packet";
	size_t length = strlen(series->metric), of_suffix = strlen(suffix);

	return !metric_is_of_pairs(series->metric) && length > of_suffix &&
	       !strcmp(series->metric + length - of_suffix, suffix) &&
	       strcmp(series->unit, "cycles/packet") != 0 &&
	       strcmp(series->unit, "bytes/packet") != 0 &&
	       strncmp(series->metric, PMU_PREFIX ".", strlen(PMU_PREFIX ".")) != 0 &&
	       strcmp(series->metric, "exits.overruns_per_packet") != 0;
}

/* Which judged figure the series is, or JUDGED_COUNT. */
static enum judged
judged_as(const struct comparison *c, const struct series *series)
{
	enum judged judged = 0;

	while (judged < JUDGED_COUNTERS && strcmp(judged_names[judged], series->metric))
		judged++;
	if (judged == JUDGED_COUNTERS && !counts_events(series))
		return JUDGED_COUNT;
	if (!c->thresholds->judged[judged])
		return JUDGED_COUNT;
	if ((judged == JUDGED_GUEST_CYCLES || judged == JUDGED_HOST_CYCLES) && !c->same_machine)
		return JUDGED_COUNT;
	return judged;
}

static int
add_figure(struct comparison *c, const struct compared_figure *figure)
{
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 256;
		struct compared_figure *figures = reallocarray(c->figures, room, sizeof(*figures));

		if (!figures)
			return -ENOMEM;
		c->figures = figures;
		c->room = room;
	}
	c->figures[c->n++] = *figure;
	return 0;
}

static int
collect_cell(struct comparison *c, const struct run_cell *cell, const struct run_cell *other)
{
	int err = 0;

	for (size_t s = 0; !err && s < cell->n_series; s++) {
		const struct series *series = &cell->series[s];
		enum judged judged = judged_as(c, series);

		if (judged == JUDGED_COUNT)
			continue;
		if (run_cell_series(other, series->metric))
			err = add_figure(c, &(struct compared_figure){cell, series, judged});
		else
			c->lost_figures++;
	}
	return err;
}

static int
collect(struct comparison *c)
{
	const struct run *base = &c->base->run, *new = &c->new->run;
	int err = 0;

	for (uint32_t i = 0; !err && i < base->n_cells; i++) {
		const struct run_cell *cell = &base->cells[i];
		const struct run_cell *other = comparison_counterpart(new, cell);

		if (cell_is_control(cell) || !cell->n_series)
			continue;
		if (other && other->n_series)
			err = collect_cell(c, cell, other);
		else
			c->only_in_base++;
	}
	for (uint32_t i = 0; i < new->n_cells; i++) {
		const struct run_cell *cell = &new->cells[i];
		const struct run_cell *other = comparison_counterpart(base, cell);

		if (!cell_is_control(cell) && cell->n_series && (!other || !other->n_series))
			c->only_in_new++;
	}
	return err;
}

/* Restarts are the units here; parts of the only one say nothing of another process. */
static void
join_only_restart(const struct run *run, const struct series *series, struct units *units)
{
	struct estimate mean = metric_estimate(series->metric, units);

	if (series_has_restarts(run, series))
		return;
	units->n = 1;
	units->at[0] = mean.value;
}

static int
restarts_of(const struct run *run, const struct run_cell *cell, const char *metric,
	    struct units *out)
{
	int err = cell_units(run, cell, metric, out);

	if (!err)
		join_only_restart(run, run_cell_series(cell, metric), out);
	return err;
}

/* Both runs' restarts of a figure. */
static int
units_of_figure(const struct comparison *c, const struct compared_figure *f, struct units *base,
		struct units *new)
{
	const struct run_cell *other = comparison_counterpart(&c->new->run, f->cell);
	int err = restarts_of(&c->base->run, f->cell, f->series->metric, base);

	return err ? err : restarts_of(&c->new->run, other, f->series->metric, new);
}

static int
weigh_all(struct comparison *c)
{
	struct units base, new;
	int err = 0;

	c->judgements = calloc(c->n, sizeof(*c->judgements));
	if (!c->judgements)
		return -ENOMEM;
	for (size_t i = 0; !err && i < c->n; i++) {
		const struct compared_figure *f = &c->figures[i];
		struct judgement *judgement = &c->judgements[i];

		err = units_of_figure(c, f, &base, &new);
		if (err)
			break;
		judge_weigh(&base, &new, metric_is_positive(f->series->metric),
			    c->thresholds->tolerance[f->judged], judgement);
		/* A counter that never scatters is held to the last event. */
		if (f->judged == JUDGED_COUNTERS && judgement->exact)
			judge_exactly(judgement);
		c->n_tests += judge_is_test(judgement);
	}
	return err;
}

static int
permute_all(struct comparison *c)
{
	struct units base, new;
	int err = 0;

	for (size_t i = 0; !err && i < c->n; i++) {
		const struct compared_figure *f = &c->figures[i];

		if (!judge_is_test(&c->judgements[i]))
			continue;
		err = units_of_figure(c, f, &base, &new);
		if (!err)
			err = judge_permute(&base, &new, c->thresholds->tolerance[f->judged],
					    c->thresholds->false_alarms, c->n_tests,
					    &c->judgements[i]);
	}
	return err;
}

static void
sum_up(struct comparison *c)
{
	c->verdict = VERDICT_UNCHANGED;
	for (size_t i = 0; i < c->n; i++)
		if (c->judgements[i].verdict > c->verdict)
			c->verdict = c->judgements[i].verdict;
	if ((c->only_in_base || c->lost_figures) && c->verdict < VERDICT_INCONCLUSIVE)
		c->verdict = VERDICT_INCONCLUSIVE;
}

int
comparison_open(const struct compared_run *base, const struct compared_run *new,
		const struct thresholds *thresholds, struct comparison *out)
{
	int err;

	*out = (struct comparison){
		.base = base,
		.new = new,
		.thresholds = thresholds,
		.same_machine = comparison_same_machine(&base->run.manifest, &new->run.manifest),
	};
	err = collect(out);
	if (!err && out->n == 0) {
		log_error("%s and %s have no figure in common that the thresholds name", base->path,
			  new->path);
		err = -ENODATA;
	}
	if (!err)
		err = weigh_all(out);
	if (!err)
		err = permute_all(out);
	if (!err)
		err = judge_settle(out->judgements, out->n, thresholds->false_alarms,
				   thresholds->unchanged_error);
	if (err == -ENOMEM)
		log_error("cannot compare the runs: %s", strerror(ENOMEM));
	if (err)
		comparison_close(out);
	else
		sum_up(out);
	return err;
}

void
comparison_close(struct comparison *comparison)
{
	free(comparison->figures);
	free(comparison->judgements);
	*comparison = (struct comparison){0};
}

size_t
comparison_count(const struct comparison *comparison, enum verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < comparison->n; i++)
		n += comparison->judgements[i].verdict == verdict;
	return n;
}
