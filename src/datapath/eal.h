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

/* Does DPDK use huge pages? */
bool datapath_huge_pages(void);

/* Memory of huge pages, or of others, as text: "2 MiB huge pages" or "4 KiB pages". */
const char *datapath_page_kind(bool huge_pages);

/* DPDK need not run for this. */
const char *datapath_dpdk_version(void);

#endif
