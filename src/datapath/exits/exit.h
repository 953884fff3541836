/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exit engine: one emulated VM exit is the backend's action, what sources add to
 * each exit, and then a spin to the end of its budget. Actions that take longer than
 * the budget are counted as an overrun; their excess cannot be taken back. Each
 * backend is one file that exports one struct exit_backend, and one line of the table
 * in exits.c. An engine belongs to one queue pair: one thread at a time uses it.
 */
#ifndef FOLIO_DATAPATH_EXIT_H
#define FOLIO_DATAPATH_EXIT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/exit_area.h"

struct datapath_config;

/*
 * Why a guest exits. One line each, X(ID, name, help), makes the reason, its name and
 * its counter; the name is [fixed], a part of the metric's name in results.
 */
#define EXIT_REASON_TABLE(X)                                                                       \
	X(DOORBELL, "doorbell", "exits at doorbells")                                              \
	X(INTERRUPT, "interrupt", "exits to have an interrupt injected")                           \
	X(EOI, "eoi", "exits at the end of an interrupt")                                          \
	X(TIMESTAMP, "timestamp", "exits at reading a time stamp")                                 \
	X(IDLE, "idle", "exits of a guest with nothing to do")                                     \
	X(PSC, "psc", "exits for page state changes")

#define EXIT_REASON_ID(id, name, help) EXIT_REASON_##id,

enum exit_reason { EXIT_REASON_TABLE(EXIT_REASON_ID) EXIT_REASONS };

#undef EXIT_REASON_ID

static_assert(EXIT_REASONS <= EXIT_AREA_REASONS, "a lane has a line for each reason");

/* By enum exit_reason. */
extern const char *const exit_reason_names[EXIT_REASONS];

struct exit_backend {
	const char *name; /* [fixed] */
	const char *help; /* one line, no full stop */
	unsigned int fidelity;
	/*
	 * What this machine lacks for it. Returns 0; or -errno, and in why what was found
	 * and what to do. NULL: it works everywhere.
	 */
	int (*lacking)(char *why, size_t size);
	/*
	 * Makes the state of one engine. Returns 0 or -errno after log_error(). Both NULL:
	 * it has no state.
	 */
	int (*open)(const struct datapath_config *config, void **state);
	void (*close)(void *state);
	/* What stands for the exit itself. False: it did not come about. */
	bool (*action)(void *state, enum exit_reason reason);
};

/* NULL-terminated; struct datapath_config's exits is an index. */
extern const struct exit_backend *const exit_backends[];

/* The backends' names in the same order, for the option table. */
extern const char *const exit_backend_names[];

struct exit_counts {
	uint64_t by_reason[EXIT_REASONS];
	uint64_t cycles;   /* of all exits, as metered here */
	uint64_t overruns; /* exits whose actions alone outlasted the budget */
	uint64_t failures; /* exits that the backend could not make: only their budget was spent */
};

/* Over struct exit_counts: one for each reason, cycles, overruns, failures. */
extern const struct counter exit_counters[];

/* What a source adds to each exit, whatever its reason. The source's; outlives the engine's use. */
struct exit_addition {
	uint64_t cost_cycles; /* on top of the exit's budget */
	/* Done within the budget, behind the backend's action; NULL: nothing. */
	void (*act)(void *state);
	void *state;
	uint64_t exits;             /* that it was added to; counted by the engine */
	struct exit_addition *next; /* the engine's */
};

/* A few turns of a spin. What is later was interrupted, which the next exit must not pay for. */
#define EXIT_LATE_CYCLES_MAX 64

struct exit_engine {
	const struct exit_backend *backend; /* NULL: not open */
	bool (*action)(void *state, enum exit_reason reason);
	void *state;
	struct exit_addition *additions;
	uint64_t added_cycles; /* the additions' costs */
	uint64_t bias_cycles;  /* what an exit takes beyond its budget, found when opened */
	/*
	 * By how much the last spin ended late, as it sees the clock in steps: at most
	 * EXIT_LATE_CYCLES_MAX. Taken off the next exit, so that on average exits are as
	 * long as they should be.
	 */
	uint64_t late_cycles;
	struct exit_counts counts;
	struct exit_lane *lane; /* where other processes see the exits, with durations */
};

/*
 * Opens the backend that the configuration names and calibrates the bias (about 1 ms
 * of spinning at 3 GHz). Returns 0 or -errno after log_error(): -ENOTSUP where the
 * machine lacks something.
 */
int exit_engine_open(struct exit_engine *engine, const struct datapath_config *config);

/*
 * Opens one for a guest that makes no exits of ours: packets are counted in its lane, too.
 * Returns 0 or -ENOMEM after log_error().
 */
int exit_engine_open_idle(struct exit_engine *engine);

/* An engine that is zeroed, or not open any more, is allowed. */
void exit_engine_close(struct exit_engine *engine);

/* From here on each exit costs so much more. */
void exit_engine_add(struct exit_engine *engine, struct exit_addition *addition);

/* One exit. budget_cycles is its cost without additions, in TSC cycles. */
void exit_engine_exit(struct exit_engine *engine, enum exit_reason reason, uint64_t budget_cycles);

#endif
