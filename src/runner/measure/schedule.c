/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/report/looks.h"

/* Trials without a ratio that say that there will be none. */
#define ENOUGH_WITHOUT 2

/* A trial; not measured while its duration is 0. */
struct trial_note {
	double guest_ratio;
	uint64_t duration_ns;
};

struct schedule {
	const struct experiment *experiment;
	uint32_t restarts_max;
	struct looks *looks;
	struct trial_note *notes; /* [restart * n_cells + cell] */
};

struct schedule *
schedule_new(const struct experiment *experiment)
{
	const struct measure *measure = &experiment->measure;
	struct schedule *schedule = calloc(1, sizeof(*schedule));
	uint32_t max = measure->max_restarts > measure->restarts ? measure->max_restarts :
								   measure->restarts;

	if (!schedule)
		return NULL;
	schedule->experiment = experiment;
	schedule->restarts_max = max;
	schedule->looks = looks_new(measure->restarts, max, measure->precision);
	schedule->notes = calloc((size_t)max * experiment->n_cells, sizeof(*schedule->notes));
	if (schedule->looks && schedule->notes)
		return schedule;
	schedule_free(schedule);
	return NULL;
}

void
schedule_free(struct schedule *schedule)
{
	if (!schedule)
		return;
	looks_free(schedule->looks);
	free(schedule->notes);
	free(schedule);
}

void
schedule_clear(struct schedule *schedule)
{
	memset(schedule->notes, 0,
	       (size_t)schedule->restarts_max * schedule->experiment->n_cells *
		       sizeof(*schedule->notes));
}

static struct trial_note *
note_of(const struct schedule *schedule, uint32_t restart, uint32_t cell)
{
	return &schedule->notes[(size_t)restart * schedule->experiment->n_cells + cell];
}

void
schedule_add(struct schedule *schedule, uint32_t cell, uint32_t restart, double guest_ratio,
	     uint64_t duration_ns)
{
	*note_of(schedule, restart, cell) = (struct trial_note){
		.guest_ratio = guest_ratio,
		.duration_ns = duration_ns ? duration_ns : 1,
	};
}

uint32_t
schedule_restarts_max(const struct schedule *schedule)
{
	return schedule->restarts_max;
}

/* The cell's ratio is known well enough from the restarts before that one. */
static bool
is_precise(const struct schedule *schedule, uint32_t cell, uint32_t restart)
{
	struct units ratio = {0};
	uint32_t seen = 0;

	for (uint32_t i = 0; i < restart; i++) {
		const struct trial_note *note = note_of(schedule, i, cell);

		seen += note->duration_ns > 0;
		if (!note->duration_ns || isnan(note->guest_ratio))
			continue;
		ratio.id[ratio.n] = i;
		ratio.at[ratio.n++] = note->guest_ratio;
	}
	return looks_precise(schedule->looks, &ratio) || (seen >= ENOUGH_WITHOUT && ratio.n == 0);
}

static bool
is_control(const struct cell *cell)
{
	return cell->role == CELL_CONTROL || cell->role == CELL_CONTROL_DEVICES;
}

/* The cells from first up to end, which are all those of one traffic. */
static void
mark_traffic(const struct schedule *schedule, uint32_t restart, uint32_t first, uint32_t end,
	     bool *wanted)
{
	const struct cell *cells = schedule->experiment->cells;
	bool any = false, attribution = false;

	for (uint32_t i = first; i < end; i++) {
		wanted[i] = !is_control(&cells[i]) && !is_precise(schedule, i, restart);
		any |= wanted[i];
		attribution |= wanted[i] && cells[i].role != CELL_LISTED;
	}
	for (uint32_t i = first; i < end; i++)
		if (cells[i].role != CELL_LISTED)
			wanted[i] = is_control(&cells[i]) ? any : attribution;
}

/* Marks the cells that are to be measured beyond the restarts that all get. */
static void
mark_imprecise(const struct schedule *schedule, uint32_t restart, bool *wanted)
{
	const struct experiment *experiment = schedule->experiment;

	for (uint32_t first = 0, end; first < experiment->n_cells; first = end) {
		end = first + 1;
		while (end < experiment->n_cells &&
		       !strcmp(experiment->cells[end].traffic, experiment->cells[first].traffic))
			end++;
		mark_traffic(schedule, restart, first, end, wanted);
	}
}

uint32_t
schedule_wanted(const struct schedule *schedule, uint32_t restart, bool *wanted)
{
	const struct experiment *experiment = schedule->experiment;
	uint32_t n = 0;

	if (restart < experiment->measure.restarts)
		memset(wanted, true, experiment->n_cells * sizeof(*wanted));
	else
		mark_imprecise(schedule, restart, wanted);
	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		wanted[i] = wanted[i] && !note_of(schedule, restart, i)->duration_ns;
		n += wanted[i];
	}
	return n;
}

uint64_t
schedule_spent_in_ns(const struct schedule *schedule, uint32_t restart)
{
	uint64_t ns = 0;

	for (uint32_t i = 0; i < schedule->experiment->n_cells; i++)
		ns += note_of(schedule, restart, i)->duration_ns;
	return ns;
}

uint64_t
schedule_spent_ns(const struct schedule *schedule)
{
	uint64_t ns = 0;

	for (uint32_t i = 0; i < schedule->restarts_max; i++)
		ns += schedule_spent_in_ns(schedule, i);
	return ns;
}

uint64_t
schedule_expected_ns(const struct schedule *schedule, const bool *wanted)
{
	uint64_t ns = 0;

	for (uint32_t cell = 0; cell < schedule->experiment->n_cells; cell++) {
		uint64_t sum_ns = 0, n = 0;

		for (uint32_t i = 0; wanted[cell] && i < schedule->restarts_max; i++) {
			sum_ns += note_of(schedule, i, cell)->duration_ns;
			n += note_of(schedule, i, cell)->duration_ns > 0;
		}
		ns += n ? sum_ns / n : 0;
	}
	return ns;
}

uint32_t
schedule_trials(const struct schedule *schedule)
{
	size_t n_notes = (size_t)schedule->restarts_max * schedule->experiment->n_cells;
	uint32_t n = 0;

	for (size_t i = 0; i < n_notes; i++)
		n += schedule->notes[i].duration_ns > 0;
	return n;
}
