/* SPDX-License-Identifier: BSD-3-Clause */
/* Resampling of a two-level series; stats.h says how and why. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "runner/report/stats.h"

/*
 * A resample is kept as how often each rank of the pooled, ordered series was
 * drawn: its median is then found by one walk over the counts, without sorting.
 */
struct resampler {
	double *ascending; /* the pooled series in order */
	uint32_t *ranks;   /* grouped by restart: position of each value in ascending[] */
	uint32_t *counts;  /* of each rank, in the present resample */
	size_t *first;     /* first[g] .. first[g + 1] - 1: the ranks of restart group g */
	size_t n, n_restarts;
};

static int
compare_values(const void *a, const void *b)
{
	double x = ((const struct observation *)a)->value;
	double y = ((const struct observation *)b)->value;

	return (x > y) - (x < y);
}

static void
resampler_free(struct resampler *r)
{
	free(r->ascending);
	free(r->ranks);
	free(r->counts);
	free(r->first);
}

/* Groups the ranks by restart, lowest restart first, so that equal sets of restarts line up. */
static void
group_by_restart(struct resampler *r, const struct observation *in_order)
{
	size_t filled = 0;
	uint32_t restart = 0;

	for (size_t i = 0; i < r->n; i++)
		if (i == 0 || in_order[i].restart < restart)
			restart = in_order[i].restart;
	while (filled < r->n) {
		uint32_t next = UINT32_MAX;

		r->first[r->n_restarts++] = filled;
		for (size_t i = 0; i < r->n; i++) {
			if (in_order[i].restart == restart)
				r->ranks[filled++] = (uint32_t)i;
			else if (in_order[i].restart > restart && in_order[i].restart < next)
				next = in_order[i].restart;
		}
		restart = next;
	}
	r->first[r->n_restarts] = r->n;
}

static int
resampler_init(struct resampler *r, const struct observation *series, size_t n)
{
	struct observation *in_order = malloc(n * sizeof(*in_order));

	*r = (struct resampler){
		.ascending = malloc(n * sizeof(*r->ascending)),
		.ranks = malloc(n * sizeof(*r->ranks)),
		.counts = malloc(n * sizeof(*r->counts)),
		.first = malloc((n + 1) * sizeof(*r->first)),
		.n = n,
	};
	if (!in_order || !r->ascending || !r->ranks || !r->counts || !r->first) {
		free(in_order);
		resampler_free(r);
		return -ENOMEM;
	}
	memcpy(in_order, series, n * sizeof(*in_order));
	qsort(in_order, n, sizeof(*in_order), compare_values);
	for (size_t i = 0; i < n; i++)
		r->ascending[i] = in_order[i].value;
	group_by_restart(r, in_order);
	free(in_order);
	return 0;
}

/* The value at that place (from 0) of the ordered resample; *rank keeps where, for the next place. */
static double
at_place(const struct resampler *r, size_t place, size_t *rank, size_t *passed)
{
	while (*passed + r->counts[*rank] <= place)
		*passed += r->counts[(*rank)++];
	return r->ascending[*rank];
}

static double
resample_median(struct resampler *r, struct random_state *restarts, struct random_state *pairs)
{
	size_t drawn = 0, rank = 0, passed = 0;
	double lower;

	memset(r->counts, 0, r->n * sizeof(*r->counts));
	for (size_t i = 0; i < r->n_restarts; i++) {
		size_t group = random_below(restarts, r->n_restarts);
		size_t first = r->first[group], members = r->first[group + 1] - first;

		for (size_t j = 0; j < members; j++)
			r->counts[r->ranks[first + random_below(pairs, members)]]++;
		drawn += members;
	}
	lower = at_place(r, (drawn - 1) / 2, &rank, &passed);
	return (lower + at_place(r, drawn / 2, &rank, &passed)) / 2;
}

int
bootstrap_median(const struct observation *series, size_t n, uint64_t seed, uint64_t stream,
		 struct bootstrap *out)
{
	struct random_state restarts = {seed}, pairs = {stream};
	struct resampler r;

	out->n = n;
	out->value = NAN;
	for (size_t i = 0; n == 0 && i < BOOTSTRAP_RESAMPLES; i++)
		out->draws[i] = NAN;
	if (n == 0)
		return 0;
	if (resampler_init(&r, series, n) != 0)
		return -ENOMEM;
	/* Hashed once, so that streams with near numbers start far apart. */
	pairs.state = random_next(&pairs) ^ seed;
	out->value = stats_quantile(r.ascending, n, 0.5);
	for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
		out->draws[i] = resample_median(&r, &restarts, &pairs);
	resampler_free(&r);
	return 0;
}
