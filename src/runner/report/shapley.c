/* SPDX-License-Identifier: BSD-3-Clause */
/* Shapley values and two-way interactions; attribution.h says what they are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runner/report/attribution_work.h"
#include "runner/report/noise.h"
#include "runner/report/place.h"

/* The sources of a place as players, and what each set of them costs. */
struct game {
	const struct run_cell *alone[FACTORS_MAX]; /* the cell of each source, in the plan's order */
	unsigned int n;
	uint32_t all;       /* the set of all players; bit i: alone[i] */
	double ideal_cost;  /* per packet */
	struct units *cost; /* of each set, beyond the ideal; the empty one's is zero */
};

/* The set that "psc+vc" stands for; 0 where a name is none of the game's. */
static uint32_t
read_set(const struct game *game, const char *text)
{
	uint32_t set = 0;

	while (*text) {
		size_t length = strcspn(text, "+");
		unsigned int i = 0;

		while (i < game->n && (strncmp(game->alone[i]->source, text, length) ||
				       game->alone[i]->source[length]))
			i++;
		if (i == game->n)
			return 0;
		set |= 1u << i;
		text += length + (text[length] == '+');
	}
	return set;
}

/*
 * Who plays: nobody where sources were removed from the whole one by one, or where the
 * files name more than a plan has.
 */
static void
find_players(const struct attribution_work *work, struct game *game)
{
	const struct run *run = work->summary->run;

	for (uint32_t i = 0; i < run->n_cells; i++) {
		const struct run_cell *cell = &run->cells[i];

		if (!place_has_of_attribution(work->place, cell))
			continue;
		if (cell->role == CELL_REMOVED ||
		    (cell->role == CELL_ALONE && game->n == FACTORS_MAX)) {
			game->n = 0;
			return;
		}
		if (cell->role == CELL_ALONE)
			game->alone[game->n++] = cell;
	}
	game->all = (1u << game->n) - 1;
}

/* Returns 0; -ENODATA: not every set was measured; -ENOMEM. */
static int
read_costs(const struct attribution_work *work, struct game *game)
{
	const struct run *run = work->summary->run;
	int err = attribution_added(work, work->all, &game->cost[game->all]);

	for (uint32_t i = 0; !err && i < run->n_cells; i++) {
		const struct run_cell *cell = &run->cells[i];
		uint32_t set = 0;

		if (place_has_of_attribution(work->place, cell) && cell->role != CELL_ALL)
			set = read_set(game, cell->source);
		if (set && set != game->all)
			err = attribution_added(work, cell, &game->cost[set]);
	}
	game->cost[0] = game->cost[game->all];
	units_scale(&game->cost[0], 0);
	for (uint32_t set = 0; !err && set <= game->all; set++)
		if (game->cost[set].n == 0)
			err = -ENODATA;
	game->ideal_cost = attribution_reference_cost(work, work->all);
	return err;
}

/* The share of all orders in which just the members of set come before a given other player. */
static double
share_of_orders(const struct game *game, uint32_t set)
{
	unsigned int before = (unsigned int)__builtin_popcount(set);
	double share = 1.0 / game->n;

	/* 1 / (n * C(n - 1, before)) */
	for (unsigned int i = 0; i < before; i++)
		share *= (double)(i + 1) / (game->n - 1 - i);
	return share;
}

static int
add_value(struct attribution_work *work, const struct game *game, unsigned int player)
{
	const struct run_cell *alone = game->alone[player];
	double cost = game->ideal_cost;

	work->part = game->cost[0];
	for (uint32_t set = 0; set <= game->all; set++) {
		double share = share_of_orders(game, set);

		if (set & 1u << player)
			continue;
		units_add(&work->part, share, &game->cost[set | 1u << player]);
		units_add(&work->part, -share, &game->cost[set]);
		cost += share * units_estimate(&game->cost[set]).value;
	}
	/* What it is added to scatters by a share of its cost: that of the mean set counts. */
	return attribution_add_row(
		work, &work->part,
		&(struct attribution_row){
			.source = alone->source,
			.method = METHOD_SHAPLEY,
			.fidelity = alone->source_fidelity,
			.distinguishable = attribution_apart(work, &work->part, alone, cost),
		});
}

/* The one of two sources that noise hides better: both together cross devices where it does. */
static const struct run_cell *
noisier(const struct attribution_work *work, const struct run_cell *a, const struct run_cell *b)
{
	return noise_floor_for(work->summary, b, work->side) >
			       noise_floor_for(work->summary, a, work->side) ?
		       b :
		       a;
}

/* What two cost beyond each alone; it stays in work->part. */
static int
add_two_way(struct attribution_work *work, const struct game *game, unsigned int a, unsigned int b)
{
	const struct units *both = &game->cost[1u << a | 1u << b];

	work->part = *both;
	units_add(&work->part, -1, &game->cost[1u << a]);
	units_add(&work->part, -1, &game->cost[1u << b]);
	return attribution_add_row(work, &work->part,
				   &(struct attribution_row){
					   .source = game->alone[a]->source,
					   .with = game->alone[b]->source,
					   .method = METHOD_TWO_WAY,
					   .fidelity = game->alone[a]->source_fidelity |
						       game->alone[b]->source_fidelity,
					   .distinguishable = attribution_apart(
						   work, &work->part,
						   noisier(work, game->alone[a], game->alone[b]),
						   game->ideal_cost + units_estimate(both).value),
				   });
}

/* Every two-way interaction, and what those and the sources alone leave of the whole. */
static int
add_interactions(struct attribution_work *work, const struct game *game)
{
	int err = 0;

	work->rest = game->cost[game->all];
	for (unsigned int a = 0; a < game->n; a++)
		units_add(&work->rest, -1, &game->cost[1u << a]);
	for (unsigned int a = 0; a < game->n; a++) {
		for (unsigned int b = a + 1; !err && b < game->n; b++) {
			err = add_two_way(work, game, a, b);
			units_add(&work->rest, -1, &work->part);
		}
	}
	if (err)
		return err;
	return attribution_add_row(
		work, &work->rest,
		&(struct attribution_row){
			.source = SOURCE_REST,
			.method = METHOD_TWO_WAY,
			.fidelity = work->all->fidelity,
			.distinguishable = attribution_apart(
				work, &work->rest, work->all,
				game->ideal_cost + units_estimate(&game->cost[game->all]).value),
		});
}

int
attribution_shapley(struct attribution_work *work)
{
	struct game game = {.n = 0};
	int err = 0;

	find_players(work, &game);
	if (game.n == 0 || !work->total_known)
		return 0;
	game.cost = calloc((size_t)game.all + 1, sizeof(*game.cost));
	if (!game.cost)
		return -ENOMEM;
	err = read_costs(work, &game);
	for (unsigned int i = 0; !err && i < game.n; i++)
		err = add_value(work, &game, i);
	if (!err)
		err = add_interactions(work, &game);
	free(game.cost);
	return err == -ENODATA ? 0 : err;
}
