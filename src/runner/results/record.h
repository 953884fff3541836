/* SPDX-License-Identifier: BSD-3-Clause */
/* Plan and trials as rows of plan.csv and trials.csv: the writing half; run_files.h reads them. */
#ifndef FOLIO_RUNNER_RECORD_H
#define FOLIO_RUNNER_RECORD_H

#include <stddef.h>

#include "runner/config/experiment.h"
#include "runner/measure/trial.h"

#define PLAN_COLUMNS                                                                               \
	"cell,role,configuration,reference,variant,workload,frame_size,traffic,source,fidelity,"   \
	"reference_fidelity,source_fidelity,options"

#define TRIALS_COLUMNS "cell,configuration,workload,frame_size,repeat,metric,unit,value,fidelity"

#define EXITS_COLUMNS                                                                              \
	"cell,configuration,workload,frame_size,repeat,reason,origin,count,ns_min,ns_p50,ns_p99,"  \
	"ns_max"

/* A role's name in plan.csv. */
const char *cell_role_name(enum cell_role role);

/* The role of that name, or -ENOENT. */
int cell_role_find(const char *name);

/*
 * The whole plan, with its line of column names. *text is the caller's to free,
 * also after an error. Returns 0 or -ENOMEM.
 */
int plan_to_csv(const struct experiment *experiment, char **text, size_t *size);

/*
 * All rows of one trial, without column names; the last one is METRIC_DURATION. A row's
 * repeat is restart * measure.pairs + pair for what is measured per pair, else restart. *text is the
 * caller's to free, also after an error. Returns 0, -ENOMEM, or -EINVAL when the
 * trial isn't of this experiment's plan.
 */
int trial_to_csv(const struct experiment *experiment, const struct trial *trial, char **text,
		 size_t *size);

/*
 * The trial's exits, as rows without column names. As trial_to_csv(), but for -EINVAL: the trial
 * was written before.
 */
int exits_to_csv(const struct experiment *experiment, const struct trial *trial, char **text,
		 size_t *size);

#endif
