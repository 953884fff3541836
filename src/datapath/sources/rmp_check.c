/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source rmp_check: on SNP the end of each page walk checks in the reverse map table
 * whose page it is. There is no such table on ordinary hardware, and no figure is
 * published: each page that a packet's frame lies in costs so many cycles, once on the
 * guest's way through it, in and out.
 *
 * Pages are counted from where the frames lie and the page size of the shared region: a
 * page of 4 KiB is walked for each frame in it, one of 2 MiB likewise. On hardware the
 * TLB spares most of these walks, the more the larger the pages: this is the most that
 * the checks of shared memory can cost.
 */
#include <errno.h>
#include <stdlib.h>

#include "datapath/guest/guest.h"
#include "datapath/guest/memory.h"
#include "datapath/sources/mapped.h"
#include "datapath/sources/source.h"
#include "datapath/sources/spend.h"

struct rmp_check_options {
	uint64_t cost_cycles;
};

struct rmp_check {
	struct spender spender;
	uint64_t cost_cycles;
	size_t page_bytes;
	uint64_t pages;
};

static const char *const pages_walked[] = {"rmp_check.pages", NULL};

static const struct option_spec options[] = {
	{.name = "cost",
	 .type = OPTION_CYCLES,
	 .offset = offsetof(struct rmp_check_options, cost_cycles),
	 .preset = "0 cycles",
	 .max = 1e9,
	 .cost = "rmp_check",
	 .events = pages_walked,
	 .help = "the check of one page"},
	{0},
};

static const struct counter counters[] = {
	{"pages", offsetof(struct rmp_check, pages), "pages", "pages walked, either way"},
	{0},
};

static int
rmp_check_open(const struct source_env *env, const void *settings, void **state)
{
	const struct rmp_check_options *chosen = settings;
	struct rmp_check *check = calloc(1, sizeof(*check));

	if (!check)
		return -ENOMEM;
	spender_open(&check->spender);
	check->cost_cycles = chosen->cost_cycles;
	check->page_bytes = env->guest->region.provider->page_bytes;
	*state = check;
	return 0;
}

/* A burst's pages are paid for at once. Frames are where they are, and as long, as their mbufs say. */
static void
walk(struct rmp_check *check, struct rte_mbuf **bufs, uint16_t n)
{
	uint64_t pages = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct mapped frame = mapped_range(bufs[i], DIRECTION_TX);
		uintptr_t first = (uintptr_t)frame.start;
		uintptr_t last = first + frame.bytes - 1;

		pages += last / check->page_bytes - first / check->page_bytes + 1;
	}
	check->pages += pages;
	spend(&check->spender, pages * check->cost_cycles);
}

/* What the guest sends it writes; what it is to receive it does not touch yet. */
static void
rmp_check_map(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	if (direction == DIRECTION_TX)
		walk(state, bufs, n);
}

static void
rmp_check_unmap(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	if (direction == DIRECTION_RX)
		walk(state, bufs, n);
}

extern const struct source source_rmp_check;

const struct source source_rmp_check = {
	.name = "rmp_check",
	.help = "ownership check of each page that a packet lies in",
	.acts_at = "packet",
	.fidelity = FIDELITY_MODELLED,
	.options = options,
	.counters = counters,
	.open = rmp_check_open,
	.close = free,
	.map = rmp_check_map,
	.unmap = rmp_check_unmap,
};
