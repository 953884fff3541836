/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/traffic_node.h"

#define DEFAULT_FRAME_BYTES "64"

void
rows_keys(struct names *names)
{
	names_add(names, "frame_size");
	names_add(names, "traffic");
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
read_row(struct node *node, bool is_size, struct row *row)
{
	return is_size ? traffic_node_size(node, row) : traffic_node_read(node, row);
}

static int
read_list(struct node *list, bool is_size, struct rows *rows)
{
	if (node_expect_items(list, is_size ? "a list of sizes such as [64, 1500]" :
					      "a list such as [imix, {pcap: FILE}]"))
		return -EINVAL;
	for (size_t i = 0; i < list->n_items; i++) {
		size_t index, before = rows->n;
		struct row row;
		int error = read_row(list->items[i], is_size, &row);

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

static int
read_single(struct node *node, bool is_size, struct rows *rows)
{
	struct row row;
	size_t index;
	int error = read_row(node, is_size, &row);

	return error ? error : add_row(rows, node, &row, &index);
}

/* Only one of `frame_size`, `traffic`, and what is swept has no value of its own. */
static int
refuse_both(const struct node *root)
{
	const struct node *sweep = node_find(root, "sweep");
	const struct node *size = node_find(root, "frame_size"),
			  *traffic = node_find(root, "traffic");

	if (size && traffic)
		return node_refuse(traffic, "found beside frame_size, allowed: one of the two");
	if (!size && !traffic)
		return 0;
	if (node_find(sweep, "frame_size") || node_find(sweep, "traffic"))
		return node_refuse(size ? size : traffic,
				   "found here and in sweep, allowed: one of the two");
	return 0;
}

static int
read_all(struct node *root, struct rows *rows)
{
	struct node *sweep = node_find(root, "sweep"), *node;
	struct row standard = {DEFAULT_FRAME_BYTES, DEFAULT_FRAME_BYTES};
	size_t index;
	int error = refuse_both(root);

	node = node_find(sweep, "frame_size");
	if (!error && node)
		error = read_list(node, true, rows);
	node = node_find(sweep, "traffic");
	if (!error && node)
		error = read_list(node, false, rows);
	node = node_find(root, "frame_size");
	if (!error && node)
		error = read_single(node, true, rows);
	node = node_find(root, "traffic");
	if (!error && node)
		error = read_single(node, false, rows);
	if (!error && !rows->n)
		error = add_row(rows, root, &standard, &index);
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

/* The entry's frame_size or traffic: at most one of them. */
static int
find_one(const struct node *entry, struct node **node, bool *is_size)
{
	struct node *size = node_find(entry, "frame_size"), *traffic = node_find(entry, "traffic");

	*node = size ? size : traffic;
	*is_size = size != NULL;
	if (size && traffic)
		return node_refuse(traffic, "found beside frame_size, allowed: one of the two");
	return 0;
}

int
rows_include(struct node *entry, struct rows *rows, int *index)
{
	struct node *node;
	struct row row;
	bool is_size;
	size_t place;
	int error = find_one(entry, &node, &is_size);

	*index = -1;
	if (error || !node)
		return error;
	error = read_row(node, is_size, &row);
	if (!error)
		error = add_row(rows, node, &row, &place);
	if (!error)
		*index = (int)place;
	return error;
}

int
rows_label(const struct node *entry, char label[ROW_LABEL_BYTES])
{
	struct node *node;
	struct row row;
	bool is_size;
	int error = find_one(entry, &node, &is_size);

	label[0] = '\0';
	if (error || !node)
		return error;
	error = is_size ? traffic_node_size(node, &row) : traffic_node_label(node, &row);
	if (!error)
		memcpy(label, row.label, ROW_LABEL_BYTES);
	return error;
}
