/* SPDX-License-Identifier: BSD-3-Clause */
/* A suite's runs, one after the other, each into a folder within the suite's. */
#ifndef FOLIO_RUNNER_SUITE_SESSION_H
#define FOLIO_RUNNER_SUITE_SESSION_H

#include "runner/commands/session.h"
#include "runner/config/suite.h"

/*
 * Checks every configuration first, then measures and reports all together. What this machine
 * cannot run is said in the report, and the others go on: the status is that of a failure only
 * where nothing could be measured. With options->resume_dir it goes on where that suite was
 * stopped. *stop_signal as session_run().
 */
enum exit_status suite_session_run(const struct session_options *options, const struct suite *suite,
				   int *stop_signal);

#endif
