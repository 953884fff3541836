/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/backend.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_vhost.h>

#include "base/clock.h"
#include "base/log.h"

/* Virtqueue numbers of a virtio-net device, by the guest's view (virtio 1.2, 5.1.2). */
#define GUEST_RX_QUEUE 0
#define GUEST_TX_QUEUE 1

#define BACKENDS_MAX 16
#define NOT_READY (-1)

struct backend {
	char path[108];
	atomic_int vid;
};

/* rte_vhost calls back with a device number only; its socket's path tells whose it is. */
static struct backend *backends[BACKENDS_MAX];

static struct backend *
backend_of(int vid)
{
	char path[sizeof(backends[0]->path)];

	if (rte_vhost_get_ifname(vid, path, sizeof(path)) < 0)
		return NULL;
	for (int i = 0; i < BACKENDS_MAX; i++)
		if (backends[i] && !strcmp(backends[i]->path, path))
			return backends[i];
	return NULL;
}

static int
new_device(int vid)
{
	struct backend *backend = backend_of(vid);

	if (!backend)
		return -1;
	rte_vhost_enable_guest_notification(vid, GUEST_RX_QUEUE, 0);
	rte_vhost_enable_guest_notification(vid, GUEST_TX_QUEUE, 0);
	atomic_store(&backend->vid, vid);
	return 0;
}

static void
destroy_device(int vid)
{
	struct backend *backend = backend_of(vid);

	if (backend)
		atomic_store(&backend->vid, NOT_READY);
}

static const struct rte_vhost_device_ops callbacks = {
	.new_device = new_device,
	.destroy_device = destroy_device,
};

static int
enlist(struct backend *backend)
{
	for (int i = 0; i < BACKENDS_MAX; i++) {
		if (backends[i])
			continue;
		backends[i] = backend;
		return 0;
	}
	return -ENFILE;
}

static void
delist(const struct backend *backend)
{
	for (int i = 0; i < BACKENDS_MAX; i++)
		if (backends[i] == backend)
			backends[i] = NULL;
}

int
backend_open(const char *path, bool iommu, struct backend **out)
{
	uint64_t flags = RTE_VHOST_USER_CLIENT | RTE_VHOST_USER_NO_RECONNECT |
			 RTE_VHOST_USER_NET_COMPLIANT_OL_FLAGS;
	struct backend *backend = calloc(1, sizeof(*backend));
	int error;

	if (!backend)
		return -ENOMEM;
	snprintf(backend->path, sizeof(backend->path), "%s", path);
	atomic_store(&backend->vid, NOT_READY);
	error = enlist(backend);
	if (error)
		goto fail;
	if (iommu)
		flags |= RTE_VHOST_USER_IOMMU_SUPPORT;
	error = -EIO;
	if (rte_vhost_driver_register(path, flags))
		goto fail_listed;
	if (rte_vhost_driver_callback_register(path, &callbacks) || rte_vhost_driver_start(path)) {
		rte_vhost_driver_unregister(path);
		goto fail_listed;
	}
	*out = backend;
	return 0;

fail_listed:
	delist(backend);
fail:
	log_error("vhost backend at %s: %s", path, strerror(-error));
	free(backend);
	return error;
}

int
backend_wait_ready(struct backend *backend, int timeout_ms)
{
	uint64_t deadline_ns = clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000;

	while (!backend_ready(backend)) {
		if (clock_monotonic_ns() > deadline_ns) {
			log_error("vhost backend at %s: the guest did not start the device in %d ms",
				  backend->path, timeout_ms);
			return -ETIMEDOUT;
		}
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
	return 0;
}

bool
backend_ready(const struct backend *backend)
{
	return atomic_load_explicit(&backend->vid, memory_order_relaxed) != NOT_READY;
}

uint16_t
backend_send(struct backend *backend, struct rte_mbuf **bufs, uint16_t n)
{
	int vid = atomic_load_explicit(&backend->vid, memory_order_relaxed);

	return vid == NOT_READY ? 0 : rte_vhost_enqueue_burst(vid, GUEST_RX_QUEUE, bufs, n);
}

uint16_t
backend_receive(struct backend *backend, struct rte_mempool *pool, struct rte_mbuf **bufs,
		uint16_t n)
{
	int vid = atomic_load_explicit(&backend->vid, memory_order_relaxed);

	return vid == NOT_READY ? 0
				: rte_vhost_dequeue_burst(vid, GUEST_TX_QUEUE, pool, bufs, n);
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
	delist(backend);
	free(backend);
}
