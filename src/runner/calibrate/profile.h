/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost profile of a calibration: what `costs:` reads, of this machine. */
#ifndef FOLIO_RUNNER_PROFILE_H
#define FOLIO_RUNNER_PROFILE_H

struct calibration;

/*
 * Can a profile be written to that path? It must end in NAME.yaml, in a folder that is
 * there, and be no file yet. Returns 0; or -errno after log_error().
 */
int profile_check(const char *path);

/*
 * Writes it: whole or not at all, and never over a file. lo, mid and hi are the 5th, 50th
 * and 95th percentile, in cycles. Checks and errors as above.
 */
int profile_write(const struct calibration *calibration, const char *path);

#endif
