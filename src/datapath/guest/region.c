/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/region.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

#define HUGE_PAGE_BYTES (2u << 20)
#define SMALL_PAGE_BYTES 4096u

/* Regions in use, for the signal handler: it may run at any moment, in any thread. */
#define REGIONS_MAX 64
static struct region *regions[REGIONS_MAX];

static struct region *
region_at(const void *address)
{
	for (int i = 0; i < REGIONS_MAX; i++) {
		struct region *region = __atomic_load_n(&regions[i], __ATOMIC_ACQUIRE);

		if (region && region_contains(region, address, 1))
			return region;
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
		uintptr_t page = (uintptr_t)info->si_addr & ~(region->page_bytes - 1);
		void *got = mmap((void *)page, region->page_bytes, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

		__atomic_fetch_add(&region->lost_pages, 1, __ATOMIC_RELAXED);
		if (got == MAP_FAILED)
			region = NULL;
	}
	if (!region)
		signal(number, SIG_DFL);
	errno = saved_errno;
}

static int
guard(struct region *region)
{
	struct sigaction action = {.sa_sigaction = replace_page, .sa_flags = SA_SIGINFO};

	for (int i = 0; i < REGIONS_MAX; i++) {
		struct region *none = NULL;

		if (__atomic_compare_exchange_n(&regions[i], &none, region, false, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return sigaction(SIGBUS, &action, NULL) < 0 ? -errno : 0;
	}
	return -ENFILE;
}

static void
unguard(const struct region *region)
{
	for (int i = 0; i < REGIONS_MAX; i++)
		if (regions[i] == region)
			__atomic_store_n(&regions[i], NULL, __ATOMIC_RELEASE);
}

static int
open_object(size_t size_bytes, unsigned int flags)
{
	int fd = memfd_create("folio-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size_bytes) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

/* Populating is part of it: huge pages that the pool lacks show up here, as an error, and not later. */
static int
open_mapped(struct region *region, size_t size_bytes, unsigned int flags)
{
	int fd = open_object(size_bytes, flags);

	if (fd < 0)
		return fd;
	void *base =
		mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);

	if (base == MAP_FAILED) {
		int error = -errno;

		close(fd);
		return error;
	}
	/* A core dump has no business with what the host can see and change. */
	madvise(base, size_bytes, MADV_DONTDUMP);
	*region = (struct region){
		.base = base,
		.size_bytes = size_bytes,
		.page_bytes = flags & MFD_HUGETLB ? HUGE_PAGE_BYTES : SMALL_PAGE_BYTES,
		.fd = fd,
	};
	int error = guard(region);

	if (error)
		region_close(region);
	return error;
}

int
region_open(struct region *region, size_t size_bytes, bool huge)
{
	size_t rounded_bytes =
		(size_bytes + REGION_ALIGN_BYTES - 1) / REGION_ALIGN_BYTES * REGION_ALIGN_BYTES;
	int error = open_mapped(region, rounded_bytes, huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0);

	/* Huge pages for some devices and not for others would compare memory, not configurations. */
	if (error && huge)
		log_error(
			"shared region: %zu MiB of huge pages: %s; another process may have taken "
			"them: try again, or set FOLIO_NO_HUGE=1",
			rounded_bytes >> 20, strerror(-error));
	else if (error)
		log_error("shared region: %zu MiB of memory: %s", rounded_bytes >> 20,
			  strerror(-error));
	return error;
}

void
region_close(struct region *region)
{
	if (!region->base)
		return;
	explicit_bzero(region->base, region->size_bytes);
	if (region_lost(region))
		log_error("shared region: the host took %d of its pages away", region->lost_pages);
	unguard(region);
	munmap(region->base, region->size_bytes);
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
