/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Break-even costs of modelled sources. What a page state change or a doorbell
 * costs a guest on SNP is published nowhere, so the cycles that were charged are
 * an assumption. What holds without it is how often the source charges and what
 * it costs besides, and hence the cost per event at which it would take a given
 * share of the ideal. It is negative where what the source costs
 * besides takes more than that already.
 *
 * Where a source was measured alone, what it costs besides is known, and taken off. In any
 * configuration an option's events are counted (struct option_spec), and so is the cost
 * at which that option by itself would take the share.
 */
#ifndef FOLIO_RUNNER_BREAKEVEN_H
#define FOLIO_RUNNER_BREAKEVEN_H

#include <stdbool.h>

#include "base/options.h"
#include "runner/report/summary.h"

struct breakeven {
	double events_per_packet; /* exits of the source alone, all reasons together */
	double charged_cycles;    /* per event; NAN: not known */
	double at_1_percent_cycles; /* per event: the source then takes 1% of the ideal's guest cycles */
	double at_6_percent_cycles;
};

/*
 * Works it out from the cell of a source alone. Returns false where the cell is
 * none, its source is not modelled, or nothing exited.
 */
bool breakeven_of(const struct summary *summary, const struct run_cell *cell,
		  struct breakeven *out);

/*
 * The same of one option of sources[source] in a configuration that was compared, at_N_percent
 * of its reference, on the side that is charged; charged_cycles is what it was set to. False where the cell is none,
 * the option has no events, or there were none.
 */
bool breakeven_of_option(const struct summary *summary, const struct run_cell *cell, int source,
			 const struct option_spec *option, struct breakeven *out);

#endif
