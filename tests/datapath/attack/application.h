/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The application behind the guest under attack: it holds every frame that it receives against
 * what the device gave (the ledger), keeps some, and sends frames in mbufs that it received and
 * in new ones. Private memory is painted, so that a write before or behind a frame shows.
 */
#ifndef FOLIO_TESTS_ATTACK_APPLICATION_H
#define FOLIO_TESTS_ATTACK_APPLICATION_H

#include "choices.h"
#include "target.h"

/* Paints all buffers of a pool of private mbufs, which is full. */
void application_paint(struct rte_mempool *pool);

/* One receive burst of a queue pair. */
void application_receive(struct target *target, unsigned int q, struct choices *choices);

/* One transmit burst. */
void application_send(struct target *target, struct target_queue *queue, struct choices *choices);

/* Frees a frame that the application holds, painted again. */
void application_throw_away(struct rte_mbuf *frame);

#endif
