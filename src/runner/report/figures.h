/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The figures of a run: PNG files under figures/, drawn from the run's CSV files
 * by the Python scripts of plots/. A run is complete without them: where Python
 * or matplotlib is missing that is said, and no more.
 */
#ifndef FOLIO_RUNNER_FIGURES_H
#define FOLIO_RUNNER_FIGURES_H

#include <stdbool.h>

#include "runner/results/folder.h"

/* What there is to draw; only MATERIAL_SUMMARY is in every run. */
enum figure_material {
	MATERIAL_SUMMARY = 1,
	MATERIAL_ATTRIBUTION = 2,
	MATERIAL_LATENCY = 4,
	MATERIAL_EXITS = 8,
	MATERIAL_THROUGHPUT = 16, /* searched, or of traffic without a rate */
	MATERIAL_SWEEP = 32,      /* two keys with several values each */
};

struct figure {
	const char *script; /* in plots/; NULL ends the table */
	const char *path;   /* in the run's folder */
	const char *caption;
	unsigned int needs; /* drawn where the run has all of this material */
};

extern const struct figure figures[];

/*
 * Draws every figure anew that the run's material is enough for; the scripts run side by side. What keeps one from
 * being drawn goes to standard error.
 */
void figures_draw(const struct folder *folder, unsigned int material);

/* Is the figure there? */
bool figure_exists(const struct folder *folder, const struct figure *figure);

#endif
