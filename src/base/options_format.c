/* SPDX-License-Identifier: BSD-3-Clause */
/* The printing half of options.h. */
#include <stdio.h>
#include <string.h>

#include "base/options.h"
#include "base/units.h"

enum dimension
option_dimension(enum option_type type)
{
	switch (type) {
	case OPTION_CYCLES:
		return DIMENSION_CYCLES;
	case OPTION_TIME:
		return DIMENSION_TIME;
	case OPTION_BYTES:
		return DIMENSION_BYTES;
	case OPTION_RATE:
		return DIMENSION_RATE;
	case OPTION_SHARE:
		return DIMENSION_SHARE;
	default:
		return DIMENSION_COUNT;
	}
}

static uint32_t
read_u32(const char *field)
{
	uint32_t value;

	memcpy(&value, field, sizeof(value));
	return value;
}

static double
read_number(enum option_type type, const char *field)
{
	uint64_t amount;
	double share;

	if (type == OPTION_COUNT)
		return read_u32(field);
	if (type == OPTION_SHARE) {
		memcpy(&share, field, sizeof(share));
		return share;
	}
	memcpy(&amount, field, sizeof(amount));
	return (double)amount;
}

/* Appends names of the set, "a, b". */
static void
join_choices(const struct option_spec *option, uint32_t set, char *buf, size_t size)
{
	size_t used = strlen(buf);
	const char *comma = "";

	for (uint32_t i = 0; option->choices[i] && used < size; i++) {
		if (!(set & 1u << i))
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", comma,
					 option->choices[i]);
		comma = ", ";
	}
}

/* The word that a rate was given as, or NULL. */
static const char *
rate_word(const struct option_spec *option, const char *field)
{
	uint64_t amount;

	memcpy(&amount, field, sizeof(amount));
	for (uint32_t i = 0; option->choices && option->choices[i]; i++)
		if (amount == option_word(i))
			return option->choices[i];
	return NULL;
}

const char *
option_format(const struct option_spec *option, const void *settings, char *buf, size_t size)
{
	enum dimension dimension = option_dimension(option->type);
	const char *field = (const char *)settings + option->offset;

	switch (option->type) {
	case OPTION_SWITCH:
		snprintf(buf, size, "%s", *field ? "on" : "off");
		return buf;
	case OPTION_CHOICE:
		snprintf(buf, size, "%s", option->choices[read_u32(field)]);
		return buf;
	case OPTION_CHOICES:
		snprintf(buf, size, "[");
		join_choices(option, read_u32(field), buf, size - 1);
		strncat(buf, "]", size - strlen(buf) - 1);
		return buf;
	case OPTION_TEXT:
		snprintf(buf, size, "%s", field);
		return buf;
	case OPTION_RATE:
		if (!rate_word(option, field))
			return quantity_format(dimension, read_number(option->type, field), buf,
					       size);
		snprintf(buf, size, "%s", rate_word(option, field));
		return buf;
	default:
		return quantity_format(dimension, read_number(option->type, field), buf, size);
	}
}

/* "64 to 4096", "a time such as 200 us (...), 50 us to 10 ms". */
static void
describe_range(const struct option_spec *option, char *buf, size_t size)
{
	enum dimension dimension = option_dimension(option->type);
	bool is_count = option->type == OPTION_COUNT;
	char min[64], max[64];

	quantity_format(dimension, option->min, min, sizeof(min));
	quantity_format(dimension, option->max, max, sizeof(max));
	snprintf(buf, size, "%s%s%s", is_count ? "" : dimension_help(dimension),
		 option->type == OPTION_CYCLES ? ", or a time such as 2 us" : "",
		 is_count ? "" : ", ");
	size -= strlen(buf);
	buf += strlen(buf);
	if (option->max > 0 && (option->min > 0 || is_count))
		snprintf(buf, size, "%s to %s", min, max);
	else if (option->max > 0)
		snprintf(buf, size, "at most %s", max);
	else
		snprintf(buf, size, "%s or more", min);
	if (option->power_of_two)
		strncat(buf, ", a power of two", size - strlen(buf) - 1);
}

const char *
option_allowed(const struct option_spec *option, char *buf, size_t size)
{
	switch (option->type) {
	case OPTION_SWITCH:
		snprintf(buf, size, "on, off");
		break;
	case OPTION_CHOICE:
	case OPTION_CHOICES:
		snprintf(buf, size, "%s",
			 option->type == OPTION_CHOICES && option->choices[1] ? "any of " : "");
		join_choices(option, UINT32_MAX, buf, size);
		break;
	case OPTION_TEXT:
		snprintf(buf, size, "one line of at most %d bytes", OPTION_TEXT_BYTES - 1);
		break;
	case OPTION_RATE:
		*buf = '\0';
		if (option->choices) {
			join_choices(option, UINT32_MAX, buf, size);
			strncat(buf, ", or ", size - strlen(buf) - 1);
		}
		describe_range(option, buf + strlen(buf), size - strlen(buf));
		break;
	default:
		describe_range(option, buf, size);
	}
	return buf;
}
