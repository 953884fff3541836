/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What exited, how often and for how long: the one form in which every reader of
 * exits hands on what it found, be it BPF maps, a tracefs instance, KVM's statistics, the
 * datapath's own counters or an imported trace. A row is one reason.
 */
#ifndef FOLIO_PROBES_EXIT_TABLE_H
#define FOLIO_PROBES_EXIT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/events.h"
#include "probes/exit_latency.h"
#include "probes/exit_space.h"

enum exit_origin { EXIT_ORIGIN_KVM, EXIT_ORIGIN_EMULATED };

/* exits.csv's column origin: "kvm", "emulated". */
extern const char *const exit_origin_names[];

#define EXIT_ROW_NAME_BYTES 24

struct exit_row {
	enum exit_space space;
	uint64_t code;
	char name[EXIT_ROW_NAME_BYTES]; /* of STATISTIC and EMULATED rows, else empty */
	uint64_t count;                 /* at least latency.n */
	struct exit_latency latency;
};

/* Zeroed: empty. */
struct exit_table {
	struct exit_row **rows; /* owned, in the order in which they were added */
	size_t n, capacity;
};

void exit_table_free(struct exit_table *table);

/*
 * A guest chooses its GHCB codes: from so many rows on, reasons that have none share a row of
 * their space, "others".
 */
#define EXIT_ROWS_MAX 512

/*
 * The row of that reason; one that is not there yet is added with nothing counted. name
 * may be NULL, else it is given to a new row (cut to EXIT_ROW_NAME_BYTES - 1) and is part of
 * what tells rows apart. Returns NULL when memory ran out. Valid until exit_table_free().
 */
struct exit_row *exit_table_row(struct exit_table *table, enum exit_space space, uint64_t code,
				const char *name);

/*
 * into += from, row by row. Returns 0 or -ENOMEM: into then holds part of from.
 */
int exit_table_merge(struct exit_table *into, const struct exit_table *from);

/* Most exits first; equal ones by space and code. */
void exit_table_sort(struct exit_table *table);

enum exit_origin exit_row_origin(const struct exit_row *row);

/*
 * Is each count of this row an exit of its own, so that rows can be added up? Hardware's
 * exits are, where the host reports them at all; without them the events that
 * an exit leads to stand for it. KVM's own statistics have their sum as one of them. VMGEXITs and returns to user space are exits seen a second time.
 */
bool exit_row_is_exit(const struct exit_table *table, const struct exit_row *row);

#endif
