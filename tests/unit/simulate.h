/* SPDX-License-Identifier: BSD-3-Clause */
/* Seeded random deviates for tests that simulate. */
#ifndef TESTS_UNIT_SIMULATE_H
#define TESTS_UNIT_SIMULATE_H

#include <math.h>

#include "base/random.h"

/* Uniform in (0, 1). */
static inline double
simulate_uniform(struct random_state *random)
{
	return ((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0;
}

/* Standard normal (Box and Muller). */
static inline double
simulate_normal(struct random_state *random)
{
	double radius = sqrt(-2 * log(simulate_uniform(random)));

	return radius * cos(2 * M_PI * simulate_uniform(random));
}

/* Student's t with 3 degrees of freedom: no third moment. */
static inline double
simulate_t3(struct random_state *random)
{
	double squares = 0, normal = simulate_normal(random);

	for (int i = 0; i < 3; i++) {
		double z = simulate_normal(random);

		squares += z * z;
	}
	return normal / sqrt(squares / 3);
}

/* Lognormal with median 0: skewed, its tail of slow-downs only. */
static inline double
simulate_lognormal(struct random_state *random)
{
	return exp(simulate_normal(random)) - 1;
}

#endif
