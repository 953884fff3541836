/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For foreign judges of ESP: reads frames from a capture file, seals or opens them, and
 * writes those that were into another.
 *
 *   esp_frames library|fused seal|open transport|tunnel CIPHER on|off SENT IN OUT
 *
 * CIPHER is as for esp_cipher, on turns extended numbers on, of which SENT are used up. The
 * association is the one towards the guest that a configuration has when it says nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>
#include <rte_mbuf.h>

#include "base/scratch.h"
#include "datapath/config.h"
#include "datapath/eal.h"
#include "datapath/ipsec/esp_fused.h"
#include "datapath/ipsec/ipsec_sa.h"

#define BUFFER_BYTES 2048u

struct job {
	bool fused, seals;
	struct esp_spec spec;
	struct ipsec_sa *library;
	struct esp_fused *both;
	struct esp_counters counters;
	struct rte_mempool *pool;
};

static int
open_job(struct job *job)
{
	struct esp_spec other = job->spec;

	if (!job->fused)
		return ipsec_sa_open(&job->spec, job->seals, ESP_CRYPTO_CPU, &job->library);
	other.to_guest = !job->spec.to_guest;
	return job->seals ? esp_fused_open(&other, &job->spec, true, &job->both) :
			    esp_fused_open(&job->spec, &other, true, &job->both);
}

static uint16_t
by_fused(struct job *job, uint8_t *frame, uint32_t bytes, uint8_t *to)
{
	uint16_t sealed;

	if (!job->seals)
		return esp_fused_receive(job->both, frame, bytes, to);
	sealed = esp_fused_bytes(job->both, frame, bytes, BUFFER_BYTES - bytes, BUFFER_BYTES);
	if (sealed)
		esp_fused_send(job->both, frame, bytes, to);
	return sealed;
}

static uint16_t
by_library(struct job *job, const uint8_t *frame, uint32_t bytes, uint8_t *to)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(job->pool);
	uint16_t done = 0;

	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	if (job->seals ? !ipsec_sa_seal(job->library, &mbuf, 1, &job->counters) :
			 !ipsec_sa_open_frames(job->library, &mbuf, 1, &job->counters))
		return 0;
	done = mbuf->data_len;
	memcpy(to, rte_pktmbuf_mtod(mbuf, const void *), done);
	rte_pktmbuf_free(mbuf);
	return done;
}

static int
run(struct job *job, const char *from, const char *to)
{
	static _Alignas(2) uint8_t frame[BUFFER_BYTES], done[BUFFER_BYTES];
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *in = pcap_open_offline(from, why);
	pcap_dumper_t *out = in ? pcap_dump_open(in, to) : NULL;
	struct pcap_pkthdr *header;
	const uint8_t *bytes;

	while (out && pcap_next_ex(in, &header, &bytes) == 1) {
		uint32_t n = RTE_MIN(header->caplen, BUFFER_BYTES);

		memcpy(frame, bytes, n);
		header->caplen = header->len = job->fused ? by_fused(job, frame, n, done) :
							    by_library(job, frame, n, done);
		if (header->caplen)
			pcap_dump((u_char *)out, header, done);
	}
	if (out)
		pcap_dump_close(out);
	if (in)
		pcap_close(in);
	return out ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	char scratch[SCRATCH_PATH_BYTES];
	struct datapath_config config;
	struct job job = {0};
	int status = EXIT_FAILURE;

	if (argc != 9 || scratch_open(scratch))
		return EXIT_FAILURE;
	datapath_config_init(&config);
	config.esp.mode = strcmp(argv[3], "tunnel") ? ESP_TRANSPORT : ESP_TUNNEL;
	config.esp.cipher = strcmp(argv[4], "aes-256-gcm") ? ESP_AES_128_GCM : ESP_AES_256_GCM;
	config.esp.esn = !strcmp(argv[5], "on");
	esp_spec_of(&config.esp, true, &job.spec);
	job.spec.sent = strtoull(argv[6], NULL, 0);
	job.fused = !strcmp(argv[1], "fused");
	job.seals = !strcmp(argv[2], "seal");
	if (!datapath_start(-1, scratch, 0)) {
		job.pool = rte_pktmbuf_pool_create("frames", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
						   SOCKET_ID_ANY);
		if (job.pool && !open_job(&job))
			status = run(&job, argv[7], argv[8]);
	}
	ipsec_sa_close(job.library);
	esp_fused_close(job.both);
	scratch_close(scratch);
	return status;
}
