/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What runs slices: a topology. Each is one file that exports one struct
 * bench_ops, and one line of benches[]; trials.c drives them all alike.
 */
#ifndef FOLIO_RUNNER_BENCH_H
#define FOLIO_RUNNER_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/huge_pages.h"
#include "datapath/slice.h"
#include "runner/config/experiment.h"
#include "runner/measure/lanes.h"

struct traffic;

/* What a bench found, and how it set itself up; it crosses a channel. */
struct bench_machine {
	bool huge_pages;     /* all memory is of huge pages; else none is */
	char placement[160]; /* of the two sides on cores, as a sentence; "" where there is one side */
};

struct bench_options {
	const struct experiment *experiment;
	const struct lanes *lanes;
	const struct traffic *traffics; /* by cell; of equal texts the first cell's alone is open */
	const char *socket_dir;         /* private folder */
	int cpu;                        /* core to measure on; two sides: the guest's */
	struct page_wish pages;         /* which pages all memory is to be of */
};

struct bench_ops {
	const char *topology; /* as files name it */
	const char *help;     /* one line, no full stop */
	bool has_rate;        /* the host sends by itself, at a cell's rate; set_rate() is there */
	/* Limits and default of measure.slice. */
	struct option_spec slice_option;
	double slice_overhead; /* a slice takes so many times what is metered of it, at least */
	double restart_s;      /* what it takes to be ready to measure, about */
	uint64_t settle_ns;    /* a cell starts with its reference alone for so long, uncounted */

	/* Why it cannot measure such a configuration; NULL when it can. May be NULL: it always can. */
	const char *(*conflict)(const struct datapath_config *config);
	/* Makes every lane. Returns 0 or -errno after log_error(). What options point to outlives it. */
	int (*open)(const struct bench_options *options, void **bench);
	void (*close)(void *bench);
	void (*machine)(const void *bench, struct bench_machine *machine);
	/* Every lane gets the traffic of that cell from the next slice on. As open(). */
	int (*set_traffic)(void *bench, uint32_t cell);
	/* From the next slice on the host sends so many; or RATE_MAX, to begin with. */
	void (*set_rate)(void *bench, uint64_t rate_pps);
	/* One slice of that lane, slice->duration_ns long. As open(). */
	int (*slice)(void *bench, uint32_t lane, struct slice *slice);
	/* Do the lanes take turns on the same device? */
	bool (*same_device)(const void *bench, uint32_t a, uint32_t b);
};

/* NULL-terminated; the first is the default. */
extern const struct bench_ops *const benches[];

/* The bench of that topology, which exists. */
const struct bench_ops *bench_find(const char *topology);

#endif
