/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/presets.h"

#include <stddef.h>
#include <string.h>

const struct preset presets[] = {
	{PRESET_IDEAL, "trusted I/O: the device reaches the application's memory", ""},
	{"folio", "the paper's system: one copy between shared and private memory",
	 "bounce_copy: on"},
	{"swiotlb", "a stock SNP guest with DPDK: bounce slots and copies; it polls, so no exits",
	 "bounce_alloc: on, bounce_copy: on"},
	{PRESET_NAIVE, "everything on, IOTLB entries dropped at every unmap",
	 "bounce_alloc: on, bounce_copy: on, psc: on, vc: on, iotlb: {strict: on}"},
	{NULL, NULL, NULL},
};

const struct preset *
preset_find(const char *name)
{
	for (const struct preset *preset = presets; preset->name; preset++)
		if (!strcmp(preset->name, name))
			return preset;
	return NULL;
}
