/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The signals that end a long command in order: SIGINT, SIGTERM and SIGHUP are noted, and what
 * waits for a process or a file returns with EINTR, so that the command can write down how far
 * it is. One that was cut short dies of its signal all the same.
 */
#ifndef FOLIO_RUNNER_STOP_SIGNAL_H
#define FOLIO_RUNNER_STOP_SIGNAL_H

/*
 * They are noted from here on. SIGPIPE is ignored: a reader who leaves does not end the
 * command, which gets an error where it writes to him.
 */
void stop_signal_catch(void);

/* The last one that came, or 0. */
int stop_signal_caught(void);

/* Dies of it, so that who sent it sees that it did it; 0: returns. */
void stop_signal_die_of(int number);

#endif
