/* SPDX-License-Identifier: BSD-3-Clause */
/* The names that a place allows: for look-ups, and for messages that list them. */
#ifndef FOLIO_BASE_NAMES_H
#define FOLIO_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/options.h"

#define NAMES_MAX 64
#define NAMES_TEXT_BYTES 640

/* Zeroed: empty. The texts are borrowed. A name too many is left out, and only messages miss it. */
struct names {
	const char *at[NAMES_MAX];
	size_t n;
};

void names_add(struct names *names, const char *name);
void names_add_options(struct names *names, const struct option_spec *table);

bool names_has(const struct names *names, const char *name);

/* "a, b, c", and where word is close to one of them, "; did you mean 'b'?". Returns buf. */
const char *names_allowed(const struct names *names, const char *word, char *buf, size_t size);

#endif
