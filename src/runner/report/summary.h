/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a run's trials come to: per cell and metric the mean over restarts of each
 * restart's median over pairs (of cycles, ratios and rates the geometric mean), with its
 * 95% interval (stats.h), and for cycles the ratio to the reference, which comes from the ratios within the pairs: it
 * is no ratio of two medians.
 */
#ifndef FOLIO_RUNNER_SUMMARY_H
#define FOLIO_RUNNER_SUMMARY_H

#include "runner/report/stats.h"
#include "runner/results/folder.h"
#include "runner/results/pair_metrics.h"
#include "runner/results/run_files.h"

struct summary_row {
	const struct run_cell *cell;
	const struct series *series; /* names metric, unit and fidelity */
	struct estimate value;       /* in the series' unit */
	struct estimate ratio;       /* to the reference; n = 0 where there is none */
};

struct summary {
	const struct run *run;
	struct summary_row *rows; /* by cell, and within it as trials.csv first names the metrics */
	size_t n_rows;
};

/* run must outlive the summary. Returns 0 or -ENOMEM after log_error(). */
int summary_open(const struct run *run, struct summary *summary);
void summary_close(struct summary *summary);

/* The row of that cell and metric, or NULL where it was not measured. */
const struct summary_row *summary_find(const struct summary *summary, const struct run_cell *cell,
				       const char *metric);

/*
 * Is the ratio's interval as narrow as measure.precision asks (half its width,
 * as a share of the ratio)? No when there is no interval.
 */
bool summary_row_is_precise(const struct summary *summary, const struct summary_row *row);

/* Did every trial of the cell have configuration and reference on one device? */
bool summary_same_device(const struct summary *summary, const struct run_cell *cell);

/* Writes summary.csv. Returns 0 or -errno after log_error(). */
int summary_write(const struct summary *summary, const struct folder *folder);

/* What units of that metric come to: their geometric mean, where it is above zero by its nature. */
struct estimate metric_estimate(const char *metric, const struct units *units);

/*
 * The units of one metric of a cell. Returns 0, -ENODATA when the cell has no
 * such metric, or -ENOMEM.
 */
int cell_units(const struct run *run, const struct run_cell *cell, const char *metric,
	       struct units *out);

/*
 * The same of configuration less reference, pair by pair, in cycles per packet
 * of one side.
 */
int cell_units_added(const struct run *run, const struct run_cell *cell, enum side side,
		     struct units *out);

#endif
