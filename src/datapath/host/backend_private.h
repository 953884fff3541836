/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend from its two sides: rte_vhost's thread, which says that a guest comes or goes
 * (backend_events.c), and the threads that poll queue pairs (backend.c).
 */
#ifndef FOLIO_DATAPATH_BACKEND_PRIVATE_H
#define FOLIO_DATAPATH_BACKEND_PRIVATE_H

#include <stdatomic.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "datapath/host/backend.h"

#define BACKEND_NOT_READY (-1)

/* Devices that rte_vhost can hold: RTE_MAX_VHOST_DEVICE, which is private to it. */
#define BACKEND_DEVICES_MAX 1024

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

/* By device, a bit for each ring that works; rings become ready before and after the device. */
extern atomic_uint backend_ready_rings[BACKEND_DEVICES_MAX];

/* rte_vhost's number of the device, or BACKEND_NOT_READY. */
static inline int
backend_vid(uint64_t device)
{
	return device ? (int)(uint32_t)device : BACKEND_NOT_READY;
}

/* Do both rings of the queue pair work? */
static inline bool
backend_pair_ready(int vid, unsigned int queue)
{
	return (atomic_load(&backend_ready_rings[vid]) >> (2 * queue) & 3) == 3;
}

/* Tells the device whether the guest is to kick that queue pair, as the options say. */
void backend_set_kicks(const struct backend *backend, int vid, unsigned int queue);

/*
 * Has rte_vhost connect, or listen, for it; guests come and go from here on. Returns 0 or
 * -1: rte_vhost says no more.
 */
int backend_register(struct backend *backend);

/*
 * Has rte_vhost let go of it. Its thread may still be about to say that the device has gone:
 * backend_forget() is to follow when it has.
 */
void backend_unregister(struct backend *backend);

/* Nothing of what rte_vhost says is for it any more. */
void backend_forget(struct backend *backend);

#endif
