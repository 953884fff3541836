/* SPDX-License-Identifier: BSD-3-Clause */
/* What ESP below the application (copy=fused) means for a port. */
#include <errno.h>

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
 * take it for a replay.
 */
int
net_folio_check_numbers(const struct net_folio *folio)
{
	const struct bounce_copy *copy = folio->guest_is_open ? folio->ports[0].copy : NULL;

	if (!copy || !copy->fused || !esp_fused_counted(copy->fused)->esp.sealed)
		return 0;
	log_error("net_folio: %s: found frames sent in ESP before, whose numbers a second start "
		  "would use again under one key, allowed: to remove the port, and add it with "
		  "other keys",
		  folio->dev->data->name);
	return -EALREADY;
}
