/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtqueue in a shared region whose host is the test: the guest's side is the real one,
 * and the host uses what it likes, in both formats.
 */
#ifndef FOLIO_TESTS_HOSTED_RING_H
#define FOLIO_TESTS_HOSTED_RING_H

#include "harness.h"

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "datapath/guest/region.h"
#include "datapath/guest/virtqueue.h"

#define RING 64u

struct hosted_ring {
	struct region region;
	struct virtqueue ring;
	struct rte_mbuf mbufs[RING]; /* buffers in the region; nobody posts them by itself */
	uint32_t host_index;         /* where the host uses the next buffer */
};

/*
 * A fixture of cmocka: *state is the format at first, and the hosted ring from then on.
 * options say all else; messages are dropped until hosted_ring_tear_down(). Returns 0 or -1.
 */
int hosted_ring_set_up(void **state, struct virtqueue_options options);
int hosted_ring_tear_down(void **state);

/* All buffers are posted, to be received into. */
void hosted_ring_post_all(struct hosted_ring *f);

/* Split, else packed. */
bool is_split(const struct hosted_ring *f);

/* The id that the driver offered where the host uses the next buffer. */
uint16_t offered_id(const struct hosted_ring *f);

/* The host has used what id stands for, a chain of n descriptors, and written length bytes. */
void use_chain(struct hosted_ring *f, uint32_t id, uint16_t n, uint32_t length);

/* A test of that fixture in a format: HOSTED_CASE(name, set_up, &virtqueue_format_split) */
#define HOSTED_CASE(name, set_up, format)                                                          \
	{                                                                                          \
#name, name, set_up, hosted_ring_tear_down, (void *)(uintptr_t)(format)            \
	}

#define HOSTED_BOTH(name, set_up)                                                                  \
	HOSTED_CASE(name, set_up, &virtqueue_format_split),                                        \
		HOSTED_CASE(name, set_up, &virtqueue_format_packed)

extern const struct virtqueue_format virtqueue_format_split;
extern const struct virtqueue_format virtqueue_format_packed;

#endif
