/* SPDX-License-Identifier: BSD-3-Clause */
/* What folio trace can be asked for. */
#ifndef FOLIO_RUNNER_TRACE_OPTIONS_H
#define FOLIO_RUNNER_TRACE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"

struct trace_options {
	uint32_t pid;         /* 0: everyone's exits */
	uint64_t duration_ns; /* 0: until interrupted */
	bool live;
	char probe[OPTION_TEXT_BYTES];  /* empty: the best that works */
	char output[OPTION_TEXT_BYTES]; /* a folder; empty: none */
	char import[OPTION_TEXT_BYTES]; /* a trace; empty: trace this machine */
	char guest[OPTION_TEXT_BYTES];  /* the same VM's own, to be matched; empty: none */
	char guest_begin[OPTION_TEXT_BYTES], guest_end[OPTION_TEXT_BYTES]; /* events of it */
};

extern const struct option_spec trace_option_specs[];

#endif
