/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest's IOMMU, as a vhost backend sees it (VIRTIO_F_ACCESS_PLATFORM): the
 * device translates through an IOTLB of its own, asks when it misses, and
 * forgets when it is told to. A thread of its own answers, so that a miss can
 * be served while the datapath waits for it.
 *
 * The rings are one mapping that always exists. The data area is cut into pages;
 * with strict unmapping a page is translated only while a mapped buffer lies in
 * it, and its last unmapping waits until the device has forgotten it.
 */
#ifndef FOLIO_DATAPATH_IOMMU_H
#define FOLIO_DATAPATH_IOMMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"

struct iommu;
struct region;
struct vhost_user;

struct iommu_stats {
	uint64_t misses;        /* asked by the device */
	uint64_t updates;       /* answered */
	uint64_t refused;       /* asked for what is not mapped */
	uint64_t invalidations; /* pages that the device was made to forget */
	uint64_t failures;      /* invalidations that it did not acknowledge */
};

/* Over struct iommu_stats. */
extern const struct counter iommu_counters[];

/*
 * The data area [data, data + bytes) lies in the region, from a REGION_ALIGN_BYTES
 * boundary on; what lies before it are the rings. Nobody answers yet. Returns 0 or
 * -errno after log_error(). region and peer outlive it.
 */
int iommu_open(struct vhost_user *peer, const struct region *region, const uint8_t *data,
	       size_t bytes, struct iommu **out);

/* Starts the thread that answers the present backend. Returns 0 or -errno after log_error(). */
int iommu_start(struct iommu *iommu);

/*
 * Hangs up and ends the thread. With the backend its IOTLB is gone too: until the
 * next start mappings change without a message.
 */
void iommu_stop(struct iommu *iommu);

/* Stops; NULL is allowed. */
void iommu_close(struct iommu *iommu);

/*
 * Sets the page size (a power of two; 0: the whole data area is one page) and
 * whether unmapping is strict, and makes the device forget every data page.
 * Nothing may be mapped then. Returns 0 or -errno.
 */
int iommu_configure(struct iommu *iommu, size_t page_bytes, bool strict);

/* Strict only: a buffer starts and stops being mapped. */
void iommu_map(struct iommu *iommu, const void *address, size_t bytes);
void iommu_unmap(struct iommu *iommu, const void *address, size_t bytes);

/* The counts since iommu_open(); the answering thread goes on counting. */
const struct iommu_stats *iommu_counted(const struct iommu *iommu);

#endif
