/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * folio host --esp: what it is told of ESP, by the guest's own options, and what it makes
 * of what came back.
 *
 * The host is the guest's peer here, at the far end of its associations, and knows them
 * for as long as it runs. A guest that goes and comes again begins its sequence numbers
 * anew, under the same keys: the host cannot tell that from a replay, and takes none of
 * them until they pass the highest that it has seen.
 */
#ifndef FOLIO_RUNNER_HOST_ESP_H
#define FOLIO_RUNNER_HOST_ESP_H

#include <stdbool.h>

#include "datapath/ipsec/esp_options.h"
#include "runner/config/assign.h"

struct generator;
struct host_counts;

/*
 * Reads what --set says, which are options of the guest by their names there (esp_...).
 * esp_crypto is how the guest calls its cipher; here each burst is sealed and opened at
 * once, whatever it says. Returns 0, or -EINVAL after log_error().
 */
int host_esp_read(const struct assignments *set, struct esp_options *options);

/* Can the traffic travel in ESP, to a guest without mergeable buffers? As above. */
int host_esp_check_traffic(const struct esp_options *options, const struct generator *generator);

/* Why nothing, or nothing more, comes back in ESP; NULL: it does. Without ESP NULL. */
const char *host_esp_suspicion(const struct host_counts *counts);

/* When it is over: frames for which there was no sequence number. */
void host_esp_warn_of_unsealed(const struct host_counts *counts);

/*
 * When it is over: did something that was sent fail to come back in ESP that opens? Then it
 * says by log_error() what, and why that may be.
 */
bool host_esp_failed(const struct host_counts *counts);

#endif
