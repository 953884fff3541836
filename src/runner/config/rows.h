/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic axis. `frame_size`, `payload_size` (of UDP datagrams, in frames of 60 B at
 * least) and `traffic` are one axis: a size is a traffic too. Where `sweep:` has several,
 * they come in that order:
 *
 *     sweep:
 *       frame_size: [64, 1500]
 *       traffic: [imix, {pcap: web.pcap}]      # four rows: 64, 1500, imix, web.pcap
 *
 * A capture's path is relative to the file's folder, and to the present folder
 * where --set gives it. It is made absolute, also in the tree, so that the
 * resolved file can be read from another folder.
 */
#ifndef FOLIO_RUNNER_ROWS_H
#define FOLIO_RUNNER_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/config/node.h"

#define ROW_TEXT_BYTES 512
#define ROW_LABEL_BYTES 64

struct row {
	char text[ROW_TEXT_BYTES];   /* for traffic_open(): "64", "payload:1", "pcap:/x/web.pcap" */
	char label[ROW_LABEL_BYTES]; /* "64", "payload:1", "web.pcap" */
};

struct rows {
	struct row *rows; /* owned; labels are unique */
	size_t n;
	size_t n_swept; /* the first ones; behind them those that only `include:` names */
};

/* Keys of a mapping that speak of traffic: frame_size, payload_size, traffic. */
void rows_keys(struct names *names);
/* The first of them that the mapping has, or NULL. */
struct node *rows_find(const struct node *mapping);

/*
 * The rows of the file: sweep's, else the top's, else one of 64 B. rows wants
 * rows_close() in each case. Returns 0; -EINVAL after node_refuse(); -ENOMEM.
 */
int rows_read(struct node *root, struct rows *rows);
void rows_close(struct rows *rows);

/* What an entry of `include:` says of traffic. *index: its row, -1 for none. As above. */
int rows_include(struct node *entry, struct rows *rows, int *index);

/* Label of what an entry of `exclude:` names, "" for none. As above. */
int rows_label(const struct node *entry, char label[ROW_LABEL_BYTES]);

#endif
