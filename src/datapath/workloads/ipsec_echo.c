/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The UDP echo server behind ESP: what comes in ESP is decrypted, turned around as
 * udp_echo does and encrypted again, burst by burst. What comes in plain is ignored, but
 * for ARP, which is answered in plain. Where the port does ESP (copy mode fused,
 * esp_crypto inline), or nobody does (esp_crypto none), this is udp_echo.
 */
#include "datapath/config.h"
#include "datapath/ipsec/esp_fused.h"
#include "datapath/ipsec/ipsec_ends.h"
#include "datapath/sources/bounce_copy.h"
#include "datapath/workloads/udp_echo.h"
#include "datapath/workloads/udp_server.h"

struct ipsec_echo {
	struct udp_server server; /* first: udp_echo's */
	struct ipsec_ends ends;
	struct esp_fused *direct; /* esp_crypto direct: in the ends' place, but for the counters */
};

_Static_assert(sizeof(struct ipsec_echo) <= sizeof(struct workload_state), "a state fits");

static const struct counter counters[] = {
	UDP_SERVER_COUNTERS(struct ipsec_echo, server),
	ESP_COUNTERS(struct ipsec_echo, ends.counters),
	{0},
};

static const char *
ipsec_echo_conflict(const struct datapath_config *config)
{
	if (config->queues > 1)
		return "an association's numbers are one queue's, allowed: queues: 1";
	if (config->mergeable)
		return "its frames lie in one buffer, allowed: mergeable: off";
	if (bounce_copy_mode(config) == COPY_FUSED && config->esp.crypto != ESP_CRYPTO_CPU &&
	    config->esp.crypto != ESP_CRYPTO_DIRECT)
		return "the copy mode fused calls the cipher itself, allowed: esp_crypto: cpu or "
		       "direct";
	if (bounce_copy_mode(config) == COPY_HEADER)
		return "it decrypts payloads, which the copy mode header leaves in shared memory, "
		       "allowed: bounce_copy: {mode: shadow}, or bounce_copy: off";
	return NULL;
}

/* Is it ARP for the server? Then it is the answer now; else it is freed. */
static bool
answer_plain(struct udp_server *server, struct rte_mbuf *mbuf)
{
	if (udp_server_answer_arp(mbuf)) {
		server->arp_answered++;
		return true;
	}
	server->foreign++;
	rte_pktmbuf_free(mbuf);
	return false;
}

static uint16_t
ipsec_echo_burst(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n)
{
	struct ipsec_echo *echo = (struct ipsec_echo *)state;
	struct rte_mbuf *plain[IPSEC_BURST_MAX];
	uint16_t n_plain, n_esp = ipsec_ends_receive(&echo->ends, bufs, n, plain, &n_plain);

	n_esp = udp_echo_burst(state, bufs, n_esp);
	n_esp = ipsec_sa_seal(echo->ends.out, bufs, n_esp, &echo->ends.counters);
	for (uint16_t i = 0; i < n_plain; i++)
		if (answer_plain(&echo->server, plain[i]))
			bufs[n_esp++] = plain[i];
	return n_esp;
}

/* In place: its contents stay where they are. Returns whether it was opened; else it is freed. */
static inline bool
open_direct(struct esp_fused *direct, struct rte_mbuf *mbuf)
{
	uint16_t shift = esp_fused_shift(direct);
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint16_t bytes = esp_fused_receive(direct, frame, mbuf->data_len, frame + shift);

	mbuf->data_off += shift;
	mbuf->pkt_len = mbuf->data_len = bytes;
	if (likely(bytes))
		return true;
	rte_pktmbuf_free(mbuf);
	return false;
}

static inline bool
seal_direct(struct esp_fused *direct, struct rte_mbuf *mbuf)
{
	uint16_t shift = esp_fused_shift(direct), room = rte_pktmbuf_tailroom(mbuf);
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint16_t bytes = mbuf->data_off < shift ?
				 0 :
				 esp_fused_bytes(direct, frame, mbuf->data_len, room,
						 shift + mbuf->data_len + room);

	if (unlikely(!bytes)) {
		rte_pktmbuf_free(mbuf);
		return false;
	}
	esp_fused_send(direct, frame, mbuf->data_len, frame - shift);
	mbuf->data_off -= shift;
	mbuf->pkt_len = mbuf->data_len = bytes;
	return true;
}

static inline void
count_direct(struct ipsec_echo *echo, uint16_t unsealed)
{
	uint64_t before = echo->ends.counters.unsealed;

	echo->ends.counters = esp_fused_counted(echo->direct)->esp;
	echo->ends.counters.unsealed = before + unsealed;
}

static uint16_t
direct_burst(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n)
{
	struct ipsec_echo *echo = (struct ipsec_echo *)state;
	struct rte_mbuf *plain[IPSEC_BURST_MAX];
	uint16_t opened = 0, sealed = 0, n_plain = 0, turned;

	for (uint16_t i = 0; i < n; i++) {
		if (likely(ipsec_ends_is_esp(bufs[i]))) {
			bufs[opened] = bufs[i];
			opened += open_direct(echo->direct, bufs[i]);
		} else if (answer_plain(&echo->server, bufs[i])) {
			plain[n_plain++] = bufs[i];
		}
	}
	turned = udp_echo_burst(state, bufs, opened);
	for (uint16_t i = 0; i < turned; i++) {
		bufs[sealed] = bufs[i];
		sealed += seal_direct(echo->direct, bufs[i]);
	}
	count_direct(echo, turned - sealed);
	for (uint16_t i = 0; i < n_plain; i++)
		bufs[sealed + i] = plain[i];
	return sealed + n_plain;
}

static int
ipsec_echo_open(const struct datapath_config *config, struct application *application)
{
	struct ipsec_echo *echo = (struct ipsec_echo *)application->state;

	if (bounce_copy_mode(config) == COPY_FUSED || config->esp.crypto == ESP_CRYPTO_INLINE ||
	    config->esp.crypto == ESP_CRYPTO_NONE) {
		application->burst = udp_echo_burst;
		return 0;
	}
	if (config->esp.crypto == ESP_CRYPTO_DIRECT) {
		application->burst = direct_burst;
		return esp_fused_open_guest(&config->esp, false, &echo->direct);
	}
	return ipsec_ends_open(&echo->ends, &config->esp, true);
}

static void
ipsec_echo_close(struct workload_state *state)
{
	struct ipsec_echo *echo = (struct ipsec_echo *)state;

	ipsec_ends_close(&echo->ends);
	esp_fused_close(echo->direct);
}

extern const struct workload workload_ipsec_echo;

const struct workload workload_ipsec_echo = {
	.name = "ipsec_echo",
	.help = "udp_echo behind ESP with AES-GCM (options esp_...): decrypted, turned around, "
		"encrypted",
	.counters = counters,
	.answers = true,
	.udp = true,
	.esp = true,
	.conflict = ipsec_echo_conflict,
	.open = ipsec_echo_open,
	.close = ipsec_echo_close,
	.burst = ipsec_echo_burst,
	.matches = udp_echo_matches,
};
