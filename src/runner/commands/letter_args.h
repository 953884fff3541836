/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command lines of words and a few options, which a command takes by their letters; usage is a
 * text of its own. (What is told by an option table is read by option_args.h.)
 */
#ifndef FOLIO_RUNNER_LETTER_ARGS_H
#define FOLIO_RUNNER_LETTER_ARGS_H

#include <getopt.h>

/*
 * Hands each option of argv to take() by its letter, its value in optarg; take() returns 0, or
 * -1 after log_error(). -h and --help, which options must have as 'h', print usage to standard
 * output, what is no option prints it to standard error. Returns 0, with the words in argv
 * from optind on; 1 when help was printed; or -1.
 */
int letter_args_parse(int argc, char **argv, const struct option *options, const char *usage,
		      int (*take)(int letter, void *settings), void *settings);

#endif
