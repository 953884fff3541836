/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/ipsec/esp_fused.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_memcpy.h>

#include "base/log.h"
#include "datapath/ipsec/esp_replay.h"
#include "datapath/ipsec/gcm.h"
#include "datapath/ipsec/single_read.h"

/* A call of the port's sends so many at most; numbers must be left for all of them. */
#define BURST_MAX 32u
#define AAD_BYTES_MAX 12u

/* More than Ethernet's longest frame has: longer ones are not tried, and copied first. */
#define TRIED_BYTES_MAX 1600u

struct esp_end {
	struct esp_spec spec;
	struct gcm gcm;
	const struct single_read *once;
};

struct esp_fused {
	struct esp_end in, out;
	struct esp_replay replay;
	uint64_t sent;
	struct esp_headers headers; /* of what is sent in tunnel mode, but for lengths and numbers */
	struct esp_fused_counters counters;
	uint8_t scratch[SINGLE_READ_BYTES_MAX]; /* private: what is copied first */
};

const struct counter esp_fused_counters[] = {
	ESP_COUNTERS(struct esp_fused_counters, esp),
	{"plain", offsetof(struct esp_fused_counters, plain), "packets",
	 "neither ESP nor ARP: dropped"},
	{"copied_first", offsetof(struct esp_fused_counters, copied_first), "packets",
	 "of a length at which the cipher would touch shared memory twice: copied first"},
	{0},
};

/* What holds of a key's length is found once a process: ciphertexts are aligned. */
static int
find_once(const struct gcm *gcm, uint32_t key_bytes, const struct single_read **out)
{
	static struct single_read found[2];
	static bool tried[2];
	unsigned int i = key_bytes > IMB_GCM_128_KEY_LEN;
	int error = tried[i] ? 0 :
			       single_read_try(gcm, TRIED_BYTES_MAX, ESP_ALIGN_BYTES, &found[i]);

	tried[i] = !error;
	*out = &found[i];
	return error;
}

/* Nobody else changes it. */
static const struct single_read private_memory = {
	.decrypts = {[0 ... SINGLE_READ_BYTES_MAX] = true},
	.encrypts = {[0 ... SINGLE_READ_BYTES_MAX] = true},
};

static int
open_end(struct esp_end *end, const struct esp_spec *spec, bool shared)
{
	int error;

	end->spec = *spec;
	end->once = &private_memory;
	error = gcm_open(&end->gcm, end->spec.key, end->spec.key_bytes);
	return error || !shared ? error : find_once(&end->gcm, end->spec.key_bytes, &end->once);
}

int
esp_fused_open(const struct esp_spec *in, const struct esp_spec *out, bool shared,
	       struct esp_fused **fused)
{
	struct esp_fused *f = calloc(1, sizeof(*f));
	int error;

	if (!f)
		return -ENOMEM;
	error = open_end(&f->in, in, shared);
	if (!error)
		error = open_end(&f->out, out, shared);
	if (error) {
		esp_fused_close(f);
		return error;
	}
	esp_replay_init(&f->replay, in);
	f->sent = out->sent;
	esp_outer_headers(out, &f->headers);
	*fused = f;
	return 0;
}

int
esp_fused_open_guest(const struct esp_options *options, bool shared, struct esp_fused **fused)
{
	struct esp_spec in, out;

	esp_spec_of(options, true, &in);
	esp_spec_of(options, false, &out);
	return esp_fused_open(&in, &out, shared, fused);
}

void
esp_fused_close(struct esp_fused *fused)
{
	if (!fused)
		return;
	gcm_close(&fused->in.gcm);
	gcm_close(&fused->out.gcm);
	explicit_bzero(fused, sizeof(*fused));
	free(fused);
}

const struct esp_fused_counters *
esp_fused_counted(const struct esp_fused *fused)
{
	return &fused->counters;
}

/* RFC 4106, 5. Returns its length. */
static inline uint32_t
make_aad(const struct esp_spec *spec, uint64_t number, uint8_t aad[AAD_BYTES_MAX])
{
	const rte_be32_t spi = rte_cpu_to_be_32(spec->spi),
			 low = rte_cpu_to_be_32((uint32_t)number),
			 high = rte_cpu_to_be_32((uint32_t)(number >> 32));

	memcpy(aad, &spi, 4);
	if (spec->esn)
		memcpy(aad + 4, &high, 4);
	memcpy(aad + (spec->esn ? 8 : 4), &low, 4);
	return spec->esn ? AAD_BYTES_MAX : AAD_BYTES_MAX - 4;
}

static inline void
crypt(const struct esp_end *end, aes_gcm_enc_dec_t call, const struct esp_headers *headers,
      uint64_t number, uint8_t *to, const uint8_t *from, uint32_t bytes, uint8_t *tag)
{
	uint8_t aad[AAD_BYTES_MAX], nonce[GCM_NONCE_BYTES];
	uint32_t aad_bytes = make_aad(&end->spec, number, aad);
	struct gcm_context_data context;

	memcpy(nonce, end->spec.salt, ESP_SALT_BYTES);
	memcpy(nonce + ESP_SALT_BYTES, headers->iv, ESP_IV_BYTES);
	call(end->gcm.key, &context, to, from, bytes, nonce, aad, aad_bytes, tag, ESP_TAG_BYTES);
}

/* All that comes before the ciphertext, no byte read twice. */
static inline void
copy_headers(const uint8_t *shared, struct esp_headers *headers)
{
	uint8_t *to = (uint8_t *)headers;

	rte_mov32(to, shared);
	rte_mov16(to + 32, shared + 32);
	memcpy(to + 48, shared + 48, ESP_HEADERS_BYTES - 48);
}

static inline bool
tags_match(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return !((x[0] ^ y[0]) | (x[1] ^ y[1]));
}

/* Padding as it must be: bytes of payload in front of it; else -1. RFC 4303, 2.4. */
static inline int32_t
payload_bytes(const uint8_t *plain, uint32_t bytes)
{
	uint32_t padding = plain[bytes - 2], payload = bytes - ESP_TRAILER_BYTES - padding;

	if (unlikely(padding + ESP_TRAILER_BYTES > bytes))
		return -1;
	for (uint32_t i = 0; i < padding; i++)
		if (unlikely(plain[payload + i] != i + 1))
			return -1;
	return (int32_t)payload;
}

static uint16_t
drop(uint64_t *counter, uint8_t *plain, uint32_t bytes)
{
	(*counter)++;
	explicit_bzero(plain, bytes);
	return 0;
}

/* Whether the decrypted packet is what its association carries; its headers are put before it. */
static inline uint16_t
finish(struct esp_fused *fused, const struct esp_headers *headers, uint8_t *to, uint32_t before,
       uint32_t bytes)
{
	struct esp_counters *counters = &fused->counters.esp;
	int32_t payload = payload_bytes(to + before, bytes);
	uint8_t next = to[before + bytes - 1];

	if (unlikely(payload < 0 || (fused->in.spec.tunnel && next != IPPROTO_IPIP)))
		return drop(&counters->malformed, to + before, bytes);
	counters->opened++;
	memcpy(to, headers, before);
	if (!fused->in.spec.tunnel) {
		struct rte_ipv4_hdr *ip = &((struct esp_headers *)to)->ip;

		ip->next_proto_id = next;
		ip->total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + (uint32_t)payload));
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	return (uint16_t)(before + (uint32_t)payload);
}

static inline uint32_t
outer_bytes(const struct esp_spec *spec)
{
	return spec->tunnel ? sizeof(struct rte_ether_hdr) : ESP_OUTER_BYTES;
}

uint16_t
esp_fused_shift(const struct esp_fused *fused)
{
	return (uint16_t)(ESP_HEADERS_BYTES - outer_bytes(&fused->in.spec));
}

static inline uint16_t
receive_esp(struct esp_fused *fused, const struct esp_headers *headers, const uint8_t *shared,
	    uint32_t frame_bytes, uint8_t *to)
{
	const struct esp_end *in = &fused->in;
	struct esp_counters *counters = &fused->counters.esp;
	uint32_t bytes = esp_cipher_bytes(headers, frame_bytes, in->spec.spi, counters);
	uint32_t before = outer_bytes(&in->spec);
	uint8_t tag[ESP_TAG_BYTES], computed[ESP_TAG_BYTES];
	const uint8_t *from = shared + ESP_HEADERS_BYTES;
	uint64_t number = esp_replay_number(&fused->replay, rte_be_to_cpu_32(headers->esp.seq));

	if (unlikely(!bytes))
		return 0;
	if (unlikely(!esp_replay_is_new(&fused->replay, number))) {
		counters->replayed++;
		return 0;
	}
	rte_mov16(tag, from + bytes);
	if (unlikely(!in->once->decrypts[bytes])) {
		from = rte_memcpy(fused->scratch, from, bytes);
		fused->counters.copied_first++;
	}
	crypt(in, in->gcm.decrypt, headers, number, to + before, from, bytes, computed);
	if (unlikely(!tags_match(tag, computed)))
		return drop(&counters->damaged, to + before, bytes);
	esp_replay_take(&fused->replay, number);
	return finish(fused, headers, to, before, bytes);
}

uint16_t
esp_fused_receive(struct esp_fused *fused, const uint8_t *shared, uint32_t frame_bytes, uint8_t *to)
{
	struct esp_headers headers;

	if (unlikely(frame_bytes < ESP_HEADERS_BYTES)) {
		memset(&headers, 0, sizeof(headers));
		rte_memcpy(&headers, shared, frame_bytes);
	} else {
		copy_headers(shared, &headers);
	}
	if (likely(esp_is_announced(&headers.ethernet, frame_bytes)))
		return receive_esp(fused, &headers, shared, frame_bytes, to);
	if (headers.ethernet.ether_type != RTE_BE16(RTE_ETHER_TYPE_ARP)) {
		fused->counters.plain++;
		return 0;
	}
	rte_memcpy(to, &headers, RTE_MIN(frame_bytes, ESP_HEADERS_BYTES));
	if (frame_bytes > ESP_HEADERS_BYTES)
		rte_memcpy(to + ESP_HEADERS_BYTES, shared + ESP_HEADERS_BYTES,
			   frame_bytes - ESP_HEADERS_BYTES);
	return (uint16_t)frame_bytes;
}

/* Of a frame to send: bytes of the packet that ESP carries, behind so many of headers. */
static inline uint32_t
carried_bytes(const struct esp_fused *fused, const uint8_t *frame)
{
	const struct esp_headers *headers = (const struct esp_headers *)frame;

	return (uint32_t)sizeof(headers->ethernet) + rte_be_to_cpu_16(headers->ip.total_length) -
	       outer_bytes(&fused->out.spec);
}

uint16_t
esp_fused_bytes(const struct esp_fused *fused, const uint8_t *frame, uint32_t frame_bytes,
		uint32_t tailroom_bytes, uint32_t max_bytes)
{
	uint32_t bytes;

	if (unlikely(frame_bytes < sizeof(struct rte_ether_hdr)))
		return 0;
	if (unlikely(esp_is_arp((const struct rte_ether_hdr *)frame)))
		return frame_bytes <= max_bytes ? (uint16_t)frame_bytes : 0;
	if (unlikely(!esp_can_carry((const struct rte_ether_hdr *)frame, frame_bytes) ||
		     (!fused->out.spec.esn && fused->sent > UINT32_MAX - BURST_MAX)))
		return 0;
	bytes = esp_padded_bytes(carried_bytes(fused, frame));
	if (unlikely(outer_bytes(&fused->out.spec) + bytes > frame_bytes + tailroom_bytes))
		return 0;
	bytes += ESP_HEADERS_BYTES + ESP_TAG_BYTES;
	return bytes <= max_bytes ? (uint16_t)bytes : 0;
}

/* Padding and trailer behind the packet (RFC 4303, 2.4). Returns the bytes to encrypt. */
static inline uint32_t
pad(uint8_t *packet, uint32_t bytes, uint8_t next)
{
	uint32_t padded = esp_padded_bytes(bytes), padding = padded - bytes - ESP_TRAILER_BYTES;

	for (uint32_t i = 0; i < padding; i++)
		packet[bytes + i] = (uint8_t)(i + 1);
	packet[padded - 2] = (uint8_t)padding;
	packet[padded - 1] = next;
	return padded;
}

/* Of the packet that goes out, with its number. */
static inline void
make_headers(struct esp_fused *fused, const uint8_t *frame, uint32_t cipher_bytes,
	     struct esp_headers *headers)
{
	const struct esp_spec *spec = &fused->out.spec;
	const rte_be64_t iv = rte_cpu_to_be_64(fused->sent);
	uint32_t total = ESP_HEADERS_BYTES + cipher_bytes + ESP_TAG_BYTES -
			 (uint32_t)sizeof(headers->ethernet);

	memcpy(headers, spec->tunnel ? (const void *)&fused->headers : frame, ESP_OUTER_BYTES);
	headers->ip.next_proto_id = IPPROTO_ESP;
	headers->ip.total_length = rte_cpu_to_be_16((uint16_t)total);
	headers->ip.hdr_checksum = 0;
	headers->ip.hdr_checksum = rte_ipv4_cksum(&headers->ip);
	headers->esp.spi = rte_cpu_to_be_32(spec->spi);
	headers->esp.seq = rte_cpu_to_be_32((uint32_t)fused->sent);
	memcpy(headers->iv, &iv, sizeof(iv));
}

void
esp_fused_send(struct esp_fused *fused, uint8_t *frame, uint32_t frame_bytes, uint8_t *shared)
{
	const struct esp_end *out = &fused->out;
	uint8_t *packet = frame + outer_bytes(&out->spec), *to = shared + ESP_HEADERS_BYTES;
	uint8_t next, tag[ESP_TAG_BYTES];
	struct esp_headers headers;
	uint32_t bytes;

	if (unlikely(esp_is_arp((const struct rte_ether_hdr *)frame))) {
		rte_memcpy(shared, frame, frame_bytes);
		return;
	}
	next = out->spec.tunnel ? IPPROTO_IPIP : ((struct esp_headers *)frame)->ip.next_proto_id;
	bytes = pad(packet, carried_bytes(fused, frame), next);
	fused->sent++;
	make_headers(fused, frame, bytes, &headers);
	if (unlikely(!out->once->encrypts[bytes]))
		to = fused->scratch;
	crypt(out, out->gcm.encrypt, &headers, fused->sent, to, packet, bytes, tag);
	if (unlikely(to == fused->scratch)) {
		rte_memcpy(shared + ESP_HEADERS_BYTES, to, bytes);
		fused->counters.copied_first++;
	}
	rte_memcpy(shared, &headers, ESP_HEADERS_BYTES);
	rte_mov16(shared + ESP_HEADERS_BYTES + bytes, tag);
	fused->counters.esp.sealed++;
}
