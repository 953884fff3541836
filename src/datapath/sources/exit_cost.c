/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/sources/exit_cost.h"

#include <errno.h>
#include <stdlib.h>

const struct counter exit_cost_counters[] = {
	{"exits", offsetof(struct exit_addition, exits), "exits", "exits that it was added to"},
	{0},
};

int
exit_cost_open(const struct source_env *env, const void *settings, void **state)
{
	const struct exit_cost_options *chosen = settings;
	struct exit_addition *addition = calloc(1, sizeof(*addition));

	if (!addition)
		return -ENOMEM;
	addition->cost_cycles = chosen->cost_cycles;
	exit_engine_add(env->exits, addition);
	*state = addition;
	return 0;
}
