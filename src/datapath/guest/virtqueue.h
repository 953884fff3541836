/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hardened virtqueue, the driver's side (virtio 1.2, 2.7 split and 2.8 packed;
 * paper, 5.1 and appendix A). The ring lies in memory that the host can write at
 * any time, so:
 *
 *   - What the driver writes (addresses, lengths, available entries) it never
 *     reads back; its own copy of outstanding buffers, lengths and free list is
 *     private.
 *   - What the host writes (indices, used entries, flags) is read once each, into
 *     private memory, and checked there: no more may be used than is outstanding,
 *     an id must be outstanding, a length must fit its buffer.
 *   - A value that fails takes the queue out of service for good, with the
 *     reason counted. The host can stop the guest's traffic (it always can), and
 *     nothing else.
 *
 * A buffer to receive into is one descriptor; a frame to send is one, or in a
 * ring of chains one for each of its segments. The virtio header stands in the
 * headroom right before the data. One thread drives a ring. A format is one file
 * that exports one struct virtqueue_format, and one line of virtqueue_formats[].
 */
#ifndef FOLIO_DATAPATH_VIRTQUEUE_H
#define FOLIO_DATAPATH_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region;
struct rte_mbuf;
struct virtqueue;

/* sizeof(struct virtio_net_hdr_v1): virtio 1.2, 5.1.6. */
#define VNET_HEADER_BYTES 12u

enum ring_fault {
	RING_FAULT_NONE,
	RING_FAULT_USED_INDEX, /* the used index passed what is outstanding (split only) */
	RING_FAULT_ID,         /* a used id out of range or not outstanding */
	RING_FAULT_LENGTH,     /* a used length that its buffer cannot hold, or that no frame has */
	RING_FAULT_BUFFERS,    /* a number of buffers that no frame takes, or that are not there */
};

/* A descriptor's place in its chain, in private memory. */
struct chain_link {
	uint16_t next;       /* id of the next descriptor; of no meaning in the last */
	uint16_t n_segments; /* of the chain that this id stands for; 0: for none */
};

/* What drives a ring. Segments of a chain are linked by the mbufs' own next and nb_segs. */
struct virtqueue_ops {
	/*
	 * Offers n mbufs (n at most ring->n_free) for the device to write: each from
	 * VNET_HEADER_BYTES before its headroom's end to the buffer's end.
	 */
	void (*post_rx)(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n);
	/*
	 * Offers n mbufs (n at most ring->n_free) for the device to read, an empty
	 * virtio header put in front of each frame. In a ring of chains bufs holds
	 * segments, those of a frame one behind the other.
	 */
	void (*post_tx)(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n);
	/*
	 * Takes up to n buffers that the device has used; mbufs and lengths (virtio
	 * header included) go to the arrays. Returns how many; 0 for a ring out of
	 * service. In a ring of chains n is at least the longest chain; its mbufs
	 * come as they were posted, and its length stands with the first.
	 */
	uint16_t (*harvest)(struct virtqueue *ring, struct rte_mbuf **bufs, uint32_t *length_bytes,
			    uint16_t n);
	/* Does the device ask for a notification now? To be asked once, after something was posted. */
	bool (*wants_kick)(struct virtqueue *ring);
};

struct virtqueue_format {
	const char *name;
	const char *help;    /* one line, no full stop */
	uint64_t features;   /* VIRTIO_F_* that it takes */
	uint16_t start_base; /* SET_VRING_BASE of a fresh ring */

	/* Bytes of the region that a ring of size takes. */
	size_t (*region_bytes)(uint16_t size);
	/* Carves and fills the three areas of a fresh ring, zeroed before. Returns 0 or -ENOMEM. */
	int (*open_areas)(struct virtqueue *ring, struct region *region);
	/*
	 * Asks the device for a call once it has used so many buffers more than were
	 * taken (by event index; else: for any), or with 0 for none, whatever was asked
	 * before. A full barrier stands behind it: what any_used() then finds not used
	 * will be called for.
	 */
	void (*ask_calls)(struct virtqueue *ring, uint16_t buffers);
	/* Is there something to harvest? What the host says; harvest() checks it. */
	bool (*any_used)(const struct virtqueue *ring);
	/* By [are frames to send chains][are events by index]. */
	struct virtqueue_ops ops[2][2];
};

/* NULL-terminated; struct datapath_config's format is an index. */
extern const struct virtqueue_format *const virtqueue_formats[];

/* Their names in the same order, for the option table. */
extern const char *const virtqueue_format_names[];

/* Longest name of a ring, with its final NUL. */
#define VIRTQUEUE_NAME_BYTES 32

struct virtqueue_options {
	const struct virtqueue_format *format;
	uint16_t size;                   /* a power of two, 64 to 4096 */
	uint32_t least_bytes;            /* the shortest used length that is no violation */
	bool chained;                    /* frames to send may be chains */
	bool event_idx;                  /* VIRTIO_F_RING_EVENT_IDX */
	bool interrupts;                 /* the device shall notify the driver */
	char name[VIRTQUEUE_NAME_BYTES]; /* for messages: "receive queue 0" */
};

struct virtqueue {
	const struct virtqueue_ops *ops;

	/* Shared: the areas of virtio 1.2, 2.6; what they hold is the format's business. */
	void *descriptor_area;
	void *driver_area;
	void *device_area;

	/* Private, what bursts touch first. */
	uint16_t size, mask;
	uint16_t avail_index; /* of the next descriptor to offer */
	uint16_t used_index;  /* of the next to be used */
	uint16_t avail_flags; /* packed: the flags that make a descriptor available now */
	bool used_wrap;       /* packed: the wrap counter of the next to be used */
	uint16_t n_free;
	uint16_t *free_ids;      /* a stack of n_free */
	struct rte_mbuf **mbufs; /* by id; NULL: not outstanding */
	uint32_t *room_bytes;    /* by id: the most that the device may say it has written */
	uint32_t least_bytes;    /* the least */
	enum ring_fault fault;
	uint64_t iova_offset; /* iova of an address in the region = address + this, modulo 2^64 */

	struct chain_link *links; /* by id; rings of chains only */
	uint16_t kick_index;      /* avail_index when the device was last asked about a kick */
	uint16_t event_ahead;     /* interrupt so far ahead of used_index; UINT16_MAX: never */
	bool chained, event_idx, interrupts;
	uint64_t faults;     /* times that it went out of service */
	size_t areas_offset; /* where in the region they were carved */
	const struct virtqueue_format *format;
	char name[VIRTQUEUE_NAME_BYTES];
};

/* Returns 0 or -errno. */
int virtqueue_open(struct virtqueue *ring, const struct virtqueue_options *options,
		   struct region *region);
/*
 * A fresh ring, back in service, in the same place of a region that is zeroed.
 * Outstanding mbufs are the caller's to take back before this.
 */
void virtqueue_reset(struct virtqueue *ring, const struct region *region);
/*
 * Takes up to n mbufs that are outstanding off the ring, which is of no use until
 * it is reset, and adds to *frames: of a chain only the first one counts.
 */
uint16_t virtqueue_abandon(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n,
			   uint64_t *frames);
/* Outstanding mbufs are the caller's to free before this. */
void virtqueue_close(struct virtqueue *ring);

/* Takes the queue out of service for good: counts it, and says what the host wrote. */
void virtqueue_out_of_service(struct virtqueue *ring, enum ring_fault fault, uint32_t found);

/* "used index", ...: for messages and counters. */
const char *ring_fault_name(enum ring_fault fault);

#endif
