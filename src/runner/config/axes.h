/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is swept beside the traffic: one axis per key of `sweep:`. A combination
 * takes one value of each; the last axis turns fastest.
 */
#ifndef FOLIO_RUNNER_AXES_H
#define FOLIO_RUNNER_AXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/config/setting.h"

#define AXES_MAX 16

struct axis_value {
	const struct node *node;
	char text[SETTING_TEXT_BYTES]; /* as setting_text() writes it */
};

struct axis {
	const char *key; /* "sources.vc.cost"; borrowed */
	struct setting setting;
	struct axis_value *values; /* owned */
	size_t n;
};

struct axes {
	struct axis at[AXES_MAX];
	size_t n;
};

struct combo {
	const struct axes *axes;
	uint32_t at[AXES_MAX]; /* index of a value, for each axis */
};

/*
 * The axes of `sweep:` (or of an entry of `include:`, where single values stand
 * for lists of one), but for keys that are among others. Returns 0; -EINVAL after
 * node_refuse(); -ENOMEM. axes wants axes_close() in each case.
 */
int axes_read(const struct node *mapping, bool lists, const struct names *others,
	      struct axes *axes);
/* One more, from a key of `sweep:` with a list. As above. */
int axes_add(struct axes *axes, const struct node *node);
void axes_close(struct axes *axes);

/* The axis of that key, or NULL. */
const struct axis *axes_find(const struct axes *axes, const char *key);

/* Product of the axes' lengths; SIZE_MAX when it does not fit. */
size_t axes_combos(const struct axes *axes);
/* The first combination is all zeros. Returns false behind the last one. */
bool combo_next(struct combo *combo);

#endif
