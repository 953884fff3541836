/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The resolved file: every default, preset and cost written out, so that it
 * reads back to the same plan without them. Sweeps stay sweeps; paths of captures
 * are absolute.
 */
#ifndef FOLIO_RUNNER_RESOLVED_H
#define FOLIO_RUNNER_RESOLVED_H

struct experiment;
struct form;

/* Writes it into experiment->resolved. Returns 0 or -ENOMEM. */
int resolved_write(const struct form *form, struct experiment *experiment);

#endif
