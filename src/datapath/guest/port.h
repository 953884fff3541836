/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port: the FOLIO layer on a queue pair of the lower device, and what an
 * application sees.
 * Receive and transmit bursts move private mbufs; one copy per packet and
 * direction stands in between, or none where the device reaches the
 * application's buffers (the ideal). In copy mode header an mbuf's first segment
 * is private, and a second one, marked as untrusted (COPY_UNTRUSTED_FLAG), is the
 * payload in shared memory; it goes out only behind a first segment. The
 * configuration's sources hook in here.
 *
 * Which variant of the burst functions serves a port is decided once, when it is
 * opened: by the copy mode, with and without hooks.
 */
#ifndef FOLIO_DATAPATH_PORT_H
#define FOLIO_DATAPATH_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "datapath/config.h"
#include "datapath/exits/exit.h"
#include "datapath/guest/lower.h"
#include "datapath/guest/mbuf_stack.h"
#include "datapath/sources/source.h"
#include "datapath/workloads/work.h"

struct bounce_copy;
struct guest;
struct interrupt;
struct port_burst;
struct port_inline;
struct rte_mempool;

struct port_point {
	void (*act)(void *state);
	void *state;
};

struct port_hook {
	void (*burst)(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction);
	void *state;
};

struct port {
	uint16_t (*rx)(struct port *port, struct rte_mbuf **bufs, uint16_t n);
	uint16_t (*tx)(struct port *port, struct rte_mbuf **bufs, uint16_t n);
	struct lower *lower;
	/* The pools, and free mbufs of them at hand while the port has its turn (ports that copy). */
	struct mbuf_stack hot_temporary, hot_shadow;
	struct mbuf_stack spare_temporary; /* for the device to receive into, and what it has sent */
	uintptr_t shadow_start;            /* the shadow pool's memory, to know its mbufs by; */
	size_t shadow_bytes;               /* 0: it is in several pieces */
	uint32_t shadow_room_bytes;        /* behind the headroom of one of its mbufs */
	struct bounce_copy *copy;          /* NULL: nothing is copied */
	struct interrupt *interrupt;       /* NULL: it polls, and never sleeps */
	struct port_inline *crypto;        /* NULL: the port's bursts are its caller's thread's */

	/* In the order of acting. Ends of lists: burst or act NULL. */
	struct port_hook map[SOURCES_MAX + 1];
	struct port_hook unmap[SOURCES_MAX + 1];
	struct port_point points[POINTS][SOURCES_MAX + 1];

	struct application application; /* of a source in the workload's place; burst NULL: none */
	struct work work;               /* the application's beyond that */
	const struct port_burst *burst; /* its bursts without what port_points.h puts before them */
	struct buffer_ops buffers, draining;
	struct exit_engine exits;
	uint64_t asleep_cycles; /* in bursts so far: whoever times a burst takes them off */
	void *states[SOURCES_MAX];
	uint64_t drop_no_shadow;    /* received, but no shadow buffer was free */
	uint64_t drop_no_temporary; /* to be sent, but no temporary buffer was free */
	uint64_t drop_esp; /* received where the port decrypts, but not as the association wants it */
	uint64_t drop_unsendable; /* too long, other segments than received, no room for the header, not the port's */
};

/* Over struct port: the drops. */
extern const struct counter port_counters[];

struct port_options {
	struct guest *guest;
	unsigned int queue;                   /* the queue pair of guest's that it drives */
	const struct datapath_config *config; /* its sources */
	struct rte_mempool *shadow;           /* NULL: the queue's own shadow pool */
	uint16_t port_id;                     /* what received mbufs say they came from */
	bool own_host;  /* the host is FOLIO's, and charges what the device's link costs */
	bool lockstep;  /* the host is driven by the same thread: who waits for it waits for ever */
	int crypto_cpu; /* esp_crypto inline: its thread's core; -1: any */
};

/*
 * Opens a port with config's sources on a queue pair; it has no turn yet.
 * Returns 0 or -errno after log_error(). guest and shadow outlive it, and the
 * port must not move in memory.
 */
int port_open(struct port *port, const struct port_options *options);

/*
 * The private memory that copying into takes, of n ports that were opened with one
 * configuration: nothing where nothing is copied.
 */
struct pool_memory port_shadow_memory(const struct port *ports, unsigned int n);

/* The device must be drained. */
void port_close(struct port *port);

/* Gives the port its turn on the device, which must be drained. Returns 0 or -errno after log_error(). */
int port_attach(struct port *port);

/* Until port_attach() no thread of the port's own works on the device (esp_crypto inline). */
void port_halt(struct port *port);

/* From here on the device gets no new receive buffers; bursts still move what is under way. */
void port_drain(struct port *port);

/*
 * Is nothing of the port's left with the device? Reclaims what has been sent, and
 * when nothing is left gives the mbufs at hand back to their pools.
 */
bool port_drained(struct port *port);

/* Up to n (at most 32) received mbufs; the caller owns them. */
static inline uint16_t
port_rx_burst(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	return port->rx(port, bufs, n);
}

/*
 * Sends up to n (at most 32) mbufs and returns how many it took from the
 * front; those belong to the port, which may reorder the array. A frame that
 * cannot be sent is taken, dropped and counted.
 */
static inline uint16_t
port_tx_burst(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	return port->tx(port, bufs, n);
}

#endif
