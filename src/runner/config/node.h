/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A YAML file as a tree whose nodes know where they stand, so that whoever
 * finds fault with one can say file, line and key. runner/yaml.h makes trees.
 *
 *   configs/x.yaml:12: sources.vc.cost: found '4000', allowed: ...
 *   --set sources.vc.cost: found '4000', allowed: ...
 */
#ifndef FOLIO_RUNNER_NODE_H
#define FOLIO_RUNNER_NODE_H

#include <stddef.h>

#include "base/options.h"
#include "runner/config/names.h"

#define NODE_PATH_BYTES 256

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAPPING };

struct node {
	const char *file;  /* name for messages; borrowed */
	unsigned int line; /* from 1, of the key where there is one; 0: from --set */
	enum node_kind kind;
	struct node *parent; /* NULL: the root */
	char *key;           /* owned; NULL unless within a mapping */
	char *text;          /* owned; of a scalar: one line, no control characters */
	struct node **items; /* owned; of a list or mapping, in file order */
	size_t n_items;
};

/* Returns NULL when out of memory. text is copied, and NULL but for a scalar. */
struct node *node_new(const char *file, unsigned int line, enum node_kind kind, const char *text);
/* With all below it. NULL is allowed. */
void node_free(struct node *node);

/*
 * Puts child last into parent, under key (copied) in a mapping. Returns 0, and
 * parent owns child; or -ENOMEM.
 */
int node_append(struct node *parent, const char *key, struct node *child);
/* Takes the key out of the mapping, if it is there. */
void node_remove(struct node *mapping, const char *key);
/* The mapping's value of that key, or NULL. NULL is an empty mapping. */
struct node *node_find(const struct node *mapping, const char *key);
/* Replaces a scalar's text by a copy. Returns 0 or -ENOMEM. */
int node_set_text(struct node *scalar, const char *text);

/* "configurations[1].sources.vc". Returns buf. */
const char *node_path(const struct node *node, char *buf, size_t size);
/* "'4000'", "a list", "a mapping", "nothing". Returns buf. */
const char *node_shown(const struct node *node, char *buf, size_t size);

/* log_error("place: key: ..."). Returns -EINVAL. */
int node_refuse(const struct node *node, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "found ..., allowed: ALLOWED". Returns -EINVAL. */
int node_refuse_found(const struct node *node, const char *allowed);

/* The mapping's value of that key, or NULL after node_refuse(). */
const struct node *node_find_required(const struct node *mapping, const char *key,
				      const char *allowed);

/* What node_identifier() allows, in words (an int: most bytes); and read from other text: 0 or -EINVAL. */
#define IDENTIFIER_ALLOWED                                                                         \
	"a name of up to %d letters, digits, '_', '-', '.', that begins with a letter or digit"
int identifier_read(const char *text, char *out, size_t size);

/* Each of these returns 0, or -EINVAL after node_refuse(). */
int node_expect(const struct node *node, enum node_kind kind, const char *allowed);
int node_expect_name(const struct node *node, const struct names *allowed);
/* A mapping with none but these keys. */
int node_expect_keys(const struct node *node, const struct names *allowed);
/*
 * A name for files and tables: letters and digits, further on '_', '-', '.' too. Copied to
 * out, of size bytes.
 */
int node_identifier(const struct node *node, char *out, size_t size);
/* A list of at least one. */
int node_expect_items(const struct node *node, const char *allowed);
/* Reads it into the option's field; a list of scalars where CHOICES are wanted. */
int node_option(const struct node *node, const struct option_spec *option, void *settings);

#endif
