/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/sources/spend.h"

#include <stdlib.h>

#include "base/compare.h"

/*
 * The bias is the clock's and half a turn of the loop. Spending is timed by the batch,
 * so that the readings around it do not count as its own.
 */
#define ROUNDS 51
#define BATCH 8
#define CYCLES 500

void
spender_open(struct spender *spender)
{
	uint64_t took_cycles[ROUNDS];

	spender->bias_cycles = 0;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start = clock_tsc();

		for (int k = 0; k < BATCH; k++)
			spend(spender, CYCLES);
		took_cycles[i] = (clock_tsc() - start) / BATCH;
	}
	qsort(took_cycles, ROUNDS, sizeof(took_cycles[0]), compare_u64s);
	if (took_cycles[ROUNDS / 2] > CYCLES)
		spender->bias_cycles = took_cycles[ROUNDS / 2] - CYCLES;
}
