/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/traffic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pcap/pcap.h>
#include <rte_common.h>

#include "base/random.h"
#include "datapath/host/udp_frame.h"
#include "datapath/workloads/udp_net.h"

/* Enough that no ring holds a whole round, so that a frame out of its order shows. */
#define GENERATED_FRAMES 600u

#define GAP_NS_MAX 3600000000000

/* 7:4:1; with their FCS 64, 570 and 1518 B. */
const uint16_t imix_bytes[IMIX_SIZES] = {60, 566, 1514};
const uint16_t imix_shares[IMIX_SIZES] = {7, 4, 1};

_Static_assert(GENERATED_FRAMES % IMIX_ROUND == 0, "a mix keeps its shares");

static const char *
basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Room for n frames of `bytes` in all. */
static int
reserve(struct traffic *traffic, uint32_t n, size_t bytes)
{
	traffic->frames = calloc(n, sizeof(*traffic->frames));
	traffic->storage = calloc(bytes, 1);
	traffic->storage_bytes = bytes;
	return traffic->frames && traffic->storage ? 0 : -ENOMEM;
}

/* Each frame begins at an even address, as an Ethernet header wants to. */
static size_t
used_bytes(const struct traffic *traffic)
{
	const struct frame *last = traffic->n ? &traffic->frames[traffic->n - 1] : NULL;

	return last ? RTE_ALIGN_CEIL((size_t)(last->bytes - traffic->storage) + last->length_bytes,
				     (size_t)2) :
		      0;
}

static uint8_t *
add_frame(struct traffic *traffic, uint16_t length_bytes)
{
	uint8_t *bytes = traffic->storage + used_bytes(traffic);

	traffic->frames[traffic->n++] = (struct frame){bytes, length_bytes};
	return bytes;
}

/* Random payload, so that no two are alike. */
static void
generate_frame(struct traffic *traffic, struct random_state *random, uint16_t payload_bytes)
{
	uint8_t *bytes = add_frame(traffic, udp_frame_bytes(payload_bytes));

	udp_headers_write((struct udp_headers *)bytes, UDP_NET_CLIENT_PORT, payload_bytes);
	for (uint16_t i = 0; i < payload_bytes; i++)
		bytes[UDP_HEADERS_BYTES + i] = (uint8_t)random_next(random);
}

static int
generate_fixed(struct traffic *traffic, const char *text, uint16_t payload_bytes, uint64_t seed)
{
	struct random_state random = {seed};
	int error = reserve(traffic, GENERATED_FRAMES, GENERATED_FRAMES * FRAME_BYTES_MAX);

	if (error)
		return error;
	snprintf(traffic->label, sizeof(traffic->label), "%s", text);
	while (traffic->n < GENERATED_FRAMES)
		generate_frame(traffic, &random, payload_bytes);
	return 0;
}

static int
generate_imix(struct traffic *traffic, uint64_t seed)
{
	struct random_state random = {seed};
	uint16_t lengths[GENERATED_FRAMES] = {0};
	uint32_t n = 0;
	int error = reserve(traffic, GENERATED_FRAMES, GENERATED_FRAMES * FRAME_BYTES_MAX);

	if (error)
		return error;
	snprintf(traffic->label, sizeof(traffic->label), "imix");
	for (size_t i = 0; i < IMIX_SIZES; i++)
		for (unsigned int k = 0; k < imix_shares[i] * (GENERATED_FRAMES / IMIX_ROUND); k++)
			lengths[n++] = imix_bytes[i];
	random_shuffle(&random, lengths, n, sizeof(lengths[0]));
	for (uint32_t i = 0; i < n; i++)
		generate_frame(traffic, &random, (uint16_t)(lengths[i] - UDP_HEADERS_BYTES));
	return 0;
}

static int
check_captured(const char *path, uint32_t frame_bytes_max, uint32_t number,
	       const struct pcap_pkthdr *header, char *why, size_t why_size)
{
	if (header->caplen != header->len) {
		snprintf(
			why, why_size,
			"%s: frame %u was captured only in part (%u of %u B); capture whole frames",
			path, number, header->caplen, header->len);
		return -EINVAL;
	}
	if (header->len < FRAME_BYTES_MIN || header->len > frame_bytes_max) {
		snprintf(why, why_size,
			 "%s: frame %u is %u B long; %u to %u are allowed (capture with "
			 "segmentation offload off)",
			 path, number, header->len, FRAME_BYTES_MIN, frame_bytes_max);
		return -EINVAL;
	}
	if (number > TRAFFIC_FRAMES_MAX) {
		snprintf(why, why_size, "%s: more than %u frames", path, TRAFFIC_FRAMES_MAX);
		return -EINVAL;
	}
	return 0;
}

/* From one frame to the next; the file may say anything. */
static uint64_t
gap_ns(const struct timeval *earlier, const struct timeval *later)
{
	__int128 gap = ((__int128)later->tv_sec - earlier->tv_sec) * 1000000000 +
		       (later->tv_usec - earlier->tv_usec);

	if (gap < 0)
		return 0;
	return gap > GAP_NS_MAX ? GAP_NS_MAX : (uint64_t)gap;
}

static int
read_frames(struct traffic *traffic, uint32_t frame_bytes_max, pcap_t *capture, const char *path,
	    char *why, size_t why_size)
{
	struct pcap_pkthdr *header;
	struct timeval last = {0}; /* tv_usec holds ns: the file is opened so */
	const uint8_t *bytes;
	int got, error;

	while ((got = pcap_next_ex(capture, &header, &bytes)) == 1) {
		uint32_t n = traffic->n;

		error = check_captured(path, frame_bytes_max, n + 1, header, why, why_size);
		if (error)
			return error;
		if (header->len > traffic->storage_bytes - used_bytes(traffic)) {
			snprintf(why, why_size, "%s: grew while it was read", path);
			return -EINVAL;
		}
		memcpy(add_frame(traffic, (uint16_t)header->len), bytes, header->len);
		if (n)
			traffic->times_ns[n] =
				traffic->times_ns[n - 1] + gap_ns(&last, &header->ts);
		last = header->ts;
	}
	if (got != PCAP_ERROR_BREAK) {
		snprintf(why, why_size, "%s: after frame %u: %s", path, traffic->n,
			 pcap_geterr(capture));
		return -EINVAL;
	}
	if (!traffic->n) {
		snprintf(why, why_size, "%s: no frame in it", path);
		return -EINVAL;
	}
	return 0;
}

/* libpcap would wait for a pipe's writer, and read a folder as an empty file. */
static int
check_regular(const char *path, size_t *file_bytes, char *why, size_t why_size)
{
	struct stat status;

	if (stat(path, &status) < 0) {
		int error = -errno;

		snprintf(why, why_size, "%s: %s", path, strerror(-error));
		return error;
	}
	if (!S_ISREG(status.st_mode)) {
		snprintf(why, why_size, "%s: no regular file", path);
		return -EINVAL;
	}
	*file_bytes = (size_t)status.st_size;
	return 0;
}

static int
read_capture(struct traffic *traffic, uint32_t frame_bytes_max, const char *path, char *why,
	     size_t why_size)
{
	char message[PCAP_ERRBUF_SIZE];
	size_t file_bytes = 0;
	int error = check_regular(path, &file_bytes, why, why_size);

	if (error)
		return error;
	error = reserve(traffic, TRAFFIC_FRAMES_MAX,
			RTE_MIN(file_bytes, (size_t)TRAFFIC_FRAMES_MAX * frame_bytes_max) + 1);
	traffic->times_ns = calloc(TRAFFIC_FRAMES_MAX, sizeof(*traffic->times_ns));
	if (error || !traffic->times_ns)
		return -ENOMEM;
	snprintf(traffic->label, sizeof(traffic->label), "%.*s", (int)sizeof(traffic->label) - 1,
		 basename_of(path));
	pcap_t *capture =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, message);

	if (!capture) {
		snprintf(why, why_size, "%s: %s", path, message);
		return -EINVAL;
	}
	if (pcap_datalink(capture) != DLT_EN10MB) {
		snprintf(why, why_size, "%s: link type %s; Ethernet is wanted", path,
			 pcap_datalink_val_to_name(pcap_datalink(capture)));
		error = -EINVAL;
	} else {
		error = read_frames(traffic, frame_bytes_max, capture, path, why, why_size);
	}
	pcap_close(capture);
	return error;
}

int
traffic_size(const char *text, unsigned long *size_bytes)
{
	char *end;

	*size_bytes = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end ? 0 : -EINVAL;
}

static int
open_fixed(const char *text, uint64_t seed, struct traffic *traffic, char *why, size_t why_size)
{
	unsigned long size;

	if (traffic_size(text, &size) < 0 || size < FIXED_BYTES_MIN || size > FRAME_BYTES_MAX) {
		snprintf(why, why_size,
			 "traffic '%s': a frame size of %u to %u B, payload:SIZE, imix, or "
			 "pcap:FILE is wanted",
			 text, FIXED_BYTES_MIN, FRAME_BYTES_MAX);
		return -EINVAL;
	}
	return generate_fixed(traffic, text, (uint16_t)(size - UDP_HEADERS_BYTES), seed);
}

static int
open_payload(const char *text, uint64_t seed, struct traffic *traffic, char *why, size_t why_size)
{
	unsigned long size;
	int error = traffic_size(text + strlen(TRAFFIC_PAYLOAD), &size);

	if (error < 0 || size < PAYLOAD_BYTES_MIN || size > PAYLOAD_BYTES_MAX) {
		snprintf(why, why_size, "traffic '%s': a payload of %u to %u B is wanted", text,
			 PAYLOAD_BYTES_MIN, PAYLOAD_BYTES_MAX);
		return -EINVAL;
	}
	return generate_fixed(traffic, text, (uint16_t)size, seed);
}

static double
mean_bytes(const struct traffic *traffic)
{
	double sum = 0;

	for (uint32_t i = 0; i < traffic->n; i++)
		sum += traffic->frames[i].length_bytes;
	return sum / traffic->n;
}

int
traffic_open(const char *text, uint64_t seed, struct traffic *traffic, char *why, size_t why_size)
{
	int error;

	memset(traffic, 0, sizeof(*traffic));
	snprintf(why, why_size, "traffic '%s': not enough memory", text);
	if (!strcmp(text, "imix"))
		error = generate_imix(traffic, seed);
	else if (!strncmp(text, "pcap:", 5))
		error = read_capture(traffic, FRAME_BYTES_MAX, text + 5, why, why_size);
	else if (!strncmp(text, TRAFFIC_PAYLOAD, strlen(TRAFFIC_PAYLOAD)))
		error = open_payload(text, seed, traffic, why, why_size);
	else
		error = open_fixed(text, seed, traffic, why, why_size);
	if (error) {
		traffic_close(traffic);
		return error;
	}
	traffic->mean_bytes = mean_bytes(traffic);
	return 0;
}

int
traffic_open_capture(const char *path, uint32_t frame_bytes_max, struct traffic *traffic, char *why,
		     size_t why_size)
{
	memset(traffic, 0, sizeof(*traffic));
	snprintf(why, why_size, "%s: not enough memory", path);
	int error = read_capture(traffic, frame_bytes_max, path, why, why_size);

	if (error) {
		traffic_close(traffic);
		return error;
	}
	traffic->mean_bytes = mean_bytes(traffic);
	return 0;
}

void
traffic_close(struct traffic *traffic)
{
	free(traffic->frames);
	free(traffic->storage);
	free(traffic->times_ns);
	memset(traffic, 0, sizeof(*traffic));
}
