/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One table per structure of settings: it names each option, says its type,
 * where it lies, its default, limits and help. The YAML reader, --set, device
 * arguments, `folio list` and every check work from the same table.
 */
#ifndef FOLIO_BASE_OPTIONS_H
#define FOLIO_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

#define OPTION_TEXT_BYTES 256

/* The type of the field at struct option_spec's offset is given behind each. */
enum option_type {
	OPTION_SWITCH,  /* bool: on | off */
	OPTION_COUNT,   /* uint32_t: bare number */
	OPTION_CYCLES,  /* uint64_t TSC cycles: "4000 cycles", or a time, converted by this TSC */
	OPTION_TIME,    /* uint64_t ns */
	OPTION_BYTES,   /* uint64_t bytes */
	OPTION_RATE,    /* uint64_t packets per second, or option_word() */
	OPTION_SHARE,   /* double, 1 = 100% */
	OPTION_CHOICE,  /* uint32_t: index into choices */
	OPTION_CHOICES, /* uint32_t: bit set over choices, written as [a, b] */
	OPTION_TEXT,    /* char[OPTION_TEXT_BYTES] */
};

struct option_spec {
	const char *name; /* NULL ends a table */
	enum option_type type;
	bool power_of_two; /* COUNT only */
	bool secret;       /* TEXT only: no message shows it */
	size_t offset;
	const char *preset;         /* the default, as a user would write it; NULL: all zero */
	const char *const *choices; /* NULL-terminated; CHOICE, CHOICES; RATE: words for a number */
	double min, max;  /* inclusive, in base units; COUNT to SHARE; max 0: the type's own */
	const char *cost; /* CYCLES only: primitive of the cost profile that is the default */
	/*
	 * CYCLES only: counters that together count what is charged so much each, as results
	 * name them ("exits.psc"); NULL-terminated, NULL: there are none.
	 */
	const char *const *events;
	const char *help; /* one line, no full stop */
};

/* An option that cannot be as it is beside the others. */
struct option_conflict {
	const char *option;
	const char *other; /* what it is at odds with, where that may give way as well; else NULL */
	char why[256];     /* what was found, and what is allowed; a secret's text is not in it */
};

/* What a RATE holds when it was given as the i-th of its choices. */
static inline uint64_t
option_word(uint32_t i)
{
	return UINT64_MAX - i;
}

/* What the option's number is measured in; COUNT for those that hold no number. */
enum dimension option_dimension(enum option_type type);

/* Writes every option's default into settings. Defaults are the table's own and always valid. */
void options_defaults(const struct option_spec *table, void *settings);

/* The option of that name, or NULL. */
const struct option_spec *options_find(const struct option_spec *table, const char *name);

/* Does any of the table's secrets have a text? */
bool options_any_secret(const struct option_spec *table, const void *settings);

/*
 * Reads text into the option's field. CHOICES takes "a" or "a,b" or "[a, b]".
 * Returns 0; or -EINVAL and a reason without trailing newline in why ("found
 * '12', allowed: a time such as 200 us ..."). settings is then untouched.
 */
int option_parse(const struct option_spec *option, void *settings, const char *text, char *why,
		 size_t why_size);

/* Writes the option's present value as option_parse() reads it. Returns buf. */
const char *option_format(const struct option_spec *option, const void *settings, char *buf,
			  size_t size);

/*
 * What option_parse() allows: "64 to 4096, a power of two", "any of doorbell,
 * interrupt", "on, off". Returns buf.
 */
const char *option_allowed(const struct option_spec *option, char *buf, size_t size);

#endif
