/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source psc: buffers are shared on demand, so that the page that holds one
 * changes its state when it goes to the device and again when it comes back.
 *
 * What an SNP guest does is taken apart: the guest's own page-table work is done
 * for real, as a stand-in, on the private alias of the page (its mapping is
 * removed when the page is shared; it is put back and touched when the page is
 * private again); the request to the hypervisor is an exit. RMPUPDATE and
 * PVALIDATE have no published cost and are not charged, so this is a lower bound.
 *
 * A page with several buffers changes with the first that goes and the last that
 * comes back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/log.h"
#include "datapath/exits/exit.h"
#include "datapath/guest/guest.h"
#include "datapath/sources/mapped.h"
#include "datapath/sources/source.h"

#define PAGE_BYTES 4096u

/* The kernel's DEFAULT_MAX_MAP_COUNT; and what a process has beside. */
#define MAP_COUNT_DEFAULT 65530ul
#define OTHER_MAPPINGS 1024u

enum request { PER_PACKET, PER_BURST };

static const char *const requests[] = {"packet", "burst", NULL};

struct psc_options {
	uint32_t per;
	uint64_t cost_cycles;
};

struct psc {
	struct exit_engine *exits;
	uint64_t cost_cycles;
	enum request per;
	const uint8_t *data;
	uint8_t *alias;
	uint16_t *users; /* shared buffers in each page */
	uint64_t conversions;
	uint64_t failures;
};

static const struct option_spec options[] = {
	{.name = "per",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct psc_options, per),
	 .preset = "packet",
	 .choices = requests,
	 .help = "one exit for each page (MSR protocol), or one for a burst's pages (GHCB list)"},
	{.name = "cost",
	 .type = OPTION_CYCLES,
	 .offset = offsetof(struct psc_options, cost_cycles),
	 .preset = "0 cycles",
	 .max = 1e9,
	 .cost = "snp_exit_msr",
	 .help = "one exit with a page state change request"},
	{0},
};

static const struct counter counters[] = {
	{"conversions", offsetof(struct psc, conversions), "pages",
	 "page state changes, either way"},
	{"failures", offsetof(struct psc, failures), "pages", "changes that the kernel refused"},
	{0},
};

static unsigned long
max_map_count(void)
{
	FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
	unsigned long limit = MAP_COUNT_DEFAULT;

	if (file) {
		if (fscanf(file, "%lu", &limit) != 1)
			limit = MAP_COUNT_DEFAULT;
		fclose(file);
	}
	return limit;
}

/*
 * Neighbours of the same state are one mapping, so at worst each page is one of its
 * own; the kernel limits their number. Only pages of the configuration's own slots
 * ever change.
 */
static const char *
conflict(const struct datapath_config *config)
{
	static char why[256]; /* for the caller to print at once */
	size_t pages = guest_data_bytes(config, datapath_config_bounce_bytes(config)) / PAGE_BYTES;
	unsigned long limit = max_map_count();

	if (pages + OTHER_MAPPINGS <= limit)
		return NULL;
	snprintf(why, sizeof(why),
		 "%zu pages may need %zu mappings, allowed: %lu (sysctl vm.max_map_count), or "
		 "smaller rings, fewer queues or a smaller bounce pool",
		 pages, pages + OTHER_MAPPINGS, limit);
	return why;
}

static void
psc_close(void *state)
{
	struct psc *psc = state;

	free(psc->users);
	free(psc);
}

static int
psc_open(const struct source_env *env, const void *settings, void **state)
{
	const struct psc_options *chosen = settings;
	size_t pages = env->guest->data_bytes / PAGE_BYTES;
	struct psc *psc = calloc(1, sizeof(*psc));

	if (!psc)
		return -ENOMEM;
	psc->exits = env->exits;
	psc->cost_cycles = chosen->cost_cycles;
	psc->per = chosen->per;
	psc->data = env->guest->data;
	psc->alias = guest_private_alias(env->guest);
	psc->users = calloc(pages, sizeof(*psc->users));
	if (!psc->alias || !psc->users) {
		log_error("source psc: %zu MiB of private memory: not enough memory",
			  env->guest->data_bytes >> 20);
		psc_close(psc);
		return -ENOMEM;
	}
	*state = psc;
	return 0;
}

static void
convert(struct psc *psc, size_t page, int protection)
{
	uint8_t *at = psc->alias + page * PAGE_BYTES;

	psc->conversions++;
	if (mprotect(at, PAGE_BYTES, protection) < 0)
		psc->failures++;
	else if (protection & PROT_WRITE)
		*(volatile uint8_t *)at = 0;
	if (psc->per == PER_PACKET)
		exit_engine_exit(psc->exits, EXIT_REASON_PSC, psc->cost_cycles);
}

/* Every page of n buffers gains a shared buffer, or loses one; the first and the last convert it. */
static __rte_always_inline void
change(struct psc *psc, struct rte_mbuf **bufs, uint16_t n, enum direction direction, bool share)
{
	uint64_t before = psc->conversions;

	for (uint16_t i = 0; i < n; i++) {
		struct mapped range = mapped_range(bufs[i], direction);
		size_t offset = (size_t)(range.start - psc->data);
		size_t last = (offset + range.bytes - 1) / PAGE_BYTES;

		for (size_t page = offset / PAGE_BYTES; page <= last; page++) {
			if (share && !psc->users[page]++)
				convert(psc, page, PROT_NONE);
			if (!share && !--psc->users[page])
				convert(psc, page, PROT_READ | PROT_WRITE);
		}
	}
	if (psc->per == PER_BURST && psc->conversions != before)
		exit_engine_exit(psc->exits, EXIT_REASON_PSC, psc->cost_cycles);
}

static void
psc_map(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	change(state, bufs, n, direction, true);
}

static void
psc_unmap(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	change(state, bufs, n, direction, false);
}

extern const struct source source_psc;

const struct source source_psc = {
	.name = "psc",
	.help = "page state change when a buffer is shared on demand",
	.acts_at = "packet",
	.fidelity = FIDELITY_STAND_IN | FIDELITY_MODELLED,
	.options = options,
	.exits = true,
	.counters = counters,
	.conflict = conflict,
	.open = psc_open,
	.close = psc_close,
	.map = psc_map,
	.unmap = psc_unmap,
};
