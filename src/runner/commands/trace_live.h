/* SPDX-License-Identifier: BSD-3-Clause */
/* Traces this machine, until it has been long enough or is interrupted. */
#ifndef FOLIO_RUNNER_TRACE_LIVE_H
#define FOLIO_RUNNER_TRACE_LIVE_H

#include "probes/exit_table.h"
#include "runner/commands/trace_options.h"

/*
 * Attaches the best probe that works, or the one that the options name, shows what it sees and
 * adds it to total. It says which probe it is, what that cannot see here and what an event costs.
 * SIGINT, SIGTERM, SIGHUP and the end of the process that is traced end it. Returns 0, or -errno
 * after a log_error().
 */
int trace_live_run(const struct trace_options *options, struct exit_table *total);

#endif
