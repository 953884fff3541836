/* SPDX-License-Identifier: BSD-3-Clause */
/* Presets: named lists of sources that are on. Another preset costs one line of presets[]. */
#ifndef FOLIO_RUNNER_PRESETS_H
#define FOLIO_RUNNER_PRESETS_H

struct preset {
	const char *name; /* [fixed]; NULL ends the table */
	const char *help; /* one line, no full stop */
	const char *
		sources; /* as `sources:` of a configuration file: "psc: on, iotlb: {strict: on}" */
};

extern const struct preset presets[];

/* What attribution starts from and ends at, unless the file has configurations of these names. */
#define PRESET_IDEAL "ideal"
#define PRESET_NAIVE "naive"

/* The preset of that name, or NULL. */
const struct preset *preset_find(const char *name);

#endif
