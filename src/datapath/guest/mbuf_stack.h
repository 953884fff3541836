/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port's own stack of free mbufs in front of a pool: the hot destination
 * buffers of the copies. What was freed last is taken first, while it is in the
 * core's cache, and taking or freeing a burst is a step of the stack's end: no
 * thread-local look-up, and no pointer moved where the caller can use it in place.
 */
#ifndef FOLIO_DATAPATH_MBUF_STACK_H
#define FOLIO_DATAPATH_MBUF_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#define MBUF_STACK_BURST 32u
#define MBUF_STACK_SIZE (4u * MBUF_STACK_BURST)

struct mbuf_stack {
	struct rte_mempool *pool;
	uint32_t n;
	struct rte_mbuf *mbufs[MBUF_STACK_SIZE];
};

/* Gives all but keep of its mbufs back to the pool. */
static inline void
mbuf_stack_trim(struct mbuf_stack *stack, uint32_t keep)
{
	if (stack->n > keep)
		rte_mempool_put_bulk(stack->pool, (void **)&stack->mbufs[keep], stack->n - keep);
	stack->n = RTE_MIN(stack->n, keep);
}

/* Room for n (at most MBUF_STACK_BURST) more: where they go, in place. They count after mbuf_stack_push(). */
static __rte_always_inline struct rte_mbuf **
mbuf_stack_room(struct mbuf_stack *stack, uint16_t n)
{
	if (unlikely(stack->n + n > MBUF_STACK_SIZE))
		mbuf_stack_trim(stack, MBUF_STACK_SIZE / 2);
	return &stack->mbufs[stack->n];
}

static __rte_always_inline void
mbuf_stack_push(struct mbuf_stack *stack, uint16_t n)
{
	stack->n += n;
}

/* Another n of the pool's on top, or as many as there must be for n in all. */
static inline bool
mbuf_stack_fill(struct mbuf_stack *stack, uint16_t n)
{
	void **top = (void **)&stack->mbufs[stack->n];
	uint16_t missing = n - (uint16_t)stack->n;

	if (likely(!rte_mempool_get_bulk(stack->pool, top, n)))
		stack->n += n;
	else if (!rte_mempool_get_bulk(stack->pool, top, missing))
		stack->n += missing;
	return stack->n >= n;
}

/* Takes n (at most MBUF_STACK_BURST): where they are, valid until the next call; NULL: the pool is empty. */
static __rte_always_inline struct rte_mbuf **
mbuf_stack_pop(struct mbuf_stack *stack, uint16_t n)
{
	if (unlikely(stack->n < n) && !mbuf_stack_fill(stack, n))
		return NULL;
	stack->n -= n;
	return &stack->mbufs[stack->n];
}

#endif
