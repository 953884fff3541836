/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/ipsec/esp_options.h"

#include <ctype.h>
#include <string.h>

const char *const esp_mode_names[] = {"transport", "tunnel", NULL};
const char *const esp_cipher_names[] = {"aes-128-gcm", "aes-256-gcm", NULL};
const char *const esp_crypto_names[] = {"cpu", "look-aside", "direct", "inline", "none", NULL};

uint32_t
esp_key_bytes(enum esp_cipher cipher)
{
	return cipher == ESP_AES_128_GCM ? 16 : 32;
}

static bool
is_hexadecimal(const char *text)
{
	while (isxdigit((unsigned char)*text))
		text++;
	return !*text;
}

static bool
key_fits(const char *text, enum esp_cipher cipher)
{
	return !*text || (is_hexadecimal(text) &&
			  strlen(text) == 2 * (esp_key_bytes(cipher) + ESP_SALT_BYTES));
}

const char *
esp_options_conflict(const struct esp_options *options)
{
	bool in = key_fits(options->key_in, options->cipher);

	if (options->spi_in == options->spi_out)
		return "esp_spi_in and esp_spi_out are one SPI, allowed: two";
	if (in && key_fits(options->key_out, options->cipher)) {
		/* GCM is lost when two associations use one nonce under one key (RFC 4106, 8.1). */
		if (*options->key_in && !strcasecmp(options->key_in, options->key_out))
			return "esp_key_in and esp_key_out are one key, allowed: two";
		return NULL;
	}
	if (options->cipher == ESP_AES_128_GCM)
		return in ? "esp_key_out is no key of aes-128-gcm with its salt, allowed: 40 "
			    "hexadecimal digits" :
			    "esp_key_in is no key of aes-128-gcm with its salt, allowed: 40 "
			    "hexadecimal digits";
	return in ? "esp_key_out is no key of aes-256-gcm with its salt, allowed: 72 hexadecimal "
		    "digits" :
		    "esp_key_in is no key of aes-256-gcm with its salt, allowed: 72 hexadecimal "
		    "digits";
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
