/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/ab/subjects.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "runner/ab/protocol.h"

#define TOPOLOGY "lockstep"

/* The control of a traffic stands for the reference. */
static bool
keep(struct cell *cell)
{
	if (cell->role == CELL_CONTROL) {
		memcpy(cell->configuration, cell->reference, sizeof(cell->reference));
		cell->role = CELL_LISTED;
	}
	return cell->role == CELL_LISTED;
}

int
subjects_keep(struct experiment *experiment)
{
	uint32_t n = 0;

	if (strcmp(experiment->topology, TOPOLOGY)) {
		log_error("%s: topology: found '%s', two builds are compared in " TOPOLOGY
			  " only (--set topology=" TOPOLOGY ")",
			  experiment->path, experiment->topology);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		if (!keep(&experiment->cells[i]))
			continue;
		experiment->cells[n] = experiment->cells[i];
		experiment->cells[n].id = n;
		n++;
	}
	experiment->n_cells = n;
	if (n && n <= AB_SUBJECTS_MAX)
		return 0;
	log_error("%s: found %u configurations and traffics, two builds are compared on 1 to %u: "
		  "they share the time",
		  experiment->path, n, AB_SUBJECTS_MAX);
	return -EINVAL;
}

const char *
subject_name(const struct cell *cell, char *buf, size_t size)
{
	snprintf(buf, size, "%s over %s%s%s", cell->configuration, cell->traffic_label,
		 *cell->variant ? ", " : "", cell->variant);
	return buf;
}
