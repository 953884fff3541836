/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * librte_ipsec works on bursts in two steps: prepare checks numbers and lengths, adds
 * headers and trailers and, called synchronously, also encrypts; process takes headers and
 * trailers off and moves the window. Both leave what fails behind the good frames. In
 * between, in look-aside mode, operations go through the device's queue.
 *
 * librte_ipsec 22.11 keeps the bit of a number in 32 bits, so that its window forgets
 * every number whose last six bits are 32 or more: a replay window of our own stands
 * before it, and behind it.
 */
#include "datapath/ipsec/ipsec_sa.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cryptodev.h>
#include <rte_errno.h>
#include <rte_ipsec.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/ipsec/esp_replay.h"
#include "datapath/ipsec/ipsec_device.h"

#define GCM_IV_BYTES 12u  /* salt and IV, RFC 4106, 4 */
#define AAD_BYTES 8u      /* SPI and number, RFC 4106, 5 */
#define AAD_ESN_BYTES 12u /* with the number's upper half */

struct ipsec_sa {
	struct rte_ipsec_session session;
	const struct ipsec_device *device;
	struct esp_spec spec;
	struct esp_headers outer; /* of what is sealed in tunnel mode */
	struct esp_replay replay; /* of what is opened */
};

static struct rte_crypto_sym_xform
crypto_of(const struct esp_spec *spec, bool seals)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {.op = seals ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT,
			 .algo = RTE_CRYPTO_AEAD_AES_GCM,
			 .key = {.data = spec->key, .length = (uint16_t)spec->key_bytes},
			 .iv = {.offset = IPSEC_OP_IV_OFFSET, .length = GCM_IV_BYTES},
			 .digest_length = ESP_TAG_BYTES,
			 .aad_length = spec->esn ? AAD_ESN_BYTES : AAD_BYTES},
	};
}

static struct rte_ipsec_sa_prm
parameters_of(const struct ipsec_sa *sa, bool seals, struct rte_crypto_sym_xform *crypto)
{
	const struct esp_spec *spec = &sa->spec;
	struct rte_ipsec_sa_prm prm = {
		.ipsec_xform = {.spi = spec->spi,
				.options = {.esn = spec->esn},
				.direction = seals ? RTE_SECURITY_IPSEC_SA_DIR_EGRESS :
						     RTE_SECURITY_IPSEC_SA_DIR_INGRESS,
				.proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP,
				.mode = spec->tunnel ? RTE_SECURITY_IPSEC_SA_MODE_TUNNEL :
						       RTE_SECURITY_IPSEC_SA_MODE_TRANSPORT,
				.tunnel = {.type = RTE_SECURITY_IPSEC_TUNNEL_IPV4},
				.replay_win_sz = seals ? 0 : spec->window,
				.esn = {.value = seals ? spec->sent + 1 : spec->sent}},
		.crypto_xform = crypto,
	};

	memcpy(&prm.ipsec_xform.salt, spec->salt, sizeof(spec->salt));
	if (spec->tunnel) {
		prm.tun.hdr_len = ESP_OUTER_BYTES;
		prm.tun.hdr_l3_off = sizeof(sa->outer.ethernet);
		prm.tun.next_proto = IPPROTO_IPIP;
		prm.tun.hdr = &sa->outer;
	} else {
		prm.trs.proto = IPPROTO_IPIP;
	}
	return prm;
}

static int
refuse(const struct esp_spec *spec, const char *what, int error)
{
	log_error("security association %u: %s: %s", spec->spi, what, rte_strerror(-error));
	return error;
}

static int
open_library_sa(struct ipsec_sa *sa, bool seals, struct rte_crypto_sym_xform *crypto)
{
	struct rte_ipsec_sa_prm prm = parameters_of(sa, seals, crypto);
	int bytes = rte_ipsec_sa_size(&prm);

	if (bytes < 0)
		return refuse(&sa->spec, "librte_ipsec", bytes);
	sa->session.sa = rte_zmalloc(NULL, (size_t)bytes, RTE_CACHE_LINE_SIZE);
	if (!sa->session.sa)
		return -ENOMEM;
	bytes = rte_ipsec_sa_init(sa->session.sa, &prm, (uint32_t)bytes);
	return bytes < 0 ? refuse(&sa->spec, "librte_ipsec", bytes) : 0;
}

int
ipsec_sa_open(const struct esp_spec *spec, bool seals, enum esp_crypto crypto,
	      struct ipsec_sa **out)
{
	struct rte_crypto_sym_xform xform = crypto_of(spec, seals);
	struct ipsec_sa *sa = rte_zmalloc(NULL, sizeof(*sa), RTE_CACHE_LINE_SIZE);
	int error;

	if (!sa)
		return -ENOMEM;
	sa->spec = *spec;
	esp_outer_headers(spec, &sa->outer);
	esp_replay_init(&sa->replay, spec);
	xform.aead.key.data = sa->spec.key;
	sa->session.type = crypto == ESP_CRYPTO_LOOK_ASIDE ? RTE_SECURITY_ACTION_TYPE_NONE :
							     RTE_SECURITY_ACTION_TYPE_CPU_CRYPTO;
	error = ipsec_device_get(&sa->device);
	if (!error) {
		sa->session.crypto.dev_id = sa->device->id;
		sa->session.crypto.ses = rte_cryptodev_sym_session_create(sa->device->id, &xform,
									  sa->device->sessions);
		if (!sa->session.crypto.ses)
			error = refuse(spec, "crypto session", -rte_errno);
	}
	if (!error)
		error = open_library_sa(sa, seals, &xform);
	if (!error && rte_ipsec_session_prepare(&sa->session))
		error = refuse(spec, "librte_ipsec session", -ENOTSUP);
	if (error) {
		ipsec_sa_close(sa);
		return error;
	}
	*out = sa;
	return 0;
}

void
ipsec_sa_close(struct ipsec_sa *sa)
{
	if (!sa)
		return;
	if (sa->session.crypto.ses)
		rte_cryptodev_sym_session_free(sa->device->id, sa->session.crypto.ses);
	rte_free(sa->session.sa);
	/* The key is in there. */
	explicit_bzero(&sa->spec, sizeof(sa->spec));
	rte_free(sa);
}

/* Through the device's queue; what the driver gives back is in order. Returns how many came. */
static uint16_t
pass_queue(struct ipsec_sa *sa, struct rte_mbuf **bufs, uint16_t n)
{
	struct rte_crypto_op *ops[IPSEC_BURST_MAX];
	uint16_t prepared, queued, done = 0;

	if (rte_crypto_op_bulk_alloc(sa->device->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC, ops, n) != n)
		return 0;
	prepared = rte_ipsec_pkt_crypto_prepare(&sa->session, bufs, ops, n);
	queued = rte_cryptodev_enqueue_burst(sa->device->id, 0, ops, prepared);
	while (done < queued)
		done += rte_cryptodev_dequeue_burst(sa->device->id, 0, ops + done, queued - done);
	for (uint16_t i = 0; i < done; i++)
		if (ops[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
			ops[i]->sym->m_src->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED;
	rte_mempool_put_bulk(sa->device->ops, (void **)ops, n);
	return done;
}

static inline uint16_t
prepare(struct ipsec_sa *sa, struct rte_mbuf **bufs, uint16_t n)
{
	return sa->session.type == RTE_SECURITY_ACTION_TYPE_CPU_CRYPTO ?
		       rte_ipsec_pkt_cpu_prepare(&sa->session, bufs, n) :
		       pass_queue(sa, bufs, n);
}

/* Whose header changed gets its checksum again. */
static inline void
mend_checksum(struct rte_mbuf *mbuf)
{
	struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(mbuf, struct rte_ipv4_hdr *, sizeof(struct rte_ether_hdr));

	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* A frame without what Ethernet fills it up with. */
static inline void
cut_to_packet(struct rte_mbuf *mbuf)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(mbuf, const struct rte_ipv4_hdr *,
								sizeof(struct rte_ether_hdr));
	uint32_t bytes = sizeof(struct rte_ether_hdr) + rte_be_to_cpu_16(ip->total_length);

	mbuf->data_len = mbuf->pkt_len = RTE_MIN(bytes, mbuf->pkt_len);
}

static inline void
say_lengths(struct rte_mbuf *mbuf)
{
	mbuf->tx_offload = 0;
	mbuf->l2_len = sizeof(struct rte_ether_hdr);
	mbuf->l3_len = sizeof(struct rte_ipv4_hdr);
}

uint16_t
ipsec_sa_seal(struct ipsec_sa *sa, struct rte_mbuf **bufs, uint16_t n,
	      struct esp_counters *counters)
{
	uint16_t sealed;

	for (uint16_t i = 0; i < n; i++) {
		cut_to_packet(bufs[i]);
		say_lengths(bufs[i]);
	}
	sealed = prepare(sa, bufs, n);
	if (likely(sealed))
		sealed = rte_ipsec_pkt_process(&sa->session, bufs, sealed);
	for (uint16_t i = 0; i < sealed; i++)
		mend_checksum(bufs[i]);
	counters->sealed += sealed;
	counters->unsealed += (uint64_t)(n - sealed);
	if (unlikely(sealed < n))
		rte_pktmbuf_free_bulk(bufs + sealed, n - sealed);
	return sealed;
}

/* Of a frame that is opened: what the library's failures are told apart by, and its number. */
static inline void
remember(struct rte_mbuf *mbuf, uint32_t number)
{
	mbuf->hash.fdir.lo = mbuf->pkt_len;
	mbuf->hash.fdir.hi = number;
}

/* Those that fit the association come first; returns how many. The others are freed. */
static uint16_t
choose(struct ipsec_sa *sa, struct rte_mbuf **bufs, uint16_t n, struct esp_counters *counters)
{
	uint16_t chosen = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *mbuf = bufs[i];
		const struct esp_headers *headers =
			rte_pktmbuf_mtod(mbuf, const struct esp_headers *);
		bool fits = esp_cipher_bytes(headers, mbuf->data_len, sa->spec.spi, counters);
		uint32_t number = fits ? rte_be_to_cpu_32(headers->esp.seq) : 0;

		if (likely(fits) && likely(esp_replay_is_new(
					    &sa->replay, esp_replay_number(&sa->replay, number)))) {
			cut_to_packet(mbuf);
			say_lengths(mbuf);
			remember(mbuf, number);
			mbuf->ol_flags &= ~RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED;
			bufs[chosen++] = mbuf;
			continue;
		}
		counters->replayed += fits;
		rte_pktmbuf_free(mbuf);
	}
	return chosen;
}

/* Of frames that were decrypted: one that still is as long was not taken apart. */
static void
drop_failed(struct rte_mbuf **bufs, uint16_t n, struct esp_counters *counters)
{
	for (uint16_t i = 0; i < n; i++) {
		if (bufs[i]->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED)
			counters->damaged++;
		else if (bufs[i]->pkt_len == bufs[i]->hash.fdir.lo)
			counters->malformed++;
		else
			counters->replayed++;
	}
	rte_pktmbuf_free_bulk(bufs, n);
}

/* Of authentic frames those that are new come first; returns how many. */
static uint16_t
take_new(struct ipsec_sa *sa, struct rte_mbuf **bufs, uint16_t n, struct esp_counters *counters)
{
	uint16_t taken = 0;

	for (uint16_t i = 0; i < n; i++) {
		uint64_t number = esp_replay_number(&sa->replay, bufs[i]->hash.fdir.hi);

		if (likely(esp_replay_take(&sa->replay, number))) {
			bufs[taken++] = bufs[i];
			continue;
		}
		counters->replayed++;
		rte_pktmbuf_free(bufs[i]);
	}
	return taken;
}

/* In tunnel mode the library leaves the inner packet alone. */
static inline void
put_ethernet(const struct ipsec_sa *sa, struct rte_mbuf *mbuf)
{
	struct rte_ether_hdr *ethernet =
		(struct rte_ether_hdr *)rte_pktmbuf_prepend(mbuf, sizeof(*ethernet));

	*ethernet = sa->outer.ethernet;
}

uint16_t
ipsec_sa_open_frames(struct ipsec_sa *sa, struct rte_mbuf **bufs, uint16_t n,
		     struct esp_counters *counters)
{
	uint16_t chosen = choose(sa, bufs, n, counters), decrypted, opened;

	if (unlikely(!chosen))
		return 0;
	decrypted = prepare(sa, bufs, chosen);
	/* Lengths and numbers have been checked: what is left is room behind the frame, for its AAD. */
	counters->unopened += (uint64_t)(chosen - decrypted);
	if (unlikely(decrypted < chosen))
		rte_pktmbuf_free_bulk(bufs + decrypted, chosen - decrypted);
	if (unlikely(!decrypted))
		return 0;
	opened = rte_ipsec_pkt_process(&sa->session, bufs, decrypted);
	if (unlikely(opened < decrypted))
		drop_failed(bufs + opened, decrypted - opened, counters);
	opened = take_new(sa, bufs, opened, counters);
	for (uint16_t i = 0; i < opened; i++) {
		if (sa->spec.tunnel)
			put_ethernet(sa, bufs[i]);
		else
			mend_checksum(bufs[i]);
	}
	counters->opened += opened;
	return opened;
}
