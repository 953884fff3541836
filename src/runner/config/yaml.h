/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads YAML (libyaml's document tree) into a tree of nodes. */
#ifndef FOLIO_RUNNER_YAML_H
#define FOLIO_RUNNER_YAML_H

#include <stddef.h>

struct node;

#define YAML_FILE_BYTES_MAX (1024 * 1024)

/*
 * Reads a file that holds one YAML document. path is borrowed by the tree.
 * Refused: what is not YAML, no document or several, a key given twice, keys
 * that are no plain text, aliases that lead back to themselves, nesting beyond
 * 32, more than 65536 nodes, control characters, files beyond 1 MiB. Returns 0
 * and a tree that wants node_free(); or -EINVAL (refused) or another -errno
 * (could not be read), after log_error().
 */
int yaml_read_file(const char *path, struct node **root);

/* Reads a text that is a file's; name is what messages call it, and borrowed. As above. */
int yaml_read_text(const char *name, const char *text, struct node **root);

/* Reads the value of --set KEY=TEXT: its nodes have line 0. As above. */
int yaml_read_value(const char *key, const char *text, struct node **value);

#endif
