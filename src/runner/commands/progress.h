/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far a long job is. On a terminal it is one line that is written over; to a
 * pipe or a file it is a plain line whenever another tenth is done.
 */
#ifndef FOLIO_RUNNER_PROGRESS_H
#define FOLIO_RUNNER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	FILE *file; /* NULL: switched off */
	bool terminal;
	bool line_shown;     /* on the terminal, to be wiped */
	uint64_t started_ns; /* CLOCK_MONOTONIC */
	double share_at_start;
	bool at_most;    /* it may be done before */
	int tenths_told; /* to a pipe */
};

/*
 * Starts the clock. file is not owned; NULL shows nothing (--no-progress). share: how much
 * is done already, 0 to 1.
 */
void progress_start(struct progress *progress, FILE *file, double share);

/*
 * what: the thing under way ("folio, 64 B, restart 2 of 3"); share: how much is
 * done, 0 to 1. The time left is guessed from the time gone.
 */
void progress_show(struct progress *progress, const char *what, double share);

/* Wipes the line, for other output or for good; the next progress_show() brings it back. */
void progress_wipe(struct progress *progress);

#endif
