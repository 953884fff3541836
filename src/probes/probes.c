/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of probes. */
#include <stddef.h>

#include "probes/probe.h"

const struct probe *const probes[] = {
	NULL,
};
