/* SPDX-License-Identifier: BSD-3-Clause */
/* trace.dat in a build without libtracecmd: recognised, and not read. */
#include "probes/record_stream.h"
#include "probes/trace_dat.h"

static int
child(const struct trace_marks *marks)
{
	(void)marks;
	return TRACE_FILE_NO_READER;
}

const struct trace_file_format trace_dat_format = {
	.name = "trace.dat",
	.magic = "\x17\x08\x44tracing",
	.magic_bytes = 10,
	.reader = "libtracecmd (package libtracecmd-dev, when folio is built)",
	.child = child,
	.parent = record_stream_read,
};
