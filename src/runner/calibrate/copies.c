/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies by size and working set, with the copy that the datapath uses. Source and
 * destination together take half of a cache, or lie in memory; they are gone through in an
 * order that no prefetcher guesses.
 */
#include <rte_memcpy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fidelity.h"
#include "runner/calibrate/calibration.h"

#define LINE_BYTES 64u
#define BATCH 32
#define PAGE_BYTES 4096u

/* Odd, so that every slot of a power of two is met once a round. */
#define STRIDE_SLOTS 0x9e3779b1u

struct copies {
	uint8_t *from, *to;
	uint32_t n_slots; /* a power of two */
	uint32_t at;
	size_t slot_bytes, copy_bytes;
};

/* A guest is told of caches that it shares with others: of the third level it gets this much. */
#define L3_BYTES_MAX (8ul << 20)

static const struct working_set {
	const char *name, *help;
	int cache;    /* of sysconf(3); half of it is taken */
	size_t bytes; /* where that does not tell; and of what is no cache */
	size_t bytes_max;
} working_sets[] = {
	{"l1", "first-level cache", _SC_LEVEL1_DCACHE_SIZE, 16ul << 10, SIZE_MAX},
	{"l2", "second-level cache", _SC_LEVEL2_CACHE_SIZE, 256ul << 10, SIZE_MAX},
	{"l3", "third-level cache", _SC_LEVEL3_CACHE_SIZE, L3_BYTES_MAX, L3_BYTES_MAX},
	{"dram", "memory", -1, 256ul << 20, SIZE_MAX},
};

static const size_t sizes_bytes[] = {64, 256, 1500};

static int
run_copy(void *arg)
{
	struct copies *copies = arg;
	size_t offset = (size_t)(copies->at & (copies->n_slots - 1)) * copies->slot_bytes;

	rte_memcpy(copies->to + offset, copies->from + offset, copies->copy_bytes);
	copies->at += STRIDE_SLOTS;
	return 0;
}

/* Whole pages. */
static size_t
set_bytes(const struct working_set *set)
{
	long told = set->cache < 0 ? 0 : sysconf(set->cache);
	size_t bytes = told > 0 ? (size_t)told / 2 : set->bytes;

	return (bytes < set->bytes_max ? bytes : set->bytes_max) & ~(size_t)(PAGE_BYTES - 1);
}

static uint32_t
floor_power_of_two(size_t n)
{
	uint32_t power = 1;

	while ((size_t)power * 2 <= n)
		power *= 2;
	return power;
}

static void
measure_size(struct calibration *c, const struct working_set *set, uint8_t *memory, size_t bytes,
	     size_t copy_bytes)
{
	struct copies copies = {.from = memory, .to = memory + bytes / 2, .copy_bytes = copy_bytes};
	char name[48], help[96];
	const struct operation operation = {
		.name = name,
		.help = help,
		.fidelity = FIDELITY_REAL,
		.run = run_copy,
		.arg = &copies,
		.batch = BATCH,
	};

	copies.slot_bytes = (copy_bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
	copies.n_slots = floor_power_of_two(bytes / 2 / copies.slot_bytes);
	snprintf(name, sizeof(name), "copy_%zu_%s", copy_bytes, set->name);
	snprintf(help, sizeof(help), "a copy of %zu bytes, working set of %zu KiB: %s", copy_bytes,
		 2 * copies.n_slots * copies.slot_bytes >> 10, set->help);
	if (!memory) {
		calibration_lacks(c, &operation, "%zu MiB of memory: not enough memory",
				  bytes >> 20);
		return;
	}
	for (uint32_t i = 0; i < copies.n_slots; i++)
		run_copy(&copies);
	calibration_measure(c, &operation);
}

void
measure_copies(struct calibration *c)
{
	for (size_t i = 0; i < sizeof(working_sets) / sizeof(working_sets[0]); i++) {
		size_t bytes = set_bytes(&working_sets[i]);
		uint8_t *memory = aligned_alloc(2 * LINE_BYTES, bytes);

		if (memory)
			memset(memory, 1, bytes);
		for (size_t j = 0; j < sizeof(sizes_bytes) / sizeof(sizes_bytes[0]); j++)
			measure_size(c, &working_sets[i], memory, bytes, sizes_bytes[j]);
		free(memory);
	}
}
