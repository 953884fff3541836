/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/statistics/holm.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct ranked {
	double p;
	size_t place;
};

static int
compare_ranked(const void *a, const void *b)
{
	double x = ((const struct ranked *)a)->p, y = ((const struct ranked *)b)->p;

	return (x > y) - (x < y);
}

int
holm_correct(double *p, size_t n)
{
	struct ranked *ranked = malloc((n ? n : 1) * sizeof(*ranked));
	double highest = 0;

	if (!ranked)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		ranked[i] = (struct ranked){p[i], i};
	qsort(ranked, n, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; i < n; i++) {
		highest = fmax(highest, fmin(1, ranked[i].p * (double)(n - i)));
		p[ranked[i].place] = highest;
	}
	free(ranked);
	return 0;
}
