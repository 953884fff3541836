/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ledger between a port and its device: every buffer that passes, either way, is
 * entered with who has it. A buffer that comes from the device and was not with
 * it, that goes there twice, or whose length or place is not what it was given
 * with, ends the test. It stands where the device's ops and the port's buffer ops
 * meet (struct lower), and calls the real ones.
 */
#ifndef FOLIO_TESTS_ATTACK_LEDGER_H
#define FOLIO_TESTS_ATTACK_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "datapath/guest/lower.h"
#include "datapath/guest/port.h"

struct guest;
struct virtqueue;

enum holder {
	HOLDER_GUEST, /* the port, or a pool */
	HOLDER_APPLICATION,
	HOLDER_DEVICE_RX,
	HOLDER_DEVICE_TX,
};

/* A segment of a frame as the device gave it. */
struct ledger_segment {
	const struct rte_mbuf *mbuf;
	const uint8_t *data;
	uint32_t bytes;
	bool goes_on; /* with the frame of the segment before */
};

/* Frames in a burst of a port's times their segments, and what a call of the device's may add. */
#define LEDGER_SEGMENTS_MAX 256u

struct ledger {
	struct lower *lower;
	struct lower behind;      /* the device as it was */
	struct buffer_ops *port;  /* the port's own */
	struct buffer_ops before; /* what the device sees in their place */
	const struct guest *guest;
	const struct virtqueue *rx, *tx;
	uint64_t rx_given, rx_back, tx_given, tx_back;
	uint64_t rx_lost; /* given, and taken back since the device has gone */
	/* Received since somebody set n_received to 0: frames, their segments one behind the other. */
	struct ledger_segment received[LEDGER_SEGMENTS_MAX];
	uint16_t n_received;
};

/* After port_attach(): the port must have its turn. */
void ledger_open(struct ledger *ledger, const struct guest *guest, struct port *port,
		 const struct virtqueue *rx, const struct virtqueue *tx);

/* Do the books agree with what the device says it holds? Ends the test when not. */
void ledger_check(const struct ledger *ledger);

/* Kept in a field of the mbuf that nobody else uses. */
static inline enum holder
ledger_holder(const struct rte_mbuf *mbuf)
{
	return (enum holder)mbuf->dynfield1[8];
}

static inline void
ledger_set(struct rte_mbuf *mbuf, enum holder holder)
{
	mbuf->dynfield1[8] = holder;
}

/* Prints what was violated, and where the attack stands, and aborts. */
void attack_failed(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Where the attack stands, for that message. */
extern void (*attack_where)(void);

#define attack_check(condition, ...)                                                               \
	do {                                                                                       \
		if (!(condition))                                                                  \
			attack_failed(__VA_ARGS__);                                                \
	} while (0)

#endif
