/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/virtio_features.h"

#include <stdio.h>

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#define FEATURE_BITS 64

static const char *const names[FEATURE_BITS] = {
	[VIRTIO_NET_F_MRG_RXBUF] = "VIRTIO_NET_F_MRG_RXBUF",
	[VIRTIO_NET_F_MQ] = "VIRTIO_NET_F_MQ",
	[VIRTIO_RING_F_EVENT_IDX] = "VIRTIO_F_RING_EVENT_IDX",
	[30] = "VHOST_USER_F_PROTOCOL_FEATURES",
	[VIRTIO_F_VERSION_1] = "VIRTIO_F_VERSION_1",
	[VIRTIO_F_ACCESS_PLATFORM] = "VIRTIO_F_ACCESS_PLATFORM",
	[VIRTIO_F_RING_PACKED] = "VIRTIO_F_RING_PACKED",
};

const char *
virtio_features_text(uint64_t features, char *text, size_t text_size)
{
	size_t used = 0;

	*text = '\0';
	for (unsigned int bit = 0; bit < FEATURE_BITS && used < text_size; bit++) {
		const char *comma = used ? ", " : "";

		if (!(features >> bit & 1))
			continue;
		used += (size_t)(names[bit] ? snprintf(text + used, text_size - used, "%s%s", comma,
						       names[bit]) :
					      snprintf(text + used, text_size - used, "%sbit %u",
						       comma, bit));
	}
	return text;
}
