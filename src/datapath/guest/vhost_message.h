/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of the vhost-user protocol as they cross its sockets, either way. What
 * comes from the peer is bounded in size and time.
 */
#ifndef FOLIO_DATAPATH_VHOST_MESSAGE_H
#define FOLIO_DATAPATH_VHOST_MESSAGE_H

#include <stdint.h>

#include <linux/vhost_types.h>

/* Numbers of the specification ("Front-end message types"); no system header has them. */
enum vhost_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_GET_QUEUE_NUM = 17,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_SET_BACKEND_REQ_FD = 21,
	VHOST_USER_IOTLB_MSG = 22,
	VHOST_USER_SET_STATUS = 39,
};

/* "Back-end message types". */
enum vhost_backend_request {
	VHOST_USER_BACKEND_IOTLB_MSG = 1,
};

#define VHOST_FLAG_VERSION_1 0x1u
#define VHOST_FLAG_VERSION_MASK 0x3u
#define VHOST_FLAG_REPLY 0x4u
#define VHOST_FLAG_NEED_REPLY 0x8u

/* A memory table of one region: all that this front end ever shares. */
struct vhost_memory_table {
	uint32_t n_regions;
	uint32_t padding;
	struct {
		uint64_t guest_address;
		uint64_t size_bytes;
		uint64_t user_address;
		uint64_t mmap_offset;
	} region;
} __attribute__((packed));

struct vhost_message {
	uint32_t request;
	uint32_t flags;
	uint32_t payload_bytes;
	union {
		uint64_t u64;
		struct vhost_vring_state state;
		struct vhost_vring_addr address;
		struct vhost_memory_table memory;
		struct vhost_iotlb_msg iotlb;
	} payload;
} __attribute__((packed));

/* "GET_FEATURES", ...: for messages; the text of an unknown number is "a request". */
const char *vhost_request_name(uint32_t request);

/* Sends it over the socket, with a file descriptor beside it unless fd is -1. Returns 0 or -errno. */
int vhost_message_send(int socket_fd, const struct vhost_message *message, int fd);

/*
 * Receives one message whole, for which the peer has timeout_ms, and no longer than
 * until interrupt_fd (or -1) is readable. Returns 0; -EPIPE when the peer has gone;
 * -ETIMEDOUT; -ECANCELED; -EPROTO for one of another version or larger than any that
 * is known; another -errno. File descriptors that come with it are closed.
 */
int vhost_message_receive(int socket_fd, struct vhost_message *message, int timeout_ms,
			  int interrupt_fd);

/*
 * Waits until there is something to read or accept; interrupt_fd as above. Returns 0,
 * -ETIMEDOUT, -ECANCELED or another -errno.
 */
int vhost_wait_readable(int fd, int timeout_ms, int interrupt_fd);

#endif
