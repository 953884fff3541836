/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/letter_args.h"

#include <stdio.h>

int
letter_args_parse(int argc, char **argv, const struct option *options, const char *usage,
		  int (*take)(int letter, void *settings), void *settings)
{
	int letter;

	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (letter == 'h') {
			fputs(usage, stdout);
			return 1;
		}
		if (letter == '?') {
			fputs(usage, stderr);
			return -1;
		}
		if (take(letter, settings))
			return -1;
	}
	return 0;
}
