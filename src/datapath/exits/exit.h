/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exit engine: one emulated VM exit is the backend's action and then a spin
 * to the end of its budget. An action that takes longer than the budget is
 * counted as an overrun; its excess cannot be taken back. Each backend is one
 * file that exports one struct exit_backend, and one line of exit_backends[].
 */
#ifndef FOLIO_DATAPATH_EXIT_H
#define FOLIO_DATAPATH_EXIT_H

#include <stdint.h>

#include "base/counter.h"

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

/* By enum exit_reason. */
extern const char *const exit_reason_names[EXIT_REASONS];

struct exit_backend {
	const char *name; /* [fixed] */
	const char *help; /* one line, no full stop */
	unsigned int fidelity;
	/* What stands for the exit itself; the engine spins out what the budget leaves. */
	void (*action)(void);
};

/* NULL-terminated; struct datapath_config's exits is an index. */
extern const struct exit_backend *const exit_backends[];

/* The backends' names in the same order, for the option table. */
extern const char *const exit_backend_names[];

struct exit_counts {
	uint64_t by_reason[EXIT_REASONS];
	uint64_t cycles;   /* of all exits, as metered here */
	uint64_t overruns; /* exits whose action alone outlasted the budget */
};

/* Over struct exit_counts: one for each reason, cycles, overruns. */
extern const struct counter exit_counters[];

struct exit_engine {
	void (*action)(void);
	uint64_t bias_cycles; /* what an exit takes beyond its budget, found when opened */
	struct exit_counts counts;
};

/* Chooses the backend and calibrates its bias (about 1 ms of spinning at 3 GHz). */
void exit_engine_open(struct exit_engine *engine, const struct exit_backend *backend);

/* One exit. budget_cycles is the whole cost of it, in TSC cycles. */
void exit_engine_exit(struct exit_engine *engine, enum exit_reason reason, uint64_t budget_cycles);

#endif
