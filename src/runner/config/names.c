/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/names.h"

#include "runner/config/presets.h"

void
names_add_presets(struct names *names)
{
	for (const struct preset *preset = presets_all(); preset->name; preset++)
		names_add(names, preset->name);
}
