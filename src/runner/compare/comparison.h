/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two runs, cell by cell: every figure that the thresholds name and both have,
 * judged together. Cells belong together when role, configuration, reference,
 * variant, workload and traffic are the same.
 */
#ifndef FOLIO_RUNNER_COMPARISON_H
#define FOLIO_RUNNER_COMPARISON_H

#include "runner/compare/judge.h"
#include "runner/compare/thresholds.h"
#include "runner/results/run_files.h"

struct compared_run {
	const char *path; /* as the user gave it */
	struct run run;
};

struct compared_figure {
	const struct run_cell *cell; /* of BASE */
	const struct series *series; /* of BASE: names metric and unit */
	enum judged judged;
};

struct comparison {
	const struct compared_run *base, *new;
	const struct thresholds *thresholds;
	bool same_machine; /* raw cycles are comparable */
	struct compared_figure *figures;
	struct judgement *judgements; /* of each figure */
	size_t n, room;
	size_t n_tests; /* figures that scatter: the family whose false alarms are kept rare */
	/* Cells that were measured in one run only, and figures of BASE that NEW lacks. */
	uint32_t only_in_base, only_in_new, lost_figures;
	enum verdict
		verdict; /* in all: the gravest; inconclusive too where BASE's cells are missing */
};

/*
 * Compares; runs and thresholds must outlive *out, which wants
 * comparison_close(). Returns 0; -ENODATA: nothing is comparable; -ENOMEM;
 * after log_error().
 */
int comparison_open(const struct compared_run *base, const struct compared_run *new,
		    const struct thresholds *thresholds, struct comparison *out);
void comparison_close(struct comparison *comparison);

/* Of the figures, those with that verdict. */
size_t comparison_count(const struct comparison *comparison, enum verdict verdict);

/* NEW's cell that belongs to BASE's, or NULL. */
const struct run_cell *comparison_counterpart(const struct run *new, const struct run_cell *cell);

/* Is it a control, the reference against itself? */
bool cell_is_control(const struct run_cell *cell);

/*
 * Do both runs measure the same things by the same means: topology, workload,
 * reference, cost profile, pages, and of every common cell the settings and
 * fidelity? Each difference is told by log_error(), or as a warning when
 * allowed. Returns how many there are.
 */
size_t comparison_differences(const struct compared_run *base, const struct compared_run *new,
			      bool allowed);

/* Were both measured on machines that agree in what cycles depend on? */
bool comparison_same_machine(const struct manifest *a, const struct manifest *b);

/*
 * What the A/A controls of both runs say of this machine and these thresholds:
 * the controls' restarts, drawn again and again, are judged as a figure is.
 */
struct sensitivity {
	size_t n_controls;   /* controls that both runs have; 0: nothing below is known */
	size_t n_alarms;     /* of them, how many the thresholds would have taken for a change */
	double spread;       /* of a control's restarts: standard deviation, as a share */
	double false_alarms; /* simulated chance of any false alarm in this comparison */
	double detectable;   /* smallest change of a figure that is found in 90 of 100; share */
};

/* Of the guest's ratio. Returns 0 or -ENOMEM. */
int comparison_sensitivity(const struct comparison *comparison, struct sensitivity *out);

#endif
