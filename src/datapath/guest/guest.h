/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The confidential VM's side of one device: shared region, pools, device and,
 * where the device translates, IOMMU. Ports on it take turns, and outlive the
 * backend: when it has gone, the guest disconnects and connects to the next one.
 *
 *   region:  rings | pad to 2 MiB | packet slots, queue by queue | bounce slots
 *                                 '--------------- data area ---------------'
 */
#ifndef FOLIO_DATAPATH_GUEST_H
#define FOLIO_DATAPATH_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/config.h"
#include "datapath/guest/lower.h"
#include "datapath/guest/null_device.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/region.h"
#include "datapath/guest/virtio_net.h"

struct ethdev_device;
struct memory_need;
struct iommu;

struct guest_options {
	const struct datapath_config *config; /* rings, queues; its sources are the ports' business */
	size_t bounce_bytes;                  /* a multiple of 2 MiB, for all queues together */
	bool no_shadow;                       /* no shadow pools: the application brings its own */
	const char *path; /* of the vhost-user socket, at most 107 bytes; NULL: the null device */
	bool client;      /* dial a backend that listens there; else listen for one that dials */
	bool keep_name;   /* as the server listen until guest_close(); else for each connection */
	int reply_timeout_ms; /* that a backend has for each reply; 0: 5 s */
};

/* What a port works on: one queue pair with pools of its own, so that queues share nothing. */
struct guest_queue {
	struct lower *lower;
	struct pools pools;
};

struct guest {
	struct region region;
	unsigned int n_queues;
	struct guest_queue queues[QUEUES_MAX];
	struct virtio_net *virtio_net; /* NULL: another device */
	struct ethdev_device *ethdev;  /* NULL: another device */
	struct null_device null_devices[QUEUES_MAX];
	struct iommu *iommu; /* NULL: the device does not translate */
	uint8_t *data;       /* slots of all queues, and bounce slots */
	size_t data_bytes;
	uint8_t *bounce; /* NULL when bounce_bytes is 0 */
	size_t bounce_bytes;
};

/* The size of the region of a guest with such options. */
size_t guest_region_bytes(const struct datapath_config *config, size_t bounce_bytes);

/* The same of its data area. */
size_t guest_data_bytes(const struct datapath_config *config, size_t bounce_bytes);

/* Adds what such a guest, or a device virtio-user and its pools, and its host's driver need. */
void guest_add_need(const struct datapath_config *config, size_t bounce_bytes,
		    struct memory_need *need);

/*
 * Makes all of it, and listens unless it is the client. The backend may come from
 * here on. Returns 0 or -errno after log_error(). The guest must not move in
 * memory.
 */
int guest_open(struct guest *guest, const struct guest_options *options);

/*
 * Waits at most timeout_ms until there is a connection with a backend: the part
 * of guest_connect() that may be repeated in silence. Returns 0; -ETIMEDOUT
 * without a word; or another -errno after log_error(). 0 at once for the null
 * device.
 */
int guest_wait(struct guest *guest, int timeout_ms);

/*
 * Waits for the backend likewise, agrees with it and starts the device, all of it in
 * timeout_ms. On an error, after log_error(), the guest is disconnected, and this may
 * be tried again: -ENOTSUP is a backend that lacks something, -ETIMEDOUT, -EPIPE, ...
 * one that did not come, went away, broke the protocol, or is slow. -ECANCELED,
 * without a word: guest_interrupt().
 */
int guest_connect(struct guest *guest, bool iommu, int timeout_ms);

/*
 * Ends a guest_connect() that agrees with a backend, and every later one of this
 * guest: for a guest that is to end, and would wait for a host's replies. A
 * connection that stands is left alone. Any thread or signal handler may call it
 * between guest_open() and guest_close().
 */
void guest_interrupt(struct guest *guest);

/*
 * Has the backend gone, broken the protocol, or taken memory of the region away?
 * For the control path; any thread may ask, but not during the calls above and
 * below.
 */
bool guest_peer_gone(struct guest *guest);

/*
 * Ends the connection, and makes everything fit for the next one: the mbufs that
 * the backend held are back in their pools, counted (lost.rx_posted,
 * lost.tx_in_flight) and unmapped for the port that has its turn; rings are empty
 * and in service; the region is zeroed and a new memory object, so that a backend
 * that lives on finds nothing. Ports stay open and keep their turn. No burst may
 * run during this or guest_connect(); in between it may: what is sent waits in the
 * ring. Returns 0, or -errno after log_error() when no new memory can be had:
 * guest_connect() tries again.
 */
int guest_disconnect(struct guest *guest);

/* Hangs up, zeroes the region and frees everything. Ports on it are closed before. */
void guest_close(struct guest *guest);

#endif
