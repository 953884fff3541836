/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of struct generator's stage_items. */
#ifndef FOLIO_DATAPATH_GENERATOR_STAGE_H
#define FOLIO_DATAPATH_GENERATOR_STAGE_H

struct generator;

/* Has it use the one for its frames and its pace. */
void generator_choose_stage(struct generator *generator);

#endif
