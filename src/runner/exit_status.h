/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_RUNNER_EXIT_STATUS_H
#define FOLIO_RUNNER_EXIT_STATUS_H

#include <errno.h>

/* What the command's exit status says; users' scripts rely on these numbers. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_VERDICT_FAILED = 1, /* the gate or a verdict failed */
	EXIT_BAD_USAGE = 2,      /* bad usage or configuration; nothing was run */
	EXIT_MACHINE_LACKS = 3,  /* this machine cannot do it */
	EXIT_INCONCLUSIVE = 4,
};

/* Of a configuration that was refused: where the installation lacks its data, it is not at fault. */
static inline enum exit_status
exit_status_refused(int error)
{
	return error == -ENOPKG ? EXIT_MACHINE_LACKS : EXIT_BAD_USAGE;
}

#endif
