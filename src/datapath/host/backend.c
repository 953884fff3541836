/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/backend.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include <rte_vhost.h>

#include "base/clock.h"
#include "base/log.h"

/* Virtqueue numbers of a virtio-net device, by the guest's view (virtio 1.2, 5.1.2). */
#define GUEST_RX_QUEUE(pair) (uint16_t)(2 * (pair))
#define GUEST_TX_QUEUE(pair) (uint16_t)(2 * (pair) + 1)

#define NOT_READY (-1)
#define LEAVE_TIMEOUT_MS 2000

struct backend {
	char path[108];
	atomic_int vid;
	LIST_ENTRY(backend) entry;
};

/*
 * rte_vhost calls back, from a thread of its own, with a device number only; its
 * socket's path tells whose it is.
 */
static LIST_HEAD(, backend) backends = LIST_HEAD_INITIALIZER(backends);
static pthread_mutex_t backends_lock = PTHREAD_MUTEX_INITIALIZER;

/* The backend of a device gets its number, or NOT_READY. Returns 0, or -1 when it is nobody's. */
static int
set_vid(int device, int vid)
{
	char path[sizeof(((struct backend *)0)->path)];
	struct backend *backend;

	if (rte_vhost_get_ifname(device, path, sizeof(path)) < 0)
		return -1;
	pthread_mutex_lock(&backends_lock);
	LIST_FOREACH(backend, &backends, entry)
	{
		if (strcmp(backend->path, path))
			continue;
		atomic_store(&backend->vid, vid);
		break;
	}
	pthread_mutex_unlock(&backends_lock);
	return backend ? 0 : -1;
}

static int
new_device(int vid)
{
	for (uint16_t queue = 0; queue < rte_vhost_get_vring_num(vid); queue++)
		rte_vhost_enable_guest_notification(vid, queue, 0);
	return set_vid(vid, vid);
}

static void
destroy_device(int vid)
{
	set_vid(vid, NOT_READY);
}

static const struct rte_vhost_device_ops callbacks = {
	.new_device = new_device,
	.destroy_device = destroy_device,
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
register_backend(const char *path, bool iommu)
{
	uint64_t flags = RTE_VHOST_USER_CLIENT | RTE_VHOST_USER_NO_RECONNECT |
			 RTE_VHOST_USER_NET_COMPLIANT_OL_FLAGS;

	if (iommu)
		flags |= RTE_VHOST_USER_IOMMU_SUPPORT;
	if (rte_vhost_driver_register(path, flags))
		return -1;
	if (!rte_vhost_driver_callback_register(path, &callbacks) && !rte_vhost_driver_start(path))
		return 0;
	rte_vhost_driver_unregister(path);
	return -1;
}

int
backend_open(const char *path, bool iommu, struct backend **out)
{
	struct backend *backend = calloc(1, sizeof(*backend));

	if (!backend)
		return -ENOMEM;
	snprintf(backend->path, sizeof(backend->path), "%s", path);
	atomic_store(&backend->vid, NOT_READY);
	enlist(backend);
	if (register_backend(path, iommu)) {
		log_error("vhost backend at %s: rte_vhost did not take it", path);
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
	return atomic_load_explicit(&backend->vid, memory_order_relaxed) != NOT_READY;
}

uint16_t
backend_send(struct backend *backend, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	int vid = atomic_load_explicit(&backend->vid, memory_order_relaxed);

	return vid == NOT_READY ? 0 : rte_vhost_enqueue_burst(vid, GUEST_RX_QUEUE(queue), bufs, n);
}

uint16_t
backend_receive(struct backend *backend, unsigned int queue, struct rte_mempool *pool,
		struct rte_mbuf **bufs, uint16_t n)
{
	int vid = atomic_load_explicit(&backend->vid, memory_order_relaxed);

	return vid == NOT_READY ?
		       0 :
		       rte_vhost_dequeue_burst(vid, GUEST_TX_QUEUE(queue), pool, bufs, n);
}

void
backend_prefault(struct backend *backend)
{
	struct rte_vhost_memory *memory;
	volatile uint8_t sink;

	if (rte_vhost_get_mem_table(atomic_load(&backend->vid), &memory) < 0)
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
