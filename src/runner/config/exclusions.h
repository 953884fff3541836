/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `exclude:`: a cell goes when an entry's every key fits it. configuration,
 * frame_size and traffic can be named, and each swept key.
 *
 * Cells of control and attribution stand for a traffic and the options of the
 * datapath: an entry that names a configuration or a source leaves them alone.
 */
#ifndef FOLIO_RUNNER_EXCLUSIONS_H
#define FOLIO_RUNNER_EXCLUSIONS_H

#include <stdbool.h>

#include "runner/config/axes.h"
#include "runner/config/rows.h"

struct form;

struct exclusion {
	const struct node *node;
	const char *configuration;   /* NULL: any */
	char label[ROW_LABEL_BYTES]; /* "": any */
	bool names_source;
	int64_t wanted
		[AXES_MAX]; /* for each axis: index of a value, -1: any, -2: one that isn't swept */
};

/* Reads `exclude:` into form. Returns 0; -EINVAL after node_refuse(); -ENOMEM. */
int exclusions_read(struct form *form);

/* Does an entry take away what stands at this place? configuration NULL: control or attribution. */
bool exclusions_match(const struct form *form, const char *configuration, const struct row *row,
		      const struct combo *combo);

#endif
