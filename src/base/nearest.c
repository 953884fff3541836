/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/nearest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WORD_BYTES_MAX 64

static uint8_t
smaller(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

/* Two neighbours changed places before a[i] and b[j]. */
static bool
is_swapped(const char *a, const char *b, size_t i, size_t j)
{
	return i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
}

/*
 * Optimal string alignment: cell [i][j] is for the first i letters of a and j of
 * b. Both fit WORD_BYTES_MAX.
 */
static uint8_t
distance(const char *a, const char *b)
{
	uint8_t table[WORD_BYTES_MAX + 1][WORD_BYTES_MAX + 1];
	size_t m = strlen(a), n = strlen(b);

	for (size_t i = 0; i <= m; i++) {
		for (size_t j = 0; j <= n; j++) {
			uint8_t *cell = &table[i][j];

			*cell = (uint8_t)(i + j);
			if (!i || !j)
				continue;
			*cell = smaller(table[i - 1][j] + 1, table[i][j - 1] + 1);
			*cell = smaller(*cell, table[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (is_swapped(a, b, i, j))
				*cell = smaller(*cell, table[i - 2][j - 2] + 1);
		}
	}
	return table[m][n];
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
