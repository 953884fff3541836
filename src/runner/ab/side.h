/* SPDX-License-Identifier: BSD-3-Clause */
/* A build under test: measures slices when it is its turn. See protocol.h. */
#ifndef FOLIO_RUNNER_AB_SIDE_H
#define FOLIO_RUNNER_AB_SIDE_H

#include <stddef.h>
#include <stdint.h>

#include "runner/config/experiment.h"

struct side_options {
	uint32_t side;       /* 0 or 1 */
	int cpu;             /* core to measure on; it starts wherever it is started */
	const char *scratch; /* private folder for sockets */
	const char *config;
	const struct assignment *set;
	size_t n_set;
};

/* Says hello on the channel. Returns 0 or -errno after log_error(). */
int side_hello(void);

/*
 * Sets everything up and serves trials until the channel ends. Returns 0 or -errno
 * after log_error().
 */
int side_run(const struct side_options *options);

#endif
