/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/backend.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <rte_branch_prediction.h>
#include <rte_vhost.h>

#include "base/clock.h"
#include "base/log.h"

#define NOT_READY (-1)
#define LEAVE_TIMEOUT_MS 2000

/* Devices that rte_vhost can hold: RTE_MAX_VHOST_DEVICE, which is private to it. */
#define DEVICES_MAX 1024

/*
 * A polling thread is `busy` while it is inside rte_vhost. It says so before it
 * reads the backend's device; whoever takes the device away clears that first, and
 * then waits for busy to end. One of the two sees the other, so no burst works on a
 * device that rte_vhost has freed.
 */
struct queue_pair {
	atomic_bool busy;
	uint64_t adopted; /* the device whose rings this thread has set up; the polling thread's own */
} __attribute__((aligned(64)));

struct backend {
	struct queue_pair queue_pairs[QUEUES_MAX];
	struct backend_options options;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	/*
	 * Number of the session << 32 | rte_vhost's number of the device, which the
	 * next guest's device gets again; 0: none.
	 */
	_Atomic uint64_t device;
	atomic_uint sessions;
	LIST_ENTRY(backend) entry;
};

/*
 * rte_vhost calls back, from a thread of its own, with a device number only; its
 * socket's path tells whose it is.
 */
static LIST_HEAD(, backend) backends = LIST_HEAD_INITIALIZER(backends);
static pthread_mutex_t backends_lock = PTHREAD_MUTEX_INITIALIZER;

/* Of each device, a bit for each ring that works; rings become ready before and after the device. */
static atomic_uint ready_rings[DEVICES_MAX];

static int
vid_of(uint64_t device)
{
	return device ? (int)(uint32_t)device : NOT_READY;
}

/* Leaves the backend without a device; returns once no burst works on it. */
static void
detach(struct backend *backend)
{
	atomic_store(&backend->device, 0);
	for (unsigned int i = 0; i < QUEUES_MAX; i++)
		while (atomic_load(&backend->queue_pairs[i].busy))
			sched_yield();
}

static bool
pair_ready(int vid, unsigned int queue)
{
	return (atomic_load(&ready_rings[vid]) >> (2 * queue) & 3) == 3;
}

static void
set_kicks(const struct backend *backend, int vid, unsigned int queue)
{
	rte_vhost_enable_guest_notification(vid, (uint16_t)(2 * queue), backend->options.ask_kicks);
	rte_vhost_enable_guest_notification(vid, (uint16_t)(2 * queue + 1),
					    backend->options.ask_kicks);
}

static void
attach(struct backend *backend, int vid)
{
	if (backend_ready(backend)) {
		log_warning(
			"vhost backend at %s: another guest came; it takes the first one's place",
			backend->path);
		detach(backend);
	}
	for (unsigned int i = 0; i < QUEUES_MAX; i++)
		if (pair_ready(vid, i))
			set_kicks(backend, vid, i);
	uint64_t session = atomic_fetch_add(&backend->sessions, 1) + 1;

	atomic_store(&backend->device, session << 32 | (uint32_t)vid);
}

/* The backend that the device belongs to, or NULL. The list must be locked. */
static struct backend *
find_backend(int vid)
{
	char path[sizeof(((struct backend *)0)->path)];
	struct backend *backend;

	if (rte_vhost_get_ifname(vid, path, sizeof(path)) < 0)
		return NULL;
	LIST_FOREACH(backend, &backends, entry)
	if (!strcmp(backend->path, path))
		return backend;
	return NULL;
}

static int
new_connection(int vid)
{
	if (vid < 0 || vid >= DEVICES_MAX)
		return -1;
	atomic_store(&ready_rings[vid], 0);
	return 0;
}

/*
 * rte_vhost holds the ring's lock here, which a burst may wait for: so this must
 * not wait for a burst.
 */
static int
ring_state_changed(int vid, uint16_t ring, int enable)
{
	if (ring >= 2 * QUEUES_MAX)
		return 0;
	if (enable)
		atomic_fetch_or(&ready_rings[vid], 1u << ring);
	else
		atomic_fetch_and(&ready_rings[vid], ~(1u << ring));
	return 0;
}

static int
new_device(int vid)
{
	pthread_mutex_lock(&backends_lock);
	struct backend *backend = find_backend(vid);

	if (backend)
		attach(backend, vid);
	pthread_mutex_unlock(&backends_lock);
	return backend ? 0 : -1;
}

/* rte_vhost frees the device as soon as this returns. */
static void
destroy_device(int vid)
{
	pthread_mutex_lock(&backends_lock);
	struct backend *backend = find_backend(vid);

	if (backend && vid_of(atomic_load(&backend->device)) == vid)
		detach(backend);
	pthread_mutex_unlock(&backends_lock);
}

static const struct rte_vhost_device_ops callbacks = {
	.new_connection = new_connection,
	.new_device = new_device,
	.destroy_device = destroy_device,
	.vring_state_changed = ring_state_changed,
};

static void
enlist(struct backend *backend)
{
	pthread_mutex_lock(&backends_lock);
	LIST_INSERT_HEAD(&backends, backend, entry);
	pthread_mutex_unlock(&backends_lock);
}

static void
delist(struct backend *backend)
{
	pthread_mutex_lock(&backends_lock);
	LIST_REMOVE(backend, entry);
	pthread_mutex_unlock(&backends_lock);
}

/* Returns 0 or -1: rte_vhost says no more. */
static int
register_backend(const struct backend_options *options)
{
	uint64_t flags = RTE_VHOST_USER_NET_COMPLIANT_OL_FLAGS;

	if (!options->server)
		flags |= RTE_VHOST_USER_CLIENT;
	if (!options->reconnect)
		flags |= RTE_VHOST_USER_NO_RECONNECT;
	if (options->iommu)
		flags |= RTE_VHOST_USER_IOMMU_SUPPORT;
	if (rte_vhost_driver_register(options->path, flags))
		return -1;
	if (!rte_vhost_driver_callback_register(options->path, &callbacks) &&
	    !rte_vhost_driver_start(options->path))
		return 0;
	rte_vhost_driver_unregister(options->path);
	return -1;
}

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
	enlist(backend);
	if (register_backend(&backend->options)) {
		log_error("vhost backend at %s: rte_vhost did not take it", backend->path);
		delist(backend);
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
	int vid = vid_of(atomic_load_explicit(&backend->device, memory_order_relaxed));
	unsigned int n = 0;

	if (vid == NOT_READY)
		return 0;
	while (n < QUEUES_MAX && pair_ready(vid, n))
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
	int vid = vid_of(device);

	if (vid == NOT_READY || !pair_ready(vid, queue))
		return NOT_READY;
	set_kicks(backend, vid, queue);
	pair->adopted = device;
	return vid;
}

/* The device to work on until leave(), or NOT_READY. */
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

	if (likely(vid != NOT_READY))
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

	if (likely(vid != NOT_READY))
		got = rte_vhost_dequeue_burst(vid, ring, pool, bufs, n);
	leave(pair);
	return got;
}

void
backend_prefault(struct backend *backend)
{
	struct rte_vhost_memory *memory;
	volatile uint8_t sink;

	if (rte_vhost_get_mem_table(vid_of(atomic_load(&backend->device)), &memory) < 0)
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
	rte_vhost_driver_unregister(backend->path);
	/* rte_vhost's thread may still be about to say that the device has gone. */
	wait_until(backend, false, LEAVE_TIMEOUT_MS);
	delist(backend);
	free(backend);
}
