/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the user says of the two security associations between host and guest, and what
 * one end of an association needs of it.
 */
#ifndef FOLIO_DATAPATH_ESP_OPTIONS_H
#define FOLIO_DATAPATH_ESP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"

/* RFC 4303, 2.1: SPIs below are reserved. */
#define ESP_SPI_MIN 256u

/* RFC 4303, 3.4.3: at least 32, and 64 is preferred. */
#define ESP_WINDOW_MIN 64u
#define ESP_WINDOW_MAX 4096u

#define ESP_KEY_BYTES_MAX 32u
#define ESP_SALT_BYTES 4u /* RFC 4106, 4 */

enum esp_mode { ESP_TRANSPORT, ESP_TUNNEL };
enum esp_cipher { ESP_AES_128_GCM, ESP_AES_256_GCM };
/*
 * librte_ipsec, by calls or by its device's queue; the code of copy mode fused, in place;
 * librte_ipsec in a thread of the port's own; no ESP at all.
 */
enum esp_crypto {
	ESP_CRYPTO_CPU,
	ESP_CRYPTO_LOOK_ASIDE,
	ESP_CRYPTO_DIRECT,
	ESP_CRYPTO_INLINE,
	ESP_CRYPTO_NONE,
};

/* By those, NULL-terminated. */
extern const char *const esp_mode_names[], *const esp_cipher_names[], *const esp_crypto_names[];

struct esp_options {
	uint32_t mode;   /* enum esp_mode */
	uint32_t cipher; /* enum esp_cipher */
	uint32_t crypto; /* enum esp_crypto */
	bool esn;
	uint32_t window;          /* sequence numbers, a power of two */
	uint32_t spi_in, spi_out; /* as the guest sees it */
	char key_in[OPTION_TEXT_BYTES], key_out[OPTION_TEXT_BYTES];
};

/* One association, the same at both of its ends. */
struct esp_spec {
	bool to_guest; /* the direction, which decides the addresses of a tunnel */
	bool tunnel;
	bool esn;
	uint32_t spi;
	uint32_t window;
	uint32_t key_bytes;
	uint8_t key[ESP_KEY_BYTES_MAX];
	uint8_t salt[ESP_SALT_BYTES];
	uint64_t sent; /* sequence numbers that are used up */
};

/* Bytes of such a cipher's key, without its salt. */
uint32_t esp_key_bytes(enum esp_cipher cipher);

/* Is there an option that cannot be so? *conflict then says which, and why. */
bool esp_options_conflict(const struct esp_options *options, struct option_conflict *conflict);

/* The association in that direction. options are without conflict. */
void esp_spec_of(const struct esp_options *options, bool to_guest, struct esp_spec *spec);

#endif
