/* SPDX-License-Identifier: BSD-3-Clause */
#include "sample_in_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

char folder_path[64], said[4096];

static void
keep_message(enum log_level level, const char *text, void *arg)
{
	size_t used = strlen(said);

	(void)level;
	(void)arg;
	snprintf(said + used, sizeof(said) - used, "%s\n", text);
}

void
assert_said(const char *text)
{
	if (!strstr(said, text))
		fail_msg("'%s' is not in: %s", text, said);
}

int
sample_begin(void **state, const char *const *frame_sizes)
{
	struct sample *sample = calloc(1, sizeof(*sample));

	assert_non_null(sample);
	sample_open(sample, frame_sizes, 0.01);
	sample_folder(folder_path, sizeof(folder_path));
	said[0] = '\0';
	log_set_sink(keep_message, NULL);
	*state = sample;
	return 0;
}

int
sample_end(void **state)
{
	log_set_sink(NULL, NULL);
	sample_close(*state);
	free(*state);
	sample_remove(folder_path);
	return 0;
}
