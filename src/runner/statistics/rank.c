/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/statistics/rank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "runner/statistics/student.h"

/* The highest sum of twice the ranks that the exact distribution knows. */
#define SUM_MAX (RANK_EXACT_MAX * (RANK_EXACT_MAX + 1))

static int
compare_magnitudes(const void *a, const void *b)
{
	double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

	return (x > y) - (x < y);
}

/*
 * The distribution of a sum that holds each doubled rank or not with equal
 * chances: share[s] gets P(sum = s). Doubled, because ranks of ties are halves.
 */
static void
exact_distribution(const unsigned int *doubled, size_t n, double share[SUM_MAX + 1])
{
	size_t sum = 0;

	memset(share, 0, (SUM_MAX + 1) * sizeof(*share));
	share[0] = 1;
	for (size_t i = 0; i < n; i++) {
		sum += doubled[i];
		for (size_t s = sum + 1; s-- > 0;)
			share[s] = (share[s] + (s >= doubled[i] ? share[s - doubled[i]] : 0)) / 2;
	}
}

/* What signed_rank_test() finds out about its differences. */
struct ranking {
	size_t n;              /* without zeros */
	unsigned int *doubled; /* twice the rank of each, in order of magnitude */
	double positive;       /* sum of the positive ones' ranks */
	double ties;           /* sum of t^3 - t over groups of t equal ones */
};

/* differences come ordered by magnitude, without zeros. */
static void
rank_all(const double *differences, struct ranking *r)
{
	for (size_t first = 0, end; first < r->n; first = end) {
		double size;

		for (end = first + 1;
		     end < r->n && fabs(differences[end]) == fabs(differences[first]);)
			end++;
		size = (double)(end - first);
		r->ties += size * size * size - size;
		for (size_t i = first; i < end; i++) {
			r->doubled[i] = (unsigned int)(first + end + 1);
			if (differences[i] > 0)
				r->positive += r->doubled[i] / 2.0;
		}
	}
}

static double
exact_p(const struct ranking *r)
{
	static _Thread_local double share[SUM_MAX + 1];
	size_t found = (size_t)lround(2 * r->positive), all = r->n * (r->n + 1);
	size_t low = found < all - found ? found : all - found;
	double tail = 0;

	exact_distribution(r->doubled, r->n, share);
	for (size_t s = 0; s <= low; s++)
		tail += share[s];
	return fmin(1, 2 * tail);
}

static struct signed_rank
test_ranking(const struct ranking *r)
{
	double n = (double)r->n, variance = n * (n + 1) * (2 * n + 1) / 24 - r->ties / 48;
	double off = r->positive - n * (n + 1) / 4;
	struct signed_rank out = {.z = off / sqrt(variance)};

	out.p = r->n <= RANK_EXACT_MAX ?
			exact_p(r) :
			fmin(1, 2 * normal_tail(fmax(0, fabs(off) - 0.5) / sqrt(variance)));
	return out;
}

int
signed_rank_test(const double *differences, size_t n, struct signed_rank *out)
{
	double *ordered = malloc((n ? n : 1) * sizeof(*ordered));
	struct ranking r = {.doubled = malloc((n ? n : 1) * sizeof(*r.doubled))};
	int err = ordered && r.doubled ? 0 : -ENOMEM;

	if (!err) {
		for (size_t i = 0; i < n; i++)
			if (differences[i] != 0)
				ordered[r.n++] = differences[i];
		qsort(ordered, r.n, sizeof(*ordered), compare_magnitudes);
		rank_all(ordered, &r);
		*out = r.n ? test_ranking(&r) : (struct signed_rank){0, 1};
	}
	free(ordered);
	free(r.doubled);
	return err;
}

/* How many Walsh averages lie outside of the interval on each side. */
static double
outside(size_t n, double level)
{
	static _Thread_local double share[SUM_MAX + 1];
	unsigned int doubled[RANK_EXACT_MAX];
	double tail = (1 - level) / 2, below = 0, m = (double)n;
	size_t k = 0;

	if (n > RANK_EXACT_MAX)
		return floor(m * (m + 1) / 4 -
			     normal_quantile(tail) * sqrt(m * (m + 1) * (2 * m + 1) / 24));
	for (size_t i = 0; i < n; i++)
		doubled[i] = 2 * (unsigned int)(i + 1);
	exact_distribution(doubled, n, share);
	while (below + share[2 * k] <= tail)
		below += share[2 * k++];
	return (double)k;
}

int
hodges_lehmann(const double *values, size_t n, double level, struct hodges_lehmann *out)
{
	size_t n_means = n * (n + 1) / 2, k = 0, skip;
	double *means = malloc(n_means * sizeof(*means));

	if (!means)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
			means[k++] = (values[i] + values[j]) / 2;
	qsort(means, n_means, sizeof(*means), compare_doubles);
	out->value = (means[(n_means - 1) / 2] + means[n_means / 2]) / 2;
	skip = (size_t)outside(n, level);
	out->low = skip ? means[skip - 1] : NAN;
	out->high = skip ? means[n_means - skip] : NAN;
	free(means);
	return 0;
}
