/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/done_trials.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/measure/trial.h"
#include "runner/report/stats.h"
#include "runner/results/csv_file.h"
#include "runner/results/pair_metrics.h"
#include "runner/results/record.h"

struct scan {
	const struct experiment *experiment;
	struct done_trials *out;
	bool *seen; /* [cell * UNITS_MAX + restart] */

	/* Of the trial whose rows are being read. */
	bool within;
	struct done_trial trial;
	double ratios[TRIAL_PAIRS_MAX];
	size_t n_ratios;
};

static int
damaged(const struct csv_line *line, const char *what)
{
	log_error("%s:%u: damaged: %s", line->path, line->number, what);
	return -EBADMSG;
}

static bool
is_of_plan(const struct experiment *experiment, const struct csv_line *line, uint32_t id)
{
	const struct cell *cell = &experiment->cells[id < experiment->n_cells ? id : 0];

	return id < experiment->n_cells && !strcmp(line->fields[1], cell->configuration) &&
	       !strcmp(line->fields[2], cell->workload) &&
	       !strcmp(line->fields[3], cell->traffic_label);
}

/* Cell and restart of the line, which must be those of the trial under way, if one is. */
static int
place_line(struct scan *scan, const struct csv_line *line)
{
	uint32_t cell, repeat, restart;

	if (csv_read_count(line, 0, &cell) || csv_read_count(line, 4, &repeat))
		return -EBADMSG;
	if (!is_of_plan(scan->experiment, line, cell))
		return damaged(line, "its cell is not in plan.csv");
	restart = metric_is_of_pairs(line->fields[5]) ? repeat / scan->experiment->measure.pairs :
							repeat;
	if (restart >= UNITS_MAX)
		return damaged(line, "there cannot be so many restarts");
	if (scan->within && (scan->trial.cell != cell || scan->trial.restart != restart))
		return damaged(line, "the trial before it has no " METRIC_DURATION);
	if (scan->within)
		return 0;
	if (scan->seen[cell * (size_t)UNITS_MAX + restart])
		return damaged(line, "the trial stands further up too");
	scan->within = true;
	scan->trial = (struct done_trial){.cell = cell, .restart = restart};
	scan->n_ratios = 0;
	return 0;
}

static int
add_trial(struct scan *scan)
{
	struct done_trials *out = scan->out;

	if (out->n == out->room) {
		size_t room = out->room ? 2 * out->room : 256;
		struct done_trial *at = reallocarray(out->at, room, sizeof(*at));

		if (!at)
			return -ENOMEM;
		out->at = at;
		out->room = room;
	}
	scan->trial.guest_ratio = stats_median(scan->ratios, scan->n_ratios);
	out->at[out->n++] = scan->trial;
	scan->seen[scan->trial.cell * (size_t)UNITS_MAX + scan->trial.restart] = true;
	scan->within = false;
	return 0;
}

static int
take_line(const struct csv_line *line, void *arg)
{
	struct scan *scan = arg;
	const char *metric = line->fields[5];
	double value;
	int error = place_line(scan, line);

	if (!error)
		error = csv_read_number(line, 7, &value);
	if (error)
		return error;
	if (!strcmp(metric, side_metrics[SIDE_GUEST].ratio)) {
		if (scan->n_ratios == TRIAL_PAIRS_MAX)
			return damaged(line, "the trial has more pairs than there can be");
		scan->ratios[scan->n_ratios++] = value;
	}
	if (strcmp(metric, METRIC_DURATION))
		return 0;
	if (value < 0 || value > 1e18)
		return damaged(line, "no trial takes so long");
	scan->trial.duration_ns = (uint64_t)value;
	scan->out->whole_bytes = line->end_bytes;
	return add_trial(scan);
}

int
done_trials_read(const char *path, const struct experiment *experiment, struct done_trials *out)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	int error = -ENOMEM;

	*out = (struct done_trials){.whole_bytes = strlen(TRIALS_COLUMNS "\n")};
	if (scan) {
		scan->experiment = experiment;
		scan->out = out;
		scan->seen = calloc(experiment->n_cells, UNITS_MAX * sizeof(*scan->seen));
	}
	if (scan && scan->seen)
		error = csv_read_appended(path, TRIALS_COLUMNS, take_line, scan);
	if (error == -ENOMEM)
		log_error("%s: cannot read: %s", path, strerror(ENOMEM));
	if (scan)
		free(scan->seen);
	free(scan);
	return error;
}

void
done_trials_close(struct done_trials *done)
{
	free(done->at);
	*done = (struct done_trials){0};
}

void
done_trials_keep_from(struct done_trials *done, uint32_t first_restart)
{
	size_t n = 0;

	for (size_t i = 0; i < done->n; i++)
		if (done->at[i].restart >= first_restart)
			done->at[n++] = done->at[i];
	done->n = n;
}

uint32_t
done_trials_end(const struct done_trials *done)
{
	uint32_t end = 0;

	for (size_t i = 0; i < done->n; i++)
		end = done->at[i].restart >= end ? done->at[i].restart + 1 : end;
	return end;
}
