/* SPDX-License-Identifier: BSD-3-Clause */
/* trace.dat, versions 6 and 7, by libtracecmd: top buffer and instances, merged by time. */
#ifndef FOLIO_PROBES_TRACE_DAT_H
#define FOLIO_PROBES_TRACE_DAT_H

#include "probes/trace_file.h"

extern const struct trace_file_format trace_dat_format;

#endif
