/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/attribution.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/report/attribution_work.h"
#include "runner/report/noise.h"
#include "runner/report/place.h"

int
attribution_added(const struct attribution_work *work, const struct run_cell *cell,
		  struct units *out)
{
	int err = cell_units_added(work->summary->run, cell, work->side, out);

	if (!err)
		units_keep_common(out, &work->common);
	return err;
}

bool
attribution_apart(const struct attribution_work *work, const struct units *part,
		  const struct run_cell *cell, double of_cost)
{
	struct estimate e = units_estimate(part);
	double floor = noise_floor_for(work->summary, cell, work->side);

	return noise_apart(&e, 0, floor, of_cost);
}

double
attribution_reference_cost(const struct attribution_work *work, const struct run_cell *cell)
{
	const struct summary_row *row =
		summary_find(work->summary, cell, side_metrics[work->side].reference_cost);

	return row ? row->value.value : 0;
}

/* What a cell adds to its reference, or takes from it. */
static bool
added_apart(const struct attribution_work *work, const struct units *part,
	    const struct run_cell *cell)
{
	return attribution_apart(work, part, cell, attribution_reference_cost(work, cell));
}

static struct estimate
share_of_total(const struct attribution_work *work, const struct units *part)
{
	struct units share = *part;

	if (!work->total_known || !added_apart(work, &work->total, work->all))
		return estimate_none();
	units_divide(&share, &work->total);
	return units_estimate(&share);
}

int
attribution_add_row(struct attribution_work *work, const struct units *part,
		    const struct attribution_row *row)
{
	struct attribution *out = work->out;
	struct attribution_row *rows = reallocarray(out->rows, out->n_rows + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	out->rows = rows;
	rows += out->n_rows++;
	*rows = *row;
	rows->place = work->place;
	rows->side = work->side;
	rows->cost = units_estimate(part);
	rows->share = share_of_total(work, part);
	return 0;
}

/* The row of one source's cell; its units stay in work->part. */
static int
add_source(struct attribution_work *work, const struct run_cell *cell)
{
	enum attribution_method method = cell->role == CELL_ALONE ? METHOD_ALONE : METHOD_REMOVED;
	int err = attribution_added(work, cell, &work->part);

	if (err)
		return err;
	if (method == METHOD_REMOVED)
		units_scale(&work->part, -1); /* the cell is naive without it, less naive */
	return attribution_add_row(work, &work->part,
				   &(struct attribution_row){
					   .source = cell->source,
					   .method = method,
					   .fidelity = cell->source_fidelity,
					   .distinguishable = added_apart(work, &work->part, cell),
				   });
}

/* Noise in the whole scales with its larger end: the floor is a share of naive's cycles. */
static int
add_rest(struct attribution_work *work, enum attribution_method method)
{
	const struct summary_row *naive =
		summary_find(work->summary, work->all, side_metrics[work->side].cost);

	return attribution_add_row(
		work, &work->rest,
		&(struct attribution_row){
			.source = SOURCE_INTERACTION,
			.method = method,
			.fidelity = work->all->fidelity,
			.distinguishable = naive && attribution_apart(work, &work->rest, work->all,
								      naive->value.value),
		});
}

/* All sources of one method, then what they leave of the whole. */
static int
add_method(struct attribution_work *work, enum cell_role role, enum attribution_method method)
{
	const struct run *run = work->summary->run;
	bool complete = work->total_known;
	size_t n = 0;
	int err = 0;

	work->rest = work->total;
	for (uint32_t i = 0; !err && i < run->n_cells; i++) {
		const struct run_cell *cell = &run->cells[i];

		if (cell->role != role || !cell_same_place(cell, work->place))
			continue;
		err = add_source(work, cell);
		if (!err && work->total_known)
			units_add(&work->rest, -1, &work->part);
		complete = complete && err != -ENODATA;
		err = err == -ENODATA ? 0 : err;
		n++;
	}
	return !err && complete && n ? add_rest(work, method) : err;
}

static int
add_total(struct attribution_work *work)
{
	int err = work->all ? attribution_added(work, work->all, &work->total) : -ENODATA;

	work->total_known = !err;
	if (err)
		return err == -ENODATA ? 0 : err;
	return attribution_add_row(work, &work->total,
				   &(struct attribution_row){
					   .source = SOURCE_TOTAL,
					   .method = METHOD_ALL,
					   .fidelity = work->all->fidelity,
					   .distinguishable =
						   added_apart(work, &work->total, work->all),
				   });
}

/* Takes from *common the restarts that the cell lacks; *begun: there are some to take from. */
static int
narrow(struct attribution_work *work, const struct run_cell *cell, bool *begun)
{
	int err = cell_units_added(work->summary->run, cell, work->side, &work->part);

	if (err)
		return err == -ENODATA ? 0 : err;
	if (*begun)
		units_keep_common(&work->common, &work->part);
	else
		work->common = work->part;
	*begun = true;
	return 0;
}

static int
find_common(struct attribution_work *work)
{
	const struct run *run = work->summary->run;
	bool begun = false;
	int err = work->all ? narrow(work, work->all, &begun) : 0;

	for (uint32_t i = 0; !err && i < run->n_cells; i++)
		if (place_has_of_attribution(work->place, &run->cells[i]))
			err = narrow(work, &run->cells[i], &begun);
	return err;
}

static int
add_side(struct attribution_work *work)
{
	int err = find_common(work);

	if (!err)
		err = add_total(work);
	if (!err)
		err = add_method(work, CELL_ALONE, METHOD_ALONE);
	if (!err)
		err = add_method(work, CELL_REMOVED, METHOD_REMOVED);
	if (!err)
		err = attribution_shapley(work);
	return err ? err : attribution_both_ends(work);
}

int
attribution_open(const struct summary *summary, struct attribution *out)
{
	struct attribution_work *work = calloc(1, sizeof(*work));
	const struct run *run = summary->run;
	int err = work ? 0 : -ENOMEM;

	*out = (struct attribution){0};
	for (uint32_t i = 0; !err && i < run->n_cells; i++) {
		if (!place_opens_attribution(run, &run->cells[i]))
			continue;
		*work = (struct attribution_work){
			.summary = summary, .place = &run->cells[i], .out = out};
		work->all = place_find_all(run, work->place);
		for (int side = 0; !err && side < SIDES; side++) {
			work->side = (enum side)side;
			err = add_side(work);
		}
	}
	free(work);
	if (err) {
		log_error("cannot work out the attribution: %s", strerror(-err));
		attribution_close(out);
	}
	return err;
}

void
attribution_close(struct attribution *attribution)
{
	free(attribution->rows);
	*attribution = (struct attribution){0};
}

const struct attribution_row *
attribution_find(const struct attribution *attribution, const struct run_cell *place,
		 const char *source, enum side side, enum attribution_method method)
{
	for (size_t i = 0; i < attribution->n_rows; i++) {
		const struct attribution_row *row = &attribution->rows[i];

		if (row->side == side && row->method == method && !strcmp(row->source, source) &&
		    cell_same_place(row->place, place))
			return row;
	}
	return NULL;
}
