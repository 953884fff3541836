/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/set_args.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"

int
set_args_take(int *argc, char **argv, struct assignments *set)
{
	int kept = 0, error = 0;

	for (int i = 0; i < *argc; i++) {
		bool apart = i && !strcmp(argv[i], "--set");
		bool joined = i && !strncmp(argv[i], "--set=", 6);

		if (!apart && !joined) {
			argv[kept++] = argv[i];
			continue;
		}
		if (apart && i + 1 == *argc) {
			log_error("--set: found no value, KEY=VALUE is wanted");
			error = -EINVAL;
		} else if (assignments_add(set, joined ? argv[i] + 6 : argv[++i])) {
			error = -EINVAL;
		}
	}
	*argc = kept;
	argv[kept] = NULL;
	return error;
}
