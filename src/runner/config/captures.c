/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/captures.h"

#include <string.h>

#include "base/log.h"
#include "datapath/host/traffic.h"
#include "runner/config/experiment.h"

int
captures_check(const struct experiment *experiment)
{
	char why[512];

	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const char *text = experiment->cells[i].traffic;
		struct traffic traffic;

		if (i && !strcmp(text, experiment->cells[i - 1].traffic))
			continue;
		int error =
			traffic_open(text, experiment->measure.seed, &traffic, why, sizeof(why));

		if (error) {
			log_error("%s: traffic: %s", experiment->path, why);
			return error;
		}
		traffic_close(&traffic);
	}
	return 0;
}
