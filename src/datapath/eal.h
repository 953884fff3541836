/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_DATAPATH_EAL_H
#define FOLIO_DATAPATH_EAL_H

#include <stdbool.h>
#include <stddef.h>

struct datapath_config;

/*
 * Starts DPDK in this process, once a process (DPDK cannot start twice), on core
 * cpu; -1: the present one. Huge pages are used, for all memory or none, when
 * enough are free for DPDK and for shared regions of shared_bytes together, and
 * FOLIO_NO_HUGE is not in the environment. What little DPDK writes goes to the
 * private folder runtime_dir. Returns 0 or -errno after log_error().
 */
int datapath_start(int cpu, const char *runtime_dir, size_t shared_bytes);

/*
 * Called before datapath_start(), for each configuration that will run: DPDK starts
 * as its device needs it. For device virtio-user its heap is one file and keeps its
 * size, and vectors may have 512 bits; the PCI device of a device ethdev is looked
 * for, while PCI is left alone otherwise.
 */
void datapath_expect(const struct datapath_config *config);

/*
 * Called before datapath_start(), which then does not count for itself: DPDK's heap
 * is so large (and can grow where there are huge pages), of huge pages or of none.
 * For one of several processes whose memory was counted together.
 */
void datapath_set_memory(size_t heap_bytes, bool huge_pages);

/* What a process that measures, or several of them, need of this machine's memory and of DPDK. */
struct memory_need {
	size_t heap_huge_bytes, heap_plain_bytes; /* DPDK's heap, of pages of either kind */
	size_t shared_bytes;                      /* shared regions */
	unsigned int n_memzones;                  /* of one process: DPDK has a fixed number */
};

/*
 * Says which pages all of it is to be of: 2 MiB huge pages where enough are free and
 * FOLIO_NO_HUGE is not in the environment, else 4 KiB pages. Returns 0, or -ENOSPC after
 * log_error() said what is needed and what there is.
 */
int datapath_find_memory(const struct memory_need *need, bool *huge_pages);

/* Are so many bytes free as huge pages, and is FOLIO_NO_HUGE not in the environment? */
bool datapath_enough_huge_pages(size_t bytes);

/* Free huge pages of 2 MiB. */
unsigned long datapath_free_huge_pages(void);

/* Does DPDK use huge pages? */
bool datapath_huge_pages(void);

/* Memory of huge pages, or of others, as text: "2 MiB huge pages" or "4 KiB pages". */
const char *datapath_page_kind(bool huge_pages);

/* DPDK need not run for this. */
const char *datapath_dpdk_version(void);

#endif
