/* SPDX-License-Identifier: BSD-3-Clause */
/* What two traces of one VM say together: its host's, and its own. */
#ifndef FOLIO_RUNNER_TRACE_GUEST_H
#define FOLIO_RUNNER_TRACE_GUEST_H

#include "runner/commands/trace_options.h"

/* Matches the import with the guest's trace and prints what comes of it. Returns what guest_match_read() does. */
int trace_guest_print(const struct trace_options *options);

#endif
