/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cycles that stand for something that this machine does not do, and that is no exit:
 * spun out. The exit engine has the same for exits.
 */
#ifndef FOLIO_DATAPATH_SPEND_H
#define FOLIO_DATAPATH_SPEND_H

#include <stdint.h>

#include "base/clock.h"

struct spender {
	uint64_t bias_cycles; /* what spending takes beyond what is asked for */
};

/* Measures the bias: some 0.1 ms of spinning. */
void spender_open(struct spender *spender);

/* Returns after so many TSC cycles; no fewer than two clock readings take. */
static inline void
spend(const struct spender *spender, uint64_t cycles)
{
	uint64_t start = clock_tsc();
	uint64_t left = cycles > spender->bias_cycles ? cycles - spender->bias_cycles : 0;

	while (clock_tsc() - start < left)
		;
}

#endif
