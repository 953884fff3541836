/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pages of a guest's data area, private or shared: what all queue pairs of
 * source psc act on. A page is shared while at least one buffer in it is: the first
 * that goes to the device shares it, the last that comes back makes it private
 * again. Buffers may be let wait before they count as back.
 *
 * One lock guards them all, as one guards a kernel's page tables: queue pairs may
 * have buffers in the same page.
 */
#ifndef FOLIO_DATAPATH_PSC_PAGES_H
#define FOLIO_DATAPATH_PSC_PAGES_H

#include <stdint.h>

#include <rte_spinlock.h>

#include "datapath/config.h"
#include "datapath/sources/psc_stand_in.h"

struct guest;

/* Of a buffer. */
struct psc_span {
	uint32_t first, last; /* pages, both included */
};

/* Buffers of a queue pair's that are back, and whose pages are still shared. */
struct psc_waiting {
	uint32_t n;
	struct psc_span *spans; /* struct psc_key's every; NULL where that is 0 */
};

/* What tells one such set of pages from another. */
struct psc_key {
	uint32_t stand_in;   /* index into psc_stand_ins[] */
	uint32_t page_bytes; /* PSC_SMALL_PAGE_BYTES or PSC_LARGE_PAGE_BYTES */
	uint32_t every;      /* buffers that wait until they are so many; 0: none waits */
};

struct psc_pages {
	const struct psc_stand_in *stand_in;
	struct psc_memory memory;
	rte_spinlock_t lock;
	uint32_t *users; /* of each page: buffers that make it shared */
	struct psc_waiting waiting[QUEUES_MAX];
};

/* What was done to pages; only one thread writes it. */
struct psc_counts {
	uint64_t conversions; /* page state changes, either way */
	uint64_t shootdowns;  /* of them, those that took a page out of a mapping */
	uint64_t failures;    /* of them, those that the kernel refused */
};

/*
 * The pages of that guest and key, for psc_pages_put(). All queue pairs that ask get the
 * same ones. Returns 0 or -errno after log_error().
 */
int psc_pages_get(const struct guest *guest, const struct psc_key *key, struct psc_pages **pages);
void psc_pages_put(struct psc_pages *pages);

/* A buffer more, or less, in these pages. Under the lock. */
void psc_pages_share(struct psc_pages *pages, struct psc_span span, struct psc_counts *counts);
void psc_pages_take_back(struct psc_pages *pages, struct psc_span span, struct psc_counts *counts);

#endif
