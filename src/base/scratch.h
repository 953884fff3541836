/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A private folder for sockets and the like, gone when it is closed. Its name holds the
 * process that made it, so that what a killed process left behind can be told
 * apart and removed by the next one.
 */
#ifndef FOLIO_BASE_SCRATCH_H
#define FOLIO_BASE_SCRATCH_H

/* Short: a Unix socket's whole path has room for 107 bytes. */
#define SCRATCH_PATH_BYTES 64

/*
 * Removes what dead processes of this user left, then makes a folder (mode 0700)
 * in /tmp. path gets its name. Returns 0 or -errno.
 */
int scratch_open(char path[SCRATCH_PATH_BYTES]);

/* Removes the folder and what is in it. */
void scratch_close(const char *path);

#endif
