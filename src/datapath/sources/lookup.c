/* SPDX-License-Identifier: BSD-3-Clause */
/* Look-ups in the table of sources, apart from it: a program may be linked with a table of its own. */
#include <errno.h>
#include <string.h>

#include "datapath/sources/source.h"

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
	unsigned int n = 0;

	while (sources[n])
		n++;
	return n;
}
