/* SPDX-License-Identifier: BSD-3-Clause */
/* From a two-level series to units, and what is reckoned with them; stats.h says how and why. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "runner/report/stats.h"
#include "runner/statistics/student.h"

#define TAIL 0.025 /* on each side of a 95% interval */

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The median of that part of the series becomes the last unit. Returns 0 or -E2BIG. */
static int
add_unit(struct units *out, uint32_t id, const struct observation *part, size_t n, double *values)
{
	if (out->n == UNITS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < n; i++)
		values[i] = part[i].value;
	out->id[out->n] = id;
	out->at[out->n++] = stats_median(values, n);
	return 0;
}

static int
batches_of_one_restart(const struct observation *series, size_t n, double *values,
		       struct units *out)
{
	size_t batches = smaller(n, UNITS_OF_ONE_RESTART);
	int err = 0;

	for (size_t i = 0; !err && i < batches; i++) {
		size_t first = i * n / batches, end = (i + 1) * n / batches;

		err = add_unit(out, (uint32_t)i, series + first, end - first, values);
	}
	return err;
}

static int
restarts_of_series(const struct observation *series, size_t n, double *values, struct units *out)
{
	size_t first = 0;
	int err = 0;

	while (!err && first < n) {
		size_t end = first + 1;

		while (end < n && series[end].restart == series[first].restart)
			end++;
		err = add_unit(out, series[first].restart, series + first, end - first, values);
		first = end;
	}
	return err;
}

int
units_of_series(const struct observation *series, size_t n, struct units *out)
{
	double *values = malloc((n ? n : 1) * sizeof(*values));
	int err;

	out->n = 0;
	out->n_observations = n;
	if (!values)
		return -ENOMEM;
	if (n && series[0].restart == series[n - 1].restart)
		err = batches_of_one_restart(series, n, values, out);
	else
		err = restarts_of_series(series, n, values, out);
	free(values);
	return err;
}

/* Brings both to the units that they share: term's places are written to places. */
static void
match(struct units *units, const struct units *other, size_t places[UNITS_MAX])
{
	size_t n = 0;

	for (size_t i = 0, j = 0; i < units->n && j < other->n;) {
		uint32_t a = units->id[i], b = other->id[j];

		if (a == b) {
			units->id[n] = a;
			units->at[n] = units->at[i];
			places[n++] = j;
		}
		i += a <= b;
		j += b <= a;
	}
	units->n = n;
	units->n_observations = smaller(units->n_observations, other->n_observations);
}

void
units_add(struct units *sum, double weight, const struct units *term)
{
	size_t places[UNITS_MAX];

	match(sum, term, places);
	for (size_t i = 0; i < sum->n; i++)
		sum->at[i] += weight * term->at[places[i]];
}

void
units_divide(struct units *quotient, const struct units *divisor)
{
	size_t places[UNITS_MAX];

	match(quotient, divisor, places);
	for (size_t i = 0; i < quotient->n; i++)
		quotient->at[i] /= divisor->at[places[i]];
}

void
units_scale(struct units *units, double factor)
{
	for (size_t i = 0; i < units->n; i++)
		units->at[i] *= factor;
}

void
units_keep_common(struct units *units, const struct units *other)
{
	size_t places[UNITS_MAX];

	match(units, other, places);
}

static double
mean_of(const struct units *units)
{
	double sum = 0;

	for (size_t i = 0; i < units->n; i++)
		sum += units->at[i];
	return sum / (double)units->n;
}

double
units_variance(const struct units *units)
{
	double mean = mean_of(units), squares = 0;

	if (units->n < 2)
		return NAN;
	for (size_t i = 0; i < units->n; i++)
		squares += (units->at[i] - mean) * (units->at[i] - mean);
	return squares / (double)(units->n - 1);
}

/* Student's, of a 95% interval; there is none with fewer than two units. */
static double
critical_t_of(const struct units *units)
{
	return units->n < 2 ? NAN : student_quantile(TAIL, (double)units->n - 1);
}

static struct estimate
estimate_within(const struct units *units, double critical_t)
{
	struct estimate e = estimate_none();
	double half_width;

	if (units->n == 0)
		return e;
	e.value = mean_of(units);
	e.n = units->n_observations;
	if (units->n < 2 || !isfinite(e.value))
		return e;
	half_width = critical_t * sqrt(units_variance(units) / (double)units->n);
	e.ci_low = e.value - half_width;
	e.ci_high = e.value + half_width;
	return e;
}

struct estimate
units_estimate(const struct units *units)
{
	return estimate_within(units, critical_t_of(units));
}

struct estimate
units_estimate_positive_within(const struct units *units, double critical_t)
{
	struct units logs = *units;
	struct estimate e;

	for (size_t i = 0; i < units->n; i++) {
		if (!(units->at[i] > 0))
			return estimate_within(units, critical_t);
		logs.at[i] = log(units->at[i]);
	}
	e = estimate_within(&logs, critical_t);
	e.value = exp(e.value);
	e.ci_low = exp(e.ci_low);
	e.ci_high = exp(e.ci_high);
	return e;
}

struct estimate
units_estimate_positive(const struct units *units)
{
	return units_estimate_positive_within(units, critical_t_of(units));
}
