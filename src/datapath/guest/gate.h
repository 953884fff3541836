/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stops polling threads between two of their turns, so that the control path may
 * change what they work on. In a turn a thread pays one load of a word that nobody
 * writes.
 */
#ifndef FOLIO_DATAPATH_GATE_H
#define FOLIO_DATAPATH_GATE_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include <rte_branch_prediction.h>

/* One for each polling thread; all zero: open, nobody inside. */
struct gate {
	atomic_bool closed, ended;
	atomic_bool inside;
};

/* ---- The polling thread ---- */

/*
 * The thread says that it is inside before it looks whether the gate is closed, and
 * who closes it says so before it looks who is inside: one of them sees the other.
 */
static inline void
gate_enter(struct gate *gate)
{
	for (;;) {
		atomic_store(&gate->inside, true);
		if (!atomic_load(&gate->closed))
			return;
		atomic_store(&gate->inside, false);
		while (atomic_load(&gate->closed))
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

static inline void
gate_leave(struct gate *gate)
{
	atomic_store(&gate->inside, false);
}

/* Between two turns: waits while the gate is closed. Returns whether to go on. */
static inline bool
gate_pass(struct gate *gate)
{
	if (unlikely(atomic_load_explicit(&gate->closed, memory_order_relaxed))) {
		gate_leave(gate);
		gate_enter(gate);
	}
	return !atomic_load_explicit(&gate->ended, memory_order_relaxed);
}

/* ---- The control path ---- */

/* Returns when nobody is inside. */
static inline void
gate_close(struct gate *gate)
{
	atomic_store(&gate->closed, true);
	while (atomic_load(&gate->inside))
		sched_yield();
}

static inline void
gate_open(struct gate *gate)
{
	atomic_store(&gate->closed, false);
}

/* Lets the thread out for good, also through a closed gate: its next gate_pass() says no. */
static inline void
gate_end(struct gate *gate)
{
	atomic_store(&gate->ended, true);
	atomic_store(&gate->closed, false);
}

#endif
