/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/port_inline.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/log.h"
#include "datapath/burst_meter.h"
#include "datapath/guest/gate.h"
#include "datapath/guest/port.h"
#include "datapath/ipsec/ipsec_ends.h"

struct port_inline {
	struct port *port;
	/* The port's own, which are the thread's. */
	uint16_t (*rx)(struct port *port, struct rte_mbuf **bufs, uint16_t n);
	uint16_t (*tx)(struct port *port, struct rte_mbuf **bufs, uint16_t n);
	struct rte_ring *received, *to_send; /* plain frames */
	int cpu;
	pthread_t thread;
	bool started;
	uint16_t burst;

	/* The thread's. */
	_Alignas(64) struct ipsec_ends ends;
	struct rte_mbuf *sealed[IPSEC_BURST_MAX]; /* that the device had no room for yet */
	uint16_t n_sealed;
	bool metered; /* is the present turn */
	struct burst_meter opening, sealing;
	unsigned int lcore; /* DPDK's number for it, of its caches; LCORE_ID_ANY: none */

	_Alignas(64) struct gate gate;
	atomic_bool metering;
};

const struct counter port_inline_counters[] = {
	ESP_COUNTERS(struct port_inline, ends.counters),
	{0},
};

/* ---- The application's bursts ---- */

static uint16_t
rx_plain(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	return (uint16_t)rte_ring_sc_dequeue_burst(port->crypto->received, (void **)bufs, n, NULL);
}

static uint16_t
tx_plain(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	return (uint16_t)rte_ring_sp_enqueue_burst(port->crypto->to_send, (void *const *)bufs, n,
						   NULL);
}

/* ---- The crypto thread ---- */

static inline bool
is_arp(const struct rte_mbuf *mbuf)
{
	return mbuf->data_len >= sizeof(struct rte_ether_hdr) &&
	       esp_is_arp(rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *));
}

/* It gets its padding where it is: nobody else may hold it. */
static inline bool
is_sealable(const struct rte_mbuf *mbuf)
{
	return mbuf->nb_segs == 1 && rte_mbuf_refcnt_read(mbuf) == 1 &&
	       esp_can_carry(rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *), mbuf->data_len);
}

/* Moves frames of ARP to arp, and frees the others; returns how many there are. */
static uint16_t
choose_arp(struct rte_mbuf **plain, uint16_t n, struct rte_mbuf **arp)
{
	uint16_t n_arp = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (is_arp(plain[i]))
			arp[n_arp++] = plain[i];
		else
			rte_pktmbuf_free(plain[i]);
	}
	return n_arp;
}

/* No more than the application's ring has room for: the others wait in the device's. */
static inline void
receive(struct port_inline *crypto)
{
	struct rte_mbuf *bufs[IPSEC_BURST_MAX], *plain[IPSEC_BURST_MAX];
	uint16_t room = (uint16_t)RTE_MIN(rte_ring_free_count(crypto->received), crypto->burst);
	uint64_t start = clock_tsc();
	uint16_t got = room ? crypto->rx(crypto->port, bufs, room) : 0, n_plain, opened;

	if (!got)
		return;
	opened = ipsec_ends_receive(&crypto->ends, bufs, got, plain, &n_plain);
	if (unlikely(n_plain))
		opened += choose_arp(plain, n_plain, bufs + opened);
	crypto->port->drop_esp += (uint64_t)(got - opened);
	rte_ring_sp_enqueue_bulk(crypto->received, (void *const *)bufs, opened, NULL);
	if (crypto->metered)
		burst_meter_add(&crypto->opening, clock_tsc() - start, got);
}

/* ARP goes behind the others, in plain. */
static uint16_t
seal(struct port_inline *crypto, struct rte_mbuf **bufs, uint16_t n)
{
	struct rte_mbuf *others[IPSEC_BURST_MAX];
	uint16_t n_esp = 0, n_others = 0, sealed;

	for (uint16_t i = 0; i < n; i++) {
		if (likely(is_sealable(bufs[i])))
			bufs[n_esp++] = bufs[i];
		else
			others[n_others++] = bufs[i];
	}
	sealed = ipsec_sa_seal(crypto->ends.out, bufs, n_esp, &crypto->ends.counters);
	if (unlikely(n_others))
		sealed += choose_arp(others, n_others, bufs + sealed);
	crypto->port->drop_unsendable += (uint64_t)(n - sealed);
	return sealed;
}

/* A sealed frame has its number: it is kept until the device takes it. */
static inline void
transmit(struct port_inline *crypto)
{
	uint64_t start = clock_tsc();
	uint16_t n = 0, sent;

	if (likely(!crypto->n_sealed)) {
		n = (uint16_t)rte_ring_sc_dequeue_burst(crypto->to_send, (void **)crypto->sealed,
							crypto->burst, NULL);
		if (!n)
			return;
		crypto->n_sealed = seal(crypto, crypto->sealed, n);
	}
	sent = crypto->tx(crypto->port, crypto->sealed, crypto->n_sealed);
	crypto->n_sealed -= sent;
	memmove(crypto->sealed, crypto->sealed + sent, crypto->n_sealed * sizeof(*crypto->sealed));
	if (crypto->metered && n)
		burst_meter_add(&crypto->sealing, clock_tsc() - start, n);
}

static inline void
turn(struct port_inline *crypto)
{
	crypto->metered = atomic_load_explicit(&crypto->metering, memory_order_relaxed);
	receive(crypto);
	transmit(crypto);
}

static void *
run(void *arg)
{
	struct port_inline *crypto = arg;

	if (crypto->cpu >= 0 && cpu_pin(crypto->cpu))
		log_warning("the crypto thread is not kept on core %d", crypto->cpu);
	/* Without a number of its own the thread has no cache in front of the pools. */
	if (rte_thread_register())
		log_warning("the crypto thread got no DPDK lcore: %s", rte_strerror(rte_errno));
	crypto->lcore = rte_lcore_id();
	gate_enter(&crypto->gate);
	while (gate_pass(&crypto->gate))
		turn(crypto);
	gate_leave(&crypto->gate);
	rte_thread_unregister();
	return NULL;
}

/* ---- The control path ---- */

/* Private memory: the frames' buffers may be shared, who is in which place is not. */
static struct rte_ring *
make_ring(unsigned int entries)
{
	ssize_t bytes = rte_ring_get_memsize(entries);
	struct rte_ring *ring = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_CACHE_LINE_ROUNDUP(bytes));

	if (ring)
		rte_ring_init(ring, "inline", entries, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return ring;
}

int
port_inline_open(struct port *port, const struct datapath_config *config, int cpu)
{
	struct port_inline *crypto = aligned_alloc(_Alignof(struct port_inline), sizeof(*crypto));
	int error;

	if (!crypto)
		return -ENOMEM;
	memset(crypto, 0, sizeof(*crypto));
	crypto->port = port;
	crypto->cpu = cpu;
	crypto->lcore = LCORE_ID_ANY;
	crypto->burst = (uint16_t)config->burst;
	gate_close(&crypto->gate);
	crypto->received = make_ring(config->ring_size);
	crypto->to_send = make_ring(config->ring_size);
	error = crypto->received && crypto->to_send ?
			ipsec_ends_open(&crypto->ends, &config->esp, true) :
			-ENOMEM;
	if (error) {
		port_inline_close(crypto);
		return error;
	}
	crypto->rx = port->rx;
	crypto->tx = port->tx;
	port->rx = rx_plain;
	port->tx = tx_plain;
	port->crypto = crypto;
	return 0;
}

static void
free_ring(struct rte_ring *ring)
{
	void *mbuf;

	while (ring && !rte_ring_sc_dequeue(ring, &mbuf))
		rte_pktmbuf_free(mbuf);
	free(ring);
}

void
port_inline_release(struct port_inline *crypto)
{
	struct rte_mempool *pool = crypto->port->hot_shadow.pool;

	rte_mempool_cache_flush(rte_mempool_default_cache(pool, crypto->lcore), pool);
}

void
port_inline_close(struct port_inline *crypto)
{
	if (!crypto)
		return;
	if (crypto->started) {
		/* While the thread lives: its lcore, and so the cache, is another's afterwards. */
		port_inline_pause(crypto);
		port_inline_release(crypto);
		gate_end(&crypto->gate);
		pthread_join(crypto->thread, NULL);
	}
	rte_pktmbuf_free_bulk(crypto->sealed, crypto->n_sealed);
	free_ring(crypto->received);
	free_ring(crypto->to_send);
	ipsec_ends_close(&crypto->ends);
	free(crypto);
}

int
port_inline_resume(struct port_inline *crypto)
{
	int error = crypto->started ? 0 : -pthread_create(&crypto->thread, NULL, run, crypto);

	if (error) {
		log_error("the crypto thread: %s", strerror(-error));
		return error;
	}
	crypto->started = true;
	/* The device has buffers, and the thread is awake, before anybody sends. */
	turn(crypto);
	gate_open(&crypto->gate);
	while (!atomic_load(&crypto->gate.inside))
		sched_yield();
	return 0;
}

void
port_inline_pause(struct port_inline *crypto)
{
	gate_close(&crypto->gate);
}

bool
port_inline_looks_empty(const struct port_inline *crypto)
{
	return rte_ring_empty(crypto->received) && rte_ring_empty(crypto->to_send);
}

bool
port_inline_is_empty(const struct port_inline *crypto)
{
	return port_inline_looks_empty(crypto) && !crypto->n_sealed;
}

void
port_inline_meter(struct port_inline *crypto, bool on)
{
	atomic_store_explicit(&crypto->metering, on, memory_order_relaxed);
}

double
port_inline_cycles_per_packet(struct port_inline *crypto)
{
	double cycles = burst_meter_middle_half(&crypto->opening) +
			burst_meter_middle_half(&crypto->sealing);

	burst_meter_reset(&crypto->opening);
	burst_meter_reset(&crypto->sealing);
	return cycles;
}

const void *
port_inline_counted(const struct port_inline *crypto)
{
	return crypto;
}
