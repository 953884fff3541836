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
 *       other: {value: 4000 cycles, lo: 3800 cycles, hi: 4300 cycles, source: ...}
 *
 * Times are converted to cycles of the TSC of the machine that runs.
 */
#ifndef FOLIO_RUNNER_COSTS_H
#define FOLIO_RUNNER_COSTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/options.h"

struct node;

struct cost {
	char primitive[64];
	uint64_t cycles;
	uint64_t lo_cycles, hi_cycles; /* the interval that is known, else both as cycles */
	char source[OPTION_TEXT_BYTES];
	char cpu[OPTION_TEXT_BYTES];
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
