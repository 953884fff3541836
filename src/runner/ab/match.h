/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two builds of folio against each other on this machine, in the same minutes: many
 * short restarts of both, until each subject (subjects.h) has its verdict, one has
 * regressed, or the time is up.
 *
 * A restart is a duel: both builds as fresh processes, alive on one core, taking turns in
 * slices. What restarts differ in (where memory and code lie) is more than what one
 * tells with more time, so that each measures a subject for 20 to 60 ms only.
 * While one duel measures, the next ones start on other cores; that disturbs both builds alike.
 */
#ifndef FOLIO_RUNNER_AB_MATCH_H
#define FOLIO_RUNNER_AB_MATCH_H

#include <stdint.h>
#include <stdio.h>

#include "runner/ab/judge.h"
#include "runner/ab/protocol.h"
#include "runner/config/experiment.h"

#define AB_LAYOUTS_MAX 16

/* One build: the same sources, linked in one or several layouts. */
struct ab_build {
	const char *binaries[AB_LAYOUTS_MAX];
	uint32_t n_binaries;
	const struct assignment *set;
	size_t n_set;
};

struct ab_options {
	const char *config; /* path, for the builds to read */
	struct ab_build builds[2];
	double tolerance; /* 0.01: 1% */
	uint64_t time_ns;
	FILE *progress; /* NULL: none */
};

struct ab_finding {
	char name[AB_NAME_BYTES];
	uint32_t n; /* restarts */
	double log_ratios[AB_RESTARTS_MAX];
	double cycles[2][AB_RESTARTS_MAX]; /* per packet, of A and of B */
	struct ab_judgement judgement;     /* of the last look */
};

struct ab_match {
	uint32_t restarts;
	double seconds;
	double steal_share;  /* of all cores' time meanwhile: what the hypervisor took */
	double others_share; /* what other processes took */
	uint32_t n_subjects;
	struct ab_finding *subjects;
};

/*
 * Runs it. experiment is the configuration after subjects_keep(). Returns 0, with
 * match wanting ab_match_close(); or -errno after log_error(); -EINTR on a signal, whose
 * number *stop_signal gets.
 */
int ab_match_run(const struct ab_options *options, const struct experiment *experiment,
		 struct ab_match *match, int *stop_signal);
void ab_match_close(struct ab_match *match);

/* Of all subjects: regressed if one is; else inconclusive if one is; else improved if one is. */
enum ab_verdict ab_match_verdict(const struct ab_match *match);

/* The median of an array, whose order changes. */
double ab_median(double *values, size_t n);

#endif
