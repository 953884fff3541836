/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where front end and backend meet: a Unix socket with a name, on which one of
 * them listens and which the other dials. The front end can be either.
 *
 * As the listener it takes the place of a socket that nobody listens at any more,
 * and of nothing else (socket_path_clear()); it removes only a name that still is
 * its own.
 */
#ifndef FOLIO_DATAPATH_VHOST_SOCKET_H
#define FOLIO_DATAPATH_VHOST_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

/* Room in struct sockaddr_un, with the final NUL. */
#define VHOST_PATH_BYTES 108

struct vhost_socket {
	char path[VHOST_PATH_BYTES];
	bool client;    /* we dial */
	bool keep_name; /* we listen on until it is closed; else for one connection at a time */
	int listen_fd;  /* or -1 */
	dev_t device;   /* of the name that we made */
	ino_t inode;
};

/*
 * Takes path (1 to 107 bytes) and, unless client, listens there. Returns 0 or
 * -errno after log_error(): -EINVAL: its length; -EADDRINUSE: somebody else listens
 * there; -EEXIST: what is there is no socket; or what the system says.
 */
int vhost_socket_open(struct vhost_socket *socket, const char *path, bool client, bool keep_name);

/*
 * A connection with the other side, which has timeout_ms to come; the caller's to
 * close. Without keep_name the socket's name is gone then, and is made again by
 * the next call. Returns a descriptor; -ETIMEDOUT without a word; or another
 * -errno after log_error().
 */
int vhost_socket_meet(struct vhost_socket *socket, int timeout_ms);

/* Stops listening and removes the name. */
void vhost_socket_close(struct vhost_socket *socket);

#endif
