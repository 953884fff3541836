/* SPDX-License-Identifier: BSD-3-Clause */
/* One restart: a process of each build, on one core, in turns. */
#ifndef FOLIO_RUNNER_AB_DUEL_H
#define FOLIO_RUNNER_AB_DUEL_H

#include "runner/ab/contender.h"
#include "runner/ab/protocol.h"

struct duel {
	struct contender contenders[2]; /* A, B */
	uint32_t subjects_known[2];     /* how many of its subjects each has named */
	bool greeted[2];
	int turns_fd;        /* -1: none */
	struct turns *turns; /* NULL: not mapped */
	uint32_t slices;     /* of all trials so far */
};

/* What a trial came to. Cycles per packet of the guest's side: medians over its quads. */
struct duel_trial {
	double log_ratio; /* of B to A: median over quads of log(B1 B2 / (A1 A2)) / 2 */
	double cycles[2];
};

/* A duel of none, which duel_stop() may be called for. */
void duel_init(struct duel *duel);

/*
 * Starts both, that side first. options[] differ in binary and set; turns_fd, side and
 * folder are filled in here. Returns 0 or -errno after log_error().
 */
int duel_start(struct duel *duel, const struct contender_options options[2], uint32_t number,
	       uint32_t first);

/*
 * Waits until both can measure what is in the experiment, whose cells are subjects.
 * Returns 0; -EPROTO, -ECHILD, -ENODEV (see contender_take()) after log_error();
 * -EINTR on a signal.
 */
int duel_wait_ready(struct duel *duel, const struct experiment *experiment);

/* One trial, its type aside as the builds get it. Returns as duel_wait_ready(). */
int duel_measure(struct duel *duel, const struct ab_trial *trial, struct duel_trial *found);

/* Ends both. */
void duel_stop(struct duel *duel);

#endif
