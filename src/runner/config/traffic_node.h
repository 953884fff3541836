/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One value of `frame_size` (N), `payload_size` (N) or `traffic` (imix, {size: N},
 * {pcap: FILE}), read and checked.
 */
#ifndef FOLIO_RUNNER_TRAFFIC_NODE_H
#define FOLIO_RUNNER_TRAFFIC_NODE_H

struct node;
struct row;

/* Each returns 0, -EINVAL after node_refuse(), or -ENOMEM. */
int traffic_node_size(const struct node *node, struct row *row);
int traffic_node_payload(const struct node *node, struct row *row);
/* A capture must be there and readable; the node's path becomes absolute. */
int traffic_node_read(struct node *node, struct row *row);
/* Fills the label only, and takes a label too ("web.pcap"): the file is not looked for. */
int traffic_node_label(const struct node *node, struct row *row);

#endif
