/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of exit backends, and the budget rule that they share. */
#include "datapath/exits/exit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/compare.h"

extern const struct exit_backend exit_backend_spin;

const struct exit_backend *const exit_backends[] = {
	&exit_backend_spin,
	NULL,
};

const char *const exit_backend_names[] = {
	"spin",
	NULL,
};

#define REASON_NAME(id, name, help) name,
#define REASON_COUNTER(id, name, help)                                                             \
	{name, offsetof(struct exit_counts, by_reason[EXIT_REASON_##id]), "exits", help},

const char *const exit_reason_names[EXIT_REASONS] = {EXIT_REASON_TABLE(REASON_NAME)};

const struct counter exit_counters[] = {
	EXIT_REASON_TABLE(REASON_COUNTER)
	/* Not exits of their own, but something about those above. */
	{"cycles", offsetof(struct exit_counts, cycles), "cycles", "cycles spent in exits"},
	{"overruns", offsetof(struct exit_counts, overruns), "exits",
	 "exits that outlasted their budget"},
	{0},
};

/*
 * The bias is what a caller pays beyond the budget: the call, the clock and half
 * a turn of the spin loop. It is taken off each budget. Exits are timed by the
 * batch, so that the clock readings around them do not count as theirs.
 */
#define BIAS_ROUNDS 101
#define BIAS_BATCH 16
#define BIAS_BUDGET_CYCLES 2000

static uint64_t
measure_bias_cycles(struct exit_engine *engine)
{
	uint64_t took_cycles[BIAS_ROUNDS];

	for (int i = 0; i < BIAS_ROUNDS; i++) {
		uint64_t start = clock_tsc();

		for (int k = 0; k < BIAS_BATCH; k++)
			exit_engine_exit(engine, EXIT_REASON_DOORBELL, BIAS_BUDGET_CYCLES);
		took_cycles[i] = (clock_tsc() - start) / BIAS_BATCH;
	}
	qsort(took_cycles, BIAS_ROUNDS, sizeof(took_cycles[0]), compare_u64s);
	return took_cycles[BIAS_ROUNDS / 2] > BIAS_BUDGET_CYCLES ?
		       took_cycles[BIAS_ROUNDS / 2] - BIAS_BUDGET_CYCLES :
		       0;
}

void
exit_engine_open(struct exit_engine *engine, const struct exit_backend *backend)
{
	memset(engine, 0, sizeof(*engine));
	engine->action = backend->action;

	uint64_t bias_cycles = measure_bias_cycles(engine);

	memset(engine, 0, sizeof(*engine));
	engine->action = backend->action;
	engine->bias_cycles = bias_cycles;
}

void
exit_engine_exit(struct exit_engine *engine, enum exit_reason reason, uint64_t budget_cycles)
{
	uint64_t start = clock_tsc(), now;
	uint64_t budget =
		budget_cycles > engine->bias_cycles ? budget_cycles - engine->bias_cycles : 0;

	engine->action();
	now = clock_tsc();
	engine->counts.overruns += now - start > budget_cycles;
	while (now - start < budget)
		now = clock_tsc();
	engine->counts.by_reason[reason]++;
	engine->counts.cycles += now - start + engine->bias_cycles;
}
