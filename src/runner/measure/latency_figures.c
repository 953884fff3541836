/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/latency_figures.h"

#include <math.h>

#include "base/histogram.h"

const struct latency_quantile latency_quantiles[LATENCY_QUANTILES] = {
	{"p1", 0.01},  {"p5", 0.05},    {"p10", 0.10},     {"p25", 0.25},
	{"p50", 0.50}, {"p75", 0.75},   {"p90", 0.90},     {"p95", 0.95},
	{"p99", 0.99}, {"p999", 0.999}, {"p9999", 0.9999},
};

static double
quantile_ns(const struct histogram *histogram, double share)
{
	double beyond = (double)histogram->n * fmin(share, 1 - share);

	/* 1 - 0.99 is not 0.01 in binary. */
	return beyond >= LATENCY_BEYOND_MIN - 1e-6 ? histogram_quantile_ns(histogram, share) : NAN;
}

static double
max_ns(const struct histogram *histogram)
{
	return isnan(quantile_ns(histogram, 0.999)) ? NAN : (double)histogram->max_ns;
}

struct latency_figures
latency_figures_none(void)
{
	return (struct latency_figures){NAN, NAN, NAN, NAN, NAN, NAN};
}

void
latency_figures_take(struct latency_figures *figures, const struct histogram *histogram)
{
	*figures = (struct latency_figures){
		.mean_ns = histogram_mean_ns(histogram),
		.p50_ns = quantile_ns(histogram, 0.5),
		.p95_ns = quantile_ns(histogram, 0.95),
		.p99_ns = quantile_ns(histogram, 0.99),
		.p999_ns = quantile_ns(histogram, 0.999),
		.max_ns = max_ns(histogram),
	};
}

void
latency_figures_divide(struct latency_figures *ratio, const struct latency_figures *divisor)
{
	ratio->mean_ns /= divisor->mean_ns;
	ratio->p50_ns /= divisor->p50_ns;
	ratio->p95_ns /= divisor->p95_ns;
	ratio->p99_ns /= divisor->p99_ns;
	ratio->p999_ns /= divisor->p999_ns;
	ratio->max_ns /= divisor->max_ns;
}

void
latency_distribution_take(struct latency_distribution *distribution,
			  const struct histogram *histogram)
{
	distribution->frames = histogram->n;
	for (int i = 0; i < LATENCY_QUANTILES; i++)
		distribution->quantiles_ns[i] = quantile_ns(histogram, latency_quantiles[i].share);
	distribution->max_ns = max_ns(histogram);
}
