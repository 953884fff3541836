/* SPDX-License-Identifier: BSD-3-Clause */
/* Between yaml.c, which drives libyaml's parser, and yaml_tree.c, which makes nodes of it. */
#ifndef FOLIO_RUNNER_YAML_TREE_H
#define FOLIO_RUNNER_YAML_TREE_H

#include <stddef.h>
#include <yaml.h>

struct node;

/* Where the bytes came from. */
struct yaml_origin {
	const char *file;    /* name for messages */
	const char *set_key; /* of --set, or NULL for a file */
};

/* For faults found while no node stands for them yet; line from 0. Returns -EINVAL. */
int yaml_refuse(const struct yaml_origin *origin, size_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Returns 0 and a tree that wants node_free(); -ENOMEM; or -EINVAL after log_error(). */
int yaml_convert(const struct yaml_origin *origin, yaml_document_t *document, struct node **root);

#endif
