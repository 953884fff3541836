/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which numbers of a stream have come back. The stream is sent in the order 0, 1,
 * 2, ...; a number that was skipped is missing until it comes after all, as long as
 * it is among the last SEQUENCE_WINDOW; 136 bytes a stream.
 */
#ifndef FOLIO_DATAPATH_SEQUENCE_H
#define FOLIO_DATAPATH_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#define SEQUENCE_WINDOW 1024u

struct sequence {
	uint64_t next;                       /* the lowest number above all that came */
	uint64_t seen[SEQUENCE_WINDOW / 64]; /* a bit for each of the window's numbers below next */
};

enum arrival {
	ARRIVAL_IN_ORDER,  /* at next, or beyond: those between are missing now */
	ARRIVAL_REORDERED, /* was missing */
	ARRIVAL_DUPLICATE, /* came before */
	ARRIVAL_STALE,     /* too old to tell */
};

/* Nothing below next is missing. */
void sequence_start(struct sequence *sequence, uint64_t next);

/* Did this number, below next and within the window, come? */
bool sequence_seen(const struct sequence *sequence, uint64_t number);

/* Gives up all below number that have not come; returns how many are newly missing. */
uint64_t sequence_skip(struct sequence *sequence, uint64_t number);

/* number has come. In order, it leaves those from the present next on missing. */
enum arrival sequence_arrive(struct sequence *sequence, uint64_t number);

#endif
