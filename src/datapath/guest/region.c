/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/region.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/guest/memory.h"

/*
 * Regions in use, for the signal handler: it may run at any moment, in any thread.
 * So blocks of places are only ever added, and places used again.
 */
#define BLOCK_PLACES 64
struct block {
	struct region *regions[BLOCK_PLACES];
	struct block *next;
};
static struct block first_block;

static struct block *
next_block(const struct block *block)
{
	return __atomic_load_n(&block->next, __ATOMIC_ACQUIRE);
}

static struct region *
region_at(const void *address)
{
	for (const struct block *block = &first_block; block; block = next_block(block)) {
		for (int i = 0; i < BLOCK_PLACES; i++) {
			struct region *region =
				__atomic_load_n(&block->regions[i], __ATOMIC_ACQUIRE);

			if (region && region_contains(region, address, 1))
				return region;
		}
	}
	return NULL;
}

/* Private memory where a page of a region is gone; any other fault takes its usual course. */
static void
replace_page(int number, siginfo_t *info, void *context)
{
	struct region *region = region_at(info->si_addr);
	int saved_errno = errno;

	(void)context;
	if (region) {
		size_t page_bytes = region->provider->page_bytes;
		uintptr_t page = (uintptr_t)info->si_addr & ~(page_bytes - 1);
		void *got = mmap((void *)page, page_bytes, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

		__atomic_fetch_add(&region->lost_pages, 1, __ATOMIC_RELAXED);
		if (got == MAP_FAILED)
			region = NULL;
	}
	if (!region)
		signal(number, SIG_DFL);
	errno = saved_errno;
}

/* Puts a region into a place that holds another, or NULL. Returns whether it did. */
static bool
put_in_block(struct block *block, const struct region *other, struct region *region)
{
	for (int i = 0; i < BLOCK_PLACES; i++) {
		struct region *expected = (struct region *)(uintptr_t)other;

		if (__atomic_compare_exchange_n(&block->regions[i], &expected, region, false,
						__ATOMIC_RELEASE, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

/* The block behind a full one; of two threads that add it, one finds the other's. */
static struct block *
block_behind(struct block *block)
{
	struct block *next = next_block(block), *added;

	if (next)
		return next;
	added = calloc(1, sizeof(*added));
	if (!added)
		return NULL;
	if (__atomic_compare_exchange_n(&block->next, &next, added, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return added;
	free(added);
	return next;
}

static int
guard(struct region *region)
{
	struct sigaction action = {.sa_sigaction = replace_page, .sa_flags = SA_SIGINFO};
	struct block *block = &first_block;
	int error = 0;

	while (block && !put_in_block(block, NULL, region))
		block = block_behind(block);
	if (!block)
		error = -ENOMEM;
	else if (sigaction(SIGBUS, &action, NULL) < 0)
		error = -errno;
	if (error)
		log_error("shared region: guard against its loss: %s", strerror(-error));
	return error;
}

static void
unguard(const struct region *region)
{
	struct block *block = &first_block;

	while (block && !put_in_block(block, region, NULL))
		block = next_block(block);
}

/* Address space for the region, and what stands there while it has no memory object. */
static void *
map_private(void *at, size_t size_bytes)
{
	return mmap(at, size_bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0), -1, 0);
}

/*
 * Huge pages must start on a boundary of their own, which mmap() keeps only where
 * it chooses the place itself: so more is reserved, and the ends are given back.
 */
static uint8_t *
reserve(size_t size_bytes)
{
	uint8_t *base = map_private(NULL, size_bytes + REGION_ALIGN_BYTES);

	if (base == MAP_FAILED)
		return NULL;
	size_t lead_bytes = -(uintptr_t)base & (REGION_ALIGN_BYTES - 1);

	if (lead_bytes)
		munmap(base, lead_bytes);
	munmap(base + lead_bytes + size_bytes, REGION_ALIGN_BYTES - lead_bytes);
	return base + lead_bytes;
}

/* Populating is part of it: huge pages that the pool lacks show up here, as an error, and not later. */
static int
map_object(struct region *region)
{
	int fd = memory_open(region->provider, region->size_bytes);

	if (fd < 0)
		return fd;
	if (mmap(region->base, region->size_bytes, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_POPULATE | MAP_FIXED, fd, 0) == MAP_FAILED) {
		int error = -errno;

		log_error("shared region: %zu MiB of memory '%s': %s; %s", region->size_bytes >> 20,
			  region->provider->name, strerror(-error), region->provider->hint);
		close(fd);
		/* A mapping that fails may already have removed what stood there. */
		map_private(region->base, region->size_bytes);
		return error;
	}
	/* A core dump has no business with what the host can see and change. */
	madvise(region->base, region->size_bytes, MADV_DONTDUMP);
	region->fd = fd;
	return 0;
}

int
region_open(struct region *region, size_t size_bytes, const struct memory_provider *provider)
{
	size_t rounded_bytes =
		(size_bytes + REGION_ALIGN_BYTES - 1) / REGION_ALIGN_BYTES * REGION_ALIGN_BYTES;
	int error;

	*region = (struct region){.provider = provider, .size_bytes = rounded_bytes, .fd = -1};
	region->base = reserve(rounded_bytes);
	if (!region->base) {
		log_error("shared region: %zu MiB of address space: %s", rounded_bytes >> 20,
			  strerror(errno));
		return -ENOMEM;
	}
	error = map_object(region);
	if (!error)
		error = guard(region);
	if (error)
		region_close(region);
	return error;
}

static void
wipe(struct region *region)
{
	explicit_bzero(region->base, region->size_bytes);
	if (region_lost(region))
		log_error("shared region: the host took %d of its pages away", region->lost_pages);
	region->lost_pages = 0;
}

int
region_renew(struct region *region)
{
	wipe(region);
	if (region->fd >= 0)
		close(region->fd);
	region->fd = -1;
	/* Its pages must be free before new ones are asked for: huge ones may be few. */
	if (map_private(region->base, region->size_bytes) == MAP_FAILED) {
		log_error("shared region: private memory: %s", strerror(errno));
		return -ENOMEM;
	}
	return map_object(region);
}

void
region_close(struct region *region)
{
	if (!region->base)
		return;
	wipe(region);
	unguard(region);
	munmap(region->base, region->size_bytes);
	if (region->fd >= 0)
		close(region->fd);
	*region = (struct region){.fd = -1};
}

void *
region_carve(struct region *region, size_t bytes, size_t align_bytes)
{
	size_t start = (region->used_bytes + align_bytes - 1) & ~(align_bytes - 1);

	if (start > region->size_bytes || bytes > region->size_bytes - start)
		return NULL;
	region->used_bytes = start + bytes;
	return region->base + start;
}
