/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/names.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"

void
names_add(struct names *names, const char *name)
{
	if (names->n < NAMES_MAX)
		names->at[names->n++] = name;
}

void
names_add_options(struct names *names, const struct option_spec *table)
{
	for (const struct option_spec *option = table; option && option->name; option++)
		names_add(names, option->name);
}

bool
names_has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->at[i], name))
			return true;
	return false;
}

const char *
names_allowed(const struct names *names, const char *word, char *buf, size_t size)
{
	const char *meant = nearest(word, names->at, names->n);
	size_t used = 0;

	snprintf(buf, size, "nothing");
	for (size_t i = 0; i < names->n && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? ", " : "",
					 names->at[i]);
	if (meant && used < size)
		snprintf(buf + used, size - used, "; did you mean '%s'?", meant);
	return buf;
}
