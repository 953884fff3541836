/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests of configuration files: texts become files, and messages are caught. */
#ifndef FOLIO_TESTS_CONFIG_TEXT_H
#define FOLIO_TESTS_CONFIG_TEXT_H

#include <stddef.h>

#include "runner/config/experiment.h"

/*
 * A private folder in /tmp with costs/test.yaml, costs/poor.yaml (without snp_exit_pio) and
 * costs/vague.yaml (a range of it).
 */
struct config_folder {
	char path[64];
	char config[128];   /* path/x.yaml */
	char costs[128];    /* path/costs */
	char message[2048]; /* errors and warnings of the last config_open(), one to a line */
};

/* The folder of a test program: CMocka's group fixtures make and remove it. */
extern struct config_folder folder;
int config_set_up(void **state);
int config_tear_down(void **state);

/* Makes the file name in the folder from size bytes. */
void config_write(const struct config_folder *folder, const char *name, const char *bytes,
		  size_t size);

/* Writes text as the configuration file and opens it. What experiment_open() returns. */
int config_open(struct config_folder *folder, const char *text, const struct assignment *set,
		size_t n_set, struct experiment **out);

/* The same where it must succeed: prints the message and fails the test if it doesn't. */
struct experiment *config_expect(struct config_folder *folder, const char *text,
				 const struct assignment *set, size_t n_set);

#endif
