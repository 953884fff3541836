/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source host_path, routing within the host: the device is an emulated one, whose
 * frames go through the host's kernel, by a bridge and a TAP. It acts on the host's
 * side alone (host/host_path.h); the guest's port knows nothing of it.
 */
#include <stddef.h>

#include "datapath/sources/source.h"

static const char *
conflict(const struct datapath_config *config)
{
	if (config->device != DEVICE_VHOST_USER)
		return "it is the host's side of FOLIO's own device, allowed: device: vhost-user";
	if (config->mergeable)
		return "its links carry frames of 1,514 bytes at most, allowed: mergeable: off";
	return NULL;
}

extern const struct source source_host_path;

const struct source source_host_path = {
	.name = "host_path",
	.help = "routing within the host: the backend passes frames through the host's kernel",
	.acts_at = "packet",
	.fidelity = FIDELITY_REAL,
	.conflict = conflict,
	.through_host_kernel = true,
};
