/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of exit backends, and the budget rule that they share. */
#include "datapath/exits/exit.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/log.h"
#include "datapath/config.h"

/* One line each: NAME's file exports exit_backend_NAME. */
#define EXIT_BACKEND_TABLE(X)                                                                      \
	X(spin)                                                                                    \
	X(syscall)                                                                                 \
	X(signal)                                                                                  \
	X(kvm)

#define BACKEND_DECLARATION(name) extern const struct exit_backend exit_backend_##name;
#define BACKEND_ADDRESS(name) &exit_backend_##name,
#define BACKEND_NAME(name) #name,

EXIT_BACKEND_TABLE(BACKEND_DECLARATION)

const struct exit_backend *const exit_backends[] = {EXIT_BACKEND_TABLE(BACKEND_ADDRESS) NULL};

const char *const exit_backend_names[] = {EXIT_BACKEND_TABLE(BACKEND_NAME) NULL};

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
	{"failures", offsetof(struct exit_counts, failures), "failures",
	 "exits that the backend could not make"},
	{0},
};

/*
 * The bias is what a caller pays beyond the budget: the call, the fences, the clock and
 * half a turn of the spin loop. It is taken off each budget. Exits are timed by the
 * batch, so that the clock readings around them do not count as theirs; their action
 * is none, as a backend's own takes its time within the budget.
 */
#define BIAS_ROUNDS 101
#define BIAS_BATCH 16
#define BIAS_BUDGET_CYCLES 2000

static bool
no_action(void *state, enum exit_reason reason)
{
	(void)state;
	(void)reason;
	return true;
}

static uint64_t
measure_bias_cycles(void)
{
	struct exit_lane unread = {0};
	struct exit_engine engine = {.action = no_action, .lane = &unread};
	uint64_t took_cycles[BIAS_ROUNDS];

	for (int i = 0; i < BIAS_ROUNDS; i++) {
		uint64_t start = clock_tsc();

		for (int k = 0; k < BIAS_BATCH; k++)
			exit_engine_exit(&engine, EXIT_REASON_DOORBELL, BIAS_BUDGET_CYCLES);
		took_cycles[i] = (clock_tsc() - start) / BIAS_BATCH;
	}
	qsort(took_cycles, BIAS_ROUNDS, sizeof(took_cycles[0]), compare_u64s);
	return took_cycles[BIAS_ROUNDS / 2] > BIAS_BUDGET_CYCLES ?
		       took_cycles[BIAS_ROUNDS / 2] - BIAS_BUDGET_CYCLES :
		       0;
}

static int
open_backend(const struct exit_backend *backend, const struct datapath_config *config, void **state)
{
	char why[256];
	int error = backend->lacking ? backend->lacking(why, sizeof(why)) : 0;

	if (error) {
		log_error("exits %s: %s; or choose others (folio list exits)", backend->name, why);
		return error;
	}
	return backend->open ? backend->open(config, state) : 0;
}

int
exit_engine_open_idle(struct exit_engine *engine)
{
	*engine = (struct exit_engine){.lane = exit_lane_take(exit_reason_names, EXIT_REASONS)};
	if (engine->lane)
		return 0;
	log_error("not enough memory to count exits");
	return -ENOMEM;
}

int
exit_engine_open(struct exit_engine *engine, const struct datapath_config *config)
{
	const struct exit_backend *backend = exit_backends[config->exits];
	int error;

	*engine = (struct exit_engine){.action = backend->action};
	error = open_backend(backend, config, &engine->state);
	if (error)
		return error;
	engine->backend = backend;
	engine->lane = exit_lane_take(exit_reason_names, EXIT_REASONS);
	if (!engine->lane) {
		exit_engine_close(engine);
		return -ENOMEM;
	}
	engine->bias_cycles = measure_bias_cycles();
	return 0;
}

void
exit_engine_close(struct exit_engine *engine)
{
	if (engine->backend && engine->backend->close)
		engine->backend->close(engine->state);
	engine->backend = NULL;
	exit_lane_give_back(engine->lane);
	engine->lane = NULL;
}

static void
add_nothing(void *state)
{
	(void)state;
}

void
exit_engine_add(struct exit_engine *engine, struct exit_addition *addition)
{
	if (!addition->act)
		addition->act = add_nothing;
	addition->next = engine->additions;
	engine->additions = addition;
	engine->added_cycles += addition->cost_cycles;
}

/* Not inlined: the bias is that of a call from elsewhere. */
__attribute__((noinline)) void
exit_engine_exit(struct exit_engine *engine, enum exit_reason reason, uint64_t budget_cycles)
{
	uint64_t start = clock_drained(), acted, now, late, took;
	uint64_t whole = budget_cycles + engine->added_cycles;
	uint64_t off = engine->bias_cycles + engine->late_cycles;
	uint64_t budget = whole > off ? whole - off : 0;

	engine->counts.failures += !engine->action(engine->state, reason);
	for (struct exit_addition *a = engine->additions; a; a = a->next) {
		a->exits++;
		a->act(a->state);
	}
	acted = now = clock_tsc();
	engine->counts.overruns += acted - start > whole;
	while (now - start < budget)
		now = clock_tsc();
	/* What actions took too long cannot be taken back: only a spin's end counts. */
	late = now != acted ? now - start - budget : 0;
	engine->late_cycles = late <= EXIT_LATE_CYCLES_MAX ? late : 0;
	engine->counts.by_reason[reason]++;
	took = now - start + engine->bias_cycles;
	engine->counts.cycles += took;
	exit_lane_add(engine->lane, reason, took);
}
