/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The folder of a run. Files in it appear whole or not at all: they are written
 * under a temporary name, synced and renamed. A lock keeps two writers apart;
 * the kernel drops it with the process, so a killed run leaves none behind.
 */
#ifndef FOLIO_RUNNER_FOLDER_H
#define FOLIO_RUNNER_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#define FOLDER_PATH_BYTES 1024

struct folder {
	char path[FOLDER_PATH_BYTES]; /* as the user gave it, or as it was made */
	int fd;
	bool made; /* by folder_create(), not found empty */
};

/* Opens an existing folder. Returns 0 or -errno after log_error(). */
int folder_open(struct folder *folder, const char *path);

/*
 * Makes the folder, or takes an existing empty one (what a killed folder_write() left is
 * nothing), and locks it. Its parent must exist. Returns 0; -ENOTEMPTY, -EBUSY (locked) or another -errno after
 * log_error().
 */
int folder_create(struct folder *folder, const char *path);

/*
 * The same at path, or, where that is NULL, at results/NAME-<UTC time>, for which it makes
 * the folder results.
 */
int folder_create_for(struct folder *folder, const char *name, const char *path);

/* Locks it until folder_close(). Returns 0, or -EBUSY or another -errno after log_error(). */
int folder_lock(struct folder *folder);

/* Closes and unlocks. */
void folder_close(struct folder *folder);

/* Is there a file of that name? */
bool folder_has(const struct folder *folder, const char *name);

/*
 * Reads the whole file name, which must be no larger than size_max bytes; *text, with a NUL
 * behind it, is the caller's to free. Returns 0 or -errno after log_error().
 */
int folder_read(const struct folder *folder, const char *name, size_t size_max, char **text);

/*
 * Makes the file name from size bytes of text; a symbolic link in its place is replaced, never
 * written through. Returns 0 or -errno after log_error().
 */
int folder_write(const struct folder *folder, const char *name, const char *text, size_t size);

/* The same; nobody but its owner may read the file. */
int folder_write_private(const struct folder *folder, const char *name, const char *text,
			 size_t size);

/*
 * Opens a file of a run for reading; -EINVAL when it is not a regular one: a
 * FIFO would wait for ever, a device might never end. Returns a descriptor or -errno.
 */
int file_open_regular(const char *path);

#endif
