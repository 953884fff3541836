/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/host_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/units.h"
#include "datapath/host/collector.h"
#include "datapath/host/esp_io.h"
#include "datapath/host/generator.h"
#include "datapath/host/host_loop.h"
#include "runner/commands/columns.h"
#include "runner/commands/counts.h"
#include "runner/commands/host_hints.h"
#include "runner/commands/sides.h"

static void
print_line(const struct host_counts *counts, unsigned int second, double elapsed_s,
	   struct sides_line *last)
{
	uint64_t queues = counts_read(&counts->loop->queues);

	if (queues)
		printf("%u s: guest there, %" PRIu64 " queue%s; ", second, queues,
		       queues == 1 ? "" : "s");
	else
		printf("%u s: guest away; ", second);
	sides_print_traffic(last, counts->generator, counts->collector, elapsed_s);
	if (counts->esp)
		printf(", ESP not opened %" PRIu64, esp_io_failed(counts->esp));
	putchar('\n');
	fflush(stdout);
}

static double
since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void *
report_main(void *arg)
{
	struct host_report *report = arg;
	struct sides_line line = {0};
	struct timespec last, deadline;

	pthread_mutex_lock(&report->lock);
	while (!report->counts.loop && !report->ends)
		pthread_cond_wait(&report->woken, &report->lock);
	clock_gettime(CLOCK_MONOTONIC, &last);
	deadline = last;
	for (unsigned int second = 1; !report->ends; second++) {
		deadline.tv_sec++;
		while (!report->ends && pthread_cond_timedwait(&report->woken, &report->lock,
							       &deadline) != ETIMEDOUT)
			continue;
		if (report->ends)
			break;
		print_line(&report->counts, second, since(&last), &line);
		host_hints_look(report->hints, &report->counts);
		clock_gettime(CLOCK_MONOTONIC, &last);
	}
	pthread_mutex_unlock(&report->lock);
	return NULL;
}

int
host_report_open(struct host_report *report)
{
	pthread_condattr_t attributes;

	*report = (struct host_report){.lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&report->woken, &attributes);
	pthread_condattr_destroy(&attributes);
	int error = -pthread_create(&report->thread, NULL, report_main, report);

	if (error)
		log_error("the reporting thread did not start: %s", strerror(-error));
	return error;
}

void
host_report_start(struct host_report *report, const struct host_counts *counts,
		  struct host_hints *hints)
{
	pthread_mutex_lock(&report->lock);
	report->counts = *counts;
	report->hints = hints;
	pthread_cond_signal(&report->woken);
	pthread_mutex_unlock(&report->lock);
}

void
host_report_close(struct host_report *report)
{
	if (report->ends)
		return;
	pthread_mutex_lock(&report->lock);
	report->ends = true;
	pthread_cond_signal(&report->woken);
	pthread_mutex_unlock(&report->lock);
	pthread_join(report->thread, NULL);
	pthread_cond_destroy(&report->woken);
}

int
host_report_print(const struct host_counts *counts)
{
	struct columns columns = {0};

	counts_rows(&columns, "", generator_counters, counts->generator);
	counts_rows(&columns, "", collector_counters, counts->collector);
	if (counts->esp)
		counts_rows(&columns, "", esp_io_counters, counts->esp);
	counts_rows(&columns, "", host_loop_counters, counts->loop);
	int error = columns_print(&columns, stdout);

	columns_close(&columns);
	return error;
}
