/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/summary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fidelity.h"
#include "base/log.h"
#include "runner/report/looks.h"
#include "runner/results/csv_file.h"

#define SUMMARY_COLUMNS                                                                            \
	"cell,configuration,reference,variant,workload,frame_size,metric,unit,fidelity,median,"    \
	"ci_low,ci_high,ratio_to_reference,ratio_ci_low,ratio_ci_high,n,restarts"

struct estimate
metric_estimate(const char *metric, const struct units *units)
{
	return metric_is_positive(metric) ? units_estimate_positive(units) : units_estimate(units);
}

static int
estimate_metric(const struct run *run, const struct run_cell *cell, const char *metric,
		struct estimate *out)
{
	struct units units;
	int err = metric ? cell_units(run, cell, metric, &units) : -ENODATA;

	*out = err ? estimate_none() : metric_estimate(metric, &units);
	return err == -ENODATA ? 0 : err;
}

/* What is measured once per restart, of both sides, has its ratio from these. */
static int
estimate_quotient(const struct run *run, const struct summary_row *row, struct estimate *out)
{
	char name[sizeof(row->series->metric) + sizeof("reference_")];
	struct units value, reference;
	int err;

	snprintf(name, sizeof(name), "reference_%s", row->series->metric);
	err = metric_is_of_pairs(row->series->metric) ?
		      -ENODATA :
		      cell_units(run, row->cell, name, &reference);
	if (!err)
		err = cell_units(run, row->cell, row->series->metric, &value);
	if (!err) {
		units_divide(&value, &reference);
		*out = units_estimate(&value);
	}
	return err == -ENODATA ? 0 : err;
}

/* Is it the metric whose interval may have stopped the cell? */
static bool
is_looked_at(const struct summary_row *row)
{
	return row->cell->role != CELL_CONTROL && row->cell->role != CELL_CONTROL_DEVICES &&
	       !strcmp(row->series->metric, side_metrics[SIDE_GUEST].cost);
}

static int
estimate_looked_at(const struct run *run, const struct looks *looks, struct summary_row *row)
{
	struct units units;
	int err = cell_units(run, row->cell, side_metrics[SIDE_GUEST].ratio, &units);

	if (!err && run_cell_restarts(row->cell) > 1)
		row->ratio = looks_estimate(looks, &units);
	return err == -ENODATA ? 0 : err;
}

static int
fill_row(const struct run *run, const struct looks *looks, struct summary_row *row)
{
	int err = estimate_metric(run, row->cell, row->series->metric, &row->value);

	if (!err)
		err = estimate_metric(run, row->cell, metric_ratio(row->series->metric),
				      &row->ratio);
	if (!err && row->ratio.n == 0)
		err = estimate_quotient(run, row, &row->ratio);
	if (!err && is_looked_at(row))
		err = estimate_looked_at(run, looks, row);
	return err;
}

int
summary_open(const struct run *run, struct summary *summary)
{
	const struct measure *measure = &run->manifest.measure;
	struct looks *looks =
		looks_new(measure->restarts, measure->max_restarts, measure->precision);
	size_t n = 0;
	int err = 0;

	for (uint32_t c = 0; c < run->n_cells; c++)
		n += run->cells[c].n_series;
	*summary = (struct summary){.run = run, .rows = calloc(n ? n : 1, sizeof(*summary->rows))};
	if (!summary->rows || !looks)
		err = -ENOMEM;
	for (uint32_t c = 0; !err && c < run->n_cells; c++) {
		for (size_t s = 0; !err && s < run->cells[c].n_series; s++) {
			struct summary_row *row = &summary->rows[summary->n_rows++];

			row->cell = &run->cells[c];
			row->series = &run->cells[c].series[s];
			err = fill_row(run, looks, row);
		}
	}
	looks_free(looks);
	if (err) {
		log_error("cannot summarise the trials: %s", strerror(-err));
		summary_close(summary);
	}
	return err;
}

void
summary_close(struct summary *summary)
{
	free(summary->rows);
	*summary = (struct summary){0};
}

const struct summary_row *
summary_find(const struct summary *summary, const struct run_cell *cell, const char *metric)
{
	for (size_t i = 0; i < summary->n_rows; i++)
		if (summary->rows[i].cell == cell &&
		    !strcmp(summary->rows[i].series->metric, metric))
			return &summary->rows[i];
	return NULL;
}

bool
summary_row_is_precise(const struct summary *summary, const struct summary_row *row)
{
	return estimate_half_width_share(&row->ratio) <= summary->run->manifest.measure.precision;
}

bool
summary_same_device(const struct summary *summary, const struct run_cell *cell)
{
	const struct summary_row *row = summary_find(summary, cell, METRIC_SAME_DEVICE);

	for (size_t i = 0; row && i < row->series->n; i++)
		if (row->series->points[i].value == 0)
			return false;
	return true;
}

static void
write_row(struct csv_writer *csv, const struct summary_row *row)
{
	char fidelity[FIDELITY_TEXT_BYTES];

	csv_count(csv, row->cell->id);
	csv_text(csv, row->cell->configuration);
	csv_text(csv, row->cell->reference);
	csv_text(csv, row->cell->variant);
	csv_text(csv, row->cell->workload);
	csv_text(csv, row->cell->frame_size);
	csv_text(csv, row->series->metric);
	csv_text(csv, row->series->unit);
	csv_text(csv, fidelity_format(row->series->fidelity, fidelity, sizeof(fidelity)));
	csv_number(csv, row->value.value);
	csv_number(csv, row->value.ci_low);
	csv_number(csv, row->value.ci_high);
	csv_number(csv, row->ratio.value);
	csv_number(csv, row->ratio.ci_low);
	csv_number(csv, row->ratio.ci_high);
	csv_count(csv, row->value.n);
	csv_count(csv, run_cell_restarts(row->cell));
	csv_end(csv);
}

int
summary_write(const struct summary *summary, const struct folder *folder)
{
	char *text = NULL;
	size_t size;
	struct csv_writer csv = {.file = open_memstream(&text, &size)};
	int err = 0;

	if (csv.file) {
		fputs(SUMMARY_COLUMNS "\n", csv.file);
		for (size_t i = 0; i < summary->n_rows; i++)
			write_row(&csv, &summary->rows[i]);
	}
	if (!csv.file || fclose(csv.file) != 0) {
		err = -ENOMEM;
		log_error("%s/summary.csv: %s", folder->path, strerror(ENOMEM));
	} else {
		err = folder_write(folder, "summary.csv", text, size);
	}
	free(text);
	return err;
}
