/* SPDX-License-Identifier: BSD-3-Clause */
/* struct trace_records through a pipe, as they lie in memory: both ends are folio's. */
#ifndef FOLIO_PROBES_RECORD_STREAM_H
#define FOLIO_PROBES_RECORD_STREAM_H

#include "probes/trace_file.h"

/*
 * Reads records until the end and hands them to the taker. Returns 0; what the taker
 * returned; -EBADMSG for what cannot be a record; or -errno. A last one that is cut off is dropped.
 */
int record_stream_read(FILE *file, const struct trace_taker *taker);

#endif
