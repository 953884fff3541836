/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where an attack's decisions come from: a seed, so that a run can be had again,
 * or the bytes of a fuzzer, so that it can search. Bytes that have run out
 * decide 0.
 */
#ifndef FOLIO_TESTS_ATTACK_CHOICES_H
#define FOLIO_TESTS_ATTACK_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

struct choices {
	bool from_bytes;
	struct random_state random;
	const uint8_t *bytes;
	size_t n_bytes;
};

static inline struct choices
choices_of_seed(uint64_t seed)
{
	return (struct choices){.random = {seed}};
}

static inline struct choices
choices_of_bytes(const uint8_t *bytes, size_t n_bytes)
{
	return (struct choices){.from_bytes = true, .bytes = bytes, .n_bytes = n_bytes};
}

/* Is anything left to decide by? */
static inline bool
choices_left(const struct choices *choices)
{
	return !choices->from_bytes || choices->n_bytes;
}

/* A number in [0, bound), bound > 0. Of a fuzzer's bytes it takes as few as bound needs. */
static inline uint64_t
choose(struct choices *choices, uint64_t bound)
{
	uint64_t value = 0;

	if (!choices->from_bytes)
		return random_below(&choices->random, bound);
	for (uint64_t range = bound - 1; range && choices->n_bytes; range >>= 8) {
		value = value << 8 | *choices->bytes++;
		choices->n_bytes--;
	}
	return value % bound;
}

/* One time in so many. */
static inline bool
one_in(struct choices *choices, uint64_t times)
{
	return choose(choices, times) == times - 1;
}

/*
 * What breaks checks of ranges: a neighbour of near (the value that would be right),
 * a limit of some width, or anything.
 */
static inline uint64_t
choose_value(struct choices *choices, uint64_t near)
{
	static const uint64_t limits[] = {
		0,           1,
		2,           11,
		12,          13,
		25,          26,
		63,          64,
		65,          2048,
		2060,        2061,
		4095,        4096,
		0x7fff,      0x8000,
		0xffff,      0x10000,
		0x10001,     0x7fffffff,
		0x80000000,  0xffffffff,
		0x100000000, 0x7fffffffffffffff,
		UINT64_MAX,
	};

	switch (choose(choices, 4)) {
	case 0:
		return near + choose(choices, 7) - 3;
	case 1:
		return limits[choose(choices, sizeof(limits) / sizeof(limits[0]))];
	case 2:
		return near ^ 1ull << choose(choices, 64);
	default:
		return choose(choices, UINT64_MAX);
	}
}

#endif
