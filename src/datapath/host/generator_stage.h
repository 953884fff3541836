/* SPDX-License-Identifier: BSD-3-Clause */
/* The two kinds of struct generator's stage_items. */
#ifndef FOLIO_DATAPATH_GENERATOR_STAGE_H
#define FOLIO_DATAPATH_GENERATOR_STAGE_H

#include <stdint.h>

struct generator;

uint32_t generator_stage_marked(struct generator *generator, uint32_t n);
uint32_t generator_stage_captured(struct generator *generator, uint32_t n);

#endif
