/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes the consumption of rings: the first byte chooses a variant of the guest
 * under attack (tests/datapath/attack/target.h), the others decide what host and
 * guest do, turn by turn, for one life. Guests stay open from input to input, as
 * each begins with fresh rings.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "attack/target.h"
#include "base/scratch.h"
#include "datapath/eal.h"

#define VARIANTS_MAX 64u
#define TURNS 400u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char folder[SCRATCH_PATH_BYTES];

static void
remove_folder(void)
{
	scratch_close(folder);
}

static void
start(void)
{
	if (scratch_open(folder) || datapath_start(-1, folder, 0))
		abort();
	atexit(remove_folder);
}

/* Of ring 4096 a life is mostly its beginning and its end. */
static bool
is_slow(const struct variant *variant)
{
	return variant->weight == 1;
}

static struct target *
target_of(unsigned int number)
{
	static struct target *targets[VARIANTS_MAX];
	unsigned int n = 0;

	while (variants[n].options && !is_slow(&variants[n]))
		n++;
	number %= n;
	if (!targets[number]) {
		targets[number] = malloc(sizeof(*targets[number]));
		if (!targets[number])
			abort();
		target_open(targets[number], &variants[number]);
	}
	return targets[number];
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (!size)
		return 0;
	struct choices choices = choices_of_bytes(bytes + 1, size - 1);

	if (!folder[0])
		start();
	target_life(target_of(bytes[0]), &choices, TURNS);
	return 0;
}
