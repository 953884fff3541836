/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run, read back from the files of its folder. Everything that is reported
 * comes from here, right after a run as well as years later, so what is printed
 * is what the files hold.
 */
#ifndef FOLIO_RUNNER_RUN_FILES_H
#define FOLIO_RUNNER_RUN_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/config/experiment.h"
#include "runner/report/stats.h"
#include "runner/results/folder.h"
#include "runner/results/manifest.h"

/* One value of trials.csv. */
struct point {
	uint32_t repeat;
	unsigned int line; /* of trials.csv */
	double value;
};

/* All values of one metric of one cell; by rising repeat, each repeat once. */
struct series {
	char metric[NAME_BYTES + 16];
	char unit[NAME_BYTES];
	unsigned int fidelity;
	struct point *points;
	size_t n, room;
};

/* A row of plan.csv with its measurements. Fields as in struct cell. */
struct run_cell {
	uint32_t id; /* its place in struct run */
	enum cell_role role;
	char configuration[CELL_NAME_BYTES];
	char reference[NAME_BYTES];
	char variant[128];
	char workload[NAME_BYTES];
	char frame_size[NAME_BYTES];
	char traffic[512];
	char source[CELL_NAME_BYTES]; /* of CELL_ALONE and CELL_REMOVED, "a+b" of CELL_SUBSET, else "" */
	char options[CONFIG_TEXT_BYTES]; /* of the sources that are on, as datapath_config_describe() puts them */
	unsigned int fidelity, reference_fidelity, source_fidelity;

	struct series *series;
	size_t n_series;
};

struct run {
	struct manifest manifest;
	struct run_cell *cells;
	uint32_t n_cells;
	uint32_t first_restart; /* of the last block, whose trials these are */
	uint32_t n_blocks;
};

/*
 * Reads manifest.json, plan.csv, blocks.csv and trials.csv, of which the trials of the last
 * block are kept. Returns 0, -EBADMSG (damaged),
 * -ENODATA (not a single trial) or another -errno, after log_error() named file
 * and line. *run wants run_files_close() after success.
 */
int run_files_read(const struct folder *folder, struct run *run);
void run_files_close(struct run *run);

/* How many restarts the cell was measured in. */
uint32_t run_cell_restarts(const struct run_cell *cell);

/* The cell's values of that metric, or NULL when it has none. */
const struct series *run_cell_series(const struct run_cell *cell, const char *metric);

/* Are its points of more than one restart? What one process gives says nothing of another. */
bool series_has_restarts(const struct run *run, const struct series *series);

/*
 * The series as units_of_series() wants it: out has room for series->n. Restarts
 * are found from the repeats.
 */
void series_observations(const struct run *run, const struct series *series,
			 struct observation *out);

#endif
