/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_DATAPATH_VIRTIO_FEATURES_H
#define FOLIO_DATAPATH_VIRTIO_FEATURES_H

#include <stddef.h>
#include <stdint.h>

/* Holds the names of all features that have one; more are cut. */
#define VIRTIO_FEATURES_TEXT_BYTES 256

/*
 * Feature bits of a network device as text: "VIRTIO_F_VERSION_1, bit 40"; those that are
 * known here by their names (virtio 1.2, 6 and 5.1.3; QEMU's "Vhost-user Protocol").
 * Returns text.
 */
const char *virtio_features_text(uint64_t features, char *text, size_t text_size);

#endif
