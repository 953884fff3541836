/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Presets: named lists of sources that are on. They come from one matrix of factors,
 * configs/presets.yaml, which is built into the command; another preset costs one
 * column of it.
 */
#ifndef FOLIO_RUNNER_PRESETS_H
#define FOLIO_RUNNER_PRESETS_H

#include <stdbool.h>
#include <stddef.h>

struct node;

#define PRESETS_MAX 32
#define PRESET_SOURCES_BYTES 512

struct preset {
	const char *name;  /* [fixed]; NULL ends the table */
	const char *help;  /* one line, no full stop */
	const char *paper; /* its column of the paper's table 1, or NULL */
	/* As `sources:` of a configuration file: "psc: on, iotlb: {strict: on}". */
	char sources[PRESET_SOURCES_BYTES];
	const struct node *without; /* sources that are off although their factor acts, or NULL */
};

/* Whether a factor acts in a preset, as table 1 writes it. */
enum factor_mark {
	FACTOR_NO = 'N',
	FACTOR_YES = 'Y',
	FACTOR_SELDOM = 'y',
	FACTOR_ON_WRITES = 'w',
};

struct factor {
	const char *name;           /* NULL ends the table */
	const char *source;         /* that emulates it, or NULL */
	bool own;                   /* not of the paper's table */
	const struct node *options; /* the source's, where it is on, or NULL: its defaults */
	enum factor_mark marks[PRESETS_MAX]; /* by preset */
};

/* The columns and the rows. */
const struct preset *presets_all(void);
const struct factor *factors_all(void);

/* Has the factor its source on in that preset? */
bool factor_is_on(const struct factor *factor, const struct preset *preset);

/* The matrix as text, NUL-terminated: what this command was built with. */
extern const char presets_text[];

/* What attribution starts from and ends at, unless the file has configurations of these names. */
#define PRESET_IDEAL "ideal"
#define PRESET_NAIVE "naive"

/* The preset of that name, or NULL. */
const struct preset *preset_find(const char *name);

#endif
