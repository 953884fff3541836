/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/ipsec/esp_options.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const esp_mode_names[] = {"transport", "tunnel", NULL};
const char *const esp_cipher_names[] = {"aes-128-gcm", "aes-256-gcm", NULL};
const char *const esp_crypto_names[] = {"cpu", "look-aside", "direct", "inline", "none", NULL};

uint32_t
esp_key_bytes(enum esp_cipher cipher)
{
	return cipher == ESP_AES_128_GCM ? 16 : 32;
}

static uint8_t
digit(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0' :
						     tolower((unsigned char)c) - 'a' + 10);
}

/* Where the user gave no key: bytes that count up, from another one in each direction. */
static uint8_t
key_byte(const char *text, uint32_t i, bool to_guest)
{
	if (!*text)
		return (uint8_t)((to_guest ? 0x11 : 0x71) + i);
	return (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
}

void
esp_spec_of(const struct esp_options *options, bool to_guest, struct esp_spec *spec)
{
	const char *text = to_guest ? options->key_in : options->key_out;

	*spec = (struct esp_spec){
		.to_guest = to_guest,
		.tunnel = options->mode == ESP_TUNNEL,
		.esn = options->esn,
		.spi = to_guest ? options->spi_in : options->spi_out,
		.window = options->window,
		.key_bytes = esp_key_bytes(options->cipher),
	};
	for (uint32_t i = 0; i < spec->key_bytes; i++)
		spec->key[i] = key_byte(text, i, to_guest);
	for (uint32_t i = 0; i < ESP_SALT_BYTES; i++)
		spec->salt[i] = key_byte(text, spec->key_bytes + i, to_guest);
}

static size_t
count_digits(const char *text)
{
	size_t digits = 0;

	for (; *text; text++)
		digits += isxdigit((unsigned char)*text) != 0;
	return digits;
}

/* None at all is one that is known. */
static bool
key_conflict(const char *option, const char *key, enum esp_cipher cipher,
	     struct option_conflict *conflict)
{
	size_t digits = count_digits(key), others = strlen(key) - digits;
	size_t wanted = 2 * (esp_key_bytes(cipher) + ESP_SALT_BYTES);
	char more[48] = "";

	if (!*key || (digits == wanted && !others))
		return false;
	if (others)
		snprintf(more, sizeof(more), " and %zu other characters", others);
	*conflict = (struct option_conflict){.option = option};
	snprintf(conflict->why, sizeof(conflict->why),
		 "found %zu hexadecimal digits%s, allowed: %zu hexadecimal digits, a key of %s "
		 "and its salt of %u B",
		 digits, more, wanted, esp_cipher_names[cipher], ESP_SALT_BYTES);
	return true;
}

static bool
spi_conflict(const struct esp_options *options, struct option_conflict *conflict)
{
	if (options->spi_in != options->spi_out)
		return false;
	*conflict = (struct option_conflict){.option = "esp_spi_out", .other = "esp_spi_in"};
	snprintf(conflict->why, sizeof(conflict->why),
		 "found %" PRIu32 " as esp_spi_in and as esp_spi_out, allowed: two SPIs",
		 options->spi_in);
	return true;
}

/* GCM is lost when two associations use one nonce under one key (RFC 4106, 8.1). */
static bool
keys_conflict(const struct esp_options *options, struct option_conflict *conflict)
{
	struct esp_spec in, out;

	esp_spec_of(options, true, &in);
	esp_spec_of(options, false, &out);
	if (memcmp(in.key, out.key, in.key_bytes) || memcmp(in.salt, out.salt, sizeof(in.salt)))
		return false;
	*conflict = (struct option_conflict){
		.option = "esp_key_out",
		.other = "esp_key_in",
		.why = "found one key as esp_key_in and as esp_key_out, allowed: two keys",
	};
	return true;
}

bool
esp_options_conflict(const struct esp_options *options, struct option_conflict *conflict)
{
	return key_conflict("esp_key_in", options->key_in, options->cipher, conflict) ||
	       key_conflict("esp_key_out", options->key_out, options->cipher, conflict) ||
	       spi_conflict(options, conflict) || keys_conflict(options, conflict);
}
