/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes the reader of cost profiles. What is taken has costs in order, and says for each
 * where it is from. The seeds are of the name that the reader asks for.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/scratch.h"
#include "runner/config/costs.h"
#include "runner/config/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char dir[SCRATCH_PATH_BYTES];

static void
drop_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)text, (void)arg;
}

static void
remove_dir(void)
{
	scratch_close(dir);
}

static void
write_profile(const uint8_t *bytes, size_t size)
{
	char path[SCRATCH_PATH_BYTES + 16];
	FILE *file;

	if (!*dir) {
		if (scratch_open(dir))
			abort();
		atexit(remove_dir);
	}
	snprintf(path, sizeof(path), "%s/seed.yaml", dir);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		abort();
}

static void
check(const struct cost *cost)
{
	const uint64_t *cycles = cost->cycles;
	uint64_t mid = cost->assumed ? cycles[COST_LO] : cycles[COST_MID];

	if (cycles[COST_LO] > mid || mid > cycles[COST_HI] || !*cost->primitive || !*cost->source ||
	    !*cost->cpu || !*cost->method)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct node *named = node_new("fuzz", 1, NODE_SCALAR, "seed");
	struct costs *costs;

	log_set_sink(drop_message, NULL);
	write_profile(bytes, size);
	if (!costs_open(dir, named, &costs)) {
		for (size_t i = 0; i < costs->n_costs; i++)
			check(&costs->costs[i]);
		costs_close(costs);
	}
	node_free(named);
	return 0;
}
