/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/import.h"

#include "probes/pairing.h"
#include "probes/trace_file.h"

struct reading {
	struct trace_import *import;
	struct pairing pairing;
	pid_t tid;
};

static int
take(void *arg, const struct trace_record *record)
{
	struct reading *reading = arg;
	struct trace_import *import = reading->import;

	if (record->event == TRACE_RECORD_LOST) {
		import->lost += record->code;
		return 0;
	}
	if (reading->tid && record->tid != reading->tid)
		return 0;
	/* Times of a trace that lost events may go back. */
	if (!import->events++ || record->time_ns < import->first_ns)
		import->first_ns = record->time_ns;
	if (record->time_ns > import->last_ns)
		import->last_ns = record->time_ns;
	return pairing_add(&reading->pairing, record, &import->table);
}

int
trace_import_read(const char *path, pid_t tid, struct trace_import *out)
{
	struct reading reading = {.import = out, .tid = tid};
	const struct trace_taker taker = {.take = take, .arg = &reading};
	int err;

	*out = (struct trace_import){0};
	err = trace_file_read(path, &taker);
	out->unmatched = reading.pairing.unmatched + pairing_open_exits(&reading.pairing);
	pairing_free(&reading.pairing);
	if (err) {
		exit_table_free(&out->table);
		*out = (struct trace_import){0};
		return err;
	}
	exit_table_sort(&out->table);
	return 0;
}
