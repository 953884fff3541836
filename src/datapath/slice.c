/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One lane's turn. Guest and host are metered apart, by three readings of the
 * clock around each burst; what the host does with a frame before and after
 * (choosing, checking, freeing) is in neither.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/exit_area.h"
#include "base/log.h"
#include "datapath/forward.h"
#include "datapath/host/backend.h"
#include "datapath/lane.h"
#include "datapath/lockstep.h"

#define METERED_BURSTS_MIN 3u
#define WARMUP_BURSTS_MIN 1u

struct step {
	uint16_t in;   /* taken by the guest */
	uint16_t kept; /* of these, for itself */
	uint64_t guest_cycles;
	uint64_t host_cycles;
};

static uint64_t
cycles_of_ns(uint64_t ns)
{
	return (uint64_t)((double)ns * (double)clock_tsc_hz() / 1e9);
}

static uint64_t
port_drops(const struct port *port)
{
	return port->drop_no_shadow + port->drop_no_temporary + port->drop_unsendable;
}

/* Why packets stand still. */
static int
stalled(const struct lane *lane, const char *where)
{
	if (!backend_ready(lane->device->backend)) {
		log_error("the vhost backend went away while packets flowed (%s)", where);
		return -EPIPE;
	}
	log_error("packets no longer flow: %s%s", where,
		  region_lost(&lane->device->guest.region) ? "; the host took shared memory away" :
							     "");
	return -ETIMEDOUT;
}

/* The guest's turn: what the paper's guest does for a burst, and nothing else. Returns how many it sent. */
static inline uint16_t
guest_burst(struct lane *lane, uint16_t n, struct step *step)
{
	struct port *port = &lane->ports[lane->turn];
	struct forwarded forwarded = forward_burst(port, &lane->applications[lane->turn], n);

	port->drop_unsendable += forwarded.not_taken;
	step->in = forwarded.in;
	step->kept = forwarded.kept;
	return forwarded.sent;
}

/* One burst of n frames through the null device: no host, nothing to check. */
static void
step_null(struct lane *lane, uint16_t n, struct step *step, struct slice *slice)
{
	uint64_t start = clock_tsc();
	uint16_t out = guest_burst(lane, n, step);

	step->guest_cycles = clock_tsc() - start;
	step->host_cycles = 0;
	slice->packets_in += step->in;
	slice->packets_out += out;
	slice->packets_kept += step->kept;
}

/* The next n frames of the traffic: as they are, or in ESP, which each is once only. */
static void
make_frames(struct lane *lane, struct rte_mbuf **sealed, uint16_t n)
{
	struct sink *sink = &lane->bench->sink;

	lane->frames = sink_next(sink);
	if (likely(!lane->peer.out))
		return;
	lane->frames = sealed;
	sink_copy_next(sink, sealed, n);
	ipsec_sa_seal(lane->peer.out, sealed, n, &lane->peer.counters);
}

/* Those that came in ESP, opened. Returns 0, or -EBADMSG after log_error() where one does not open. */
static int
open_frames(struct lane *lane, struct rte_mbuf **back, uint16_t n)
{
	if (likely(!lane->peer.in))
		return 0;
	for (uint16_t i = 0; i < n; i++)
		if (!esp_is_announced(rte_pktmbuf_mtod(back[i], const struct rte_ether_hdr *),
				      back[i]->data_len))
			goto refuse;
	if (ipsec_sa_open_frames(lane->peer.in, back, n, &lane->peer.counters) == n)
		return 0;
refuse:
	log_error("a frame came back in ESP that does not open");
	return -EBADMSG;
}

/* One burst of n frames: host, guest, host. Returns 0 or -errno after log_error(). */
static int
step_vhost(struct lane *lane, uint16_t n, struct step *step, struct slice *slice)
{
	struct sink *sink = &lane->bench->sink;
	struct rte_mbuf *back[SINK_BURST_MAX], *sealed[SINK_BURST_MAX];
	const struct port *port = &lane->ports[lane->turn];
	uint64_t drops = port_drops(port), refused = port->drop_esp;

	make_frames(lane, sealed, n);

	uint64_t start = clock_tsc();
	uint16_t sent = lane->host->send_all(lane, n);

	link_cross(&lane->link, lane->frames, sent);

	uint64_t sent_at = clock_tsc();

	guest_burst(lane, n, step);

	uint64_t guest_at = clock_tsc();

	drops = port_drops(port) - drops;
	refused = port->drop_esp - refused;

	uint16_t due = (uint16_t)(step->in - step->kept - drops),
		 got = lane->host->receive_all(lane, back, due);

	link_cross(&lane->link, back, got);

	uint64_t end = clock_tsc();

	step->guest_cycles = guest_at - sent_at;
	step->host_cycles = (sent_at - start) + (end - guest_at);
	slice->packets_in += n;
	slice->packets_out += got;
	slice->packets_kept += step->kept;
	slice->packets_dropped += (uint64_t)(n - sent) + drops + refused;
	lane->drop_not_enqueued += (uint64_t)(n - sent);
	sink_sent(sink, sent);
	if (lane->frames == sealed)
		rte_pktmbuf_free_bulk(sealed, n);
	if (open_frames(lane, back, got) ||
	    sink_take(sink, back, got, drops + refused + step->kept))
		return -EBADMSG;
	if (n && !sent)
		return stalled(lane, "the device took no frame from the host");
	if (sent && !step->in)
		return stalled(lane, "the guest got no frame from the device");
	if (got < due)
		return stalled(lane, "the host got no frame from the device");
	return 0;
}

/* One burst on the queue pair whose turn it is. */
static int
step(struct lane *lane, uint16_t n, struct step *step, struct slice *slice)
{
	if (lane->device->backend)
		return step_vhost(lane, n, step, slice);
	step_null(lane, n, step, slice);
	return 0;
}

static void
next_turn(struct lane *lane)
{
	if (++lane->turn == lane->config.queues)
		lane->turn = 0;
}

static int
warm_up(struct lane *lane, struct slice *slice)
{
	uint64_t deadline = clock_tsc() + cycles_of_ns(slice->duration_ns);
	struct step ignored;
	int error = 0;

	/* Before the host can send, the guest must have offered buffers: an empty burst does that. */
	for (lane->turn = 0; !error && lane->turn < lane->config.queues; lane->turn++)
		error = step(lane, 0, &ignored, slice);
	lane->turn = 0;
	for (uint32_t i = 0; !error && i < slice->warmup_bursts; i++) {
		error = step(lane, (uint16_t)lane->config.burst, &ignored, slice);
		if (error)
			return error;
		next_turn(lane);
		if (i + 1 >= WARMUP_BURSTS_MIN && clock_tsc() > deadline)
			break;
	}
	return error;
}

static int
meter(struct lane *lane, struct slice *slice)
{
	uint64_t deadline = clock_tsc() + cycles_of_ns(slice->duration_ns);
	struct lockstep *bench = lane->bench;
	struct step burst;

	while (slice->bursts < BURSTS_MAX &&
	       (slice->bursts < METERED_BURSTS_MIN || clock_tsc() < deadline)) {
		int error = step(lane, (uint16_t)lane->config.burst, &burst, slice);

		if (error)
			return error;
		next_turn(lane);
		if (!burst.in)
			continue;
		bench->guest_cycles[slice->bursts] = (double)burst.guest_cycles / burst.in;
		bench->host_cycles[slice->bursts] = (double)burst.host_cycles / burst.in;
		slice->counted_packets += burst.in;
		slice->bursts++;
	}
	return 0;
}

/* The frames that use up the receive buffers still posted are the lane's own traffic. */
static int
drain(struct lane *lane, struct slice *slice)
{
	struct port *port = &lane->ports[lane->turn];
	struct lower *lower = port->lower;
	struct step ignored;

	port_drain(port);
	while (!port_drained(port)) {
		uint16_t posted = lower->ops->rx_posted(lower->device);
		int error =
			step(lane, RTE_MIN(posted, (uint16_t)lane->config.burst), &ignored, slice);

		if (error)
			return error;
	}
	return 0;
}

int
slice_check(const struct slice *slice)
{
	if (slice->packets_in == slice->packets_out + slice->packets_kept + slice->packets_dropped)
		return 0;
	log_error("counters do not close: %llu packets in, %llu out, %llu kept, %llu dropped",
		  (unsigned long long)slice->packets_in, (unsigned long long)slice->packets_out,
		  (unsigned long long)slice->packets_kept,
		  (unsigned long long)slice->packets_dropped);
	return -ENODATA;
}

/* What preemption and interrupts stretch, and what the clock's steps shorten, lies outside. */
static double
middle_half_mean(double *values, uint32_t n)
{
	uint32_t skipped = n / 4;
	double sum = 0;

	qsort(values, n, sizeof(*values), compare_doubles);
	for (uint32_t i = skipped; i < n - skipped; i++)
		sum += values[i];
	return sum / (n - 2 * skipped);
}

int
lane_slice(struct lane *lane, struct slice *slice)
{
	int error = 0;

	for (unsigned int q = 0; !error && q < lane->config.queues; q++)
		error = port_attach(&lane->ports[q]);
	slice->bursts = 0;
	slice->packets_in = slice->packets_out = slice->packets_dropped = slice->packets_kept = 0;
	slice->counted_packets = 0;
	slice->packets_per_second = slice->loss_share = slice->guest_busy_share =
		slice->round_trip_cycles = NAN;
	if (!error)
		error = warm_up(lane, slice);
	if (error)
		return error;
	slice->n_counters = tally_begin(&lane->tally, slice->counters);
	exit_area_begin_metered();
	error = meter(lane, slice);
	exit_area_end_metered();
	if (error)
		return error;
	tally_end(&lane->tally, slice->counters);
	slice->shadow = port_shadow_memory(lane->ports, lane->config.queues);
	for (lane->turn = 0; !error && lane->turn < lane->config.queues; lane->turn++)
		error = drain(lane, slice);
	if (error)
		return error;
	error = slice_check(slice);
	if (error)
		return error;
	slice->guest_cycles_per_packet = middle_half_mean(lane->bench->guest_cycles, slice->bursts);
	slice->host_cycles_per_packet = middle_half_mean(lane->bench->host_cycles, slice->bursts);
	return 0;
}
