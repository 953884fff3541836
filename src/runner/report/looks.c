/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/looks.h"

#include <errno.h>
#include <stdlib.h>

#include "runner/statistics/sequential.h"
#include "runner/statistics/student.h"

#define ALPHA 0.05
#define LEAST_FOR_A_WIDTH 2 /* restarts */

struct looks {
	double precision;
	uint32_t max_restarts;
	uint32_t first;     /* restarts before the first look */
	double *critical_t; /* by restarts; of those from first on */
};

/* One look after each restart, as long as another one is possible. */
static int
fill(struct looks *looks)
{
	uint32_t first = looks->first, n = looks->max_restarts - first;
	double *information = calloc(2 * (size_t)n, sizeof(*information));
	double *critical_z = information + n;
	int error = information ? 0 : -ENOMEM;

	for (uint32_t i = 0; !error && i < n; i++)
		information[i] = (double)(first + i) / looks->max_restarts;
	if (!error)
		error = sequential_bounds(SPENDING_POCOCK, ALPHA, information, n, critical_z);
	for (uint32_t i = 0; !error && i < n; i++)
		looks->critical_t[first + i] =
			student_quantile(normal_tail(critical_z[i]), first + i - 1);
	free(information);
	return error;
}

struct looks *
looks_new(uint32_t restarts, uint32_t max_restarts, double precision)
{
	struct looks *looks = calloc(1, sizeof(*looks));

	if (!looks)
		return NULL;
	max_restarts = max_restarts < UNITS_MAX ? max_restarts : UNITS_MAX;
	looks->precision = precision;
	looks->max_restarts = max_restarts;
	looks->first = restarts > LEAST_FOR_A_WIDTH ? restarts : LEAST_FOR_A_WIDTH;
	looks->critical_t = calloc(max_restarts + 1, sizeof(*looks->critical_t));
	if (looks->critical_t && (max_restarts <= looks->first || fill(looks) == 0))
		return looks;
	looks_free(looks);
	return NULL;
}

void
looks_free(struct looks *looks)
{
	if (!looks)
		return;
	free(looks->critical_t);
	free(looks);
}

/* The interval that decides at the present look, where there is one. */
static bool
estimate_of_look(const struct looks *looks, const struct units *ratio, struct estimate *e)
{
	if (ratio->n < looks->first || ratio->n >= looks->max_restarts)
		return false;
	*e = units_estimate_positive_within(ratio, looks->critical_t[ratio->n]);
	return estimate_half_width_share(e) <= looks->precision;
}

bool
looks_precise(const struct looks *looks, const struct units *ratio)
{
	struct estimate e;

	return estimate_of_look(looks, ratio, &e);
}

struct estimate
looks_estimate(const struct looks *looks, const struct units *ratio)
{
	struct estimate e;

	return estimate_of_look(looks, ratio, &e) ? e : units_estimate_positive(ratio);
}
