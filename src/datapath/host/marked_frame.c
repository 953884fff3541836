/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/marked_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>

#include "datapath/host/crc32c.h"
#include "datapath/host/udp_frame.h"
#include "datapath/workloads/udp_net.h"

#define CRC_START 0xffffffffu

struct payload {
	rte_le64_t number;
	rte_le32_t flow;
	rte_le32_t crc;
	rte_le16_t session;
} __attribute__((packed));

_Static_assert(sizeof(struct payload) == MARKED_PAYLOAD_BYTES_MIN, "as the header says");
_Static_assert(UDP_HEADERS_BYTES + sizeof(struct payload) == MARKED_BYTES_MIN,
	       "the shortest frame has room for the mark");
_Static_assert(UDP_NET_CLIENT_PORT + SHORT_FLOWS_MAX * SHORT_NUMBERS <= UINT16_MAX,
	       "each short frame has a port");

/* No two flows have one, and none has 0. */
static uint16_t
client_port(uint32_t flow)
{
	return (uint16_t)((UDP_NET_CLIENT_PORT - 1 + flow) % MARKED_FLOWS_MAX + 1);
}

static uint32_t
crc_of_mark(const struct mark *mark, uint32_t filler_crc)
{
	uint32_t crc = rte_hash_crc_8byte(mark->number, filler_crc);

	return rte_hash_crc_8byte((uint64_t)mark->session << 32 | mark->flow, crc);
}

static void
mark_whole(const struct frame_template *template, uint8_t *copy, const struct mark *mark)
{
	struct udp_headers *headers = (struct udp_headers *)copy;
	struct payload *payload = (struct payload *)(copy + sizeof(*headers));

	headers->udp.src_port = rte_cpu_to_be_16(client_port(mark->flow));
	payload->number = rte_cpu_to_le_64(mark->number);
	payload->flow = rte_cpu_to_le_32(mark->flow);
	payload->session = rte_cpu_to_le_16(mark->session);
	payload->crc = rte_cpu_to_le_32(crc_of_mark(mark, template->filler_crc));
}

static void
write_short_payload(uint8_t *bytes, uint16_t n, const struct mark *mark)
{
	for (uint16_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)crc_of_mark(mark, CRC_START + i);
}

static void
mark_short(const struct frame_template *template, uint8_t *copy, const struct mark *mark)
{
	struct udp_headers *headers = (struct udp_headers *)copy;
	uint32_t port = UDP_NET_CLIENT_PORT + mark->flow * SHORT_NUMBERS +
			(uint32_t)(mark->number % SHORT_NUMBERS);

	headers->udp.src_port = rte_cpu_to_be_16((uint16_t)port);
	write_short_payload(copy + sizeof(*headers), template->payload_bytes, mark);
	udp_headers_add_checksum(headers);
}

int
frame_template_open_payload(struct frame_template *template, uint16_t payload_bytes)
{
	uint16_t length_bytes = udp_frame_bytes(payload_bytes);

	*template = (struct frame_template){.bytes = calloc(length_bytes, 1),
					    .length_bytes = length_bytes,
					    .payload_bytes = payload_bytes,
					    .mark = mark_short};
	if (!template->bytes)
		return -ENOMEM;
	udp_headers_write((struct udp_headers *)template->bytes, UDP_NET_CLIENT_PORT,
			  payload_bytes);
	if (frame_template_is_short(template))
		return 0;
	template->mark = mark_whole;
	/* No two neighbours alike, so that bytes that changed places show in a dump. */
	for (uint32_t i = MARKED_BYTES_MIN; i < length_bytes; i++)
		template->bytes[i] = (uint8_t)(i * 167 + (i >> 8));
	template->filler_crc = crc32c(template->bytes + MARKED_BYTES_MIN,
				      length_bytes - MARKED_BYTES_MIN, CRC_START);
	return 0;
}

int
frame_template_open(struct frame_template *template, uint16_t length_bytes)
{
	return frame_template_open_payload(template, (uint16_t)(length_bytes - UDP_HEADERS_BYTES));
}

void
frame_template_close(struct frame_template *template)
{
	free(template->bytes);
	*template = (struct frame_template){0};
}

/* Two signs far enough from each other that a damaged byte leaves one of them. */
static enum frame_verdict
corrupted_or_foreign(const uint8_t *bytes, uint32_t length_bytes)
{
	return udp_frame_resembles(bytes, length_bytes) ? FRAME_CORRUPTED : FRAME_FOREIGN;
}

static bool
read_mark(const struct udp_datagram *datagram, struct mark *mark)
{
	const struct payload *payload = (const struct payload *)datagram->payload;

	if (datagram->payload_bytes < sizeof(*payload))
		return false;
	*mark = (struct mark){.number = rte_le_to_cpu_64(payload->number),
			      .flow = rte_le_to_cpu_32(payload->flow),
			      .session = rte_le_to_cpu_16(payload->session)};
	uint32_t filler_crc = crc32c(datagram->payload + sizeof(*payload),
				     datagram->payload_bytes - sizeof(*payload), CRC_START);

	return mark->flow < MARKED_FLOWS_MAX && datagram->client_port == client_port(mark->flow) &&
	       rte_le_to_cpu_32(payload->crc) == crc_of_mark(mark, filler_crc);
}

enum frame_verdict
marked_frame_check(const uint8_t *bytes, uint32_t length_bytes, struct mark *mark)
{
	struct udp_datagram datagram;

	if (udp_frame_read(bytes, length_bytes, &datagram) && read_mark(&datagram, mark))
		return FRAME_WHOLE;
	return corrupted_or_foreign(bytes, length_bytes);
}

enum frame_verdict
short_frame_check(const uint8_t *bytes, uint32_t length_bytes, uint16_t payload_bytes,
		  const uint64_t *sent, uint32_t n_flows, uint16_t session, struct mark *mark)
{
	uint8_t expected[MARKED_PAYLOAD_BYTES_MIN];
	struct udp_datagram datagram;

	if (!udp_frame_read(bytes, length_bytes, &datagram) ||
	    datagram.payload_bytes != payload_bytes || datagram.client_port < UDP_NET_CLIENT_PORT)
		return corrupted_or_foreign(bytes, length_bytes);
	uint32_t port = datagram.client_port - (uint32_t)UDP_NET_CLIENT_PORT;
	uint32_t flow = port / SHORT_NUMBERS;

	if (flow >= n_flows || !sent[flow])
		return FRAME_CORRUPTED;
	uint64_t last = sent[flow] - 1, back = (last - port) % SHORT_NUMBERS;

	*mark = (struct mark){.number = last - back, .flow = flow, .session = session};
	write_short_payload(expected, payload_bytes, mark);
	return back <= last && !memcmp(datagram.payload, expected, payload_bytes) ? FRAME_WHOLE :
										    FRAME_CORRUPTED;
}
