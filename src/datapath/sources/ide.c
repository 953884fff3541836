/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source ide: the link of a trusted device is encrypted (PCIe IDE, PCI Express Base
 * Specification 6.0, 6.33). Each transaction layer packet (TLP) that carries a frame's
 * bytes gets an IDE prefix and a message authentication code, and passes an encryption
 * engine at either end.
 *
 * No ordinary machine has such a link. The packets are counted, as many as a frame and
 * its virtio header take at the link's largest payload, and so are the bytes that they
 * grow by; each costs the device so many cycles, which no published figure gives. That
 * is the device's side: charged to the host, not to the guest. What reading and writing
 * descriptors takes on the link is left out, and so is what a full link loses.
 */
#include <errno.h>
#include <stdlib.h>

#include <rte_mbuf.h>

#include "datapath/guest/virtqueue.h"
#include "datapath/sources/source.h"
#include "datapath/sources/spend.h"

struct ide_options {
	uint64_t cost_cycles;
	uint64_t payload_bytes;
	uint64_t overhead_bytes;
};

struct ide {
	struct spender spender;
	struct ide_options options;
	uint64_t tlps;
	uint64_t bytes;
};

static const char *const packets_crossed[] = {"ide.tlps", NULL};

static const struct option_spec options[] = {
	{.name = "cost",
	 .type = OPTION_CYCLES,
	 .offset = offsetof(struct ide_options, cost_cycles),
	 .preset = "0 cycles",
	 .max = 1e9,
	 .cost = "ide_tlp",
	 .events = packets_crossed,
	 .help = "encryption of one packet of the link, of the device's time"},
	/* Max_Payload_Size: 7.5.3.4; 256 B is what most root ports allow. */
	{.name = "payload",
	 .type = OPTION_BYTES,
	 .offset = offsetof(struct ide_options, payload_bytes),
	 .preset = "256 B",
	 .min = 128,
	 .max = 4096,
	 .help = "most bytes of a frame in one packet of the link"},
	/* IDE TLP prefix 4 B, MAC 96 bits (6.33.5), one for each TLP: no aggregation. */
	{.name = "overhead",
	 .type = OPTION_BYTES,
	 .offset = offsetof(struct ide_options, overhead_bytes),
	 .preset = "16 B",
	 .max = 64,
	 .help = "bytes that encryption adds to one: prefix and authentication code"},
	{0},
};

static const struct counter counters[] = {
	{"tlps", offsetof(struct ide, tlps), "packets", "packets of the link, either way"},
	{"bytes", offsetof(struct ide, bytes), "bytes", "that encryption added to them"},
	{0},
};

static int
ide_open(const void *settings, void **state)
{
	struct ide *ide = calloc(1, sizeof(*ide));

	if (!ide)
		return -ENOMEM;
	ide->options = *(const struct ide_options *)settings;
	spender_open(&ide->spender);
	*state = ide;
	return 0;
}

static void
ide_cross(void *state, struct rte_mbuf **bufs, uint16_t n)
{
	struct ide *ide = state;
	uint64_t payload_bytes = ide->options.payload_bytes, tlps = 0;

	for (uint16_t i = 0; i < n; i++)
		tlps += (bufs[i]->pkt_len + VNET_HEADER_BYTES + payload_bytes - 1) / payload_bytes;
	ide->tlps += tlps;
	ide->bytes += tlps * ide->options.overhead_bytes;
	spend(&ide->spender, tlps * ide->options.cost_cycles);
}

extern const struct source source_ide;

const struct source source_ide = {
	.name = "ide",
	.help = "PCIe link encryption, on the device's side",
	.acts_at = "device",
	.fidelity = FIDELITY_MODELLED,
	.options = options,
	.counters = counters,
	.link_open = ide_open,
	.link_cross = ide_cross,
};
