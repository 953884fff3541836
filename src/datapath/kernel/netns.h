/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network namespace without a name: nothing but file descriptors hold it (its own,
 * and those of the TAPs and sockets made in it), so the kernel removes it with all its
 * links when the process ends, however that ends.
 */
#ifndef FOLIO_DATAPATH_NETNS_H
#define FOLIO_DATAPATH_NETNS_H

/*
 * Makes one, and stays outside. Returns a descriptor, the caller's to close; or -errno
 * after log_error(): -EPERM without CAP_SYS_ADMIN. what is what it is for, for the
 * message: "source kernel_path".
 */
int netns_open(const char *what);

/*
 * The calling thread is in it until netns_leave(), which gets what this returns: a
 * descriptor of the namespace that it came from, or -errno after log_error().
 */
int netns_enter(int netns);

/* Goes back, and closes outside. A thread that cannot go back ends the process. */
void netns_leave(int outside);

#endif
