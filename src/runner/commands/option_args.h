/* SPDX-License-Identifier: BSD-3-Clause */
/* Command lines from option tables: "--NAME VALUE", or "--NAME" alone for a switch. */
#ifndef FOLIO_RUNNER_OPTION_ARGS_H
#define FOLIO_RUNNER_OPTION_ARGS_H

#include <stdint.h>
#include <stdio.h>

#include "base/options.h"

#define OPTION_ARGS_MAX 32u

/*
 * Writes the table's defaults into settings, then what argv says; *given gets a bit
 * for each option of the table that was named. Every wrong argument is reported by
 * log_error() with what was found and what is allowed. Returns 0; 1 when --help was
 * asked for; or -EINVAL.
 */
int option_args_parse(const struct option_spec *table, void *settings, int argc, char **argv,
		      uint32_t *given);

/* Was the option of that name named? */
bool option_args_given(const struct option_spec *table, uint32_t given, const char *name);

/* One line for each option: name, help, what is allowed, default. */
void option_args_help(const struct option_spec *table, FILE *file);

#endif
