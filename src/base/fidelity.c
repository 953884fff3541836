/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/fidelity.h"

#include <stdio.h>
#include <string.h>

static const struct {
	enum fidelity bit;
	const char *name;
} names[] = {
	{FIDELITY_NATIVE, "native"},
	{FIDELITY_REAL, "real"},
	{FIDELITY_STAND_IN, "stand-in"},
	{FIDELITY_MODELLED, "modelled"},
	{FIDELITY_NOT_EMULATED, "not-emulated"},
};

const char *
fidelity_format(unsigned int set, char *buf, size_t size)
{
	size_t used = 0;

	snprintf(buf, size, "none");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(set & names[i].bit) || used >= size)
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "+" : "",
					 names[i].name);
	}
	return buf;
}
