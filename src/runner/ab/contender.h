/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process of one build under test: a fresh copy of its binary (two equal files
 * differ by half a percent, for their pages lie elsewhere), in memory, so that
 * nothing of it is left behind; in a process group of its own, which is killed with
 * it; dying with folio ab. It is a foreign program: what it says is checked, how
 * long it takes is limited, and how it ends is told with its name.
 */
#ifndef FOLIO_RUNNER_AB_CONTENDER_H
#define FOLIO_RUNNER_AB_CONTENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runner/config/experiment.h"

struct contender_options {
	uint32_t side;      /* 0: A, 1: B */
	const char *binary; /* path */
	const char *config; /* path */
	const struct assignment *set;
	size_t n_set;
	const char *scratch; /* private folder, which this makes a folder of its own in */
	const char *folder;  /* its name */
	int cpu;             /* to measure on; it starts on others, where there are */
	int turns_fd;
};

struct contender {
	uint32_t side;
	const char *binary;
	pid_t pid;   /* -1: none */
	int channel; /* -1: none */
	int said;    /* pipe: what it wrote to its standard output and error; -1: none */
};

/* Starts it. Returns 0 or -errno after log_error(). */
int contender_start(struct contender *contender, const struct contender_options *options);

/*
 * Takes a message of that type and size, if one is there. Returns 1; 0: none yet;
 * -errno after log_error() said what it sent instead (-EPROTO), or how it ended (-ECHILD;
 * -ENODEV when it said by its exit status that the machine lacks something).
 */
int contender_take(struct contender *contender, uint32_t type, void *message, size_t bytes);

/* Returns 0 or -errno after log_error(). */
int contender_tell(struct contender *contender, const void *message, size_t bytes);

/* log_error() about it: "build B (PATH) ...", and what it said last. */
void contender_blame(struct contender *contender, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends it, wherever it is, with all of its group, and waits for it. May be called for one of none. */
void contender_stop(struct contender *contender);

#endif
