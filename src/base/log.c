/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const prefixes[] = {"error: ", "warning: ", ""};

static void (*log_sink)(enum log_level level, const char *text, void *arg);
static void *log_sink_arg;

void
log_set_sink(void (*sink)(enum log_level level, const char *text, void *arg), void *arg)
{
	log_sink = sink;
	log_sink_arg = arg;
}

void
log_print(enum log_level level, const char *text)
{
	fprintf(stderr, "folio: %s%s\n", prefixes[level], text);
}

void
log_message(enum log_level level, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (log_sink)
		log_sink(level, text, log_sink_arg);
	else
		log_print(level, text);
}
