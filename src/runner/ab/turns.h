/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two processes on one core that take turns: a page that both map holds the number of
 * the slice whose turn it is, and who waits for one sleeps on it (futex). A hand-over
 * takes 5 to 10 us; nothing is handed over between a side's two slices that follow
 * each other.
 */
#ifndef FOLIO_RUNNER_AB_TURNS_H
#define FOLIO_RUNNER_AB_TURNS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct turns {
	_Atomic uint32_t slice;
};

/* A page of its own for two processes. Returns its descriptor or -errno. */
int turns_create(void);

/* Maps it. Returns 0 or -errno. */
int turns_map(int fd, struct turns **turns);
void turns_unmap(struct turns *turns);

/* Is slice the turn of that side, when first begins: A B B A? */
static inline bool
turns_mine(uint32_t slice, uint32_t first, uint32_t side)
{
	bool outer = slice % 4 == 0 || slice % 4 == 3;

	return outer == (side == first);
}

/* Waits until it is that slice's turn; folio ab ends who waits in vain. */
void turns_await(struct turns *turns, uint32_t slice);

/* It is that slice's turn; wakes who waits for it when it is the other side's. */
void turns_pass(struct turns *turns, uint32_t slice, bool other_side);

#endif
