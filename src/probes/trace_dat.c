/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The child decodes with the formats that the file holds, and writes struct
 * trace_records. Plugins of libtraceevent stay unloaded: none is needed, and they are
 * code from the user's home.
 */
#include "probes/trace_dat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <trace-cmd.h>
#include <unistd.h>

#include "probes/record_stream.h"
#include "probes/trace_decode.h"

/* The top buffer and so many instances. */
#define BUFFERS_MAX 65

struct buffers {
	struct tracecmd_input *inputs[BUFFERS_MAX];
	int n;
	struct trace_decoder decoder; /* all have the same formats */
	const struct trace_marks *marks;
};

static int
write_record(struct tracecmd_input *input, struct tep_record *raw, int cpu, void *arg)
{
	const struct buffers *buffers = arg;
	struct trace_record record;
	int found;

	(void)input;
	if (raw->missed_events) {
		/* Negative: some, and not known how many. */
		uint64_t n = raw->missed_events > 0 ? (uint64_t)raw->missed_events : 1;

		record = trace_record_lost(raw->ts, n);
		if (fwrite(&record, sizeof(record), 1, stdout) != 1)
			return -EIO;
	}
	if (raw->size < 0)
		return -EBADMSG;
	if (buffers->marks)
		found = trace_decode_mark(&buffers->decoder, raw->data, (size_t)raw->size, raw->ts,
					  (uint32_t)cpu, &record);
	else
		found = trace_decode(&buffers->decoder, raw->data, (size_t)raw->size, raw->ts,
				     &record);
	if (found <= 0)
		return found;
	return fwrite(&record, sizeof(record), 1, stdout) == 1 ? 0 : -EIO;
}

/* An instance's handle holds a reference of the file's, and is closed by itself. */
static int
open_buffers(struct buffers *buffers)
{
	struct tracecmd_input *top = tracecmd_open_fd(STDIN_FILENO, TRACECMD_FL_LOAD_NO_PLUGINS);
	int n_instances;

	if (!top)
		return -EBADMSG;
	buffers->inputs[buffers->n++] = top;
	n_instances = tracecmd_buffer_instances(top);
	for (int i = 0; i < n_instances && buffers->n < BUFFERS_MAX; i++) {
		struct tracecmd_input *instance = tracecmd_buffer_instance_handle(top, i);

		if (!instance)
			return -EBADMSG;
		buffers->inputs[buffers->n++] = instance;
	}
	trace_decoder_init(&buffers->decoder, tracecmd_get_tep(top));
	if (buffers->marks)
		trace_decoder_find_marks(&buffers->decoder, buffers->marks);
	return 0;
}

static int
child(const struct trace_marks *marks)
{
	struct buffers buffers = {.marks = marks};

	tracecmd_set_loglevel(TEP_LOG_NONE);
	if (open_buffers(&buffers) ||
	    tracecmd_iterate_events_multi(buffers.inputs, buffers.n, write_record, &buffers) ||
	    fflush(stdout) != 0)
		return TRACE_FILE_DAMAGED;
	return TRACE_FILE_READ;
}

const struct trace_file_format trace_dat_format = {
	.name = "trace.dat",
	.magic = "\x17\x08\x44tracing",
	.magic_bytes = 10,
	.reader = "libtracecmd",
	.child = child,
	.parent = record_stream_read,
};
