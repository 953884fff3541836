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

#define TEXT_BYTES 64

static uint64_t
read_count(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/* Three digits are all that a second's rate is good for. */
static const char *
rate_text(uint64_t frames, double seconds, char buf[TEXT_BYTES])
{
	double pps = (double)frames / seconds;

	if (pps >= 1e6)
		snprintf(buf, TEXT_BYTES, "%.3f Mpps", pps / 1e6);
	else if (pps >= 1e3)
		snprintf(buf, TEXT_BYTES, "%.2f kpps", pps / 1e3);
	else
		snprintf(buf, TEXT_BYTES, "%.0f pps", pps);
	return buf;
}

static void
print_line(const struct host_counts *counts, unsigned int second, double elapsed_s,
	   uint64_t *sent_before, uint64_t *received_before)
{
	uint64_t sent = read_count(&counts->generator->sent);
	uint64_t received = read_count(&counts->collector->received);
	uint64_t queues = read_count(&counts->loop->queues);
	char guest[TEXT_BYTES] = "guest away", out[TEXT_BYTES], back[TEXT_BYTES];

	if (queues)
		snprintf(guest, sizeof(guest), "guest there, %" PRIu64 " queue%s", queues,
			 queues == 1 ? "" : "s");
	printf("%u s: %s; sent %s, received %s; in all lost %" PRIu64 ", at disconnect %" PRIu64
	       ", reordered %" PRIu64 ", corrupted %" PRIu64 "\n",
	       second, guest, rate_text(sent - *sent_before, elapsed_s, out),
	       rate_text(received - *received_before, elapsed_s, back),
	       read_count(&counts->collector->lost),
	       read_count(&counts->collector->lost_at_disconnect),
	       read_count(&counts->collector->reordered),
	       read_count(&counts->collector->corrupted));
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

static void
add_rows(struct columns *columns, const struct counter *table, const void *state)
{
	for (const struct counter *c = table; c->name; c++) {
		uint64_t count = read_count((const uint64_t *)((const char *)state + c->offset));
		char text[TEXT_BYTES];

		snprintf(text, sizeof(text), "%" PRIu64, count);
		columns_row(columns, c->name, text, c->unit, c->help);
	}
}

int
host_report_print(const struct host_counts *counts)
{
	struct columns columns = {0};

	add_rows(&columns, generator_counters, counts->generator);
	add_rows(&columns, collector_counters, counts->collector);
	add_rows(&columns, host_loop_counters, counts->loop);
	int error = columns_print(&columns, stdout);

	columns_close(&columns);
	return error;
}
