/* SPDX-License-Identifier: BSD-3-Clause */
/* The longer lists of `folio list`. */
#ifndef FOLIO_RUNNER_LIST_H
#define FOLIO_RUNNER_LIST_H

struct columns;
struct preset;

void list_sources(struct columns *columns);
/* Options of the sources and of the datapath: default, help, what is allowed. */
void list_options(struct columns *columns);
void list_presets(struct columns *columns);
/* The matrix that presets come from. */
void list_factors(struct columns *columns);
/* What differs between two of them. */
void list_preset_differences(struct columns *columns, const struct preset *a,
			     const struct preset *b);
/* What trials.csv and summary.csv hold. */
void list_metrics(struct columns *columns);

#endif
