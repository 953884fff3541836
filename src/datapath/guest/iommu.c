/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/iommu.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "base/log.h"
#include "datapath/guest/region.h"
#include "datapath/guest/vhost_user.h"

#define SMALLEST_PAGE_BYTES 4096u

struct iommu {
	struct vhost_user *peer;
	uint64_t rings_bytes; /* the region's start up to the data area */
	uint64_t data_iova;
	uint64_t data_bytes;
	const uint8_t *data;
	uint64_t page_bytes; /* set by the datapath with the order held */
	bool strict;         /* the same */
	/* Mapped buffers a page; written by the datapath, read by the answering thread. */
	uint16_t *users;
	struct iommu_stats stats; /* fields touched atomically */
	/*
	 * Held from looking a translation up until it is sent, and while one is
	 * taken back: no translation is given after it was taken back.
	 */
	pthread_mutex_t order;
	pthread_t thread;
	bool running; /* the thread is to be joined; the datapath does not run when it changes */
	int stop_fd;
};

const struct counter iommu_counters[] = {
	{"misses", offsetof(struct iommu_stats, misses), "misses",
	 "translations that the device asked for"},
	{"updates", offsetof(struct iommu_stats, updates), "messages", "translations given"},
	{"refused", offsetof(struct iommu_stats, refused), "misses",
	 "translations refused: not mapped"},
	{"invalidations", offsetof(struct iommu_stats, invalidations), "messages",
	 "translations that the device was made to forget"},
	{"failures", offsetof(struct iommu_stats, failures), "messages",
	 "invalidations that the device did not acknowledge"},
	{0},
};

static void
count(uint64_t *field)
{
	__atomic_fetch_add(field, 1, __ATOMIC_RELAXED);
}

static bool
page_mapped(const struct iommu *iommu, size_t page)
{
	return !iommu->strict || __atomic_load_n(&iommu->users[page], __ATOMIC_ACQUIRE);
}

/* The mapping that holds iova, whole; false when there is none. With the order held. */
static bool
translate(const struct iommu *iommu, uint64_t iova, struct vhost_iotlb_msg *update)
{
	uint64_t page = (iova - iommu->data_iova) / iommu->page_bytes;
	uint64_t start, bytes;

	if (iova >= REGION_IOVA && iova < REGION_IOVA + iommu->rings_bytes) {
		start = REGION_IOVA;
		bytes = iommu->rings_bytes;
	} else if (iova >= iommu->data_iova && iova < iommu->data_iova + iommu->data_bytes &&
		   page_mapped(iommu, page)) {
		start = iommu->data_iova + page * iommu->page_bytes;
		bytes = iommu->page_bytes;
	} else {
		return false;
	}
	*update = (struct vhost_iotlb_msg){
		.iova = start,
		.size = bytes,
		.uaddr = start, /* the memory table gives both addresses the same value */
		.perm = VHOST_ACCESS_RW,
		.type = VHOST_IOTLB_UPDATE,
	};
	return true;
}

static int
answer(struct iommu *iommu)
{
	struct vhost_iotlb_msg miss, update;
	int got = vhost_user_receive_miss(iommu->peer, &miss);

	if (got <= 0)
		return got;
	count(&iommu->stats.misses);
	pthread_mutex_lock(&iommu->order);
	if (translate(iommu, miss.iova, &update)) {
		count(&iommu->stats.updates);
		got = vhost_user_iotlb(iommu->peer, &update, false);
	} else {
		count(&iommu->stats.refused);
		got = 0;
	}
	pthread_mutex_unlock(&iommu->order);
	return got;
}

/* Ends when it is told to, or when the backend has gone: then there is nobody left to answer. */
static void *
answer_misses(void *arg)
{
	struct iommu *iommu = arg;
	struct pollfd ready[] = {
		{.fd = iommu->peer->backend_request_fd, .events = POLLIN},
		{.fd = iommu->stop_fd, .events = POLLIN},
	};
	int error;

	for (;;) {
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			break;
		if (ready[1].revents)
			break;
		if (!ready[0].revents)
			continue;
		error = answer(iommu);
		if (error == -EPIPE)
			break;
		if (error < 0) {
			log_error("IOMMU: the backend's request channel: %s; it is hung up on",
				  strerror(-error));
			vhost_user_hang_up(iommu->peer);
			break;
		}
	}
	return NULL;
}

int
iommu_open(struct vhost_user *peer, const struct region *region, const uint8_t *data, size_t bytes,
	   struct iommu **out)
{
	struct iommu *iommu = calloc(1, sizeof(*iommu));
	int error;

	if (!iommu)
		return -ENOMEM;
	pthread_mutex_init(&iommu->order, NULL);
	iommu->peer = peer;
	iommu->data = data;
	iommu->data_bytes = bytes;
	iommu->data_iova = region_iova(region, data);
	iommu->rings_bytes = iommu->data_iova - REGION_IOVA;
	iommu->page_bytes = bytes;
	iommu->users = calloc(bytes / SMALLEST_PAGE_BYTES + 1, sizeof(*iommu->users));
	iommu->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = !iommu->users ? -ENOMEM : iommu->stop_fd < 0 ? -errno : 0;
	if (error) {
		log_error("IOMMU: %s", strerror(-error));
		iommu_close(iommu);
		return error;
	}
	*out = iommu;
	return 0;
}

int
iommu_start(struct iommu *iommu)
{
	/* A control thread stays off the datapath's core, whose affinity a plain one would inherit. */
	int error =
		rte_ctrl_thread_create(&iommu->thread, "folio-iommu", NULL, answer_misses, iommu);

	if (error) {
		log_error("IOMMU thread: %s", strerror(abs(error)));
		return -abs(error);
	}
	iommu->running = true;
	return 0;
}

void
iommu_stop(struct iommu *iommu)
{
	eventfd_t ignored;

	if (!iommu->running)
		return;
	/* The thread may be waiting for a backend that takes no answer. */
	vhost_user_hang_up(iommu->peer);
	eventfd_write(iommu->stop_fd, 1);
	pthread_join(iommu->thread, NULL);
	eventfd_read(iommu->stop_fd, &ignored);
	iommu->running = false;
}

void
iommu_close(struct iommu *iommu)
{
	if (!iommu)
		return;
	iommu_stop(iommu);
	if (iommu->stop_fd >= 0)
		close(iommu->stop_fd);
	pthread_mutex_destroy(&iommu->order);
	free(iommu->users);
	free(iommu);
}

/*
 * Returns when the device no longer holds the translation: it said so, the
 * connection has been ended over it, or there is none.
 */
static int
forget(struct iommu *iommu, uint64_t iova, uint64_t bytes)
{
	struct vhost_iotlb_msg invalidate = {
		.iova = iova,
		.size = bytes,
		.type = VHOST_IOTLB_INVALIDATE,
	};
	int error;

	if (!iommu->running)
		return 0;
	pthread_mutex_lock(&iommu->order);
	error = vhost_user_iotlb(iommu->peer, &invalidate, true);
	pthread_mutex_unlock(&iommu->order);
	if (error && !iommu->stats.failures++)
		log_error(
			"IOMMU: the backend did not acknowledge an invalidation: %s; the device is "
			"out of service",
			strerror(-error));
	return error;
}

int
iommu_configure(struct iommu *iommu, size_t page_bytes, bool strict)
{
	if (!page_bytes)
		page_bytes = iommu->data_bytes;
	if (page_bytes == iommu->page_bytes && strict == iommu->strict)
		return 0;
	pthread_mutex_lock(&iommu->order);
	iommu->page_bytes = page_bytes;
	iommu->strict = strict;
	pthread_mutex_unlock(&iommu->order);
	return forget(iommu, iommu->data_iova, iommu->data_bytes);
}

void
iommu_map(struct iommu *iommu, const void *address, size_t bytes)
{
	size_t offset = (size_t)((const uint8_t *)address - iommu->data);

	for (size_t page = offset / iommu->page_bytes;
	     page <= (offset + bytes - 1) / iommu->page_bytes; page++)
		__atomic_fetch_add(&iommu->users[page], 1, __ATOMIC_RELEASE);
}

void
iommu_unmap(struct iommu *iommu, const void *address, size_t bytes)
{
	size_t offset = (size_t)((const uint8_t *)address - iommu->data);

	for (size_t page = offset / iommu->page_bytes;
	     page <= (offset + bytes - 1) / iommu->page_bytes; page++) {
		if (__atomic_sub_fetch(&iommu->users[page], 1, __ATOMIC_ACQ_REL))
			continue;
		if (iommu->running)
			count(&iommu->stats.invalidations);
		/* A failure has been said, and counted; packets stop, which the datapath notices. */
		forget(iommu, iommu->data_iova + page * iommu->page_bytes, iommu->page_bytes);
	}
}

const struct iommu_stats *
iommu_counted(const struct iommu *iommu)
{
	return &iommu->stats;
}
