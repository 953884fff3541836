/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_RUNNER_CAPTURES_H
#define FOLIO_RUNNER_CAPTURES_H

struct experiment;

/*
 * Reads every capture file of the experiment whole, so that what is wrong with
 * one shows before anything runs. Returns 0 or -errno after log_error() named
 * file and frame.
 */
int captures_check(const struct experiment *experiment);

#endif
