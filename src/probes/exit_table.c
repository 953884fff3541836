/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/exit_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const exit_origin_names[] = {
	[EXIT_ORIGIN_KVM] = "kvm",
	[EXIT_ORIGIN_EMULATED] = "emulated",
};

void
exit_table_free(struct exit_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		free(table->rows[i]);
	free(table->rows);
	*table = (struct exit_table){0};
}

static struct exit_row *
add_row(struct exit_table *table, const struct exit_row *like)
{
	struct exit_row *row;

	if (table->n == table->capacity) {
		size_t capacity = table->capacity ? 2 * table->capacity : 32;
		struct exit_row **rows = realloc(table->rows, capacity * sizeof(*rows));

		if (!rows)
			return NULL;
		table->rows = rows;
		table->capacity = capacity;
	}
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->space = like->space;
	row->code = like->code;
	memcpy(row->name, like->name, sizeof(row->name));
	row->latency.min_ticks = UINT64_MAX;
	table->rows[table->n++] = row;
	return row;
}

static bool
same_reason(const struct exit_row *a, const struct exit_row *b)
{
	return a->space == b->space && a->code == b->code && !strcmp(a->name, b->name);
}

#define OTHERS "others"

struct exit_row *
exit_table_row(struct exit_table *table, enum exit_space space, uint64_t code, const char *name)
{
	struct exit_row wanted = {.space = space, .code = code};

	if (name)
		strncpy(wanted.name, name, sizeof(wanted.name) - 1);
	for (size_t i = 0; i < table->n; i++)
		if (same_reason(table->rows[i], &wanted))
			return table->rows[i];
	if (table->n >= EXIT_ROWS_MAX && strcmp(wanted.name, OTHERS))
		return exit_table_row(table, space, UINT64_MAX, OTHERS);
	return add_row(table, &wanted);
}

int
exit_table_merge(struct exit_table *into, const struct exit_table *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct exit_row *row = from->rows[i];
		struct exit_row *sum = exit_table_row(into, row->space, row->code, row->name);

		if (!sum)
			return -ENOMEM;
		sum->count += row->count;
		exit_latency_merge(&sum->latency, &row->latency);
	}
	return 0;
}

static int
compare_rows(const void *left, const void *right)
{
	const struct exit_row *a = *(struct exit_row *const *)left;
	const struct exit_row *b = *(struct exit_row *const *)right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	if (a->code != b->code)
		return a->code < b->code ? -1 : 1;
	return strcmp(a->name, b->name);
}

void
exit_table_sort(struct exit_table *table)
{
	if (table->n)
		qsort(table->rows, table->n, sizeof(struct exit_row *), compare_rows);
}

enum exit_origin
exit_row_origin(const struct exit_row *row)
{
	return row->space == EXIT_SPACE_EMULATED ? EXIT_ORIGIN_EMULATED : EXIT_ORIGIN_KVM;
}

/* Written by hardware: kvm_exit came, so what it led to is no exit of its own. */
static bool
has_hardware_exits(const struct exit_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i]->space == EXIT_SPACE_SVM ||
		    table->rows[i]->space == EXIT_SPACE_VMX)
			return true;
	return false;
}

bool
exit_row_is_exit(const struct exit_table *table, const struct exit_row *row)
{
	switch (row->space) {
	case EXIT_SPACE_SVM:
	case EXIT_SPACE_VMX:
	case EXIT_SPACE_EMULATED:
		return true;
	case EXIT_SPACE_EVENT:
		return trace_event_is_exit(row->code) && !has_hardware_exits(table);
	case EXIT_SPACE_STATISTIC:
		return !strcmp(row->name, "exits");
	default:
		return false;
	}
}
