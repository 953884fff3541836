/* SPDX-License-Identifier: BSD-3-Clause */
/* What ESP below the application (copy=fused) means for a port. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "datapath/ipsec/esp_fused.h"
#include "datapath/pmd/net_folio.h"
#include "datapath/sources/bounce_copy.h"

uint32_t
net_folio_frame_bytes_max(const struct datapath_config *config)
{
	if (config->mergeable)
		return LOWER_FRAME_BYTES_MAX;
	return bounce_copy_mode(config) == COPY_FUSED ?
		       esp_plain_bytes_max(&config->esp, SLOT_BYTES - RTE_PKTMBUF_HEADROOM) :
		       SLOT_BYTES - RTE_PKTMBUF_HEADROOM;
}

/*
 * A start opens the associations anew, from number 1. What was sealed under such a number
 * before had the same nonce, which GCM does not survive (RFC 4106, 3.1), and the peer would
 * take it for a replay. So a key is one port's, and used up with it once it has sealed.
 */
struct sealing_key {
	uint8_t key[ESP_KEY_BYTES_MAX], salt[ESP_SALT_BYTES];
	const struct net_folio *port; /* NULL: it is gone, and has sealed */
	struct sealing_key *next;
};

static rte_spinlock_t keys_lock = RTE_SPINLOCK_INITIALIZER;
static struct sealing_key *keys;

static bool
has_sealed(const struct net_folio *folio)
{
	const struct bounce_copy *copy = folio->guest_is_open ? folio->ports[0].copy : NULL;

	return copy && copy->fused && esp_fused_counted(copy->fused)->esp.sealed;
}

static struct sealing_key *
find_key(const struct esp_spec *spec)
{
	struct sealing_key *key = keys;

	while (key && (memcmp(key->key, spec->key, sizeof(key->key)) != 0 ||
		       memcmp(key->salt, spec->salt, sizeof(key->salt)) != 0))
		key = key->next;
	return key;
}

static struct sealing_key *
add_key(const struct net_folio *folio, const struct esp_spec *spec)
{
	struct sealing_key *key = malloc(sizeof(*key));

	if (!key)
		return NULL;
	memcpy(key->key, spec->key, sizeof(key->key));
	memcpy(key->salt, spec->salt, sizeof(key->salt));
	key->port = folio;
	key->next = keys;
	keys = key;
	return key;
}

/* Returns 0, -EALREADY where it is another port's, or was, or -ENOMEM. */
static int
take_key(const struct net_folio *folio)
{
	const struct sealing_key *key;
	struct esp_spec spec;

	esp_spec_of(&folio->config.esp, false, &spec);
	rte_spinlock_lock(&keys_lock);
	key = find_key(&spec);
	if (!key)
		key = add_key(folio, &spec);
	rte_spinlock_unlock(&keys_lock);
	explicit_bzero(&spec, sizeof(spec));
	if (!key)
		return -ENOMEM;
	return key->port == folio ? 0 : -EALREADY;
}

int
net_folio_check_numbers(const struct net_folio *folio)
{
	int error;

	if (bounce_copy_mode(&folio->config) != COPY_FUSED)
		return 0;
	if (has_sealed(folio)) {
		log_error("net_folio: %s: found frames sent in ESP before, whose numbers a second "
			  "start would use again under one key, allowed: to remove the port, and "
			  "add it with other keys",
			  folio->dev->data->name);
		return -EALREADY;
	}
	error = take_key(folio);
	if (error == -EALREADY)
		log_error("net_folio: %s: esp_key_out: found the key of another port, or of one "
			  "that was removed, whose numbers this one would use again, allowed: "
			  "another key for each port",
			  folio->dev->data->name);
	return error;
}

void
net_folio_release_key(const struct net_folio *folio)
{
	struct sealing_key **at = &keys, *key;

	rte_spinlock_lock(&keys_lock);
	while (*at && (*at)->port != folio)
		at = &(*at)->next;
	key = *at;
	if (key && has_sealed(folio)) {
		key->port = NULL;
	} else if (key) {
		*at = key->next;
		explicit_bzero(key, sizeof(*key));
		free(key);
	}
	rte_spinlock_unlock(&keys_lock);
}
