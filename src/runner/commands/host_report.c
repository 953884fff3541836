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
#include "datapath/host/generator.h"
#include "datapath/host/host_loop.h"
#include "runner/commands/columns.h"
#include "runner/commands/counts.h"

static void
print_line(const struct host_counts *counts, unsigned int second, double elapsed_s,
	   uint64_t *sent_before, uint64_t *received_before)
{
	uint64_t sent = counts_read(&counts->generator->sent);
	uint64_t received = counts_read(&counts->collector->received);
	uint64_t queues = counts_read(&counts->loop->queues);
	char guest[COUNTS_TEXT_BYTES] = "guest away", out[COUNTS_TEXT_BYTES],
	     back[COUNTS_TEXT_BYTES];

	if (queues)
		snprintf(guest, sizeof(guest), "guest there, %" PRIu64 " queue%s", queues,
			 queues == 1 ? "" : "s");
	printf("%u s: %s; sent %s, received %s; in all lost %" PRIu64 ", at disconnect %" PRIu64
	       ", reordered %" PRIu64 ", corrupted %" PRIu64 "\n",
	       second, guest, counts_rate(sent - *sent_before, elapsed_s, out),
	       counts_rate(received - *received_before, elapsed_s, back),
	       counts_read(&counts->collector->lost),
	       counts_read(&counts->collector->lost_at_disconnect),
	       counts_read(&counts->collector->reordered),
	       counts_read(&counts->collector->corrupted));
	fflush(stdout);
	*sent_before = sent;
	*received_before = received;
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
	uint64_t sent = 0, received = 0;
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
		print_line(&report->counts, second, since(&last), &sent, &received);
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
host_report_start(struct host_report *report, const struct host_counts *counts)
{
	pthread_mutex_lock(&report->lock);
	report->counts = *counts;
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
	counts_rows(&columns, "", host_loop_counters, counts->loop);
	int error = columns_print(&columns, stdout);

	columns_close(&columns);
	return error;
}
