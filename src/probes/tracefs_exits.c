/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exits without BPF: the tracer's ring buffers, read raw from a private instance of
 * tracefs, decoded by the kernel's formats with libtraceevent, paired here.
 *
 * A thread may leave its events on several CPUs, so what all buffers hold is put in the order
 * of its times before it is paired. Buffers are read one after the other: an event later than
 * the beginning of a read may have its predecessor on a CPU that was read before, and
 * waits for the next read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>
#include <traceevent/kbuffer.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/pairing.h"
#include "probes/probe.h"
#include "probes/trace_decode.h"
#include "probes/tracefs.h"
#include "probes/tracefs_instance.h"

/* Of all CPUs together, and of each at least: room for 100,000 exits of one vCPU between two reads. */
#define BUFFERS_KIB 65536
#define BUFFER_KIB_MIN 1024

/* The longest event format, kvm_exit's, has some 6 KiB. */
#define FORMAT_BYTES 65536
#define PATH_BYTES 96
#define CPUS_MAX 1024

extern const struct probe probe_tracefs;

struct tracefs_exits {
	int tracefs; /* -1: not open */
	struct tracefs_instance instance;
	struct tep_handle *tep;
	struct trace_decoder decoder;
	struct kbuffer *kbuffer;
	void *page; /* what one read of a buffer gives */
	size_t page_bytes;
	int buffers[CPUS_MAX];
	unsigned int n_buffers;
	struct trace_record *records; /* not paired yet */
	size_t n_records, capacity;
	struct pairing pairing;
};

/* Reads a file of tracefs. Returns its length or -errno. */
static ssize_t
read_text(int tracefs, const char *path, char *text, size_t size)
{
	int fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;
	size_t length = 0;

	if (fd < 0)
		return -errno;
	while (length < size && (got = read(fd, text + length, size - length)) > 0)
		length += (size_t)got;
	if (got < 0)
		got = -errno;
	close(fd);
	return got < 0 ? got : (ssize_t)length;
}

/* Tells tep the event's format and switches it on. Returns 0 or -errno. */
static int
enable_event(struct tracefs_exits *exits, unsigned int event, char *text)
{
	const char *group = trace_event_group(event), *name = trace_event_name(event);
	char path[PATH_BYTES];
	ssize_t length;

	snprintf(path, sizeof(path), "events/%s/%s/format", group, name);
	length = read_text(exits->tracefs, path, text, FORMAT_BYTES);
	if (length < 0)
		return (int)length;
	if (tep_parse_event(exits->tep, text, (unsigned long)length, group))
		return -EBADMSG;
	snprintf(path, sizeof(path), "events/%s/%s/enable", group, name);
	return tracefs_instance_write(&exits->instance, path, "1");
}

/* At least one event is wanted. Returns 0 or -errno. */
static int
enable_events(struct probe_session *session, struct tracefs_exits *exits)
{
	char *text = malloc(FORMAT_BYTES);
	int err = -ENOENT;

	if (!text)
		return -ENOMEM;
	for (unsigned int event = 0; event < TRACE_EVENTS_N; event++) {
		int failed;

		if (session->filter.events && !(session->filter.events & 1u << event))
			continue;
		failed = enable_event(exits, event, text);
		if (failed)
			probe_skip(session, trace_event_name(event),
				   failed == -ENOENT ? "this kernel has no such tracepoint" :
						       strerror(-failed));
		else
			err = 0;
	}
	free(text);
	trace_decoder_init(&exits->decoder, exits->tep);
	return err;
}

/* The layout of a buffer's pages, and one to read into. */
static int
open_pages(struct tracefs_exits *exits)
{
	char text[4096];
	ssize_t length = read_text(exits->tracefs, "events/header_page", text, sizeof(text));

	if (length < 0)
		return (int)length;
	if (tep_parse_header_page(exits->tep, text, (unsigned long)length, sizeof(long)))
		return -EBADMSG;
	exits->kbuffer = kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST, KBUFFER_ENDIAN_SAME_AS_HOST);
	/* Its head is what kbuffer skips before the first event: time stamp and length. */
	exits->page_bytes = (size_t)tep_get_sub_buffer_size(exits->tep);
	exits->page = malloc(exits->page_bytes);
	return exits->kbuffer && exits->page ? 0 : -ENOMEM;
}

static int
open_buffers(struct tracefs_exits *exits)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);

	for (long cpu = 0; cpu < n && exits->n_buffers < CPUS_MAX; cpu++) {
		char path[PATH_BYTES];
		int fd;

		snprintf(path, sizeof(path), "per_cpu/cpu%ld/trace_pipe_raw", cpu);
		fd = openat(exits->instance.folder, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return -errno;
		if (fd >= 0)
			exits->buffers[exits->n_buffers++] = fd;
	}
	return exits->n_buffers ? 0 : -ENOENT;
}

static int
filter_threads(const struct probe_filter *filter, const struct tracefs_instance *instance)
{
	char tid[16];

	if (filter->tid) {
		snprintf(tid, sizeof(tid), "%d", filter->tid);
		return tracefs_instance_write(instance, "set_event_pid", tid);
	}
	return filter->pid ? tracefs_instance_follow(instance, filter->pid) : 0;
}

static int
size_buffers(const struct tracefs_instance *instance)
{
	long each = BUFFERS_KIB / sysconf(_SC_NPROCESSORS_CONF);
	char text[16];

	snprintf(text, sizeof(text), "%ld", each < BUFFER_KIB_MIN ? BUFFER_KIB_MIN : each);
	return tracefs_instance_write(instance, "buffer_size_kb", text);
}

static int
set_up(struct probe_session *session, struct tracefs_exits *exits)
{
	int err = tracefs_instance_write(&exits->instance, "trace_clock", "mono");

	if (!err)
		err = size_buffers(&exits->instance);
	if (!err)
		err = filter_threads(&session->filter, &exits->instance);
	if (!err)
		err = open_pages(exits);
	if (!err)
		err = open_buffers(exits);
	return err ? err : enable_events(session, exits);
}

static void
close_exits(struct probe_session *session)
{
	struct tracefs_exits *exits = session->state;

	for (unsigned int i = 0; i < exits->n_buffers; i++)
		close(exits->buffers[i]);
	tracefs_instance_close(&exits->instance);
	if (exits->tracefs >= 0)
		close(exits->tracefs);
	pairing_free(&exits->pairing);
	kbuffer_free(exits->kbuffer);
	tep_free(exits->tep);
	free(exits->records);
	free(exits->page);
	free(exits);
	session->state = NULL;
}

static int
open_exits(struct probe_session *session, char *why, size_t size)
{
	struct tracefs_exits *exits;
	int err;

	if (session->filter.vcpu >= 0 || session->filter.area_fd) {
		snprintf(why, size, "tracefs: a vCPU or an area alone cannot be chosen");
		return -ENOTSUP;
	}
	exits = calloc(1, sizeof(*exits));
	if (!exits)
		return -ENOMEM;
	session->state = exits;
	exits->tep = tep_alloc();
	exits->tracefs = exits->tep ? tracefs_open() : -ENOMEM;
	err = exits->tracefs < 0 ? exits->tracefs :
				   tracefs_instance_open(&exits->instance, exits->tracefs);
	if (err) {
		snprintf(why, size, "tracefs: cannot make an instance: %s", strerror(-err));
	} else {
		err = set_up(session, exits);
		if (err)
			snprintf(why, size, "tracefs: instance %s: %s", exits->instance.name,
				 strerror(-err));
	}
	if (err)
		close_exits(session);
	return err;
}

static int
keep(struct tracefs_exits *exits, const struct trace_record *record)
{
	if (exits->n_records == exits->capacity) {
		size_t capacity = exits->capacity ? 2 * exits->capacity : 4096;
		struct trace_record *records =
			reallocarray(exits->records, capacity, sizeof(*records));

		if (!records)
			return -ENOMEM;
		exits->records = records;
		exits->capacity = capacity;
	}
	exits->records[exits->n_records++] = *record;
	return 0;
}

/* Decodes what is in the page. */
static int
take_page(struct probe_session *session, struct tracefs_exits *exits)
{
	unsigned long long time_ns;
	void *data;
	int missed, err = 0;

	if (kbuffer_load_subbuffer(exits->kbuffer, exits->page))
		return -EBADMSG;
	missed = kbuffer_missed_events(exits->kbuffer);
	session->lost += missed < 0 ? 1 : (uint64_t)missed;
	for (data = kbuffer_read_event(exits->kbuffer, &time_ns); data && !err;
	     data = kbuffer_next_event(exits->kbuffer, &time_ns)) {
		struct trace_record record;
		int found = trace_decode(&exits->decoder, data,
					 (size_t)kbuffer_event_size(exits->kbuffer), time_ns,
					 &record);

		err = found > 0 ? keep(exits, &record) : found;
	}
	return err;
}

static int
by_time(const void *a, const void *b)
{
	const struct trace_record *first = a, *second = b;

	return (first->time_ns > second->time_ns) - (first->time_ns < second->time_ns);
}

/* Pairs what is not later than until_ns; the rest stays. */
static int
pair(struct tracefs_exits *exits, uint64_t until_ns, struct exit_table *table)
{
	size_t i = 0;
	int err = 0;

	if (!exits->n_records)
		return 0;
	qsort(exits->records, exits->n_records, sizeof(*exits->records), by_time);
	for (; !err && i < exits->n_records && exits->records[i].time_ns <= until_ns; i++)
		err = pairing_add(&exits->pairing, &exits->records[i], table);
	exits->n_records -= i;
	memmove(exits->records, exits->records + i, exits->n_records * sizeof(*exits->records));
	return err;
}

static int
read_exits(struct probe_session *session, struct exit_table *table)
{
	struct tracefs_exits *exits = session->state;
	uint64_t began_ns = clock_monotonic_ns();
	int err = 0;

	for (unsigned int i = 0; !err && i < exits->n_buffers; i++)
		while (!err && read(exits->buffers[i], exits->page, exits->page_bytes) > 0)
			err = take_page(session, exits);
	if (!err)
		err = pair(exits, began_ns, table);
	session->events = exits->pairing.events;
	session->unmatched = exits->pairing.unmatched + pairing_open_exits(&exits->pairing);
	return err;
}

const struct probe probe_tracefs = {
	.name = "tracefs",
	.help = "a private instance of the kernel's tracer: each event is recorded and read here",
	.open = open_exits,
	.read = read_exits,
	.close = close_exits,
};
