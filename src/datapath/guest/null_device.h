/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lower device without rings: each receive burst is full, of frames that
 * nobody wrote, and what is sent is gone at once. It measures what the harness
 * itself costs.
 */
#ifndef FOLIO_DATAPATH_NULL_DEVICE_H
#define FOLIO_DATAPATH_NULL_DEVICE_H

#include <stdint.h>

#include "datapath/guest/lower.h"

struct null_device {
	struct lower lower;
	uint16_t frame_bytes;
};

void null_device_open(struct null_device *device, uint16_t frame_bytes);

#endif
