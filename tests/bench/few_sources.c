/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table of sources that has only the copy, which the packet path knows by name, in the
 * place of sources.c: the command without all others, for off.sh.
 */
#include <errno.h>
#include <string.h>

#include "datapath/sources/source.h"

extern const struct source source_bounce_copy;

const struct source *const sources[] = {&source_bounce_copy, NULL};

int
source_find(const char *name)
{
	for (int i = 0; sources[i]; i++)
		if (!strcmp(sources[i]->name, name))
			return i;
	return -ENOENT;
}

unsigned int
source_count(void)
{
	return sizeof(sources) / sizeof(sources[0]) - 1;
}
