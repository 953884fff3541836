/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests to the backend, and its replies, one at a time whichever thread asks: a lock
 * keeps the two together. A backend that answers wrongly, late or not at all is hung up on,
 * since a reply that came afterwards would pass for the next one's.
 */
#ifndef FOLIO_DATAPATH_VHOST_REQUEST_H
#define FOLIO_DATAPATH_VHOST_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/guest/vhost_message.h"

struct vhost_user;

/*
 * From here on replies, which have reply_timeout_ms each, must also be there by
 * deadline_ns (base/deadline.h), and vhost_user_interrupt() ends the wait for one; 0: no longer.
 */
void vhost_request_until(struct vhost_user *peer, uint64_t deadline_ns);

/*
 * Sends a request, with a file descriptor beside it unless fd is -1, which stays the
 * caller's. With wait, returns when the backend has acted on it; *message is its reply then.
 * Returns 0; -EREMOTEIO: the backend refused; -EPROTO: it replied something else; or as
 * vhost_message_send() and vhost_message_receive().
 */
int vhost_request_send(struct vhost_user *peer, struct vhost_message *message, int fd, bool wait);

/* A request for a value, which is 0 after an error. Returns as vhost_request_send(). */
int vhost_request_get(struct vhost_user *peer, enum vhost_request request, uint64_t *value);

/* Sends a value, with a file descriptor or -1; does not wait. Returns as vhost_request_send(). */
int vhost_request_set(struct vhost_user *peer, enum vhost_request request, uint64_t value, int fd);

/* Sends a value of one ring and waits. Returns as vhost_request_send(). */
int vhost_request_set_ring(struct vhost_user *peer, enum vhost_request request, unsigned int index,
			   unsigned int value);

#endif
