/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/trial_cost.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/measure/bench.h"
#include "runner/report/stats.h"
#include "runner/results/pair_metrics.h"
#include "runner/results/run_files.h"

#define RESULTS "results"
#define SLICES_OF_PAIR 4

static void
drop_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)text, (void)arg;
}

/* Was it finished, on this machine, in this topology? */
static bool
is_of_use(const struct manifest *manifest, const struct experiment *experiment,
	  const struct machine *here)
{
	return !strcmp(manifest->status, "done") &&
	       !strcmp(manifest->topology, experiment->topology) &&
	       !strcmp(manifest->machine.host, here->host) &&
	       !strcmp(manifest->machine.cpu_model, here->cpu_model);
}

/* Keeps path in cost when it is of use and newer than what is there; times are ISO 8601. */
static void
consider(const char *path, const struct experiment *experiment, const struct machine *here,
	 char newest[MANIFEST_TEXT_BYTES], struct trial_cost *cost)
{
	struct manifest manifest;
	struct folder folder;

	if (folder_open(&folder, path))
		return;
	if (folder_has(&folder, "manifest.json") && !manifest_read(&manifest, &folder) &&
	    is_of_use(&manifest, experiment, here) && strcmp(manifest.started, newest) > 0) {
		memcpy(newest, manifest.started, MANIFEST_TEXT_BYTES);
		snprintf(cost->measured_in, sizeof(cost->measured_in), "%s", path);
	}
	folder_close(&folder);
}

static void
find_newest(const struct experiment *experiment, struct trial_cost *cost)
{
	char newest[MANIFEST_TEXT_BYTES] = "";
	struct machine here;
	DIR *dir = opendir(RESULTS);

	if (!dir)
		return;
	machine_read(&here);
	for (struct dirent *entry; (entry = readdir(dir));) {
		char path[sizeof(RESULTS) + sizeof(entry->d_name)];

		snprintf(path, sizeof(path), RESULTS "/%s", entry->d_name);
		if (entry->d_name[0] != '.')
			consider(path, experiment, &here, newest, cost);
	}
	closedir(dir);
}

/* Time of a pair of that cell by its metered time: mean over restarts; NAN where it has none. */
static double
overhead_of(const struct run *run, const struct run_cell *cell)
{
	const struct series *durations = run_cell_series(cell, METRIC_DURATION);
	const struct series *pairs = run_cell_series(cell, side_metrics[SIDE_GUEST].ratio);
	double metered_ns, duration_ns = 0;

	if (!durations || !pairs)
		return NAN;
	for (size_t i = 0; i < durations->n; i++)
		duration_ns += durations->points[i].value;
	metered_ns = (double)pairs->n * SLICES_OF_PAIR * (double)run->manifest.measure.slice_ns;
	return duration_ns / metered_ns;
}

static double
median_overhead(const struct run *run)
{
	double *overheads = calloc(run->n_cells, sizeof(*overheads)), median = NAN;
	size_t n = 0;

	for (uint32_t i = 0; overheads && i < run->n_cells; i++) {
		overheads[n] = overhead_of(run, &run->cells[i]);
		n += !isnan(overheads[n]);
	}
	if (overheads)
		median = stats_median(overheads, n);
	free(overheads);
	return median;
}

/* The same sources, so set, over the same traffic: it need not have the same name. */
static double
overhead_for(const struct run *run, const struct cell *cell, double otherwise)
{
	char options[CONFIG_TEXT_BYTES];

	datapath_config_describe(&cell->config, options, sizeof(options));
	for (uint32_t i = 0; i < run->n_cells; i++) {
		const struct run_cell *other = &run->cells[i];
		double overhead;

		if (strcmp(other->options, options) || strcmp(other->traffic, cell->traffic))
			continue;
		overhead = overhead_of(run, other);
		if (!isnan(overhead))
			return overhead;
	}
	return otherwise;
}

/* Returns a sum over all cells, of 1 for what is metered alone; NAN: the run is of no use. */
static double
measured_overheads(const char *path, const struct experiment *experiment)
{
	struct folder folder;
	struct run run;
	double sum = 0, median;

	if (folder_open(&folder, path))
		return NAN;
	if (run_files_read(&folder, &run)) {
		folder_close(&folder);
		return NAN;
	}
	median = median_overhead(&run);
	for (uint32_t i = 0; i < experiment->n_cells; i++)
		sum += overhead_for(&run, &experiment->cells[i], median);
	run_files_close(&run);
	folder_close(&folder);
	return sum;
}

void
trial_cost_estimate(const struct experiment *experiment, struct trial_cost *cost)
{
	const struct measure *measure = &experiment->measure;
	double metered_ns = SLICES_OF_PAIR * (double)measure->slice_ns * measure->pairs;
	double overheads = NAN;

	*cost = (struct trial_cost){0};
	/* Other people's folders may be damaged: they are passed over. */
	log_set_sink(drop_message, NULL);
	find_newest(experiment, cost);
	if (cost->measured_in[0])
		overheads = measured_overheads(cost->measured_in, experiment);
	log_set_sink(NULL, NULL);
	if (isnan(overheads)) {
		cost->measured_in[0] = '\0';
		overheads = bench_find(experiment->topology)->slice_overhead * experiment->n_cells;
	}
	cost->restart_ns = overheads * metered_ns;
}
