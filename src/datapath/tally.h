/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What everything behind some ports counts over a stretch of time: ports,
 * devices, exits and sources, each by its own table, summed over queue pairs.
 */
#ifndef FOLIO_DATAPATH_TALLY_H
#define FOLIO_DATAPATH_TALLY_H

#include <stdint.h>

#include "base/counter.h"
#include "datapath/config.h"

struct port;

#define TALLY_COUNTS_MAX 128

struct tally_count {
	char name[48];           /* "psc.conversions", "drop.no_shadow" */
	const char *unit, *help; /* as in struct counter */
	uint64_t count;
};

/* A counter table, and where its counts lie: by queue pair, or once for all. */
struct tallied {
	const char *prefix;
	const struct counter *table;
	unsigned int n;
	const uint8_t *bases[QUEUES_MAX];
};

#define TALLIED_MAX (SOURCES_MAX + 6)

struct tally {
	struct tallied tables[TALLIED_MAX];
	unsigned int n;
	struct counter_source source; /* update NULL: there is none */
};

/* Adds a table over one state. */
void tally_add(struct tally *tally, const char *prefix, const struct counter *table,
	       const void *state);

/* Adds counters that are brought up to date for each reading; one such source, at the most. */
void tally_add_source(struct tally *tally, const struct counter_source *source);

/*
 * Adds all tables of n ports, one for each queue pair of a device, opened with one
 * configuration. What queue pairs count in one place is counted once.
 */
void tally_add_ports(struct tally *tally, const struct port *ports, unsigned int n);

/* Takes the present counts off: counters get names, units and negative starts. Returns how many. */
uint32_t tally_begin(const struct tally *tally, struct tally_count *counts);

/* Puts the present counts on: counters hold what was counted since tally_begin(). */
void tally_end(const struct tally *tally, struct tally_count *counts);

#endif
