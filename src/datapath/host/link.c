/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/link.h"

#include <stdlib.h>
#include <string.h>

#include "datapath/sources/source.h"

int
link_open(struct device_link *link, const struct datapath_config *config)
{
	unsigned int n = 0;

	memset(link, 0, sizeof(*link));
	for (unsigned int i = 0; sources[i]; i++) {
		void *state;
		int error;

		if (!config->sources[i].on || !sources[i]->link_cross)
			continue;
		error = sources[i]->link_open(config->sources[i].options, &state);
		if (error) {
			link_close(link);
			return error;
		}
		link->hooks[n].cross = sources[i]->link_cross;
		link->hooks[n].state = state;
		link->hooks[n++].source = i;
	}
	return 0;
}

void
link_close(struct device_link *link)
{
	for (unsigned int i = 0; link->hooks[i].cross; i++)
		free(link->hooks[i].state);
	memset(link, 0, sizeof(*link));
}

void
link_tally(const struct device_link *link, struct tally *tally)
{
	for (unsigned int i = 0; link->hooks[i].cross; i++) {
		const struct source *source = sources[link->hooks[i].source];

		if (source->counters)
			tally_add(tally, source->name, source->counters, link->hooks[i].state);
	}
}
