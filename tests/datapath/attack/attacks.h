/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What no device would do: it writes anywhere in the rings and in their buffers, says what is not
 * so, changes its word, and takes the memory away. A ring sees a few kinds of it at a time.
 */
#ifndef FOLIO_TESTS_ATTACK_ATTACKS_H
#define FOLIO_TESTS_ATTACK_ATTACKS_H

#include "choices.h"
#include "device.h"

/* Kinds of attack for a ring, as a bit set: struct device_ring's attacks. */
uint32_t attacks_choose(struct choices *choices);

/* One thing that no device would do, of the kinds chosen for the ring. */
void device_attack(const struct device *device, struct device_ring *ring, struct choices *choices);

/*
 * Hands a buffer back and, while the guest may be looking, changes what it said
 * about it there and back, times over: what is checked must be what is used.
 */
void device_flip(struct device_ring *ring, struct choices *choices, unsigned int times);

/* Takes pages of the region away through its descriptor, and tries to change its size and its seals. */
void device_take_memory(const struct device *device, struct choices *choices);

#endif
