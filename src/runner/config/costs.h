/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cost profiles, configs/costs/NAME.yaml: what a primitive costs on some
 * machine, and how that is known. A primitive without source, CPU and method is
 * refused: no modelled number goes into a result without them.
 *
 *     folio-costs: 1                # version of this form
 *     name: epyc-9334-snp           # the file's own
 *     source: ...                   # for every primitive that says nothing else
 *     cpu: ...
 *     method: ...
 *     primitives:
 *       snp_exit_msr: {value: 3573 ns}
 *       other: {lo: 3800 cycles, mid: 4000 cycles, hi: 4300 cycles, source: ...}
 *       unknown: {range: [100 cycles, 9000 cycles], assumed: no figure is published, ...}
 *
 * A configuration takes the primitives at one level, `cost_level:` lo, mid or hi; value
 * is another name of mid, and without lo or hi these are mid too. What nobody has
 * measured has a range and no mid: the text says where its bounds come from, and no
 * figure rests on a cost within it that looks measured. It is run at lo and at hi.
 *
 * Times are converted to cycles of the TSC of the machine that runs.
 */
#ifndef FOLIO_RUNNER_COSTS_H
#define FOLIO_RUNNER_COSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/options.h"

struct node;

/* In the order of cost_level_options' choices. */
enum cost_level { COST_LO, COST_MID, COST_HI, COST_LEVELS };

/* `cost_level:`, over a uint32_t that holds an enum cost_level. */
extern const struct option_spec cost_level_options[];

struct cost {
	char primitive[64];
	uint64_t cycles[COST_LEVELS];
	bool assumed;                   /* a range without a mid, which is 0 */
	char source[OPTION_TEXT_BYTES]; /* where it is assumed: on what grounds */
	char cpu[OPTION_TEXT_BYTES];    /* where it is assumed, "n/a" as the method is */
	char method[OPTION_TEXT_BYTES];
};

struct costs {
	char name[64];
	char path[512];
	struct cost *costs; /* in file order */
	size_t n_costs;
};

/*
 * Reads DIR/NAME.yaml; named is the node that names it, for messages. Returns
 * 0, or -EINVAL or another -errno after log_error().
 */
int costs_open(const char *dir, const struct node *named, struct costs **out);
void costs_close(struct costs *costs);

/* The primitive's cost, or NULL. costs may be NULL: a profile without primitives. */
const struct cost *costs_find(const struct costs *costs, const char *primitive);

#endif
