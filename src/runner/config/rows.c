/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/traffic_node.h"

#define DEFAULT_FRAME_BYTES "64"

static int
read_size(struct node *node, struct row *row)
{
	return traffic_node_size(node, row);
}

static int
read_payload(struct node *node, struct row *row)
{
	return traffic_node_payload(node, row);
}

/* In the order of their rows. */
static const struct traffic_key {
	const char *name;
	int (*read)(struct node *node, struct row *row);
	int (*label)(const struct node *node, struct row *row);
	const char *list; /* what a list of them is */
} traffic_keys[] = {
	{"frame_size", read_size, traffic_node_size, "a list of sizes such as [64, 1500]"},
	{"payload_size", read_payload, traffic_node_payload, "a list of sizes such as [1, 1400]"},
	{"traffic", traffic_node_read, traffic_node_label, "a list such as [imix, {pcap: FILE}]"},
};

#define N_KEYS (sizeof(traffic_keys) / sizeof(traffic_keys[0]))

void
rows_keys(struct names *names)
{
	for (size_t i = 0; i < N_KEYS; i++)
		names_add(names, traffic_keys[i].name);
}

struct node *
rows_find(const struct node *mapping)
{
	struct node *node = NULL;

	for (size_t i = 0; !node && i < N_KEYS; i++)
		node = node_find(mapping, traffic_keys[i].name);
	return node;
}

/* Adds the row, or finds it; *index is its place. Tables know a traffic by its label only. */
static int
add_row(struct rows *rows, const struct node *node, const struct row *row, size_t *index)
{
	struct row *grown;

	for (*index = 0; *index < rows->n; (*index)++) {
		const struct row *other = &rows->rows[*index];

		if (!strcmp(other->text, row->text))
			return 0;
		if (!strcmp(other->label, row->label))
			return node_refuse(node,
					   "found '%s', whose name '%s' another traffic has, "
					   "allowed: file names that differ",
					   row->text, row->label);
	}
	grown = reallocarray(rows->rows, rows->n + 1, sizeof(*rows->rows));
	if (!grown)
		return -ENOMEM;
	rows->rows = grown;
	rows->rows[rows->n++] = *row;
	return 0;
}

static int
read_list(struct node *list, const struct traffic_key *key, struct rows *rows)
{
	if (node_expect_items(list, key->list))
		return -EINVAL;
	for (size_t i = 0; i < list->n_items; i++) {
		size_t index, before = rows->n;
		struct row row;
		int error = key->read(list->items[i], &row);

		if (!error)
			error = add_row(rows, list->items[i], &row, &index);
		if (error)
			return error;
		if (rows->n == before)
			return node_refuse(list->items[i],
					   "found '%s' a second time, allowed: once", row.label);
	}
	return 0;
}

/* The mapping's one key that speaks of traffic, and its node; *node is NULL where it has none. */
static int
find_one(const struct node *mapping, struct node **node, const struct traffic_key **key)
{
	*node = NULL;
	for (size_t i = 0; i < N_KEYS; i++) {
		struct node *found = node_find(mapping, traffic_keys[i].name);

		if (found && *node)
			return node_refuse(found, "found beside %s, allowed: one of the two",
					   (*key)->name);
		if (!found)
			continue;
		*node = found;
		*key = &traffic_keys[i];
	}
	return 0;
}

static int
read_swept(const struct node *sweep, struct rows *rows)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		struct node *list = node_find(sweep, traffic_keys[i].name);
		int error = list ? read_list(list, &traffic_keys[i], rows) : 0;

		if (error)
			return error;
	}
	return 0;
}

/* What is swept has no value of its own. */
static int
read_all(struct node *root, struct rows *rows)
{
	struct node *sweep = node_find(root, "sweep"), *node;
	struct row row = {DEFAULT_FRAME_BYTES, DEFAULT_FRAME_BYTES};
	const struct traffic_key *key;
	size_t index;
	int error = find_one(root, &node, &key);

	if (error)
		return error;
	if (node && rows_find(sweep))
		return node_refuse(node, "found here and in sweep, allowed: one of the two");
	error = read_swept(sweep, rows);
	if (!error && node)
		error = key->read(node, &row);
	if (!error && !rows->n)
		error = add_row(rows, node ? node : root, &row, &index);
	return error;
}

int
rows_read(struct node *root, struct rows *rows)
{
	int error;

	*rows = (struct rows){0};
	error = read_all(root, rows);
	rows->n_swept = rows->n;
	return error;
}

void
rows_close(struct rows *rows)
{
	free(rows->rows);
	*rows = (struct rows){0};
}

int
rows_include(struct node *entry, struct rows *rows, int *index)
{
	const struct traffic_key *key;
	struct node *node;
	struct row row;
	size_t place;
	int error = find_one(entry, &node, &key);

	*index = -1;
	if (error || !node)
		return error;
	error = key->read(node, &row);
	if (!error)
		error = add_row(rows, node, &row, &place);
	if (!error)
		*index = (int)place;
	return error;
}

int
rows_label(const struct node *entry, char label[ROW_LABEL_BYTES])
{
	const struct traffic_key *key;
	struct node *node;
	struct row row;
	int error = find_one(entry, &node, &key);

	label[0] = '\0';
	if (error || !node)
		return error;
	error = key->label(node, &row);
	if (!error)
		memcpy(label, row.label, ROW_LABEL_BYTES);
	return error;
}
