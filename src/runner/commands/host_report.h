/* SPDX-License-Identifier: BSD-3-Clause */
/* What `folio host` prints: a line a second from a thread of its own, and the closing table. */
#ifndef FOLIO_RUNNER_HOST_REPORT_H
#define FOLIO_RUNNER_HOST_REPORT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct collector_counters;
struct esp_io;
struct generator_counters;
struct host_hints;
struct host_loop_counters;

/* Counters of a loop that runs in another thread. */
struct host_counts {
	const struct host_loop_counters *loop;
	const struct generator_counters *generator;
	const struct collector_counters *collector;
	const struct esp_io *esp; /* NULL: nothing travels in ESP */
};

struct host_report {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	struct host_counts counts; /* all NULL: nothing to report yet */
	struct host_hints *hints;
	bool ends;
};

/*
 * Starts the thread. Start it before DPDK binds this thread to its core: a thread
 * inherits where it may run. Returns 0 or -errno after log_error().
 */
int host_report_open(struct host_report *report);

/*
 * From now on there is a line a second of these, and hints where nothing goes, which are the
 * thread's until host_report_close().
 */
void host_report_start(struct host_report *report, const struct host_counts *counts,
		       struct host_hints *hints);

/* Ends the thread; a second time does nothing. */
void host_report_close(struct host_report *report);

/* The closing table. Returns 0 or -ENOMEM. */
int host_report_print(const struct host_counts *counts);

#endif
