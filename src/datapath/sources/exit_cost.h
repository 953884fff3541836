/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the sources share that make each exit dearer: an option `cost`, and an
 * addition to the queue pair's exit engine. With no source that exits they are on
 * and count nothing.
 */
#ifndef FOLIO_DATAPATH_EXIT_COST_H
#define FOLIO_DATAPATH_EXIT_COST_H

#include "datapath/exits/exit.h"
#include "datapath/sources/source.h"

struct exit_cost_options {
	uint64_t cost_cycles;
};

/*
 * The option, by the cost profile's primitive that is its default, which is called as the
 * source is: no figure is published for any of them, so that there is none without a
 * profile or a user.
 */
#define EXIT_COST_OPTION(primitive, text)                                                          \
	{                                                                                          \
		.name = "cost", .type = OPTION_CYCLES,                                             \
		.offset = offsetof(struct exit_cost_options, cost_cycles), .preset = "0 cycles",   \
		.max = 1e9, .cost = primitive,                                                     \
		.events = (const char *const[]){primitive ".exits", NULL}, .help = text            \
	}

/* Over struct exit_addition, which is the state: exits. */
extern const struct counter exit_cost_counters[];

/* As struct source wants it. */
int exit_cost_open(const struct source_env *env, const void *options, void **state);

#endif
