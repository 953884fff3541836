/* SPDX-License-Identifier: BSD-3-Clause */
/* --set KEY=VALUE on a command line, beside a table of options: it may be given often. */
#ifndef FOLIO_RUNNER_SET_ARGS_H
#define FOLIO_RUNNER_SET_ARGS_H

#include "runner/config/assign.h"

/*
 * Takes each --set out of argv, whose texts it splits, and appends it. Returns 0, or -EINVAL
 * after log_error().
 */
int set_args_take(int *argc, char **argv, struct assignments *set);

#endif
