/* SPDX-License-Identifier: BSD-3-Clause */
/* Is a path that a user gives fit for a Unix socket? */
#ifndef FOLIO_BASE_SOCKET_PATH_H
#define FOLIO_BASE_SOCKET_PATH_H

#include <stddef.h>

/*
 * For one who connects: path is short enough, and what is there, if anything, is
 * a socket. Returns 0, or -errno and a reason that names path in why.
 */
int socket_path_check(const char *path, char *why, size_t why_size);

/*
 * For one who is going to connect, before he begins to wait: likewise, and path's folder
 * is there, so that somebody may come to listen. Returns as socket_path_check() does.
 */
int socket_path_await(const char *path, char *why, size_t why_size);

/*
 * For one who listens: path is short enough, its folder can be written to and
 * nothing is there. A socket that
 * nobody listens at any more, left by a killed process, is removed; one that
 * somebody listens at (-EADDRINUSE), and whatever is no socket (-EEXIST), stays.
 */
int socket_path_clear(const char *path, char *why, size_t why_size);

#endif
