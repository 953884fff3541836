/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/esp_io.h"

#include <string.h>

#include <rte_mbuf.h>
#include <rte_memcpy.h>

const struct counter esp_io_counters[] = {
	ESP_COUNTERS(struct esp_io, ends.counters),
	{0},
};

/* n copies of frames, each in one mbuf; 0 where there are no buffers. */
static uint16_t
copy_frames(struct rte_mempool *pool, struct rte_mbuf **from, struct rte_mbuf **to, uint16_t n)
{
	if (!n || rte_pktmbuf_alloc_bulk(pool, to, n))
		return 0;
	for (uint16_t i = 0; i < n; i++)
		rte_memcpy(rte_pktmbuf_append(to[i], from[i]->data_len),
			   rte_pktmbuf_mtod(from[i], const void *), from[i]->data_len);
	return n;
}

/*
 * Copies are encrypted: what the carrier does not take is the caller's still, in plain, and
 * gets another number when it is offered again.
 */
static uint16_t
send_sealed(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct esp_io *esp_io = arg;
	struct rte_mbuf *sealed[FRAME_IO_BURST_MAX];
	uint16_t n_sealed, sent;

	n_sealed = copy_frames(esp_io->io.pool, bufs, sealed, n);
	n_sealed = ipsec_sa_seal(esp_io->ends.out, sealed, n_sealed, &esp_io->ends.counters);
	sent = esp_io->carrier->send(esp_io->carrier->arg, queue, sealed, n_sealed);
	rte_pktmbuf_free_bulk(sealed + sent, n_sealed - sent);
	rte_pktmbuf_free_bulk(bufs, sent);
	return sent;
}

/* What is no ESP is the caller's to judge as it is. */
static uint16_t
receive_opened(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct esp_io *esp_io = arg;
	uint16_t got = esp_io->carrier->receive(esp_io->carrier->arg, queue, bufs, n), n_plain,
		 opened;
	struct rte_mbuf *plain[FRAME_IO_BURST_MAX];

	opened = ipsec_ends_receive(&esp_io->ends, bufs, got, plain, &n_plain);
	memcpy(bufs + opened, plain, n_plain * sizeof(*plain));
	return opened + n_plain;
}

int
esp_io_open(struct esp_io *esp_io, const struct frame_io *carrier,
	    const struct esp_options *options)
{
	*esp_io = (struct esp_io){.io = {.receive = receive_opened,
					 .send = send_sealed,
					 .pool = carrier->pool,
					 .n_queues = carrier->n_queues,
					 .arg = esp_io},
				  .carrier = carrier};
	return ipsec_ends_open(&esp_io->ends, options, false);
}

void
esp_io_close(struct esp_io *esp_io)
{
	ipsec_ends_close(&esp_io->ends);
}

uint64_t
esp_io_failed(const struct esp_io *esp_io)
{
	const struct esp_counters *c = &esp_io->ends.counters;
	const uint64_t *const failures[] = {&c->wrong_spi, &c->truncated, &c->replayed,
					    &c->damaged,   &c->malformed, &c->unopened};
	uint64_t failed = 0;

	for (size_t i = 0; i < RTE_DIM(failures); i++)
		failed += __atomic_load_n(failures[i], __ATOMIC_RELAXED);
	return failed;
}
