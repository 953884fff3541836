/* SPDX-License-Identifier: BSD-3-Clause */
/* A table of exits, for people: how often, for how long, what share of the time. */
#ifndef FOLIO_RUNNER_EXIT_SCREEN_H
#define FOLIO_RUNNER_EXIT_SCREEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "probes/exit_table.h"

struct exit_view {
	const struct exit_table *table;
	double seconds;   /* in which it was counted; 0: not known */
	bool per_packet;  /* a benchmark is traced, */
	uint64_t packets; /* and received so many meanwhile */
	size_t rows_max;  /* the first ones alone; 0: all */
};

/*
 * Prints one line for each reason and one for the exits in all. Returns the number of lines. What
 * is not known (a reason that was never timed, say) is "n/a".
 */
size_t exit_screen_print(const struct exit_view *view, FILE *file);

#endif
