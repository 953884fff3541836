/* SPDX-License-Identifier: BSD-3-Clause */
/* folio ab-side: what folio ab starts of each build; of no use by itself. See ab/protocol.h. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "runner/ab/side.h"
#include "runner/commands/commands.h"
#include "runner/config/assign.h"
#include "runner/exit_status.h"

/* Returns 0 or -1. */
static int
parse_arguments(int argc, char **argv, struct side_options *side, struct assignments *set)
{
	static const struct option options[] = {
		{"side", required_argument, NULL, 'i'},
		{"cpu", required_argument, NULL, 'c'},
		{"scratch", required_argument, NULL, 'd'},
		{"set", required_argument, NULL, 's'},
		{0},
	};
	int letter, error = 0;

	while (!error && (letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (letter == 'i')
			side->side = (uint32_t)(atoi(optarg) != 0);
		else if (letter == 'c')
			side->cpu = atoi(optarg);
		else if (letter == 'd')
			side->scratch = optarg;
		else
			error = letter == 's' ? assignments_add(set, optarg) : -1;
	}
	if (error || optind + 1 != argc || !side->scratch)
		return -1;
	side->config = argv[optind];
	side->set = set->set;
	side->n_set = set->n;
	return 0;
}

int
cmd_ab_side(int argc, char **argv)
{
	static struct assignments set;
	struct side_options side = {0};

	/* Before all else: whatever else changes, two builds can tell each other their version. */
	if (side_hello()) {
		log_error("ab-side is started by folio ab");
		return EXIT_BAD_USAGE;
	}
	if (parse_arguments(argc, argv, &side, &set))
		return EXIT_BAD_USAGE;
	return side_run(&side) ? EXIT_MACHINE_LACKS : EXIT_DONE;
}
