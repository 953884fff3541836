/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages to the user, on standard error, one line each: "folio: error: ...".
 * Nothing on the packet path calls these.
 */
#ifndef FOLIO_BASE_LOG_H
#define FOLIO_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTE };

/*
 * Every message, text without prefix or newline, goes to sink instead of
 * standard error; NULL goes back. A worker process hands its messages to its
 * parent this way.
 */
void log_set_sink(void (*sink)(enum log_level level, const char *text, void *arg), void *arg);

/* One message to standard error, as it goes where there is no sink. */
void log_print(enum log_level level, const char *text);

void log_message(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_message(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_note(...) log_message(LOG_NOTE, __VA_ARGS__)

#endif
