/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/nearest.h"

#define WHY_BYTES 512
/* Above this a double no longer holds every whole number. */
#define WHOLE_MAX 9007199254740992.0

/* A parsed value, on its way into the field. */
union value {
	bool on;
	uint32_t count;
	uint64_t amount;
	double share;
	char text[OPTION_TEXT_BYTES];
};

static size_t
field_bytes(enum option_type type)
{
	switch (type) {
	case OPTION_SWITCH:
		return sizeof(bool);
	case OPTION_COUNT:
	case OPTION_CHOICE:
	case OPTION_CHOICES:
		return sizeof(uint32_t);
	case OPTION_CYCLES:
	case OPTION_TIME:
	case OPTION_BYTES:
	case OPTION_RATE:
		return sizeof(uint64_t);
	case OPTION_SHARE:
		return sizeof(double);
	case OPTION_TEXT:
		return OPTION_TEXT_BYTES;
	}
	return 0;
}

static size_t
count_choices(const struct option_spec *option)
{
	size_t n = 0;

	while (option->choices[n])
		n++;
	return n;
}

static double
upper_limit(const struct option_spec *option)
{
	if (option->max > 0)
		return option->max;
	return option->type == OPTION_COUNT ? UINT32_MAX : WHOLE_MAX;
}

static int
parse_switch(const char *text, union value *out)
{
	out->on = !strcmp(text, "on");
	return out->on || !strcmp(text, "off") ? 0 : -EINVAL;
}

/* A time is taken for cycles too, at this machine's rate, and rounded: cycles are what is spun. */
static int
to_base_unit(const struct option_spec *option, const struct quantity *quantity, double *value)
{
	*value = quantity->value;
	if (quantity->dimension == option_dimension(option->type))
		return 0;
	if (option->type != OPTION_CYCLES || quantity->dimension != DIMENSION_TIME)
		return -EINVAL;
	*value = rint(quantity->value * (double)clock_tsc_hz() / 1e9);
	return 0;
}

/* 1.1 us is 1100.0000000000002 ns to a double, and means 1100. */
static int
to_whole(double *value)
{
	double whole = rint(*value);

	if (fabs(whole - *value) > 1e-6)
		return -EINVAL;
	*value = whole;
	return 0;
}

static int
parse_number(const struct option_spec *option, const char *text, union value *out)
{
	struct quantity quantity;
	double value;

	if (quantity_parse(text, &quantity) || to_base_unit(option, &quantity, &value))
		return -EINVAL;
	if (option->type != OPTION_SHARE && to_whole(&value))
		return -EINVAL;
	if (value < option->min || value > upper_limit(option))
		return -EINVAL;
	if (option->type == OPTION_SHARE)
		out->share = value;
	else if (option->type == OPTION_COUNT)
		out->count = (uint32_t)value;
	else
		out->amount = (uint64_t)value;
	if (option->power_of_two && (!out->count || (out->count & (out->count - 1))))
		return -EINVAL;
	return 0;
}

static int
find_choice(const struct option_spec *option, const char *text, size_t length, uint32_t *index)
{
	for (uint32_t i = 0; option->choices[i]; i++) {
		if (strlen(option->choices[i]) != length ||
		    memcmp(option->choices[i], text, length))
			continue;
		*index = i;
		return 0;
	}
	return -EINVAL;
}

static int
parse_rate(const struct option_spec *option, const char *text, union value *out)
{
	uint32_t word;

	if (!option->choices || find_choice(option, text, strlen(text), &word))
		return parse_number(option, text, out);
	out->amount = option_word(word);
	return 0;
}

/* "a", "a, b" or "[a, b]"; at least one. */
static int
parse_choices(const struct option_spec *option, const char *text, union value *out)
{
	size_t length = strlen(text);
	uint32_t index;

	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	out->count = 0;
	for (;;) {
		const char *comma = memchr(text, ',', length);
		size_t word = comma ? (size_t)(comma - text) : length, skip = word;

		while (word && *text == ' ')
			text++, word--, skip--, length--;
		while (word && text[word - 1] == ' ')
			word--;
		if (find_choice(option, text, word, &index))
			return -EINVAL;
		out->count |= 1u << index;
		if (!comma)
			return 0;
		text += skip + 1;
		length -= skip + 1;
	}
}

static int
parse_text(const char *text, union value *out)
{
	size_t length = strlen(text);

	if (length >= OPTION_TEXT_BYTES)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)text[i]))
			return -EINVAL;
	memset(out->text, 0, sizeof(out->text));
	memcpy(out->text, text, length);
	return 0;
}

static int
parse_value(const struct option_spec *option, const char *text, union value *out)
{
	switch (option->type) {
	case OPTION_SWITCH:
		return parse_switch(text, out);
	case OPTION_CHOICE:
		return find_choice(option, text, strlen(text), &out->count);
	case OPTION_CHOICES:
		return parse_choices(option, text, out);
	case OPTION_TEXT:
		return parse_text(text, out);
	case OPTION_RATE:
		return parse_rate(option, text, out);
	default:
		return parse_number(option, text, out);
	}
}

static void
explain(const struct option_spec *option, const char *text, char *why, size_t why_size)
{
	char allowed[WHY_BYTES];
	const char *meant = NULL;

	if (option->secret) {
		snprintf(why, why_size, "found %zu characters, allowed: %s", strlen(text),
			 option_allowed(option, allowed, sizeof(allowed)));
		return;
	}
	if (option->type == OPTION_CHOICE)
		meant = nearest(text, option->choices, count_choices(option));
	snprintf(why, why_size, "found '%.60s', allowed: %s%s%s%s", text,
		 option_allowed(option, allowed, sizeof(allowed)), meant ? "; did you mean '" : "",
		 meant ? meant : "", meant ? "'?" : "");
}

int
option_parse(const struct option_spec *option, void *settings, const char *text, char *why,
	     size_t why_size)
{
	union value value;

	if (parse_value(option, text, &value)) {
		explain(option, text, why, why_size);
		return -EINVAL;
	}
	memcpy((char *)settings + option->offset, &value, field_bytes(option->type));
	return 0;
}

void
options_defaults(const struct option_spec *table, void *settings)
{
	char why[WHY_BYTES];
	int error;

	for (const struct option_spec *option = table; option && option->name; option++) {
		memset((char *)settings + option->offset, 0, field_bytes(option->type));
		if (!option->preset)
			continue;
		error = option_parse(option, settings, option->preset, why, sizeof(why));
		assert(!error);
	}
}

const struct option_spec *
options_find(const struct option_spec *table, const char *name)
{
	for (const struct option_spec *option = table; option && option->name; option++)
		if (!strcmp(option->name, name))
			return option;
	return NULL;
}

bool
options_any_secret(const struct option_spec *table, const void *settings)
{
	for (const struct option_spec *option = table; option->name; option++)
		if (option->secret && *((const char *)settings + option->offset))
			return true;
	return false;
}
