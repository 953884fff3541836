/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bounce allocator under random load, through the source's own hooks: runs
 * never overlap, stay inside the pool, are all found again as free, and a full
 * pool is counted, not overrun.
 */
#include "harness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/random.h"
#include "datapath/guest/guest.h"
#include "datapath/sources/source.h"

#define POOL_BYTES (2u << 20)
#define SLOT 2048u
#define MBUFS 2048u

struct fixture {
	struct guest guest;
	struct rte_mbuf *mbufs[MBUFS];
	bool mapped[MBUFS];
	uint8_t taken[POOL_BYTES / SLOT];
	const struct source *source;
	void *state;
};

static uint64_t
counter(const struct fixture *f, const char *name)
{
	const struct counter *c = f->source->counters;

	while (strcmp(c->name, name))
		c++;
	return *(const uint64_t *)((const uint8_t *)f->state + c->offset);
}

static int
set_up(void **state)
{
	static struct fixture f;
	const struct source_env env = {.guest = &f.guest, .copying = true};
	struct datapath_config config;
	const struct guest_options options = {.config = &config, .bounce_bytes = POOL_BYTES};
	int index = source_find("bounce_alloc");

	memset(&f, 0, sizeof(f));
	datapath_config_init(&config);
	config.ring_size = 1024;
	harness_set(&config, "bounce_alloc", "pool", "2 MiB");
	f.source = sources[index];
	if (guest_open(&f.guest, &options) ||
	    f.source->open(&env, config.sources[index].options, &f.state) ||
	    rte_mempool_get_bulk(f.guest.queues[0].pools.temporary, (void **)f.mbufs, MBUFS))
		return -1;
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	rte_mempool_put_bulk(f->guest.queues[0].pools.temporary, (void **)f->mbufs, MBUFS);
	f->source->close(f->state);
	guest_close(&f->guest);
	return 0;
}

/* First slot and number of slots that the mbuf's data lie in. */
static unsigned int
slots_of(const struct fixture *f, unsigned int i, unsigned int *n)
{
	const struct rte_mbuf *mbuf = f->mbufs[i];
	const uint8_t *data = (const uint8_t *)mbuf->buf_addr + RTE_PKTMBUF_HEADROOM;
	size_t offset = (size_t)(data - 12 - f->guest.bounce);

	assert_true(data - 12 >= f->guest.bounce);
	assert_true(offset + 12 + mbuf->data_len <= POOL_BYTES);
	*n = (unsigned int)((offset + 11 + mbuf->data_len) / SLOT - offset / SLOT + 1);
	return (unsigned int)(offset / SLOT);
}

static void
mark(struct fixture *f, unsigned int i, bool take)
{
	unsigned int n, first = slots_of(f, i, &n);

	for (unsigned int k = first; k < first + n; k++) {
		assert_int_equal(f->taken[k], !take);
		f->taken[k] = take;
	}
}

static void
map(struct fixture *f, unsigned int i, uint16_t length_bytes)
{
	f->mbufs[i]->data_off = RTE_PKTMBUF_HEADROOM;
	f->mbufs[i]->data_len = length_bytes;
	f->source->map(f->state, &f->mbufs[i], 1, DIRECTION_TX);
	mark(f, i, true);
	f->mapped[i] = true;
}

static void
unmap(struct fixture *f, unsigned int i)
{
	mark(f, i, false);
	f->source->unmap(f->state, &f->mbufs[i], 1, DIRECTION_TX);
	f->mapped[i] = false;
}

static void
runs_never_overlap(void **state)
{
	struct fixture *f = *state;
	struct random_state random = {3};
	unsigned int n_mapped = 0;

	for (int round = 0; round < 200000; round++) {
		unsigned int i = (unsigned int)random_below(&random, 300);

		if (f->mapped[i]) {
			unmap(f, i);
			n_mapped--;
		} else {
			map(f, i, (uint16_t)(60 + random_below(&random, 1989)));
			n_mapped++;
		}
	}
	assert_int_equal(counter(f, "full"), 0);
	assert_int_equal(counter(f, "found") - counter(f, "freed"), n_mapped);
	for (unsigned int i = 0; i < 300; i++)
		if (f->mapped[i])
			unmap(f, i);
	assert_int_equal(counter(f, "found"), counter(f, "freed"));
}

/* All of the pool can be had, again and again: freed runs join up. */
static void
whole_pool_is_usable(void **state)
{
	struct fixture *f = *state;

	for (int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < POOL_BYTES / SLOT / 2; i++)
			map(f, i, 2048);
		for (unsigned int i = 0; i < POOL_BYTES / SLOT / 2; i++)
			unmap(f, i);
		for (unsigned int i = 0; i < POOL_BYTES / SLOT; i++)
			map(f, i, 100);
		for (unsigned int i = POOL_BYTES / SLOT; i-- > 0;)
			unmap(f, i);
	}
	assert_int_equal(counter(f, "full"), 0);
}

static void
full_pool_is_counted(void **state)
{
	struct fixture *f = *state;
	unsigned int all = POOL_BYTES / SLOT;
	uint8_t *home = f->mbufs[all]->buf_addr;

	for (unsigned int i = 0; i < all; i++)
		map(f, i, 100);
	f->mbufs[all]->data_len = 100;
	f->source->map(f->state, &f->mbufs[all], 1, DIRECTION_TX);
	assert_int_equal(counter(f, "full"), 1);
	assert_ptr_equal(f->mbufs[all]->buf_addr, home);
	f->source->unmap(f->state, &f->mbufs[all], 1, DIRECTION_TX);
	assert_int_equal(counter(f, "freed"), 0);
	for (unsigned int i = 0; i < all; i++)
		unmap(f, i);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(runs_never_overlap),
		CASE(whole_pool_is_usable),
		CASE(full_pool_is_counted),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
