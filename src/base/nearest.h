/* SPDX-License-Identifier: BSD-3-Clause */
/* For messages: the known name that a mistyped word was probably meant to be. */
#ifndef FOLIO_BASE_NEAREST_H
#define FOLIO_BASE_NEAREST_H

#include <stddef.h>

/*
 * Of the n names, the one with the fewest edits (a letter put in, left out or
 * changed, two neighbours swapped) from word: at most 2, at most 1 for words of
 * up to four letters. NULL when there is none.
 */
const char *nearest(const char *word, const char *const *names, size_t n);

#endif
