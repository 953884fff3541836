/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/statistics/permutation.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "runner/statistics/welch.h"

/* Sums in another order differ in their last digits: what is equal must count as such. */
#define ROUNDING 1e-9

double
permutation_ways(size_t n, size_t k)
{
	double ways = 1;

	for (size_t i = 0; i < k; i++)
		ways *= (double)(n - i) / (double)(i + 1);
	return round(ways);
}

/* Two samples in one array, b's places being the last n - n_a of order[]. */
struct deal {
	const double *pooled;
	size_t n, n_a;
	double *a, *b;   /* the samples as they are dealt at present */
	size_t *members; /* places in pooled[] that are a's, rising */
};

static double
statistic(struct deal *deal)
{
	size_t a = 0, b = 0;
	struct welch w;

	for (size_t i = 0; i < deal->n; i++) {
		if (a < deal->n_a && deal->members[a] == i)
			deal->a[a++] = deal->pooled[i];
		else
			deal->b[b++] = deal->pooled[i];
	}
	w = welch(deal->a, deal->n_a, deal->b, deal->n - deal->n_a);
	return welch_t(&w, 0);
}

/* The next rising choice of a's members; false after the last. */
static bool
next_choice(struct deal *deal)
{
	size_t k = deal->n_a, i = k;

	while (i > 0 && deal->members[i - 1] == deal->n - k + i - 1)
		i--;
	if (i == 0)
		return false;
	deal->members[i - 1]++;
	for (; i < k; i++)
		deal->members[i] = deal->members[i - 1] + 1;
	return true;
}

/* A random choice, in order (Knuth's selection sampling). */
static void
random_choice(struct deal *deal, struct random_state *random)
{
	size_t chosen = 0;

	for (size_t i = 0; chosen < deal->n_a; i++)
		if (random_below(random, deal->n - i) < deal->n_a - chosen)
			deal->members[chosen++] = i;
}

static double
share_as_far(struct deal *deal, uint64_t seed)
{
	struct random_state random = {seed};
	double found, reached;
	uint64_t as_far = 0, tried = 0;

	for (size_t i = 0; i < deal->n_a; i++)
		deal->members[i] = i;
	found = statistic(deal); /* the first choice is the one that was found */
	reached = isinf(found) ? found : found - ROUNDING * (1 + fabs(found));
	if (permutation_ways(deal->n, deal->n_a) <= PERMUTATION_ALL_MAX) {
		do {
			as_far += statistic(deal) >= reached;
			tried++;
		} while (next_choice(deal));
		return (double)as_far / (double)tried;
	}
	for (as_far = tried = 1; tried < PERMUTATION_ALL_MAX; tried++) {
		random_choice(deal, &random);
		as_far += statistic(deal) >= reached;
	}
	return (double)as_far / (double)tried;
}

int
permutation_greater(const double *a, size_t n_a, const double *b, size_t n_b, uint64_t seed,
		    double *p)
{
	size_t n = n_a + n_b;
	double *values = malloc(2 * n * sizeof(*values));
	size_t *members = malloc(n_a * sizeof(*members));
	struct deal deal = {.pooled = values, .n = n, .n_a = n_a, .members = members};
	int err = values && members ? 0 : -ENOMEM;

	if (!err) {
		memcpy(values, a, n_a * sizeof(*a));
		memcpy(values + n_a, b, n_b * sizeof(*b));
		deal.a = values + n;
		deal.b = deal.a + n_a;
		*p = share_as_far(&deal, seed);
	}
	free(values);
	free(members);
	return err;
}

/* The sum with the i-th sign turned where bit i is set. */
static double
signed_sum(const double *differences, size_t n, const uint64_t *turned)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += turned[i / 64] >> i % 64 & 1 ? -differences[i] : differences[i];
	return sum;
}

double
permutation_signs(const double *differences, size_t n, uint64_t seed)
{
	struct random_state random = {seed};
	size_t words = n / 64 + 1;
	uint64_t turned[words];
	bool all = n < 15 && 1u << n <= PERMUTATION_ALL_MAX;
	uint64_t ways = all ? 1u << n : PERMUTATION_ALL_MAX, as_far = 0;
	double found, reached;

	memset(turned, 0, sizeof(turned));
	found = fabs(signed_sum(differences, n, turned));
	reached = found - ROUNDING * found;
	for (uint64_t way = 0; way < ways; way++) {
		for (size_t w = 0; w < words && way; w++)
			turned[w] = all ? way : random_next(&random);
		as_far += fabs(signed_sum(differences, n, turned)) >= reached;
	}
	return (double)as_far / (double)ways;
}
