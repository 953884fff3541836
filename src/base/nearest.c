/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/nearest.h"

#include <string.h>

#define WORD_BYTES_MAX 64

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, one row of the table at a time. Both words fit WORD_BYTES_MAX. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_BYTES_MAX + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t changed = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			row[j + 1] = smaller(changed, 1 + smaller(row[j], row[j + 1]));
		}
	}
	return row[n];
}

const char *
nearest(const char *word, const char *const *names, size_t n)
{
	size_t limit = strlen(word) <= 4 ? 1 : 2;
	const char *best = NULL;

	if (strlen(word) > WORD_BYTES_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t edits;

		if (strlen(names[i]) > WORD_BYTES_MAX)
			continue;
		edits = distance(word, names[i]);
		if (edits > limit || (best && edits == limit))
			continue;
		limit = edits;
		best = names[i];
	}
	return best;
}
