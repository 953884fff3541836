/* SPDX-License-Identifier: BSD-3-Clause */
#include "hosted_ring.h"

#include <stdlib.h>

#include <linux/virtio_ring.h>

#include "base/log.h"
#include "datapath/guest/memory.h"
#include "datapath/guest/pools.h"

int
hosted_ring_set_up(void **state, struct virtqueue_options options)
{
	struct hosted_ring *f = calloc(1, sizeof(*f));

	options.format = *state;
	options.size = RING;
	harness_drop_messages();
	if (!f || region_open(&f->region, 4u << 20, memory_chosen(0)) ||
	    virtqueue_open(&f->ring, &options, &f->region))
		return -1;
	for (unsigned int i = 0; i < RING; i++) {
		f->mbufs[i].buf_addr = region_carve(&f->region, SLOT_BYTES, 64);
		f->mbufs[i].buf_len = SLOT_BYTES;
		f->mbufs[i].data_off = RTE_PKTMBUF_HEADROOM;
		f->mbufs[i].nb_segs = 1;
	}
	*state = f;
	return 0;
}

int
hosted_ring_tear_down(void **state)
{
	struct hosted_ring *f = *state;

	virtqueue_close(&f->ring);
	region_close(&f->region);
	free(f);
	log_set_sink(NULL, NULL);
	return 0;
}

void
hosted_ring_post_all(struct hosted_ring *f)
{
	struct rte_mbuf *bufs[RING];

	for (unsigned int i = 0; i < RING; i++)
		bufs[i] = &f->mbufs[i];
	f->ring.ops->post_rx(&f->ring, bufs, RING);
}

bool
is_split(const struct hosted_ring *f)
{
	return f->ring.format == virtqueue_formats[0];
}

uint16_t
offered_id(const struct hosted_ring *f)
{
	const struct vring_packed_desc *desc = f->ring.descriptor_area;
	const struct vring_avail *avail = f->ring.driver_area;
	uint32_t slot = f->host_index % RING;

	return is_split(f) ? avail->ring[slot] : desc[slot].id;
}

void
use_chain(struct hosted_ring *f, uint32_t id, uint16_t n, uint32_t length)
{
	uint16_t slot = f->host_index % RING;
	bool wrap = !(f->host_index / RING & 1);

	if (is_split(f)) {
		struct vring_used *used = f->ring.device_area;

		used->ring[slot] = (struct vring_used_elem){id, length};
		used->idx = (uint16_t)++f->host_index;
	} else {
		struct vring_packed_desc *desc = f->ring.descriptor_area;
		uint16_t both = 1u << VRING_PACKED_DESC_F_AVAIL | 1u << VRING_PACKED_DESC_F_USED;

		desc[slot] = (struct vring_packed_desc){
			.len = length, .id = (uint16_t)id, .flags = wrap ? both : 0};
		f->host_index += n;
	}
}
