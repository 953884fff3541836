/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `include:`: cells beside the cross product. An entry names a configuration,
 * and may name a frame_size or traffic (else it stands for every swept one) and
 * one value of any key that could be swept. Nothing of `exclude:` holds for it.
 */
#ifndef FOLIO_RUNNER_INCLUSIONS_H
#define FOLIO_RUNNER_INCLUSIONS_H

#include <stdint.h>

#include "runner/config/axes.h"

struct form;

struct inclusion {
	uint32_t recipe;  /* index of a configuration of the file */
	int row;          /* -1: every swept row */
	struct axes axes; /* of one value each */
};

/* Reads `include:` into form. Returns 0; -EINVAL after node_refuse(); -ENOMEM. */
int inclusions_read(struct form *form);
void inclusions_close(struct form *form);

#endif
