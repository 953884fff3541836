/* SPDX-License-Identifier: BSD-3-Clause */
/* The longer lists of `folio list`. */
#ifndef FOLIO_RUNNER_LIST_H
#define FOLIO_RUNNER_LIST_H

struct columns;

void list_sources(struct columns *columns);
/* Options of the sources and of the datapath: default, help, what is allowed. */
void list_options(struct columns *columns);
/* What trials.csv and summary.csv hold. */
void list_metrics(struct columns *columns);

#endif
