/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The claim is an advisory lock on the pool's own folder in sysfs: it needs no file of
 * ours, no privilege, and dies with its holder. Who waits for pages holds it, so that
 * the next to claim any queues behind; whoever has pages needs it no more, so that
 * they come back. It only keeps order: who does not get it in time goes by the count.
 */
#include "datapath/huge_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <rte_config.h>

#include "base/deadline.h"
#include "base/log.h"

#define HUGE_PAGE_MIB 2u
/* DPDK's own memory zones, and the host's pools'. */
#define OWN_MEMZONES 64u
#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB"

/* A process takes what it claimed within a second or two; several may stand in line. */
#define LOCK_PATIENCE_MS 10000
#define LOOK_AGAIN_NS 20000000

static int claim = -1; /* the pool's folder, locked; -1: no claim */

static unsigned long
read_count(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long pages = 0;

	if (file) {
		if (fscanf(file, "%lu", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	return pages;
}

unsigned long
datapath_free_huge_pages(void)
{
	unsigned long free_pages = read_count(POOL "/free_hugepages");
	unsigned long reserved = read_count(POOL "/resv_hugepages");

	return free_pages > reserved ? free_pages - reserved : 0;
}

bool
datapath_enough_huge_pages(size_t bytes)
{
	return !getenv("FOLIO_NO_HUGE") &&
	       datapath_free_huge_pages() * HUGE_PAGE_MIB >= (bytes + (1u << 20) - 1) >> 20;
}

/* What the kernel could give without swapping; SIZE_MAX where it does not say. */
static size_t
available_bytes(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t kib, bytes = SIZE_MAX;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %zu kB", &kib) == 1)
			bytes = kib << 10;
	if (file)
		fclose(file);
	return bytes;
}

/* True where it is ours, or there is nothing to lock. */
static bool
try_lock(int folder)
{
	return folder < 0 || flock(folder, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* Waits for the lock, and as long as the wish says for pages. Are there enough? */
static bool
wait_for_pages(int folder, size_t bytes, const struct page_wish *wish)
{
	const struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};
	int patience_ms = wish->choice == PAGES_HUGE ? wish->patience_ms : 0;
	uint64_t pages_by_ns = deadline_after_ms(patience_ms);
	uint64_t lock_by_ns = deadline_after_ms(LOCK_PATIENCE_MS);
	bool locked = false, told = false;

	for (;;) {
		locked = locked || try_lock(folder);

		bool enough = datapath_enough_huge_pages(bytes);

		if (enough && (locked || !deadline_remaining_ms(lock_by_ns)))
			return true;
		if (!enough && !deadline_remaining_ms(pages_by_ns))
			return false;
		if (!enough && !told)
			log_note("2 MiB huge pages: %zu MiB are needed and %lu MiB are free now: "
				 "waiting until other programs give some back, for %d s at most",
				 bytes >> 20, datapath_free_huge_pages() * HUGE_PAGE_MIB,
				 patience_ms / 1000);
		told |= !enough;
		nanosleep(&pause, NULL);
	}
}

static bool
claim_huge_pages(size_t bytes, const struct page_wish *wish)
{
	if (wish->choice == PAGES_PLAIN || getenv("FOLIO_NO_HUGE"))
		return false;
	claim = open(POOL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (wait_for_pages(claim, bytes, wish))
		return true;
	datapath_claim_used();
	return false;
}

bool
datapath_claim_used(void)
{
	bool claimed = claim >= 0;

	if (claimed)
		close(claim);
	claim = -1;
	return claimed;
}

int
datapath_claim_memory(const struct memory_need *need, const struct page_wish *wish,
		      bool *huge_pages)
{
	size_t huge_bytes = need->heap_huge_bytes + need->shared_bytes;
	size_t plain_bytes = need->heap_plain_bytes + need->shared_bytes;
	size_t there_bytes = available_bytes();

	if (need->n_memzones + OWN_MEMZONES > RTE_MAX_MEMZONE) {
		log_error("packet pools: %u memory zones are needed, DPDK has %u: take fewer "
			  "configurations, or fewer queues",
			  need->n_memzones + OWN_MEMZONES, RTE_MAX_MEMZONE);
		return -ENOSPC;
	}
	*huge_pages = claim_huge_pages(huge_bytes, wish);
	if (!*huge_pages && wish->choice == PAGES_HUGE) {
		log_error("2 MiB huge pages: %zu MiB are needed and %lu MiB are free, also after "
			  "%d s; what was measured so far is on huge pages, and 4 KiB pages do not "
			  "compare: run again while nothing else takes huge pages, or with "
			  "FOLIO_NO_HUGE=1",
			  huge_bytes >> 20, datapath_free_huge_pages() * HUGE_PAGE_MIB,
			  wish->patience_ms / 1000);
		return -ENOMEM;
	}
	if (*huge_pages || plain_bytes <= there_bytes)
		return 0;
	log_error("memory: %zu MiB are needed and %zu MiB available, or %zu MiB of 2 MiB huge "
		  "pages, of which %lu MiB are free: take fewer configurations, fewer queues, or "
		  "smaller rings",
		  plain_bytes >> 20, there_bytes >> 20, huge_bytes >> 20,
		  datapath_free_huge_pages() * HUGE_PAGE_MIB);
	return -ENOSPC;
}
