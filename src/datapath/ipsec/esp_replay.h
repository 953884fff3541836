/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The anti-replay window (RFC 4303, 3.4.3), and which 64-bit number the 32 bits in a
 * packet stand for (RFC 4303, A2). A ring of bits, twice as long as the window, so that
 * moving on clears whole words only (RFC 6479).
 */
#ifndef FOLIO_DATAPATH_ESP_REPLAY_H
#define FOLIO_DATAPATH_ESP_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/ipsec/esp_options.h"

#define ESP_REPLAY_WORD_BITS 64u
#define ESP_REPLAY_WORDS_MAX (2 * ESP_WINDOW_MAX / ESP_REPLAY_WORD_BITS)

struct esp_replay {
	uint64_t top; /* the highest number that was taken */
	uint32_t window;
	uint32_t words; /* of the ring in use, a power of two */
	bool esn;
	uint64_t seen[ESP_REPLAY_WORDS_MAX];
};

static inline void
esp_replay_init(struct esp_replay *replay, const struct esp_spec *spec)
{
	*replay = (struct esp_replay){.top = spec->sent,
				      .window = spec->window,
				      .words = 2 * spec->window / ESP_REPLAY_WORD_BITS,
				      .esn = spec->esn};
}

/* The number whose lower half is in the packet. */
static inline uint64_t
esp_replay_number(const struct esp_replay *replay, uint32_t low)
{
	uint32_t high = (uint32_t)(replay->top >> 32), top = (uint32_t)replay->top;
	uint32_t bottom = top - replay->window + 1;

	if (!replay->esn)
		return low;
	if (top >= replay->window - 1)
		high += low < bottom;
	else if (high)
		high -= low >= bottom;
	return (uint64_t)high << 32 | low;
}

static inline uint64_t *
esp_replay_word(struct esp_replay *replay, uint64_t number)
{
	return &replay->seen[number / ESP_REPLAY_WORD_BITS & (replay->words - 1)];
}

/* May a packet of that number still come? */
static inline bool
esp_replay_is_new(struct esp_replay *replay, uint64_t number)
{
	if (number > replay->top)
		return true;
	return number && replay->top - number < replay->window &&
	       !(*esp_replay_word(replay, number) >> number % ESP_REPLAY_WORD_BITS & 1);
}

/* It came, and is authentic. Returns false where it was not new. */
static inline bool
esp_replay_take(struct esp_replay *replay, uint64_t number)
{
	uint64_t last = replay->top / ESP_REPLAY_WORD_BITS, now = number / ESP_REPLAY_WORD_BITS;

	if (!esp_replay_is_new(replay, number))
		return false;
	if (number > replay->top) {
		for (uint64_t i = 0; i < replay->words && last + i < now; i++)
			*esp_replay_word(replay, (now - i) * ESP_REPLAY_WORD_BITS) = 0;
		replay->top = number;
	}
	*esp_replay_word(replay, number) |= 1ull << number % ESP_REPLAY_WORD_BITS;
	return true;
}

#endif
