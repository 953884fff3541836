/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source psc: buffers are shared on demand, so that the page that holds one
 * changes its state when it goes to the device and again when it comes back
 * (psc_pages.h).
 *
 * What an SNP guest and its host do is taken apart: work on page tables and memory
 * is done for real, as a stand-in, on a double of the page (psc_stand_in.h); the
 * request to the hypervisor is an exit. One request lists up to 253 pages (GHCB
 * specification, AMD publication 56421, 4.1.6 SNP Page State Change: an 8-byte header
 * and 8-byte entries in a shared buffer of 2,032 bytes); Linux guests fill in no more
 * than 64 (VMGEXIT_PSC_MAX_ENTRY, arch/x86/include/asm/sev-common.h), and the MSR
 * protocol knows one page only. RMPUPDATE and PVALIDATE have no published
 * cost: they are charged only where the configuration says what they cost, and what
 * is reported is a lower bound otherwise.
 *
 * A page must be shared before the device may use it, so requests that share go out
 * with the packet or the burst. Coming back can wait: with per: every, until that
 * many buffers of the queue pair are back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "datapath/exits/exit.h"
#include "datapath/guest/guest.h"
#include "datapath/sources/mapped.h"
#include "datapath/sources/psc_pages.h"
#include "datapath/sources/source.h"

#define GHCB_ENTRIES_MAX 253

enum request { PER_PACKET, PER_BURST, PER_EVERY };

static const char *const requests[] = {"packet", "burst", "every", NULL};
static const char *const page_names[] = {"4 KiB", "2 MiB", NULL};
static const uint32_t page_bytes[] = {PSC_SMALL_PAGE_BYTES, PSC_LARGE_PAGE_BYTES};

struct psc_options {
	uint32_t per;
	uint32_t every;
	uint32_t entries;
	uint32_t page;
	uint32_t stand_in;
	uint64_t cost_cycles;
	uint64_t rmpupdate_cycles;
	uint64_t pvalidate_cycles;
};

struct psc {
	struct psc_pages *pages;
	struct psc_waiting *waiting; /* of this queue pair */
	void (*come_back)(struct psc *psc, struct rte_mbuf **bufs, uint16_t n,
			  enum direction direction);
	const uint8_t *data;
	uint32_t page_bytes;
	uint32_t every;
	uint16_t together; /* buffers that one request is for */
	uint64_t entries;  /* most pages of a request */
	struct exit_engine *exits;
	uint64_t request_cycles;
	uint64_t entry_cycles;
	struct psc_counts counts;
};

static const char *const requests_made[] = {"exits.psc", NULL};
static const char *const pages_changed[] = {"psc.conversions", NULL};

static const struct option_spec options[] = {
	{.name = "per",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct psc_options, per),
	 .preset = "packet",
	 .choices = requests,
	 .help = "one request for the pages of a packet, of a burst, or of `every` packets that "
		 "come back"},
	{.name = "every",
	 .type = OPTION_COUNT,
	 .offset = offsetof(struct psc_options, every),
	 .preset = "0",
	 .max = 4096,
	 .help = "per: every: packets whose pages stay shared until so many are back"},
	{.name = "entries",
	 .type = OPTION_COUNT,
	 .offset = offsetof(struct psc_options, entries),
	 .preset = "253",
	 .min = 1,
	 .max = GHCB_ENTRIES_MAX,
	 .help = "most pages in one request: the GHCB holds 253, Linux guests use 64, the MSR "
		 "protocol 1"},
	{.name = "page",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct psc_options, page),
	 .preset = "4 KiB",
	 .choices = page_names,
	 .help = "what changes its state: all buffers in it are shared together"},
	{.name = "stand_in",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct psc_options, stand_in),
	 .preset = "mprotect",
	 .choices = psc_stand_in_names,
	 .help = "what is really done: page-table work (mprotect), memory given up and had again "
		 "(punch), the host's part (guest_memfd, attributes), or nothing (none)"},
	{.name = "cost",
	 .type = OPTION_CYCLES,
	 .offset = offsetof(struct psc_options, cost_cycles),
	 .preset = "0 cycles",
	 .max = 1e9,
	 .cost = "snp_exit_msr",
	 .events = requests_made,
	 .help = "one exit with a page state change request"},
	{.name = "rmpupdate",
	 .type = OPTION_CYCLES,
	 .offset = offsetof(struct psc_options, rmpupdate_cycles),
	 .preset = "0 cycles",
	 .max = 1e9,
	 .events = pages_changed,
	 .help = "one RMPUPDATE, for each page of a request; no figure is published"},
	{.name = "pvalidate",
	 .type = OPTION_CYCLES,
	 .offset = offsetof(struct psc_options, pvalidate_cycles),
	 .preset = "0 cycles",
	 .max = 1e9,
	 .events = pages_changed,
	 .help = "one PVALIDATE, for each page of a request; no figure is published"},
	{0},
};

_Static_assert(sizeof(struct psc_options) <= SOURCE_OPTIONS_BYTES, "psc has too many options");

static const struct counter counters[] = {
	{"conversions", offsetof(struct psc, counts.conversions), "pages",
	 "page state changes, either way"},
	{"shootdowns", offsetof(struct psc, counts.shootdowns), "pages",
	 "changes that took a page out of a mapping: the TLBs of all cores must forget it"},
	{"failures", offsetof(struct psc, counts.failures), "pages",
	 "changes that the kernel refused"},
	{0},
};

static const char *
too_many_pages(const struct datapath_config *config, const struct psc_options *chosen)
{
	static char why[256]; /* for the caller to print at once */
	const struct psc_stand_in *stand_in = psc_stand_ins[chosen->stand_in];
	size_t bytes = guest_data_bytes(config, datapath_config_bounce_bytes(config));
	size_t pages = bytes / page_bytes[chosen->page];
	size_t limit = stand_in->pages_max ? stand_in->pages_max() : pages;

	if (pages <= limit)
		return NULL;
	snprintf(why, sizeof(why),
		 "stand_in %s: found %zu pages, allowed: %zu (sysctl vm.max_map_count), or smaller "
		 "rings, fewer queues, a smaller bounce pool, or another stand_in",
		 stand_in->name, pages, limit);
	return why;
}

static const char *
psc_conflict(const struct datapath_config *config)
{
	const struct psc_options *chosen =
		(const void *)config->sources[source_find("psc")].options;

	if (chosen->per == PER_EVERY && !chosen->every)
		return "per: every says of no number of packets, allowed: every: 1 to 4096 with it";
	if (chosen->per != PER_EVERY && chosen->every)
		return "every has no effect here, allowed: per: every with it, or every: 0";
	return too_many_pages(config, chosen);
}

/* With stand_in none nothing is done but what the exit does. */
static unsigned int
psc_fidelity(const void *settings)
{
	const struct psc_options *chosen = settings;
	bool acts = psc_stand_ins[chosen->stand_in]->open != NULL;

	return acts ? FIDELITY_STAND_IN | FIDELITY_MODELLED : FIDELITY_MODELLED;
}

/* The pages that a buffer lies in. */
static inline struct psc_span
span_of(const struct psc *psc, const struct rte_mbuf *mbuf, enum direction direction)
{
	struct mapped range = mapped_range(mbuf, direction);
	size_t offset = (size_t)(range.start - psc->data);

	return (struct psc_span){
		.first = (uint32_t)(offset / psc->page_bytes),
		.last = (uint32_t)((offset + range.bytes - 1) / psc->page_bytes),
	};
}

/* The exits that it takes to request so many changes. */
static inline void
request(const struct psc *psc, uint64_t pages)
{
	while (pages) {
		uint64_t n = RTE_MIN(pages, psc->entries);

		exit_engine_exit(psc->exits, EXIT_REASON_PSC,
				 psc->request_cycles + n * psc->entry_cycles);
		pages -= n;
	}
}

/* Buffers that one request is for go out, or come back. */
static __rte_always_inline void
change(struct psc *psc, struct rte_mbuf **bufs, uint16_t n, enum direction direction, bool share)
{
	uint64_t before = psc->counts.conversions;

	rte_spinlock_lock(&psc->pages->lock);
	for (uint16_t i = 0; i < n; i++) {
		struct psc_span span = span_of(psc, bufs[i], direction);

		if (share)
			psc_pages_share(psc->pages, span, &psc->counts);
		else
			psc_pages_take_back(psc->pages, span, &psc->counts);
	}
	rte_spinlock_unlock(&psc->pages->lock);
	request(psc, psc->counts.conversions - before);
}

static void
come_back_at_once(struct psc *psc, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	for (uint16_t i = 0; i < n; i += psc->together)
		change(psc, bufs + i, RTE_MIN(psc->together, n - i), direction, false);
}

static void
take_back_waiting(struct psc *psc)
{
	uint64_t before = psc->counts.conversions;

	rte_spinlock_lock(&psc->pages->lock);
	for (uint32_t i = 0; i < psc->waiting->n; i++)
		psc_pages_take_back(psc->pages, psc->waiting->spans[i], &psc->counts);
	rte_spinlock_unlock(&psc->pages->lock);
	psc->waiting->n = 0;
	request(psc, psc->counts.conversions - before);
}

static void
come_back_and_wait(struct psc *psc, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	for (uint16_t i = 0; i < n; i++) {
		psc->waiting->spans[psc->waiting->n++] = span_of(psc, bufs[i], direction);
		if (psc->waiting->n == psc->every)
			take_back_waiting(psc);
	}
}

static void
psc_map(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	struct psc *psc = state;

	for (uint16_t i = 0; i < n; i += psc->together)
		change(psc, bufs + i, RTE_MIN(psc->together, n - i), direction, true);
}

static void
psc_unmap(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	struct psc *psc = state;

	psc->come_back(psc, bufs, n, direction);
}

static void
psc_close(void *state)
{
	struct psc *psc = state;

	psc_pages_put(psc->pages);
	free(psc);
}

static int
psc_open(const struct source_env *env, const void *settings, void **state)
{
	const struct psc_options *chosen = settings;
	const struct psc_key key = {
		.stand_in = chosen->stand_in,
		.page_bytes = page_bytes[chosen->page],
		.every = chosen->every,
	};
	struct psc *psc = calloc(1, sizeof(*psc));
	int error;

	if (!psc)
		return -ENOMEM;
	error = psc_pages_get(env->guest, &key, &psc->pages);
	if (error) {
		free(psc);
		return error;
	}
	psc->waiting = &psc->pages->waiting[env->queue];
	psc->come_back = chosen->per == PER_EVERY ? come_back_and_wait : come_back_at_once;
	psc->data = env->guest->data;
	psc->page_bytes = key.page_bytes;
	psc->every = chosen->every;
	psc->together = chosen->per == PER_PACKET ? 1 : UINT16_MAX;
	psc->entries = chosen->entries;
	psc->exits = env->exits;
	psc->request_cycles = chosen->cost_cycles;
	psc->entry_cycles = chosen->rmpupdate_cycles + chosen->pvalidate_cycles;
	*state = psc;
	return 0;
}

extern const struct source source_psc;

const struct source source_psc = {
	.name = "psc",
	.help = "page state change when a buffer is shared on demand",
	.acts_at = "packet",
	.fidelity = FIDELITY_STAND_IN | FIDELITY_MODELLED,
	.fidelity_as_set = psc_fidelity,
	.options = options,
	.exits = true,
	.counters = counters,
	.conflict = psc_conflict,
	.open = psc_open,
	.close = psc_close,
	.map = psc_map,
	.unmap = psc_unmap,
};
