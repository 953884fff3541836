/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An experiment: a configuration file, checked and resolved. Everything that
 * can be wrong with the file is found here, before anything runs; the message
 * names file, line and key, what was found and what is allowed.
 */
#ifndef FOLIO_RUNNER_EXPERIMENT_H
#define FOLIO_RUNNER_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/options.h"
#include "datapath/config.h"

#define NAME_BYTES 64

/* `rate: max` */
#define RATE_MAX option_word(0)

/* Of a cell's configuration, which attribution may name after this many factors. */
#define FACTORS_MAX 8
#define CELL_NAME_BYTES 192

/* `measure:` of the file; measure_options() has its table. */
struct measure {
	uint64_t slice_ns;
	uint32_t pairs;        /* A B B A pairs of a cell in each restart, at most */
	uint32_t restarts;     /* fresh processes, at least */
	uint32_t max_restarts; /* at most, for cells that want precision; less than restarts: as many */
	double precision;      /* half-width of the ratio's interval that is wanted, as a share */
	uint64_t budget_ns; /* measuring time of the whole run, at most */
	uint32_t seed;
};

/*
 * The table over struct measure, with the limits and defaults of that topology; of
 * use until the next call.
 */
const struct option_spec *measure_options(const char *topology);

/* `rate:`, over a uint64_t in packets per second; `max_cells:`, over struct experiment. */
extern const struct option_spec rate_options[];
extern const struct option_spec max_cells_options[];

/* Which cells an attribution is worked out from. */
enum attribution_design {
	DESIGN_ONE_AT_A_TIME, /* each factor alone, and each taken from all of them */
	DESIGN_SHAPLEY,       /* every set of up to FACTORS_MAX factors; of more a fraction */
};

/* `attribution:` of the file. */
struct attribution_spec {
	bool wanted;
	enum attribution_design design;
	uint32_t factors; /* bit i: sources[i] */
};

/* `search:` of the file. */
struct search_spec {
	bool wanted;
	bool ndr;           /* the rate without loss too */
	double pdr;         /* loss that is allowed */
	double width;       /* between bounds, as a share of the upper one */
	double exceed;      /* share of the time that may have more loss */
	uint64_t trial_ns;  /* of full-length trials */
	uint64_t sum_ns;    /* of such trials at a rate */
	uint64_t budget_ns; /* of one search, at most */
};

struct configuration {
	char name[NAME_BYTES];
	struct datapath_config config;
};

/* Why a cell is in the plan. */
enum cell_role {
	CELL_LISTED,          /* a configuration of the file against the reference */
	CELL_ALONE,           /* attribution: the ideal and one source, against the ideal */
	CELL_REMOVED,         /* attribution: `naive` less one source, against `naive` */
	CELL_ALL,             /* attribution: `naive` against the ideal */
	CELL_SUBSET,          /* attribution: the ideal and some sources, against the ideal */
	CELL_CONTROL,         /* A/A: the reference against itself, on the same device */
	CELL_CONTROL_DEVICES, /* A/A: the reference against itself, on two devices */
};

/* One comparison: a configuration against its reference, over one traffic. Resolved; no pointers out. */
struct cell {
	uint32_t id; /* index in the plan */
	enum cell_role role;
	char configuration[CELL_NAME_BYTES]; /* "folio", "ideal+psc", "naive-psc", "A/A" */
	char reference[NAME_BYTES];
	char variant[128]; /* swept options other than traffic: "sources.vc.cost=2000 cycles"; or "" */
	char workload[NAME_BYTES];
	char traffic[512];      /* as traffic_open() takes it */
	char traffic_label[64]; /* what stands in the frame_size column */
	uint64_t rate_pps;      /* that a host process sends; RATE_MAX: as fast as it can */
	uint32_t factors;       /* of CELL_ALONE, CELL_REMOVED, CELL_SUBSET; bit i: sources[i] */
	struct datapath_config config, reference_config;
};

struct experiment {
	char name[NAME_BYTES];
	char path[512];         /* of the file, as the user gave it */
	char costs[NAME_BYTES]; /* cost profile, or "" */
	char paper[NAME_BYTES]; /* table of the paper's that the run is held against, or "" */
	char topology[NAME_BYTES];
	uint64_t rate_pps; /* of cells that sweep no rate */
	char workload[NAME_BYTES];
	char reference[NAME_BYTES]; /* a configuration's name */
	uint32_t max_cells;         /* that the plan may have */
	struct measure measure;
	struct attribution_spec attribution;
	struct search_spec search;
	struct configuration
		*configurations; /* the file's, and the reference if it is not among them */
	uint32_t n_configurations;
	struct cell *cells; /* in file order; the runner shuffles its own order */
	uint32_t n_cells;
	char *resolved; /* the resolved file as YAML text, for results' config.yaml; reads back as the same experiment */
};

/* One --set KEY=VALUE. */
struct assignment {
	const char *key, *value;
};

/*
 * Reads, checks and resolves the file. costs_dir holds the cost profiles.
 * Returns 0, or -EINVAL (the file) or another -errno (could not be read), after
 * log_error() with "file:line: key: found ..., allowed ...". *out is owned by
 * the caller and wants experiment_close().
 */
int experiment_open(const char *path, const char *costs_dir, const struct assignment *set,
		    size_t n_set, struct experiment **out);
void experiment_close(struct experiment *experiment);

/* The folder of this tree's cost profiles: configs/costs. */
const char *costs_dir(void);

#endif
