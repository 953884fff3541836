/* SPDX-License-Identifier: BSD-3-Clause */
/* Round trips of a cache line between cores. */
#include <string.h>

#include "base/fidelity.h"
#include "runner/calibrate/calibration.h"
#include "runner/measure/round_trip.h"

static void
measure_trip(struct calibration *c, const struct operation *operation, int to_cpu)
{
	int error = to_cpu < 0 ? 0 :
				 round_trip_measure(c->cpu, to_cpu, c->samples_cycles, SAMPLES_MAX);

	if (to_cpu < 0)
		calibration_lacks(c, operation, "there is none that this process may run on");
	else if (error)
		calibration_lacks(c, operation, "%s", strerror(-error));
	else
		calibration_add(c, operation, SAMPLES_MAX);
}

void
measure_cores(struct calibration *c)
{
	static const struct operation other = {
		.name = "core_round_trip",
		.help = "a cache line to another core and back",
		.fidelity = FIDELITY_REAL,
	};
	static const struct operation sibling = {
		.name = "sibling_round_trip",
		.help = "a cache line to the sibling thread of the same core and back",
		.fidelity = FIDELITY_REAL,
	};

	measure_trip(c, &other, c->other_cpu);
	measure_trip(c, &sibling, c->sibling_cpu);
}
