/* SPDX-License-Identifier: BSD-3-Clause */
/* What `folio ab` is told. */
#ifndef FOLIO_RUNNER_AB_ARGUMENTS_H
#define FOLIO_RUNNER_AB_ARGUMENTS_H

#include <stdint.h>

#include "runner/ab/match.h"
#include "runner/config/assign.h"

/* As options, before they go to struct ab_options. */
struct ab_settings {
	uint64_t time_ns;
	double tolerance;
};

struct ab_arguments {
	struct ab_options ab; /* points into the rest, and into argv */
	struct ab_settings settings;
	struct assignments sets[2];         /* of A, of B */
	const char *markdown, *junit, *csv; /* files to write; NULL: not asked for */
};

/*
 * Reads and checks a command line into *arguments, which starts as zeros and stays where it is.
 * Returns 0; 1 when help was printed; -1 after log_error() or after the usage was printed.
 */
int ab_arguments_parse(int argc, char **argv, struct ab_arguments *arguments);

#endif
