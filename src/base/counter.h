/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Named event counters. Whoever counts keeps plain uint64_t fields in its own
 * state and describes them in a table; readers walk the table. The name is the
 * metric's name in results, there divided by packets: "conversions" of source
 * psc becomes psc.conversions_per_packet.
 */
#ifndef FOLIO_BASE_COUNTER_H
#define FOLIO_BASE_COUNTER_H

#include <stddef.h>

struct counter {
	const char *name; /* NULL ends a table */
	size_t offset;    /* of a uint64_t in the state the table belongs to */
	const char *unit; /* of one count: "copies", "bytes", "cycles" */
	const char *help; /* one line, no full stop */
};

/* Counters that are brought up to date when they are asked for, since their reading costs. */
struct counter_source {
	const char *prefix;          /* of their names */
	const struct counter *table; /* over state */
	void *state;
	void (*update)(void *state);
};

#endif
