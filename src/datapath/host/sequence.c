/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/sequence.h"

#include <string.h>

void
sequence_start(struct sequence *sequence, uint64_t next)
{
	sequence->next = next;
	memset(sequence->seen, 0xff, sizeof(sequence->seen));
}

static uint64_t *
word_of(struct sequence *sequence, uint64_t number)
{
	return &sequence->seen[number % SEQUENCE_WINDOW / 64];
}

bool
sequence_seen(const struct sequence *sequence, uint64_t number)
{
	return sequence->seen[number % SEQUENCE_WINDOW / 64] >> (number % 64) & 1;
}

uint64_t
sequence_skip(struct sequence *sequence, uint64_t number)
{
	uint64_t missing = number > sequence->next ? number - sequence->next : 0;

	if (missing >= SEQUENCE_WINDOW) {
		memset(sequence->seen, 0, sizeof(sequence->seen));
		sequence->next = number;
	}
	for (; sequence->next < number; sequence->next++)
		*word_of(sequence, sequence->next) &= ~(UINT64_C(1) << (sequence->next % 64));
	return missing;
}

enum arrival
sequence_arrive(struct sequence *sequence, uint64_t number)
{
	if (number >= sequence->next) {
		sequence_skip(sequence, number);
		*word_of(sequence, number) |= UINT64_C(1) << (number % 64);
		sequence->next = number + 1;
		return ARRIVAL_IN_ORDER;
	}
	if (sequence->next - number > SEQUENCE_WINDOW)
		return ARRIVAL_STALE;
	if (sequence_seen(sequence, number))
		return ARRIVAL_DUPLICATE;
	*word_of(sequence, number) |= UINT64_C(1) << (number % 64);
	return ARRIVAL_REORDERED;
}
