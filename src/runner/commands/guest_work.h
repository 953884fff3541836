/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guest does on its ports, on threads of its own: it forwards, or it is the
 * source of traffic. `folio guest` sees to the connection and has the work pause while
 * the host is away.
 */
#ifndef FOLIO_RUNNER_GUEST_WORK_H
#define FOLIO_RUNNER_GUEST_WORK_H

#include <stdbool.h>

#include "runner/commands/guest_options.h"
#include "runner/exit_status.h"

struct columns;
struct port;

struct guest_work_ops {
	/* What can be told without DPDK. Returns 0, or -EINVAL after log_error(). */
	int (*check)(const struct guest_plan *plan);
	/*
	 * Starts the threads, paused. One port of each queue pair, open, which outlive it.
	 * Returns 0 or -errno after log_error().
	 */
	int (*open)(const struct guest_plan *plan, struct port *ports, void **work);
	/* The host is there; the ports are the work's alone. */
	void (*resume)(void *work);
	/* Returns when the work leaves the ports alone. */
	void (*pause)(void *work);
	/* Has it done all that it was asked for? */
	bool (*done)(const void *work);
	/* A line without its end: what went on since the last one. Of one thread. */
	void (*print_line)(void *work, double seconds);
	/* Ends the threads, with the host there or not; the ports are at rest then. */
	void (*end)(void *work);
	/* Adds what was counted. */
	void (*count)(const void *work, struct columns *columns);
	enum exit_status (*status)(const void *work);
	void (*close)(void *work);
};

extern const struct guest_work_ops guest_forward, guest_traffic;

#endif
