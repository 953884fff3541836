/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A made-up run whose costs are known, for tests of everything behind the
 * measuring: an experiment with ideal, folio, swiotlb and naive, controls and
 * all cells of an attribution, over a few traffics, and trials for it.
 */
#ifndef TESTS_UNIT_SAMPLE_RUN_H
#define TESTS_UNIT_SAMPLE_RUN_H

#include "runner/config/experiment.h"
#include "runner/measure/trial.h"

#define SAMPLE_RESOLVED "folio: 1\nname: sample\n"

/* Cycles that naive has beyond the ideal and the sum of its sources; guest's side. */
#define SAMPLE_INTERACTION_CYCLES 40.0
/* What vc and rmp_check cost together beyond each alone. */
#define SAMPLE_PAIR_CYCLES 30.0

/* The sources that naive has on, whatever others there are; ends with NULL. */
#define SAMPLE_FACTORS 5
extern const char *const sample_factors[];

/* Those of sample_open_many(), NULL-terminated. */
extern const char *const sample_many_factors[];

struct sample {
	struct experiment experiment;
	bool many;    /* sample_many_factors */
	bool shapley; /* a cell for every set of sources instead of each removed from all */
	double noise; /* spread of a slice, as a share; 0: every pair is exact */
	bool at_rate; /* with latencies, which are both sides' cycles and 3000, as ns */
	/* To be set before trials are written; zero after sample_open(). */
	double slower;      /* the guest's cycles of folio are more by that share */
	double later_ns;    /* folio's latencies are more by that, at_rate */
	double more_exits;  /* swiotlb's doorbells per packet are more by that */
	uint64_t other_run; /* another number, another run's noise */
};

/* frame_sizes: NULL-terminated labels, "64" or "imix". Wants sample_close(). */
void sample_open(struct sample *sample, const char *const *frame_sizes, double noise);

/* The same with a cell for every set of sources instead of each removed from all. */
void sample_open_shapley(struct sample *sample, const char *const *frame_sizes, double noise);
/* More sources than have a cell for every set of them. */
void sample_open_many(struct sample *sample, const char *const *frame_sizes, double noise);
void sample_close(struct sample *sample);

/* Guest cycles per packet of a configuration, on host and guest side. */
double sample_guest_cycles(const struct datapath_config *config, const struct cell *cell);
double sample_host_cycles(const struct datapath_config *config, const struct cell *cell);

/* What a source adds to the guest for that cell's traffic, by its name. */
double sample_source_cycles(const char *source, const struct cell *cell);

/* The cell of that configuration and label. */
const struct cell *sample_cell(const struct sample *sample, const char *configuration,
			       const char *label);

/* One trial, with as many pairs as experiment.measure.pairs. */
void sample_trial(const struct sample *sample, const struct cell *cell, uint32_t restart,
		  struct trial *trial);

/* A new folder under /tmp (path: at least 32 bytes), and its removal with all that is in it. */
void sample_folder(char *path, size_t size);
void sample_remove(const char *path);

/* Writes every trial of the sample into the folder, and ends it as "done". */
void sample_write(const struct sample *sample, const char *path);

#endif
