/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which pages a measurement runs on, and its claim on huge ones. The machine has one
 * pool of 2 MiB huge pages, for all programs. DPDK and the shared regions take theirs
 * one by one, after it was decided that there are enough: so processes of folio decide
 * one after the other, each once the one before it has taken what it claimed.
 */
#ifndef FOLIO_DATAPATH_HUGE_PAGES_H
#define FOLIO_DATAPATH_HUGE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* What a process that measures, or several of them, need of this machine's memory and of DPDK. */
struct memory_need {
	size_t heap_huge_bytes, heap_plain_bytes; /* DPDK's heap, of pages of either kind */
	size_t shared_bytes;                      /* shared regions */
	unsigned int n_memzones;                  /* of one process: DPDK has a fixed number */
};

enum page_choice {
	PAGES_ANY,   /* 2 MiB huge pages where enough are free now, else 4 KiB pages */
	PAGES_PLAIN, /* 4 KiB pages */
	PAGES_HUGE,  /* 2 MiB huge pages, which are waited for */
};

struct page_wish {
	enum page_choice choice;
	int patience_ms; /* PAGES_HUGE: they are waited for so long at most */
};

/*
 * Says which pages all of it is to be of, by the wish; FOLIO_NO_HUGE in the environment
 * leaves 4 KiB pages only. Huge pages are claimed until datapath_claim_used(), or the
 * process ends: another process that claims some waits for that, for a few seconds at
 * most. Returns 0; -ENOSPC: more is needed than there is; -ENOMEM: no huge pages came
 * back in time; the two after log_error() said what is needed and what there is.
 */
int datapath_claim_memory(const struct memory_need *need, const struct page_wish *wish,
			  bool *huge_pages);

/*
 * All that was claimed is taken, or will not be: others may count what is left. Returns
 * whether there was a claim.
 */
bool datapath_claim_used(void);

/* Can so many bytes be had of huge pages, and is FOLIO_NO_HUGE not in the environment? */
bool datapath_enough_huge_pages(size_t bytes);

/* Huge pages of 2 MiB that are free and that no program has reserved. */
unsigned long datapath_free_huge_pages(void);

#endif
