/* SPDX-License-Identifier: BSD-3-Clause */
/* A test with a sample (sample_run.h) of its own, a folder for it, and what is logged meanwhile. */
#ifndef TESTS_UNIT_SAMPLE_IN_FOLDER_H
#define TESTS_UNIT_SAMPLE_IN_FOLDER_H

#include "sample_run.h"

/* Of the test under way: the folder's path, and the messages so far, a line each. */
extern char folder_path[64], said[4096];

void assert_said(const char *text);

/* For a test's set-up: *state is the struct sample, over these frame sizes. Returns 0. */
int sample_begin(void **state, const char *const *frame_sizes);

/* The tear-down. */
int sample_end(void **state);

#endif
