/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_branch_prediction.h>
#include <rte_vhost.h>

#include "base/clock.h"
#include "base/log.h"
#include "datapath/host/backend_private.h"

#define LEAVE_TIMEOUT_MS 2000

int
backend_open(const struct backend_options *options, struct backend **out)
{
	struct backend *backend = aligned_alloc(_Alignof(struct backend), sizeof(*backend));

	if (!backend)
		return -ENOMEM;
	memset(backend, 0, sizeof(*backend));
	backend->options = *options;
	if (snprintf(backend->path, sizeof(backend->path), "%s", options->path) >=
	    (int)sizeof(backend->path)) {
		log_error("vhost backend at %s: a socket's path has at most %zu bytes",
			  options->path, sizeof(backend->path) - 1);
		free(backend);
		return -EINVAL;
	}
	backend->options.path = backend->path;
	if (backend_register(backend)) {
		log_error("vhost backend at %s: rte_vhost did not take it", backend->path);
		free(backend);
		return -EIO;
	}
	*out = backend;
	return 0;
}

static bool
wait_until(const struct backend *backend, bool ready, int timeout_ms)
{
	uint64_t deadline_ns = clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000;

	while (backend_ready(backend) != ready) {
		if (clock_monotonic_ns() > deadline_ns)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
	return true;
}

int
backend_wait_ready(struct backend *backend, int timeout_ms)
{
	if (wait_until(backend, true, timeout_ms))
		return 0;
	log_error("vhost backend at %s: the guest did not start the device in %d ms", backend->path,
		  timeout_ms);
	return -ETIMEDOUT;
}

bool
backend_ready(const struct backend *backend)
{
	return atomic_load_explicit(&backend->device, memory_order_relaxed) != 0;
}

unsigned int
backend_queues(const struct backend *backend)
{
	int vid = backend_vid(atomic_load_explicit(&backend->device, memory_order_relaxed));
	unsigned int n = 0;

	if (vid == BACKEND_NOT_READY)
		return 0;
	while (n < QUEUES_MAX && backend_pair_ready(vid, n))
		n++;
	return n;
}

unsigned int
backend_sessions(const struct backend *backend)
{
	return atomic_load_explicit(&backend->sessions, memory_order_relaxed);
}

/*
 * A pair that is met for the first time in this session. Rings that became ready
 * after the device could not be told about kicks any earlier.
 */
static int
adopt(const struct backend *backend, struct queue_pair *pair, uint64_t device)
{
	unsigned int queue = (unsigned int)(pair - backend->queue_pairs);
	int vid = backend_vid(device);

	if (vid == BACKEND_NOT_READY || !backend_pair_ready(vid, queue))
		return BACKEND_NOT_READY;
	backend_set_kicks(backend, vid, queue);
	pair->adopted = device;
	return vid;
}

/* The device to work on until leave(), or BACKEND_NOT_READY. */
static inline int
enter(struct backend *backend, struct queue_pair *pair)
{
	/* Sequentially consistent: the store must be seen before the load is done. */
	atomic_store(&pair->busy, true);
	uint64_t device = atomic_load(&backend->device);

	if (unlikely(device != pair->adopted || !device))
		return adopt(backend, pair, device);
	return (int)(uint32_t)device;
}

static inline void
leave(struct queue_pair *pair)
{
	atomic_store_explicit(&pair->busy, false, memory_order_release);
}

uint16_t
backend_send(struct backend *backend, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct queue_pair *pair = &backend->queue_pairs[queue];
	int vid = enter(backend, pair);
	uint16_t ring = (uint16_t)(2 * queue), sent = 0;

	if (likely(vid != BACKEND_NOT_READY))
		sent = rte_vhost_enqueue_burst(vid, ring, bufs, n);
	leave(pair);
	return sent;
}

uint16_t
backend_receive(struct backend *backend, unsigned int queue, struct rte_mempool *pool,
		struct rte_mbuf **bufs, uint16_t n)
{
	struct queue_pair *pair = &backend->queue_pairs[queue];
	int vid = enter(backend, pair);
	uint16_t ring = (uint16_t)(2 * queue + 1), got = 0;

	if (likely(vid != BACKEND_NOT_READY))
		got = rte_vhost_dequeue_burst(vid, ring, pool, bufs, n);
	leave(pair);
	return got;
}

void
backend_prefault(struct backend *backend)
{
	struct rte_vhost_memory *memory;
	volatile uint8_t sink;

	if (rte_vhost_get_mem_table(backend_vid(atomic_load(&backend->device)), &memory) < 0)
		return;
	for (uint32_t i = 0; i < memory->nregions; i++) {
		const volatile uint8_t *base =
			(const uint8_t *)(uintptr_t)memory->regions[i].host_user_addr;

		for (uint64_t offset = 0; offset < memory->regions[i].size; offset += 4096)
			sink = base[offset];
	}
	(void)sink;
	free(memory);
}

void
backend_close(struct backend *backend)
{
	if (!backend)
		return;
	backend_unregister(backend);
	/* rte_vhost's thread may still be about to say that the device has gone. */
	wait_until(backend, false, LEAVE_TIMEOUT_MS);
	backend_forget(backend);
	free(backend);
}
