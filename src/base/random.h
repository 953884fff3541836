/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seeded pseudo-random numbers (splitmix64: Steele, Lea, Flood, OOPSLA 2014),
 * so that an order of trials or a bootstrap can be had again from its seed.
 */
#ifndef FOLIO_BASE_RANDOM_H
#define FOLIO_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random_state {
	uint64_t state;
};

static inline uint64_t
random_next(struct random_state *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Uniform in [0, bound), bound > 0; the bias is below bound / 2^64. */
static inline uint64_t
random_below(struct random_state *r, uint64_t bound)
{
	return (uint64_t)(((unsigned __int128)random_next(r) * bound) >> 64);
}

/* Puts n items of item_bytes each in random order, all orders alike (Fisher and Yates). */
static inline void
random_shuffle(struct random_state *r, void *items, size_t n, size_t item_bytes)
{
	unsigned char *bytes = items;

	for (size_t i = n; i > 1; i--) {
		unsigned char *a = bytes + (i - 1) * item_bytes;
		unsigned char *b = bytes + random_below(r, i) * item_bytes;

		for (size_t k = 0; k < item_bytes; k++) {
			unsigned char swap = a[k];

			a[k] = b[k];
			b[k] = swap;
		}
	}
}

#endif
