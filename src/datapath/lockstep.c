/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices and lanes: what is set up before slices run. */
#include "datapath/lockstep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "datapath/eal.h"
#include "datapath/forward.h"
#include "datapath/guest/virtio_user.h"
#include "datapath/host/backend.h"
#include "datapath/host/host_path.h"
#include "datapath/lane.h"
#include "datapath/workloads/workload.h"

#define CONNECT_TIMEOUT_MS 5000

int
lockstep_open(const struct lockstep_options *options, struct lockstep **out)
{
	struct lockstep *bench = calloc(1, sizeof(*bench));
	int error;

	if (!bench)
		return -ENOMEM;
	bench->options = *options;
	bench->workload = workload_find(options->workload);
	if (!bench->workload) {
		log_error("workload %s: there is none of that name", options->workload);
		free(bench);
		return -EINVAL;
	}
	error = sink_open(&bench->sink, bench->workload, options->verify_every);
	if (error) {
		free(bench);
		return error;
	}
	*out = bench;
	return 0;
}

static void
device_close(struct device *device)
{
	host_paths_close(device->host_paths);
	virtio_user_close(device->peer);
	guest_close(&device->guest);
	backend_close(device->backend);
	free(device);
}

static void
lane_close(struct lane *lane)
{
	for (unsigned int q = 0; q < lane->config.queues; q++)
		port_close(&lane->ports[q]);
	link_close(&lane->link);
	workload_close(lane->bench->workload, &lane->workload_state);
	ipsec_ends_close(&lane->peer);
	free(lane);
}

void
lockstep_close(struct lockstep *bench)
{
	if (!bench)
		return;
	for (unsigned int i = 0; i < bench->n_lanes; i++) {
		lane_close(bench->lanes[i]);
	}
	for (unsigned int i = 0; i < bench->n_devices; i++)
		device_close(bench->devices[i]);
	sink_close(&bench->sink);
	free(bench->lanes);
	free(bench->devices);
	free(bench);
}

/* Guest first: it listens; the backend connects; then both are in the same process and wait. */
static int
device_connect(struct device *device, const char *path)
{
	bool iommu = datapath_config_needs_iommu(&device->config);
	const struct backend_options options = {
		.path = path,
		.iommu = iommu,
		.ask_kicks = device->config.notify & NOTIFY_KICK,
	};
	int error = backend_open(&options, &device->backend);

	if (!error)
		error = guest_connect(&device->guest, iommu, CONNECT_TIMEOUT_MS);
	if (!error)
		error = backend_wait_ready(device->backend, CONNECT_TIMEOUT_MS);
	if (!error)
		backend_prefault(device->backend);
	return error;
}

/* The host listens here: see virtio_user.c. */
static int
peer_open(struct device *device, const char *path)
{
	const struct backend_options options = {
		.path = path,
		.server = true,
		.ask_kicks = device->config.notify & NOTIFY_KICK,
	};
	int error = backend_open(&options, &device->backend);

	if (!error)
		error = virtio_user_open(&device->config, path, &device->peer);
	if (!error)
		error = backend_wait_ready(device->backend, CONNECT_TIMEOUT_MS);
	if (!error)
		backend_prefault(device->backend);
	return error;
}

static int
guest_side_open(const struct lockstep *bench, struct device *device, const char *path, bool null)
{
	const struct guest_options options = {
		.config = &device->config,
		.bounce_bytes = bench->options.bounce_bytes,
		.path = null ? NULL : path,
	};
	int error = guest_open(&device->guest, &options);

	return error || null ? error : device_connect(device, path);
}

static int
refuse_ethdev(void)
{
	log_error("device ethdev: in lock-step the host is the vhost backend of FOLIO's own "
		  "devices, allowed: device: vhost-user, virtio-user");
	return -ENOTSUP;
}

static int
device_open(struct lockstep *bench, const struct datapath_config *config, bool null, bool own,
	    struct device **out)
{
	struct device *device = calloc(1, sizeof(*device));
	char path[256];
	int error;

	if (!device)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/%u", bench->options.socket_dir, bench->n_devices);
	device->config = *config;
	device->own = own;
	if (config->device == DEVICE_ETHDEV)
		error = refuse_ethdev();
	else if (config->device == DEVICE_VIRTIO_USER && !null)
		error = peer_open(device, path);
	else
		error = guest_side_open(bench, device, path, null);
	if (error) {
		device_close(device);
		return error;
	}
	*out = device;
	return 0;
}

bool
lockstep_shares_device(const struct datapath_config *a, const struct datapath_config *b)
{
	return a->device == b->device && a->format == b->format && a->ring_size == b->ring_size &&
	       a->queues == b->queues && a->mergeable == b->mergeable &&
	       a->event_idx == b->event_idx && a->notify == b->notify && a->memory == b->memory &&
	       (a->esp.crypto == ESP_CRYPTO_INLINE) == (b->esp.crypto == ESP_CRYPTO_INLINE) &&
	       !strcmp(a->devargs, b->devargs) &&
	       datapath_config_needs_iommu(a) == datapath_config_needs_iommu(b);
}

static struct device *
device_shared(const struct lockstep *bench, const struct datapath_config *config, bool null)
{
	for (unsigned int i = 0; i < bench->n_devices; i++) {
		struct device *device = bench->devices[i];

		if (!device->own && null == !device->backend &&
		    lockstep_shares_device(&device->config, config))
			return device;
	}
	return NULL;
}

/* One more place in an array of pointers; NULL when there is no memory. */
static void *
grow(void *array, unsigned int n)
{
	return realloc(array, (n + 1) * sizeof(void *));
}

static int
device_for(struct lockstep *bench, const struct datapath_config *config, bool null, bool own,
	   struct device **out)
{
	struct device *device = own ? NULL : device_shared(bench, config, null);
	int error;

	if (device) {
		*out = device;
		return 0;
	}
	void *devices = grow(bench->devices, bench->n_devices);

	if (!devices)
		return -ENOMEM;
	bench->devices = devices;
	error = device_open(bench, config, null, own, out);
	if (!error)
		bench->devices[bench->n_devices++] = *out;
	return error;
}

const struct counter lane_counters[] = {
	{"drop.not_enqueued", offsetof(struct lane, drop_not_enqueued), "packets",
	 "offered by the host, but not taken by the device in time"},
	{0},
};

static int
open_ports(struct lane *lane)
{
	int error = 0;

	if (lane->device->peer) {
		for (unsigned int q = 0; !error && q < lane->config.queues; q++)
			error = virtio_user_port(lane->device->peer, q, &lane->ports[q]);
		return error;
	}
	for (unsigned int q = 0; !error && q < lane->config.queues; q++) {
		const struct port_options options = {.guest = &lane->device->guest,
						     .queue = q,
						     .config = &lane->config,
						     .lockstep = true,
						     .own_host = true};

		error = port_open(&lane->ports[q], &options);
	}
	return error;
}

static int
choose_host(struct lane *lane)
{
	struct device *device = lane->device;

	lane->host = &lane_host_straight;
	if (!device->backend || !datapath_config_through_host_kernel(&lane->config))
		return 0;
	lane->host = &lane_host_kernel;
	return device->host_paths[0] ? 0 :
				       host_paths_open(device->backend, device->config.queues,
						       lane->bench->sink.pool, device->host_paths);
}

static int
open_application(struct lane *lane)
{
	const struct workload *workload = lane->bench->workload;
	int error =
		workload_open(workload, &lane->config, &lane->workload_state, &lane->application);

	if (!error && workload_wants_esp(workload, &lane->config))
		error = ipsec_ends_open(&lane->peer, &lane->config.esp, false);
	return error;
}

int
lockstep_add(struct lockstep *bench, const struct datapath_config *config, const char *device_kind,
	     bool own_device, struct lane **out)
{
	bool null = !strcmp(device_kind, "null");
	struct lane *lane = calloc(1, sizeof(*lane));
	void *lanes = grow(bench->lanes, bench->n_lanes);
	int error = -ENOMEM;

	if (lanes)
		bench->lanes = lanes;
	if (!lane || !lanes)
		goto fail;
	lane->bench = bench;
	lane->config = *config;
	error = device_for(bench, config, null, own_device, &lane->device);
	if (error)
		goto fail;
	error = open_ports(lane);
	if (!error)
		error = choose_host(lane);
	if (!error)
		error = link_open(&lane->link, config);
	if (!error)
		error = open_application(lane);
	if (error) {
		lane_close(lane);
		return error;
	}
	for (unsigned int q = 0; q < lane->config.queues; q++)
		lane->applications[q] = forward_application(&lane->ports[q], &lane->application);
	tally_add(&lane->tally, "", lane_counters, lane);
	if (bench->workload->counters)
		tally_add(&lane->tally, bench->workload->name, bench->workload->counters,
			  &lane->workload_state);
	tally_add_ports(&lane->tally, lane->ports, lane->config.queues);
	link_tally(&lane->link, &lane->tally);
	if (bench->options.counters)
		tally_add_source(&lane->tally, bench->options.counters);
	bench->lanes[bench->n_lanes++] = lane;
	*out = lane;
	return 0;

fail:
	free(lane);
	return error;
}

struct port *
lane_port(struct lane *lane, unsigned int queue)
{
	return &lane->ports[queue];
}

bool
lane_same_device(const struct lane *a, const struct lane *b)
{
	return a->device == b->device;
}

int
lockstep_set_traffic(struct lockstep *bench, const struct traffic *traffic)
{
	return sink_set_traffic(&bench->sink, traffic);
}
