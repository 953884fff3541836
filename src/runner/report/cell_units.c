/* SPDX-License-Identifier: BSD-3-Clause */
/* From a cell's series to units. */
#include <errno.h>
#include <stdlib.h>

#include "runner/report/summary.h"

int
cell_units(const struct run *run, const struct run_cell *cell, const char *metric,
	   struct units *out)
{
	const struct series *series = run_cell_series(cell, metric);
	struct observation *observations;
	int err;

	if (!series)
		return -ENODATA;
	observations = malloc(series->n * sizeof(*observations));
	if (!observations)
		return -ENOMEM;
	series_observations(run, series, observations);
	err = units_of_series(observations, series->n, out);
	free(observations);
	return err;
}

/* b - a at every repeat that both have, into out, which has room for b's; returns how many. */
static size_t
subtract(const struct run *run, const struct series *b, const struct series *a,
	 struct observation *out)
{
	size_t n = 0;

	series_observations(run, b, out);
	for (size_t i = 0, j = 0; i < b->n && j < a->n;) {
		uint32_t of_b = b->points[i].repeat, of_a = a->points[j].repeat;

		if (of_b == of_a) {
			out[n] = out[i];
			out[n++].value -= a->points[j].value;
		}
		i += of_b <= of_a;
		j += of_a <= of_b;
	}
	return n;
}

int
cell_units_added(const struct run *run, const struct run_cell *cell, enum side side,
		 struct units *out)
{
	const struct side_metrics *metrics = &side_metrics[side];
	const struct series *b = run_cell_series(cell, metrics->cost);
	const struct series *a = run_cell_series(cell, metrics->reference_cost);
	struct observation *observations;
	size_t n;
	int err;

	if (!a || !b)
		return -ENODATA;
	observations = malloc(b->n * sizeof(*observations));
	if (!observations)
		return -ENOMEM;
	n = subtract(run, b, a, observations);
	err = n ? units_of_series(observations, n, out) : -ENODATA;
	free(observations);
	return err;
}
