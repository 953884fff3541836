/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's description of its tracepoints: events/<group>/<name> of tracefs. */
#ifndef FOLIO_PROBES_TRACEFS_H
#define FOLIO_PROBES_TRACEFS_H

/*
 * tracefs's root folder, for openat(). Where it is not mounted it is mounted for this
 * descriptor alone: no path shows it, and it is gone when the descriptor is closed.
 * Returns a descriptor, or -errno.
 */
int tracefs_open(void);

/* The number of a tracepoint, for perf_event_open(). Returns it, or -errno. */
int tracefs_event_id(int tracefs, const char *group, const char *name);

/*
 * Where a field stands in the tracepoint's record, in bytes. Returns it, or -errno: -ENOENT: no
 * such field; -EBADMSG: it is there, but not of that size in bytes.
 */
int tracefs_field_offset(int tracefs, const char *group, const char *name, const char *field,
			 unsigned int bytes);

#endif
