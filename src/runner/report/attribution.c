/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/attribution.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/report/noise.h"
#include "runner/report/place.h"

/* One place and side under work. */
struct work {
	const struct summary *summary;
	const struct run_cell *place, *all; /* all: naive against the ideal, or NULL */
	enum side side;
	struct units total, part, rest;
	bool total_known;
	struct attribution *out;
};

static bool
excludes_zero(const struct estimate *e)
{
	return e->ci_low > 0 || e->ci_high < 0;
}

static int
add_row(struct work *work, const struct attribution_row *row)
{
	struct attribution *out = work->out;
	struct attribution_row *rows = reallocarray(out->rows, out->n_rows + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	out->rows = rows;
	rows[out->n_rows++] = *row;
	return 0;
}

static struct estimate
share_of_total(const struct work *work, const struct units *part)
{
	struct units share = *part;
	struct estimate total;

	if (!work->total_known)
		return estimate_none();
	total = units_estimate(&work->total);
	if (!excludes_zero(&total))
		return estimate_none();
	units_divide(&share, &work->total);
	return units_estimate(&share);
}

/* The row of one source's cell; its units stay in work->part. */
static int
add_source(struct work *work, const struct run_cell *cell)
{
	enum attribution_method method = cell->role == CELL_ALONE ? METHOD_ALONE : METHOD_REMOVED;
	int err = cell_units_added(work->summary->run, cell, work->side, &work->part);

	if (err)
		return err;
	if (method == METHOD_REMOVED)
		units_scale(&work->part, -1); /* the cell is naive without it, less naive */
	return add_row(work, &(struct attribution_row){
				     .place = work->place,
				     .source = cell->source,
				     .side = work->side,
				     .method = method,
				     .cycles = units_estimate(&work->part),
				     .share = share_of_total(work, &work->part),
				     .fidelity = cell->source_fidelity,
				     .distinguishable =
					     noise_distinguishable(work->summary, cell, work->side),
			     });
}

/* Noise in the whole scales with its larger end: the floor is a share of naive's cycles. */
static bool
rest_distinguishable(const struct work *work, const struct estimate *rest)
{
	const struct summary_row *naive =
		summary_find(work->summary, work->all, side_metrics[work->side].cycles);
	double floor = noise_floor_for(work->summary, work->all, work->side);

	return naive && excludes_zero(rest) && fabs(rest->value) > floor * naive->value.value;
}

static int
add_rest(struct work *work, enum attribution_method method)
{
	struct estimate rest = units_estimate(&work->rest);

	return add_row(work, &(struct attribution_row){
				     .place = work->place,
				     .source = SOURCE_INTERACTION,
				     .side = work->side,
				     .method = method,
				     .cycles = rest,
				     .share = share_of_total(work, &work->rest),
				     .fidelity = work->all->fidelity,
				     .distinguishable = rest_distinguishable(work, &rest),
			     });
}

/* All sources of one method, then what they leave of the whole. */
static int
add_method(struct work *work, enum cell_role role, enum attribution_method method)
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
add_total(struct work *work)
{
	int err = work->all ? cell_units_added(work->summary->run, work->all, work->side,
					       &work->total) :
			      -ENODATA;

	work->total_known = !err;
	if (err)
		return err == -ENODATA ? 0 : err;
	return add_row(work, &(struct attribution_row){
				     .place = work->place,
				     .source = SOURCE_TOTAL,
				     .side = work->side,
				     .method = METHOD_ALL,
				     .cycles = units_estimate(&work->total),
				     .share = share_of_total(work, &work->total),
				     .fidelity = work->all->fidelity,
				     .distinguishable = noise_distinguishable(
					     work->summary, work->all, work->side),
			     });
}

static int
add_side(struct work *work)
{
	int err = add_total(work);

	if (!err)
		err = add_method(work, CELL_ALONE, METHOD_ALONE);
	if (!err)
		err = add_method(work, CELL_REMOVED, METHOD_REMOVED);
	return err;
}

int
attribution_open(const struct summary *summary, struct attribution *out)
{
	struct work *work = calloc(1, sizeof(*work));
	const struct run *run = summary->run;
	int err = work ? 0 : -ENOMEM;

	*out = (struct attribution){0};
	for (uint32_t i = 0; !err && i < run->n_cells; i++) {
		if (!place_opens_attribution(run, &run->cells[i]))
			continue;
		*work = (struct work){.summary = summary, .place = &run->cells[i], .out = out};
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
