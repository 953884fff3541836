/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests of plans: a plan as a text, a line "L folio/ideal 64 [variant]" for each cell. */
#ifndef FOLIO_TESTS_PLAN_TEXT_H
#define FOLIO_TESTS_PLAN_TEXT_H

#include <stddef.h>

#include "runner/config/experiment.h"

#define HEAD "folio: 1\nname: x\ncosts: test\n"
#define ONE HEAD "configurations: [{preset: folio}]\n"
#define TWO HEAD "configurations: [{preset: folio}, {preset: naive}]\n"

/*
 * The configuration file text gives that plan, with what is set on the command line; and
 * its resolved file gives it again. The experiment is the caller's to close.
 */
struct experiment *expect_plan_with(const char *text, const struct assignment *set, size_t n_set,
				    const char *plan);

/* The same, with nothing set and closed again. */
void expect_plan(const char *text, const char *plan);

/* The same, with key=value set on the command line. */
void expect_set(const char *text, const char *key, const char *value, const char *plan);

/* The resolved file gives the same plan, and the same resolved file. */
void expect_round_trip(struct experiment *e);

#endif
