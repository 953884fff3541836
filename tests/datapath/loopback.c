/* SPDX-License-Identifier: BSD-3-Clause */
#include "loopback.h"

#include <stdlib.h>

struct rte_mempool *loopback_pool;

const char *const traffics[N_TRAFFICS] = {"60",   "64",   "1514",         "1515",
					  "9000", "imix", "pcap:" CAPTURE};

int
loopback_start(void **state)
{
	if (harness_start(state))
		return -1;
	loopback_pool = rte_pktmbuf_pool_create("link", 32767, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
						SOCKET_ID_ANY);
	return loopback_pool ? 0 : -1;
}

uint16_t
link_send(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct link *link = arg;
	struct link_queue *q = &link->queues[queue];
	uint16_t taken = 0;

	while (taken < n && q->n < link->room)
		q->bufs[(q->first + q->n++) % LINK_FRAMES] = bufs[taken++];
	return taken;
}

static uint16_t
link_receive(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct link_queue *q = &((struct link *)arg)->queues[queue];
	uint16_t got = 0;

	for (; got < n && q->n; q->n--)
		bufs[got++] = q->bufs[q->first++ % LINK_FRAMES];
	return got;
}

struct rte_mbuf **
under_way(struct link *link, unsigned int queue, unsigned int i)
{
	struct link_queue *q = &link->queues[queue];

	assert_true(i < q->n);
	return &q->bufs[(q->first + i) % LINK_FRAMES];
}

void
lose(struct link *link, unsigned int queue, unsigned int i)
{
	struct link_queue *q = &link->queues[queue];

	rte_pktmbuf_free(*under_way(link, queue, i));
	for (; i + 1 < q->n; i++)
		*under_way(link, queue, i) = *under_way(link, queue, i + 1);
	q->n--;
}

void
swap(struct link *link, unsigned int queue, unsigned int i, unsigned int k)
{
	struct rte_mbuf *first = *under_way(link, queue, i);

	*under_way(link, queue, i) = *under_way(link, queue, k);
	*under_way(link, queue, k) = first;
}

void
repeat(struct link *link, unsigned int queue, unsigned int i)
{
	struct rte_mbuf *copy =
		rte_pktmbuf_copy(*under_way(link, queue, i), link->io.pool, 0, UINT32_MAX);

	assert_non_null(copy);
	assert_int_equal(link_send(link, queue, &copy, 1), 1);
}

uint8_t *
byte_of(struct link *link, unsigned int queue, unsigned int i, uint32_t offset)
{
	struct rte_mbuf *segment = *under_way(link, queue, i);

	for (; offset >= segment->data_len; segment = segment->next)
		offset -= segment->data_len;
	return rte_pktmbuf_mtod(segment, uint8_t *) + offset;
}

struct bench *
bench_open(const char *traffic, uint32_t flows, enum pace_kind pace, uint64_t rate_pps)
{
	struct bench *b = calloc(1, sizeof(*b));
	const struct generator_options options = {.traffic = traffic,
						  .flows = flows,
						  .pace = pace,
						  .rate_pps = rate_pps,
						  .clock_hz = HZ,
						  .session = UINT16_MAX};
	char why[256];

	assert_non_null(b);
	b->link.io = (struct frame_io){.receive = link_receive,
				       .send = link_send,
				       .pool = loopback_pool,
				       .n_queues = QUEUES_MAX,
				       .arg = &b->link};
	b->link.room = LINK_FRAMES;
	assert_int_equal(generator_open(&options, &b->link.io, &b->generator, why, sizeof(why)), 0);
	assert_int_equal(collector_open(b->generator, &b->collector), 0);
	return b;
}

const struct collector_counters *
counts(const struct bench *b)
{
	return collector_counts(b->collector);
}

void
bench_close(struct bench *b)
{
	generator_pause(b->generator);
	collector_finish(b->collector);
	assert_int_equal(b->generator->counters.sent,
			 counts(b)->received + counts(b)->lost + counts(b)->lost_at_disconnect);
	collector_close(b->collector);
	generator_close(b->generator);
	free(b);
	assert_int_equal(rte_mempool_in_use_count(loopback_pool), 0);
}

void
receive_at(struct bench *b, uint64_t now)
{
	struct rte_mbuf *bufs[FRAME_IO_BURST_MAX];
	uint16_t n;

	for (unsigned int queue = 0; queue < QUEUES_MAX; queue++)
		while ((n = link_receive(&b->link, queue, bufs, FRAME_IO_BURST_MAX)))
			collector_take(b->collector, queue, bufs, n, now);
}

void
receive(struct bench *b)
{
	receive_at(b, 0);
}

void
send_n(struct bench *b, uint32_t n)
{
	b->generator->options.count = b->generator->counters.sent + n;
	generator_start(b->generator, 0, 1);
	while (!generator_done(b->generator))
		generator_step(b->generator, 0);
}
