/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/region.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

#define HUGE_PAGE_BYTES (2u << 20)
#define SMALL_PAGE_BYTES 4096u

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
	void *base = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);

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
	return 0;
}

int
region_open(struct region *region, size_t size_bytes, bool huge)
{
	size_t rounded_bytes =
		(size_bytes + REGION_ALIGN_BYTES - 1) / REGION_ALIGN_BYTES * REGION_ALIGN_BYTES;
	int error = open_mapped(region, rounded_bytes, huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0);

	/* Huge pages for some devices and not for others would compare memory, not configurations. */
	if (error && huge)
		log_error("shared region: %zu MiB of huge pages: %s; another process may have taken "
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
