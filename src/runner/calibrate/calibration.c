/* SPDX-License-Identifier: BSD-3-Clause */
/* How one figure is taken, and the list that it goes into. */
#include "runner/calibrate/calibration.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/compare.h"

/* Runs that go before the first sample: caches and page tables are as they will be. */
#define WARM_UPS 3

static struct primitive *
add(struct calibration *c, const struct operation *operation)
{
	struct primitive *primitives = reallocarray(c->primitives, c->n + 1, sizeof(*primitives));
	struct primitive *primitive;

	if (!primitives) {
		c->out_of_memory = true;
		return NULL;
	}
	c->primitives = primitives;
	primitive = &primitives[c->n++];
	*primitive = (struct primitive){.group = c->group,
					.fidelity = operation->fidelity,
					.is_check = operation->is_check};
	snprintf(primitive->name, sizeof(primitive->name), "%s", operation->name);
	snprintf(primitive->help, sizeof(primitive->help), "%s", operation->help);
	return primitive;
}

void
calibration_lacks(struct calibration *c, const struct operation *operation, const char *format, ...)
{
	struct primitive *primitive = add(c, operation);
	va_list args;

	if (!primitive)
		return;
	va_start(args, format);
	vsnprintf(primitive->lack, sizeof(primitive->lack), format, args);
	va_end(args);
}

/* The smallest that a share of n sorted samples does not exceed. */
static double
quantile(const double *samples, uint32_t n, uint32_t percent)
{
	uint32_t rank = (uint32_t)(((uint64_t)n * percent + 99) / 100);

	return samples[rank ? rank - 1 : 0];
}

void
calibration_add(struct calibration *c, const struct operation *operation, uint32_t n)
{
	struct primitive *primitive = add(c, operation);

	if (!primitive)
		return;
	qsort(c->samples_cycles, n, sizeof(c->samples_cycles[0]), compare_doubles);
	primitive->n = n;
	primitive->p5_cycles = quantile(c->samples_cycles, n, 5);
	primitive->p50_cycles = quantile(c->samples_cycles, n, 50);
	primitive->p95_cycles = quantile(c->samples_cycles, n, 95);
	primitive->p99_cycles = quantile(c->samples_cycles, n, 99);
}

/* One batch. Returns 0 or -errno. */
static int
sample(const struct calibration *c, const struct operation *operation, double *cycles)
{
	uint32_t batch = operation->batch ? operation->batch : 1;
	int error = operation->prepare ? operation->prepare(operation->arg) : 0;
	uint64_t start = clock_tsc();
	double took_cycles;

	for (uint32_t i = 0; !error && i < batch; i++)
		error = operation->run(operation->arg);
	took_cycles = (double)(clock_tsc() - start) - c->clock_cycles;
	*cycles = took_cycles > 0 ? took_cycles / batch : 0;
	return error;
}

void
calibration_measure(struct calibration *c, const struct operation *operation)
{
	uint64_t end_ns = clock_monotonic_ns() + c->row_ns;
	uint32_t n = 0;
	int error = 0;

	if (clock_monotonic_ns() > c->deadline_ns) {
		calibration_lacks(c, operation, "no time was left");
		return;
	}
	for (int i = 0; !error && i < WARM_UPS; i++)
		error = sample(c, operation, &c->samples_cycles[0]);
	while (!error && n < SAMPLES_MAX && (n == 0 || clock_monotonic_ns() < end_ns))
		error = sample(c, operation, &c->samples_cycles[n++]);
	if (error)
		calibration_lacks(c, operation, "%s", strerror(-error));
	else
		calibration_add(c, operation, n);
}
