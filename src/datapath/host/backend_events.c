/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What rte_vhost's thread says: a device has come, its rings work, it goes. It calls
 * back with a device number only; its socket's path tells whose it is.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <rte_vhost.h>

#include "base/log.h"
#include "datapath/host/backend_private.h"

static LIST_HEAD(, backend) backends = LIST_HEAD_INITIALIZER(backends);
static pthread_mutex_t backends_lock = PTHREAD_MUTEX_INITIALIZER;

atomic_uint backend_ready_rings[BACKEND_DEVICES_MAX];

/* Leaves the backend without a device; returns once no burst works on it. */
static void
detach(struct backend *backend)
{
	atomic_store(&backend->device, 0);
	for (unsigned int i = 0; i < QUEUES_MAX; i++)
		while (atomic_load(&backend->queue_pairs[i].busy))
			sched_yield();
}

void
backend_set_kicks(const struct backend *backend, int vid, unsigned int queue)
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
		if (backend_pair_ready(vid, i))
			backend_set_kicks(backend, vid, i);
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
	if (vid < 0 || vid >= BACKEND_DEVICES_MAX)
		return -1;
	atomic_store(&backend_ready_rings[vid], 0);
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
		atomic_fetch_or(&backend_ready_rings[vid], 1u << ring);
	else
		atomic_fetch_and(&backend_ready_rings[vid], ~(1u << ring));
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

	if (backend && backend_vid(atomic_load(&backend->device)) == vid)
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

void
backend_forget(struct backend *backend)
{
	pthread_mutex_lock(&backends_lock);
	LIST_REMOVE(backend, entry);
	pthread_mutex_unlock(&backends_lock);
}

/* Returns 0 or -1: rte_vhost says no more. */
static int
start_driver(const struct backend_options *options)
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
backend_register(struct backend *backend)
{
	enlist(backend);
	if (!start_driver(&backend->options))
		return 0;
	backend_forget(backend);
	return -1;
}

void
backend_unregister(struct backend *backend)
{
	rte_vhost_driver_unregister(backend->path);
}
