/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzed ring states: a hostile host against the whole guest queue path, from the
 * virtqueue to the application's burst, in every variant of attack/target.c. What
 * must hold is said in attack/target.h.
 *
 *   FOLIO_ATTACK_SEED    the seed, to have a run again (else the clock's; it is printed)
 *   FOLIO_ATTACK_STATES  ring states at least, over all variants
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>

#include "attack/target.h"
#include "base/clock.h"

/* Ten million where the sanitizers look; a build without them sees less in each. */
#ifdef __SANITIZE_ADDRESS__
#define STATES 10000000u
#else
#define STATES 1000000u
#endif
#define VARIANTS_MAX 64u
/* Longest life. */
#define TURNS 400u

static uint64_t seed, wanted, states, faults, frames, lives;
static unsigned int n_variants, weights, variant_now;

static uint64_t
number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static void
say_where(void)
{
	fprintf(stderr, "FOLIO_ATTACK_SEED=%lu, %s\n", seed, variant_name(&variants[variant_now]));
}

static void
attack(void **state)
{
	static struct target target;

	variant_now = (unsigned int)((struct variant *)*state - variants);
	struct choices choices = choices_of_seed(seed + variant_now);

	target_open(&target, &variants[variant_now]);
	while (target.states < (wanted / weights + 1) * variants[variant_now].weight)
		target_life(&target, &choices, TURNS);
	assert_true(target.faults > 0);
	states += target.states;
	faults += target.faults;
	frames += target.frames;
	lives += target.lives;
	target_close(&target);
}

static void
enough(void **state)
{
	(void)state;
	printf("seed %lu: %lu fuzzed ring states, %lu lives, %lu rings put out of service, "
	       "%lu frames received\n",
	       seed, states, lives, faults, frames);
	assert_true(states >= wanted);
}

int
main(void)
{
	struct CMUnitTest tests[VARIANTS_MAX + 1];

	seed = number_from("FOLIO_ATTACK_SEED", clock_monotonic_ns());
	wanted = number_from("FOLIO_ATTACK_STATES", STATES);
	attack_where = say_where;
	for (; variants[n_variants].options; n_variants++) {
		weights += variants[n_variants].weight;
		tests[n_variants] = (struct CMUnitTest){
			.name = variant_name(&variants[n_variants]),
			.test_func = attack,
			.initial_state = (void *)(uintptr_t)&variants[n_variants],
		};
	}
	tests[n_variants] = (struct CMUnitTest)cmocka_unit_test(enough);
	return _cmocka_run_group_tests("hostile_ring", tests, n_variants + 1, harness_start,
				       harness_stop);
}
