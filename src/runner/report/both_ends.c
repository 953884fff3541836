/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shapley values of more sources than have a cell for every set of them: from a fraction of the
 * sets, each source alone and all but each source. Where no three sources act together,
 *
 *   v(S) = sum over i in S of m(i) + sum over pairs {i, j} in S of w(i, j),
 *
 * a source alone is m(i), its removal takes m(i) + sum over j of w(i, j), and its Shapley value,
 * which has half of each of its pairs, is just the mean of the two. What three sources or more make
 * together is then what the values leave of the whole: a row of its own, the rest.
 */
#include <errno.h>
#include <string.h>

#include "runner/report/attribution_work.h"
#include "runner/report/place.h"

static const struct run_cell *
find_removed(const struct attribution_work *work, const char *source)
{
	const struct run *run = work->summary->run;

	for (uint32_t i = 0; i < run->n_cells; i++)
		if (run->cells[i].role == CELL_REMOVED &&
		    cell_same_place(&run->cells[i], work->place) &&
		    !strcmp(run->cells[i].source, source))
			return &run->cells[i];
	return NULL;
}

/* Its value stays in work->part. Returns 0, -ENODATA: an end was not measured; or -ENOMEM. */
static int
add_value(struct attribution_work *work, const struct run_cell *alone)
{
	const struct run_cell *removed = find_removed(work, alone->source);
	struct units taken;
	int err = removed ? attribution_added(work, alone, &work->part) : -ENODATA;

	if (!err)
		err = attribution_added(work, removed, &taken); /* below zero: what it takes */
	if (err)
		return err;
	units_add(&work->part, -1, &taken);
	units_scale(&work->part, 0.5);
	return attribution_add_row(
		work, &work->part,
		&(struct attribution_row){
			.source = alone->source,
			.method = METHOD_SHAPLEY,
			.fidelity = alone->source_fidelity,
			.distinguishable = attribution_apart(
				work, &work->part, alone,
				attribution_reference_cost(work, alone) +
					attribution_reference_cost(work, removed) / 2),
		});
}

static int
add_rest(struct attribution_work *work)
{
	return attribution_add_row(work, &work->rest,
				   &(struct attribution_row){
					   .source = SOURCE_REST,
					   .method = METHOD_SHAPLEY,
					   .fidelity = work->all->fidelity,
					   .distinguishable = attribution_apart(
						   work, &work->rest, work->all,
						   attribution_reference_cost(work, work->all) +
							   units_estimate(&work->total).value),
				   });
}

bool
attribution_is_fraction(const struct run *run, const struct run_cell *place)
{
	unsigned int alone = 0, removed = 0;

	for (uint32_t i = 0; i < run->n_cells; i++) {
		const struct run_cell *cell = &run->cells[i];

		if (!place_has_of_attribution(place, cell))
			continue;
		alone += cell->role == CELL_ALONE;
		removed += cell->role == CELL_REMOVED;
	}
	return alone > FACTORS_MAX && removed == alone;
}

int
attribution_both_ends(struct attribution_work *work)
{
	const struct run *run = work->summary->run;
	int err = 0;

	if (!work->total_known || !attribution_is_fraction(run, work->place))
		return 0;
	work->rest = work->total;
	for (uint32_t i = 0; !err && i < run->n_cells; i++) {
		if (run->cells[i].role != CELL_ALONE ||
		    !cell_same_place(&run->cells[i], work->place))
			continue;
		err = add_value(work, &run->cells[i]);
		if (!err)
			units_add(&work->rest, -1, &work->part);
	}
	if (!err)
		err = add_rest(work);
	return err == -ENODATA ? 0 : err;
}
