/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source iotlb: the device translates each address through the backend's IOTLB
 * (VIRTIO_F_ACCESS_PLATFORM), with real MISS, UPDATE and INVALIDATE messages. Most
 * of it is the host's cost; strict unmapping costs the guest a round trip for
 * each page that no buffer uses any more.
 *
 * Split rings only: where a translation misses, rte_vhost (22.11, dequeue from a
 * packed ring) hands the descriptor back as used and drops the frame, instead of
 * trying again.
 */
#include <errno.h>
#include <linux/virtio_config.h>
#include <stdlib.h>

#include "base/log.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/iommu.h"
#include "datapath/sources/mapped.h"
#include "datapath/sources/source.h"

static const char *const pages[] = {"4 KiB", "64 KiB", "2 MiB", "region", NULL};
static const size_t page_bytes[] = {4u << 10, 64u << 10, 2u << 20, 0};

struct iotlb_options {
	uint32_t page;
	bool strict;
};

struct iotlb {
	struct iommu *iommu;
	size_t page_bytes;
	bool strict;
};

static const struct option_spec options[] = {
	{.name = "page",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct iotlb_options, page),
	 .preset = "4 KiB",
	 .choices = pages,
	 .help = "what one translation covers"},
	{.name = "strict",
	 .type = OPTION_SWITCH,
	 .offset = offsetof(struct iotlb_options, strict),
	 .preset = "off",
	 .help = "unmapping waits until the device has forgotten the page"},
	{0},
};

static const char *
iotlb_conflict(const struct datapath_config *config)
{
	if (!(virtqueue_formats[config->format]->features & (1ull << VIRTIO_F_RING_PACKED)))
		return NULL;
	return "in a packed ring the stock backend loses each frame whose translation misses, "
	       "allowed: ring_format: split";
}

static int
iotlb_open(const struct source_env *env, const void *settings, void **state)
{
	const struct iotlb_options *chosen = settings;
	struct iotlb *iotlb;

	if (!env->guest->iommu) {
		log_error("source iotlb: the device does not translate");
		return -ENOTSUP;
	}
	iotlb = calloc(1, sizeof(*iotlb));
	if (!iotlb)
		return -ENOMEM;
	iotlb->iommu = env->guest->iommu;
	iotlb->page_bytes = page_bytes[chosen->page];
	iotlb->strict = chosen->strict;
	*state = iotlb;
	return 0;
}

static int
iotlb_attach(void *state)
{
	const struct iotlb *iotlb = state;

	return iommu_configure(iotlb->iommu, iotlb->page_bytes, iotlb->strict);
}

static const void *
iotlb_counted(void *state)
{
	const struct iotlb *iotlb = state;

	return iommu_counted(iotlb->iommu);
}

static void
iotlb_map(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	const struct iotlb *iotlb = state;

	if (!iotlb->strict)
		return;
	for (uint16_t i = 0; i < n; i++) {
		struct mapped range = mapped_range(bufs[i], direction);

		iommu_map(iotlb->iommu, range.start, range.bytes);
	}
}

static void
iotlb_unmap(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	const struct iotlb *iotlb = state;

	if (!iotlb->strict)
		return;
	for (uint16_t i = 0; i < n; i++) {
		struct mapped range = mapped_range(bufs[i], direction);

		iommu_unmap(iotlb->iommu, range.start, range.bytes);
	}
}

extern const struct source source_iotlb;

const struct source source_iotlb = {
	.name = "iotlb",
	.help = "device translations through the backend's IOTLB",
	.acts_at = "packet",
	.fidelity = FIDELITY_REAL,
	.options = options,
	.counters = iommu_counters,
	.counted = iotlb_counted,
	.needs_iommu = true,
	.conflict = iotlb_conflict,
	.open = iotlb_open,
	.close = free,
	.attach = iotlb_attach,
	.map = iotlb_map,
	.unmap = iotlb_unmap,
};
