/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A child process of the measurement, and the channel between the two: messages
 * with a type, a value and a payload, either way. The child's log messages come
 * up the same channel and are logged here. It dies with its parent, and inherits
 * no descriptor but the standard streams and its end of the channel.
 *
 * The channel joins two copies of one program: values cross it as they lie in
 * memory.
 */
#ifndef FOLIO_RUNNER_CHILD_H
#define FOLIO_RUNNER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CHILD_NAME_BYTES 48

/* Of messages; users of the channel number theirs from CHILD_MESSAGE_FIRST on. */
enum { CHILD_MESSAGE_LOG, CHILD_MESSAGE_END, CHILD_MESSAGE_FIRST };

struct child {
	char name[CHILD_NAME_BYTES]; /* for messages: "measuring process" */
	pid_t pid;                   /* -1: none */
	int fd;                      /* our end of the channel; -1: none */
};

struct child_options {
	const char *name;         /* for messages */
	const char *process_name; /* at most 15 bytes */
	/* What the child does; what it returns, 0 or -errno, ends the channel. */
	int (*main)(int fd, void *arg);
	void *arg; /* the child gets its own copy of what it points to */
};

/* Starts it. Returns 0 or -errno after log_error(). */
int child_start(struct child *child, const struct child_options *options);

/* Writes a message to the channel, from either side. Returns 0 or -errno. */
int child_send(int fd, int type, int value, const void *data, size_t bytes);

/*
 * For the child: waits for the next message and reads it; its payload must be of
 * exactly bytes. Returns its type or -errno; -EPIPE when the parent has gone.
 */
int child_take(int fd, int *value, void *data, size_t bytes);

/*
 * For the parent: waits for a message of the wanted type, whose payload of exactly
 * bytes goes to data, and logs messages that come before it. Returns 1; the
 * child's own end, 0 or -errno (it has logged why); -ECHILD when it died, after
 * log_error() said how; -EINTR on a signal, when interruptible; -ETIMEDOUT after
 * timeout_ms without a log message (-1: never).
 */
int child_receive(struct child *child, int wanted, void *data, size_t bytes, int timeout_ms,
		  bool interruptible);

/* Ends the child, wherever it is, and waits for it. */
void child_stop(struct child *child);

#endif
