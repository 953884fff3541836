/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/host_esp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_mbuf_core.h>

#include "base/log.h"
#include "datapath/config.h"
#include "datapath/host/collector.h"
#include "datapath/host/esp_io.h"
#include "datapath/host/generator.h"
#include "datapath/host/host_loop.h"
#include "runner/commands/counts.h"
#include "runner/commands/host_report.h"
#include "runner/commands/sides.h"
#include "runner/config/names.h"
#include "runner/config/single.h"

#define PREFIX "esp_"

/* librte_ipsec puts the AAD behind a frame (16 B), and the upper half of its number (4 B). */
#define BEHIND_BYTES 20u
/* Of the guest's buffers, and of the host's. */
#define ROOM_BYTES (RTE_MBUF_DEFAULT_BUF_SIZE - RTE_PKTMBUF_HEADROOM - BEHIND_BYTES)

static bool
is_of_esp(const char *key)
{
	return !strncmp(key, PREFIX, strlen(PREFIX));
}

static int
refuse_key(const char *key)
{
	char allowed[NAMES_TEXT_BYTES];
	struct names names = {0};

	for (const struct option_spec *option = datapath_options; option->name; option++)
		if (is_of_esp(option->name))
			names_add(&names, option->name);
	log_error("--set %.60s: found a key that is not of ESP, allowed: %s", key,
		  names_allowed(&names, key, allowed, sizeof(allowed)));
	return -EINVAL;
}

int
host_esp_read(const struct assignments *set, struct esp_options *options)
{
	struct datapath_config config;

	for (size_t i = 0; i < set->n; i++)
		if (!is_of_esp(set->set[i].key))
			return refuse_key(set->set[i].key);
	if (single_resolve("ideal", NULL, set->set, set->n, &config))
		return -EINVAL;
	*options = config.esp;
	if (options->crypto == ESP_CRYPTO_NONE) {
		log_error("--set esp_crypto: found 'none', which is no ESP at all, with --esp, "
			  "allowed: cpu, look-aside, direct, inline");
		return -EINVAL;
	}
	options->crypto = ESP_CRYPTO_CPU;
	return 0;
}

int
host_esp_check_traffic(const struct esp_options *options, const struct generator *generator)
{
	uint32_t longest = sides_longest_bytes(generator),
		 most = esp_plain_bytes_max(options, ROOM_BYTES);

	if (generator->is_capture) {
		log_error("--traffic: found a capture, allowed with --esp: frames that the guest's "
			  "echo answers: a size, payload:SIZE, or imix");
		return -EINVAL;
	}
	if (longest <= most)
		return 0;
	log_error("--traffic: found frames of %u B, allowed with --esp: up to %u (esp_mode %s)",
		  longest, most, esp_mode_names[options->mode]);
	return -EINVAL;
}

static const char *
suspect_numbers(const struct esp_counters *esp)
{
	if (!counts_read(&esp->replayed) && !counts_read(&esp->damaged))
		return NULL;
	return "ESP of a guest that came again does not open: its sequence numbers begin anew, "
	       "and ESP takes them for replayed (with esp_esn=on for damaged) until they pass the "
	       "highest one that came before; start host and guest anew, both";
}

const char *
host_esp_suspicion(const struct host_counts *counts)
{
	const struct esp_counters *esp;

	if (!counts->esp || !counts_read(&counts->generator->sent))
		return NULL;
	esp = &counts->esp->ends.counters;
	if (counts_read(&esp->opened))
		return counts_read(&counts->loop->sessions) > 1 ? suspect_numbers(esp) : NULL;
	if (counts_read(&esp->damaged))
		return "all ESP that came back is damaged: are esp_key_out, esp_cipher and esp_esn "
		       "those of the guest?";
	if (counts_read(&esp->wrong_spi))
		return "ESP came back with another SPI: does the guest run --workload ipsec_echo, "
		       "and with this esp_spi_out?";
	return "nothing came back in ESP: the guest's counts say what it drops, and why; it is to "
	       "run --workload ipsec_echo with the same --set esp_..., and one that served another "
	       "host takes this one's sequence numbers for replayed until it is started anew";
}

void
host_esp_warn_of_unsealed(const struct host_counts *counts)
{
	uint64_t unsealed = counts->esp ? counts->esp->ends.counters.unsealed : 0;

	if (unsealed)
		log_warning("%" PRIu64 " frames could not be sealed: 2^32 sequence numbers are "
			    "used up; --set esp_esn=on, at both sides, has 2^64",
			    unsealed);
}

static void
name_unopened(const struct esp_counters *esp, uint64_t unopened)
{
	log_error("%" PRIu64 " frames in ESP did not open: %" PRIu64 " wrong SPI, %" PRIu64
		  " truncated, %" PRIu64 " replayed, %" PRIu64 " damaged, %" PRIu64
		  " malformed, %" PRIu64 " without room",
		  unopened, esp->wrong_spi, esp->truncated, esp->replayed, esp->damaged,
		  esp->malformed, esp->unopened);
}

bool
host_esp_failed(const struct host_counts *counts)
{
	const char *suspicion = host_esp_suspicion(counts);
	uint64_t unopened, opened, received = counts->collector->received;

	if (!counts->esp)
		return false;
	opened = counts->esp->ends.counters.opened;
	unopened = esp_io_failed(counts->esp);
	if (unopened)
		name_unopened(&counts->esp->ends.counters, unopened);
	if (received > opened)
		log_error("%" PRIu64 " frames came back in plain", received - opened);
	if (suspicion)
		log_error("%s", suspicion);
	return unopened || received > opened || suspicion;
}
