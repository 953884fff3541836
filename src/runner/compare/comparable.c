/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether two runs may be compared at all, and whether on one machine. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fidelity.h"
#include "base/log.h"
#include "runner/compare/comparison.h"

/*
 * Costs in nanoseconds come to other cycles on another machine, and a time stamp
 * counter's rate that was measured is a little different at each start.
 */
#define TSC_SAME 0.001
#define CYCLES_SAME 0.002

static bool
near(double a, double b, double share)
{
	return fabs(a - b) <= share * fmax(fabs(a), fabs(b));
}

bool
comparison_same_machine(const struct manifest *a, const struct manifest *b)
{
	const struct machine *x = &a->machine, *y = &b->machine;

	return !strcmp(x->cpu_model, y->cpu_model) && !strcmp(x->kernel, y->kernel) &&
	       !strcmp(x->governor, y->governor) && !strcmp(x->clock_source, y->clock_source) &&
	       x->cores == y->cores && near((double)x->tsc_hz, (double)y->tsc_hz, TSC_SAME);
}

/* What differs is told, and counted. */
struct differences {
	const struct compared_run *base, *new;
	bool allowed;
	size_t n;
};

static void
tell(struct differences *d, const char *file, unsigned int line, const char *what,
     const char *found, const char *wanted)
{
	log_message(d->allowed ? LOG_WARNING : LOG_ERROR,
		    "%s/%s:%u: %s: found '%.200s', %s has '%.200s'%s", d->new->path, file, line,
		    what, found, d->base->path, wanted,
		    d->allowed ? "" : ", allowed: the same, or --allow-different");
	d->n++;
}

static void
check_text(struct differences *d, const char *key, const char *found, const char *wanted)
{
	/* The manifest is one object; its keys are unique, so that a line is no help. */
	if (strcmp(found, wanted))
		tell(d, "manifest.json", 1, key, found, wanted);
}

static void
check_manifests(struct differences *d)
{
	const struct manifest *base = &d->base->run.manifest, *new = &d->new->run.manifest;

	check_text(d, "run.topology", new->topology, base->topology);
	check_text(d, "run.workload", new->workload, base->workload);
	check_text(d, "run.reference", new->reference, base->reference);
	check_text(d, "run.costs", new->costs, base->costs);
	check_text(d, "machine.page_kind", new->page_kind, base->page_kind);
}

/* Two lists of settings, alike but for cycles that stand for one time on two machines. */
static bool
same_settings(const char *a, const char *b, double cycles_ratio)
{
	while (*a && *b) {
		char *end_a, *end_b;
		double x, y;

		if (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b)) {
			if (*a++ != *b++)
				return false;
			continue;
		}
		x = strtod(a, &end_a);
		y = strtod(b, &end_b);
		if (!strncmp(end_a, " cycles", 7) ?
			    !near(x * cycles_ratio, y, CYCLES_SAME) && !near(x, y, CYCLES_SAME) :
			    x != y)
			return false;
		a = end_a;
		b = end_b;
	}
	return *a == *b;
}

static void
check_fidelity(struct differences *d, unsigned int line, const char *what, unsigned int found,
	       unsigned int wanted)
{
	char a[FIDELITY_TEXT_BYTES], b[FIDELITY_TEXT_BYTES];

	if (found != wanted)
		tell(d, "plan.csv", line, what, fidelity_format(found, a, sizeof(a)),
		     fidelity_format(wanted, b, sizeof(b)));
}

static void
check_cells(struct differences *d)
{
	const struct run *base = &d->base->run, *new = &d->new->run;
	double cycles_ratio =
		(double)new->manifest.machine.tsc_hz / (double)base->manifest.machine.tsc_hz;

	for (uint32_t i = 0; i < base->n_cells; i++) {
		const struct run_cell *a = &base->cells[i], *b = comparison_counterpart(new, a);
		unsigned int line;

		if (!b)
			continue;
		line = b->id + 2; /* behind the line of column names */
		check_fidelity(d, line, "fidelity", b->fidelity, a->fidelity);
		check_fidelity(d, line, "reference_fidelity", b->reference_fidelity,
			       a->reference_fidelity);
		if (!same_settings(a->options, b->options, cycles_ratio))
			tell(d, "plan.csv", line, "options", b->options, a->options);
	}
}

size_t
comparison_differences(const struct compared_run *base, const struct compared_run *new,
		       bool allowed)
{
	struct differences d = {.base = base, .new = new, .allowed = allowed};

	check_manifests(&d);
	check_cells(&d);
	return d.n;
}
