/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes the reader of configuration files, whole: YAML, checks, plan, resolved
 * text. What is taken must be taken again from its resolved text, with as many
 * cells.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/config/experiment.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
drop_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)text, (void)arg;
}

/* experiment_open() wants a path; a memfd has one. */
static struct experiment *
open_bytes(const void *bytes, size_t size)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	struct experiment *experiment = NULL;
	char path[64];

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (experiment_open(path, costs_dir(), NULL, 0, &experiment))
		experiment = NULL;
	close(fd);
	return experiment;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct experiment *experiment, *again;

	log_set_sink(drop_message, NULL);
	experiment = open_bytes(bytes, size);
	if (!experiment)
		return 0;
	again = open_bytes(experiment->resolved, strlen(experiment->resolved));
	if (!again || again->n_cells != experiment->n_cells)
		abort();
	experiment_close(again);
	experiment_close(experiment);
	return 0;
}
