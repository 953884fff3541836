/* SPDX-License-Identifier: BSD-3-Clause */
/* The writer may have been led astray by what it reads, so its records are checked too. */
#include "probes/record_stream.h"

#include <errno.h>

int
record_stream_read(FILE *file, const struct trace_taker *taker)
{
	struct trace_record record;
	int err = 0;

	while (!err && fread(&record, sizeof(record), 1, file) == 1)
		err = record.event <= TRACE_RECORD_MARK_END && record.isa <= TRACE_ISA_SVM ?
			      taker->take(taker->arg, &record) :
			      -EBADMSG;
	return !err && ferror(file) ? -EIO : err;
}
