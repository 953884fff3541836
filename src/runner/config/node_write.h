/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_RUNNER_NODE_WRITE_H
#define FOLIO_RUNNER_NODE_WRITE_H

#include <stdio.h>

#include "runner/config/node.h"

/* Writes the text as a YAML scalar on one line, in quotes where it needs them. */
void node_write_text(FILE *file, const char *text);

/* Writes the node on one line: text, [a, b], {key: value}. */
void node_write(FILE *file, const struct node *node);

/* Writes the option's value as node_option() reads it. */
void node_write_option(FILE *file, const struct option_spec *option, const void *settings);

#endif
